"""The way in by polling, for a server without a public address."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

import orjson
import structlog
from telegram import Bot
from telegram.error import InvalidToken, TelegramError
from telegram.request import BaseRequest

from bot.errors import StoreError
from bot.telegram.channel import TelegramChannel
from bot.telegram.incoming import UPDATES
from bot.telegram.sender import TOKEN_REFUSED, longer, pause_after

log = structlog.get_logger(__name__)

POLL_S = 25
FIRST_PAUSE_S = 1.0


async def poll(bot: Bot, request: BaseRequest, channel: TelegramChannel) -> None:
    """Fetch updates for ever; each is stored before its successor is asked for, which acknowledges it.

    They are taken as they are: python-telegram-bot's own `get_updates` fails as a whole where one of them is
    malformed. A revoked token ends the polling with a clear line in the log; the rest of the server lives on.
    """
    offset, pause, has_webhook = 0, FIRST_PAUSE_S, True
    while True:
        try:
            if has_webhook:
                await bot.delete_webhook()
                has_webhook = False
            found, before = await _fetch(bot, request, offset), offset
            for update in found:
                await channel.take(update)
                offset = _after(update, offset)
            pause = FIRST_PAUSE_S
            if found and offset == before:  # nothing that could be acknowledged
                await asyncio.sleep(pause)
        except InvalidToken:
            log.error("telegram_token_refused", cure=TOKEN_REFUSED)
            return
        except (TelegramError, StoreError) as error:
            log.warning("telegram_polling_failed", error=type(error).__name__, pause_s=pause)
            await asyncio.sleep(pause_after(error, pause))
            pause = longer(pause)
        except Exception:
            log.exception("telegram_polling_failed", pause_s=pause)
            await asyncio.sleep(pause)
            pause = longer(pause)


async def _fetch(bot: Bot, request: BaseRequest, offset: int) -> list[Any]:
    asked = {"offset": offset, "timeout": POLL_S, "allowed_updates": orjson.dumps(UPDATES).decode()}
    found = await request.post(f"{bot.base_url}/getUpdates?{urlencode(asked)}", read_timeout=POLL_S + 15)
    return found if isinstance(found, list) else []


def _after(update: Any, offset: int) -> int:
    id_ = update.get("update_id") if isinstance(update, dict) else None
    return max(offset, id_ + 1) if isinstance(id_, int) else offset
