"""The first pages: which workflows there are, and a start page for each, whose form creates a run.

A start page asks for what the workflow is to be handed, as far as neither a default nor the address says it:
`/w/passport?country=CH` asks for no country.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from aiohttp import web

from wizard.channels.http.clients import client_of
from wizard.channels.http.languages import remember
from wizard.channels.http.rate_limit import Rate
from wizard.channels.web import refusals
from wizard.channels.web.csrf import START
from wizard.channels.web.kept_refusals import PURPOSE, KeptRefusal, PageKey
from wizard.channels.web.pages import ListPage, StartPage, WorkflowCard
from wizard.channels.web.posted import answers_of
from wizard.channels.web.run_pages import RunPages
from wizard.channels.web.site import Site
from wizard.channels.web.visitors import Guest
from wizard.definitions.listing import listed
from wizard.engine.inputs import input_prompt
from wizard.engine.view import RunView
from wizard.errors import RunNotFound
from wizard.forms.field_type import FieldType
from wizard.model import Prompt, PromptField, RunStatus, Workflow

MOST_PAIRS = 100  # of an address that are looked at
LONGEST_VALUE = 2_000
RUN_LASTS = timedelta(days=30)  # the cookie of a run that never expires, and of one that has expired


class Starting:
    """The handlers."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._rate = Rate(site.settings.start_rate)

    async def list(self, request: web.Request) -> web.Response:
        """GET /"""
        guest = await self._site.visitors.guest_of(request)
        site = self._site
        shown = listed(site.engine.definitions.all_workflows())
        cards = (WorkflowCard(workflow.id, workflow.title, workflow.text) for workflow in shown)
        language = site.language(request)
        page = ListPage(
            site.root,
            site.name(language),
            "",
            language,
            workflows=tuple(cards),
            own=guest.identity.profile_id is not None,
        )
        return site.respond(guest, page)

    async def show(self, request: web.Request) -> web.Response:
        """GET /w/{workflow}"""
        guest = await self._site.visitors.guest_of(request)
        workflow = self._workflow(request)
        given, now = given_in(workflow, request), self._site.engine.clock.wall()
        refusal = await self._site.kept_refusals.of(_page_of(request, guest, workflow))
        if refusal is None:
            begun = await self._begun(guest, workflow)
            return self._page(guest, workflow, _first_prompt(workflow, given, now), given, begun=begun)
        given |= {name: typed for name in given if isinstance(typed := refusal.values.get(name), str)}
        prompt = refusal.on(input_prompt(workflow, now, given, {**given, **refusal.values}))
        return self._page(guest, workflow, prompt, given, refusal.status)

    async def start(self, request: web.Request) -> web.Response:
        """POST /w/{workflow}"""
        site = self._site
        if wait := self._rate.wait(client_of(request, site.settings.proxies)):
            raise refusals.too_often(wait)
        guest = await site.visitors.guest_of(request)
        workflow = self._workflow(request)
        posted = await site.posted(request, guest)
        guest.check(posted, START, _subject(guest, workflow))
        fields = [
            PromptField(asked.name, asked.type, "", field_type=asked.field_type)
            for asked in workflow.input
            if asked.field_type.parser is not None
        ]
        posted.check_names(fields)
        given = {name: posted.text(name) or text for name, text in given_in(workflow, request).items()}
        defaults = {asked.name for asked in workflow.input if asked.default is not None}
        asked = (field for field in fields if posted.has(field) or field.name not in given | dict.fromkeys(defaults))
        answers = {**given, **answers_of(asked, posted)}
        prompt = input_prompt(workflow, site.engine.clock.wall(), given, answers)
        here = _page_of(request, guest, workflow)
        if prompt.has_errors:
            refusal = KeptRefusal.of(prompt, 422)
            if await site.kept_refusals.keep(here, replace(refusal, values={**given, **refusal.values})):
                return site.redirect(site.here(request))
            return self._page(guest, workflow, prompt, given, 422)
        identity = guest.identity
        view = await site.engine.start(
            workflow.id, answers, profile_id=identity.profile_id, session_id=identity.session_id
        )
        await site.kept_refusals.forget(here)
        response = site.redirect(RunPages(view, site.root, str).current)
        assert view.token is not None
        response.headers.add("Set-Cookie", run_cookie(site, guest, view, view.token))
        started = guest.cookies.started(view.id, site.start_address(workflow.id), _seconds_left(view))
        response.headers.add("Set-Cookie", started)
        return response

    def _workflow(self, request: web.Request) -> Workflow:
        """The one that the address names. Raises WorkflowNotFound."""
        workflow = self._site.engine.definitions.get(request.match_info["workflow"])
        remember(request, workflow.language)
        return workflow

    async def _begun(self, guest: Guest, workflow: Workflow) -> str:
        """Where the run is that was started here last, in this browser and by whoever is signed in now, as long as it
        can be gone on with; "" for nowhere."""
        if not guest.started:
            return ""
        try:
            view = await self._site.engine.load(guest.started)
        except RunNotFound:
            return ""
        over = view.status in (RunStatus.COMPLETED, RunStatus.CANCELLED, RunStatus.EXPIRED)
        theirs = view.run.workflow == workflow.id and view.run.profile_id == guest.identity.profile_id
        return self._site.run_address(view.id) if theirs and not over else ""

    def _page(
        self,
        guest: Guest,
        workflow: Workflow,
        prompt: Prompt,
        given: dict[str, str],
        status: int = 200,
        begun: str = "",
    ) -> web.Response:
        site = self._site
        shown = {field.name for field in (*prompt.fields, *prompt.possible)}
        page = StartPage(
            root=site.root,
            name=site.name(workflow.language),
            home=site.root,
            language=workflow.language,
            prompt=prompt,
            given={name: text for name, text in given.items() if name not in shown},
            key=guest.key(START, _subject(guest, workflow)),
            begun=begun,
        )
        return site.respond(guest, page, status)


def run_cookie(site: Site, guest: Guest, view: RunView, token: str) -> str:
    """The Set-Cookie header that opens the run to this browser, until the run expires and for a while longer: who comes
    too late is told so."""
    return guest.cookies.run(token, site.run_address(view.id), _seconds_left(view))


def _seconds_left(view: RunView) -> int:
    expires = view.run.expires_at
    left = RUN_LASTS if expires is None else expires - view.now + RUN_LASTS
    return int(left.total_seconds())


def _first_prompt(workflow: Workflow, given: Mapping[str, str], now: datetime) -> Prompt:
    """What is asked for beside what the address gives; what doesn't fit of that is shown, to be put right."""
    checked = input_prompt(workflow, now, given, given).fields
    wrong = {field.name: replace(field, error=None) for field in checked if field.error and field.name in given}
    prompt = input_prompt(workflow, now, {name: text for name, text in given.items() if name not in wrong})
    return replace(prompt, fields=tuple(wrong.get(field.name, field) for field in prompt.fields))


def _page_of(request: web.Request, guest: Guest, workflow: Workflow) -> PageKey:
    """The key under which a start page is kept where it is refused."""
    return PageKey("", guest.key(PURPOSE, f"{_subject(guest, workflow)}\0{request.rel_url.raw_path_qs}"))


def _subject(guest: Guest, workflow: Workflow) -> str:
    """What the key of a start page's form is bound to: what was typed by the one person isn't the next one's, who is
    signed in in the same browser."""
    profile = guest.identity.profile_id
    return workflow.id if profile is None else f"{workflow.id}\0{profile}"


def _fits_an_address(of: FieldType) -> bool:
    """Whether one text can say an answer."""
    return not (of.is_list or of.holds_files)


def given_in(workflow: Workflow, request: web.Request) -> dict[str, str]:
    """The inputs that the address names."""
    names = {field.name for field in workflow.input if _fits_an_address(field.field_type)}
    pairs = islice(request.query.items(), MOST_PAIRS)
    return {name: text for name, text in pairs if name in names and 0 < len(text) <= LONGEST_VALUE}
