"""What a person reads, and which status it has, where a page can't be shown or an answer not be taken.

Words first: what happened, whether anything was lost, what to do now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from wizard.closing import CLOSED
from wizard.errors import (
    CallerError,
    InvalidInput,
    NotAStep,
    NotYours,
    PointOfNoReturn,
    RunBusy,
    RunCancelled,
    RunCompleted,
    RunExpired,
    RunNotFound,
    StaleInput,
    WorkflowNotFound,
)
from wizard.forms.files import size_written

NOTHING_CHANGED = "Nothing was changed."
GO_BACK = "Go back in your browser: what you typed should still be there."
ASK = "Ask whoever gave you the address for a new one."


@dataclass(frozen=True, slots=True)
class Words:
    """A status, a title, and what is said below it."""

    status: int
    title: str
    paragraphs: tuple[str, ...] = ()


class Refusal(Exception):
    """A request that the pages refuse. `ways` are further ways on, as (address, text); `here` says that the
    page that was asked for can be opened anew; `closes` that the connection is of no more use. After a POST a browser
    is told by GET: at the same address, where that `repeats` the refusal, or with its `code` in it (`of_code`)."""

    def __init__(
        self,
        words: Words,
        *,
        ways: tuple[tuple[str, str], ...] = (),
        here: bool = False,
        closes: bool = False,
        code: str = "",
        repeats: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.words = words
        self.ways = ways
        self.here = here
        self.closes = closes
        self.code = code
        self.repeats = repeats
        self.headers = headers or {}
        super().__init__(words.title)


# -- requests that can't be read ---------------------------------------------------------------------


def unreadable() -> Refusal:
    """The body is damaged, or no form at all."""
    text = f"The form arrived damaged, so that it can't be read. {NOTHING_CHANGED}"
    return Refusal(
        Words(400, "We couldn't read what you sent", (text, f"{GO_BACK} Then send it again.")),
        closes=True,
        code="unreadable",
    )


def too_many_inputs() -> Refusal:
    text = f"The form has many more answers than this page has questions. {NOTHING_CHANGED}"
    again = "Open the page anew. If this stays, an extension of your browser may have changed the page."
    return Refusal(Words(400, "We couldn't take what you sent", (text, again)), here=True, code="inputs")


def unknown_action() -> Refusal:
    text = f"The button that was pressed isn't one of this page. {NOTHING_CHANGED}"
    again = "Open the page anew. If this stays, an extension of your browser may have changed the page."
    return Refusal(Words(400, "We couldn't take what you sent", (text, again)), here=True, code="button")


def too_slow() -> Refusal:
    text = f"Your answers didn't arrive in time. {NOTHING_CHANGED}"
    again = f"Check your connection. {GO_BACK} Then send it again."
    return Refusal(Words(408, "That took too long", (text, again)), closes=True, code="slow")


def too_large(limit: int) -> Refusal:
    text = f"All answers of a page together must be smaller than {size_written(limit)}. {NOTHING_CHANGED}"
    again = f"{GO_BACK} Choose a smaller file, and send it again."
    return Refusal(Words(413, "What you sent is too large", (text, again)), closes=True, code="large")


def too_much_text(limit: int) -> Refusal:
    text = f"All that is typed on a page must together be smaller than {size_written(limit)}. {NOTHING_CHANGED}"
    again = f"{GO_BACK} Write less, and send it again."
    return Refusal(Words(413, "What you sent is too large", (text, again)), closes=True, code="long")


def no_room() -> Refusal:
    """Many send much at once."""
    text = f"So many are sending something just now that there is no room for more. {NOTHING_CHANGED}"
    words = Words(503, "Try again in a minute", (text, f"{GO_BACK} Then send it again."))
    return Refusal(words, closes=True, code="room", headers={"Retry-After": "60"})


def not_a_form() -> Refusal:
    text = f"This address takes what a page's form sends, and nothing else. {NOTHING_CHANGED}"
    return Refusal(
        Words(415, "We couldn't read what you sent", (text, "Open the page, and answer there.")), here=True, code="form"
    )


def not_from_here() -> Refusal:
    """The form has no key of this visitor's, or it comes from another site's page."""
    why = (
        f"We couldn't make sure that this came from you. {NOTHING_CHANGED}",
        "This happens if your browser was closed since you opened the page, or if it doesn't take cookies. "
        "Open the page anew, and answer it again.",
    )
    return Refusal(Words(403, "Open the page again", why), here=True, code="key")


def from_elsewhere() -> Refusal:
    """Another site's page sends a form here: it is told at once, and nothing else is done for it."""
    return Refusal(not_from_here().words, here=True)


def too_often(seconds: int) -> Refusal:
    wait = "in a few seconds" if seconds < 10 else f"in {seconds} seconds" if seconds < 90 else "in a few minutes"
    text = f"A lot was started from your network in a short time. Try again {wait}."
    words = Words(429, "Try again shortly", (text,))
    headers = {"Retry-After": str(seconds)}
    return Refusal(words, here=True, closes=True, code="often", headers=headers)


def of_code(code: str, largest: int, longest: int) -> Refusal | None:
    """The refusal that an address names; `largest` and `longest` are the limits of the settings."""
    match code:
        case "large":
            return too_large(largest)
        case "long":
            return too_much_text(longest)
        case "often":
            return too_often(SHORTLY)
    if (made := _BY_CODE.get(code)) is not None:
        return made()
    words = next((words for each, words in _BY_ERROR if each.__name__ == code), None)
    return None if words is None else Refusal(words, here=True)


SHORTLY = 120  # seconds: how long exactly, was said to who asked
_BY_CODE: Mapping[str, Callable[[], Refusal]] = {
    "unreadable": unreadable,
    "inputs": too_many_inputs,
    "slow": too_slow,
    "form": not_a_form,
    "key": not_from_here,
    "room": no_room,
    "button": unknown_action,
}


# -- what the engine refuses -------------------------------------------------------------------------

NOT_FOUND = Words(
    404, "Page not found", ("If you typed the address, check it. If you copied it, check that it is whole.",)
)
NO_SUCH_PAGE = Words(
    400,
    "This part of the list can't be shown",
    ("The address isn't one that the list has. Begin with the newest ones.",),
)
NOT_ALLOWED = Words(405, "This can't be done here", ("Open the page, and use what it offers.",))
NOT_YOURS = Words(
    403,
    "You can't open this here",
    (
        "Only the browser in which this was started can open it, or one in which the link to come back was opened.",
        "If you have such a link, open it again, whole.",
    ),
)
NOT_YOUR_PROFILE = Words(
    403, "You can't open this", ("It belongs to somebody else. If it is yours, sign in as the person who started it.",)
)
NOT_SIGNED_IN = Words(
    403,
    "Sign in to see your forms",
    ("What you start while you are signed in is found here, on any device.",),
)
MOVED_ON = Words(
    409,
    "This page has been left behind",
    (
        "You went on in another window or tab, and this page isn't part of your answers any more.",
        "What you sent from here was not taken. Everything you answered elsewhere is as you left it.",
    ),
)


def closed(text: str | None) -> Words:
    """An event came before the answer; `text` are the author's own words for it."""
    not_taken = "What you sent from here was not taken. Everything that you answered elsewhere is as you left it."
    return Words(409, "This was closed meanwhile", (text or CLOSED, not_taken))


BROKEN = Words(
    500,
    "Sorry, something went wrong",
    ("The fault is ours, not yours. What you answered on earlier pages is safe.", "Try again in a few minutes."),
)
UNAVAILABLE = Words(
    503,
    "Sorry, this isn't working at the moment",
    (
        "We can't get at your answers. Those of earlier pages are safe; what you sent just now may not have arrived.",
        "Wait a minute and try again. If you sent something, go back in your browser: what you typed should still be "
        "there.",
    ),
)
BUSY = Words(
    503,
    "A lot is happening here just now",
    (f"So much reached this form at the same time that what you sent had no turn. {NOTHING_CHANGED}", GO_BACK),
)
CANT_GO_ON = Words(
    503,
    "This can't go on at the moment",
    (
        "Something that it needs is missing on our side. Nothing that you answered on earlier pages is lost.",
        "Come back later: you can go on where you were. If you sent something just now, go back in your browser: what "
        "you typed should still be there.",
    ),
)
EXPIRED = Words(410, "This has expired", ("The time for it is over, and it can't be opened any more.",))
CANCELLED = Words(410, "This was cancelled", ("It can't be opened any more.",))

# The first that an error is an instance of counts: a subclass stands above its base.
_BY_ERROR: tuple[tuple[type[CallerError], Words], ...] = (
    (StaleInput, MOVED_ON),
    (RunBusy, BUSY),
    (
        PointOfNoReturn,
        Words(409, "This can't be changed any more", ("What comes before a final step stays as it is.",)),
    ),
    (RunCompleted, Words(409, "This is complete", (f"It can't be changed any more. {NOTHING_CHANGED}",))),
    (RunExpired, EXPIRED),
    (RunCancelled, CANCELLED),
    (RunNotFound, Words(404, "We can't find this", (f"It isn't there, or not any more. {ASK}",))),
    (WorkflowNotFound, Words(404, "We can't find this form", ("It isn't offered here, or not any more.",))),
    (NotYours, NOT_YOURS),
    (NotAStep, Words(409, "There is no such page", (f"It isn't part of your answers. {NOTHING_CHANGED}",))),
    (InvalidInput, Words(422, "We couldn't take what you sent", (NOTHING_CHANGED, GO_BACK))),
    (CallerError, Words(409, "This can't be done now", (NOTHING_CHANGED,))),
)


def words_of(error: CallerError) -> Words:
    """What is said of an error of the caller's."""
    return next(words for each, words in _BY_ERROR if isinstance(error, each))


def code_of(error: CallerError) -> str:
    """What an address says of such an error."""
    return next(each.__name__ for each, _ in _BY_ERROR if isinstance(error, each))


def plain(words: Words, reference: str = "") -> str:
    """The words as a page without templates, for where one of them may be what failed."""
    said = (*words.paragraphs, f"If you report it, name the reference {reference}.") if reference else words.paragraphs
    paragraphs = "".join(f"<p>{escape(each)}</p>\n" for each in said)
    title = escape(words.title)
    head = f'<!DOCTYPE html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{title}</title>\n'
    return f"{head}<h1>{title}</h1>\n{paragraphs}"
