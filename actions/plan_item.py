"""One action of the plan in words: what, why, the first step; a resource, an aid, a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from .aids import AidProposal, aids_for
from .directory import volunteer_for
from .flow import State
from .network import formality_lines, full_stop, person_for
from .plan import PlanItem
from .resources import resource_for, resource_line
from .shipped_content import QUESTIONNAIRE
from .speech import bubbles, button, capital, say
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


def tell_item(
    dispatcher: CollectingDispatcher, state: State, item: PlanItem, rank: int, used: set[str], today: date
) -> dict[str, Any]:
    """One action: what, why, the first step, time and cost; then a resource, an aid, a person."""
    need = QUESTIONNAIRE.needs[item.need]
    words = QUESTIONNAIRE.say
    head = words(f"place_{item.place}")
    lines = [words("plan_titre", rang=rank, quoi=capital(need.name), place=head)]
    lines.append(words("plan_pourquoi", raison=reason(state, item)))
    free = words("cout_0") if item.small_step else words(f"cout_{item.cost}")
    time = words("effort_1") if item.small_step else words(f"effort_{item.effort}")
    if item.small_step:
        lines.append(words("plan_petit_pas", premier_pas=item.first_step, temps=time, cout=free))
    else:
        lines.append(words("plan_premier_pas", premier_pas=item.first_step))
        lines.append(words("plan_ensuite", chantier=item.whole_job, temps=time, cout=free))
    for text in bubbles(lines):
        dispatcher.utter_message(text=text)
    lines, resource_id, aid_id = helpers_of(state, item, used, today)
    buttons = [
        button(words("bouton_pas_ca"), "not_this", besoin=item.need),
        button(words("bouton_pourquoi"), "why_this", besoin=item.need),
    ]
    if resource_id is not None:
        buttons.append(button(words("bouton_autre"), "other_resource", besoin=item.need))
    if item.need == "export":
        buttons.append(button(words("bouton_etranger"), "abroad"))
    say(dispatcher, lines, buttons)
    return kept_item(item, resource_id, aid_id)


def kept_item(item: PlanItem, resource_id: str | None, aid_id: str | None) -> dict[str, Any]:
    """What the slot `plan` keeps of an action."""
    return {
        "need": item.need,
        "place": item.place,
        "small_step": item.small_step,
        "resource": resource_id,
        "aid": aid_id,
    }


def helpers_of(
    state: State, item: PlanItem, used: set[str], today: date
) -> tuple[list[str], str | None, str | None]:
    """Who and what helps with an action; nothing twice in a plan."""
    words, lines = QUESTIONNAIRE.say, []
    resource = resource_for(item.need, state.profile, used)
    if resource is not None:
        used.add(resource.resource_id)
        lines.append(words("plan_ressource", ressource=resource_line(resource)))
    if item.need in FORMALITY_OF:
        lines += rule_lines(state, FORMALITY_OF[item.need])
    person = person_for(state.profile, item.need)
    lines.append(words("plan_personne", personne=person.line))
    volunteer = volunteer_for(state.profile, item.need)
    if volunteer is not None:
        lines.append(words("plan_connecteur", nom=volunteer.name))
    aid = None
    if QUESTIONNAIRE.needs[item.need].cost > 0 or item.need in ("formation", "financement"):
        if item.need == "financement":
            found = aids_for(state.aid_profile, None, today)
        else:
            found = aids_for(state.profile, item.need, today)
        aid = next((one for one in found if one.aid_id not in used), None)
    if aid is not None:
        used.add(aid.aid_id)
        lines += aid_lines(aid, short=True)
    return lines, None if resource is None else resource.resource_id, None if aid is None else aid.aid_id


def rule_lines(state: State, formality: str) -> list[str]:
    """What a formality asks of this firm, in three sentences, then its official page."""
    rule = formality_lines(formality, state.profile, special_vat=state.traits.get("tva_particuliere") is True)
    return [QUESTIONNAIRE.say("plan_formalite", lignes=rule[0]), *rule[1:]]


def aid_lines(aid: AidProposal, short: bool = False, page: bool = False) -> list[str]:
    """An aid in words: what it is, what is met, what is to be checked, who to ask."""
    words, lines = QUESTIONNAIRE.say, [aid.intro]
    if aid.amount_line and not short:
        lines.append(aid.amount_line)
    most = 2 if short else 3
    if aid.met_lines:
        lines.append(words("plan_aide_rempli", liste=listed(aid.met_lines, most)))
    if aid.to_check_lines:
        lines.append(words("plan_aide_verifier", liste=listed(aid.to_check_lines, most)).replace("?.", "?"))
    parts = [aid.reminder, full_stop(aid.contact), aid.page_beside_contact if page else ""]
    return [*lines, " ".join(part for part in parts if part)]


def listed(lines: Sequence[str], most: int) -> str:
    """Some lines as one list inside a sentence; a question stays one."""
    parts = [line.strip().rstrip(".").strip() for line in lines[:most]]
    return " ; ".join(part[:1].lower() + part[1:] if part.endswith("?") else part for part in parts)


def reason(state: State, item: PlanItem) -> str:
    """Why this action, in the owner's own words where there are some."""
    words = QUESTIONNAIRE.say
    if item.why == "before" and item.before is not None:
        return words("raison_before", apres=QUESTIONNAIRE.needs[item.before].name)
    if item.why in ("answer", "trigger"):
        question = QUESTIONNAIRE.questions.get(item.why_question or "")
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
    goal = next(
        (
            one.label
            for one in QUESTIONNAIRE.questions["but"].choices
            if one.id in chosen(state.slots.get("but")) and item.need in one.needs
        ),
        None,
    )
    key = "said" if item.why == "goal" and goal is None else item.why
    return words(f"raison_{key}", vouloir=QUESTIONNAIRE.needs[item.need].wish, but=goal)
