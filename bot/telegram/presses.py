"""A pressed button: no spinner left, the choice stands in the message, and what the button says is said.

The spinner is stopped as soon as the press is stored, by the process that took it; all else waits for the chat's turn.
A button's short id is looked up in the store when its update is handled, in the chat's order. The ticks of a list are
kept in the store, so that any worker may take the next one. A press on an old keyboard answers the question that it
belonged to; where that cannot be, the owner is told that it is past.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import structlog
from telegram import Bot, LinkPreviewOptions
from telegram.error import BadRequest, Forbidden, RetryAfter, TelegramError

from bot.assistant import Assistant
from bot.errors import StoreError
from bot.messages import BotMessage, UserMessage
from bot.telegram import standing
from bot.telegram.incoming import CHANNEL, Press
from bot.telegram.keyboards import (
    ButtonId,
    keyboard_buttons,
    read_button_id,
    several_payload,
    several_titles,
)
from bot.telegram.outgoing import MAX_CAPTION, MAX_TEXT, chosen, keyboard_of, words_over_keyboard
from bot.telegram.sender import Sender, pause_after

log = structlog.get_logger(__name__)

PAST = "Ce bouton ne marche plus. Écrivez-moi si vous voulez changer une réponse."
TICK_FIRST = "Cochez d'abord une réponse, puis appuyez sur « C'est tout »."
DOUBLE_PRESS_S = 3.0
"""The same button again within this time is one press with a trembling finger."""
TYPING_S = 4.5
"""Telegram shows « écrit… » for five seconds."""
ANSWER_PAUSES_S = (0.25, 1.0, 4.0)
"""What is waited before a spinner is tried to be stopped again; the last one then again and again."""
ANSWER_LIMIT_S = 15.0
"""How long it is tried, and a chat waits for it: then Telegram has ended the spinner, or takes no answer any more."""
KEPT_ANSWERS = 1000
"""Answers kept of presses that this process may still handle."""
EDIT_PAUSES_S = (0.25, 0.5, 1.0, 2.0, 4.0)
"""What is waited before a change of the pressed message is tried again: a tick that does not show is pressed again."""


class Presses:
    """Handles presses, one chat at a time (the channel sees to it)."""

    def __init__(self, assistant: Assistant, bot: Bot, sender: Sender) -> None:
        self._assistant = assistant
        self._bot = bot
        self._sender = sender
        self._answers: dict[str, asyncio.Task[bool]] = {}

    @property
    def answering(self) -> list[asyncio.Task[bool]]:
        """The answers under way."""
        return [task for task in self._answers.values() if not task.done()]

    def answer_soon(self, sender: str, press: Press) -> None:
        """Stop the button's spinner, now; `handle` does the rest in the chat's turn."""
        for id_, task in list(self._answers.items())[:-KEPT_ANSWERS]:
            if task.done():  # handled by another process
                del self._answers[id_]
        self._answers[press.callback_id] = asyncio.create_task(self._answer(sender, press))

    async def handle(self, sender: str, press: Press) -> None:
        """Do what a press asks for."""
        if press.callback_id not in self._answers:  # taken by another process, or before a crash
            self.answer_soon(sender, press)
        answer = self._answers[press.callback_id]
        try:
            await self._handle(sender, press, answer)
            await self._sender.flush(sender)
            # Only then is the update done: killed before, it is handled again, and its spinner stopped.
            await asyncio.wait({answer}, timeout=ANSWER_LIMIT_S)
        finally:
            # Kept until it is over, so that it can be waited for when the server stops.
            answer.add_done_callback(lambda _: self._answers.pop(press.callback_id, None))

    async def _handle(self, sender: str, press: Press, answer: asyncio.Task[bool]) -> None:
        found = await self._find(sender, press)
        if found is None:
            await self._take_keyboard_away(sender, press)
            if not await answer and not await self._assistant.is_silent(CHANNEL, sender):
                await self._sender.say(sender, PAST)
            return
        button_id, bubble = found
        state = await self._assistant.mailbox.channel_state(CHANNEL, sender)
        question_id = bubble.question.id if bubble.question is not None else ""
        last_id, last_button, last_at = state.get("press") or ("", "", 0.0)
        is_again = last_id == press.callback_id
        is_double = last_button == press.button_id and time.time() - last_at < DOUBLE_PRESS_S and not is_again
        if button_id.kind == "t":
            # Handled a second time, after a crash, it must not be ticked off again.
            if not is_again:
                state = standing.toggled(state, question_id, bubble.buttons[button_id.position].title)
                await self._keep(sender, state, press)
            await self._show_ticks(sender, press, bubble, standing.ticked(state, question_id))
            return
        if is_double:
            return
        is_several = button_id.kind == "d"
        ticked = standing.ticked(state, question_id)
        if is_several and not ticked and not is_again:
            await self._sender.say(sender, TICK_FIRST)
            return
        if question_id:
            state = standing.pressed(state, question_id, press.message_id)
        await self._keep(sender, state, press)
        if is_several:
            title, payload = ", ".join(several_titles(bubble, ticked)), several_payload(bubble, ticked)
        else:
            button = bubble.buttons[button_id.position]
            title, payload = button.title, button.payload
        if title:
            await self._show_choice(sender, press, bubble, title)
        message = UserMessage(
            channel=CHANNEL,
            sender=sender,
            message_id=f"c{press.callback_id}",
            text=title,
            payload=payload,
            sent_at=datetime.now(UTC),
            question=question_id,
        )
        began = time.time()
        async with typing(self._assistant, self._bot, sender):
            await self._assistant.handle(message)
        if is_several:
            # Not before: handled a second time, after a crash, it must say the same.
            state = standing.without_ticks(state, question_id)
        if is_several or time.time() - began > DOUBLE_PRESS_S / 3:
            # What was pressed again meanwhile is looked at only now.
            await self._keep(sender, state, press)

    async def _keep(self, sender: str, state: dict[str, Any], press: Press) -> None:
        kept = {**state, "press": [press.callback_id, press.button_id, time.time()]}
        await self._assistant.mailbox.keep_channel_state(CHANNEL, sender, kept)

    async def _find(self, sender: str, press: Press) -> tuple[ButtonId, BotMessage] | None:
        """The button and the bubble under which it stands; None when it is none of this conversation's."""
        button_id = read_button_id(press.button_id)
        if button_id is None:
            return None
        bubble = await self._assistant.mailbox.bubble(CHANNEL, sender, button_id.bubble)
        return None if bubble is None or button_id.position >= len(bubble.buttons) else (button_id, bubble)

    async def _answer(self, sender: str, press: Press) -> bool:
        """Stop the button's spinner; False when it could not be: a callback that is too old is no error."""
        try:
            text = PAST if await self._find(sender, press) is None else None
        except StoreError:
            text = None
        until = time.monotonic() + ANSWER_LIMIT_S
        pauses = itertools.chain(ANSWER_PAUSES_S, itertools.repeat(ANSWER_PAUSES_S[-1]))
        while True:
            try:
                await self._bot.answer_callback_query(press.callback_id, text=text)
                return True
            except TelegramError as error:
                pause = pause_after(error, next(pauses))
                if isinstance(error, BadRequest | Forbidden) or time.monotonic() + pause > until:
                    log.info("telegram_callback_not_answered", error=type(error).__name__)
                    return False
                await asyncio.sleep(pause)

    async def _take_keyboard_away(self, sender: str, press: Press) -> None:
        """Nothing under this message can be pressed any more."""
        await _edit(
            press,
            lambda: self._bot.edit_message_reply_markup(chat_id=int(sender), message_id=press.message_id),
        )

    async def _show_choice(self, sender: str, press: Press, bubble: BotMessage, title: str) -> None:
        chat_id, message_id = int(sender), press.message_id
        text, is_caption = words_over_keyboard(bubble)
        words = chosen(text, title, MAX_CAPTION if is_caption else MAX_TEXT)
        if is_caption:
            await _edit(press, lambda: self._bot.edit_message_caption(chat_id, message_id, caption=words))
            return
        await _edit(
            press,
            lambda: self._bot.edit_message_text(
                words, chat_id, message_id, link_preview_options=LinkPreviewOptions(is_disabled=True)
            ),
        )

    async def _show_ticks(self, sender: str, press: Press, bubble: BotMessage, ticked: list[str]) -> None:
        keyboard: Any = keyboard_of(keyboard_buttons(bubble, ticked))
        await _edit(
            press,
            lambda: self._bot.edit_message_reply_markup(
                chat_id=int(sender), message_id=press.message_id, reply_markup=keyboard
            ),
        )


async def _edit(press: Press, edit: Callable[[], Awaitable[Any]]) -> None:
    """Change the pressed message. Where it cannot be changed any more, the answer counts all the same."""
    if press.message_id is None:
        return
    pauses = list(EDIT_PAUSES_S)
    while True:
        try:
            await edit()
            return
        except (BadRequest, Forbidden) as error:
            log.info("telegram_keyboard_not_changed", error=error.message)
            return
        except RetryAfter as error:
            await asyncio.sleep(pause_after(error, EDIT_PAUSES_S[0]))
        except TelegramError as error:
            if not pauses:
                log.warning("telegram_keyboard_not_changed", error=type(error).__name__)
                return
            await asyncio.sleep(pauses.pop(0))


@asynccontextmanager
async def typing(assistant: Assistant, bot: Bot, sender: str) -> AsyncIterator[None]:
    """« écrit… », as long as the assistant works; not while a person has the conversation, and the bot is silent."""
    if await assistant.is_silent(CHANNEL, sender):
        yield
        return
    await _show_typing(bot, sender)
    renewal = asyncio.create_task(_go_on_typing(bot, sender))
    try:
        yield
    finally:
        renewal.cancel()


async def _go_on_typing(bot: Bot, sender: str) -> None:
    while True:
        await asyncio.sleep(TYPING_S)
        await _show_typing(bot, sender)


async def _show_typing(bot: Bot, sender: str) -> None:
    try:
        await bot.send_chat_action(chat_id=int(sender), action="typing")
    except TelegramError as error:
        log.info("telegram_typing_failed", error=type(error).__name__)
