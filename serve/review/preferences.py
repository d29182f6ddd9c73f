"""What each person sets for their own desk: language, light, blur, breaks, keys, password."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from labels.errors import ConfigError
from serve import security
from serve.api.auth import Running
from serve.review import i18n, keys, pages
from serve.review.access import N_, Person, Reader, Refusal
from serve.service import Service, in_thread

router = APIRouter(include_in_schema=False)
THEMES = {"auto": N_("As the device"), "light": N_("Light"), "dark": N_("Dark")}
BLURS = {"severe": N_("Only the most severe texts"), "all": N_("Every text until I ask for it"), "none": N_("Nothing")}
BREAKS = (0, 25, 50, 90)
"""Minutes of work after which a break is suggested; 0: never."""
DEFAULT_BREAK = 50
Choice = Annotated[str, Form(max_length=20)]


@router.get("/preferences")
async def preferences_page(request: Request, running: Running, who: Reader, done: str = "") -> Response:
    return await _shown(request, running, who, done=done if done in _DONE else "")


@router.post("/preferences")
async def prefer(
    running: Running,
    who: Reader,
    *,
    language: Choice = "",
    theme: Choice = "auto",
    blur: Choice = "severe",
    minutes: Annotated[int, Form()] = DEFAULT_BREAK,
    pace: Choice = "",
) -> Response:
    """Keeps the choices; an empty language follows the browser."""
    if (language and language not in i18n.CODES) or theme not in THEMES or blur not in BLURS or minutes not in BREAKS:
        raise Refusal(422, "preference", N_("There is no such choice."))
    chosen = {"language": language or None, "theme": theme, "blur": blur, "break_minutes": minutes, "pace": bool(pace)}
    await _keep(running, who, chosen)
    return RedirectResponse("/preferences?done=saved", 303)


@router.post("/preferences/keys")
async def prefer_keys(request: Request, running: Running, who: Reader) -> Response:
    """Keeps the keys of the desk; an empty field is the default."""
    form = await request.form()
    given = {action.name: str(form.get(action.name) or action.key) for action in keys.ACTIONS}
    try:
        chosen = keys.checked(given)
    except ConfigError:
        return await _shown(request, running, who, wrong="keys", status=422, given=given)
    await _keep(running, who, {"keys": chosen})
    return RedirectResponse("/preferences?done=saved#keys", 303)


@router.post("/preferences/password")
async def change_password(
    request: Request,
    running: Running,
    who: Reader,
    *,
    current: Annotated[str, Form(max_length=1_000)] = "",
    password: Annotated[str, Form(max_length=1_000)] = "",
    again: Annotated[str, Form(max_length=1_000)] = "",
) -> Response:
    """A new password; whoever holds the old one elsewhere is logged out."""
    if running.logins.take(who.name, running.settings.limits.login_per_minute):
        return await _shown(request, running, who, wrong="often", status=429)
    wrong = "short" if len(password) < security.MIN_PASSWORD else "differ" if password != again else None
    if wrong is None and not await in_thread(_right, running, who.name, current):
        wrong = "current"
    if wrong:
        return await _shown(request, running, who, wrong=wrong, status=422)
    hashed = await in_thread(security.hash_password, password)
    session = security.digest(request.cookies[security.cookie_name(running.settings.public_url)])
    await in_thread(lambda: running.store.people.change_password(who.name, hashed, running.now, session=session))
    return RedirectResponse("/preferences?done=password", 303)


@router.post("/preferences/sessions")
async def end_other_sessions(request: Request, running: Running, who: Reader) -> Response:
    session = security.digest(request.cookies[security.cookie_name(running.settings.public_url)])
    await in_thread(lambda: running.store.people.end_sessions(who.name, who.name, running.now, but=session))
    return RedirectResponse("/preferences?done=sessions", 303)


_DONE = {
    "saved": N_("Saved."),
    "password": N_("The new password holds; everywhere else you are logged out."),
    "sessions": N_("Everywhere else you are logged out."),
}


async def _shown(request: Request, running: Running, who: Person, *, status: int = 200, **context: Any) -> Response:
    found = {"done": "", "wrong": None, "given": keys.keys_of(who.preferences)} | context
    return pages.render(
        request,
        who,
        "people/preferences.html.j2",
        status,
        languages={code: i18n.language(code).name for code in i18n.CODES},
        themes=THEMES,
        blurs=BLURS,
        breaks=BREAKS,
        default_break=DEFAULT_BREAK,
        actions=keys.ACTIONS,
        said=_DONE,
        **found,
    )


async def _keep(running: Service, who: Person, chosen: dict[str, Any]) -> None:
    changed = sorted(name for name, value in chosen.items() if who.preferences.get(name) != value)
    if changed:
        await in_thread(lambda: running.store.desk.saved.prefer(who.name, **chosen))
        await in_thread(lambda: running.store.desk.log(who.name, "preferences", running.now, changed=changed))


def _right(running: Service, name: str, password: str) -> bool:
    """Whether this is the person's password."""
    return security.is_password(running.store.accounts.user(name), password)
