"""Trains what reads the needs of a text: the models of whole texts, then the stances that weigh what they say.

Learns from the examples that say in their metadata which needs they want (`needs`), refuse (`refuses`) and only touch
(`unsure`, which teach nothing either way), and from those of intents that speak of none. The stances are learnt on
scores of models that have not seen the example: on their own examples these are always right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.nlu import need_model, stance_model
from bot.nlu.intents import IntentModel
from bot.nlu.need_model import REFUSES, SPOKEN, WANTS, NeedModel, Scores
from bot.nlu.needs import KEYS
from bot.nlu.negation import Judged
from bot.nlu.nlu_yaml import Example
from bot.nlu.stance_model import OUTCOMES, Candidate, StanceModel
from bot.nlu.text import Normalised, normalise

Array = npt.NDArray[Any]
Objective = Callable[[Array], tuple[float, Array]]

_FOLDS = 3
_NEEDS_C = 10.0
_STANCES_C = 0.2
# what is made from an example, with mistakes or in another context, says the same once more
_COPY_WEIGHT = 0.5
# in the order of OUTCOMES: the examples hold more refusals than owners make
_OUTCOME_WEIGHTS = (1.0, 0.6, 1.0)
_STEPS = 40
_WITHOUT_NEEDS = frozenset(
    "describe_business greet goodbye thanks affirm deny dont_know skip back restart help ask_human complaint "
    "chitchat_bot out_of_scope".split()
)
"""Intents whose examples speak of no need where they do not say so."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What an example says of the needs."""

    wants: frozenset[str]
    refuses: frozenset[str]
    unsure: frozenset[str]


@dataclass(frozen=True, slots=True)
class Analysed:
    """A text as the readers before these models leave it."""

    n: Normalised
    judged: tuple[Judged, ...]
    markers: tuple[str, ...]


def train_needs(
    examples: Sequence[Example],
    intents: IntentModel,
    read: Callable[[str], Analysed],
    copies: Sequence[Sequence[str]],
) -> tuple[NeedModel, StanceModel]:
    """Fit both, on the vocabulary of the intents. `copies[i]` are other texts that say the same as `examples[i]`."""
    told = [
        (example, others, told)
        for example, others in zip(examples, copies, strict=True)
        if (told := _told(example)) is not None
    ]
    originals: list[tuple[Analysed, int]] = []
    vectors: list[tuple[Array, Array]] = []
    groups: list[int] = []
    for group, (example, copied, _) in enumerate(told):
        analysed = read(example.text)
        originals.append((analysed, len(vectors)))
        others = [read(text) for text in dict.fromkeys(copied) if text != example.text]
        vectors += [intents.vector(one.n, one.markers) for one in (analysed, *others)]
        groups += [group] * (1 + len(others))
    matrix = _matrix(vectors, len(intents.vocabulary))
    labels = np.array([_labels(told[group][2]) for group in groups], dtype=np.float32)
    weights = np.full(len(groups), _COPY_WEIGHT, dtype=np.float32)
    weights[[row for _, row in originals]] = 1.0
    folds = np.array(groups) % _FOLDS
    rows: list[Candidate] = []
    outcomes: list[int] = []
    for fold in range(_FOLDS):
        seen = folds != fold
        model = _fit_needs(matrix[seen], labels[seen], weights[seen])
        for (analysed, row), (_, _, says) in zip(originals, told, strict=True):
            if folds[row] == fold:
                found = _candidates(analysed, vectors[row], model, intents)
                rows += (kept := [one for one in found if one.key not in says.unsure])
                outcomes += [_outcome(says, one.key) for one in kept]
    return _fit_needs(matrix, labels, weights), _fit_stances(rows, outcomes)


def _told(example: Example) -> _Told | None:
    """What an example wants and refuses; None when nobody said."""
    metadata = example.metadata
    if "needs" not in metadata and "refuses" not in metadata and example.intent not in _WITHOUT_NEEDS:
        return None
    return _Told(*(frozenset(metadata.get(name) or ()) for name in ("needs", "refuses", "unsure")))


def _labels(told: _Told) -> Array:
    """1 and 0 for each column of the model of whole texts, nan where nobody knows."""
    row = np.zeros(need_model.COLUMNS)
    for column, key in enumerate(KEYS):
        if key in told.unsure:
            row[[WANTS + column, REFUSES + column, SPOKEN + column]] = np.nan
        row[WANTS + column] += key in told.wants
        row[REFUSES + column] += key in told.refuses
        row[SPOKEN + column] += key in told.wants or key in told.refuses
    return row


def _outcome(told: _Told, key: str) -> int:
    return OUTCOMES.index("wants" if key in told.wants else "refuses" if key in told.refuses else "neither")


def _candidates(
    analysed: Analysed, vector: tuple[Array, Array], model: NeedModel, intents: IntentModel
) -> list[Candidate]:
    n = analysed.n

    def scores_of(start: int, end: int) -> Scores:
        return model.scores(*intents.vector(normalise(n.plain[start:end])))

    return stance_model.candidates(n, analysed.judged, model.scores(*vector), scores_of)


# ------------------------------------------------------------------ fitting
def _matrix(vectors: Sequence[tuple[Array, Array]], columns: int) -> Any:
    from scipy.sparse import csr_matrix

    ends = np.cumsum([0, *(len(indices) for indices, _ in vectors)])
    values = np.concatenate([values for _, values in vectors])
    indices = np.concatenate([indices for indices, _ in vectors])
    return csr_matrix((values, indices, ends), shape=(len(vectors), columns))


def _fit_needs(matrix: Any, labels: Array, weights: Array) -> NeedModel:
    """Logistic regressions of one side at a time, all needs together: one pass through the texts serves twenty."""
    with (
        ThreadPoolExecutor() as pool
    ):  # most of it is numpy's and scipy's own work, which lets go of the lock
        sides = list(
            pool.map(
                lambda side: _fit_logistic(matrix, labels[:, side : side + len(KEYS)], weights),
                (WANTS, REFUSES, SPOKEN),
            )
        )
    return NeedModel(np.hstack([w for w, _ in sides]), np.concatenate([b for _, b in sides]))


def _fit_logistic(matrix: Any, labels: Array, weights: Array) -> tuple[Array, Array]:
    counted = ~np.isnan(labels) * weights[:, None]
    wanted = np.nan_to_num(labels)
    transposed = matrix.T.tocsr()
    shape = (matrix.shape[1], labels.shape[1])

    def objective(flat: Array) -> tuple[float, Array]:
        w, b = _unpacked(flat.astype(np.float32), shape)
        scores = matrix @ w + b
        loss = ((np.logaddexp(0, scores) - wanted * scores) * counted).sum() + (w * w).sum() / (2 * _NEEDS_C)
        slope = (1.0 / (1.0 + np.exp(-scores)) - wanted) * counted
        return float(loss), np.concatenate([(transposed @ slope + w / _NEEDS_C).ravel(), slope.sum(axis=0)])

    share = np.clip((wanted * counted).sum(axis=0) / counted.sum(axis=0), 1e-4, 1 - 1e-4)
    return _minimised(objective, shape, np.log(share / (1 - share)))


def _fit_stances(rows: Sequence[Candidate], outcomes: Sequence[int]) -> StanceModel:
    """Multinomial logistic regression over what at least two candidates have."""
    from scipy.sparse import csr_matrix

    counts = Counter(name for row in rows for name in row.features)
    vocabulary = {name: i for i, name in enumerate(sorted(name for name, c in counts.items() if c >= 2))}
    known = [
        [(vocabulary[name], v) for name, v in row.features.items() if name in vocabulary] for row in rows
    ]
    ends = np.cumsum([0, *map(len, known)])
    flat = [pair for pairs in known for pair in pairs]
    matrix = csr_matrix(
        (np.array([v for _, v in flat]), np.array([i for i, _ in flat], dtype=np.int64), ends),
        shape=(len(rows), len(vocabulary)),
    )
    wanted = np.eye(len(OUTCOMES))[list(outcomes)]
    counted = np.array(_OUTCOME_WEIGHTS)[list(outcomes)][:, None]
    transposed = matrix.T.tocsr()
    shape = (len(vocabulary), len(OUTCOMES))

    def objective(flat: Array) -> tuple[float, Array]:
        w, b = _unpacked(flat, shape)
        scores = matrix @ w + b
        scores -= scores.max(axis=1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        loss = -(logs * wanted * counted).sum() + (w * w).sum() / (2 * _STANCES_C)
        slope = (np.exp(logs) - wanted) * counted
        return float(loss), np.concatenate([(transposed @ slope + w / _STANCES_C).ravel(), slope.sum(axis=0)])

    return StanceModel(vocabulary, *_minimised(objective, shape, np.zeros(len(OUTCOMES)), steps=120))


def _minimised(
    objective: Objective, shape: tuple[int, int], bias: Array, steps: int = _STEPS
) -> tuple[Array, Array]:
    from scipy.optimize import minimize

    first = np.concatenate([np.zeros(shape[0] * shape[1]), bias])
    options = {"maxiter": steps, "maxcor": 4, "ftol": 1e-6}
    found = minimize(objective, first, jac=True, method="L-BFGS-B", options=options).x
    w, b = _unpacked(found.astype(np.float32), shape)
    return w, b


def _unpacked(flat: Array, shape: tuple[int, int]) -> tuple[Array, Array]:
    size = shape[0] * shape[1]
    return flat[:size].reshape(shape), flat[size:]
