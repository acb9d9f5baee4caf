"""The built-in actions that have some substance: asking what was meant, and undoing such questions."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue.events import ActionExecuted, Event, UserUtteranceReverted
from bot.dialogue.forms import sure
from bot.dialogue.responses import bot_event
from bot.dialogue.states import LISTEN
from bot.dialogue.tracker import Tracker


def ask_affirmation(tracker: Tracker) -> Event:
    """Rasa's own words, in English: a French project puts its own action or response in their place."""
    message = tracker.latest_message
    intent = message.intent_name
    ranking = message.parse_data.get("intent_ranking") or []
    if intent == "nlu_fallback" and len(ranking) > 1:
        intent = ranking[1].get("name")
    return bot_event(
        {
            "text": f"Did you mean '{intent}'?",
            "buttons": [
                {"title": "Yes", "payload": f"/{intent}"},
                {"title": "No", "payload": "/out_of_scope"},
            ],
            "utter_action": "action_default_ask_affirmation",
        }
    )


def revert_fallback(tracker: Tracker) -> list[Event]:
    """Undo the questions of a two-stage fallback made of stories, keeping what the user meant."""
    actions = [
        event.name
        for event in reversed(tracker.applied)
        if isinstance(event, ActionExecuted) and event.name != LISTEN
    ]
    message = tracker.latest_message
    if actions[:1] == ["action_default_ask_rephrase"]:
        return [*_rewinds(3), replace(message, timestamp=None)]
    if actions[:1] == ["action_default_ask_affirmation"]:
        events = _rewinds(2)
        if actions[1:2] == ["action_default_ask_rephrase"]:
            events += _rewinds(3)
        return [*events, sure(message)]
    return []


def _rewinds(count: int) -> list[Event]:
    return [*(UserUtteranceReverted() for _ in range(count)), ActionExecuted(name=LISTEN)]
