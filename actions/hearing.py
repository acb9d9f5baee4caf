"""What a message changes: facts on the firm, answers to the questions, corrections, and what depended on them.

Runs after every message, before the rules (`action_validate_slot_mappings`). It sets slots and notes what is to be said
about it (`Memory.remarks`); it says nothing itself, the next question or the next answer does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .choices import has_words, narrow_to
from .conditions import euros
from .emergency import is_attack_now, is_attack_over
from .firm_words import fact_words, plain, spending_said
from .flow import State
from .heard import ASIDES, Heard
from .heard_answers import (
    forget_wishes_answered,
    goal_in_needs,
    goal_in_words,
    leave_to_another,
    take_answers,
    take_delegated,
    take_gesture,
    take_label,
    take_pattern,
    take_second_answers,
    take_sure_pattern,
)
from .heard_facts import GOAL, is_goal, take_facts
from .memory import CONFIRMING, Memory
from .network import person_for
from .questionnaire import DONT_KNOW, SKIPPED, Question
from .reopening import note_reopened, question_named
from .shipped_content import QUESTIONNAIRE
from .speech import say
from .traits import chosen
from .ways import ABROAD_DOOR, AIDS_DOOR

Event = dict[str, Any]

OPENING = frozenset({"describe_business", "express_need", "answer"})
MISTAKE = re.compile(r"\btromp|\bchange d'avis\b|\berreur (?:pour|sur|dans|de)\b|\bmal repondu\b")
TELLS_TRADE = re.compile(
    r"\b(?:je suis|on est|nous sommes|je (?:fais|fabrique|tiens|vends|gere)|mon metier|j'ai une?)\b"
)
NO = re.compile(
    r"(?:non|nan|surtout pas|pas du tout|annuler?)(?: (?:non|merci|surtout pas|garde[rz]?|continuer))*[ .!]*"
)
MORE = re.compile(r"et (?:pour|si je|une?|des?) .*\?")
AID = re.compile(r"\baides?\b|\bsubvention\w*")
MOST_PAID_FOR = 2
"""Wishes, the aid itself among them, up to which who speaks of an aid wants that."""
COUNTRY = "x_pays"
LONG = 3_000
"""Characters above which a message is no message any more: its beginning counts, and it is said."""
SURE_AMID_ATTACK = 0.8
# A way in is named in a short message only: a longer one says something else too.
DOOR_WORDS = 8


class ActionValidateSlotMappings(Action):  # type: ignore[misc]
    """Hear one message. Rasa calls it with every message, and again when the form starts: the second time is silent."""

    def name(self) -> str:
        """The name under which Rasa calls it after each message."""
        return "action_validate_slot_mappings"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Set the slots that this message changes."""
        message = tracker.latest_message or {}
        turn = str(message.get("message_id") or f"{len(tracker.events)}:{message.get('text')}")
        memory = Memory.of(tracker.slots)
        if not message or memory.turn == turn:
            return []
        was_confirming = memory.awaiting == CONFIRMING
        memory.turn, memory.remarks, memory.heard = turn, [], False
        heard = Heard(tracker, memory)
        if not heard.is_button and is_attack_now(heard.plain):
            # Before any rule and any question, whatever the message was read as.
            memory.told = [*(one for one in memory.told if one != "urgence"), "urgence"]
            memory.awaiting, memory.attacked = "urgence", True
            dispatcher.utter_message(response="utter_cyber_emergency")
            dispatcher.utter_message(response="utter_cyber_emergency_who")
            tell_local_rescue(dispatcher, heard.before)
        elif memory.attacked and not heard.is_button and heard.intent != "resume":
            if is_attack_over(heard.plain):
                memory.awaiting, memory.attacked = None, False
                if heard.is_in_form:
                    memory.remarks.append(QUESTIONNAIRE.say("attaque_finie"))
                    memory.heard = True
                return [memory.event()]
            _still_attacked(heard)
        else:
            memory.awaiting, memory.attacked = None, False
        if was_confirming and heard.is_in_form and not heard.is_button and NO.fullmatch(heard.plain):
            # « Non » to « on le fait ? » is no answer to the question that waits behind it.
            memory.remarks.append(QUESTIONNAIRE.say("rien_efface"))
            memory.heard = True
            return [memory.event()]
        hear(heard)
        if memory.awaiting == "urgence" and "lieu" in heard.changes:
            tell_local_rescue(dispatcher, State({**heard.before.slots, **heard.changes}, memory))
        return [*(SlotSet(name, value) for name, value in heard.changes.items()), memory.event()]


def _still_attacked(heard: Heard) -> None:
    """« J'ai pas d'autre ordinateur », « et maintenant ? »: still under attack, wishing for nothing, answering nothing.

    Only an answer that is sure to be one goes on with the questions.
    """
    memory, asked = heard.memory, heard.open.id if heard.open is not None else None
    if asked is not None and any(
        one.get("entity") == asked and float(one.get("confidence_entity") or 1.0) >= SURE_AMID_ATTACK
        for one in heard.entities
    ):
        memory.awaiting, memory.attacked = None, False
        return
    memory.awaiting = "urgence"
    aside = ("need", "negated_need", asked)
    heard.entities = [one for one in heard.entities if one.get("entity") not in aside]


def tell_local_rescue(dispatcher: CollectingDispatcher, state: State) -> None:
    """The number of the region's own rescue service, where the place is known and it has one."""
    if state.profile.region is None or "secours" in state.memory.told:
        return
    person = person_for(state.profile, "cybersecurite", urgent=True)
    if person.is_local:
        state.memory.told.insert(0, "secours")
        say(dispatcher, [QUESTIONNAIRE.say("secours_region", personne=person.line)])


def hear(heard: Heard) -> None:
    """Take all that the message says."""
    if len(heard.text) > LONG:
        heard.memory.remarks.append(QUESTIONNAIRE.say("trop_long"))
    _door_in_words(heard)
    if not goal_in_words(heard):
        goal_in_needs(heard)
    reopened = _mistaken(heard)
    learnt = take_facts(heard) if reopened is None else []
    _spending(heard)
    leave_to_another(heard)
    answered = take_sure_pattern(heard) or take_answers(heard) or take_label(heard)
    if heard.open is not None and not answered:
        answered = take_gesture(heard)
    is_wish = bool({"besoins", "refus"} & set(heard.changes))
    is_free = heard.open is not None and not answered and not heard.is_button and not is_wish
    if heard.open is not None and is_free and heard.intent not in ASIDES:
        answered = take_pattern(heard, heard.open, heard.plain) or take_delegated(heard)
        if answered:
            # « Logiciel » stands in two choices, but its words tell which.
            doubt = QUESTIONNAIRE.say("laquelle_precise")
            heard.memory.remarks = [one for one in heard.memory.remarks if one != doubt]
    if heard.is_in_form and not heard.is_button:
        take_second_answers(heard, answered)
        forget_wishes_answered(heard)
    if heard.open is not None and heard.changes and not answered and not heard.is_button:
        # « Oui, et pour mes factures… »: the rest is taken, and the « oui » shows the choices that begin so.
        narrow_to(heard.memory, heard.open, heard.before, heard.plain)
    if reopened is not None and reopened.id not in heard.changes:
        note_reopened(heard.memory, heard.before.slots, reopened.id)
        heard.changes[reopened.id] = None
    if (
        heard.before.slots.get("porte") is None
        and "porte" not in heard.changes
        and not heard.is_in_other_form
    ):
        _take_a_door(heard, learnt)
    _go_abroad(heard)
    if heard.changes:
        _drop_dependents(heard)
    if learnt:
        _echo(heard, learnt)
    if heard.open is not None and heard.intent in ASIDES:
        # Who asks something in between is not counted as having failed to answer.
        heard.memory.tries.pop(heard.open.id, None)
    _unknown_trade(heard, learnt)
    heard.memory.heard = bool(heard.changes) or heard.has_new_offers


def _spending(heard: Heard) -> None:
    """« Un devis à 3 500 € » among the questions on aids: what the project costs, whatever was asked."""
    name = None if heard.open is None else heard.open.id
    if heard.before.door != AIDS_DOOR or heard.is_button or name in (None, "montant", "chiffre_affaires"):
        return
    amount = spending_said(heard.text)
    if amount is not None and heard.set("montant", amount):
        heard.entities = [one for one in heard.entities if one.get("entity") != name]
        heard.memory.remarks.append(QUESTIONNAIRE.say("note_projet", montant=euros(amount)))


def _door_in_words(heard: Heard) -> None:
    """« La version rapide »: another way in than the one under way."""
    if heard.is_button or len(heard.plain.split()) > DOOR_WORDS:
        return
    for door in QUESTIONNAIRE.doors:
        # A way in that is only supposed so far is chosen by its name too.
        if door != heard.before.slots.get("porte") and any(
            has_words(heard.plain, words) for words in _door_words(door)
        ):
            heard.changes["porte"] = door


def _mistaken(heard: Heard) -> Question | None:
    """« Je me suis trompé pour le site »: the answered question that is to be put again."""
    if heard.is_button or not MISTAKE.search(heard.plain):
        return None
    named = question_named(heard.text, heard.before)
    return None if named is None else QUESTIONNAIRE.questions[named]


def _unknown_trade(heard: Heard, learnt: list[str]) -> None:
    """« Je suis souffleur de rêves » tells a trade that is not known: its family is asked at once."""
    is_told = (heard.intent == "describe_business" or heard.is_guess) and bool(
        TELLS_TRADE.search(heard.plain)
    )
    is_outside = heard.open is None and not heard.is_in_other_form and not heard.is_button
    is_new = not learnt and not heard.has_new_offers and heard.before.slots.get("activite") is None
    if is_told and is_outside and is_new:
        heard.memory.tries.setdefault("activite", 1)
        heard.changes.setdefault("porte", heard.before.slots.get("porte") or "express")


def _take_a_door(heard: Heard, learnt: list[str]) -> None:
    if heard.intent == "ask_aid" and not heard.is_in_form:
        return
    # « Usinage à Lyon, facture électronique : que faire ? »: what it asks is a guess, what it presents is sure.
    presents = heard.is_guess and "activite" in learnt
    if (heard.intent in OPENING and (learnt or heard.changes or heard.memory.offers)) or presents:
        wishes = heard.changes.get("besoins") or ()
        known = heard.before.slots.get("besoins") or ()
        is_first = "financement" in wishes and len(wishes) <= MOST_PAID_FOR
        # « Et pour mon site ? », after the aids for something else.
        is_more = "financement" in known and bool(wishes) and MORE.match(heard.plain) is not None
        asks_aid = (is_first and AID.search(heard.plain) is not None) or is_more
        heard.changes["porte"] = AIDS_DOOR if asks_aid else "besoin_precis" if wishes else "express"
        amount = spending_said(heard.text) if asks_aid else None
        if amount is not None:
            heard.changes["montant"] = amount


def _go_abroad(heard: Heard) -> None:
    """« Vendre à l'étranger », the one wish told to begin with or to the question of the goal: the branch made for it;
    the country said is taken.
    """
    country = _country_said(heard)
    if heard.intent == "abroad" and country is not None and heard.before.slots.get(COUNTRY) is None:
        heard.changes[COUNTRY] = country
        return
    opens = heard.before.slots.get("porte") is None and heard.changes.get("porte") == "besoin_precis"
    if heard.changes.get("besoins") != ["export"] or not (opens or is_goal(heard)):
        return
    heard.changes["porte"] = ABROAD_DOOR
    if country is not None:
        heard.changes[COUNTRY] = country
    heard.memory.remarks.append(QUESTIONNAIRE.say("etranger_debut"))


def _country_said(heard: Heard) -> str | None:
    """The choice of the first country whose own name stands in the message."""
    for choice in QUESTIONNAIRE.questions[COUNTRY].choices:
        names = re.findall(r"[A-Z][a-z]{5,}", choice.label)
        if any(has_words(heard.plain, plain(name)) for name in names):
            return choice.id
    return None


def _drop_dependents(heard: Heard) -> None:
    """Answers that no longer suit after a change are dropped, and it is said."""
    after = State({**heard.before.slots, **heard.changes}, heard.memory)
    if after.traits == heard.before.traits:
        return
    dropped: list[str] = []
    for name, value in after.answers.items():
        question = QUESTIONNAIRE.questions[name]
        if name in heard.changes or heard.before.slots.get(name) is None:
            continue
        shown = {one.id for one in question.shown_choices(after.traits)}
        lost_choice = (
            value not in (DONT_KNOW, SKIPPED)
            and question.choices
            and (name not in ("effectif",) and not set(chosen(value)) <= shown)
        )
        if not question.condition.holds(after.traits) or lost_choice:
            heard.changes[name] = None
            if value not in (DONT_KNOW, SKIPPED):
                dropped.append(question.short)
    if dropped:
        listed = " ".join(f"« {text} »" for text in dropped[:3])
        heard.memory.remarks.append(QUESTIONNAIRE.say("oublie", questions=listed))


def _echo(heard: Heard, learnt: list[str]) -> None:
    """Say back what was understood, in words that invite a correction."""
    after = State({**heard.before.slots, **heard.changes}, heard.memory)
    was_known = [name for name in learnt if heard.before.slots.get(name) is not None and name != "besoins"]
    if was_known:
        parts = [fact_words(after, name) for name in was_known]
        heard.memory.remarks.insert(0, QUESTIONNAIRE.say("corrige", faits=" ; ".join(filter(None, parts))))
    fresh = [name for name in learnt if name not in was_known]
    if heard.intent in ASIDES:
        fresh = [name for name in fresh if name != "besoins"]
    if len(chosen(heard.changes.get(GOAL))) > 1:
        fresh = [name for name in fresh if name != "besoins"]  # the goals are said back, all of them
    if heard.is_button and fresh != ["besoins"]:
        return
    facts = [words for name in fresh if (words := fact_words(_only_new(heard, after), name))]
    departement = (after.slots.get("lieu") or {}).get("departement")
    if heard.is_homonym and fresh == ["lieu"] and departement:
        facts = [f"{facts[0]} ({departement})"]
    if facts:
        is_first = "compris" not in heard.memory.told
        if is_first:
            heard.memory.told.append("compris")
        text = " ; ".join(facts)
        key = "compris" if is_first and len(fresh) > 1 else "note_fait"
        heard.memory.remarks.insert(0, QUESTIONNAIRE.say(key, faits=text))


def _only_new(heard: Heard, after: State) -> State:
    """The wishes and refusals of this message alone: those said before were said back before."""
    new = {}
    for name in ("besoins", "refus"):
        old = heard.before.slots.get(name) or ()
        new[name] = [one for one in after.slots.get(name) or () if one not in old]
    return State({**after.slots, **new}, after.memory)


@cache
def _door_words(door: str) -> tuple[str, ...]:
    return tuple(plain(words) for words in QUESTIONNAIRE.doors[door].get("mots") or ())
