"""Trains the model of answers (`answer_model`) from labelled ones; scikit-learn is imported here only.

The examples are the lines of `nlu_data/answers/*.jsonl`, in the form that `connecteur evaluate` reads: a question with
its type and choices, what an owner answered, and what that means.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import orjson

from bot.errors import ContentError
from bot.messages import Question
from bot.nlu.answer_model import KINDS, SURE, AnswerModel, ChoiceWeights, Ruled, Vector, kinds_of

if TYPE_CHECKING:
    from bot.nlu.french import FrenchPipeline

_FOLDS = 4
_KINDS_C = 0.7
_CHOICES_C = 0.3
_LEAST_WEIGHT = 1e-2
_WRONG_AND_SURE = 0.015
_TEMPERATURES = [float(t) for t in np.geomspace(0.3, 4.0, 40)]
_SPECIAL = {"dont_know": "dont_know", "skip": "skip", "explain_why": "explain_why", "digression": "none"}


@dataclass(frozen=True, slots=True)
class Labelled:
    """An answer with its question and what it means: a value, or one of `_SPECIAL`."""

    text: str
    question: Question
    answer: Any


@dataclass(frozen=True, slots=True)
class _Row:
    labelled: Labelled
    kind: str
    group: int
    vector: Vector
    marks: Mapping[str, float]
    ruled: Ruled


def answer_files(folder: Path) -> list[Path]:
    """The files of labelled answers of a project's `nlu_data/`."""
    return sorted((folder / "answers").glob("*.jsonl"))


def read_labelled(paths: Iterable[Path]) -> list[Labelled]:
    """The labelled answers of files.

    Raises:
        ContentError: a line is none; with file and line.
    """
    found = []
    for path in paths:
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            if not line.strip():
                continue
            try:
                row = orjson.loads(line)
                question = Question.from_json(row["question"])
                one = Labelled(str(row["text"]), question, row["answer"])
            except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
                raise ContentError(
                    "il faut un objet avec « text », « question » et « answer ».", str(path), number
                ) from error
            if (problem := _problem(one)) is not None:
                raise ContentError(problem, str(path), number)
            found.append(one)
    return found


def _problem(one: Labelled) -> str | None:
    """What is wrong with a label, in words for who wrote it."""
    if isinstance(one.answer, str) and one.answer in _SPECIAL:
        return None
    kind, count = one.question.type, len(one.question.choices)
    if kind == "yes_no":
        return None if isinstance(one.answer, bool) else "la réponse d'un oui ou non est true ou false."
    if kind in ("choice", "multi"):
        indices = one.answer if kind == "multi" else [one.answer]
        if not isinstance(indices, list) or not all(isinstance(i, int) and 0 <= i < count for i in indices):
            return f"la réponse est le rang d'un choix, de 0 à {count - 1}."
    return None


def train(
    answers: Sequence[Labelled], pipeline: FrenchPipeline, features: int, seed: int = 13
) -> AnswerModel:
    """Fit the model on answers as the pipeline reads them; `features`: the size of the intents' vocabulary."""
    questions = {text: i for i, text in enumerate(dict.fromkeys(one.question.text for one in answers))}
    rows = []
    for one in answers:
        ruled, vector, marks = pipeline.read_by_rules(one.text, one.question)
        rows.append(_Row(one, _kind(one), questions[one.question.text], vector, marks, ruled))
    return _fit_all(rows, pipeline, features)


def _kind(one: Labelled) -> str:
    if isinstance(one.answer, str) and one.answer in _SPECIAL:
        return _SPECIAL[one.answer]
    if one.question.type == "yes_no":
        return "yes" if one.answer else "no"
    return "value"


def _fit_all(rows: Sequence[_Row], pipeline: FrenchPipeline, features: int) -> AnswerModel:
    """Temperatures, and from where on a value is sure, are told by questions that the tried model has not seen."""
    counts = Counter(name for row in rows for name in row.marks)
    marks = {name: i for i, name in enumerate(sorted(name for name, n in counts.items() if n >= 2))}
    seen = [row for row in rows if row.group % _FOLDS]
    unseen = [row for row in rows if row.group % _FOLDS == 0]
    tried = _fit(seen, marks, pipeline, features)
    tried = replace(tried, temperature=_temperature(tried, unseen))
    one, several = (
        replace(part, temperature=_choice_temperature(part, tried, _of_type(unseen, kind), pipeline))
        for part, kind in ((tried.one, "choice"), (tried.several, "multi"))
    )
    tried = replace(tried, one=one, several=several)
    model = _fit(rows, marks, pipeline, features)
    return replace(
        model,
        temperature=tried.temperature,
        one=replace(model.one, temperature=one.temperature),
        several=replace(model.several, temperature=several.temperature),
        sure_from=_sure_from(tried, unseen, pipeline),
    )


def _fit(
    rows: Sequence[_Row], marks: Mapping[str, int], pipeline: FrenchPipeline, features: int
) -> AnswerModel:
    weights, bias = _fit_kinds(
        _kinds_matrix(rows, marks, features), np.array([KINDS.index(row.kind) for row in rows])
    )
    nothing = ChoiceWeights({}, 0.0, 1.0)
    model = AnswerModel(weights[:features], marks, weights[features:], bias, 1.0, nothing, nothing)
    return replace(
        model,
        one=_fit_choices(_of_type(rows, "choice"), model, pipeline),
        several=_fit_choices(_of_type(rows, "multi"), model, pipeline),
    )


def _of_type(rows: Sequence[_Row], question_type: str) -> list[_Row]:
    """The rows of one type of question that give a value."""
    return [row for row in rows if row.labelled.question.type == question_type and row.kind == "value"]


def _sure_from(model: AnswerModel, rows: Sequence[_Row], pipeline: FrenchPipeline) -> float:
    """The least share from which on at most `_WRONG_AND_SURE` of all answers are wrong values."""
    wrong: list[float] = []
    for row in rows:
        given = pipeline.answers.weighed(model, row.labelled.question, row.ruled, row.vector, row.marks)
        if given.kind == "value" and not _is_same(given.value, row.labelled.answer):
            wrong.append(given.confidence)
    wrong.sort(reverse=True)
    allowed = int(_WRONG_AND_SURE * len(rows))
    return min(max(wrong[allowed] if len(wrong) > allowed else SURE, SURE), 0.98)


def _is_same(given: Any, wanted: Any) -> bool:
    value = list(given) if isinstance(given, tuple) else given
    return type(value) is type(wanted) and bool(value == wanted)


# ------------------------------------------------------------------ the kind of an answer
def _kinds_matrix(rows: Sequence[_Row], marks: Mapping[str, int], features: int) -> Any:
    from scipy.sparse import csr_matrix

    indices: list[npt.NDArray[np.int64]] = []
    values: list[npt.NDArray[np.float32]] = []
    ends = [0]
    for row in rows:
        known = [(features + marks[name], value) for name, value in row.marks.items() if name in marks]
        indices += [row.vector[0], np.array([i for i, _ in known], dtype=np.int64)]
        values += [row.vector[1], np.array([value for _, value in known], dtype=np.float32)]
        ends.append(ends[-1] + len(row.vector[0]) + len(known))
    return csr_matrix(
        (np.concatenate(values), np.concatenate(indices), np.array(ends)),
        shape=(len(rows), features + len(marks)),
    )


def _fit_kinds(
    matrix: Any, labels: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=_KINDS_C, max_iter=200, tol=1e-3).fit(matrix, labels)
    weights = np.zeros((matrix.shape[1], len(KINDS)), dtype=np.float32)
    bias = np.full(len(KINDS), -20.0, dtype=np.float32)
    weights[:, fitted.classes_] = fitted.coef_.T
    bias[fitted.classes_] = fitted.intercept_
    return weights, bias


def _temperature(model: AnswerModel, rows: Sequence[_Row]) -> float:
    """The divisor of the kinds' scores under which the right kinds are likeliest."""
    scores = np.full((len(rows), len(KINDS)), -1e9)
    for i, row in enumerate(rows):
        given = model.kinds(row.vector, row.marks)
        for kind in kinds_of(row.labelled.question.type):
            scores[i, KINDS.index(kind)] = given[kind]
    labels = np.array([KINDS.index(row.kind) for row in rows])

    def loss(temperature: float) -> float:
        scaled = scores / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return float(-logs[np.arange(len(labels)), labels].mean())

    return min(_TEMPERATURES, key=loss)


# ------------------------------------------------------------------ the choices
def _fit_choices(rows: Sequence[_Row], model: AnswerModel, pipeline: FrenchPipeline) -> ChoiceWeights:
    """One model for all choices of all questions: whether a choice is meant."""
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression

    features: list[dict[str, float]] = []
    labels: list[bool] = []
    for row in rows:
        for i, found in enumerate(_suiting(row, model, pipeline)):
            features.append(found)
            labels.append(_is_meant(i, row.labelled.answer))
    vectorizer = DictVectorizer()
    fitted = LogisticRegression(C=_CHOICES_C, max_iter=400).fit(vectorizer.fit_transform(features), labels)
    weights = {
        str(name): float(weight)
        for name, weight in zip(vectorizer.get_feature_names_out(), fitted.coef_[0], strict=True)
        if abs(weight) > _LEAST_WEIGHT
    }
    return ChoiceWeights(weights, float(fitted.intercept_[0]), 1.0)


def _suiting(row: _Row, model: AnswerModel, pipeline: FrenchPipeline) -> list[dict[str, float]]:
    kinds = model.kinds(row.vector, row.marks)
    return pipeline.answers.suiting(row.labelled.question, row.ruled, kinds)


def _is_meant(i: int, answer: Any) -> bool:
    return i in answer if isinstance(answer, list) else bool(i == answer)


def _choice_temperature(
    weights: ChoiceWeights, model: AnswerModel, rows: Sequence[_Row], pipeline: FrenchPipeline
) -> float:
    """The divisor under which the meant choices are likeliest: among each other, or each by itself."""
    scores = [[weights.score(found) for found in _suiting(row, model, pipeline)] for row in rows]

    def loss(temperature: float) -> float:
        total = 0.0
        for row, scored in zip(rows, scores, strict=True):
            scaled = np.array(scored) / temperature
            if row.labelled.question.type == "choice":
                total += float(np.logaddexp.reduce(scaled) - scaled[row.labelled.answer])
            else:
                meant = np.array([_is_meant(i, row.labelled.answer) for i in range(len(scored))])
                total += float(np.logaddexp(0.0, np.where(meant, -scaled, scaled)).sum())
        return total

    return min(_TEMPERATURES, key=loss)
