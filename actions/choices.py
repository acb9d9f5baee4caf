"""Choices named in words: those that a text means, and those alone that are shown when it means several."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple

from .firm_words import plain
from .flow import State
from .memory import Memory
from .questionnaire import Choice, Question
from .shipped_content import QUESTIONNAIRE

SMALL_WORDS = frozenset("le la les l un une des du de d et ou a au aux en je j on mes mon ma me".split())


class Meant(NamedTuple):
    """The ids of the choices that a text may mean; `is_whole` when it has all the words of one."""

    ids: tuple[str, ...]
    is_whole: bool


def choices_meant(text: str, labels: Iterable[tuple[str, str]]) -> Meant:
    """The choices whose words hold all those of a text (« faire revenir mes clientes »); none for an empty text.

    One word alone means a choice only when it is all of it: « rien » leaves « Rien : j'ai une copie » and another.
    """
    said = _stems(text)
    known = [(choice, _stems(plain(label))) for choice, label in labels]
    whole = [choice for choice, words in known if said == words]
    if said and len(whole) == 1:
        return Meant(tuple(whole), True)
    part = [choice for choice, words in known if said <= words] if said else []
    return Meant(() if len(part) == 1 and len(said) == 1 else tuple(part), False)


def narrow(
    memory: Memory, question: Question, shown: Sequence[Choice], meant: Sequence[str], remark: str
) -> bool:
    """Show only some of the choices, once; False where that does not help: « non » again is led on."""
    if not 1 < len(meant) < len(shown) or f"choix:{question.id}" in memory.told:
        return False
    memory.told.append(f"choix:{question.id}")
    memory.tries[question.id] = 1
    memory.offers[question.id] = list(meant)
    memory.remarks.append(QUESTIONNAIRE.say(remark))
    return True


def narrow_to(memory: Memory, question: Question, state: State, text: str) -> bool:
    """« Oui » where several choices begin so: those alone are shown. False where that does not help."""
    word = re.match(r"(oui|non)\b", text)
    if word is None or question.type != "choice":
        return False
    shown = question.shown_choices(state.traits)
    begin = word.group(1)
    meant = [one.id for one in shown if re.match(rf"{begin}\b", plain(one.label_for(state.traits)))]
    return narrow(memory, question, shown, meant, "laquelle" if begin == "oui" else "laquelle_non")


def _stems(text: str) -> frozenset[str]:
    """The words of a text without their endings of number and gender, small words left out."""
    words = re.findall(r"[a-z0-9]+", text)
    return frozenset(word.rstrip("s").rstrip("e") or word for word in words if word not in SMALL_WORDS)


@cache
def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")


# « Non » alone is an answer, « non mais… » is not; « tout » too, « j'ai tout sur le cloud » is the contrary.
ALONE = ("non", "tout")


def has_words(text: str, words: str, negated: bool = False) -> bool:
    """Whether the words stand in the text, and are not denied just before (« pas de logiciel »)."""
    if words not in text:
        return False
    for match in _whole(words).finditer(text):
        if negated:
            return True
        if words in ALONE:
            if text.strip(" .,!") == words:
                return True
            continue
        ahead = text[: match.start()][-24:]
        if not re.search(
            r"\b(?:pas|plus|ni|sans|jamais|rien|aucun|aucune)(?: de| d'| du| encore| un| une)?\s*$", ahead
        ):
            return True
    return False
