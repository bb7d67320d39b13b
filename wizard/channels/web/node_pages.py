"""The pages of node types: `/docs/nodes` lists them, `/docs/nodes/{type}` explains one.

They are there where the admin interface is. Whoever can open the site may read them, without a key: a browser sends
none, and they say only what the installed packages say of themselves, and nothing of any workflow, setting or run. They
are in English, as all that authors read.
"""

from __future__ import annotations

import asyncio

from aiohttp import web
from markupsafe import Markup

from wizard.actions.action import Action
from wizard.actions.catalogue import MAX_WORDS, Catalogue, by_group
from wizard.actions.documentation import documentation
from wizard.channels.http.bodies import go_on
from wizard.channels.web.markdown_html import html_of, html_of_line
from wizard.channels.web.pages import NodeTypeCard, NodeTypePage, NodeTypesPage
from wizard.channels.web.refusals import NOT_FOUND, Refusal
from wizard.channels.web.site import Site
from wizard.forms.form import default_label
from wizard.locale.sentences import sentence
from wizard.model.recent import Recent

LANGUAGE = "en"
MOST_REMEMBERED = 200  # pages


def add_node_pages(app: web.Application, site: Site, catalogue: Catalogue) -> None:
    """Adds the pages to an application."""

    bodies: Recent[Action, Markup] = Recent(MOST_REMEMBERED)  # anybody may ask for them, as often as they like

    async def show_list(request: web.Request) -> web.Response:
        words = request.query.get("q", "")[:MAX_WORDS]
        groups = by_group(await asyncio.to_thread(catalogue.actions, words))  # which imports them all
        page = NodeTypesPage(
            **_frame(site),
            words=words,
            groups=tuple(
                (default_label(group), tuple(_card(each) for each in actions)) for group, actions in groups.items()
            ),
        )
        return site.answer(page)

    async def show_one(request: web.Request) -> web.Response:
        action = await asyncio.to_thread(catalogue.get, request.match_info["type"])
        if action is None:
            ways = ((f"{site.root}docs/nodes", sentence("See all node types")),)
            raise Refusal(NOT_FOUND, ways=ways)
        body = bodies.get(action)
        if body is None:
            body = await asyncio.to_thread(_body, action)
            bodies.put(action, body)
        return site.answer(NodeTypePage(**_frame(site), title=action.title, body=body))

    app.router.add_get("/docs/nodes", show_list, expect_handler=go_on)
    app.router.add_get("/docs/nodes/{type}", show_one, expect_handler=go_on)


def _card(action: Action) -> NodeTypeCard:
    return NodeTypeCard(action.type, action.title, html_of_line(action.summary))


def _body(action: Action) -> Markup:
    """The page of an action, without its first line: the page's own heading says that."""
    return html_of(documentation(action).partition("\n")[2])


def _frame(site: Site) -> dict[str, str]:
    return {"root": site.root, "name": site.name(LANGUAGE), "home": site.root, "language": LANGUAGE}
