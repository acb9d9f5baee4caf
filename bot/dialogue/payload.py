"""Button payloads, `/intent@0.9{"entity": "value"}`: what a user means without any reading of words."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

_PAYLOAD = re.compile(r"^/(?P<intent>[^{@]+)(?P<confidence>@[0-9.]+)?(?P<entities>\{.+\})?(?P<rest>.*)")


def parse_payload(text: str, intents: Collection[str], entities: Collection[str]) -> dict[str, Any] | None:
    """Read a payload as Rasa does; None when the text is none, or names an intent that the domain lacks.

    Broken JSON loses the entities but keeps the intent; entities that the domain lacks are left out; a list
    value is several entities. An unreadable confidence is 0, one above 1 is 1.
    """
    text = text.strip()
    if not text.startswith("/") or (match := _PAYLOAD.match(text)) is None:
        return None
    name = match["intent"].strip()
    if name not in intents:
        return None
    found = [
        {
            "entity": entity,
            "value": value,
            "start": match.start("entities"),
            "end": match.end("entities"),
            "extractor": "RegexMessageHandler",
        }
        for entity, values in _read_entities(match["entities"]).items()
        if entity in entities
        for value in (values if isinstance(values, list) else [values])
    ]
    intent = {"name": name, "confidence": _confidence(match["confidence"])}
    return {"text": text, "intent": intent, "entities": found, "intent_ranking": [dict(intent)]}


def _read_entities(raw: str | None) -> dict[str, Any]:
    if not raw:
        return {}
    try:
        data = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}


def _confidence(raw: str | None) -> float:
    if raw is None:
        return 1.0
    try:
        return min(1.0, float(raw[1:]))
    except ValueError:
        return 0.0
