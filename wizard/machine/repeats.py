"""Taking an item out of a repeat: the one move that shortens a path in its middle."""

from __future__ import annotations

from wizard.errors import NotAStep, PointOfNoReturn
from wizard.locale.sentences import sentence
from wizard.machine.back import point_of_no_return
from wizard.machine.deadlines import reopen
from wizard.machine.machine import check_not_over, go_forward
from wizard.machine.protocol import Move
from wizard.machine.showing import look_at_current
from wizard.machine.stack import Turn
from wizard.machine.undo import settle, take_off
from wizard.machine.walk import adds_another
from wizard.model import RunStatus, Step, StepStatus
from wizard.model.path import AFTER, call_of, locate

MAX_QUOTED = 100  # characters of what isn't there


def remove_item(turn: Turn, item: str) -> Move:
    """Takes an item ("household/2") out for good: its steps and the list page after it are dropped,
    its answers forgotten, its number never used again. Then the run goes forward again to where it
    was, as after a change (S11).

    Raises RunCompleted, PointOfNoReturn, and NotAStep where `item` isn't an item of a repeat that asks.
    """
    check_not_over(turn)
    base, number = _item(turn, item)
    page = f"{base}/{AFTER}{number}"
    doomed = [step for step in turn.steps if step.path.startswith(f"{item}/") or step.path == page]
    if not doomed:
        raise _no_item(turn, item)
    here, first = turn.current, turn.position(doomed[0].path)
    if first <= point_of_no_return(turn.workflow, turn):
        raise PointOfNoReturn(workflow=turn.workflow.id, node=item, run=turn.id)
    before = _page_before(turn, base, number, first)
    turn.removed = turn.removed | {item}
    turn.log("taken out", item)
    decided = first <= turn.cursor
    gone = take_off(turn, doomed, park=False)
    turn.parking.forget(f"{item}/")
    ask_again = before is not None and _hand_over(turn, before, next((s for s in doomed if s.path == page), None))
    if not decided:
        yield from settle(turn, gone)
        if here is not None and here.is_foreground:
            yield from look_at_current(turn, keep_fault=True)
        return
    # Where the run is to be is said before anything is undone: a turn that is cut off there goes on rightly.
    turn.fault = None
    if turn.status is RunStatus.COMPLETED:
        reopen(turn)
    if ask_again and before is not None:
        turn.cursor = turn.position(before.path)
        yield from settle(turn, gone)
        yield from look_at_current(turn)
        return
    if here is not None and here.path in turn.by_path:
        turn.returning = turn.returning or here.path
    turn.cursor = first - 1
    yield from settle(turn, gone)
    yield from go_forward(turn)


def _item(turn: Turn, item: str) -> tuple[str, int]:
    """The path of the repeat and the number of its item."""
    base, _, number = item.rpartition("/")
    try:
        page = locate(turn.workflow, f"{base}/{AFTER}{number}")
    except NotAStep:
        raise _no_item(turn, item) from None
    repeat = call_of(page.node).repeat
    assert page.after is not None  # no node can be called like this
    assert repeat is not None
    if not page.after:  # the list page that a repeat opens with is no item's
        raise _no_item(turn, item)
    if not repeat.asks:
        raise NotAStep(sentence("“{item}” isn't an item that can be removed.", item=item), run=turn.id)
    return base, page.after


def _no_item(turn: Turn, item: str) -> NotAStep:
    text = sentence("There is no item “{item}” here. Use one that its list shows.", item=item[:MAX_QUOTED])
    return NotAStep(text, workflow=turn.workflow.id, run=turn.id)


def _page_before(turn: Turn, base: str, number: int, first: int) -> Step | None:
    """The list page that led to the item, if the item is the repeat's last one. None where no page did: one that stands
    above the item's `first` step is kept from when there were more items before it, and one that was answered "no more"
    since led past an item that is only kept."""
    opening = f"{base}/"
    numbers = [
        int(step.path[len(opening) :].partition("/")[0].removeprefix(AFTER))
        for step in turn.steps
        if step.path.startswith(opening)
    ]
    if max(numbers) > number:
        return None
    lower = max((n for n in numbers if n < number), default=0)
    page = turn.by_path.get(f"{opening}{AFTER}{lower}")
    led = page is not None and adds_another(page) and turn.position(page.path) < first
    return page if led else None


def _hand_over(turn: Turn, before: Step, dropped: Step | None) -> bool:
    """The page that led to the last item takes over what was answered after it ("no more"). True
    where nothing was: then it has to be asked again."""
    if dropped is None or not dropped.is_done:
        turn.update(before._replace(output=None, status=StepStatus.WAITING))
        return True
    turn.update(before._replace(output=dropped.output, given=dropped.given))
    return False
