"""French numbers and what the words around them make of them."""

import pytest

from bot.nlu.near_words import NearWords
from bot.nlu.numbers import find_amounts, find_numbers


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("vingt et un", 21),
        ("soixante et onze", 71),
        ("soixante dix sept", 77),
        ("quatre-vingt-dix-neuf", 99),
        ("deux cent mille", 200_000),
        ("mille neuf cent", 1900),
        ("12 000 euros", 12_000),
        ("1,5 etp", 1.5),
        ("10k", 10_000),
        ("soixnate", 60),
    ],
)
def test_number_in_words_or_digits_has_its_value(text: str, value: float) -> None:
    assert [number.value for number in find_numbers(text)] == [value]


@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("une douzaine", (10, 14)),
        ("une petite dizaine", (8, 12)),
        ("20aine", (16, 24)),
        ("environ 15", (12, 18)),
        ("entre 20 et 30", (20, 30)),
        ("de 10 a 15", (10, 15)),
        ("deux ou trois", (2, 3)),
        ("deux trois gars", (2, 3)),
        ("moins de 10", (None, 9)),
        ("plus d'une vingtaine", (21, None)),
        ("jusqu'a 12", (None, 12)),
        ("au moins 8", (8, None)),
        ("5 personnes environ", (4, 6)),
    ],
)
def test_amount_has_the_bounds_of_the_guideline(text: str, bounds: tuple[int | None, int | None]) -> None:
    assert [(amount.min, amount.max) for amount in find_amounts(text)] == [bounds]


@pytest.mark.parametrize("text", ["12-03-2020", "06 12 34 56 78"])
def test_date_or_telephone_is_no_interval(text: str) -> None:
    assert all(amount.exact for amount in find_amounts(text))


def test_certaine_is_not_a_misspelled_centaine() -> None:
    assert [number.value for number in find_numbers("une certaine idee")] == [1]


def test_near_words_forgive_one_mistake_and_no_more() -> None:
    near = NearWords(["salarie", "apprenti"], not_typos=["salaire"])
    assert [near.correct(w) for w in ("salrie", "aprenti", "salaire", "boulanger")] == [
        "salarie",
        "apprenti",
        None,
        None,
    ]
