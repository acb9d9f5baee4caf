"""The words of a text as the gazetteer's keys write them, and the mentions of places found in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.nlu import place_context as context
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


_BREAK = re.compile(r"[,.;:!?()\n/|\"–]|\s-\s")
_SENTENCE_END = re.compile(r"[.!?\n]")
_PART = re.compile(r"[,.;:!?()\n|\"]")


@dataclass(slots=True)
class Mention:
    """A named place. `rows` are communes that it may be, `code` an area ("dep:35", "reg:53").

    `first` and `last` are token numbers, the last one excluded; `start` and `end` plain characters. `guessed`: a
    mistake was mended in a word that may as well be a mistyped ordinary one.
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
    guessed: bool = False


class Words:
    """The tokens of a text as the gazetteer's keys write them, with what the original letters tell.

    What stands around a name is read in the `corrected` text, which has the same tokens.
    """

    def __init__(self, n: Normalised, corrected: Normalised) -> None:
        self.n = n
        self.corrected = corrected
        self.plain = n.plain
        self.words: list[str] = []
        letters = n.text[:400]
        self.shouted = letters.upper() == letters
        for token, right in zip(n.tokens, corrected.tokens, strict=True):
            word = _SAINTS.get(right.word, token.word)
            if word == "ste" and n.text[n.offsets[token.end - 1]] in "éÉ":
                word = "stetienne"  # "Sainté", as its people say
            if word == "s" and n.plain[token.end : token.end + 1] == "/":
                word = "sur"
            self.words.append(word)
        gaps = [self.gap(i) for i in range(len(self.words))]
        self._breaks = [i == 0 or _BREAK.search(gap) is not None for i, gap in enumerate(gaps)]
        self._parts = [_PART.search(gap) is not None for gap in gaps]
        self._capitals = [
            i > 0 and not self.shouted and self._upper(i) and not _SENTENCE_END.search(gap)
            for i, gap in enumerate(gaps)
        ]

    def __len__(self) -> int:
        return len(self.words)

    def gap(self, i: int) -> str:
        """The characters between token i-1 and token i."""
        start = self.n.tokens[i - 1].end if i else 0
        end = self.n.tokens[i].start if i < len(self.words) else len(self.plain)
        return self.plain[start:end]

    def before(self, i: int, size: int = 90) -> str:
        """Corrected text before token i."""
        start = self.corrected.tokens[i].start
        return self.corrected.plain[max(0, start - size) : start]

    def after(self, i: int, size: int = 40) -> str:
        """Corrected text after token i-1."""
        end = self.corrected.tokens[i - 1].end
        return self.corrected.plain[end : end + size]

    def right(self, i: int) -> str:
        """Token i as the corrected text has it."""
        return self.corrected.tokens[i].word

    def is_mended(self, i: int) -> bool:
        """Whether token i was taken for a misspelled common word."""
        return self.right(i) != self.n.tokens[i].word

    def is_capital(self, i: int) -> bool:
        """Whether token i has a capital letter that only a name explains."""
        return self._capitals[i]

    def _upper(self, i: int) -> bool:
        start, end = self.n.tokens[i].start, self.n.tokens[i].end
        first = self.n.offsets[start]  # « aMrennes »: the second of two swapped letters
        return any(char.isupper() for char in self.n.text[first : first + min(2, end - start)])

    def is_all_capitals(self, i: int, j: int) -> bool:
        """Whether tokens i to j-1 are written in capitals in a text that is not."""
        first, last = self.n.tokens[i].start, self.n.tokens[j - 1].end
        return self.n.text[self.n.offsets[first] : self.n.offsets[last - 1] + 1].isupper()

    def has_accented_a(self, i: int) -> bool:
        """Whether token i is written "à"."""
        return self.n.text[self.n.offsets[self.n.tokens[i].start]] in "àÀ"

    def breaks(self, i: int) -> bool:
        """Whether punctuation (or an edge of the text) stands before token i."""
        return i >= len(self.words) or self._breaks[i]

    def joined(self, i: int, j: int) -> bool:
        """Whether tokens i to j-1 are not parted by punctuation other than hyphens and apostrophes."""
        return not any(self._parts[i + 1 : j])

    def mention(self, i: int, j: int, score: float, rows: tuple[int, ...] = (), code: str = "") -> Mention:
        """A mention of tokens i to j-1."""
        return Mention(i, j, self.n.tokens[i].start, self.n.tokens[j - 1].end, score, rows, code)


def preposition(words: Words, i: int) -> tuple[str, bool]:
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
            r"\b(?:pres|proche|loin|cote|alentours|environs|autour|banlieue|peripherie|coin|"
            r"region)s? (?:de|d|du|des)\b",
            words.before(i, 30),
        ):
            return "pres", False
        return "de", False
    if word in ("sur", "vers", "en", "dans", "ds", "pres", "sr"):
        return {"ds": "dans", "sr": "sur"}.get(word, word), False
    return "", False
