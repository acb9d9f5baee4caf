"""Requests for advice at any moment: aids, trainings, resources, sharing of skills. A short real answer each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .flow import AIDS_DOOR, FORM, QUESTIONNAIRE, State
from .form import not_understood
from .funds import funds_for
from .network import person_for
from .resources import resource_for, resource_line
from .results import tell_aids
from .speech import is_asking, say

Event = dict[str, Any]
SAY = QUESTIONNAIRE.say


def need_of(tracker: Tracker, state: State, without: str) -> str | None:
    """The need that a request is about: the one named in it, else the first wish."""
    named = [str(one) for one in tracker.get_latest_entity_values("need") if one != without]
    wishes = [key for key in state.profile.needs if key != without]
    return next(iter([*named, *wishes]), None)


class ActionAskAid(Action):  # type: ignore[misc]
    """« Quelles aides ? »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_ask_aid"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The aids on what is known; without a place or a trade these are asked first."""
        state = State(tracker.slots)
        need = need_of(tracker, state, "financement")
        if is_asking(tracker):
            tell_aids(dispatcher, state, need, most=1)
            return []
        wishes = [key for goal in state.goals for key in goal if key != "financement"]
        if state.profile.region is None or state.slots.get("activite") is None or not wishes:
            # The facts that decide on aids, and what they would pay for; then the aids.
            return [SlotSet("porte", AIDS_DOOR), FollowupAction(FORM)]
        tell_aids(dispatcher, state, need)
        return []


class ActionAskTraining(Action):  # type: ignore[misc]
    """« Une formation ? »: where to learn, and which fund pays."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_ask_training"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """A place to learn, the fund, and the person."""
        state = State(tracker.slots)
        lines = []
        resource = resource_for("formation", state.profile)
        if resource is not None:
            lines.append(SAY("plan_ressource", ressource=resource_line(resource)))
        lines += funds_for(state.profile)
        lines.append(SAY("plan_personne", personne=person_for(state.profile, "formation").line))
        say(dispatcher, lines)
        return []


class ActionAskResource(Action):  # type: ignore[misc]
    """« Un guide, un modèle, un outil ? »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_ask_resource"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Two resources for the need named."""
        state = State(tracker.slots)
        need = need_of(tracker, state, "formation")
        if need is None:
            if is_asking(tracker):
                return not_understood(dispatcher, state, tracker)
            dispatcher.utter_message(response="utter_which_resource")
            return []
        first = resource_for(need, state.profile)
        second = None if first is None else resource_for(need, state.profile, (first.resource_id,))
        lines = [resource_line(one) for one in (first, second) if one is not None]
        say(dispatcher, lines or [SAY("plan_personne", personne=person_for(state.profile, need).line)])
        return []


class ActionAskSkillExchange(Action):  # type: ignore[misc]
    """« Se prêter quelqu'un entre entreprises »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_ask_skill_exchange"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """What it is, and who sets it up."""
        state = State(tracker.slots)
        dispatcher.utter_message(response="utter_skill_exchange")
        say(dispatcher, [SAY("plan_personne", personne=person_for(state.profile, "mutualisation").line)])
        return []
