"""Rasa's NLU YAML as the real one reads it, and what it would refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ProjectFileError
from bot.messages import Entity
from bot.nlu.nlu_yaml import nlu_files, odd_examples, parse_annotated, read_files


def read(tmp_path: Path, text: str):
    path = tmp_path / "nlu.yml"
    path.write_text(text, encoding="utf-8")
    return read_files([path])


def test_short_annotation_gives_entity_and_synonym_value() -> None:
    assert parse_annotated("je vais à [Paname](ville:Paris) demain") == (
        "je vais à Paname demain",
        (Entity("ville", "Paris", 10, 16),),
    )


def test_long_annotation_gives_role_group_and_value() -> None:
    text, entities = parse_annotated('de [Nice]{"entity": "ville", "role": "depart", "group": "1"}')
    assert (text, entities) == ("de Nice", (Entity("ville", "Nice", 3, 7, "depart", "1"),))


def test_several_entities_may_share_a_span() -> None:
    _, entities = parse_annotated('[Nice][{"entity": "ville"}, {"entity": "adjectif", "value": "gentil"}]')
    assert [(e.entity, e.value, e.start, e.end) for e in entities] == [
        ("ville", "Nice", 0, 4),
        ("adjectif", "gentil", 0, 4),
    ]


def test_all_kinds_of_items_are_read_with_their_lines(tmp_path: Path) -> None:
    data = read(
        tmp_path,
        """version: "3.1"
nlu:
- intent: faq/prix
  examples: |
    - combien ça coûte
    - le prix de la [pomme](fruit:fruit rouge)
- intent: greet
  examples:
  - text: |
      - bonjour
    metadata: {sentiment: positive}
- synonym: Paris
  examples: |
    - paname
- regex: cp
  examples: |
    - \\d{5}
- lookup: fruit
  examples: |
    - pomme
    - poire
""",
    )
    assert [(e.text, e.intent, e.line) for e in data.examples] == [
        ("combien ça coûte", "faq/prix", 5),
        ("le prix de la pomme", "faq/prix", 6),
        ("bonjour", "greet", 9),
    ]
    assert data.examples[2].metadata == {"sentiment": "positive"}
    assert data.synonyms == {"paname": "Paris", "pomme": "fruit rouge"}
    assert data.regexes == (("cp", "\\d{5}"),)
    assert data.lookups == {"fruit": ("pomme", "poire")}


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("nlu:\n- intent: a\n  examples: |\n    - un\n    deux\n", 5, "commence par"),
        ("nlu:\n- intent: a\n", 2, "exemples"),
        ("nlu:\n- intent: a\n  regex: b\n  examples: |\n    - c\n", 2, "une seule"),
        ('nlu:\n- intent: a\n  examples: |\n    - [x]{"entity": }\n', 4, "JSON"),
        ("nlu:\n- regex: a\n  examples: |\n    - (ouvert\n", 4, "ne se lit pas"),
        ("nlu:\n- intent: [a\n", None, "YAML"),
    ],
)
def test_broken_file_is_refused_with_file_line_and_sentence(
    tmp_path: Path, text: str, line: int | None, sentence: str
) -> None:
    with pytest.raises(ProjectFileError, match=sentence) as caught:
        read(tmp_path, text)
    assert caught.value.file == str(tmp_path / "nlu.yml")
    if line is not None:
        assert caught.value.line == line


def test_only_files_with_nlu_data_are_listed(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text("rules: []\n", encoding="utf-8")
    (tmp_path / "nlu.yml").write_text("nlu: []\n", encoding="utf-8")
    assert nlu_files(tmp_path) == (tmp_path / "nlu.yml",)


def test_text_of_two_intents_and_an_annotation_left_open_are_told(tmp_path: Path) -> None:
    file = tmp_path / "nlu.yml"
    file.write_text(
        "nlu:\n- intent: a\n  examples: |\n    - yes\n    - in [Nice](city\n- intent: b\n  examples: |\n    - Yes\n"
    )
    told = list(odd_examples(read_files([file])))
    assert [line for _, line, _ in told] == [5, 8]
    assert "n'est pas fermée" in told[0][2]
    assert "« b » et de « a »" in told[1][2]
