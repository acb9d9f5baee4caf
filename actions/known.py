"""What is known in a conversation: the slots, read once an action."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from .memory import Memory
from .plan import Plan, goal_groups, make_plan
from .profile import Profile
from .questionnaire import DONT_KNOW, SKIPPED
from .scoring import AxisScore, score_axes, score_of, zeros_in_a_row
from .shipped_content import QUESTIONNAIRE, TRADES
from .slot_profile import mapping_in, profile_of
from .trades import Trade
from .traits import chosen, trade_of, traits_of


class Known:
    """A conversation's slots: the firm, the answers, and what follows from them."""

    def __init__(self, slots: Mapping[str, Any], memory: Memory | None = None) -> None:
        self.slots = slots
        self.memory = memory or Memory.of(slots)

    @cached_property
    def profile(self) -> Profile:
        """The firm."""
        return profile_of(self.slots)

    @cached_property
    def answers(self) -> dict[str, Any]:
        """The answers given, passed and unknown ones among them."""
        return {
            name: self.slots[name] for name in QUESTIONNAIRE.questions if self.slots.get(name) is not None
        }

    @cached_property
    def traits(self) -> dict[str, bool | None]:
        """What holds of the firm."""
        return traits_of(self.profile, self.answers, QUESTIONNAIRE, TRADES)

    @property
    def trade(self) -> Trade | None:
        """The trade or its family."""
        return trade_of(self.profile, TRADES)

    @property
    def trade_words(self) -> str:
        """The trade as it is said back to the owner."""
        sector = mapping_in(self.slots.get("activite"))
        return str(sector.get("label") or (self.trade.name if self.trade is not None else ""))

    @property
    def door(self) -> str:
        """The way in that was chosen, else the one that suits what was said."""
        door = self.slots.get("porte")
        if door is None:
            return "besoin_precis" if self.slots.get("besoins") else "express"
        return str(door)

    @property
    def is_full(self) -> bool:
        """Whether the owner does the full round."""
        return self.door == "complet"

    @cached_property
    def goals(self) -> list[tuple[str, ...]]:
        """What the owner wants, first things first."""
        return [group for group in goal_groups(self.profile, self.answers, QUESTIONNAIRE) if group]

    @cached_property
    def closed_axes(self) -> frozenset[str]:
        """Axes of which enough is known: two zeros in a row."""
        if not self.is_full:
            return frozenset()
        limit = int(QUESTIONNAIRE.limits["zeros_de_suite"])
        return frozenset(
            axis.id
            for axis in QUESTIONNAIRE.axes
            if zeros_in_a_row(axis.id, self.memory.asked, self.answers, QUESTIONNAIRE, self.traits) >= limit
        )

    @cached_property
    def scores(self) -> tuple[AxisScore, ...]:
        """The picture: one score an axis."""
        return score_axes(self.answers, QUESTIONNAIRE, self.traits)

    def plan(self, today: Any = None) -> Plan:
        """The action plan on what is known."""
        plan = make_plan(
            self.profile,
            self.answers,
            QUESTIONNAIRE,
            TRADES,
            removed={*self.memory.removed, *self.memory.ticked},
            today=today,
        )
        # The owner's own order comes before the rule's.
        own = {need: rank for rank, need in enumerate(self.memory.order)}
        return replace(plan, items=tuple(sorted(plan.items, key=lambda item: own.get(item.need, len(own)))))

    @property
    def aid_profile(self) -> Profile:
        """The firm as aids see it: money alone is no project, the aids are those of what the owner wants to do."""
        wanted = tuple(dict.fromkeys(key for goal in self.goals for key in goal if key != "financement"))
        return replace(self.profile, needs=wanted or self.profile.needs)

    def is_answered(self, name: str) -> bool:
        """Whether the owner gave a real answer."""
        return self.answers.get(name) not in (None, DONT_KNOW, SKIPPED)

    def label_of(self, name: str) -> str:
        """The answer to a question, in words."""
        question, value = QUESTIONNAIRE.question(name), self.slots.get(name)
        if question is None or value is None:
            return ""
        labels = [one.label_for(self.traits) for one in question.choices if one.id in chosen(value)]
        return ", ".join(labels)

    def score_of(self, name: str) -> int | None:
        """The score of the answer to a question."""
        question = QUESTIONNAIRE.questions.get(name)
        return None if question is None else score_of(question, self.answers.get(name), self.traits)
