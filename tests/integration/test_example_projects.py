"""Projects of the shapes that people write for Rasa, served as a whole; replies reasoned from Rasa 3.6's rules.

Unlike those of `tests/conformance/` they were not recorded from the real one. Each file of `tests/projects/` has a
project and conversations: what is said, and the texts of the replies.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.integration.test_conformance_http import TOKEN, served, write_project

PROJECTS = sorted((Path(__file__).parents[1] / "projects").glob("*.yml"))


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.stem)
async def test_project_answers_as_rasas_rules_say(path: Path, tmp_path: Path) -> None:
    case = YAML(typ="safe", pure=True).load(path)
    async with served(write_project(case, tmp_path / "project")) as client:
        for conversation in case["conversations"]:
            for number, (text, expected) in enumerate(conversation["turns"], 1):
                answer = await client.post(
                    "/webhooks/rest/webhook",
                    params=TOKEN,
                    json={"sender": conversation["name"], "message": text},
                )
                said = [part["text"] for part in answer.json() if "text" in part]
                assert said == expected, f"{conversation['name']}, turn {number}: {text}"
