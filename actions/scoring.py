"""The picture: a score from 0 to 100 and a word for each axis. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .questionnaire import DONT_KNOW, SKIPPED, Axis, Level, Question, Questionnaire, Traits

LEAST_ANSWERS = 2


@dataclass(frozen=True, slots=True)
class AxisScore:
    """What an axis is worth; `value` and `level` are None when too few answers tell.

    `to_check` are the questions answered « je ne sais pas ».
    """

    axis: Axis
    value: int | None
    level: Level | None
    answered: int
    to_check: tuple[str, ...]


def score_of(question: Question, value: Any, traits: Traits) -> int | None:
    """The score of an answer, None when it counts for nothing (passed, unknown, does not concern)."""
    if not question.is_scored or value in (None, DONT_KNOW, SKIPPED):
        return None
    choice = question.choice(value)
    return None if choice is None or choice.off_topic else choice.score_for(traits)


def score_axes(
    answers: Mapping[str, Any], questionnaire: Questionnaire, traits: Traits
) -> tuple[AxisScore, ...]:
    """Score each axis on the questions that were put and can be scored, in the order of the file.

    100 × Σ(weight × score) / Σ(weight × 3), only when two questions and half the weight put are answered.
    """
    return tuple(_score_axis(axis, answers, questionnaire, traits) for axis in questionnaire.axes)


def _score_axis(
    axis: Axis, answers: Mapping[str, Any], questionnaire: Questionnaire, traits: Traits
) -> AxisScore:
    reached = possible = put = counted = answered = 0
    to_check: list[str] = []
    for question in questionnaire.scored:
        value = answers.get(question.id)
        if question.axis != axis.id or value is None:
            continue
        weight = question.weight_for(traits)
        choice = question.choice(value)
        if choice is not None and choice.off_topic:
            continue
        put += weight
        if value == DONT_KNOW:
            to_check.append(question.id)
        score = score_of(question, value, traits)
        if score is not None:
            answered += 1
            counted += weight
            reached += weight * score
            possible += weight * 3
    is_known = answered >= LEAST_ANSWERS and possible > 0 and counted * 2 >= put
    number = round(100 * reached / possible) if is_known else None
    return AxisScore(axis, number, _level(number, questionnaire), answered, tuple(to_check))


def _level(value: int | None, questionnaire: Questionnaire) -> Level | None:
    if value is None:
        return None
    return next(level for level in questionnaire.levels if level.low <= value <= level.high)


def best_first(scores: Iterable[AxisScore]) -> tuple[AxisScore, ...]:
    """The axes that have a score, the best one first."""
    known = [score for score in scores if score.value is not None]
    return tuple(sorted(known, key=lambda score: -(score.value or 0)))


def strong_point(ranked: Sequence[AxisScore]) -> AxisScore | None:
    """The best axis, unless even that one is at the lowest level: nobody is praised for what is not there."""
    best = ranked[0] if ranked else None
    return best if best is not None and best.level is not None and best.level.low > 0 else None


def zeros_in_a_row(
    axis: str, asked: Iterable[str], answers: Mapping[str, Any], questionnaire: Questionnaire, traits: Traits
) -> int:
    """The longest run of zeros among the questions of an axis, in the order in which they were put."""
    longest = run = 0
    for name in asked:
        question = questionnaire.questions.get(name)
        if question is None or question.axis != axis:
            continue
        score = score_of(question, answers.get(name), traits)
        if score is None:
            continue
        run = run + 1 if score == 0 else 0
        longest = max(longest, run)
    return longest
