"""Over which connections a password is sent to a mail server, and which certificates count."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from email.message import EmailMessage

import pytest

from tests.certificates import Certified, certified
from tests.smtp import MailServer, mail_server
from wizard.errors import NodeFailed
from wizard.nodes.out.smtp import Delivery
from wizard.process.calls import Calls
from wizard.settings import SmtpServer

__all__ = ["certified"]


@pytest.fixture
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as made:
        yield made


async def hand_in(
    server: MailServer, *, user: str = "me", trusted: ssl.SSLContext | None = None, here: bool = False
) -> None:
    """Hands a mail in, as to a server elsewhere unless it is `here`."""
    message = EmailMessage()
    message.set_content("Hello")
    where = SmtpServer("127.0.0.1", server.port, False, user, "s3cret" if user else "")
    given = (where, message, "a@example.org", ["b@example.org"], 5.0, lambda _: True, trusted, lambda _: here)
    await Delivery(*given).hand_in(Calls())


async def test_a_password_goes_over_an_encrypted_connection(server: MailServer, certified: Certified) -> None:
    """Whoever listens in between would have the mailbox."""
    server.tls = certified.shown
    await hand_in(server, trusted=certified.trusted)
    assert server.encrypted == len(server.taken) == len(server.logins) == 1


async def test_a_password_never_goes_in_the_clear(server: MailServer) -> None:
    """Somebody in between may take STARTTLS out of what the server offers."""
    with pytest.raises(NodeFailed, match="no encrypted connection to send the password over"):
        await hand_in(server)
    assert server.logins == []
    assert server.taken == []
    await hand_in(server, user="")  # without a password, the mail goes as most mail does
    await hand_in(server, here=True)  # and on this machine nobody is in between
    assert len(server.taken) == 2


async def test_a_certificate_that_nobody_trusts_is_refused(server: MailServer, certified: Certified) -> None:
    """Somebody in between shows one of their own."""
    server.tls = certified.shown
    with pytest.raises(NodeFailed, match="no safe connection to the mail server 127"):
        await hand_in(server)
    assert server.logins == []


async def test_what_is_encrypted_from_the_beginning(certified: Certified) -> None:
    """smtps:// is that; a server that doesn't speak it is told apart from one that isn't there."""
    async with mail_server(certified.shown) as server:
        message = EmailMessage()
        message.set_content("Hello")
        for port, ok in ((server.port, True), (0, False)):
            async with mail_server() as plain:
                where = SmtpServer("127.0.0.1", port or plain.port, True, "me", "s3cret")
                given = (where, message, "a@b.example", ["c@d.example"], 5.0, lambda _: True, certified.trusted)
                if ok:
                    await Delivery(*given).hand_in(Calls())
                else:
                    with pytest.raises(NodeFailed, match="no safe connection"):
                        await Delivery(*given).hand_in(Calls())
                assert plain.logins == []
        assert server.logins == ["\0me\0s3cret"]
