"""`wizard drafts`, `deploy`, `revoke`, `versions`, `diff` and `audit`: from a draft to what people get, and back."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

import pytest

from tests.unit.shell import BROKEN, EMBEDDING, PASSPORT, WARNED, Shell
from wizard.app import wizard_app
from wizard.definitions.catalog import Catalog
from wizard.definitions.reading.document import Document
from wizard.deployments import staging
from wizard.deployments.serving import DeployedDefinitions

ODD = b"\xef\xbb\xbf# \xc3\x84nn's own words\r\nid: odd\t\n\n\nnodes:   # one\r\n  - {id: done, type: end}"


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(tmp_path, capsys, monkeypatch)


def changed(shell: Shell, old: str, new: str) -> None:
    """Ann edits her file."""
    text = (shell.folder / "passport.yaml").read_text()
    assert old in text
    shell.file("passport.yaml", text.replace(old, new))


# -- drafts ------------------------------------------------------------------------------------------


def test_a_draft_comes_back_byte_for_byte(shell: Shell) -> None:
    """Line ends, a mark at the beginning and a missing one at the end are the author's, and so is the file."""
    (shell.folder / "odd.yml").write_bytes(ODD)
    assert shell.types("drafts put odd.yml") == 0
    assert shell.out == "odd.yml: draft 1 of odd saved\n"
    assert shell.types("drafts get odd") == 0
    assert shell.out.encode() == ODD
    assert shell.types("drafts get odd --output back.yaml") == 0
    assert (shell.out, (shell.folder / "back.yaml").read_bytes()) == ("", ODD)
    assert "back.yaml" in shell.err
    assert shell.types("drafts get odd --json") == 0
    assert shell.json["text"].encode() == ODD
    assert (shell.json["revision"], shell.json["problems"]) == (1, [])


def test_each_file_of_a_folder_is_told(shell: Shell) -> None:
    """A pipeline puts the whole folder at each build, and its log says what was new in it."""
    shell.file("warned.yaml", WARNED)
    assert shell.types("drafts put .") == 0
    assert shell.out.startswith(
        "passport.yaml: draft 1 of passport saved\nwarned.yaml: draft 1 of warned saved, with 1 warning\nwarned.yaml:5:"
    )
    changed(shell, "About you", "You")
    assert shell.types("drafts put . passport.yaml") == 0
    assert "passport.yaml: draft 2 of passport saved\n" in shell.out
    assert "warned.yaml: unchanged, as draft 1 of warned, with 1 warning\n" in shell.out
    assert shell.out.count("passport.yaml") == 1
    assert shell.types("drafts put . --json") == 0
    assert [(each["file"], each["workflow"], each["result"], each["revision"]) for each in shell.json] == [
        ("passport.yaml", "passport", "unchanged", 2),
        ("warned.yaml", "warned", "unchanged", 1),
    ]
    assert [each["severity"] for each in shell.json[1]["problems"]] == ["warning"]


def test_a_draft_with_mistakes_is_saved_and_they_are_named(shell: Shell) -> None:
    """An author puts away what is half done; a pipeline has to hear that it is."""
    shell.file("broken.yaml", BROKEN)
    assert shell.types("drafts put broken.yaml passport.yaml") == 1
    first, *problems, last = shell.out.splitlines()
    assert first == "broken.yaml: draft 1 of broken saved, with 2 errors"
    assert [line.partition(" ")[0] for line in problems] == ["broken.yaml:3:21:", "broken.yaml:4:46:"]
    assert last == "passport.yaml: draft 1 of passport saved"
    assert shell.types("drafts list") == 0
    rows = [line.split() for line in shell.out.splitlines()]
    assert [(row[0], row[1], *row[-2:]) for row in rows[1:]] == [("broken", "1", "2", "-"), ("passport", "1", "-", "-")]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"nodes: [", "odd.yaml:1:"),
        (b"nodes: []\n", "the workflow has no `id`"),
        (b"id: our form\nnodes: []\n", "odd.yaml:1:5: error: `id` must be a name"),
        (b"id: ''\nnodes: []\n", "odd.yaml:1:5: error: `id` must be a name"),
        (b"id: a\n---\nid: b\n", "a draft holds one workflow"),
        (b"id: \xff\n", "odd.yaml:1:5: error: this isn't valid UTF-8"),
        (b"# " + b"x" * 1_000_000, "larger than"),
        (b"", "there is no definition in this file"),
    ],
)
def test_what_no_draft_can_be_made_of_isnt_saved(shell: Shell, content: bytes, says: str) -> None:
    """Nobody knows which workflow it is of, or there is none that it could be deployed as; the other files are saved
    even so."""
    (shell.folder / "odd.yaml").write_bytes(content)
    assert shell.types("drafts put odd.yaml passport.yaml") == 1
    assert shell.out.startswith("odd.yaml: not saved\n")
    assert says in shell.out
    assert "passport.yaml: draft 1 of passport saved" in shell.out


def test_two_files_of_one_workflow_dont_overwrite_each_other(shell: Shell) -> None:
    """A copy that was forgotten in the folder would win by its name."""
    shell.file("passport_old.yaml", PASSPORT + "# old\n")
    assert shell.types("drafts put .") == 1
    assert "passport_old.yaml:1:1: error: passport.yaml has a workflow called `passport` too" in shell.out
    assert shell.types("drafts get passport") == 0
    assert shell.out == PASSPORT
    assert shell.types("drafts put nowhere.yaml") == 1
    assert "there is no such file" in shell.out
    (shell.folder / "empty").mkdir()
    assert shell.types("drafts put empty") == 2
    assert "no definition in empty" in shell.err


def test_a_draft_that_isnt_there_is_said(shell: Shell) -> None:
    """A misspelt name or the wrong store, and how to go on."""
    assert shell.types("drafts list") == 1
    assert "There are no drafts or versions: wizard.db doesn't exist." in shell.err
    shell.types("drafts put passport.yaml")
    assert shell.types("drafts get pasport") == 1
    assert "This workflow has no draft." in shell.err
    assert shell.types("drafts list --store sqlite:other.db") == 1
    for command in ("drafts put passport.yaml", "drafts list", "deploy passport", "audit"):
        assert shell.types(f"{command} --store memory:") == 2
        assert "a store in memory ends with this command" in shell.err


# -- deploying ---------------------------------------------------------------------------------------


def test_a_draft_is_deployed_and_taken_back(shell: Shell) -> None:
    """Ann deploys, sees what she is about to change, deploys again, and takes that back at once."""
    shell.types("drafts put passport.yaml --by ann")
    assert shell.types("diff passport") == 1
    assert "Nothing of this workflow is deployed." in shell.err
    assert shell.types("deploy passport --by ann --note First") == 0
    assert shell.out == "Version 1 of passport is deployed.\n"
    assert shell.types("deploy passport --by ann") == 0
    assert shell.out == "Version 1 of passport is deployed already.\n"
    assert shell.types("diff passport") == 0
    assert shell.out == "There is no difference.\n"
    changed(shell, "Full name", "Your name")
    shell.types("drafts put passport.yaml --by bob")
    assert shell.types("diff passport") == 0
    assert shell.out == '~ node applicant, fields.full_name.label: "Full name" -> "Your name"\n'
    assert shell.types("deploy passport --by bob --json") == 0
    assert (shell.json["workflow"], shell.json["number"], shell.json["embeds"]) == ("passport", 2, {})
    assert shell.types("drafts list --json") == 0
    assert [(each["workflow"], each["revision"], each["saved_by"], each["deployed"]) for each in shell.json] == [
        ("passport", 2, "bob", 2)
    ]
    assert shell.types("revoke passport --by ann --note 'Nobody gets on'") == 0
    assert shell.out == "Version 1 of passport is deployed again.\n"
    assert shell.types("revoke passport") == 1
    assert "No version was deployed before this one" in shell.err
    assert shell.types("versions passport") == 0
    rows = [line.split() for line in shell.out.splitlines()]
    assert [(row[0], row[-2:]) for row in rows[1:]] == [("2", [rows[1][2], "bob"]), ("1", ["ann", "First"])]
    assert "deployed" in rows[2]
    assert shell.types("audit") == 0
    assert [line.split()[0] for line in shell.out.splitlines()[1:]] == ["3", "2", "1"]
    assert "revoke 2, back to 1" in shell.out
    assert shell.out.splitlines()[1].endswith("Nobody gets on")


def test_versions_and_deeds_are_listed_page_by_page(shell: Shell) -> None:
    """A workflow that is deployed every day has a thousand of them after three years."""
    for name in ("Your name", "Names", "All your names"):
        shell.types("deploy passport --from passport.yaml")
        changed(shell, "label: ", f"label: {name} ")
    shell.types("deploy passport --from passport.yaml")
    assert shell.types("versions passport --limit 2 --json") == 0
    assert [(each["number"], each["deployed"]) for each in shell.json] == [(4, True), (3, False)]
    assert set(shell.json[0]) == {"number", "version", "at", "by", "note", "deployed"}
    assert shell.types("versions passport --below 3 --json") == 0
    assert [each["number"] for each in shell.json] == [2, 1]
    assert shell.types("versions passport --below 1") == 0
    assert shell.out == "There are no versions of passport below 1.\n"
    assert shell.types("versions pasport") == 0
    assert shell.out == "There are no versions of pasport.\n"
    assert shell.types("audit passport --limit 1 --below 4 --json") == 0
    assert [(each["number"], each["action"], each["details"]["number"]) for each in shell.json] == [(3, "deploy", 3)]
    assert shell.types("audit pasport") == 0
    assert shell.out == "Nothing was done.\n"


def test_a_pipeline_deploys_a_file(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """One command, into a store that isn't there yet; what can't be deployed fails the build, with its line."""
    monkeypatch.setattr(getpass, "getuser", lambda: "builder")
    assert shell.types("deploy passport --from passport.yaml") == 0
    assert shell.types("deploy passport --from passport.yaml") == 0
    assert shell.out == "Version 1 of passport is deployed already.\n"
    assert shell.types("audit --json") == 0
    assert [each["by"] for each in shell.json] == ["builder"]
    shell.file("broken.yaml", BROKEN.replace("id: broken", "id: passport"))
    assert shell.types("deploy passport --from broken.yaml") == 1
    assert "broken.yaml:3:21: error:" in shell.err
    assert "The definition can't be used." in shell.err
    assert shell.types("versions passport --json") == 0
    assert [each["number"] for each in shell.json] == [1]
    assert shell.types("drafts get passport") == 0
    assert "fomr" in shell.out
    shell.file("warned.yaml", WARNED)
    assert shell.types("deploy passport --from warned.yaml") == 1
    assert "warned.yaml:1:1: error: this is the workflow `warned`, not `passport`" in shell.err
    assert shell.types("deploy warned --from warned.yaml") == 0
    assert "warned.yaml:5:" in shell.err
    assert shell.types("deploy nowhere") == 1
    assert "This workflow has no draft." in shell.err


@pytest.mark.parametrize(
    "option", ["--by ''", "--by '  '", "--by '\x1b[31m'", f"--by {'x' * 201}", "--note '\x07'", f"--note {'x' * 2001}"]
)
def test_what_would_spoil_the_audit_is_refused(shell: Shell, option: str) -> None:
    """Its entries are never changed: what nobody did, or can't be shown, would stand there for good."""
    shell.types("deploy passport --from passport.yaml --by ann --note 'Why not?'")
    changed(shell, "About you", "You")
    assert shell.types(f"deploy passport --from passport.yaml {option}") == 2
    assert option.split(maxsplit=1)[0] in shell.err
    assert shell.types("audit --json") == 0
    assert [(deed["by"], deed["note"]) for deed in shell.json] == [("ann", "Why not?")]


def test_who_has_no_name_is_told_by_number(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A container's user often has none, and deploys even so."""

    def unknown() -> str:
        raise KeyError("getpwuid(): uid not found: 1000")

    monkeypatch.setattr(getpass, "getuser", unknown)
    monkeypatch.setattr("os.getuid", lambda: 1000)
    shell.types("deploy passport --from passport.yaml")
    assert shell.types("versions passport --json") == 0
    assert shell.json[0]["by"] == "user 1000"


def test_a_draft_is_checked_once_to_be_deployed(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A check of thousands of fields takes seconds; and what is told is of what was deployed, whoever saves
    meanwhile."""
    shell.file("warned.yaml", WARNED)
    shell.types("drafts put warned.yaml")
    checked: list[str] = []
    check = staging.compiled

    def watched(document: Document, *others: Any) -> Catalog:
        checked.append(document.data["id"])
        return check(document, *others)

    monkeypatch.setattr(staging, "compiled", watched)
    assert shell.types("deploy warned") == 0
    assert "warned:5:" in shell.err
    assert checked == ["warned"]


def test_what_embeds_a_workflow_is_named(shell: Shell) -> None:
    """It keeps the part that it has, which nobody would guess."""
    shell.file("outer.yaml", EMBEDDING)
    assert shell.types("deploy outer --from outer.yaml") == 1
    assert "passport" in shell.err
    shell.types("deploy passport --from passport.yaml")
    assert shell.types("deploy outer") == 0
    assert shell.out == "Version 1 of outer is deployed.\nIt embeds passport 1.\n"
    changed(shell, "Full name", "Your name")
    assert shell.types("deploy passport --from passport.yaml") == 0
    assert (
        "outer embeds it, and keeps the version that it has until it is deployed anew: `wizard deploy outer`."
        in shell.out
    )


def test_any_two_versions_are_compared(shell: Shell) -> None:
    """What has changed since Monday, and what is different in the draft."""
    shell.types("deploy passport --from passport.yaml")
    changed(shell, "title: Done", "title: Thank you")
    shell.types("deploy passport --from passport.yaml")
    shell.file("passport.yaml", (shell.folder / "passport.yaml").read_text() + "# to do\n")
    shell.types("drafts put passport.yaml")
    assert shell.types("diff passport 1 2") == 0
    assert shell.out == '~ node done, title: "Done" -> "Thank you"\n'
    assert shell.types("diff passport deployed 1 --json") == 0
    assert shell.json == [
        {"node": "done", "path": ["title"], "kind": "changed", "before": "Thank you", "after": "Done"}
    ]
    assert shell.types("diff passport 2") == 0
    assert shell.out == "No key is different; comments, blanks or the order of keys are.\n"
    assert shell.types("diff passport 1 3") == 1
    assert "There is no such version of this workflow." in shell.err
    assert shell.types("diff passport 1 newest") == 2
    assert "'newest' is neither a number, nor `draft` or `deployed`" in shell.err


# -- serving -----------------------------------------------------------------------------------------


def test_without_paths_what_is_deployed_is_served(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a store and no file; with neither, the command can't know what is meant."""
    served: list[Any] = []
    monkeypatch.setattr(
        "wizard.app.wizard_app", lambda given, **more: served.append(given) or wizard_app(given, **more)
    )
    monkeypatch.setattr("wizard.server.serve", lambda app, host, port, names: served.extend(names))
    assert shell.types("serve --store sqlite:///runs.db") == 0
    assert isinstance(served[0], DeployedDefinitions)
    assert served[1:] == ["what is deployed in sqlite:///runs.db"]
    assert shell.types("serve") == 2
    assert "name definitions, or a store" in shell.err
    for command in ("serve --store memory:", "serve --store memory: --jobs 0"):
        assert shell.types(command) == 2
        assert "nothing is deployed in a store in memory; name definitions, or another store." in shell.err
    monkeypatch.setenv("WIZARD_STORE", "sqlite:///other.db")
    assert shell.types("serve") == 0
    assert served[-1] == "what is deployed in sqlite:///other.db"


# -- whose it is -------------------------------------------------------------------------------------


def test_a_workflow_is_shared_and_given_away(shell: Shell) -> None:
    """Ann saved it first, Ben helps, Dora takes over; the audit tells who said so."""
    assert shell.types("drafts put passport.yaml --by ann") == 0
    assert shell.types("share passport ben=editor c=d=viewer --by olga") == 0
    assert shell.out == "passport belongs to ann.\nNAME  ROLE\nben   editor\nc=d   viewer\n"
    assert shell.types("share passport --stop ben --stop c=d --owner dora") == 0
    assert shell.out == "passport belongs to dora.\nIt is shared with nobody.\n"
    assert shell.types("share passport --json") == 0
    assert shell.json == {"workflow": "passport", "revision": 3, "owner": "dora", "shared": {}}
    assert shell.types("audit --json") == 0
    assert [(each["action"], each["by"]) for each in shell.json] == [("share", getpass.getuser()), ("share", "olga")]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("ben", "'ben' isn't NAME=ROLE; roles are viewer, editor, deployer, operator"),
        ("ben=boss", "'ben=boss' isn't NAME=ROLE"),
        ("=editor", "takes 1 to 200 characters"),
        ("--stop ben", "isn't shared with 'ben'"),
        ("--owner " + "a" * 201, "takes 1 to 200 characters"),
    ],
)
def test_a_mistake_shares_nothing(shell: Shell, words: str, said: str) -> None:
    """A role that there isn't would shut out whom it was meant for."""
    assert shell.types("drafts put passport.yaml --by ann") == 0
    assert shell.types(f"share passport {words}") == 2
    assert said in " ".join(shell.err.replace("│", " ").split())
    assert shell.types("share passport --json") == 0
    assert shell.json["revision"] == 1


def test_nobody_shares_what_there_isnt(shell: Shell) -> None:
    """A misspelt id must not look as if it was done."""
    assert shell.types("drafts put passport.yaml") == 0
    assert shell.types("share pasport ben=editor") == 1
    assert "has no draft" in shell.err
