"""A small vocabulary that forgives one typing mistake a word.

The misspelled word is found by deletions (the SymSpell idea): two words one edit apart share a form with one letter
less. Of several words that near, one is meant that a finger's usual slip leads to, then the likelier one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rapidfuzz.distance import OSA

from bot.nlu.typos import NEIGHBOURS


class NearWords:
    """Words known to a reader; `correct` leads a word with one mistake back to the known one."""

    def __init__(
        self,
        words: Iterable[str],
        *,
        not_typos: Iterable[str] = (),
        shortest: int = 5,
        likeliest: Sequence[str] = (),
    ) -> None:
        """`not_typos` are right French words that look like a known one; shorter words are never corrected.

        `likeliest` are those of the words that come before the others, the likeliest first.
        """
        self._known = frozenset(words)
        self._not_typos = frozenset(not_typos)
        self._shortest = shortest
        self._rank = {word: rank for rank, word in enumerate(likeliest)}
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
        near = {known for form in (word, *_deletions(word)) for known in self._by_deletion.get(form, ())}
        near = {known for known in near if OSA.distance(word, known, score_cutoff=1) <= 1}
        if len(near) <= 1:
            return next(iter(near), None)
        last = len(self._rank)
        return min(near, key=lambda known: (not is_slip(word, known), self._rank.get(known, last), known))


def is_slip(typed: str, right: str) -> bool:
    """Whether fingers make the one word of the other: a letter left out, doubled, swapped, a neighbouring key."""
    if len(typed) == len(right):
        wrong = [i for i, (a, b) in enumerate(zip(typed, right, strict=True)) if a != b]
        if len(wrong) == 2:
            i, j = wrong
            return j == i + 1 and typed[i] == right[j] and typed[j] == right[i]
        return len(wrong) == 1 and typed[wrong[0]] in NEIGHBOURS.get(right[wrong[0]], "")
    if len(typed) < len(right):
        return typed in _deletions(right)
    return any(
        typed[i] == typed[i + 1] and typed[:i] + typed[i + 1 :] == right for i in range(len(typed) - 1)
    )


def _deletions(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]
