"""Handing a message to a mail server (SMTP, RFC 5321), where the settings say, and nowhere else.

- The server's address is judged when the socket for it is made, as wizard.node.outgoing does it for requests.
- A password is sent over an encrypted connection only, or to this very machine. Over smtp:// a connection is encrypted
  (STARTTLS) wherever the server offers that; a certificate has to be valid.
- No error holds what the server said: it repeats addresses.
"""

from __future__ import annotations

import asyncio
import smtplib
import socket
import ssl
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address

from wizard.errors import Excuse, NodeFailed
from wizard.locale.sentences import Sentence
from wizard.node.outgoing import AddressRefused
from wizard.nodes.out.exchange import TryAgainError, address_refused
from wizard.process.calls import Calls
from wizard.settings import SmtpServer


def _is_loopback(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_loopback


@dataclass(slots=True)
class Delivery:
    """One message on its way: `allowed` judges numeric addresses, `seconds` is how long the server may take for each
    answer. `is_here` says of an address whether it is this machine, where nobody is in between."""

    server: SmtpServer
    message: EmailMessage
    sender: str
    recipients: Sequence[str]
    seconds: float
    allowed: Callable[[str], bool]
    context: ssl.SSLContext | None = None
    is_here: Callable[[str], bool] = _is_loopback
    _socket: socket.socket | None = field(default=None, repr=False)

    async def hand_in(self, calls: Calls) -> tuple[str, ...]:
        """Hands the message in, in a thread, which ends where this is cancelled. Gives the recipients that the server
        refused, where it took the message for others. Raises NodeFailed, TryAgainError where it may pass."""
        try:
            refused: tuple[str, ...] = await calls.function(self._deliver, {})
        except asyncio.CancelledError:
            self._break_off()
            raise
        return refused

    async def sign_in(self, calls: Calls) -> None:
        """Connects and signs in, and hands nothing in. Raises what `hand_in` does."""
        try:
            await calls.function(self._attempt, {"work": None})
        except asyncio.CancelledError:
            self._break_off()
            raise

    def _deliver(self) -> tuple[str, ...]:
        recipients = list(self.recipients)
        return self._attempt(lambda smtp: tuple(smtp.send_message(self.message, self.sender, recipients)))

    def _attempt(self, work: Callable[[smtplib.SMTP], tuple[str, ...]] | None) -> tuple[str, ...]:
        host = self.server.host
        try:
            smtp = self._connect()
            try:
                refused = () if work is None else work(smtp)
            except BaseException:
                smtp.close()
                raise
            with suppress(OSError, smtplib.SMTPException):  # it has taken the message
                smtp.quit()
            return refused
        except AddressRefused:
            raise address_refused(f"The mail server {host}", lasting=True) from None
        except ssl.SSLError:
            what = (
                f"There is no safe connection to the mail server {host}: its certificate isn't valid, or it has none."
            )
            raise NodeFailed(what, people=Excuse.SERVICE) from None
        except smtplib.SMTPNotSupportedError:
            what = f"The mail server {host} can't do what is needed: a login, or an address with letters beyond ASCII."
            raise NodeFailed(what, people=Excuse.BROKEN, lasting=True) from None
        except smtplib.SMTPAuthenticationError as error:
            raise _refusal(error.smtp_code, f"The mail server {host} refused the login", Excuse.BROKEN) from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            code = next((code for code in codes if code < 500), codes[0] if codes else 500)
            raise _refusal(code, f"The mail server {host} refused all recipients", Excuse.CHECK) from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, f"The mail server {host} refused the message", Excuse.SERVICE) from None
        except (OSError, smtplib.SMTPException):  # the latter is of the former's kind
            raise TryAgainError(f"The mail server {host} can't be reached, or it broke off.") from None
        finally:
            self._break_off()

    def _connect(self) -> smtplib.SMTP:
        server = self.server
        smtp = _Connection(self)
        try:
            smtp.ehlo()
            assert smtp.sock is not None
            here = self.is_here(smtp.sock.getpeername()[0])
            if not server.tls and not here and smtp.has_extn("starttls"):
                smtp.starttls(context=self._trusted())
                smtp.ehlo()
            if server.user:
                if not here and not isinstance(smtp.sock, ssl.SSLSocket):
                    raise NodeFailed(
                        f"The mail server {server.host} offers no encrypted connection to send the password over. "
                        "Begin its address with smtps://, or use another server.",
                        people=Excuse.BROKEN,
                        lasting=True,
                    )
                smtp.login(server.user, server.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _break_off(self) -> None:
        """Ends the connection, whoever waits for it."""
        if self._socket is not None:
            with suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)

    def _trusted(self) -> ssl.SSLContext:
        """To read all certificates takes its time, and a server that is refused needs none."""
        self.context = self.context or ssl.create_default_context()
        return self.context

    def open_socket(self) -> socket.socket:
        """A connection to the server. Raises AddressRefused where none of its addresses is allowed, OSError."""
        problem: OSError = AddressRefused()
        for family, kind, protocol, _, address in socket.getaddrinfo(
            self.server.host, self.server.port, type=socket.SOCK_STREAM
        ):
            if not self.allowed(str(address[0]).partition("%")[0]):
                continue
            opened = socket.socket(family, kind, protocol)
            try:
                opened.settimeout(self.seconds)
                opened.connect(address)
                if self.server.tls:
                    opened = self._trusted().wrap_socket(opened, server_hostname=self.server.host)
            except OSError as error:
                opened.close()
                problem = error
            else:
                self._socket = opened
                return opened
        raise problem


class _Connection(smtplib.SMTP):
    """smtplib's, on a socket of ours."""

    def __init__(self, delivery: Delivery) -> None:
        self._open: Callable[[], socket.socket] = delivery.open_socket
        server = delivery.server
        super().__init__(server.host, server.port, local_hostname=socket.gethostname(), timeout=delivery.seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        return self._open()


def _refusal(code: int, what: str, people: Sentence) -> NodeFailed:
    """4xx may pass, 5xx is the server's last word (RFC 5321, 4.2.1)."""
    if 400 <= code <= 499:
        return TryAgainError(f"{what} for now (status {code}).")
    return NodeFailed(f"{what} (status {code}).", people=people, lasting=True)
