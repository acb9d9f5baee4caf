"""The move of a conversation to the chamber whose link its owner followed, once he said yes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .chamber import chamber_in
from .digressions import ActionResume
from .shipped_content import QUESTIONNAIRE
from .speech import effect, say

Event = dict[str, Any]


class ActionJoinChamber(Action):  # type: ignore[misc]
    """« Oui, changer » under the question of `greeting.ask_to_move`."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_join_chamber"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Move to the chamber of the latest link, and to no other; then go on where the conversation was."""
        wanted = next(tracker.get_latest_entity_values("chambre"), None)
        link = (tracker.slots.get("session_started_metadata") or {}).get("chamber") or {}
        if wanted is None or link.get("id") != wanted:
            say(dispatcher, [QUESTIONNAIRE.say("chambre_passee")])
            return []
        moved: list[Event] = []
        if chamber_in(tracker.slots).get("id") != wanted:
            effect(dispatcher, "join_chamber", chamber=wanted)
            moved.append(SlotSet("chamber", dict(link)))
        say(dispatcher, [QUESTIONNAIRE.say("chambre_rejointe", chambre=link["name"])])
        return [*moved, *await ActionResume().run(dispatcher, tracker, domain)]
