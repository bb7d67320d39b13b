"""`confirm_email` nodes: a person shows that an e-mail address is theirs. The example of a StatefulNode.

    ask ──send──> code ──correct──> confirmed
     ^             │ ^ └─ send (another code)
     └────void─────┘

The code never is in stored data: there is a salted scrypt hash of it and the address, which takes longer
to try a million times than the code is valid. What is sent is limited per step; a `send` function should
limit it per address as well, since a person can start more than one run.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import scrypt
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wizard.expressions.template import Template
from wizard.forms.characters import folded
from wizard.locale.sentences import Sentence, counted, sentence, sentence_for
from wizard.locale.words import words_in
from wizard.model import Item, Prompt, PromptField, Value
from wizard.node import FormHint, FunctionCall, NodeConfig, Visit
from wizard.node.retry import persevere
from wizard.node.stateful import Reject, StatefulNode
from wizard.nodes.out.python import FunctionName, call_function

DIGITS = 6
WINDOW = timedelta(hours=1)
RESEND = "resend"  # a checkbox beside the code, and what can be typed instead of a code
_RESEND = sentence_for("typed instead of a code", "resend")
_ADDRESS = sentence("Email address")


class ConfirmEmailConfig(NodeConfig):
    """Which address is confirmed, and how."""

    send: Annotated[FunctionName, FormHint(label="Function")] = Field(
        description="The name of a function of your application that sends the code. It gets `email` and `code`."
    )
    email: Annotated[Template | None, FormHint(label="Email address")] = Field(
        None, description="The address. Without it, or where it gives no address, the person is asked for one."
    )
    valid_minutes: Annotated[int, FormHint(label="Minutes", group="Limits")] = Field(
        15, ge=1, le=24 * 60, description="How long a code can be used, in minutes."
    )
    tries: Annotated[int, FormHint(group="Limits")] = Field(
        3, ge=1, le=10, description="How often a code can be entered."
    )
    codes: Annotated[int, FormHint(group="Limits")] = Field(
        5, ge=1, le=20, description="How many codes are sent within an hour."
    )


class ConfirmEmailNode(StatefulNode[ConfirmEmailConfig]):
    """Confirms an email address by a code of six digits that is sent to it.

    Outputs: `email`, the address as it was confirmed, and `confirmed`, which is true.
    """

    type = "confirm_email"
    title = "Confirm an email address"
    group = "ask"
    icon = "mail-check"
    example: ClassVar[Mapping[str, Any]] = {"send": "send_code", "valid_minutes": 10}
    Config = ConfirmEmailConfig
    states = ("ask", "code", {"name": "confirmed", "final": True})
    initial = "ask"
    transitions = (
        {"trigger": "send", "source": ["ask", "code", "confirmed"], "dest": "code", "conditions": "may_send"},
        {"trigger": "correct", "source": "code", "dest": "confirmed"},
        {"trigger": "void", "source": "code", "dest": "ask"},
    )

    def __init__(self, randbelow: Callable[[int], int] = secrets.randbelow) -> None:
        self._randbelow = randbelow

    def outputs(self, config: ConfirmEmailConfig) -> frozenset[str]:
        return frozenset({"email", "confirmed"})

    def example_output(self, config: ConfirmEmailConfig) -> Mapping[str, Value]:
        return {"email": "someone@example.com", "confirmed": True}

    def functions(self, config: ConfirmEmailConfig) -> frozenset[str]:
        return frozenset({config.send})

    def function_calls(self, config: ConfirmEmailConfig) -> tuple[FunctionCall, ...]:
        return (FunctionCall(("send",), config.send, frozenset({"email", "code"})),)

    # -- the states ------------------------------------------------------------------------------------

    async def on_ask(self, visit: Visit[ConfirmEmailConfig]) -> str | None:
        address = _given(visit)
        if address is None or address == visit.state.get("to"):
            return None
        visit.state["to"] = address
        return "send"

    async def on_code(self, visit: Visit[ConfirmEmailConfig]) -> None:
        code = f"{self._randbelow(10**DIGITS):0{DIGITS}}"
        salt = secrets.token_bytes(16)
        visit.state |= {
            "salt": salt,
            "hash": await _hash(visit.state["to"], code, salt),
            "until": visit.now + timedelta(minutes=visit.config.valid_minutes),
            "tries": visit.config.tries,
            "sent": [*_recent(visit), visit.now],
        }
        message = {"email": visit.state["to"], "code": code}
        await persevere(lambda own: call_function(own, visit.config.send, message), visit)

    async def on_confirmed(self, visit: Visit[ConfirmEmailConfig]) -> None:
        visit.state["email"] = visit.state["to"]
        for secret in ("salt", "hash", "until", "tries"):
            del visit.state[secret]

    def may_send(self, visit: Visit[ConfirmEmailConfig]) -> bool:
        return len(_recent(visit)) < visit.config.codes

    def refuse(self, visit: Visit[ConfirmEmailConfig], trigger: str) -> Reject:
        wait = min(_recent(visit)) + WINDOW - visit.now
        minutes = max(1, -int(-wait.total_seconds() // 60))
        words = counted(
            "Too many codes were sent. You can ask for another one in {count} minute.",
            "Too many codes were sent. You can ask for another one in {count} minutes.",
            minutes,
        )
        return Reject(error=words.in_language(visit.language))

    def outdated(self, visit: Visit[ConfirmEmailConfig]) -> bool:
        return _given(visit) not in (None, visit.state.get("to"))

    # -- what is typed ---------------------------------------------------------------------------------

    async def receive(self, visit: Visit[ConfirmEmailConfig]) -> str | Reject | None:
        given = visit.input or {}
        if self.state(visit) == "code":
            return await self._receive_code(visit, given)
        if _given(visit) is None:
            address = _address(given.get("email"))
            if address is None:
                words = sentence("Enter an email address, like name@example.com")
                return Reject({"email": words.in_language(visit.language)})
            if self.state(visit) == "confirmed" and address == visit.state["email"]:
                return None
            visit.state["to"] = address
            return "send"
        return "send" if self.state(visit) == "ask" else None

    async def _receive_code(self, visit: Visit[ConfirmEmailConfig], given: Mapping[str, Value]) -> str | Reject:
        typed = folded(str(given.get("code") or "")[:50]).strip()
        word = _RESEND.in_language(visit.language)
        if given.get(RESEND) in (True, "true", "yes", "on", "1") or typed.lower() in (RESEND, word.lower()):
            return "send"
        code = "".join(typed.replace("-", "").split())
        if len(code) != DIGITS or not (code.isascii() and code.isdecimal()):
            return _wrong(visit, sentence("Enter the {digits} digits of the code", digits=DIGITS))
        if visit.now > visit.state["until"]:
            return _wrong(visit, sentence("This code has expired. Ask for a new one"))
        if hmac.compare_digest(await _hash(visit.state["to"], code, visit.state["salt"]), visit.state["hash"]):
            return "correct"
        visit.state["tries"] -= 1
        if visit.state["tries"]:
            left = counted(
                "This isn't the code that we sent. You can try {count} more time",
                "This isn't the code that we sent. You can try {count} more times",
                visit.state["tries"],
            )
            return _wrong(visit, left)
        words = sentence("A wrong code was entered too many times. Ask for a new one.")
        return Reject(error=words.in_language(visit.language), trigger="void")

    # -- what is shown ---------------------------------------------------------------------------------

    def prompt(self, visit: Visit[ConfirmEmailConfig]) -> Prompt:
        say = words_in(visit.language).say
        title = visit.title or say(sentence("Confirm your email address"))
        state, to = self.state(visit), visit.state.get("to", "")
        if state == "code":
            sent = counted(
                "We sent a {digits}-digit code to {address}. You can use it for {count} minute.",
                "We sent a {digits}-digit code to {address}. You can use it for {count} minutes.",
                visit.config.valid_minutes,
                digits=DIGITS,
                address=to,
            )
            return Prompt(visit.step, self.type, title, say(sent), _code_fields(visit.language))
        email = visit.state.get("email") if state == "confirmed" else None
        text = say(sentence("{address} is confirmed.", address=email)) if email else ""
        if _given(visit) is not None:
            text = text or say(sentence("We will send a code to {address}.", address=to))
            return Prompt(visit.step, self.type, title, text, submit="" if email else say(sentence("Send a code")))
        shown = email or to or (visit.draft or {}).get("email")
        field = PromptField("email", "email", say(_ADDRESS), value=shown, options={"autocomplete": "email"})
        return Prompt(visit.step, self.type, title, text, (field,))

    def accepts(self, visit: Visit[ConfirmEmailConfig]) -> bool:
        return _given(visit) in (None, (visit.output or {}).get("email"))

    def output(self, visit: Visit[ConfirmEmailConfig]) -> Mapping[str, Value]:
        return {"email": visit.state["email"], "confirmed": True}

    def summary(self, visit: Visit[ConfirmEmailConfig]) -> tuple[Item, ...]:
        label = _ADDRESS.in_language(visit.language)
        return (Item(label, str((visit.output or {}).get("email", "")), step=visit.step),)


def _wrong(visit: Visit[ConfirmEmailConfig], words: Sentence) -> Reject:
    return Reject({"code": words.in_language(visit.language)})


def _code_fields(language: str) -> tuple[PromptField, ...]:
    say = words_in(language).say
    typed = say(sentence("Enter {word} to get a new one", word=_RESEND))  # for channels without buttons
    options = {"autocomplete": "one-time-code", "inputmode": "numeric", "max_length": 20, "typed_hint": typed}
    return (
        PromptField("code", "text", say(sentence_for("that was sent", "Code")), options=options),
        PromptField(RESEND, "boolean", say(sentence("Send me a new code")), required=False, options={"button": True}),
    )


def _given(visit: Visit[ConfirmEmailConfig]) -> str | None:
    """The address that the definition names, None where the person is to be asked for one."""
    return None if visit.config.email is None else _address(visit.config.email.render(visit.names))


def _address(text: Any) -> str | None:
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(folded(text).strip(), check_deliverability=False).normalized
    except (AttributeError, EmailNotValidError):
        return None


def _recent(visit: Visit[ConfirmEmailConfig]) -> list[datetime]:
    """When codes were sent within the last hour."""
    return [at for at in visit.state.get("sent", ()) if at > visit.now - WINDOW]


async def _hash(address: str, code: str, salt: bytes) -> bytes:
    """In a thread, since it is meant to take a while (some 10 ms and 4 MB)."""
    return await asyncio.to_thread(scrypt, f"{address} {code}".encode(), salt=salt, n=2**12, r=8, p=1, dklen=32)
