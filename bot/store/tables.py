"""The tables, as SQLAlchemy Core. The migrations make exactly these; a test compares the two.

Times are seconds since 1970 (UTC) and never order anything: order is by `seq` and by `arrival`. JSON is kept as text,
written by orjson: the program never searches inside it, and text costs the same on both engines.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite counts by itself only in a column of type INTEGER.
Counter = BigInteger().with_variant(Integer, "sqlite")

chambers = Table(
    "chambers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("departements", Text, nullable=False),
    Column("sites", Text, nullable=False),
    Column("colours", Text, nullable=False),
    Column("logo", Text),
    Column("phone", Text),
    Column("hours", Text),
    Column("retention_days", Integer),
)

conversations = Table(
    "conversations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("chamber", Text, ForeignKey("chambers.id"), nullable=False),
    Column("created_at", Float, nullable=False),
    Column("last_message_at", Float, nullable=False),
    # How many events the log holds: the next one's `seq`.
    Column("next_seq", Integer, nullable=False),
    # Goes up with each commit; a commit on another version than the one read is refused.
    Column("version", Integer, nullable=False),
    # The state folded from the log (Tracker.to_json), so that a turn does not read the log.
    Column("tracker", Text),
    # The question that the owner looks at (Question.to_json), or null.
    Column("question", Text),
    # bot, human_wanted (a person was asked for), person (an advisor has the conversation).
    Column("status", Text, nullable=False),
    Column("person", Text),
    Column("reminder_consent", Boolean, nullable=False),
    Column("reminded_at", Float),
    Index("ix_conversations_chamber_last_message_at", "chamber", "last_message_at"),
)

conversation_addresses = Table(
    "conversation_addresses",
    metadata,
    Column("channel", Text, primary_key=True),
    Column("sender", Text, primary_key=True),
    Column("conversation_id", Text, ForeignKey("conversations.id"), nullable=False, index=True),
    # The channel cannot reach this address any more (the owner blocked the bot).
    Column("blocked", Boolean, nullable=False),
    # What the channel must remember of this address (ids of its own messages), as JSON.
    Column("channel_state", Text),
)

events = Table(
    "events",
    metadata,
    Column("conversation_id", Text, ForeignKey("conversations.id"), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("turn_id", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("timestamp", Float, nullable=False),
    Column("data", Text, nullable=False),
    sqlite_with_rowid=False,
)

inbox = Table(
    "inbox",
    metadata,
    Column("arrival", Counter, primary_key=True, autoincrement=True),
    # Digest of channel, sender and message id: the same id twice is one message. Says nothing of the owner,
    # so it may outlive an erasure for the days in which a channel repeats itself.
    Column("message_key", Text, nullable=False, unique=True),
    Column("channel", Text, nullable=False),
    Column("received_at", Float, nullable=False),
    # Null once the owner's data was erased.
    Column("sender", Text),
    Column("conversation_id", Text, index=True),
    # Null until the turn was committed.
    Column("turn_id", Text),
    # What the channel delivered, kept until it is handled, then null: the text stands in the log.
    Column("message", Text),
    Index(
        "ix_inbox_waiting",
        "channel",
        "sender",
        sqlite_where=text("turn_id IS NULL"),
        postgresql_where=text("turn_id IS NULL"),
    ),
)

outbox = Table(
    "outbox",
    metadata,
    Column("arrival", Counter, primary_key=True, autoincrement=True),
    Column("channel", Text, nullable=False),
    Column("sender", Text, nullable=False),
    # No foreign key: the last words of an erasure outlive their conversation until they are sent.
    Column("conversation_id", Text, index=True),
    # A bubble's id is its turn's with its position.
    Column("turn_id", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("sent_at", Float),
    UniqueConstraint("turn_id", "position"),
    Index(
        "ix_outbox_unsent",
        "channel",
        "sender",
        sqlite_where=text("sent_at IS NULL"),
        postgresql_where=text("sent_at IS NULL"),
    ),
)

records = Table(
    "records",
    metadata,
    Column("id", Text, primary_key=True),
    # call_back, connecteur_signup, skill_offer, skill_search, feedback: see bot/assistant/effects.py.
    Column("kind", Text, nullable=False),
    Column("chamber", Text, ForeignKey("chambers.id"), nullable=False),
    Column("conversation_id", Text, index=True),
    # What people made of it: new, then approved, confirmed, done, refused …
    Column("state", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Index("ix_records_kind_chamber_created_at", "kind", "chamber", "created_at"),
)

tokens = Table(
    "tokens",
    metadata,
    # Unguessable and short: what a button or a link carries in place of what it means.
    Column("token", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("conversation_id", Text, nullable=False, index=True),
    Column("data", Text, nullable=False),
    Column("expires_at", Float),
    Column("used_at", Float),
)

paces = Table(
    "paces",
    metadata,
    Column("channel", Text, primary_key=True),
    # From when on the next message of the channel may leave, whichever process sends it.
    Column("free_at", Float, nullable=False),
)

erasures = Table(
    "erasures",
    metadata,
    # How many were erased, of which chamber, on which day, and why; never of whom.
    Column("chamber", Text, primary_key=True),
    Column("day", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("conversations", Integer, nullable=False),
)
