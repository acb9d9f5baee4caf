"""The Telegram channel against the fake Bot API server: owners speak and press, faults are strewn in."""

from __future__ import annotations

import asyncio
import itertools
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
from bot.errors import StoreUnavailableError
from bot.project import find, load_actions
from bot.settings import Settings
from bot.store import conversations
from bot.telegram import polling, presses
from bot.telegram.channel import PRIVATE_ONLY, UNKNOWN_COMMAND
from bot.telegram.incoming import UNREADABLE
from bot.telegram.presses import PAST
from bot.telegram.run import running_telegram
from tests.fake_bot_api import SILENCE, TOKEN, FakeBotApi, Fault
from tests.fakes import WORDS, WordReader, says, small_project

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


async def test_spinner_stops_at_once_while_the_turn_before_is_slow(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        api.say(CHAT, "diagnostic")
        await until(lambda: api.texts(CHAT))
        asked = api.last(CHAT)
        api.say(CHAT, "lent")
        api.press(CHAT, asked.keyboard[1][0]["callback_data"], asked.message_id)
        await until(lambda: api.answered_callbacks)
        assert api.texts(CHAT) == ["Avez-vous un site ?"]  # nothing was said meanwhile
        await until(lambda: "Combien de personnes ?" in api.texts(CHAT))
        assert api.texts(CHAT)[1] == "Enfin."
        assert [m for m, _ in api.calls].count("answerCallbackQuery") == 1


async def test_spinner_that_could_not_be_stopped_is_stopped_again(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        api.say(CHAT, "diagnostic")
        await until(lambda: api.texts(CHAT))
        asked = api.last(CHAT)
        api.faults += [Fault("answerCallbackQuery", 500), Fault("answerCallbackQuery", 429)]
        api.press(CHAT, asked.keyboard[1][0]["callback_data"], asked.message_id)
        await until(lambda: "Combien de personnes ?" in api.texts(CHAT))
        await until(lambda: len(api.answered_callbacks) == 1)


async def test_spinner_is_stopped_however_often_the_bot_api_fails_within_its_time(
    api: FakeBotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presses, "ANSWER_PAUSES_S", (0.01,))
    async with a_bot(api, tmp_path):
        api.say(CHAT, "diagnostic")
        await until(lambda: api.texts(CHAT))
        asked = api.last(CHAT)
        api.faults += [Fault("answerCallbackQuery", 500)] * 7
        api.press(CHAT, asked.keyboard[1][0]["callback_data"], asked.message_id)
        await until(lambda: "Combien de personnes ?" in api.texts(CHAT))
        await until(lambda: len(api.answered_callbacks) == 1)


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


async def test_button_pressed_again_while_its_turn_is_slow_is_one_press(
    api: FakeBotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presses, "DOUBLE_PRESS_S", 0.3)
    async with a_bot(api, tmp_path) as assistant:
        api.say(CHAT, "diagnostic")
        await until(lambda: api.texts(CHAT))
        handle = assistant.handle

        async def slowly(message: Any) -> Any:
            await asyncio.sleep(0.6)
            return await handle(message)

        monkeypatch.setattr(assistant, "handle", slowly)
        asked = api.last(CHAT)
        data = asked.keyboard[1][0]["callback_data"]
        api.press(CHAT, data, asked.message_id)
        api.press(CHAT, data, asked.message_id)
        await until(lambda: len(api.answered_callbacks) == 2 and "Combien de personnes ?" in api.texts(CHAT))
        api.say(CHAT, "bonjour")
        await until(lambda: "Bonjour." in api.texts(CHAT))
        users = [e for e in await assistant.log.events_of("telegram", str(CHAT)) if e["event"] == "user"]
        assert len(users) == 3


async def test_unknown_button_is_said_to_be_past_and_goes(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        api.say(CHAT, "diagnostic")
        await until(lambda: api.texts(CHAT))
        asked = api.last(CHAT)
        api.say(CHAT, "oublie")
        await until(lambda: "Tout est effacé." in api.texts(CHAT))
        seen = len(api.texts(CHAT))
        api.press(CHAT, asked.keyboard[1][0]["callback_data"], asked.message_id)
        await until(lambda: asked.keyboard == [] and api.answered_callbacks)
        said = [a.get("text") for m, a in api.calls if m == "answerCallbackQuery"]
        assert said == [PAST]
        # Where Telegram does not take the answer any more, it is said in a message.
        api.press(CHAT, "bnothing.0", asked.message_id)
        api.forget_callbacks()
        await until(lambda: len(api.texts(CHAT)) > seen)
        assert api.texts(CHAT)[seen:] == [PAST]


async def test_keyboard_of_another_conversation_answers_nothing_in_this_one(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with a_bot(api, tmp_path) as assistant:
        api.say(CHAT, "diagnostic")
        await until(lambda: api.texts(CHAT))
        asked = api.last(CHAT)
        await assistant.handle(says("diagnostic", sender="browser", channel="web"))
        token = await assistant.link_token("web", "browser")
        api.say(CHAT, f"/start lien-{token}")
        await until(lambda: len(api.texts(CHAT)) == 3)
        api.press(CHAT, asked.keyboard[1][0]["callback_data"], asked.message_id)
        await until(lambda: api.answered_callbacks)
        assert [a.get("text") for m, a in api.calls if m == "answerCallbackQuery"] == [PAST]
        await until(lambda: asked.keyboard == [])
        assert (await assistant.log.tracker_of("telegram", str(CHAT))).slots["site"] is None


async def test_what_cannot_be_read_gets_a_kind_sentence(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        api.faults.append(Fault("sendMessage", 500))
        for kind in UNREADABLE:
            api.send_other(CHAT, **{kind: {"file_id": "x", "file_unique_id": "y"}})
        await until(lambda: len(api.texts(CHAT)) == len(UNREADABLE))
        assert api.texts(CHAT) == [
            f"Merci pour {what}. Je ne sais lire que les messages écrits. "
            "Écrivez-moi en quelques mots, ou appuyez sur un bouton."
            for what in UNREADABLE.values()
        ]


async def test_words_beside_a_photo_are_read(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        api.send_other(CHAT, photo=[{"file_id": "x", "file_unique_id": "y"}], caption="bonjour")
        await until(lambda: len(api.texts(CHAT)) == 2)
        assert api.texts(CHAT)[0].startswith("Merci pour votre photo. Je ne peux pas l'ouvrir")
        assert api.texts(CHAT)[1] == "Bonjour."


async def test_groups_and_channels_are_told_that_it_works_in_private(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path) as assistant:
        group, supergroup, channel = -77, -78, -79
        api.let_into(group, "group", "member")
        api.let_into(channel, "channel", "administrator")
        await until(lambda: api.texts(group) and api.texts(channel))
        assert api.texts(group) == api.texts(channel) == [PRIVATE_ONLY]
        api.post(channel, "Nos horaires : écrivez à contact@exemple.fr")
        api.say(group, "salut tous", chat_type="group")
        api.say(supergroup, "diagnostic ?", chat_type="supergroup")
        api.say(group, "/start@un_autre_bot", chat_type="group")
        api.post(channel, "/start")
        api.say(supergroup, "dis-moi, @Connecteur_bot", chat_type="supergroup")
        await until(lambda: len(api.texts(channel)) == 2 and api.texts(supergroup))
        api.membership(group, "left", chat_type="group")
        api.say(group, "/aide@connecteur_bot", chat_type="group")
        await until(lambda: len(api.texts(group)) == 2)
        await asyncio.sleep(0.2)
        assert api.texts(group) == api.texts(channel) == [PRIVATE_ONLY] * 2
        assert api.texts(supergroup) == [PRIVATE_ONLY]
        assert await assistant.conversation_id("telegram", str(group)) is None


async def test_two_messages_in_one_second_are_answered_in_order(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        api.say(CHAT, "lent")
        api.say(CHAT, "bonjour")
        await until(lambda: len(api.texts(CHAT)) == 2)
        assert api.texts(CHAT) == ["Enfin.", "Bonjour."]


async def test_chats_are_handled_side_by_side(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        for chat in range(CHAT, CHAT + 10):
            api.say(chat, "lent")  # half a second each
        start = time.monotonic()
        await until(lambda: all(api.texts(chat) for chat in range(CHAT, CHAT + 10)))
        assert time.monotonic() - start < 4


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


@pytest.mark.parametrize("says_so", [True, False])
async def test_blocked_owner_is_left_alone_until_he_comes_back(
    api: FakeBotApi, tmp_path: Path, says_so: bool
) -> None:
    async with a_bot(api, tmp_path) as assistant:
        api.blocked.add(CHAT)
        api.say(CHAT, "bonjour")
        await until(lambda: [m for m, a in api.calls if m == "sendMessage"])
        await asyncio.sleep(1.0)
        assert len([m for m, a in api.calls if m == "sendMessage"]) == 1
        database = assistant._store.database

        def is_blocked() -> bool:
            return database.read_now(lambda c: conversations.is_blocked(c, "telegram", str(CHAT)))

        assert is_blocked()
        api.blocked.clear()
        if says_so:
            api.membership(CHAT, "member")
        api.say(CHAT, "bonjour")
        await until(lambda: api.texts(CHAT))
        assert set(api.texts(CHAT)) == {"Bonjour."}
        assert not is_blocked()


async def test_unknown_command_answers_no_question_and_is_told(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path) as assistant:
        api.say(CHAT, "diagnostic")
        await until(lambda: api.texts(CHAT))
        api.say(CHAT, "/menu")
        await until(lambda: len(api.texts(CHAT)) == 2)
        assert api.last(CHAT).text == UNKNOWN_COMMAND.format(command="/menu")
        users = [e for e in await assistant.log.events_of("telegram", str(CHAT)) if e["event"] == "user"]
        assert [user["text"] for user in users] == ["diagnostic"]
        api.say(CHAT, "/greet")  # an intent of the project, as Rasa takes it
        await until(lambda: api.last(CHAT).text == "Bonjour.")


async def test_start_is_tried_until_telegram_takes_it(api: FakeBotApi, tmp_path: Path) -> None:
    api.faults += [
        *(Fault(method, 500) for method in ("getMe", "deleteWebhook", "setMyCommands", "getUpdates")),
        Fault("setMyCommands", 429, retry_after=1),
        Fault("setMyCommands", SILENCE),
    ]
    async with a_bot(api, tmp_path, telegram_timeout_s=0.5):
        api.say(CHAT, "bonjour")
        await until(lambda: api.texts(CHAT) == ["Bonjour."])
        await until(lambda: "fr" in api.commands and "" in api.commands)
        assert api.faults == []


async def test_malformed_updates_and_a_silent_database_do_not_end_the_polling(
    api: FakeBotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "FIRST_PAUSE_S", 0.1)
    async with a_bot(api, tmp_path) as assistant:
        take, times = assistant.mailbox.take, itertools.count()

        async def fails_once(*arguments: Any) -> bool:
            if next(times) == 0:
                raise StoreUnavailableError("La base ne répond pas.")
            return await take(*arguments)

        monkeypatch.setattr(assistant.mailbox, "take", fails_once)
        api.say(CHAT, "bonjour")
        for broken in (
            {"message": {"chat": 3}},
            {"message": None},
            {"callback_query": {"from": {}}},
            {"message": {"message_id": 1, "date": 10**30, "chat": {"id": 1, "type": "private"}, "text": "a"}},
            {"message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "\ud83d"}},
        ):
            api._update(**broken)
        api.say(CHAT, "lent")
        await until(lambda: api.texts(CHAT) == ["Bonjour.", "Enfin."])


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
