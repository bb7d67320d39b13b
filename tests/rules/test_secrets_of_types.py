"""Which of a node's answers are secrets is asked when its definition is loaded, and a type that can't say is named."""

from __future__ import annotations

import pytest

from wizard.errors import DefinitionError
from wizard.model import Outcome, Proceed, Prompt, PromptField
from wizard.node import Foreground, NodeConfig, Visit
from wizard.testing import Person, make_test_engine

DOOR = """
id: door
nodes:
  - {id: a, type: form, fields: [{name: x}]}
  - {id: code, type: coded}
  - {id: m, type: message, title: over}
"""


class Coded(Foreground[NodeConfig]):
    """Answers as to its secrets so many times."""

    type = "coded"
    Config = NodeConfig
    answers = 1

    def secrets(self, config: NodeConfig) -> frozenset[str]:
        type(self).answers -= 1
        if type(self).answers < 0:
            raise RuntimeError("the list of secrets is empty")
        return frozenset({"code"})

    def prompt(self, visit: Visit[NodeConfig]) -> Prompt:
        return Prompt(visit.step, self.type, fields=(PromptField("code", "text", "Code"),))

    async def submit(self, visit: Visit[NodeConfig]) -> Outcome:
        return Proceed(dict(visit.input or {}))


async def test_a_type_that_fails_later_keeps_nobody_from_going_back() -> None:
    """Back with something typed asked it again, and what it raised was nobody's: a page of error 500."""
    Coded.answers = 1
    engine = await make_test_engine(DOOR, node_types=[Coded])
    person = await Person.starts(engine, "door")
    await person.says("1")
    await person.goes_back(code="1234", note="behind the house")
    assert person.asked == "a"
    assert person.run.run.by_path["code"].draft == {"note": "behind the house"}


async def test_a_type_that_cant_say_is_a_problem_of_the_definition_that_names_it() -> None:
    """The author reads which type is broken, and not a traceback."""
    Coded.answers = 0
    with pytest.raises(DefinitionError, match=r"the node type `coded` can't say whether this is right"):
        await make_test_engine(DOOR, node_types=[Coded])
