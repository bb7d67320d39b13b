"""Moving runs: the calls of an engine that are a turn on a run, each checked and made into what is asked of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from wizard.engine import asks
from wizard.engine.asks import Action
from wizard.engine.looking import Looking
from wizard.engine.narration import Said
from wizard.engine.playing import RespondWith
from wizard.engine.reentry import check_not_within
from wizard.engine.unsaved import PERSONS
from wizard.engine.view import RunView, run_id_of, shown
from wizard.errors import InvalidInput, RunCancelled
from wizard.machine import interventions
from wizard.machine.arguments import check_fields, check_texts, check_texts_given
from wizard.machine.conflicts import Ask, FromOutside, LookBack
from wizard.machine.repeats import remove_item
from wizard.machine.restart import restart
from wizard.model import Value
from wizard.profiles.schema import ProfileSchema


class Moving(Looking):
    """The calls of an engine that move a run. Each is one turn: it returns only after everything it changed is
    committed."""

    profile_schema: ProfileSchema | None

    async def next(
        self,
        run: str | RunView,
        answers: Mapping[str, object] | None = None,
        *,
        step: str | None = None,
        revision: int | None = None,
        partial: bool = False,
        keep: bool = False,
        revisit: bool = False,
        seen: str | None = None,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        """Next (S2, S4, S5). `answers` are for `step`, by default the one that the view shows.

        Answers that aren't accepted are no error here: the view is `rejected`, its prompt says why.
        With `partial` some of a form's fields are kept and the form waits for the others. With `keep` a field that is
        left out keeps the answer that it has, or what was typed there last, and nothing is waited for. With `revisit`
        the step may be an earlier one of the path: the run goes back to it first, in the same turn. `seen`
        is the step's mark as the caller saw it (RunView.mark_of).
        Raises StaleInput where the run isn't at that step any more or it was answered differently (S19),
        RunExpired, RunNotFound; with `revisit` also PointOfNoReturn, RunCompleted, NotAStep; InvalidInput
        where both `partial` and `keep` are asked for.
        """
        if partial and keep:
            raise InvalidInput("`partial` waits for answers that are left out, `keep` doesn't. Use only one of them.")
        if step is None and isinstance(run, RunView) and run.has_next and run.run.current is not None:
            step = run.run.current.path
        if keep:
            answers, revision = await self._whole(run, step, answers, revision)

        ask = asks.next_ask(step, answers, revision, seen, in_parts=partial, revisit=revisit)
        return await self._take("next", run, ask, respond, said)

    async def previous(
        self,
        run: str | RunView,
        *,
        to: str | None = None,
        step: str | None = None,
        draft: Mapping[str, object] | None = None,
        skip_background: bool = True,
        revision: int | None = None,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        """Previous (S6), to the step `to` or the one before. `draft` is kept as what was typed. With
        `step`, from that foreground step of the path: the run goes back to it first.

        Raises PointOfNoReturn, RunCompleted, NotAStep, StaleInput (revision, or `step` left the path),
        RunExpired.
        """
        ask = asks.previous_ask(step, to, draft, revision, skip_background=skip_background)
        return await self._take("previous", run, ask, respond, said)

    async def save(self, run: str | RunView, step: str, draft: Mapping[str, object]) -> RunView:
        """Keeps what was typed at a foreground step of the path, and makes that the current one: who comes
        back later finds what they left. Raises what `previous` raises."""
        return await self._take("save", run, asks.save_ask(step, draft))

    async def keep(
        self,
        run: str | RunView,
        step: str,
        draft: Mapping[str, object],
        files: Mapping[str, object] | None = None,
    ) -> RunView:
        """Keeps what was typed at a foreground step of the path, and of the `files` that were chosen in its form
        those that it takes; the run doesn't move. Raises RunCompleted, NotAStep, StaleInput, RunExpired."""
        return await self._take("keep", run, asks.keep_ask(step, draft, files))

    async def submit(
        self,
        run: str | RunView,
        step: str,
        action: Action = "next",
        *,
        answers: Mapping[str, object] | None = None,
        draft: Mapping[str, object] | None = None,
        files: Mapping[str, object] | None = None,
        changing: bool = False,
        seen: str | None = None,
    ) -> RunView:
        """What the page of a foreground step of the path sends, in one turn. By its `action` it is the same as `next`
        with `revisit` (as `change` where the page was opened for that: `changing`), `previous` or `save`. What was
        typed, `draft`, and those of the chosen `files` that the step takes are kept with the last two; what was typed
        also where the answers could be neither taken nor refused. Raises what these raise, and InvalidInput for
        another action."""
        name, ask = asks.page_ask(step, action, answers, draft, files, seen, changing=changing)
        return await self._take(name, run, ask)

    async def change(
        self,
        run: str | RunView,
        step: str,
        answers: Mapping[str, object] | None = None,
        *,
        keep: bool = False,
        revision: int | None = None,
        seen: str | None = None,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        """Change (S11): answers an earlier step anew and returns; without answers, shows it first.

        Answers that aren't accepted change nothing: the view is `rejected`, its prompt is that step's. With `keep` a
        field that is left out keeps the answer that it has.
        With `seen`, the step's mark as the caller saw it, the same answers again change nothing either, and
        others than those that are there now are stale (S19).
        Raises PointOfNoReturn, RunCompleted, NotAStep, StaleInput, RunExpired.
        """
        if keep:
            answers, revision = await self._whole(run, step, answers, revision)
        return await self._take("change", run, asks.change_ask(step, answers, revision, seen), respond, said)

    async def _whole(
        self, run: str | RunView, step: str | None, answers: Mapping[str, object] | None, revision: int | None
    ) -> tuple[Mapping[str, object] | None, int | None]:
        """The answers with those that the step keeps as they are now, and the revision that they are for."""
        if answers is None:
            return None, revision
        check_texts_given(step=step)
        check_fields("answers", answers)
        view = await self._turns.show(run_id_of(run))
        if step is None and (current := view.run.current) is not None:
            step = current.path
        if step is None or (whole := view.with_kept(step, answers)) is answers:
            return answers, revision
        return whole, view.revision if revision is None else revision

    async def remove_item(
        self,
        run: str | RunView,
        item: str,
        *,
        revision: int | None = None,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        """Takes an item ("household/2") out of a repeat and goes on as after a change."""
        check_texts(item=item)
        return await self._take(
            "remove", run, LookBack(lambda turn: remove_item(turn, item), revision=revision), respond, said
        )

    async def restart(
        self,
        run: str | RunView,
        *,
        revision: int | None = None,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        """Begins the run anew, at its first step and without any answer: what its steps did is undone, what it was
        handed stays. Raises RunCompleted, PointOfNoReturn, StaleInput, RunExpired."""
        return await self._take("restart", run, LookBack(restart, revision=revision), respond, said)

    async def amend(self, run: str | RunView, **documents: Mapping[str, Value]) -> RunView:
        """Sets fields of the run's event, profile or session from outside, as an event does:
        `await engine.amend(run, session={"seen": True})`. A stored profile or session is changed at once.

        Raises RunCompleted, InvalidInput for what can't be stored (FieldsRefused where the schema of profiles refuses
        it), RunExpired.
        """
        if self.profile_schema is not None and isinstance(profile := documents.get("profile"), Mapping):
            documents["profile"] = self.profile_schema.checked(profile, self.clock())
        return await self._take("amend", run, asks.amend_ask(documents))

    async def event(
        self,
        run: str | RunView,
        name: str,
        data: Value = None,
        *,
        key: str | None = None,
        respond: RespondWith | None = None,
    ) -> RunView:
        """An event of that name arrives (S24): it can be read in the run's event document from here on, `true` where it
        has no data, and one step that waits for it takes it, now or when the run comes to it. With a `key` of its
        sender's it is taken in once, however often it is delivered, as is one whose data has a text `id` where it comes
        with the same data again; the last 256 of a run are remembered.

        Raises InvalidInput for a name that the workflow doesn't know, data that can't be stored, and an event that the
        step which waits for it refuses; KeyReused for the key of another event; TooManyEvents, RunCompleted,
        RunExpired, RunCancelled.
        """
        return await self._take("event", run, asks.event_ask(name, data, key), respond)

    async def cancel(
        self,
        run: str | RunView,
        *,
        undo: bool = False,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        """Ends a run for good. With `undo` what its steps did is undone, the newest first; what can't be undone now
        is tried again later. Cancelling it again changes nothing. Raises RunCompleted, RunExpired."""
        ask = FromOutside(lambda turn: interventions.cancel(turn, undo=undo), outline=True)
        try:
            return await self._take("cancel", run, ask, respond, said)
        except RunCancelled:
            return await self.load(run)

    async def give_up(self, run: str | RunView, step: str) -> RunView:
        """The current step was answered wrongly so often that its definition leads elsewhere (`after_tries`). Nothing
        where it doesn't. Raises StaleInput where the step isn't on the path, RunExpired, RunCancelled."""
        return await self._take("give up", run, asks.give_up_ask(step))

    async def say(
        self,
        run: str | RunView,
        said: Said,
        *,
        revision: int | None = None,
        over: bool = False,
        note: Mapping[str, Value] | None = None,
    ) -> RunView:
        """Something is said in a conversation about the run that moves nothing; with it a run becomes one. Raises
        StaleInput where `revision` isn't the run's any more; what else `previous` raises, unless the run is `over`.
        With a `note` the trace has an entry `operator` that says so."""
        return await self._take("say", run, asks.say_ask(revision, over=over, note=note), None, said)

    async def _take(
        self,
        name: str,
        run: str | RunView,
        ask: Ask,
        respond: RespondWith | None = None,
        said: Said | None = None,
    ) -> RunView:
        run_id = run_id_of(run)
        check_not_within(name, run_id)
        task = PERSONS if said is None else replace(PERSONS, said=said)
        return shown(run, await self._turns.take(name, run_id, ask, respond, task))
