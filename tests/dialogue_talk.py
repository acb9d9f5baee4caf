"""Talk to the dialogue engine in tests: say a text, run the project's actions given as functions."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Mapping
from typing import Any

from bot.dialogue import (
    ActionResult,
    BotUttered,
    CallAction,
    Model,
    Tracker,
    UserUttered,
    load_model,
    read_payload,
    start_session,
    turn,
)

Actions = Mapping[str, Callable[[Tracker], ActionResult]]


def a_model(
    domain: Mapping[str, Any], rules: list[Any], stories: list[Any] | None = None, **more: Any
) -> Model:
    """A model of a domain with rules and stories."""
    return load_model([domain], [{"rules": rules, "stories": stories}], more.pop("config", None), **more)


class Talk:
    """One conversation with a model; `actions` by name, others fail as unknown."""

    def __init__(self, model: Model, actions: Actions | None = None) -> None:
        self.model = model
        self.actions = dict(actions or {})
        self.tracker = Tracker(model.domain, "u")
        self.time = 1_700_000_000.0
        self.called: list[str] = []
        self.log: list[dict[str, Any]] = []
        self._ticks = itertools.count(1)

    def say(self, text: str, **more: Any) -> list[str | None]:
        """Say a text or payload; the texts of the replies."""
        text = text.strip()
        parsed = read_payload(self.model, text) or {
            "text": text,
            "intent": {"name": None, "confidence": 0.0},
            "entities": [],
        }
        parsed = more.pop("parse_data", parsed)
        user = UserUttered(text=text, parse_data=parsed, input_channel=more.pop("channel", "rest"), **more)
        return self._finish(turn(self.model, self.tracker, user, now=self._now, rng=random.Random(0)))

    def open(self) -> list[str | None]:
        """Begin the session before any message."""
        return self._finish(start_session(self.model, self.tracker, now=self._now, rng=random.Random(0)))

    def _now(self) -> float:
        return self.time + next(self._ticks) / 1000

    def _finish(self, steps: Any) -> list[str | None]:
        result: ActionResult | None = None
        while True:
            try:
                call: CallAction = next(steps) if result is None else steps.send(result)
            except StopIteration as stop:
                self.tracker = stop.value
                break
            self.called.append(call.name)
            action = self.actions.get(call.name)
            result = ActionResult(error="unknown action") if action is None else action(call.tracker)
        self.log += [event.to_json() for event in self.tracker.new_events]
        return [event.text for event in self.tracker.new_events if isinstance(event, BotUttered)]


def says(*texts: str) -> Callable[[Tracker], ActionResult]:
    """An action that says texts."""
    return lambda tracker: ActionResult(responses=[{"text": text} for text in texts])


def gives(*events: Mapping[str, Any]) -> Callable[[Tracker], ActionResult]:
    """An action that returns events."""
    return lambda tracker: ActionResult(events=list(events))


def text_slot(**settings: Any) -> dict[str, Any]:
    """A text slot that policies do not see, filled by an entity of the given name."""
    entity = settings.pop("entity", None)
    mapping = {"type": "from_entity", "entity": entity} if entity else {"type": "custom"}
    return {"type": "text", "influence_conversation": False, "mappings": [mapping], **settings}


def a_form_domain(**more: Any) -> dict[str, Any]:
    """A domain with a form `f` of two slots, an FAQ, and the usual responses."""
    domain: dict[str, Any] = {
        "intents": ["start", "inform", "faq", "stop", "affirm"],
        "entities": ["a", "b"],
        "slots": {"a": text_slot(entity="a"), "b": text_slot(entity="b")},
        "forms": {"f": {"required_slots": ["a", "b"]}},
        "responses": {
            "utter_ask_a": [{"text": "A ?"}],
            "utter_ask_b": [{"text": "B ?"}],
            "utter_faq": [{"text": "Voilà."}],
            "utter_done": [{"text": "Fini {a} {b}."}],
            "utter_default": [{"text": "Pardon ?"}],
        },
    }
    for key, value in more.items():
        domain[key] = {**domain[key], **value} if isinstance(value, Mapping) and key in domain else value
    return domain


FORM_RULES: list[dict[str, Any]] = [
    {"rule": "start", "steps": [{"intent": "start"}, {"action": "f"}, {"active_loop": "f"}]},
    {
        "rule": "submit",
        "condition": [{"active_loop": "f"}],
        "steps": [
            {"action": "f"},
            {"active_loop": None},
            {"slot_was_set": [{"requested_slot": None}]},
            {"action": "utter_done"},
        ],
    },
    {"rule": "faq", "steps": [{"intent": "faq"}, {"action": "utter_faq"}]},
]
