"""Thousands of mutated requests: no server error, no dropped connection, nothing unescaped, no run that is broken.

The seed is told at the end of the tests and in a failure; FUZZ_SEED sets it. The short form tries four thousand, and
meets the same kinds of answers; TORTURE=1 tries ten thousand, TORTURE=10 ten times as many.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.acceptance.besieged import (
    RECIPES,
    WORD,
    Held,
    Site,
    besieged,
    check_answer,
    check_page,
    check_run,
    page_of,
    pairs_of,
)
from tests.acceptance.fuzzer import Fuzzed, Fuzzer, Model
from tests.acceptance.raw import Answer, Line, NoAnswer, Sent
from tests.drawing import examples
from tests.invariants import check_stack

REQUESTS = examples(10_000)
RARE = 0 if REQUESTS >= 10_000 else 2  # statuses that fewer requests may not come to
WORKERS = 4  # lines that requests are sent over side by side, each to runs of its own
READ_WHOLE = 20  # of so many pages one is read as a whole; to read all would take most of the time

_UNESCAPED = re.compile(rf"<{WORD}|\"'&gt;|\"'>|42{WORD}|<script(?! src=)|style=".encode(), re.IGNORECASE)


class Attacker:
    """One line to the site. It knows runs on pages of every kind, and goes on from what comes back."""

    def __init__(self, site: Site, seed: str, held: dict[str, Held], models: dict[str, list[Model]]) -> None:
        self.site = site
        self.seen: Counter[int] = Counter()
        self._held, self._models = held, models
        self._pick = random.Random(f"{seed}-pick")
        self._fuzzer = Fuzzer(seed, [model for each in models.values() for model in each])
        self._line: Line | None = None
        self._pages = 0
        self._before = b""

    @classmethod
    async def begins(cls, site: Site, seed: str) -> Attacker:
        held = {name: await site.holds(name) for name in RECIPES}
        models = {name: await _models(site, each) for name, each in held.items()}
        models["elsewhere"] = [
            Model("GET", path, "", held["form"].cookies)
            for path in ("/", "/w/siege", "/w/wish", "/api/v1/workflows", "/nowhere")
        ]
        models["start"] = [await _start(site, held["form"], workflow) for workflow in ("siege", "wish")]
        return cls(site, seed, held, models)

    async def attacks(self, requests: int) -> None:
        try:
            await self._attack(requests)
        finally:
            if self._line is not None:
                await self._line.close()

    async def _attack(self, requests: int) -> None:
        for number in range(requests):
            name = self._pick.choice(list(self._models))
            if name in self._held and self._pick.random() < 0.07:
                self._models[name] = await _models(self.site, self._held[name])
            fuzzed = self._fuzzer.fuzzed(self._pick.choice(self._models[name]))
            try:
                answer = await self._ask(fuzzed)
                self._check(answer)
                self.seen[answer.status] += 1
            except (AssertionError, NoAnswer, ValueError) as error:
                error.add_note(f"request {number}, mutated by {', '.join(fuzzed.how)}:\n{fuzzed.raw!r}")
                error.add_note(f"the one before on the same line:\n{self._before!r}")
                raise
            self._before = fuzzed.raw

    async def _ask(self, fuzzed: Fuzzed) -> Answer:
        """On a line that was used before, a server may just have hung up: then the request is sent once more."""
        if self._line is not None and not fuzzed.alone:
            try:
                return await self._ask_on(self._line, fuzzed)
            except NoAnswer:
                await self._line.close()
        line = await Line.opened(self.site.port)
        try:
            answer = await self._ask_on(line, fuzzed)
        except BaseException:
            await line.close()
            raise
        if fuzzed.alone:
            await line.close()
        elif not answer.closes:
            self._line = line
        return answer

    async def _ask_on(self, line: Line, fuzzed: Fuzzed) -> Answer:
        answer = await line.ask(fuzzed.raw, head=fuzzed.raw.startswith(b"HEAD "))
        if answer.closes:
            await line.close()
            self._line = None if line is self._line else self._line
        return answer

    def _check(self, answer: Answer) -> None:
        """`check_answer`, but that most pages are only searched."""
        found = _UNESCAPED.search(answer.body)
        assert found is None or answer.header("content-disposition"), f"{found} in {answer.text}"
        self._pages += 1
        if self._pages % READ_WHOLE and answer.header("content-type").startswith("text/html"):
            answer = Answer(answer.status, answer.headers, b"")
        check_answer(answer)


async def _models(site: Site, held: Held) -> list[Model]:
    """The page of a run, and its form with each button."""
    path, _, query = held.address.partition("?")
    shown = await site.asks(Sent("GET", held.address, held.cookies))
    if shown.status == 303:
        path, query = shown.header("location"), ""
        shown = await site.asks(Sent("GET", path, held.cookies))
    models = [Model("GET", path, query, held.cookies)]
    if shown.status == 200:
        page = page_of(shown)
        for button in dict.fromkeys(page.buttons):
            inputs = tuple(pairs_of(page, button))
            models.append(Model("POST", path, query, held.cookies, inputs, page.enctype == "multipart/form-data"))
    file = re.search(rb"/r/[^/\"]+/-/files/[^/\"]+", shown.body)
    if file is not None:
        models.append(Model("GET", file[0].decode(), "", held.cookies))
    return models


async def _start(site: Site, held: Held, workflow: str) -> Model:
    page = page_of(await site.asks(Sent("GET", f"/w/{workflow}", held.cookies)))
    return Model("POST", f"/w/{workflow}", "", held.cookies, tuple(pairs_of(page)))


async def test_no_server_error_in_thousands_of_requests(tmp_path: Path, fuzz_seed: int) -> None:
    """Whatever comes in, somebody gets a page that says what happened, and every run stays one that can be gone on
    with, of answers that its forms accept."""
    async with besieged(tmp_path, works=0.2, body_timeout=0.2) as site:
        attackers = [await Attacker.begins(site, f"{fuzz_seed}-{number}") for number in range(WORKERS)]
        try:
            async with asyncio.TaskGroup() as group:
                for attacker in attackers:
                    group.create_task(attacker.attacks(REQUESTS // WORKERS))
        except BaseExceptionGroup as group_:
            pytest.fail(f"FUZZ_SEED={fuzz_seed}: {_told(group_.exceptions[0])}")
        seen = sum((attacker.seen for attacker in attackers), Counter[int]())
        print(f"seed {fuzz_seed}: {dict(sorted(seen.items()))}")
        unseen = {200, 303, 400, 403, 404, 405, 409, 413, 415, 422} - seen.keys()
        assert len(unseen) <= RARE, f"the mutations don't reach far: {unseen}"
        for run_id in await site.everything():
            await check_run(site, run_id)
        await _a_person_can_still_go_through(site)


def _told(error: BaseException) -> str:
    return "\n".join([f"{type(error).__name__}: {error}", *getattr(error, "__notes__", ())])


async def _a_person_can_still_go_through(site: Site) -> None:
    held = await site.holds("final")
    answer = await site.posts(held, pairs_of(await site.shows(held)))
    assert answer.header("location") == f"/r/{held.id}/receipt"
    check_page(await site.asks(Sent("GET", answer.header("location"), held.cookies)))
    check_stack(await site.stored(held.id))
