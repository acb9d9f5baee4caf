"""A turn's way through the database: find the conversation, hold it alone, read its state, commit all at once.

    async with store.conversation(channel, sender, chamber, message_key) as work:
        work.row, work.seen_turn …
        await work.commit(Turn(…))

What is not committed when the block ends was never there.
"""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, delete, insert, null, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.errors import StoreUnavailableError
from bot.messages import BotMessage, Question
from bot.store import outbox
from bot.store.database import Database, insert_ignoring
from bot.store.locks import ConversationLocks, process_lock
from bot.store.prepared import Prepared
from bot.store.tables import chambers, conversation_addresses, conversations, events, inbox

DEMO_CHAMBER = "demo"
RECENT_EVENTS = 200
"""Events read from the log when the tracker is not in memory: as many as the tracker keeps."""

ALL_EVENTS = 2**31 - 1
"""More than any log has; both databases take it as a limit."""

KEPT_GUESSES = 20_000


def message_key(channel: str, sender: str, message_id: str) -> str:
    """What makes a message the same message; says nothing of who sent it."""
    return sha256("\0".join((channel, sender, message_id)).encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation as the store has it. `tracker` is the kept state, as JSON text."""

    id: str
    chamber: str
    created_at: float
    last_message_at: float
    next_seq: int
    version: int
    tracker: str | None
    question: Question | None
    status: str
    person: str | None
    reminder_consent: bool
    reminded_at: float | None


@dataclass(slots=True)
class Turn:
    """What a turn commits. `messages` go to `address`; `changes` are columns of the conversation.

    `effects` run first, inside the transaction; what they return is said after `messages`; they may read `slots`
    and add to `changes`. When one of them
    erased the conversation (`is_erased`), only the replies and the message's key are written. `replaces_log`: the
    events stand in the place of all that were logged before (Rasa's `PUT …/tracker/events`). `is_pulled`: the messages
    go out with the answer to the call, and count as sent.
    """

    id: str
    address: tuple[str, str]
    now: float
    events: Sequence[dict[str, Any]] = ()
    tracker: str | None = None
    messages: Sequence[BotMessage] = ()
    message_key: str | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    effects: Sequence[TurnEffect] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)
    is_erased: bool = False
    replaces_log: bool = False
    is_pulled: bool = False


TurnEffect = Callable[[Connection, Turn, ConversationRow], Sequence[BotMessage]]
"""Something that happens in a turn's commit; it returns what it adds to the replies."""


class HandledBeforeErasure(Exception):
    """A message came again whose conversation was erased since. Never leaves the assistant."""


class Work:
    """One conversation, held alone until the block ends."""

    def __init__(self, database: Database, row: ConversationRow, seen_turn: str | None) -> None:
        self.row = row
        self.seen_turn = seen_turn
        self._database = database

    async def recent_events(self, limit: int | None = RECENT_EVENTS) -> list[dict[str, Any]]:
        """The newest events of the log in their order, as on the wire; None: all of them."""
        return await self._database.read(lambda connection: newest_events(connection, self.row.id, limit))

    async def replies_of(self, turn_id: str) -> list[BotMessage]:
        """What a committed turn said, as long as the outbox keeps it."""
        return await self._database.read(lambda connection: outbox.of_turn(connection, turn_id))

    async def commit(self, turn: Turn) -> list[BotMessage]:
        """Write events, state, outbox, inbox and effects in one transaction; the messages get their ids.

        Raises:
            StoreUnavailableError: nothing was written.
        """
        return await self._database.write(lambda connection: _commit(connection, turn, self.row))


class Store:
    """The database with its locks."""

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self.locks = ConversationLocks(process_lock(self.database.url))
        # Where an address pointed last: a guess that spares a look, checked once the lock is held.
        self._guesses: OrderedDict[tuple[str, str], str] = OrderedDict()

    def migrate(self) -> None:
        """See `Database.migrate`."""
        self.database.migrate()

    def close(self) -> None:
        """Let go of the locks and the connections."""
        self.locks.close()
        self.database.close()

    @asynccontextmanager
    async def conversation(
        self, channel: str, sender: str, chamber: str | None = None, key: str | None = None
    ) -> AsyncIterator[Work]:
        """Find or make the conversation of an address and hold it alone.

        Args:
            channel: the channel's name.
            sender: who writes there.
            chamber: for a new conversation; None or an unknown one is `demo`.
            key: of the message, to learn whether it was handled before.

        Raises:
            StoreUnavailableError: the database does not answer.
            HandledBeforeErasure: the message is one of a conversation that was erased since.
        """
        address = (channel, sender)
        async with self.locks.in_turn(f"{channel}\0{sender}"):
            conversation_id = self._guesses.get(address)
            if conversation_id is None:
                conversation_id = await self.database.peek(lambda c: _find(c, channel, sender))
            while True:
                if conversation_id is None:
                    if key is not None and await self.database.read(lambda c: _is_handled(c, key)):
                        raise HandledBeforeErasure
                    conversation_id = await self.database.write(
                        lambda c: find_or_make(c, channel, sender, chamber, time.time())
                    )
                async with self.locks.held(conversation_id):
                    found = await self.database.peek(lambda c: _load(c, channel, sender, key))
                    if found is not None and found[0].id == conversation_id:
                        self._guess(address, conversation_id)
                        yield Work(self.database, *found)
                        return
                # Meanwhile it was erased, or this address was joined to another conversation.
                conversation_id = None if found is None else found[0].id

    def _guess(self, address: tuple[str, str], conversation_id: str) -> None:
        self._guesses[address] = conversation_id
        if len(self._guesses) > KEPT_GUESSES:
            self._guesses.popitem(last=False)

    @asynccontextmanager
    async def conversation_by_id(self, conversation_id: str) -> AsyncIterator[Work | None]:
        """Hold a known conversation alone; None when there is none of that id."""
        async with self.locks.held(conversation_id):
            row = await self.database.peek(lambda c: load_row(c, conversation_id))
            yield None if row is None else Work(self.database, row, None)


# ------------------------------------------------------------------ statements, made once
_COLUMNS = (
    conversations.c.id,
    conversations.c.chamber,
    conversations.c.created_at,
    conversations.c.last_message_at,
    conversations.c.next_seq,
    conversations.c.version,
    conversations.c.tracker,
    conversations.c.question,
    conversations.c.status,
    conversations.c.person,
    conversations.c.reminder_consent,
    conversations.c.reminded_at,
)
_AT_ADDRESS = (conversation_addresses.c.channel == bindparam("at_channel")) & (
    conversation_addresses.c.sender == bindparam("at_sender")
)
_FIND = select(conversation_addresses.c.conversation_id).where(_AT_ADDRESS)
_LOAD = Prepared(
    select(
        *_COLUMNS,
        select(inbox.c.turn_id)
        .where(inbox.c.message_key == bindparam("key"))
        .scalar_subquery()
        .label("seen"),
    )
    .join(conversation_addresses, conversation_addresses.c.conversation_id == conversations.c.id)
    .where(_AT_ADDRESS)
)
_LOAD_BY_ID = Prepared(select(*_COLUMNS).where(conversations.c.id == bindparam("of_id")))
_NEWEST = (
    select(events.c.data)
    .where(events.c.conversation_id == bindparam("of_id"))
    .order_by(events.c.seq.desc())
    .limit(bindparam("at_most"))
)
_CHANGE = Prepared(
    update(conversations)
    .where(conversations.c.id == bindparam("of_id"), conversations.c.version == bindparam("of_version"))
    .values(
        {
            name: bindparam(name)
            for name in (
                "version",
                "next_seq",
                "tracker",
                "question",
                "chamber",
                "last_message_at",
                "status",
                "person",
                "reminder_consent",
                "reminded_at",
            )
        }
    )
)
_LOG = Prepared(insert(events), [column.name for column in events.c])
_INBOX_COLUMNS = ("message_key", "channel", "received_at", "sender", "conversation_id", "turn_id")


def _handled(dialect: str) -> Any:
    """A message that was not taken before is put in; one that was loses its text, which now stands in the log."""
    module: Any = {"sqlite": sqlite, "postgresql": postgresql}[dialect]
    statement = module.insert(inbox).values({name: bindparam(name) for name in _INBOX_COLUMNS})
    return statement.on_conflict_do_update(
        index_elements=[inbox.c.message_key],
        set_={
            "turn_id": statement.excluded.turn_id,
            "conversation_id": statement.excluded.conversation_id,
            "sender": statement.excluded.sender,
            "message": null(),
        },
    )


_HANDLED = Prepared(_handled)


def _find(connection: Connection, channel: str, sender: str) -> str | None:
    return connection.execute(_FIND, {"at_channel": channel, "at_sender": sender}).scalar()


def _is_handled(connection: Connection, key: str) -> bool:
    return connection.execute(select(inbox.c.turn_id).where(inbox.c.message_key == key)).scalar() is not None


def _row(values: Any) -> ConversationRow:
    question = None if values[7] is None else Question.from_json(orjson.loads(values[7]))
    columns: list[Any] = [*values[:7], question, *values[8:10], bool(values[10]), values[11]]
    return ConversationRow(*columns)


def _load(
    connection: Connection, channel: str, sender: str, key: str | None
) -> tuple[ConversationRow, str | None] | None:
    values = {"at_channel": channel, "at_sender": sender, "key": key or ""}
    found = _LOAD.run(connection, values).fetchall()
    return (_row(found[0]), found[0][12]) if found else None


def load_row(connection: Connection, conversation_id: str) -> ConversationRow | None:
    """A conversation by its id."""
    found = _LOAD_BY_ID.run(connection, {"of_id": conversation_id}).fetchall()
    return _row(found[0]) if found else None


def newest_events(connection: Connection, conversation_id: str, limit: int | None) -> list[dict[str, Any]]:
    """The newest events of the log in their order; None: all of them."""
    at_most = ALL_EVENTS if limit is None else limit
    rows = connection.execute(_NEWEST, {"of_id": conversation_id, "at_most": at_most}).scalars().all()
    return [orjson.loads(data) for data in reversed(rows)]


def find_or_make(connection: Connection, channel: str, sender: str, chamber: str | None, now: float) -> str:
    """The conversation of an address, made if there is none, even when two processes make it at once."""
    found = _find(connection, channel, sender)
    if found is not None:
        return found
    known = select(chambers.c.id).where(chambers.c.id == (chamber or DEMO_CHAMBER))
    new_id = secrets.token_urlsafe(18)
    connection.execute(
        insert(conversations).values(
            id=new_id,
            chamber=connection.execute(known).scalar() or DEMO_CHAMBER,
            created_at=now,
            last_message_at=now,
            next_seq=0,
            version=0,
            status="bot",
            reminder_consent=False,
        )
    )
    made = connection.execute(
        insert_ignoring(connection, conversation_addresses)
        .values(channel=channel, sender=sender, conversation_id=new_id, blocked=False)
        .returning(conversation_addresses.c.conversation_id)
    ).scalar()
    if made is not None:
        return new_id
    connection.execute(conversations.delete().where(conversations.c.id == new_id))
    return str(_find(connection, channel, sender))


def _commit(connection: Connection, turn: Turn, row: ConversationRow) -> list[BotMessage]:
    messages = list(turn.messages)
    for effect in turn.effects:
        messages += effect(connection, turn, row)
    conversation_id = None if turn.is_erased else row.id
    if not turn.is_erased:
        _write_conversation(connection, turn, row)
    if turn.message_key is not None:
        channel, sender = turn.address
        _HANDLED.run(
            connection,
            {
                "message_key": turn.message_key,
                "channel": channel,
                "received_at": turn.now,
                "sender": None if turn.is_erased else sender,
                "conversation_id": conversation_id,
                "turn_id": turn.id,
            },
        )
    sent_at = turn.now if turn.is_pulled else None
    return outbox.add(connection, turn.id, turn.address, messages, turn.now, conversation_id, sent_at)


def _write_conversation(connection: Connection, turn: Turn, row: ConversationRow) -> None:
    first_seq = 0 if turn.replaces_log else row.next_seq
    values: dict[str, Any] = {
        "of_id": row.id,
        "of_version": row.version,
        "version": row.version + 1,
        "next_seq": first_seq + len(turn.events),
        "tracker": row.tracker if turn.tracker is None else turn.tracker,
        "question": row.question,
        "chamber": row.chamber,
        "last_message_at": row.last_message_at,
        "status": row.status,
        "person": row.person,
        "reminder_consent": row.reminder_consent,
        "reminded_at": row.reminded_at,
    }
    values.update(turn.changes)
    question = values["question"]
    values["question"] = None if question is None else orjson.dumps(question.to_json()).decode()
    if _CHANGE.run(connection, values).rowcount != 1:
        # Only when the lock was lost in mid-turn: the other one's turn stands, this one is taken again.
        raise StoreUnavailableError("Cette conversation a changé entre-temps : le message sera repris.")
    if turn.replaces_log:
        connection.execute(delete(events).where(events.c.conversation_id == row.id))
    if turn.events:
        _LOG.run(
            connection,
            [
                {
                    "conversation_id": row.id,
                    "seq": first_seq + position,
                    "turn_id": turn.id,
                    "type": event["event"],
                    "timestamp": event.get("timestamp") or turn.now,
                    "data": orjson.dumps(event, default=str).decode(),
                }
                for position, event in enumerate(turn.events)
            ],
        )
