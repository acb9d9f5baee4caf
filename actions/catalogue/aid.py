"""One public aid, and how a row of `aids/*.yml` becomes one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from ..conditions import KINDS, Condition
from ..naf import expand
from ..territory import REGION_NAMES, REGION_OF

STALE_AFTER = timedelta(days=180)
AID_KINDS = ("grant", "voucher", "diagnostic", "training", "loan", "guarantee", "tax")
STATUSES = ("open", "closed", "unknown")


class RowError(ValueError):
    """A row cannot become an aid; the message is a French sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Pays:
    """What an aid pays. Rates are parts of what is spent before tax; `bands` are (up to, rate) in order."""

    rate: float | None = None
    rate_from: float | None = None
    min_eur: float | None = None
    max_eur: float | None = None
    base_min_eur: float | None = None
    base_max_eur: float | None = None
    step: tuple[float, float] | None = None
    bands: tuple[tuple[float | None, float], ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Aid:
    """An aid of the catalogue. `checked` None: nobody knows when it was last checked."""

    id: str
    name: str
    operator: str
    kind: str
    line: str
    needs: frozenset[str]
    pays: Pays
    conditions: tuple[Condition, ...]
    status: str
    end: date | None
    checked: date | None
    page: str | None
    contact: str
    region: str | None
    source: str
    confidence: str
    before_signing: bool
    de_minimis: bool
    checked_as: str = ""
    """The date of checking as its source gives it: `2026-07-21`, `2026-07`, `2026`."""

    @property
    def seen(self) -> str:
        """When it was last checked, to the month, or to the year where nothing more is known: `07/2026`, `2026`."""
        if self.checked is None:
            return ""
        return f"{self.checked:%Y}" if re.fullmatch(r"\d{4}", self.checked_as) else f"{self.checked:%m/%Y}"

    def is_open(self, today: date) -> bool:
        """Whether it may be shown on that day; its last day counts."""
        return self.status != "closed" and (self.end is None or today <= self.end)

    def needs_check(self, today: date) -> bool:
        """Whether its status must be said « à vérifier »: unknown, or checked too long ago or never."""
        return self.status == "unknown" or self.checked is None or today - self.checked > STALE_AFTER


def read_day(value: Any, last: bool = False) -> date | None:
    """A day from a date, `2026-07-21`, `2026-07` or `2026`: the first of the period, or its last.

    Raises:
        RowError: it is none of these.
    """
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    match = re.fullmatch(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?", str(value).strip())
    try:
        if match is None:
            raise ValueError
        year = int(match[1])
        month, day = (int(part) if part else None for part in match.groups()[1:])
        if not last:
            return date(year, month or 1, day or 1)
        if day:
            return date(year, month or 12, day)
        following = date(year + 1, 1, 1) if month in (None, 12) else date(year, (month or 0) + 1, 1)
        return following - timedelta(days=1)
    except ValueError:
        raise RowError(f"« {value} » n'est pas une date : écrivez 2026-07-21, 2026-07 ou 2026.") from None


def read_aid(row: Mapping[str, Any], region: str | None, epci: Mapping[str, frozenset[str]]) -> Aid:
    """The aid of a row.

    Raises:
        RowError: a key is missing or unknown, or a value cannot be read.
    """
    for key in ("id", "name", "operator", "kind", "line", "needs", "pays", "status", "contact"):
        if key not in row or row[key] is None:
            raise RowError(f"il manque « {key} ».")
    if unknown := set(row) - _KEYS:
        raise RowError(f"« {sorted(unknown)[0]} » n'est pas une rubrique connue d'une aide.")
    if row["kind"] not in AID_KINDS:
        raise RowError(f"kind « {row['kind']} » inconnu : {', '.join(AID_KINDS)}.")
    if row["status"] not in STATUSES:
        raise RowError(f"status « {row['status']} » inconnu : {', '.join(STATUSES)}.")
    region = str(row["region"]) if row.get("region") else region
    if region is not None and region not in REGION_NAMES:
        raise RowError(f"la région « {region} » n'existe pas : mettez son code INSEE à deux chiffres.")
    pays = _read_pays(row["pays"])
    needs = frozenset(str(need) for need in row["needs"])
    conditions = [
        Condition("need", among=needs, only_micro=row["kind"] == "training", words="avoir ce besoin")
    ]
    if region is not None:
        conditions.append(Condition("place", among=frozenset({region}), words="region:" + region))
    for one in row.get("conditions") or ():
        conditions.append(read_condition(one, pays, epci))
    end, checked = read_day(row.get("end"), last=True), read_day(row.get("checked"))
    return Aid(
        id=str(row["id"]),
        name=str(row["name"]),
        operator=str(row["operator"]),
        kind=str(row["kind"]),
        line=str(row["line"]),
        needs=needs,
        pays=pays,
        conditions=tuple(conditions),
        status=str(row["status"]),
        end=end,
        checked=checked,
        page=str(row["page"]) if row.get("page") else None,
        contact=str(row["contact"]),
        region=region,
        source=str(row.get("source") or ""),
        confidence=str(row.get("confidence") or ""),
        before_signing=bool(row.get("before_signing", row["kind"] not in ("tax",))),
        de_minimis=bool(row.get("de_minimis", row["kind"] in ("grant", "voucher"))),
        checked_as=str(row.get("checked") or "").strip(),
    )


_KEYS = {
    *("id", "name", "operator", "kind", "line", "needs", "pays", "conditions", "status", "end", "checked"),
    *("page", "contact", "region", "source", "confidence", "before_signing", "de_minimis"),
}


def _read_pays(row: Mapping[str, Any]) -> Pays:
    known = {"rate_pct", "rate_from_pct", "min_eur", "max_eur", "base_min_eur", "base_max_eur"}
    if unknown := set(row) - known - {"every_eur", "each_eur", "bands", "note"}:
        raise RowError(f"« {sorted(unknown)[0]} » n'est pas une rubrique connue de « pays ».")

    def number(name: str) -> float | None:
        value = row.get(name)
        if value is None:
            return None
        try:
            return float(value)
        except (TypeError, ValueError):
            raise RowError(f"{name} : « {value} » n'est pas un nombre.") from None

    rate, rate_from = number("rate_pct"), number("rate_from_pct")
    every, each = number("every_eur"), number("each_eur")
    bands = tuple(
        (float(b["up_to_eur"]) if b.get("up_to_eur") is not None else None, float(b["rate_pct"]) / 100)
        for b in row.get("bands") or ()
    )
    if rate is not None and not 0 < rate <= 100:
        raise RowError("rate_pct doit être entre 0 et 100.")
    return Pays(
        rate=rate / 100 if rate is not None else None,
        rate_from=rate_from / 100 if rate_from is not None else None,
        min_eur=number("min_eur"),
        max_eur=number("max_eur"),
        base_min_eur=number("base_min_eur"),
        base_max_eur=number("base_max_eur"),
        step=(every, each) if every and each else None,
        bands=bands,
        note=str(row.get("note") or ""),
    )


_CONDITION_KEYS: dict[str, set[str]] = {
    "headcount": {"min", "max"},
    "turnover": {"min_eur", "max_eur", "only_micro"},
    "age": {"min_years", "max_years", "strict"},
    "naf": {"in", "not_in"},
    "activity": {"in", "not_in", "companies"},
    "legal_form": {"in", "not_in"},
    "micro": {"allowed", "naf"},
    "place": {"departements", "epci", "not_epci"},
    "training_for": {"is"},
    "fund": {"is"},
    "spending": {"min_eur", "max_eur"},
    "ask": {"text"},
}
NATURE_WORDS = {
    "artisanale": "artisan",
    "commerciale": "commerçant",
    "liberale": "en profession libérale",
    "agricole": "agriculteur",
    "association": "association",
}
FORM_WORDS = {
    "EI": "à votre nom propre",
    "MICRO": "en micro-entreprise",
    "ASSOCIATION": "une association",
    "SCI": "une SCI",
    "SARL": "en SARL",
    "EURL": "en EURL",
    "SAS": "en SAS",
    "SASU": "en SASU",
    "SA": "en SA",
    "SCOP": "une SCOP",
}
_FORMS = (
    "EI",
    "MICRO",
    "EURL",
    "SARL",
    "SASU",
    "SAS",
    "SA",
    "SCI",
    "SNC",
    "SCOP",
    "EARL",
    "GAEC",
    "ASSOCIATION",
)


def read_condition(row: Mapping[str, Any], pays: Pays, epci: Mapping[str, frozenset[str]]) -> Condition:
    """One condition of a row.

    Raises:
        RowError: its kind or a key is unknown, or a code does not exist.
    """
    kind = str(row.get("kind"))
    if kind not in _CONDITION_KEYS or kind not in KINDS:
        raise RowError(f"condition « {kind} » inconnue : {', '.join(_CONDITION_KEYS)}.")
    if unknown := set(row) - {"kind"} - _CONDITION_KEYS[kind]:
        raise RowError(f"« {sorted(unknown)[0]} » ne va pas avec une condition « {kind} ».")
    if len(row) < 2:
        raise RowError(f"la condition « {kind} » ne dit rien.")
    low = next((float(row[k]) for k in ("min", "min_eur", "min_years") if row.get(k) is not None), None)
    high = next((float(row[k]) for k in ("max", "max_eur", "max_years") if row.get(k) is not None), None)
    among = frozenset(map(str, row["in"])) if "in" in row else None
    outside = frozenset(map(str, row.get("not_in") or ()))
    words = str(row.get("text") or "")
    if min(one for one in (low, high, 0.0) if one is not None) < 0:
        raise RowError(f"un seuil de « {kind} » est négatif.")
    if low is not None and high is not None and low > high:
        raise RowError("le minimum dépasse le maximum.")
    if kind == "naf":
        words = _naf_words(row)
        try:
            among = expand(row["in"]) if "in" in row else None
            outside = expand(row.get("not_in") or ())
        except ValueError as error:
            raise RowError(f"{error}.") from None
    elif kind == "activity":
        _check_among((among or frozenset()) | outside, tuple(NATURE_WORDS), "nature")
        names = [NATURE_WORDS[n] for n in NATURE_WORDS if n in (among or outside)]
        listed = ", ".join(names[:-1]) + " ou " + names[-1] if len(names) > 1 else names[0]
        words = f"être {listed}" if among is not None else f"ne pas être {listed}"
        if row.get("companies"):
            words = f"être inscrit comme {listed}, ou une société"
    elif kind == "legal_form":
        _check_among((among or frozenset()) | outside, _FORMS, "forme juridique")
        names = [FORM_WORDS.get(one, one) for one in sorted(among or outside)]
        listed = ", ".join(names[:-1]) + " ou " + names[-1] if len(names) > 1 else names[0]
        words = f"être {listed}" if among else f"ne pas être {listed}"
    elif kind == "micro":
        among = expand(map(str, row["naf"])) if row.get("naf") else None
    elif kind == "place":
        among, outside, words = _read_place(row, epci)
    elif kind == "training_for":
        among = frozenset({str(row["is"])})
        words = "former le dirigeant" if row["is"] == "head" else "former les salariés"
    elif kind == "fund":
        among, words = frozenset({str(row["is"])}), "dépendre de ce fonds de formation"
    elif kind == "ask" and not words.strip().endswith(("?", ".")):
        raise RowError("la question à poser se finit par « ? ».")
    return Condition(
        kind=kind,
        low=low,
        high=high,
        among=among,
        outside=outside,
        words=words,
        strict=bool(row.get("strict", False)),
        only_micro=bool(row.get("only_micro", False)),
        companies=bool(row.get("companies", False)),
        rate=pays.rate or 0.0,
    )


def _check_among(values: frozenset[str], known: tuple[str, ...], what: str) -> None:
    if unknown := values - set(known):
        raise RowError(f"{what} « {sorted(unknown)[0]} » inconnue : {', '.join(known)}.")


def _naf_words(row: Mapping[str, Any]) -> str:
    yes, no = row.get("in"), row.get("not_in")
    if yes and no:
        return "votre activité doit être dans la liste prévue"
    return (
        "votre activité doit être dans la liste prévue" if yes else "votre activité ne doit pas être exclue"
    )


def _read_place(
    row: Mapping[str, Any], epci: Mapping[str, frozenset[str]]
) -> tuple[frozenset[str] | None, frozenset[str], str]:
    if "departements" in row:
        codes = frozenset(map(str, row["departements"]))
        if unknown := codes - set(REGION_OF):
            raise RowError(f"le département « {sorted(unknown)[0]} » n'existe pas.")
        return codes, frozenset(), "departement:" + ",".join(sorted(codes))
    wanted = "epci" in row
    communes: set[str] = set()
    for code in row.get("epci") or row.get("not_epci") or ():
        if str(code) not in epci:
            raise RowError(f"l'intercommunalité « {code} » n'est pas dans epci.yml : ajoutez ses communes.")
        communes |= epci[str(code)]
    if wanted:
        return frozenset(communes), frozenset(), "être dans l'intercommunalité"
    return None, frozenset(communes), "ne pas être dans une métropole"
