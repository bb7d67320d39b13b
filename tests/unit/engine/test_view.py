"""What a caller sees of a run. Looking executes nothing, and never fails because of one bad page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.chatting import Chat
from tests.conversations import talk
from tests.workflows import ask, branch, embed, engine, flow, work
from wizard.engine.view import Progress, RunView
from wizard.errors import CallerError, WizardError
from wizard.model import Kind, Outcome, Proceed, Prompt, RunStatus, Value
from wizard.node import Background, NodeConfig, Visit
from wizard.testing import make_test_engine

PERSON = flow("person", ask("name"), ask("age"))


async def test_lines_name_steps_with_their_titles() -> None:
    """A sidebar shows where the person has been, in words; a title that fails is the node's id."""
    person = await talk(
        *(
            ask("a", title="About you"),
            work("t"),
            ask("b", title="{{ a.x }} and you"),
            ask("c", title="{{ 1 + session.n }}"),
        ),
        session={"n": 1},
    )
    await person.says(y="none")
    assert [(line.step, line.type, line.title, line.kind) for line in person.run.path] == [
        ("a", "ask", "About you", Kind.FOREGROUND),
        ("t", "work", "t", Kind.BACKGROUND),
        ("b", "ask", " and you", Kind.FOREGROUND),
    ]
    await person.says("b")
    await person.changes("a", "Ada")
    await person.engine.amend(person.run, session={"n": "text"})
    assert [line.title for line in person.run.path] == ["About you", "t", "Ada and you", "c"]


async def test_the_start_node_is_current_before_the_first_next() -> None:
    """S1: its title can be shown on a start page."""
    made = engine(flow("main", ask("a", title="Welcome"), ask("b")))
    run = await made.create("main")
    assert (run.current.step, run.current.type, run.current.title) == ("a", "ask", "Welcome")
    assert run.progress == Progress(0, 2, 2)


async def test_a_background_step_has_a_page_of_its_own() -> None:
    """S16: where a run failed, there is something to show."""
    person = await talk(work("t", "session.k", fails_on=["bad"], title="Looking it up"), ask("a"), session={"k": "bad"})
    prompt = person.run.current
    assert (prompt.step, prompt.type, prompt.title) == ("t", "work", "Looking it up")
    assert prompt.error == "What it read makes this fail"
    assert person.run.fault is not None


async def test_progress_counts_what_is_done_and_what_may_come() -> None:
    """A bar that never lies: the shortest and the longest way from here."""
    person = await talk(
        ask("a"),
        branch("c", ("a.x == 'long'", "b"), "z"),
        ask("b"),
        embed("s", "person"),
        work("t"),
        ask("z"),
        inside=(PERSON,),
    )
    assert person.run.progress == Progress(0, 2, 5)
    await person.says("long")
    assert person.run.progress == Progress(1, 4, 4)
    await person.says("b")
    await person.says("name")
    assert (person.at, person.run.progress) == ("s/age", Progress(3, 2, 2))
    await person.says("age")
    await person.goes_back(skip_background=False)
    assert (person.at, person.run.progress) == ("t", Progress(4, 1, 1))
    await person.says()
    await person.says("z")
    assert person.run.progress == Progress(5, 0, 0)


async def test_progress_has_no_upper_bound_in_loops() -> None:
    """A loop or an open repeat: nobody knows how long it takes."""
    person = await talk(ask("a"), branch("c", ("a.x == 'stop'", "z"), "a"), ask("z"))
    assert person.run.progress == Progress(0, 2, None)


async def test_progress_in_a_repeat_counts_its_pages_and_what_else_must_come() -> None:
    """The items up to the least number, and the page that asks whether there is another one."""
    repeat = {"min": 2, "max": 3}
    person = await talk(embed("hh", "person", repeat=repeat), ask("z"), inside=(PERSON,))
    assert person.run.progress == Progress(0, 6, 9)
    for done, step, ahead in (
        (1, "hh/1/age", (5, 8)),
        (2, "hh/2/name", (4, 7)),
        (3, "hh/2/age", (3, 6)),
        (4, "hh/after-2", (2, 5)),
    ):
        await person.says("x")
        assert (person.at, person.run.progress) == (step, Progress(done, *ahead))
    await person.says(add_another=True)
    assert (person.at, person.run.progress) == ("hh/3/name", Progress(5, 4, 4))
    await person.takes_out("hh/1")
    assert (person.at, person.run.progress) == ("hh/3/name", Progress(2, 4, 7))


@pytest.mark.parametrize(
    ("repeat", "least"),
    [
        ({}, 4),
        ({"min": 0}, 2),
        ({"times": "session.n"}, 3),
        ({"for_each": "session.l"}, 3),
    ],
)
async def test_progress_in_a_repeat_without_bound(repeat: dict[str, Any], least: int) -> None:
    """Nobody knows how many there will be; what is certain is counted all the same."""
    session = {"n": 3, "l": [1, 2, 3]}
    person = await talk(embed("hh", "person", repeat=repeat), ask("z"), inside=(PERSON,), session=session)
    assert person.run.progress == Progress(0, least, None)


async def test_a_visited_step_can_be_looked_at_without_moving() -> None:
    """Section 7: browser Back and bookmarks show the page with its answer; the run stays where it is."""
    person = await talk(ask("a"), work("t"), ask("b"), ask("c"))
    await person.says("1")
    await person.says("2")
    revision = person.run.revision
    prompt = person.run.prompt_at("a")
    assert [(field.name, field.value) for field in prompt.fields] == [("x", "1")]
    assert person.run.prompt_at("c").step == "c"
    await person.goes_back()
    for refused in ("t", "c", "nowhere", "", "a/b"):
        with pytest.raises(CallerError):
            person.run.prompt_at(refused)
    assert (await person.engine.load(person.run.id)).revision == revision + 1


async def test_the_last_page_is_shown_as_it_would_ask_again() -> None:
    """What a page asks doesn't depend on what was answered to it, whether the run went on from there or ended."""
    for more in ((ask("c"),), ()):
        person = await talk(ask("a"), ask("b", text="{{ a.x }} and {{ b.x }}"), *more)
        await person.says("1")
        await person.says("2")
        assert (person.run.status is RunStatus.COMPLETED) == (not more)
        assert person.run.prompt_at("b").text == "1 and "


async def test_looking_at_a_broken_page_says_so() -> None:
    """A node that fails in being shown is an error in plain words in the view; a host that looks at its step is told
    which kind it was."""
    person = await talk({"id": "s", "type": "shy"}, ask("a"))
    await person.says("1")
    with pytest.raises(WizardError, match="ZeroDivisionError was raised where its prompt is made"):
        person.run.prompt_at("s")
    person = await talk(ask("a"), ask("b", text="{{ 1 // session.n }}"), ask("c"), session={"n": 1})
    await person.says("a")
    await person.says("b")
    await person.engine.amend(person.run, session={"n": 0})
    await person.goes_back()
    assert person.at == "b"
    assert (person.error or "").startswith("This page can't be shown at the moment.")


async def test_a_run_that_is_created_has_no_step_to_look_at() -> None:
    """A forged address of a run that was never entered."""
    made = engine(flow("main", ask("a")))
    with pytest.raises(CallerError):
        (await made.create("main")).prompt_at("a")


async def test_answers_are_nested_by_step_path() -> None:
    """Section 7: a program reads the answers as they are nested in the definition."""
    person = await talk(ask("a"), embed("s", "person"), work("t"), ask("z"), inside=(PERSON,))
    for answer in ("1", "Ada", "36"):
        await person.says(answer)
    expected: dict[str, Any] = {"a": {"x": "1"}, "s": {"name": {"x": "Ada"}, "age": {"x": "36"}}}
    assert person.run.answers == expected
    await person.goes_back()
    del expected["s"]["age"]
    assert person.run.answers == expected


class Looks(Background[NodeConfig]):
    """Fetches something, and a code that nobody is to see."""

    type = "looks"
    Config = NodeConfig

    def secrets(self, config: NodeConfig) -> frozenset[str]:
        return frozenset({"code"})

    async def execute(self, visit: Visit[NodeConfig]) -> Outcome:
        return Proceed({"towns": ["Bern"], "code": "s3cret"})


async def test_what_background_steps_gave_is_on_the_view() -> None:
    """A host shows the town that was looked up without asking the trace for it; and can't change the run by it."""
    inner = {
        "id": "inner",
        "nodes": [{"id": "again", "type": "looks"}, {"id": "b", "type": "form", "fields": [{"name": "x"}]}],
    }
    outer = {
        "id": "outer",
        "nodes": [
            {"id": "town", "type": "looks"},
            {"id": "a", "type": "form", "fields": [{"name": "x"}]},
            {"id": "part", "type": "workflow", "workflow": "inner"},
        ],
    }
    made = await make_test_engine(outer, inner, node_types=[Looks])
    run = await made.start("outer")
    assert run.outputs == {"town": {"towns": ["Bern"]}}
    await made.next(run, {"x": "1"})
    assert run.outputs == {"town": {"towns": ["Bern"]}, "part": {"again": {"towns": ["Bern"]}}}
    run.outputs["town"]["towns"].append("Thun")
    assert run.outputs["town"] == {"towns": ["Bern"]}
    await made.previous(run)
    assert run.outputs == {"town": {"towns": ["Bern"]}}


async def test_a_views_calls_refresh_it() -> None:
    """`await engine.next(run, …)` is followed by looking at the same `run`."""
    made = engine(flow("main", ask("a"), ask("b")))
    run = await made.start("main")
    again = await made.next(run, {"x": "1"})
    assert again is run
    assert (run.step, run.id, run.status, run.rejected) == ("b", "run-1", RunStatus.WAITING, None)
    other = await made.load(run.id)
    assert other is not run
    assert (other.revision, other.has_next, other.has_previous) == (run.revision, True, True)


async def test_the_view_says_what_may_be_done_with_a_step() -> None:
    """Pages, and whatever a host builds, offer what the engine takes: another page would refuse what it asked for."""
    made = engine(flow("main", ask("a"), work("w"), ask("b", final=True), ask("c"), ask("d"), ask("e")))
    run = await made.start("main")
    for _ in range(4):
        await made.next(run, {"x": "1"})
    await made.previous(run)
    asked = {path: (run.is_on_path(path), run.is_asked(path)) for path in ("a", "w", "b", "d", "e", "none")}
    assert asked == {
        "a": (True, True),
        "w": (True, False),
        "b": (True, True),
        "d": (True, True),
        "e": (False, False),
        "none": (False, False),
    }
    assert [run.may_be_answered(path) for path in ("a", "b", "c", "d", "none")] == [False, False, True, True, False]
    assert [run.can_go_back_from(path) for path in ("c", "d")] == [False, True]
    prompts = {path: run.prompt_of_page(path) for path in ("a", "w", "e")}
    assert {path: None if prompt is None else prompt.step for path, prompt in prompts.items()} == {
        "a": "a",
        "w": None,
        "e": None,
    }
    visit = run.visit
    await made.next(run, {"x": "2"})
    assert run.visit != visit
    assert not run.is_over
    await made.next(run, {"x": "1"})
    assert run.is_over
    assert not run.may_be_answered("e")


async def test_a_prompt_says_whether_its_answers_are_taken_one_by_one() -> None:
    """A conversation stores each answer as it is given; a step that doesn't take parts would lose them."""
    made = await make_test_engine(
        {
            "id": "main",
            "nodes": [
                {"id": "a", "type": "form", "fields": [{"name": "x"}]},
                {"id": "b", "type": "review"},
                {"id": "c", "type": "confirm_email", "email": "ann@example.org", "send": "send"},
            ],
        },
        functions={"send": lambda **given: None},
    )
    run = await made.start("main")
    taken = []
    for answers in ({"x": "1"}, {}, {}):
        taken.append(run.current.in_parts)
        await made.next(run, answers)
    assert taken == [True, True, False]


async def test_a_message_has_the_form_look_at_answers_that_may_be_kept_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before and after it, for all questions of the page at once: each look is a validation of the whole form, and
    there were five."""
    choices = [{"name": name, "type": "choice", "choices": ["red", "blue"]} for name in ("a", "b")]
    chat = await Chat.of(flow("main", {"id": "one", "type": "form", "fields": choices}, {"id": "c", "type": "review"}))
    for said in ("red", "blue", "back"):
        await chat.says(said)
    looks: list[Mapping[str, Value] | None] = []
    look = RunView.prompt_at

    def looked(view: RunView, path: str, typed: Mapping[str, Value] | None = None) -> Prompt:
        looks.append(typed)
        return look(view, path, typed)

    monkeypatch.setattr(RunView, "prompt_at", looked)
    await chat.says("repeat")
    assert (chat.asked, chat.labels[-1]) == ("one.b", "Keep it")
    assert sum(typed is not None for typed in looks) == 2
