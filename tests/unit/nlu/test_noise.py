"""Typing mistakes: how they are made to measure, and that texts with them are read all the same."""

import random

import pytest

from bot.nlu.near_words import NearWords, is_slip
from bot.nlu.pipeline import Pipeline
from bot.nlu.spelling import Speller, long_words
from bot.nlu.text import normalise
from bot.nlu.typos import typo, with_typos


def test_a_mistake_is_one_of_the_four_that_fingers_make() -> None:
    rng = random.Random(3)
    for word in ("boulangerie", "Lourdes", "salarié", "facture"):
        made = {typo(word, rng) for _ in range(200)}
        assert word not in made
        assert all(is_slip(normalise(wrong).plain, normalise(word).plain) for wrong in made)
        assert {len(wrong) - len(word) for wrong in made} == {-1, 0, 1}


def test_only_long_words_get_a_mistake_and_each_one() -> None:
    text = "je tiens une boulangerie à l'entrée de Rennes, 4 salariés"
    before, after = text.split(" "), with_typos(text, random.Random(1)).split(" ")
    changed = [a for a, b in zip(before, after, strict=True) if a != b]
    assert changed == ["boulangerie", "l'entrée", "Rennes,", "salariés"]


@pytest.mark.parametrize(
    ("typed", "right", "slip"),
    [
        ("slaaries", "salaries", True),
        ("salares", "salaries", True),
        ("sallaries", "salaries", True),
        ("salariem", "salaries", False),  # m and s are far from one another
        ("salarirs", "salaries", True),
        ("perosnne", "personne", True),
        ("perosnne", "peronne", False),  # an s that no finger typed twice
    ],
)
def test_a_slip_is_told_from_another_spelling(typed: str, right: str, slip: bool) -> None:
    assert is_slip(typed, right) is slip


def test_of_two_near_words_the_one_a_slip_leads_to_is_meant_then_the_likelier() -> None:
    assert NearWords(["peronne", "personne"], likeliest=["peronne"]).correct("perosnne") == "personne"
    assert NearWords(["marche", "marge"], likeliest=["marge"]).correct("marhe") == "marge"


def test_words_of_expressions_are_known_in_singular_and_plural() -> None:
    import re

    assert long_words([re.compile(r"\b(?:chantiers?|livr\w+|prestataire)\b")]) == {
        "chantier",
        "chantiers",
        "prestataire",
    }


def test_a_right_word_is_not_corrected() -> None:
    speller = Speller(["facture"], is_right=lambda word: word == "fracture")
    assert speller.correct(normalise("une fracture")).plain == "une fracture"
    assert speller.correct(normalise("une facure")).plain == "une facture"


# ------------------------------------------------------------------ places
@pytest.mark.parametrize(
    ("text", "insee", "departement"),
    [
        ("menuiserie a Laaguiole (12)", "12119", "12"),  # few inhabitants, but its département is named
        ("huile de noix a Martell, dans le Lot", "46185", "46"),
        ("patron pecheur au guilvinnec, 4 a bord", "29072", "29"),
        ("boucherie, montargiis", "45208", "45"),  # not the Montargois
        ("taxi conventionne lannemzan, deux voitures", "65258", "65"),
        ("brasseur a ointe a pitre", "97120", "971"),
        ("jsui sophrologue a limoge", "87085", "87"),  # a word too, « limoger »
        ("coiffure a domicille tarbe", "65440", "65"),
        ("35400", "35288", "35"),  # nothing else is said
        ("auto ecole fort de frannce", "97209", "972"),
        ("rempailleur a oLudeac", "22136", "22"),  # the capital was swapped
        ("je sonorise des concerts, Huates-Pyreenees", None, "65"),
        ("foie gras a la ferme, Landse", None, "40"),
        ("chaudronnerie, Haute-Svaoie", None, "74"),
        ("tisserande, je fais des echarpes a la main, creues", None, "23"),
        ("bar a saint quentinn dans l'aisne", "02691", "02"),
        ("distillerie au Lamenntin (972)", "97213", "972"),
    ],
)
def test_misspelled_places_are_read(reader: Pipeline, text: str, insee: str | None, departement: str) -> None:
    place = reader.read(text).place
    assert place is not None
    assert (place.insee, place.departement) == (insee, departement)


@pytest.mark.parametrize(
    "text",
    [
        "relancer les clients, ca, perosnne le fait",  # Péronne
        "je prends la carte bleue sur le larche",  # Larche
        "je vends sur les marhes",  # Les Mathes
        "on efface tout depuis la premire question",  # Remire-Montjoly
        "auto-ecole, trois montieurs et une secretaire",  # Les Trois-Moutiers
        "boulangerie Martin, bouelvard de Strasboufg",
        "photographe de maisonss",  # Maisons-Alfort
    ],
)
def test_common_words_with_a_mistake_are_no_places(reader: Pipeline, text: str) -> None:
    assert reader.read(text).place is None


def test_the_role_of_a_place_is_read_in_misspelled_words(reader: Pipeline) -> None:
    place = reader.read("friperie sur les marcnes du 95, jhabitte encoore chez mes parehts a creil").place
    assert place is not None
    assert (place.insee, place.departement) == (None, "95")


# ------------------------------------------------------------------ people
@pytest.mark.parametrize(
    ("text", "bounds"),
    [
        ("code ape 4332A, 3 salares", (3, 3)),  # no salaries
        ("boulanger, nous sommes quattre", (4, 4)),  # no dozen
        ("pompes funebres, 7 agnts, Decazeville", (7, 7)),
        ("on peche la sole, moi et mon gars", (2, 2)),
        ("syndic de copros, six gestionniares, Nice", (6, 6)),
        ("coursiers a velo, coopreative de 6, Grenoble", (6, 6)),
        ("taxi, deux voitures, ma femme condut l'autre", (2, 2)),
        ("casse auto, 6 employyes 2 deppanneuses et 1 chien", (6, 6)),
        ("agence immo a Font-Romeu, 2 a l'automnee, 5 l'hiver", (2, 5)),
        ("ecole Montessori, 7 salariees et 2 stgaiaires", (7, 7)),
    ],
)
def test_people_are_counted_in_misspelled_words(reader: Pipeline, text: str, bounds: tuple[int, int]) -> None:
    people = reader.read(text).headcount
    assert people is not None
    assert (people.min, people.max) == bounds


# ------------------------------------------------------------------ sectors
@pytest.mark.parametrize(
    ("text", "naf"),
    [
        ("tisserande, je fais des ehcarpes", "13.20Z"),
        ("chambrse d'hotes dans le perigord", "55.20Z"),
        ("pension et elvage de chevaux", "01.43Z"),
        ("agence de vyoages a Dax", "79.11Z"),
        ("producteur de oommes et de pories", "01.24Z"),
        ("mainteannce de machiens industrielles", "33.12Z"),
        ("maison de retriate, 30 lits", "87.10A"),
    ],
)
def test_misspelled_trades_are_read(reader: Pipeline, text: str, naf: str) -> None:
    sector = reader.read(text).sector
    assert sector is not None
    assert sector.naf == naf


# ------------------------------------------------------------------ needs
def test_a_refusal_is_understood_in_misspelled_words(reader: Pipeline) -> None:
    reading = reader.read(
        "boulangerie a Rennes, je ne souhiate surtout pas de boutqiue en linge, juste une factruation"
    )
    assert "vente_en_ligne" not in {need.key for need in reading.needs}
    assert "gestion_facturation" in {need.key for need in reading.needs}


def test_a_sure_intent_is_not_overruled_by_one_of_its_sentences(reader: Pipeline) -> None:
    text = "Je ne veux pas vendre en ligne, trop de fraude. Mon site est vieux, il faut le refaire. Rien à faire."
    assert reader.read(text).intent.name == "express_need"
