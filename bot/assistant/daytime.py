"""When an owner may be written to without being asked: by day, where his firm is."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import orjson

from bot.dialogue import slots_kept
from bot.store import ConversationRow

FROM_HOUR, TO_HOUR = 9, 19
"""Local hours between which a reminder may come; on a Sunday none."""

_ZONES = {
    "971": "America/Guadeloupe",
    "972": "America/Martinique",
    "973": "America/Cayenne",
    "974": "Indian/Reunion",
    "975": "America/Miquelon",
    "976": "Indian/Mayotte",
    "977": "America/St_Barthelemy",
    "978": "America/Marigot",
    "987": "Pacific/Tahiti",
    "988": "Pacific/Noumea",
}


def is_day(now: float, departement: str | None) -> bool:
    """Whether it is day, and no Sunday, in a département (Paris time in France itself, or where it is unknown)."""
    local = datetime.fromtimestamp(now, UTC).astimezone(
        ZoneInfo(_ZONES.get(departement or "", "Europe/Paris"))
    )
    return FROM_HOUR <= local.hour < TO_HOUR and local.weekday() < 6


def place_of(row: ConversationRow) -> str | None:
    """The département of a conversation's firm, as far as its slots tell."""
    place = slots_kept(orjson.loads(row.tracker)).get("lieu") if row.tracker else None
    return place.get("departement") if isinstance(place, dict) else None
