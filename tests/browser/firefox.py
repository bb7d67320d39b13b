"""Finding a Firefox, Debian's package where there is none, and driving it by WebDriver BiDi, with no other program.

`python -m tests.browser.firefox` makes sure that there is one and prints its path. Playwright's own Firefox is another
build, which not every machine can have; of the one that people use, what it makes of Back and Forward is the point.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from tests.browser.chromium import required, run
from tests.browser.person import LOOK

NAMES = ("firefox-esr", "firefox")
PATIENCE = 300.0  # seconds; only what hangs takes so long

# Nothing that a test does may depend on what a browser does by itself, on the network least of all.
PREFERENCES: dict[str, Any] = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.cache.disk.enable": False,
    "browser.newtabpage.enabled": False,
    "browser.region.network.url": "",
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "dom.ipc.processPrelaunch.enabled": False,
    "extensions.getAddons.cache.enabled": False,
    "extensions.update.enabled": False,
    "fission.autostart": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "toolkit.telemetry.enabled": False,
}


class NoFirefox(Exception):
    """There is no Firefox. `make test` installs one; or install your system's package `firefox-esr`."""

    def __init__(self, why: str = "") -> None:
        super().__init__(f"{self.__doc__} {why}".strip())


def systems() -> str | None:
    """The path of the system's own Firefox."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Firefox:
    """A running one. `commands` are BiDi's (https://w3c.github.io/webdriver-bidi/)."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listening = asyncio.create_task(self._listen())

    async def does(self, method: str, **parameters: Any) -> dict[str, Any]:
        """What a command gives. An error of it is an AssertionError."""
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        told = await asyncio.wait_for(answer, PATIENCE)
        assert told["type"] == "success", f"{method}: {told.get('error')}: {told.get('message')}"
        result: dict[str, Any] = told["result"]
        return result

    async def _listen(self) -> None:
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                continue
            told = json.loads(message.data)
            if told.get("id") in self._answers:
                self._answers.pop(told["id"]).set_result(told)

    async def ends(self) -> None:
        self._listening.cancel()
        with suppress(asyncio.CancelledError):
            await self._listening


@asynccontextmanager
async def firefox() -> AsyncIterator[Firefox]:
    """A browser with a new, empty profile; its processes are gone at the end of the block.

    Raises NoFirefox.
    """
    path = systems()
    if path is None:
        raise NoFirefox
    with tempfile.TemporaryDirectory(prefix="wizard-firefox-", ignore_cleanup_errors=True) as folder:
        lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items())
        (Path(folder) / "user.js").write_text("\n".join(lines))
        command = (
            path,
            "--headless",
            "--no-remote",
            "--profile",
            folder,
            "--remote-debugging-port",
            "0",
            "about:blank",
        )
        bare = {**os.environ, "MOZ_DISABLE_CONTENT_SANDBOX": "1"}  # a container may forbid to nest one
        process = await asyncio.create_subprocess_exec(*command, stdout=DEVNULL, stderr=PIPE, env=bare)
        try:
            async with asyncio.timeout(PATIENCE):
                address = await _address_of(process)
            draining = asyncio.create_task(_drain(process))
            async with ClientSession() as session, session.ws_connect(f"{address}/session", max_msg_size=0) as socket:
                browser = Firefox(socket)
                await browser.does("session.new", capabilities={})
                yield browser
                await browser.ends()
            draining.cancel()
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), 10)
            with suppress(ProcessLookupError):
                process.kill()


async def _address_of(process: Process) -> str:
    """Where it listens. Raises NoFirefox where it ends before it says so."""
    assert process.stderr is not None
    said: list[str] = []
    async for line in process.stderr:
        said.append(line.decode(errors="replace"))
        if "WebDriver BiDi listening on " in said[-1]:
            return said[-1].rpartition(" ")[2].strip()
    raise NoFirefox(f"It doesn't start: {''.join(said)[-500:]}")


async def _drain(process: Process) -> None:
    assert process.stderr is not None
    async for _ in process.stderr:
        pass


class Reader:
    """Somebody at a Firefox, as far as tests/browser/person.py's Person is needed there."""

    def __init__(self, browser: Firefox, user: str, tab: str) -> None:
        self._browser = browser
        self._user = user
        self._tab = tab

    @classmethod
    async def sits_down(cls, browser: Firefox) -> Reader:
        """With nobody else's cookies."""
        user = (await browser.does("browser.createUserContext"))["userContext"]
        return cls(browser, user, await _tab(browser, user))

    async def leaves(self) -> None:
        await self._browser.does("browser.removeUserContext", userContext=self._user)

    async def opens_tab(self) -> Reader:
        other = Reader(self._browser, self._user, await _tab(self._browser, self._user))
        await other.visits(str(await self.evaluates("location.href")))
        return other

    async def visits(self, address: str) -> None:
        await self._browser.does("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    async def types(self, **texts: str) -> None:
        for name, text in texts.items():
            parts = (
                zip(("day", "month", "year"), text.split(), strict=True) if f"{name}-day" in await self._names() else ()
            )
            for part, piece in parts or ((None, text),):
                await self._fills(name if part is None else f"{name}-{part}", piece)

    async def _fills(self, name: str, text: str) -> None:
        await self.evaluates(f"document.getElementsByName({json.dumps(name)})[0].value = {json.dumps(text)}")

    async def _names(self) -> list[str]:
        names = await self.evaluates("JSON.stringify([...document.querySelectorAll('[name]')].map((e) => e.name))")
        return list(json.loads(names))

    async def chooses(self, label: str) -> None:
        find = f"[...document.querySelectorAll('label')].find((e) => e.innerText.trim() === {json.dumps(label)})"
        await self.evaluates(f"{find}.control.checked = true")

    async def uploads(self, name: str, file: Path) -> None:
        find = {"type": "css", "value": f'input[type=file][name="{name}"]'}
        found = await self._browser.does("browsingContext.locateNodes", context=self._tab, locator=find)
        element = {"sharedId": found["nodes"][0]["sharedId"]}
        await self._browser.does("input.setFiles", context=self._tab, element=element, files=[str(file)])

    async def presses(self, button: str) -> None:
        """Presses a button or follows a link, and waits for the page that comes."""
        all_ = "[...document.querySelectorAll('button, a')]"
        await self._and_waits(f"{all_}.find((each) => each.innerText.trim() === {json.dumps(button)}).click()")

    follows = presses

    async def _and_waits(self, expression: str) -> None:
        """For another page than this one, which is marked."""
        await self.evaluates(f"window.left = true; {expression}")
        async with asyncio.timeout(PATIENCE):
            while not await self.evaluates("window.left === undefined && document.readyState === 'complete'"):
                await asyncio.sleep(0.02)

    async def browser_back(self) -> None:
        await self._traverses(-1)

    async def browser_forward(self) -> None:
        await self._traverses(1)

    async def _traverses(self, by: int) -> None:
        """Without waiting: what comes out of the browser's memory isn't loaded."""
        await self._browser.does("browsingContext.traverseHistory", context=self._tab, delta=by)

    async def reloads(self) -> None:
        await self._browser.does("browsingContext.reload", context=self._tab, wait="complete")

    async def sees(
        self, *texts: str, title: str | None = None, error: str | None = None, values: dict[str, Any] | None = None
    ) -> None:
        page = json.loads(await self.evaluates(f"JSON.stringify(({LOOK})({json.dumps(list(values or {}))}))"))
        # A form that is sent earlier takes its page's place in the history, by HTML's own rules: Back skips it then.
        assert page["loaded"], page
        assert title is None or page["headings"] == [title], page
        assert error is None or page["errors"] == ([error] if error else []), page
        assert dict(zip(values or {}, page["values"], strict=True)) == (values or {}), page
        assert not [text for text in texts if text not in page["shown"]], page

    async def evaluates(self, expression: str) -> Any:
        target = {"context": self._tab}
        call = {"expression": expression, "target": target, "awaitPromise": False, "userActivation": True}
        told = await self._browser.does("script.evaluate", **call)
        assert told["type"] == "success", told
        return told["result"].get("value")


async def _tab(browser: Firefox, user: str) -> str:
    context: str = (await browser.does("browsingContext.create", type="tab", userContext=user))["context"]
    return context


def debians() -> bool:
    """Whether Debian's package could be installed."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ("apt-get", "install", "--yes", "--quiet", "--no-install-recommends", NAMES[0])
    return run("apt-get", "update", "--quiet", env=quiet) and run(*install, env=quiet)


def main() -> int:
    found = systems()
    if found is None and debians():
        found = systems()
    if found is None:
        print(NoFirefox(), file=sys.stderr)
        print("The tests with Firefox will be skipped.", file=sys.stderr)
        return 1 if required() else 0
    print(found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
