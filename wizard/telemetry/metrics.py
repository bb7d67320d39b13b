"""Figures for Prometheus: how many turns, how long they take, what fails and what waits.

Each application has a registry of its own, so that several in one process don't mix. Labels have a bounded number of
values: never an id, an address or anything that a caller wrote.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Awaitable, Callable, Iterator
from itertools import accumulate
from time import perf_counter
from types import TracebackType

from prometheus_client import CollectorRegistry, Gauge, Metric, ProcessCollector
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder

from wizard.errors import StoreError
from wizard.model.job import Backlog
from wizard.process.calls import Calls
from wizard.telemetry.watching import ACCEPTED, Nobody, WatchedTurn, ended

FRESH = 5.0  # seconds for which the backlog isn't asked for again
PATIENCE = 2.0  # seconds that a scrape waits for the store
MOST_VALUES = 300  # of one label; further ones are OTHER
OTHER = "other"

TURN_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)
WORK_BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
STORE_BUCKETS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)


class Metrics(Nobody):
    """A Watch and a StoreWatch that count."""

    def __init__(self, *, clock: Callable[[], float] = perf_counter) -> None:
        self._clock = clock
        self.registry = registry = CollectorRegistry(auto_describe=True)
        ProcessCollector(registry=registry)
        self._turns = _Counts("wizard_turns", "Turns of runs", ("move", "outcome"), registry)
        self._turn_seconds = _Times("wizard_turn_seconds", "How long turns took", "move", TURN_BUCKETS, registry)
        self._conflicts = _Counts("wizard_conflicts", "Turns refused because the run had moved on", (), registry)
        self._retries = _Counts("wizard_turn_retries", "Turns tried again after a lost race", (), registry)
        self._node_seconds = _Times("wizard_node_seconds", "How long nodes worked", "type", WORK_BUCKETS, registry)
        self._node_runs = _Counts("wizard_node_runs", "Background nodes executed", ("type", "outcome"), registry)
        self._node_retries = _Counts("wizard_node_retries", "Failed nodes tried again", ("type",), registry)
        self._jobs = _Counts("wizard_jobs", "Jobs worked on", ("kind", "outcome"), registry)
        self._events = _Counts("wizard_events", "Events that came", ("outcome",), registry)
        self._job_seconds = _Times("wizard_job_seconds", "How long jobs took", "kind", WORK_BUCKETS, registry)
        self._store_seconds = _Times("wizard_store_seconds", "How long the store took", "call", STORE_BUCKETS, registry)
        self._store_errors = _Counts("wizard_store_errors", "Calls of the store that failed", ("call",), registry)
        self._depth = Gauge("wizard_queue_depth", "Jobs that wait in the store", ["state"], registry=registry)
        self._failed_undos = Gauge("wizard_failed_undos", "Undos that were given up", registry=registry)
        self._hung = _Counts("wizard_hung_calls", "Calls that didn't come back in time", ("type",), registry)
        self._aside = Gauge("wizard_jobs_aside", "Jobs that failed too often and were put aside", registry=registry)
        self._asking = asyncio.Lock()
        self._asked = float("-inf")

    def watch_calls(self, calls: Calls) -> None:
        """Counts calls of functions and nodes that don't come back in time."""
        calls.told = self._hung.add
        lost = Gauge("wizard_lost_calls", "Calls at work for which nobody waits any more", registry=self.registry)
        lost.set_function(lambda: calls.lost)

    # -- Watch -------------------------------------------------------------------------------------

    def turn(self, name: str, run_id: str) -> WatchedTurn:
        return _Turn(self, name)

    def turned(self, name: str, outcome: str, seconds: float) -> None:
        """A turn ended."""
        self._turns.add(name, outcome)
        self._turn_seconds.add(name, seconds)
        if outcome == "stale":
            self._conflicts.add()

    def retried(self) -> None:
        self._retries.add()

    def node(self, type: str, seconds: float, outcome: str) -> None:  # noqa: A002
        self._node_runs.add(type, outcome)
        if outcome in ("done", "failed"):  # what was put off or came too late took no time that says anything
            self._node_seconds.add(type, seconds)

    def tried_again(self, type: str) -> None:  # noqa: A002
        self._node_retries.add(type)

    def job(self, kind: str, outcome: str, seconds: float) -> None:
        self._jobs.add(kind, outcome)
        self._job_seconds.add(kind, seconds)

    def event(self, outcome: str) -> None:
        self._events.add(outcome)

    # -- StoreWatch --------------------------------------------------------------------------------

    def store(self, call: str, seconds: float | None, failed: bool) -> None:
        if failed:
            self._store_errors.add(call)
        if seconds is not None:
            self._store_seconds.add(call, seconds)

    # -- what is scraped ---------------------------------------------------------------------------

    async def exposed(self, backlog: Callable[[], Awaitable[Backlog]], accept: str) -> tuple[bytes, str]:
        """All figures in the format that `accept` (the request's header) asks for, and its media type. How much
        waits is asked anew where that was more than FRESH seconds ago; without an answer it is left out."""
        async with self._asking:
            if self._clock() - self._asked >= FRESH:
                await self._ask(backlog)
        encode, media_type = choose_encoder(accept)
        return encode(self.registry), media_type

    async def _ask(self, backlog: Callable[[], Awaitable[Backlog]]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                counts = await backlog()
        except (
            StoreError,
            TimeoutError,
        ):  # wizard_store_errors_total says so; an old figure would say that all is well
            self._depth.clear()
            self._failed_undos.set(float("nan"))
            self._aside.set(float("nan"))
        else:
            self._depth.labels("due").set(counts.due)
            self._depth.labels("later").set(counts.later)
            self._failed_undos.set(counts.failed_undos)
            self._aside.set(counts.aside)
        self._asked = self._clock()


class _Turn:
    __slots__ = ("_began", "_metrics", "_name", "outcome")

    def __init__(self, metrics: Metrics, name: str) -> None:
        self.outcome = ACCEPTED
        self._metrics = metrics
        self._name = name

    def __enter__(self) -> _Turn:
        self._began = perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        outcome = self.outcome if error is None else ended(self.outcome, error)
        self._metrics.turned(self._name, outcome, perf_counter() - self._began)


class _Counts:
    """A counter. Counted by hand, and made what Prometheus reads when that is asked for: its library's own counters
    lock, for threads that there aren't here, and cost ten times as much."""

    __slots__ = ("_by_values", "_labels", "_name", "_words")

    def __init__(self, name: str, words: str, labels: tuple[str, ...], registry: CollectorRegistry) -> None:
        self._name = name
        self._words = words
        self._labels = labels
        self._by_values: dict[tuple[str, ...], int] = {} if labels else {(): 0}
        registry.register(self)

    def add(self, *values: str) -> None:
        try:
            self._by_values[values] += 1
        except KeyError:
            if len(self._by_values) >= MOST_VALUES:
                values = (OTHER,) * len(self._labels)
            self._by_values[values] = self._by_values.get(values, 0) + 1

    def collect(self) -> Iterator[Metric]:
        family = CounterMetricFamily(self._name, self._words, labels=self._labels)
        for values, count in self._by_values.items():
            family.add_metric(values, count)
        yield family


class _Times:
    """A histogram with a label; as above."""

    __slots__ = ("_bounds", "_by_value", "_label", "_name", "_words")

    def __init__(
        self, name: str, words: str, label: str, bounds: tuple[float, ...], registry: CollectorRegistry
    ) -> None:
        self._name = name
        self._words = words
        self._label = label
        self._bounds = bounds
        self._by_value: dict[str, _Spread] = {}
        registry.register(self)

    def add(self, value: str, seconds: float) -> None:
        spread = self._by_value.get(value)
        if spread is None:
            if len(self._by_value) >= MOST_VALUES:
                value = OTHER
            spread = self._by_value.setdefault(value, _Spread(len(self._bounds) + 1))
        spread.counts[bisect_left(self._bounds, seconds)] += 1
        spread.sum += seconds

    def collect(self) -> Iterator[Metric]:
        family = HistogramMetricFamily(self._name, self._words, labels=[self._label])
        names = [*(str(float(bound)) for bound in self._bounds), "+Inf"]
        for value, spread in self._by_value.items():
            buckets = list(zip(names, accumulate(spread.counts), strict=True))
            family.add_metric([value], buckets, spread.sum)
        yield family


class _Spread:
    """How many values fell between two bounds each, and what they are together."""

    __slots__ = ("counts", "sum")

    def __init__(self, size: int) -> None:
        self.counts = [0] * size
        self.sum = 0.0
