"""Functions in processes of their own, and the documents that are read there."""

from __future__ import annotations

import multiprocessing
import os
import time

import pytest

from labels.errors import DocumentError
from serve import reading
from serve.apart import in_process

_ONE = "<li class='comment' id='comment-{0}'><b class='comment-author'>Ana</b><div class='comment-content'><p>Number {0}.</p></div></li>"
_PAGE = f"<html><body><h1>A page</h1><ol class='comment-list'>{''.join(map(_ONE.format, range(4)))}</ol></body></html>".encode()


def test_what_it_returns_and_raises_comes_back() -> None:
    assert in_process(60, os.getpid) != os.getpid()
    assert in_process(60, reading.page, _PAGE, None, None, 4) == reading.page(_PAGE, None, None, 4)
    with pytest.raises(DocumentError, match="empty"):
        in_process(60, reading.page, b"", None, None, 4)


def test_it_is_ended_at_its_limit() -> None:
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        in_process(0.5, time.sleep, 60)
    assert time.monotonic() - begun < 30
    assert multiprocessing.active_children() == []


def test_an_end_without_an_answer_is_an_error() -> None:
    with pytest.raises(RuntimeError, match=r"_exit ended with 9"):
        in_process(60, os._exit, 9)


def test_a_document_of_too_many_comments_is_refused() -> None:
    with pytest.raises(DocumentError, match="more than 3 comments"):
        reading.page(_PAGE, None, None, 3)
    export = b'<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals"><thread dsq:id="1"><link>https://a.example/1</link></thread>'
    for number in range(4):
        export += (
            b'<post dsq:id="%d"><message>x</message><isDeleted>false</isDeleted><isSpam>false</isSpam><thread dsq:id="1"/></post>' % number
        )
    found, lost = reading.threads(export + b"</disqus>", None, 4)
    assert ([len(one.comments) for one in found], lost) == ([4], [])
    with pytest.raises(DocumentError, match="more than 3 comments"):
        reading.threads(export + b"</disqus>", None, 3)
