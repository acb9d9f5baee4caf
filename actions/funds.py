"""Who pays for training: the fund of the head by status and activity, that of the staff by branch.

The collective agreement decides on the staff's fund; the activity code is a hint. So every line for an owner says
« à vérifier ».
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .naf import natures_of
from .profile import Profile

FUND_STATUS = {
    "artisan": "artisanale",
    "micro_artisan": "artisanale",
    "commercant": "commerciale",
    "micro_commercant": "commerciale",
    "liberal": "liberale",
    "micro_liberal": "liberale",
    "agriculteur": "agricole",
}

PAID_LIKE_STAFF = ("dirigeant_salarie", "association")
"""Whose head, where paid at all, is an employee: the fund of the staff trains him."""

PRESIDED = ("SAS", "SASU", "SA")
"""Forms whose head is such a one, whatever his trade."""

SELF_EMPLOYED = ("EI", "MICRO", "EURL")

MOST_IN_A_CRAFT = 11
"""People at work, the head among them, above which a firm no longer registers as a craft."""


def is_alone(profile: Profile) -> bool:
    """Whether the owner is known to work without staff."""
    return profile.headcount_max is not None and profile.headcount_max <= 1


def is_paid_like_staff(profile: Profile) -> bool:
    """Whether the head is trained by the fund of the staff, never by that of the self-employed."""
    return profile.status in PAID_LIKE_STAFF or profile.legal_form in PRESIDED


@dataclass(frozen=True, slots=True)
class Fund:
    """A fund. `naf`: classes that it takes before the others of its activity (doctors, authors).

    `naf_head`: divisions whose self-employed heads a fund of the staff takes too (fishing). `naf_maybe`: classes
    of which some firms are its own, whatever the class hints (gardeners insured as farmers, food wholesalers);
    `ask` says what decides.
    """

    id: str
    name: str
    for_whom: str
    site: str | None
    how: str = ""
    who: str = ""
    activity: tuple[str, ...] = ()
    naf: tuple[str, ...] = ()
    naf_head: tuple[str, ...] = ()
    naf_maybe: tuple[str, ...] = ()
    ask: str = ""
    idcc: Mapping[int, str] = field(default_factory=dict)
    network: str | None = None

    def may_be_of(self, naf: str | None) -> bool:
        """Whether some firms of this class are this fund's, whatever the class hints."""
        return bool(naf and self.naf_maybe and naf.startswith(self.naf_maybe))


@dataclass(frozen=True, slots=True)
class FundBook:
    """All funds, with the hints sorted so that the longest prefix wins."""

    funds: Mapping[str, Fund]
    hints: tuple[tuple[str, str, bool], ...]
    """(prefix, fund id, from a source): longest first, then those read in a source."""
    exceptions: tuple[tuple[str, tuple[str, ...], str], ...]
    """(prefix, statuses left alone, fund id)."""
    check_opco: str

    def of_head(self, profile: Profile) -> tuple[str, ...]:
        """The funds of a self-employed head; several only when his status was not said."""
        status, naf = profile.status, profile.naf
        special = [f.id for f in self.funds.values() if f.for_whom == "head" and naf and naf in f.naf]
        if special and status in (None, "liberal"):
            return tuple(special)
        if special == ["fafpm"] and status == "micro_liberal":
            return ("fafpm",)
        if heads := self.of_trade(naf):
            return heads
        natures = natures_of(naf)
        wanted = FUND_STATUS.get(status or "")
        # A trader in a craft is in both registers: the craft's fund pays. A larger firm is industry, not a craft.
        is_small = profile.headcount_min is None or profile.headcount_min <= MOST_IN_A_CRAFT
        if wanted == "commerciale" and natures == {"artisanale"} and is_small:
            wanted = "artisanale"
        order = [wanted] if wanted else sorted(natures) if status is None else []
        found = [
            f.id
            for nature in order
            for f in self.funds.values()
            if f.for_whom == "head" and nature in f.activity and not f.naf
        ]
        if status is None:
            found += [f.id for f in self.funds.values() if f.for_whom == "head" and f.may_be_of(naf)]
        return tuple(dict.fromkeys(found))

    def of_trade(self, naf: str | None) -> tuple[str, ...]:
        """The funds of the staff that take the heads of a trade too, whatever their status."""
        return tuple(f.id for f in self.funds.values() if naf and f.naf_head and naf.startswith(f.naf_head))

    def of_staff(self, profile: Profile) -> tuple[str, ...]:
        """The fund of the staff as the activity code hints it; two when an unsaid status decides."""
        naf = profile.naf
        if naf is None:
            return ()
        hinted = next((fund for prefix, fund, _ in self.hints if naf.startswith(prefix)), None)
        for prefix, alone, fund in self.exceptions:
            if naf.startswith(prefix):
                if profile.status is None:
                    return tuple(dict.fromkeys(f for f in (hinted, fund) if f))
                if profile.status not in alone:
                    return (fund,)
        return (hinted,) if hinted else ()

    def paying(self, profile: Profile) -> tuple[str, ...]:
        """The ids of the funds to ask for this firm, the head's first.

        Alone, without staff, there is nobody to ask for a team; who is trained not being said, both are given.
        """
        alone = is_alone(profile)
        found: list[str] = []
        if profile.training_for in (None, "head"):
            found += self.of_staff(profile) if is_paid_like_staff(profile) else self.of_head(profile)
        if profile.training_for in (None, "staff") and not alone:
            found += self.of_staff(profile)
        return tuple(dict.fromkeys(found))

    def candidates(self, profile: Profile) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(funds that pay as far as is known, funds that could still pay once the rest is told).

        The status of a self-employed head rules the funds of the staff out for good, also where the form then
        contradicts it: one more fact never brings an aid back.
        """
        everyone = tuple(self.funds)
        alone = is_alone(profile)
        staff = self.of_staff(profile) if profile.naf else tuple(f for f in everyone if not self._is_head(f))
        staff = staff or tuple(f for f in everyone if not self._is_head(f))
        staff += tuple(
            f.id for f in self.funds.values() if f.for_whom == "staff" and f.may_be_of(profile.naf)
        )
        if self.of_trade(profile.naf):
            head = self.of_trade(profile.naf)
        elif is_paid_like_staff(profile):
            head = staff if profile.status in (None, *PAID_LIKE_STAFF) else ()
        elif profile.status is None:
            head = tuple(f for f in everyone if self._is_head(f)) + staff
        else:
            head = self.of_head(profile)
        possible: list[str] = []
        if profile.training_for in (None, "head"):
            possible += head
        if profile.training_for in (None, "staff") and not alone:
            possible += staff
        is_trader = (profile.status or "").endswith("commercant") and not is_paid_like_staff(profile)
        if is_trader and profile.training_for != "staff":
            if profile.naf is None:
                possible.append("fafcea")  # a small craft would make him craftsman and trader at once
            elif profile.headcount_min is None and natures_of(profile.naf) == {"artisanale"}:
                possible.append("agefice")
        sure: list[str] = []
        is_self_employed = profile.status is not None and not is_paid_like_staff(profile)
        if is_self_employed and profile.training_for != "staff":
            sure += self.of_head(profile)
        if profile.training_for == "staff" or is_paid_like_staff(profile):
            sure += self.of_staff(profile)
        return tuple(f for f in sure if f in possible), tuple(dict.fromkeys(possible))

    def _is_head(self, fund_id: str) -> bool:
        return self.funds[fund_id].for_whom == "head"


def read_funds(data: Mapping[str, Any]) -> FundBook:
    """The book from `training_funds.yml`."""
    funds: dict[str, Fund] = {}
    hints: list[tuple[str, str, bool]] = []
    for row in data["funds"]:
        funds[row["id"]] = Fund(
            id=row["id"],
            name=row["name"],
            for_whom=row["for"],
            site=row.get("site"),
            how=row.get("how", ""),
            who=row.get("who", ""),
            activity=tuple(row.get("activity", ())),
            naf=tuple(row.get("naf", ())),
            naf_head=tuple(row.get("naf_head", ())),
            naf_maybe=tuple(row.get("naf_maybe", ())),
            ask=row.get("ask", ""),
            idcc=row.get("idcc", {}),
            network=row.get("network"),
        )
        hints += [(str(p), row["id"], True) for p in row.get("naf_hint", ())]
        hints += [(str(p), row["id"], False) for p in row.get("naf_more", ())]
    hints.sort(key=lambda hint: (-len(hint[0]), not hint[2], hint[0]))
    exceptions = tuple((x["naf"], tuple(x["not_status"]), x["fund"]) for x in data.get("exceptions", ()))
    return FundBook(funds, tuple(hints), exceptions, str(data["check_opco"]))


_CASES = {
    "artisanale": "artisan",
    "commerciale": "commerçant",
    "liberale": "en libéral",
    "agricole": "à la MSA",
}


def funds_for(profile: Profile, book: FundBook | None = None) -> list[str]:
    """Short lines: which fund pays for whom, how to ask, and what to check."""
    if book is None:
        from .catalogue import shipped  # the catalogue is read with this module's own reader

        book = shipped().funds
    lines: list[str] = []
    ids = book.paying(profile)
    for_head = profile.training_for != "staff"
    paid_like_staff = for_head and is_paid_like_staff(profile)
    of_head = book.of_head(profile) if for_head and not paid_like_staff else ()
    whom = "vous former" if paid_like_staff else "former vos salariés"
    for fund_id in ids:
        fund = book.funds[fund_id]
        if fund_id in of_head:
            site = f" {fund.site}" if fund.site else ""
            how = fund.how[:1].upper() + fund.how[1:]
            # Several are left while the status is not said: each with what it hangs on.
            case = f"si vous êtes {_CASES[fund.activity[0]]}, " if len(of_head) > 1 and fund.activity else ""
            lines.append(f"Pour vous former, {case}le fonds serait {fund.name} (à vérifier). {how}.{site}")
            continue
        lines.append(
            f"Pour {whom}, ce serait {fund.name}, à vérifier : c'est votre convention collective qui décide. "
            f"Vérifiez avec votre SIRET : {book.check_opco}"
        )
    for maybe in book.funds.values():
        alike = [one for one in ids if book.funds[one].for_whom == maybe.for_whom]
        if maybe.ask and maybe.may_be_of(profile.naf) and alike and maybe.id not in alike:
            lines.append(maybe.ask)
    if of_head and profile.status is None and profile.legal_form not in SELF_EMPLOYED:
        opco = " ou ".join(book.funds[one].name for one in book.of_staff(profile))
        lines.append(
            "Si votre société vous paie comme un salarié (président de SAS, gérant minoritaire), ce serait plutôt "
            + (f"{opco}, à vérifier." if opco else "l'OPCO de votre convention collective.")
        )
    if paid_like_staff and ids:
        who = "Dans une association" if profile.status == "association" else "Comme dirigeant salarié"
        lines.append(f"{who}, il faut que vous touchiez un salaire : sans lui, rien n'est payé.")
    if (profile.status or "").startswith("micro") and for_head:
        lines.append("Micro-entrepreneur : sans chiffre d'affaires pendant 12 mois, le fonds ne paie pas.")
    big = profile.headcount_min is not None and profile.headcount_min >= 50
    if big and any(book.funds[f].for_whom == "staff" for f in ids):
        lines.append("À partir de 50 salariés, l'OPCO vous conseille mais ne paie plus le plan de formation.")
    if profile.training_for == "staff" and is_alone(profile):
        lines.append("Vous travaillez seul : il n'y a pas d'OPCO à demander pour une équipe.")
    elif not ids and profile.naf is not None and (paid_like_staff or not for_head):
        lines.append(
            f"Pour {whom}, c'est l'OPCO de votre convention collective : votre métier ne suffit pas à le dire. "
            f"C'est à vérifier avec votre SIRET : {book.check_opco}"
        )
    elif not ids:
        lines.append(
            "Je ne sais pas encore quel fonds paierait : dites-moi votre métier et votre statut "
            "(artisan, commerçant, libéral, agriculteur, dirigeant salarié)."
        )
    return lines
