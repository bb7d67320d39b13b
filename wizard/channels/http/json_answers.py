"""What is answered as JSON: values become bytes, and these a response."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from wizard.channels.http.problems import MEDIA_TYPE, SECURITY_HEADERS
from wizard.model.values import to_json

_ENCODER = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False, default=to_json
)


def encode(value: Any) -> bytes:
    """JSON in UTF-8. Values that JSON lacks are written as wizard.model.values.to_json says."""
    try:
        return orjson.dumps(value, default=to_json)
    except TypeError:  # integers beyond 64 bits and half characters, which orjson doesn't write
        return _ENCODER.encode(value).encode("utf-8", "replace")


def as_json(status: int, body: bytes, headers: Mapping[str, str] | None = None) -> web.Response:
    """A response with JSON, or a problem, in it."""
    media_type = "application/json" if status < 400 else MEDIA_TYPE
    headers = {**SECURITY_HEADERS, "Content-Type": media_type, **(headers or {})}
    return web.Response(status=status, body=body, headers=headers)
