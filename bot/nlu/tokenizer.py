"""The pipeline's tokenizer: French words and elisions by one expression, in time linear in the text.

spaCy's own French rules take 1.8 s to build at each start and read a long run of signs in quadratic time; on
owners' messages the model's morphology is the same with these words.
"""

# mypy: disallow-untyped-decorators=False
from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import spacy
from spacy.language import Language
from spacy.tokens import Doc
from spacy.vocab import Vocab

NAME = "connecteur_words.v1"

# « aujourd'hui », « l' » and « qu' » before their word, « rendez-vous », signs, spaces
_PIECE = re.compile(
    r"aujourd['’]hui|\w{1,60}['’]|\w{1,60}(?:-\w{1,60}){0,5}|[^\w\s]{1,40}|\s+", re.IGNORECASE
)


class WordTokenizer:
    """Cuts a text into words; the document's text is that text, to the character."""

    def __init__(self, vocab: Vocab) -> None:
        self._vocab = vocab

    def __call__(self, text: str) -> Doc:
        """The document of a text."""
        words: list[str] = []
        spaces: list[bool] = []
        for piece in _PIECE.findall(text):
            # one space belongs to the word before, as spaCy has it; any other is a token
            if piece[0] == " " and words and not spaces[-1] and not words[-1].isspace():
                spaces[-1] = True
                piece = piece[1:]
            if piece:
                words.append(piece)
                spaces.append(False)
        return Doc(self._vocab, words=words, spaces=spaces)

    def to_disk(self, path: str | Path, **_: Any) -> None:
        """Nothing to write: the expression is in the code."""

    def from_disk(self, path: str | Path, **_: Any) -> WordTokenizer:
        """Nothing to read; spaCy asks every tokenizer."""
        return self


@spacy.registry.tokenizers(NAME)
def make_tokenizer() -> Callable[[Language], WordTokenizer]:
    """What the pipeline's configuration names."""
    return lambda nlp: WordTokenizer(nlp.vocab)
