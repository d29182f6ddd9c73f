"""Elements by CSS, as far as rule tables need it: on the page's own index, faster than XPath, which walks the whole page for each rule.

select(page, selector("li.comment[id^=comment-] .fn"))  ->  elements by number
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from seeds.html.tree import Element, Page

_COMPOUND = re.compile(r"(?P<tag>[a-z][\w-]*|\*)?(?P<rest>(?:[.#][\w-]+|\[[^\]]+\])*)")
_PART = re.compile(r"\.(?P<cls>[\w-]+)|#(?P<id>[\w-]+)|\[(?P<name>[\w:-]+)(?:(?P<sign>[~^$*|]?=)\"?(?P<value>[^\"\]]*)\"?)?\]")


@dataclass(frozen=True, slots=True)
class Step:
    """One compound of a selector: the tag, or "" for any, and tests of attributes (name, sign, value)."""

    tag: str
    tests: tuple[tuple[str, str, str], ...]
    keys: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """All that `Page.having` finds such elements by."""
    words: tuple[str, ...] = field(init=False, repr=False, compare=False)
    """What stands in the element's class or id beside whole class names."""

    def __post_init__(self) -> None:
        keys = (f".{value}" if (name, sign) == ("class", "~=") else f"[{name}" for name, sign, value in self.tests)
        words = (value for name, sign, value in self.tests if name in ("class", "id") and sign != "~=")
        object.__setattr__(self, "keys", tuple(chain(filter(None, [self.tag]), keys)))
        object.__setattr__(self, "words", tuple(words))

    def fits(self, tag: str, said: Mapping[str, str]) -> bool:
        """Whether an element is of the tag and what its attributes say passes each test."""
        if self.tag and tag != self.tag:
            return False
        for name, sign, value in self.tests:  # no generator: most elements fail at once
            held = said.get(name)
            if held is None or not _SIGNS[sign](held, value):
                return False
        return True


Selector = tuple[tuple[Step, ...], ...]
"""Alternatives, each of which is a way down: a step stands anywhere inside the one before it."""
_SIGNS: dict[str, Callable[[str, str], bool]] = {
    "": lambda _, __: True,
    "=": str.__eq__,
    "~=": lambda held, value: value in held.split(),
    "^=": str.startswith,
    "$=": str.endswith,
    "*=": str.__contains__,
}


def selector(css: str) -> Selector:
    """CSS: tag, .class, #id, [attribute], [attribute^=value] and descendants; commas separate alternatives. ValueError for anything else.

    >>> selector("ul.a li[id^=c-]")
    ((Step(tag='ul', tests=(('class', '~=', 'a'),)), Step(tag='li', tests=(('id', '^=', 'c-'),))),)
    """
    return tuple(tuple(map(_step, part.split())) for part in css.split(","))


def _step(compound: str) -> Step:
    match = _COMPOUND.fullmatch(compound)
    if match is None:
        raise ValueError(f"selector not understood: {compound}")
    return Step(match["tag"] or "", tuple(map(_test, _PART.finditer(match["rest"]))))


def _test(part: re.Match[str]) -> tuple[str, str, str]:
    if part["cls"]:
        return "class", "~=", part["cls"]
    if part["id"]:
        return "id", "=", part["id"]
    return part["name"], part["sign"] or "", part["value"] or ""


def select(page: Page, chosen: Selector) -> list[int]:
    """The visible elements that fit, in page order."""
    found: set[int] = set()
    for steps in chosen:
        if all(page.having(key) for step in steps for key in step.keys) and all(word in page.look for step in steps for word in step.words):
            found.update(node for node in min(map(page.having, steps[-1].keys), key=len) if _fits(page, node, steps))
    return sorted(found)


def _fits(page: Page, node: int, steps: Sequence[Step]) -> bool:
    tags, attributes = page.tags, page.attributes
    if not steps[-1].fits(tags[node], attributes[node]):
        return False
    outer = iter(page.ancestors(node))
    return all(any(step.fits(tags[at], attributes[at]) for at in outer) for step in reversed(steps[:-1]))


def fits(element: Element, steps: Sequence[Step]) -> bool:
    """Whether an element, be it visible or not, fits one alternative of a selector."""
    if not steps[-1].fits(element.tag, element):
        return False
    outer = element.iterancestors()
    return all(any(step.fits(each.tag, each) for each in outer) for step in reversed(steps[:-1]))


def exists(page: Page, chosen: Selector) -> bool:
    """Whether an element of the page fits, be it visible or not."""
    return bool(select(page, chosen)) or any(fits(element, steps) for steps in chosen for element in page.root.iter(steps[-1].tag or "*"))
