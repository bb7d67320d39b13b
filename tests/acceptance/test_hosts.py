"""The example hosts, started as they are shipped and gone through as somebody would in a browser."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import unescape
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urljoin

import pytest

from tests.forkserver import script
from tests.patience import LONG
from tests.ports import free_port

HOSTS = Path(__file__).parents[2] / "examples" / "hosts"
SECONDS = 300.0  # that a server may take to start, on a busy machine


class Browser:
    """Somebody who looks at a host's pages and fills in what stands on them."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.url = address
        self.page = ""
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def opens(self, path: str = "/") -> None:
        self._send(urllib.request.Request(urljoin(self.address, path)))

    def sends(self, action: str = "next", **answers: str) -> None:
        """Fills in the page's form and presses one of its buttons."""
        form = re.search(r"<form[^>]*method=\"post\"[^>]*>(.*?)</form>", self.page, re.DOTALL)
        assert form is not None, self.page
        inputs = {name: unescape(value) for name, value in self._inputs(form[1])}
        assert set(answers) <= set(inputs), inputs
        target = re.search(r'action="([^"]*)"', form[0].partition(">")[0])
        url = urljoin(self.url, unescape(target[1]) if target else "")
        body = urlencode({**inputs, **answers, "action": action}).encode()
        self._send(urllib.request.Request(url, body, {"Origin": self.address, "Referer": self.url}))

    def _inputs(self, form: str) -> Iterator[tuple[str, str]]:
        for tag in re.findall(r"<input[^>]*>", form):
            name, value = re.search(r' name="([^"]*)"', tag), re.search(r' value="([^"]*)"', tag)
            if name is not None:
                yield name[1], value[1] if value else ""

    def _send(self, request: urllib.request.Request) -> None:
        try:
            answer = self._opener.open(request, timeout=LONG)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            self.url, self.page = answer.url, answer.read().decode()
        assert answer.status in (200, 422), self.page  # 422: a page with mistakes on it

    def is_refused(self, url: str) -> bool:
        with pytest.raises(urllib.error.HTTPError) as refused:
            self._opener.open(url, timeout=LONG)
        refused.value.close()
        return refused.value.code == 403

    def sees(self, text: str) -> None:
        assert text in unescape(self.page), self.page

    def waits_for(self, text: str) -> None:
        end = time.monotonic() + SECONDS
        while text not in unescape(self.page):
            assert time.monotonic() < end, self.page
            time.sleep(0.1)
            self.opens(self.url)


def tells(address: str, told: Mapping[str, str]) -> int:
    body = repr(dict(told)).replace("'", '"').encode()
    request = urllib.request.Request(f"{address}/paid", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=LONG) as response:
            status: int = response.status
    except urllib.error.HTTPError as error:
        status = error.code
        error.close()
    return status


def environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "WIZARD_STORE": f"sqlite:///{folder / 'bookings.db'}"}


@contextmanager
def served(host: str, folder: Path) -> Iterator[str]:
    """The address of a host that runs for as long as the context lasts."""
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*script(), str(HOSTS / f"{host}_host.py"), str(port)], env=environment(folder), stdout=log, stderr=log
        )
    try:
        end = time.monotonic() + SECONDS
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < end
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize("host", ["flask", "django", "fastapi", "aiohttp"])
def test_somebody_books_seats(host: str, tmp_path: Path) -> None:
    """Mistakes are told at their fields, Back keeps what was answered, the bank's call moves the run, the tickets are
    printed by a job, and the next start of the server knows the run still."""
    with served(host, tmp_path) as address:
        ann = Browser(address)
        ann.opens()
        ann.sees("Where do you want to go?")
        ann.sends(town="Bern", seats="many")
        ann.sees("Your answer to “Seats” must be a whole number")
        ann.sends(town="Bern", seats="2")
        ann.sees("2 seats to Bern cost 50 francs")
        ann.sends("previous")
        ann.sees('value="Bern"')
        ann.sends(seats="3")
        ann.sees("3 seats to Bern cost 75 francs")

        bob = Browser(address)
        bob.opens()
        bob.sees("Where do you want to go?")
        if host == "aiohttp":  # elsewhere a run has no address of its own
            assert bob.is_refused(ann.url)

        ann.sends()
        ann.waits_for("Pay 75 francs with the reference")
        reference = re.search(r"reference ([\w-]+)", ann.page)
        assert reference is not None
        paid = {"reference": reference[1], "payment": "4711"}
        assert tells(address, paid) == 204
        ann.waits_for("Your tickets: Bern 1, Bern 2, Bern 3")
        tells(address, paid)  # a bank sends it twice
        ann.opens(ann.url)
        ann.sees("Your tickets: Bern 1, Bern 2, Bern 3")
        bob.opens(bob.url)
        bob.sees("Where do you want to go?")

    told = subprocess.run(
        [*script(), str(HOSTS / "script.py"), reference[1]],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert told.stdout == "completed: Your tickets: Bern 1, Bern 2, Bern 3\n", told.stderr


def test_a_script_says_what_it_can_not_do(tmp_path: Path) -> None:
    """A reference that nobody has is a sentence and an exit code, and no traceback."""
    told = subprocess.run(
        [*script(), str(HOSTS / "script.py"), "nobody"],
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        timeout=LONG,
        check=False,
    )
    assert (told.returncode, told.stderr) == (1, "")
    assert told.stdout.startswith("There is no such run.")
