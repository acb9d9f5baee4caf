"""A small vocabulary that forgives one typing mistake a word.

Used by the readers of headcounts and places for the words that they look for themselves; the misspelled word
is found by deletions (the SymSpell idea): two words one edit apart share a form with one letter less.
"""

from __future__ import annotations

from collections.abc import Iterable

from rapidfuzz.distance import OSA


class NearWords:
    """Words known to a reader; `correct` leads a word with one mistake back to the known one."""

    def __init__(self, words: Iterable[str], *, not_typos: Iterable[str] = (), shortest: int = 5) -> None:
        """`not_typos` are right French words that look like a known one; shorter words are never corrected."""
        self._known = frozenset(words)
        self._not_typos = frozenset(not_typos)
        self._shortest = shortest
        self._by_deletion: dict[str, list[str]] = {}
        for word in sorted(self._known):
            if len(word) >= shortest:
                for form in {word, *_deletions(word)}:
                    self._by_deletion.setdefault(form, []).append(word)

    def __contains__(self, word: str) -> bool:
        return word in self._known

    def correct(self, word: str) -> str | None:
        """The known word equal to this one, or one edit (letter missing, added, changed, swapped) away."""
        if word in self._known:
            return word
        if len(word) < self._shortest or word in self._not_typos:
            return None
        for form in (word, *_deletions(word)):
            for known in self._by_deletion.get(form, ()):
                if OSA.distance(word, known, score_cutoff=1) <= 1:
                    return known
        return None


def _deletions(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]
