"""What lending an employee costs each side, and the draft agreement, in the conversation: before any match too.

What is known is used (days and skill of an offer just made), what is missing is asked; the draft has blanks
for the rest.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .catalogue import shipped
from .conditions import euros
from .firm_words import plain, spending_said
from .flow import State
from .heard_answers import number_value
from .loan_agreement import Party, Terms, draft_agreement, to_pdf
from .network import WAY_OUT, full_stop, who_to_ask
from .shipped_content import QUESTIONNAIRE
from .skills import LoanCost, days_words, share_of
from .slot_questions import AskSlot
from .speech import Button, button, say

Event = dict[str, Any]
SAY = QUESTIONNAIRE.say
FORM_NAME = "pret_form"
NOTICE_FORM = "competence_form"
SLOT = "pret"
"""What is known of a loan: `sens`, `competence`, `jours`, `cout`; `retour`: the form to go back to."""
LEAST_COST, MOST_COST = 300, 15_000
MOST_DAYS = 21
COST = re.compile(
    r"\bcombien\b(?! (?:de jours|de temps|de fois|de personnes))|\bcout\w*|\bprix\b|\btarifs?\b"
    r"|\bqui (?:paie|paye)\b|\brembours\w+"
)
DRAFT = re.compile(
    r"\bconventions?\b|\bcontrats?\b|\bprojet d.accord\b|\baccord ecrit\b|\bpapiers? a signer\b"
)
NUMBERS = {"un": 1, "une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6}
DAYS = re.compile(rf"\b(\d+(?:[.,]\d+)?|{'|'.join(NUMBERS)}) (?:jours?|journees?)\b( et demie?\b)?")
GROSS = re.compile(r"\b(?:brut|net)\b")


def loan_matter(text: str) -> str | None:
    """Whether a sentence on lending somebody asks for the cost, or for the paper to sign: an action, or None."""
    words = plain(text)
    if DRAFT.search(words):
        return "action_loan_agreement"
    return "action_loan_cost" if COST.search(words) else None


class ActionLoanCost(Action):  # type: ignore[misc]
    """« Combien ça coûterait de prêter un salarié ? »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_loan_cost"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The rule, then the figures: at once where they are known, else asked for."""
        loan = dict(tracker.slots.get(SLOT) or {})
        days = tracker.slots.get("jours") if tracker.active_loop_name == NOTICE_FORM else None
        text = str(tracker.latest_message.get("text") or "")
        days, cost = days_meant(days, text), monthly_cost_meant(spending_said(text))
        loan |= {key: value for key, value in (("jours", days), ("cout", cost)) if value is not None}
        say(dispatcher, [SAY("pret_regle")])
        if loan.get("cout") and loan.get("jours"):
            tell_cost(dispatcher, tracker, loan)
            return [SlotSet(SLOT, loan)]
        if tracker.active_loop_name != FORM_NAME:
            loan["retour"] = tracker.active_loop_name
        known = [SlotSet("cout_mois", loan.get("cout")), SlotSet("jours_pret", loan.get("jours"))]
        return [SlotSet(SLOT, loan), *known, FollowupAction(FORM_NAME)]


class AskMonthlyCost(AskSlot):
    """What the employee costs his employer: one amount, that stands on the payslip."""

    form, slot, kind = FORM_NAME, "cout_mois", "number"

    def words(self, slots: Mapping[str, Any]) -> str:
        """Of one month."""
        return SAY("pret_cout")

    def buttons(self) -> Sequence[Button]:
        """The rule of thumb instead."""
        return [skip_button()]


class AskLoanDays(AskSlot):
    """How many days a month."""

    form, slot, kind = FORM_NAME, "jours_pret", "number"

    def words(self, slots: Mapping[str, Any]) -> str:
        """Any number of days can be written."""
        return SAY("competence_jours")

    def buttons(self) -> Sequence[Button]:
        """The rule of thumb instead."""
        return [skip_button()]


def skip_button() -> Button:
    """« Je ne sais pas »."""
    return button(SAY("bouton_nsp"), "dont_know")


class ValidateLoanForm(Action):  # type: ignore[misc]
    """An amount a month, and some days; « je ne sais pas » gives the rule of thumb instead."""

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
                return [SlotSet("cout_mois", "passe"), SlotSet("jours_pret", "passe")]
            text = str(tracker.latest_message.get("text") or "")
            found = monthly_cost_meant(value) if name == "cout_mois" else days_meant(value, text)
            if found is None:
                dispatcher.utter_message(response=f"utter_bad_{name}")
            elif name == "cout_mois" and GROSS.search(plain(text)):
                dispatcher.utter_message(response="utter_gross_is_less")
            events.append(SlotSet(name, found))
        return events


def monthly_cost_meant(value: Any) -> float | None:
    """What an employee may cost in a month; None for an hour's pay, a year's, or no number."""
    cost = number_value(value)
    return cost if cost is not None and LEAST_COST <= cost <= MOST_COST else None


def days_meant(value: Any, text: str = "") -> float | None:
    """Days a month: a number, or the middle of an interval; more than none, 21 at most.

    What the text says of days comes first: a « journée » is a day of work, not a third of one.
    """
    days = days_said(text) or number_value(value)
    return days if days is not None and 0 < days <= MOST_DAYS else None


def days_said(text: str) -> float | None:
    """« Une demi-journée », « deux jours et demi »: how many days of work; None where told otherwise."""
    words = plain(text)
    if re.search(r"\bsemaines?\b", words):
        return None
    if re.search(r"\bdemi[- ]?journee", words):
        return 0.5
    found = DAYS.search(words)
    if found is None:
        return None
    count = float(found[1].replace(",", ".")) if found[1][0].isdigit() else float(NUMBERS[found[1]])
    return count + 0.5 if found[2] else count


class ActionLoanPriced(Action):  # type: ignore[misc]
    """The end of the form."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_loan_priced"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """What each pays; then back to where he was."""
        loan = dict(tracker.slots.get(SLOT) or {})
        for slot, key in (("cout_mois", "cout"), ("jours_pret", "jours")):
            if isinstance(tracker.slots.get(slot), int | float):
                loan[key] = tracker.slots[slot]
        back = loan.pop("retour", None)
        tell_cost(dispatcher, tracker, loan)
        events = [SlotSet(SLOT, loan), SlotSet("cout_mois", None), SlotSet("jours_pret", None)]
        return [*events, FollowupAction(back)] if back else events


def tell_cost(dispatcher: CollectingDispatcher, tracker: Tracker, loan: Mapping[str, Any]) -> None:
    """What the borrower pays back and what stays with the lender; and that no public money is known."""
    cost, days = loan.get("cout"), loan.get("jours")
    lines = [SAY("pret_a_peu_pres")]
    if cost and days:
        part = share_of(float(cost), float(days))
        words = {
            "jours": days_words(float(days)),
            "cout": euros(float(cost)),
            "part": euros(part),
            "reste": euros(float(cost) - part),
        }
        lines = [SAY("pret_accueille", **words), SAY("pret_prete", **words)]
    profile = State(tracker.slots).profile
    lines += [
        SAY("pret_public"),
        full_stop(who_to_ask(shipped().networks[WAY_OUT], profile, "mutualisation")),
    ]
    say(dispatcher, lines, [button(SAY("bouton_accord"), "loan_agreement"), *notice_buttons()])


def loan_buttons() -> list[Button]:
    """What it costs, what is signed."""
    return [button(SAY("bouton_cout_pret"), "loan_cost"), button(SAY("bouton_accord"), "loan_agreement")]


def notice_buttons() -> list[Button]:
    """To look for somebody, to offer somebody."""
    return [button(SAY("bouton_cherche"), "search_skill"), button(SAY("bouton_propose"), "offer_skill")]


class ActionLoanAgreement(Action):  # type: ignore[misc]
    """« Montrez le projet d'accord »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_loan_agreement"

    # Not async: laying out the page takes a while, and the runner puts plain functions aside in a thread.
    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The draft as a file, with what is known in it and blanks for the rest."""
        loan = dict(tracker.slots.get(SLOT) or {})
        if tracker.active_loop_name == NOTICE_FORM:
            now = {key: tracker.slots.get(key) for key in ("sens", "competence", "jours")}
            loan |= {key: value for key, value in now.items() if value}
        place = tracker.slots.get("lieu")
        own = Party(address=str(place.get("commune") or "") if isinstance(place, Mapping) else "")
        lender, borrower = (own, Party()) if loan.get("sens") == "offer" else (Party(), own)
        if loan.get("sens") is None:
            lender = borrower = Party()
        cost, days = loan.get("cout"), loan.get("jours")
        terms = Terms(
            skill=loan.get("competence"),
            days_a_month=float(days) if days else None,
            cost=LoanCost(share_of(float(cost), float(days)), 0.0, 0.0) if cost and days else None,
        )
        dispatcher.utter_message(
            response="utter_loan_agreement",
            document={
                "filename": "projet-de-convention.pdf",
                "media_type": "application/pdf",
                "base64": b64encode(to_pdf(draft_agreement(lender, borrower, terms))).decode("ascii"),
            },
        )
        # Asked for in other words than its own intent's, it stands in no rule: what follows is said here.
        return [] if tracker.active_loop_name is not None else [FollowupAction("action_listen")]
