"""What a page refuses comes by GET, as every page does: then a browser's Back and Forward have nothing to send again.

So what was typed, and what is said of it, is kept beside the run for the page that follows: for whoever sent it and for
nobody else, without passwords and files, for half a day. The same page sent again takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from wizard.engine import Engine
from wizard.errors import DataUnreadable, WizardError
from wizard.forms.fields import may_be_draft
from wizard.forms.rendering import fields_of
from wizard.model import Prompt, PromptField, Refused, Value

PURPOSE = "refused"  # of the key under which it is kept
LASTS = timedelta(hours=12)
MOST_OF_RUN = 20
MOST_OF_STARTS = 500  # of all visitors, on the pages that come before there is a run
LONGEST_OF_START = 20_000  # characters; more is shown without being kept


@dataclass(frozen=True, slots=True)
class PageKey:
    """Whose page it is, and which: `scope` is its run, "" where there is none yet."""

    scope: str
    key: str


@dataclass(frozen=True, slots=True)
class KeptRefusal:
    """A page that was refused. `status` is that of the page that shows it, `seen` the step's mark at that time;
    `values` is what was typed, `errors` what is wrong with it by field, `error` what is with all of it."""

    status: int
    seen: str
    values: Mapping[str, Value]
    errors: Mapping[str, str]
    error: str | None

    @classmethod
    def of(cls, prompt: Prompt, status: int, seen: str = "") -> KeptRefusal:
        """Made of what was typed in a page's fields, as its prompt has it."""
        shown = fields_of(prompt)
        return cls(
            status,
            seen,
            {field.name: _in_input(field) for field in shown if may_be_draft(field)},
            {field.name: field.error for field in shown if field.error is not None},
            prompt.error,
        )

    def on(self, prompt: Prompt) -> Prompt:
        """The prompt as it is now, with what was typed and what was said of it then."""
        return replace(
            prompt,
            fields=tuple(map(self._on_field, prompt.fields)),
            possible=tuple(map(self._on_field, prompt.possible)),
            error=self.error,
        )

    def _on_field(self, asked: PromptField) -> PromptField:
        error = self.errors.get(asked.name)
        if asked.name in self.values:
            return replace(asked, value=self.values[asked.name], typed=None, error=error)
        return asked if asked.error == error else replace(asked, error=error)


def _in_input(field: PromptField) -> Value:
    """What stands in the field's input: a number has the point of the run's language, and is read again by it."""
    return field.value if field.typed is None else field.typed


class KeptRefusals:
    """Keeps refused pages in the engine's store."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def keep(self, page: PageKey, refusal: KeptRefusal) -> bool:
        """Keeps the refusal. False where it can't be kept, and is to be shown at once instead."""
        now, content = self._engine.clock(), asdict(refusal)
        if not page.scope and len(repr(content)) > LONGEST_OF_START:
            return False
        most = MOST_OF_RUN if page.scope else MOST_OF_STARTS
        try:
            await self._engine.store.keep_refused(Refused(page.scope, page.key, now, content), most, now - LASTS)
        except WizardError:
            return False
        return True

    async def of(self, page: PageKey) -> KeptRefusal | None:
        """What was refused there last, None for nothing."""
        kept = await self._kept(page)
        return None if kept is None or kept.at < self._engine.clock() - LASTS else KeptRefusal(**kept.content)

    async def forget(self, page: PageKey) -> None:
        """Drops what is kept of a page: something else was sent from there, and taken."""
        if await self._kept(page) is not None:
            await self._engine.store.forget_refused(page.scope, page.key)

    async def _kept(self, page: PageKey) -> Refused | None:
        try:
            return await self._engine.store.refused(page.scope, page.key)
        except DataUnreadable:  # a page without it is better than none
            return None
