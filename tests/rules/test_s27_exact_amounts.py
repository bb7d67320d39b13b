"""S27: amounts are exact. Numbers with a point are what people and authors wrote, from the first digit to the last."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st

from wizard.app import wizard_app
from wizard.definitions.reading import source
from wizard.expressions.expression import parse
from wizard.expressions.template import parse as template
from wizard.machine.scope import Scope
from wizard.model.decimals import read_decimal, written
from wizard.model.values import to_json, write_json
from wizard.settings import Settings
from wizard.stores.sqlite import SqliteStore
from wizard.testing import NOON, Person, make_test_engine

HOTEL = """
id: hotel
nodes:
  - id: stay
    type: form
    fields:
      - {name: nights, type: integer, label: Nights, min: 1}
      - {name: price, type: computed, label: Price, value: nights * 19.90}
      - {name: tenth, type: computed, label: Is a tenth of it 0.3?, value: nights * 0.1 == 0.3}
  - {id: check, type: review, title: "You pay {{ stay.price }}, with tax {{ stay.price * 1.081 }}"}
"""

MONEY = """
id: money
nodes:
  - id: a
    type: form
    fields:
      - {name: amount, type: decimal, label: Amount, places: 12}
      - {name: whole, type: integer, label: Whole, required: false}
  - {id: wait, type: wait, event: paid}
  - {id: b, type: form, title: "{{ wait.data.amount + 0.1 }}", fields: [{name: x, label: X}]}
"""


class Data:
    """Names that an expression reads."""

    now = NOON

    def __init__(self, **values: Any) -> None:
        self.values = values

    def read(self, chain: tuple[str, ...]) -> Any:
        return self.values.get(chain[0])


def computed(expression: str, **values: Any) -> str:
    return template(f"{{{{ {expression} }}}}").render(Data(**values))


@pytest.mark.parametrize(("nights", "price", "taxed"), [(3, "59.70", "64.53570"), (7, "139.30", "150.58330")])
async def test_a_price_is_what_the_author_wrote_times_the_nights(nights: int, price: str, taxed: str) -> None:
    """Three nights at 19.90 are 59.70 on the page, in the review and in what is handed on, and no hair less."""
    person = await (await Person.starts(await make_test_engine(HOTEL), "hotel")).says(nights=nights)
    person.sees(title=f"You pay {price}, with tax {taxed}")
    assert [item.value for item in person.prompt.items if item.label == "Price"] == [price]
    answer = person.run.run.steps[0].output
    assert answer is not None
    assert (answer["price"], answer["tenth"]) == (Decimal(price), nights == 3)
    assert to_json(dict(answer))["price"] == price


@pytest.mark.parametrize(
    ("expression", "shown"),
    [
        ("0.1 + 0.2", "0.3"),
        ("0.1 * 3 == 0.3", "true"),
        ("sum([0.1, 0.2, 0.3])", "0.6"),
        ("rate * 3", "0.3"),
        ("rate + rate + rate == 0.3", "true"),
        ("3 * 19.90", "59.70"),
        ("1.1 * 1.1", "1.21"),
        ("2 * 1.5", "3"),
        ("100 / 0.1", "1000"),
        ("7 / 2", "3.5"),
        ("59.70 / 3", "19.90"),
        ("10 / 3", "3.333333333333"),
        ("10 / 3 * 3", "10"),
        ("2 / 3", "0.666666666667"),
        ("1 / 3000000000000000", "0.000000000000000333333333333"),
        ("2 ** 0.5", "1.414213562373"),
        ("round(10 / 3, 2)", "3.33"),
        ("round(2.675, 2)", "2.68"),
        ("1e3 + 0.5", "1000.5"),
        ("1e21", "1000000000000000000000"),
        ("0.0000001", "0.0000001"),
        ("1234567890123456.78 + 0.01", "1234567890123456.79"),
        ("0.1 - 0.1", "0"),
        ("-0.0", "0"),
        ("max(0.1, rate, 0.10)", "0.1"),
        ("19.90 in [19.9]", "true"),
        ("text(19.90) + ' CHF'", "19.90 CHF"),
        ("format_number(1234567.5 * 2, 2)", "2,469,135.00"),
    ],
)
def test_arithmetic_gives_what_people_write(expression: str, shown: str) -> None:
    """Else somebody is charged 59.699999999999996, or a tenth of three isn't 0.3."""
    assert computed(expression, rate=0.1) == shown
    value = parse(expression).evaluate(Data(rate=0.1))
    assert not isinstance(value, float)


def test_an_expression_and_a_template_read_the_same_number() -> None:
    """A price beside a text and one by itself are the same price: Jinja's reader would make a fraction of it."""
    assert template("Price: {{ 19.90 }}").render(Data()) == "Price: 19.90"
    assert template("{% if x * 0.1 == 0.3 %}yes{% endif %}").render(Data(x=3)) == "yes"
    assert parse("19.90").evaluate(Data()) == Decimal("19.90")


@pytest.mark.parametrize("suffix", ["yaml", "json"])
def test_a_definition_keeps_its_digits(suffix: str) -> None:
    """An amount that stands in a definition as a number is the number that stands there."""
    text = '{"id": "a", "x": [19.90, 1234567890123456.78, 1e2, -0.50]}'
    document = source.read(text.encode(), f"a.{suffix}")[0]
    assert [str(each) for each in document.data["x"]] == ["19.90", "1234567890123456.78", "100", "-0.50"]


async def test_a_pinned_definition_keeps_its_digits(tmp_path: Path) -> None:
    """S22: what another process reads out of the store, it computes with the very same numbers."""
    text = """
        id: fee
        nodes:
          - {id: ask, type: form, fields: [{name: n, type: decimal, max: 99.90, places: 2, label: N}]}
          - {id: fee, type: set, values: {fee: 19.90, rate: "{{ ask.n * 0.050 }}"}}
          - {id: show, type: form, title: "{{ fee.fee }} and {{ fee.rate }}", fields: [{name: x, label: X}]}
        """.replace("\n        ", "\n")
    store = SqliteStore(tmp_path / "runs.db")
    await store.open()
    run = (await (await make_test_engine(text, store=store)).start("fee")).id
    other = await make_test_engine(HOTEL, store=store)
    person = Person(other, await other.load(run))
    await person.wrongly.says("99.91")
    person.sees(error="99.90")
    await person.says("10")
    person.sees(title="19.90 and 0.500")
    await other.close()


@asynccontextmanager
async def posting(definition: str) -> AsyncIterator[TestClient[Any, Any]]:
    app = wizard_app(await make_test_engine(definition))
    async with TestClient(TestServer(app)) as client:
        yield client


async def post(client: TestClient[Any, Any], path: str, raw: str, token: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    response = await client.post(f"/api/v1{path}", data=raw, headers=headers)
    assert response.status < 300, await response.text()
    return dict(await response.json())


@pytest.mark.parametrize(
    ("sent", "amount", "whole"),
    [
        ('{"amount": 1234567890123456.78}', "1234567890123456.78", None),
        ('{"amount": 100000000000000000000000.5}', "100000000000000000000000.5", None),
        ('{"amount": 1, "whole": 9007199254740993.0}', "1", 9007199254740993),
        ('{"amount": 1E+2}', "100", None),
        ('{"amount": 19.90}', "19.90", None),
        ('{"amount": 0.000000000001}', "0.000000000001", None),
    ],
)
async def test_numbers_in_json_keep_their_digits(sent: str, amount: str, whole: int | None) -> None:
    """An amount that a program sends as a number is stored as that number, and told as it was sent."""
    async with posting(MONEY) as client:
        run = await post(client, "/runs", '{"workflow": "money"}')
        after = await post(client, f"/runs/{run['id']}/next", f'{{"step": "a", "answers": {sent}}}', run["token"])
    assert after["answers"]["a"] == {"amount": amount, "whole": whole}


async def test_an_event_keeps_its_digits() -> None:
    """A payment of 1234567890123456.78 that a bank tells of isn't rounded on the way."""
    engine = await make_test_engine(MONEY)
    person = await (await Person.starts(engine, "money")).says(amount="1")
    await engine.event(person.run, "paid", {"amount": Decimal("1234567890123456.78")})
    person.sees(title="1234567890123456.88")


async def test_what_a_service_says_and_is_told_keeps_its_digits() -> None:
    """A price goes from one service to another through a run: 12.50 comes out as 12.50, and as a number."""
    heard: list[str] = []

    async def price(request: web.Request) -> web.Response:
        heard.append(await request.text())
        return web.Response(text='{"price": 1234567890123456.50}', content_type="application/json")

    app = web.Application()
    app.router.add_post("/", price)
    async with TestServer(app) as server:
        text = f"""
            id: prices
            nodes:
              - {{id: one, type: http, method: POST, url: "{server.make_url("/")}", body: {{fee: 19.90}}}}
              - {{id: two, type: http, method: POST, url: "{server.make_url("/")}",
                  body: {{price: "{{{{ one.body.price }}}}", half: "{{{{ one.body.price / 2 }}}}"}}}}
              - {{id: show, type: form, title: "{{{{ two.body.price }}}}", fields: [{{name: x, label: X}}]}}
            """.replace("\n            ", "\n")
        settings = Settings(allow_private_addresses=True)
        engine = await make_test_engine(text, settings=settings)
        person = await Person.starts(engine, "prices")
        person.sees(title="1234567890123456.50")
        await engine.close()
    assert heard == ['{"fee": 19.90}', '{"price": 1234567890123456.50, "half": 617283945061728.25}']


async def test_a_function_s_float_is_the_digits_that_it_prints() -> None:
    """A host's function gives 0.1: three of it are 0.3."""
    text = """
        id: rates
        nodes:
          - {id: rate, type: python, function: rate}
          - {id: show, type: form, title: "{{ rate.value * 3 }} {{ rate.value + 0.2 }}", fields: [{name: x, label: X}]}
        """.replace("\n        ", "\n")

    def rate() -> dict[str, float]:
        return {"value": 0.1}

    person = await Person.starts(await make_test_engine(text, functions={"rate": rate}), "rates")
    person.sees(title="0.3 0.3")


async def test_what_an_earlier_version_read_as_a_float_is_unchanged() -> None:
    """S10: background work that read 0.05 before an update isn't done again because it is a decimal since."""
    person = await Person.starts(await make_test_engine(HOTEL), "hotel")
    run = person.run.run._replace(session={"rate": Decimal("0.05"), "rates": [Decimal("0.1")]})
    frame = Scope(run, _frame(person), person.run.now)
    before = Scope(run._replace(session={"rate": 0.05, "rates": [0.1]}), _frame(person), person.run.now, record=True)
    for name in ("rate", "rates"):
        before.read(("session", name))
    assert frame.unchanged(before.digests())
    other = Scope(run._replace(session={"rate": Decimal("0.06"), "rates": []}), _frame(person), person.run.now)
    assert not other.unchanged(before.digests())


def _frame(person: Person) -> Any:
    from wizard.model.path import Frame

    return Frame(person.run.workflow)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**15), max_value=10**15, places=9))
def test_what_is_written_is_read_again(number: Decimal) -> None:
    """A number that goes out and comes in again, in a definition or in JSON, is the same number, digit for digit."""
    assert read_decimal(written(number)) == number
    assert json.loads(write_json({"x": [number]}), parse_float=read_decimal)["x"][0] == number
    assert "E" not in written(number)


@pytest.mark.parametrize("text", ["1e999", "-1e999", "0." + "1" * 1_000])
def test_a_number_beyond_all_bounds_is_refused(text: str) -> None:
    """A few characters can't stand for a number that fills the memory."""
    with pytest.raises(ValueError, match="too large"):
        read_decimal(text)


def test_json_is_written_as_before_where_there_are_no_decimals() -> None:
    """The version of a definition is a digest of its text: it doesn't change with the program."""
    value = {"b": [1, "ü\n\x7f", None, True, {"z": -3}], "a": {}}
    for sort in (False, True):
        plain = json.dumps(value, sort_keys=sort, ensure_ascii=False, separators=(",", ":"))
        assert write_json(value, sort_keys=sort, between=(",", ":")) == plain
