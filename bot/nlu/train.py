"""Trains the intent model of a project from its NLU YAML; scikit-learn is imported here only.

Each example also stands with typing mistakes, and in our own project with a greeting or a line about the firm
before it, so that the model learns what is asked whatever stands around it. The confidence is calibrated on
folds that keep an example and its copies together.
"""

from __future__ import annotations

import random
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.nlu import answer_model, model_cache, need_model, nlu_yaml, stance_model, train_answers
from bot.nlu.intents import IntentModel, features, model_to_arrays, weigh
from bot.nlu.nlu_yaml import Example, TrainingData
from bot.nlu.text import normalise
from bot.nlu.typos import with_typos
from bot.project import Project

Labels = npt.NDArray[np.int64]
Markers = Callable[[str], Iterable[str]]

_FOLDS = 4
_KINDER = 1.3
"""How much surer than on the examples the intents are on what owners type: half of the examples were written to be
hard, and of eight sets that were not learnt from, seven were read right more often than their confidence said."""
_TRADES_SHARE = 0.25
_FIRMS = 700
_REQUESTS = frozenset(
    "express_need ask_aid ask_training ask_resource ask_skill_exchange ask_human what_use explain_term".split()
)


@dataclass(frozen=True, slots=True)
class Row:
    """A text that the intents are learnt from; `group` is its example's number, the same for copies."""

    text: str
    intent: str
    group: int
    as_written: bool = False
    """Whether somebody wrote it so: no copy with mistakes, or with a firm around it."""


def train(project: Project, force: bool = False) -> str:
    """Build the NLU model of a project and say in French what was done; without `force` only when it is stale."""
    if not force and model_cache.find(project, _fingerprint(project)):
        return "Le modèle est à jour."
    started = time.monotonic()
    data = nlu_yaml.read_files(nlu_yaml.nlu_files(project.nlu_folder))
    path = _train(project, data)
    return (
        f"Modèle appris en {time.monotonic() - started:.0f} s : {len(data.examples)} exemples, "
        f"{len(data.intents)} intentions. Rangé dans {path}."
    )


def trained_model(project: Project) -> Path:
    """The model file of a project; trained now when it is missing or stale."""
    name = _fingerprint(project)
    kept = model_cache.find(project, name)
    if kept is not None:
        return kept
    data = nlu_yaml.read_files(nlu_yaml.nlu_files(project.nlu_folder))
    if not project.is_plain_rasa:
        # in a process of its own: what training takes (180 MB) would stay with a server for its whole life
        command = [sys.executable, "-m", "bot.nlu.train", str(project.folder), str(project.nlu_folder)]
        subprocess.run(command, check=False, cwd=Path(__file__).resolve().parents[2])  # noqa: S603
        kept = model_cache.find(project, name)
    return kept or _train(project, data)


def _fingerprint(project: Project) -> str:
    files = [*nlu_yaml.nlu_files(project.nlu_folder)]
    if not project.is_plain_rasa:
        files += [
            project.nlu_folder / "needs.yml",
            project.nlu_folder / "answers.yml",
            *train_answers.answer_files(project.nlu_folder),
        ]
        files += (project.nlu_folder / "sectors").glob("lexicon_*.tsv")
    return model_cache.fingerprint(files)


def _train(project: Project, data: TrainingData) -> Path:
    name = _fingerprint(project)
    if project.is_plain_rasa:
        from bot.nlu import entity_tagger

        tagger = entity_tagger.train_tagger(data)
        intents = train_intents(data.intents, rows_of(data, in_context=False))
        arrays = {**entity_tagger.to_arrays(tagger), **model_to_arrays(intents, "intents_")}
        return model_cache.save(project, name, arrays)
    from bot.nlu import components, french
    from bot.nlu.train_needs import Analysed, train_needs

    words = Counter(token.word for example in data.examples for token in normalise(example.text).tokens)
    likeliest = sorted(words, key=lambda word: (-words[word], word))
    known: dict[str, npt.NDArray[Any]] = {
        "known_words": french.known_words(french.french_model(), project.nlu_folder / "sectors"),
        "taught_words": np.frombuffer("\n".join(likeliest).encode(), dtype=np.uint8),
    }
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "words.npz", **known)  # type: ignore[arg-type]
        nlp = french.build(project, Path(folder) / "words.npz")

    @cache
    def analysed(text: str) -> Analysed:
        doc = nlp(text)
        return Analysed(doc._.corrected, doc._.needs, components.markers(doc))

    trades = _trades(project.nlu_folder / "sectors", random.Random(5))
    lookups = {**data.lookups, "metier": (*data.lookups.get("metier", ()), *trades)}
    data = replace(data, lookups=lookups)
    rows = rows_of(data, in_context=True)
    model = train_intents(data.intents, rows, lambda text: analysed(text).markers)
    model = replace(model, temperature=model.temperature / _KINDER)
    copies: list[list[str]] = [[] for _ in data.examples]
    for row in rows:
        if row.group < len(copies) and not row.as_written:
            copies[row.group].append(row.text)
    needs, stances = train_needs(data.examples, model, analysed, copies)
    analysed.cache_clear()
    arrays = {**known, **model_to_arrays(model, "intents_")}
    arrays |= {**need_model.to_arrays(needs), **stance_model.to_arrays(stances)}
    if labelled := train_answers.read_labelled(train_answers.answer_files(project.nlu_folder)):
        with tempfile.TemporaryDirectory() as folder:
            np.savez(Path(folder) / "intents.npz", **arrays)  # type: ignore[arg-type]
            reader = french.load(project, Path(folder) / "intents.npz")
            answers = train_answers.train(labelled, reader, len(model.vocabulary))
        arrays |= answer_model.to_arrays(answers)
    return model_cache.save(project, name, arrays)


def train_intents(
    names: Sequence[str], rows: Sequence[Row], markers: Markers = lambda text: ()
) -> IntentModel:
    """Fit the model of the named intents. `markers` gives what other readers found in a text."""
    if len(names) < 2:
        return _constant(names or ("nlu_fallback",))
    blocks = [features(normalise(row.text), markers(row.text)) for row in rows]
    vocabulary, idf = _vocabulary(blocks)
    matrix = _matrix(blocks, vocabulary, idf)
    labels = np.array([names.index(row.intent) for row in rows])
    groups = np.array([row.group for row in rows])
    as_written = np.array([row.as_written for row in rows])
    temperature = _temperature(matrix, labels, groups, as_written, len(names))
    weights, bias = _fit(matrix, labels, len(names))
    return IntentModel(tuple(names), vocabulary, idf, weights, bias, temperature)


# ------------------------------------------------------------------ examples
def rows_of(data: TrainingData, *, in_context: bool, seed: int = 7) -> list[Row]:
    """The examples and their copies; `in_context` puts firms around requests."""
    rng = random.Random(seed)
    rows: list[Row] = []
    for group, example in enumerate(data.examples):
        rows.append(Row(example.text, example.intent, group, as_written=True))
        if len(example.text) >= 8:
            rows.append(Row(with_typos(example.text, rng), example.intent, group))
        if in_context:
            rows += [Row(text, example.intent, group) for text in _in_context(example, data, rng)]
    if in_context:
        rows += [
            Row(_firm(data, rng, None), "describe_business", len(data.examples) + i) for i in range(_FIRMS)
        ]
    return rows


def _in_context(example: Example, data: TrainingData, rng: random.Random) -> list[str]:
    if example.intent not in _REQUESTS:
        return []
    text = example.text
    made = []
    if rng.random() < 0.55:
        made.append(_firm(data, rng, ", ") + text)
    if rng.random() < 0.15:
        made.append(text + " (" + _firm(data, rng, None) + ")")
    return made


def _trades(folder: Path, rng: random.Random) -> list[str]:
    """Names of trades out of the sector lexicon, one of each group of ways to say them."""
    trades = []
    for path in sorted(folder.glob("lexicon_*.tsv")):
        for line in path.read_text(encoding="utf-8").splitlines():
            for entry in line.partition("\t")[2].split(";"):
                if "+" in entry:  # a verb
                    continue
                trade = re.sub(r"\{([^}]*)\}", lambda group: rng.choice(group[1].split("|")), entry)
                trade = trade.replace("~", "").strip()
                if trade and rng.random() < _TRADES_SHARE:
                    trades.append(trade)
    return trades


def _firm(data: TrainingData, rng: random.Random, end: str | None) -> str:
    def word(name: str) -> str:
        return rng.choice(data.lookups.get(name) or ("commerce",))

    trade, shop, town = word("metier"), word("affaire"), word("ville")
    count = rng.choice(("2", "3", "4", "5", "12", "trois", "une dizaine", "8"))
    who = rng.choice(
        (
            f"je suis {trade}", trade, f"je tiens {shop}", f"j'ai {shop}", f"on a {shop}", f"nous avons {shop}",
            f"{trade} à mon compte", f"{trade} indépendant", shop.split(" ", 1)[-1], f"je gère {shop}",
            f"nous sommes {count} dans {shop}", f"je viens d'ouvrir {shop}", f"{trade} depuis {rng.randint(2, 30)} ans",
        )
    )  # fmt: skip
    where = rng.choice(
        (
            "",
            f" à {town}",
            f" a {town.lower()}",
            f" {town}",
            f" près de {town}",
            f" dans le {rng.randint(1, 95)}",
            f" sur {town}",
        )
    )
    people = rng.choice(
        (
            "",
            "",
            "",
            f", {count} salariés",
            f" avec {count} employés",
            f", on est {count}",
            ", seul",
            f", {count} personnes",
        )
    )
    text = who + where + people
    return text if end is None else text + rng.choice((end, ", ", ". ", " et ", " "))


# ------------------------------------------------------------------ the model
def _vocabulary(
    blocks: Sequence[Sequence[dict[str, float]]],
) -> tuple[dict[str, int], npt.NDArray[np.float32]]:
    counts: dict[str, int] = {}
    for row in blocks:
        for block in row:
            for name in block:
                counts[name] = counts.get(name, 0) + 1
    kept = sorted(name for name, count in counts.items() if count >= 2 or name.startswith(("w ", "c ", "#")))
    idf = np.array([np.log((1 + len(blocks)) / (1 + counts[name])) + 1 for name in kept], dtype=np.float32)
    return {name: i for i, name in enumerate(kept)}, idf


def _matrix(
    blocks: Sequence[Sequence[dict[str, float]]],
    vocabulary: Mapping[str, int],
    idf: npt.NDArray[np.float32],
) -> Any:
    from scipy.sparse import csr_matrix

    indices: list[npt.NDArray[np.int64]] = []
    values: list[npt.NDArray[np.float32]] = []
    ends = [0]
    for row in blocks:
        row_indices, row_values = weigh(row, vocabulary, idf)
        indices.append(row_indices)
        values.append(row_values)
        ends.append(ends[-1] + len(row_indices))
    return csr_matrix(
        (np.concatenate(values), np.concatenate(indices), np.array(ends)),
        shape=(len(blocks), len(vocabulary)),
    )


def _fit(
    matrix: Any, labels: Labels, classes: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Multinomial logistic regression; a class that has no row in this fold gets no weight."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=25.0, max_iter=60, tol=1e-3, class_weight="balanced")
    model.fit(matrix, labels)
    weights = np.zeros((matrix.shape[1], classes), dtype=np.float32)
    bias = np.full(classes, -20.0, dtype=np.float32)
    if len(model.classes_) == 2:
        weights[:, model.classes_[1]] = model.coef_[0]
        bias[model.classes_] = (0.0, model.intercept_[0])
    else:
        weights[:, model.classes_] = model.coef_.T
        bias[model.classes_] = model.intercept_
    return weights, bias


def _temperature(
    matrix: Any, labels: Labels, groups: Labels, as_written: npt.NDArray[np.bool_], classes: int
) -> float:
    """The divisor of scores under which out-of-fold confidences of the examples, as written, are most likely.

    Half of the folds tell it: each is a whole training.
    """
    scores = np.zeros((len(labels), classes), dtype=np.float64)
    if len(set(groups.tolist())) < _FOLDS * 2:
        return 1.0
    for fold in range(_FOLDS // 2):
        out = groups % _FOLDS == fold
        if len(set(labels[~out].tolist())) < 2:
            return 1.0
        weights, bias = _fit(matrix[~out], labels[~out], classes)
        scores[out] = matrix[out] @ weights + bias
    told = as_written & (groups % _FOLDS < _FOLDS // 2)
    scores, labels = scores[told], labels[told]

    def loss(temperature: float) -> float:
        scaled = scores / temperature
        scaled -= scaled.max(axis=1, keepdims=True)
        logs = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return float(-logs[np.arange(len(labels)), labels].mean())

    return min((float(t) for t in np.geomspace(0.3, 4.0, 40)), key=loss)


def _constant(names: Sequence[str]) -> IntentModel:
    return IntentModel(
        tuple(names),
        {"# ?": 0},
        np.ones(1, dtype=np.float32),
        np.zeros((1, len(names)), dtype=np.float32),
        np.zeros(len(names), dtype=np.float32),
        1.0,
    )


def _main(folder: Path, nlu_folder: Path) -> None:
    """Train the French model of a project, as `trained_model` asks it of another process."""
    project = Project(folder, (), (), nlu_folder, None, None, is_plain_rasa=False)
    _train(project, nlu_yaml.read_files(nlu_yaml.nlu_files(nlu_folder)))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), Path(sys.argv[2]))
