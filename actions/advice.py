"""Advice alone, without a conversation: `connecteur advise` and `connecteur why`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

from . import aids as aid_advice
from . import questionnaire, trades
from .catalogue import Catalogue, shipped
from .funds import FundBook, is_alone, is_paid_like_staff
from .plan import make_plan
from .profile import Profile


def advise(profile: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Funds, aids and plan of a profile in the JSON form, as `connecteur advise` writes them."""
    return advise_on(shipped(), Profile.from_json(profile), today)


def advise_on(catalogue: Catalogue, profile: Profile, today: date) -> dict[str, Any]:
    """The same on a given catalogue."""
    found = aid_advice.recommend_aids(profile, catalogue, today)
    plan = make_plan(profile, {}, questionnaire.load(), trades.load(), today=today)
    return {
        "funds": list(catalogue.funds.paying(profile)),
        "aids": [{"id": one.aid.id, "state": one.state, "to_check": one.to_check} for one in found],
        "plan": [
            {"need": item.need, "place": item.place, "small_step": item.small_step} for item in plan.items
        ],
        "ask_next": aid_advice.ask_next(found, _fund_questions(profile, catalogue.funds)),
    }


def _fund_questions(profile: Profile, funds: FundBook) -> dict[str, int]:
    """What the fund hangs on: the status when a training was asked for or the activity leaves several."""
    wants_training = "formation" in profile.needs or profile.training_for is not None
    if not wants_training or (is_alone(profile) and profile.training_for == "staff"):
        return {}
    counts: dict[str, int] = {}
    # Whom his company pays, and who fishes, has the same fund as his staff.
    is_same_fund = is_paid_like_staff(profile) or bool(funds.of_trade(profile.naf))
    if profile.training_for is None and not is_same_fund:
        counts["training_for"] = 1
    is_open = profile.status is None and not is_paid_like_staff(profile)
    several = funds.of_staff(profile) if profile.training_for == "staff" else funds.of_head(profile)
    if is_open and (len(several) > 1 or (not several and profile.training_for != "staff")):
        counts["status"] = 1
    if profile.naf is None and profile.training_for != "head":
        counts["naf"] = 1
    return counts


def why(aid_id: str, profile: Mapping[str, Any], today: date) -> str:
    """Why an aid was or was not proposed, in readable lines; for an unknown id, the ids that look like it."""
    known = shipped().aids.by_id
    if aid_id not in known:
        near = get_close_matches(aid_id, known, n=3, cutoff=0.4)
        hint = f" Voulez-vous dire : {', '.join(near)} ?" if near else ""
        return f"Aucune aide ne porte l'identifiant « {aid_id} ».{hint}"
    return aid_advice.why(aid_id, Profile.from_json(profile), shipped(), today)
