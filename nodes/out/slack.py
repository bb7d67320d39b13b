"""`slack_message` nodes: a message in Slack, as a bot (chat.postMessage) or by an incoming webhook."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.template import Template
from wizard.model import Outcome, Proceed, Value
from wizard.node import Background, FormHint, NodeConfig, TokenResource, Visit
from wizard.nodes.out.chats import Answers, Bot, Call, TakeBack, words_of
from wizard.nodes.out.exchange import Sleep, TryAgainError

USUAL_URL: Final = "https://slack.com"
USUAL_HOOKS: Final = "https://hooks.slack.com"
MOST: Final = 4_000  # characters that Slack shows well
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_CHANNEL = re.compile(r"[#@]?[\w.-]{1,80}")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,60}")
_PASSING = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "ratelimited"})


class SlackMessageConfig(NodeConfig):
    """What is said where."""

    resource: Bot = Field(description="The bot's token, or the address of an incoming webhook: a resource (`token`).")
    channel: Annotated[Template | None, FormHint(group="Message")] = Field(
        None, description="The channel, by its id or name, like `#bookings`. An incoming webhook has one already."
    )
    text: Annotated[Template, FormHint(group="Message", rows=6)] = Field(
        description="The message. `*bold*`, `_italic_` and line breaks are as Slack has them; `<` is no tag."
    )
    take_back: TakeBack = Field(
        False, description="Whether the message is deleted where the step drops out of the run; a bot's, no webhook's."
    )


class SlackMessageNode(Background[SlackMessageConfig]):
    """Sends a message to a channel of Slack.

    The resource holds the token of a bot (`xoxb-…`, with the scope `chat:write`), or the address of an incoming webhook
    (`https://hooks.slack.com/…`), which is a secret as well. A bot has to be in the channel.

    Nobody is mentioned and no link is hidden behind other words by what somebody answered: `<`, `>` and `&` are shown
    as they are. Addresses of web pages are links, as everywhere in Slack, without a preview.

    The common keys `timeout` (for one try) and `retry` apply. Where Slack says how long it is to be left alone, it is.
    A message is sent at least once: where the connection broke off just as Slack had taken it, another try sends it
    again.

    With `take_back` a bot's message is deleted where the step drops out of the run. Otherwise **there is no undo**.

    Outputs: `channel` and `ts`, by which Slack knows the message, null with a webhook; `error` where it failed and
    `on_error` goes on.
    """

    type = "slack_message"
    title = "Send a Slack message"
    group = "out"
    icon = "message-square"
    example: ClassVar[Mapping[str, Any]] = {
        "resource": "slack",
        "channel": "#bookings",
        "text": "Somebody comes on *{{ today() }}*.",
    }
    own_retries = True
    Config = SlackMessageConfig

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep

    def outputs(self, config: SlackMessageConfig) -> frozenset[str]:
        return frozenset({"channel", "ts", "error"})

    def example_output(self, config: SlackMessageConfig) -> Mapping[str, Value]:
        return {"channel": "C0123456789", "ts": "1774612800.000100"}

    async def execute(self, visit: Visit[SlackMessageConfig]) -> Outcome:
        config = visit.config
        resource = await visit.resource(config.resource, TokenResource)
        body: dict[str, Value] = {
            "text": words_of(config.text.render(visit.names), MOST).translate(_ESCAPES),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        token = resource.token.get_secret_value()
        if token.startswith(("https://", "http://")):
            await Call(visit, _hook(resource), {}, body, Answers(), lambda answer: answer).made(self._sleep)
            return Proceed({"channel": None, "ts": None})
        channel = "" if config.channel is None else config.channel.render(visit.names).strip()
        if not _CHANNEL.fullmatch(channel):
            what = "`channel` must be the id or name of a channel, like #bookings. Check what it is made of."
            raise NodeFailed(what, people=Excuse.CHECK, lasting=True)
        said = await _call(visit, resource, "chat.postMessage", {"channel": channel, **body}).made(self._sleep)
        return Proceed({name: str(said[name])[:100] if said.get(name) else None for name in ("channel", "ts")})

    def undoes_with(self, config: SlackMessageConfig) -> bool:
        return config.take_back

    async def remove(self, visit: Visit[SlackMessageConfig]) -> None:
        sent = visit.output or {}
        if not visit.config.take_back or not sent.get("ts"):
            return
        resource = await visit.resource(visit.config.resource, TokenResource)
        await _call(visit, resource, "chat.delete", {"channel": sent["channel"], "ts": sent["ts"]}).made(self._sleep)


def _hook(resource: TokenResource) -> str:
    """The address of an incoming webhook, at a server of one's own where the resource says so."""
    address = resource.token.get_secret_value()
    if not address.startswith(f"{(resource.base_url or USUAL_HOOKS).rstrip('/')}/"):
        what = "The webhook of the resource isn't one of https://hooks.slack.com/. Correct it, or say its `base_url`."
        raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
    return address


def _call(visit: Visit[Any], resource: TokenResource, method: str, body: Mapping[str, Value]) -> Call:
    headers = {"Authorization": f"Bearer {resource.token.get_secret_value()}"}
    address = f"{(resource.base_url or USUAL_URL).rstrip('/')}/api/{method}"
    return Call(visit, address, headers, body, Answers(), _said)


def _said(answer: Mapping[str, Value]) -> Mapping[str, Value]:
    """What Slack answered. Raises NodeFailed, TryAgainError where it may pass."""
    body = answer["body"]
    if isinstance(body, Mapping) and (body.get("ok") is True or body.get("error") == "message_not_found"):
        return body
    code = str(body.get("error")) if isinstance(body, Mapping) else ""
    code = code if _CODE.fullmatch(code) else "an answer that is none of Slack's"
    if code in _PASSING:
        raise TryAgainError(f"Slack can't take the message for now ({code}).")
    what = f"Slack refused the message ({code}). Check the bot's token, its scopes, and the channel."
    raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
