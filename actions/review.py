"""What becomes of the plan: ticked off, put in another order, looked at again at a later visit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .day import today_in_france
from .digressions import reopen
from .firm_words import plain
from .flow import FORM, State
from .form import not_understood
from .plan_replies import action_named
from .plan_telling import add_item
from .questionnaire import DONT_KNOW
from .reopening import question_named
from .shipped_content import QUESTIONNAIRE
from .speech import button, capital, effect, is_asking, say

Event = dict[str, Any]
SAY = QUESTIONNAIRE.say
RANKS = {"1": 1, "2": 2, "3": 3, "premier": 1, "premiere": 1, "deuxieme": 2, "second": 2, "troisieme": 3}
RANK = re.compile(rf"\b(?:{'|'.join(RANKS)})\b")
# Of a question answered worse than this, the answer may have changed since.
GOOD_ENOUGH = 2


def need_meant(tracker: Tracker, plan: list[dict[str, Any]]) -> str | None:
    """The action that a button, a rank in the text (« le 2 ») or its name (« la fiche ») means."""
    needs = [str(one["need"]) for one in plan]
    pressed = next(tracker.get_latest_entity_values("besoin"), None)
    if pressed is not None:
        return next((one for one in needs if one == pressed), None)
    text = plain(str(tracker.latest_message.get("text") or ""))
    rank = RANK.search(text)
    if rank is None:
        return action_named(text, needs)
    index = RANKS[rank.group()] - 1
    return needs[index] if 0 <= index < len(needs) else None


class ActionTick(Action):  # type: ignore[misc]
    """« C'est fait »: an action of the plan is done."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_tick"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Tick it off; the next one moves up."""
        state = State(tracker.slots)
        memory = state.memory
        plan = [dict(one) for one in state.slots.get("plan") or ()]
        need = need_meant(tracker, plan)
        if is_asking(tracker):
            return not_understood(dispatcher, state, tracker)
        if not plan:
            dispatcher.utter_message(response="utter_no_plan_yet")
            return []
        text = str(tracker.latest_message.get("text") or "")
        named = None if need is not None or text.startswith("/") else question_named(text, state)
        if named is not None:
            # « J'ai fait la fiche », which is no action of this plan: its question is put again.
            return reopen(state, named, tracker)
        if need is None:
            names = {str(one["need"]): capital(QUESTIONNAIRE.needs[one["need"]].name) for one in plan}
            buttons = [button(name, "tick", besoin=key) for key, name in names.items()]
            say(dispatcher, [SAY("laquelle_est_faite")], buttons)
            return []
        memory.ticked.append(need)
        effect(dispatcher, "feedback", answer="fait", about=need)
        say(dispatcher, [SAY("fait", quoi=QUESTIONNAIRE.needs[need].name)])
        kept = [one for one in plan if one["need"] != need]
        shown = {str(one["need"]) for one in plan}
        used = {str(one[key]) for one in plan for key in ("resource", "aid") if one.get(key)}
        today = today_in_france()
        fresh = next((item for item in state.plan(today).items if item.need not in shown), None)
        if fresh is not None:
            say(dispatcher, [SAY("la_suivante")])
            kept = add_item(dispatcher, state, kept, fresh, used)
        elif kept:
            say(
                dispatcher,
                [SAY("il_reste", liste=", ".join(QUESTIONNAIRE.needs[one["need"]].name for one in kept))],
            )
        return [SlotSet("plan", kept), memory.event()]


class ActionPutFirst(Action):  # type: ignore[misc]
    """« Le 2 d'abord »."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_put_first"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """The owner's order is the right one: it is kept, in the document too."""
        state = State(tracker.slots)
        plan = [dict(one) for one in state.slots.get("plan") or ()]
        need = need_meant(tracker, plan)
        if is_asking(tracker):
            return not_understood(dispatcher, state, tracker)
        if not plan and state.memory.heard:
            # « Je préfère commencer par mon site »: a wish, where no plan has an order yet.
            return [FollowupAction("action_begin")]
        if need is None:
            dispatcher.utter_message(response="utter_no_plan_yet" if not plan else "utter_which_first")
            return []
        ordered = sorted(plan, key=lambda one: one["need"] != need)
        state.memory.order = [str(one["need"]) for one in ordered]
        lines = [SAY("nouvel_ordre")]
        lines += [
            f"{rank}. {capital(QUESTIONNAIRE.needs[one['need']].name)}"
            for rank, one in enumerate(ordered, start=1)
        ]
        say(dispatcher, lines)
        return [SlotSet("plan", ordered), state.memory.event()]


class ActionReview(Action):  # type: ignore[misc]
    """« Refaire le point »: the weak answers once more, then the picture of then and now."""

    def name(self) -> str:
        """Named in rules.yml."""
        return "action_review"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Put again only what was weak or not known."""
        state = State(tracker.slots)
        if is_asking(tracker):
            return []
        weak = [
            question.id
            for question in QUESTIONNAIRE.scored
            if state.answers.get(question.id) == DONT_KNOW
            or ((score := state.score_of(question.id)) is not None and score < GOOD_ENOUGH)
        ]
        if not state.slots.get("plan"):
            dispatcher.utter_message(response="utter_no_plan_yet")
            return []
        if not weak:
            dispatcher.utter_message(response="utter_nothing_weak")
            return []
        memory = state.memory
        memory.picture = {score.axis.id: score.value for score in state.scores if score.value is not None}
        # A round of its own: « question 1 sur 3 », and its announcement says all.
        memory.asked, memory.returned, memory.announced = [], [], state.door
        memory.old.update({name: state.slots.get(name) for name in weak})
        again = State({**state.slots, **dict.fromkeys(weak)}, memory)
        memory.remarks.append(SAY("on_refait", n=again.progress[1]))
        return [
            *(SlotSet(name, None) for name in weak),
            SlotSet("avis", None),
            memory.event(),
            FollowupAction(FORM),
        ]
