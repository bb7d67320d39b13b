"""The chat as a page, and what its script asks of a site. What is said goes over the JSON interface.

`GET /c/{workflow}` talks through a workflow: a new run, or the one that this browser has begun. `GET /r/{id}/-/chat`
goes on with a run as a chat; a `POST` there with its token opens it as pages. Without scripts, the page leads to
the form.
"""

from __future__ import annotations

import json
from dataclasses import replace

from aiohttp import web

from wizard.channels.conversation.codes import ways_to_continue
from wizard.channels.http.bearer import bearer_of
from wizard.channels.http.cross_origin import CrossOrigin
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.languages import remember
from wizard.channels.web.chat_words import chat_commands, chat_words
from wizard.channels.web.pages import ChatPage
from wizard.channels.web.site import Site
from wizard.channels.web.starting import given_in, run_cookie
from wizard.errors import NotYours
from wizard.locale.formats import direction
from wizard.locale.words import words_in
from wizard.model import Workflow

LONGEST_LANGUAGE = 35  # characters of a language's tag


class Chatting:
    """The handlers."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._cross_origin = CrossOrigin(site.settings)

    async def show(self, request: web.Request) -> web.Response:
        """GET /c/{workflow}: what the address says of its input is what the run is handed."""
        workflow = self._workflow(request)
        given = given_in(workflow, request)
        more = {"input": json.dumps(given)} if given else {}
        return self._site.answer(self._page(workflow, self._site.start_address(workflow.id), **more))

    async def go_on(self, request: web.Request) -> web.Response:
        """GET /r/{id}/-/chat: for whoever has the run's token in their cookie. Others go on with its pages."""
        site = self._site
        guest = await site.visitors.guest_of(request)
        view = (await site.visitors.open_run(request, guest)).view
        if not guest.token:
            return site.redirect(site.run_address(view.id))
        await site.engine.check_token(view.id, guest.token)
        address = site.run_address(view.id)
        return site.answer(self._page(view.workflow, address, run=view.id, token=guest.token))

    async def open_pages(self, request: web.Request) -> web.Response:
        """POST /r/{id}/-/chat, with the run's token: this browser gets the cookie that opens the run's pages."""
        site = self._site
        guest = await site.visitors.guest_of(request)
        token = bearer_of(request)
        if token is None:
            raise NotYours
        await site.visitors.check_link(request, token)
        guest = replace(guest, token=token)
        view = (await site.visitors.open_run(request, guest)).view  # a person's run is theirs, whoever has its token
        response = web.Response(status=204, headers=site.headers)
        response.headers.add("Set-Cookie", run_cookie(site, guest, view, token))
        return response

    async def words(self, request: web.Request) -> web.Response:
        """GET /c/{workflow}/words: the chat's own words and bounds, for pages of this site and of those that the
        settings name."""
        workflow = self._workflow(request)
        settings = self._site.settings
        language = request.query.get("language", "")[:LONGEST_LANGUAGE] or workflow.language
        words = words_in(language)
        said = {
            "title": workflow.title or self._site.name(language),
            "language": words.language,
            "texts": workflow.language,
            "direction": direction(words.language),
            "largest": settings.body_limit - 2_000,  # of a file in base64, with what is around it
            "form": f"w/{workflow.id}",
            "words": chat_words(words),
            "commands": chat_commands(words),
            "codes": ways_to_continue((words.language, "en")),
        }
        return as_json(200, encode(said), {**self._cross_origin.headers(request)})

    def _workflow(self, request: web.Request) -> Workflow:
        """The one that the address names. Raises WorkflowNotFound."""
        workflow = self._site.engine.definitions.get(request.match_info["workflow"])
        remember(request, workflow.language)
        return workflow

    def _page(self, workflow: Workflow, form: str, **more: str) -> ChatPage:
        site = self._site
        return ChatPage(
            root=site.root,
            name=workflow.title or site.name(workflow.language),
            home=site.root,
            language=workflow.language,
            form=form,
            attributes={"src": site.root, "workflow": workflow.id, "autofocus": "", **more},
        )
