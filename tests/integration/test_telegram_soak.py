"""Many owners at once do a whole diagnosis over the webhook, with faults, duplicates and three SIGKILLs of the server.

20 owners in `make test`, 200 in `make test-full`: the same code and the same checks. The rates are scaled at both ends.
"""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import create_engine, text

from bot.telegram.outgoing import PROGRESS
from tests.fake_bot_api import TOKEN, FakeBotApi, Fault

OWNERS = 200 if os.environ.get("CONNECTEUR_FULL") else 20
KILLS = 3
RATE = OWNERS * 10.0
"""Messages a second that the server sends and the fake takes: the real 30, scaled at both ends."""
QUIET_S = 1.5 if os.environ.get("CONNECTEUR_FULL") else 0.4
"""How long nothing comes before an owner takes it that the bot has finished."""
LIMIT_S = 1500 if os.environ.get("CONNECTEUR_FULL") else 240
LAST_WORDS = "Est-ce que cela vous aide ?"
NEVER_PRESSED = ("Revenir", "Parler à une personne", "Pourquoi ?", "Recommencer")


@dataclass
class Server:
    """`connecteur serve` in a process of its own, killed and started again."""

    api: FakeBotApi
    database: str
    port: int
    process: subprocess.Popen[bytes] | None = None
    kills: list[float] = field(default_factory=list)

    def start(self) -> None:
        env = {
            **os.environ,
            "CONNECTEUR_TELEGRAM_TOKEN": TOKEN,
            "CONNECTEUR_TELEGRAM_API": self.api.url,
            "CONNECTEUR_TELEGRAM_RATE": str(RATE),
            "CONNECTEUR_PUBLIC_URL": f"http://127.0.0.1:{self.port}",
            "CONNECTEUR_DATABASE_URL": self.database,
            "CONNECTEUR_LOG_LEVEL": "error",
        }
        command = [sys.executable, "-m", "bot", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        assert self.process is not None
        self.kills.append(time.monotonic())
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)


def test_no_message_is_lost_or_taken_twice_whatever_falls(tmp_path: Path) -> None:
    chance = random.Random(7)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    database = f"sqlite:///{tmp_path / 'soak.sqlite'}"
    with FakeBotApi(per_second=RATE, enforce_limits=True) as api:
        server = Server(api, database, port)
        server.start()
        wait_for(lambda: api.webhook is not None)
        deliveries = Deliveries(api, chance)
        over = threading.Event()
        wrecker = threading.Thread(target=wreck, args=(server, api, chance, over), daemon=True)
        wrecker.start()
        try:
            with ThreadPoolExecutor(OWNERS) as pool:
                owners = [pool.submit(be_an_owner, api, deliveries, 1000 + n, n) for n in range(OWNERS)]
                for owner in owners:
                    owner.result(timeout=LIMIT_S)
            over.set()
            wrecker.join(timeout=60)
            wait_for(lambda: not unsent(database), 60)
            compare(api, database, deliveries, server.kills)
            print(f"{api.over_limit} sends over the limit of {RATE:.0f} a second")
            assert api.refused == [], "the real Bot API would have refused this"
        finally:
            over.set()
            server.stop()
    assert len(server.kills) == KILLS


@dataclass
class Deliveries:
    """Delivers updates as Telegram does: again until 200; some twice on purpose."""

    api: FakeBotApi
    chance: random.Random
    taken: dict[int, set[str]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def deliver(self, chat_id: int, update: dict[str, Any]) -> None:
        with self.lock:
            self.taken.setdefault(chat_id, set()).add(_id_of(update))
            times = 2 if self.chance.random() < 0.1 else 1
        for _ in range(times):
            while True:
                try:
                    if self.api.post_to_webhook(update) == 200:
                        break
                except httpx.HTTPError:
                    pass
                time.sleep(0.1)


def _id_of(update: dict[str, Any]) -> str:
    if "message" in update:
        return f"m{update['message']['message_id']}"
    return f"c{update['callback_query']['id']}"


def be_an_owner(api: FakeBotApi, deliveries: Deliveries, chat_id: int, number: int) -> None:
    """Begin with a sentence, then press buttons until the plan has come."""
    chance = random.Random(number)
    towns = ("Rennes", "Lyon", "Mamoudzou", "Lille", "Vitré")
    trades = ("une boulangerie", "un salon de coiffure", "une entreprise de plomberie", "une épicerie")
    deliveries.deliver(chat_id, api.say(chat_id, "/start"))
    wait_for_quiet(api, chat_id, 0)
    seen = len(api.chats[chat_id])
    sentence = f"je tiens {chance.choice(trades)} à {chance.choice(towns)}, on est {chance.randint(1, 9)}"
    deliveries.deliver(chat_id, api.say(chat_id, sentence))
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        wait_for_quiet(api, chat_id, seen)
        shown = list(api.chats[chat_id])
        if any(LAST_WORDS in message.text for message in shown):
            return
        seen = len(shown)
        asked = next((m for m in reversed(shown) if m.keyboard), None)
        if asked is None:
            seen -= 1  # the bubble with the buttons is still under way
            continue
        buttons = [b for row in asked.keyboard for b in row if b["text"] not in NEVER_PRESSED]
        update = api.press(chat_id, chance.choice(buttons)["callback_data"], asked.message_id)
        ticked = update["callback_query"]["data"].startswith("t")
        before = asked.edits
        deliveries.deliver(chat_id, update)
        if ticked:
            wait_for(lambda before=before, asked=asked: asked.edits > before, 60)  # type: ignore[misc]
            done = next(
                (b for row in asked.keyboard for b in row if b["callback_data"].startswith("d")), None
            )
            if done is None:
                continue  # answered meanwhile, by what was delivered before a kill
            deliveries.deliver(chat_id, api.press(chat_id, done["callback_data"], asked.message_id))
    raise AssertionError(f"owner {chat_id} never saw a plan")


def wreck(server: Server, api: FakeBotApi, chance: random.Random, over: threading.Event) -> None:
    """A fault for every tenth bubble; three kills, each after some more bubbles were sent."""
    sent_at_kill = OWNERS * 5
    planned = 0
    while not over.is_set():
        sent = sum(len(messages) for messages in list(api.chats.values()))
        while planned < sent / 10:
            status, after_effect = chance.choice([(429, False), (500, False), (502, True)])
            api.faults.append(Fault("sendMessage", status, retry_after=1, after_effect=after_effect))
            planned += 1
        if len(server.kills) < KILLS and sent >= sent_at_kill * (len(server.kills) + 1):
            server.kill()
            server.start()
        over.wait(0.3)
    while len(server.kills) < KILLS:
        server.kill()
        server.start()


def compare(api: FakeBotApi, database: str, deliveries: Deliveries, kills: list[float]) -> None:
    """The log of the fake server against the store."""
    engine = create_engine(database)
    repeats = allowed = 0
    with engine.connect() as connection:
        for chat_id, ids in deliveries.taken.items():
            conversation = connection.execute(
                text(
                    "SELECT conversation_id FROM conversation_addresses WHERE channel='telegram' AND sender=:s"
                ),
                {"s": str(chat_id)},
            ).scalar_one()
            users = connection.execute(
                text(
                    "SELECT json_extract(data, '$.message_id') FROM events "
                    "WHERE conversation_id=:c AND type='user' ORDER BY seq"
                ),
                {"c": conversation},
            ).scalars()
            handled = list(users)
            assert len(handled) == len(set(handled)), f"a message of {chat_id} was taken twice"
            # A tick changes its keyboard and is no message of the conversation.
            assert set(handled) <= ids
            missing = ids - set(handled)
            assert all(one.startswith("ccb") for one in missing), (
                f"messages of {chat_id} were lost: {missing}"
            )
            expected = [
                row[0]
                for row in connection.execute(
                    text("SELECT message FROM outbox WHERE conversation_id=:c ORDER BY arrival"),
                    {"c": conversation},
                )
            ]
            # How far the diagnosis is stands in a message of its own, which is no reply.
            shown = [m for m in api.chats[chat_id] if not m.text.startswith(PROGRESS)]
            position = -1
            for index, message in enumerate(shown):
                if position + 1 < len(expected) and _is(message.text, expected[position + 1]):
                    position += 1
                    continue
                assert position >= 0 and _is(message.text, expected[position]), (
                    f"order broken in {chat_id} at {message.text!r}"
                )
                repeats += 1
                earlier = shown[index - 1]
                fell_between = any(earlier.at <= kill <= message.at for kill in kills)
                was_in_doubt = any(c == chat_id and _is_same(earlier.text, t) for c, t in api.faulted_sends)
                allowed += fell_between or was_in_doubt
            assert position == len(expected) - 1, (
                f"{chat_id}: {len(expected) - 1 - position} replies were lost"
            )
    print(
        f"{len(deliveries.taken)} owners, {repeats} replies repeated, {allowed} where a kill or a fault fell"
    )
    assert repeats == allowed


def _is(shown: str, kept: str) -> bool:
    import orjson

    bubble = orjson.loads(kept)
    wanted = bubble["text"] or bubble.get("image_alt", "")
    shown = shown.split("\n\n✓ ")[0]
    return _is_same(shown, wanted)


def _is_same(shown: str, wanted: str) -> bool:
    def bare(one: str) -> str:
        return " ".join(one.split("\n\n✓ ")[0].split())

    return bare(shown) == bare(wanted)


def unsent(database: str) -> int:
    with create_engine(database).connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM outbox WHERE sent_at IS NULL")).scalar_one())


def wait_for(condition: Any, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail("it did not happen in time")
        time.sleep(0.05)


def wait_for_quiet(api: FakeBotApi, chat_id: int, seen: int) -> None:
    """More was said than was seen, and nothing more comes for a moment."""
    wait_for(lambda: len(api.chats[chat_id]) > seen, 120)
    count = -1
    while count != len(api.chats[chat_id]):
        count = len(api.chats[chat_id])
        time.sleep(QUIET_S)
