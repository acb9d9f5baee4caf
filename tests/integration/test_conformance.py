"""The real Rasa 3.6 is the judge: what it answered and logged for small projects, we answer and log too.

`tests/conformance/*.yml` are the projects, `expected/*.json` what was recorded; `wait` are seconds that pass before a
turn. Left out of the comparison: time stamps, ids, policy names and confidences. A turn after a restart or a new
session has no events in the older recordings (the recorder counted on from the old session); there only the replies
and the state are compared.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import types
import uuid
from pathlib import Path
from typing import Any

import pytest
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.dialogue import (
    ActionResult,
    BotUttered,
    CallAction,
    Model,
    Tracker,
    UserUttered,
    load_model,
    read_payload,
    turn,
)
from bot.dialogue.yaml_source import read_yaml
from bot.errors import ProjectFileError

CASES = sorted((Path(__file__).parents[1] / "conformance").glob("*.yml"))


def executor_of(source: str) -> ActionExecutor:
    module = types.ModuleType(f"conformance_{uuid.uuid4().hex}")
    exec(compile(source, "actions", "exec"), module.__dict__)
    executor = ActionExecutor()
    for value in list(module.__dict__.values()):
        # classes made in the text itself: those imported into it have a module of their own
        if (
            isinstance(value, type)
            and issubclass(value, Action)
            and not value.__module__.startswith("rasa_sdk")
        ):
            executor.register_action(value)
    return executor


def run_actions(executor: ActionExecutor | None, model: Model, call: CallAction) -> ActionResult:
    if executor is None:
        return ActionResult(error="no action server")
    body = {
        "next_action": call.name,
        "sender_id": call.tracker.sender_id,
        "tracker": json.loads(json.dumps(call.tracker.current_state())),
        "domain": json.loads(json.dumps(model.domain.raw)),
        "version": "3.6.21",
    }
    try:
        answer = asyncio.run(executor.run(body))
    except ActionExecutionRejection:
        return ActionResult(rejected=True)
    except Exception as error:
        return ActionResult(error=repr(error))
    answer = answer if isinstance(answer, dict) else json.loads(answer.model_dump_json())
    return ActionResult(events=answer["events"], responses=answer["responses"])


def say(model: Model, tracker: Tracker, text: str, executor: ActionExecutor | None, clock: Any) -> Tracker:
    text = text.strip()
    parsed = read_payload(model, text) or {
        "text": text,
        "intent": {"name": None, "confidence": 0.0},
        "entities": [],
    }
    user = UserUttered(text=text, parse_data=parsed, input_channel="rest", message_id=uuid.uuid4().hex)
    steps = turn(model, tracker, user, now=lambda: float(next(clock)), rng=random.Random(0))
    result: ActionResult | None = None
    while True:
        try:
            call = steps.send(result) if result is not None else next(steps)
        except StopIteration as stop:
            return stop.value
        result = run_actions(executor, model, call)


def replies(tracker: Tracker) -> list[dict[str, Any]]:
    """The messages of the REST channel, in its order: text with buttons, custom, image, attachment."""
    found: list[dict[str, Any]] = []
    for event in tracker.new_events:
        if not isinstance(event, BotUttered):
            continue
        data = event.data
        if data.get("quick_replies"):
            found.append({"text": event.text, "buttons": data["quick_replies"]})
        elif data.get("buttons"):
            found.append({"text": event.text, "buttons": data["buttons"]})
        elif event.text:
            found += [{"text": paragraph} for paragraph in event.text.strip().split("\n\n")]
        if data.get("custom"):
            found.append({"custom": data["custom"]})
        if data.get("image"):
            found.append({"image": data["image"]})
        if data.get("attachment") and data["attachment"] != data.get("image"):
            found.append({"attachment": data["attachment"]})
        for card in data.get("elements") or ():
            text = f"{card.get('title', '')} : {card.get('subtitle', '')}"
            found.append({"text": text, "buttons": card.get("buttons", [])})
    return found


def normal(event: dict[str, Any]) -> dict[str, Any]:
    """An event of ours in the recording's form."""
    kind = event["event"]
    if kind == "user":
        intent = (event["parse_data"].get("intent") or {}).get("name")
        entities = [
            {k: v for k, v in entity.items() if k in ("entity", "value", "role", "group") and v is not None}
            for entity in event["parse_data"].get("entities") or []
        ]
        return {
            "event": kind,
            "text": event["text"],
            **({"intent": intent} if intent else {}),
            "entities": entities,
        }
    if kind == "bot":
        data = {key: value for key, value in event["data"].items() if value}
        found = {
            "event": kind,
            **({"text": event["text"]} if event["text"] is not None else {}),
            "data": data,
        }
        utter = event["metadata"].get("utter_action")
        return {**found, **({"utter_action": utter} if utter else {})}
    return {key: value for key, value in event.items() if key in ("event", "name", "value", "is_interrupted")}


def strip(event: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in event.items() if key not in ("policy", "confidence")}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_answers_and_logs_what_the_real_rasa_does(path: Path) -> None:
    case = read_yaml(path).data
    expected = json.loads((path.parent / "expected" / f"{path.stem}.json").read_text(encoding="utf-8"))
    data = [{"rules": case.get("rules"), "stories": case.get("stories")}]
    if expected.get("train_error"):
        with pytest.raises(ProjectFileError):
            load_model([case["domain"]], data, case.get("config"))
        return
    model = load_model([case["domain"]], data, case.get("config"))
    executor = executor_of(case["actions"]) if case.get("actions") else None
    clock = itertools.count(1_700_000_000)
    for conversation in expected["conversations"]:
        tracker = Tracker(model.domain, "u")
        for number, recorded in enumerate(conversation["turns"]):
            if "wait" in recorded:
                clock = itertools.count(next(clock) + int(recorded["wait"]))
            tracker = say(model, tracker, recorded["user"], executor, clock)
            here = f"{conversation['name']}, turn {number + 1}: {recorded['user']!r}"
            assert replies(tracker) == recorded["bot"], here
            if recorded["events"] or not recorded["bot"]:
                ours = [strip(normal(event.to_json())) for event in tracker.new_events]
                assert ours == [strip(event) for event in recorded["events"]], here
            state = tracker.current_state()
            assert {k: v for k, v in state["slots"].items() if v is not None} == recorded["slots"], here
            assert tracker.active_loop_name == recorded["active_loop"], here
            assert tracker.latest_action_name == recorded["latest_action"], here
            assert tracker.is_paused == recorded["paused"], here
            tracker = Tracker.from_json(model, json.loads(json.dumps(tracker.to_json())))
