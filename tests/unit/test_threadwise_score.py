"""`threadwise score`: order, contract, bad lines, odd comments, and memory that does not grow with the file."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import threadwise
from labels import schema
from tests import tiny
from tests.conftest import ROOT

Run = Callable[..., tuple[int, list[dict[str, object]], str]]


@pytest.fixture
def score(tiny_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Score lines (objects, or bytes as they are); exit code, rows and what was said."""

    def run(*lines: object, options: tuple[str, ...] = ()) -> tuple[int, list[dict[str, object]], str]:
        given, made = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
        raw = [line if isinstance(line, bytes) else json.dumps(line, ensure_ascii=False).encode() for line in lines]
        given.write_bytes(b"\n".join(raw) + b"\n")
        code = threadwise.main(["score", "--input", str(given), "--output", str(made), "--model", str(tiny_release), *options])
        rows = [json.loads(line) for line in made.read_text(encoding="utf-8").splitlines()] if made.exists() else []
        return code, rows, capsys.readouterr().err

    return run


def test_rows_keep_the_order_and_the_contract(score: Run) -> None:
    given = tiny.inputs(40)
    code, rows, err = score(*given)
    assert code == 0
    assert [row["id"] for row in rows] == [line["id"] for line in given]
    for row in rows:
        assert {"id", "lang", "scored", "reason", "scores", "model"} <= set(row)
        assert (row["scored"], row["reason"]) == (True, None)
    assert err.startswith("threadwise: model tiny@")
    assert rows[0]["model"] in err


def test_every_head_that_applies_is_there_with_all_its_outputs(score: Run) -> None:
    _, rows, _ = score(
        {"id": 1, "text": "x"},
        {"id": 2, "text": "x", "context": {"title": "t"}},
        {"id": 3, "text": "x", "context": {"target": "g"}},
        {"id": 4, "text": "x", "context": {"parent": "p", "root": "r"}},
        {"id": 5, "text": "x", "context": {"title": "t", "target": "g", "parent": "p", "root": "r"}},
        {"id": 6, "text": "x", "context": {"title": " ", "root": "r"}},
    )
    always = {"toxicity", "sentiment"}
    expected = [always, always | {"stance"}, always | {"stance"}, always | {"reply_stance"}, always | {"stance", "reply_stance"}, always]
    assert [set(row["scores"]) for row in rows] == expected  # type: ignore[call-overload]
    for row in rows:
        for head, outputs in row["scores"].items():  # type: ignore[attr-defined]
            assert tuple(outputs) == schema.BY_NAME[head].names
            assert all(0 <= value <= 1 for value in outputs.values())
            if head != "toxicity":
                assert sum(outputs.values()) == pytest.approx(1, abs=1e-4)


def test_ids_come_back_as_they_were(score: Run) -> None:
    ids = ["a", 7, -1, 2**70, "", "Ана 🙂", "half \ud83d"]
    given = [json.dumps({"id": one, "text": "x"}).encode() for one in ids]
    assert [row["id"] for row in score(*given)[1]] == ids


def test_a_language_that_is_given_is_kept_and_one_that_is_not_is_told(score: Run) -> None:
    _, rows, _ = score({"id": 1, "text": "the mayor is lovely today", "lang": "bg"}, {"id": 2, "text": "кметът е прекрасен днес, нали"})
    assert [row["lang"] for row in rows] == ["bg", "bg"]


def test_a_broken_line_is_named_by_its_number_and_the_rest_goes_on(score: Run) -> None:
    code, rows, err = score(
        {"id": 1, "text": "x"}, b"{broken", b"", b"[]", b'{"id": 2}', b'{"id": 3, "text": "\xff"}', b'{"text": "x"}', {"id": 4, "text": "y"}
    )
    assert (code, [row["id"] for row in rows]) == (1, [1, 4])
    numbers = [int(line.split(":")[2]) for line in err.splitlines()[1:]]
    assert numbers == [2, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("🙂", None),
        ("👩\u200d👩\u200d👧\u200d👦", None),
        ("!", None),
        ("word " * 20_000, None),
        ("я" * 100_000, None),
        ("ᚠᚢᚦᚨᚱᚲ 𐌰𐌱𐌲 ⴰⵎⴰⵣⵉⵖ", None),
        ("\u0628\u0639\u062f \u05d0\u05d1", None),
        ("a" * 200_000, None),
        ("a" * 200_001, "too_long"),
        ("", "empty"),
        (" \t\n\u3000", "empty"),
        ("\u200b\u200e\ufeff\x00", "empty"),
    ],
    ids=["emoji", "family", "mark", "100KB", "100KB-one-word", "scripts", "rtl", "limit", "over", "nothing", "white", "invisible"],
)
def test_an_odd_comment_has_a_clear_outcome(text: str, reason: str | None, score: Run) -> None:
    code, (row,), _ = score({"id": 1, "text": text, "context": {"parent": text[:1000]}})
    assert code == 0
    assert (row["scored"], row["reason"]) == (reason is None, reason)
    assert bool(row["scores"]) == (reason is None)


def test_an_explanation_points_into_the_original_text(score: Run) -> None:
    given = [{**line, "text": f"  {line['text']}\u200b  🙂"} for line in tiny.inputs(30)]
    _, rows, _ = score(*given, options=("--explain",))
    spans = [(span, str(line["text"])) for row, line in zip(rows, given, strict=True) for span in row["spans"]]  # type: ignore[attr-defined]
    assert spans
    assert all(0 <= span["begin"] < span["end"] <= len(text) and span["output"] == "toxicity" for span, text in spans)
    assert all(text[span["begin"] : span["end"]].strip() for span, text in spans)
    assert "spans" not in score(*given)[1][0]


def test_an_empty_file_gives_an_empty_file(score: Run) -> None:
    assert score(b"")[:2] == (0, [])


def test_the_same_lines_give_the_same_scores(score: Run) -> None:
    given = tiny.inputs(20)
    assert score(*given)[1] == score(*given)[1]


def test_lines_can_come_and_go_through_pipes(
    tiny_release: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"id": 1, "text": "x"}\n')))
    assert threadwise.main(["score", "--input", "-", "--model", str(tiny_release)]) == 0
    assert json.loads(capsys.readouterr().out)["id"] == 1


def test_what_is_missing_or_damaged_is_said_and_nothing_is_written(
    tiny_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "out.jsonl"
    arguments = ["score", "--output", str(made), "--model", str(tiny_release)]
    assert threadwise.main([*arguments, "--input", str(tmp_path / "none.jsonl")]) == 2
    assert "none.jsonl: No such file" in capsys.readouterr().err
    assert threadwise.main(["score", "--input", str(ROOT / "README.md"), "--output", str(made), "--model", str(tmp_path)]) == 2
    assert "manifest.json" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("output", [".", "file/below"], ids=["a-folder", "below-a-file"])
def test_an_output_that_cannot_be_written_is_wrong_use(
    output: str, tiny_release: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("kept", encoding="utf-8")
    given = tmp_path / "in.jsonl"
    given.write_text("", encoding="utf-8")
    assert threadwise.main(["score", "--input", str(given), "--output", str(tmp_path / output), "--model", str(tiny_release)]) == 2
    assert str(tmp_path) in capsys.readouterr().err
    assert (tmp_path / "file").read_text(encoding="utf-8") == "kept"


def test_a_device_is_written_to_and_not_replaced(tiny_release: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    given = tmp_path / "in.jsonl"
    given.write_text('{"id": 1, "text": "x"}\n', encoding="utf-8")
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        assert threadwise.main(["score", "--input", str(given), "--output", str(pipe), "--model", str(tiny_release)]) == 0
        out, _ = reader.communicate(timeout=60)
    assert json.loads(out)["id"] == 1
    assert pipe.is_fifo()


def test_memory_does_not_grow_with_the_file(tiny_release: Path, tmp_path: Path) -> None:
    """Peak memory of a whole process for 1,000 and for 20,000 lines, every second of them broken."""
    peaks = []
    for count in (1_000, 20_000):
        given = tmp_path / f"{count}.jsonl"
        line = json.dumps({"id": "x" * 200, "text": "the mayor is a stupid idiot", "context": {"title": "t" * 300}})
        given.write_text(f"{line}\n{line[:-1]}\n" * (count // 2), encoding="utf-8")
        command = [sys.executable, "-m", "threadwise", "score", "--input", str(given), "--output", str(tmp_path / "out.jsonl")]
        with subprocess.Popen([*command, "--model", str(tiny_release)], stderr=subprocess.DEVNULL, cwd=ROOT) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 1
        peaks.append(usage.ru_maxrss / 1024)
    assert len((tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()) == 10_000
    assert peaks[1] - peaks[0] < 25, f"peak of {peaks[0]:.0f} MB became {peaks[1]:.0f} MB"


def test_a_language_is_read_as_iso_639_and_told_from_the_text_where_it_is_no_code(score: Run) -> None:
    """A code that nobody trained on, such as "EN", would take the calibration of no language and mark each output low_confidence."""
    text = "the mayor is a stupid idiot and so is this council of ours"
    _, rows, _ = score(*({"id": 1, "text": text, "lang": lang} for lang in ("en", "EN", "en-US", "eng", "english", "xx", "??", None)))
    assert all(row == rows[0] for row in rows)
    assert rows[0]["lang"] == "en"
