"""The pages of node types: `/docs/nodes` lists them, `/docs/nodes/{type}` explains one.

They are there where the admin interface is. Whoever can open the site may read them, without a key: a browser sends
none, and they say only what the installed packages say of themselves, and nothing of any workflow, setting or run. They
are in English, as all that authors read.
"""

from __future__ import annotations

import asyncio

from aiohttp import web

from wizard.actions.catalogue import MAX_WORDS, Catalogue, by_group
from wizard.actions.documentation import documentation
from wizard.channels.http.bodies import go_on
from wizard.channels.web.markdown_html import html_of
from wizard.channels.web.pages import NodeTypeCard, NodeTypePage, NodeTypesPage
from wizard.channels.web.refusals import NOT_FOUND, Refusal
from wizard.channels.web.site import Site
from wizard.forms.form import default_label
from wizard.locale.sentences import sentence

LANGUAGE = "en"


def add_node_pages(app: web.Application, site: Site, catalogue: Catalogue) -> None:
    """Adds the pages to an application."""

    async def show_list(request: web.Request) -> web.Response:
        words = request.query.get("q", "")[:MAX_WORDS]
        groups = by_group(catalogue.actions(words))
        page = NodeTypesPage(
            **_frame(site),
            words=words,
            groups=tuple(
                (default_label(group), tuple(NodeTypeCard(each.type, each.title, each.summary) for each in actions))
                for group, actions in groups.items()
            ),
        )
        return site.answer(page)

    async def show_one(request: web.Request) -> web.Response:
        action = catalogue.get(request.match_info["type"])
        if action is None:
            ways = ((f"{site.root}docs/nodes", sentence("See all node types")),)
            raise Refusal(NOT_FOUND, ways=ways)
        text = await asyncio.to_thread(documentation, action)
        body = text.partition("\n")[2]  # the page's own heading is its title
        return site.answer(NodeTypePage(**_frame(site), title=action.title, body=html_of(body)))

    app.router.add_get("/docs/nodes", show_list, expect_handler=go_on)
    app.router.add_get("/docs/nodes/{type}", show_one, expect_handler=go_on)


def _frame(site: Site) -> dict[str, str]:
    return {"root": site.root, "name": site.name(LANGUAGE), "home": site.root, "language": LANGUAGE}
