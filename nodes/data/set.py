"""`set` nodes: compute values, and keep them in the internal state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from wizard.definitions.internal import SetConfig
from wizard.errors import Excuse, InvalidInput, NodeFailed
from wizard.model import Outcome, Proceed
from wizard.model.values import check_value
from wizard.node import Background, Visit

DOCUMENTS = ("event", "profile", "session")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


class SetNode(Background[SetConfig]):
    """Computes values from what is known.

    A plain name (`total: "{{ order.count * 3 }}"`) is an output of the node; `session.NAME`,
    `profile.NAME` and `event.NAME` set a field of these documents. All values are computed from what was
    known before: none of them sees another. Strings are templates, and one that is exactly one
    `{{ expression }}` gives its typed value.
    """

    type = "set"
    title = "Compute values"
    group = "data"
    icon = "braces"
    example: ClassVar[Mapping[str, Any]] = {
        "values": {"greeting": "Hello {{ profile.name }}", "profile.last_seen": "{{ today() }}"}
    }
    Config = SetConfig
    pure = True
    own_retries = True  # it waits for nothing, and another try would compute the same

    def outputs(self, config: SetConfig) -> frozenset[str]:
        return frozenset(name for name in config.values if "." not in name)

    def check(self, config: SetConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        for name in config.values:
            document, dot, field = name.rpartition(".")
            if dot and document not in DOCUMENTS:
                documents = ", ".join(f"{document}.…" for document in DOCUMENTS)
                yield ("values", name), f"{name} can't be set; there are plain names and {documents}"
            elif not _NAME.fullmatch(field):
                yield ("values", name), f"{field!r} isn't a name: use letters, digits and underscores"

    async def execute(self, visit: Visit[SetConfig]) -> Outcome:
        values = {name: value.evaluate(visit.names) for name, value in visit.config.values.items()}
        try:
            check_value(values, "What is to be set")
        except InvalidInput as error:
            raise NodeFailed(error.message, people=Excuse.BROKEN) from error
        output = {}
        for name, value in values.items():
            document, dot, field = name.rpartition(".")
            if dot:
                visit.set(document, field, value)
            else:
                output[name] = value
        return Proceed(output)
