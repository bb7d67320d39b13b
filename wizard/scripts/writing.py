"""Writes scripts of walks: one that passes for each that came to something new, one that fails for each finding."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import yaml

from wizard.debugging.ways import place_at
from wizard.forms.form import Question
from wizard.model import RunStatus, Workflow
from wizard.scripts.coverage import form_of
from wizard.scripts.exploring import Exploration, Finding
from wizard.scripts.walking import GIVES_UP, Done, Move, Walk, place_of
from wizard.scripts.wording import duration, in_plain

ASKING_AGAIN = ("web", "json")
CONVERSATIONS = ("chat", "websocket", "terminal")
_ENDED = (RunStatus.FAILED, RunStatus.EXPIRED, RunStatus.CANCELLED)


class Told(NamedTuple):
    """A walk that a script tells: the script's file and title, and what it shows where something was found."""

    file: str
    title: str
    walk: Walk
    finding: Finding | None = None


def scripts_of(exploration: Exploration, seed: int) -> dict[str, str]:
    """The texts of the scripts by the names of their files, in the order in which they were found."""
    texts: dict[str, str] = {}
    for told in told_of(exploration):
        made, finding = _tellable(told.walk), told.finding
        steps = _passing(made) if finding is None else _showing(replace(finding, walk=made))
        channels = _channels(exploration.workflow, made)
        texts[told.file] = _text(made, told.title, steps, seed, failing=finding is not None, channels=channels)
    return texts


def told_of(exploration: Exploration) -> Iterator[Told]:
    """All that a script is written of: the ways, then the findings."""
    name = exploration.workflow.id
    for number, made in enumerate(exploration.paths, 1):
        yield Told(f"{name}-path-{number}.test.yaml", f"Path {number}: {_places(_tellable(made))}"[:300], made)
    for number, finding in enumerate(exploration.findings, 1):
        file = f"{name}-{finding.kind.replace(' ', '-')}-{number}.test.yaml"
        yield Told(file, f"{finding.kind.capitalize()}: {finding.message}"[:300], finding.walk, finding)


def _tellable(made: Walk) -> Walk:
    """A walk as one script can tell it: where `after_tries` led on, other wrong answers would lead on as well."""
    if not any(done.move.word == GIVES_UP for done in made.done):
        return made
    return replace(made, done=[done for done in made.done if not done.is_refused])


def _places(made: Walk) -> str:
    return ", ".join(dict.fromkeys(place_of(done.step) for done in made.done)) or place_of(made.last)


def _channels(workflow: Workflow, made: Walk) -> tuple[str, ...]:
    """Those that show all of a walk, () for each: where an answer is wrong so often that `after_tries` leads on in a
    conversation, only pages and JSON ask again, and only a conversation takes that way. What nobody sees, nobody
    answers in a conversation."""
    if any(done.move.word == GIVES_UP for done in made.done):
        return CONVERSATIONS
    refused = [done for done in made.done if done.is_refused and done.move.word == "answers"]
    wrong = [(done, question) for done in refused for question in _questions(workflow, done.step, done.errors)]
    if any(not question.type.is_seen for _, question in wrong):
        return ASKING_AGAIN
    for step, tries in Counter(done.step for done in made.done if done.is_refused).items():
        placed = place_at(workflow, step)
        after = None if placed is None else placed[1].after_tries
        if after is not None and tries >= after.tries:
            return ASKING_AGAIN
    return ()


def _questions(workflow: Workflow, step: str, names: Iterable[str]) -> Iterator[Question]:
    placed = place_at(workflow, step)
    form = None if placed is None else form_of(placed[1])
    yield from (form.by_name[name] for name in names if form is not None and name in form.by_name)


def _text(
    made: Walk,
    title: str,
    steps: Sequence[Mapping[str, Any]],
    seed: int,
    *,
    failing: bool = False,
    channels: Sequence[str] = (),
) -> str:
    setting = made.setting
    head: dict[str, Any] = {"workflow": made.workflow, "title": title, "clock": made.at.isoformat()}
    if channels:
        head["channels"] = list(channels)
    for key in ("input", "event", "profile", "results"):
        if value := getattr(setting, key):
            head[key] = value
    what = "It fails as long as what it shows is there." if failing else "It passes as the workflow is now."
    comment = f"# Written by `wizard test --explore --seed {seed}`. {what}\n"
    written = yaml.safe_dump(
        {**in_plain(head), "steps": in_plain(list(steps))}, sort_keys=False, allow_unicode=True, width=110
    )
    return comment + written


def _passing(made: Walk) -> list[dict[str, Any]]:
    done = list(made.done)
    while made.stuck and done and done[-1].is_refused:
        done.pop()
    steps = list(_told(done))
    if made.status is RunStatus.COMPLETED:
        return [*steps, {"completed": {"step": made.last}}]
    if made.status in _ENDED:
        return [*steps, {"sees": {"status": made.status.value}}]
    return [*steps, {"sees": {"step": made.last}}]


def _showing(finding: Finding) -> list[dict[str, Any]]:
    done = finding.walk.done
    match finding.kind:
        case "failure":
            last = next((number for number, each in enumerate(done) if each.fault), len(done) - 1)
            return [*_told(done[: last + 1], to_the_last=False), {"completed": True}]
        case "text":
            at = next((number for number, each in enumerate(done) if each.then == finding.place), None)
            before = done[: at + 1] if at is not None else [] if finding.walk.first == finding.place else done
            return [*_told(before, to_the_last=False), {"sees": {"text": _words(finding.meant)}}]
        case "loop":
            return [*_told(_one_round(done, finding.place)), {"completed": True}]
    return [*_told(_short_of(done, finding.place), to_the_last=False), {"completed": True}]


def _one_round(done: Sequence[Done], place: str) -> list[Done]:
    """Up to where it came to the place once more."""
    came = [number for number, each in enumerate(done) if place_of(each.then) == place and each.then != each.step]
    return list(done[: came[1] + 1] if len(came) > 1 else done[:10])


def _short_of(done: Sequence[Done], place: str) -> list[Done]:
    """Up to where it came to the place, and the first thing that was tried there."""
    came = next((number for number, each in enumerate(done) if place_of(each.step) == place), len(done))
    return list(done[: came + 1])


def _told(done: Sequence[Done], *, to_the_last: bool = True) -> Iterator[dict[str, Any]]:
    """Each move, and where it led or why it wasn't taken."""
    for number, each in enumerate(done):
        *before, last = _steps(each, done[:number])
        for step in before:
            yield step
            yield {"sees": {"step": each.step, "error": True}}
        yield last
        is_last = number == len(done) - 1
        if each.errors or each.fault:
            if to_the_last or not is_last:
                yield {"sees": {"step": each.then, "error": True}}
        elif (not is_last or each.status is not RunStatus.COMPLETED) and (to_the_last or not is_last):
            yield {"sees": {"step": each.then}}


def _steps(done: Done, before: Sequence[Done]) -> list[dict[str, Any]]:
    """What is said for a move; of several the last one is taken."""
    if done.move.word == GIVES_UP:
        return [{"answers": answers} for answers in done.move.wrong_answers]
    return [_step(done, before)]


def _step(done: Done, before: Sequence[Done]) -> dict[str, Any]:
    move: Move = done.move
    match move.word:
        case "goes_on":
            return {"goes_on": True}
        case "waits":
            return {"waits": duration(move.said)}
        case "event":
            return {"event": dict(move.said)}
    answers = dict(move.said)
    if done.accepted is not None:  # what isn't shown isn't answered
        answers = {name: value for name, value in answers.items() if name in done.accepted}
        for name in [name for name, value in answers.items() if value == "" and done.accepted.get(name) is not None]:
            kept = _said_before(name, done.step, before)  # a file or password that was sent with what was refused
            answers = {**answers, name: kept} if kept else {key: of for key, of in answers.items() if key != name}
    return {"answers": answers}


def _said_before(name: str, step: str, before: Sequence[Done]) -> Any:
    said = (each.move.said.get(name) for each in reversed(before) if each.step == step and each.move.word == "answers")
    return next((value for value in said if value), None)


def _words(text: str) -> str:
    return " ".join(re.sub(r"\{\{.*?\}\}", "…", text).split())
