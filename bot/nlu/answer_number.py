"""Quantities in answers: numbers with their unit and period, led to the unit that the question asks in.

`read_number` answers a question of numbers; `choose_interval` picks the choice whose interval holds what was said
("2 à 5", "Moins de 30 € par mois", "Une demi-journée"). Years come from dates and durations.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from bot.messages import Headcount
from bot.nlu.numbers import Amount, find_amounts
from bot.nlu.text import normalise

PER_YEAR = {"jour": 365, "semaine": 52, "mois": 12, "trimestre": 4, "semestre": 2, "an": 1}
# A month of four weeks and thirty days, as owners count; a year of 52 weeks.
_RATIO = {("jour", "semaine"): 7.0, ("semaine", "mois"): 4.0, ("jour", "mois"): 30.0}
_PERIOD_WORDS = {
    "jour": r"jours?|journees?|matins?|soirs?|midi|j",
    "semaine": r"semaines?|sem|hebdo\w*|lundis?|mardis?|mercredis?|jeudis?|vendredis?|samedis?|dimanches?|week[- ]?ends?",
    "mois": r"mois|mensuel\w*|mensualites?",
    "trimestre": r"trimestres?|trimestriel\w*",
    "semestre": r"semestres?",
    "an": r"ans?|annees?|annuel\w*|saisons?",
}
_PERIODS = [
    (
        name,
        re.compile(
            r"(?:\bpar |/ ?|\bchaque |\btou(?:te)?s les |\bl'|\ba l'|\bau |\ben une? |\bd'une? |\bdans (?:l'|la |le |une? ))"
            rf"(?:meme |seule )?(?:{words})\b"
        ),
    )
    for name, words in _PERIOD_WORDS.items()
]
_ADVERBS = {"quotidien": "jour", "journalier": "jour", "hebdo": "semaine", "mensuel": "mois", "annuel": "an"}
_MONEY = re.compile(r"\s?(?:€|euros?\b|eur\b|balles?\b|k ?€|keuros?\b|ke\b)")
_TIMES = {"minute": 1, "heure": 60, "demi-journee": 240, "jour": 1440, "semaine": 10080, "mois": 43200, "an": 518400}
_TIME_UNITS = [
    ("minute", re.compile(r"\s?(?<![a-z])(?:minutes?|min|mn)\b")),
    ("heure", re.compile(r"\s?(?<![a-z])(?:heures?|h)\b")),
    ("demi-journee", re.compile(r"\s?(?<![a-z])(?:demi[- ]?journees?|apres[- ]midis?|matinees?)\b")),
    ("jour", re.compile(r"\s?(?<![a-z])(?:jours?|journees?|j)\b")),
    ("semaine", re.compile(r"\s?(?<![a-z])(?:semaines?|sem)\b")),
    ("mois", re.compile(r"\s?(?<![a-z])mois\b")),
    ("an", re.compile(r"\s?(?<![a-z])(?:ans?|annees?|printemps|piges?)\b")),
]
_FIXED_TIMES = [
    (re.compile(r"\b(?:une )?demi[- ]?journee\b|\b(?:une )?matinee\b|\b(?:une? )?apres[- ]midi\b"), 240.0),
    (re.compile(r"\b(?:une )?demi[- ]?heure\b"), 30.0),
    (re.compile(r"\bquart d'heure\b"), 15.0),
    (re.compile(r"\ble jour meme\b|\bdans la journee\b|\btout de suite\b|\bimmediat\w*|\baussitot\b"), 300.0),
    (re.compile(r"\b(?:des )?le lendemain\b|\bdemain\b"), 1440.0),
    (re.compile(r"\bdans la semaine\b"), 7000.0),
    (re.compile(r"\bdans le mois\b"), 40000.0),
]
_BELOW = re.compile(r"\bmoins d|<|en dessous|sous la")
_ABOVE = re.compile(r"\bplus d|>|au[ -]dessus|au[ -]dela|^\+")
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
_SHORT_YEAR = re.compile(r"\b(?:en|depuis|annee|de) (\d\d)\b(?! ?(?:ans|mois|jours|salaries|personnes|%))")
_AGO = re.compile(r"\bil y a\b|\bya\b|\bca fait\b|\bdepuis\b|\bvoila\b|\bca va faire\b")
_ALONE = re.compile(r"\b(?:seule?|solo|juste moi|moi[- ]meme|moi tout seul|que moi|uniquement moi|rien que moi)\b|^\s*moi\s*\W*$")
_NONE = re.compile(
    r"\b(?:aucune?s?|zero|rien|personne|nada|que dalle|jamais|neant|pas (?:un|une) seule?|pas un|que tchi)\b|^\s*non\W*$"
    r"|\bpas (?:de|d'|encore)\b|\bpas du tout\b|\bon n'en (?:a|fait) pas\b|\bj'en (?:ai|fais) pas\b|\ben (?:ai|fais|fait|a) pas\b"
)
_SHARES = [
    (re.compile(r"\b(?:presque|quasi|quasiment) (?:tou[ts]|toutes|la totalite)\b"), 0.9),
    (re.compile(r"\b(?:la plupart|la majorite|la grande majorite|majoritairement)\b"), 0.75),
    (re.compile(r"\b(?:tres peu|presque aucune?|quasi aucune?|quasiment aucune?|presque rien)\b"), 0.08),
    (re.compile(r"\b(?:quelques[- ]une?s|une poignee|une minorite)\b"), 0.2),
    (re.compile(r"\btrois[- ]quarts?\b|\b3/4\b|\bles 3 quarts\b"), 0.75),
    (re.compile(r"\bdeux[- ]tiers\b|\b2/3\b"), 2 / 3),
    (re.compile(r"\bmoitie\b|\bfifty\b|\b1/2\b|\bun sur deux\b|\bune fois sur deux\b"), 0.5),
    (re.compile(r"\bun tiers\b|\ble tiers\b|\b1/3\b|\bun sur trois\b"), 1 / 3),
    (re.compile(r"\bun quart\b|\ble quart\b|\b1/4\b|\bun sur quatre\b"), 0.25),
    (re.compile(r"\bla totalite\b|\btous\b|\btoutes\b|\btout\b|\btout le monde\b"), 1.0),
]
_SHARE_ASKED = re.compile(r"%|pour ?cent|pourcentage|quelle part|quelle proportion|\bsur (10|100|dix|cent)\b")
_PEOPLE_ASKED = re.compile(
    r"\btravaill\w*|\bsalarie\w*|\bpersonnes?\b|\bequipe\b|\beffectif\w*|\bemploye\w*|\bcollaborateurs?\b|\bvous etes combien\b"
    r"|\bcombien etes[- ]vous\b|\bcombien de gens\b"
)
_YEAR_ASKED = re.compile(r"\ben quelle annee\b|\bquelle annee\b|\bannee de (?:creation|debut|naissance)\b|\bdate de\b")
_AGE_ASKED = re.compile(
    r"\bdepuis (?:combien|quand)\b|\bcombien d'annees\b|\bcombien d'ans\b|\bquel age a\b|\banciennete\b|\bdepuis combien\b"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """Bounds (None is no bound), of `kind` count, money or time (minutes), in each `per` where a period is said."""

    low: float | None
    high: float | None
    kind: str
    per: str | None
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class NumberAnswer:
    """A number, or {"min", "max"}, and the plain characters that say it."""

    value: int | float | dict[str, int | float | None]
    confidence: float
    start: int
    end: int


def asks_people(question: str) -> bool:
    """Whether a question (plain text) asks how many people work in the firm."""
    return _PEOPLE_ASKED.search(question) is not None


def period_in(text: str) -> str | None:
    """The period of a plain text ("par mois", "à l'année"), or None."""
    for name, pattern in _PERIODS:
        if pattern.search(text):
            return name
    for word, name in _ADVERBS.items():
        if word in text:
            return name
    return None


def quantities(plain: str) -> list[Quantity]:
    """Every quantity of a plain text; "une demi-heure" is a time without a number."""
    found: list[Quantity] = []
    for pattern, minutes in _FIXED_TIMES:
        if said := pattern.search(plain):
            found.append(Quantity(minutes, minutes, "time", period_in(plain[said.end() :]), said.start(), said.end()))
    if found:
        return found
    for amount in find_amounts(plain):
        low, high = amount.min, amount.max
        after = plain[amount.end :]
        per = period_in(plain)
        if money := _MONEY.match(after):
            factor = 1000 if "k" in money.group() else 1
            found.append(_quantity(plain, low, high, factor, "money", per, amount, amount.end + money.end()))
            continue
        for unit, pattern in _TIME_UNITS:
            if pattern.search(plain[amount.start : amount.end]):  # « 10 ans au moins »
                found.append(_quantity(plain, low, high, _TIMES[unit], "time", None, amount, amount.end))
                break
            if said := pattern.match(after):
                found.append(
                    _quantity(plain, low, high, _TIMES[unit], "time", period_in(after[said.end() :]), amount, amount.end + said.end())
                )
                break
        else:
            if _is_article(plain, amount):
                continue
            found.append(_quantity(plain, low, high, 1, "count", per, amount, amount.end))
    return found


def _is_article(plain: str, amount: Amount) -> bool:
    """« un », « une » are numbers only alone, before « seul », or against another number."""
    said = plain[amount.start : amount.end]
    if said not in ("un", "une"):
        return False
    after = plain[amount.end :].strip(" .!")
    return bool(after) and not re.match(r"(?:seule?|par|fois|ou|a|client|salarie|apprenti|personne|employe)\b", after)


def _quantity(
    plain: str, low: float | None, high: float | None, factor: float, kind: str, per: str | None, amount: Amount, end: int
) -> Quantity:
    if factor != 1 or kind != "count":  # « moins de 30 € » reaches up to 30, unlike « moins de 5 personnes »
        said = plain[amount.start : amount.end]
        if low is None and high is not None and _BELOW.search(said):
            high += 0.999
        if high is None and low is not None and _ABOVE.search(said):
            low -= 0.999
    return Quantity(
        None if low is None else low * factor, None if high is None else high * factor, kind, per, amount.start, end
    )


def convert(value: float, said: str | None, asked: str | None) -> float:
    """A value counted in each `said` period, counted in each `asked` one."""
    if said is None or asked is None or said == asked:
        return value
    if (said, asked) in _RATIO:
        return value * _RATIO[said, asked]
    if (asked, said) in _RATIO:
        return value / _RATIO[asked, said]
    return value * PER_YEAR[said] / PER_YEAR[asked]


# ------------------------------------------------------------------ questions of numbers
def read_number(question: str, plain: str, headcount: Headcount | None, today: date) -> NumberAnswer | None:
    """The number that answers a question (both plain texts), in the question's unit; None when there is none."""
    if _YEAR_ASKED.search(question) or _AGE_ASKED.search(question):
        if said := _read_year(question, plain, today):
            return said
    if share := _SHARE_ASKED.search(question):
        whole = {"10": 10, "dix": 10}.get(share.group(1) or "", 100)
        if said := _read_share(plain, whole):
            return said
    if _PEOPLE_ASKED.search(question):
        if headcount is not None:
            return _answer(headcount.min, headcount.max, 0.93, 0, len(plain))
        if alone := _ALONE.search(plain):
            return NumberAnswer(1, 0.93, alone.start(), alone.end())
    found = quantities(plain)
    if not found:
        if none := _NONE.search(plain):
            return NumberAnswer(0, 0.85, none.start(), none.end())
        return None
    asked_kind = _asked_kind(question)
    fitting = [q for q in found if q.kind == asked_kind] or found
    chosen = fitting[0] if len(fitting) == 1 else _pick(fitting, plain)
    sure = 0.93 if len(fitting) == 1 else 0.75
    low, high = chosen.low, chosen.high
    if chosen.kind == "time":
        unit = _asked_time(question)
        scale = _TIMES[unit] if unit else _unit_said(plain, chosen)
        low, high = (None if b is None else b / scale for b in (low, high))
    if chosen.kind != asked_kind:
        sure = min(sure, 0.8)
    asked_per = period_in(question)
    if chosen.per and asked_per and chosen.per != asked_per:
        low, high = (None if b is None else convert(b, chosen.per, asked_per) for b in (low, high))
    return _answer(low, high, sure, chosen.start, chosen.end)


def _pick(found: Sequence[Quantity], plain: str) -> Quantity:
    """Of several numbers: the one after a correction (« non, 12 »), else the first."""
    for marker in ("plutot", "enfin", "pardon", "en fait", "finalement", "euh non", "non"):
        at = plain.rfind(marker)
        later = [q for q in found if q.start > at] if at > 0 else []
        if later and at > found[0].end - 1:
            return later[0]
    return found[0]


def _asked_kind(question: str) -> str:
    if re.search(r"€|euros?|budget|montant|chiffre d'affaires|depens\w*|cout\w*|prix|panier moyen|\bca\b", question):
        return "money"
    if re.search(r"combien de temps|combien d'heures|combien de (?:jours|minutes|semaines|mois)\b|\bdelai\b|\bduree\b", question):
        return "time"
    if _AGE_ASKED.search(question):
        return "time"
    return "count"


def _asked_time(question: str) -> str | None:
    for unit, words in (
        ("minute", "minutes"), ("heure", "heures"), ("jour", "jours"), ("semaine", "semaines"), ("mois", "de mois"), ("an", "annees"),
    ):  # fmt: skip
        if re.search(rf"\b(?:d'|de |en |nombre de |nombre d')?{words}\b", question):
            return unit
    return "an" if _AGE_ASKED.search(question) else None


def _unit_said(plain: str, quantity: Quantity) -> int:
    for unit, pattern in _TIME_UNITS:
        if pattern.search(plain[quantity.start : quantity.end]):
            return _TIMES[unit]
    return 1


def _read_year(question: str, plain: str, today: date) -> NumberAnswer | None:
    wants_age = bool(_AGE_ASKED.search(question)) and not _YEAR_ASKED.search(question)
    year = _YEAR.search(plain) or _SHORT_YEAR.search(plain)
    if year:
        value = int(year.group(1))
        if value < 100:
            value += 2000 if value <= today.year % 100 else 1900
        return NumberAnswer(today.year - value if wants_age else value, 0.93, year.start(), year.end())
    if last := re.search(r"\bl'(?:an|annee) (?:dernier|derniere|passee?)\b", plain):
        return NumberAnswer(1 if wants_age else today.year - 1, 0.9, last.start(), last.end())
    if now := re.search(r"\bcette annee\b", plain):
        return NumberAnswer(0 if wants_age else today.year, 0.9, now.start(), now.end())
    for quantity in quantities(plain):
        if quantity.kind == "time" or wants_age or _AGO.search(plain):
            scale = _TIMES["an"] if quantity.kind == "time" else 1
            low, high = (None if b is None else b / scale for b in (quantity.low, quantity.high))
            if wants_age:
                return _answer(low, high, 0.92, quantity.start, quantity.end)
            early = None if high is None else today.year - high
            late = None if low is None else today.year - low
            return _answer(early, late, 0.88, quantity.start, quantity.end)
    return None


def _read_share(plain: str, whole: int) -> NumberAnswer | None:
    if out_of := re.search(r"\b(\d+) (?:clients? )?sur (\d+)\b", plain):
        part, total = int(out_of[1]), int(out_of[2])
        if total:
            return _answer(part * whole / total, part * whole / total, 0.92, out_of.start(), out_of.end())
    if find_amounts(plain) and not re.search(r"\b(?:un|deux|trois|3|1|2)[ /-](?:tiers|quarts?|sur)\b|/[234]", plain):
        return None
    for pattern, share in _SHARES:
        if said := pattern.search(plain):
            value = round(share * whole, 1)
            return _answer(value, value, 0.88, said.start(), said.end())
    return None


def _answer(low: float | None, high: float | None, confidence: float, start: int, end: int) -> NumberAnswer:
    low, high = _tidy(low), _tidy(high)
    if low is not None and low == high:
        return NumberAnswer(low, confidence, start, end)
    return NumberAnswer({"min": low, "max": high}, confidence, start, end)


def _tidy(value: float | None) -> int | float | None:
    if value is None:
        return None
    return int(round(value)) if abs(value - round(value)) < 0.01 or value > 20 else round(value, 2)


# ------------------------------------------------------------------ choices that are intervals
@dataclass(frozen=True, slots=True)
class _Interval:
    low: float
    high: float
    kind: str
    per: str | None


@lru_cache(maxsize=256)
def intervals(choices: tuple[str, ...]) -> tuple[_Interval | None, ...]:
    """What each choice holds; None for those that are no interval. Empty unless two choices at least are."""
    found = [_label_interval(normalise(choice).plain) for choice in choices]
    if sum(1 for x in found if x) < 2:
        return ()
    kinds = [x.kind for x in found if x and x.kind != "count"]
    kind = kinds[0] if kinds else "count"
    known = [x for x in found if x]
    for i, choice in enumerate(choices):
        text = normalise(choice).plain
        if found[i] is None and re.match(r"\s*(?:plus|davantage|au[ -]dela)\b", text):
            found[i] = _Interval(max(x.high for x in known), math.inf, kind, None)
        elif found[i] is None and re.match(r"\s*moins\b", text):
            found[i] = _Interval(-math.inf, min(x.low for x in known), kind, None)
    return tuple(found)


def _label_interval(label: str) -> _Interval | None:
    if re.match(r"\s*(?:aucune?|zero|rien|jamais|personne)\b", label):
        return _Interval(0, 0, "count", None)
    if _ALONE.search(label):
        return _Interval(1, 1, "count", None)
    found = quantities(label)
    if not found:
        return None
    first = found[0]
    low = -math.inf if first.low is None else first.low
    high = math.inf if first.high is None else first.high
    if len(found) > 1 and found[1].high is not None and high != math.inf:
        high = max(high, found[1].high)
    if re.match(r"\s*sous\b", label):
        low = 0.0
    return _Interval(low, high, first.kind, first.per)


def choose_interval(
    question: str, choices: tuple[str, ...], plain: str, headcount: Headcount | None, today: date
) -> tuple[int, float, int, int] | None:
    """(choice, confidence, start, end) of the choice that holds the quantity said, or None."""
    held = intervals(choices)
    if not held:
        return None
    about_people = bool(_PEOPLE_ASKED.search(question)) and all(x is None or x.kind == "count" for x in held)
    said: Quantity | None = None
    if about_people and headcount is not None:
        said = Quantity(headcount.min, headcount.max, "count", None, *headcount.span)
    elif about_people and (alone := _ALONE.search(plain)):
        said = Quantity(1, 1, "count", None, alone.start(), alone.end())
    else:
        kinds = {x.kind for x in held if x}
        found = quantities(plain)
        share = _SHARE_ASKED.search(question)
        if kinds == {"time"} and _AGE_ASKED.search(question) and (age := _read_year(question, plain, today)):
            if isinstance(age.value, int | float):
                minutes = age.value * _TIMES["an"]
                found = [Quantity(minutes, minutes, "time", None, age.start, age.end)]
        elif share and (part := _read_share(plain, {"10": 10, "dix": 10}.get(share.group(1) or "", 100))):
            if isinstance(part.value, int | float):
                found = [Quantity(part.value, part.value, "count", None, part.start, part.end)]
        fitting = [q for q in found if q.kind in kinds] or found
        if fitting:
            said = fitting[0] if len(fitting) == 1 else _pick(fitting, plain)
        elif (none := _NONE.search(plain)) and any(x and x.low == 0 for x in held):
            said = Quantity(0, 0, "count", None, none.start(), none.end())
    if said is None:
        return None
    scored = sorted(
        ((_distance(said, x, question), i) for i, x in enumerate(held) if x is not None), key=lambda pair: pair[0]
    )
    best, index = scored[0]
    runner = scored[1][0] if len(scored) > 1 else 9.0
    if best > 3:
        return None
    sure = 0.94 if best == 0 and runner > 0 else 0.8 if best < 0.15 < runner - best else 0.6
    return index, sure, said.start, said.end


def _distance(said: Quantity, held: _Interval, question: str) -> float:
    """0 when the interval holds all that was said; grows as it holds less, then with the distance."""
    low = -math.inf if said.low is None else said.low
    high = math.inf if said.high is None else said.high
    if said.kind != held.kind and not (said.kind == "count" or held.kind == "count"):
        return 9.0
    if said.kind == "count" and held.kind == "time":
        return 9.0
    per = held.per or period_in(question)
    if said.per and per and said.per != per:
        low, high = (convert(b, said.per, per) if math.isfinite(b) else b for b in (low, high))
    penalty = 0.1 if said.kind == "money" and held.kind == "money" and bool(said.per) != bool(held.per) else 0.0
    if held.low <= low and high <= held.high:
        return penalty
    middle = low if not math.isfinite(high) else high if not math.isfinite(low) else (low + high) / 2
    if not math.isfinite(high):
        middle = low * 1.1 + 1
    if not math.isfinite(low):
        middle = max(0.0, high * 0.9)
    if held.low <= middle <= held.high:
        return 0.2 + penalty
    edge = held.low if middle < held.low else held.high
    return 0.4 + penalty + abs(math.log1p(max(0.0, middle)) - math.log1p(max(0.0, edge)))
