"""The restaurant's book: the second server of the conversations' example.

`python examples/conversations/server.py [PORT]` tells at what time a table is free.
"""

from __future__ import annotations

import sys

from aiohttp import web


def book_app() -> web.Application:
    async def free(request: web.Request) -> web.Response:
        """Large tables are free late."""
        guests = request.query.get("guests", "")
        if not guests.isdecimal():
            raise web.HTTPBadRequest(text="Say how many come: guests=4.")
        return web.json_response({"time": "19:30" if int(guests) <= 6 else "21:00"})

    app = web.Application()
    app.router.add_get("/free", free)
    return app


if __name__ == "__main__":
    web.run_app(book_app(), host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8097, print=None)
