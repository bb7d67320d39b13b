"""Explores a workflow: walks through it by generated answers until nothing new is to be had, and says what it found.

Services answer by their examples, by what the workflow compares their answers with, by each of their ports, and by an
error. What is found: steps from which nothing leads on, loops that nobody gets out of, nodes that fail, expressions
that raise, texts that name nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from math import inf
from time import monotonic
from typing import Any

from wizard.app import Functions
from wizard.definitions.catalog import Catalog
from wizard.forms.form import Form
from wizard.model import Node, RunStatus, Workflow
from wizard.model.copies import copied
from wizard.scripts.choosing import END, Explorer
from wizard.scripts.coverage import Covered, Part
from wizard.scripts.hints import Hint, hints_of
from wizard.scripts.sampling import TEXTS
from wizard.scripts.walking import FAILS, Setting, Walk, place_of, walk
from wizard.settings import Settings

LIMIT = 300  # walks of one workflow
PATIENCE = 25  # walks by chance that bring nothing new, after which it ends
IMPATIENCE = 100  # the same where there are answers left that nobody has given
MOST_RETRIES = 20  # of a service's answers that a walk didn't come to


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, or looks so. `kind` is failure, dead end, loop or text; `walk` shows it."""

    kind: str
    place: str
    message: str
    walk: Walk
    meant: str = ""  # of a text: what would stand there


@dataclass(slots=True)
class Exploration:
    """What came of it: the walks that came to something new, in order, and the findings."""

    workflow: Workflow
    paths: list[Walk] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    covered: Covered = field(default_factory=Covered)
    walks: int = 0
    left: tuple[str, ...] = ()  # where answers are left to try that no walk gave, since it ended
    is_cut: bool = False  # by its limit, by its time, or by somebody
    seconds: float | None = None  # after which it was stopped, None where it wasn't
    is_stopped: bool = False  # by somebody


async def explore(
    workflow: Workflow,
    catalog: Catalog,
    at: datetime,
    *,
    seed: int = 0,
    limit: int = LIMIT,
    seconds: float | None = None,
    settings: Settings | None = None,
    functions: Functions | None = None,
    notice: Callable[[Exploration], None] = lambda made: None,
    stops: Callable[[], bool] = lambda: False,
) -> Exploration:
    """Explores a workflow of the catalogue, by so many walks at most. After so many seconds, or once somebody `stops`
    it, no other walk is begun; one is made at least. `notice` is called after each."""
    exploration = _Exploration(workflow, catalog, at, seed, settings or Settings(), functions)
    await exploration.goes(limit, seconds, notice, stops)
    return exploration.made


class _Exploration:
    def __init__(
        self,
        workflow: Workflow,
        catalog: Catalog,
        at: datetime,
        seed: int,
        settings: Settings,
        functions: Functions | None,
    ) -> None:
        self.made = Exploration(workflow)
        self._catalog, self._at, self._settings, self._functions = catalog, at, settings, functions
        self._hints = hints_of(workflow)
        self._explorer = Explorer(self._hints, seed)
        self._defaults: dict[str, Any] = {}  # results of nodes that have no example
        self._waiting: list[Setting] = list(_settings(workflow, self._hints, at))
        self._ordinary = self._waiting[0]
        self._services: set[str] = set()
        self._retries: Counter[tuple[str, ...]] = Counter()
        self._stuck: dict[str, Walk] = {}
        self._found: set[tuple[str, str]] = set()
        self._shown: set[Part] = set()
        self._unfinished: list[Walk] = []  # walks that came to something new, and to no end

    async def goes(
        self,
        limit: int,
        seconds: float | None,
        notice: Callable[[Exploration], None],
        stops: Callable[[], bool],
    ) -> None:
        idle, until = 0, inf if seconds is None else monotonic() + seconds
        while self.made.walks < limit and idle < (IMPATIENCE if self._explorer.has_more else PATIENCE):
            if self.made.walks and stops():
                self.made.is_stopped = True
                break
            if self.made.walks and monotonic() >= until:
                self.made.seconds = seconds
                break
            self.made.walks += 1
            has_plan = bool(self._waiting)
            idle = 0 if await self._walk_once() or has_plan else idle + 1
            notice(self.made)
        for made in self._unfinished:
            if not made.fails_unmeant:  # what fails is shown by its finding
                self._shows(made)
        self._find_dead_ends()
        self.made.left = tuple(sorted(self._explorer.left))
        has_more = self._explorer.has_more or bool(self._waiting)
        is_ended_early = self.made.is_stopped or self.made.seconds is not None
        self.made.is_cut = is_ended_early or (self.made.walks >= limit and has_more)

    async def _walk_once(self) -> bool:
        """Whether it came to something new."""
        setting = self._waiting.pop(0) if self._waiting else self._ordinary
        setting = replace(setting, results={**self._defaults, **setting.results})
        made = await walk(
            self._catalog, self.made.workflow.id, setting, self._explorer, self._at, self._settings, self._functions
        )
        if self._gives_default(made, setting):
            return True
        missed = tuple(sorted(setting.results.keys() - self._defaults.keys() - made.visited))
        if missed and self._retries[missed] < MOST_RETRIES:  # it took another way than to the service that it is about
            self._retries[missed] += 1
            self._waiting.append(setting)
        self._learn_services(made, setting)
        self._find_failures(made)
        new = made.covered.parts - self.made.covered.parts
        self.made.covered.parts |= new
        if made.is_whole:
            self._shows(made)
        elif new:
            self._unfinished.append(made)
        if made.stuck:
            self._stuck.setdefault(place_of(made.last), made)
        return bool(new)

    def _shows(self, made: Walk) -> None:
        """A walk that comes to what no walk before it has shown is one to be written."""
        new = made.covered.parts - self._shown
        if new:
            self.made.paths.append(made)
            self._shown |= new

    # -- services --------------------------------------------------------------------------------------

    def _gives_default(self, made: Walk, setting: Setting) -> bool:
        """A node that has no example of its output gives an empty one; the walk doesn't count."""
        if not any(said in made.fault for said in ("there is nothing in its place", "its example doesn't say which")):
            return False
        step = made.last if made.status is RunStatus.FAILED else made.failed_at
        if step in self._defaults:
            return False
        self._defaults[step] = _empty_result(self._node_at(step))
        self._waiting.insert(0, setting)
        return True

    def _node_at(self, step: str) -> Node | None:
        from wizard.debugging.ways import place_at

        placed = place_at(self.made.workflow, step)
        return None if placed is None else placed[1]

    def _learn_services(self, made: Walk, setting: Setting) -> None:
        """Each service that is new is to answer in other ways as well."""
        known = {step: node for step, node in made.services.items() if "/" not in step or place_of(step) == step}
        for step, node in [*known.items(), *((step, self._node_at(step)) for step in self._defaults)]:
            if step in self._services or node is None:
                continue
            self._services.add(step)
            for result in self._results_of(node, self._defaults.get(step)):
                self._waiting.append(replace(setting, results={**setting.results, step: result}))

    def _results_of(self, node: Node, default: Any) -> Iterator[Any]:
        example = _example_of(node)
        ordinary = default if example is None else example
        yield [*[{"error": FAILS}] * node.retry.attempts, *([] if ordinary is None else [ordinary])]
        for port in node.port_names:
            yield {"port": port, "output": example or {}}
        for (_, chain), hint in sorted(self._hints.items(), key=lambda pair: pair[0]):
            if chain[0] == node.id and len(chain) > 1:
                for value in _hinted(hint, _at(example or {}, chain[1:])):
                    yield _with(example or {}, chain[1:], value)

    # -- findings --------------------------------------------------------------------------------------

    def _find_failures(self, made: Walk) -> None:
        for text, step in made.nameless.items():
            what = f"a text of {text.node} names {text.name}, which isn't there on this way: {text.text!r}"
            self._find(Finding("text", step, what, made, text.meant), f"{text.workflow} {text.node} {text.name}")
        if made.fails_unmeant:
            what = f"{made.failed_at or made.last} fails: {made.fault}"
            self._find(Finding("failure", made.failed_at or made.last, what, made), what)

    def _find(self, finding: Finding, key: str) -> None:
        if (finding.kind, key) not in self._found:
            self._found.add((finding.kind, key))
            self.made.findings.append(finding)

    def _find_dead_ends(self) -> None:
        """What is known of where steps lead: from each there has to be a way to the end. Where something is left to try
        on the ways that are known, nothing is said."""
        follows, left = self._explorer.follows, self._explorer.left
        ending = _leading_to(END, follows)
        failing = {place_of(finding.place) for finding in self.made.findings if finding.kind == "failure"}
        for place, made in self._stuck.items():
            if place in ending or place in failing or made.fails_unmeant or not left.isdisjoint(_after(place, follows)):
                continue
            onward = sorted(then for then in follows.get(place, set()) if then != place)
            loop = _round(place, follows)
            if loop:
                what = f"nobody gets out of {' → '.join(loop)}"
                self._find(Finding("loop", place, what, made), " ".join(sorted(set(loop))))
            elif not onward:
                self._find(Finding("dead end", place, f"nothing leads on from {place}{_tried(made)}", made), place)


def _tried(made: Walk) -> str:
    """What was said of the last answers that were tried there."""
    errors = [done.errors for done in made.done if done.then == made.last and done.errors]
    if not errors:
        return ""
    said = "; ".join(f"{name}: {error}" if name else error for name, error in errors[0].items())
    return f"; no answer that was tried is taken ({said})"


def _after(place: str, follows: Mapping[str, set[str]]) -> set[str]:
    """All places that are known to come behind one, and itself."""
    after, waiting = {place}, [place]
    while waiting:
        for then in follows.get(waiting.pop(), set()) - after:
            after.add(then)
            waiting.append(then)
    return after


def _leading_to(goal: str, follows: Mapping[str, set[str]]) -> set[str]:
    sources: dict[str, list[str]] = {}
    for place, targets in follows.items():
        for target in targets:
            sources.setdefault(target, []).append(place)
    reaching: set[str] = set()
    waiting = [goal]
    while waiting:
        place = waiting.pop()
        if place not in reaching:
            reaching.add(place)
            waiting += sources.get(place, [])
    return reaching


def _round(place: str, follows: Mapping[str, set[str]]) -> list[str]:
    """The shortest way from a place back to it, [] for none."""
    ways = [[place]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for then in sorted(follows.get(way[-1], set())):
            if then == place:
                return [*way, place]
            if then not in seen and then != END:
                seen.add(then)
                ways.append([*way, then])
    return []


# -- what a walk begins with ---------------------------------------------------------------------------


def _settings(workflow: Workflow, hints: Mapping[tuple[str, tuple[str, ...]], Hint], at: datetime) -> Iterator[Setting]:
    """The ordinary one, then those with another value of the input, event or profile each."""
    ordinary = Setting(input=_input_of(workflow), event=_event_of(workflow, hints, at))
    yield ordinary
    for (name, chain), hint in sorted(hints.items(), key=lambda pair: pair[0]):
        if name != workflow.id or len(chain) < 2 or chain[0] not in ("input", "event", "profile"):
            continue
        document = getattr(ordinary, chain[0])
        for value in _hinted(hint, _at(document, chain[1:])):
            yield replace(ordinary, **{chain[0]: _with(document, chain[1:], value)})


def _input_of(workflow: Workflow) -> dict[str, Any]:
    """What has to be handed in."""
    from wizard.forms.form import TIMELESS_CONTEXT

    given: dict[str, Any] = {}
    for question in Form(tuple(workflow.input)).questions:
        if question.required and question.default is None:
            for text in (True, *TEXTS):
                try:
                    if question.parse(text, TIMELESS_CONTEXT) is not None:
                        given[question.name] = text
                        break
                except Exception:  # noqa: S112 - it isn't one that fits
                    continue
    return given


def _event_of(workflow: Workflow, hints: Mapping[tuple[str, tuple[str, ...]], Hint], at: datetime) -> dict[str, Any]:
    if not workflow.starts_on:
        return {}
    event: dict[str, Any] = {
        "id": "event-1",
        "type": workflow.starts_on[0].event,
        "at": at.isoformat(),
        "properties": {},
    }
    for (name, chain), hint in sorted(hints.items(), key=lambda pair: pair[0]):
        if name == workflow.id and chain[:2] == ("event", "properties") and len(chain) > 2:
            constants = [value for value in hint.constants if value is not None] or ["x"]
            event = _with(event, chain[1:], constants[0])
    for node in workflow.nodes.values():
        for chain in sorted(node.names):
            if chain[:2] == ("event", "properties") and len(chain) > 2 and _at(event, chain[1:]) is None:
                event = _with(event, chain[1:], "x")
    return event


def _hinted(hint: Hint, now: Any) -> Iterator[Any]:
    """Values that may lead another way than the one that is there."""
    values: list[Any] = []
    for constant in hint.constants if not hint.measured else ():
        values += [constant, constant + 1, constant - 1] if _is_number(constant) else [constant]
    if hint.held:
        values += [[], *([held] for held in hint.held)]
    elif hint.measured:
        values += [[], ["x"], ["x", "y"]]
    values += [None]
    yield from (value for number, value in enumerate(values) if value != now and value not in values[:number])


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _at(document: Any, chain: Sequence[str]) -> Any:
    for name in chain:
        document = document.get(name) if isinstance(document, Mapping) else None
    return document


def _with(document: Mapping[str, Any], chain: Sequence[str], value: Any) -> dict[str, Any]:
    """The document with another value at a name in it."""
    name, *below = chain
    if not below:
        return {**document, name: value}
    inner = document.get(name)
    return {**document, name: _with(inner if isinstance(inner, Mapping) else {}, below, value)}


def _example_of(node: Node) -> dict[str, Any] | None:
    example = node.handler.example_output(node.config) if node.example is None else node.example
    return None if example is None else dict(copied(dict(example)))


def _empty_result(node: Node | None) -> Any:
    if node is not None and node.port_names:
        return {"port": node.port_names[0], "output": _example_of(node) or {}}
    return {}
