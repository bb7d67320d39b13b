"""Messages have the looks that authors write, and no more than pages show; their words are as ever."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.chatting import Chat
from tests.rules.test_markdown_in_texts import TEMPLATES, TYPED
from tests.unit.expressions.test_template import Data
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.message_json import message_json
from wizard.channels.conversation.rich import Rich, enumerated, in_line, joined, stored_looks, strong
from wizard.expressions.template import parse
from wizard.forms.prose import line_html, prose_html
from wizard.model.talk import Utterance
from wizard.testing import make_test_engine

TERMS = {
    "id": "main",
    "text": "All of it is **free**.",
    "help": [{"ask": "Who are you?", "answer": "The [archive](https://example.org)."}],
    "input": {"name": {"type": "text"}},
    "nodes": [
        {
            "id": "hello",
            "type": "message",
            "title": "Hello {{ input.name }}",
            "text": "Read **the terms** of {{ input.name }} [here](https://example.org/{{ input.name }}) or "
            "[there](#b).\n\n- *One*\n- two",
        },
        {
            "id": "you",
            "type": "form",
            "title": "You",
            "fields": [{"name": "age", "type": "integer", "label": "Your age", "hint": "- In **years**"}],
        },
        {"id": "check", "type": "review", "title": "Check"},
        {"id": "done", "type": "end", "title": "Done"},
    ],
}


def written(pieces: Any) -> str:
    """A message's looks as one line, elements in brackets."""
    return "".join(
        each["text"] if each["kind"] == "text" else f"<{' '.join(filter(None, (each['kind'], each.get('text'))))}>"
        for each in pieces
    )


def looks(said: Utterance) -> str:
    return written(message_json(said, rich=True).get("rich", []))


async def talk(name: str) -> tuple[Chat, list[Utterance]]:
    engine = await make_test_engine(TERMS)
    talks = Conversations(engine)
    view = await talks.begin("main", {"name": name})
    return Chat(engine, talks, view, list(view.said)), list(view.said)


async def test_what_a_conversation_shows_as_pages_do() -> None:
    """Authors' bold, emphasis, lists and links arrive at who shows them; what was typed stays what it is, and who shows
    none of it reads the words."""
    chat, said = await talk("**A** b](x)")
    assert [one.text for one in said[:2]] == [
        "All of it is free.",
        "Hello **A** b](x)\n\nRead the terms of **A** b](x) here "
        "(https://example.org/%2A%2AA%2A%2A%20b%5D%28x%29) or there (#b).\n\n- One\n- two",
    ]
    assert [type(one.text) for one in said] == [str] * len(said)
    assert looks(said[0]) == "<p>All of it is <strong>free</strong>.</p>"
    assert looks(said[1]) == (
        "<p><strong>Hello **A** b](x)</strong></p><p>Read <strong>the terms</strong> of **A** b](x) "
        "<link https://example.org/%2A%2AA%2A%2A%20b%5D%28x%29>here</link> or there.</p>"
        "<ul><li -><em>One</em></li><li ->two</li></ul>"
    )
    assert looks(said[-1]) == "<p>Your age</p><p>- In <strong>years</strong></p>"  # a hint is one line
    await chat.says("Who are you?")
    assert looks(chat.heard[0]) == "<p>The <link https://example.org>archive</link>.</p>"
    await chat.says("old")
    assert looks(chat.heard[0]).endswith("<p>Your age</p><p>- In <strong>years</strong></p>")
    await chat.says("7")
    assert looks(chat.heard[-1]).startswith("<ol 1><li 1.>Your age: <strong>7</strong></li></ol><p>")
    assert "rich" not in message_json((await chat.presses("Continue")).heard[-1], rich=True)
    kept = await chat.engine.said(chat.id, 0)
    assert looks(kept[1]) == looks(said[1])


class Elements(HTMLParser):
    """What begins on a page, links with their addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.met: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.met += [] if tag == "br" else [f"{tag} {dict(attrs).get('href', '')}"]


@given(st.sampled_from(TEMPLATES), TYPED, TYPED)
def test_never_more_than_the_pages_show(template: str, a: str, b: str) -> None:
    """Somebody's answer would become a link, or a look, in the words of whoever asks."""
    text = parse(template).prose(Data(a=a, b=b))
    for rich, html in ((joined("\n\n", (text,)), prose_html(text)), (in_line(text), line_html(text))):
        shown = [
            f"a {piece['text']}" if piece["kind"] == "link" else f"{piece['kind']} "
            for piece in stored_looks(rich).get("rich", [])
            if piece["kind"] in ("link", "strong", "em", "ul", "ol", "li")
        ]
        allowed = [each for each in Elements(html).met if not each.startswith(("p ", "a #"))]
        assert shown in ([], allowed)
        assert shown == allowed or not any(each.startswith(("a ", "strong", "em")) for each in allowed)


@given(st.lists(st.text(alphabet="a* \n-[]()", max_size=12), max_size=4))
def test_plain_texts_have_no_looks(texts: list[str]) -> None:
    """What is no author's markup is never read as such."""
    together = joined("\n\n", texts)
    assert not isinstance(together, Rich)
    assert together == "\n\n".join(text.strip() for text in texts if text.strip())
    assert in_line(*texts) == "".join(texts)
    assert stored_looks(together) == {}


def test_lists_of_answers() -> None:
    """A question mark isn't followed by a colon; what has no answer is named alone."""
    made = enumerated([("Which day?", "27 March"), ("Name", "Ann\nLee"), ("Notes", " ")])
    assert made == "1. Which day? 27 March\n2. Name: Ann\nLee\n3. Notes"
    assert enumerated([]) == strong(" ") == ""
    assert json.loads(json.dumps(stored_looks(made)))["rich"][2] == {"kind": "text", "text": "Which day? "}
