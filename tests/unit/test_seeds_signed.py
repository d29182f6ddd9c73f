"""Comments that end with a signature on their own line, as on talk pages."""

from __future__ import annotations

import seeds

TALK = """Contents

1 Trams

2 Bridges

Trams

The trams could be named in the table of lines. --Ana (talk) 17:58, 11 February 2018 (UTC)

I am not sure of that. Who would read it? Bo Ek (talk) 18:02, 11 February 2018 (UTC)

First paragraph of a longer answer.

Second one, with the signature. — Cy_99 ✉ 09:15, 12 February 2018 (UTC)

Bridges

Why is the old bridge not in the list – Dee (talk) 10:00, 13 February 2018 (UTC)

Because nobody wrote it down yet Eve (talk) 10:30, 13 February 2018 (UTC)
"""


def test_a_talk_page_is_read_by_its_signatures() -> None:
    comments = seeds.parse(TALK).comments
    assert [comment.author for comment in comments] == ["Ana", "Bo Ek", "Cy_99 ✉", "Dee", "Eve"]
    assert [comment.text for comment in comments] == [
        "The trams could be named in the table of lines.",
        "I am not sure of that. Who would read it?",
        "First paragraph of a longer answer.\nSecond one, with the signature.",
        "Why is the old bridge not in the list",
        "Because nobody wrote it down yet",
    ]
    assert comments[0].created_at == "2018-02-11T17:58:00Z"
    assert seeds.parse(TALK).read_by == "crawl_text/signed"


def test_lines_that_end_with_a_time_are_no_signatures() -> None:
    teasers = "\n".join(f"The council decided on line {number}. Mayor Ana 1{number}:00, 11 February 2018" for number in range(3))
    assert seeds.parse("A headline of the day\n\nThe trams are back on the river line, the council said.\n\n" + teasers).comments == ()
