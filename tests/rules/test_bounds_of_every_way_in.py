"""The table of docs/reliability.md, measured: for each way in, what the worst that was found to send takes of a real
process's memory and of its processor is no more than the table says."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from tests.acceptance.processes import Process, process
from tests.acceptance.raw import BOUNDARY, MULTIPART, URLENCODED, Sent, once
from tests.drawing import TORTURE
from wizard.channels.web.csrf import RUN, RUN_COOKIE, START, VISITOR_COOKIE, form_key, new_visitor
from wizard.channels.web.posted import MOST_INPUTS
from wizard.channels.web.upload_limits import TEXTS

TABLE = Path(__file__).parents[2] / "docs" / "reliability.md"
FORMS = """
id: f
title: F
nodes:
  - id: a
    type: form
    fields: [{name: x, required: false}, {name: paper, type: file, max_size: 5000000, required: false}]
  - {id: b, type: wait, event: paid}
"""
JSON = ("Content-Type", "application/json")


class Most(NamedTuple):
    """What a request may take at most, as the table says it."""

    megabytes: float
    seconds: float


def rows() -> dict[str, Most]:
    """The table's rows by their first words."""
    found = re.finditer(r"^\| ([^|]+?) \|.*\| (\d+) MB \| ([\d.]+) s \|$", TABLE.read_text(), re.MULTILINE)
    return {match[1]: Most(float(match[2]), float(match[3])) for match in found}


ROWS = rows()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder: Path = tmp_path_factory.mktemp("ways")
    (folder / "f.yaml").write_text(FORMS)
    with process(folder, "f.yaml", "--store", "sqlite:runs.db", WIZARD_REFUSAL_RATE="0") as server:
        # The first pages load what all later ones share: that is the process's, and not a request's.
        for path in ("/", "/w/f", "/nowhere"):
            asyncio.run(once(server.port, Sent("GET", path, ())))
        yield server


class Run(NamedTuple):
    id: str
    token: str
    step: str

    def call(self, name: str, body: bytes) -> Sent:
        headers = (JSON, ("Authorization", f"Bearer {self.token}"))
        return Sent("POST", f"/api/v1/runs/{self.id}/{name}", headers, body)


async def started(server: Process) -> Run:
    answer = await once(server.port, Sent("POST", "/api/v1/runs", (JSON,), b'{"workflow": "f"}'))
    born = json.loads(answer.body)
    return Run(born["id"], born["token"], born["current"]["step"])


async def check(server: Process, way: str, *requests: Sent | bytes) -> None:
    """Sends each by itself. Memory that was taken once stays the process's; so the first sum is the worst."""
    most, peak, worst = ROWS[way], server.peak, 0.0
    for sent in requests:
        seconds = server.processor
        answer = await once(server.port, sent)
        assert answer.status < 500, answer
        worst = max(worst, server.processor - seconds)
    print(f"{way}: {server.peak - peak:.0f} MB, {worst:.2f} s")
    assert worst <= most.seconds, f"{way}: {worst:.2f} s"
    assert server.peak - peak <= most.megabytes, f"{way}: {server.peak - peak:.0f} MB"


async def test_a_head(server: Process) -> None:
    """Cookies, headers and an address as large as they may be."""
    cookies = tuple(("Cookie", "a=b; " * 1_600) for _ in range(8))
    many = tuple((f"X-{number}", "y" * 400) for number in range(120))
    address = "/w/f?" + "x=%41&" * 1_300
    await check(server, "a head", *(Sent("GET", target, more) for target in ("/", address) for more in (cookies, many)))


async def test_a_form(server: Process) -> None:
    """A stranger's, who makes up a cookie and the key that goes with it."""
    visitor = new_visitor()
    key = urlencode({"wizard-key": form_key(visitor, START, "f")}).encode()
    headers = (("Cookie", f"{VISITOR_COOKIE}={visitor}"), ("Content-Type", URLENCODED))
    bodies = (
        b"x=" + b"%41" * (TEXTS // 3 - 400),
        b"x=" + b"%E4%B8%ADa" * (TEXTS // 10 - 400),
        b"&".join(b"x=" + b"%41" * 300 for _ in range(MOST_INPUTS - 2)),
        b"x=" + b"%" * (TEXTS - 400),
        b"&" * (TEXTS - 400),
        b"x=" + b"%" * 7_900_000,
    )
    await check(server, "a form", *(Sent("POST", "/w/f", headers, key + b"&" + body) for body in bodies))


async def test_files(server: Process) -> None:
    """Of whoever holds a run: one that is taken, one that is too large, and parts by thousands."""
    run, visitor = await started(server), new_visitor()
    cookies = ("Cookie", f"{VISITOR_COOKIE}={visitor}; {RUN_COOKIE}={run.token}")
    mark = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    key = f'{mark}"wizard-key"\r\n\r\n{form_key(visitor, RUN, run.token)}\r\n'.encode()
    paper = f'{mark}"paper"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF'.encode()
    end = f"\r\n--{BOUNDARY}--\r\n".encode()
    bodies = (
        key + paper + b"x" * 4_900_000 + end,
        key + paper + b"x" * 70_000_000 + end,
        key + (paper + b"x" * 3_900 + b"\r\n") * (MOST_INPUTS - 1) + end[2:],
        key + (mark.encode() + b'"x"\r\n' + b"a: b\r\n" * 15 + b"\r\n" + b"y" * 800 + b"\r\n") * 1_990 + end[2:],
    )
    headers = (cookies, ("Content-Type", MULTIPART))
    await check(server, "files", *(Sent("POST", f"/r/{run.id}/{run.step}", headers, body) for body in bodies))


async def test_a_json_call(server: Process) -> None:
    """A stranger's."""
    opened = b'{"workflow":"f","input":{"a":['
    bodies = (
        opened + b"{}," * 49_900 + b"{}]}}",
        opened + b"{}," * 600_000 + b"{}]}}",
        opened + b'{"b":[]},' * 24_900 + b"{}]}}",
        opened + b'"' + b"\\u0041," * 280_000 + b'"]}}',
        opened + b"1.5," * 49_900 + b"1]}}",
        opened + b"[" * 900_000,
        opened + b'"' + b"," * 1_900_000 + b'"]}}',
    )
    await check(server, "a JSON call", *(Sent("POST", "/api/v1/runs", (JSON,), body) for body in bodies))


async def test_answers_in_json(server: Process) -> None:
    """Of whoever holds a run: a file in base64, and what isn't one."""
    run = await started(server)
    file = {"name": "a.pdf", "type": "application/pdf", "content": base64.b64encode(b"%PDF" * 1_225_000).decode()}
    opened = json.dumps({"step": run.step}).encode()[:-1] + b',"answers":{"x":'
    bodies = (
        opened + b"[" + b"{}," * 49_900 + b"{}]}}",
        opened + b"[" + b"{}," * 2_600_000 + b"{}]}}",
        opened + b'"' + b"\\u0041," * 1_100_000 + b'"}}',
        opened + b"[" + (b"9" * 150 + b",") * 49_900 + b"1]}}",
        opened + b'"' + b"," * 7_800_000 + b'"}}',
        json.dumps({"step": run.step, "answers": {"paper": file}}).encode(),
    )
    await check(server, "answers in JSON", *(run.call("next", body) for body in bodies))


async def test_an_event(server: Process) -> None:
    """Of whoever may send one: as large as is taken in, and larger."""
    run = await started(server)
    bodies = (
        b'{"name":"paid","data":[' + b"{}," * 49_900 + b"{}]}",
        b'{"name":"paid","data":"' + b"x" * 900_000 + b'"}',
        b'{"name":"paid","data":[' + b"{}," * 600_000 + b"{}]}",
    )
    await check(server, "an event", *(run.call("events", body) for body in bodies))


ALONE = r"""
import json, re, resource, sys, time
from pathlib import Path
from datetime import UTC, datetime

def peak():
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024

class Nothing:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    def read(self, chain):
        return list(range(1000)) if chain[0] == "items" else "ab " * 3000

def definition(text):
    from wizard.definitions.catalog import Catalog
    from wizard.node import Registry
    from wizard.definitions.reading import source
    Catalog.from_documents([each.data for each in source.read(text.encode(), "x.yaml")], Registry.installed())

def answer(text):
    from wizard.model.values import check_value
    from wizard.model.nesting import MOST_VALUES, load_json
    check_value(load_json(text.encode(), 32, values=MOST_VALUES), "It")

def expression(text):
    from wizard.expressions.expression import parse
    parse(text).evaluate(Nothing())

def template(text):
    from wizard.expressions.template import parse
    parse(text).render(Nothing())

def pattern(text):
    from wizard.forms.types.patterns import check_pattern
    for longest in (80, 300, 1000, 100_000):
        try:
            check_pattern(text, longest)
        except ValueError:
            continue
        re.fullmatch(text, ("ab" * longest)[:longest - 1] + "!")
        re.fullmatch(text, ("," * longest)[:longest - 1] + "x")

def row(text):
    from wizard.model.values import pack, unpack
    unpack(pack([{}] * int(text)))

node = "  - {id: n%d, type: form, title: T, fields: [{name: x}]}\n"
nodes = int(sys.argv[2])
head = "id: a\ntitle: A\nnodes:\n"
CASES = {
    "a definition": [(definition, each) for each in (
        head + "".join(node % number for number in range(nodes)),
        head + "".join("  - {id: n%d, type: nothing, x: y}\n" % number for number in range(nodes)),
        head + "  - {id: n, type: form, fields: [" + "{name: x}, " * (8 * nodes) + "]}\n",
        head + "  - {id: n, type: form, fields: " + "[" * (40 * nodes),
        "a: [" + "1, " * (30 * nodes) + "]\n",
        "- x\n" * (24 * nodes),
    )],
    "a service's answer": [(answer, each) for each in (
        "[" + "{}," * 49_900 + "{}]", "[" + "{}," * 330_000 + "{}]", "[" + "9," * 49_900 + "9]",
        '"' + "x" * 990_000 + '"',
    )],
    "an expression": [(expression, each) for each in (
        "[x + y for x in items for y in items]", "sum([x * x for x in items])",
        "sorted([text(x) for x in items])", "split(name, ' ')", "items == items and items == items",
    )],
    "a template": [(template, each) for each in (
        "{% for x in items %}{% for y in items %}{{ x }}{{ name }}{% endfor %}{% endfor %}", "{{ name }}" * 900,
        "{% for x in items %}{{ items }}{% endfor %}",
    )],
    "a pattern": [(pattern, each) for each in (
        ".*,.*,.*!", "a{0,999}b{0,999}", "(?=.*[0-9])(?=.*[a-z]).{8,}", "[ab]*[ab]{0,9}", "(?:[ab][ab]?){1,9}c",
        "(?:a|b|ab|ba){1,9}c", "[ab]*(?:[ab]{0,90}c|d)", "(?i)[a-z]*[a-z]*!",
    )],
    "a stored value": [(row, "990000")],
}
took = {}
way = sys.argv[1]
for work, text in CASES[way]:
    try:
        work("1" if work is not definition else head)
    except Exception:
        pass
before, worst = peak(), 0.0
for work, text in CASES[way]:
    began = time.process_time()
    try:
        work(text)
    except Exception as error:
        assert not isinstance(error, (NameError, ImportError, AttributeError, TypeError)), repr(error)
    worst = max(worst, time.process_time() - began)
print(json.dumps([peak() - before, worst]))
"""


@pytest.mark.parametrize(
    "way", ["a definition", "a service's answer", "an expression", "a template", "a pattern", "a stored value"]
)
def test_what_comes_from_elsewhere(way: str) -> None:
    """What authors, plug-ins, services and the database bring, each in a process of its own."""
    nodes = "9990" if TORTURE else "1000"  # a definition of as many as there may be takes most of a minute
    asked = [sys.executable, "-c", ALONE, way, nodes]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    megabytes, seconds = json.loads(done.stdout)
    print(f"{way}: {megabytes:.0f} MB, {seconds:.2f} s")
    assert megabytes <= ROWS[way].megabytes, f"{megabytes:.0f} MB"
    assert seconds <= ROWS[way].seconds, f"{seconds:.2f} s"


def test_every_row_is_measured() -> None:
    """A figure that nobody measures is a guess."""
    source = Path(__file__).read_text()
    ways = re.findall(r'await check\(server, "([^"]+)"', source) + re.findall(
        r'^    "(an? [^"]+)": \[\(', source, re.MULTILINE
    )
    assert len(ROWS) == len(ways) == 12
    assert set(ROWS) == set(ways)
