"""A message as JSON, the same for every channel that speaks it: what is sent, and what somebody may send."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired, Required

from pydantic import Field, with_config
from typing_extensions import TypedDict

from wizard.channels.conversation.meanings import MAX_ID, MOST_CHOICE, MOST_FILES, Incoming
from wizard.channels.http.members import EXACT, Body, about
from wizard.model.talk import Utterance


class ChoiceJson(TypedDict):
    """A button."""

    choice: Annotated[str, about("What to send as `choice` where it is pressed. It belongs to the question shown.")]
    label: str
    picked: NotRequired[Annotated[bool, about("Whether it is one of several that are the answer so far.")]]


class ExpectedJson(TypedDict):
    """What an answer is for."""

    type: Annotated[str, about("text, date, choice … ; where there is no field, the type of the node.")]
    name: Annotated[str, about("The field; empty where the step as a whole is to be gone on from.")]
    step: Annotated[str, about("The step's path.")]


Kind = Literal[
    "text", "p", "/p", "ul", "/ul", "ol", "/ol", "li", "/li", "strong", "/strong", "em", "/em", "link", "/link"
]


class PieceJson(TypedDict):
    """A part of a text with looks: the text itself, or what begins or, with a slash before it, ends there."""

    kind: Annotated[Kind, about("A paragraph, a list, an item of it, bold, emphasis, a link.")]
    text: NotRequired[
        Annotated[str, about("The text; of a link its address, of `ol` its first number, of an item its mark.")]
    ]


# `from` is a word of Python's, so that this can't be written as a class.
Message = TypedDict(
    "Message",
    {
        "id": Annotated[str, about("Unique among the messages of the conversation.")],
        "from": Annotated[Literal["engine", "person", "operator"], about("Who said it.")],
        "text": Annotated[str, about("Plain text. It may hold anything that people typed: show it, and never run it.")],
        "choices": Annotated[Sequence[ChoiceJson], about("Buttons. What they say can be typed as well.")],
        "expects": Annotated[ExpectedJson | None, about("What is asked now; of what a person said, what it answered.")],
        "at": datetime,
        "choice": NotRequired[Annotated[str, about("The button that a person pressed.")]],
        "edits": NotRequired[Annotated[str, about("The earlier message that this one corrects.")]],
        "replies": NotRequired[Annotated[str, about("The question that it was written to.")]],
        "files": NotRequired[Annotated[Sequence[str], about("The names of the files that came with it.")]],
        "rich": NotRequired[Annotated[Sequence[PieceJson], about("The text with its looks, where it has any.")]],
    },
)


def message_json(said: Utterance, *, rich: bool = False) -> dict[str, Any]:
    """As it is sent. It has `choice`, `edits`, `replies` and `files` only where something came so, and the looks of its
    text where it has any and they are asked for: all else that it says it says in words."""
    expects = said.expects
    return {
        "id": said.id,
        "from": said.speaker.value,
        "text": said.text,
        "choices": [
            {"choice": offer.choice, "label": offer.label, **({"picked": True} if offer.picked else {})}
            for offer in said.choices
        ],
        "expects": None if expects is None else {"type": expects.type, "name": expects.name, "step": expects.step},
        "at": said.at,
        **{name: given for name, given in said.details.items() if rich or name != "rich"},
    }


@with_config(EXACT)
class FileSaid(TypedDict, total=False):
    name: Required[Annotated[str, Field(max_length=1_000)]]
    type: Annotated[str, Field(max_length=200)]
    content: Required[Annotated[str, about("The file's bytes, in base64.")]]


@with_config(EXACT)
class Say(TypedDict, total=False):
    id: Annotated[
        str,
        Field(min_length=1, max_length=MAX_ID),
        about("The sender's own id of it: however often one with this id comes, it is taken once. Not `w-…`."),
    ]
    text: Annotated[str, about("What was typed.")]
    choice: Annotated[str, Field(min_length=1, max_length=MOST_CHOICE), about("The button that was pressed.")]
    files: Annotated[list[FileSaid], Field(max_length=MOST_FILES), about("What was sent along; the first counts.")]
    edits: Annotated[str, Field(min_length=1, max_length=MAX_ID), about("The id of the message that it corrects.")]
    replies: Annotated[
        str,
        Field(min_length=1, max_length=MAX_ID),
        about("The id of the question that it was written to. It answers that one, whatever is asked meanwhile."),
    ]


SAY = Body(Say)


def incoming_of(body: Say, message_id: str) -> Incoming:
    """What was said."""
    files = tuple(dict(file) for file in body.get("files", ()))
    return Incoming(
        message_id, body.get("text", ""), body.get("choice", ""), files, body.get("edits", ""), body.get("replies", "")
    )
