"""What a message changes: facts on the firm, answers to the questions, corrections, and what depended on them.

Runs after every message, before the rules (`action_validate_slot_mappings`). It sets slots and notes what is to be said
about it (`Memory.remarks`); it says nothing itself, the next question or the next answer does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from .choices import choices_meant, has_words, narrow, narrow_to
from .emergency import is_attack_now
from .firm_words import fact_words, headcount_value, place_value, plain, sector_value, trade_key
from .flow import FORM, QUESTIONNAIRE, TRADES, Memory, State
from .questionnaire import DONT_KNOW, SKIPPED, Question
from .territory import REGION_OF, departement_of
from .traits import chosen

Event = dict[str, Any]

# Messages that are not about the open question: they are answered by a rule, and the question is put again.
ASIDES = frozenset(
    {
        *("explain_why", "explain_term", "help", "ask_progress", "ask_human", "ask_privacy", "delete_data"),
        *("export_data", "what_use", "complaint", "chitchat_bot", "greet", "thanks", "goodbye", "restart"),
        *("ask_aid", "ask_training", "ask_resource", "ask_skill_exchange", "ask_report", "back"),
    }
)
OPENING = frozenset({"describe_business", "express_need", "answer"})

CORRECTION = re.compile(
    r"^(?:ah |euh |oups |mais )?(?:non|nan|pardon|erreur|correction|enfin|plutot|desole|attendez)\b"
    r"|\b(?:en fait|finalement)\b|\bchange d'avis\b|\bje (?:me suis|m'etais|me) tromp|\bje voulais dire\b"
    r"|\bc'est plutot|\bau lieu de\b|\bon n'est pas\b|\bpas a\b.*\bmais\b"
)
REFUSING = re.compile(
    r"\b(?:veux|voulons|veut|souhaite|souhaitons) (?:surtout |vraiment )?(?:pas|plus|rien|aucun)"
    r"|\bsurtout pas\b|\bje refuse\b"
    r"|\b(?:m'|nous )interesse(?:nt)? pas\b|\bhors de question\b|\bpas question\b"
)
MISTAKE = re.compile(r"\btromp|\bchange d'avis\b|\berreur (?:pour|sur|dans|de)\b|\bmal repondu\b")
TELLS_TRADE = re.compile(
    r"\b(?:je suis|on est|nous sommes|je (?:fais|fabrique|tiens|vends|gere)|mon metier|j'ai une?)\b"
)
GESTURES = ("dont_know", "skip")
SMALL_WORDS = frozenset("le la les l un une des de du d et ou a au aux en je j on mes mon ma me".split())
# A way in is named in a short message only: a longer one says something else too.
DOOR_WORDS = 8
CONFIDENT = 0.8
TORN = 0.32
"""A trade less sure is asked back; so is one whose doubt, with the next trade's own share, comes to this."""


class ActionValidateSlotMappings(Action):  # type: ignore[misc]
    """Hear one message. Rasa calls it with every message, and again when the form starts: the second time is silent."""

    def name(self) -> str:
        """The name under which Rasa calls it after each message."""
        return "action_validate_slot_mappings"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[Event]:
        """Set the slots that this message changes."""
        message = tracker.latest_message or {}
        turn = str(message.get("message_id") or f"{len(tracker.events)}:{message.get('text')}")
        memory = Memory.of(tracker.slots)
        if not message or memory.turn == turn:
            return []
        memory.turn, memory.remarks, memory.heard = turn, [], False
        hearing = Hearing(tracker, memory)
        if not hearing.is_button and is_attack_now(hearing.plain):
            # Before any rule and any question, whatever the message was read as.
            memory.told = [*(one for one in memory.told if one != "urgence"), "urgence"]
            memory.awaiting = "urgence"
            dispatcher.utter_message(response="utter_cyber_emergency")
            dispatcher.utter_message(response="utter_cyber_emergency_who")
        else:
            memory.awaiting = None
        hearing.hear()
        return [*(SlotSet(name, value) for name, value in hearing.changes.items()), memory.event()]


class Hearing:
    """One message, taken apart against what was known before it."""

    def __init__(self, tracker: Tracker, memory: Memory) -> None:
        message = tracker.latest_message or {}
        self.before = State(dict(tracker.slots), memory)
        self.memory = memory
        self.intent = str((message.get("intent") or {}).get("name") or "")
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

    def hear(self) -> None:
        """Take all that the message says."""
        self._door_in_words()
        reopened = self._mistaken()
        learnt = self._facts() if reopened is None else []
        answered = self._answers() or self._by_label()
        if self.open is not None and not answered:
            answered = self._gestures()
        if self.open is not None and not answered and not self.is_button and self.intent not in ASIDES:
            answered = self._by_pattern(self.open, self.plain)
        if self.is_in_form and not self.is_button:
            self._second_answers(answered)
            self._forget_wishes_answered()
        if self.open is not None and self.changes and not answered and not self.is_button:
            # « Oui, et pour mes factures… »: the rest is taken, and the « oui » shows the choices that begin so.
            narrow_to(self.memory, self.open, self.before, self.plain)
        if reopened is not None and reopened.id not in self.changes:
            reopen(self.memory, self.before.slots, reopened.id)
            self.changes[reopened.id] = None
        if (
            self.before.slots.get("porte") is None
            and "porte" not in self.changes
            and not self.is_in_other_form
        ):
            self._take_a_door(learnt)
        if self.changes:
            self._drop_dependents()
        if learnt:
            self._echo(learnt)
        if self.open is not None and self.intent in ASIDES:
            # Who asks something in between is not counted as having failed to answer.
            self.memory.tries.pop(self.open.id, None)
        self._unknown_trade(learnt)
        self.memory.heard = bool(self.changes) or self.has_new_offers

    # ------------------------------------------------------------------ facts on the firm
    def _facts(self) -> list[str]:
        learnt = [
            name
            for name, take in (
                ("activite", self._sector),
                ("lieu", self._place),
                ("effectif", self._headcount),
                ("besoins", self._needs),
            )
            if take()
        ]
        corrected = (
            self.is_correcting
            and self.open is not None
            and any(
                (name in learnt or name in self.changes) and self.before.slots.get(name) is not None
                for name in ("activite", "lieu", "effectif")
            )
        )
        if corrected and self.open is not None and self.open.id not in learnt:
            # « Non, à Vitré » corrects the place; its « non » answers nothing.
            self.entities = [one for one in self.entities if one.get("entity") != self.open.id]
        return learnt

    def _may_replace(self, name: str) -> bool:
        """A known fact is replaced when its own question is open or its button is pressed (an old keyboard's too), on a
        correction, or when the firm is told again."""
        if self.before.slots.get(name) is None or (self.is_button and self._entity(name) is not None):
            return True
        if self.open is not None and self.open.id == name:
            return True
        return self.is_correcting or (self.intent == "describe_business" and self.open is None)

    def _entity(self, name: str) -> Any:
        return next((one.get("value") for one in reversed(self.entities) if one.get("entity") == name), None)

    def _sector(self) -> bool:
        if self._entity("lieu") is not None and self._entity("activite") is None:
            return False  # « Vitré » is the place that was asked for, not a cleaner of windows
        own, read = self._entity("activite"), self._entity("sector")
        value: dict[str, Any] | None = None
        if isinstance(own, str) and own.startswith("famille:"):
            family = TRADES.families.get(own.removeprefix("famille:"))
            value = None if family is None else {"famille": family.id, "label": family.name}
        elif isinstance(own, str) and own:
            label = read.get("label") if isinstance(read, Mapping) and read.get("naf") == own else None
            value = sector_value(own, label or self._offered("activite", "naf", own, "label"))
        if value is None and isinstance(read, Mapping) and read.get("naf"):
            if self.intent == "what_use" and self.before.slots.get("activite") is not None:
                return False
            value = self._sector_read(read)
        if value is None or not self._may_replace("activite"):
            return False
        self.memory.offers.pop("activite", None)
        return self._set("activite", value)

    def _sector_read(self, read: Mapping[str, Any]) -> dict[str, Any] | None:
        """The sector read in the text; where two trades are as likely, they become buttons."""
        naf, confidence = str(read["naf"]), float(read.get("confidence") or 0.0)
        others = [one for one in read.get("alternatives") or () if one.get("naf")]
        rival = next((one for one in others if trade_key(one["naf"]) != trade_key(naf)), None)
        is_torn = rival is not None and 1 - confidence + float(rival.get("confidence") or 0.0) > TORN
        if (is_torn or confidence < CONFIDENT) and others and self.before.slots.get("activite") is None:
            offers = {trade_key(naf): {"naf": naf, "label": read.get("label")}}
            for one in others[:3]:
                offers.setdefault(trade_key(one["naf"]), {"naf": one["naf"], "label": one.get("label")})
            if len(offers) > 1:
                self.has_new_offers = True
                self.memory.offers["activite"] = list(offers.values())
                return None
        return sector_value(naf, read.get("label"))

    def _place(self) -> bool:
        own, read = self._entity("lieu"), self._entity("place")
        value: dict[str, Any] | None = None
        if isinstance(own, str) and own:
            value = self._place_of_code(own, read if isinstance(read, Mapping) else {})
        elif isinstance(own, Mapping):
            value = place_value(own)
        elif isinstance(read, Mapping):
            offered = self._offered_places(read)
            if len(offered) == 1:
                value = offered[0]
            elif read.get("alternatives") and not read.get("insee"):
                if self._may_replace("lieu"):
                    self.has_new_offers = True
                    self.memory.offers["lieu"] = [place_value(one) for one in read["alternatives"][:5]]
                    if self.before.slots.get("lieu") is not None:
                        self.changes["lieu"] = None
                return False
            elif any(read.get(key) for key in ("insee", "departement", "region")):
                value = place_value(read)
        if value is None or not self._may_replace("lieu"):
            return False
        self.is_homonym = self.memory.offers.pop("lieu", None) is not None
        return self._set("lieu", value)

    def _offered_places(self, read: Mapping[str, Any]) -> list[dict[str, Any]]:
        """« Celui de la région parisienne »: those of the places offered that lie in the one that was read."""
        if self.open is None or self.open.id != "lieu" or read.get("insee"):
            return []
        key = "departement" if read.get("departement") else "region"
        offers = self.memory.offers.get("lieu") or ()
        return [dict(one) for one in offers if read.get(key) and one.get(key) == read.get(key)]

    def _place_of_code(self, code: str, read: Mapping[str, Any]) -> dict[str, Any] | None:
        within = {"departement": code[4:]} if code.startswith("dep:") else {"region": code[4:]}
        offers = self._offered_places(within) if code.startswith(("dep:", "reg:")) else []
        if len(offers) == 1:
            return offers[0]
        if code.startswith("dep:"):
            departement = code.removeprefix("dep:")
            found: dict[str, Any] = {"departement": departement, "region": REGION_OF.get(departement)}
            return found if found["region"] else None
        if code.startswith("reg:"):
            return {"region": code.removeprefix("reg:")}
        offered = next(
            (one for one in self.memory.offers.get("lieu") or () if one.get("insee") == code), None
        )
        if offered is not None:
            return dict(offered)
        if read.get("insee") == code:
            return place_value(read)
        if not re.fullmatch(r"\d[\dAB]\d{3}", code):
            return None
        departement = departement_of(code)
        return {"insee": code, "departement": departement, "region": REGION_OF.get(departement)}

    def _headcount(self) -> bool:
        value = headcount_value(self._entity("effectif")) or headcount_value(self._entity("headcount"))
        return value is not None and self._may_replace("effectif") and self._set("effectif", value)

    def _needs(self) -> bool:
        if self.intent == "not_this_reason":
            return False  # « trop cher » tells why an action was taken away, and wishes for nothing
        wanted = [str(one["value"]) for one in self.entities if one.get("entity") in ("need", "besoins")]
        refused = [
            str(one["value"]) for one in self.entities if one.get("entity") in ("negated_need", "refus")
        ]
        known = QUESTIONNAIRE.needs
        needs, no = list(self.before.slots.get("besoins") or ()), list(self.before.slots.get("refus") or ())
        old = (list(needs), list(no))
        if self.open is not None and not self.is_button:
            # Beside a question, only what is clearly a wish or a refusal counts: « pas de site » is an answer.
            is_answer = any(one.get("entity") == self.open.id for one in self.entities)
            wanted = wanted if self.intent == "express_need" and not is_answer else []
            refused = refused if REFUSING.search(self.plain) else []
        for key in refused:
            if key in known and key not in no:
                no.append(key)
            needs = [one for one in needs if one != key]
        for key in wanted:
            # Asking for information on aids or trainings is no wish for one more action in the plan.
            if key in known and key not in needs and not (self.intent in ASIDES and self.is_in_form):
                needs.append(key)
            no = [one for one in no if one != key]
        if (needs, no) == old:
            return False
        self.changes["besoins"], self.changes["refus"] = needs or None, no or None
        return True

    # ------------------------------------------------------------------ answers
    def _answers(self) -> bool:
        """The entities named after questions: buttons and what was read as an answer. True if the open one has one."""
        answered = False
        for name in dict.fromkeys(str(one.get("entity")) for one in self.entities):
            question = QUESTIONNAIRE.question(name)
            if question is None:
                continue
            if name in ("activite", "lieu", "effectif"):
                answered = answered or (
                    question is self.open and (name in self.changes or self._is_same(name))
                )
                continue
            raw = [one.get("value") for one in self.entities if one.get("entity") == name]
            value = self._value(question, raw)
            if value is None:
                continue
            self._answer(question, value)
            answered = answered or question is self.open
        if self.open is not None and self.open.id in ("activite", "lieu", "effectif"):
            return answered or self.open.id in self.changes
        return answered

    def _is_same(self, name: str) -> bool:
        return self.before.slots.get(name) is not None

    def _value(self, question: Question, raw: list[Any]) -> Any:
        if question.type == "number":
            return number_value(raw[-1])
        flat = [one for value in raw for one in (value if isinstance(value, list | tuple) else [value])]
        ids = [found for one in flat if (found := self._choice_id(question, one)) is not None]
        if question.type != "multi":
            return ids[-1] if ids else None
        picked = [one.id for one in question.choices if one.id in ids]
        alone = [one.id for one in question.choices if one.id in ids and one.is_exclusive]
        if alone and len(picked) > 1:
            picked = [one for one in picked if one not in alone]
        if question.most and len(picked) > question.most:
            kept = [one for one in dict.fromkeys(ids) if one in picked][: question.most]
            picked = [one for one in picked if one in kept]
            self.memory.remarks.append(QUESTIONNAIRE.say("deux_au_plus"))
        return picked or None

    def _choice_id(self, question: Question, raw: Any) -> str | None:
        shown = question.shown_choices(self.before.traits)
        if isinstance(raw, bool):
            raw = "oui" if raw else "non"
        if isinstance(raw, int):
            return shown[raw].id if 0 <= raw < len(shown) else None
        return next((one.id for one in question.choices if raw in (one.id, one.label)), None)

    def _answer(self, question: Question, value: Any) -> None:
        old = self.before.slots.get(question.id)
        if question.id == "porte":
            self.changes["porte"] = value
            return
        self._set(question.id, value)
        if self.memory.redo == question.id:
            self.memory.redo = None
        if self.is_button:
            return
        after = State({**self.before.slots, question.id: value}, self.memory)
        label = after.label_of(question.id)
        if question is not self.open:
            if old is None:
                text = QUESTIONNAIRE.say("note_aussi", question=question.short, reponse=label)
            else:
                text = QUESTIONNAIRE.say("note_change", question=question.short, reponse=label)
            self.memory.remarks.append(text)
        elif label and plain(label) != self.plain:
            self.memory.remarks.append(QUESTIONNAIRE.say("note", reponse=label))

    def _gestures(self) -> bool:
        """« Je ne sais pas » and « passer » for the open question."""
        question = self.open
        if question is None or self.intent not in GESTURES or self.has_new_offers:
            return False  # « à Saint-Denis » leaves several places: they become buttons
        if self.memory.redo == question.id:
            self.memory.redo = None
            if self.intent == "skip" and question.id in self.memory.old:
                # Going back and then passing leaves things as they were.
                self.changes[question.id] = self.memory.old.pop(question.id)
                self.memory.remarks.append(QUESTIONNAIRE.say("inchange"))
                return True
        if self.intent == "dont_know" and question.id == "activite" and not self.memory.tries.get("activite"):
            return False  # families of trades help first
        self.changes[question.id] = DONT_KNOW if self.intent == "dont_know" else SKIPPED
        key = "nsp" if self.intent == "dont_know" and question.is_scored else "passer"
        self.memory.remarks.append(QUESTIONNAIRE.say(key))
        return True

    def _by_label(self) -> bool:
        """The words of one choice, and of no other, typed instead of pressed."""
        question = self.open
        if question is None or self.is_button or question.type not in ("choice", "multi"):
            return False
        is_gesture = self.intent in GESTURES
        shown = question.shown_choices(self.before.traits)
        meant = choices_meant(self.plain, [(one.id, one.label_for(self.before.traits)) for one in shown])
        if len(meant.ids) == 1 and (meant.is_whole or not is_gesture):
            self._answer(question, list(meant.ids) if question.type == "multi" else meant.ids[0])
            return True
        if self.plain.strip(" .!") not in ("oui", "non", "ok") and not is_gesture:
            self.has_new_offers |= narrow(self.memory, question, shown, meant.ids, "laquelle_precise")
        return False

    def _by_pattern(self, question: Question, text: str) -> bool:
        """A free answer by the words of questionnaire.yml, where the language part read none."""
        for pattern in QUESTIONNAIRE.patterns.get(question.id, ()):
            for words in pattern.words:
                if not has_words(text, plain(words)):
                    continue
                shown = question.shown_choices(self.before.traits)
                choice = next((one for one in shown if one.score == pattern.score), None)
                if choice is None or question.id in self.changes:
                    continue
                self._answer(question, choice.id)
                return True
        return False

    def _door_in_words(self) -> None:
        """« La version rapide »: another way in than the one under way."""
        if self.is_button or len(self.plain.split()) > DOOR_WORDS:
            return
        for door in QUESTIONNAIRE.doors:
            if door != self.before.door and any(has_words(self.plain, words) for words in _door_words(door)):
                self.changes["porte"] = door

    def _mistaken(self) -> Question | None:
        """« Je me suis trompé pour le site »: the answered question that is to be put again."""
        if self.is_button or not MISTAKE.search(self.plain):
            return None
        named = question_named(self.text, self.before)
        return None if named is None else QUESTIONNAIRE.questions[named]

    def _second_answers(self, answered: bool) -> None:
        """« … et mes factures, c'est sur un carnet »: parts of the message that name the topic of another question.

        A message of one part counts too, when it did not answer the open question.
        """
        parts = [part for part in re.split(r"[,;.!?]| et | mais ", self.plain) if part.strip()]
        if (len(parts) < 2 and answered) or self.intent in ASIDES:
            return
        for question in QUESTIONNAIRE.scored:
            if question is self.open or question.id in self.changes:
                continue
            if question.id in self.before.answers and not self.is_correcting:
                continue
            if question.id not in QUESTIONNAIRE.patterns or not question.condition.holds(self.before.traits):
                continue
            for part in parts:
                names_it = any(has_words(part, plain(topic), negated=True) for topic in question.topics)
                if names_it and self._by_pattern(question, part):
                    break

    def _forget_wishes_answered(self) -> None:
        """« … et pour les sauvegardes j'ai un disque dur » answers a question: it is no wish besides."""
        told = {
            question.need_for(self.before.traits)
            for name in self.changes
            if (question := QUESTIONNAIRE.questions.get(name)) is not None and question.is_scored
        }
        old = list(self.before.slots.get("besoins") or ())
        needs = [key for key in self.changes.get("besoins") or () if key in old or key not in told]
        if "besoins" not in self.changes or needs == self.changes["besoins"]:
            return
        if needs == old:
            del self.changes["besoins"]
        else:
            self.changes["besoins"] = needs

    # ------------------------------------------------------------------ what follows
    def _unknown_trade(self, learnt: list[str]) -> None:
        """« Je suis souffleur de rêves » tells a trade that is not known: its family is asked at once."""
        is_told = self.intent == "describe_business" and bool(TELLS_TRADE.search(self.plain))
        is_outside = self.open is None and not self.is_in_other_form and not self.is_button
        is_new = not learnt and not self.has_new_offers and self.before.slots.get("activite") is None
        if is_told and is_outside and is_new:
            self.memory.tries.setdefault("activite", 1)
            self.changes.setdefault("porte", self.before.slots.get("porte") or "express")

    def _take_a_door(self, learnt: list[str]) -> None:
        if self.intent == "ask_aid" and not self.is_in_form:
            return
        if self.intent in OPENING and (learnt or self.changes or self.memory.offers):
            self.changes["porte"] = "besoin_precis" if self.changes.get("besoins") else "express"

    def _drop_dependents(self) -> None:
        """Answers that no longer suit after a change are dropped, and it is said."""
        after = State({**self.before.slots, **self.changes}, self.memory)
        if after.traits == self.before.traits:
            return
        dropped: list[str] = []
        for name, value in after.answers.items():
            question = QUESTIONNAIRE.questions[name]
            if name in self.changes or self.before.slots.get(name) is None:
                continue
            shown = {one.id for one in question.shown_choices(after.traits)}
            lost_choice = (
                value not in (DONT_KNOW, SKIPPED)
                and question.choices
                and (name not in ("effectif",) and not set(chosen(value)) <= shown)
            )
            if not question.condition.holds(after.traits) or lost_choice:
                self.changes[name] = None
                if value not in (DONT_KNOW, SKIPPED):
                    dropped.append(question.short)
        if dropped:
            listed = " ".join(f"« {text} »" for text in dropped[:3])
            self.memory.remarks.append(QUESTIONNAIRE.say("oublie", questions=listed))

    def _echo(self, learnt: list[str]) -> None:
        """Say back what was understood, in words that invite a correction."""
        after = State({**self.before.slots, **self.changes}, self.memory)
        was_known = [name for name in learnt if self.before.slots.get(name) is not None and name != "besoins"]
        if was_known:
            parts = [fact_words(after, name) for name in was_known]
            self.memory.remarks.insert(0, QUESTIONNAIRE.say("corrige", faits=" ; ".join(filter(None, parts))))
        fresh = [name for name in learnt if name not in was_known]
        if self.intent in ASIDES:
            fresh = [name for name in fresh if name != "besoins"]
        if self.is_button and fresh != ["besoins"]:
            return
        facts = [words for name in fresh if (words := fact_words(after, name))]
        departement = (after.slots.get("lieu") or {}).get("departement")
        if self.is_homonym and fresh == ["lieu"] and departement:
            facts = [f"{facts[0]} ({departement})"]
        if facts:
            is_first = "compris" not in self.memory.told
            if is_first:
                self.memory.told.append("compris")
            text = " ; ".join(facts)
            key = "compris" if is_first and len(fresh) > 1 else "note_fait"
            self.memory.remarks.insert(0, QUESTIONNAIRE.say(key, faits=text))

    def _set(self, name: str, value: Any) -> bool:
        """Note a change; False when it is none."""
        if self.before.slots.get(name) == value:
            return False
        self.changes[name] = value
        self.memory.old.pop(name, None)
        self.memory.tries.pop(name, None)
        return True

    def _offered(self, name: str, key: str, value: str, wanted: str) -> Any:
        offers: Iterable[Mapping[str, Any]] = self.memory.offers.get(name) or ()
        return next((one.get(wanted) for one in offers if one.get(key) == value), None)


def number_value(raw: Any) -> float | None:
    """A number, or the middle of an interval."""
    if isinstance(raw, Mapping):
        known = [one for one in (raw.get("min"), raw.get("max")) if isinstance(one, int | float)]
        return sum(known) / len(known) if known else None
    return float(raw) if isinstance(raw, int | float) and not isinstance(raw, bool) else None


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


def reopen(memory: Memory, slots: Mapping[str, Any], name: str) -> None:
    """Note that a question is to be put again; its answer is kept aside until another is given."""
    memory.old[name] = slots.get(name)
    memory.redo = name
    if name in memory.asked:
        memory.asked.remove(name)
    state = State(slots, memory)
    label = fact_words(state, name) if name in ("activite", "lieu", "effectif") else state.label_of(name)
    memory.remarks.append(QUESTIONNAIRE.say("on_revient_dit" if label else "on_revient", reponse=label))


@cache
def _door_words(door: str) -> tuple[str, ...]:
    return tuple(plain(words) for words in QUESTIONNAIRE.doors[door].get("mots") or ())
