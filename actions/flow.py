"""Which question comes next: all of it follows from the slots, so that nothing is lost by a digression or a restart."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cached_property

from .known import Known
from .questionnaire import SKIPPED
from .shipped_content import QUESTIONNAIRE
from .ways import AIDS_DOOR, MOST_FACTS, last_questions, questions_of, triggered

FORM = "diagnostic_form"


class State(Known):
    """What is known, and the questions that follow from it."""

    @cached_property
    def path(self) -> tuple[str, ...]:
        """All questions of this conversation, in order, those that were answered among them."""
        return tuple(dict.fromkeys(questions_of(self)))

    @property
    def next_question(self) -> str | None:
        """The question to put now; None when all is known that is asked for."""
        redo = self.memory.redo
        if redo is not None and self.slots.get(redo) is None:
            return redo
        for name in self.path:
            if self.slots.get(name) is None:
                return name
        return next(self._returning(), None)

    @property
    def is_unfinished(self) -> bool:
        """Whether questions were begun that still lead to a plan."""
        is_open = self.slots.get("porte") is not None and not self.slots.get("plan")
        return is_open and bool(self.memory.asked) and self.next_question is not None

    @property
    def progress(self) -> tuple[int, int]:
        """(current, total): what was put and answered plus one, and that plus what is left."""
        current = self.next_question
        # A passed question that comes back counts twice: it was put, and is put again. One that another answer settled
        # was put too.
        done = [
            name
            for name in self.memory.asked
            if name != current and (self.slots.get(name) is not None or name not in self.path)
        ]
        left = {name for name in self.path if self.slots.get(name) is None}
        if current is not None:
            left.add(current)
        is_back = current is not None and self.slots.get(current) == SKIPPED
        count = len(done) + len(self.memory.returned) + is_back
        count_to_come = len(left) + self._unknown_yet
        waiting = sum(1 for name in self._returning() if name != current)
        return count + 1, max(count + count_to_come + waiting, 1)

    @property
    def _unknown_yet(self) -> int:
        """Questions that cannot be named yet, at the most: those of a need that is not said, facts for aids, the last
        ones of the full round. A total that shrinks is a good surprise; « 24 sur 24 » followed by another is a lie.
        """
        if self.door == "besoin_precis":
            is_open = not self.goals and self.slots.get("but") is None
            return int(QUESTIONNAIRE.precise["questions_max"]) if is_open else 0
        if self.door == AIDS_DOOR:
            facts = [one.id for one in QUESTIONNAIRE.facts if one.id in self.path]
            return MOST_FACTS - len(facts)
        if not self.is_full:
            return 0
        open_now = [name for name in self.path if self.slots.get(name) is None] + list(self._returning())
        earned = (
            last_questions(self)
            if not any(QUESTIONNAIRE.questions[name].is_scored for name in open_now)
            else None
        )
        last = triggered(self, "plan_payant") if open_now else []
        last += triggered(self, "axe_solide") if earned is None else earned
        return sum(1 for name in set(last) if self.slots.get(name) is None and name not in self.path)

    @property
    def minutes_left(self) -> int:
        """How long the questions left should take: those on the firm are answered in half the time."""
        seconds = int(QUESTIONNAIRE.limits["secondes_par_question"])
        left = [name for name in self.path if self.slots.get(name) is None]
        spent = sum(seconds if QUESTIONNAIRE.questions[name].is_scored else seconds / 2 for name in left)
        return max(1, math.ceil((spent + self._unknown_yet * seconds) / 60))

    def _returning(self) -> Iterator[str]:
        """Questions of weight 3 that the owner passed himself, to be put once more at the end of the full round.

        Who took the short way is not held up; a question that he tried to answer in vain is not put to him again.
        """
        if not self.is_full:
            return iter(())
        return (
            name
            for name in self.path
            if self.slots.get(name) == SKIPPED
            and name not in self.memory.returned
            and name not in self.memory.given_up
            and QUESTIONNAIRE.questions[name].weight_for(self.traits) >= 3
        )
