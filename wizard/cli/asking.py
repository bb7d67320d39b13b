"""A configuration, or what a resource holds, asked in this terminal: its form is gone through as any run, and what is
wrong is asked again."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from wizard.cli.shared import clean, settings

if TYPE_CHECKING:
    from wizard.actions.inputs import Asked
    from wizard.channels.terminal.console import Terminal

T = TypeVar("T")

FAILED, LEFT_UNFINISHED = 1, 3


async def ask(form: Asked, config: Mapping[str, Any], take: Callable[[dict[str, Any]], Awaitable[T]]) -> T:
    """What `take` makes of the configuration that somebody gives, who begins with this one. Where it raises
    ConfigurationRefused, what is wrong is told and asked again. Raises Exit where they leave, and where no more answers
    come."""
    from wizard.actions.asking import workflow_of
    from wizard.actions.configuration_form import config_of, form_values
    from wizard.actions.validation import by_field
    from wizard.channels.terminal.console import Terminal
    from wizard.errors import ConfigurationRefused

    terminal, values = Terminal.standard(), form_values(form, config)
    labels = {made.name: made.field["label"] for made in form.inputs if made.field}
    only: frozenset[str] | None = None
    while True:
        values |= await _answers(workflow_of(form, values, only), terminal)
        try:
            return await take(config_of(form, values))
        except ConfigurationRefused as error:
            told, others = by_field(form, error.errors)
        for name, message in told.items():
            print(clean(f"{labels[name]}: {message}"))
        for message in others:
            print(clean(message))
        if not sys.stdin.isatty():
            raise typer.Exit(FAILED)
        only = frozenset(told) or None


async def _answers(workflow: Mapping[str, Any], terminal: Terminal) -> dict[str, Any]:
    """The answers of a conversation. Raises Exit where it is left."""
    from wizard.app import make_engine, open_store
    from wizard.channels.terminal.terminal import Conversation, Ending
    from wizard.definitions.catalog import Catalog
    from wizard.node import Registry

    store = open_store("memory:")
    await store.open()
    engine = make_engine(Catalog.from_documents([workflow], Registry.installed()), store, settings())
    try:
        view = await engine.start(workflow["id"])
        if await Conversation(engine, terminal, kept=False).hold(view) is not Ending.COMPLETED:
            print("It isn't finished, so nothing comes of it. An empty line leaves out what is optional,")
            print("and a line with only a dot ends a text of several lines.")
            raise typer.Exit(LEFT_UNFINISHED)
        return {name: value for answers in view.answers.values() for name, value in answers.items()}
    finally:
        await engine.close()
        await store.close()
