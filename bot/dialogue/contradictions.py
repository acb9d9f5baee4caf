"""What the real Rasa refuses to train on: rules with two user messages, incomplete and contradicting rules.

It also finds which rules are not used in any story: their turns are hidden from the stories' policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from bot.dialogue.domain import Domain
from bot.dialogue.events import ActionExecuted, ActiveLoop, SlotSet, UserUttered
from bot.dialogue.rules import (
    DEFAULT_INTENT_ACTIONS,
    DEFAULT_SOURCE,
    LOOP_SOURCE,
    Prediction,
    RulePolicy,
    Situation,
    cut_at_snippet,
)
from bot.dialogue.states import LISTEN, NOT_SET, SNIPPET, choose_user_input, states_key
from bot.dialogue.stories import Path
from bot.dialogue.training import Moment, moments
from bot.errors import ProjectFileError

Finding = tuple[str | None, int | None, str]
"""File, line and a sentence that says what to do."""


class Problem(NamedTuple):
    """What is wrong with a path."""

    path: Path
    sentence: str


def analyse(
    policy: RulePolicy, paths: Sequence[Path], domain: Domain, settings: Mapping[str, Any]
) -> tuple[RulePolicy, list[Problem]]:
    """The policy that knows which rules no story uses, and all that Rasa would refuse."""
    problems: list[Problem] = []
    if settings.get("restrict_rules", True):
        problems += _too_many_messages(paths)
    if not settings.get("check_for_contradictions", True):
        return policy, problems
    problems += _incomplete(paths, domain)
    sources: dict[str, list[tuple[str, str]]] = {}
    for path in paths:
        if path.is_rule:
            for moment, prediction, source in _predictions([policy], path, domain):
                name, gold = path.name, moment.label
                if source.startswith((DEFAULT_SOURCE, LOOP_SOURCE)):
                    name, gold = source, prediction.action or ""
                sources.setdefault(source, []).append((name, gold))
    used: set[str] = set()
    current = [policy]  # a rule that is dropped has no say from then on
    for path in paths:
        for moment, prediction, source in _predictions(current, path, domain):
            if not path.is_rule and prediction.action == moment.label:
                used.add(source)
            predicted = prediction.action or (LISTEN if path.is_rule else None)
            if predicted is None or predicted == moment.label:
                continue
            if not path.is_rule and prediction.action == policy.fallback_action and prediction.confidence < 1:
                continue  # no rule had anything to say about the story
            if _only_ends_early(current[0], path, prediction, source):
                rules = [rule for rule in current[0].rules if rule.key != source]
                current[0] = replace(current[0], rules=rules)
                continue
            others = sorted({name for name, action in sources.get(source, ()) if action != moment.label})
            if others:
                problems.append(Problem(path, _contradiction(path, moment, prediction, others, policy)))
    every = {
        *sources,
        *(DEFAULT_SOURCE + intent for intent in DEFAULT_INTENT_ACTIONS),
        *(LOOP_SOURCE + form for form in domain.forms),
        *(f"{LOOP_SOURCE}{form} - {LISTEN}" for form in domain.forms),
    }
    return replace(current[0], hidden_sources=frozenset(every - used)), problems


def raise_first(problems: Sequence[Problem]) -> None:
    """Refuse the project because of the first problem, naming how many there are.

    Raises:
        ProjectFileError: there is one.
    """
    if problems:
        more = f" ({len(problems) - 1} autre(s) du même genre.)" if len(problems) > 1 else ""
        raise ProjectFileError(problems[0].sentence + more, *problems[0].path.place)


def _too_many_messages(paths: Iterable[Path]) -> list[Problem]:
    return [
        Problem(
            path,
            f"La règle « {path.name} » contient plus d'un message de l'utilisateur : "
            "écrivez une histoire (stories:) à la place.",
        )
        for path in paths
        if path.is_rule and path.user_turns > 1
    ]


# ------------------------------------------------------------------ incomplete rules
def _incomplete(paths: Sequence[Path], domain: Domain) -> list[Problem]:
    slots_of: dict[str, set[str]] = {}
    loops_of: dict[str, set[str]] = {}
    for path in paths:
        if path.is_rule:
            _note_effects(path, domain, slots_of, loops_of)
    problems: list[Problem] = []
    for path in paths:
        if not path.is_rule:
            continue
        for moment in moments(path, domain):
            state = moment.states[-1]
            action = None if state.prev is None else state.prev[1]
            if action is None or SNIPPET in (action, moment.label) or (state.prev or "")[0] != "action_name":
                continue
            missing = slots_of.get(action, set()) - {name for name, _ in state.slots}
            if missing:
                problems.append(
                    Problem(
                        path,
                        f"Dans la règle « {path.name} », l'action « {action} » ne remplit pas "
                        f"{', '.join(sorted(missing))} comme dans d'autres règles : ajoutez slot_was_set, "
                        "ou « wait_for_user_input: false » si c'est la dernière action.",
                    )
                )
            loops = loops_of.get(action, set())
            if loops and state.loop not in loops:
                problems.append(
                    Problem(
                        path,
                        f"Dans la règle « {path.name} », il manque « active_loop » après « {action} », que d'autres "
                        "règles ont : ajoutez-le (null s'il finit), ou « wait_for_user_input: false ».",
                    )
                )
    return problems


def _note_effects(
    path: Path, domain: Domain, slots_of: dict[str, set[str]], loops_of: dict[str, set[str]]
) -> None:
    action: str | None = None
    for event in path.events:
        if isinstance(event, ActionExecuted):
            action = event.name or event.action_text
            slots_of.setdefault(str(action), set())
        elif isinstance(event, UserUttered):
            action = None
        elif action is None:
            continue
        elif isinstance(event, SlotSet) and domain.slots[event.name].influences:
            slots_of.setdefault(action, set()).add(event.name)
        elif isinstance(event, ActiveLoop):
            loops_of.setdefault(action, set()).add(event.name or NOT_SET)


# ------------------------------------------------------------------ contradictions
def _predictions(
    current: Sequence[RulePolicy], path: Path, domain: Domain
) -> Iterable[tuple[Moment, Prediction, str]]:
    """What the rules of the moment say before each action of the path that something leads to."""
    is_open = True
    rejected = False
    for moment in moments(path, domain):
        if moment.latest_action == moment.loop:
            rejected = False
        if moment.label == SNIPPET:
            is_open = True
            continue
        if is_open or moment.is_unpredictable:
            is_open = False
            continue
        prediction, source = _predict(current[0], moment, rejected)
        if moment.loop is not None and prediction.action == moment.loop != moment.label:
            # in a live conversation the form would have refused to run
            rejected = True
            prediction, source = _predict(current[0], moment, rejected)
        yield moment, prediction, source


def _predict(policy: RulePolicy, moment: Moment, rejected: bool) -> tuple[Prediction, str]:
    states = moment.states
    situation = Situation(states, moment.latest_action, moment.loop, rejected, moment.intent)
    prediction = policy.predict(situation)
    if prediction.source is not None:
        return prediction, prediction.source
    return prediction, states_key(cut_at_snippet(choose_user_input(states, use_text=False)))


def _only_ends_early(policy: RulePolicy, path: Path, prediction: Prediction, source: str) -> bool:
    """A rule that merely listens after an action gives way to a story that goes on, where another rule does too."""
    if path.is_rule or source.count("prev_action") > 1 or prediction.action != LISTEN:
        return False
    return any(rule.key.startswith(source[:-2]) and rule.key != source for rule in policy.rules)


def _contradiction(
    path: Path, moment: Moment, prediction: Prediction, others: Sequence[str], policy: RulePolicy
) -> str:
    kind = "la règle" if path.is_rule else "l'histoire"
    names = ", ".join(f"« {name} »" for name in others)
    sentence = f"L'action « {moment.label} » de {kind} « {path.name} » contredit {names}"
    if prediction.action != policy.fallback_action:
        sentence += f", qui demande « {prediction.action} »"
    return sentence + " : précisez l'une des deux par une condition, ou retirez-la."
