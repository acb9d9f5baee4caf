"""Scores the names of places: how sure a name is, by its size, its form and the words around it.

A name that is an ordinary word, a family's or a street's loses points; a preposition, a capital letter, a
postcode after it, punctuation around it give some. From `place_words.SURE` on it is a place.
"""

from __future__ import annotations

import re

from bot.nlu import place_context as context
from bot.nlu.gazetteer import Gazetteer
from bot.nlu.near_words import NearWords
from bot.nlu.place_words import Mention, Words, preposition

# Names of areas that are ordinary words as well: they need a preposition or a capital letter.
_WEAK_AREAS = frozenset(
    "nord manche somme lot cher aube creuse orne allier aura ara run rp bab leon armor crau graves ried soule "
    "gier sambre brie comtat valois artois champagne chartreuse riviera bresse calanques flandre hainaut chti "
    "perche argonne barrois tursan pilat lyonnais genevois causses armagnac maconnais baronnies bievre".split()
)
# Understood in capitals only, or after "région".
_COLLOQUIAL_AREAS = frozenset(["aura", "ara", "run", "rp", "bab", "naq"])
_SIZES = ((100_000, 2.5), (20_000, 2.0), (5_000, 1.2), (1_500, 0.6), (500, 0.2))


WELL_KNOWN_FROM = 10_000
"""Inhabitants from which a misspelled common word may be the town sooner."""


class NameScorer:
    """Scores names of areas and communes; made once with a gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer
        self._near_area_names = NearWords((key for key in gazetteer.areas if " " in key), shortest=9)

    def area(self, words: Words, key: str, i: int, j: int, typed: str, bare: bool) -> Mention | None:
        """The area of this name (`typed` is it before one mistake was forgiven)."""
        code = self.gazetteer.areas.get(key)
        if (
            code is None
            and j - i > 1
            and (name := self._near_area_names.correct(key) or self._near_area_names.correct(typed))
            and len(name.split()) == j - i
        ):
            key, code = name, self.gazetteer.areas[name]
        if code is None:
            return None
        before, after = words.before(i), words.after(j)
        single = j - i == 1
        weak = key in _WEAK_AREAS
        score = -0.5 if weak else 2.2
        capital = any(words.is_capital(k) for k in range(i, j))
        shouted = words.is_all_capitals(i, j) and not words.shouted
        if key in _COLLOQUIAL_AREAS and not (shouted or context.REGION_WORD.search(before)):
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
        if context.DEPARTEMENT_WORD.search(before) or context.REGION_WORD.search(before):
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
            doubtful = single and any(
                typed_word != word and self.gazetteer.is_like_word(typed_word) and words.right(i) != word
                for typed_word, word in zip(typed.split(), key.split(), strict=True)
            )
            inside = (
                capital
                or (words.breaks(i) and words.breaks(j))
                or re.search(r"\b(?:en|dans|ds|region)(?: (?:le|la|les|l))? ?'?\Z", before)
            )
            score -= 0.2 if inside else 1.5 if doubtful else 0.2 if len(typed) >= 7 or score >= 3 else 1.0
        if context.STREET.search(before) and not re.search(r"\bval ", before):
            score -= 4
        town = self.gazetteer.rows(key)
        if town and code.startswith("dep:") and single and re.search(r"\b(?:a|sur) \Z", before):
            return None  # "à Vienne" is the town, "en Vienne" the département
        if typed != key and single and re.search(r"\ba \Z", before) and self.gazetteer.similar(typed, 1):
            return None
        if key == "paris":
            return None
        return words.mention(i, j, score, code=code)

    def town(self, words: Words, key: str, i: int, j: int, bare: bool) -> Mention | None:
        """The commune of this name."""
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
        score = self.town_score(words, key, rows, i, j, bare=bare, without_article=without_article)
        if len(key.split()) == 1 and not words.is_capital(i) and self.is_common(words, j - 1):
            score -= 1.5  # « sur le larche »: sooner « le marché »
        return words.mention(i, j, score, rows=rows)

    def is_common(self, words: Words, i: int) -> bool:
        """Whether token i was taken for a misspelled common word, and not for a place."""
        right = words.right(i)
        return words.is_mended(i) and (right in self.gazetteer.words or not self.gazetteer.rows(right))

    def town_score(
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
        """How sure it is that tokens i to j-1 name the commune `rows[0]`."""
        people = self.gazetteer.population[rows[0]]
        parts = key.split()
        content = parts[1:] if parts[0] in context.ARTICLES else parts
        wordlike = (
            " ".join(content) in self.gazetteer.words or (key in self.gazetteer.words)
        ) and key not in self.gazetteer.place_first
        size = next((s for limit, s in _SIZES if people >= limit), -0.3)
        score = size
        prep, accented = preposition(words, i)
        capital = any(words.is_capital(k) for k in range(i, j) if words.words[k] not in context.ARTICLES)
        if len(content) > 1:
            score += 2.0 if not wordlike else 0.6
        elif len(content[0]) <= 3 and people < 20_000:
            score -= 0.3 if capital else 1.5
        elif not wordlike and len(content[0]) >= 6:
            score += 0.8 if people >= 5_000 else 0.4
        if content[0].isdigit():
            return -5.0
        # « le havre », « la baule »: few common words are written with the town's own article
        if len(parts) > len(content) and people >= (50_000 if wordlike else 5_000):
            score += 1.2
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
            score -= 0.3
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
        if capital and wordlike and words.breaks(j):
            score += 0.4
        if words.breaks(i) and i > 0:
            score += 1.3 if words.breaks(j) or people >= 5_000 else 0.4
        if context.CENTRE.match(words.after(j)):
            score += 1.2
        if self._confirmed(words, rows, j):
            score += 4.0
        if bare:
            score += 2.5 if i == 0 or prep or words.breaks(i) else 1.0
        return score + self._name_penalty(words, i, j, people, prep, wordlike)

    def _name_penalty(self, words: Words, i: int, j: int, people: int, prep: str, wordlike: bool) -> float:
        before = words.before(i, 30)
        if context.NAMED.search(before):
            return -6.0
        if (
            context.STREET.search(before)
            and not before.rstrip().endswith((" a", " sur"))
            and not context.ON_THE_SQUARE.search(before)
        ):
            return -4.0
        following = words.after(j, 12)
        if (
            wordlike
            and re.match(r"\s(?:de|du|des|d)\b", following)
            and not re.match(r"\sde la reun", following)
        ):
            return -2.5
        penalty = 0.0 if words.plain[: words.n.tokens[i].start].count('"') % 2 == 0 else -3.0
        if (
            i > 0
            and not prep
            and not words.breaks(i)
            and people < 15_000
            and words.words[i - 1] in context.SHOP
        ):
            penalty -= 2.5
        capital = any(words.is_capital(k) for k in range(i, j))
        if not (prep or capital) and re.search(
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


def _is_island(before: str, after: str, capital: bool, breaks: bool) -> bool:
    """Whether "réunion" is the island: "à la Réunion", not "une réunion", "la réunion de demain"."""
    if re.match(r"\s(?:de|du|des|d|avec|a|client|equipe)\b", after) or re.search(
        r"\b(?:en|une|ma|cette|notre) \Z", before
    ):
        return False
    return breaks or capital or bool(re.search(r"\b(?:a|sur|de|ile|ile de) la \Z|\bile \Z", before))
