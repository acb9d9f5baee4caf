"""The picture, the plan and what one can do with it: « pourquoi ? », « pas ça », the closing question."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .aids import AidProposal, aids_for, nothing_known
from .day import today_in_france
from .directory import volunteer_for
from .flow import ABROAD_DOOR, AIDS_DOOR, QUESTIONNAIRE, TRAINING_DOOR, State
from .funds import funds_for
from .network import abroad_step_lines, formality_lines, people_for_abroad, person_for
from .plan import Plan, PlanItem
from .report import AxisLine, Report, letterhead_of, to_picture
from .resources import resource_for, resource_line
from .scoring import AxisScore, best_first
from .speech import Button, bubbles, button, person_button, say, say_remarks
from .traits import chosen

Event = dict[str, Any]
BAR = 8
# What the rule asks of this firm is said with the action that answers it.
FORMALITY_OF = {
    "facture_electronique": "facture_electronique",
    "annonces_legales": "annonces_legales",
    "stock_caisse": "caisse",
    "vente_en_ligne": "retractation",
}
# « Non », « Tout »: an answer that says nothing without its question.
SHORT_ANSWER = 20


class ActionResults(Action):  # type: ignore[misc]
    """The end of the form."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_results"

    # Not async: drawing the picture takes a while, and the runner puts plain functions aside in a thread.
    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Say what the answers lead to."""
        return tell_results(dispatcher, State(tracker.slots))


def tell_results(dispatcher: CollectingDispatcher, state: State) -> list[Event]:
    """What this way in leads to: uses of the trade, aids, or the plan (after the picture in the full round)."""
    say_remarks(dispatcher, state)
    if state.door == "a_quoi_bon":
        tell_uses(dispatcher, state)
        return [SlotSet("porte", None), state.memory.event()]
    tell = {AIDS_DOOR: tell_aids, TRAINING_DOOR: tell_training, ABROAD_DOOR: tell_abroad}.get(state.door)
    if tell is not None:
        tell(dispatcher, state)
        if state.door != ABROAD_DOOR:
            onwards(dispatcher, state)
        return [SlotSet("porte", None), state.memory.event()]
    if state.is_full:
        tell_picture(dispatcher, state)
    return tell_plan(dispatcher, state)


# ------------------------------------------------------------------ picture
def tell_picture(dispatcher: CollectingDispatcher, state: State) -> None:
    """A word and a bar for each axis, the best first."""
    ranked = best_first(state.scores)
    if not ranked:
        dispatcher.utter_message(response="utter_picture_unknown")
        return
    lines = [QUESTIONNAIRE.say("bilan_titre", meilleur_axe=ranked[0].axis.name)]
    for score in ranked:
        full = round((score.value or 0) * BAR / 100)
        word = "" if score.level is None else score.level.name
        bar = "■" * full + "□" * (BAR - full)
        before = level_name(state.memory.picture.get(score.axis.id))
        if before is None:
            lines.append(f"{bar} {score.axis.name} : {word}")
        else:
            lines.append(
                QUESTIONNAIRE.say("bilan_avant", barre=bar, axe=score.axis.name, niveau=word, avant=before)
            )
    unknown = [score.axis.name for score in state.scores if score.value is None and score.answered]
    if unknown:
        lines.append(QUESTIONNAIRE.say("bilan_inconnu", axes=", ".join(unknown)))
    say(dispatcher, lines)
    alt = QUESTIONNAIRE.say(
        "bilan_image",
        liste=" ; ".join(f"{one.axis.name}, {'' if one.level is None else one.level.name}" for one in ranked),
    )
    dispatcher.utter_message(image=picture_url(state, ranked), image_alt=alt)
    checks = [QUESTIONNAIRE.questions[name].short for score in state.scores for name in score.to_check]
    if checks:
        say(
            dispatcher,
            [QUESTIONNAIRE.say("bilan_verifier", liste=" ".join(f"« {text} »" for text in checks[:3]))],
        )


def picture_url(state: State, ranked: Sequence[AxisScore]) -> str:
    """The picture as an image, in a `data:` URL."""
    lines = tuple(AxisLine(s.axis.name, s.value or 0, s.level.name if s.level else "") for s in ranked)
    report = Report(
        firm="",
        day=today_in_france(),
        letterhead=letterhead_of(chamber_in(state.slots)),
        best=QUESTIONNAIRE.say("bilan_fort", axe=ranked[0].axis.name),
        axes=lines,
    )
    return "data:image/png;base64," + b64encode(to_picture(report)).decode("ascii")


def chamber_in(slots: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is known of the chamber (name, phone, hours, retention_days), from the slot or the session's metadata."""
    for value in (slots.get("chamber"), slots.get("session_started_metadata")):
        if isinstance(value, Mapping):
            inner = value.get("chamber")
            if isinstance(inner, Mapping):
                return inner
            if value.get("name"):
                return value
    return {}


def level_name(value: float | None) -> str | None:
    """The word for a score of an axis; None without one."""
    if value is None:
        return None
    return next((level.name for level in QUESTIONNAIRE.levels if level.low <= value <= level.high), None)


# ------------------------------------------------------------------ plan
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
                    "plan_ouverture" if len(plan.items) > 1 else "plan_ouverture_un", n=len(plan.items)
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
    tell_rest(dispatcher, plan)
    closing(dispatcher, state)
    # The question is put anew: an answer to the plan before this one does not count.
    return [
        SlotSet("plan", kept),
        SlotSet("plus_tard", list(plan.later) or None),
        SlotSet("avis", None),
        state.memory.event(),
    ]


def plan_of(state: State) -> list[dict[str, Any]]:
    """The plan as `tell_plan` would keep it now, by the names of the needs."""
    today, used = today_in_france(), set[str]()
    items = state.plan(today).items
    kept = [_kept(item, *_helpers(state, item, used, today)[1:]) for item in items]
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
    lines, resource_id, aid_id = _helpers(state, item, used, today)
    buttons = [
        button(words("bouton_pas_ca"), "not_this", besoin=item.need),
        button(words("bouton_pourquoi"), "why_this", besoin=item.need),
    ]
    if resource_id is not None:
        buttons.append(button(words("bouton_autre"), "other_resource", besoin=item.need))
    if item.need == "export":
        buttons.append(button(words("bouton_etranger"), "abroad"))
    say(dispatcher, lines, buttons)
    return _kept(item, resource_id, aid_id)


def _kept(item: PlanItem, resource_id: str | None, aid_id: str | None) -> dict[str, Any]:
    return {
        "need": item.need,
        "place": item.place,
        "small_step": item.small_step,
        "resource": resource_id,
        "aid": aid_id,
    }


def _helpers(
    state: State, item: PlanItem, used: set[str], today: date
) -> tuple[list[str], str | None, str | None]:
    """Who and what helps with an action; nothing twice in a plan."""
    words, lines = QUESTIONNAIRE.say, []
    resource = resource_for(item.need, state.profile, used)
    if resource is not None:
        used.add(resource.resource_id)
        lines.append(words("plan_ressource", ressource=resource_line(resource)))
    if item.need in FORMALITY_OF:
        rule = formality_lines(
            FORMALITY_OF[item.need], state.profile, special_vat=state.traits.get("tva_particuliere") is True
        )
        lines += [words("plan_formalite", lignes=rule[0]), *rule[1:]]
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


def aid_lines(aid: AidProposal, short: bool = False, page: bool = False) -> list[str]:
    """An aid in words: what it is, what is met, what is to be checked, who to ask."""
    words, lines = QUESTIONNAIRE.say, [aid.intro]
    if aid.amount_line and not short:
        lines.append(aid.amount_line)
    most = 2 if short else 3
    if aid.met_lines:
        lines.append(words("plan_aide_rempli", liste=_listed(aid.met_lines, most)))
    if aid.to_check_lines:
        lines.append(words("plan_aide_verifier", liste=_listed(aid.to_check_lines, most)))
    parts = [aid.reminder, f"{aid.contact.rstrip('.')}.", aid.page or "" if page else ""]
    return [*lines, " ".join(part for part in parts if part)]


def _listed(lines: Sequence[str], most: int) -> str:
    return " ; ".join(line.strip().rstrip(".?").strip() for line in lines[:most])


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


def onwards(dispatcher: CollectingDispatcher, state: State) -> None:
    """After aids or a training: nobody is left before a wall."""
    words = QUESTIONNAIRE.say
    plan = button(words("bouton_plan"), "ask_report")
    first = plan if state.slots.get("plan") else button(words("bouton_rapide"), "answer", porte="express")
    say(dispatcher, [words("et_maintenant")], [first, person_button()])


def out_of_scope(dispatcher: CollectingDispatcher, state: State) -> None:
    """What can be done here; whoever has a plan is not sent to the questions again."""
    done = "_done" if state.slots.get("plan") else ""
    dispatcher.utter_message(response=f"utter_out_of_scope{done}")


def tell_first_action(dispatcher: CollectingDispatcher, state: State) -> None:
    """What can already be said before the end."""
    items = state.plan(today_in_france()).items
    if items:
        need = QUESTIONNAIRE.needs[items[0].need]
        say(dispatcher, [QUESTIONNAIRE.say("deja", quoi=need.name, premier_pas=items[0].first_step)])


# ------------------------------------------------------------------ uses and aids
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
    for aid in found[:most]:
        say(dispatcher, aid_lines(aid, short=profile.budget_eur is None, page=True))
    if not found and not nothing:
        say(
            dispatcher,
            [
                words("aucune_aide"),
                words("plan_personne", personne=person_for(state.profile, "financement").line),
            ],
        )


def tell_training(dispatcher: CollectingDispatcher, state: State) -> None:
    """Where to learn, which fund pays, and who helps."""
    words, profile = QUESTIONNAIRE.say, state.profile
    need = next((key for key in profile.needs if key != "formation"), "formation")
    resource = resource_for("formation", profile)
    lines = [words("plan_ressource", ressource=resource_line(resource))] if resource is not None else []
    lines += funds_for(profile)
    lines.append(words("plan_personne", personne=person_for(profile, "formation").line))
    if need != "formation" and (more := resource_for(need, profile)) is not None:
        lines.append(
            words("formation_sujet", sujet=QUESTIONNAIRE.needs[need].name, ressource=resource_line(more))
        )
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


def capital(text: str) -> str:
    """The text with a capital first."""
    return text[:1].upper() + text[1:]
