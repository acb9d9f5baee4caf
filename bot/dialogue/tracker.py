"""The state of a conversation, folded from its events.

`after(events)` gives the next state; a `Tracker` is never changed once it is handed out. Its size is bounded: it keeps
what the fold gives (slots, loop, latest message), the newest `KEEP_EVENTS` events as they go over the wire, and the
newest applied events, so that an undoing event (rewind, undo) and a form's happy path are replayed exactly as in Rasa.
Older applied events are folded into `Base`; an undoing that would reach behind it stops there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from bot.dialogue.applied import continues_loop
from bot.dialogue.domain import Domain
from bot.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    EntitiesAdded,
    Event,
    JsonObject,
    Restarted,
    SessionStarted,
    SlotSet,
    UserFeaturization,
    UserUtteranceReverted,
    UserUttered,
    event_from_json,
)
from bot.dialogue.fold import Fold, Loop, Record
from bot.dialogue.states import LISTEN, State, User

KEEP_EVENTS = 200
"""Newest events kept as they go over the wire, for the actions."""
MAX_APPLIED = 240
"""Applied events kept one by one; above it the oldest are folded into the base."""
KEEP_TURNS = 24
"""Turns that stay exactly undoable after a fold."""
KEEP_STATES = 600
"""States of the policies kept from before the applied events: the longest history that a story may ask for."""


class Base(NamedTuple):
    """The fold of all applied events older than those kept, with the states before their actions."""

    fold: Fold
    records: tuple[Record, ...] = ()


class Tracker:
    """A conversation's state. Make the first with `Tracker(domain, sender_id)`, the next with `after`."""

    __slots__ = (
        "actions_since_listen",
        "applied",
        "base",
        "domain",
        "event_count",
        "failures",
        "fold",
        "input_channel",
        "intents",
        "keep_events",
        "latest_event_time",
        "loop_names",
        "new_events",
        "policy_user",
        "recent",
        "records",
        "rejected_action",
        "sender_id",
        "since_user",
    )

    def __init__(
        self, domain: Domain, sender_id: str = "default", keep_events: int | None = KEEP_EVENTS
    ) -> None:
        self.keep_events = keep_events
        self.domain = domain
        self.sender_id = sender_id
        self.fold = Fold(domain)
        self.base = Base(self.fold.copy())
        self.applied: list[Event] = []
        self.records: list[Record] = []
        self.policy_user: User | None = None
        self.loop_names: frozenset[str] = frozenset()
        self.recent: list[JsonObject] = []
        self.since_user: dict[str, Any] = {}
        self.intents: tuple[str | None, ...] = ()
        self.actions_since_listen = 0
        self.rejected_action: str | None = None
        self.event_count = 0
        self.latest_event_time: float | None = None
        self.input_channel: str | None = None
        self.new_events: list[Event] = []
        self.failures: tuple[JsonObject, ...] = ()

    # -------------------------------------------------------------- reading
    @property
    def slots(self) -> Mapping[str, Any]:
        """Every slot of the domain with its value."""
        return self.fold.slots

    @property
    def latest_message(self) -> UserUttered:
        """The last user message that counts; an empty one when there is none."""
        return self.fold.latest_message

    @property
    def active_loop(self) -> Loop | None:
        """The form or other loop that is running."""
        return self.fold.loop

    @property
    def active_loop_name(self) -> str | None:
        """Its name."""
        return None if self.fold.loop is None else self.fold.loop.name

    @property
    def latest_action_name(self) -> str | None:
        """The name (or literal text) of the last action."""
        return None if self.fold.latest_action is None else self.fold.latest_action[1]

    @property
    def is_paused(self) -> bool:
        """Whether the bot keeps silent."""
        return self.fold.paused

    @property
    def followup_action(self) -> str | None:
        """The action that must run next."""
        return self.fold.followup

    @property
    def is_empty(self) -> bool:
        """Whether nothing counts: no session was started since the beginning or the last restart."""
        return not self.applied and self.base.fold.latest_action is None

    def get_slot(self, name: str) -> Any:
        """A slot's value; None for a slot that does not exist."""
        return self.fold.slots.get(name)

    def state(self) -> State:
        """What the policies see now."""
        return self.fold.state(self.policy_user)

    def history(self) -> list[Record]:
        """The states before each action so far, oldest first, as far as they are kept."""
        return [*self.base.records, *self.records]

    def current_state(self, max_events: int | None = None) -> JsonObject:
        """Rasa's tracker as it goes to an action server.

        Args:
            max_events: at most so many of the newest events; None: all that are kept (`KEEP_EVENTS`).
        """
        fold = self.fold
        loop = fold.loop
        message = fold.latest_message
        first = 0 if max_events is None else max(0, len(self.recent) - max_events)
        events = self.recent[first:]
        return {
            "sender_id": self.sender_id,
            "slots": dict(fold.slots),
            "latest_message": {
                **message.parse_data,
                "message_id": message.message_id,
                "metadata": message.metadata,
            },
            "latest_event_time": self.latest_event_time,
            "followup_action": fold.followup,
            "paused": fold.paused,
            "events": events,
            "latest_input_channel": self.input_channel,
            "active_loop": {} if loop is None else loop._asdict(),
            "latest_action": {}
            if fold.latest_action is None
            else {fold.latest_action[0]: fold.latest_action[1]},
            "latest_action_name": self.latest_action_name,
        }

    # -------------------------------------------------------------- the next state
    def after(self, events: Iterable[Event]) -> Tracker:
        """The state after these events, which must carry their time stamps."""
        new = self._copy()
        for event in events:
            new._add(event)
        return new

    def extend(self, events: Iterable[Event]) -> None:
        """The same in place: only for a tracker that nobody else has yet."""
        for event in events:
            self._add(event)

    def begin_turn(self) -> Tracker:
        """The same state with nothing new in it."""
        new = self._copy()
        new.new_events = []
        new.failures = ()
        return new

    def with_failure(self, failure: JsonObject) -> Tracker:
        """The same state, with an action's failure to be told."""
        new = self._copy()
        new.failures = (*self.failures, failure)
        return new

    def _copy(self) -> Tracker:
        new = Tracker.__new__(Tracker)
        for read, write in _COPIERS:
            write(new, read(self))
        new.fold = self.fold.copy()
        new.applied = self.applied.copy()
        new.records = self.records.copy()
        new.recent = self.recent.copy()
        new.new_events = self.new_events.copy()
        new.since_user = self.since_user.copy()
        return new

    def _add(self, event: Event) -> None:
        self.event_count += 1
        self.new_events.append(event)
        self.latest_event_time = event.timestamp
        self.recent.append(event.to_json())
        if self.keep_events is not None and len(self.recent) > self.keep_events:
            del self.recent[: len(self.recent) - self.keep_events]
        self._note(event)
        kind = type(event)
        if kind is Restarted or kind is SessionStarted:
            self.fold = Fold(self.domain)
            if kind is Restarted:
                self.fold.followup = "action_session_start"
            self.applied, self.records, self.policy_user = [], [], None
            self.base = Base(Fold(self.domain))
        elif kind is UserUtteranceReverted or kind is ActionReverted:
            if kind is UserUtteranceReverted:
                _drop_till(self.applied, UserUttered)
            _drop_till(self.applied, ActionExecuted)
            self._replay()
        elif (
            isinstance(event, ActionExecuted)
            and event.name in self.loop_names
            and continues_loop(event.name, reversed(self.applied))
        ):
            self._collapse(event.name)
            self.fold.apply(event, self.domain)
        else:
            if isinstance(event, ActionExecuted):
                self.records.append(self.fold.record(event, self.policy_user))
            elif isinstance(event, ActiveLoop) and event.name and event.name not in self.loop_names:
                self.loop_names |= {event.name}
            elif kind is UserUttered:
                self._lighten_last_message()
            if kind is not BotUttered:
                self.applied.append(event)
            self.fold.apply(event, self.domain)
            if kind in _USER_EVENTS:
                self.policy_user = self.fold.user
            if len(self.applied) > MAX_APPLIED:
                self._fold_oldest()

    def _note(self, event: Event) -> None:
        """Keep what is asked of the raw log, undone events included."""
        if isinstance(event, UserUttered):
            self.since_user = {}
            self.intents = (event.intent_name or "", *self.intents[:2])
            self.input_channel = event.input_channel
        elif isinstance(event, SlotSet):
            self.since_user[event.name] = event.value
        elif isinstance(event, ActionExecuted):
            is_start = event.name in (LISTEN, "action_session_start")
            self.actions_since_listen = 0 if is_start else self.actions_since_listen + 1
            self.rejected_action = None
        elif isinstance(event, ActionExecutionRejected):
            self.rejected_action = event.name
        elif isinstance(event, UserUtteranceReverted):
            self.intents = (None, *self.intents[:2])
        elif isinstance(event, Restarted):
            self.since_user = {}
            self.intents = ()

    def _lighten_last_message(self) -> None:
        """Drop the ranking of the message before the newest: a third of the state's size, never read again."""
        for index in range(len(self.applied) - 1, -1, -1):
            event = self.applied[index]
            if isinstance(event, UserUttered):
                if event.parse_data.get("intent_ranking"):
                    self.applied[index] = replace(
                        event, parse_data={**event.parse_data, "intent_ranking": []}
                    )
                return

    def _replay(self) -> None:
        """Fold again from the base what still counts."""
        fold, domain = self.base.fold.copy(), self.domain
        self.records = []
        for event in self.applied:
            if isinstance(event, ActionExecuted):
                self.records.append(fold.record(event, fold.user))
            fold.apply(event, domain)
        self.fold = fold
        self.policy_user = fold.user

    # -------------------------------------------------------------- a form's happy path
    def _collapse(self, loop: str) -> None:
        """Take out the user's answer and the actions since the loop's last run (Rasa's applied events)."""
        applied = self.applied
        index = len(applied) - 1
        while True:
            event = applied[index]
            if isinstance(event, ActionExecuted):
                if event.name == loop:
                    break
                del applied[index]
                self.records.pop()
            elif isinstance(event, UserUttered | UserFeaturization):
                del applied[index]
            index -= 1
        self.policy_user = self.records[-1].state.user

    # -------------------------------------------------------------- bounded size
    def _fold_oldest(self) -> None:
        """Merge slot events that nothing can part, then fold what is too old into the base."""
        merged = _merge_slots(self.applied)
        starts = [
            index
            for index, event in enumerate(merged[:-2])
            if isinstance(event, ActionExecuted)
            and event.name == LISTEN
            and isinstance(merged[index + 1], UserUttered)
        ]
        self.applied = merged
        if len(merged) <= MAX_APPLIED // 2 or len(starts) < 2:
            return
        cut = starts[-min(KEEP_TURNS, len(starts) - 1)]
        while len(merged) - cut > MAX_APPLIED // 2 and cut != starts[-1]:
            cut = starts[starts.index(cut) + 1]
        fold = self.base.fold.copy()
        folded = 0
        for event in merged[:cut]:
            folded += isinstance(event, ActionExecuted)
            fold.apply(event, self.domain)
        records = (*self.base.records, *self.records[:folded])[-KEEP_STATES:]
        self.base = Base(fold, records)
        self.applied = merged[cut:]
        self.records = self.records[folded:]

    # -------------------------------------------------------------- storage
    def to_json(self, recent_events: int = KEEP_EVENTS) -> JsonObject:
        """The state to keep beside the log; plain JSON data.

        Args:
            recent_events: how many of the newest events to put in; 0 when the log gives them back to `from_json`.
        """
        from bot.dialogue.tracker_json import tracker_to_json

        return tracker_to_json(self, recent_events)

    @classmethod
    def from_json(
        cls,
        model: Any,
        data: Mapping[str, Any],
        recent: list[JsonObject] | None = None,
        keep_events: int | None = KEEP_EVENTS,
    ) -> Tracker:
        """What `to_json` gave.

        Args:
            model: the `Model` (or its `Domain`).
            data: the kept state.
            recent: the newest events of the log in wire form, when they were not put in.
            keep_events: how many of them to hold at most; None: all that are given, and all that follow.
        """
        from bot.dialogue.tracker_json import tracker_from_json

        tracker = tracker_from_json(getattr(model, "domain", model), data, recent)
        tracker.keep_events = keep_events
        return tracker

    @classmethod
    def from_events(cls, model: Any, sender_id: str, events: Iterable[Event | JsonObject]) -> Tracker:
        """The state that these events give, from the first."""
        tracker = cls(getattr(model, "domain", model), sender_id)
        for item in events:
            event = item if isinstance(item, Event) else event_from_json(item)
            if event is not None:
                tracker._add(event)
        tracker.new_events = []
        return tracker


_COPIERS = tuple(
    (slot.__get__, slot.__set__) for slot in (getattr(Tracker, name) for name in Tracker.__slots__)
)
"""How each slot is read and written: a copy is made several times a turn."""
_USER_EVENTS = frozenset((UserUttered, UserFeaturization, EntitiesAdded))


def _drop_till(applied: list[Event], kind: type[Event]) -> None:
    while applied:
        if isinstance(applied.pop(), kind):
            return


def _merge_slots(applied: list[Event]) -> list[Event]:
    """Of slot events with no user message or action between them keep the last of each slot, in order."""
    merged: list[Event] = []
    run: dict[str, SlotSet] = {}
    for event in applied:
        if isinstance(event, SlotSet):
            run.pop(event.name, None)
            run[event.name] = event
            continue
        if isinstance(event, UserUttered | ActionExecuted | AllSlotsReset | ActiveLoop):
            merged += run.values()
            run = {}
        merged.append(event)
    return [*merged, *run.values()]
