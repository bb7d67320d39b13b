"""What the calls of the JSON interface take: the members of each body (wizard.channels.http.members)."""

from __future__ import annotations

import re
from typing import Annotated, Any, Required

from aiohttp import web
from pydantic import BeforeValidator, ConfigDict, Field, with_config
from pydantic.config import JsonDict
from typing_extensions import TypedDict

from wizard.channels.conversation.message_json import SAY
from wizard.channels.http.members import EXACT, MAX_REVISION, Body, Text, about, whole
from wizard.channels.http.problems import INVALID_REQUEST, Refused, unreadable
from wizard.engine.asks import MAX_KEY, MAX_NAME
from wizard.locale.sentences import sentence
from wizard.model.events import MAX_ID

REVISION_TAG = '"[0-9]{1,15}"'
_IF_MATCH = re.compile(rf"\*|{REVISION_TAG}")

Object = dict[str, Any]
Revision = Annotated[
    int,
    Field(ge=0, le=MAX_REVISION),
    about("The run's revision as you saw it; another one now is a conflict (409)."),
    BeforeValidator(whole),
]
Keep = Annotated[bool, about("A field that `answers` leave out keeps the answer that it has.")]

# What two members mustn't say together, and what the engine refuses, isn't for pydantic: it is answered otherwise.
_TOGETHER: JsonDict = {
    "allOf": [
        {"anyOf": [{"required": ["step"]}, {"properties": {"answers": {"maxProperties": 0}}}]},
        {"not": {"required": ["keep", "partial"], "properties": {"keep": {"const": True}, "partial": {"const": True}}}},
    ]
}


@with_config(EXACT)
class Start(TypedDict, total=False):
    workflow: Required[Annotated[Text, about("The id of the workflow to start.")]]
    input: Annotated[Object, about("What the workflow is handed: values by the names that its `input` declares.")]
    profile_id: Annotated[Text, about("The profile that the run works on.")]
    session_id: Annotated[Text, about("The session that the run works on.")]


@with_config(ConfigDict(**EXACT, json_schema_extra=_TOGETHER))
class Next(TypedDict, total=False):
    step: Annotated[Text, about("The step that is answered. Needed with `answers`.")]
    answers: Annotated[Object, about("All answers of the step by field name: a field that is left out has none.")]
    keep: Keep
    partial: Annotated[bool, about("Take these answers and wait for those that are missing.")]
    revision: Revision


@with_config(EXACT)
class Previous(TypedDict, total=False):
    to: Annotated[Text, about("The step of the path to go back to; without it the one before.")]
    draft: Annotated[Object, about("What was typed in the step that is left and not submitted, by field name.")]
    revision: Revision


_ANEW = "All its answers by field name: a field that is left out has none. Without `answers` the step is shown."


@with_config(EXACT)
class Change(TypedDict, total=False):
    step: Required[Annotated[Text, about("The step of the path to answer anew.")]]
    answers: Annotated[Object, about(_ANEW)]
    keep: Keep
    revision: Revision


@with_config(EXACT)
class Remove(TypedDict, total=False):
    item: Required[Annotated[Text, about("The item of a repeat to take out, as in `household/2`.")]]
    revision: Revision


EventName = Annotated[
    str,
    Field(min_length=1, max_length=MAX_NAME, pattern="^[A-Za-z_][A-Za-z0-9_]*$"),
    about(f"The event's name: at most {MAX_NAME} letters, digits and _."),
]
_KEY = "The event's own key, at most {} characters: however often one with this key is sent, it is taken in once."
EventKey = Annotated[str, Field(min_length=1, max_length=MAX_KEY), about(_KEY.format(MAX_KEY))]


@with_config(EXACT)
class Event(TypedDict, total=False):
    name: Required[EventName]
    data: Annotated[Any, about("What it brings, to be read as `event.NAME`; `true` where there is nothing.")]
    key: EventKey


EventId = Annotated[
    str,
    Field(min_length=1, max_length=MAX_ID),
    about("The event's own id: however often one with this id is sent, it is taken once. Without it, each is another."),
]
_PROPERTIES = "What it brings, to be read as `event.properties.NAME` in runs that it starts."
_MOMENT = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$"
_AT = "When it happened, with the offset from UTC; the moment when it comes unless given."


@with_config(EXACT)
class NewEvent(TypedDict, total=False):
    id: EventId
    type: Required[EventName]
    properties: Annotated[Object, about(_PROPERTIES)]
    profile_id: Annotated[Text, about("The profile that it is about; a new one unless given.")]
    session_id: Annotated[Text, about("The session that it is about; a new one unless given.")]
    at: Annotated[str, Field(max_length=40, pattern=_MOMENT), about(_AT, format="date-time")]


_ONE_OF: JsonDict = {
    "oneOf": [{"required": [name]} for name in ("workflow", "run", "code")],
    "dependentRequired": {name: ["workflow"] for name in ("input", "profile_id", "session_id")},
}


@with_config(ConfigDict(**EXACT, json_schema_extra=_ONE_OF))
class Open(TypedDict, total=False):
    workflow: Annotated[Text, about("The id of the workflow to start.")]
    input: Annotated[Object, about("What the workflow is handed: values by the names that its `input` declares.")]
    profile_id: Annotated[Text, about("The profile that the run works on.")]
    session_id: Annotated[Text, about("The session that the run works on.")]
    run: Annotated[Text, about("The id of a run to go on with as a conversation; its token comes in the header.")]
    code: Annotated[
        Text, about("A code that was made elsewhere: the conversation goes on here, with its id and token.")
    ]
    language: Annotated[
        str,
        Field(max_length=35, pattern="^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,4}$"),
        about("The language (BCP 47) of the engine's own words; the workflow's unless given."),
    ]


@with_config(EXACT)
class Cancel(TypedDict, total=False):
    undo: Annotated[bool, about("Whether what the run's steps did is undone, the newest first.")]


START, NEXT, PREVIOUS, CHANGE = Body(Start), Body(Next), Body(Previous), Body(Change)
REMOVE, EVENT, CANCEL = Body(Remove), Body(Event), Body(Cancel)
NEW_EVENT = Body(NewEvent)
OPEN = Body(Open)
BODIES: tuple[Body[Any], ...] = (START, NEXT, PREVIOUS, CHANGE, REMOVE, EVENT, CANCEL, NEW_EVENT, OPEN, SAY)


def check_one_of(body: Open) -> None:
    """A conversation is a new run's or that of one. Raises Refused (400)."""
    if sum(name in body for name in ("workflow", "run", "code")) != 1:
        what = sentence("Name either the `workflow` to start or the `run` to go on with, or give a `code`.")
        raise Refused(INVALID_REQUEST, what)
    if "workflow" not in body and (others := [name for name in ("input", "profile_id", "session_id") if name in body]):
        what = sentence("`{name}` is for a new run. Leave it out, or name a `workflow`.", name=others[0])
        raise Refused(INVALID_REQUEST, what)


def check_together(body: Next) -> None:
    """What no member says by itself. Raises Refused (400)."""
    if body.get("answers") and "step" not in body:
        raise Refused(INVALID_REQUEST, sentence("`step` is missing: name the step that `answers` are for."))
    if body.get("partial") and body.get("keep"):
        what = sentence("`partial` waits for answers that are left out, and `keep` doesn't: use only one of them.")
        raise Refused(INVALID_REQUEST, what)


def revision_of(request: web.Request, named: int | None) -> int | None:
    """The revision that the caller saw: the one `named` in the body, or that of If-Match (RFC 9110, 13.1.1; `*` says
    nothing of it). Raises Refused (400) where it can't be read or the two differ."""
    header = request.headers.get("If-Match", "*").strip()
    if _IF_MATCH.fullmatch(header) is None:
        raise unreadable('If-Match must be one ETag of this run, as "3" is, with its quotation marks.')
    if header == "*":
        return named
    seen = int(header.strip('"'))
    if named is not None and named != seen:
        raise unreadable("`revision` and If-Match name two revisions. Send one of them.")
    return seen


def check_unconditional(request: web.Request) -> None:
    """Raises Refused (400) for an If-Match where the call doesn't go by revisions: to do it all the same could be to do
    what the caller had ruled out (RFC 9110, 13.1.1)."""
    if request.headers.get("If-Match", "*").strip() != "*":
        raise unreadable("This call doesn't go by the run's revision. Leave out If-Match.")
