"""The marks of a thread in one line of text: headings, ends, buttons, author words, reply marks. Walks `rules/thread.toml`.

>>> reply('До коментар #1 от "Ана":съгласна') == Mark(number=1, author="Ана", rest="съгласна")
True
>>> is_heading("20 thoughts on “A title”"), is_button("Reply · 3 Likes")
(True, True)
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

from seeds import answers, dates

_RULES = tomllib.loads(files("seeds").joinpath("rules/thread.toml").read_text(encoding="utf-8"))
_NUMBER, _NUMBERS = r"(?P<number>\d{1,6})", r"(?P<numbers>#?\d{1,6}(?:\s?,\s?#?\d{1,6})*)"
_SIGNS = re.compile(r"[\s|•·\-–—»«›‹→↳©,;:()\[\]{}/\\+*#^<>~=.…▲▼△▽👍👎❤♥♡⚑★☆✓↑↓⬆⬇🔗⤷↩💬🚩﹢\u200b\ufe0f]+")
_COUNT = re.compile(r"\(?\[?[+−-]?\d[\d.,]{0,9}\]?\)?")
_NUMBER_SIGN = re.compile(r"[#№]\s?\d")
_AT = re.compile(r"(?:@|id:(?=\w))(?P<author>[^\s@:,][^@:,\n]{0,59})")
_AT_NUMBER = re.compile(r"@(?:(?P<author>[^\s@:,#][^@:,#\n]{0,39}?)\s+#|#)?(?P<number>\d{1,5})(?=[\s,:]|$)")
_NUMBERED_NAME = re.compile(r"#?(?P<number>\d{1,5})[.)]?\s+(?P<name>[^\W\d_].*)")
"""In "2. Ana wrote:"."""
_ARROW = re.compile(r"(?:[↳→↪➥▸»└⤷⮑⟶▶►├↩⮐>]|[-=]>)\s+(?=[^\W\d_])")
"""Before the words of a reply mark: "↳ în răspuns lui Ana"."""
_TO = re.compile(r"(?P<own>\S.{0,58}?)(?:\s+(?:Mod|Moderator))?\s+(?:>|→|▶|►|➤|⇒)\s+(?P<author>\S.{0,58})")
"""On the line of a name: "Ana > Ion", whom she answers."""
_MAX_HEADING = 120
_MAX_MARK = 160
"""Characters of a line in which a reply mark may end."""
_EDGES = " \t,|•·–—-»«/"
"""Signs that part a name from what stands beside it."""
_QUOTE_SIGNS = tuple("\"“”„«»'‘’>")
_TAG = re.compile(r"\[/?(?:quote|p|b|bold|i|url)(?:=[^\]]*)?\]", re.IGNORECASE)
_TYPED = ("#", "№", ">>", "@", "id:")


@dataclass(frozen=True, slots=True)
class Mark:
    """Whom a comment answers, as its text says."""

    number: int | None = None
    author: str | None = None
    rest: str = ""
    """What follows the mark on the same line."""
    quote: bool = False
    """The next lines quote the other comment."""
    typed: bool = False
    """Written by the commenter ("@Ana, no"), not by the page: it stays in the text and may name anybody."""


@lru_cache(maxsize=1 << 12)
def _plain(text: str) -> str:
    """In lower case and without accents, which capitals often lack: "ΣΧΟΛΙΑ" and "σχόλια", "İLGİLİ" and "ilgili" are one."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(sign for sign in apart if unicodedata.category(sign) != "Mn").replace("ı", "i")


@cache
def _heading_words() -> tuple[re.Pattern[str], frozenset[str]]:
    words = answers.any_of(_plain(word) for part in _RULES["headings"].values() for word in part)
    company = frozenset(word for phrase in _RULES["heading_company"]["words"] for word in _plain(phrase).split())
    return re.compile(rf"(?<!\w){words}(?!\w)"), company


@cache
def _counted() -> re.Pattern[str]:
    word = _heading_words()[0].pattern
    return re.compile(rf"\(\s*(?P<inside>\d[\d.,]*)\s+{word}\s*\)$|^{word}\s*\((?P<behind>\d[\d.,]*)\)\s")


def is_heading(line: str) -> bool:
    """Whether the line announces comments: a heading word with nothing beside it but counts, small words or a quoted title."""
    return heading_count(line) is not None


@lru_cache(maxsize=1 << 12)
def heading_count(line: str) -> int | None:
    """The number of comments that a heading announces; 1 where it gives none; None for any other line."""
    if len(line) > _MAX_HEADING or reply(line) is not None:  # "In reply to comment #3"
        return None
    pattern, company = _heading_words()
    line = _plain(line)
    title = re.search(r"[“\"„«‹‘].*", line)
    bare = line[: title.start()] if title and pattern.search(line[: title.start()]) else line
    if (counted := _counted().search(bare)) is not None:  # "What our readers think (8 comments)", "Discussion (12) RSS | Tree"
        return int(re.sub(r"\D", "", counted["inside"] or counted["behind"]))
    match = pattern.search(bare)
    if match is None:
        return None
    rest = _SIGNS.sub(" ", bare[: match.start()] + " " + bare[match.end() :]).split()
    counts = [int(re.sub(r"\D", "", word)) for word in rest if _COUNT.fullmatch(word)]
    words = [word for word in rest if not _COUNT.fullmatch(word)]
    small = [word for word in words if word in company or pattern.fullmatch(word)]
    if len(words) - len(small) > 0:
        return None
    return counts[0] if counts else 1


@cache
def _ends() -> tuple[str, ...]:
    return tuple(map(_plain, _RULES["ends"]["starts"]))


def is_end(line: str) -> bool:
    """Whether the line belongs to what follows a comment section (a form, links to other articles, the page's foot)."""
    return len(line) <= _MAX_HEADING and _plain(line).lstrip("»›•·-–—*▪ ").startswith(_ends())


@cache
def _button_words() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){answers.any_of(map(_plain, _RULES['buttons']['words']))}(?!\w)")


@cache
def _removed() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){answers.any_of(map(_plain, _RULES['removed']['words']))}")


@cache
def _thing() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){answers.any_of(map(_plain, answers.things()))}")


@lru_cache(maxsize=1 << 12)
def is_removed(line: str) -> bool:
    """Whether the line stands for a comment that was taken out."""
    if len(line) > _MAX_HEADING:
        return False
    return _removed().search(plain := _plain(line)) is not None and _thing().search(plain) is not None


@lru_cache(maxsize=1 << 12)
def mentions(line: str) -> bool:
    """Whether a line has a word for comments."""
    return _heading_words()[0].search(_plain(line)) is not None or _thing().search(_plain(line)) is not None


@lru_cache(maxsize=1 << 12)
def is_button(line: str) -> bool:
    """Whether the line holds only buttons, counters and signs; at least one of them a word or a sign."""
    if len(line) > 100 or (_NUMBER_SIGN.search(line) and answers.find(line)):  # "Reply to #3" names a comment
        return False
    return not _SIGNS.sub("", _COUNT.sub("", _button_words().sub("", _plain(line))))


@lru_cache(maxsize=1 << 12)
def has_button_word(line: str) -> bool:
    """Whether a line that `is_button` says more than a number."""
    return _button_words().search(_plain(line)) is not None


def without_buttons(text: str, between: str = " ") -> str:
    """A part of a stamp line without buttons at its ends ("| Antworten", "• Reply"); `between` what signs part."""
    parts = re.split(r"\s*[|•·»]\s*|\s{2,}|\s[–—-]\s|\s_(?:\s|$)", text)
    return between.join(part for part in parts if part.strip() and not is_button(part)).strip()


def without_fillers(head: str, tail: str) -> tuple[str, str]:
    """The parts of a line before and after its time, without the words that belong to the time ("… on", "Uhr …")."""
    before, after = head.split(), tail.split()
    while before and _is_filler(before[-1]):
        before.pop()
    while after and _is_filler(after[0]):
        after.pop(0)
    return " ".join(before), " ".join(after)


@cache
def _fillers() -> frozenset[str]:
    return frozenset(map(_plain, dates.fillers()))


def _is_filler(word: str) -> bool:
    bare = word.strip(".,:;()[]|•·-–—@")
    return _plain(bare) in _fillers() and (len(bare) > 1 or not bare.isupper())  # "W." is a name's initial


@cache
def _author_words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    def any_of(words: Sequence[str]) -> str:
        return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))

    author = _RULES["author"]
    return (
        re.compile(rf"^(?:{any_of([*author['before'], *author['answering']])})(?:\s*:)?\s+(?=\S)", re.IGNORECASE),
        re.compile(rf"\s+(?:{any_of(author['after'])})\s*(?::|\.\.\.|…)?$|\s*:$", re.IGNORECASE),
    )


@cache
def _answering() -> tuple[str, ...]:
    return tuple(f"{words} " for words in _RULES["author"]["answering"])


def is_answering(line: str) -> bool:
    """Whether a line tells who answers: "Response from Ana"."""
    return line.lstrip(_EDGES).casefold().startswith(_answering())


@cache
def _unverified() -> re.Pattern[str]:
    return re.compile(rf"(?<=\S)\s*\({answers.any_of(_RULES['author']['unverified'])}\)$", re.IGNORECASE)


@lru_cache(maxsize=1 << 12)
def author_of(text: str) -> tuple[str, bool]:
    """The name without the words around it ("Comment by X", "X says:", "X (not verified)"), and whether there was such a word."""
    before, after = _author_words()
    text = text.strip(_EDGES)
    bare = _unverified().sub("", text) if text.endswith(")") else text
    bare = after.sub("", before.sub("", bare))
    return bare.strip(_EDGES + ";:"), bare.rstrip(" :.…") != text.rstrip(" :.…")


@cache
def _lone_words() -> frozenset[str]:
    author = _RULES["author"]
    return frozenset(word for kind in ("before", "after", "answering", "alone") for word in author[kind] if not word.endswith(":"))


def is_author_word(text: str) -> bool:
    """Whether only words that stand beside a name are there, and no name: "Posted", "by", "Response from"."""
    return text.strip(_EDGES + ":.…").casefold() in _lone_words()


@cache
def _labels() -> tuple[str, ...]:
    return tuple(word for word in _RULES["author"]["before"] if word.endswith(":"))


def is_labelled(text: str) -> bool:
    """Whether a label that is no part of any name stands before the name: "Guest: X"."""
    return text.lstrip(_EDGES).casefold().startswith(_labels())


def says(text: str) -> bool:
    """Whether a line ends with a word of speech behind a name: "X said...", "X пише:"."""
    return _speech().search(text) is not None


@cache
def _bylines() -> frozenset[str]:
    return frozenset(word.rstrip(":") for word in _RULES["author"]["before"] if " " not in word)


def is_byline(text: str) -> bool:
    """Whether only a small word stands before the name ("by X", "von X"), as above an article as well."""
    return text.split(maxsplit=1)[0].rstrip(":").lower() in _bylines() if text.strip() else False


@cache
def _speech() -> re.Pattern[str]:
    words = sorted(_RULES["author"]["after"], key=len, reverse=True)
    return re.compile(rf"\S\s+(?:{'|'.join(map(re.escape, words))})\s*(?:[:,]|\.\.\.|…)\s*$", re.IGNORECASE)


@cache
def _profile() -> re.Pattern[str]:
    return re.compile(rf"^(?:\d+\s)?(?:{'|'.join(map(re.escape, _RULES['profile']['starts']))})(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=1 << 12)
def is_profile_label(line: str) -> bool:
    """Whether the line only names such a fact ("Joined"), its value being on the next line."""
    match = _profile().match(line)
    return match is not None and match.end() >= len(line.rstrip(" :"))


@lru_cache(maxsize=1 << 12)
def is_profile(line: str) -> bool:
    """Whether the line is about a member (join date, number of posts) and not a comment."""
    return len(line) <= 80 and _profile().match(line) is not None


@dataclass(frozen=True, slots=True)
class _Rule:
    literal: str
    """The longest fixed part, in lower case: a line without it needs no regular expression."""
    pattern: re.Pattern[str]


@cache
def _rules(table: str, name: str) -> tuple[_Rule, ...]:
    """The patterns of a table, those with the longest words first."""
    literals = [max(re.split(r"\{\w+\}", text.lower()), key=len).strip(' "') for text in _RULES[table][name]]
    found = [_Rule(literal, _compiled(text)) for literal, text in zip(literals, _RULES[table][name], strict=True)]
    return tuple(sorted(found, key=lambda rule: len(rule.literal), reverse=True))  # "đã viết:" before "viết:"


def _matches(line: str, table: str, name: str) -> Iterator[re.Match[str]]:
    low = line[:_MAX_HEADING].lower()
    for rule in _rules(table, name):
        if rule.literal in low and (match := rule.pattern.match(line)):
            yield match


def _compiled(pattern: str) -> re.Pattern[str]:
    source = (
        re.escape(pattern.strip()).replace(r"\{author\}", answers.AUTHOR).replace(r"\{number\}", _NUMBER).replace(r"\{numbers\}", _NUMBERS)
    )
    source = source.replace(r"\ ", r"\s+").replace(re.escape('"'), "[\"“”„«»']")
    if pattern.endswith("{author}"):
        source += r"(?P<end>\s*:|\s*$)"
    elif pattern.endswith(("{number}", "{numbers}", "}:")):  # "A #1 10:15" greets nobody
        source += r"(?!\d)"
    return re.compile(source, re.IGNORECASE)


@lru_cache(maxsize=1 << 12)
def reply(line: str) -> Mark | None:
    """The reply mark at the beginning of a line; None where there is none.

    "Reply to this comment" is a button, "Response from Ana" tells who answers.
    """
    mark = _reply(line)
    return None if mark is None or is_answering(line) or (is_button(line) and has_button_word(line)) else mark


def _reply(line: str) -> Mark | None:
    arrow = _ARROW.match(line)
    begin = arrow.end() if arrow else 0
    if answer := answers.find(line[begin:_MAX_MARK]):
        if any(map(str.isdigit, answer.author or "")) and (undated := answers.find(_untimed(line[begin:])[0])):
            return Mark(undated.number, author_of(undated.author or "")[0] or None)
        return _mark(answer.number, answer.author, line, begin + answer.end)
    for match in _matches(line, "reply", "patterns"):
        number = match.groupdict().get("number")
        return _mark(int(number) if number else None, _name(match), line, match.end())
    return _tagged(line) if line.startswith("[") else _typed(line)


def _tagged(line: str) -> Mark | None:
    """The mark in a quote whose tags nobody turned into markup: "[quote][b]Ana[/b] wrote: no[/quote]"."""
    match = next(_matches(_TAG.sub("", line), "reply", "quotes"), None)
    return Mark(author=_name(match), rest=line.strip(), typed=True) if match else _typed(line)


def _untimed(line: str) -> tuple[str, bool]:
    """A line without its time, and whether that ends it: "Antwort auf 09:21 Uhr von Ana", "Posted by Ana on 9 May 2026, 19:22".

    "" where nothing stands before a time.
    """
    stamp = dates.find(line) if len(line) <= _MAX_MARK else None
    if stamp is None:
        return "", False
    head, _ = without_fillers(line[: stamp.begin].rstrip(_EDGES + "(["), "")
    _, tail = without_fillers("", line[stamp.end :].lstrip(_EDGES + ")]"))
    return f"{head} {tail}".strip() if head else "", not tail.strip(_EDGES + ")]")


def refers(line: str) -> Mark | None:
    """Whom a line names that tells the time of another comment: "Posted by Ana on 9 May 2026, 19:22" above a quote of hers."""
    words, ends = _untimed(line)
    if not words or not (ends or line.endswith(":")):
        return None
    author, said = author_of(words)
    return reply(words) or (Mark(author=author, quote=True) if ends and said and author else None)


def _typed(line: str) -> Mark | None:
    """The mark that the commenter wrote."""
    for match in _matches(line, "reply", "salutations"):
        return Mark(author=_name(match), rest=line.strip(), typed=True)
    for match in _matches(line, "reply", "quotes"):
        if match.end() >= len(line.rstrip()) - 1:
            both = _NUMBERED_NAME.fullmatch(_name(match) or "")
            return Mark(int(both["number"]), both["name"], quote=True) if both else Mark(author=_name(match), quote=True)
        if line[match.end() :].lstrip(" :").startswith(_QUOTE_SIGNS):  # the quoted words are on the same line
            return Mark(author=_name(match), rest=line.strip(), typed=True)
    if numbered := _short_number().match(line):  # "To #5 yes"
        return Mark(int(numbered["number"]), rest=line.strip(), typed=True)
    if both := _AT_NUMBER.match(line):  # "@5 no", "@Ana #5 no"
        return Mark(int(both["number"]), (both["author"] or "").strip() or None, line.strip(), typed=True)
    at = _AT.match(line)  # where the name ends, only the page's names can tell
    return Mark(author=at["author"], rest=line.strip(), typed=True) if at else None


@cache
def _short_number() -> re.Pattern[str]:
    signs = (sign for sign in answers.signs() if not sign[0].isalpha())
    return re.compile(rf"{answers.any_of(answers.short())}\s+{answers.any_of(signs)}\s?{_NUMBER}(?!\d)", re.IGNORECASE)


def _mark(number: int | None, author: str | None, line: str, end: int) -> Mark:
    rest = line[end:].lstrip(" :,-–—")
    typed = bool(rest) and line.startswith(_TYPED)
    return Mark(number, author, line if typed else rest, typed=typed)


def _name(match: re.Match[str]) -> str | None:
    name = match.groupdict().get("author")
    return name.strip(" \"“”„«»'") or None if name else None


@lru_cache(maxsize=1 << 12)
def without_reply(author: str) -> tuple[str, Mark | None]:
    """The name without the reply mark behind it: "Ana în răspuns lui Ion" -> "Ana" and the mark."""
    if len(author) > _MAX_MARK:  # no name, perhaps a trap
        return author, None
    if (pair := _TO.fullmatch(author)) is not None:
        return pair["own"], Mark(author=pair["author"])
    for match in re.finditer(r"\s+(?=\S)", author):
        mark = reply(author[match.end() :])
        if mark is not None and not mark.quote and (mark.author or mark.number) and not mark.rest:
            return author[: match.start()].strip(" ,|•·-–—"), mark
    return author, None


def replied_by(line: str) -> tuple[str, ...] | None:
    """The numbers in a line that lists a comment's answers; None for any other line."""
    for match in _matches(line, "replied_by", "patterns"):
        if match.end() == len(line.rstrip()):
            return tuple(re.findall(r"\d+", match["numbers"]))
    return None


@cache
def _voice(lang: str | None) -> re.Pattern[str]:
    words = _RULES["voice"].get(lang or "", [])
    signs = "|".join(re.escape(sign) for sign in _RULES["voice"]["signs"])
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)|{signs}" if words else signs, re.IGNORECASE)


@lru_cache(maxsize=1 << 12)
def has_voice(line: str, lang: str | None) -> bool:
    """Whether somebody speaks for himself or to another one: I, you, thanks, a smile. The words are those of the page's language."""
    return _voice(lang).search(line) is not None


@cache
def _credit() -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, _RULES['credits']['words']))})\s*(?::|©|/)|©")


def credit_of(line: str) -> int:
    """Where the credit of a picture begins in a line; the line's length where there is none."""
    match = _credit().search(line) if len(line) <= 2 * _MAX_HEADING else None
    return match.start() if match else len(line)
