"""The pages' files: names that follow the content, caching, compression, a host's theme; what the style promises."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from wizard.channels.web.assets import STATIC, THEME_LIMIT, Assets
from wizard.errors import SettingsError

FILES = {"wizard.css": "a{color:red}", "wizard.js": "let a", "chat.js": "let b", "icon.svg": "<svg/>"}


def built(folder: Path, **other: str) -> Path:
    """A folder as the build leaves it."""
    folder.mkdir(exist_ok=True)
    for name, text in (FILES | {key.replace("_", "."): value for key, value in other.items()}).items():
        (folder / name).write_text(text)
    return folder


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[ClientSession, Assets]]:
    """A server that hands the files out, and a client that leaves compressed bodies as they are."""
    assets = Assets.load(folder=built(tmp_path / "static"))

    async def answer(request: web.Request) -> web.StreamResponse:
        return assets.answer(request, request.match_info["name"])

    app = web.Application()
    app.router.add_get("/static/{name}", answer)
    async with TestServer(app) as server, ClientSession(server.make_url("/"), auto_decompress=False) as client:
        yield client, assets


@pytest.mark.parametrize(
    ("file", "media", "body"),
    [
        ("css", "text/css; charset=utf-8", b"a{color:red}"),
        ("js", "text/javascript; charset=utf-8", b"let a"),
        ("icon", "image/svg+xml", b"<svg/>"),
    ],
)
async def test_a_file_is_served_for_ever(
    served: tuple[ClientSession, Assets], file: str, media: str, body: bytes
) -> None:
    """A returning person would fetch the style again, or a browser guess what a file is."""
    client, assets = served
    async with client.get(f"/static/{getattr(assets, file)}", headers={"Accept-Encoding": "identity"}) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == media
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Encoding" not in answer.headers
        assert await answer.read() == body


@pytest.mark.parametrize(
    ("accepted", "zipped"),
    [
        ("gzip, deflate, br", True),
        ("br;q=1.0, GZIP;q=0.5", True),
        ("x-gzip", True),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("br", False),
        ("*", False),
        ("", False),
    ],
)
async def test_compressed_for_browsers_that_take_it(
    served: tuple[ClientSession, Assets], accepted: str, zipped: bool
) -> None:
    """A page would load slowly, or a browser get bytes that it can't read."""
    client, assets = served
    async with client.get(f"/static/{assets.css}", headers={"Accept-Encoding": accepted}) as answer:
        body = await answer.read()
        assert answer.headers.get("Content-Encoding") == ("gzip" if zipped else None)
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert (gzip.decompress(body) if zipped else body) == b"a{color:red}"


async def test_a_browser_that_has_it_gets_no_body(served: tuple[ClientSession, Assets]) -> None:
    """A reload would transfer everything again, or another file be taken for this one."""
    client, assets = served
    address = f"/static/{assets.css}"
    async with client.get(address, headers={"Accept-Encoding": "gzip"}) as first:
        tag = first.headers["ETag"]
    async with client.get(address, headers={"Accept-Encoding": "identity"}) as plain:
        assert plain.headers["ETag"] != tag, "two different bodies under one strong tag"
    for condition, status in ((tag, 304), (f'"other", W/{tag}', 304), ("*", 304), ('"other"', 200)):
        async with client.get(address, headers={"If-None-Match": condition}) as again:
            assert again.status == status, condition
            assert bool(await again.read()) is (status == 200)


@pytest.mark.parametrize("name", ["wizard.css", "wizard-0000000000000000.css", "..%2Fassets.py", "%00", ".sources"])
async def test_no_other_name_is_answered(served: tuple[ClientSession, Assets], name: str) -> None:
    """Somebody could read files of the server, or an old page get a style that isn't its own."""
    client, _ = served
    async with client.get(f"/static/{name}") as answer:
        assert answer.status == 404
        assert "immutable" not in answer.headers.get("Cache-Control", "")


def test_a_name_follows_the_content(tmp_path: Path) -> None:
    """After an update, browsers would go on with the old style for a year."""
    one = Assets.load(folder=built(tmp_path / "one"))
    same = Assets.load(folder=built(tmp_path / "same"))
    other = Assets.load(folder=built(tmp_path / "other", wizard_css="a{color:blue}"))
    assert one == same
    assert re.fullmatch(r"wizard-[0-9a-f]{16}\.css", one.css)
    assert (other.css != one.css, other.js) == (True, one.js)


def test_a_theme_comes_after_the_style(tmp_path: Path) -> None:
    """A host's colours would have no effect, or come with the mark that some editors put first."""
    theme = tmp_path / "theme.css"
    theme.write_bytes("\ufeff:root { --wz-accent: #7a1f5c } /* café */".encode())
    assets = Assets.load(theme, folder=built(tmp_path / "static"))
    body = assets.files[assets.css].body.decode()
    assert body.startswith("a{color:red}\n:root { --wz-accent: #7a1f5c }")
    assert "\ufeff" not in body
    assert assets.css != Assets.load(folder=tmp_path / "static").css


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, r"theme\.css can't be read: No such file"),
        (b" " * (THEME_LIMIT + 1), "is too large. It may have at most 200,000 bytes"),
        (b"\xff\xfe", "isn't text in UTF-8"),
    ],
)
def test_a_theme_that_cant_be_used_is_named(tmp_path: Path, content: bytes | None, says: str) -> None:
    """A host would see a stack trace at start, or pages without its colours."""
    theme = tmp_path / "theme.css"
    if content is not None:
        theme.write_bytes(content)
    with pytest.raises(SettingsError, match=says):
        Assets.load(theme, folder=built(tmp_path / "static"))


def test_without_a_build_it_says_what_builds(tmp_path: Path) -> None:
    """Somebody with a bare checkout would look for a file that no document names."""
    with pytest.raises(SettingsError, match=r"wizard\.css isn't built.*`make install`"):
        Assets.load(folder=tmp_path)


async def test_pages_elsewhere_load_the_chat_by_its_name(served: tuple[ClientSession, Assets]) -> None:
    """They would keep a script that doesn't fit the server any more, or couldn't pin the one that they checked."""
    client, assets = served
    async with client.get("/static/chat.js") as by_name, client.get(f"/static/{assets.chat}") as by_hash:
        assert gzip.decompress(await by_name.read()) == gzip.decompress(await by_hash.read()) == b"let b"
        assert by_name.headers["Cache-Control"] == "public, max-age=3600"
        assert "immutable" in by_hash.headers["Cache-Control"]
        assert by_name.headers["Access-Control-Allow-Origin"] == "*"
        assert by_hash.headers["Access-Control-Allow-Origin"] == "*"


# The files as they are built from web/.


@pytest.fixture(scope="module")
def style() -> str:
    return (STATIC / "wizard.css").read_text()


def test_the_built_files_are_small() -> None:
    """A person on a slow line would wait for the first page."""
    assets = Assets.load()
    style, script, chat, icon = (assets.files[name] for name in (assets.css, assets.js, assets.chat, assets.icon))
    assert len(style.body) < 64_000
    assert len(style.zipped) < 12_000
    assert len(script.body) < 12_500
    assert len(script.zipped) < 4_500
    assert len(chat.zipped) < 20_000
    assert len(icon.body) < 1_000


def test_the_style_asks_for_nothing_else(style: str) -> None:
    """Pages would show the crown or a typeface that only one government may use, or break their own policy."""
    assert not re.search(r"url\(|@import|@font-face|image-set|GDS Transport|crest|crown\b(?! copyright)", style, re.I)


TEXT, EDGE = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
GROUNDS = ("page", "surface", "tint", "accent-soft")
PAIRS = [
    *((text, ground, TEXT) for text in ("text", "text-soft", "accent", "accent-strong", "error") for ground in GROUNDS),
    *((text, "error-soft", TEXT) for text in ("text", "error", "error-strong")),
    *((text, "success-soft", TEXT) for text in ("text", "success")),
    *(("on-accent", ground, TEXT) for ground in ("accent", "accent-strong")),
    *(("on-error", ground, TEXT) for ground in ("error", "error-strong")),
    ("focus-text", "focus", TEXT),
    *((edge, ground, EDGE) for edge in ("edge", "accent", "error", "focus-edge") for ground in ("page", "surface")),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_colours_can_be_told_apart(style: str, scheme: str, front: str, ground: str, least: float) -> None:
    """Somebody with weak eyes, or in the sun, couldn't read a text or see an input's edge."""
    blocks = [block for block in re.findall(r"\{([^{}]*)\}", style) if "--wz-page:" in block and "--wz-focus:" in block]
    assert len(blocks) == 2
    colours = dict(re.findall(r"--wz-([a-z-]+): ?(#[0-9a-f]{3,6})\b", blocks[scheme == "dark"]))
    assert contrast(colours[front], colours[ground]) >= least


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' luminances (WCAG 2.2, contrast ratio)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
