"""The front door: one function per verb, argument parsing and printing only.

Exit codes of all verbs: 0 all done; 1 some input failed, the rest is done; 2 wrong use, configuration or model; 130 interrupted.
Data go to standard output or to --output, talk goes to standard error.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, TextIO

import typer

from labels import jsonl
from labels.errors import ConfigError, DocumentError, ModelError, RowError, StoreError, ThreadwiseError
from serve import commands

if TYPE_CHECKING:
    from labels.scores import ScoreInput
    from seeds import Reading
    from train.config import Config
    from train.inference import Scorer

_INTERRUPTED = 130

app = typer.Typer(
    name="threadwise",
    help="Reads the comments under articles and tells people what is in them: the thread, toxicity, stance, sentiment.",
    epilog="Exit codes: 0 all done; 1 some input failed, the rest is done; 2 wrong use, configuration or model; 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

Pages = Annotated[
    list[str],
    typer.Argument(metavar="PAGE...", help="Files: plain text of a crawl, HTML, an export; - is standard input.", show_default=False),
]
Model = Annotated[
    str, typer.Option(metavar="NAME|FOLDER", envvar="THREADWISE_MODEL", help="A release: main, open, or the folder that holds one.")
]
Now = Annotated[str | None, typer.Option(metavar="TIME", help='Reference for "2 hours ago", ISO 8601; without it such times stay unread.')]
ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="A TOML file; configs/release.toml is the one of the release.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Override a value: --set fit.threads=1. Repeatable.")
]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("threadwise"))
        raise typer.Exit


commands.register(app)


@app.callback()
def _options(
    *,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say what is being done, on standard error.")] = False,
    _: Annotated[bool, typer.Option("--version", help="Print the version and leave.", callback=_version, is_eager=True)] = False,
) -> None:
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, format="%(message)s", stream=sys.stderr)
    for noisy in ("httpx", "nncf", "datasets", "filelock"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


@app.command()
def parse(
    files: Pages,
    output: Annotated[Path | None, typer.Option(metavar="OUT.jsonl", help="Where to write; default: standard output.")] = None,
    url: Annotated[str | None, typer.Option(help="The address of the page, if it is known (one file).")] = None,
    now: Now = None,
    explain: Annotated[
        bool, typer.Option("--explain", help='Say where each comment stood and by which way it was read: "source", and a table.')
    ] = False,
) -> None:
    """Pages in, their comment threads out: one JSON object a page.

    `{"id", "url", "title", "lang", "text", "comments": [{"id", "number", "author", "reply_to", "replies", "created_at", "created_at_raw",
    "text"}], "warnings", "read_by", ...}`. What is not known is null. A page that cannot be read gives an error line, the others are still
    done. `--explain` adds `"source": {"way", "where"}` to each comment and prints the same as a table on standard error.

    Example: `threadwise parse page.txt other.html --output threads.jsonl`
    """
    if url and len(files) > 1:
        raise ConfigError("--url names one page; give one file with it")
    failures = Failures()
    with _written(output) as out:
        for reading in _readings(files, url, now, failures):
            row = reading.article.to_json()
            if explain:
                _explain(row, reading.places)
            out.write(jsonl.dump(row) + "\n")
    raise typer.Exit(1 if failures.count else 0)


@app.command()
def score(
    given: Annotated[
        str, typer.Option("--input", metavar="IN.jsonl", help='Lines {"id", "text", "lang"?, "context"?}; - is standard input.')
    ],
    output: Annotated[Path | None, typer.Option(metavar="OUT.jsonl", help="Where to write; default: standard output.")] = None,
    model: Model = "main",
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Add the parts of the text that carry the toxicity score; no second pass, the card has the cost."),
    ] = False,
) -> None:
    """Comments in, probabilities out, in the same order.

    A line in: `{"id", "text", "lang"?, "context"?: {"title", "target", "parent", "root"}}`. A line out: `{"id", "lang", "scored", "reason",
    "scores": {"toxicity", "stance", "reply_stance", "sentiment"}, "model", ...}`: stance only where a title or target is given,
    reply_stance only where a parent is. Files of any size are streamed; a broken line is reported with its number and the rest goes on.

    Example: `threadwise score --input comments.jsonl --output scores.jsonl`
    """
    from train import inference

    scorer = _scorer(model)
    failures = Failures()
    with _opened(given) as source, _written(output) as out, _progress(given) as reached:
        for scored in inference.stream(scorer, _inputs(source, given, failures, reached), explain=explain):
            out.write(jsonl.dump(scored.to_json()) + "\n")
    raise typer.Exit(1 if failures.count else 0)


@app.command()
def report(
    pages: Annotated[
        list[str] | None, typer.Argument(metavar="PAGE...", help="Files: plain text of a crawl or HTML.", show_default=False)
    ] = None,
    output: Annotated[Path, typer.Option(metavar="HTML", help="The report to write.")] = Path("report.html"),
    model: Model = "main",
    samples: Annotated[bool, typer.Option("--samples", help="Read the sample articles that come with Threadwise.")] = False,
    now: Now = None,
) -> None:
    """Pages in, one self-contained HTML page out that shows their threads with scores. Its path is printed last.

    Example: `threadwise report page.txt --output page.html`
    """
    from seeds.samples import sources
    from serve import report as thread_report
    from train import inference

    names = [*(pages or ()), *(map(str, sources()) if samples else ())]
    if not names:
        raise ConfigError("no page given; name files or use --samples")
    scorer = _scorer(model)
    failures = Failures()
    articles = (reading.article for reading in _readings(names, None, now, failures))
    found = [(article, scorer.score(inference.of_article(article))) for article in articles]
    if not found:
        raise DocumentError("none of the pages could be read; no report is written")
    with _written(output) as out:
        out.write(thread_report.page(found, model=scorer.model, notice=scorer.manifest.notice))
    typer.echo(output.resolve())
    raise typer.Exit(1 if failures.count else 0)


label_verbs = typer.Typer(help="What moderators decided as rows for training, and what to label next.", no_args_is_help=True)
app.add_typer(label_verbs, name="labels")
Sites = Annotated[list[str] | None, typer.Option("--site", metavar="SITE", help="Only this site; default: all. Repeatable.")]


@label_verbs.command("export")
def labels_export(
    database: commands.Database = None,
    config: commands.Config = None,
    output: Annotated[Path | None, typer.Option(metavar="OUT.jsonl", help="Where to write; default: standard output.")] = None,
    site: Sites = None,
) -> None:
    """Every decision and reading that stands as one JSON line: the columns of a labelled set plus by, at, model, reason, action, why.

    `threadwise train` takes the file as one more source, named under [[data.extra]] of its configuration. Names, addresses, numbers and
    links in the texts are masked. docs/labels.md says which labels a decision sets, and which it leaves open.

    Example: `threadwise labels export --output desk.jsonl`
    """
    with commands.opened(database, config) as store, _written(output) as out:
        for row in store.labels.rows(site):
            out.write(jsonl.dump(row) + "\n")


@label_verbs.command("suggest")
def labels_suggest(
    database: commands.Database = None,
    config: commands.Config = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 20,
    output: Annotated[Path | None, typer.Option(metavar="OUT.jsonl", help="Where to write; default: standard output.")] = None,
    site: Sites = None,
) -> None:
    """Comments that would teach the model most, one JSON line each: number, site, id, lang, why, score.

    why: uncertain (the model is least sure), disagreed (a moderator went against it), new language, new topic. The page /labels shows them.

    Example: `threadwise labels suggest --limit 50`
    """
    with commands.opened(database, config) as store, _written(output) as out:
        for one in store.readings.suggest(site, limit):
            out.write(jsonl.dump(dataclasses.asdict(one)) + "\n")


@app.command()
def train(
    config: ConfigFile,
    values: Overrides = None,
    restart: Annotated[bool, typer.Option("--restart", help="Begin anew; default: go on from the last checkpoint.")] = False,
) -> None:
    """Fine-tune the encoder on the labelled sets that CONFIG names, all heads at once. Ended runs go on where they were.

    Ctrl-C or SIGTERM ends it after the step at hand, which is saved; a second one ends it at once, as a crash does, and then the last
    checkpoint counts (every `fit.checkpoint_minutes`).
    """
    settings = _config(config, values)
    from train import fit

    _train_before(settings)
    folder = fit.run(settings, resume=not restart, progress=_step)
    typer.echo(folder)


def _train_before(settings: Config) -> None:
    """Makes the release that training continues, where a configuration says how and it is missing."""
    if not settings.before:
        return
    from train import config_file, export, fit, release

    first = config_file.load(Path(settings.before))
    if not (Path(first.release) / release.MANIFEST).is_file():
        _say(f"{settings.before} first: {first.release} is missing")
        _train_before(first)
        fit.run(first, progress=_step)
        export.run(first)


@app.command()
def export(
    config: ConfigFile,
    values: Overrides = None,
    renew: Annotated[bool, typer.Option("--renew", help="Keep weights and n-grams; make all else anew.")] = False,
    unfinished: Annotated[bool, typer.Option("--unfinished", help="The best model so far of a run that has not ended.")] = False,
) -> None:
    """Make the released model of a trained run: int8, calibrated, no torch needed to run it. Prints its folder."""
    settings = _config(config, values)
    from train import export as exporting

    typer.echo(exporting.renewed(settings) if renew else exporting.run(settings, unfinished=unfinished))


@app.command()
def evaluate(
    config: ConfigFile,
    values: Overrides = None,
    model: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Another release than the one that CONFIG writes.")] = None,
    baseline: Annotated[bool, typer.Option(help="Print TF-IDF + logistic regression, trained on the same rows, beside it.")] = True,
    seed_runs: Annotated[
        list[Path] | None,
        typer.Option("--seed-run", metavar="FOLDER", help="A run of CONFIG with another seed, exported to FOLDER/release. Repeatable."),
    ] = None,
) -> None:
    """Measure a release on the dev rows, per head, set and language; the figures go to metrics.json and the card."""
    settings = _config(config, values)
    from train import evaluate as evaluation

    found = evaluation.run(settings, model, with_baseline=baseline, others=seed_runs or ())
    typer.echo(evaluation.summary(found))


def _config(path: Path, values: list[str] | None) -> Config:
    from train import config_file

    pairs = [value.partition("=") for value in values or ()]
    if wrong := next((name for name, sign, _ in pairs if not sign), None):
        raise ConfigError(f"--set {wrong}: expected NAME=VALUE")
    return config_file.load(path, {name: value for name, _, value in pairs})


def _scorer(model: str) -> Scorer:
    from train import inference, release

    scorer = inference.Scorer.load(Path(model) if Path(model).is_dir() else release.packaged(model))
    _say(f"model {scorer.model}, {scorer.backend}: {scorer.manifest.notice}")
    return scorer


class Failures:
    """Says each failure on standard error and counts them; they are not kept, since there may be millions."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, where: str, error: BaseException) -> None:
        self.count += 1
        _say(f"{where}: {_words(error)}")


def _readings(names: Iterable[str], url: str | None, now: str | None, failures: Failures) -> Iterator[Reading]:
    """The articles of all files, of an export one per thread; a file that cannot be read is a failure, the others are still done."""
    import seeds
    from seeds import exports

    reference = _time(now)
    for name in names:
        try:
            with _page(name) as file:
                head, stem = file.read(exports.HEAD_BYTES), "stdin" if name == "-" else Path(name).stem
                file.seek(0)
                if exports.kind(head):
                    for number, article in enumerate(exports.read(file, stem), start=1):
                        yield seeds.Reading(article, tuple(f"thread {number}, comment {at + 1}" for at in range(len(article.comments))))
                else:
                    yield seeds.read(file.read(seeds.MAX_BYTES + 1), url, reference, id=stem)
        except (DocumentError, OSError) as error:
            failures.add(name, error)


def _explain(row: dict[str, Any], places: Sequence[str]) -> None:
    """Add "source" to each comment of an article's row, and print all of them as a table on standard error."""
    comments, way = row["comments"], row["read_by"]
    for comment, where in zip(comments, places, strict=True):
        comment["source"] = {"way": way, "where": where}
    _say(f"{row['id']}: {len(comments)} comments, read by {way}")
    rows = [("COMMENT", "WAY", "WHERE", "AUTHOR")]
    rows += [(each["id"], way, each["source"]["where"], each["author"] or "") for each in comments]
    lines = [[" ".join(value.split()) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines if comments else ():
        _tell("  " + "  ".join(map(str.ljust, line, widths)).rstrip())


@contextlib.contextmanager
def _page(name: str) -> Iterator[BinaryIO]:
    """A file, or standard input as a file."""
    if name != "-":
        with Path(name).open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(sys.stdin.buffer, copy)
        copy.seek(0)
        yield copy


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise ConfigError(f'--now "{text}" is no ISO 8601 time, such as 2026-02-05T21:25') from error


def _inputs(source: BinaryIO, name: str, failures: Failures, reached: Callable[[int], None]) -> Iterator[ScoreInput]:
    """The good lines as ScoreInputs; a broken one is reported with its number."""
    from labels.scores import ScoreInput

    for line in jsonl.read(source):
        reached(line.end)
        try:
            if isinstance(line.value, RowError):
                raise line.value
            yield ScoreInput.from_json(line.value)
        except RowError as error:
            failures.add(f"{name}:{line.number}", error)


@contextlib.contextmanager
def _progress(name: str) -> Iterator[Callable[[int], None]]:
    """A function to be told how many bytes of the file are done; it shows a bar on a terminal and does nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    size = Path(name).stat().st_size if Path(name).is_file() else None
    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("scoring", total=size)
        yield lambda done: bar.update(task, completed=done)


def _step(step: int, steps: int, figures: dict[str, float]) -> None:
    _say(f"{step}/{steps} " + " ".join(f"{name} {value:.3f}" for name, value in figures.items()))


@contextlib.contextmanager
def _opened(name: str) -> Iterator[BinaryIO]:
    """A file or standard input, as bytes."""
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115  # only what fails here is the caller's wrong path
    except OSError as error:
        raise ConfigError(f"{name}: {_words(error)}") from error
    with file:
        yield file


@contextlib.contextmanager
def _written(path: Path | None) -> Iterator[TextIO]:
    """Standard output, a device or pipe as it is, or a file that appears whole or not at all."""
    if path is None:
        try:
            yield sys.stdout
            sys.stdout.flush()
        except BrokenPipeError:  # its reader has had enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from None
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if path.is_dir():
            raise ConfigError(f"{path} is a folder; name a file")
        path.parent.mkdir(parents=True, exist_ok=True)
        device = path.exists() and not path.is_file()
        file = (path if device else partial).open("w", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {_words(error)}") from error
    try:
        with file:
            yield file
        if not device:
            partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _words(error: BaseException) -> str:
    return str((isinstance(error, OSError) and error.strerror) or error).strip() or type(error).__name__


def _say(text: str) -> None:
    _tell(f"threadwise: {text}")


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; the exit code. What goes wrong is one line on standard error, never a trace."""
    try:
        result = app(arguments, standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        result = _INTERRUPTED
    except (ThreadwiseError, OSError, ModuleNotFoundError) as error:
        return _failed(error)
    except Exception as error:
        shown = getattr(error, "show", None)
        if shown is None:
            raise
        shown()  # a wrong option: typer's own words
        return 2
    if result == _INTERRUPTED:
        _say("interrupted")
    return result if isinstance(result, int) else 0


def _failed(error: Exception) -> int:
    """Say what ended the verb; its exit code."""
    if isinstance(error, ModuleNotFoundError):
        if error.name in ("labels", "seeds", "train", "serve"):
            raise error
        _say(f'this needs the package "{error.name}"; install the extra that brings it: score, serve or train')
        return 2
    _say(f"{error.filename}: {_words(error)}" if isinstance(error, OSError) and error.filename else _words(error))
    return 2 if isinstance(error, ConfigError | ModelError | StoreError) else 1


def run() -> None:
    """Entry point of the installed command."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # any locale: texts and names in all scripts
    sys.exit(main())


if __name__ == "__main__":
    run()
