"""`http` nodes against a real server on a loopback port: what is sent, what comes back, what goes wrong."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.unit.nodes.handing import Data, Pauses, visit_of
from wizard.errors import Excuse, NodeFailed
from wizard.model import Proceed, Retry, Value
from wizard.node import Services
from wizard.node.retry import TryLater
from wizard.nodes.out.addresses import url_of
from wizard.nodes.out.http import HttpConfig, HttpNode
from wizard.settings import Settings

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Service:
    """The server that the node calls. `answers` is used up one by one; the last one stays."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.requests: list[web.BaseRequest] = []
        self.bodies: list[bytes] = []
        self.answers: list[Handler] = []
        self.services = Services(settings=Settings(allow_private_addresses=True))
        self.pauses = Pauses()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.requests.append(request)
        self.bodies.append(await request.read())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)

    def answer(self, *texts: str | bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        for text in texts:
            body = text.encode() if isinstance(text, str) else text
            self.answers.append(self._fixed(body, status, dict(headers or {})))

    def _fixed(self, body: bytes, status: int, headers: dict[str, str]) -> Handler:
        headers.setdefault("Content-Type", "application/json")

        async def fixed(_: web.BaseRequest) -> web.Response:
            return web.Response(body=body, status=status, headers=headers)

        return fixed

    async def call(self, path: str = "/", data: Mapping[str, Any] | None = None, **config: Any) -> dict[str, Value]:
        more = {name: config.pop(name) for name in ("retry", "timeout", "resumes") if name in config}
        node = HttpNode(self.pauses)
        config.setdefault("url", self.address + path)
        visit = visit_of(node, config, data, services=self.services, **more)
        assert not list(node.check(visit.config))
        outcome = await node.execute(visit)
        assert isinstance(outcome, Proceed)
        return dict(outcome.output)

    async def excuse(self, data: Mapping[str, Any] | None = None, **config: Any) -> object:
        """What people are told of the failure."""
        with pytest.raises(NodeFailed) as caught:
            await self.call("/", data, **config)
        return caught.value.people

    async def fail(self, path: str = "/", data: Mapping[str, Any] | None = None, **config: Any) -> str:
        """The message of the failure."""
        with pytest.raises(NodeFailed) as caught:
            await self.call(path, data, **config)
        return str(caught.value)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service(0)
    runner = web.ServerRunner(web.Server(made.handle, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.port = runner.addresses[0][1]
    yield made
    for shared in made.services.shared.values():
        await shared.close()
    await runner.cleanup()


# -- what is sent ------------------------------------------------------------------------------------


async def test_a_look_up(service: Service) -> None:
    """The everyday use: an answer of the person in the address, JSON back."""
    service.answer(
        '{"city": "Zürich", "area": 87.9, "districts": [1, 2]}', headers={"ETag": '"7"', "Set-Cookie": "a=b"}
    )
    output = await service.call("/addresses/{{ address.postcode }}", {"address": {"postcode": "8001"}})
    assert output == {
        "status": 200,
        "body": {"city": "Zürich", "area": Decimal("87.9"), "districts": [1, 2]},
        "headers": {"content-type": "application/json", "etag": '"7"'},
    }
    assert service.requests[0].method == "GET"
    assert service.requests[0].raw_path == "/addresses/8001"
    assert service.requests[0].headers["Idempotency-Key"] == "0123456789abcdef"
    assert service.requests[0].headers["User-Agent"].startswith("wizard/")


async def test_what_an_answer_puts_into_the_address_stays_in_its_place(service: Service) -> None:
    """A person who types `?admin=1` or a line break must not change which request is sent."""
    service.answer("{}")
    await service.call("/a/{{ x.v }}/b?q={{ x.v }}&z=1", {"x": {"v": "8/1?admin=1&z=2#f\r\nHost: evil é %2F"}})
    quoted = "8%2F1%3Fadmin%3D1%26z%3D2%23f%0D%0AHost%3A%20evil%20%C3%A9%20%252F"
    assert service.requests[0].raw_path == f"/a/{quoted}/b?q={quoted}&z=1"
    assert service.requests[0].host == f"127.0.0.1:{service.port}"


@pytest.mark.parametrize("value", ["..", ".", "../admin", "a/../../admin", "..\\admin", "a/./b"])
async def test_dots_that_would_lead_elsewhere_are_refused(service: Service, value: str) -> None:
    """Proxies resolve `..` also where it is encoded; an answer would choose the resource."""
    message = await service.fail("/users/{{ x.v }}", {"x": {"v": value}})
    assert "would change where it leads" in message
    assert service.requests == []


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(value=st.text(min_size=1, max_size=20))
def test_no_answer_leaves_its_place(value: str) -> None:
    """Whatever is typed: the host, the number of path segments and the other parameters stay."""
    config = HttpConfig.model_validate({"url": "https://example.com/a/{{ x.v }}/b?q={{ x.v }}&z=1"})
    try:
        url = url_of(config.url, config.query, Data({"x": {"v": value}}))
    except NodeFailed as error:
        assert "would change where it leads" in str(error)  # noqa: PT017
        return
    assert url.host == "example.com"
    assert len(url.raw_path.split("/")) == 4
    assert list(url.query) == ["q", "z"]
    assert url.query["q"] == value


async def test_filters_and_conditions_see_the_value_as_it_is(service: Service) -> None:
    """Quoting before computing would compare `Z%C3%BCrich` with `Zürich`."""
    service.answer("{}")
    await service.call('/{{ x.v | upper }}/{{ 1 if x.v == "zürich" else 2 }}', {"x": {"v": "zürich"}})
    assert service.requests[0].raw_path == "/Z%C3%9CRICH/1"


async def test_dates_and_numbers_are_sent_as_programs_write_them(service: Service) -> None:
    """In a text a date reads `27 March 1985`; no service understands that."""
    service.answer("{}")
    x = {"day": date(1985, 3, 27), "price": Decimal("1.50"), "yes": True}
    await service.call("/{{ x.day }}/{{ x.price }}/{{ x.yes }}", {"x": x}, headers={"X-Day": "{{ x.day }}"})
    assert service.requests[0].raw_path == "/1985-03-27/1.50/true"
    assert service.requests[0].headers["X-Day"] == "1985-03-27"


async def test_an_address_that_begins_with_an_expression_is_taken_as_it_is(service: Service) -> None:
    """A service may say itself where to go on; what follows is quoted all the same."""
    service.answer("{}")
    data = {"x": {"base": service.address + "/page?n=2#top", "v": "a b"}}
    await service.call(url="{{ x.base }}", data=data)
    await service.call(url=service.address + "/{{ x.v }}", data=data)
    assert [each.raw_path for each in service.requests] == ["/page?n=2", "/a%20b"]


@pytest.mark.parametrize("value", [None, [1], {"a": 1}])
async def test_a_value_that_is_missing_or_not_single_sends_nothing(service: Service, value: Value) -> None:
    """`DELETE /users/` is not what the author meant by `/users/{{ id }}`."""
    assert "a part of the service's address is" in await service.fail("/users/{{ x.v }}", {"x": {"v": value}})
    assert service.requests == []


async def test_query_values(service: Service) -> None:
    """Lists repeat their name, null is left out, and everything is quoted."""
    service.answer("{}")
    query = {"q": "{{ x.v }}", "tag": ["a&b", 2], "none": "{{ x.missing }}", "on": True}
    await service.call("/s", {"x": {"v": "a b&c=d"}}, query=query)
    await service.call("/s?fixed=1", {"x": {"v": ""}}, query={"q": "{{ x.v }}"})
    assert [each.raw_path for each in service.requests] == [
        "/s?q=a%20b%26c%3Dd&tag=a%26b&tag=2&on=true",
        "/s?fixed=1&q=",
    ]


async def test_a_group_is_no_query_value(service: Service) -> None:
    """A service would get Python's way of writing a dict."""
    assert "sent as q is not a single value" in await service.fail(query={"q": {"a": 1}})


async def test_a_json_body_keeps_types(service: Service) -> None:
    """The service must get a number as a number and a date as ISO text."""
    service.answer("{}", status=201)
    body = {"name": "{{ x.name }}", "born": "{{ x.born }}", "n": "{{ x.n }}", "note": "Dear {{ x.name }}"}
    x = {"name": "Ünal", "born": date(1985, 3, 27), "n": 3}
    output = await service.call(method="POST", body=body, data={"x": x})
    assert output["status"] == 201
    assert json.loads(service.bodies[0]) == {"name": "Ünal", "born": "1985-03-27", "n": 3, "note": "Dear Ünal"}
    assert service.requests[0].headers["Content-Type"] == "application/json"


async def test_form_and_text_bodies(service: Service) -> None:
    """Older services take forms; hooks often take plain text."""
    service.answer("{}")
    await service.call(method="POST", form={"a": "{{ x.v }}", "b": [1, 2]}, data={"x": {"v": "1&2"}})
    await service.call(method="PUT", text="Hello {{ x.v }}", data={"x": {"v": "é"}})
    assert service.bodies == [b"a=1%262&b=1&b=2", "Hello é".encode()]
    assert service.requests[0].headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert service.requests[1].headers["Content-Type"] == "text/plain; charset=utf-8"


async def test_headers_are_sent_and_replace_the_engines(service: Service) -> None:
    """An API may want its own media type; two Content-Types would be none."""
    service.answer("{}")
    headers = {"Authorization": "Bearer {{ x.token }}", "content-type": "application/vnd.api+json"}
    await service.call(method="POST", body={}, headers=headers, data={"x": {"token": "t0ken"}})
    assert service.requests[0].headers["Authorization"] == "Bearer t0ken"
    assert service.requests[0].headers.getall("Content-Type") == ["application/vnd.api+json"]


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\x00b", "a" * 8001])
async def test_a_header_stays_one_line(service: Service, value: str) -> None:
    """An answer with a line break must not add headers, and the message must not repeat it."""
    message = await service.fail(headers={"X-Name": "{{ x.v }}"}, data={"x": {"v": value}})
    assert message == "What is to be sent as the header X-Name isn't one line of text."
    assert service.requests == []


# -- what comes back ---------------------------------------------------------------------------------


async def test_text_and_nothing(service: Service) -> None:
    """Not every service speaks JSON, and many answer with nothing."""
    service.answer("héllo", headers={"Content-Type": "text/plain; charset=utf-8"})
    service.answer("héllo".encode("latin-1"), headers={"Content-Type": "text/plain; charset=latin-1"})
    service.answer(b"\xff!", headers={"Content-Type": "text/plain; charset=nonsense"})
    service.answer(b"abc", headers={"Content-Type": "text/plain; charset=idna"})
    service.answer("", status=204)
    bodies = [(await service.call())["body"] for _ in range(5)]
    assert bodies == ["héllo", "héllo", "\ufffd!", "abc", None]


async def test_json_of_a_special_kind(service: Service) -> None:
    """`application/problem+json` is JSON as well."""
    service.answer("[1]", headers={"Content-Type": "application/problem+json"})
    assert (await service.call())["body"] == [1]


@pytest.mark.parametrize("text", ["{", "NaN", "[Infinity]", '"\xff', "1" * 5000, "1e999"])
async def test_invalid_json_is_the_services_fault(service: Service, text: str) -> None:
    """An answer that can't be understood must not be taken for an empty one."""
    service.answer(text.encode("latin-1"))
    assert await service.fail() == "The service 127.0.0.1 answered with invalid JSON."


@pytest.mark.parametrize("text", [r'"\ud800"', "[" * 40 + "]" * 40, "[" * 100_000])
async def test_what_cannot_be_stored_is_refused(service: Service, text: str) -> None:
    """It would break the turn when it is saved, after the effect."""
    service.answer(text)
    assert (await service.fail()).startswith("The answer of the service 127.0.0.1 ")


async def test_headers_that_are_no_text_can_be_stored(service: Service) -> None:
    """One strange byte in a header must not lose the answer."""
    service.answers = [self_made_header]
    output = await service.call()
    assert output["headers"]["x-request-id"] == "a?b"


async def self_made_header(request: web.BaseRequest) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.write(
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Request-Id: a\xffb\r\nConnection: close\r\n\r\n"
    )
    request.transport.close()
    return web.Response()


async def test_a_huge_answer_is_cut_off(service: Service) -> None:
    """A service that streams without end must not fill the memory."""
    sent = 0

    async def stream(request: web.BaseRequest) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(1000):
            await response.write(b"x" * 100_000)
            sent += 100_000
        return response

    service.answers = [stream]
    assert await service.fail() == "The service 127.0.0.1 answered with more than 1,000,000 bytes."
    assert sent < 20_000_000


async def test_a_compressed_bomb_is_cut_off(service: Service) -> None:
    """A few kilobytes can unpack to gigabytes."""

    async def bomb(_: web.BaseRequest) -> web.Response:
        return web.Response(body=zlib.compress(b"0" * 20_000_000), headers={"Content-Encoding": "deflate"})

    service.answers = [bomb]
    assert "more than 1,000,000 bytes" in await service.fail()


async def test_the_setting_limits_what_a_definition_may_ask_for(service: Service) -> None:
    """Authors choose how much they need; operators how much there is at most."""
    service.services = replace(service.services, settings=Settings(allow_private_addresses=True, http_max_response=10))
    service.answer("12345678901")
    assert "more than 10 bytes" in await service.fail(max_response=500)
    assert "more than 5 bytes" in await service.fail(max_response=5)


# -- what goes wrong ---------------------------------------------------------------------------------


async def test_an_unavailable_service_is_tried_again_with_the_same_key(service: Service) -> None:
    """The service must be able to see that the second request is the first one again (S21)."""
    service.answer("", "", status=503)
    service.answer('{"ok": true}')
    retry = Retry(attempts=3, backoff=timedelta(seconds=2))
    output = await service.call(method="POST", body={"a": 1}, retry=retry)
    assert output["body"] == {"ok": True}
    assert {each.headers["Idempotency-Key"] for each in service.requests} == {"0123456789abcdef"}
    assert service.bodies == [b'{"a": 1}'] * 3
    assert len(service.pauses) == 2
    assert 1 <= service.pauses[0] <= 2 <= service.pauses[1] <= 4


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_attempts_are_limited(service: Service, status: int) -> None:
    """A service that stays down must give the person an error, not a spinner."""
    service.answer("", status=status)
    message = await service.fail(retry=Retry(attempts=2))
    assert message == f"The service 127.0.0.1 answered with the status {status}, which isn't a success."
    assert len(service.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 500, 501])
async def test_other_errors_are_not_tried_again(service: Service, status: int) -> None:
    """What is wrong with the request is as wrong the second time."""
    service.answer("", status=status)
    await service.fail(retry=Retry(attempts=3))
    assert len(service.requests) == 1


async def test_expected_statuses_are_answers(service: Service) -> None:
    """A 404 can be the answer that the author asked for; then 200 isn't one any more."""
    service.answer('{"known": false}', status=404)
    assert (await service.call(expect=[404]))["body"] == {"known": False}
    assert "status 404" in await service.fail(expect=[200])


@pytest.mark.parametrize(
    ("after", "least"),
    [("4", 4), ("Fri, 27 Mar 2026 12:00:05 GMT", 5), ("Fri, 27 Mar 2026 11:00:00 GMT", 0), ("soon", 0), ("-5", 0)],
)
async def test_retry_after_is_honoured(service: Service, after: str, least: float) -> None:
    """A service that says when to come back must not be asked before."""
    service.answer("", status=429, headers={"Retry-After": after})
    service.answer("{}")
    await service.call(retry=Retry(attempts=2, backoff=timedelta(seconds=1)))
    assert len(service.pauses) == 1
    assert max(least, 0.5) <= service.pauses[0] <= max(least, 1)


async def test_a_service_that_wants_to_be_left_alone_for_long_is_called_by_a_job(service: Service) -> None:
    """Nothing waits here for the minute that it says; where the author allows an hour, an hour it is."""
    for seconds, allowed in ((40, 1), (3000, 3600)):
        service.answers.clear()
        service.answer("", status=503, headers={"Retry-After": str(seconds)})
        retry = Retry(attempts=3, max_backoff=timedelta(seconds=allowed))
        with pytest.raises(TryLater) as caught:
            await service.call(retry=retry, resumes=True)
        assert (caught.value.seconds, caught.value.tried) == (seconds, 1)
    assert service.pauses == []


async def test_nobody_waits_for_hours(service: Service) -> None:
    """A person is waiting; better an error now than a page that hangs."""
    service.answer("", status=503, headers={"Retry-After": "3600"})
    await service.fail(retry=Retry(attempts=3))
    assert service.pauses == []
    assert len(service.requests) == 1


async def test_a_slow_service_runs_into_the_time_limit(service: Service) -> None:
    """The limit is for each try; a slow body counts like a slow start."""

    async def slow(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"{")
        await asyncio.sleep(30)
        return response

    service.answers = [slow]
    message = await service.fail(timeout=timedelta(milliseconds=100), retry=Retry(attempts=2))
    assert message == "The service 127.0.0.1 didn't answer within 0.1 seconds."
    assert len(service.requests) == 2


async def test_a_service_that_breaks_off_is_tried_again(service: Service) -> None:
    """Half an answer isn't one."""

    async def half(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100", "Content-Type": "application/json"})
        await response.prepare(request)
        await response.write(b"{")
        assert request.transport is not None
        request.transport.close()
        return response

    service.answers = [half]
    service.answer('{"ok": 1}')
    assert (await service.call(method="POST", retry=Retry(attempts=2)))["body"] == {"ok": 1}


async def test_a_service_that_is_down_is_named_without_its_secrets(service: Service) -> None:
    """The message goes to a person and into logs."""
    service.answer("{}")
    message = await service.fail(
        url="http://127.0.0.1:1/path-secret?key=query-secret",
        headers={"Authorization": "header-secret"},
        method="POST",
        body={"a": "body-secret"},
    )
    assert message == "The service 127.0.0.1 can't be reached, or it broke off."


async def test_errors_of_the_service_show_no_secrets(service: Service) -> None:
    """Nor do the messages about answers."""
    service.answer("answer-secret", status=400, headers={"X-Secret": "secret"})
    message = await service.fail("/path-secret?key=query-secret", headers={"Authorization": "header-secret"})
    assert "secret" not in message


async def test_redirects_are_not_followed(service: Service) -> None:
    """A header with a token would go to whoever the service names."""
    service.answer("", status=302, headers={"Location": f"{service.address}/elsewhere"})
    assert "has moved" in await service.fail()
    assert len(service.requests) == 1
    assert (await service.call(expect=[302]))["headers"]["location"] == f"{service.address}/elsewhere"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_private_addresses_are_refused_by_default(service: Service, host: str) -> None:
    """A definition, or an answer in it, must not reach into the operator's network."""
    service.services = replace(service.services, settings=None)
    message = await service.fail(url=f"http://{host}:{service.port}/", retry=Retry(attempts=3))
    assert message.startswith(f"The service {host} has a private or reserved address")
    assert "WIZARD_ALLOW_PRIVATE_ADDRESSES" in message
    assert service.requests == []
    assert service.pauses == []


async def test_a_service_without_a_valid_certificate(service: Service) -> None:
    """Plain HTTP on an https address must not be retried for minutes."""
    service.answer("{}")
    message = await service.fail(url=f"https://127.0.0.1:{service.port}/", retry=Retry(attempts=3))
    assert message.startswith("There is no safe connection to 127.0.0.1")
    assert service.pauses == []


# -- the definition ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("ftp://example.com/", "starts with http"),
        ("example.com/{{ x.v }}", "starts with http"),
        ("https://example.com/a b", "percent-encoded"),
        ("https://example.com/é", "percent-encoded"),
        ("https://example.com/#top", "#"),
        ("https://example.com/{% if x.v %}a{% endif %}", "no {% blocks %}"),
        ("https://example.com/{{ x.v", "unexpected end|expression|end of"),
        ("https://example.com/{{ x.v ) }}", "unexpected '\\)'"),
        ("https://example.com/{{ import x }}", r"url\.1"),
        ("", "missing"),
        (7, "an address is text"),
    ],
)
def test_addresses_that_cannot_work_are_found_at_load(url: object, why: str) -> None:
    """The author should learn it from `wizard check`, not from a person's complaint."""
    with pytest.raises(ValidationError, match=why):
        HttpConfig.model_validate({"url": url})


@pytest.mark.parametrize(
    ("config", "place", "why"),
    [
        ({"headers": {"Host": "x"}}, ("headers", "Host"), "set by the engine"),
        ({"headers": {"idempotency-KEY": "x"}}, ("headers", "idempotency-KEY"), "set by the engine"),
        ({"headers": {"a b": "x"}}, ("headers", "a b"), "can't be the name"),
        ({"method": "POST", "body": 1, "text": "x"}, ("text",), "as well as body"),
        ({"form": {"a": 1}}, ("form",), "GET sends no form"),
    ],
)
def test_contradictions_are_found_at_load(config: dict[str, Any], place: tuple[str, ...], why: str) -> None:
    """Each is named where it stands in the definition."""
    checked = HttpConfig.model_validate({"url": "https://example.com/", **config})
    problems = list(HttpNode().check(checked))
    assert [each for each, _ in problems] == [place]
    assert why in problems[0][1]


def test_names_in_the_address_are_known_without_running_it() -> None:
    """The checker warns of names that don't exist, and of what is read (S10)."""
    config = HttpConfig.model_validate({"url": "https://{{ a.b }}.example.com/{{ c | upper }}?{# note #}x={{ d.e.f }}"})
    assert {chain for part in config.url for chain in part.chains} == {("a", "b"), ("c",), ("d", "e", "f")}


def test_later_nodes_know_what_it_gives() -> None:
    """`lookup.boddy` should be found before a run starts."""
    config = HttpConfig.model_validate({"url": "https://example.com/"})
    assert HttpNode().outputs(config) == {"status", "body", "headers", "error"}
    assert not HttpNode.pure


def test_the_schema_shows_the_address_as_text() -> None:
    """Editors complete from the schema; the parts are nobody's business."""
    assert HttpConfig.model_json_schema()["properties"]["url"]["type"] == "string"


async def test_people_read_the_authors_words_about_a_status(service: Service) -> None:
    """“Status 409” says nothing to somebody whose appointment was taken a second ago."""
    messages = {"409": "{{ a.time }} has been taken.", "503": "The office is closed."}
    service.answer("{}", status=409)
    assert await service.excuse({"a": {"time": "9:30"}}, messages=messages) == "9:30 has been taken."
    service.answers.clear()
    service.answer("{}", status=503)
    assert await service.excuse(messages=messages, retry=Retry(attempts=2)) == "The office is closed."
    assert len(service.requests) == 3
    service.answers.clear()
    service.answer("{}", status=410)
    assert await service.excuse(messages=messages) is Excuse.SERVICE
    assert "the status 410" in await service.fail(messages=messages)
    service.answers.clear()
    service.answer("{}", status=409)
    assert await service.excuse({"a": {}}, messages={"409": "{{ a.time }}"}) is Excuse.SERVICE  # it says nothing
