"""Random walks over the shipped project with its real actions: whatever an owner does, the log explains the state.

The readings are given (buttons pressed, intents meant, nonsense); the actions run in the process.
"""

from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import project
from bot.bootstrap import build_runner, project_model
from bot.dialogue import BotUttered, Event, Model, SlotSet, Tracker, UserUttered, read_payload, turn
from bot.settings import Settings

SHIPPED = project.find()
MODEL = project_model(SHIPPED)
RUNNER = build_runner(Settings(), SHIPPED, MODEL)
QUESTION_SLOTS = sorted(name for name in MODEL.domain.slots if name.startswith("t_"))
INTENTS = sorted(MODEL.domain.intents)
MOST_EVENTS = 90
"""Of one turn: far above what any honest one makes, far below what a loop would."""

STEPS = st.one_of(
    st.tuples(st.just("press"), st.integers(0, 9)),
    st.tuples(st.just("press"), st.integers(0, 9)),
    st.tuples(st.just("mean"), st.sampled_from(INTENTS)),
    st.tuples(st.just("mean"), st.sampled_from(["back", "restart", "change", "skip", "dont_know"])),
    st.tuples(st.just("fill"), st.tuples(st.sampled_from(QUESTION_SLOTS), st.sampled_from(["reseau", "nsp", 3, None]))),
    st.tuples(st.just("say"), st.sampled_from(["", "/", "/{", "bonjour", '/answer{"t_site": ', "/answer{}", "/x@2"])),
)  # fmt: skip


class Walk:
    """One conversation: its state, its whole log, the loop that its actions run in."""

    def __init__(self, model: Model = MODEL, runner: Any = RUNNER) -> None:
        self.model = model
        self.runner = runner
        self.tracker = Tracker(model.domain, "walk")
        self.log: list[Event] = []
        self.loop = asyncio.new_event_loop()
        self._ticks = 1_700_000_000.0

    def close(self) -> None:
        self.loop.close()

    def text_of(self, step: tuple[str, Any]) -> str:
        kind, detail = step
        if kind == "mean":
            return f"/{detail}"
        if kind == "fill":
            return "/answer" + json.dumps({detail[0]: detail[1]})
        if kind == "say":
            return str(detail)
        payloads = [
            str(button.get("payload"))
            for event in self.tracker.new_events
            if isinstance(event, BotUttered)
            for button in event.data.get("buttons") or ()
        ]
        return payloads[detail % len(payloads)] if payloads else "/greet"

    def say(self, text: str) -> None:
        parsed = read_payload(self.model, text) or {"text": text, "intent": {"name": None}, "entities": []}
        user = UserUttered(text=text, parse_data=parsed, input_channel="rest")
        steps = turn(self.model, self.tracker, user, now=self._now, rng=random.Random(0))
        result: Any = None
        while True:
            try:
                asked = next(steps) if result is None else steps.send(result)
            except StopIteration as stop:
                self.tracker = stop.value
                break
            result = self.loop.run_until_complete(self.runner.run_action(asked))
            assert result.error is None, result.error
        self.log += self.tracker.new_events

    def _now(self) -> float:
        self._ticks += 0.001
        return self._ticks


@pytest.fixture(scope="module", autouse=True)
def _no_warnings() -> None:
    """Hypothesis looks at how long a test takes; the first turn loads the catalogue."""
    walk = Walk()
    walk.say("/greet")
    walk.close()


def stored(tracker: Tracker) -> Any:
    return orjson.loads(orjson.dumps(tracker.to_json(recent_events=0), default=str))


def explained(log: list[Event]) -> dict[str, set[str]]:
    """The values that the log ever gave each slot since the last restart."""
    values: dict[str, set[str]] = {}
    for event in log:
        if event.type_name == "restart":
            values = {}
        elif isinstance(event, SlotSet):
            values.setdefault(event.name, set()).add(orjson.dumps(event.value, default=str).decode())
    return values


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=4, max_size=18))
def test_walk_is_explained_by_its_log_at_every_turn(steps: list[tuple[str, Any]]) -> None:
    walk = Walk()
    try:
        for step in [("mean", "greet"), *steps]:
            before = len(walk.log)
            walk.say(walk.text_of(step))
            assert len(walk.log) - before < MOST_EVENTS, step
            # the state is the fold of the log, and survives being stored
            assert stored(Tracker.from_events(MODEL, "walk", walk.log)) == stored(walk.tracker), step
            again = Tracker.from_json(
                MODEL, stored(walk.tracker), [event.to_json() for event in walk.log[-200:]]
            )
            assert stored(again) == stored(walk.tracker), step
            assert orjson.dumps(again.current_state(), default=str) == orjson.dumps(
                walk.tracker.current_state(), default=str
            ), step
            # no slot has a value that no event gave it
            known = explained(walk.log)
            for name, value in walk.tracker.slots.items():
                if value != MODEL.domain.initial_slots[name]:
                    assert orjson.dumps(value, default=str).decode() in known.get(name, set()), (step, name)
            assert walk.tracker.latest_action_name == "action_listen", step
            again.new_events = walk.tracker.new_events
            walk.tracker = again
    finally:
        walk.close()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(STEPS, min_size=1, max_size=10))
def test_confirmed_restart_leaves_nothing_of_what_was_said(steps: list[tuple[str, Any]]) -> None:
    walk = Walk()
    try:
        for step in [("mean", "greet"), *steps]:
            walk.say(walk.text_of(step))
        walk.say("/restart")
        if not any(event.type_name == "restart" for event in walk.tracker.new_events):
            walk.say('/restart{"confirme": "oui"}')
        assert any(event.type_name == "restart" for event in walk.tracker.new_events)
        answers = {name: walk.tracker.get_slot(name) for name in QUESTION_SLOTS}
        assert not any(answers.values()), answers
    finally:
        walk.close()


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(st.tuples(st.just("press"), st.integers(0, 9)), min_size=3, max_size=10))
def test_back_gives_the_slots_of_some_earlier_turn(steps: list[tuple[str, Any]]) -> None:
    """Undone answers are gone: every answer that stands was there before, none is made up."""
    walk = Walk()
    try:
        walk.say("/greet")
        for step in steps:
            walk.say(walk.text_of(step))
        answered = {
            name: walk.tracker.get_slot(name) for name in QUESTION_SLOTS if walk.tracker.get_slot(name)
        }
        walk.say("/back")
        for name in QUESTION_SLOTS:
            value = walk.tracker.get_slot(name)
            assert value is None or value == answered.get(name), name
    finally:
        walk.close()
