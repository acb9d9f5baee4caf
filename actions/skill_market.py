"""What the program asks of « PME numérique » when an advisor works: matches, the draft agreement, the cohort.

The rules stand in `skills`; here the data of the requests becomes theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from .day import today_in_france
from .flow import State
from .skill_notice import steps_done
from .skills import (
    Cohort,
    Consent,
    LoanCost,
    Match,
    Notice,
    Party,
    Side,
    cohort_view,
    cost_lines,
    draft_agreement,
    find_matches,
    loan_cost,
)


def match_skills(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The matches of notices (data of the requests, with `id` and `side`): ids, skill, days, distance, one line."""
    notices = [notice for row in rows if (notice := _notice(row)) is not None]
    return [
        {
            "offer": match.offer.firm_id,
            "search": match.search.firm_id,
            "skill": match.offer.skill,
            "days_a_month": match.days_a_month,
            "distance_km": match.distance_km,
            "line": match.line,
        }
        for match in find_matches(notices)
    ]


def _notice(row: Mapping[str, Any]) -> Notice | None:
    if not row.get("insee") or not row.get("skill"):
        return None  # where nobody knows where a firm is, nothing near can be found
    return Notice(
        firm_id=str(row["id"]),
        side=Side(str(row["side"])),
        skill=str(row["skill"]),
        days_a_month=float(row.get("days_a_month") or 1),
        insee=str(row["insee"]),
        naf=row.get("naf"),
    )


def loan_draft(match: Mapping[str, Any], sides: Mapping[str, Mapping[str, Any]], terms: Any) -> str:
    """The draft agreement of a match; `terms` (amounts, months, start, job) may be None: blanks are left."""
    pair = {side: _notice({**data, "id": side, "side": side}) for side, data in sides.items()}
    offer, search = pair["offer"], pair["search"]
    if offer is None or search is None:
        raise ValueError("a side without place or skill was matched")
    days = float(match["days_a_month"])
    cost = (
        loan_cost(terms.gross_monthly_eur, terms.employer_charges_eur, days, terms.expenses_eur)
        if terms is not None
        else LoanCost(0.0, 0.0, 0.0)
    )
    start = date.fromisoformat(terms.start) if terms is not None and terms.start else today_in_france()
    text = draft_agreement(
        Party(name=str(sides["offer"].get("contact") or "")),
        Party(name=str(sides["search"].get("contact") or "")),
        Match(offer, search, match.get("distance_km"), False, days),
        cost,
        start,
        terms.months if terms is not None else 6,
        terms.job if terms is not None else "",
    )
    if terms is None:
        return text.replace("au plus, 0 € par mois", "au plus, …………… € par mois")
    return text + "\n\n## Ce que chacun paie\n" + "\n".join(f"- {line}" for line in cost_lines(cost)) + "\n"


def cohort_lines(slots: Sequence[Mapping[str, Any]], matches: Sequence[Mapping[str, Any]]) -> list[str]:
    """A chamber's firms at a glance: how many did which step of the label, and where the matches stand."""
    done = {str(index): steps_done(State(one)) for index, one in enumerate(slots) if State(one).answers}
    consents = [
        Consent(match.get("offer_says"), match.get("search_says"), True if match.get("settled_at") else None)
        for match in matches
    ]
    view: Cohort = cohort_view(done, consents)
    lines = [view.line]
    lines += [f"{key} : {count}" for key, count in view.steps.items()]
    lines += [f"mise en relation, {stage} : {count}" for stage, count in view.matches.items()]
    return lines
