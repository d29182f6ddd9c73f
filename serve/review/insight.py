"""The insight page: what happens at the desk over time, as charts with the tables behind them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from serve.api.auth import Running
from serve.report.words import TABLE
from serve.review import insight_charts as charts
from serve.review import pages
from serve.review.access import N_, Person, Reader
from serve.review.i18n import Language
from serve.review.insight_charts import Series
from serve.review.view import blurs, severe, veils
from serve.service import Service, in_thread
from serve.store.insight import AGES_H, CROWD, DAY_MS, Day, Drift, Pace
from serve.store.insight_agreement import Fit
from serve.store.insight_heat import Heated
from serve.store.tables import WATCHED

router = APIRouter(include_in_schema=False)
PERIODS = (7, 30, 90)
"""Days that can be looked at."""
_MOVED = 0.25
"""A population stability index above it is told as a shift, as is usual."""
FEW = 30
"""Fewer judgements than this make no figure that one should act on."""
_DRIFT_NAMES = {
    "toxicity.toxicity": N_("toxic"),
    "stance.against": N_("against the topic"),
    "reply_stance.deny": N_("disagreeing with the answered comment"),
    "sentiment.negative": N_("negative in tone"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with the table behind it. `head`: names of the columns; `rows`: cells, the first one of a row names it."""

    anchor: str
    title: str
    svg: Markup
    legend: Sequence[tuple[str, str]]
    """(class, name)."""
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@router.get("/insight")
async def insight_page(request: Request, running: Running, who: Reader, *, days: str = "30", site: str = "", tables: str = "") -> Response:
    """Figures of the last so many days; of all sites that the person sees, or of one."""
    period = int(days) if days in map(str, PERIODS) else 30
    sites = [site] if site and who.sees(site) else list(who.sites) if who.sites is not None else None
    found = await _figures(running, who, sites, period)
    known = await in_thread(running.store.desk.queue.sites, who.sites)
    return pages.render(
        request,
        who,
        "insight/insight.html.j2",
        period=period,
        periods=PERIODS,
        sites=known,
        site=site,
        tables=bool(tables),
        few=FEW,
        **found,
    )


async def _figures(running: Service, who: Person, sites: Sequence[str] | None, period: int) -> dict[str, Any]:
    """All of the page's figures; the database answers the questions side by side."""
    insight, now, _ = running.store.insight, running.now, who.language
    since = (now // DAY_MS - period + 1) * DAY_MS
    asked: dict[str, Callable[[], Any]] = {
        "days": lambda: insight.days(sites, since, now),
        "backlog": lambda: insight.backlog(sites, now),
        "pace": lambda: insight.pace(sites, since),
        "own": lambda: insight.pace(sites, since, who.name) if who.preferences.get("pace") else None,
        "agreement": lambda: insight.agreement(sites, since),
        "fit": lambda: insight.fit(sites, since),
        "drift": lambda: insight.drift(sites, since, now),
        "models": lambda: insight.models(since),
        "heated": lambda: insight.heated(sites, since),
    }
    answers = dict(zip(asked, await asyncio.gather(*(in_thread(question) for question in asked.values())), strict=True))
    articles, threads = answers["heated"]
    return {
        "totals": _totals(answers["days"]),
        "oldest": answers["backlog"][1],
        "volume": _volume(answers["days"], _),
        "waiting": _waiting(answers["days"], _),
        "ages": _ages(answers["backlog"][0], _),
        "pace": answers["pace"],
        "crowd": CROWD,
        "hours": _hours(answers["pace"], answers["own"], _),
        "own": answers["own"],
        "agreement": [(_language_name(one.lang, _), one) for one in answers["agreement"]],
        "fit": _fit(answers["fit"], _),
        "means": _means(answers["days"], _),
        "drift": answers["drift"],
        "spread": _spread(answers["drift"], _),
        "moved": (answers["drift"].psi or 0) > _MOVED,
        "models": answers["models"],
        "articles": [(one, _strip(one, f"article-{at}", _), False) for at, one in enumerate(articles)],
        "threads": [(one, _strip(one, f"thread-{at}", _), veils(severe(one.toxicity), blurs(who))) for at, one in enumerate(threads)],
    }


def _totals(days: Sequence[Day]) -> dict[str, int]:
    return {
        "volume": sum(day.volume for day in days),
        "people": sum(day.people for day in days),
        "decided": sum(day.decided for day in days),
        "waiting": days[-1].waiting,
    }


def _volume(days: Sequence[Day], _: Language) -> Figure:
    series = (
        Series(_("for people to decide"), "f-people", [day.people for day in days]),
        Series(_("rejected by the policy"), "f-reject", [day.rejected for day in days]),
        Series(_("published by the policy"), "f-publish", [day.published for day in days]),
    )
    title = _("Comments a day")
    return _over_time("volume", title, charts.stacked("volume", title, series, _names(days, _), _), series, days, _)


def _waiting(days: Sequence[Day], _: Language) -> Figure:
    series = (
        Series(_("waiting at the end of the day"), "f-waiting", [day.waiting for day in days]),
        Series(_("decided on the day"), "f-decided", [day.decided for day in days]),
    )
    title = _("Waiting and decided")
    return _over_time("waiting", title, charts.columns("waiting", title, series, _names(days, _), _), series, days, _)


def _over_time(anchor: str, title: str, svg: Markup, series: Sequence[Series], days: Sequence[Day], _: Language) -> Figure:
    rows = [[_.date(day.at), *(_.number(one.values[at] or 0) for one in series)] for at, day in enumerate(days)]
    svg, legend = (svg, [(one.kind, one.name) for one in series]) if any(any(one.values) for one in series) else (_nothing(_), [])
    return Figure(anchor, title, svg, legend, [_("Day"), *(one.name for one in series)], rows)


def _nothing(_: Language) -> Markup:
    """In the place of a chart: an empty grid has to be read before one sees that there is nothing."""
    return Markup('<p class="none">{}</p>').format(_("Nothing in this period."))


def _ages(counts: Sequence[int], _: Language) -> Figure:
    ends = [_.duration(hours * 3_600_000) for hours in AGES_H]
    names = [_("up to %(time)s", time=end) for end in ends] + [_("longer")]
    series = (Series(_("open comments"), "f-waiting", list(counts)),)
    title = _("How long they have waited")
    rows = [[name, _.number(count)] for name, count in zip(names, counts, strict=True)]
    svg = charts.columns("ages", title, series, names, _) if any(counts) else _nothing(_)
    return Figure("ages", title, svg, (), [_("Waiting"), _("open comments")], rows)


def _hours(team: Pace, own: Pace | None, _: Language) -> Figure | None:
    """The pace over the hours of the day; None where it may not be told, or there is none."""
    told = [(_("the team, a person"), "f-team", team.hours), (_("you"), "f-own", own.hours if own else {})]
    series = [Series(name, kind, [hours.get(at) for at in range(24)]) for name, kind, hours in told if hours]
    if not series:
        return None
    title, names = _("Decisions an hour, by hour of the day (UTC)"), [f"{at:02}" for at in range(24)]
    rows = [[name, *(_.number(one.values[at] or 0, 1) for one in series)] for at, name in enumerate(names)]
    svg = charts.columns("hours", title, series, names, _)
    return Figure("hours", title, svg, [(one.kind, one.name) for one in series], [_("Hour"), *(one.name for one in series)], rows)


def _fit(found: Sequence[Fit], _: Language) -> list[tuple[str, str, Fit]]:
    """(what, language, figures): heads first, then outputs of toxicity over all languages."""
    heads, names = TABLE["heads"], TABLE["names"]  # not within _(): the extractor would take the keys for messages
    outputs = [one for one in found if one.output is not None and one.lang is None]
    return [(_(heads[one.head]), _language_name(one.lang, _), one) for one in found if one.output is None] + [
        (_(names[one.head][one.output]), _language_name(None, _), one) for one in outputs
    ]


def _means(days: Sequence[Day], _: Language) -> Figure | None:
    series = [Series(_(_DRIFT_NAMES[name]), f"s-{at}", [day.means.get(name) for day in days]) for at, name in enumerate(WATCHED)]
    series = [one for one in series if any(value is not None for value in one.values)]
    if not series:
        return None
    title = _("Mean score a day")
    rows = [[_.date(day.at), *(_.percent(one.values[at], 1) for one in series)] for at, day in enumerate(days)]
    svg = charts.lines("means", title, series, _names(days, _), _)
    return Figure("means", title, svg, [(one.kind, one.name) for one in series], [_("Day"), *(one.name for one in series)], rows)


def _spread(drift: Drift, _: Language) -> Figure | None:
    sides = [(_("before"), "f-publish", drift.before), (_("last seven days"), "f-waiting", drift.after)]
    series = [Series(name, kind, [100 * count / sum(counts) for count in counts]) for name, kind, counts in sides if sum(counts)]
    if not series:
        return None
    title, names = _("Spread of the toxicity score, per cent of the comments"), [f"{at / 10:.1f}" for at in range(10)]
    rows = [[f"{at / 10:.1f}–{at / 10 + 0.1:.1f}", *(_.number(one.values[at] or 0, 1) for one in series)] for at in range(10)]
    svg = charts.columns("spread", title, series, names, _)
    return Figure("spread", title, svg, [(one.kind, one.name) for one in series], [_("Score"), *(one.name for one in series)], rows)


def _strip(one: Heated, anchor: str, _: Language) -> Markup:
    against, neutral, favor = (sum(step[at] for step in one.stance) for at in range(3))
    said = {"against": _.number(against), "favor": _.number(favor), "neutral": _.number(neutral)}
    return charts.strip(
        anchor, _("Stance over time: %(against)s against, %(favor)s in favour, %(neutral)s take no side", **said), one.stance
    )


def _names(days: Sequence[Day], _: Language) -> list[str]:
    return [_.day(day.at) for day in days]


def _language_name(lang: str | None, _: Language) -> str:
    return _("all languages") if lang is None else _.called(lang)
