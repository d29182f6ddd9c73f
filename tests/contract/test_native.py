"""Our own interface over a real server: score, parse, ingest, read, decide."""

from __future__ import annotations

import gzip
import itertools
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest

from seeds.samples import folders
from tests.server import Server, running

JSON = {"content-type": "application/json"}
EXPORT = b"""<?xml version="1.0" encoding="utf-8"?>
<disqus xmlns="http://disqus.com" xmlns:dsq="http://disqus.com/disqus-internals">
<category dsq:id="1"><title>General</title></category>
<thread dsq:id="10"><id/><link>https://a.example/1</link><title>One</title></thread>
<thread dsq:id="11"><id/><link>https://a.example/2</link><title>Two</title></thread>
<post dsq:id="101"><message>First.</message><isDeleted>false</isDeleted><isSpam>false</isSpam><author><name>Ana</name></author>
<thread dsq:id="11"/></post>
<post dsq:id="102"><message>Second.</message><isDeleted>false</isDeleted><isSpam>false</isSpam><author><name>Bo</name></author>
<thread dsq:id="11"/><parent dsq:id="101"/></post>
<post dsq:id="105"><message>Left alone</message><isDeleted>false</isDeleted><isSpam>false</isSpam><author><name>Cy</name></author>
<thread dsq:id="10"/></post>
</disqus>"""
_numbers = itertools.count()


def fresh() -> str:
    """A site that no other test has."""
    return f"site-{next(_numbers)}"


def ok(found: httpx2.Response, status: int = 200) -> dict[str, Any]:
    assert found.status_code == status, found.text
    value: dict[str, Any] = found.json()
    return value


def problem(found: httpx2.Response, status: int, code: str) -> dict[str, Any]:
    assert found.status_code == status, found.text
    assert found.headers["content-type"] == "application/problem+json"
    value: dict[str, Any] = found.json()
    assert (value["status"], value["code"], value["type"]) == (status, code, f"urn:threadwise:problem:{code}")
    return value


class TestScore:
    def test_answers_each_comment_in_order(self, client: httpx2.Client) -> None:
        request = {
            "article": {"title": "New tram line opens"},
            "comments": [
                {"id": "b", "text": "You are an idiot.", "language": "en"},
                {"id": "a", "text": "I agree with you.", "reply_to": "b", "language": "en", "author": "Ana"},
                {"id": "c", "text": "\u200d"},
            ],
        }
        found = client.post("/v1/score", json=request)
        value = ok(found)
        assert [one["id"] for one in value["comments"]] == ["b", "a", "c"]
        first, answer, empty = value["comments"]
        assert set(first["scores"]) == {"toxicity", "stance", "sentiment"}
        assert set(answer["scores"]) == {"toxicity", "stance", "reply_stance", "sentiment"}, "it answers another comment"
        assert (empty["scored"], empty["reason"], empty["scores"]) == (False, "empty", {})
        assert all(0 <= value <= 1 for outputs in answer["scores"].values() for value in outputs.values())
        assert value["model"] == found.headers["X-Threadwise-Model"]
        assert "@" in value["model"]

    def test_says_where_the_time_went(self, client: httpx2.Client) -> None:
        timing = client.post("/v1/score", json={"comments": [{"id": "1", "text": "x"}]}).headers["Server-Timing"]
        assert [part.split(";")[0] for part in timing.split(", ")] == ["queue", "tokenise", "infer"]

    def test_gives_the_heads_asked_for_and_spans(self, client: httpx2.Client) -> None:
        request = {"comments": [{"id": "1", "text": "What a stupid idiot."}], "heads": ["sentiment"], "explain": True}
        one = ok(client.post("/v1/score", json=request))["comments"][0]
        assert list(one["scores"]) == ["sentiment"]
        assert one["spans"] is None, "they are toxicity's"
        one = ok(client.post("/v1/score", json=request | {"heads": ["toxicity"]}))["comments"][0]
        assert list(one["scores"]) == ["toxicity"]
        assert isinstance(one["spans"], list)

    def test_a_thousand_at_once_as_one_by_one(self, client: httpx2.Client) -> None:
        comments = [{"id": str(number), "text": f"the mayor works well {number}"} for number in range(1_000)]
        many = ok(client.post("/v1/score", json={"comments": comments}))["comments"]
        assert [one["id"] for one in many] == [one["id"] for one in comments]
        alone = ok(client.post("/v1/score", json={"comments": comments[999:]}))["comments"][0]
        for output, value in alone["scores"]["toxicity"].items():
            assert many[999]["scores"]["toxicity"][output] == pytest.approx(value, abs=0.002)
        problem(client.post("/v1/score", json={"comments": [*comments, {"id": "x", "text": "x"}]}), 422, "invalid")

    def test_circles_and_unknown_parents_are_no_context(self, client: httpx2.Client) -> None:
        comments = [
            {"id": "1", "text": "a", "reply_to": "2"},
            {"id": "2", "text": "b", "reply_to": "1"},
            {"id": "3", "text": "c", "reply_to": "9"},
        ]
        found = ok(client.post("/v1/score", json={"comments": comments}))["comments"]
        assert ["reply_stance" in one["scores"] for one in found] == [True, True, False]

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ({}, "comments"),
            ({"comments": [{"id": "1"}]}, "comments.0.text"),
            ({"comments": [{"id": "1", "text": "a"}, {"id": "1", "text": "b"}]}, "twice"),
            ({"comments": [{"id": "1", "text": "a", "colour": "red"}]}, "colour"),
            ({"comments": [], "heads": ["kindness"]}, "heads"),
            ({"comments": [{"id": 1.5, "text": "a"}]}, "comments.0.id"),
            ({"comments": [{"id": "1", "text": "a", "created_at": "2026-13-01"}]}, "comments.0.created_at"),
            ({"comments": [{"id": "1", "text": "a", "created_at": "2026-02-30"}]}, "comments.0.created_at"),
        ],
    )
    def test_a_wrong_body_is_said_with_its_place(self, client: httpx2.Client, body: dict[str, Any], words: str) -> None:
        assert words in problem(client.post("/v1/score", json=body), 422, "invalid")["detail"]

    def test_ids_are_any_text_or_whole_number_and_come_back_unchanged(self, client: httpx2.Client) -> None:
        comments: list[dict[str, Any]] = [
            {"id": 7, "text": "It is good."},
            {"id": "7", "text": "Is it?", "reply_to": 7},
            {"id": "https://x.example/8 ü", "text": "No.", "reply_to": "8"},
            {"id": "", "text": "Yes."},
        ]
        found = ok(client.post("/v1/score", json={"comments": comments}))["comments"]
        assert [one["id"] for one in found] == [7, "7", "https://x.example/8 ü", ""]
        assert ["reply_stance" in one["scores"] for one in found] == [False, True, False, False]

    def test_another_content_type_is_refused_and_none_is_json(self, client: httpx2.Client) -> None:
        body = b'{"comments": [{"id": "1", "text": "x"}]}'
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml"):
            problem(client.post("/v1/score", content=body, headers={"content-type": kind}), 415, "unsupported_media_type")
            problem(client.put("/v1/comments/1", content=b'{"text": "x"}', headers={"content-type": kind}), 415, "unsupported_media_type")
        for headers in ({}, {"content-type": "application/json; charset=utf-8"}, {"content-type": "application/vnd.site+json"}):
            ok(client.post("/v1/score", content=body, headers=headers))

    def test_what_is_no_json(self, client: httpx2.Client) -> None:
        problem(client.post("/v1/score", content=b"{", headers=JSON), 400, "invalid_json")

    def test_an_empty_body_is_no_json(self, server: Server, client: httpx2.Client) -> None:
        for headers in (JSON, {}):
            problem(client.post("/v1/score", content=b"", headers=headers), 400, "invalid_json")
            problem(client.put("/v1/comments/1", content=b"", headers=headers), 400, "invalid_json")
        problem(httpx2.post(f"{server.url}/v1/score"), 401, "no_key")

    def test_null_and_an_empty_author_say_nothing(self, client: httpx2.Client) -> None:
        comment = {"id": "1", "text": "x", "author": "", "reply_to": None, "created_at": None, "language": None}
        value = ok(client.post("/v1/score", json={"comments": [comment], "heads": None, "article": None, "explain": None}))
        assert value["comments"][0]["spans"] is None


class TestPages:
    def test_parse_gives_the_article(self, client: httpx2.Client) -> None:
        sample = sample_source()
        value = ok(client.post("/v1/parse", content=sample.read_bytes(), headers={"content-type": "text/plain; charset=utf-8"}))
        assert value["title"]
        assert len(value["comments"]) > 10
        assert {"id", "number", "author", "reply_to", "created_at", "text"} <= set(value["comments"][0])

    @pytest.mark.parametrize(("page", "words"), [(b"", "empty"), (b"\x00\x01\x02\xff" * 500, "")])
    def test_what_is_no_page(self, client: httpx2.Client, page: bytes, words: str) -> None:
        assert words in problem(client.post("/v1/parse", content=page), 422, "unreadable_document")["detail"]

    @pytest.mark.parametrize("kind", ["text/html; Charset=koi8-u", 'TEXT/HTML; boundary=x; CHARSET="KOI8-U"'])
    def test_the_charset_that_http_names_is_taken(self, client: httpx2.Client, kind: str) -> None:
        title = "Їжаки живуть у ґрунті"
        page = f"<html><head><title>{title}</title></head><body><p>{title}, бо там тепло й затишно цілу зиму.</p></body></html>"
        value = ok(client.post("/v1/parse", content=page.encode("koi8-u"), headers={"content-type": kind}))
        assert value["title"] == title
        assert not [one for one in value["warnings"] if "guess" in one["what"]]

    def test_an_export_gives_all_its_threads(self, client: httpx2.Client) -> None:
        site, options = fresh(), {"headers": {"content-type": "application/xml"}}
        threads = ok(client.post("/v1/parse", content=EXPORT, **options))["articles"]
        assert [(one["title"], [comment["text"] for comment in one["comments"]]) for one in threads] == [
            ("One", ["Left alone"]),
            ("Two", ["First.", "Second."]),
        ]
        first, again = (ok(client.post("/v1/articles", content=EXPORT, params={"site": site}, **options), 201) for _ in range(2))
        assert first == again
        assert [one["comments"] for one in first["articles"]] == [1, 2]
        listed = ok(client.get("/v1/articles", params={"site": site}))["items"]
        assert [(one["title"], one["url"]) for one in listed] == [("One", "https://a.example/1"), ("Two", "https://a.example/2")]
        assert every(client, "/v1/articles", site=site) == listed, "page after page"
        for wanted, titles in (({"url": "https://a.example/2"}, ["Two"]), ({"url": "https://a.example/3"}, []), ({"lang": "xx"}, [])):
            assert [one["title"] for one in every(client, "/v1/articles", site=site, **wanted)] == titles
        comments = every(client, "/v1/comments", site=site)
        assert [one["text"] for one in comments] == ["Left alone", "First.", "Second."]
        assert comments[2]["reply_to"] == comments[1]["id"]
        for one in comments:
            assert ok(client.get(f"/v1/comments/{quote(one['id'])}", params={"site": site})) == one
        for packed in (gzip.compress(EXPORT), b"PK\x03\x04..."):
            assert "unpacked" in problem(client.post("/v1/parse", content=packed, **options), 422, "unreadable_document")["detail"]

    def test_of_a_broken_export_the_rest_is_given(self, client: httpx2.Client) -> None:
        site, headers = fresh(), {"content-type": "application/xml"}
        assert ok(client.post("/v1/parse", content=EXPORT, headers=headers))["warnings"] == []
        broken = EXPORT[: EXPORT.index(b'<post dsq:id="105">')]
        value = ok(client.post("/v1/parse", content=broken, headers=headers))
        assert [[comment["text"] for comment in one["comments"]] for one in value["articles"]] == [["First.", "Second."]]
        ((where, what),) = ((one["where"], one["what"]) for one in value["warnings"])
        assert where == "export"
        assert "breaks off" in what
        stored = ok(client.post("/v1/articles", content=broken, params={"site": site}, headers=headers), 201)
        assert ([one["comments"] for one in stored["articles"]], stored["warnings"]) == ([2], value["warnings"])
        assert len(every(client, "/v1/comments", site=site)) == 2
        nothing = broken[: broken.index(b"<post")]
        for path in ("/v1/parse", "/v1/articles"):
            found = problem(client.post(path, content=nothing, params={"site": site}, headers=headers), 422, "unreadable_document")
            assert "breaks off" in found["detail"]

    def test_a_thread_that_no_database_takes_leaves_the_others(self, client: httpx2.Client) -> None:
        def backup(*pages: str) -> bytes:
            lines = [
                {"id": page, "pid": "", "text": "x", "user": {"name": "Ana"}, "locator": {"site": "s", "url": f"https://a.example/{page}"}}
                for page in pages
            ]
            return "\n".join(json.dumps(line) for line in ({"version": 1, "users": [], "posts": []}, *lines)).encode()

        value = ok(client.post("/v1/parse", content=backup("1", "a\x00", "3")))
        assert [one["url"] for one in value["articles"]] == ["https://a.example/1", "https://a.example/3"]
        assert value["warnings"] == [{"where": "export", "what": "thread 2: a text holds NUL characters or halves of surrogate pairs"}]
        problem(client.post("/v1/parse", content=backup("a\x00")), 422, "unreadable_document")

    def test_an_article_is_stored_with_its_thread(self, client: httpx2.Client) -> None:
        site, sample = fresh(), sample_source()
        options: dict[str, Any] = {"params": {"site": site, "url": "https://example.org/a"}, "headers": {"content-type": "text/plain"}}
        first = ok(client.post("/v1/articles", content=sample.read_bytes(), **options), 201)
        again = ok(client.post("/v1/articles", content=sample.read_bytes(), **options), 201)
        assert first == again, "posting it again changes nothing"
        listed = ok(client.get("/v1/articles", params={"site": site}))["items"]
        assert [(one["id"], one["comments"], one["url"]) for one in listed] == [(first["id"], first["comments"], "https://example.org/a")]
        comments = every(client, "/v1/comments", site=site)
        assert len(comments) == first["comments"]
        assert sum(one["state"] == "open" for one in comments) == first["review"]
        assert {one["version"] for one in comments} == {1}
        answers = [one for one in comments if one["reply_to"]]
        assert answers
        assert all("reply_stance" in one["scores"] for one in answers if one["scored"]), "scored under the comments that they answer"
        assert {one["reply_to"] for one in answers} <= {one["id"] for one in comments}

    def test_an_article_as_json(self, client: httpx2.Client) -> None:
        comments = [
            {"id": "1", "text": "one", "reply_to": "2"},
            {"id": "2", "text": "two", "reply_to": "1"},
            {"id": "https://x/3", "text": "three", "reply_to": "9", "author": ""},
        ]
        site = fresh()
        article = {"title": "T", "comments": comments}
        parsed = ok(client.post("/v1/parse", json=article))
        assert [one["reply_to"] for one in parsed["comments"]] == [None, "1", None]
        assert len(parsed["warnings"]) == 2, "nothing is lost silently"
        stored = ok(client.post("/v1/articles", json=article, params={"site": site}), 201)
        assert stored["comments"] == 3
        for one in every(client, "/v1/comments", site=site):
            assert ok(client.get(f"/v1/comments/{one['id']}", params={"site": site})) == one, "each id can stand in an address"
        for name in ("a/b", "a_b"):
            ok(client.post("/v1/articles", json={"id": name, "comments": comments}, params={"site": site}), 201)
            assert [one["text"] for one in every(client, "/v1/comments", site=site, article=name)] == ["one", "two", "three"], "two pages"
        for one in every(client, "/v1/comments", site=site):
            assert ok(client.get(f"/v1/comments/{quote(one['id'])}", params={"site": site})) == one
        problem(client.post("/v1/articles", json={"comments": [comments[0], comments[0]]}), 422, "invalid")
        problem(client.post("/v1/articles", json=[1]), 422, "invalid")
        problem(
            client.post("/v1/articles", content=b'{"comments": [{"id": "1", "text": "\\ud800"}]}', headers=JSON), 422, "unreadable_document"
        )

    @pytest.mark.parametrize(
        ("given", "kept", "raw"),
        [
            ({"created_at": "2026-02-05T21:25:00+02:00", "created_at_raw": "9.25"}, "2026-02-05T21:25:00+02:00", "9.25"),
            ({"created_at": "2028-02-29"}, "2028-02-29", None),
            ({"created_at": "yesterday"}, None, "yesterday"),
            ({"created_at": "2026-02-30"}, None, "2026-02-30"),
            ({"created_at": "2026-02-05T25:00:00"}, None, "2026-02-05T25:00:00"),
            ({"created_at": "2026-02-05 21:25", "created_at_raw": "5 Feb"}, None, "5 Feb"),
            ({"created_at": "\U0001f600" * 100}, None, "\U0001f600" * 100),
        ],
    )
    def test_a_time_that_is_none_is_null(self, client: httpx2.Client, given: dict[str, str], kept: str | None, raw: str | None) -> None:
        site, article = fresh(), {"comments": [{"id": "1", "text": "x", **given}]}
        value = ok(client.post("/v1/parse", json=article))
        ((at, written),) = ((one["created_at"], one["created_at_raw"]) for one in value["comments"])
        assert (at, written) == (kept, raw)
        said = [(one["where"], one["what"].split()[0]) for one in value["warnings"]]
        assert said == ([] if kept else [("comment 1", "created_at")])
        ok(client.post("/v1/articles", json=article, params={"site": site}), 201)
        assert [one["created_at"] for one in every(client, "/v1/comments", site=site)] == [kept]

    def test_a_body_without_a_content_type_is_what_it_looks_like(self, client: httpx2.Client) -> None:
        """As libraries send bytes: an Article, an export, HTML or text; what only begins like JSON is text."""
        article = json.dumps({"title": "New tram", "comments": [{"id": "7", "text": "At last!"}]}).encode()
        for body in (article, b"\xef\xbb\xbf\n " + article):
            value = ok(client.post("/v1/parse", content=body))
            assert (value["title"], value["read_by"], [one["id"] for one in value["comments"]]) == ("New tram", None, ["7"])
        assert len(ok(client.post("/v1/parse", content=EXPORT))["articles"]) == 2
        page = b"<html><head><title>New tram</title></head><body><p>It opened on Thursday.</p></body></html>"
        assert ok(client.post("/v1/parse", content=page))["title"] == "New tram"
        assert ok(client.post("/v1/parse", content=sample_source().read_bytes()))["comments"]
        for text in (b"{", b"[1]", b"{New tram} It opened on Thursday."):
            assert ok(client.post("/v1/parse", content=text))["text"] == text.decode()

    def test_a_chain_of_ten_thousand_answers(self, client: httpx2.Client) -> None:
        comments = [{"id": str(number), "text": "", "reply_to": str(number - 1) if number else None} for number in range(10_000)]
        assert len(ok(client.post("/v1/parse", json={"comments": comments}))["comments"]) == 10_000
        problem(client.post("/v1/parse", json={"comments": [*comments, {"id": "x", "text": ""}]}), 422, "invalid")


def test_the_longest_that_is_stored_and_one_more(database: str, tiny_release: Path, tmp_path: Path) -> None:
    """The same on both databases: what no column takes is refused or cut before, and is no 503 that comes again for ever."""
    wide = "\U0001f600"
    article = {"lang": wide * 20, "published_at": wide * 40, "read_by": wide * 100, "author": wide * 6_000}
    comment = {"id": "1", "text": "one", "author": wide * 200}
    with running(tmp_path, tiny_release, database=database) as server, server.client(server.key("long")) as client:

        def post(number: int, about: dict[str, str], *comments: dict[str, str]) -> httpx2.Response:
            return client.post("/v1/articles", json={"id": str(number), **about, "comments": comments})

        ok(post(0, article, comment), 201)
        assert every(client, "/v1/comments", article="0")[0]["author"] == wide * 200
        for name in ("lang", "published_at", "read_by"):
            said = problem(post(1, article | {name: article[name] + wide}, comment), 422, "unreadable_document")
            assert said["detail"].startswith(f"{name}: more than {len(article[name])} characters")
        assert every(client, "/v1/comments", article="1") == []

        long = {"id": "1", "text": f"x{wide * 1_100_000}", "author": f"Ana{wide * 6_000}"}
        ok(post(2, {}, long, {"id": "2", "text": "two"}), 201)
        first, second = every(client, "/v1/comments", article="2")
        assert (first["author"], first["text"]) == (f"Ana{wide * 197}", f"x{wide * 399_999}")
        assert (first["reason"], first["action"], second["text"]) == ("too_long", "review", "two")
        parsed = ok(client.post("/v1/parse", json={"comments": [long, comment | {"id": "2"}]}))
        assert [one["where"] for one in parsed["warnings"]] == ["comment 1"]

        text = " ".join(map(str, range(100_000)))[:400_000]
        assert ok(client.put("/v1/comments/long", json={"text": text}), 201)["reason"] == "too_long"
        assert "body.text" in problem(client.put("/v1/comments/longer", json={"text": f"{text}x"}), 422, "invalid")["detail"]


def sample_source() -> Path:
    """The document of the deep English sample."""
    return next(folder / "source.txt" for folder in folders() if folder.name == "en-library-deep")


def every(client: httpx2.Client, path: str, **filters: str) -> list[dict[str, Any]]:
    """All items over all cursors, in pages of seven."""
    found: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = ok(client.get(path, params={**filters, "limit": "7"} | ({"cursor": cursor} if cursor else {})))
        found += page["items"]
        cursor = page["next"]
        if cursor is None:
            return found


class TestIngest:
    def test_a_new_comment_the_same_and_an_edit(self, client: httpx2.Client) -> None:
        site = fresh()
        request = {"text": "What a lovely park.", "site": site, "article": "tram", "author": "Ana", "created_at": "2026-02-05T21:25:00"}
        first = ok(client.put("/v1/comments/17", json=request), 201)
        members = {"id", "site", "version", "action", "reasons", "scored", "reason", "scores", "model", "state"}
        assert members <= set(first)
        assert (first["id"], first["site"], first["version"]) == ("17", site, 1)
        assert first["reasons"]
        assert first["would"] is None, "no dry run"
        assert set(first["reasons"][0]) >= {"rule", "head", "output", "score", "threshold"}
        assert ok(client.put("/v1/comments/17", json=request)) == first
        assert ok(client.get("/v1/comments/17", params={"site": site})) == first
        edited = ok(client.put("/v1/comments/17", json=request | {"text": "What a stupid park."}))
        assert (edited["version"], edited["text"]) == (2, "What a stupid park.")

    def test_a_corrected_language_is_scored_anew(self, client: httpx2.Client) -> None:
        request = {"text": "\u200d", "site": fresh(), "language": "en"}
        for text in ("It is good.", ""):
            first = ok(client.put("/v1/comments/1", json=request | {"text": text}), 200 if text == "" else 201)
            assert first["lang"] == "en"
            corrected = ok(client.put("/v1/comments/1", json=request | {"text": text, "language": "bg-BG"}))
            assert (corrected["lang"], corrected["version"]) == ("bg", first["version"] + 1)
            for again in ({"language": "BG"}, {"language": None}):
                assert ok(client.put("/v1/comments/1", json=request | {"text": text} | again)) == corrected, "the same again"

    def test_its_article_is_an_id_or_an_address(self, client: httpx2.Client) -> None:
        site, address = fresh(), "https://example.org/a?b=1&c=%D1%8F#d"
        stored = ok(client.put("/v1/comments/1", json={"text": "x", "site": site, "article": address}), 201)
        ok(client.put("/v1/comments/2", json={"text": "x", "site": site, "article": "a"}), 201)
        assert stored["article"] == address
        assert every(client, "/v1/comments", site=site, article=address) == [stored]

    def test_long_addresses_are_articles_of_their_own(self, client: httpx2.Client) -> None:
        """Longer than a column of the tables: two that differ at the end only are two, and each is found by all of it."""
        site, begin = fresh(), "https://example.org/" + "ü" * 1_979
        one, other = (f"{begin}{end}" for end in "ab")
        article = {"id": one, "title": "New tram", "comments": [{"id": "1", "text": "x"}]}
        page = ok(client.post("/v1/articles", json=article, params={"site": site}), 201)
        assert page["id"] == ok(client.post("/v1/parse", json=article))["id"]
        first = ok(client.put("/v1/comments/1", json={"text": "It is good.", "site": site, "article": one}), 201)
        second = ok(client.put("/v1/comments/2", json={"text": "It is good.", "site": site, "article": other}), 201)
        assert first["article"] == page["id"] != second["article"]
        assert first["article"].startswith("https://example.org/ü")
        assert ("stance" in first["scores"], "stance" in second["scores"]) == (True, False), "the page's title is the context of its own"
        assert ok(client.put("/v1/comments/1", json={"text": "It is good.", "site": site, "article": one})) == first, "the same again"
        for name in (one, first["article"]):
            assert [item["id"] for item in every(client, "/v1/comments", site=site, article=name)][-1:] == ["1"]
            assert len(every(client, "/v1/comments", site=site, article=name)) == 2
        assert every(client, "/v1/comments", site=site, article=other) == [second]
        problem(client.put("/v1/comments/3", json={"text": "x", "site": site, "article": f"{begin}ab"}), 422, "invalid")
        problem(client.get("/v1/comments", params={"article": f"{begin}ab"}), 422, "invalid")

    def test_an_empty_author_is_none(self, client: httpx2.Client) -> None:
        site = fresh()
        stored = ok(client.put("/v1/comments/1", json={"text": "x", "site": site, "author": ""}), 201)
        assert stored["author"] is None
        assert ok(client.put("/v1/comments/1", json={"text": "x", "site": site})) == stored, "the same again"

    def test_its_parent_and_article_are_its_context(self, client: httpx2.Client) -> None:
        site = fresh()
        ok(client.post("/v1/articles", json={"id": "a1", "title": "New tram", "comments": []}, params={"site": site}), 201)
        ok(client.put("/v1/comments/1", json={"text": "It is good.", "site": site, "article": "a1"}), 201)
        answer = ok(client.put("/v1/comments/2", json={"text": "It is not.", "site": site, "article": "a1", "reply_to": "1"}), 201)
        assert set(answer["scores"]) == {"toxicity", "stance", "reply_stance", "sentiment"}

    def test_what_cannot_be_scored_goes_to_review(self, client: httpx2.Client) -> None:
        found = ok(client.put("/v1/comments/1", json={"text": "\u200d", "site": fresh()}), 201)
        assert (found["scored"], found["reason"], found["action"], found["state"]) == (False, "empty", "review", "open")
        assert "could not be scored" in found["reasons"][0]["rule"]

    def test_a_nul_is_stored_as_a_sign_that_something_was_there(self, client: httpx2.Client) -> None:
        assert ok(client.put("/v1/comments/1", json={"text": "a\x00b", "site": fresh()}), 201)["text"] == "a\ufffdb"
        half = f'{{"text": "a\\ud83d", "site": "{fresh()}"}}'
        assert ok(client.put("/v1/comments/1", content=half.encode(), headers=JSON), 201)["text"] == "a\ufffd", "half of a surrogate pair"

    def test_ids_are_unique_per_site(self, client: httpx2.Client) -> None:
        for site in (fresh(), fresh()):
            ok(client.put("/v1/comments/same", json={"text": "x", "site": site}), 201)

    @pytest.mark.parametrize("id", ["a b", "ü.17", "comment:17", "x" * 200])
    def test_ids_are_the_callers(self, client: httpx2.Client, id: str) -> None:
        site = fresh()
        assert ok(client.put(f"/v1/comments/{id}", json={"text": "x", "site": site}), 201)["id"] == id
        assert ok(client.get(f"/v1/comments/{id}", params={"site": site}))["id"] == id

    def test_wrong_ids_times_and_unknown_comments(self, client: httpx2.Client) -> None:
        problem(client.put(f"/v1/comments/{'x' * 201}", json={"text": "x"}), 422, "invalid")
        for name in ("aa%2F", "aa%2Fb", "aa//"):
            problem(client.put(f"/v1/comments/{name}", json={"text": "x"}), 404, "not_found")
        problem(client.put("/v1/comments/1", json={"text": "x", "created_at": "yesterday"}), 422, "invalid")
        problem(client.get("/v1/comments/nobody"), 404, "not_found")
        problem(client.get("/v1/nothing"), 404, "not_found")
        for path, methods in (("comments/1", "GET, PUT"), ("articles", "GET, POST"), ("score", "POST")):
            refused = client.delete(f"/v1/{path}")
            problem(refused, 405, "method_not_allowed")
            assert refused.headers["allow"] == methods


class TestLists:
    def test_filters_and_cursors(self, client: httpx2.Client) -> None:
        site = fresh()
        for number in range(20):
            author = "Ana" if number % 2 else "Ben"
            ok(client.put(f"/v1/comments/{number}", json={"text": f"text {number}", "site": site, "author": author, "article": "a"}), 201)
        found = every(client, "/v1/comments", site=site)
        assert [one["id"] for one in found] == [str(number) for number in range(20)]
        assert len(every(client, "/v1/comments", site=site, author="Ana")) == 10
        states = [len(every(client, "/v1/comments", site=site, state=state)) for state in ("open", "decided")]
        assert sum(states) == 20
        assert every(client, "/v1/comments", site=site, article="none") == []

    @pytest.mark.parametrize("query", ["limit=201", "limit=0", "cursor=abc", "state=closed", "cursor=-1", "site=a&site=b"])
    def test_wrong_filters(self, client: httpx2.Client, query: str) -> None:
        problem(client.get(f"/v1/comments?{query}"), 422, "invalid")


class TestDecisions:
    def test_a_key_decides_only_where_it_may(self, server: Server, client: httpx2.Client) -> None:
        site = fresh()
        ok(client.put("/v1/comments/1", json={"text": "\u200d", "site": site}), 201)
        choice = {"action": "reject", "labels": ["insult"], "note": "rude", "version": 1}
        problem(client.post("/v1/comments/1/decisions", json=choice, params={"site": site}), 403, "scope")
        with server.client(server.key("decider", "--scope", "decide", "--scope", "read")) as decider:
            done = ok(decider.post("/v1/comments/1/decisions", json=choice, params={"site": site}), 201)
            assert (done["state"], done["action"]) == ("decided", "reject")
            ok(client.put("/v1/comments/1", json={"text": "\u200d\u200d", "site": site}))
            problem(decider.post("/v1/comments/1/decisions", json=choice, params={"site": site}), 409, "stale")
            problem(decider.post("/v1/comments/none/decisions", json=choice, params={"site": site}), 404, "not_found")
            problem(decider.post("/v1/comments/1/decisions", json={"action": "reject", "labels": ["ugly"]}), 422, "invalid")
            problem(decider.post("/v1/score", json={"comments": []}), 403, "scope")


def test_a_dry_run_says_what_the_policy_would_have_done(tiny_release: Path, tmp_path: Path) -> None:
    """Whoever tries a policy on a live site sees its word in each answer; what nobody could judge waits for a person all the same."""
    policy = tmp_path / "policy.toml"
    band = 'kind = "band"\noutput = "toxicity.toxicity"\nat_least = 0.0\naction = "reject"\n'
    policy.write_text(f'version = "1"\ndry_run = true\n[[rule]]\nname = "toxic"\n{band}')
    with running(tmp_path, tiny_release, "--policy", str(policy)) as server, server.client(server.key("dry")) as client:
        stored = ok(client.put("/v1/comments/1", json={"text": "You are an idiot."}), 201)
        assert (stored["action"], stored["state"], stored["would"]) == ("publish", "decided", "reject")
        assert (stored["reasons"][0]["rule"], stored["reasons"][0]["output"]) == ("toxic", "toxicity")
        assert ok(client.get("/v1/comments/1")) == stored
        empty = ok(client.put("/v1/comments/2", json={"text": ""}), 201)
        assert (empty["action"], empty["state"], empty["would"]) == ("review", "open", "review")
        metrics = client.get("/metrics").text
        assert 'threadwise_actions_total{action="publish",would="reject"} 1.0' in metrics
        assert 'threadwise_actions_total{action="review",would="review"} 1.0' in metrics


def test_the_model_says_what_it_is(client: httpx2.Client) -> None:
    value = ok(client.get("/v1/model"))
    assert set(value["heads"]) == {"toxicity", "stance", "reply_stance", "sentiment"}
    assert set(value["languages"]) == {"bg", "en", "vi"}
    assert value["thresholds"]["toxicity.toxicity"]
    assert value["notice"]


def test_every_answer_carries_its_model_and_a_request_id(server: Server, client: httpx2.Client) -> None:
    given = client.get("/v1/whoami", headers={"X-Request-ID": "mine-17"})
    assert given.headers["X-Request-ID"] == "mine-17"
    assert client.get("/v1/whoami", headers={"X-Request-ID": "a b\tc"}).headers["X-Request-ID"] != "a b\tc"
    for path in ("/healthz", "/nothing", "/v1/score"):
        found = httpx2.get(server.url + path)
        assert "@" in found.headers["X-Threadwise-Model"]
        assert found.headers["X-Content-Type-Options"] == "nosniff"
        assert "server" not in found.headers
