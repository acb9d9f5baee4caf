"""A plain Rasa project in a folder: domain and data in several files, NLU data that is not parsed for nothing."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from bot import project
from bot.cli import main
from bot.dialogue import check_project, custom_actions, load_project_model
from bot.errors import ProjectFileError
from tests.dialogue_talk import Talk

FILES = {
    "config.yml": "language: fr\npolicies:\n- name: MemoizationPolicy\n- name: RulePolicy\n",
    "domain/intents.yml": 'version: "3.1"\nintents:\n- greet\n- faq\nentities:\n- city\n',
    "domain/slots.yml": "intents:\n- greet\n- bye\nslots:\n  city:\n    type: text\n    mappings:\n"
    "    - {type: from_entity, entity: city}\n",
    "domain/responses.yml": "responses:\n  utter_greet:\n  - text: Bonjour {city}.\n"
    "  utter_bye:\n  - text: Au revoir.\n",
    "data/rules.yml": "rules:\n- rule: greet\n  steps:\n  - intent: greet\n  - action: utter_greet\n"
    "- rule: faq\n  steps:\n  - intent: faq\n  - action: utter_faq\n",
    "data/stories.yml": "stories:\n- story: bye\n  steps:\n  - intent: bye\n  - action: utter_bye\n",
    "data/nlu.yml": "nlu:\n- intent: faq/prix\n  examples: |\n    - combien ça coûte\n",
    "data/answers.yml": "responses:\n  utter_faq/prix:\n  - text: C'est gratuit.\n",
}


def a_project(folder: Path, **changes: str) -> project.Project:
    for name, text in (
        FILES | {key.replace("__", "/") + ".yml": value for key, value in changes.items()}
    ).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return project.find(folder)


def test_split_project_is_loaded_and_talked_to(tmp_path: Path) -> None:
    talk = Talk(load_project_model(a_project(tmp_path)))
    assert talk.say("/bye") == ["Au revoir."]
    assert talk.say('/greet{"city": "Lyon"}') == ["Bonjour Lyon."]
    reading = {"intent": {"name": "faq/prix", "confidence": 0.9}, "entities": [], "text": "combien"}
    assert talk.say("combien", parse_data=reading) == ["C'est gratuit."]


def test_of_two_files_the_first_wins_and_the_slots_of_the_last_come_first(tmp_path: Path) -> None:
    """Rasa's `merge_domain_dicts`: what it does to the order shows in the order of slot events."""
    slot = "    type: text\n    mappings:\n    - {type: from_text}\n"
    model = load_project_model(
        a_project(
            tmp_path,
            domain__a="slots:\n  one:\n" + slot + "responses:\n  utter_x:\n  - text: first\n",
            domain__b="slots:\n  two:\n"
            + slot
            + "  one:\n"
            + slot
            + "responses:\n  utter_x:\n  - text: second\n",
        )
    )
    assert [name for name in model.domain.slots if name in ("one", "two")] == ["two", "one"]
    assert model.domain.responses["utter_x"][0]["text"] == "first"
    assert "requested_slot" not in model.domain.slots


def test_error_names_the_file_from_the_projects_folder(tmp_path: Path) -> None:
    broken = a_project(tmp_path, domain__slots="slots:\n  city:\n    type: texte\n    mappings: []\n")
    with pytest.raises(ProjectFileError) as refusal:
        load_project_model(broken)
    assert (refusal.value.file, refusal.value.line) == ("domain/slots.yml", 3)
    assert check_project(broken).findings[0][:2] == ("domain/slots.yml", 3)


def test_folder_in_the_place_of_the_configuration_is_refused(tmp_path: Path) -> None:
    a_project(tmp_path)
    (tmp_path / "config.yml").unlink()
    (tmp_path / "config.yml").mkdir()
    with pytest.raises(ProjectFileError, match=r"config\.yml"):
        load_project_model(project.find(tmp_path))


def test_file_of_which_nothing_is_read_is_remarked(tmp_path: Path) -> None:
    found = a_project(tmp_path, data__more="rule:\n- rule: a\n  steps: []\n")
    assert [file for file, _, text in check_project(found).remarks if "Rien" in text] == ["data/more.yml"]


def test_large_domain_loads_quickly(tmp_path: Path) -> None:
    """Eighty rules, slots and responses: half a second is allowed, of which a slow machine needs a part."""
    names = range(80)
    slots = "".join(f"  s{n}:\n    type: text\n    mappings:\n    - type: from_text\n" for n in names)
    responses = "".join(f"  utter_{n}:\n  - text: Réponse {n}.\n" for n in names)
    rules = "".join(f"- rule: r{n}\n  steps:\n  - intent: i{n}\n  - action: utter_{n}\n" for n in names)
    found = a_project(
        tmp_path,
        domain__intents="intents:\n- greet\n- faq\nentities:\n- city\n",
        domain__more="intents:\n"
        + "".join(f"- i{n}\n" for n in names)
        + "slots:\n"
        + slots
        + "responses:\n"
        + responses,
        data__more="rules:\n" + rules,
    )
    start = time.perf_counter()
    model = load_project_model(found)
    assert len(model.domain.slots) > 80
    assert time.perf_counter() - start < 1.0


@pytest.mark.parametrize(
    ("file", "text", "place", "words"),
    [
        (
            "data/nlu.yml",
            'nlu:\n- intent: faq/prix\n  examples: |\n    - [x]{"entity": }\n',
            "nlu.yml:4",
            "JSON",
        ),
        ("data/nlu.yml", "nlu:\n- intnt: a\n  examples: |\n    - b\n", "nlu.yml:2", "une seule des clés"),
        (
            "data/nlu.yml",
            "nlu:\n- regex: r\n  examples: |\n    - a(\n- intent: b\n",
            "nlu.yml:4",
            "ne se lit pas",
        ),
        ("config.yml", "pipeline:\n- name: FallbackClassifier\n  threshold: high\n", "config.yml:2", "seuil"),
        ("config.yml", "pipeline: [\n", "config.yml:2", "YAML"),
        ("config.yml", "pipeline: supervised\n", "config.yml:1", "liste"),
        ("config.yml", "pipeline:\n- name: WhitespaceTokeniser\n", "config.yml:2", "WhitespaceTokeniser"),
        ("config.yml", "recipe: default.v9\n", "config.yml:1", "default.v1"),
        (
            "data/nlu.yml",
            "nlu:\n- intent: b\n  metadata: &m\n    a: *m\n  examples: |\n    - b\n",
            "nlu.yml:",
            "renvoi",
        ),
        ("domain/actions.yml", "actions: [action_nobody]\n", "", "action_nobody"),
        ("actions.py", "import nothing_of_that_name\n", "actions.py:1", "nothing_of_that_name"),
        (
            "actions.py",
            "from rasa_sdk import Action\nclass A(Action)\n    pass\n",
            "actions.py:2",
            "SyntaxError",
        ),
        ("actions.py", "import sys\nsys.exit(3)\n", "actions.py:2", "SystemExit"),
    ],
)
def test_mistake_is_one_sentence_at_the_start_and_in_the_check(
    file: str, text: str, place: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_project(tmp_path)
    (tmp_path / file).write_text(text, encoding="utf-8")
    for command in ("serve", "check"):
        code = main([command, "--project", str(tmp_path)])
        said = capsys.readouterr()
        assert code == (2 if command == "serve" else 1)
        sentence = said.err if command == "serve" else said.out
        assert place in sentence
        assert words in sentence
        assert "Traceback" not in sentence


def test_port_that_is_taken_is_one_sentence_and_nothing_to_open(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a_project(tmp_path)
    database = f"sqlite:///{tmp_path / 'x.sqlite'}"
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        code = main(["serve", "--project", str(tmp_path), "--database", database, "--port", port])
    said = capsys.readouterr()
    assert code == 2
    assert "donnez un autre port" in said.err
    assert "http://" not in said.out


def test_rasa_1s_name_of_a_retrieval_action_is_not_missed_where_nothing_takes_it(tmp_path: Path) -> None:
    """Public projects still name `respond_faq` in their domain."""
    said = 'version: "3.1"\nintents:\n- greet\n- faq\nactions:\n- respond_faq\n'
    assert custom_actions(load_project_model(a_project(tmp_path, domain__intents=said))) == []
    taken = "rules:\n- rule: old\n  steps:\n  - intent: greet\n  - action: respond_faq\n"
    assert custom_actions(
        load_project_model(a_project(tmp_path, domain__intents=said, data__rules=taken))
    ) == ["respond_faq"]
