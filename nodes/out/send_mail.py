"""`send_mail` nodes: a mail with text, HTML and files, handed to the mail server of the settings."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.template import Dynamic, Template
from wizard.model import Outcome, Proceed, Value
from wizard.node import Background, FormHint, NodeConfig, ResourceOf, SmtpResource, Visit
from wizard.node.outgoing import judge_of
from wizard.node.retry import SLACK, seconds_for
from wizard.nodes.out.attached import file_of
from wizard.nodes.out.exchange import Sleep, until_it_counts
from wizard.nodes.out.letter import (
    MAX_ATTACHMENTS,
    MAX_BYTES,
    MAX_RECIPIENTS,
    Attached,
    Letter,
    address_of,
    addresses_of,
    subject_of,
)
from wizard.nodes.out.smtp import Delivery
from wizard.settings import Settings, SmtpServer, smtp_server_of


class SendMailConfig(NodeConfig):
    """Who gets which mail."""

    resource: Annotated[str | None, ResourceOf(SmtpResource), FormHint(group="Addresses")] = Field(
        None, description="The mail server; that of the setting `WIZARD_SMTP_URL` unless given."
    )
    to: Annotated[Dynamic, FormHint(group="Addresses")] = Field(
        description="The address, or a list of them. `Ann <ann@example.org>` is one as well."
    )
    from_: Annotated[Template | None, FormHint(label="From", group="Addresses")] = Field(
        None,
        alias="from",
        description="Whom it comes from; as the resource or the setting `WIZARD_MAIL_FROM` says unless given.",
    )
    reply_to: Annotated[Template | None, FormHint(group="Addresses")] = Field(None, description="Where answers go.")
    cc: Annotated[Dynamic | None, FormHint(group="Addresses")] = Field(None, description="Who gets a copy.")
    bcc: Annotated[Dynamic | None, FormHint(group="Addresses")] = Field(
        None, description="Who gets a copy that nobody else sees."
    )
    subject: Annotated[Template, FormHint(group="Mail")] = Field(description="What it is about, in one line.")
    text: Annotated[Template, FormHint(group="Mail", rows=8)] = Field(description="The mail as plain text.")
    html: Annotated[Template | None, FormHint(label="HTML", group="Mail", rows=8)] = Field(
        None, description="The same as HTML, for programs that show it. What {{ expressions }} put into it is escaped."
    )
    attachments: Annotated[Dynamic | None, FormHint(group="Mail")] = Field(
        None, description="A file that somebody uploaded in this run, or a list of them; or the `file` of other nodes."
    )


class SendMailNode(Background[SendMailConfig]):
    """Sends a mail.

    A `resource` of the kind `smtp` says which mail server, and the usual sender. Without one, whoever runs Wizard names
    the server in `WIZARD_SMTP_URL`, such as `smtp://user:secret@mail.example:587`, and the sender in
    `WIZARD_MAIL_FROM`. A password is only sent over an encrypted connection, or to this very
    machine.

    Each address stands for itself: a text with several addresses is refused, so that nobody adds recipients by an
    answer. Give a list instead, of up to 50 in all. Line breaks in `subject` become blanks. Values in `html` are
    escaped; put quotation marks around those in attributes, and don't let an answer be a whole link. `attachments`
    takes answers to fields of the type `file` and what `calendar_file` and `get_file` give, up to 20 files and 20 MB;
    an answer that wasn't given is left out.

    The common keys `timeout` and `retry` apply; a server that isn't there, or says that it can't for now, is asked
    again. Each try has the same `Message-ID`. A mail is sent at least once: where the server broke off just as it had
    taken the mail, another try sends it again, and most mailboxes show one of both.

    **There is no undo**: a mail that is sent stays sent when somebody goes back. Mark the step `final: true`, or send
    the mail where nobody goes back any more.

    Outputs: `message_id`; `refused`, the addresses that the server didn't take, where it took others; `error` where
    it failed and `on_error` goes on.
    """

    type = "send_mail"
    title = "Send a mail"
    group = "out"
    icon = "mail"
    example: ClassVar[Mapping[str, Any]] = {
        "to": "ann@example.org",
        "subject": "Your appointment on {{ format_date(today()) }}",
        "text": "We look forward to seeing you.",
        "html": "<p>We look forward to seeing <b>you</b>.</p>",
    }
    own_retries = True  # the server's last word isn't asked for again
    Config = SendMailConfig

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep

    def outputs(self, config: SendMailConfig) -> frozenset[str]:
        return frozenset({"message_id", "refused", "error"})

    def example_output(self, config: SendMailConfig) -> Mapping[str, Value]:
        return {"message_id": "<0123456789abcdef@example.org>", "refused": []}

    async def execute(self, visit: Visit[SendMailConfig]) -> Outcome:
        settings: Settings = visit.services.settings or Settings()
        server, usual_sender = await _server(visit, settings)
        letter = await _letter(visit, usual_sender)
        message, seconds = letter.message(visit.key, visit.now), seconds_for(visit)

        async def hand_in(own: Visit[Any]) -> tuple[str, ...]:
            sender, recipients = letter.sender.addr_spec, letter.recipients
            delivery = Delivery(server, message, sender, recipients, seconds, judge_of(settings))
            return await delivery.hand_in(own.services.calls)

        refused = await until_it_counts(hand_in, visit, seconds + SLACK, self._sleep)
        return Proceed({"message_id": str(message["Message-ID"]), "refused": list(refused)})


async def _server(visit: Visit[SendMailConfig], settings: Settings) -> tuple[SmtpServer, str]:
    """Where the mail is handed in, and whom it comes from unless the node says so. Raises NodeFailed."""
    if visit.config.resource is not None:
        resource = await visit.resource(visit.config.resource, SmtpResource)
        return resource.server, resource.sender or settings.mail_from
    if settings.smtp_url is None:
        what = "No mail server is set. Name a `resource`, or whoever runs this service has to set WIZARD_SMTP_URL."
        raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
    return smtp_server_of(settings.smtp_url.get_secret_value()), settings.mail_from


async def _letter(visit: Visit[SendMailConfig], usual_sender: str) -> Letter:
    """The mail, out of what the run knows. Raises NodeFailed where that doesn't make one."""
    config, names = visit.config, visit.names
    sender = usual_sender if config.from_ is None else config.from_.render(names)
    if not sender:
        what = "Whom the mail comes from isn't said. Say `from`, or set WIZARD_MAIL_FROM."
        raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
    to, cc, bcc = (
        [] if given is None else addresses_of(given.evaluate(names), key)
        for key, given in (("to", config.to), ("cc", config.cc), ("bcc", config.bcc))
    )
    if not to:
        raise NodeFailed("`to` gives no address. Check what it is made of.", people=Excuse.CHECK, lasting=True)
    if len(to) + len(cc) + len(bcc) > MAX_RECIPIENTS:
        what = f"The mail has more than {MAX_RECIPIENTS} recipients. Send several mails."
        raise NodeFailed(what, people=Excuse.CHECK, lasting=True)
    return Letter(
        address_of(sender, "from"),
        to,
        subject_of(config.subject.render(names)),
        config.text.render(names),
        None if config.html is None else config.html.html(names),
        cc,
        bcc,
        None if config.reply_to is None else address_of(config.reply_to.render(names), "reply_to"),
        await _attached(visit),
    )


async def _attached(visit: Visit[SendMailConfig]) -> list[Attached]:
    given = None if visit.config.attachments is None else visit.config.attachments.evaluate(visit.names)
    several = [each for each in (given if isinstance(given, list | tuple) else [given]) if each is not None]
    if len(several) > MAX_ATTACHMENTS:
        raise _unfit(f"`attachments` gives more than {MAX_ATTACHMENTS} files. Send fewer")
    files: list[Attached] = []
    for each in several:
        files.append(await file_of(each, visit, "attachments"))
        if sum(len(file.content) for file in files) > MAX_BYTES:
            raise _unfit(f"`attachments` gives more than {MAX_BYTES:,} bytes. Send fewer or smaller files")
    return files


def _unfit(what: str) -> NodeFailed:
    return NodeFailed(f"{what}.", people=Excuse.CHECK, lasting=True)
