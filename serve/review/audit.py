"""The audit log's page: who did what and when, and who was refused. For admins; those of some sites see these alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from serve.api.auth import Running
from serve.report.words import TABLE
from serve.review import labels, pages
from serve.review.access import N_, Admin, Person
from serve.review.i18n import Language
from serve.review.people import ROLES, may_handle
from serve.security import Role
from serve.service import Service, in_thread
from serve.store.desk_audit import Line, Sought
from serve.store.desk_decisions import IN_BULK

router = APIRouter(include_in_schema=False)
PAGE = 50
_DAY_MS = 86_400_000
_GONE = N_("what was asked for is not there, or is not theirs")
WHATS: Mapping[str, str] = {
    "refused": N_("refused"),
    "decision": N_("decision"),
    "undo": N_("undone"),
    "note": N_("note"),
    "bulk": N_("bulk action"),
    "read": N_("reading"),
    "policy_draft": N_("policy draft kept"),
    "policy_applied": N_("policy put in force"),
    "labels exported": N_("labels exported"),
    "invited": N_("invited"),
    "invitation withdrawn": N_("invitation withdrawn"),
    "joined": N_("joined"),
    "role": N_("role changed"),
    "deactivated": N_("shut out"),
    "reactivated": N_("let in again"),
    "sessions ended": N_("logged out everywhere"),
    "password changed": N_("password changed"),
    "preferences": N_("preferences changed"),
    "erased": N_("comments erased"),
    "expired": N_("old texts deleted"),
}
"""What a line tells of, as the store writes it -> as it is shown."""
WHYS: Mapping[str, str] = {
    "role": N_("the role does not allow it"),
    "scope": N_("the key does not allow it"),
    "site": N_("it belongs to another site"),
    "sites": N_("it belongs to another site"),
    "cross_site": N_("it came from another site’s page"),
    "malformed": N_("no page of ours asks like this"),
    "bad_login": N_("wrong name or password"),
    "too_many_logins": N_("too many tries to log in"),
    "no_key": N_("neither key nor session"),
    "bad_key": N_("an unknown key"),
    "invalid_api_key": N_("an unknown key"),
    "session_ended": N_("the session has ended"),
    "bad_signature": N_("a wrong signature"),
    **dict.fromkeys(("no_comment", "no_view", "no_draft", "no_decision", "no_batch", "no_person", "no_invitation"), _GONE),
    **labels.KINDS,
}
"""Why somebody was refused, or a comment was read."""
KINDS: Mapping[str, str] = {
    "publish": N_("approved"),
    "reject": N_("rejected"),
    "highlight": N_("highlighted"),
    "escalate": N_("escalated"),
    "note": N_("note"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line as it is shown: what is said in the page's language, and what is left for machines."""

    line: Line
    by: str
    what: str
    said: tuple[str, ...]
    rest: tuple[str, ...]


@router.get("/audit")
async def audit_page(request: Request, running: Running, who: Admin) -> Response:
    """The newest lines that fit, a page of them."""
    given = {name: value.replace("\x00", "").strip()[:200] for name, value in request.query_params.items()}
    return pages.render(request, who, "audit.html.j2", **await in_thread(_page, running, who, given))


def _page(running: Service, who: Person, given: dict[str, str]) -> dict[str, Any]:
    people = [one.name for one in running.store.people.all(running.now) if may_handle(who, one.sites)]
    before = int(given["before"]) if re.fullmatch("[0-9]{1,18}", given.get("before", "")) else None
    found = running.store.desk.audit.lines(_sought(given), who.sites, people, before=before, limit=PAGE + 1)
    shown = [_entry(line, who.language) for line in found[:PAGE]]
    asked = {name: given[name] for name in ("what", "by", "site", "comment", "first", "last") if given.get(name)}
    return {
        "days": [(at * _DAY_MS, list(lines)) for at, lines in groupby(shown, key=lambda one: one.line.at // _DAY_MS)],
        "older": "/audit?" + urlencode(asked | {"before": found[PAGE - 1].number}) if len(found) > PAGE else None,
        "newest": "/audit?" + urlencode(asked) if before is not None else None,
        "only": lambda **more: "/audit?" + urlencode(asked | more),
        "given": asked,
        "whats": WHATS,
        "people": people,
        "sites": running.store.desk.queue.sites(who.sites),
        "iso": lambda at: datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds"),
    }


def _sought(given: Mapping[str, str]) -> Sought:
    """What cannot be read is passed over."""
    texts = {name: given[name] for name in ("what", "by", "site", "comment") if given.get(name)}
    first, last = _day(given.get("first", "")), _day(given.get("last", ""))
    return Sought(**texts, since=first, until=None if last is None else last + _DAY_MS)


def _day(text: str) -> int | None:
    """When a day begins, in milliseconds since 1970 UTC."""
    try:
        return int(datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:
        return None


def _entry(line: Line, _: Language) -> Entry:
    left = {name: value for name, value in line.detail.items() if (name, value) != ("kind", line.what)}
    said = [says(left.pop(name), _) for name, says in _SAYS.items() if name in left]
    if "low" in left and "high" in left:
        said.append(f"{_.percent(left.pop('low'))} – {_.percent(left.pop('high'))}")
    if "after" in left:
        said.append(f"{_role(left.pop('before'), _)} → {_role(left.pop('after'), _)}")
    # The log has routes, not addresses; whoever reads it need not know how we write what was left out.
    rest = [re.sub(r"\{\w+\}", "…", f"{left.pop('method', '')} {left.pop('path')}".strip())] if "path" in left else []
    rest += [f"{name} {_plain(value)}" for name, value in left.items() if value is not None]
    what = line.what.removesuffix(IN_BULK)
    by = _("nobody") if (line.by, what) == ("nobody", "refused") else line.by
    return Entry(line, by, _(WHATS.get(what, what)), tuple(filter(None, said)), tuple(rest))


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _role(role: str, _: Language) -> str:
    return _(ROLES[Role(role)]) if role in list(Role) else role


def _count(count: int, _: Language) -> str:
    return _.plural("%(num)s comment", "%(num)s comments", count)


def _output(output: str | None, _: Language) -> str:
    head, _dot, name = (output or "").partition(".")
    english = TABLE["names"].get(head, {}).get(name, name)
    return _(english)


_SAYS: Mapping[str, Callable[[Any, Language], str]] = {
    "why": lambda why, _: _(WHYS.get(why, why)),
    "name": lambda name, _: str(name),
    "role": _role,
    "sites": lambda sites, _: ", ".join(sites) or _("all sites"),
    "kind": lambda kind, _: _(KINDS.get(kind, kind)),
    "action": lambda action, _: "",  # follows from the kind
    "decision": lambda number, _: f"#{number}",
    "draft": lambda number, _: f"#{number}",
    "version": lambda version, _: f"v{version}" if version > 1 else "",
    "count": _count,
    "comments": _count,
    "output": _output,
}
"""Members of a line's detail that people read, in this order."""
