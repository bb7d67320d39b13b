"""An installed package whose node type misbehaves in a run: that run's step fails and says whose, and no other run is
touched."""

from __future__ import annotations

import os
import sys

import pytest

from tests.plugins import PARCELS, PlugIn
from wizard.process.calls import COPY_ENDED
from wizard.settings import Settings
from wizard.testing import Person, make_test_engine

SENDING = """
id: sending
nodes:
  - {id: who, type: form, fields: [{name: name}]}
  - {id: way, type: condition, cases: [{when: who.name == "Ann", goto: send}, {goto: done}]}
  - {id: send, type: parcel}
  - {id: done, type: end, title: "Done, {{ who.name }}"}
"""
EXECUTE = "        SENT.append(visit.key)\n"


@pytest.mark.parametrize(
    ("does", "says"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit", "FunctionExited"),
        ("await __import__('asyncio').sleep(600)", "0.5"),
        ("return 3", "int"),
        ("return Proceed({'number': object()})", "object"),
        ("visit.config.weight = 9", "ValidationError"),
        ("visit.names['who'] = {'name': 'Eve'}", "TypeError"),
    ],
)
async def test_its_own_step_fails_and_no_other_run(plugin: PlugIn, does: str, says: str) -> None:
    """A hundred others fill in forms meanwhile."""
    plugin.install(PARCELS.replace(EXECUTE, f"        {does}\n"), "2.0")
    engine = await make_test_engine(SENDING, settings=Settings(step_timeout=0.5))
    ann, bob = await Person.starts(engine, "sending"), await Person.starts(engine, "sending")
    await engine.next(ann.run, {"name": "Ann"})
    assert ann.run.fault is not None
    assert says in ann.run.fault.message
    assert "send" in str(ann.run.fault)
    await bob.says("Bob")
    assert bob.completed
    bob.sees(title="Done, Bob")
    assert ann.answers == {"who": {"name": "Ann"}}
    await engine.close()


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
async def test_a_copy_of_the_process_ends_at_once(plugin: PlugIn) -> None:
    """It would serve and store everything a second time, over the connections of the first."""
    plugin.install(PARCELS.replace(EXECUTE, "        SENT.append(__import__('os').fork())\n"), "2.0")
    engine = await make_test_engine(SENDING)
    person = await Person.starts(engine, "sending")
    await person.says("Ann")
    (copy,) = sys.modules["wizard_parcels"].SENT
    _, status = os.waitpid(copy, 0)
    assert os.waitstatus_to_exitcode(status) == COPY_ENDED
    person.sees(title="Done, Ann")
    await engine.close()
