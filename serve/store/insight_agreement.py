"""How far people agree with each other, and with the model."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import krippendorff
import numpy as np
import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from labels import schema
from labels.scores import Scores
from serve.store import judgements
from serve.store.judgements import Judgement
from serve.store.labels import of_sites
from serve.store.tables import comments, versions

LIKELY = 0.5
"""Probability from which the model says yes."""
_JUDGED = 5_000
"""Of the newest judgements the agreement is told."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """`alpha`: Krippendorff's, nominal; None where nothing could be compared or all said the same once."""

    lang: str | None
    """None: all languages."""
    units: int
    """Comments that two people or more judged."""
    alpha: float | None
    same: float | None
    """Share of the comments on which all said the same."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How often people and the model say the same of a head (`output` None) or of one output of toxicity."""

    head: str
    output: str | None
    lang: str | None
    judged: int
    same: int

    @property
    def share(self) -> float:
        return self.same / self.judged


class _Said(NamedTuple):
    lang: str | None
    scores: Scores


def between_people(connection: Connection, sites: Sequence[str] | None, since: int) -> list[Agreement]:
    """Of the comments that were read twice as a random sample: all languages first, then each. Judged is publish or reject."""
    twice = judgements.columns().subquery()
    query = sa.select(twice.c.comment).where(twice.c.why == "double", twice.c.at >= since).distinct()
    found = of_sites(query.join(comments, comments.c.number == twice.c.comment), sites)
    numbers = list(connection.execute(found.order_by(twice.c.comment.desc()).limit(_JUDGED)).scalars())
    judged = [one for part in _parts(numbers) for one in judgements.of(connection, part)]
    langs = _langs(connection, numbers)
    units: dict[tuple[int, int], list[str]] = defaultdict(list)
    for one in judged:
        if one.action is not None:
            units[one.comment, one.version].append(one.action)
    by_lang: dict[str | None, list[list[str]]] = defaultdict(list)
    for (number, _), actions in units.items():
        if len(actions) > 1:
            for lang in (None, langs.get(number) or "und"):
                by_lang[lang].append(actions)
    return [_agreement(lang, by_lang[lang]) for lang in sorted(by_lang, key=lambda lang: (lang is not None, -len(by_lang[lang]), lang))]


def with_model(connection: Connection, sites: Sequence[str] | None, since: int) -> list[Fit]:
    """People beside the model, per head, output of toxicity and language, of the newest judgements."""
    newest = judgements.columns().subquery()
    now = (comments.c.version.label("now"), comments.c.lang, comments.c.toxicity_toxicity.label("toxicity"))
    query = sa.select(newest, *now).join(comments, comments.c.number == newest.c.comment).where(newest.c.at >= since)
    rows = connection.execute(of_sites(query, sites).order_by(newest.c.at.desc()).limit(_JUDGED)).mappings().all()
    judged = judgements.merged(reversed(rows))
    said = _toxic(rows)
    # A decision is held against toxicity alone, which stands beside the comment; all scores are read for readings and older versions.
    more = {one.comment for one in judged if one.why != judgements.DECISION or (one.comment, one.version) not in said}
    said |= _said_by_model(connection, sorted(more))
    counts: Counter[tuple[str, str | None, str | None]] = Counter()
    same: Counter[tuple[str, str | None, str | None]] = Counter()
    for one in judged:
        if (told := said.get((one.comment, one.version))) is not None:
            for head, output, agrees in _compared(one, told.scores):
                for lang in (None, told.lang or "und"):
                    counts[head, output, lang] += 1
                    same[head, output, lang] += agrees
    order = {head.name: at for at, head in enumerate(schema.HEADS)}
    keys = sorted(counts, key=lambda key: (order[key[0]], key[1] is not None, key[1] or "", key[2] is not None, -counts[key]))
    return [Fit(*key, counts[key], same[key]) for key in keys]


def alpha(units: Sequence[Sequence[str]]) -> float | None:
    """Krippendorff's alpha of nominal judgements, a list of them a unit; None where only one value occurs or no unit has two."""
    domain = sorted({value for unit in units for value in unit})
    if len(domain) < 2 or all(len(unit) < 2 for unit in units):
        return None
    counts = np.array([[unit.count(value) for value in domain] for unit in units])
    return float(krippendorff.alpha(value_counts=counts, level_of_measurement="nominal"))


def _agreement(lang: str | None, units: Sequence[Sequence[str]]) -> Agreement:
    same = sum(len(set(unit)) == 1 for unit in units) / len(units) if units else None
    return Agreement(lang, len(units), alpha(units), same)


def _langs(connection: Connection, numbers: Sequence[int]) -> dict[int, str | None]:
    query = sa.select(comments.c.number, comments.c.lang)
    return {row.number: row.lang for part in _parts(numbers) for row in connection.execute(query.where(comments.c.number.in_(part)))}


def _toxic(rows: Iterable[RowMapping]) -> dict[tuple[int, int], _Said]:
    """(comment, version) -> what the model says of its toxicity, of the judged versions that are the newest and were scored."""
    return {
        (row["comment"], row["version"]): _Said(row["lang"], {schema.TOXICITY.name: {schema.TOXICITY.name: row["toxicity"]}})
        for row in rows
        if row["version"] == row["now"] and row["toxicity"] is not None
    }


def _said_by_model(connection: Connection, numbers: Sequence[int]) -> dict[tuple[int, int], _Said]:
    """(comment, version) -> all that the model says of it."""
    query = sa.select(*(versions.c[name] for name in ("comment", "version", "lang", "scores")))
    rows = (row for part in _parts(numbers) for row in connection.execute(query.where(versions.c.comment.in_(part))))
    return {(row.comment, row.version): _Said(row.lang, row.scores) for row in rows}


def _compared(one: Judgement, said: Scores) -> Iterable[tuple[str, str | None, bool]]:
    """(head, output, whether both say the same) of what one person was asked and the model scored.

    A decision answers one question: should this be read by others? Its corrections stand where the model was wrong, so that a share of
    them would say nothing; only a reading asks for every head, whatever the model said.
    """
    toxicity = said.get(schema.TOXICITY.name, {})
    rejects = _rejects(one)
    if rejects is not None and schema.TOXICITY.name in toxicity:
        yield schema.TOXICITY.name, None, (toxicity[schema.TOXICITY.name] >= LIKELY) == rejects
    if one.why == judgements.DECISION:
        return
    for full, value in one.says(()).items():
        head, _, output = full.partition(".")
        scores = said.get(head, {})
        if output in scores and schema.BY_NAME[head].activation is schema.Activation.SIGMOID:
            yield head, output, (scores[output] >= LIKELY) == bool(value)
        elif output in scores and value:
            yield head, None, max(scores, key=scores.__getitem__) == output


def _rejects(one: Judgement) -> bool | None:
    """Whether the person took the comment for toxic; None where they rejected it for something else, such as advertising."""
    if one.action != "reject":
        return False if one.action == "publish" else None
    return True if not one.labels or one.says_toxic else None


def _parts(numbers: Sequence[int], size: int = 500) -> list[Sequence[int]]:
    return [numbers[begin : begin + size] for begin in range(0, len(numbers), size)]
