"""Finds the places named in a text: each is a mention with what it may be and how sure its name alone makes it.

What a mention means (the firm's place, a customer's…) is decided in `places`; here only names, numbers, postcodes
and what stands next to them count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from bot.nlu.gazetteer import Gazetteer, key_of
from bot.nlu.near_words import NearWords, is_slip
from bot.nlu.place_mistakes import MistakeFinder
from bot.nlu.place_names import NameScorer
from bot.nlu.place_numbers import NumberFinder
from bot.nlu.place_words import SURE, Mention, Words

_BEFORE_DIVISIONS = frozenset("en dans la le du l d".split())
_DEMONYM_AFTER = frozenset(
    "region agglo agglomeration banlieue metropole bassin pays peripherie couronne secteur campagne "
    "bassin arriere".split()
)


class MentionFinder:
    """Finds mentions with one gazetteer; made once."""

    def __init__(self, gazetteer: Gazetteer, is_right: Callable[[str], bool]) -> None:
        """`is_right` says of a word that it is right French, hence no misspelled name."""
        self.gazetteer = gazetteer
        self._is_right = is_right
        divisions = (*gazetteer.departements().values(), *gazetteer.regions().values())
        names = {word for name in divisions for word in key_of(name).split() if len(word) >= 5}
        self._near_divisions = NearWords(names, shortest=5)
        self._area_words = {word for key in gazetteer.areas for word in key.split() if len(word) >= 5}
        self._near_areas = NearWords(self._area_words, not_typos=gazetteer.words, shortest=6)
        self._numbers = NumberFinder(gazetteer)
        self._names = NameScorer(gazetteer)
        self._mistakes = MistakeFinder(gazetteer, self._names, is_right)

    def find(self, words: Words, *, bare: bool) -> list[Mention]:
        """All mentions, in order; `bare` when the whole text answers "where?", so that less context is needed."""
        sure: list[Mention] = []
        doubtful: list[Mention] = []
        mended = self._mended(words)
        i = 0
        while i < len(words):
            mention = self._numbers.find(words, i, sure, bare) or self._named(words, mended, i, bare)
            if mention is not None and mention.score >= SURE:
                sure.append(mention)
                i = mention.last
                continue
            if mention is not None and mention.rows and mention.score >= -0.5:
                doubtful.append(mention)
            i += 1
        sure.extend(self._hinted(sure, doubtful))
        for mention in self._mistakes.find(words, sure, bare):
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
        for i, word in enumerate(words.words):
            if word in self.gazetteer.longest or len(word) < 5:
                mended.append(word)
            elif words.right(i) in self._area_words:
                mended.append(words.right(i))
            elif word in self.gazetteer.words:
                alone = words.breaks(i) and words.breaks(i + 1)
                inside = words.is_capital(i) and (alone or words.words[i - 1] in _BEFORE_DIVISIONS)
                mended.append((inside and self._near_divisions.correct(word)) or word)
            elif (self._is_right(word) or words.is_mended(i)) and not words.is_capital(i):
                mended.append(word)
            else:
                near = self._near_divisions.correct(word) or self._near_areas.correct(word) or word
                towns = self.gazetteer.similar(word, 1)  # « montarggis » is no misspelled « montargois »
                mended.append(word if towns and is_slip(word, towns[0]) and not is_slip(word, near) else near)
        return mended

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
            area = self._names.area(words, " ".join(mended[i:j]), i, j, key, bare)
            town = self._names.town(words, key, i, j, bare)
            if town is None and (name := " ".join(mended[i:j])) in self.gazetteer.areas:
                town = self._names.town(words, name, i, j, bare)  # « Mayenne » is a town too
            for mention in (area, town):
                if mention is not None and (best is None or mention.score > best.score):
                    best = mention
            if best is not None and best.score >= SURE:
                return best
        return best

    def _demonyms(self, words: Words, taken: set[int]) -> Iterator[Mention]:
        """ "région nantaise", "dans le Bordelais"."""
        for i in range(1, len(words)):
            if i in taken:
                continue
            departement = self.gazetteer.demonyms.get(words.words[i]) or self.gazetteer.demonyms.get(
                words.right(i)
            )
            if departement is None:
                continue
            before = words.before(i, 30)
            if words.words[i - 1] in ("aide", "aides", "subvention", "subventions", "dispositif", "cheque"):
                if departement.startswith("97"):
                    yield words.mention(i, i + 1, 3.0, code=f"dep:{departement}")
                continue
            if words.words[i - 1] in _DEMONYM_AFTER or (
                words.words[i - 1] == "le" and re.search(r"\b(?:dans|sur) le \Z", before)
            ):
                yield words.mention(i, i + 1, 3.0, code=f"dep:{departement}")
