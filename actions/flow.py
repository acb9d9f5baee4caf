"""Which question comes next: all of it follows from the slots, so that nothing is lost by a digression or a restart.

`State` reads the slots once an action; `Memory` is the one slot (`suivi`) in which the flow notes what it did.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from . import questionnaire as questionnaire_file
from . import trades as trades_file
from .aids import ask_next, recommend_aids
from .catalogue import shipped
from .day import today_in_france
from .naf import natures_of
from .plan import Plan, goal_groups, make_plan
from .profile import Profile
from .questionnaire import DONT_KNOW, SKIPPED, Question
from .scoring import score_axes, score_of, zeros_in_a_row
from .trades import Trade
from .traits import chosen, trade_of, traits_of

FORM = "diagnostic_form"
MEMORY_SLOT = "suivi"
# Doors that no button of the greeting opens: what aids need, what the fund of a training needs, going abroad.
AIDS_DOOR = "aides"
TRAINING_DOOR = "formation"
ABROAD_DOOR = "etranger"
# The slot that holds each fact which aids and funds may ask for.
FACT_SLOTS = {
    "status": "statut",
    "turnover_eur": "chiffre_affaires",
    "age_years": "anciennete",
    "legal_form": "forme",
    "training_for": "pour_qui",
    "budget_eur": "montant",
}
MOST_FACTS = 2

QUESTIONNAIRE = questionnaire_file.load()
TRADES = trades_file.load()


@dataclass(slots=True)
class Memory:
    """What the flow did so far. Keys are kept short and in JSON, as a slot event is logged at each change.

    `asked`: questions put, in order. `tries`: answers not understood. `returned`: passed questions put again.
    `redo`: put this one first. `old`: answers given before a correction. `offers`: what the buttons of an open question
    stand for. `remarks`: what is still to be said in this turn (`turn` is the id of its message). `seen`: resources and
    figures shown. `ticked`: needs whose action is done. `picture`: the scores of the axes at the last visit. `first`:
    the need that the owner wants to begin with.
    """

    turn: str = ""
    remarks: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tries: dict[str, int] = field(default_factory=dict)
    returned: list[str] = field(default_factory=list)
    redo: str | None = None
    old: dict[str, Any] = field(default_factory=dict)
    offers: dict[str, Any] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    announced: str | None = None
    heard: bool = False
    removed: dict[str, str] = field(default_factory=dict)
    last_removed: str | None = None
    done: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    ticked: list[str] = field(default_factory=list)
    picture: dict[str, int] = field(default_factory=dict)
    first: str | None = None
    awaiting: str | None = None

    @classmethod
    def of(cls, slots: Mapping[str, Any]) -> Memory:
        """The memory kept in the slots."""
        kept = slots.get(MEMORY_SLOT)
        if not isinstance(kept, Mapping):
            return cls()
        known = {key: kept[key] for key in cls.__dataclass_fields__ if key in kept}
        return cls(**{key: _copied(value) for key, value in known.items()})

    def event(self) -> dict[str, Any]:
        """The slot event that keeps it; what is empty is left out."""
        kept = {key: _copied(value) for key in self.__dataclass_fields__ if (value := getattr(self, key))}
        return {"event": "slot", "timestamp": None, "name": MEMORY_SLOT, "value": kept}


def _copied(value: Any) -> Any:
    return list(value) if isinstance(value, list) else dict(value) if isinstance(value, dict) else value


class State:
    """A conversation's slots, as the flow reads them."""

    def __init__(self, slots: Mapping[str, Any], memory: Memory | None = None) -> None:
        self.slots = slots
        self.memory = memory or Memory.of(slots)

    @cached_property
    def profile(self) -> Profile:
        """The firm."""
        return profile_of(self.slots)

    @cached_property
    def answers(self) -> dict[str, Any]:
        """The answers given, passed and unknown ones among them."""
        return {
            name: self.slots[name] for name in QUESTIONNAIRE.questions if self.slots.get(name) is not None
        }

    @cached_property
    def traits(self) -> dict[str, bool | None]:
        """What holds of the firm."""
        return traits_of(self.profile, self.answers, QUESTIONNAIRE, TRADES)

    @property
    def trade(self) -> Trade | None:
        """The trade or its family."""
        return trade_of(self.profile, TRADES)

    @property
    def trade_words(self) -> str:
        """The trade as it is said back to the owner."""
        sector = _mapping(self.slots.get("activite"))
        return str(sector.get("label") or (self.trade.name if self.trade is not None else ""))

    @property
    def door(self) -> str:
        """The way in that was chosen, else the one that suits what was said."""
        door = self.slots.get("porte")
        if door is None:
            return "besoin_precis" if self.slots.get("besoins") else "express"
        return str(door)

    @property
    def is_full(self) -> bool:
        """Whether the owner does the full round."""
        return self.door == "complet"

    @cached_property
    def goals(self) -> list[tuple[str, ...]]:
        """What the owner wants, first things first."""
        return [group for group in goal_groups(self.profile, self.answers, QUESTIONNAIRE) if group]

    @cached_property
    def closed_axes(self) -> frozenset[str]:
        """Axes of which enough is known: two zeros in a row."""
        if not self.is_full:
            return frozenset()
        limit = int(QUESTIONNAIRE.limits["zeros_de_suite"])
        return frozenset(
            axis.id
            for axis in QUESTIONNAIRE.axes
            if zeros_in_a_row(axis.id, self.memory.asked, self.answers, QUESTIONNAIRE, self.traits) >= limit
        )

    @cached_property
    def path(self) -> tuple[str, ...]:
        """All questions of this conversation, in order, those that were answered among them."""
        return tuple(dict.fromkeys(self._path()))

    @property
    def next_question(self) -> str | None:
        """The question to put now; None when all is known that is asked for."""
        redo = self.memory.redo
        if redo is not None and self.slots.get(redo) is None:
            return redo
        for name in self.path:
            if self.slots.get(name) is None:
                return name
        return next(self._returning(), None)

    @property
    def progress(self) -> tuple[int, int]:
        """(current, total): what was put and answered plus one, and that plus what is left."""
        current = self.next_question
        # A passed question that comes back counts twice: it was put, and is put again. One that another answer settled
        # was put too.
        done = [
            name
            for name in self.memory.asked
            if name != current and (self.slots.get(name) is not None or name not in self.path)
        ]
        left = {name for name in self.path if self.slots.get(name) is None}
        if current is not None:
            left.add(current)
        is_back = current is not None and self.slots.get(current) == SKIPPED
        count = len(done) + len(self.memory.returned) + is_back
        count_to_come = len(left) + self._unknown_yet
        waiting = sum(1 for name in self._returning() if name != current)
        return count + 1, max(count + count_to_come + waiting, 1)

    @property
    def _unknown_yet(self) -> int:
        """Questions that cannot be named yet, at the most: those of a need that is not said, facts for aids, the last
        ones of the full round. A total that shrinks is a good surprise; « 24 sur 24 » followed by another is a lie.
        """
        if self.door == "besoin_precis":
            is_open = not self.goals and self.slots.get("but") is None
            return int(QUESTIONNAIRE.precise["questions_max"]) if is_open else 0
        if self.door == AIDS_DOOR:
            facts = [one.id for one in QUESTIONNAIRE.facts if one.id in self.path]
            return MOST_FACTS - len(facts)
        if not self.is_full:
            return 0
        open_now = [name for name in self.path if self.slots.get(name) is None] + list(self._returning())
        earned = (
            self._earned() if not any(QUESTIONNAIRE.questions[name].is_scored for name in open_now) else None
        )
        last = self._triggers("plan_payant") if open_now else []
        last += self._triggers("axe_solide") if earned is None else earned
        return sum(1 for name in set(last) if self.slots.get(name) is None and name not in self.path)

    @property
    def minutes_left(self) -> int:
        """How long the questions left should take: those on the firm are answered in half the time."""
        seconds = int(QUESTIONNAIRE.limits["secondes_par_question"])
        left = [name for name in self.path if self.slots.get(name) is None]
        spent = sum(seconds if QUESTIONNAIRE.questions[name].is_scored else seconds / 2 for name in left)
        return max(1, math.ceil((spent + self._unknown_yet * seconds) / 60))

    def plan(self, today: Any = None) -> Plan:
        """The action plan on what is known."""
        plan = make_plan(
            self.profile,
            self.answers,
            QUESTIONNAIRE,
            TRADES,
            removed={*self.memory.removed, *self.memory.ticked},
            today=today,
        )
        # The owner's own order comes before the rule's.
        return replace(plan, items=tuple(sorted(plan.items, key=lambda item: item.need != self.memory.first)))

    # ------------------------------------------------------------------ the ways
    def _path(self) -> list[str]:
        door = self.door
        if door == "a_quoi_bon":
            return ["activite"]
        if door == AIDS_DOOR:
            wishes = [key for key in self.profile.needs if key != "financement"]
            names = self._without_place(["activite", "lieu", "effectif", *([] if wishes else ["but"])])
            return names + self._facts_for_aids(names)
        if door == TRAINING_DOOR:
            for_staff = self.slots.get("pour_qui") == "staff"
            alone = self.profile.headcount_max == 1
            return ["activite", *([] if alone else ["pour_qui"]), *([] if for_staff else ["statut"])]
        if door == ABROAD_DOOR:
            return self._without_place(["activite", "lieu"]) + [one.id for one in QUESTIONNAIRE.abroad]
        if door == "complet":
            return self._full()
        if door == "besoin_precis":
            names = [name for name in QUESTIONNAIRE.precise["profil"] if self._is_worth_asking(name)]
            names = self._without_place(names)
            wanted = self._precise()
            return names + wanted if wanted or self.slots.get("but") is None else self._short()
        return self._short()

    def _facts_for_aids(self, basics: list[str]) -> list[str]:
        """The facts asked so far, then the one that would settle most, when it can change the list; two at most."""
        asked = [one.id for one in QUESTIONNAIRE.facts if one.id in self.memory.asked]
        if len(asked) >= MOST_FACTS or any(self.slots.get(name) is None for name in (*basics, *asked)):
            return asked
        # For whom a training would be is asked of nobody who did not ask for one.
        left_out = {} if "formation" in self.aid_profile.needs else {"training_for": -len(shipped().aids.all)}
        wanted = ask_next(recommend_aids(self.aid_profile, shipped(), today_in_france()), left_out)
        due = FACT_SLOTS.get(wanted or "")
        return [*asked, due] if due is not None and self.slots.get(due) is None else asked

    @property
    def aid_profile(self) -> Profile:
        """The firm as aids see it: money alone is no project, the aids are those of what the owner wants to do."""
        wanted = tuple(dict.fromkeys(key for goal in self.goals for key in goal if key != "financement"))
        return replace(self.profile, needs=wanted or self.profile.needs)

    def _full(self) -> list[str]:
        names = [
            one.id
            for one in QUESTIONNAIRE.profile
            if self._is_worth_asking(one.id) and (one.condition.holds(self.traits) or one.id in self.answers)
        ]
        names = self._without_place(names)
        picked = self._picked()
        for axis in self._axes_in_order():
            inside = [one.id for one in picked if one.axis == axis]
            names += inside
            if inside:
                names += self._triggers(f"apres_{axis}")
        names += self._triggers("fin")
        is_over = all(self.slots.get(name) is not None for name in names)
        return names + self._earned() if is_over else names

    def _earned(self) -> list[str]:
        """The last questions of the full round: they hang on the plan and on the picture."""
        names: list[str] = []
        # An owner who already asked about aids is not asked whether he wants to.
        is_asked = "financement" in self.profile.needs and self.slots.get("d_aide") is None
        if not is_asked and any(item.cost > 0 for item in self.plan().items):
            names += self._triggers("plan_payant")
        if any(score.value is not None and score.value >= 75 for score in self.scores):
            names += self._triggers("axe_solide")
        return names

    @cached_property
    def scores(self) -> tuple[Any, ...]:
        """The picture: one score an axis."""
        return score_axes(self.answers, QUESTIONNAIRE, self.traits)

    def _triggers(self, when: str) -> list[str]:
        # A condition on an earlier answer must be certain: nobody is asked the form of a firm that does not change.
        return [
            one.id
            for one in QUESTIONNAIRE.triggers
            if one.when == when
            and (
                one.condition.holds(self.traits)
                if not one.condition.every
                else one.condition.is_certain(self.traits)
            )
        ]

    def _short(self) -> list[str]:
        names: list[str] = []
        for item in QUESTIONNAIRE.short_version:
            if "premier_de" in item:
                names += self._first_of(item["premier_de"])
            elif item.get("but"):
                names += self._heaviest_of_goal(names) or [item["sinon"]]
            else:
                name = item["id"]
                if "remplacer_par" in item and _certain(item["quand"], self.traits):
                    name = item["remplacer_par"]
                question = QUESTIONNAIRE.questions[name]
                if question.is_scored and not self._suits(question):
                    continue
                if self._is_worth_asking(name):
                    names.append(name)
        return self._without_place(names)

    def _without_place(self, names: list[str]) -> list[str]:
        """The first question asks the trade and the place at once: the place counts as a question only after it."""
        is_waiting = self.slots.get("activite") is None and self.slots.get("lieu") is None
        is_open = bool(self.memory.offers.get("lieu") or self.memory.offers.get("activite"))
        return [name for name in names if name != "lieu"] if is_waiting and not is_open else names

    def _precise(self) -> list[str]:
        """The questions of the needs that were said, then of their axes; four at most."""
        wanted = {key for goal in self.goals[:1] for key in goal}
        if not wanted:
            return []
        axes = {QUESTIONNAIRE.needs[key].axis for key in wanted}
        fitting = [one for one in QUESTIONNAIRE.scored if self._suits(one)]
        direct = [one for one in fitting if one.need_for(self.traits) in wanted]
        near = [one for one in fitting if one not in direct and one.axis in axes]
        ordered = sorted(direct, key=self._rank) + sorted(near, key=self._rank)
        return [one.id for one in ordered[: int(QUESTIONNAIRE.precise["questions_max"])]]

    def _first_of(self, names: Iterable[str]) -> list[str]:
        fitting = [name for name in names if self._suits(QUESTIONNAIRE.questions[name])]
        answered = [name for name in fitting if name in self.answers]
        return (answered or fitting)[:1]

    def _heaviest_of_goal(self, taken: list[str]) -> list[str]:
        for goal in self.goals:
            for key in goal:
                axis = QUESTIONNAIRE.needs[key].axis
                fitting = [
                    one
                    for one in QUESTIONNAIRE.scored
                    if one.axis == axis and one.id not in taken and self._suits(one)
                ]
                if fitting:
                    return [min(fitting, key=self._rank).id]
        return []

    def _picked(self) -> list[Question]:
        """The scored questions of the full round: the heaviest, two an axis at least, twenty at most."""
        limits = QUESTIONNAIRE.limits
        fitting = [one for one in QUESTIONNAIRE.scored if self._suits(one)]
        ranked = sorted(fitting, key=lambda one: (one.id not in self.answers, *self._rank(one)))
        picked = [one for one in ranked if one.id in self.answers]
        for axis in QUESTIONNAIRE.axes:
            inside = [one for one in ranked if one.axis == axis.id]
            picked += [one for one in inside[: int(limits["par_axe_min"])] if one not in picked]
        picked += [one for one in ranked if one not in picked]
        kept = {one.id for one in picked[: int(limits["questions_notees_max"])]}
        return [
            one
            for one in QUESTIONNAIRE.scored
            if one.id in kept and (one.id in self.answers or one.axis not in self.closed_axes)
        ]

    def _rank(self, question: Question) -> tuple[int, int]:
        """Weight 3 first, then what the owner or his trade wants, then weight 2, then weight 1."""
        weight = question.weight_for(self.traits)
        need = question.need_for(self.traits)
        trade = self.trade
        is_wanted = any(need in goal for goal in self.goals) or (
            trade is not None and need in trade.strong_needs
        )
        place = 0 if weight >= 3 else 1 if is_wanted else 4 - weight
        return place, QUESTIONNAIRE.scored.index(question)

    def _suits(self, question: Question) -> bool:
        if question.id in self.answers:
            return True
        return (
            question.condition.holds(self.traits)
            and question.need_for(self.traits) not in self.profile.refused
        )

    def _is_worth_asking(self, name: str) -> bool:
        """The goal is not asked when a wish was said in plain words; what is known is not asked at all."""
        if name == "but":
            return name in self.answers or name in self.memory.asked or not self.slots.get("besoins")
        return True

    def _axes_in_order(self) -> list[str]:
        """The axis of the goal first, « Se protéger » never first, « S'entraider » last."""
        axes = [axis.id for axis in QUESTIONNAIRE.axes]
        first = next((QUESTIONNAIRE.needs[key].axis for goal in self.goals for key in goal), axes[0])
        if first in ("proteger", "cooperer"):
            rest = [axis for axis in axes if axis != first]
            return [rest[0], first, *rest[1:]] if first == "proteger" else axes
        return [first, *(axis for axis in axes if axis != first)]

    def _returning(self) -> Iterator[str]:
        """Passed questions of weight 3, to be put once more at the end."""
        if self.door in ("a_quoi_bon", AIDS_DOOR, TRAINING_DOOR, ABROAD_DOOR):
            return iter(())
        return (
            name
            for name in self.path
            if self.slots.get(name) == SKIPPED
            and name not in self.memory.returned
            and QUESTIONNAIRE.questions[name].weight_for(self.traits) >= 3
        )

    def is_answered(self, name: str) -> bool:
        """Whether the owner gave a real answer."""
        return self.answers.get(name) not in (None, DONT_KNOW, SKIPPED)

    def label_of(self, name: str) -> str:
        """The answer to a question, in words."""
        question, value = QUESTIONNAIRE.question(name), self.slots.get(name)
        if question is None or value is None:
            return ""
        labels = [one.label_for(self.traits) for one in question.choices if one.id in chosen(value)]
        return ", ".join(labels)

    def score_of(self, name: str) -> int | None:
        """The score of the answer to a question."""
        question = QUESTIONNAIRE.questions.get(name)
        return None if question is None else score_of(question, self.answers.get(name), self.traits)


def _certain(item: Mapping[str, Iterable[str]], traits: Mapping[str, bool | None]) -> bool:
    condition = questionnaire_file.Condition(
        tuple(item.get("tous") or ()), tuple(item.get("un") or ()), tuple(item.get("aucun") or ())
    )
    return condition.is_certain(traits)


def profile_of(slots: Mapping[str, Any]) -> Profile:
    """The firm, as far as the conversation's slots tell."""
    sector, place, size = (_mapping(slots.get(name)) for name in ("activite", "lieu", "effectif"))
    time = QUESTIONNAIRE.questions["temps"].choice(slots.get("temps"))
    budget = QUESTIONNAIRE.questions["budget"].choice(slots.get("budget"))
    refused = tuple(slots.get("refus") or ())
    status, legal_form = _status_and_form(slots, sector.get("naf"))
    return Profile(
        naf=sector.get("naf"),
        trade=sector.get("metier"),
        family=sector.get("famille"),
        insee=place.get("insee"),
        departement=place.get("departement"),
        region=place.get("region"),
        headcount_min=size.get("min"),
        headcount_max=size.get("max"),
        status=status,
        turnover_eur=_worth(slots, "chiffre_affaires"),
        age_years=_worth(slots, "anciennete"),
        legal_form=legal_form,
        needs=tuple(need for need in slots.get("besoins") or () if need not in refused),
        refused=refused,
        training_for=_told(slots, "pour_qui"),
        budget_eur=slots.get("montant") if isinstance(slots.get("montant"), int | float) else None,
        effort_max=None if time is None else time.effort_max,
        cost_max=None if budget is None else budget.cost_max,
    )


def _status_and_form(slots: Mapping[str, Any], naf: str | None) -> tuple[str | None, str | None]:
    """The status and the legal form; « micro » becomes the one of the firm's activity."""
    status, form = _told(slots, "statut"), _told(slots, "forme")
    form = form or ("EI" if slots.get("d_forme") == "nom_propre" else None)
    if status != "micro":
        return status, form
    natures = natures_of(naf)
    kinds = {"artisanale": "micro_artisan", "commerciale": "micro_commercant", "liberale": "micro_liberal"}
    return next((kind for nature, kind in kinds.items() if natures == {nature}), None), "MICRO"


def _told(slots: Mapping[str, Any], name: str) -> str | None:
    """The id of the choice made, None when none was."""
    choice = QUESTIONNAIRE.questions[name].choice(slots.get(name))
    return None if choice is None else choice.id


def _worth(slots: Mapping[str, Any], name: str) -> float | None:
    choice = QUESTIONNAIRE.questions[name].choice(slots.get(name))
    return None if choice is None else choice.worth


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
