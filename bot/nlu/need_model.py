"""What a text as a whole wants, refuses and speaks of: three linear models a need, beside the lexicon's own words.

The lexicon (`needs`) finds the words that it knows, and `negation` says what the rules make of them; these models
have learnt from labelled messages what people mean who use none of those words. They read the same features as the
intents; `stance_model` weighs what they say. Training is in `train_needs`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.nlu.needs import KEYS
from bot.nlu.negation import Judged

WANTS, REFUSES, SPOKEN = 0, len(KEYS), 2 * len(KEYS)
"""Where the scores of each side begin; a need is spoken of when it is wanted or refused."""

COLUMNS = 3 * len(KEYS)

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NeedModel:
    """Weights [features, COLUMNS] on the vocabulary of the intent model."""

    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def scores(self, indices: npt.NDArray[np.int64], values: npt.NDArray[np.float32]) -> Scores:
        """Log-odds of each need being wanted, refused, spoken of."""
        return np.asarray(values @ self.weights[indices] + self.bias, dtype=np.float32)


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
