"""What came of scripts, for a person at a terminal and for a CI system: JUnit's XML, as these read it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from xml.etree import ElementTree

from wizard.scripts.playing import Played
from wizard.scripts.script import Script

# What XML 1.0 has no way to write, escaped or not.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def lines_of(played: Played, *, verbose: bool = False) -> Iterator[str]:
    """A line for a script, and below it the conversation, where it failed or all are wanted."""
    verdict = "ok    " if played.failure is None else "FAILED"
    yield f"{verdict} {played.script.file}: {played.script.title} ({played.channel}, {played.seconds:.2f} s)"
    if played.failure is not None:
        yield f"  {played.failure.problem}"
        yield from (f"    {line}" for line in played.failure.said)
    elif verbose:
        yield from (f"    {line}" for line in played.said)


def left_out(script: Script, over: Sequence[str]) -> Iterator[str]:
    """A line where a script isn't played over all channels that are named: it says itself which ones it is for."""
    missing = [channel for channel in over if channel not in script.channels]
    if missing:
        meant = ", ".join(script.written.channels)
        yield f"       {script.file}: {script.title} (not over {', '.join(missing)}: it says `channels: [{meant}]`)"


def verdict(all_played: Sequence[Played]) -> str:
    """The last line."""
    failed = sum(played.failure is not None for played in all_played)
    counted = f"{len(all_played):,} {'script' if len(all_played) == 1 else 'scripts'}"
    return f"{counted}: {failed:,} failed." if failed else f"{counted}: all passed."


def junit(all_played: Iterable[Played]) -> str:
    """The document: a suite for each file and channel, a case for each script."""
    all_played = list(all_played)
    failed = sum(played.failure is not None for played in all_played)
    time = f"{sum(played.seconds for played in all_played):.3f}"
    counts = {"tests": str(len(all_played)), "failures": str(failed), "errors": "0", "time": time}
    root = ElementTree.Element("testsuites", counts, name="wizard test")
    suites: dict[tuple[str, str], list[Played]] = {}
    for played in all_played:
        suites.setdefault((played.script.file, played.channel), []).append(played)
    for (file, channel), cases in suites.items():
        failures = sum(played.failure is not None for played in cases)
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=as_xml(f"{file} ({channel})"),
            tests=str(len(cases)),
            failures=str(failures),
            errors="0",
            skipped="0",
            time=f"{sum(played.seconds for played in cases):.3f}",
        )
        for played in cases:
            _case(suite, played)
    return document(root)


def document(root: ElementTree.Element) -> str:
    """It as text."""
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, played: Played) -> None:
    script = played.script
    case = ElementTree.SubElement(
        suite,
        "testcase",
        name=as_xml(script.title),
        classname=as_xml(f"{script.written.workflow}.{played.channel}"),
        file=as_xml(script.file),
        line=str(script.line),
        time=f"{played.seconds:.3f}",
    )
    if played.failure is not None:
        problem = played.failure.problem
        failure = ElementTree.SubElement(case, "failure", type="difference", message=as_xml(problem.message))
        failure.text = as_xml("\n".join([str(problem), *played.failure.said]))
        ElementTree.SubElement(case, "system-out").text = as_xml("\n".join(played.said))  # the whole conversation


def as_xml(text: str) -> str:
    """The text without what XML can't hold."""
    return _NOT_XML.sub("\ufffd", text)
