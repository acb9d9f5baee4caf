"""The domain: what a project may hear, remember, say and do. Plain frozen data; read by `domain_reader.py`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from bot.dialogue.slots import Slot

DEFAULT_INTENTS = ("restart", "back", "out_of_scope", "session_start", "nlu_fallback")
TWO_STAGE_FALLBACK = "action_two_stage_fallback"
DEFAULT_ACTIONS = (
    "action_listen",
    "action_restart",
    "action_session_start",
    "action_default_fallback",
    "action_deactivate_loop",
    "action_revert_fallback_events",
    "action_default_ask_affirmation",
    "action_default_ask_rephrase",
    TWO_STAGE_FALLBACK,
    "action_unlikely_intent",
    "action_back",
    "...",
    "action_extract_slots",
)
KNOWLEDGE_ACTION = "action_query_knowledge_base"
"""An action of rasa-sdk; a domain that names it has the slots that it remembers by."""
VALIDATE_MAPPINGS = "action_validate_slot_mappings"


@dataclass(frozen=True, slots=True)
class Form:
    """The slots that a form must fill, in order; intents that fill none of them while it is active."""

    name: str
    required_slots: tuple[str, ...]
    ignored_intents: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Domain:
    """All that the domain files say together.

    `intents` maps a name to the entities that policies see with it (None: all). `session_minutes` is 0 for a
    session that never ends. `raw` is the merged YAML, as the real Rasa would be given it.
    """

    intents: Mapping[str, frozenset[str] | None]
    entities: Mapping[str, frozenset[str]]
    slots: Mapping[str, Slot]
    responses: Mapping[str, tuple[Mapping[str, Any], ...]]
    actions: tuple[str, ...]
    forms: Mapping[str, Form]
    e2e_actions: frozenset[str] = frozenset()
    retrieval_intents: frozenset[str] = frozenset()
    actions_wanting_domain: frozenset[str] = frozenset()
    session_minutes: float = 60.0
    carry_over_slots: bool = True
    raw: Mapping[str, Any] = field(default_factory=dict)
    prints_unset_as_none: bool = True

    @cached_property
    def user_actions(self) -> frozenset[str]:
        """The actions listed in the domain: what an action server must know."""
        return frozenset(self.actions)

    @cached_property
    def action_names(self) -> frozenset[str]:
        """All that can be predicted by name: built in, listed, responses, forms, literal bot texts."""
        retrieval = [f"utter_{intent}" for intent in self.retrieval_intents]
        said = (*self.responses, *retrieval, *self.e2e_actions)
        return frozenset((*DEFAULT_ACTIONS, *self.actions, *self.forms, *said))

    @cached_property
    def initial_slots(self) -> dict[str, Any]:
        """Every slot with its initial value."""
        return {slot.name: slot.initial_value for slot in self.slots.values()}

    @cached_property
    def initial_features(self) -> tuple[tuple[str, Any], ...]:
        """What policies see of the initial values."""
        features = ((s.name, s.feature(s.initial_value)) for s in self.slots.values())
        return tuple(sorted((name, feature) for name, feature in features if feature is not None))

    def is_default_action(self, name: str) -> bool:
        """Whether it is a built-in action that the domain does not replace by its own."""
        return name in DEFAULT_ACTIONS and name not in self.user_actions and name not in self.forms

    def featurized_entities(self, intent: str | None, entities: list[dict[str, Any]]) -> tuple[str, ...]:
        """The entities of a message that the policies see, sorted, with `entity#role` and `entity#group`."""
        if not entities:
            return ()
        names: set[str] = set()
        for entity in entities:
            name = entity.get("entity")
            if name is None:
                continue
            names.add(name)
            names.update(f"{name}#{entity[k]}" for k in ("role", "group") if entity.get(k) is not None)
        wanted = self.intents.get(intent) if intent is not None else None
        if wanted is not None:
            names &= wanted
        return tuple(sorted(names))
