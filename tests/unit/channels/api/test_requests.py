"""The members of bodies: what is taken, what is refused, and what each refusal says."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from wizard.channels.api.requests import CHANGE, EVENT, NEXT, START, revision_of
from wizard.channels.conversation.message_json import SAY
from wizard.channels.http.members import Body
from wizard.channels.http.problems import INVALID_REQUEST, Refused
from wizard.engine.asks import MAX_KEY

FILE = {"name": "a.pdf", "content": "aGk="}


@pytest.mark.parametrize(
    ("members", "body", "said"),
    [
        (START, {}, "`workflow` is missing"),
        (START, {"workflow": 1}, "`workflow` must be text"),
        (START, {"workflow": ""}, "`workflow` must be text"),
        (START, {"workflow": "w" * 501}, "`workflow` must be text"),
        (START, {"workflow": None}, "`workflow` must be text"),
        (START, {"workflow": "w", "input": []}, "`input` must be an object"),
        (START, {"workflow": "w", "token": "t"}, "no member `token`"),
        (NEXT, {"answers": None}, "`answers` must be an object"),
        (NEXT, {"revision": True}, "`revision` must be a whole number"),
        (NEXT, {"revision": -1}, "`revision` must be a whole number"),
        (NEXT, {"revision": Decimal("1.5")}, "`revision` must be a whole number"),
        (NEXT, {"revision": Decimal("1e300")}, "`revision` must be a whole number"),
        (NEXT, {"revision": None}, "`revision` must be a whole number"),
        (NEXT, {"revision": "1"}, "`revision` must be a whole number"),
        (NEXT, {"revision": 10**30}, "`revision` must be a whole number"),
        (NEXT, {"partial": 1}, "`partial` must be true or false"),
        (CHANGE, {"answers": {}}, "`step` is missing"),
        (
            EVENT,
            {"name": "no name"},
            "`name` must be 1 to 64 letters, digits and underscores, and not begin with a digit",
        ),
        (EVENT, {"name": "paid\n"}, "`name` must be 1 to 64 letters"),
        (EVENT, {"name": "n" * 65}, "`name` must be 1 to 64 letters"),
        (EVENT, {"name": "paid", "key": ""}, f"`key` must be text of 1 to {MAX_KEY} characters"),
        (EVENT, {"name": "paid", "key": "k" * (MAX_KEY + 1)}, "`key` must be text"),
        (SAY, {"files": "a.pdf"}, "`files` must be a list of at most 10 objects"),
        (SAY, {"files": [FILE] * 11}, "`files` must be a list of at most 10 objects"),
        (SAY, {"files": [FILE, "a.pdf"]}, r"`files\[1\]` must be as its schema says, `FileSaid`"),
        (SAY, {"files": [{"name": "a.pdf"}]}, r"`files\[0\].content` is missing"),
        (SAY, {"files": [FILE | {"name": "n" * 1001}]}, r"`files\[0\].name` must be text of at most 1,000 characters"),
        (SAY, {"files": [FILE | {"size": 1}]}, r"there is no member `files\[0\].size`"),
    ],
)
def test_members_have_names_and_types(members: Body[Any], body: dict[str, Any], said: str) -> None:
    """A misspelt member that is passed over silently loses an answer or a revision check."""
    with pytest.raises(Refused, match=said) as caught:
        members.check(body)
    assert caught.value.type is INVALID_REQUEST


def test_all_that_is_wrong_is_said_at_once_and_briefly() -> None:
    """A caller mends a body in one go; a hostile one gets no page of its own words back."""
    with pytest.raises(Refused) as caught:
        NEXT.check({"step": 1, "x" * 5000: 1, "answers": 2})
    assert "`step`" in caught.value.detail
    assert "`answers`" in caught.value.detail
    assert len(caught.value.detail) < 300


def test_the_revision_comes_in_the_body_or_in_a_header() -> None:
    """Clients of caches use ETags, others the member; both protect from acting on something old."""

    def seen(body: dict[str, Any], header: str | None = None) -> int | None:
        return revision_of(
            make_mocked_request("POST", "/", {} if header is None else {"If-Match": header}), body.get("revision")
        )

    assert seen({}) is None
    assert seen({}, "*") is None
    assert seen({"revision": 3}) == 3
    assert seen({}, '"3"') == 3
    assert seen({"revision": 3}, '"3"') == 3
    for body, header in (
        ({"revision": 4}, '"3"'),
        ({}, "3"),
        ({}, 'W/"3"'),
        ({}, '"3", "4"'),
        ({}, '"' + "9" * 50 + '"'),
    ):
        with pytest.raises(Refused):
            seen(body, header)


def test_a_body_stays_as_it_was_sent() -> None:
    """A member that was left out isn't one that is null: an answer that came without `keep` would be another request
    than the same one before, and so no repetition of it."""
    for body in ({}, {"step": "a", "answers": {"b": {"c": [Decimal("1.10"), None]}}, "keep": False}):
        assert NEXT.check(body) == body
    assert EVENT.check({"name": "paid", "data": None}) == {"name": "paid", "data": None}


def test_a_whole_number_with_a_point_is_one() -> None:
    """JSON knows one kind of numbers, and some languages write 3 as 3.0."""
    body = NEXT.check({"revision": Decimal("3.0")})
    assert body == {"revision": 3}
    assert type(body["revision"]) is int


def test_thousands_of_unknown_members_are_refused_as_one_is() -> None:
    """A hostile body must cost no more than it takes to read it."""
    with pytest.raises(Refused, match="there is no member `n0` here") as caught:
        NEXT.check({f"n{number}": 1 for number in range(50_000)})
    assert str(caught.value).count("there is no member") == 20
