"""Foreground node types with several states, declared as data and run by `transitions`.

A form asks once. A node that asks, does something and asks again (send a code, check it, send
another) is a small state machine; here it is written as one:

    class Confirm(StatefulNode[ConfirmConfig]):
        '''Asks for a PIN, and once more.'''

        type = "confirm_pin"
        Config = ConfirmConfig
        states = ["choose", "repeat", {"name": "confirmed", "final": True}]
        initial = "choose"
        transitions = [
            {"trigger": "chosen", "source": "choose", "dest": "repeat"},
            {"trigger": "entered", "source": "repeat", "dest": "confirmed", "conditions": "same"},
            {"trigger": "entered", "source": "repeat", "dest": "choose"},
        ]

        def same(self, visit):                                # a guard
            return visit.input["pin"] == visit.state["pin"]

        async def on_choose(self, visit):                     # when a state is entered
            visit.state["pin"] = ""

        async def receive(self, visit):                       # input -> trigger, or Reject
            pin = visit.input.get("pin")
            if not isinstance(pin, str) or len(pin) != 4:
                return Reject({"pin": "Enter four digits"})
            if self.state(visit) == "repeat":
                return "entered"
            visit.state["pin"] = pin
            return "chosen"

        def prompt(self, visit):                              # what each state asks
            label = "Choose a PIN" if self.state(visit) == "choose" else "Enter it once more"
            return Prompt(visit.step, self.type, visit.title, fields=(PromptField("pin", "text", label),))

        def output(self, visit):                              # what a final state hands on
            return {"pin": visit.state["pin"]}

How it runs
- The name of the state is `visit.state["state"]`; everything else in `visit.state` is the node's own.
  It is stored between executes, so that any process can go on.
- The first execute enters `initial`. A later one without input only shows the prompt again: no hook
  runs because somebody looked.
- `async on_STATE(visit)` runs when STATE is entered, also from itself. It may return a trigger, which is
  taken at once. A transition whose `dest` is None changes no state and runs no hook.
- Entering a state that is declared `final` finishes the step with `output(visit)`. If the person comes
  back to it later (S9), it is shown as it is, and `receive` decides again: a trigger that leads
  somewhere, or None for "as before".
- Guards (`conditions`, `unless`) and callbacks (`before`, `after`, `prepare`) are methods of the node,
  by name; they are handed the visit and do no I/O. If all guards of a trigger say no, `refuse` says why.
- An exception leaves `visit.state` as it was before the execute.

One machine per node type, made with the class: making one per run costs a hundred times a trigger.
`AsyncMachine` isn't used: its queue is shared by all models. The hooks are awaited here instead.
"""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from transitions import EventData, Machine, MachineError

from wizard.errors import NodeContractError
from wizard.model import Outcome, Proceed, Prompt, Value, Wait
from wizard.node.contract import C, Foreground, Visit

STATE = "state"  # the key in visit.state
MAX_MOVES = 100  # that one input may cause; more is a circle of hooks


@dataclass(frozen=True, slots=True)
class Reject:
    """Input that isn't accepted: an error message per field, one for the whole step, or both.

    `trigger` moves the machine all the same (three wrong codes lead back to the address); the errors of
    fields that the new state doesn't ask for are shown for the whole step.
    """

    errors: Mapping[str, str] = field(default_factory=dict)
    error: str | None = None
    trigger: str | None = None


class _Position:
    """What the machine moves: the state of one visit. Guards and callbacks are looked up here by name
    and found as the node's methods, handed the visit."""

    __slots__ = ("_node", "_visit", "entered", "state")

    def __init__(self, node: Any, visit: Visit[Any], state: str) -> None:
        self._node = node
        self._visit = visit
        self.state = state
        self.entered = False

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._node, name)
        return lambda _: method(self._visit)


def _note_entry(event: EventData) -> None:
    position: Any = event.model
    position.entered = True


class StatefulNode(Foreground[C]):
    """The base of foreground node types with several states; see the module docstring."""

    states: ClassVar[Sequence[str | dict[str, Any]]]
    transitions: ClassVar[Sequence[dict[str, Any] | list[str]]]
    initial: ClassVar[str]
    machine: ClassVar[Machine]

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Makes the machine. Raises NodeContractError where what is declared doesn't fit together."""
        super().__init_subclass__(**arguments)
        if not hasattr(cls, "states"):
            return
        try:
            cls.machine = Machine(
                model=None,
                # Copies, since transitions writes into the dicts that it is given.
                states=deepcopy(list(cls.states)),
                transitions=deepcopy(list(cls.transitions)),
                initial=None,
                auto_transitions=False,
                send_event=True,
            )
        except (AttributeError, TypeError, ValueError, KeyError) as error:
            what = f"The states or transitions of {cls.__name__} can't be read (transitions says: {error})."
            raise NodeContractError(what) from error
        if problem := next(_problems(cls), None):
            raise NodeContractError(f"{cls.__name__}: {problem}.")
        for state in cls.machine.states.values():
            state.add_callback("enter", _note_entry)

    # -- what a node type writes ---------------------------------------------------------------------

    @abstractmethod
    async def receive(self, visit: Visit[C]) -> str | Reject | None:
        """The trigger for `visit.input`, or why it isn't accepted; None stays in the state."""

    @abstractmethod
    def output(self, visit: Visit[C]) -> Mapping[str, Value]:
        """What the node hands on when it is in a final state."""

    def refuse(self, visit: Visit[C], trigger: str) -> Reject:
        """What the person is told when the guards say no to `trigger`."""
        return Reject(error="This isn't possible now.")

    def outdated(self, visit: Visit[C]) -> bool:
        """Whether the node is to enter `initial` again, since an answer that it began with was changed.
        What is in `visit.state` stays there for `on_INITIAL` to judge. No side effects."""
        return False

    # -- how it runs ---------------------------------------------------------------------------------

    def state(self, visit: Visit[C]) -> str:
        """The name of the state that the visit is in; `initial` before its first execute."""
        return str(visit.state.get(STATE, self.initial))

    async def execute(self, visit: Visit[C]) -> Outcome:
        before = dict(visit.state)
        visit.state.update(deepcopy(before))  # hooks may change what is nested, and the stored step keeps it
        try:
            if visit.state.get(STATE) not in self.machine.states or self.outdated(visit):
                visit.state[STATE] = self.initial
                rejected = await self._move(visit, None, entered=True)
                if visit.input is None or rejected or self._is_final(visit):
                    return self._outcome(visit, rejected)
            elif visit.input is None:
                return Wait(self.prompt(visit))
            return await self.submit(visit)
        except BaseException:
            visit.state.clear()
            visit.state.update(before)
            raise

    async def submit(self, visit: Visit[C]) -> Outcome:
        answer = await self.receive(visit)
        if not isinstance(answer, Reject):
            return self._outcome(visit, await self._move(visit, answer))
        return self._outcome(visit, await self._move(visit, answer.trigger) or answer)

    def _outcome(self, visit: Visit[C], rejected: Reject | None) -> Outcome:
        if rejected is not None:
            prompt = _with_errors(self.prompt(visit), rejected, visit.input or {})
            return Wait(prompt, rejected=visit.input is not None)
        if self._is_final(visit):
            return Proceed(self.output(visit))
        return Wait(self.prompt(visit))

    def _is_final(self, visit: Visit[C]) -> bool:
        return bool(self.machine.states[self.state(visit)].final)

    async def _move(self, visit: Visit[C], trigger: str | None, *, entered: bool = False) -> Reject | None:
        """Takes `trigger`, runs the hook of the state it enters, takes the trigger which that returns,
        and so on. What it gives is the refusal of the guards."""
        for _ in range(MAX_MOVES):
            if trigger is not None:
                position = self._fire(visit, trigger)
                if position is None:
                    return self.refuse(visit, trigger)
                visit.state[STATE] = position.state
                entered = position.entered
            hook = getattr(self, f"on_{self.state(visit)}", None) if entered else None
            trigger = await hook(visit) if hook is not None else None
            if trigger is None:
                return None
        message = f"Node type {self.type} moved {MAX_MOVES} times on one input. Its hooks call for one another."
        raise NodeContractError(message, node=visit.node.id)

    def _fire(self, visit: Visit[C], trigger: str) -> _Position | None:
        position = _Position(self, visit, self.state(visit))
        event = self.machine.events.get(trigger)
        try:
            if event is not None:
                return position if event.trigger(position) else None
        except MachineError:
            pass
        message = (
            f"Node type {self.type} has no transition for the trigger {trigger!r} in its state {position.state!r}."
        )
        raise NodeContractError(message, node=visit.node.id)


def _problems(cls: type[StatefulNode[Any]]) -> Iterator[str]:
    """What `transitions` would only find out when it comes to it."""
    states = cls.machine.states
    if getattr(cls, "initial", None) not in states:
        yield "`initial` must name one of its states"
    for name in (name for name in dir(cls) if name.startswith("on_") and getattr(cls, name) is not None):
        if name.removeprefix("on_") not in states:
            yield f"{name} is a hook, but there is no such state"
        if not inspect.iscoroutinefunction(getattr(cls, name)):
            yield f"{name} must be `async def`"
    for event in cls.machine.events.values():
        for transition in (transition for group in event.transitions.values() for transition in group):
            for state in (transition.source, transition.dest):
                if state is not None and state not in states:
                    yield f"the trigger {event.name} names {state}, which isn't a state"
            guards = [condition.func for condition in transition.conditions]
            callbacks: list[Any] = [*guards, *transition.prepare, *transition.before, *transition.after]
            for name in callbacks:
                method = getattr(cls, name, None) if isinstance(name, str) else None
                if method is None or inspect.iscoroutinefunction(method):
                    yield f"{name} in the trigger {event.name} must be the name of a method that isn't async"


def _with_errors(prompt: Prompt, rejected: Reject, given: Mapping[str, Value]) -> Prompt:
    """The prompt with the errors beside their fields, and in these the text that was typed."""
    asked = {field.name for field in prompt.fields}
    typed = {name: text for name, text in given.items() if isinstance(text, str)}
    fields = tuple(
        replace(field, error=rejected.errors.get(field.name, field.error), value=typed.get(field.name, field.value))
        for field in prompt.fields
    )
    general = [text for name, text in rejected.errors.items() if name not in asked]
    error = " ".join(([rejected.error] if rejected.error else []) + general) or prompt.error
    return replace(prompt, fields=fields, error=error)
