"""The shop's own application: its customers are signed in by the shop, and find here what its events have started.

`python examples/purchases/shop.py [PORT [STORE]]`. Settings are environment variables, WIZARD_EVENT_KEY above all.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from aiohttp import web

from wizard.app import Identity, wizard_app
from wizard.environment import settings_from


def identify(request: web.Request) -> Identity | None:
    """Stands for your own sessions: a real shop never believes a cookie that names the customer."""
    customer = request.cookies.get("customer")
    return Identity(profile_id=customer) if customer else None


def shop_app(store: str = "sqlite:///purchases.db") -> web.Application:
    definitions = os.environ.get("PURCHASES", Path(__file__).parent)
    return wizard_app(definitions, store=store, settings=settings_from(os.environ), identify=identify)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8097
    web.run_app(shop_app(*sys.argv[2:3]), host="127.0.0.1", port=port, print=None)
