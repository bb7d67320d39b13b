"""`slack_message` and `telegram_message` nodes against counterparts of Slack and Telegram."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from tests.chats import SLACK_TOKEN, TELEGRAM_TOKEN, Chats, chats
from tests.unit.nodes.handing import Pauses, visit_of
from wizard.errors import Excuse, NodeFailed
from wizard.model import Proceed, Retry
from wizard.node import NodeType, Resource, Services, TokenResource
from wizard.nodes.out.slack import SlackMessageNode
from wizard.nodes.out.telegram import TelegramMessageNode
from wizard.resources.handing import Resources, given
from wizard.settings import Settings

SLACK = {"resource": "slack", "channel": "#bookings"}
TELEGRAM = {"resource": "telegram", "chat": -100}
NASTY = "<b>&</b> <!channel> <@U1> <http://a.example|here> {{ 7 * 7 }}"


class Rooms:
    """Both chats, and nodes that reach them."""

    def __init__(self, there: Chats) -> None:
        self.there = there
        self.pauses = Pauses()
        self.resources: dict[str, Resource] = {
            "slack": there.resource(SLACK_TOKEN),
            "telegram": there.resource(TELEGRAM_TOKEN),
            "hook": there.resource(f"{there.url}/services/T0/B0/s3cret"),
        }
        self.services = Services(settings=Settings(allow_private_addresses=True))

    def visit(self, node: NodeType[Any], data: Any = None, *, output: Any = None, **config: Any) -> Any:
        self.services = replace(self.services, resources=Resources((given(self.resources),)))
        return visit_of(node, config, data, services=self.services, retry=Retry(attempts=2), output=output)

    async def said(self, kind: type[SlackMessageNode | TelegramMessageNode], data: Any = None, **config: Any) -> Any:
        node = kind(self.pauses)
        outcome = await node.execute(self.visit(node, data, **config))
        assert isinstance(outcome, Proceed)
        return outcome.output


@pytest.fixture
async def rooms() -> AsyncIterator[Rooms]:
    async with chats() as there:
        made = Rooms(there)
        yield made
        for shared in made.services.shared.values():
            await shared.close()


async def test_slack_shows_words_as_words(rooms: Rooms) -> None:
    """An answer must not call a whole company, nor hide an address behind a word."""
    output = await rooms.said(SlackMessageNode, {"x": NASTY}, **SLACK, text="*New*\n{{ x }}")
    assert output["channel"] == "C0123456789"
    message = rooms.there.said[output["ts"]]
    assert message["text"] == (
        "*New*\n&lt;b&gt;&amp;&lt;/b&gt; &lt;!channel&gt; &lt;@U1&gt; &lt;http://a.example|here&gt; {{ 7 * 7 }}"
    )
    assert message["unfurl_links"] is message["unfurl_media"] is False
    assert await rooms.said(SlackMessageNode, resource="hook", text="Hi") == {"channel": None, "ts": None}
    assert rooms.there.calls[-1][1]["text"] == "Hi"


async def test_telegram_shows_words_as_words(rooms: Rooms) -> None:
    """An author's tags count, an answer's never do."""
    await rooms.said(TelegramMessageNode, {"x": NASTY}, **TELEGRAM, text="<b>New</b> {{ x }}", format="html")
    await rooms.said(TelegramMessageNode, {"x": NASTY}, **TELEGRAM, text="<b>New</b> {{ x }}", silent=True)
    (_, html), (_, text) = rooms.there.calls
    assert html["parse_mode"] == "HTML"
    assert html["text"].startswith("<b>New</b> &lt;b&gt;&amp;&lt;/b&gt; &lt;!channel&gt;")
    assert "parse_mode" not in text
    assert text["text"] == f"<b>New</b> {NASTY}"
    assert text["disable_notification"] is text["link_preview_options"]["is_disabled"] is True


@pytest.mark.parametrize("channel", ["", "#a b", "#a\nb", "#a,#b", "{{ x }}"])
async def test_slack_writes_to_one_channel(rooms: Rooms, channel: str) -> None:
    """An answer can't add channels to that which the author named."""
    with pytest.raises(NodeFailed) as failed:
        await rooms.said(SlackMessageNode, {"x": "<!here>"}, resource="slack", channel=channel, text="Hi")
    assert failed.value.people is Excuse.CHECK
    assert rooms.there.calls == []


@pytest.mark.parametrize("chat", ["", "bookings", "@a b", "12a", True, None, [1], "@bookings\n", 1.5])
async def test_telegram_writes_to_one_chat(rooms: Rooms, chat: Any) -> None:
    """A value that is no chat is told here, and not by a service that guesses."""
    if chat == "@bookings\n":
        assert (await rooms.said(TelegramMessageNode, {"x": chat}, resource="telegram", chat="{{ x }}", text="a"))[
            "chat"
        ]
        return
    with pytest.raises(NodeFailed) as failed:
        await rooms.said(TelegramMessageNode, {"x": chat}, resource="telegram", chat="{{ x }}", text="Hi")
    assert failed.value.people is Excuse.CHECK
    assert rooms.there.calls == []


@pytest.mark.parametrize("text", ["", "  \n", "{{ x }}", "{{ x * 3000 }}"])
async def test_what_is_nothing_or_too_much_is_not_sent(rooms: Rooms, text: str) -> None:
    """A message that the service would cut off or refuse is told before it is sent."""
    data = {"x": "" if text == "{{ x }}" else "ab"}
    for kind, config in ((SlackMessageNode, SLACK), (TelegramMessageNode, TELEGRAM)):
        with pytest.raises(NodeFailed, match="`text` must have 1 to"):
            await rooms.said(kind, data, **config, text=text)
    assert rooms.there.calls == []


async def test_they_are_left_alone_as_long_as_they_say(rooms: Rooms) -> None:
    """Who goes on in spite of a 429 is locked out for longer."""
    rooms.there.says = [(429, {"ok": False}, {"Retry-After": "4"})]
    await rooms.said(SlackMessageNode, **SLACK, text="Hi")
    rooms.there.says = [(429, {"ok": False, "error_code": 429, "parameters": {"retry_after": 5}}, {})]
    await rooms.said(TelegramMessageNode, **TELEGRAM, text="Hi")
    rooms.there.says = [(200, {"ok": False, "error": "internal_error"}, {})]
    await rooms.said(SlackMessageNode, **SLACK, text="Hi")
    assert rooms.pauses[:2] == [4.0, 5.0]
    assert len(rooms.there.said) == 3


async def test_what_is_refused_is_told_without_the_token(rooms: Rooms, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever runs the service reads which error it was; the token is in no log, that of an address neither."""
    caplog.set_level(logging.DEBUG)
    rooms.resources["slack"] = rooms.there.resource("xoxb-wr0ng-s3cret")
    rooms.resources["telegram"] = rooms.there.resource("1:wr0ng-s3cret-wr0ng-s3cret")
    for kind, config, told in (
        (SlackMessageNode, SLACK, r"Slack refused the message \(invalid_auth\)"),
        (TelegramMessageNode, TELEGRAM, r"Telegram refused the message \(status 401\)"),
    ):
        with pytest.raises(NodeFailed, match=told) as failed:
            await rooms.said(kind, **config, text="Hi")
        assert failed.value.lasting
        logged = [
            str(line.msg) % line.args for line in caplog.records if line.name != "aiohttp.access"
        ]  # the service's
        assert "s3cret" not in f"{failed.value!r} {failed.value.__context__!r} {logged}"
    rooms.there.says = [(200, {"ok": False, "error": "<s3cret>"}, {}), (200, "s3cret", {})]
    for _ in range(2):
        with pytest.raises(NodeFailed, match="none of Slack's") as failed:
            await rooms.said(SlackMessageNode, **SLACK, text="Hi")
        assert "s3cret" not in failed.value.message


@pytest.mark.parametrize(
    ("kind", "token"),
    [
        (SlackMessageNode, "https://hooks.evil.example/services/s3cret"),
        (TelegramMessageNode, "1:s3cret/../../x"),
        (TelegramMessageNode, "s3cret"),
    ],
)
async def test_a_token_of_another_kind_is_refused_unseen(rooms: Rooms, kind: Any, token: str) -> None:
    """A token that is put into an address must not lead elsewhere; the mistake may be nearly the token."""
    rooms.resources["slack"] = rooms.resources["telegram"] = TokenResource.model_validate({"token": token})
    config = SLACK if kind is SlackMessageNode else TELEGRAM
    with pytest.raises(NodeFailed, match="of the resource isn't one of") as failed:
        await rooms.said(kind, **config, text="Hi")
    assert "s3cret" not in failed.value.message


@pytest.mark.parametrize(("kind", "config"), [(SlackMessageNode, SLACK), (TelegramMessageNode, TELEGRAM)])
async def test_a_message_is_deleted_where_that_is_said(rooms: Rooms, kind: Any, config: Any) -> None:
    """Who takes another way after all leaves no wrong message; one that is gone already is no failure."""
    node = kind()
    for take_back in (True, False):
        output = await rooms.said(kind, **config, text="Hi", take_back=take_back)
        visit = rooms.visit(node, output={"chat": -100, **output}, **config, text="Hi", take_back=take_back)
        assert node.undoes_with(visit.config) is take_back
        await node.remove(visit)
        await node.remove(visit)
        assert len(rooms.there.said) == (0 if take_back else 1)
    await node.remove(rooms.visit(node, **config, text="Hi", take_back=True))
