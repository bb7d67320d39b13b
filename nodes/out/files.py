"""`put_file` and `get_file` nodes: files in a bucket (S3)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from wizard.errors import Excuse, NodeFailed
from wizard.expressions.template import Dynamic
from wizard.forms.refusals import Refusal
from wizard.forms.types.files import clean_name, reference
from wizard.model import Outcome, Proceed, StoredFile, Value
from wizard.node import Background, FormHint, NodeConfig, ResourceOf, S3Resource, Visit
from wizard.node.retry import SLACK
from wizard.nodes.ask.form import new_file_id
from wizard.nodes.out.attached import file_of
from wizard.nodes.out.exchange import Sleep, seconds_for, until_it_counts
from wizard.nodes.out.extras import missing
from wizard.nodes.out.letter import MAX_BYTES
from wizard.nodes.out.places import Places
from wizard.nodes.out.s3 import Bucket, S3Answer, check_key

MAX_TEXT = 500_000  # bytes
USUAL = 5_000_000  # bytes of a file that is fetched, unless said otherwise
EXAMPLE_KEY = "letters/0123456789abcdef.pdf"
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,80}")
_UNKNOWN = "application/octet-stream"


def _one_part(text: str) -> str:
    """What fills a place in a key: it stays in its folder."""
    if "/" in text or text in ("", ".", ".."):
        raise ValueError("must not be empty, hold a /, or be . or ..")
    return text


KEYS = Places("key", _one_part, check_key)
KeyParts = Annotated[tuple[Dynamic, ...], BeforeValidator(KEYS.parts_of), WithJsonSchema({"type": "string"})]
Store = Annotated[str, ResourceOf(S3Resource), FormHint(label="File store", group="File")]


class PutFileConfig(NodeConfig):
    """Which file goes where."""

    resource: Store = Field(description="The bucket, a resource of the kind `s3`.")
    key: Annotated[KeyParts, FormHint(group="File")] = Field(
        description="The file's name in the bucket, with its folders. What {{ expressions }} put into it holds no `/`."
    )
    file: Annotated[Dynamic, FormHint(group="File")] = Field(
        description="A file that somebody uploaded in this run, or the `file` of another node."
    )
    take_back: Annotated[bool, FormHint(label="Delete it again", group="File")] = Field(
        False, description="Whether the file is deleted where the step drops out of the run."
    )


class PutFileNode(Background[PutFileConfig]):
    """Stores a file in a bucket of a file store that speaks S3.

    `file` takes an answer to a field of the type `file`, what `calendar_file` and `get_file` give, and a mapping with
    `name`, `type` and `text`; up to 20 MB. A file of the same key is replaced. So let the key be this run's own, with
    `{{ run.id }}` in it: then each try and each change stores the same file anew, and none of another run's.

    What an expression puts into `key` fills one place: it can't hold a `/`, be empty, or be `..`. A key that is one
    expression and nothing else is taken as it is, but for `..` and the like.

    The common keys `timeout` (for one try) and `retry` apply; a store that isn't there, or says that it can't for now,
    is asked again.

    With `take_back` the file is deleted where the step drops out of the run: the person went back and took another way.
    Where it had replaced another file, that one doesn't come back. Otherwise **there is no undo**.

    Outputs: `key`, `size` in bytes, `etag`; `error` where it failed and `on_error` goes on.
    """

    type = "put_file"
    title = "Store a file"
    group = "out"
    icon = "upload"
    example: ClassVar[Mapping[str, Any]] = {
        "resource": "letters",
        "key": "letters/{{ run.id }}.txt",
        "file": {"name": "letter.txt", "type": "text/plain", "text": "Come on {{ today() }}."},
    }
    own_retries = True
    Config = PutFileConfig

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep

    def outputs(self, config: PutFileConfig) -> frozenset[str]:
        return frozenset({"key", "size", "etag", "error"})

    def example_output(self, config: PutFileConfig) -> Mapping[str, Value]:
        return {"key": EXAMPLE_KEY, "size": 1000, "etag": '"0123456789abcdef"'}

    def check(self, config: PutFileConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        return missing("aiohttp_s3_client", "s3")

    async def execute(self, visit: Visit[PutFileConfig]) -> Outcome:
        config = visit.config
        resource = await visit.resource(config.resource, S3Resource)
        key = KEYS.filled(config.key, visit.names)
        file = await file_of(config.file.evaluate(visit.names), visit, "file")
        if len(file.content) > MAX_BYTES:
            what = f"`file` has more than {MAX_BYTES:,} bytes. Take a smaller one."
            raise NodeFailed(what, people=Excuse.CHECK, lasting=True)
        visit.state["key"] = key  # so that it is known what to take back, whatever comes of it
        media_type = file.media_type.lower() if _MEDIA_TYPE.fullmatch(file.media_type.lower()) else _UNKNOWN

        async def put(own: Visit[Any]) -> S3Answer:
            return await Bucket(resource, own).put(key, file.content, media_type)

        answer = await until_it_counts(put, visit, seconds_for(visit) + SLACK, self._sleep)
        if answer.status == 404:
            raise NodeFailed(f"There is no bucket {resource.bucket!r}. Correct the resource.", people=Excuse.BROKEN)
        return Proceed({"key": key, "size": len(file.content), "etag": answer.headers.get("ETag", "")[:200]})

    def undoes_with(self, config: PutFileConfig) -> bool:
        return config.take_back

    async def remove(self, visit: Visit[PutFileConfig]) -> None:
        key = (visit.output or visit.state).get("key")
        if not visit.config.take_back or not isinstance(key, str):
            return
        resource = await visit.resource(visit.config.resource, S3Resource)

        async def delete(own: Visit[Any]) -> S3Answer:
            return await Bucket(resource, own).delete(key)

        await until_it_counts(delete, visit, seconds_for(visit) + SLACK, self._sleep)


class GetFileConfig(NodeConfig):
    """Which file is fetched, and as what."""

    resource: Store = Field(description="The bucket, a resource of the kind `s3`.")
    key: Annotated[KeyParts, FormHint(group="File")] = Field(
        description="The file's name in the bucket, with its folders. What {{ expressions }} put into it holds no `/`."
    )
    take: Annotated[Literal["file", "text"], FormHint(group="File")] = Field(
        "file", description="What is made of it: a `file` to send on, or its `text`, which has to be UTF-8."
    )
    max_size: Annotated[int, FormHint(label="Largest size", group="File")] = Field(
        USUAL, ge=1, le=MAX_BYTES, description="How many bytes it may have; a text up to 500,000 in any case."
    )


class GetFileNode(Background[GetFileConfig]):
    """Fetches a file from a bucket of a file store that speaks S3.

    The file is kept with the run, as uploaded ones are: `file` can be attached to a mail, or stored elsewhere by
    `put_file`. Take a file of text as `text` to read it, with `parse_json` or `parse_csv`.

    Where there is no such file, the run goes on by `not_found`. What an expression puts into `key` fills one place: it
    can't hold a `/`, be empty, or be `..`; so nobody names a file in another folder by an answer. A key that is one
    expression and nothing else is taken as it is, but for `..` and the like.

    The common keys `timeout` (for one try) and `retry` apply. There is nothing to undo.

    Outputs: `file` or `text`, `size` in bytes, `type`; `error` where it failed and `on_error` goes on.
    """

    type = "get_file"
    title = "Fetch a file"
    group = "out"
    icon = "download"
    ports = ("not_found",)
    example: ClassVar[Mapping[str, Any]] = {"resource": "letters", "key": "terms/2026.pdf"}
    own_retries = True
    Config = GetFileConfig

    def __init__(self, sleep: Sleep = asyncio.sleep, new_id: Callable[[], str] = new_file_id) -> None:
        self._sleep = sleep
        self._new_id = new_id

    def outputs(self, config: GetFileConfig) -> frozenset[str]:
        return frozenset({config.take, "size", "type", "error"})

    def example_output(self, config: GetFileConfig) -> Mapping[str, Value]:
        if config.take == "text":
            return {"text": "Hello", "size": 5, "type": "text/plain"}
        file = {"name": "example.txt", "type": "text/plain", "text": "Hello"}
        return {"file": file, "size": 5, "type": "text/plain"}

    def check(self, config: GetFileConfig) -> Iterable[tuple[tuple[str | int, ...], str]]:
        return missing("aiohttp_s3_client", "s3")

    async def execute(self, visit: Visit[GetFileConfig]) -> Outcome:
        config = visit.config
        resource = await visit.resource(config.resource, S3Resource)
        key = KEYS.filled(config.key, visit.names)
        limit = min(config.max_size, MAX_TEXT) if config.take == "text" else config.max_size

        async def get(own: Visit[Any]) -> S3Answer:
            return await Bucket(resource, own).get(key, limit)

        answer = await until_it_counts(get, visit, seconds_for(visit) + SLACK, self._sleep)
        if answer.status == 404:
            return Proceed({config.take: None, "size": 0, "type": ""}, port="not_found")
        media_type = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        media_type = media_type if _MEDIA_TYPE.fullmatch(media_type) else _UNKNOWN
        known: dict[str, Value] = {"size": len(answer.content), "type": media_type}
        if config.take == "text":
            return Proceed({"text": _text(answer.content), **known})
        file = StoredFile(self._new_id(), _name(key), media_type, answer.content)
        visit.files.append(file)
        return Proceed({"file": reference(file), **known})


def _name(key: str) -> str:
    try:
        return clean_name(key.rpartition("/")[2])
    except Refusal:
        return "file"


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        what = "The file isn't text in UTF-8. Take it as a file, or store it otherwise."
        raise NodeFailed(what, people=Excuse.BROKEN, lasting=True) from None
