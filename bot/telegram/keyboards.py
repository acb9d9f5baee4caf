"""Inline keyboards: short ids, and lists of ticks (which boxes are ticked is kept in the store, by `presses.py`).

A button's callback data is `b<bubble>.<n>`: the n-th button of a bubble of the outbox, resolved in the store. In a
list of ticks it is `t<bubble>.<n>`, and `d<bubble>` is « C'est tout ».
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

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


def keyboard_buttons(message: BotMessage, ticked: Collection[str] = ()) -> list[tuple[str, str]]:
    """What each button of a bubble shows, and its callback data (at most 64 bytes); `ticked` by title."""
    choices = message.question.choices if is_several(message) and message.question else ()
    rows = []
    for position, button in enumerate(message.buttons):
        if button.title in choices:
            rows.append(
                ((TICK if button.title in ticked else NO_TICK) + button.title, f"t{message.id}.{position}")
            )
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


def several_titles(message: BotMessage, ticked: Collection[str]) -> list[str]:
    """The ticked choices of a list, in its order."""
    return [button.title for button in message.buttons if button.title in ticked]


def several_payload(message: BotMessage, ticked: Collection[str]) -> str:
    """The payload that says the ticked choices of a question with several."""
    assert message.question is not None  # noqa: S101 (callers asked is_several)
    question = message.question
    values = question.values or tuple(range(len(question.choices)))
    chosen = [value for choice, value in zip(question.choices, values, strict=False) if choice in ticked]
    return "/answer" + orjson.dumps({question.id: chosen}).decode()
