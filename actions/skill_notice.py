"""« PME numérique » in the conversation: offer or look for a digital skill, agree to be named, see the label's steps.

Nothing is matched here: notices are kept with the chamber, whose advisor proposes a match (`bot.skill_market`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .firm_words import plain
from .flow import FORM, State
from .handover import phone_number
from .shipped_content import QUESTIONNAIRE
from .skill_loan import NOTICE_FORM, SLOT, days_meant, days_said, loan_buttons, loan_matter
from .skills import STEPS, days_words, missing_steps
from .slot_questions import AskSlot
from .speech import Button, button, effect, say

Event = dict[str, Any]
SAY = QUESTIONNAIRE.say
FORM_NAME = NOTICE_FORM
SKILLS = {
    "presence_web": "Un site ou une page internet",
    "reseaux_sociaux": "Les réseaux sociaux",
    "visibilite_locale": "La fiche Google et les avis",
    "vente_en_ligne": "Vendre en ligne",
    "gestion_facturation": "Devis, factures, comptabilité",
    "cybersecurite": "La protection contre le piratage",
    "cloud_outils": "Les fichiers partagés",
    "relation_client": "Le fichier clients et les messages",
    "stock_caisse": "La caisse et le stock",
    "formation": "Former l'équipe",
}
# What is most often lent or looked for; the others can be written.
USUAL = ("presence_web", "reseaux_sociaux", "gestion_facturation", "cybersecurite", "vente_en_ligne")
DAYS = {0.5: "Une demi-journée", 1: "1 jour", 2: "2 jours", 4: "4 jours"}
EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+\.[a-zA-Z]{2,}")
# What the person does, in other words than the names of the skills.
SKILL_WORDS = {
    "gestion_facturation": re.compile(r"\bcomptab\w*|\bfactur\w*|\bdevis\b|\bsecretair\w*"),
    "reseaux_sociaux": re.compile(r"\breseaux\b|\bcommunity\b|\binstagram\b|\bfacebook\b"),
    "vente_en_ligne": re.compile(r"\b(?:vente|vendre|boutique) en ligne\b|\be-?commerce\b"),
    "presence_web": re.compile(r"\bsites?\b|\bweb(?:master)?\b|\bpages? internet\b"),
    "cybersecurite": re.compile(r"\bpirat\w*|\bcybersecurite\b|\bsecurite informatique\b"),
}
SOMEBODY = re.compile(
    r"\b(?:quelqu'un|personne|salariee?|employee?|comptable|secretaire|informatici\w+|community|graphiste)\b"
)
OFFERING = re.compile(
    r"\b(?:je|on|nous) (?:peux |peut |pouvons |voudrais |veux |pourrai[st]? |serais pret a )?"
    r"(?:pret(?:er|e|ons|erais|erait|erions)|propos(?:er|e|ons|erais|erait))\b"
)
SEARCHING = re.compile(
    r"\b(?:cherche|cherchons|recherche|recherchons|emprunter|besoin|voudrais quelqu|trouver)\b"
)


class ActionSkillNotice(Action):  # type: ignore[misc]
    """« Je peux prêter… », « je cherche quelqu'un… »: the side is taken, the form asks the rest."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_skill_notice"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Say what it is, then ask."""
        matter = loan_matter(str(tracker.latest_message.get("text") or ""))
        if matter is not None:
            return [FollowupAction(matter)]
        intent = (tracker.latest_message.get("intent") or {}).get("name")
        return open_notice(dispatcher, "search" if intent == "search_skill" else "offer", tracker)


def side_said(text: str) -> str | None:
    """« Je peux prêter… » offers, « je cherche quelqu'un… » searches; None where neither is said, or both are."""
    sides = [
        side for side, words in (("offer", OFFERING), ("search", SEARCHING)) if words.search(plain(text))
    ]
    return sides[0] if len(sides) == 1 else None


def side_of_loan(text: str) -> str | None:
    """The side, where a sentence offers or looks for somebody for some days a month; None where it does not."""
    is_loan = "par mois" in plain(text) and days_said(text) is not None and SOMEBODY.search(plain(text))
    return side_said(text) if is_loan else None


def open_notice(dispatcher: CollectingDispatcher, side: str, tracker: Tracker) -> list[Event]:
    """Say what an offer or a search is, and begin its form; what the message tells is not asked."""
    dispatcher.utter_message(response=f"utter_skill_{side}")
    text = str(tracker.latest_message.get("text") or "")
    skill, days = (None, None) if text.startswith("/") else (skill_said(text, tracker), days_said(text))
    if skill is not None:
        said = [SKILLS[skill].lower(), *([days_words(days)] if days else [])]
        say(dispatcher, [SAY("note_fait", faits=" ; ".join(said))])
    known = {"competence": skill, "jours": days, "coordonnees": None, "sens": side}
    return [*(SlotSet(name, value) for name, value in known.items()), FollowupAction(FORM_NAME)]


def skill_said(text: str, tracker: Tracker) -> str | None:
    """« Mon comptable », « quelqu'un pour mon site »: the skill that a sentence on lending names."""
    words = plain(text)
    named = [key for key, known in SKILL_WORDS.items() if known.search(words)]
    named += [str(one) for one in tracker.get_latest_entity_values("need") if one in SKILLS]
    return next(iter(named), None)


class AskSkill(AskSlot):
    """Which skill."""

    form, slot, kind, choices = FORM_NAME, "competence", "choice", SKILLS

    def words(self, slots: Mapping[str, Any]) -> str:
        """Offered or looked for."""
        return SAY("competence_cherchee" if slots.get("sens") == "search" else "competence_offerte")

    def buttons(self) -> Sequence[Button]:
        """The usual ones."""
        return [*(button(SKILLS[key], "answer", competence=key) for key in USUAL), give_up()]


class AskDays(AskSlot):
    """How many days a month."""

    form, slot, kind = FORM_NAME, "jours", "number"

    def words(self, slots: Mapping[str, Any]) -> str:
        """Any number of days can be written."""
        return SAY("competence_jours")

    def buttons(self) -> Sequence[Button]:
        """The usual ones."""
        return [*(button(title, "answer", jours=days) for days, title in DAYS.items()), give_up()]


class AskPlace(AskSlot):
    """Where the firm is, when it is not known."""

    form, slot, kind = FORM_NAME, "lieu", "place"

    def words(self, slots: Mapping[str, Any]) -> str:
        """Its commune."""
        return SAY("quelle_commune")


class AskContact(AskSlot):
    """How to be reached."""

    form, slot = FORM_NAME, "coordonnees"

    def words(self, slots: Mapping[str, Any]) -> str:
        """A name and a number, and what becomes of them."""
        return SAY("competence_contact")

    def buttons(self) -> Sequence[Button]:
        """The way out."""
        return [give_up()]


def give_up() -> Button:
    """« Annuler »."""
    return button(SAY("bouton_annuler"), "skip")


class ValidateSkillForm(Action):  # type: ignore[misc]
    """A skill that is one of the needs, some days a month, and a way to be reached; « passer » gives up."""

    def name(self) -> str:
        """Rasa's name for the validator of the form."""
        return f"validate_{FORM_NAME}"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Check what was just said."""
        events: list[Event] = []
        for name, value in tracker.slots_to_validate().items():
            if value is None:
                continue
            if value == "passe":
                # Given up: the form ends, and nothing is kept.
                place = tracker.slots.get("lieu") or {"commune": None}
                kept = {
                    "competence": "passe",
                    "jours": "passe",
                    "coordonnees": "passe",
                    "lieu": place,
                    "sens": None,
                }
                return [SlotSet(one, what) for one, what in kept.items()]
            if name == "jours":
                found: Any = days_meant(value, str(tracker.latest_message.get("text") or ""))
            elif name in ("competence", "coordonnees"):
                found = skill_meant(value) if name == "competence" else contact_meant(value)
            else:
                continue
            if found is None:
                dispatcher.utter_message(response=f"utter_bad_{name}")
            events.append(SlotSet(name, found))
        return events


def skill_meant(value: Any) -> str | None:
    """One of the skills."""
    return str(value) if value in SKILLS else None


def contact_meant(value: Any) -> str | None:
    """A name and a telephone or an e-mail; None without either."""
    text = " ".join(str(value or "").split())[:200]
    return text if EMAIL.search(text) or phone_number(text) else None


class ActionSkillNoted(Action):  # type: ignore[misc]
    """The end of the form."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_skill_noted"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Keep the notice with the chamber; the contact is for the match that both sides want, and for nothing else."""
        slots, state = tracker.slots, State(tracker.slots)
        side = slots.get("sens")
        if side in ("offer", "search"):
            effect(
                dispatcher,
                f"skill_{side}",
                skill=str(slots.get("competence")),
                days_a_month=float(slots.get("jours") or 1),
                contact=str(slots.get("coordonnees")),
                insee=state.profile.insee,
                commune=(slots.get("lieu") or {}).get("commune"),
                departement=state.profile.departement,
                naf=state.profile.naf,
                consent=True,
            )
            dispatcher.utter_message(response="utter_skill_noted", buttons=loan_buttons())
        else:
            dispatcher.utter_message(response="utter_skill_dropped")
        cleared = [SlotSet(name, None) for name in ("competence", "jours", "coordonnees", "sens")]
        if side in ("offer", "search"):
            loan = {key: slots.get(key) for key in ("sens", "competence", "jours")}
            cleared.append(SlotSet(SLOT, {**(slots.get(SLOT) or {}), **loan}))
        if not is_place(slots.get("lieu")):
            cleared.append(SlotSet("lieu", None))
        # The diagnosis goes on where it was.
        return [*cleared, FollowupAction(FORM)] if state.is_unfinished else cleared


def is_place(value: Any) -> bool:
    """Whether the slot `lieu` says where: giving a form up fills it with nothing."""
    return isinstance(value, Mapping) and any(value.get(key) for key in ("insee", "departement", "region"))


class ActionSkillConsent(Action):  # type: ignore[misc]
    """« Oui, donnez mon nom » under a proposed match."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_skill_consent"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Keep what this side says."""
        match = next(tracker.get_latest_entity_values("match"), None)
        says = next(tracker.get_latest_entity_values("dit"), None)
        if not isinstance(match, str) or says not in ("oui", "non"):
            return []
        effect(dispatcher, "skill_consent", match=match, agreed=says == "oui")
        dispatcher.utter_message(response="utter_consent_yes" if says == "oui" else "utter_consent_no")
        return []


class ActionLabel(Action):  # type: ignore[misc]
    """« Le statut PME numérique »: its steps, and what is left."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_label"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Tick what is done, and name what is not."""
        done = steps_done(State(tracker.slots))
        lines = [
            SAY("label_intro"),
            *(f"{'☑' if key in done else '☐'} {words}" for key, words in STEPS.items()),
        ]
        if not missing_steps(done):
            lines.append(SAY("label_obtenu"))
        say(
            dispatcher,
            lines,
            [button(SAY("bouton_cherche"), "search_skill"), button(SAY("bouton_propose"), "offer_skill")],
        )
        return []


def steps_done(state: State) -> set[str]:
    """The steps of the label that the answers show; helping each other is confirmed by an advisor, not here."""
    done = set()
    if state.is_full and state.slots.get("plan"):
        done.add("bilan")
    if state.memory.ticked:
        done.add("plan")
    if state.slots.get("s_copie") == "essayee" and state.slots.get("s_code") in ("partout", "mail"):
        done.add("securite")
    if state.score_of("g_facture_elec") in (2, 3):
        done.add("facture")
    return done
