"""What was committed and is to be sent, and what came in and is to be handled.

A reply is sent by the process that committed it; should that process die, another one (or the next start) takes
it once its claim has run out. What was sent stays for some days, so that a message that comes twice gets
the same replies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, insert, select, update

from bot.messages import BotMessage, UserMessage
from bot.store.database import insert_ignoring
from bot.store.tables import inbox, outbox

CLAIM_S = 30.0
"""How long a reply belongs to the process that committed or took it: longer than a send with its retries."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """A committed reply that no channel has reported as sent."""

    channel: str
    sender: str
    message: BotMessage
    attempts: int
    conversation_id: str | None


# ------------------------------------------------------------------ out
def add(
    connection: Connection,
    turn_id: str,
    address: tuple[str, str],
    messages: Sequence[BotMessage],
    now: float,
    conversation_id: str | None,
) -> list[BotMessage]:
    """Put a turn's replies in; returns them with their ids."""
    named = [replace(message, id=f"{turn_id}-{position}") for position, message in enumerate(messages)]
    if named:
        connection.execute(
            insert(outbox),
            [
                {
                    "id": message.id,
                    "channel": address[0],
                    "sender": address[1],
                    "conversation_id": conversation_id,
                    "turn_id": turn_id,
                    "position": position,
                    "message": orjson.dumps(message.to_json(), default=str).decode(),
                    "created_at": now,
                    "attempts": 0,
                    "next_attempt_at": now + CLAIM_S,
                }
                for position, message in enumerate(named)
            ],
        )
    return named


_OF_TURN = (
    select(outbox.c.id, outbox.c.message)
    .where(outbox.c.turn_id == bindparam("turn"))
    .order_by(outbox.c.position)
)


def of_turn(connection: Connection, turn_id: str) -> list[BotMessage]:
    """A turn's replies in their order."""
    rows = connection.execute(_OF_TURN, {"turn": turn_id})
    return [BotMessage.from_json(orjson.loads(message), id_) for id_, message in rows]


_MARK_ONE = update(outbox).where(outbox.c.id == bindparam("of_id")).values(sent_at=bindparam("now"))


def mark_sent(connection: Connection, ids: Sequence[str], now: float) -> None:
    """These reached the owner. The last words of an erased conversation go away with it."""
    connection.execute(_MARK_ONE, [{"of_id": id_, "now": now} for id_ in ids])
    connection.execute(outbox.delete().where(outbox.c.id.in_(ids), outbox.c.conversation_id.is_(None)))


def claim_unsent(
    connection: Connection, channel: str, now: float, *, limit: int = 100, even_claimed: bool = False
) -> list[Unsent]:
    """Take replies that nobody has sent, oldest first, for `CLAIM_S`.

    `even_claimed` takes those as well whose claim still runs: for the only process, at its start.
    """
    chosen = (
        select(outbox.c.arrival)
        .where(outbox.c.channel == channel, outbox.c.sent_at.is_(None))
        .order_by(outbox.c.arrival)
        .limit(limit)
    )
    if not even_claimed:
        chosen = chosen.where(outbox.c.next_attempt_at <= now)
    if connection.dialect.name != "sqlite":
        chosen = chosen.with_for_update(skip_locked=True)
    arrivals = connection.execute(chosen).scalars().all()
    if not arrivals:
        return []
    connection.execute(
        update(outbox)
        .where(outbox.c.arrival.in_(arrivals))
        .values(next_attempt_at=now + CLAIM_S, attempts=outbox.c.attempts + 1)
    )
    rows = connection.execute(
        select(
            outbox.c.id,
            outbox.c.channel,
            outbox.c.sender,
            outbox.c.message,
            outbox.c.attempts,
            outbox.c.conversation_id,
        )
        .where(outbox.c.arrival.in_(arrivals))
        .order_by(outbox.c.arrival)
    )
    return [
        Unsent(
            channel=row.channel,
            sender=row.sender,
            message=BotMessage.from_json(orjson.loads(row.message), row.id),
            attempts=row.attempts,
            conversation_id=row.conversation_id,
        )
        for row in rows
    ]


def put_off(connection: Connection, ids: Sequence[str], until: float) -> None:
    """Not before that time: the channel was told to wait."""
    connection.execute(update(outbox).where(outbox.c.id.in_(ids)).values(next_attempt_at=until))


def find(connection: Connection, channel: str, sender: str, id_: str) -> BotMessage | None:
    """One reply of an address, by its id."""
    text = connection.execute(
        select(outbox.c.message).where(
            outbox.c.id == id_, outbox.c.channel == channel, outbox.c.sender == sender
        )
    ).scalar()
    return None if text is None else BotMessage.from_json(orjson.loads(text), id_)


# ------------------------------------------------------------------ in
def receive(connection: Connection, message: UserMessage, key: str, now: float) -> bool:
    """Keep a message until it is handled; False when it came before. Committed, it may be acknowledged."""
    done: Any = connection.execute(
        insert_ignoring(connection, inbox).values(
            message_key=key,
            channel=message.channel,
            received_at=now,
            sender=message.sender,
            message=orjson.dumps(message.to_json(), default=str).decode(),
        )
    )
    return bool(done.rowcount == 1)


def waiting(connection: Connection, channel: str, sender: str | None = None) -> list[UserMessage]:
    """The messages received and not yet handled, in the order of their arrival."""
    chosen = select(inbox.c.message).where(
        inbox.c.channel == channel, inbox.c.turn_id.is_(None), inbox.c.message.is_not(None)
    )
    if sender is not None:
        chosen = chosen.where(inbox.c.sender == sender)
    rows = connection.execute(chosen.order_by(inbox.c.arrival)).scalars()
    return [UserMessage.from_json(orjson.loads(text)) for text in rows if text]
