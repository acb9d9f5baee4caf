"""What a channel hands over, made fit for every database and every reader, and put as Rasa's user event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import orjson

from bot.dialogue import UserUttered
from bot.messages import UserMessage

MAX_STORED_CHARS = 10_000
"""More of a message is cut: a page of text is no message; channels refuse far more themselves."""
MAX_READ_CHARS = 5_000
"""What is read of it: reading costs by the length, and what an owner wants stands before that."""


def clean(message: UserMessage) -> UserMessage:
    """The same message without NUL (PostgreSQL refuses it), lone surrogates and outer blanks, and bounded."""
    return replace(
        message,
        sender=plain(message.sender)[:500],
        message_id=plain(message.message_id)[:500],
        text=plain(message.text).strip()[:MAX_STORED_CHARS],
        payload=None if message.payload is None else plain(message.payload).strip()[:MAX_STORED_CHARS],
        metadata=orjson.loads(plain(_json(message.metadata))) if message.metadata else {},
    )


def user_event(message: UserMessage, parsed: Mapping[str, Any]) -> UserUttered:
    """The user event of a message with its parse data; what has no place in Rasa's event is in the metadata."""
    metadata = dict(message.metadata)
    if message.payload is not None and message.text and message.text != message.payload:
        metadata["shown"] = message.text  # what the pressed button says
    if message.edits is not None:
        metadata["edits"] = message.edits
    if message.location is not None:
        metadata["location"] = list(message.location)
    text = message.payload or message.text
    return UserUttered(
        text=text,
        parse_data={**parsed, "text": text, "message_id": message.message_id, "metadata": metadata},
        input_channel=message.channel,
        message_id=message.message_id,
        metadata=metadata,
    )


def oddity(message: UserMessage) -> str | None:
    """What keeps a message from being read as it was meant; a word for the log, None for an ordinary one."""
    if message.location is not None:
        return None
    if not message.text and not message.payload:
        return "empty"
    if len(message.text) > MAX_READ_CHARS:
        return "too_long"
    if "\ufffd" in message.text:
        return "broken_characters"
    return None if any(char.isalnum() for char in message.payload or message.text) else "no_words"


def plain(text: str) -> str:
    """A text without what a database refuses."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _json(value: Any) -> str:
    try:
        return orjson.dumps(value, default=str).decode().replace("\\u0000", "")
    except (orjson.JSONEncodeError, TypeError):
        return "{}"
