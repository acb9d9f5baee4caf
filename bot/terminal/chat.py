"""The terminal channel: reads lines, prints bubbles; `--json` prints JSON lines, as Rasa's REST channel does."""

from __future__ import annotations

import asyncio
import sys
import textwrap
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO

import orjson

from bot.assistant import Assistant
from bot.assistant.replies import rest_parts
from bot.messages import BotMessage, Button, UserMessage

CHANNEL = "terminal"
WIDTH = 88


async def run_chat(
    assistant: Assistant,
    *,
    sender: str,
    as_json: bool = False,
    with_events: bool = False,
    source: BinaryIO | None = None,
    write: Callable[[str], object] | None = None,
) -> None:
    """Talk until standard input ends.

    Turn 0 is what the bot says before the first message. In a terminal a number chooses a button; in a
    pipe every line is a message as typed (`/answer{…}` included), an empty one too.
    """
    source = source or sys.stdin.buffer
    write = write or _write_line
    is_interactive = source.isatty() and not as_json
    seen_events = 0

    async def show(turn: int, replies: Sequence[BotMessage]) -> None:
        nonlocal seen_events
        for reply in replies:
            if as_json:
                for part in _wire(reply, sender, turn):
                    write(orjson.dumps(part).decode())
            else:
                write(_bubble(reply, is_interactive))
        if with_events:
            events = await assistant.log.events_of(CHANNEL, sender, after=seen_events)
            seen_events += len(events)
            for event in events:
                write(orjson.dumps({"turn": turn, "event": event}, default=str).decode())
        await assistant.mailbox.mark_sent([reply.id for reply in replies])

    replies = await assistant.open(CHANNEL, sender, None)
    await show(0, replies)
    turn = 0
    async for text in _lines(source, is_interactive):
        turn += 1
        buttons = [button for reply in replies for button in reply.buttons]
        pressed = _pressed(text, buttons) if is_interactive else None
        replies = await assistant.handle(
            UserMessage(
                channel=CHANNEL,
                sender=sender,
                message_id=uuid.uuid4().hex,
                text=pressed.title if pressed else text,
                payload=pressed.payload if pressed else None,
                sent_at=datetime.now(UTC),
            )
        )
        await show(turn, replies)


async def _lines(source: BinaryIO, is_interactive: bool) -> AsyncIterator[str]:
    while True:
        if is_interactive:
            sys.stdout.write("\n> ")
            sys.stdout.flush()
        raw = await asyncio.to_thread(source.readline)
        if not raw:
            return
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            # What is readable is kept; the rest shows as « � », and the bot answers to what it could read.
            text = raw.decode("utf-8", "replace")
        yield text.rstrip("\r\n")


def _pressed(text: str, buttons: Sequence[Button]) -> Button | None:
    number = text.strip()
    if number.isdigit() and 1 <= int(number) <= len(buttons):
        return buttons[int(number) - 1]
    return None


def _bubble(message: BotMessage, is_interactive: bool) -> str:
    lines: list[str] = []
    for paragraph in message.text.split("\n"):
        lines += textwrap.wrap(paragraph, WIDTH) or [""]
    if message.image:
        lines.append(f"[image : {message.image_alt or 'sans description'}]")
    if message.document is not None:
        lines.append(f"[fichier : {message.document.filename}]")
    for number, button in enumerate(message.buttons, 1):
        lines.append(
            f"  {number}. {button.title}" if is_interactive else f"  - {button.title}  [{button.payload}]"
        )
    return "\n".join(lines) + "\n"


def _wire(message: BotMessage, sender: str, turn: int) -> list[dict[str, Any]]:
    parts = rest_parts(message)
    if message.document is not None:
        parts.append(
            {"document": {"filename": message.document.filename, "media_type": message.document.media_type}}
        )
    return [{"recipient_id": sender, "turn": turn, **part} for part in parts]


def _write_line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
