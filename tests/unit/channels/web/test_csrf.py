"""Cookies and keys of forms: what opens a run, and what a page elsewhere can't make."""

from __future__ import annotations

import pytest

from wizard.channels.web.csrf import (
    LONGEST_COOKIES,
    RUN,
    START,
    CookieWriter,
    cookies,
    form_key,
    is_foreign,
    is_key,
    is_token,
)

VISITOR, OTHER = "v" * 22, "o" * 22  # fixed: they are part of names of tests
TOKEN = "t" * 32


def test_a_form_key_holds_for_its_visitor_purpose_and_subject_only() -> None:
    """A key that is good for anything else lets one page's form be sent in another's name."""
    key = form_key(VISITOR, RUN, TOKEN)
    assert is_key(key, VISITOR, RUN, TOKEN)
    assert not is_key(key, OTHER, RUN, TOKEN)
    assert not is_key(key, VISITOR, START, TOKEN)
    assert not is_key(key, VISITOR, RUN, TOKEN + "x")
    assert len(key) == 43


def test_purpose_and_subject_do_not_run_together() -> None:
    """`a` and `bc` must not make the key of `ab` and `c`."""
    assert form_key(VISITOR, "a", "bc") != form_key(VISITOR, "ab", "c")


@pytest.mark.parametrize("given", ["", "x", "\udc80", "ä" * 43, "x" * 10_000])
def test_what_is_no_key_is_refused_and_not_an_error(given: str) -> None:
    """Forms come from anywhere."""
    assert not is_key(given, VISITOR, RUN, TOKEN)


def test_without_a_secret_no_key_holds() -> None:
    """Whoever sends no cookie could make the key of an empty secret."""
    assert not is_key(form_key("", RUN, TOKEN), "", RUN, TOKEN)


def test_a_visitors_secret_is_new_each_time_and_has_128_bits() -> None:
    """A secret that can be guessed protects nobody."""
    assert VISITOR != OTHER
    assert len(VISITOR) == 22
    assert is_token(VISITOR)


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (f"wizard_run={TOKEN}", {"wizard_run": TOKEN}),
        (f"a=b; wizard_run={TOKEN}; c=d", {"wizard_run": TOKEN}),
        (f"wizard_visitor={VISITOR};wizard_run={TOKEN}", {"wizard_visitor": VISITOR, "wizard_run": TOKEN}),
        (f"wizard_run={TOKEN}; wizard_run={'u' * 32}", {"wizard_run": TOKEN}),
        (f"xwizard_run={TOKEN}", {}),
        (f'wizard_run="{TOKEN}"', {}),
        ("wizard_run=", {}),
        ("wizard_run=short", {}),
        (f"wizard_run={'x' * 201}", {}),
        (f"wizard_run={TOKEN}\x00", {}),
        ("wizard_run=\udcff\udcfe" + TOKEN, {}),
        ("; ; ;=; =a; \t", {}),
        ('wizard_run="\\777; expires=Thu, 99-Foo-9999; wizard_run=[]', {}),
        ("a=" + "b" * LONGEST_COOKIES + f"; wizard_run={TOKEN}", {}),
    ],
)
def test_cookies_are_read_or_count_as_none(header: str, found: dict[str, str]) -> None:
    """Other applications of the same host, and attackers, put anything into this header."""
    assert cookies([header]) == found


def test_cookies_may_come_in_several_headers() -> None:
    """HTTP/2 sends each in its own (RFC 9113, 8.2.3), and some proxies leave it so."""
    found = cookies([f"wizard_visitor={VISITOR}", f"wizard_run={TOKEN}"])
    assert found == {"wizard_visitor": VISITOR, "wizard_run": TOKEN}
    assert cookies([]) == {}


def test_a_runs_cookie_goes_to_its_addresses_alone_and_no_script() -> None:
    """A token that scripts or other addresses get is a token that is stolen."""
    assert CookieWriter(secure=False).run(TOKEN, "/r/abc", 60) == (
        f"wizard_run={TOKEN}; Path=/r/abc; Max-Age=60; HttpOnly; SameSite=Lax"
    )
    assert CookieWriter(secure=True).run(TOKEN, "/r/abc", -5) == (
        f"wizard_run={TOKEN}; Path=/r/abc; Max-Age=1; HttpOnly; Secure; SameSite=Lax"
    )
    assert CookieWriter(secure=True).visitor(VISITOR, "/forms/") == (
        f"wizard_visitor={VISITOR}; Path=/forms/; HttpOnly; Secure; SameSite=Lax"
    )


def test_in_a_frame_cookies_are_sent_from_within_another_site() -> None:
    """Without SameSite=None no browser sends them there; without https none takes that."""
    assert CookieWriter(secure=True, framed=True).run(TOKEN, "/r/abc", 60) == (
        f"wizard_run={TOKEN}; Path=/r/abc; Max-Age=60; HttpOnly; Secure; SameSite=None; Partitioned"
    )
    assert CookieWriter(secure=False, framed=True).visitor(VISITOR, "/").endswith("; HttpOnly; SameSite=Lax")


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "Cross-Site"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://other.forms.example"}, True),
        ({"Origin": "https://forms.example:8443"}, False),
        ({"Origin": "HTTPS://Forms.Example:8443"}, False),
        ({"Origin": "https://forms.example"}, True),
        ({"Origin": "https://evil.example"}, True),
        ({"Origin": "null"}, True),
        ({"Origin": "http://[broken"}, True),
        ({"Origin": "https://forms.example:8443@evil.example"}, True),
    ],
)
def test_a_post_from_another_sites_page_is_known(headers: dict[str, str], foreign: bool) -> None:
    """Its form is somebody else's, whatever key is in it; browsers that say nothing are left to the key."""
    assert is_foreign(headers, "forms.example:8443") is foreign
