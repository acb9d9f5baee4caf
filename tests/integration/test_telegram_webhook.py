"""The webhook: stored, acknowledged, then handled, whatever comes in and whenever the process dies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from fastapi import FastAPI
from structlog.testing import capture_logs
from telegram import Bot

from bot.actions_runner import InProcessRunner
from bot.assistant import Assistant
from bot.bootstrap import open_store, project_model
from bot.project import find, load_actions
from bot.settings import Settings
from bot.store import conversations
from bot.telegram import channel as channel_module
from bot.telegram import webhook
from bot.telegram.run import running_telegram
from bot.telegram.sender import Sender
from tests.fake_bot_api import TOKEN, FakeBotApi, Fault
from tests.fakes import WORDS, WordReader, small_project
from tests.integration.test_telegram import until

CHAT = 4343


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(channel_module, "SWEEP_S", 0.1)
    # Loggers keep the settings of their first use, which may have been another test's.
    structlog.reset_defaults()
    for module in (channel_module, webhook):
        monkeypatch.setattr(module, "log", structlog.get_logger())
    with FakeBotApi() as server:
        yield server
        assert server.refused == [], "the real Bot API would have refused this"


@asynccontextmanager
async def an_assistant(folder: Path) -> AsyncIterator[Assistant]:
    project = find(small_project(folder / "project"))
    store = open_store(Settings(database_url=f"sqlite:///{folder / 'bot.sqlite'}"))
    model = project_model(project)
    runner = InProcessRunner(load_actions(project), dict(model.domain.raw))
    try:
        yield Assistant(store=store, model=model, reader=WordReader(WORDS), runner=runner)
    finally:
        store.close()


@asynccontextmanager
async def a_server(api: FakeBotApi, assistant: Assistant) -> AsyncIterator[httpx.AsyncClient]:
    """The channel with its address, as Telegram reaches it; the client sends the right secret."""
    settings = Settings(telegram_token=TOKEN, telegram_api=api.url, public_url="https://exemple.fr")
    app = FastAPI()
    app.include_router(webhook.router)
    async with running_telegram(assistant, settings, app.state):
        await until(lambda: api.webhook is not None and "fr" in api.commands)
        assert api.webhook is not None
        headers = {"X-Telegram-Bot-Api-Secret-Token": api.webhook["secret_token"]}
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
            yield client


async def deliver(client: httpx.AsyncClient, update: Any, **headers: str) -> int:
    return (await client.post(webhook.PATH, json=update, headers=headers)).status_code


async def begun(api: FakeBotApi, client: httpx.AsyncClient, assistant: Assistant) -> str:
    """The id of a conversation in which the first question was put."""
    await deliver(client, api.say(CHAT, "diagnostic"))
    await until(lambda: api.texts(CHAT))
    conversation = await assistant.conversation_id("telegram", str(CHAT))
    assert conversation is not None
    return conversation


async def test_update_that_comes_twice_is_taken_once(api: FakeBotApi, tmp_path: Path) -> None:
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant) as client:
        update = api.say(CHAT, "bonjour")
        assert [await deliver(client, update) for _ in range(3)] == [200] * 3
        await until(lambda: api.texts(CHAT))
        assert await deliver(client, update) == 200
        await asyncio.sleep(0.3)
        assert api.texts(CHAT) == ["Bonjour."]


async def test_wrong_secret_is_refused_counted_and_never_logged(api: FakeBotApi, tmp_path: Path) -> None:
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant) as client:
        before = webhook.REFUSED._value.get()
        with capture_logs() as logs:
            wrong = {webhook.SECRET_HEADER: "guessed-secret"}
            assert await deliver(client, api.say(CHAT, "bonjour"), **wrong) == 403
        assert webhook.REFUSED._value.get() == before + 1
        assert "guessed-secret" not in str(logs)
        assert str(api.webhook["secret_token"]) not in str(logs)  # type: ignore[index]
        await asyncio.sleep(0.3)
        assert api.texts(CHAT) == []


async def test_malformed_update_is_logged_and_breaks_nothing(api: FakeBotApi, tmp_path: Path) -> None:
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant) as client:
        with capture_logs() as logs:
            for update in ({"update_id": 1, "message": {"chat": 3}}, {"message": {}}, [], "x", None):
                assert await deliver(client, update) == 200
            broken = await client.post(webhook.PATH, content=b'{"update_id": 7, "mess')
            assert broken.status_code == 200
        assert sum(line["event"] == "telegram_malformed_update" for line in logs) >= 3
        await deliver(client, api.say(CHAT, "bonjour"))
        await until(lambda: api.texts(CHAT) == ["Bonjour."])


async def test_update_taken_before_a_crash_is_handled_after_it(api: FakeBotApi, tmp_path: Path) -> None:
    async with an_assistant(tmp_path) as assistant:
        first, second = api.say(CHAT, "lent"), api.say(CHAT, "bonjour")
        for update in (first, second):
            await assistant.mailbox.take("telegram", str(CHAT), f"update-{update['update_id']}", update)
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant) as client:
        await until(lambda: api.texts(CHAT) == ["Enfin.", "Bonjour."])
        assert await deliver(client, first) == 200
        await asyncio.sleep(0.3)
        assert api.texts(CHAT) == ["Enfin.", "Bonjour."]


async def test_reply_committed_before_a_crash_is_sent_after_it(api: FakeBotApi, tmp_path: Path) -> None:
    async with an_assistant(tmp_path) as assistant:
        message = channel_module.read_update(api.say(CHAT, "bonjour"))
        assert isinstance(message, channel_module.UserMessage)
        assert [one.text for one in await assistant.handle(message)] == ["Bonjour."]
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant):
        await until(lambda: api.texts(CHAT) == ["Bonjour."])
        await asyncio.sleep(0.3)
        assert api.texts(CHAT) == ["Bonjour."]


async def test_person_who_takes_over_speaks_with_his_first_name_and_the_bot_is_silent(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant) as client:
        conversation = await begun(api, client, assistant)
        asked = api.last(CHAT)
        await assistant.take_over(conversation, "Claire")
        await deliver(client, api.say(CHAT, "bonjour"))
        await deliver(client, api.press(CHAT, asked.keyboard[0][0]["callback_data"], asked.message_id))
        typing = sum(method == "sendChatAction" for method, _ in api.calls)
        await assistant.say_as_person(conversation, "Je vous écoute.")
        await until(lambda: "Claire : Je vous écoute." in api.texts(CHAT))
        await deliver(client, api.say(CHAT, "merci"))
        await asyncio.sleep(0.3)
        assert len(api.texts(CHAT)) == 2
        assert sum(method == "sendChatAction" for method, _ in api.calls) == typing
        await assistant.hand_back(conversation)
        await until(lambda: len(api.texts(CHAT)) == 4)
        assert api.texts(CHAT)[-1] == "Avez-vous un site ?"
        assert api.last(CHAT).keyboard


async def test_press_taken_before_a_crash_is_answered_after_it(
    api: FakeBotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "STOP_S", 0.0)  # the server is not given time to end its work
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant) as client:
        await deliver(client, api.say(CHAT, "diagnostic"))
        await until(lambda: api.texts(CHAT))
        asked = api.last(CHAT)
        api.faults.append(Fault("answerCallbackQuery", 429, retry_after=9))
        await deliver(client, api.press(CHAT, asked.keyboard[1][0]["callback_data"], asked.message_id))
        await until(lambda: "Combien de personnes ?" in api.texts(CHAT))
        await asyncio.sleep(0.2)
        assert api.answered_callbacks == []
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant):
        await until(lambda: len(api.answered_callbacks) == 1)
        await asyncio.sleep(0.3)
        assert api.texts(CHAT) == [asked.text, "Combien de personnes ?"]


async def test_replies_of_a_turn_under_way_are_not_sent_once_a_person_has_the_conversation(
    api: FakeBotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant) as client:
        conversation = await begun(api, client, assistant)
        handle, is_handling = assistant.handle, asyncio.Event()

        async def handle_and_linger(message: Any) -> Any:
            is_handling.set()
            replies = await handle(message)
            await asyncio.sleep(0.5)  # committed, and not sent yet
            return replies

        monkeypatch.setattr(assistant, "handle", handle_and_linger)
        await deliver(client, api.say(CHAT, "lent"))
        await is_handling.wait()
        await assistant.take_over(conversation, "Claire")
        await assistant.say_as_person(conversation, "Je vous écoute.")
        await until(lambda: len(api.texts(CHAT)) > 1)
        await asyncio.sleep(0.8)
        assert api.texts(CHAT) == ["Avez-vous un site ?", "Claire : Je vous écoute."]


async def test_replies_that_had_to_wait_are_not_sent_once_a_person_has_the_conversation(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant) as client:
        conversation = await begun(api, client, assistant)
        api.faults.append(Fault("sendMessage", 429, retry_after=1))
        await deliver(client, api.say(CHAT, "plusieurs bulles"))
        await until(lambda: api.met[429])
        await assistant.take_over(conversation, "Claire")
        await assistant.say_as_person(conversation, "Je vous écoute.")
        await until(lambda: len(api.texts(CHAT)) > 1)
        await asyncio.sleep(0.3)
        assert api.texts(CHAT) == ["Avez-vous un site ?", "Claire : Je vous écoute."]
        await assistant.hand_back(conversation)
        await until(lambda: len(api.texts(CHAT)) == 4)
        assert api.last(CHAT).text == "Avez-vous un site ?"
        assert api.last(CHAT).keyboard


async def test_what_cannot_be_read_is_named_to_the_person_who_has_the_conversation(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant) as client:
        await deliver(client, api.say(CHAT, "bonjour"))
        await until(lambda: api.texts(CHAT))
        conversation = await assistant.conversation_id("telegram", str(CHAT))
        assert conversation is not None
        await assistant.take_over(conversation, "Claire")
        await deliver(client, api.send_other(CHAT, photo=[{"file_id": "x"}], caption="ma vitrine"))
        await deliver(client, api.send_other(CHAT, voice={"file_id": "x"}))
        await deliver(client, api.share_contact(CHAT, "+33299000009", user_id=0))
        await deliver(client, api.say(CHAT, "voilà"))

        async def lines() -> list[str]:
            return [line.text for line in await assistant.transcript_of(conversation) if line.who == "owner"]

        for _ in range(200):
            if "voilà" in await lines():
                break
            await asyncio.sleep(0.05)
        assert (await lines())[1:] == ["(photo) ma vitrine", "(message vocal)", "(contact)", "voilà"]
        assert api.texts(CHAT) == ["Bonjour."]


async def test_edited_message_corrects_its_own_answer(api: FakeBotApi, tmp_path: Path) -> None:
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant) as client:
        await deliver(client, api.say(CHAT, "diagnostic"))
        await until(lambda: api.texts(CHAT))
        answer = api.say(CHAT, "une page")
        await deliver(client, answer)
        await until(lambda: "Combien de personnes ?" in api.texts(CHAT))
        await deliver(client, api.edit(CHAT, answer["message"]["message_id"], "un site"))
        await until(lambda: len(api.texts(CHAT)) == 3)
        tracker = await assistant.log.tracker_of("telegram", str(CHAT))
        assert tracker.slots["site"] == "own"


async def test_who_blocked_the_bot_is_marked_and_not_reminded(api: FakeBotApi, tmp_path: Path) -> None:
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant) as client:
        await deliver(client, api.say(CHAT, "diagnostic"))
        await until(lambda: api.texts(CHAT))
        await deliver(client, api.membership(CHAT, "kicked"))
        database = assistant._store.database

        def is_blocked() -> bool:
            return database.read_now(lambda c: conversations.is_blocked(c, "telegram", str(CHAT)))

        await until(is_blocked)
        due = await database.read(lambda c: conversations.due_reminders(c, 10e9, 1.0))
        assert due == []
        await deliver(client, api.membership(CHAT, "member"))
        await until(lambda: not is_blocked())


async def test_token_revoked_in_the_middle_is_said_clearly_and_loses_nothing(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant) as client:
        api.revoked = True
        with capture_logs() as logs:
            assert await deliver(client, api.say(CHAT, "bonjour")) == 200
            await until(lambda: any(line["event"] == "telegram_token_refused" for line in logs))
        assert TOKEN not in str(logs)
        assert await assistant.is_ready()
        api.revoked = False
        await until(lambda: api.texts(CHAT) == ["Bonjour."])


async def test_two_servers_on_one_database_keep_to_the_rate_together(api: FakeBotApi, tmp_path: Path) -> None:
    chats = range(CHAT, CHAT + 30)
    for chat in chats:
        api.say(chat, "bonjour")
    async with (
        an_assistant(tmp_path) as one,
        an_assistant(tmp_path) as other,
        Bot(TOKEN, base_url=f"{api.url}/bot") as bot,
    ):
        senders = [Sender(assistant, bot, rate=20.0) for assistant in (one, other)]
        await asyncio.gather(*(senders[chat % 2].say(str(chat), "Merci.") for chat in chats))
    times = sorted(api.last(chat).at for chat in chats)
    assert len(times) == 30
    # A call takes a moment, which differs: one or two may come close to those of the second before.
    assert all(later - earlier > 0.9 for earlier, later in zip(times, times[20:], strict=False)), times


async def test_words_of_a_person_reach_the_owner_at_once(
    api: FakeBotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "SWEEP_S", 60.0)
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant) as client:
        conversation = await begun(api, client, assistant)
        await assistant.take_over(conversation, "Claire")
        for number in range(5):
            await assistant.say_as_person(conversation, f"Phrase {number}.")
        await until(lambda: len(api.texts(CHAT)) == 6, seconds=1.0)
        assert api.texts(CHAT)[1:] == [f"Claire : Phrase {number}." for number in range(5)]


async def test_long_words_of_a_person_are_cut_at_sentences_and_lose_nothing(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with an_assistant(tmp_path) as assistant, a_server(api, assistant) as client:
        await deliver(client, api.say(CHAT, "bonjour"))
        await until(lambda: api.texts(CHAT))
        conversation = await assistant.conversation_id("telegram", str(CHAT))
        assert conversation is not None
        await assistant.take_over(conversation, "Claire")
        words = " ".join(f"Voici la phrase n_{number}*, [longue] et `sans` fin." for number in range(180))
        await assistant.say_as_person(conversation, words)
        await until(lambda: len(api.texts(CHAT)) == 4)
        parts = api.texts(CHAT)[1:]
        assert " ".join(parts) == f"Claire : {words}"
        assert all(part.endswith("fin.") and len(part) <= 4096 for part in parts)


async def test_words_said_in_another_process_are_found_within_two_seconds(
    api: FakeBotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "SWEEP_S", 1.0)
    async with (
        an_assistant(tmp_path) as assistant,
        an_assistant(tmp_path) as elsewhere,
        a_server(api, assistant) as client,
    ):
        conversation = await begun(api, client, assistant)
        await elsewhere.take_over(conversation, "Claire")
        await elsewhere.say_as_person(conversation, "Je vous écoute.")
        await until(lambda: "Claire : Je vous écoute." in api.texts(CHAT), seconds=2.5)
