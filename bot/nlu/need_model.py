"""What a text wants and refuses as a whole: one linear model a need, beside the lexicon's own words.

The lexicon (`needs`) finds the words that it knows, and `negation` says what is made of them; the model has learnt
from labelled messages how far each of them is to be believed, and what people mean who use none of those words. It
reads the same features as the intents. Training is in `train`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.nlu.needs import KEYS
from bot.nlu.negation import Judged

OUTPUTS = tuple(f"{side} {key}" for side in ("wants", "refuses") for key in KEYS)
"""What the model tells of a text, in the order of its columns."""


@dataclass(frozen=True, slots=True)
class NeedModel:
    """Weights [features, outputs] on the vocabulary of the intent model."""

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def shares(
        self, indices: npt.NDArray[np.int64], values: npt.NDArray[np.float32]
    ) -> Mapping[str, tuple[float, float]]:
        """How likely the text wants and refuses each need, by its key."""
        likely = 1.0 / (1.0 + np.exp(-(values @ self.weights[indices] + self.bias)))
        wants, refuses = likely[: len(KEYS)].tolist(), likely[len(KEYS) :].tolist()
        return dict(zip(KEYS, zip(wants, refuses, strict=True), strict=True))


def markers(judged: Sequence[Judged]) -> Iterable[str]:
    """What the lexicon found, in the words of the models."""
    for one in judged:
        yield f"{one.stance.value} {one.mention.key}"
        if one.mention.strong:
            yield f"problem {one.mention.key}"


def to_arrays(model: NeedModel) -> dict[str, npt.NDArray[Any]]:
    """The model as arrays for an `.npz`."""
    return {"needs_weights": model.weights.astype(np.float16), "needs_bias": model.bias}


def from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> NeedModel:
    """What `to_arrays` wrote."""
    return NeedModel(arrays["needs_weights"].astype(np.float32), arrays["needs_bias"])
