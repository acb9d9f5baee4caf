"""Answers to open questions: by type, and the messages that are no answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from bot.errors import ContentError
from bot.messages import Answer, Headcount, Place, Question, Sector
from bot.nlu.answers import AnswerReader
from bot.nlu.text import normalise

NLU_DATA = Path(__file__).resolve().parents[3] / "nlu_data"
SITE = (
    "Oui, à jour, et je peux la changer moi-même",
    "Oui, mais vieille",
    "Juste une page sur un réseau social",
    "Non",
)
BILLS = ("Un logiciel ou une appli", "Un modèle sur l'ordinateur (tableau)", "À la main, sur un carnet")
PEOPLE = ("Juste moi", "2 à 5", "6 à 9", "10 à 49", "50 ou plus")
CLIENTS = ("des particuliers", "des entreprises", "des mairies, écoles, hôpitaux")
OFTEN = ("Tous les jours", "Toutes les semaines", "Tous les mois", "Jamais")
TODAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def reader() -> AnswerReader:
    return AnswerReader.load(NLU_DATA)


def a_question(kind: str, text: str, choices: Sequence[str] = ()) -> Question:
    return Question("q", kind, text, tuple(choices))


def read(reader: AnswerReader, text: str, question: Question, **known: Any) -> Answer:
    return reader.read(normalise(text), question, today=TODAY, **known)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ouais depuis l'an dernier", True),
        ("on y pense", False),
        ("bof", False),
        ("pas encore", False),
        ("oui mais il date de 2012", True),
        ("pas à jour mais oui", True),
        ("juste une page facebook", False),
        ("oui, une page facebook", False),
        ("j'en avais un mais il a fermé", False),
        ("on en a deux", True),
        ("non, enfin si", True),
        ("pourquoi pas", True),
        ("👍", True),
        ("pas mal", True),
    ],
)
def test_yes_or_no_is_read_also_when_indirect(reader: AnswerReader, text: str, expected: bool) -> None:
    answer = read(reader, text, a_question("yes_no", "Avez-vous un site internet ?"))
    assert (answer.kind, answer.value) == ("value", expected)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("aucune idée, c'est ma femme qui sait", "dont_know"),
        ("chais pas", "dont_know"),
        ("je préfère ne pas répondre", "skip"),
        ("ça vous regarde pas", "skip"),
        ("passe", "skip"),
        ("pourquoi vous me demandez ça ?", "explain_why"),
        ("je me suis trompé", "back"),
        ("et ça coûte combien un site ?", "none"),
        ("c'est quoi un nom de domaine ?", "none"),
        ("je veux parler à quelqu'un", "none"),
        ("", "none"),
        ("   ", "none"),
    ],
)
@pytest.mark.parametrize("asked", ["yes_no", "choice", "number"])
def test_what_is_no_answer_is_told_apart(reader: AnswerReader, text: str, kind: str, asked: str) -> None:
    questions = {
        "yes_no": a_question("yes_no", "Avez-vous un site ?"),
        "choice": a_question("choice", "Comment faites-vous vos factures ?", BILLS),
        "number": a_question("number", "Combien de devis faites-vous par an ?"),
    }
    assert read(reader, text, questions[asked]).kind == kind


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("le 2", 1),
        ("2", 1),
        ("la deuxième", 1),
        ("C", 2),
        ("réponse b", 1),
        ("la dernière", 2),
        ("je dirais la première", 0),
    ],
)
def test_a_choice_is_named_by_its_rank(reader: AnswerReader, text: str, index: int) -> None:
    assert (
        read(reader, text, a_question("choice", "Comment faites-vous vos factures ?", BILLS)).value == index
    )


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("excel", 1),
        ("dolibarr", 0),
        ("un cahier et un stylo", 2),
        ("pas de logiciel, je fais ça à la main", 2),
        ("Un modèle sur l'ordinateur (tableau)", 1),
        ("un logicel", 0),
    ],
)
def test_a_choice_is_found_by_words_of_the_owner(reader: AnswerReader, text: str, index: int) -> None:
    assert (
        read(reader, text, a_question("choice", "Comment faites-vous vos factures ?", BILLS)).value == index
    )


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("on a une page facebook c'est tout", 2),
        ("nan", 3),
        ("oui mais il date de 2012", 1),
        ("je le change moi-même", 0),
    ],
)
def test_choices_that_begin_with_yes_or_no_follow_the_polarity(
    reader: AnswerReader, text: str, index: int
) -> None:
    assert (
        read(reader, text, a_question("choice", "Avez-vous une page à vous sur internet ?", SITE)).value
        == index
    )


@pytest.mark.parametrize(
    ("text", "index"),
    [("chaque soir", 0), ("le vendredi", 1), ("une fois par mois", 2), ("jamais", 3), ("presque jamais", 3)],
)
def test_choices_on_a_scale_take_the_nearest(reader: AnswerReader, text: str, index: int) -> None:
    assert (
        read(reader, text, a_question("choice", "À quelle fréquence copiez-vous vos fichiers ?", OFTEN)).value
        == index
    )


@pytest.mark.parametrize(
    ("text", "index"),
    [("tout seul", 0), ("3", 1), ("une douzaine", 3), ("on est sept", 2), ("60 personnes", 4)],
)
def test_choices_that_are_intervals_hold_the_number(reader: AnswerReader, text: str, index: int) -> None:
    assert (
        read(
            reader, text, a_question("choice", "Vous êtes combien à travailler, vous compris ?", PEOPLE)
        ).value
        == index
    )


def test_a_headcount_read_before_chooses_the_interval(reader: AnswerReader) -> None:
    question = a_question("choice", "Vous êtes combien à travailler, vous compris ?", PEOPLE)
    assert read(reader, "ma femme et moi", question, headcount=Headcount(2, 2, (0, 15))).value == 1


@pytest.mark.parametrize(
    ("text", "indices"),
    [
        ("surtout des particuliers, un peu la mairie", [0, 2]),
        ("pas de particuliers, que des entreprises", [1]),
        ("les trois", [0, 1, 2]),
        ("tous", [0, 1, 2]),
        ("aucun", []),
        ("1 et 3", [0, 2]),
        ("tous sauf les mairies", [0, 1]),
    ],
)
def test_several_choices_are_all_read(reader: AnswerReader, text: str, indices: list[int]) -> None:
    assert read(reader, text, a_question("multi", "Vos clients sont plutôt…", CLIENTS)).value == indices


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("Combien de devis faites-vous par an ?", "une trentaine par mois", {"min": 288, "max": 432}),
        ("Combien de devis faites-vous par an ?", "2 par semaine", 104),
        ("Combien de clients par semaine ?", "entre 20 et 30", {"min": 20, "max": 30}),
        ("Combien êtes-vous à travailler, vous compris ?", "seule", 1),
        ("Quel est votre chiffre d'affaires annuel ?", "80 k€", 80_000),
        ("En quelle année avez-vous ouvert ?", "il y a 5 ans", 2021),
        ("Depuis combien d'années exercez-vous ?", "depuis 2016", 10),
        ("Combien d'heures par semaine passez-vous sur les papiers ?", "une heure par jour", 7),
        ("Quelle part de vos ventes se fait en ligne, en pourcentage ?", "la moitié", 50),
        ("Combien d'ordinateurs avez-vous ?", "aucun", 0),
    ],
)
def test_a_number_comes_in_the_unit_of_the_question(
    reader: AnswerReader, question: str, text: str, expected: object
) -> None:
    assert read(reader, text, a_question("number", question)).value == expected


def test_a_number_given_with_a_doubt_is_less_sure(reader: AnswerReader) -> None:
    question = a_question("number", "Combien de devis faites-vous par an ?")
    doubted, sure = read(reader, "je sais pas, 50", question), read(reader, "50", question)
    assert doubted.value == sure.value == 50
    assert doubted.confidence < sure.confidence


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place("Rennes", "35238", "35", "53", (0, 6)), ("value", "35238")),
        (Place(None, None, "32", "76", (0, 6)), ("value", "dep:32")),
        (Place(None, None, None, "53", (0, 6)), ("value", "reg:53")),
        (Place("Saint-Denis", None, None, None, (0, 6)), ("dont_know", None)),
    ],
)
def test_a_place_is_its_most_precise_code(
    reader: AnswerReader, place: Place, expected: tuple[str, str | None]
) -> None:
    answer = read(reader, "Rennes", a_question("place", "Où est votre entreprise ?"), place=place)
    assert (answer.kind, answer.value) == expected


def test_a_sector_keeps_its_confidence(reader: AnswerReader) -> None:
    sector = Sector("10.71C", "Boulangerie", 0.9, (0, 9), "C")
    answer = read(reader, "boulanger", a_question("sector", "Quel est votre métier ?"), sector=sector)
    assert (answer.value, answer.confidence) == ("10.71C", 0.9)


def test_a_choice_that_says_it_does_not_know_can_be_chosen(reader: AnswerReader) -> None:
    choices = ("Avoir plus de clients", "Être en règle", "Je ne sais pas encore")
    assert read(reader, "je ne sais pas encore", a_question("choice", "Votre but ?", choices)).value == 2


@pytest.mark.parametrize(
    "text", ["🙈" * 50, "a" * 5000, "\u200b\u200b", "?" * 300, "le " * 1500, "1 2 3 " * 400]
)
@pytest.mark.parametrize("kind", ["yes_no", "choice", "multi", "number", "place", "sector", "text"])
def test_any_text_is_read_without_an_error(reader: AnswerReader, text: str, kind: str) -> None:
    answer = read(
        reader, text, a_question(kind, "Avez-vous un site ?", SITE if kind in ("choice", "multi") else ())
    )
    assert 0.0 <= answer.confidence <= 1.0
    assert answer.span is None or 0 <= answer.span[0] <= answer.span[1] <= len(text)


def test_a_file_that_lacks_a_section_is_named(tmp_path: Path) -> None:
    (tmp_path / "answers.yml").write_text("yes: [oui]\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"answers\.yml.*il manque"):
        AnswerReader.load(tmp_path)


def test_bare_number_among_amounts_of_money_is_a_rank(reader: AnswerReader) -> None:
    amounts = ("Rien pour l'instant", "Moins de 30 € par mois", "Jusqu'à 1 000 €", "Plus, si ça rapporte")
    question = a_question("choice", "Et côté dépense, vous pouvez mettre…", amounts)
    assert [read(reader, text, question).value for text in ("1", "2", "le 3")] == [0, 1, 2]
    assert read(reader, "20 euros par mois", question).value == 1
    stock = ("Oui, la caisse le compte tout seul", "Oui, dans un tableau", "À peu près, de tête", "Non")
    told = a_question("choice", "Pouvez-vous dire ce qu'il vous reste sans aller compter ?", stock)
    assert [read(reader, text, told).value for text in ("1", "3", "4")] == [0, 2, 3]


def test_amount_of_money_is_no_duration(reader: AnswerReader) -> None:
    ages = ("Moins de six mois", "Un à deux ans", "Plus de trois ans")
    question = a_question("choice", "Votre entreprise existe depuis combien de temps ?", ages)
    assert read(reader, "150 000 euros", question).kind != "value"
    assert read(reader, "ça fait 5 ans", question).value == 2
