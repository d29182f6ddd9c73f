"""The order of reading: every comment once, each under the one that it answers."""

from __future__ import annotations

from labels.thread import Comment
from serve.report import thread


def comments(**parents: str | None) -> list[Comment]:
    return [Comment(name, name, reply_to=parent) for name, parent in parents.items()]


def shape(given: list[Comment]) -> list[tuple[str, int, int]]:
    return [(given[place.index].id, place.depth, place.below) for place in thread.places(given)]


def test_answers_stand_under_what_they_answer_in_page_order() -> None:
    assert shape(comments(a=None, b=None, c="a", d="b", e="c", f="a")) == [
        ("a", 0, 3),
        ("c", 1, 1),
        ("e", 2, 0),
        ("f", 1, 0),
        ("b", 0, 1),
        ("d", 1, 0),
    ]


def test_an_answer_may_stand_before_its_parent_on_the_page() -> None:
    assert shape(comments(late="early", early=None)) == [("early", 0, 1), ("late", 1, 0)]


def test_an_answer_to_nothing_begins_a_branch() -> None:
    assert shape(comments(a="gone", b="a")) == [("a", 0, 1), ("b", 1, 0)]


def test_a_circle_and_an_answer_to_itself_lose_no_comment() -> None:
    assert sorted(name for name, _, _ in shape(comments(a="b", b="a", c="c", d="b"))) == ["a", "b", "c", "d"]


def test_as_many_lists_end_as_begin() -> None:
    places = thread.places(comments(a=None, b="a", c="b", d=None, e="d", f="e", g="f"))
    assert sum(place.opens for place in places) == sum(place.closes for place in places) == 5


def test_ten_thousand_answers_deep_are_laid_out_without_recursion() -> None:
    chain = [Comment(str(at), "x", reply_to=str(at - 1) if at else None) for at in range(10_000)]
    places = thread.places(chain)
    assert [place.index for place in places] == list(range(10_000))
    assert max(place.depth for place in places) == thread.DEEPEST
    assert places[0].below == 9_999


def test_no_comments_no_places() -> None:
    assert thread.places([]) == ()
