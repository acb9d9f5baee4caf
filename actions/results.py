"""The end of the form: what the answers lead to, by the way in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .advice_telling import onwards, tell_abroad, tell_aids, tell_training, tell_uses
from .flow import State
from .picture import tell_picture
from .plan_telling import tell_plan
from .speech import say_remarks
from .ways import ABROAD_DOOR, AIDS_DOOR, TRAINING_DOOR

Event = dict[str, Any]


class ActionResults(Action):  # type: ignore[misc]
    """The end of the form."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_results"

    # Not async: drawing the picture takes a while, and the runner puts plain functions aside in a thread.
    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Say what the answers lead to."""
        return tell_results(dispatcher, State(tracker.slots))


def tell_results(dispatcher: CollectingDispatcher, state: State) -> list[Event]:
    """What this way in leads to: uses of the trade, aids, or the plan (after the picture in the full round)."""
    say_remarks(dispatcher, state)
    if state.door == "a_quoi_bon":
        tell_uses(dispatcher, state)
        return [SlotSet("porte", None), state.memory.event()]
    tell = {AIDS_DOOR: tell_aids, TRAINING_DOOR: tell_training, ABROAD_DOOR: tell_abroad}.get(state.door)
    if tell is not None:
        tell(dispatcher, state)
        if state.door != ABROAD_DOOR:
            onwards(dispatcher, state)
        return [SlotSet("porte", None), state.memory.event()]
    if state.is_full:
        tell_picture(dispatcher, state)
    return tell_plan(dispatcher, state)
