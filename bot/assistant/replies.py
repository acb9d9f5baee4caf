"""From the dialogue's bot events to what a channel shows; and the words that the assistant says by itself."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from bot.messages import BotMessage, Button, Document, Progress, Question

EFFECT = "effect"


def effect_of(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The effect that a bot event asks for: a `custom` with the single key `effect`."""
    custom = (event.get("data") or {}).get("custom")
    if isinstance(custom, Mapping) and list(custom) == [EFFECT]:
        effect = custom[EFFECT]
        return effect if isinstance(effect, Mapping) else {"type": effect}
    return None


def bubble(event: Mapping[str, Any], id_: str = "") -> BotMessage | None:
    """The bubble of a bot event (wire form); None when it shows nothing (an effect alone)."""
    data: Mapping[str, Any] = event.get("data") or {}
    metadata: Mapping[str, Any] = event.get("metadata") or {}
    custom = None if effect_of(event) is not None else data.get("custom")
    message = BotMessage(
        text=event.get("text") or "",
        buttons=tuple(
            Button(
                str(button.get("title") or ""),
                str(button.get("payload") or button.get("title") or ""),
                {key: value for key, value in button.items() if key not in ("title", "payload")} or None,
            )
            for button in data.get("quick_replies") or data.get("buttons") or ()
            if isinstance(button, Mapping)
        ),
        image=data.get("image") or None,
        image_alt=str(metadata.get("image_alt") or ""),
        document=_document(metadata.get("document")),
        progress=_progress(metadata.get("progress")),
        question=question_of(event),
        custom=custom or None,
        attachment=data.get("attachment"),
        elements=tuple(one for one in data.get("elements") or () if isinstance(one, Mapping)),
        id=id_,
    )
    is_empty = not (message.text or message.buttons or message.image or message.document or message.elements)
    return None if is_empty and not message.custom and message.attachment is None else message


def question_of(event: Mapping[str, Any]) -> Question | None:
    """The question that a bot event asks."""
    question = (event.get("metadata") or {}).get("question")
    return Question.from_json(question) if isinstance(question, Mapping) and question.get("id") else None


def _document(value: Any) -> Document | None:
    if not isinstance(value, Mapping) or not value.get("filename"):
        return None
    try:
        content = (
            b64decode(value["base64"], validate=True)
            if value.get("base64")
            else str(value.get("text") or "").encode("utf-8")
        )
    except (binascii.Error, ValueError):
        return None
    return Document(
        str(value["filename"]), str(value.get("media_type") or "application/octet-stream"), content
    )


def _progress(value: Any) -> Progress | None:
    if not isinstance(value, Mapping):
        return None
    try:
        return Progress(int(value["current"]), int(value["total"]))
    except (KeyError, TypeError, ValueError):
        return None


def rest_parts(message: BotMessage) -> list[dict[str, Any]]:
    """A bot message as the objects of Rasa's REST channel: one a part, a text cut at its blank lines."""
    parts: list[dict[str, Any]] = []
    if message.buttons:
        buttons = [
            {"title": one.title, "payload": one.payload, **(one.more or {})} for one in message.buttons
        ]
        parts.append({"text": message.text, "buttons": buttons})
    elif message.text:
        parts += [{"text": paragraph} for paragraph in message.text.strip().split("\n\n")]
    if message.custom:
        parts.append({"custom": message.custom})
    if message.image:
        parts.append({"image": message.image})
    if message.attachment is not None and message.attachment != message.image:
        parts.append({"attachment": message.attachment})
    for one in message.elements:
        card = f"{one.get('title', '')} : {one.get('subtitle', '')}"
        parts.append({"text": card, "buttons": one.get("buttons", [])})
    return parts


# ------------------------------------------------------------------ our own words
def apology(turn_id: str) -> str:
    """Said when a part of us failed; the reference is that of the log."""
    return (
        "Désolé, quelque chose n'a pas marché de mon côté. Vos réponses sont gardées. "
        f"Vous pouvez réessayer, ou demander à parler à une personne. (Référence : {turn_id[:8]})"
    )


def person_says(first_name: str, text: str) -> str:
    """A person's words, with his first name."""
    return f"{first_name} : {text}"


PAST = "Cette question est passée. Écrivez-moi si vous voulez changer une réponse."
BOT_IS_BACK = "Je reprends la conversation avec vous."
BOT_IS_BACK_TO_QUESTION = "Je reprends la conversation avec vous. Nous en étions à cette question."
REMINDER_BUTTONS = (
    Button("Reprendre", "/resume"),
    Button("Ne plus me le rappeler", '/remind{"rappel": "non"}'),
)
REMINDER = (
    "Bonjour. Votre diagnostic est resté en cours. "
    "Vous pouvez le finir quand vous voulez : vos réponses sont gardées."
)
