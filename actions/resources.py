"""Pages, models and tools for a need: the one that this firm can use today comes first.

Free before paid, ready to use before to read, short before long, made for the trade before made for all.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from . import trades
from .catalogue import Catalogue, shipped
from .naf import expand, natures_of
from .network import full_stop, who_to_ask
from .profile import Profile

MOST_ON_A_LINE = 3
"""Items of a model from which on each has its own line."""
READY = ("modele", "formulaire", "outil", "service")
KIND_WORDS = {
    "modele": "modèle à copier",
    "formulaire": "formulaire",
    "outil": "outil",
    "service": "service",
    "guide": "guide",
}


@dataclass(frozen=True, slots=True)
class ResourceProposal:
    """A resource as the conversation shows it. `text` is a model of ours, ready to copy."""

    resource_id: str
    name: str
    kind: str
    line: str
    minutes: int
    page: str | None
    text: str | None
    ask: str | None = None
    """Who to ask for it, where it has no page of its own."""


def resource_for(
    need: str,
    firm: Profile | str | None,
    shown_ids: Collection[str] = (),
    *,
    simpler_than: str | None = None,
    with_till: bool | None = None,
    catalogue: Catalogue | None = None,
) -> ResourceProposal | None:
    """The next resource for a need, or None when all were shown.

    `firm` is its profile, or the id of its trade where nothing more is known.
    `shown_ids` are those already in the plan or seen (« déjà vu »). `simpler_than` is the one found too complicated:
    the next is not harder than it. `with_till`: whether the firm has a till, where that is known.
    """
    catalogue = catalogue or shipped()
    profile = firm if isinstance(firm, Profile) else _of_trade(firm)
    rows = [row for row in suited(catalogue, need, profile, with_till) if row["id"] not in shown_ids]
    hard = next((row for row in catalogue.resources if row["id"] == simpler_than), None)
    if hard is not None:
        easier = [r for r in rows if (r["effort"], r["minutes"]) <= (hard["effort"], hard["minutes"])]
        rows = easier or rows
    return _proposal(rows[0], profile, need, catalogue) if rows else None


def free_lesson(need: str, profile: Profile, catalogue: Catalogue | None = None) -> ResourceProposal | None:
    """What one can learn from for nothing; for want of a guide, the first resource for the need."""
    catalogue = catalogue or shipped()
    rows = [row for row in suited(catalogue, need, profile) if row["kind"] == "guide" and not row["cost"]]
    return (
        _proposal(rows[0], profile, need, catalogue)
        if rows
        else resource_for(need, profile, catalogue=catalogue)
    )


def suited(
    catalogue: Catalogue, need: str, profile: Profile, with_till: bool | None = None
) -> list[Mapping[str, Any]]:
    """The rows that fit a need and a firm, best first. What is known not to fit is left out."""
    rows = [
        row
        for row in catalogue.resources
        if need in row["needs"]
        and row.get("readers") != "advisors"
        and _fits(row.get("for") or {}, profile, with_till)
    ]
    cost_limit = profile.cost_max if profile.cost_max is not None else 1
    effort_limit = profile.effort_max if profile.effort_max is not None else 2

    def order(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return (
            row["cost"] > cost_limit,
            row["effort"] > effort_limit,
            row.get("rank", 50) > 50,
            row["cost"],
            row["kind"] not in READY,
            "naf" not in (row.get("for") or {}),
            row["needs"][0] != need,
            row["effort"],
            row["minutes"],
            row["id"],
        )

    return sorted(rows, key=order)


def resource_line(one: ResourceProposal, short: bool = False) -> str:
    """What one does with it, how long it takes, where it is; a model of ours is given in full unless `short`."""
    head = f"{one.line} ({KIND_WORDS[one.kind]}, {minutes_words(one.minutes)})"
    if one.page is None and one.text:
        return head if short else f"{head} : {one.text}"
    return f"{head} {one.page or one.ask or ''}".rstrip()


def model_lines(one: ResourceProposal) -> list[str]:
    """A resource in full, as lines: a list to tick or to fill stands one item a line."""
    text = one.text or ""
    if one.page is not None or text.count(" · ") < MOST_ON_A_LINE:
        return [resource_line(one)]
    first, *others = text.split(" · ")
    lead, colon, own = first.partition(" : ")
    lines = [f"{lead} :"] if colon else []
    *items, last = [own if colon else first, *others]
    # What follows the list stands in its last item, after a full stop.
    last, *after = re.split(r"(?<=[^\W\d_)])\. (?=[A-ZÀÉÊ])", last, maxsplit=1)
    lines += [
        item if re.match(r"(?:\d+|[A-Z])\. |\d+ [A-ZÉ]", item) else f"• {item}" for item in (*items, last)
    ]
    return [resource_line(one, short=True), *lines, *after]


def has_model(resource_id: str, catalogue: Catalogue | None = None) -> bool:
    """Whether a resource is a text of ours, to be copied from the conversation."""
    rows = (catalogue or shipped()).resources
    return any(row["id"] == resource_id and row.get("text") and not row.get("page") for row in rows)


def proposal_of(
    resource_id: str, profile: Profile, need: str, catalogue: Catalogue | None = None
) -> ResourceProposal | None:
    """The resource with this id, as it is proposed for a need; None when there is none any more."""
    catalogue = catalogue or shipped()
    row = next((one for one in catalogue.resources if one["id"] == resource_id), None)
    return None if row is None else _proposal(row, profile, need, catalogue)


def minutes_words(minutes: int) -> str:
    """`20 min`, `1 h`, `1 h 30`."""
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h" + (f" {rest:02d}" if rest else "")


def thin_needs(catalogue: Catalogue, needs: Collection[str]) -> dict[str, int]:
    """The needs with fewer than two resources for owners of any trade, and how many they have."""
    counts = {
        need: sum(
            1
            for row in catalogue.resources
            if need in row["needs"] and row.get("readers") != "advisors" and not row.get("for")
        )
        for need in needs
    }
    return {need: count for need, count in counts.items() if count < 2}


def _fits(wanted: Mapping[str, Any], profile: Profile, with_till: bool | None) -> bool:
    if "naf" in wanted and profile.naf is not None and profile.naf not in _codes(tuple(wanted["naf"])):
        return False
    if "naf" in wanted and profile.naf is None:
        return False
    if (
        "activities" in wanted
        and (natures := natures_of(profile.naf))
        and not natures & set(wanted["activities"])
    ):
        return False
    least = wanted.get("min_headcount")
    if least is not None and profile.headcount_max is not None and profile.headcount_max < least:
        return False
    if "region" in wanted and profile.region != wanted["region"]:
        return False
    return not (wanted.get("caisse") and with_till is False)


def _of_trade(trade_id: str | None) -> Profile:
    trade = trades.load().trades.get(trade_id or "")
    return Profile(naf=trade.naf[0] if trade is not None and trade.naf else None, trade=trade_id)


@cache
def _codes(parts: tuple[str, ...]) -> frozenset[str]:
    return expand(parts)


def _proposal(row: Mapping[str, Any], profile: Profile, need: str, catalogue: Catalogue) -> ResourceProposal:
    contact = row.get("contact")
    return ResourceProposal(
        resource_id=row["id"],
        name=row["name"],
        kind=row["kind"],
        line=row["line"],
        minutes=row["minutes"],
        page=row.get("page"),
        text=row.get("text"),
        ask=full_stop(who_to_ask(catalogue.networks[contact], profile, need)) if contact else None,
    )
