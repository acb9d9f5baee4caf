"""The chamber that a conversation belongs to, as an action is told of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


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
