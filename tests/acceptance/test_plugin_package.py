"""A package of node types, as somebody writes one by the documentation alone: its types ask twice, come back to
outdated answers, wait for another system, report, undo, and share a client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from wizard.app import open_store
from wizard.node import (
    Background,
    Choice,
    Dynamic,
    Expression,
    Item,
    Later,
    NodeConfig,
    NodeFailed,
    Outcome,
    Proceed,
    Prompt,
    PromptField,
    Template,
    Value,
    Visit,
)
from wizard.node.stateful import Reject, StatefulNode
from wizard.testing import MovableClock, Person, make_test_engine


class PostOffice:
    """Stands for a client of the post: orders by idempotency key."""

    def __init__(self) -> None:
        self.orders: dict[str, str] = {}
        self.asked = 0
        self.closed = False

    async def close(self) -> None:
        self.closed = True


class LabelConfig(NodeConfig):
    to: Template
    weight: Expression
    every: int = 10


class LabelNode(Background[LabelConfig]):
    """Orders a label.

    It looks for it every so many seconds, and takes the order back where it isn't wanted any more.
    """

    type = "post.label"
    slow = True
    Config = LabelConfig

    def outputs(self, config: LabelConfig) -> frozenset[str]:
        return frozenset({"number"})

    def check(self, config: LabelConfig) -> Iterator[tuple[tuple[str, ...], str]]:
        if config.every < 1:
            yield ("every",), "look once in a second at most"

    def office(self, visit: Visit[LabelConfig]) -> PostOffice:
        return visit.services.share("post.office", PostOffice)

    def later(self, visit: Visit[LabelConfig]) -> Later | None:
        looks = int(visit.state.get("looks", 0))
        visit.state["looks"] = looks + 1
        return Later(visit.now + timedelta(seconds=visit.config.every)) if looks < 2 else None

    async def execute(self, visit: Visit[LabelConfig]) -> Outcome:
        grams = visit.config.weight.evaluate(visit.names)
        if not isinstance(grams, int) or grams <= 0:
            raise NodeFailed("A parcel weighs something. Give its weight in grams.", lasting=True)
        visit.report(50, "The label is printed")
        self.office(visit).orders[visit.key] = visit.config.to.render(visit.names)
        return Proceed({"number": f"{grams} g to {visit.config.to.render(visit.names)}"})

    async def remove(self, visit: Visit[LabelConfig]) -> None:
        self.office(visit).orders.pop(visit.key, None)


class SlotConfig(NodeConfig):
    slots: Dynamic


class SlotNode(StatefulNode[SlotConfig]):
    """Offers times, and asks whether the one that was picked is right."""

    type = "post.slot"
    Config = SlotConfig
    states = ("pick", "sure", {"name": "picked", "final": True})
    initial = "pick"
    transitions = (
        {"trigger": "chosen", "source": "pick", "dest": "sure"},
        {"trigger": "yes", "source": "sure", "dest": "picked"},
        {"trigger": "no", "source": "sure", "dest": "pick"},
    )

    def outputs(self, config: SlotConfig) -> frozenset[str]:
        return frozenset({"slot"})

    def offered(self, visit: Visit[SlotConfig]) -> list[str]:
        return [str(each) for each in visit.config.slots.evaluate(visit.names) or ()]

    async def receive(self, visit: Visit[SlotConfig]) -> str | Reject | None:
        sent = visit.input or {}
        if self.state(visit) == "sure":
            return "yes" if sent.get("sure") == "yes" else "no"
        if sent.get("slot") not in self.offered(visit):
            return Reject({"slot": "Pick one of the times"})
        visit.state["slot"] = sent["slot"]
        return "chosen"

    def prompt(self, visit: Visit[SlotConfig]) -> Prompt:
        field = PromptField("sure", "boolean", f"Is {visit.state.get('slot')} right?")
        if self.state(visit) == "pick":
            choices = tuple(Choice(each, each) for each in self.offered(visit))
            field = PromptField("slot", "choice", "When?", choices=choices, value=visit.state.get("slot"))
        return Prompt(visit.step, self.type, visit.title, fields=(field,))

    def accepts(self, visit: Visit[SlotConfig]) -> bool:
        return (visit.output or {}).get("slot") in self.offered(visit)

    def outdated(self, visit: Visit[SlotConfig]) -> bool:
        return "slot" in visit.state and visit.state["slot"] not in self.offered(visit)

    def output(self, visit: Visit[SlotConfig]) -> Mapping[str, Value]:
        return {"slot": visit.state["slot"]}

    def summary(self, visit: Visit[SlotConfig]) -> tuple[Item, ...]:
        return (Item("Time", str((visit.output or {})["slot"]), step=visit.step),)


SEND = """
id: send
nodes:
  - {id: who, type: form, fields: [{name: to}, {name: grams, type: integer}]}
  - {id: slot, type: post.slot, slots: ["{{ who.to }} 9:00", "{{ who.to }} 10:00"]}
  - {id: label, type: post.label, to: "{{ who.to }}", weight: who.grams, on_error: back}
  - {id: check, type: review}
  - {id: sent, type: message, title: "{{ label.number }} at {{ slot.slot }}"}
"""


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
async def test_a_parcel_is_sent(kind: str, tmp_path: Path) -> None:
    """Each promise of the documentation to authors holds with the others, and over restarts."""
    store = open_store("memory:" if kind == "memory" else f"sqlite:///{tmp_path / 'runs.db'}")
    await store.open()
    engine = await make_test_engine(SEND, clock=MovableClock(), store=store, node_types=[LabelNode, SlotNode])
    ann = await Person.starts(engine, "send")
    office = engine.services.share("post.office", PostOffice)
    await ann.says(to="Bern", grams=500)
    await ann.wrongly.says("Basel 9:00")
    ann.sees(error="Pick one of the times")
    await ann.says("Bern 9:00")
    await ann.reloads()
    assert ann.prompt.fields[0].label == "Is Bern 9:00 right?"
    await ann.says("no")
    await ann.says("Bern 10:00")
    await ann.says("yes")
    assert ann.run.status.value == "working"
    for _ in range(2):
        assert not office.orders
        await ann.waits(seconds=11)
    assert ann.asked == "check"
    assert [(each.label, each.value) for each in ann.prompt.items][-1] == ("Time", "Bern 10:00")
    assert list(office.orders.values()) == ["Bern"]

    await ann.changes("who", to="Chur", grams=500)
    assert ann.asked == "slot", "a time in Bern is none in Chur"
    await ann.says("Chur 9:00")
    await ann.says("yes")
    for _ in range(2):
        await ann.waits(seconds=11)
    assert list(office.orders.values()) == ["Chur"], "the first order was taken back"
    await ann.says()
    ann.sees(title="500 g to Chur at Chur 9:00")

    await ann.changes("who", to="Chur", grams=0)
    for _ in range(2):
        await ann.waits(seconds=11)
    ann.sees(error="A parcel weighs something")
    await engine.close()
    assert office.closed
    await store.close()
