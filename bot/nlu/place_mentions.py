"""Finds the places named in a text: each is a mention with what it may be and how sure its name alone makes it.

What a mention means (the firm's place, a customer's…) is decided in `places`; here only names, numbers, postcodes and
what stands next to them count.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.nlu import place_context as context
from bot.nlu.gazetteer import Gazetteer, key_of
from bot.nlu.near_words import NearWords
from bot.nlu.numbers import UNITS
from bot.nlu.text import Normalised

SURE = 2.0
"""Score from which a mention is taken for a place."""

_SAINTS = {
    "saint": "st",
    "sainte": "ste",
    "saints": "sts",
    "saintes": "stes",
    "sainnt": "st",
    "snt": "st",
    "sint": "st",
}
# Names of areas that are ordinary words as well: they need a preposition or a capital letter.
_WEAK_AREAS = frozenset(
    "nord manche somme lot cher aube creuse orne allier aura ara run rp bab leon armor crau graves ried soule gier sambre "
    "brie comtat valois artois champagne chartreuse riviera bresse calanques flandre hainaut chti perche argonne "
    "barrois tursan pilat lyonnais genevois causses armagnac maconnais baronnies bievre".split()
)
_COLLOQUIAL_AREAS = frozenset(
    ["aura", "ara", "run", "rp", "bab", "naq"]
)  # only in capitals, or after "région"
_DISTRICTS = {"paris": 20, "lyon": 9, "marseille": 16}
_ROMAN = re.compile(r"(x{0,2})(ix|iv|v?i{0,3})e?(?:me)?\Z")
_ORDINAL = re.compile(r"(\d{1,2})(?:e|er|eme|ieme|em|ere|me|nd|th)?\Z")
_DEPARTEMENT_WORD = re.compile(
    r"\b(?:departement|dept|dep|dpt|dpmt)(?: (?:du|de la|de l|de|des|d|le|no|numero))? ?[n°']* ?\Z"
)
_REGION_WORD = re.compile(r"\bregions?(?: (?:du|de la|de l|de|des|d))? ?'?\Z")
_IN_THE = re.compile(
    r"\b(?:dans|sur|ds|en|vers|pour|tout|depuis|cote|secteur|zone|suis du|viens du|sommes du)(?: (?:le|la))? \Z"
)
_THE = re.compile(r"(?:\b(?:le|du|au)|[(,;:/-]|\bcode postal|\bcp|\bdans)\s*\Z")
_SPOKEN_DIGITS = {word: value for word, value in UNITS.items() if value <= 9}
_DEMONYM_AFTER = frozenset(
    "region agglo agglomeration banlieue metropole bassin pays peripherie couronne secteur campagne bassin arriere".split()
)


@dataclass(slots=True)
class Mention:
    """A named place. `rows` are communes that it may be, `code` an area ("dep:35", "reg:53").

    `first` and `last` are token numbers, the last one excluded; `start` and `end` plain characters.
    """

    first: int
    last: int
    start: int
    end: int
    score: float
    rows: tuple[int, ...] = ()
    code: str = ""
    near: bool = False
    role: str = ""
    prepared: bool = False
    district: bool = False
    misspelled: bool = False


class Words:
    """The tokens of a text as the gazetteer's keys write them, with what the original letters tell."""

    def __init__(self, n: Normalised) -> None:
        self.n = n
        self.plain = n.plain
        self.words: list[str] = []
        letters = n.text[:400]
        self.shouted = letters.upper() == letters
        for token in n.tokens:
            word = _SAINTS.get(token.word, token.word)
            if word == "ste" and n.text[n.offsets[token.end - 1]] in "éÉ":
                word = "stetienne"  # "Sainté", as its people say
            if word == "s" and n.plain[token.end : token.end + 1] == "/":
                word = "sur"
            self.words.append(word)

    def __len__(self) -> int:
        return len(self.words)

    def gap(self, i: int) -> str:
        """The characters between token i-1 and token i."""
        start = self.n.tokens[i - 1].end if i else 0
        end = self.n.tokens[i].start if i < len(self.words) else len(self.plain)
        return self.plain[start:end]

    def before(self, i: int, size: int = 90) -> str:
        """Plain text before token i."""
        start = self.n.tokens[i].start
        return self.plain[max(0, start - size) : start]

    def after(self, i: int, size: int = 40) -> str:
        """Plain text after token i-1."""
        end = self.n.tokens[i - 1].end
        return self.plain[end : end + size]

    def is_capital(self, i: int) -> bool:
        """Whether token i has a capital letter that only a name explains."""
        if self.shouted or not self._upper(i):
            return False
        gap = self.gap(i)
        return i > 0 and not re.search(r"[.!?\n]", gap)

    def _upper(self, i: int) -> bool:
        return self.n.text[self.n.offsets[self.n.tokens[i].start]].isupper()

    def is_all_capitals(self, i: int, j: int) -> bool:
        """Whether tokens i to j-1 are written in capitals in a text that is not."""
        first, last = self.n.tokens[i].start, self.n.tokens[j - 1].end
        return self.n.text[self.n.offsets[first] : self.n.offsets[last - 1] + 1].isupper()

    def has_accented_a(self, i: int) -> bool:
        """Whether token i is written "à"."""
        return self.n.text[self.n.offsets[self.n.tokens[i].start]] in "àÀ"

    def breaks(self, i: int) -> bool:
        """Whether punctuation (or an edge of the text) stands before token i."""
        return i == 0 or i >= len(self.words) or bool(re.search(r"[,.;:!?()\n/|\"–]|\s-\s", self.gap(i)))

    def joined(self, i: int, j: int) -> bool:
        """Whether tokens i to j-1 are not parted by punctuation other than hyphens and apostrophes."""
        return all(not re.search(r"[,.;:!?()\n|\"]", self.gap(k)) for k in range(i + 1, j))


class MentionFinder:
    """Finds mentions with one gazetteer; made once."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        area_words = {word for key in gazetteer.areas for word in key.split() if len(word) >= 5}
        self._near_areas = NearWords(area_words, not_typos=gazetteer.words, shortest=5)
        self._near_area_names = NearWords((key for key in gazetteer.areas if " " in key), shortest=9)

    def find(self, words: Words, *, bare: bool) -> list[Mention]:
        """All mentions, in order; `bare` when the whole text answers "where?", so that less context is needed."""
        sure: list[Mention] = []
        doubtful: list[Mention] = []
        mended = self._mended(words)
        i = 0
        while i < len(words):
            mention = self._numbered(words, i, sure, bare) or self._named(words, mended, i, bare)
            if mention is not None and mention.score >= SURE:
                sure.append(mention)
                i = mention.last
                continue
            if mention is not None and mention.rows and mention.score >= -0.5:
                doubtful.append(mention)
            i += 1
        sure.extend(self._hinted(sure, doubtful))
        for mention in self._misspelled(words, sure, bare):
            sure = [m for m in sure if m.last <= mention.first or m.first >= mention.last] + [mention]
        taken = {k for m in sure for k in range(m.first, m.last)}
        sure.extend(self._demonyms(words, taken))
        return sorted(sure, key=lambda m: m.first)

    def _hinted(self, sure: list[Mention], doubtful: list[Mention]) -> Iterator[Mention]:
        """Doubtful names of communes that lie in a département which the text names."""
        named = {m.code[4:] for m in sure if m.code.startswith("dep:")}
        for mention in doubtful:
            apart = all(mention.last <= m.first or mention.first >= m.last for m in sure)
            inside = any(self.gazetteer.departement_of(row) in named for row in mention.rows)
            if apart and inside and mention.score + 2.0 >= SURE:
                mention.score += 2.0
                yield mention

    def _mended(self, words: Words) -> list[str]:
        """The words with one mistake forgiven in those that names of areas are made of."""
        mended = []
        for word in words.words:
            known = word in self.gazetteer.longest or word in self.gazetteer.words or len(word) < 5
            mended.append(word if known else self._near_areas.correct(word) or word)
        return mended

    # ------------------------------------------------------------------ names
    def _named(self, words: Words, mended: list[str], i: int, bare: bool) -> Mention | None:
        longest = max(self.gazetteer.longest.get(words.words[i], 0), self.gazetteer.longest.get(mended[i], 0))
        if not longest:
            return None
        best: Mention | None = None
        for length in range(min(longest, len(words) - i), 0, -1):
            j = i + length
            if not words.joined(i, j):
                continue
            key = " ".join(words.words[i:j])
            area = self._area(words, " ".join(mended[i:j]), i, j, key, bare)
            town = self._town(words, key, i, j, bare)
            for mention in (area, town):
                if mention is not None and (best is None or mention.score > best.score):
                    best = mention
            if best is not None and best.score >= SURE:
                return best
        return best

    def _area(self, words: Words, key: str, i: int, j: int, typed: str, bare: bool) -> Mention | None:
        code = self.gazetteer.areas.get(key)
        if code is None and j - i > 1 and (name := self._near_area_names.correct(key)):
            key, code = name, self.gazetteer.areas[name]
        if code is None or len(key.split()) != j - i:
            return None
        before, after = context.mended(words.before(i)), words.after(j)
        single = j - i == 1
        weak = key in _WEAK_AREAS
        score = -0.5 if weak else 2.2
        capital = any(words.is_capital(k) for k in range(i, j))
        if key in _COLLOQUIAL_AREAS:
            if not (words.is_all_capitals(i, j) and not words.shouted or _REGION_WORD.search(before)):
                return None
        if capital:
            score += 1.8
        if re.search(r"\b(?:en|dans|ds|sur|vers)(?: (?:le|la|les|l|tout le|toute la))? ?'?\Z", before):
            score += 2.5
        elif re.search(r"\b(?:du|de|des|d|de la|de l|au|aux|a la|a l|a|depuis) ?'?\Z", before):
            score += 0.9
        elif re.search(r"\b(?:le|la|les|l) ?'?\Z", before):
            score += 0.5
        elif words.breaks(i) and i > 0:
            score += 2.5 if words.breaks(j) else 1.2
        if _DEPARTEMENT_WORD.search(before) or _REGION_WORD.search(before):
            score += 2.5
        if words.breaks(j):
            score += 0.3
        if bare:
            score += 2.5
        if single and key in ("nord", "centre", "sud") and re.match(r"\s(?:de|du|des|d)\b", after):
            return None
        if key == "reunion" and not bare and not _is_island(before, after, capital, words.breaks(i)):
            return None
        if (
            single
            and key in ("loire", "marne", "rhone", "drome", "lot", "manche")
            and re.match(r"\s(?:de|d)\b", after)
        ):
            score -= 2
        if typed != key:
            doubtful = any(
                typed_word != word and self.gazetteer.is_like_word(typed_word)
                for typed_word, word in zip(typed.split(), key.split(), strict=True)
            )
            inside = re.search(r"\b(?:en|dans|ds|region)(?: (?:le|la|les|l))? ?'?\Z", before)
            score -= 0.2 if inside else 1.5 if doubtful else 0.2 if not single or score >= 3 else 1.0
        if context.STREET.search(before) and not re.search(r"\bval(?:lee)? ", before):
            score -= 4
        town = self.gazetteer.rows(key)
        if town and code.startswith("dep:") and single and re.search(r"\b(?:a|sur) \Z", before):
            return None  # "à Vienne" is the town, "en Vienne" the département
        if key == "paris":
            return None
        return self._mention(words, i, j, score, code=code)

    def _town(self, words: Words, key: str, i: int, j: int, bare: bool) -> Mention | None:
        gazetteer = self.gazetteer
        if words.words[i] in context.ARTICLES and " ".join(words.words[i + 1 : j]) in gazetteer.areas:
            return None  # "la Réunion" is the island before the village
        ordinary = key in gazetteer.words and not any(words.is_capital(k) for k in range(i, j))
        rows = gazetteer.rows(key) if ordinary and key in gazetteer.by_key else gazetteer.candidates(key)
        without_article = key not in gazetteer.by_key and key in gazetteer.by_bare
        contracted = bool(re.search(r"\b(?:au|du|aux|des) \Z", words.before(i)))
        if contracted and (named := gazetteer.by_bare.get(key)):
            rows, without_article = (*named, *(row for row in rows if row not in named)), True
        if not rows:
            return None
        score = self._town_score(words, key, rows, i, j, bare=bare, without_article=without_article)
        return self._mention(words, i, j, score, rows=rows)

    def _town_score(
        self,
        words: Words,
        key: str,
        rows: tuple[int, ...],
        i: int,
        j: int,
        *,
        bare: bool,
        without_article: bool,
    ) -> float:
        people = self.gazetteer.population[rows[0]]
        parts = key.split()
        content = parts[1:] if parts[0] in context.ARTICLES else parts
        wordlike = (
            " ".join(content) in self.gazetteer.words or (key in self.gazetteer.words)
        ) and key not in self.gazetteer.place_first
        size = next((s for limit, s in _SIZES if people >= limit), -0.3)
        score = size
        prep, accented = _preposition(words, i)
        capital = any(words.is_capital(k) for k in range(i, j) if words.words[k] not in context.ARTICLES)
        if len(content) > 1:
            score += 2.0 if not wordlike else 0.6
        elif len(content[0]) <= 3 and people < 20_000:
            score -= 0.3 if capital else 1.5
        elif not wordlike and len(content[0]) >= 6:
            score += 0.4
        if content[0].isdigit():
            return -5.0
        if wordlike and bare and words.breaks(i) and words.breaks(j):
            score -= 0.3
        elif wordlike and capital:
            score -= 0.8
        elif wordlike and (people < 4_000 or key.endswith(("er", "ir", "oir"))):
            score -= 3.0
        elif wordlike:
            score -= {"a": 0.8, "au": 0.8, "vers": 1.0, "pres": 1.0, "sur": 1.5}.get(
                prep, 1.6 if people >= 50_000 else 3.0
            )
        previous = words.words[i - 1] if i and not words.breaks(i) else ""
        if without_article:
            score -= 0.0 if previous in ("au", "du", "aux", "des") else 0.6 if people >= 10_000 else 2.0
        elif previous in ("au", "aux") and not wordlike:
            score -= 0.5
        elif previous in ("au", "du", "aux", "des", "le", "la", "les") and key not in self.gazetteer.spoken:
            score -= 3.0  # "du saint-nectaire": no article stands before the name of a town
        if capital:
            score += 1.5
        score += {
            "a": 2.2 if accented else 1.8,
            "au": 1.6,
            "sur": 1.5,
            "vers": 2.0,
            "pres": 2.0,
            "de": 0.8,
            "en": 0.3,
            "dans": 0.3,
        }.get(prep, 0.0)
        if words.breaks(i) and i > 0:
            score += 1.3 if words.breaks(j) or people >= 5_000 else 0.4
        if context.CENTRE.match(words.after(j)):
            score += 1.2
        if self._confirmed(words, rows, j):
            score += 4.0
        if bare:
            score += 2.5 if i == 0 or prep or words.breaks(i) else 1.0
        return score + self._name_penalty(words, i, j, people, prep)

    def _name_penalty(self, words: Words, i: int, j: int, people: int, prep: str) -> float:
        before = words.before(i, 30)
        if context.NAMED.search(before):
            return -6.0
        if context.STREET.search(before) and not before.rstrip().endswith((" a", " sur")):
            return -4.0
        penalty = 0.0 if words.plain[: words.n.tokens[i].start].count('"') % 2 == 0 else -3.0
        if (
            i > 0
            and not prep
            and not words.breaks(i)
            and people < 15_000
            and words.words[i - 1] in context.SHOP
        ):
            penalty -= 2.5
        if not prep and re.search(
            r"\b(?:c'?est|trop|tres|super|plus|pas|un peu|es|est|assez|vraiment|si) \Z", before
        ):
            penalty -= 3.0
        if prep == "a" and re.search(r"\b(?:il|elle|on|y|qui|ca|n|nous) '?a \Z", before):
            penalty -= 2.5
        return penalty

    def _confirmed(self, words: Words, rows: tuple[int, ...], j: int) -> bool:
        """Whether the département's number or the postcode of one of these communes follows."""
        if j >= len(words):
            return False
        follows = words.words[j]
        if not re.match(r"\d{5}\Z|\d{2,3}\Z|2[ab]\Z", follows) or len(words.gap(j)) > 3:
            return False
        if len(follows) == 5:
            return bool(set(self.gazetteer.postcodes.get(follows, ())) & set(rows))
        if context.UNIT.match(words.after(j + 1)):
            return False
        return any(self.gazetteer.departement_of(row).lower() == follows for row in rows)

    # ------------------------------------------------------------------ numbers
    def _numbered(self, words: Words, i: int, found: list[Mention], bare: bool) -> Mention | None:
        word = words.words[i]
        if not word[0].isdigit():
            return self._spoken(words, i, bare) if word in _SPOKEN_DIGITS else None
        previous = found[-1] if found and found[-1].last == i and found[-1].rows else None
        if previous is not None and self._is_district(words, previous, i):
            previous.last, previous.end, previous.district = i + 1, words.n.tokens[i].end, True
            if i + 1 < len(words) and words.words[i + 1].startswith("arr"):
                previous.last, previous.end = i + 2, words.n.tokens[i + 1].end
            return None
        if len(word) == 5 and word.isdigit():
            return self._postcode(words, i, bare)
        if len(word) == 2 and i + 1 < len(words) and re.match(r"\d{3}\Z", words.words[i + 1]):
            rows = self.gazetteer.postcodes.get(word + words.words[i + 1], ())
            names = " ".join(words.words[i + 2 : i + 6])
            if rows and (bare or any(names.startswith(key_of(self.gazetteer.names[row])) for row in rows)):
                return self._mention(words, i, i + 2, 4.0, rows=rows)
        return self._departement_number(words, i, previous, bare)

    def _is_district(self, words: Words, town: Mention, i: int) -> bool:
        most = _DISTRICTS.get(words.words[town.first])
        if most is None or town.last - town.first != 1 or len(words.gap(i)) > 3:
            return False
        match = _ORDINAL.match(words.words[i])
        if match is None or not 1 <= int(match[1]) <= most:
            return False
        return not (match[0].isdigit() and context.UNIT.match(words.after(i + 1)))

    def _postcode(self, words: Words, i: int, bare: bool) -> Mention | None:
        code = words.words[i]
        if context.UNIT.match(words.after(i + 1)) and not re.match(r"\s?e\b", words.after(i + 1)):
            return None
        if re.search(r"\d\s?\Z", words.before(i)) or re.match(r"\s?\d", words.after(i + 1)):
            return None  # a part of a telephone number or a SIRET
        rows = self.gazetteer.postcodes.get(code)
        if rows:
            return self._mention(words, i, i + 1, 3.5, rows=rows)
        departement = code[:3] if code.startswith(("97", "98")) else code[:2]
        if self.gazetteer.region_of(departement) and (
            bare or re.search(r"\b(?:cp|code postal)\W*\Z", words.before(i))
        ):
            return self._mention(words, i, i + 1, 3.0, code=f"dep:{departement}")
        return None

    def _departement_number(self, words: Words, i: int, town: Mention | None, bare: bool) -> Mention | None:
        word, last = words.words[i], i + 1
        before, after = words.before(i), words.after(i + 1)
        if (
            len(word) == 1
            and i + 1 < len(words)
            and re.match(r"\d\Z", words.words[i + 1])
            and words.gap(i + 1) in ("-", " ", ".", "")
        ):
            word, last = word + words.words[i + 1], i + 2  # "le 9-3"
            after = words.after(last)
            if not (_IN_THE.search(before) or re.search(r"\b(?:le|du)\s\Z", before) or bare):
                return None
        elif (
            word == "2" and i + 1 < len(words) and words.words[i + 1] in ("a", "b") and words.gap(i + 1) == ""
        ):
            word, last = word + words.words[i + 1], i + 2
            after = words.after(last)
        code = word.upper()
        if (
            bare
            and len(code) == 1
            and re.fullmatch(r"(?:dans |sur |en )?(?:le |du )?\d", words.plain.strip(" .!"))
        ):
            code = "0" + code
        region = self.gazetteer.region_of(code) if len(code) >= 2 else None
        if region is None or context.UNIT.match(after):
            return None
        score = 0.0
        parenthesised = words.gap(i).endswith("(") and after.startswith(")")
        if code in ("2A", "2B"):
            score = 3.0
        elif _DEPARTEMENT_WORD.search(before):
            score = 4.0
        elif re.search(r"\b(?:dans|ds|sur|en|vers) (?:tout )?le \Z", before):
            score = 3.5
        elif parenthesised or (bare and not re.search(r"\d", words.before(i))):
            score = 3.0
        elif town is not None and (len(words.gap(i)) <= 3):
            score = 2.6 if any(self.gazetteer.departement_of(row) == code for row in town.rows) else 0.5
        elif re.search(r"\b(?:le|du)\s\Z", before) and (words.breaks(last) or i > 0 and len(code) == 3):
            score = 2.2
        elif re.search(r"\bdu \Z", before) and len(code) >= 2:
            score = 2.0
        elif last == len(words) and "," in words.gap(i) and (code[0] == "0" or code >= "20"):
            score = 2.1
        elif words.breaks(last) and last == len(words) and re.search(r"[a-z]\s\Z|,\s*\Z", before):
            # "coiffeuse 35": a trade and a number, and nothing else
            lonely = len(words) <= 5 and not re.search(r"\d", before) and re.search(r"[a-z]{5}\s\Z", before)
            counted = re.search(r"\b(?:sommes|environ|numero|choix|option|reponse)\s\Z", before)
            score = 2.1 if lonely and not counted else 0.0
        return self._mention(words, i, last, score, code=f"dep:{code}") if score >= SURE else None

    def _spoken(self, words: Words, i: int, bare: bool) -> Mention | None:
        """ "le neuf-trois", "dans le neuf quatre"."""
        if i + 1 >= len(words) or words.words[i + 1] not in _SPOKEN_DIGITS:
            return None
        code = f"{_SPOKEN_DIGITS[words.words[i]]}{_SPOKEN_DIGITS[words.words[i + 1]]}"
        if not self.gazetteer.region_of(code) or context.UNIT.match(words.after(i + 2)):
            return None
        if re.search(r"\b(?:le|du)\s\Z", words.before(i)) or bare:
            return self._mention(words, i, i + 2, 3.0, code=f"dep:{code}")
        return None

    # ------------------------------------------------------------------ mistakes
    def _misspelled(self, words: Words, sure: list[Mention], bare: bool) -> list[Mention]:
        """Mentions with one mistake a word; longer than the sure ones that they cover, or where there is none."""
        covered = {k: m for m in sure for k in range(m.first, m.last)}
        similar: dict[str, list[str]] = {}
        found: list[Mention] = []
        tries = i = 0
        while i < len(words) and tries < 80:
            place_like = bare or self._place_like(words, i)
            mention = None
            for length in range(min(5, len(words) - i), 0, -1):
                j = i + length
                inside = {id(covered[k]): covered[k] for k in range(i, j) if k in covered}
                if any(m.first < i or m.last > j or m.last - m.first == length for m in inside.values()):
                    continue
                if not words.joined(i, j) or len(words.words[j - 1]) < 3:
                    continue
                tries += 1
                if length > 1:
                    mention = self._corrected_long(words, i, j, similar, bare)
                elif not inside:
                    mention = self._corrected(words, i, place_like, bare)
                if mention is not None:
                    break
            if mention is not None:
                found.append(mention)
                i = mention.last
            else:
                i += 1
        return found

    def _corrected_long(
        self, words: Words, i: int, j: int, similar: dict[str, list[str]], bare: bool
    ) -> Mention | None:
        """A name of several words, each with at most one mistake."""
        typed = words.words[i:j]
        if all(word in context.ARTICLES for word in typed[:-1]) or not any(len(word) >= 5 for word in typed):
            content = typed[-1]
            if len(content) < 6 or content in self.gazetteer.words:
                return None
        first = next((word for word in typed if len(word) >= 4), "")
        if (
            not (bare or self._place_like(words, i))
            and len(first) >= 5
            and self.gazetteer.is_like_word(first)
        ):
            return None
        options: list[list[str]] = []
        for word in typed:
            if len(word) < 5:
                options.append([word])
                continue
            if word not in similar:
                similar[word] = self.gazetteer.similar_words(word)[:6]
            if not similar[word]:
                return None
            options.append(similar[word])
        if math.prod(len(option) for option in options) > 64:
            return None
        keys = [" ".join(choice) for choice in itertools.product(*options)]
        known = [key for key in keys if key != " ".join(typed) and self.gazetteer.candidates(key)]
        if not known:
            return None
        key = max(known, key=lambda k: self.gazetteer.population[self.gazetteer.candidates(k)[0]])
        rows = self.gazetteer.candidates(key)
        score = self._town_score(words, key, rows, i, j, bare=bare, without_article=False) - 0.3
        if score < SURE:
            return None
        mention = self._mention(words, i, j, score, rows=rows)
        mention.misspelled = True
        return mention

    def _corrected(self, words: Words, i: int, place_like: bool, bare: bool) -> Mention | None:
        """A name of one word with a mistake, two when it is long."""
        key = words.words[i]
        if len(key) < 5 or not key.isalpha() or key in self.gazetteer.by_key:
            return None
        alone = bare and len(words) == 1
        if key in self.gazetteer.words and not alone:
            return None
        last = words.breaks(i + 1)
        if not place_like and len(key) < 6 and not last:
            return None
        word_like = self.gazetteer.is_like_word(key)
        for name in self.gazetteer.similar(key, 2 if len(key) >= 11 else 1):
            rows = self.gazetteer.candidates(name)
            people = self.gazetteer.population[rows[0]]
            if alone and word_like and people < 50_000:
                continue
            if " " in name or (not place_like and (people < 10_000 or word_like)):
                continue
            if not place_like and len(key) < 6 and people < 20_000:
                continue
            score = self._town_score(words, name, rows, i, i + 1, bare=bare, without_article=False)
            score -= 1.2 if word_like else 0.3
            if score >= SURE or (people >= 10_000 and not word_like and score >= SURE - 0.8):
                mention = self._mention(words, i, i + 1, max(score, SURE), rows=rows)
                mention.misspelled = True
                return mention
        return None

    def _place_like(self, words: Words, i: int) -> bool:
        if words.is_capital(i) or (i > 0 and words.breaks(i)):
            return True
        prep, _ = _preposition(words, i)
        return prep in ("a", "au", "sur", "vers", "pres", "de")

    def _demonyms(self, words: Words, taken: set[int]) -> Iterator[Mention]:
        """ "région nantaise", "dans le Bordelais"."""
        for i in range(1, len(words)):
            if i in taken:
                continue
            departement = self.gazetteer.demonyms.get(words.words[i])
            if departement is None:
                continue
            before = words.before(i, 30)
            if words.words[i - 1] in ("aide", "aides", "subvention", "subventions", "dispositif", "cheque"):
                if departement.startswith("97"):
                    yield self._mention(words, i, i + 1, 3.0, code=f"dep:{departement}")
                continue
            if words.words[i - 1] in _DEMONYM_AFTER or (
                words.words[i - 1] == "le" and re.search(r"\b(?:dans|sur) le \Z", before)
            ):
                yield self._mention(words, i, i + 1, 3.0, code=f"dep:{departement}")

    def _mention(
        self, words: Words, i: int, j: int, score: float, rows: tuple[int, ...] = (), code: str = ""
    ) -> Mention:
        return Mention(i, j, words.n.tokens[i].start, words.n.tokens[j - 1].end, score, rows, code)


def _is_island(before: str, after: str, capital: bool, breaks: bool) -> bool:
    """Whether "réunion" is the island: "à la Réunion", not "une réunion", "la réunion de demain"."""
    if re.match(r"\s(?:de|du|des|d|avec|a|client|equipe)\b", after) or re.search(
        r"\b(?:en|une|ma|cette|notre) \Z", before
    ):
        return False
    return breaks or capital or bool(re.search(r"\b(?:a|sur|de|ile|ile de) la \Z|\bile \Z", before))


_SIZES = ((100_000, 2.5), (20_000, 2.0), (5_000, 1.2), (1_500, 0.6), (500, 0.2))


def _preposition(words: Words, i: int) -> tuple[str, bool]:
    """The preposition before token i, articles left out, and whether it is "à" with its accent."""
    k = i - 1
    if k < 0 or words.breaks(i):
        return "", False
    article = False
    while k >= 0 and words.words[k] in context.ARTICLES and not words.breaks(k + 1):
        k -= 1
        article = True
    if k < 0 or (article and words.breaks(k + 1)):
        return "", False
    word = words.words[k]
    if word == "a":
        return "a", words.has_accented_a(k)
    if word in ("au", "aux"):
        return "au", False
    if word in ("de", "du", "d", "des"):
        if re.search(
            r"\b(?:pres|proche|loin|cote|alentours|environs|autour|banlieue|peripherie|coin|region)s? (?:de|d|du|des)\b",
            words.before(i, 30),
        ):
            return "pres", False
        return "de", False
    if word in ("sur", "vers", "en", "dans", "ds", "pres", "sr"):
        return {"ds": "dans", "sr": "sur"}.get(word, word), False
    return "", False
