"""Choices that are intervals (« 2 à 5 », « Moins de 30 € par mois », « Une demi-journée »): the one that "
"holds what was said."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from bot.messages import Headcount
from bot.nlu.answer_number import AGE_ASKED, PEOPLE_ASKED, SHARE_ASKED, pick, read_share, read_year
from bot.nlu.answer_quantity import ALONE, MINUTES, NONE, Quantity, convert, period_in, quantities
from bot.nlu.text import normalise

_PARTS = {
    "(?:un|le) quart": 0.25,
    "(?:un|le) tiers": 1 / 3,
    "moitie": 0.5,
    "deux tiers": 2 / 3,
    "trois[- ]quarts": 0.75,
}


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


def measures_otherwise(choices: tuple[str, ...], plain: str) -> bool:
    """Whether a text tells quantities, and none of the kind of the choices: « 150 000 euros » is no duration."""
    kinds = {held.kind for held in intervals(choices) if held is not None}
    said = {one.kind for one in quantities(plain)}
    return bool(kinds) and bool(said) and "count" not in kinds | said and not kinds & said


def _label_share(label: str) -> _Interval | None:
    """« Moins d'un quart », « Entre un quart et la moitié »: parts of a hundred."""
    parts = [share for name, share in _PARTS.items() if re.search(rf"\b{name}\b", label)]
    if not parts:
        return None
    low, high = 100 * min(parts), 100 * max(parts)
    if re.search(r"\bmoins\b", label):
        return _Interval(0.01, high - 0.01, "count", None)
    if re.search(r"\bplus\b", label):
        return _Interval(low + 0.01, 100, "count", None)
    return _Interval(low, high, "count", None)


def _label_interval(label: str) -> _Interval | None:
    if share := _label_share(label):
        return share
    if re.match(r"\s*(?:aucune?|zero|rien|jamais|personne)\b", label):
        return _Interval(0, 0, "count", None)
    if ALONE.search(label):
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
    if not held or measures_otherwise(choices, plain):
        return None
    about_people = bool(PEOPLE_ASKED.search(question)) and all(x is None or x.kind == "count" for x in held)
    said: Quantity | None = None
    if about_people and headcount is not None:
        said = Quantity(headcount.min, headcount.max, "count", None, *headcount.span)
    elif about_people and (alone := ALONE.search(plain)):
        said = Quantity(1, 1, "count", None, alone.start(), alone.end())
    else:
        kinds = {x.kind for x in held if x}
        found = quantities(plain)
        of_hundred = any(_label_share(normalise(choice).plain) for choice in choices)
        share = SHARE_ASKED.search(question)
        if kinds == {"time"} and AGE_ASKED.search(question) and (age := read_year(question, plain, today)):
            if isinstance(age.value, int | float):
                minutes = age.value * MINUTES["an"]
                found = [Quantity(minutes, minutes, "time", None, age.start, age.end)]
        elif (
            (share or of_hundred)
            and (part := read_share(plain, {"10": 10, "dix": 10}.get((share and share.group(1)) or "", 100)))
            and isinstance(part.value, int | float)
        ):
            found = [Quantity(part.value, part.value, "count", None, part.start, part.end)]
        fitting = [q for q in found if q.kind in kinds] or found
        if fitting:
            said = fitting[0] if len(fitting) == 1 else pick(fitting, plain)
        elif (none := NONE.search(plain)) and any(x and x.low == 0 for x in held):
            said = Quantity(0, 0, "count", None, none.start(), none.end())
    if said is None:
        return None
    said = _in_thousands(said, held)
    scored = sorted(
        ((_distance(said, x, question), i) for i, x in enumerate(held) if x is not None),
        key=lambda pair: pair[0],
    )
    best, index = scored[0]
    runner = scored[1][0] if len(scored) > 1 else 9.0
    if best > 3:
        return None
    sure = 0.94 if best == 0 and runner > 0 else 0.8 if best < 0.15 < runner - best else 0.6
    return index, sure, said.start, said.end


def _in_thousands(said: Quantity, held: tuple[_Interval | None, ...]) -> Quantity:
    """« 50 à 200 » among choices of tens of thousands of euros means thousands."""
    bounds = [
        b for x in held if x and x.kind == "money" for b in (x.low, x.high) if math.isfinite(b) and b > 0
    ]
    top = max(said.low or 0, said.high or 0)
    if said.kind != "count" or not bounds or min(bounds) < 5000 or not 1 <= top < 1000:
        return said
    low, high = (None if b is None else b * 1000 for b in (said.low, said.high))
    return Quantity(low, high, "money", said.per, said.start, said.end)


def _distance(said: Quantity, held: _Interval, question: str) -> float:
    """0 when the interval holds all that was said; grows as it holds less, then with the distance."""
    low = -math.inf if said.low is None else said.low
    high = math.inf if said.high is None else said.high
    if said.kind != held.kind and not (said.kind == "count" or held.kind == "count"):
        return 9.0
    if said.kind == "count" and held.kind == "time":
        return 9.0
    per = held.per or period_in(question) or ("an" if "chiffre d'affaires" in question else None)
    if said.per and per and said.per != per:
        low, high = (convert(b, said.per, per) if math.isfinite(b) else b for b in (low, high))
    penalty = (
        0.1 if said.kind == "money" and held.kind == "money" and bool(said.per) != bool(held.per) else 0.0
    )
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
