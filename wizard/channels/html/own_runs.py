"""The page on which somebody who is signed in finds what they have begun."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from wizard.channels.html.pages import OwnRun, OwnRunsPage
from wizard.channels.html.refusals import NO_SUCH_PAGE, NOT_SIGNED_IN, Refusal
from wizard.channels.html.site import Site
from wizard.errors import InvalidInput
from wizard.forms.readable import plain
from wizard.instants import shown
from wizard.model import RunStatus
from wizard.own_runs import RunLine

AT_ONCE = 20

STANDS: dict[RunStatus, str] = {
    RunStatus.CREATED: "Not begun yet",
    RunStatus.WAITING: "Not finished yet",
    RunStatus.WORKING: "We are working on it",
    RunStatus.FAILED: "Something went wrong; open it to try again",
    RunStatus.COMPLETED: "Complete",
    RunStatus.CANCELLED: "Cancelled",
    RunStatus.EXPIRED: "Its time is over",
}


class OwnRuns:
    """The handler."""

    def __init__(self, site: Site) -> None:
        self._site = site

    async def show(self, request: web.Request) -> web.Response:
        """GET /runs, GET /runs?before=PLACE"""
        site = self._site
        guest = await site.doors.greet(request)
        profile = guest.identity.profile_id
        if profile is None:
            raise Refusal(NOT_SIGNED_IN, ways=((site.root, "See all forms"),))
        before = request.query.get("before")
        try:
            found = await site.engine.runs_of(profile, limit=AT_ONCE, before=before)
        except InvalidInput:
            raise Refusal(NO_SUCH_PAGE, ways=((f"{site.root}runs", "See your forms"),)) from None
        page = OwnRunsPage(
            root=site.root,
            name=site.settings.site_name,
            home=site.root,
            runs=tuple(self._run(each) for each in found.lines),
            older=f"{site.root}runs?before={quote(found.older, safe='')}" if found.older else "",
            newest="" if before is None else f"{site.root}runs",
        )
        return site.respond(guest, page)

    def _run(self, line: RunLine) -> OwnRun:
        zone = self._site.engine.clock.wall().tzinfo
        return OwnRun(
            self._site.run_address(line.id),
            line.title,
            STANDS[line.status],
            plain(shown(line.created_at, zone)),
            plain(shown(line.updated_at, zone)),
        )
