"""Learns a plain Rasa project's entities from its annotated examples: an averaged perceptron over words.

Each word gets a tag (begin, inside, outside) from itself, its neighbours, its shape, the project's lookup tables
and regular expressions, and the tag before it. Several entities on one span, with roles and groups, are one tag.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.messages import Entity
from bot.nlu.nlu_yaml import Example, TrainingData
from bot.nlu.text import MAX_CHARS, plain

_WORD = re.compile(r"[^\W_]+|[^\w\s]|_")
_EPOCHS = 12
_MAX_WORDS = 400
OUTSIDE = "O"
EXTRACTOR = "EntityTagger"

Label = str
"""JSON of a list of [entity, role, group], or `OUTSIDE`."""


@dataclass(frozen=True, slots=True)
class Hints:
    """Lookup tables and regular expressions of the project, made ready to be looked for."""

    patterns: tuple[tuple[str, re.Pattern[str]], ...] = ()

    @classmethod
    def of(cls, data: TrainingData) -> Hints:
        """Those of the training data; a lookup table is one expression of its words, the longest first."""
        patterns = [(name, re.compile(text, re.IGNORECASE)) for name, text in data.regexes]
        for name, words in data.lookups.items():
            ordered = sorted((re.escape(word) for word in words if word), key=len, reverse=True)
            if ordered:
                patterns.append((name, re.compile(rf"(?<!\w)(?:{'|'.join(ordered)})(?!\w)", re.IGNORECASE)))
        return cls(tuple(patterns))

    def found(self, text: str) -> list[tuple[str, int, int]]:
        """(name, start, end) of everything that matches."""
        return [
            (name, match.start(), match.end())
            for name, pattern in self.patterns
            for match in pattern.finditer(text)
            if match.end() > match.start()
        ]


@dataclass(slots=True)
class EntityTagger:
    """Weights of features by tag. `hints` stay out of the model file: they are read from the project."""

    weights: dict[str, dict[str, float]] = field(default_factory=dict)
    tags: tuple[str, ...] = (OUTSIDE,)
    hints: Hints = field(default_factory=Hints)

    def entities(self, text: str) -> tuple[Entity, ...]:
        """The entities of a text, in its order; the value is the text itself."""
        text = text[:MAX_CHARS]
        if len(self.tags) < 2:
            return ()
        words = _words(text)
        tagged = self._tag(text, words)
        found: list[Entity] = []
        at = 0
        while at < len(words):
            if tagged[at] == OUTSIDE:
                at += 1
                continue
            label = tagged[at][2:]
            last = at
            # two of one kind side by side are one name of two words (« San Francisco »)
            while (
                last + 1 < len(words)
                and tagged[last + 1][2:] == label
                and text[words[last][1] : words[last + 1][0]] in ("", " ")
            ):
                last += 1
            start, end = words[at][0], words[last][1]
            for name, role, group in json.loads(label):
                found.append(Entity(name, text[start:end], start, end, role, group, extractor=EXTRACTOR))
            at = last + 1
        return tuple(found)

    def _tag(self, text: str, words: Sequence[tuple[int, int]]) -> list[str]:
        features = _features(text, words, self.hints)
        before = OUTSIDE
        tagged = []
        for names in features:
            before = self._best(names, before)
            tagged.append(before)
        return tagged

    def _best(self, names: Sequence[str], before: str) -> str:
        scores: dict[str, float] = {}
        for name in (*names, "before=" + before):
            for tag, weight in self.weights.get(name, {}).items():
                scores[tag] = scores.get(tag, 0.0) + weight
        allowed = [tag for tag in self.tags if not tag.startswith("I-") or before[2:] == tag[2:]]
        return max(allowed, key=lambda tag: (scores.get(tag, 0.0), tag == OUTSIDE, tag))


def train_tagger(data: TrainingData, seed: int = 7) -> EntityTagger:
    """Learn from every example of the data; one without annotations teaches what is outside."""
    hints = Hints.of(data)
    rows = [
        (_features(e.text, words, hints), _gold(e, words)) for e in data.examples if (words := _words(e.text))
    ]
    tags = sorted({tag for _, gold in rows for tag in gold} | {OUTSIDE})
    inside = {"I-" + tag[2:] for tag in tags if tag.startswith("B-")}
    tagger = EntityTagger({}, tuple(sorted({*tags, *inside})), hints)
    if len(tags) < 2:
        return EntityTagger(hints=hints)
    totals: dict[tuple[str, str], float] = {}
    stamps: dict[tuple[str, str], int] = {}
    rng = random.Random(seed)
    step = 0

    def update(name: str, tag: str, by: float) -> None:
        weights = tagger.weights.setdefault(name, {})
        key = (name, tag)
        totals[key] = totals.get(key, 0.0) + (step - stamps.get(key, 0)) * weights.get(tag, 0.0)
        stamps[key] = step
        weights[tag] = weights.get(tag, 0.0) + by

    for _ in range(_EPOCHS):
        rng.shuffle(rows)
        for features, gold in rows:
            before = OUTSIDE
            for names, right in zip(features, gold, strict=True):
                step += 1
                guess = tagger._best(names, before)
                if guess != right:
                    for name in (*names, "before=" + before):
                        update(name, right, 1.0)
                        update(name, guess, -1.0)
                before = right if rng.random() < 0.8 else guess
    for name, by_tag in tagger.weights.items():
        for tag, weight in by_tag.items():
            key = (name, tag)
            total = totals.get(key, 0.0) + (step - stamps.get(key, 0)) * weight
            by_tag[tag] = round(total / max(step, 1), 4)
    return tagger


def to_arrays(tagger: EntityTagger) -> dict[str, npt.NDArray[Any]]:
    """The tagger for an `.npz`."""
    data = json.dumps({"weights": tagger.weights, "tags": tagger.tags}).encode()
    return {"tagger": np.frombuffer(data, dtype=np.uint8)}


def from_arrays(arrays: Mapping[str, npt.NDArray[Any]], hints: Hints) -> EntityTagger:
    """What `to_arrays` wrote."""
    data = json.loads(bytes(arrays["tagger"]))
    return EntityTagger(data["weights"], tuple(data["tags"]), hints)


# ------------------------------------------------------------------ within
def _words(text: str) -> list[tuple[int, int]]:
    return [match.span() for match in _WORD.finditer(text)][:_MAX_WORDS]


def _gold(example: Example, words: Sequence[tuple[int, int]]) -> list[str]:
    labels: dict[tuple[int, int], list[list[str | None]]] = {}
    for entity in example.entities:
        if entity.start is not None and entity.end is not None:
            labels.setdefault((entity.start, entity.end), []).append(
                [entity.entity, entity.role, entity.group]
            )
    tags = [OUTSIDE] * len(words)
    for (start, end), label in labels.items():
        first = True
        for i, (a, b) in enumerate(words):
            if a >= start and b <= end and tags[i] == OUTSIDE:
                tags[i] = ("B-" if first else "I-") + json.dumps(label)
                first = False
    return tags


def _features(text: str, words: Sequence[tuple[int, int]], hints: Hints) -> list[list[str]]:
    surfaces = [text[a:b] for a, b in words]
    lowers = [plain(surface) or surface for surface in surfaces]
    hinted: list[list[str]] = [[] for _ in words]
    for name, start, end in hints.found(text):
        for i, (a, b) in enumerate(words):
            if a >= start and b <= end:
                hinted[i].append(f"hint={name} {'first' if a == start else 'in'}")
    rows = []
    for i, low in enumerate(lowers):
        names = [
            "bias", "w=" + low, "shape=" + _shape(surfaces[i]), "pre=" + low[:3], "suf=" + low[-3:], "suf2=" + low[-2:],
            *hinted[i],
        ]  # fmt: skip
        for offset in (-2, -1, 1, 2):
            j = i + offset
            near = lowers[j] if 0 <= j < len(lowers) else "^" if j < 0 else "$"
            names.append(f"w{offset}={near}")
        if i:
            names.append(f"w-1w={lowers[i - 1]} {low}")
            names.append(f"shape-1={_shape(surfaces[i - 1])}")
        if i > 1:
            names.append(f"w-2w-1={lowers[i - 2]} {lowers[i - 1]}")
        if i + 1 < len(lowers):
            names.append(f"ww1={low} {lowers[i + 1]}")
        rows.append(names)
    return rows


def _shape(surface: str) -> str:
    if surface.isdigit():
        return "0" * min(len(surface), 5)
    if surface.isupper() and len(surface) > 1:
        return "XX"
    if surface[:1].isupper():
        return "Xx"
    return "x" if surface.isalpha() else "." if not surface.isalnum() else "x0"


def apply_synonyms(entities: Iterable[Entity], synonyms: Mapping[str, str]) -> tuple[Entity, ...]:
    """The entities with the value that the project gives to their surface, in lower case."""
    return tuple(
        replace(entity, value=synonyms[str(entity.value).lower()])
        if str(entity.value).lower() in synonyms
        else entity
        for entity in entities
    )
