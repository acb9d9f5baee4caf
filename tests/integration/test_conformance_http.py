"""The recorded cases again, as a whole: a project folder, the server, Rasa's REST channel and tracker over HTTP."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from bot.bootstrap import build_app
from bot.settings import Settings
from tests.integration.test_conformance import CASES, normal, strip

TOKEN = {"token": "secret"}
APOLOGY = "Désolé"


def write_project(case: dict[str, Any], folder: Path) -> Path:
    """The case as files of a plain Rasa project."""
    yaml = YAML()
    (folder / "data").mkdir(parents=True)
    yaml.dump(case["domain"], folder / "domain.yml")
    yaml.dump(
        case.get("config") or {"language": "en", "pipeline": [], "policies": [{"name": "RulePolicy"}]},
        folder / "config.yml",
    )
    for key in ("rules", "stories", "nlu"):
        if case.get(key):
            yaml.dump({key: case[key]}, folder / "data" / f"{key}.yml")
    if case.get("actions"):
        (folder / "actions.py").write_text(case["actions"], encoding="utf-8")
    return folder


@asynccontextmanager
async def served(folder: Path, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the real application on a database in memory."""
    known = Settings(
        **{"database_url": "sqlite://", "log_level": "critical", "api_token": "secret", **settings}
    )
    app = build_app(known, folder, "127.0.0.1")
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client,
    ):
        yield client


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_server_answers_and_logs_what_the_real_rasa_does(path: Path, tmp_path: Path) -> None:
    case = YAML(typ="safe", pure=True).load(path)
    expected = json.loads((path.parent / "expected" / f"{path.stem}.json").read_text(encoding="utf-8"))
    if expected.get("train_error"):
        pytest.skip("refused before it is served: see test_conformance.py")
    if any("wait" in turn for conversation in expected["conversations"] for turn in conversation["turns"]):
        pytest.skip("hours pass in it: see test_conformance.py")
    async with served(write_project(case, tmp_path / "project")) as client:
        for conversation in expected["conversations"]:
            sender = conversation["name"]
            count = 0
            for number, recorded in enumerate(conversation["turns"]):
                here = f"{sender}, turn {number + 1}: {recorded['user']!r}"
                said = await client.post(
                    "/webhooks/rest/webhook",
                    params=TOKEN,
                    json={"sender": sender, "message": recorded["user"]},
                )
                answer = said.json()
                assert [part.pop("recipient_id") for part in answer] == [sender] * len(answer), here
                bubbles = [part for part in answer if not part.get("text", "").startswith(APOLOGY)]
                assert bubbles == recorded["bot"], here
                asked = await client.get(
                    f"/conversations/{sender}/tracker", params={**TOKEN, "include_events": "ALL"}
                )
                state = asked.json()
                new, count = state["events"][count:], len(state["events"])
                if recorded["events"] or not recorded["bot"]:
                    ours = [strip(normal(e)) for e in new if not (e.get("metadata") or {}).get("apology")]
                    assert ours == [strip(event) for event in recorded["events"]], here
                assert {k: v for k, v in state["slots"].items() if v is not None} == recorded["slots"], here
                assert (state["active_loop"] or {}).get("name") == recorded["active_loop"], here
                assert state["latest_action_name"] == recorded["latest_action"], here
                assert state["paused"] == recorded["paused"], here
