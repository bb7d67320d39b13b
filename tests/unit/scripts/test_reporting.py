"""Results are told to people and to CI systems."""

from __future__ import annotations

from xml.etree import ElementTree

from tests.unit.scripts.played import plays
from wizard.scripts.reporting import junit, lines_of, verdict

FORM = "id: f\nnodes:\n  - {id: a, type: form, fields: [{name: x, label: X}]}\n"
PASSES = "workflow: f\ntitle: It <passes> & \u201cmore\u201d\nsteps:\n- says: a\n- completed: true\n"
FAILS = 'workflow: f\nsteps:\n- sees: {text: "\ufffd\U0001f600"}\n'


async def test_ci_systems_read_what_failed_and_where() -> None:
    """A failed script is a failed case with its message, its file and line; whatever is in a title stays XML."""
    played = [await plays(PASSES, FORM), await plays(FAILS, FORM), await plays(FAILS, FORM, over="web")]
    root = ElementTree.fromstring(junit(played))
    assert [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root] == [
        ("a.test.yaml (json)", "2", "1"),
        ("a.test.yaml (web)", "1", "1"),
    ]
    assert (root.get("tests"), root.get("failures")) == ("3", "2")
    passed, failed = root[0]
    assert (passed.get("name"), passed.get("file"), len(passed)) == ("It <passes> & \u201cmore\u201d", "a.test.yaml", 0)
    assert failed[0].tag == "failure"
    assert "isn't there" in (failed[0].get("message") or "")
    assert "a.test.yaml:3:16" in (failed[0].text or "")
    assert (failed[1].tag, failed[1].text) == ("system-out", "\n".join(played[1].said))


async def test_people_read_lines() -> None:
    """One for a script that passed; with the conversation for one that didn't, or for all."""
    passed, failed = await plays(PASSES, FORM), await plays(FAILS, FORM)
    assert len(list(lines_of(passed))) == 1
    assert "      > a" in list(lines_of(passed, verbose=True))
    assert list(lines_of(failed))[1].startswith("  a.test.yaml:3:16: error:")
    assert verdict([passed]) == "1 script: all passed."
    assert verdict([passed, failed]) == "2 scripts: 1 failed."
