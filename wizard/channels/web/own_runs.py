"""The page on which somebody who is signed in finds what they have begun."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from wizard.channels.web import refusals
from wizard.channels.web.pages import OwnRun, OwnRunsPage
from wizard.channels.web.refusals import NO_SUCH_PAGE, NOT_SIGNED_IN, Refusal
from wizard.channels.web.site import Site
from wizard.engine.own_runs import RunLine
from wizard.errors import InvalidInput
from wizard.forms.readable import plain
from wizard.locale.sentences import Sentence, sentence, sentence_for
from wizard.model import RunStatus
from wizard.model.instants import shown

AT_ONCE = 20

STANDS: dict[RunStatus, Sentence] = {
    RunStatus.CREATED: sentence("Not started yet"),
    RunStatus.WAITING: sentence("Not finished yet"),
    RunStatus.WORKING: sentence("We are working on it"),
    RunStatus.FAILED: sentence("Something went wrong; open it to try again"),
    RunStatus.COMPLETED: sentence_for("of a run", "Complete"),
    RunStatus.CANCELLED: sentence_for("of a run", "Cancelled"),
    RunStatus.EXPIRED: sentence_for("of a run", "Expired"),
}


class OwnRuns:
    """The handler."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def show(self, request: web.Request) -> web.Response:
        """GET /runs, GET /runs?before=PLACE"""
        site = self._site
        guest = await site.visitors.guest_of(request)
        profile = guest.identity.profile_id
        if profile is None:
            raise Refusal(NOT_SIGNED_IN, ways=((site.root, refusals.ALL_FORMS),))
        before = request.query.get("before")
        try:
            listed = await site.engine.runs_of(profile, limit=AT_ONCE, before=before)
        except InvalidInput:
            raise Refusal(NO_SUCH_PAGE, ways=((f"{site.root}runs", sentence("See your forms")),)) from None
        language = site.language(request)
        page = OwnRunsPage(
            root=site.root,
            name=site.name(language),
            home=site.root,
            language=language,
            runs=tuple(self._run(line, language) for line in listed.lines),
            older=f"{site.root}runs?before={quote(listed.older, safe='')}" if listed.older else "",
            newest="" if before is None else f"{site.root}runs",
        )
        return site.respond(guest, page)

    def _run(self, line: RunLine, language: str) -> OwnRun:
        zone = self._site.engine.clock.wall().tzinfo
        return OwnRun(
            self._site.run_address(line.id),
            line.title,
            STANDS[line.status].in_language(language),
            plain(shown(line.created_at, zone), language),
            plain(shown(line.updated_at, zone), language),
        )
