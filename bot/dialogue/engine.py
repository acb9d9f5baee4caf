"""One turn of a conversation: a generator that yields the custom actions to run and returns the next state.

The order is Rasa's `MessageProcessor`: session, user event, slots, then actions until the bot listens. Nothing here
waits, reads a clock or draws a number by itself.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.dialogue.builtin_actions import ask_affirmation
from bot.dialogue.calls import ActionResult, CallAction, Failed, Rejected
from bot.dialogue.domain import DEFAULT_ACTIONS, VALIDATE_MAPPINGS
from bot.dialogue.ensemble import Decision, decide
from bot.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
    event_from_json,
)
from bot.dialogue.forms import run_form, run_two_stage_fallback
from bot.dialogue.model import Model
from bot.dialogue.payload import parse_payload
from bot.dialogue.responses import bot_event, output_channel, render
from bot.dialogue.slots import REQUESTED_SLOT, SESSION_METADATA_SLOT
from bot.dialogue.states import LISTEN
from bot.dialogue.tracker import Tracker

MAX_ACTIONS = 10
"""Actions that may follow one user message; then the turn ends (Rasa's MAX_NUMBER_OF_PREDICTIONS)."""
MAX_RUNS = 30
"""Actions run in one turn whatever they log: an action that refuses itself and asks for itself would never end."""
SESSION_START = "action_session_start"
FAILURE_RESPONSE = "utter_action_failed"

Clock = Callable[[], float] | float
Steps = Generator[CallAction, ActionResult, list[Event]]
Turn = Generator[CallAction, ActionResult, Tracker]


def read_payload(model: Model, text: str) -> dict[str, Any] | None:
    """What a button's payload means (`/intent{"entity": "value"}`); None for any other text."""
    return parse_payload(text, model.domain.intents, model.domain.entities)


def turn(model: Model, tracker: Tracker, user: UserUttered, *, now: Clock, rng: random.Random) -> Turn:
    """One user message and all that follows until the bot listens again.

    Args:
        model: the project's dialogue.
        tracker: the state before.
        user: the message with its reading.
        now: the clock, or the time at which all happens.
        rng: chooses between variations of a response.

    Returns:
        The state after; its `new_events` are to be logged.
    """
    run = _Run(model, tracker.begin_turn(), now, rng, user.input_channel)
    yield from run.update_session(user.metadata)
    run.add([_with_base_intent(model, user)])
    run.add((yield from run.extract(run.tracker)))
    yield from run.act()
    return run.tracker


def external_message(intent: str, entities: Any = None, channel: str | None = None) -> UserUttered:
    """A message that nobody wrote (a reminder, Rasa's `/trigger_intent`).

    Args:
        intent: what is meant.
        entities: a list of entities, or a mapping of names to values.
        channel: the channel on which the answer goes.
    """
    if isinstance(entities, Mapping):
        entities = [{"entity": name, "value": value} for name, value in entities.items()]
    text = f"EXTERNAL: {intent}"
    metadata = {"is_external": True}
    data = {"intent": {"name": intent}, "entities": list(entities or ()), "text": text, "metadata": metadata}
    return UserUttered(text=text, parse_data=data, input_channel=channel, metadata=metadata)


def start_session(
    model: Model,
    tracker: Tracker,
    *,
    now: Clock,
    rng: random.Random,
    channel: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Turn:
    """Begin a session before the first message (`action_session_start` alone); nothing when one is running."""
    run = _Run(model, tracker.begin_turn(), now, rng, channel)
    yield from run.update_session(metadata)
    return run.tracker


def log_message(model: Model, tracker: Tracker, user: UserUttered, *, now: Clock, rng: random.Random) -> Turn:
    """Take note of a message without acting on it (Rasa's `/messages`)."""
    run = _Run(model, tracker.begin_turn(), now, rng, user.input_channel)
    yield from run.update_session(user.metadata)
    run.add([_with_base_intent(model, user)])
    run.add((yield from run.extract(run.tracker)))
    return run.tracker


def run_action(
    model: Model,
    tracker: Tracker,
    name: str,
    *,
    now: Clock,
    rng: random.Random,
    policy: str | None = None,
    confidence: float | None = None,
) -> Turn:
    """Run one action outside of any prediction (Rasa's `/execute`)."""
    run = _Run(model, tracker.begin_turn(), now, rng, tracker.input_channel)
    yield from run.update_session(None)
    yield from run.run_action(Decision(name, policy, confidence or 0.0))
    return run.tracker


class _Run:
    """The moving state of one turn."""

    def __init__(
        self, model: Model, tracker: Tracker, now: Clock, rng: random.Random, channel: str | None
    ) -> None:
        self.model = model
        self.tracker = tracker
        self.rng = rng
        self.channel = output_channel(channel if channel is not None else tracker.input_channel)
        self._now = now if callable(now) else lambda: now
        self._followup_is_done = False

    # -------------------------------------------------------------- the state
    def stamp(self, events: Sequence[Event]) -> list[Event]:
        """Give the events their time, whatever they had."""
        return [event.at(self._now()) for event in events]

    def add(self, events: Sequence[Event]) -> None:
        """Put events in the conversation: in this run's own copy of it."""
        self.tracker.extend(self.stamp(events))

    def update_session(self, metadata: Mapping[str, Any] | None) -> Generator[CallAction, ActionResult, None]:
        """Begin a session when there is none or the last one is too old."""
        if not self.tracker.is_empty and not self._has_expired():
            return
        if metadata:
            self.add([SlotSet(name=SESSION_METADATA_SLOT, value=dict(metadata))])
        yield from self.run_action(Decision(SESSION_START, None, 1.0))

    def _has_expired(self) -> bool:
        minutes = self.model.domain.session_minutes
        last = self.tracker.fold.user_time
        if minutes <= 0 or last is None:
            return False
        return (self._now() - last) / 60 > minutes

    # -------------------------------------------------------------- the loop of actions
    def act(self) -> Generator[CallAction, ActionResult, None]:
        """Do what the policies want until they want to listen."""
        goes_on, runs = True, 0
        while goes_on and runs < MAX_RUNS and self._may_speak():
            runs += 1
            if self.tracker.actions_since_listen >= MAX_ACTIONS and self._is_unfinished():
                return
            decision = self._decide()
            if decision.is_end_to_end:
                self.add((yield from self.extract(self.tracker)))
            goes_on = yield from self.run_action(decision)

    def _may_speak(self) -> bool:
        return not self.tracker.is_paused or self.tracker.latest_message.intent_name == "restart"

    def _is_unfinished(self) -> bool:
        return self.tracker.latest_action_name not in (LISTEN, SESSION_START)

    def _decide(self) -> Decision:
        followup = self.tracker.followup_action
        if followup and not self._followup_is_done:
            if followup in self.model.domain.action_names:
                return Decision(followup, "followup_action", 1.0)
            self._fail(followup, "this follow-up action is not in the domain")
        return decide(self.model, self.tracker)

    def run_action(self, decision: Decision) -> Generator[CallAction, ActionResult, bool]:
        """Run an action and log it; whether another may follow."""
        name = decision.action
        goes_on = name not in (LISTEN, SESSION_START)
        metadata: dict[str, Any] = {}
        temporary = self.tracker.after(self.stamp(decision.events)) if decision.events else self.tracker
        try:
            events = yield from self.execute(name, temporary)
        except Rejected:
            self._followup_is_done = True
            self.add(
                [ActionExecutionRejected(name=name, policy=decision.policy, confidence=decision.confidence)]
            )
            return goes_on
        except Failed as failure:
            events = self._apology()
            metadata = {"error": failure.error, "failed_action": failure.name}
            self._fail(failure.name, failure.error)
        self._followup_is_done = False
        if not any(isinstance(event, ActionExecutionRejected) for event in events):
            is_text = name in self.model.literal_texts
            executed = ActionExecuted(
                name=None if is_text else name,
                action_text=name if is_text else None,
                policy=decision.policy,
                confidence=decision.confidence,
                hide_rule_turn=decision.hidden,
                metadata=metadata,
            )
            events = [*decision.events, executed, *events]
        self.add(events)
        if any(isinstance(event, UserUttered) for event in events):
            self.add((yield from self.extract(self.tracker)))
        return goes_on

    def _fail(self, name: str, error: str) -> None:
        self.tracker = self.tracker.with_failure({"action": name, "error": error})

    def _apology(self) -> list[Event]:
        """A failing action never passes in silence where the project has words for it."""
        if FAILURE_RESPONSE in self.model.domain.responses:
            return self.utter(FAILURE_RESPONSE, self.tracker)
        return []

    # -------------------------------------------------------------- actions by name
    def execute(self, name: str, tracker: Tracker) -> Steps:
        """The events of an action, run on that state.

        Raises:
            Rejected: it will not run now.
            Failed: it could not be run.
        """
        domain = self.model.domain
        if domain.is_default_action(name):
            return (yield from self._default(name, tracker))
        if name.startswith("utter_") and name not in self.model.literal_texts:
            if name[len("utter_") :] in domain.retrieval_intents:
                return self._retrieve(name, tracker)
            return self.utter(name, tracker)
        if name in self.model.literal_texts:
            return [bot_event({"text": name})]
        form = domain.forms.get(name)
        if form is not None and name not in domain.user_actions:
            return (yield from run_form(self, form, tracker))
        return (yield from self.remote(name, tracker))

    def utter(self, name: str, tracker: Tracker, variables: Mapping[str, Any] | None = None) -> list[Event]:
        """The bot event of a response; none when no variation fits."""
        message = render(self.model.domain, name, tracker.slots, self.channel, self.rng, variables)
        return [] if message is None else [bot_event({**message, "utter_action": name})]

    def _retrieve(self, name: str, tracker: Tracker) -> list[Event]:
        """The response that the reading chose among those of a retrieval intent (`utter_faq/prices`)."""
        intent = name[len("utter_") :]
        selectors = tracker.latest_message.parse_data.get("response_selector") or {}
        chosen = (selectors.get(intent) or selectors.get("default") or {}).get("response") or {}
        full = chosen.get("utter_action")
        if full is None:
            said = (
                tracker.latest_message.intent.get("full_retrieval_intent")
                or tracker.latest_message.intent_name
            )
            full = f"utter_{said}" if said and said.startswith(f"{intent}/") else None
        return [] if full is None else self.utter(full, tracker)

    def _default(self, name: str, tracker: Tracker) -> Steps:
        match name:
            case "action_restart":
                return [*self.utter("utter_restart", tracker), Restarted()]
            case "action_session_start":
                return [SessionStarted(), *self._carried_over(tracker), ActionExecuted(name=LISTEN)]
            case "action_default_fallback":
                return [*self.utter("utter_default", tracker), UserUtteranceReverted()]
            case "action_back":
                return [*self.utter("utter_back", tracker), UserUtteranceReverted(), UserUtteranceReverted()]
            case "action_deactivate_loop":
                return [ActiveLoop(name=None), SlotSet(name=REQUESTED_SLOT, value=None)]
            case "action_default_ask_affirmation":
                return [ask_affirmation(tracker)]
            case "action_default_ask_rephrase":
                return self.utter("utter_ask_rephrase", tracker)
            case "action_two_stage_fallback":
                return (yield from run_two_stage_fallback(self, tracker))
            case "action_extract_slots":
                return (yield from self.extract(tracker))
        # action_listen, action_unlikely_intent; action_revert_fallback_events, which in 3.6 fails in silence
        return []

    def _carried_over(self, tracker: Tracker) -> list[Event]:
        if not self.model.domain.carry_over_slots:
            return []
        initial = self.model.domain.initial_slots
        base = tracker.base.fold.slots
        older: list[Event] = [
            SlotSet(name=name, value=value) for name, value in base.items() if value != initial.get(name)
        ]
        return older + [
            SlotSet(name=event.name, value=event.value, metadata=event.metadata)
            for event in tracker.applied
            if isinstance(event, SlotSet)
        ]

    # -------------------------------------------------------------- custom actions
    def remote(self, name: str, tracker: Tracker) -> Steps:
        """Ask the outside to run a custom action; its messages, then its events.

        Raises:
            Rejected: it refused.
            Failed: it raised or cannot be reached.
        """
        result = yield CallAction(name, tracker)
        if result.rejected:
            raise Rejected(name)
        if result.error is not None:
            raise Failed(name, result.error)
        events: list[Event] = [
            event for response in result.responses for event in self._said(response, tracker)
        ]
        for data in result.events:
            try:
                event = event_from_json(data)
            except (KeyError, TypeError, AttributeError) as error:
                raise Failed(name, f"an event of its answer cannot be read: {error}") from error
            if event is None:
                self._fail(name, f"its answer has an event of unknown type: {data.get('event')}")
            else:
                events.append(event)
        return events

    def _said(self, response: Mapping[str, Any], tracker: Tracker) -> list[Event]:
        """The bot event of one response of an action: a template filled, then what the action gave itself."""
        rest = dict(response)
        template = rest.pop("response", None)
        message: dict[str, Any] = {}
        if template:
            rendered = render(self.model.domain, template, tracker.slots, self.channel, self.rng, rest)
            if not rendered:
                return []
            message = {**rendered, "utter_action": template}
        buttons = rest.pop("buttons", None) or []
        if buttons:
            message["buttons"] = [*(message.get("buttons") or []), *buttons]
        message.update((key, value) for key, value in rest.items() if value)
        return [bot_event(message)]

    def extract(self, tracker: Tracker) -> Steps:
        """The slot events that the last message gives, after the project's own check of them."""
        extractor = self.model.extractor
        found: list[Event] = []
        done: set[str] = set()
        for slot, mappings in extractor.candidates(tracker):
            for mapping in mappings:
                if mapping.type == "custom":
                    if mapping.action and mapping.action not in done:
                        done.add(mapping.action)
                        found += yield from self._slots_by(mapping.action, tracker)
                    continue
                event = extractor.predefined(slot, mapping, tracker)
                if event is not None:
                    found.append(event)
                    break
        slots = [event for event in found if isinstance(event, SlotSet)]
        if VALIDATE_MAPPINGS not in self.model.domain.user_actions:
            return list(slots)
        seen = tracker.after(self.stamp(slots)) if slots else tracker
        checked = yield from self._slots_by(VALIDATE_MAPPINGS, seen)
        said = {event.name for event in checked if isinstance(event, SlotSet)}
        return [*checked, *(event for event in slots if event.name not in said)]

    def _slots_by(self, name: str, tracker: Tracker) -> Steps:
        """What an action that fills slots says and sets; its failure is told but ends nothing."""
        try:
            events = yield from self.remote(name, tracker)
        except Rejected:
            return []
        except Failed as failure:
            self._fail(failure.name, failure.error)
            return []
        return [event for event in events if isinstance(event, SlotSet | BotUttered)]


def _with_base_intent(model: Model, user: UserUttered) -> UserUttered:
    """Rules know a retrieval intent by its first half: `faq/prices` is `faq`, the rest chooses the response.

    Not so for a payload: it names the intent that it means, as under Rasa.
    """
    if (user.text or "").startswith(f"/{user.intent_name}"):
        return user
    return replace(user, parse_data=with_base_intent(model, user.parse_data))


def with_base_intent(model: Model, parse_data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Parse data in which a retrieval intent (`faq/prices`) is known by its first half.

    The whole name is `full_retrieval_intent`, and what it chooses stands in `response_selector`, as in Rasa.
    """
    intent = parse_data.get("intent") or {}
    name = intent.get("name") or ""
    base = name.split("/")[0]
    if base == name or base not in model.domain.retrieval_intents:
        return parse_data
    chosen = {
        "intent_response_key": name,
        "utter_action": f"utter_{name}",
        "confidence": intent.get("confidence"),
    }
    return {
        **parse_data,
        "intent": {**intent, "name": base, "full_retrieval_intent": name},
        "response_selector": {base: {"response": chosen}},
    }


def is_custom_action(model: Model, name: str) -> bool:
    """Whether an action server must know it: listed in the domain and not one of the responses."""
    domain = model.domain
    return name in domain.user_actions and not name.startswith("utter_") and name not in model.literal_texts


def custom_actions(model: Model) -> list[str]:
    """The actions that an action server must know, in the domain's order; see also the slots' own actions.

    `respond_faq`, the name that Rasa 1 gave to what is `utter_faq` now, still stands in the domains of public projects:
    it is nobody's, and not missed where no rule or story takes it.
    """
    told = {event.name for path in model.paths for event in path.events if isinstance(event, ActionExecuted)}
    old_names = {f"respond_{intent}" for intent in model.domain.retrieval_intents} - told
    named = [name for name in model.domain.actions if is_custom_action(model, name) and name not in old_names]
    by_slots = [
        mapping.action
        for slot in model.domain.slots.values()
        for mapping in slot.mappings
        if mapping.action and mapping.action not in DEFAULT_ACTIONS
    ]
    return list(dict.fromkeys([*named, *by_slots]))
