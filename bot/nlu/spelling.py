"""Leads misspelled long words back to those that the readers go by.

Only words that are neither known to the project nor right French are touched, and only by one mistake. The
corrected form has as many tokens as the first, so that what is found in it has its place in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from bot.nlu.near_words import NearWords
from bot.nlu.text import Normalised, Token

SHORTEST = 5
"""Letters of a word that may be a misspelled one: a word of six that lost one has five."""


QUICK = {
    "pa": "pas", "ke": "que", "ki": "qui", "qd": "quand", "kan": "quand", "ds": "dans", "pr": "pour", "ms": "mais",
    "koi": "quoi", "jai": "ai", "jveu": "veux", "jveux": "veux", "jvx": "veux", "jvoudrai": "voudrais",
    "jvoudrais": "voudrais", "jvoudre": "voudrais", "jaimerai": "aimerais", "jaimerais": "aimerais",
    "jcherche": "cherche", "fodrai": "faudrait", "fo": "faut", "bcp": "beaucoup", "pb": "probleme", "clien": "client",
    "cliens": "clients", "pk": "pourquoi", "pq": "pourquoi", "parceke": "parce", "tt": "tout", "ts": "tous",
    "ss": "sans", "mm": "meme", "sinn": "sinon", "bsoin": "besoin", "bezoin": "besoin",
}  # fmt: skip
"""How words are written in haste: too short, or too far from the right one, to be found as a mistake."""


def long_words(patterns: Iterable[re.Pattern[str]]) -> frozenset[str]:
    """The long words that expressions name in full, in singular and plural."""
    return frozenset(
        word
        for pattern in patterns
        for plural in ("", "s")
        for word in re.findall(
            r"(?<![\\a-z?])[a-z]{6,}(?![a-z]*[\\?])", pattern.pattern.replace("s?", plural)
        )
    )


class Speller:
    """Corrects texts towards a vocabulary."""

    def __init__(
        self, words: Sequence[str], is_right: Callable[[str], bool], *, shortest: int = SHORTEST
    ) -> None:
        """`words`, the likeliest first; `is_right` says of a word that it is right French, whatever it looks like.

        `shortest` is the fewest letters of a word that may be a misspelled one.
        """
        long = [word for word in words if len(word) > shortest]
        self._words = NearWords(long, shortest=shortest, likeliest=long)
        self._shortest = shortest
        self._is_right = is_right
        self._corrected = lru_cache(maxsize=20_000)(self._find)

    def correct(self, n: Normalised) -> Normalised:
        """The plain form with misspelled words replaced; the same object when there are none."""
        words = [self._corrected(token.word) for token in n.tokens]
        if all(word == token.word for word, token in zip(words, n.tokens, strict=True)):
            return n
        pieces: list[str] = []
        offsets: list[int] = []
        tokens: list[Token] = []
        last = 0
        for word, token in zip(words, n.tokens, strict=True):
            pieces.append(n.plain[last : token.start])
            offsets.extend(n.offsets[last : token.start])
            start = len(offsets)
            pieces.append(word)
            # each letter of the right word stands for one of the word as typed, the last for all that remain
            typed = n.offsets[token.start : token.end]
            offsets.extend(typed[min(i, len(typed) - 1)] for i in range(len(word) - 1))
            offsets.append(typed[-1])
            tokens.append(Token(word, start, len(offsets)))
            last = token.end
        pieces.append(n.plain[last:])
        offsets.extend(n.offsets[last:])
        return replace(n, plain="".join(pieces), offsets=tuple(offsets), tokens=tuple(tokens))

    def _find(self, word: str) -> str:
        if word in QUICK:
            return QUICK[word]
        if len(word) < self._shortest or not word.isalpha() or word in self._words or self._is_right(word):
            return word
        return self._words.correct(word) or word
