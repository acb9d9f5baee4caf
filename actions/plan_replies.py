"""What an owner says of the plan: « pas ça », « pourquoi ? », « mon bilan », and whether it helps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .day import today_in_france
from .firm_words import plain
from .flow import State
from .picture import tell_picture
from .plan_item import detail_lines, item_buttons, reason
from .plan_telling import add_item, recall_plan, tell_first_action, tell_plan
from .shipped_content import QUESTIONNAIRE
from .speech import Button, button, capital, effect, is_asking, out_of_scope, say

Event = dict[str, Any]
REASONS = {
    "deja_fait": re.compile(r"\bdeja fait"),
    "pas_le_temps": re.compile(r"\bpas le temps"),
    "trop_cher": re.compile(r"\bcher|\bpas les moyens"),
    "pas_pour_moi": re.compile(r"\bpas pour (?:moi|nous)"),
}


# « Pas le 2 », « je ne veux pas du numéro 3 ».
RANK = re.compile(r"(?<![\w,.])(?:n°|numero |le |la |du )?\s?([123])(?!\w|[,.]\d)")
RANK_WORDS = {"premi": 1, "deuxi": 2, "second": 2, "troisi": 3, "derni": -1}
STEM = 7
"""So many letters tell a word from others, whatever its ending (« factures », « facturation »)."""
LINKS = frozenset(("avec", "contre", "pour", "dans", "vous", "votre", "meme"))
RANK_WORD = re.compile(rf"\b({'|'.join(RANK_WORDS)})")


class ActionNotThis(Action):  # type: ignore[misc]
    """« Pas ça »: the action goes, the next one moves up, the reason is asked."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_not_this"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Remove the need that the button names, and show what took its place."""
        state = State(tracker.slots)
        shown = [str(one["need"]) for one in state.slots.get("plan") or ()]
        need = next(tracker.get_latest_entity_values("besoin"), None)
        if need not in QUESTIONNAIRE.needs:
            return choose_what_to_remove(dispatcher, shown)
        why = str(next(tracker.get_latest_entity_values("raison"), "") or "")
        return remove_action(dispatcher, state, str(need), why)


def rank_said(text: str, most: int) -> int | None:
    """« Pas le 2 », « la deuxième, non », « la dernière »: the place in a list of `most`."""
    number, word = RANK.search(text), RANK_WORD.search(text)
    if number is not None:
        rank = int(number.group(1))
    elif word is not None:
        rank = RANK_WORDS[word.group(1)]
    else:
        return None
    return most if rank == -1 else rank if rank <= most else None


def action_named(text: str, needs: Sequence[str]) -> str | None:
    """The one action of a plan that a plain text names: by its whole name, else by a word that no other one has."""
    names = {need: bare_name(need) for need in needs}
    whole = [need for need, name in names.items() if name in text]
    if len(whole) == 1:
        return whole[0]
    found = [need for need, name in names.items() if _stems(name) & _stems(text)]
    return found[0] if len(found) == 1 else None


def _stems(text: str) -> set[str]:
    return {word[:STEM] for word in re.findall(r"\w{4,}", text) if word not in LINKS}


def bare_name(need: str) -> str:
    """« facture electronique », of « la facture électronique »: as an owner may name an action of his plan."""
    return re.sub(r"^(?:la|le|les|l'|votre|vos|une?) ?", "", plain(QUESTIONNAIRE.needs[need].name))


def action_meant(text: str, needs: Sequence[str]) -> str | None:
    """The action of a plan that a plain text means: by its place (« la première »), else by its name."""
    rank = rank_said(text, len(needs))
    return needs[rank - 1] if rank is not None else action_named(text, needs)


def remove_action(dispatcher: CollectingDispatcher, state: State, need: str, why: str = "") -> list[Event]:
    """Take an action away, ask why unless it was said, show what took its place."""
    shown = [str(one["need"]) for one in state.slots.get("plan") or ()]
    memory = state.memory
    is_said = why in REASONS
    memory.removed.setdefault(need, why if is_said else "")
    memory.last_removed = None if is_said else need
    words = QUESTIONNAIRE.say
    reasons = [
        button(words(f"raison_{key}"), "not_this_reason", raison=key)
        for key in ("deja_fait", "pas_le_temps", "trop_cher", "pas_pour_moi")
    ]
    today = today_in_france()
    plan = state.plan(today)
    used = {
        str(one[key]) for one in state.slots.get("plan") or () for key in ("resource", "aid") if one.get(key)
    }
    kept = [dict(one) for one in state.slots.get("plan") or () if one["need"] != need]
    fresh = [item for item in plan.items if item.need not in shown]
    name = QUESTIONNAIRE.needs[need].name
    if is_said:
        effect(dispatcher, "feedback", answer=why, about=need)
        dispatcher.utter_message(response="utter_removed", quoi=name)
    else:
        dispatcher.utter_message(response="utter_not_this", quoi=name, buttons=reasons)
    if fresh:
        say(dispatcher, [words("a_sa_place")])
    for item in fresh:
        kept = add_item(dispatcher, state, kept, item, used)
    if not fresh:
        say(dispatcher, [words("rien_a_sa_place")])
    return [SlotSet("plan", kept), memory.event()]


def choose_what_to_remove(
    dispatcher: CollectingDispatcher, shown: list[str], why: str | None = None
) -> list[Event]:
    """« Pas ça », « trop cher » without saying what: the actions of the plan as buttons."""
    said = {} if why is None else {"raison": why}
    buttons = [
        button(capital(QUESTIONNAIRE.needs[key].name), "not_this", besoin=key, **said) for key in shown
    ]
    if buttons:
        dispatcher.utter_message(response="utter_which_one", buttons=buttons)
    else:
        dispatcher.utter_message(response="utter_no_plan_yet")
    return []


class ActionNotThisReason(Action):  # type: ignore[misc]
    """Why an action was taken away; kept for the advisors."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_not_this_reason"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Keep the reason."""
        state = State(tracker.slots)
        memory = state.memory
        given = str(next(tracker.get_latest_entity_values("raison"), "") or "") or reason_said(tracker)
        if is_asking(tracker):
            return []
        needs = [str(one["need"]) for one in state.slots.get("plan") or ()]
        named = action_meant(plain(str(tracker.latest_message.get("text") or "")), needs)
        if named is not None and given in REASONS:
            # « Pas le 2, c'est trop cher. »
            return remove_action(dispatcher, state, named, given)
        if memory.last_removed is None and given in REASONS and memory.spoken in needs:
            return remove_action(dispatcher, state, memory.spoken, given)
        if memory.last_removed is None and given in REASONS and needs:
            # « Trop cher », with nothing taken away before: what is it about?
            return choose_what_to_remove(dispatcher, needs, given)
        if memory.last_removed is None or not given:
            out_of_scope(dispatcher, state)
            return []
        memory.removed[memory.last_removed] = given
        effect(dispatcher, "feedback", answer=given, about=memory.last_removed)
        memory.last_removed = None
        dispatcher.utter_message(response="utter_reason_kept")
        return [memory.event()]


def reason_said(tracker: Tracker) -> str:
    """The reason in the owner's words; empty where there is none."""
    text = plain(str(tracker.latest_message.get("text") or ""))
    return next((key for key, words in REASONS.items() if words.search(text)), "")


class ActionWhyThis(Action):  # type: ignore[misc]
    """« Pourquoi ? » under an action of the plan."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_why_this"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Say what in the answers put it there, and what it brings."""
        state = State(tracker.slots)
        need = next(tracker.get_latest_entity_values("besoin"), None)
        item = next((one for one in state.plan(today_in_france()).items if one.need == need), None)
        if item is None:
            return choose_what_to_remove(dispatcher, []) if not state.slots.get("plan") else []
        lines = [f"{capital(reason(state, item))}."]
        question = QUESTIONNAIRE.questions.get(item.why_question or "")
        if question is not None and question.why:
            lines.append(question.why)
        if item.why != "before":
            lines.append(QUESTIONNAIRE.say(f"explication_{item.place}"))
        say(dispatcher, lines, detail_buttons(state, item.need, "raison"))
        state.memory.spoken = item.need
        return [state.memory.event()]


class ActionPlanDetail(Action):  # type: ignore[misc]
    """« Voir le modèle », « Ce que dit la règle », « Demander cette aide » under an action of the plan."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_plan_detail"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The detail in full, and what else can be asked of this action."""
        state = State(tracker.slots)
        need = str(next(tracker.get_latest_entity_values("besoin"), "") or "")
        what = str(next(tracker.get_latest_entity_values("quoi"), "") or "")
        kept = next((one for one in state.slots.get("plan") or () if one["need"] == need), None)
        lines = [] if kept is None else detail_lines(state, kept, what, today_in_france())
        if lines:
            say(dispatcher, lines, detail_buttons(state, need, what))
            state.memory.spoken = need
            return [state.memory.event()]
        if not is_asking(tracker):
            # The button of a plan that is no more.
            recall_plan(dispatcher, state, QUESTIONNAIRE.say("rappel_plan"))
        return []


def detail_buttons(state: State, need: str, told: str) -> list[Button]:
    """After a detail of an action: its other ones, and the way back to the plan."""
    kept = next((one for one in state.slots.get("plan") or () if one["need"] == need), None)
    back = button(QUESTIONNAIRE.say("bouton_plan"), "ask_report")
    return [back] if kept is None else [*item_buttons(kept, without=(told,)), back]


class ActionReport(Action):  # type: ignore[misc]
    """« Mon bilan », « mes recommandations » at any moment."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_report"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The plan on what is known so far; three answers are enough for a first action."""
        state = State(tracker.slots)
        if state.memory.heard and not state.slots.get("plan"):
            # « Le bilan rapide » is a way in.
            return [] if is_asking(tracker) else [FollowupAction("action_begin")]
        known = [name for name in state.answers if state.is_answered(name)]
        if is_asking(tracker):
            if len(known) < 3 or not tell_first_action(dispatcher, state):
                dispatcher.utter_message(response="utter_too_early")
            return []
        if state.slots.get("plan") is None and len(known) < 3:
            dispatcher.utter_message(response="utter_no_plan_yet")
            return []
        if state.is_full:
            tell_picture(dispatcher, state)
        return tell_plan(dispatcher, state)


def is_awaiting_feedback(state: State) -> bool:
    """Whether « Est-ce que cela vous aide ? » has been asked and not answered."""
    return bool(state.slots.get("plan")) and state.slots.get("avis") is None


def take_feedback(dispatcher: CollectingDispatcher, state: State, given: str) -> list[Event]:
    """Keep an answer to « Est-ce que cela vous aide ? »; ask for a word when it helped little."""
    if state.slots.get("avis") != given:
        effect(dispatcher, "feedback", answer=given, about="plan")
    if given == "oui":
        dispatcher.utter_message(response="utter_feedback_yes")
        return [SlotSet("avis", given)]
    return [SlotSet("avis", given), SlotSet("mot", None), FollowupAction("avis_form")]


class ActionFeedback(Action):  # type: ignore[misc]
    """The answer to « Est-ce que cela vous aide ? »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_feedback"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Keep it; ask for a word when it helped little."""
        given = str(next(tracker.get_latest_entity_values("avis"), "") or "")
        state = State(tracker.slots)
        if given in ("oui", "un_peu", "non"):
            return take_feedback(dispatcher, state, given)
        # « Un peu », written: an answer only while the question is open.
        if is_awaiting_feedback(state) and not is_asking(tracker):
            return take_feedback(dispatcher, state, "un_peu")
        if not is_asking(tracker):
            out_of_scope(dispatcher, state)
        return []


class ActionFeedbackWord(Action):  # type: ignore[misc]
    """The word that goes with it."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_feedback_word"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Keep it for the advisors."""
        word = str(tracker.slots.get("mot") or "").strip()
        if word and word != "passe":
            effect(
                dispatcher,
                "feedback",
                answer=str(tracker.slots.get("avis") or ""),
                text=word[:1000],
                about="plan",
            )
        dispatcher.utter_message(response="utter_feedback_thanks")
        return []
