"""The outbox of the Telegram channel: sends what was committed, in order in each chat, and marks it sent.

A chat that must wait (429) waits alone. What cannot be delivered for a reason that will not change (blocked, refused)
is marked so and left; what may pass later (5xx, time-out) is tried again with a growing pause.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from telegram import Bot, InputFile
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.assistant import Assistant
from bot.messages import BotMessage
from bot.telegram.incoming import CHANNEL
from bot.telegram.keyboards import keyboard_buttons
from bot.telegram.outgoing import ApiCall, render

log = structlog.get_logger(__name__)

MESSAGES_PER_SECOND = 30.0
"""Telegram's limit over all chats of a bot."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0


class Pace:
    """At most `rate` sends a second in all: each send waits for its turn."""

    def __init__(self, rate: float = MESSAGES_PER_SECOND) -> None:
        self._gap = 1.0 / rate
        self._next = 0.0

    async def turn(self) -> None:
        """Wait until one more message may leave."""
        now = time.monotonic()
        self._next = max(self._next + self._gap, now)
        if (wait := self._next - now) > 0:
            await asyncio.sleep(wait)


class Sender:
    """Sends the committed bubbles of each chat; one task a chat at a time."""

    def __init__(self, assistant: Assistant, bot: Bot, rate: float = MESSAGES_PER_SECOND) -> None:
        self._assistant = assistant
        self._bot = bot
        self._pace = Pace(rate)
        self._chats: dict[str, asyncio.Lock] = {}

    async def flush(self, sender: str) -> None:
        """Send all that is committed and not yet sent for this chat, in order; returns when nothing is left."""
        lock = self._chats.setdefault(sender, asyncio.Lock())
        async with lock:
            while messages := await self._assistant.mailbox.unsent(CHANNEL, sender):
                for message in messages:
                    if not await self._send(sender, message):
                        return
        if not lock.locked():
            self._chats.pop(sender, None)

    async def _send(self, sender: str, message: BotMessage) -> bool:
        """Send one bubble; False when this chat takes nothing any more."""
        pause = FIRST_PAUSE_S
        calls = render(message, int(sender), keyboard_buttons(message))
        done = 0
        while done < len(calls):
            await self._pace.turn()
            try:
                await perform(self._bot, calls[done])
                done += 1
            except RetryAfter as error:
                await asyncio.sleep(seconds(error.retry_after))
            except Forbidden:
                await self._assistant.mailbox.mark_blocked(CHANNEL, sender, True)
                log.info("telegram_blocked")
                return False
            except InvalidToken:
                raise
            except BadRequest as error:
                # It would be refused again for ever: said in the log, and the next bubble goes on.
                log.error("telegram_refused", message=message.id, error=error.message)
                done += 1
            except (NetworkError, TelegramError) as error:
                log.warning("telegram_send_again", error=type(error).__name__, pause_s=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_S)
        await self._assistant.mailbox.mark_sent([message.id])
        return True


async def perform(bot: Bot, call: ApiCall) -> Any:
    """Make one call of the Bot API through python-telegram-bot."""
    files = {
        name: InputFile(content, filename=filename, attach=True)
        for name, (filename, content, _media_type) in call.files.items()
    }
    methods: dict[str, Callable[..., Awaitable[Any]]] = {
        "sendMessage": bot.send_message,
        "sendPhoto": bot.send_photo,
        "sendDocument": bot.send_document,
        "editMessageText": bot.edit_message_text,
        "editMessageReplyMarkup": bot.edit_message_reply_markup,
    }
    return await methods[call.method](**call.arguments, **files)


def seconds(value: Any) -> float:
    """A pause as python-telegram-bot gives it (a number, or a timedelta from its next version on)."""
    return float(value.total_seconds()) if hasattr(value, "total_seconds") else float(value)
