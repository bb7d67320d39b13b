"""A span for each turn, where OpenTelemetry is installed (`pip install wizard[tracing]`) and has been set up.

A span says which move, which run and how it ended; it holds no answers and no exception's message, which may quote
one. Names follow the rules of OpenTelemetry: `wizard.` before each attribute.
"""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from wizard import __version__
from wizard.telemetry.logs import current
from wizard.telemetry.watching import ACCEPTED, Nobody, Watch, WatchedTurn, ended

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer, TracerProvider


def tracing(provider: TracerProvider | None = None) -> Watch | None:
    """A Watch that makes spans, by `provider` or the process's own. None where opentelemetry-api isn't installed or
    nobody has set a provider up yet: spans that go nowhere would cost time all the same."""
    try:
        from opentelemetry import trace
    except ImportError:
        return None
    if provider is None and isinstance(trace.get_tracer_provider(), trace.ProxyTracerProvider):
        return None
    return Tracing(trace.get_tracer("wizard", __version__, provider))


class Tracing(Nobody):
    """See the module docstring. What nodes did is an event of their turn's span."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def turn(self, name: str, run_id: str) -> WatchedTurn:
        return _Turn(self._tracer, name, run_id)

    def retried(self) -> None:
        self._event("wizard.retried", {})

    def node(self, type: str, seconds: float, outcome: str) -> None:  # noqa: A002
        self._event("wizard.node", {"wizard.type": type, "wizard.seconds": seconds, "wizard.outcome": outcome})

    def tried_again(self, type: str) -> None:  # noqa: A002
        self._event("wizard.node.tried_again", {"wizard.type": type})

    def undo_failed(self, run_id: str) -> None:
        self._event("wizard.undo_failed", {"wizard.run": run_id})

    def _event(self, name: str, attributes: dict[str, Any]) -> None:
        from opentelemetry.trace import get_current_span

        get_current_span().add_event(name, attributes)


class _Turn:
    __slots__ = ("_name", "_opened", "_run", "_span", "_tracer", "outcome")

    def __init__(self, tracer: Tracer, name: str, run_id: str) -> None:
        self.outcome = ACCEPTED
        self._tracer = tracer
        self._name = name
        self._run = run_id

    def __enter__(self) -> _Turn:
        attributes = {"wizard.move": self._name, "wizard.run": self._run, "wizard.turn": current().turn}
        # The two switches keep the exception's message out of the span.
        self._opened = self._tracer.start_as_current_span(
            f"wizard {self._name}", attributes=attributes, record_exception=False, set_status_on_exception=False
        )
        self._span = self._opened.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        from opentelemetry.trace import StatusCode

        outcome = ended(self.outcome, error)
        self._span.set_attribute("wizard.outcome", outcome)
        if outcome == "failed":
            self._span.set_status(StatusCode.ERROR)
            self._span.set_attribute("error.type", type(error).__name__)
        self._opened.__exit__(kind, error, trace)
