"""`put_file` and `get_file` nodes against a bucket that checks signatures, and in a run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from tests.buckets import Bucket, bucket
from tests.smtp import mail_server
from tests.unit.nodes.handing import Pauses, visit_of
from wizard.errors import Excuse, NodeFailed
from wizard.model import Proceed, Retry
from wizard.node import NodeType, S3Resource, Services, SmtpResource
from wizard.nodes.out.files import GetFileNode, PutFileNode
from wizard.resources.handing import Resources, given
from wizard.settings import Settings
from wizard.testing import Person, make_test_engine

HERE = Settings(allow_private_addresses=True)
LETTER = {"name": "a.txt", "type": "text/plain", "text": "Zoë"}


class Files:
    """A bucket, and nodes that reach it."""

    def __init__(self, store: Bucket) -> None:
        self.store = store
        self.pauses = Pauses()
        self.services = Services(settings=HERE, resources=Resources((given({"letters": store.resource}),)))

    def visit(self, node: NodeType[Any], data: Any = None, **more: Any) -> Any:
        given_file = {"file": LETTER} if isinstance(node, PutFileNode) else {}
        output, config = more.pop("output", None), {"resource": "letters", **given_file, **more}
        retry = Retry(attempts=2)
        return visit_of(node, config, data, services=self.services, retry=retry, output=output)

    async def put(self, data: Any = None, **config: Any) -> Proceed:
        node = PutFileNode(self.pauses)
        outcome = await node.execute(self.visit(node, data, **config))
        assert isinstance(outcome, Proceed)
        return outcome

    async def get(self, data: Any = None, **config: Any) -> tuple[Proceed, Any]:
        node = GetFileNode(self.pauses, lambda: "id-1")
        visit = self.visit(node, data, **config)
        outcome = await node.execute(visit)
        assert isinstance(outcome, Proceed)
        return outcome, visit.files


@pytest.fixture
async def files() -> AsyncIterator[Files]:
    async with bucket() as store:
        made = Files(store)
        yield made
        for shared in made.services.shared.values():
            await shared.close()


async def test_a_file_is_stored_and_fetched(files: Files) -> None:
    """What comes back is what was stored, byte for byte, under the name that its key ends with."""
    stored = await files.put({"x": "Zoë"}, key="letters/{{ x }}.txt")
    assert stored.output["key"] == "letters/Zoë.txt"
    assert stored.output["size"] == 4
    assert files.store.files == {"letters/Zoë.txt": ("Zoë".encode(), "text/plain")}
    fetched, kept = await files.get({"x": "Zoë"}, key="letters/{{ x }}.txt")
    assert fetched.output["file"] == {"id": "id-1", "name": "Zoë.txt", "type": "text/plain", "size": 4}
    assert [file.content for file in kept] == ["Zoë".encode()]
    fetched, kept = await files.get(key="letters/Zoë.txt", take="text")
    assert (fetched.output["text"], kept) == ("Zoë", [])


@pytest.mark.parametrize(
    "name", ["a b", "a?b=c&d", "a#b", "%41", "100%", "+", "a:b;c,d@e$f!(g)*'", "ü~😀", "a.b", "=~"]
)
async def test_a_value_is_the_name_of_a_file_whatever_is_in_it(files: Files, name: str) -> None:
    """A name with signs that addresses have a meaning for must reach this file, signed, and no other."""
    await files.put({"x": name}, key="in/{{ x }}")
    assert list(files.store.files) == [f"in/{name}"]
    assert (await files.get({"x": name}, key="in/{{ x }}"))[0].output["size"] == 4


@pytest.mark.parametrize(
    "name",
    [
        "..",
        ".",
        "",
        "../b",
        "a/b",
        "/",
        "a\\b",
        "a\nb",
        "a\r\nHost: b",
        "a\0",
        "%2e%2e",
        "%2E.",
        None,
        ["a"],
        "x" * 1024,
    ],
)
async def test_a_value_leads_to_no_other_folder(files: Files, name: Any) -> None:
    """Else somebody reads, or replaces, the letters of others by an answer."""
    with pytest.raises(NodeFailed) as failed:
        await files.put({"x": name}, key="in/{{ x }}")
    assert failed.value.people is Excuse.CHECK
    assert files.store.calls == []


async def test_a_key_that_is_one_value_has_folders(files: Files) -> None:
    """A key that an earlier step gave is used as it is; it leads nowhere else either."""
    await files.put({"x": "in/a.txt"}, key="{{ x }}")
    assert list(files.store.files) == ["in/a.txt"]
    for wrong in ("in/../a.txt", "/a", "a//b", "a/", "in/%2e%2e/a"):
        with pytest.raises(NodeFailed, match="doesn't fit there"):
            await files.get({"x": wrong}, key="{{ x }}")
    assert len(files.store.calls) == 1


async def test_a_file_that_is_not_there_has_a_way_of_its_own(files: Files) -> None:
    """No letter yet is no failure; no bucket is one."""
    outcome, kept = await files.get(key="none.txt")
    assert (outcome.port, outcome.output["file"], kept) == ("not_found", None, [])


async def test_what_is_too_large_or_no_text_is_refused(files: Files) -> None:
    """A film in the place of a letter must not fill the run."""
    files.store.files["film"] = (b"\xff" * 1001, "video/mp4")
    with pytest.raises(NodeFailed, match="more than 1,000 bytes"):
        await files.get(key="film", max_size=1000)
    with pytest.raises(NodeFailed, match="isn't text in UTF-8"):
        await files.get(key="film", take="text")


async def test_a_store_that_is_busy_is_asked_again(files: Files) -> None:
    """S3 says `SlowDown` now and then, and means it."""
    files.store.says = [(503, {"Retry-After": "4"})]
    await files.put(key="a")
    assert files.pauses == [4.0]
    assert list(files.store.files) == ["a"]


@pytest.mark.parametrize(("status", "why"), [(403, "refused it"), (301, "another address"), (400, "status 400")])
async def test_what_the_store_refuses_is_told(files: Files, status: int, why: str) -> None:
    """A key that was withdrawn, or a bucket that moved: whoever runs the service has to know; nothing is followed."""
    files.store.says = [(status, {"Location": f"{files.store.url}/elsewhere"})] * 2
    with pytest.raises(NodeFailed, match=why):
        await files.put(key="a")
    assert {call.rpartition(" ")[2] for call in files.store.calls} == {"/letters/a"}


async def test_a_wrong_key_signs_nothing(files: Files) -> None:
    """The counterpart checks signatures indeed: with another key it takes nothing."""
    wrong = S3Resource.model_validate({**files.store.resource.model_dump(), "secret_key": "another-s3cret"})
    files.services = replace(files.services, resources=Resources((given({"letters": wrong}),)))
    with pytest.raises(NodeFailed, match="refused it") as failed:
        await files.put(key="a")
    assert "s3cret" not in f"{failed.value!r} {failed.value.__context__!r}"
    assert files.store.files == {}


async def test_it_is_taken_back_where_that_is_said(files: Files) -> None:
    """Somebody who goes back and takes another way leaves no letter behind; unless the author wants it kept."""
    node = PutFileNode()
    for take_back in (True, False):
        stored = await files.put(key="a", take_back=take_back)
        visit = files.visit(node, key="a", take_back=take_back, output=stored.output)
        assert node.undoes_with(visit.config) is take_back
        await node.remove(visit)
        await node.remove(visit)
        assert list(files.store.files) == ([] if take_back else ["a"])
    lost = files.visit(node, key="a", take_back=True)  # nobody heard what came of it
    lost.state["key"] = "a"
    await node.remove(lost)
    assert files.store.files == {}


LETTERS = """
id: letters
nodes:
  - id: ask
    type: form
    fields: [{name: plan, type: file}]
  - {id: put, type: put_file, resource: letters, key: "plans/{{ run.id }}.pdf", file: "{{ ask.plan }}", take_back: true}
  - {id: got, type: get_file, resource: letters, key: "{{ put.key }}"}
  - {id: mail, type: send_mail, resource: mail, to: ann@example.org, from: forms@example.org, subject: Plan,
     text: Hello, attachments: "{{ got.file }}"}
  - {id: done, type: message, title: "{{ got.size }}"}
"""


async def test_a_file_goes_from_a_form_into_the_bucket_and_from_there_into_a_mail() -> None:
    """What is fetched is a file of the run, as if somebody had uploaded it; Back and another file leave one behind."""
    async with bucket() as store, mail_server() as mails:
        resources = {"letters": store.resource, "mail": SmtpResource.model_validate({"url": mails.url})}
        engine = await make_test_engine(LETTERS, settings=HERE, resources=resources)
        person = await Person.starts(engine, "letters")
        await person.says(plan={"name": "plan.pdf", "type": "application/pdf", "content": "JVBERiAA/w=="})
        person.sees(title="7")
        assert [content for content, _ in store.files.values()] == [b"%PDF \x00\xff"]
        ((attached,),) = [list(mail.message.iter_attachments()) for mail in mails.taken]
        assert attached.get_payload(decode=True) == b"%PDF \x00\xff"
        await engine.close()
