"""The pages' style, script and icon: built files, read once, under names that change with their content.

`web/` holds the sources; installing from them builds `static/` beside this module. A name holds a hash of
the content, so a browser may keep a file for ever (RFC 9111, RFC 8246) and gets a new one with a new release
or theme.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from aiohttp import web

from wizard.errors import SettingsError

STATIC = Path(__file__).parent / "static"
THEME_LIMIT = 200_000  # bytes; the engine's own style is a third of that

STYLE, SCRIPT, CHAT, ICON = "wizard.css", "wizard.js", "chat.js", "icon.svg"
_JAVASCRIPT = "text/javascript; charset=utf-8"
MEDIA = {STYLE: "text/css; charset=utf-8", SCRIPT: _JAVASCRIPT, CHAT: _JAVASCRIPT, ICON: "image/svg+xml"}

REFUSED = re.compile(r"q=0(\.0*)?")

KEPT = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Vary": "Accept-Encoding",
    "X-Content-Type-Options": "nosniff",
    "Access-Control-Allow-Origin": "*",  # for a page elsewhere that names the hash of what it loads (SRI)
}
# The chat's script under the name that pages elsewhere load it by: asked for again after an hour.
BY_NAME = {**KEPT, "Cache-Control": "public, max-age=3600"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is served: its public name, its bytes as they are and compressed, its media type."""

    name: str
    body: bytes
    zipped: bytes
    media: str
    tag: str  # a strong entity tag of the uncompressed bytes; the compressed ones' ends in -gzip

    @classmethod
    def of(cls, file: str, body: bytes) -> Asset:
        """The asset that a built file becomes: `wizard.css` is served as `wizard-3f9a….css`."""
        digest = hashlib.sha256(body).hexdigest()[:16]
        stem, _, kind = file.rpartition(".")
        return cls(f"{stem}-{digest}.{kind}", body, _zipped(body), MEDIA[file], digest)


@dataclass(frozen=True, slots=True)
class Assets:
    """All files that the pages need. `css`, `js`, `chat` and `icon` are their public names, below `/static/`."""

    css: str
    js: str
    chat: str
    icon: str
    files: Mapping[str, Asset]

    @classmethod
    def load(cls, theme: Path | None = None, *, folder: Path = STATIC) -> Assets:
        """Reads the built files, with a host's own style after the engine's: custom properties such as
        `:root { --wz-accent: #7a1f5c }`, or rules.

        Raises SettingsError where the files aren't built, or the theme can't be read, is no UTF-8 text or
        has more than 200,000 bytes.
        """
        own = b"" if theme is None else b"\n" + _theme(theme)
        style = Asset.of(STYLE, _built(folder, STYLE) + own)
        script = Asset.of(SCRIPT, _built(folder, SCRIPT))
        chat = Asset.of(CHAT, _built(folder, CHAT))
        icon = Asset.of(ICON, _built(folder, ICON))
        files = {asset.name: asset for asset in (style, script, chat, icon)}
        return cls(style.name, script.name, chat.name, icon.name, {**files, CHAT: chat})

    def answer(self, request: web.BaseRequest, name: str) -> web.Response:
        """What GET or HEAD `/static/{name}` gets: the file, compressed where the browser takes that; 304 if
        it has it; 404 for every other name."""
        asset = self.files.get(name)
        if asset is None:
            missing = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
            return web.Response(status=404, text="There is no such file.\n", headers=missing)
        zipped = _takes_gzip(request.headers.get("Accept-Encoding", ""))
        tag = f'"{asset.tag}-gzip"' if zipped else f'"{asset.tag}"'
        headers = {**(BY_NAME if name == CHAT else KEPT), "ETag": tag}
        if not _known(request.headers.get("If-None-Match", "")).isdisjoint({asset.tag, "*"}):
            return web.Response(status=304, headers=headers)
        headers["Content-Type"] = asset.media
        if zipped:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=asset.zipped if zipped else asset.body, headers=headers)


@lru_cache(maxsize=8)
def _zipped(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)


def _built(folder: Path, name: str) -> bytes:
    try:
        return (folder / name).read_bytes()
    except OSError:
        raise SettingsError(
            f"The pages' {name} isn't built. In a checkout, `make install` (or `pip install -e .`) builds it; "
            "an installed package should have it: install it again."
        ) from None


def _theme(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            text = file.read(THEME_LIMIT + 1)
    except OSError as error:
        why = error.strerror or "unknown reason"
        raise SettingsError(f"The theme {path} can't be read: {why}. Give the path of a CSS file.") from None
    if len(text) > THEME_LIMIT:
        raise SettingsError(f"The theme {path} is too large. It may have at most {THEME_LIMIT:,} bytes.")
    try:
        text.decode()
    except UnicodeDecodeError:
        raise SettingsError(f"The theme {path} isn't text in UTF-8. Save it as UTF-8.") from None
    return text.removeprefix(b"\xef\xbb\xbf")


def _takes_gzip(accepted: str) -> bool:
    """Whether `Accept-Encoding` takes gzip (RFC 9110 section 12.5.3); `*` alone is answered uncompressed."""
    for each in accepted.lower().split(","):
        coding, _, weight = each.partition(";")
        if coding.strip() in {"gzip", "x-gzip"}:
            return REFUSED.fullmatch(weight.replace(" ", "")) is None
    return False


def _known(condition: str) -> set[str]:
    """The entity tags of `If-None-Match`, compared weakly (RFC 9110 section 13.1.2) and whatever their coding."""
    tags = (written.strip().removeprefix("W/").strip('"') for written in condition.split(","))
    return {tag.removesuffix("-gzip") for tag in tags}
