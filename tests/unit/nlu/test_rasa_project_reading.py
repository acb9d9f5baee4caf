"""A plain Rasa project is read from its own data: intents, learnt entities, lookups, synonyms, fallback."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bot import project as projects
from bot.nlu import model_cache, pipeline
from bot.nlu.rasa_pipeline import read_config
from bot.nlu.train import train

NLU = """version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
    - good morning
- intent: book_flight
  examples: |
    - I want to fly from [Berlin]{"entity": "city", "role": "from"} to [London]{"entity": "city", "role": "to"}
    - book a flight from [Paris]{"entity": "city", "role": "from"} to [Rome]{"entity": "city", "role": "to"}
    - fly to [NYC]{"entity": "city", "role": "to", "value": "New York"} tomorrow
    - a ticket to [Madrid]{"entity": "city", "role": "to"}
    - travel from [Oslo]{"entity": "city", "role": "from"} please
- intent: faq/price
  examples: |
    - how much does it cost
    - what is the price
- lookup: fruit
  examples: |
    - apple
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flights")
    (folder / "data").mkdir()
    (folder / "domain.yml").write_text("intents: [greet, book_flight, faq]\n", encoding="utf-8")
    (folder / "data" / "nlu.yml").write_text(NLU, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def flights(folder: Path) -> pipeline.Pipeline:
    return pipeline.load(projects.find(folder))


def test_example_of_the_training_data_is_read_as_its_author_says(flights: pipeline.Pipeline) -> None:
    assert (flights.read("Hello!").intent.name, flights.read("Hello!").intent.confidence) == ("greet", 1.0)


def test_entities_are_learnt_for_names_never_seen(flights: pipeline.Pipeline) -> None:
    reading = flights.read("please book a flight from Vienna to Lisbon")
    assert reading.intent.name == "book_flight"
    assert [(e.entity, e.role, e.value) for e in reading.entities] == [
        ("city", "from", "Vienna"),
        ("city", "to", "Lisbon"),
    ]


def test_synonym_replaces_the_value_and_keeps_the_characters(flights: pipeline.Pipeline) -> None:
    (city,) = flights.read("fly to nyc").entities
    assert (city.value, city.start, city.end) == ("New York", 7, 10)


def test_lookup_words_are_found_whole(flights: pipeline.Pipeline) -> None:
    found = [e.value for e in flights.read("an apple, a pineapple").entities if e.entity == "fruit"]
    assert found == ["apple"]


def test_model_is_kept_until_a_file_changes(folder: Path) -> None:
    project = projects.find(folder)
    pipeline.load(project)
    assert train(project) == "Le modèle est à jour."
    (folder / "data" / "nlu.yml").write_text(NLU + "    - pear\n", encoding="utf-8")
    assert "Modèle appris" in train(project)
    assert len(list((folder / "data" / model_cache.FOLDER).glob("*.npz"))) == 1


def test_french_model_is_not_loaded_for_another_project(folder: Path) -> None:
    import subprocess

    code = (
        "import sys; from pathlib import Path; from bot import project; from bot.nlu import pipeline\n"
        f"pipeline.load(project.find(Path({str(folder)!r}))).read('hello')\n"
        "sys.exit('spacy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_fallback_of_the_config_stands_before_what_is_unsure(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text(
        "pipeline:\n- name: DIETClassifier\n- name: FallbackClassifier\n  threshold: 0.99\n", encoding="utf-8"
    )
    assert read_config(config).fallback == (0.99, 0.1)
    reading = pipeline.load(projects.find(folder)).read("flight price")
    unsure = pipeline.with_fallback(reading, 0.999, 0.1)
    assert (unsure.intent.name, unsure.intent.confidence) == ("nlu_fallback", 0.999)
    assert unsure.ranking[1:] == reading.ranking


def test_retrieval_intents_are_one_intent_for_the_fallback(tmp_path: Path) -> None:
    """Two answers of one FAQ that are hard to tell apart are still the FAQ."""
    (tmp_path / "data").mkdir()
    (tmp_path / "domain.yml").write_text("intents: [faq, hello]\n", encoding="utf-8")
    (tmp_path / "config.yml").write_text(
        "language: en\npipeline:\n- name: FallbackClassifier\n  threshold: 0.6\n  ambiguity_threshold: 0.2\n",
        encoding="utf-8",
    )
    (tmp_path / "data" / "nlu.yml").write_text(
        "nlu:\n"
        "- {intent: faq/price, examples: '- what is the price of it\\n- tell me the price of this\\n'}\n"
        "- {intent: faq/cost, examples: '- what is the cost of it\\n- tell me the cost of this\\n'}\n"
        "- {intent: hello, examples: '- hello\\n- hi\\n- good day\\n'}\n".replace("'", '"'),
        encoding="utf-8",
    )
    reading = pipeline.load(projects.find(tmp_path)).read("tell me what is it")
    assert reading.intent.name.split("/")[0] == "faq"
    assert [intent.name for intent in reading.ranking] == ["faq", "hello"]
