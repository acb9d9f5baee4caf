"""French numbers as owners type them: digits, words, intervals, approximations.

`find_numbers` gives the bare numbers of a text, `find_amounts` what they mean with the words around them
("une dizaine", "entre 20 et 30", "moins de 5"). Both read plain text (lower case, no accents), whatever
stands between the words, and give positions in that text. Used by the readers of headcounts and of answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

UNITS = {
    "zero": 0, "un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8,
    "neuf": 9, "dix": 10, "onze": 11, "douze": 12, "treize": 13, "quatorze": 14, "quinze": 15, "seize": 16,
}  # fmt: skip
TENS = {
    "vingt": 20, "vingts": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "septante": 70,
    "huitante": 80, "octante": 80, "nonante": 90,
}  # fmt: skip
SCALES = {"cent": 100, "cents": 100, "mille": 1000, "million": 1_000_000, "millions": 1_000_000}
COLLECTIVES = {
    "demi douzaine": 6, "huitaine": 8, "dizaine": 10, "dizaines": 10, "douzaine": 12, "quinzaine": 15,
    "vingtaine": 20, "trentaine": 30, "quarantaine": 40, "cinquantaine": 50, "soixantaine": 60, "centaine": 100,
    "centaines": 100, "millier": 1000, "milliers": 1000,
}  # fmt: skip
_PHONETIC = {
    "deu": 2, "troi": 3, "catre": 4, "quattre": 4, "katre": 4, "cink": 5, "sinq": 5, "cinque": 5, "vint": 20,
    "ving": 20, "trentes": 30, "quatres": 4, "ouit": 8, "disse": 10, "kinze": 15, "dizene": 10, "vintaine": 20,
}  # fmt: skip
_PHONETIC_DOZENS = frozenset(("dizene", "vintaine"))
# Right words that are one edit from a number's: they are not misspelled numbers.
_NOT_NUMBERS = frozenset(
    "certaine certaines quatrain quarantes trente trend tente vente rente treille seizieme quinte sizaine "
    "maillon bullion cinquieme sixaine vingtieme dizainier milieu miller mailles".split()
)
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"

NUMBER_WORDS = frozenset((*UNITS, *TENS, *SCALES, *COLLECTIVES, *_PHONETIC)) - {"demi douzaine"}
"""Every word that may be part of a number, for the vocabularies of other readers."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number and the characters [start, end) that say it; `collective` for "une dizaine"."""

    value: int | float
    start: int
    end: int
    in_words: bool = False
    collective: bool = False


@dataclass(frozen=True, slots=True)
class Amount:
    """Bounds said by a number and the words around it; None is no bound. `exact` when both are one number.

    `number_end` is where the number itself ends: "5 personnes environ" ends later than "5".
    """

    min: int | float | None
    max: int | float | None
    start: int
    end: int
    in_words: bool = False
    number_end: int = 0

    @property
    def exact(self) -> bool:
        """Whether a single number was said."""
        return self.min is not None and self.min == self.max


def about(value: int | float) -> tuple[int, int]:
    """The bounds of "environ" a value: 0.8 to 1.2 times, rounded (a dozen is 10 to 14)."""
    return int(value * 0.8 + 0.5), int(value * 1.2 + 0.5)


def _misspellings(word: str) -> Iterator[str]:
    for i in range(len(word) + 1):
        yield word[:i] + word[i + 1 :]
        yield word[:i] + word[i + 1 : i + 2] + word[i : i + 1] + word[i + 2 :]
        for letter in _ALPHABET:
            yield word[:i] + letter + word[i:]
            yield word[:i] + letter + word[i + 1 :]


def _with_misspellings() -> dict[str, tuple[str, int]]:
    """Word to (kind, value): one mistake forgiven in words of six letters and more, the right word winning."""
    right: dict[str, tuple[str, int]] = {}
    for kind, table in (("unit", UNITS), ("ten", TENS), ("scale", SCALES), ("collective", COLLECTIVES)):
        right.update({word: (kind, value) for word, value in table.items()})
    for word, value in _PHONETIC.items():
        right[word] = ("collective" if word in _PHONETIC_DOZENS else "ten" if value >= 20 else "unit", value)
    forgiven = {
        wrong: meaning
        for word, meaning in right.items()
        if len(word) >= 6 and " " not in word
        for wrong in _misspellings(word)
        if wrong not in _NOT_NUMBERS
    }
    return {**forgiven, **right}


_MEANING = _with_misspellings()
_TOKEN = re.compile(
    r"(?P<aine>\d+)\s?(?:aine|ene|ene?s)\b"
    r"|(?P<digits>\d{1,3}(?:[ \u00a0.]\d{3})+(?![\d])|\d+(?:[.,]\d+)?)(?:\s?(?P<k>k|mille|millions?)\b)?"
    r"|(?P<word>[a-z]+)"
)
_GAP = re.compile(r"[\s'’-]*(?:\bet\b[\s-]*)?\Z")


def find_numbers(plain: str) -> list[Number]:
    """Every number of a plain text, in order. "un" and "une" alone count as 1: the caller knows if it is one."""
    found: list[Number] = []
    run: list[tuple[str, int, int, int]] = []  # kind, value, start, end

    def close() -> None:
        while run:
            number, used = _read_run(run)
            found.append(number)
            del run[:used]

    for match in _TOKEN.finditer(plain):
        word = match["word"]
        if word is None:
            close()
            found.append(_read_digits(match))
            continue
        meaning = _MEANING.get(word)
        if meaning is None:
            if word != "et":
                close()
            continue
        if word == "douzaine" and plain[: match.start()].rstrip(" -").endswith("demi"):
            meaning = ("collective", 6)
        if (run and not _GAP.match(plain, run[-1][3], match.start())) or (
            run
            and plain[run[-1][3] : match.start()].strip(" -") == "et"
            and not _may_follow_et(run[-1], meaning)
        ):
            close()
        run.append((*meaning, match.start(), match.end()))
    close()
    return [number for i, number in enumerate(found) if not _is_article(plain, number, found[i + 1 : i + 2])]


def _is_article(plain: str, number: Number, following: list[Number]) -> bool:
    """Whether this is the article of a collective: "une (bonne) dizaine"."""
    return (
        plain[number.start : number.end] in ("un", "une")
        and bool(following)
        and following[0].collective
        and re.fullmatch(r"\s(?:petite |bonne |grosse |demi[- ])?", plain[number.end : following[0].start])
        is not None
    )


def _may_follow_et(before: tuple[str, int, int, int], after: tuple[str, int]) -> bool:
    return before[0] == "ten" and after[1] in (1, 11)


def _read_digits(match: re.Match[str]) -> Number:
    if match["aine"]:
        return Number(int(match["aine"]), match.start(), match.end(), collective=True)
    digits = match["digits"]
    value: int | float
    if re.fullmatch(r"\d{1,3}(?:[ \u00a0.]\d{3})+", digits):
        value = int(re.sub(r"\D", "", digits))
    elif "," in digits or "." in digits:
        value = float(digits.replace(",", "."))
    else:
        value = int(digits)
    if match["k"]:
        value *= 1_000_000 if match["k"].startswith("million") else 1000
    return Number(int(value) if value == int(value) else value, match.start(), match.end())


def _read_run(run: list[tuple[str, int, int, int]]) -> tuple[Number, int]:
    """The longest number at the head of a run of number words, and how many words it took."""
    total = 0  # thousands and millions already closed
    part = 0  # below a thousand
    last_kind, last = "", 0
    used = 0
    for kind, value, _, _ in run:
        if kind == "collective":
            if used and not (used == 1 and last in (1, 2, 3)):
                break
            base = value * (last if used and last > 1 and value in (10, 100, 1000) else 1)
            return Number(base, run[0][2], run[used][3], in_words=True, collective=True), used + 1
        if kind == "unit":
            after_ten = last_kind == "ten" and (value < 10 or last in (60, 80))
            teen = last_kind == "unit" and last == 10 and 7 <= value <= 9
            if (used and not (after_ten or teen or last_kind == "scale")) or (
                last_kind == "ten" and value == 0
            ):
                break
            part += value
        elif kind == "ten":
            if value == 20 and last_kind == "unit" and last == 4:
                part += 76
                value = 80
            elif used and last_kind != "scale":
                break
            else:
                part += value
        elif value == 100:
            if last_kind not in ("", "unit") or last == 1 or part % 100 > 19:
                break
            part = (part or 1) * 100
        else:
            total += (part or 1) * value
            part = 0
        last_kind, last = kind, value
        used += 1
    return Number(total + part, run[0][2], run[used - 1][3], in_words=True), used


# ------------------------------------------------------------------ amounts
_LESS = (
    r"(?:moins?|mois|- ?|inferieure?s? a)\s?(?:de |d['’ ]?\s?)|<\s?|en dessous d['e]\s?|sous la barre des "
)
_MORE = r"(?:plus|\+)\s?(?:de |d['’ ]?\s?)|>\s?|au[ -]dessus d['e]\s?|au[ -]dela d['e]\s?|superieure?s? a "
_AT_MOST = r"(?:au (?:plus|maximum|max)|maximum|maxi?|jusqu['’ ]?a|pas plus de|pas plus d['’ ]) ?"
_AT_LEAST = r"(?:au (?:moins|minimum|mini)|minimum|mini?|pas moins de|pas moins d['’ ]) ?"
_ABOUT = (
    r"(?:environ|env\.?|a peu pres|autour de|autour d['’ ]|aux alentours de|dans les|pres de|presque|"
    r"vers les|"
    r"plus ou moins|grosso modo|approximativement|quelque|disons|~|≈|on va dire|en moyenne) ?"
)
_ARTICLE = r"(?:une?|la|les|des)\s(?:petite?s?|bonnes?|grosses?|bon|demi[- ])?\s?"
_BEFORE = [
    ("at_most", re.compile(rf"(?:{_AT_MOST})(?:{_ARTICLE})?\Z")),
    ("at_least", re.compile(rf"(?:{_AT_LEAST})(?:{_ARTICLE})?\Z")),
    ("less", re.compile(rf"(?:{_LESS})(?:{_ARTICLE})?\Z")),
    ("more", re.compile(rf"(?:{_MORE})(?:{_ARTICLE})?\Z")),
    ("about", re.compile(rf"(?:{_ABOUT})(?:{_ARTICLE})?\Z")),
    ("article", re.compile(rf"{_ARTICLE}\Z")),
]
_AFTER = [
    ("about", re.compile(r"\s?(?:\w+\s)?(?:environ|a peu pres|a la louche|grosso modo|en gros|"
    r"plus ou moins|a vue de nez)\b")),
    ("at_most", re.compile(r"\s?(?:\w+\s)?(?:au (?:plus|maximum|max)|maximum|maxi?|grand maximum)\b")),
    ("at_least", re.compile(r"\s?(?:\w+\s)?(?:au (?:moins|minimum|mini)|minimum|mini|et plus|"
    r"ou plus)\b|\s?\+(?!\s?\w)")),
]  # fmt: skip
_BETWEEN = re.compile(r"\bentre\s(?:une?\s)?\Z")
_LINKS = {
    "and": re.compile(r"\s?et\s(?:une?\s)?\Z"),
    "range": re.compile(r"\s?(?:-|–|/|a|à|ou|voire|jusqu['’ ]?a|et parfois|ou bien|,)\s?(?:une?\s)?\Z"),
    "adjacent": re.compile(r"\s\Z"),
}


def find_amounts(plain: str) -> list[Amount]:
    """Every amount of a plain text: numbers with their intervals and approximations, in order."""
    numbers = find_numbers(plain)
    found: list[Amount] = []
    i = 0
    while i < len(numbers):
        number = numbers[i]
        interval = _interval(plain, number, numbers[i + 1]) if i + 1 < len(numbers) else None
        if interval is not None:
            found.append(interval)
            i += 2
            continue
        found.append(_amount(plain, number))
        i += 1
    return found


def _interval(plain: str, low: Number, high: Number) -> Amount | None:
    if high.value <= low.value or high.start - low.end > 12:
        return None
    before = plain[max(0, low.start - 12) : low.start]
    between = plain[low.end : high.start]
    start = low.start
    if said := _BETWEEN.search(before):
        if not (_LINKS["and"].match(between) or _LINKS["range"].match(between)):
            return None
        start -= len(said[0])
    elif _LINKS["adjacent"].match(between):
        # "deux trois personnes"; "100 000" and "06 12" are not intervals
        article = low.value == 1 and low.in_words
        if high.value - low.value != 1 or low.in_words != high.in_words or article:
            return None
    elif not _LINKS["range"].match(between) or ("," in between and high.value - low.value != 1):
        return None
    elif ("-" in between or "/" in between) and (
        re.match(r"\s?[-/.]\s?\d", plain[high.end : high.end + 4]) or re.search(r"\d\s?[-/.]\s?\Z", before)
    ):
        return None  # a date or a telephone number is no interval
    if re.search(r"\bde\s\Z", plain[max(0, start - 4) : start]) and start == low.start:
        start -= 3
    return Amount(low.value, high.value, start, high.end, low.in_words, high.end)


def _amount(plain: str, number: Number) -> Amount:
    value = number.value
    whole = int(value) if value == int(value) else value
    before = plain[max(0, number.start - 40) : number.start]
    kind, start, end = "", number.start, number.end
    for name, pattern in _BEFORE:
        if said := pattern.search(before):
            kind, start = name, number.start - len(said[0])
            break
    after = plain[number.end : number.end + 40]
    for name, pattern in _AFTER:
        if kind in ("", "article") and (said := pattern.match(after)):
            kind, end = name, number.end + len(said[0])
            break
    if kind == "article" and not number.collective:
        kind, start = "", number.start
    match kind:
        case "less":
            return Amount(None, whole - 1, start, end, number.in_words, number.end)
        case "more":
            return Amount(whole + 1, None, start, end, number.in_words, number.end)
        case "at_most":
            return Amount(None, whole, start, end, number.in_words, number.end)
        case "at_least":
            return Amount(whole, None, start, end, number.in_words, number.end)
    if kind == "about" or number.collective:
        low, high = about(value)
        return Amount(low, high, start, end, number.in_words, number.end)
    return Amount(whole, whole, start, end, number.in_words, number.end)
