"""The only door to the parts behind it, the same for all channels: one message of one conversation at a time.

`Assistant.handle` is the only place with the order of a turn: seen before? → hold the conversation → state → read →
loop {dialogue; run the action asked for} → one commit of events, state, replies and effects → return the replies.
The channel sends them, then says `mark_sent`. The file is long because the door is one: what is more than a call
to the part behind it stands in the files beside it.
"""

from __future__ import annotations

import itertools
import random
import time
import uuid
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Generator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import orjson
import structlog
from sqlalchemy import Connection

from bot.actions_runner import ActionsRunner, where_raised
from bot.assistant import replies
from bot.assistant.daytime import is_day, place_of
from bot.assistant.effects import Effect, check_effect
from bot.assistant.incoming import MAX_READ_CHARS, clean, plain, user_event
from bot.assistant.reading import nothing_read, open_question, parse_data
from bot.assistant.reminders import Reminders, still_holds
from bot.assistant.transcript import TranscriptLine, events_in_scope, transcript_lines
from bot.dialogue import (
    ActionExecuted,
    ActionResult,
    AgentUttered,
    BotUttered,
    CallAction,
    ConversationPaused,
    ConversationResumed,
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
    with_base_intent,
)
from bot.errors import ActionError, StoreError
from bot.messages import BotMessage, NluReading, Question, UserMessage
from bot.store import (
    ConversationRow,
    HandledBeforeErasure,
    Store,
    Turn,
    Work,
    conversations,
    message_key,
    outbox,
    records,
)
from bot.store.conversations import Chamber
from bot.store.unit_of_work import RECENT_EVENTS, load_row, newest_events

log = structlog.get_logger(__name__)

KEPT_TRACKERS = 256
"""Trackers kept in memory, so that a conversation under way does not read its log again each turn."""

DIRECTORY_S = 30.0
"""How long the directory of connecteurs is taken as it was read."""

TICK_S = 1e-6
"""Between two events of a turn: the least that seconds since 1970 can tell apart, with room."""

LINK_S = 3_600.0
"""How long a link from one channel to another holds."""

REST = "rest"
FAILURE_RESPONSE = "utter_action_failed"
"""A project's own words for a failed action; the engine says them where they are."""

Dialogue = Generator[CallAction, ActionResult, Tracker]


class Reader(Protocol):
    """What reads texts (`bot.nlu.pipeline.Pipeline`)."""

    def read(self, text: str, question: Question | None) -> NluReading:
        """All that a text says."""


@dataclass(frozen=True, slots=True)
class _Spoken:
    """A driven dialogue: the state after it, whether a part of us failed."""

    tracker: Tracker
    has_failed: bool


class Assistant:
    """Handles messages. Made by `bot.bootstrap`.

    `clock` gives seconds since 1970; `kept_events`: how many of the newest events an action may be handed (None: all).
    `use_directory` is handed the approved connecteurs, now and then.
    """

    def __init__(
        self,
        *,
        store: Store,
        model: Model,
        reader: Reader | None,
        runner: ActionsRunner,
        clock: Callable[[], float] = time.time,
        kept_events: int | None = RECENT_EVENTS,
        use_directory: Callable[[Sequence[Mapping[str, Any]]], None] | None = None,
    ) -> None:
        self._kept_events = kept_events
        self._use_directory = use_directory
        self._directory_stale_at = 0.0
        self._store = store
        self._database = store.database
        self._model = model
        self._reader = reader
        self._runner = runner
        self._clock = clock
        self._trackers: OrderedDict[str, tuple[int, Tracker]] = OrderedDict()
        self._reminders = Reminders(self._remind)

    # -------------------------------------------------------------- a turn
    async def handle(self, message: UserMessage, *, is_pulled: bool = False) -> list[BotMessage]:
        """Handle one message and return the committed replies, with their ids.

        The same message id twice is one message: the second time gives the same replies. While a person has the
        conversation the message is kept and nothing is said. `is_pulled`: the replies go out with the answer to this
        call, and who misses it asks again; they count as sent with their commit, without `mark_sent`.

        Raises:
            StoreUnavailableError: the database does not answer; nothing was written.
        """
        message = clean(message)
        try:
            return await self._handle(
                message, message_key(message.channel, message.sender, message.message_id), is_pulled
            )
        except HandledBeforeErasure:
            return []

    async def _handle(self, message: UserMessage, key: str, is_pulled: bool) -> list[BotMessage]:
        await self._refresh_directory()
        async with self._store.conversation(message.channel, message.sender, message.chamber, key) as work:
            if work.seen_turn is not None:
                return await work.replies_of(work.seen_turn)
            turn_id = uuid.uuid4().hex
            with structlog.contextvars.bound_contextvars(turn=turn_id, conversation=work.row.id):
                tracker = await self._tracker(work, message.channel, message.sender)
                user = await self._read(message, tracker, work)
                if user is None:
                    spoken = self._broken(tracker, user_event(message, nothing_read(message.text)))
                else:
                    spoken = await self._drive(
                        lambda: turn(self._model, tracker, user, now=self._ticks(), rng=_rng(work.row)),
                        lambda: self._broken(tracker, user),
                    )
                address = (message.channel, message.sender)
                return await self._commit(work, spoken, turn_id, address, key=key, is_pulled=is_pulled)

    async def _refresh_directory(self) -> None:
        """Hand the project the approved connecteurs; an approval counts within `DIRECTORY_S`."""
        if self._use_directory is None or self._clock() < self._directory_stale_at:
            return
        self._directory_stale_at = self._clock() + DIRECTORY_S
        found = await self._database.read(
            lambda c: records.list_records(c, "connecteur_signup", state="approved")
        )
        self._use_directory([one.data for one in found])

    async def open(self, channel: str, sender: str, chamber: str | None) -> list[BotMessage]:
        """What is shown before the first message: the greeting, or to a known owner his last open question.

        Bubbles said before come without an id: they were sent long ago.
        """
        async with self._store.conversation(channel, sender, chamber) as work:
            tracker = await self._tracker(work, channel, sender)
            if not tracker.is_empty:
                return await self._said_last(work)
            spoken = await self._drive(
                lambda: start_session(
                    self._model, tracker, now=self._ticks(), rng=_rng(work.row), channel=channel
                ),
                lambda: _Spoken(tracker, has_failed=True),
            )
            return await self._commit(work, spoken, uuid.uuid4().hex, (channel, sender))

    async def _said_last(self, work: Work) -> list[BotMessage]:
        """The last turn's bubbles, from the one that asks on where there is an open question."""
        spoken = await self._database.read(lambda c: conversations.list_spoken(c, work.row.id, 20))
        bubbles: list[BotMessage] = []
        for _, turn_id, event in reversed(spoken):
            if event["event"] != "bot" or turn_id != spoken[-1][1]:
                break
            if (bubble := replies.bubble(event)) is not None:
                bubbles.insert(0, bubble)
                if bubble.question is not None:
                    break
        if bubbles or work.row.question is None:
            return bubbles
        for _, _, event in reversed(spoken):
            if event["event"] == "bot" and replies.question_of(event) is not None:
                return [bubble] if (bubble := replies.bubble(event)) is not None else []
        return []

    # -------------------------------------------------------------- state
    async def _tracker(self, work: Work, channel: str, sender: str) -> Tracker:
        kept = self._trackers.get(work.row.id)
        if kept is not None and kept[0] == work.row.version:
            self._trackers.move_to_end(work.row.id)
            return kept[1].begin_turn()
        if work.row.tracker is None:
            # Rasa's id of a conversation is its sender; elsewhere a sender says who somebody is.
            name = sender if channel == REST else work.row.id
            return Tracker(self._model.domain, name, self._kept_events)
        recent = await work.recent_events(self._kept_events)
        return Tracker.from_json(self._model, orjson.loads(work.row.tracker), recent, self._kept_events)

    def _keep(self, conversation_id: str, version: int, tracker: Tracker) -> None:
        self._trackers[conversation_id] = (version, tracker)
        self._trackers.move_to_end(conversation_id)
        while len(self._trackers) > KEPT_TRACKERS:
            self._trackers.popitem(last=False)

    # -------------------------------------------------------------- reading
    async def _read(self, message: UserMessage, tracker: Tracker, work: Work) -> UserUttered | None:
        """The user event; None when reading failed."""
        said = message.payload or message.text
        if said.startswith("/") and (parsed := read_payload(self._model, said)) is not None:
            return user_event(message, parsed)
        text = message.text[:MAX_READ_CHARS]
        read_position = getattr(self._reader, "read_position", None)
        if message.location is not None and read_position is not None and not tracker.is_paused:
            return user_event(message, parse_data(read_position(*message.location), None))
        if self._reader is None or work.row.status == "person" or not text.strip():
            return user_event(message, nothing_read(message.text))
        question = open_question(work.row.question, tracker.slots)
        if message.edits is not None:
            question = await self._question_before(work, message) or question
        try:
            reading = self._reader.read(text, question)
            return user_event(message, {**parse_data(reading, question), "text": message.text})
        except Exception as error:
            log.error("reading_failed", error=type(error).__name__, where=where_raised(error))
            return None

    async def _question_before(self, work: Work, message: UserMessage) -> Question | None:
        """The question that the message which this one corrects was an answer to."""
        key = message_key(message.channel, message.sender, str(message.edits))
        return await self._database.read(lambda c: conversations.question_before(c, work.row.id, key))

    # -------------------------------------------------------------- dialogue
    def _ticks(self) -> Callable[[], float]:
        """The clock of a turn's events: each has its own time, so that a log can be cut between two of them."""
        start, ticks = self._clock(), itertools.count()
        return lambda: start + next(ticks) * TICK_S

    async def _drive(self, start: Callable[[], Dialogue], broken: Callable[[], _Spoken]) -> _Spoken:
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
            return _Spoken(tracker, has_failed=bool(tracker.failures))
        except Exception as error:
            log.error("dialogue_failed", error=type(error).__name__, where=where_raised(error))
            return broken()

    def _broken(self, tracker: Tracker, user: UserUttered) -> _Spoken:
        """A turn that failed as a whole: the words are kept, and count for nothing in the dialogue."""
        now = self._clock()
        after = [user, UserUtteranceReverted(), ActionExecuted(name="action_listen")]
        return _Spoken(tracker.begin_turn().after(event.at(now) for event in after), has_failed=True)

    # -------------------------------------------------------------- commit
    async def _commit(
        self,
        work: Work,
        spoken: _Spoken,
        turn_id: str,
        address: tuple[str, str],
        *,
        key: str | None = None,
        is_pulled: bool = False,
    ) -> list[BotMessage]:
        now = self._clock()
        tracker = spoken.tracker
        said, effects, has_bad_effect = _sort_out(tracker.new_events)
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
        return await self._commit_turn(work, tracker, new)

    async def _commit_turn(self, work: Work, tracker: Tracker, new: Turn) -> list[BotMessage]:
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
            self._trackers.pop(work.row.id, None)
        else:
            self._keep(work.row.id, work.row.version + 1, tracker)
            self._reminders.note(work.row.id, tracker.new_events, new.now)
        return committed

    # -------------------------------------------------------------- sending
    async def mark_sent(self, ids: Sequence[str]) -> None:
        """These replies reached the owner."""
        wanted = [id_ for id_ in ids if id_]
        if wanted:
            now = self._clock()
            await self._database.write(lambda c: outbox.mark_sent(c, wanted, now), durable=False)

    async def unsent(self, channel: str, sender: str) -> list[BotMessage]:
        """What was committed for this address and not marked as sent, oldest first; ask within `alone`."""
        now = self._clock()
        return await self._database.read(lambda c: outbox.unsent(c, channel, sender, now))

    async def put_off(self, message_id: str, seconds: float) -> None:
        """The channel was told to wait: this bubble, and those after it, not before that."""
        until = self._clock() + seconds
        await self._database.write(lambda c: outbox.put_off(c, message_id, until), durable=False)

    async def bubble(self, channel: str, sender: str, message_id: str) -> BotMessage | None:
        """A bubble that was said to this address, by its id, as long as the outbox keeps it."""
        return await self._database.read(lambda c: outbox.find(c, channel, sender, message_id))

    async def bubble_of_conversation(self, channel: str, sender: str, message_id: str) -> BotMessage | None:
        """A bubble of the conversation that this address points to, whichever channel it was said on."""
        row = await self._row(channel, sender)
        if row is None:
            return None
        kept = await self._database.read(lambda c: conversations.messages_kept(c, row.id))
        return kept.get(message_id)

    async def mark_blocked(self, channel: str, sender: str, is_blocked: bool) -> None:
        """The owner shut the channel (nothing is sent or retried any more), or opened it again."""
        await self._database.write(lambda c: conversations.set_blocked(c, channel, sender, is_blocked))

    # -------------------------------------------------------------- taking before handling
    async def take(self, channel: str, sender: str, item_id: str, item: Mapping[str, Any]) -> bool:
        """Keep what came in, so that it may be acknowledged before it is handled; False when it came before."""
        key, now = message_key(channel, sender, item_id), self._clock()
        kept = orjson.loads(plain(orjson.dumps(item, default=str).decode().replace("\\u0000", "")))
        return await self._database.write(lambda c: outbox.take(c, channel, sender, key, item_id, kept, now))

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
        async with self._store.locks.held(f"alone\0{channel}\0{sender}"):
            yield

    # -------------------------------------------------------------- from one channel to another
    async def link_token(self, channel: str, sender: str) -> str | None:
        """A secret for a link that carries this conversation to another channel, once, within the hour."""
        row = await self._row(channel, sender)
        if row is None:
            return None
        until = self._clock() + LINK_S
        return await self._database.write(lambda c: conversations.new_token(c, "link", row.id, {}, until))

    async def follow_link(self, token: str, channel: str, sender: str) -> bool:
        """Let this address point to the conversation of the link; False when the link does not hold any more."""
        now = self._clock()

        def follow(connection: Connection) -> bool:
            used = conversations.use_token(connection, "link", token, now)
            if used is None or load_row(connection, used[0]) is None:
                return False
            conversations.point_address(connection, channel, sender, used[0])
            return True

        return await self._database.write(follow)

    async def carry_on(self, channel: str, sender: str, words: str) -> None:
        """Say these words to an address to which a conversation was carried, and put its open question there."""
        async with self._store.conversation(channel, sender) as work:
            asked = [BotUttered(text=words), *(await self._last_asked(work))[1:]]
            bubbles = [bubble for event in asked if (bubble := replies.bubble(event.to_json())) is not None]
            await self._commit_outside(work, asked, bubbles, address=(channel, sender))

    # -------------------------------------------------------------- the one gentle reminder
    async def remind_the_silent(self, channel: str, pause_s: float) -> list[str]:
        """Remind, once, those who agreed and stopped in mid-question, where it is day; returns whom (senders).

        Two processes that do it at once remind nobody twice: what is due is looked at again once held.
        """
        now = self._clock()
        due = await self._database.read(lambda c: conversations.due_reminders(c, now, pause_s))
        reminded: list[str] = []
        for row, at_channel, sender in due:
            if at_channel != channel or not is_day(now, place_of(row)):
                continue
            async with self._store.conversation_by_id(row.id) as work:
                if work is None or work.row.version != row.version:
                    continue
                said = BotUttered(
                    text=replies.REMINDER,
                    data={
                        "buttons": [
                            {"title": b.title, "payload": b.payload} for b in replies.REMINDER_BUTTONS
                        ]
                    },
                )
                bubble = BotMessage(text=replies.REMINDER, buttons=replies.REMINDER_BUTTONS)
                await self._commit_outside(work, [said], [bubble], {"reminded_at": now}, (channel, sender))
                reminded.append(sender)
        return reminded

    # -------------------------------------------------------------- looking
    async def is_ready(self) -> bool:
        """Whether the database answers."""
        try:
            return await self._database.read(conversations.count_chambers) > 0
        except StoreError:
            return False

    async def transcript(self, channel: str, sender: str, limit: int = 100) -> list[TranscriptLine]:
        """The last lines of a conversation, as its people saw them."""
        row = await self._row(channel, sender)
        return [] if row is None else await self.transcript_of(row.id, limit)

    async def transcript_of(self, conversation_id: str, limit: int = 100) -> list[TranscriptLine]:
        """The same by the conversation's id."""
        spoken, kept = await self._database.read(
            lambda c: (
                conversations.list_spoken(c, conversation_id, limit),
                conversations.messages_kept(c, conversation_id),
            )
        )
        return transcript_lines(spoken, kept)

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
        tracker = Tracker.from_events(self._model, sender, logged)
        state = tracker.current_state(0)
        state["sender_id"] = sender
        if include_events == "NONE":
            state["events"] = None
        else:
            state["events"] = events_in_scope(logged, include_events)
        return state

    async def chamber_of(self, channel: str, sender: str) -> Chamber | None:
        """The chamber of a conversation; `demo` before there is one."""

        def find(connection: Any) -> Chamber | None:
            row = conversations.find_by_address(connection, channel, sender)
            return conversations.get_chamber(connection, row.chamber if row else "demo")

        return await self._database.read(find)

    async def conversation_id(self, channel: str, sender: str) -> str | None:
        """The id of the conversation that an address points to."""
        row = await self._row(channel, sender)
        return None if row is None else row.id

    async def status_of(self, conversation_id: str) -> str | None:
        """bot, human_wanted or person."""
        async with self._store.conversation_by_id(conversation_id) as work:
            return None if work is None else work.row.status

    async def _row(self, channel: str, sender: str) -> ConversationRow | None:
        return await self._database.read(lambda c: conversations.find_by_address(c, channel, sender))

    # -------------------------------------------------------------- a person and the bot
    async def take_over(self, conversation_id: str, first_name: str) -> bool:
        """An advisor takes the conversation: the bot is silent until `hand_back`. False when there is none."""
        return await self._from_person(
            conversation_id, [ConversationPaused()], {"status": "person", "person": first_name}
        )

    async def say_as_person(self, conversation_id: str, text: str) -> bool:
        """The advisor who has the conversation says something; it goes to the owner with his first name.

        False when no person has this conversation.
        """
        async with self._store.conversation_by_id(conversation_id) as work:
            if work is None or work.row.status != "person":
                return False
            first_name = work.row.person or ""
            said = AgentUttered(text=plain(text), data={"first_name": first_name})
            message = BotMessage(text=replies.person_says(first_name, plain(text)))
            await self._commit_outside(work, [said], [message])
            return True

    async def tell(self, conversation_id: str, messages: Sequence[BotMessage]) -> bool:
        """Say something that no message of the owner asked for; False when there is no such conversation."""
        async with self._store.conversation_by_id(conversation_id) as work:
            if work is None:
                return False
            events = [
                BotUttered(
                    text=message.text or None,
                    data={"buttons": [{"title": b.title, "payload": b.payload} for b in message.buttons]},
                )
                for message in messages
            ]
            await self._commit_outside(work, events, messages)
            return True

    async def hand_back(self, conversation_id: str) -> bool:
        """The bot goes on, at the question that was open. False when no person has this conversation."""
        async with self._store.conversation_by_id(conversation_id) as work:
            if work is None or work.row.status != "person":
                return False
            asked = await self._last_asked(work)
            events: list[Event] = [ConversationResumed(), *asked]
            bubbles = [bubble for event in asked if (bubble := replies.bubble(event.to_json())) is not None]
            await self._commit_outside(work, events, bubbles, {"status": "bot", "person": None})
            return True

    async def _last_asked(self, work: Work) -> list[Event]:
        """A sentence, then the open question anew."""
        tracker = await self._tracker(work, *await self._an_address(work))
        question = open_question(work.row.question, tracker.slots)
        if question is None:
            return [BotUttered(text=replies.BOT_IS_BACK)]
        spoken = await self._database.read(lambda c: conversations.list_spoken(c, work.row.id, 200))
        for _, _, event in reversed(spoken):
            found = replies.question_of(event) if event["event"] == "bot" else None
            if found is not None and found.id == question.id:
                again = event_from_json({**event, "timestamp": None})
                return [BotUttered(text=replies.BOT_IS_BACK_TO_QUESTION), *([again] if again else [])]
        return [BotUttered(text=replies.BOT_IS_BACK)]

    async def _from_person(
        self, conversation_id: str, events: Sequence[Event], changes: Mapping[str, Any]
    ) -> bool:
        async with self._store.conversation_by_id(conversation_id) as work:
            if work is None:
                return False
            await self._commit_outside(work, events, [], changes)
            return True

    async def _commit_outside(
        self,
        work: Work,
        events: Sequence[Event],
        messages: Sequence[BotMessage],
        changes: Mapping[str, Any] | None = None,
        address: tuple[str, str] | None = None,
    ) -> list[BotMessage]:
        """Commit what did not come from the owner; the messages go to the address that he used last, or this one."""
        address = address or await self._an_address(work)
        tracker = (await self._tracker(work, *address)).begin_turn()
        now = self._clock()
        tracker = tracker.after(_stamped(event, now) for event in events)
        return await self._commit_turn(
            work,
            tracker,
            Turn(
                id=uuid.uuid4().hex, address=address, now=now, messages=messages, changes=dict(changes or {})
            ),
        )

    async def _an_address(self, work: Work) -> tuple[str, str]:
        found = await self._database.read(lambda c: conversations.latest_address(c, work.row.id))
        return found or (REST, work.row.id)

    # -------------------------------------------------------------- from outside a turn
    async def act(
        self,
        channel: str,
        sender: str,
        dialogue: Callable[[Tracker, Callable[[], float], random.Random], Dialogue],
    ) -> list[BotMessage]:
        """Run a dialogue that no message of the owner began (a reminder, an action called by name), and commit it.

        Args:
            channel: with `sender` the address of the conversation, made if need be.
            sender: the id in the channel.
            dialogue: makes it from the state, the clock of its events and a source of chance.
        """
        async with self._store.conversation(channel, sender) as work:
            tracker = await self._tracker(work, channel, sender)
            spoken = await self._drive(
                lambda: dialogue(tracker, self._ticks(), _rng(work.row)),
                lambda: _Spoken(tracker.begin_turn(), has_failed=True),
            )
            return await self._commit(work, spoken, uuid.uuid4().hex, (channel, sender))

    async def _remind(self, conversation_id: str, reminder: ReminderScheduled) -> None:
        async with self._store.conversation_by_id(conversation_id) as work:
            if work is None or not still_holds(reminder, await work.recent_events()):
                return
            address = await self._an_address(work)
            tracker = await self._tracker(work, *address)
            message = external_message(str(reminder.intent), reminder.entities, tracker.input_channel)
            spoken = await self._drive(
                lambda: turn(self._model, tracker, message, now=self._ticks(), rng=_rng(work.row)),
                lambda: self._broken(tracker, message),
            )
            await self._commit(work, spoken, uuid.uuid4().hex, address)

    async def close(self) -> None:
        """Forget the reminders that wait in this process."""
        await self._reminders.close()

    async def append_events(
        self, channel: str, sender: str, events: Sequence[Mapping[str, Any]], *, says: bool = False
    ) -> list[BotMessage]:
        """Add events (wire form) to a conversation, made if need be; bot events are sent only when `says`.

        Raises:
            KeyError: an event lacks a field without which it says nothing.
        """
        now, read = self._ticks(), read_events(events)
        async with self._store.conversation(channel, sender) as work:
            tracker = await self._tracker(work, channel, sender)
            if tracker.is_empty and not any(event.type_name == "session_started" for event in read):
                spoken = await self._drive(
                    lambda: start_session(self._model, tracker, now=now, rng=_rng(work.row)),
                    lambda: _Spoken(tracker, has_failed=False),
                )
                tracker = spoken.tracker
            said = _sort_out(read)[0] if says else []
            new = Turn(id=uuid.uuid4().hex, address=(channel, sender), now=self._clock(), messages=said)
            after = tracker.after(_stamped(event, now()) for event in read)
            return await self._commit_turn(work, after, new)

    async def replace_events(self, channel: str, sender: str, events: Sequence[Mapping[str, Any]]) -> None:
        """Put these events (wire form) in the place of a conversation's whole log.

        Raises:
            KeyError: an event lacks a field without which it says nothing.
        """
        now, read = self._ticks(), read_events(events)
        async with self._store.conversation(channel, sender) as work:
            known = await self._tracker(work, channel, sender)
            empty = Tracker(self._model.domain, known.sender_id, self._kept_events)
            tracker = empty.after(_stamped(event, now()) for event in read)
            new = Turn(id=uuid.uuid4().hex, address=(channel, sender), now=self._clock(), replaces_log=True)
            await self._commit_turn(work, tracker, new)

    async def tracker_of(self, channel: str, sender: str) -> Tracker:
        """The state of a conversation now; that of a session just begun when there is none."""
        row = await self._row(channel, sender)
        if row is None or row.tracker is None:
            return await self._begun(sender)
        recent = await self._database.read(lambda c: newest_events(c, row.id, RECENT_EVENTS))
        return Tracker.from_json(self._model, orjson.loads(row.tracker), recent)

    async def _begun(self, sender: str) -> Tracker:
        empty = Tracker(self._model.domain, sender)
        spoken = await self._drive(
            lambda: start_session(self._model, empty, now=self._ticks(), rng=random.Random(sender)),
            lambda: _Spoken(empty, has_failed=True),
        )
        return spoken.tracker

    def parse(self, text: str) -> dict[str, Any]:
        """What is read in a text alone, as Rasa's parse data."""
        text = plain(text)[:MAX_READ_CHARS]
        if text.startswith("/") and (parsed := read_payload(self._model, text)) is not None:
            return parsed
        if self._reader is None or not text.strip():
            return nothing_read(text)
        return dict(
            with_base_intent(self._model, {**parse_data(self._reader.read(text, None), None), "text": text})
        )

    @property
    def model(self) -> Model:
        """The dialogue of the project that is served."""
        return self._model


# ------------------------------------------------------------------ pure parts
def _rng(row: ConversationRow) -> random.Random:
    """Chance that a replay of the same conversation meets again."""
    return random.Random(f"{row.id}:{row.next_seq}")


def read_events(events: Sequence[Mapping[str, Any]]) -> list[Event]:
    """Events in wire form, read; those of no known type are left out."""
    return [event for data in events if (event := event_from_json(data)) is not None]


def _stamped(event: Event, now: float) -> Event:
    return event if event.timestamp is not None else event.at(now)


def _is_apology(event: Event) -> bool:
    return isinstance(event, BotUttered) and event.metadata.get("utter_action") == FAILURE_RESPONSE


def _sort_out(events: Sequence[Event]) -> tuple[list[BotMessage], list[Effect], bool]:
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
