"""What a channel from outside leaves in a store: nothing that a stolen database tells, where it is sealed; and nothing
that a person who asks for their data isn't given, or that stays when it is deleted."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.channels.outside.test_inbox import Quiet
from wizard.channels.conversation.codes import Codes
from wizard.channels.conversation.conversations import Conversations
from wizard.channels.conversation.meanings import Incoming
from wizard.channels.outside.contract import Inbound, Outbound
from wizard.channels.outside.inbox import Inbox
from wizard.channels.outside.outbox import Outbox
from wizard.engine import Engine
from wizard.engine.exporting import exported_run
from wizard.engine.worker import Worker
from wizard.errors import ChannelRefused
from wizard.profiles.people import delete_person
from wizard.stores.blobs.vault import KeyRing, new_key
from wizard.stores.sqlite import SqliteStore
from wizard.testing import make_test_engine

PHONE = "41791234567"
WAMID = f"wamid.{PHONE}.A1"
FAQ = {
    "id": "faq",
    "nodes": [{"id": "topic", "type": "form", "fields": [{"name": "topic", "label": "What about?"}]}],
}
VISIT = {
    "id": "visit",
    "agent": True,
    "help": {"workflow": "faq"},
    "nodes": [
        {"id": "you", "type": "form", "fields": [{"name": "name", "label": "Your name"}]},
        {"id": "town", "type": "form", "fields": [{"name": "town", "label": "Your town"}]},
    ],
}


class Refusing(Quiet):
    name = "refusing"

    async def send(self, message: Outbound) -> None:
        raise ChannelRefused(f"{PHONE} has blocked you")


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[Engine]:
    store = SqliteStore(tmp_path / "runs.db", KeyRing.parse(new_key("a")))
    await store.open()
    made = await make_test_engine(VISIT, FAQ, store=store)
    yield made
    await made.close()
    await store.close()


async def a_conversation(engine: Engine) -> str:
    """Everything that leaves something behind: messages, an edit, help, a code, an operator, a refusing messenger."""
    channel, talks = Refusing(), Conversations(engine)
    Outbox.of(engine).channels[channel.name] = channel
    inbox = Inbox(engine, channel, talks, "visit")
    for number, said in enumerate(("hello", "Winterbottom", "help", "Topicword", "continue elsewhere")):
        await inbox.take(Inbound(PHONE, f"{WAMID}{number}", said))
    await inbox.take(Inbound(PHONE, f"{WAMID}edit", "Summerbottom", edits=f"{WAMID}1"))
    (run_id,) = [run.id for run in await engine.store.list_runs(workflow="visit")]
    await Worker(engine).perform_due()
    await talks.take_over(run_id, "olga", "Noteword")
    await talks.pass_on(run_id, Incoming("o-1", "Operatorword"), "olga")
    await talks.release(run_id, "olga", "Noteword")
    await Outbox.of(engine).resume_run(run_id, "olga", "Noteword")
    return run_id


async def test_a_sealed_database_doesnt_tell_who_was_written_with(engine: Engine, tmp_path: Path) -> None:
    """A stolen backup had telephone numbers in ids of messages, and what an operator noted of somebody."""
    run_id = await a_conversation(engine)
    code = next(one.text for one in await engine.said(run_id) if "Type this code" in one.text).rpartition(" ")[2]
    words = (PHONE, "wamid", "Winterbottom", "Summerbottom", "Topicword", "Noteword", "Operatorword", "blocked", code)
    content = b"".join(each.read_bytes() for each in tmp_path.iterdir()).lower()
    assert [word for word in words if word.lower().encode() in content] == []
    assert (await Codes(engine).use(code)).run == run_id
    trace = [entry.entry.detail for entry in await engine.trace(run_id) if entry.entry.kind == "operator"]
    assert [detail["note"] for detail in trace if "note" in detail] == ["Noteword"] * 3


async def test_a_person_gets_all_that_is_kept_of_their_conversation(engine: Engine) -> None:
    """Their address in the messenger was missing, and which runs have helped them."""
    exported = await exported_run(engine, await a_conversation(engine))
    assert exported["delivered_to"] == [{"channel": "refusing", "to": PHONE}]
    assert [(await engine.load(one)).workflow.id for one in exported["helped_by"]] == ["faq"]


@pytest.mark.parametrize("given", [{}, {"profile_id": "ann"}])
async def test_what_helped_in_a_run_is_deleted_with_it(engine: Engine, given: dict[str, Any]) -> None:
    """What somebody asked who is nobody's profile stayed for ever: no list and no person led to it."""
    talks = Conversations(engine)
    run = await talks.begin("visit", **given)
    for number in range(3):
        await talks.hear(run.id, Incoming(f"h-{number}", "help"))
        await talks.hear(run.id, Incoming(f"b-{number}", "back"))
    other = await talks.begin("visit")
    await talks.hear(other.id, Incoming("h-1", "help"))
    assert len(await engine.store.list_runs(workflow="faq")) == 4
    if given:
        await delete_person(engine.store, "ann", runs=True)
    else:
        assert await engine.delete(run.id)
    assert len(await engine.store.list_runs(workflow="faq")) == 1
    assert await engine.store.cells.list(f"aside/{run.id}/") == []
