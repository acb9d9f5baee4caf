"""`connecteur test` on a plain English Rasa project: both formats pass, and fail with a diff."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from bot import project
from bot.bootstrap import run_dialogue_tests
from bot.dialogue_tests import read_tests
from bot.errors import ContentError
from tests.integration.test_conformance_http import write_project
from tests.integration.test_rasa_api import CASE

STORY = """
stories:
- story: order with words
  steps:
  - user: |
      hello
    intent: greet
  - action: utter_greet
  - user: |
      I would like to order
    intent: order
  - action: order_form
  - active_loop: order_form
  - slot_was_set:
    - requested_slot: dish
  - user: |
      /order{"dish": "soup"}
    intent: order
  - slot_was_set:
    - dish: soup
  - action: order_form
  - active_loop: null
  - action: utter_served
- story: a dish that is known from the start
  steps:
  - slot_was_set:
    - dish: fish
  - intent: order
  - action: order_form
  - action: utter_served
"""
END_TO_END = """
fixtures:
- hungry:
  - dish: fish
test_cases:
- test_case: asks, then serves
  steps:
  - user: /order
  - utter: utter_ask_dish
  - slot_was_not_set:
    - dish
  - user: '/order{"dish": "soup"}'
  - slot_was_set:
    - dish
    - dish: soup
  - bot: "Here: soup."
- test_case: known dish
  fixtures: [hungry]
  steps:
  - user: I want to order
  - bot: "Here: fish."
"""


def a_case() -> dict[str, Any]:
    case = copy.deepcopy(CASE)
    case["nlu"][1]["examples"] += "- I want to order\n- I would like to order\n- bring me something\n"
    return case


def run(folder: Path, text: str) -> int:
    write_project(a_case(), folder)
    (folder / "tests").mkdir()
    (folder / "tests" / "test_stories.yml").write_text(text, encoding="utf-8")
    return run_dialogue_tests(project.find(folder))


@pytest.mark.parametrize("text", [STORY, END_TO_END])
def test_what_holds_passes(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path / "p", text) == 0
    assert "2 réussis, 0 en échec." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "wrong", "right", "shown"),
    [
        (
            STORY, "  - action: utter_greet\n", "  - action: utter_served\n",
            ["-action: utter_served", "+action: utter_greet"],
        ),
        (STORY, "    intent: greet\n", "    intent: order\n", ["-intent: order", "+intent: greet"]),
        (STORY, "  - active_loop: null\n", "  - active_loop: order_form\n", ["+active_loop: None"]),
        (END_TO_END, "Here: soup.", "Here: stew.", ["-bot: Here: stew.", "+bot: Here: soup.  (utter_served)"]),
        (END_TO_END, "utter: utter_ask_dish", "utter: utter_greet", ["-utter: utter_greet", "+bot: Which dish?"]),
        (
            END_TO_END, "    - dish: soup", "    - dish: stew",
            ['-slot_was_set: dish: "stew"', '+slot_was_set: dish: "soup"'],
        ),
        (
            END_TO_END, "_not_set:\n    - dish", "_not_set:\n    - requested_slot",
            ["-slot_was_not_set: requested_slot"],
        ),
    ],
)  # fmt: skip
def test_what_does_not_hold_fails_with_a_diff(
    text: str,
    wrong: str,
    right: str,
    shown: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert wrong in text
    assert run(tmp_path / "p", text.replace(wrong, right, 1)) == 1
    said = capsys.readouterr().out
    assert "1 réussis, 1 en échec." in said
    for line in shown:
        assert line in said


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("test_cases:\n- test_case: t\n  steps:\n  - user: a\n  - says: b\n", 5, "étape inconnue : says"),
        (
            "test_cases:\n- test_case: t\n  fixtures: [f]\n  steps:\n  - user: a\n",
            2,
            "« f » n'est pas définie",
        ),
        ("test_cases:\n- test_case: t\n", 2, "« steps »"),
        ("stories:\n- story: t\n  steps:\n  - intent: a\n  - utter: b\n", 5, "étape inconnue : utter"),
        ("test_cases: [\n", 2, "YAML"),
        (
            "metadata:\n- web: 3\ntest_cases:\n- test_case: a\n  steps:\n  - user: hi\n",
            1,
            "clés et leurs valeurs",
        ),
        ("test_cases:\n- test_case: a\n  metadata: web\n  steps:\n  - user: hi\n", 2, "ne sont pas définies"),
        ("test_cases:\n- test_case: a\n  steps:\n  - user: hi\n  - bot:\n", 5, "est vide"),
        ("stories:\n- story: a\n  steps:\n  - user: hi\n    entities: x\n", 4, "doit être une liste"),
    ],
)
def test_broken_file_is_refused_with_its_line(text: str, line: int, words: str, tmp_path: Path) -> None:
    file = tmp_path / "test_x.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=words) as refusal:
        read_tests([file])
    assert refusal.value.line == line


def test_bot_that_speaks_first_is_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "test_cases:\n- test_case: t\n  steps:\n  - bot: Welcome.\n  - user: /greet\n  - bot: Hello.\n"
    assert run(tmp_path / "p", text) == 1
    assert "-bot: Welcome." in capsys.readouterr().out
