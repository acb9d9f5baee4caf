"""The questionnaire as frozen data: the only reader of `dialogues/questionnaire.yml`.

Questions, choices with their scores, conditions, needs and the bot's words. Nothing here knows of a conversation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from .content import ContentFileError, read_yaml

FILE = "questionnaire.yml"
PARTS = ("profil", "questions", "declencheurs", "faits", "etranger")
DONT_KNOW = "nsp"
SKIPPED = "passe"

Traits = Mapping[str, bool | None]

_TYPES = {
    "choix": "choice",
    "multi": "multi",
    "ouinon": "yes_no",
    "nombre": "number",
    "lieu": "place",
    "secteur": "sector",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """All of `every`, one of `some`, none of `never`. An unknown trait never closes a question."""

    every: tuple[str, ...] = ()
    some: tuple[str, ...] = ()
    never: tuple[str, ...] = ()

    def holds(self, traits: Traits) -> bool:
        """Whether the question may be asked: known to be true, or not known to be false."""
        get = traits.get
        return (
            all(get(name) is not False for name in self.every)
            and (not self.some or any(get(name) is not False for name in self.some))
            and not any(get(name) is True for name in self.never)
        )

    def is_certain(self, traits: Traits) -> bool:
        """Whether it is known to be true (a choice or another score is taken only then)."""
        get = traits.get
        return (
            all(get(name) is True for name in self.every)
            and (not self.some or any(get(name) is True for name in self.some))
            and not any(get(name) is not False for name in self.never)
        )

    @property
    def names(self) -> tuple[str, ...]:
        """All traits named in it."""
        return self.every + self.some + self.never


@dataclass(frozen=True, slots=True)
class Choice:
    """An answer that can be chosen. `score` is 0 to 3, None where it is not scored.

    `words` mean it in an owner's own answer. `first_step` is what who answers so can do today, where the step of the
    need would not suit him.

    `worth` is what it says of the firm in figures (part faits). In the branch abroad, `settles` says that its step is
    done, `is_out` that the step does not concern this firm.
    """

    id: str
    label: str
    score: int | None = None
    off_topic: bool = False
    refusal: bool = False
    alert: bool = False
    condition: Condition | None = None
    score_if: tuple[Condition, int] | None = None
    label_alone: str | None = None
    needs: tuple[str, ...] = ()
    trait: str | None = None
    is_exclusive: bool = False
    low: int | None = None
    high: int | None = None
    effort_max: int | None = None
    cost_max: int | None = None
    worth: float | None = None
    settles: bool = False
    is_out: bool = False
    first_step: str | None = None
    words: tuple[str, ...] = ()

    def score_for(self, traits: Traits) -> int | None:
        """Its score for this firm."""
        if self.score_if is not None and self.score_if[0].is_certain(traits):
            return self.score_if[1]
        return self.score

    def label_for(self, traits: Traits) -> str:
        """Its words for this firm."""
        return self.label_alone if self.label_alone and traits.get("solo") else self.label


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """A question; its id is the name of the slot that holds the answer. Compared by identity: there is one of each.

    `part` is profil, questions (scored), declencheurs, faits, etranger or portes. `type` is that of
    `bot.messages.Question`. `step` is the step abroad that an answer prepares.
    """

    id: str
    part: str
    type: str
    text: str
    short: str
    why: str
    choices: tuple[Choice, ...] = ()
    condition: Condition = field(default_factory=Condition)
    axis: str | None = None
    weight: int = 0
    weight_if: tuple[Condition, int] | None = None
    need: str | None = None
    need_if: tuple[Condition, str] | None = None
    dont_know_action: str | None = None
    is_obligation: bool = False
    to_know: str | None = None
    topics: tuple[str, ...] = ()
    most: int | None = None
    traits: tuple[str, ...] = ()
    when: str | None = None
    needs_if_yes: tuple[str, ...] = ()
    step: str | None = None

    @property
    def is_scored(self) -> bool:
        """Whether it counts in the picture."""
        return self.part == "questions"

    def choice(self, choice_id: Any) -> Choice | None:
        """The choice of that id."""
        return next((one for one in self.choices if one.id == choice_id), None)

    def shown_choices(self, traits: Traits) -> tuple[Choice, ...]:
        """The choices to show to this firm."""
        return tuple(one for one in self.choices if one.condition is None or one.condition.holds(traits))

    def weight_for(self, traits: Traits) -> int:
        """Its weight for this firm."""
        if self.weight_if is not None and self.weight_if[0].is_certain(traits):
            return self.weight_if[1]
        return self.weight

    def need_for(self, traits: Traits) -> str | None:
        """The need that it measures for this firm."""
        if self.need_if is not None and self.need_if[0].is_certain(traits):
            return self.need_if[1]
        return self.need


@dataclass(frozen=True, slots=True)
class Axis:
    """A side of the firm that the picture shows."""

    id: str
    name: str
    promise: str


@dataclass(frozen=True, slots=True)
class Need:
    """What can be worked on, and the action that answers it."""

    key: str
    axis: str
    name: str
    wish: str
    impact: int
    effort: int
    cost: int
    first_step: str
    whole_job: str
    after: tuple[str, ...] = ()
    is_obligation: bool = False
    due_dates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Level:
    """A word for a score of an axis, from `low` to `high`."""

    low: int
    high: int
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """Words of a free answer to a question, and the score of the choice that they mean.

    `sure` are those that win over what the language part read (« j'ai tout sur le cloud » is not « Tout »).
    """

    score: int
    words: tuple[str, ...]
    sure: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """The whole file."""

    door: Question
    doors: Mapping[str, Mapping[str, Any]]
    questions: Mapping[str, Question]
    axes: tuple[Axis, ...]
    needs: Mapping[str, Need]
    levels: tuple[Level, ...]
    words: Mapping[str, str]
    after_axis: Mapping[str, str]
    patterns: Mapping[str, tuple[Pattern, ...]]
    short_version: tuple[Mapping[str, Any], ...]
    precise: Mapping[str, Any]
    limits: Mapping[str, int]
    scored: tuple[Question, ...]
    profile: tuple[Question, ...]
    triggers: tuple[Question, ...]
    facts: tuple[Question, ...]
    abroad: tuple[Question, ...]

    def question(self, question_id: Any) -> Question | None:
        """The question of that id, the door among them."""
        return self.door if question_id == self.door.id else self.questions.get(question_id)

    def axis(self, axis_id: str | None) -> Axis | None:
        """The axis of that id."""
        return next((one for one in self.axes if one.id == axis_id), None)

    def say(self, key: str, **values: Any) -> str:
        """One of the bot's words, filled in."""
        text = self.words[key]
        return text.format(**values) if values else text


@cache
def load() -> Questionnaire:
    """The questionnaire of this project, read once.

    Raises:
        ContentFileError: the file lacks a part, or a part has not the expected form.
    """
    data = read_yaml(FILE)
    try:
        return _read(data)
    except KeyError as error:
        message = f"il manque la clé « {error.args[0]} ». Lancez connecteur check pour la ligne."
        raise ContentFileError(message, f"dialogues/{FILE}") from error
    except (TypeError, AttributeError, ValueError) as error:
        message = f"une partie n'a pas la forme attendue ({error}). Lancez connecteur check pour la ligne."
        raise ContentFileError(message, f"dialogues/{FILE}") from error


def _read(data: Mapping[str, Any]) -> Questionnaire:
    doors = data["portes"]
    door = _question({**doors, "id": "porte", "type": "choix"}, "portes")
    every = [_question(item, part) for part in PARTS for item in data[part]]
    plan = data["plan_d_action"]["besoins"]
    free = data["reponses_libres"]
    words = data["paroles"]
    return Questionnaire(
        door=door,
        doors={item["id"]: item for item in doors["choix"]},
        questions={one.id: one for one in every},
        axes=tuple(Axis(item["id"], item["nom"], item["promesse"]) for item in data["axes"]),
        needs={key: _need(key, item) for key, item in plan.items()},
        levels=tuple(
            Level(item["de"], item["a"], item["nom"], item["phrase"]) for item in data["score"]["niveaux"]
        ),
        words={key: text for key, text in words.items() if isinstance(text, str)},
        after_axis=dict(words["apres_axe"]),
        patterns={
            key: tuple(_pattern(int(score), found) for score, found in value.items())
            for key, value in free.items()
            if isinstance(value, Mapping) and key != "communs"
        },
        short_version=tuple(data["version_courte"]["questions"]),
        precise=data["besoin_precis"],
        limits=data["limites"],
        scored=tuple(one for one in every if one.part == "questions"),
        profile=tuple(one for one in every if one.part == "profil"),
        triggers=tuple(one for one in every if one.part == "declencheurs"),
        facts=tuple(one for one in every if one.part == "faits"),
        abroad=tuple(one for one in every if one.part == "etranger"),
    )


def _question(item: Mapping[str, Any], part: str) -> Question:
    kind = item.get("type", "choix")
    choices = [_choice(one) for one in item.get("choix") or ()]
    if kind == "ouinon":
        wished = tuple(item.get("besoins_si_oui") or ())
        choices = [Choice("oui", "Oui", needs=wished, settles=part == "etranger"), Choice("non", "Non")]
    text = str(item["texte"])
    return Question(
        id=str(item["id"]),
        part=part,
        type=_TYPES[kind],
        text=text,
        short=str(item.get("rappel") or text),
        why=str(item.get("pourquoi") or ""),
        choices=tuple(choices),
        condition=_condition(item.get("si")) or Condition(),
        axis=item.get("axe"),
        weight=int(item.get("poids") or 0),
        weight_if=_otherwise(item.get("poids_si")),
        need=item.get("besoin"),
        need_if=_otherwise(item.get("besoin_sinon")),
        dont_know_action=item.get("nsp_action"),
        is_obligation=bool(item.get("obligation")),
        to_know=item.get("a_savoir"),
        topics=tuple(item.get("mots") or ()),
        most=item.get("max"),
        traits=tuple(item.get("traits") or ()),
        when=item.get("quand"),
        needs_if_yes=tuple(item.get("besoins_si_oui") or ()),
        step=item.get("etape"),
    )


def _pattern(score: int, found: Iterable[str]) -> Pattern:
    sure = [one.removeprefix("!").strip() for one in found if one.startswith("!")]
    return Pattern(score, (*sure, *(one for one in found if not one.startswith("!"))), tuple(sure))


def _choice(item: Mapping[str, Any]) -> Choice:
    return Choice(
        id=str(item["id"]),
        label=str(item["label"]),
        score=item.get("n"),
        off_topic=bool(item.get("so")),
        refusal=bool(item.get("refus")),
        alert=bool(item.get("alerte")),
        condition=_condition(item.get("si")),
        score_if=_otherwise(item.get("n_si")),
        label_alone=item.get("si_solo"),
        needs=tuple(item.get("besoins") or ()),
        trait=item.get("trait"),
        is_exclusive=bool(item.get("seul")),
        low=item.get("de"),
        high=item.get("a"),
        effort_max=item.get("effort_max"),
        cost_max=item.get("cout_max"),
        worth=item.get("vaut"),
        settles=bool(item.get("fait")),
        is_out=bool(item.get("hors")),
        first_step=item.get("premier_pas"),
        words=tuple(item.get("mots") or ()),
    )


def _condition(item: Mapping[str, Iterable[str]] | None) -> Condition | None:
    if item is None:
        return None
    return Condition(
        tuple(item.get("tous") or ()), tuple(item.get("un") or ()), tuple(item.get("aucun") or ())
    )


def _otherwise(item: Mapping[str, Any] | None) -> tuple[Condition, Any] | None:
    if item is None:
        return None
    return _condition(item["si"]) or Condition(), item["alors"]


def _need(key: str, item: Mapping[str, Any]) -> Need:
    return Need(
        key=key,
        axis=item["axe"],
        name=item["nom"],
        wish=item["vouloir"],
        impact=item["impact"],
        effort=item["effort"],
        cost=item["cout"],
        first_step=item["premier_pas"],
        whole_job=item["chantier"],
        after=tuple(item.get("apres") or ()),
        is_obligation=bool(item.get("obligation")),
        due_dates=tuple(item.get("echeances") or ()),
    )
