"""What opens a run in a browser, and what shows that a form was sent from one of our own pages.

A run's token travels in a cookie that only the run's own addresses get. Against forged requests (CSRF) each
form carries a key: a keyed hash of what the form is for (its purpose, and the run's token or the workflow's
id) under the visitor's secret, which is in a cookie of its own. A page elsewhere knows neither of the two.
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

RUN_COOKIE = "wizard_run"
VISITOR_COOKIE = "wizard_visitor"
ANSWERED_COOKIE = "wizard_answered"
STARTED_COOKIE = "wizard_started"
LONGEST_COOKIES = 16_000  # characters of Cookie headers that are looked at

START, RUN = "start", "run"  # the purposes of a form

_COOKIES = frozenset((RUN_COOKIE, VISITOR_COOKIE, ANSWERED_COOKIE, STARTED_COOKIE))
_PAIR = re.compile(r"(?:^|;)[ \t]*(?P<name>[\w-]{1,60})=(?P<value>[A-Za-z0-9_-]{16,200})[ \t]*(?=;|$)", re.ASCII)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,200}")


def new_visitor() -> str:
    """A visitor's secret: 128 random bits."""
    return secrets.token_urlsafe(16)


def form_key(visitor: str, purpose: str, subject: str) -> str:
    """The key of a form: HMAC-SHA256 under the visitor's secret, 43 url-safe characters. `subject` is the
    run's token, or what else only the form's rightful sender can name."""
    mac = hmac.digest(visitor.encode(), f"{purpose}\0{subject}".encode("utf-8", "replace"), "sha256")
    return urlsafe_b64encode(mac).rstrip(b"=").decode()


def is_key(text: str, visitor: str, purpose: str, subject: str) -> bool:
    """Whether `text` is the form's key; compared in constant time. Without a visitor's secret, none is."""
    wanted = form_key(visitor, purpose, subject)
    return bool(visitor) and hmac.compare_digest(text.encode("utf-8", "replace"), wanted.encode())


def is_token(text: str) -> bool:
    """Whether the text could be a run's token at all."""
    return _TOKEN.fullmatch(text) is not None


def cookies(headers: Iterable[str]) -> dict[str, str]:
    """Our cookies out of the Cookie headers' values: well-formed ones only, of two with one name the first,
    which is the one with the longer path (RFC 6265, 5.4). Whatever else is sent counts as none."""
    values: dict[str, str] = {}
    for match in _PAIR.finditer(";".join(headers)[:LONGEST_COOKIES]):
        if match["name"] in _COOKIES:
            values.setdefault(match["name"], match["value"])
    return values


_PAGE, _MARK, _MOST_PAGES = 8, 16, 8  # digits of a page's number and of a step's mark; how many are remembered


def new_page() -> str:
    """Tells a page that is shown apart from all others, a step's own earlier ones included: 8 hexadecimal digits."""
    return secrets.token_hex(_PAGE // 2)


def answered_with(answered: str, page: str) -> str:
    """The mark of the step as this very page answered it, as the browser's cookie says; "" where it says nothing. A
    page that the browser kept in its memory still has the mark of before."""
    return next((entry[_PAGE:] for entry in _entries(answered) if page and entry.startswith(page)), "")


def answered_now(answered: str, page: str, mark: str) -> str:
    """The cookie's value after a page answered its step, which has that mark now; "" where there is none."""
    if len(page) != _PAGE or len(mark) != _MARK:
        return ""
    others = [entry for entry in _entries(answered) if len(entry) == _PAGE + _MARK and not entry.startswith(page)]
    return "".join([page + mark, *others[: _MOST_PAGES - 1]])


def _entries(answered: str) -> Iterator[str]:
    """The entries of the cookie: a page's number and the mark that its step had after it."""
    length = _PAGE + _MARK
    return (answered[at : at + length] for at in range(0, len(answered), length))


@dataclass(frozen=True, slots=True)
class CookieWriter:
    """How this server writes cookies: `secure` where the request came over https, `framed` where pages may
    be shown inside another site's."""

    secure: bool
    framed: bool = False

    def run(self, token: str, path: str, seconds: int) -> str:
        """The Set-Cookie header of a run's token, for the run's addresses below `path`, as long as the run lasts."""
        return self._written(RUN_COOKIE, token, f"; Path={path}; Max-Age={max(1, seconds)}")

    def answered(self, value: str, path: str) -> str:
        """The Set-Cookie header of which pages answered which steps of a run."""
        return self._written(ANSWERED_COOKIE, value, f"; Path={path}")

    def started(self, run_id: str, path: str, seconds: int) -> str:
        """The Set-Cookie header of the run that was started last at the start page `path`; it opens nothing."""
        return self._written(STARTED_COOKIE, quote(run_id, safe=""), f"; Path={path}; Max-Age={max(1, seconds)}")

    def visitor(self, secret: str, root: str) -> str:
        """The Set-Cookie header of a visitor's secret; it goes when the browser is closed."""
        return self._written(VISITOR_COOKIE, secret, f"; Path={root}")

    def _written(self, name: str, value: str, where: str) -> str:
        # A page in another site's frame is sent cookies only with SameSite=None, which needs https;
        # Partitioned keeps them apart from those of the same pages elsewhere (CHIPS).
        site = "; Secure; SameSite=None; Partitioned" if self.framed and self.secure else "; SameSite=Lax"
        secure = "; Secure" if self.secure and not self.framed else ""
        return f"{name}={value}{where}; HttpOnly{secure}{site}"


def is_foreign(headers: Mapping[str, str], host: str) -> bool:
    """Whether a POST comes from a page of another site (Sec-Fetch-Site; else Origin). A frame of ours in
    another site's page is no exception: its own posts are same-origin."""
    site = headers.get("Sec-Fetch-Site", "").strip().lower()
    if site in ("same-origin", "none"):
        return False
    if site == "cross-site":
        return True
    origin = headers.get("Origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin.strip()).netloc.lower() != host.lower()
    except ValueError:
        return True
