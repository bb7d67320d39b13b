"""Runs and steps change their status only along the tables in wizard/machine/lifecycle.py."""

from typing import cast, get_args

import pytest

from wizard.errors import IllegalMove
from wizard.machine.lifecycle import RUNS, STEPS, RunTrigger, StepTrigger, next_run_status, next_step_status
from wizard.model import RunStatus, StepStatus

RUN_TRIGGERS: tuple[RunTrigger, ...] = get_args(RunTrigger)


def travel_run(status: RunStatus, *triggers: RunTrigger) -> RunStatus:
    for trigger in triggers:
        status = next_run_status(status, trigger)
    return status


def travel_step(status: StepStatus, *triggers: StepTrigger) -> StepStatus:
    for trigger in triggers:
        status = next_step_status(status, trigger)
    return status


def test_a_run_goes_from_question_to_question_to_the_end() -> None:
    """Without this no run could ever be completed."""
    assert travel_run(RunStatus.CREATED, "wait", "wait", "work", "work", "wait", "work", "complete") == "completed"


def test_a_failed_run_is_tried_again_or_goes_back() -> None:
    """A person at a failed step (S16) would otherwise be stuck there."""
    assert travel_run(RunStatus.WORKING, "fail", "work", "fail", "wait") == "waiting"


def test_a_created_run_may_come_to_rest_anywhere() -> None:
    """A workflow may begin with background work, fail in it, or consist of nothing else."""
    ways: tuple[RunTrigger, ...] = ("wait", "work", "fail", "complete")
    reached = {next_run_status(RunStatus.CREATED, each) for each in ways}
    assert reached == {RunStatus.WAITING, RunStatus.WORKING, RunStatus.FAILED, RunStatus.COMPLETED}


def test_a_completed_run_is_only_reopened() -> None:
    """A finished application must not change by anything but a reopening that its author allowed (S5)."""
    assert next_run_status(RunStatus.COMPLETED, "reopen") is RunStatus.WAITING
    for trigger in RUN_TRIGGERS:
        if trigger == "reopen":
            continue
        with pytest.raises(IllegalMove, match="completed"):
            next_run_status(RunStatus.COMPLETED, trigger)


@pytest.mark.parametrize("status", [RunStatus.CANCELLED, RunStatus.EXPIRED])
@pytest.mark.parametrize("trigger", RUN_TRIGGERS)
def test_cancelled_and_expired_runs_stay_so(status: RunStatus, trigger: RunTrigger) -> None:
    """Nobody may bring a run back whose data may be deleted at any moment."""
    with pytest.raises(IllegalMove) as caught:
        next_run_status(status, trigger)
    assert f"that is {status.value} can't {trigger}" in str(caught.value)


def test_only_a_completed_run_is_reopened() -> None:
    """Reopening a live run would hide a mistake in the engine."""
    with pytest.raises(IllegalMove):
        next_run_status(RunStatus.WAITING, "reopen")


def test_a_question_is_shown_answered_and_shown_again() -> None:
    """Back to an answered question is the engine's everyday work."""
    assert travel_step(StepStatus.WAITING, "present", "accept", "revisit", "accept") == "done"


def test_background_work_is_tried_again_and_run_anew() -> None:
    """A failed effect is retried (S16), a crashed one begun again (S21), an outdated one re-run (S10)."""
    assert travel_step(StepStatus.PENDING, "begin", "fail", "retry", "begin", "succeed", "rerun", "succeed") == "done"


@pytest.mark.parametrize(
    ("status", "trigger"),
    [
        (StepStatus.WAITING, "succeed"),
        (StepStatus.WAITING, "begin"),
        (StepStatus.PENDING, "accept"),
        (StepStatus.PENDING, "present"),
        (StepStatus.FAILED, "succeed"),
        (StepStatus.DONE, "accept"),
    ],
)
def test_a_result_counts_only_for_what_was_begun(status: StepStatus, trigger: StepTrigger) -> None:
    """A result that comes for a step in another status would be recorded twice or in the wrong place."""
    with pytest.raises(IllegalMove):
        next_step_status(status, trigger)


def test_an_unknown_trigger_is_refused() -> None:
    """A misspelt trigger must not pass for a move that did nothing."""
    with pytest.raises(IllegalMove, match="can't explode"):
        next_run_status(RunStatus.WAITING, cast("RunTrigger", "explode"))
    with pytest.raises(IllegalMove, match="step that is done can't explode"):
        next_step_status(StepStatus.DONE, cast("StepTrigger", "explode"))


def test_the_tables_know_no_triggers_but_the_documented_ones() -> None:
    """A trigger that was added without being written down is one that nobody tests."""
    assert set(RUNS.events) == set(RUN_TRIGGERS)
    assert set(STEPS.events) == set(get_args(StepTrigger))


def test_refusals_leave_nothing_behind() -> None:
    """An answer is kept for good; a refused move must not poison the one that is asked next."""
    with pytest.raises(IllegalMove):
        next_step_status(StepStatus.FAILED, "accept")
    assert next_step_status(StepStatus.FAILED, "retry") is StepStatus.PENDING
