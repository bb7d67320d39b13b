"""What came of exploring, for a CI system, as JUnit's XML: a suite for each workflow, in it a case for each way that
came to something new, one that failed for each finding, and one that was skipped for all that no walk came to."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

from wizard.scripts.coverage import coverage_of
from wizard.scripts.exploring import Exploration
from wizard.scripts.reporting import as_xml, document
from wizard.scripts.writing import told_of

REACHED = ("node", "edge")  # the kinds of parts that a walk comes to


def junit(explorations: Iterable[Exploration], folder: Path | None = None) -> str:
    """The document. Cases name the scripts that are written of them, where those are in a `folder`."""
    root = ElementTree.Element("testsuites", name="wizard test --explore")
    for exploration in explorations:
        _suite(root, exploration, folder)
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in root):.3f}")
    return document(root)


def _suite(root: ElementTree.Element, exploration: Exploration, folder: Path | None) -> None:
    name = exploration.workflow.id
    suite = ElementTree.SubElement(root, "testsuite", name=as_xml(name))
    seconds = 0.0
    for told in told_of(exploration):
        where = {} if folder is None else {"file": as_xml(str(folder / told.file))}
        attributes = {"name": as_xml(told.title), "classname": name, **where, "time": f"{told.walk.seconds:.3f}"}
        case = ElementTree.SubElement(suite, "testcase", attributes)
        seconds += told.walk.seconds
        if told.finding is not None:
            message = as_xml(told.finding.message)
            failure = ElementTree.SubElement(case, "failure", type=told.finding.kind, message=message)
            failure.text = as_xml("\n".join(done.move.key for done in told.walk.done))
    failures = sum(case.find("failure") is not None for case in suite)
    skipped = _not_reached(suite, exploration)
    counts = {"tests": len(suite), "failures": failures, "errors": 0, "skipped": skipped}
    for count, number in counts.items():
        suite.set(count, str(number))
    suite.set("time", f"{seconds:.3f}")
    ending = "was stopped with something left to try" if exploration.is_cut else "found nothing more to try"
    ElementTree.SubElement(suite, "system-out").text = f"Exploring {ending}; walks: {exploration.walks:,}."


def _not_reached(suite: ElementTree.Element, exploration: Exploration) -> int:
    """How many parts no walk came to."""
    skipped = 0
    for coverage in coverage_of([exploration.workflow], exploration.covered):
        for kind in REACHED:
            for part in coverage.figures[kind].missing:
                name, of = as_xml(f"{kind} {part}"), coverage.workflow.id
                case = ElementTree.SubElement(suite, "testcase", name=name, classname=of, time="0.000")
                ElementTree.SubElement(case, "skipped", message="not reached")
                skipped += 1
    return skipped
