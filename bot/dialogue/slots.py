"""Slots: their types, what the policies see of their value, and how they are filled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.dialogue.states import Feature

SLOT_TYPES = ("text", "bool", "float", "list", "categorical", "any")
MAPPING_TYPES = ("from_entity", "from_intent", "from_trigger_intent", "from_text", "custom")
REQUESTED_SLOT = "requested_slot"
SESSION_METADATA_SLOT = "session_started_metadata"
KNOWLEDGE_SLOTS = (
    "knowledge_base_listed_objects",
    "knowledge_base_last_object",
    "knowledge_base_last_object_type",
)
BUILT_IN_SLOTS = (REQUESTED_SLOT, SESSION_METADATA_SLOT, *KNOWLEDGE_SLOTS)
OTHER = "__other__"


@dataclass(frozen=True, slots=True)
class Condition:
    """When a mapping holds: in that loop (None: in none), while that slot is asked for (None: any)."""

    active_loop: str | None
    requested_slot: str | None = None


@dataclass(frozen=True, slots=True)
class SlotMapping:
    """One way to fill a slot. `raw` is the YAML as it was written, which decides whether two are the same."""

    type: str
    raw: Mapping[str, Any] = field(compare=False)
    entity: str | None = None
    role: str | None = None
    group: str | None = None
    value: Any = None
    intents: frozenset[str] = frozenset()
    not_intents: frozenset[str] = frozenset()
    action: str | None = None
    conditions: tuple[Condition, ...] = ()
    is_valid: bool = True


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot of the domain. A type that is a Python class path counts as `any` with a bare "is set" feature."""

    name: str
    type: str
    initial_value: Any = None
    influences: bool = True
    mappings: tuple[SlotMapping, ...] = ()
    values: tuple[str, ...] = ()
    min_value: float = 0.0
    max_value: float = 1.0

    def feature(self, value: Any) -> Feature | None:
        """What policies see of a value; None when the slot has no say or there is nothing to see."""
        if not self.influences or value is None:
            return None
        numbers = self._numbers(value)
        return numbers if any(numbers) else None

    def _numbers(self, value: Any) -> tuple[float, ...]:
        match self.type:
            case "bool":
                truth = _truth(value)
                return (0.0, 0.0) if truth is None else (1.0, float(truth))
            case "float":
                try:
                    number = float(value)
                except (TypeError, ValueError):
                    return (0.0, 0.0)
                capped = max(self.min_value, min(self.max_value, number))
                span = abs(self.max_value - self.min_value) or 1
                return (1.0, (capped - self.min_value) / span)
            case "list":
                try:
                    return (1.0,) if len(value) > 0 else (0.0,)
                except TypeError:
                    return (0.0,)
            case "categorical":
                numbers = [0.0] * len(self.values)
                said = str(value).lower()
                if said in self.values:
                    numbers[self.values.index(said)] = 1.0
                elif OTHER in self.values:
                    numbers[self.values.index(OTHER)] = 1.0
                return tuple(numbers)
            case _:
                return (1.0,)

    @property
    def default_story_value(self) -> Any:
        """The value meant by a bare name under `slot_was_set`."""
        return {"text": "filled", "list": ["filled"]}.get(self.type)


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value == 1.0
    if isinstance(value, str):
        if value.isnumeric():
            return float(value) == 1.0
        return {"true": True, "false": False}.get(value.strip().lower())
    return None
