"""Many owners at once do a whole diagnosis over the webhook, with faults, duplicates and SIGKILLs of the server.

One server on SQLite; two workers on one PostgreSQL, each of which may take any update. 20 and 6 owners in `make test`,
200 in `make test-full`: the same code and the same checks. The rates are scaled at both ends.

A reply may come twice only where its sender could not know that it had arrived: it was killed, or the answer was an
error or came to nobody. Each process has a name at the fake server, so that a kill excuses what was sent by who died.
"""

from __future__ import annotations

import itertools
import math
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from sqlalchemy import Connection, create_engine, text

from bot.store.database import parse_url
from bot.telegram.outgoing import PROGRESS
from bot.telegram.webhook import PATH
from tests.fake_bot_api import SILENCE, TOKEN, FakeBotApi, Fault, SentMessage

IS_FULL = bool(os.environ.get("CONNECTEUR_FULL"))
REAL_RATE = 30.0
TIMEOUT_S = 10.0 if IS_FULL else 5.0
"""How long the server waits for the Bot API."""
QUIET_S = 1.5 if IS_FULL else 0.8
"""How long nothing comes before an owner takes it that the bot has finished."""
LIMIT_S = 2400 if IS_FULL else 400
PATIENCE_S = 300 if IS_FULL else 90
"""How long an owner waits for the next buttons before he presses those that he sees once more."""
END_S = 900 if IS_FULL else 120
"""How long what is under way at the end may take: a server may have to start for it."""
LAST_WORDS = "Est-ce que cela vous aide ?"
NEVER_PRESSED = ("Revenir", "Parler à une personne", "Pourquoi ?", "Recommencer")
FAULTS = (
    *(("sendMessage", SILENCE, True), ("sendMessage", 429, False), ("sendMessage", 502, True)),
    *(("editMessageText", 500, False), ("sendMessage", 500, False), ("answerCallbackQuery", 500, False)),
    *(("sendMessage", SILENCE, False), ("sendMessage", 500, True), ("editMessageText", 429, False)),
    *(("sendMessage", 429, False), ("sendChatAction", 500, False)),
)
"""(method, status, whether it took effect all the same), in turn; with `SILENCE` the caller waits in vain."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How many owners, workers, kills."""

    owners: int
    workers: int
    kills: int

    @property
    def rate(self) -> float:
        """Messages a second that the workers send and the fake takes: the real 30, scaled at both ends."""
        return self.owners * 10.0


SETTINGS = {
    "sqlite": Setting(200 if IS_FULL else 20, workers=1, kills=3),
    "postgresql": Setting(200 if IS_FULL else 6, workers=2, kills=3 if IS_FULL else 2),
}


@dataclass
class Server:
    """`connecteur serve` in a process of its own, killed and started again."""

    api: FakeBotApi
    database: str
    rate: float
    port: int = field(default_factory=lambda: a_free_port())
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    @property
    def name(self) -> str:
        """Of the process that runs: another one after each start."""
        return f"{self.port}-{self.starts}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        self.starts += 1
        env = {
            **os.environ,
            "CONNECTEUR_TELEGRAM_TOKEN": TOKEN,
            "CONNECTEUR_TELEGRAM_API": self.api.url_of(self.name),
            "CONNECTEUR_TELEGRAM_RATE": str(self.rate),
            "CONNECTEUR_TELEGRAM_TIMEOUT_S": str(TIMEOUT_S),
            "CONNECTEUR_PUBLIC_URL": self.url,
            "CONNECTEUR_DATABASE_URL": self.database,
            "CONNECTEUR_LOG_LEVEL": "error",
        }
        command = [sys.executable, "-m", "bot", "serve", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 400  # the first one may have to train the model
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)


def a_free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_message_is_lost_or_taken_twice_whatever_falls(
    database: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    setting, began = SETTINGS[database], time.monotonic()
    chance = random.Random(7)
    if database == "sqlite":
        url = f"sqlite:///{tmp_path / 'soak.sqlite'}"
    else:
        url = next(request.getfixturevalue("postgres_server"))
    with FakeBotApi(
        per_second=setting.rate,
        per_chat_per_second=setting.rate / REAL_RATE,
        burst=10,
        enforce_limits=True,
    ) as api:
        servers = [Server(api, url, setting.rate) for _ in range(setting.workers)]
        over, kills = threading.Event(), Kills(setting.kills)
        wrecker: threading.Thread | None = None
        try:
            for server in servers:
                server.start()
            wait_for(lambda: api.webhook is not None)
            deliveries = Deliveries(api, chance, [server.url + PATH for server in servers])
            wrecker = threading.Thread(
                target=wreck, args=(servers, api, chance, over, kills, setting.owners), daemon=True
            )
            wrecker.start()
            with ThreadPoolExecutor(setting.owners) as pool:
                owners = [
                    pool.submit(be_an_owner, api, deliveries, 1000 + n, n) for n in range(setting.owners)
                ]
                for owner in owners:
                    owner.result(timeout=LIMIT_S)
            over.set()
            wrecker.join(timeout=END_S)
            wait_for(lambda: not waiting(url), END_S)
            compare(api, url, deliveries, kills.at)
            print(
                f"{database}, {setting.workers} worker(s), {time.monotonic() - began:.0f} s: "
                f"{api.met[429]} x 429, {api.met[500]} x 500, {api.met[502]} x 502, "
                f"{api.met[SILENCE]} time-outs, {len(kills.at)} kills; {api.over_limit} sends over the limit of "
                f"{setting.rate:.0f} a second, {api.over_chat_limit} over that of a chat"
            )
            assert api.refused == [], "the real Bot API would have refused this"
            left = set(deliveries.presses) - set(api.answered_callbacks)
            assert left == set(), f"spinners were left: {left}"
        finally:
            over.set()
            if wrecker is not None:
                wrecker.join(timeout=END_S)  # it may be starting a server
            for server in servers:
                server.stop()
    assert len(kills.at) == setting.kills
    assert api.met[SILENCE] > 0


@dataclass
class Kills:
    """How many are wanted; when each process that was killed was, by its name."""

    wanted: int
    at: dict[str, float] = field(default_factory=dict)


@dataclass
class Deliveries:
    """Delivers updates as Telegram does, to any worker: again until 200; some twice on purpose, even at once."""

    api: FakeBotApi
    chance: random.Random
    urls: list[str]
    taken: dict[int, set[str]] = field(default_factory=dict)
    presses: dict[str, str] = field(default_factory=dict)
    """Callback id → the chat and the button."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def deliver(self, chat_id: int, update: dict[str, Any]) -> None:
        with self.lock:
            self.taken.setdefault(chat_id, set()).add(_id_of(update))
            if "callback_query" in update:
                query = update["callback_query"]
                self.presses[query["id"]] = f"{chat_id} {query['data']}"
            kind = self.chance.choices(("once", "again", "at once"), (90, 5, 5))[0]
        if kind == "at once":
            other = threading.Thread(target=self._post, args=(update,))
            other.start()
            self._post(update)
            other.join()
        for _ in range({"once": 1, "again": 2}.get(kind, 0)):
            self._post(update)

    def may_make_no_turn(self, id_: str) -> bool:
        """A tick changes its keyboard and is no message; the same button twice within a moment is one press."""
        press = self.presses.get(id_.removeprefix("c"), "")
        return " t" in press or list(self.presses.values()).count(press) > 1

    def _post(self, update: dict[str, Any]) -> None:
        while True:
            with self.lock:
                url = self.chance.choice(self.urls)
            try:
                if self.api.post_to_webhook(update, url) == 200:
                    return
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
    asked, seen = next_buttons(api, chat_id, 0)
    sentence = f"je tiens {chance.choice(trades)} à {chance.choice(towns)}, on est {chance.randint(1, 9)}"
    deliveries.deliver(chat_id, api.say(chat_id, sentence))
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        asked, seen = next_buttons(api, chat_id, seen)
        if any(LAST_WORDS in message.text for message in list(api.chats[chat_id])):
            return
        buttons = [
            b
            for row in asked.keyboard
            for b in row
            if b["text"] not in NEVER_PRESSED and not b["callback_data"].startswith("d")
        ]
        if not buttons:
            continue  # answered meanwhile, by what was delivered before a kill
        update = api.press(chat_id, chance.choice(buttons)["callback_data"], asked.message_id)
        ticked = update["callback_query"]["data"].startswith("t")
        before = asked.edits
        deliveries.deliver(chat_id, update)
        if ticked:
            wait_for(lambda before=before, asked=asked: asked.edits > before, END_S)
            done = next(
                (b for row in asked.keyboard for b in row if b["callback_data"].startswith("d")), None
            )
            if done is not None:
                deliveries.deliver(chat_id, api.press(chat_id, done["callback_data"], asked.message_id))
    raise AssertionError(f"owner {chat_id} never saw a plan")


def next_buttons(api: FakeBotApi, chat_id: int, seen: int) -> tuple[SentMessage, int]:
    """The buttons that came last since the owner had seen `seen` messages and acted; how many he sees now.

    He waits until they are there and nothing more comes for a moment, as people do; where nothing comes for very
    long he looks at what he had before.
    """
    until = time.monotonic() + PATIENCE_S
    while True:
        shown = list(api.chats[chat_id])
        fresh = shown[seen:] if time.monotonic() < until else shown
        asked = next((message for message in reversed(fresh) if message.keyboard), None)
        if asked is not None and time.monotonic() - shown[-1].at > QUIET_S:
            return asked, len(shown)
        time.sleep(0.05)


def wreck(
    servers: list[Server],
    api: FakeBotApi,
    chance: random.Random,
    over: threading.Event,
    kills: Kills,
    owners: int,
) -> None:
    """A fault for every tenth bubble; kills of any worker, each after some more bubbles were sent."""
    sent_at_kill = owners * 5
    faults, planned = itertools.cycle(FAULTS), 0

    def kill() -> None:
        victim = chance.choice(servers)
        kills.at[victim.name] = time.monotonic()
        victim.kill()
        victim.start()

    while not over.is_set():
        sent = sum(len(messages) for messages in list(api.chats.values()))
        while planned < sent / 10:
            method, status, after_effect = next(faults)
            api.faults.append(Fault(method, status, retry_after=1, after_effect=after_effect))
            planned += 1
        if len(kills.at) < kills.wanted and sent >= sent_at_kill * (len(kills.at) + 1):
            kill()
        over.wait(0.3)
    while len(kills.at) < kills.wanted:
        kill()


def compare(api: FakeBotApi, database: str, deliveries: Deliveries, kills: dict[str, float]) -> None:
    """The log of the fake server against the store."""
    repeats = allowed = 0
    with reading(database) as connection:
        for chat_id, ids in deliveries.taken.items():
            conversation = connection.execute(
                text(
                    "SELECT conversation_id FROM conversation_addresses WHERE channel='telegram' AND sender=:s"
                ),
                {"s": str(chat_id)},
            ).scalar_one()
            users = connection.execute(
                text("SELECT data FROM events WHERE conversation_id=:c AND type='user' ORDER BY seq"),
                {"c": conversation},
            ).scalars()
            handled = [orjson.loads(user)["message_id"] for user in users]
            assert len(handled) == len(set(handled)), f"a message of {chat_id} was taken twice"
            assert set(handled) <= ids
            missing = ids - set(handled)
            assert all(deliveries.may_make_no_turn(one) for one in missing), (
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
                allowed += had_to_be_repeated(shown[index - 1], message, kills)
            assert position == len(expected) - 1, (
                f"{chat_id}: {len(expected) - 1 - position} replies were lost"
            )
    messages = sum(len(ids) for ids in deliveries.taken.values())
    bubbles = sum(len(shown) for shown in api.chats.values())
    print(
        f"{len(deliveries.taken)} owners, {messages} messages and presses, {bubbles} bubbles, "
        f"{repeats} replies repeated, {allowed} of which had to be"
    )
    assert repeats == allowed


def had_to_be_repeated(earlier: SentMessage, message: SentMessage, kills: dict[str, float]) -> bool:
    """Whether the sender of one of the two was killed, or could not know that it had arrived.

    What was sent first, and given up, may arrive last.
    """
    was_killed = any(kills.get(one.caller, math.inf) <= message.at for one in (earlier, message))
    is_in_doubt = earlier.is_in_doubt or (message.is_in_doubt and message.caller == earlier.caller)
    return was_killed or is_in_doubt


def _is(shown: str, kept: str) -> bool:
    bubble = orjson.loads(kept)
    wanted = bubble["text"] or bubble.get("image_alt", "")
    shown = shown.split("\n\n✓ ")[0]
    return _is_same(shown, wanted)


def _is_same(shown: str, wanted: str) -> bool:
    def bare(one: str) -> str:
        return " ".join(one.split("\n\n✓ ")[0].split())

    return bare(shown) == bare(wanted)


@contextmanager
def reading(database: str) -> Iterator[Connection]:
    engine = create_engine(parse_url(database))
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def waiting(database: str) -> int:
    """How many updates are not handled yet, or else how many replies are not sent."""
    with reading(database) as connection:
        for wanted in ("inbox WHERE turn_id IS NULL AND sender IS NOT NULL", "outbox WHERE sent_at IS NULL"):
            if count := connection.execute(text(f"SELECT count(*) FROM {wanted}")).scalar_one():
                return int(count)
    return 0


def wait_for(condition: Any, seconds: float = 30.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail("it did not happen in time")
        time.sleep(0.05)
