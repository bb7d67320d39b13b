"""A channel that Wizard knows nothing of: what it needs is there, and enough of it."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.acceptance import texting
from tests.acceptance.texting import Texting
from tests.unit.channels.typed import PASSPORT
from wizard.app import load_catalog, make_engine, open_store
from wizard.engine import Engine
from wizard.model import RunStatus
from wizard.testing import FixedClock

ANN, BOB = "+41 79 123 45 67", "+41 79 765 43 21"


async def process(folder: Path) -> Engine:
    """A process of the host's, on what the others have stored."""
    (folder / "passport.yaml").write_text(PASSPORT)
    store = open_store(f"sqlite:///{folder}/runs.db")
    await store.open()
    return make_engine(load_catalog(folder), store, clock=FixedClock())


async def test_a_conversation_by_text_messages(tmp_path: Path) -> None:
    """Somebody mistypes, goes back and changes an answer, the server is started again in the middle, and another person
    writes at the same time: an embedder's channel stands all of it with what the engine and the conversation give."""
    book: dict[str, str] = {}
    engine = await process(tmp_path)
    sms = Texting(engine, "passport", book)
    assert await sms.receive(ANN, "Hello") == "Full name"
    assert await sms.receive(BOB, "hi") == "Full name"
    assert await sms.receive(ANN, "Ann") == "Date of birth\nFor example 27 3 1985"
    assert await sms.receive(ANN, "31 2 1985") == (
        "Your answer to “Date of birth” must be a real date, like 27 3 1985\nDate of birth\nFor example 27 3 1985"
    )
    assert await sms.receive(ANN, "27 3 1985") == "Email address (optional)"
    assert await sms.receive(ANN, "") == "Reason\n  1  new\n  2  lost\n  3  It ran out"
    assert await sms.receive(BOB, "Bob") == "Date of birth\nFor example 27 3 1985"
    assert await sms.receive(ANN, "2") == "Where did you lose it?"

    await engine.close()
    await engine.store.close()
    engine = await process(tmp_path)
    sms = Texting(engine, "passport", book)
    assert await sms.receive(ANN, ":again") == "Where did you lose it?"
    assert await sms.receive(ANN, ":back") == "Full name"
    assert await sms.receive(ANN, "Anna") == "Date of birth\nFor example 27 3 1985"
    assert await sms.receive(ANN, "") == "Email address (optional)"
    assert await sms.receive(ANN, "anna@example.org") == "Where did you lose it?"
    review = await sms.receive(ANN, "On the train")
    assert review.splitlines() == [
        "Check your answers",
        "Full name: Anna",
        "Date of birth: 27 March 1985",
        "Email address: anna@example.org",
        "Reason: lost",
        "Where did you lose it?: On the train",
        "Send any text to go on.",
    ]
    assert await sms.receive(ANN, "yes") == "Application complete. Thank you, Anna."
    assert await sms.receive(ANN, ":back") == (
        "The run is completed. It can't be changed any more; start a new one.\nApplication complete. Thank you, Anna."
    )

    ann, bob = await engine.load(book[ANN]), await engine.load(book[BOB])
    assert (ann.status, ann.answers["reason"]) == (RunStatus.COMPLETED, {"why": "lost", "where": "On the train"})
    assert (bob.status, bob.step, bob.answers) == (RunStatus.WAITING, "applicant", {})
    await engine.close()
    await engine.store.close()


def test_it_needs_nothing_that_channels_of_wizards_own_dont() -> None:
    """What it had to take from the machine, or from a node, would break with the next version."""
    tree = ast.parse(Path(texting.__file__).read_text())
    used = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module is not None}
    assert {module for module in used if module.startswith("wizard")} == {
        "wizard.channels.conversation.questions",
        "wizard.engine",
        "wizard.engine.view",
        "wizard.errors",
        "wizard.locale.words",
        "wizard.model",
    }
