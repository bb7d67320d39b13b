"""The calls: looking at workflows, saving drafts, deploying and revoking.

A handler gets who sends the request, who has the role that its call needs. What can go wrong is an exception that
`wizard.channels.http.problems` turns into a problem document.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from aiohttp import web

from wizard.channels.admin import responses
from wizard.channels.admin.admission import (
    Admission,
    check_everywhere,
    check_text,
    check_unconditional,
    revision_of,
)
from wizard.channels.admin.call import Handling
from wizard.channels.admin.parameters import DEEDS, DEEDS_BELOW, STAGE, VERSIONS, VERSIONS_BELOW, workflow_of
from wizard.channels.admin.people import Person, Role
from wizard.channels.admin.requests import DELETE, DEPLOY, REVOKE, SAVE, check_together
from wizard.channels.http.json_answers import as_json, encode
from wizard.channels.http.problems import (
    DEFINITION_REFUSED,
    SECURITY_HEADERS,
    STALE_DRAFT,
    TOO_LARGE,
    VERSION_NOT_FOUND,
    Refused,
    unreadable,
)
from wizard.channels.http.query import next_page
from wizard.definitions.reading.source import MAX_BYTES
from wizard.deployments.diff import Change, lines
from wizard.deployments.staging import Outcome, Staging
from wizard.deployments.texts import is_workflow_id, read_text
from wizard.deployments.writing import write_text
from wizard.errors import DefinitionError, Problem, StaleDraft
from wizard.model.recent import Recent
from wizard.model.staging import Deed, Deployed, Draft, Stages, Version
from wizard.model.values import write_json
from wizard.stores.contract import Store

MOST_REMEMBERED = 2_000  # drafts that were checked, and versions that were read, for lists


class _Checked(NamedTuple):
    """What a list says of a text."""

    title: str
    problems: Sequence[Problem]


class _Made(NamedTuple):
    """What a list says of a version."""

    title: str
    at: datetime


class Workflows:
    """The handlers."""

    def __init__(self, store: Store, staging: Callable[[], Staging], admission: Admission) -> None:
        self._store = store
        self._make_staging = staging
        self._admission = admission
        self._checked: Recent[tuple[str, int, datetime, int], _Checked] = Recent(MOST_REMEMBERED)
        self._made: Recent[tuple[str, int], _Made] = Recent(MOST_REMEMBERED)

    @property
    def by_name(self) -> Mapping[str, Handling]:
        """By the names of the calls (wizard.channels.admin.openapi)."""
        return {
            "list": self.list,
            "showDraft": self.show_draft,
            "saveDraft": self.save_draft,
            "deleteDraft": self.delete_draft,
            "deploy": self.deploy,
            "revoke": self.revoke,
            "versions": self.versions,
            "version": self.version,
            "diff": self.diff,
            "audit": self.audit,
        }

    @property
    def _stages(self) -> Stages:
        return self._store.stages  # a store may have none before it is opened

    @property
    def _staging(self) -> Staging:
        return self._make_staging()

    # -- looking -----------------------------------------------------------------------------------

    async def list(self, request: web.Request, person: Person) -> web.Response:
        stamp = await self._stages.stamp()
        drafts = {draft.workflow: draft for draft in await self._stages.drafts()}
        deployed = {each.workflow: each for each in await self._stages.deployed()}
        sharings = {each.workflow: each for each in await self._stages.sharings()}
        counts = await self._store.count_runs()
        lines: list[responses.WorkflowLine] = []
        for workflow, sharing in sharings.items():
            if not person.may(Role.VIEWER, sharing) or not (workflow in drafts or workflow in deployed):
                continue
            draft, now = drafts.get(workflow), deployed.get(workflow)
            checked = None if draft is None else await self._check(draft, stamp)
            made = None if now is None else await self._make(now)
            titles = (each.title for each in (checked, made) if each is not None)
            lines.append(
                {
                    "id": workflow,
                    "title": next(filter(None, titles), ""),
                    "owner": sharing.owner,
                    "draft": None if draft is None or checked is None else _draft_line(draft, checked.problems),
                    "deployed": None if now is None or made is None else _deployed_line(now, made),
                    "runs": {status.value: count for status, count in counts.get(workflow, {}).items()},
                }
            )
        return as_json(200, encode(lines))

    async def _check(self, draft: Draft, stamp: int) -> _Checked:
        """Checking takes milliseconds a definition, so it is done once, until the draft or what is deployed changes."""
        key = (draft.workflow, draft.revision, draft.saved_at, stamp)
        checked = self._checked.get(key)
        if checked is None:
            checked = _Checked(await asyncio.to_thread(_title_of, draft.text), await self._staging.problems(draft))
            self._checked.put(key, checked)
        return checked

    async def _make(self, deployed: Deployed) -> _Made | None:
        """None where it isn't there any more."""
        key = (deployed.workflow, deployed.number)
        made = self._made.get(key)
        if made is None:
            version = await self._stages.version(*key)
            if version is None:
                return None
            made = _Made(await asyncio.to_thread(_title_of, version.text), version.at)
            self._made.put(key, made)
        return made

    async def show_draft(self, request: web.Request, person: Person) -> web.Response:
        draft = await self._staging.draft(workflow_of(request))
        problems = await self._staging.problems(draft)
        told = {
            "text": draft.text,
            "problems": problem_lines(problems),
            "revision": draft.revision,
            "saved_at": draft.saved_at,
            "saved_by": draft.saved_by,
        }
        # Numbers of a definition are numbers, digit for digit; in all else that is answered they are texts.
        definition = await asyncio.to_thread(_definition_of, draft.text)
        body = encode(told)[:-1] + b',"definition":' + definition.encode() + b"}"
        return as_json(200, body, {"ETag": f'"{draft.revision}"'})

    async def versions(self, request: web.Request, person: Person) -> web.Response:
        workflow, limit = workflow_of(request), VERSIONS.of(request)
        versions = await self._stages.versions(workflow, limit + 1, VERSIONS_BELOW.of(request) or None)
        now = await self._number(workflow)
        lines = [_version_line(version, now) for version in versions[:limit]]
        return as_json(200, encode(lines), older(request, [each.number for each in versions], limit))

    async def version(self, request: web.Request, person: Person) -> web.Response:
        workflow = workflow_of(request)
        version = await self._stages.version(workflow, int(request.match_info["number"]))
        if version is None:
            what = f"There is no such version of `{workflow}`. Take a `number` that its versions list."
            raise Refused(VERSION_NOT_FOUND, what)
        told: responses.Version = {**_version_line(version, await self._number(workflow)), "text": version.text}
        return as_json(200, encode(told))

    async def diff(self, request: web.Request, person: Person) -> web.Response:
        before, after = (stage_of(request, name, usual) for name, usual in (("from", "deployed"), ("to", "draft")))
        try:
            changes = await self._staging.diff(workflow_of(request), before, after)
        except DefinitionError as error:
            raise refused(error, "This can't be compared as long as it can't be read.") from None
        return as_json(200, encode([_difference(change) for change in changes]))

    async def _number(self, workflow: str) -> int | None:
        """Which version is deployed."""
        return next((each.number for each in await self._stages.deployed() if each.workflow == workflow), None)

    async def audit(self, request: web.Request, person: Person) -> web.Response:
        workflow, limit = request.query.get("workflow"), DEEDS.of(request)
        if workflow is not None and not is_workflow_id(workflow):
            raise unreadable("`workflow` must be the id of a workflow.")
        if workflow is None:
            check_everywhere(person, Role.OPERATOR)
        else:
            await self._admission.check_shared(person, Role.OPERATOR, workflow)
        deeds = await self._stages.deeds(workflow, limit + 1, DEEDS_BELOW.of(request) or None)
        return as_json(
            200,
            encode([_deed(deed) for deed in deeds[:limit]]),
            older(request, [each.number for each in deeds], limit),
        )

    # -- changing ----------------------------------------------------------------------------------

    async def save_draft(self, request: web.Request, person: Person) -> web.Response:
        workflow, revision = workflow_of(request), revision_of(request)
        body = await self._admission.body(request, person, SAVE)
        check_together(body)
        try:
            text = body["text"] if "text" in body else await asyncio.to_thread(write_text, body["definition"], workflow)
        except DefinitionError as error:
            raise refused(error, "This can't be written as a definition. Correct what `problems` names.") from None
        if len(text.encode()) > MAX_BYTES:
            what = f"The text is larger than {MAX_BYTES:,} bytes. Divide the definition."
            raise Refused(TOO_LARGE, what)
        if "\0" in text:
            raise unreadable("`text` holds the character U+0000. Leave it out.")
        try:
            draft = await self._staging.save(workflow, text, revision=revision, by=person.name)
        except StaleDraft as error:
            await self._admission.check_shared(person, Role.EDITOR, workflow)  # somebody else's since a moment ago
            stored = await self._stages.draft(workflow)
            saved = revision + 1 if revision else await self._staging.first(workflow)
            if stored is None or (stored.revision, stored.text) != (saved, text):
                raise _stale(error, stored) from None
            draft = stored  # the same again: its answer was lost
        problems = await self._staging.problems(draft)
        told: responses.SavedDraft = {"revision": draft.revision, "problems": problem_lines(problems)}
        return as_json(200, encode(told), {"ETag": f'"{draft.revision}"'})

    async def delete_draft(self, request: web.Request, person: Person) -> web.Response:
        workflow, revision = workflow_of(request), revision_of(request)
        note = (await self._admission.body(request, person, DELETE)).get("note", "")
        check_text("note", note)
        try:
            await self._staging.delete(workflow, by=person.name, note=note, revision=revision)
        except StaleDraft as error:
            raise _stale(error, await self._stages.draft(workflow)) from None
        return web.Response(status=204, headers=SECURITY_HEADERS)

    async def deploy(self, request: web.Request, person: Person) -> web.Response:
        workflow = workflow_of(request)
        check_unconditional(request)
        body = await self._admission.body(request, person, DEPLOY)
        note, revision = body.get("note", ""), body.get("revision")
        check_text("note", note)
        try:
            outcome = await self._staging.deploy(workflow, by=person.name, note=note, revision=revision)
        except DefinitionError as error:
            what = "A definition with errors isn't deployed. Correct what `problems` names, and save it."
            raise refused(error, what) from None
        except StaleDraft as error:
            raise _stale(error, await self._stages.draft(workflow)) from None
        return as_json(201, encode(_outcome(outcome)))

    async def revoke(self, request: web.Request, person: Person) -> web.Response:
        workflow = workflow_of(request)
        check_unconditional(request)
        note = (await self._admission.body(request, person, REVOKE)).get("note", "")
        check_text("note", note)
        outcome = await self._staging.revoke(workflow, by=person.name, note=note)
        return as_json(200, encode(_outcome(outcome)))


def _difference(change: Change) -> responses.Difference:
    node, path, kind, before, after = change
    text = "\n".join(lines([change]))
    return {"node": node, "path": path, "kind": kind, "before": before, "after": after, "text": text}


def stage_of(request: web.Request, name: str, usual: str) -> str:
    """The stage that the query names. Raises Refused (400)."""
    stage = request.query.get(name, usual)
    if STAGE.fullmatch(stage) is None:
        raise unreadable(f"`{name}` must be `draft`, `deployed` or the number of a version.")
    return stage


# -- what is told ----------------------------------------------------------------------------------


def _title_of(text: str) -> str:
    """ "" where it has none, or can't be read."""
    try:
        title = read_text(text).data.get("title")
    except DefinitionError:
        return ""
    return title if isinstance(title, str) else ""


def _definition_of(text: str) -> str:
    """As JSON; null where it can't be read."""
    try:
        return write_json(read_text(text).data)
    except DefinitionError:
        return "null"


def problem_lines(problems: Sequence[Problem]) -> Sequence[responses.DefinitionProblem]:
    """The first of them, as they are answered."""
    return [
        {
            "file": problem.file.removesuffix(".json"),
            "line": problem.line,
            "column": problem.column,
            "severity": "warning" if problem.severity == "warning" else "error",
            "message": problem.message,
        }
        for problem in problems[: responses.MOST_PROBLEMS]
    ]


def _draft_line(draft: Draft, problems: Sequence[Problem]) -> responses.DraftLine:
    return {
        "revision": draft.revision,
        "problems": problem_lines(problems),
        "saved_at": draft.saved_at,
        "saved_by": draft.saved_by,
    }


def _deployed_line(deployed: Deployed, made: _Made) -> responses.DeployedLine:
    return {"number": deployed.number, "version": deployed.version, "at": made.at}


def _version_line(version: Version, deployed: int | None) -> responses.VersionLine:
    return {
        "number": version.number,
        "version": version.version,
        "at": version.at,
        "by": version.by,
        "note": version.note,
        "deployed": version.number == deployed,
    }


def _outcome(outcome: Outcome) -> responses.Deployed:
    version = outcome.version
    return {
        "number": version.number,
        "version": version.version,
        "embeds": outcome.embeds,
        "embedded_in": outcome.embedded_in,
        "lacking": outcome.lacking,
    }


def _deed(deed: Deed) -> responses.Deed:
    return {
        "number": deed.number,
        "at": deed.at,
        "by": deed.by,
        "action": deed.action,
        "workflow": deed.workflow,
        "details": deed.details,
        "note": deed.note,
    }


def older(request: web.Request, numbers: Sequence[int], limit: int) -> dict[str, str]:
    """The address of the page behind one that has the first `limit` of these numbers, where there are more."""
    if len(numbers) <= limit:
        return {}
    return next_page(request, before=numbers[limit - 1], limit=limit)


# -- what is refused -------------------------------------------------------------------------------


def refused(error: DefinitionError, what: str) -> Refused:
    """What is wrong with a definition, as an answer."""
    return Refused(DEFINITION_REFUSED, what, more={"problems": problem_lines(error.problems)})


def _stale(error: StaleDraft, stored: Draft | None) -> Refused:
    """With what somebody else has saved, so that the two can be joined."""
    if stored is None:
        what = "There is no draft of this workflow, or not any more. Save it with `If-None-Match: *`."
        return Refused(STALE_DRAFT, what, more={"text": None, "revision": None, "saved_by": None})
    more = {"text": stored.text, "revision": stored.revision, "saved_by": stored.saved_by}
    return Refused(STALE_DRAFT, str(error.people), more=more)
