"""What one message answers: the open question, and others that it speaks of besides."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .choices import choices_meant, has_words, narrow
from .firm_words import plain
from .flow import State
from .heard import ASIDES, GESTURES, WISHING, Heard
from .heard_facts import GOAL, is_goal
from .questionnaire import DONT_KNOW, SKIPPED, Question
from .shipped_content import QUESTIONNAIRE
from .traits import chosen

DELEGATED = re.compile(r"\b(?:s'en|sen|s en) (?:occupe|charge)\b(?! pas)")
VERY_SURE, SHORT = 0.9, 4
SURE_ANSWER = 0.7
"""An answer less sure yields to another question that the message names."""
# « On a une page facebook, c'est tout »: how things are, and no wish.
AND_THAT_IS_ALL = re.compile(r"\bc'est tout\b|\brien d'autre\b")
# To a question with several answers: none of them.
NOTHING = re.compile(
    r"(?:non|nan|rien|aucune?)(?: (?:du tout|de (?:tout ca|special|ces reponses)|merci))*[ .!]*"
)


def take_answers(heard: Heard) -> bool:
    """The entities named after questions: buttons and what was read as an answer. True if the open one has one."""
    answered = False
    for name in dict.fromkeys(str(one.get("entity")) for one in heard.entities):
        question = QUESTIONNAIRE.question(name)
        if question is None:
            continue
        if name in ("activite", "lieu", "effectif"):
            answered = answered or (
                question is heard.open and (name in heard.changes or _is_same(heard, name))
            )
            continue
        raw = [one.get("value") for one in heard.entities if one.get("entity") == name]
        value = _value(heard, question, raw)
        if value is None:
            continue
        _answer(heard, question, value)
        answered = answered or question is heard.open
    if heard.open is not None and heard.open.id in ("activite", "lieu", "effectif"):
        return answered or heard.open.id in heard.changes
    return answered


def goal_in_words(heard: Heard) -> bool:
    """« Des clients », « les gens payent pas »: a goal by the words of its choices; a long and sure answer stays."""
    question = heard.open
    if question is None or question.id != GOAL or heard.is_button:
        return False
    named = [one.id for one in question.choices if any(_says(heard.plain, words) for words in one.words)]
    read = [one for one in heard.entities if one.get("entity") == GOAL]
    sure = max((float(one.get("confidence_entity") or 0.0) for one in read), default=0.0)
    if not named or (sure >= VERY_SURE and len(heard.plain.split()) > SHORT):
        return False
    kept = [one for one in heard.entities if one.get("entity") not in (GOAL, "need")]
    heard.entities = [*kept, {"entity": GOAL, "value": named[: question.most or None]}]
    return True


def goal_in_needs(heard: Heard) -> None:
    """« Des rendez-vous en ligne » tells a need: the goal is the one that has it, whatever else was read."""
    if heard.open is None or not is_goal(heard):
        return
    if AND_THAT_IS_ALL.search(heard.plain) and not WISHING.search(heard.plain):
        heard.entities = [one for one in heard.entities if one.get("entity") not in ("need", GOAL)]
        return
    needs = [one.get("value") for one in heard.entities if one.get("entity") == "need"]
    raw = [one.get("value") for one in heard.entities if one.get("entity") == GOAL]
    flat = [one for value in raw for one in (value if isinstance(value, list | tuple) else [value])]
    read = [_choice_id(heard, heard.open, one) for one in flat]
    goals: list[str] = []
    for need in needs:
        fitting = [one.id for one in heard.open.choices if need in one.needs]
        if set(read) & set(fitting):
            return
        if fitting and not set(goals) & set(fitting):
            goals.append(fitting[0])
    if goals:
        kept = [one for one in heard.entities if one.get("entity") != GOAL]
        heard.entities = [*kept, {"entity": GOAL, "value": goals[: heard.open.most or None]}]


def _says(text: str, words: str) -> bool:
    """Whether a text has these words; `=` before them: and no others."""
    wanted = plain(words.removeprefix("="))
    return text.strip(" .!") == wanted if words.startswith("=") else has_words(text, wanted)


def _is_same(heard: Heard, name: str) -> bool:
    return heard.before.slots.get(name) is not None


def _value(heard: Heard, question: Question, raw: list[Any]) -> Any:
    if question.type == "number":
        return number_value(raw[-1])
    flat = [one for value in raw for one in (value if isinstance(value, list | tuple) else [value])]
    ids = [found for one in flat if (found := _choice_id(heard, question, one)) is not None]
    if question.type != "multi":
        return ids[-1] if ids else None
    if not flat and (heard.is_button or NOTHING.fullmatch(heard.plain)):
        return next(([one.id] for one in question.choices if one.is_exclusive), None)
    picked = [one.id for one in question.choices if one.id in ids]
    alone = [one.id for one in question.choices if one.id in ids and one.is_exclusive]
    if alone and len(picked) > 1:
        picked = [one for one in picked if one not in alone]
    if question.most and len(picked) > question.most:
        kept = [one for one in dict.fromkeys(ids) if one in picked][: question.most]
        picked = [one for one in picked if one in kept]
        heard.memory.remarks.append(QUESTIONNAIRE.say("deux_au_plus"))
    return picked or None


def _choice_id(heard: Heard, question: Question, raw: Any) -> str | None:
    shown = question.shown_choices(heard.before.traits)
    if isinstance(raw, bool):
        raw = "oui" if raw else "non"
    if isinstance(raw, int):
        return shown[raw].id if 0 <= raw < len(shown) else None
    return next((one.id for one in question.choices if raw in (one.id, one.label)), None)


def _answer(heard: Heard, question: Question, value: Any) -> None:
    old = heard.before.slots.get(question.id)
    if question.id == "porte":
        heard.changes["porte"] = value
        return
    heard.set(question.id, value)
    if heard.memory.redo == question.id:
        heard.memory.redo = None
    if heard.is_button:
        return
    after = State({**heard.before.slots, question.id: value}, heard.memory)
    label = after.label_of(question.id)
    if question is not heard.open:
        if old is None:
            text = QUESTIONNAIRE.say("note_aussi", question=question.short, reponse=label)
        else:
            text = QUESTIONNAIRE.say("note_change", question=question.short, reponse=label)
        heard.memory.remarks.append(text)
    elif question.id == GOAL and "besoins" in heard.changes and len(chosen(value)) < 2:
        pass  # the wish itself is said back
    elif label and plain(label) != heard.plain:
        heard.memory.remarks.append(QUESTIONNAIRE.say("note", reponse=label))


def take_gesture(heard: Heard) -> bool:
    """« Je ne sais pas » and « passer » for the open question."""
    question = heard.open
    if question is None or heard.intent not in GESTURES or heard.has_new_offers:
        return False  # « à Saint-Denis » leaves several places: they become buttons
    if heard.memory.redo == question.id:
        heard.memory.redo = None
        if heard.intent == "skip" and question.id in heard.memory.old:
            # Going back and then passing leaves things as they were.
            heard.changes[question.id] = heard.memory.old.pop(question.id)
            heard.memory.remarks.append(QUESTIONNAIRE.say("inchange"))
            return True
    if heard.intent == "dont_know" and question.id == "activite" and not heard.memory.tries.get("activite"):
        return False  # families of trades help first
    heard.changes[question.id] = DONT_KNOW if heard.intent == "dont_know" else SKIPPED
    key = "passer"
    if heard.intent == "dont_know" and question.is_scored:
        key = "delegue" if DELEGATED.search(heard.plain) else "nsp"
    heard.memory.remarks.append(QUESTIONNAIRE.say(key))
    return True


def take_delegated(heard: Heard) -> bool:
    """« C ma fille qui sen occupe »: somebody else knows, so it is to be checked with her."""
    question = heard.open
    if question is None or not question.is_scored or heard.is_button or not DELEGATED.search(heard.plain):
        return False
    heard.changes[question.id] = DONT_KNOW
    heard.memory.remarks.append(QUESTIONNAIRE.say("delegue"))
    return True


def take_label(heard: Heard) -> bool:
    """The words of one choice, and of no other, typed instead of pressed."""
    question = heard.open
    if question is None or heard.is_button or question.type not in ("choice", "multi"):
        return False
    is_gesture = heard.intent in GESTURES
    shown = question.shown_choices(heard.before.traits)
    meant = choices_meant(heard.plain, [(one.id, one.label_for(heard.before.traits)) for one in shown])
    if len(meant.ids) == 1 and (meant.is_whole or not is_gesture):
        _answer(heard, question, list(meant.ids) if question.type == "multi" else meant.ids[0])
        return True
    if heard.plain.strip(" .!") not in ("oui", "non", "ok") and not is_gesture:
        heard.has_new_offers |= narrow(heard.memory, question, shown, meant.ids, "laquelle_precise")
    return False


def take_sure_pattern(heard: Heard) -> bool:
    """Words that leave no doubt about the open question, whatever was read in the message as its answer."""
    question = heard.open
    if question is None or heard.is_button:
        return False
    for pattern in QUESTIONNAIRE.patterns.get(question.id, ()):
        if any(has_words(heard.plain, plain(words)) for words in pattern.sure):
            heard.entities = [one for one in heard.entities if one.get("entity") != question.id]
            return take_pattern(heard, question, heard.plain)
    return False


def take_pattern(heard: Heard, question: Question, text: str) -> bool:
    """A free answer by the words of questionnaire.yml, where the language part read none."""
    for pattern in QUESTIONNAIRE.patterns.get(question.id, ()):
        for words in pattern.words:
            if not has_words(text, plain(words)):
                continue
            shown = question.shown_choices(heard.before.traits)
            choice = next((one for one in shown if one.score == pattern.score), None)
            if choice is None or question.id in heard.changes:
                continue
            _answer(heard, question, choice.id)
            return True
    return False


def leave_to_another(heard: Heard) -> None:
    """« On a une page insta », to a question on orders: an unsure answer goes to the question that is named."""
    question = heard.open
    if question is None or not question.is_scored or heard.is_button:
        return
    read = [one for one in heard.entities if one.get("entity") == question.id]
    sure = max((float(one.get("confidence_entity") or 1.0) for one in read), default=1.0)
    if sure >= SURE_ANSWER or _names(question, heard.plain):
        return
    others = [
        one for one in QUESTIONNAIRE.scored if one is not question and one.id not in heard.before.answers
    ]
    parts = parts_of(heard.plain)
    spoken = [any(_names(one, part) and _has_pattern(one, part) for one in others) for part in parts]
    if all(spoken) and spoken:
        # Of two parts, the one that names nothing else may answer the open question.
        heard.entities = [one for one in heard.entities if one not in read]


def _names(question: Question, text: str) -> bool:
    return any(has_words(text, plain(topic), negated=True) for topic in question.topics)


def _has_pattern(question: Question, text: str) -> bool:
    patterns = QUESTIONNAIRE.patterns.get(question.id, ())
    return any(has_words(text, plain(words)) for pattern in patterns for words in pattern.words)


def parts_of(text: str) -> list[str]:
    """The parts of a message that may each be about something else."""
    return [part for part in re.split(r"[,;.!?]| et | mais ", text) if part.strip()]


def take_second_answers(heard: Heard, answered: bool) -> None:
    """« … et mes factures, c'est sur un carnet »: parts of the message that name the topic of another question.

    A message of one part counts too, when it did not answer the open question.
    """
    parts = parts_of(heard.plain)
    # « Je veux être payé par carte » is wanted, and not how things are.
    parts = [part for part in parts if not WISHING.search(part)]
    if (len(parts) < 2 and answered) or heard.intent in ASIDES:
        return
    for question in QUESTIONNAIRE.scored:
        if question is heard.open or question.id in heard.changes:
            continue
        if question.id in heard.before.answers and not heard.is_correcting:
            continue
        if question.id not in QUESTIONNAIRE.patterns or not question.condition.holds(heard.before.traits):
            continue
        for part in parts:
            if _names(question, part) and take_pattern(heard, question, part):
                break


def forget_wishes_answered(heard: Heard) -> None:
    """« … et pour les sauvegardes j'ai un disque dur » answers a question: it is no wish besides."""
    told = {
        question.need_for(heard.before.traits)
        for name in heard.changes
        if (question := QUESTIONNAIRE.questions.get(name)) is not None and question.is_scored
    }
    old = list(heard.before.slots.get("besoins") or ())
    # « On a une page facebook c'est tout » tells how things are, of the networks too.
    known = QUESTIONNAIRE.needs
    is_state = not WISHING.search(heard.plain)
    near = {known[key].axis for key in told if is_state and key is not None and key in known}
    needs = [
        key
        for key in heard.changes.get("besoins") or ()
        if key in old or not (key in told or known[key].axis in near)
    ]
    if "besoins" not in heard.changes or needs == heard.changes["besoins"]:
        return
    if needs == old:
        del heard.changes["besoins"]
    else:
        heard.changes["besoins"] = needs


def number_value(raw: Any) -> float | None:
    """A number, or the middle of an interval."""
    if isinstance(raw, Mapping):
        known = [one for one in (raw.get("min"), raw.get("max")) if isinstance(one, int | float)]
        return sum(known) / len(known) if known else None
    return float(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else None
