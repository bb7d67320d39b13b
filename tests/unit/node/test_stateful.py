"""A node with several states, as a third party would write one, told as conversations."""

from collections.abc import Mapping
from datetime import UTC, datetime
from textwrap import dedent
from typing import Any, ClassVar

import pytest

from wizard.errors import NodeContractError, NodeFailed
from wizard.model import Kind, Node, Outcome, Proceed, Prompt, PromptField, Value, Wait
from wizard.model import values as codec
from wizard.node import NodeConfig, Registry, Services, Visit, stateful
from wizard.node.stateful import Reject, StatefulNode

NOW = datetime(2026, 3, 27, 12, tzinfo=UTC)


class PinConfig(NodeConfig):
    allowed: bool = True


class PinNode(StatefulNode[PinConfig]):
    """Asks for a PIN, and once more."""

    type = "pin"
    Config = PinConfig
    states = ("choose", "repeat", {"name": "agreed", "final": True})
    initial = "choose"
    transitions = (
        {"trigger": "chosen", "source": "choose", "dest": "repeat", "conditions": "allowed"},
        {"trigger": "entered", "source": "repeat", "dest": "agreed", "conditions": ["allowed", "same"]},
        {"trigger": "entered", "source": "repeat", "dest": "choose", "after": "count_mistake"},
        {"trigger": "noted", "source": "*", "dest": None},
        {"trigger": "again", "source": "agreed", "dest": "choose"},
    )

    def allowed(self, visit: Visit[PinConfig]) -> bool:
        return visit.config.allowed

    def same(self, visit: Visit[PinConfig]) -> bool:
        assert visit.input is not None
        return bool(visit.input["pin"] == visit.state["pin"])

    def count_mistake(self, visit: Visit[PinConfig]) -> None:
        visit.state["mistakes"] = visit.state.get("mistakes", 0) + 1

    async def on_choose(self, visit: Visit[PinConfig]) -> None:
        visit.state["entered"] = [*visit.state.get("entered", []), "choose"]

    async def receive(self, visit: Visit[PinConfig]) -> str | Reject | None:
        assert visit.input is not None
        match visit.input.get("pin"):
            case "note":
                return "noted"
            case "boom":
                visit.state["entered"].append("boom")
                raise NodeFailed("It went wrong.")
            case "unknown":
                return "nonsense"
            case "illegal":
                return "again"
            case "automatic":
                return "to_agreed"
            case "same as before" if self.state(visit) == "agreed":
                return None
            case str() as pin if len(pin) == 4:
                if self.state(visit) == "repeat":
                    return "entered"
                visit.state["pin"] = pin
                return "again" if self.state(visit) == "agreed" else "chosen"
        return Reject({"pin": "Enter four digits", "gone": "Something else"})

    def prompt(self, visit: Visit[PinConfig]) -> Prompt:
        label = "Choose a PIN" if self.state(visit) == "choose" else "Enter it once more"
        return Prompt(visit.step, self.type, fields=(PromptField("pin", "text", label), PromptField("b", "text", "B")))

    def output(self, visit: Visit[PinConfig]) -> Mapping[str, Value]:
        return {"pin": visit.state["pin"]}


class NoNames:
    now = NOW

    def read(self, chain: tuple[str, ...]) -> Value:
        return None


class Talk:
    """Executes a node as an engine does: each time with a new node and with the state as it was stored."""

    def __init__(self, node_type: type[StatefulNode[Any]], config: NodeConfig) -> None:
        self.node_type = node_type
        self.config = config
        self.stored = codec.pack({})

    async def say(self, answers: Mapping[str, Value] | None = None) -> Outcome:
        visit = self.visit(answers)
        try:
            return await visit.node.handler.execute(visit)  # type: ignore[no-any-return]
        finally:
            self.stored = codec.pack(visit.state)

    def visit(self, answers: Mapping[str, Value] | None = None) -> Visit[Any]:
        handler = self.node_type()
        node = Node("pin", handler.type, Kind.FOREGROUND, self.config, handler, None, ())
        state = codec.unpack(self.stored)
        return Visit(self.config, node, "pin", "run", NoNames(), Services(), NOW, "key", input=answers, state=state)

    @property
    def state(self) -> dict[str, Value]:
        return dict(codec.unpack(self.stored))


@pytest.fixture
def talk() -> Talk:
    return Talk(PinNode, PinConfig())


def label(outcome: Outcome) -> str:
    assert isinstance(outcome, Wait)
    return outcome.prompt.fields[0].label


async def test_the_way_through(talk: Talk) -> None:
    """Each execute may happen in another process; together they must be one conversation."""
    assert label(await talk.say()) == "Choose a PIN"
    second = await talk.say({"pin": "1234"})
    assert label(second) == "Enter it once more"
    assert isinstance(second, Wait)
    assert not second.rejected
    assert await talk.say({"pin": "1234"}) == Proceed({"pin": "1234"})


async def test_guards_choose_between_transitions_of_one_trigger(talk: Talk) -> None:
    """The second PIN decides where it goes; the callback of the transition taken runs, no other."""
    await talk.say()
    await talk.say({"pin": "1234"})
    assert label(await talk.say({"pin": "4321"})) == "Choose a PIN"
    assert talk.state["mistakes"] == 1


async def test_looking_repeats_no_effect(talk: Talk) -> None:
    """Reloading a page must not send a second code."""
    for _ in range(3):
        assert label(await talk.say()) == "Choose a PIN"
    assert talk.state["entered"] == ["choose"]


async def test_input_on_the_first_execute_counts(talk: Talk) -> None:
    """A caller that answers at once must not have the answer swallowed."""
    assert label(await talk.say({"pin": "1234"})) == "Enter it once more"
    assert talk.state["entered"] == ["choose"]


async def test_rejected_input_is_shown_beside_its_field(talk: Talk) -> None:
    """The person must see what to correct, and the text they typed."""
    await talk.say()
    outcome = await talk.say({"pin": "12", "b": ["no", "text"]})
    assert isinstance(outcome, Wait)
    assert outcome.rejected
    pin, other = outcome.prompt.fields
    assert (pin.error, pin.value) == ("Enter four digits", "12")
    assert (other.error, other.value) == (None, None)
    assert outcome.prompt.error == "Something else"


async def test_an_internal_transition_stays_without_entering(talk: Talk) -> None:
    """A transition without a destination must not run the effects of entering again."""
    await talk.say()
    outcome = await talk.say({"pin": "note"})
    assert isinstance(outcome, Wait)
    assert not outcome.rejected
    assert talk.state["entered"] == ["choose"]


async def test_a_refusing_guard_keeps_the_state() -> None:
    """A move that isn't allowed must be told, not silently ignored."""
    talk = Talk(PinNode, PinConfig(allowed=False))
    await talk.say()
    outcome = await talk.say({"pin": "1234"})
    assert isinstance(outcome, Wait)
    assert outcome.rejected
    assert outcome.prompt.error == "This isn't possible now."
    assert talk.state["state"] == "choose"


async def test_an_exception_leaves_the_state_as_it_was(talk: Talk) -> None:
    """What a failed attempt left half done would be built upon by the next one."""
    await talk.say()
    before = talk.state
    with pytest.raises(NodeFailed, match="It went wrong"):
        await talk.say({"pin": "boom"})
    assert talk.state == before


@pytest.mark.parametrize(
    ("pin", "trigger"), [("unknown", "nonsense"), ("illegal", "again"), ("automatic", "to_agreed")]
)
async def test_a_trigger_that_leads_nowhere_is_the_authors_mistake(talk: Talk, pin: str, trigger: str) -> None:
    """The author of a node must read which trigger is missing where."""
    await talk.say()
    with pytest.raises(NodeContractError, match=f"pin has no transition for the trigger '{trigger}' in its state 'cho"):
        await talk.say({"pin": pin})


async def test_a_finished_step_is_shown_and_decided_again(talk: Talk) -> None:
    """A person who comes back (S9) sees the step as it is; nothing starts over by itself."""
    for answers in (None, {"pin": "1234"}, {"pin": "1234"}):
        await talk.say(answers)
    assert label(await talk.say()) == "Enter it once more"
    assert await talk.say({"pin": "same as before"}) == Proceed({"pin": "1234"})
    assert label(await talk.say({"pin": "9999"})) == "Choose a PIN"


async def test_a_state_that_is_gone_starts_over(talk: Talk) -> None:
    """A node type may change between two releases while runs wait in a state that it had."""
    talk.stored = codec.pack({"state": "historic", "entered": ["historic"]})
    assert label(await talk.say()) == "Choose a PIN"
    assert talk.state["entered"] == ["historic", "choose"]


def test_a_step_can_be_looked_at_before_it_is_executed(talk: Talk) -> None:
    """A page may ask for the prompt of a step that no process has executed yet."""
    assert PinNode().prompt(talk.visit()).fields[0].label == "Choose a PIN"


def test_it_is_registered_as_any_node_type() -> None:
    """Entry points give classes; the registry makes one instance without arguments."""
    registry = Registry([PinNode])
    assert isinstance(registry.get("pin"), PinNode)
    assert PinNode.kind is Kind.FOREGROUND


class Chained(PinNode):
    """States that are left by themselves."""

    type = "chained"
    states = ("first", "second", {"name": "last", "final": True})
    initial = "first"
    transitions = (  # type: ignore[assignment]
        {"trigger": "on", "source": "first", "dest": "second"},
        {"trigger": "on", "source": "second", "dest": "last", "unless": "held"},
        {"trigger": "round", "source": "*", "dest": "first"},
    )
    held_: ClassVar[bool] = False
    trigger: ClassVar[str] = "on"
    on_choose = None  # type: ignore[assignment]

    def held(self, visit: Visit[PinConfig]) -> bool:
        return self.held_

    async def on_first(self, visit: Visit[PinConfig]) -> str:
        visit.state["pin"] = "0000"
        return self.trigger

    async def on_second(self, visit: Visit[PinConfig]) -> str:
        return "on"


async def test_hooks_may_go_on_by_themselves() -> None:
    """A state that only does something must not need a person to be left."""
    assert await Talk(Chained, PinConfig()).say() == Proceed({"pin": "0000"})


async def test_a_hook_whose_trigger_is_refused_stops_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """The person must be told why the step stands still, though they typed nothing."""
    monkeypatch.setattr(Chained, "held_", True)
    talk = Talk(Chained, PinConfig())
    outcome = await talk.say()
    assert isinstance(outcome, Wait)
    assert not outcome.rejected
    assert outcome.prompt.error == "This isn't possible now."
    assert talk.state["state"] == "second"


async def test_hooks_that_call_for_one_another_are_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A circle of hooks would hold a worker for ever."""
    monkeypatch.setattr(Chained, "trigger", "round")
    with pytest.raises(NodeContractError, match="moved 100 times"):
        await Talk(Chained, PinConfig()).say()


async def hook(self: object, visit: object) -> None: ...


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"initial": "nowhere"}, "`initial` must name one of its states"),
        ({"on_nowhere": hook}, "on_nowhere is a hook, but there is no such state"),
        ({"on_repeat": lambda self, visit: None}, "on_repeat must be `async def`"),
        ({"transitions": [["go", "choose", "nowhere"]]}, "the trigger go names nowhere, which isn't a state"),
        ({"transitions": [["go", "nowhere", "choose"]]}, "the trigger go names nowhere, which isn't a state"),
        (
            {"transitions": [{"trigger": "go", "source": "choose", "dest": "repeat", "conditions": "missing"}]},
            "missing in the trigger go must be the name of a method that isn't async",
        ),
        (
            {"transitions": [{"trigger": "go", "source": "choose", "dest": "repeat", "unless": "receive"}]},
            "receive in the trigger go must be the name of a method",
        ),
        ({"transitions": [{"trigger": "go"}]}, "can't be read"),
        ({"states": [{"nome": "x"}]}, "can't be read"),
    ],
)
def test_a_declaration_that_does_not_fit_is_refused_with_the_class(changes: dict[str, Any], why: str) -> None:
    """A misspelt state should be found when the module is loaded, not by the first person who gets there."""
    with pytest.raises(NodeContractError, match=why):
        type("Wrong", (PinNode,), changes)


def test_declarations_stay_as_they_were_written() -> None:
    """transitions writes into the dicts it is given; a subclass that extends them would inherit that."""
    assert PinNode.states[2] == {"name": "agreed", "final": True}


def test_an_abstract_step_between_needs_no_states() -> None:
    """A family of node types may share a base that has no states of its own."""

    class Base(StatefulNode[PinConfig]):
        pass

    assert not hasattr(Base, "machine")


async def test_the_example_in_the_documentation_works_as_it_is_printed() -> None:
    """It is what authors of nodes copy."""
    text = stateful.__doc__ or ""
    example = text[text.index("    class Confirm(") : text.index("How it runs")].replace("'''", '"')
    known = {**vars(stateful), "ConfirmConfig": PinConfig, "PromptField": PromptField}
    exec(dedent(example), known)  # our own documentation
    talk = Talk(known["Confirm"], PinConfig())
    assert label(await talk.say()) == "Choose a PIN"
    assert label(await talk.say({"pin": "1234"})) == "Enter it once more"
    assert label(await talk.say({"pin": "4321"})) == "Choose a PIN"
    assert label(await talk.say({"pin": "1234"})) == "Enter it once more"
    assert await talk.say({"pin": "1234"}) == Proceed({"pin": "1234"})
