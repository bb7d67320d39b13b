"""Prints what a turn costs beside the floor, and each budget with what is measured."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.along import along
from tests.bench.cases import counting, loop
from tests.bench.chat import chatted
from tests.bench.pages import Pages, pages, weight
from tests.bench.postgres import AT_ONCE, measured
from tests.bench.served import served
from tests.bench.turns import Growth, Timing, growth, in_memory, layers, references, with_sqlite
from wizard.server import quiet_collector
from wizard.stores.memory import MemoryStore
from wizard.stores.sqlite import SqliteStore

ROUNDS = 3  # of each load; the median counts


def row(name: str, value: str, budget: str = "", met: bool | None = None) -> None:
    verdict = "" if met is None else ("met" if met else "MISSED")
    print(f"  {name:<58}{value:>22}  {budget:<24}{verdict}")


def shown(timing: Timing) -> str:
    return f"{timing.median:.0f} us"


async def main() -> None:
    quiet_collector()  # as `wizard serve` does; it serves the floor as well
    with TemporaryDirectory(dir=Path.cwd()) as name:
        folder = Path(name)
        await _in_process(folder)
        await _served(folder)
        await _chats(folder)
        await _pages(folder)
        await _weight(folder)
        await _growth(folder)
        await _along()
        await _postgres()
        await _layers()


async def _chats(folder: Path) -> None:
    print("\nConversations: messages, each answered with the next question")
    for conversations, sockets in ((1, True), (1, False), (200, True), (200, False)):
        found = await chatted(folder, conversations, sockets=sockets)
        over = "WebSocket" if sockets else "JSON"
        times = f"{found.median:.1f} and {found.late:.1f} ms"
        row(f"{conversations} over {over}: a second; median and 99 %", f"{found.a_second:.0f}; {times}")


async def _in_process(folder: Path) -> None:
    print("\nIn process: one next of a three-field form (median)")
    reference = await references()
    for what, micro in reference.items():
        row(what, f"{micro:.1f} us")
    scale = reference["a trigger of transitions"] / 7
    memory = await in_memory()
    row("in memory", shown(memory))
    scaled = memory.median / scale
    row("in memory, on a machine with a 7 us trigger", f"{scaled:.0f} us", "at most 80 us", scaled <= 80)
    ours, raw = await with_sqlite(folder)
    row("a raw SQLite transaction, synchronous=FULL", shown(raw))
    row("with SQLite, synchronous=FULL", shown(ours))
    ratio = ours.median / raw.median
    row("with SQLite, to the raw transaction", f"{ratio:.2f}", "at most 1.6", ratio <= 1.6)


async def _served(folder: Path) -> None:
    print("\nServed by aiohttp, the load from a second process (requests a second, median)")
    for connections, requests in ((1, 1800), (16, 5760)):
        rounds = []
        for number in range(ROUNDS):
            place = folder / f"{connections}-{number}"
            place.mkdir()
            rounds.append(await served(place, connections, requests))
        failed = sum(each.floor.failed + each.page.failed + each.json.failed for each in rounds)
        ratios = sorted(each.json.rate / each.floor.rate for each in rounds)
        middle = sorted(rounds, key=lambda each: each.json.rate)[ROUNDS // 2]
        plural = "connection" if connections == 1 else "connections"
        row(f"bare page, {connections} {plural}", f"{middle.page.rate:.0f}/s")
        row(f"floor: a durable turn, {connections} {plural}", f"{middle.floor.rate:.0f}/s")
        row(f"JSON next, {connections} {plural}", f"{middle.json.rate:.0f}/s")
        ratio = ratios[ROUNDS // 2]
        budget = "at least 0.75" if connections == 16 else ""
        row(
            f"JSON next to the floor, {connections} {plural}", f"{ratio:.2f}", budget, ratio >= 0.75 if budget else None
        )
        if failed:
            sys.exit(f"{failed} requests failed: the figures mean nothing")


async def _pages(folder: Path) -> None:
    print("\nWeb pages: durable submissions (POST, 303, GET of the next page) a second (median)")
    for connections, submissions in ((1, 900), (16, 2880)):
        rounds: list[Pages] = []
        for number in range(ROUNDS):
            place = folder / f"pages-{connections}-{number}"
            place.mkdir()
            rounds.append(await pages(place, connections, submissions))
        if failed := sum(each.floor.failed + each.pages.failed for each in rounds):
            sys.exit(f"{failed} requests failed: the figures mean nothing")
        middle = sorted(rounds, key=lambda each: each.pages.rate / each.floor.rate)[ROUNDS // 2]
        plural = "connection" if connections == 1 else "connections"
        row(f"floor: a durable turn, {connections} {plural}", f"{middle.floor.rate:.0f}/s")
        row(f"submissions, {connections} {plural}", f"{middle.pages.rate:.0f}/s")
        ratio = middle.pages.rate / middle.floor.rate
        row(f"submissions to the floor, {connections} {plural}", f"{ratio:.2f}", "at least 0.5", ratio >= 0.5)


async def _weight(folder: Path) -> None:
    print("\nA page of three fields, as a browser gets it")
    found = await weight(folder)
    row("the page", f"{found.page} bytes")
    row("the page, compressed", f"{found.page_zipped} bytes", "" if found.is_zipped else "not served so")
    row("its style", f"{found.style} bytes")
    row("its style, compressed", f"{found.style_zipped} bytes")
    row("its script", f"{found.script} bytes")
    row("its script, compressed", f"{found.script_zipped} bytes")
    row("requests for the first page, and for each further one", f"{found.first} and {found.further}")
    shifts = "no browser" if found.shifts is None else f"{len(found.shifts)} shifts"
    row("layout shifts while pages load", shifts, "none", None if found.shifts is None else not found.shifts)
    for each in found.shifts or ():
        print(f"    {each}")


async def _growth(folder: Path) -> None:
    print("\nAlong a run: a next at step 10 and at step 1,000 (median)")
    _show_growth("in memory", await growth(MemoryStore(), loop()))
    _show_growth("in memory, a field counted", await growth(MemoryStore(), counting()))
    store = SqliteStore(folder / "growth.sqlite")
    await store.open()
    try:
        _show_growth("with SQLite", await growth(store, loop()))
    finally:
        await store.close()


async def _along() -> None:
    print("\nAlong a run, served: at step 10 (or 300) and at step 1,000 (median)")
    for name, found in (await along()).items():
        row(f"{name}: time", f"{found.early:.0f} and {found.late:.0f} us")
        row(f"{name}: time, late to early", f"{found.ratio:.2f}", "at most 1.2", found.ratio <= 1.2)
        grown = found.late_bytes / found.early_bytes
        row(
            f"{name}: bytes answered",
            f"{found.early_bytes:.0f} and {found.late_bytes:.0f}",
            "at most 1.2",
            grown <= 1.2,
        )


def _show_growth(name: str, found: Growth) -> None:
    ratio = found.late.median / found.early.median
    row(f"{name}: time", f"{found.early.median:.0f} and {found.late.median:.0f} us")
    row(f"{name}: time, 1,000 to 10", f"{ratio:.2f}", "at most 1.2", ratio <= 1.2)
    bytes_ratio = found.late_bytes / found.early_bytes
    row(
        f"{name}: bytes written",
        f"{found.early_bytes:.0f} and {found.late_bytes:.0f}",
        "at most 1.2",
        bytes_ratio <= 1.2,
    )


async def _postgres() -> None:
    print(f"\nWith PostgreSQL, synchronous_commit=on, {AT_ONCE} at a time (turns a second, median)")
    found = await measured()
    rates = found.rates
    row("a bare compare-and-swap transaction", f"{rates.bare:.0f}/s")
    row("a turn's commit", f"{rates.commit:.0f}/s")
    row(
        "a turn's commit, to the bare transaction",
        f"{rates.commit_ratio:.2f}",
        "at least 0.7",
        rates.commit_ratio >= 0.7,
    )
    row("next of a three-field form", f"{rates.engine:.0f}/s")
    row("next, to the bare transaction", f"{rates.engine_ratio:.2f}", "at least 0.7", rates.engine_ratio >= 0.7)
    row("next, one process and two on one database", f"{found.one:.0f}/s and {found.two:.0f}/s")
    _show_growth("with PostgreSQL", found.growth)


async def _layers() -> None:
    print("\nOne next by layer, each alone (median)")
    for name, micro in (await layers()).items():
        row(name, f"{micro:.1f} us")


if __name__ == "__main__":
    asyncio.run(main())
