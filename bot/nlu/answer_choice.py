"""Which of the choices an answer means, from the words of the choices alone.

Each choice gets a score: words and groups of equivalent words in common (rare ones among the choices count more),
agreement on yes or no, and nearness on a scale (« souvent », « parfois »). What is said beyond, or said against,
lowers it; the confidence comes from the distance to the next choice. Works for questions never seen before.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import fuzz

from bot.nlu.answer_ranks import read_ranks
from bot.nlu.answer_words import STOP_WORDS, AnswerLexicon, Reading
from bot.nlu.answer_yes_no import Polarity
from bot.nlu.near_words import NearWords
from bot.nlu.text import Normalised, normalise

_LABEL_YES = re.compile(r"\s*(?:oui|si)\b")
_LABEL_NO = re.compile(r"\s*(?:(?:non|aucune?|rien|jamais|personne|pas|sans)\b|(?:je|on|nous) n'(?:en )?)")
_RESERVE = re.compile(
    r"\bmais\b|\bsauf\b|\bpas toujours\b|\ba moitie\b|\bbof\b|\bmoyen\b|\bplus ou moins\b"
    r"|\bpas completement\b|\bpas tout a fait\b|\bpas vraiment\b"
)
_ALL = re.compile(
    r"^\W*(?:euh |ben |bah |oui )?(?:(?:un peu )?(?:de )?tou(?:s|tes)(?: (?:les|ces) \w+)?|les (?:deux|trois"
    r"|quatre|2|3|4)|"
    r"tout(?: \w{3,}er| ca| ceci| cela| a la fois)?|la totale|un peu de tout|l'ensemble|tout le monde"
    r"|les deux mon capitaine|tout m'interesse|non[- ]stop)\b"
    r"(?: mon capitaine| a la fois| ensemble| en meme temps| svp| ca| a part egale| confondus)*\W*$"
)
_ALL_AT_ONCE = re.compile(
    r"^\W*(?:tou[ts] (?:ca|cela) (?:a la fois|en meme temps)|"
    r"tou(?:s|tes) les (?:[2-9]|deux|trois|quatre|cinq|six)\b"
    r"(?! (?:jours|semaines|mois|ans|matins|soirs|lundis|heures|du mois)\b)"
    r"|(?:7|sept)(?: jours)? sur (?:7|sept)\b|7j?/7\b)"
)
_ALL_BUT = re.compile(r"\b(?:tou[st]e?s?|tout)\b.{0,12}\b(?:sauf|excepte|a part|hormis|moins)\b")
# who tells when he is closed, asked when he is open
_CLOSED = re.compile(r"^\W*(?:ferme\w*|relache|repos|conge|jamais|pas) ")
_DAYS = frozenset("lundi mardi mercredi jeudi vendredi samedi dimanche".split())
_NONE = re.compile(
    r"^\W*(?:euh |ben |bah )?(?:non |rien,? )?(?:aucune?(?: des (?:deux|trois|quatre|\d+))?"
    r"|rien(?: de tout (?:ca|cela))?(?: du tout)?|ni l'une? ni l'autre|"
    r"pas (?:une?|un) seule?|aucune? de ces .*|zero|neant|aucune? d'(?:entre )?e(?:ux|lles)|aucun besoin"
    r"|nada|que dalle|rien de special|nulle part|personne|jamais aucune?|"
    r"aucune? de tout ca|rien dans (?:la|cette) liste|non)\W*$"
)
_NONE_OF_ALL = re.compile(
    r"^\W*(?:non,? )?(?:aucune?|rien)(?: de tou[ts] (?:ca|cela))? ?[,.;!](?! (?:mais|sauf|enfin|a part))"
)
_CLAUSE = re.compile(
    r"[,;.!?\n+&]|\bet\b|\bmais\b|\bpuis\b|\bainsi que\b|\bparfois\b|\bplus\b(?= (?:les|des|la|le)\b)|\bou\b"
)
_FAMILIES = (frozenset(("qualite", "accord", "aisance")), frozenset(("frequence", "proportion")))
_MUTE = frozenset("le la les de du des un une et en a au je j on il c ce ca est".split())
_RANGE = re.compile(r"\b(?:du|de|depuis le|entre le)\s+(\w+)\s+(?:au|a|jusqu'au|et le)\s+(\w+)\b")
_BROKEN = re.compile(
    r"\b(?:morte?s?|cassee?s?|en panne|h\.?s\.?|foutue?s?|finie?s?|terminee?s?|volee?s?|ca non|jamais|"
    r"laisse tomber|"
    r"abandonnee?s?|arretee?s?|plus le temps)\b|^,\W*(?:mais )?plus (?:de |d')\w+\W*$"
)
_SMALL = 0.35


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice, or several, with a confidence."""

    indices: tuple[int, ...]
    confidence: float


@dataclass(frozen=True, slots=True)
class _Choice:
    reading: Reading
    keys: frozenset[str]
    against: frozenset[str]
    polarity: int
    reserve: bool
    is_bare: bool
    is_none: bool
    level: tuple[int, bool] | None
    compact: str


@dataclass(frozen=True, slots=True)
class ChoiceSet:
    """The choices of one question, read once: their words, which are rare, their scales."""

    choices: tuple[_Choice, ...]
    weights: dict[str, float]
    vocabulary: NearWords
    has_polarity: bool
    scale: str | None
    is_graded: bool


class ChoiceReader:
    """Finds the choices that texts mean."""

    def __init__(self, lexicon: AnswerLexicon) -> None:
        self._lexicon = lexicon
        self.choice_set = lru_cache(maxsize=256)(self._choice_set)

    def read_one(
        self, n: Normalised, labels: tuple[str, ...], answer: Reading, polarity: Polarity | None
    ) -> Chosen | None:
        """The one choice meant, or None."""
        known = self.choice_set(labels)
        compact = _compact(n.plain)
        for i, choice in enumerate(known.choices):
            if compact and compact == choice.compact:
                return Chosen((i,), 0.99)
        if polarity is not None and _names_a_choice(known, answer, polarity):
            polarity = None
        scores = self.scores(known, answer, polarity)
        order = sorted(range(len(scores)), key=lambda i: -scores[i])
        best = scores[order[0]]
        second = max(0.0, scores[order[1]]) if len(order) > 1 else 0.0
        if only := _bare_polarity(known, answer, polarity):
            return only
        if best < _SMALL:
            return self._by_letters(known, compact)
        lead = best / (best + second + 0.12)
        strong = min(1.0, 0.55 + best / 2.2)
        confidence = max(0.2, min(0.97, (1.75 * lead - 0.62) * strong))
        unknown = _unknown_share(known, answer)
        return Chosen((order[0],), confidence * (1 - 0.25 * unknown))

    def read_several(self, n: Normalised, labels: tuple[str, ...], answer: Reading) -> Chosen | None:
        """All choices meant; an empty one is « aucun ». None when the text names none."""
        known = self.choice_set(labels)
        plain = n.plain
        if _ALL.match(plain) or (_ALL_AT_ONCE.match(plain) and not _ALL_BUT.search(plain)):
            return Chosen(tuple(i for i, c in enumerate(known.choices) if not c.is_none), 0.93)
        compact = _compact(plain)
        for i, choice in enumerate(known.choices):
            if compact and compact == choice.compact:
                return Chosen((i,), 0.99)
        if _NONE.match(plain) or _NONE_OF_ALL.match(plain):
            none = [
                i
                for i, c in enumerate(known.choices)
                if re.match(r"\s*(?:aucune?|rien|non)\b", c.reading.n.plain)
            ]
            return Chosen(tuple(none[:1]), 0.9)
        if (bounds := _RANGE.search(plain)) and (span := _between(known, bounds)):
            return Chosen(span, 0.9)
        meant: dict[int, float] = {}
        refused: set[int] = set()
        unread = False  # a part of the message that is none of the choices
        but = _ALL_BUT.search(plain)
        if but and (ranks := read_ranks(plain[but.end() :], len(known.choices))):
            return Chosen(
                tuple(i for i, c in enumerate(known.choices) if i not in ranks and not c.is_none), 0.9
            )
        closed = _CLOSED.match(plain) if any(c.compact in _DAYS for c in known.choices) else None
        for start, end in _clauses(plain):
            clause = _part(answer, start, end)
            if clause is None:
                continue
            scores = self.scores(known, clause, None)
            top = max(scores)
            if top < _SMALL and min(scores) > -0.3 and any(w.word not in STOP_WORDS for w in clause.words):
                unread = unread or not clause.has("dont_know_weak")
            if _BROKEN.search(plain[start:end]):
                refused.update(i for i, score in enumerate(scores) if score >= max(_SMALL, 0.62 * top))
                continue
            for i, score in enumerate(scores):
                if score >= max(_SMALL, 0.62 * top):
                    meant[i] = max(meant.get(i, 0.0), score)
                if score <= -0.3:
                    refused.add(i)
        if but or closed:
            spared = set(meant) | refused
            if spared:
                return Chosen(
                    tuple(i for i, c in enumerate(known.choices) if i not in spared and not c.is_none), 0.85
                )
        kept = sorted(i for i in meant if i not in refused)
        if not kept:
            if refused and not meant:
                return Chosen((), 0.55)
            near = self._by_letters(known, compact)
            return near
        weakest = min(meant[i] for i in kept)
        unknown = _unknown_share(known, answer)
        if unread:
            return Chosen(tuple(kept), 0.5)
        return Chosen(tuple(kept), min(0.95, 0.6 + 0.35 * min(1.0, weakest)) * (1 - 0.3 * unknown))

    # -------------------------------------------------------------- within
    def _choice_set(self, labels: tuple[str, ...]) -> ChoiceSet:
        readings = [self._lexicon.read(normalise(label)) for label in labels]
        found = [_keys(reading) for reading in readings]
        counts = Counter(key for positive, against in found for key in positive | against)
        total = len(labels)
        top = math.log(total + 0.6)
        weights = {key: math.log((total + 0.6) / n) / top for key, n in counts.items()}
        scales = Counter(key for reading in readings for key in {m.key for m in reading.of("scale")})
        scale = next((key for key, _ in scales.most_common(1)), None)
        is_graded = bool(scale) and scales[scale or ""] >= 2
        words = {w.word for reading in readings for w in reading.words if len(w.word) >= 5}
        choices = []
        for reading, (positive, against) in zip(readings, found, strict=True):
            plain = reading.n.plain
            polarity = 1 if _LABEL_YES.match(plain) else -1 if _LABEL_NO.match(plain) else 0
            level = _level(reading, scale) if scale else None
            if level is not None and is_graded and not re.match(r"\s*(?:oui|non)\b", plain):
                polarity = 0  # « Pas du tout » is a place on a scale
            is_bare = len(reading.words) <= 1 or plain.strip(" .!") in ("non", "oui", "non, pas du tout")
            reserve = _RESERVE.search(plain) is not None
            none = re.match(r"\s*(?:aucune?\b|rien\b|je ne sais pas|pas encore)", plain) is not None
            choices.append(
                _Choice(reading, positive, against, polarity, reserve, is_bare, none, level, _compact(plain))
            )
        has_polarity = any(choice.polarity for choice in choices)
        return ChoiceSet(
            tuple(choices), weights, NearWords(words, shortest=5), has_polarity, scale, is_graded
        )

    def scores(self, known: ChoiceSet, answer: Reading, polarity: Polarity | None) -> list[float]:
        """How well each choice suits an answer by its words alone."""
        units = [(self._with_wider(keys), negated) for keys, negated in _units(answer)]
        reserve = _RESERVE.search(answer.n.plain) is not None
        level = _level(answer, known.scale) if known.scale else None
        not_yet = answer.has("not_yet")
        return [
            self._score(known, choice, units, level, polarity, reserve, not_yet) for choice in known.choices
        ]

    def _score(
        self,
        known: ChoiceSet,
        choice: _Choice,
        units: Sequence[tuple[frozenset[str], bool]],
        level: tuple[int, bool] | None,
        polarity: Polarity | None,
        reserve: bool,
        not_yet: bool,
    ) -> float:
        score = 0.0
        matched: set[str] = set()
        for keys, negated in units:
            same, other = (choice.against, choice.keys) if negated else (choice.keys, choice.against)
            agreed = keys & same
            wide = {key[1:] for key in keys if key[0] == "~"} & same
            if not agreed and wide and not wide <= matched:
                score += 0.6 * max(known.weights[key] for key in wide)
                matched |= wide
            elif agreed and not agreed <= matched:
                score += max(known.weights[key] for key in agreed)
                matched |= agreed
            elif not agreed and (alike := _alike(keys, same)) and alike not in matched:
                score += 0.6 * known.weights[alike]
                matched.add(alike)
            elif not agreed and (opposed := keys & other):
                score -= 0.8 * max(known.weights[key] for key in opposed)
        own = choice.keys | choice.against
        if own and score > 0:
            coverage = len(matched & own) / len(own)
            score *= 0.85 + 0.3 * min(1.0, 2 * coverage)
        if level is not None and choice.level is not None:
            apart = abs(choice.level[0] - level[0])
            if known.is_graded:
                score += (1.1 if level[1] else 0.8) * (1 - apart / 45)
            elif apart <= 15 and level[1]:
                score += 0.6
        if polarity is not None and known.has_polarity:
            sign = 1 if polarity.value else -1
            size = 0.75 if polarity.lead else 0.5
            if choice.polarity == sign:
                score += size
            elif choice.polarity == -sign and (polarity.lead or sign < 0):
                score -= size
            elif polarity.lead and polarity.value is False:
                score -= 0.15
            if sign == 1 and choice.polarity == 1:
                score += (0.3 if choice.reserve else -0.2) if reserve else (-0.1 if choice.reserve else 0.0)
            if sign == -1 and choice.polarity == -1 and choice.is_bare:
                score += 0.15
        if not_yet and choice.reading.has("not_yet"):
            score += 0.6
        return score

    def _with_wider(self, keys: frozenset[str]) -> frozenset[str]:
        """The groups that hold these too, marked: « doctolib » is something on the internet."""
        wide = {"~" + w for key in keys for w in self._lexicon.wider.get(key, ())}
        return keys | wide if wide else keys

    @staticmethod
    def _by_letters(known: ChoiceSet, compact: str) -> Chosen | None:
        """The choice with nearly the same letters, for a message that is a misspelled choice."""
        said = set(compact.split())
        holding = [i for i, c in enumerate(known.choices) if said and said <= set(c.compact.split())]
        if len(holding) == 1 and len(said & _MUTE) < len(said):
            return Chosen((holding[0],), 0.75)
        if len(compact) < 4:
            return None
        ratios = [fuzz.ratio(compact, choice.compact) for choice in known.choices]
        partial = [
            fuzz.partial_ratio(compact, choice.compact) if len(compact) >= 6 else 0.0
            for choice in known.choices
        ]
        merged = [max(a, b - 8) for a, b in zip(ratios, partial, strict=True)]
        order = sorted(range(len(merged)), key=lambda i: -merged[i])
        best, second = merged[order[0]], merged[order[1]] if len(order) > 1 else 0.0
        # A piece of a long choice must be nearly it: « particuliers » is no « papiers ».
        if best < (78 if ratios[order[0]] >= 78 else 84) or best - second < 8:
            return None
        return Chosen((order[0],), 0.6 + (best - 78) / 100)


def _names_a_choice(known: ChoiceSet, answer: Reading, polarity: Polarity) -> bool:
    """Whether what stands in for the thing asked is a choice of its own: a page on a network, asked for a site."""
    match = polarity.match
    if match is None or match.section != "instead":
        return False
    said = {m.key for m in answer.of("group") if m.first < match.last and match.first < m.last}
    return any(said & choice.keys and not choice.polarity for choice in known.choices)


def _bare_polarity(known: ChoiceSet, answer: Reading, polarity: Polarity | None) -> Chosen | None:
    """« oui » or « non » alone: sure when one choice says so, or when one says nothing more."""
    if polarity is None or polarity.match is None:
        return None
    if any(i not in answer.covered and w.word not in STOP_WORDS for i, w in enumerate(answer.words)):
        return None
    if answer.of("group") or (answer.of("scale") and not polarity.lead) or len(answer.words) > 5:
        return None
    if answer.has("not_yet") and any(choice.reading.has("not_yet") for choice in known.choices):
        return None
    sign = 1 if polarity.value else -1
    same = [i for i, choice in enumerate(known.choices) if choice.polarity == sign]
    if not same and sign < 0:
        # « Jamais », « Aucun » at the bottom of a scale.
        same = [
            i
            for i, c in enumerate(known.choices)
            if c.level and c.level[0] == 0 and _LABEL_NO.match(c.reading.n.plain)
        ]
    if not same:
        return None
    if len(same) == 1:
        return Chosen((same[0],), 0.92)
    bare = [i for i in same if known.choices[i].is_bare]
    if bare:
        return Chosen((bare[0],), 0.9)
    plain = [i for i in same if not known.choices[i].reserve] or same
    return Chosen((plain[0],), 0.45)


def _between(known: ChoiceSet, bounds: re.Match[str]) -> tuple[int, ...]:
    """« du mardi au samedi »: the choices from one to the other, when both are choices."""
    at = [next((i for i, c in enumerate(known.choices) if c.compact == name), -1) for name in bounds.groups()]
    return tuple(range(at[0], at[1] + 1)) if 0 <= at[0] < at[1] else ()


def _level(reading: Reading, scale: str) -> tuple[int, bool] | None:
    """Where a text stands on a scale, and whether in its own words; other scales stand in (« bof »)."""
    found = [m for m in reading.of("scale") if not reading.is_negated(m)]
    own = [m for m in found if m.key == scale]
    if own:  # the longest: « une fois de temps en temps »
        return max(own, key=lambda m: m.last - m.first).level, True
    other = [m for m in found if any(scale in family and m.key in family for family in _FAMILIES)]
    return (other[0].level, False) if other else None


def _alike(keys: frozenset[str], others: frozenset[str]) -> str | None:
    """A word of the choice of the same family: « automatisé » and « automatique »."""
    for key in keys:
        if key[0] != "=" or len(key) < 6:
            continue
        for other in others:
            if other[0] == "=" and len(other) >= 6 and key[:6] == other[:6]:
                return other
    return None


def _keys(reading: Reading) -> tuple[frozenset[str], frozenset[str]]:
    """What a choice says, and what it denies."""
    positive: set[str] = set()
    against: set[str] = set()
    for keys, negated in _units(reading):
        (against if negated else positive).update(keys)
    return frozenset(positive), frozenset(against)


def _units(reading: Reading) -> list[tuple[frozenset[str], bool]]:
    """The things a text says, each by all its names: its groups and, for a word, itself."""
    found: list[tuple[frozenset[str], bool]] = []
    by_span: dict[tuple[int, int], set[str]] = {}
    denied: set[tuple[int, int]] = set()
    groups = reading.of("group")
    for match in groups:
        if any(
            o.first <= match.first and match.last <= o.last and o.last - o.first > match.last - match.first
            for o in groups
        ):
            continue
        span = (match.first, match.last)
        by_span.setdefault(span, set()).add(match.key)
        if reading.is_negated(match):
            denied.add(span)
    for i, word in enumerate(reading.words):
        if word.word in STOP_WORDS or len(word.word) < 2:
            continue
        inside = next((span for span in by_span if span[0] <= i < span[1]), None)
        if inside is not None:
            if not any(w.word in ("pas", "plus", "jamais") for w in reading.words[inside[0] : inside[1]]):
                by_span[inside].add("=" + word.root)
        else:
            found.append((frozenset(("=" + word.root,)), i in reading.negated))
    found += [(frozenset(keys), span in denied) for span, keys in by_span.items()]
    return found


def _unknown_share(known: ChoiceSet, answer: Reading) -> float:
    """How much of what the text says has nothing to do with any choice."""
    units = _units(answer)
    if not units:
        return 0.0
    unknown = sum(1 for keys, _ in units if not any(key in known.weights for key in keys))
    return unknown / len(units)


def _clauses(plain: str) -> list[tuple[int, int]]:
    edges = [0, *(m.start() for m in _CLAUSE.finditer(plain)), len(plain)]
    return [(a, b) for a, b in pairwise(edges) if b > a]


def _part(answer: Reading, start: int, end: int) -> Reading | None:
    inside = [i for i, w in enumerate(answer.words) if start <= w.start < end]
    if not inside:
        return None
    low, high = inside[0], inside[-1] + 1
    return Reading(
        answer.n,
        answer.words[low:high],
        tuple(
            type(m)(m.section, m.key, m.first - low, m.last - low, m.level)
            for m in answer.matches
            if low <= m.first and m.last <= high
        ),
        frozenset(i - low for i in answer.negated if low <= i < high),
        frozenset(i - low for i in answer.covered if low <= i < high),
    )


def _compact(plain: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", plain))
