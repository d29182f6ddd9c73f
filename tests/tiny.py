"""A tiny real release for every test: own rows, a random encoder of two layers, and the real path of training, export and evaluation."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from labels import schema
from train import config_file, evaluate, export, fit, tokens
from train.config import Config
from train.rows import COLUMNS

_SUBJECTS = {
    "en": ["the mayor", "this bus", "my neighbour", "the new park", "our school", "that film", "the council", "the old bridge"],
    "bg": ["кметът", "автобусът", "съседът", "новият парк", "училището", "филмът", "общината", "старият мост"],
    "vi": ["thị trưởng", "xe buýt", "hàng xóm", "công viên", "trường học", "bộ phim", "hội đồng", "cây cầu"],
}
_KIND = {
    "en": ["is lovely", "works well", "was a pleasure"],
    "bg": ["е прекрасен", "работи добре", "беше удоволствие"],
    "vi": ["rất đẹp", "chạy tốt", "thật vui"],
}
_RUDE = {"en": ["is a stupid idiot", "is trash, shut up"], "bg": ["е тъп идиот", "е боклук, млъкни"], "vi": ["là đồ ngu", "là rác, im đi"]}


def made(folder: Path) -> Config:
    """Train, export and evaluate in `folder`; returns the configuration, whose `release` is the release's folder."""
    _write_rows(folder / "data")
    _write_backbone(folder / "backbone")
    text = f"""
name = "tiny"
run = "{folder / "run"}"
release = "{folder / "release"}"
[data]
folder = "{folder / "data"}"
functional = false
[mix]
rows = 300
[backbone]
source = "folder:{folder / "backbone"}"
vocabulary = 0
layers = 2
[encode]
max_tokens = 32
min_context_tokens = 8
[fit]
threads = 1
passes = 8
warmup = 8
layer_decay = 1.0
learning_rate = 0.004
tokens_per_batch = 512
dev_rows = 60
evaluate_every = 10
precision = "fp32"
[export]
gate_head = 0.1
gate_language = 1.0
"""
    path = folder / "tiny.toml"
    path.write_text(text, encoding="utf-8")
    chosen = config_file.load(path)
    fit.run(chosen)
    export.run(chosen)
    evaluate.run(chosen)
    return chosen


def _write_rows(folder: Path) -> None:
    (folder / "rows").mkdir(parents=True)
    (folder / "sources").mkdir()
    rows = list(_rows())
    columns = {name: [row.get(name) for row in rows] for name in COLUMNS}
    pq.write_table(pa.table(columns), folder / "rows" / "invented.parquet")
    about = 'name = "invented"\ntitle = "Invented"\norigin = "tests/tiny.py"\nlicence = "Apache-2.0"\nuse = "any"\n'
    about += f"languages = {list(_SUBJECTS)}\nheads = {[head.name for head in schema.HEADS]}\n"
    (folder / "sources" / "invented.toml").write_text(about.replace("'", '"'), encoding="utf-8")


def _rows():  # type: ignore[no-untyped-def]
    number = itertools.count()
    for lang, subjects in _SUBJECTS.items():
        for place, (subject, times) in enumerate(itertools.product(subjects, range(8))):
            for ending, rude in [(text, False) for text in _KIND[lang]] + [(text, True) for text in _RUDE[lang]]:
                split = "dev" if place % 4 == 0 else "train"
                yield {
                    "id": str(next(number)),
                    "split": split,
                    "lang": lang,
                    "text": f"{subject} {ending}{' !' * times} {'abcdefgh'[place % 8]}{times}{split[0]}",
                    "target": subject,
                    "parent": subject if times else None,
                    **{name: float(rude and name != "threat") for name in schema.TOXICITY.names},
                    "stance": ["favor", "against"][rude] if times < 6 else "neutral",
                    "reply_stance": None if not times else ["support", "deny"][rude],
                    "sentiment": ["positive", "negative"][rude] if times < 6 else "neutral",
                }


def _write_backbone(folder: Path) -> None:
    """A random BERT with a Unigram vocabulary of the words and letters of the rows."""
    texts = [row["text"] for row in _rows()]
    words = sorted({f"▁{word}" for text in texts for word in text.split()})
    letters = sorted({char for text in texts for char in text if not char.isspace()} | {"▁"} | set("abcdefghijklmnopqrstuvwxyz"))
    pieces = ["<s>", "<pad>", "</s>", "<unk>", *words, *(letter for letter in letters if letter not in words)]
    scores = [0.0, 0.0, 0.0, 0.0, *([-5.0] * len(words)), *([-9.0] * (len(pieces) - 4 - len(words)))]
    tokenizer = tokens.unigram(pieces, scores, tokens.Specials())
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=" <s>", pad_token=" <pad>", eos_token=" </s>", unk_token=" <unk>")
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=len(pieces),
        hidden_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=96,
        max_position_embeddings=80,
        type_vocab_size=1,
        pad_token_id=1,
    )
    encoder = BertModel(shape, add_pooling_layer=False)
    with torch.no_grad():  # as a trained backbone would, it knows that rude words are of a kind
        rude = {f"▁{word}" for texts in _RUDE.values() for text in texts for word in text.split() if len(word) > 2}
        kind = {f"▁{word}" for texts in _KIND.values() for text in texts for word in text.split() if len(word) > 2} - rude
        rows, direction = encoder.embeddings.word_embeddings.weight, torch.randn(shape.hidden_size) * 0.1
        for at, piece in enumerate(pieces):
            rows[at] += direction * ((piece in rude) - (piece in kind))
    encoder.save_pretrained(folder)


def inputs(count: int = 8) -> list[dict[str, object]]:
    """Score inputs as JSON objects: texts of the dev rows in all languages, half of them with context."""
    rows = [row for row in _rows() if row["split"] == "dev"]
    picked = np.random.default_rng(0).permutation(len(rows))[:count]
    return [
        {"id": rows[at]["id"], "text": rows[at]["text"], "context": {"target": rows[at]["target"], "parent": "is it so?"} if at % 2 else {}}
        for at in picked.tolist()
    ]
