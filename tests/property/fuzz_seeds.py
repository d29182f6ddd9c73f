"""Mutated pages through the parser: fuzz_seeds.py [--count N] [--seed S] [--jobs J] [--keep FOLDER]

Starts from our sample articles, small pages of our own markup and, where it lies beside the checkout, the pages of ../shared. Each is cut,
spliced, shuffled, flipped, nested deeply or stuffed with what makes regular expressions slow. Every mutant must give a valid Article or a
DocumentError within 5 seconds of one core. The same count, seed and pages give the same mutants. Exit code 1 where one of them does not.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import FrameType

import seeds
from labels.errors import DocumentError
from labels.thread import Article
from seeds import samples

MOST_SECONDS = 5.0
MOST_BYTES = 120_000
"""A mutant's size before it is nested or stuffed: larger ones would test the same code more slowly."""
_TOLD = 5_000
"""Mutants after which it is told how far it is: a whole run takes an hour of a core."""
OWN_PAGES = Path(__file__).with_name("pages")
SHARED = Path(__file__).resolve().parents[3] / "shared"
_TIME = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)?)?")
_TAG = re.compile(rb"<[^<>]{1,200}>")


def problems(article: Article) -> list[str]:
    """What is wrong with an Article; [] for a valid one."""
    names = [comment.id for comment in article.comments]
    known = set(names)
    found = []
    if len(known) < len(names):
        found.append(f"ids repeat: {[name for name, times in Counter(names).items() if times > 1][:3]}")
    if not all(names):
        found.append("an id is empty")
    found += [f"{comment.id} answers {comment.reply_to}" for comment in article.comments if comment.reply_to not in {None, *known}]
    found += [f"{name} answers itself in a circle" for name in circles({comment.id: comment.reply_to for comment in article.comments})]
    found += [f"{comment.id}: author is empty" for comment in article.comments if comment.author is not None and not comment.author.strip()]
    times = [comment.created_at for comment in article.comments] + [article.published_at]
    found += [f"no ISO time: {value}" for value in times if value is not None and not is_time(value)]
    written = json.dumps(article.to_json(), ensure_ascii=False)
    try:
        written.encode("utf-8")
    except UnicodeEncodeError as error:
        found.append(f"cannot be written: {error}")
    if Article.from_json(json.loads(written)) != article:
        found.append("its JSON does not give it back")
    return found


def circles(parents: dict[str, str | None]) -> Iterator[str]:
    """Comments from which the way up never ends."""
    ends: set[str | None] = {None}
    for name in parents:
        way: dict[str | None, None] = {}
        at: str | None = name
        while at not in ends and at not in way:
            way[at] = None
            at = parents.get(at) if at is not None else None
        if at in ends:
            ends |= set(way)
        else:
            yield name


def is_time(value: str) -> bool:
    """Whether the text is `YYYY-MM-DD` or `YYYY-MM-DDTHH:MM:SS` with or without an offset, and that time exists."""
    if not _TIME.fullmatch(value):
        return False
    try:
        return bool(datetime.fromisoformat(value) if "T" in value else date.fromisoformat(value))
    except ValueError:
        return False


TRAPS = (
    b"<" * 3000,
    b"<div>" * 3000,
    b"<b><i>" * 3000,
    b"</div>" * 3000,
    b"<ul><li>" * 2000,
    b"<table><tr><td>" * 1500,
    b"<blockquote>" * 3000,
    b"&amp" * 3000,
    b"&#x" + b"f" * 3000,
    b"<!--" * 2000,
    b"<![CDATA[" * 1000,
    b"<a b='" * 2000,
    b"<p " + b"a=b " * 5000 + b">",
    b"\x00" * 300,
    b"[" * 5000,
    b'{"comment":' * 2000,
    b'{"@type":"Comment","comment":[' * 800,
    b"@" * 5000,
    b"@a " * 2000,
    b"#1 " * 3000,
    b">>1" * 2000,
    b"#1: #2: " * 1500,
    b"1:11 " * 3000,
    b"11.11." * 3000,
    b"1/1/1" * 3000,
    b"2026-" * 3000,
    b"2026-01-01T00:00:00" * 1000,
    b"a. " * 5000,
    b"a de " * 3000,
    b"1 mar " * 3000,
    b" " * 20_000,
    b"\t" * 5000,
    b"\n" * 20_000,
    "х пише:".encode() * 1000,
    "до коментар #".encode() * 1500,
    "преди ".encode() * 2000,
    b"reply to " * 3000,
    b"ago 1 hour " * 2000,
    b"in reply to #1 in reply to #1 " * 800,
    b"comments (1) " * 2000,
    b"<script>" * 2000,
    b"<meta charset=" * 1000,
    b"<time datetime='" * 1500,
    b"\xff\xfe" * 500,
    b"\xf0\x9f\x98\x80" * 3000,
    b"\xcc\x81" * 5000,
    b"\xe2\x80\x8f" * 3000,
    b"1 a\nb\n10:00 01.01.2026\n" * 400,
    b"reply\n" * 3000,
    b"- " * 5000,
    b"(" * 5000,
    b'"' * 5000,
)
"""Depth bombs, unclosed things, and words that begin a pattern again and again."""


def cut(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A part of it."""
    low, high = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[low:high] if rng.random() < 0.5 else data[:low] + data[high:]


def splice(rng: random.Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    """A part of another page inside it."""
    other = rng.choice(pool)
    low = rng.randrange(len(other) + 1)
    at = rng.randrange(len(data) + 1)
    return data[:at] + other[low : low + rng.randrange(1, 4000)] + data[at:]


def shuffle_tags(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Its tags in another order, the text in place; lines where it has no tags."""
    parts, tags = _TAG.split(data), _TAG.findall(data)
    if not tags:
        lines = data.split(b"\n")
        rng.shuffle(lines)
        return b"\n".join(lines)
    low = rng.randrange(len(tags))
    some = tags[low : low + rng.randrange(1, 60)]
    rng.shuffle(some)
    tags[low : low + len(some)] = some
    return b"".join(part + tag for part, tag in zip(parts, [*tags, b""], strict=True))


def flip(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Some bytes replaced."""
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 1 + max(len(data) // 50, 1))):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def repeat(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A part of it many times."""
    at = rng.randrange(len(data) + 1)
    return data[:at] + data[at : at + rng.randrange(1, 300)] * rng.randrange(2, 60) + data[at:]


def trap(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """A depth bomb or a trap for regular expressions inside it."""
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.choice(TRAPS) + data[at:]


def without_ends(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """Most of its closing tags or line ends gone."""
    gone = re.compile(rb"</\w+>") if b"</" in data else re.compile(rb"\n")
    return gone.sub(lambda match: match[0] if rng.random() < 0.3 else b" ", data)


def recode(rng: random.Random, data: bytes, _: Sequence[bytes]) -> bytes:
    """In another encoding than it says."""
    text = data.decode("utf-8", "replace")
    return text.encode(rng.choice(["cp1251", "utf-16", "utf-16-le", "koi8-r", "utf-32", "cp932", "utf-7", "gb18030"]), "replace")


MUTATORS: tuple[Callable[[random.Random, bytes, Sequence[bytes]], bytes], ...] = (
    cut, splice, shuffle_tags, flip, repeat, trap, without_ends, recode,
)  # fmt: skip


@cache
def pool() -> tuple[bytes, ...]:
    """The pages to start from, in a fixed order."""
    own = [source.read_bytes() for source in samples.sources()] + [page.read_bytes() for page in sorted(OWN_PAGES.glob("*.html"))]
    return (*own, *_shared()) if SHARED.is_dir() else tuple(own)


def _shared() -> Iterator[bytes]:
    from pyarrow import parquet

    for path in sorted((SHARED / "data" / "pages").glob("*/pages.parquet")):
        for row in parquet.read_table(path, columns=["html", "text"]).to_pylist():
            yield from (str(page).encode()[:MOST_BYTES] for page in (row["html"], row["text"]) if page)


def mutant(seed: int, number: int) -> tuple[bytes, str]:
    """Mutant `number` of a run and how it was made."""
    rng = random.Random(f"{seed}/{number}")
    data, names = rng.choice(pool()), []
    for _ in range(rng.randrange(1, 4)):
        mutate = rng.choice(MUTATORS)
        data = mutate(rng, data, pool())[: 2 * MOST_BYTES]
        names.append(mutate.__name__)
    return data, "+".join(names)


@dataclass(frozen=True, slots=True)
class Failure:
    number: int
    made: str
    what: str


@dataclass(slots=True)
class Tally:
    read: int = 0
    refused: int = 0
    comments: int = 0
    slowest: float = 0.0
    slowest_number: int = -1


class TooSlow(BaseException):
    """Raised inside the parser when the time is over; no `except Exception` there can hide it."""


def _alarm(_: int, __: FrameType | None) -> None:
    raise TooSlow


def check(data: bytes, tally: Tally, number: int) -> str | None:
    """What is wrong with how a document is parsed; None if nothing is."""
    begin = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, MOST_SECONDS)
    try:
        article = seeds.parse(data, id="mutant")
    except DocumentError:
        tally.refused += 1
        return None
    except TooSlow:
        return f"longer than {MOST_SECONDS:g} s: {traceback.format_exc()[-1200:]}"
    except Exception:
        return traceback.format_exc()[-1200:]
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        taken = time.process_time() - begin
        if taken > tally.slowest:
            tally.slowest, tally.slowest_number = taken, number
    tally.read += 1
    tally.comments += len(article.comments)
    return "; ".join(problems(article)) or None


def run(seed: int, numbers: range) -> tuple[Tally, list[Failure]]:
    """A stretch of mutants."""
    signal.signal(signal.SIGPROF, _alarm)
    tally, failures = Tally(), []
    seeds.parse("1 January 2026. The tables of languages are loaded once, before the clock runs.")
    for number in numbers:
        data, made = mutant(seed, number)
        if (what := check(data, tally, number)) is not None:
            failures.append(Failure(number, made, what))
    return tally, failures


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=2000)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--first", type=int, default=0, help="number of the first mutant; to run one again: --first N --count 1")
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--keep", type=Path, help="folder for the mutants that fail")
    given = options.parse_args()
    stretches = [range(at, min(at + 250, given.first + given.count)) for at in range(given.first, given.first + given.count, 250)]
    total, failures = Tally(), list[Failure]()
    with ProcessPoolExecutor(given.jobs) as workers:
        for stretch, (tally, failed) in zip(stretches, workers.map(run, [given.seed] * len(stretches), stretches), strict=True):
            if (stretch.stop - given.first) % _TOLD == 0:
                print(f"up to mutant {stretch.stop:,}: {len(failures) + len(failed)} failed", file=sys.stderr, flush=True)
            total.read, total.refused, total.comments = (
                total.read + tally.read,
                total.refused + tally.refused,
                total.comments + tally.comments,
            )
            if tally.slowest > total.slowest:
                total.slowest, total.slowest_number = tally.slowest, tally.slowest_number
            failures += failed
    for failure in failures:
        print(f"--- mutant {failure.number} ({failure.made})\n{failure.what}")
        if given.keep:
            given.keep.mkdir(parents=True, exist_ok=True)
            (given.keep / f"{given.seed}-{failure.number}.bin").write_bytes(mutant(given.seed, failure.number)[0])
    print(
        f"{given.count:,} mutants of {len(pool())} pages, seed {given.seed}: {total.read:,} read ({total.comments:,} comments), "
        f"{total.refused:,} refused with a DocumentError, {len(failures)} failed; "
        f"slowest {total.slowest:.2f} s (mutant {total.slowest_number})"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
