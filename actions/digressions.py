"""What an owner may say beside the open question. Each answers shortly; Rasa then puts the question again by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, Restarted, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .advice_telling import tell_uses
from .chamber import chamber_in
from .choices import narrow_to
from .day import today_in_france
from .firm_words import fact_words, plain
from .flow import FORM, State
from .form import LEAVING, meaning_of, not_understood, wait_for_calm
from .glossary import find_term
from .greeting import ask_door
from .memory import CONFIRMING
from .plan_item import reason, rule_lines
from .plan_replies import (
    action_meant,
    choose_what_to_remove,
    is_awaiting_feedback,
    rank_said,
    remove_action,
    take_feedback,
)
from .plan_telling import recall_plan, tell_first_action
from .questionnaire import Question
from .reopening import note_reopened, question_named
from .shipped_content import QUESTIONNAIRE, TRADES
from .speech import Button, button, capital, door_buttons, is_asking, say

Event = dict[str, Any]
SAY = QUESTIONNAIRE.say
# « Pas ça » is about an action of the plan, not about whether the plan helps.
NOT_THIS = re.compile(r"\bpas (?:ca|cela|celle|celui)\b")
# A longer « non » says what is wrong: it is no answer to « Est-ce que cela vous aide ? ».
FEEDBACK_WORDS = 4
LATER = re.compile(r"\b(?:plus tard|demain|tout a l'heure|dans la semaine|ce soir)\b")


class ActionExplainWhy(Action):  # type: ignore[misc]
    """« Pourquoi cette question ? »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_explain_why"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The reason of the open question."""
        question = open_question(tracker)
        state = State(tracker.slots)
        if question is not None:
            say(dispatcher, [question.why])
        elif state.slots.get("plan"):
            items = state.plan(today_in_france()).items
            say(
                dispatcher,
                [f"{rank}. {capital(reason(state, item))}." for rank, item in enumerate(items, start=1)],
            )
        else:
            dispatcher.utter_message(response="utter_why_outside")
        return []


def open_question(tracker: Tracker) -> Question | None:
    """The question that is open."""
    return (
        QUESTIONNAIRE.questions.get(str(tracker.slots.get("requested_slot"))) if is_asking(tracker) else None
    )


class ActionExplainTerm(Action):  # type: ignore[misc]
    """« C'est quoi… ? »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_explain_term"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The meaning of a word and an example of a shop; of a duty, also what it asks of this firm by when."""
        term = find_term(str(tracker.latest_message.get("text") or ""))
        if term is not None:
            example = SAY("terme_exemple", exemple=term.example)
            say(dispatcher, [SAY("terme", mot=term.word, sens=term.meaning), example])
            if term.formality is not None:
                say(dispatcher, rule_lines(State(tracker.slots), term.formality))
            return []
        question = open_question(tracker)
        if question is not None and is_asking(tracker):
            say(dispatcher, meaning_of(question))
        else:
            dispatcher.utter_message(response="utter_unknown_term")
        return []


class ActionProgress(Action):  # type: ignore[misc]
    """« Où j'en suis ? »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_progress"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Where things stand, how long it still takes, and what was noted."""
        state = State(tracker.slots)
        if state.memory.awaiting == "urgence":
            # « Et maintenant ? » of who is under attack.
            wait_for_calm(dispatcher, tracker)
            return []
        facts = [
            words
            for name in ("activite", "lieu", "effectif", "besoins")
            if (words := fact_words(state, name))
        ]
        noted = [SAY("note_jusquici", faits=" ; ".join(facts))] if facts else []
        if is_asking(tracker):
            current, total = state.progress
            say(
                dispatcher,
                [SAY("ou_j_en_suis", numero=current, total=total, minutes=state.minutes_left), *noted],
            )
        elif state.slots.get("plan"):
            recall_plan(dispatcher, state, SAY("rappel_plan"))
        else:
            say(dispatcher, noted or [SAY("rien_note")], door_buttons())
        return []


class ActionUseOfTools(Action):  # type: ignore[misc]
    """« À quoi ça sert pour un plombier ? »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_what_use"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The uses of the trade named, else of the owner's own."""
        state = State(tracker.slots)
        sector = next(tracker.get_latest_entity_values("sector"), None)
        trade = trade_named(str(tracker.latest_message.get("text") or ""))
        if trade is None and isinstance(sector, Mapping):
            trade = TRADES.find(naf=sector.get("naf"))
        trade = trade or state.trade
        if is_asking(tracker):
            uses = trade.uses[:2] if trade is not None else ()
            if trade is None:
                dispatcher.utter_message(response="utter_uses_unknown")
            else:
                say(dispatcher, [SAY("usages", metier=trade.name), *(f"• {use}" for use in uses)])
            return []
        if trade is None:
            return [SlotSet("porte", "a_quoi_bon"), FollowupAction(FORM)]
        own = {"metier": trade.id} if not trade.is_family else {"famille": trade.id}
        shown = State({**state.slots, "activite": {"naf": None, "label": trade.name, **own}}, state.memory)
        tell_uses(dispatcher, shown)
        return []


def trade_named(text: str) -> Any:
    """The trade whose own word stands in the text."""
    folded = plain(text)
    best: tuple[int, Any] | None = None
    for trade in TRADES.trades.values():
        for word in trade.words:
            if re.search(rf"(?<!\w){re.escape(plain(word))}s?(?!\w)", folded) and (
                best is None or len(word) > best[0]
            ):
                best = (len(word), trade)
    return None if best is None else best[1]


class ActionBack(Action):  # type: ignore[misc]
    """« Revenir », « je me suis trompé pour le site »: the question is put again; nothing else is undone."""

    def name(self) -> str:
        """Rasa's own name: overrides the default, which undoes the turn without asking again."""
        return "action_back"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Open the question named in the message, else the last one answered."""
        state = State(tracker.slots)
        memory = state.memory
        if tracker.active_loop_name not in (None, FORM):
            # A small form has nothing to go back to: it is given up.
            dispatcher.utter_message(response="utter_given_up")
            after = FollowupAction(FORM if state.is_unfinished else "action_listen")
            return [ActiveLoop(None), SlotSet("requested_slot", None), after]
        if memory.heard:
            return [] if is_asking(tracker) else [memory.event(), FollowupAction(FORM)]
        text = str(tracker.latest_message.get("text") or "")
        if LATER.search(plain(text)):
            # « Je reviens plus tard » goes away, not back.
            return await ActionLater().run(dispatcher, tracker, domain)
        current = tracker.slots.get("requested_slot") if is_asking(tracker) else None
        target = question_named(text, state) or last_answered(state, current)
        if target is None:
            dispatcher.utter_message(response="utter_nothing_before", buttons=fact_buttons(state))
            return []
        return reopen(state, target, tracker)


def reopen(state: State, name: str, tracker: Tracker) -> list[Event]:
    """Put a question again; its answer is kept aside until another is given."""
    note_reopened(state.memory, state.slots, name)
    events = [SlotSet(name, None), state.memory.event()]
    return events if is_asking(tracker) else [*events, FollowupAction(FORM)]


def last_answered(state: State, current: Any) -> str | None:
    """The question answered last, by the order in which they were put."""
    return next(
        (
            name
            for name in reversed(state.memory.asked)
            if name != current and state.slots.get(name) is not None
        ),
        None,
    )


class ActionRestart(Action):  # type: ignore[misc]
    """« Tout reprendre »: asked once where answers would be lost."""

    def name(self) -> str:
        """Rasa's own name: overrides the default."""
        return "action_restart"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Start anew when it is confirmed, or when there is nothing to lose."""
        state = State(tracker.slots)
        if state.memory.heard:
            # « Diagnostic rapide » is another way in, and loses nothing.
            return [] if is_asking(tracker) else [FollowupAction("action_begin")]
        confirmed = next(tracker.get_latest_entity_values("confirme"), None) == "oui"
        count = len([name for name in state.answers if state.is_answered(name)])
        if confirmed or count == 0:
            # What was said is dropped; whose owner he is stays.
            chamber = chamber_in(tracker.slots)
            return [Restarted(), *([SlotSet("chamber", dict(chamber))] if chamber else [])]
        say(
            dispatcher,
            [SAY("recommencer", n=count) if count > 1 else SAY("recommencer_un")],
            [
                button(SAY("bouton_recommencer"), "restart", confirme="oui"),
                button(SAY("bouton_continuer"), "resume"),
            ],
        )
        state.memory.awaiting = CONFIRMING
        return [state.memory.event()]


class ActionLater(Action):  # type: ignore[misc]
    """« À plus tard »: what is kept, and a first piece of advice."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_later"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Nobody leaves with empty hands after three answers. The question stays open, and is not put again now."""
        state = State(tracker.slots)
        needs = [str(one["need"]) for one in state.slots.get("plan") or ()]
        named = action_meant(plain(str(tracker.latest_message.get("text") or "")), needs)
        if named is not None and not is_asking(tracker):
            # « La fiche, plus tard »: that action is put off, and the owner stays.
            return remove_action(dispatcher, state, named, "pas_le_temps")
        known = [name for name in state.answers if state.is_answered(name)]
        if is_asking(tracker) and len(known) >= 3:
            tell_first_action(dispatcher, state)
        dispatcher.utter_message(response="utter_later" if known else "utter_goodbye")
        # Who leaves is not asked again; the question waits for him.
        state.memory.awaiting = LEAVING
        return [state.memory.event()]


class ActionResume(Action):  # type: ignore[misc]
    """« Continuer »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_resume"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The open question, the plan, or the ways in."""
        state = State(tracker.slots)
        if is_asking(tracker):
            return []
        if state.slots.get("plan"):
            recall_plan(dispatcher, state)
            return []
        if state.answers:
            return [FollowupAction(FORM)]
        ask_door(dispatcher)
        return []


class ActionGesture(Action):  # type: ignore[misc]
    """« Je ne sais pas », « passer » with no question open."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_gesture"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """What can be done here."""
        state = State(tracker.slots)
        if is_asking(tracker):
            return [] if state.memory.heard else not_understood(dispatcher, state, tracker)
        plan = [str(one["need"]) for one in state.slots.get("plan") or ()]
        if plan and (tracker.latest_message.get("intent") or {}).get("name") == "skip":
            # « La fiche, j'ai pas envie », « ça ne me concerne pas »: an action of the plan goes.
            named = action_meant(plain(str(tracker.latest_message.get("text") or "")), plan)
            named = named or (state.memory.spoken if state.memory.spoken in plan else None)
            if named is None:
                return choose_what_to_remove(dispatcher, plan, "pas_pour_moi")
            return remove_action(dispatcher, state, named, "pas_pour_moi")
        dispatcher.utter_message(response="utter_dont_know_outside", buttons=door_buttons())
        return []


class ActionAffirm(Action):  # type: ignore[misc]
    """« Oui » that answers no open question: what was said back is right."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_affirm"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Go on."""
        state = State(tracker.slots)
        if is_asking(tracker):
            if state.memory.heard:
                return []
            question = open_question(tracker)
            if question is not None and narrow_to(state.memory, question, state, "oui"):
                return [state.memory.event()]
            is_first = "compris" in state.memory.told and len(state.memory.asked) <= 1
            return [] if is_first else not_understood(dispatcher, state, tracker)
        if state.memory.awaiting == "urgence":
            wait_for_calm(dispatcher, tracker)
            return []
        if is_awaiting_feedback(state):
            return take_feedback(dispatcher, state, "oui")
        dispatcher.utter_message(response="utter_affirm_outside", buttons=door_buttons())
        return []


class ActionDeny(Action):  # type: ignore[misc]
    """« Non » that answers no open question: something is wrong in what was said back, or in the plan."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_deny"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Ask what to correct."""
        state = State(tracker.slots)
        if state.memory.heard:
            return [] if is_asking(tracker) else [FollowupAction("action_begin")]
        text = str(tracker.latest_message.get("text") or "")
        named = question_named(text, state)
        if named is not None:
            return reopen(state, named, tracker)
        plan = state.slots.get("plan")
        if plan and not is_asking(tracker):
            rank = rank_said(plain(text), len(plan))
            if rank is not None:
                return remove_action(dispatcher, state, str(plan[rank - 1]["need"]))
            is_short = len(text.split()) <= FEEDBACK_WORDS and not NOT_THIS.search(plain(text))
            if is_short and is_awaiting_feedback(state):
                return take_feedback(dispatcher, state, "non")
            if is_short and plain(text).strip(" .!") in ("non", "non merci"):
                dispatcher.utter_message(response="utter_nothing_changed")
                return []
            return choose_what_to_remove(dispatcher, [str(one["need"]) for one in plan])
        if is_asking(tracker):
            question = open_question(tracker)
            if question is not None and narrow_to(state.memory, question, state, "non"):
                return [state.memory.event()]
            if len(state.memory.asked) > 1:
                return not_understood(dispatcher, state, tracker)
        buttons = fact_buttons(state)
        if not buttons:
            if is_asking(tracker):
                return not_understood(dispatcher, state, tracker)
            dispatcher.utter_message(response="utter_affirm_outside", buttons=door_buttons())
            return []
        dispatcher.utter_message(response="utter_what_is_wrong", buttons=buttons)
        return []


def fact_buttons(state: State) -> list[Button]:
    """The facts on the firm that can be corrected."""
    known = [name for name in ("activite", "lieu", "effectif") if state.slots.get(name) is not None]
    return [button(SAY(f"corriger_{name}"), "change", quoi=name) for name in known]


class ActionChange(Action):  # type: ignore[misc]
    """A button « Mon métier », « Ma commune »: put that question again."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_change"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Open it."""
        state = State(tracker.slots)
        name = str(next(tracker.get_latest_entity_values("quoi"), "") or "")
        if name not in QUESTIONNAIRE.questions or state.slots.get(name) is None:
            return []
        return reopen(state, name, tracker)
