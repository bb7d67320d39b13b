"""For tests of definitions: a clock that moves when it is told to, and a person who goes through a run.

    async def test_a_minor_needs_a_guardian():
        engine = await make_test_engine(PASSPORT, CONTACT)
        person = await Person.starts(engine, "passport")
        await person.says(full_name="Ann", birth_date="27 3 2015")
        assert person.asked == "guardian/who"
        await person.goes_back()
        person.sees(title="About you", values={"full_name": "Ann"})

A definition is a mapping, or YAML text. What isn't as it is expected to be is an AssertionError that
shows what there is instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from wizard.app import Functions, make_engine
from wizard.definitions.catalog import Catalog
from wizard.definitions.reading import source
from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.engine.worker import Worker
from wizard.model import Prompt, RunStatus, Value
from wizard.node import FieldType, NodeType, Registry
from wizard.resources.handing import Given
from wizard.settings import Settings
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


class FixedClock:
    """A clock that stands at an aware datetime."""

    def __init__(self, now: datetime = NOON) -> None:
        if now.tzinfo is None:
            raise ValueError("a clock's time needs a time zone: datetime(2026, 1, 15, tzinfo=UTC)")
        self.now = now

    def __call__(self) -> datetime:
        return self.now


class MovableClock(FixedClock):
    """A clock that stands until it is moved: `clock.move(days=1)`."""

    def move(self, **by: float) -> datetime:
        """Moves by what `timedelta` takes (days, hours, minutes …); negative numbers go back."""
        self.now = (self.now.astimezone(UTC) + timedelta(**by)).astimezone(self.now.tzinfo)
        return self.now


async def make_test_engine(
    *documents: Mapping[str, Any] | str,
    store: Store | None = None,
    settings: Settings | None = None,
    functions: Functions | None = None,
    clock: Callable[[], datetime] | None = None,
    node_types: Iterable[type[NodeType[Any]]] = (),
    field_types: Iterable[FieldType] = (),
    resources: Given | None = None,
) -> Engine:
    """An engine with these definitions, on a store in memory unless another (opened) one is given, and
    with a clock that stands at NOON. `node_types` and `field_types` are known beside the installed ones; `resources`
    are what definitions name, as make_engine has them.

    Raises DefinitionError, as loading the definitions from files does.
    """
    registry = Registry.installed()
    for node_type in node_types:
        registry.add(node_type)
    for field_type in field_types:
        registry.add_field(field_type)
    catalog = Catalog.from_documents([data for document in documents for data in _data(document)], registry)
    if store is None:
        store = MemoryStore()
        await store.open()
    return make_engine(catalog, store, settings, functions, clock=clock or FixedClock(), resources=resources)


def _data(document: Mapping[str, Any] | str) -> list[Any]:
    if isinstance(document, str):
        return [read.data for read in source.read(document.encode(), "definition.yaml")]
    return [document]


class Person:
    """Somebody who goes through a run. `run` is the RunView that the engine gave.

    What is said has to be taken. A test of a refusal says so, and then it has to be refused:

        await person.wrongly.says(birth_date="tomorrow")
        person.sees(error="must be in the past")
    """

    def __init__(self, engine: Engine, run: RunView) -> None:
        self.engine = engine
        self.run = run
        self._right: Person | None = None  # who this one stands for, where it is to be refused

    @property
    def wrongly(self) -> Person:
        """The same person, who is to be refused the next time."""
        person = Person(self.engine, self.run)
        person._right = self
        return person

    @classmethod
    async def starts(cls, engine: Engine, workflow: str, given: Mapping[str, object] | None = None) -> Person:
        """Starts a run, with `given` as its input. Raises WorkflowNotFound, InvalidInput."""
        return cls(engine, await engine.start(workflow, given))

    # -- what the person does ------------------------------------------------------------------------

    async def says(self, *answer: object, **answers: object) -> Person:
        """Answers the current step: by field, or with the one answer to the first field that is asked.
        Without answers it only goes on. An AssertionError where that is refused, or is no field; after
        `wrongly` where it isn't, and the reasons are in `errors`."""
        __tracebackhide__ = True
        prompt = self.prompt
        await self.engine.next(self.run, self._answers(prompt, answer, answers))
        return self._after(prompt)

    async def says_in_part(self, **answers: object) -> Person:
        """Answers some fields of the form; without answers hands in what was said. Refused as `says` is."""
        __tracebackhide__ = True
        prompt = self.prompt
        await self.engine.next(self.run, answers, partial=True)
        return self._after(prompt)

    async def goes_back(self, to: str | None = None, **draft: object) -> Person:
        """Previous, to the step `to` or the one before. `draft` is what was typed and not handed in."""
        await self.engine.previous(self.run, to=to, draft=draft or None)
        return self

    async def changes(self, step: str, *answer: object, **answers: object) -> Person:
        """Answers an earlier step anew and returns; without answers opens it. Refused as `says` is."""
        __tracebackhide__ = True
        given = self._answers(self.run.prompt_at(step), answer, answers) if answer or answers else None
        prompt = self.prompt if given is None else self.run.prompt_at(step)
        await self.engine.change(self.run, step, given)
        return self._after(prompt)

    async def removes(self, item: str) -> Person:
        """Takes an item out of a list: `await person.removes("household/2")`."""
        await self.engine.remove_item(self.run, item)
        return self

    async def waits(self, **by: float) -> Person:
        """Lets time pass (`days=2`, what `timedelta` takes), and what is due then happen: slow work, waits, reminders.
        Without a time only what is due now. Time passes on the engine's own MovableClock."""
        if by:
            clock = self.engine.clock.source
            if not isinstance(clock, MovableClock):
                raise TypeError("time passes on a clock that can be moved: make_test_engine(…, clock=MovableClock())")
            clock.move(**by)
        await Worker(self.engine).perform_due()
        await self.engine.load(self.run)
        return self

    async def reloads(self) -> Person:
        """Comes back later: nothing is left in the engine's memory of the run."""
        self.engine.forget(self.run.id)
        await self.engine.load(self.run)
        return self

    # -- what the person sees ------------------------------------------------------------------------

    @property
    def prompt(self) -> Prompt:
        """What is shown: the answers that weren't accepted, else the current step."""
        return self.run.rejected or self.run.current

    @property
    def asked(self) -> str | None:
        """The step that is asked; None once the run is completed."""
        return None if self.completed else self.prompt.step

    @property
    def completed(self) -> bool:
        return self.run.status is RunStatus.COMPLETED

    @property
    def errors(self) -> dict[str, str]:
        """Error messages by field; that of the step as a whole is at ""."""
        errors = {field.name: field.error for field in self.prompt.fields if field.error is not None}
        return {"": self.prompt.error, **errors} if self.prompt.error is not None else errors

    @property
    def fault(self) -> str:
        """What stopped the run, in an operator's words; "" for nothing."""
        return "" if self.run.fault is None else self.run.fault.message

    @property
    def fields(self) -> list[str]:
        """The names of the fields that are asked."""
        return [field.name for field in self.prompt.fields]

    @property
    def values(self) -> dict[str, Value]:
        """What the fields show."""
        return {field.name: field.value for field in self.prompt.fields}

    @property
    def answers(self) -> dict[str, Value]:
        """What the path's steps accepted, nested by step path."""
        return self.run.answers

    @property
    def path(self) -> list[str]:
        """The steps up to the current one."""
        return [line.step for line in self.run.path]

    @property
    def kept(self) -> list[str]:
        """The steps above the current one that are remembered."""
        return [line.step for line in self.run.kept]

    def sees(
        self,
        *,
        title: str | None = None,
        text: str | None = None,
        fields: Iterable[str] | None = None,
        values: Mapping[str, Value] | None = None,
        error: str | None = None,
        fault: str | None = None,
    ) -> Person:
        """Asserts what is shown: the title and the fields' names exactly; `text` and `error` as a part of
        what there is; of `values` those that are named. `fault` is a part of what an operator reads of what stopped the
        run, and the person doesn't."""
        __tracebackhide__ = True
        prompt = self.prompt
        _same("title", title, prompt.title)
        _part("text", text, prompt.text)
        _same("fields", None if fields is None else list(fields), self.fields)
        _part("error", error, " / ".join(self.errors.values()), self.fault)
        _part("fault", fault, self.fault)
        for name, value in (values or {}).items():
            _same(f"value of {name}", value, self.values.get(name))
        return self

    def _after(self, asked: Prompt) -> Person:
        """Who goes on after an answer to what was `asked`, if that was taken or refused as expected."""
        __tracebackhide__ = True
        refused = self.run.rejected is not None
        if self._right is not None:
            if not refused:
                raise AssertionError(f"{asked.step} takes this, which was to be refused; now {self.asked} is asked")
            return self._right
        if refused:
            errors = "; ".join(f"{name}: {error}" if name else error for name, error in self.errors.items())
            asks = ", ".join(field.name for field in asked.possible or asked.fields) or "nothing"
            raise AssertionError(
                f"{asked.step} doesn't take this ({errors}). It asks {asks}. "
                "If that is what you test, write `await person.wrongly.says(...)`."
            )
        return self

    @staticmethod
    def _answers(prompt: Prompt, answer: tuple[object, ...], answers: Mapping[str, object]) -> Mapping[str, object]:
        if not answer:
            return answers
        names = [field.name for field in prompt.fields]
        if len(answer) > 1 or answers or not names:
            raise TypeError(f"{prompt.step} asks {', '.join(names) or 'nothing'}; name the field of each answer")
        return {names[0]: answer[0]}


def _same(what: str, wanted: object, there: object) -> None:
    __tracebackhide__ = True
    if wanted is not None and wanted != there:
        raise AssertionError(f"the {what} is {there!r}, not {wanted!r}")


def _part(what: str, wanted: str | None, there: str, because: str = "") -> None:
    __tracebackhide__ = True
    if wanted is not None and wanted not in there:
        why = f" (the run stopped: {because})" if because else ""
        raise AssertionError(f"the {what} is {there!r}; {wanted!r} isn't in it{why}")
