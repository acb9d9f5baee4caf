"""The plain data that passes between parts: nothing here does anything.

A channel makes a `UserMessage` and renders `BotMessage`s. The language part makes an `NluReading`, the
dialogue part reads it. All are frozen; what must be stored has a JSON form here and nowhere else.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Span = tuple[int, int]
"""Characters [start, end) of the text from which a fact was read."""


# ------------------------------------------------------------------ in
@dataclass(frozen=True, slots=True)
class UserMessage:
    """One message of an owner, whatever the channel.

    `message_id` is unique in its (channel, sender): the same id twice is one message. `payload` is that of a
    pressed button (`/answer{"t_site": "non"}`), `question` the id of the question under which it stood (empty: under
    none; None: not known), `edits` the id of the message that this one corrects, `location` a (latitude, longitude)
    in degrees shared from a phone.
    """

    channel: str
    sender: str
    message_id: str
    text: str
    sent_at: datetime
    payload: str | None = None
    chamber: str | None = None
    edits: str | None = None
    location: tuple[float, float] | None = None
    question: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The JSON form kept in the store between "received" and "handled"."""
        data: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        data["sent_at"] = self.sent_at.isoformat()
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> UserMessage:
        """Read what `to_json` wrote."""
        location = data.get("location")
        return cls(
            **{
                **data,
                "sent_at": datetime.fromisoformat(data["sent_at"]),
                "location": (float(location[0]), float(location[1])) if location else None,
            }
        )


# ------------------------------------------------------------------ the open question
@dataclass(frozen=True, slots=True)
class Question:
    """The question that the owner is looking at.

    `type` is one of choice, multi, yes_no, number, place, sector, text. `values[i]` is what the slot `id`
    takes when `choices[i]` is chosen (the index itself when there are no values).
    """

    id: str
    type: str
    text: str
    choices: tuple[str, ...] = ()
    values: tuple[Any, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The JSON form kept in a bot event's metadata under `question`."""
        return {
            "id": self.id,
            "type": self.type,
            "text": self.text,
            "choices": list(self.choices),
            "values": list(self.values),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Question:
        """Read what `to_json` wrote; missing keys take their defaults."""
        return cls(
            id=str(data.get("id") or ""),
            type=str(data.get("type") or "text"),
            text=str(data.get("text") or ""),
            choices=tuple(str(choice) for choice in data.get("choices") or ()),
            values=tuple(data.get("values") or ()),
        )


# ------------------------------------------------------------------ out
@dataclass(frozen=True, slots=True)
class Button:
    """A quick answer: what it shows, the payload that pressing it sends, and what else a project's button holds."""

    title: str
    payload: str
    more: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Question `current` of `total` (both from 1)."""

    current: int
    total: int


@dataclass(frozen=True, slots=True)
class Document:
    """A file for the owner (the report, his data)."""

    filename: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class BotMessage:
    """One bubble of the bot. `id` is its outbox id once committed, empty before.

    `image` is an address or a `data:` URL with its `image_alt` text. `question` is set when the bubble asks
    one, so that a channel can render several choices with ticks. `custom` is Rasa's free payload, `elements` its
    cards (a title, a subtitle, buttons), which its REST channel alone shows.
    """

    text: str = ""
    buttons: tuple[Button, ...] = ()
    image: str | None = None
    image_alt: str = ""
    document: Document | None = None
    progress: Progress | None = None
    question: Question | None = None
    custom: Any = None
    attachment: Any = None
    elements: tuple[Mapping[str, Any], ...] = ()
    id: str = ""

    def to_json(self) -> dict[str, Any]:
        """The JSON form kept in the outbox, without the id; empty parts are left out."""
        data: dict[str, Any] = {"text": self.text}
        if self.buttons:
            data["buttons"] = [
                [one.title, one.payload] if one.more is None else [one.title, one.payload, one.more]
                for one in self.buttons
            ]
        for name in ("image", "image_alt", "custom", "attachment", "elements"):
            if value := getattr(self, name):
                data[name] = value
        if self.document is not None:
            content = b64encode(self.document.content).decode("ascii")
            data["document"] = [self.document.filename, self.document.media_type, content]
        if self.progress is not None:
            data["progress"] = [self.progress.current, self.progress.total]
        if self.question is not None:
            data["question"] = self.question.to_json()
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any], id: str = "") -> BotMessage:
        """Read what `to_json` wrote, under the outbox id that it has there."""
        document = data.get("document")
        progress = data.get("progress")
        question = data.get("question")
        return cls(
            text=data.get("text") or "",
            buttons=tuple(Button(*button) for button in data.get("buttons") or ()),
            image=data.get("image"),
            image_alt=data.get("image_alt") or "",
            document=Document(document[0], document[1], b64decode(document[2])) if document else None,
            progress=Progress(*progress) if progress else None,
            question=Question.from_json(question) if question else None,
            custom=data.get("custom"),
            attachment=data.get("attachment"),
            elements=tuple(data.get("elements") or ()),
            id=id,
        )


# ------------------------------------------------------------------ what was read
@dataclass(frozen=True, slots=True)
class Intent:
    """A name of the list in the guideline (or of the project), and a calibrated confidence in [0, 1]."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class SectorGuess:
    """A class of the activity code with a confidence in [0, 1]."""

    naf: str
    label: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Sector:
    """The firm's activity. `code_system` names the nomenclature: NAF 2025 replaces rev. 2 on 2027-01-01."""

    naf: str
    label: str
    confidence: float
    span: Span
    section: str
    alternatives: tuple[SectorGuess, ...] = ()
    other: SectorGuess | None = None
    code_system: str = "naf_rev2"

    @property
    def division(self) -> str:
        """The first two digits."""
        return self.naf[:2]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the firm is: INSEE codes; unknown parts are None. `alternatives` are homonyms, likeliest first."""

    commune: str | None
    insee: str | None
    departement: str | None
    region: str | None
    span: Span
    alternatives: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Headcount:
    """People at work in the firm as said; None is no bound."""

    min: int | None
    max: int | None
    span: Span


@dataclass(frozen=True, slots=True)
class Need:
    """One of the needs' keys of the guideline, with the characters that it was read from."""

    key: str
    span: Span


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to the open question.

    `kind` is value, dont_know, skip, back, explain_why or none. `value`: index for choice, sorted indices for
    multi, bool for yes_no, number or {"min", "max"} for number, INSEE code / `dep:XX` / `reg:XX` for place,
    NAF class for sector, the text itself for text.
    """

    kind: str
    value: Any = None
    confidence: float = 0.0
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity in Rasa's sense."""

    entity: str
    value: Any
    start: int | None = None
    end: int | None = None
    role: str | None = None
    group: str | None = None
    confidence: float | None = None
    extractor: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Rasa's wire form; keys without a value are left out."""
        data: dict[str, Any] = {"entity": self.entity, "value": self.value}
        for key in ("start", "end", "role", "group", "extractor"):
            if (value := getattr(self, key)) is not None:
                data[key] = value
        if self.confidence is not None:
            data["confidence_entity"] = self.confidence
        return data


@dataclass(frozen=True, slots=True)
class NluReading:
    """All that was read in one text.

    `intent` is of the project's list, `ranking` all of them, best first. `entities` holds what plain Rasa
    projects annotate; the French fields below stay empty for them. `request` is an intent of the project that the
    words themselves make (see `bot.nlu.requests`); a firm one is never an answer to the open question.
    """

    text: str
    intent: Intent
    ranking: tuple[Intent, ...] = ()
    sector: Sector | None = None
    place: Place | None = None
    headcount: Headcount | None = None
    needs: tuple[Need, ...] = ()
    negated_needs: tuple[Need, ...] = ()
    answer: Answer | None = None
    entities: tuple[Entity, ...] = ()
    request: str | None = None
    request_is_firm: bool = False
