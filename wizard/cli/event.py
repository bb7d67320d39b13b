"""`wizard event`: tells a run what happened outside.

The command has none of the host's functions, so it decides and orders; what has effects is a worker's to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from wizard.cli.shared import OPENING, AsJson, RunId, StoreOption, examples, look, print_json

if TYPE_CHECKING:
    from wizard.engine import Engine
    from wizard.engine.view import RunView
    from wizard.settings import Settings

MOST_NESTED = 64  # a bound for reading; what a run can hold is the engine's to say

EVENT_SETTINGS: dict[str, Any] = {
    "epilog": examples(
        "wizard event RUN_ID paid",
        """wizard event RUN_ID paid --data '{"amount": 25}' --key payment-4711""",
        "wizard event RUN_ID withdrawn --store sqlite:///runs.db --json",
    ),
    "context_settings": OPENING,
}


def event(
    run_id: RunId,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The event's name, as the definition has it.")],
    data: Annotated[
        str | None, typer.Option("--data", metavar="JSON", help="What it brings; true unless given.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", metavar="KEY", help="Its sender's: the same key again changes nothing.")
    ] = None,
    store: StoreOption = None,
    as_json: AsJson = False,
) -> None:
    """Tell a run what happened outside. A step that waits for the event takes it, now or when the run comes to it.

    Work that follows is ordered here and done by a worker: `wizard serve`, `wizard worker` or your own application.
    """
    brought = json_of(data, "--data", """'{"amount": 25}'""")

    async def work(engine: Engine) -> tuple[int, RunView]:
        before = await engine.load(run_id)
        return before.run.revision, await engine.event(run_id, name, brought, key=key)

    before, view = look(store, work, settled=ordering)
    if as_json:
        from wizard.channels.api.run_json import run_state

        print_json(run_state(view))
    elif view.run.revision == before:
        print(f"Run {run_id} took this event in before. Nothing has changed.")
    else:
        print(f"Run {run_id} took the event {name} in. It is {view.status.value}, at {view.step or 'its start'}.")


def json_of(text: str | None, option: str, example: str) -> Any:
    """What an option says. Raises BadParameter where it isn't JSON."""
    from wizard.model.nesting import TooDeepError, load_json

    if text is None:
        return None
    try:
        body = text.encode(errors="surrogateescape")
        return load_json(body, MOST_NESTED, constant=_no_number, members=_each_once)
    except _TwiceError as error:
        raise typer.BadParameter(f"{error} is there twice in one object.", param_hint=option) from error
    except TooDeepError as error:
        raise typer.BadParameter(f"it is nested more than {MOST_NESTED} deep.", param_hint=option) from error
    except ValueError as error:
        said = f"it isn't JSON; write it as in {option} {example}."
        raise typer.BadParameter(said, param_hint=option) from error


class _TwiceError(ValueError):
    """The message is the name."""


def _each_once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Over HTTP such an object is refused as well: nobody can tell which of the two is meant."""
    made: dict[str, Any] = {}
    for name, value in members:
        if name in made:
            raise _TwiceError(repr(name))
        made[name] = value
    return made


def _no_number(name: str) -> Any:
    raise ValueError(name)


def ordering(here: Settings) -> Settings:
    """No effect is begun (see wizard.engine.driver.Means)."""
    return here.model_copy(update={"slow_after": 0.0})
