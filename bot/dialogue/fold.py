"""What folding events gives: slots, active loop, last message, and what the policies see of them.

Events that undo others are the `Tracker`'s business; all others change a `Fold` here, as in Rasa.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from bot.dialogue.domain import Domain
from bot.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    AllSlotsReset,
    ConversationPaused,
    ConversationResumed,
    EntitiesAdded,
    Event,
    FollowupAction,
    LoopInterrupted,
    SlotSet,
    UserFeaturization,
    UserUttered,
)
from bot.dialogue.states import LISTEN, Action, Slots, State, User

NO_MESSAGE = UserUttered(
    parse_data={"intent": {}, "entities": [], "text": None, "message_id": None, "metadata": {}}
)


class Loop(NamedTuple):
    """The active loop, as on the wire."""

    name: str
    is_interrupted: bool = False
    rejected: bool = False
    trigger_message: Mapping[str, Any] | None = None


class Record(NamedTuple):
    """The state before an action; `hidden` and `sticky` say how stories see that turn (rule-only turns)."""

    state: State
    hidden: bool
    sticky: bool


class Fold:
    """What folding events gives. Changed only while a `Tracker` is being made."""

    __slots__ = (
        "features",
        "followup",
        "latest_action",
        "latest_message",
        "loop",
        "paused",
        "slots",
        "user",
        "user_time",
    )

    def __init__(self, domain: Domain) -> None:
        self.slots: dict[str, Any] = dict(domain.initial_slots)
        self.features: Slots = domain.initial_features
        self.paused = False
        self.followup: str | None = LISTEN
        self.latest_action: Action | None = None
        self.latest_message: UserUttered = NO_MESSAGE
        self.loop: Loop | None = None
        self.user: User | None = None
        self.user_time: float | None = None

    def copy(self) -> Fold:
        """A fold that can be changed apart."""
        new = Fold.__new__(Fold)
        new.slots = dict(self.slots)
        new.features = self.features
        new.paused = self.paused
        new.followup = self.followup
        new.latest_action = self.latest_action
        new.latest_message = self.latest_message
        new.loop = self.loop
        new.user = self.user
        new.user_time = self.user_time
        return new

    def state(self, user: User | None) -> State:
        """What the policies see now, with what they see of the last message."""
        return State(user, self.features, self.latest_action, None if self.loop is None else self.loop.name)

    def record(self, event: ActionExecuted, user: User | None) -> Record:
        """The state before that action."""
        latest = None if self.latest_action is None else self.latest_action[1]
        loop = None if self.loop is None else self.loop.name
        return Record(self.state(user), event.hide_rule_turn, bool(self.followup) or latest == loop)

    # -------------------------------------------------------------- one event
    def apply(self, event: Event, domain: Domain) -> None:
        """Change by one event that undoes nothing."""
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event, domain)

    def _set_slot(self, event: SlotSet, domain: Domain) -> None:
        name, value = event.name, event.value
        slot = domain.slots.get(name)
        if slot is None:
            return
        if slot.type == "list" and value and not isinstance(value, list):
            value = [value]
        self.slots[name] = value
        if slot.influences:
            kept = [pair for pair in self.features if pair[0] != name]
            feature = slot.feature(value)
            if feature is not None:
                kept.append((name, feature))
                kept.sort()
            self.features = tuple(kept)

    def _user(self, event: UserUttered, domain: Domain) -> None:
        self.latest_message = event
        self.followup = None
        self.user = _user_state(event, domain)
        self.user_time = event.timestamp

    def _featurize(self, event: UserFeaturization, domain: Domain) -> None:
        if self.latest_message is NO_MESSAGE:
            return
        message = self.latest_message
        if event.use_text_for_featurization:
            self.user = User(None, (), message.text) if message.text else None
        elif self.user is not None:
            user = User(self.user.intent, self.user.entities)
            self.user = user if user.intent is not None or user.entities else None

    def _action(self, event: ActionExecuted, domain: Domain) -> None:
        if event.name:
            self.latest_action = ("action_name", event.name)
        else:
            self.latest_action = ("action_text", event.action_text or "")
        self.followup = None
        if self.loop is not None and (self.loop.is_interrupted or self.loop.rejected):
            rejected = self.loop.rejected and event.name != self.loop.name
            self.loop = self.loop._replace(is_interrupted=False, rejected=rejected)

    def _loop(self, event: ActiveLoop, domain: Domain) -> None:
        message = None if self.latest_message is NO_MESSAGE else self.latest_message.parse_data
        self.loop = None if event.name is None else Loop(event.name, False, False, message)

    def _interrupted(self, event: LoopInterrupted, domain: Domain) -> None:
        if self.loop is not None:
            self.loop = self.loop._replace(is_interrupted=event.is_interrupted)

    def _rejected(self, event: ActionExecutionRejected, domain: Domain) -> None:
        if self.loop is not None and self.loop.name == event.name:
            self.loop = self.loop._replace(rejected=True)

    def _reset_slots(self, event: Event, domain: Domain) -> None:
        self.slots = dict(domain.initial_slots)
        self.features = domain.initial_features

    def _followup(self, event: FollowupAction, domain: Domain) -> None:
        self.followup = event.name

    def _pause(self, event: Event, domain: Domain) -> None:
        self.paused = True

    def _resume(self, event: Event, domain: Domain) -> None:
        self.paused = False

    def _entities(self, event: EntitiesAdded, domain: Domain) -> None:
        message = self.latest_message
        known = message.entities
        added = [entity for entity in event.entities if entity not in known]
        if added:
            data = {**message.parse_data, "entities": [*known, *added]}
            self.latest_message = UserUttered(
                text=message.text,
                parse_data=data,
                input_channel=message.input_channel,
                message_id=message.message_id,
                timestamp=message.timestamp,
                metadata=message.metadata,
            )
            if self.user is not None and self.user.text is None:
                self.user = self.user._replace(
                    entities=domain.featurized_entities(self.user.intent, data["entities"])
                )


_HANDLERS: dict[type[Event], Callable[[Fold, Any, Domain], None]] = {
    SlotSet: Fold._set_slot,
    UserUttered: Fold._user,
    UserFeaturization: Fold._featurize,
    ActionExecuted: Fold._action,
    ActiveLoop: Fold._loop,
    LoopInterrupted: Fold._interrupted,
    ActionExecutionRejected: Fold._rejected,
    AllSlotsReset: Fold._reset_slots,
    FollowupAction: Fold._followup,
    ConversationPaused: Fold._pause,
    ConversationResumed: Fold._resume,
    EntitiesAdded: Fold._entities,
}


def _user_state(event: UserUttered, domain: Domain) -> User | None:
    intent = event.intent_name
    user = User(intent, domain.featurized_entities(intent, event.entities), event.text or None)
    return None if user == (None, (), None) else user
