"""What is asked of conversations outside of a turn: their log, their addresses, their chamber, their reminders.

Plain functions of a connection, for `Database.read` and `Database.write`.
"""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, insert, or_, select, update

from bot.messages import BotMessage, Question
from bot.store.outbox import bubble_id
from bot.store.tables import chambers, conversation_addresses, conversations, events, inbox, outbox, tokens
from bot.store.unit_of_work import ConversationRow, load_row

TOKEN_ALPHABET = string.ascii_letters + string.digits
TOKEN_LENGTH = 22
"""131 bits: nobody guesses one; short enough for 64 bytes of a button's data and for a deep link."""


@dataclass(frozen=True, slots=True)
class Chamber:
    """A chamber, as in design.md. `sites` are the origins that may show the widget."""

    id: str
    name: str
    departements: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    colours: tuple[tuple[str, str], ...] = ()
    logo: str | None = None
    phone: str | None = None
    hours: str | None = None
    retention_days: int | None = None


# ------------------------------------------------------------------ chambers
def save_chamber(connection: Connection, chamber: Chamber) -> None:
    """Make a chamber, or give a known one these properties."""
    values = {
        "name": chamber.name,
        "departements": orjson.dumps(chamber.departements).decode(),
        "sites": orjson.dumps(chamber.sites).decode(),
        "colours": orjson.dumps(dict(chamber.colours)).decode(),
        "logo": chamber.logo,
        "phone": chamber.phone,
        "hours": chamber.hours,
        "retention_days": chamber.retention_days,
    }
    changed = connection.execute(update(chambers).where(chambers.c.id == chamber.id).values(**values))
    if changed.rowcount == 0:
        connection.execute(insert(chambers).values(id=chamber.id, **values))


def list_chambers(connection: Connection) -> list[Chamber]:
    """All chambers by id."""
    return [_chamber(row) for row in connection.execute(select(chambers).order_by(chambers.c.id))]


def get_chamber(connection: Connection, chamber_id: str) -> Chamber | None:
    """One chamber."""
    row = connection.execute(select(chambers).where(chambers.c.id == chamber_id)).first()
    return None if row is None else _chamber(row)


def _chamber(row: Any) -> Chamber:
    return Chamber(
        id=row.id,
        name=row.name,
        departements=tuple(orjson.loads(row.departements)),
        sites=tuple(orjson.loads(row.sites)),
        colours=tuple(orjson.loads(row.colours).items()),
        logo=row.logo,
        phone=row.phone,
        hours=row.hours,
        retention_days=row.retention_days,
    )


# ------------------------------------------------------------------ log
def find_by_address(connection: Connection, channel: str, sender: str) -> ConversationRow | None:
    """The conversation that this address points to."""
    found = connection.execute(
        select(conversation_addresses.c.conversation_id).where(
            conversation_addresses.c.channel == channel, conversation_addresses.c.sender == sender
        )
    ).scalar()
    return None if found is None else load_row(connection, found)


def has_person(connection: Connection, channel: str, sender: str) -> bool:
    """Whether an advisor has the conversation of this address."""
    return connection.execute(_STATUS_AT, {"of_channel": channel, "of_sender": sender}).scalar() == "person"


_STATUS_AT = (
    select(conversations.c.status)
    .join(conversation_addresses, conversation_addresses.c.conversation_id == conversations.c.id)
    .where(
        conversation_addresses.c.channel == bindparam("of_channel"),
        conversation_addresses.c.sender == bindparam("of_sender"),
    )
)


def list_events(
    connection: Connection, conversation_id: str, after: int = 0, *, newest: int | None = None
) -> list[tuple[int, str, dict[str, Any]]]:
    """(seq, turn id, event) of the log from `after` on; only the `newest` ones when given."""
    chosen = select(events.c.seq, events.c.turn_id, events.c.data).where(
        events.c.conversation_id == conversation_id, events.c.seq >= after
    )
    chosen = chosen.order_by(events.c.seq.desc()).limit(newest) if newest else chosen.order_by(events.c.seq)
    rows = [(seq, turn_id, orjson.loads(data)) for seq, turn_id, data in connection.execute(chosen)]
    return rows[::-1] if newest else rows


def list_spoken(
    connection: Connection, conversation_id: str, newest: int
) -> list[tuple[int, str, dict[str, Any]]]:
    """(seq, turn id, event) of what was said by anyone, the `newest` in order."""
    chosen = (
        select(events.c.seq, events.c.turn_id, events.c.data)
        .where(events.c.conversation_id == conversation_id, events.c.type.in_(("user", "bot", "agent")))
        .order_by(events.c.seq.desc())
        .limit(newest)
    )
    return [(seq, turn_id, orjson.loads(data)) for seq, turn_id, data in connection.execute(chosen)][::-1]


def messages_kept(connection: Connection, conversation_id: str) -> dict[str, BotMessage]:
    """The replies of a conversation that the outbox still has, by their id."""
    rows = connection.execute(
        select(outbox.c.turn_id, outbox.c.position, outbox.c.message).where(
            outbox.c.conversation_id == conversation_id
        )
    )
    named = ((bubble_id(turn_id, position), text) for turn_id, position, text in rows)
    return {id_: BotMessage.from_json(orjson.loads(text), id_) for id_, text in named}


def states_of_chamber(connection: Connection, chamber: str) -> list[dict[str, Any]]:
    """The kept state of each conversation of a chamber (see `bot.dialogue.slots_kept`)."""
    rows = connection.execute(
        select(conversations.c.tracker).where(
            conversations.c.chamber == chamber, conversations.c.tracker.is_not(None)
        )
    ).scalars()
    return [orjson.loads(text) for text in rows]


# ------------------------------------------------------------------ addresses
def addresses_of(connection: Connection, conversation_id: str) -> list[tuple[str, str]]:
    """Every (channel, sender) of a conversation that can be reached."""
    rows = connection.execute(
        select(conversation_addresses.c.channel, conversation_addresses.c.sender).where(
            conversation_addresses.c.conversation_id == conversation_id,
            conversation_addresses.c.blocked.is_(False),
        )
    )
    return [(channel, sender) for channel, sender in rows]


def latest_address(connection: Connection, conversation_id: str) -> tuple[str, str] | None:
    """The address from which the owner wrote last, else any that can be reached."""
    reachable = addresses_of(connection, conversation_id)
    last = connection.execute(
        select(inbox.c.channel, inbox.c.sender)
        .where(inbox.c.conversation_id == conversation_id)
        .order_by(inbox.c.arrival.desc())
        .limit(1)
    ).first()
    if last is not None and (last.channel, last.sender) in reachable:
        return (last.channel, last.sender)
    return reachable[0] if reachable else None


def point_address(connection: Connection, channel: str, sender: str, conversation_id: str) -> None:
    """Let this address point to that conversation from now on."""
    changed = connection.execute(
        update(conversation_addresses)
        .where(conversation_addresses.c.channel == channel, conversation_addresses.c.sender == sender)
        .values(conversation_id=conversation_id, blocked=False)
    )
    if changed.rowcount == 0:
        connection.execute(
            insert(conversation_addresses).values(
                channel=channel, sender=sender, conversation_id=conversation_id, blocked=False
            )
        )


def set_blocked(connection: Connection, channel: str, sender: str, is_blocked: bool) -> None:
    """The owner shut the channel's door, or opened it again. What waited for him is not sent any more."""
    connection.execute(
        update(conversation_addresses)
        .where(
            conversation_addresses.c.channel == channel,
            conversation_addresses.c.sender == sender,
            conversation_addresses.c.blocked.is_(not is_blocked),
        )
        .values(blocked=is_blocked)
    )
    if is_blocked:
        connection.execute(
            outbox.delete().where(
                outbox.c.channel == channel, outbox.c.sender == sender, outbox.c.sent_at.is_(None)
            )
        )


def is_blocked(connection: Connection, channel: str, sender: str) -> bool:
    """Whether the channel cannot reach this address."""
    found = connection.execute(
        select(conversation_addresses.c.blocked).where(
            conversation_addresses.c.channel == channel, conversation_addresses.c.sender == sender
        )
    ).scalar()
    return bool(found)


def channel_state(connection: Connection, channel: str, sender: str) -> dict[str, Any]:
    """What the channel keeps of an address."""
    text = connection.execute(
        select(conversation_addresses.c.channel_state).where(
            conversation_addresses.c.channel == channel, conversation_addresses.c.sender == sender
        )
    ).scalar()
    return orjson.loads(text) if text else {}


def set_channel_state(connection: Connection, channel: str, sender: str, state: dict[str, Any]) -> None:
    """Keep it."""
    connection.execute(
        update(conversation_addresses)
        .where(conversation_addresses.c.channel == channel, conversation_addresses.c.sender == sender)
        .values(channel_state=orjson.dumps(state).decode())
    )


# ------------------------------------------------------------------ tokens
def new_token(
    connection: Connection, kind: str, conversation_id: str, data: Any, expires_at: float | None = None
) -> str:
    """A short secret that stands for `data`: of a button, of a link."""
    token = "".join(secrets.choice(TOKEN_ALPHABET) for _ in range(TOKEN_LENGTH))
    connection.execute(
        insert(tokens).values(
            token=token,
            kind=kind,
            conversation_id=conversation_id,
            data=orjson.dumps(data, default=str).decode(),
            expires_at=expires_at,
        )
    )
    return token


def read_token(connection: Connection, kind: str, token: str, now: float) -> tuple[str, Any] | None:
    """(conversation id, data) of a token that still holds."""
    row = connection.execute(
        select(tokens.c.conversation_id, tokens.c.data).where(
            tokens.c.token == token,
            tokens.c.kind == kind,
            or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now),
        )
    ).first()
    return None if row is None else (row.conversation_id, orjson.loads(row.data))


def use_token(connection: Connection, kind: str, token: str, now: float) -> tuple[str, Any] | None:
    """The same, once: the second time it is None."""
    used = connection.execute(
        update(tokens)
        .where(
            tokens.c.token == token,
            tokens.c.kind == kind,
            tokens.c.used_at.is_(None),
            or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > now),
        )
        .values(used_at=now)
    )
    return read_token(connection, kind, token, now) if used.rowcount == 1 else None


# ------------------------------------------------------------------ reminders
def due_reminders(
    connection: Connection, now: float, pause_s: float
) -> list[tuple[ConversationRow, str, str]]:
    """(conversation, channel, sender) of those who agreed, stopped in mid-question, and were not reminded since."""
    rows = connection.execute(
        select(conversations.c.id, conversation_addresses.c.channel, conversation_addresses.c.sender)
        .join(conversation_addresses, conversation_addresses.c.conversation_id == conversations.c.id)
        .where(
            conversations.c.reminder_consent.is_(True),
            conversations.c.question.is_not(None),
            conversations.c.status == "bot",
            conversations.c.last_message_at < now - pause_s,
            or_(
                conversations.c.reminded_at.is_(None),
                conversations.c.reminded_at < conversations.c.last_message_at,
            ),
            conversation_addresses.c.blocked.is_(False),
        )
        .order_by(conversations.c.last_message_at)
        .limit(500)
    ).all()
    loaded = [(load_row(connection, id_), channel, sender) for id_, channel, sender in rows]
    return [(row, channel, sender) for row, channel, sender in loaded if row is not None]


def count_conversations(connection: Connection) -> int:
    """How many there are."""
    return connection.execute(select(func.count()).select_from(conversations)).scalar_one()


def count_chambers(connection: Connection) -> int:
    """How many chambers there are: never none, once the migrations ran."""
    return connection.execute(select(func.count()).select_from(chambers)).scalar_one()


def question_before(connection: Connection, conversation_id: str, key: str) -> Question | None:
    """The question that was open when the message of that key came."""
    turn_id = connection.execute(select(inbox.c.turn_id).where(inbox.c.message_key == key)).scalar()
    if turn_id is None:
        return None
    first = select(func.min(events.c.seq)).where(
        events.c.conversation_id == conversation_id, events.c.turn_id == turn_id
    )
    texts = connection.execute(
        select(events.c.data)
        .where(
            events.c.conversation_id == conversation_id,
            events.c.type == "bot",
            events.c.seq < first.scalar_subquery(),
        )
        .order_by(events.c.seq.desc())
        .limit(20)
    ).scalars()
    for text in texts:
        question = (orjson.loads(text).get("metadata") or {}).get("question")
        if question:
            return Question.from_json(question)
    return None
