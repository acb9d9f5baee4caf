"""The diagnostic form: what comes next, and the putting of each question.

The questions asked depend on nearly everything said before (`flow.State`). Rasa falls back to the domain's own list
when a rule has interrupted the form; so each `action_ask_…` puts the question that is due, and says which one it was.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection

from .advice_telling import onwards, tell_aids
from .emergency import is_attack_now
from .firm_words import plain, spending_said
from .flow import FORM, State
from .glossary import duty_asked, find_term
from .handover import CALL_BACK_FORM, phone_number
from .heard import ASIDES, PUT_OFF, REFUSING
from .languages import unread
from .memory import CONFIRMING
from .plan_item import FORMALITY_OF, rule_lines
from .plan_replies import action_meant, rank_said, remove_action
from .plan_telling import plan_of, recall_plan
from .questionnaire import SKIPPED, Question
from .results import tell_results
from .shipped_content import QUESTIONNAIRE
from .skill_loan import NOTICE_FORM, loan_matter
from .skill_loan import SLOT as LOAN_SLOT
from .skill_notice import open_notice, side_of_loan
from .speech import ask, button, door_buttons, is_asking, out_of_scope, person_button, say, say_remarks

Event = dict[str, Any]
LEAVING = "plus_tard"
FREE = re.compile(r"\b(?:gratuit|payant|payer|coute|combien)\b")
ABOUT = re.compile(
    r"\b(?:ce|ton|votre|vot|ca) (?:truc|machin|bidule|site|robot|programme|bot)\b|\b(?:t'es|vous etes|tu es) qui\b"
)
LOST = re.compile(r"\b(?:compren\w*|compris|c'est quoi|c quoi|veut dire|quoi ca|expliqu\w*|pas clair)\b")
STUCK = 2
"""So many questions left without an answer that was understood: a person is offered, once."""


class ValidateDiagnosticForm(Action):  # type: ignore[misc]
    """Say which question is due after this message, or leave the message to the rules."""

    def name(self) -> str:
        """Rasa's name for the validator of the form."""
        return f"validate_{FORM}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The next `requested_slot`.

        Raises:
            ActionExecutionRejection: the message answers no question.
        """
        requested = tracker.slots.get("requested_slot")
        state = State(tracker.slots)
        intent = (tracker.latest_message.get("intent") or {}).get("name")
        is_reopened = state.memory.heard and state.memory.redo not in (None, requested)
        is_open = requested is not None and tracker.slots.get(requested) is None
        is_aside = intent in ASIDES and is_open and not is_reopened
        if requested is not None and (is_aside or not state.memory.heard) and not is_resuming(tracker):
            # Facts said beside the question are kept; the rule of the intent answers, then the question comes again.
            raise ActionExecutionRejection(FORM)
        return [SlotSet("requested_slot", state.next_question)]


def is_resuming(tracker: Tracker) -> bool:
    """Whether the form comes back after a rule has answered: there is nothing to judge then, only a question to put."""
    events = [one for one in tracker.events if one.get("event") in ("action", "user")]
    # The last one is the form's own mark.
    return len(events) > 1 and events[-2].get("event") == "action"


class AskQuestion(Action):  # type: ignore[misc]
    """Put the question that is due; one subclass for each slot, as Rasa looks it up by name."""

    slot = ""

    def name(self) -> str:
        """Rasa's name for the asking of this slot."""
        return f"action_ask_{FORM}_{self.slot}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Say what this turn has to say, then the question; end the form when none is left."""
        state = State(tracker.slots)
        if state.memory.awaiting in (LEAVING, CONFIRMING, "urgence"):
            return []
        due = state.next_question
        question = QUESTIONNAIRE.questions.get(due or "")
        if question is None:
            return [SlotSet("requested_slot", None), state.memory.event()]
        return put_question(dispatcher, state, question, is_named=self.slot == question.id)


def put_question(
    dispatcher: CollectingDispatcher, state: State, question: Question, is_named: bool
) -> list[Event]:
    """Ask, and note that it was asked."""
    memory, events = state.memory, []
    is_again = bool(memory.asked) and memory.asked[-1] == question.id and state.slots.get(question.id) is None
    if not is_again or memory.announced not in (None, state.door):
        announce(state)
    if not is_again:
        memory.spoken = None  # « trop compliqué » is about this question from here on
        between_axes(state, question)
    is_back = state.slots.get(question.id) == SKIPPED
    if is_back and "retour" not in memory.told:
        memory.told.append("retour")
        memory.remarks.append(QUESTIONNAIRE.say("retour_passees"))
    say_remarks(dispatcher, state)
    ask(dispatcher, state, question, is_again)
    if question.id in memory.asked:
        memory.asked.remove(question.id)
    memory.asked.append(question.id)
    if is_back:
        memory.returned.append(question.id)
        events.append(SlotSet(question.id, None))
    if not is_named:
        events.append(SlotSet("requested_slot", question.id))
    return [*events, memory.event()]


def announce(state: State) -> None:
    """Before the first question of a way in: how many, and how long."""
    memory = state.memory
    if memory.announced == state.door or state.door not in QUESTIONNAIRE.doors or state.door == "a_quoi_bon":
        return
    current, total = state.progress
    left = total - current + 1
    is_first = memory.announced is None
    memory.announced = state.door
    words = {"nom": QUESTIONNAIRE.doors[state.door]["nom"], "n": left, "minutes": state.minutes_left}
    memory.remarks.append(QUESTIONNAIRE.say("annonce" if is_first else "annonce_suite", **words))


def between_axes(state: State, question: Question) -> None:
    """In the full round: a useful sentence on the axis just done, and the name of the next."""
    memory = state.memory
    if not state.is_full or not question.is_scored:
        return
    for axis in state.closed_axes:
        if f"zero:{axis}" not in memory.told:
            memory.told.append(f"zero:{axis}")
            memory.remarks.append(QUESTIONNAIRE.say("deux_zero"))
    last = next(
        (one for name in reversed(memory.asked) if (one := QUESTIONNAIRE.questions[name]).is_scored), None
    )
    if last is not None and last.axis != question.axis and last.axis not in memory.done:
        sentence = reward(state, str(last.axis))
        if sentence:
            memory.done.append(str(last.axis))
            memory.remarks.append(sentence)
    axis_now = QUESTIONNAIRE.axis(question.axis)
    if axis_now is not None and f"axe:{axis_now.id}" not in memory.told:
        count = sum(
            1
            for name in state.path
            if QUESTIONNAIRE.questions[name].axis == axis_now.id and state.slots.get(name) is None
        )
        memory.told.append(f"axe:{axis_now.id}")
        if count > 1:
            memory.remarks.append(QUESTIONNAIRE.say("debut_axe", axe=axis_now.name, n=count))


def reward(state: State, axis: str) -> str | None:
    """What the answers on an axis already tell: a first step, a next one, or praise."""
    score = next((one for one in state.scores if one.axis.id == axis), None)
    if score is None or score.level is None:
        return None
    key = {"À lancer": "a_lancer", "En route": "en_route", "Ça tourne": "ca_tourne"}.get(
        score.level.name, "solide"
    )
    worst: Question | None = None
    for name in state.path:
        question = QUESTIONNAIRE.questions[name]
        mark = state.score_of(name)
        if question.axis != axis or mark is None or mark == 3:
            continue
        worst_mark = None if worst is None else state.score_of(worst.id)
        if worst is None or worst_mark is None or mark < worst_mark:
            worst = question
    need = QUESTIONNAIRE.needs.get((worst.need_for(state.traits) if worst is not None else None) or "")
    if need is None or need.key in state.profile.refused:
        key = "solide" if score.value is not None and score.value >= 75 else ""
    if not key:
        return None
    if key == "solide":
        # The praise is said in full once.
        key = "solide_aussi" if "solide" in state.memory.told else key
        state.memory.told.append("solide")
    steps = (
        {"premier_pas": "", "chantier": ""}
        if need is None
        else {"premier_pas": _first_step(state, worst) or need.first_step, "chantier": need.whole_job}
    )
    return QUESTIONNAIRE.after_axis[key].format(**steps)


def _first_step(state: State, question: Question | None) -> str | None:
    """What who answered so can do today, where his answer has a step of its own."""
    choice = question.choice(state.slots.get(question.id)) if question is not None else None
    return None if choice is None else choice.first_step


class ActionBegin(Action):  # type: ignore[misc]
    """A message that opens or changes the diagnosis outside a question, or that the open question could not take."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_begin"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Start the form; with nothing left to ask, the results again."""
        if tracker.active_loop_name not in (None, FORM):
            # The small form that is open could not take it: its question comes again.
            say(dispatcher, [QUESTIONNAIRE.say("pas_compris_libre")])
            return []
        state = State(tracker.slots)
        if is_asking(tracker):
            return [] if state.memory.heard else not_understood(dispatcher, state, tracker)
        if state.memory.awaiting == "urgence":
            wait_for_calm(dispatcher, tracker)
            return []
        strange = unread(str(tracker.latest_message.get("text") or "")) if not state.memory.heard else None
        if strange is not None:
            say(dispatcher, [QUESTIONNAIRE.say(strange)], [*door_buttons(), person_button()])
            return []
        text = str(tracker.latest_message.get("text") or "")
        side = side_of_loan(text)
        if side is not None:
            # « Je cherche quelqu'un pour mes factures un jour par mois », beside what the firm is.
            say_remarks(dispatcher, state)
            return [state.memory.event(), *open_notice(dispatcher, side, tracker)]
        duty = duty_asked(text) or duty_wished(tracker, text)
        if duty is not None:
            # What he asked is answered before he is asked anything.
            say_remarks(dispatcher, state)
            say(dispatcher, rule_lines(state, duty))
            if duty in QUESTIONNAIRE.needs and not state.profile.needs and not state.answers.get("but"):
                # It is also what he wants settled, whether a wish was read in it or not.
                wish = {"besoins": [duty], "porte": "besoin_precis"}
                changes = [SlotSet(name, value) for name, value in wish.items()]
                return [*changes, state.memory.event(), FollowupAction(FORM)]
        told = [str(one["need"]) for one in state.slots.get("plan") or ()]
        refused = [need for need in tracker.get_latest_entity_values("negated_need") if need in told]
        if refused and state.memory.heard:
            # « Finalement je ne veux pas de site »: that action goes; nothing is asked anew.
            return remove_action(dispatcher, state, str(refused[0]), "pas_pour_moi")
        if state.next_question is None:
            return tell_anew(dispatcher, state, tracker)
        return [state.memory.event(), FollowupAction(FORM)]


def wait_for_calm(dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
    """The diagnosis waits: an owner under attack is asked nothing."""
    is_new = is_attack_now(plain(str(tracker.latest_message.get("text") or "")))
    dispatcher.utter_message(
        response="utter_after_emergency" if is_new else "utter_emergency_still",
        buttons=[
            person_button(),
            button(QUESTIONNAIRE.say("bouton_reprendre"), "resume")
            if is_asking(tracker)
            else button(QUESTIONNAIRE.say("bouton_maintenant"), "answer", porte="express"),
        ],
    )


def duty_wished(tracker: Tracker, text: str) -> str | None:
    """« On change de gérant, faut publier quoi ? »: the formality of a duty that is asked about without its name."""
    if not text.rstrip().endswith("?"):
        return None
    wished = [str(one) for one in tracker.get_latest_entity_values("need")]
    named = [one for one in ("annonces_legales", "facture_electronique") if one in wished]
    return FORMALITY_OF[named[0]] if named else None


def tell_anew(dispatcher: CollectingDispatcher, state: State, tracker: Tracker) -> list[Event]:
    """Everything is answered: the results, but a plan that the owner has already read is not read out again."""
    told = state.slots.get("plan") or ()
    text = plain(str(tracker.latest_message.get("text") or ""))
    rank = rank_said(text, len(told)) if REFUSING.search(text) else None
    if rank is not None:
        # « La deuxième, je n'en veux pas. »
        return remove_action(dispatcher, state, str(told[rank - 1]["need"]))
    declined = action_meant(text, [str(one["need"]) for one in told]) if "pas envie" in text else None
    if declined is not None:
        # « La page, j'ai pas envie. »
        return remove_action(dispatcher, state, declined, "pas_pour_moi")
    later = action_meant(text, [str(one["need"]) for one in told]) if PUT_OFF.search(text) else None
    if later is not None:
        return remove_action(dispatcher, state, later, "pas_le_temps")
    if not told or state.slots.get("porte") not in ("express", "besoin_precis", "complet"):
        return tell_results(dispatcher, state)
    if plan_of(state) != sorted(told, key=lambda one: str(one["need"])):
        return tell_results(dispatcher, state)
    say_remarks(dispatcher, state)
    is_door = next(tracker.get_latest_entity_values("porte"), None) is not None
    key = "rappel_plan" if is_door else "plan_pareil" if state.memory.heard else "rien_a_changer"
    recall_plan(dispatcher, state, QUESTIONNAIRE.say(key))
    return [state.memory.event()]


class ActionHelp(Action):  # type: ignore[misc]
    """« Comment ça marche ? »; « combien ça coûte ? » where a loan of staff was spoken of asks for its cost."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_help"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """What can be done here, in three sentences."""
        if (matter := _matter_of_loan(tracker)) is not None:
            return [FollowupAction(matter)]
        question = QUESTIONNAIRE.questions.get(str(tracker.slots.get("requested_slot") or ""))
        text = plain(str(tracker.latest_message.get("text") or ""))
        term = find_term(text) if LOST.search(text) else None
        if term is not None:
            say(dispatcher, [QUESTIONNAIRE.say("terme", mot=term.word, sens=term.meaning)])
            return []
        is_about_us = bool(ABOUT.search(text))
        if question is not None and is_asking(tracker) and LOST.search(text) and not is_about_us:
            say(dispatcher, meaning_of(question))
            return []
        dispatcher.utter_message(response="utter_free" if FREE.search(text) else "utter_help")
        return []


def meaning_of(question: Question) -> list[str]:
    """What a question is about, for who does not understand it: its word explained, else why it is asked."""
    term = find_term(question.text)
    if term is not None:
        return [QUESTIONNAIRE.say("terme", mot=term.word, sens=term.meaning)]
    return [text for text in (question.to_know or question.why,) if text]


def _matter_of_loan(tracker: Tracker) -> str | None:
    """What is asked of a loan that was spoken of: an action, or None."""
    if tracker.active_loop_name != NOTICE_FORM and not tracker.slots.get(LOAN_SLOT):
        return None
    return loan_matter(str(tracker.latest_message.get("text") or ""))


class ActionNotUnderstood(Action):  # type: ignore[misc]
    """What could not be read, or has nothing to do here."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_not_understood"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """In a question: the choices once again, then on. Else: what can be done here."""
        state = State(tracker.slots)
        if is_asking(tracker):
            return [] if state.memory.heard else not_understood(dispatcher, state, tracker)
        if state.memory.awaiting == "urgence":
            wait_for_calm(dispatcher, tracker)
            return []
        text = str(tracker.latest_message.get("text") or "")
        if (matter := _matter_of_loan(tracker)) is not None:
            return [FollowupAction(matter)]
        spending = spending_said(text)
        if spending is not None and tracker.active_loop_name is None and state.profile.region is not None:
            # « 8 000 € » after the aids: what they would pay of it.
            tell_aids(dispatcher, State({**tracker.slots, "montant": spending}, state.memory))
            onwards(dispatcher, state)
            return [SlotSet("montant", spending)]
        number = phone_number(text) if not state.memory.heard else None
        if number not in (None, "passe") and tracker.active_loop_name is None:
            # A number alone is somebody who wants to be called.
            return [SlotSet("telephone", number), FollowupAction(CALL_BACK_FORM)]
        strange = unread(text)
        if strange is not None:
            say(dispatcher, [QUESTIONNAIRE.say(strange)], [*door_buttons(), person_button()])
            return []
        if state.memory.remarks or state.memory.heard:
            # Facts without a request, or a way in: they open the diagnosis.
            return [state.memory.event(), FollowupAction(FORM)]
        out_of_scope(dispatcher, state)
        return []


def not_understood(dispatcher: CollectingDispatcher, state: State, tracker: Tracker) -> list[Event]:
    """The choices once again; the second time the question is passed."""
    memory = state.memory
    name = str(tracker.slots.get("requested_slot") or "")
    question = QUESTIONNAIRE.questions.get(name)
    if question is None:
        return []
    if memory.awaiting == "urgence":
        wait_for_calm(dispatcher, tracker)
        return []
    text = str(tracker.latest_message.get("text") or "")
    number = phone_number(text) if question.type != "number" else None
    if number not in (None, "passe"):
        # A number alone is somebody who wants to be called.
        return [SlotSet("telephone", number), FollowupAction(CALL_BACK_FORM)]
    term = find_term(text) if LOST.search(plain(text)) else None
    if term is not None:
        # « C'est quoi 17cyber ? », whatever it was read as, is no failed answer.
        memory.remarks.append(QUESTIONNAIRE.say("terme", mot=term.word, sens=term.meaning))
        return [memory.event()]
    strange = unread(text)
    if strange is not None and f"{strange}:{name}" not in memory.told:
        # Another language, or no words at all: it is said, and is no failed answer yet.
        memory.told.insert(0, f"{strange}:{name}")
        memory.remarks.append(QUESTIONNAIRE.say(strange))
        return [memory.event()]
    memory.tries[name] = memory.tries.get(name, 0) + 1
    if memory.tries[name] < 2:
        key = "pas_compris" if question.choices or name == "activite" else "pas_compris_libre"
        memory.remarks.append(QUESTIONNAIRE.say(strange or key))
        return [memory.event()]
    is_stuck = len(memory.given_up) == STUCK - 1
    memory.remarks.append(QUESTIONNAIRE.say("on_avance_personne" if is_stuck else "on_avance"))
    if memory.redo == name:
        memory.redo = None
        if name in memory.old:
            return [SlotSet(name, memory.old.pop(name)), memory.event()]
    memory.given_up.append(name)
    return [SlotSet(name, SKIPPED), memory.event()]


ASK_ACTIONS: dict[str, type[AskQuestion]] = {
    name: type(f"AskQuestion_{name}", (AskQuestion,), {"slot": name, "__doc__": f"Ask {name}."})
    for name in QUESTIONNAIRE.questions
}
# An action server starts processes of its own, which find a class by its name in its module.
globals().update({one.__name__: one for one in ASK_ACTIONS.values()})
