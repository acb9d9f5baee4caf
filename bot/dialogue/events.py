"""The events of a conversation: frozen facts with Rasa's wire form.

`to_json` gives what Rasa's tracker writes, `event_from_json` reads it back. What an event does to the state is in
`tracker.py`. Two events are equal when they say the same thing, whenever they were said: time stamps do not count.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

JsonObject = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One past fact. `timestamp` is in seconds since 1970; None until it is put in a conversation."""

    type_name: ClassVar[str] = ""
    timestamp: float | None = field(default=None, compare=False)
    metadata: Mapping[str, Any] = field(default_factory=dict, compare=False)
    compact: Any = field(default=None, init=False, compare=False, repr=False)
    """The form in which a kept state holds it, once that was made: an event stays in the state for many turns."""

    def to_json(self) -> JsonObject:
        """Rasa's wire form."""
        data: JsonObject = {"event": self.type_name, "timestamp": self.timestamp}
        if self.metadata:
            data["metadata"] = self.metadata
        data.update(self._fields())
        return data

    def _fields(self) -> JsonObject:
        return {}

    def at(self, timestamp: float) -> Event:
        """The same event, said at that time."""
        kind = type(self)
        new = kind.__new__(kind)
        for read, write in _copiers(
            kind
        ):  # `dataclasses.replace` takes ten times as long, twenty times a turn
            write(new, read(self))
        object.__setattr__(new, "timestamp", timestamp)
        object.__setattr__(new, "compact", None)
        return new


_COPIERS: dict[type[Event], tuple[tuple[Any, Any], ...]] = {}


def _copiers(kind: type[Event]) -> tuple[tuple[Any, Any], ...]:
    """How each slot of a kind of event is read and written, frozen or not."""
    if kind not in _COPIERS:
        slots = [getattr(kind, one.name) for one in fields(kind) if one.name not in ("timestamp", "compact")]
        _COPIERS[kind] = tuple((slot.__get__, slot.__set__) for slot in slots)
    return _COPIERS[kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserUttered(Event):
    """What the user said and what was read in it (`parse_data`: intent, entities, intent_ranking, …)."""

    type_name: ClassVar[str] = "user"
    text: str | None = None
    parse_data: Mapping[str, Any] = field(default_factory=dict)
    input_channel: str | None = field(default=None, compare=False)
    message_id: str | None = field(default=None, compare=False)

    @property
    def intent(self) -> Mapping[str, Any]:
        """The intent as read, with name and confidence; empty when nothing was read."""
        return self.parse_data.get("intent") or {}

    @property
    def intent_name(self) -> str | None:
        """The intent's name."""
        return self.intent.get("name")

    @property
    def entities(self) -> list[JsonObject]:
        """The entities as read."""
        return self.parse_data.get("entities") or []

    def _fields(self) -> JsonObject:
        return {
            "text": self.text,
            "parse_data": self.parse_data,
            "input_channel": self.input_channel,
            "message_id": self.message_id,
            "metadata": self.metadata,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class BotUttered(Event):
    """What the bot said. `data` holds buttons, image, custom and the like; `metadata` the rest."""

    type_name: ClassVar[str] = "bot"
    text: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def _fields(self) -> JsonObject:
        return {"text": self.text, "data": self.data, "metadata": self.metadata}


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotSet(Event):
    """A slot took a value (None: it was emptied)."""

    type_name: ClassVar[str] = "slot"
    name: str
    value: Any = None

    def _fields(self) -> JsonObject:
        return {"name": self.name, "value": self.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionExecuted(Event):
    """An action ran. Either `name` or, for a story's literal bot text, `action_text` is set."""

    type_name: ClassVar[str] = "action"
    name: str | None = None
    policy: str | None = field(default=None, compare=False)
    confidence: float | None = field(default=None, compare=False)
    action_text: str | None = None
    hide_rule_turn: bool = field(default=False, compare=False)

    def _fields(self) -> JsonObject:
        return {
            "name": self.name,
            "policy": self.policy,
            "confidence": self.confidence,
            "action_text": self.action_text,
            "hide_rule_turn": self.hide_rule_turn,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionExecutionRejected(Event):
    """An action refused to run, so that something else may be tried."""

    type_name: ClassVar[str] = "action_execution_rejected"
    name: str
    policy: str | None = field(default=None, compare=False)
    confidence: float | None = field(default=None, compare=False)

    def _fields(self) -> JsonObject:
        return {"name": self.name, "policy": self.policy, "confidence": self.confidence}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveLoop(Event):
    """A form (or another loop) became active; None: it ended."""

    type_name: ClassVar[str] = "active_loop"
    name: str | None = None

    def _fields(self) -> JsonObject:
        return {"name": self.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopInterrupted(Event):
    """The loop is come back to after something else, so it must not check the user's last words."""

    type_name: ClassVar[str] = "loop_interrupted"
    is_interrupted: bool = True

    def _fields(self) -> JsonObject:
        return {"is_interrupted": self.is_interrupted}


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFeaturization(Event):
    """Whether the policies went by the text (True) or the intent (False) of the last user message."""

    type_name: ClassVar[str] = "user_featurization"
    use_text_for_featurization: bool = False

    def _fields(self) -> JsonObject:
        return {"use_text_for_featurization": self.use_text_for_featurization}


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitiesAdded(Event):
    """Entities found after the reading, added to the last user message."""

    type_name: ClassVar[str] = "entities"
    entities: tuple[Mapping[str, Any], ...] = ()

    def _fields(self) -> JsonObject:
        return {"entities": list(self.entities)}


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowupAction(Event):
    """The named action must run next, whatever the policies say."""

    type_name: ClassVar[str] = "followup"
    name: str

    def _fields(self) -> JsonObject:
        return {"name": self.name}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderScheduled(Event):
    """At `date_time` (ISO 8601), behave as if the user had meant `intent`."""

    type_name: ClassVar[str] = "reminder"
    intent: str | None = None
    entities: Any = None
    date_time: str | None = None
    name: str | None = None
    kill_on_user_msg: bool = True

    def _fields(self) -> JsonObject:
        return {
            "intent": self.intent,
            "entities": self.entities,
            "date_time": self.date_time,
            "name": self.name,
            "kill_on_user_msg": self.kill_on_user_msg,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderCancelled(Event):
    """Forget the reminders of that name, intent or entities; all of them when none is given."""

    type_name: ClassVar[str] = "cancel_reminder"
    name: str | None = None
    intent: str | None = None
    entities: Any = None

    def _fields(self) -> JsonObject:
        return {"name": self.name, "intent": self.intent, "entities": self.entities}


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentUttered(Event):
    """What a person of the firm said."""

    type_name: ClassVar[str] = "agent"
    text: str | None = None
    data: Any = None

    def _fields(self) -> JsonObject:
        return {"text": self.text, "data": self.data}


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarted(Event):
    """The conversation begins anew; nothing before counts."""

    type_name: ClassVar[str] = "restart"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted(Event):
    """A new session of the conversation."""

    type_name: ClassVar[str] = "session_started"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserUtteranceReverted(Event):
    """The last user message and all that followed are undone."""

    type_name: ClassVar[str] = "rewind"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionReverted(Event):
    """The last action and all that followed are undone."""

    type_name: ClassVar[str] = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllSlotsReset(Event):
    """Every slot takes its initial value."""

    type_name: ClassVar[str] = "reset_slots"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationPaused(Event):
    """The bot keeps silent until it is resumed."""

    type_name: ClassVar[str] = "pause"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationResumed(Event):
    """The bot answers again."""

    type_name: ClassVar[str] = "resume"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryExported(Event):
    """The story so far was written to a file."""

    type_name: ClassVar[str] = "export"


_PLAIN: dict[str, type[Event]] = {
    cls.type_name: cls
    for cls in (
        Restarted,
        SessionStarted,
        UserUtteranceReverted,
        ActionReverted,
        AllSlotsReset,
        ConversationPaused,
        ConversationResumed,
        StoryExported,
    )
}


def _user(data: Mapping[str, Any], common: JsonObject) -> Event:
    parse_data = dict(data.get("parse_data") or {})
    parse_data.setdefault("intent", {"name": None, "confidence": 0.0})
    parse_data.setdefault("entities", [])
    parse_data.setdefault("text", data.get("text"))
    return UserUttered(
        text=data.get("text"),
        parse_data=parse_data,
        input_channel=data.get("input_channel"),
        message_id=data.get("message_id"),
        **common,
    )


_READERS: dict[str, Callable[[Mapping[str, Any], JsonObject], Event]] = {
    "user": _user,
    "bot": lambda d, c: BotUttered(text=d.get("text"), data=d.get("data") or {}, **c),
    "slot": lambda d, c: SlotSet(name=d["name"], value=d.get("value"), **c),
    "action": lambda d, c: ActionExecuted(
        name=d.get("name"),
        policy=d.get("policy"),
        confidence=d.get("confidence"),
        action_text=d.get("action_text"),
        hide_rule_turn=bool(d.get("hide_rule_turn", False)),
        **c,
    ),
    "action_execution_rejected": lambda d, c: ActionExecutionRejected(
        name=d["name"], policy=d.get("policy"), confidence=d.get("confidence"), **c
    ),
    "active_loop": lambda d, c: ActiveLoop(name=d.get("name"), **c),
    "form": lambda d, c: ActiveLoop(name=d.get("name"), **c),
    "loop_interrupted": lambda d, c: LoopInterrupted(is_interrupted=bool(d.get("is_interrupted")), **c),
    "form_validation": lambda d, c: LoopInterrupted(is_interrupted=not d.get("validate", True), **c),
    "user_featurization": lambda d, c: UserFeaturization(
        use_text_for_featurization=bool(d.get("use_text_for_featurization")), **c
    ),
    "entities": lambda d, c: EntitiesAdded(entities=tuple(d.get("entities") or ()), **c),
    "followup": lambda d, c: FollowupAction(name=d["name"], **c),
    "reminder": lambda d, c: ReminderScheduled(
        intent=d.get("intent"),
        entities=d.get("entities"),
        date_time=d.get("date_time"),
        name=d.get("name"),
        kill_on_user_msg=bool(d.get("kill_on_user_msg", True)),
        **c,
    ),
    "cancel_reminder": lambda d, c: ReminderCancelled(
        name=d.get("name"), intent=d.get("intent"), entities=d.get("entities"), **c
    ),
    "agent": lambda d, c: AgentUttered(text=d.get("text"), data=d.get("data"), **c),
}


def event_from_json(data: Mapping[str, Any]) -> Event | None:
    """Read Rasa's wire form; None when there is no event of that type.

    Raises:
        KeyError: a field without which the event says nothing is missing.
    """
    type_name = data.get("event")
    common: JsonObject = {"timestamp": data.get("timestamp"), "metadata": data.get("metadata") or {}}
    if type_name in _PLAIN:
        return _PLAIN[type_name](**common)
    reader = _READERS.get(str(type_name))
    return None if reader is None else reader(data, common)
