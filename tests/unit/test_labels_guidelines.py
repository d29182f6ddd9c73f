"""The guidelines speak of every head and output of the schema, of none besides, and in the schema's own words."""

import re
from pathlib import Path

import pytest

from labels import functional, schema

TEXT = (Path(schema.__file__).parent / "guidelines.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^(#{2,3} .+)\n((?:(?!#{2,3} ).*\n?)*)", TEXT, re.MULTILINE))
OUTPUTS = [(head, output) for head in schema.HEADS for output in head.outputs]


def test_heads_and_outputs_have_a_section_each_in_the_order_of_the_schema() -> None:
    wanted = []
    for head in schema.HEADS:
        wanted += [f"## Head `{head.name}`", *(f"### `{head.name}.{output.name}`" for output in head.outputs)]
    assert [title for title in SECTIONS if "`" in title] == wanted


@pytest.mark.parametrize(("head", "output"), OUTPUTS, ids=[f"{head.name}.{output.name}" for head, output in OUTPUTS])
def test_an_output_is_defined_decided_and_shown(head: schema.Head, output: schema.Output) -> None:
    section = SECTIONS[f"### `{head.name}.{output.name}`"]
    definition = re.search(r"\*\*Definition\.\*\*(.*?)\*\*Decide\.\*\*", section, re.DOTALL)
    assert definition, "no definition, or no rule after it"
    assert set(re.findall(r"\w+", output.meaning.casefold())) <= set(re.findall(r"\w+", definition[1].casefold()))
    answers = [line.split("|")[2].strip() for line in section.splitlines() if line.startswith("|")][2:]
    assert any(answer.startswith("yes") for answer in answers)
    assert any(answer.startswith("borderline") for answer in answers)
    assert len(answers) >= 2


def test_a_class_that_an_example_names_is_one_of_its_head() -> None:
    for head, output in OUTPUTS:
        if head.activation is schema.Activation.SOFTMAX:
            section = SECTIONS[f"### `{head.name}.{output.name}`"]
            named = re.findall(r"\| (?:no|borderline): `(\w+)` \|", section)
            assert set(named) <= set(head.names), output.name


@pytest.mark.parametrize("rule", ["Quotes", "Counter-speech", "Irony", "Reclaimed", "Friendly swearing", "Things", "Hidden words"])
def test_the_rules_of_context_show_examples(rule: str) -> None:
    [title] = [title for title in SECTIONS if title.startswith(f"### {rule}")]
    assert len(SECTIONS[title].split()) > 30


def test_the_links_of_the_contents_lead_to_sections() -> None:
    anchors = {re.sub(r"[^\w -]", "", title.lstrip("# ")).lower().replace(" ", "-") for title in SECTIONS}
    links = re.findall(r"\]\(#([^)]+)\)", TEXT)
    assert links
    assert set(links) <= anchors


def test_an_example_that_is_a_functional_case_is_answered_as_the_case_is_labelled() -> None:
    """People and the model's cases decide alike."""
    cases = {bare(case.text): case for case in functional.cases()}
    compared = 0
    for output in schema.TOXICITY.names:
        for row in SECTIONS[f"### `toxicity.{output}`"].splitlines():
            match = re.match(r"\| (?:\(\w\w\) )?(.+?) (?:\(\*.*\*\) )?\| (yes|no) \|", row)
            case = cases.get(bare(match[1])) if match else None
            if match and case and output in case.labels:
                assert case.labels[output] == (match[2] == "yes"), row
                compared += 1
    assert compared >= 8


def bare(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))
