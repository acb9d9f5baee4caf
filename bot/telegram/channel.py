"""The Telegram channel as a whole: take an update, handle it in its chat's order, send what was committed.

An update is stored before it is acknowledged, and handled after (`take` then `work`): a crash anywhere in between
loses nothing, and an update that comes twice is taken once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

import orjson
import structlog
from telegram import Bot, BotCommand
from telegram.error import InvalidToken, TelegramError

from bot.assistant import Assistant
from bot.messages import UserMessage
from bot.telegram.incoming import (
    CHANNEL,
    COMMAND_LIST,
    TO_BROWSER,
    Arrival,
    Blocked,
    Contact,
    Elsewhere,
    Incoming,
    MalformedUpdateError,
    NotPrivate,
    Press,
    Unreadable,
    is_bare_command,
    read_update,
)
from bot.telegram.presses import Presses, typing
from bot.telegram.sender import FIRST_PAUSE_S, MESSAGES_PER_SECOND, TOKEN_REFUSED, Sender, longer, pause_after

log = structlog.get_logger(__name__)

REMIND_S = 600.0
"""How often it is looked who may be reminded."""
PAUSE_S = 3 * 24 * 3600.0
"""After how long a silence, in an unfinished diagnosis, an owner who agreed is reminded, once."""
SWEEP_S = 1.0
"""How often a worker looks for what another process left: killed before handling or sending, or said by the command
line. What this process itself commits is sent at once. Costs a look at two small indexes: those of what waits."""
REST_S = 5.0
"""How long the sweeper leaves a chat alone whose work failed."""

STOP_S = 10.0
"""How long the work in hand may take when the server stops."""

PRIVATE_ONLY = "Je réponds en conversation privée seulement. Appuyez sur mon nom, puis sur « Démarrer »."
UNREADABLE = (
    "Merci pour {what}. Je ne sais lire que les messages écrits. Écrivez-moi en quelques mots, "
    "ou appuyez sur un bouton."
)
UNREADABLE_BUT_CAPTION = (
    "Merci pour {what}. Je ne peux pas l'ouvrir, mais je lis ce que vous avez écrit avec."
)
NOT_HIS_CONTACT = (
    "Ce contact n'est pas le vôtre : je ne le garde pas. Envoyez le vôtre, ou écrivez le numéro à rappeler."
)
CONTACT_NOT_ASKED = (
    "Je n'ai pas besoin d'un numéro pour l'instant : je ne le garde pas. "
    "Pour être rappelé, écrivez /conseiller."
)
LINK = "Ouvrez ce lien sur votre ordinateur : {link} Il sert une fois, pendant une heure."
LINK_OVER = (
    "Ce lien ne marche plus : il ne sert qu'une fois, pendant une heure. Demandez-en un autre sur la page."
)
UNKNOWN_COMMAND = (
    "Je ne connais pas « {command} ». Écrivez /aide pour voir ce que je sais faire, "
    "ou dites-le en une phrase."
)
NO_BROWSER = "Cette conversation ne peut se suivre qu'ici pour l'instant."
NOTHING_TO_CARRY = "Nous n'avons pas encore commencé. Écrivez-moi d'abord ce que vous faites."
WELCOME = "Vous voilà ici. On reprend où vous en étiez."


class TelegramChannel:
    """Updates in, bubbles out, over one `telegram.Bot`."""

    def __init__(
        self,
        assistant: Assistant,
        bot: Bot,
        *,
        rate: float = MESSAGES_PER_SECOND,
        public_url: str | None = None,
    ) -> None:
        self._public_url = public_url.rstrip("/") if public_url else None
        self._assistant = assistant
        self._bot = bot
        self._sender = Sender(assistant, bot, rate)
        self._presses = Presses(assistant, bot, self._sender)
        self._workers: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._rests_until: dict[str, float] = {}
        assistant.mailbox.listen(CHANNEL, self._wake)
        self._beside: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to register the commands, and to finish what an earlier run left."""
        self._beside = [
            asyncio.create_task(self._register_commands()),
            asyncio.create_task(self._sweep()),
        ]

    async def stop(self) -> None:
        """Let the work in hand end, then stop."""
        self._assistant.mailbox.listen(CHANNEL, None)
        for task in self._beside:
            task.cancel()
        tasks: list[asyncio.Task[Any]] = [*self._workers.values(), *self._presses.answering]
        if tasks:
            _, pending = await asyncio.wait(tasks, timeout=STOP_S)
            self._again.clear()
            for task in pending:  # a chat that must wait, say: what is stored is taken up at the next start
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _register_commands(self) -> None:
        commands = [
            BotCommand(name, text)
            for name, text in COMMAND_LIST
            if name != TO_BROWSER or self._public_url is not None
        ]
        pause = FIRST_PAUSE_S
        while True:
            try:
                await self._bot.set_my_commands(commands)
                await self._bot.set_my_commands(commands, language_code="fr")
                return
            except InvalidToken:
                log.error("telegram_token_refused", cure=TOKEN_REFUSED)
                return
            except TelegramError as error:
                log.warning("telegram_commands_not_registered", error=type(error).__name__, pause_s=pause)
                await asyncio.sleep(pause_after(error, pause))
                pause = longer(pause)

    async def take(self, update: Any) -> None:
        """Store one update; when this returns, it may be acknowledged. A malformed one is logged and dropped.

        A pressed button's spinner is stopped at once, however long what the owner said before still takes.

        Raises:
            StoreUnavailableError: it could not be stored; it must not be acknowledged.
        """
        try:
            incoming = read_update(update, self._bot_name())
        except MalformedUpdateError as error:
            log.warning("telegram_malformed_update", error=str(error))
            return
        if incoming is None:
            return
        sender = _sender_of(incoming)
        item_id = f"update-{update['update_id']}"
        try:
            is_new = await self._assistant.mailbox.take(CHANNEL, sender, item_id, dict(update))
        except orjson.JSONEncodeError as error:  # half a character
            log.warning("telegram_malformed_update", error=str(error))
            return
        if is_new and isinstance(incoming, Press):
            self._presses.answer_soon(sender, incoming)
        if is_new:
            self._wake(sender)

    def _wake(self, sender: str) -> None:
        """Something came in for this chat, or was committed for it: work, or let who works look once more."""
        if sender in self._workers:
            self._again.add(sender)
        else:
            self._workers[sender] = asyncio.create_task(self._work(sender))

    def _wake_if_free(self, sender: str) -> None:
        """Something is left for this chat, perhaps by a process that still works for it: then it is left to it."""
        if sender not in self._workers:
            self._workers[sender] = asyncio.create_task(self._work(sender, waits=False))

    async def _work(self, sender: str, *, waits: bool = True) -> None:
        """Handle all that is stored for one chat, in the order in which it came, and send the replies."""
        mailbox = self._assistant.mailbox
        try:
            if waits:
                async with mailbox.alone(CHANNEL, sender):
                    await self._work_alone(sender)
            else:
                async with mailbox.alone_if_free(CHANNEL, sender) as is_free:
                    if is_free:
                        await self._work_alone(sender)
            self._rests_until.pop(sender, None)
        except InvalidToken:
            self._rests_until[sender] = time.monotonic() + REST_S
            log.error("telegram_token_refused", cure=TOKEN_REFUSED)
        except Exception:
            # What is stored stays stored: the sweeper comes back to it.
            self._rests_until[sender] = time.monotonic() + REST_S
            log.exception("telegram_work_failed")
        finally:
            self._workers.pop(sender, None)
            if sender in self._again:
                self._again.discard(sender)
                self._wake(sender)

    async def _work_alone(self, sender: str) -> None:
        mailbox = self._assistant.mailbox
        await self._flush(sender)
        while taken := await mailbox.taken(CHANNEL, sender):
            for update_id, update in taken:
                await self._handle(sender, update)
                await mailbox.taken_done(CHANNEL, sender, update_id)
                await self._flush(sender)

    async def _flush(self, sender: str) -> None:
        # All that was committed so far is sent now: nobody need look again for it.
        self._again.discard(sender)
        await self._sender.flush(sender)

    async def _sweep(self) -> None:
        remind_at = 0.0
        while True:
            try:
                if time.monotonic() >= remind_at:
                    remind_at = time.monotonic() + REMIND_S
                    await self._assistant.remind_the_silent(CHANNEL, PAUSE_S)
                for sender in await self._assistant.mailbox.senders_with_work(CHANNEL):
                    if self._rests_until.get(sender, 0.0) <= time.monotonic():
                        self._wake_if_free(sender)
            except Exception:
                log.exception("telegram_sweep_failed")
            await asyncio.sleep(SWEEP_S)

    async def _handle(self, sender: str, update: Mapping[str, Any]) -> None:
        incoming = read_update(update, self._bot_name())
        if isinstance(incoming, Unreadable | Contact) and await self._assistant.is_silent(CHANNEL, sender):
            incoming = incoming.mention  # a person has the conversation, and is told what came
        if isinstance(incoming, UserMessage):
            if await self._is_unknown_command(incoming):
                await self._sender.say(sender, UNKNOWN_COMMAND.format(command=incoming.text.strip()))
            else:
                await self._hear(incoming)
        elif isinstance(incoming, Press):
            await self._presses.handle(sender, incoming)
        elif isinstance(incoming, Elsewhere):
            await self._sender.say(sender, await self._link_to_browser(sender))
        elif isinstance(incoming, Arrival):
            await self._arrive(sender, incoming.token)
        elif isinstance(incoming, Unreadable):
            words = UNREADABLE if incoming.caption is None else UNREADABLE_BUT_CAPTION
            await self._sender.say(sender, words.format(what=incoming.what))
            if incoming.caption is not None:
                await self._hear(incoming.caption)
        elif isinstance(incoming, Contact):
            await self._take_contact(sender, incoming)
        elif isinstance(incoming, NotPrivate):
            if incoming.is_addressed:
                await self._sender.say(sender, PRIVATE_ONLY)
        elif isinstance(incoming, Blocked):
            await self._assistant.mailbox.mark_blocked(CHANNEL, sender, incoming.is_blocked)

    async def _take_contact(self, sender: str, contact: Contact) -> None:
        """Only where the bot asked for a number, and only the owner's own."""
        if not await self._sender.waits_for_contact(sender):
            await self._sender.say(sender, CONTACT_NOT_ASKED)
        elif contact.number is None:
            await self._sender.say(sender, NOT_HIS_CONTACT)
        else:
            await self._hear(contact.number)

    async def _is_unknown_command(self, message: UserMessage) -> bool:
        """It would be taken for an answer to the open question; a person who has the conversation may read it."""
        return (
            is_bare_command(message)
            and not self._assistant.knows_payload(message.text.strip())
            and not await self._assistant.is_silent(CHANNEL, message.sender)
        )

    async def _hear(self, message: UserMessage) -> None:
        async with typing(self._assistant, self._bot, message.sender):
            await self._assistant.handle(message)

    def _bot_name(self) -> str | None:
        try:
            return str(self._bot.username)
        except RuntimeError:  # not asked for yet
            return None

    async def _link_to_browser(self, sender: str) -> str:
        if self._public_url is None:
            return NO_BROWSER
        token = await self._assistant.link_token(CHANNEL, sender)
        return (
            NOTHING_TO_CARRY if token is None else LINK.format(link=f"{self._public_url}/chat?lien={token}")
        )

    async def _arrive(self, sender: str, token: str) -> None:
        """Take up a conversation begun in the browser; an old link leaves this chat as it was."""
        if not await self._assistant.follow_link(token, CHANNEL, sender):
            await self._sender.say(sender, LINK_OVER)
            return
        await self._assistant.carry_on(CHANNEL, sender, WELCOME)


def _sender_of(incoming: Incoming) -> str:
    if isinstance(incoming, UserMessage):
        return incoming.sender
    return str(getattr(incoming, "chat_id", ""))
