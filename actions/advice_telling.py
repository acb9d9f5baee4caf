"""What is told beside a plan: uses of the trade, aids, a training, the way abroad."""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk.executor import CollectingDispatcher

from .aids import AidProposal, aids_for, nothing_known
from .catalogue import shipped
from .day import today_in_france
from .flow import State
from .funds import funds_for
from .network import abroad_step_lines, people_for_abroad, person_for
from .plan_item import aid_lines
from .resources import free_lesson, resource_for, resource_line
from .shipped_content import QUESTIONNAIRE
from .speech import button, person_button, say


def tell_uses(dispatcher: CollectingDispatcher, state: State) -> None:
    """What tools are good for in this trade, then the quick version."""
    trade = state.trade
    if trade is None:
        dispatcher.utter_message(response="utter_uses_unknown")
        return
    words = QUESTIONNAIRE.say
    say(dispatcher, [words("usages", metier=state.trade_words), *(f"• {use}" for use in trade.uses)])
    say(
        dispatcher,
        [words("usages_suite")],
        [
            button(words("bouton_rapide"), "answer", porte="express"),
            button(words("bouton_aides"), "ask_aid"),
            button(words("bouton_personne"), "ask_human"),
        ],
    )


def tell_aids(dispatcher: CollectingDispatcher, state: State, need: str | None = None, most: int = 3) -> None:
    """The aids that may pay, each with what is met and what is to be checked."""
    words = QUESTIONNAIRE.say
    profile = state.profile if need is not None else state.aid_profile
    found = aids_for(profile, need, today_in_france(), spending_eur=profile.budget_eur)
    nothing = nothing_known(profile, found)
    if nothing:
        say(dispatcher, [nothing])
    for aid in with_own_region(found, most):
        say(dispatcher, aid_lines(aid, short=profile.budget_eur is None, page=True))
    if not found and not nothing:
        say(
            dispatcher,
            [
                words("aucune_aide"),
                words("plan_personne", personne=person_for(state.profile, "financement").line),
            ],
        )


def with_own_region(found: Sequence[AidProposal], most: int) -> list[AidProposal]:
    """The first ones, and the first of the region where none of them is: it is what the owner cannot guess."""
    of_region = [one for one in found if shipped().aids.by_id[one.aid_id].region is not None]
    first = list(found[:most])
    return first if not of_region or of_region[0] in first else [*first, of_region[0]]


def tell_training(dispatcher: CollectingDispatcher, state: State) -> None:
    """Where to learn, which fund pays, and who helps."""
    words, profile = QUESTIONNAIRE.say, state.profile
    need = next((key for key in profile.needs if key not in ("formation", "financement")), "formation")
    # Who pays comes first: it is what is asked most.
    lines = funds_for(profile)
    lines.append(words("plan_personne", personne=person_for(profile, "formation").line))
    lesson = free_lesson(need, profile) if need != "formation" else resource_for("formation", profile)
    if lesson is not None:
        key = "formation_sujet" if need != "formation" else "plan_ressource"
        lines.append(words(key, sujet=QUESTIONNAIRE.needs[need].name, ressource=resource_line(lesson)))
        # « Un autre » asks for the next one on the same subject.
        state.memory.seen.append(lesson.resource_id)
        state.memory.spoken = need
    say(dispatcher, lines)


def tell_abroad(dispatcher: CollectingDispatcher, state: State) -> None:
    """The end of the branch « vendre à l'étranger »: the checklist, the aids, and who comes along."""
    words = QUESTIONNAIRE.say
    done, out = set(), set()
    for question in QUESTIONNAIRE.abroad:
        choice = question.choice(state.slots.get(question.id))
        if choice is not None and choice.settles:
            done.add(question.step)
        if choice is not None and choice.is_out:
            out.add(question.step)
    say(dispatcher, [words("etranger_liste")])
    for line in abroad_step_lines(done, out):
        say(dispatcher, [line])
    tell_aids(dispatcher, state, "export", most=2)
    say(
        dispatcher,
        [words("plan_personne", personne=person.line) for person in people_for_abroad(state.profile)],
        [
            button(words("bouton_personne"), "ask_human"),
            button(words("bouton_rapide"), "answer", porte="express"),
        ],
    )


def onwards(dispatcher: CollectingDispatcher, state: State) -> None:
    """After aids or a training: nobody is left before a wall."""
    words = QUESTIONNAIRE.say
    plan = button(words("bouton_plan"), "ask_report")
    first = plan if state.slots.get("plan") else button(words("bouton_rapide"), "answer", porte="express")
    say(dispatcher, [words("et_maintenant")], [first, person_button()])
