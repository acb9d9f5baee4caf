"""What an action may ask to happen outside the conversation, in one place, checked.

An action says `dispatcher.utter_message(json_message={"effect": {"type": "call_back", …}})`. The assistant takes it out
of the replies, checks it here, and carries it out in the turn's own commit: what is asked for happens if and only
if the turn is committed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Connection

from bot.errors import ActionError
from bot.messages import BotMessage, Document
from bot.store import ConversationRow, Turn, conversations, erasure, records

Carry = Callable[[Connection, Turn, ConversationRow, Mapping[str, Any]], Sequence[BotMessage]]


@dataclass(frozen=True, slots=True)
class EffectType:
    """A type: what must be given, what may be, and what carries it out. Keys besides these are refused."""

    carry_out: Carry
    required: Mapping[str, type | tuple[type, ...]] = field(default_factory=dict)
    optional: Mapping[str, type | tuple[type, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Effect:
    """One effect that passed its check."""

    type: str
    fields: Mapping[str, Any]

    def __call__(self, connection: Connection, turn: Turn, row: ConversationRow) -> Sequence[BotMessage]:
        """Carry it out inside the turn's transaction; returns what it adds to the replies."""
        return EFFECTS[self.type].carry_out(connection, turn, row, self.fields)


def check_effect(data: Mapping[str, Any]) -> Effect:
    """An effect as an action wrote it.

    Raises:
        ActionError: unknown type, a field missing, of another kind, or unknown.
    """
    name = str(data.get("type"))
    kind = EFFECTS.get(name)
    if kind is None:
        raise ActionError(f"effect type « {name} » is unknown; known ones: {', '.join(EFFECTS)}")
    fields = {key: value for key, value in data.items() if key != "type"}
    for key, wanted in kind.required.items():
        if key not in fields:
            raise ActionError(f"effect {name}: {key} is missing")
        if not isinstance(fields[key], wanted):
            raise ActionError(f"effect {name}: {key} is a {type(fields[key]).__name__}")
    for key, value in fields.items():
        if key in kind.required:
            continue
        if key not in kind.optional:
            raise ActionError(f"effect {name}: {key} is no field of it")
        if value is not None and not isinstance(value, kind.optional[key]):
            raise ActionError(f"effect {name}: {key} is a {type(value).__name__}")
    return Effect(name, fields)


# ------------------------------------------------------------------ carrying out
def _record(kind: str) -> Carry:
    def carry_out(
        connection: Connection, turn: Turn, row: ConversationRow, fields: Mapping[str, Any]
    ) -> Sequence[BotMessage]:
        records.add_record(connection, kind, row.chamber, row.id, fields, turn.now)
        return ()

    return carry_out


def _ask_for_person(
    connection: Connection, turn: Turn, row: ConversationRow, fields: Mapping[str, Any]
) -> Sequence[BotMessage]:
    if row.status == "bot":
        turn.changes["status"] = "human_wanted"
    records.add_record(connection, "handover", row.chamber, row.id, fields, turn.now)
    return ()


def _erase(
    connection: Connection, turn: Turn, row: ConversationRow, fields: Mapping[str, Any]
) -> Sequence[BotMessage]:
    erasure.erase(connection, row.id, turn.now)
    turn.is_erased = True
    return ()


def _export(
    connection: Connection, turn: Turn, row: ConversationRow, fields: Mapping[str, Any]
) -> Sequence[BotMessage]:
    data = owner_data(connection, turn, row)
    content = orjson.dumps(data, default=str, option=orjson.OPT_INDENT_2)
    return (BotMessage(document=Document("mes-donnees.json", "application/json", content)),)


def _consent_to_reminder(
    connection: Connection, turn: Turn, row: ConversationRow, fields: Mapping[str, Any]
) -> Sequence[BotMessage]:
    turn.changes["reminder_consent"] = fields["agreed"]
    return ()


def _consent_to_match(
    connection: Connection, turn: Turn, row: ConversationRow, fields: Mapping[str, Any]
) -> Sequence[BotMessage]:
    """What one side says of a match; only the sides themselves may say it. One refusal ends it."""
    match = records.get_record(connection, fields["match"])
    if match is None or match.kind != "skill_match" or match.state not in records.OPEN_MATCH:
        return ()
    sides = [side for side in ("offer", "search") if match.data.get(f"{side}_conversation") == row.id]
    if not sides:
        return ()
    data = {**match.data, **{f"{side}_says": fields["agreed"] for side in sides}}
    says = [data.get("offer_says"), data.get("search_says")]
    state = "refused" if False in says else "agreed" if all(says) else "proposed"
    records.set_record_data(connection, match.id, data, turn.now)
    records.set_record_state(connection, match.id, state, turn.now)
    return ()


def _join_chamber(
    connection: Connection, turn: Turn, row: ConversationRow, fields: Mapping[str, Any]
) -> Sequence[BotMessage]:
    """The conversation goes to another chamber with all that came out of it: who saw it before sees it no more."""
    chamber = fields["chamber"]
    if chamber != row.chamber and conversations.get_chamber(connection, chamber) is not None:
        turn.changes["chamber"] = chamber
        records.move_records(connection, row.id, row.chamber, chamber, turn.now)
    return ()


def owner_data(connection: Connection, turn: Turn, row: ConversationRow) -> dict[str, Any]:
    """All that is kept of an owner, for him to read: this turn's words included."""
    log = [event for _, _, event in conversations.list_events(connection, row.id)] + list(turn.events)
    asked = records.records_of(connection, row.id)
    return {
        "conversation": {
            "chambre": row.chamber,
            "commencee_le": _day(row.created_at),
            "dernier_message_le": _day(turn.now),
            "rappel_accepte": bool(turn.changes.get("reminder_consent", row.reminder_consent)),
            "canaux": sorted({channel for channel, _ in conversations.addresses_of(connection, row.id)}),
        },
        "ce_que_vous_avez_dit": {
            name: value
            for name, value in turn.slots.items()
            if value not in (None, [], "") and name not in ("requested_slot", "session_started_metadata")
        },
        "messages": [
            {
                "qui": {"user": "vous", "bot": "le robot", "agent": "un conseiller"}[event["event"]],
                "quand": _day(event.get("timestamp") or turn.now),
                "texte": event["text"],
            }
            for event in log
            if event.get("event") in ("user", "bot", "agent") and event.get("text")
        ],
        "demandes": [
            {"genre": one.kind, "etat": one.state, "le": _day(one.created_at), "contenu": one.data}
            for one in asked
        ],
    }


def _day(timestamp: float) -> str:
    return datetime.fromtimestamp(timestamp, UTC).isoformat(timespec="seconds")


# ------------------------------------------------------------------ the types
_CONTACT: Mapping[str, type | tuple[type, ...]] = {
    "name": str,
    "firm": str,
    "phone": str,
    "email": str,
    "contact": str,
    "place": (str, dict),
    "insee": str,
    "commune": str,
    "departement": str,
    "sector": (str, dict),
    "naf": str,
    "text": str,
    "consent": bool,
}

EFFECTS: dict[str, EffectType] = {
    "call_back": EffectType(
        _record("call_back"),
        optional={**_CONTACT, "when": (str, list), "about": (str, list), "case": dict},
    ),
    "handover": EffectType(_ask_for_person, optional={"reason": str, "about": (str, list), "case": dict}),
    "erase": EffectType(_erase),
    "join_chamber": EffectType(_join_chamber, required={"chamber": str}),
    "export": EffectType(_export),
    "reminder_consent": EffectType(_consent_to_reminder, required={"agreed": bool}),
    "feedback": EffectType(
        _record("feedback"), optional={"answer": (str, int, bool), "text": str, "about": str}
    ),
    "connecteur_signup": EffectType(
        _record("connecteur_signup"),
        optional={**_CONTACT, "skills": (list, str), "needs": (list, str), "trades": (list, str)},
    ),
    "skill_offer": EffectType(
        _record("skill_offer"),
        optional={**_CONTACT, "skill": (str, list), "days_a_month": (int, float, str), "terms": str},
    ),
    "skill_consent": EffectType(_consent_to_match, required={"match": str, "agreed": bool}),
    "skill_search": EffectType(
        _record("skill_search"),
        optional={**_CONTACT, "skill": (str, list), "days_a_month": (int, float, str), "terms": str},
    ),
}
