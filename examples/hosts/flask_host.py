"""Flask: threads without an event loop, and so a door.

`python examples/hosts/flask_host.py [PORT]`. A run belongs to who has it in the session, a cookie that Flask signs.
"""

from __future__ import annotations

import secrets
import sys

from booking import booking_engine, next_or_back, page
from flask import Flask, redirect, request, session
from werkzeug.wrappers import Response

from wizard.engine import Engine
from wizard.errors import CallerError
from wizard.sync import Door

door = Door(booking_engine)  # begins with the first call, in each process of a server that forks
app = Flask(__name__)
app.secret_key = secrets.token_bytes()
app.config["SESSION_COOKIE_SAMESITE"] = "Lax"  # no other site's form is sent with it


@app.get("/")
def look() -> str | Response:
    if "run" not in session:
        return new()
    return page(door(Engine.load, session["run"]))


@app.post("/")
def move() -> str | Response:
    if "run" not in session:
        return new()
    run = door(next_or_back, session["run"], request.form.to_dict())
    return page(run) if run.rejected else redirect("/", 303)


@app.post("/new")
def new() -> Response:
    session["run"] = door(Engine.start, "booking").id
    return redirect("/", 303)


@app.post("/paid")
def paid() -> tuple[str, int]:
    """The bank's call; its signature is to be checked here."""
    door(Engine.event, request.json["reference"], "paid", key=request.json["payment"])
    return "", 204


@app.errorhandler(CallerError)
def refused(error: CallerError) -> tuple[str, int]:
    return error.message, 409


if __name__ == "__main__":
    with door:  # jobs that wait since the last time are done from now on
        app.run("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8100)
