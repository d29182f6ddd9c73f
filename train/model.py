"""The encoder with its four heads: one pass a comment, 17 logits out.

Each head pools the comment's own tokens with weights of its own (a learned query; at the start all weigh the same, which is mean pooling);
the context reaches the comment's tokens through the encoder's attention. Segments are BERT's token types, one a part of the input.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from transformers import BertModel

from labels import schema
from train.encode import SEGMENTS


class Model(nn.Module):
    """`forward` gives logits (batch, 17), evidence (batch, tokens): the logit of each token's carrying the comment's toxicity, and pooled
    (batch, hidden): the comment as the toxicity head sees it, from which `train.language_heads` reads on."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        hidden = encoder.config.hidden_size
        self.encoder = encoder
        self.queries = nn.Parameter(torch.zeros(len(schema.HEADS), hidden))
        self.heads = nn.ModuleList(_linear(hidden, len(head.outputs)) for head in schema.HEADS)
        self.evidence = _linear(hidden, 1)

    def forward(self, ids: Tensor, segments: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """`ids`, `segments`, `mask` (batch, tokens) of integers; mask is 1 for tokens and 0 for padding, which has segment 0."""
        states = self.encoder(input_ids=ids, token_type_ids=segments, attention_mask=mask).last_hidden_state
        own = ((segments == 0) & (mask == 1)).unsqueeze(-1)
        relevance = states @ self.queries.T / states.shape[-1] ** 0.5
        weights = torch.softmax(relevance.masked_fill(~own, torch.finfo(relevance.dtype).min), dim=1)
        pooled = weights.transpose(1, 2) @ states
        logits = torch.cat([head(pooled[:, at]) for at, head in enumerate(self.heads)], dim=1)
        return logits, self.evidence(states).squeeze(-1), pooled[:, 0]


def _linear(hidden: int, outputs: int) -> nn.Linear:
    made = nn.Linear(hidden, outputs)
    nn.init.normal_(made.weight, std=0.02)
    nn.init.zeros_(made.bias)
    return made


def build(encoder: BertModel, kept: Tensor | None, layers: int) -> Model:
    """A model over the lowest `layers` of the encoder, its word rows cut to `kept` and a segment for each part of the input."""
    if not 1 <= layers <= len(encoder.encoder.layer):
        raise ValueError(f"layers must be 1..{len(encoder.encoder.layer)}, got {layers}")
    encoder.encoder.layer = encoder.encoder.layer[:layers]
    encoder.config.num_hidden_layers = layers
    embeddings = encoder.embeddings
    with torch.no_grad():
        if kept is not None:
            embeddings.word_embeddings = nn.Embedding.from_pretrained(  # type: ignore[no-untyped-call]
                embeddings.word_embeddings.weight[kept].clone(), freeze=True
            )
            encoder.config.vocab_size = len(kept)
        first = embeddings.token_type_embeddings.weight[:1]
        embeddings.token_type_embeddings = nn.Embedding.from_pretrained(  # type: ignore[no-untyped-call]
            first.repeat(len(SEGMENTS), 1).clone(), freeze=False
        )
        encoder.config.type_vocab_size = len(SEGMENTS)
    return Model(encoder)
