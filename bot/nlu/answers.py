"""The answer to the open question, whatever the question: read from its text, type and choices alone.

The pipeline calls `AnswerReader.read` with what the other readers found. A message that is no answer (another
question, a definition, a greeting, a wish for a person) gives the kind `none`; one that steps back, asks why, skips or
does not know gives that kind. Expressions stand in `nlu_data/answers.yml`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.messages import Answer, Headcount, Intent, Place, Question, Sector
from bot.nlu.answer_choice import ChoiceReader, Chosen
from bot.nlu.answer_gesture import read_gesture, settle, span_of
from bot.nlu.answer_interval import choose_interval, intervals, measures_otherwise
from bot.nlu.answer_model import AnswerModel, Ruled, Vector, choice_features, kinds_of, marks_of, shares
from bot.nlu.answer_number import asks_people, read_number
from bot.nlu.answer_quantity import mend, quantities
from bot.nlu.answer_ranks import is_bare_number, read_ranks
from bot.nlu.answer_words import STOP_WORDS, AnswerLexicon, Reading
from bot.nlu.answer_yes_no import (
    Polarity,
    asks_if_alone,
    is_question,
    read_polarity,
    says_only_yes_or_no,
)
from bot.nlu.text import Normalised, normalise

NONE = Answer("none", None, 0.0)
_PLAIN = 0.94
"""From here on the rules read the choice's own words or its rank."""
_SURE_GESTURE, _CONTRADICTED = 0.8, 0.7
"""A value where the rules are sure that there is none loses so much of its share."""
_TORN = 0.45
"""The most that a choice among several of the same « oui » is sure of."""
_MEASURED = 0.5
"""From here on a number is believed that falls in the interval of a choice."""
_VAGUE_PLACE = re.compile(
    r"\b(?:france|campagne|province|partout|nulle part|un peu partout|en ville|dans le (?:coin|nord|sud)"
    r"|par ici|chez (?:moi|nous)"
    r"|sur la route|dans toute|quelque part|a la montagne|au bord de la mer)\b"
)
_VAGUE_TRADE = re.compile(
    r"\b(?:de tout|un peu de tout|plein de (?:choses|trucs)|des (?:trucs|choses)|les gens|patron(?:ne)?"
    r"|chef d'entreprise|dirigeante?|gerante?"
    r"|independante?|auto[- ]?entrepreneu\w+|entrepreneu\w+|artisan|commercante?|je bosse|je travaille"
    r"|a mon compte|divers|services?)\b"
)
_VAGUE = re.compile(
    r"\b(?:trop|beaucoup|plein|pas mal|peu|quelques|quelques[- ]une?s|plusieurs|enormement|bcp|ca varie"
    r"|variable|des tonnes|un paquet|assez)\b"
)


class AnswerReader:
    """Reads answers. `load` it once; reading keeps nothing."""

    def __init__(
        self,
        lexicon: AnswerLexicon,
        read_place: Callable[[Normalised], Place | None] | None = None,
        read_headcount: Callable[[Normalised], Headcount | None] | None = None,
        model: AnswerModel | None = None,
    ) -> None:
        """`read_place` and `read_headcount` read bare answers (« Redon », « 4 »); without them `read` takes
        the place and headcount that it is given. Without a `model` the rules decide alone."""
        self._model = model
        self._read_place = read_place
        self._read_headcount = read_headcount
        self._lexicon = lexicon
        self._choices = ChoiceReader(lexicon)
        self._question = lru_cache(maxsize=256)(lambda text: lexicon.read(normalise(text)))

    @classmethod
    def load(
        cls,
        folder: Path,
        *,
        read_place: Callable[[Normalised], Place | None] | None = None,
        read_headcount: Callable[[Normalised], Headcount | None] | None = None,
        model: AnswerModel | None = None,
    ) -> AnswerReader:
        """Read `answers.yml` of a project's `nlu_data/`.

        Raises:
            ContentError: the file cannot be read or lacks a section.
        """
        return cls(AnswerLexicon.load(folder / "answers.yml"), read_place, read_headcount, model)

    def read(
        self,
        n: Normalised,
        question: Question,
        *,
        intent: Intent | None = None,
        sector: Sector | None = None,
        place: Place | None = None,
        headcount: Headcount | None = None,
        vector: Vector | None = None,
        today: date | None = None,
    ) -> Answer:
        """The answer that a text gives to a question; `place` is what `PlaceReader.read_answer` found in it.

        `vector` is the text as the model takes it; `today` counts years from another day (tests).
        """
        if not n.tokens and not n.text.strip():
            return NONE
        ruled = self.by_rules(
            n, question, intent=intent, sector=sector, place=place, headcount=headcount, today=today
        )
        if self._model is None or vector is None:
            return ruled.answer
        return self.weighed(self._model, question, ruled, vector, self.marks(question, ruled, intent))

    def by_rules(
        self,
        n: Normalised,
        question: Question,
        *,
        intent: Intent | None = None,
        sector: Sector | None = None,
        place: Place | None = None,
        headcount: Headcount | None = None,
        today: date | None = None,
    ) -> Ruled:
        """What the rules alone make of it."""
        if question.type == "place" and self._read_place is not None:
            place = self._read_place(n)
        if self._read_headcount is not None and asks_people(self._question(question.text).n.plain):
            headcount = self._read_headcount(n)
        choices = question.choices
        vocabulary = self._choices.choice_set(choices).vocabulary if choices else None
        answer = self._lexicon.read(n, vocabulary)
        asked = self._question(question.text)
        polarity = read_polarity(asked, answer, self._lexicon)
        gesture = read_gesture(answer, polarity, intent, yes_no=question.type == "yes_no")
        if gesture is not None and gesture.kind == "dont_know" and gesture.confidence >= 0.5:
            own = self._choice_of_ignorance(choices)
            if own is not None:
                said = _value(own if question.type == "choice" else [own], 0.95, n)
                return Ruled(said, said, None, polarity, answer)
        if gesture is not None and gesture.kind == "dont_know" and self._is_a_choice_too(choices):
            gesture = Answer("dont_know", None, 0.25, gesture.span)
        if gesture is not None and gesture.confidence >= 0.9 and not self._is_choice(n, choices):
            return Ruled(gesture, NONE, gesture, polarity, answer)
        kind = question.type
        if kind == "choice" and len(choices) > 0:
            found = self._choice(
                n, question, answer, polarity, headcount, today or datetime.now().astimezone().date()
            )
        elif kind == "multi" and len(choices) > 0:
            found = self._multi(n, question, answer)
        elif kind == "yes_no":
            found = self._yes_no(n, asked, answer, polarity, headcount)
        elif kind == "number":
            found = self._number(n, asked, headcount, today or datetime.now().astimezone().date())
        elif kind == "place":
            found = _place(place, n.plain)
        elif kind == "sector":
            found = _sector(sector, n.plain)
        else:
            found = Answer("value", n.text.strip(), 0.8, (0, len(n.text)))
        settled = settle(found, gesture, answer, intent, kind)
        return Ruled(settled, found, gesture, polarity, answer)

    # -------------------------------------------------------------- the model over the rules
    @staticmethod
    def _is_plain(ruled: Ruled, question: Question) -> bool:
        """Whether there is nothing to weigh: the choice's own words, its rank, a number, a bare « oui » for several."""
        if question.type not in ("choice", "multi"):
            return False
        least = _MEASURED if intervals(question.choices) else _PLAIN
        is_told = ruled.answer.kind == "value" and ruled.answer.confidence >= least
        return is_told or says_only_yes_or_no(ruled.reading)

    def weighed(
        self,
        model: AnswerModel,
        question: Question,
        ruled: Ruled,
        vector: Vector,
        marks: Mapping[str, float],
    ) -> Answer:
        """The likeliest kind of answer, and within it the likeliest value."""
        if self._is_plain(ruled, question):
            return ruled.answer
        if ruled.found.kind == "none" and measures_otherwise(question.choices, ruled.reading.n.plain):
            return ruled.answer if ruled.answer.kind != "value" else NONE
        scores = model.kinds(vector, marks)
        likely = shares(scores, kinds_of(question.type))
        kind, share = max(likely.items(), key=lambda one: one[1])
        if kind == "value" and ruled.answer.kind != "value" and ruled.answer.confidence >= _SURE_GESTURE:
            share *= _CONTRADICTED
        whole = (0, len(ruled.reading.n.text))
        if kind in ("yes", "no"):
            span = ruled.found.span if ruled.found.value is (kind == "yes") else whole
            return Answer("value", kind == "yes", model.confidence(share), span)
        if kind == "dont_know" and (own := self._choice_of_ignorance(question.choices)) is not None:
            return Answer(
                "value", own if question.type == "choice" else [own], model.confidence(share), whole
            )
        if kind != "value":
            is_back = kind == "none" and ruled.gesture is not None and ruled.gesture.kind == "back"
            return Answer("back" if is_back else kind, None, share, whole)
        if question.type in ("choice", "multi") and question.choices:
            value, sure = self._likeliest(model, question, ruled, scores)
            return Answer("value", value, model.confidence(share * sure), whole)
        found = ruled.found
        if found.kind == "value":
            return Answer("value", found.value, model.confidence(share * found.confidence), found.span)
        return found if found.kind != "none" else ruled.answer

    def suiting(self, question: Question, ruled: Ruled, kinds: Mapping[str, float]) -> list[dict[str, float]]:
        """How each choice stands to the answer, as the model takes it."""
        known = self._choices.choice_set(question.choices)
        return choice_features(
            known, self._choices.scores(known, ruled.reading, ruled.polarity), ruled, kinds
        )

    def marks(self, question: Question, ruled: Ruled, intent: Intent | None) -> dict[str, float]:
        """What the model of the kinds takes beside the text."""
        return marks_of(ruled, self._question(question.text), question.type, intent)

    def _likeliest(
        self, model: AnswerModel, question: Question, ruled: Ruled, kinds: Mapping[str, float]
    ) -> tuple[int | list[int], float]:
        rows = self.suiting(question, ruled, kinds)
        if question.type == "choice":
            scores = [model.one.score(row) for row in rows]
            top = max(scores)
            raised = [math.exp(score - top) for score in scores]
            best = raised.index(max(raised))
            sure = raised[best] / sum(raised)
            return best, min(sure, _TORN) if self._is_torn(question, ruled) else sure
        suits = [1.0 / (1.0 + math.exp(-model.several.score(row))) for row in rows]
        return [i for i, share in enumerate(suits) if share > 0.5], min(max(s, 1.0 - s) for s in suits)

    def _is_torn(self, question: Question, ruled: Ruled) -> bool:
        """Whether « oui, et puis… » suits several choices and names none: it is to be asked which."""
        said = ruled.polarity
        if said is None or not said.lead or ruled.found.confidence >= 0.5:
            return False
        sign = 1 if said.value else -1
        choices = self._choices.choice_set(question.choices).choices
        return sum(choice.polarity == sign for choice in choices) >= 2

    # -------------------------------------------------------------- no value
    def _is_choice(self, n: Normalised, choices: tuple[str, ...]) -> bool:
        """Whether the message is one of the choices to the letter (« Je ne sais pas encore »)."""
        said = " ".join(t.word for t in n.tokens)
        return (
            any(said == choice.compact for choice in self._choices.choice_set(choices).choices)
            if choices
            else False
        )

    def _choice_of_ignorance(self, choices: tuple[str, ...]) -> int | None:
        """The choice that says nothing but « Je ne sais pas (encore) »."""
        if not choices:
            return None
        known = self._choices.choice_set(choices).choices
        return next(
            (
                i
                for i, c in enumerate(known)
                if c.reading.has("dont_know") and _says_only_ignorance(c.reading)
            ),
            None,
        )

    def _is_a_choice_too(self, choices: tuple[str, ...]) -> bool:
        """Whether not knowing is among the choices (« Je ne sais pas par où commencer »)."""
        return bool(choices) and any(
            c.reading.has("dont_know") for c in self._choices.choice_set(choices).choices
        )

    # -------------------------------------------------------------- by type
    def _choice(
        self,
        n: Normalised,
        question: Question,
        answer: Reading,
        polarity: Polarity | None,
        headcount: Headcount | None,
        today: date,
    ) -> Answer:
        choices = question.choices
        asked = normalise(question.text).plain
        held = [one for one in intervals(choices) if one is not None]
        # A bare number is an amount where one is asked for and every choice is one; else the place of a choice. « 1 »
        # among amounts of money is the first of them: nobody's turnover is one euro.
        is_measured = "combien" in asked and len(held) >= len(choices) - 1
        numeric = bool(held) and is_measured and {one.kind for one in held} != {"money"}
        ranks = read_ranks(mend(n.plain), len(choices))
        if ranks is not None and len(ranks) == 1 and not (numeric and is_bare_number(n.plain)):
            return _value(ranks[0], 0.95, n)
        by_words = self._choices.read_one(n, choices, answer, polarity)
        if by_words is not None and by_words.confidence >= 0.98:
            return _value(by_words.indices[0], by_words.confidence, n)
        if held and (chosen := choose_interval(asked, choices, n.plain, headcount, today)):
            index, confidence, start, end = chosen
            if by_words is not None and by_words.indices[0] != index and by_words.confidence > confidence:
                return _value(by_words.indices[0], min(0.65, by_words.confidence), n)
            return Answer("value", index, confidence, n.span(start, end))
        if by_words is None and ranks is not None and len(ranks) == 1:
            return _value(ranks[0], 0.8, n)
        if by_words is None:
            return NONE
        return _value(by_words.indices[0], by_words.confidence, n)

    def _multi(self, n: Normalised, question: Question, answer: Reading) -> Answer:
        choices = question.choices
        ranks = read_ranks(mend(n.plain), len(choices))
        if ranks is not None:
            return _value(ranks, 0.94, n)
        chosen: Chosen | None = self._choices.read_several(n, choices, answer)
        if chosen is None:
            return NONE
        return _value(list(chosen.indices), chosen.confidence, n)

    def _yes_no(
        self,
        n: Normalised,
        asked: Reading,
        answer: Reading,
        polarity: Polarity | None,
        headcount: Headcount | None,
    ) -> Answer:
        if headcount is not None and asks_if_alone(asked) and not (polarity and polarity.lead):
            return _value(headcount.max == 1, 0.9, n)
        if polarity is not None:
            span = span_of(answer, polarity.match) if polarity.match else (0, len(n.text))
            return Answer("value", polarity.value, polarity.confidence, span)
        found = quantities(n.plain)
        if found and found[0].low is not None:
            return _value(found[0].low > 0, 0.78, n)
        if answer.words and not is_question(answer) and any(w.word not in STOP_WORDS for w in answer.words):
            return _value(True, 0.6, n)  # « icloud », « le comptable »: who names it has it
        return NONE

    @staticmethod
    def _number(n: Normalised, asked: Reading, headcount: Headcount | None, today: date) -> Answer:
        mended = mend(n.plain)
        said = read_number(asked.n.plain, mended, headcount, today)
        if said is None:
            vague = _VAGUE.search(n.plain)
            return Answer("dont_know", None, 0.6, n.span(*vague.span())) if vague else NONE
        span = n.span(said.start, said.end) if mended == n.plain else (0, len(n.text))
        return Answer("value", said.value, said.confidence, span)


def _place(place: Place | None, plain: str) -> Answer:
    if place is None:
        vague = _VAGUE_PLACE.search(plain)
        return Answer("dont_know", None, 0.6) if vague else NONE
    if place.insee:
        return Answer("value", place.insee, 0.8 if place.alternatives else 0.93, place.span)
    if place.departement:
        return Answer("value", f"dep:{place.departement}", 0.92, place.span)
    if place.region:
        return Answer("value", f"reg:{place.region}", 0.92, place.span)
    return Answer("dont_know", None, 0.8, place.span)  # a homonym: to be asked again


def _sector(sector: Sector | None, plain: str) -> Answer:
    if sector is None:
        vague = _VAGUE_TRADE.search(plain)
        return Answer("dont_know", None, 0.6) if vague else NONE
    return Answer("value", sector.naf, sector.confidence, sector.span)


def _value(value: Any, confidence: float, n: Normalised) -> Answer:
    return Answer("value", value, round(confidence, 3), (0, len(n.text)))


def _says_only_ignorance(label: Reading) -> bool:
    return (
        len(label.words) <= 4
        or re.search(r"(?:ce que c'est|de quoi il s'agit)\W*$", label.n.plain) is not None
    )
