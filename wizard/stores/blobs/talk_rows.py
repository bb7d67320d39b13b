"""What was said in a conversation, as blobs: all of it but its run, its number and its id, which have columns."""

from __future__ import annotations

from wizard.errors import StoreError
from wizard.model.talk import Expected, Offer, Speaker, Utterance
from wizard.stores.blobs.formats import MISSHAPEN, Part, unreadable, unwrap, wrap
from wizard.stores.blobs.vault import Vault


def utterance_body(vault: Vault, run_id: str, said: Utterance) -> bytes:
    """Raises InvalidInput for what can't be stored."""
    expects = None if said.expects is None else [said.expects.type, said.expects.name, said.expects.step]
    choices = [[offer.choice, offer.label, *([True] if offer.picked else [])] for offer in said.choices]
    content = [said.speaker.value, said.text, said.at, choices, expects, said.about, dict(said.details)]
    return wrap(vault, Part.UTTERANCE, run_id, content, (said.number, said.id))


def read_utterance(vault: Vault, run_id: str, number: int, id: str, blob: bytes) -> Utterance:  # noqa: A002
    """Raises StoreError naming the run."""
    try:
        speaker, text, at, choices, expects, about, details = unwrap(vault, Part.UTTERANCE, run_id, blob, (number, id))
        offers = tuple(Offer(*offer) for offer in choices)
        asked = None if expects is None else Expected(*expects)
        return Utterance(number, id, Speaker(speaker), text, at, offers, asked, about, details)
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable(f"Message {number} of the run's conversation", error, run_id) from error
