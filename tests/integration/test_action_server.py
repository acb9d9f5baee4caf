"""The same actions in the process and on a real rasa-sdk action server."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bot.bootstrap import running_assistant
from bot.errors import ContentError
from bot.settings import Settings
from tests.fakes import WORDS, WordReader, says, small_project


@contextmanager
def action_server(folder: Path) -> Iterator[str]:
    """rasa-sdk's own server for the actions of a project's folder; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "rasa_sdk", "--actions", "actions", "--port", str(port)],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/health").status_code == 200:
                break
        except httpx.HTTPError:
            time.sleep(0.2)
    else:
        pytest.fail("the action server did not start")
    try:
        yield url
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:  # sanic may wait longer for its own tasks: not what is tested
            process.kill()
            process.wait(10)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    with action_server(small_project(tmp_path / "project")) as url:
        yield url


async def test_actions_over_http_say_and_set_the_same_as_in_the_process(server: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    said: list[list[str]] = []
    for endpoint in (None, server):
        settings = Settings(database_url="sqlite://", action_endpoint=endpoint, log_level="critical")
        async with running_assistant(settings, project) as assistant:
            assistant._turns.reader = WordReader(WORDS)
            one = []
            for text in ("diagnostic", "une page", "rappel", "seul", "plusieurs bulles", "casse"):
                replies = await assistant.handle(says(text))
                one += [reply.text.split("(")[0] for reply in replies]
            slots = (await assistant.log.tracker_json("owner"))["slots"]
            said.append([*one, str(sorted((k, v) for k, v in slots.items() if v is not None))])
    assert said[0] == said[1]


async def test_action_server_that_is_down_is_told_and_loses_nothing(tmp_path: Path) -> None:
    project = small_project(tmp_path / "project")
    settings = Settings(database_url="sqlite://", action_endpoint="http://127.0.0.1:9", log_level="critical")
    async with running_assistant(settings, project) as assistant:
        assistant._turns.reader = WordReader(WORDS)
        replies = await assistant.handle(says("rappel"))
        assert "Désolé" in replies[-1].text
        assert [reply.text for reply in await assistant.handle(says("bonjour"))] == ["Bonjour."]


async def test_action_that_the_server_lacks_is_named_at_the_start(server: str, tmp_path: Path) -> None:
    domain = tmp_path / "project" / "domain.yml"
    domain.write_text(domain.read_text().replace("action_several]", "action_several, action_nobody]"))
    settings = Settings(database_url="sqlite://", action_endpoint=server, log_level="critical")
    with pytest.raises(ContentError, match="action_nobody"):
        async with running_assistant(settings, tmp_path / "project"):
            pass
