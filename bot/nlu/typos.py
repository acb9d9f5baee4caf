"""Typing mistakes, made on purpose: to measure how well noisy texts are read, and to learn from such texts.

The four kinds that fingers make: two letters swapped, one left out, one typed twice, a neighbouring key hit.
"""

from __future__ import annotations

import random
import re

_ROWS = ("azertyuiop", "qsdfghjklm", "wxcvbn")
"""The letters of the French keyboard."""


def _neighbours() -> dict[str, str]:
    """The keys around each letter: beside it, and the two above and below it."""
    near: dict[str, str] = {}
    for r, row in enumerate(_ROWS):
        for at, letter in enumerate(row):
            around = [row[at - 1 : at], row[at + 1 : at + 2]]
            around += [_ROWS[r - 1][at : at + 2]] if r > 0 else []
            around += [_ROWS[r + 1][max(0, at - 1) : at + 1]] if r + 1 < len(_ROWS) else []
            near[letter] = "".join(around)
    return near


NEIGHBOURS = _neighbours()
"""The keys around each letter."""


def with_typos(text: str, rng: random.Random, shortest: int = 6) -> str:
    """The text with one mistake in each word of `shortest` letters or more."""
    return re.sub(rf"[^\W\d_]{{{shortest},}}", lambda word: typo(word[0], rng), text)


def typo(word: str, rng: random.Random) -> str:
    """The word of two letters or more with one mistake, anywhere in it."""
    while True:
        at = rng.randrange(len(word))
        kind = rng.randrange(4)
        if kind == 0:
            wrong = word[:at] + word[at + 1 :]
        elif kind == 1:
            wrong = word[:at] + word[at] + word[at:]
        elif kind == 2:
            wrong = word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
        else:
            letter = rng.choice(NEIGHBOURS.get(word[at].lower(), word[at]))
            wrong = word[:at] + (letter.upper() if word[at].isupper() else letter) + word[at + 1 :]
        if wrong != word:  # two equal letters swapped are no mistake, nor is a letter that the keyboard lacks
            return wrong
