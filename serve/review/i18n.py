"""The languages of the desk: what is said (gettext), how numbers and times are written (CLDR), which way the page runs.

English stands in the code and templates; every other language is one catalogue, `locale/CODE.po`, read when it is first needed.
`python -m serve.review.catalogues` brings the catalogues up to date with the code.
"""

from __future__ import annotations

import gettext
import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files

from babel import Locale, dates, negotiate_locale, numbers
from babel.messages import mofile, pofile
from jinja2 import Environment

SOURCE = "en"
"""The language that the code speaks: it needs no catalogue."""
CODES = ("en", "bg", "uk", "ro", "vi", "de", "fr", "es", "it", "pt", "pl", "tr")


@dataclass(frozen=True, slots=True)
class Language:
    """One language of the pages. All times are milliseconds since 1970 and are written in UTC; shares are 0..1."""

    code: str
    locale: Locale
    catalogue: gettext.NullTranslations

    @property
    def name(self) -> str:
        """As its speakers call it: `Українська`."""
        own = str(self.locale.get_display_name(self.code))
        return own[:1].upper() + own[1:]

    @property
    def dir(self) -> str:
        """`ltr` or `rtl`."""
        return str(self.locale.text_direction)

    def __call__(self, message: str, /, **values: object) -> str:
        """The message in this language; `%(name)s` in it is replaced by the value of that name."""
        said = self.catalogue.gettext(message)
        return said % values if values else said

    def plural(self, one: str, many: str, count: int, /, **values: object) -> str:
        """The message for a number of things; `%(num)s` in it is the number as this language writes it."""
        return self.catalogue.ngettext(one, many, count) % {"num": self.number(count), **values}

    def called(self, code: str) -> str:
        """Another language's name in this one; its code where it has none."""
        return str(self.locale.languages.get(code, code))

    def number(self, value: float, digits: int = 0) -> str:
        """With so many digits after the point, also where they are 0: columns stay columns."""
        return str(numbers.format_decimal(round(value, digits), format="#,##0." + "0" * digits if digits else "#,##0", locale=self.locale))

    def percent(self, share: float | None, digits: int = 0) -> str:
        """A share as a percentage; a dash for None."""
        if share is None:
            return "–"
        return str(numbers.format_percent(round(share, digits + 2), locale=self.locale, decimal_quantization=False))

    def date(self, at: int, format: str = "medium") -> str:
        return str(dates.format_date(_moment(at).date(), format=format, locale=self.locale))

    def day(self, at: int) -> str:
        """Day and month, as short as a chart needs it."""
        return str(dates.format_skeleton("MMMd", _moment(at), locale=self.locale))

    def moment(self, at: int) -> str:
        """Date and time to the minute, with the zone said."""
        return f"{self.date(at)}, {dates.format_time(_moment(at).time(), format='short', locale=self.locale)} UTC"

    def clock(self, at: int) -> str:
        """The time of day to the second, as a log has it."""
        return str(dates.format_time(_moment(at).time(), format="medium", locale=self.locale))

    def ago(self, at: int, now: int) -> str:
        """How long before `now`: `3 hours ago`."""
        return str(dates.format_timedelta(timedelta(milliseconds=at - now), add_direction=True, threshold=1.2, locale=self.locale))

    def duration(self, milliseconds: float, format: str = "long") -> str:
        """A length of time in its largest fitting unit: `3 hours`."""
        return str(dates.format_timedelta(timedelta(milliseconds=milliseconds), threshold=1.2, format=format, locale=self.locale))


@cache
def language(code: str) -> Language:
    """One of CODES; English for any other."""
    known = code if code in CODES else SOURCE
    return Language(known, Locale.parse(known), _catalogue(known))


def negotiate(chosen: str | None, accept: str | None) -> Language:
    """What a page is written in: what its reader chose, else the first of Accept-Language that we speak, else English."""
    if chosen in CODES:
        return language(chosen)
    return language(negotiate_locale(_accepted(accept or ""), CODES, sep="-") or SOURCE)


def install(environment: Environment, code: str) -> None:
    """Lets the templates of an environment speak one language: `_()`, `ngettext()`, `plural()`, and `language` for the rest.

    The environment needs the extension `jinja2.ext.i18n` and must be no other language's.
    """
    speaks = language(code)
    environment.install_gettext_translations(speaks.catalogue, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    environment.globals["language"] = speaks
    environment.globals["plural"] = speaks.plural  # a plain name: that of an attribute is not found by the extractor


def _catalogue(code: str) -> gettext.NullTranslations:
    if code == SOURCE:
        return gettext.NullTranslations()
    text = files("serve.review").joinpath("locale", f"{code}.po").read_bytes()
    compiled = io.BytesIO()
    mofile.write_mo(compiled, pofile.read_po(io.BytesIO(text), locale=code))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _accepted(header: str) -> list[str]:
    """Language tags of an Accept-Language header, the most wanted first; what cannot be read is passed over."""
    found = []
    for place, part in enumerate(header[:1000].split(",")):
        tag, _, quality = part.partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if tag.strip() and weight > 0:
            found.append((-weight, place, tag.strip()))
    return [tag for *_, tag in sorted(found)]


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
