"""The schema is the one place where labels are named: it is complete, consistent and agrees with the columns of rows."""

from __future__ import annotations

import subprocess
import sys

from labels import schema
from train import release, rows


def test_heads_are_those_of_the_design_in_its_order() -> None:
    assert {head.name: head.names for head in schema.HEADS} == {
        "toxicity": ("toxicity", "severe_toxicity", "insult", "profanity", "threat", "identity_attack", "sexually_explicit"),
        "stance": ("against", "favor", "neutral"),
        "reply_stance": ("support", "deny", "query", "comment"),
        "sentiment": ("negative", "neutral", "positive"),
    }


def test_only_toxicity_has_independent_outputs() -> None:
    assert [head.name for head in schema.HEADS if head.activation is schema.Activation.SIGMOID] == ["toxicity"]


def test_every_output_has_a_meaning_in_words() -> None:
    meanings = [output.meaning for head in schema.HEADS for output in head.outputs]
    assert all(len(meaning.split()) >= 3 for meaning in meanings)
    assert len(set(meanings)) == len(meanings)


def test_slices_cover_the_logits_side_by_side() -> None:
    columns = [column for head in schema.HEADS for column in range(17)[schema.SLICES[head.name]]]
    assert columns == list(range(17))


def test_heads_are_found_by_name() -> None:
    assert [schema.BY_NAME[head.name] for head in schema.HEADS] == list(schema.HEADS)


def test_a_head_needs_members_that_a_context_has() -> None:
    assert {name for head in schema.HEADS for name in head.needs} <= set(rows.CONTEXT)


def test_rows_have_a_column_for_every_label() -> None:
    softmax = [head.name for head in schema.HEADS if head.activation is schema.Activation.SOFTMAX]
    assert {*schema.TOXICITY.names, *softmax} <= set(rows.COLUMNS)


def test_confidence_is_stated_of_each_toxicity_output_and_each_other_head() -> None:
    assert (*(f"toxicity.{name}" for name in schema.TOXICITY.names), "stance", "reply_stance", "sentiment") == release.NAMES


def test_labels_need_the_standard_library_only() -> None:
    """`labels` is imported without site-packages; another package of ours or of others would not be found."""
    code = (
        "import sys; sys.path.insert(0, '.'); import labels.errors, labels.ids, labels.jsonl, labels.schema, labels.scores, labels.thread;"
        "print(*sorted({name.split('.')[0] for name in sys.modules} - set(sys.stdlib_module_names) - {'__main__', 'labels'}))"
    )
    found = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
