"""Policies that follow stories: memoization (the same history), augmented (older turns forgotten), and near ones.

The last stands in for Rasa's trained TEDPolicy, which cannot be had without its network: it takes the story whose
end resembles the conversation longest. Turns of rules that no story uses are hidden from all of them (semantics §5).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.dialogue.domain import Domain
from bot.dialogue.events import ActionExecuted, Event
from bot.dialogue.fold import Fold, Record
from bot.dialogue.rules import Prediction, RulePolicy
from bot.dialogue.states import LISTEN, State, User, choose_user_input, is_listen
from bot.dialogue.stories import Path
from bot.dialogue.tracker import Tracker
from bot.dialogue.training import moments

MEMOIZATION_PRIORITY = 3
NEAR_PRIORITY = 1
NEAR_CONFIDENCE = 0.8
"""Surer than the core fallback, less sure than a rule or a remembered story."""


@dataclass(frozen=True)
class MemoizationPolicy:
    """Remembered histories of at most `max_history` states (None: whole conversations)."""

    lookup: dict[tuple[State, ...], str]
    max_history: int | None
    priority: int
    is_augmented: bool
    uses_nlu_confidence: bool
    name: str

    @property
    def longest(self) -> int:
        """The number of states of the longest remembered history."""
        return max((len(states) for states in self.lookup), default=0)

    def predict(self, tracker: Tracker, rules: RulePolicy | None, confidence: float) -> Prediction | None:
        """What the stories demand next; None when none is like this."""
        if not self.lookup:
            return None
        states = story_states(tracker.history(), tracker.state(), tracker, rules)
        action = self._recall(states)
        if action is None and self.is_augmented:
            action = self._recall_truncated(tracker, rules, states)
        if action is None:
            return None
        return Prediction(action, confidence if self.uses_nlu_confidence else 1.0, self.name, self.priority)

    def _recall(self, states: Sequence[State]) -> str | None:
        if not states:
            return None
        kept = list(states) if self.max_history is None else list(states[-self.max_history :])
        by_intent = choose_user_input(kept, use_text=False)
        return self.lookup.get(tuple(by_intent))

    def _recall_truncated(
        self, tracker: Tracker, rules: RulePolicy | None, tried: Sequence[State]
    ) -> str | None:
        """Forget the oldest turns, and the slots that they set, until a story is like what remains."""
        applied = _newest(tracker.applied, self.max_history)
        starts = [index for index, event in enumerate(applied) if isinstance(event, ActionExecuted)]
        for start in starts:
            records, state = _replay(applied[start:], tracker.domain)
            states = story_states(records, state, tracker, rules)
            if states == tried:
                continue
            action = self._recall(states)
            if action is not None:
                return action
            tried = states
        return None


@dataclass(frozen=True)
class NearPolicy:
    """Every moment of every story; `predict` takes the one whose last states are most alike."""

    examples: dict[tuple[Any, Any], tuple[tuple[tuple[State, ...], str], ...]]
    max_history: int
    priority: int = NEAR_PRIORITY
    name: str = "TEDPolicy"

    def predict(self, tracker: Tracker, rules: RulePolicy | None, confidence: float) -> Prediction | None:
        """What the nearest story does next; None when no story has this last action and intent."""
        states = story_states(tracker.history(), tracker.state(), tracker, rules)[-self.max_history :]
        if not states:
            return None
        by_text = self._nearest(choose_user_input(states, use_text=True)) if is_listen(states[-1]) else None
        action = by_text or self._nearest(choose_user_input(states, use_text=False))
        if action is None:
            return None
        is_end_to_end = by_text is not None
        return Prediction(action, NEAR_CONFIDENCE, self.name, self.priority, is_end_to_end=is_end_to_end)

    def _nearest(self, states: Sequence[State]) -> str | None:
        best: tuple[tuple[int, int], str] | None = None
        for example, action in self.examples.get(_need(states[-1]), ()):
            likeness = _likeness(example, states)
            if best is None or likeness > best[0]:
                best = (likeness, action)
        return None if best is None else best[1]


def _need(state: State) -> tuple[Any, Any]:
    """The last action, and what was said after it: the intent, or the text where a story is told in texts."""
    if state.user is None or not is_listen(state):
        return state.prev, None
    if state.user.intent is None and state.user.text is not None:
        return state.prev, ("text", state.user.text.strip().casefold())
    return state.prev, state.user.intent


def _likeness(example: Sequence[State], states: Sequence[State]) -> tuple[int, int]:
    turns = 0
    details = 0
    for wanted, have in zip(reversed(example), reversed(states), strict=False):
        if _need(wanted) != _need(have) or wanted.loop != have.loop:
            break
        turns += 1
        details += wanted.slots == have.slots
        details += (wanted.user or _NOBODY).entities == (have.user or _NOBODY).entities
    return turns, details


_NOBODY = User(None)


# ------------------------------------------------------------------ what stories see
def story_states(
    records: Iterable[Record], current: State, tracker: Tracker, rules: RulePolicy | None
) -> list[State]:
    """The states of the conversation as if the turns of rules that no story uses had not been."""
    states: list[State] = []
    last_action: tuple[str, str] | None = None
    was_hidden = False
    latest, loop = tracker.latest_action_name, tracker.active_loop_name
    now = Record(current, False, bool(tracker.followup_action) or latest == loop)
    for record in (*records, now):
        if not was_hidden:
            last_action = record.state.prev
        if not record.sticky:
            was_hidden = record.hidden
        if was_hidden:
            continue
        state = record.state
        if rules is not None:
            state = _without_rule_only(state, rules)
        if states and not is_listen(state):
            earlier = states[-1].user
            if state.user is not None or earlier is not None:
                state = state._replace(user=earlier)
        if last_action is not None and last_action != state.prev:
            state = state._replace(prev=last_action)
        states.append(state)
    return states


def _without_rule_only(state: State, rules: RulePolicy) -> State:
    if rules.rule_only_slots and state.slots:
        kept = tuple(pair for pair in state.slots if pair[0] not in rules.rule_only_slots)
        if len(kept) != len(state.slots):
            state = state._replace(slots=kept)
    if state.loop in rules.rule_only_loops:
        state = state._replace(loop=None)
    return state


def _newest(applied: Sequence[Event], max_history: int | None) -> list[Event]:
    if not max_history:
        return list(applied)
    actions = 0
    for index in range(len(applied) - 1, -1, -1):
        event = applied[index]
        if isinstance(event, ActionExecuted):
            actions += 1
            if actions > max_history and event.name == LISTEN:
                return list(applied[index:])
    return list(applied)


def _replay(events: Sequence[Event], domain: Domain) -> tuple[list[Record], State]:
    fold = Fold(domain)
    records: list[Record] = []
    for event in events:
        if isinstance(event, ActionExecuted):
            records.append(fold.record(event, fold.user))
        fold.apply(event, domain)
    return records, fold.state(fold.user)


# ------------------------------------------------------------------ learning
def remember(paths: Sequence[Path], domain: Domain, max_history: int | None) -> dict[tuple[State, ...], str]:
    """The action after each history of the stories; histories followed by two actions are left out."""
    lookup: dict[tuple[State, ...], str] = {}
    ambiguous: set[tuple[State, ...]] = set()
    for states, action in _examples(paths, domain):
        key = tuple(states if max_history is None else states[-max_history:])
        if key in ambiguous:
            continue
        if key in lookup and lookup[key] != action:
            ambiguous.add(key)
            del lookup[key]
        else:
            lookup[key] = action
    return lookup


def near_examples(
    paths: Sequence[Path], domain: Domain, max_history: int
) -> dict[tuple[Any, Any], tuple[tuple[tuple[State, ...], str], ...]]:
    """The examples of `NearPolicy`, by last action and intent."""
    found: dict[tuple[Any, Any], list[tuple[tuple[State, ...], str]]] = {}
    for states, action in _examples(paths, domain):
        found.setdefault(_need(states[-1]), []).append((tuple(states[-max_history:]), action))
    return {need: tuple(dict.fromkeys(examples)) for need, examples in found.items()}


def _examples(paths: Sequence[Path], domain: Domain) -> Iterable[tuple[list[State], str]]:
    for path in paths:
        if path.is_rule:
            continue
        for moment in moments(path, domain):
            if not moment.is_unpredictable:
                yield moment.states, moment.label
