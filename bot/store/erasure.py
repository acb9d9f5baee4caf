"""Forgetting: on the owner's word, and when the retention period is over. A count by day is all that stays."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, select, update

from bot.store.tables import (
    chambers,
    conversation_addresses,
    conversations,
    erasures,
    events,
    inbox,
    outbox,
    records,
    tokens,
)

OUTBOX_DAYS = 30
"""How long a reply that was sent is kept: for a message that comes twice, for a button pressed late."""
INBOX_DAYS = 90
"""How long a message's key is kept: channels repeat an update for a day or two at most."""
DAY_S = 86_400.0


def erase(connection: Connection, conversation_id: str, now: float, reason: str = "owner") -> bool:
    """Delete all of a conversation, its addresses and what came out of it; False when there is none.

    The keys of its messages stay, without sender and text: a message repeated after an erasure must not begin a
    new conversation.
    """
    chamber = connection.execute(
        select(conversations.c.chamber).where(conversations.c.id == conversation_id)
    ).scalar()
    if chamber is None:
        return False
    for table in (events, outbox, records, tokens, conversation_addresses):
        connection.execute(table.delete().where(table.c.conversation_id == conversation_id))
    # Messages that were received for its addresses and not handled yet are of no conversation so far.
    connection.execute(
        update(inbox)
        .where(inbox.c.conversation_id == conversation_id)
        .values(sender=None, message=None, conversation_id=None)
    )
    connection.execute(conversations.delete().where(conversations.c.id == conversation_id))
    _count(connection, chamber, now, reason)
    return True


def _count(connection: Connection, chamber: str, now: float, reason: str) -> None:
    day = datetime.fromtimestamp(now, UTC).date().isoformat()
    known = (erasures.c.chamber == chamber) & (erasures.c.day == day) & (erasures.c.reason == reason)
    changed = connection.execute(
        update(erasures).where(known).values(conversations=erasures.c.conversations + 1)
    )
    if changed.rowcount == 0:
        connection.execute(insert(erasures).values(chamber=chamber, day=day, reason=reason, conversations=1))


def purge(connection: Connection, now: float, retention_days: int) -> int:
    """Erase conversations whose last message is older than their chamber keeps them; returns how many.

    `retention_days` holds where a chamber says nothing. Old sent replies, keys and used links go as well.
    """
    kept_s = func.coalesce(chambers.c.retention_days, retention_days) * DAY_S
    old = connection.execute(
        select(conversations.c.id)
        .join(chambers, chambers.c.id == conversations.c.chamber)
        .where(conversations.c.last_message_at < now - kept_s)
    ).scalars()
    count = sum(erase(connection, id_, now, "retention") for id_ in old.all())
    connection.execute(outbox.delete().where(outbox.c.sent_at < now - OUTBOX_DAYS * DAY_S))
    connection.execute(
        inbox.delete().where(inbox.c.turn_id.is_not(None), inbox.c.received_at < now - INBOX_DAYS * DAY_S)
    )
    connection.execute(tokens.delete().where(tokens.c.expires_at < now))
    return count
