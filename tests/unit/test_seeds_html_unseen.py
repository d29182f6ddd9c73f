"""What pages of sites that nobody has seen do, each on a small page of our own."""

from __future__ import annotations

from datetime import date, datetime

import pytest

import seeds
from labels.thread import Article
from seeds import dates
from seeds.html.authors import is_no_name

WORDS = (
    "At last, a place to sit at the quay, I like it and will be there each day.",
    "Oak rots by the water, you should take larch, as I did for my own boat.",
    "Then paint it twice a year, I would say, and it lasts as long as the quay.",
    "Who pays for the paint, I ask you? Surely not those who want to sit there.",
)
"""Longer than an element that shows a marked time may be, so that no record is taken for one."""
NAMES = ("Ana", "Bo", "Cy", "Di")
RANKS = ("Old hand", "Sailor", "New here", "Mate")
STORY = "<p>The town puts a bench at the quay. It is made of oak and will stand there from May on, the council said on Monday.</p>"


def post(at: int, *, head: str | None = None, when: str | None = None, more: str = "", inner: str = "", words: str = "") -> str:
    """A comment: `more` are attributes of its element, `inner` stands behind its words."""
    head = f"<b>{NAMES[at]}</b>" if head is None else head
    when = f"<small>{at + 1} May 2026, 10:0{at}</small>" if when is None else when
    return f'<div class="remark" {more}><div>{head} {when}</div><p>{words or WORDS[at]}</p>{inner}</div>'


def read(*records: str, before: str = "", after: str = "", lang: str = "en") -> Article:
    return seeds.parse(
        f'<html lang="{lang}"><body><h1>A bench</h1>{before}{STORY}<div class="comments">{"".join(records)}</div>{after}</body></html>'
    )


def authors(article: Article) -> list[str | None]:
    return [comment.author for comment in article.comments]


def answered(article: Article) -> list[str | None]:
    names = {comment.id: comment.author for comment in article.comments}
    return [comment.reply_to and names[comment.reply_to] for comment in article.comments]


def times(article: Article) -> list[str | None]:
    return [comment.created_at for comment in article.comments]


def texts(article: Article) -> list[str]:
    return [comment.text for comment in article.comments]


@pytest.mark.parametrize(
    ("own", "parent"), [("data-opn-id", "data-opn-parent"), ("data-postingid", "data-parentpostingid"), ("id", "data-is-answer-to")]
)
def test_an_attribute_of_a_flat_list_names_the_answered_comment(own: str, parent: str) -> None:
    above = ("0", "501", "502", "")
    article = read(*(post(at, more=f'{own}="50{at + 1}" {parent}="{number}"') for at, number in enumerate(above)))
    assert authors(article) == list(NAMES)
    assert answered(article) == [None, "Ana", "Bo", None]


POLISH = (
    "Nareszcie można usiąść nad wodą, bardzo mi się podoba.",
    "Dąb gnije nad wodą, weźcie modrzew.",
    "To malujcie go dwa razy w roku.",
)
GERMAN = (
    "Endlich kann man am Kai sitzen, das gefällt mir.",
    "Eiche fault am Wasser, nehmt doch Lärche.",
    "Dann streicht sie eben zweimal im Jahr.",
)
MAY = ["2026-05-05T05:14:00Z", "2026-05-05T05:15:00Z", "2026-05-05T05:16:00Z"]


@pytest.mark.parametrize("unit", ["", "000"])
def test_an_epoch_beside_today_is_the_time(unit: str) -> None:
    first = 1777958040
    article = read(
        *(
            post(at, when=f'<time data-ts="{first + 60 * at}{unit}">dzisiaj, 07:1{4 + at}</time>', words=words)
            for at, words in enumerate(POLISH)
        ),
        lang="pl",
    )
    assert times(article) == MAY


def test_a_tooltip_beside_days_ago_is_the_time() -> None:
    article = read(
        *(
            post(at, when=f'<span data-tippy-content="5. Mai 2026, 07:1{4 + at} Uhr">vor {at + 2} Tagen</span>', words=words)
            for at, words in enumerate(GERMAN)
        ),
        lang="de",
    )
    assert times(article) == [f"2026-05-05T07:1{4 + at}:00" for at in range(3)]


def test_the_time_of_a_record_s_own_element_stands_for_hours_ago() -> None:
    article = read(*(post(at, when=f"<small>{at + 7} hours ago</small>", more=f'data-created="{MAY[at]}"') for at in range(3)))
    assert times(article) == MAY


def test_the_best_comment_shown_again_above_the_thread_is_read_once() -> None:
    best = f'<div class="best">{post(1)}</div>'
    article = read(post(0), post(1, inner=f'<div class="answers">{post(2)}</div>'), post(3), before=best)
    assert authors(article) == list(NAMES)
    assert answered(article) == [None, None, "Bo", None]


def test_two_equal_comments_in_one_list_are_two() -> None:
    best = f'<div class="best">{post(1)}</div>'
    article = read(post(0), post(0), post(1), post(2), before=best)
    assert authors(article) == ["Ana", "Ana", "Bo", "Cy"]


@pytest.mark.parametrize("name", ["shadowrootmode", "shadowroot"])
def test_a_declarative_shadow_tree_is_read(name: str) -> None:
    records = "".join(map(post, range(3)))
    article = read(f'<talk-thread><template {name}="open">{records}</template></talk-thread><template>{post(3)}</template>')
    assert authors(article) == list(NAMES[:3])


def test_the_document_of_a_saved_frame_is_read() -> None:
    records = "".join(map(post, range(3))).replace("&", "&amp;").replace('"', "&quot;")
    article = read(f'<iframe srcdoc="&lt;html&gt;&lt;body&gt;{records}"></iframe>')
    assert texts(article) == list(WORDS[:3])


def test_initials_drawn_before_the_name_are_no_names() -> None:
    drawn = [("MY", "Mara Yeo"), ("K", "Karl"), ("IO", "Ines Otto"), ("BL", "Bea Lund")]
    article = read(
        *(
            post(at, head=f'<span class="circle-s">{face}</span> <span class="circle-l">{name}</span>')
            for at, (face, name) in enumerate(drawn)
        )
    )
    assert authors(article) == [name for _, name in drawn]
    assert texts(article) == list(WORDS)


def test_a_value_behind_a_label_is_no_name() -> None:
    values = ("bb53d3", "77aa0e", "1c09d2", "e5f001")
    article = read(*(post(at, head=f"<span>ID:{value}</span> <i>{NAMES[at]}</i>") for at, value in enumerate(values)))
    assert authors(article) == list(NAMES)


def test_a_badge_behind_some_names_is_no_part_of_them() -> None:
    names = ("Ана", "Бојан", "Вера", "Гоце")
    article = read(
        *(post(at, head=f'<span class="author">{name}{"<em>Editor</em>" * (at % 3 == 0)}</span>') for at, name in enumerate(names))
    )
    assert authors(article) == list(names)


def test_what_somebody_is_in_brackets_behind_the_name_is_no_part_of_it() -> None:
    def named(*words: str) -> list[str | None]:
        heads = [f'<td class="by">{name} [{word}]</td>' for name, word in zip(NAMES, words, strict=True)]
        return authors(read(*(post(at, head=f"<table><tr>{head}</tr></table>") for at, head in enumerate(heads))))

    assert named("membru", "membru", "membru", "membru") == list(NAMES)
    assert named("Cluj", "Iasi", "Brasov", "Arad") != list(NAMES), "of each another word: it may be part of the name"


def test_a_handle_is_a_name() -> None:
    handles = ("@ana", "@bo.77", "@c-y", "@2000")
    article = read(*(post(at, head=f'<a class="name" href="/u/{at}">{name}</a>') for at, name in enumerate(handles)))
    assert authors(article) == list(handles)


def test_comments_are_read_from_lists_of_terms_at_several_depths() -> None:
    def term(at: int, more: str = "") -> str:
        return f"<dt><b>{NAMES[at]}</b> {at + 1} May 2026, 10:0{at}</dt><dd>{WORDS[at]}{more}</dd>"

    article = read(f"<dl>{term(0, f'<dl>{term(1)}{term(2)}</dl>')}{term(3)}</dl>")
    assert authors(article) == list(NAMES)
    assert texts(article) == list(WORDS)
    assert answered(article) == [None, "Ana", "Ana", None]


def test_a_name_and_short_words_may_share_a_line() -> None:
    words = (*WORDS[:3], "Yes.")
    article = read(
        *(f'<div class="remark"><p><b>{NAMES[at]}</b>{words[at]}</p><small>{at + 1} May 2026, 10:0{at}</small></div>' for at in range(4))
    )
    assert authors(article) == list(NAMES)
    assert texts(article) == list(words)


def test_times_of_the_article_and_the_footer_are_none_of_a_comment() -> None:
    comments = (f"<p><b>{NAMES[at]}</b> <small>0{at + 3}.05, 10:0{at}</small></p><p>{WORDS[at]}</p>" for at in range(4))
    article = read(
        *comments, before="<p><b>Ed Itor</b> <small>2 May 2026, 09:00</small></p>", after="<p>Made <small>9 June 2026, 08:00</small></p>"
    )
    assert authors(article) == list(NAMES)
    assert texts(article) == list(WORDS)


def test_days_without_a_year_take_it_from_the_day_before_them() -> None:
    article = read(
        *(post(at, when=f"<small>{at + 3} May, 10:0{at}</small>") for at in range(4)),
        before="<small>2 May 2024, 09:00</small>",
        after="<p>Made <small>9 June 2027, 08:00</small></p>",
    )
    assert authors(article) == list(NAMES)
    assert times(article) == [f"2024-05-0{at + 3}T10:0{at}:00" for at in range(4)]


def linked(at: int, other: int, shown: str) -> str:
    """A comment whose head links to another, with that one's author in what is shown."""
    return post(at, more=f'id="c{at}"', head=f'<b>{NAMES[at]}</b> <a href="#c{other}">{shown}</a>')


def test_nested_one_level_a_link_in_the_head_names_the_answered() -> None:
    below = post(1, more='id="c1"') + linked(2, 1, "→ Bo") + linked(3, 0, "→ Ana")
    article = read(post(0, more='id="c0"', inner=f'<div class="answers">{below}</div>'))
    assert authors(article) == list(NAMES)
    assert answered(article) == [None, "Ana", "Bo", "Ana"]


def test_in_a_flat_list_a_link_that_shows_the_author_names_the_answered() -> None:
    article = read(post(0, more='id="c0"'), linked(1, 0, "Ana"), linked(2, 1, "Bo"), post(3, more='id="c3"'))
    assert authors(article) == list(NAMES)
    assert answered(article) == [None, "Ana", "Bo", None]


@pytest.mark.parametrize("mark", ["Előzmény: {link} (#{number})", "[{link}] {name}:"])
def test_a_line_before_the_words_that_links_to_another_and_names_its_author_is_the_pages(mark: str) -> None:
    line = mark.format(link='<a href="#c1">Bo</a>', number=2, name="Bo")
    article = read(post(0, more='id="c0"'), post(1, more='id="c1"'), post(2, more='id="c2"', words=f"{line}<br>{WORDS[2]}"), post(3))
    assert answered(article) == [None, None, "Bo", None]
    assert texts(article)[2] == WORDS[2]


def test_the_head_of_a_quote_and_a_name_that_somebody_typed_stay() -> None:
    quote = f'<blockquote><a href="#c1">Bo wrote:</a><br>{WORDS[1]}</blockquote>{WORDS[2]}'
    typed = f'<a href="#c1">Bo</a>,<br>{WORDS[3]}'
    article = read(
        post(0, more='id="c0"'), post(1, more='id="c1"'), post(2, more='id="c2"', words=quote), post(3, more='id="c3"', words=typed)
    )
    assert answered(article) == [None, None, "Bo", "Bo"]
    assert [text.split("\n")[0] for text in texts(article)[2:]] == ["Bo wrote:", "Bo,"]


@pytest.mark.parametrize("own", ["data-created", "data-ts"])
def test_a_short_comment_with_its_time_in_an_attribute_keeps_its_words(own: str) -> None:
    words = ("Yes, I do.", WORDS[1], "No, I do not.", WORDS[3])
    article = read(*(post(at, more=f'{own}="177763680{at}"', when="<i>8 hours ago</i>", words=text) for at, text in enumerate(words)))
    assert authors(article) == list(NAMES)
    assert texts(article) == list(words)


def test_a_link_that_shows_nothing_behind_the_last_words_of_a_page_is_none() -> None:
    records = "".join(post(at, more=f'id="c{at}"', inner='<a href="#c0"></a>') for at in range(4))
    article = seeds.parse(f'<html lang="en"><body><h1>A bench</h1><div class="comments">{records}</div></body></html>')
    assert authors(article) == list(NAMES)
    assert answered(article) == [None] * 4


def test_attributes_that_name_each_other_end() -> None:
    article = read(*(post(at, more=f'data-id="50{at}" data-parent="50{1 - at if at < 2 else 0}"') for at in range(4)))
    assert authors(article) == list(NAMES)


def test_the_name_in_an_attribute_of_the_record_is_the_author_if_it_is_shown() -> None:
    heads = [f'<a class="author" href="/user/{at}">Crew {at}</a> <span class="x">{name}</span>' for at, name in enumerate(NAMES)]
    article = read(*(post(at, more=f'data-username="{NAMES[at]}"', head=head) for at, head in enumerate(heads)))
    assert authors(article) == list(NAMES)
    article = read(*(post(at, more='data-username="hidden"', head=head) for at, head in enumerate(heads)))
    assert authors(article) == [f"Crew {at}" for at in range(4)]


def test_a_marked_time_that_wraps_the_name_still_shows_it() -> None:
    article = read(
        *(
            post(
                at,
                head="",
                when=f'<time datetime="2026-05-05T10:0{at}:00Z">Posted by <a href="/who/{at}">{NAMES[at]}</a> - 5 May 2026</time>',
            )
            for at in range(4)
        )
    )
    assert authors(article) == list(NAMES)
    assert times(article) == [f"2026-05-05T10:0{at}:00Z" for at in range(4)]


def test_classes_of_looks_say_nothing_against_a_name() -> None:
    head = '<span class="text-sm text-neutral-900 font-bold">{}</span> <span>{}</span>'
    article = read(*(post(at, head=head.format(NAMES[at], RANKS[at])) for at in range(4)))
    assert authors(article) == list(NAMES)


@pytest.mark.parametrize(
    "head", ['<i>{name}</i> <span class="author-rank">{rank}</span>', '<span class="author-rank">{rank}</span> <a href="/u/1">{name}</a>']
)
def test_a_rank_is_no_author(head: str) -> None:
    article = read(*(post(at, head=head.format(name=NAMES[at], rank=RANKS[at])) for at in range(4)))
    assert authors(article) == list(NAMES)


def numbered(at: int) -> str:
    return f"<b>{at + 1}. {NAMES[at]}</b>"


def test_numbers_before_the_names_are_the_comments_own() -> None:
    words = ("До коментар #1: " + WORDS[2], *WORDS[:2])
    article = read(*(post(at, head=numbered(at), words=words[at - 2] if at >= 2 else "") for at in range(4)))
    assert authors(article) == list(NAMES)
    assert [comment.number for comment in article.comments] == [1, 2, 3, 4]
    assert answered(article) == [None, None, "Ana", None]


def test_numbers_that_do_not_run_are_part_of_the_names() -> None:
    names = ("7 seas", "3 oaks", "24 planks", "9 lives")
    assert authors(read(*(post(at, head=f"<b>{name}</b>") for at, name in enumerate(names)))) == list(names)


JAPANESE = ("病院前に停まるのは助かる", "五キロに二年は長すぎ", "橋も作ったからな", "駅前は混みそうだ")


def test_links_to_other_posts_do_not_count_against_a_thread_of_short_ones() -> None:
    posts = "".join(
        f'<div class="post" id="{at + 1}"><div><span>{at + 1} </span><span class="name"><b>名無しさん</b></span> '
        f'<span>2026/05/0{at + 1}(月) 10:00:00.12</span></div><div><a href="#{at}">&gt;&gt;{max(at, 1)}</a><br>{words}</div></div>'
        for at, words in enumerate(JAPANESE)
    )
    article = seeds.parse(f'<html lang="ja"><body><h1>路面電車</h1><div class="comments">{posts}</div></body></html>')
    assert [comment.id for comment in article.comments] == ["1", "2", "3", "4"]
    assert [comment.reply_to for comment in article.comments[1:]] == ["1", "2", "3"]


def test_a_clock_time_with_an_h_stands_beside_a_day_without_a_year() -> None:
    day = '<meta property="article:published_time" content="2026-05-01T08:00:00+07:00">'
    article = read(*(post(at, when=f"<small>1{at}h4{at} {at + 2}.5</small>") for at in range(4)), before=day)
    assert times(article) == [f"2026-05-0{at + 2}T1{at}:4{at}:00" for at in range(4)]


def test_a_value_in_an_attribute_gives_the_zone_of_the_time_that_is_shown() -> None:
    shown = [f'<small data-value="2026-05-0{at + 1}T10:0{at}:00+0900">2026.05.0{at + 1}. 10:0{at}</small>' for at in range(4)]
    assert times(read(*(post(at, when=shown[at]) for at in range(4))))[1] == "2026-05-02T10:01:00+09:00"


@pytest.mark.parametrize(
    ("line", "author", "day"),
    [
        ("<div>By Jane Roe | 12 May 2026, 10:41</div>", "Jane Roe", "2026-05-12T10:41:00"),
        ("<div>12 May 2026</div>", None, "2026-05-12"),
        ("<div>The quay was built on 12 May 1926 by Jane Roe and others of the town</div>", None, None),
    ],
)
def test_the_lines_below_the_title_say_who_wrote_the_article_and_when(line: str, author: str | None, day: str | None) -> None:
    article = read(*(post(at) for at in range(4)), before=line)
    assert (article.author, article.published_at) == (author, day)


def test_what_the_page_states_for_machines_counts_before_its_lines() -> None:
    said = '<meta name="author" content="Zoe Poe"><meta property="article:published_time" content="2026-05-01T08:00:00Z">'
    article = read(*(post(at) for at in range(4)), before=f"{said}<div>By Jane Roe | 12 May 2026, 10:41</div>")
    assert (article.author, article.published_at) == ("Zoe Poe", "2026-05-01T08:00:00Z")


@pytest.mark.parametrize("inside", [True, False])
def test_numbers_in_a_cell_of_their_own_are_the_comments(inside: bool) -> None:
    words = (*WORDS[:2], "@#3 " + WORDS[2], "@#2 " + WORDS[3])
    cells = [f'<td class="n">#{4 - at}</td>' for at in range(4)]
    told = [f"<b>{NAMES[at]}</b> {at + 1}/05/2026 10:0{at}<br>{words[at]}<br><a>Reply</a>" for at in range(4)]
    rows = [f"<table><tr>{cell}<td class=cm>{one}</td></tr></table>" for cell, one in zip(cells, told, strict=True)]
    apart = [f"<div>{cell[14:-5]}</div><div class=cm>{one}</div>" for cell, one in zip(cells, told, strict=True)]
    article = read(*(rows if inside else apart))
    assert [comment.number for comment in article.comments] == [4, 3, 2, 1]
    assert answered(article) == [None, None, "Bo", "Cy"]


def test_counters_of_two_comments_are_no_numbers() -> None:
    article = read(*(f"<div>{2 - at}</div>{post(at)}" for at in range(2)))
    assert [comment.number for comment in article.comments] == [None, None]


def test_a_picture_of_the_answered_comment_above_the_words_names_it() -> None:
    """As messengers draw it: the author's name, and how the words begin."""
    pictured = f'<a href="#"><div>Ana</div><div>{WORDS[0][:40]}…</div></a><p>{WORDS[2]}</p>'
    article = read(post(0), post(1), f'<div class="remark"><div><b>Cy</b> <small>3 May 2026, 10:02</small></div>{pictured}</div>', post(3))
    assert texts(article) == list(WORDS)
    assert answered(article) == [None, None, "Ana", None]


def test_a_name_and_words_of_another_that_are_no_link_may_be_the_comments_own() -> None:
    said = f"<div>Ana</div><div>{WORDS[0][:40]}…</div><p>{WORDS[2]}</p>"
    article = read(post(0), post(1), f'<div class="remark"><div><b>Cy</b> <small>3 May 2026, 10:02</small></div>{said}</div>', post(3))
    assert texts(article)[2] == f"Ana\n{WORDS[0][:40]}…\n{WORDS[2]}"


def test_name_time_and_words_may_share_one_line() -> None:
    told = [
        f'<li class="comment"><strong class="author">{NAMES[at]}</strong> <time datetime="2026-05-0{at + 1}T10:00:00">{at + 1} May</time> '
        f'<span class="text">{WORDS[at][:40]}</span></li>'
        for at in range(4)
    ]
    article = read(*told)
    assert authors(article) == list(NAMES)
    assert texts(article) == [words[:40].strip() for words in WORDS]


@pytest.mark.parametrize(("lang", "guest"), [("bg", "Анонимен"), ("de", "Gast"), ("ko", "익명"), ("en", "Guest")])
def test_all_comments_may_be_by_a_guest(lang: str, guest: str) -> None:
    article = read(*(post(at, head=f'<b class="name">{guest}</b>') for at in range(4)), lang=lang)
    assert authors(article) == [guest] * 4
    assert texts(article) == list(WORDS)


@pytest.mark.parametrize(
    ("lang", "when", "written"),
    [
        ("ko", "05.02 11:32", "2026-05-02T11:32:00"),
        ("ja", "5月2日 11:32", "2026-05-02T11:32:00"),
        ("en", "5/2 11:32 AM", "2026-05-02T11:32:00"),
        ("bg", "02.05 11:32", "2026-05-02T11:32:00"),
        ("uk", "2 год. тому", "2026-05-03T10:00:00"),
        ("ja", "2026/05/02(土) 11:32:00.12", "2026-05-02T11:32:00"),
    ],
)
def test_times_as_the_pages_language_writes_them(lang: str, when: str, written: str) -> None:
    found = dates.find(when, lang=lang, now=datetime(2026, 5, 3, 12), near=date(2026, 5, 1))
    assert found is not None
    assert found.written == written


def test_the_region_of_a_page_tells_whether_the_day_comes_first() -> None:
    posts = [post(at, when=f"<small>0{at + 2}/05/2026 10:00</small>") for at in range(4)]
    assert times(read(*posts, lang="en-GB"))[0] == "2026-05-02T10:00:00"
    assert times(read(*posts, lang="en-US"))[0] == "2026-02-05T10:00:00"


def test_the_link_of_a_quote_may_give_the_number_of_the_post_in_its_query() -> None:
    link = '<a href="forum.php?goto=findpost&amp;pid=501">2026</a>'
    quote = f'<div class="quote"><blockquote>{WORDS[0]} {link}</blockquote></div>'
    rows = [post(at, more=f'id="pid50{at + 1}"') for at in range(3)]
    last = f'<div class="remark" id="pid504"><div><b>Di</b> <small>4 May 2026, 10:03</small></div>{quote}<p>{WORDS[3]}</p></div>'
    assert answered(read(*rows, last)) == [None, None, None, "Ana"]


def test_an_element_inside_a_record_names_the_answered_comment() -> None:
    above = (None, "501", "502", None)
    shown = [f'<div data-parent-pid="{number}"><span>{NAMES[at - 1]}</span></div>' if number else "" for at, number in enumerate(above)]
    article = read(*(post(at, more=f'data-pid="50{at + 1}"', head=f"<b>{NAMES[at]}</b>{shown[at]}") for at in range(4)))
    assert answered(article) == [None, "Ana", "Bo", None]


@pytest.mark.parametrize("word", ["liv", "niveau", "Ebene", "poziom", "replyTreeLevel"])
def test_a_level_is_told_in_the_page_s_language(word: str) -> None:
    article = read(
        *(post(at, more=f'data-nr="{at}"').replace('"remark"', f'"remark x-{word}-{level}"') for at, level in enumerate((0, 1, 2, 0)))
    )
    assert answered(article) == [None, "Ana", "Bo", None]


def test_a_pinned_copy_goes_and_the_level_stands_on_the_element_that_a_record_begins() -> None:
    def item(at: int, level: int, answers: str = "") -> str:
        return f'<li class="item" data-depth="{level}">{post(at)}{answers}</li>'

    article = read(
        f'<div class="pinned"><h3>Best</h3>{post(0)}</div><ul>', item(0, 0, f"<ul>{item(1, 1)}</ul>"), item(2, 0, item(3, 1)), "</ul>"
    )
    assert authors(article) == list(NAMES)
    assert answered(article) == [None, "Ana", None, "Cy"]


def test_a_mention_by_the_word_of_a_profile_s_address_is_known() -> None:
    def by(at: int, handle: str) -> str:
        return f'<a href="/@{handle}@social.example"><b>{NAMES[at]}</b> <small>@{handle}</small></a>'

    words = (WORDS[0], f"@quay.sitter {WORDS[1]}", f"@woodworm {WORDS[2]}", WORDS[3])
    handles = ("quay.sitter", "woodworm", "painter", "payer")
    article = read(*(post(at, head=by(at, handles[at]), words=words[at]) for at in range(4)))
    assert answered(article) == [None, "Ana", "Bo", None]


def test_a_counter_beside_a_country_is_no_name() -> None:
    counts = ("DK</i><i>4 anmeldelser", "SE</i><i>1 anmeldelse", "DK</i><i>31 anmeldelser", "NO</i><i>2 anmeldelser")
    heads = (f"<em><i>{counts[at]}</i></em><p><i>{NAMES[at]}</i> <q>of Trustville</q></p>" for at in range(4))
    assert not set(authors(read(*(post(at, head=head) for at, head in enumerate(heads))))) & {
        count.replace("</i><i>", "") for count in counts
    }


@pytest.mark.parametrize("label", ["Posted", "Skrivet:", "Publicado", "投稿"])
def test_a_word_beside_the_time_is_no_name(label: str) -> None:
    assert is_no_name(label)


@pytest.mark.parametrize("label", ["Response from", "Réponse de", "Ответ от", "Svar fra"])
def test_who_answers_a_review_is_named_behind_words(label: str) -> None:
    heads = [f"<b>{label} {name}</b>" if at % 2 else f"<b>{name}</b>" for at, name in enumerate(NAMES)]
    assert authors(read(*(post(at, head=head) for at, head in enumerate(heads)))) == list(NAMES)


def _owner(at: int, label: str = "Response from the owner of the quay") -> str:
    head = f"<div><p>{label}</p> <time>{at + 5} May 2026</time></div>"
    return f'<div class="box"><div>{head}<p>Dear {NAMES[at]}, we are sorry to hear that, come again and have a tea.</p></div></div>'


def test_what_a_firm_answers_is_a_comment() -> None:
    article = read(*(post(at, inner=_owner(at) if at in (1, 3) else "") for at in range(4)))
    assert authors(article) == ["Ana", "Bo", "the owner of the quay", "Cy", "Di", "the owner of the quay"]
    assert answered(article) == [None, None, "Bo", None, None, "Di"]
    assert texts(article)[2] == "Dear Bo, we are sorry to hear that, come again and have a tea."
    assert times(article)[2] == "2026-05-06"


def test_words_about_a_response_are_no_head_of_one() -> None:
    words = f"Response from the mayor, I hope?<br>{WORDS[1]}"
    article = read(*(post(at, words=words if at == 1 else "") for at in range(4)))
    assert authors(article) == list(NAMES)
    assert texts(article)[1] == f"Response from the mayor, I hope?\n{WORDS[1]}"


def test_in_a_branch_of_one_level_a_mention_says_whom_an_answer_answers() -> None:
    words = (WORDS[0], WORDS[1], f"@Bo {WORDS[2]}", f"@Ana {WORDS[3]}")
    branch = "".join(post(at, words=words[at]) for at in (1, 2, 3))
    assert answered(read(post(0, inner=f'<div class="answers">{branch}</div>'))) == [None, "Ana", "Bo", "Ana"]


def test_where_the_page_nests_all_a_mention_changes_nothing() -> None:
    words = (WORDS[0], WORDS[1], WORDS[2], f"@Bo {WORDS[3]}")
    third = f"<div>{post(2, words=words[2])}</div>"
    article = read(post(0, inner=f"<div>{post(1, words=words[1], inner=third)}{post(3, words=words[3])}</div>"))
    assert answered(article) == [None, "Ana", "Bo", "Ana"]


@pytest.mark.parametrize("mark", ["not verified", "non vérifié", "niet geverifieerd"])
def test_a_guest_is_called_without_the_site_s_remark(mark: str) -> None:
    article = read(*(post(at, head=f"<b>{name}{f' ({mark})' if at % 2 else ''}</b>") for at, name in enumerate(NAMES)))
    assert authors(article) == list(NAMES)


def test_a_guest_without_a_link_is_said_to_speak() -> None:
    heads = [f'<a href="/users/{name}">{name}</a> said...' if at % 2 else f"{name} Smith, Esq. said..." for at, name in enumerate(NAMES)]
    article = read(
        *(post(at, head=f"<p>{head}</p>", when="", inner=f"<a>{at + 1} May 2026, 10:0{at}</a>") for at, head in enumerate(heads))
    )
    assert authors(article) == ["Ana Smith, Esq.", "Bo", "Cy Smith, Esq.", "Di"]


def test_the_title_of_the_answered_post_stands_before_its_author() -> None:
    above = ("", "Antwort auf Eine Bank am Kai von Ana", "Antwort auf Re: Eine Bank am Kai von Bo", "")
    shown = [f"<p>{line}</p>" if line else "" for line in above]
    article = read(
        *(post(at, head=f"<b>{NAMES[at]}</b>", when=f"<small>{at + 1}. Mai 2026, 10:0{at}</small>{shown[at]}") for at in range(4)),
        lang="de",
    )
    assert answered(article) == [None, "Ana", "Bo", None]


def test_a_comment_s_own_number_before_its_words_is_none_of_them() -> None:
    words = ("#1 At last.", "#2 #1 Oak rots.", "#3 Paint it.", "#4 #2 Who pays?")
    heads = [f"<div>by <b>{name}</b> <small>{at + 1} May 2026, 10:0{at}</small></div>" for at, name in enumerate(NAMES)]
    article = read(
        *(f'<div class="remark"><p><i>{each[:2]}</i> {each[3:]}</p>{head}</div>' for each, head in zip(words, heads, strict=True))
    )
    assert texts(article) == ["At last.", "#1 Oak rots.", "Paint it.", "#2 Who pays?"]
    assert answered(article) == [None, "Ana", None, "Bo"]


def test_yesterday_is_told_by_the_clock_in_the_page_s_head() -> None:
    whens = ("12 June 2026, 10:00", "18 June 2026, 21:10", "Yesterday at 22:15", "Today at 09:12")
    records = [post(at, when=f"<small>{when}</small>") for at, when in enumerate(whens)]
    assert times(read(*records, before="<div>19 June 2026, 21:37:08</div>"))[2:] == ["2026-06-18T22:15:00", "2026-06-19T09:12:00"]
    assert times(read(*records, before="<div>Since 2 June 2026, 21:37:08</div>"))[2:] == [None, None]


def test_an_article_s_own_time_is_no_clock() -> None:
    records = [post(at, when=f"<small>{at + 2} hours ago</small>") for at in range(4)]
    assert times(read(*records, before="<p>19 June 2026, 21:37</p>")) == [None] * 4
    stated = '<p><time itemprop="datePublished" datetime="2026-06-19T21:37:08">19 June 2026, 21:37:08</time></p>'
    assert times(read(*records, before=stated)) == [None] * 4


def test_a_line_with_the_first_name_is_the_page_s() -> None:
    names = [f"{name} Smith" for name in ("Anabel", "Bertram", "Cyril", "Didier")]
    heads = [f"<b>{name}</b>" for name in names]
    article = read(*(post(at, head=heads[at], words=f"<u>Follow {name.split()[0]}</u><br>{WORDS[at]}") for at, name in enumerate(names)))
    assert texts(article) == list(WORDS)


def test_answers_have_a_class_more_than_comments() -> None:
    looks = ("item", "item item--reply", "item item--reply", "item")
    article = read(*(post(at).replace('"remark"', f'"{looks[at]}"') for at in range(4)))
    assert answered(article) == [None, "Ana", "Ana", None]
    looks = ("files", "post reply", "file", "file")
    article = read(*(post(at).replace('"remark"', f'"{looks[at]}"') for at in range(4)))
    assert answered(article) == [None] * 4


def test_in_a_branch_of_one_level_the_page_s_words_say_whom_an_answer_answers() -> None:
    words = (WORDS[0], WORDS[1], f"回复 Bo :{WORDS[2]}", WORDS[3])
    branch = "".join(post(at, words=words[at]) for at in (1, 2, 3))
    article = read(post(0, inner=f'<div class="answers">{branch}</div>'))
    assert answered(article) == [None, "Ana", "Bo", "Ana"]
    assert texts(article) == list(WORDS)


def test_a_call_of_an_id_is_a_mention() -> None:
    heads = [f"<b>{name.lower()}_k</b>" for name in NAMES]
    article = read(*(post(at, head=head, words=f"id:ana_k {WORDS[1]}" if at == 1 else "") for at, head in enumerate(heads)))
    assert answered(article) == [None, "ana_k", None, None]
    assert texts(article)[1] == f"id:ana_k {WORDS[1]}"
