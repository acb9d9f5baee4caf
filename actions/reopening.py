"""A question put again: which one the owner names, and its answer kept aside until another is given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .firm_words import fact_words, plain
from .flow import State
from .memory import Memory
from .shipped_content import QUESTIONNAIRE


def question_named(text: str, state: State) -> str | None:
    """The answered question whose topic the text names; the longest topic wins."""
    folded = plain(text)
    best: tuple[int, str] | None = None
    for name in state.answers:
        for topic in QUESTIONNAIRE.questions[name].topics:
            if re.search(rf"(?<!\w){re.escape(plain(topic))}(?!\w)", folded) and (
                best is None or len(topic) > best[0]
            ):
                best = (len(topic), name)
    return None if best is None else best[1]


def note_reopened(memory: Memory, slots: Mapping[str, Any], name: str) -> None:
    """Note that a question is to be put again; its answer is kept aside until another is given."""
    memory.old[name] = slots.get(name)
    memory.redo = name
    if name in memory.asked:
        memory.asked.remove(name)
    state = State(slots, memory)
    label = fact_words(state, name) if name in ("activite", "lieu", "effectif") else state.label_of(name)
    memory.remarks.append(QUESTIONNAIRE.say("on_revient_dit" if label else "on_revient", reponse=label))
