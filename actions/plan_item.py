"""One action of the plan in words: what, why, the first step; a resource, an aid, a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from .aids import AidProposal, aids_for
from .catalogue import shipped
from .directory import volunteer_for
from .flow import State
from .funds import funds_for
from .network import Person, formality_lines, full_stop, person_for
from .plan import ASKED, USEFUL, PlanItem
from .resources import ResourceProposal, has_model, model_lines, proposal_of, resource_for, resource_line
from .shipped_content import QUESTIONNAIRE
from .speech import Button, button, capital, say
from .traits import chosen

# What the rule asks of this firm is said with the action that answers it.
FORMALITY_OF = {
    "facture_electronique": "facture_electronique",
    "annonces_legales": "annonces_legales",
    "stock_caisse": "caisse",
    "vente_en_ligne": "retractation",
}
# « Non », « Tout »: an answer that says nothing without its question.
SHORT_ANSWER = 20
MOST_FUNDS = 2


@dataclass(frozen=True, slots=True)
class Helpers:
    """Who and what helps with an action of the plan; `is_known` where the person was named with an earlier one."""

    resource: ResourceProposal | None
    person: Person
    is_known: bool
    volunteer: str | None
    aid: AidProposal | None
    funds: tuple[str, ...] = ()
    """Which fund pays, for a training."""


def tell_item(
    dispatcher: CollectingDispatcher, state: State, item: PlanItem, rank: int, used: set[str], today: date
) -> dict[str, Any]:
    """One action in two or three bubbles: what, why, the first step, time and cost; a resource, a person, an aid.

    What is long (a model to copy, a rule, how an aid is asked for) stands behind a button.
    """
    need = QUESTIONNAIRE.needs[item.need]
    words = QUESTIONNAIRE.say
    head = words("place_before") if item.why == "before" else _place_words(state, item, today)
    lines = [words("plan_titre", rang=rank, quoi=capital(need.name), place=head)]
    lines.append(words("plan_pourquoi", raison=reason(state, item)))
    free = words("cout_0") if item.small_step else words(f"cout_{item.cost}")
    time = words("effort_pas") if item.small_step else words(f"effort_{item.effort}")
    if item.small_step:
        lines.append(words("plan_petit_pas", premier_pas=item.first_step, temps=time, cout=free))
    else:
        lines.append(words("plan_premier_pas", premier_pas=item.first_step))
        lines.append(words("plan_ensuite", chantier=item.whole_job, temps=time, cout=free))
    helpers = helpers_of(state, item, used, today)
    kept = kept_item(item, helpers)
    lines += helper_lines(helpers)
    if helpers.aid is None:
        say(dispatcher, lines, item_buttons(kept))
    else:
        say(dispatcher, lines)
        say(dispatcher, aid_lines(helpers.aid, short=True, contact=False), item_buttons(kept))
    return kept


def _place_words(state: State, item: PlanItem, today: date) -> str:
    """Why it has its place: « le plus utile » is one action only, and what a second goal led to names that goal."""
    words = QUESTIONNAIRE.say
    first = next((one for one in state.plan(today).items if one.place == item.place), item)
    if first.need == item.need:
        return words(f"place_{item.place}")
    goal = _goal_of(state, item.need)
    if item.place == ASKED and goal is not None and item.need not in state.profile.needs:
        return words("place_goal", but=goal)
    return words("place_useful_too" if item.place == USEFUL else f"place_{item.place}")


def _goal_of(state: State, need: str) -> str | None:
    """The goal chosen that has this need."""
    goals = chosen(state.slots.get("but"))
    choices = QUESTIONNAIRE.questions["but"].choices
    return next((one.label for one in choices if one.id in goals and need in one.needs), None)


def kept_item(item: PlanItem, helpers: Helpers) -> dict[str, Any]:
    """What the slot `plan` keeps of an action."""
    return {
        "need": item.need,
        "place": item.place,
        "small_step": item.small_step,
        "resource": None if helpers.resource is None else helpers.resource.resource_id,
        "aid": None if helpers.aid is None else helpers.aid.aid_id,
    }


def item_buttons(kept: Mapping[str, Any], without: Collection[str] = ()) -> list[Button]:
    """What can be asked of an action of the plan; `without` are the details just told."""
    words, need = QUESTIONNAIRE.say, str(kept["need"])
    details = {
        "modele": has_model(str(kept.get("resource") or "")),
        "regle": need in FORMALITY_OF,
        "aide": kept.get("aid") is not None,
    }
    buttons = [
        button(words(f"bouton_detail_{key}"), "plan_detail", besoin=need, quoi=key)
        for key, is_there in details.items()
        if is_there and key not in without
    ]
    if kept.get("resource") is not None:
        buttons.append(button(words("bouton_autre"), "other_resource", besoin=need))
    if need == "formation":
        buttons.append(button(words("bouton_qui_paie"), "ask_training"))
    if need == "export":
        buttons.append(button(words("bouton_etranger"), "abroad"))
    if "raison" not in without:
        buttons.append(button(words("bouton_pourquoi"), "why_this", besoin=need))
    return [*buttons, button(words("bouton_pas_ca"), "not_this", besoin=need)]


def helpers_of(state: State, item: PlanItem, used: set[str], today: date) -> Helpers:
    """Who and what helps with an action; no resource and no aid twice in a plan."""
    person = person_for(state.profile, item.need)
    resource = resource_beside(person, state, item.need, used)
    if resource is not None:
        used.add(resource.resource_id)
    is_known = f"person:{person.network_id}" in used
    used.add(f"person:{person.network_id}")
    volunteer = volunteer_for(state.profile, item.need)
    aid = aid_of(state, item, used, today)
    if aid is not None:
        used.add(aid.aid_id)
    name = None if volunteer is None else volunteer.name
    return Helpers(resource, person, is_known, name, aid, fund_lines(state, item.need))


def fund_lines(state: State, need: str) -> tuple[str, ...]:
    """Which fund pays for a training: one for the head and one for the staff at the most, else it is asked apart."""
    if need != "formation" or not 0 < len(shipped().funds.paying(state.profile)) <= MOST_FUNDS:
        return ()
    return tuple(funds_for(state.profile)[:MOST_FUNDS])


def resource_beside(
    person: Person, state: State, need: str, used: Collection[str]
) -> ResourceProposal | None:
    """The resource for a need; not the very page that the person to call is reached by, where there is another."""
    first = resource_for(need, state.profile, used)
    if first is None or first.page is None or first.page not in person.reach:
        return first
    return resource_for(need, state.profile, [*used, first.resource_id]) or first


def aid_of(state: State, item: PlanItem, used: Collection[str], today: date) -> AidProposal | None:
    """The aid that may pay for an action, where it costs something."""
    if item.need == "financement":
        found = aids_for(state.aid_profile, None, today)
    elif QUESTIONNAIRE.needs[item.need].cost > 0 or item.need == "formation":
        found = aids_for(state.profile, item.need, today)
    else:
        return None
    return next((one for one in found if one.aid_id not in used), None)


def helper_lines(helpers: Helpers) -> list[str]:
    """The resource and the people in words."""
    words, lines = QUESTIONNAIRE.say, []
    if helpers.resource is not None:
        lines.append(words("plan_ressource", ressource=resource_line(helpers.resource, short=True)))
    if helpers.is_known:
        lines.append(words("plan_personne_encore", nom=helpers.person.name))
    else:
        lines.append(words("plan_personne", personne=helpers.person.line))
    lines += helpers.funds
    if helpers.volunteer is not None:
        lines.append(words("plan_connecteur", nom=helpers.volunteer))
    return lines


def detail_lines(state: State, kept: Mapping[str, Any], what: str, today: date) -> list[str]:
    """A detail of an action of the plan, in full: its model to copy, its rule, how to ask for its aid."""
    need = str(kept["need"])
    if what == "modele":
        model = proposal_of(str(kept.get("resource") or ""), state.profile, need)
        return [] if model is None else model_lines(model)
    if what == "regle" and need in FORMALITY_OF:
        return rule_lines(state, FORMALITY_OF[need])
    if what == "aide":
        profile = state.aid_profile if need == "financement" else state.profile
        found = aids_for(profile, None if need == "financement" else need, today)
        aid = next((one for one in found if one.aid_id == kept.get("aid")), None)
        return [] if aid is None else asking_lines(aid)
    return []


def rule_lines(state: State, formality: str) -> list[str]:
    """What a formality asks of this firm, in three sentences, then its official page."""
    rule = formality_lines(formality, state.profile, special_vat=state.traits.get("tva_particuliere") is True)
    return [QUESTIONNAIRE.say("plan_formalite", lignes=rule[0]), *rule[1:]]


def aid_lines(aid: AidProposal, short: bool = False, page: bool = False, contact: bool = True) -> list[str]:
    """An aid in words: what it is, what is met, what is to be checked, who to ask (`contact`)."""
    words, lines = QUESTIONNAIRE.say, [aid.intro]
    if aid.amount_line and not short:
        lines.append(aid.amount_line)
    most = 2 if short else 3
    if aid.met_lines:
        lines.append(words("plan_aide_rempli", liste=listed(aid.met_lines, most)))
    if aid.to_check_lines:
        lines.append(words("plan_aide_verifier", liste=to_check(aid, most)).replace("?.", "?"))
    if not contact:
        return [*lines, *([aid.signing] if aid.signing else [])]
    parts = [aid.reminder, full_stop(aid.contact), aid.page_beside_contact if page else ""]
    return [*lines, " ".join(part for part in parts if part)]


def asking_lines(aid: AidProposal) -> list[str]:
    """How an aid is asked for: what it would pay, all that is to be checked, who to ask and where."""
    lines = [f"{aid.name}. {aid.amount_line}".strip()]
    if aid.to_check_lines:
        check = listed(aid.to_check_lines, len(aid.to_check_lines))
        lines.append(QUESTIONNAIRE.say("plan_aide_verifier", liste=check).replace("?.", "?"))
    return [
        *lines,
        *(part for part in (aid.reminder, full_stop(aid.contact), aid.page_beside_contact) if part),
    ]


def to_check(aid: AidProposal, most: int) -> str:
    """What is to be checked as one list; that there is more is said, so that nobody takes it for all."""
    rest = " ; et d'autres points" if len(aid.to_check_lines) > most else ""
    return listed(aid.to_check_lines, most) + rest


def listed(lines: Sequence[str], most: int) -> str:
    """Some lines as one list inside a sentence; a question stays one."""
    parts = [line.strip().rstrip(".").strip() for line in lines[:most]]
    return " ; ".join(part[:1].lower() + part[1:] if part.endswith("?") else part for part in parts)


def reason(state: State, item: PlanItem) -> str:
    """Why this action, in the owner's own words where there are some."""
    words = QUESTIONNAIRE.say
    question = QUESTIONNAIRE.questions.get(item.why_question or "")
    if item.why == "before" and item.before is not None:
        after = QUESTIONNAIRE.needs[item.before].name
        if item.why_answer and question is not None:
            return words("raison_before_dit", question=question.short, reponse=item.why_answer, apres=after)
        return words("raison_before", apres=after)
    if item.why in ("answer", "trigger"):
        if item.why_answer and question is not None and len(item.why_answer) <= SHORT_ANSWER:
            return words("raison_answer_courte", question=question.short, reponse=item.why_answer)
        if item.why_answer:
            return words("raison_answer", reponse=item.why_answer)
        return (
            words("raison_nsp", question=question.short)
            if question is not None
            else words("raison_trade_inconnu")
        )
    if item.why == "trade":
        known = state.trade_words.lower()
        return words("raison_trade", metier=known) if known else words("raison_trade_inconnu")
    goal = _goal_of(state, item.need)
    key = "said" if item.why == "goal" and goal is None else item.why
    return words(f"raison_{key}", vouloir=QUESTIONNAIRE.needs[item.need].wish, but=goal)
