"""The process in which a plug-in is loaded and checked: `python -m wizard.plugins.inspection FILE`. What to look at
comes as JSON on standard input; what was found goes into FILE, a line of JSON for each thing as soon as it is known, so
that it is told whatever the plug-in does to this process.

What the plug-in prints goes nowhere, and a process that it forks ends at once. So much memory and processor time as it
has here is enough for any import and example; programs that it starts have no more.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import EntryPoint
from json import dumps, loads
from math import ceil
from pathlib import Path
from typing import Any

from wizard.errors import DefinitionError, NodeContractError
from wizard.forms.field_type import FieldType
from wizard.node import NodeType, Registry
from wizard.node.plugins import reason_of
from wizard.node.registry import ENTRY_POINTS, FIELD_ENTRY_POINTS
from wizard.plugins.contract import of_channel, of_field, of_node
from wizard.plugins.packages import Gives
from wizard.plugins.report import LONGEST, MOST, Finding
from wizard.plugins.tampering import changed, seen
from wizard.process.isolation import contained

MOST_MEMORY = 2 * 1024**3  # bytes


class Told:
    """The file that what is found is written into."""

    def __init__(self, file: Path) -> None:
        self._out = os.open(file, os.O_WRONLY | os.O_APPEND)
        self._process = os.getpid()
        self._found: set[Finding] = set()

    def write(self, **said: Any) -> None:
        if os.getpid() == self._process:
            os.write(self._out, (dumps(said) + "\n").encode(errors="replace"))

    def stage(self, name: str) -> None:
        self.write(stage=name)

    def find(self, finding: Finding) -> None:
        known = Finding(finding.severity, finding.subject, " ".join(finding.message.split())[:LONGEST])
        if known not in self._found and len(self._found) < MOST:
            self._found.add(known)
            self.write(finding=asdict(known))


class Printed:
    """Stands for standard output and error: keeps the first of what is printed."""

    encoding = "utf-8"
    errors = "replace"

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        if len(self.text) < 80:
            self.text += str(text)[:80]
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return 1


@dataclass(frozen=True, slots=True)
class Loaded:
    """A thing that was imported, and what of it is called."""

    subject: str
    thing: Any


@dataclass(frozen=True, slots=True)
class Channel:
    """What makes a channel, and how that is called."""

    subject: str
    make: Callable[..., Any]


def main() -> None:
    """Checks what standard input names."""
    told = Told(Path(sys.argv[1]))
    order = loads(sys.stdin.read())
    sys.path += [folder for folder in order["path"] if folder not in sys.path]
    printed = Printed()
    sys.stdout = sys.stderr = printed
    forked: list[bool] = []
    os.register_at_fork(after_in_parent=lambda: forked.append(True), after_in_child=lambda: os._exit(0))
    before = seen()
    _limit(order["seconds"])
    try:
        _check(order, told)
    except BaseException as raised:
        what = f"it kept the check from coming to its end: {reason_of(contained(raised))}"
        told.find(Finding("error", order["subject"], what))
    finally:
        subject = order["subject"]
        if forked:
            told.find(Finding("error", subject, "it forks this process: start another program, or a thread"))
        if printed.text.strip():
            what = " ".join(printed.text.split())
            told.find(Finding("warning", subject, f"it prints, into the output of every command: {what[:60]!r}"))
        if names := changed(before):
            told.find(
                Finding("error", subject, f"it changes {', '.join(names)}: all else in the process runs with that")
            )
    told.write(done=True)
    os._exit(0)  # threads that it left behind, and what it registered for the end, keep nobody waiting


def _limit(seconds: float) -> None:
    """Sets how much memory and processor time this process may use from now on, and what it starts."""
    with suppress(ImportError):  # there is no such module on Windows
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        time = ceil(used.ru_utime + used.ru_stime + seconds) + 1
        for kind, most in (
            (resource.RLIMIT_DATA, MOST_MEMORY),
            (resource.RLIMIT_CPU, time),
            (resource.RLIMIT_CORE, 0),
        ):
            hard = resource.getrlimit(kind)[1]
            lowered = most if hard == resource.RLIM_INFINITY else min(most, hard)
            with suppress(OSError, ValueError):
                resource.setrlimit(kind, (lowered, hard))


def _check(order: dict[str, Any], told: Told) -> None:
    registry = Registry.built_in()
    nodes: list[NodeType[Any]] = []
    fields: list[FieldType] = []
    channels: list[Channel] = []
    things = _of_module(order["module"], told) if order["module"] else _announced(order["gives"], told)
    for loaded in things:
        if isinstance(loaded.thing, Channel):
            channels.append(loaded.thing)
            continue
        added = _load(loaded, registry, told)
        if isinstance(added, NodeType):
            nodes.append(added)
        elif isinstance(added, FieldType):
            fields.append(added)
    if not order["contract"]:
        return
    for node_type in nodes:
        told.write(checked=f"node type {node_type.type}")
        for finding in of_node(node_type, registry, told.stage, effects=order["effects"]):
            told.find(finding)
    for field_type in fields:
        told.write(checked=f"field type {field_type.name}")
        for finding in of_field(field_type, registry, told.stage):
            told.find(finding)
    for channel in channels:
        told.write(checked=channel.subject)
        for finding in of_channel(channel.subject, channel.make, told.stage):
            told.find(finding)


def _announced(gives: list[dict[str, str]], told: Told) -> Iterator[Loaded]:
    for each in gives:
        given = Gives(**each)
        told.stage(f"the import of the {given}")
        loaded = _safely(EntryPoint(given.name, given.value, given.group).load, str(given), told)
        if loaded is None:
            continue
        if given.group in (ENTRY_POINTS, FIELD_ENTRY_POINTS):
            yield Loaded(str(given), loaded[0])
        elif callable(loaded[0]):
            yield Loaded(str(given), Channel(str(given), loaded[0]))
        else:
            told.find(Finding("error", str(given), "it isn't a function or class that makes the channel"))


def _of_module(module: str, told: Told) -> Iterator[Loaded]:
    """The node types and field types that a module defines."""
    subject = f"module {module}"
    told.stage(f"the import of the {subject}")
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    imported = _safely(lambda: importlib.import_module(module), subject, told)
    if imported is None:
        return
    found = [
        Loaded(f"{name} of the {subject}", thing)
        for name, thing in vars(imported[0]).items()
        if isinstance(thing, FieldType)
        or (isinstance(thing, type) and issubclass(thing, NodeType) and thing.__module__ == module)
    ]
    if not found:
        told.find(Finding("error", subject, "it defines neither a node type nor a field type"))
    yield from found


def _safely(load: Callable[[], object], subject: str, told: Told) -> tuple[object] | None:
    try:
        return (load(),)
    except BaseException as raised:
        told.find(Finding("error", subject, f"it can't be imported: {reason_of(contained(raised))}"))
        return None


def _load(loaded: Loaded, registry: Registry, told: Told) -> NodeType[Any] | FieldType | None:
    """Puts it into the registry."""
    told.stage(f"the class of the {loaded.subject}")
    thing = loaded.thing
    try:
        if isinstance(thing, FieldType):
            registry.add_field(thing)
            name: str = thing.name
            added: NodeType[Any] | FieldType | None = thing
        elif loaded.subject.startswith("field type"):
            raise NodeContractError(f"a field type is a FieldType, and this is {type(thing).__name__}")
        else:
            registry.add(thing)
            name = thing.type
            added = registry.get(name)
    except DefinitionError as error:
        for problem in error.problems:
            told.find(Finding("error", loaded.subject, problem.message))
        return None
    except NodeContractError as error:
        told.find(Finding("error", loaded.subject, error.message))
        return None
    except BaseException as raised:
        told.find(Finding("error", loaded.subject, reason_of(contained(raised))))
        return None
    _check_name(loaded.subject, name, told)
    return added


def _check_name(subject: str, name: str, told: Told) -> None:
    kind, _, announced = subject.rpartition(" ")
    if kind in ("node type", "field type") and announced != name:
        told.find(Finding("error", subject, f"its own name is {name}: name the entry point like the {kind}"))


if __name__ == "__main__":
    main()
