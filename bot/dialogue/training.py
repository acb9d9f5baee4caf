"""Turns the paths of rules and stories into moments: the states before each action, and the action."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bot.dialogue.domain import Domain
from bot.dialogue.events import (
    ActionExecuted,
    ActiveLoop,
    AllSlotsReset,
    Event,
    SlotSet,
    UserFeaturization,
    UserUttered,
)
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
    for index, event in _applied(path):
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
            if event.value == NOT_SET:
                if slot.influences:
                    features[event.name] = NOT_SET
                continue
            value = (
                [event.value]
                if slot.type == "list" and event.value and not isinstance(event.value, list)
                else event.value
            )
            feature = slot.feature(value)
            if feature is None:
                features.pop(event.name, None)
            else:
                features[event.name] = feature
        elif isinstance(event, AllSlotsReset):
            features = {} if only_set_slots else dict(domain.initial_features)


def _applied(path: Path) -> list[tuple[int, Event]]:
    """The path's events without repeated happy runs of a form (as in a live conversation)."""
    loops = {event.name for event in path.events if isinstance(event, ActiveLoop) and event.name}
    applied: list[tuple[int, Event]] = []
    for index, event in enumerate(path.events):
        if isinstance(event, ActionExecuted) and event.name in loops and _continues(event.name, applied):
            kept = len(applied)
            while True:
                kept -= 1
                earlier = applied[kept][1]
                if isinstance(earlier, ActionExecuted) and earlier.name == event.name:
                    break
                if isinstance(earlier, ActionExecuted | UserUttered | UserFeaturization):
                    del applied[kept]
        else:
            applied.append((index, event))
    return applied


def _continues(loop: str, applied: list[tuple[int, Event]]) -> bool:
    next_action: str | None = None
    for _, event in reversed(applied):
        if isinstance(event, ActiveLoop) and event.name is None:
            return False
        if isinstance(event, UserUttered) and next_action is not None and next_action != loop:
            return False
        if isinstance(event, ActionExecuted):
            if event.name == loop:
                return True
            next_action = event.name
    return False
