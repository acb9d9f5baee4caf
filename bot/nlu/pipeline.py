"""The door to the language part: `load(project)` gives what reads the texts of that project.

The shipped project (and those made from it) is read by the French pipeline, a plain Rasa project by a pipeline
trained from its own NLU data, in any language. A missing or stale model is trained first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

from bot.messages import Intent, NluReading, Question
from bot.project import Project

FALLBACK = "nlu_fallback"


class Pipeline(Protocol):
    """What reads texts."""

    def read(self, text: str, question: Question | None = None) -> NluReading:
        """All that a text says, and the answer to the open question where there is one."""
        ...

    def read_batch(self, items: Iterable[tuple[str, Question | None]]) -> list[NluReading]:
        """The readings of many texts, in their order."""
        ...


def load(project: Project, without: Iterable[str] = ()) -> Pipeline:
    """The pipeline of a project; trains its model when there is none for its files.

    `without` leaves parts out, to measure their share (see `french.PARTS`).
    """
    from bot.nlu.train import trained_model

    model = trained_model(project)
    if project.is_plain_rasa:
        from bot.nlu import rasa_pipeline

        return rasa_pipeline.load(project, model)
    from bot.nlu import french

    return french.load(project, model, without)


def with_fallback(reading: NluReading, threshold: float, ambiguity: float) -> NluReading:
    """Put `nlu_fallback` first when the best intent is not sure enough, as Rasa's FallbackClassifier does.

    Its confidence is the threshold, and what was read stays in the ranking behind it.
    """
    ranking = reading.ranking or (reading.intent,)
    unsure = ranking[0].confidence < threshold
    torn = len(ranking) > 1 and ranking[0].confidence - ranking[1].confidence < ambiguity
    if not (unsure or torn):
        return reading
    fallback = Intent(FALLBACK, threshold)
    return replace(reading, intent=fallback, ranking=(fallback, *ranking))
