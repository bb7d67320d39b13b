"""Taking an item out of a repeat, wherever it is and wherever the person is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conversations import Conversation, talk
from tests.workflows import Document, ask, branch, embed, flow, work
from wizard.errors import NotAStep, PointOfNoReturn, StaleInput, StaleRevision
from wizard.model import RunStatus

PERSON = flow("person", ask("name"), work("t", "name.x", "input.index"))
MORE, DONE = {"add_another": True}, {"add_another": False}


async def household(
    *names: str, after: tuple[Document, ...] = (), repeat: dict[str, Any] | None = None, **keys: Any
) -> Conversation:
    """A run whose household has these people, at the page after it."""
    person = await talk(
        embed("hh", "person", repeat=repeat or {}),
        work("u", "hh"),
        *after,
        ask("y"),
        ask("z"),
        inside=(PERSON,),
        **keys,
    )
    for name in names:
        if person.run.current.type == "workflow":
            await person.says(**MORE)
        await person.says(name)
    await person.says(**DONE)
    person.did()
    return person


def names(person: Conversation) -> list[str]:
    """Of whom the household consists, as the rest of the workflow sees it."""
    answers = person.run.answers.get("hh", {})
    return [answers[item]["name"]["x"] for item in sorted(answers) if "name" in answers[item]]


async def test_from_the_middle() -> None:
    """Everybody else stays with their answers and numbers, and what read the list reads it again."""
    person = await household("Ada", "Bo", "Cy")
    await person.takes_out("hh/2")
    assert person.stack == ("hh/1/name hh/1/t hh/after-1 hh/3/name hh/3/t hh/after-3 u y"), (
        "the person is where they were"
    )
    assert names(person) == ["Ada", "Cy"]
    assert person.did() == ["remove hh/2/t", "remove hh/2/name", "remove hh/3/t", "run hh/3/t", "remove u", "run u"]
    assert person.output("hh/3/t") == {"v": "['Cy', 2]"}, "Cy is the second one now"


async def test_the_first() -> None:
    """Nothing has to be entered again because the first one goes."""
    person = await household("Ada", "Bo")
    await person.takes_out("hh/1")
    assert (person.stack, names(person)) == ("hh/2/name hh/2/t hh/after-2 u y", ["Bo"])


async def test_the_last() -> None:
    """The page before takes over that there is nobody else."""
    person = await household("Ada", "Bo")
    await person.takes_out("hh/2")
    assert (person.stack, names(person)) == ("hh/1/name hh/1/t hh/after-1 u y", ["Ada"])
    page = "hh/after-1"
    again = await person.engine.next(person.run.id, DONE, step=page)
    assert again.step == "y", "S19: this is what was said there now"
    with pytest.raises(StaleInput):
        await person.engine.next(person.run.id, MORE, step=page)
    await person.goes_back()
    assert person.shown == {"add_another": False}


async def test_the_only_one() -> None:
    """Below the least number that there must be, another one is asked for; its number is a new one."""
    person = await household("Ada")
    await person.takes_out("hh/1")
    assert (person.stack, person.shown, names(person)) == ("hh/2/name | u y", {}, [])
    await person.says("Bo")
    await person.says(**DONE)
    assert (person.at, names(person)) == ("y", ["Bo"])


async def test_the_only_one_where_there_may_be_none() -> None:
    """With `min: 0` an empty list is all right, and what was said after the last one holds."""
    person = await household("Ada", repeat={"min": 0})
    assert person.stack == "hh/after-0 hh/1/name hh/1/t hh/after-1 u y"
    await person.takes_out("hh/1")
    assert (person.stack, person.output("u")) == ("hh/after-0 u y", {"v": "[[]]"})
    await person.changes("hh/after-0", **MORE)
    assert person.at == "hh/2/name"


@pytest.mark.parametrize("people", [[], ["Ada"], ["Ada", "Bo"]])
async def test_the_page_that_opens_a_list_is_no_item_of_it(people: list[str]) -> None:
    """With `min: 0` a list opens with a page after none: whoever asks for item 0 to be taken out mustn't take the
    page, without which nobody could add anybody any more."""
    person = await household(*people, repeat={"min": 0})
    before = person.run.revision
    with pytest.raises(NotAStep, match="no item “hh/0”"):
        await person.takes_out("hh/0")
    now = await person.engine.load(person.run.id)
    assert (now.revision, now.path[0].step, names(person)) == (before, "hh/after-0", people)


async def test_below_the_least_number() -> None:
    """Of two that are needed one goes: another one is asked for, and the other one stays."""
    person = await household("Ada", "Bo", repeat={"min": 2})
    await person.takes_out("hh/1")
    assert (person.stack, names(person)) == ("hh/2/name hh/2/t hh/3/name | u y", ["Bo"])
    await person.says("Cy")
    await person.says(**DONE)
    assert (person.at, names(person)) == ("y", ["Bo", "Cy"])


async def test_at_the_most() -> None:
    """A full list has room again after somebody was taken out."""
    person = await household("Ada", "Bo", repeat={"max": 2})
    await person.goes_back()
    assert person.run.current.fields == ()
    await person.takes_out("hh/1")
    assert (person.at, len(person.run.current.fields)) == ("hh/after-2", 1)
    await person.says(**MORE)
    assert person.at == "hh/3/name"


async def test_numbers_are_never_used_again() -> None:
    """A number in a link, a file name or an effect always means the same person."""
    person = await household("Ada", "Bo")
    await person.takes_out("hh/2")
    await person.changes("hh/after-1", **MORE)
    assert (person.at, person.shown) == ("hh/3/name", {}), "and nothing of Bo is shown"
    await person.says("Cy")
    await person.says(**DONE)
    assert names(person) == ["Ada", "Cy"]


async def test_while_it_is_being_entered() -> None:
    """Somebody added one too many: the question whether there is another one is there again."""
    person = await household("Ada")
    await person.goes_back()
    await person.says(**MORE)
    assert person.at == "hh/2/name"
    await person.takes_out("hh/2")
    assert (person.at, person.shown) == ("hh/after-1", {"add_another": None})
    await person.says(**DONE)
    assert (person.at, names(person)) == ("y", ["Ada"])


async def test_while_the_first_one_is_being_entered() -> None:
    """There is nothing before it to go back to: the next one is asked for."""
    person = await talk(embed("hh", "person", repeat={}), ask("z"), inside=(PERSON,))
    await person.takes_out("hh/1")
    assert (person.stack, person.run.status) == ("hh/2/name", RunStatus.WAITING)


async def test_from_its_own_list_page() -> None:
    """The link beside a name on the list page."""
    person = await household("Ada", "Bo")
    await person.goes_back()
    assert [item.remove for item in person.run.current.items] == ["hh/1", "hh/2"]
    await person.takes_out("hh/1")
    assert (person.at, [item.remove for item in person.run.current.items]) == ("hh/after-2", ["hh/2"])
    await person.takes_out("hh/2")
    assert person.at == "hh/3/name"


async def test_the_last_from_its_own_list_page() -> None:
    """The page goes with its item; the one before asks whether there is another."""
    person = await household("Ada", "Bo")
    await person.goes_back()
    await person.takes_out("hh/2")
    assert (person.stack, person.shown) == ("hh/1/name hh/1/t hh/after-1 | u y", {"add_another": None})


async def test_one_that_is_kept() -> None:
    """Went back below the list: the person stays where they are, and the item is gone when they return."""
    person = await talk(ask("a"), embed("hh", "person", repeat={}), ask("z"), inside=(PERSON,))
    for answer in ({"x": "a"}, {"x": "Ada"}, MORE, {"x": "Bo"}, DONE):
        await person.says(**answer)
    await person.goes_back(to="a")
    await person.takes_out("hh/2")
    assert person.stack == "a | hh/1/name hh/1/t hh/after-1 z"
    for said in ("a", "Ada"):
        await person.says(said)
    assert (person.at, person.shown) == ("hh/after-1", {"add_another": False})
    await person.goes_back(to="a")
    await person.takes_out("hh/1")
    assert person.stack == "a | z"
    await person.says("a")
    assert person.at == "hh/3/name"


async def test_one_that_is_kept_and_was_being_entered() -> None:
    """The page before it has to be answered again."""
    person = await household("Ada")
    await person.goes_back()
    await person.says(**MORE)
    await person.goes_back(to="hh/1/name")
    await person.takes_out("hh/2")
    assert person.stack == "hh/1/name | hh/1/t hh/after-1 u y"
    await person.says("Ada")
    assert (person.at, person.shown) == ("hh/after-1", {"add_another": None})


async def test_the_next_one_from_the_page_before_it() -> None:
    """Back at the page that asks for another one, the one after it is taken out."""
    person = await household("Ada", "Bo")
    await person.goes_back(to="hh/after-1")
    await person.takes_out("hh/2")
    assert (person.stack, person.shown) == ("hh/1/name hh/1/t hh/after-1 | u y", {"add_another": False})


async def test_one_that_is_kept_while_the_run_stands_at_a_failed_step() -> None:
    """S16: what failed is still there to be tried again."""
    inner = flow("person", ask("name"))
    person = await talk(
        ask("a"),
        work("t", "a.x", fails_on=["bad"]),
        embed("hh", "person", repeat={}),
        ask("z"),
        inside=(inner,),
    )
    for answer in ({"x": "good"}, {"x": "Ada"}, MORE, {"x": "Bo"}, DONE):
        await person.says(**answer)
    await person.goes_back(to="a")
    await person.says("bad")
    await person.takes_out("hh/2")
    assert (person.stack, person.run.status) == ("a t | hh/1/name hh/after-1 z", RunStatus.FAILED)
    assert person.error == "What it read makes this fail"


async def test_a_question_on_the_way_back_is_asked() -> None:
    """S11: what depends on the list is asked again; after it the person is where they were."""
    person = await household("Ada", "Bo", after=(ask("eldest", depends_on=["hh"]),))
    await person.says("Bo")
    await person.says("y")
    assert person.at == "z"
    await person.takes_out("hh/2")
    assert (person.at, person.shown) == ("eldest", {"x": "Bo"})
    await person.says("Ada")
    assert person.at == "z"


async def test_in_the_middle_of_a_change_the_way_back_stays_the_change_s() -> None:
    """S11: somebody corrects a name, is asked something again because of it, and takes an item out there; the answers
    after that question still hold, and aren't asked for one by one."""
    person = await household("Ada", "Bo", after=(ask("eldest", depends_on=["hh"]),))
    await person.says("Bo")
    await person.says("y")
    await person.changes("hh/1/name", "Anna")
    assert person.at == "eldest"
    await person.takes_out("hh/2")
    assert person.at == "eldest"
    await person.says("Anna")
    assert person.at == "z", "where the person was when they began to change"


async def test_the_way_after_it_may_be_another_one() -> None:
    """S8: what the list decided is decided anew, without the person going through all of it."""
    only_ada = "u.v == \"[[{'name': {'x': 'Ada'}, 't': {'v': \\\"['Ada', 1]\\\"}}]]\""
    person = await household("Ada", "Bo", after=(branch("c", (only_ada, "z"), "y"),))
    assert person.at == "y"
    await person.takes_out("hh/2")
    assert person.stack == "hh/1/name hh/1/t hh/after-1 u z"


async def test_below_a_wall() -> None:
    """S7: what was paid for isn't taken out any more, on whichever side of the list the person is."""
    person = await household("Ada", "Bo", after=(work("pay", final=True),))
    with pytest.raises(PointOfNoReturn):
        await person.takes_out("hh/2")
    assert names(person) == ["Ada", "Bo"]


async def test_an_item_with_a_wall_inside() -> None:
    """S7: the one that is paid for stays, a later one can go."""
    inner = flow("person", ask("name"), work("pay", final=True))
    person = await talk(embed("hh", "person", repeat={}), ask("z"), inside=(inner,))
    for answer in ({"x": "Ada"}, MORE):
        await person.says(**answer)
    await person.takes_out("hh/2")
    assert person.at == "hh/after-1"
    with pytest.raises(PointOfNoReturn):
        await person.takes_out("hh/1")


async def test_from_a_completed_run_that_may_be_reopened() -> None:
    """S5: somebody moved out after the application was sent; the last page is there to be sent again."""
    person = await household("Ada", "Bo", reopen=True)
    await person.says("y")
    await person.says("z")
    assert person.run.status is RunStatus.COMPLETED
    await person.takes_out("hh/1")
    assert (person.at, person.shown, person.run.status) == ("z", {"x": "z"}, RunStatus.WAITING)


async def test_from_a_completed_run_that_ends_in_background_work() -> None:
    """S5: with no question after the list, the run goes to its end again, and is completed once more."""
    person = await talk(embed("hh", "person", repeat={}), work("u", "hh"), inside=(PERSON,), reopen=True)
    for answer in ({"x": "Ada"}, MORE, {"x": "Bo"}, DONE):
        await person.says(**answer)
    assert person.run.status is RunStatus.COMPLETED
    await person.takes_out("hh/2")
    assert (person.run.status, person.run.fault) == (RunStatus.COMPLETED, None)
    assert person.stack == "hh/1/name hh/1/t hh/after-1 u"
    assert "Bo" not in str(person.output("u"))


async def test_while_nothing_can_be_shown_yet() -> None:
    """A run that couldn't get to its first question stays as it is without its item."""
    inner = flow("tasks", work("t"))
    person = await talk(
        embed("hh", "tasks", repeat={"add_another": "{{ 1 // session.n }}"}),
        ask("z"),
        inside=(inner,),
        session={"n": 0},
    )
    assert (person.stack, person.run.status) == (" | hh/1/t", RunStatus.FAILED)
    await person.takes_out("hh/1")
    assert person.stack == ""
    await person.engine.amend(person.run, session={"n": 1})
    await person.says()
    assert person.stack == "hh/2/t hh/after-2"


@pytest.mark.parametrize(
    "item",
    [
        "hh/3",
        "hh/0",
        "hh/01",
        "hh/after-1",
        "hh",
        "hh/",
        "/1",
        "",
        "hh/1/name",
        "y/1",
        "each/1",
        "hh~2/1",
        "hh/-1",
        "hh/²",
        "hh/" + "9" * 5000,
        "nest/0",
        "nest/1/hh/0",
    ],
)
async def test_what_is_no_item_is_refused(item: str) -> None:
    """A forged or outdated link changes nothing."""
    each = flow("each", ask("about"))
    person = await talk(
        ask("a"),
        embed("hh", "person", repeat={}),
        embed("each", "each", repeat={"for_each": "hh"}),
        ask("y"),
        inside=(PERSON, each),
    )
    for answer in ({"x": "a"}, {"x": "Ada"}, DONE, {"x": "about"}):
        await person.says(**answer)
    revision = person.run.revision
    with pytest.raises(NotAStep):
        await person.takes_out(item)
    assert person.run.revision == (await person.engine.load(person.run.id)).revision == revision


async def test_twice() -> None:
    """A double click on the link: the second one is told that there is no such item."""
    person = await household("Ada", "Bo")
    await person.takes_out("hh/2")
    with pytest.raises(NotAStep):
        await person.takes_out("hh/2")
    assert not isinstance(NotAStep(), StaleRevision)
