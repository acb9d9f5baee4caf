"""The compact JSON of a `Tracker`: stored each turn, so what follows from the rest is left out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from bot.dialogue.domain import Domain
from bot.dialogue.events import ActionExecuted, Event, JsonObject, SlotSet, UserUttered, event_from_json
from bot.dialogue.fold import NO_MESSAGE, Fold, Loop, Record
from bot.dialogue.states import Action, Slots, State, User
from bot.dialogue.tracker import Base, Tracker

VERSION = 2

T = TypeVar("T")


def tracker_to_json(tracker: Tracker, recent_events: int) -> JsonObject:
    """See `Tracker.to_json`."""
    features: _Distinct[Slots] = _Distinct()
    states: _Distinct[Record] = _Distinct()
    is_fresh = not tracker.base.records and tracker.base.fold.latest_action is None
    records = [states.place(record) for record in tracker.records]
    base = None
    if not is_fresh:
        base = [
            _fold(tracker.base.fold, tracker.domain),
            [states.place(record) for record in tracker.base.records],
        ]
    return {
        "v": VERSION,
        "sender": tracker.sender_id,
        "fold": _fold(tracker.fold, tracker.domain),
        "base": base,
        "applied": [_event(event) for event in tracker.applied],
        "records": records,
        "states": [_record(record, features) for record in states.listed],
        "features": features.listed,
        "user": _plain(tracker.policy_user),
        "loops": sorted(tracker.loop_names),
        "recent": tracker.recent[-recent_events:] if recent_events else [],
        "since": tracker.since_user,
        "intents": tracker.intents,
        "actions": tracker.actions_since_listen,
        "rejected": tracker.rejected_action,
        "count": tracker.event_count,
        "time": tracker.latest_event_time,
        "channel": tracker.input_channel,
    }


def tracker_from_json(domain: Domain, data: Mapping[str, Any], recent: list[JsonObject] | None) -> Tracker:
    """See `Tracker.from_json`."""
    tracker = Tracker(domain, data["sender"])
    features = [tuple((name, _feature(value)) for name, value in slots) for slots in data["features"]]
    states = [_read_record(item, features) for item in data.get("states", ())]

    def state_of(item: Any) -> Record:
        # the first version wrote each state out where it stood
        return states[item] if isinstance(item, int) else _read_record(item, features)

    tracker.fold = _read_fold(data["fold"], domain)
    if data["base"] is not None:
        fold, records = data["base"]
        tracker.base = Base(_read_fold(fold, domain), tuple(state_of(item) for item in records))
    tracker.applied = [_read_event(item) for item in data["applied"]]
    tracker.records = [state_of(item) for item in data["records"]]
    tracker.policy_user = _read_user(data["user"])
    tracker.loop_names = frozenset(data["loops"])
    tracker.recent = list(data["recent"] if recent is None else recent)
    tracker.since_user = dict(data["since"])
    tracker.intents = tuple(data["intents"])
    tracker.actions_since_listen = data["actions"]
    tracker.rejected_action = data["rejected"]
    tracker.event_count = data["count"]
    tracker.latest_event_time = data["time"]
    tracker.input_channel = data["channel"]
    return tracker


def slots_kept(state: Mapping[str, Any]) -> dict[str, Any]:
    """The slots in a kept state that differ from their initial values, without reading the rest of it."""
    return dict(state["fold"]["slots"])


class _Distinct(Generic[T]):
    """Each distinct value once; a long conversation comes through the same few states, so they are pointed at."""

    def __init__(self) -> None:
        self.listed: list[T] = []
        self._index: dict[T, int] = {}

    def place(self, value: T) -> int:
        at = self._index.setdefault(value, len(self.listed))
        if at == len(self.listed):
            self.listed.append(value)
        return at


def _plain(value: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    """A named tuple as a bare one, which every JSON writer takes."""
    return None if value is None else tuple(value)


def _feature(value: Any) -> Any:
    return value if isinstance(value, str) else tuple(value)


def _record(record: Record, features: _Distinct[Slots]) -> list[Any]:
    state = record.state
    return [
        _plain(state.user),
        features.place(state.slots),
        state.prev,
        state.loop,
        record.hidden,
        record.sticky,
    ]


def _read_record(data: list[Any], features: list[Slots]) -> Record:
    user, slots, prev, loop, hidden, sticky = data
    return Record(State(_read_user(user), features[slots], _read_action(prev), loop), hidden, sticky)


def _read_user(data: Any) -> User | None:
    return None if data is None else User(data[0], tuple(data[1]), data[2])


def _read_action(data: Any) -> Action | None:
    return None if data is None else (data[0], data[1])


def _event(event: Event) -> Any:
    if event.compact is None:
        object.__setattr__(event, "compact", _compact(event))
    return event.compact


def _compact(event: Event) -> Any:
    if not event.metadata:
        if isinstance(event, SlotSet):
            return ["s", event.name, event.value]
        if isinstance(event, ActionExecuted) and event.name is not None:
            return ["a", event.name, event.hide_rule_turn]
    return event.to_json()


def _read_event(data: Any) -> Event:
    if isinstance(data, list):
        if data[0] == "s":
            return SlotSet(name=data[1], value=data[2])
        return ActionExecuted(name=data[1], hide_rule_turn=data[2])
    event = event_from_json(data)
    if event is None:
        raise ValueError(f"unknown event in a kept state: {data.get('event')}")
    return event


def _fold(fold: Fold, domain: Domain) -> JsonObject:
    initial = domain.initial_slots
    message = None if fold.latest_message is NO_MESSAGE else fold.latest_message.to_json()
    return {
        "slots": {name: value for name, value in fold.slots.items() if value != initial.get(name)},
        "paused": fold.paused,
        "followup": fold.followup,
        "action": fold.latest_action,
        "message": message,
        "loop": _plain(fold.loop),
        "user": _plain(fold.user),
        "user_time": fold.user_time,
    }


def _read_fold(data: Mapping[str, Any], domain: Domain) -> Fold:
    fold = Fold(domain)
    features = dict(fold.features)
    for name, value in data["slots"].items():
        slot = domain.slots.get(name)
        if slot is None:
            continue  # the domain lost this slot since
        fold.slots[name] = value
        if slot.influences:
            features.pop(name, None)
            feature = slot.feature(value)
            if feature is not None:
                features[name] = feature
    fold.features = tuple(sorted(features.items()))
    fold.paused = data["paused"]
    fold.followup = data["followup"]
    fold.latest_action = _read_action(data["action"])
    message = None if data["message"] is None else event_from_json(data["message"])
    fold.latest_message = message if isinstance(message, UserUttered) else NO_MESSAGE
    fold.loop = None if data["loop"] is None else Loop(*data["loop"])
    fold.user = _read_user(data["user"])
    fold.user_time = data["user_time"]
    return fold
