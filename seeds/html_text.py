"""HTML -> the plain text that a crawl would store: one line per block, no scripts, no styles.

>>> render("<h1>A</h1><p>b <i>c</i><br>d</p>")
'A\\n\\nb c\\nd'
"""

from __future__ import annotations

from lxml import etree, html

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "center",
        "dd",
        "details",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "option",
        "p",
        "pre",
        "section",
        "select",
        "summary",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
_HIDDEN = frozenset(["script", "style", "template", "noscript", "head", "iframe", "svg", "canvas", "object", "select"])


def render(markup: str) -> str:
    """The visible text; "" where the markup holds none. Broken markup is read as far as it goes."""
    parser = html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        tree = html.document_fromstring(markup.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:
        return ""
    parts: list[str] = []
    skipped = None
    for event, node in etree.iterwalk(tree, events=("start", "end")):
        if skipped is None and event == "start":
            if node.tag in _HIDDEN:
                skipped = node
            else:
                parts.append("\n\n" if node.tag in _BLOCKS else "\n" if node.tag == "br" else "")
                parts.append(_flat(node.text))
        elif event == "end" and skipped in (None, node):
            skipped = None
            parts.append("\n\n" if node.tag in _BLOCKS else "")
            parts.append(_flat(node.tail))
    return _tidy("".join(parts))


def _flat(text: str | None) -> str:
    return text.replace("\n", " ").replace("\t", " ") if text else ""


def _tidy(text: str) -> str:
    lines = [" ".join(line.split()) for line in text.split("\n")]
    kept = [line for at, line in enumerate(lines) if line or (at and lines[at - 1])]
    return "\n".join(kept).strip("\n")
