"""What people read of a failure, and what operators do: every kind of failure, in every channel."""

from __future__ import annotations

import ast
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

import wizard
from tests.unit.channels.typed import Script
from tests.visitor import visiting
from wizard.app import wizard_app
from wizard.channels.terminal.terminal import Conversation
from wizard.engine import Engine
from wizard.errors import NodeFailed
from wizard.forms.fields import FIELD_TYPES
from wizard.model import Choice, Item, Later, Outcome, Proceed, Prompt, PromptField, RunStatus, Wait
from wizard.node import Background, Foreground, NodeConfig, Visit
from wizard.settings import Settings
from wizard.stores.sqlite import SqliteStore
from wizard.testing import Person, make_test_engine

ANSWER = "Kanarienvogel"
QUICK = Settings(step_timeout=1, http_timeout=1, allow_private_addresses=True)


class OddConfig(NodeConfig):
    does: str = ""


def shown(visit: Visit[Any], **changed: Any) -> Prompt:
    given = {"fields": (PromptField("v", "text", "V"),), **changed}
    return Prompt(visit.step, "odd", **{"title": "T", **given})


def field_with(visit: Visit[Any], **changed: Any) -> Prompt:
    return shown(visit, fields=(PromptField(**{"name": "v", "type": "choice", "label": "V", **changed}),))


PROMPTS: Mapping[str, tuple[str, Callable[[Visit[Any]], Any]]] = {
    "nothing": ("NoneType", lambda visit: None),
    "a text": ("str", lambda visit: "hello"),
    "crashes": ("RuntimeError", lambda visit: 1 // 0 if visit.step == "" else _raise(RuntimeError(ANSWER))),
    "title None": ("`title` is None", lambda visit: shown(visit, title=None)),
    "text 5": ("`text` is an int", lambda visit: shown(visit, text=5)),
    "error 5": ("`error` is an int", lambda visit: shown(visit, error=5)),
    "submit None": ("`submit` is None", lambda visit: shown(visit, submit=None)),
    "ends text": ("`ends` is a str", lambda visit: shown(visit, ends="no")),
    "no fields": ("`fields` is None", lambda visit: shown(visit, fields=None)),
    "dicts": ("`fields` holds a dict", lambda visit: shown(visit, fields=({"name": "v"},))),
    "label 5": ("`label` that is an int", lambda visit: field_with(visit, label=5)),
    "hint None": ("`hint` that is None", lambda visit: field_with(visit, hint=None)),
    "required 1": ("`required` that is an int", lambda visit: field_with(visit, required=1)),
    "field error": ("`error` that is an int", lambda visit: field_with(visit, error=7)),
    "choices of texts": ("holds a str, not only Choice", lambda visit: field_with(visit, choices=("a", "b"))),
    "choice of numbers": ("`value` that is an int", lambda visit: field_with(visit, choices=(Choice(1, 2),))),  # type: ignore[arg-type]
    "value": ("holds an object", lambda visit: field_with(visit, value=object())),
    "deep value": ("holds a set", lambda visit: field_with(visit, value={"a": [{1, 2}]})),
    "options": ("`options` that are None", lambda visit: field_with(visit, options=None)),
    "accept": ("`accept`", lambda visit: field_with(visit, type="file", options={"accept": 5})),
    "max_size": ("`max_size`", lambda visit: field_with(visit, type="file", options={"max_size": "big"})),
    "when": ("`when` that is a str", lambda visit: field_with(visit, when="always")),
    "field type": ("`field_type` that is a str", lambda visit: field_with(visit, field_type="rating")),
    "twice": ("two fields called 'v'", lambda visit: shown(visit, fields=(PromptField("v", "text", "V"),) * 2)),
    "many": (
        "`fields` has 201 fields, and 200 is the most",
        lambda visit: shown(visit, fields=[PromptField(f"f{at}", "text", "V") for at in range(201)]),
    ),
    "item of texts": ("`items` holds a str", lambda visit: shown(visit, items=("x",))),
    "item 5": ("`value` that is an int", lambda visit: shown(visit, items=(Item("a", 5),))),  # type: ignore[arg-type]
    "letters": ("isn't valid Unicode", lambda visit: shown(visit, title="\ud800")),
    "huge": ("larger than", lambda visit: shown(visit, title="t" * 1_100_000)),
    "another step": ("`step`", lambda visit: Prompt("elsewhere", "odd", "T")),
}


def _raise(error: Exception) -> Any:
    raise error


class OddForm(Foreground[OddConfig]):
    """Shows what its configuration names, at once or when it is answered."""

    type = "odd_form"
    Config = OddConfig

    def prompt(self, visit: Visit[OddConfig]) -> Prompt:
        does = visit.config.does
        return PROMPTS[does][1](visit) if does in PROMPTS else shown(visit)  # type: ignore[no-any-return]

    async def submit(self, visit: Visit[OddConfig]) -> Outcome:
        match visit.config.does.partition(": "):
            case ("refuses", _, how):
                return Wait(PROMPTS[how][1](visit), rejected=True)
            case ("gives", _, _):
                return "x"  # type: ignore[return-value]
        return Proceed({"v": visit.input})


class OddWork(Background[OddConfig]):
    """Breaks its contract as its configuration names it."""

    type = "odd_work"
    Config = OddConfig

    def later(self, visit: Visit[OddConfig]) -> Later | None:
        match visit.config.does:
            case "later text":
                return "x"  # type: ignore[return-value]
            case "later naive":
                return Later(datetime(2030, 1, 1))
        return None

    async def execute(self, visit: Visit[OddConfig]) -> Outcome:
        match visit.config.does:
            case "waits":
                return Wait(shown(visit))
            case "state":
                visit.state["it"] = object()
            case "sets":
                visit.set("secrets", "a", 1)
            case _:
                return None  # type: ignore[return-value]
        return Proceed()


@dataclass(frozen=True)
class Kind:
    """A kind of failure: the nodes between two forms, the functions that there are, and what the log says of it."""

    nodes: str
    cause: str
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    node: str = "charge"
    back: bool = False  # the person is shown it at the form before


def work(rest: str, cause: str, function: Callable[..., Any] | None = None, *, back: bool = False) -> Kind:
    functions = {} if function is None else {"charge_card": function}
    return Kind(f"  - {{id: charge, {rest}}}", cause, functions, back=back)


CALL = "type: python, function: charge_card"

KINDS = {
    "a function that isn't there": work(CALL, "There is no function 'charge_card'. Register it"),
    "a function that isn't there, back": work(f"{CALL}, on_error: back", "There is no function", back=True),
    "an argument too many": work(f"{CALL}, arguments: {{y: 1}}", "it takes no 'y'", lambda: 1),
    "a function that raises": work(CALL, "ValueError at", lambda: _raise(ValueError(ANSWER))),
    "a function that raises, back": work(
        f"{CALL}, on_error: back", "ValueError at", lambda: _raise(ValueError(ANSWER)), back=True
    ),
    "a function that exits": work(CALL, "SystemExit", lambda: _raise(SystemExit(ANSWER))),  # type: ignore[arg-type]
    "a function that gives an object": work(CALL, "holds an object, which can't be stored", lambda: {"it": object()}),
    "a function that hangs": work(CALL, "charge of run .* took longer than 1 seconds?", lambda: time.sleep(1.5)),
    "a service that isn't there": work("type: http, url: 'http://127.0.0.1:9/x'", "The service 127.0.0.1 can't be"),
    "no address": work("type: http, url: 'http://h:{{ ask.x }}'", "isn't a valid URL"),
    "a list in an address": work("type: http, url: 'https://shop.example/{{ [ask.x] }}'", "is not a single value"),
    "division by zero": work('type: set, values: {y: "{{ 1 / len(ask.x[:0]) }}"}', "This divides by zero"),
    "a date and a text": work(
        'type: set, values: {y: "{{ today() < (ask.x if ask.x else today()) }}"}', "can't order a date and a text"
    ),
    "a text for a number": work('type: set, values: {y: "{{ number(ask.x) }}"}', "ExpressionError at"),
    "until nothing": work('type: wait, until: "{{ ask.x }}"', "NodeFailed at .*wait.py"),
    "the end of time": work(
        "type: wait, until: \"{{ ask.x[:0] + '9999-12-31T23:59-12:00' }}\"", "NodeFailed at .*wait.py"
    ),
    "for how long": work('type: wait, for: "{{ ask.x }}"', "How long to wait can't be told"),
    "nothing of a plug-in": work("type: odd_work", "node type odd_work reported NoneType"),
    "a wait of a plug-in": work("type: odd_work, does: waits", "node type odd_work is a background type"),
    "a state of a plug-in": work("type: odd_work, does: state", "The state of node charge holds an object"),
    "what a plug-in sets": work("type: odd_work, does: sets", "a node set a field of 'secrets'"),
    "a plug-in later": work("type: odd_work, does: later text", "later of node type odd_work gave str"),
    "a plug-in later without a zone": work("type: odd_work, does: later naive", "without a time zone"),
    "no case": work(
        'type: condition, cases: [{when: ask.x == "no", goto: end}]', "No case of the condition", back=True
    ),
    "a case that fails": work("type: condition, cases: [{when: 1 / 0 > len(ask.x), goto: end}]", "divides", back=True),
    "a title": Kind(
        "  - {id: charge, type: form, title: '{{ today() < (ask.x if ask.x else today()) }}', fields: [{name: y}]}",
        "can't order",
        back=True,
    ),
    "what is handed in": Kind(
        "  - {id: charge, type: workflow, workflow: inner, with: {it: '{{ ask.x }}'}}",
        "The input 'it' of the workflow 'inner' is handed",
        node="charge/show",
        back=True,
    ),
    **{
        f"a prompt: {name}": Kind(f"  - {{id: charge, type: odd_form, does: '{name}'}}", re.escape(cause), back=True)
        for name, (cause, _) in PROMPTS.items()
    },
}

INNER = """
id: inner
input: {it: {type: date}}
nodes:
  - {id: show, type: message, title: "{{ input.it }}"}
"""

# What an operator reads, and nobody else: names of functions, types, hosts, and how one program speaks of another.
OPERATORS = re.compile(
    r"charge|register|function|\bnode\b|workflow|odd_|127\.0|\bhost\b|\burl\b|exception|traceback|[a-z]Error\b"
    r"|NoneType|\bobject\b|\bstr\b|\bint\b|`|\btuple\b|zero|can't order|condition|definition|template|expression|"
    + ANSWER,
    re.IGNORECASE,
)


def text_of(kind: Kind) -> str:
    ask = "  - {id: ask, type: form, title: Ask, fields: [{name: x, label: What}]}"
    end = "  - {id: done, type: end, title: Done}"
    more = f"---{INNER}" if "inner" in kind.nodes else ""
    return f"id: pay\ntitle: Pay\nnodes:\n{ask}\n{kind.nodes}\n{end}\n{more}"


ENGINES: list[Engine] = []


async def engine_of(kind: Kind) -> Engine:
    types = [OddForm, OddWork]
    ENGINES.append(await make_test_engine(text_of(kind), functions=kind.functions, node_types=types, settings=QUICK))
    return ENGINES[-1]


@pytest.fixture(autouse=True)
async def closed() -> AsyncIterator[None]:
    yield
    while ENGINES:
        await ENGINES.pop().close()


def app_of(engine: Engine) -> web.Application:
    return wizard_app(engine, settings=QUICK)


@pytest.fixture(params=sorted(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    return KINDS[request.param]


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO, logger="wizard"):
        yield caplog


def check_words(text: str | None) -> str:
    """The reference that a person is told, in a sentence that helps them and names nothing of the service's."""
    assert text is not None
    assert OPERATORS.search(text) is None, text
    ending = r"tell whoever runs this service, and give the reference (\w{8})\."
    found = re.search(rf"[.;!] if this keeps happening, {ending}", text) or re.search(ending, text)
    assert found is not None, text
    assert "ry again" in text
    return found[1]


def check_log(logged: pytest.LogCaptureFixture, kind: Kind, run: str, reference: str) -> None:
    """One line, at the level that a service has by default, which says all that an operator needs."""
    lines = [each.getMessage() for each in logged.records if reference in each.getMessage()]
    assert len(lines) == 1, lines
    assert f"node {kind.node} of workflow" in lines[0]
    assert run in lines[0]
    assert re.search(kind.cause, lines[0]), lines[0]
    assert all(ANSWER not in each.getMessage() for each in logged.records)


async def test_a_page_says_what_people_can_do(kind: Kind, logged: pytest.LogCaptureFixture) -> None:
    """Somebody at a counter reads "There is no function 'charge_card'", and has nobody who understands it."""
    engine = await engine_of(kind)
    async with visiting(app_of(engine), "/w/pay") as visitor:
        await visitor.presses()
        await visitor.fills(x=ANSWER).presses()
        while "is being worked on" in visitor.page.text:
            await visitor.opens()
        assert visitor.page.status == 200
        assert "/ask" in visitor.page.path or not kind.back
        words = visitor.page.text.replace(ANSWER, "")
        reference = check_words(words)
        await visitor.opens()
        assert check_words(visitor.page.text.replace(ANSWER, "")) == reference
        run = visitor.page.path.split("/")[2]
        check_log(logged, kind, run, reference)
        if not kind.back:
            await visitor.presses("previous")
        assert visitor.page.values == {"x": ANSWER}


async def test_json_says_the_same(kind: Kind, logged: pytest.LogCaptureFixture) -> None:
    """A host's own front end shows `current.error` as it comes; with an Idempotency-Key it comes the same again."""
    engine = await engine_of(kind)
    async with visiting(app_of(engine)) as visitor:
        async with visitor.session.post(visitor.address("/api/v1/runs"), json={"workflow": "pay"}) as response:
            made = await response.json()
        bearer = {"Authorization": f"Bearer {made['token']}", "Idempotency-Key": "k" * 32}
        address = visitor.address(f"/api/v1/runs/{made['id']}")
        for _ in range(2):
            answers = {"step": "ask", "answers": {"x": ANSWER}}
            async with visitor.session.post(f"{address}/next", json=answers, headers=bearer) as response:
                assert response.status == 200
                state = await response.json()
            async with visitor.session.get(address, headers=bearer) as response:
                assert response.status == 200
            reference = check_words(state["current"]["error"])
            check_log(logged, kind, made["id"], reference)
        async with visitor.session.get(f"{address}/trace", headers=bearer) as response:
            trace = await response.json()
        told = [each["detail"] for each in trace if each["kind"] in ("failed", "stopped")]
        assert [each["reference"] for each in told] == [reference]


async def test_a_terminal_says_the_same(kind: Kind, logged: pytest.LogCaptureFixture) -> None:
    """`wizard run` is for people as well; what the author needs stands on standard error, in the log."""
    engine = await engine_of(kind)
    view = await engine.start("pay")
    typed = Script(ANSWER, *([":quit"] if kind.back else [":back", ":quit"]))
    await Conversation(engine, typed).hold(view)
    said = "\n".join(typed.written).replace(ANSWER, "")
    check_log(logged, kind, view.id, check_words(said))


async def test_the_operators_words_are_kept(kind: Kind) -> None:
    """`wizard runs show`, the admin's export and a host's own code look for what to mend."""
    engine = await engine_of(kind)
    person = await (await Person.starts(engine, "pay")).says(ANSWER)
    assert person.run.fault is not None
    if " at" not in kind.cause and "SystemExit" not in kind.cause and "RuntimeError" not in kind.cause:
        assert re.search(kind.cause.replace("'", "."), person.fault), person.fault
    await person.reloads()
    assert person.run.fault is not None
    assert person.run.fault.people == person.prompt.error


# -- words that are meant for people ------------------------------------------------------------------------


async def says(failure: Callable[[], Exception], on_error: str = "stop") -> Person:
    engine = await engine_of(work(f"{CALL}, on_error: {on_error}", "", lambda: _raise(failure())))
    return await (await Person.starts(engine, "pay")).says(ANSWER)


@pytest.mark.parametrize("on_error", ["stop", "back"])
async def test_what_a_function_says_to_people_is_shown_as_it_is(
    on_error: str, logged: pytest.LogCaptureFixture
) -> None:
    """The documented way: only the bank knows why the card was declined. It may name what was answered, so that the
    log says where it was said, and not what."""
    person = await says(lambda: NodeFailed(f"The card of {ANSWER} was declined."), on_error)
    assert person.prompt.error == person.fault == f"The card of {ANSWER} was declined."
    (line,) = [each for each in logged.records if each.name == "wizard.nodes"]
    assert line.levelname == "WARNING"
    assert "node charge of workflow pay" in line.getMessage()
    assert ANSWER not in line.getMessage()


async def test_a_function_can_say_one_thing_to_people_and_another_to_operators(
    logged: pytest.LogCaptureFixture,
) -> None:
    """Without that, a function has to choose whom it leaves in the dark."""
    person = await says(lambda: NodeFailed("The bank's gateway gave 402.", people="Your card was declined."))
    person.sees(error="Your card was declined.", fault="The bank's gateway gave 402.")
    (line,) = [each for each in logged.records if each.name == "wizard.nodes"]
    assert "The bank's gateway gave 402." in line.getMessage()


async def test_an_authors_page_gets_the_words_for_people() -> None:
    """With `on_error: continue` the author's next page shows `charge.error`."""
    sorry = "  - {id: sorry, type: message, text: '{{ charge.error }}'}"
    kind = Kind(f"  - {{id: charge, {CALL}, on_error: continue}}\n{sorry}", "")
    person = await (await Person.starts(await engine_of(kind), "pay")).says(ANSWER)
    check_words(person.prompt.text)


@pytest.mark.parametrize("on_error", ["stop", "back"])
async def test_each_failure_has_a_reference_of_its_own(on_error: str, logged: pytest.LogCaptureFixture) -> None:
    """Two calls about one reference have to be about one failure."""
    person = await says(lambda: ValueError(ANSWER), on_error)
    first = check_words(person.prompt.error)
    await (person.says() if on_error == "stop" else person.says(ANSWER))
    assert check_words(person.prompt.error) != first
    assert len([each for each in logged.records if "reference" in each.getMessage()]) == 2


# -- prompts that can't be shown ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(PROMPTS))
async def test_a_refusal_that_cant_be_shown_is_a_failure_too(name: str) -> None:
    """The prompt that comes with errors is shown by the same pages."""
    kind = Kind(f"  - {{id: charge, type: odd_form, does: 'refuses: {name}'}}", "")
    person = await (await Person.starts(await engine_of(kind), "pay")).says(ANSWER)
    await person.says(v="1")
    assert (person.asked, person.run.status) == ("charge", RunStatus.WAITING)
    check_words(person.prompt.error)


async def test_nothing_is_stored_of_a_step_that_cant_be_shown(tmp_path: Path) -> None:
    """A page that answers 500 for ever can't even be gone back from, and a server that starts anew reads the same."""
    store = SqliteStore(tmp_path / "runs.db")
    await store.open()
    kind = KINDS["a prompt: choice of numbers"]
    engine = await make_test_engine(text_of(kind), store=store, node_types=[OddForm, OddWork])
    person = await (await Person.starts(engine, "pay")).says(ANSWER)
    await person.reloads()
    assert (person.path, person.kept, person.values) == (["ask"], [], {"x": ANSWER})
    await person.says("another answer")
    check_words(person.prompt.error)
    await store.close()


async def test_a_list_is_as_good_as_a_tuple_and_nobody_elses() -> None:
    """Most people write lists. What the node does with its own afterwards changes nothing that is shown (S26)."""
    kept: list[Any] = []

    class Listing(OddForm):
        type = "listing"

        def prompt(self, visit: Visit[OddConfig]) -> Prompt:
            kept[:] = [PromptField("v", "choice", "V", choices=[Choice("a", "A")])]  # type: ignore[arg-type]
            return shown(visit, fields=kept)

    engine = await make_test_engine("id: pay\nnodes: [{id: charge, type: listing}]", node_types=[Listing])
    person = await Person.starts(engine, "pay")
    prompt = person.prompt
    kept.clear()
    assert [each.choices for each in prompt.fields] == [(Choice("a", "A"),)]


async def test_a_step_that_breaks_later_says_so_and_leads_back(logged: pytest.LogCaptureFixture) -> None:
    """A plug-in that was updated breaks pages that were fine yesterday. Who looks ten times fills no log."""
    broken: list[bool] = []

    class Fickle(OddForm):
        type = "fickle"

        def prompt(self, visit: Visit[OddConfig]) -> Prompt:
            return shown(visit, title=None if broken else "T")

    kind = Kind("  - {id: charge, type: fickle}", "")
    engine = await make_test_engine(text_of(kind), node_types=[Fickle])
    async with visiting(app_of(engine), "/w/pay") as visitor:
        await visitor.presses()
        await visitor.fills(x=ANSWER).presses()
        broken.append(True)
        for _ in range(3):
            await visitor.opens()
            reference = check_words(visitor.page.text)
        assert len([each for each in logged.records if reference in each.getMessage()]) == 1
        await visitor.presses("previous")
        assert visitor.page.values == {"x": ANSWER}


VALUES: tuple[Any, ...] = (None, -1.5, True, "x", [1, "a"], {"a": 1}, {"name": 5}, date(2026, 1, 1), b"x")
OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"max_length": "x", "min": "y", "max": [1], "rows": {"a": 1}, "inputmode": 7, "autocomplete": 5},
    {"max_length": -1, "min": True, "max": 10**30, "rows": 0, "max_size": 3, "accept": [".pdf"], "places": "two"},
)


@pytest.mark.parametrize("options", OPTIONS, ids=len)
async def test_whatever_passes_can_be_shown_everywhere(options: dict[str, Any]) -> None:
    """The check is worth nothing if a value of another kind than its field's still breaks the page for good."""
    types = (*FIELD_TYPES, "nonsense", "hidden")
    asked = tuple(
        PromptField(f"f{at}", type_, "", value=value, options=options, choices=(Choice("a", "A"),) if at % 2 else ())
        for at, (type_, value) in enumerate(product(types, VALUES))
    )

    class Everything(OddForm):
        type = "everything"

        def prompt(self, visit: Visit[OddConfig]) -> Prompt:
            return shown(visit, fields=asked)

    engine = await make_test_engine(text_of(Kind("  - {id: charge, type: everything}", "")), node_types=[Everything])
    async with visiting(app_of(engine), "/w/pay") as visitor:
        await visitor.presses()
        await visitor.fills(x=ANSWER).presses()
        assert (visitor.page.status, visitor.page.heading) == (200, "T")
        await visitor.presses()
        assert (visitor.page.status, visitor.page.heading) == (200, "Done"), visitor.page.text
        async with visitor.session.post(visitor.address("/api/v1/runs"), json={"workflow": "pay"}) as response:
            made = await response.json()
        bearer = {"Authorization": f"Bearer {made['token']}"}
        address = visitor.address(f"/api/v1/runs/{made['id']}/next")
        answers = {"step": "ask", "answers": {"x": ANSWER}}
        async with visitor.session.post(address, json=answers, headers=bearer) as response:
            assert (response.status, len((await response.json())["current"]["fields"])) == (200, len(asked))
    view = await engine.start("pay")
    typed = Script(ANSWER, *[""] * 3, ":review", ":quit")
    await Conversation(engine, typed).hold(view)
    assert "T" in typed.written


# -- the rule itself ------------------------------------------------------------------------------------------


def test_whoever_writes_a_failure_in_the_engine_says_what_people_read() -> None:
    """The message of a NodeFailed is shown to people unless `people` says otherwise. That is for those who write
    functions: a built-in node or the engine itself names hosts and types there, and must not forget it."""
    package = Path(wizard.__file__).parent
    found = 0
    for file in sorted(
        {each.resolve() for folder in ("", "nodes", "forms") for each in (package / folder).rglob("*.py")}
    ):
        text = file.read_text()
        for call in ast.walk(ast.parse(text)) if "NodeFailed(" in text else ():
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "NodeFailed":
                found += 1
                assert any(each.arg == "people" for each in call.keywords), f"{file}:{call.lineno} says no `people`"
    assert found > 10


def test_a_stored_failure_of_an_earlier_version_shows_people_nothing_of_it() -> None:
    """Its message may be anything: nobody noted whom it was for."""
    from wizard.machine.failures import said_to_people
    from wizard.model import Fault

    said = said_to_people(Fault("There is no function 'charge_card'.", "charge", "NodeFailed"))
    assert said == "Something went wrong here. Try again; if this keeps happening, tell whoever runs this service."


# -- what can be said at the start ----------------------------------------------------------------------------

PAID = "id: shop\nnodes:\n  - {id: pay, type: wait, event: paid}\n  - {id: thanks, type: end, title: Thanks}"


async def started(text: str, caplog: pytest.LogCaptureFixture, **given: Any) -> list[str]:
    """What the log says when the application is made."""
    engine = await make_test_engine(text, **given)
    wizard_app(engine, settings=given.get("settings"))
    return [each.getMessage() for each in caplog.records if each.name == "wizard.app"]


async def test_an_application_says_at_once_which_functions_it_lacks(caplog: pytest.LogCaptureFixture) -> None:
    """The first person who gets that far would be the one to notice, a week later."""
    (line,) = await started(text_of(KINDS["a function that isn't there"]), caplog)
    assert line.startswith("node charge of pay calls the function charge_card, which isn't there")
    caplog.clear()
    assert await started(text_of(work(CALL, "")), caplog, functions={"charge_card": print}) == []


async def test_an_application_says_at_once_who_may_claim_that_something_was_paid(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Without a key the person's own browser can send the bank's message."""
    (line,) = await started(PAID, caplog)
    assert line.startswith("shop waits for paid, and whoever holds a run's token can send that event")
    caplog.clear()
    assert await started(PAID, caplog, settings=Settings(event_key="k" * 40)) == []  # type: ignore[arg-type]
    assert await started("id: shop\nnodes: [{id: pause, type: wait, for: 2d}]", caplog) == []
