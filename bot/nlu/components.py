"""The project's own components of the spaCy pipeline, each registered as a factory.

They read the plain form of `doc.text` and put what they find on `doc._`; their settings are paths only, so that
the pipeline's configuration stays plain data. The order in the pipeline is that of `french.COMPONENTS`.
"""

# mypy: disallow-untyped-decorators=False
from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from spacy.language import Language
from spacy.tokens import Doc

from bot.messages import Span
from bot.nlu import (
    headcount_patterns,
    headcount_words,
    need_model,
    place_context,
    refusal_words,
    stance_model,
)
from bot.nlu.gazetteer import area_words
from bot.nlu.headcount import read_headcount
from bot.nlu.intents import model_from_arrays
from bot.nlu.needs import NeedLexicon, read_lexicon, words_of
from bot.nlu.negation import hangs_on_syntax, judge
from bot.nlu.places import PlaceReader
from bot.nlu.sectors import SectorReader
from bot.nlu.spelling import Speller
from bot.nlu.text import Normalised, normalise

# of a longer stretch only the beginning is analysed, which costs 30 µs a word
_ANALYSED_CHARS = 600
_ANALYSIS = ("tok2vec", "morphologizer")
_SENTENCE_END = re.compile(r"[.!?;\n…]+\s+")
_MOST_SENTENCES = 5
_REMEMBERED_WORDS = 20_000

for _name in ("plain", "corrected", "sector", "place", "headcount", "vector"):
    Doc.set_extension(_name, default=None, force=True)
for _name in ("needs", "intents", "parts"):
    Doc.set_extension(_name, default=(), force=True)
Doc.set_extension("need_stances", default={}, force=True)

Component = Callable[[Doc], Doc]


@Language.factory(
    "connecteur_plain",
    assigns=["doc._.plain", "doc._.corrected"],
    default_config={"lexicon": "", "places": "", "model": ""},
)
def make_plain(nlp: Language, name: str, lexicon: str, places: str, model: str) -> Component:
    """The plain form of the text, as typed and with the misspelled words put right that the others go by."""
    is_right = RightWords(nlp, Path(model))
    others = {
        *words_of(read_lexicon(Path(lexicon))),
        *refusal_words.LONG_WORDS,
        *headcount_words.SPELT,
        *headcount_patterns.LONG_WORDS,
        *place_context.LONG_WORDS,
        *area_words(Path(places)),
    }
    speller = Speller([*is_right.taught, *sorted(others)], is_right)

    def component(doc: Doc) -> Doc:
        doc._.plain = normalise(doc.text)
        doc._.corrected = speller.correct(doc._.plain)
        return doc

    return component


class PlaceComponent:
    """Where the firm is. The answers to a question use the same `reader`: the gazetteer is loaded once."""

    def __init__(self, folder: Path, is_right: Callable[[str], bool]) -> None:
        self.reader = PlaceReader.load(folder, is_right)

    def __call__(self, doc: Doc) -> Doc:
        """Put the firm's place on the document."""
        doc._.place = self.reader.read(doc._.plain, doc._.corrected)
        return doc


@Language.factory("connecteur_place", assigns=["doc._.place"], default_config={"folder": "", "model": ""})
def make_place(nlp: Language, name: str, folder: str, model: str) -> Component:
    """Where the firm is."""
    return PlaceComponent(Path(folder), RightWords(nlp, Path(model)))


@Language.factory("connecteur_headcount", assigns=["doc._.headcount"], default_config={"model": ""})
def make_headcount(nlp: Language, name: str, model: str) -> Component:
    """How many people work there; short words that tell so may have a mistake too."""
    speller = Speller(sorted(headcount_words.SPELT), RightWords(nlp, Path(model)), shortest=4)

    def component(doc: Doc) -> Doc:
        doc._.headcount = read_headcount(speller.correct(doc._.corrected), doc._.plain)
        return doc

    return component


@Language.factory(
    "connecteur_sector",
    assigns=["doc._.sector"],
    requires=["doc._.place", "doc._.headcount"],
    default_config={"folder": "", "without": []},
)
def make_sector(nlp: Language, name: str, folder: str, without: list[str]) -> Component:
    """The firm's activity on the NAF; the words of the place and of the headcount say no trade."""
    reader = SectorReader.load(Path(folder), without)

    def component(doc: Doc) -> Doc:
        taken = [found.span for found in (doc._.place, doc._.headcount) if found is not None]
        doc._.sector = reader.read(doc._.plain, taken=taken)
        return doc

    return component


@Language.factory(
    "connecteur_needs",
    assigns=["doc._.needs"],
    requires=["doc._.corrected"],
    default_config={"lexicon": "", "model": "", "analysis": True},
)
def make_needs(nlp: Language, name: str, lexicon: str, model: str, analysis: bool) -> Component:
    """What is spoken of, wanted or refused.

    spaCy's morphology is asked only where a refusal reached a need over an « et » or a comma: it is what
    decides whether a clause of its own opens there.
    """
    is_right = RightWords(nlp, Path(model))
    needs = NeedLexicon(read_lexicon(Path(lexicon)), is_right)
    parts: list[Any] = [nlp.get_pipe(part) for part in _ANALYSIS] if analysis else []

    def analysed(doc: Doc, span: Span) -> Doc:
        part_doc = nlp.make_doc(doc.text[span[0] : span[1]][:_ANALYSED_CHARS])
        for part in parts:
            part_doc = part(part_doc)
        return part_doc

    def component(doc: Doc) -> Doc:
        n = doc._.corrected
        judged = judge(n, mentions := needs.mentions(n))
        if parts and (stretch := hangs_on_syntax(n, judged)):
            judged = judge(
                n, mentions, _clause_finder(analysed(doc, n.span(*stretch)), n, n.span(*stretch)[0])
            )
        doc._.needs = tuple(judged)
        return doc

    return component


@Language.factory(
    "connecteur_intents",
    assigns=["doc._.intents", "doc._.need_stances", "doc._.vector"],
    default_config={"model": ""},
)
def make_intents(nlp: Language, name: str, model: str) -> Component:
    """Every intent with its confidence, and how likely each need is wanted and refused."""
    with np.load(model) as arrays:
        intents = model_from_arrays(arrays, "intents_")
        needs = need_model.from_arrays(arrays)
        stances = stance_model.from_arrays(arrays)

    def component(doc: Doc) -> Doc:
        n = doc._.corrected
        vector = doc._.vector = intents.vector(n, markers(doc))
        doc._.intents = intents.ranked(*vector)

        def scores_of(start: int, end: int) -> need_model.Scores:
            return needs.scores(*intents.vector(normalise(n.plain[start:end])))

        found = stance_model.candidates(n, doc._.needs, needs.scores(*vector), scores_of)
        doc._.need_stances = stances.judge(found)
        # A request at the end of a long presentation weighs little in the whole: each sentence is read by itself too.
        doc._.parts = tuple((part, intents.ranking(part)[:2]) for part in sentences(n))
        return doc

    return component


def sentences(n: Normalised) -> list[Normalised]:
    """The sentences behind the first, of two words or more; at most `_MOST_SENTENCES`, none in a text of one."""
    ends = [match.end() for match in _SENTENCE_END.finditer(n.plain)][: _MOST_SENTENCES + 1]
    pieces = [n.plain[start:end] for start, end in pairwise([*ends, len(n.plain)])]
    return [normalise(piece) for piece in pieces if len(piece.split()) >= 2]


class RightWords:
    """The French words that are no typing mistakes, and the words of the examples (`taught`), likeliest first."""

    def __init__(self, nlp: Language, model: Path) -> None:
        self._strings = nlp.vocab.strings
        with np.load(model) as arrays:
            self._known = arrays["known_words"]
            self.taught = bytes(arrays["taught_words"]).decode().split("\n")
        self._is_right = lru_cache(maxsize=_REMEMBERED_WORDS)(self._look_up)

    def __call__(self, word: str) -> bool:
        """Whether the word is right as it is."""
        return self._is_right(word)

    def _look_up(self, word: str) -> bool:
        wanted = np.uint64(self._strings[word])
        at = int(np.searchsorted(self._known, wanted))
        return at < len(self._known) and bool(self._known[at] == wanted)


def markers(doc: Doc) -> tuple[str, ...]:
    """What the readers before found, in the words of the intent model."""
    found = {"need " + judged.stance.value for judged in doc._.needs}
    found.update(need_model.markers(doc._.needs))
    found |= {"key " + judged.mention.key for judged in doc._.needs}
    if any(judged.mention.strong for judged in doc._.needs):
        found.add("problem")
    if doc._.sector is not None:
        found.add("sector" if doc._.sector.confidence >= 0.82 else "maybe sector")
    if doc._.place is not None:
        found.add("place")
    if doc._.headcount is not None:
        found.add("headcount")
    return tuple(sorted(found))


def _clause_finder(doc: Doc, n: Normalised, offset: int) -> Callable[[int], bool]:
    """Whether a finite verb follows within four words of a token of the plain text; `doc` begins at `offset`."""
    finite = sorted(
        offset + token.idx
        for token in doc
        if token.pos_ in ("VERB", "AUX") and "Fin" in token.morph.get("VerbForm")
    )

    def starts_clause(i: int) -> bool:
        last = n.tokens[min(i + 3, len(n.tokens) - 1)]
        first_char, last_char = n.offsets[n.tokens[i].start], n.offsets[last.end - 1]
        return any(first_char <= at <= last_char for at in finite)

    return starts_clause
