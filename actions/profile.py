"""What is known of a firm: the one shape in which the plan, the aids and the funds are asked.

Made from the conversation's slots (`flow.profile_of`) or from a line of `connecteur advise --jsonl` (`Profile.from_json`).
Everything unknown is None: no rule may take the unknown for a no.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

EFFORT_UNKNOWN = 2
COST_UNKNOWN = 1


@dataclass(frozen=True, slots=True)
class Profile:
    """A firm, as far as it was said.

    `trade` is an id of trades.yml, `family` one of its families where the trade itself is unknown. `headcount_*` are people
    at work, the head among them. `needs` are wishes said in plain words, `refused` what is not wanted. `effort_max` and
    `cost_max` are the plan's levels (questionnaire.yml, `temps` and `budget`).
    """

    naf: str | None = None
    trade: str | None = None
    family: str | None = None
    insee: str | None = None
    departement: str | None = None
    region: str | None = None
    headcount_min: int | None = None
    headcount_max: int | None = None
    status: str | None = None
    turnover_eur: float | None = None
    age_years: float | None = None
    legal_form: str | None = None
    needs: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    training_for: str | None = None
    budget_eur: float | None = None
    effort_max: int | None = None
    cost_max: int | None = None

    @property
    def effort_limit(self) -> int:
        """The greatest effort that the owner can give (2 when not said)."""
        return EFFORT_UNKNOWN if self.effort_max is None else self.effort_max

    @property
    def cost_limit(self) -> int:
        """The greatest cost level: what was said, else that of the budget, else 1."""
        if self.cost_max is not None:
            return self.cost_max
        if self.budget_eur is None:
            return COST_UNKNOWN
        if self.budget_eur <= 0:
            return 0
        if self.budget_eur < 360:
            return 1
        return 2 if self.budget_eur <= 1000 else 3

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Profile:
        """Read a profile of `connecteur advise --jsonl`; `headcount` is a number or {"min", "max"}."""
        low, high = headcount_bounds(data.get("headcount"))
        refused = tuple(str(need) for need in data.get("refused") or ())
        return cls(
            naf=data.get("naf"),
            trade=data.get("trade"),
            family=data.get("family"),
            insee=data.get("insee"),
            departement=data.get("departement"),
            region=data.get("region"),
            headcount_min=low,
            headcount_max=high,
            status=data.get("status"),
            turnover_eur=data.get("turnover_eur"),
            age_years=data.get("age_years"),
            legal_form=data.get("legal_form"),
            needs=tuple(str(need) for need in data.get("needs") or () if need not in refused),
            refused=refused,
            training_for=data.get("training_for"),
            budget_eur=data.get("budget_eur"),
            effort_max=data.get("effort_max"),
            cost_max=data.get("cost_max"),
        )


def headcount_bounds(value: Any) -> tuple[int | None, int | None]:
    """(min, max) of a number or of {"min", "max"}; (None, None) of anything else."""
    if isinstance(value, bool) or value is None:
        return None, None
    if isinstance(value, int | float):
        return int(value), int(value)
    if isinstance(value, Mapping):
        low, high = value.get("min"), value.get("max")
        return (None if low is None else int(low)), (None if high is None else int(high))
    return None, None
