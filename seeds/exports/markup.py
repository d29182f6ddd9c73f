"""Elements of a large XML file one after another, in the memory of one element.

Nothing outside the file is read and no entity is expanded.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, BinaryIO

from lxml import etree

from labels.errors import DocumentError

_log = logging.getLogger(__name__)
_CUT_OFF = ("ERR_TAG_NOT_FINISHED", "ERR_DOCUMENT_EMPTY")
_CONTROL = bytes.maketrans(bytes([*range(9), 11, 12, *range(14, 32)]), b" " * 29)
"""Signs that XML forbids and exports hold: at one of them a parser drops the rest of the text."""
_SKIPPED = 4096
_MOST_SAID = 5


def elements(stream: BinaryIO, *names: str) -> Iterator[Any]:
    """Each element with one of these local names when it is complete; emptied afterwards.

    Broken XML is read on as browsers do it, since exports hold stray signs and undeclared prefixes; one that breaks off raises
    DocumentError at its end. A DOCTYPE is refused: entities are declared there, and no export has one.
    """
    _skip_to_markup(stream)
    context = etree.iterparse(
        _Clean(stream),
        events=("start-ns", "end"),
        tag=[f"{{*}}{name}" for name in names],
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=True,
        recover=True,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for event, node in context:
            if event == "end":
                yield node
                _release(node)
    except etree.XMLSyntaxError as error:
        raise DocumentError(f"broken XML: {error}") from error
    _check(context)


class _Clean:
    """A stream without control signs."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def read(self, size: int = -1) -> bytes:
        return self._stream.read(size).translate(_CONTROL)


def _skip_to_markup(stream: BinaryIO) -> None:
    """Stray signs stand before the first element of some exports; a DOCTYPE would stand there, too."""
    head = stream.read(_SKIPPED)
    stream.seek(max(head.find(b"<"), 0))


def _release(node: Any) -> None:
    if name_of(node.getparent()) in ("post", "item", "entry"):  # part of a record that is still open
        return
    node.clear()
    while node.getprevious() is not None:
        del node.getparent()[0]


def _check(context: Any) -> None:
    """Say what is broken; raise DocumentError where the end is missing."""
    broken = [entry for entry in context.error_log if "NS_" not in entry.type_name]  # undeclared prefixes are known and harmless
    for entry in broken[:_MOST_SAID]:
        _log.warning("line %d: broken XML, read as far as it goes: %s", entry.line, entry.message)
    for entry in broken:
        if entry.type_name in _CUT_OFF:
            raise DocumentError(f"the export breaks off at line {entry.line}: {entry.message}; what stood before was read")


def name_of(node: Any) -> str:
    """The local name, also where the prefix was never declared; "" for None."""
    return "" if node is None else str(node.tag).rpartition("}")[2].rpartition(":")[2]


def values(node: Any) -> dict[str, str]:
    """Local name -> text of the children, the first of each name."""
    found: dict[str, str] = {}
    for child in node:
        if isinstance(child.tag, str):
            found.setdefault(name_of(child), "".join(child.itertext()).strip())
    return found
