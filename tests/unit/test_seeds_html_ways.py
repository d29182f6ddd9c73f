"""The ways of reading an HTML page, each on a small page of our own."""

from __future__ import annotations

import seeds


def test_a_talk_page_is_read_by_its_signatures_and_indentation() -> None:
    def signed(user: str, clock: str) -> str:
        return (
            f'<a href="/wiki/Benutzerin:{user}">{user}!</a> (<a href="/w/index.php?title=Benutzerin_Diskussion:{user}">Diskussion</a>) '
            f"{clock}, 5. Mai 2020 (CEST)"
        )

    page = f"""<html><body><div class="mw-parser-output"><h2>Brücken<span class="mw-editsection">[Bearbeiten]</span></h2>
    <p>Die alte Brücke fehlt in der Liste.</p><p>Wer trägt sie ein? {signed("Ana_Pop", "12:34")}</p>
    <dl><dd>Ich sehe nach, siehe <a href="/wiki/Benutzer:Bo/Liste">meine Liste</a>. {signed("Bo", "12:40")}
      <ul><li>Danke! --{signed("Ana_Pop", "12:41")} Nachtrag: sehr sogar. {signed("Ana_Pop", "12:42")}</li></ul></dd>
      <dd>Steht schon drin. {signed("Cy", "13:00")}</dd></dl>
    <h2>Bahnen</h2><dl><dd>Und die Bahnen? {signed("Bo", "14:00")}</dd></dl></div></body></html>"""
    article = seeds.parse(page)
    assert article.read_by == "html/talk"
    assert [comment.author for comment in article.comments] == ["Ana Pop", "Bo", "Ana Pop", "Cy", "Bo"]
    assert [comment.text for comment in article.comments] == [
        "Die alte Brücke fehlt in der Liste.\nWer trägt sie ein?",
        "Ich sehe nach, siehe meine Liste.",
        "Danke! --\nNachtrag: sehr sogar.",
        "Steht schon drin.",
        "Und die Bahnen?",
    ]
    names = {comment.id: comment.text[:5] for comment in article.comments}
    assert [comment.reply_to and names[comment.reply_to] for comment in article.comments] == [None, "Die a", "Ich s", "Die a", None]
    assert article.comments[0].created_at == "2020-05-05T12:34:00+02:00"
