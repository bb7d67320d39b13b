"""All node types that there are, as the catalogue of actions: by group, and by what is looked for."""

from __future__ import annotations

from collections.abc import Iterable

from wizard.actions.action import Action
from wizard.node import Registry

MAX_WORDS = 200  # characters that are looked for
_SPELLED = dict.fromkeys(("email", "e-mail", "emails", "e-mails", "mails"), "mail")  # which is in each of them


class Catalogue:
    """The actions of a registry, which may grow meanwhile."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: dict[str, Action] = {}

    @classmethod
    def installed(cls) -> Catalogue:
        """Of all types that are installed here."""
        return cls(Registry.installed())

    def get(self, name: str) -> Action | None:
        """The action of this type, None where there is none."""
        node_type = self._registry.get(name)
        if node_type is None:
            return None
        known = self._known.get(name)
        if known is None or known.node_type is not node_type or known.fields is not self._registry.fields:
            known = self._known[name] = Action(node_type, self._registry.fields)
        return known

    def actions(self, words: str = "") -> list[Action]:
        """All by group and title; with `words`, those in which each of the words is, first those whose name or summary
        has them: others may only mention them."""
        every = (self.get(node_type.type) for node_type in self._registry)
        sought = [_SPELLED.get(word, word) for word in words[:MAX_WORDS].casefold().split()]
        found = [action for action in every if action is not None and _has(action.text, action, sought)]
        mentions = {action: not _has(action.summary, action, sought) for action in found}
        return sorted(found, key=lambda action: (mentions[action], action.group, action.title, action.type))


def by_group(actions: Iterable[Action]) -> dict[str, list[Action]]:
    """Actions by group, in their order."""
    groups: dict[str, list[Action]] = {}
    for action in actions:
        groups.setdefault(action.group, []).append(action)
    return groups


def _has(text: str, action: Action, words: Iterable[str]) -> bool:
    """Whether each word is in a text about an action, or in its name."""
    within = f"{action.type} {action.title} {action.group} {text}".casefold()
    return all(word in within for word in words)
