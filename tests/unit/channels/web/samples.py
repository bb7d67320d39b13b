"""Pages of every kind, full and bare, and fields of every type, for the tests of pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from markupsafe import Markup

from tests.unit.channels.web.markup import Document, checked
from wizard.channels.web.assets import Assets
from wizard.channels.web.markdown_html import html_of
from wizard.channels.web.pages import (
    AnsweredPage,
    ChatPage,
    CodePage,
    CopyPage,
    EndPage,
    FailedPage,
    ListPage,
    NodeTypeCard,
    NodeTypePage,
    NodeTypesPage,
    OwnRun,
    OwnRunsPage,
    Page,
    Pages,
    PausePage,
    RefusalPage,
    RemovePage,
    SavedPage,
    StartPage,
    StepPage,
    WaitingPage,
    WorkflowCard,
)
from wizard.forms.fields import FIELD_TYPES
from wizard.model import Choice, Item, Prompt, PromptField

ASSETS = Assets("wizard-1.css", "wizard-2.js", "chat-4.js", "icon-3.svg", {})
PAGES = Pages(ASSETS)

COLOURS = tuple(Choice(f"c{at}", f"Colour {at}", "A hint" if at == 1 else "") for at in range(3))
MANY = tuple(Choice(f"m{at}", f"One of many {at}") for at in range(300))
FILE = {"id": "f/1", "name": "me.png", "type": "image/png", "size": 123_456}
LINES = (
    Item("Full name", "Ada", "applicant", "About you"),
    Item("Reason", "One\nTwo", "why"),
    Item("Email", "", "a/b~2"),
)


def field(kind: str, **more: Any) -> PromptField:
    choices = {"choice": COLOURS, "choices": COLOURS, "country": MANY}.get(kind, ())
    return replace(PromptField(f"{kind}_", kind, f"The {kind}", "How to write it", choices=choices), **more)


EVERY = tuple(field(kind) for kind in FIELD_TYPES if kind != "computed")
FORM = Prompt("s", "form", "About you", "A text.\nOf two lines.\n\n- one\n- two", EVERY)


def step(*asked: PromptField, **more: Any) -> StepPage:
    prompt = replace(Prompt("s", "form", "About you", fields=asked), **more)
    return StepPage(root="/forms/", name="Service", home="/forms/", prompt=prompt, run="/forms/r/1/", key="k", seen="m")


STEP = replace(step(), prompt=FORM, progress="Step 1 of 2", back=True)
SAMPLES: dict[str, Page] = {
    "list": ListPage("/", "All", workflows=(WorkflowCard("a", "Apply", "A text"), WorkflowCard("b", "Order", ""))),
    "empty list": ListPage("/"),
    "list of somebody": ListPage("/", "All", person="Ann", workflows=(WorkflowCard("a", "Apply", ""),), own=True),
    "own runs": OwnRunsPage(
        "/forms/",
        "All",
        runs=(
            OwnRun("/forms/r/1", "Apply", "Not finished yet", "2 March 2026, 10:00", "3 March 2026, 09:30"),
            OwnRun("/forms/r/2", "Apply", "Complete", "1 March 2026, 10:00", "1 March 2026, 10:05"),
        ),
        older="/forms/runs?before=2",
        newest="/forms/runs",
    ),
    "no own runs": OwnRunsPage("/"),
    "node types": NodeTypesPage(
        "/",
        "All",
        words="service",
        groups=(("Out", (NodeTypeCard("http", "Call a service", Markup("Calls a service.")),)),),
    ),
    "no node types": NodeTypesPage("/", words="nothing"),
    "node type": NodeTypePage(
        "/", "All", title="Call a service", body=html_of("Text\n\n## Keys\n\n|a|b|\n|-|-|\n|1|2|")
    ),
    "bare node type": NodeTypePage("/", title="T"),
    "start": StartPage("/", "S", prompt=Prompt("", "start", "S", "Text", EVERY), given={"x": "1"}, key="k"),
    "bare start": StartPage("/", key="k"),
    "code": CodePage("/", "S", prompt=Prompt("", "start", "Continue with a code", fields=(field("text"),)), key="k"),
    "bare code": CodePage("/", key="k"),
    "saved with a code": SavedPage("/", "S", link="/r/1?token=t", key="k", code="7KQX-2MPA", minutes=10),
    "form": STEP,
    "errors": replace(
        STEP,
        prompt=replace(
            FORM, error="First.\nSecond.", fields=tuple(replace(each, error="Wrong", value="x") for each in EVERY)
        ),
    ),
    "bare step": StepPage("/", key="k", seen="m"),
    "review": replace(STEP, prompt=Prompt("c", "review", "", fields=(field("boolean"),), items=LINES)),
    "repeat": replace(
        STEP,
        prompt=Prompt(
            "h/after-1", "workflow", "You have added 1", items=(Item("1", "Ada", "h/1/n", remove="h/1"), Item("2", ""))
        ),
    ),
    "message": replace(STEP, prompt=Prompt("m", "message", "Hello", "Text")),
    "conflict": replace(STEP, notice="Answered elsewhere.\n\nCompare.", lines=LINES),
    "notice": replace(STEP, notice="Saved."),
    "answered": AnsweredPage("/", title="T", lines=LINES, onward="/r/1/", why="It is sent."),
    "bare answered": AnsweredPage("/"),
    "end": EndPage("/", prompt=Prompt("e", "end", "Done", "Thank you."), lines=LINES, key="k", seen="m", back=True),
    "bare end": EndPage("/"),
    "end with news": EndPage(
        "/", prompt=Prompt("e", "end", "You wait", ends=True, kind="information"), copy="/r/1/-/answers"
    ),
    "end with a refusal": EndPage("/", prompt=Prompt("e", "end", "You can't apply", ends=True, kind="refusal")),
    "copy": CopyPage("/", lines=LINES, download="/r/1/-/answers.txt", onward="/r/1/e"),
    "bare copy": CopyPage("/"),
    "failed": FailedPage("/", title="T", message="No answer.", key="k", back=True),
    "bare failed": FailedPage("/", key="k", save=False),
    "waiting": WaitingPage(
        "/",
        title="T",
        text="Reading",
        percent=40,
        key="k",
        back=True,
        seconds=3,
        following="/r/1/x?wait=2",
        events="/r/1/-/progress?step=x",
        saved="/r/1/-/saved",
    ),
    "stuck": WaitingPage("/", key="k", back=True, stuck=True),
    "pause": PausePage(
        "/", title="T", text="Until Friday.", error="Not yet.", key="k", back=True, saved="/r/1/-/saved"
    ),
    "bare pause": PausePage("/"),
    "bare waiting": WaitingPage("/"),
    "remove": RemovePage("/", title="Remove Ada?", item="Ada", lines=LINES, key="k", cancel="/r/1/x"),
    "bare remove": RemovePage("/", key="k"),
    "chat": ChatPage(
        "/", "Service", "/", form="/w/a", attributes={"src": "/", "workflow": "a", "input": '{"a": "<b>"}'}
    ),
    "saved": SavedPage("/", link="http://h/r/1?token=t", until="1 May", onward="/r/1/"),
    "saved without a link": SavedPage("/", until="1 May"),
    "bare saved": SavedPage("/"),
    "refusal": RefusalPage(
        "/", title="T", paragraphs=("One\ntwo", "Three"), ways=(("/", "Home"), ("/r", "Run")), reference="X"
    ),
    "one way": RefusalPage("/", title="T", ways=(("/", "Home"),)),
    "bare refusal": RefusalPage("/"),
}


def read(page: Page) -> Document:
    return checked(PAGES.html(page))
