"""The plan told, told again, and the one question at its end."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .day import today_in_france
from .flow import State
from .plan import Plan, PlanItem
from .plan_item import helpers_of, kept_item, tell_item
from .shipped_content import QUESTIONNAIRE
from .speech import Button, button, capital, person_button, say

Event = dict[str, Any]


def tell_plan(dispatcher: CollectingDispatcher, state: State) -> list[Event]:
    """The plan in order, the quick checks, what is for later, and the closing question."""
    today = today_in_france()
    plan = state.plan(today)
    if not plan.items:
        say(dispatcher, [QUESTIONNAIRE.say("rien_a_faire")])
    else:
        say(
            dispatcher,
            [
                QUESTIONNAIRE.say(
                    "plan_ouverture" if len(plan.items) > 1 else "plan_ouverture_un",
                    n=len(plan.items),
                    liste=", ".join(QUESTIONNAIRE.needs[item.need].name for item in plan.items),
                )
            ],
        )
    if plan.settled:
        wishes = ", ".join(QUESTIONNAIRE.needs[key].wish for key in plan.settled)
        say(dispatcher, [QUESTIONNAIRE.say("deja_bien", liste=wishes)])
    kept: list[dict[str, Any]] = []
    used: set[str] = set()
    for rank, item in enumerate(plan.items, start=1):
        kept.append(tell_item(dispatcher, state, item, rank, used, today))
    state.memory.spoken = kept[0]["need"] if len(kept) == 1 else None
    tell_rest(dispatcher, plan)
    closing(dispatcher, state)
    # The question is put anew: an answer to the plan before this one does not count.
    return [
        SlotSet("plan", kept),
        SlotSet("plus_tard", list(plan.later) or None),
        SlotSet("avis", None),
        state.memory.event(),
    ]


def add_item(
    dispatcher: CollectingDispatcher,
    state: State,
    kept: list[dict[str, Any]],
    item: PlanItem,
    used: set[str],
) -> list[dict[str, Any]]:
    """Tell an action that takes the place of one done or taken away; the plan in its order, as it is told later."""
    today = today_in_france()
    order = {one.need: rank for rank, one in enumerate(state.plan(today).items)}
    before = sum(1 for one in kept if order.get(str(one["need"]), len(order)) < order[item.need])
    told = tell_item(dispatcher, state, item, before + 1, used, today)
    state.memory.spoken = item.need
    return sorted([*kept, told], key=lambda one: order.get(str(one["need"]), len(order)))


def tell_rest(dispatcher: CollectingDispatcher, plan: Plan) -> None:
    """What to settle in ten minutes, and what is for later."""
    words = QUESTIONNAIRE.say
    if plan.quick_fixes:
        say(dispatcher, [words("a_regler_vite"), *(f"• {one.text}" for one in plan.quick_fixes[:4])])
    if plan.later:
        begun = {item.need for item in plan.items}
        names = [
            words("chantier_entier", nom=QUESTIONNAIRE.needs[key].name)
            if key in begun
            else QUESTIONNAIRE.needs[key].name
            for key in plan.later[:4]
        ]
        say(dispatcher, [words("plus_tard", liste=", ".join(names))])


def plan_of(state: State) -> list[dict[str, Any]]:
    """The plan as `tell_plan` would keep it now, by the names of the needs."""
    today, used = today_in_france(), set[str]()
    items = state.plan(today).items
    kept = [kept_item(item, helpers_of(state, item, used, today)) for item in items]
    return sorted(kept, key=lambda one: str(one["need"]))


def recall_plan(dispatcher: CollectingDispatcher, state: State, opening: str | None = None) -> None:
    """The plan in one bubble, for who comes back to it or asks for it."""
    words = QUESTIONNAIRE.say
    needs = [str(one["need"]) for one in state.slots.get("plan") or ()]
    lines = [opening or words("rebonjour_plan")]
    lines += [
        f"{rank}. {capital(QUESTIONNAIRE.needs[need].name)}" for rank, need in enumerate(needs, start=1)
    ]
    say(dispatcher, lines)
    if opening is not None:
        closing(dispatcher, state, is_read=True)
        return
    # A later visit: what became of it.
    buttons = [
        button(words("bouton_fait", quoi=QUESTIONNAIRE.needs[need].name), "tick", besoin=need)
        for need in needs
    ]
    say(dispatcher, [words("ou_en_etes_vous")], [*buttons, button(words("bouton_refaire"), "review")])


def closing(dispatcher: CollectingDispatcher, state: State, is_read: bool = False) -> None:
    """The one question at the end; it is not put twice for a plan that was read (`is_read`)."""
    words = QUESTIONNAIRE.say
    buttons: list[Button] = [
        button(words("bouton_oui"), "feedback", avis="oui"),
        button(words("bouton_un_peu"), "feedback", avis="un_peu"),
        button(words("bouton_non"), "feedback", avis="non"),
    ]
    buttons.append(button(words("bouton_garder_plan"), "keep_plan"))
    if not state.is_full:
        buttons.append(button(words("bouton_complet"), "answer", porte="complet"))
    buttons.append(person_button())
    if is_read:
        buttons.insert(0, button(words("bouton_plan"), "ask_report"))
    if is_read and state.slots.get("avis") is not None:
        answers = {words(key) for key in ("bouton_oui", "bouton_un_peu", "bouton_non")}
        say(dispatcher, [words("et_maintenant")], [one for one in buttons if one["title"] not in answers])
        return
    dispatcher.utter_message(response="utter_ask_feedback", buttons=buttons)


def tell_first_action(dispatcher: CollectingDispatcher, state: State) -> bool:
    """What can already be said before the end; False when there is nothing yet."""
    items = state.plan(today_in_france()).items
    if not items:
        return False
    need = QUESTIONNAIRE.needs[items[0].need]
    say(dispatcher, [QUESTIONNAIRE.say("deja", quoi=need.name, premier_pas=items[0].first_step)])
    return True
