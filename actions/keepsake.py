"""What an owner takes away: the plan as a page to keep, and a word later on."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from .chamber import chamber_in
from .day import today_in_france
from .firm_words import plain
from .flow import State
from .report import to_json, to_markdown, to_pdf
from .report_content import report_of
from .speech import effect

Event = dict[str, Any]


class ActionKeepPlan(Action):  # type: ignore[misc]
    """« Garder ce plan »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_keep_plan"

    # Not async: laying out the page takes a while, and the runner puts plain functions aside in a thread.
    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The report as a file: a PDF, or as text or data for who asks for it so."""
        state = State(tracker.slots)
        # Who needs nothing keeps his picture: the button stands below it.
        has_picture = state.is_full and any(score.value is not None for score in state.scores)
        if not state.slots.get("plan") and not has_picture:
            dispatcher.utter_message(response="utter_no_plan_yet")
            return []
        report = report_of(state, today_in_france(), chamber_in(tracker.slots))
        words = set(re.findall(r"\w+", plain(str(tracker.latest_message.get("text") or ""))))
        name, media_type, content = "mon-plan.pdf", "application/pdf", b""
        if "json" in words:
            name, media_type = "mon-plan.json", "application/json"
            content = json.dumps(to_json(report), ensure_ascii=False, indent=1).encode()
        elif words & {"texte", "markdown"}:
            name, media_type, content = "mon-plan.md", "text/markdown", to_markdown(report).encode()
        dispatcher.utter_message(
            response="utter_keep_plan",
            document={
                "filename": name,
                "media_type": media_type,
                "base64": b64encode(content or to_pdf(report)).decode("ascii"),
            },
        )
        return []


class ActionRemind(Action):  # type: ignore[misc]
    """« Me le rappeler »: a word from us later, only if it was wanted."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_remind"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Keep the consent, or that it is taken back."""
        agreed = next(tracker.get_latest_entity_values("rappel"), None) != "non"
        effect(dispatcher, "reminder_consent", agreed=agreed)
        dispatcher.utter_message(response="utter_reminder_noted" if agreed else "utter_no_reminder")
        return []
