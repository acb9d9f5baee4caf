"""What owners asked to happen outside their conversation: call-backs, sign-ups, offers, searches, opinions.

Written by effects in a turn's own commit; read and moved on by advisors, through the assistant and the command line.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, insert, select, update

from bot.store.tables import records

OPEN_MATCH = ("proposed", "agreed")
"""The states of a match that no advisor has confirmed, and no side refused."""


@dataclass(frozen=True, slots=True)
class Record:
    """One of them. `state` is `new` until a person moves it on."""

    id: str
    kind: str
    chamber: str
    conversation_id: str | None
    state: str
    data: dict[str, Any]
    created_at: float


def add_record(
    connection: Connection,
    kind: str,
    chamber: str,
    conversation_id: str | None,
    data: Mapping[str, Any],
    now: float,
    state: str = "new",
) -> str:
    """Keep a new one; returns its id."""
    record_id = uuid.uuid4().hex
    connection.execute(
        insert(records).values(
            id=record_id,
            kind=kind,
            chamber=chamber,
            conversation_id=conversation_id,
            state=state,
            data=orjson.dumps(dict(data), default=str).decode(),
            created_at=now,
            changed_at=now,
        )
    )
    return record_id


def list_records(
    connection: Connection, kind: str, *, chamber: str | None = None, state: str | None = None
) -> list[Record]:
    """Those of a kind, oldest first."""
    chosen = select(records).where(records.c.kind == kind).order_by(records.c.created_at, records.c.id)
    if chamber is not None:
        chosen = chosen.where(records.c.chamber == chamber)
    if state is not None:
        chosen = chosen.where(records.c.state == state)
    return [_record(row) for row in connection.execute(chosen)]


def records_of(connection: Connection, conversation_id: str) -> list[Record]:
    """Those that came out of one conversation."""
    chosen = (
        select(records).where(records.c.conversation_id == conversation_id).order_by(records.c.created_at)
    )
    return [_record(row) for row in connection.execute(chosen)]


def get_record(connection: Connection, record_id: str) -> Record | None:
    """The one of that id."""
    row = connection.execute(select(records).where(records.c.id == record_id)).first()
    return None if row is None else _record(row)


def set_record_data(connection: Connection, record_id: str, data: Mapping[str, Any], now: float) -> None:
    """Give one other contents."""
    kept = orjson.dumps(dict(data), default=str).decode()
    connection.execute(update(records).where(records.c.id == record_id).values(data=kept, changed_at=now))


def set_record_state(connection: Connection, record_id: str, state: str, now: float) -> bool:
    """Move one on (approved, confirmed, done, refused); False when there is none of that id."""
    changed = connection.execute(
        update(records).where(records.c.id == record_id).values(state=state, changed_at=now)
    )
    return changed.rowcount == 1


def move_records(
    connection: Connection, conversation_id: str, from_chamber: str, to_chamber: str, now: float
) -> None:
    """Hand what came out of a conversation to the chamber that it goes to.

    An open match with a firm of the chamber that it leaves ends: no advisor of either could confirm it.
    """
    connection.execute(
        update(records)
        .where(records.c.conversation_id == conversation_id)
        .values(chamber=to_chamber, changed_at=now)
    )
    for match in list_records(connection, "skill_match", chamber=from_chamber):
        sides = (match.data.get("offer_conversation"), match.data.get("search_conversation"))
        if conversation_id in sides and match.state in OPEN_MATCH:
            set_record_state(connection, match.id, "refused", now)


def _record(row: Any) -> Record:
    return Record(
        row.id, row.kind, row.chamber, row.conversation_id, row.state, orjson.loads(row.data), row.created_at
    )
