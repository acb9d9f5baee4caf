"""Names of communes with a mistake: one in each word, two in a long one.

Tried only where no right name stands, or where it would make a longer name; a word of the dictionary is left
alone.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

from bot.nlu import place_context as context
from bot.nlu.gazetteer import FORGIVEN_FROM, Gazetteer, bare_name, run_together
from bot.nlu.near_words import is_slip
from bot.nlu.place_names import WELL_KNOWN_FROM, NameScorer
from bot.nlu.place_words import SURE, Mention, Words, preposition

MOST_TRIES = 200
"""Windows tried in a text, so that the time is bounded."""
MUTE_FROM = 30_000
"""From so many inhabitants on a town is known without its last, mute letter, though a word be written so."""
MOST_SIMILAR = 24
MOST_COMBINED = 300
"""Similar words tried for each word of a name, and names made of them."""


class MistakeFinder:
    """Finds misspelled communes; made once with a gazetteer."""

    def __init__(self, gazetteer: Gazetteer, names: NameScorer, is_right: Callable[[str], bool]) -> None:
        """`is_right` says of a word that it is right French."""
        self.gazetteer = gazetteer
        self._is_right = is_right
        self._names = names

    def find(self, words: Words, sure: list[Mention], bare: bool) -> list[Mention]:
        """Mentions with one mistake a word; longer than the sure ones that they cover, or where there is none."""
        covered = {k: m for m in sure for k in range(m.first, m.last)}
        similar: dict[str, tuple[str, ...]] = {}
        named = tuple(dict.fromkeys(m.code[4:] for m in sure if m.code.startswith("dep:")))
        found: list[Mention] = []
        tries = i = 0
        # how many words before each are none, or stand behind a hyphen
        odd = [
            0,
            *itertools.accumulate(
                len(w) >= 4 and not self._is_word(words, k) for k, w in enumerate(words.words)
            ),
        ]
        hyphens = [
            0,
            *itertools.accumulate(k > 0 and words.gap(k) in ("-", "'") for k in range(len(words))),
        ]
        while i < len(words) and tries < MOST_TRIES:
            place_like = bare or self._place_like(words, i)
            mention = None
            for length in range(min(6, len(words) - i), 0, -1):
                j = i + length
                # a mistake makes a word that is none, or stands in a name that is written as one
                written = length == 1 or odd[j] > odd[i] or hyphens[j] > hyphens[i + 1]
                if not written and (length < 3 or not self._misses_a_word(words, i, j)):
                    continue
                inside = [covered[k] for k in range(i, j) if k in covered] if covered else []
                if inside and any(m.first < i or m.last > j or m.last - m.first == length for m in inside):
                    continue
                if not words.joined(i, j) or len(words.words[j - 1]) < min(3, 4 - length):
                    continue
                tries += 1
                if length > 1:
                    mention = self._corrected_long(words, i, j, similar, bare)
                    stands_alone = words.breaks(i) and words.breaks(j)
                elif inside:
                    continue
                else:
                    mention = self._corrected(words, i, place_like, bare)
                    stands_alone = False
                if mention is None and (place_like or stands_alone):
                    mention = self._run_together(words, i, j, bare)
                if mention is None and place_like and not inside:
                    mention = self._in_departement(words, i, j, named)
                if mention is not None and self._is_common_speech(words, mention):
                    mention = None
                if mention is not None:
                    break
            if mention is not None:
                if any(self.gazetteer.departement_of(row) in named for row in mention.rows):
                    mention.guessed = False
                found.append(mention)
                i = mention.last
            else:
                i += 1
        return found

    def _corrected_long(
        self, words: Words, i: int, j: int, similar: dict[str, tuple[str, ...]], bare: bool
    ) -> Mention | None:
        """A name of several words, each with at most one mistake."""
        typed = words.words[i:j]
        if all(word in context.ARTICLES for word in typed[:-1]) or not any(len(word) >= 5 for word in typed):
            content = typed[-1]
            if len(content) < 6 or content in self.gazetteer.words:
                return None
        if typed[0] in context.ARTICLES and len(typed) == 2 and self._is_area(typed[1]):
            return None
        options: list[tuple[str, ...]] = []
        for word in typed:
            if len(word) < 5:
                options.append((word,))
                continue
            if word not in similar:
                similar[word] = self.gazetteer.similar_words(word)[:MOST_SIMILAR]
            if not similar[word]:
                return None
            options.append(similar[word])
        if math.prod(len(option) for option in options) > MOST_COMBINED:
            return None
        written = " ".join(typed)
        keys = [" ".join(choice) for choice in itertools.product(*options)]
        if typed[0] in context.ARTICLES:  # of a name that people shorten, only the article-less form is known
            keys += [bare_name(key) for key in keys]
        known = [key for key in keys if key != written and self.gazetteer.is_name(key)]
        if not known:
            return None
        key = max(known, key=lambda k: self.gazetteer.population[self.gazetteer.candidates(k)[0]])
        rows = self.gazetteer.candidates(key)
        is_a_thing = len(typed) == 2 and typed[0] in context.ARTICLES and not words.is_capital(j - 1)
        if is_a_thing and self.gazetteer.population[rows[0]] < FORGIVEN_FROM:
            return None  # « à l'atelier », « à l'avance »
        first = next((word for word in typed if len(word) >= 4), "")
        lonely = not (bare or self._place_like(words, i)) and self.gazetteer.population[rows[0]] < 5_000
        if lonely and len(first) >= 5 and self.gazetteer.is_like_word(first):
            return None
        score = self._names.town_score(words, key, rows, i, j, bare=bare, without_article=False) - 0.3
        if score < SURE:
            return None
        return words.mention(i, j, score, rows=rows)

    def _in_departement(self, words: Words, i: int, j: int, departements: tuple[str, ...]) -> Mention | None:
        """A misspelled name of however few inhabitants, where the text names its département: « Laguiolee (12) »."""
        if not departements:
            return None
        letters = run_together(bare_name(" ".join(words.words[i:j])))
        if len(letters) < 5 or not letters.isalpha() or words.words[j - 1] in context.ARTICLES:
            return None
        towards = preposition(words, i)[0] in ("a", "au", "sur", "vers", "pres")
        if not (towards or words.is_capital(i) or (words.breaks(i) and words.breaks(j))):
            return None
        if all(self._is_word(words, k) or words.is_mended(k) for k in range(i, j)):
            return None
        for departement in departements:
            if rows := self.gazetteer.similar_in(departement, letters):
                return words.mention(i, j, SURE, rows=rows[:1])
        return None

    def _run_together(self, words: Words, i: int, j: int, bare: bool) -> Mention | None:
        """A name of several words whose hyphens or apostrophes went astray, or with a mistake over them all."""
        typed = words.words[i:j]
        if (
            typed[0] in context.ARTICLES
            and len(typed) == 2
            and (len(typed[1]) < 6 or self._is_area(typed[1]))
        ):
            return None
        if len(typed) == 1 and len(typed[0]) < 9:
            return None
        letters = run_together(" ".join(typed))
        ordinary = not words.is_capital(i) and all(word in self.gazetteer.words for word in typed)
        if len(letters) < 7 or ordinary:
            return None
        for key in self.gazetteer.similar_run_together(letters)[:2]:
            if key == " ".join(typed):
                continue  # no mistake: already judged, and found wanting
            if key in self.gazetteer.areas:
                mention = self._names.area(words, key, i, j, key, bare)
            else:
                rows = self.gazetteer.candidates(key)
                score = self._names.town_score(words, key, rows, i, j, bare=bare, without_article=False) - 0.3
                mention = words.mention(i, j, score, rows=rows)
            if mention is not None and mention.score >= SURE:
                return mention
        return None

    def _corrected(self, words: Words, i: int, place_like: bool, bare: bool) -> Mention | None:
        """A name of one word with a mistake, two when it is long."""
        key = words.words[i]
        if len(key) < 5 or not key.isalpha() or key in self.gazetteer.by_key:
            return None
        alone = bare and len(words) == 1
        named = words.is_capital(i) and (words.breaks(i) or preposition(words, i)[0] in ("a", "au", "sur"))
        mute = self._without_mute_s(key)
        towards_mute = (
            mute and preposition(words, i)[0] in ("a", "sur", "vers", "pres") and words.breaks(i + 1)
        )
        if self._is_word(words, i) and not (alone or named or towards_mute):
            return None
        capital = words.is_capital(i)
        towards = bare or capital or preposition(words, i)[0] in ("a", "au", "vers", "pres")
        common = self._names.is_common(words, i)
        last = words.breaks(i + 1)
        if not place_like and len(key) < 6 and not last:
            return None
        word_like = self.gazetteer.is_slip_of_word(key) and not mute
        for name in self.gazetteer.similar(key, 2 if len(key) >= 11 else 1):
            rows = self.gazetteer.candidates(name)
            people = self.gazetteer.population[rows[0]]
            if alone and word_like and people < 50_000:
                continue
            slip = is_slip(key, name)
            least = 2_000 if slip and last and len(key) >= 7 else 10_000
            if " " in name or (not place_like and (people < least or word_like)):
                continue
            if people < FORGIVEN_FROM and not capital:
                continue
            if common and not towards and people < 20_000:
                continue  # « ca, perosnne le fait »
            if not place_like and len(key) < 6 and people < 20_000:
                continue
            without_article = name not in self.gazetteer.by_key and name in self.gazetteer.by_bare
            if preposition(words, i)[0] == "au":  # « au Lamentin »
                rows = (*rows, *(row for row in self.gazetteer.by_bare.get(name, ()) if row not in rows))
            score = self._names.town_score(
                words, name, rows, i, i + 1, bare=bare, without_article=without_article
            )
            score -= (0.0 if slip else 0.3) if not word_like else 0.6 if people >= 50_000 else 1.2
            if score >= SURE or (people >= 10_000 and not word_like and score >= SURE - 0.3):
                mention = words.mention(i, i + 1, max(score, SURE), rows=rows)
                mention.guessed = word_like
                return mention
        return None

    def _without_mute_s(self, key: str) -> bool:
        """Whether a large town is written as it is said: « a limoge », « tarbe »."""
        rows = self.gazetteer.rows(key + "s")
        return bool(rows) and self.gazetteer.population[rows[0]] >= MUTE_FROM

    def _is_word(self, words: Words, i: int) -> bool:
        """Whether token i is no mistake: a word of the dictionary."""
        word = words.words[i]
        return word in self.gazetteer.words or (not words.is_capital(i) and self._is_right(word))

    def _is_common_speech(self, words: Words, mention: Mention) -> bool:
        """Whether a small town was found in words that are common ones with a mistake: « sur les marhes »."""
        said = range(mention.first, mention.last)
        is_thing = len(said) == 2 and words.words[mention.first] in context.ARTICLES  # « la premire »
        if not mention.rows or (
            self.gazetteer.population[mention.rows[0]] >= WELL_KNOWN_FROM and not is_thing
        ):
            return False
        if len(said) == 1 or any(words.is_capital(k) for k in said):
            return False
        long = [k for k in said if len(words.words[k]) >= 5]
        return all(self._is_word(words, k) or words.is_mended(k) for k in long)

    def _misses_a_word(self, words: Words, i: int, j: int) -> bool:
        """« la ointe a pitre »: only the first or the last word of a well-known name is another."""
        known = self.gazetteer.all_but_one_word
        return " ".join(words.words[i + 1 : j]) in known or " ".join(words.words[i : j - 1]) in known

    def _is_area(self, word: str) -> bool:
        return any(name in self.gazetteer.areas for name in (word, *self.gazetteer.similar_words(word)))

    def _place_like(self, words: Words, i: int) -> bool:
        if words.is_capital(i) or (words.breaks(i) and (i > 0 or words.breaks(1))):
            return True
        prep, _ = preposition(words, i)
        return prep in ("a", "au", "sur", "vers", "pres", "de")
