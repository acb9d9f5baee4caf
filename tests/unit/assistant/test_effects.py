"""Which effects an action may ask for."""

from __future__ import annotations

from typing import Any

import pytest

from bot.assistant.effects import EFFECTS, check_effect
from bot.errors import ActionError


def test_effect_passes_with_its_fields() -> None:
    effect = check_effect({"type": "call_back", "phone": "01", "when": ["matin", "soir"], "text": None})
    assert (effect.type, effect.fields["phone"]) == ("call_back", "01")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({}, "unknown"),
        ({"type": "launch_rocket"}, "launch_rocket"),
        ({"type": ["erase"]}, "unknown"),
        ({"type": "reminder_consent"}, "agreed is missing"),
        ({"type": "reminder_consent", "agreed": "yes"}, "agreed is a str"),
        ({"type": "erase", "of": "somebody else"}, "of is no field"),
        ({"type": "call_back", "phone": 102030405}, "phone is a int"),
    ],
)
def test_effect_that_is_not_known_or_not_whole_is_refused(data: dict[str, Any], words: str) -> None:
    with pytest.raises(ActionError, match=words):
        check_effect(data)


def test_every_type_that_the_design_names_is_there() -> None:
    wanted = (
        "call_back handover erase export reminder_consent feedback connecteur_signup skill_offer skill_search"
    )
    assert set(wanted.split()) <= set(EFFECTS)
