"""The office's calendar: the second server of the appointment example.

`python examples/appointment/server.py [PORT]` keeps appointments in memory. A repeated booking with
the same Idempotency-Key gives the same reference and takes no second time slot.
"""

from __future__ import annotations

import sys
from datetime import date

from aiohttp import web

TIMES = ("09:00", "09:30", "10:00", "11:00", "14:00", "15:30")


class Calendar:
    """What is booked: `taken` by day, and the reference that each request was given."""

    def __init__(self) -> None:
        self.taken: dict[date, dict[str, str]] = {}
        self.references: dict[str, str] = {}

    def free(self, day: date) -> list[str]:
        """Nothing on the first of a month: the office is closed."""
        if day.day == 1:
            return []
        return [time for time in TIMES if time not in self.taken.get(day, {})]

    def book(self, key: str, day: date, time: str, name: str) -> str | None:
        """The reference, None where the time is taken."""
        if key in self.references:
            return self.references[key]
        if time not in self.free(day):
            return None
        self.taken.setdefault(day, {})[time] = name
        self.references[key] = f"{day:%m%d}-{time.replace(':', '')}"
        return self.references[key]


def calendar_app() -> web.Application:
    calendar = Calendar()

    async def free_times(request: web.Request) -> web.Response:
        try:
            day = date.fromisoformat(request.match_info["day"])
        except ValueError:
            raise web.HTTPBadRequest(text="The day must look like 2026-03-27.") from None
        return web.json_response({"times": calendar.free(day)})

    async def book(request: web.Request) -> web.Response:
        wanted = await request.json()
        key = request.headers.get("Idempotency-Key", "")
        reference = calendar.book(key, date.fromisoformat(wanted["date"]), wanted["time"], wanted["name"])
        if reference is None:
            raise web.HTTPConflict(text="That time is taken.")
        return web.json_response({"reference": reference}, status=201)

    app = web.Application()
    app.router.add_get("/days/{day}", free_times)
    app.router.add_post("/appointments", book)
    return app


if __name__ == "__main__":
    # Without a word: of two addresses that `make run` printed, people would open the wrong one.
    web.run_app(calendar_app(), host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8099, print=None)
