"""Handing out what people uploaded: as a file to save, and never as a page to show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from aiohttp import web

from wizard.model import StoredFile

_MEDIA_TYPE = re.compile(r"[\w.+-]{1,80}/[\w.+-]{1,80}", re.ASCII)


def as_attachment(file: StoredFile, headers: Mapping[str, str]) -> web.Response:
    """The file, with further `headers`; its name as RFC 6266 says."""
    name = quote(file.name.encode("utf-8", "replace"), safe="")
    given = {
        **headers,
        "Content-Disposition": f"attachment; filename*=UTF-8''{name}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Content-Type": file.media_type if _MEDIA_TYPE.fullmatch(file.media_type) else "application/octet-stream",
    }
    return web.Response(body=file.content, headers=given)
