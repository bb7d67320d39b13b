"""Taking events: what they start and reach, once each, and what is refused."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from tests.unit.events.shop import SHOP, an_engine, catalog, how_many
from wizard.app import make_engine
from wizard.engine import Engine
from wizard.errors import HostError, InvalidInput, KeyReused, StoreError, TooManyEvents, TooManyRuns
from wizard.events.intake import Intake
from wizard.machine.events import MAX_ARRIVALS
from wizard.model.documents import DocumentSave
from wizard.model.events import Emitted
from wizard.model.values import MAX_VALUE_BYTES
from wizard.stores.memory import MemoryStore
from wizard.sync import Door

AT = datetime(2026, 3, 27, 10, tzinfo=UTC)


def workflows(emitted: Emitted) -> list[tuple[str, str]]:
    return [(run.workflow, run.status) for run in emitted.runs]


async def test_it_starts_what_matches_on_the_profile_and_session_that_it_names() -> None:
    """A form of somebody else's, or of nobody's, would greet the wrong person."""
    engine = await an_engine()
    emitted = await Intake(engine).emit(
        "purchase", {"total": 120}, id="o-1", profile_id="ann", session_id="shop", at=AT
    )
    assert (emitted.event, emitted.profile_id, emitted.session_id, emitted.again) == ("o-1", "ann", "shop", False)
    assert workflows(emitted) == [("record", "completed"), ("thanks", "waiting")]
    view = await engine.load(emitted.runs[1].id)
    assert view.current.title == "purchase o-1 of ann in shop"
    assert view.run.event == {"type": "purchase", "id": "o-1", "at": AT, "properties": {"total": 120}}
    assert emitted.runs[1].version == view.run.version
    assert (await engine.store.document("profile", "ann")).fields == {"total": 120}, "record ended, and saved it"


async def test_ids_that_nobody_gave_are_made_and_told() -> None:
    """The next event of the same person can name them."""
    engine = await an_engine()
    one, two = [await Intake(engine).emit("purchase", {"total": 1}) for _ in range(2)]
    assert len({one.event, two.event, one.profile_id, two.profile_id, one.session_id, two.session_id}) == 6
    assert (await engine.load(one.runs[0].id)).run.profile_id == one.profile_id


async def test_the_same_id_is_taken_once_and_answered_the_same() -> None:
    """Senders send again what they heard no answer to: nobody is to be thanked twice."""
    engine = await an_engine()
    intake = Intake(engine)
    first = await intake.emit("purchase", {"total": 120, "what": "tea"}, id="o-1")
    await engine.next(first.runs[1].id, {"how": "well"})
    again = await intake.emit("purchase", {"what": "tea", "total": 120}, id="o-1")
    assert again.again
    assert (again.event, again.profile_id, again.session_id, again.runs) == (
        *("o-1", first.profile_id, first.session_id),
        first.runs,
    )
    assert await how_many(engine) == 2


@pytest.mark.parametrize(
    "other",
    [
        {"type": "refund"},
        {"properties": {"total": 121}},
        {"profile_id": "bob"},
        {"session_id": None},
        {"at": AT + timedelta(seconds=1)},
    ],
)
async def test_another_event_under_the_id_of_one_is_refused(other: dict[str, Any]) -> None:
    """It would be lost, and its sender told that it was taken."""
    engine = await an_engine()
    sent: dict[str, Any] = {
        **{"type": "purchase", "properties": {"total": 120}, "profile_id": "ann"},
        **{"session_id": "s", "at": AT},
    }
    await Intake(engine).emit(id="o-1", **sent)
    with pytest.raises(KeyReused, match="Another event was taken under this id"):
        await Intake(engine).emit(id="o-1", **{**sent, **other})
    assert await how_many(engine) == 2
    same_moment = AT.astimezone(timezone(timedelta(hours=2)))
    assert (await Intake(engine).emit(id="o-1", **{**sent, "at": same_moment})).again


async def test_twenty_at_once_are_one() -> None:
    """A queue that delivers at least once may deliver all at once."""
    engine = await an_engine()
    intake = Intake(engine)
    all_of_them = await asyncio.gather(*(intake.emit("purchase", {"total": 120}, id="o-1") for _ in range(20)))
    assert [each.again for each in all_of_them].count(False) == 1
    assert len({(each.profile_id, each.runs) for each in all_of_them}) == 1
    assert await how_many(engine) == 2


async def test_it_reaches_runs_of_its_profile_and_of_its_session() -> None:
    """Somebody who pays in the shop is asked where to by the form that they had left."""
    engine = await an_engine()
    of_ann = await engine.start("parcel", profile_id="ann")
    of_session = await engine.start("parcel", session_id="shop")
    of_both = await engine.start("parcel", profile_id="ann", session_id="shop")
    of_bob = await engine.start("parcel", profile_id="bob")
    emitted = await Intake(engine).emit("purchase", {"total": 20}, profile_id="ann", session_id="shop")
    reached = [run.id for run in emitted.runs if run.workflow == "parcel"]
    assert sorted(reached) == sorted([of_ann.id, of_session.id, of_both.id])
    assert (await engine.load(of_both.id)).current.title == "Where to, for 20?"
    assert (await engine.load(of_bob.id)).status == "working"


async def test_a_run_that_waits_for_another_one_stays_as_it_is() -> None:
    """A purchase of too little pays for no parcel; and the run isn't told as one that took it."""
    engine = await an_engine()
    run = await engine.start("parcel", profile_id="ann")
    emitted = await Intake(engine).emit("purchase", {"total": 5}, profile_id="ann")
    assert [told.workflow for told in emitted.runs] == ["record"]
    assert (await engine.load(run.id)).revision == run.revision


async def test_a_run_that_hasn_t_come_to_its_wait_takes_it_later() -> None:
    """Events come early and out of order, and people answer when they want."""
    engine = await an_engine(
        SHOP.replace("nodes:\n  - {id: paid", "nodes:\n  - {id: me, type: form, fields: [{name: x}]}\n  - {id: paid", 1)
    )
    run = await engine.start("parcel", profile_id="ann")
    emitted = await Intake(engine).emit("purchase", {"total": 20}, profile_id="ann")
    assert (emitted.runs[-1].id, emitted.runs[-1].status) == (run.id, "waiting")
    await engine.next(run, {"x": "y"})
    assert run.current.title == "Where to, for 20?"


async def test_ended_runs_aren_t_reached() -> None:
    """They can't take anything any more, and mustn't keep the others from it."""
    engine = await an_engine()
    cancelled = await engine.start("parcel", profile_id="ann")
    await engine.cancel(cancelled)
    waiting = await engine.start("parcel", profile_id="ann")
    emitted = await Intake(engine).emit("purchase", {"total": 20}, profile_id="ann")
    assert [run.id for run in emitted.runs if run.workflow == "parcel"] == [waiting.id]


async def test_more_runs_than_a_page_holds_are_reached() -> None:
    """The hundred-and-first order would wait for ever."""
    engine = await an_engine()
    for _ in range(105):
        await engine.start("parcel", profile_id="ann")
    emitted = await Intake(engine).emit("purchase", {"total": 20}, profile_id="ann")
    assert len(emitted.runs) == 106


async def test_what_concerns_too_many_runs_is_refused_and_nothing_happens() -> None:
    """One event mustn't start a thousand; and its sender can send it again when somebody has tidied up."""
    engine = await an_engine()
    for _ in range(3):
        await engine.start("parcel", profile_id="ann")
    with pytest.raises(TooManyRuns):
        await Intake(engine, most_reached=2).emit("purchase", {"total": 20}, id="o-1", profile_id="ann")
    with pytest.raises(TooManyRuns):
        await Intake(engine, most_started=1).emit("purchase", {"total": 120}, id="o-1", profile_id="ann")
    assert await how_many(engine) == 3
    assert await engine.store.events.get("o-1") is None
    assert len((await Intake(engine).emit("purchase", {"total": 20}, id="o-1", profile_id="ann")).runs) == 4


async def test_the_stored_profile_decides() -> None:
    """`on` can leave out those who want to be left alone."""
    store = MemoryStore()
    await store.documents.save(DocumentSave("profile", "ann", {"silent": True}), datetime.now(UTC))
    engine = await an_engine(store=store)
    assert workflows(await Intake(engine).emit("purchase", {"total": 120}, profile_id="ann")) == [
        ("record", "completed")
    ]


async def test_what_matches_nothing_is_kept_and_known_again() -> None:
    """An operator looks why nothing came of it; deploying a workflow later doesn't make it happen twice."""
    engine = await an_engine()
    intake = Intake(engine)
    assert (await intake.emit("moved", {"to": "Bern"}, id="m-1")).runs == ()
    await intake.emit("purchase", {"total": 1})
    (only,) = await engine.store.events.newest(unmatched=True)
    assert (only.id, only.type, only.properties, only.runs) == ("m-1", "moved", {"to": "Bern"}, ())
    assert (await intake.emit("moved", {"to": "Bern"}, id="m-1")).again
    assert len(await engine.store.events.newest()) == 2


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"type": ""}, "needs a type"),
        ({"type": "order.paid"}, "needs a type"),
        ({"type": "properties"}, "none of `type`, `id`, `at`, `properties`"),
        ({"type": "x" * 65}, "needs a type"),
        ({"id": ""}, "1 to 200 characters"),
        ({"id": "x" * 201}, "1 to 200 characters"),
        ({"id": "\ud800"}, "1 to 200 characters that can be shown"),
        ({"id": "o-1\nERROR all is lost"}, "1 to 200 characters that can be shown"),
        ({"profile_id": "\ud800"}, "half a character"),
        ({"session_id": "\x1b[2J"}, "can't be shown"),
        ({"profile_id": ""}, "1 to 500 characters"),
        ({"at": datetime(2026, 3, 27)}, "a time with a time zone"),
        ({"at": "2026"}, "a time with a time zone"),
        ({"properties": {"x": "y" * MAX_VALUE_BYTES}}, "larger than"),
        ({"properties": [1]}, "mapping by name"),
    ],
)
async def test_what_no_event_can_be_is_refused_with_a_sentence(wrong: dict[str, Any], says: str) -> None:
    """A sender's mistake shows at the sender's, and nothing of it is stored."""
    engine = await an_engine()
    with pytest.raises(InvalidInput, match=says):
        await Intake(engine).emit(**{"type": "purchase", **wrong})
    assert await engine.store.events.newest() == ()


async def test_a_run_that_is_deleted_meanwhile_is_left_out() -> None:
    """Somebody has their data deleted in the moment in which an event of theirs is under way."""
    engine = await an_engine()
    run, other = [await engine.start("parcel", profile_id="ann") for _ in range(2)]
    real = engine.event

    async def deleting(run_id: Any, *given: Any, **more: Any) -> Any:
        await engine.delete(run.id)
        return await real(run_id, *given, **more)

    engine.event = deleting  # type: ignore[method-assign]
    emitted = await Intake(engine).emit("purchase", {"total": 20}, profile_id="ann")
    assert [told.id for told in emitted.runs if told.workflow == "parcel"] == [other.id]


async def test_a_run_that_is_full_has_it_sent_again_and_the_others_have_it() -> None:
    """What is acknowledged has reached all; what isn't may be sent until it has."""
    text = SHOP.replace(
        "nodes:\n  - {id: paid", "nodes:\n  - {id: me, type: form, fields: [{name: x}]}\n  - {id: paid", 1
    )
    engine = await an_engine(text)
    full, free = [await engine.start("parcel", profile_id="ann") for _ in range(2)]
    for number in range(MAX_ARRIVALS):
        await engine.event(full.id, "purchase", {"total": number})
    intake = Intake(engine)
    for _ in range(2):
        with pytest.raises(TooManyEvents):
            await intake.emit("purchase", {"total": 20}, id="o-1", profile_id="ann")
    assert len((await engine.load(free.id)).run.arrivals) == 1
    (undone,) = await engine.store.events.newest()
    assert undone.runs is None
    await engine.cancel(full)
    emitted = await intake.emit("purchase", {"total": 20}, id="o-1", profile_id="ann")
    assert not emitted.again
    assert [run.workflow for run in emitted.runs] == ["record", "parcel"]
    assert await how_many(engine) == 3


async def test_a_workflow_that_can_t_be_started_keeps_nothing_from_the_others() -> None:
    """It was taken back from what is deployed in that moment."""
    store = MemoryStore()
    engine = await an_engine(store=store)
    served = engine.definitions.all_workflows()
    engine.definitions = _Fewer(served)  # type: ignore[assignment]
    engine._pinned._definitions = catalog(SHOP[: SHOP.index("---\nid: thanks")])
    emitted = await Intake(engine).emit("purchase", {"total": 120}, id="o-1")
    assert workflows(emitted) == [("record", "completed")]
    (stored,) = await store.events.newest()
    assert stored.failed == ("thanks",)


class _Fewer:
    def __init__(self, workflows: Any) -> None:
        self._workflows = workflows

    def all_workflows(self) -> Any:
        return self._workflows


async def test_tokens_open_the_runs_that_were_started() -> None:
    """A host sends the person a link; it is told the tokens once."""
    engine = await an_engine()
    intake = Intake(engine)
    emitted = await intake.emit("purchase", {"total": 120}, id="o-1")
    run = emitted.runs[1].id
    assert (await engine.open(run, emitted.tokens[run])).id == run
    assert (await intake.emit("purchase", {"total": 120}, id="o-1")).tokens == {}


async def test_with_a_secret_the_tokens_are_known_again() -> None:
    """The process dies before it has sent the link: the same event again brings it, by any process of the host's."""
    engine = await an_engine()
    secret = b"sixteen or more!"
    emitted = await Intake(engine, secret=secret).emit("purchase", {"total": 120}, id="o-1")
    again = await Intake(engine, secret=secret).emit("purchase", {"total": 120}, id="o-1")
    assert again.again
    assert again.tokens == emitted.tokens
    assert len(set(emitted.tokens.values())) == 2
    await engine.open(emitted.runs[1].id, again.tokens[emitted.runs[1].id])
    other = await Intake(engine, secret=b"quite another one").emit("purchase", {"total": 120}, id="o-1")
    assert other.tokens == {}, "another secret's tokens open nothing"
    for wrong in (b"short", "sixteen or more!"):
        with pytest.raises(HostError):
            Intake(engine, secret=wrong)  # type: ignore[arg-type]


class Dead(BaseException):
    """The process is gone."""


class Cut(MemoryStore):
    """A store whose process dies at a certain write, before it or after it."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 10**9
        for owner, name in ((self, "commit"), (self.events, "add"), (self.events, "finish")):
            setattr(owner, name, self._cut(getattr(owner, name)))

    def _cut(self, write: Any) -> Any:
        async def cut(*given: Any) -> Any:
            self._point()
            answer = await write(*given)
            self._point()
            return answer

        return cut

    def _point(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Dead


@pytest.mark.parametrize("secret", [None, b"sixteen or more!"])
async def test_whoever_dies_where_nothing_is_lost_and_nothing_doubled(secret: bytes | None) -> None:
    """At each write of the fan-out, before and after it: the sender hears nothing, and sends it again."""
    points = 0
    while True:
        store = Cut()
        engine = await an_engine(store=store)
        parcels = [await engine.start("parcel", profile_id="ann") for _ in range(2)]
        store.left = points
        try:
            await Intake(engine, secret=secret).emit("purchase", {"total": 120}, id="o-1", profile_id="ann")
        except Dead:
            died = True
        else:
            died = False
        store.left = 10**9
        emitted = await Intake(await an_engine(store=store), secret=secret).emit(
            "purchase", {"total": 120}, id="o-1", profile_id="ann"
        )
        told = [("record", "completed"), ("thanks", "waiting"), ("parcel", "waiting"), ("parcel", "waiting")]
        assert workflows(emitted) == told, points
        assert await how_many(engine) == 4, points
        for parcel in parcels:
            trace = [entry.entry.kind for entry in await store.trace(parcel.id)]
            assert trace.count("arrived") == 1, points
        assert (await store.document("profile", "ann")).revision == 1, points
        assert secret is None or len(emitted.tokens) == 2
        if not died:
            break
        points += 1
    assert points == 12, "six writes, each cut off before and after it"


async def test_a_storage_that_fails_is_told_and_the_event_can_be_sent_again() -> None:
    """503 to its sender; nothing is acknowledged that isn't stored."""
    store = MemoryStore()
    engine = await an_engine(store=store)
    real = store.commit

    async def fails(change: Any) -> None:
        raise StoreError("The disk is full.")

    store.commit = fails  # type: ignore[method-assign]
    with pytest.raises(StoreError):
        await Intake(engine).emit("purchase", {"total": 120}, id="o-1")
    store.commit = real  # type: ignore[method-assign]
    assert len((await Intake(engine).emit("purchase", {"total": 120}, id="o-1")).runs) == 2


async def test_what_happens_is_counted() -> None:
    """An operator sees by a figure that events match nothing, or come again and again."""
    heard: list[str] = []

    class Ear:
        def event(self, outcome: str) -> None:
            heard.append(outcome)

    engine: Engine = await an_engine()
    engine.watch = Ear()  # type: ignore[assignment]
    intake = Intake(engine)
    for event in ("purchase", "purchase", "moved", "id"):
        with suppress(InvalidInput):
            await intake.emit(event, {"total": 1}, id=event)
    assert heard == ["matched", "again", "unmatched", "refused"]


def test_who_doesn_t_await_emits_through_a_door() -> None:
    """A view of Django's, or a script, tells of a purchase as an application of aiohttp's does."""
    store = MemoryStore()
    with Door(lambda: make_engine(catalog(), store, event_secret=b"sixteen or more!")) as door:
        emitted = door(Engine.emit, "purchase", {"total": 120}, id="o-1")
        assert [run.workflow for run in emitted.runs] == ["record", "thanks"]
        assert door(Engine.emit, "purchase", {"total": 120}, id="o-1").tokens == emitted.tokens


async def test_an_engine_that_nobody_composed_says_so() -> None:
    """Who makes an Engine by hand learns what is missing, and not that something is None."""
    with pytest.raises(HostError, match=r"wizard\.app\.make_engine"):
        await Engine(catalog(), MemoryStore()).emit("purchase")
