"""What every reader does first: a plain form of the owner's text, with the way back to his characters.

The plain form is lower case without accents, zero-width or control characters; apostrophes, quotes and dashes
are one kind, `œ` is `oe`. `offsets` leads each plain character back to the original one, so that spans are always
in characters of the text as it was typed. Time is linear, and at most `MAX_CHARS` characters are read.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from bot.messages import Span

MAX_CHARS = 5000
"""Characters of a message that are read; what follows is ignored."""

_TOKEN = re.compile(r"[^\W_]+")
_REPLACED = {
    **dict.fromkeys("’‘ʼ`´′‛＇", "'"),
    **dict.fromkeys("«»“”„‟″", '"'),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    "œ": "oe",
    "Œ": "oe",
    "æ": "ae",
    "Æ": "ae",
    "ø": "o",
    "ł": "l",
    "ß": "ss",
}


@dataclass(frozen=True, slots=True)
class Token:
    """A word or number of the plain text; `start` and `end` are in plain coordinates."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Normalised:
    """A text and its plain form. `offsets[i]` is the original position of plain character `i`."""

    text: str
    plain: str
    offsets: tuple[int, ...]
    tokens: tuple[Token, ...]

    def span(self, start: int, end: int) -> Span:
        """The characters of the original text that plain characters [start, end) come from."""
        if start >= end:
            at = self.offsets[start] if start < len(self.offsets) else len(self.text)
            return at, at
        last = self.offsets[end - 1] + 1
        while last < len(self.text) and unicodedata.combining(self.text[last]):
            last += 1
        return self.offsets[start], last


def normalise(text: str) -> Normalised:
    """Make the plain form of a text."""
    read = text[:MAX_CHARS]
    pieces: list[str] = []
    offsets: list[int] = []
    for position, char in enumerate(read):
        piece = _plain_char(char)
        if piece:
            pieces.append(piece)
            if len(piece) == 1:
                offsets.append(position)
            else:
                offsets.extend([position] * len(piece))
    plain = "".join(pieces)
    tokens = tuple(Token(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(plain))
    return Normalised(text, plain, tuple(offsets), tokens)


def plain(text: str) -> str:
    """The plain form alone, for vocabularies."""
    return normalise(text).plain


@lru_cache(maxsize=4096)
def _plain_char(char: str) -> str:
    if char in _REPLACED:
        return _REPLACED[char]
    if char.isspace():
        return "\n" if char == "\n" else " "
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"):
        return ""
    decomposed = unicodedata.normalize("NFKD", char)
    kept = "".join(c for c in decomposed if not unicodedata.combining(c))
    return "".join(_REPLACED.get(c, c) for c in kept).lower()[:8]
