"""Looking at runs, which executes nothing (S18): what is stored of them, what was said, and who may see it."""

from __future__ import annotations

from wizard.engine.access import Caller, check_access
from wizard.engine.own_runs import RunPage, runs_of
from wizard.engine.pinned import Definitions, Pinned
from wizard.engine.turns import Turns
from wizard.engine.view import RunView, run_id_of, shown
from wizard.machine.arguments import check_numbers_given, check_texts, check_texts_given
from wizard.model import StoredFile
from wizard.model.instants import Clock
from wizard.model.talk import Utterance
from wizard.stores.contract import Store, TraceEntry


class Looking:
    """The calls of an engine that leave runs as they are."""

    definitions: Definitions
    store: Store
    clock: Clock
    _pinned: Pinned
    _turns: Turns

    async def load(self, run: str | RunView) -> RunView:
        """The run as it is now. Executes nothing (S18). Raises RunNotFound."""
        return shown(run, await self._turns.show(run_id_of(run)))

    async def former(self, run_id: str) -> RunView | None:
        """The run as it was before it was migrated last, None where that isn't kept."""
        former = await self.store.former(run_id)
        if former is None:
            return None
        return RunView(await self._pinned.known_of(former.run), former.run, self.clock.wall())

    async def open(self, run_id: str, token: str) -> RunView:
        """`load` for whoever holds the run's token. Raises NotYours and RunNotFound."""
        await self.check_token(run_id, token)
        return await self.load(run_id)

    async def check_token(self, run_id: str, token: str) -> None:
        """Compares in constant time. Raises NotYours, or RunNotFound: ids can't be guessed either.

        Neither a token nor a run's profile ever changes, so a cached run serves.
        """
        check_texts(token=token)
        await self.check_access(run_id, Caller(token))

    async def check_access(self, run_id: str, caller: Caller) -> None:
        """`check_token` by the rule for everybody, signed in or not (wizard.engine.access). Raises NotYours,
        NotYourProfile and RunNotFound."""
        check_texts(run_id=run_id)
        run, _ = await self._turns.cache.get(run_id)
        await check_access(run, caller)

    async def said(self, run_id: str, after: int = 0, limit: int = 1000) -> list[Utterance]:
        """What was said in the conversation about a run with a number above `after`, in order."""
        check_texts(run_id=run_id)
        check_numbers_given(after=after, limit=limit)
        return list(await self.store.said(run_id, after, limit))

    async def utterance(self, run_id: str, said_id: str) -> Utterance | None:
        """What was said under that id, None where nothing was."""
        check_texts(run_id=run_id, said_id=said_id)
        return await self.store.utterance(run_id, said_id)

    async def trace(self, run_id: str, after: int = 0, limit: int = 1000) -> list[TraceEntry]:
        """What happened in a run, in order."""
        check_texts(run_id=run_id)
        check_numbers_given(after=after, limit=limit)
        return list(await self.store.trace(run_id, after, limit))

    async def runs_of(self, profile_id: str, *, limit: int = 50, before: str | None = None) -> RunPage:
        """The runs that were created on a profile (`lines`), newest first, 100 at most; `before` is what the page
        before says for those behind it (`older`). Who asks is for the caller to know. Raises InvalidInput."""
        check_texts(profile_id=profile_id)
        check_texts_given(before=before)
        check_numbers_given(limit=limit)
        return await runs_of(self.store, self.definitions, profile_id, limit=limit, before=before, now=self.clock())

    async def file(self, run_id: str, file_id: str) -> StoredFile | None:
        check_texts(run_id=run_id, file_id=file_id)
        return await self.store.file(run_id, file_id)

    def forget(self, run_id: str) -> None:
        """Drops what is cached of a run; the next call loads it."""
        self._turns.cache.forget(run_id)
