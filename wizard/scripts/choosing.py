"""Which moves an exploration makes: at each step those that nobody has made there yet, then those that lead to steps
with some left, and else any, by chance; the same for the same seed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import islice, product
from random import Random
from typing import Any

from wizard.debugging.ways import place_at
from wizard.engine.view import RunView
from wizard.forms.fields import type_of
from wizard.machine.scope import Scope
from wizard.model import Node, Prompt, PromptField, RunStatus, Value
from wizard.model.path import Frame
from wizard.model.prompt import Reveal
from wizard.scripts.coverage import NOBODY_TYPES, form_of
from wizard.scripts.happenings import events_for
from wizard.scripts.hints import Hint
from wizard.scripts.sampling import answers_for, refused_for
from wizard.scripts.walking import GIVES_UP, Done, Move, Walk, place_of

END = ""  # as a place: the run is over
MOST_REPAIRS = 40  # of what is answered first at a place
MOST_COMBINED, MOST_TOGETHER = 20_000, 60  # answers to several fields at once, of which so many are tried
MOST_ITEMS = 3  # of a list that people are asked for
ROUNDS = 3  # after which a walk goes where it hasn't been
OTHERWISE_TEXT = "Ann"
UNLIKELY = (NOBODY_TYPES, "")  # what is refused by itself tells nothing together with others


class Explorer:
    """Chooses moves, and remembers what came of them (wizard.scripts.walking.Chooser)."""

    def __init__(self, hints: Mapping[tuple[str, tuple[str, ...]], Hint], seed: int) -> None:
        self._hints = hints
        self._seed = seed
        self._pick = Random(seed)  # noqa: S311 - nothing is secret here
        self._left: dict[str, dict[str, Move]] = {}  # by place: the moves that nobody has made there
        self._known: dict[str, set[str]] = defaultdict(set)
        self._leads: dict[str, dict[str, Move]] = defaultdict(dict)  # by place: a move for each place that follows
        self._good: dict[str, dict[str, Move]] = defaultdict(dict)  # moves that were taken, by place and key
        # Answers that were taken, by place and field.
        self._taken: dict[tuple[str, str], list[Value]] = defaultdict(list)
        self._base: dict[tuple[str, str], int] = defaultdict(int)  # which answer of a field is its ordinary one
        self._repairs: dict[str, int] = defaultdict(int)
        self._roams = True  # every other walk goes by chance, through what is known, and so comes far
        self.follows: dict[str, set[str]] = defaultdict(set)

    @property
    def has_more(self) -> bool:
        """Whether there are moves left that nobody has made."""
        return any(self._left.values())

    @property
    def left(self) -> frozenset[str]:
        """The places at which there are such moves."""
        return frozenset(place for place, moves in self._left.items() if moves)

    def choose(self, view: RunView, walk: Walk, due: timedelta | None) -> Move | None:
        place = place_of(view.step)
        offered = {move.key: move for move in self._moves(view, due)}
        left = self._left.setdefault(place, {})
        for key, move in offered.items():
            if key not in self._known[place]:
                self._known[place].add(key)
                left[key] = move
        if any(done.is_refused for done in walk.done):  # no script could go both ways: only pages ask again for ever
            offered = {key: move for key, move in offered.items() if move.word != GIVES_UP}
        if self._has_enough(view, walk):
            out = (move for move in offered.values() if move.word == "answers" and False in move.said.values())
            if (onward := next(out, None)) is not None:  # a full list asks nothing any more
                return onward
        if (elsewhere := self._out_of_a_loop(view, offered, walk)) is not None:
            return elsewhere
        if not walk.done:
            self._roams = not self._roams
        if self._roams and (known := self._known_to_be_taken(view, offered, walk)) is not None:
            return known
        untried = next((move for key, move in offered.items() if key in left), None)
        if untried is not None and untried.word == GIVES_UP:
            del left[untried.key]  # where the answer is taken after all, another move was made
        return self._onward(view, offered, walk) if untried is None else untried

    def learn(self, done: Done) -> None:
        place, then = place_of(done.step), place_of(done.then)
        self._left.get(place, {}).pop(done.move.key, None)
        if done.is_refused:
            self._repair(place, done)
            return
        if done.status is RunStatus.COMPLETED:
            self.follows[place] |= {then, END}
            self.follows[then].add(END)
        self.follows[place].add(then)
        self._leads[place].setdefault(then, done.move)
        self._good[place][done.move.key] = done.move
        for name, value in done.move.said.items() if done.move.word == "answers" else ():
            if value not in self._taken[place, name]:
                self._taken[place, name].append(value)

    # -- moves -----------------------------------------------------------------------------------------

    def _moves(self, view: RunView, due: timedelta | None) -> Iterator[Move]:
        placed = place_at(view.workflow, view.step)
        node = None if placed is None else placed[1]
        if view.status is RunStatus.WAITING:
            yield from self._ways_out(view, placed)
            yield from self._answers(view, view.current, placed)
        if due is not None and (view.status is RunStatus.WORKING or (node is not None and node.remind is not None)):
            yield Move("waits", due)
        if placed is not None:
            yield from (Move("event", said) for said in self._events(view, *placed))

    def _ways_out(self, view: RunView, placed: tuple[Frame, Node] | None) -> Iterator[Move]:
        """The way of `after_tries`: one question is answered wrongly, in words, until it is taken."""
        form = None if placed is None else form_of(placed[1])
        if view.after_tries is None or placed is None or form is None:
            return
        names = Scope(view.run, placed[0], view.now)
        moves = (move for move in self._answers(view, view.current, placed) if move.word == "answers")
        base: Mapping[str, Value] = next((move.said for move in moves), {})
        for field in view.current.fields:
            question = form.by_name.get(field.name)
            if question is None or question.type.holds_files or not question.type.is_seen:
                continue
            if (wrong := refused_for(question, names, form)) is not None:
                answers = {**base, field.name: wrong}
                yield Move(GIVES_UP, {"answers": answers, "wrong": field.name, "tries": view.after_tries})
                return

    def _events(self, view: RunView, frame: Frame, node: Node) -> Iterator[dict[str, Value]]:
        """Events that the step takes, with data that its `when` is about; where it takes none, those of others."""
        for event in node.events:
            yield from events_for(event, self._outputs(frame, node), Scope(view.run, frame, view.now))
        if not node.events and view.status is RunStatus.WORKING:
            yield from ({"name": name} for name in sorted(view.workflow.awaited))

    def _outputs(self, frame: Frame, node: Node) -> dict[tuple[str, ...], Hint]:
        """What the workflow compares an event's data with once it has come, by the names in it."""
        below = {chain: hint for (name, chain), hint in self._hints.items() if name == frame.workflow.id}
        return {chain[2:]: hint for chain, hint in below.items() if chain[:2] == (node.id, "data") and len(chain) > 2}

    def _answers(self, view: RunView, prompt: Prompt, placed: tuple[Frame, Node] | None) -> Iterator[Move]:
        fields = prompt.possible or prompt.fields
        if not fields:
            yield Move("goes_on")
            return
        values = {field.name: self._values(view, field, placed) for field in fields}
        place = place_of(prompt.step)
        base = {name: of[self._base[place, name] % len(of)] for name, of in values.items() if of}
        yield Move("answers", base)
        for field in fields:
            shown = base if field.when is None else {**base, field.when.field: _revealing(field.when, values)}
            for value in values[field.name]:
                if value != base[field.name] or shown != base:
                    yield Move("answers", {**shown, field.name: value})
        yield from self._together(base, values, placed)

    def _together(
        self, base: Mapping[str, Value], values: Mapping[str, list[Value]], placed: tuple[Frame, Node] | None
    ) -> Iterator[Move]:
        """Answers to all fields that the workflow asks about, in one: what depends on several of them."""
        if placed is None:
            return
        workflow, node = placed[0].workflow.id, placed[1].id
        asked_about = [name for name in values if (workflow, (node, name)) in self._hints]
        if len(asked_about) < 2:
            return
        likely = [[value for value in values[name] if value not in UNLIKELY] for name in asked_about]
        every = list(islice(product(*likely), MOST_COMBINED))
        pick = Random(f"{self._seed} {node}")  # noqa: S311
        for chosen in pick.sample(every, min(len(every), MOST_TOGETHER)):
            yield Move("answers", {**base, **dict(zip(asked_about, chosen, strict=True))})

    def _values(self, view: RunView, asked: PromptField, placed: tuple[Frame, Node] | None) -> list[Value]:
        form = None if placed is None else form_of(placed[1])
        question = None if form is None else form.by_name.get(asked.name)
        if placed is None or form is None or question is None:
            return _plain_values(asked)
        frame, node = placed
        hint = self._hints.get((frame.workflow.id, (node.id, asked.name)))
        return answers_for(question, asked, hint, form, Scope(view.run, frame, view.now), view.now)

    def _has_enough(self, view: RunView, walk: Walk) -> bool:
        """Whether a list has as many items as tell anything new: then what leads out of it is taken."""
        pages = sum(done.step.rpartition("/")[2].startswith("after-") for done in walk.done if not done.is_refused)
        return pages >= MOST_ITEMS and view.step.rpartition("/")[2].startswith("after-")

    def _out_of_a_loop(self, view: RunView, offered: Mapping[str, Move], walk: Walk) -> Move | None:
        """A move from a place where the walk was often to one where it wasn't."""
        place = place_of(view.step)
        if sum(place_of(done.step) == place and not done.is_refused for done in walk.done) < ROUNDS:
            return None
        been = {place_of(done.step) for done in walk.done}
        made = {done.move.key for done in walk.done if place_of(done.step) == place}
        leads = (move for then, move in self._leads[place].items() if then not in been and move.key not in made)
        return next((move for move in leads if _may_be_made(move, offered, view.current)), None)

    def _onward(self, view: RunView, offered: Mapping[str, Move], walk: Walk) -> Move | None:
        """A move that is known to be taken: towards what is left to try, or else any."""
        been = {place_of(done.step) for done in walk.done if not done.is_refused}
        if place_of(view.step) not in been:  # else it leads elsewhere now, by an earlier answer: there chance is better
            nearest = self._towards_what_is_left(place_of(view.step), been)
            if nearest is not None and _may_be_made(nearest, offered, view.current):
                return nearest
        return self._known_to_be_taken(view, offered, walk)

    def _known_to_be_taken(self, view: RunView, offered: Mapping[str, Move], walk: Walk) -> Move | None:
        place = place_of(view.step)
        known = [move for key, move in self._good.get(place, {}).items() if key in offered]
        if not known:
            return None
        move = self._pick.choice(known)
        was_refused = bool(walk.done) and walk.done[-1].is_refused
        return move if was_refused or move.word != "answers" else self._mixed(view, move)

    def _mixed(self, view: RunView, move: Move) -> Move:
        """The same with any of the answers that were taken to what the workflow asks about: all its ways come up."""
        placed = place_at(view.workflow, view.step)
        if placed is None:
            return move
        workflow, node = placed[0].workflow.id, placed[1].id
        asked_about = [name for name in move.said if (workflow, (node, name)) in self._hints]
        known = {name: self._taken[place_of(view.step), name] for name in asked_about}
        mixed = Move("answers", {**move.said, **{name: self._pick.choice(of) for name, of in known.items() if of}})
        return mixed if _can_be_picked(mixed, view.current) else move

    def _towards_what_is_left(self, place: str, been: set[str]) -> Move | None:
        """The first move of the shortest known way to a place where something is left to try; not to one where this
        walk has been, and it wasn't offered."""
        seen, ring = {place}, [(then, move) for then, move in self._leads[place].items()]
        while ring:
            following: list[tuple[str, Move]] = []
            for then, move in ring:
                if self._left.get(then) and then not in been:
                    return move
                if then not in seen:
                    seen.add(then)
                    following += [(further, move) for further in self._leads.get(then, {})]
            ring = following
        return None

    def _repair(self, place: str, done: Done) -> None:
        """Where the ordinary answers aren't taken, others become the ordinary ones."""
        if done.move.word != "answers" or self._good.get(place) or self._repairs[place] >= MOST_REPAIRS:
            return
        self._repairs[place] += 1
        wrong = [name for name in done.errors if name] or list(done.move.said)
        self._base[place, self._pick.choice(wrong)] += 1


def _may_be_made(move: Move, offered: Mapping[str, Move], prompt: Prompt) -> bool:
    """Whether a move that was made before at a place may be made now: one of those that are offered, or other answers
    to the same questions."""
    if move.key in offered or move.word != "answers":
        return move.key in offered
    answered = any(other.word == "answers" and other.said.keys() == move.said.keys() for other in offered.values())
    return answered and _can_be_picked(move, prompt)


def _can_be_picked(move: Move, prompt: Prompt) -> bool:
    """Whether all choices of a move are there to be picked: lists that are computed have others by each answer."""
    for field in prompt.possible or prompt.fields:
        said = move.said.get(field.name)
        if field.choices and said not in (None, ""):
            there = [choice.value for choice in field.choices]
            if not all(value in there for value in (said if isinstance(said, list) else [said])):
                return False
    return True


def _revealing(when: Reveal, values: Mapping[str, list[Value]]) -> Value:
    """The answer to another question that brings a field up."""
    spoken = {True: "yes", False: "no"}
    known = values.get(when.field, [])
    return (
        next((value for value in known if spoken.get(value, value) in when.values), when.values[0])
        if not any(isinstance(value, list) for value in known)
        else [when.values[0]]
    )


def _plain_values(asked: PromptField) -> list[Value]:
    """Answers to what is no form's field."""
    of = type_of(asked)
    if of.is_yes_or_no:
        return [True, False]
    if asked.choices:
        values: list[Any] = [choice.value for choice in asked.choices]
        return [[value] for value in values] if of.is_list else values
    return [OTHERWISE_TEXT, "12", "123456"] if asked.value is None else [asked.value, OTHERWISE_TEXT]
