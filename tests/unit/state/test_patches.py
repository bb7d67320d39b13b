"""The index of what steps set; whatever moves a run makes, it is compared with the steps in tests/invariants.py."""

from __future__ import annotations

from tests.contract.runs import a_run, a_step
from wizard.model import Step, StepStatus
from wizard.state.documents import document, document_field
from wizard.state.patches import setters_of, with_step


def setting(path: str, seq: int, **fields: object) -> Step:
    return a_step(path, seq)._replace(patch={("session", name): value for name, value in fields.items()})


def test_what_was_set_last_on_the_path_counts() -> None:
    """A page says how often it was seen, also after somebody went back."""
    steps = (setting("a", 10, seen=1), setting("b", 20, seen=2, rare=True), setting("c", 30, seen=3))
    run = a_run("run", *steps, session={"seen": 0, "first": "yes"})
    assert document(run, "session") == {"seen": 3, "first": "yes", "rare": True}
    back = run._replace(cursor=1)
    assert (document_field(back, "session", "seen"), document_field(back, "session", "first")) == (2, "yes")
    assert document(back._replace(cursor=-1), "session") == {"seen": 0, "first": "yes"}
    assert document_field(run, "profile", "seen") is None


def test_a_step_that_is_not_done_has_set_nothing() -> None:
    """What a node set counts when it has proceeded, and not while it is tried again."""
    waiting = setting("b", 20, seen=2)._replace(status=StepStatus.WAITING)
    run = a_run("run", setting("a", 10, seen=1), waiting)
    assert document(run, "session") == {"seen": 1}
    assert document_field(run, "session", "seen") == 1


def test_steps_come_and_go_wherever_they_stand() -> None:
    """The index that a turn carries on is the one that a store makes of the steps it loads."""
    a, b, c = setting("a", 10, x=1), setting("b", 20, x=2, y=2), setting("c", 30, y=3)
    setters = setters_of([a, c])
    with_b = with_step(setters, None, b)
    assert with_b == setters_of([c, a, b])
    moved = b._replace(seq=5, patch={("session", "y"): 4})
    assert with_step(with_b, b, moved) == setters_of([a, moved, c])
    assert with_step(with_b, b, None) == setters
    assert not with_step(with_step(setters, a, None), c, None)
