"""The action plan, by the rule written in questionnaire.yml (`plan_d_action`, steps 0 to 12).

★ What an owner is told to do is decided here: `make_plan`. Pure: no clock, no catalogue, no conversation; the same for
the chat and for `connecteur advise`. The numbers of the steps are those of the rule.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from .profile import Profile
from .questionnaire import DONT_KNOW, SKIPPED, Choice, Need, Question, Questionnaire
from .trades import Trades
from .traits import chosen, trade_of, traits_of

ASKED, URGENT, USEFUL = "asked", "urgent", "useful"

LEAST_GAP = 0.25
STRONG_GAP = 0.5
UNKNOWN_GAP = 0.5
DESIRE = 1.6
PLACES = 3
# « Je ne sais pas » to a question that calls for a check weighs as a 1: neither nothing nor everything is to be done.
DONT_KNOW_SCORE = 1


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One action of the plan.

    `why` says where it comes from: answer, said (in plain words), goal, trade, due, trigger, or before (`before` is
    then the need that waits for it). `why_answer` is the owner's own answer, `why_question` the question it answered.
    """

    need: str
    place: str
    small_step: bool
    why: str
    why_answer: str | None
    why_question: str | None
    first_step: str
    whole_job: str
    effort: int
    cost: int
    gap: float
    priority: float
    before: str | None = None


@dataclass(frozen=True, slots=True)
class QuickFix:
    """A check of ten minutes: what to do, and the need and question that call for it."""

    need: str
    question: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """At most three actions, the quick checks, and the needs kept for later, the most useful first.

    `settled` are the wishes in plain words for which nothing is left to do, by the owner's own answers.
    """

    items: tuple[PlanItem, ...]
    quick_fixes: tuple[QuickFix, ...]
    later: tuple[str, ...]
    settled: tuple[str, ...] = ()


@dataclass(slots=True)
class _Gap:
    """What is missing of a need: 0 nothing, 1 everything."""

    need: Need
    gap: float
    impact: int
    why: str
    answer: str | None = None
    question: str | None = None
    first_step: str | None = None
    is_wanted: bool = False
    is_alert: bool = False
    step: str | None = None

    @property
    def priority(self) -> float:
        desire = DESIRE if self.is_wanted else 1.0
        return self.gap * self.impact * desire / (1 + 0.5 * (self.need.effort + self.need.cost))


def make_plan(
    profile: Profile,
    answers: Mapping[str, Any],
    questionnaire: Questionnaire,
    trades: Trades,
    *,
    removed: Collection[str] = (),
    today: date | None = None,
) -> Plan:
    """Choose what this firm should do: what it asked, what is urgent, what is most useful.

    `answers` are the slots of the questionnaire (choice ids); empty for `connecteur advise`. `removed` are the needs
    taken away by « pas ça ». `today` orders dated duties when there are no answers; without it, by their first date.
    """
    traits = traits_of(profile, answers, questionnaire, trades)
    refused = set(profile.refused) | _refused_in_answers(answers, questionnaire)
    goals = [group for group in goal_groups(profile, answers, questionnaire) if group]
    gaps = _gaps(profile, answers, questionnaire, trades, traits, goals)
    shut = refused | set(removed)  # step 12
    open_gaps = {key: gap for key, gap in gaps.items() if key not in shut}
    choose = _Chooser(open_gaps, profile, shut, questionnaire.needs)

    left = choose.asked(goals)
    choose.urgent(is_answered=any(question.id in answers for question in questionnaire.scored), today=today)
    choose.second_goal(left)
    strong = trade_of(profile, trades)
    choose.useful(strong.strong_needs if strong is not None else ())

    quick = _quick_fixes(answers, questionnaire, traits, {item.need for item in choose.items}, shut)
    settled = [
        key
        for key in questionnaire.needs
        if key in profile.needs
        and key in open_gaps
        and open_gaps[key].why == "answer"
        and open_gaps[key].gap < LEAST_GAP
    ]
    return Plan(tuple(choose.items), tuple(quick), tuple(choose.later()), tuple(settled))


class _Chooser:
    """The places of the plan, filled one after the other."""

    def __init__(
        self, gaps: Mapping[str, _Gap], profile: Profile, shut: set[str], needs: Mapping[str, Need]
    ) -> None:
        self.gaps = gaps
        self.profile = profile
        self.shut = shut
        self.needs = needs
        self.items: list[PlanItem] = []
        self._postponed: set[str] = set()

    def asked(self, goals: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """Step 3: the best of the first goal; the goals that are left for the third place."""
        for index, goal in enumerate(goals):
            best = self._best(key for key in goal if self._is_open(key))
            if best is not None:
                self._place(best, ASKED)
                return (
                    [tuple(k for k in goal if k != best)] if index == 0 and len(goals) == 1 else []
                ) + goals[index + 1 :]
        return []

    def urgent(self, is_answered: bool, today: date | None) -> None:
        """Step 4: the greatest gap × impact among the alerts; without answers, the nearest dated duty."""
        free = [key for key in self.gaps if key not in self._taken()]
        if is_answered:
            alerts = [key for key in free if self.gaps[key].is_alert and self.gaps[key].gap > 0]
            if alerts:
                self._place(max(alerts, key=lambda key: (self._weight(key), _order(self.needs, key))), URGENT)
            return
        due = [need for need in self.needs.values() if need.due_dates]
        nearest = sorted(due, key=lambda need: _distance(need, today))
        for key in [*(need.key for need in nearest), "cybersecurite"]:
            if key in self.needs and key not in self.shut and key not in self._taken():
                gap = self.gaps.get(key) or _Gap(self.needs[key], UNKNOWN_GAP, self.needs[key].impact, "due")
                self._place(key, URGENT, gap)
                return

    def second_goal(self, goals: list[tuple[str, ...]]) -> None:
        """Step 5, first part: a second goal, in another axis than the places taken."""
        for goal in goals:
            best = self._best(key for key in goal if self._is_open(key) and self._is_elsewhere(key))
            if best is not None and len(self.items) < PLACES:
                self._place(best, ASKED)
                return

    def useful(self, strong: tuple[str, ...]) -> None:
        """Step 5, the rest: a strong need of the trade, else the best priority, in another axis."""
        while len(self.items) < PLACES:
            free = [key for key in self.gaps if self._is_open(key) and self._is_elsewhere(key)]
            wide = [key for key in free if key in strong and self.gaps[key].gap >= STRONG_GAP]
            best = self._best(wide) or self._best(free)
            if best is None or not self._place(best, USEFUL):
                return

    def later(self) -> list[str]:
        """What was left out or only begun, the most useful first."""
        small = {item.need for item in self.items if item.small_step}
        whole = {item.need for item in self.items} - small
        wanted = [
            key
            for key, gap in self.gaps.items()
            if key not in whole and (gap.gap >= LEAST_GAP or key in self._postponed)
        ]
        return sorted(wanted, key=lambda key: (-self.gaps[key].priority, _order(self.needs, key)))

    def _place(self, key: str, place: str, gap: _Gap | None = None) -> bool:
        """Give a place; a prerequisite that is itself mostly to be done takes it (step 7). False: nothing could be."""
        gap = gap or self.gaps[key]
        before: str | None = None
        seen = {key}
        while True:
            first = next(
                (
                    name
                    for name in self.needs[key].after
                    if name in self.gaps and self.gaps[name].gap > STRONG_GAP and name not in seen
                ),
                None,
            )
            if first is None:
                break
            self._postponed.add(key)
            before, key, gap = key, first, self.gaps[first]
            seen.add(first)
        if key in self._taken():
            self._postponed.update(seen)
            return True
        need = gap.need
        # Step 6: too long or too dear, the action keeps its place as a small step.
        is_small = need.effort > self.profile.effort_limit or need.cost > self.profile.cost_limit
        self.items.append(
            PlanItem(
                need=key,
                place=place,
                small_step=is_small,
                why="before" if before is not None else gap.why,
                why_answer=gap.answer,
                why_question=gap.question,
                first_step=(gap.step if not need.is_obligation else None)
                or gap.first_step
                or need.first_step,
                whole_job=need.whole_job,
                effort=need.effort,
                cost=need.cost,
                gap=round(gap.gap, 3),
                priority=round(gap.priority, 3),
                before=before,
            )
        )
        return True

    def _taken(self) -> set[str]:
        return {item.need for item in self.items} | self._postponed

    def _is_open(self, key: str) -> bool:
        return key in self.gaps and self.gaps[key].gap >= LEAST_GAP and key not in self._taken()

    def _is_elsewhere(self, key: str) -> bool:
        return self.needs[key].axis not in {self.needs[item.need].axis for item in self.items}

    def _weight(self, key: str) -> float:
        return self.gaps[key].gap * self.gaps[key].impact

    def _best(self, keys: Iterable[str]) -> str | None:
        # Ties go by the order of the file: the plan never depends on the order of the answers.
        return min(keys, key=lambda key: (-self.gaps[key].priority, _order(self.needs, key)), default=None)


def goal_groups(
    profile: Profile, answers: Mapping[str, Any], questionnaire: Questionnaire
) -> list[tuple[str, ...]]:
    """What the owner wants, first things first: wishes in plain words, then each goal chosen (its needs)."""
    groups: list[tuple[str, ...]] = []
    if profile.needs:
        groups.append(tuple(sorted(profile.needs, key=lambda key: _order(questionnaire.needs, key))))
    goals = questionnaire.questions.get("but")
    for choice in goals.choices if goals is not None else ():
        if choice.id in chosen(answers.get("but")):
            groups.append(choice.needs)
    return groups


def _gaps(
    profile: Profile,
    answers: Mapping[str, Any],
    questionnaire: Questionnaire,
    trades: Trades,
    traits: Mapping[str, bool | None],
    goals: list[tuple[str, ...]],
) -> dict[str, _Gap]:
    """Steps 0 and 1: what is missing of each need of which something is known."""
    trade = trade_of(profile, trades)
    strong = trade.strong_needs if trade is not None else ()
    wanted = {key for goal in goals for key in goal}
    opened = _opened_by_triggers(answers, questionnaire)
    gaps: dict[str, _Gap] = {}
    for key, need in questionnaire.needs.items():
        questions = [one for one in questionnaire.scored if key in (one.need, one.need_if and one.need_if[1])]
        questions = [one for one in questions if one.need_for(traits) == key]
        measured = _measure(questions, answers, traits)
        # The rule gives weight to what a trade needs; what its family often needs is a weaker hint.
        impact = 3 if key in strong and trade is not None and not trade.is_family else need.impact
        # A goal opens what its questions could have measured; what has none (an announcement, an aid) needs more: to be
        # said in plain words, or a trigger.
        suits = any(one.condition.holds(traits) for one in questions)
        gap: _Gap | None
        if measured is None:
            continue  # closed: does not concern this firm
        gap = measured if measured.gap >= 0 else None
        if gap is None:
            if key in profile.needs:
                gap = _Gap(need, 1.0, impact, "said")
            elif key in opened:
                gap = _Gap(need, 1.0, impact, "trigger", *opened[key])
            elif key in wanted and suits:
                gap = _Gap(need, 1.0, impact, "goal")
            elif key in strong:
                gap = _Gap(need, UNKNOWN_GAP, impact, "trade")
            else:
                continue
        gap.need, gap.impact, gap.is_wanted = need, impact, key in wanted
        gaps[key] = gap
    for gap in gaps.values():
        if gap.why == "goal" and _has_known_gap(gap.need.key, goals, gaps):
            gap.gap = UNKNOWN_GAP
    return gaps


def _has_known_gap(key: str, goals: list[tuple[str, ...]], gaps: Mapping[str, _Gap]) -> bool:
    """Whether the goal that aims at a need aims at another, of which the answers say that it is to be done."""
    beside = {other for goal in goals if key in goal for other in goal}
    return any(
        other in gaps and gaps[other].why == "answer" and gaps[other].gap >= LEAST_GAP for other in beside
    )


def _measure(
    questions: list[Question], answers: Mapping[str, Any], traits: Mapping[str, bool | None]
) -> _Gap | None:
    """The gap by the answers to these questions: negative when none says, None when they close the need."""
    total = missing = 0
    is_alert = is_closed = False
    step: str | None = None
    worst: tuple[int, int, Question, str, str | None] | None = None
    for question in questions:
        value = answers.get(question.id)
        if value is None or value == SKIPPED:
            continue
        weight = question.weight_for(traits)
        own: str | None
        if value == DONT_KNOW:
            if question.dont_know_action is None:
                continue
            score, label, own, is_alert = DONT_KNOW_SCORE, "", question.dont_know_action, True
        else:
            choice = question.choice(value)
            if choice is None:
                continue
            is_alert = is_alert or (choice.alert and not choice.off_topic)
            step = step or _step_of_duty(question, choice)
            known = choice.score_for(traits)
            if choice.off_topic or known is None:
                is_closed = True
                continue
            score, label, own = known, choice.label_for(traits), choice.first_step
        total += weight * 3
        missing += weight * (3 - score)
        rank = (weight * (3 - score), weight)
        if score < 3 and (worst is None or rank > worst[:2]):
            worst = (*rank, question, label, own)
    if total == 0:
        return None if is_closed else _Gap(_NOTHING, -1.0, 0, "answer")
    gap = _Gap(_NOTHING, missing / total, 0, "answer", is_alert=is_alert, step=step)
    if worst is not None:
        gap.answer, gap.question, gap.first_step = worst[3] or None, worst[2].id, worst[4]
    return gap


def _step_of_duty(question: Question, choice: Choice) -> str | None:
    """Step 8: the paper that a duty asks for comes before the first step of the need that it belongs to."""
    is_due = choice.alert and not choice.off_topic and question.is_obligation
    return question.dont_know_action if is_due else None


def _opened_by_triggers(
    answers: Mapping[str, Any], questionnaire: Questionnaire
) -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for question in questionnaire.triggers:
        choice = question.choice(answers.get(question.id))
        if choice is not None:
            found.update(dict.fromkeys(choice.needs, (choice.label, question.id)))
    return found


def _refused_in_answers(answers: Mapping[str, Any], questionnaire: Questionnaire) -> set[str]:
    refused: set[str] = set()
    for question in questionnaire.scored:
        choice = question.choice(answers.get(question.id))
        if choice is not None and choice.refusal and question.need is not None:
            refused.add(question.need)
    return refused


def _quick_fixes(
    answers: Mapping[str, Any],
    questionnaire: Questionnaire,
    traits: Mapping[str, bool | None],
    in_plan: set[str],
    shut: set[str],
) -> list[QuickFix]:
    """The alerts that got no place, ten minutes each; what to check where the owner did not know."""
    fixes: dict[str, QuickFix] = {}
    for question in questionnaire.scored:
        need, value = question.need_for(traits), answers.get(question.id)
        if need is None or need in shut or need in in_plan:
            continue
        choice = question.choice(value)
        if value == DONT_KNOW and question.dont_know_action is not None:
            fixes.setdefault(question.id, QuickFix(need, question.id, question.dont_know_action))
        elif choice is not None and choice.alert:
            first = questionnaire.needs[need]
            duty = None if first.is_obligation else _step_of_duty(question, choice)
            known = question.to_know if choice.off_topic else duty
            text = known or choice.first_step or first.first_step
            fixes.setdefault(need, QuickFix(need, question.id, text))
    return list(fixes.values())


def _distance(need: Need, today: date | None) -> tuple[float, str]:
    dates = [date.fromisoformat(text) for text in need.due_dates]
    if today is None:
        return 0.0, need.due_dates[0]
    coming = [(day - today).days for day in dates if day >= today]
    return (float(min(coming)) if coming else float("inf")), need.due_dates[0]


def _order(needs: Mapping[str, Need], key: str) -> int:
    return list(needs).index(key) if key in needs else len(needs)


_NOTHING = Need("", "", "", "", 1, 1, 0, "", "")
