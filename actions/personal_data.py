"""The owner's data: what is kept, a copy of it, and its erasure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from .chamber import chamber_in
from .greeting import duration
from .memory import CONFIRMING, Memory
from .shipped_content import QUESTIONNAIRE
from .speech import button, effect, say

Event = dict[str, Any]


class ActionPrivacy(Action):  # type: ignore[misc]
    """« Que faites-vous de mes données ? »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_privacy"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """What, how long, who, and what can be done."""
        chamber = chamber_in(tracker.slots)
        words = {
            "chambre": chamber.get("name") or QUESTIONNAIRE.say("chambre_inconnue"),
            "duree": duration(chamber.get("retention_days")),
        }
        say(
            dispatcher,
            [QUESTIONNAIRE.say("donnees", **words)],
            [
                button(QUESTIONNAIRE.say("bouton_copie"), "export_data"),
                button(QUESTIONNAIRE.say("bouton_effacer"), "delete_data"),
            ],
        )
        return []


class ActionDeleteData(Action):  # type: ignore[misc]
    """« Effacer mes données »: confirmed, then done."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_delete_data"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The button that confirms carries the word; nothing else erases."""
        if next(tracker.get_latest_entity_values("confirme"), None) == "oui":
            dispatcher.utter_message(response="utter_deleted")
            effect(dispatcher, "erase")
            return []
        dispatcher.utter_message(
            response="utter_confirm_delete",
            buttons=[
                button(QUESTIONNAIRE.say("bouton_effacer_tout"), "delete_data", confirme="oui"),
                button(QUESTIONNAIRE.say("bouton_garder"), "resume"),
            ],
        )
        memory = Memory.of(tracker.slots)
        memory.awaiting = CONFIRMING
        return [memory.event()]


class ActionExportData(Action):  # type: ignore[misc]
    """« Une copie de mes données »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_export_data"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Ask for the file."""
        dispatcher.utter_message(response="utter_export")
        effect(dispatcher, "export")
        return []
