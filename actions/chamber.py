"""The chamber that a conversation belongs to, as an action is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Tracker


def chamber_in(slots: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is known of the chamber (name, phone, hours, retention_days), from the slot or the session's metadata."""
    for value in (slots.get("chamber"), slots.get("session_started_metadata")):
        if isinstance(value, Mapping):
            inner = value.get("chamber")
            if isinstance(inner, Mapping):
                return inner
            if value.get("name"):
                return value
    return {}


def chamber_of_link(tracker: Tracker) -> Mapping[str, Any]:
    """The chamber whose link the latest message followed, where it is not the conversation's own; else nothing."""
    metadata = (tracker.latest_message or {}).get("metadata")
    found = metadata.get("chamber") if isinstance(metadata, Mapping) else None
    is_other = isinstance(found, Mapping) and found.get("id") != chamber_in(tracker.slots).get("id")
    return found if isinstance(found, Mapping) and is_other else {}
