"""Times of day as people write them: 9:30, 9.30am, 930, 9h30, 9 Uhr 30, noon."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import time

from wizard.forms.locales import plain_word, words
from wizard.forms.refusals import Refusal
from wizard.locale.sentences import AnyOf, sentence

USUAL_TIMES = (time(9, 30), time(14))  # examples


def examples_of(times: Sequence[time]) -> AnyOf:
    """9:30 or 14:00."""
    return AnyOf([f"{moment.hour}:{moment:%M}" for moment in times])


NO_TIME = sentence("Your answer to “{label}” must be a time, like {times}", times=examples_of(USUAL_TIMES))

_HALF = r"(?: ?(?P<half>[ap]\.? ?m\.?))?"
_MARKED = re.compile(
    rf"(?P<hour>\d{{1,2}})(?: ?[:.,h] ?| )(?P<minute>\d\d)(?:[:.](?P<second>\d\d))?{_HALF}(?: ?uhr| ?h)?"
)
_WORDED = re.compile(r"(?P<hour>\d{1,2}) ?(?:uhr|h|hrs?|heures?)(?: ?(?P<minute>\d\d) ?(?:min(?:uten|utes)?\.?)?)?")
_RUN_ON = re.compile(rf"(?P<hour>\d{{1,2}})(?P<minute>\d\d){_HALF}(?: ?uhr| ?h| ?hrs)?")
_LONE = re.compile(rf"(?P<hour>\d{{1,2}}){_HALF}(?: ?o ?'? ?clock)?")


def times_of(text: str, language: str) -> list[time]:
    """The times that a folded text can stand for: two where only an hour is there that may be of the morning or of the
    evening. Raises Refusal where there are none."""
    lowered = " ".join(text.casefold().split())
    hour = words(language).hours.get(plain_word(lowered))
    if hour is not None:
        return [time(hour)]
    lowered = _with_half(lowered, language)
    for form in (_MARKED, _WORDED, _RUN_ON):
        if match := form.fullmatch(lowered):
            parts = match.groupdict()
            return [_time(parts["hour"], parts.get("minute"), parts.get("second"), parts.get("half"))]
    match = _LONE.fullmatch(lowered)
    if match is None:
        raise Refusal(NO_TIME)
    sure = _time(match["hour"], None, None, match["half"])
    if sure.hour == 0 and not match["half"]:
        raise Refusal(NO_TIME)  # rather a count
    return [sure] if match["half"] or sure.hour > 12 else sorted({sure, time((sure.hour + 12) % 24)})


def _with_half(text: str, language: str) -> str:
    """The time with am or pm behind it, where the language has other words for them, or puts them before it."""
    for name, half in words(language).halves.items():
        if name not in ("am", "pm") and text.startswith(name):
            return f"{text[len(name) :].strip()}{half}"
        if text.endswith(name):
            return f"{text[: -len(name)].strip()}{half}"
    return text


def _time(hour: str, minute: str | None, second: str | None, half: str | None) -> time:
    at = int(hour)
    if half:
        if not 1 <= at <= 12:
            raise Refusal(NO_TIME)
        at = at % 12 + (12 if half.startswith("p") else 0)
    try:
        return time(at, int(minute or 0), int(second or 0))
    except ValueError:
        raise Refusal(NO_TIME) from None
