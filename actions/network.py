"""One front door: who to call for a need, by place, trade and status, and how to reach them.

Also what goes with people: the branch « vendre à l'étranger », what neighbours share, and formalities.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from .catalogue import Catalogue, shipped
from .conditions import ACTIVITY_OF, is_micro
from .naf import natures_of
from .profile import Profile

WAY_OUT = "conseillers-entreprises"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to call: under one name, what they do for this firm, how to reach them (never a bare home page)."""

    network_id: str
    name: str
    does: str
    reach: str
    is_local: bool

    @property
    def line(self) -> str:
        """One bubble."""
        return full_stop(f"{self.name} : {self.does} {self.reach}")


def full_stop(text: str) -> str:
    """The text with a full stop at its end, unless it ends with one or with an address (which it would spoil)."""
    last = text.split()[-1:] or [""]
    return text if text.endswith((".", "?", "!")) or last[0].startswith("http") else text + "."


def person_for(
    profile: Profile, need: str | None, *, urgent: bool = False, catalogue: Catalogue | None = None
) -> Person:
    """Who to call first; where nobody is known for the need, the national call-back service.

    `urgent`: an attack is going on; otherwise those who only answer attacks come after those who prepare.
    """
    return people_for(profile, need, urgent=urgent, catalogue=catalogue)[0]


def people_for(
    profile: Profile, need: str | None, *, urgent: bool = False, catalogue: Catalogue | None = None
) -> list[Person]:
    """All who fit, nearest and most fitting first; the call-back service is always among them."""
    catalogue = catalogue or shipped()
    rows = [
        row
        for row in catalogue.networks.values()
        if (need is None or need in row["needs"]) and _fits(row, profile, catalogue)
    ]

    def order(row: Mapping[str, Any]) -> tuple[Any, ...]:
        return (
            bool(row.get("emergency")) != urgent if need == "cybersecurite" else False,
            int(row.get("rank", 50)),
            row.get("departement") is None,
            row.get("region") is None,
            not (row.get("activities") or row.get("fund") or row.get("statuses")),
            row["id"],
        )

    rows.sort(key=order)
    if not any(row["id"] == WAY_OUT for row in rows):
        rows.append(catalogue.networks[WAY_OUT])
    return [_person(row, profile, need) for row in rows]


def _fits(row: Mapping[str, Any], profile: Profile, catalogue: Catalogue) -> bool:
    if row.get("region") is not None and row["region"] != profile.region:
        return False
    if row.get("departement") is not None and row["departement"] != profile.departement:
        return False
    if "emails" in row and profile.region not in row["emails"]:
        return False
    if "fund" in row and row["fund"] not in catalogue.funds.paying(profile):
        return False
    if "statuses" in row and profile.status not in row["statuses"]:
        return False
    if "activities" in row:
        activity = ACTIVITY_OF.get(profile.status or "")
        natures = {activity} if activity else natures_of(profile.naf)
        return bool(natures & set(row["activities"]))
    return True


def _person(row: Mapping[str, Any], profile: Profile, need: str | None) -> Person:
    return Person(
        network_id=str(row["id"]),
        name=str(row["name"]),
        does=str(row["does"]),
        reach=reach(row, profile, need),
        is_local=row.get("region") is not None,
    )


def reach(row: Mapping[str, Any], profile: Profile, need: str | None) -> str:
    """How to reach a network for a need: telephone, what to do, mail, the exact page; two of them mostly."""
    ways: list[str] = []
    if row.get("phone"):
        hours = f" ({row['hours']})" if row.get("hours") else ""
        ways.append(f"Téléphone : {row['phone']}{hours}")
    if row.get("how"):
        how = str(row["how"])
        ways.append(how[:1].upper() + how[1:])
    mail = row.get("email") or (row.get("emails") or {}).get(profile.region)
    if mail:
        ways.append(f"Courriel : {mail}")
    site = (row.get("pages") or {}).get(need) or row.get("site")
    if site and (len(ways) < 2 or row["id"] == WAY_OUT):
        ways.append(str(site))
    return " · ".join(ways)


def who_to_ask(row: Mapping[str, Any], profile: Profile, need: str | None) -> str:
    """« À qui demander », with the name and the ways, without a full stop."""
    return f"À qui demander : {row['name']}. {reach(row, profile, need)}"


# ------------------------------------------------------------------ formalities, abroad, neighbours
def formality_lines(
    formality_id: str, profile: Profile, *, special_vat: bool = False, catalogue: Catalogue | None = None
) -> list[str]:
    """What this firm must do, in three sentences, then the official page or who to ask.

    Raises:
        KeyError: no such formality.
    """
    catalogue = catalogue or shipped()
    row = next((one for one in catalogue.formalities["formalities"] if one["id"] == formality_id), None)
    if row is None:
        raise KeyError(formality_id)
    case = next(one for one in row["cases"] if _case_holds(one["when"], profile, special_vat))
    lines = [str(line) for line in case["lines"]]
    if row.get("after"):
        lines.append(str(row["after"]))
    pages = [str(row[key]) for key in ("page", "second_page") if row.get(key)]
    lines += [f"Page officielle : {page}" for page in pages]
    if not pages:
        lines.append(full_stop(who_to_ask(catalogue.networks[row["contact"]], profile, None)))
    return lines


def _case_holds(when: Mapping[str, Any], profile: Profile, special_vat: bool) -> bool:
    if when.get("tva") == "special" and not (special_vat or profile.status == "association"):
        return False
    if when.get("micro") and is_micro(profile) is not True:
        return False
    if "min_headcount" in when and (profile.headcount_min or 0) < when["min_headcount"]:
        return False
    if "legal_form" in when:
        return profile.legal_form in when["legal_form"] or is_micro(profile) is True
    return True


@dataclass(frozen=True, slots=True)
class Step:
    """A step of going abroad, or a thing that neighbours share."""

    id: str
    title: str
    line: str
    to_do: str


def abroad_steps(catalogue: Catalogue | None = None) -> list[Step]:
    """Going abroad, step by step."""
    catalogue = catalogue or shipped()
    return [Step(r["id"], r["title"], r["line"], r["todo"]) for r in catalogue.formalities["abroad"]["steps"]]


def abroad_step_lines(
    done: Collection[str | None], out: Collection[str | None], catalogue: Catalogue | None = None
) -> list[str]:
    """The checklist of who goes abroad: what is done is ticked, what does not concern this firm is left out."""
    return [
        f"☑ {step.title}" if step.id in done else f"☐ {step.title}. {step.line} À faire : {step.to_do}"
        for step in abroad_steps(catalogue)
        if step.id not in out
    ]


def people_for_abroad(profile: Profile, catalogue: Catalogue | None = None) -> list[Person]:
    """Who comes along."""
    catalogue = catalogue or shipped()
    return [
        _person(catalogue.networks[network_id], profile, "export")
        for network_id in catalogue.formalities["abroad"]["people"]
    ]


def pooling_steps(asked: str = "", catalogue: Catalogue | None = None) -> list[Step]:
    """What neighbours can share, each with a first step and who helps; only that which a plain text names, if any."""
    catalogue = catalogue or shipped()
    rows = list(catalogue.formalities["pooling"])
    starts = tuple(re.findall(r"\w{4,}", asked))
    wanted = [row for row in rows if any(word.startswith(tuple(row["words"])) for word in starts)]
    steps = []
    for row in wanted or rows:
        who = catalogue.networks[row["network"]]
        ways = f"{row['first_step']} {who['name']} : {reach(who, Profile(), 'mutualisation')}"
        steps.append(Step(row["id"], row["title"], row["line"], ways))
    return steps
