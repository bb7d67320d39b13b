"""A mail server on a loopback port, as far as tests of mails need one (RFC 5321): it keeps what it takes."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage


@dataclass
class Taken:
    """A message as it came: `content` with its dots as they were written."""

    sender: str
    recipients: list[str]
    content: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class MailServer:
    """`says` are replies that stand for the usual ones, by the word that they answer (`RCPT`, `.` is the end of a
    message, `*` the greeting); each is used up. Where a reply is None, the connection is broken off instead."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    says: dict[str, list[str | None]] = field(default_factory=dict)
    silent: bool = False
    connections: int = 0
    tls: ssl.SSLContext | None = None  # what it offers by STARTTLS
    encrypted: int = 0  # how many connections are, since
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError, _BrokenOff):
            await self._talk(reader, writer)
        self.gone.set()
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.silent:
            await reader.read()
            return
        self._reply(writer, "*", "220 mail.example ready")
        sender, recipients = "", list[str]()
        while line := (await reader.readline()).decode().strip():
            word = line.split()[0].upper()
            usual = "250 OK"
            if word == "EHLO":
                usual = "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN"
                if self.tls is not None:
                    usual = usual.replace("250 AUTH", "250-STARTTLS\r\n250 AUTH")
            elif word == "STARTTLS":
                usual = "220 Go on"
            elif word == "AUTH":
                self.logins.append(b64decode(line.split()[2]).decode())
                usual = "235 Welcome"
            elif word == "DATA":
                usual = "354 Go on"
            elif word == "QUIT":
                usual = "221 Bye"
            said = self._reply(writer, word, usual)
            address = line.partition("<")[2].partition(">")[0]
            if word == "STARTTLS" and self.tls is not None:
                await writer.drain()
                await writer.start_tls(self.tls)
                self.encrypted += 1
            if word == "MAIL":
                sender, recipients = address, []
            elif word == "RCPT" and said.startswith("2"):
                recipients.append(address)
            elif word == "DATA" and said.startswith("3"):
                content = (await reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
                if not (self.says.get(".") and (self.says["."][0] or "").startswith(("4", "5"))):
                    self.taken.append(Taken(sender, recipients, content))
                self._reply(writer, ".", "250 Taken")
            await writer.drain()

    def _reply(self, writer: asyncio.StreamWriter, word: str, usual: str) -> str:
        said = self.says[word].pop(0) if self.says.get(word) else usual
        if said is None:
            raise _BrokenOff
        writer.write(said.encode() + b"\r\n")
        return said


class _BrokenOff(Exception):
    """The server goes away."""


@asynccontextmanager
async def mail_server(tls: ssl.SSLContext | None = None) -> AsyncIterator[MailServer]:
    """A server that runs meanwhile; with `tls`, all is encrypted."""
    made = MailServer()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        await server.wait_closed()
