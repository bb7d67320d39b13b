"""`send_mail` nodes against a real mail server on a loopback port: what arrives, is refused, is tried again."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from tests.smtp import MailServer, mail_server
from tests.unit.nodes.handing import NOW, Pauses, visit_of
from wizard.errors import Excuse, NodeFailed
from wizard.model import Proceed, Retry, StoredFile
from wizard.nodes.out.send_mail import SendMailNode
from wizard.settings import Settings, smtp_server_of

MAIL = {"to": "ann@example.org", "subject": "Hello", "text": "Dear Ann"}
FILES = {
    "f1": StoredFile("f1", "plan é.pdf", "application/pdf", b"%PDF-1.7\n.\n..\r\n"),
    "f2": StoredFile("f2", "big", "text/plain", b"x" * 11_000_000),
    "f3": StoredFile("f3", "odd.bin", "message/rfc822", b"From: x\r\n\r\ny"),
}


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as made:
        yield made


def settings_for(server: MailServer, **more: Any) -> Settings:
    given = {"smtp_url": server.url, "mail_from": "Town <town@example.org>", "allow_private_addresses": True}
    return Settings.model_validate({**given, **more})


async def send(
    server: MailServer,
    data: Mapping[str, Any] | None = None,
    *,
    settings: Settings | None = None,
    retry: Retry | None = None,
    timeout: timedelta | None = None,
    **config: Any,
) -> dict[str, Any]:
    node = SendMailNode(Pauses())
    visit = visit_of(
        node,
        {**MAIL, **config},
        data,
        settings=settings or settings_for(server),
        retry=retry or Retry(),
        timeout=timeout,
    )

    async def opened(file_id: str) -> StoredFile | None:
        return FILES.get(file_id)

    visit.open_file = opened
    outcome = await node.execute(visit)
    assert isinstance(outcome, Proceed)
    return dict(outcome.output)


async def refused(server: MailServer, data: Mapping[str, Any] | None = None, **more: Any) -> NodeFailed:
    with pytest.raises(NodeFailed) as caught:
        await send(server, data, **more)
    return caught.value


# -- what arrives ----------------------------------------------------------------------------------


async def test_a_mail_with_everything(server: MailServer) -> None:
    """What the author wrote is what the person reads, in any script; copies that nobody sees stay unseen."""
    output = await send(
        server,
        {"ask": {"email": "ünal@bücher.example", "name": "Ünal Ärger"}},
        to=["{{ ask.name }} <ann@bücher.example>", "bob@example.org"],
        cc="carl@example.org",
        bcc=["dora@example.org", "bob@example.org"],
        reply_to="desk@example.org",
        subject="Für {{ ask.name }}",
        text="Liebe(r) {{ ask.name }}\n.\n..two dots\nfrom: nobody",
        html="<p>Liebe(r) <b>{{ ask.name }}</b></p>",
    )
    (taken,) = server.taken
    message = taken.message
    assert output == {"message_id": "<0123456789abcdef@example.org>", "refused": []}
    assert message["Message-ID"] == output["message_id"]
    assert taken.sender == "town@example.org"
    everybody = ["ann@xn--bcher-kva.example", "bob@example.org", "carl@example.org", "dora@example.org"]
    assert taken.recipients == everybody
    assert message["From"] == "Town <town@example.org>"
    assert [each.display_name for each in message["To"].addresses] == ["Ünal Ärger", ""]
    assert message["Subject"] == "Für Ünal Ärger"
    assert message["Date"].datetime == NOW
    assert message["Reply-To"] == "desk@example.org"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Bcc"] is None
    assert b"dora" not in taken.content
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == "Liebe(r) Ünal Ärger\n.\n..two dots\nfrom: nobody\n"
    assert html.get_content().strip() == "<p>Liebe(r) <b>Ünal Ärger</b></p>"


async def test_values_in_html_are_words(server: MailServer) -> None:
    """Who types a tag or a quotation mark must not write a part of somebody's mail."""
    html = '{% if x %}<p title="{{ x }}">{{ x ~ x }} &amp;</p>{% endif %}'
    await send(server, {"x": '"><script>'}, html=html)
    body = server.taken[0].message.get_body(("html",))
    assert body is not None
    word = "&quot;&gt;&lt;script&gt;"
    assert body.get_content().strip() == f'<p title="{word}">{word}{word} &amp;</p>'


async def test_files(server: MailServer) -> None:
    """A plan that was uploaded arrives byte for byte; so does an appointment that another node made."""
    ics = {"name": "../a.ics", "type": "text/calendar", "text": "BEGIN:VCALENDAR\r\n"}
    given = [{"id": "f1", "name": "x"}, None, ics, {"id": "f3"}]
    await send(server, {"x": given}, attachments="{{ x }}")
    attached = list(server.taken[0].message.iter_attachments())
    assert [(part.get_filename(), part.get_content_type()) for part in attached] == [
        ("plan é.pdf", "application/pdf"),
        ("a.ics", "text/calendar"),
        ("odd.bin", "application/octet-stream"),
    ]
    contents = [part.get_payload(decode=True) for part in attached if isinstance(part, EmailMessage)]
    assert contents == [FILES["f1"].content, b"BEGIN:VCALENDAR\r\n", FILES["f3"].content]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"id": "nope"}, "isn't stored in this run"),
        ("f1", "must give files"),
        ([7], "must give files"),
        ({"id": 7}, "must give files"),
        ([{"id": "f1"}] * 21, "more than 20 files"),
        ([{"id": "f2"}, {"id": "f2"}], "more than 20,000,000 bytes"),
    ],
)
async def test_what_is_no_file_is_told(server: MailServer, given: Any, why: str) -> None:
    """A mail without its file would be taken for complete."""
    error = await refused(server, {"x": given}, attachments="{{ x }}")
    assert why in str(error)
    assert error.lasting
    assert server.connections == 0


# -- what an answer can't do -----------------------------------------------------------------------

EVIL = (
    "ann@example.org, eve@example.org",
    "ann@example.org\r\nBcc: eve@example.org",
    "ann@example.org>\r\nRCPT TO:<eve@example.org",
    "Ann <ann@example.org> <eve@example.org>",
    "Ann\r\nBcc: eve@example.org <ann@example.org>",
    "<ann@example.org",
    "ann",
    "",
    None,
    7,
    {"a": "ann@example.org"},
    "a@localhost",
    "x" * 400 + "@example.org",
)


@pytest.mark.parametrize("evil", EVIL)
@pytest.mark.parametrize("key", ["to", "cc", "bcc", "reply_to", "from"])
async def test_an_address_is_one_address(server: MailServer, key: str, evil: Any) -> None:
    """Whoever fills in an address must not add recipients or headers, nor read theirs in a log."""
    if evil is None and key in ("cc", "bcc"):
        return
    error = await refused(server, {"x": evil}, **{key: "{{ x }}"})
    assert f"`{key}`" in str(error) or "isn't said" in str(error)
    assert "eve" not in str(error)
    assert error.people in (Excuse.CHECK, Excuse.BROKEN)
    assert server.connections == 0


async def test_a_subject_is_one_line(server: MailServer) -> None:
    """A line break in an answer would begin a header of its own."""
    await send(server, {"x": "Hi\r\nBcc: eve@example.org\r\n\r\nbody\u2028x"}, subject="{{ x }}")
    message = server.taken[0].message
    assert message["Subject"] == "Hi Bcc: eve@example.org body x"
    assert message["Bcc"] is None
    assert server.taken[0].recipients == ["ann@example.org"]
    for wrong in ("a\x00b", "a\u202eb", "x" * 501):
        assert "`subject` must be one line" in str(await refused(server, {"x": wrong}, subject="{{ x }}"))


async def test_there_are_not_too_many(server: MailServer) -> None:
    """A list that comes from elsewhere must not make a mailing of a notice."""
    many = [f"p{n}@example.org" for n in range(51)]
    assert "more than 50 addresses" in str(await refused(server, {"x": many}, to="{{ x }}"))
    assert "more than 50 recipients" in str(await refused(server, {"x": many[:30]}, to="{{ x }}", cc="{{ x }}"))
    assert "`to` gives no address" in str(await refused(server, {"x": []}, to="{{ x }}"))


# -- the server ------------------------------------------------------------------------------------


async def test_a_server_that_cannot_for_now_is_asked_again(server: MailServer) -> None:
    """Greylisting is usual: the first try is put off. Each try has the same id: mailboxes know the mail."""
    server.says = {"RCPT": ["451 Later"], ".": ["452 Full"], "*": ["220 a", "220 b", None]}
    output = await send(server, retry=Retry(attempts=4))
    assert server.connections == 4
    assert [taken.message["Message-ID"] for taken in server.taken] == [output["message_id"]]


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ({"RCPT": ["550 No ann@example.org"]}, "refused all recipients (status 550)"),
        ({"MAIL": ["530 No"]}, "refused the message (status 530)"),
        ({".": ["554 Spam"]}, "refused the message (status 554)"),
        ({"AUTH": ["535 No", "535 No"]}, "refused the login (status 535)"),
    ],
)
async def test_its_last_word_is_told(server: MailServer, says: dict[str, list[str | None]], why: str) -> None:
    """Trying again would only bring the server onto a list; what it says repeats addresses, and isn't told."""
    server.says = says
    url = server.url.replace("//", "//me:s3cr%2Ft@")
    error = await refused(server, retry=Retry(attempts=3), settings=settings_for(server, smtp_url=url))
    assert why in str(error)
    assert error.lasting
    assert server.connections == 1
    assert not server.taken
    for hidden in ("ann@", "Spam", "s3cr"):
        assert hidden not in str(error)
    assert error.__cause__ is None


async def test_some_recipients_are_refused(server: MailServer) -> None:
    """The others have their mail; the definition can tell who hasn't."""
    server.says = {"RCPT": ["250 OK", "550 No"]}
    output = await send(server, to=["ann@example.org", "bob@example.org"])
    assert output["refused"] == ["bob@example.org"]
    assert server.taken[0].recipients == ["ann@example.org"]


async def test_a_goodbye_that_fails_sends_nothing_again(server: MailServer) -> None:
    """The message was taken; another try would be a second mail."""
    server.says = {"QUIT": [None]}
    await send(server, retry=Retry(attempts=3))
    assert server.connections == len(server.taken) == 1


async def test_a_server_that_says_nothing_is_left(server: MailServer) -> None:
    """A step must end, and leave neither a thread nor a connection behind."""
    server.silent = True
    error = await refused(server, timeout=timedelta(seconds=0.05))
    assert "can't be reached, or it broke off" in str(error)
    await server.gone.wait()


async def test_the_login(server: MailServer) -> None:
    """Servers take mail of those only whom they know; what is percent-encoded in the URL is sent as it is meant."""
    url = server.url.replace("//", "//me%40town:s3cr%2Ft@")
    await send(server, settings=settings_for(server, smtp_url=url))
    assert server.logins == ["\0me@town\0s3cr/t"]


async def test_private_addresses_are_not_called(server: MailServer) -> None:
    """A setting that names a machine inside must not be reached by who may write definitions only."""
    error = await refused(server, settings=settings_for(server, allow_private_addresses=False))
    assert "WIZARD_ALLOW_PRIVATE_ADDRESSES=1" in str(error)
    assert server.connections == 0


@pytest.mark.parametrize(
    ("more", "why"),
    [({"smtp_url": None}, "set WIZARD_SMTP_URL"), ({"mail_from": ""}, "set WIZARD_MAIL_FROM")],
)
async def test_what_is_not_set_is_named(server: MailServer, more: dict[str, Any], why: str) -> None:
    """Whoever runs the service has to find the setting."""
    assert why in str(await refused(server, settings=settings_for(server, **more)))


def test_there_is_no_undo() -> None:
    """Nothing must be owed that nobody can do."""
    assert not SendMailNode().undoes
    assert not SendMailNode.pure


# -- the setting -----------------------------------------------------------------------------------


def test_the_server_is_read_out_of_a_url() -> None:
    """A port that is guessed wrong, or a password that is cut off, is found late."""
    assert tuple(smtp_server_of("smtp://mail.example")) == ("mail.example", 587, False, "", "")
    assert tuple(smtp_server_of("smtps://a:b%3A@mail.example")) == ("mail.example", 465, True, "a", "b:")
    assert tuple(smtp_server_of("smtp://[::1]:25/")) == ("::1", 25, False, "", "")


@pytest.mark.parametrize(
    "url",
    [
        *("http://a:s3cret@b", "smtp://", "smtp://a@b", "smtp://:s3cret@b", "smtp://a:s3cret@b:x", "s3cret"),
        *("smtp://a:s3cret%0D%0A@b", "smtp://a:s3cret@b/path", "smtp://a:s3cret@b?tls=1", "smtp://a:s3cret@b:0"),
    ],
)
def test_what_is_no_server_is_refused_unseen(url: str) -> None:
    """The error is read by more people than the password is for."""
    with pytest.raises(ValidationError) as caught:
        Settings(smtp_url=SecretStr(url))
    assert "s3cret" not in str(caught.value.errors(include_input=False))
    assert "s3cret" not in repr(smtp_server_of("smtp://a:s3cret@b"))
