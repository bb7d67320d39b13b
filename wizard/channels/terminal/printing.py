"""What the terminal channel prints: pages, questions, lists, errors. Everything passes `clean` here, so
that nothing in a definition or an answer can command the terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wizard.channels.conversation.questions import (
    COMMANDS,
    HELP,
    LISTED,
    choice_lines,
    clean,
    grouped,
    heading,
    is_own_name,
    item_lines,
    notes,
    place_of,
    shown,
)
from wizard.channels.terminal.console import Console, Style, paragraphs
from wizard.engine.view import RunView
from wizard.engine.work import Work
from wizard.forms.fields import type_of
from wizard.locale.sentences import Sentence, sentence
from wizard.locale.words import Words
from wizard.model import Item, Prompt, PromptField, Topic, Workflow

# What a last page says of itself that isn't good news.
KINDS = {"information": sentence("For your information"), "refusal": sentence("This can’t continue")}


class Paper:
    """Writes on a console, in the words of one language. `numbered` are the steps that the numbers of the last
    list stand for, None where the page that is shown has none."""

    def __init__(self, console: Console, words: Words) -> None:
        self._console = console
        self._words = words
        self.numbered: list[str] | None = None
        self._covered = ""  # the title that was printed last, of the workflow

    def cover(self, workflow: Workflow, *, kept: bool = True) -> None:
        """What a conversation begins with; `kept` says whether answers outlive it."""
        self._write(workflow.title, Style.STRONG)
        self._covered = workflow.title
        self._text(workflow.text)
        if kept:
            self.note(sentence(":help shows what else can be typed; :quit leaves, and your answers are kept"))
        else:
            self.note(sentence(":help shows what else can be typed; :quit leaves, and nothing is kept"))

    def page(self, view: RunView, prompt: Prompt) -> None:
        """A page's heading, text and list, and what is wrong with it as a whole."""
        self.numbered = None
        self._console.write()
        covered, self._covered = self._covered, ""
        if prompt.title and (prompt.fields or not is_own_name(prompt.title, prompt.step)):
            if not (prompt.fields and prompt.title == covered):  # else it stands above
                self._write(prompt.title, Style.TITLE)
        elif prompt.type == "review" and prompt.items:
            self._write(self._words.say(sentence("Check your answers")), Style.TITLE)
        if (kind := KINDS.get(prompt.kind)) is not None:
            self.note(kind)
        if not prompt.ends and (place := place_of(view.progress, self._words)):
            self.note(place)
        if prompt.again:
            self.note(prompt.again)
        self._text(prompt.text)
        if any(item.remove for item in prompt.items):
            self._list(prompt.items)
        else:
            self.answers(view, prompt.items)
        if prompt.error is not None:
            self.wrong(prompt.error)

    def _list(self, items: Sequence[Item]) -> None:
        for number, item in enumerate(items, start=1):
            self._write(f"  {number}  {item.label}: {item.value}".rstrip(": "))
        self.numbered = [item.step or "" for item in items]
        self.note(sentence(":change N opens one again, :remove N removes it"))

    def answers(self, view: RunView, items: Iterable[Item], *, in_full: bool = True) -> None:
        """The pages that the answers are from, with numbers; `in_full` with the answers."""
        pages = grouped(items, view)
        for number, page in enumerate(pages, start=1):
            self._write(f"{number}  {page.title}", Style.STRONG)
            if in_full:
                self._lines(item_lines(page.items))
        if pages:
            self.numbered = [page.step for page in pages]
            self.note(sentence(":change N opens page N again"))

    def question(self, asked: PromptField, typed: Sequence[str], error: str | None) -> None:
        """A question with what helps to answer it; `typed` are the lines of a text that isn't finished."""
        self._console.write()
        self._write(heading(asked, self._words), Style.STRONG)
        for note in notes(asked, self._words):
            self._clean_text(note, Style.FAINT)
        if 0 < len(asked.choices) <= LISTED:
            self._lines(choice_lines(asked))
        if type_of(asked).has_lines:
            kept = asked.value.split("\n") if isinstance(asked.value, str) and asked.value else []
            self._lines(f"| {line}" for line in typed or kept)
            if kept and not typed:
                self.note(sentence("Enter keeps this text"))
        if error is not None:
            self.wrong(error)

    def choices(self, asked: PromptField) -> None:
        self._lines(choice_lines(asked))

    def text(self, text: str) -> None:
        """A text on its own, with a line before it."""
        self._console.write()
        self._text(text)

    def help(self, topics: Sequence[Topic] = ()) -> None:
        """What can be typed, and what can be asked beside the questions."""
        say = self._words.say
        lines = [(f":{say(COMMANDS[name])}", say(text)) for name, text in HELP.items()]
        width = max(9, *(len(name) for name, _ in lines))
        self._lines(f"  {name:<{width}} {text}" for name, text in lines)
        enter = sentence("Enter accepts the answer in [brackets], or skips an optional question.")
        self._lines(
            f"  {say(words)}" for words in (enter, sentence("Type ::text for a text that begins with a colon."))
        )
        if topics:
            self._write(say(sentence("You can also ask:")))
            self._lines(f"  {topic.asked[0]}" for topic in topics)

    def done(self, workflow: Workflow) -> None:
        self._console.write()
        self._write(self._words.say(sentence("Done: {title}.", title=workflow.title)), Style.FINE)

    def work(self, work: Work) -> None:
        """How far the work is that the run stands at."""
        percent = "" if work.percent is None else f" ({int(work.percent)} %)"
        text = work.text or self._words.say(sentence("Working on it"))
        self.note(f"{text}{percent} …")

    def note(self, text: Sentence | str) -> None:
        """Small print."""
        self._write(self._said(text), Style.FAINT)

    def wrong(self, text: Sentence | str) -> None:
        """What is wrong, and what to do."""
        for number, line in enumerate(paragraphs(clean(self._said(text)), self._console.width - 2)):
            self._write(f"  {line}" if number else f"! {line}", Style.WRONG)

    def _said(self, text: Sentence | str) -> str:
        return text if isinstance(text, str) else self._words.say(text)

    def _text(self, text: str, style: Style = Style.PLAIN) -> None:
        if text:
            self._clean_text(shown(text), style)

    def _clean_text(self, text: str, style: Style = Style.PLAIN) -> None:
        for line in paragraphs(text.strip("\n"), self._console.width):
            self._console.write(line, style)

    def _lines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._write(line)

    def _write(self, line: str, style: Style = Style.PLAIN) -> None:
        self._console.write(clean(line).replace("\n", " "), style)
