"""`telegram_message` nodes: a message of a bot in Telegram (sendMessage)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.template import Dynamic, Template
from wizard.model import Outcome, Proceed, Value
from wizard.node import Background, FormHint, NodeConfig, TokenResource, Visit
from wizard.nodes.out.chats import Answers, Bot, Call, TakeBack, words_of
from wizard.nodes.out.exchange import Sleep, TryAgainError

USUAL_URL: Final = "https://api.telegram.org"
MOST: Final = 4_096  # characters of a message
MOST_MARKUP: Final = 16_000  # characters of one with tags in it
_CHAT = re.compile(r"-?[0-9]{1,20}|@[A-Za-z0-9_]{4,64}")
_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{20,100}")
_GONE = "message to delete not found"
_ANSWERS = Answers((200, 400, 401, 403, 404, 429))


class TelegramMessageConfig(NodeConfig):
    """What is said to whom."""

    resource: Bot = Field(description="The bot's token, a resource of the kind `token`.")
    chat: Annotated[Dynamic, FormHint(group="Message")] = Field(
        description="The chat: its number, or the name of a public channel, like `@bookings`."
    )
    text: Annotated[Template, FormHint(group="Message", rows=6)] = Field(
        description="The message. In HTML, what {{ expressions }} put into it is escaped."
    )
    format: Annotated[Literal["plain", "html"], FormHint(group="Message")] = Field(
        "plain", description="Whether the text is plain, or has the tags that Telegram knows, like `<b>`."
    )
    silent: Annotated[bool, FormHint(group="Message")] = Field(False, description="Whether nobody's telephone rings.")
    take_back: TakeBack = Field(
        False, description="Whether the message is deleted where the step drops out of the run."
    )


class TelegramMessageNode(Background[TelegramMessageConfig]):
    """Sends a message to a chat of Telegram, as a bot.

    The resource holds the bot's token, which BotFather gave. A person has to have written to the bot first, and the bot
    has to be in a group, before it can write there.

    What somebody answered is words: in plain text all of it, and in HTML the values in it are escaped. Web pages in it
    have no preview. A text has up to 4,096 characters.

    The common keys `timeout` (for one try) and `retry` apply. Where Telegram says how long it is to be left alone, it
    is. A message is sent at least once: where the connection broke off just as Telegram had taken it, another try sends
    it again.

    With `take_back` the message is deleted where the step drops out of the run, which Telegram allows for 48 hours.
    Otherwise **there is no undo**.

    Outputs: `chat` and `message`, the numbers by which Telegram knows them; `error` where it failed and `on_error` goes
    on.
    """

    type = "telegram_message"
    title = "Send a Telegram message"
    group = "out"
    icon = "send"
    example: ClassVar[Mapping[str, Any]] = {
        "resource": "telegram",
        "chat": "@bookings",
        "text": "Somebody comes on <b>{{ today() }}</b>.",
        "format": "html",
    }
    own_retries = True
    Config = TelegramMessageConfig

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep

    def outputs(self, config: TelegramMessageConfig) -> frozenset[str]:
        return frozenset({"chat", "message", "error"})

    def example_output(self, config: TelegramMessageConfig) -> Mapping[str, Value]:
        return {"chat": 1, "message": 1}

    async def execute(self, visit: Visit[TelegramMessageConfig]) -> Outcome:
        config = visit.config
        resource = await visit.resource(config.resource, TokenResource)
        chat = config.chat.evaluate(visit.names)
        chat = chat.strip() if isinstance(chat, str) else chat
        if isinstance(chat, bool) or not isinstance(chat, int | str) or not _CHAT.fullmatch(str(chat)):
            what = "`chat` must be the number of a chat, or a name like @bookings. Check what it is made of."
            raise NodeFailed(what, people=Excuse.CHECK, lasting=True)
        html = config.format == "html"
        text = config.text.html(visit.names) if html else config.text.render(visit.names)
        body: dict[str, Value] = {
            "chat_id": chat,
            "text": words_of(text, MOST_MARKUP if html else MOST),
            "link_preview_options": {"is_disabled": True},
            "disable_notification": config.silent,
        }
        if html:
            body["parse_mode"] = "HTML"
        said = await _call(visit, resource, "sendMessage", body).made(self._sleep)
        where = said.get("chat")
        ids = {"chat": where.get("id") if isinstance(where, Mapping) else None, "message": said.get("message_id")}
        return Proceed({name: each if isinstance(each, int) else None for name, each in ids.items()})

    def undoes_with(self, config: TelegramMessageConfig) -> bool:
        return config.take_back

    async def remove(self, visit: Visit[TelegramMessageConfig]) -> None:
        sent = visit.output or {}
        if not visit.config.take_back or not isinstance(sent.get("message"), int):
            return
        resource = await visit.resource(visit.config.resource, TokenResource)
        body = {"chat_id": sent["chat"], "message_id": sent["message"]}
        await _call(visit, resource, "deleteMessage", body).made(self._sleep)


def _call(visit: Visit[Any], resource: TokenResource, method: str, body: Mapping[str, Value]) -> Call:
    token = resource.token.get_secret_value()
    if not _TOKEN.fullmatch(token):
        what = "The token of the resource isn't one of a Telegram bot, like 123456:ABC-DEF… . Correct it."
        raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
    address = f"{(resource.base_url or USUAL_URL).rstrip('/')}/bot{token}/{method}"
    return Call(visit, address, {}, body, _ANSWERS, _said)


def _said(answer: Mapping[str, Value]) -> Mapping[str, Value]:
    """What Telegram answered. Raises NodeFailed, TryAgainError where it may pass."""
    body, status = answer["body"], answer["status"]
    known = body if isinstance(body, Mapping) else {}
    if known.get("ok") is True:
        result = known.get("result")
        return result if isinstance(result, Mapping) else {}
    if _GONE in str(known.get("description")):
        return {}
    if status == 429:
        more = known.get("parameters")
        wait = more.get("retry_after") if isinstance(more, Mapping) else None
        seconds = float(wait) if isinstance(wait, int) and 0 <= wait < 10**9 else 0.0
        raise TryAgainError("Telegram wants to be left alone for a while (status 429).", seconds)
    what = f"Telegram refused the message (status {status}). Check the bot's token, and that the bot may write there."
    raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
