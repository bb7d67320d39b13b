"""FastAPI: its event loop is the engine's as well.

`python examples/hosts/fastapi_host.py [PORT]`. A run belongs to who has its token, in a cookie.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated
from urllib.parse import parse_qsl

import uvicorn
from booking import booking_engine, next_or_back, page
from fastapi import Cookie, FastAPI, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse, RedirectResponse
from pydantic import BaseModel

from wizard.engine.worker import working
from wizard.errors import CallerError

engine = booking_engine()


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None, None]:
    await engine.store.open()
    async with working(engine):  # does jobs for as long as the server runs
        yield
    await engine.close()
    await engine.store.close()


app = FastAPI(lifespan=lifespan)
Key = Annotated[str, Cookie()]  # the run's id and token


@app.get("/")
async def look(key: Key = "") -> Response:
    if not key:
        return await new()
    return HTMLResponse(page(await engine.open(*key.partition(":")[::2])))


@app.post("/")
async def move(posted: Request, key: Key = "") -> Response:
    run = await engine.open(*key.partition(":")[::2])
    run = await next_or_back(engine, run.id, dict(parse_qsl((await posted.body()).decode())))
    return HTMLResponse(page(run)) if run.rejected else RedirectResponse("/", 303)


@app.post("/new")
async def new() -> Response:
    run = await engine.start("booking")
    response = RedirectResponse("/", 303)
    response.set_cookie("key", f"{run.id}:{run.token}", httponly=True, samesite="lax")
    return response


class Payment(BaseModel):
    reference: str
    payment: str


@app.post("/paid", status_code=204, response_model=None)
async def paid(told: Payment) -> None:
    """The bank's call; its signature is to be checked here."""
    await engine.event(told.reference, "paid", key=told.payment)


@app.exception_handler(CallerError)
async def refused(request: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), 409)


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]) if len(sys.argv) > 1 else 8100, log_level="warning")
