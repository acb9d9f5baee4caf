"""Rasa's reminders on a plain Rasa project: due, cancelled, killed by the user's own words."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bot.assistant import Assistant
from bot.bootstrap import running_assistant
from bot.settings import Settings
from tests.fakes import says
from tests.integration.test_conformance_http import write_project

CASE: dict[str, Any] = {
    "domain": {
        "version": "3.1",
        "intents": ["remind", "quietly", "forget", "greet", "EXTERNAL_call"],
        "entities": ["name"],
        "responses": {"utter_greet": [{"text": "Hello."}]},
        "actions": ["action_remind", "action_quietly", "action_forget", "action_call"],
    },
    "rules": [
        {"rule": name, "steps": [{"intent": name}, {"action": action}]}
        for name, action in (
            ("remind", "action_remind"),
            ("quietly", "action_quietly"),
            ("forget", "action_forget"),
            ("greet", "utter_greet"),
            ("EXTERNAL_call", "action_call"),
        )
    ],
    "actions": """
import datetime
from rasa_sdk import Action
from rasa_sdk.events import ReminderCancelled, ReminderScheduled


def soon(kill):
    due = datetime.datetime.now() + datetime.timedelta(seconds=0.15)
    return [ReminderScheduled("EXTERNAL_call", due, {"name": "Bob"}, "call", kill_on_user_message=kill)]


class Remind(Action):
    def name(self): return "action_remind"
    def run(self, dispatcher, tracker, domain): return soon(False)


class Quietly(Action):
    def name(self): return "action_quietly"
    def run(self, dispatcher, tracker, domain): return soon(True)


class Forget(Action):
    def name(self): return "action_forget"
    def run(self, dispatcher, tracker, domain): return [ReminderCancelled()]


class Call(Action):
    def name(self): return "action_call"
    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="Call " + next(tracker.get_latest_entity_values("name")))
        return []
""",
}


async def reminded(assistant: Assistant) -> list[str]:
    """What a reminder said, waiting until it could have."""
    for _ in range(12):
        await asyncio.sleep(0.05)
        events = await assistant.log.events_of("rest", "owner")
        if said := [e["text"] for e in events if e["event"] == "bot" and e["text"] != "Hello."]:
            return said
    return []


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["/remind"], ["Call Bob"]),
        (["/remind", "/greet"], ["Call Bob"]),
        (["/remind", "/forget"], []),
        (["/quietly", "/greet"], []),
        (["/quietly"], ["Call Bob"]),
    ],
)
async def test_reminder_comes_unless_it_is_cancelled_or_killed(
    texts: list[str], expected: list[str], tmp_path: Path
) -> None:
    settings = Settings(database_url="sqlite://", log_level="critical")
    async with running_assistant(settings, write_project(CASE, tmp_path / "project")) as assistant:
        for text in texts:
            await assistant.handle(says(text))
        assert await reminded(assistant) == expected
        users = [e for e in await assistant.log.events_of("rest", "owner") if e["event"] == "user"]
        assert ("EXTERNAL: EXTERNAL_call" in [e["text"] for e in users]) is bool(expected)
