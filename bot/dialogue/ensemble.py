"""Which policy is followed (semantics §0): confidence first, priority on a tie, forms and texts above all."""

from __future__ import annotations

from typing import Any, NamedTuple

from bot.dialogue.events import Event, LoopInterrupted, UserFeaturization
from bot.dialogue.model import Model
from bot.dialogue.rules import Prediction, Situation
from bot.dialogue.states import LISTEN
from bot.dialogue.tracker import Tracker


class Decision(NamedTuple):
    """The next action, why, and the events that go before it."""

    action: str
    policy: str | None
    confidence: float
    events: tuple[Event, ...] = ()
    hidden: bool = False
    is_end_to_end: bool = False


def decide(model: Model, tracker: Tracker) -> Decision:
    """The next action; to listen when no policy wants anything."""
    predictions = predictions_of(model, tracker)
    best = _best(model, predictions, tracker.rejected_action)
    events: list[Event] = [LoopInterrupted() for prediction in predictions if prediction.interrupts]
    if tracker.latest_action_name == LISTEN:
        is_text = best is not None and best.is_end_to_end
        events.append(UserFeaturization(use_text_for_featurization=is_text))
    if best is None or best.action is None:
        return Decision(LISTEN, None, 0.0, tuple(events))
    return Decision(best.action, best.policy, best.confidence, tuple(events), best.hidden, best.is_end_to_end)


def predictions_of(model: Model, tracker: Tracker) -> list[Prediction]:
    """What each policy would do now, in the order of `config.yml` but for the rules, which come last."""
    confidence = float(tracker.latest_message.intent.get("confidence") or 0.0)
    predictions = [
        prediction
        for policy in model.stories
        if (prediction := policy.predict(tracker, model.rules, confidence)) is not None
    ]
    if model.rules is not None:
        predictions.append(model.rules.predict(situation_of(model, tracker), confidence))
    return predictions


def predict_next(model: Model, tracker: Tracker) -> dict[str, Any]:
    """The next action as Rasa's `/predict` tells it: a score for each action, the policy and its confidence."""
    decision = decide(model, tracker)
    names = sorted(model.domain.action_names)
    known = {decision.action: decision.confidence}
    if decision.policy == "RulePolicy" and model.rules is not None and model.rules.has_fallback:
        known.setdefault(model.rules.fallback_action, model.rules.threshold)  # it stands behind every rule
    scores = [{"action": name, "score": known.get(name, 0.0)} for name in names]
    return {"scores": scores, "policy": decision.policy, "confidence": decision.confidence}


def situation_of(model: Model, tracker: Tracker) -> Situation:
    """What the rules must know of the conversation."""
    longest = model.rules.longest if model.rules is not None else 1
    states = [record.state for record in tracker.records[-longest:]]
    if len(states) < longest:
        states = [record.state for record in tracker.base.records[-(longest - len(states)) :]] + states
    states.append(tracker.state())
    loop = tracker.active_loop
    return Situation(
        states,
        tracker.latest_action_name,
        None if loop is None else loop.name,
        loop is not None and loop.rejected,
        tracker.latest_message.intent_name,
    )


def _best(model: Model, predictions: list[Prediction], rejected: str | None) -> Prediction | None:
    allowed = [_instead(model, p) if rejected and p.action == rejected else p for p in predictions]
    any_no_user = any(p.is_no_user for p in allowed)
    any_text = any(p.is_end_to_end for p in allowed)
    best: Prediction | None = None
    for prediction in allowed:
        if prediction.is_no_user is not any_no_user or prediction.is_end_to_end is not any_text:
            continue
        if best is None or (prediction.confidence, prediction.priority) > (best.confidence, best.priority):
            best = prediction
    return best


def _instead(model: Model, refused: Prediction) -> Prediction:
    """What is left of a prediction whose action has just refused to run: the core fallback, or nothing."""
    rules = model.rules
    if refused.policy != "RulePolicy" or rules is None or not rules.has_fallback:
        return refused._replace(action=None, confidence=0.0)
    if refused.action == rules.fallback_action:
        return refused._replace(action=None, confidence=0.0)
    return refused._replace(action=rules.fallback_action, confidence=rules.threshold)
