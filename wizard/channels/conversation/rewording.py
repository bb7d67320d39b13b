"""Answers in words that no form reads, as people say them: “the second one”, “tomorrow”, “half past two”, “three”.

What is said may be one of several things, as “next Tuesday” and “half past two” are; then all that the question takes
are given, and the person is asked which one. Nothing is guessed. Pure functions of the question, the words, the day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import date, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import TypeVar

from wizard.channels.conversation.manners import spoken, ways, without_manners
from wizard.channels.conversation.questions import LISTED, is_numbered
from wizard.forms.characters import alike
from wizard.forms.fields import type_of
from wizard.forms.locales import REMEMBERED, plain_word
from wizard.forms.locales import words as usual
from wizard.forms.types.choices import labelled
from wizard.forms.types.days import parts_in_order
from wizard.locale import formats
from wizard.locale.sentences import Sentence, sentence_for
from wizard.locale.words import words_in
from wizard.model import Choice, PromptField, Value

Point = TypeVar("Point", date, time)

LONGEST = 60  # characters of what is looked at
MOST_WRITTEN = 500  # characters of an address or a number, with what stands around it
WEEK = 7

# Translators: 1 to 12, with bars between and, where one has several forms, commas.
NUMBERS = sentence_for(
    "said in a chat", "one | two | three | four | five | six | seven | eight | nine | ten | eleven | twelve"
)
# Translators: places in a list from the first one, with bars between and, where one has several forms, commas.
PLACES = sentence_for(
    "said in a chat",
    "first, 1st | second, 2nd | third, 3rd | fourth, 4th | fifth, 5th | sixth, 6th | seventh, 7th | eighth, 8th",
)
LAST_PLACE = sentence_for("said in a chat, of a list", "last")
# Translators: what may stand around a place in a list, as in “the second one”, with bars between.
AROUND_PLACES = sentence_for("said in a chat", "the | one | option | choice | answer | I take | I’ll take | number")
# Translators: five days from the day before yesterday to the day after tomorrow, with bars between.
DAYS = sentence_for(
    "said in a chat", "the day before yesterday | yesterday | today | tomorrow | the day after tomorrow"
)
# Translators: before a day of the week, of the coming week, with bars between.
NEXT = sentence_for("said in a chat, before a day of the week", "next")
# Translators: before a day of the week that is over, with bars between.
LAST = sentence_for("said in a chat, before a day of the week", "last")
# Translators: before a day, a time or a day of the week, where it adds nothing, with bars between.
ON = sentence_for("said in a chat, before a day or a time", "on | at | this | this coming | by")
# Translators: times of day by an hour, with bars between: 30 and 15 minutes after it, and 15 before it. {hour} is the
# hour that is said; where it is the one that comes (German “halb drei”), 30 minutes before it are meant: begin with “-”
HALF_PAST = sentence_for("said in a chat", "half past {hour} | half {hour}")
QUARTER_PAST = sentence_for("said in a chat", "quarter past {hour} | a quarter past {hour}")
QUARTER_TO = sentence_for("said in a chat", "quarter to {hour} | a quarter to {hour}")


def chosen(asked: PromptField, text: str, language: str) -> Choice | None:
    """The choice that somebody names by its place: “the second one”, “the last”."""
    said = _said(text, language)
    if not asked.choices or not said:
        return None
    around = spoken(AROUND_PLACES, language)
    left = [word for word in said.split() if word not in around]
    if len(left) < len(said.split()) and (named := labelled(" ".join(left), asked.choices)) is not None:
        return named  # “the green one”
    if len(left) == 1 and is_numbered(asked) and len(asked.choices) <= LISTED:
        number = left[0].lstrip("#")
        place = int(number) if number.isdecimal() and len(number) < 3 else _numbers(NUMBERS, language).get(number, 0)
        if 1 <= place <= len(asked.choices):
            return asked.choices[place - 1]
    if len(left) != 1 or any(left[0] in alike(choice.label).split() for choice in asked.choices):
        return None  # “first” may be first class
    if left[0] in spoken(LAST_PLACE, language):
        return asked.choices[-1]
    at = _numbers(PLACES, language).get(left[0])
    return asked.choices[at - 1] if at is not None and at <= len(asked.choices) else None


def reworded(asked: PromptField, text: str, language: str, today: date) -> tuple[str, ...]:
    """What a text stands for, each as a form reads it; () where it is to be read as it is."""
    said, of = _said(text, language), type_of(asked).value_type
    if not said:
        return ()
    if of in (int, Decimal):
        number = _numbers(NUMBERS, language).get(said)
        return () if number is None else (str(number),)
    least, most = asked.options.get("min"), asked.options.get("max")
    if of is date:
        days = _fitting(_days(said, language, today), least, most)
        return tuple(formats.day(day, language) for day in days)
    if of is time:
        clock = _without_before(said, language)
        if clock != said and clock[:1].isdecimal():  # “at 17:30”: as a form reads it
            return (clock,)
        return tuple(f"{moment:%H:%M}" for moment in _fitting(_times(said, language), least, most))
    return ()


def as_written(asked: PromptField, text: str, language: str) -> str:
    """What a form may read of a text that isn't free: without “please”, without the full stop behind an address, and of
    a number without what it counts, where the question says that, as in “5 people”."""
    of = type_of(asked)
    if asked.choices or of.holds_files or len(text) > MOST_WRITTEN:
        return text
    bare = without_manners(text, language).rstrip("!,; ")
    if of.value_type is str:
        return bare.strip("<>").rstrip(".")
    if of.value_type not in (int, Decimal):
        return bare
    words, asked_of = bare.split(), re.findall(r"\w+", alike(asked.label))
    while len(words) > 1 and words[-1].isalpha() and alike(words[-1]) in asked_of:
        words.pop()
    return " ".join(words)


def _said(text: str, language: str) -> str:
    """What is said, without what adds nothing; "" where it is too long to be this."""
    if len(text) > LONGEST:
        return ""
    return alike(without_manners(text, language)).rstrip(".!").replace(",", "").strip()


def _fitting(found: Iterable[Point], least: Value, most: Value) -> list[Point]:
    """Those that the question takes; all of them where it takes none, so that it says why."""
    found = sorted(set(found))
    with suppress(TypeError):  # a limit may be a date and time
        return [
            point for point in found if (least is None or point >= least) and (most is None or point <= most)
        ] or found
    return found


# -- days ------------------------------------------------------------------------------------------


def _days(said: str, language: str, today: date) -> Sequence[date]:
    for spoken_in in dict.fromkeys((words_in(language).language, "en")):
        named = [alike(way) for way in ways(DAYS, spoken_in)]
        for text in (said, f"the {said}"):
            if text in named:
                return _moved(today, named.index(text) - len(named) // 2)
    return _weekdays(said, language, today) or _without_year(said, language, today)


def _moved(day: date, by: int) -> Sequence[date]:
    with suppress(OverflowError):
        return (day + timedelta(days=by),)
    return ()


def _weekdays(said: str, language: str, today: date) -> Sequence[date]:
    """The days that a day of the week may be: the one that comes and the one that was; “next” may be a week later, and
    “last” a week earlier."""
    before, _, name = said.rpartition(" ")
    weekday = usual(language).weekdays.get(plain_word(name))
    if weekday is None or name.isdigit():
        return ()
    ahead = (weekday - today.weekday()) % WEEK
    if not before or before in spoken(ON, language):
        by = (ahead - WEEK, ahead) if ahead else (-WEEK, 0, WEEK)
    elif before in spoken(NEXT, language):
        by = (ahead or WEEK, ahead + WEEK)
    elif before in spoken(LAST, language):
        by = (ahead - WEEK, ahead - 2 * WEEK)
    else:
        return ()
    return [day for each in by for day in _moved(today, each)]


_NO_YEAR = re.compile(r"(?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th|\.)? ?(?:of )?(?P<month>[^\W\d]+|\d{1,2})\.?")
_NO_YEAR_MONTH_FIRST = re.compile(r"(?P<month>[^\W\d]+)\.? (?:the )?(?P<day>\d{1,2})(?:st|nd|rd|th|\.)?")


def _without_year(said: str, language: str, today: date) -> Sequence[date]:
    """A day without its year is that of last year, of this one or of the next."""
    said = _without_before(said, language)
    match = _NO_YEAR.fullmatch(said) or _NO_YEAR_MONTH_FIRST.fullmatch(said)
    if match is None:
        return ()
    named = match["month"]
    if named.isdigit() and ("." not in said or parts_in_order(language)[0] != "day"):
        return ()
    month = int(named) if named.isdigit() else usual(language).months.get(plain_word(named), 0)
    found = []
    for year in (today.year - 1, today.year, today.year + 1):
        with suppress(ValueError):
            found.append(date(year, month, int(match["day"])))
    was = [day for day in found if day < today][-1:]
    comes = [day for day in found if day >= today][:1]
    return was + comes


def _without_before(said: str, language: str) -> str:
    first, _, rest = said.partition(" ")
    return rest if rest and first in spoken(ON, language) else said


# -- times -----------------------------------------------------------------------------------------


def _times(said: str, language: str) -> Sequence[time]:
    """The times that a time in words may be, of the morning and of the evening."""
    said = _without_before(said, language)
    hours = _numbers(NUMBERS, language)
    for words, minutes in ((HALF_PAST, 30), (QUARTER_PAST, 15), (QUARTER_TO, -15)):
        for spoken_in in dict.fromkeys((words_in(language).language, "en")):
            for way in ways(words, spoken_in):
                before, _, behind = alike(way.lstrip("-")).partition("{hour}")
                if not (said.startswith(before) and said.endswith(behind)):
                    continue
                name = said[len(before) : len(said) - len(behind)].strip()
                hour = int(name) if name.isdigit() and len(name) < 3 else hours.get(name)
                if hour is not None and 1 <= hour <= 12:
                    return _both(hour * 60 + (-minutes if way.startswith("-") else minutes))
    half = re.fullmatch(r"(?P<hour>\w+) ?(?P<half>[ap])\.?m", said)
    if half is not None and (hour := hours.get(half["hour"])) is not None:
        return (_both(hour * 60)[half["half"] == "p"],)
    hour = hours.get(said.removesuffix(" o'clock").removesuffix(" uhr"))
    return () if hour is None else _both(hour * 60)


def _both(minutes: int) -> Sequence[time]:
    return [time(at // 60 % 24, at % 60) for at in (minutes % 720, minutes % 720 + 720)]


@lru_cache(REMEMBERED)
def _numbers(words: Sentence, language: str) -> dict[str, int]:
    """Numbers by their words, in English and in that language."""
    numbers: dict[str, int] = {}
    for spoken_in in (words_in(language).language, "en"):
        for number, forms in enumerate(ways(words, spoken_in), 1):
            for form in forms.split(","):
                numbers.setdefault(alike(form), number)
    return numbers
