"""The verbs around the service: `serve`, `keys`, `users`, `db`, `webhooks`. Parsing and printing only; the front door adds them.

What a verb makes is the last line of standard output; talk goes to standard error.
"""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labels.errors import ConfigError

if TYPE_CHECKING:
    from serve.demo import Access
    from serve.store import Store

Database = Annotated[
    str | None,
    typer.Option(
        metavar="URL", help="sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME; default: THREADWISE_DATABASE or the settings."
    ),
]
Config = Annotated[Path | None, typer.Option(metavar="FILE", help="Settings of the service, as configs/serve.toml.")]
Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
Number = Annotated[int, typer.Argument(metavar="NUMBER", help="As webhooks list shows it.", show_default=False)]
SiteOption = Annotated[str | None, typer.Option(metavar="SITE", help="Only this site; default: all.")]

keys = typer.Typer(help="Keys of programs: shown once, stored hashed.", no_args_is_help=True)
users = typer.Typer(help="Accounts of people: viewer, moderator, admin.", no_args_is_help=True)
db = typer.Typer(help="The database: migrations, retention, erasure.", no_args_is_help=True)
webhooks = typer.Typer(help="Addresses that are told of decisions.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the verbs to the front door."""
    app.command()(serve)
    for name, group in (("keys", keys), ("users", users), ("db", db), ("webhooks", webhooks)):
        app.add_typer(group, name=name)


def serve(
    *,
    host: Annotated[str | None, typer.Option(metavar="H", help="Address to listen on; default 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(metavar="P", help="Default 8000.")] = None,
    database: Database = None,
    model: Annotated[str | None, typer.Option(metavar="NAME|FOLDER", help="A release: main, open, or the folder that holds one.")] = None,
    policy: Annotated[str | None, typer.Option(metavar="FILE", help="What happens to comments, as configs/policy.toml.")] = None,
    config: Config = None,
    values: Annotated[list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Override a setting. Repeatable.")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Sample articles, a login and a key; a database of its own that ends with it.")
    ] = False,
) -> None:
    """Score, ingest and review over HTTP: our own interface, Perspective's, OpenAI's and Coral's. Ready when /readyz answers 200.

    Settings: flags over environment (THREADWISE_DATABASE, THREADWISE_LIMITS__REQUEST_S) over --config over the packaged defaults.
    """
    from serve import server, settings

    pairs = [value.partition("=") for value in values or ()]
    if wrong := next((name for name, sign, _ in pairs if not sign), None):
        raise ConfigError(f"--set {wrong}: expected NAME=VALUE")
    flags: dict[str, object] = {name: value for name, _, value in pairs}
    flags |= {"host": host, "port": port, "database": database, "model": model, "policy": policy}
    with contextlib.ExitStack() as stack:
        if demo and database is None:
            flags["database"] = stack.enter_context(server.temporary_database())
        server.run(settings.load(config, flags), show=_show if demo else None)


def _show(access: Access) -> None:
    typer.echo(f"login: {access.login} {access.password}\nkey: {access.key}")
    sys.stdout.flush()


@keys.command("create")
def keys_create(
    name: Name,
    *,
    database: Database = None,
    config: Config = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="score, parse, ingest, read, decide; default: all but decide. Repeatable.")
    ] = None,
    site: SiteOption = None,
    per_minute: Annotated[int | None, typer.Option(min=1, help="Requests a minute; default: as the settings say.")] = None,
) -> None:
    """Make a key. It is printed once, as the last line."""
    typer.echo(_add_key(name, database, config, scopes=scope, site=site, per_minute=per_minute))


@keys.command("import")
def keys_import(
    name: Name,
    *,
    database: Database = None,
    config: Config = None,
    scope: Annotated[list[str] | None, typer.Option(help="As of keys create.")] = None,
    site: SiteOption = None,
    per_minute: Annotated[int | None, typer.Option(min=1, help="As of keys create.")] = None,
) -> None:
    """Take over a key that a site sends already, such as its Google one, from standard input: the site changes nothing but the address."""
    _add_key(name, database, config, scopes=scope, site=site, per_minute=per_minute, token=_line().strip())
    typer.echo(name)


def _add_key(name: str, database: str | None, config: Path | None, *, scopes: list[str] | None, **values: Any) -> str:
    from serve import security

    shown, key = security.new_key(name, _now(), scopes=tuple(scopes or security.DEFAULT_SCOPES), **values)
    with opened(database, config) as store:
        store.accounts.add_key(key)
    return shown


@keys.command("list")
def keys_list(database: Database = None, config: Config = None) -> None:
    """All keys, one a line: name, first characters, scopes, site, since when, revoked when."""
    with opened(database, config) as store:
        for key in store.accounts.list_keys():
            ended = f"revoked {_day(key.revoked)}" if key.revoked else "in use"
            typer.echo("\t".join((key.name, f"{key.hint}…", ",".join(key.scopes), key.site or "all sites", _day(key.created), ended)))


@keys.command("revoke")
def keys_revoke(name: Name, database: Database = None, config: Config = None) -> None:
    """End a key within a second, on every server."""
    with opened(database, config) as store:
        if not store.accounts.revoke_key(name, _now()):
            raise ConfigError(f'there is no key named "{name}" in use')
    typer.echo(name)


@users.command("create")
def users_create(
    name: Name,
    role: Annotated[str, typer.Option(help="viewer, moderator or admin.")],
    database: Database = None,
    config: Config = None,
    site: Annotated[list[str] | None, typer.Option(help="Sites that the user may see; default: all. Repeatable.")] = None,
) -> None:
    """Make an account. The password is read from standard input: its first line."""
    from serve import security

    with opened(database, config) as store:
        store.accounts.add_user(security.new_user(name, _password(), role, _now(), tuple(site or ())))
    typer.echo(name)


@users.command("list")
def users_list(database: Database = None, config: Config = None) -> None:
    """All accounts, one a line: name, role, sites."""
    with opened(database, config) as store:
        for user in store.accounts.list_users():
            state = "disabled" if user.disabled else "in use"
            typer.echo("\t".join((user.name, user.role, ",".join(user.sites) or "all sites", state)))


@users.command("password")
def users_password(name: Name, database: Database = None, config: Config = None) -> None:
    """Set a new password, read from standard input; ends all sessions of the user."""
    from serve import security

    with opened(database, config) as store:
        if not store.accounts.set_password(name, security.hash_password(_password())):
            raise ConfigError(f'there is no user named "{name}"')
    typer.echo(name)


@users.command("disable")
def users_disable(name: Name, database: Database = None, config: Config = None) -> None:
    """End an account and its sessions; what it decided stays."""
    with opened(database, config) as store:
        if not store.accounts.disable_user(name):
            raise ConfigError(f'there is no user named "{name}"')
    typer.echo(name)


@db.command("upgrade")
def db_upgrade(database: Database = None, config: Config = None) -> None:
    """Bring the tables to the newest form. Every other verb does it too."""
    with opened(database, config) as store:
        typer.echo(store.revision())


@db.command("erase")
def db_erase(
    database: Database = None,
    config: Config = None,
    author: Annotated[str | None, typer.Option(help="All comments and articles of this author, and the name.")] = None,
    comment: Annotated[str | None, typer.Option(help="The comment with this id.")] = None,
    site: SiteOption = None,
) -> None:
    """Remove texts, scores, decisions, events and log entries for good, also from freed pages. Backups are out of reach.

    Prints how many comments were erased.
    """
    if (author is None) == (comment is None):
        raise ConfigError("name either --author or --comment")
    with opened(database, config) as store:
        if author is not None:
            typer.echo(store.erase.author(author, site, "command line", _now()))
        else:
            typer.echo(store.erase.comment(comment or "", site, "command line", _now()))


@db.command("expire")
def db_expire(days: Annotated[int, typer.Option(min=1, help="Age in days.")], database: Database = None, config: Config = None) -> None:
    """Delete the texts of comments older than so many days; scores and decisions stay. The setting retention.days does it by itself."""
    with opened(database, config) as store:
        typer.echo(store.erase.expire(_now() - days * 86_400_000, _now()))


@webhooks.command("create")
def webhooks_create(
    url: Annotated[str, typer.Argument(metavar="URL", show_default=False)],
    database: Database = None,
    config: Config = None,
    site: SiteOption = None,
) -> None:
    """Tell an address of every decision. Its signing secret is the last line."""
    from serve import outbox, settings

    allowed = settings.load(config).webhooks.allow_private_targets
    secret = outbox.new_secret()
    with opened(database, config) as store:
        outbox.checked(url, allow_private=allowed)
        store.events.add_target(url, secret, site, _now())
    typer.echo(secret)


@webhooks.command("list")
def webhooks_list(database: Database = None, config: Config = None) -> None:
    """All addresses, one a line: number, address, site, state, events that wait, events given up."""
    with opened(database, config) as store:
        counts = store.events.counts()
        for target in store.events.targets():
            waiting, dead = counts.get(target.number, (0, 0))
            state = "disabled" if target.disabled else "in use"
            typer.echo(f"{target.number}\t{target.url}\t{target.site or 'all sites'}\t{state}\t{waiting} waiting\t{dead} given up")


@webhooks.command("disable")
def webhooks_disable(number: Number, database: Database = None, config: Config = None) -> None:
    """Tell an address nothing any more; its waiting events stay in the outbox."""
    with opened(database, config) as store:
        _found(number, store.events.disable_target(number, _now()))
    typer.echo(number)


@webhooks.command("enable")
def webhooks_enable(number: Number, database: Database = None, config: Config = None) -> None:
    """Tell an address again that was disabled or has answered 410; what waits for it is sent.

    Decisions that were made meanwhile are not told.
    """
    with opened(database, config) as store:
        _found(number, store.events.enable_target(number))
    typer.echo(number)


@webhooks.command("resend")
def webhooks_resend(number: Number, database: Database = None, config: Config = None) -> None:
    """Send the events once more that were given up for an address, with the same ids. Prints how many."""
    with opened(database, config) as store:
        _found(number, any(target.number == number for target in store.events.targets()))
        typer.echo(store.events.resend(number, _now()))


@webhooks.command("rotate")
def webhooks_rotate(number: Number, database: Database = None, config: Config = None) -> None:
    """Give an address a new signing secret, which is the last line. Events are signed with it and with the one before."""
    from serve import outbox

    secret = outbox.new_secret()
    with opened(database, config) as store:
        _found(number, store.events.rotate(number, secret))
    typer.echo(secret)


def _found(number: int, there: bool) -> None:
    if not there:
        raise ConfigError(f"there is no webhook {number}")


@contextlib.contextmanager
def opened(database: str | None, config: Path | None) -> Iterator[Store]:
    """The store that the settings name, migrated."""
    from serve import settings
    from serve.store import Store

    store = Store(settings.load(config, {"database": database}).database)
    try:
        yield store
    finally:
        store.close()


def _password() -> str:
    return _line(hidden="password: ")


def _line(*, hidden: str | None = None) -> str:
    """The first line of standard input, UTF-8 whatever the locale is; `hidden`: asked for so at a terminal, and not shown there.

    Raises ConfigError.
    """
    try:
        if hidden and sys.stdin.isatty():
            import getpass

            return getpass.getpass(hidden)
        return sys.stdin.buffer.readline().decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ConfigError("the line on standard input is not UTF-8") from error


def _now() -> int:
    return int(time.time() * 1000)


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d")
