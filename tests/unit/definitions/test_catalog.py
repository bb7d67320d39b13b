"""Definitions loaded together: from files, folders and data, and the versions that runs are pinned to."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.tiny import REGISTRY
from wizard.definitions import catalog as module
from wizard.definitions.catalog import Catalog, compile_bundle
from wizard.errors import DefinitionError, WorkflowNotFound


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        file = folder / name.replace("__", "/").replace("_DOT_", ".")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def workflow(name: str, *embeds: str, **keys: Any) -> dict[str, Any]:
    nodes = [{"id": f"n{n}", "type": "workflow", "workflow": each} for n, each in enumerate(embeds)]
    return {"id": name, **keys, "nodes": [*nodes, {"id": "last_one", "type": "ask"}]}


def text(name: str, *embeds: str) -> str:
    return json.dumps(workflow(name, *embeds))


def load(*documents: dict[str, Any]) -> Catalog:
    return Catalog.from_documents(documents, REGISTRY)


def refused(*paths: Path | str) -> list[str]:
    with pytest.raises(DefinitionError) as caught:
        Catalog.load(paths, REGISTRY)
    return [f"{Path(each.file).name}:{each.line}: {each.message}" for each in caught.value.problems]


# -- files and folders -----------------------------------------------------------------------------


def test_a_folder_is_loaded_whole(tmp_path: Path) -> None:
    """All that lies in it, at any depth, and nothing that an editor or version control hides there."""
    write(tmp_path, a_DOT_yaml=text("a", "b"), deep__er__b_DOT_YML=text("b"), c_DOT_json=text("c"))
    write(tmp_path, _DOT_hidden_DOT_yaml="[", _DOT_git__d_DOT_yaml="[", notes_DOT_txt="[")
    catalog = Catalog.load([tmp_path], REGISTRY)
    assert list(catalog.workflows) == ["a", "c", "b"]
    assert catalog.warnings == []


def test_a_file_finds_what_it_embeds_beside_itself(tmp_path: Path) -> None:
    """`wizard run FILE` works on a file among others, whatever state the others are in."""
    write(tmp_path, a_DOT_yaml=text("a", "b"), b_DOT_yaml=text("b", "c") + "\n---\n" + text("other"))
    write(
        tmp_path,
        c_DOT_json=text("c"),
        broken_DOT_yaml="[",
        odd_DOT_yaml="- 1",
        wrong_DOT_yaml="id: x\nnodes: 5",
        deep__d_DOT_yaml=text("d"),
    )
    assert list(Catalog.load([tmp_path / "a.yaml"], REGISTRY).workflows) == ["a", "b", "c"]
    write(tmp_path, a_DOT_yaml=text("a", "d", "x"))
    assert refused(str(tmp_path / "a.yaml")) == [
        "a.yaml:1: there is no workflow `d`; load its file as well",
        "wrong.yaml:2: `nodes` must be a list",
    ]


def test_a_file_named_twice_is_loaded_once(tmp_path: Path) -> None:
    """`wizard check folder folder/a.yaml` is no mistake."""
    write(tmp_path, a_DOT_yaml=text("a"))
    os.symlink(tmp_path / "a.yaml", tmp_path / "b.yaml")
    assert list(Catalog.load([tmp_path, tmp_path / "a.yaml"], REGISTRY).workflows) == ["a"]


def test_two_definitions_with_one_id_are_refused_naming_both(tmp_path: Path) -> None:
    """Which one a run gets must not depend on the order of a folder."""
    write(tmp_path, a_DOT_yaml=text("a"), b_DOT_yaml="# copied\n" + text("a"), c_DOT_yaml=text("c", "a"))
    (found,) = refused(tmp_path)
    assert found.startswith("b.yaml:2: there are two workflows called `a`; the other one is in ")
    assert found.endswith("a.yaml, line 1")
    (found,) = refused(tmp_path / "c.yaml")
    assert "two workflows called `a`" in found


def test_the_problems_of_all_files_come_at_once(tmp_path: Path) -> None:
    """One run of `wizard check` shows all there is to do, warnings as well."""
    write(
        tmp_path, a_DOT_yaml="id: a\nnodes: [{id: a, type: aks}]", b_DOT_json='{"id": "b",}', c_DOT_yaml=text("c", "zz")
    )
    write(tmp_path, d_DOT_yaml="id: d\nnodes: [{id: a, type: ask, next: end}, {id: b, type: ask}]")
    assert [each.partition(" ")[0] for each in refused(tmp_path)] == [
        "a.yaml:2:",
        "b.json:1:",
        "c.yaml:1:",
        "d.yaml:2:",
    ]


def test_warnings_stop_nothing(tmp_path: Path) -> None:
    """They are for the author, and the workflow runs."""
    write(tmp_path, d_DOT_yaml="id: d\nnodes: [{id: a, type: ask, next: end}, {id: b, type: ask}]")
    catalog = Catalog.load([tmp_path], REGISTRY)
    assert [(each.line, each.severity) for each in catalog.warnings] == [(2, "warning")]
    assert catalog.get("d").start == "a"


def test_paths_that_lead_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistyped path is a sentence, not a traceback; a pipe isn't waited for."""
    os.mkfifo(tmp_path / "pipe.yaml")
    assert refused(tmp_path / "pipe.yaml", tmp_path / "none.yaml") == [
        "none.yaml:1: there is no such file or folder",
        "pipe.yaml:1: this is a pipe, a device or the like, and no file; write to a file what comes from it",
    ]
    (tmp_path / "round.yaml").symlink_to(tmp_path / "round.yaml")
    assert refused(tmp_path / "round.yaml") == [
        "round.yaml:1: this file can't be read: Too many levels of symbolic links"
    ]
    (tmp_path / "empty").mkdir()
    assert refused(tmp_path / "empty") == ["empty:1: this folder holds no definitions (*.yaml, *.yml, *.json)"]
    assert refused("a\0b") == ["a\0b:1: there is no such file or folder"]
    write(tmp_path, two__a_DOT_yaml=text("a"), two__b_DOT_yaml=text("b"))
    monkeypatch.setattr(module, "MAX_FILES", 1)
    assert refused(tmp_path / "two") == ["two:1: this folder holds more than 1 definitions; name fewer folders"]


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's reason is passed on."""

    def locked(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    write(tmp_path, a_DOT_yaml=text("a"))
    monkeypatch.setattr(Path, "open", locked)
    assert refused(tmp_path / "a.yaml") == ["a.yaml:1: this file can't be read: Permission denied"]


def test_data_names_its_place_in_words() -> None:
    """An embedder has no lines; the message says where instead."""
    with pytest.raises(DefinitionError) as caught:
        Catalog.from_documents(
            [{"id": "a", "nodes": [{"id": "x", "type": "nope"}]}, {"id": 5}, {"a": object()}], REGISTRY
        )
    assert [(each.file, each.message.partition(";")[0]) for each in caught.value.problems] == [
        ("a", "nodes.0.type: there is no node type `nope`"),
        ("definition 2", "`nodes` is missing"),
        ("definition 2", "id: `id` must be text"),
        ("definition 3", "a: this value of type object can't be part of a definition"),
    ]


def test_a_workflow_that_is_not_there() -> None:
    """The caller learns what to try."""
    catalog = load(workflow("passport"), workflow("permit"))
    assert catalog.get("permit") is catalog.workflows["permit"]
    with pytest.raises(WorkflowNotFound, match="did you mean `passport`"):
        catalog.get("pasport")
    with pytest.raises(WorkflowNotFound, match="wizard check"):
        catalog.bundle("zzz")


# -- versions --------------------------------------------------------------------------------------


def test_a_version_follows_the_content_and_all_that_is_embedded() -> None:
    """A run pinned to a version (S22) must never get another definition under it."""
    before = load(workflow("a", "b"), workflow("b", "c"), workflow("c"), workflow("d"))
    after = load(workflow("a", "b"), workflow("b", "c"), workflow("c", title="New"), workflow("d"))
    changed = {name for name in "abcd" if before.get(name).version != after.get(name).version}
    assert changed == {"a", "b", "c"}
    assert len({each.version for each in before.workflows.values()}) == 4
    assert all(len(each.version) == 32 for each in before.workflows.values())


def test_what_changes_nothing_keeps_the_version(tmp_path: Path) -> None:
    """Comments, layout, YAML or JSON, the order of keys, neighbours: runs stay where they are."""
    write(
        tmp_path,
        one__a_DOT_yaml="# a\nid: a\nnodes: [{id: x, type: ask, fields: [y]}]",
        two__a_DOT_json='{"nodes": [{"type": "ask", "fields": ["y"], "id": "x"}], "id": "a"}',
        two__b_DOT_yaml=text("b"),
    )
    one, two = (Catalog.load([tmp_path / name], REGISTRY).get("a").version for name in ("one", "two"))
    assert one == two
    assert Catalog.load([tmp_path / "one"], REGISTRY).get("a").version == one


def test_the_type_of_a_value_is_part_of_the_version() -> None:
    """1, 1.0 and true are three."""
    versions = {
        load(workflow("a", input={"x": {"type": "integer", "required": False, "default": each}})).get("a").version
        for each in (1, 1.0, "1")
    }
    assert len(versions) == 3


def test_a_bundle_compiles_to_the_same_version() -> None:
    """What a store kept years ago must still be that version, with its parts in their old order."""
    first = load(workflow("a", "b", input={"z": {}, "y": {}}), workflow("b"), workflow("other"))
    again = compile_bundle(first.bundle("a"), REGISTRY)
    assert again.version == first.get("a").version
    assert [field.name for field in again.input] == ["z", "y"]
    assert list(json.loads(first.bundle("a"))["definitions"]) == ["a", "b"]
    inner = again.nodes["n0"].config.workflow
    assert inner.version == first.get("b").version


@given(
    st.dictionaries(
        st.text(min_size=1),
        st.text() | st.integers() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False),
        max_size=3,
    )
)
def test_any_text_survives_a_bundle(values: dict[str, Any]) -> None:
    """Emoji, quotes, line separators and numbers of any size must not change a version on the way through a store,
    or keep a run from being read."""
    document = workflow("a", "b")
    document["nodes"][0]["with"] = values
    try:
        catalog = load(document, workflow("b"))
    except DefinitionError:
        return
    assert compile_bundle(catalog.bundle("a"), REGISTRY).version == catalog.get("a").version


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"5",
        b"[" * 100_000,
        b'{"root": "a"}',
        b'{"root": "a", "definitions": {}}',
        b'{"root": "a", "definitions": {"a": {"id": "b", "nodes": [{"id": "x", "type": "ask"}]}}}',
        b'{"root": "a", "definitions": {"a": ' + b"9" * 5000 + b"}}",
    ],
)
def test_what_is_no_bundle_is_refused(body: bytes) -> None:
    """A damaged row is said to be one."""
    with pytest.raises(DefinitionError, match="isn't a stored definition"):
        compile_bundle(body, REGISTRY)


def test_a_bundle_whose_node_type_is_gone_says_so() -> None:
    """A package that was uninstalled is named, rather than the run lost."""
    body = load(workflow("a")).bundle("a").replace(b'"ask"', b'"asks"')
    with pytest.raises(DefinitionError, match="no node type `asks`"):
        compile_bundle(body, REGISTRY)


def test_thousands_of_nodes_load() -> None:
    """A generated definition must not end in Python's limit on recursion."""
    nodes = [{"id": f"n{n}", "type": "ask", "fields": ["x"], "title": f"{{{{ n{n // 2}.x }}}}"} for n in range(1500)]
    catalog = load({"id": "w", "nodes": nodes})
    assert catalog.get("w").remaining["n0"].max == 1500
    assert len(catalog.get("w").reach["n0"]) == 1499
