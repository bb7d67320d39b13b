"""Django: views that aren't async, and so a door.

`python examples/hosts/django_host.py [PORT]`. A run belongs to who has it in a cookie that Django signs. In a project
of your own the door stands in a module beside the views, and the settings in theirs.
"""

from __future__ import annotations

import json
import secrets
import sys

from booking import booking_engine, next_or_back, page
from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.middleware.csrf import get_token
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from wizard.engine import Engine
from wizard.engine.view import RunView
from wizard.errors import CallerError
from wizard.sync import Door

settings.configure(
    SECRET_KEY=secrets.token_hex(),
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware", f"{__name__}.refusing"],
)

door = Door(booking_engine)  # begins with the first call, in each process of a server that forks


def shown(request: HttpRequest, run: RunView) -> HttpResponse:
    return HttpResponse(page(run, f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'))


def back_to(run: RunView | None) -> HttpResponse:
    response = HttpResponseRedirect("/")
    if run is not None:
        response.set_signed_cookie("run", run.id, httponly=True, samesite="Lax")
    return response


def run_or_new(request: HttpRequest) -> HttpResponse:
    run_id = request.get_signed_cookie("run", None)
    if run_id is None:
        return new(request)
    if request.method != "POST":
        return shown(request, door(Engine.load, run_id))
    run = door(next_or_back, run_id, request.POST.dict())
    return shown(request, run) if run.rejected else back_to(None)


def new(request: HttpRequest) -> HttpResponse:
    return back_to(door(Engine.start, "booking"))


@csrf_exempt
@require_POST
def paid(request: HttpRequest) -> HttpResponse:
    """The bank's call; its signature is to be checked here."""
    told = json.loads(request.body)
    door(Engine.event, told["reference"], "paid", key=told["payment"])
    return HttpResponse(status=204)


class refusing:  # noqa: N801 - a middleware
    """What can't be done isn't the server's failure."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return HttpResponse(error.message, status=409) if isinstance(error, CallerError) else None


urlpatterns = [path("", run_or_new), path("new", new), path("paid", paid)]

if __name__ == "__main__":
    with door:  # jobs that wait since the last time are done from now on
        port = sys.argv[1] if len(sys.argv) > 1 else "8100"
        execute_from_command_line(["django", "runserver", "--noreload", "--skip-checks", f"127.0.0.1:{port}"])
