"""What tests put in place of a clock, a reader and a project; and the databases that they run on."""

from __future__ import annotations

import textwrap
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.messages import Answer, Intent, NluReading, Question, UserMessage


class FakeClock:
    """A clock that goes on only when told; gives seconds since 1970."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class WordReader:
    """Reads a text by its words: the first intent one of whose words is in it; a value is the choice's own title."""

    def __init__(self, words: dict[str, str]) -> None:
        self.words = words
        self.questions: list[Question | None] = []

    def read(self, text: str, question: Question | None) -> NluReading:
        self.questions.append(question)
        if "explose" in text:
            raise RuntimeError("the reader breaks on this word")
        lowered = text.lower()
        name = next((intent for word, intent in self.words.items() if word in lowered), "nlu_fallback")
        answer = None
        if question is not None:
            for index, choice in enumerate(question.choices):
                if choice.lower() in lowered:
                    answer = Answer("value", index, 0.9, (0, len(text)))
        return NluReading(text=text, intent=Intent(name, 0.9), ranking=(Intent(name, 0.9),), answer=answer)


def says(
    text: str, *, sender: str = "owner", channel: str = "rest", message_id: str | None = None, **more: Any
) -> UserMessage:
    """A message with an id of its own unless one is given."""
    return UserMessage(
        channel=channel,
        sender=sender,
        message_id=message_id or uuid.uuid4().hex,
        text=text,
        sent_at=datetime(2026, 11, 25, tzinfo=UTC),
        **more,
    )


DOMAIN = """
version: "3.1"
intents: [greet, start, answer, forget, call_me, person, break, slow, bad_effect, export_data, several]
entities: [site, size]
slots:
  site:
    type: categorical
    values: [none, own, network]
    influence_conversation: true
    mappings: [{type: from_entity, entity: site}]
  size:
    type: any
    influence_conversation: false
    mappings: [{type: from_entity, entity: size, conditions: [{active_loop: short_form, requested_slot: size}]}]
responses:
  utter_greet: [{text: "Bonjour."}]
  utter_done: [{text: "C'est fini : {site}, {size}."}]
  utter_default: [{text: "Pardon ?"}]
actions:
  [action_ask_site, action_ask_size, action_forget, action_call_me, action_person, action_break, action_slow,
   action_bad_effect, action_export, action_several]
forms:
  short_form: {required_slots: [site, size]}
session_config: {session_expiration_time: 0, carry_over_slots_to_new_session: true}
"""

RULES = """
version: "3.1"
rules:
  - rule: greeting
    steps: [{intent: greet}, {action: utter_greet}]
  - rule: start
    steps: [{intent: start}, {action: short_form}, {active_loop: short_form}]
  - rule: end
    condition: [{active_loop: short_form}]
    steps: [{action: short_form}, {active_loop: null}, {action: utter_done}]
"""

ACTIONS = """
import asyncio
from rasa_sdk import Action
from rasa_sdk.events import SlotSet


class ActionAskSite(Action):
    def name(self):
        return "action_ask_site"

    async def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(
            text="Avez-vous un site ?",
            buttons=[
                {"title": "Non", "payload": '/answer{"site": "none"}'},
                {"title": "Un site", "payload": '/answer{"site": "own"}'},
                {"title": "Une page", "payload": '/answer{"site": "network"}'},
            ],
            question={"id": "site", "type": "choice", "text": "Avez-vous un site ?",
                      "choices": ["Non", "Un site", "Une page"], "values": ["none", "own", "network"]},
            progress={"current": 1, "total": 2},
        )
        return []


class ActionAskSize(Action):
    def name(self):
        return "action_ask_size"

    async def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(
            text="Combien de personnes ?",
            question={"id": "size", "type": "choice", "text": "Combien ?",
                      "choices": ["Seul", "Plusieurs"], "values": [1, 2]},
            progress={"current": 2, "total": 2},
        )
        return []


class Effect:
    effect = {}
    text = "Fait."

    async def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text=self.text)
        dispatcher.utter_message(json_message={"effect": self.effect})
        return []


class ActionForget(Effect, Action):
    effect = {"type": "erase"}
    text = "Tout est effacé."

    def name(self):
        return "action_forget"


class ActionCallMe(Effect, Action):
    effect = {"type": "call_back", "phone": "0102030405", "when": "matin"}

    def name(self):
        return "action_call_me"


class ActionPerson(Effect, Action):
    effect = {"type": "handover", "reason": "asked"}

    def name(self):
        return "action_person"


class ActionExport(Effect, Action):
    effect = {"type": "export"}

    def name(self):
        return "action_export"


class ActionBadEffect(Effect, Action):
    effect = {"type": "launch_rocket"}

    def name(self):
        return "action_bad_effect"


class ActionBreak(Action):
    def name(self):
        return "action_break"

    async def run(self, dispatcher, tracker, domain):
        raise ValueError("secret words of an owner")


class ActionSlow(Action):
    def name(self):
        return "action_slow"

    async def run(self, dispatcher, tracker, domain):
        await asyncio.sleep(0.5)
        dispatcher.utter_message(text="Enfin.")
        return []


class ActionSeveral(Action):
    def name(self):
        return "action_several"

    def run(self, dispatcher, tracker, domain):
        tracker.slots["site"] = "changed in place"
        dispatcher.utter_message(text="Un.")
        dispatcher.utter_message(text="Deux.")
        return [SlotSet("size", 3)]
"""

WORDS = {
    "bonjour": "greet",
    "diagnostic": "start",
    "oublie": "forget",
    "rappel": "call_me",
    "quelqu'un": "person",
    "casse": "break",
    "lent": "slow",
    "effet": "bad_effect",
    "export": "export_data",
    "plusieurs bulles": "several",
}


def small_project(folder: Path) -> Path:
    """Write a plain Rasa project with a form of two questions and an action for each thing that may happen."""
    folder.mkdir(parents=True, exist_ok=True)
    rules = RULES
    for intent, action in (
        ("forget", "action_forget"),
        ("call_me", "action_call_me"),
        ("person", "action_person"),
        ("break", "action_break"),
        ("slow", "action_slow"),
        ("bad_effect", "action_bad_effect"),
        ("export_data", "action_export"),
        ("several", "action_several"),
    ):
        rules += f"  - rule: {intent}\n    steps: [{{intent: {intent}}}, {{action: {action}}}]\n"
    (folder / "domain.yml").write_text(DOMAIN, encoding="utf-8")
    (folder / "data").mkdir(exist_ok=True)
    (folder / "data" / "rules.yml").write_text(rules, encoding="utf-8")
    (folder / "actions.py").write_text(textwrap.dedent(ACTIONS), encoding="utf-8")
    return folder


def postgres_databases(server_url: str) -> Iterator[str]:
    """Addresses of new, empty databases of a running server, one at each step."""
    from sqlalchemy import create_engine, text

    engine = create_engine(
        server_url.replace("postgresql://", "postgresql+psycopg://", 1), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        # These databases need not outlive a power cut.
        connection.execute(text("ALTER SYSTEM SET fsync = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    try:
        while True:
            name = f"t{uuid.uuid4().hex[:12]}"
            with engine.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            yield engine.url.set(drivername="postgresql", database=name).render_as_string(hide_password=False)
    finally:
        engine.dispose()
