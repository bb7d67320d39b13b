"""The web pages: what each shows, as frozen values, and how that becomes HTML.

The handlers (`wizard.channels.web.routes`) decide what is shown and make a page; `Pages.html` renders it with
the template of the page's kind. Templates get the page as `page` and what is the same on every page as
`site`; they decide nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from typing import ClassVar

from jinja2 import Template
from markupsafe import Markup

from wizard.channels.web.assets import Assets
from wizard.channels.web.field_html import FieldHtml
from wizard.channels.web.templating import compiled, environment_of, misspelt
from wizard.errors import PageFailed
from wizard.forms.characters import encodable
from wizard.forms.fields import type_of
from wizard.forms.rendering import Heading, error_lines, fields_of, heading_of
from wizard.locale.catalogs import SOURCE, translations
from wizard.locale.words import Words, words_in
from wizard.model import Item, Prompt

log = logging.getLogger("wizard.server")

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
class CodePage(Page):
    """Where the code is typed that takes a run here: GET /code. `prompt` asks for it."""

    template: ClassVar[str] = "code.html"
    prompt: Prompt = field(default_factory=lambda: Prompt("", "start"))
    key: str = ""


@dataclass(frozen=True, slots=True)
class ChatPage(Page):
    """A run as a chat. `attributes` are those of the element; `form` is the address of the form that it stands for."""

    template: ClassVar[str] = "chat.html"
    form: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StepPage(Page):
    """A foreground step, to be answered: the current one, an earlier one, or one opened to be changed.

    `run` is the run's address with its closing slash ("/r/ID/"). `progress` is text ("Step 3 of 5") or "".
    `back` says that there is a step to go back to (or, while `changing`, that Back returns to where the change was
    asked).
    `chat` is the address where the run goes on as a chat, "" where it has never been one.
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
    chat: str = ""


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
    """What was typed is saved; `link` opens the run again, on any device. `until` is text or "". `code` opens it for so
    many `minutes` where a link can't be brought to; "" where none was asked for."""

    template: ClassVar[str] = "saved.html"
    link: str = ""
    until: str = ""
    onward: str = ""  # the address of the current step
    signed_in: bool = False  # the link opens for the person who is signed in now, and for nobody else
    key: str = ""
    code: str = ""
    minutes: int = 0


@dataclass(frozen=True, slots=True)
class RefusalPage(Page):
    """What was asked for can't be shown or done: what happened, and the ways on, as (address, text)."""

    template: ClassVar[str] = "refusal.html"
    title: str = ""
    paragraphs: tuple[str, ...] = ()
    ways: tuple[tuple[str, str], ...] = ()
    reference: str = ""


@dataclass(frozen=True, slots=True)
class NodeTypeCard:
    """A line of the list of node types. `summary` is safe HTML."""

    type: str
    title: str
    summary: Markup


@dataclass(frozen=True, slots=True)
class NodeTypesPage(Page):
    """The node types by group: GET /docs/nodes. `words` are what was looked for."""

    template: ClassVar[str] = "node_types.html"
    words: str = ""
    groups: tuple[tuple[str, tuple[NodeTypeCard, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class NodeTypePage(Page):
    """What explains a node type: GET /docs/nodes/TYPE. `body` is safe HTML."""

    template: ClassVar[str] = "node_type.html"
    title: str = ""
    body: Markup = field(default_factory=Markup)


class Pages:
    """Renders pages. `templates` is a folder whose files stand in for the built-in ones of the same name,
    one by one; a built-in one is also there as `wizard/NAME`, to extend. `framed` leaves out what a
    page inside another page doesn't need (header, footer).

    Raises SettingsError where a template of that folder can't be used, naming file and line. A file that looks like a
    misspelt one is a warning in the log.
    """

    def __init__(self, assets: Assets, *, templates: Path | None = None, framed: bool = False) -> None:
        self._site = Site(assets.css, assets.js, assets.chat, assets.icon, framed)
        self._folder = templates
        self._renderers: dict[NullTranslations, _Renderer] = {}
        self._in(SOURCE)  # what is wrong with a template comes out at the start
        if templates is not None:
            for name, meant in misspelt(environment_of(templates, translations(SOURCE)), templates):
                log.warning("no page has a template %s, so it isn't used; did you mean %s?", templates / name, meant)

    def html(self, page: Page) -> str:
        """The page as a whole document, which can always be encoded, with its own words in the page's language. Raises
        PageFailed where its template fails."""
        return self._in(page.language).html(page, words_in(page.language))

    def _in(self, language: str) -> _Renderer:
        words = translations(language)
        if words not in self._renderers:
            self._renderers[words] = _Renderer(self._site, self._folder, words)
        return self._renderers[words]


def _templates(site: Site, words: NullTranslations, folder: Path | None = None) -> Mapping[str, Template]:
    environment = environment_of(folder, words)
    environment.globals["site"] = site
    return compiled(environment, folder)


@lru_cache(maxsize=16)
def _built_in(site: Site, words: NullTranslations) -> Mapping[str, Template]:
    """The same for all applications of the process that show the same files: no host changes them."""
    return _templates(site, words)


class _Renderer:
    """Renders pages with the words of one catalogue."""

    def __init__(self, site: Site, folder: Path | None, words: NullTranslations) -> None:
        self._templates = _built_in(site, words) if folder is None else _templates(site, words, folder)
        self._fields = FieldHtml(self._templates, own=folder is not None and (folder / "fields").exists())

    def html(self, page: Page, words: Words) -> str:
        try:
            return self._html(page, words)
        except Exception as error:  # a host's template can fail in any way
            if (drawable := self._drawable(page, words)) is not page:
                return self.html(drawable, words)
            # What the error says may quote an answer, and this is logged.
            where = "".join(f", {note}" for note in getattr(error, "__notes__", ()))
            raise PageFailed(f"The template {page.template} failed with {type(error).__name__}{where}.") from error

    def _html(self, page: Page, words: Words) -> str:
        return encodable(self._templates[page.template].render(self._values(page, words)))

    def _drawable(self, page: Page, words: Words) -> Page:
        """The page without the field types that can't draw their fields; the page itself where none of them fails."""
        if not isinstance(page, StepPage | StartPage):
            return page
        prompt = page.prompt
        fields = tuple(self._fields.drawable(field, words) for field in prompt.fields)
        possible = tuple(self._fields.drawable(field, words) for field in prompt.possible)
        if (fields, possible) == (prompt.fields, prompt.possible):
            return page
        return replace(page, prompt=replace(prompt, fields=fields, possible=possible))

    def _values(self, page: Page, words: Words) -> dict[str, object]:
        values: dict[str, object] = {"page": page, **_NOTHING_ASKED}
        match page:
            case StepPage():
                values |= self._asked(page.prompt, heading_of(page.prompt, words), f"{page.run}-/files/", words)
            case StartPage() | CodePage():
                values |= self._asked(page.prompt, (page.prompt.title, ""), "", words)
        return values

    def _asked(self, prompt: Prompt, headed: tuple[str, Heading], files: str, words: Words) -> dict[str, object]:
        heading, heading_is = headed
        shown = fields_of(prompt)
        return {
            "heading": heading,
            "heading_is": heading_is,
            "errors": error_lines(prompt, words),
            "fields": [self._fields.of(field, heading_is, files, words) for field in shown],
            "multipart": any(type_of(field).holds_files for field in shown),
        }


@dataclass(frozen=True, slots=True)
class Site:
    """What is the same on every page: the public names of its files, and whether it stands in a frame."""

    css: str
    js: str
    chat: str
    icon: str
    framed: bool
