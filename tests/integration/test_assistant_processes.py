"""Several real processes on one database: one conversation is never handled by two at the same time."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.bootstrap import open_store, running_assistant
from bot.settings import Settings
from bot.store import conversations
from tests.fakes import WORDS, WordReader, says, small_project

OWNER = "owner"

WORKER = """
import asyncio, json, sys, time
from pathlib import Path
from bot.bootstrap import running_assistant
from bot.settings import Settings
from tests.fakes import WORDS, WordReader, says

url, project, name, texts, log = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4]), sys.argv[5]

async def main():
    async with running_assistant(Settings(database_url=url, log_level="critical"), Path(project)) as assistant:
        assistant._turns.reader = WordReader(WORDS)
        run = assistant._turns._runner.run_action

        async def watched(call):
            # The window in which a turn runs: no other process may be within its own.
            with open(log, "a") as file:
                file.write(json.dumps([name, "in", time.monotonic()]) + "\\n")
            await asyncio.sleep(0.03)
            try:
                return await run(call)
            finally:
                with open(log, "a") as file:
                    file.write(json.dumps([name, "out", time.monotonic()]) + "\\n")

        assistant._turns._runner.run_action = watched
        print("ready", flush=True)
        sys.stdin.readline()
        for number, text in enumerate(texts):
            await assistant.handle(says(text, sender="owner", message_id=f"{name}-{number}"))
        print("done", flush=True)

asyncio.run(main())
"""


def start(url: str, project: Path, name: str, texts: list[str], log: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, url, str(project), name, json.dumps(texts), str(log)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline().strip() == "ready"
    process.stdin.write("go\n")
    process.stdin.flush()


def test_two_processes_never_handle_one_conversation_at_the_same_time(
    database_url: str, tmp_path: Path
) -> None:
    project, log = small_project(tmp_path / "project"), tmp_path / "log"
    settings = Settings(database_url=database_url)
    open_store(settings).close()
    each = 8
    workers = [start(database_url, project, name, ["plusieurs bulles"] * each, log) for name in ("a", "b")]
    for worker in workers:
        go(worker)
    for worker in workers:
        assert worker.wait(60) == 0
    inside: str | None = None
    lines = sorted((json.loads(line) for line in log.read_text().splitlines()), key=lambda line: line[2])
    assert len(lines) == 2 * each * 2
    assert {line[0] for line in lines} == {"a", "b"}
    for name, what, _ in lines:
        if what == "in":
            assert inside is None
            inside = name
        else:
            assert inside == name
            inside = None
    store = open_store(settings)
    row = store.database.read_now(lambda c: conversations.find_by_address(c, "rest", OWNER))
    assert row is not None
    logged = store.database.read_now(lambda c: conversations.list_events(c, row.id))
    assert [seq for seq, _, _ in logged] == list(range(row.next_seq))
    turns = [turn for _, turn, _ in logged]
    assert turns == sorted(turns, key=turns.index)  # no turn's events among another's
    assert sum(event["event"] == "user" for _, _, event in logged) == 2 * each
    store.close()


async def test_killed_process_leaves_no_lock_and_no_half_turn(database_url: str, tmp_path: Path) -> None:
    project, log = small_project(tmp_path / "project"), tmp_path / "log"
    settings = Settings(database_url=database_url, log_level="critical")
    open_store(settings).close()
    worker = start(database_url, project, "a", ["lent"], log)
    go(worker)
    deadline = time.monotonic() + 20
    while not log.exists() and time.monotonic() < deadline:
        time.sleep(0.01)  # noqa: ASYNC251
    worker.send_signal(signal.SIGKILL)
    worker.wait(10)
    async with running_assistant(settings, project) as assistant:
        assistant._turns.reader = WordReader(WORDS)
        assert await assistant.log.events_of("rest", OWNER) == []
        started = time.monotonic()
        replies = await assistant.handle(says("lent", message_id="a-0"))
        assert [reply.text for reply in replies] == ["Enfin."]
        assert time.monotonic() - started < 5


@pytest.mark.parametrize("count", [3])
def test_first_message_of_an_owner_in_several_processes_makes_one_conversation(
    database_url: str, tmp_path: Path, count: int
) -> None:
    project, log = small_project(tmp_path / "project"), tmp_path / "log"
    settings = Settings(database_url=database_url)
    open_store(settings).close()
    workers = [start(database_url, project, f"w{n}", ["bonjour"], log) for n in range(count)]
    for worker in workers:
        go(worker)
    for worker in workers:
        assert worker.wait(60) == 0
    store = open_store(settings)
    assert store.database.read_now(conversations.count_conversations) == 1
    store.close()
