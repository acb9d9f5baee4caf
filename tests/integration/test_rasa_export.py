"""The exported project: taken by our own reader as a plain Rasa project, and it answers as the shipped one does.

The real Rasa cannot be had here; its rules of what a project may be are those of our reader.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from bot import project
from bot.actions_runner import check_registered
from bot.bootstrap import build_runner, check_project
from bot.dialogue import BotUttered, CallAction, Tracker, custom_actions, load_project_model
from bot.errors import ContentError
from bot.rasa_export import export_rasa
from bot.settings import Settings
from tests.integration.test_action_server import action_server
from tests.integration.test_conformance_http import write_project
from tests.integration.test_rasa_api import CASE
from tests.integration.test_shipped_properties import MODEL, RUNNER, SHIPPED, Walk

TODAY = date(2026, 11, 25)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> project.Project:
    folder = tmp_path_factory.mktemp("export") / "rasa"
    export_rasa(SHIPPED, folder)
    return project.find(folder)


def test_export_is_a_plain_rasa_project_in_which_nothing_contradicts(exported: project.Project) -> None:
    assert exported.is_plain_rasa
    assert check_project(exported, TODAY)[0] == []


def test_every_key_of_the_exported_domain_is_one_of_rasas(exported: project.Project) -> None:
    domain = YAML(typ="safe", pure=True).load(exported.folder / "domain.yml")
    assert set(domain) <= {
        "version", "intents", "entities", "slots", "responses", "actions", "forms", "e2e_actions", "config",
        "session_config",
    }  # fmt: skip
    for name, slot in domain["slots"].items():
        assert slot["type"] in ("text", "bool", "float", "list", "categorical", "any"), name
        assert slot["mappings"], name
        known = {
            "type",
            "initial_value",
            "influence_conversation",
            "mappings",
            "values",
            "min_value",
            "max_value",
        }
        assert set(slot) <= known, name
    for name, variations in domain["responses"].items():
        for variation in variations:
            known = {"text", "image", "custom", "buttons", "button_type", "quick_replies", "attachment", "elements",
                     "channel", "metadata", "condition", "id"}  # fmt: skip
            assert set(variation) <= known, name
            assert isinstance(variation.get("text", ""), str), name
            for button in variation.get("buttons") or ():
                assert all(isinstance(button[key], str) for key in ("title", "payload")), name
    intents = {one if isinstance(one, str) else next(iter(one)) for one in domain["intents"]}
    examples = [
        item["intent"].split("/")[0]
        for file in (exported.folder / "data").glob("nlu_*.yml")
        for item in YAML(typ="safe", pure=True).load(file)["nlu"]
        if "intent" in item
    ]
    assert set(examples) <= intents | {"back", "restart", "out_of_scope"}


@pytest.mark.parametrize("seed", range(6))
def test_exported_project_answers_as_the_shipped_one(exported: project.Project, seed: int) -> None:
    import random

    theirs = Walk(
        load_project_model(exported), build_runner(Settings(), exported, load_project_model(exported))
    )
    ours = Walk(MODEL, RUNNER)
    rng = random.Random(seed)
    kinds = ["press", "press", "press", "mean"]
    for number in range(14):
        kind = rng.choice(kinds) if number else "mean"
        detail = "greet" if not number else rng.randrange(9) if kind == "press" else rng.choice(
            ["help", "back", "skip", "explain_why", "ask_progress", "dont_know", "affirm", "deny"]
        )  # fmt: skip
        text = ours.text_of((kind, detail))
        ours.say(text)
        theirs.say(text)
        told = [
            [e.to_json() for e in w.tracker.new_events if isinstance(e, BotUttered)] for w in (ours, theirs)
        ]
        for event in (*told[0], *told[1]):
            event.pop("timestamp")
        assert json.dumps(told[0], default=str) == json.dumps(told[1], default=str), text
        names = [name for name in MODEL.domain.slots if name in theirs.tracker.slots]
        assert [ours.tracker.get_slot(n) for n in names] == [theirs.tracker.get_slot(n) for n in names], text


async def test_action_server_of_the_exported_project_serves_its_actions(exported: project.Project) -> None:
    with action_server(exported.folder) as url:
        model = load_project_model(exported)
        runner = build_runner(Settings(action_endpoint=url), exported, model)
        check_registered(runner, frozenset(custom_actions(model)))
        result = await runner.run_action(CallAction("action_session_start", Tracker(model.domain, "u")))
        await runner.close()
    assert result.error is None
    assert any(event["event"] == "session_started" for event in result.events)


def test_plain_project_is_exported_once_each_file(tmp_path: Path) -> None:
    source = write_project(CASE, tmp_path / "project")
    export_rasa(project.find(source), tmp_path / "out")
    assert sorted(p.name for p in (tmp_path / "out" / "data").iterdir()) == ["nlu.yml", "rules.yml"]
    assert check_project(project.find(tmp_path / "out"), TODAY)[0] == []
    with pytest.raises(ContentError, match="vide"):
        export_rasa(project.find(source), tmp_path / "out")
