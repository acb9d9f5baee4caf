"""The firm as the slots of a conversation tell it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .naf import natures_of
from .profile import Profile
from .shipped_content import QUESTIONNAIRE

# The slot that holds each fact which aids and funds may ask for.
FACT_SLOTS = {
    "status": "statut",
    "turnover_eur": "chiffre_affaires",
    "age_years": "anciennete",
    "legal_form": "forme",
    "training_for": "pour_qui",
    "budget_eur": "montant",
}


def profile_of(slots: Mapping[str, Any]) -> Profile:
    """The firm, as far as the conversation's slots tell."""
    sector, place, size = (mapping_in(slots.get(name)) for name in ("activite", "lieu", "effectif"))
    time = QUESTIONNAIRE.questions["temps"].choice(slots.get("temps"))
    budget = QUESTIONNAIRE.questions["budget"].choice(slots.get("budget"))
    refused = tuple(slots.get("refus") or ())
    status, legal_form = _status_and_form(slots, sector.get("naf"))
    return Profile(
        naf=sector.get("naf"),
        trade=sector.get("metier"),
        family=sector.get("famille"),
        insee=place.get("insee"),
        departement=place.get("departement"),
        region=place.get("region"),
        headcount_min=size.get("min"),
        headcount_max=size.get("max"),
        status=status,
        turnover_eur=_worth(slots, "chiffre_affaires"),
        age_years=_worth(slots, "anciennete"),
        legal_form=legal_form,
        needs=tuple(need for need in slots.get("besoins") or () if need not in refused),
        refused=refused,
        training_for=_told(slots, "pour_qui"),
        budget_eur=slots.get("montant") if isinstance(slots.get("montant"), int | float) else None,
        effort_max=None if time is None else time.effort_max,
        cost_max=None if budget is None else budget.cost_max,
    )


def _status_and_form(slots: Mapping[str, Any], naf: str | None) -> tuple[str | None, str | None]:
    """The status and the legal form; « micro » becomes the one of the firm's activity."""
    status, form = _told(slots, "statut"), _told(slots, "forme")
    form = form or ("EI" if slots.get("d_forme") == "nom_propre" else None)
    if status != "micro":
        return status, form
    natures = natures_of(naf)
    kinds = {"artisanale": "micro_artisan", "commerciale": "micro_commercant", "liberale": "micro_liberal"}
    return next((kind for nature, kind in kinds.items() if natures == {nature}), None), "MICRO"


def _told(slots: Mapping[str, Any], name: str) -> str | None:
    """The id of the choice made, None when none was."""
    choice = QUESTIONNAIRE.questions[name].choice(slots.get(name))
    return None if choice is None else choice.id


def _worth(slots: Mapping[str, Any], name: str) -> float | None:
    choice = QUESTIONNAIRE.questions[name].choice(slots.get(name))
    return None if choice is None else choice.worth


def mapping_in(value: Any) -> Mapping[str, Any]:
    """The value of a slot that holds a mapping; an empty one where it holds none."""
    return value if isinstance(value, Mapping) else {}
