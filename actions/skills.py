"""« PME numérique »: firms that lend or look for a digital skill, their matches, what a loan costs, the label.

Names are given only when both sides agreed; an advisor confirms. No public money is known to pay for a loan today: it
is said. The draft agreement stands in `loan_agreement`.
"""

from __future__ import annotations

import gzip
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from .catalogue import NEEDS
from .conditions import euros
from .need_words import NEED_WORDS
from .territory import departement_of

POSITIONS = Path(__file__).parent / "catalogue" / "commune_centres.tsv.gz"
TRIAL_FIRMS = 150


class Side(StrEnum):
    """Which side a notice is on."""

    OFFER = "offer"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Notice:
    """What a firm offers or looks for. `firm_id` is opaque: no name here. `reach_km`: how far one goes."""

    firm_id: str
    side: Side
    skill: str
    days_a_month: float
    insee: str
    naf: str | None = None
    reach_km: float = 50.0
    at_distance: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """An offer and a search that fit. `distance_km` None: at a distance, or a place without position."""

    offer: Notice
    search: Notice
    distance_km: float | None
    same_division: bool
    days_a_month: float

    @property
    def line(self) -> str:
        """What either side is told before both agreed: no name, no address."""
        where = "à distance" if self.distance_km is None else f"à {round(self.distance_km)} km"
        return f"{NEED_WORDS[self.offer.skill].capitalize()} : {days_words(self.days_a_month)}, {where}."


def days_words(days: float) -> str:
    """`2 jours par mois`, `1 jour par mois`, `0,5 jour par mois`."""
    return f"{days:g}".replace(".", ",") + (" jours" if days >= 2 else " jour") + " par mois"


def find_matches(notices: Iterable[Notice], at_most: int = 3) -> list[Match]:
    """For each search the best offers: the same trade's division first, then the nearest, then the most days.

    A firm is never matched with itself. Days are those that both can do.

    Raises:
        ValueError: a notice asks for a skill that is none of the needs, or for no day.
    """
    rows = list(notices)
    for one in rows:
        if one.skill not in NEEDS:
            raise ValueError(f"compétence « {one.skill} » inconnue")
        if one.days_a_month <= 0:
            raise ValueError("il faut plus de zéro jour par mois")
    offers: dict[str, list[Notice]] = {}
    for one in rows:
        if one.side is Side.OFFER:
            offers.setdefault(one.skill, []).append(one)
    found: list[Match] = []
    for search in (one for one in rows if one.side is Side.SEARCH):
        fitting = [m for offer in offers.get(search.skill, ()) if (m := _fit(offer, search)) is not None]
        fitting.sort(
            key=lambda m: (
                not m.same_division,
                m.distance_km if m.distance_km is not None else 0.0,
                -m.days_a_month,
                m.offer.firm_id,
            )
        )
        found += fitting[:at_most]
    return found


def _fit(offer: Notice, search: Notice) -> Match | None:
    if offer.firm_id == search.firm_id:
        return None
    days = min(offer.days_a_month, search.days_a_month)
    same = offer.naf is not None and search.naf is not None and offer.naf[:2] == search.naf[:2]
    if offer.at_distance and search.at_distance:
        return Match(offer, search, None, same, days)
    distance = distance_km(offer.insee, search.insee)
    if distance is None:
        near = departement_of(offer.insee) == departement_of(search.insee)
        return Match(offer, search, None, same, days) if near else None
    return (
        Match(offer, search, distance, same, days)
        if distance <= min(offer.reach_km, search.reach_km)
        else None
    )


# ------------------------------------------------------------------ distance
def distance_km(one: str, other: str) -> float | None:
    """Great-circle distance between two communes' centres, or None when a position is missing."""
    table = positions()
    here, there = table.get(one), table.get(other)
    if here is None or there is None:
        return 0.0 if one == other else None
    lat1, lon1, lat2, lon2 = map(math.radians, (*here, *there))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * 6371.0 * math.asin(math.sqrt(half))


@cache
def positions() -> Mapping[str, tuple[float, float]]:
    """Latitude and longitude of communes, in degrees."""
    table: dict[str, tuple[float, float]] = {}
    with gzip.open(POSITIONS, "rt", encoding="utf-8") as lines:
        next(lines)
        for line in lines:
            insee, latitude, longitude = line.rstrip("\n").split("\t")
            table[insee] = (float(latitude), float(longitude))
    for city, first, last in (("75056", 75101, 75120), ("69123", 69381, 69389), ("13055", 13201, 13216)):
        if city not in table:
            some = [table[str(code)] for code in range(first, last + 1) if str(code) in table]
            if some:
                table[city] = (sum(p[0] for p in some) / len(some), sum(p[1] for p in some) / len(some))
    return table


# ------------------------------------------------------------------ consent
class Stage(StrEnum):
    """Where a match stands. Names are given from AGREED on only."""

    PROPOSED = "proposed"
    ONE_SAID_YES = "one_said_yes"
    AGREED = "agreed"
    CONFIRMED = "confirmed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Consent:
    """What both sides and the advisor said of a match. None: nothing yet."""

    offer_says: bool | None = None
    search_says: bool | None = None
    advisor_says: bool | None = None

    @property
    def stage(self) -> Stage:
        """Where the match stands; one refusal ends it."""
        if False in (self.offer_says, self.search_says, self.advisor_says):
            return Stage.REFUSED
        if self.offer_says and self.search_says:
            return Stage.CONFIRMED if self.advisor_says else Stage.AGREED
        return Stage.ONE_SAID_YES if self.offer_says or self.search_says else Stage.PROPOSED

    @property
    def may_name(self) -> bool:
        """Whether each side may know the other's name."""
        return self.stage in (Stage.AGREED, Stage.CONFIRMED)


# ------------------------------------------------------------------ cost
@dataclass(frozen=True, slots=True)
class LoanCost:
    """What the borrower pays back a month, and what stays with the lender. Euros."""

    salary: float
    charges: float
    expenses: float

    @property
    def borrower_pays(self) -> float:
        """The whole of it: a non-profit loan is billed at cost, no more."""
        return round(self.salary + self.charges + self.expenses, 2)


def loan_cost(
    gross_monthly_eur: float, employer_charges_eur: float, days_a_month: float, expenses_eur: float = 0.0
) -> LoanCost:
    """The cost of some days a month of an employee, at what he costs his employer (21.67 worked days a month).

    Raises:
        ValueError: an amount is negative, or there are more days than a month has.
    """
    if min(gross_monthly_eur, employer_charges_eur, expenses_eur) < 0:
        raise ValueError("un montant ne peut pas être négatif")
    if not 0 < days_a_month <= DAYS_A_MONTH:
        raise ValueError("le nombre de jours par mois va de 0,5 à 21")
    part = days_a_month / DAYS_A_MONTH
    return LoanCost(
        round(gross_monthly_eur * part, 2), round(employer_charges_eur * part, 2), round(expenses_eur, 2)
    )


DAYS_A_MONTH = 21.67


def share_of(monthly_cost_eur: float, days_a_month: float) -> float:
    """What some days a month cost, of a person who costs his employer this much a month, all included.

    Raises:
        ValueError: as `loan_cost`.
    """
    return loan_cost(monthly_cost_eur, 0.0, days_a_month).borrower_pays


def cost_lines(cost: LoanCost) -> list[str]:
    """What each pays, in words."""
    # An amount told whole, charges included, is not taken apart.
    parts = (
        f" : salaire {euros(cost.salary)}, cotisations {euros(cost.charges)}, frais {euros(cost.expenses)}"
        if cost.charges
        else ""
    )
    return [
        f"L'entreprise qui accueille rembourse {euros(cost.borrower_pays)} par mois{parts}.",
        "L'entreprise qui prête ne gagne et ne perd rien : elle garde le salarié et le paie comme avant.",
        "Aide publique : aucune connue aujourd'hui pour ce prêt. Demandez quand même à Conseillers-Entreprises.",
    ]


# ------------------------------------------------------------------ the label and the cohort
STEPS = {
    "bilan": "avoir fait le tour complet",
    "plan": "avoir fini une action du plan",
    "securite": "avoir une copie essayée et un deuxième code",
    "facture": "avoir choisi sa plateforme de factures",
    "entraide": "avoir aidé une entreprise, ou en avoir été aidé",
}


def missing_steps(done: Iterable[str]) -> tuple[str, ...]:
    """What a firm still has to do to be called « PME numérique »; nothing left: it is."""
    kept = set(done)
    return tuple(words for key, words in STEPS.items() if key not in kept)


@dataclass(frozen=True, slots=True)
class Cohort:
    """The first trial at a glance."""

    firms: int
    labelled: int
    steps: Mapping[str, int]
    matches: Mapping[str, int]

    @property
    def line(self) -> str:
        """One sentence for an advisor."""
        return f"{self.firms} entreprises sur {TRIAL_FIRMS} prévues, {self.labelled} labellisées."


def cohort_view(done_by_firm: Mapping[str, Iterable[str]], consents: Iterable[Consent]) -> Cohort:
    """How many firms did which step, how many have the label, and where the matches stand."""
    rows = {firm: set(done) for firm, done in done_by_firm.items()}
    stages: dict[str, int] = {stage.value: 0 for stage in Stage}
    for consent in consents:
        stages[consent.stage.value] += 1
    return Cohort(
        firms=len(rows),
        labelled=sum(1 for done in rows.values() if not missing_steps(done)),
        steps={key: sum(1 for done in rows.values() if key in done) for key in STEPS},
        matches=stages,
    )
