"""What an answer is and which choices it means, learnt from labelled answers.

The rules of `answers` know set phrases, numbers and the words of the choices; this model has seen how owners answer
without any of them (« c'est ma nièce qui gère », « faudrait que je m'y mette »), and how far each rule is to be
believed. Two linear models: one tells the kind of the answer from its words and from what the rules found, the other
how well a choice suits it. Training is in `train_answers`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.messages import Answer, Intent
from bot.nlu.answer_choice import ChoiceSet
from bot.nlu.answer_words import STOP_WORDS, Reading
from bot.nlu.answer_yes_no import Polarity, is_question

KINDS = ("yes", "no", "value", "dont_know", "skip", "explain_why", "none")
"""What an answer can be: « yes » and « no » to a yes/no question, « value » to any other."""

SURE = 0.7
"""From this confidence on a wrong value is a fault of ours, not a doubt."""

Vector = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]
"""A text as places in the vocabulary of the intents, and their weights (`intents.IntentModel.vector`)."""

_SECTIONS = frozenset(
    "dont_know dont_know_weak skip back explain_why digression yes no not_yet exists asked instead".split()
)
_MOST_WORDS = 24
_MOST_PAIRED = 12
_MOST_TOPICS = 6
_WORDS_WEIGHT = 1.5
_PAIRS_WEIGHT = 0.3


@dataclass(frozen=True, slots=True)
class Ruled:
    """What the rules made of an answer: the value found, the gesture found, and which of them they believe."""

    answer: Answer
    found: Answer
    gesture: Answer | None
    polarity: Polarity | None
    reading: Reading


@dataclass(frozen=True, slots=True)
class ChoiceWeights:
    """How well a choice suits an answer: a weight by feature. `temperature` makes shares of the scores."""

    weights: Mapping[str, float]
    bias: float
    temperature: float

    def score(self, features: Mapping[str, float]) -> float:
        """Above zero it suits."""
        weights = self.weights
        told = sum(value * weights[name] for name, value in features.items() if name in weights)
        return (told + self.bias) / self.temperature


@dataclass(frozen=True, slots=True)
class AnswerModel:
    """`on_text` [vocabulary of the intents, kinds] and `on_marks` [marks, kinds] are weights."""

    on_text: npt.NDArray[np.float32]
    marks: Mapping[str, int]
    on_marks: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    temperature: float
    one: ChoiceWeights
    several: ChoiceWeights
    sure_from: float = SURE

    def confidence(self, share: float) -> float:
        """The confidence of a value with that share: `SURE` from the share on where wrong ones get rare."""
        if self.sure_from <= SURE or share <= 0.5:
            return share
        if share < self.sure_from:
            return 0.5 + (share - 0.5) * (SURE - 0.5) / (self.sure_from - 0.5)
        return SURE + (share - self.sure_from) * (1.0 - SURE) / max(1.0 - self.sure_from, 1e-6)

    def kinds(self, vector: Vector, marks: Mapping[str, float]) -> dict[str, float]:
        """The score of each kind."""
        indices, values = vector
        known = [(i, value) for name, value in marks.items() if (i := self.marks.get(name)) is not None]
        scores = self.bias + values @ self.on_text[indices]
        if known:
            places, weights = zip(*known, strict=True)
            scores = scores + np.array(weights, dtype=np.float32) @ self.on_marks[list(places)]
        return dict(zip(KINDS, (scores / self.temperature).tolist(), strict=True))


def shares(scores: Mapping[str, float], allowed: Iterable[str]) -> dict[str, float]:
    """How likely each allowed kind is."""
    kept = {kind: scores[kind] for kind in allowed}
    top = max(kept.values())
    raised = {kind: math.exp(score - top) for kind, score in kept.items()}
    total = sum(raised.values())
    return {kind: value / total for kind, value in raised.items()}


def kinds_of(question_type: str) -> tuple[str, ...]:
    """The kinds that an answer to a question of this type can be."""
    left_out = ("value",) if question_type == "yes_no" else ("yes", "no")
    return tuple(kind for kind in KINDS if kind not in left_out)


# ------------------------------------------------------------------ features
def marks_of(ruled: Ruled, asked: Reading, question_type: str, intent: Intent | None) -> dict[str, float]:
    """The words of an answer and what the rules found in it, by name."""
    reading = ruled.reading
    found = {
        f"type {question_type}",
        f"size {min(len(reading.words), 12) // 2}",
        *_sure("rule", _told(ruled.answer, question_type), ruled.answer.confidence),
        *(f"has {match.section}" for match in reading.matches if match.section in _SECTIONS),
    }
    if ruled.gesture is not None:
        found.update(_sure("gesture", ruled.gesture.kind, ruled.gesture.confidence))
    if (polarity := ruled.polarity) is not None:
        found.update(_sure("says", f"{polarity.value} {polarity.lead}", polarity.confidence))
    if intent is not None:
        found.update(_sure("intent", intent.name, intent.confidence))
    if is_question(reading):
        found.add("asks")
    wanted = {word.root for word in asked.words if word.word not in STOP_WORDS}
    taken_up = sum(word.root in wanted for word in reading.words if word.word not in STOP_WORDS)
    found.add(f"takes up {min(taken_up, 2)}")
    marks = dict.fromkeys(found, 1.0)
    said = list(_said([token.word for token in reading.n.tokens][:_MOST_WORDS]))
    weight = _WORDS_WEIGHT / math.sqrt(max(len(said), 1))
    marks.update(dict.fromkeys(said, weight))
    if question_type == "yes_no":
        marks.update(dict.fromkeys(_said_of(reading, asked), _PAIRS_WEIGHT))
    return marks


def _sure(what: str, name: str, confidence: float) -> tuple[str, str]:
    return f"{what} {name}", f"{what} {name} {int(confidence * 10)}"


def _told(answer: Answer, question_type: str) -> str:
    if answer.kind != "value" or question_type != "yes_no":
        return answer.kind
    return "yes" if answer.value else "no"


def _said(words: Sequence[str]) -> Iterator[str]:
    if not words:
        return
    yield f"first {words[0]}"
    yield f"last {words[-1]}"
    for word in words:
        yield f"w {'0' if word.isdigit() else word}"
    for one, other in pairwise(words):
        yield f"w {one} {other}"


def _said_of(reading: Reading, asked: Reading) -> Iterator[str]:
    """Words of the answer beside each other, and beside those of the question: « papier » is no « logiciel »."""
    words = [word.word for word in reading.words][:_MOST_WORDS]
    yield from (f"y {word}" for word in words)
    yield from (f"y {one} {other}" for one, other in pairwise(words))
    yield from (f"y {' '.join(three)}" for three in zip(words, words[1:], words[2:], strict=False))
    topics = [word.root for word in asked.words if word.word not in STOP_WORDS][:_MOST_TOPICS]
    for word in dict.fromkeys(words[:_MOST_PAIRED]):
        yield from (f"{word} | {topic}" for topic in topics)


def choice_features(
    known: ChoiceSet, scores: Sequence[float], ruled: Ruled, kinds: Mapping[str, float]
) -> list[dict[str, float]]:
    """How each choice stands to an answer. `scores` are those of the rules, `kinds` those of the kinds."""
    answer, reading = ruled.found, ruled.reading
    chosen: set[int] = set()
    if answer.kind == "value":
        chosen = set(answer.value) if isinstance(answer.value, list) else {answer.value}
    sure = int(answer.confidence * 10)
    agrees = shares(kinds, ("yes", "no"))["yes"]
    words = list(dict.fromkeys(word.word for word in reading.words))[:_MOST_PAIRED]
    features: list[dict[str, float]] = []
    for i, choice in enumerate(known.choices):
        others = max((score for k, score in enumerate(scores) if k != i), default=0.0)
        one = {
            "score": min(max(scores[i], -1.0), 2.0),
            "lead": min(max(scores[i] - others, -2.0), 2.0),
            "number": 1.0 / len(known.choices),
            "first": float(i == 0),
            "last": float(i == len(known.choices) - 1),
            f"choice says {choice.polarity}": 1.0,
        }
        if i in chosen:
            one["chosen"] = 1.0
            one[f"chosen {sure}"] = 1.0
        elif chosen:
            one["other chosen"] = 1.0
            one[f"other chosen {sure}"] = 1.0
        else:
            one["none chosen"] = 1.0
        if choice.polarity:
            one["agrees"] = (agrees - 0.5) * choice.polarity
            if (polarity := ruled.polarity) is not None:
                one[f"says {polarity.value} {choice.polarity} {polarity.lead}"] = 1.0
        if choice.is_none:
            one["is none"] = 1.0
        ends = list(dict.fromkeys(w.root for w in choice.reading.words if w.word not in STOP_WORDS))[:8]
        for word in words:
            if choice.polarity:
                one[f"{word} | {choice.polarity}"] = 1.0
            if choice.level is not None:
                one[f"{word} | level {choice.level[0] // 25}"] = 1.0
            for end in ends:
                one[f"{word} > {end}"] = 0.5
        features.append(one)
    return features


# ------------------------------------------------------------------ kept
def to_arrays(model: AnswerModel) -> dict[str, npt.NDArray[Any]]:
    """The model as arrays for an `.npz`."""
    arrays: dict[str, npt.NDArray[Any]] = {
        "answers_on_text": model.on_text.astype(np.float16),
        "answers_marks": _joined(model.marks),
        "answers_on_marks": model.on_marks.astype(np.float16),
        "answers_bias": np.array([*model.bias, model.temperature, model.sure_from], dtype=np.float32),
    }
    for name, part in (("one", model.one), ("several", model.several)):
        arrays[f"answers_{name}_names"] = _joined(part.weights)
        arrays[f"answers_{name}_weights"] = np.array(
            [*part.weights.values(), part.bias, part.temperature], dtype=np.float32
        )
    return arrays


def from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> AnswerModel | None:
    """What `to_arrays` wrote; None while the model is only being trained."""
    if "answers_bias" not in arrays:
        return None
    bias = arrays["answers_bias"]

    def part(name: str) -> ChoiceWeights:
        *weights, bias, temperature = arrays[f"answers_{name}_weights"].tolist()
        return ChoiceWeights(
            dict(zip(_split(arrays[f"answers_{name}_names"]), weights, strict=True)), bias, temperature
        )

    return AnswerModel(
        on_text=arrays["answers_on_text"].astype(np.float32),
        marks={name: i for i, name in enumerate(_split(arrays["answers_marks"]))},
        on_marks=arrays["answers_on_marks"].astype(np.float32),
        bias=bias[:-2],
        temperature=float(bias[-2]),
        sure_from=float(bias[-1]),
        one=part("one"),
        several=part("several"),
    )


def _joined(names: Iterable[str]) -> npt.NDArray[Any]:
    return np.frombuffer("\n".join(names).encode(), dtype=np.uint8)


def _split(array: npt.NDArray[Any]) -> list[str]:
    return bytes(array).decode().split("\n")
