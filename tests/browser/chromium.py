"""Finding a Chromium: the system's, else Playwright's own download, else Debian's package.

`python -m tests.browser.chromium` makes sure that there is one and prints its path. `make test` calls it before
pytest; where there is one already, it only looks.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from playwright.async_api import Browser, Error, async_playwright

# The shell is the same browser without windows, which takes a third of the time.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing that a test does may depend on what a browser does by itself, on the network least of all.
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--renderer-process-limit=1",  # one test follows the other; each new process costs half a second
)
PATIENCE = 600.0  # seconds, for a download

REQUIRED = "BROWSER_TESTS"


def required() -> bool:
    """Whether a missing browser is a failure, as it is in continuous integration."""
    return bool(os.environ.get("CI")) or os.environ.get(REQUIRED) == "required"


class NoBrowser(Exception):
    """There is no Chromium. `make test` installs one; or install your system's package `chromium`."""

    def __init__(self, why: str = "") -> None:
        super().__init__(f"{self.__doc__} {why}".strip())


def systems(names: Sequence[str] = NAMES) -> str | None:
    """The path of the system's own Chromium."""
    return next((path for name in names if (path := shutil.which(name))), None)


@asynccontextmanager
async def chromium(*, whole: bool = False) -> AsyncIterator[Browser]:
    """A browser with a new, empty profile; its processes are gone at the end of the block. `whole` is the one that
    people have, where the system has it, with its memory of pages.

    Raises NoBrowser.
    """
    async with async_playwright() as playwright:
        path = (systems(NAMES[1:]) if whole else None) or systems() or playwright.chromium.executable_path
        if not os.access(path, os.X_OK):
            raise NoBrowser
        try:
            left_out = ["--disable-back-forward-cache"] if whole else None
            browser = await playwright.chromium.launch(
                executable_path=path, args=list(FLAGS), ignore_default_args=left_out
            )
        except Error as error:
            raise NoBrowser(f"{path} doesn't start: {error.message}") from error
        try:
            yield browser
        finally:
            await browser.close()


async def starts() -> str:
    """The version of the browser that starts. Raises NoBrowser."""
    async with chromium() as browser:
        return browser.version


def downloaded() -> bool:
    """Whether Playwright's own download was there, or could be made, and starts."""
    if not run(sys.executable, "-m", "playwright", "install", "chromium"):
        return False
    try:
        asyncio.run(starts())
    except NoBrowser as missing:  # a bare machine lacks its libraries
        print(missing, file=sys.stderr)
        return False
    return True


def debians() -> bool:
    """Whether Debian's package could be installed."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *NAMES[:2])
    return run("apt-get", "update", "--quiet", env=quiet) and run(*install, env=quiet)


def run(*command: str, env: dict[str, str] | None = None) -> bool:
    """Whether a command succeeded. What it prints goes to stderr: stdout is for the path alone."""
    try:
        done = subprocess.run(command, stdout=sys.stderr, env=env, timeout=PATIENCE, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
        return False
    return done.returncode == 0


def main() -> int:
    found = systems()
    if found is None and downloaded():
        found = "Playwright's own"
    elif found is None and debians():
        found = systems()
    if found is None:
        print(NoBrowser(), file=sys.stderr)
        print("The browser tests will be skipped.", file=sys.stderr)
        return 1 if required() else 0
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
