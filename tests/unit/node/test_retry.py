"""How often and how long background work is tried (S16), alone and in a run."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nodes.handing import Pauses, visit_of
from wizard.errors import ExpressionError, NodeContractError, NodeFailed, WizardError
from wizard.model import Outcome, Proceed, Retry, RunStatus
from wizard.node import Background, NodeConfig, Visit
from wizard.node.retry import SHORT, TryLater, persevere, seconds_in_all
from wizard.nodes.out.python import PythonNode
from wizard.settings import Settings
from wizard.testing import Person, make_test_engine

PATIENT = Retry(attempts=3, backoff=timedelta(seconds=2))


def visit(**more: Any) -> Visit[Any]:
    return visit_of(PythonNode(), {"function": "it"}, **more)


class Failing:
    """Work that fails with these errors, one a try, and then gives "done"."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.tried = 0

    async def __call__(self, visit: Visit[Any]) -> str:
        self.tried += 1
        if self.tried <= len(self.errors):
            raise self.errors[self.tried - 1]
        return "done"


async def test_a_service_that_hiccups_costs_nobody_their_place() -> None:
    """S16: failures that pass are waited for, longer each time, and not by all runs at the same moment."""
    for least, waited in ((True, [1, 2]), (False, [2, 4])):
        work, pauses = Failing(OSError("busy"), NodeFailed("The bank doesn't answer.")), Pauses()
        result = await persevere(work, visit(retry=PATIENT), sleep=pauses, jitter=[1.0, 0.0][least].__abs__)
        assert (result, work.tried, pauses) == ("done", 3, waited)


async def test_the_last_try_is_the_last() -> None:
    """Three attempts are three; what the last one said is what people and logs get."""
    work, pauses = Failing(*[OSError(str(number)) for number in range(5)]), Pauses()
    with pytest.raises(OSError, match="2"):
        await persevere(work, visit(retry=PATIENT), sleep=pauses)
    assert (work.tried, len(pauses)) == (3, 2)


async def test_without_retry_there_is_one_try() -> None:
    """An author who asked for no retries gets no payment tried twice."""
    work = Failing(OSError("busy"))
    with pytest.raises(OSError, match="busy"):
        await persevere(work, visit())
    assert work.tried == 1


@pytest.mark.parametrize(
    "error",
    [
        NodeFailed("Your card was refused.", lasting=True),
        ExpressionError("1 / 0"),
        NodeContractError("no outcome"),
        WizardError(),
    ],
)
async def test_what_would_fail_again_is_not_tried_again(error: WizardError) -> None:
    """Nobody should wait half a minute to read what was clear at once."""
    work, pauses = Failing(error), Pauses()
    with pytest.raises(type(error)):
        await persevere(work, visit(retry=PATIENT), sleep=pauses)
    assert (work.tried, pauses) == (1, [])


@given(st.integers(1, 10), st.integers(0, 12), st.floats(0, 3600), st.floats(0, 1))
async def test_tries_and_pauses_stay_within_what_was_asked_for(
    attempts: int, failures: int, backoff: float, share: float
) -> None:
    """Whatever an author writes: nothing waits here for longer than a few seconds, no pause is longer than a minute
    unless the author says so, and tries are counted over all the jobs that make them."""
    work, pauses, later = Failing(*[OSError()] * failures), Pauses(), list[float]()
    retry = Retry(attempts, timedelta(seconds=backoff))
    tried = 0
    while True:
        it = visit(retry=retry, tried=tried, resumes=True)
        try:
            await persevere(work, it, sleep=pauses, jitter=lambda: share)
        except TryLater as again:
            tried = again.tried
            later.append(again.seconds)
            continue
        except OSError:
            assert failures >= attempts
        break
    assert work.tried == min(attempts, failures + 1)
    assert len(pauses) + len(later) == work.tried - 1
    assert all(0 <= pause <= SHORT for pause in pauses)
    assert all(SHORT < pause <= 60 for pause in later)


async def test_a_long_pause_is_nothing_to_stand_and_wait_for() -> None:
    """An undo has its own way of being tried again: nobody holds a place among the jobs for an hour."""
    work, pauses = Failing(OSError("busy")), Pauses()
    with pytest.raises(OSError, match="busy"):
        await persevere(work, visit(retry=Retry(5, timedelta(hours=1), timedelta(hours=1))), sleep=pauses)
    assert (work.tried, pauses) == (1, [])


async def test_work_that_perseveres_in_a_part_is_put_off_as_a_whole() -> None:
    """A node type calls `persevere` itself without saying so: its long pause isn't a failure to be tried at once."""
    it = visit(retry=Retry(5, timedelta(hours=1), timedelta(hours=1)), resumes=True)
    work, pauses = Failing(*[OSError()] * 9), Pauses()
    with pytest.raises(TryLater):
        await persevere(lambda own: persevere(work, own, sleep=pauses), it, sleep=pauses)
    assert (work.tried, pauses) == (1, [])


async def test_the_pause_grows_up_to_what_the_author_says() -> None:
    """`max_backoff: 1h`: a service that is down over night is asked some dozen times, and not each minute."""
    work, retry = Failing(*[OSError()] * 9), Retry(20, timedelta(minutes=10), timedelta(hours=1))
    later: list[float] = []
    for tried in range(9):
        with pytest.raises(TryLater) as caught:
            await persevere(work, visit(retry=retry, tried=tried, resumes=True), jitter=lambda: 1.0)
        later.append(caught.value.seconds / 60)
    assert later == [10, 20, 40, 60, 60, 60, 60, 60, 60]


async def test_many_short_tries_go_on_elsewhere() -> None:
    """A hundred tries a second apart would hold a place among the jobs for minutes."""
    work = Failing(*[OSError()] * 50)
    clock = asyncio.get_running_loop().time
    passed = [0.0]

    async def pass_by(seconds: float) -> None:
        passed[0] += 10

    asyncio.get_running_loop().time = lambda: clock() + passed[0]  # type: ignore[method-assign]
    it = visit(retry=Retry(100, timedelta(seconds=1), timedelta(seconds=1)), resumes=True)
    with pytest.raises(TryLater) as caught:
        await persevere(work, it, sleep=pass_by, jitter=lambda: 1.0)
    assert (caught.value.tried, caught.value.seconds) == (4, 1.0)


async def hang(visit: Visit[Any]) -> None:
    await asyncio.sleep(60)


async def in_a_thread(visit: Visit[Any]) -> None:
    release = threading.Event()
    try:
        await asyncio.to_thread(release.wait, 60)
    finally:
        release.set()


@pytest.mark.parametrize("work", [hang, in_a_thread])
async def test_a_try_that_hangs_is_given_up(work: Callable[[Visit[Any]], Awaitable[None]]) -> None:
    """A service that never answers must not hold a person's turn for ever."""
    with pytest.raises(NodeFailed, match=r"took longer than 0\.05 seconds"):
        await persevere(work, visit(timeout=timedelta(milliseconds=50)))


async def test_a_try_that_took_too_long_is_tried_again() -> None:
    """The limit is for one try: a service that was slow once may be quick the next time."""
    tried = []

    async def slow_once(visit: Visit[Any]) -> str:
        tried.append(1)
        if len(tried) == 1:
            await hang(visit)
        return "done"

    patient = visit(timeout=timedelta(milliseconds=500), retry=PATIENT)
    assert await persevere(slow_once, patient, sleep=Pauses()) == "done"


async def test_the_settings_give_the_time_limit_where_the_node_gives_none() -> None:
    """Operators bound what authors forgot."""
    with pytest.raises(NodeFailed, match=r"took longer than 0\.02 seconds"):
        await persevere(hang, visit(settings=Settings(step_timeout=0.02)))


async def test_a_time_out_inside_the_work_is_not_ours() -> None:
    """Saying that 30 seconds have passed would send people looking in the wrong place."""
    with pytest.raises(TimeoutError):
        await persevere(Failing(TimeoutError()), visit())


async def test_who_leaves_is_not_kept_waiting() -> None:
    """A server that shuts down cancels its turns; that is no failure to try again."""
    tried = []

    async def work(visit: Visit[Any]) -> None:
        tried.append(1)
        await hang(visit)

    turn = asyncio.ensure_future(persevere(work, visit(retry=PATIENT)))
    await asyncio.sleep(0)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    assert tried == [1]


async def test_a_failed_try_leaves_nothing_set_but_its_state() -> None:
    """Half of a failed try's changes to the profile would be stored with the good one's."""
    it = visit(retry=PATIENT, state={"page": 1})
    it.set("session", "before", True)

    async def work(own: Visit[Any]) -> str:
        own.set("profile", f"try_{own.state['page']}", True)
        own.state["page"] += 1
        if own.state["page"] < 4:
            raise OSError
        return "done"

    await persevere(work, it, sleep=Pauses())
    assert it.changes == {("session", "before"): True, ("profile", "try_3"): True}
    assert it.state == {"page": 4}


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 20 + 1), (3, 3 * 20 + 2 * 60 + 1), (100, 10 * 20 + 9 * 60 + 1)])
def test_what_tries_by_itself_has_the_time_for_its_tries(attempts: int, seconds: float) -> None:
    """A node type that heeds `retry` itself, and what undoes its work: cut off earlier, a payment would count as failed
    that was only being tried again."""
    assert seconds_in_all(visit(timeout=timedelta(seconds=20), retry=Retry(attempts))) == seconds


# -- in a run ----------------------------------------------------------------------------------------


class FlakyConfig(NodeConfig):
    good_after: int


class Flaky(Background[FlakyConfig]):
    """A node type of a third party, which knows nothing of retries."""

    type = "flaky"
    Config = FlakyConfig
    keys: list[str]

    def __init__(self) -> None:
        self.keys = []

    async def execute(self, visit: Visit[FlakyConfig]) -> Outcome:
        self.keys.append(visit.key)
        if len(self.keys) <= visit.config.good_after:
            raise OSError("password=hunter2")
        return Proceed({"tries": len(self.keys)})


def job(good_after: int, **keys: Any) -> dict[str, Any]:
    nodes = [
        {"id": "a", "type": "form", "fields": [{"name": "x"}]},
        {"id": "t", "type": "flaky", "good_after": good_after, "retry": {"attempts": 3, "backoff": "0s"}, **keys},
        {"id": "b", "type": "message", "title": "After {{ t.tries }} tries"},
    ]
    return {"id": "job", "nodes": nodes}


async def test_the_retries_of_a_definition_hold_for_every_node_type() -> None:
    """S16: an author's `retry` works whoever wrote the node, each time with the same key."""
    engine = await make_test_engine(job(2), node_types=[Flaky])
    person = await Person.starts(engine, "job")
    await person.says("1")
    person.sees(title="After 3 tries")
    handler = person.run.workflow.nodes["t"].handler
    assert len(set(handler.keys)) == 1


async def test_a_node_that_fails_after_its_retries_stops_the_run_there(caplog: pytest.LogCaptureFixture) -> None:
    """S16: the person reads that something is wrong, without its secrets, and Next tries again."""
    engine = await make_test_engine(job(4), node_types=[Flaky])
    person = await Person.starts(engine, "job")
    await person.says("1")
    assert person.run.status is RunStatus.FAILED
    person.sees(error="Something went wrong here. Try again")
    assert "hunter2" not in str(person.errors)
    await person.says()
    person.sees(title="After 5 tries")
    assert "failed" in caplog.text
