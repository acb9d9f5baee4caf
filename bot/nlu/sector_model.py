"""The linear part of sector reading: hashed words and letters to classes, and the confidence of a reading.

Made by `bot.nlu.train_sectors`, read here with numpy alone. A row of the matrix is a hashed feature, a column a class;
the last column is "no sector". Weights are 8-bit integers.
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bot.nlu.sector_lexicon import STOPS

BUCKETS = 1 << 14
"""Rows of the matrix."""

_DEFAULT_CONFIDENCE = (-2.2, 3.2, 1.0, 0.4, 0.5, 0.5, -0.5, -0.8, 0.3, -0.3)


def features(keys: Sequence[str]) -> list[int]:
    """The rows that a sequence of stems lights up: words, pairs of words, groups of four letters."""
    content = [key for key in keys if key not in STOPS]
    found = {zlib.crc32(f"{a} {b}".encode()) % BUCKETS for a, b in itertools.pairwise(content)}
    for key in content:
        found.update(_rows_of(key))
    return sorted(found)


@lru_cache(maxsize=20_000)
def _rows_of(key: str) -> tuple[int, ...]:
    """The rows of one stem: owners use the same words again and again."""
    word = f"^{key}$"
    pieces = [key, *(word[i : i + 4] for i in range(len(word) - 3) if len(key) >= 5)]
    return tuple(zlib.crc32(piece.encode()) % BUCKETS for piece in pieces)


class SectorModel:
    """Probabilities of the classes for a text, and the confidence of a judged reading."""

    def __init__(
        self,
        codes: list[str],
        weights: npt.NDArray[np.int8],
        scale: float,
        bias: npt.NDArray[np.float32],
        confidence: Sequence[float],
        calibration: npt.NDArray[np.float64],
    ) -> None:
        self._codes = codes
        self._weights = weights
        self._scale = scale
        self._bias = bias
        self._confidence = tuple(float(weight) for weight in confidence)
        self._calibration = calibration

    @classmethod
    def load(cls, path: Path, codes: list[str]) -> SectorModel:
        """Read a trained model; without one, nothing is known but what the lexicon says."""
        straight = np.array([[0.0, 1.0], [0.0, 1.0]])
        if not path.is_file():
            empty = np.zeros((0, len(codes) + 1), dtype=np.int8)
            return cls(
                codes, empty, 1.0, np.zeros(len(codes) + 1, dtype=np.float32), _DEFAULT_CONFIDENCE, straight
            )
        with np.load(path, allow_pickle=False) as data:
            return cls(
                [str(code) for code in data["codes"]],
                data["weights"],
                float(data["scale"]),
                data["bias"],
                data["confidence"].tolist(),
                data["calibration"],
            )

    def read(self, keys: Sequence[str]) -> tuple[dict[str, float], float]:
        """The likeliest classes with their probabilities among classes, and the probability of no sector."""
        rows = features(keys)
        if not len(self._weights) or not rows:
            return {}, 0.5
        total = self._weights[rows].sum(axis=0, dtype=np.int32)
        scores = total * np.float32(self._scale / math.sqrt(len(rows))) + self._bias
        scores = np.exp(scores - scores.max())
        scores /= scores.sum()
        none = float(scores[-1])
        best = np.argpartition(scores[:-1], -8)[-8:]
        among = max(1.0 - none, 1e-6)
        return {self._codes[i]: float(scores[i]) / among for i in best.tolist()}, none

    def confidence(self, vector: Sequence[float]) -> float:
        """The probability that the first class of a reading is right."""
        raw = self.raw_confidence(vector)
        return float(np.interp(raw, self._calibration[0], self._calibration[1]))

    def raw_confidence(self, vector: Sequence[float]) -> float:
        """The logistic score before calibration."""
        score = self._confidence[0] + sum(w * x for w, x in zip(self._confidence[1:], vector, strict=True))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))
