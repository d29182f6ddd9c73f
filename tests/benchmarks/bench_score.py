"""Scoring side by side in one run: this release, the way Detoxify runs its model, and the same encoder run naively.

    python tests/benchmarks/bench_score.py [--release FOLDER] [--comments 384] [--json OUT]

Comments are real dev rows of ../shared/data (mixed lengths, with their contexts), else the sample articles. Rates are comments a second,
the better of two rounds; a peer is timed on fewer comments, since it is slow. Weights of the peers are random: the time is the same.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labels.scores import Context, ScoreInput
from tests.benchmarks.figures import say
from train import inference, release
from train.inference import Scorer

ROOT = Path(__file__).resolve().parents[2]
_SETS = ("ro_news_offense", "ru_vk_news", "umsab", "vast", "context_toxicity", "bg_toxic_vasev", "victsd", "rumoureval2017")
_LINEAR = 12 * (4 * 384 * 384 + 2 * 384 * 1536)
"""Weights of the encoder's linear layers: each token costs two operations for each."""
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
    batches = inference.packed(windows)
    padded = sum(len(rows) * max(inference.width(windows[row]) for row in rows) for rows in batches)
    first = _rate(lambda: scorer.score(comments), len(comments), rounds=1)
    ours = _rate(lambda: scorer.score(comments), len(comments))
    bare = _rate(lambda: scorer.logits(windows), len(comments))
    scorer.warm()
    singles = [_seconds(lambda item=item: scorer.score([item])) for item in comments[:60]]  # type: ignore[misc]
    gemm = max(_gemm_float(torch), _gemm_int(torch))
    few = [list(window.ids) for window in windows[:peer_comments]]
    with torch.inference_mode():
        peer = _naive(torch, XLMRobertaModel(XLMRobertaConfig(**_XLMR_BASE), add_pooling_layer=False).eval(), few)
        naive = _naive(torch, BertModel(BertConfig(**_E5_SMALL), add_pooling_layer=False).eval(), few)
    return {
        "model": scorer.model,
        "comments": len(comments),
        "tokens a comment": real / len(comments),
        "padding, share of tokens": 1 - real / padded,
        "comments/s, every shape new": first,
        "comments/s": ours,
        "comments/s, encoder alone": bare,
        "ms a single comment, median": 1000 * float(np.median(singles)),
        "peer XLM-R base fp32, comments/s": peer,
        "ratio to it (aim 25)": ours / peer,
        "same encoder naive fp32, comments/s": naive,
        "ratio to it (aim 5)": ours / naive,
        "best GEMM, GFLOP/s": gemm / 1e9,
        "share of it in useful tokens (aim .45)": bare * real / len(comments) * 2 * _LINEAR / gemm,
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


def _naive(torch: Any, model: Any, ids: list[list[int]]) -> float:
    """As Detoxify does: the comments of one call as they come, padded to the longest, in one forward pass."""
    longest = max(map(len, ids))
    given = torch.tensor([row + [1] * (longest - len(row)) for row in ids])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in ids])
    return _rate(lambda: model(input_ids=given, attention_mask=mask), len(ids))


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
