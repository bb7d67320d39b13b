"""What every node type that is installed keeps, built in or not: people find it, its form and its JSON are two views of
one configuration, its page is made of it, and its example runs.

A type that needs something to run (a function, a service, another definition) finds it in COUNTERPARTS.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import SecretStr

from tests.broker import broker
from tests.buckets import bucket
from tests.chats import SLACK_TOKEN, TELEGRAM_TOKEN, chats
from tests.configurations import configurations
from tests.drawing import examples
from tests.schemas import is_a_schema
from tests.smtp import MailServer, mail_server
from tests.unit.channels.web.markup import checked
from tests.unit.channels.web.samples import PAGES, STEP
from tests.unit.forms.asking import Around
from wizard.actions.action import Action
from wizard.actions.asking import workflow_of
from wizard.actions.catalogue import Catalogue
from wizard.actions.configuration_form import config_of, form, form_values, names_in, normalised
from wizard.actions.described import in_full
from wizard.actions.documentation import documentation
from wizard.actions.example import definition
from wizard.actions.inputs import ANY_VALUE
from wizard.actions.validation import by_name
from wizard.actions.validation import validate as check
from wizard.channels.web.markdown_html import html_of
from wizard.channels.web.pages import NodeTypePage
from wizard.definitions.catalog import Catalog
from wizard.definitions.reference import keys_in
from wizard.errors import ConfigurationRefused
from wizard.forms.prompts import prompt_fields
from wizard.forms.show_if import possible_fields
from wizard.forms.validation import Accepted, validate
from wizard.model import Prompt, RunStatus
from wizard.model.values import write_json
from wizard.node import BrokerResource, Registry, SqlResource
from wizard.resources.handing import Given
from wizard.settings import Settings
from wizard.testing import make_test_engine

Json = dict[str, Any]

REGISTRY = Registry.installed()
ACTIONS = {action.type: action for action in Catalogue(REGISTRY).actions()}
every_action = pytest.mark.parametrize("action", ACTIONS.values(), ids=ACTIONS)


@dataclass(frozen=True)
class Counterpart:
    """What a type's example needs: functions of the application, definitions that it embeds."""

    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    definitions: tuple[Json, ...] = ()


def price_of(count: int, express: bool) -> int:
    return count * 20 + 10 * express


async def send_code(email: str, code: str) -> None:
    """Stands for a mail."""


MEMBER = {
    "id": "member",
    "input": {"surname": {"required": False}},
    "nodes": [{"id": "person", "type": "form", "fields": [{"name": "first_name"}]}],
}
WELCOME = {
    "id": "welcome",
    "input": {"name": {"type": "text", "required": False}},
    "nodes": [{"id": "hello", "type": "message", "title": "Welcome"}],
}
COUNTERPARTS: Mapping[str, Counterpart] = {
    "python": Counterpart({"price_of": price_of}),
    "confirm_email": Counterpart({"send_code": send_code}),
    "workflow": Counterpart(definitions=(MEMBER,)),
    "start_workflow": Counterpart(definitions=(WELCOME,)),
}
WRONG = (-1, 10**9, "{{ (", "nobody's", {"no such key": 1}, [{"no such key": 1}])  # of which each key refuses one
NOTHING_NEEDED = Counterpart()


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    """A server that takes every mail."""
    async with mail_server() as server:
        yield server


@pytest.fixture
async def resources(tmp_path: Path) -> AsyncIterator[Given]:
    """What examples name, each at a counterpart of its own."""
    crm = tmp_path / "crm.db"
    with closing(sqlite3.connect(crm)) as connection:
        connection.execute("CREATE TABLE visits (id TEXT PRIMARY KEY, day TEXT, people INTEGER)")
    async with bucket() as letters, chats() as rooms:
        yield {
            "crm": SqlResource.model_validate({"url": f"sqlite:///{crm}"}),
            "events": BrokerResource(url=broker().url),
            "letters": letters.resource,
            "slack": rooms.resource(SLACK_TOKEN),
            "telegram": rooms.resource(TELEGRAM_TOKEN),
        }


@pytest.fixture
async def service() -> AsyncIterator[str]:
    """The address of a server that is content with everything."""

    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"method": request.method})

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", answer)
    async with TestServer(app) as server:
        yield str(server.make_url("")).rstrip("/")


@every_action
def test_people_find_it(action: Action) -> None:
    """Who looks through the catalogue sees what a type is called, what it does, and what each of its keys means."""
    assert action.node_type.title
    assert action.group != "other"
    assert action.icon
    assert action.summary.endswith(".")
    described = [key.description for key in keys_in(action.schema)]
    assert all(described)
    assert ANY_VALUE not in described
    unexplained = [made.path for made in action.inputs if made.field and not made.field.get("hint")]
    assert unexplained == []


@every_action
def test_its_schema_is_one(action: Action) -> None:
    """An editor that completes from it reads JSON Schema 2020-12, and the example is what it admits."""
    is_a_schema(action.schema)
    assert action.schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert json.loads(json.dumps(action.schema)) == action.schema
    Draft202012Validator(action.schema).validate(action.example)


@every_action
def test_its_form_is_shown_on_a_page(action: Action) -> None:
    """Who doesn't program fills it in in a browser; the page is one that anybody can use."""
    assert action.example is not None
    made = form(action, action.example)
    fields = prompt_fields(made, Around())
    possible = possible_fields(made, Around(), fields, None)
    html = PAGES.html(replace(STEP, prompt=Prompt("s", "form", action.title, fields=fields, possible=possible)))
    checked(html)
    for question in made.questions:
        assert f'name="{question.name}' in html


@every_action
def test_a_run_can_ask_its_form(action: Action) -> None:
    """`wizard nodes configure` is a run of this engine, whose definition is loaded as any other."""
    for only in (None, frozenset(made.name for made in action.inputs[:1])):
        document = workflow_of(action, form_values(action, action.example or {}), only)
        Catalog.from_documents([document], REGISTRY)


@every_action
def test_what_a_form_hides_depends_on_what_it_asks(action: Action) -> None:
    """A `show_if` with a slip in a name would hide its field for good, or ask it always."""
    names = {made.name: made.group for made in action.inputs if made.field}
    for made in action.inputs:
        if made.show_if:
            assert {names.get(name) for name in names_in(made.show_if)} == {made.group}


@every_action
def test_its_page_and_its_json_are_made(action: Action) -> None:
    """A page without a key, or JSON that can't be read, leaves an author to guess."""
    text = documentation(action)
    assert text.startswith(f"# {action.title}\n")
    assert all(f"`{key}`" in text for key in action.schema.get("properties", {}))
    assert all(f"`{port}`" in text for port in action.ports)
    assert "```yaml" in text
    assert "```json" in text
    page = NodeTypePage("/", "Forms", title=action.title, body=html_of(text.partition("\n")[2]))
    checked(PAGES.html(page))
    told = json.loads(write_json(in_full(action)))
    assert told["example"] == json.loads(write_json(action.example))
    assert told["documentation"] == text
    assert {tuple(asked["path"]) for asked in told["form"]["fields"]} >= {
        made.path for made in action.inputs if made.field
    }


@every_action
def test_its_example_goes_through_form_and_json(action: Action) -> None:
    """The example is what people begin with, in either view."""
    assert action.example is not None
    config = check(action, action.example)
    assert check(action, config) == config
    assert submitted(action, config) == config


@every_action
def test_form_and_json_say_the_same(action: Action) -> None:
    """One edits the form, another the JSON: nothing of what one of them wrote is lost by the other, whatever it is."""

    @settings(
        max_examples=examples(60),
        deadline=None,
        suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    )
    @given(st.data())
    def go_through(data: st.DataObject) -> None:
        config = data.draw(configurations(action))
        try:
            normal = check(action, config)
        except ConfigurationRefused:
            reject()
        assert model_of(action, normal) == model_of(action, config)
        assert normalised(action, normal) == normal
        assert submitted(action, normal) == normal

    go_through()


@every_action
def test_mistakes_are_told_by_their_keys(action: Action) -> None:
    """An editor shows each mistake at the field that it is about."""
    errors = refusal(action, {"no_such_key": 1})
    assert "no_such_key" in errors
    for key in action.schema.get("required", ()):
        assert "missing" in errors[key]
    for key in action.schema.get("properties", {}):
        told = [refusal(action, {**(action.example or {}), key: wrong}) for wrong in WRONG]
        assert any(name.partition(".")[0] == key for errors in told for name in errors), key


@every_action
async def test_its_example_runs(action: Action, service: str, mail: MailServer, resources: Given) -> None:
    """Who copies an example and runs it sees it work."""
    document = definition(action)
    assert document is not None
    document = json.loads(json.dumps(document).replace("https://calendar.example", service))
    needs = COUNTERPARTS.get(action.type, NOTHING_NEEDED)
    engine = await make_test_engine(
        document,
        *needs.definitions,
        functions=dict(needs.functions),
        resources=resources,
        settings=Settings(
            allow_private_addresses=True,
            smtp_url=SecretStr(mail.url),
            mail_from="forms@example.org",
            webhook_secrets=SecretStr(f"calendar:whsec_{'a' * 32}"),
        ),
    )
    try:
        run = await engine.start(document["id"])
        assert run.status in (RunStatus.WAITING, RunStatus.WORKING, RunStatus.COMPLETED), run.current
        assert run.fault is None
    finally:
        await engine.close()


def model_of(action: Action, config: Mapping[str, Any]) -> Any:
    return action.node_type.Config.model_validate(config, context=action.fields)


def refusal(action: Action, config: Mapping[str, Any]) -> dict[str, str]:
    """What is wrong with a configuration, by its keys."""
    try:
        check(action, config)
    except ConfigurationRefused as error:
        return by_name(error.errors)
    return {}


def submitted(action: Action, config: Mapping[str, Any]) -> Json:
    """The configuration that comes of opening the form that is filled in with one, and sending it as it is: through the
    engine's own forms, which tidy what is typed."""
    made = form(action, config)
    sent = {asked.name: asked.value for asked in prompt_fields(made, Around())}
    taken = validate(made, sent, Around())
    assert isinstance(taken, Accepted), taken
    return config_of(action, taken.output)
