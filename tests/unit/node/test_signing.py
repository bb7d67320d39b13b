"""Signatures of messages (wizard.node.signing)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.node.signing import (
    ID,
    SIGNATURE,
    TIMESTAMP,
    TOLERANCE,
    NotSigned,
    check_signed,
    new_secret,
    secret_of,
    signature,
    signed_headers,
)

SECRET, OTHER = secret_of(new_secret()), secret_of(new_secret())
AT = 1_796_000_000

ids = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
bodies = st.binary(max_size=200)


def test_the_example_of_the_standard_is_signed_alike() -> None:
    """Services check with libraries of Standard Webhooks; this is the example of its specification."""
    secret = secret_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature([secret], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(ids, bodies, st.integers(-TOLERANCE, TOLERANCE))
def test_what_is_signed_is_taken_within_the_window(message_id: str, body: bytes, skew: int) -> None:
    """A service whose clock is a little off is a good service still."""
    check_signed(SECRET, message_id, signed_headers([OTHER, SECRET], message_id, AT, body), body, AT + skew)


@given(ids, bodies, st.data())
def test_nothing_that_was_changed_is_taken(message_id: str, body: bytes, data: st.DataObject) -> None:
    """Whoever stands between could otherwise answer in the service's name: with another body, an old one, one that was
    signed for another call, or with a call handed back as its own answer."""
    headers = signed_headers([SECRET], message_id, AT, body)
    secret, given_id, now = SECRET, message_id, AT
    match data.draw(st.sampled_from(["body", "id", "late", "early", "secret", "unsigned", "time", "garbage"])):
        case "body":
            body += b" "
        case "id":
            given_id = f"re_{message_id}"
        case "late":
            now += TOLERANCE + data.draw(st.integers(1, 10**9))
        case "early":
            now -= TOLERANCE + data.draw(st.integers(1, 10**9))
        case "secret":
            secret = OTHER
        case "unsigned":
            del headers[data.draw(st.sampled_from([ID, TIMESTAMP, SIGNATURE]))]
        case "time":
            headers[TIMESTAMP] = data.draw(st.sampled_from([str(AT + 1), "", "now", "-1", "9" * 30, "1.5"]))
        case "garbage":
            headers[SIGNATURE] = data.draw(st.text(max_size=60).filter(lambda text: headers[SIGNATURE] not in text))
    with pytest.raises(NotSigned):
        check_signed(secret, given_id, headers, body, now)


@pytest.mark.parametrize("written", ["", "hidden", "whsec_c2hvcnQ=", "whsec_" + "A" * 200, "whsec_" + "!" * 40])
def test_a_secret_that_is_none_is_refused_and_not_told(written: str) -> None:
    """A secret with a slip in it would never fit the other side's; in a message, others would read it."""
    with pytest.raises(ValueError, match="24 to 64 bytes") as refused:
        secret_of(written)
    assert written == "" or written not in str(refused.value)


def test_the_call_in_the_documentation_is_signed() -> None:
    """Whoever writes a service tries the check with it: with a wrong signature they would look for a mistake that
    isn't theirs."""
    text = (Path(__file__).parents[3] / "docs" / "remote-nodes.md").read_text()
    secret = re.search(r"the secret `(whsec_[^`]+)`", text)
    call = re.search(r"```http\nPOST .*?\n(.*?)\n\n(.*?)\n```", text, re.DOTALL)
    assert secret is not None
    assert call is not None
    headers = dict(line.split(": ", 1) for line in call[1].splitlines())
    check_signed(secret_of(secret[1]), headers[ID], headers, call[2].encode(), int(headers[TIMESTAMP]))
