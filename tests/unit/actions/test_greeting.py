"""The first words: what this is, what is kept, for how long, who reads it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.greeting import ActionGreet, ActionSessionStart, duration

CHAMBER = {"name": "CCI Bretagne", "phone": "02 99 00 00 00", "hours": "9 h - 17 h", "retention_days": 90}


def open_session(**slots: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    dispatcher = CollectingDispatcher()
    tracker = Tracker("u", slots, {}, [], False, None, {}, None)
    events = asyncio.run(ActionSessionStart().run(dispatcher, tracker, {}))
    return dispatcher.messages, events


def test_new_owner_is_greeted_in_two_bubbles_and_the_door() -> None:
    messages, events = open_session()
    assert [message["response"] for message in messages] == ["utter_greet", "utter_greet_privacy", None]
    assert len(messages[2]["buttons"]) == 4
    assert [event["event"] for event in events] == ["session_started", "action"]


def test_chamber_of_the_session_names_its_readers_and_its_delay() -> None:
    messages, events = open_session(session_started_metadata={"chamber": CHAMBER})
    assert (messages[1]["chambre"], messages[1]["duree"]) == ("CCI Bretagne", "90 jours")
    assert {"event": "slot", "timestamp": None, "name": "chamber", "value": CHAMBER} in events


def test_new_session_keeps_what_was_said() -> None:
    messages, events = open_session(activite={"naf": "10.71C"}, requested_slot="t_site")
    assert messages[0]["response"] == "utter_welcome_back"
    assert {event["name"] for event in events if event["event"] == "slot"} == {"activite"}


@pytest.mark.parametrize(
    "days, words", [(365, "12 mois"), (730, "24 mois"), (90, "90 jours"), (None, "12 mois")]
)
def test_delay_is_said_in_words(days: int | None, words: str) -> None:
    assert duration(days) == words


@pytest.mark.parametrize(("later_s", "bubbles"), [(0.001, 0), (20.0, 2)])
def test_hello_that_begins_a_session_is_not_answered_with_a_second_greeting(
    later_s: float, bubbles: int
) -> None:
    events = [
        {"event": "bot", "text": "Bonjour.", "timestamp": 1000.0},
        {"event": "session_started", "timestamp": 1000.0},
        {"event": "action", "name": "action_listen", "timestamp": 1000.0},
        {"event": "user", "text": "bonjour", "timestamp": 1000.0 + later_s},
    ]
    dispatcher = CollectingDispatcher()
    asyncio.run(ActionGreet().run(dispatcher, Tracker("u", {}, {}, events, False, None, {}, None), {}))
    assert len(dispatcher.messages) == bubbles
