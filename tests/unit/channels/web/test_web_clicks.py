"""One click, one turn: what a page sends is stored at once, or not at all."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.unit.channels.web.webbed import WHO, Stage, staged
from tests.visitor import Visitor
from wizard.errors import StoreError
from wizard.model import Change, RunStatus
from wizard.stores.memory import MemoryStore

CHOSEN = ("new.txt", "text/plain", b"hello")
BLOCKED = {
    "id": "blocked",
    "nodes": [
        {"id": "sum", "type": "form", "fields": [{"name": "francs", "type": "integer"}]},
        {"id": "way", "type": "condition", "cases": [{"when": "100 / sum.francs > 1", "goto": "end"}, {"goto": "end"}]},
    ],
}


class Commits:
    """Counts what is committed; `fails` says that the next one can't be."""

    def __init__(self) -> None:
        self.count = 0
        self.fails = False


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> Commits:
    commits, commit = Commits(), MemoryStore.commit

    async def counted(store: MemoryStore, change: Change) -> None:
        commits.count += 1
        if commits.fails:
            commits.fails = False
            raise StoreError("the disk is full")
        await commit(store, change)

    monkeypatch.setattr(MemoryStore, "commit", counted)
    return commits


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with staged() as stage:
        yield stage


async def at_the_page(stage: Stage, page: str) -> Visitor:
    """On `who`, which is current, or was answered and is open again, by a link of the review or by the browser."""
    visitor = await stage.starts()
    if page == "current":
        return visitor
    await visitor.fills(**WHO).presses()
    await visitor.fills(town="Bern").presses()
    return await visitor.opens(visitor.page.path.split("/friends")[0] + ("/who?change" if page == "change" else "/who"))


async def clicks(visitor: Visitor, action: str, *, file: bool) -> None:
    visitor.fills(**{**WHO, "full_name": "Eve"}, **({"letter": CHOSEN} if file else {}))
    await visitor.posts([*visitor.pairs(), ("action", action)])


@pytest.mark.parametrize("file", [False, True])
@pytest.mark.parametrize("action", ["next", "previous", "save"])
@pytest.mark.parametrize("page", ["current", "earlier", "change"])
async def test_a_click_is_one_commit(stage: Stage, commits: Commits, page: str, action: str, file: bool) -> None:
    """Back with a file was two and Save of a changed page three: a crash in between kept a half of it, each commit
    waited for the disk, and another tab's turn came in between."""
    visitor = await at_the_page(stage, page)
    before, commits.count = (await stage.run()).revision, 0
    await clicks(visitor, action, file=file)
    assert visitor.statuses[0] == 303, visitor.page.text
    view = await stage.run()
    assert (commits.count, view.revision) == (1, before + 1)
    kept = view.prompt_at("who").fields
    values = {field.name: field.value for field in kept}
    assert values["full_name"] == "Eve"
    assert (values["letter"] or {}).get("name") == ("new.txt" if file else None)
    moved_to = {"current": {"next": "where"}, "earlier": {"next": "where"}, "change": {"next": "friends/1/named"}}
    stays = "friends/1/named" if page == "change" and action == "previous" else "who"
    assert view.step == moved_to[page].get(action, stays)
    assert view.run.returning == ("friends/1/named" if (page, action) == ("change", "save") else None)


@pytest.mark.parametrize(("file", "expected"), [(False, 0), (True, 1)])
async def test_refused_answers_are_no_more_than_one(stage: Stage, commits: Commits, file: bool, expected: int) -> None:
    """What was typed stands there again; a file that was chosen beside the mistake needn't be chosen again."""
    visitor = await at_the_page(stage, "current")
    commits.count = 0
    visitor.fills(how="train", birth_date="5 x 2000", **({"letter": CHOSEN} if file else {}))
    await visitor.presses()
    assert visitor.page.errors
    assert visitor.page.values["how"] == "train"
    assert ("new.txt" in visitor.page.text) is file
    assert commits.count == expected


async def test_answers_that_lead_nowhere_are_kept_in_the_same_turn(commits: Commits) -> None:
    """S17: the author's condition fails. What was typed stands there, and was stored with what stopped the run."""
    async with staged(BLOCKED) as stage:
        visitor = await stage.starts("blocked")
        commits.count = 0
        await visitor.fills(francs="0").presses()
        view = await stage.run()
        assert (view.step, view.status, commits.count) == ("sum", RunStatus.WAITING, 1)
        assert view.fault is not None
        assert visitor.page.values["francs"] == "0"
        assert view.run.steps[0].draft == {"francs": "0"}


@pytest.mark.parametrize("page", ["current", "earlier", "change"])
@pytest.mark.parametrize("action", ["next", "previous", "save"])
async def test_a_click_that_cant_be_stored_leaves_nothing_half_done(
    stage: Stage, commits: Commits, page: str, action: str
) -> None:
    """The disk is full: the run is as it was, and the same click works as soon as there is room."""
    visitor = await at_the_page(stage, page)
    before, here = (await stage.run()).run, visitor.page
    commits.fails = True
    await clicks(visitor, action, file=True)
    assert visitor.page.status == 503
    visitor.page = here
    assert (await stage.run()).run == before
    assert await stage.engine.store.files(before.id) == []
    await clicks(visitor, action, file=True)
    assert visitor.statuses[0] == 303
    view = await stage.run()
    assert (view.revision, len(await stage.engine.store.files(before.id))) == (before.revision + 1, 1)
