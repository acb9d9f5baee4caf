"""BotMessage → Bot API calls (a pure plan), and one text in the shape that Telegram takes.

Texts go out without a parse mode: nothing that an owner wrote (`_*[`) can break or dress up a message.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.messages import BotMessage, Progress

MAX_TEXT = 4096
"""Characters (UTF-16 units, as the Bot API counts them) of one message."""
MAX_CAPTION = 1024
"""The same of what stands under a picture."""
MAX_BUTTON_TITLE = 60
PICK_ONE = "Que choisissez-vous ?"
"""Over buttons that a project sent without a word: Telegram has no buttons alone."""
PROGRESS = "Votre diagnostic"
REQUEST_CONTACT = "request_contact"
"""The `type` of a button by which a phone sends its owner's own number."""


@dataclass(frozen=True, slots=True)
class ApiCall:
    """One call of the Bot API: its method, arguments, and files by field."""

    method: str
    arguments: dict[str, Any]
    files: dict[str, tuple[str, bytes, str]] = field(default_factory=dict)


def render(message: BotMessage, chat_id: int, buttons: Sequence[tuple[str, str]]) -> list[ApiCall]:
    """Plan the calls that show one bubble; `buttons` are (title, short id)."""
    calls: list[ApiCall] = []
    keyboard = _contact_keyboard(message) if asks_contact(message) else keyboard_of(buttons)
    parts = _text_parts(message)
    for position, part in enumerate(parts):
        arguments = text_arguments(chat_id, part)
        if keyboard and position == len(parts) - 1:
            arguments["reply_markup"] = keyboard
        calls.append(ApiCall("sendMessage", arguments))
    if message.image is not None:
        # What a picture shows is told in words under it, and below it where they are many.
        caption, *more = split_text(message.image_alt, MAX_CAPTION) or [""]
        arguments = {"chat_id": chat_id, "caption": caption}
        if keyboard and not parts:
            arguments["reply_markup"] = keyboard
        calls.append(_photo(message.image, arguments))
        calls += [ApiCall("sendMessage", text_arguments(chat_id, part)) for part in more]
    if message.document is not None:
        document = message.document
        calls.append(
            ApiCall(
                "sendDocument",
                {"chat_id": chat_id},
                {"document": (document.filename, document.content, document.media_type)},
            )
        )
    return calls


def keyboard_of(buttons: Sequence[tuple[str, str]]) -> dict[str, Any] | None:
    """An inline keyboard, one button a row (titles are sentences); None when there is no button."""
    rows = [[{"text": _short(title), "callback_data": data}] for title, data in buttons]
    return {"inline_keyboard": rows} if rows else None


def asks_contact(message: BotMessage) -> bool:
    """Whether a bubble asks the owner for his number."""
    return any((button.more or {}).get("type") == REQUEST_CONTACT for button in message.buttons)


def _contact_keyboard(message: BotMessage) -> dict[str, Any]:
    """A keyboard in the place of the phone's own, used once: a button there types its title, or sends the number."""
    rows = [
        [{"text": button.title, **({REQUEST_CONTACT: True} if is_contact else {})}]
        for button in message.buttons
        for is_contact in [(button.more or {}).get("type") == REQUEST_CONTACT]
    ]
    return {"keyboard": rows, "one_time_keyboard": True, "resize_keyboard": True}


def without_reply_keyboard(calls: Sequence[ApiCall]) -> list[ApiCall] | None:
    """The same calls, of which one takes the keyboard for the number away; None when each has a keyboard of its own."""
    for position, call in enumerate(calls):
        if "reply_markup" not in call.arguments:
            taking = {**call.arguments, "reply_markup": {"remove_keyboard": True}}
            return [*calls[:position], replace(call, arguments=taking), *calls[position + 1 :]]
    return None


def progress_call(progress: Progress, chat_id: int, message_id: int | None = None) -> ApiCall:
    """Plan the message that tells how far the diagnosis is, or its change."""
    bar = "▰" * progress.current + "▱" * (progress.total - progress.current)
    arguments: dict[str, Any] = {
        "chat_id": chat_id,
        "text": f"{PROGRESS} {bar} {progress.current} sur {progress.total}",
    }
    if message_id is not None:
        return ApiCall("editMessageText", {**arguments, "message_id": message_id})
    return ApiCall("sendMessage", {**arguments, "disable_notification": True})


def words_over_keyboard(message: BotMessage) -> tuple[str, bool]:
    """The text of the message that a bubble's keyboard stands under, and whether this is a picture's caption."""
    if parts := _text_parts(message):
        return parts[-1], False
    return (split_text(message.image_alt, MAX_CAPTION) or [""])[0], True


def chosen(text: str, title: str, limit: int = MAX_TEXT) -> str:
    """What stands in a question's message once its button was pressed."""
    choice = _prefix(f"✓ {title}", limit)
    room = limit - _units(choice) - 2
    return f"{_prefix(text, room)}\n\n{choice}" if room > 0 and text else choice


def split_text(text: str, limit: int = MAX_TEXT) -> list[str]:
    """Cut a long text at paragraphs, else at sentences, else at words, else anywhere; nothing is lost but blanks."""
    parts: list[str] = []
    rest = text.strip()
    while _units(rest) > limit:
        window = _prefix(rest, limit)
        cut = max(window.rfind("\n\n"), 0)
        if cut < len(window) // 3:
            ends = [match.end() for match in re.finditer(r"[.!?…»]\s", window)]
            cut = ends[-1] if ends else 0
        if cut == 0:
            cut = max(window.rfind(" "), window.rfind("\n"))
        if cut <= 0:
            cut = len(window)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [part for part in (*parts, rest) if part]


def _photo(image: str, arguments: dict[str, Any]) -> ApiCall:
    if not image.startswith("data:"):
        return ApiCall("sendPhoto", {**arguments, "photo": image})
    head, _, body = image.partition(",")
    media_type = head.removeprefix("data:").split(";")[0] or "image/png"
    file = ("image." + media_type.rpartition("/")[2], b64decode(body), media_type)
    return ApiCall("sendPhoto", arguments, {"photo": file})


def _text_parts(message: BotMessage) -> list[str]:
    parts = split_text(message.text)
    return [PICK_ONE] if message.buttons and not parts and message.image is None else parts


def text_arguments(chat_id: int, text: str) -> dict[str, Any]:
    """The arguments of a text alone. Without a preview: Telegram would fetch a link that serves once."""
    return {"chat_id": chat_id, "text": text, "link_preview_options": {"is_disabled": True}}


def _short(title: str) -> str:
    return title if len(title) <= MAX_BUTTON_TITLE else title[: MAX_BUTTON_TITLE - 1].rstrip() + "…"


def _units(text: str) -> int:
    return len(text) + sum(1 for character in text if ord(character) > 0xFFFF)


def _prefix(text: str, limit: int) -> str:
    units = 0
    for position, character in enumerate(text):
        units += 2 if ord(character) > 0xFFFF else 1
        if units > limit:
            return text[:position]
    return text
