"""The first words, and those of who comes back."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, SessionStarted, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .catalogue import shipped
from .chamber import chamber_in, chamber_of_link
from .flow import State
from .memory import MEMORY_SLOT
from .plan_telling import recall_plan
from .shipped_content import QUESTIONNAIRE
from .speech import button, door_buttons, effect, is_asking, say

Event = dict[str, Any]
SAME_MOMENT_S = 0.5
"""Nobody reads a greeting and answers it in so short a time: both were said in one turn."""
NOT_CARRIED = ("requested_slot", "session_started_metadata")


class ActionSessionStart(Action):  # type: ignore[misc]
    """The opening of a conversation: what this is, what it keeps, and how it can help."""

    def name(self) -> str:
        """Rasa's own name: overrides the default."""
        return "action_session_start"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Greet, and keep what was known."""
        metadata = tracker.slots.get("session_started_metadata")
        carried = {
            name: value
            for name, value in tracker.slots.items()
            if value not in (None, []) and name not in NOT_CARRIED
        }
        if shipped.cache_info().currsize == 0:
            # The catalogue takes a moment to read: it is read while the owner reads the greeting.
            threading.Thread(target=shipped, daemon=True).start()
        events: list[Event] = [SessionStarted()]
        if isinstance(metadata, Mapping):
            events.append(SlotSet("session_started_metadata", metadata))
        events += [SlotSet(name, value) for name, value in carried.items()]
        chamber = chamber_in(tracker.slots)
        if chamber and "chamber" not in carried:
            events.append(SlotSet("chamber", dict(chamber)))
        is_known = any(name in carried for name in (MEMORY_SLOT, "activite", "plan"))
        if link := chamber_of_link(tracker):
            events.append(SlotSet("session_started_metadata", {"chamber": dict(link)}))
            if chamber:
                ask_to_move(dispatcher, chamber, link)
                return [*events, ActionExecuted("action_listen")]
            effect(dispatcher, "join_chamber", chamber=str(link["id"]))
            events.append(SlotSet("chamber", dict(link)))
            chamber = link
            if is_known:
                say(dispatcher, [QUESTIONNAIRE.say("chambre_rejointe", chambre=link["name"])])
        if is_known:
            dispatcher.utter_message(response="utter_welcome_back", buttons=door_buttons())
        else:
            greet(dispatcher, chamber)
        return [*events, ActionExecuted("action_listen")]


def ask_to_move(
    dispatcher: CollectingDispatcher, chamber: Mapping[str, Any], other: Mapping[str, Any]
) -> None:
    """Who follows the link of another chamber than his own is asked before his conversation goes there."""
    say(
        dispatcher,
        [QUESTIONNAIRE.say("chambre_autre", chambre=chamber["name"], nouvelle=other["name"])],
        [
            button(QUESTIONNAIRE.say("bouton_changer_chambre"), "join_chamber", chambre=other["id"]),
            button(QUESTIONNAIRE.say("bouton_rester"), "resume"),
        ],
    )


def greet(dispatcher: CollectingDispatcher, chamber: Mapping[str, Any]) -> None:
    """Two short bubbles and the door."""
    dispatcher.utter_message(response="utter_greet")
    dispatcher.utter_message(
        response="utter_greet_privacy",
        chambre=str(chamber.get("name") or QUESTIONNAIRE.say("chambre_inconnue")),
        duree=duration(chamber.get("retention_days")),
    )
    ask_door(dispatcher)


def ask_door(dispatcher: CollectingDispatcher) -> None:
    """« Comment puis-je vous aider ? » with its four ways."""
    dispatcher.utter_message(text=QUESTIONNAIRE.door.text, buttons=door_buttons())


def duration(days: Any) -> str:
    """« 12 mois », « 90 jours »."""
    if not isinstance(days, int | float) or days <= 0:
        days = 365
    whole = int(days)
    if whole >= 360:
        return QUESTIONNAIRE.say("duree_mois", n=round(whole / 30.4))
    return QUESTIONNAIRE.say("duree_jours", n=whole)


class ActionGreet(Action):  # type: ignore[misc]
    """« Bonjour », the first time or days later."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_greet"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Say where things stand."""
        state = State(tracker.slots)
        if is_asking(tracker):
            current, total = state.progress
            say(dispatcher, [QUESTIONNAIRE.say("rebonjour_question", numero=current, total=total)])
        elif state.slots.get("plan"):
            recall_plan(dispatcher, state)
        elif not was_just_greeted(tracker.events):
            dispatcher.utter_message(response="utter_greet_again")
            ask_door(dispatcher)
        return []


def was_just_greeted(events: list[Event]) -> bool:
    """Whether the owner's words began the session, whose greeting stands above them already."""
    said = [event for event in events if event.get("event") in ("user", "bot")]
    while said and said[-1]["event"] != "user":
        said.pop()
    if len(said) < 2 or said[-2]["event"] != "bot":
        return False
    between = float(said[-1].get("timestamp") or 0) - float(said[-2].get("timestamp") or 0)
    return 0 <= between < SAME_MOMENT_S
