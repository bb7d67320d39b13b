"""How long profiles, sessions and their history are kept: what is older goes, a part at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from wizard.settings import Settings
from wizard.stores.documents import Documents

PRUNED = 100  # at once: a turn that saves waits for no more


async def prune_documents(documents: Documents, settings: Settings, now: datetime) -> None:
    """Deletes what the settings say isn't kept any longer."""
    for kind, days in (("profile", settings.keep_profiles), ("session", settings.keep_sessions)):
        while days and await documents.prune(kind, now - timedelta(days=days), PRUNED) == PRUNED:
            pass
    days = settings.keep_history
    while days and await documents.prune_history(now - timedelta(days=days), PRUNED) == PRUNED:
        pass
