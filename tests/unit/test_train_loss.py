"""Masked losses: what was not asked weighs nothing; what was is the textbook's value."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from labels import schema
from tests import rows as hand
from train import loss
from train.config import Fit

PLAIN = Fit(label_smoothing=0.0, class_balance=0.0, minor_output_weight=1.0)


def of(*given: dict[str, object], logits: torch.Tensor | None = None, fit: Fit = PLAIN) -> dict[str, float]:
    rows = hand.made(*given)
    logits = torch.zeros(len(rows), 17) if logits is None else logits
    return {head: value.item() for head, value in loss.of_rows(rows, fit)(logits, loss.targets(rows)).items()}


def test_labels_stand_in_the_order_of_the_logits() -> None:
    found = loss.targets(hand.made({"insult": 1.0, "sentiment": "positive"}))
    assert found.values.shape == found.mask.shape == (1, 17)
    assert found.values[0].nonzero().flatten().tolist() == [2, schema.SLICES["sentiment"].start + 2]
    assert found.mask[0].nonzero().flatten().tolist() == [2, 14, 15, 16]


def test_the_losses_of_a_model_that_knows_nothing() -> None:
    """ln 2 for each judged output, ln k for a head of k classes."""
    found = of({"toxicity": 1.0, "threat": 0.0, "stance": "favor", "reply_stance": "deny", "sentiment": "neutral"})
    assert found == pytest.approx(
        {"toxicity": 2 * math.log(2), "stance": math.log(3), "reply_stance": math.log(4), "sentiment": math.log(3)}
    )


def test_what_was_not_asked_weighs_nothing_and_moves_nothing() -> None:
    rows = hand.made({"toxicity": 1.0}, {"stance": "favor"})
    logits = torch.randn(2, 17, generator=torch.Generator().manual_seed(0), requires_grad=True)
    torch.stack(list(loss.of_rows(rows, PLAIN)(logits, loss.targets(rows)).values())).sum().backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad[0].nonzero().flatten().tolist() == [0]
    assert logits.grad[1].nonzero().flatten().tolist() == [7, 8, 9]


def test_a_class_that_the_set_does_not_know_takes_no_probability() -> None:
    rows = hand.made({"sentiment": "positive"})
    rows.labels["sentiment"].mask[0, 1] = False
    logits = torch.zeros(1, 17)
    logits[0, 15] = 50  # the unknown class
    assert loss.of_rows(rows, PLAIN)(logits, loss.targets(rows))["sentiment"].item() == pytest.approx(math.log(2))


def test_a_soft_label_is_met_by_its_own_probability() -> None:
    rows = hand.made({"toxicity": 0.3})
    logits = torch.full((1, 17), math.log(0.3 / 0.7), requires_grad=True)
    loss.of_rows(rows, PLAIN)(logits, loss.targets(rows))["toxicity"].backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None
    assert logits.grad[0, 0].item() == pytest.approx(0, abs=1e-6)


def test_smoothing_goes_to_the_known_classes_only() -> None:
    rows = hand.made({"sentiment": "positive"})
    rows.labels["sentiment"].mask[0, 1] = False
    logits = torch.zeros(1, 17)
    logits[0, 16] = math.log(3)  # .75 for positive, .25 for negative
    found = loss.of_rows(rows, Fit(label_smoothing=0.2, class_balance=0.0))(logits, loss.targets(rows))["sentiment"].item()
    assert found == pytest.approx(-(0.9 * math.log(0.75) + 0.1 * math.log(0.25)))


def test_a_rare_class_weighs_more_and_the_mean_stays() -> None:
    rows = hand.made(*({"sentiment": "positive"} for _ in range(9)), {"sentiment": "negative"})
    weights = loss.of_rows(rows, Fit(class_balance=1.0)).weights[schema.SLICES["sentiment"]].numpy()
    assert weights[0] / weights[2] == pytest.approx(9)
    assert (weights * rows.labels["sentiment"].targets.sum(0)).sum() / 10 == pytest.approx(1)


def test_weights_of_heads_and_of_minor_outputs() -> None:
    fit = Fit(head_weights={"toxicity": 2.0, "stance": 3.0}, minor_output_weight=0.5)
    weights = loss.of_rows(hand.made({"toxicity": 1.0}), fit).weights
    assert weights[:3].tolist() == [2.0, 1.0, 1.0]
    assert weights[schema.SLICES["stance"]].tolist() == [3.0] * 3


def test_marked_tokens_answer_for_themselves() -> None:
    """Two own tokens, one marked: the mean of both; the token of the context is not asked."""
    logits = torch.tensor([[0.0, math.log(3), -math.log(3), 9.0]])
    own = torch.tensor([[False, True, True, False]])
    marks = torch.tensor([[-1, 1, 0, 1]], dtype=torch.int8)
    assert loss.evidence(logits, own, marks, torch.tensor([1.0])).item() == pytest.approx(-math.log(0.75))


@pytest.mark.parametrize(("toxicity", "expected"), [(1.0, -math.log(0.75)), (0.0, -math.log(0.25)), (-1.0, 0.0)])
def test_without_marks_the_strongest_token_answers_for_the_comment(toxicity: float, expected: float) -> None:
    logits = torch.tensor([[9.0, math.log(3), -2.0]])
    own = torch.tensor([[False, True, True]])
    marks = torch.full((1, 3), -1, dtype=torch.int8)
    assert loss.evidence(logits, own, marks, torch.tensor([toxicity])).item() == pytest.approx(expected, abs=1e-6)


def test_a_batch_without_any_label_has_a_loss_of_zero_and_not_nan() -> None:
    found = of({}, {}, logits=torch.from_numpy(np.full((2, 17), 30, np.float32)))
    assert found == dict.fromkeys(("toxicity", "stance", "reply_stance", "sentiment"), 0.0)


def test_a_pupil_is_asked_of_every_head_that_applies_and_of_no_other() -> None:
    """Cross-entropy against the teacher's probabilities: at its own logits it is their entropy, and nothing moves."""
    teacher = torch.randn(2, 17, generator=torch.Generator().manual_seed(0))
    applies = torch.tensor([[True, True, True, True], [True, False, False, True]])
    own = teacher.clone().requires_grad_()
    entropy = loss.taught(own, teacher, applies)
    entropy.backward()  # type: ignore[no-untyped-call]
    assert own.grad is not None
    assert own.grad.abs().max() < 1e-6
    other = torch.zeros(2, 17, requires_grad=True)
    cost = loss.taught(other, teacher, applies)
    cost.backward()  # type: ignore[no-untyped-call]
    assert cost > entropy
    assert other.grad is not None
    assert other.grad[0].all()
    asked = other.grad[1].nonzero().flatten().tolist()
    assert asked == [*range(7), *range(14, 17)]
