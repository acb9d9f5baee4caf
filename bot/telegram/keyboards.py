"""Inline keyboards: short ids, and lists of ticks whose state is the keyboard itself (nothing is kept here).

A button's callback data is `b<bubble>.<n>`: the n-th button of a bubble of the outbox, resolved in the store. In a
list of ticks it is `t<bubble>.<n>`, and `d<bubble>` is « C'est tout ».
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from bot.messages import BotMessage

TICK = "☑ "
NO_TICK = "☐ "
DONE = "C'est tout"


@dataclass(frozen=True, slots=True)
class ButtonId:
    """What a callback's data says: kind b, t or d, the bubble, and the position of the button."""

    kind: str
    bubble: str
    position: int = 0


def is_several(message: BotMessage) -> bool:
    """Whether the bubble asks for several choices."""
    return message.question is not None and message.question.type == "multi"


def keyboard_buttons(message: BotMessage) -> list[tuple[str, str]]:
    """What each button of a bubble shows, and its callback data (at most 64 bytes)."""
    choices = message.question.choices if is_several(message) and message.question else ()
    rows = []
    for position, button in enumerate(message.buttons):
        if button.title in choices:
            rows.append((NO_TICK + button.title, f"t{message.id}.{position}"))
        else:
            rows.append((button.title, f"b{message.id}.{position}"))
    if choices:
        last_choice = max((i for i, (_, data) in enumerate(rows) if data.startswith("t")), default=-1)
        rows.insert(last_choice + 1, (DONE, f"d{message.id}"))
    return rows


def read_button_id(data: str) -> ButtonId | None:
    """Read a callback's data; None when it is none of ours."""
    match = re.fullmatch(r"([btd])([A-Za-z0-9_-]{1,40})(?:\.(\d{1,3}))?", data)
    return ButtonId(match[1], match[2], int(match[3] or 0)) if match else None


def ticked_titles(keyboard: Mapping[str, Any] | None) -> list[str]:
    """The titles that are ticked in a keyboard as Telegram shows it."""
    rows = (keyboard or {}).get("inline_keyboard") or ()
    return [
        b["text"].removeprefix(TICK) for row in rows for b in row if str(b.get("text", "")).startswith(TICK)
    ]


def several_payload(message: BotMessage, titles: list[str]) -> str:
    """The payload that says the ticked choices."""
    assert message.question is not None  # noqa: S101 (callers asked is_several)
    question = message.question
    values = question.values or tuple(range(len(question.choices)))
    chosen = [
        value for choice, value in zip(question.choices, values, strict=False) if _starts(titles, choice)
    ]
    return "/answer" + orjson.dumps({question.id: chosen}).decode()


def toggled(keyboard: Mapping[str, Any], data: str) -> dict[str, Any]:
    """The keyboard with the box of the pressed button changed."""
    rows = []
    for row in keyboard.get("inline_keyboard") or ():
        new_row = []
        for button in row:
            text = str(button.get("text", ""))
            if button.get("callback_data") == data:
                text = (
                    NO_TICK + text.removeprefix(TICK)
                    if text.startswith(TICK)
                    else TICK + text.removeprefix(NO_TICK)
                )
            new_row.append({**button, "text": text})
        rows.append(new_row)
    return {"inline_keyboard": rows}


def _starts(titles: list[str], choice: str) -> bool:
    """A long title is shown cut: what is shown is its beginning."""
    return any(choice == title or (title.endswith("…") and choice.startswith(title[:-1])) for title in titles)
