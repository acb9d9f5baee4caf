"""What was committed and is to be sent, and what came in and is to be handled.

Whoever holds a channel's address alone (`Assistant.alone`) sends what it has unsent, in order. What was sent
stays for some days, so that a message that comes twice gets the same replies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, exists, insert, select, union, update

from bot.messages import BotMessage
from bot.store.database import insert_ignoring
from bot.store.prepared import Prepared
from bot.store.tables import conversation_addresses, inbox, outbox

ABANDONED_S = 1.0
"""A reply that is older and unsent was left by a process that died, or is being tried again."""
DONE = "done"
"""Stands for a turn's id where what came in made no turn of its own."""


# ------------------------------------------------------------------ out
_ADD = Prepared(
    insert(outbox),
    ("channel", "sender", "conversation_id", "turn_id", "position", "message", "created_at", "sent_at"),
)


def add(
    connection: Connection,
    turn_id: str,
    address: tuple[str, str],
    messages: Sequence[BotMessage],
    now: float,
    conversation_id: str | None,
    sent_at: float | None = None,
) -> list[BotMessage]:
    """Put a turn's replies in; returns them with their ids. With `sent_at` they count as sent from the beginning."""
    named = [replace(message, id=bubble_id(turn_id, position)) for position, message in enumerate(messages)]
    # The last words of an erased conversation stay only until they are sent.
    if named and (sent_at is None or conversation_id is not None):
        _ADD.run(
            connection,
            [
                {
                    "channel": address[0],
                    "sender": address[1],
                    "conversation_id": conversation_id,
                    "turn_id": turn_id,
                    "position": position,
                    "message": orjson.dumps(message.to_json(), default=str).decode(),
                    "created_at": now,
                    "sent_at": sent_at,
                }
                for position, message in enumerate(named)
            ],
        )
    return named


_OF_TURN = (
    select(outbox.c.position, outbox.c.message)
    .where(outbox.c.turn_id == bindparam("turn"))
    .order_by(outbox.c.position)
)


def of_turn(connection: Connection, turn_id: str) -> list[BotMessage]:
    """A turn's replies in their order."""
    return [
        BotMessage.from_json(orjson.loads(message), bubble_id(turn_id, position))
        for position, message in connection.execute(_OF_TURN, {"turn": turn_id})
    ]


def bubble_id(turn_id: str, position: int) -> str:
    """The id of a turn's n-th bubble, from 0."""
    return f"{turn_id}-{position}"


def _parts(id_: str) -> dict[str, Any]:
    turn_id, _, position = id_.rpartition("-")
    return {"of_turn": turn_id, "at": int(position) if position.isdecimal() and len(position) < 6 else -1}


_ONE = (outbox.c.turn_id == bindparam("of_turn")) & (outbox.c.position == bindparam("at"))
_MARK = Prepared(update(outbox).where(_ONE).values(sent_at=bindparam("now")))
_FORGET = Prepared(delete(outbox).where(_ONE, outbox.c.conversation_id.is_(None)))
_WAITS = Prepared(select(outbox.c.turn_id).where(_ONE, outbox.c.sent_at.is_(None)))
_WITHDRAW = delete(outbox).where(
    outbox.c.conversation_id == bindparam("of_conversation"),
    outbox.c.sent_at.is_(None),
    outbox.c.turn_id.in_(
        select(inbox.c.turn_id).where(inbox.c.conversation_id == bindparam("of_conversation"))
    ),
)
_FIND = (
    select(outbox.c.message)
    .join(
        conversation_addresses,
        (conversation_addresses.c.channel == outbox.c.channel)
        & (conversation_addresses.c.sender == outbox.c.sender)
        & (conversation_addresses.c.conversation_id == outbox.c.conversation_id),
    )
    .where(_ONE, outbox.c.channel == bindparam("of_channel"), outbox.c.sender == bindparam("of_sender"))
)


def mark_sent(connection: Connection, ids: Sequence[str], now: float) -> None:
    """These reached the owner. The last words of an erased conversation go away with it."""
    which = [_parts(id_) for id_ in ids]
    _MARK.run(connection, [{**one, "now": now} for one in which])
    _FORGET.run(connection, which)


def unsent(connection: Connection, channel: str, sender: str) -> list[BotMessage]:
    """What an address has not been sent, oldest first."""
    rows = connection.execute(
        select(outbox.c.turn_id, outbox.c.position, outbox.c.message)
        .where(outbox.c.channel == channel, outbox.c.sender == sender, outbox.c.sent_at.is_(None))
        .order_by(outbox.c.arrival)
    )
    return [
        BotMessage.from_json(orjson.loads(message), bubble_id(turn_id, position))
        for turn_id, position, message in rows
    ]


def is_unsent(connection: Connection, id_: str) -> bool:
    """Whether a reply still waits: not marked, not withdrawn."""
    return bool(_WAITS.run(connection, _parts(id_)).fetchall())


def withdraw_replies(connection: Connection, conversation_id: str) -> None:
    """What the bot replied to messages of this conversation and nobody was sent yet is not said any more."""
    connection.execute(_WITHDRAW, {"of_conversation": conversation_id})


def find(connection: Connection, channel: str, sender: str, id_: str) -> BotMessage | None:
    """One reply of an address, by its id; none of a conversation to which the address no longer points."""
    text = connection.execute(_FIND, {**_parts(id_), "of_channel": channel, "of_sender": sender}).scalar()
    return None if text is None else BotMessage.from_json(orjson.loads(text), id_)


def senders_with_work(connection: Connection, channel: str, now: float) -> list[str]:
    """Addresses for which something came in or waits to be sent, and whom nobody has blocked."""
    came_in = select(inbox.c.sender).where(
        inbox.c.channel == channel, inbox.c.turn_id.is_(None), inbox.c.sender.is_not(None)
    )
    is_blocked = exists().where(
        conversation_addresses.c.channel == channel,
        conversation_addresses.c.sender == outbox.c.sender,
        conversation_addresses.c.blocked.is_(True),
    )
    goes_out = select(outbox.c.sender).where(
        outbox.c.channel == channel,
        outbox.c.sent_at.is_(None),
        outbox.c.created_at < now - ABANDONED_S,
        ~is_blocked,
    )
    return list(connection.execute(union(came_in, goes_out)).scalars())


# ------------------------------------------------------------------ in
def take(
    connection: Connection,
    channel: str,
    sender: str,
    key: str,
    item_id: str,
    item: Mapping[str, Any],
    now: float,
) -> bool:
    """Keep what a channel delivered, as it is, until it is handled; False when it came before."""
    arrival = connection.execute(
        insert_ignoring(connection, inbox)
        .values(
            message_key=key,
            channel=channel,
            received_at=now,
            sender=sender,
            message=orjson.dumps([item_id, item], default=str).decode(),
        )
        .returning(inbox.c.arrival)
    ).scalar()
    return arrival is not None


def taken(connection: Connection, channel: str, sender: str) -> list[tuple[str, dict[str, Any]]]:
    """(id, item) of what was taken and is not done, in the order of its arrival."""
    rows = connection.execute(
        select(inbox.c.message)
        .where(inbox.c.channel == channel, inbox.c.sender == sender, inbox.c.turn_id.is_(None))
        .order_by(inbox.c.arrival)
    ).scalars()
    return [(id_, item) for id_, item in (orjson.loads(text) for text in rows if text)]


def taken_done(connection: Connection, key: str) -> None:
    """It was handled: its key stays, what it said goes."""
    connection.execute(
        update(inbox).where(inbox.c.message_key == key).values(turn_id=DONE, message=None, sender=None)
    )
