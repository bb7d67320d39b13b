"""What starts a workflow by itself (`on`): the names that its conditions read, and whether a run can be started so.

There is no run yet when a condition is computed: it sees the event, the profile and the session, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from wizard.definitions.draft import Draft
from wizard.definitions.name_checks import place_in
from wizard.definitions.reading.complaints import did_you_mean, quoted
from wizard.errors import Problem
from wizard.model import Chain
from wizard.model.events import FIELDS

SEEN = ("event", "profile", "session")


def check_starts(draft: Draft) -> Iterator[Problem]:
    """Everything that is wrong or doubtful with `on`."""
    for index, start in enumerate(draft.head.on):
        if start.event in FIELDS:
            message = f"`event.{start.event}` has a meaning of its own; give the event another type"
            yield draft.document.problem(("on", index, "event"), message)
        for chain in () if start.when is None else sorted(start.when.chains):
            if message := _unknown(chain, draft):
                place = ("on", index, "when")
                yield draft.document.problem(place, message, offset=place_in(draft, place, ".".join(chain)))
    yield from _check_input(draft)


def _unknown(chain: Chain, draft: Draft) -> str:
    """What is wrong with a dotted name in a condition; empty where nothing is."""
    root = chain[0]
    if root == "event":
        if len(chain) == 1 or chain[1] in FIELDS:
            return ""
        if close := did_you_mean(chain[1], FIELDS):
            return f"an event has no {quoted(chain[1])}{close}"
        return f"an event has no {quoted(chain[1])}; what it brings is in `event.properties`"
    if root in SEEN:
        return ""
    if root in draft.ids or root in ("input", "run"):
        return f"{quoted(root)} can't be read here: there is no run yet, only `event`, `profile` and `session`"
    return f"there is nothing called {quoted(root)} here{did_you_mean(root, SEEN)}"


def _check_input(draft: Draft) -> Iterator[Problem]:
    """An event hands a run nothing in."""
    if not draft.head.on:
        return
    for field in draft.input:
        if field.required and field.default is None:
            message = f"an event that starts `{draft.id}` hands nothing in, and the input `{field.name}` has no default"
            yield draft.document.problem(("input", field.name), message, key=True)
