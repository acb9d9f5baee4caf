"""What a message does instead of answering the open question: it asks, steps back, passes, does not know.

`read_gesture` finds it in words that stand in `nlu_data/answers.yml` and in set turns of phrase; `settle` weighs it
against a value that the rules found in the same message.
"""

from __future__ import annotations

import re

from bot.messages import Answer, Intent
from bot.nlu.answer_words import Match, Reading
from bot.nlu.answer_yes_no import Polarity, is_question

_INTERROGATIVE = re.compile(
    r"^\W*(?:et |mais |euh |dites |dis |au fait |sinon |ok mais |oui mais )?(?:combien (?:ca|cela|coute"
    r"|de temps|d'argent|vaut|je)|comment (?:on|je|faire|ca|vous|tu)|"
    r"c'est quoi|c koi|c quoi|qu'est[- ]ce|est[- ]ce que|quel(?:le)?s? (?:est|sont|prix|aides?|logiciel"
    r"|difference|site)|qui (?:est|peut|va|etes|lit|voit)|"
    r"ou (?:est|sont|je peux|puis|trouver|vont)|quand (?:est|est-ce)|pouvez[- ]vous|peux[- ]tu|puis[- ]je"
    r"|je peux|y a[- ]t[- ]il|vous (?:avez|etes|pouvez|faites|gardez|vendez)|"
    r"tu (?:es|peux|as|t')|t'es|ca (?:coute|veut dire|sert a quoi|marche comment|prend combien)|faut[- ]il"
    r"|dois[- ]je|c'est (?:combien|gratuit|payant|obligatoire|cher|long|quand|confidentiel|anonyme)\b.*\?)"
)
# « LinkedIn, c'est quoi déjà ? » names a choice and chooses none
_ASKS_MEANING = re.compile(
    r"\b(?:c'est quoi|c koi|c quoi|kesako|kezako|ca veut dire quoi)\b(?! le probleme)[^.!]{0,25}\W*$"
)
# « mon fils s'en occupe »: it is done
_DELEGATED = re.compile(r"\b(?:s'en (?:occupe|charge)|s'occupe|qui (?:gere|le fait|fait ca|s'y colle))\b")
_IGNORES = re.compile(r"\b(?:sais|sait) (?:rien|trop rien|pas)\b")
_CANNOT = re.compile(
    r"\b(?:sais|sait|savons|saurais) pas (?:faire|m |m'|s'|utiliser|gerer|trop faire|le faire"
    r"|comment (?:on )?faire)"
)
_AWAY = frozenset(
    "ask_human ask_privacy delete_data export_data ask_report ask_progress explain_term help restart "
    "complaint chitchat_bot "
    "ask_resource ask_skill_exchange ask_aid ask_training what_use greet goodbye thanks out_of_scope".split()
)
_ASKING = frozenset(
    "ask_aid ask_training ask_human ask_privacy delete_data export_data ask_skill_exchange".split()
)


def read_gesture(
    answer: Reading, polarity: Polarity | None, intent: Intent | None, *, yes_no: bool = False
) -> Answer | None:
    """What a message does instead of answering; a confidence under 0.9 yields to a value found."""
    words = answer.words
    size = len(words)
    plain = answer.n.plain
    unknown = _first(answer, "dont_know")
    if unknown is not None and yes_no and _DELEGATED.search(plain) and not _IGNORES.search(plain):
        unknown = None
    leads = (
        polarity is not None and polarity.lead and polarity.match is not None and polarity.match.first <= 1
    )
    if leads and polarity is not None and polarity.match is not None and unknown is not None:
        leads = not unknown.first <= polarity.match.first < unknown.last  # « aucune idée » is no « aucune »
    if (
        (why := _first(answer, "explain_why"))
        and "pourquoi pas" not in plain
        and (why.first <= 2 or is_question(answer))
    ):
        return _gave("explain_why", answer, why, 0.95 if why.first <= 2 else 0.85)
    if (
        (back := _first(answer, "back"))
        and size - (back.last - back.first) <= 6
        and (back.first <= 3 or size <= 8)
    ):
        return _gave("back", answer, back, 0.93 if size <= 8 else 0.8)
    if skip := _first(answer, "skip"):
        length = skip.last - skip.first
        alone = length >= 3 or (skip.first <= 2 and size - length <= (4 if length > 1 else 2))
        if alone and not is_question(answer) and not (leads and polarity is not None and polarity.value):
            return _gave("skip", answer, skip, 0.93 if not leads or length >= 3 else 0.85)
    if _ASKS_MEANING.search(plain):
        return Answer("none", None, 0.9)
    if _INTERROGATIVE.match(plain) and (is_question(answer) or not leads):
        return Answer("none", None, 0.92 if is_question(answer) or size > 3 else 0.8)
    if unknown is not None and not _CANNOT.search(plain):
        return _gave("dont_know", answer, unknown, 0.6 if leads else 0.88)
    away = _first(answer, "digression")
    if away is not None and (is_question(answer) or away.last - away.first >= 2 or size <= 3) and not leads:
        return Answer("none", None, 0.85)
    if weak := _first(answer, "dont_know_weak"):
        return _gave("dont_know", answer, weak, 0.5)
    if is_question(answer) and size >= 4 and not leads:
        return Answer("none", None, 0.6)
    if intent is not None and intent.confidence >= 0.8 and intent.name in _AWAY and not leads:
        # a short answer looks out of scope to a classifier of free messages: little weight then
        if intent.name in _ASKING and intent.confidence >= 0.8 and len(words) >= 3:
            return Answer("none", None, 0.85)  # « je cherche une aide » is no « m'entraider »
        return Answer("none", None, 0.3 if intent.name in ("out_of_scope", "complaint") else 0.55)
    return None


def _gave(kind: str, answer: Reading, match: Match, confidence: float) -> Answer:
    return Answer(kind, None, confidence, span_of(answer, match))


def settle(
    found: Answer, gesture: Answer | None, answer: Reading, intent: Intent | None, kind: str
) -> Answer:
    """Value or gesture: the surer one, and no value when neither is sure."""
    if gesture is None:
        if (
            kind == "yes_no" and found.confidence <= 0.6 and intent is not None and intent.confidence >= 0.8
        ) and (
            intent.name in _AWAY
            or (intent.name in ("express_need", "describe_business") and len(answer.words) >= 4)
        ):
            return Answer("none", None, 0.5)
        gives_kind = intent is not None and intent.name in ("skip", "dont_know", "back", "explain_why")
        if found.kind == "none" and intent is not None and gives_kind and intent.confidence >= 0.7:
            return Answer(intent.name, None, min(0.8, intent.confidence))
        return found
    overlaps = found.span is not None and gesture.span is not None and _meet(found.span, gesture.span)
    if gesture.kind == "dont_know" and kind in ("yes_no", "number") and overlaps and gesture.confidence > 0.3:
        return gesture  # the « aucune » of « aucune idée » is no number and no « non »
    if found.kind != "value" or (kind == "text" and gesture.confidence >= 0.6):
        return gesture
    if kind in ("place", "sector") and gesture.kind == "none" and gesture.confidence < 0.9:
        return found if not is_question(answer) else gesture
    if gesture.confidence >= 0.8:
        return found if found.confidence >= 0.93 and gesture.kind == "none" else _doubted(found, gesture)
    if gesture.confidence >= found.confidence:
        return gesture
    return Answer("value", found.value, found.confidence * 0.85, found.span)


def _doubted(found: Answer, gesture: Answer) -> Answer:
    """« je sais pas, une dizaine »: the value, less sure; a weak value gives way."""
    if gesture.kind == "dont_know" and found.confidence >= 0.85:
        return Answer("value", found.value, min(0.72, found.confidence * 0.78), found.span)
    return gesture


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _first(answer: Reading, section: str) -> Match | None:
    return next(iter(answer.of(section)), None)


def span_of(answer: Reading, match: Match) -> tuple[int, int]:
    """Where the words of a match stand in the message as it was typed."""
    first, last = answer.words[match.first], answer.words[match.last - 1]
    return answer.n.span(first.start, last.end)
