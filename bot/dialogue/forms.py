"""Forms and the two-stage fallback: loops that activate, do, and end (semantics §4, §7).

Each is a generator like the engine's; `runner` gives it the actions that it needs.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, Protocol

from bot.dialogue.calls import ActionResult, CallAction, Rejected
from bot.dialogue.domain import TWO_STAGE_FALLBACK, Form
from bot.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    Event,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from bot.dialogue.model import Model
from bot.dialogue.slots import REQUESTED_SLOT
from bot.dialogue.states import LISTEN
from bot.dialogue.tracker import Tracker

Steps = Generator[CallAction, ActionResult, list[Event]]


class Runner(Protocol):
    """What a loop needs of the engine: to run another action on a state, and to fill slots."""

    model: Model

    def execute(self, name: str, tracker: Tracker) -> Steps:
        """Run an action and give its events."""

    def remote(self, name: str, tracker: Tracker) -> Steps:
        """Run a custom action and give its events."""

    def extract(self, tracker: Tracker) -> Steps:
        """Fill slots from the last message."""

    def stamp(self, events: Sequence[Event]) -> list[Event]:
        """Give the events their time."""


# ------------------------------------------------------------------ forms
def run_form(runner: Runner, form: Form, tracker: Tracker) -> Steps:
    """Ask for the next slot of a form that must be filled, or end it.

    Raises:
        Rejected: the user's message fills nothing that was asked for.
    """
    events: list[Event] = []
    if tracker.active_loop_name != form.name:
        events += yield from _activate(runner, form, tracker)
    if not _is_done(events):
        events += yield from _do(runner, form, tracker, events)
    if _is_done(events):
        events.append(ActiveLoop(name=None))
    return events


def _activate(runner: Runner, form: Form, tracker: Tracker) -> Steps:
    activation = ActiveLoop(name=form.name)
    inside = tracker.after(runner.stamp([activation]))
    extracted = yield from runner.extract(inside)
    inside = inside.after(runner.stamp(extracted))
    slot_events = [event for event in extracted if isinstance(event, SlotSet)]
    if not _has_validator(runner, form):
        return [activation, *slot_events]
    prefilled = {name: value for name in form.required_slots if (value := inside.get_slot(name)) is not None}
    validated = yield from _validate_slots(runner, form, inside, prefilled)
    said = _slot_names(validated)
    return [activation, *validated, *(event for event in slot_events if event.name not in said)]


def _do(runner: Runner, form: Form, tracker: Tracker, so_far: list[Event]) -> Steps:
    events: list[Event] = []
    if all(isinstance(event, ActiveLoop) for event in so_far):
        events = yield from _validate(runner, form, tracker)
    if any(isinstance(event, ActionExecutionRejected) for event in events):
        return events
    events += yield from _ask_next(runner, form, tracker, [*so_far, *events])
    return events


def _validate(runner: Runner, form: Form, tracker: Tracker) -> Steps:
    loop = tracker.active_loop
    is_interrupted = loop is not None and loop.is_interrupted
    if loop is not None and (tracker.latest_action_name != LISTEN or is_interrupted):
        # back from something else: nothing to check, but the validator may choose the next slot
        return (yield from _validate_slots(runner, form, tracker, {}))
    requested = _slot_to_fill(form, tracker)
    required = {*form.required_slots, *([requested] if requested else [])}
    extracted = {name: value for name, value in tracker.since_user.items() if name in required}
    events = yield from _validate_slots(runner, form, tracker, extracted)
    was_refused = any(isinstance(event, ActionExecutionRejected) for event in events)
    if requested and not extracted and not was_refused and _slot_names(events) <= {REQUESTED_SLOT}:
        raise Rejected(form.name)
    return events


def _validate_slots(runner: Runner, form: Form, tracker: Tracker, candidates: dict[str, Any]) -> Steps:
    if not _has_validator(runner, form):
        return []
    events: list[Event] = [SlotSet(name=name, value=value) for name, value in candidates.items()]
    return (yield from runner.remote(f"validate_{form.name}", _inside(runner, form, tracker, events)))


def _ask_next(runner: Runner, form: Form, tracker: Tracker, so_far: list[Event]) -> Steps:
    if _is_done(so_far):
        return [SlotSet(name=REQUESTED_SLOT, value=None)]
    asked = [event.value for event in so_far if isinstance(event, SlotSet) and event.name == REQUESTED_SLOT]
    slot = asked[0] if asked else None
    inside = _inside(runner, form, tracker, so_far)
    request: list[Event] = []
    if not slot:
        slot = next((name for name in form.required_slots if inside.get_slot(name) is None), None)
        request = [SlotSet(name=REQUESTED_SLOT, value=slot)]
    if not slot:
        return [SlotSet(name=REQUESTED_SLOT, value=None)]
    action = question_action(runner.model, form.name, str(slot))
    if action is None:
        return request
    return [*request, *(yield from runner.execute(action, inside))]


def question_action(model: Model, form: str, slot: str) -> str | None:
    """The action or response that asks for a slot; None when there is none, which is no error."""
    names = (
        f"action_ask_{form}_{slot}",
        f"utter_ask_{form}_{slot}",
        f"action_ask_{slot}",
        f"utter_ask_{slot}",
    )
    return next((name for name in names if name in model.domain.action_names), None)


def _inside(runner: Runner, form: Form, tracker: Tracker, events: Sequence[Event]) -> Tracker:
    """The state as the form's actions must see it: the new events after a mark that the form ran."""
    mark = [SlotSet(name=REQUESTED_SLOT, value=_slot_to_fill(form, tracker)), ActionExecuted(name=form.name)]
    return tracker.after(runner.stamp([*mark, *events]))


def _slot_to_fill(form: Form, tracker: Tracker) -> str | None:
    # when another form is active the requested slot is still that one's
    requested = tracker.get_slot(REQUESTED_SLOT) if tracker.active_loop_name == form.name else None
    return requested if isinstance(requested, str) else None


def _has_validator(runner: Runner, form: Form) -> bool:
    return f"validate_{form.name}" in runner.model.domain.action_names


def _slot_names(events: Sequence[Event]) -> set[str]:
    return {event.name for event in events if isinstance(event, SlotSet)}


def _is_done(events: Sequence[Event]) -> bool:
    if any(isinstance(event, ActionExecutionRejected) for event in events):
        return False
    requests = [e for e in events if isinstance(e, SlotSet) and e.name == REQUESTED_SLOT]
    if requests and requests[-1].value is None:
        return True
    loops = [event for event in events if isinstance(event, ActiveLoop)]
    return bool(loops) and loops[-1].name is None


# ------------------------------------------------------------------ two-stage fallback
def run_two_stage_fallback(runner: Runner, tracker: Tracker) -> Steps:
    """Ask "did you mean …?", then to say it in other words, then give up."""
    events: list[Event] = []
    just_activated = tracker.active_loop_name != TWO_STAGE_FALLBACK
    if just_activated:
        events.append(ActiveLoop(name=TWO_STAGE_FALLBACK))
    intent = tracker.latest_message.intent_name
    gives_up = tracker.intents[:2] == ("nlu_fallback", "nlu_fallback") or tracker.intents[:3] == (
        "out_of_scope",
        "nlu_fallback",
        "out_of_scope",
    )
    if intent in ("nlu_fallback", "out_of_scope") and not gives_up:
        asks = just_activated or intent == "nlu_fallback"
        action = "action_default_ask_affirmation" if asks else "action_default_ask_rephrase"
        return [*events, *(yield from runner.execute(action, tracker))]
    events.append(ActiveLoop(name=None))
    if gives_up:
        return [*events, *(yield from runner.execute("action_default_fallback", tracker))]
    return [*events, UserUtteranceReverted(), ActionExecuted(name=LISTEN), sure(tracker.latest_message)]


def sure(message: UserUttered) -> UserUttered:
    """The same message, its intent now certain."""
    data = dict(message.parse_data)
    data["intent"] = {**message.intent, "confidence": 1.0}
    return UserUttered(
        text=message.text,
        parse_data=data,
        input_channel=message.input_channel,
        message_id=message.message_id,
        metadata=message.metadata,
    )
