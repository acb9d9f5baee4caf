"""The shipped project's reading: one spaCy pipeline, `fr_core_news_sm` with the project's own components.

The French model's own parts run only where a component asks for them (see `components`): 3.5 ms for 60 words
when they ran for every message, 0.2 ms without.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from bot.errors import ContentError
from bot.messages import Intent, NluReading, Question, Span
from bot.nlu import answer_model, components, tokenizer  # both register factories
from bot.nlu.answer_model import Ruled, Vector
from bot.nlu.answers import AnswerReader
from bot.nlu.decide import decide
from bot.nlu.headcount import read_headcount_answer
from bot.nlu.places import PlaceReader
from bot.nlu.requests import Request, RequestReader
from bot.nlu.spelling import SHORTEST
from bot.nlu.text import MAX_CHARS, plain
from bot.project import Project

MODEL = "fr_core_news_sm"
COMPONENTS = (
    "connecteur_plain", "connecteur_place", "connecteur_headcount", "connecteur_sector", "connecteur_needs",
    "connecteur_intents",
)  # fmt: skip
PARTS = ("lexicon", "model", "analysis")
"""What `evaluate --without` can leave out, to measure its share."""

_REMEMBERED_TEXTS = 2000
_SHORT_CHARS = 24
"""« oui », « je ne sais pas », « la deuxième »: so short a text is written by many owners, and read alike for all."""
_REMEMBERED_READINGS = 4096


class FrenchPipeline:
    """Reads texts of owners. Not for several threads at once: spaCy's memory zone is one of the pipeline."""

    def __init__(
        self, nlp: Language, answers: AnswerReader, places: PlaceReader, requests: RequestReader | None
    ) -> None:
        self._nlp = nlp
        self._components = [component for _, component in nlp.pipeline]
        self.answers = answers
        self._places = places
        self._requests = requests
        self._zone: AbstractContextManager[object] | None = None
        self._since_forgotten = 0
        self._read_short = lru_cache(_REMEMBERED_READINGS)(self._read_anew)

    def read(self, text: str, question: Question | None = None) -> NluReading:
        """All that a text says, and the answer to the open question."""
        return (self._read_short if len(text) <= _SHORT_CHARS else self._read_anew)(text, question)

    def _read_anew(self, text: str, question: Question | None) -> NluReading:
        return self._reading(self._analysed(text), text, question)

    def read_batch(self, items: Iterable[tuple[str, Question | None]]) -> list[NluReading]:
        """The readings of many texts, in their order."""
        return [self.read(text, question) for text, question in items]

    def read_position(self, lat: float, lon: float) -> NluReading:
        """A position shared from a phone, in degrees: the nearest communes, to be asked back."""
        return NluReading("", Intent("answer", 1.0), place=self._places.around(lat, lon))

    def read_by_rules(self, text: str, question: Question) -> tuple[Ruled, Vector, dict[str, float]]:
        """What the model of answers learns from: the rules' reading and the text as a vector."""
        doc = self._analysed(text)
        reading = decide(text, doc)
        ruled = self.answers.by_rules(
            doc._.plain,
            question,
            intent=reading.intent,
            sector=reading.sector,
            place=reading.place,
            headcount=reading.headcount,
        )
        return ruled, doc._.vector, self.answers.marks(question, ruled, reading.intent)

    def _analysed(self, text: str) -> Doc:
        """The text as all components leave it."""
        self._forget_words()
        # Called one after the other: spaCy's own `pipe` adds its bookkeeping, and our parts gain nothing by batches.
        doc = self._nlp.make_doc(text[:MAX_CHARS])
        for component in self._components:
            doc = component(doc)
        return doc

    def _forget_words(self) -> None:
        """Drop now and then the words of owners out of spaCy's vocabulary, which would grow for ever.

        Not after each text: its tokenizer would learn them anew, which costs 1.1 ms for 60 words.
        """
        if self._zone is None or self._since_forgotten >= _REMEMBERED_TEXTS:
            if self._zone is not None:
                self._zone.__exit__(None, None, None)
            self._zone = self._nlp.memory_zone()
            self._zone.__enter__()
            self._since_forgotten = 0
        self._since_forgotten += 1

    def _reading(self, doc: Doc, text: str, question: Question | None) -> NluReading:
        reading = decide(text, doc)
        if self._requests is not None and (found := self._requests.read(doc._.corrected)):
            reading = _with_request(reading, found)
        if question is None:
            return reading
        answer = self.answers.read(
            doc._.plain,
            question,
            intent=reading.intent,
            sector=reading.sector,
            place=reading.place,
            headcount=reading.headcount,
            vector=doc._.vector,
        )
        if question.type == "place" and reading.place is None and answer.kind == "value":
            # The answer is a code; who says it back needs the name.
            reading = replace(reading, place=self._places.read_answer(doc._.plain))
        return replace(reading, answer=answer)


PRESENTING = ("describe_business", "express_need")
SURELY = 0.6


def _with_request(reading: NluReading, found: Request) -> NluReading:
    """A message that presents the firm makes no request but those meant to stand beside; « connecteur » of the request
    itself is no trade."""
    sector, span = reading.sector, found.span
    asking = replace(reading, request=found.intent, request_is_firm=found.is_firm)
    if sector is None or (found.is_beside and not _overlap(sector.span, span)):
        return asking
    if _overlap(sector.span, span):
        return replace(asking, sector=None)
    presents = reading.intent.name in PRESENTING and reading.intent.confidence >= SURELY
    # « Et pour mon mari électricien ? » begins with the request: the trade is what it asks about.
    is_first = found.is_firm and span[0] == 0
    return reading if presents and not is_first else asking


def _overlap(one: Span | None, other: Span) -> bool:
    return one is not None and one[0] < other[1] and other[0] < one[1]


def load(project: Project, model: Path, without: Iterable[str] = ()) -> FrenchPipeline:
    """Put the pipeline together from a trained model file.

    Raises:
        ContentError: the French model of spaCy is not installed.
    """
    left_out = frozenset(without)
    nlp = build(project, model, left_out)
    nlp.add_pipe("connecteur_intents", config={"model": str(model)})
    place: components.PlaceComponent = nlp.get_pipe("connecteur_place")
    with np.load(model) as kept:
        arrays = {name: kept[name] for name in kept.files if name.startswith("answers_")}
    answers = AnswerReader.load(
        project.nlu_folder,
        read_place=place.reader.read_answer,
        read_headcount=read_headcount_answer,
        model=answer_model.from_arrays(arrays),
    )
    return FrenchPipeline(nlp, answers, place.reader, RequestReader.load(project.nlu_folder))


def build(project: Project, model: Path, without: frozenset[str] = frozenset()) -> Language:
    """The pipeline up to the needs: what training the intents takes its markers from."""
    nlp = french_model()
    data = project.nlu_folder
    files = {"lexicon": str(data / "needs.yml"), "places": str(data / "places"), "model": str(model)}
    nlp.add_pipe("connecteur_plain", config=files)
    nlp.add_pipe("connecteur_place", config={"folder": str(data / "places"), "model": str(model)})
    nlp.add_pipe("connecteur_headcount", config={"model": str(model)})
    nlp.add_pipe("connecteur_sector", config={"folder": str(data / "sectors"), "without": sorted(without)})
    nlp.add_pipe(
        "connecteur_needs",
        config={
            "lexicon": str(data / "needs.yml"),
            "model": str(model),
            "analysis": "analysis" not in without,
        },
    )
    return nlp


def french_model() -> Language:
    """spaCy's model, its own parts loaded but at rest.

    Raises:
        ContentError: it is not installed.
    """
    try:
        return spacy.load(
            MODEL,
            exclude=["ner", "lemmatizer", "attribute_ruler", "parser", "senter"],
            disable=["tok2vec", "morphologizer"],
            # another language class and tokenizer: those of « fr » take 1.8 s of rules that the analysis does not need
            config={"nlp": {"lang": "xx", "tokenizer": {"@tokenizers": tokenizer.NAME}}},
        )
    except OSError as error:
        raise ContentError(
            f"Le modèle de langue {MODEL} n'est pas installé (« make venv » l'installe)."
        ) from error


def known_words(nlp: Language, sectors: Path) -> npt.NDArray[np.uint64]:
    """Hashes, sorted, of words that are no typing mistakes: what the model knows in plain form, and words of trades."""
    words = {
        plain(word) if not word.isascii() else word
        for word in nlp.vocab.strings
        if len(word) >= SHORTEST and word.isalpha() and word.islower()
    }
    for path in (*sectors.glob("lexicon_*.tsv"), *sectors.glob("products.tsv")):
        lines = path.read_text(encoding="utf-8").splitlines()
        words.update(word for line in lines for word in re.findall(rf"[a-z]{{{SHORTEST},}}", plain(line)))
    return np.array(sorted(nlp.vocab.strings[word] for word in words), dtype=np.uint64)
