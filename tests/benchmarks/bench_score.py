"""Scoring side by side in one run: this release, Detoxify's way of running its model, the same encoder run naively, ONNX Runtime.

    python tests/benchmarks/bench_score.py [--release FOLDER] [--comments 384] [--json OUT]

Comments are real dev rows of ../shared/data (mixed lengths, with their contexts), else the sample articles. Rates are comments a second,
the better of two rounds; a peer is timed on fewer comments, since it is slow. Weights of the peers are random: the time is the same.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labels.scores import Context, ScoreInput
from tests.benchmarks.figures import say
from train import batches, inference, ir, release
from train.encode import Window
from train.inference import Scorer
from train.model import build
from train.rows import Floats

ROOT = Path(__file__).resolve().parents[2]
_SETS = ("ro_news_offense", "ru_vk_news", "umsab", "vast", "context_toxicity", "bg_toxic_vasev", "victsd", "rumoureval2017")
_LINEAR = 4 * 384 * 384 + 2 * 384 * 1536
"""Weights of the linear parts of one layer of the encoder: each token costs two operations for each."""
_XLMR_BASE = {"vocab_size": 250002, "max_position_embeddings": 514, "type_vocab_size": 1, "pad_token_id": 1}
_E5_SMALL = {"hidden_size": 384, "num_attention_heads": 12, "intermediate_size": 1536, "vocab_size": 120000, "pad_token_id": 1}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", type=Path, default=None)
    parser.add_argument("--comments", type=int, default=384)
    parser.add_argument("--peer-comments", type=int, default=64)
    parser.add_argument("--json", type=Path, default=None)
    given = parser.parse_args()
    folder = given.release or release.packaged()
    found = measure(folder, inputs(given.comments), given.peer_comments)
    say(found, given.json)


def inputs(count: int) -> list[ScoreInput]:
    """Real comments in random order, lengths mixed."""
    folder = ROOT.parent / "shared" / "data" / "rows"
    found: list[ScoreInput] = []
    if folder.is_dir():
        import pyarrow.parquet as pq

        for name in _SETS:
            rows = pq.read_table(folder / f"{name}.parquet", columns=["split", "text", "title", "target", "parent", "root"]).to_pylist()
            dev = [row for row in rows if row.pop("split") == "dev"][: count // 4]
            found += [ScoreInput("", row.pop("text"), None, Context(**row)) for row in dev]
    else:
        import seeds
        from seeds.samples import sources

        while len(found) < count:
            for path in sources():
                found += inference.of_article(seeds.parse(path.read_bytes()))
    order = np.random.default_rng(0).permutation(len(found))[:count]
    return [ScoreInput(number, found[at].text, found[at].lang, found[at].context) for number, at in enumerate(order.tolist())]


def measure(folder: Path, comments: Sequence[ScoreInput], peer_comments: int) -> dict[str, Any]:
    import torch
    from transformers import BertConfig, BertModel, XLMRobertaConfig, XLMRobertaModel

    scorer = Scorer.load(folder)
    windows = [window for item in scorer.encode(comments) if item.encoded for window in item.encoded.windows]
    real = sum(map(len, windows))
    padded = sum(len(rows) * max(inference.width(windows[row]) for row in rows) for rows in inference.packed(windows))
    first = _rate(lambda: scorer.score(comments), len(comments), rounds=1)
    ours = _rate(lambda: scorer.score(comments), len(comments))
    bare = _rate(lambda: scorer.seen(windows), len(comments))
    explaining = _explaining(scorer, comments) / len(comments)
    scorer.warm()
    singles = [_seconds(lambda item=item: scorer.score([item])) for item in comments[:60]]  # type: ignore[misc]
    gemm = max(_gemm_float(torch), _gemm_int(torch))
    layers = ir.layers(folder / release.MODEL)
    few = [list(window.ids) for window in windows[:peer_comments]]
    with torch.inference_mode():
        peer = _naive(torch, XLMRobertaModel(XLMRobertaConfig(**_XLMR_BASE), add_pooling_layer=False).eval(), few)
        naive = _naive(torch, BertModel(BertConfig(**_E5_SMALL, num_hidden_layers=layers), add_pooling_layer=False).eval(), few)
    other, flips = _onnx(folder, scorer, windows)
    return {
        "model": scorer.model,
        "back end": scorer.backend,
        "comments": len(comments),
        "tokens a comment": real / len(comments),
        "padding, share of tokens": 1 - real / padded,
        "comments/s, every shape new": first,
        "comments/s": ours,
        "comments/s, encoder alone": bare,
        "ms a single comment, median": 1000 * float(np.median(singles)),
        "time with explain, times that without": 1 + explaining * ours,
        "explain, ms a comment": 1000 * explaining,
        "peer XLM-R base fp32, comments/s": peer,
        "ratio to it (aim 25)": ours / peer,
        "same encoder naive fp32, comments/s": naive,
        "ratio to it (aim 5)": ours / naive,
        "ONNX Runtime, dynamic int8, encoder alone, comments/s": other * len(comments) / len(windows),
        "its toxicity decisions unlike ours": flips,
        "best GEMM, GFLOP/s": gemm / 1e9,
        "share of it in useful tokens (aim .45)": bare * real / len(comments) * 2 * layers * _LINEAR / gemm,
        "peak memory of scoring alone, MB": _alone(folder, "memory"),
        "start to first score, s (aim 2)": min(_alone(folder, "start") for _ in range(3)),
        "release, MB": sum(path.stat().st_size for path in folder.iterdir()) / 1e6,
    }


def _rate(work: Callable[[], object], count: int, rounds: int = 2) -> float:
    return count / min(_seconds(work) for _ in range(rounds))


def _seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _explaining(scorer: Scorer, comments: Sequence[ScoreInput], rounds: int = 8) -> float:
    """Seconds that `explain` adds for the comments. Only `answers` differs, so that alone is timed, with it and without in turn, the
    best of each: beside the encoder's pass so little would be lost in its noise."""
    items = scorer.encode(comments)
    given = items, scorer.seen([window for item in items for window in item.windows])
    taken = [[_seconds(lambda asked=asked: scorer.answers(*given, explain=asked)) for asked in (False, True)] for _ in range(rounds)]  # type: ignore[misc]
    plain, explained = (min(times) for times in zip(*taken, strict=True))
    return explained - plain


def _naive(torch: Any, model: Any, ids: list[list[int]]) -> float:
    """As Detoxify does: the comments of one call as they come, padded to the longest, in one forward pass."""
    longest = max(map(len, ids))
    given = torch.tensor([row + [1] * (longest - len(row)) for row in ids])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
    return _rate(lambda: model(input_ids=given, attention_mask=mask), len(ids))


def _onnx(folder: Path, scorer: Scorer, windows: Sequence[Window]) -> tuple[float, float]:
    """Windows a second of the release's weights quantised by ONNX Runtime, in the same passes; and the share of decisions that differ."""
    import onnxruntime
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from transformers import BertConfig, BertModel

    layers = ir.layers(folder / release.MODEL)
    shape = {**_E5_SMALL, "vocab_size": scorer.encoder.tokenizer.get_vocab_size(), "num_hidden_layers": layers}
    model = build(BertModel(BertConfig(**shape), add_pooling_layer=False), None, layers).eval()
    found = ir.weights(folder / release.MODEL, {name: value.shape for name, value in model.named_parameters()})
    model.load_state_dict({name: torch.from_numpy(value) for name, value in found.items()}, strict=False)
    names, ids = ("ids", "segments", "mask"), torch.full((2, 16), 4)
    with tempfile.TemporaryDirectory() as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain, small = Path(place) / "plain.onnx", Path(place) / "small.onnx"
        axes = {name: {0: "batch", 1: "tokens"} for name in names}
        given = (ids, torch.zeros_like(ids), torch.ones_like(ids))
        torch.onnx.export(
            model,
            given,
            plain,
            input_names=names,
            output_names=("logits", "evidence", "pooled"),
            dynamic_axes=axes,
            dynamo=False,
            opset_version=17,
        )
        quantize_dynamic(plain, small, weight_type=QuantType.QInt8)
        session = onnxruntime.InferenceSession(small)

    def answers() -> Floats:
        logits = np.empty((len(windows), 17), np.float32)
        for rows in inference.packed(windows):
            arrays = batches.padded([windows[row] for row in rows], scorer.encoder.specials.pad, 8)
            parts = (arrays.ids, arrays.segments, arrays.mask)
            logits[rows] = session.run(["logits"], dict(zip(names, (part.astype(np.int64) for part in parts), strict=True)))[0]
        return logits

    differs = (answers()[:, 0] > 0) != np.array([one.logits[0] > 0 for one in scorer.seen(windows)])
    return _rate(answers, len(windows)), float(differs.mean())


def _gemm_float(torch: Any, size: tuple[int, int, int] = (4096, 1536, 1536)) -> float:
    rows, inner, columns = size
    left, right = torch.randn(rows, inner).bfloat16(), torch.randn(inner, columns).bfloat16()
    return 2.0 * rows * inner * columns / min(_seconds(lambda: left @ right) for _ in range(8))


def _gemm_int(torch: Any, size: tuple[int, int, int] = (4096, 1536, 1536)) -> float:
    """Int8 as OpenVINO multiplies it: a bare product of unsigned activations and signed weights, through torch's oneDNN."""
    rows, inner, columns = size
    if not hasattr(torch, "_int_mm"):
        return 0.0
    left, right = (torch.randint(-100, 100, shape, dtype=torch.int8) for shape in ((rows, inner), (inner, columns)))
    return 2.0 * rows * inner * columns / min(_seconds(lambda: torch._int_mm(left, right)) for _ in range(8))


_SCRIPT = """
import sys, time
begin = time.perf_counter()
from pathlib import Path
from labels.scores import ScoreInput
from train.inference import Scorer
scorer = Scorer.load(Path(sys.argv[1]))
scorer.score([ScoreInput(1, "What a day.")])
taken = time.perf_counter() - begin
if sys.argv[2] == "memory":
    scorer.score([ScoreInput(n, "word " * (n % 60 + 1)) for n in range(300)])
    taken = next(int(line.split()[1]) / 1024 for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(taken)
"""


def _alone(folder: Path, what: str) -> float:
    """In a fresh process: seconds to its first score, or the megabytes that it held at most (its own word: what a parent sees of a child
    begins with the parent's own size)."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(folder), what], capture_output=True, text=True, check=True, env=environment, cwd=ROOT
    )
    return float(done.stdout)


if __name__ == "__main__":
    main()
