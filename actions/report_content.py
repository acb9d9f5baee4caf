"""What the report says of a conversation: the picture, the plan and the aids that the chat told, word for word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from .aids import MAYBE, AidProposal, aids_for
from .comparison import fact_for
from .flow import State
from .network import full_stop, person_for
from .plan import PlanItem
from .plan_item import aid_of, fund_lines, reason, resource_beside, to_check
from .report import ActionLine, AidLine, AxisLine, Report, letterhead_of
from .resources import resource_line
from .scoring import AxisScore, best_first, strong_point
from .shipped_content import QUESTIONNAIRE

MOST_AIDS = 3


def report_of(state: State, today: date, chamber: Mapping[str, Any] | None = None) -> Report:
    """The report of a conversation as it stands. The picture is there after the full round only, as in the chat."""
    plan = state.plan(today)
    words = QUESTIONNAIRE.say
    used: set[str] = set()
    ranked = best_first(state.scores) if state.is_full else ()
    axes = tuple(AxisLine(s.axis.name, s.value or 0, s.level.name if s.level else "") for s in ranked)
    actions = tuple(_action(state, item, rank, used) for rank, item in enumerate(plan.items, start=1))
    proposals = _aids(state, plan.items, today)
    later = ", ".join(QUESTIONNAIRE.needs[key].name for key in plan.later[:4])
    return Report(
        firm=firm_words(state),
        day=today,
        letterhead=letterhead_of(chamber),
        best=best_words(ranked) + "." if ranked else "",
        axes=axes,
        actions=actions,
        nothing="" if actions else words("rien_a_faire"),
        quick=tuple(one.text for one in plan.quick_fixes[:4]),
        aids=tuple(_aid_line(one) for one in proposals),
        caution="Ce ne sont que des pistes : seul l'organisme décide. Demandez avant de signer un devis."
        if proposals
        else "",
        later=later[:1].upper() + later[1:] + "." if later else "",
        figure=_figure(state, [item.need for item in plan.items]),
    )


def best_words(ranked: Sequence[AxisScore]) -> str:
    """The sentence over the picture, without a full stop."""
    strong = strong_point(ranked)
    words = QUESTIONNAIRE.say
    return words("bilan_debut") if strong is None else words("bilan_fort", axe=strong.axis.name)


def firm_words(state: State) -> str:
    """The firm in one line, of what the owner said only."""
    place = state.slots.get("lieu")
    town = place.get("commune") if isinstance(place, Mapping) else None
    low, high = state.profile.headcount_min, state.profile.headcount_max
    size = ""
    if low is not None and low == high:
        size = "seul" if low == 1 else f"{low} personnes"
    elif low is not None and high is not None:
        size = f"{low} à {high} personnes"
    # Of a trade that only its family is known of, the activity itself says more: « Pêche en mer ».
    trade = state.trade
    own = trade.name if trade is not None and not trade.is_family else state.trade_words
    parts = [own, str(town or ""), size]
    return " · ".join(part for part in parts if part) or "Votre entreprise"


def _action(state: State, item: PlanItem, rank: int, used: set[str]) -> ActionLine:
    words = QUESTIONNAIRE.say
    need = QUESTIONNAIRE.needs[item.need]
    time = words("effort_pas") if item.small_step else words(f"effort_{item.effort}")
    cost = words("cout_0") if item.small_step else words(f"cout_{item.cost}")
    help_lines: list[str] = []
    person = person_for(state.profile, item.need)
    resource = resource_beside(person, state, item.need, used)
    if resource is not None:
        used.add(resource.resource_id)
        help_lines.append(resource_line(resource))
    help_lines += [person.line, *fund_lines(state, item.need)]
    why = reason(state, item)
    step = f"{item.first_step} ({time}, {cost})" if item.small_step else item.first_step
    return ActionLine(
        title=f"{rank}. {need.name[:1].upper()}{need.name[1:]}",
        why=why[:1].upper() + why[1:],
        first_step=step,
        whole="" if item.small_step else f"{item.whole_job} ({time}, {cost})",
        help=tuple(help_lines),
    )


def _aids(state: State, items: Sequence[PlanItem], today: date) -> list[AidProposal]:
    """The aids that the chat shows with the actions; for who asked for aids, the first ones of his wishes besides."""
    found: dict[str, AidProposal] = {}
    for item in items:
        one = aid_of(state, item, found, today)
        if one is not None:
            found[one.aid_id] = one
    if "financement" in state.profile.needs:
        for one in aids_for(state.aid_profile, None, today):
            found.setdefault(one.aid_id, one)
    return list(found.values())[:MOST_AIDS]


def _aid_line(one: AidProposal) -> AidLine:
    lines = [f"{MAYBE}. {one.line}", one.amount_line]
    if one.to_check_lines:
        lines.append(f"À vérifier : {to_check(one, 3)}.".replace("?.", "?"))
    lines += [one.reminder, full_stop(one.contact), one.page_beside_contact]
    return AidLine(one.name, tuple(line for line in lines if line))


def _figure(state: State, needs: list[str]) -> str:
    size = state.profile.headcount_max
    for need in needs:
        figure = fact_for(size, state.profile.naf, need, is_behind=True)
        if figure is not None:
            return figure.line
    return ""
