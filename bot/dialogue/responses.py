"""What the bot says: choosing a variation of a response and filling its `{slots}` (semantics §8)."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

from bot.dialogue.domain import Domain
from bot.dialogue.events import BotUttered

TAG = re.compile(r"\{([^\n{}]+?)\}")
_FILLED_KEYS = ("text", "image", "custom", "buttons", "attachment", "quick_replies")
_DATA_KEYS = ("elements", "quick_replies", "buttons", "attachment", "image", "custom")
_OUTPUT_CHANNELS = {"rest": "collector", None: "collector"}


def output_channel(input_channel: str | None) -> str:
    """The name that `channel:` of a variation is compared with; Rasa's REST channel answers as `collector`."""
    return _OUTPUT_CHANNELS.get(input_channel) or str(input_channel)


def render(
    domain: Domain,
    name: str,
    slots: Mapping[str, Any],
    channel: str,
    rng: random.Random,
    variables: Mapping[str, Any] | None = None,
) -> dict[str, Any] | None:
    """The filled variation of a response; None when the domain has none that fits."""
    variations = variations_for(domain, name, slots, channel)
    if not variations:
        return None
    variation = variations[0] if len(variations) == 1 else rng.choice(variations)
    message = dict(variation)
    values = {**slots, **(variables or {})}
    if not domain.prints_unset_as_none:
        values = {key: "" if value is None else value for key, value in values.items()}
    for key in _FILLED_KEYS:
        if key in message:
            message[key] = fill(message[key], values)
    return message


def variations_for(
    domain: Domain, name: str, slots: Mapping[str, Any], channel: str
) -> list[Mapping[str, Any]]:
    """The variations that may be said: condition and channel, channel, condition, neither, in that order."""
    variations = domain.responses.get(name, ())
    if len(variations) == 1 and "condition" not in variations[0] and "channel" not in variations[0]:
        return list(variations)
    plain = [v for v in variations if v.get("condition") is None]
    met = [v for v in variations if v.get("condition") and _is_met(v["condition"], slots)]
    for group, wanted in ((met, channel), (plain, channel), (met, None), (plain, None)):
        chosen = [v for v in group if v.get("channel") == wanted]
        if chosen:
            return chosen
    return []


def _is_met(conditions: Any, slots: Mapping[str, Any]) -> bool:
    for condition in conditions:
        value, wanted = slots.get(condition["name"]), condition["value"]
        if isinstance(value, str) and isinstance(wanted, str):
            if value.casefold() != wanted.casefold():
                return False
        elif value != wanted:
            return False
    return True


def fill(value: Any, values: Mapping[str, Any]) -> Any:
    """Put slot values in the texts of a value, however deep."""
    if isinstance(value, str):
        return fill_text(value, values)
    if isinstance(value, Mapping):
        return {key: fill(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, values) for item in value]
    return value


def fill_text(text: str, values: Mapping[str, Any]) -> str:
    """Replace `{name}` by its value as Rasa does.

    One unknown name leaves the whole text as it is written; `{{name}}` says `{name}`; braces around a line
    break, or that do not pair, are left alone.
    """
    if "{" not in text and "}" not in text:
        return text
    try:
        filled = TAG.sub(r"{0[\1]}", text).format(values)
        if "0[" in filled:
            # the braces were doubled: they are meant as they are written
            return text.format({})
    except (KeyError, IndexError, ValueError, AttributeError):
        return text
    return filled


def bot_event(message: Mapping[str, Any]) -> BotUttered:
    """The event of a message: known keys go to text and data, all others to the metadata, as in Rasa."""
    data: dict[str, Any] = {key: message.get(key) for key in _DATA_KEYS}
    data["attachment"] = data["attachment"] or data["image"]
    metadata = {key: value for key, value in message.items() if key != "text" and key not in _DATA_KEYS}
    return BotUttered(text=message.get("text"), data=data, metadata=metadata)
