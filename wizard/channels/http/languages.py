"""In which language somebody is answered: in their run's or workflow's, where that is known; else in the one that all
workflows here have in common; else in the first that their browser names, of those that there are words in.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from typing import TypeAlias

from aiohttp import web

from wizard.engine import Engine
from wizard.errors import WizardError
from wizard.locale.catalogs import SOURCE, languages, shortened

MOST = 20  # languages of a header that are looked at

Ask: TypeAlias = Callable[[], Awaitable[str]]

_KNOWN: web.RequestKey[str] = web.RequestKey("language", str)
_ASKED: web.RequestKey[Ask] = web.RequestKey("how the language is found out", Callable)  # type: ignore[arg-type]
_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")
_RANGE = re.compile(r"\s*([A-Za-z0-9*-]{1,40})\s*(?:;\s*q\s*=\s*(1(?:\.0*)?|0(?:\.[0-9]*)?)\s*)?")


def remember(request: web.Request, language: str) -> None:
    """Notes which language the run or workflow is in that a request is about, for all that is answered to it."""
    request[_KNOWN] = language


def remember_to_ask(request: web.Request, language: Ask) -> None:
    """Notes how it is found out, where something has to be said before anybody knows."""
    request[_ASKED] = language


async def learn(request: web.Request) -> None:
    """Finds out the language, where that was put off. What it can't be found out of has none."""
    language: Ask | None = request.get(_ASKED)
    if language is not None and _KNOWN not in request:
        with suppress(WizardError):
            remember(request, await language())


def language_of(request: web.BaseRequest, engine: Engine | None = None) -> str:
    """The language (BCP 47) of what is answered to a request; with `engine`, to one of its pages."""
    known: str = request.get(_KNOWN, "")
    if known:
        return known
    return (engine is not None and common(engine)) or accepted(request.headers.get("Accept-Language", ""))


def common(engine: Engine) -> str:
    """The language of all workflows that are offered, "" where they have several, or there are none."""
    languages_here = {workflow.language for workflow in engine.definitions.all_workflows()}
    return languages_here.pop() if len(languages_here) == 1 else ""


def accepted(header: str, offered: Sequence[str] | None = None) -> str:
    """The first language of an Accept-Language header (RFC 9110, 12.5.4) that there are words in, as precise as it is
    asked for; English where there is none."""
    there = {language.lower() for language in (languages() if offered is None else offered)}
    for tag in _wanted(header):
        if not there.isdisjoint(shortened(tag.lower())):
            return tag
    return SOURCE


def _wanted(header: str) -> Iterator[str]:
    """The languages of a header, the most wanted first."""
    ranges: list[tuple[float, str]] = []
    for part in header[:1_000].split(",")[:MOST]:
        if (match := _RANGE.fullmatch(part)) and _TAG.fullmatch(match[1]):
            weight = 1.0 if match[2] is None else float(match[2])
            if weight:
                ranges.append((-weight, match[1]))
    ranges.sort(key=lambda weighed: weighed[0])
    return (tag for _, tag in ranges)
