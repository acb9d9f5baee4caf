"""What the policies see of a conversation: one `State` before each action.

Rasa's order and names (semantics §16): user, slots, prev_action, active_loop; what is empty is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

NOT_SET = "should_not_be_set"
"""Stands in a rule for a slot or loop that must be empty."""
SNIPPET = "..."
"""The action that stands for "whatever happened before" in a rule."""
LISTEN = "action_listen"

Feature = tuple[float, ...] | str
Slots = tuple[tuple[str, Feature], ...]
Action = tuple[str, str]
"""("action_name", name) or ("action_text", literal bot text)."""


class User(NamedTuple):
    """The last user message: intent and entities, or the text where a story goes by the text."""

    intent: str | None
    entities: tuple[str, ...] = ()
    text: str | None = None


class State(NamedTuple):
    """A moment of the conversation; `prev` is None only before the first action."""

    user: User | None
    slots: Slots
    prev: Action | None
    loop: str | None

    def to_json(self) -> dict[str, Any]:
        """The form whose JSON text Rasa takes as a key; its length decides between rules."""
        data: dict[str, Any] = {}
        if self.user is not None:
            user: dict[str, Any] = {}
            if self.user.intent is not None:
                user["intent"] = self.user.intent
            if self.user.entities:
                user["entities"] = self.user.entities
            if self.user.text is not None:
                user["text"] = self.user.text
            if user:
                data["user"] = user
        if self.slots:
            data["slots"] = dict(self.slots)
        if self.prev is not None:
            data["prev_action"] = {self.prev[0]: self.prev[1]}
        if self.loop is not None:
            data["active_loop"] = {"name": self.loop}
        return data


def states_key(states: Iterable[State]) -> str:
    """Rasa's textual key of a rule."""
    return json.dumps([state.to_json() for state in states], sort_keys=True)


def is_listen(state: State) -> bool:
    """Whether the bot had just listened."""
    return state.prev is not None and state.prev[1] == LISTEN and state.prev[0] == "action_name"


def choose_user_input(states: Sequence[State], use_text: bool) -> list[State]:
    """Keep of the newest user message only its text, or only its intent and entities."""
    chosen = list(states)
    last = chosen[-1]
    if last.user is None or not is_listen(last):
        return chosen
    user = User(None, (), last.user.text) if use_text else User(last.user.intent, last.user.entities)
    empty = user.intent is None and not user.entities and user.text is None
    chosen[-1] = last._replace(user=None if empty else user)
    return chosen


def matches(rule: State, conversation: State) -> bool:
    """Whether all that the rule's state asks holds in the conversation's."""
    if rule.prev != conversation.prev and rule.prev is not None:
        return False
    if rule.loop is not None:
        if rule.loop == NOT_SET:
            if conversation.loop is not None and conversation.loop != NOT_SET:
                return False
        elif rule.loop != conversation.loop:
            return False
    if rule.user is not None:
        said = conversation.user or _NOBODY
        if rule.user.intent is not None and rule.user.intent != said.intent:
            return False
        if rule.user.text is not None and rule.user.text != said.text:
            return False
        if rule.user.entities and rule.user.entities != said.entities:
            return False
    return not rule.slots or _slots_match(rule.slots, dict(conversation.slots))


_NOBODY = User(None)


def _slots_match(wanted: Slots, have: Mapping[str, Feature]) -> bool:
    for name, value in wanted:
        current = have.get(name)
        if value == NOT_SET:
            if current and current != NOT_SET:
                return False
        elif value and current != value:
            return False
    return True
