"""The stance on each need: where it is looked for, and that what is learnt of one need holds for all."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from bot.nlu import need_model, stance_model
from bot.nlu.intents import IntentModel
from bot.nlu.need_model import SPOKEN, Scores
from bot.nlu.needs import KEYS, NeedLexicon, read_lexicon
from bot.nlu.negation import judge
from bot.nlu.nlu_yaml import Example, TrainingData
from bot.nlu.stance_model import StanceModel, candidates, segments
from bot.nlu.text import normalise
from bot.nlu.train import rows_of, train_intents
from bot.nlu.train_needs import Analysed, train_needs

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def lexicon() -> NeedLexicon:
    return NeedLexicon(read_lexicon(ROOT / "nlu_data" / "needs.yml"), lambda word: False)


def scores(*spoken: str) -> Scores:
    found = np.full(need_model.COLUMNS, -9.0, dtype=np.float32)
    for key in spoken:
        found[SPOKEN + KEYS.index(key)] = 2.0
    return found


def nothing(start: int, end: int) -> Scores:
    return scores()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("pas de site, une caisse oui", ["pas de site", "une caisse oui"]),
        ("j'ai un site mais il est vieux", ["j'ai un site", "mais il est vieux"]),
        ("le site ça va. Mais, les impayés !", ["le site ca va", "mais, les impayes"]),
        ("un site et une caisse", ["un site et une caisse"]),
        ("ni site ni caisse et je veux la fibre", ["ni site ni caisse", "et je veux la fibre"]),
        ("", []),
    ],
)
def test_segments_end_at_marks_and_turns(text: str, parts: list[str]) -> None:
    n = normalise(text)
    assert [n.plain[n.tokens[a].start : n.tokens[b - 1].end] for a, b in segments(n)] == parts


def test_segments_cover_each_word_once() -> None:
    n = normalise("Bonjour ! Le site, ça va ; mais (surtout) pas de Facebook… et je veux une caisse - vite")
    assert [k for a, b in segments(n) for k in range(a, b)] == list(range(len(n.tokens)))


def test_a_need_without_its_words_is_looked_for_where_it_is_spoken_of_most() -> None:
    n = normalise("on est trois, les gens annulent la veille")

    def scores_of(start: int, end: int) -> Scores:
        return scores("reservation_en_ligne") if "annulent" in n.plain[start:end] else scores()

    (found,) = candidates(n, (), scores("reservation_en_ligne"), scores_of)
    assert (found.key, n.plain[found.start : found.end]) == (
        "reservation_en_ligne",
        "les gens annulent la veille",
    )


def test_a_need_that_nobody_speaks_of_is_no_candidate(lexicon: NeedLexicon) -> None:
    n = normalise("ni site ni facebook")
    found = candidates(n, judge(n, lexicon.mentions(n)), scores(), nothing)
    assert [one.key for one in found] == ["presence_web", "reseaux_sociaux"]


def test_a_need_said_a_thousand_times_costs_no_more_than_a_few(lexicon: NeedLexicon) -> None:
    few, many = (normalise("pas de site. " * times) for times in (10, 380))
    sizes = [
        len(candidates(n, judge(n, lexicon.mentions(n)), scores(), nothing)[0].features) for n in (few, many)
    ]
    assert sizes[0] == sizes[1]


def intents_of(examples: list[Example]) -> IntentModel:
    data = TrainingData(tuple(examples))
    return train_intents(data.intents, rows_of(data, in_context=False))


def test_what_is_learnt_of_one_need_holds_for_another(lexicon: NeedLexicon) -> None:
    """« on en est ravis » is learnt of four needs and said of a fifth."""
    things = {
        "presence_web": "le site",
        "stock_caisse": "la caisse",
        "paiement": "le terminal",
        "formation": "la formation",
    }
    examples = []
    for key, thing in things.items():
        examples += [
            Example(f"{thing} on en est ravis", "express_need", metadata={"refuses": [key]}),
            Example(f"{thing} est fatigant", "express_need", metadata={"needs": [key]}),
            Example(f"{thing} on en est ravis depuis longtemps", "express_need", metadata={"refuses": [key]}),
            Example(f"{thing} est fatigant depuis longtemps", "express_need", metadata={"needs": [key]}),
        ]
    examples += [Example(text, "greet") for text in ("bonjour", "salut", "bonsoir")]
    intents = intents_of(examples)

    def read(text: str) -> Analysed:
        n = normalise(text)
        return Analysed(n, tuple(judge(n, lexicon.mentions(n))), ())

    needs, stances = train_needs(examples, intents, read, [()] * len(examples))
    for text, is_refused in (("facebook on en est ravis", True), ("facebook est fatigant", False)):
        one = read(text)
        found = stances.judge(candidates(one.n, one.judged, needs.scores(*intents.vector(one.n)), nothing))
        assert (found["reseaux_sociaux"].refuses > found["reseaux_sociaux"].wants) is is_refused


def test_an_unsure_need_teaches_nothing(lexicon: NeedLexicon) -> None:
    sure = [
        Example(f"je veux un site {i}", "express_need", metadata={"needs": ["presence_web"]})
        for i in range(6)
    ]
    sure += [Example(text, "greet") for text in ("bonjour", "salut", "bonsoir")]
    unsure = Example("le site là", "express_need", metadata={"needs": [], "unsure": ["presence_web"]})
    intents = intents_of([*sure, unsure])

    def read(text: str) -> Analysed:
        n = normalise(text)
        return Analysed(n, tuple(judge(n, lexicon.mentions(n))), ())

    def fitted(examples: list[Example]) -> float:
        needs, _ = train_needs(examples, intents, read, [()] * len(examples))
        return float(needs.bias[SPOKEN + KEYS.index("presence_web")])

    said_none = Example(unsure.text, "express_need", metadata={"needs": []})
    assert fitted([*sure, unsure]) > fitted([*sure, said_none])


def test_a_kept_model_is_the_one_that_was_learnt() -> None:
    rng = np.random.default_rng(random.Random(1).randrange(1000))
    model = StanceModel(
        {"seg pas": 0, "seg oui": 1}, rng.random((2, 3), dtype=np.float32), np.zeros(3, dtype=np.float32)
    )
    again = stance_model.from_arrays(stance_model.to_arrays(model))
    assert again.vocabulary == model.vocabulary
    np.testing.assert_allclose(again.weights, model.weights, atol=1e-3)
