"""Filling slots from the user's last message by the mappings of the domain (semantics §3).

Which mappings can hold depends on the active loop, the requested slot and the message's intent alone; that part is
worked out once for each such set.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bot.dialogue.domain import Domain
from bot.dialogue.events import SlotSet
from bot.dialogue.slots import BUILT_IN_SLOTS, REQUESTED_SLOT, Slot, SlotMapping
from bot.dialogue.tracker import Tracker

Candidate = tuple[Slot, tuple[SlotMapping, ...]]


class Extractor:
    """The mappings of a domain, ready to be applied."""

    def __init__(self, domain: Domain) -> None:
        self._domain = domain
        self._slots = [s for s in domain.slots.values() if s.name not in BUILT_IN_SLOTS and s.mappings]
        self._unique = {name: _unique_entity_mappings(domain, name) for name in domain.forms}
        self._candidates: dict[tuple[Any, ...], list[Candidate]] = {}

    def candidates(self, tracker: Tracker) -> list[Candidate]:
        """The mappings whose conditions hold and that take the message's intent, in the domain's order."""
        loop = tracker.active_loop
        name = None if loop is None else loop.name
        asked = tracker.get_slot(REQUESTED_SLOT)
        requested = asked if isinstance(asked, str) and asked in self._domain.slots else None
        intent = tracker.latest_message.intent_name
        key = (name, requested, loop is not None and loop.rejected, intent)
        found = self._candidates.get(key)
        if found is None:
            found = []
            for slot in self._slots:
                mappings = tuple(
                    m
                    for m in slot.mappings
                    if self._can_hold(slot, m, *key[:3])
                    and self._is_desired(m, intent, name)
                    and (m.type != "custom" or m.action)  # else an action sets the slot of its own accord
                )
                if mappings:
                    found.append((slot, mappings))
            is_known = intent is None or intent in self._domain.intents
            if is_known and (name is None or name in self._domain.action_names):
                self._candidates[key] = found  # others are as many as callers invent
        return found

    def _can_hold(
        self, slot: Slot, mapping: SlotMapping, loop: str | None, requested: str | None, rejected: bool
    ) -> bool:
        if not mapping.is_valid:
            return False
        if mapping.type == "from_trigger_intent":
            loops = [condition.active_loop for condition in mapping.conditions]
            return loop is not None and (not loops or loop in loops)
        if mapping.conditions and not _conditions_hold(slot, mapping, loop, requested, rejected):
            return False
        if mapping.type != "from_entity" or loop is None or requested == slot.name:
            return True
        form = self._domain.forms.get(loop)
        if form is None or slot.name not in form.required_slots:
            return True
        # an entity that could fill two slots of the form fills only the one asked for
        return _mapping_key(mapping) in self._unique[loop]

    def value(self, slot: Slot, mapping: SlotMapping, tracker: Tracker) -> list[Any]:
        """What the mapping finds in the last message: a list, empty when it finds nothing."""
        message = tracker.latest_message
        match mapping.type:
            case "from_entity":
                return [
                    entity.get("value")
                    for entity in message.entities
                    if entity.get("entity") == mapping.entity
                    and entity.get("role") == mapping.role
                    and entity.get("group") == mapping.group
                ]
            case "from_intent" | "from_trigger_intent":
                return [mapping.value]
            case "from_text":
                return [message.text]
        return []

    def _is_desired(self, mapping: SlotMapping, intent: str | None, loop: str | None) -> bool:
        """Whether the message's intent is one that the mapping takes."""
        if mapping.intents:
            return intent in mapping.intents
        if intent in mapping.not_intents:
            return False
        form = None if loop is None else self._domain.forms.get(loop)
        if form is None or intent not in form.ignored_intents:
            return True
        return bool(mapping.conditions) and all(c.active_loop != loop for c in mapping.conditions)

    def predefined(self, slot: Slot, mapping: SlotMapping, tracker: Tracker) -> SlotSet | None:
        """The slot event of a mapping that needs no action; None when it finds nothing to say."""
        found = self.value(slot, mapping, tracker)
        if not found:
            return None
        value = found if slot.type == "list" else found[-1]
        if value is None and tracker.get_slot(slot.name) is None:
            return None
        return SlotSet(name=slot.name, value=value)


def _conditions_hold(
    slot: Slot, mapping: SlotMapping, loop: str | None, requested: str | None, rejected: bool
) -> bool:
    if rejected and requested == slot.name:
        return False
    for condition in mapping.conditions:
        if condition.active_loop is None:
            if loop is None:
                return True
        elif condition.active_loop == loop and condition.requested_slot in (None, requested):
            return True
    return False


def _unique_entity_mappings(domain: Domain, form: str) -> set[str]:
    counts: dict[str, int] = {}
    for name in domain.forms[form].required_slots:
        for mapping in domain.slots[name].mappings:
            if mapping.type == "from_entity":
                key = _mapping_key(mapping)
                counts[key] = counts.get(key, 0) + 1
    return {key for key, count in counts.items() if count == 1}


def _mapping_key(mapping: SlotMapping) -> str:
    raw: Mapping[str, Any] = mapping.raw
    return json.dumps(raw, sort_keys=True, default=str)
