"""The conditions of an aid as data, and what a profile says of each: met, not met, or not known.

A missing fact never makes a condition fail, so telling one more fact can only take aids away. Thresholds of
headcount count employees, mostly without the head: within one of a threshold nothing is settled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from .funds import PAID_LIKE_STAFF, FundBook, is_alone, is_paid_like_staff
from .naf import natures_of
from .profile import Profile
from .territory import IN_REGION, departement_of


class Verdict(IntEnum):
    """What is known of a condition."""

    NOT_MET = 0
    UNKNOWN = 1
    MET = 2


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition. Which fields matter depends on `kind`, a key of `KINDS`.

    `among` and `outside` are codes of the kind (natures, NAF classes, legal forms, communes, needs);
    `words` is what the content wrote, for the sentences. `rate` is the part that the aid pays (spending).
    """

    kind: str
    low: float | None = None
    high: float | None = None
    among: frozenset[str] | None = None
    outside: frozenset[str] = frozenset()
    words: str = ""
    strict: bool = False
    only_micro: bool = False
    companies: bool = False
    """Of an activity: any company will do, since all are in the trade register."""
    rate: float = 0.0


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind is judged. `key`: its word in `to_check`; `field`: the profile's field that settles it.

    While all the fields in `reads` are empty, its conditions are unknown, whatever they say.
    """

    key: str
    field: str | None
    judge: Callable[[Condition, Profile, FundBook], Verdict]
    reads: tuple[str, ...] = ()


ACTIVITY_OF = {
    "artisan": "artisanale",
    "micro_artisan": "artisanale",
    "commercant": "commerciale",
    "micro_commercant": "commerciale",
    "liberal": "liberale",
    "micro_liberal": "liberale",
    "agriculteur": "agricole",
    "association": "association",
}
_NO_COMPANY = frozenset({"EI", "MICRO", "ASSOCIATION"})
_REGULATED = ("69", "71.11", "75", "86")


def is_micro(profile: Profile) -> bool | None:
    """Whether the firm is a micro-entreprise; None when nothing tells."""
    if (profile.status or "").startswith("micro") or profile.legal_form == "MICRO":
        return True
    if profile.status is not None or profile.legal_form not in (None, "EI"):
        return False
    return None


def missing_field(kind: str, profile: Profile) -> str | None:
    """The profile's empty field that would settle conditions of this kind still unknown, or None."""
    if kind == "place":
        return "insee" if profile.insee is None else None
    if kind == "headcount":
        return "headcount" if profile.headcount_min is None and profile.headcount_max is None else None
    if kind == "activity":
        return "status" if profile.status is None else "naf" if profile.naf is None else None
    if kind == "fund":
        # The fund of the staff hangs on the trade.
        names: tuple[str, ...] = ("training_for", "status", "naf")
        if profile.training_for == "staff" or is_paid_like_staff(profile):
            names = ("naf",)
        return next((name for name in names if getattr(profile, name) is None), None)
    if kind == "need":
        return None if profile.needs else "needs"
    name = KINDS[kind].field
    return name if name is not None and getattr(profile, name) is None else None


def is_silent(kind: str, profile: Profile) -> bool:
    """Whether the profile says nothing that conditions of this kind read."""
    reads = KINDS[kind].reads
    return bool(reads) and not any(getattr(profile, name) not in (None, ()) for name in reads)


# ------------------------------------------------------------------ one judge a kind
def _headcount(condition: Condition, profile: Profile, funds: FundBook) -> Verdict:
    low, high = profile.headcount_min, profile.headcount_max
    if low is None and high is None:
        return Verdict.UNKNOWN
    least = low if low is not None else 1
    if condition.high is not None and least > condition.high + 1:
        return Verdict.NOT_MET
    if condition.low is not None and high is not None and high < condition.low - 1:
        return Verdict.NOT_MET
    sure_below = condition.high is None or (high is not None and high < condition.high - 1)
    sure_above = condition.low is None or least > condition.low + 1
    return Verdict.MET if sure_below and sure_above else Verdict.UNKNOWN


def _turnover(condition: Condition, profile: Profile, funds: FundBook) -> Verdict:
    if condition.only_micro and is_micro(profile) is False:
        return Verdict.MET
    if profile.turnover_eur is None:
        return Verdict.UNKNOWN
    if _between(profile.turnover_eur, condition):
        return Verdict.MET
    return Verdict.UNKNOWN if condition.only_micro and is_micro(profile) is None else Verdict.NOT_MET


def _age(condition: Condition, profile: Profile, funds: FundBook) -> Verdict:
    if profile.age_years is None:
        return Verdict.UNKNOWN
    return Verdict.MET if _between(profile.age_years, condition) else Verdict.NOT_MET


def _between(value: float, condition: Condition) -> bool:
    if condition.low is not None and (value < condition.low or (condition.strict and value == condition.low)):
        return False
    return condition.high is None or value <= condition.high


def _naf(condition: Condition, profile: Profile, funds: FundBook) -> Verdict:
    if profile.naf is None:
        return Verdict.UNKNOWN
    inside = condition.among is None or profile.naf in condition.among
    return Verdict.MET if inside and profile.naf not in condition.outside else Verdict.NOT_MET


def _activity(condition: Condition, profile: Profile, funds: FundBook) -> Verdict:
    natures = natures_of(profile.naf)

    def accepts(nature: str) -> bool:
        return nature not in condition.outside and (condition.among is None or nature in condition.among)

    if condition.companies and profile.status in (None, "dirigeant_salarie"):
        heads_a_company = profile.status is not None
        is_accepted = heads_a_company or (natures and all(accepts(nature) for nature in natures))
        return Verdict.MET if is_accepted else Verdict.UNKNOWN
    # Regulated professions and farms are what their class says, whatever status was understood.
    if (natures == {"liberale"} and (profile.naf or "").startswith(_REGULATED)) and not accepts("liberale"):
        return Verdict.NOT_MET
    activity = ACTIVITY_OF.get(profile.status or "")
    if activity is not None:
        return Verdict.MET if accepts(activity) else Verdict.NOT_MET
    if natures and all(accepts(nature) for nature in natures):
        return Verdict.MET
    if profile.status is not None and natures and not any(accepts(nature) for nature in natures):
        return Verdict.NOT_MET
    return Verdict.UNKNOWN


def _legal_form(condition: Condition, profile: Profile, funds: FundBook) -> Verdict:
    # The status may say a form too. Where two facts contradict each other, each must pass: one more fact brings
    # nothing back.
    known = {profile.legal_form} if profile.legal_form is not None else set()
    if is_micro(profile):
        known.add("MICRO")
    if profile.status == "association":
        known.add("ASSOCIATION")
    if not known:
        # Whom his company pays like an employee heads a company, whichever.
        heads_any = profile.status == "dirigeant_salarie" and condition.among is None
        return Verdict.MET if heads_any and condition.outside <= _NO_COMPANY else Verdict.UNKNOWN
    inside = condition.among is None or known <= condition.among
    return Verdict.MET if inside and not known & condition.outside else Verdict.NOT_MET


def _micro(condition: Condition, profile: Profile, funds: FundBook) -> Verdict:
    micro = is_micro(profile)
    if micro is False:
        return Verdict.MET
    if condition.among is not None:
        if profile.naf is None:
            return Verdict.UNKNOWN
        if profile.naf not in condition.among:
            return Verdict.MET
    return Verdict.NOT_MET if micro else Verdict.UNKNOWN


def _place(condition: Condition, profile: Profile, funds: FundBook) -> Verdict:
    if condition.words.startswith("region:"):
        if profile.region is None:
            return Verdict.UNKNOWN
        return Verdict.MET if profile.region in (condition.among or ()) else Verdict.NOT_MET
    if condition.words.startswith("departement:"):
        if profile.departement is None:
            return Verdict.UNKNOWN
        return Verdict.MET if profile.departement in (condition.among or ()) else Verdict.NOT_MET
    communes = condition.among if condition.among is not None else condition.outside
    wanted = condition.among is not None
    if profile.insee is not None:
        return Verdict.MET if (profile.insee in communes) == wanted else Verdict.NOT_MET
    if profile.departement is not None and not any(
        departement_of(c) == profile.departement for c in communes
    ):
        return Verdict.NOT_MET if wanted else Verdict.MET
    return Verdict.UNKNOWN


def _training_for(condition: Condition, profile: Profile, funds: FundBook) -> Verdict:
    wanted, status = condition.among or frozenset(), profile.status
    # A head who is paid like an employee is trained by the fund of the staff.
    is_head_too: bool | None = status in PAID_LIKE_STAFF
    if status is None:
        is_head_too = True if is_paid_like_staff(profile) or funds.of_trade(profile.naf) else None
    if "head" not in wanted and is_head_too is False and is_alone(profile):
        return Verdict.NOT_MET  # nobody else is there to be trained
    if profile.training_for is None:
        return Verdict.MET if is_head_too and "staff" in wanted else Verdict.UNKNOWN
    if profile.training_for in wanted:
        return Verdict.NOT_MET if "head" not in wanted and is_alone(profile) else Verdict.MET
    if profile.training_for == "head" and is_head_too is not False:
        return Verdict.UNKNOWN if is_head_too is None else Verdict.MET
    return Verdict.NOT_MET


def _fund(condition: Condition, profile: Profile, funds: FundBook) -> Verdict:
    sure, possible = funds.candidates(profile)
    wanted = condition.among or frozenset()
    if wanted & set(sure):
        return Verdict.MET
    return Verdict.UNKNOWN if wanted & set(possible) else Verdict.NOT_MET


def _spending(condition: Condition, profile: Profile, funds: FundBook) -> Verdict:
    budget = profile.budget_eur
    if budget is None:
        return Verdict.UNKNOWN
    if condition.low is not None and budget < condition.low:
        # What the owner can spend may be his own part only: the aid then carries him over the threshold.
        return Verdict.NOT_MET if budget < condition.low * (1 - condition.rate) else Verdict.UNKNOWN
    return Verdict.MET if condition.high is None or budget <= condition.high else Verdict.UNKNOWN


def _need(condition: Condition, profile: Profile, funds: FundBook) -> Verdict:
    needs = (condition.among or frozenset()) - set(profile.refused)
    if not needs:
        return Verdict.NOT_MET
    said = set(profile.needs) - set(profile.refused)
    if not said or needs & said:
        return Verdict.MET if needs & said else Verdict.UNKNOWN
    # Money alone was asked for: for what is not known yet. Training is not what such an owner asks for.
    return Verdict.UNKNOWN if said == {"financement"} and not condition.only_micro else Verdict.NOT_MET


def _ask(condition: Condition, profile: Profile, funds: FundBook) -> Verdict:
    return Verdict.UNKNOWN


_STAFF = ("headcount_min", "headcount_max")
KINDS: dict[str, Kind] = {
    "place": Kind("place", "insee", _place, ("insee", "departement", "region")),
    "need": Kind("needs", "needs", _need, ("needs", "refused")),
    "headcount": Kind("headcount", "headcount", _headcount, _STAFF),
    "turnover": Kind("turnover_eur", "turnover_eur", _turnover, ("turnover_eur", "status", "legal_form")),
    "age": Kind("age_years", "age_years", _age, ("age_years",)),
    "naf": Kind("naf", "naf", _naf, ("naf",)),
    "activity": Kind("owner_status", "status", _activity, ("status", "naf")),
    "legal_form": Kind("legal_form", "legal_form", _legal_form, ("legal_form", "status")),
    "micro": Kind("owner_status", "status", _micro, ("status", "legal_form", "naf")),
    "training_for": Kind("training_for", "training_for", _training_for),
    "fund": Kind("training_fund", None, _fund),
    "spending": Kind("budget_eur", "budget_eur", _spending, ("budget_eur",)),
    "ask": Kind("ask", None, _ask),
}


def judge(condition: Condition, profile: Profile, funds: FundBook) -> Verdict:
    """What the profile says of one condition."""
    return KINDS[condition.kind].judge(condition, profile, funds)


# ------------------------------------------------------------------ in French
def describe(condition: Condition) -> str:
    """The condition as a short French phrase, without the owner's case."""
    kind = condition.kind
    if kind in ("ask", "naf", "activity", "legal_form", "fund", "training_for", "need", "place"):
        if kind == "place" and condition.words.startswith("region:"):
            names = [IN_REGION.get(code, code) for code in sorted(condition.among or ())]
            return "être " + " ou ".join(names)
        return condition.words
    if kind == "micro":
        where = " dans certaines activités" if condition.among is not None else ""
        return f"ne pas être micro-entrepreneur{where}"
    low = _number(condition.low, kind) if condition.low is not None else None
    high = _number(condition.high, kind) if condition.high is not None else None
    more = "plus de " if condition.strict else "au moins "
    what = _COUNTED[kind]
    if kind == "headcount" and (condition.high if high is not None else condition.low) == 1:
        what = " salarié"
    if low is not None and high is not None:
        limits = f"de {low} à {high}{what}"
    else:
        limits = f"{more}{low}{what}" if low is not None else f"{high}{what} au plus"
    for_whom = "en micro-entreprise, " if condition.only_micro else ""
    return for_whom + limits


_COUNTED = {
    "headcount": " salariés",
    "turnover": " de chiffre d'affaires",
    "age": " d'existence",
    "spending": " de dépense (HT)",
}


def _number(value: float, kind: str) -> str:
    if kind == "age":
        if value < 1:
            return f"{round(value * 12)} mois"
        return f"{value:g} an" + ("s" if value > 1 else "")
    if kind == "headcount":
        return f"{value:g}"
    return great_euros(value)


def great_euros(value: float) -> str:
    """`2500000` → `2,5 millions d'euros`; below a million, or with odd thousands, as `euros`."""
    if value < 1_000_000 or value % 100_000:
        return euros(value)
    count = f"{value / 1_000_000:g}".replace(".", ",")
    return f"{count} million{'s' if value >= 2_000_000 else ''} d'euros"


def euros(value: float) -> str:
    """`7500` → `7 500 €`, rounded to the euro."""
    return f"{value:,.0f}".replace(",", " ") + " €"
