"""A resource as a blob: what it holds, sealed in any case."""

from __future__ import annotations

from datetime import datetime

from wizard.errors import ResourceRefused, StoreError
from wizard.model.resources import StoredResource
from wizard.stores.blobs.formats import MISSHAPEN, Part, a_map, unreadable, unwrap, wrap
from wizard.stores.blobs.vault import About, Vault, microseconds

OWNER = "resource/"  # and the name: whose a resource's blob is

NOT_SEALED = (
    "Resources are only stored encrypted, and this store isn't. `wizard keys new` makes a key: set it as WIZARD_KEYS, "
    "seal a store that is in use already with `wizard keys seal`, and start again."
)


def resource_body(vault: Vault, resource: StoredResource) -> bytes:
    """Raises ResourceRefused where nothing seals it."""
    if not vault.seals:
        raise ResourceRefused(NOT_SEALED)
    content = {use: dict(value) for use, value in resource.values.items()}
    about = _about(resource.name, resource.kind, resource.revision, resource.saved_at)
    return wrap(vault, Part.RESOURCE, OWNER + resource.name, content, about)


def read_resource(
    vault: Vault, name: str, revision: int, kind: str, saved_at: datetime, saved_by: str, blob: bytes
) -> StoredResource:
    """Raises StoreError."""
    try:
        about = _about(name, kind, revision, saved_at)
        content = a_map(unwrap(vault.strict, Part.RESOURCE, OWNER + name, blob, about))
        values = {use: a_map(value) for use, value in content.items()}
        return StoredResource(name, revision, kind, values, saved_at, saved_by)
    except (StoreError, *MISSHAPEN) as error:
        raise unreadable(f"The resource {name}", error, "") from error


def _about(name: str, kind: str, revision: int, saved_at: datetime) -> About:
    return name, kind, revision, microseconds(saved_at)
