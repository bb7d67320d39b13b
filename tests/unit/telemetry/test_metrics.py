"""The figures that an operator sees, as Prometheus reads them."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families

from wizard.errors import RunExpired, StaleInput, StoreError
from wizard.model.job import Backlog
from wizard.telemetry import metrics as module
from wizard.telemetry.metrics import MOST_VALUES, Metrics


class Storage:
    """A backlog that is asked for, or can't be."""

    def __init__(self) -> None:
        self.asked = 0
        self.error: Exception | None = None
        self.hangs = False

    async def backlog(self) -> Backlog:
        self.asked += 1
        if self.hangs:
            await asyncio.sleep(60)
        if self.error is not None:
            raise self.error
        return Backlog(due=self.asked, later=7, failed_undos=2)


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


async def figures(metrics: Metrics, storage: Storage | None = None) -> dict[str, float]:
    """Each sample by its name and labels."""
    body, _ = await metrics.exposed((storage or Storage()).backlog, "")
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            labels = ",".join(f"{name}={value}" for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


async def test_turns_are_counted_by_move_and_outcome() -> None:
    """Failing turns, and slow ones, are what an operator is woken for."""
    metrics = Metrics()
    with metrics.turn("next", "r1") as turn:
        turn.outcome = "rejected"
    for run in ("r2", "r4"):
        with metrics.turn("next", run):
            pass
    for error in (StaleInput(), RunExpired(), ValueError()):
        with pytest.raises(type(error)), metrics.turn("previous", "r3"):
            raise error
    metrics.retried()
    found = await figures(metrics)
    assert found["wizard_turns_total{move=next,outcome=rejected}"] == 1
    assert found["wizard_turns_total{move=next,outcome=accepted}"] == 2
    for outcome in ("stale", "refused", "failed"):
        assert found[f"wizard_turns_total{{move=previous,outcome={outcome}}}"] == 1
    assert found["wizard_turn_seconds_count{move=next}"] == 3
    assert 0 < found["wizard_turn_seconds_sum{move=next}"] < 1
    assert found["wizard_conflicts_total"] == 1
    assert found["wizard_turn_retries_total"] == 1
    assert not any("r1" in name or "r3" in name for name in found)


async def test_nodes_jobs_and_store_calls_are_counted() -> None:
    """Which service is slow, and whether work gets done, shows here before people complain."""
    metrics = Metrics()
    metrics.node("http", 0.5, "done")
    metrics.node("http", 1.5, "failed")
    metrics.tried_again("http")
    metrics.job("undo", "put_off", 0.25)
    metrics.store("commit", 0.002, False)
    metrics.store("claim", None, True)
    found = await figures(metrics)
    assert found["wizard_node_runs_total{outcome=done,type=http}"] == 1
    assert found["wizard_node_seconds_sum{type=http}"] == 2
    assert found["wizard_node_retries_total{type=http}"] == 1
    assert found["wizard_jobs_total{kind=undo,outcome=put_off}"] == 1
    assert found["wizard_job_seconds_sum{kind=undo}"] == 0.25
    assert found["wizard_store_seconds_count{call=commit}"] == 1
    assert "wizard_store_seconds_count{call=claim}" not in found
    assert found["wizard_store_errors_total{call=claim}"] == 1
    assert "wizard_store_errors_total{call=commit}" not in found


async def test_what_waits_is_asked_for_every_five_seconds() -> None:
    """Several scrapers, or one that asks often, must not load the database."""
    clock, storage = Clock(), Storage()
    metrics = Metrics(clock=clock)
    first, _ = await asyncio.gather(figures(metrics, storage), figures(metrics, storage))
    assert (first["wizard_queue_depth{state=due}"], first["wizard_queue_depth{state=later}"]) == (1, 7)
    assert first["wizard_failed_undos"] == 2
    clock.now += 4.9
    assert (await figures(metrics, storage))["wizard_queue_depth{state=due}"] == 1
    clock.now += 0.2
    assert (await figures(metrics, storage))["wizard_queue_depth{state=due}"] == 2


@pytest.mark.parametrize("how", ["fails", "hangs"])
async def test_a_store_that_does_not_answer_is_no_empty_queue(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other figures are still shown, just when they are needed most; those of the queue are none, not old."""
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    clock, storage = Clock(), Storage()
    metrics = Metrics(clock=clock)
    assert "wizard_queue_depth{state=due}" in await figures(metrics, storage)
    clock.now += 10
    storage.error, storage.hangs = StoreError("secret.example:5432 is down"), how == "hangs"
    metrics.retried()
    found = await figures(metrics, storage)
    assert found["wizard_turn_retries_total"] == 1
    assert "wizard_queue_depth{state=due}" not in found
    assert found["wizard_failed_undos"] != found["wizard_failed_undos"]  # NaN
    assert not any("secret" in name for name in found)


async def test_labels_have_a_bounded_number_of_values() -> None:
    """A label with ever new values would fill the memory of this process and of Prometheus."""
    metrics = Metrics()
    for number in range(MOST_VALUES + 50):
        metrics.node(f"type{number}", 0.1, "done")
    found = await figures(metrics)
    counted = [name for name in found if name.startswith("wizard_node_runs_total")]
    assert len(counted) == MOST_VALUES + 1
    assert found["wizard_node_runs_total{outcome=other,type=other}"] == 50
    assert found["wizard_node_seconds_count{type=other}"] == 50


async def test_two_applications_in_a_process_count_apart() -> None:
    """Tests, and hosts with two sets of forms, have several."""
    one, other = Metrics(), Metrics()
    one.retried()
    assert (await figures(one))["wizard_turn_retries_total"] == 1
    assert (await figures(other))["wizard_turn_retries_total"] == 0


async def test_a_scraper_gets_the_format_it_asks_for() -> None:
    """Prometheus asks for OpenMetrics; a person with curl gets plain text."""
    metrics = Metrics()
    _, plain = await metrics.exposed(Storage().backlog, "")
    body, modern = await metrics.exposed(Storage().backlog, "application/openmetrics-text; version=1.0.0")
    assert plain.startswith("text/plain")
    assert modern.startswith("application/openmetrics-text")
    assert body.endswith(b"# EOF\n")
