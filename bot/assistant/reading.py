"""From a reading of the text to Rasa's parse data, the form in which the dialogue takes it (see ARCHITECTURE.md)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from bot.dialogue import UserUttered
from bot.messages import Answer, NluReading, Place, Question, UserMessage

ANSWER_INTENT = "answer"
UNSURE = 0.6
"""With a question open, a request read with less is taken for an answer that was not understood: the choices are
shown again, where a wrong request would lead the owner astray."""
FALLBACK = "nlu_fallback"
ANSWER_THRESHOLD = 0.5
SURE_ANSWER = 0.7
"""An answer that a message gives while it asks for something else is to be surer."""
"""Below it an answer is not taken as one: a wrong answer kept in silence costs the owner more than being asked
once again; at one half it is likelier right than wrong."""

WISH = re.compile(
    r"\b(?:(?:je|j'|on|nous) ?(?:voudrai[st]?|voudrions|veu[xt]|voulons|aimerai[st]?|aimerions|cherch\w+"
    r"|souhait\w+)|(?:j'ai|on a) besoin|il (?:me|nous) faudrait|avoir plus de)\b",
    re.IGNORECASE,
)
"""A wish in plain words: to a question on how things are it is hardly ever the answer."""
ASKS_WISH = re.compile(r"\b(?:aiderai|voul|voud|souhait|besoin)", re.IGNORECASE)

STEERING = ("dont_know", "skip", "back", "explain_why")
"""Kinds of answer that are intents of their own."""


BARE_YES = re.compile(
    r"(?:oui|ouais|ok|okay|d'accord|bien s[uû]r|je confirme|c'est d'accord)"
    r"(?:,? (?:oui|merci|d'accord|bien s[uû]r|je confirme|s'il (?:vous|te) pla[iî]t|svp|allez-y|vas-y|on le fait))*"
)
"""A yes and nothing else: to a button that begins with « Oui »."""

PEOPLE_SHARE = 0.5
"""A message of which so much tells how many people there are tells nothing else."""

RANKED = 10
"""Intents listed of each message: as many as Rasa's classifier lists (`ranking_length`)."""


def parse_data(reading: NluReading, question: Question | None) -> dict[str, Any]:
    """What was read as `parse_data` of a user event: intent, entities, intent_ranking, text."""
    intent = {"name": reading.intent.name, "confidence": reading.intent.confidence}
    ranking = [{"name": one.name, "confidence": one.confidence} for one in reading.ranking[:RANKED]] or [
        intent
    ]
    if reading.request is not None:
        # What stands in the words themselves is sure, but for an answer to the open question.
        intent = {"name": reading.request, "confidence": 1.0}
        ranking = [intent, *ranking]
    elif question is not None and reading.intent.confidence < UNSURE:
        intent = {"name": FALLBACK, "confidence": 1 - reading.intent.confidence}
        ranking = [intent, *ranking]
    entities = [*_facts(reading), *(entity.to_json() for entity in reading.entities)]
    answer = reading.answer
    if reading.request is not None and question is not None and _asks_back(reading, question):
        answer = None
    is_aside = reading.request is not None or (question is not None and _is_wish(reading, question))
    least = SURE_ANSWER if is_aside else ANSWER_THRESHOLD
    if question is not None and _tells_people_only(reading, question):
        answer = None
    if question is not None and answer is not None and answer.confidence >= least:
        name = answer.kind if answer.kind in STEERING else ANSWER_INTENT if answer.kind == "value" else None
        if name is not None and not (name in STEERING and reading.request is not None):
            intent = {"name": name, "confidence": answer.confidence}
            ranking = [intent, *(one for one in ranking if one["name"] != name)]
        if answer.kind == "value":
            entities.append(
                _entity(question.id, slot_value(question, answer), answer.span, confidence=answer.confidence)
            )
    return {"text": reading.text, "intent": intent, "entities": entities, "intent_ranking": ranking}


def _asks_back(reading: NluReading, question: Question) -> bool:
    """Whether a request is no answer: a firm one, one put as a question, or where only a figure, a place or a trade is.

    The « un » of « prêter un salarié » is nobody's headcount.
    """
    return (
        reading.request_is_firm
        or reading.text.rstrip().endswith("?")
        or question.type in ("number", "place", "sector")
    )


def _is_wish(reading: NluReading, question: Question) -> bool:
    return bool(WISH.search(reading.text)) and not ASKS_WISH.search(question.text)


def _tells_people_only(reading: NluReading, question: Question) -> bool:
    """« On est deux avec mon mari », to a question that does not ask how many: a fact on the firm, and no answer."""
    people = reading.headcount
    if people is None or question.type not in ("choice", "multi", "yes_no"):
        return False
    if reading.text.strip().isdigit() or re.search(r"\bcombien\b|\bseule?\b", question.text, re.IGNORECASE):
        return False
    return people.span[1] - people.span[0] >= PEOPLE_SHARE * len(reading.text.strip())


def slot_value(question: Question, answer: Answer) -> Any:
    """What the question's slot takes for this answer."""
    value, values = answer.value, question.values
    if question.type == "choice" and isinstance(value, int) and 0 <= value < len(values):
        return values[value]
    if question.type == "multi" and isinstance(value, list | tuple):
        return [values[index] if index < len(values) else index for index in value]
    if question.type == "yes_no" and isinstance(value, bool) and len(values) >= 2:
        # The first choice is "Oui" unless it says otherwise.
        says_no_first = question.choices[:1] and question.choices[0].lower().startswith("non")
        return values[1 if value == bool(says_no_first) else 0]
    return value


def nothing_read(text: str) -> dict[str, Any]:
    """Parse data of a text in which nothing was read."""
    intent = {"name": None, "confidence": 0.0}
    return {"text": text, "intent": intent, "entities": [], "intent_ranking": []}


def place_json(place: Place) -> dict[str, Any]:
    """A place as the value of its entity; homonyms go along, likeliest first."""
    return {
        "commune": place.commune,
        "insee": place.insee,
        "departement": place.departement,
        "region": place.region,
        "alternatives": [place_json(other) for other in place.alternatives],
    }


def _facts(reading: NluReading) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = []
    if (sector := reading.sector) is not None:
        value = {
            "naf": sector.naf,
            "label": sector.label,
            "confidence": sector.confidence,
            "alternatives": [
                {"naf": guess.naf, "label": guess.label, "confidence": guess.confidence}
                for guess in sector.alternatives
            ],
        }
        if sector.other is not None:
            value["other"] = {
                "naf": sector.other.naf,
                "label": sector.other.label,
                "confidence": sector.other.confidence,
            }
        facts.append(_entity("sector", value, sector.span, confidence=sector.confidence))
    if (place := reading.place) is not None:
        facts.append(_entity("place", place_json(place), place.span))
    if (people := reading.headcount) is not None:
        facts.append(_entity("headcount", {"min": people.min, "max": people.max}, people.span))
    facts += [_entity("need", need.key, need.span) for need in reading.needs]
    facts += [_entity("negated_need", need.key, need.span) for need in reading.negated_needs]
    return facts


def _entity(
    name: str, value: Any, span: tuple[int, int] | None, *, confidence: float | None = None
) -> dict[str, Any]:
    entity: dict[str, Any] = {"entity": name, "value": value}
    if span is not None:
        entity["start"], entity["end"] = span
    if confidence is not None:
        entity["confidence_entity"] = confidence
    return entity


def open_question(kept: Question | None, slots: Mapping[str, Any]) -> Question | None:
    """The question that the owner looks at, while the dialogue still asks for its slot."""
    return kept if kept is not None and slots.get("requested_slot") == kept.id else None


def is_past(
    message: UserMessage, user: UserUttered, question: Question | None, recent: Sequence[Mapping[str, Any]]
) -> bool:
    """Whether a pressed button can only speak of a question (« Passer ») that is no longer the open one."""
    if message.question is None or user.intent_name not in STEERING:
        return False
    if message.question:
        return question is None or question.id != message.question
    return all(payload != message.payload for _, payload in _buttons_beside(recent))


def payload_typed(recent: Sequence[Mapping[str, Any]], text: str) -> str | None:
    """The payload of the button whose title was typed, of those that the bot said last beside a question.

    A question's own buttons are its choices: those are read as an answer. A title that several buttons bear (« Pas ça »
    under each action of a plan) names none of them. A bare « oui » is the one button that begins with « Oui », where
    this is what the bot asked last: « Tout effacer ? » comes before the question that waits behind it. A bare number is
    the place of a button among those said last.
    """
    wanted = _bare(text)
    if wanted.isdigit():
        return _button_numbered(recent, int(wanted))
    found = {payload for title, payload in _buttons_beside(recent) if wanted and _bare(title) == wanted}
    if not found and BARE_YES.fullmatch(wanted) and not _asks_a_question(recent):
        found = {payload for title, payload in _buttons_beside(recent) if _bare(title).startswith("oui")}
    return found.pop() if len(found) == 1 else None


def _button_numbered(recent: Sequence[Mapping[str, Any]], number: int) -> str | None:
    """The payload of the button in this place, of the last bubble with buttons.

    Where a question was put, its choices are read as any answer, and so is a number that is asked for.
    """
    for event in reversed(_said_last(recent)):
        buttons = (event.get("data") or {}).get("buttons") or ()
        if event.get("event") != "bot" or not buttons:
            continue
        question = (event.get("metadata") or {}).get("question") or {}
        if question and question.get("type") not in ("choice", "multi", "yes_no"):
            return None
        # Of « Oui » and « Non » the number is a place too: read as a figure, « 2 » would be a yes.
        read_as_answer = 0 if question.get("type") == "yes_no" else len(question.get("choices") or ())
        if read_as_answer < number <= len(buttons):
            return str(buttons[number - 1].get("payload") or "") or None
        return None
    return None


def _asks_a_question(recent: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the bot put a question since the owner's last words."""
    return any(
        event.get("event") == "bot" and (event.get("metadata") or {}).get("question")
        for event in _said_last(recent)
    )


def _buttons_beside(recent: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """(title, payload) of the buttons said since the owner's last words, but for those of a question."""
    for event in reversed(_said_last(recent)):
        if event.get("event") != "bot" or (event.get("metadata") or {}).get("question"):
            continue
        for button in (event.get("data") or {}).get("buttons") or ():
            if button.get("payload"):
                yield str(button.get("title") or ""), str(button["payload"])


def _said_last(recent: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The events since the owner's last words.

    Those that began the session, and that its greeting answered already, are no words in between.
    """
    last = _last_of(recent, len(recent), ("user",))
    before = _last_of(recent, last, ("user", "bot"))
    is_answered = any(event.get("event") == "bot" for event in recent[last + 1 :]) or not any(
        event.get("event") == "session_started" for event in recent[before + 1 : max(last, 0)]
    )
    return recent[last + 1 :] if is_answered else recent[max(before, 0) : last]


def _last_of(recent: Sequence[Mapping[str, Any]], end: int, kinds: Collection[str]) -> int:
    """The place of the last event of these kinds before `end`; -1 when there is none."""
    return next((at for at in range(end - 1, -1, -1) if recent[at].get("event") in kinds), -1)


def _bare(title: str) -> str:
    return " ".join(title.casefold().replace("\u2019", "'").split()).strip(" .!")
