"""The Telegram channel against the fake Bot API server: owners speak and press, faults are strewn in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.actions_runner import InProcessRunner
from bot.assistant import Assistant
from bot.bootstrap import open_store, project_model
from bot.project import find, load_actions
from bot.settings import Settings
from bot.telegram import presses
from bot.telegram.presses import PAST
from bot.telegram.run import running_telegram
from tests.fake_bot_api import SILENCE, TOKEN, FakeBotApi, Fault
from tests.fakes import WORDS, WordReader, small_project

CHAT = 4242


@pytest.fixture
def api() -> Any:
    with FakeBotApi() as server:
        yield server
        assert server.refused == [], "the real Bot API would have refused this"


@asynccontextmanager
async def a_bot(api: FakeBotApi, folder: Path, **more: Any) -> AsyncIterator[Assistant]:
    project = find(small_project(folder / "project"))
    settings = Settings(
        database_url=f"sqlite:///{folder / 'bot.sqlite'}",
        telegram_token=TOKEN,
        telegram_api=api.url,
        log_level="error",
        **more,
    )
    store = open_store(settings)
    model = project_model(project)
    assistant = Assistant(
        store=store,
        model=model,
        reader=WordReader(WORDS),
        runner=InProcessRunner(load_actions(project), dict(model.domain.raw)),
    )
    try:
        async with running_telegram(assistant, settings, SimpleNamespace()):
            yield assistant
    finally:
        store.close()


async def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


async def test_owner_speaks_and_presses_and_the_choice_stands_in_the_message(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with a_bot(api, tmp_path):
        api.say(CHAT, "diagnostic")
        await until(lambda: "Avez-vous un site ?" in api.texts(CHAT))
        asked = api.last(CHAT)
        assert [row[0]["text"] for row in asked.keyboard] == ["Non", "Un site", "Une page"]
        api.press(CHAT, asked.keyboard[1][0]["callback_data"], asked.message_id)
        await until(lambda: "Combien de personnes ?" in api.texts(CHAT))
        assert asked.text.endswith("✓ Un site")
        assert asked.keyboard == []
        assert len(api.answered_callbacks) == 1
        assert [c["command"] for c in api.commands["fr"]][:2] == ["start", "aide"]


async def test_old_keyboard_answers_its_own_question(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path) as assistant:
        api.say(CHAT, "diagnostic")
        await until(lambda: api.texts(CHAT))
        asked = api.last(CHAT)
        keyboard = asked.keyboard
        api.press(CHAT, keyboard[1][0]["callback_data"], asked.message_id)
        await until(lambda: len(api.texts(CHAT)) == 2)
        api.press(CHAT, keyboard[0][0]["callback_data"], asked.message_id)
        await until(lambda: len(api.answered_callbacks) == 2 and len(api.texts(CHAT)) == 3)
        slots = [e for e in await assistant.log.events_of("telegram", str(CHAT)) if e["event"] == "slot"]
        assert [e["value"] for e in slots if e["name"] == "site"] == ["own", "none"]
        assert not [e for e in slots if e["name"] == "size"]


async def test_press_that_is_too_old_to_be_answered_or_shown_counts_all_the_same(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with a_bot(api, tmp_path):
        api.say(CHAT, "diagnostic")
        await until(lambda: api.texts(CHAT))
        asked = api.chats[CHAT].pop()  # the owner deleted the message
        api.press(CHAT, asked.keyboard[1][0]["callback_data"], asked.message_id)
        api.forget_callbacks()
        await until(lambda: "Combien de personnes ?" in api.texts(CHAT))
        assert api.answered_callbacks == []


async def test_unknown_button_is_said_to_be_past(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        api.press(CHAT, "bnothing.0", 1)
        await until(lambda: api.answered_callbacks)
        said = [a.get("text") for m, a in api.calls if m == "answerCallbackQuery"]
        assert said == [PAST]


async def test_voice_and_groups_get_a_kind_sentence(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        api.send_other(CHAT, voice={"file_id": "x", "file_unique_id": "y", "duration": 3})
        await until(lambda: api.texts(CHAT))
        assert "message vocal" in api.texts(CHAT)[0]
        api.say(-77, "/start@connecteur_bot", chat_type="group")
        await until(lambda: api.texts(-77))
        assert "privée" in api.texts(-77)[0]


async def test_two_messages_in_one_second_are_answered_in_order(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        api.say(CHAT, "lent")
        api.say(CHAT, "bonjour")
        await until(lambda: len(api.texts(CHAT)) == 2)
        assert api.texts(CHAT) == ["Enfin.", "Bonjour."]


async def test_chat_that_must_wait_waits_alone(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        api.faults.append(Fault("sendMessage", 429, retry_after=2, chat_id=CHAT))
        api.say(CHAT, "bonjour")
        api.say(CHAT, "lent")
        api.say(CHAT + 1, "bonjour")
        start = time.monotonic()
        await until(lambda: api.texts(CHAT + 1))
        assert time.monotonic() - start < 1.5
        await until(lambda: len(api.texts(CHAT)) == 2)
        assert api.texts(CHAT) == ["Bonjour.", "Enfin."]


@pytest.mark.parametrize("after_effect", [False, True])
async def test_server_error_is_tried_again_and_repeats_only_what_was_in_doubt(
    api: FakeBotApi, tmp_path: Path, after_effect: bool
) -> None:
    async with a_bot(api, tmp_path):
        api.faults.append(Fault("sendMessage", 502, after_effect=after_effect, chat_id=CHAT))
        api.say(CHAT, "bonjour")
        await until(lambda: len(api.texts(CHAT)) == (2 if after_effect else 1))
        await asyncio.sleep(0.7)
        assert api.texts(CHAT) == ["Bonjour."] * (2 if after_effect else 1)


@pytest.mark.parametrize("after_effect", [False, True])
async def test_call_that_is_never_answered_is_made_again_and_the_order_stays(
    api: FakeBotApi, tmp_path: Path, after_effect: bool
) -> None:
    async with a_bot(api, tmp_path, telegram_timeout_s=0.3):
        api.faults.append(Fault("sendMessage", SILENCE, after_effect=after_effect, chat_id=CHAT))
        api.say(CHAT, "bonjour")
        api.say(CHAT, "lent")
        await until(lambda: "Enfin." in api.texts(CHAT))
        assert api.texts(CHAT) == ["Bonjour."] * (2 if after_effect else 1) + ["Enfin."]


async def test_blocked_owner_is_left_alone_until_he_comes_back(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        api.blocked.add(CHAT)
        api.say(CHAT, "bonjour")
        await until(lambda: [m for m, a in api.calls if m == "sendMessage"])
        await asyncio.sleep(1.0)
        assert len([m for m, a in api.calls if m == "sendMessage"]) == 1
        api.blocked.clear()
        api.membership(CHAT, "member")
        api.say(CHAT, "bonjour")
        await until(lambda: api.texts(CHAT))
        assert set(api.texts(CHAT)) == {"Bonjour."}


async def test_revoked_token_ends_polling_and_nothing_else(api: FakeBotApi, tmp_path: Path) -> None:
    api.revoked = True
    async with a_bot(api, tmp_path) as assistant:
        await asyncio.sleep(0.3)
        assert await assistant.is_ready()


async def test_typing_is_shown_as_long_as_the_work_takes(
    api: FakeBotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presses, "TYPING_S", 0.1)
    async with a_bot(api, tmp_path):
        api.say(CHAT, "lent")
        await until(lambda: api.texts(CHAT) == ["Enfin."])
        shown = [arguments["action"] for method, arguments in api.calls if method == "sendChatAction"]
        assert len(shown) >= 3  # the work takes half a second
        await asyncio.sleep(0.3)
        assert len([1 for method, _ in api.calls if method == "sendChatAction"]) == len(shown)
