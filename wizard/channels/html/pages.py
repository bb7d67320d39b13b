"""The web pages: what each shows, as frozen values, and how that becomes HTML.

The handlers (`wizard.channels.web`) decide what is shown and make a page; `Pages.html` renders it with
the template of the page's kind. Templates get the page as `page` and what is the same on every page as
`site`; they decide nothing.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from gettext import NullTranslations
from pathlib import Path
from typing import ClassVar

from jinja2 import Template
from markupsafe import Markup

from wizard.channels.html.assets import Assets
from wizard.channels.html.templating import compiled, environment_of
from wizard.errors import PageFailed
from wizard.forms.rendering import (
    KINDS,
    Heading,
    Widget,
    error_lines,
    error_of,
    fields_of,
    heading_of,
    typed_texts,
    widget,
    with_typed,
)
from wizard.forms.validation import encodable
from wizard.locale.catalogs import SOURCE, translations
from wizard.locale.words import Words, words_in
from wizard.model import Item, Prompt, PromptField
from wizard.prose import Prose

MAX_DRAWN = 4_000_000  # characters of fields' HTML that are kept

_NEVER_KEPT = frozenset(("file", "hidden"))
_MARK = f"wz{secrets.token_hex(16)}-"  # stands for a text in kept HTML; nobody can have typed it
_MARKS = re.compile(f"{_MARK}([0-9])")
_NOTHING_ASKED: Mapping[str, object] = {"heading": "", "heading_is": "", "errors": (), "fields": (), "multipart": False}


@dataclass(frozen=True, slots=True)
class Page:
    """What every page has. `root` is where the application is mounted, with its closing slash ("/",
    "/forms/"); `name` stands in the header and leads to `home` (an address, "" for no link).
    `person` is who is signed in, as far as the host says so."""

    template: ClassVar[str]

    root: str
    name: str = ""
    home: str = ""
    language: str = "en"
    person: str = ""


@dataclass(frozen=True, slots=True)
class WorkflowCard:
    """A line of the list: a workflow that can be started."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class ListPage(Page):
    """The workflows to choose from: GET /"""

    template: ClassVar[str] = "list.html"
    workflows: tuple[WorkflowCard, ...] = ()
    own: bool = False  # there is a list of the runs of whoever is signed in


@dataclass(frozen=True, slots=True)
class OwnRun:
    """A run that somebody has begun. How it `stands`, when it was `started` and last `moved` are texts."""

    address: str
    title: str
    stands: str
    started: str
    moved: str


@dataclass(frozen=True, slots=True)
class OwnRunsPage(Page):
    """The runs of whoever is signed in: GET /runs. `older` and `newest` are addresses of further pages, or ""."""

    template: ClassVar[str] = "own_runs.html"
    runs: tuple[OwnRun, ...] = ()
    older: str = ""
    newest: str = ""


@dataclass(frozen=True, slots=True)
class StartPage(Page):
    """A workflow's start page. `prompt` asks for the input that has no default; its title and text are
    the workflow's. `given` is input out of the address, carried in hidden inputs. `begun` is the address of a run
    that was started here before and isn't finished, or ""."""

    template: ClassVar[str] = "start.html"
    prompt: Prompt = field(default_factory=lambda: Prompt("", "start"))
    given: Mapping[str, str] = field(default_factory=dict)
    key: str = ""  # the hidden input wizard-key
    begun: str = ""


@dataclass(frozen=True, slots=True)
class StepPage(Page):
    """A foreground step, to be answered: the current one, an earlier one, or one opened to be changed.

    `run` is the run's address with its closing slash ("/r/ID/"). `progress` is text ("Step 3 of 5") or "".
    `back` says that there is a step to go back to (or, while `changing`, that Back returns to where the change was
    asked).
    `notice` tells what happened before this page, such as an answer in another tab. `lines` are what the
    person has to compare with: the answers that are there now, after a conflict; who keeps these goes to the address
    `keep`.
    """

    template: ClassVar[str] = "step.html"
    prompt: Prompt = field(default_factory=lambda: Prompt("", "form"))
    run: str = ""
    key: str = ""
    seen: str = ""
    progress: str = ""
    back: bool = False
    save: bool = True
    changing: bool = False
    notice: str = ""
    lines: tuple[Item, ...] = ()
    keep: str = ""


@dataclass(frozen=True, slots=True)
class AnsweredPage(Page):
    """A step that can't be answered any more (the run is completed, or it lies below a final step): its
    answers to read. `onward` is the address of the current step."""

    template: ClassVar[str] = "answered.html"
    title: str = ""
    lines: tuple[Item, ...] = ()
    onward: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class EndPage(Page):
    """The run is completed: an `end` node's title and text, or words of the page's own where a run ends
    without one. `back` says that the workflow may be re-entered (`reopen`). `copy` is the address where the answers are
    to be read and printed, or "" where there are none."""

    template: ClassVar[str] = "end.html"
    prompt: Prompt = field(default_factory=lambda: Prompt("", "end"))
    run: str = ""
    key: str = ""
    seen: str = ""
    back: bool = False
    lines: tuple[Item, ...] = ()
    copy: str = ""


@dataclass(frozen=True, slots=True)
class CopyPage(Page):
    """What somebody answered, to read, print and keep. `download` is the address of the same as a text file, `onward`
    that of the current step."""

    template: ClassVar[str] = "copy.html"
    lines: tuple[Item, ...] = ()
    download: str = ""
    onward: str = ""


@dataclass(frozen=True, slots=True)
class FailedPage(Page):
    """A background step failed: what happened, a button that tries again (`action=next`), a way back."""

    template: ClassVar[str] = "failed.html"
    title: str = ""
    message: str = ""
    key: str = ""
    back: bool = False
    save: bool = True


@dataclass(frozen=True, slots=True)
class WaitingPage(Page):
    """Background work is under way: `text` and `percent` (None: not known) say how far it is. Without scripts the page
    opens the address `following` after so many `seconds`; with them it listens at `events`. `stuck` says that
    it may have been cut off, and offers to try again. `saved` is where the link is to come back."""

    template: ClassVar[str] = "waiting.html"
    title: str = ""
    text: str = ""
    percent: int | None = None
    key: str = ""
    back: bool = False
    stuck: bool = False
    seconds: int = 2
    following: str = ""
    events: str = ""
    saved: str = ""


@dataclass(frozen=True, slots=True)
class PausePage(Page):
    """The run waits for a time or an event, and somebody may come back for it: `title` and `text` are the author's.
    Without scripts the page opens itself anew every `seconds`; with them it listens at `events`."""

    template: ClassVar[str] = "pause.html"
    title: str = ""
    text: str = ""
    error: str = ""
    key: str = ""
    back: bool = False
    seconds: int = 60
    events: str = ""
    saved: str = ""


@dataclass(frozen=True, slots=True)
class RemovePage(Page):
    """Whether an item of a repeat is really to be removed: buttons `action=remove`, and a link back."""

    template: ClassVar[str] = "remove.html"
    title: str = ""
    item: str = ""  # what the item is called
    lines: tuple[Item, ...] = ()
    key: str = ""
    cancel: str = ""  # an address


@dataclass(frozen=True, slots=True)
class SavedPage(Page):
    """What was typed is saved; `link` opens the run again, on any device. `until` is text or ""."""

    template: ClassVar[str] = "saved.html"
    link: str = ""
    until: str = ""
    onward: str = ""  # the address of the current step
    signed_in: bool = False  # the link opens for the person who is signed in now, and for nobody else


@dataclass(frozen=True, slots=True)
class RefusalPage(Page):
    """What was asked for can't be shown or done: what happened, and the ways on, as (address, text)."""

    template: ClassVar[str] = "refusal.html"
    title: str = ""
    paragraphs: tuple[str, ...] = ()
    ways: tuple[tuple[str, str], ...] = ()
    reference: str = ""


class Pages:
    """Renders pages. `templates` is a folder whose files stand in for the built-in ones of the same name,
    one by one; a built-in one is also there as `wizard/NAME`, to extend. `framed` leaves out what a
    page inside another page doesn't need (header, footer).

    Raises SettingsError where a template of that folder can't be used, naming file and line.
    """

    def __init__(self, assets: Assets, *, templates: Path | None = None, framed: bool = False) -> None:
        self._site = Site(assets.css, assets.js, assets.icon, framed)
        self._folder = templates
        self._renderers: dict[NullTranslations, _Renderer] = {}
        self._in(SOURCE)  # what is wrong with a template comes out at the start

    def html(self, page: Page) -> str:
        """The page as a whole document, which can always be encoded, with its own words in the page's language. Raises
        PageFailed where its template fails."""
        return self._in(page.language).html(page, words_in(page.language))

    def _in(self, language: str) -> _Renderer:
        words = translations(language)
        if words not in self._renderers:
            self._renderers[words] = _Renderer(self._site, self._folder, words)
        return self._renderers[words]


class _Renderer:
    """Renders pages with the words of one catalogue."""

    def __init__(self, site: Site, folder: Path | None, words: NullTranslations) -> None:
        environment = environment_of(folder, words)
        environment.globals["site"] = site
        self._templates = compiled(environment, folder)
        self._fields = {kind: self._templates[f"fields/{kind}.html"] for kind in (*KINDS, "conditional")}
        self._own_fields = folder is None or not (folder / "fields").exists()
        self._drawn = _Drawn()

    def html(self, page: Page, words: Words) -> str:
        try:
            return encodable(self._templates[page.template].render(self._values(page, words)))
        except Exception as error:  # a host's template can fail in any way
            # What the error says may quote an answer, and this is logged.
            message = f"The template {page.template} failed with {type(error).__name__}."
            raise PageFailed(message) from error

    def _values(self, page: Page, words: Words) -> dict[str, object]:
        values: dict[str, object] = {"page": page, **_NOTHING_ASKED}
        match page:
            case StepPage():
                values |= self._asked(page.prompt, heading_of(page.prompt, words), f"{page.run}-/files/", words)
            case StartPage():
                values |= self._asked(page.prompt, (page.prompt.title, ""), "", words)
        return values

    def _asked(self, prompt: Prompt, headed: tuple[str, Heading], files: str, words: Words) -> dict[str, object]:
        heading, heading_is = headed
        shown = fields_of(prompt)
        return {
            "heading": heading,
            "heading_is": heading_is,
            "errors": error_lines(prompt, words),
            "fields": [self._field(field, heading_is, files, words) for field in shown],
            "multipart": any(field.type == "file" for field in shown),
        }

    def _field(self, field: PromptField, heading: Heading, files: str, words: Words) -> Markup:
        """A field's HTML. Most of it is the same for everybody who is asked the same, and is kept: without an answer,
        with one that was picked, or with marks where the text goes that was typed, and the error."""
        typed = None if field.type in _NEVER_KEPT else typed_texts(field, words)
        error = error_of(field, words)
        personal = typed or error
        if typed is None or (personal and not self._own_fields) or (error and field.type == "date"):
            return self._draw(widget(field, heading=heading, files=files, words=words))
        key = (words.language, _key(field, heading, typed))
        drawn = self._drawn.get(key)
        if drawn is None:
            drawn = self._drawn.put(key, self._draw(widget(_marked(field, typed), heading=heading, words=words)), field)
        if not personal:
            return drawn[0]
        texts = (*typed, error)
        return Markup().join(texts[int(part)] if at % 2 else part for at, part in enumerate(drawn))

    def _draw(self, shown: Widget) -> Markup:
        html = _render(self._fields[shown.kind], {"w": shown})
        return _render(self._fields["conditional"], {"w": shown, "inner": html}) if shown.shown_by else html


@dataclass(frozen=True, slots=True)
class Site:
    """What is the same on every page: the public names of its files, and whether it stands in a frame."""

    css: str
    js: str
    icon: str
    framed: bool


class _Drawn:
    """The HTML of fields by all that it is made of, in pieces: markup, and between it the numbers of the texts that are
    put in. Too much of it, and it is begun anew."""

    def __init__(self) -> None:
        self._found: dict[Hashable, tuple[tuple[Markup, ...], PromptField]] = {}
        self._size = 0

    def get(self, key: Hashable) -> tuple[Markup, ...] | None:
        found = self._found.get(key)
        return None if found is None else found[0]

    def put(self, key: Hashable, html: Markup, field: PromptField) -> tuple[Markup, ...]:
        """Keeps `field` as well: the key holds the identity of its choices."""
        if self._size + len(html) > MAX_DRAWN:
            self._found.clear()
            self._size = 0
        pieces = tuple(map(Markup, _MARKS.split(html)))
        self._found[key] = (pieces, field)
        self._size += len(html)
        return pieces


def _key(field: PromptField, heading: Heading, typed: tuple[str, ...]) -> Hashable:
    """All that a field's HTML is made of, but for the texts that are put in. Long lists of choices are told apart by
    identity: to hash them takes longer."""
    choices: object = tuple(field.choices) if len(field.choices) < 10 else id(field.choices)
    texts = (field.hint, *(text for choice in field.choices[:9] for text in (choice.label, choice.hint)))
    return (
        *[(text.skeleton, text.values) for text in texts if isinstance(text, Prose)],  # equal words can look different
        *(field.name, field.type, field.label, field.hint, field.required, choices, repr(field.options), field.when),
        *(heading, field.error is None, *map(bool, typed)),
        "" if typed else repr(field.value),
    )


def _marked(field: PromptField, typed: tuple[str, ...]) -> PromptField:
    """The field with marks for what was typed, in its order, and for its error after that."""
    if typed:
        field = with_typed(field, tuple(f"{_MARK}{at}" if text else "" for at, text in enumerate(typed)))
    return field if field.error is None else replace(field, error=f"{_MARK}{len(typed)}")


def _render(template: Template, values: dict[str, object]) -> Markup:
    """As Template.render, without what only a whole page needs."""
    return Markup("".join(template.root_render_func(template.new_context(values))))  # noqa: S704 - escaped by the template
