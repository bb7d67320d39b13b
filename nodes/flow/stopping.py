"""`fail` and `log`: what an author wants to be told of a run, to the person in it or to whoever runs the service."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.expression import Expression
from wizard.expressions.template import Template
from wizard.model import Outcome, Proceed
from wizard.node import Background, FormHint, NodeConfig, Visit

log = logging.getLogger("wizard.nodes.log")

LONGEST = 2_000  # characters of a line
LEVELS = {"info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


class FailConfig(NodeConfig):
    """What the person is told, and what the log is."""

    message: Annotated[Template, FormHint(rows=3)] = Field(
        description="What the person reads: what is wrong, and what to do."
    )
    when: Expression | None = Field(None, description="It fails only if this holds; always, without it.")
    reason: Template | None = Field(
        None, description="What the log and the trace say instead of the message. Leave out what people answered."
    )


class FailNode(Background[FailConfig]):
    """Stops the run with an error.

    The person reads `message`, and can go back and answer otherwise. `on_error` says what happens instead: `back` leads
    to the last question, with the message above it, and `goto: NODE` to another node. It isn't tried again, whatever
    `retry` says. With `when`, it fails only if that holds; else the run goes on.
    """

    type = "fail"
    title = "Stop with an error"
    group = "flow"
    icon = "flag"
    pure = True
    own_retries = True
    example: ClassVar[Mapping[str, Any]] = {
        "when": "profile.blocked",
        "message": "You can't order at the moment. Call us at 0800 123 456.",
    }
    Config = FailConfig

    def outputs(self, config: FailConfig) -> frozenset[str]:
        return frozenset()

    async def execute(self, visit: Visit[FailConfig]) -> Outcome:
        config = visit.config
        if config.when is not None and not config.when.holds(visit.names):
            return Proceed()
        message = config.message.words(visit.names).strip() or Excuse.CHECK
        if config.reason is None:
            raise NodeFailed("The run was stopped by its definition.", people=message, lasting=True)
        raise NodeFailed(one_line(config.reason.render(visit.names)), people=message, lasting=True)


class LogConfig(NodeConfig):
    """A line, and how much it matters."""

    message: Template = Field(description="The line. Everybody who reads the log reads what is in it.")
    level: Literal["info", "warning", "error"] = Field("info", description="How much it matters.")


class LogNode(Background[LogConfig]):
    """Writes a line into the log of the service.

    The line has the workflow's node and the run's id with it, is one line whatever is in the values, and is cut off
    after 2,000 characters. It is written when the run comes by, and not again when somebody goes back and on with
    nothing changed; after a crash the same line may come twice.

    Logs are kept and read by others than the answers are: leave out names, addresses and secrets.
    """

    type = "log"
    title = "Write to the log"
    group = "flow"
    icon = "text"
    pure = True
    own_retries = True
    example: ClassVar[Mapping[str, Any]] = {"message": "Somebody began an order", "level": "info"}
    Config = LogConfig

    def outputs(self, config: LogConfig) -> frozenset[str]:
        return frozenset()

    async def execute(self, visit: Visit[LogConfig]) -> Outcome:
        line = one_line(visit.config.message.render(visit.names))
        log.log(LEVELS[visit.config.level], "%s (node %s, run %s)", line, visit.step, visit.run)
        return Proceed()


def one_line(text: str) -> str:
    """The text without anything that could begin another line, or colour a terminal."""
    line = "".join(character if character.isprintable() else " " for character in text[: LONGEST + 1]).strip()
    return line if len(text) <= LONGEST else f"{line[:LONGEST]}…"
