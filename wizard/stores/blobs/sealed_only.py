"""What a store takes only where it seals what it keeps: secrets aren't written down for others to read."""

from __future__ import annotations

from wizard.errors import SettingsError
from wizard.stores.blobs.vault import Vault


def check_seals(vault: Vault, what: str) -> None:
    """Raises SettingsError where nothing would be sealed; `what` begins the sentence, as "Resources are"."""
    if not vault.seals:
        raise SettingsError(
            f"{what} only stored encrypted, and this store isn't. `wizard keys new` makes a key: set it as "
            "WIZARD_KEYS, seal a store that is in use already with `wizard keys seal`, and start again."
        )
