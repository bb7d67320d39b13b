"""`add_tag`, `remove_tag` and `has_tag` nodes: words that a person is marked with, in the profile's field `tags`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import Field

from wizard.expressions.template import Dynamic
from wizard.model import Outcome, Proceed
from wizard.node import NodeConfig, Visit
from wizard.nodes.given import given
from wizard.nodes.people.profile import MAX_LIST, OnProfile, names_in, set_names

TAGS = "tags"


class TagConfig(NodeConfig):
    """Which tags."""

    tags: Dynamic = Field(description="A tag, or a list of tags.")


class HasTagConfig(TagConfig):
    """Which tags are looked for."""

    match: Literal["all", "any"] = Field("all", description="Whether all of them have to be there, or one is enough.")


class AddTagNode(OnProfile[TagConfig]):
    """Marks the person with tags.

    The tags are kept in the profile's field `tags`, a list, so that expressions can read it: `"vip" in profile.tags`.
    `tags` is a text or a list of texts, such as the answer to a question with several choices. Nothing adds nothing,
    and a tag that is there isn't added again. Tags are compared letter by letter: `VIP` and `vip` are two.

    A tag is one line of up to 200 characters, and a profile has up to 200 tags. Going back takes the change back.

    Outputs: `added`, the tags that weren't there before.
    """

    type = "add_tag"
    title = "Add a tag"
    icon = "tag"
    example: ClassVar[Mapping[str, Any]] = {"tags": ["customer", "since-{{ year(today()) }}"]}
    Config = TagConfig

    def outputs(self, config: TagConfig) -> frozenset[str]:
        return frozenset({"added"})

    async def execute(self, visit: Visit[TagConfig]) -> Outcome:
        held = names_in(TAGS, visit)
        added = [tag for tag in _tags(visit) if tag not in held]
        if added:
            set_names(TAGS, held + added, visit)
        return Proceed({"added": added})


class RemoveTagNode(OnProfile[TagConfig]):
    """Takes tags from the person.

    `tags` is a text or a list of texts. A tag that isn't there is no mistake. Going back takes the change back.

    Outputs: `removed`, the tags that were there.
    """

    type = "remove_tag"
    title = "Remove a tag"
    icon = "tag-off"
    example: ClassVar[Mapping[str, Any]] = {"tags": "prospect"}
    Config = TagConfig

    def outputs(self, config: TagConfig) -> frozenset[str]:
        return frozenset({"removed"})

    async def execute(self, visit: Visit[TagConfig]) -> Outcome:
        held, unwanted = names_in(TAGS, visit), _tags(visit)
        removed = [tag for tag in unwanted if tag in held]
        if removed:
            set_names(TAGS, [tag for tag in held if tag not in removed], visit)
        return Proceed({"removed": removed})


class HasTagNode(OnProfile[HasTagConfig]):
    """Goes one way for people with a tag, another for those without.

    `tags` is a text or a list of texts. With several, all of them have to be there, or with `match: any` one of them.
    Where `tags` gives nothing, `all` holds and `any` doesn't.

    The ways out are `yes` and `no`; one that isn't named leads to the node below.

    Outputs: `found`, the tags that are there.
    """

    type = "has_tag"
    title = "Has a tag?"
    icon = "tags"
    example: ClassVar[Mapping[str, Any]] = {"tags": ["vip", "customer"], "match": "any"}
    ports = ("yes", "no")
    always_ports = True
    Config = HasTagConfig

    def outputs(self, config: HasTagConfig) -> frozenset[str]:
        return frozenset({"found"})

    async def execute(self, visit: Visit[HasTagConfig]) -> Outcome:
        held, wanted = names_in(TAGS, visit), _tags(visit)
        found = [tag for tag in wanted if tag in held]
        has = len(found) == len(wanted) if visit.config.match == "all" else bool(found)
        return Proceed({"found": found}, port="yes" if has else "no")


def _tags(visit: Visit[Any]) -> list[str]:
    """The tags that the configuration gives, each once. Raises NodeFailed where they aren't texts, or too many."""
    return list(dict.fromkeys(tag.line() for tag in given(visit, "tags").several(MAX_LIST)))
