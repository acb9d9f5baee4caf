from __future__ import annotations

import asyncio
import time

from bot.telegram.sender import Pace


async def test_no_more_messages_leave_in_a_second_than_telegram_takes() -> None:
    pace, sent = Pace(rate=50.0), []

    async def chat() -> None:
        for _ in range(4):
            await pace.turn()
            sent.append(time.monotonic())

    await asyncio.gather(*(chat() for _ in range(5)))
    assert len(sent) == 20
    # 20 messages have 19 gaps of a fiftieth of a second between them; waiting longer is no fault.
    assert sent[-1] - sent[0] >= 19 / 50 * 0.95
