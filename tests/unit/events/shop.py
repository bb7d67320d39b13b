"""A shop: the workflows that its events start and reach."""

from __future__ import annotations

from wizard.definitions.catalog import Catalog
from wizard.definitions.reading.source import read
from wizard.engine import Engine
from wizard.node import Registry
from wizard.stores.contract import Store
from wizard.stores.memory import MemoryStore

SHOP = """
id: parcel
nodes:
  - {id: paid, type: wait, event: {name: purchase, when: data.total > 10}}
  - {id: ask, type: form, title: "Where to, for {{ paid.data.total }}?", fields: [{name: street}]}
---
id: record
on: [{event: purchase}, {event: refund, when: event.properties.total > 0}]
nodes:
  - {id: note, type: set, values: {profile.total: "{{ event.properties.total }}"}}
---
id: thanks
on:
  - {event: purchase, when: event.properties.total > 100 and profile.silent == null}
nodes:
  - id: ask
    type: form
    title: "{{ event.type }} {{ event.id }} of {{ profile.id }} in {{ session.id }}"
    fields: [{name: how}]
"""


def catalog(text: str = SHOP) -> Catalog:
    return Catalog.from_read(read(text, "shop.yaml"), Registry.installed())


async def an_engine(text: str = SHOP, store: Store | None = None) -> Engine:
    opened = store or MemoryStore()
    await opened.open()
    return Engine(catalog(text), opened)


async def how_many(engine: Engine) -> int:
    """How many runs there are."""
    return len(await engine.store.list_runs())
