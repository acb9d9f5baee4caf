"""The shipped project's actions, and what the program asks of a project (`bot.project.ProjectHooks`).

Rasa's action server takes them as they are: `python -m rasa_sdk --actions actions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from inspect import isabstract
from typing import Any

from rasa_sdk import Action

from . import (
    advice_requests,
    chamber_move,
    digressions,
    form,
    greeting,
    handover,
    hearing,
    keepsake,
    personal_data,
    plan_replies,
    results,
    review,
    skill_loan,
    skill_notice,
    volunteers,
)
from .advice import advise, why
from .aid_import import import_report as import_aids_csv
from .catalogue_health import catalogue_health
from .directory import use_directory
from .flow import FORM
from .handover import case_sheet
from .profile import remarks_on as profile_remarks
from .shipped_content import QUESTIONNAIRE
from .skill_market import cohort_lines, loan_draft, match_skills

_MODULES = (
    advice_requests,
    chamber_move,
    digressions,
    form,
    greeting,
    handover,
    hearing,
    keepsake,
    personal_data,
    plan_replies,
    results,
    review,
    skill_loan,
    skill_notice,
    volunteers,
)


def _classes() -> list[type[Action]]:
    found = {
        one
        for module in _MODULES
        for one in vars(module).values()
        if isinstance(one, type)
        and issubclass(one, Action)
        and one not in (Action, form.AskQuestion)
        and not isabstract(one)
    }
    return sorted(found, key=lambda one: one().name())


ACTIONS = _classes()
"""All action classes; those that ask a question are made, one for each, and stand in no module by name."""


def domain() -> dict[str, Any]:
    """The part of the domain that derives from the content: slots, form, entities and the names of the actions.

    Slots are filled by `action_validate_slot_mappings` alone (mapping `custom`): it must see the value before, to know
    what is a correction and what depended on it.
    """
    names = list(QUESTIONNAIRE.questions)
    slot = {"type": "any", "influence_conversation": False, "mappings": [{"type": "custom"}]}
    return {
        "entities": names,
        "slots": {name: dict(slot) for name in names},
        "forms": {FORM: {"required_slots": names}},
        "actions": [one().name() for one in ACTIONS],
    }


def check() -> Sequence[tuple[str, int | None, str]]:
    """Problems of the content: file, line, and a sentence that says what to do."""
    from .catalogue_check import check_catalogue
    from .content_check import check_content

    return [*check_content(), *check_catalogue()]


__all__ = [
    "ACTIONS",
    "advise",
    "case_sheet",
    "catalogue_health",
    "check",
    "cohort_lines",
    "domain",
    "import_aids_csv",
    "loan_draft",
    "match_skills",
    "profile_remarks",
    "use_directory",
    "why",
]
