"""Profiles and sessions over HTTP: the handlers of the calls on both."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aiohttp import web

from wizard.channels.admin import document_responses as responses
from wizard.channels.admin.admission import REVISION_TAG, Admission, check_text, revision_of
from wizard.channels.admin.call import Handling
from wizard.channels.admin.document_parameters import DOCUMENTS, MAX_FIELD, SAVES, SAVES_BELOW
from wizard.channels.admin.document_requests import PATCH, UNDO
from wizard.channels.admin.people import Person
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.problems import (
    FIELDS_REFUSED,
    NOT_FOUND,
    STALE_DOCUMENT,
    UNDO_CONFLICT,
    Refused,
    unreadable,
)
from wizard.channels.http.query import next_page
from wizard.errors import DocumentNotFound, FieldsRefused, StaleDocument, UndoConflict
from wizard.model.values import to_json
from wizard.profiles.keeping import OnConflict, StoredDocuments
from wizard.profiles.people import MAX_ID, history_json
from wizard.state.merging import Document


class StoredHandlers:
    """The handlers for one kind, profile or session."""

    def __init__(self, kind: str, stored: StoredDocuments, admission: Admission) -> None:
        self._kind = kind
        self._stored = stored
        self._admission = admission

    @property
    def by_name(self) -> Mapping[str, Handling]:
        """By the names of the calls (wizard.channels.admin.document_calls)."""
        name = self._kind.capitalize()
        return {
            f"list{name}s": self.list,
            f"show{name}": self.show,
            f"{self._kind}History": self.history,
            f"export{name}": self.export,
            f"patch{name}": self.patch,
            f"undo{name}": self.undo,
            f"delete{name}": self.delete,
        }

    # -- looking -----------------------------------------------------------------------------------

    async def list(self, request: web.Request, person: Person) -> web.Response:
        limit, after = DOCUMENTS.of(request), request.query.get("after", "")
        if len(after) > MAX_ID:
            raise unreadable("`after` must be an id that the page before listed.")
        page = await self._stored.list(limit=limit, after=after)
        lines: list[responses.StoredLine] = [
            {"id": line.id, "revision": line.revision, "saved_at": line.saved_at} for line in page.lines
        ]
        headers = next_page(request, after=page.lines[-1].id, limit=limit) if page.more else None
        return as_json(200, encode(lines), headers)

    async def show(self, request: web.Request, person: Person) -> web.Response:
        document_id = self._id(request)
        return _told(document_id, await self._stored.get(document_id))

    async def history(self, request: web.Request, person: Person) -> web.Response:
        document_id, limit, field = self._id(request), SAVES.of(request), request.query.get("field")
        if field is not None and not 0 < len(field) <= MAX_FIELD:
            raise unreadable("`field` must be the name of a field.")
        below = SAVES_BELOW.of(request) or None
        page = await self._stored.history(document_id, field=field, limit=limit, below=below)
        headers = None if page.below is None else next_page(request, before=page.below, limit=limit)
        return as_json(200, encode(history_json(page.records)), headers)

    async def export(self, request: web.Request, person: Person) -> web.Response:
        return as_json(200, encode(await self._stored.export(self._id(request))))

    # -- changing ----------------------------------------------------------------------------------

    async def patch(self, request: web.Request, person: Person) -> web.Response:
        document_id, revision = self._id(request), revision_of(request, self._kind)
        body = await self._admission.body(request, person, PATCH)
        fields, remove, note = body.get("fields", {}), body.get("remove", []), body.get("note", "")
        check_text("note", note)
        try:
            if revision == 0:
                if remove:
                    raise unreadable("A new one has nothing to remove. Leave `remove` out.")
                saved = await self._stored.create(document_id, fields, by=person.name, note=note)
            else:
                saved = await self._stored.patch(
                    document_id, fields, remove, revision=revision, by=person.name, note=note
                )
        except StaleDocument as error:
            raise await self._stale(error, document_id) from None
        except FieldsRefused as error:
            raise _refused(error) from None
        return _told(document_id, saved)

    async def undo(self, request: web.Request, person: Person) -> web.Response:
        document_id = self._id(request)
        body = await self._admission.body(request, person, UNDO)
        note, how = body.get("note", ""), OnConflict(body.get("on_conflict", "refuse"))
        check_text("note", note)
        try:
            undone = await self._stored.undo(document_id, body["revision"], on_conflict=how, by=person.name, note=note)
        except UndoConflict as error:
            raise Refused(UNDO_CONFLICT, str(error.people), more={"fields": error.fields}) from None
        except FieldsRefused as error:
            raise _refused(error) from None
        revision = undone.document.revision
        told: responses.Undone = {"revision": revision, "undone": undone.undone, "left": undone.left}
        return as_json(200, encode(told), {"ETag": f'"{revision}"'})

    async def delete(self, request: web.Request, person: Person) -> web.Response:
        document_id, runs = self._id(request), request.query.get("runs", "false")
        if runs not in ("true", "false"):
            raise unreadable("`runs` must be true or false.")
        match = request.headers.get("If-Match", "*").strip()
        if match != "*":
            if re.fullmatch(REVISION_TAG, match) is None:
                raise unreadable('Send If-Match with one ETag, as "3" with its quotation marks, or leave it out.')
            if (await self._stored.get(document_id)).revision != int(match.strip('"')):
                raise await self._stale(StaleDocument(), document_id)
        deleted = await self._stored.delete(document_id, runs=runs == "true")
        told: responses.Gone = {
            "profile": deleted.profile,
            "sessions": deleted.sessions,
            "runs": deleted.runs,
            "events": deleted.events,
            "runs_left": deleted.runs_left,
            "under_way": deleted.under_way,
        }
        return as_json(200, encode(told))

    def _id(self, request: web.Request) -> str:
        """The id in the address. Raises Refused (404) for what can't be one."""
        document_id = request.match_info[self._kind]
        if not 0 < len(document_id) <= MAX_ID:
            raise Refused(NOT_FOUND, f"The id of a {self._kind} has 1 to {MAX_ID} characters.")
        return document_id

    async def _stale(self, error: StaleDocument, document_id: str) -> Refused:
        """With what it is now, so that the changes can be made anew."""
        try:
            now = await self._stored.get(document_id)
        except DocumentNotFound:
            return Refused(STALE_DOCUMENT, str(error.people), more={"revision": None, "stored": None})
        more = {"revision": now.revision, "stored": to_json(now.fields)}
        return Refused(STALE_DOCUMENT, str(error.people), more=more)


def _told(document_id: str, document: Document) -> web.Response:
    told: responses.Stored = {"id": document_id, "revision": document.revision, "fields": document.fields}
    return as_json(200, encode({**told, "fields": dict(document.fields)}), {"ETag": f'"{document.revision}"'})


def _refused(error: FieldsRefused) -> Refused:
    return Refused(FIELDS_REFUSED, str(error.people), more={"errors": dict(error.errors)})
