"""A conversation's log of events, as Rasa's HTTP API reads and writes it: without a turn of the dialogue."""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from bot.assistant.transcript import events_in_scope
from bot.assistant.turns import REST, Spoken, Turns, rng_of, sort_out, stamped
from bot.dialogue import Event, Tracker, event_from_json, start_session
from bot.messages import BotMessage
from bot.store import ConversationRow, Turn, conversations
from bot.store.unit_of_work import RECENT_EVENTS, newest_events


class EventLog:
    """The log of each conversation, and the tracker that follows from it."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._database = turns.database

    async def events_of(self, channel: str, sender: str, after: int = 0) -> list[dict[str, Any]]:
        """The log from its `after`-th event on, as Rasa's tracker writes it."""
        row = await self._row(channel, sender)
        if row is None:
            return []
        return [
            event
            for _, _, event in await self._database.read(
                lambda c: conversations.list_events(c, row.id, after)
            )
        ]

    async def tracker_json(
        self,
        sender: str,
        include_events: str = "AFTER_RESTART",
        until: float | None = None,
        channel: str = REST,
    ) -> dict[str, Any] | None:
        """Rasa's tracker of a sender of the REST channel; None when there is no such conversation.

        Args:
            sender: the id in the channel.
            include_events: ALL, APPLIED, AFTER_RESTART or NONE, as in Rasa.
            until: only what was said before that time (seconds since 1970).
            channel: another channel than REST, for callers who may.
        """
        row = await self._row(channel, sender)
        if row is None:
            return None
        logged = [e for _, _, e in await self._database.read(lambda c: conversations.list_events(c, row.id))]
        if until is not None:
            logged = [event for event in logged if (event.get("timestamp") or 0.0) <= until]
        tracker = Tracker.from_events(self._turns.model, sender, logged)
        state = tracker.current_state(0)
        state["sender_id"] = sender
        if include_events == "NONE":
            state["events"] = None
        else:
            state["events"] = events_in_scope(logged, include_events)
        return state

    async def append_events(
        self, channel: str, sender: str, events: Sequence[Mapping[str, Any]], *, says: bool = False
    ) -> list[BotMessage]:
        """Add events (wire form) to a conversation, made if need be; bot events are sent only when `says`.

        Raises:
            KeyError: an event lacks a field without which it says nothing.
        """
        now, read = self._turns.ticks(), read_events(events)
        async with self._turns.store.conversation(channel, sender) as work:
            tracker = await self._turns.tracker(work, channel, sender)
            if tracker.is_empty and not any(event.type_name == "session_started" for event in read):
                spoken = await self._turns.drive(
                    lambda: start_session(self._turns.model, tracker, now=now, rng=rng_of(work.row)),
                    lambda: Spoken(tracker, has_failed=False),
                )
                tracker = spoken.tracker
            said = sort_out(read)[0] if says else []
            new = Turn(id=uuid.uuid4().hex, address=(channel, sender), now=self._turns.clock(), messages=said)
            after = tracker.after(stamped(event, now()) for event in read)
            return await self._turns.commit(work, after, new)

    async def replace_events(self, channel: str, sender: str, events: Sequence[Mapping[str, Any]]) -> None:
        """Put these events (wire form) in the place of a conversation's whole log.

        Raises:
            KeyError: an event lacks a field without which it says nothing.
        """
        now, read = self._turns.ticks(), read_events(events)
        async with self._turns.store.conversation(channel, sender) as work:
            known = await self._turns.tracker(work, channel, sender)
            empty = Tracker(self._turns.model.domain, known.sender_id, self._turns.kept_events)
            tracker = empty.after(stamped(event, now()) for event in read)
            new = Turn(
                id=uuid.uuid4().hex, address=(channel, sender), now=self._turns.clock(), replaces_log=True
            )
            await self._turns.commit(work, tracker, new)

    async def tracker_of(self, channel: str, sender: str) -> Tracker:
        """The state of a conversation now; that of a session just begun when there is none."""
        row = await self._row(channel, sender)
        if row is None or row.tracker is None:
            return await self._begun(sender)
        recent = await self._database.read(lambda c: newest_events(c, row.id, RECENT_EVENTS))
        return Tracker.from_json(self._turns.model, orjson.loads(row.tracker), recent)

    async def _begun(self, sender: str) -> Tracker:
        empty = Tracker(self._turns.model.domain, sender)
        spoken = await self._turns.drive(
            lambda: start_session(
                self._turns.model, empty, now=self._turns.ticks(), rng=random.Random(sender)
            ),
            lambda: Spoken(empty, has_failed=True),
        )
        return spoken.tracker

    async def _row(self, channel: str, sender: str) -> ConversationRow | None:
        return await self._database.read(lambda c: conversations.find_by_address(c, channel, sender))


def read_events(events: Sequence[Mapping[str, Any]]) -> list[Event]:
    """Events in wire form, read; those of no known type are left out."""
    return [event for data in events if (event := event_from_json(data)) is not None]
