"""Parsing side by side in one run: seeds.parse beside trafilatura.extract on the same pages; memory against a page's size; a large export.

    python tests/benchmarks/bench_parse.py [--pages 60] [--repeats 5] [--export-mb 64] [--json OUT]

Pages are a fixed share of the real ones of ../shared/data, else our own. In each repeat every page goes through both, the first of the two
changing from page to page, and the repeat gives one ratio of processor seconds: the median of the ratios is quoted with the smallest and
the largest, since shared machines are noisy. Peaks of memory are those of fresh processes, less what such a process holds before it begins.
The whole run with a 1 GB export: --export-mb 1000.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.figures import say

ROOT = Path(__file__).resolve().parents[2]
_CORPORA = ("platform_pages", "wordpress_pages", "webforum52", "trafilatura_snippets", "negatives")
_PAGE_SIZES = (250_000, 1_000_000, 4_000_000)
"""Bytes of the pages whose memory is measured."""
_AIM_RATIO, _AIM_MEMORY = 1.0, 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--export-mb", type=int, default=64)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    found = {**speed(pages(given.pages), given.repeats), **memory(), **export(given.export_mb)}
    say(found, given.json)


def pages(count: int) -> list[str]:
    """HTML pages, the same ones in each run: every n-th of the corpora."""
    folder = ROOT.parent / "shared" / "data" / "pages"
    if not folder.is_dir():
        from tests.unit import markup

        return [system.html for system in markup.systems().values()]
    from pyarrow import parquet

    found = [html for name in _CORPORA for html in parquet.read_table(folder / name / "pages.parquet")["html"].to_pylist() if html]
    return found[:: max(len(found) // count, 1)]


def speed(given: Sequence[str], repeats: int) -> dict[str, Any]:
    """Processor seconds of both on the same pages; a ratio below 1: ours takes less."""
    from trafilatura import extract

    import seeds

    ours, peer = list[float](), list[float]()
    for repeat in range(repeats + 1):
        spent = {"ours": 0.0, "peer": 0.0}
        for at, page in enumerate(given):
            pair = [("ours", seeds.parse), ("peer", extract)]
            for name, work in pair if (repeat + at) % 2 else reversed(pair):
                spent[name] += _seconds(work, page)
        if repeat:  # the first one loads tables and fills caches
            ours.append(spent["ours"])
            peer.append(spent["peer"])
    ratios = [mine / other for mine, other in zip(ours, peer, strict=True)]
    return {
        "pages": len(given),
        "MB of HTML": sum(len(page.encode()) for page in given) / 1e6,
        "seeds.parse, ms a page, median": 1000 * median(ours) / len(given),
        "trafilatura.extract, ms a page, median": 1000 * median(peer) / len(given),
        f"ratio of processor time, median of {repeats} (aim {_AIM_RATIO})": median(ratios),
        "ratio, smallest": min(ratios),
        "ratio, largest": max(ratios),
    }


def _seconds(work: Callable[[str], object], page: str) -> float:
    begin = time.process_time()
    work(page)
    return time.process_time() - begin


# VmHWM: `ru_maxrss` of a child begins with what its parent held
_PARSE = r"""
import re, sys
from pathlib import Path
import seeds
from tests.unit import markup
peak = lambda: int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
seeds.parse(markup.page("wordpress"))
page = Path(sys.argv[1]).read_bytes()
before = peak()
comments = len(seeds.parse(page).comments)
print(comments, peak() - before)
"""
_EXPORT = r"""
import re, sys
from pathlib import Path
from seeds import exports
peak = lambda: int(re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())[1]) / 1024
comments, early, mark = 0, 0.0, int(sys.argv[2])
with open(sys.argv[1], "rb") as file:
    for article in exports.read(file):
        comments += len(article.comments)
        if not early and file.tell() > mark:
            early = peak()
print(comments, early, peak())
"""


def _alone(script: str, *arguments: str) -> list[float]:
    """The numbers that a fresh process prints."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=True, env=environment, cwd=ROOT)
    return [float(word) for word in done.stdout.split()]


def memory() -> dict[str, Any]:
    """Peak of memory that a page costs, as a multiple of its bytes."""
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "page.html"
        for size in _PAGE_SIZES:
            path.write_text(_page(size), encoding="utf-8")
            comments, peak = _alone(_PARSE, str(path))
            name = f"page of {size / 1e6:g} MB, {comments:.0f} comments"
            found[f"{name}: peak, times its size (aim {_AIM_MEMORY})"] = 1.048576e6 * peak / size
    return found


def _page(size: int) -> str:
    """A thread of about so many bytes in the markup of WordPress."""
    from tests.unit import markup

    whole = markup.page("wordpress")
    begin, end = whole.index('<ol class="comment-list">') + 25, whole.index('</ol>\n<div id="respond"')
    thread = whole[begin:end]
    times = max(size // len(thread.encode()), 1)
    numbered = (thread.replace("comment-10", f"comment-{at}0").replace("depth-", f"n{at} depth-") for at in range(times))
    return whole[:begin] + "".join(numbered) + whole[end:]


def export(megabytes: int) -> dict[str, Any]:
    """A WordPress export of that size, read thread by thread: its peak after a tenth and at the end."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.xml"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(_wxr(megabytes * 1_000_000))
        begin = time.perf_counter()
        comments, early, peak = _alone(_EXPORT, str(path), str(megabytes * 100_000))
        taken, size = time.perf_counter() - begin, path.stat().st_size / 1e6
    return {
        "export, MB": size,
        "export, comments": int(comments),
        "export, MB/s": size / taken,
        "export, peak MB after a tenth": early,
        "export, peak MB": peak,
        "export, growth behind the first tenth, MB": peak - early,
    }


def _wxr(size: int) -> Iterator[str]:
    from tests.unit import markup

    names = 'xmlns:wp="http://wordpress.org/export/1.2/" xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    yield f'<?xml version="1.0"?><rss version="2.0" {names}><channel>'
    written = thread = 0
    while written < size:
        thread += 1
        comments = "".join(
            f"<wp:comment><wp:comment_id>{100 * thread + at}</wp:comment_id><wp:comment_author>{one.author}</wp:comment_author>"
            f"<wp:comment_date>{one.time:%Y-%m-%d %H:%M:%S}</wp:comment_date><wp:comment_approved>1</wp:comment_approved>"
            f"<wp:comment_content>{one.text * 8}</wp:comment_content></wp:comment>"
            for at, one in enumerate(markup.TALK * 10)
        )
        article = f"<content:encoded>{markup.ARTICLE * 20}</content:encoded>"
        item = f"<item><title>Page {thread}</title><link>https://quay.example/{thread}</link>{article}{comments}</item>\n"
        written += len(item)
        yield item
    yield "</channel></rss>"


if __name__ == "__main__":
    main()
