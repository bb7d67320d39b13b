"""What must hold of a run after whatever was done with it (S1-S14), checked from outside.

`Before` is what was seen before an operation; the functions raise AssertionError. The definitions
are those of tests/generated.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.retrace import Item, Mark, Retrace
from tests.workflows import Book, Document
from wizard.engine.view import RunView
from wizard.machine.items import keys_of
from wizard.model import Kind, Run, RunStatus, Step, StepStatus
from wizard.model.run import count_answered
from wizard.state.documents import DOCUMENTS, document, document_field
from wizard.state.patches import setters_of

Documents = Mapping[str, Document]
Orders = Mapping[str, Sequence[int]]  # by the path of each node that goes through a list


@dataclass(frozen=True)
class Before:
    """A run before an operation, and how much was noted then."""

    run: Run
    noted: int
    calls: int

    @classmethod
    def of(cls, view: RunView, book: Book) -> Before:
        return cls(view.run, len(book.noted), len(book.calls))


def same_runs(left: Run, right: Run) -> None:
    """Nothing of one differs from the other but their tokens."""
    for name in Run._fields:
        if name != "token_hash":
            assert getattr(left, name) == getattr(right, name), name


# -- the stack -------------------------------------------------------------------------------------


def check_stack(run: Run) -> None:
    """Steps are in order and found by path; what is below the cursor is decided, what waits is current."""
    seqs = [step.seq for step in run.steps]
    assert seqs == sorted(set(seqs))
    assert dict(run.by_path) == {step.path: step for step in run.steps}
    assert len(run.by_path) == len(run.steps)
    assert run.answered == count_answered(run.steps)
    assert run.setters == setters_of(run.steps)
    for name in DOCUMENTS:
        fields = {
            key: value for step in run.path if step.is_done for (kind, key), value in step.patch.items() if kind == name
        }
        assert list(document(run, name).items()) == list({**getattr(run, name), **fields}.items())
        assert all(document_field(run, name, key) == value for key, value in fields.items())
    visits = [step.visit for step in run.steps]
    assert len(set(visits)) == len(visits)
    assert max(visits, default=0) <= run.visits
    assert -1 <= run.cursor < len(run.steps)
    assert all(step.status is StepStatus.DONE for step in run.path[:-1])
    assert all(step.output is not None for step in run.steps if step.status is StepStatus.DONE)
    assert not [step.path for step in run.steps for item in run.removed if f"{step.path}/".startswith(f"{item}/")]
    assert not set(run.parked) & set(run.by_path)
    back_to = None if run.returning is None else run.by_path[run.returning]
    assert back_to is None or back_to in run.kept or back_to.kind is Kind.BACKGROUND
    _check_status(run)


def parked_answers(run: Run) -> dict[str, Any]:
    """Answers of dropped steps, without what the run remembers of lists: no step's path ends with a slash."""
    return {path: answers for path, answers in run.parked.items() if not path.endswith("/")}


def list_orders(run: Run) -> Orders:
    """By the path of each node that goes through a list: the numbers of the list's items, as they stand in it (S13)."""
    return {path[:-1]: known["order"] for path, known in run.parked.items() if path.endswith("/")}


def _check_status(run: Run) -> None:
    current = run.current
    match run.status:
        case RunStatus.COMPLETED:
            assert not run.kept
            assert not parked_answers(run)
            assert run.returning is None
            assert run.fault is None
            assert all(step.status is StepStatus.DONE for step in run.steps)
        case RunStatus.CREATED:
            assert current is None
            assert not run.steps
        case RunStatus.WAITING:
            assert current is not None
            waits = StepStatus.WAITING if current.kind is Kind.FOREGROUND else current.status
            assert current.status is waits
        case RunStatus.FAILED:
            assert run.fault is not None
        case _:
            raise AssertionError(f"a turn ended with the run {run.status}")


def check_lives(run: Run, book: Book, *, reopens: bool) -> None:
    """S14, S12: each visit is executed, then closed at the end of the run, or removed and closed when its
    step goes, and that is the last of it."""
    by_ending: dict[str, list[str]] = {"": [], "close": [], "remove close": []}
    steps = {each.key: each.step for each in book.calls}
    for key, calls in book.lives().items():
        text = " ".join(calls)
        ending = text.replace("execute", "").strip()
        assert text.startswith("execute"), text
        assert text.endswith(ending), text
        by_ending[ending].append(steps[key])
    on_stack = sorted(step.path for step in run.steps if step.type not in ("end", "workflow"))
    over = run.status is RunStatus.COMPLETED and not reopens
    assert sorted(by_ending["close"]) == (on_stack if over else [])
    assert sorted(by_ending[""]) == ([] if over else on_stack)


def check_answers(view: RunView) -> None:
    """Answers are what the path's foreground steps accepted; kept and parked ones are none of them."""

    def flat(nested: Mapping[str, Any], path: str) -> Any:
        for segment in path.split("/"):
            nested = nested[segment]
        return nested

    def leaves(nested: Mapping[str, Any], prefix: str = "") -> set[str]:
        paths = {step.path for step in decided}
        return {
            path
            for name, value in nested.items()
            for path in ([f"{prefix}{name}"] if f"{prefix}{name}" in paths else leaves(value, f"{prefix}{name}/"))
        }

    decided = [step for step in view.run.path if step.kind is Kind.FOREGROUND and step.status is StepStatus.DONE]
    assert leaves(view.answers) == {step.path for step in decided}
    assert all(flat(view.answers, step.path) == step.output for step in decided)


# -- the path --------------------------------------------------------------------------------------


def decided_answers(run: Run) -> dict[str, Mapping[str, Any]]:
    return {
        step.path: step.output or {}
        for step in run.path
        if step.kind is Kind.FOREGROUND and step.status is StepStatus.DONE
    }


def retraced(documents: Documents, run: Run, session: Mapping[str, Any], removed: frozenset[str]) -> Retrace:
    return Retrace(documents, decided_answers(run), session, removed, partial(numbers_of, run))


def numbers_of(run: Run, base: str, elements: list[Any]) -> list[int]:
    """S13: an item has the number that the run gave to its value; no two have the same one. A list that the run hasn't
    come to (another session would lead there) has no numbers yet."""
    if f"{base}/" not in run.parked:
        return list(range(1, len(elements) + 1))
    known = run.parked[f"{base}/"]["keys"]
    assert len({*known.values()}) == len(known)
    plain = [each for each in elements if not isinstance(each, Item)]
    keys = keys_of(plain, None, run.created_at) or [each.encode() for each in elements]
    return [known[key] for key in keys]


def check_path(walked: Retrace, run: Run, removed: frozenset[str]) -> None:
    """The path, with everything that was computed on it, is what its answers alone give."""
    have = [(step.path, step.output if step.status is StepStatus.DONE else None) for step in run.path]
    want = [(mark.path, mark.output) for mark in walked.marks]
    current = run.current
    if current is not None and current.status is not StepStatus.DONE and len(want) >= len(have):
        want[len(have) - 1] = (want[len(have) - 1][0], None)  # a background step that Previous went to may be undone
    assert have == want[: len(have)]
    if run.status is RunStatus.COMPLETED:
        assert walked.ended
        assert len(want) == len(have)
    for mark in walked.marks[: len(have)]:
        _check_bounds(mark, removed)


def _check_bounds(mark: Mark, removed: frozenset[str]) -> None:
    """A list page is shown between the fewest items and the most."""
    repeat = mark.node.get("repeat", {})
    if "/after-" in mark.path and "max" in repeat:
        base, _, number = mark.path.rpartition("/after-")
        items = sum(1 for n in range(1, int(number) + 1) if f"{base}/{n}" not in removed)
        assert repeat["min"] <= items <= repeat["max"]


def check_decided(walked: Retrace, run: Run, accepted: set[str], depended: dict[str, Any]) -> None:
    """S11: every answer that counts would be accepted where it stands, and what it depends on is as it
    was when the person gave it. `depended` is brought up to date with what was `accepted`."""
    decided = decided_answers(run)
    for mark in walked.marks:
        if mark.node["type"] == "ask" and mark.path in decided:
            assert mark.fits, f"{mark.path} isn't valid any more"
            if mark.path in accepted:
                depended[mark.path] = mark.depends
            assert depended[mark.path] == mark.depends, f"{mark.path} should have been asked again"


# -- what is kept (S8) -----------------------------------------------------------------------------


def _following(document: Document) -> dict[str, set[str]]:
    nodes = document["nodes"]
    edges: dict[str, set[str]] = {}
    for node, below in zip(nodes, [*nodes[1:], {"id": "end"}], strict=True):
        targets = {case["goto"] for case in node.get("cases", ())} or {node.get("next", below["id"])}
        if node["type"] == "end":
            targets = set()
        if isinstance(node.get("on_error"), dict):
            targets.add(node["on_error"]["goto"])
        edges[node["id"]] = targets - {"end"}
    reach = {name: set(targets) for name, targets in edges.items()}
    for _ in nodes:
        for targets in reach.values():
            targets |= {further for target in list(targets) for further in reach[target]}
    return reach


def _place(order: Sequence[int] | None, segment: str) -> tuple[int, bool] | None:
    """Where an item, or the list page behind it, comes in its repeat; None where its list hasn't got it any more."""
    number = int(segment.removeprefix("after-"))
    if order is None:
        return number, "after" in segment
    return (order.index(number), False) if number in order else None


def reachable(documents: Documents, here: str, there: str, orders: Orders) -> bool:
    """Whether, at some level of the nesting, both are in the same instance and `there` follows."""
    document, one, other = documents["main"], here.split("/"), there.split("/")
    base = ""
    while one and other:
        first, second = one.pop(0), other.pop(0)
        base += first
        nodes = {node["id"]: node for node in document["nodes"]}
        node = nodes[first.partition("~")[0]]
        if second.partition("~")[0] in _reach(document)[node["id"]]:
            return True
        if first != second or node["type"] != "workflow":
            return False
        if "repeat" in node:
            order = orders.get(base, ()) if "for_each" in node["repeat"] else None
            first, second = one.pop(0), other.pop(0)
            place, later = _place(order, first), _place(order, second)
            if place is not None and later is not None and later > place:
                return True
            if first != second:
                return False
            base += f"/{first}"
        base += "/"
        document = documents[node["workflow"]]
    return False


def waits_its_turn(documents: Documents, here: str, there: str, orders: Orders) -> bool:
    """Whether both are in items of one list, and the other's item comes later in the list as it is now (S13)."""
    items = list(zip(_items(documents, here), _items(documents, there), strict=False))
    base, one, other = next(
        ((base, one, other) for (base, one), (also, other) in items if base == also and one != other), ("", 0, 0)
    )
    order = orders.get(base, ())
    return one in order and other in order and order.index(other) > order.index(one)


def items_around(documents: Documents, path: str) -> tuple[str, ...]:
    """What the paths of all steps begin with that are in the same items of lists."""
    return tuple(f"{base}/{number}/" for base, number in _items(documents, path))


def _items(documents: Documents, path: str) -> Iterator[tuple[str, int]]:
    """The items of `for_each` that a step is in, from the outside: the repeat's path, and the item's number."""
    document, segments, base = documents["main"], path.split("/"), ""
    while segments:
        base += segments.pop(0)
        node = next(node for node in document["nodes"] if node["id"] == base.rpartition("/")[2].partition("~")[0])
        if node["type"] != "workflow":
            return
        if "repeat" in node:
            number = segments.pop(0)
            if "for_each" in node["repeat"]:
                yield base, int(number)
            base += f"/{number}"
        document, base = documents[node["workflow"]], f"{base}/"


_REACH: dict[int, tuple[Document, dict[str, set[str]]]] = {}


def _reach(document: Document) -> dict[str, set[str]]:
    if id(document) not in _REACH or _REACH[id(document)][0] is not document:
        _REACH[id(document)] = (document, _following(document))
    return _REACH[id(document)][1]


def gone_forward(
    documents: Documents, stack: list[str], anchor: int, came_to: list[str], orders: Orders
) -> tuple[list[str], list[str]]:
    """S8 in its own words: which of `came_to` were found among the kept steps on going from `anchor` to each in turn,
    and what is kept after it. One that was dropped on the way there is not found: it is another step of that path.
    Items of a list that now come after the one that is found stay, and what is in the same item comes first (S13)."""
    found, kept = list[str](), stack[anchor + 1 :]
    for path in came_to:
        if path in kept:
            found.append(path)
            place = kept.index(path)
            waiting = [each for each in kept[:place] if waits_its_turn(documents, path, each, orders)]
            around = items_around(documents, path) if waiting else ()
            kept = sorted(waiting + kept[place + 1 :], key=lambda each: -sum(map(each.startswith, around)))
        else:
            kept = [each for each in kept if reachable(documents, path, each, orders)]
    return found, kept


def check_kept(documents: Documents, before: Before, anchor: int, run: Run) -> None:
    if run.fault is not None or run.status is RunStatus.COMPLETED:
        return
    stack = [step.path for step in before.run.steps]
    came_to = [step.path for step in run.path[anchor + 1 :]]
    _, kept = gone_forward(documents, stack, anchor, came_to, list_orders(run))
    assert [step.path for step in run.kept] == kept


# -- what is re-used and what is asked again (S10, S11) -----------------------------------------------


def check_reuse(before: Before, run: Run, book: Book, entered: set[str]) -> None:
    """A background step that was there runs again only if it read something else, or had failed; unless it
    was dropped and `entered` anew."""
    old = before.run.by_path
    ran = {each.step for each in book.noted[before.noted :] if each.what == "run"}
    removed = [each.key for each in book.noted[before.noted :] if each.what == "remove"]
    assert len(set(removed)) == len(removed)
    for step in run.path:
        was = old.get(step.path)
        if step.kind is not Kind.BACKGROUND or was is None or was.status is not StepStatus.DONE or was.error:
            continue
        if step.visit != was.visit:
            assert step.path in entered or step.reads != was.reads, f"{step.path} ran again for nothing"
        else:
            assert step.path not in ran, f"{step.path} ran again for nothing"
            assert step.output == was.output
            assert step.patch == was.patch


def check_parked(before: Before, run: Run, entered: set[str]) -> None:
    """S13: answers of dropped steps are parked until their step is entered again, or the run completes. That may be
    in the same turn, further on. What was typed since covers the answers that were accepted."""
    if run.status is RunStatus.COMPLETED:
        return
    for step in before.run.steps:
        answers = {**(step.answer or {}), **(step.draft or {})}
        if not step.is_foreground or not answers:
            continue
        now = run.by_path.get(step.path)
        if now is None:
            assert run.parked[step.path] == answers
        elif now.visit != step.visit and now.output is None:
            assert now.draft == answers, f"{step.path} is entered anew without its answers"
    for path, answers in parked_answers(before.run).items():
        if path not in run.by_path:
            assert run.parked[path] == answers
        elif path in entered and run.by_path[path].output is None:
            assert run.by_path[path].draft == answers


def check_return(documents: Documents, before: Before, anchor: int, run: Run, asked_at: str | None) -> None:
    """S11: what was passed was kept, with the answer it had; where the run stopped, somebody is needed, or it is
    where the change was asked; and the last answer that was kept isn't taken over."""
    old = {step.path: step for step in before.run.steps}
    came_to = [step.path for step in run.path[anchor + 1 :]]
    found, _ = gone_forward(documents, list(old), anchor, came_to, list_orders(run))
    passed = [step for step in run.path[anchor + 1 : -1] if step.kind is Kind.FOREGROUND]
    for step in passed:
        if step.type != "pass":
            assert asked_at is not None, f"{step.path} was passed without a change"
            assert step.path in found, f"{step.path} was passed and not kept"
            assert step.output == old[step.path].output, f"{step.path} got another answer by itself"
            assert step.path != asked_at
            above = before.run.steps[before.run.steps.index(old[step.path]) + 1 :]
            assert any(each.kind is Kind.FOREGROUND for each in above), f"{step.path} was the last one kept"
    current = run.current
    assert current is not None
    shows = run.status is RunStatus.WAITING and current.kind is Kind.FOREGROUND and run.fault is None
    pending = asked_at in run.by_path and asked_at not in [step.path for step in passed]
    if shows and pending:
        was = old[current.path] if current.path in found else None
        kept = any(step.kind is Kind.FOREGROUND for step in run.kept)
        if was is not None and was.output is not None and kept and current.path != asked_at:
            node = node_at(documents, current.path)
            assert node.get("depends_on") or node.get("unless"), f"{current.path} was asked again for nothing"


def node_at(documents: Documents, path: str) -> Document:
    document, segments = documents["main"], path.split("/")
    while True:
        name = segments.pop(0).partition("~")[0]
        node: Document = next(each for each in document["nodes"] if each["id"] == name)
        if node["type"] != "workflow":
            return node
        if "repeat" in node and segments.pop(0).startswith("after-"):
            return node
        document = documents[node["workflow"]]


# -- walls (S7) --------------------------------------------------------------------------------------


def wall_of(documents: Documents, run: Run) -> Step | None:
    """The topmost final step that is done."""
    done = [step for step in run.path if step.status is StepStatus.DONE and node_at(documents, step.path).get("final")]
    return done[-1] if done else None
