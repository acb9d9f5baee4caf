"""What the program asks of « PME numérique » when an advisor works: matches, the draft agreement, the cohort.

The rules stand in `skills`; here the data of the requests becomes theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from .flow import State
from .loan_agreement import Party, Terms, draft_agreement, to_pdf
from .skill_notice import steps_done
from .skills import Cohort, Consent, Notice, Side, cohort_view, find_matches, loan_cost


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


def loan_draft(match: Mapping[str, Any], sides: Mapping[str, Mapping[str, Any]], terms: Any) -> bytes:
    """The draft agreement of a match as a PDF; `terms` (amounts, months, start, job) may be None: blanks are left."""
    days = float(match["days_a_month"])
    known = Terms(skill=str(match["skill"]), days_a_month=days)
    if terms is not None:
        cost = loan_cost(terms.gross_monthly_eur, terms.employer_charges_eur, days, terms.expenses_eur)
        start = date.fromisoformat(terms.start) if terms.start else None
        known = replace(known, cost=cost, start=start, months=terms.months, job=terms.job)
    lender, borrower = (
        # Who is to be reached told his own name, not that of the firm.
        Party(address=str(sides[side].get("commune") or ""), signatory=str(sides[side].get("contact") or ""))
        for side in ("offer", "search")
    )
    return to_pdf(draft_agreement(lender, borrower, known))


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
