"""Requests for advice at any moment: aids, trainings, resources, sharing of skills. A short real answer each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .advice_telling import tell_aids, tell_training
from .choices import has_words
from .comparison import fact_for
from .firm_words import fact_words, plain, spending_said
from .flow import FORM, State
from .form import not_understood
from .glossary import duty_asked
from .network import person_for, pooling_steps
from .plan_item import rule_lines
from .plan_replies import action_named
from .resources import resource_for, resource_line
from .results import tell_results
from .shipped_content import QUESTIONNAIRE
from .skill_loan import SLOT as LOAN
from .skill_loan import loan_buttons, loan_matter, notice_buttons
from .skill_notice import open_notice, side_said
from .speech import button, capital, is_asking, say, say_remarks
from .ways import ABROAD_DOOR, AIDS_DOOR, TRAINING_DOOR

Event = dict[str, Any]
SAY = QUESTIONNAIRE.say
AID = re.compile(r"\baides\b|\bune aide\b|\bsubvention\w*")
WHO_PAYS = re.compile(
    r"\bqui (?:paie|paye|finance|rembourse|prend)\b|\bprise? en charge\b|\bfinance(?:ment|r|ee?s?)\b"
)
STAFF_FUND = re.compile(r"\bopcos?\b")
HEAD_FUND = re.compile(r"\b(?:fafcea|agefice|fif ?pl|vivea|fonds (?:de|d'assurance) formation)\b")

TRAINING = re.compile(r"\bform(?:ations?|er)\b")
FOR_STAFF = re.compile(
    r"(?<!gerant )(?<!gerante )(?<!dirigeant )(?<!dirigeante )(?<!president )(?<!presidente )"
    r"\b(?:salarie|employe|equipe|vendeu|apprenti|serveu|ouvrier|secretaire|personnel|collaborat)\w*"
)
FOR_HEAD = re.compile(r"\b(?:pour moi|me former|moi-meme|je me forme|ma formation|mon fonds)\b")


def need_of(tracker: Tracker, state: State, without: str) -> str | None:
    """The need that a request is about: the one named in it, else the first wish."""
    named = [str(one) for one in tracker.get_latest_entity_values("need") if one != without]
    wishes = [key for key in state.profile.needs if key != without]
    return next(iter([*named, *wishes]), None)


def subject_named(text: str) -> str | None:
    """« Une aide pour un site internet »: the need of the question whose topic follows « pour »; the longest wins."""
    _, _, subject = text.partition("pour ")
    subject = re.split(r"[,.;!?]| je | j'| on ", subject)[0]
    found = [
        (len(topic), one.need)
        for one in QUESTIONNAIRE.scored
        for topic in one.topics
        if one.need is not None and has_words(subject, plain(topic))
    ]
    return max(found)[1] if found else None


class ActionAskAid(Action):  # type: ignore[misc]
    """« Quelles aides ? »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_ask_aid"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The aids on what is known; without a place or a trade these are asked first."""
        text = plain(str(tracker.latest_message.get("text")))
        spending = spending_said(text)
        events = [SlotSet("montant", spending)] if spending is not None else []
        state = State({**tracker.slots, **({"montant": spending} if spending is not None else {})})
        need = need_of(tracker, state, "financement")
        is_training = bool(STAFF_FUND.search(text) or HEAD_FUND.search(text)) or (
            bool(WHO_PAYS.search(text))
            and ("formation" in (need, *state.profile.needs) or bool(TRAINING.search(text)))
        )
        if is_asking(tracker):
            if is_training:
                tell_training(dispatcher, trainee_said(state, text))
            else:
                tell_aids(dispatcher, state, need, most=1)
            return events
        if is_training:
            return open_training(dispatcher, trainee_said(state, text))
        subject = subject_named(text)
        if subject is not None and not set(state.profile.needs) - {"financement"}:
            # What the aid is for is the goal, which is not asked then.
            wishes = [*state.profile.needs, subject]
            named = fact_words(State({**state.slots, "besoins": [subject]}, state.memory), "besoins")
            state = State({**state.slots, "besoins": wishes}, state.memory)
            events.append(SlotSet("besoins", wishes))
            state.memory.remarks.append(SAY("note_fait", faits=named))
        return [*events, *open_door(dispatcher, state, AIDS_DOOR)]


class ActionAskTraining(Action):  # type: ignore[misc]
    """« Une formation ? »: where to learn, and which fund pays."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_ask_training"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The trade and the status decide on the fund: they are asked first, unless a question is open."""
        state = State(tracker.slots)
        told = trainee_said(state, plain(str(tracker.latest_message.get("text"))))
        if is_asking(tracker):
            tell_training(dispatcher, told)
            return []
        return open_training(dispatcher, told)


def trainee_said(state: State, text: str) -> State:
    """The state with who is to be trained, where the text says it: the fund hangs on it."""
    for_staff = FOR_STAFF.search(text) or STAFF_FUND.search(text)
    whom = "staff" if for_staff else "head" if FOR_HEAD.search(text) or HEAD_FUND.search(text) else None
    return state if whom is None else State({**state.slots, "pour_qui": whom}, state.memory)


def open_training(dispatcher: CollectingDispatcher, state: State) -> list[Event]:
    """The way in of trainings, with who is to be trained where that was said."""
    whom = state.slots.get("pour_qui")
    return [*([SlotSet("pour_qui", whom)] if whom else []), *open_door(dispatcher, state, TRAINING_DOOR)]


class ActionAbroad(Action):  # type: ignore[misc]
    """« Vendre à l'étranger »: a short branch of its own."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_abroad"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Its questions one by one; in the middle of another subject's question, a word and who helps."""
        state = State(tracker.slots)
        if is_asking(tracker) and state.door == ABROAD_DOOR:
            return []  # he is in it
        if is_asking(tracker) and not _is_about_export(str(tracker.slots.get("requested_slot"))):
            person = person_for(state.profile, "export")
            say(dispatcher, [SAY("etranger_plus_tard"), SAY("plan_personne", personne=person.line)])
            return []
        state.memory.remarks.append(SAY("etranger_debut"))
        wishes = list(state.slots.get("besoins") or ())
        # The plan that may follow knows of it.
        is_new = "export" not in wishes and "export" not in (state.slots.get("refus") or ())
        wished = [SlotSet("besoins", [*wishes, "export"])] if is_new else []
        return [*wished, *open_door(dispatcher, state, ABROAD_DOOR)]


def _is_about_export(name: str) -> bool:
    question = QUESTIONNAIRE.questions.get(name)
    return question is not None and question.need == "export"


def open_door(dispatcher: CollectingDispatcher, state: State, door: str) -> list[Event]:
    """Go in by a door that no button of the greeting opens; where all is known already, what it leads to."""
    inside = State({**state.slots, "porte": door}, state.memory)
    if inside.next_question is None:
        return tell_results(dispatcher, inside)
    return [state.memory.event(), SlotSet("porte", door), FollowupAction(FORM)]


def _opens(state: State) -> bool:
    """Whether the message presented the firm, so that questions follow."""
    return bool(state.slots.get("porte")) and not state.slots.get("plan") and state.next_question is not None


class ActionAskResource(Action):  # type: ignore[misc]
    """« Un guide, un modèle, un outil ? »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_ask_resource"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The first resource for the need named, and a button for the next."""
        state = State(tracker.slots)
        text = str(tracker.latest_message.get("text") or "")
        if tracker.slots.get(LOAN) and (matter := loan_matter(text)) is not None:
            # « Un modèle de contrat ? », once a loan was spoken of.
            return [FollowupAction(matter)]
        if is_asking(tracker) and state.door == AIDS_DOOR and spending_said(text) is not None:
            return []  # « un devis à 3 500 € » tells what the project costs
        if (duty := duty_asked(text)) is not None:
            say(dispatcher, rule_lines(state, duty))
            return [] if is_asking(tracker) or not _opens(state) else [FollowupAction(FORM)]
        need = need_of(tracker, state, "formation")
        if need is None:
            if is_asking(tracker):
                return not_understood(dispatcher, state, tracker)
            dispatcher.utter_message(response="utter_which_resource")
            return []
        first = resource_for(need, state.profile, state.memory.seen)
        if first is None:
            say(dispatcher, [SAY("plan_personne", personne=person_for(state.profile, need).line)])
            return []
        state.memory.seen.append(first.resource_id)
        state.memory.spoken = need
        others = [] if is_asking(tracker) else [button(SAY("bouton_autre"), "other_resource", besoin=need)]
        say(dispatcher, [resource_line(first)], others)
        return [state.memory.event()]


class ActionOtherResource(Action):  # type: ignore[misc]
    """« Trop compliqué », « déjà vu »: the next resource for the same need."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_other_resource"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Another one, never one that was shown; the plan keeps it."""
        state = State(tracker.slots)
        plan = [dict(one) for one in state.slots.get("plan") or ()]
        memory = state.memory
        if is_asking(tracker) and not plan and memory.spoken is None:
            return not_understood(dispatcher, state, tracker)
        needs = [str(one["need"]) for one in plan]
        is_spoken = memory.spoken in needs or (not needs and memory.spoken is not None)
        spoken = memory.spoken if is_spoken else needs[0] if len(needs) == 1 else None
        text = plain(str(tracker.latest_message.get("text") or ""))
        named = action_named(text, needs)
        need = next(tracker.get_latest_entity_values("besoin"), None) or named or spoken
        if need is None and not needs:
            need = need_of(tracker, state, "")
        if need not in QUESTIONNAIRE.needs:
            which = [
                button(capital(QUESTIONNAIRE.needs[one].name), "other_resource", besoin=one) for one in needs
            ]
            dispatcher.utter_message(response="utter_which_resource", buttons=which)
            return []
        memory.seen += [str(one["resource"]) for one in plan if one["need"] == need and one.get("resource")]
        found = resource_for(str(need), state.profile, memory.seen)
        if found is None:
            person = person_for(state.profile, str(need))
            say(dispatcher, [SAY("plus_de_ressource"), SAY("plan_personne", personne=person.line)])
            return [memory.event()]
        memory.seen.append(found.resource_id)
        memory.spoken = str(need)
        back = [button(SAY("bouton_plan"), "ask_report")] if plan else []
        others = (
            [] if is_asking(tracker) else [button(SAY("bouton_autre"), "other_resource", besoin=need), *back]
        )
        say(dispatcher, [SAY("plan_ressource", ressource=resource_line(found))], others)
        for one in plan:
            if one["need"] == need:
                one["resource"] = found.resource_id
        return [*([SlotSet("plan", plan)] if plan else []), memory.event()]


class ActionCompare(Action):  # type: ignore[misc]
    """« Et les autres ? »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_compare"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """A public figure of the size or the sector, where there is one and it helps; else it is said."""
        state = State(tracker.slots)
        profile = state.profile
        wanted = [key for goal in state.goals for key in goal]
        wanted += [str(one["need"]) for one in state.slots.get("plan") or ()]
        for topic in (*wanted, None):
            found = fact_for(profile.headcount_max, profile.naf, topic, shown_ids=state.memory.seen)
            if found is not None:
                state.memory.seen.append(found.figure_id)
                say(dispatcher, [found.line])
                return [state.memory.event()]
        say(dispatcher, [SAY("pas_de_chiffre")])
        return []


class ActionPooling(Action):  # type: ignore[misc]
    """« Acheter à plusieurs », « un bureau à partager »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_pooling"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """What neighbours share, each with its first step; who helps near by, where somebody is known."""
        state = State(tracker.slots)
        if not is_asking(tracker):
            if AID.search(plain(str(tracker.latest_message.get("text") or ""))):
                # « Des aides pour partager une livraison ? »
                return open_door(dispatcher, state, AIDS_DOOR)
            say_remarks(dispatcher, state)
        steps = pooling_steps(plain(str(tracker.latest_message.get("text") or "")))
        for step in steps:
            mark = "• " if len(steps) > 1 else ""
            say(dispatcher, [f"{mark}{step.title}. {step.line} {step.to_do}"])
        person = person_for(state.profile, "mutualisation")
        if person.is_local:
            say(dispatcher, [SAY("plan_personne", personne=person.line)])
        say(
            dispatcher,
            [SAY("partage_suite")],
            notice_buttons(),
        )
        return [] if is_asking(tracker) else [state.memory.event()]


class ActionAskSkillExchange(Action):  # type: ignore[misc]
    """« Se prêter quelqu'un entre entreprises »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_ask_skill_exchange"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """What it is, and who sets it up; who says which of both he wants goes straight to it."""
        state = State(tracker.slots)
        text = str(tracker.latest_message.get("text") or "")
        if (matter := loan_matter(text)) is not None:
            return [FollowupAction(matter)]
        side = side_said(text)
        if side is not None and not is_asking(tracker):
            return open_notice(dispatcher, side, tracker)
        dispatcher.utter_message(response="utter_skill_exchange")
        say(
            dispatcher,
            [SAY("plan_personne", personne=person_for(state.profile, "mutualisation").line)],
            [*notice_buttons(), *loan_buttons()],
        )
        return []
