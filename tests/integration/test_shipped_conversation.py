"""The shipped questionnaire through the dialogue engine: random owners, short bubbles, nothing lost, always an end."""

from __future__ import annotations

import asyncio
import random
from functools import cache
from typing import Any

import orjson
import pytest
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

import actions
from actions.shipped_content import QUESTIONNAIRE
from bot import project
from bot.bootstrap import project_model
from bot.dialogue import ActionResult, Model, Tracker
from tests.dialogue_talk import Talk


@cache
def the_model() -> Model:
    return project_model(project.find())


@cache
def the_executor() -> ActionExecutor:
    executor = ActionExecutor()
    for one in actions.ACTIONS:
        executor.register_function(one().name(), one().run)
    return executor


def run(tracker: Tracker, name: str) -> ActionResult:
    state = orjson.loads(orjson.dumps(tracker.current_state(200), default=str))
    payload = {"next_action": name, "tracker": state, "domain": {"version": "3.1"}}
    try:
        result = asyncio.run(the_executor().run(payload))
    except ActionExecutionRejection:
        return ActionResult(rejected=True)
    assert result is not None
    return ActionResult(events=result.events, responses=result.responses)


class Owner(Talk):
    """An owner of the shipped project; keeps what was said and the buttons of the last bubble that had some."""

    def __init__(self) -> None:
        names = [one().name() for one in actions.ACTIONS]
        super().__init__(
            the_model(), {name: (lambda tracker, name=name: run(tracker, name)) for name in names}
        )
        self.buttons: list[str] = []
        self.turns = 0
        self.open()

    def say(self, text: str, **more: Any) -> list[str | None]:
        self.turns += 1
        said = super().say(text, message_id=str(self.turns), **more)
        for event in self.tracker.new_events:
            wire = event.to_json()
            if wire["event"] == "bot" and (wire["data"] or {}).get("buttons"):
                self.buttons = [one["payload"] for one in wire["data"]["buttons"]]
        assert said, f"nothing said after {text}"
        assert all(text is None or len(text) <= 320 for text in said), said
        assert not any(text and ("None" in text or "{" in text) for text in said), said
        return said

    @property
    def slots(self) -> dict[str, Any]:
        return {name: self.tracker.get_slot(name) for name in QUESTIONNAIRE.questions}

    @property
    def requested(self) -> Any:
        return self.tracker.get_slot("requested_slot")


def test_greeting_says_what_it_is_and_offers_four_ways() -> None:
    owner = Owner()
    said = [event["text"] for event in owner.log if event["event"] == "bot"]
    assert "programme, pas une personne" in str(said[0])
    assert "effacer mes données" in str(said[1])
    assert len(said) == 3


def test_question_is_put_again_in_a_shorter_form_after_each_digression() -> None:
    owner = Owner()
    owner.say('/answer{"porte": "express"}')
    owner.say('/answer{"activite": "43.22A"}')
    owner.say('/answer{"lieu": "13056"}')
    owner.say('/answer{"effectif": "e1"}')
    owner.say('/answer{"but": ["but_temps"]}')
    assert owner.requested == "t_fiche"
    for intent in (
        *("explain_why", "explain_term", "help", "ask_progress", "ask_report", "greet", "thanks"),
        *(
            "what_use",
            "ask_aid",
            "ask_training",
            "ask_resource",
            "ask_skill_exchange",
            "ask_human",
            "complaint",
        ),
        *("chitchat_bot", "ask_privacy", "export_data"),
    ):
        said = owner.say(f"/{intent}")
        assert str(said[-1]).startswith("Revenons à la question : Vous trouve-t-on"), intent
        assert owner.requested == "t_fiche", intent


@pytest.mark.parametrize("intent", ["delete_data", "restart"])
def test_confirmation_is_asked_alone_and_the_open_question_comes_after_it_in_its_short_form(
    intent: str,
) -> None:
    owner = Owner()
    owner.say('/answer{"porte": "express"}')
    owner.say('/answer{"activite": "43.22A"}')
    said = owner.say(f"/{intent}")
    assert len(said) == 1
    assert owner.requested == "lieu"
    assert owner.say("/resume") == ["Revenons à la question : Dans quelle commune travaillez-vous ?"]
    assert owner.requested == "lieu"


def test_who_leaves_is_not_asked_again_and_finds_the_question_when_back() -> None:
    owner = Owner()
    owner.say('/answer{"porte": "express"}')
    owner.say('/answer{"activite": "43.22A"}')
    said = owner.say("/goodbye")
    assert len(said) == 1
    assert owner.requested == "lieu"
    assert str(owner.say("/greet")[-1]).startswith("Revenons à la question : Dans quelle commune")


def test_changing_an_old_answer_after_the_plan_makes_the_plan_again() -> None:
    owner = Owner()
    owner.say('/answer{"porte": "express"}')
    owner.say('/answer{"activite": "43.22A", "lieu": "13056", "effectif": "e1", "but": "but_temps"}')
    for choice in (
        '"t_fiche": "a_jour"',
        '"v_devis": "relance"',
        '"g_facture_elec": "pret"',
        '"s_copie": "tout"',
    ):
        owner.say("/answer{" + choice + "}")
    owner.say('/answer{"g_factures": "papier"}')
    assert "cybersecurite" in [one["need"] for one in owner.tracker.get_slot("plan")]
    owner.say('/answer{"s_copie": "essayee"}')
    assert "cybersecurite" not in [one["need"] for one in owner.tracker.get_slot("plan")]


@pytest.mark.parametrize("seed", range(30))
def test_random_owner_always_gets_to_a_plan(seed: int) -> None:
    """Buttons, digressions, back and skip in any order: every answer stays, and the form ends."""
    rng = random.Random(seed)
    owner = Owner()
    owner.say(
        rng.choice(
            [
                '/answer{"porte": "complet"}',
                '/answer{"porte": "express"}',
                '/answer{"porte": "besoin_precis"}',
            ]
        )
    )
    naf = rng.choice(["10.71C", "96.02A", "25.62B", "94.99Z", "55.20Z"])
    owner.say(f'/answer{{"activite": "{naf}", "lieu": "35238"}}')
    for _ in range(90):
        if owner.requested is None:
            break
        before = {name for name, value in owner.slots.items() if value is not None}
        if rng.random() < 0.2:
            aside = rng.choice(
                ["/explain_why", "/back", "/ask_progress", "/skip", "/dont_know", "/out_of_scope", "/deny"]
            )
            owner.say(aside)
            # « Revenir » and « non » reopen one question; nothing else is lost.
            assert len(before - {name for name, value in owner.slots.items() if value is not None}) <= 1, (
                aside
            )
        else:
            owner.say(rng.choice([one for one in owner.buttons if one.startswith("/answer")] or ["/skip"]))
    assert owner.requested is None
    assert owner.tracker.get_slot("plan") is not None
    assert owner.tracker.active_loop_name is None
