"""The one way of a turn: seen before? → hold the conversation → state → read → dialogue → one commit.

Here alone is its order. Whatever begins it (an owner's message, a first look, a reminder, an advisor's words), it ends
in one commit of events, state, replies and effects, and the committed replies are returned. The dialogue asks for
actions; they are run between its steps.
"""

from __future__ import annotations

import itertools
import random
import uuid
from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

import orjson
import structlog

from bot.actions_runner import ActionsRunner, where_raised
from bot.assistant import replies
from bot.assistant.effects import Effect, check_effect
from bot.assistant.incoming import MAX_READ_CHARS, oddity, user_event
from bot.assistant.reading import is_past, nothing_read, open_question, parse_data, payload_typed
from bot.assistant.reminders import Reminders, still_holds
from bot.dialogue import (
    ActionExecuted,
    ActionResult,
    BotUttered,
    CallAction,
    Event,
    Model,
    ReminderScheduled,
    Tracker,
    UserUtteranceReverted,
    UserUttered,
    event_from_json,
    external_message,
    read_payload,
    start_session,
    turn,
)
from bot.errors import ActionError, StoreError
from bot.messages import BotMessage, NluReading, Question, UserMessage
from bot.store import ConversationRow, Store, Turn, TurnEffect, Work, conversations, message_key
from bot.store.unit_of_work import DEMO_CHAMBER

log = structlog.get_logger(__name__)

KEPT_TRACKERS = 96
"""Trackers kept in memory, so that a conversation under way does not read its log again each turn; of a quarter of a
megabyte each in a long one."""

TICK_S = 1e-6
"""Between two events of a turn: the least that seconds since 1970 can tell apart, with room."""

REST = "rest"
SESSION_START = "session_start"
"""Rasa's intent that begins a conversation anew (Telegram's /start)."""
FAILURE_RESPONSE = "utter_action_failed"
"""A project's own words for a failed action; the engine says them where they are."""

Dialogue = Generator[CallAction, ActionResult, Tracker]


class Reader(Protocol):
    """What reads texts (`bot.nlu.pipeline.Pipeline`)."""

    def read(self, text: str, question: Question | None) -> NluReading:
        """All that a text says."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A driven dialogue: the state after it, whether a part of us failed."""

    tracker: Tracker
    has_failed: bool


class Turns:
    """Takes turns of conversations.

    `kept_events`: how many of the newest events an action may be handed (None: all). `trackers`: (version, state) by
    conversation, in memory. `announce` is told each address (channel, sender) for which a turn said something.
    """

    def __init__(
        self,
        store: Store,
        model: Model,
        reader: Reader | None,
        runner: ActionsRunner,
        clock: Callable[[], float],
        kept_events: int | None,
        announce: Callable[[str, str], None],
    ) -> None:
        self.store = store
        self.database = store.database
        self.model = model
        self.reader = reader
        self.clock = clock
        self.kept_events = kept_events
        self.trackers: OrderedDict[str, tuple[int, Tracker]] = OrderedDict()
        self._runner = runner
        self._announce = announce
        self._reminders = Reminders(self._remind)

    # -------------------------------------------------------------- what begins a turn
    async def of_message(self, message: UserMessage, *, is_pulled: bool) -> list[BotMessage]:
        """The turn of one message of the owner; of one that was handled before, the same replies.

        Raises:
            StoreUnavailableError: the database does not answer; nothing was written.
            HandledBeforeErasure: the message is one of a conversation that was erased since.
        """
        key = message_key(message.channel, message.sender, message.message_id)
        async with self.store.conversation(message.channel, message.sender, message.chamber, key) as work:
            if work.seen_turn is not None:
                return await work.replies_of(work.seen_turn)
            turn_id = uuid.uuid4().hex
            with structlog.contextvars.bound_contextvars(turn=turn_id, conversation=work.row.id):
                tracker = await self.tracker(work, message.channel, message.sender)
                told: dict[str, Any] = {}
                if tracker.is_empty:
                    told = await self._chamber_told(work.row.chamber)
                elif (message.payload or message.text).startswith(f"/{SESSION_START}"):
                    told = await self._link_told(work, tracker, message.chamber)
                if told:
                    message = replace(message, metadata={**message.metadata, **told})
                user = await self._read(message, tracker, work)
                if user is None:
                    spoken = self._broken(tracker, user_event(message, nothing_read(message.text)))
                elif tracker.is_empty and user.intent_name == SESSION_START and message.channel != REST:
                    # The session that begins greets already; Rasa, on its own channel, greets a second time.
                    opened = await self._open(work, tracker, message.channel)
                    spoken = replace(opened, tracker=self._kept_aside(opened.tracker, user))
                elif not tracker.is_paused and is_past(
                    message, user, open_question(work.row.question, tracker.slots), tracker.recent
                ):
                    spoken = await self._past(work, tracker, user, is_pulled=is_pulled)
                else:
                    spoken = await self.drive(
                        lambda: turn(self.model, tracker, user, now=self.ticks(), rng=rng_of(work.row)),
                        lambda: self._broken(tracker, user),
                    )
                address = (message.channel, message.sender)
                return await self._commit_spoken(work, spoken, turn_id, address, key=key, is_pulled=is_pulled)

    async def of_opening(self, channel: str, sender: str, chamber: str | None) -> list[BotMessage]:
        """The greeting, committed; to a known owner the bubbles said last, without ids: they were sent long ago.

        Who comes by the link of another chamber than his conversation's is told so, once a link.
        """
        key = None if chamber is None else message_key(channel, sender, f"link-{chamber}")
        async with self.store.conversation(channel, sender, chamber, key) as work:
            turn_id, address = uuid.uuid4().hex, (channel, sender)
            tracker = await self.tracker(work, channel, sender)
            if tracker.is_empty:
                spoken = await self._open(work, tracker, channel)
                return await self._commit_spoken(work, spoken, turn_id, address)
            told = {} if work.seen_turn else await self._link_told(work, tracker, chamber)
            if not told:
                return await self._said_last(work)
            arrival = self._arrival(channel, sender, told)
            spoken = await self.drive(
                lambda: turn(self.model, tracker, arrival, now=self.ticks(), rng=rng_of(work.row)),
                lambda: self._broken(tracker, arrival),
            )
            return await self._commit_spoken(work, spoken, turn_id, address, key=key)

    async def _open(self, work: Work, tracker: Tracker, channel: str) -> Spoken:
        told = await self._chamber_told(work.row.chamber)
        return await self.drive(
            lambda: start_session(
                self.model, tracker, now=self.ticks(), rng=rng_of(work.row), channel=channel, metadata=told
            ),
            lambda: Spoken(tracker, has_failed=True),
        )

    def _arrival(self, channel: str, sender: str, told: Mapping[str, Any]) -> UserUttered:
        """« /start » of somebody who wrote nothing: he followed a link."""
        begin = f"/{SESSION_START}"
        message = UserMessage(
            channel,
            sender,
            uuid.uuid4().hex,
            "",
            datetime.now(UTC),
            payload=begin,
            metadata={**told, "is_external": True},
        )
        return user_event(message, read_payload(self.model, begin) or nothing_read(begin))

    async def _link_told(self, work: Work, tracker: Tracker, chamber_id: str | None) -> dict[str, Any]:
        """The chamber of a link that was followed, when it is another one than the conversation's.

        What comes of it is the project's to say (effect `join_chamber`). While a person has the conversation nothing
        does: the link may be followed again.
        """
        if chamber_id in (None, work.row.chamber) or tracker.is_paused:
            return {}
        return await self._chamber_told(str(chamber_id))

    async def _chamber_told(self, chamber_id: str) -> dict[str, Any]:
        """A chamber as metadata of a session, for the actions; nothing of the demonstration's."""
        if chamber_id == DEMO_CHAMBER:
            return {}
        chamber = await self.database.read(lambda c: conversations.get_chamber(c, chamber_id))
        return {} if chamber is None else {"chamber": {**asdict(chamber), "colours": dict(chamber.colours)}}

    async def _said_last(self, work: Work) -> list[BotMessage]:
        """The last turn's bubbles, from the one that asks on where there is an open question."""
        spoken = await self.database.read(lambda c: conversations.list_spoken(c, work.row.id, 20))
        bubbles: list[BotMessage] = []
        of_turn = [event for _, turn_id, event in spoken if turn_id == spoken[-1][1]]
        for event in reversed(of_turn):
            if event["event"] == "bot" and (bubble := replies.bubble(event)) is not None:
                bubbles.insert(0, bubble)
                if bubble.question is not None:
                    break
        if bubbles or work.row.question is None:
            return bubbles
        for _, _, event in reversed(spoken):
            if event["event"] == "bot" and replies.question_of(event) is not None:
                return [bubble] if (bubble := replies.bubble(event)) is not None else []
        return []

    async def of_dialogue(
        self,
        channel: str,
        sender: str,
        dialogue: Callable[[Tracker, Callable[[], float], random.Random], Dialogue],
    ) -> list[BotMessage]:
        """The turn of a dialogue that no message of the owner began, at an address; see `Assistant.act`."""
        async with self.store.conversation(channel, sender) as work:
            tracker = await self.tracker(work, channel, sender)
            spoken = await self.drive(
                lambda: dialogue(tracker, self.ticks(), rng_of(work.row)),
                lambda: Spoken(tracker.begin_turn(), has_failed=True),
            )
            return await self._commit_spoken(work, spoken, uuid.uuid4().hex, (channel, sender))

    async def of_others(
        self,
        work: Work,
        events: Sequence[Event],
        messages: Sequence[BotMessage],
        changes: Mapping[str, Any] | None = None,
        address: tuple[str, str] | None = None,
        effects: Sequence[TurnEffect] = (),
    ) -> list[BotMessage]:
        """Commit what others said in a conversation; the messages go to the address that he used last, or this one."""
        address = address or await self.an_address(work)
        tracker = (await self.tracker(work, *address)).begin_turn()
        now = self.clock()
        tracker = tracker.after(stamped(event, now) for event in events)
        return await self.commit(
            work,
            tracker,
            Turn(
                id=uuid.uuid4().hex,
                address=address,
                now=now,
                messages=messages,
                changes=dict(changes or {}),
                effects=effects,
            ),
        )

    async def an_address(self, work: Work) -> tuple[str, str]:
        """Where the owner can be reached: (channel, sender), the one that he used last."""
        found = await self.database.read(lambda c: conversations.latest_address(c, work.row.id))
        return found or (REST, work.row.id)

    async def _remind(self, conversation_id: str, reminder: ReminderScheduled) -> None:
        async with self.store.conversation_by_id(conversation_id) as work:
            if work is None or not still_holds(reminder, await work.recent_events()):
                return
            address = await self.an_address(work)
            tracker = await self.tracker(work, *address)
            message = external_message(str(reminder.intent), reminder.entities, tracker.input_channel)
            spoken = await self.drive(
                lambda: turn(self.model, tracker, message, now=self.ticks(), rng=rng_of(work.row)),
                lambda: self._broken(tracker, message),
            )
            await self._commit_spoken(work, spoken, uuid.uuid4().hex, address)

    async def close(self) -> None:
        """Forget the reminders that wait in this process."""
        await self._reminders.close()

    # -------------------------------------------------------------- state
    async def tracker(self, work: Work, channel: str, sender: str) -> Tracker:
        """The state of a held conversation; an empty one before its first turn."""
        kept = self.trackers.get(work.row.id)
        if kept is not None and kept[0] == work.row.version:
            self.trackers.move_to_end(work.row.id)
            return kept[1].begin_turn()
        if work.row.tracker is None:
            # Rasa's id of a conversation is its sender; elsewhere a sender says who somebody is.
            name = sender if channel == REST else work.row.id
            return Tracker(self.model.domain, name, self.kept_events)
        recent = await work.recent_events(self.kept_events)
        return Tracker.from_json(self.model, orjson.loads(work.row.tracker), recent, self.kept_events)

    def _keep(self, conversation_id: str, version: int, tracker: Tracker) -> None:
        self.trackers[conversation_id] = (version, tracker)
        self.trackers.move_to_end(conversation_id)
        while len(self.trackers) > KEPT_TRACKERS:
            self.trackers.popitem(last=False)

    # -------------------------------------------------------------- reading
    async def _read(self, message: UserMessage, tracker: Tracker, work: Work) -> UserUttered | None:
        """The user event; None when reading failed."""
        said = message.payload or message.text
        if said.startswith("/") and (parsed := read_payload(self.model, said)) is not None:
            return user_event(message, parsed)
        odd = "unknown_payload" if said.startswith("/") else oddity(message)
        if odd is not None:
            # The turn's id stands in each of its log lines; the owner's text in none.
            log.info("message_not_read", why=odd, characters=len(said))
        text = message.text[:MAX_READ_CHARS]
        read_position = getattr(self.reader, "read_position", None)
        if message.location is not None and read_position is not None and not tracker.is_paused:
            return user_event(message, parse_data(read_position(*message.location), None))
        if self.reader is None or work.row.status == "person" or not text.strip():
            return user_event(message, nothing_read(message.text))
        if message.payload is None and hasattr(self.reader, "read_position"):
            # Rasa leaves typed titles to its models, and so do its projects; ours takes them for what they say.
            typed = payload_typed(tracker.recent, text)
            if typed is not None and (parsed := read_payload(self.model, typed)) is not None:
                return user_event(replace(message, payload=typed), parsed)
        question = open_question(work.row.question, tracker.slots)
        if message.edits is not None:
            question = await self._question_before(work, message) or question
        try:
            reading = self.reader.read(text, question)
            return user_event(message, {**parse_data(reading, question), "text": message.text})
        except Exception as error:
            log.error("reading_failed", error=type(error).__name__, where=where_raised(error))
            return None

    async def _question_before(self, work: Work, message: UserMessage) -> Question | None:
        """The question that the message which this one corrects was an answer to."""
        key = message_key(message.channel, message.sender, str(message.edits))
        return await self.database.read(lambda c: conversations.question_before(c, work.row.id, key))

    # -------------------------------------------------------------- dialogue
    def ticks(self) -> Callable[[], float]:
        """The clock of a turn's events: each has its own time, so that a log can be cut between two of them."""
        start, ticks = self.clock(), itertools.count()
        return lambda: start + next(ticks) * TICK_S

    async def drive(self, start: Callable[[], Dialogue], broken: Callable[[], Spoken]) -> Spoken:
        """Run the dialogue, and the actions that it asks for; should the engine itself fail, `broken` it is."""
        try:
            dialogue = start()
            asked = next(dialogue)
            while True:
                result = await self._runner.run_action(asked)
                asked = dialogue.send(result)
        except StopIteration as done:
            tracker: Tracker = done.value
            for failure in tracker.failures:
                log.error(
                    "action_failed_in_turn", **{f"failure_{key}": value for key, value in failure.items()}
                )
            return Spoken(tracker, has_failed=bool(tracker.failures))
        except Exception as error:
            log.error("dialogue_failed", error=type(error).__name__, where=where_raised(error))
            return broken()

    def _broken(self, tracker: Tracker, user: UserUttered) -> Spoken:
        """A turn that failed as a whole."""
        return Spoken(self._kept_aside(tracker.begin_turn(), user), has_failed=True)

    async def _past(self, work: Work, tracker: Tracker, user: UserUttered, *, is_pulled: bool) -> Spoken:
        """The button's question is past. A page shows only what was said last: the open question is put there again."""
        said: list[Event] = [BotUttered(text=replies.PAST)]
        question = open_question(work.row.question, tracker.slots)
        if is_pulled and question is not None and (asked := await self.asked_last(work, question)):
            said.append(asked)
        after = self._kept_aside(tracker.begin_turn(), user)
        when = max(self.clock(), after.latest_event_time or 0.0)
        return Spoken(
            after.after(event.at(when + n * TICK_S) for n, event in enumerate(said, 1)), has_failed=False
        )

    async def asked_last(self, work: Work, question: Question) -> Event | None:
        """The words with which a question was put last, to be said again."""
        spoken = await self.database.read(lambda c: conversations.list_spoken(c, work.row.id, 200))
        for _, _, event in reversed(spoken):
            found = replies.question_of(event) if event["event"] == "bot" else None
            if found is not None and found.id == question.id:
                return event_from_json({**event, "timestamp": None})
        return None

    def _kept_aside(self, tracker: Tracker, user: UserUttered) -> Tracker:
        """The state after words that are kept, and count for nothing in the dialogue."""
        now = max(self.clock(), tracker.latest_event_time or 0.0)
        after = [user, UserUtteranceReverted(), ActionExecuted(name="action_listen")]
        return tracker.after(event.at(now + n * TICK_S) for n, event in enumerate(after, 1))

    # -------------------------------------------------------------- commit
    async def _commit_spoken(
        self,
        work: Work,
        spoken: Spoken,
        turn_id: str,
        address: tuple[str, str],
        *,
        key: str | None = None,
        is_pulled: bool = False,
    ) -> list[BotMessage]:
        now = self.clock()
        tracker = spoken.tracker
        said, effects, has_bad_effect = sort_out(tracker.new_events)
        has_apology = any(_is_apology(event) for event in tracker.new_events)
        if (spoken.has_failed and not has_apology) or has_bad_effect:
            when = max(now, tracker.latest_event_time or now)
            sorry = BotUttered(text=replies.apology(turn_id), metadata={"apology": True}, timestamp=when)
            tracker = tracker.after([sorry])
            said.append(BotMessage(text=replies.apology(turn_id)))
        new = Turn(
            id=turn_id,
            address=address,
            now=now,
            messages=said,
            message_key=key,
            changes={} if key is None else {"last_message_at": now},
            is_pulled=is_pulled,
            effects=effects,
        )
        return await self.commit(work, tracker, new)

    async def commit(self, work: Work, tracker: Tracker, new: Turn) -> list[BotMessage]:
        """Write what the turn holds, with the tracker's new events and its state."""
        new.events = [event.to_json() for event in tracker.new_events]
        new.tracker = orjson.dumps(tracker.to_json(recent_events=0), default=str).decode()
        new.slots = tracker.slots
        question = _question_after(tracker.new_events, work.row.question)
        if question != work.row.question:
            new.changes["question"] = question
        try:
            committed = await work.commit(new)
        except StoreError as error:
            # The tracker in memory is that of the last commit: the message is handled anew when it comes again.
            log.error("turn_not_committed", error=str(error))
            raise
        if new.is_erased:
            self.trackers.pop(work.row.id, None)
        else:
            self._keep(work.row.id, work.row.version + 1, tracker)
            self._reminders.note(work.row.id, tracker.new_events, new.now)
        if committed and not new.is_pulled:
            self._announce(*new.address)
        return committed


# ------------------------------------------------------------------ pure parts
def rng_of(row: ConversationRow) -> random.Random:
    """Chance that a replay of the same conversation meets again."""
    return random.Random(f"{row.id}:{row.next_seq}")


def stamped(event: Event, now: float) -> Event:
    """The event with its time, which is `now` unless it has one."""
    return event if event.timestamp is not None else event.at(now)


def _is_apology(event: Event) -> bool:
    return isinstance(event, BotUttered) and event.metadata.get("utter_action") == FAILURE_RESPONSE


def sort_out(events: Sequence[Event]) -> tuple[list[BotMessage], list[Effect], bool]:
    """The bubbles and the effects of a turn's bot events; whether an effect was refused."""
    said: list[BotMessage] = []
    effects: list[Effect] = []
    has_bad = False
    for event in events:
        if not isinstance(event, BotUttered):
            continue
        wire = {"text": event.text, "data": event.data, "metadata": event.metadata}
        if (asked := replies.effect_of(wire)) is not None:
            try:
                effects.append(check_effect(asked))
            except ActionError as error:
                log.error("effect_refused", error=str(error))
                has_bad = True
        bubble = replies.bubble(wire)
        is_erasing = any(effect.type == "erase" for effect in effects)
        if bubble is not None and not (is_erasing and bubble.question is not None):
            # A form asks its question again at the end of the turn; after an erasure there is none any more.
            said.append(bubble)
    return said, effects, has_bad


def _question_after(events: Sequence[Event], before: Question | None) -> Question | None:
    for event in reversed(events):
        if isinstance(event, BotUttered):
            found = replies.question_of({"metadata": event.metadata})
            if found is not None:
                return found
    return before
