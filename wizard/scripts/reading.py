"""Texts of scripts -> scripts, with every mistake at its line and column, as definitions are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from wizard.definitions.catalog import bytes_of, files_of
from wizard.definitions.reading import source
from wizard.definitions.reading.complaints import complaints, did_you_mean
from wizard.definitions.reading.document import Document
from wizard.errors import DefinitionError, Problem
from wizard.scripts.script import FLAGS, WORDS, Changes, Completed, Event, Operator, Script, Sees, Step, Written

MOST_FILES = 5_000
_BELOW: Mapping[str, type[BaseModel]] = {
    "sees": Sees,
    "completed": Completed,
    "changes": Changes,
    "event": Event,
    "operator": Operator,
}


def script_files(paths: Iterable[Path]) -> list[Path]:
    """The files of these paths; of a folder those that are called NAME.test.yaml, .yml or .json. Raises
    DefinitionError for a folder without any."""
    files: list[Path] = []
    for path in paths:
        inside = list(files_of(path, scripts=True)) if path.is_dir() else [path]
        if not inside:
            what = "this folder holds no scripts (*.test.yaml, *.test.yml, *.test.json)"
            raise DefinitionError([Problem(str(path), 1, 1, what)])
        files += inside
    if len(files) > MOST_FILES:
        what = f"these are more than {MOST_FILES:,} scripts; name fewer"
        raise DefinitionError([Problem(str(files[-1]), 1, 1, what)])
    return list(dict.fromkeys(files))


def read_files(files: Iterable[Path]) -> list[Script]:
    """The scripts in these files, in order. Raises DefinitionError with the problems of all files."""
    scripts: list[Script] = []
    problems: list[Problem] = []
    for file in files:
        try:
            scripts += read(bytes_of(file), str(file))
        except DefinitionError as error:
            problems += error.problems
    if problems:
        raise DefinitionError(problems)
    return scripts


def read(text: str | bytes, file: str) -> list[Script]:
    """The scripts of a text; several are divided by `---`. Raises DefinitionError with every problem."""
    scripts: list[Script] = []
    problems: list[Problem] = []
    for number, document in enumerate(source.read(text, file, "script"), 1):
        wrong = list(_problems(document))
        problems += wrong
        if not wrong:
            scripts.append(Script(Written.model_validate(document.data), document, number))
    if problems:
        raise DefinitionError(problems)
    return scripts


def _problems(document: Document) -> Iterator[Problem]:
    if not isinstance(document.data, dict):
        yield document.problem((), "a script is a mapping with `workflow` and `steps`")
        return
    if "nodes" in document.data:
        yield document.problem(("nodes",), "this is a definition, and no script; name it with --definitions", key=True)
        return
    steps = document.data.get("steps")
    wrong = set()
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        if (problem := _one_word(document, number, step)) is not None:
            wrong.add(number)
            yield problem
    try:
        Written.model_validate(document.data)
    except ValidationError as error:
        for complaint in complaints(error, _known, document.data):
            if complaint.path[:1] == ("steps",) and complaint.path[1:2] and complaint.path[1] in wrong:
                continue
            yield document.problem(complaint.path, complaint.message, key=complaint.key, offset=complaint.offset)


def _one_word(document: Document, number: int, step: object) -> Problem | None:
    """What is wrong with a step that isn't one word and what it says."""
    place = ("steps", number)
    if isinstance(step, str):
        step = {step: None}
    if not isinstance(step, dict):
        return document.problem(place, "a step is a word and what it says, as `- says: Ann` is")
    for name in step:
        if name not in WORDS:
            hint = did_you_mean(name, WORDS) or f"; there are {', '.join(WORDS)}"
            return document.problem((*place, name), f"there is no word `{name}`{hint}", key=True)
    if len(step) != 1:
        names = ", ".join(step) or "none"
        return document.problem(
            place, f"a step has one word, and this has {len(step)} ({names}); write a step for each"
        )
    (name, said) = next(iter(step.items()))
    if said is None:
        what = f"`{name}` says nothing; write `- {name}: {'true' if name in FLAGS else '…'}`"
        return document.problem((*place, name), what, key=True)
    return None


def _known(loc: tuple[str | int, ...]) -> Iterable[str]:
    """The keys that a place may have."""
    names = [part for part in loc if isinstance(part, str) and part[:1].islower()]
    below = next((_BELOW[name] for name in reversed(names) if name in _BELOW), None)
    model: type[Any] = Written if not loc else below or Step
    return tuple(model.model_fields)
