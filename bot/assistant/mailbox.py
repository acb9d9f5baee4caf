"""What came in and waits to be handled, what was said and waits to be sent: the channels' side of inbox and outbox.

A channel that must acknowledge before it handles (Telegram) takes an item, handles it later, and says so; whoever
holds an address alone sends what it has unsent, in order. Nothing here knows what a turn is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
from sqlalchemy import Connection

from bot.assistant.incoming import plain
from bot.messages import BotMessage
from bot.store import Store, conversations, message_key, outbox, pace


class Mailbox:
    """The inbox and the outbox of all addresses; `clock` gives seconds since 1970."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._database = store.database
        self._clock = clock
        self._listeners: dict[str, Callable[[str], None]] = {}

    # -------------------------------------------------------------- sending
    async def mark_sent(self, ids: Sequence[str]) -> None:
        """These replies reached the owner."""
        wanted = [id_ for id_ in ids if id_]
        if wanted:
            now = self._clock()
            await self._database.write(lambda c: outbox.mark_sent(c, wanted, now), durable=False)

    def listen(self, channel: str, said: Callable[[str], None] | None) -> None:
        """Let `said(sender)` be called whenever this process commits something for an address; None: no more.

        What another process commits (the command line) is found by `senders_with_work`.
        """
        if said is None:
            self._listeners.pop(channel, None)
        else:
            self._listeners[channel] = said

    def announce(self, channel: str, sender: str) -> None:
        """Something was committed for this address."""
        if (said := self._listeners.get(channel)) is not None:
            said(sender)

    async def take_turns(self, channel: str, count: int, gap_s: float) -> float:
        """Take the turns of `count` messages among all processes, `gap_s` apart; the seconds until the first."""
        return await self._database.write(lambda c: pace.take_turns(c, channel, count, gap_s), durable=False)

    async def unsent(self, channel: str, sender: str) -> list[BotMessage]:
        """What was committed for this address and not marked as sent, oldest first; ask within `alone`."""
        return await self._database.read(lambda c: outbox.unsent(c, channel, sender))

    async def is_unsent(self, message_id: str) -> bool:
        """Whether a reply still waits to be sent; one that was withdrawn (a person took over) does not."""
        return await self._database.peek(lambda c: outbox.is_unsent(c, message_id))

    async def bubble(self, channel: str, sender: str, message_id: str) -> BotMessage | None:
        """A bubble that was said to this address, by its id, as long as the outbox keeps it."""
        return await self._database.read(lambda c: outbox.find(c, channel, sender, message_id))

    async def bubble_of_conversation(self, channel: str, sender: str, message_id: str) -> BotMessage | None:
        """A bubble of the conversation that this address points to, whichever channel it was said on."""
        row = await self._database.read(lambda c: conversations.find_by_address(c, channel, sender))
        if row is None:
            return None
        kept = await self._database.read(lambda c: conversations.messages_kept(c, row.id))
        return kept.get(message_id)

    async def mark_blocked(self, channel: str, sender: str, is_blocked: bool) -> None:
        """The owner shut the channel (nothing is sent or retried any more), or opened it again."""
        await self._database.write(lambda c: conversations.set_blocked(c, channel, sender, is_blocked))

    async def channel_state(self, channel: str, sender: str) -> dict[str, Any]:
        """What the channel keeps of an address (JSON); whoever changes it holds the address `alone`."""
        return await self._database.read(lambda c: conversations.channel_state(c, channel, sender))

    async def keep_channel_state(self, channel: str, sender: str, state: dict[str, Any]) -> None:
        """Keep it; nothing happens where the address has no conversation."""
        await self._database.write(
            lambda c: conversations.set_channel_state(c, channel, sender, state), durable=False
        )

    # -------------------------------------------------------------- taking before handling
    async def take(self, channel: str, sender: str, item_id: str, item: Mapping[str, Any]) -> bool:
        """Keep what came in, so that it may be acknowledged before it is handled; False when it came before.

        Who writes can be reached: where he was marked as one who shut the channel, he is not any more.
        """
        key, now = message_key(channel, sender, item_id), self._clock()
        kept = orjson.loads(plain(orjson.dumps(item, default=str).decode().replace("\\u0000", "")))

        def keep(connection: Connection) -> bool:
            is_new = outbox.take(connection, channel, sender, key, item_id, kept, now)
            if is_new:
                conversations.set_blocked(connection, channel, sender, False)
            return is_new

        return await self._database.write(keep)

    async def taken(self, channel: str, sender: str) -> list[tuple[str, dict[str, Any]]]:
        """(id, item) of what was taken of this sender and is not done, in the order of arrival."""
        return await self._database.read(lambda c: outbox.taken(c, channel, sender))

    async def taken_done(self, channel: str, sender: str, item_id: str) -> None:
        """It was handled. Should this be lost, it is handled again as the same message: nothing happens twice."""
        key = message_key(channel, sender, item_id)
        await self._database.write(lambda c: outbox.taken_done(c, key), durable=False)

    async def senders_with_work(self, channel: str) -> list[str]:
        """For whom something came in and is not done, or was said and is not sent."""
        now = self._clock()
        return await self._database.read(lambda c: outbox.senders_with_work(c, channel, now))

    @asynccontextmanager
    async def alone(self, channel: str, sender: str) -> AsyncIterator[None]:
        """Be the only one, of all processes, who works for this address: what is sent keeps its order."""
        async with self._store.locks.held(_alone(channel, sender)):
            yield

    @asynccontextmanager
    async def alone_if_free(self, channel: str, sender: str) -> AsyncIterator[bool]:
        """The same, unless another process works for this address: then False, at once."""
        async with self._store.locks.held_if_free(_alone(channel, sender)) as is_held:
            yield is_held


def _alone(channel: str, sender: str) -> str:
    return f"alone\0{channel}\0{sender}"
