"""The number that answers a question, in the unit that the question asks in; years from dates and "
"durations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from bot.messages import Headcount
from bot.nlu.answer_quantity import (
    ALONE,
    MINUTES,
    NONE,
    TIME_UNITS,
    Quantity,
    convert,
    is_above,
    is_below,
    period_in,
    quantities,
)
from bot.nlu.numbers import find_amounts

_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
_SHORT_YEAR = re.compile(r"\b(?:en|depuis|annee|de) (\d\d)\b(?! ?(?:ans|mois|jours|salaries|personnes|%))")
_YOUNG = re.compile(
    r"\b(?:je|on|nous) (?:demarr|debut|commenc|me lanc|se lanc|nous lanc)\w*|\bviens? d'ouvrir\b"
    r"|\bvient d'ouvrir\b|\btout neuf\b"
    r"|\ben (?:janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre"
    r"|decembre)(?! \d)\b|\btout juste\b"
)
_AGO = re.compile(r"\bil y a\b|\bya\b|\bca fait\b|\bdepuis\b|\bvoila\b|\bca va faire\b")
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
SHARE_ASKED = re.compile(r"%|pour ?cent|pourcentage|quelle part|quelle proportion|\bsur (10|100|dix|cent)\b")
PEOPLE_ASKED = re.compile(
    r"\btravaill\w*|\bsalarie\w*|\bpersonnes?\b|\bequipe\b|\beffectif\w*|\bemploye\w*|\bcollaborateurs?\b"
    r"|\bvous etes combien\b"
    r"|\bcombien etes[- ]vous\b|\bcombien de gens\b"
)
_DAYS_OPEN = re.compile(r"\b(?P<days>[2-7]|deux|trois|quatre|cinq|six|sept) jours?\b")
_NUMBER = r"(?:\d{1,3}|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix|douze|quinze|vingt)"
_THING = r"(?!ou\b|a\b|sur\b|fois\b|dont\b|pour\b|heures?|jours?|mois|ans?\b|euros?|semaines?|%)[a-z]{3,}"
_COUNTED_THING = rf"{_NUMBER} {_THING}(?: {_THING})?"
_LIST = re.compile(
    rf"(?:\w{{1,5}} ){{0,2}}{_COUNTED_THING}(?:(?: ?, ?| et | ?\+ ?| plus ){_COUNTED_THING})+\W*"
)
_COUNTED = re.compile(rf"\b({_NUMBER}) {_THING}")
_TOTAL = re.compile(r"\W*(\d{1,4}) dont\b")  # « 6 dont 2 à mi-temps »
_STAFF_ASKED = re.compile(
    r"^(?!.*vous compris).*\b(?:combien de|nombre de) (?:salarie|employe|collaborateur)"
)
_NO_STAFF = re.compile(
    r"\b(?:pas|aucun|zero|sans) (?:de |d')?(?:salarie|employe|un seul)|^\W*(?:aucune?|zero|0|personne"
    r"|pas encore)\W*$"
)
_YEAR_ASKED = re.compile(
    r"\ben quelle annee\b|\bquelle annee\b|\bannee de (?:creation|debut|naissance)\b|\bdate de\b"
)
AGE_ASKED = re.compile(
    r"\bdepuis (?:combien|quand)\b|\bcombien d'annees\b|\bcombien d'ans\b|\bquel age a\b|\banciennete\b"
    r"|\bdepuis combien\b"
)


@dataclass(frozen=True, slots=True)
class NumberAnswer:
    """A number, or {"min", "max"}, and the plain characters that say it."""

    value: int | float | dict[str, int | float | None]
    confidence: float
    start: int
    end: int


def asks_people(question: str) -> bool:
    """Whether a question (plain text) asks how many people work in the firm."""
    return PEOPLE_ASKED.search(question) is not None


def read_number(question: str, plain: str, headcount: Headcount | None, today: date) -> NumberAnswer | None:
    """The number that answers a question (both plain texts), in the question's unit; None when there is "
    "none."""
    if (_YEAR_ASKED.search(question) or AGE_ASKED.search(question)) and (
        said := read_year(question, plain, today)
    ):
        return said
    if share := SHARE_ASKED.search(question):
        whole = {"10": 10, "dix": 10}.get(share.group(1) or "", 100)
        if said := read_share(plain, whole):
            return said
    if PEOPLE_ASKED.search(question):
        if _STAFF_ASKED.search(question) and (none := _NO_STAFF.search(plain)):
            return NumberAnswer(0, 0.92, none.start(), none.end())
        if (total := _TOTAL.match(plain)) and (headcount is None or (headcount.min or 0) < int(total[1])):
            return NumberAnswer(int(total[1]), 0.8, total.start(1), total.end(1))
        if headcount is not None and not (_STAFF_ASKED.search(question) and ALONE.search(plain)):
            return _answer(headcount.min, headcount.max, 0.93, 0, len(plain))
        if alone := ALONE.search(plain):
            if _STAFF_ASKED.search(question):
                return NumberAnswer(0, 0.85, alone.start(), alone.end())
            return NumberAnswer(1, 0.93, alone.start(), alone.end())
    if (listed := _listed(question, plain)) is not None:
        return listed
    found = quantities(plain)
    if not found:
        if none := NONE.search(plain):
            return NumberAnswer(0, 0.85, none.start(), none.end())
        return None
    asked_kind = _asked_kind(question)
    fitting = [q for q in found if q.kind == asked_kind] or found
    chosen = fitting[0] if len(fitting) == 1 else pick(fitting, plain)
    sure = 0.93 if len(fitting) == 1 else 0.75
    low, high = chosen.low, chosen.high
    above, below = is_above(plain, chosen), is_below(plain, chosen)
    if chosen.kind == "count":
        # counted by the piece the bounds leave the number out already, which is of the period that was said
        low, high = (low - 1 if above and low else low), (high + 1 if below and high is not None else high)
    if chosen.kind == "time":
        unit = _asked_time(question)
        scale = MINUTES[unit] if unit else _unit_said(plain, chosen)
        low, high = (None if b is None else b / scale for b in (low, high))
    if chosen.kind != asked_kind:
        sure = min(sure, 0.8)
    if asked_kind == "money" and (short := _SHORT_MONEY.search(plain, chosen.start)) is not None:
        low = high = _short_money(short)
    asked_per = period_in(question)
    if chosen.per and asked_per and chosen.per != asked_per:
        days = _DAYS_OPEN.search(plain, chosen.end)
        if (chosen.per, asked_per) == ("jour", "semaine") and days:
            # « quinze par jour, ouvert six jours »
            worked = find_amounts(days.group("days"))
            factor = worked[0].max if worked and worked[0].max else None
            low, high = (None if b is None or factor is None else b * factor for b in (low, high))
        else:
            low, high = (None if b is None else convert(b, chosen.per, asked_per) for b in (low, high))
    low = _same_thousands(low, high, plain[chosen.start : chosen.end])
    if chosen.kind != "time":
        low, high = _left_out(low, high, above, below)
    return _answer(low, high, sure, chosen.start, chosen.end)


def _left_out(
    low: float | None, high: float | None, above: bool, below: bool
) -> tuple[float | None, float | None]:
    """The bounds without the number itself (guideline: « moins de N » is N - 1 at most, « plus de N » N + 1)."""
    low = round(low) + 1 if above and low is not None else low
    return low, round(high) - 1 if below and high is not None and high > 1 else high


_SHORT_MONEY = re.compile(
    r"\b(mille|millions?) (un|deux|trois|quatre|cinq|six|sept|huit|neuf|[1-9])\b"
    r"(?! (?:cents?|mille|k)\b)"
)
"""« Mille cinq » is 1 500 when money is told, « un million deux » 1 200 000: the next rank goes without saying."""


def _short_money(said: re.Match[str]) -> float | None:
    whole = find_amounts(said.string[: said.end(1)])
    more = find_amounts(said[2])
    if not whole or not more or whole[-1].max is None or more[0].max is None:
        return None
    return whole[-1].max + more[0].max * (100 if said[1] == "mille" else 100_000)


def _listed(question: str, plain: str) -> NumberAnswer | None:
    """« un fixe et deux portables » when computers are counted: the sum of a list of different things."""
    if _asked_kind(question) != "count" or not (match := _LIST.fullmatch(plain.strip())):
        return None
    counts = [find_amounts(number) for number in _COUNTED.findall(match[0])]
    values = [said[0].max for said in counts if said and said[0].exact]
    if len(values) < 2 or len(values) != len(counts):
        return None
    total = sum(value for value in values if value is not None)
    return _answer(total, total, 0.8, 0, len(plain))


def _same_thousands(low: float | None, high: float | None, said: str) -> float | None:
    """« Entre 80 et 100 000 »: the thousands of the second are meant for the first too."""
    written = re.match(r"\D*(\d{1,3}) ?(?:et|a|-|ou) ?\d{1,3}(?:[ .]?000|k| ?mille)", said)
    if low is None or high is None or written is None or low != int(written[1]):
        return low
    return low * 1000 if low * 1000 <= high else low


def pick(found: Sequence[Quantity], plain: str) -> Quantity:
    """Of several numbers: the one after a correction (« non, 12 »), else the first."""
    for marker in ("plutot", "enfin", "pardon", "en fait", "finalement", "euh non", "non"):
        at = plain.rfind(marker)
        later = [q for q in found if q.start > at] if at > 0 else []
        if later and at > found[0].end - 1:
            return later[0]
    return found[0]


def _asked_kind(question: str) -> str:
    if re.search(
        r"€|euros?|budget|montant|chiffre d'affaires|depens\w*|cout\w*|prix|panier moyen|\bca\b", question
    ):
        return "money"
    if re.search(
        r"combien de temps|combien d'heures|combien de (?:jours|minutes|semaines|mois)\b|\bdelai\b|\bduree\b",
        question,
    ):
        return "time"
    if AGE_ASKED.search(question):
        return "time"
    return "count"


def _asked_time(question: str) -> str | None:
    for unit, words in (
        ("minute", "minutes"), ("heure", "heures"), ("jour", "jours"), ("semaine", "semaines"),
        ("mois", "de mois"), ("an", "annees"),
    ):  # fmt: skip
        if re.search(rf"\b(?:d'|de |en |nombre de |nombre d')?{words}\b", question):
            return unit
    return "an" if AGE_ASKED.search(question) else None


def _unit_said(plain: str, quantity: Quantity) -> int:
    for unit, pattern in TIME_UNITS:
        if pattern.search(plain[quantity.start : quantity.end]):
            return MINUTES[unit]
    return 1


def read_year(question: str, plain: str, today: date) -> NumberAnswer | None:
    """A year, or the years since, as the question asks: from a date, « il y a 5 ans » or « depuis 2012 »."""
    wants_age = bool(AGE_ASKED.search(question)) and not _YEAR_ASKED.search(question)
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
    if wants_age and (young := _YOUNG.search(plain)):
        return NumberAnswer(0, 0.7, young.start(), young.end())
    for quantity in quantities(plain):
        if quantity.kind == "time" or wants_age or _AGO.search(plain):
            scale = MINUTES["an"] if quantity.kind == "time" else 1
            low, high = (None if b is None else b / scale for b in (quantity.low, quantity.high))
            if wants_age:
                low, high = _left_out(low, high, is_above(plain, quantity), is_below(plain, quantity))
                return _answer(low, high, 0.92, quantity.start, quantity.end)
            early = None if high is None else today.year - high
            late = None if low is None else today.year - low
            return _answer(early, late, 0.88, quantity.start, quantity.end)
    return None


def read_share(plain: str, whole: int) -> NumberAnswer | None:
    """A part of `whole`: « la moitié », « 3 sur 4 », « presque tous »."""
    if out_of := re.search(r"\b(\d+) (?:clients? )?sur (\d+)\b", plain):
        part, total = int(out_of[1]), int(out_of[2])
        if total:
            return _answer(part * whole / total, part * whole / total, 0.92, out_of.start(), out_of.end())
    if find_amounts(plain) and not re.search(
        r"\b(?:un|deux|trois|3|1|2)[ /-](?:tiers|quarts?|sur)\b|/[234]", plain
    ):
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
    return round(value) if abs(value - round(value)) < 0.01 or value > 20 else round(value, 2)
