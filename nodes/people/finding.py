"""`load_profile` and `merge_profiles`: another profile than the run's own, looked at and made a part of it.

Which fields profiles are found by, whoever runs the service says (`find_by` of the schema); what is shown of one, the
author does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.template import Dynamic, Template
from wizard.model import Outcome, Proceed, Value
from wizard.node import Background, FormHint, NodeConfig, Visit
from wizard.node.contract import Profiles
from wizard.nodes.given import given
from wizard.nodes.people.profile import FieldName, OnProfile

MOST_SHOWN: Final = 50
MOST_COUNTED: Final = 20
MOST_ID: Final = 500
OWN, OTHER = "own", "other"  # in the node's state

How = Literal["keep", "take", "newest", "append", "sum", "least", "most", "leave"]


class LoadProfileConfig(NodeConfig):
    """Whose profile it is, and what is shown of it."""

    field: FieldName = Field(description="The field that it is found by, like `email`.")
    value: Dynamic = Field(description="What the field holds, like `{{ ask.email }}`.")
    show: Annotated[tuple[FieldName, ...], Field(min_length=1, max_length=MOST_SHOWN)] = Field(
        description="The fields of it that this run may see; `id` is what it is stored under."
    )
    match: Literal["unique", "newest"] = Field(
        "unique", description="Of several with that value: none is taken, or the one that was saved last."
    )


class LoadProfileNode(OnProfile[LoadProfileConfig]):
    """Finds a stored profile by what is in one of its fields.

    Ways out: `found`, `not_found`, and `several` where more than one has that value; with `match: newest`, the one that
    was saved last is taken then. The run's own profile stays what it is, and may be the one that is found.

    Outputs: `profile`, a group of the fields that `show` names, null without one; `count`, how many there are, up to
    20. Nothing else of the profile can be read, and nothing at all of several.

    Texts are found letter by letter: write addresses alike first, by `normalise_email`. Nothing (null) finds nobody.
    Whoever runs the service says in the schema of profiles which fields can be looked for. **Whoever answers the form
    before this node could try out addresses of others**: show nothing that isn't theirs, unless they have shown who
    they are, by `confirm_email` for example.
    """

    type = "load_profile"
    title = "Find a profile"
    icon = "user-search"
    ports = ("found", "not_found", "several")
    always_ports = True
    example: ClassVar[Mapping[str, Any]] = {"field": "email", "value": "{{ profile.email }}", "show": ["id", "name"]}
    Config = LoadProfileConfig

    def outputs(self, config: LoadProfileConfig) -> frozenset[str]:
        return frozenset({"profile", "count"})

    async def execute(self, visit: Visit[LoadProfileConfig]) -> Outcome:
        config, value = visit.config, given(visit, "value").value
        found = [] if value is None else await _profiles(visit).find(config.field, value, MOST_COUNTED)
        if not found or (len(found) > 1 and config.match == "unique"):
            return Proceed({"profile": None, "count": len(found)}, port="several" if found else "not_found")
        first = found[0]
        shown = {name: first.id if name == "id" else first.fields.get(name) for name in config.show}
        return Proceed({"profile": shown, "count": len(found)}, port="found")


class MergeProfilesConfig(NodeConfig):
    """Which profile goes into the run's own, and how."""

    other: Template = Field(description="The id of the other profile, like `{{ known.profile.id }}`.")
    fields: Annotated[dict[FieldName, How], FormHint(rows=6)] = Field(
        default_factory=dict, max_length=200, description="How single fields are merged, by their names."
    )
    otherwise: How = Field("keep", description="How all other fields are merged.")


class MergeProfilesNode(Background[MergeProfilesConfig]):
    """Merges another profile of the same person into the run's own.

    Each field of the other one goes by a rule: `keep` what is here, and take the other's where nothing is; `take` the
    other's; the `newest`, which was set last; `append` lists without what is there twice; the `sum` of numbers; the
    `least` or the `most`; or `leave` it.

    Nothing is lost: the other profile stays, with its history, sessions and runs, and its field `merged_into` leads to
    this one, as does its id: runs and events that come for it later are for this profile. This one lists it in
    `merged_from`. Who deletes or exports the one does so with the other. Both are saved at once and have entries in
    their histories. If somebody goes back before this node, both are undone, except for fields that were set since.

    Ways out besides the ordinary one: `not_found`, where there is no other profile; `elsewhere`, where one of the two
    was merged into another already; `under_way`, where runs of the other one haven't ended.

    Outputs: `value`, the merged profile; null where it wasn't. In this run, `profile` stays as it was: read
    `merge.value.email`. What this run itself has set, and hasn't saved yet, isn't a part of it.
    """

    type = "merge_profiles"
    title = "Merge two profiles"
    group = "people"
    icon = "users"
    ports = ("not_found", "elsewhere", "under_way")
    example: ClassVar[Mapping[str, Any]] = {
        "other": "{{ profile.former_id }}",
        "fields": {"points": "sum", "tags": "append", "email": "newest"},
    }
    Config = MergeProfilesConfig

    def outputs(self, config: MergeProfilesConfig) -> frozenset[str]:
        return frozenset({"value"})

    def example_output(self, config: MergeProfilesConfig) -> Mapping[str, Value]:
        return {"value": {}}

    def check(self, config: MergeProfilesConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        if "id" in config.fields:
            yield ("fields", "id"), "a profile's id is what it is stored under, and isn't merged"

    async def execute(self, visit: Visit[MergeProfilesConfig]) -> Outcome:
        own, other = visit.read("profile.id"), given(visit, "other")
        if not other.value.strip():
            return Proceed({"value": None}, port="not_found")
        if not isinstance(own, str) or not own:
            what = "The run has no profile that another one could be merged into. Start it with a `profile_id`."
            raise NodeFailed(what, people=Excuse.BROKEN, lasting=True)
        config, other_id = visit.config, other.line(MOST_ID)
        merged = await _profiles(visit).merge(own, other_id, config.fields, config.otherwise, visit.run)
        if merged.outcome != "merged":
            return Proceed({"value": None}, port=merged.outcome)
        visit.state.update({OWN: own, OTHER: other_id})
        return Proceed({"value": {**merged.fields, "id": own}})

    async def remove(self, visit: Visit[MergeProfilesConfig]) -> None:
        if OTHER in visit.state:
            await _profiles(visit).unmerge(visit.state[OWN], visit.state[OTHER])


def _profiles(visit: Visit[Any]) -> Profiles:
    if visit.profiles is None:
        raise NodeFailed("There is no store of profiles here.", people=Excuse.BROKEN, lasting=True)
    return visit.profiles
