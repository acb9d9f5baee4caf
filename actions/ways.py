"""The ways in: which questions each asks of this firm, in order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from .aids import ask_next, recommend_aids
from .catalogue import shipped
from .day import today_in_france
from .known import Known
from .questionnaire import Condition, Question
from .shipped_content import QUESTIONNAIRE
from .slot_profile import FACT_SLOTS

# Doors that no button of the greeting opens: what aids need, what the fund of a training needs, going abroad.
AIDS_DOOR = "aides"
TRAINING_DOOR = "formation"
ABROAD_DOOR = "etranger"
MOST_FACTS = 2


def questions_of(known: Known) -> list[str]:
    """All questions of the way in that was chosen, in order, those that were answered among them."""
    door = known.door
    if door == "a_quoi_bon":
        return ["activite"]
    if door == AIDS_DOOR:
        wishes = [key for key in known.profile.needs if key != "financement"]
        names = _without_place(known, ["activite", "lieu", "effectif", *([] if wishes else ["but"])])
        return names + _facts_for_aids(known, names)
    if door == TRAINING_DOOR:
        for_staff = known.slots.get("pour_qui") == "staff"
        alone = known.profile.headcount_max == 1
        return ["activite", *([] if alone else ["pour_qui"]), *([] if for_staff else ["statut"])]
    if door == ABROAD_DOOR:
        return _without_place(known, ["activite", "lieu"]) + [one.id for one in QUESTIONNAIRE.abroad]
    if door == "complet":
        return _full(known)
    if door == "besoin_precis":
        names = [name for name in QUESTIONNAIRE.precise["profil"] if _is_worth_asking(known, name)]
        names = _without_place(known, names)
        wanted = _precise(known)
        return names + wanted if wanted or known.slots.get("but") is None else _short(known)
    return _short(known)


def _facts_for_aids(known: Known, basics: list[str]) -> list[str]:
    """The facts asked so far, then the one that would settle most, when it can change the list; two at most."""
    asked = [one.id for one in QUESTIONNAIRE.facts if one.id in known.memory.asked]
    if len(asked) >= MOST_FACTS or any(known.slots.get(name) is None for name in (*basics, *asked)):
        return asked
    # For whom a training would be is asked of nobody who did not ask for one.
    left_out = {} if "formation" in known.aid_profile.needs else {"training_for": -len(shipped().aids.all)}
    wanted = ask_next(recommend_aids(known.aid_profile, shipped(), today_in_france()), left_out)
    due = FACT_SLOTS.get(wanted or "")
    return [*asked, due] if due is not None and known.slots.get(due) is None else asked


def _full(known: Known) -> list[str]:
    names = [
        one.id
        for one in QUESTIONNAIRE.profile
        if _is_worth_asking(known, one.id) and (one.condition.holds(known.traits) or one.id in known.answers)
    ]
    names = _without_place(known, names)
    picked = _picked(known)
    for axis in _axes_in_order(known):
        inside = [one.id for one in picked if one.axis == axis]
        names += inside
        if inside:
            names += triggered(known, f"apres_{axis}")
    names += triggered(known, "fin")
    is_over = all(known.slots.get(name) is not None for name in names)
    return names + last_questions(known) if is_over else names


def last_questions(known: Known) -> list[str]:
    """The last questions of the full round: they hang on the plan and on the picture."""
    names: list[str] = []
    # An owner who already asked about aids is not asked whether he wants to.
    is_asked = "financement" in known.profile.needs and known.slots.get("d_aide") is None
    if not is_asked and any(item.cost > 0 for item in known.plan().items):
        names += triggered(known, "plan_payant")
    if any(score.value is not None and score.value >= 75 for score in known.scores):
        names += triggered(known, "axe_solide")
    return names


def triggered(known: Known, when: str) -> list[str]:
    """The questions that open at a moment of the round (`when`), where this firm is concerned."""
    # A condition on an earlier answer must be certain: nobody is asked the form of a firm that does not change.
    return [
        one.id
        for one in QUESTIONNAIRE.triggers
        if one.when == when
        and (
            one.condition.holds(known.traits)
            if not one.condition.every
            else one.condition.is_certain(known.traits)
        )
    ]


def _short(known: Known) -> list[str]:
    names: list[str] = []
    for item in QUESTIONNAIRE.short_version:
        if "premier_de" in item:
            names += _first_of(known, item["premier_de"])
        elif item.get("but"):
            names += _heaviest_of_goal(known, names) or [item["sinon"]]
        else:
            name = item["id"]
            if "remplacer_par" in item and _certain(item["quand"], known.traits):
                name = item["remplacer_par"]
            question = QUESTIONNAIRE.questions[name]
            if question.is_scored and not _suits(known, question):
                continue
            if _is_worth_asking(known, name):
                names.append(name)
    return _without_place(known, names)


def _without_place(known: Known, names: list[str]) -> list[str]:
    """The first question asks the trade and the place at once: the place counts as a question only after it."""
    is_waiting = known.slots.get("activite") is None and known.slots.get("lieu") is None
    is_open = bool(known.memory.offers.get("lieu") or known.memory.offers.get("activite"))
    return [name for name in names if name != "lieu"] if is_waiting and not is_open else names


def _precise(known: Known) -> list[str]:
    """The questions of the needs that were said, then of their axes; four at most."""
    wanted = {key for goal in known.goals[:1] for key in goal}
    if not wanted:
        return []
    axes = {QUESTIONNAIRE.needs[key].axis for key in wanted}

    def asks_of_it(one: Question) -> bool:
        return one.need_for(known.traits) in wanted

    # a need that is wanted may be asked about by a question of another axis
    fitting = [
        one for one in QUESTIONNAIRE.scored if (one.axis in axes or asks_of_it(one)) and _suits(known, one)
    ]
    ordered = sorted(fitting, key=lambda one: (not asks_of_it(one), _rank(known, one)))
    return [one.id for one in ordered[: int(QUESTIONNAIRE.precise["questions_max"])]]


def _first_of(known: Known, names: Iterable[str]) -> list[str]:
    fitting = [name for name in names if _suits(known, QUESTIONNAIRE.questions[name])]
    answered = [name for name in fitting if name in known.answers]
    return (answered or fitting)[:1]


def _heaviest_of_goal(known: Known, taken: list[str]) -> list[str]:
    for goal in known.goals:
        for key in goal:
            axis = QUESTIONNAIRE.needs[key].axis
            fitting = [
                one
                for one in QUESTIONNAIRE.scored
                if one.axis == axis and one.id not in taken and _suits(known, one)
            ]
            if fitting:
                return [min(fitting, key=lambda one: _rank(known, one)).id]
    return []


def _picked(known: Known) -> list[Question]:
    """The scored questions of the full round: the heaviest, two an axis at least, twenty at most."""
    limits = QUESTIONNAIRE.limits
    fitting = [one for one in QUESTIONNAIRE.scored if _suits(known, one)]
    ranked = sorted(fitting, key=lambda one: (one.id not in known.answers, *_rank(known, one)))
    picked = [one for one in ranked if one.id in known.answers]
    for axis in QUESTIONNAIRE.axes:
        inside = [one for one in ranked if one.axis == axis.id]
        picked += [one for one in inside[: int(limits["par_axe_min"])] if one not in picked]
    picked += [one for one in ranked if one not in picked]
    kept = {one.id for one in picked[: int(limits["questions_notees_max"])]}
    return [
        one
        for one in QUESTIONNAIRE.scored
        if one.id in kept and (one.id in known.answers or one.axis not in known.closed_axes)
    ]


def _rank(known: Known, question: Question) -> tuple[int, int]:
    """Weight 3 first, then what the owner or his trade wants, then weight 2, then weight 1."""
    weight = question.weight_for(known.traits)
    need = question.need_for(known.traits)
    trade = known.trade
    is_wanted = any(need in goal for goal in known.goals) or (
        trade is not None and need in trade.strong_needs
    )
    place = 0 if weight >= 3 else 1 if is_wanted else 4 - weight
    return place, QUESTIONNAIRE.scored.index(question)


def _suits(known: Known, question: Question) -> bool:
    if question.id in known.answers:
        return True
    return (
        question.condition.holds(known.traits)
        and question.need_for(known.traits) not in known.profile.refused
    )


def _is_worth_asking(known: Known, name: str) -> bool:
    """The goal is not asked when a wish was said in plain words; what is known is not asked at all."""
    if name == "but":
        return name in known.answers or name in known.memory.asked or not known.slots.get("besoins")
    return True


def _axes_in_order(known: Known) -> list[str]:
    """The axis of the goal first, « Se protéger » never first, « S'entraider » last."""
    axes = [axis.id for axis in QUESTIONNAIRE.axes]
    first = next((QUESTIONNAIRE.needs[key].axis for goal in known.goals for key in goal), axes[0])
    if first in ("proteger", "cooperer"):
        rest = [axis for axis in axes if axis != first]
        return [rest[0], first, *rest[1:]] if first == "proteger" else axes
    return [first, *(axis for axis in axes if axis != first)]


def _certain(item: Mapping[str, Iterable[str]], traits: Mapping[str, bool | None]) -> bool:
    condition = Condition(
        tuple(item.get("tous") or ()), tuple(item.get("un") or ()), tuple(item.get("aucun") or ())
    )
    return condition.is_certain(traits)
