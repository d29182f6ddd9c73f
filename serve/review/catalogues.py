"""Brings the catalogues up to date: `python -m serve.review.catalogues`.

Messages are read out of the code and templates of the desk, the table of label names and the default policy; what is no longer said is
dropped, what is new stands untranslated until somebody translates it, which a test insists on.
"""

from __future__ import annotations

import io
import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from babel.messages import Catalog, extract, pofile

from serve.review.i18n import CODES, SOURCE

LOCALE = Path(__file__).parent / "locale"
_HERE = Path(__file__).parent
_METHODS = (("**.py", "python"), ("templates/**.j2", "jinja2"))
_OPTIONS = {"templates/**.j2": {"trimmed": "true", "silent": "false", "extensions": "jinja2.ext.do,jinja2.ext.loopcontrols"}}
_KEYWORDS = {**extract.DEFAULT_KEYWORDS, "N_": None, "plural": (1, 2)}
_TABLES = ("heads", "names", "undecided", "unscored")
"""Parts of serve/report/words.toml that pages show; the desk asks for them by their English text."""
# Dates and versions change with every run and say nothing that the history does not.
_VOLATILE = re.compile(
    r'^(?:#\n)?"(Project-Id-Version|POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|Report-Msgid-Bugs-To):.*\n',
    re.MULTILINE,
)


def said() -> Catalog:
    """All messages of the desk, untranslated."""
    catalog = Catalog(charset="utf-8")
    found = extract.extract_from_dir(
        _HERE, list(_METHODS), dict(_OPTIONS), keywords=_KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
    )
    for name, _, message, comments, context in found:
        catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    for message in _names():
        catalog.add(message, locations=[("words.toml", 0)])
    return catalog


def read(code: str) -> Catalog:
    """The catalogue of a language as it stands; empty where there is none yet."""
    path = LOCALE / f"{code}.po"
    return pofile.read_po(io.BytesIO(path.read_bytes() if path.is_file() else b""), locale=code)


def write(code: str, catalog: Catalog) -> None:
    text = io.BytesIO()
    pofile.write_po(text, catalog, width=140, sort_output=True, include_lineno=False, ignore_obsolete=True)
    (LOCALE / f"{code}.po").write_text(_VOLATILE.sub("", text.getvalue().decode()), encoding="utf-8")


def update() -> None:
    messages = said()
    for code in CODES:
        if code != SOURCE:
            catalog = read(code)
            catalog.update(messages, no_fuzzy_matching=True)
            catalog.fuzzy = False
            write(code, catalog)


def _names() -> Iterator[str]:
    """Names of labels, and of the rules that every policy begins with; an operator's own rules are shown as they are called."""
    yield from (rule["name"] for rule in tomllib.loads(files("serve.defaults").joinpath("policy.toml").read_text(encoding="utf-8"))["rule"])
    words = tomllib.loads(files("serve.report").joinpath("words.toml").read_text(encoding="utf-8"))
    waiting = [words[table] for table in _TABLES]
    while waiting:
        for value in waiting.pop().values():
            if isinstance(value, str):
                yield value
            else:
                waiting.append(value)


if __name__ == "__main__":
    update()
