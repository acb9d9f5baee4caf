"""`connecteur check` names what nothing answers to, with file and line: the real Rasa passes over all of it."""

from __future__ import annotations

import pytest

from bot.dialogue import check_model
from tests.unit.dialogue.test_dialogue_refusals import GOOD_DOMAIN, read

RULES = """rules:
  - rule: form
    steps: [{intent: greet}, {action: f}, {active_loop: f}]
  - rule: bye
    steps: [{intent: bye}, {action: utter_a}]
"""


def slot_with(mapping: str) -> str:
    return GOOD_DOMAIN.replace(
        "mappings: [{type: from_entity, entity: city}]", f"\n    mappings: [{mapping}]"
    )


def response_with(variation: str) -> str:
    return GOOD_DOMAIN.replace("utter_a: [{text: A}]", f"utter_a:\n    - {variation}")


@pytest.mark.parametrize(
    ("domain", "data", "file", "line", "word"),
    [
        (slot_with("{type: from_text, not_intents: bye}"), "", "domain.yml", 6, "not_intents"),
        (slot_with("{type: from_entity, entity: kity}"), "", "domain.yml", 6, "kity"),
        (slot_with("{type: from_text, intent: by}"), "", "domain.yml", 6, "« by »"),
        (slot_with("{type: from_text, conditions: [{active_loop: g}]}"), "", "domain.yml", 6, "« g »"),
        (
            slot_with("{type: from_text, conditions: [{active_loop: f, requested_slot: c}]}"),
            "",
            "domain.yml",
            6,
            "« c »",
        ),
        (
            slot_with("{type: from_text, conditions: [{active_loop: f, slot: city}]}"),
            "",
            "domain.yml",
            6,
            "clé inconnue, « slot »",
        ),
        (
            response_with("{text: A, condition: [{type: slot, name: town, value: x}]}"),
            "",
            "domain.yml",
            10,
            "town",
        ),
        (response_with("{text: 'Bonjour {nam}'}"), "", "domain.yml", 10, "« {nam} »"),
        (
            GOOD_DOMAIN + "  say_c: [{text: C}]\n",
            "  - rule: c\n    steps: [{intent: nlu_fallback}, {action: say_c}]\n",
            "domain.yml",
            12,
            "utter_",
        ),
        (
            GOOD_DOMAIN.replace("bye]", "bye, faq/x]"),
            "  - rule: c\n    steps: [{intent: faq}, {action: utter_faq}]\n",
            "rules.yml",
            6,
            "utter_faq/…",
        ),
        (
            GOOD_DOMAIN,
            "stories:\n  - story: s\n    steps:\n      - checkpoint: never\n"
            "      - {intent: bye}\n      - {action: utter_b}\n",
            "rules.yml",
            9,
            "« never »",
        ),
    ],
)
def test_what_can_never_work_is_a_finding(domain: str, data: str, file: str, line: int, word: str) -> None:
    findings = check_model([read(domain, "domain.yml")], [read(RULES + data, "rules.yml")]).findings
    assert [(finding[0], finding[1]) for finding in findings] == [(file, line)]
    assert word in findings[0][2]


@pytest.mark.parametrize(
    ("domain", "data", "file", "line", "word"),
    [
        (response_with("{text: A, buttons: [{title: t, payload: /by}]}"), "", "domain.yml", 10, "« by »"),
        (
            GOOD_DOMAIN.replace("required_slots: [city]", "required_slots: [city], ignored_intents: by"),
            "",
            "domain.yml",
            7,
            "« by »",
        ),
        (
            GOOD_DOMAIN.replace("[greet, bye]", "[greet, bye: {use_entities: [kity]}]"),
            "",
            "domain.yml",
            2,
            "kity",
        ),
        (
            GOOD_DOMAIN.replace(
                "entity: city}]}", "entity: city}]}\n  ok: {type: bool, mappings: [{type: custom}]}"
            ),
            "stories:\n  - story: s\n"
            "    steps: [{intent: out_of_scope}, {slot_was_set: [{ok: maybe}]}, {action: utter_b}]\n",
            "rules.yml",
            7,
            "maybe",
        ),
        (
            GOOD_DOMAIN,
            "stories:\n  - story: s\n    steps: [{intent: out_of_scope, entities: [kity]}, {action: utter_b}]\n",
            "rules.yml",
            7,
            "kity",
        ),
    ],
)
def test_what_is_likelier_a_slip_is_a_remark(domain: str, data: str, file: str, line: int, word: str) -> None:
    report = check_model([read(domain, "domain.yml")], [read(RULES + data, "rules.yml")])
    told = [remark for remark in report.remarks if word in remark[2]]
    assert report.findings == []
    assert [(remark[0], remark[1]) for remark in told] == [(file, line)]


def test_name_that_an_action_fills_is_no_finding() -> None:
    domain = response_with("{text: 'Bonjour {nom}, {city}'}")
    sources = [read(domain, "domain.yml")], [read(RULES, "rules.yml")]
    assert "« {nom} »" in check_model(*sources).findings[0][2]
    filled = 'dispatcher.utter_message(response="utter_a", nom=name)'
    assert check_model(*sources, used_elsewhere=filled).findings == []


def test_second_of_two_rules_of_the_same_steps_is_told() -> None:
    twin = "  - rule: twin\n    steps: [{intent: bye}, {action: utter_a}]\n"
    remarks = check_model([read(GOOD_DOMAIN, "domain.yml")], [read(RULES + twin, "rules.yml")]).remarks
    told = [remark for remark in remarks if "même chose" in remark[2]]
    assert [(one[0], one[1]) for one in told] == [("rules.yml", 6)]
    assert "« twin » dit la même chose que « bye », ligne 4" in told[0][2]


def test_null_of_a_list_slot_is_told_to_ask_the_contrary() -> None:
    domain = GOOD_DOMAIN.replace(
        "entity: city}]}", "entity: city}]}\n  l: {type: list, mappings: [{type: custom}]}"
    )
    rule = """  - rule: empty
    condition: [{slot_was_set: [{l: null}]}]
    steps: [{intent: out_of_scope}, {action: utter_b}]
"""
    findings = check_model([read(domain, "domain.yml")], [read(RULES + rule, "rules.yml")]).findings
    assert [(finding[0], finding[1]) for finding in findings] == [("rules.yml", 6)]
    assert "l: null" in findings[0][2]
