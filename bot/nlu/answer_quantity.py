"""Quantities in answers: numbers with their unit (money, time, things) and their period, and conversions.

Used for questions of numbers and for choices that are intervals.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.nlu.near_words import NearWords
from bot.nlu.numbers import Amount, find_amounts

PER_YEAR = {"jour": 365, "semaine": 52, "mois": 12, "trimestre": 4, "semestre": 2, "an": 1}
# A month of four weeks and thirty days, as owners count; a year of 52 weeks.
_READ = 300
"""Characters in which a quantity is looked for: who answers with one says it early."""
_RATIO = {("jour", "semaine"): 7.0, ("semaine", "mois"): 4.0, ("jour", "mois"): 30.0}
_PERIOD_WORDS = {
    "jour": r"jours?|journees?|matins?|soirs?|midi|j",
    "semaine": r"semaines?|sem|hebdo\w*|lundis?|mardis?|mercredis?|jeudis?|vendredis?|samedis?|dimanches?"
    r"|week[- ]?ends?",
    "mois": r"mois|mensuel\w*|mensualites?",
    "trimestre": r"trimestres?|trimestriel\w*",
    "semestre": r"semestres?",
    "an": r"ans?|annees?|annuel\w*|saisons?",
}
_PERIODS = [
    (
        name,
        re.compile(
            r"(?:\bpar |/ ?|\bchaque |\btou(?:te)?s les |\bl'|\ba l'|\bau |\ben une? |\bd'une? |\bdans (?:l'"
            r"|la |le |une? ))"
            rf"(?:meme |seule )?(?:{words})\b"
        ),
    )
    for name, words in _PERIOD_WORDS.items()
]
_ADVERBS = {"quotidien": "jour", "journalier": "jour", "hebdo": "semaine", "mensuel": "mois", "annuel": "an"}
_MONEY = re.compile(r"\s?(?:€|euros?\b|eur\b|balles?\b|k ?€|keuros?\b|ke\b)")
MINUTES = {
    "minute": 1,
    "heure": 60,
    "demi-journee": 240,
    "jour": 1440,
    "journee": 480,
    "semaine": 10080,
    "mois": 43200,
    "an": 518400,
}
TIME_UNITS = [
    ("minute", re.compile(r"\s?(?:d'\s?|de )?(?<![a-z])(?:minutes?|min|mn)\b")),
    ("heure", re.compile(r"\s?(?:d'\s?|de )?(?<![a-z])(?:heures?|h)\b")),
    (
        "demi-journee",
        re.compile(r"\s?(?:d'\s?|de )?(?<![a-z])(?:demi[- ]?journees?|apres[- ]midis?|matinees?)\b"),
    ),
    ("journee", re.compile(r"\s?(?<![a-z])journees?\b")),
    ("jour", re.compile(r"\s?(?<![a-z])(?:jours?|j)\b")),
    ("semaine", re.compile(r"\s?(?:d'\s?|de )?(?<![a-z])(?:semaines?|sem)\b")),
    ("mois", re.compile(r"\s?(?:d'\s?|de )?(?<![a-z])mois\b")),
    ("an", re.compile(r"\s?(?:d'\s?|de )?(?<![a-z])(?:ans?|annees?|printemps|piges?)\b")),
]
_FIXED_TIMES = [
    (re.compile(r"\b(?:une )?demi[- ]?journee\b|\b(?:une )?matinee\b|\b(?:une? )?apres[- ]midi\b"), 240.0),
    (re.compile(r"\b(?:une )?demi[- ]?heure\b"), 30.0),
    (re.compile(r"\bquart d'heure\b"), 15.0),
    (
        re.compile(r"\btout de suite\b|\bimmediat\w*|\baussitot\b|\bsur[- ]le[- ]champ\b|\bdans la minute\b"),
        2.0,
    ),
    (re.compile(r"\ble jour meme\b|\ble soir meme\b|\bdans la journee\b"), 300.0),
    (re.compile(r"\b(?:des )?le lendemain\b|\bdemain\b"), 1440.0),
    (re.compile(r"\bdans la semaine\b"), 7000.0),
    (re.compile(r"\bdans le mois\b"), 40000.0),
]
_AND_A_HALF = re.compile(
    r"\b(\d+|une?|deux|trois|quatre|cinq|six|sept|huit|neuf|dix) (heures?|jours?|journees?|semaines?|mois|ans?) "
    r"et demie?\b"
)
_CLOCK = re.compile(r"\b(\d{1,2}) ?h ?(\d\d)\b")
_SEVERAL = re.compile(r"\b(?:plusieurs|quelques|qq) (minutes|heures|jours|semaines|mois|ans|annees)\b")
_BELOW = re.compile(r"\bmoins d|<|en dessous|sous la")
_ABOVE = re.compile(r"\bplus d|>|au[ -]dessus|au[ -]dela|^\+")
ALONE = re.compile(
    r"\b(?:seule?|solo|juste moi|moi[- ]meme|moi tout seul|moi et mon ombre|que moi|uniquement moi|rien que moi)\b"
    r"|^\s*moi\s*\W*$"
)
NONE = re.compile(
    r"\b(?:aucune?s?|zero|rien|personne|nada|que dalle|jamais|neant|pas (?:un|une) seule?|pas un|que tchi)\b"
    r"|^\s*non\W*$"
    r"|\bpas (?:de|d'|encore)\b|\bpas du tout\b|\bon n'en (?:a|fait) pas\b|\bj'en (?:ai|fais) pas\b"
    r"|\ben (?:ai|fais|fait|a) pas\b"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """Bounds (None is no bound), of `kind` count, money or time (minutes), in each `per` where a period is "
    "said."""

    low: float | None
    high: float | None
    kind: str
    per: str | None
    start: int
    end: int


_UNIT_WORDS = NearWords(
    "semaine semaines trimestre minutes heures journee journees annee annees euros moitie environ chaque "
    "premier premiere "
    "deuxieme troisieme quatrieme cinquieme derniere dernier seconde second premiers premieres dernieres "
    "derniers "
    "reponse option proposition numero samedi dimanche".split(),
    not_typos="siecle heureux ancienne".split(),
)


def mend(plain: str) -> str:
    """A plain text with the misspelled words of units and ranks led back to the right ones."""
    return re.sub(r"[a-z]{5,}", lambda word: _UNIT_WORDS.correct(word.group()) or word.group(), plain)


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
    plain = plain[:_READ]
    found: list[Quantity] = []
    for pattern, minutes in _FIXED_TIMES:
        if said := pattern.search(plain):
            found.append(
                Quantity(minutes, minutes, "time", period_in(plain[said.end() :]), said.start(), said.end())
            )
    if found:
        return found
    if half := _AND_A_HALF.search(plain):
        whole = next(iter(find_amounts(half[1])), None)
        unit = next(name for name, pattern in TIME_UNITS if pattern.fullmatch(half[2]))
        if whole is not None and whole.max is not None:
            minutes = (whole.max + 0.5) * MINUTES[unit]
            return [
                Quantity(minutes, minutes, "time", period_in(plain[half.end() :]), half.start(), half.end())
            ]
    if clock := _CLOCK.search(plain):
        minutes = 60.0 * int(clock[1]) + int(clock[2])
        return [
            Quantity(minutes, minutes, "time", period_in(plain[clock.end() :]), clock.start(), clock.end())
        ]
    if several := _SEVERAL.search(plain):
        unit = next(name for name, pattern in TIME_UNITS if pattern.fullmatch(several[1]))
        low, high = 2.0 * MINUTES[unit], 6.0 * MINUTES[unit]
        return [Quantity(low, high, "time", None, several.start(), several.end())]
    for amount in find_amounts(plain):
        low, high = amount.min, amount.max  # type: ignore[assignment]
        after = plain[amount.end :]
        per = period_in(plain)
        if money := _MONEY.match(after):
            factor = 1000 if "k" in money.group() else 1
            found.append(_quantity(plain, low, high, factor, "money", per, amount, amount.end + money.end()))
            continue
        for unit, pattern in TIME_UNITS:
            if pattern.search(plain[amount.start : amount.end]):  # « 10 ans au moins »
                found.append(_quantity(plain, low, high, MINUTES[unit], "time", None, amount, amount.end))
                break
            if said := pattern.match(after):
                found.append(
                    _quantity(
                        plain,
                        low,
                        high,
                        MINUTES[unit],
                        "time",
                        period_in(after[said.end() :]),
                        amount,
                        amount.end + said.end(),
                    )
                )
                break
        else:
            if _is_article(plain, amount):
                continue
            found.append(_quantity(plain, low, high, 1, "count", per, amount, amount.end))
    return found


def is_above(plain: str, quantity: Quantity) -> bool:
    """Whether it is more than the number said: « plus de vingt »."""
    said = plain[quantity.start : quantity.end]
    return quantity.high is None and quantity.low is not None and _ABOVE.search(said) is not None


def is_below(plain: str, quantity: Quantity) -> bool:
    """Whether it is less than the number said: « moins de vingt »."""
    said = plain[quantity.start : quantity.end]
    return quantity.low is None and quantity.high is not None and _BELOW.search(said) is not None


def _is_article(plain: str, amount: Amount) -> bool:
    """« un », « une » are numbers only alone, before « seul », or against another number."""
    said = plain[amount.start : amount.end]
    if said not in ("un", "une"):
        return False
    if plain[: amount.start].endswith(("quelqu'", "quelque ", "chacun ")):
        return True
    after = plain[amount.end :].strip(" .!")
    return bool(after) and not re.match(
        r"(?:seule?|par|fois|ou|a|client|salarie|apprenti|personne|employe)\b", after
    )


def _quantity(
    plain: str,
    low: float | None,
    high: float | None,
    factor: float,
    kind: str,
    per: str | None,
    amount: Amount,
    end: int,
) -> Quantity:
    if factor != 1 or kind != "count":  # « moins de 30 € » reaches up to 30, unlike « moins de 5 personnes »
        said = plain[amount.start : amount.end]
        if low is None and high is not None and _BELOW.search(said):
            high += 0.999
        if high is None and low is not None and _ABOVE.search(said):
            low -= 0.999
    return Quantity(
        None if low is None else low * factor,
        None if high is None else high * factor,
        kind,
        per,
        amount.start,
        end,
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
