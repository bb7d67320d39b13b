"""The help of a workflow: what people ask beside its questions, and which of its topics they mean."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.channels.conversation.matching import nearest
from wizard.forms.characters import alike
from wizard.model import Topic

MENTIONED = 5  # characters of a topic that is found within a question


def plain_topic(topics: Iterable[Topic]) -> Topic | None:
    """What `help` itself comes to, where the workflow says that."""
    return next((topic for topic in topics if not topic.asked), None)


def topic_in(text: str, topics: Iterable[Topic]) -> Topic | None:
    """The topic that is asked for, None where a text asks for none; misspelt it needs a question mark."""
    asked = [(way, topic) for topic in topics for way in topic.asked]
    said = alike(text).rstrip("?!. ")
    for way, topic in asked:
        if alike(way).rstrip("?!. ") == said:
            return topic
    if not text.rstrip().endswith("?"):
        return None
    near = nearest(text.rstrip("?! "), [way.rstrip("?! ") for way, _ in asked])
    if near.one is not None:
        return asked[near.one][1]
    held = {id(topic): topic for way, topic in asked if _holds(said, alike(way).rstrip("?!. "))}
    return next(iter(held.values())) if len(held) == 1 else None


def _holds(question: str, way: str) -> bool:
    """Whether a question names a topic in its midst, as “What are your opening hours?” does."""
    return len(way) >= MENTIONED and f" {way} " in f" {question} "
