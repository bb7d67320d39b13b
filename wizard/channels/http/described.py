"""Parts of an OpenAPI 3.1 document that the calls of every interface have: bodies, answers, problems, parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from wizard.channels.http.problems import INTERNAL, MEDIA_TYPE, UNAVAILABLE, ProblemType
from wizard.channels.http.schemas import ref

Json = dict[str, Any]


def json_body(schema: str, example: Any, *, required: bool) -> Json:
    return {"required": required, "content": {"application/json": {"schema": ref(schema), "example": example}}}


def json_answer(description: str, schema: Json, headers: Json | None = None, example: Any = None) -> Json:
    content = {"schema": schema} if example is None else {"schema": schema, "example": example}
    made: Json = {"description": description, "content": {"application/json": content}}
    if headers:
        made["headers"] = headers
    return made


def problem_answers(types: Iterable[ProblemType]) -> Json:
    """A response for each status, which says what types of problems it may hold."""
    by_status: dict[int, list[ProblemType]] = {}
    for each in (*types, INTERNAL, UNAVAILABLE):
        by_status.setdefault(each.status, []).append(each)
    return {str(status): _problem(by_status[status]) for status in sorted(by_status)}


def _problem(types: list[ProblemType]) -> Json:
    about = "\n".join(f"- `{each.uri}`: {each.title}" for each in types)
    schema: Json = {"allOf": [ref("Problem"), {"properties": {"type": {"enum": [each.uri for each in types]}}}]}
    example = {"type": types[0].uri, "title": str(types[0].title), "status": types[0].status, "detail": "…"}
    return {"description": about, "content": {MEDIA_TYPE: {"schema": schema, "example": example}}}


def parameter(name: str) -> Json:
    return {"$ref": f"#/components/parameters/{name}"}
