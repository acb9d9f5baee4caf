"""Turns the paths of rules and stories into moments: the states before each action, and the action."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bot.dialogue.applied import applied_indices
from bot.dialogue.domain import Domain
from bot.dialogue.events import ActionExecuted, ActiveLoop, AllSlotsReset, SlotSet, UserUttered
from bot.dialogue.states import NOT_SET, Feature, State, User
from bot.dialogue.stories import Path


class Moment(NamedTuple):
    """What comes before an action of a path, and the action. `label` is None at the very end."""

    states: list[State]
    label: str
    is_unpredictable: bool
    latest_action: str | None
    loop: str | None
    intent: str | None


def moments(path: Path, domain: Domain, only_set_slots: bool = False) -> Iterator[Moment]:
    """Each action of the path with the states up to it (the list is shared and grows: copy what you keep).

    Args:
        path: a rule or story.
        domain: its domain.
        only_set_slots: leave out slots that the path did not set, whatever their initial value.
    """
    features: dict[str, Feature] = {} if only_set_slots else dict(domain.initial_features)
    states: list[State] = []
    user: User | None = None
    intent: str | None = None
    prev: tuple[str, str] | None = None
    loop: str | None = None
    for index in applied_indices(path.events):
        event = path.events[index]
        if isinstance(event, ActionExecuted):
            label = event.name or event.action_text or ""
            states.append(State(user, tuple(sorted(features.items())), prev, loop))
            active = None if loop == NOT_SET else loop
            yield Moment(
                states, label, index in path.unpredictable, prev[1] if prev else None, active, intent
            )
            prev = ("action_name", event.name) if event.name else ("action_text", event.action_text or "")
        elif isinstance(event, UserUttered):
            intent = event.intent_name
            user = User(intent, domain.featurized_entities(intent, event.entities), event.text)
            if user == (None, (), None):
                user = None
        elif isinstance(event, ActiveLoop):
            loop = event.name
        elif isinstance(event, SlotSet):
            slot = domain.slots[event.name]
            if event.value == NOT_SET and slot.type != "list":
                if slot.influences:
                    features[event.name] = NOT_SET
                continue
            # a list slot makes a list of what it is given, of this mark too: `null` asks that it be full (as in Rasa)
            is_item = slot.type == "list" and event.value and not isinstance(event.value, list)
            feature = slot.feature([event.value] if is_item else event.value)
            if feature is None:
                features.pop(event.name, None)
            else:
                features[event.name] = feature
        elif isinstance(event, AllSlotsReset):
            features = {} if only_set_slots else dict(domain.initial_features)
