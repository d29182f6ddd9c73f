"""Hints of a parent become edges, and what does not fit becomes a warning: nothing is lost silently."""

from __future__ import annotations

import pytest

from seeds.replies import RawComment, link


def raw(text: str = "text", **members: object) -> RawComment:
    return RawComment(text, **members)  # type: ignore[arg-type]


def parents(*raws: RawComment, newest_first: bool = False) -> list[str | None]:
    return [comment.reply_to for comment in link(raws, newest_first=newest_first)[0]]


def warnings(*raws: RawComment) -> list[str]:
    return [notice.what for notice in link(raws)[1]]


def test_a_number_names_its_comment_wherever_it_stands() -> None:
    assert parents(raw(number=1), raw(number=2, reply_number=1), raw(number=3, reply_number=4), raw(number=4)) == [None, "1", "4", None]


def test_a_number_that_is_not_there_is_said() -> None:
    comments, notices = link([raw(number=1), raw(number=2, reply_number=9)])
    assert comments[1].reply_to is None
    assert [(notice.where, notice.what) for notice in notices] == [("comment 2", "answers number 9, which is not on this page")]


def test_nobody_answers_oneself() -> None:
    assert parents(raw(number=1, reply_number=1)) == [None]


def test_missing_and_repeated_numbers_are_said() -> None:
    assert warnings(*(raw(number=number) for number in (1, 2, 5))) == ["numbers missing: 3, 4"]
    assert warnings(*(raw(number=number) for number in (1, 2, 2, 3))) == ["numbers repeated: 2"]
    assert warnings(*(raw(number=number) for number in (2, 3))) == ["numbers missing: 1"]
    assert warnings(*(raw(number=number) for number in (901, 902, 903))) == []  # the page shows the end of a long thread


def test_many_missing_numbers_are_counted() -> None:
    there = [*range(1, 31), *range(60, 70)]
    assert warnings(*(raw(number=number) for number in there))[0].endswith("50 and 9 more")


def test_repeated_numbers_get_ids_of_their_own() -> None:
    comments, _ = link([raw(number=12), raw(number=12), raw(number=13, reply_number=12)])
    assert [comment.id for comment in comments] == ["12", "12-2", "13"]
    assert comments[2].reply_to == "12"


def test_a_circle_is_cut_and_said() -> None:
    comments, notices = link([raw(number=1, reply_number=2), raw(number=2, reply_number=3), raw(number=3, reply_number=1)])
    assert [comment.reply_to for comment in comments] == [None, "3", "1"]
    assert [notice.where for notice in notices] == ["comment 1"]
    assert "circle" in notices[0].what


def test_two_circles_and_a_tail_are_each_cut_once() -> None:
    pairs = [(1, 2), (2, 1), (3, 1), (4, 5), (5, 4)]
    comments, notices = link([raw(number=number, reply_number=parent) for number, parent in pairs])
    assert [comment.reply_to for comment in comments] == [None, "1", "1", None, "4"]
    assert len(notices) == 2


def test_a_name_means_the_nearest_comment_before() -> None:
    three = (raw(author="Ana"), raw(author="ANA "), raw(author="Bo", reply_author="ana"))
    comments, _ = link(three)
    assert comments[2].reply_to == comments[1].id


def test_on_a_page_with_the_newest_first_before_is_below() -> None:
    comments, _ = link([raw(author="Bo", reply_author="Ana"), raw("old", author="Ana"), raw("older", author="Ana")], newest_first=True)
    assert comments[0].reply_to == comments[1].id


def test_a_name_that_nobody_bears_is_said_only_if_the_page_wrote_it() -> None:
    assert warnings(raw(author="Bo", reply_author="Zoe")) == ['answers "Zoe", which is not on this page']
    assert warnings(raw(author="Bo", reply_author="Zoe", typed=True)) == []


def test_the_longest_name_that_fits_a_typed_one_counts() -> None:
    comments, _ = link([raw(author="Ana Pop"), raw(author="Ana"), raw(author="Bo", reply_author="Ana Pop no way", typed=True)])
    assert comments[2].reply_to == comments[0].id


def test_quoted_words_find_their_comment() -> None:
    comments, _ = link([raw("We need a bridge here."), raw("No."), raw("Yes!", quoted="need a  BRIDGE")])
    assert comments[2].reply_to == comments[0].id


def test_ids_of_the_page_are_kept_and_looked_up() -> None:
    comments, notices = link([raw(id="a1"), raw(id="b2", reply_id="a1"), raw(id="c3", reply_id="gone")])
    assert [(comment.id, comment.reply_to) for comment in comments] == [("a1", None), ("b2", "a1"), ("c3", None)]
    assert notices[0].what == "answers comment gone, which is not on this page"


def test_a_thread_100_000_deep_is_linked_without_recursion() -> None:
    comments, notices = link([raw(number=at, reply_number=at - 1 or None) for at in range(1, 100_001)])
    assert comments[-1].reply_to == "99999"
    assert notices == ()


def test_ids_survive_a_new_comment_before_them() -> None:
    old, new = raw("first", author="Ana"), raw("new", author="Bo")
    assert link([old])[0][0].id == link([new, old])[0][1].id


def test_the_number_of_what_became_the_article_is_not_missing() -> None:
    three = [raw(number=number) for number in (2, 3, 5)]
    assert [notice.what for notice in link(three, opened=True)[1]] == ["numbers missing: 4"]


@pytest.mark.parametrize("shown", ["2 hours ago", "yesterday at 10:00", "10:00", "3 May"])
def test_ids_are_the_same_whatever_the_clock_says(shown: str) -> None:
    undated, dated = raw(created_at_raw=shown), raw(created_at_raw=shown, created_at="2026-03-14T10:00:00")
    later = raw(created_at_raw=shown.replace("2", "3"), created_at="2026-03-14T10:00:00")
    assert len({link([each])[0][0].id for each in (undated, dated, later)}) == 1


def test_ids_tell_equal_words_of_other_times_apart() -> None:
    first, second = (raw(created_at_raw=f"{day} May 2026") for day in (3, 4))
    assert link([first, second])[0][1].id == link([second])[0][0].id != link([first])[0][0].id


def test_quoted_words_of_somebody_whom_nobody_knows_are_looked_for_everywhere() -> None:
    comments, notices = link([raw("We need a bridge here.", author="Ana"), raw("Yes!", reply_author="Ana Pop", quoted="need a bridge")])
    assert comments[1].reply_to == comments[0].id
    assert notices == ()
