"""The shop's catalogue: the second server of the purchases example.

`python examples/purchases/server.py [PORT]` tells what its articles are called.
"""

from __future__ import annotations

import sys

from aiohttp import web

ARTICLES = {"tea-1": "green tea", "pot-7": "teapot", "cup-3": "cup"}


def catalogue_app() -> web.Application:
    async def article(request: web.Request) -> web.Response:
        number = request.match_info["number"]
        if number not in ARTICLES:
            raise web.HTTPNotFound(text="There is no such article.")
        return web.json_response({"number": number, "name": ARTICLES[number]})

    app = web.Application()
    app.router.add_get("/articles/{number}", article)
    return app


if __name__ == "__main__":
    web.run_app(catalogue_app(), host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8098, print=None)
