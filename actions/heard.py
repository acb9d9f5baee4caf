"""One message, against what was known before it, and what it changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from rasa_sdk import Tracker

from .firm_words import plain
from .flow import FORM, State
from .memory import Memory
from .shipped_content import QUESTIONNAIRE

# Messages that are not about the open question: they are answered by a rule, and the question is put again.
ASIDES = frozenset(
    {
        *("explain_why", "explain_term", "help", "ask_progress", "ask_human", "ask_privacy", "delete_data"),
        *("export_data", "what_use", "complaint", "chitchat_bot", "greet", "thanks", "goodbye", "restart"),
        *("ask_aid", "ask_training", "ask_resource", "ask_skill_exchange", "ask_report", "back"),
    }
)
CORRECTION = re.compile(
    r"^(?:ah |euh |oups |mais )?(?:non|nan|pardon|erreur|correction|enfin|plutot|desole|attendez)\b"
    r"|\b(?:en fait|finalement|au fait)\b|\bchange d'avis\b|\bje (?:me suis|m'etais|me) tromp|\bje voulais dire\b"
    r"|\bc'est plutot|\bau lieu de\b|\bon n'est pas\b|\bpas a\b.*\bmais\b"
)
REFUSING = re.compile(
    r"\b(?:veux|voulons|veut|souhaite|souhaitons) (?:surtout |vraiment )?(?:pas|plus|rien|aucun)"
    r"|\bsurtout pas\b|\bje refuse\b"
    r"|\b(?:m'|nous )interesse(?:nt)? pas\b|\bhors de question\b|\bpas question\b"
)
PUT_OFF = re.compile(r"\b(?:plus tard|pas maintenant|une autre fois|un autre jour)\b")
WISHING = re.compile(r"\b(?:veux|veut|voulons|voudrai\w*|voudrions|aimerai\w*|souhait\w+)\b")
GESTURES = ("dont_know", "skip")
# An intent less sure than this is a guess: plain words of the message count for more.
SURE_INTENT = 0.4


class Heard:
    """One message, taken apart against what was known before it; `changes` are the slots that it sets."""

    def __init__(self, tracker: Tracker, memory: Memory) -> None:
        message = tracker.latest_message or {}
        self.before = State(dict(tracker.slots), memory)
        self.memory = memory
        intent = message.get("intent") or {}
        self.intent = str(intent.get("name") or "")
        self.is_guess = float(intent.get("confidence") or 0.0) < SURE_INTENT
        self.entities: list[Mapping[str, Any]] = list(message.get("entities") or ())
        self.text = str(message.get("text") or "")
        self.plain = plain(self.text)
        self.is_button = self.text.startswith("/")
        self.is_in_form = tracker.active_loop_name == FORM
        self.is_in_other_form = tracker.active_loop_name not in (None, FORM)
        requested = tracker.slots.get("requested_slot") if self.is_in_form else None
        self.open = QUESTIONNAIRE.question(requested)
        self.changes: dict[str, Any] = {}
        self.has_new_offers = False
        self.is_homonym = False
        # A position shared from the phone, or an edited message, says how things are, whatever was known.
        metadata = message.get("metadata") or {}
        corrects = bool(metadata.get("location") or metadata.get("edits"))
        self.is_correcting = corrects or bool(CORRECTION.search(self.plain))

    def entity(self, name: str) -> Any:
        """The value read last for an entity."""
        return next((one.get("value") for one in reversed(self.entities) if one.get("entity") == name), None)

    def is_apart(self, one: str, other: str) -> bool:
        """Whether two entities were read from different words."""
        words = [self.words_of(name) for name in (one, other)]
        return all(words) and words[0] not in words[1] and words[1] not in words[0]

    def words_of(self, name: str) -> str:
        """The words from which an entity was read; empty where that is not known."""
        found: Mapping[str, Any] = next(
            (one for one in reversed(self.entities) if one.get("entity") == name), {}
        )
        start, end = found.get("start"), found.get("end")
        return self.text[start:end] if isinstance(start, int) and isinstance(end, int) else ""

    def set(self, name: str, value: Any) -> bool:
        """Note a change; False when it is none."""
        if self.before.slots.get(name) == value:
            return False
        self.changes[name] = value
        self.memory.old.pop(name, None)
        self.memory.tries.pop(name, None)
        if (narrowed := f"choix:{name}") in self.memory.told:
            self.memory.told.remove(narrowed)
        return True

    def offered(self, name: str, key: str, value: str, wanted: str) -> Any:
        """What the buttons of an open question say of one of their values."""
        offers: Iterable[Mapping[str, Any]] = self.memory.offers.get(name) or ()
        return next((one.get(wanted) for one in offers if one.get(key) == value), None)
