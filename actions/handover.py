"""A person: the handover, the number to call, the call-back, kind words to who is angry, and the emergency."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .chamber import chamber_in
from .firm_words import fact_words
from .flow import FORM, State
from .network import Person, people_for
from .profile import Profile
from .shipped_content import QUESTIONNAIRE
from .speech import button, effect, say

Event = dict[str, Any]
SAY = QUESTIONNAIRE.say
CALL_BACK_FORM = "rappel_form"


class ActionAskHuman(Action):  # type: ignore[misc]
    """« Je veux parler à quelqu'un »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_ask_human"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Tell the advisors, give a number, offer a call-back."""
        state = State(tracker.slots)
        effect(dispatcher, "handover", reason="ask_human", case=case_sheet(tracker.slots))
        say(
            dispatcher,
            [SAY("personne_prevenue"), reach(state, tracker.slots)],
            [button(SAY("bouton_rappel"), "call_back")],
        )
        return []


class ActionComplaint(Action):  # type: ignore[misc]
    """Anger: no defence, a number."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_complaint"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Kind words, and how to reach a person."""
        state = State(tracker.slots)
        memory, call = state.memory, [button(SAY("bouton_rappel"), "call_back")]
        if "colere" in memory.told:
            # The same words twice would anger more.
            say(dispatcher, [SAY("colere_encore")], call)
            return []
        memory.told.insert(0, "colere")
        say(dispatcher, [SAY("colere"), reach(state, tracker.slots)], call)
        return [memory.event()]


def reach(state: State, slots: Mapping[str, Any]) -> str:
    """How to reach a person: the chamber's own number, else the nearest known, else the national call-back."""
    chamber = chamber_in(slots)
    if chamber.get("phone"):
        hours = f" ({chamber['hours']})" if chamber.get("hours") else ""
        name = chamber.get("name") or SAY("chambre_inconnue")
        return SAY("numero", nom=name, numero=chamber["phone"], heures=hours)
    return SAY("plan_personne", personne=nearest_person(state.profile).line)


def nearest_person(profile: Profile) -> Person:
    """Who listens to anything: for a known trade its chamber, else the national call-back service."""
    found = {one.network_id: one for one in people_for(profile, None)}
    order = ("cma", "cci-les-aides") if profile.naf is not None else ()
    return next(
        (found[key] for key in (*order, "conseillers-entreprises") if key in found),
        next(iter(found.values())),
    )


class ValidateCallBackForm(Action):  # type: ignore[misc]
    """The number to call back, and when."""

    def name(self) -> str:
        """Rasa's name for the validator of the form."""
        return f"validate_{CALL_BACK_FORM}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """A French number of ten digits; « passer » gives up."""
        events: list[Event] = []
        for name, value in tracker.slots_to_validate().items():
            if name == "telephone":
                number = phone_number(value)
                events.append(SlotSet(name, number))
                if number is None:
                    dispatcher.utter_message(response="utter_bad_phone")
                elif number == "passe":
                    # Who is not to be called is not asked when.
                    events.append(SlotSet("moment", number))
                else:
                    dispatcher.utter_message(response="utter_phone_noted", numero=number)
            elif name == "moment":
                events.append(SlotSet(name, str(value).strip()[:200] or None))
        return events


def phone_number(raw: Any) -> str | None:
    """Ten digits (or +33 and nine) written in pairs; None when it is no number."""
    if raw == "passe":
        return "passe"
    digits = re.sub(r"[\s.\-()/]", "", str(raw or ""))
    match = re.search(r"(?<!\d)(?:\+33|0033|0)([1-9]\d{8})(?!\d)", digits)
    if match is None:
        # Overseas numbers keep their own prefix.
        overseas = re.search(r"\+(262|590|594|596|508|687|689)(\d{9}|\d{6})(?!\d)", digits)
        return None if overseas is None else overseas.group(0)
    number = "0" + match.group(1)
    return " ".join(number[index : index + 2] for index in range(0, 10, 2))


class ActionCallBack(Action):  # type: ignore[misc]
    """The end of the call-back form."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_call_back"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Ask the advisors to call; then the diagnosis goes on where it was."""
        state = State(tracker.slots)
        phone = tracker.slots.get("telephone")
        if phone and phone != "passe":
            effect(
                dispatcher,
                "call_back",
                phone=str(phone),
                when=str(tracker.slots.get("moment") or ""),
                about=list(state.profile.needs),
                insee=state.profile.insee,
                departement=state.profile.departement,
                naf=state.profile.naf,
                case=case_sheet(tracker.slots),
                consent=True,
            )
            dispatcher.utter_message(response="utter_call_back_noted")
        else:
            dispatcher.utter_message(response="utter_call_back_dropped")
        events = [SlotSet("telephone", None), SlotSet("moment", None)]
        if state.is_unfinished:
            events.append(FollowupAction(FORM))
        return events


def case_sheet(slots: Mapping[str, Any]) -> dict[str, Any]:
    """What an advisor reads of a conversation before calling: plain words, nothing that the owner did not give."""
    state = State(slots)
    names = {"activite": "activite", "lieu": "lieu", "effectif": "effectif", "besoins": "souhaits_et_refus"}
    facts = {label: fact_words(state, name) for name, label in names.items() if fact_words(state, name)}
    answers = {
        QUESTIONNAIRE.questions[name].short: state.label_of(name)
        for name in state.answers
        if state.is_answered(name) and state.label_of(name)
    }
    to_check = [
        QUESTIONNAIRE.questions[name].short for name, value in state.answers.items() if value == "nsp"
    ]
    plan = [
        {"quoi": QUESTIONNAIRE.needs[str(one["need"])].name, "place": str(one["place"])}
        for one in slots.get("plan") or ()
        if str(one.get("need")) in QUESTIONNAIRE.needs
    ]
    picture = {score.axis.name: score.level.name for score in state.scores if score.level is not None}
    removed = {
        QUESTIONNAIRE.needs[key].name: why
        for key, why in state.memory.removed.items()
        if key in QUESTIONNAIRE.needs
    }
    parts = {
        "entreprise": facts,
        "reponses": answers,
        "a_verifier": to_check,
        "bilan": picture,
        "plan": plan,
        "ecartes": removed,
        "avis": slots.get("avis"),
    }
    return {key: value for key, value in parts.items() if value}
