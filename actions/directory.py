"""The approved connecteurs: volunteers to whom owners of their département are sent.

They come from outside the conversation through this one small port, which the program fills from its store. An action
server in a process of its own is handed none: there the national call-back service is always proposed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .profile import Profile


@dataclass(frozen=True, slots=True)
class Volunteer:
    """An approved connecteur: whom he helps with what, where, and how he wants to be reached."""

    name: str
    departement: str | None
    needs: tuple[str, ...]
    naf: str | None = None


_known: tuple[Volunteer, ...] = ()


def use_directory(rows: Iterable[Mapping[str, Any]]) -> None:
    """Take the approved volunteers (the data of their sign-up); called by the program when they change."""
    global _known
    _known = tuple(
        Volunteer(
            name=str(row.get("contact") or ""),
            departement=row.get("departement"),
            needs=tuple(row.get("needs") or ()),
            naf=row.get("naf"),
        )
        for row in rows
        if row.get("contact")
    )


def volunteer_for(profile: Profile, need: str | None) -> Volunteer | None:
    """The nearest one who helps with a need: same département; those of the same trade first."""
    fitting = [
        one
        for one in _known
        if one.departement is not None
        and one.departement == profile.departement
        and (need is None or not one.needs or need in one.needs)
    ]
    same = [one for one in fitting if one.naf and profile.naf and one.naf[:2] == profile.naf[:2]]
    return next(iter([*same, *fitting]), None)
