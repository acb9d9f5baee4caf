"""The network of connecteurs: a volunteer signs up in the conversation; an advisor approves (see `directory`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .flow import FORM, State
from .shipped_content import QUESTIONNAIRE
from .skill_notice import SKILLS, contact_meant, give_up, is_place
from .slot_questions import AskSlot
from .speech import Button, effect

Event = dict[str, Any]
FORM_NAME = "connecteur_form"
SAY = QUESTIONNAIRE.say


class AskHelp(AskSlot):
    """What he can help with; several can be named."""

    form, slot, kind, choices = FORM_NAME, "savoir", "multi", SKILLS

    def words(self, slots: Mapping[str, Any]) -> str:
        """The skills."""
        return SAY("connecteur_savoir")

    def buttons(self) -> Sequence[Button]:
        """The way out."""
        return [give_up()]


class AskVolunteerPlace(AskSlot):
    """Where the firm is, when it is not known."""

    form, slot, kind = FORM_NAME, "lieu", "place"

    def words(self, slots: Mapping[str, Any]) -> str:
        """Its commune."""
        return SAY("quelle_commune")


class AskVolunteerContact(AskSlot):
    """How to reach him."""

    form, slot = FORM_NAME, "coordonnees"

    def words(self, slots: Mapping[str, Any]) -> str:
        """A name and a number, and what becomes of them."""
        return SAY("connecteur_contact")

    def buttons(self) -> Sequence[Button]:
        """The way out."""
        return [give_up()]


class ValidateVolunteerForm(Action):  # type: ignore[misc]
    """What he can help with, and how to reach him."""

    def name(self) -> str:
        """Rasa's name for the validator of the form."""
        return f"validate_{FORM_NAME}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Check the contact; « passer » gives up."""
        events: list[Event] = []
        for name, value in tracker.slots_to_validate().items():
            if value is None:
                continue
            if value == "passe":
                return [
                    SlotSet("savoir", "passe"),
                    SlotSet("coordonnees", "passe"),
                    SlotSet("lieu", tracker.slots.get("lieu") or {"commune": None}),
                ]
            if name == "savoir":
                listed = value if isinstance(value, list) else [value]
                needs = [str(one) for one in listed if one in SKILLS]
                text = str(tracker.latest_message.get("text") or "")[:300]
                if not needs:
                    dispatcher.utter_message(response="utter_bad_competence")
                events.append(SlotSet(name, {"text": text, "needs": needs} if needs else None))
            elif name == "coordonnees":
                found = contact_meant(value)
                if found is None:
                    dispatcher.utter_message(response="utter_bad_coordonnees")
                events.append(SlotSet(name, found))
        return events


class ActionVolunteerNoted(Action):  # type: ignore[misc]
    """The end of the form."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_volunteer_noted"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Keep the sign-up for an advisor to approve."""
        state = State(tracker.slots)
        known, contact = tracker.slots.get("savoir"), tracker.slots.get("coordonnees")
        cleared = [SlotSet("savoir", None), SlotSet("coordonnees", None)]
        if not is_place(tracker.slots.get("lieu")):
            cleared.append(SlotSet("lieu", None))
        if not isinstance(known, Mapping) or contact in (None, "passe"):
            dispatcher.utter_message(response="utter_volunteer_dropped")
            return [*cleared, *_go_on(state)]
        effect(
            dispatcher,
            "connecteur_signup",
            contact=str(contact),
            text=str(known.get("text") or ""),
            needs=list(known.get("needs") or ()),
            insee=state.profile.insee,
            departement=state.profile.departement,
            naf=state.profile.naf,
            consent=True,
        )
        dispatcher.utter_message(
            response="utter_volunteer_noted",
            sujets=", ".join(SKILLS[one].lower() for one in known["needs"]),
        )
        return [*cleared, *_go_on(state)]


def _go_on(state: State) -> list[Event]:
    """The diagnosis goes on where it was."""
    return [FollowupAction(FORM)] if state.is_unfinished else []
