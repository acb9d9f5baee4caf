"""The only door to the parts behind it, the same for all channels.

A message goes in by `handle` and its committed replies come out (`bot.assistant.turns` has the order of a turn); the
channel sends them and says `mailbox.mark_sent`. Besides: one conversation on two channels, a person and the bot, the
one gentle reminder. `mailbox` is what waits to be handled and sent, `log` the events as Rasa's API has them.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from bot.actions_runner import ActionsRunner
from bot.assistant import replies
from bot.assistant.daytime import is_day, place_of
from bot.assistant.event_log import EventLog
from bot.assistant.incoming import MAX_READ_CHARS, clean, plain
from bot.assistant.mailbox import Mailbox
from bot.assistant.reading import nothing_read, open_question, parse_data
from bot.assistant.transcript import TranscriptLine, transcript_lines
from bot.assistant.turns import Dialogue, Reader, Turns
from bot.dialogue import (
    AgentUttered,
    BotUttered,
    ConversationPaused,
    ConversationResumed,
    Event,
    Model,
    Tracker,
    read_payload,
    with_base_intent,
)
from bot.errors import StoreError
from bot.messages import BotMessage, UserMessage
from bot.store import ConversationRow, HandledBeforeErasure, Store, Turn, Work, conversations, outbox, records
from bot.store.conversations import Chamber
from bot.store.unit_of_work import RECENT_EVENTS, load_row

DIRECTORY_S = 30.0
"""How long the directory of connecteurs is taken as it was read."""

LINK_S = 3_600.0
"""How long a link from one channel to another holds."""


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
        self._use_directory = use_directory
        self._directory_stale_at = 0.0
        self._store = store
        self._database = store.database
        self._clock = clock
        self.mailbox = Mailbox(store, clock)
        self._turns = Turns(store, model, reader, runner, clock, kept_events, self.mailbox.announce)
        self.log = EventLog(self._turns)

    # -------------------------------------------------------------- turns
    async def handle(self, message: UserMessage, *, is_pulled: bool = False) -> list[BotMessage]:
        """Handle one message and return the committed replies, with their ids.

        The same message id twice is one message: the second time gives the same replies. While a person has the
        conversation the message is kept and nothing is said. `is_pulled`: the replies go out with the answer to this
        call, and who misses it asks again; they count as sent with their commit, without `mark_sent`.

        Raises:
            StoreUnavailableError: the database does not answer; nothing was written.
        """
        message = clean(message)
        await self._refresh_directory()
        try:
            return await self._turns.of_message(message, is_pulled=is_pulled)
        except HandledBeforeErasure:
            return []

    async def open(self, channel: str, sender: str, chamber: str | None) -> list[BotMessage]:
        """What is shown before the first message: the greeting, or to a known owner his last open question.

        Bubbles said before come without an id: they were sent long ago.
        """
        return await self._turns.of_opening(channel, sender, chamber)

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
        return await self._turns.of_dialogue(channel, sender, dialogue)

    async def _refresh_directory(self) -> None:
        """Hand the project the approved connecteurs; an approval counts within `DIRECTORY_S`."""
        if self._use_directory is None or self._clock() < self._directory_stale_at:
            return
        self._directory_stale_at = self._clock() + DIRECTORY_S
        found = await self._database.read(
            lambda c: records.list_records(c, "connecteur_signup", state="approved")
        )
        self._use_directory([one.data for one in found])

    def parse(self, text: str) -> dict[str, Any]:
        """What is read in a text alone, as Rasa's parse data."""
        text = plain(text)[:MAX_READ_CHARS]
        if text.startswith("/") and (parsed := read_payload(self._turns.model, text)) is not None:
            return parsed
        if self._turns.reader is None or not text.strip():
            return nothing_read(text)
        return dict(
            with_base_intent(
                self._turns.model, {**parse_data(self._turns.reader.read(text, None), None), "text": text}
            )
        )

    def knows_payload(self, text: str) -> bool:
        """Whether a text that begins with a slash says an intent of the project."""
        return read_payload(self._turns.model, text) is not None

    @property
    def model(self) -> Model:
        """The dialogue of the project that is served."""
        return self._turns.model

    async def close(self) -> None:
        """Forget the reminders that wait in this process."""
        await self._turns.close()

    # -------------------------------------------------------------- from one channel to another
    async def link_token(self, channel: str, sender: str) -> str | None:
        """A secret for a link that carries this conversation to another channel, once, within the hour."""
        row = await self._row(channel, sender)
        if row is None:
            return None
        until = self._clock() + LINK_S
        return await self._database.write(lambda c: conversations.new_token(c, "link", row.id, {}, until))

    async def follow_link(self, token: str, channel: str, sender: str) -> bool:
        """Let this address point to the conversation of the link; False when the link does not hold any more.

        Followed once more from where it led (a second tap, a crash in between), it holds.
        """
        now = self._clock()

        def follow(connection: Connection) -> bool:
            used = conversations.use_token(connection, "link", token, now)
            if used is None:
                held = conversations.read_token(connection, "link", token, now)
                row = conversations.find_by_address(connection, channel, sender)
                return held is not None and row is not None and row.id == held[0]
            if load_row(connection, used[0]) is None:
                return False
            conversations.point_address(connection, channel, sender, used[0])
            return True

        return await self._database.write(follow)

    async def carry_on(self, channel: str, sender: str, words: str) -> None:
        """Say these words to an address to which a conversation was carried, and put its open question there.

        While a person has the conversation the bot is silent: the words of the person will come there.
        """
        async with self._store.conversation(channel, sender) as work:
            if work.row.status == "person":
                return
            asked = [BotUttered(text=words), *(await self._last_asked(work))[1:]]
            bubbles = [bubble for event in asked if (bubble := replies.bubble(event.to_json())) is not None]
            await self._turns.of_others(work, asked, bubbles, address=(channel, sender))

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
                await self._turns.of_others(work, [said], [bubble], {"reminded_at": now}, (channel, sender))
                reminded.append(sender)
        return reminded

    # -------------------------------------------------------------- a person and the bot
    async def take_over(self, conversation_id: str, first_name: str) -> bool:
        """An advisor takes the conversation: the bot is silent until `hand_back`. False when there is none.

        A turn under way ends before; what it said and the owner has not been sent is withdrawn. `hand_back` puts the
        open question anew.
        """

        def withdraw(connection: Connection, _turn: Turn, row: ConversationRow) -> Sequence[BotMessage]:
            outbox.withdraw_replies(connection, row.id)
            return ()

        async with self._store.conversation_by_id(conversation_id) as work:
            if work is None:
                return False
            changes = {"status": "person", "person": first_name}
            await self._turns.of_others(work, [ConversationPaused()], [], changes, effects=[withdraw])
            return True

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
            await self._turns.of_others(work, [said], [message])
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
            await self._turns.of_others(work, events, messages)
            return True

    async def hand_back(self, conversation_id: str) -> bool:
        """The bot goes on, at the question that was open. False when no person has this conversation."""
        async with self._store.conversation_by_id(conversation_id) as work:
            if work is None or work.row.status != "person":
                return False
            asked = await self._last_asked(work)
            events: list[Event] = [ConversationResumed(), *asked]
            bubbles = [bubble for event in asked if (bubble := replies.bubble(event.to_json())) is not None]
            await self._turns.of_others(work, events, bubbles, {"status": "bot", "person": None})
            return True

    async def _last_asked(self, work: Work) -> list[Event]:
        """A sentence, then the open question anew."""
        tracker = await self._turns.tracker(work, *await self._turns.an_address(work))
        question = open_question(work.row.question, tracker.slots)
        if question is None:
            return [BotUttered(text=replies.BOT_IS_BACK)]
        again = await self._turns.asked_last(work, question)
        if again is None:
            return [BotUttered(text=replies.BOT_IS_BACK)]
        return [BotUttered(text=replies.BOT_IS_BACK_TO_QUESTION), again]

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

    async def is_silent(self, channel: str, sender: str) -> bool:
        """Whether a person has the conversation of this address: the bot says nothing."""
        return await self._database.peek(lambda c: conversations.has_person(c, channel, sender))

    async def status_of(self, conversation_id: str) -> str | None:
        """bot, human_wanted or person."""
        async with self._store.conversation_by_id(conversation_id) as work:
            return None if work is None else work.row.status

    async def _row(self, channel: str, sender: str) -> ConversationRow | None:
        return await self._database.read(lambda c: conversations.find_by_address(c, channel, sender))
