"""What is said, as one channel can show it: in parts, with the buttons that there is room for. Pure."""

from __future__ import annotations

from wizard.channels.outside.contract import Limits, Outbound
from wizard.model.talk import Offer, Utterance


def rendered(said: Utterance, conversation: str, limits: Limits) -> list[Outbound]:
    """The messages to send, each with an id that is the same every time; none where there is nothing to show."""
    text, choices = said.text, said.choices
    if len(choices) > limits.buttons or not text.strip():
        lines = [_line(offer) for offer in choices]
        text, choices = "\n".join(filter(None, (text, *lines))), ()
    parts = parts_of(text, limits.text)
    last = len(parts) - 1
    return [
        Outbound(
            said.id if at == 0 else f"{said.id}.{at}",
            conversation,
            part,
            choices if at == last else (),
            said.speaker,
        )
        for at, part in enumerate(parts)
    ]


def _line(offer: Offer) -> str:
    """A button as a line: by its number where it has one, which can be typed as well."""
    key = offer.choice.partition(".")[2]
    label = f"{offer.label} ✓" if offer.picked else offer.label
    return f"{key}. {label}" if key.isdigit() else f"• {label}"


def parts_of(text: str, most: int) -> list[str]:
    """The text in parts of at most so many characters, broken where a paragraph, a line or a word ends if it can be;
    none that is blank, which services refuse."""
    parts: list[str] = []
    while len(text) > most:
        head = text[:most]
        at = next((found for mark in ("\n\n", "\n", " ") if (found := head.rfind(mark)) > most // 2), most)
        parts.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [part for part in (*parts, text) if part.strip()]
