"""A whole turn in the process: text in, replies committed to SQLite with `synchronous=FULL`.

Over 1,000 mixed turns on the shipped project (p50, p95), and one long conversation (the 5,000th event against the
50th). Without the shipped project's dialogues the small project of `tests/fakes.py` stands in, and says so.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from bot.bootstrap import running_assistant, settle_memory
from bot.errors import ContentError
from bot.project import find
from bot.settings import Settings
from tests.fakes import WORDS, WordReader, says, small_project

TURNS = 1_000
LONG_EVENTS = 5_000
OWNERS = 40
SHIPPED_TEXTS = (
    "bonjour",
    "je tiens une boulangerie à Rennes, on est 5, je veux pas vendre en ligne mais être trouvé sur internet",
    "oui",
    "un état des lieux rapide",
    "on a une page facebook c'est tout",
    "je ne sais pas",
    "c'est quoi le cloud ?",
    "pourquoi cette question ?",
    "passer",
    "non",
    "à la main",
    "deux fois par semaine",
    "où j'en suis ?",
    "oui, parfois",
    "quelles aides pour mon entreprise ?",
    "je préfère parler à quelqu'un",
)
SMALL_TEXTS = ("bonjour", "diagnostic", "une page", "plusieurs", "rappel", "diagnostic", "plusieurs bulles")


def main() -> None:
    asyncio.run(_measure())


async def _measure() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project, texts, is_small = _project(Path(folder))
        settings = Settings(database_url=f"sqlite:///{folder}/bench.sqlite", log_level="critical")
        started = time.perf_counter()
        async with running_assistant(settings, project) as assistant:
            print(f"start               {time.perf_counter() - started:6.2f} s")
            settle_memory()
            if is_small:
                assistant._turns.reader = WordReader(WORDS)
                print("(small project: the shipped one has no dialogues yet; nothing is read by spaCy)")
            await _turns(assistant, texts, 100, "warm")
            parts: dict[str, float] = {}
            _time_reading(assistant, parts)
            busy = time.process_time()
            times = await _turns(assistant, texts, TURNS, "owner")
            busy = time.process_time() - busy
            _print("1,000 mixed turns", times)
            print(
                f"  processor time    {busy / TURNS * 1000:6.2f} ms a turn, marking the replies as sent included"
            )
            print(f"  of it reading     {parts['reading'] / TURNS * 1000:6.2f} ms a turn")
            await _long(assistant, texts)
            print(
                f"resident            {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:6.0f} MB at most"
            )


def _project(folder: Path) -> tuple[Path | None, tuple[str, ...], bool]:
    try:
        find(None)
    except ContentError:
        return small_project(folder / "project"), SMALL_TEXTS, True
    return None, SHIPPED_TEXTS, False


def _time_reading(assistant: Any, parts: dict[str, float]) -> None:
    reader, read = assistant._turns.reader, assistant._turns.reader.read
    parts["reading"] = 0.0

    class Timed:
        def read(self, text: str, question: Any) -> Any:
            started = time.perf_counter()
            try:
                return read(text, question)
            finally:
                parts["reading"] += time.perf_counter() - started

    assistant._turns.reader = Timed()
    del reader


async def _turns(assistant: Any, texts: tuple[str, ...], count: int, prefix: str) -> list[float]:
    times = []
    for number in range(count):
        owner = f"{prefix}-{number // (len(texts)) % OWNERS}"
        message = says(texts[number % len(texts)], sender=owner)
        started = time.perf_counter()
        replies = await assistant.handle(message)
        times.append(time.perf_counter() - started)
        await assistant.mailbox.mark_sent([reply.id for reply in replies])
    return times


async def _long(assistant: Any, texts: tuple[str, ...]) -> None:
    """One conversation, the same turn again and again, timed around its 50th and its 5,000th event."""
    early: list[float] = []
    late: list[float] = []
    events = 0
    number = 0
    sender = "long"
    round_ = ("bonjour", texts[-1], texts[1])
    while events < LONG_EVENTS + 300:
        message = says(round_[number % len(round_)], sender=sender)
        started = time.perf_counter()
        replies = await assistant.handle(message)
        spent = time.perf_counter() - started
        await assistant.mailbox.mark_sent([reply.id for reply in replies])
        number += 1
        if number % 20 == 0 or events < 400:
            events = len(await assistant.log.events_of("rest", sender))
        if 50 <= events < 350:
            early.append(spent)
        elif events >= LONG_EVENTS:
            late.append(spent)
    ratio = statistics.median(late) / statistics.median(early)
    print(
        f"event 50 → 5,000    {statistics.median(early) * 1000:6.2f} ms → {statistics.median(late) * 1000:.2f} ms,"
        f" ratio {ratio:.2f}"
    )


def _print(name: str, times: list[float]) -> None:
    ordered = sorted(times)
    p50, p95 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
    print(f"{name:19} p50 {p50 * 1000:6.2f} ms, p95 {p95 * 1000:6.2f} ms, worst {ordered[-1] * 1000:.1f} ms")


if __name__ == "__main__":
    main()
