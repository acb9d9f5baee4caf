"""The way in by polling, for a server without a public address."""

from __future__ import annotations

import asyncio

import structlog
from telegram import Bot
from telegram.error import InvalidToken, RetryAfter, TelegramError

from bot.telegram.channel import TelegramChannel
from bot.telegram.sender import TOKEN_REFUSED, seconds

log = structlog.get_logger(__name__)

POLL_S = 25
LONGEST_PAUSE_S = 60.0


async def poll(bot: Bot, channel: TelegramChannel) -> None:
    """Fetch updates for ever; each is stored before its successor is asked for, which acknowledges it.

    A revoked token ends the polling with a clear line in the log; the rest of the server lives on.
    """
    offset, pause = 0, 1.0
    try:
        await bot.delete_webhook()
    except TelegramError as error:
        log.warning("telegram_delete_webhook_failed", error=type(error).__name__)
    while True:
        try:
            updates = await bot.get_updates(offset=offset, timeout=POLL_S, allowed_updates=None)
            pause = 1.0
        except InvalidToken:
            log.error("telegram_token_refused", cure=TOKEN_REFUSED)
            return
        except RetryAfter as error:
            await asyncio.sleep(seconds(error.retry_after))
            continue
        except TelegramError as error:
            log.warning("telegram_polling_failed", error=type(error).__name__, pause_s=pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)
            continue
        for update in updates:
            await channel.take(update.to_dict())
            offset = update.update_id + 1
