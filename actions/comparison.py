"""« Et les autres ? »: one public figure for a size or a sector, with year and source, and only when it helps.

Never a figure that would shame someone who is behind, never a national figure passed off as one of a trade.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .catalogue import Catalogue, shipped


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure ready to be said; the line holds its year and source."""

    figure_id: str
    line: str
    source: str


def fact_for(
    size: int | None,
    naf: str | None,
    topic: str | None,
    *,
    is_behind: bool = True,
    shown_ids: Collection[str] = (),
    catalogue: Catalogue | None = None,
) -> Figure | None:
    """The most fitting figure on a topic (a need, or None for digital tools in general), or None.

    `size`: people at work. `is_behind`: the owner scores low here, or it is not known; then only figures that do not
    put him down are said. A figure of the sector comes before a national one, a recent one before an old one.
    """
    rows = [
        row
        for row in (catalogue or shipped()).figures
        if row.get("say", True)
        and row["id"] not in shown_ids
        and row["topic"] == topic
        and (row.get("behind", False) or not is_behind)
        and _suits(row, size, naf)
    ]
    if not rows:
        return None
    best = min(
        rows,
        key=lambda row: ("sector" not in row, not row.get("first", False), -int(row["year"] or 0), row["id"]),
    )
    return Figure(best["id"], figure_line(best), best["source"])


def figure_line(row: Mapping[str, Any]) -> str:
    """« D'après l'Insee (2022) : dans le bâtiment… »; a survey that bears its own year tells that of its figures."""
    phrase, publisher, year = str(row["phrase"]), str(row["publisher"]), str(row["year"])
    when = f"chiffres de {year}" if publisher[-4:].isdigit() else year
    return f"D'après {publisher} ({when}) : {phrase[0].lower()}{phrase[1:]}"


def _suits(row: Mapping[str, Any], size: int | None, naf: str | None) -> bool:
    if row["year"] is None:
        return False
    if "sector" in row and not (naf or "").startswith(tuple(map(str, row["sector"]))):
        return False
    if size is None:
        return "min" not in row
    return int(row.get("min", 0)) <= size <= int(row.get("max", 10**9))
