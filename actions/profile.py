"""What is known of a firm, whoever asks: the conversation's slots or a line of `connecteur advise --jsonl`.

Every field may be unknown (None or empty). Places complete each other: a commune gives its département and region.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from .naf import natures_of, normalize
from .need_words import NEED_WORDS
from .territory import REGION_OF, departement_of

STATUSES = (
    *(
        "artisan",
        "commercant",
        "liberal",
        "agriculteur",
        "micro_artisan",
        "micro_commercant",
        "micro_liberal",
    ),
    *("association", "dirigeant_salarie"),
)

EFFORT_UNKNOWN = 2
COST_UNKNOWN = 1


@dataclass(frozen=True, slots=True)
class Profile:
    """A firm as known so far.

    `headcount_min` and `headcount_max` bound the people at work as said. `needs` are in the order of importance,
    `refused` those that the owner does not want or is content with. `effort_max` and `cost_max` are the scales of the
    plan (1–3 and 0–3). `trade` is an id of `trades.yml`, `family` one of its families
    where the trade itself is unknown.
    """

    naf: str | None = None
    trade: str | None = None
    family: str | None = None
    insee: str | None = None
    departement: str | None = None
    region: str | None = None
    headcount_min: int | None = None
    headcount_max: int | None = None
    status: str | None = None
    turnover_eur: float | None = None
    age_years: float | None = None
    legal_form: str | None = None
    needs: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    training_for: str | None = None
    budget_eur: float | None = None
    effort_max: int | None = None
    cost_max: int | None = None

    @property
    def effort_limit(self) -> int:
        """The greatest effort that the owner can give (2 when not said)."""
        return EFFORT_UNKNOWN if self.effort_max is None else self.effort_max

    @property
    def cost_limit(self) -> int:
        """The greatest cost level: what was said, else that of the budget, else 1."""
        if self.cost_max is not None:
            return self.cost_max
        if self.budget_eur is None:
            return COST_UNKNOWN
        if self.budget_eur <= 0:
            return 0
        if self.budget_eur < 360:
            return 1
        return 2 if self.budget_eur <= 1000 else 3

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Profile:
        """The profile of the JSON form; unknown keys are left alone, values that cannot be are taken as unknown."""
        insee = _text(data.get("insee"))
        departement = _text(data.get("departement")) or (departement_of(insee) if insee else None)
        region = _text(data.get("region")) or (REGION_OF.get(departement) if departement else None)
        low, high = _headcount(data.get("headcount"))
        status = _text(data.get("status"))
        form = _text(data.get("legal_form"))
        training_for = _text(data.get("training_for"))
        refused = _texts(data.get("refused"))
        return cls(
            naf=normalize(_text(data.get("naf"))),
            trade=_text(data.get("trade")),
            family=_text(data.get("family")),
            insee=insee,
            departement=departement,
            region=region,
            headcount_min=low,
            headcount_max=high,
            status=status if status in STATUSES else None,
            turnover_eur=_number(data.get("turnover_eur")),
            age_years=_number(data.get("age_years")),
            legal_form=_legal_form(form) if form else None,
            needs=tuple(
                need for need in _texts(data.get("needs")) if need in NEED_WORDS and need not in refused
            ),
            refused=refused,
            training_for=training_for if training_for in ("head", "staff") else None,
            budget_eur=_number(data.get("budget_eur")),
            effort_max=_whole(data.get("effort_max")),
            cost_max=_whole(data.get("cost_max")),
        )


FIELDS = (
    *("naf", "trade", "family", "insee", "departement", "region", "headcount", "status", "turnover_eur"),
    *("age_years", "legal_form", "needs", "refused", "training_for", "budget_eur", "effort_max", "cost_max"),
)


def remarks_on(data: Mapping[str, Any]) -> list[str]:
    """What of a JSON profile was left alone, and why: for who writes one by hand. Empty where all of it is taken."""
    told = [
        f"« {key} » n'est pas un champ du profil{_near(str(key), FIELDS)}"
        for key in data
        if key not in FIELDS
    ]
    given = {key: value for key, value in data.items() if value not in (None, "", [])}
    profile = Profile.from_json(data)
    if "naf" in given and natures_of(profile.naf) == frozenset():
        told.append(f"naf : « {given['naf']} » n'est pas un code d'activité connu")
    if "status" in given and profile.status is None:
        told.append(f"status : « {given['status']} » n'est pas connu{_near(str(given['status']), STATUSES)}")
    if "headcount" in given and profile.headcount_min is None and profile.headcount_max is None:
        told.append("headcount : un nombre est attendu, ou {min, max}")
    if "insee" in given and profile.region is None:
        told.append(f"insee : « {given['insee']} » n'est pas un code de commune connu")
    for name in ("needs", "refused"):
        if name in given and not isinstance(given[name], list):
            told.append(f"{name} : une liste est attendue")
            continue
        unknown = [str(one) for one in given.get(name) or () if one not in NEED_WORDS]
        told += [f"{name} : « {one} » n'est pas un besoin connu{_near(one, NEED_WORDS)}" for one in unknown]
    for name in ("turnover_eur", "age_years", "budget_eur"):
        if name in given and getattr(profile, name) is None:
            told.append(f"{name} : un nombre est attendu")
    if "training_for" in given and profile.training_for is None:
        told.append("training_for : head ou staff")
    return told


def _near(word: str, known: Iterable[str]) -> str:
    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f" (voulez-vous dire « {found[0]} » ?)" if found else ""


_MICRO = ("MICRO", "MICRO-ENTREPRISE", "AUTO-ENTREPRENEUR", "MICRO-ENTREPRENEUR", "AE")
_FORM_WORDS = {"ENTREPRISE INDIVIDUELLE": "EI", "EIRL": "EI", "S.A.R.L.": "SARL", "S.A.S.": "SAS"}


def _legal_form(text: str) -> str:
    upper = text.upper()
    return "MICRO" if upper in _MICRO else _FORM_WORDS.get(upper, upper)


def _text(value: Any) -> str | None:
    return str(value).strip() or None if value is not None else None


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple, set, frozenset)):
        return ()
    return tuple(dict.fromkeys(str(one) for one in value))


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value < 1e15 else None


def _whole(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _headcount(value: Any) -> tuple[int | None, int | None]:
    if isinstance(value, Mapping):
        return _whole(value.get("min")), _whole(value.get("max"))
    number = _whole(value)
    return number, number
