"""The command: what it prints, its exit codes, and that errors are a line that says what to do."""

from __future__ import annotations

import asyncio
import io
import os
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest

from tests import forkserver
from tests.unit.shell import BROKEN, EMBEDDING, PASSPORT, WARNED, Shell
from wizard.cli import main as cli
from wizard.definitions import reference
from wizard.definitions.schema import schema
from wizard.forms.field_type import BaseField, FieldType
from wizard.forms.types.text import line as parser_of_text
from wizard.node import NodeConfig, Registry
from wizard.nodes.data.set import SetNode
from wizard.server import serve_until_told
from wizard.testing import make_test_engine


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


# -- help and usage ----------------------------------------------------------------------------------

EVENTS = ("event", "events", "events send", "events list")
STAGING = ("drafts", "drafts put", "drafts get", "drafts list", "deploy", "revoke", "versions", "diff", "audit")
RUNS = ("list", "show", "trace", "export", "cancel", "repair", "delete")
COMMANDS = (
    *("serve", "worker", "jobs", "run", "check", "graph", "schema", "nodes", "keys", "keys new", "keys rotate", "runs"),
    *(f"runs {each}" for each in RUNS),
    *STAGING,
    *EVENTS,
    *("nodes show", "nodes configure"),
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(shell: Shell, command: str) -> None:
    """--help is where everybody looks first."""
    assert shell.types(f"{command} --help") == 0
    assert "Examples:" in shell.out
    assert f"wizard {command}" in shell.out
    assert "range>" not in shell.out  # what a number is called in the code


@pytest.mark.parametrize(
    "command", ["", "runs", "keys", "drafts", "events", "profiles", "sessions", "nodes", "remote-nodes"]
)
def test_what_a_command_does_is_told_in_a_whole_sentence(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """A sentence that is cut off leaves out what the reader was looking for."""
    monkeypatch.setenv("COLUMNS", "80")
    assert shell.types(f"{command} --help") == 0
    listed = shell.out.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert len(listed) >= 2
    assert [line for line in listed if not line.endswith(".") or line.endswith("...")] == []


def test_the_command_alone_lists_what_there_is(shell: Shell) -> None:
    """`wizard`, `wizard runs` and `wizard --version` are asked by people who don't know it yet."""
    assert shell.types("") == 0
    assert all(command.split()[0] in shell.out for command in COMMANDS)
    assert shell.types("runs") == 0
    assert "trace" in shell.out
    assert shell.types("--version") == 0
    assert shell.out.startswith("wizard ")


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("bogus", "No such command 'bogus'. `wizard --help` shows how it is used."),
        ("chek", "'check'"),
        ("serve", "PATH"),
        ("serve passport.yaml --port 99999", "65535"),
        ("run", "--resume"),
        ("run passport.yaml --input country", "NAME=VALUE"),
        ("run passport.yaml --input =x", "NAME=VALUE"),
        ("run passport.yaml --store redis:x", "memory:"),
        ("graph passport.yaml --format png", "mermaid"),
        ("nodes fomr", "form"),
        ("runs list --status sleeping", "waiting"),
        ("check --bogus passport.yaml", "--bogus"),
    ],
)
def test_a_command_used_wrongly_is_one_line_and_code_2(shell: Shell, command: str, says: str) -> None:
    """Scripts tell a typing error from a wrong definition by the code."""
    assert shell.types(command) == 2
    assert says in shell.err
    assert shell.err.startswith("wizard: ")
    assert shell.err.count("\n") == 1
    assert "?." not in shell.err


def test_settings_that_cant_be_used_are_named(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A misspelt variable counts for nothing; somebody must say so."""
    monkeypatch.setenv("WIZARD_PORT", "many")
    monkeypatch.setenv("WIZARD_STOER", "memory:")
    assert shell.types("runs list") == 2
    assert "WIZARD_PORT" in shell.err
    assert "wizard: unknown setting WIZARD_STOER, ignored; did you mean `WIZARD_STORE`?\n" in shell.err


def test_an_address_that_cant_be_had_is_told_with_the_option_that_changes_it(shell: Shell) -> None:
    """A second `wizard serve` on a developer's machine is the commonest of all failures to start."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert shell.types(f"serve passport.yaml --store memory: --port {taken.getsockname()[1]}") == 1
    assert shell.err.endswith("address already in use. Choose another port with --port; 0 takes a free one.\n")
    assert shell.types("serve passport.yaml --store memory: --port 0 --host 203.0.113.5") == 1
    assert shell.err.endswith(" Name an address of this machine with --host.\n")


def test_importing_the_command_loads_nothing_heavy() -> None:
    """`wizard --help` and completion in a shell have to come at once."""
    heavy = "('pydantic', 'aiohttp', 'jinja2', 'rich', 'yaml', 'phonenumbers', 'babel', 'sqlite3', 'wizard.engine')"
    code = f"import sys, wizard.cli.main; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_command_that_serves_nobody_loads_no_server(tmp_path: Path) -> None:
    """Whoever checks definitions at each change to them would wait twice as long."""
    (tmp_path / "passport.yaml").write_text(PASSPORT)
    commands = (["check", "passport.yaml"], ["run", "passport.yaml", "--store", "memory:"], ["schema"])
    code = f"""if True:
        import sys
        from wizard.cli.main import execute
        for arguments in {commands}:
            execute(arguments)
            loaded = [name for name in ("aiohttp", "asyncpg", "email_validator", "rich") if name in sys.modules]
            print("\\nloaded:", arguments[0], loaded)"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, input="", capture_output=True, text=True, check=True
    )
    loaded = [line for line in done.stdout.splitlines() if line.startswith("loaded:")]
    assert loaded == ["loaded: check []", "loaded: run []", "loaded: schema []"]


def test_a_mistake_in_wizard_itself_is_a_line_and_a_traceback_only_on_request(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """People who can't mend it shouldn't have to read it; who can, needs it."""

    def broken(registry: Registry) -> dict[str, Any]:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr("wizard.definitions.schema.schema", broken)
    assert shell.types("schema") == 1
    assert "ZeroDivisionError" in shell.err
    assert "Traceback" not in shell.err
    assert caplog.text == ""
    assert shell.types("schema --verbose") == 1
    assert "Traceback" in caplog.text
    monkeypatch.setenv("WIZARD_LOG_LEVEL", "debug")
    caplog.clear()
    assert shell.types("schema") == 1
    assert "Traceback" in caplog.text


def test_a_reader_that_stops_reading_is_no_error(shell: Shell) -> None:
    """`wizard nodes | head -1`."""
    command = f"{shlex.join(forkserver.command())} schema | head -c 1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "{", "")


def test_ctrl_c_has_the_code_that_shells_know(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """130 is how scripts know that somebody stopped it."""

    def stopped(registry: Registry) -> dict[str, Any]:
        raise KeyboardInterrupt

    monkeypatch.setattr("wizard.definitions.schema.schema", stopped)
    assert shell.types("schema") == 130
    assert "Traceback" not in shell.err


def test_ctrl_c_while_the_output_goes_out_has_the_same_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pager that doesn't read on is left by it; no traceback stands in its place."""

    class Stuck(io.StringIO):
        def flush(self) -> None:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", Stuck())
        code = cli.execute(["schema"])
    assert code == 130


def test_a_reader_that_has_gone_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a long list was enough for whoever asked: no traceback, and what is still printed goes nowhere."""
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as gone:
        monkeypatch.setattr("sys.stdout", gone)
        assert cli.execute(["schema"]) == 0
        print("nobody reads this", file=gone, flush=True)


def test_main_exits_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a shell sees."""
    monkeypatch.setattr("sys.argv", ["wizard", "bogus"])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    assert caught.value.code == 2


# -- definitions -------------------------------------------------------------------------------------


def test_check_lists_all_problems_with_their_places(shell: Shell) -> None:
    """An editor jumps to file:line:column."""
    shell.file("broken.yaml", BROKEN)
    assert shell.types("check broken.yaml passport.yaml") == 1
    lines = shell.out.splitlines()
    assert lines[0].startswith("broken.yaml:3:")
    assert any(line.startswith("broken.yaml:4:") and "nowhere" in line for line in lines)
    assert lines[-1] == f"{len(lines) - 1} errors."


def test_check_is_content_with_warnings(shell: Shell) -> None:
    """A page that nobody comes to is worth a word, and stops no release."""
    shell.file("warned.yaml", WARNED)
    assert shell.types("check .") == 0
    assert "warned.yaml:5:" in shell.out
    assert shell.out.splitlines()[-1] == "2 workflows: 1 warning."
    assert shell.types("check passport.yaml") == 0
    assert shell.out.splitlines()[-1] == "1 workflow: no problems."


def test_check_names_the_workflows_that_it_found(shell: Shell) -> None:
    """Who has to name one, in an address or a `workflow` node, reads here what there is."""
    shell.file("warned.yaml", WARNED)
    assert shell.types("check passport.yaml") == 0
    assert shell.out.splitlines()[0].split(maxsplit=1)[0] == "passport"
    shell.types("check .")
    *_, first, second, _ = shell.out.splitlines()
    assert sorted([first, second]) == [first, second]
    assert "passport" in first + second


def test_check_speaks_json(shell: Shell) -> None:
    """For the editor that doesn't read lines."""
    shell.file("broken.yaml", BROKEN)
    assert shell.types("check broken.yaml --json") == 1
    assert {"file", "line", "column", "severity", "message"} == shell.json[0].keys()
    assert shell.types("check passport.yaml --json") == 0
    assert shell.json == []


def test_graph_draws_and_writes(shell: Shell) -> None:
    """Mermaid for a page of documentation, SVG for a wall."""
    assert shell.types("graph passport.yaml") == 0
    assert shell.out.startswith("flowchart")
    assert shell.types("graph passport.yaml --output out.svg") == 0
    assert (shell.folder / "out.svg").read_text().startswith("<svg")
    assert shell.types("graph passport.yaml --output no/such/folder.svg") == 1
    assert "no/such/folder.svg" in shell.err


def test_one_of_several_workflows_is_named_or_clear(shell: Shell) -> None:
    """Of an outer definition and one that it embeds, the outer one is meant; of two, neither."""
    shell.file("outer.yaml", EMBEDDING)
    assert shell.types("graph outer.yaml") == 0
    assert "inside" in shell.out
    assert shell.types("graph . --workflow passport") == 0
    assert "applicant" in shell.out
    shell.file("warned.yaml", WARNED)
    assert shell.types("graph .") == 2
    assert "outer" in shell.err
    assert shell.types("graph . --workflow nothing") == 1


def test_the_schema_is_one_that_definitions_satisfy(shell: Shell) -> None:
    """Editors complete from it."""
    assert shell.types("schema") == 0
    assert shell.json == schema(Registry.installed())  # which is tried in tests/unit/definitions/test_schema.py


def test_nodes_explains_a_type_with_its_keys(shell: Shell) -> None:
    """What can I write below `type: http`?"""
    assert shell.types("nodes http") == 0
    assert "http  (background)" in shell.out
    assert "GET | HEAD" in shell.out
    assert shell.types("nodes workflow") == 0
    assert "The question after each item." in shell.out
    assert "template" in shell.out
    assert shell.types("nodes http --json") == 0
    (http,) = shell.json
    assert http["summary"] == "Calls a service over HTTP."
    assert "url" in [key["name"] for key in http["keys"]]
    assert shell.types("nodes form") == 0
    assert "Date field" in shell.out
    assert "show_if" in shell.out


def test_the_reference_describes_third_party_types() -> None:
    """Whoever writes a node type gets its documentation for nothing."""

    class OddConfig(NodeConfig):
        number: int | str | None = 3
        flags: dict[str, bool] = {}  # noqa: RUF012
        kind: tuple[tuple[int, ...], ...] = ()

    class OddNode(SetNode):
        """Does odd things."""

        type = "odd"
        Config = OddConfig  # type: ignore[assignment]

    registry = Registry.installed()
    registry.add(OddNode)
    odd = next(each for each in reference.references(registry) if each.type == "odd")
    assert [(key.name, key.type, key.default) for key in odd.keys] == [
        ("number", "whole number | text", "3"),
        ("flags", "mapping of true/false", ""),
        ("kind", "list of list of whole number", ""),
    ]
    assert reference.type_name({"const": "x"}) == "x"
    assert reference.type_name({}) == "anything"
    assert reference.type_name({"type": ["string", "null"]}) == "text | nothing"


def test_field_types_whose_classes_have_one_name_are_told_as_authors_write_them() -> None:
    """Packages don't know each other. An author who reads of an `acme__fields__ RatingField` can't write one."""
    registry = Registry.installed()
    for module, name in (("acme.fields", "stars"), ("other.fields", "points")):
        members = {"__module__": module, "__qualname__": "RatingField", "__annotations__": {"type": Literal[name]}}
        registry.add_field(FieldType(model=type("RatingField", (BaseField,), members), parser=parser_of_text))
    form = next(each for each in reference.references(registry) if each.type == "form")
    assert {"stars field", "points field"} <= {section.name for section in form.sections}
    assert "__" not in "\n".join(reference.in_full(form, 100))


# -- serving -------------------------------------------------------------------------------------------


async def test_a_server_says_where_it_is_and_stops_when_told() -> None:
    """SIGTERM is what every supervisor sends; port 0 is what every test takes."""
    from aiohttp import ClientSession

    from wizard.app import wizard_app

    said: list[str] = []
    app = wizard_app(await make_test_engine(PASSPORT))
    serving = asyncio.ensure_future(serve_until_told(app, "127.0.0.1", 0, ["passport"], said.append))
    while not said:
        await asyncio.sleep(0.01)
    address = said[0].split(" on ")[1].split(" ")[0]
    async with ClientSession() as session, session.get(f"{address}/api/v1/openapi.json") as answer:
        assert answer.status == 200
    os.kill(os.getpid(), signal.SIGTERM)
    await serving
    assert said[1:] == ["Stopping"]


def test_serve_takes_its_settings_from_options_and_environment(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option counts more than a variable; without both there is a default."""
    served: list[tuple[str, int, list[str]]] = []
    monkeypatch.setattr("wizard.server.serve", lambda app, host, port, names: served.append((host, port, names)))
    monkeypatch.setenv("WIZARD_PORT", "8099")
    shell.file("warned.yaml", WARNED)
    assert shell.types("serve . --store memory:") == 0
    assert "warning" in shell.err
    assert shell.types("serve passport.yaml --host 0.0.0.0 --port 0") == 0
    assert served == [("127.0.0.1", 8099, ["passport", "warned"]), ("0.0.0.0", 0, ["passport"])]


def test_serve_does_as_many_jobs_as_it_is_told(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """0 leaves them all to workers, so that no slow work stands beside people who wait."""
    asked: list[int] = []
    monkeypatch.setattr("wizard.app.wizard_app", lambda *_, settings, **__: asked.append(settings.jobs))
    monkeypatch.setattr("wizard.server.serve", lambda *_: None)
    monkeypatch.setenv("WIZARD_JOBS", "7")
    for command in ("serve passport.yaml --jobs 0", "serve passport.yaml --jobs 3", "serve passport.yaml"):
        assert shell.types(command) == 0
    assert asked == [0, 3, 7]


def test_a_port_that_is_taken_is_said(shell: Shell) -> None:
    """The most common way in which a server doesn't start."""
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert shell.types(f"serve passport.yaml --store memory: --port {taken.getsockname()[1]}") == 1
    assert "address already in use" in shell.err.lower()
    assert shell.err.count("\n") == 1


@pytest.mark.parametrize("command", ["graph passport.yaml", "nodes", "schema", "check passport.yaml"])
def test_a_command_whose_output_is_closed_says_nothing_of_itself(command: str, tmp_path: Path) -> None:
    """`wizard graph … >&-`, as services and cron close what they don't want: nothing in wizard is wrong."""
    (tmp_path / "passport.yaml").write_text(PASSPORT)
    env = {**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[2])}
    line = f"exec {shlex.quote(sys.executable)} -m wizard {command} >&-"
    done = subprocess.run(["sh", "-c", line], cwd=tmp_path, env=env, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
