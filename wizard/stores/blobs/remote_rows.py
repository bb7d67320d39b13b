"""A remote node's registration, as a blob: all of it but its type and revision, which have columns."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from wizard.errors import SettingsError, StoreError
from wizard.model.remote import RemoteNode
from wizard.stores.blobs.formats import MISSHAPEN, Part, a_map, unreadable, unwrap, wrap
from wizard.stores.blobs.vault import Vault

log = logging.getLogger("wizard.stores")


def remote_body(vault: Vault, node: RemoteNode) -> bytes:
    """Raises SettingsError where nothing would be encrypted."""
    if not vault.seals:
        raise SettingsError(
            "The secret of a remote node is only stored encrypted, and this store isn't. `wizard keys new` makes a key,"
            " WIZARD_KEYS takes it, and `wizard keys seal` encrypts what is stored already."
        )
    content = {
        "url": node.url,
        "secret": node.secret,
        "description": dict(node.description),
        "at": node.at,
        "by": node.by,
    }
    return wrap(vault, Part.REMOTE, node.type, content, (node.type, node.revision))


def read_remotes(vault: Vault, rows: Iterable[tuple[str, int, bytes]]) -> Iterator[RemoteNode]:
    """The registrations that can be read; the log names the others."""
    for node_type, revision, body in rows:
        try:
            content = a_map(unwrap(vault, Part.REMOTE, node_type, body, (node_type, revision)))
            url, secret, description = content["url"], content["secret"], a_map(content["description"])
            yield RemoteNode(node_type, revision, url, secret, description, content["at"], content["by"])
        except (StoreError, *MISSHAPEN) as error:
            log.error("%s", unreadable(f"The registration of the remote node {node_type}", error, ""))
