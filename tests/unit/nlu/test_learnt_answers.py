"""Answers in words that no rule holds: what the model of answers adds, and what it leaves to the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.errors import ContentError
from bot.messages import Answer, Question
from bot.nlu.answer_model import SURE
from bot.nlu.pipeline import Pipeline
from bot.nlu.train_answers import answer_files, read_labelled

NLU_DATA = Path(__file__).resolve().parents[3] / "nlu_data"
SITE = ("Oui, à jour", "Oui, mais vieux", "Juste une page sur un réseau social", "Non")
BILLS = ("Un logiciel", "Un tableau sur l'ordinateur", "À la main")
REVENUE = ("Moins de 20 000 €", "20 000 € à 1 million", "1 à 2 millions", "Plus de 2 millions")


def answer_of(reader: Pipeline, text: str, kind: str, question: str, choices: tuple[str, ...] = ()) -> Answer:
    answer = reader.read(text, Question("q", kind, question, choices)).answer
    assert answer is not None
    return answer


STORIES = (
    ("c'est ma nièce qui gère ça le dimanche", "Avez-vous une page Facebook ?", True),
    ("faudrait que je m'y mette un jour", "Avez-vous un site internet ?", False),
    ("un copain me l'a monté il y a trois ans", "Avez-vous un site internet ?", True),
    ("j'ai tout arrêté l'an passé", "Vendez-vous en ligne ?", False),
    ("ma femme les envoie le vendredi soir", "Envoyez-vous vos factures par courriel ?", True),
    ("sur un cahier, comme mon père", "Avez-vous un logiciel de caisse ?", False),
    ("le disque dur tourne toutes les nuits", "Faites-vous des sauvegardes ?", True),
    ("jamais trouvé le temps", "Avez-vous formé votre équipe ?", False),
    ("depuis le covid, obligé", "Prenez-vous la carte bancaire ?", True),
    ("personne ne me l'a jamais demandé", "Livrez-vous à domicile ?", False),
)


def test_yes_or_no_is_told_as_a_story(reader: Pipeline) -> None:
    """What is learnt is never right each time; eight in ten is far more than the rules know of these."""
    answers = [answer_of(reader, text, "yes_no", question) for text, question, _ in STORIES]
    right = [
        one.kind == "value" and one.value is wanted
        for one, (_, _, wanted) in zip(answers, STORIES, strict=True)
    ]
    assert sum(right) >= 8, [
        text for (text, _, _), is_right in zip(STORIES, right, strict=True) if not is_right
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("faut voir avec celui qui tient les comptes", "dont_know"),
        ("ça ne regarde que moi et mon banquier", "skip"),
        ("et vous en faites quoi de cette info ?", "explain_why"),
    ],
)
def test_what_is_no_answer_is_told_by_its_kind(reader: Pipeline, text: str, kind: str) -> None:
    assert answer_of(reader, text, "number", "Quel est votre chiffre d'affaires ?").kind == kind


def test_a_choice_is_meant_without_its_words(reader: Pipeline) -> None:
    answer = answer_of(
        reader, "un carnet à souche et un bic", "choice", "Comment faites-vous vos factures ?", BILLS
    )
    assert (answer.kind, answer.value) == ("value", 2)


def test_a_number_in_an_interval_stays_believed(reader: Pipeline) -> None:
    answer = answer_of(reader, "moins d'un million", "choice", "Votre chiffre d'affaires ?", REVENUE)
    assert answer.value == 1
    assert answer.confidence >= 0.5


def test_a_bare_yes_for_two_choices_is_not_taken(reader: Pipeline) -> None:
    answer = answer_of(reader, "oui", "choice", "Avez-vous un site ?", SITE)
    assert answer.kind != "value" or answer.confidence < 0.5


def test_the_words_of_a_choice_need_no_model(reader: Pipeline) -> None:
    answer = answer_of(reader, "oui, mais vieux", "choice", "Avez-vous un site ?", SITE)
    assert answer.value == 1
    assert answer.confidence >= SURE


def test_all_shipped_examples_can_be_read() -> None:
    assert len(read_labelled(answer_files(NLU_DATA))) > 4_000


@pytest.mark.parametrize(
    "row",
    [
        {"text": "oui", "question": {"type": "yes_no", "text": "?"}, "answer": "oui"},
        {"text": "la 4", "question": {"type": "choice", "text": "?", "choices": ["a", "b"]}, "answer": 3},
        {"text": "a", "question": {"type": "multi", "text": "?", "choices": ["a", "b"]}, "answer": 0},
        {"text": "a"},
        ["a"],
    ],
)
def test_a_wrong_example_is_refused_with_its_line(tmp_path: Path, row: Any) -> None:
    file = tmp_path / "answers.jsonl"
    file.write_bytes(b"\n" + orjson.dumps(row))
    with pytest.raises(ContentError) as refused:
        read_labelled([file])
    assert (refused.value.file, refused.value.line) == (str(file), 2)
