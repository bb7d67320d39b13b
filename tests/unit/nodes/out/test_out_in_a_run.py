"""An appointment that is confirmed by mail, with its calendar file and a plan that somebody uploaded, and told to a
service: in a run with Back and change, against a real mail server and a real service.
"""

from __future__ import annotations

import base64
import logging

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from tests.smtp import mail_server
from wizard.model import RunStatus
from wizard.settings import Settings
from wizard.testing import Person, make_test_engine

BOOKING = """
id: booking
nodes:
  - id: ask
    type: form
    fields:
      - {name: email, type: email}
      - {name: day, type: date}
      - {name: plan, type: file, required: false}
  - {id: appointment, type: calendar_file, summary: Visit, start: "{{ ask.day }}"}
  - {id: sure, type: message, title: "{{ appointment.file.name }}"}
  - id: mail
    type: send_mail
    to: "{{ ask.email }}"
    subject: "On {{ ask.day }}"
    text: Hello
    attachments: ["{{ appointment.file }}", "{{ ask.plan }}"]
  - {id: told, type: webhook, url: "HOOK", secret: desk, body: {mail: "{{ mail.message_id }}"}}
  - {id: done, type: message, title: "Sent {{ mail.message_id }}, {{ told.status }}"}
"""
PLAN = b"%PDF \x00\xff"


async def test_a_booking(caplog: pytest.LogCaptureFixture) -> None:
    """The mail is sent once with what was answered last, and again only where that was changed; no secret is in what is
    logged or kept."""
    hooks: list[bytes] = []

    async def hook(request: web.Request) -> web.Response:
        hooks.append(await request.read())
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/hook", hook)
    caplog.set_level(logging.DEBUG)
    async with mail_server() as mails, TestServer(app) as service:
        engine = await make_test_engine(
            BOOKING.replace("HOOK", str(service.make_url("/hook"))),
            settings=Settings(
                allow_private_addresses=True,
                smtp_url=SecretStr(mails.url.replace("//", "//desk:s3cret@")),
                mail_from="desk@example.org",
                webhook_secrets=SecretStr(f"desk:whsec_{base64.b64encode(b's3cret' * 4).decode()}"),
            ),
        )
        try:
            person = await Person.starts(engine, "booking")
            plan = {"name": "plan.pdf", "type": "application/pdf", "content": PLAN}
            await person.says(email="ann@example.org", day="2026-07-01", plan=plan)
            person.sees(title="appointment.ics")
            await person.goes_back()
            await person.says(email="ann@example.org", day="2026-07-02")
            assert mails.taken == []
            await person.says()
            (first,) = mails.taken
            person.sees(title=f"Sent {first.message['Message-ID']}, 204")
            attached = {part.get_filename(): part for part in first.message.iter_attachments()}
            assert attached["plan.pdf"].get_payload(decode=True) == PLAN
            calendar = attached["appointment.ics"].get_payload(decode=True)
            assert isinstance(calendar, bytes)
            assert b"DTSTART;VALUE=DATE:20260702\r\n" in calendar

            await person.goes_back()
            await person.says()
            assert len(mails.taken) == len(hooks) == 1
            await person.changes("ask", email="bob@example.org", day="2026-07-02")
            assert [taken.recipients for taken in mails.taken] == [["ann@example.org"], ["bob@example.org"]]
            assert len({taken.message["Message-ID"] for taken in mails.taken}) == len(hooks) == 2
            await person.says()
            assert person.run.status is RunStatus.COMPLETED
            trace = await engine.trace(person.run.id)
        finally:
            await engine.close()
    assert mails.logins == ["\0desk\0s3cret"] * 2
    for told in (caplog.text, repr(trace), repr(person.run), repr(engine.settings)):
        assert "s3cret" not in told
        assert base64.b64encode(b"s3cret").decode()[:6] not in told


async def test_files_of_others_are_not_sent() -> None:
    """Whoever learns the id of somebody's file must not have it sent to themselves by a run of their own."""
    hand = {"id": "hand", "nodes": [{"id": "ask", "type": "form", "fields": [{"name": "plan", "type": "file"}]}]}
    mail = {"id": "mail", "type": "send_mail", "to": "eve@example.org", "subject": "a", "text": "b"}
    take = {
        "id": "take",
        "input": {"file": {"type": "text"}},
        "nodes": [mail | {"attachments": {"id": "{{ input.file }}"}}],
    }
    async with mail_server() as mails:
        settings = Settings(allow_private_addresses=True, smtp_url=SecretStr(mails.url), mail_from="desk@example.org")
        engine = await make_test_engine(hand, take, settings=settings)
        try:
            person = await Person.starts(engine, "hand")
            await person.says(plan={"name": "plan.pdf", "type": "application/pdf", "content": PLAN})
            file_id = person.run.answers["ask"]["plan"]["id"]
            assert await engine.file(person.run.id, file_id) is not None
            run = await engine.start("take", {"file": file_id})
            assert run.status is RunStatus.FAILED
        finally:
            await engine.close()
        assert mails.connections == 0
