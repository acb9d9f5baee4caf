"""Whether a text wants a need, refuses it (or has it and is content), or neither, learnt from labelled messages.

One model for all needs: it reads the words around the mentions, each with its side and its distance, and those of
their segment, hardly ever the mention itself; so what it learns of one need holds for all (« on en est ravis », « très
peu pour moi », « c'est ma nièce qui s'en occupe »). What the rules of `negation` made of the mentions and the scores
of `need_model` are features among others. A need that no word of the lexicon tells is looked for in the segment that
speaks of it most. Training is in `train_needs`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.nlu.need_model import REFUSES, SPOKEN, WANTS, Scores
from bot.nlu.needs import KEYS
from bot.nlu.negation import Judged
from bot.nlu.text import Normalised

OUTCOMES = ("wants", "refuses", "neither")

# from which log-odds on a need is asked about though the lexicon found none of its words
_MAYBE_SPOKEN = -3.2
# of a need named over and over in a long text the first mentions tell
_MOST_MENTIONS = 5
_MOST_TOKENS = 150

_REACH = 10
_NEAR = 3
_SENTENCE_END = re.compile(r"[.!?;\n…]")
_PAUSE = re.compile(r"[,:()]")
_NOT_WORDS = frozenset("pas plus jamais sans aucun aucune rien ni zero".split())
_SEGMENT = re.compile(
    r"[.!?;\n…:,()\"]+|\s-\s"
    r"|\b(?:mais|par contre|en revanche|sauf que|sauf|car|parce qu|alors que|tandis que|sinon|pourtant|plutot qu|"
    r"plutot|au lieu)\b"
    r"|\b(?:et|puis|donc|ou)\b(?=\s+(?:je|j'|on|nous|il|elle|ca|c'est|moi|surtout|pas|mes|mon|ma|notre|nos|comment|"
    r"faut|qui)\b)"
)
_JOINTS = frozenset("mais et ou donc car".split())


@dataclass(frozen=True, slots=True)
class NeedStance:
    """How likely the text wants and refuses a need; plain characters [start, end) that speak of it."""

    wants: float
    refuses: float
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A need that may be meant: what is known of it for the model, and where it is spoken of."""

    key: str
    features: Mapping[str, float]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class StanceModel:
    """Weights [features, OUTCOMES]."""

    vocabulary: Mapping[str, int]
    weights: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def judge(self, candidates: Sequence[Candidate]) -> dict[str, NeedStance]:
        """The stance on each candidate, by its key."""
        return {one.key: self._judged(one) for one in candidates}

    def _judged(self, one: Candidate) -> NeedStance:
        known = [
            (at, value)
            for name, value in one.features.items()
            if (at := self.vocabulary.get(name)) is not None
        ]
        scores = self.bias.copy()
        if known:
            places, values = zip(*known, strict=True)
            scores += np.array(values, dtype=np.float32) @ self.weights[list(places)]
        shares = np.exp(scores - scores.max())
        wants, refuses, _ = (shares / shares.sum()).tolist()
        return NeedStance(wants, refuses, one.start, one.end)


def candidates(
    n: Normalised, judged: Sequence[Judged], scores: Scores, scores_of: Callable[[int, int], Scores]
) -> list[Candidate]:
    """The needs that may be meant. `scores_of(start, end)` gives the scores of a stretch of the plain text."""
    said: dict[str, list[int]] = {}
    for i, one in enumerate(judged):
        said.setdefault(one.mention.key, []).append(i)
    taken = {k for one in judged for k in range(one.mention.start, one.mention.end)}
    parts = segments(n)
    part_scores: list[Scores] = []
    found = []
    for column, key in enumerate(KEYS):
        if key in said:
            whole = _of_text(scores, column)
            mentions = said[key][:_MOST_MENTIONS]
            features = {
                **whole,
                **_of_mentions(n, judged, mentions, taken, parts),
                "loc text t": whole["text t"],
            }
            first = judged[mentions[0]].mention
            found.append(Candidate(key, features, n.tokens[first.start].start, n.tokens[first.end - 1].end))
        elif parts and scores[SPOKEN + column] > _MAYBE_SPOKEN:
            part_scores = part_scores or [scores_of(n.tokens[a].start, n.tokens[b - 1].end) for a, b in parts]
            at = max(range(len(parts)), key=lambda i: part_scores[i][SPOKEN + column])
            start, end = parts[at]
            features = {
                **_of_text(scores, column),
                "unlocated": 1.0,
                f"key? {key}": 1.0,
                "seg w": _bounded(part_scores[at][WANTS + column]),
                "seg r": _bounded(part_scores[at][REFUSES + column]),
                **dict.fromkeys(_of_segments(n, parts, at, taken), 1.0),
            }
            found.append(Candidate(key, features, n.tokens[start].start, n.tokens[end - 1].end))
    return found


def segments(n: Normalised) -> list[tuple[int, int]]:
    """Tokens [start, end) between marks, « mais », « par contre » and the like; a lone joint goes with what follows."""
    tokens = n.tokens[:_MOST_TOKENS]
    cuts = [m.start() if m.group()[0].isalpha() else m.end() for m in _SEGMENT.finditer(n.plain)]
    found: list[tuple[int, int]] = []
    at = 0
    for cut in (*sorted(cuts), len(n.plain) + 1):
        end = at
        while end < len(tokens) and tokens[end].start < cut:
            end += 1
        if end > at:
            lone = found and found[-1][1] - found[-1][0] == 1 and tokens[found[-1][0]].word in _JOINTS
            if lone:
                at = found.pop()[0]
            found.append((at, end))
            at = end
    return found


# ------------------------------------------------------------------ features
def _of_text(scores: Scores, column: int) -> dict[str, float]:
    wants, refuses, spoken = (float(scores[side + column]) for side in (WANTS, REFUSES, SPOKEN))
    return {
        "text w": _bounded(wants),
        "text r": _bounded(refuses),
        "text t": _bounded(spoken),
    }


def _bounded(score: float) -> float:
    return max(-6.0, min(4.0, float(score))) / 3.0


def _of_mentions(
    n: Normalised,
    judged: Sequence[Judged],
    mentions: Sequence[int],
    taken: set[int],
    parts: Sequence[tuple[int, int]],
) -> dict[str, float]:
    """What stands around the mentions of one need, shared among them, and what the rules made of them."""
    found: dict[str, float] = {}
    for i in mentions:
        for name in _around(n, judged[i], taken):
            found[name] = found.get(name, 0.0) + 1.0 / len(mentions)
    for i in mentions:
        stance, mention = judged[i].stance.value, judged[i].mention
        found[f"key {mention.key} {stance}"] = 1.0
        found[f"strong {mention.strong} {stance} {len(mentions) > 1}"] = 1.0
        # some words of the lexicon mean the need nearly always, others now and then
        words = " ".join(_word(n, k) for k in range(mention.start, min(mention.end, mention.start + _NEAR)))
        found[f"said {mention.key} {words}"] = 1.0
        at = next((k for k, (a, b) in enumerate(parts) if a <= mention.start < b), None)
        if at is not None:
            found |= dict.fromkeys(_of_segments(n, parts, at, taken), 1.0)
    return found


def _around(n: Normalised, one: Judged, taken: set[int]) -> Iterator[str]:
    mention = one.mention
    yield f"rule {one.stance.value}"
    yield f"rule {one.stance.value} {mention.strong}"
    for k in range(mention.start, mention.end):
        if n.tokens[k].word in _NOT_WORDS:
            yield f"in {n.tokens[k].word}"
    yield from _side(n, "before", -1, mention.start - 1, taken)
    yield from _side(n, "after", 1, mention.end, taken)


def _side(n: Normalised, side: str, step: int, first: int, taken: set[int]) -> Iterator[str]:
    at, previous, distance, far = first, "#", 0, ""
    while 0 <= at < len(n.tokens) and distance < _REACH:
        gap = ""
        if step > 0:
            gap = n.plain[n.tokens[at - 1].end : n.tokens[at].start]
        elif at + 1 < len(n.tokens):
            gap = n.plain[n.tokens[at].end : n.tokens[at + 1].start]
        if _SENTENCE_END.search(gap):
            yield f"{side} end {min(distance, 2)}{'?' if '?' in gap else ''}"
            far = "far "
        if _PAUSE.search(gap):
            yield f"{side} {far}pause {min(distance, 3)}"
            previous = ","
        word = "<other>" if at in taken else _word(n, at)
        if word == "<other>" and previous == "<other>":
            at += step
            continue
        pair = f"{previous} {word}" if step > 0 else f"{word} {previous}"
        yield f"{side} {far}{word}"
        yield f"{side} {far}({pair})"
        yield f"around {word}"
        if distance < _NEAR and not far:
            yield f"{side} {distance} {word}"
        previous = word
        distance += 1
        at += step
    if not 0 <= at < len(n.tokens):
        yield f"{side} edge {min(distance, 3)}"


def _of_segments(n: Normalised, parts: Sequence[tuple[int, int]], at: int, taken: set[int]) -> Iterator[str]:
    """Words and pairs of a segment, the needs' own words masked; how it is cut off from its neighbours."""
    start, end = parts[at]
    previous = "^"
    for k in range(start, end):
        word = "<need>" if k in taken else _word(n, k)
        if word == previous == "<need>":
            continue
        yield f"seg {word}"
        yield f"seg ({previous} {word})"
        previous = word
    yield f"seg ({previous} $)"
    yield f"seg length {min(end - start, 6)}"
    yield f"cut before {_cut(n, parts, at)}"
    if at + 1 < len(parts):
        yield f"cut after {_cut(n, parts, at + 1)}"
        yield f"next {n.tokens[parts[at + 1][0]].word}"
    else:
        yield "last"


def _cut(n: Normalised, parts: Sequence[tuple[int, int]], at: int) -> str:
    """The mark before a segment."""
    if at == 0:
        return "^"
    first = parts[at][0]
    return n.plain[n.tokens[first - 1].end : n.tokens[first].start].strip()[:1] or "_"


def _word(n: Normalised, at: int) -> str:
    word = n.tokens[at].word
    return "0" if word.isdigit() else word


# ------------------------------------------------------------------ the file
def to_arrays(model: StanceModel) -> dict[str, npt.NDArray[Any]]:
    """The model as arrays for an `.npz`."""
    names = sorted(model.vocabulary, key=model.vocabulary.__getitem__)
    return {
        "stance_vocabulary": np.frombuffer("\n".join(names).encode(), dtype=np.uint8),
        "stance_weights": model.weights.astype(np.float16),
        "stance_bias": model.bias,
    }


def from_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> StanceModel:
    """What `to_arrays` wrote."""
    names = bytes(arrays["stance_vocabulary"]).decode().split("\n")
    return StanceModel(
        {name: i for i, name in enumerate(names)},
        arrays["stance_weights"].astype(np.float32),
        arrays["stance_bias"].astype(np.float32),
    )
