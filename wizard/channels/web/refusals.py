"""What a person reads, and which status it has, where a page can't be shown or an answer not be taken.

Words first: what happened, whether anything was lost, what to do now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape

from wizard.channels.http import quotas
from wizard.errors import (
    CallerError,
    InvalidInput,
    NotAStep,
    NotYourProfile,
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
from wizard.locale.catalogs import SOURCE
from wizard.locale.sentences import Sentence, Size, counted, sentence
from wizard.locale.words import words_in

GO_BACK = sentence("Go back in your browser: what you typed should still be there.")
BACK_AND_AGAIN = sentence("Go back in your browser: what you typed should still be there. Then send it again.")
OPEN_ANEW = sentence(
    "Open the page again. If this keeps happening, an extension of your browser may have changed the page."
)
NOTHING_CHANGED = sentence("Nothing was changed.")
NOT_READ = sentence("We couldn't read what you sent")
NOT_TAKEN = sentence("We couldn't accept what you sent")
TOO_LARGE = sentence("What you sent is too large")
TOO_SLOW = sentence("That took too long")

# Where the ways on lead, beside those of single pages.
OPEN_AGAIN = sentence("Open the page again")
START_AGAIN = sentence("Start again")
TRY_AGAIN = sentence("Try again")
WHERE_YOU_ARE = sentence("Go to where you are now")
ALL_FORMS = sentence("See all forms")

Way = tuple[str, Sentence]  # an address, and what the link says


@dataclass(frozen=True, slots=True)
class Explanation:
    """A status, a title, and what is said below it; texts are somebody else's words."""

    status: int
    title: Sentence | str
    paragraphs: tuple[Sentence | str, ...] = ()

    def in_language(self, language: str) -> tuple[str, tuple[str, ...]]:
        """The title and the paragraphs."""
        title, *paragraphs = (
            words if isinstance(words, str) else words.in_language(language) for words in (self.title, *self.paragraphs)
        )
        return title, tuple(paragraphs)


class Refusal(Exception):
    """A request that the pages refuse. `ways` are further ways on; `here` says that the
    page that was asked for can be opened anew; `closes` that the connection is of no more use. After a POST a browser
    is told by GET: at the same address, where that `repeats` the refusal, or with its `code` in it (`of_code`)."""

    def __init__(
        self,
        words: Explanation,
        *,
        ways: tuple[Way, ...] = (),
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
        super().__init__(str(words.title))


# -- requests that can't be read ---------------------------------------------------------------------


def unreadable() -> Refusal:
    """The body is damaged, or no form at all."""
    text = sentence("The form was damaged on its way, so it can't be read. Nothing was changed.")
    return Refusal(Explanation(400, NOT_READ, (text, BACK_AND_AGAIN)), closes=True, code="unreadable")


def too_many_inputs() -> Refusal:
    text = sentence("The form has many more answers than this page has questions. Nothing was changed.")
    return Refusal(Explanation(400, NOT_TAKEN, (text, OPEN_ANEW)), here=True, code="inputs")


def unknown_action() -> Refusal:
    text = sentence("The button that was pressed isn't on this page. Nothing was changed.")
    return Refusal(Explanation(400, NOT_TAKEN, (text, OPEN_ANEW)), here=True, code="button")


def too_slow() -> Refusal:
    text = sentence("Your answers didn't arrive in time. Nothing was changed.")
    again = sentence(
        "Check your connection. Go back in your browser: what you typed should still be there. Then send it again."
    )
    return Refusal(Explanation(408, TOO_SLOW, (text, again)), closes=True, code="slow")


def too_large(limit: int) -> Refusal:
    text = sentence(
        "All answers on a page together must be smaller than {size}. Nothing was changed.", size=Size(limit)
    )
    again = sentence(
        "Go back in your browser: what you typed should still be there. Choose a smaller file, and send it again."
    )
    return Refusal(Explanation(413, TOO_LARGE, (text, again)), closes=True, code="large")


def too_much_text(limit: int) -> Refusal:
    text = sentence(
        "All text that is typed on a page must be smaller than {size} together. Nothing was changed.", size=Size(limit)
    )
    again = sentence("Go back in your browser: what you typed should still be there. Write less, and send it again.")
    return Refusal(Explanation(413, TOO_LARGE, (text, again)), closes=True, code="long")


def no_room() -> Refusal:
    """Many send much at once."""
    text = sentence("Too many people are sending something at the moment. Nothing was changed.")
    words = Explanation(503, sentence("Try again in a minute"), (text, BACK_AND_AGAIN))
    return Refusal(words, closes=True, code="room", headers={"Retry-After": "60"})


def not_a_form() -> Refusal:
    text = sentence("This address accepts only what a page's form sends. Nothing was changed.")
    words = Explanation(415, NOT_READ, (text, sentence("Open the page, and answer there.")))
    return Refusal(words, here=True, code="form")


def not_from_here() -> Refusal:
    """The form has no key of this visitor's, or it comes from another site's page."""
    why = (
        sentence("We couldn't check that this came from you. Nothing was changed."),
        sentence(
            "This happens if your browser was closed after you opened the page, or if it doesn't accept "
            "cookies. Open the page again, and answer it again."
        ),
    )
    return Refusal(Explanation(403, OPEN_AGAIN, why), here=True, code="key")


def from_elsewhere() -> Refusal:
    """Another site's page sends a form here: it is told at once, and nothing else is done for it."""
    return Refusal(not_from_here().words, here=True)


def too_often(seconds: int) -> Refusal:
    return _later(_wait(seconds), "often", seconds)


def too_many_codes(seconds: int) -> Refusal:
    return _later(quotas.too_many_codes(seconds), "codes", seconds)


def _later(why: Sentence, code: str, seconds: int) -> Refusal:
    words = Explanation(429, sentence("Try again shortly"), (why,))
    return Refusal(words, here=True, closes=True, code=code, headers={"Retry-After": str(seconds)})


def _wait(seconds: int) -> Sentence:
    if seconds < 10:
        return sentence("Too many forms were started from your network in a short time. Try again in a few seconds.")
    if seconds < 90:
        return counted(
            "Too many forms were started from your network in a short time. Try again in {count} second.",
            "Too many forms were started from your network in a short time. Try again in {count} seconds.",
            seconds,
        )
    return sentence("Too many forms were started from your network in a short time. Try again in a few minutes.")


def of_code(code: str, largest: int, longest: int) -> Refusal | None:
    """The refusal that an address names; `largest` and `longest` are the limits of the settings."""
    match code:
        case "large":
            return too_large(largest)
        case "long":
            return too_much_text(longest)
        case "often":
            return too_often(SHORTLY)
        case "codes":
            return too_many_codes(MINUTE)
    if (made := _BY_CODE.get(code)) is not None:
        return made()
    words = next((words for kind, words in _BY_ERROR if kind.__name__ == code), None)
    return None if words is None else Refusal(words, here=True)


SHORTLY, MINUTE = 120, 60  # seconds: how long exactly, was said to who asked
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

NOT_FOUND = Explanation(
    404,
    sentence("Page not found"),
    (sentence("If you typed the address, check it. If you copied it, check that you copied all of it."),),
)
NO_SUCH_PAGE = Explanation(
    400,
    sentence("This part of the list can't be shown"),
    (sentence("The list has no such part. Start with the newest ones."),),
)
NOT_ALLOWED = Explanation(
    405, sentence("This can't be done here"), (sentence("Open the page, and use its links and buttons."),)
)
NOT_YOURS = Explanation(
    403,
    sentence("You can't open this here"),
    (
        sentence("This opens only in the browser that started it, or in one that has opened the link to come back."),
        sentence("If you have such a link, open it again, and check that it is complete."),
    ),
)
NOT_YOUR_PROFILE = Explanation(
    403,
    sentence("You can't open this"),
    (sentence("It belongs to somebody else. If it is yours, sign in as the person who started it."),),
)
NOT_SIGNED_IN = Explanation(
    403,
    sentence("Sign in to see your forms"),
    (sentence("What you start while you are signed in is listed here, on any device."),),
)
MOVED_ON = Explanation(
    409,
    sentence("This page is out of date"),
    (
        sentence("You continued in another window or tab, and this page is no longer part of your answers."),
        sentence("What you sent from here was not saved. Everything you answered elsewhere is as you left it."),
    ),
)


def closed(text: str | Sentence) -> Explanation:
    """An event came before the answer; `text` says so."""
    not_taken = sentence("What you sent from here was not saved. Everything you answered elsewhere is as you left it.")
    return Explanation(409, sentence("This has been closed"), (text, not_taken))


BROKEN = Explanation(
    500,
    sentence("Sorry, something went wrong"),
    (
        sentence("The fault is ours, not yours. What you answered on earlier pages is safe."),
        sentence("Try again in a few minutes."),
    ),
)
UNAVAILABLE = Explanation(
    503,
    sentence("Sorry, this isn't working at the moment"),
    (
        sentence(
            "We can't reach your answers. Those on earlier pages are safe; what you just sent may not have arrived."
        ),
        sentence(
            "Wait a minute and try again. If you sent something, go back in your browser: what you typed should still "
            "be there."
        ),
    ),
)
BUSY = Explanation(
    503,
    sentence("This form is very busy at the moment"),
    (
        sentence(
            "Too much reached this form at the same time, so what you sent wasn't processed. Nothing was changed."
        ),
        GO_BACK,
    ),
)
CANT_GO_ON = Explanation(
    503,
    sentence("This can't continue at the moment"),
    (
        sentence("Something that it needs is missing on our side. Your answers on earlier pages are safe."),
        sentence(
            "Come back later: you can continue where you were. If you just sent something, go back in your "
            "browser: what you typed should still be there."
        ),
    ),
)
EXPIRED = Explanation(
    410, sentence("This has expired"), (sentence("The time for it has run out, so it can't be opened any more."),)
)
CANCELLED = Explanation(410, sentence("This was cancelled"), (sentence("It can't be opened any more."),))

# The first that an error is an instance of counts: a subclass stands above its base.
_BY_ERROR: tuple[tuple[type[CallerError], Explanation], ...] = (
    (StaleInput, MOVED_ON),
    (RunBusy, BUSY),
    (
        PointOfNoReturn,
        Explanation(
            409,
            sentence("This can't be changed any more"),
            (sentence("What comes before a final step stays as it is."),),
        ),
    ),
    (
        RunCompleted,
        Explanation(
            409, sentence("This is complete"), (sentence("It can't be changed any more. Nothing was changed."),)
        ),
    ),
    (RunExpired, EXPIRED),
    (RunCancelled, CANCELLED),
    (
        RunNotFound,
        Explanation(
            404,
            sentence("We can't find this"),
            (sentence("It doesn't exist, or has been removed. Ask whoever gave you the address for a new one."),),
        ),
    ),
    (
        WorkflowNotFound,
        Explanation(
            404, sentence("We can't find this form"), (sentence("It isn't available here, or has been removed."),)
        ),
    ),
    (NotYourProfile, NOT_YOUR_PROFILE),
    (NotYours, NOT_YOURS),
    (
        NotAStep,
        Explanation(
            409, sentence("There is no such page"), (sentence("It isn't part of your answers. Nothing was changed."),)
        ),
    ),
    (InvalidInput, Explanation(422, sentence("We couldn't accept what you sent"), (NOTHING_CHANGED, GO_BACK))),
    (CallerError, Explanation(409, sentence("This can't be done now"), (NOTHING_CHANGED,))),
)


def words_of(error: CallerError) -> Explanation:
    """What is said of an error of the caller's."""
    return next(words for kind, words in _BY_ERROR if isinstance(error, kind))


def code_of(error: CallerError) -> str:
    """What an address says of such an error."""
    return next(kind.__name__ for kind, _ in _BY_ERROR if isinstance(error, kind))


def plain(words: Explanation, reference: str = "", language: str = SOURCE) -> str:
    """The words as a page without templates, for where one of them may be what failed."""
    title, paragraphs = words.in_language(language)
    if reference:
        report = sentence("If you report it, give the reference {reference}.", reference=reference)
        paragraphs = (*paragraphs, words_in(language).say(report))
    body = "".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in paragraphs)
    head = f'<!DOCTYPE html>\n<html lang="{language}">\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
    return f"{head}<h1>{escape(title)}</h1>\n{body}"
