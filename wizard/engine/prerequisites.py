"""What definitions need of the application and it hasn't got, as far as that can be known before anybody meets it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Iterator

from wizard.model import Workflow
from wizard.settings import Settings

log = logging.getLogger("wizard.app")


def missing_functions(workflows: Iterable[Workflow], given: Collection[str]) -> Iterator[str]:
    """Which functions the nodes call and nobody gave, a sentence each."""
    for workflow in workflows:
        for node in workflow.nodes.values():
            called = set(node.handler.functions(node.config))
            if node.remind is not None and node.remind.message is not None:
                called.add(node.remind.message.send)
            for name in sorted(called.difference(given)):
                yield (
                    f"node {node.id} of {workflow.id} calls the function {name}, which isn't there; "
                    "hand it over with --functions MODULE:NAME, or where the engine is made"
                )


def unguarded_events(workflows: Iterable[Workflow], settings: Settings) -> Iterator[str]:
    """Which events people can send by themselves, since no key is asked for, a sentence for each workflow."""
    if settings.event_key is None:
        for workflow in workflows:
            if workflow.awaited:
                events = ", ".join(sorted(workflow.awaited))
                yield (
                    f"{workflow.id} waits for {events}, and whoever holds a run's token can send that event; where it "
                    "says what people mustn't claim, set WIZARD_EVENT_KEY"
                )


def log_missing_prerequisites(
    workflows: Collection[Workflow], functions: Collection[str], settings: Settings | None = None
) -> None:
    """Has the log say at the start what people would be the first to notice. With `settings`, events too: of who
    serves them."""
    for lack in missing_functions(workflows, functions):
        log.warning("%s", lack)
    for lack in () if settings is None else unguarded_events(workflows, settings):
        log.warning("%s", lack)
