"""The front door: one function per verb, argument parsing and printing only.

Exit codes of all verbs: 0 all done; 1 some input failed, the rest is done; 2 wrong use, configuration or model; 130 interrupted.
Data go to standard output or to --output, talk goes to standard error.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from labels.errors import ConfigError, DocumentError, ModelError, RowError, StoreError, ThreadwiseError

if TYPE_CHECKING:
    from labels.thread import Article
    from train.config import Config

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
    list[str], typer.Argument(metavar="PAGE...", help="Files: plain text of a crawl or HTML; - is standard input.", show_default=False)
]
Model = Annotated[
    str, typer.Option(metavar="NAME|FOLDER", envvar="THREADWISE_MODEL", help="A release: main, open, or the folder that holds one.")
]
Now = Annotated[str | None, typer.Option(metavar="TIME", help='Reference for "2 hours ago", ISO 8601; without it such times stay unread.')]
ConfigFile = Annotated[Path, typer.Argument(metavar="CONFIG", help="A TOML file; configs/release.toml is the one of the release.")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Override a value: --set fit.threads=1. Repeatable.")
]


@app.callback()
def _options(
    *, verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say what is being done, on standard error.")] = False
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
) -> None:
    """Pages in, their comment threads out: one JSON object a page.

    `{"id", "url", "title", "lang", "text", "comments": [{"id", "number", "author", "reply_to", "replies", "created_at", "created_at_raw",
    "text"}], "warnings", ...}`. What is not known is null. A page that cannot be read gives an error line, the others are still done.
    """
    if url and len(files) > 1:
        raise ConfigError("--url names one page; give one file with it")
    failed = 0
    with _written(output) as out:
        for name in files:
            try:
                for article in _articles(name, url, now):
                    out.write(json.dumps(article.to_json(), ensure_ascii=False) + "\n")
            except (DocumentError, OSError) as error:
                failed += 1
                _say(f"{name}: {_words(error)}")
    raise typer.Exit(1 if failed else 0)


@app.command()
def score(
    given: Annotated[
        str, typer.Option("--input", metavar="IN.jsonl", help='Lines {"id", "text", "lang"?, "context"?}; - is standard input.')
    ],
    output: Annotated[Path | None, typer.Option(metavar="OUT.jsonl", help="Where to write; default: standard output.")] = None,
    model: Model = "main",
    explain: Annotated[bool, typer.Option("--explain", help="Add the parts of the text that carry the toxicity score.")] = False,
) -> None:
    """Comments in, probabilities out, in the same order.

    A line in: `{"id", "text", "lang"?, "context"?: {"title", "target", "parent", "root"}}`. A line out: `{"id", "lang", "scored", "reason",
    "scores": {"toxicity", "stance", "reply_stance", "sentiment"}, "model"}`: stance only where a title or target is given, reply_stance only
    where a parent is. Files of any size are streamed; a broken line is reported with its number and the rest goes on.
    """
    from train import inference

    scorer = _scorer(model)
    failures: list[str] = []
    with _opened(given) as source, _written(output) as out, _progress(given) as advance:
        for scored in inference.stream(scorer, _inputs(source, given, failures, advance), explain=explain):
            out.write(json.dumps(scored.to_json(), ensure_ascii=False) + "\n")
    raise typer.Exit(1 if failures else 0)


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
    """Pages in, one self-contained HTML page out that shows their threads with scores. Its path is printed last."""
    from seeds.samples import sources
    from serve import report as thread_report
    from train import inference

    names = [*(pages or ()), *(map(str, sources()) if samples else ())]
    if not names:
        raise ConfigError("no page given; name files or use --samples")
    scorer = _scorer(model)
    found, failed = [], 0
    for name in names:
        try:
            for article in _articles(name, None, now):
                found.append((article, scorer.score(inference.of_article(article))))
        except (DocumentError, OSError) as error:
            failed += 1
            _say(f"{name}: {_words(error)}")
    if not found:
        raise DocumentError("none of the pages could be read; no report is written")
    with _written(output) as out:
        out.write(thread_report.page(found, model=scorer.model, notice=scorer.manifest.notice))
    typer.echo(output.resolve())
    raise typer.Exit(1 if failed else 0)


@app.command()
def train(
    config: ConfigFile,
    values: Overrides = None,
    restart: Annotated[bool, typer.Option("--restart", help="Begin anew; default: go on from the last checkpoint.")] = False,
) -> None:
    """Fine-tune the encoder on the labelled sets that CONFIG names, all heads at once. Ended runs go on where they were."""
    from train import fit

    folder = fit.run(_config(config, values), resume=not restart, progress=_step)
    typer.echo(folder)


@app.command()
def export(config: ConfigFile, values: Overrides = None) -> None:
    """Make the released model of a trained run: int8, calibrated, no torch needed to run it. Prints its folder."""
    from train import export as exporting

    typer.echo(exporting.run(_config(config, values)))


@app.command()
def evaluate(
    config: ConfigFile,
    values: Overrides = None,
    model: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Another release than the one that CONFIG writes.")] = None,
    baseline: Annotated[bool, typer.Option(help="Print TF-IDF + logistic regression, trained on the same rows, beside it.")] = True,
) -> None:
    """Measure a release on the dev rows, per head, set and language; the figures go to metrics.json and the card."""
    from train import evaluate as evaluation

    found = evaluation.run(_config(config, values), model, with_baseline=baseline)
    typer.echo(evaluation.summary(found))


def _config(path: Path, values: list[str] | None) -> Config:
    from train import config

    pairs = [value.partition("=") for value in values or ()]
    if wrong := next((name for name, sign, _ in pairs if not sign), None):
        raise ConfigError(f"--set {wrong}: expected NAME=VALUE")
    return config.load(path, {name: value for name, _, value in pairs})


def _scorer(model: str):  # type: ignore[no-untyped-def]  # its type would load the model's run time for every --help
    from train import inference, release

    scorer = inference.Scorer.load(Path(model) if Path(model).is_dir() else release.packaged(model))
    _say(f"model {scorer.model}: {scorer.manifest.notice}")
    return scorer


def _articles(name: str, url: str | None, now: str | None) -> Iterator[Article]:
    """The articles of one file. Raises DocumentError, OSError."""
    import seeds

    reference = _time(now)
    if name == "-":
        yield seeds.parse(sys.stdin.buffer.read(seeds.MAX_BYTES + 1), url, reference, id="stdin")
        return
    path = Path(name)
    with path.open("rb") as file:
        yield seeds.parse(file.read(seeds.MAX_BYTES + 1), url, reference, id=path.stem)


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError as error:
        raise ConfigError(f'--now "{text}" is no ISO 8601 time, such as 2026-02-05T21:25') from error


def _inputs(source: TextIO, name: str, failures: list[str], advance: Advance) -> Iterator[object]:
    """The good lines as ScoreInputs; a broken one is reported with its number."""
    from labels.scores import ScoreInput

    for number, line in enumerate(source, start=1):
        advance(len(line))
        if not line.strip():
            continue
        try:
            yield ScoreInput.from_json(json.loads(line))
        except (ValueError, RecursionError, RowError) as error:
            failures.append(line[:0])
            _say(f"{name}:{number}: {_words(error)}")


class Advance:
    """Counts characters read; shows a bar on a terminal."""

    def __init__(self, bar: object = None, task: object = None) -> None:
        self.bar, self.task = bar, task

    def __call__(self, size: int) -> None:
        if self.bar is not None:
            self.bar.advance(self.task, size)  # type: ignore[attr-defined]


@contextlib.contextmanager
def _progress(name: str) -> Iterator[Advance]:
    if not sys.stderr.isatty():
        yield Advance()
        return
    from rich.console import Console
    from rich.progress import Progress

    size = None if name == "-" else Path(name).stat().st_size
    with Progress(console=Console(stderr=True), transient=True) as bar:
        yield Advance(bar, bar.add_task("scoring", total=size))


def _step(step: int, steps: int, figures: dict[str, float]) -> None:
    _say(f"{step}/{steps} " + " ".join(f"{name} {value:.3f}" for name, value in figures.items()))


@contextlib.contextmanager
def _opened(name: str) -> Iterator[TextIO]:
    """A text file or standard input; bytes that are no UTF-8 break their line only."""
    if name == "-":
        yield open(sys.stdin.fileno(), encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115
        return
    try:
        with Path(name).open(encoding="utf-8", errors="replace") as file:
            yield file
    except OSError as error:
        raise ConfigError(f"{name}: {error.strerror or error}") from error


@contextlib.contextmanager
def _written(path: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that appears whole or not at all."""
    if path is None:
        yield sys.stdout
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8") as file:
            yield file
        partial.replace(path)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def _words(error: BaseException) -> str:
    return str((isinstance(error, OSError) and error.strerror) or error)


def _say(text: str) -> None:
    print(f"threadwise: {text}", file=sys.stderr)


def main(arguments: list[str] | None = None) -> int:
    """Run one verb; the exit code. What goes wrong is one line on standard error, never a trace."""
    try:
        result = app(arguments, standalone_mode=False)
    except typer.Abort:
        return 130
    except (ConfigError, ModelError, StoreError) as error:
        _say(str(error))
        return 2
    except ThreadwiseError as error:
        _say(str(error))
        return 1
    except KeyboardInterrupt:
        _say("interrupted")
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        shown = getattr(error, "show", None)
        if shown is None:
            raise
        shown()  # a wrong option: typer's own words
        return 2
    return result if isinstance(result, int) else 0


def run() -> None:
    """Entry point of the installed command."""
    sys.exit(main())


if __name__ == "__main__":
    run()
