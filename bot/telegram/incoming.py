"""Update → UserMessage (pure). What is not a message of an owner in private is told apart here.

`read_update` works on the update's JSON as the Bot API sends it, so that a malformed one is refused here and
nowhere else, and what was stored can be read again after a crash.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bot.messages import UserMessage

CHANNEL = "telegram"

COMMANDS = {
    "aide": "/help",
    "help": "/help",
    "reprendre": "/resume",
    "resume": "/ask_progress",
    "rapport": "/ask_report",
    "conseiller": "/ask_human",
    "mesdonnees": "/export_data",
    "supprimer": "/delete_data",
    "stop": "/goodbye",
}
"""Telegram's commands, and the intent that each one says."""

LINK_PREFIX = "lien-"
"""Of a deep link that carries a conversation from the browser; another argument of /start is a chamber."""

TO_BROWSER = "ordinateur"
"""The command by which a link is asked for."""

COMMAND_LIST = (
    ("start", "Commencer"),
    ("aide", "Ce que je sais faire"),
    ("reprendre", "Reprendre où nous en étions"),
    ("resume", "Ce que j'ai noté de vous"),
    ("rapport", "Votre plan en un document"),
    ("conseiller", "Parler à une personne"),
    ("mesdonnees", "Une copie de vos données"),
    ("supprimer", "Effacer vos données"),
    (TO_BROWSER, "Continuer sur l'ordinateur"),
)
"""Registered with the Bot API in French."""

UNREADABLE = {
    "voice": "votre message vocal",
    "audio": "votre enregistrement",
    "animation": "votre image animée",  # before the file that it comes with
    "live_photo": "votre photo",
    "paid_media": "votre photo",
    "photo": "votre photo",
    "video": "votre vidéo",
    "video_note": "votre vidéo",
    "sticker": "votre autocollant",
    "document": "votre fichier",
    "poll": "votre sondage",
    "checklist": "votre liste",
    "dice": "votre lancer",
    "game": "votre jeu",
    "gift": "votre cadeau",
    "giveaway": "votre tirage au sort",
    "story": "votre publication",
    "rich_message": "votre message mis en page",
}
"""What cannot be read, by its field in the message, and how it is named; a venue has a location, and is read."""


PRESENT = ("creator", "administrator", "member")
"""What the bot's membership of a group or a channel may be called while it is there."""

UPDATES = ("message", "edited_message", "channel_post", "callback_query", "my_chat_member")
"""The kinds of updates that are asked for."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that the bot cannot read: `what` names it in French, in the chat `chat_id`.

    `mention` says to a person who has the conversation that it came. `caption` is what was written beside it.
    """

    chat_id: int
    what: str
    mention: UserMessage
    caption: UserMessage | None = None


@dataclass(frozen=True, slots=True)
class Contact:
    """A contact sent in the chat `chat_id`: `number` is the sender's own, as his message; None of somebody else's.

    `mention` says to a person who has the conversation that it came.
    """

    chat_id: int
    mention: UserMessage
    number: UserMessage | None = None


@dataclass(frozen=True, slots=True)
class NotPrivate:
    """Something in a group or a channel; `is_addressed` when the bot was spoken to there, or let in."""

    chat_id: int
    is_addressed: bool


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """« Continuer sur l'ordinateur »: a link is wanted."""

    chat_id: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody comes from the browser, with the token of his conversation."""

    chat_id: int
    token: str


@dataclass(frozen=True, slots=True)
class Blocked:
    """The owner blocked the bot, or let it in again."""

    chat_id: int
    is_blocked: bool


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button: its callback must be answered, its short id is resolved in the store."""

    chat_id: int
    message_id: int | None
    callback_id: str
    button_id: str
    sent_at: datetime


Incoming = UserMessage | Press | Unreadable | Contact | NotPrivate | Blocked | Elsewhere | Arrival | None


class MalformedUpdateError(ValueError):
    """The JSON is not an update of the Bot API."""


def read_update(update: Mapping[str, Any], bot_name: str | None = None) -> Incoming:
    """Turn an update into what the channel must do; None when there is nothing to do.

    `bot_name` is the bot's own @name, by which it is spoken to in groups.

    Raises:
        MalformedUpdateError: it has no update_id, or a part of the wrong shape.
    """
    if not isinstance(update, Mapping) or not isinstance(update.get("update_id"), int):
        raise MalformedUpdateError("an update without update_id")
    try:
        if "callback_query" in update:
            return _read_press(update["callback_query"])
        if "my_chat_member" in update:
            return _read_membership(update["my_chat_member"])
        for key in ("message", "edited_message", "channel_post"):
            if key in update and update[key]["chat"].get("type") != "private":
                return _read_elsewhere(update[key], bot_name) if key != "edited_message" else None
            if key in update:
                return _read_message(
                    update[key], edited=key == "edited_message", update_id=update["update_id"]
                )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        raise MalformedUpdateError(f"update {update['update_id']}: {type(error).__name__} {error}") from error
    return None


def _read_message(message: Mapping[str, Any], *, edited: bool, update_id: int) -> Incoming:
    chat = message["chat"]
    chat_id = int(chat["id"])
    text = message.get("text")
    if location := message.get("location"):
        if edited:
            return None  # a live position that moves: the place was asked back at its first message
        return _user_message(
            chat_id,
            message,
            "",
            update_id,
            edited,
            location=(float(location["latitude"]), float(location["longitude"])),
        )
    if contact := message.get("contact"):
        if contact.get("user_id") != message["from"]["id"]:
            return Contact(chat_id, _user_message(chat_id, message, "(contact)", update_id, edited))
        number = _user_message(chat_id, message, str(contact["phone_number"]), update_id, edited)
        return Contact(chat_id, number, number)
    if not isinstance(text, str):
        what = next((name for key, name in UNREADABLE.items() if key in message), None)
        if what is None:
            return None
        caption = str(message.get("caption") or "").strip()
        mention = f"({what.removeprefix('votre ')}) {caption}".strip()
        return Unreadable(
            chat_id,
            what,
            _user_message(chat_id, message, mention, update_id, edited),
            _user_message(chat_id, message, caption, update_id, edited) if caption else None,
        )
    payload, chamber = None, None
    if command := re.match(r"/(\w+)(?:@\w+)?(?:\s+(.*))?$", text, re.DOTALL):
        name, argument = _plain(command.group(1)), (command.group(2) or "").strip()
        if name == TO_BROWSER:
            return Elsewhere(chat_id)
        if name == "start" and argument.startswith(LINK_PREFIX):
            return Arrival(chat_id, argument.removeprefix(LINK_PREFIX))
        if name == "start":
            payload = "/session_start"
            chamber = argument if re.fullmatch(r"[a-z0-9-]{1,64}", argument) else None
        elif name in COMMANDS:
            payload = COMMANDS[name]
    return _user_message(chat_id, message, text, update_id, edited, payload=payload, chamber=chamber)


def is_bare_command(message: UserMessage) -> bool:
    """Whether an owner sent a command that is none of the channel's, and nothing with it."""
    return message.payload is None and re.fullmatch(r"/\w+(@\w+)?", message.text.strip()) is not None


def _plain(name: str) -> str:
    """As it is typed on a phone: « /Aide », « /résumé »."""
    parts = unicodedata.normalize("NFD", name.casefold())
    return "".join(one for one in parts if not unicodedata.combining(one))


def _user_message(
    chat_id: int,
    message: Mapping[str, Any],
    text: str,
    update_id: int,
    edited: bool,
    *,
    payload: str | None = None,
    chamber: str | None = None,
    location: tuple[float, float] | None = None,
) -> UserMessage:
    own_id = f"m{int(message['message_id'])}"
    return UserMessage(
        channel=CHANNEL,
        sender=str(chat_id),
        # An edit keeps the message's id: the update's own tells it apart from what it corrects.
        message_id=f"u{update_id}" if edited else own_id,
        text=text,
        payload=payload,
        sent_at=datetime.fromtimestamp(int(message.get("edit_date") or message.get("date") or 0), UTC),
        chamber=chamber,
        edits=own_id if edited else None,
        location=location,
    )


def _read_press(query: Mapping[str, Any]) -> Press | None:
    message = query.get("message") or {}
    chat_id = (message.get("chat") or {}).get("id") or query["from"]["id"]
    return Press(
        chat_id=int(chat_id),
        message_id=int(message["message_id"]) if "message_id" in message else None,
        callback_id=str(query["id"]),
        button_id=str(query.get("data") or ""),
        sent_at=datetime.now(UTC),
    )


def _read_elsewhere(message: Mapping[str, Any], bot_name: str | None) -> NotPrivate:
    """In a group: a command without a name or with the bot's, its @name in the text, an answer to what it said."""
    text = str(message.get("text") or message.get("caption") or "")
    named = {name.casefold() for name in re.findall(r"@(\w+)", text)}
    own = (bot_name or "").casefold()
    command = re.match(r"/\w+(?:@(\w+))?", text)
    replied_to = (message.get("reply_to_message") or {}).get("from") or {}
    is_addressed = (
        (command is not None and (command[1] is None or command[1].casefold() == own))
        or (own != "" and own in named)
        or (own != "" and str(replied_to.get("username") or "").casefold() == own)
    )
    return NotPrivate(int(message["chat"]["id"]), is_addressed=is_addressed)


def _read_membership(change: Mapping[str, Any]) -> Blocked | NotPrivate | None:
    status = change["new_chat_member"]["status"]
    if change["chat"].get("type") != "private":
        before = (change.get("old_chat_member") or {}).get("status")
        was_let_in = status in PRESENT and before not in PRESENT
        return NotPrivate(int(change["chat"]["id"]), is_addressed=True) if was_let_in else None
    return Blocked(int(change["chat"]["id"]), is_blocked=status in ("kicked", "left"))
