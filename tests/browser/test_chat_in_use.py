"""What a chat is like to use: texts with looks, several choices, files that are dragged, fail, are sent again and
changed; two tabs, Back and Forward; large letters, few colours."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser

from tests.browser.audits import has_no_barriers
from tests.browser.conftest import Opens
from tests.browser.person import Person
from tests.browser.site import Site, a_site
from tests.browser.talker import IN, TALKS, WRITE, Talker, forgets, opened, run_of

# A file of so many bytes that is dragged from the desktop and dropped on the chat.
DROP = f"""((name, bytes) => {{
  const carried = new DataTransfer();
  carried.items.add(new File(["x".repeat(bytes)], name, {{ type: "application/pdf" }}));
  const log = {IN}.querySelector(".log");
  const told = ["dragover", "drop"].map((type) => {{
    const event = new DragEvent(type, {{ dataTransfer: carried, bubbles: true, cancelable: true, composed: true }});
    log.dispatchEvent(event);
    return event.defaultPrevented && !{IN}.querySelector(".drop").hidden;
  }});
  return told[0];
}})"""

# What is cut off or sticks out in the chat itself, whose box hides that.
WIDER = f"""[...{IN}.querySelectorAll(".chat, .head, .log, .row, .bubble, .choices, .panel, .composer, .line, .menu")]
  .filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.className)"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def forms(browser: Browser) -> AsyncIterator[Site]:
    async with a_site(TALKS) as site:
        yield site


async def html_of_last(person: Person) -> str:
    return str(await person.page.locator(".engine .text").last.inner_html())


async def to_the_file(forms: Site, ann: Person) -> Talker:
    """In the workflow `papers`, with a name that looks like markup and two colours."""
    talker = await opened(ann, forms, "papers")
    await talker.says("**<b>Ann</b>**", "Which colours?")
    for colour in ("blue, or so", "green"):
        await talker.presses(colour)
    await talker.presses("Send")
    await talker.is_asked("Your passport")
    return talker


async def test_texts_have_looks_and_several_choices_go_together(forms: Site, ann: Person) -> None:
    """Bold, lists and links are an author's; a link leaves the chat open and tells the other site nothing. What
    somebody typed is shown as it is."""
    talker = await opened(ann, forms, "papers")
    text = ann.page.locator(".engine .text").first
    assert await text.locator("strong em").inner_text() == "terms"
    assert await text.locator("ul li").all_inner_texts() == ["one", "two"]
    link, own = await text.locator("a").all()
    kept = [await link.get_attribute(name) for name in ("href", "target", "rel")]
    assert kept == ["https://forms.example/terms", "_blank", "noopener noreferrer"]
    assert await own.get_attribute("href") == f"{forms.address}/terms?of=me"
    assert await link.evaluate("each => getComputedStyle(each).paddingInlineStart") == "0px"  # no gap before a link
    await has_no_barriers(ann)
    talker = await opened(await renewed(ann), forms, "papers")
    await talker.says("Ann", "Which colours?")
    green, red = (ann.page.get_by_role("button", name=name) for name in ("green", "red"))
    ground = "(button) => getComputedStyle(button).backgroundColor"
    await green.click()
    await red.hover()
    picked, hovered = await green.evaluate(ground), await red.evaluate(ground)
    assert picked != hovered  # the pointer rests where a button appears
    await green.hover()
    assert await green.evaluate(ground) == picked  # whose words are to be read on it
    talker = await to_the_file(forms, await renewed(ann))
    assert (await talker.heard())[-1] == "1, 2"  # a name with a comma would be two
    assert (await talker.looks())["choices"] == ["Choose a file"]
    await talker.says("back", "Which colours?")
    picked = await ann.page.locator(".choices [aria-pressed=true]").all_inner_texts()
    assert sorted(picked) == ["blue, or so", "green"]  # who adds one picks no other anew
    await talker.presses("green")
    await talker.presses("Send")
    await talker.is_asked("Your passport")


async def renewed(person: Person) -> Person:
    await forgets(person)
    return person


async def test_a_file_is_dropped_fails_is_sent_again_and_changed(forms: Site, ann: Person) -> None:
    """Whoever drags a file to the chat sees how far it is, can stop it, is told truly that it wasn't sent, and sends it
    again with one press; later they take another one. It is taken once."""
    talker = await opened(ann, forms, "papers")
    assert not await talker.evaluates(f"{DROP}('early.pdf', 10)")  # nobody asked for one, and the page stays
    await renewed(ann)
    talker = await to_the_file(forms, ann)
    slow = await ann.context.new_cdp_session(ann.page)
    await slow.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 100_000}
    await slow.send("Network.emulateNetworkConditions", limits)
    assert await talker.evaluates(f"{DROP}('pass.pdf', 600000)")
    await ann.page.locator(".state progress").wait_for()
    assert not (await talker.looks())["working"]  # nothing is being answered yet
    await talker.presses("Cancel")
    await talker.waits_until(lambda seen: not any("pass.pdf" in row["text"] for row in seen["rows"]))
    await slow.send("Network.emulateNetworkConditions", {**limits, "uploadThroughput": -1})
    await ann.page.route("**/messages?*", lambda route: route.abort())
    await talker.evaluates(f"{DROP}('pass.pdf', 60000)")
    seen = await talker.waits_until(lambda seen: seen["rows"][-1]["state"] == "failed")
    assert "Not sent." in seen["rows"][-1]["meta"]
    assert not seen["working"]
    await ann.page.unroute("**/messages?*")
    await talker.presses("Try again")
    await talker.is_asked("Your name")
    html = await html_of_last(ann)
    assert "Your name: <strong>**&lt;b&gt;Ann&lt;/b&gt;**</strong>" in html
    assert "<strong>green, blue, or so</strong>" in html
    await talker.presses("Change: pass.pdf")
    seen = await talker.is_asked("So far: pass.pdf")
    assert seen["choices"] == ["Choose a file", "Keep it"]
    await talker.evaluates(f"{DROP}('other.pdf', 100)")
    await talker.is_asked("other.pdf")
    assert [row["text"] for row in seen["rows"]].count("pass.pdf") == 1
    ann.noticed.clear()  # what was aborted above


async def test_two_tabs_and_back_and_forward(forms: Site, ann: Person) -> None:
    """Both tabs are in one conversation, and whoever goes elsewhere and back is still in it, without being asked."""
    talker = await opened(ann, forms)
    other = await ann.context.new_page()
    await other.goto(f"{forms.address}/c/visit")
    second = Talker(other.evaluate)
    await second.waits_until(lambda seen: "Continue" in seen["panel"])
    await second.presses("Continue")
    await second.writes("Ann")
    await second.is_asked("Which day?")
    await talker.is_asked("Which day?")
    await talker.says("27 March 2026", "Which colour?")
    await second.waits_until(lambda seen: seen["choices"] == ["green", "blue"])
    await talker.presses("blue")
    await second.is_asked("Your passport")
    assert await second.heard() == await talker.heard() == ["Ann", "27 March 2026", "blue"]
    await other.close()
    await ann.visits(f"{forms.address}/w/visit")
    await ann.browser_back()
    seen = await talker.is_asked("Your passport")
    assert seen["panel"] == ""
    await talker.presses("Skip")
    await talker.waits_until(lambda seen: "Start a new one" in seen["panel"])
    await ann.browser_forward()
    await ann.browser_back()
    await talker.waits_until(lambda seen: "Start a new one" in seen["panel"])
    assert (await talker.heard())[-1] == "Skip"


async def test_an_answer_is_for_the_question_that_it_was_begun_at(forms: Site, ann: Person) -> None:
    """Somebody types while another device answers the same question: their answer corrects it, and isn’t an answer to
    the question that is there by then. Who writes on at once, before the next question shows, answers that one."""
    talker = await opened(ann, forms)
    run_id = await run_of(talker)
    await ann.page.locator("wizard-chat #text").press_sequentially("An")
    await forms.engine.next(run_id, {"full_name": "Bo"}, partial=True)
    await talker.is_asked("Which day?")
    await talker.says("Ann", "Which day?")
    assert (await forms.engine.load(run_id)).current.fields[0].value == "Ann"
    await talker.evaluates(f"{WRITE}('27 March 2026'), {WRITE}('green')")
    await talker.is_asked("Your passport")
    assert (await forms.engine.load(run_id)).answers["you"]["colour"] == "green"


async def test_a_code_takes_the_conversation_from_one_browser_to_another(
    forms: Site, ann: Person, opens: Opens
) -> None:
    """Who began at a desk gets a code from the menu, and types it in the chat on the way. What only looks
    like one is an answer."""
    talker = await opened(ann, forms)
    await talker.says("Ann", "Which day?")
    await talker.presses("Continue on another device")
    told = (await talker.waits_until(lambda seen: "Type this code" in seen["rows"][-2]["text"]))["rows"][-2]["text"]
    bob = await opens()
    other = await opened(bob, forms)
    await other.says("continue 2345-6789", "Which day?")
    await other.writes(f"continue {told.rpartition(' ')[2].lower()}")
    await other.waits_until(
        lambda seen: [row["text"] for row in seen["rows"] if row["from"] == "person"][:1] == ["Ann"]
    )
    await other.says("27 March 2026", "Which colour?")
    await talker.is_asked("Which colour?")
    assert await run_of(other) == await run_of(talker)
    bob.noticed.clear()  # the code that is none
    await forgets(bob)


async def test_large_letters_and_few_colours(forms: Site, ann: Person) -> None:
    """Twice as large on a small screen nothing is cut off, nor where words are long; in a scheme of few colours bubbles
    and buttons have edges, and who speaks is told apart. Who is told much reads it from its beginning, and stays at the
    end once there."""
    await ann.page.set_viewport_size({"width": 320, "height": 568})
    talker = await to_the_file(forms, ann)
    await talker.says("x" * 200, "Your passport")
    assert await talker.evaluates(WIDER) == []
    await talker.says("help", "Your passport")
    asked = f"{IN}.querySelectorAll('.row.person')"
    assert await talker.evaluates(f"[...{asked}].at(-1).getBoundingClientRect().top > 60")
    at_end = "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight < 2)"
    at_end += f"({IN}.querySelector('.log'))"
    assert not await talker.evaluates(at_end)
    await ann.page.locator(".newer").click()
    await ann.page.set_viewport_size({"width": 320, "height": 400})  # a keyboard comes up
    await ann.page.evaluate("new Promise((then) => requestAnimationFrame(() => requestAnimationFrame(then)))")
    assert await talker.evaluates(at_end)
    await talker.says("help", "Your passport")
    assert await talker.evaluates(f"!{IN}.querySelector('.newer').hidden")
    await ann.page.set_viewport_size({"width": 640, "height": 1600})
    await ann.page.locator(".newer").wait_for(state="hidden")  # all of it is seen
    await ann.page.set_viewport_size({"width": 640, "height": 900})
    await talker.evaluates("document.documentElement.style.fontSize = '200%'")
    await ann.page.get_by_role("button", name="Menu").click()
    assert await talker.evaluates(WIDER) == []
    await ann.key("Escape")
    await ann.page.emulate_media(forced_colors="active", reduced_motion="reduce")
    edges = f"""[".engine .bubble", ".person .bubble", ".choices button", ".send"].map((each) =>
      parseFloat(getComputedStyle({IN}.querySelector(each)).borderTopWidth))"""
    engine, person, *buttons = await talker.evaluates(edges)
    assert 0 < engine < person
    assert all(buttons)
    await ann.page.emulate_media(forced_colors="none")
    await has_no_barriers(ann)
