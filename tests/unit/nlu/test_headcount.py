"""Headcounts by the rules of the guideline, in the words of owners."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Headcount
from bot.nlu.headcount import read_headcount, read_headcount_answer
from bot.nlu.text import normalise


def bounds(text: str) -> tuple[int | None, int | None] | None:
    found = read_headcount(normalise(text))
    return (found.min, found.max) if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("je suis tout seul dans mon garage", (1, 1)),
        ("chui seul", (1, 1)),
        ("plombier tout seul à Brest et internet ça m'intéresse pas", (1, 1)),
        ("auto-entrepreneur dans le 35", (1, 1)),
        ("menuisier seul à Guéret je veux pas de site", (1, 1)),
        ("plombier tout seul à Guéret veux rien sur internet", (1, 1)),
        ("je veux faire mon site tout seul", None),
        ("au fait on est deux maintenant", (2, 2)),
        ("maroquinière, entreprise individuelle sans salarié", (1, 1)),
        ("ma femme et moi", (2, 2)),
        ("on bosse à deux", (2, 2)),
        ("4 salariés et 2 apprentis", (6, 6)),
        ("10 salariés dont 2 apprentis et 1 alternant", (10, 10)),
        ("moi et 3 ouvriers", (4, 4)),
        ("14 collaborateurs et moi", (15, 15)),
        ("on est deux plus un apprenti le samedi", (3, 3)),
        ("4 personnes dont moi", (4, 4)),
        ("ché 2 salarié", (2, 2)),
        ("3 emploiés et un aprenti", (4, 4)),
        ("une dizaine de salariés", (8, 12)),
        ("moins de 10 salariés", (None, 9)),
        ("plus de 20 employés", (21, None)),
        ("entre 20 et 30 salariés", (20, 30)),
        ("boucherie, 4, Brest", (4, 4)),
        ("cabinet de groupe à trois, Cergy", (3, 3)),
        ("deux salariées et des bénévoles", (2, 2)),
        ("3 salariés et 2 stagiaires", (3, 3)),
        ("opticienne à mon compte, un salarié", (1, 1)),
        ("crèche associative, douze professionnelles", (12, 12)),
    ],
)
def test_headcount_follows_the_guideline(text: str, expected: tuple[int | None, int | None]) -> None:
    assert bounds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on passe de 3 l'hiver à 9 l'été", (3, 9)),
        ("38 salariés en haute saison et 20 le reste de l'année", (20, 38)),
        ("7 permanents et jusqu'à 12 personnes au printemps", (7, 12)),
        ("3 permanents et 12 saisonniers l'été", (3, 15)),
        ("3 à l'année et 7 au moment des fêtes", (3, 7)),
        ("je loue des kayaks, seul l'hiver, six l'été", (1, 6)),
    ],
)
def test_season_gives_low_and_high(text: str, expected: tuple[int, int]) -> None:
    assert bounds(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "15 ans de métier",
        "ouvert 7 jours sur 7",
        "j'ai 12 chambres et 80 couverts",
        "gîte pour 6 personnes",
        "on recrute deux serveurs",
        "200 clients",
        "local de 40 m2 à 35000 Rennes",
        "coiffeuse à domicile",
        "je suis à mon compte",
        "je ne m'en sors pas tout seul avec l'informatique",
        "le seul problème c'est la facture",
        "jveu 1 rdv avec un conseiller pas 1 robot",
        "taxidermiste en Lozère, une aide pour être visible sur internet ?",
        "on peut cumuler deux aides ou pas",
        "trop d'impayés, faudrait relancer tout seul",
    ],
)
def test_other_numbers_are_no_headcount(text: str) -> None:
    assert bounds(text) is None


def test_span_is_in_the_original_text() -> None:
    text = "Œufs bio… à Évry, 4 salariés"
    found = read_headcount(normalise(text))
    assert found is not None
    assert text[slice(*found.span)] == "4 salariés"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5", (5, 5)),
        ("moi tout seul", (1, 1)),
        ("une dizaine", (8, 12)),
        ("3 gars et moi", (4, 4)),
        ("trois plus un apprenti", (4, 4)),
        ("3 avec mon mari", (3, 3)),
        ("ça dépend", None),
    ],
)
def test_bare_answer_is_enough(text: str, expected: tuple[int, int] | None) -> None:
    found = read_headcount_answer(normalise(text))
    assert (found and (found.min, found.max)) == expected


@given(st.text(max_size=300))
def test_any_text_is_read_without_error_and_span_lies_in_it(text: str) -> None:
    found = read_headcount(normalise(text))
    assert found is None or (
        isinstance(found, Headcount) and 0 <= found.span[0] <= found.span[1] <= len(text)
    )
