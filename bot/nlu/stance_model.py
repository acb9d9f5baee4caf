"""What the owner makes of a need that he speaks of, learnt from labelled messages.

The rules of `negation` know the usual ways to refuse; this model has seen many more (« on en est ravis », « très peu
pour moi », « c'est ma nièce qui s'en occupe »). It reads the words around a mention, each with its side and its
distance, never the mention itself: what it learns of one need holds for all. Training is in `train`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.nlu.negation import Judged, Stance
from bot.nlu.text import Normalised

# From which share on the model overrules the rules: where they saw no refusal, and where they saw one.
_REFUSED_AFTER_ALL, _WANTED_AFTER_ALL = 0.75, 0.95

_REACH = 10
_NEAR = 3
_SENTENCE_END = re.compile(r"[.!?;\n…]")
_PAUSE = re.compile(r"[,:()]")
_NOT_WORDS = frozenset("pas plus jamais sans aucun aucune rien ni zero".split())


@dataclass(frozen=True, slots=True)
class StanceModel:
    """Weights by feature: above zero they speak for a refusal, or for what one has and is content with."""

    vocabulary: Mapping[str, int]
    weights: npt.NDArray[np.float32]
    bias: float

    def judge(self, n: Normalised, judged: Sequence[Judged]) -> tuple[Judged, ...]:
        """The mentions with the stance that is likelier, rules and model taken together."""
        return tuple(self._judged(n, judged, i) for i in range(len(judged)))

    def _judged(self, n: Normalised, judged: Sequence[Judged], i: int) -> Judged:
        one = judged[i]
        known = [at for name in features(n, judged, i) if (at := self.vocabulary.get(name)) is not None]
        refused = 1.0 / (1.0 + math.exp(-float(self.weights[known].sum()) - self.bias))
        if one.stance is Stance.WANTED and refused >= _REFUSED_AFTER_ALL:
            return Judged(one.mention, Stance.REFUSED)
        if one.stance in (Stance.REFUSED, Stance.HAS) and 1.0 - refused >= _WANTED_AFTER_ALL:
            return Judged(one.mention, Stance.WANTED)
        return one


def features(n: Normalised, judged: Sequence[Judged], i: int) -> list[str]:
    """Names of what stands around mention `i`, and of what the rules made of it."""
    mention = judged[i].mention
    others = {
        k for j, other in enumerate(judged) if j != i for k in range(other.mention.start, other.mention.end)
    }
    found = [f"rule {judged[i].stance.value}", f"rule {judged[i].stance.value} {mention.strong}"]
    found += [
        f"in {word}" for k in range(mention.start, mention.end) if (word := n.tokens[k].word) in _NOT_WORDS
    ]
    for side, step, first in (("before", -1, mention.start - 1), ("after", 1, mention.end)):
        found += _side(n, side, step, first, others)
    return found


def _side(n: Normalised, side: str, step: int, first: int, others: set[int]) -> list[str]:
    found: list[str] = []
    at, previous, distance, far = first, "#", 0, ""
    while 0 <= at < len(n.tokens) and distance < _REACH:
        gap = (
            n.plain[n.tokens[at].end : n.tokens[at + 1].start] if step < 0 and at + 1 < len(n.tokens) else ""
        )
        if step > 0:
            gap = n.plain[n.tokens[at - 1].end : n.tokens[at].start]
        if _SENTENCE_END.search(gap):
            found.append(f"{side} end {min(distance, 2)}{'?' if '?' in gap else ''}")
            far = "far "
        if _PAUSE.search(gap):
            found.append(f"{side} {far}pause {min(distance, 3)}")
            previous = ","
        word = "<other>" if at in others else "0" if n.tokens[at].word.isdigit() else n.tokens[at].word
        if word == "<other>" and previous == "<other>":
            at += step
            continue
        pair = f"{previous} {word}" if step > 0 else f"{word} {previous}"
        found.append(f"{side} {far}{word}")
        found.append(f"{side} {far}({pair})")
        found.append(f"around {word}")
        if distance < _NEAR and not far:
            found.append(f"{side} {distance} {word}")
        previous = word
        distance += 1
        at += step
    if not 0 <= at < len(n.tokens):
        found.append(f"{side} edge {min(distance, 3)}")
    return found


def to_arrays(model: StanceModel) -> dict[str, npt.NDArray[Any]]:
    """The model as arrays for an `.npz`."""
    names = sorted(model.vocabulary, key=model.vocabulary.__getitem__)
    return {
        "stance_vocabulary": np.frombuffer("\n".join(names).encode(), dtype=np.uint8),
        "stance_weights": model.weights.astype(np.float16),
        "stance_bias": np.array([model.bias], dtype=np.float32),
    }


def from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> StanceModel | None:
    """What `to_arrays` wrote; None while the model is only being trained."""
    if "stance_weights" not in arrays:
        return None
    names = bytes(arrays["stance_vocabulary"]).decode().split("\n")
    return StanceModel(
        {name: i for i, name in enumerate(names)},
        arrays["stance_weights"].astype(np.float32),
        float(arrays["stance_bias"][0]),
    )
