"""Definitions loaded together: files and folders -> compiled workflows by id, each with the content
hash that a run is pinned to (S22).

The version of a workflow is a hash of it and of every definition it embeds, as data: neither
comments nor the order of keys change it. `bundle` is that data with the keys in the author's
order, so that a workflow compiled from it shows its parts in the order it always had.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Collection, Iterable, Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from wizard import __version__
from wizard.definitions.build import build
from wizard.definitions.checks import check
from wizard.definitions.draft import Draft
from wizard.definitions.drafting import draft
from wizard.definitions.edges import closure, components
from wizard.definitions.function_checks import Functions
from wizard.definitions.outlines import outline, read_bundle, unavailable
from wizard.definitions.reading import source
from wizard.definitions.reading.complaints import closest, quoted
from wizard.definitions.reading.document import Document
from wizard.definitions.reading.source import MAX_BYTES
from wizard.errors import DefinitionError, Problem, WorkflowNotFound
from wizard.forms.field_type import BaseField
from wizard.locale.sentences import Sentence, sentence
from wizard.model import Run, Workflow
from wizard.model.values import write_json
from wizard.node import Registry

SUFFIXES = (".yaml", ".yml", ".json")
SCRIPT = ".test"  # before the suffix: a script that tests definitions (docs/testing.md), and none itself
MAX_FILES = 5_000


class Catalog:
    """Compiled workflows by id, and the warnings that their definitions gave."""

    def __init__(
        self,
        workflows: Mapping[str, Workflow],
        bundles: Mapping[str, bytes],
        warnings: list[Problem],
        registry: Registry,
    ) -> None:
        self.workflows = workflows
        self.warnings = warnings
        self.registry = registry
        self._bundles = bundles

    @classmethod
    def empty(cls, registry: Registry) -> Catalog:
        """Nothing to start; it compiles what stored runs bring along."""
        return cls({}, {}, [], registry)

    @classmethod
    def load(cls, paths: Iterable[Path | str], registry: Registry, functions: Functions | None = None) -> Catalog:
        """The definitions in files, and in all *.yaml, *.yml and *.json files of folders (hidden ones
        left out). What a file embeds and nothing loaded has is looked for in the files beside it. With `functions`, it
        is checked whether these are all that the definitions call, and take what they are handed.

        Raises DefinitionError with the problems of all files.
        """
        loader = _Loader(registry)
        beside: list[Path] = []
        for path in map(Path, paths):
            if path.is_dir():
                loader.read_folder(path)
            else:
                loader.read_file(path)
                beside.append(path.parent)
        loader.find_missing(beside)
        return _compiled(loader, functions=functions)

    @classmethod
    def from_documents(
        cls, documents: Iterable[Mapping[str, Any]], registry: Registry, *, stored: bool = False
    ) -> Catalog:
        """Definitions as plain data; `stored` says that they were checked before. Raises DefinitionError with the
        problems of all of them."""
        loader = _Loader(registry)
        for number, data in enumerate(documents, 1):
            name = data.get("id") if isinstance(data, Mapping) else None
            loader.add_data(data, name if isinstance(name, str) else f"definition {number}")
        return _compiled(loader, stored=stored)

    @classmethod
    def from_read(cls, documents: Iterable[Document], registry: Registry, deployed: Collection[str] = ()) -> Catalog:
        """Definitions that were read from texts, each with what is deployed of what it embeds; `deployed` are all that
        runs can be started of. Raises DefinitionError with the problems of all of them."""
        loader = _Loader(registry)
        for document in documents:
            loader.add(document)
        return _compiled(loader, missing="deploy it first", deployed=deployed)

    def get(self, workflow_id: str) -> Workflow:
        """Raises WorkflowNotFound."""
        workflow = self.workflows.get(workflow_id)
        if workflow is None:
            raise WorkflowNotFound(self._not_there(workflow_id))
        return workflow

    def all_workflows(self) -> Collection[Workflow]:
        """Every one, in the order in which they were read."""
        return self.workflows.values()

    def _not_there(self, workflow_id: str) -> Sentence:
        what, near = quoted(workflow_id), closest(workflow_id, self.workflows)
        if near is None:
            return sentence(
                "There is no workflow {workflow}. `wizard check` lists the workflows in a folder.", workflow=what
            )
        return sentence("There is no workflow {workflow}; did you mean {near}?", workflow=what, near=quoted(near))

    def bundle(self, workflow_id: str) -> bytes:
        """The workflow and everything it embeds, as JSON: what a store keeps under its version.
        Raises WorkflowNotFound."""
        return self._bundles[self.get(workflow_id).id]

    def compile(self, bundle: bytes) -> Workflow:
        """The workflow of a stored bundle, whatever is loaded now. Raises DefinitionError."""
        return compile_bundle(bundle, self.registry)

    def outline(self, run: Run, bundle: bytes | None, error: Exception | None) -> Workflow:
        """What can be told of the workflow of a run where compiling its stored bundle came to `error`, or where there
        is none (None): its `unavailable` says why the run can't go on."""
        return outline(run, bundle, self.registry, unavailable(run, bundle, error, self.registry))


def compile_bundle(body: bytes, registry: Registry) -> Workflow:
    """The workflow of a bundle, with the version it always had. Raises DefinitionError where the body
    is no bundle, or the registry lacks a node type that it needs."""
    bundle = read_bundle(body)
    if bundle is not None:
        catalog = Catalog.from_documents(bundle.definitions.values(), registry, stored=True)
        if bundle.root in catalog.workflows:
            return catalog.workflows[bundle.root]
    raise DefinitionError(
        [Problem("stored definition", 1, 1, "this isn't a stored definition; restore it from a backup")]
    )


# -- loading ---------------------------------------------------------------------------------------


class _Loader:
    """Collects drafts by id, and every problem on the way."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.drafts: dict[str, Draft] = {}
        self.problems: list[Problem] = []
        self._read: set[str] = set()

    def add_data(self, data: object, name: str) -> None:
        try:
            self.add(source.from_data(data, name))
        except DefinitionError as error:
            self.problems += error.problems

    def read_folder(self, folder: Path) -> None:
        files = list(files_of(folder))
        if not files:
            self._complain(
                folder, f"this folder holds no definitions ({', '.join('*' + suffix for suffix in SUFFIXES)})"
            )
        if len(files) > MAX_FILES:
            self._complain(folder, f"this folder holds more than {MAX_FILES:,} definitions; name fewer folders")
            return
        for file in files:
            self.read_file(file)

    def read_file(self, file: Path) -> None:
        try:
            name = os.path.realpath(file)
            if name in self._read:
                return
            self._read.add(name)
            for document in _documents(file):
                self.add(document)
        except DefinitionError as error:
            self.problems += error.problems
        except ValueError:  # a NUL in the name
            self._complain(file, "there is no such file or folder")

    def add(self, document: Document) -> None:
        if _is_script(document.data):
            what = "this is a script, and no definition; `wizard test` plays it"
            self.problems.append(document.problem(("steps",), what, key=True))
            return
        new, problems = draft(document, self.registry)
        self.problems += problems
        if new is None:
            return
        first = self.drafts.setdefault(new.id, new)
        if first is not new:
            other = first.document.problem(("id",), "")
            message = f"there are two workflows called `{new.id}`; the other one is in {other.file}, line {other.line}"
            self.problems.append(document.problem(("id",), message))

    def find_missing(self, folders: Iterable[Path]) -> None:
        """Adds what is embedded or started and missing, out of the files in `folders`; what else is there, or
        can't be read, doesn't matter."""
        documents: dict[str, list[Document]] | None = None
        while missing := {name for draft in self.drafts.values() for name in _needed(draft)} - self.drafts.keys():
            if documents is None:
                documents = _by_id(file for folder in dict.fromkeys(folders) for file in files_of(folder, deep=False))
            known = sorted(missing & documents.keys())
            for name in known:
                for document in documents.pop(name):
                    self.add(document)
            if not known or not missing & self.drafts.keys():
                break

    def _complain(self, path: Path, message: str) -> None:
        self.problems.append(Problem(str(path), 1, 1, message))


def _is_script(data: object) -> bool:
    return isinstance(data, dict) and {"workflow", "steps"} <= data.keys() and "nodes" not in data


def _needed(draft: Draft) -> Iterator[str]:
    """The workflows that a definition embeds, those that it starts, and those that help."""
    yield from (config.workflow for _, config in draft.calls)
    yield from (topic.workflow for topic in draft.head.help if topic.workflow is not None)
    for node in draft.nodes:
        yield from (name for _, name, _ in (() if node.config is None else node.handler.starts(node.config)))


def _by_id(files: Iterable[Path]) -> dict[str, list[Document]]:
    documents_by_id: dict[str, list[Document]] = {}
    for file in files:
        try:
            documents = _documents(file)
        except DefinitionError:
            continue
        for document in documents:
            name = document.data.get("id") if isinstance(document.data, dict) else None
            if isinstance(name, str):
                documents_by_id.setdefault(name, []).append(document)
    return documents_by_id


def _documents(file: Path) -> list[Document]:
    return source.read(bytes_of(file), str(file))


def bytes_of(file: Path) -> bytes:
    """What is in a file, or the first of it where that is too much for a definition. Raises DefinitionError."""
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            message = "this is a pipe, a device or the like, and no file; write to a file what comes from it"
            raise DefinitionError([Problem(str(file), 1, 1, message)])
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise DefinitionError([Problem(str(file), 1, 1, "there is no such file or folder")]) from error
    except OSError as error:
        raise DefinitionError([Problem(str(file), 1, 1, f"this file can't be read: {error.strerror}")]) from error


def files_of(folder: Path, deep: bool = True, *, scripts: bool = False) -> Iterator[Path]:
    """The definition files of a folder, or the scripts beside them; hidden ones left out."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if deep and not name.startswith("."))
        for name in sorted(files):
            stem, suffix = os.path.splitext(name.lower())
            if suffix in SUFFIXES and stem.endswith(SCRIPT) is scripts and not name.startswith("."):
                yield Path(here, name)


# -- compiling -------------------------------------------------------------------------------------


def _compiled(
    loader: _Loader,
    *,
    stored: bool = False,
    functions: Functions | None = None,
    missing: str = "load its file as well",
    deployed: Collection[str] | None = None,
) -> Catalog:
    drafts = loader.drafts
    found = check(drafts, stored=stored, functions=functions, missing=missing, deployed=deployed)
    problems = [*loader.problems, *found]
    if any(problem.severity == "error" for problem in problems):
        raise DefinitionError(problems)
    edges = {name: [config.workflow for _, config in draft.calls] for name, draft in drafts.items()}
    follows = closure(edges)
    sorted_texts = {name: _json(draft.document.data, sort_keys=True) for name, draft in drafts.items()}
    texts = {name: _json(draft.document.data, sort_keys=False) for name, draft in drafts.items()}
    workflows: dict[str, Workflow] = {}
    bundles: dict[str, bytes] = {}
    for (name,) in components(edges):
        members = sorted({name, *follows[name]})
        version = sha256(_bundle(name, members, sorted_texts)).hexdigest()[:32]
        workflows[name] = build(drafts[name], workflows, version)
        bundles[name] = _bundle(
            name, members, texts, _made_with((drafts[member] for member in members), loader.registry)
        )
    in_order = {name: workflows[name] for name in drafts}
    return Catalog(in_order, bundles, sorted(problems), loader.registry)


def _json(value: Any, *, sort_keys: bool) -> str:
    return write_json(value, sort_keys=sort_keys, between=(",", ":"))


def _made_with(drafts: Iterable[Draft], registry: Registry) -> Mapping[str, Any]:
    """What a stored definition says of where it came from, for whoever can't compile it any more: the version of this
    program, and the packages of others that its types of nodes and fields are of. It is no part of what the definition
    is."""
    types: set[str] = set()
    fields: set[str] = set()
    for definition in drafts:
        types |= {node.handler.type for node in definition.nodes}
        written = [definition.input, *(getattr(node.config, "fields", ()) for node in definition.nodes)]
        known = (field for asked in written if isinstance(asked, tuple) for field in asked)
        fields |= {field.field_type.name for field in known if isinstance(field, BaseField)}
    packages = {name: package for name in sorted(types) if (package := registry.package(name))}
    of_fields = {name: package for name in sorted(fields) if (package := registry.field_package(name))}
    return {"program": __version__, "packages": packages, **({"fields": of_fields} if of_fields else {})}


def _bundle(
    root: str, members: Iterable[str], texts: Mapping[str, str], made_with: Mapping[str, Any] | None = None
) -> bytes:
    definitions = ",".join(f"{json.dumps(name)}:{texts[name]}" for name in members)
    noted = "" if made_with is None else f',"made_with":{_json(made_with, sort_keys=True)}'
    return f'{{"definitions":{{{definitions}}},"root":{json.dumps(root)}{noted}}}'.encode()
