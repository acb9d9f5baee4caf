"""Writes a conversation as a test story, in the form of Rasa's `tests/test_stories.yml`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bot.dialogue.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from bot.dialogue.states import LISTEN, SNIPPET

_NOT_TOLD = (None, LISTEN, SNIPPET, "action_session_start", "action_unlikely_intent")


def write_test_stories(name: str, conversations: Sequence[Sequence[Event]]) -> str:
    """The YAML text of test stories, one each conversation."""
    from ruamel.yaml import YAML
    from ruamel.yaml.compat import StringIO
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    stories = [
        {"story": name if len(conversations) == 1 else f"{name}, story {number}", "steps": _steps(events)}
        for number, events in enumerate(conversations, 1)
    ]
    text = StringIO()
    yaml = YAML()
    yaml.width = 4096
    yaml.dump({"version": DoubleQuotedScalarString("3.1"), "stories": stories}, text)
    return str(text.getvalue())


def _steps(events: Sequence[Event]) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = []
    for event in events:
        match event:
            case UserUttered():
                steps.append(_user(event))
            case ActionExecuted(name=None, action_text=str(text)):
                steps.append({"bot": text})
            case ActionExecuted(name=name) if name not in _NOT_TOLD:
                steps.append({"action": name})
            case SlotSet(name=name, value=value):
                steps.append({"slot_was_set": [{name: value}]})
            case ActiveLoop(name=name):
                steps.append({"active_loop": name})
            case _:
                pass
    return steps


def _user(event: UserUttered) -> dict[str, Any]:
    from ruamel.yaml.scalarstring import LiteralScalarString

    intent = event.intent.get("full_retrieval_intent") or event.intent_name
    step: dict[str, Any] = {} if intent is None else {"intent": intent}
    if event.text:
        step["user"] = LiteralScalarString(annotated(event.text, event.entities))
    return step


def annotated(text: str, entities: Sequence[Mapping[str, Any]]) -> str:
    """The text with its entities written as in training data; those without a place in it are left out."""
    placed = [e for e in entities if isinstance(e.get("start"), int) and isinstance(e.get("end"), int)]
    if text.startswith("/"):
        return text  # a payload says its entities itself
    for entity in sorted(placed, key=lambda e: e["start"], reverse=True):
        start, end = entity["start"], entity["end"]
        surface = text[start:end]
        label = {
            key: entity[key] for key in ("entity", "role", "group", "value") if entity.get(key) is not None
        }
        if label.get("value") == surface:
            del label["value"]
        if not surface or "]" in surface:
            continue
        written = f"({label['entity']})" if len(label) == 1 else json.dumps(label, ensure_ascii=False)
        text = f"{text[:start]}[{surface}]{written}{text[end:]}"
    return text
