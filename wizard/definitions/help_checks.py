"""The workflows that help in conversations (`help`): that there are such, and that they can run aside.

One that helps is handed nothing, and what it says is told with the answer to a message: nothing in it may wait for
anything but the person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Literal

from wizard.definitions.draft import Draft, NodeDraft
from wizard.definitions.reading.complaints import did_you_mean, quoted
from wizard.errors import Problem

Drafts = Mapping[str, Draft]


def check_help(draft: Draft, drafts: Drafts, missing: str, deployed: Collection[str] | None) -> Iterator[Problem]:
    """Everything that is wrong with `help`. Where definitions are deployed one by one, what isn't there yet is no
    mistake; `missing` says what to do about it elsewhere."""
    plain = 0
    for index, topic in enumerate(draft.head.help):
        place = ("help", index, "workflow")
        plain += not topic.ask
        if not topic.ask and plain == 2:
            yield draft.document.problem(
                place, "only one workflow can be what asking for help comes to; give it an `ask`"
            )
        if topic.workflow is None:
            continue
        helper = drafts.get(topic.workflow)
        if helper is None and topic.workflow not in (deployed or ()):
            hint = did_you_mean(topic.workflow, {*drafts, *(deployed or ())}) or f"; {missing}"
            message = f"there is no workflow {quoted(topic.workflow)} to help{hint}"
            severity: Literal["error", "warning"] = "error" if deployed is None else "warning"
            yield draft.document.problem(place, message, severity=severity)
        elif helper is not None:
            yield from (draft.document.problem(place, why) for why in _unfit(helper, draft, drafts))


def _unfit(helper: Draft, draft: Draft, drafts: Drafts) -> Iterator[str]:
    """Why a workflow can't help."""
    if helper.id == draft.id:
        yield f"{quoted(helper.id)} can't be its own help"
        return
    for field in helper.input:
        if field.required and field.default is None:
            yield f"{quoted(helper.id)} is handed nothing here, and its input `{field.name}` has no default"
    if waiting := _waiting(helper, drafts, set()):
        yield (
            f"{quoted(helper.id)} can't help in a conversation: its node `{waiting.id}` ({waiting.handler.type}) lets "
            "people wait; use nodes that answer at once"
        )


def _waiting(draft: Draft, drafts: Drafts, seen: set[str]) -> NodeDraft | None:
    """A node that goes on later, here or in a workflow that is embedded."""
    seen.add(draft.id)
    for node in draft.nodes:
        waits = node.config is not None and node.handler.waits(node.config)
        if waits or node.handler.slow or node.common.slow:
            return node
    for _, call in draft.calls:
        inner = drafts.get(call.workflow)
        if inner is not None and inner.id not in seen and (waiting := _waiting(inner, drafts, seen)) is not None:
            return waiting
    return None
