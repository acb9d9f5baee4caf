from __future__ import annotations

import asyncio
import time

import pytest

from bot.errors import StoreUnavailableError
from bot.telegram.sender import Pace


class Turns:
    """Turns of one process alone; `batches` are the counts that were taken."""

    def __init__(self) -> None:
        self.free_at = 0.0
        self.batches: list[int] = []

    async def take(self, count: int, gap_s: float) -> float:
        self.batches.append(count)
        now = time.monotonic()
        first = max(self.free_at, now)
        self.free_at = first + count * gap_s
        return first - now


async def test_no_more_messages_leave_in_a_second_than_telegram_takes() -> None:
    turns = Turns()
    pace, sent = Pace(turns.take, rate=50.0), []

    async def chat() -> None:
        for _ in range(4):
            await pace.turn()
            sent.append(time.monotonic())

    await asyncio.gather(*(chat() for _ in range(5)))
    assert len(sent) == 20
    # 20 messages have 19 gaps of a fiftieth of a second between them; waiting longer is no fault.
    assert sent[-1] - sent[0] >= 19 / 50 * 0.95
    # Those who wait together are asked for together.
    assert sum(turns.batches) == 20
    assert len(turns.batches) <= 8


async def test_who_gave_up_waiting_holds_nobody_up() -> None:
    pace = Pace(Turns().take, rate=20.0)
    waiting = [asyncio.create_task(pace.turn()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.wait_for(asyncio.gather(waiting[0], waiting[2]), 2)


async def test_nothing_leaves_while_turns_cannot_be_taken() -> None:
    async def take(count: int, gap_s: float) -> float:
        raise StoreUnavailableError("La base ne répond pas.")

    pace = Pace(take)
    for _ in range(2):
        with pytest.raises(StoreUnavailableError):
            await pace.turn()
