"""`publish` nodes: a message to a broker (NATS)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, WithJsonSchema

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.template import Dynamic
from wizard.model import Outcome, Proceed, Value
from wizard.model.values import write_json
from wizard.node import Background, BrokerResource, FormHint, NodeConfig, ResourceOf, Visit
from wizard.node.retry import SLACK
from wizard.nodes.out.exchange import Sleep, seconds_for, until_it_counts
from wizard.nodes.out.extras import missing
from wizard.nodes.out.http import header_problems, with_headers
from wizard.nodes.out.nats import Broker, Published
from wizard.nodes.out.places import Places
from wizard.settings import Settings

MAX_SUBJECT = 250  # characters
MAX_BODY = 1_000_000  # bytes


def _token(text: str) -> str:
    """What fills a place in a subject: one part of it."""
    if not text or "." in text:
        raise ValueError("must not be empty or hold a dot")
    return text


def check_subject(subject: str) -> str:
    """The subject. Raises ValueError where it isn't one, or stands for several."""
    if len(subject) > MAX_SUBJECT:
        raise ValueError(f"must have up to {MAX_SUBJECT} characters")
    if not subject.isprintable() or any(c.isspace() or c in "*>" for c in subject):
        raise ValueError("must not hold blanks, *, > or control characters")
    if "" in subject.split("."):
        raise ValueError("must have something before and behind each dot")
    if subject.startswith("$"):
        raise ValueError("must not begin with $, which is the broker's own")
    return subject


SUBJECTS = Places("subject", _token, check_subject)


class PublishConfig(NodeConfig):
    """What is published where."""

    resource: Annotated[str, ResourceOf(BrokerResource), FormHint(label="Broker", group="Message")] = Field(
        description="The broker, a resource of the kind `broker`."
    )
    subject: Annotated[
        tuple[Dynamic, ...],
        BeforeValidator(SUBJECTS.parts_of),
        WithJsonSchema({"type": "string"}),
        FormHint(group="Message"),
    ] = Field(description="The subject, in parts with dots between them. What {{ expressions }} put in is one part.")
    body: Annotated[Dynamic, FormHint(group="Message", rows=6)] = Field(description="What is published, sent as JSON.")
    headers: Annotated[dict[str, Dynamic], FormHint(group="Message")] = Field(
        default_factory=dict, max_length=50, description="Headers by name."
    )
    stream: Annotated[str | None, FormHint(group="Message")] = Field(
        None,
        pattern="^[A-Za-z0-9_-]{1,64}$",
        description="The stream that has to keep it. Unless given, the one that takes the subject does, if any.",
    )


class PublishNode(Background[PublishConfig]):
    """Publishes a message on a broker (NATS).

    Where a stream (JetStream) takes the subject, the step is done when the stream has kept the message. It has the same
    `Nats-Msg-Id` for each try, by which the stream leaves out what it has had (within two minutes, unless the stream
    says otherwise). Where there is no stream, whoever is subscribed just then gets the message. Say `stream` where it
    must be kept: then the step fails rather than that nobody has it.

    What an expression puts into `subject` is one part of it: it can't hold a dot, a blank, `*` or `>`. A subject that
    is one expression and nothing else may have dots. The body has up to 1,000,000 bytes, or what the broker takes.

    The common keys `timeout` (for one try) and `retry` apply. The resource's address decides where the message goes;
    other servers that the broker names aren't followed. **There is no undo**: what is published stays published.

    Outputs: `stream` and `sequence`, null where there is no stream; `duplicate`, whether the stream had it already;
    `error` where it failed and `on_error` goes on.
    """

    type = "publish"
    title = "Publish a message"
    group = "out"
    icon = "radio"
    example: ClassVar[Mapping[str, Any]] = {
        "resource": "events",
        "subject": "bookings.made.{{ run.id }}",
        "body": {"day": "{{ today() }}", "people": 2},
    }
    own_retries = True
    Config = PublishConfig

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep

    def outputs(self, config: PublishConfig) -> frozenset[str]:
        return frozenset({"stream", "sequence", "duplicate", "error"})

    def example_output(self, config: PublishConfig) -> Mapping[str, Value]:
        return {"stream": config.stream, "sequence": 1 if config.stream else None, "duplicate": False}

    def check(self, config: PublishConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        yield from missing("nats", "broker")
        yield from header_problems(config.headers, ())
        for name in config.headers:
            if name.lower().startswith("nats-"):
                yield ("headers", name), f"{name} is the broker's own"

    async def execute(self, visit: Visit[PublishConfig]) -> Outcome:
        config, seconds = visit.config, seconds_for(visit)
        resource = await visit.resource(config.resource, BrokerResource)
        subject = SUBJECTS.filled(config.subject, visit.names)
        headers = with_headers({"Content-Type": "application/json"}, config.headers, visit.names)
        body = write_json(config.body.evaluate(visit.names)).encode()
        if len(body) > MAX_BODY:
            what = f"`body` gives more than {MAX_BODY:,} bytes. Send less."
            raise NodeFailed(what, people=Excuse.CHECK, lasting=True)
        broker = Broker(resource, visit.services.settings or Settings(), seconds)

        async def publish(own: Visit[Any]) -> Published:
            return await broker.publish(subject, body, headers, own.key, config.stream)

        published = await until_it_counts(publish, visit, seconds + SLACK, self._sleep)
        return Proceed(published._asdict())
