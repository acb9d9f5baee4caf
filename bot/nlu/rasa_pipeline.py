"""Reads the texts of a plain Rasa project with what was learnt from its own NLU data, in any language.

Takes from `config.yml` what changes a reading: `FallbackClassifier`, `RegexEntityExtractor`,
`EntitySynonymMapper`. Which classifier it names does not matter: there is one, linear, on words and characters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from bot.errors import ProjectFileError
from bot.messages import Entity, Intent, NluReading, Question
from bot.nlu import entity_tagger, nlu_yaml
from bot.nlu.intents import IntentModel, model_from_arrays
from bot.nlu.nlu_yaml import TrainingData
from bot.nlu.pipeline import with_fallback
from bot.nlu.text import normalise
from bot.project import Project

KNOWN_COMPONENTS = tuple(
    "WhitespaceTokenizer JiebaTokenizer MitieTokenizer SpacyTokenizer MitieNLP SpacyNLP ConveRTFeaturizer "
    "CountVectorsFeaturizer LanguageModelFeaturizer LexicalSyntacticFeaturizer MitieFeaturizer RegexFeaturizer "
    "SpacyFeaturizer DIETClassifier FallbackClassifier KeywordIntentClassifier LogisticRegressionClassifier "
    "MitieIntentClassifier SklearnIntentClassifier CRFEntityExtractor DucklingEntityExtractor "
    "EntitySynonymMapper MitieEntityExtractor RegexEntityExtractor SpacyEntityExtractor ResponseSelector".split()
)
"""The steps of a pipeline in Rasa 3.6; a project's own is named by its class path."""


@dataclass(frozen=True, slots=True)
class Config:
    """What of `config.yml` changes a reading. `fallback`: threshold and ambiguity, or None."""

    fallback: tuple[float, float] | None = None
    has_lookups: bool = True
    has_synonyms: bool = True


class RasaPipeline:
    """Reads texts as the project's examples teach."""

    def __init__(
        self, model: IntentModel, tagger: entity_tagger.EntityTagger, data: TrainingData, config: Config
    ) -> None:
        self._model = model
        self._tagger = tagger
        self._data = data
        self._config = config
        self._known = _known_texts(data)
        self._annotated = {example.text.strip().lower(): example.entities for example in data.examples}

    def read(self, text: str, question: Question | None = None) -> NluReading:
        """Intent and entities; an open question plays no part in a plain Rasa project."""
        n = normalise(text)
        if not n.plain.strip():
            return NluReading(text=text, intent=Intent("", 0.0))
        ranking = self._model.ranking(n)
        # an example of the training data is what its author says, however few there are beside it
        known = self._known.get(" ".join(token.word for token in n.tokens) or n.plain)
        if known is not None:
            ranking = (Intent(known, 1.0), *(Intent(i.name, 0.0) for i in ranking if i.name != known))
        bases = _by_base(ranking)
        # the best of the likeliest retrieval intent chooses the response; the intent is as sure as all of its kind
        best = next(i for i in ranking if i.name.split("/")[0] == bases[0].name)
        intent = replace(best, confidence=bases[0].confidence)
        reading = NluReading(text=text, intent=intent, ranking=bases, entities=self._entities(text))
        if self._config.fallback is not None:
            return with_fallback(reading, *self._config.fallback)
        return reading

    def read_batch(self, items: Iterable[tuple[str, Question | None]]) -> list[NluReading]:
        """The readings of many texts, in their order."""
        return [self.read(text, question) for text, question in items]

    def _entities(self, text: str) -> tuple[Entity, ...]:
        annotated = self._annotated.get(text.lower())
        found = list(self._tagger.entities(text)) if annotated is None else _as_read(annotated, text)
        if self._config.has_lookups:
            taken = [(entity.start or 0, entity.end or 0) for entity in found]
            hints = sorted(
                self._tagger.hints.found(text[:5000]), key=lambda hint: (hint[1] - hint[2], hint[1])
            )
            for name, start, end in hints:
                if all(end <= a or start >= b for a, b in taken):
                    found.append(Entity(name, text[start:end], start, end, extractor="RegexEntityExtractor"))
                    taken.append((start, end))
        found.sort(key=lambda entity: (entity.start or 0, entity.end or 0))
        return (
            entity_tagger.apply_synonyms(found, self._data.synonyms)
            if self._config.has_synonyms
            else tuple(found)
        )


def _by_base(ranking: Sequence[Intent]) -> tuple[Intent, ...]:
    """The ranking as Rasa's classifier knows it: `faq/price` and `faq/hours` are one intent, `faq`."""
    sums: dict[str, float] = {}
    for intent in ranking:
        base = intent.name.split("/")[0]
        sums[base] = sums.get(base, 0.0) + intent.confidence
    found = [Intent(name, min(1.0, round(confidence, 4))) for name, confidence in sums.items()]
    return tuple(sorted(found, key=lambda intent: -intent.confidence))


def _as_read(annotated: Iterable[Entity], text: str) -> list[Entity]:
    """The entities of an example as they would be read: their value is the text itself until synonyms are applied."""
    return [replace(e, value=text[e.start : e.end], extractor=entity_tagger.EXTRACTOR) for e in annotated]


def load(project: Project, model: Path) -> RasaPipeline:
    """Put the pipeline together from a trained model file and the project's NLU data."""
    data = nlu_yaml.read_files(nlu_yaml.nlu_files(project.nlu_folder))
    hints = entity_tagger.Hints.of(data)
    with np.load(model) as arrays:
        intents = model_from_arrays(arrays, "intents_")
        tagger = entity_tagger.from_arrays(arrays, hints)
    return RasaPipeline(intents, tagger, data, read_config(project.config_file))


def read_config(path: Path | None) -> Config:
    """The parts of a project's `config.yml` that change a reading; without a pipeline, everything is on.

    Raises:
        ProjectFileError: the file is no YAML, or a threshold is no number.
    """
    if path is None:
        return Config()
    try:
        content = YAML(typ="rt").load(path)  # knows its lines
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else None
        raise ProjectFileError(f"ce YAML ne se lit pas : {error.problem}.", str(path), line) from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise ProjectFileError(f"ce YAML ne se lit pas : {error}.", str(path)) from error
    steps: Any = (content.get("pipeline") or []) if isinstance(content, dict) else []
    where: Any = getattr(steps, "lc", None)
    if not isinstance(steps, list):
        line = content.lc.key("pipeline")[0] + 1
        raise ProjectFileError("« pipeline » doit être une liste de « - name: … ».", str(path), line)
    named: dict[str, Any] = {}
    for number, step in enumerate(steps):
        name = str(step["name"]) if isinstance(step, dict) and "name" in step else str(step)
        if "." not in name and name not in KNOWN_COMPONENTS:
            raise ProjectFileError(
                f"L'étape « {name} » n'est pas de Rasa 3.6. Étapes : {', '.join(KNOWN_COMPONENTS)}.",
                str(path),
                where.item(number)[0] + 1 if where is not None else None,
            )
        if isinstance(step, dict):
            named[name.split(".")[-1]] = step
    if not named:
        return Config()
    fallback = None
    if (step := named.get("FallbackClassifier")) is not None:
        try:
            fallback = float(step.get("threshold", 0.3)), float(step.get("ambiguity_threshold", 0.1))
        except (TypeError, ValueError) as error:
            raise ProjectFileError(
                "le seuil de FallbackClassifier n'est pas un nombre.", str(path), step.lc.line + 1
            ) from error
    return Config(fallback, "RegexEntityExtractor" in named, "EntitySynonymMapper" in named)


def _known_texts(data: TrainingData) -> dict[str, str]:
    """Examples whose words stand under one intent only."""
    known: dict[str, str] = {}
    torn: set[str] = set()
    for example in data.examples:
        n = normalise(example.text)
        words = " ".join(token.word for token in n.tokens) or n.plain
        if known.setdefault(words, example.intent) != example.intent:
            torn.add(words)
    return {words: intent for words, intent in known.items() if words not in torn}
