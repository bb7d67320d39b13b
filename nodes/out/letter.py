"""A mail as it is sent: who it is from and to, its texts, its files.

What an answer puts into a header stays in it: each address is parsed by itself and must be one address, and a subject
is one line. Values in the HTML are escaped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

from wizard.errors import Excuse, NodeFailed

MAX_SUBJECT = 500  # characters
MAX_RECIPIENTS = 50
MAX_ATTACHMENTS = 20
MAX_BYTES = 20_000_000  # of all attachments

_NAMED = re.compile(r'"?([^"<>]*?)"?\s*<([^<>]*)>')
_MEDIA_TYPE = re.compile(r"(application|audio|font|image|model|text|video)/([a-z0-9][a-z0-9.+-]{0,80})")


@dataclass(frozen=True, slots=True)
class Attached:
    """A file of a mail."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """All that a mail is made of."""

    sender: Address
    to: Sequence[Address]
    subject: str
    text: str
    html: str | None
    cc: Sequence[Address]
    bcc: Sequence[Address]
    reply_to: Address | None
    attached: Sequence[Attached]

    @property
    def recipients(self) -> list[str]:
        """Each address once."""
        return list(dict.fromkeys(address.addr_spec for address in (*self.to, *self.cc, *self.bcc)))

    def message(self, key: str, at: datetime) -> EmailMessage:
        """The mail, with an id that is the same for each try."""
        made = EmailMessage(policy=policy.SMTP)
        made["From"] = self.sender
        made["To"] = tuple(self.to)
        if self.cc:
            made["Cc"] = tuple(self.cc)
        if self.reply_to is not None:
            made["Reply-To"] = self.reply_to
        made["Subject"] = self.subject
        made["Date"] = format_datetime(at)
        made["Message-ID"] = f"<{key}@{self.sender.domain}>"
        made["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's holiday notice answers it
        made.set_content(self.text)
        if self.html is not None:
            made.add_alternative(self.html, subtype="html")
        for file in self.attached:
            known = _MEDIA_TYPE.fullmatch(file.media_type)
            kind, subtype = known.groups() if known else ("application", "octet-stream")
            charset = {"charset": "utf-8"} if file.media_type == "text/calendar" else {}
            made.add_attachment(file.content, kind, subtype, filename=file.name, params=charset)
        return made


def address_of(value: object, key: str) -> Address:
    """The one address that a text is: `ann@example.org`, or `Ann <ann@example.org>`. Raises NodeFailed, naming the
    key and not the address."""
    from email_validator import EmailNotValidError, validate_email

    text = value.strip() if isinstance(value, str) else ""
    named = _NAMED.fullmatch(text)
    name, spec = named.groups() if named else ("", text)
    try:
        if not name.isprintable() or len(name) > 200:
            raise ValueError
        valid = validate_email(spec.strip(), check_deliverability=False)
        return Address(name.strip(), valid.local_part, valid.ascii_domain)
    except (EmailNotValidError, ValueError):
        what = f"`{key}` must be an email address, and gives something else. Check what it is made of."
        raise NodeFailed(what, people=Excuse.CHECK, lasting=True) from None


def addresses_of(value: object, key: str) -> list[Address]:
    """An address or a list of them; nothing is none. Raises NodeFailed."""
    given = value if isinstance(value, list | tuple) else [] if value is None else [value]
    if len(given) > MAX_RECIPIENTS:
        what = f"`{key}` gives more than {MAX_RECIPIENTS} addresses. Send several mails."
        raise NodeFailed(what, people=Excuse.CHECK, lasting=True)
    return [address_of(each, key) for each in given]


def subject_of(text: str) -> str:
    """One line. Raises NodeFailed where it is too long, or isn't text."""
    line = " ".join(text.split())
    if not line.isprintable() or len(line) > MAX_SUBJECT:
        what = f"`subject` must be one line of text, of up to {MAX_SUBJECT} characters. Check what it is made of."
        raise NodeFailed(what, people=Excuse.CHECK, lasting=True)
    return line
