"""The intent of a text: a linear model on words and character n-grams, with calibrated confidences.

Training is in `train`; here only what a reading needs, with numpy alone. A text is read without its greeting
and its thanks when something else is said: the guideline gives the intent to that something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
_REMEMBERED_WORDS = 20_000

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
    _grams: dict[str, npt.NDArray[np.int64]] = field(default_factory=dict, compare=False, repr=False)

    def ranking(self, n: Normalised, markers: Iterable[str] = ()) -> tuple[Intent, ...]:
        """Every intent with its confidence, best first."""
        return self.ranked(*self.vector(n, markers))

    def ranked(self, indices: npt.NDArray[np.int64], values: npt.NDArray[np.float32]) -> tuple[Intent, ...]:
        """The ranking of a text that is a vector already."""
        shares = self.shares(indices, values)
        order = np.argsort(-shares, kind="stable")
        sorted_shares = shares[order].astype(np.float64).round(4)
        return tuple(
            Intent(self.names[i], share)
            for i, share in zip(order.tolist(), sorted_shares.tolist(), strict=True)
        )

    def shares(
        self, indices: npt.NDArray[np.int64], values: npt.NDArray[np.float32]
    ) -> npt.NDArray[np.float32]:
        """The confidence of each of `names`."""
        scores = (values @ self.weights[indices] + self.bias) / self.temperature
        scores -= scores.max()
        shares = np.exp(scores)
        return np.asarray(shares / shares.sum(), dtype=np.float32)

    def vector(
        self, n: Normalised, markers: Iterable[str] = ()
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """A text as places in the vocabulary and their weights: what `weigh` makes of `features`, but quicker.

        The groups of letters of a word are looked up once: owners use the same words again and again.
        """
        read = _read(n, markers)
        grams = [self._grams_of(word) for word in read.kept]
        all_grams = np.concatenate(grams) if grams else np.empty(0, dtype=np.int64)
        places, counts = np.unique(all_grams, return_counts=True)
        chars = (places, ((1.0 + np.log(counts)) * self.idf[places]).astype(np.float32))
        blocks = [
            _weighed_words(read.words, self.vocabulary, self.idf),
            chars,
            _weighed_marks(read.marks, self.vocabulary),
        ]
        lengths = [float(np.linalg.norm(values)) for _, values in blocks[:2]] + [1.0]
        return (
            np.concatenate([indices for indices, _ in blocks]),
            np.concatenate(
                [values / max(length, 1e-6) for (_, values), length in zip(blocks, lengths, strict=True)],
                dtype=np.float32,
            ),
        )

    def _grams_of(self, word: str) -> npt.NDArray[np.int64]:
        """Places in the vocabulary of a word's groups of letters, each as often as it stands there."""
        found = self._grams.get(word)
        if found is None:
            known = [i for gram in _grams(word) if (i := self.vocabulary.get(gram)) is not None]
            if len(self._grams) >= _REMEMBERED_WORDS:
                self._grams.clear()
            found = self._grams[word] = np.array(known, dtype=np.int64)
        return found


def weigh(
    blocks: Sequence[Mapping[str, float]], vocabulary: Mapping[str, int], idf: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Known features of each block with tf-idf weights, each block brought to length 1; markers as they are."""
    weighed = [_weighed_words(block, vocabulary, idf) for block in blocks[:2]]
    scaled = [(indices, values / max(float(np.linalg.norm(values)), 1e-6)) for indices, values in weighed]
    scaled.append(_weighed_marks(blocks[2], vocabulary))
    return np.concatenate([i for i, _ in scaled]), np.concatenate([v for _, v in scaled], dtype=np.float32)


def _weighed_words(
    block: Mapping[str, float], vocabulary: Mapping[str, int], idf: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    known = {i: count for name, count in block.items() if (i := vocabulary.get(name)) is not None}
    indices = np.array(list(known), dtype=np.int64)
    counts = np.array(list(known.values()), dtype=np.float32)
    return indices, ((1.0 + np.log(counts)) * idf[indices]).astype(np.float32)


def _weighed_marks(
    block: Mapping[str, float], vocabulary: Mapping[str, int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    marks = {i: value for name, value in block.items() if (i := vocabulary.get(name)) is not None}
    return np.array(list(marks), dtype=np.int64), np.array(list(marks.values()), dtype=np.float32)


def features(n: Normalised, markers: Iterable[str] = ()) -> tuple[dict[str, float], ...]:
    """Counts of words and pairs of words, counts of character n-grams, and markers of what was read."""
    read = _read(n, markers)
    chars: dict[str, float] = {}
    for word in read.kept:
        for gram in _grams(word):
            chars[gram] = chars.get(gram, 0.0) + 1.0
    return read.words, chars, read.marks


@dataclass(frozen=True, slots=True)
class _Read:
    """The words of a text that count, in order; counts of them and of their pairs; markers."""

    kept: list[str]
    words: dict[str, float]
    marks: dict[str, float]


def _grams(word: str) -> Iterator[str]:
    padded = " " + word + " "
    for size in _CHAR_SIZES:
        for at in range(len(padded) - size + 1):
            yield padded[at : at + size]


def _read(n: Normalised, markers: Iterable[str]) -> _Read:
    start, end = kernel(n)
    tokens = [token for token in n.tokens if token.start >= start and token.end <= end][:_MAX_TOKENS]
    kept = ["0" if token.word.isdigit() else token.word[:24] for token in tokens]
    words: dict[str, float] = {}
    previous = "^"
    for word in kept:
        for name in ("w " + word, "p " + previous + " " + word):
            words[name] = words.get(name, 0.0) + 1.0
        previous = word
    if tokens:
        words["p " + previous + " $"] = 1.0
        words["p ^ " + kept[0]] = 1.5
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
    return _Read(kept, words, marks)


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
