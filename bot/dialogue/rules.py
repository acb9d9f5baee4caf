"""The rule policy: which action a rule demands (semantics §5), with rules indexed by what they need.

Order inside: default intents, a form's happy path, rules by text, rules by intent, core fallback. A rule that matches
with the longest key wins. `build_rules` learns from the paths; contradictions are found in `contradictions.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bot.dialogue.domain import Domain
from bot.dialogue.states import (
    LISTEN,
    NOT_SET,
    SNIPPET,
    State,
    choose_user_input,
    is_listen,
    matches,
    states_key,
)
from bot.dialogue.stories import Path
from bot.dialogue.training import moments

DEFAULT_INTENT_ACTIONS = {
    "restart": "action_restart",
    "back": "action_back",
    "session_start": "action_session_start",
}
RULE_PRIORITY = 4
LOOP_SOURCE = "handling active loops and forms - "
DEFAULT_SOURCE = "predicting default action with intent "


class Prediction(NamedTuple):
    """What a policy would do. `source` says why; `interrupts` tells the loop that it is come back to."""

    action: str | None
    confidence: float
    policy: str
    priority: int
    source: str | None = None
    is_no_user: bool = False
    is_end_to_end: bool = False
    interrupts: bool = False
    hidden: bool = False


class Situation(NamedTuple):
    """What the rule policy must know of a conversation; `states` ends with the present one."""

    states: Sequence[State]
    latest_action: str | None
    loop: str | None
    loop_rejected: bool
    intent: str | None


@dataclass(frozen=True, slots=True)
class Rule:
    """States, oldest first, after which `action` is due."""

    states: tuple[State, ...]
    action: str
    key: str
    length: int


class _Index:
    """Rules found by the last action and intent that they need."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_need: dict[tuple[Any, Any], list[Rule]] = {}
        for rule in rules:
            last = rule.states[-1]
            intent = None if last.user is None or last.prev is None else last.user.intent
            self._by_need.setdefault((last.prev, intent), []).append(rule)
        self.longest = max((len(rule.states) for rule in self.rules()), default=1)

    def rules(self) -> Iterable[Rule]:
        """All of them."""
        return (rule for rules in self._by_need.values() for rule in rules)

    def matching(self, states: Sequence[State]) -> list[Rule]:
        """The rules whose every state holds, newest state first."""
        last = states[-1]
        if last.prev is None:
            candidates = self._by_need.get((None, None), [])
        else:
            candidates = self._by_need.get((last.prev, None), [])
            intent = None if last.user is None else last.user.intent
            if intent is not None:
                candidates = candidates + self._by_need.get((last.prev, intent), [])
        return [rule for rule in candidates if _holds(rule.states, states)]


def _holds(rule: tuple[State, ...], states: Sequence[State]) -> bool:
    for back in range(1, min(len(rule), len(states)) + 1):
        wanted, current = rule[-back], states[-back]
        if wanted.prev is None or current.prev is None:
            return wanted.prev is current.prev  # both are the start of a conversation, or only one
        if not matches(wanted, current):
            return False
    return True


@dataclass
class RulePolicy:
    """The learnt rules and the settings of `config.yml`."""

    rules: list[Rule]
    unhappy: list[tuple[Rule, str]]
    settings: Mapping[str, Any]
    has_text_rules: bool = False
    rule_only_slots: frozenset[str] = frozenset()
    rule_only_loops: frozenset[str] = frozenset()
    hidden_sources: frozenset[str] = frozenset()
    _index: _Index = field(init=False)
    _unhappy_index: _Index = field(init=False)

    def __post_init__(self) -> None:
        self.fallback_action = str(self.settings.get("core_fallback_action_name", "action_default_fallback"))
        self.threshold = float(self.settings.get("core_fallback_threshold", 0.3))
        self.has_fallback = bool(self.settings.get("enable_fallback_prediction", True))
        self.uses_nlu_confidence = bool(self.settings.get("use_nlu_confidence_as_score", False))
        self.priority = int(self.settings.get("priority", RULE_PRIORITY))
        self._index = _Index(self.rules)
        self._unhappy_index = _Index(rule for rule, _ in self.unhappy)
        self._unhappy_meaning = {rule.key: meaning for rule, meaning in self.unhappy}
        self.longest = max(self._index.longest, self._unhappy_index.longest)

    # -------------------------------------------------------------- prediction
    def predict(self, situation: Situation, confidence: float = 1.0) -> Prediction:
        """What the rules demand; the core fallback when they demand nothing.

        Args:
            situation: where the conversation stands.
            confidence: that of the intent, used when the settings ask for it.
        """
        by_text: tuple[str | None, str | None, bool] = (None, None, False)
        if self.has_text_rules and situation.latest_action == LISTEN:
            by_text = self._from_rules(situation, use_text=True)
        if by_text[0] is None and situation.latest_action == LISTEN:
            default = DEFAULT_INTENT_ACTIONS.get(situation.intent or "")
            if default is not None:
                return self._made(default, DEFAULT_SOURCE + str(situation.intent), confidence)
        happy = self._from_loop(situation)
        if happy is not None:
            return self._made(happy[0], happy[1], confidence, is_no_user=True)
        if by_text[0] is not None:
            return self._made(by_text[0], by_text[1], confidence, interrupts=by_text[2], is_end_to_end=True)
        action, source, interrupts = self._from_rules(situation, use_text=False)
        interrupts = interrupts or by_text[2]
        if action is None:
            hidden = source in self.hidden_sources
            action = self.fallback_action if self.has_fallback else None
            threshold = self.threshold if self.has_fallback else 0.0
            return Prediction(
                action, threshold, "RulePolicy", self.priority, source, interrupts=interrupts, hidden=hidden
            )
        return self._made(action, source, confidence, interrupts=interrupts)

    def _made(
        self,
        action: str,
        source: str | None,
        confidence: float,
        is_no_user: bool = False,
        is_end_to_end: bool = False,
        interrupts: bool = False,
    ) -> Prediction:
        score = confidence if self.uses_nlu_confidence else 1.0
        if self.has_fallback and score < self.threshold:
            action, score = self.fallback_action, self.threshold  # the fallback stands behind every rule
        return Prediction(
            action,
            score,
            "RulePolicy",
            self.priority,
            source,
            is_no_user,
            is_end_to_end,
            interrupts,
            source in self.hidden_sources,
        )

    @staticmethod
    def _from_loop(situation: Situation) -> tuple[str, str] | None:
        loop = situation.loop
        if loop is None or situation.loop_rejected:
            return None
        if situation.latest_action == loop:
            return LISTEN, f"{LOOP_SOURCE}{loop} - {LISTEN}"
        return (loop, LOOP_SOURCE + loop) if situation.latest_action else None

    def _from_rules(self, situation: Situation, use_text: bool) -> tuple[str | None, str | None, bool]:
        states = choose_user_input(situation.states[-self.longest :], use_text)
        found = self._index.matching(states)
        best = max(found, key=lambda rule: rule.length) if found else None
        action = None if best is None else best.action
        interrupts = False
        if situation.loop is not None:
            meanings = {self._unhappy_meaning[rule.key] for rule in self._unhappy_index.matching(states)}
            if best is not None and action == LISTEN and best.states[-1].loop in (None, NOT_SET):
                if "do_not_predict_loop" not in meanings:
                    # a rule that knows nothing of the form ended: ask the form's question again
                    return situation.loop, best.key, False
                action = None
            interrupts = "loop_was_interrupted" in meanings
        source = best.key if best is not None else None
        return action, source, interrupts


# ------------------------------------------------------------------ learning
def build_rules(paths: Sequence[Path], domain: Domain, settings: Mapping[str, Any]) -> RulePolicy:
    """Learn the rules of the rule paths, and from all paths how forms are come back to."""
    learnt = learn((path for path in paths if path.is_rule), domain, only_set_slots=True)
    rules = [
        Rule(states, action, key, len(key)) for key, (states, action) in learnt.items() if action != SNIPPET
    ]
    unhappy: dict[str, tuple[Rule, str]] = {}
    for path in paths:
        for states, action in _examples(path, domain, only_set_slots=path.is_rule):
            _learn_unhappy(states, action, unhappy)
    rule_slots, rule_loops = _mentioned(paths, domain, in_rules=True)
    story_slots, story_loops = _mentioned(paths, domain, in_rules=False)
    checks = bool(settings.get("check_for_contradictions", True))
    return RulePolicy(
        rules=rules,
        unhappy=list(unhappy.values()),
        settings=settings,
        has_text_rules=any(rule.states[-1].user is not None and rule.states[-1].user.text for rule in rules),
        rule_only_slots=frozenset(rule_slots - story_slots) if checks else frozenset(),
        rule_only_loops=frozenset(rule_loops - story_loops) if checks else frozenset(),
    )


def learn(
    paths: Iterable[Path], domain: Domain, only_set_slots: bool
) -> dict[str, tuple[tuple[State, ...], str]]:
    """The action after each history cut at `...`, by key; histories followed by two actions are left out."""
    learnt: dict[str, tuple[tuple[State, ...], str]] = {}
    ambiguous: set[str] = set()
    for path in paths:
        for states, action in _examples(path, domain, only_set_slots):
            cut = cut_at_snippet(states)
            if not cut:
                continue
            key = states_key(cut)
            if key in ambiguous:
                continue
            if key in learnt and learnt[key][1] != action:
                ambiguous.add(key)
                del learnt[key]
            else:
                learnt.setdefault(key, (tuple(cut), action))
    return learnt


def _examples(path: Path, domain: Domain, only_set_slots: bool) -> Iterable[tuple[list[State], str]]:
    for moment in moments(path, domain, only_set_slots):
        if not moment.is_unpredictable:
            yield moment.states, moment.label


def cut_at_snippet(states: Sequence[State]) -> list[State]:
    """The states after the last `...`."""
    for back in range(1, len(states) + 1):
        prev = states[-back].prev
        if prev is not None and prev[1] == SNIPPET:
            return list(states[len(states) - back + 1 :])
    return list(states)


def _learn_unhappy(states: list[State], action: str, unhappy: dict[str, tuple[Rule, str]]) -> None:
    last = states[-1]
    loop = None if last.loop == NOT_SET else last.loop
    if loop is None:
        return
    # only what was done before listening counts, not what had been said
    before = [] if len(states) == 1 or states[-2].prev is None else [State(None, (), states[-2].prev, None)]
    pair = [*before, last]
    cut = cut_at_snippet(pair)
    if not cut:
        return
    meaning = None
    if is_listen(last) and action == loop:
        meaning = "loop_was_interrupted"
    elif not is_listen(last) and action != loop:
        meaning = "do_not_predict_loop"
    if meaning is not None:
        key = states_key(cut)
        unhappy[key] = (Rule(tuple(cut), action, key, len(key)), meaning)


def _mentioned(paths: Iterable[Path], domain: Domain, in_rules: bool) -> tuple[set[str], set[str]]:
    slots: set[str] = set()
    loops: set[str] = set()
    for path in paths:
        if path.is_rule is not in_rules:
            continue
        for moment in moments(path, domain, only_set_slots=in_rules):
            state = moment.states[-1]
            slots.update(name for name, _ in state.slots)
            if state.loop is not None:
                loops.add(state.loop)
    return slots, loops - {NOT_SET}
