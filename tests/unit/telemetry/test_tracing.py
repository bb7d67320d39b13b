"""Spans, as a collector gets them."""

from __future__ import annotations

import sys

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from wizard.errors import StaleInput
from wizard.telemetry.logs import LogContext
from wizard.telemetry.tracing import tracing
from wizard.telemetry.watching import All, Watch


@pytest.fixture
def spans() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def watch(spans: InMemorySpanExporter) -> Watch:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    made = tracing(provider)
    assert made is not None
    return made


def test_a_turn_is_a_span_that_says_which_and_how_it_ended(watch: Watch, spans: InMemorySpanExporter) -> None:
    """Where a slow request spent its time is seen only if the turn stands in its trace."""
    with All(LogContext(), watch).turn("next", "run-1") as turn:
        turn.outcome = "rejected"
        watch.retried()
        watch.node("http", 0.5, "done")
        watch.tried_again("http")
        watch.undo_failed("run-1")
        watch.job("work", "done", 1.0)
    (span,) = spans.get_finished_spans()
    assert span.name == "wizard next"
    assert span.attributes is not None
    assert span.attributes["wizard.run"] == "run-1"
    assert span.attributes["wizard.outcome"] == "rejected"
    assert len(str(span.attributes["wizard.turn"])) == 8
    named = ["wizard.retried", "wizard.node", "wizard.node.tried_again", "wizard.undo_failed"]
    assert [event.name for event in span.events] == named
    assert span.status.status_code is StatusCode.UNSET


@pytest.mark.parametrize(
    ("error", "status"), [(ValueError("Ann Canary"), "ERROR"), (StaleInput("Ann Canary"), "UNSET")]
)
def test_a_span_never_holds_what_an_exception_says(
    watch: Watch, spans: InMemorySpanExporter, error: Exception, status: str
) -> None:
    """Traces go to other companies' servers; an exception may quote what a person answered."""
    with pytest.raises(type(error)), watch.turn("next", "run-1"):
        raise error
    (span,) = spans.get_finished_spans()
    assert span.status.status_code.name == status
    assert "Canary" not in span.to_json()
    assert ("error.type" in (span.attributes or {})) is (status == "ERROR")


def test_without_opentelemetry_there_are_no_spans(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra: a server has to start without it."""
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    assert tracing() is None


def test_spans_that_nobody_collects_are_not_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would cost each turn as much as its metrics do. A provider that is set up is used."""
    assert tracing() is None
    monkeypatch.setattr(trace, "get_tracer_provider", TracerProvider)
    assert tracing() is not None
