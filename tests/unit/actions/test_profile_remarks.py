"""What of a profile written by hand is left alone, and said."""

from typing import Any

import pytest

from actions.profile import remarks_on


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        ({"naf": "99.99X"}, "99.99X"),
        ({"effectif": 3}, "effectif"),
        ({"status": "artisane"}, "voulez-vous dire « artisan »"),
        ({"headcount": "deux"}, "headcount"),
        ({"insee": "99999"}, "insee"),
        ({"needs": ["zzz"]}, "zzz"),
        ({"needs": "export"}, "une liste"),
        ({"turnover_eur": "beaucoup"}, "turnover_eur"),
        ({"training_for": "moi"}, "training_for"),
    ],
)
def test_what_is_left_alone_is_said(profile: dict[str, Any], said: str) -> None:
    assert any(said in remark for remark in remarks_on(profile))


def test_nothing_is_said_of_a_profile_that_is_taken() -> None:
    profile = {
        "naf": "1071C",
        "headcount": {"min": 2, "max": 5},
        "insee": "35115",
        "status": "artisan",
        "needs": ["presence_web"],
        "refused": [],
        "turnover_eur": 100000,
        "legal_form": None,
        "training_for": "head",
    }
    assert remarks_on(profile) == []
