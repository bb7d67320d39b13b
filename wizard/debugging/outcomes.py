"""What comes of a node in a debug run: what was given for it, what the node itself does, or its example."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from wizard.debugging.recording import note, note_here
from wizard.errors import Excuse, NodeFailed
from wizard.model import Kind, Outcome, Proceed, Value, Wait
from wizard.model.copies import copied
from wizard.model.trial import Line, Trial
from wizard.node import NodeType, Visit

_VISITS = re.compile(r"~[0-9]+")


class Outcomes:
    """Decides it for one trial, by its `results` and `effects`."""

    def __init__(self, trial: Trial) -> None:
        self._trial = trial
        self._tries: Counter[str] = Counter()

    def is_given(self, step: str) -> bool:
        return self.key_of(step) is not None

    def counted_by(self, visit: Visit[Any]) -> str:
        """What the tries are counted by that a list of results has one for each of."""
        return visit.key

    def takes_time(self, node: str) -> bool:
        """Whether nobody is kept waiting for what is given for a node of this name."""
        return False

    async def lasts(self, key: str, tries: int) -> None:
        """Until that try has its result: at once, where nothing is said of it."""

    def acts(self, handler: NodeType[Any], step: str) -> bool:
        """Whether the node itself is called. What embeds a workflow only asks, at the list page of a repeat."""
        return not self.is_given(step) and (handler.pure or handler.kind is Kind.INTERNAL or self._trial.effects)

    async def of(self, handler: NodeType[Any], visit: Visit[Any], line: Line) -> Outcome:
        """What comes of a visit. Raises what the node raises, and NodeFailed where nothing can."""
        if visit.node.kind is Kind.BACKGROUND or visit.input is not None:
            self._tries[self.counted_by(visit)] += 1
        if self.acts(handler, visit.step):
            return await handler.execute(visit)
        if visit.node.kind is not Kind.BACKGROUND and visit.input is None:
            return Wait(handler.prompt(visit))
        for chain in visit.node.names:  # so that it is done anew where what it reads is different
            _read(visit, ".".join(chain))
        key = self.key_of(visit.step)
        if key is not None:
            note(line, "The result was given: the node wasn't called.")
            tries = self._tries[self.counted_by(visit)]
            await self.lasts(key, tries)
            return _given(self._trial.results[key], tries, has_ports=bool(visit.node.port_names))
        example = handler.example_output(visit.config) if visit.node.example is None else visit.node.example
        if example is None:
            raise NodeFailed(
                f"Without effects a node of type {visit.node.type} isn't called, and there is nothing in its place. "
                "Give its result, write an `example` of its output into the definition, or allow effects.",
                people=Excuse.BROKEN,
                lasting=True,
            )
        if handler.always_ports:
            raise NodeFailed(
                f"Without effects a node of type {visit.node.type} isn't called, and its example doesn't say which of"
                f" its ports it takes ({', '.join(visit.node.port_names)}). Give its result with a `port`, or allow"
                " effects.",
                people=Excuse.BROKEN,
                lasting=True,
            )
        note(line, "There are no effects in this debug run: the node wasn't called, and its example stands for it.")
        return Proceed(copied(dict(example)))

    def key_of(self, step: str) -> str | None:
        """What a step's result is given under: its path, or that of every visit."""
        every = _VISITS.sub("", step)
        return next((key for key in (step, every) if key in self._trial.results), None)


def _read(visit: Visit[Any], name: str) -> None:
    try:
        visit.read(name)
    except Exception:  # the node would have failed at it; what stands in its place doesn't
        return


def tries_of(result: Value) -> Sequence[Value]:
    """What is given for each try."""
    return result if isinstance(result, list | tuple) else (result,)


def of_try(each: Sequence[Any], tries: int) -> Any:
    """What is meant for that try, the first is 1; the last one is for all that follow."""
    return each[min(tries, len(each)) - 1]


def is_failure(result: Value) -> TypeGuard[Mapping[str, Any]]:
    """Whether this is a failure, and no output."""
    return isinstance(result, Mapping) and set(result) == {"error"}


def _given(result: Value, tries: int, *, has_ports: bool) -> Outcome:
    """Of a list, what is given for this try; the last one for all that follow. A node that has ports may be told by
    which of them it is left."""
    each = tries_of(result)
    result = of_try(each, tries) if each else result
    if is_failure(result):
        raise NodeFailed(result["error"], people=result["error"])
    if has_ports and isinstance(result, Mapping) and "port" in result and result.keys() <= {"port", "output"}:
        output = result.get("output", {})
        port: Any = result["port"]  # which is checked as what a node says itself is
        return Proceed(copied(dict(output)) if isinstance(output, Mapping) else {"value": copied(output)}, port=port)
    return Proceed(copied(dict(result)) if isinstance(result, Mapping) else {"value": copied(result)})


class Unheard(Mapping[str, Callable[..., Any]]):
    """In the place of the host's functions, where nothing may leave the process: every name is a function that does
    nothing, and the trace says so."""

    def __getitem__(self, name: str) -> Callable[..., Any]:
        async def nothing(**arguments: Any) -> None:
            note_here(f"There are no effects in this debug run: the function {name} wasn't called.")

        return nothing

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
