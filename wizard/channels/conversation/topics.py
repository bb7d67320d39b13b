"""The help of a workflow: what people ask beside its questions, and which of its topics they mean."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.channels.conversation.matching import nearest
from wizard.forms.characters import alike
from wizard.model import Topic


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
    return None if near.one is None else asked[near.one][1]
