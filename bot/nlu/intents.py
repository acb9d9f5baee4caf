"""The intent of a text: a linear model on words and character n-grams, with calibrated confidences.

Training is in `train`; here only what a reading needs, with numpy alone. A text is read without its greeting
and its thanks when something else is said: the guideline gives the intent to that something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.messages import Intent
from bot.nlu.text import Normalised

FEATURES_VERSION = 3
"""Counts up when `features` changes, so that kept models become stale."""

_MAX_TOKENS = 120
_CHAR_SIZES = (2, 3, 4, 5)
_MARKER_WEIGHT = 0.35

_POLITE_START = re.compile(
    r"^\W*(?:re)?(?:bonjour|bonsoir|bjr|bsr|salut|slt|coucou|cc|hello|hey|bonjours)\b"
    r"(?: (?:a (?:tous|toutes|vous)|madame|monsieur|messieurs|mesdames|tout le monde|l'equipe))*\W*"
)
_POLITE_END = re.compile(
    r"\W*\b(?:merci(?: (?:d'avance|beaucoup|bien|bcp|a vous|par avance))*|svp|stp|s'il (?:vous|te) plai[st]?t|"
    r"cordialement|bonne journee|bien a vous)\W*$"
)
_GREETING_TAIL = re.compile(
    r"^(?:(?:comment|ca) (?:allez|va|vas)|vous allez bien|et bonne|bonjour|toi\b|le robot)"
)


@dataclass(frozen=True, slots=True)
class IntentModel:
    """Weights of one model. `temperature` divides the scores, so that a confidence is a share of right ones."""

    names: tuple[str, ...]
    vocabulary: Mapping[str, int]
    idf: npt.NDArray[np.float32]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]
    temperature: float

    def ranking(self, n: Normalised, markers: Iterable[str] = ()) -> tuple[Intent, ...]:
        """Every intent with its confidence, best first."""
        return self.ranked(*self.vector(features(n, markers)))

    def ranked(self, indices: npt.NDArray[np.int64], values: npt.NDArray[np.float32]) -> tuple[Intent, ...]:
        """The ranking of a text that is a vector already."""
        shares = self.shares(indices, values)
        order = np.argsort(-shares, kind="stable")
        return tuple(Intent(self.names[i], round(shares.item(i), 4)) for i in order.tolist())

    def shares(
        self, indices: npt.NDArray[np.int64], values: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """The confidence of each of `names`."""
        scores = (values @ self.weights[indices] + self.bias) / self.temperature
        scores -= scores.max()
        shares = np.exp(scores)
        return np.asarray(shares / shares.sum(), dtype=np.float32)

    def vector(
        self, blocks: Sequence[Mapping[str, float]]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Features as places in the vocabulary and their weights; words and characters each of length 1."""
        return weigh(blocks, self.vocabulary, self.idf)


def weigh(
    blocks: Sequence[Mapping[str, float]], vocabulary: Mapping[str, int], idf: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Known features of each block with tf-idf weights, each block brought to length 1; markers as they are."""
    place = vocabulary.get
    all_indices: list[npt.NDArray[np.int64]] = []
    all_values: list[npt.NDArray[np.float32]] = []
    for block in blocks[:2]:
        known = {i: count for name, count in block.items() if (i := place(name)) is not None}
        if not known:
            continue
        indices = np.array(list(known), dtype=np.int64)
        counts = np.array(list(known.values()), dtype=np.float32)
        values = (1.0 + np.log(counts)) * idf[indices]
        all_indices.append(indices)
        all_values.append((values / max(float(np.linalg.norm(values)), 1e-6)).astype(np.float32))
    marks = {i: value for name, value in blocks[2].items() if (i := place(name)) is not None}
    all_indices.append(np.array(list(marks), dtype=np.int64))
    all_values.append(np.array(list(marks.values()), dtype=np.float32))
    return np.concatenate(all_indices), np.concatenate(all_values)


def features(n: Normalised, markers: Iterable[str] = ()) -> tuple[dict[str, float], ...]:
    """Counts of words and pairs of words, counts of character n-grams, and markers of what was read."""
    start, end = kernel(n)
    tokens = [token for token in n.tokens if token.start >= start and token.end <= end][:_MAX_TOKENS]
    words: dict[str, float] = {}
    chars: dict[str, float] = {}
    previous = "^"
    for token in tokens:
        word = "0" if token.word.isdigit() else token.word[:24]
        for name in ("w " + word, "p " + previous + " " + word):
            words[name] = words.get(name, 0.0) + 1.0
        previous = word
        padded = " " + word + " "
        for size in _CHAR_SIZES:
            for at in range(len(padded) - size + 1):
                gram = padded[at : at + size]
                chars[gram] = chars.get(gram, 0.0) + 1.0
    if tokens:
        words["p " + previous + " $"] = 1.0
        words["p ^ " + ("0" if tokens[0].word.isdigit() else tokens[0].word[:24])] = 1.5
    marks = {"# " + marker: _MARKER_WEIGHT for marker in markers}
    marks[f"# length {min(len(tokens), 20) // 3}"] = _MARKER_WEIGHT
    if "?" in n.plain:
        marks["# ?"] = _MARKER_WEIGHT
    if not tokens:
        marks["# nothing"] = 1.0
        for char in n.plain.strip()[:3]:
            words["c " + char] = 1.0
    elif all(token.word.isdigit() for token in tokens):
        marks["# digits"] = _MARKER_WEIGHT
    if any(ord(char) > 0x2FF and char.isalpha() for char in n.plain[:200]):
        marks["# script"] = 1.0
    return words, chars, marks


def kernel(n: Normalised) -> tuple[int, int]:
    """Plain characters [start, end) without the greeting before and the thanks after, where something is left."""
    text = n.plain
    start, end = 0, len(text)
    match = _POLITE_START.match(text)
    if match and len(_words(text[match.end() :])) >= 2 and not _GREETING_TAIL.match(text[match.end() :]):
        start = match.end()
    match = _POLITE_END.search(text, start)
    if match and len(_words(text[start : match.start()])) >= 2:
        end = match.start()
    return start, end


def model_to_arrays(model: IntentModel, prefix: str) -> dict[str, npt.NDArray[Any]]:
    """The model as arrays for an `.npz`, each name with the prefix."""
    ordered = sorted(model.vocabulary, key=model.vocabulary.__getitem__)
    return {
        prefix + "names": np.frombuffer("\n".join(model.names).encode(), dtype=np.uint8),
        prefix + "vocabulary": np.frombuffer("\n".join(ordered).encode(), dtype=np.uint8),
        prefix + "idf": model.idf.astype(np.float16),
        prefix + "weights": model.weights.astype(np.float16),
        prefix + "bias": model.bias.astype(np.float32),
        prefix + "temperature": np.array([model.temperature], dtype=np.float32),
    }


def model_from_arrays(arrays: Mapping[str, npt.NDArray[Any]], prefix: str) -> IntentModel:
    """What `model_to_arrays` wrote."""
    names = bytes(arrays[prefix + "names"]).decode().split("\n")
    vocabulary = bytes(arrays[prefix + "vocabulary"]).decode().split("\n")
    return IntentModel(
        names=tuple(names),
        vocabulary={name: i for i, name in enumerate(vocabulary)},
        idf=arrays[prefix + "idf"].astype(np.float32),
        weights=arrays[prefix + "weights"].astype(np.float32),
        bias=arrays[prefix + "bias"],
        temperature=float(arrays[prefix + "temperature"][0]),
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)
