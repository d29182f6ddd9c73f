"""Masked losses: what a row was not asked weighs nothing, for every head in the same way.

Sigmoid outputs: binary cross-entropy with soft targets. Softmax heads: cross-entropy over the classes that the row's set knows,
with label smoothing and class weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from labels import schema
from train.config import Fit
from train.rows import Rows

_NEVER = -1e4
"""Logit of a class that a row's set does not know."""


@dataclass(frozen=True, slots=True)
class Targets:
    """Labels of a batch: `values` and `mask` (batch, 17)."""

    values: Tensor
    mask: Tensor


def targets(rows: Rows) -> Targets:
    """The labels of all heads side by side, in the order of the logits."""
    labels = [rows.labels[head.name] for head in schema.HEADS]
    return Targets(
        torch.from_numpy(np.concatenate([label.targets for label in labels], axis=1)),
        torch.from_numpy(np.concatenate([label.mask for label in labels], axis=1)),
    )


@dataclass(frozen=True, slots=True)
class Loss:
    """Weights (17,) of outputs and classes, head weights folded in; made once from the training rows."""

    weights: Tensor
    smoothing: float

    def __call__(self, logits: Tensor, batch: Targets, rows: Tensor | float = 1.0) -> dict[str, Tensor]:
        """Head name -> its loss, summed over the rows that it judges and divided by the size of the batch; fp32.

        `rows` (batch,): what each row weighs.
        """
        logits = logits.float()
        return {head.name: (self._of(head, logits, batch) * rows).sum() / len(logits) for head in schema.HEADS}

    def _of(self, head: schema.Head, logits: Tensor, batch: Targets) -> Tensor:
        at = schema.SLICES[head.name]
        given, values, mask, weights = logits[:, at], batch.values[:, at], batch.mask[:, at], self.weights[at]
        if head.activation is schema.Activation.SIGMOID:
            each = functional.binary_cross_entropy_with_logits(given, values, reduction="none")
            return (each * mask * weights).sum(1)
        judged = mask.any(1, keepdim=True)
        known = mask | ~judged  # a row without labels must stay finite before it is multiplied by 0
        logs = functional.log_softmax(given.masked_fill(~known, _NEVER), dim=1)
        smooth = values * (1 - self.smoothing) + mask * self.smoothing / mask.sum(1, keepdim=True).clamp(min=1)
        row_weight = (values * weights).sum(1)
        return -(smooth * logs).masked_fill(~mask, 0).sum(1) * row_weight


def taught(logits: Tensor, teacher: Tensor, applies: Tensor) -> Tensor:
    """What it costs to answer otherwise than a teacher: cross-entropy against its probabilities, summed over the heads and divided by the
    size of the batch; fp32.

    `logits`, `teacher` (batch, 17); `applies` (batch, heads): whether the row has what the head is asked of. Every head that applies
    answers, also where nobody labelled the row for it.
    """
    logits, total = logits.float(), torch.zeros(len(logits))
    for place, head in enumerate(schema.HEADS):
        given, known = logits[:, schema.SLICES[head.name]], teacher[:, schema.SLICES[head.name]]
        if head.activation is schema.Activation.SIGMOID:
            each = functional.binary_cross_entropy_with_logits(given, torch.sigmoid(known), reduction="none").sum(1)
        else:
            each = functional.cross_entropy(given, torch.softmax(known, 1), reduction="none")
        total = total + each * applies[:, place]
    return total.sum() / len(logits)


def evidence(logits: Tensor, own: Tensor, marks: Tensor, toxicity: Tensor) -> Tensor:
    """What the tokens' evidence costs, summed over the rows and divided by the size of the batch; fp32.

    `logits`, `own` (the comment's own tokens), `marks` (batch, tokens): 1 = marked by people, 0 = not, -1 = nobody was asked.
    `toxicity` (batch,): 0..1, or -1 where it was not judged. Where people marked, every token answers for itself; elsewhere the
    strongest token answers for the comment (multiple-instance learning), which carries the marks of three languages to the others.
    """
    logits = logits.float()
    marked = own & (marks >= 0)
    each = functional.binary_cross_entropy_with_logits(logits, marks.clamp(min=0).float(), reduction="none") * marked
    of_tokens = each.sum(1) / marked.sum(1).clamp(min=1)
    strongest = logits.masked_fill(~own, _NEVER).max(1).values
    of_comment = functional.binary_cross_entropy_with_logits(strongest, toxicity.clamp(min=0), reduction="none")
    alone = (toxicity >= 0) & ~marked.any(1) & own.any(1)
    return (of_tokens + of_comment * alone).sum() / len(logits)


def of_rows(rows: Rows, fit: Fit) -> Loss:
    """The loss with weights from how often each class occurs in `rows`; the mean weight over a head's rows is its head weight."""
    weights = []
    for head in schema.HEADS:
        scale = fit.head_weights.get(head.name, 1.0)
        if head.activation is schema.Activation.SIGMOID:
            weights.append([scale] + [scale * fit.minor_output_weight] * (len(head.outputs) - 1))
            continue
        count = rows.labels[head.name].targets.sum(0)
        each = np.where(count > 0, np.maximum(count, 1.0) ** -fit.class_balance, 0.0)
        mean = (each * count).sum() / max(count.sum(), 1)
        weights.append(list(scale * each / mean) if mean else [scale] * len(head.outputs))
    return Loss(torch.tensor([value for head in weights for value in head], dtype=torch.float32), fit.label_smoothing)
