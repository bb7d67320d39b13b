"""What a message means, of the run as it is and the question that was asked: a pure function.

The order says what wins: a pressed button; an answer in quotation marks; a choice of the question by its number or
name; a correction of an earlier answer; a command; a topic of the workflow's help; then an answer, whatever it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from wizard.channels.conversation import wording
from wizard.channels.conversation.commands import (
    Command,
    Correction,
    change_in,
    command_in,
    correction_in,
    first_way,
    quoted,
)
from wizard.channels.conversation.dialogue import Dialogue
from wizard.channels.conversation.finding import Answers
from wizard.channels.conversation.manners import is_greeting, says_none, without_manners, yes_or_no
from wizard.channels.conversation.meanings import (
    MOST_TEXT,
    Answer,
    Aside,
    Back,
    Cancel,
    Change,
    Digress,
    Elsewhere,
    GoOn,
    Incoming,
    Meaning,
    Remove,
    Restart,
)
from wizard.channels.conversation.order import is_asked_before, question_before
from wizard.channels.conversation.questions import meaning, numbered, offered
from wizard.channels.conversation.readings import Several, certain, corrected_to, read, reads_strictly
from wizard.channels.conversation.replies import (
    AGENT_TOLD,
    IS_OVER,
    NO_AGENT,
    NO_EDIT,
    NO_FILE,
    NO_FIRST,
    NO_LIST,
    NO_RESTART,
    NO_SKIP,
    NO_SUCH_QUESTION,
    NO_WAY_BACK,
    NOT_CANCELLED,
    NOT_RESTARTED,
    NOTHING_ASKED,
    NOTHING_KEPT,
    NOTHING_SAID,
    STALE,
    TOO_LONG,
    UNKNOWN,
    WHICH_ANSWER,
)
from wizard.channels.conversation.rewording import chosen
from wizard.channels.conversation.topics import plain_topic, topic_in
from wizard.channels.conversation.which import Place, asking_which, place_in, places_of
from wizard.channels.conversation.wording import Question, asked_now, question_of, words_of
from wizard.engine.view import RunView
from wizard.engine.work import seems_stuck
from wizard.forms.characters import alike
from wizard.forms.fields import type_of
from wizard.forms.types.choices import labelled
from wizard.forms.types.text import TEXT
from wizard.locale.sentences import Sentence, sentence
from wizard.model import ENDED, Choice, PromptField, RunStatus, Topic, Value
from wizard.model.talk import Speaker, Utterance

UNDER_WAY = ("repeat", "agent", "cancel")  # commands that nothing comes of where a run is complete


def understand(view: RunView, dialogue: Dialogue, incoming: Incoming, earlier: Utterance | None = None) -> Meaning:
    """`earlier` is the message that the incoming one corrects, or the question that it replies to, if any."""
    return _Reader(view, dialogue, incoming, earlier).meaning()


def is_recognised(view: RunView, dialogue: Dialogue, incoming: Incoming) -> bool:
    """Whether a text is something else than an answer in words: a choice by its number or name, a correction, a
    command, a topic, or what was asked back."""
    return _Reader(view, dialogue, incoming, None).recognised(incoming.text) is not None


def is_secret(view: RunView, dialogue: Dialogue, incoming: Incoming, earlier: Utterance | None = None) -> bool:
    """Whether a message may hold a password, whatever comes of it: so that it isn't kept."""
    return bool(incoming.text) and _Reader(view, dialogue, incoming, earlier).is_secret()


class _Reader:
    def __init__(self, view: RunView, dialogue: Dialogue, incoming: Incoming, earlier: Utterance | None) -> None:
        self.view, self.dialogue, self.incoming, self.earlier = view, dialogue, incoming, earlier
        self.words = words_of(view, dialogue)
        self.language = self.words.language
        self.asked = asked_now(view, dialogue)
        self.answers = Answers(view, dialogue)

    # -- in order ------------------------------------------------------------------------------------

    def meaning(self) -> Meaning:
        incoming = self.incoming
        if self.dialogue.agent == "speaks":
            return Aside((), self.dialogue, silent=True)
        if self.view.status in (RunStatus.EXPIRED, RunStatus.CANCELLED):
            return self.aside(wording.over_text(self.view, self.words))
        if len(incoming.text) > MOST_TEXT:
            return self.aside(TOO_LONG)
        if incoming.choice:
            return self._pressed(incoming.choice)
        if incoming.edits:
            return self._edited()
        if incoming.files:
            return self._file()
        if not incoming.text.strip():
            return self.aside(NOTHING_SAID)
        return self._said(incoming.text)

    def is_secret(self) -> bool:
        """Where one is asked, and where a message corrects the answer of a question that asks for one. What is written
        to an operator answers nothing."""
        if self.dialogue.agent == "speaks":
            return False
        if self.asked is not None and type_of(self.asked).is_secret:
            return True
        expects = None if self.earlier is None else self.earlier.expects
        correction = self._correction()
        places = [*self.answers.called(correction.field)] if correction is not None and correction.field else []
        if expects is not None:
            places.append(Place(expects.step, expects.name, ""))
        return any(
            type_of(field).is_secret
            for place in places
            for field in self.answers.fields_of(place.step)
            if field.name == place.name
        )

    def _correction(self) -> Correction | None:
        """What a message corrects, said in words or as a command."""
        command = command_in(self.incoming.text, self.language)
        if command is not None and command.name == "change":
            return change_in(command.argument, self.language)
        return correction_in(self.incoming.text, self.language)

    def aside(self, *texts: Sentence | str, dialogue: Dialogue | None = None) -> Aside:
        said = tuple(text if isinstance(text, str) else self.words.say(text) for text in texts)
        return Aside(said, (self.dialogue if dialogue is None else dialogue).without_doubt())

    def _said(self, text: str) -> Meaning:
        if (recognised := self.recognised(text)) is not None:
            return recognised
        if self.dialogue.which:  # it is no answer to a question that was asked before that
            place = place_in(text, self.dialogue, self.language, nearly=True)
            return self.aside(NO_SUCH_QUESTION) if place is None else self._picked(place)
        if self.asked is not None and type_of(self.asked) is TEXT and self._only_greets(text):
            return self.aside()
        return self._answer(text)

    def recognised(self, text: str) -> Meaning | None:
        """What is meant by words that aren't an answer in words; None where they are."""
        asked = self.asked
        if (other := self._other_question()) is not None and command_in(text, self.language) is None:
            return self._changed(other, quoted(text) or text)
        if asked is not None and (literal := quoted(text)) is not None:
            return Answer(asked.name, literal)
        if (pending := self._pending(text)) is not None:
            return pending
        if asked is not None and (choice := certain(asked, text, self.language, self.view)) is not None:
            return Answer(asked.name, choice)
        correction = correction_in(text, self.language)  # before commands: “ändere” is one, and says no more of it
        if correction is not None and (corrected := self._correct(correction)) is not None:
            return corrected
        if (command := command_in(text, self.language)) is not None and (obeyed := self._obey(command)) is not None:
            return obeyed
        if (topic := topic_in(text, self.view.workflow.help)) is not None:
            return self._helped(topic)
        return None

    def _other_question(self) -> Place | None:
        """The question that a message was written to, where another one is asked by the time that it comes."""
        of = self.earlier.expects if self.incoming.replies and self.earlier is not None else None
        if of is None or not any(field.name == of.name for field in self.answers.fields_of(of.step)):
            return None
        is_asked = self.asked is not None and (of.step, of.name) == (self.view.step, self.asked.name)
        return None if is_asked else Place(of.step, of.name, "")

    def _only_greets(self, text: str) -> bool:
        """Whether somebody begins with “hi”, which is no name."""
        begins = not self.dialogue.asked and not self.view.summary()
        return begins and is_greeting(text, self.language)

    def _answer(self, text: str) -> Meaning:
        asked, status = self.asked, self.view.status
        if asked is None:
            if status is RunStatus.COMPLETED:
                return self.aside(IS_OVER)
            if status is RunStatus.WORKING and not seems_stuck(self.view):
                return self.aside(NOTHING_ASKED)
            button = question_of(self.view, self.dialogue).offers[0][1]
            if alike(button) in (alike(text), alike(without_manners(text, self.language))):
                return GoOn()
            helped = first_way("help", self.language)
            return self.aside(sentence("Type “{button}” to go on, or “{help}”.", button=button, help=helped))
        reading = read(asked, text, self.language, self.view, is_insisted=bool(self.dialogue.doubt))
        return self._doubts(reading.among) if isinstance(reading, Several) else Answer(asked.name, reading)

    def _doubts(self, values: Sequence[str]) -> Aside:
        """Asks which one is meant."""
        return Aside((), replace(self.dialogue, doubt=tuple(values), confirms=""))

    def _pending(self, text: str) -> Meaning | None:
        """An answer to what was asked back."""
        if self.dialogue.confirms:
            return self._confirmed(sure=yes_or_no(text, self.language) == "yes")
        if self.dialogue.which:
            place = place_in(text, self.dialogue, self.language)
            if place is not None:
                return self._picked(place)
            if self._is_only_counted(text):
                return self.aside(NO_SUCH_QUESTION)
            return self.aside() if says_none(text, self.language) else None
        if self.dialogue.doubt and self.asked is not None:
            return self._undoubted(self.asked, text)
        return None

    def _undoubted(self, asked: PromptField, text: str) -> Meaning | None:
        """Which value was meant; it is asked again where a number or a place is none of those that were offered."""
        doubt, said = self.dialogue.doubt, yes_or_no(text, self.language)
        if len(doubt) == 1 and said:
            return Answer(asked.name, doubt[0]) if said == "yes" else self.aside()
        value = numbered(text.strip().rstrip("."), list(doubt))
        offers = replace(asked, choices=tuple(Choice(value, value) for value in doubt))
        if value is None and (choice := chosen(offers, text, self.language)) is not None:
            value = choice.value
        if value is not None:
            return Answer(asked.name, value)
        if self._is_only_counted(text):
            return self._doubts(doubt)
        is_none = says_none(text, self.language) and labelled(text, asked.choices) is None
        return self.aside() if is_none else None

    def _is_only_counted(self, text: str) -> bool:
        """Whether a text would answer the question that is open, but by a number, a place, or yes and no alone: it was
        said to what was asked back, and isn't that question's answer."""
        asked = self.asked
        if asked is None or yes_or_no(text, self.language) == "no":
            return False
        names = (text, without_manners(text, self.language))
        is_named = any(labelled(name, asked.choices) is not None for name in names)
        return not is_named and certain(asked, text, self.language, self.view) is not None

    def _picked(self, place: Place) -> Meaning:
        """The one of several answers that is to be changed."""
        return self._changed(place, self.dialogue.instead or None)

    def _confirmed(self, *, sure: bool) -> Meaning:
        if self.dialogue.confirms == "restart":
            return Restart() if sure else self.aside(NOT_RESTARTED)
        return Cancel() if sure else self.aside(NOT_CANCELLED)

    # -- buttons and files -----------------------------------------------------------------------------

    def _pressed(self, pressed: str) -> Meaning:
        mark, _, key = pressed.partition(".")
        question = question_of(self.view, self.dialogue)
        if not wording.is_of_question(mark, self.view, self.dialogue) or key not in dict(question.offers):
            return self.aside(STALE)
        if self.dialogue.confirms:
            return self._confirmed(sure=key == "yes")
        if self.dialogue.which:
            return self._picked(places_of(self.dialogue)[int(key) - 1])
        if self.dialogue.doubt and self.asked is not None:
            return self.aside() if key == "no" else Answer(self.asked.name, self.dialogue.doubt[int(key) - 1])
        return self._pressed_answer(key, question)

    def _pressed_answer(self, key: str, question: Question) -> Meaning:
        asked = self.asked
        if key in ("back", "skip", "keep", "agent"):
            return self._obey(Command(key)) or self.aside(UNKNOWN)
        if asked is None or key == "go":
            return GoOn()
        if type_of(asked).is_yes_or_no:
            return Answer(asked.name, key)
        value = asked.choices[int(key) - 1].value
        return Answer(asked.name, [value] if type_of(asked).is_list else value)

    def _file(self) -> Meaning:
        if (other := self._other_question()) is not None:
            return self._changed(other, "", self.incoming.files)
        if self.asked is None or not type_of(self.asked).holds_files:
            return self.aside(NO_FILE)
        return Answer(self.asked.name, dict(self.incoming.files[0]))

    def _edited(self) -> Meaning:
        """A message that was changed after it was sent corrects the answer that it was; one without anything has it
        asked anew."""
        of, incoming = None if self.earlier is None else self.earlier.expects, self.incoming
        if of is None or not of.name or self.earlier is None or self.earlier.speaker is not Speaker.PERSON:
            return self.aside(NO_EDIT)
        place = Place(of.step, of.name, "")
        is_empty = not incoming.text.strip() and not incoming.files
        if self.asked is not None and (of.step, of.name) == (self.view.step, self.asked.name):
            return self.aside() if is_empty else self._file() if incoming.files else self._answer(incoming.text)
        return self._changed(place, None) if is_empty else self._changed(place, incoming.text, incoming.files)

    # -- commands --------------------------------------------------------------------------------------

    def _obey(self, command: Command) -> Meaning | None:
        """None where the words are none here, but an answer."""
        over = self.view.status is RunStatus.COMPLETED and (command.name in UNDER_WAY or not self.view.has_previous)
        if command.name == "review":
            return self._reviewed()
        return self.aside(IS_OVER) if over else self._obeyed(command)

    def _obeyed(self, command: Command) -> Meaning | None:
        match command.name:
            case "help":
                return self._told(command.argument)
            case "repeat" | "elsewhere":
                return self.aside() if command.name == "repeat" else Elsewhere()
            case "back":
                return self._back()
            case "restart":
                return self._restart()
            case "change":
                return self._change(command.argument)
            case "remove":
                return self._remove(command.argument)
            case "skip" | "keep" if self.asked is not None:
                return self._skip(self.asked) if command.name == "skip" else self._keep(self.asked)
            case "cancel":
                return Aside((), replace(self.dialogue.without_doubt(), confirms="cancel"))
            case "agent":
                return self._agent()
            case "go on" | "retry":
                return self._go_on(command.name)
            case "":
                return self.aside(UNKNOWN, wording.help_text(self.view, self.words))
            case _:
                return None

    def _go_on(self, said: str) -> Meaning | None:
        """Where a question is asked, only what failed behind its page can be tried again: with the answers so far."""
        asked, view = self.asked, self.view
        if asked is None:
            busy = view.status is RunStatus.WORKING and not seems_stuck(view)
            return None if view.status is RunStatus.COMPLETED else self.aside(NOTHING_ASKED) if busy else GoOn()
        if said != "retry" or view.fault is None:
            return None
        is_answered = bool(offered(asked, self.words))
        return Answer(asked.name, meaning(asked, "")) if is_answered or not asked.required else self.aside()

    def _reviewed(self) -> Meaning:
        """The answers so far, which a review page lists itself."""
        told = self._review()
        is_there = self.asked is None and self.view.status is RunStatus.WAITING
        return self.aside() if is_there and told == wording.items_text(self.view.current) else self.aside(told)

    def _agent(self) -> Meaning:
        if not self.view.workflow.agent:
            return self.aside(NO_AGENT)
        return self.aside(AGENT_TOLD, dialogue=replace(self.dialogue, agent="wanted"))

    def _told(self, about: str) -> Meaning:
        topic = topic_in(about, self.view.workflow.help) if about else None
        return self._help() if topic is None else self._helped(topic)

    def _skip(self, asked: PromptField) -> Meaning:
        return self.aside(NO_SKIP) if asked.required else Answer(asked.name, None)

    def _keep(self, asked: PromptField) -> Meaning | None:
        """What was left out stays out. “Same” may be an answer of free text, where there is none to keep."""
        if offered(asked, self.words):
            return Answer(asked.name, meaning(asked, ""))
        if asked.answered and not asked.required:
            return Answer(asked.name, None)
        said = alike(self.incoming.text).strip("/!. ")
        is_named = said in (alike(first_way("keep", self.language)), "keep")
        return self.aside(NOTHING_KEPT) if is_named or reads_strictly(type_of(asked)) else None

    def _back(self) -> Meaning:
        before = None if self.asked is None else question_before(self.view, self.dialogue)
        if before is not None:
            return self.aside(dialogue=self.dialogue.asks(before))
        if self.view.has_previous and is_asked_before(self.view):
            return Back()
        return self.aside(NO_FIRST if self.view.may_restart else NO_WAY_BACK)

    def _restart(self) -> Meaning:
        """Asked once: answers go with it, those behind somebody who has gone back too."""
        run = self.view.run
        begun = self.view.summary() or self.dialogue.asked or run.kept or run.parked
        if not begun and self.view.status is RunStatus.WAITING:
            return self.aside(NO_FIRST)
        if not self.view.may_restart:
            return self.aside(NO_RESTART)
        return Aside((), replace(self.dialogue.without_doubt(), confirms="restart"))

    # -- changes ---------------------------------------------------------------------------------------

    def _review(self) -> str:
        return wording.review_text(self.view, self.words, self.dialogue.given)

    def _change(self, argument: str) -> Meaning:
        if not argument:
            return self._change_one_of_all()
        if (correction := change_in(argument, self.language)) is not None:
            return self._correct(correction) or self.aside(NO_SUCH_QUESTION)
        return self._one_of(self.answers.called(argument), None) or self.aside(NO_SUCH_QUESTION)

    def _change_one_of_all(self) -> Meaning:
        listed = wording.items_text(self.view.current) or self._review()
        if places := self.answers.listed():
            return Aside((listed,), asking_which(self.dialogue, places, ""))
        some = wording.answers_so_far(self.view, self.words)
        return self.aside(listed, *([WHICH_ANSWER] if some else []))

    def _correct(self, correction: Correction) -> Meaning | None:
        """None where nothing is called so: then it is an answer like any other."""
        found = self.answers.called(correction.field) if correction.field else self.answers.name()
        return self._one_of(found, correction.value)

    def _one_of(self, found: Sequence[Place], text: str | None) -> Meaning | None:
        """Changes the answer that was found, or asks which one of several is meant; None where none was."""
        if len(found) > 1:
            instead = "" if text is None or self.is_secret() else text  # a password isn't kept: it is asked again
            return Aside((), asking_which(self.dialogue, found, instead))
        return self._changed(found[0], text) if found else None

    def _changed(self, place: Place, text: str | None, files: Sequence[Mapping[str, Any]] = ()) -> Meaning:
        fields = {field.name: field for field in self.answers.fields_of(place.step)}
        asked = fields.get(place.name)
        value: Value = None
        if asked is not None and files:
            if not type_of(asked).holds_files:
                return self.aside(NO_FILE)
            value = dict(files[0])
        elif asked is not None and text is not None:
            value = corrected_to(asked, text, self.language, self.view)
        gives = asked is not None and text is not None
        if place.step == self.view.step and asked is not None and self.view.status is RunStatus.WAITING:
            if gives and self.view.current.in_parts:
                return Answer(place.name, value)
            return self.aside(dialogue=self.dialogue.asks(place.name))
        if not self.view.may_be_answered(place.step) or not self.view.is_asked(place.step):
            return self.aside(sentence("This can’t be changed any more."))
        return Change(place.step, place.name, value, gives)

    def _remove(self, argument: str) -> Meaning | None:
        items = [item.remove for item in self.view.current.items if item.remove is not None]
        if not items:
            return self.aside(NO_LIST) if argument.rstrip(".").isdecimal() else None
        item = numbered(argument.rstrip("."), items)
        if item is None:
            remove = first_way("remove", self.language)
            return self.aside(sentence("Type the number of the line to remove, as in “{remove} 1”.", remove=remove))
        return Remove(item)

    # -- help --------------------------------------------------------------------------------------------

    def _help(self) -> Meaning:
        """The workflow that helps, where there is one and it can be returned from; else what can be said."""
        plain = plain_topic(self.view.workflow.help)
        if plain is not None and self._may_digress:
            return Digress(plain.workflow)
        return self.aside(wording.help_text(self.view, self.words, within=self.dialogue.within))

    def _helped(self, topic: Topic) -> Meaning:
        if not topic.workflow:
            return self.aside(topic.answer)
        return Digress(topic.workflow) if self._may_digress else self._help()

    @property
    def _may_digress(self) -> bool:
        return self.view.status not in ENDED and not self.dialogue.within
