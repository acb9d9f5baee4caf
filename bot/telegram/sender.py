"""The outbox of the Telegram channel: sends what was committed, in order in each chat, and marks it sent.

A chat that must wait (429) waits alone. What cannot be delivered for a reason that will not change (blocked, refused)
is marked so and left; what may pass later (5xx, time-out) is tried again with a growing pause. What a person who took
the conversation over withdrew meanwhile is not sent any more.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from telegram import Bot, InputFile
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.assistant import Assistant
from bot.messages import BotMessage, Progress
from bot.telegram import standing
from bot.telegram.incoming import CHANNEL
from bot.telegram.keyboards import keyboard_buttons
from bot.telegram.outgoing import (
    ApiCall,
    asks_contact,
    progress_call,
    render,
    text_arguments,
    without_reply_keyboard,
)

log = structlog.get_logger(__name__)

MESSAGES_PER_SECOND = 30.0
"""Telegram's limit over all chats of a bot."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 60.0
TOKEN_REFUSED = "Vérifiez CONNECTEUR_TELEGRAM_TOKEN auprès de @BotFather. Le reste du serveur continue."  # noqa: S105
"""Said in the log when the token was revoked; python-telegram-bot's own words may hold the token."""
PROGRESS_FROM = 3
"""Questions from which on it is worth telling how far one is."""


Stands = Callable[[], Awaitable[bool]]
"""Whether something that is tried again is still to be sent."""


class Pace:
    """At most `rate` sends a second of all processes: each send waits for its turn.

    `take(count, gap in seconds)` takes turns among the processes and says in how many seconds the first one is. Those
    of all who wait here are taken at once, at most a second of them.
    """

    def __init__(
        self, take: Callable[[int, float], Awaitable[float]], rate: float = MESSAGES_PER_SECOND
    ) -> None:
        self._take = take
        self._gap = 1.0 / rate
        self._most = max(1, int(rate))
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._giver: asyncio.Task[None] | None = None

    async def turn(self) -> None:
        """Wait until one more message may leave.

        Raises:
            StoreUnavailableError: the turns cannot be taken; nothing may be sent.
        """
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        if self._giver is None:
            self._giver = asyncio.create_task(self._give())
        await mine

    async def _give(self) -> None:
        try:
            while self._waiting:
                count = min(len(self._waiting), self._most)
                first = await self._take(count, self._gap) + time.monotonic()
                for number in range(count):
                    if (wait := first + number * self._gap - time.monotonic()) > 0:
                        await asyncio.sleep(wait)
                    turn = self._waiting.popleft()
                    if not turn.done():  # who waited for it may be gone
                        turn.set_result(None)
        except Exception as error:
            while self._waiting:
                if not (turn := self._waiting.popleft()).done():
                    turn.set_exception(error)
        finally:
            self._giver = None


class Withdrawn(Exception):
    """What was to be said is not to be said any more. Never leaves this module."""


class Sender:
    """Sends the committed bubbles of each chat; one task a chat at a time."""

    def __init__(self, assistant: Assistant, bot: Bot, rate: float = MESSAGES_PER_SECOND) -> None:
        self._assistant = assistant
        self._bot = bot
        self._pace = Pace(lambda count, gap_s: assistant.mailbox.take_turns(CHANNEL, count, gap_s), rate)
        self._chats: dict[str, asyncio.Lock] = {}

    async def flush(self, sender: str) -> None:
        """Send all that is committed and not yet sent for this chat, in order; returns when nothing is left."""
        lock = self._chats.setdefault(sender, asyncio.Lock())
        async with lock:
            while messages := await self._assistant.mailbox.unsent(CHANNEL, sender):
                state = await self._assistant.mailbox.channel_state(CHANNEL, sender)
                for message in messages:
                    if not await self._assistant.mailbox.is_unsent(message.id):
                        continue  # withdrawn since
                    if not await self._send(sender, message, state):
                        return
        if not lock.locked():
            self._chats.pop(sender, None)

    async def say(self, sender: str, text: str) -> None:
        """Say a line of the channel's own; it is tried again as a reply is, while this update is handled.

        Raises:
            InvalidToken: the token was revoked; the update is handled again.
        """

        async def is_bot_still_speaking() -> bool:
            return not await self._assistant.is_silent(CHANNEL, sender)

        try:
            call = ApiCall("sendMessage", text_arguments(int(sender), text))
            await self._perform(call, is_bot_still_speaking)
        except Withdrawn:
            return
        except Forbidden:
            await self._assistant.mailbox.mark_blocked(CHANNEL, sender, True)
            log.info("telegram_blocked")
        except (BadRequest, ChatMigrated) as error:
            log.info("telegram_note_not_sent", error=error.message)

    async def waits_for_contact(self, sender: str) -> bool:
        """Whether the phone shows the button by which the owner's number is sent."""
        state = await self._assistant.mailbox.channel_state(CHANNEL, sender)
        return bool(state.get("contact_keyboard"))

    async def _send(self, sender: str, message: BotMessage, state: dict[str, Any]) -> bool:
        """Send one bubble; False when this chat takes nothing any more. `state`: what is kept of the chat."""

        async def is_still_due() -> bool:
            return await self._assistant.mailbox.is_unsent(message.id)

        question_id = message.question.id if message.question is not None else ""
        shown_in: int | None = None
        try:
            if message.progress is not None:
                await self._show_progress(sender, message.progress, state, is_still_due)
            calls = render(
                message, int(sender), keyboard_buttons(message, standing.ticked(state, question_id))
            )
            plain_calls = None
            if asks_contact(message):
                # Noted before it shows: after a crash it is taken away all the same.
                await self._keep(sender, state, contact_keyboard=True)
            elif state.get("contact_keyboard"):
                plain_calls = without_reply_keyboard(calls)
            for call in plain_calls or calls:
                try:
                    sent = await self._perform(call, is_still_due)
                    if "inline_keyboard" in (call.arguments.get("reply_markup") or {}):
                        shown_in = sent.message_id
                except BadRequest as error:
                    # It would be refused again for ever: said in the log, and the next bubble goes on.
                    log.error("telegram_refused", message=message.id, error=error.message)
            if plain_calls is not None:
                await self._keep(sender, state, contact_keyboard=False)
        except Forbidden:
            await self._assistant.mailbox.mark_blocked(CHANNEL, sender, True)
            log.info("telegram_blocked")
            return False
        except Withdrawn:
            return True
        await self._assistant.mailbox.mark_sent([message.id])
        if question_id and shown_in is not None:
            await self._put_once(sender, question_id, shown_in, state)
        return True

    async def _keep(self, sender: str, state: dict[str, Any], **changes: Any) -> None:
        state.update(changes)
        await self._assistant.mailbox.keep_channel_state(CHANNEL, sender, state)

    async def _put_once(self, sender: str, question_id: str, shown_in: int, state: dict[str, Any]) -> None:
        """The buttons of a question stand under its newest message; those above would be the same once more.

        Where they cannot be taken away now they stay: pressed, they answer the same question.
        """
        above = standing.stands_in(state, question_id)
        await self._keep(sender, state, **standing.put(state, question_id, shown_in))
        if above is None:
            return
        await self._pace.turn()
        try:
            await self._bot.edit_message_reply_markup(chat_id=int(sender), message_id=above)
        except TelegramError as error:
            log.info("telegram_keyboard_not_changed", error=type(error).__name__)

    async def _show_progress(
        self, sender: str, progress: Progress, state: dict[str, Any], is_still_due: Stands
    ) -> None:
        """One message tells how far the diagnosis is: it is changed as it goes on, not said again."""
        if progress.total < PROGRESS_FROM:
            return
        kept: tuple[int | None, int, int] = state.get("progress") or (None, 0, 0)
        shown_in, current, total = kept
        if (current, total) == (progress.current, progress.total):
            return
        begins_anew = progress.current == 1 and current > 2
        is_shown = (
            shown_in is not None
            and not begins_anew
            and await self._perform_change(progress_call(progress, int(sender), shown_in), is_still_due)
        )
        if not is_shown:
            shown_in = (await self._perform(progress_call(progress, int(sender)), is_still_due)).message_id
        await self._keep(sender, state, progress=[shown_in, progress.current, progress.total])

    async def _perform_change(self, call: ApiCall, is_still_due: Stands) -> bool:
        """False when the message cannot be changed any more: the owner deleted it, or it is too old."""
        try:
            await self._perform(call, is_still_due)
        except BadRequest as error:
            return "not modified" in error.message
        return True

    async def _perform(self, call: ApiCall, is_still_due: Stands) -> Any:
        """Make a call, as often as it takes; before each time but the first it is asked whether it is still due.

        Raises:
            Withdrawn: it is not due any more.
            BadRequest: it is refused as it is.
            ChatMigrated: the group has another id now.
            Forbidden: the owner blocked the bot.
            InvalidToken: the token was revoked.
        """
        pause = FIRST_PAUSE_S
        while True:
            await self._pace.turn()
            try:
                return await perform(self._bot, call)
            except (BadRequest, ChatMigrated, Forbidden, InvalidToken):
                raise
            except TelegramError as error:
                log.warning("telegram_send_again", error=type(error).__name__, pause_s=pause)
                await asyncio.sleep(pause_after(error, pause))
                pause = pause if isinstance(error, RetryAfter) else longer(pause)
                if not await is_still_due():
                    raise Withdrawn from error


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
    }
    return await methods[call.method](**call.arguments, **files)


def pause_after(error: Exception, pause: float) -> float:
    """How long to wait before a call is made again: what the Bot API asks for, else `pause`."""
    if not isinstance(error, RetryAfter):
        return pause
    wait: Any = error.retry_after  # a number, or a timedelta from python-telegram-bot's next version on
    return float(wait.total_seconds()) if hasattr(wait, "total_seconds") else float(wait)


def longer(pause: float) -> float:
    """The pause after this one."""
    return min(pause * 2, LONGEST_PAUSE_S)
