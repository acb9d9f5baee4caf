"""Broken project files are refused with file, line and a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from bot.dialogue import check_model, load_model
from bot.dialogue.yaml_source import YamlFile, parse_yaml
from bot.errors import ProjectFileError

GOOD_DOMAIN = """
intents: [greet, bye]
entities: [city]
slots:
  city: {type: text, mappings: [{type: from_entity, entity: city}]}
forms:
  f: {required_slots: [city]}
responses:
  utter_a: [{text: A}]
  utter_b: [{text: B}]
  utter_ask_city: [{text: Ville ?}]
"""


def read(text: str, name: str) -> YamlFile:
    return YamlFile(name, parse_yaml(text, name))


def load(domain: str = GOOD_DOMAIN, data: str = "", config: dict[str, Any] | None = None) -> Any:
    return load_model([read(domain, "domain.yml")], [read(data, "rules.yml")], config)


@pytest.mark.parametrize(
    ("domain", "line", "word"),
    [
        ("intents: [a\n", 2, "YAML"),
        ("intents:\n  - a\n  - a\n", 3, "deux fois"),
        ("intents:\n  - a\n  - greet:\n", 3, "deux-points"),
        ("intents: oui\n", 1, "liste"),
        ("slots:\n  x:\n    type: text\n", 3, "mappings"),
        ("slots:\n  x:\n    mappings: [{type: from_text}]\n", 2, "pas de type"),
        ("slots:\n  x:\n    type: texte\n    mappings: [{type: from_text}]\n", 3, "type inconnu"),
        (
            "slots:\n  x:\n    type: any\n    influence_conversation: true\n    mappings: [{type: custom}]\n",
            4,
            "any",
        ),
        ("slots:\n  x:\n    type: text\n    mappings:\n      - type: from_words\n", 5, "from_words"),
        ("slots:\n  x:\n    type: text\n    mappings:\n      - type: from_entity\n", 5, "entity"),
        (
            "slots:\n  x:\n    type: text\n    mappings:\n      - type: from_intent\n        intent: a\n",
            5,
            "value",
        ),
        (
            "slots:\n  x:\n    type: float\n    min_value: 3\n    mappings: [{type: from_text}]\n",
            4,
            "min",
        ),
        ("forms:\n  f:\n    ignored_intents: [a]\n", 2, "required_slots"),
        ("forms:\n  f:\n    required_slots:\n      - nowhere\n", 4, "nowhere"),
        ("forms:\n  f:\n    required_slots:\n      x: [{type: from_text}]\n", 3, "liste"),
        ("responses:\n  utter_a:\n    - channel: rest\n", 3, "ne dit rien"),
        ("responses:\n  utter_a: bonjour\n", 2, "variantes"),
        ("responses:\n  utter_a:\n    - text: 12\n", 3, "guillemets"),
        ("session_config:\n  session_expiration_time: long\n", 2, "minutes"),
        ("a: 1\na: 2\n", 2, "deux fois"),
        ("version: 3.1\n", 1, "texte"),
        ('version: "9.9"\n', 1, "récente"),
        ("intents: [a, 3]\n", 1, "guillemets"),
        ("forms:\n  f:\n    required_slots: []\n    required_slot: [x]\n", 4, "required_slot"),
        ("responses:\n  utter_a:\n  - text: A\n    imge: x\n", 4, "imge"),
        ("responses:\n  utter_a:\n  - text:\n", 3, "guillemets"),
        (
            "slots:\n  x:\n    type: text\n    influence_conversation: perhaps\n    mappings: [{type: custom}]\n",
            4,
            "true ou false",
        ),
        (
            "slots:\n  x:\n    type: float\n    initial_value: abc\n    mappings: [{type: custom}]\n",
            4,
            "nombre",
        ),
        (
            "slots:\n  x:\n    type: text\n    initial_value: 2024-01-01\n    mappings: [{type: custom}]\n",
            4,
            "date",
        ),
        ("x: &x [*x]\n", 1, "renvoi"),
        ("x: " + "[" * 5000 + "]" * 5000, 1, "les unes dans les autres"),
        ("x: " + "{a: " * 300 + "1" + "}" * 300, 1, "les unes dans les autres"),
        (
            "x0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
            + "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]\n" for n in range(1, 12)),
            6,
            "ancres",
        ),
        ("x0: &x0 [1]\n" + "".join(f"x{n}: &x{n} [*x{n - 1}]\n" for n in range(1, 300)), 101, "les autres"),
    ],
)
def test_broken_domain_is_refused_at_its_line(domain: str, line: int, word: str) -> None:
    with pytest.raises(ProjectFileError) as refusal:
        load(domain)
    assert (refusal.value.file, refusal.value.line) == ("domain.yml", line)
    assert word in refusal.value.message


@pytest.mark.parametrize(
    ("rules", "line", "word"),
    [
        ("rules:\n- rule: x\n  steps:\n  - action: utter_missing\n", 4, "utter_missing"),
        (
            "rules:\n- rule: x\n  steps: [{intent: greet}, {action: utter_a}, {intent: bye}, {action: utter_b}]\n",
            2,
            "plus d'un",
        ),
        ("rules:\n- rule: x\n  steps:\n  - intent: greet\n  - slot_was_set:\n    - nowhere\n", 6, "nowhere"),
        ("rules:\n- rule: x\n  steps:\n  - active_loop: nowhere\n", 4, "nowhere"),
        ("rules:\n- rule: x\n", 2, "étapes"),
        ("rules:\n- name: x\n", 2, "rule"),
        ("rules:\n- rule: x\n  steps:\n  - intnt: greet\n", 4, "Étape inconnue"),
        ("rules:\n- rule: x\n  steps:\n  - bonjour\n", 4, "étape"),
        ("rules: oui\n", 1, "liste"),
        ("stories:\n- story: x\n  steps:\n  - intent: greet\n  - action: nothing\n", 5, "nothing"),
        (
            "rules:\n- rule: one\n  steps: [{intent: greet}, {action: utter_a}]\n"
            "- rule: two\n  steps: [{intent: greet}, {action: utter_b}]\n",
            2,
            "two",
        ),
        (
            "rules:\n- rule: one\n  steps: [{intent: greet}, {action: utter_a}]\n"
            "stories:\n- story: other\n  steps: [{intent: greet}, {action: utter_b}]\n",
            5,
            "contredit",
        ),
        (
            "rules:\n- rule: start\n  steps: [{intent: greet}, {action: f}, {active_loop: f}]\n"
            "- rule: unfinished\n  steps: [{intent: bye}, {action: f}]\n",
            4,
            "active_loop",
        ),
        ("rules:\n- rule: x\n  steps: [{intent: greet}]\n  step: []\n", 4, "clé inconnue"),
        ("rules:\n- rule: x\n  conversation_start: maybe\n  steps: [{intent: greet}]\n", 3, "true ou false"),
        ("rules:\n- rule: x\n  steps:\n  - intent: greet\n  - bot: Hi\n", 5, "stories"),
        ("rules:\n- rule: x\n  steps:\n  - intent: greet\n  - checkpoint: c\n", 5, "stories"),
        ("stories:\n- story: x\n  steps:\n  - intent: greet\n  - checkpoint:\n", 5, "pas de nom"),
        ("stories:\n- story: x\n  steps:\n  - intent: greet\n    action: utter_a\n", 5, "tiret"),
        ('version: "9.9"\nrules: []\n', 1, "récente"),
    ],
)
def test_broken_rules_and_stories_are_refused_at_their_line(rules: str, line: int, word: str) -> None:
    with pytest.raises(ProjectFileError) as refusal:
        load(data=rules)
    assert (refusal.value.file, refusal.value.line) == ("rules.yml", line)
    assert word in refusal.value.message


def test_variable_of_the_environment_is_filled_in_but_for_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the real Rasa 3.6.20 reads `a: ${NAME}` and `a: '${NAME}'`."""
    monkeypatch.setenv("SHOP_HOURS", "9-17")
    assert read("a: open ${SHOP_HOURS}\nb: '${SHOP_HOURS}'\n", "domain.yml").data == {
        "a": "open 9-17",
        "b": "${SHOP_HOURS}",
    }
    with pytest.raises(ProjectFileError, match="NO_SUCH_THING") as refusal:
        read("a: 1\nb: ${NO_SUCH_THING}\n", "domain.yml")
    assert refusal.value.line == 2


def test_check_remarks_a_key_that_no_domain_has() -> None:
    report = check_model([read(GOOD_DOMAIN + "respones: {}\n", "domain.yml")])
    assert any(
        (file, line) == ("domain.yml", 12) and "respones" in text for file, line, text in report.remarks
    )


def test_unknown_fallback_action_is_refused() -> None:
    config = {"policies": [{"name": "RulePolicy", "core_fallback_action_name": "action_nowhere"}]}
    with pytest.raises(ProjectFileError, match="action_nowhere"):
        load(config=config)


def test_policy_of_another_age_is_refused_and_a_projects_own_is_passed_over() -> None:
    old = read("policies:\n- name: RulePolicy\n- name: MappingPolicy\n", "config.yml").data
    with pytest.raises(ProjectFileError, match="MappingPolicy") as refusal:
        load(config=old)
    assert (refusal.value.file, refusal.value.line) == ("config.yml", 3)
    load(config={"policies": [{"name": "RulePolicy"}, {"name": "mine.policies.OwnPolicy"}]})


def test_number_of_a_policy_that_is_none_is_refused_at_its_line() -> None:
    config = read("policies:\n- name: RulePolicy\n  core_fallback_threshold: low\n", "config.yml").data
    with pytest.raises(ProjectFileError, match="core_fallback_threshold") as refusal:
        load(config=config)
    assert (refusal.value.file, refusal.value.line) == ("config.yml", 3)


def test_check_tells_all_contradictions_at_once() -> None:
    rules = "rules:\n" + "".join(
        f"- rule: {name}\n  steps: [{{intent: {intent}}}, {{action: {action}}}]\n"
        for name, intent, action in [
            ("one", "greet", "utter_a"),
            ("two", "greet", "utter_b"),
            ("three", "bye", "utter_a"),
            ("four", "bye", "utter_b"),
        ]
    )
    findings = check_model([read(GOOD_DOMAIN, "domain.yml")], [read(rules, "rules.yml")]).findings
    lines = [line for file, line, _ in findings if file == "rules.yml"]
    assert lines == [2, 4, 6, 8]


@pytest.mark.parametrize(
    ("rules", "word"),
    [
        ("- rule: x\n  steps: [{intent: gret}, {action: utter_a}]\n", "gret"),
        ("- rule: x\n  steps: [{intent: restart}, {action: utter_a}]\n", "ne servira jamais"),
        (
            "- rule: x\n  condition: [{active_loop: f}]\n  steps: [{intent: greet}, {action: utter_a}]\n",
            "ne lance",
        ),
    ],
)
def test_check_finds_rules_that_never_apply(rules: str, word: str) -> None:
    findings = check_model(
        [read(GOOD_DOMAIN, "domain.yml")], [read("rules:\n" + rules, "rules.yml")]
    ).findings
    assert any(word in sentence and (file, line) == ("rules.yml", 2) for file, line, sentence in findings)


def test_check_finds_a_condition_that_is_not_looked_at_and_what_nothing_uses() -> None:
    domain = GOOD_DOMAIN.replace("type: text,", "type: text, influence_conversation: false,")
    rules = "rules:\n- rule: x\n  condition: [{slot_was_set: [city]}]\n  steps: [{intent: greet}, {action: utter_a}]\n"
    report = check_model([read(domain, "domain.yml")], [read(rules, "rules.yml")])
    assert ["la condition n'est pas regardée" in sentence for _, _, sentence in report.findings] == [True]
    assert all(file == "domain.yml" and line for file, line, _ in report.remarks)
    remarks = [sentence for _, _, sentence in report.remarks]
    assert any("« utter_b » n'est dite nulle part" in sentence for sentence in remarks)
    assert any("« bye » ne sert" in sentence for sentence in remarks)


def test_check_remarks_a_value_that_a_slot_does_not_know() -> None:
    domain = GOOD_DOMAIN.replace(
        "slots:\n", "slots:\n  plan: {type: categorical, values: [free, paid], mappings: [{type: custom}]}\n"
    )
    condition = "  condition: [{slot_was_set: [{plan: gold}]}]\n"
    rules = "rules:\n- rule: x\n" + condition + "  steps: [{intent: greet}, {action: utter_a}]\n"
    remarks = check_model([read(domain, "domain.yml")], [read(rules, "rules.yml")]).remarks
    assert [(file, line) for file, line, sentence in remarks if "« gold »" in sentence] == [("rules.yml", 2)]


def test_good_project_has_no_findings() -> None:
    rules = """
rules:
- rule: start
  steps: [{intent: greet}, {action: f}, {active_loop: f}]
- rule: bye
  steps: [{intent: bye}, {action: utter_a}, {action: utter_b}]
"""
    assert check_model([read(GOOD_DOMAIN, "domain.yml")], [read(rules, "rules.yml")]) == ([], [])
