"""Trains what `sector_model` reads: the linear model of classes, and the confidence of a reading.

`python -m bot.nlu.train_sectors` writes `nlu_data/sectors/model.npz`. The model learns the lexicon's expressions in
owners' sentences, INSEE's notes and ROME job titles, and "no sector" from the other intents' examples. The
confidence is learnt on sentences of which a part of the expressions was taken out of the lexicon first, so that
it knows what an unknown trade looks like. scikit-learn and scipy are needed here only.
"""

from __future__ import annotations

import gzip
import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.nlu import sector_lexicon, sector_mentions
from bot.nlu.sector_model import BUCKETS, SectorModel, features
from bot.nlu.sectors import SectorReader
from bot.nlu.text import normalise, plain
from bot.nlu.typos import with_typos

_BEFORE = (
    "", "", "", "je suis {}", "je tiens {}", "nous sommes {}", "bonjour je suis {}", "mon entreprise : {}",
    "entreprise de {}", "SARL {}", "on est {}", "{} depuis 12 ans", "{} à Lyon", "{} dans le 35, 3 salariés",
    "{}, je voudrais un site", "{} et je cherche des aides pour un logiciel", "bjr {} seul", "{} besoin de visibilité",
    "comment vendre en ligne quand on est {}", "j'ai {} avec ma femme", "{} en Bretagne, on est 5",
    "petite entreprise, {}", "{}. Je perds du temps avec mes factures", "quelles aides pour {} ?",
    "une formation pour {}", "je gère {} à Marseille", "on fait {}", "{} cherche clients",
)  # fmt: skip
_EPOCHS = 6
_BATCH = 256


def main() -> None:
    """Train and write the model of the shipped project."""
    folder = Path(__file__).resolve().parents[2] / "nlu_data"
    train(folder / "sectors", folder / "intents")


def train(folder: Path, intents: Path, seed: int = 7) -> Path:
    """Train from a folder of sector files and one of intent examples; give the file written."""
    rng = random.Random(seed)
    lexicon = sector_lexicon.load(folder, keeps_texts=True)
    codes = sorted(line.split("\t")[0] for line in _lines(folder / "naf_rev2.tsv"))
    column = {code: i for i, code in enumerate(codes)}
    none = [text for text in _without_sector(intents) if not _names_trade(text, lexicon)]
    rng.shuffle(none)
    positives = [(text, column[code], weight) for code, text, weight in lexicon.texts]
    positives += [(text, column[code], weight) for code, text, weight in _titles(folder)]
    in_sentences = [
        (_said(text, none, rng), label, weight * 0.7)
        for text, label, weight in positives
        if weight >= 0.7
        for _copy in range(2)
    ]
    half = len(none) // 2
    first = _fit(lexicon, [*positives, *in_sentences], none[:half], len(codes), seed)
    trial = _model(codes, first, np.zeros(10), np.array([[0.0, 1.0], [0.0, 1.0]]))
    weights, calibration = _learn_confidence(folder, trial, lexicon, none[half:], codes, rng)
    final = _fit(lexicon, [*positives, *in_sentences], none, len(codes), seed)
    path = folder / "model.npz"
    matrix, scale, bias = _small(final)
    np.savez_compressed(
        path,
        codes=np.array(codes),
        weights=matrix,
        scale=scale,
        bias=bias,
        confidence=weights,
        calibration=calibration,
    )
    print(
        f"{path.name}: {path.stat().st_size // 1024} kB, {len(positives)} texts, {len(none)} without sector"
    )
    return path


def _said(text: str, others: list[str], rng: random.Random) -> str:
    """An owner's sentence with an expression, mostly with something else that he wants."""
    sentence = rng.choice(_BEFORE).format(text)
    if rng.random() < 0.5:
        other = rng.choice(others)
        return f"{sentence}, {other}" if rng.random() < 0.6 else f"{other}. {sentence}"
    return sentence


def _titles(folder: Path) -> list[tuple[str, str, float]]:
    found = []
    with gzip.open(folder / "training_titles.tsv.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                code, text, weight = line.rstrip("\n").split("\t")
                found.append((code, text, float(weight)))
    return found


def _without_sector(intents: Path) -> list[str]:
    """Examples of the other intents, without their annotations."""
    texts = []
    for path in sorted(intents.glob("*.yml")):
        intent = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            if match := re.match(r"- (?:intent|lookup|synonym|regex): ?(\w*)", line):
                intent = match[1] if line.startswith("- intent") else ""
            elif intent and intent != "describe_business" and line.startswith("    - "):
                text = re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})", r"\1", line[6:])
                if "{" not in text:
                    texts.append(text)
    return texts


def _names_trade(text: str, lexicon: sector_lexicon.Lexicon) -> bool:
    reading = sector_mentions.correct(normalise(text), lexicon)
    return any(mention.strength >= 0.9 for mention in sector_mentions.find(reading, lexicon))


def _keys(text: str, lexicon: sector_lexicon.Lexicon) -> list[str]:
    words = sector_mentions.correct(normalise(text), lexicon).words
    return [word.keys[0] for word in words if len(word.text) > 1]


def _fit(
    lexicon: sector_lexicon.Lexicon,
    positives: list[tuple[str, int, float]],
    none: list[str],
    classes: int,
    seed: int,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Softmax regression by AdaGrad on sparse rows."""
    from scipy.sparse import csr_matrix

    rows = [(features(_keys(text, lexicon)), label, weight) for text, label, weight in positives]
    rows += [(features(_keys(text, lexicon)), classes, 2.0) for text in none for _copy in range(3)]
    rows = [row for row in rows if row[0]]
    rng = np.random.default_rng(seed)
    indptr = np.cumsum([0, *(len(row[0]) for row in rows)])
    indices = np.concatenate([np.array(row[0]) for row in rows])
    data = np.concatenate([np.full(len(row[0]), 1 / np.sqrt(len(row[0])), dtype=np.float32) for row in rows])
    matrix = csr_matrix((data, indices, indptr), shape=(len(rows), BUCKETS), dtype=np.float32)
    labels = np.array([row[1] for row in rows])
    importance = np.array([row[2] for row in rows], dtype=np.float32)
    weights = np.zeros((BUCKETS, classes + 1), dtype=np.float32)
    bias = np.zeros(classes + 1, dtype=np.float32)
    squares = np.full(BUCKETS, 1e-3, dtype=np.float32)
    for epoch in range(_EPOCHS):
        order = rng.permutation(len(rows))
        rate = 1.2 / (1 + 0.5 * epoch)
        for start in range(0, len(order), _BATCH):
            batch = order[start : start + _BATCH]
            x = matrix[batch]
            scores = x @ weights + bias
            scores = np.exp(scores - scores.max(axis=1, keepdims=True))
            scores /= scores.sum(axis=1, keepdims=True)
            scores[np.arange(len(batch)), labels[batch]] -= 1
            scores *= importance[batch][:, None]
            used = np.unique(x.indices)
            step = x[:, used].T @ scores
            squares[used] += (step**2).sum(axis=1)
            weights[used] -= rate * step / np.sqrt(squares[used])[:, None]
            bias -= 0.01 * rate * scores.mean(axis=0)
    return weights, bias


def _small(
    fitted: tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]],
) -> tuple[npt.NDArray[np.int8], np.float32, npt.NDArray[np.float32]]:
    """8-bit weights; the many that hardly count become zero, which compresses well."""
    weights, bias = fitted
    limit = float(np.quantile(np.abs(weights[np.abs(weights) > 1e-3]), 0.9995))
    scale = np.float32(limit / 127)
    small = np.clip(np.round(weights / scale), -127, 127).astype(np.int8)
    small[np.abs(small) <= 1] = 0
    return small, scale, bias


def _model(codes: list[str], fitted: Any, confidence: Any, calibration: Any) -> SectorModel:
    matrix, scale, bias = _small(fitted)
    return SectorModel(codes, matrix, float(scale), bias, confidence, calibration)


def _learn_confidence(
    folder: Path,
    model: SectorModel,
    lexicon: sector_lexicon.Lexicon,
    none: list[str],
    codes: list[str],
    rng: Any,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Logistic weights of a reading's features, and the isotonic curve that makes the score a frequency."""
    from sklearn.isotonic import IsotonicRegression
    from sklearn.linear_model import LogisticRegression

    naf = {}
    for line in _lines(folder / "naf_rev2.tsv"):
        code, section, firms, label = line.split("\t")
        naf[code] = (section, int(firms), label)
    sample = rng.sample([text for text in lexicon.texts if text[2] == 1.0], 4000)
    whole = dict(lexicon.entries)
    for _code, text, _weight in sample[:180]:
        lexicon.entries.pop(sector_lexicon.key_of(text), None)
    reader = SectorReader(lexicon, naf, model)
    vectors, right = [], []
    for code, text, _weight in sample[:2600]:
        said = _said(text, none, rng)
        said = with_typos(plain(said), rng) if rng.random() < 0.33 else said
        judged = reader.judge(normalise(said))
        if judged is None:
            continue
        accepted = {code, *(one for one, _w in _readings(whole, text))}
        vectors.append(judged.features.vector())
        right.append(judged.ranked[0][0] in accepted)
    for text in none:
        judged = reader.judge(normalise(text))
        if judged is not None:
            vectors.append(judged.features.vector())
            right.append(False)
    lexicon.entries.clear()
    lexicon.entries.update(whole)
    x, y = np.array(vectors), np.array(right)
    logistic = LogisticRegression(C=3.0, max_iter=2000).fit(x, y)
    weights = np.concatenate([logistic.intercept_, logistic.coef_[0]])
    raw = logistic.predict_proba(x)[:, 1]
    curve = IsotonicRegression(y_min=0.02, y_max=0.98, out_of_bounds="clip").fit(raw, y)
    points = np.linspace(0, 1, 41)
    print(f"confidence: {len(y)} readings, {y.mean():.2f} right; weights {np.round(weights, 2).tolist()}")
    return weights, np.vstack([points, curve.predict(points)])


def _readings(entries: dict[str, sector_lexicon.Entry], text: str) -> tuple[tuple[str, float], ...]:
    entry = entries.get(sector_lexicon.key_of(text))
    return entry.classes if entry is not None else ()


def _lines(path: Path) -> list[str]:
    return [
        line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]


if __name__ == "__main__":
    main()
