"""The built-in action that has some substance: asking what was meant."""

from __future__ import annotations

from bot.dialogue.events import Event
from bot.dialogue.responses import bot_event
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
