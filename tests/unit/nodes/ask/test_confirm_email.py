"""Confirming an e-mail address, told as conversations. Between two answers the state is packed and
unpacked, and the node is a new one: any process can go on with a step."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.nodes.handing import NOW, visit_of
from wizard.model import Item, Outcome, Proceed, Prompt, Value, Wait
from wizard.model import values as codec
from wizard.node import Visit
from wizard.nodes.ask.confirm_email import ConfirmEmailConfig, ConfirmEmailNode

CONFIRMED = Proceed({"email": "ada@example.com", "confirmed": True})


class Person:
    """Answers the node. `mails` is what was sent: (address, code); the codes are 000001, 000002 …"""

    def __init__(self, data: Mapping[str, Any] | None = None, **config: Any) -> None:
        self.config = {"send": "send_code", **config}
        self.data = data or {}
        self.mails: list[tuple[str, str]] = []
        self.stored = codec.pack({})
        self.output: Mapping[str, Value] | None = None
        self.now = NOW
        self.working = True

    async def send_code(self, email: str, code: str) -> None:
        if not self.working:
            raise OSError("the mail server is down")
        self.mails.append((email, code))

    def visit(self, answers: Mapping[str, Value] | None = None, draft: Mapping[str, Value] | None = None) -> Visit[Any]:
        drawn = len(self.mails) + 1
        return visit_of(
            ConfirmEmailNode(lambda _: drawn),
            self.config,
            self.data,
            functions={"send_code": self.send_code},
            now=self.now,
            input=answers,
            draft=draft,
            output=self.output,
            state=codec.unpack(self.stored),
        )

    async def say(self, **answers: Value) -> Outcome:
        return await self._execute(self.visit(answers))

    async def look(self) -> Prompt:
        outcome = await self._execute(self.visit())
        assert isinstance(outcome, Wait)
        return outcome.prompt

    async def _execute(self, visit: Visit[Any]) -> Outcome:
        try:
            outcome: Outcome = await visit.node.handler.execute(visit)
        finally:
            self.stored = codec.pack(visit.state)
        if isinstance(outcome, Proceed):
            self.output = outcome.output
        return outcome

    async def is_told(self, **answers: Value) -> str | None:
        """What stands beside the input after these answers; they must not have been accepted."""
        outcome = await self.say(**answers)
        assert isinstance(outcome, Wait)
        assert outcome.rejected
        errors = [outcome.prompt.error, *(each.error for each in outcome.prompt.fields)]
        return next((each for each in errors if each is not None), None)

    async def is_asked(self, **answers: Value) -> list[str]:
        """The fields that are asked after these answers; they must have been taken without complaint."""
        outcome = await self.say(**answers)
        assert isinstance(outcome, Wait)
        assert not outcome.rejected
        assert not outcome.prompt.has_errors
        return names(outcome.prompt)


def names(prompt: Prompt) -> list[str]:
    return [each.name for each in prompt.fields]


async def test_ask_send_check() -> None:
    """The way everybody takes."""
    person = Person()
    assert names(await person.look()) == ["email"]
    assert person.mails == []
    outcome = await person.say(email=" ada@EXAMPLE.com ")
    assert isinstance(outcome, Wait)
    assert outcome.prompt.text == "We sent a 6-digit code to ada@example.com. You can use it for 15 minutes."
    assert names(outcome.prompt) == ["code", "resend"]
    assert person.mails == [("ada@example.com", "000001")]
    assert await person.say(code="000 001") == CONFIRMED


async def test_an_address_that_is_known_is_not_asked_for() -> None:
    """A person who gave an address in a form should only see the code page."""
    person = Person({"form": {"email": "ada@example.com"}}, email="{{ form.email }}")
    assert names(await person.look()) == ["code", "resend"]
    assert await person.say(code="000001") == CONFIRMED


async def test_an_address_that_is_known_and_none_is_asked_for() -> None:
    """The form's field may have been optional."""
    person = Person({"form": {"email": None}}, email="{{ form.email }}")
    assert names(await person.look()) == ["email"]
    assert await person.is_asked(email="ada@example.com") == ["code", "resend"]
    assert await person.say(code="000001") == CONFIRMED


async def test_reloading_the_page_sends_nothing() -> None:
    """Each reload would make the code in the person's hand worthless."""
    person = Person({"form": {"email": "ada@example.com"}}, email="{{ form.email }}")
    for _ in range(3):
        await person.look()
    assert len(person.mails) == 1


@pytest.mark.parametrize("email", ["", "ada", "ada@", "ada@example", None, 7, ["ada@example.com"], "a@b@c.example"])
async def test_what_is_no_address_is_not_sent_to(email: Value) -> None:
    """The person must see it at once, and not wait for a mail that never comes."""
    person = Person()
    await person.look()
    assert await person.is_told(email=email) == "Enter an email address, like name@example.com"
    assert person.mails == []


async def test_the_text_that_was_typed_stays() -> None:
    """Retyping an address because of one missing letter annoys everybody."""
    person = Person()
    await person.look()
    outcome = await person.say(email="ada@")
    assert isinstance(outcome, Wait)
    assert outcome.prompt.fields[0].value == "ada@"
    prompt = person.visit(draft={"email": "ada@exa"}).node.handler.prompt(person.visit(draft={"email": "ada@exa"}))
    assert prompt.fields[0].value == "ada@exa"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", None, [1], "１２３４５", "12³456", "x" * 100_000])
async def test_what_is_no_code_costs_no_try(code: Value) -> None:
    """A slip of the finger isn't a guess."""
    person = Person()
    await person.say(email="ada@example.com")
    for _ in range(4):
        assert await person.is_told(code=code) == "Enter the 6 digits of the code"
    assert await person.say(code="000001") == CONFIRMED


@pytest.mark.parametrize(
    "code", ["000001", " 000-001 ", "000\u2013001", "\u200b000\u202f001", "０００００１", "٠٠٠٠٠١"]
)
async def test_a_code_is_taken_as_people_type_it(code: str) -> None:
    """With spaces, dashes, and the digits of their own keyboard."""
    person = Person()
    await person.say(email="ada@example.com")
    assert await person.say(code=code) == CONFIRMED


async def test_a_code_is_void_after_three_wrong_tries() -> None:
    """A million codes must not be tried out; a new one costs a new mail."""
    person = Person()
    await person.say(email="ada@example.com")
    assert await person.is_told(code="999999") == "This isn't the code that we sent. You can try 2 more times"
    assert await person.is_told(code="999999") == "This isn't the code that we sent. You can try 1 more time"
    assert await person.is_told(code="999999") == "A wrong code was entered too many times. Ask for a new one."
    assert names(await person.look()) == ["email"]
    assert await person.is_told(code="000001") == "Enter an email address, like name@example.com"
    assert await person.is_asked(email="ada@example.com") == ["code", "resend"]
    assert await person.is_told(code="000001") == "This isn't the code that we sent. You can try 2 more times"
    assert await person.say(code="000002") == CONFIRMED


async def test_after_three_wrong_tries_a_known_address_waits_for_the_persons_word() -> None:
    """A page that sends a mail by itself each time would be a way to annoy others."""
    person = Person({"form": {"email": "ada@example.com"}}, email="{{ form.email }}", tries=1)
    await person.look()
    await person.is_told(code="999999")
    prompt = await person.look()
    assert (names(prompt), prompt.text) == ([], "We will send a code to ada@example.com.")
    assert prompt.submit == "Send a code"
    assert len(person.mails) == 1
    assert await person.is_asked() == ["code", "resend"]
    assert len(person.mails) == 2


@pytest.mark.parametrize("answers", [{"resend": True}, {"resend": "yes", "code": "999999"}, {"code": " Resend "}])
async def test_another_code_can_be_had(answers: Mapping[str, Value]) -> None:
    """By the checkbox of a page, or by the word in a chat; the code before is void."""
    person = Person()
    await person.say(email="ada@example.com")
    assert await person.is_asked(**answers) == ["code", "resend"]
    assert "isn't the code" in (await person.is_told(code="000001") or "")
    assert await person.say(code="000002") == CONFIRMED


async def test_the_number_of_codes_is_limited_for_an_hour() -> None:
    """Otherwise the page is a machine for sending mails to strangers."""
    person = Person(codes=2)
    await person.say(email="ada@example.com")
    person.now += timedelta(minutes=10)
    await person.say(resend=True)
    person.now += timedelta(minutes=10, seconds=30)
    assert await person.is_told(resend=True) == "Too many codes were sent. You can ask for another one in 40 minutes."
    assert len(person.mails) == 2
    person.now += timedelta(minutes=39, seconds=30)
    assert await person.is_asked(resend=True) == ["code", "resend"]
    person.now += timedelta(seconds=30)
    assert "10 minutes" in (await person.is_told(resend=True) or "")


async def test_the_limit_counts_all_addresses_of_the_step() -> None:
    """Otherwise it is got around by naming another stranger each time."""
    person = Person(codes=1, tries=1)
    await person.say(email="ada@example.com")
    await person.is_told(code="999999")
    assert "Too many codes" in (await person.is_told(email="bob@example.com") or "")
    assert [address for address, _ in person.mails] == ["ada@example.com"]


async def test_a_code_expires() -> None:
    """A code in an old mailbox must not confirm anything."""
    person = Person(valid_minutes=1)
    await person.say(email="ada@example.com")
    person.now += timedelta(minutes=1, seconds=1)
    assert await person.is_told(code="000001") == "This code has expired. Ask for a new one"
    await person.is_asked(resend=True)
    assert await person.say(code="000002") == CONFIRMED


async def test_the_code_is_nowhere_in_what_is_stored() -> None:
    """Whoever reads the database or a backup must not be able to confirm addresses."""
    person = Person()
    await person.say(email="ada@example.com")
    assert b"000001" not in person.stored
    first = codec.unpack(person.stored)
    other = Person()
    await other.say(email="ada@example.com")
    assert codec.unpack(other.stored)["hash"] != first["hash"]
    await person.say(code="000001")
    assert set(codec.unpack(person.stored)) == {"state", "to", "email", "sent"}


async def test_a_mail_that_cannot_be_sent_leaves_everything_as_it_was() -> None:
    """The person tries again and isn't asked for a code that nobody has."""
    person = Person()
    await person.look()
    person.working = False
    with pytest.raises(OSError, match="mail server"):
        await person.say(email="ada@example.com")
    assert names(await person.look()) == ["email"]
    person.working = True
    assert await person.is_asked(email="ada@example.com") == ["code", "resend"]


async def test_coming_back_costs_nothing() -> None:
    """Back and Next over a confirmed address must not ask for another code (S9)."""
    person = Person()
    await person.say(email="ada@example.com")
    await person.say(code="000001")
    prompt = await person.look()
    assert prompt.text == "ada@example.com is confirmed."
    assert [(each.name, each.value) for each in prompt.fields] == [("email", "ada@example.com")]
    assert await person.say(email="ada@example.com") == CONFIRMED
    assert len(person.mails) == 1


async def test_coming_back_to_a_known_address_only_shows_it() -> None:
    """There is nothing to type; Next goes on."""
    person = Person({"form": {"email": "ada@example.com"}}, email="{{ form.email }}")
    await person.look()
    await person.say(code="000001")
    prompt = await person.look()
    assert (prompt.text, names(prompt)) == ("ada@example.com is confirmed.", [])
    assert await person.say() == CONFIRMED


async def test_another_address_is_confirmed_anew() -> None:
    """A confirmed address must not vouch for another one."""
    person = Person()
    await person.say(email="ada@example.com")
    await person.say(code="000001")
    assert await person.is_asked(email="bob@example.com") == ["code", "resend"]
    assert "isn't the code" in (await person.is_told(code="000001") or "")
    assert await person.say(code="000002") == Proceed({"email": "bob@example.com", "confirmed": True})


async def test_a_refused_change_of_address_keeps_the_confirmed_one() -> None:
    """The worst mistake here: a limit that is reached must not confirm an address by the way."""
    person = Person(codes=1)
    await person.say(email="ada@example.com")
    await person.say(code="000001")
    assert "Too many codes" in (await person.is_told(email="bob@example.com") or "")
    prompt = await person.look()
    assert prompt.text == "ada@example.com is confirmed."
    assert await person.say(email="ada@example.com") == CONFIRMED


async def test_an_address_that_was_changed_in_the_form_is_confirmed_anew() -> None:
    """The step before was answered differently: the old confirmation isn't accepted (S11)."""
    person = Person({"form": {"email": "ada@example.com"}}, email="{{ form.email }}")
    await person.look()
    await person.say(code="000001")
    assert ConfirmEmailNode().accepts(person.visit())
    person.data = {"form": {"email": "bob@example.com"}}
    assert not ConfirmEmailNode().accepts(person.visit())
    assert names(await person.look()) == ["code", "resend"]
    assert person.mails[-1] == ("bob@example.com", "000002")
    assert await person.say(code="000002") == Proceed({"email": "bob@example.com", "confirmed": True})


async def test_an_address_that_was_changed_before_the_code_came_is_used() -> None:
    """Somebody who mistyped goes back, corrects it, and gets the code there."""
    person = Person({"form": {"email": "adda@example.com"}}, email="{{ form.email }}")
    await person.look()
    person.data = {"form": {"email": "ada@example.com"}}
    await person.look()
    assert [address for address, _ in person.mails] == ["adda@example.com", "ada@example.com"]
    assert await person.say(code="000002") == CONFIRMED


async def test_the_review_shows_the_address() -> None:
    """It is what the person answered here."""
    person = Person()
    person.output = {"email": "ada@example.com", "confirmed": True}
    assert ConfirmEmailNode().summary(person.visit()) == (Item("Email address", "ada@example.com", step="it"),)


async def test_without_an_address_of_its_own_an_answer_always_holds() -> None:
    """A kept answer that nothing contradicts is accepted on the way forward (S11)."""
    person = Person()
    person.output = {"email": "ada@example.com", "confirmed": True}
    assert ConfirmEmailNode().accepts(person.visit())


def test_later_nodes_know_what_it_gives() -> None:
    """A misspelt name below it is found at load."""
    assert ConfirmEmailNode().outputs(ConfirmEmailConfig(send="x")) == {"email", "confirmed"}


def test_codes_come_from_a_source_that_cannot_be_guessed() -> None:
    """A predictable code confirms any address."""
    assert ConfirmEmailNode()._randbelow is secrets.randbelow
