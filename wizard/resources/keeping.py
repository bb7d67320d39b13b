"""Resources in a store: setting, showing, removing them. What is secret goes in here and comes out to nodes only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr, ValidationError

from wizard.errors import DataUnreadable, ResourceNotFound, ResourceRefused, StaleResource
from wizard.model.resources import MOST_RESOURCES, OF_NO_WORKFLOW, StoredResource, StoredResources
from wizard.model.staging import Deed, Stages
from wizard.resources.handing import Use, Values
from wizard.resources.kinds import KINDS, Resource
from wizard.resources.naming import check_name

SET, REMOVED = "set_resource", "remove_resource"  # as deeds have it
ADDRESSES = ("base_url", "token_url", "endpoint", "url")  # where what is secret is sent
IS_SET = {"is_set": True}  # what is shown in the place of a secret


class Kept(NamedTuple):
    """A stored resource, its values checked."""

    name: str
    revision: int
    kind: str
    values: Values
    saved_at: datetime
    saved_by: str


class Keeping:
    """What operators do with the resources of a store. `by` says who does it, as the caller names them."""

    def __init__(self, resources: StoredResources, stages: Stages, clock: Callable[[], datetime]) -> None:
        self._resources = resources
        self._stages = stages
        self._clock = clock

    async def find(self, name: str) -> Values | None:
        """A source of resources (wizard.resources.handing). Raises StoreError."""
        stored = await self._resources.get(name)
        return None if stored is None else _kept(stored).values

    async def list(self) -> tuple[Kept, ...]:
        """All of them, by name."""
        return tuple(map(_kept, await self._resources.list()))

    async def get(self, name: str) -> Kept:
        """Raises ResourceNotFound."""
        stored = await self._resources.get(name)
        if stored is None:
            raise ResourceNotFound
        return _kept(stored)

    async def set(
        self, name: str, kind: str, values: Mapping[Use, Mapping[str, Any] | None], *, revision: int, by: str
    ) -> Kept:
        """Saves over that revision, 0 for a new one: each of the uses that are given, and the others stay; None takes a
        use out. Of a value that is given, secrets that are left out stay as they are, and everything else is what is
        given. Where the kind is another one, nothing of before stays.

        Raises ResourceRefused for what is wrong, StaleResource.
        """
        stored = await self._resources.get(name)
        if (0 if stored is None else stored.revision) != revision:
            raise StaleResource
        if stored is None:
            await self._check_new(name)
        before = {} if stored is None or stored.kind != kind else stored.values
        model = kind_of(kind)
        anew: dict[str, Mapping[str, Any]] = dict(before)
        for use, value in values.items():
            anew.pop(use.value, None)
            if value is not None:
                merged = with_secrets(model, value, before.get(use.value, {}), use.value)
                anew[use.value] = revealed(checked(model, merged, use.value))
        if not anew:
            raise ResourceRefused("A resource has a production or a test value, or both. Set one, or remove it.")
        number = await self._first(name) if stored is None else stored.revision + 1
        now = self._clock()
        saved = StoredResource(name, number, kind, anew, now, by)
        details: dict[str, Any] = {"resource": name, "kind": kind, "uses": [use.value for use in values]}
        await self._resources.save(saved, self._deed(SET, by, details), first=stored is None)
        return _kept(saved)

    async def remove(self, name: str, *, revision: int | None = None, by: str) -> None:
        """Raises ResourceNotFound, StaleResource."""
        stored = await self._resources.get(name)
        if stored is None:
            raise ResourceNotFound
        if revision not in (None, stored.revision):
            raise StaleResource
        details: dict[str, Any] = {"resource": name, "revision": stored.revision}
        await self._resources.delete(name, stored.revision, self._deed(REMOVED, by, details))

    def _deed(self, action: str, by: str, details: Mapping[str, Any]) -> Deed:
        return Deed(0, self._clock(), by, action, OF_NO_WORKFLOW, details, "")

    async def _check_new(self, name: str) -> None:
        """Raises ResourceRefused."""
        try:
            check_name(name)
        except ValueError as error:
            raise ResourceRefused(errors={"name": str(error)}) from None
        if len(await self._resources.list()) >= MOST_RESOURCES:
            raise ResourceRefused(f"There are {MOST_RESOURCES} resources, and no more can be stored. Remove one first.")

    async def _first(self, name: str) -> int:
        """The revision that begins a resource: one that none had which was removed, so that nobody saves over what they
        have never seen."""
        below: int | None = None
        while deeds := await self._stages.deeds(OF_NO_WORKFLOW, below=below):
            for deed in deeds:
                removed = deed.details.get("revision")
                if deed.action == REMOVED and deed.details.get("resource") == name and isinstance(removed, int):
                    return removed + 1
            below = deeds[-1].number
        return 1


def kind_of(kind: str) -> type[Resource]:
    """Raises ResourceRefused."""
    if kind not in KINDS:
        raise ResourceRefused(errors={"kind": f"must be one of {', '.join(KINDS)}"})
    return KINDS[kind]


def checked(model: type[Resource], value: Mapping[str, Any], place: str = "") -> Resource:
    """`place` is where the value stands, for errors. Raises ResourceRefused, in which nothing of it is quoted."""
    errors: dict[str, str] = {}
    try:
        return model.model_validate(value)
    except ValidationError as error:
        for each in error.errors(include_url=False, include_context=False, include_input=False):
            names = [str(part) for part in each["loc"] if isinstance(part, int) or part.isidentifier()]
            why = _WHY.get(each["type"]) or each["msg"].removeprefix("Value error, ")
            errors.setdefault(".".join(filter(None, (place, *names))), why)
    raise ResourceRefused(errors=errors)  # out here, so that what was given is in no traceback


_WHY = {
    "missing": "is missing",
    "extra_forbidden": "isn't a part of this kind of resource",
    "string_type": "must be a text",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
}


def revealed(part: BaseModel) -> dict[str, Any]:
    """All of it as data, its secrets in clear: for the store, and for nothing else."""
    data = {name: _revealed(getattr(part, name)) for name in type(part).model_fields}
    return {name: value for name, value in data.items() if value not in (None, {})}


def _revealed(value: Any) -> Any:
    match value:
        case SecretStr():
            return value.get_secret_value()
        case BaseModel():
            return revealed(value)
        case Mapping():
            return {name: _revealed(part) for name, part in value.items()}
    return value


def shown(part: BaseModel) -> dict[str, Any]:
    """All of it as data, without its secrets: that they are set is all that is told of them."""
    return {name: told for name in type(part).model_fields if (told := _shown(getattr(part, name))) not in (None, {})}


def _shown(value: Any) -> Any:
    match value:
        case SecretStr():
            return IS_SET
        case BaseModel():
            return shown(value)
        case Mapping():
            return {name: _shown(part) for name, part in value.items()}
    return value


def with_secrets(
    model: type[BaseModel],
    given: Mapping[str, Any],
    stored: Mapping[str, Any],
    place: str = "",
    *,
    moved: str = "",
) -> dict[str, Any]:
    """What is given, with the secrets that it leaves out as they are stored; null takes one out. Where some `headers`
    are given, of the others those stay that are given as they are shown: `{"X-Key": {"is_set": true}}`.

    A secret doesn't move with an address: whoever could send it elsewhere could read it. `moved` is the address above
    this part that is another one now. Raises ResourceRefused where a secret would have to be kept then.
    """
    addresses = [
        name for name, info in model.model_fields.items() if name in ADDRESSES and not _is_secret(info.annotation)
    ]
    moved = moved or next((name for name in addresses if _service(stored.get(name)) != _service(given.get(name))), "")
    merged = {name: value for name, value in given.items() if value is not None and value != IS_SET}
    for name, info in model.model_fields.items():
        before, now, here = stored.get(name), given.get(name), f"{place}.{name}" if place else name
        if before is None or (name in given and now is None):
            continue
        inner = _part_in(info.annotation)
        if inner is not None and isinstance(now, Mapping):
            merged[name] = with_secrets(inner, now, before, here, moved=moved)
        elif isinstance(before, Mapping) and isinstance(now, Mapping):
            merged[name] = {key: before.get(key) if value == IS_SET else value for key, value in now.items()}
            _check_stays(moved, here, any(value == IS_SET for value in now.values()))
        elif _is_secret(info.annotation) and (name not in given or now == IS_SET):
            _check_stays(moved, here, True)
            merged[name] = before
    return merged


def _check_stays(moved: str, place: str, kept: bool) -> None:
    """Raises ResourceRefused."""
    if moved and kept:
        why = f"has to be given again (or null, to take it out), since `{moved}` names another service than before"
        raise ResourceRefused(errors={place: why})


def _service(address: object) -> tuple[str, str] | None:
    """The service that an address leads to: its scheme, and its host and port. None for the usual one of a kind."""
    if not isinstance(address, str):
        return None
    try:
        parts = urlsplit(address)
    except ValueError:
        return address, ""
    return parts.scheme, parts.netloc


def _part_in(annotation: Any) -> type[BaseModel] | None:
    """The class of a part, of an annotation such as `OAuth2Client | None`."""
    return next((each for each in (annotation, *get_args(annotation)) if _is_model(each)), None)


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _is_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(_is_secret, get_args(annotation)))


def _kept(stored: StoredResource) -> Kept:
    """Raises DataUnreadable."""
    try:
        model = kind_of(stored.kind)
        values = {use: checked(model, value) for use in Use if (value := stored.values.get(use.value)) is not None}
    except ResourceRefused as error:
        what = f"The resource {stored.name} can't be used by this version: {error.message} Set it anew."
        raise DataUnreadable(what) from None
    pair = Values(values.get(Use.PRODUCTION), values.get(Use.TEST))
    return Kept(stored.name, stored.revision, stored.kind, pair, stored.saved_at, stored.saved_by)
