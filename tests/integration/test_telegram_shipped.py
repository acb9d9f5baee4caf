"""Owners talk to the shipped assistant on Telegram: by buttons alone, by text alone, from a phone and a browser."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from bot.assistant import Assistant, advisors
from bot.bootstrap import running_assistant
from bot.dialogue import read_payload
from bot.settings import Settings
from bot.store.conversations import Chamber, save_chamber
from bot.store.records import list_records
from bot.telegram import channel as channel_module
from bot.telegram import presses
from bot.telegram.incoming import COMMAND_LIST, COMMANDS
from bot.telegram.outgoing import PROGRESS
from bot.telegram.run import running_telegram
from bot.web.app import create_app
from tests.fake_bot_api import TOKEN, FakeBotApi, SentMessage

CHAT = 77
LAST_WORDS = "Est-ce que cela vous aide ?"
NEVER_PRESSED = ("Revenir", "Parler à une personne", "Pourquoi ?", "Recommencer", "Je ne sais pas", "Passer")
TUESDAY_10H = 1_795_510_800.0  # 2026-11-24 10:00 in Paris
DAY = 86_400.0


class Clock:
    """Time that the test moves."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def api() -> Any:
    with FakeBotApi() as server:
        yield server
        assert server.refused == [], "the real Bot API would have refused this"
        assert server.previewed == []


@asynccontextmanager
async def a_bot(
    api: FakeBotApi, folder: Path, state: Any = None, clock: Callable[[], float] = time.time, **more: Any
) -> AsyncIterator[tuple[Assistant, Settings]]:
    settings = Settings(
        database_url=f"sqlite:///{folder / 'bot.sqlite'}",
        telegram_token=TOKEN,
        telegram_api=api.url,
        telegram_rate=1000.0,
        log_level="error",
        **more,
    )
    async with (
        running_assistant(settings, clock=clock) as assistant,
        running_telegram(assistant, settings, state or SimpleNamespace()),
    ):
        yield assistant, settings


async def quiet(api: FakeBotApi, seen: int) -> list[SentMessage]:
    """What the chat shows, once more than `seen` came and nothing more comes."""
    deadline = time.monotonic() + 20
    while len(api.chats[CHAT]) <= seen:
        assert time.monotonic() < deadline, f"nothing after {api.texts(CHAT)[-2:]}"
        await asyncio.sleep(0.02)
    count = -1
    while count != len(api.chats[CHAT]):
        count = len(api.chats[CHAT])
        await asyncio.sleep(0.3)
    return api.chats[CHAT]


async def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


async def say(api: FakeBotApi, text: str) -> list[SentMessage]:
    seen = len(api.chats[CHAT])
    api.say(CHAT, text)
    return await quiet(api, seen)


async def press(api: FakeBotApi, title: str) -> list[SentMessage]:
    seen = len(api.chats[CHAT])
    message_id, data = next(
        (m.message_id, b["callback_data"])
        for m in reversed(api.chats[CHAT])
        for row in m.keyboard
        for b in row
        if b["text"].startswith(title)
    )
    api.press(CHAT, data, message_id)
    return await quiet(api, seen)


async def test_start_greets_once_and_the_deep_link_names_the_chamber(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path) as (assistant, _):
        chamber = Chamber("cci-essai", "CCI d'Essai", phone="02 00 00 00 00", retention_days=90)
        await assistant._store.database.write(lambda c: save_chamber(c, chamber))
        shown = await say(api, "/start cci-essai")
        assert [message.text.split()[0] for message in shown] == ["Bonjour.", "Vos", "Comment"]
        assert "CCI d'Essai" in shown[1].text
        assert "3 mois" in shown[1].text or "90 jours" in shown[1].text
        users = [
            e["text"] for e in await assistant.log.events_of("telegram", str(CHAT)) if e["event"] == "user"
        ]
        assert users == ["/session_start"]
        await say(api, "boulanger à Vitré, 3 personnes")
        shown = await say(api, "/start")
        assert shown[-1].text.startswith("Rebonjour.")
        shown = await say(api, "/reprendre")
        assert shown[-1].text.startswith("Revenons à la question")


async def test_each_command_is_an_intent_of_the_project(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path) as (assistant, _):
        for payload in COMMANDS.values():
            assert read_payload(assistant.model, payload) is not None, payload
        await say(api, "/aide")
        await until(lambda: "fr" in api.commands)
        # Without a public address there is no browser to go to.
        registered = {one["command"] for one in api.commands["fr"]}
        assert registered == {name for name, _ in COMMAND_LIST} - {"ordinateur"}
        assert registered <= {*COMMANDS, "start"}
        assert api.commands["fr"] == api.commands[""]


async def test_each_command_does_what_its_line_promises(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        await say(api, "boulanger à Vitré, 3 personnes, je veux être trouvé")
        for command, said in (
            ("/aide", "Je pose quelques questions"),
            ("/Aide", "Je pose quelques questions"),
            ("/resume", "Vous en êtes à la question 1"),
            ("/résumé", "Vous en êtes à la question 1"),
            ("/rapport", "Vous pouvez déjà commencer par"),
            ("/conseiller", "Bien sûr. Je préviens un conseiller"),
            ("/reprendre", "Revenons à la question"),
            ("/stop", "Vous pouvez déjà commencer par"),
        ):
            seen = len(api.chats[CHAT])
            assert (await say(api, command))[seen].text.startswith(said), command


async def test_erasing_is_asked_once_and_the_title_of_the_button_may_be_typed(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with a_bot(api, tmp_path) as (assistant, _):
        await say(api, "boulanger à Vitré, 3 personnes")
        seen = len(api.chats[CHAT])
        (asked,) = (await say(api, "/supprimer"))[seen:]
        assert "C'est définitif" in asked.text
        # « Non » keeps all, answers nothing else, and the open question comes back in its short form.
        seen = len(api.chats[CHAT])
        kept, question = (await say(api, "non"))[seen:]
        assert kept.text == "D'accord, je garde tout."
        assert question.text.startswith("Revenons à la question")
        await say(api, "/supprimer")
        shown = await say(api, "oui, tout effacer")
        assert "C'est effacé." in shown[-1].text
        assert await assistant.conversation_id("telegram", str(CHAT)) is None


async def test_copy_of_ones_data_is_a_file(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        await say(api, "boulanger à Vitré, 3 personnes")
        seen = len(api.chats[CHAT])
        shown = await say(api, "/mesdonnees")
        assert [m.text for m in shown[seen:] if m.method == "sendDocument"] == ["mes-donnees.json"]


async def test_old_gesture_never_answers_another_question(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path) as (assistant, _):
        first = (await say(api, "boulanger à Vitré"))[-1]
        skip = next(b["callback_data"] for row in first.keyboard for b in row if b["text"] == "Passer")
        choice = first.keyboard[1][0]["callback_data"]
        second = (await press(api, "Juste moi"))[-1]
        assert second.text.startswith("Question 2")
        seen = len(api.chats[CHAT])
        api.press(CHAT, skip, first.message_id)
        shown = await quiet(api, seen)
        assert shown[seen].text.startswith("Cette question est passée.")
        assert len(shown) == seen + 1
        asked = (await assistant.log.tracker_of("telegram", str(CHAT))).slots["requested_slot"]
        seen = len(shown)
        api.press(CHAT, choice, first.message_id)
        shown = await quiet(api, seen)
        assert "2" in shown[seen].text
        tracker = await assistant.log.tracker_of("telegram", str(CHAT))
        assert tracker.slots["requested_slot"] == asked
        assert not [message for message in shown if message.text.startswith("Question 3")]


async def test_gestures_have_buttons_and_a_typed_yes_goes_to_what_was_asked_last(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with a_bot(api, tmp_path) as (assistant, _):
        first = (await say(api, "boulanger à Vitré, 3 personnes, je veux être trouvé"))[-1]
        assert first.text.startswith("Question 1")
        assert (await press(api, "Je ne sais pas"))[-1].text.startswith("Question 2")
        assert first.text.endswith("✓ Je ne sais pas")
        shown = await press(api, "Revenir")
        assert "Vous trouve-t-on" in shown[-1].text or "Est-ce que je tombe sur vous" in shown[-1].text
        assert (await press(api, "Passer"))[-1].text.startswith("Question 2")
        await say(api, "/supprimer")
        shown = await say(api, "oui")
        assert shown[-1].text.startswith("C'est effacé.")
        assert await assistant.conversation_id("telegram", str(CHAT)) is None


async def test_progress_stands_in_one_message_that_is_changed(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        await say(api, "boulanger à Vitré")
        (progress,) = [m for m in api.chats[CHAT] if m.text.startswith(PROGRESS)]
        assert progress.text.endswith("▰▱▱▱▱▱▱ 1 sur 7")
        await press(api, "Juste moi")
        await say(api, "pourquoi cette question ?")
        assert progress.text.endswith("▰▰▱▱▱▱▱ 2 sur 7")
        assert progress.edits == 1
        api.chats[CHAT].remove(progress)  # the owner deleted it: another takes its place
        shown = await say(api, "avoir plus de clients")
        (progress,) = [m for m in shown if m.text.startswith(PROGRESS)]
        assert progress.text.endswith("3 sur 7")


async def test_ticks_are_kept_in_the_store_whatever_keyboard_the_phone_still_shows(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with a_bot(api, tmp_path) as (assistant, _):
        await say(api, "boulanger à Vitré")
        asked = (await press(api, "Juste moi"))[-1]
        boxes = [b["callback_data"] for row in asked.keyboard for b in row if b["text"].startswith("☐")]
        # Both are pressed before the phone has shown the first tick.
        api.press(CHAT, boxes[0], asked.message_id)
        api.press(CHAT, boxes[4], asked.message_id)
        await until(lambda: asked.edits == 2)
        ticked = [b["text"] for row in asked.keyboard for b in row if b["text"].startswith("☑")]
        assert ticked == ["☑ Avoir plus de clients", "☑ Faire revenir mes clients"]
        seen = len(api.chats[CHAT])
        done = next(b["callback_data"] for row in asked.keyboard for b in row if b["text"] == "C'est tout")
        api.press(CHAT, done, asked.message_id)
        api.press(CHAT, done, asked.message_id)
        shown = await quiet(api, seen)
        assert asked.text.endswith("✓ Avoir plus de clients, Faire revenir mes clients")
        assert sum(message.text.startswith("Question 3") for message in shown) == 1
        log = await assistant.log.events_of("telegram", str(CHAT))
        assert [e["text"] for e in log if e["event"] == "user"][2:] == [
            next(e["text"] for e in log if e["event"] == "user" and "[" in e["text"])
        ]


async def test_question_put_again_has_its_buttons_once_and_the_ticks_come_along(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with a_bot(api, tmp_path):
        first = (await say(api, "boulanger à Vitré, 3 personnes"))[-1]
        seen = len(api.chats[CHAT])
        done = next(b["callback_data"] for row in first.keyboard for b in row if b["text"] == "C'est tout")
        api.press(CHAT, done, first.message_id)  # nothing is ticked
        assert [message.text for message in (await quiet(api, seen))[seen:]] == [presses.TICK_FIRST]
        assert first.keyboard
        box = next(b["callback_data"] for row in first.keyboard for b in row if b["text"].startswith("☐"))
        api.press(CHAT, box, first.message_id)
        await until(lambda: first.edits == 1)
        second = (await say(api, "pourquoi ?"))[-1]
        await until(lambda: first.keyboard == [])
        assert [b["text"] for row in second.keyboard for b in row if b["text"].startswith("☑")] == [
            "☑ Avoir plus de clients"
        ]
        assert (await press(api, "C'est tout"))[-1].text.startswith("Question 2")
        assert second.text.endswith("✓ Avoir plus de clients")
        # Given as an answer, they are not ticked any more.
        third = (await press(api, "Revenir"))[-1]
        assert not [b for row in third.keyboard for b in row if b["text"].startswith("☑")]


async def test_whole_conversation_by_text_alone(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        await say(api, "/start")
        shown = await say(api, "coiffeuse à Mende, je suis seule, je veux des rendez-vous en ligne")
        for _ in range(10):
            if any(LAST_WORDS in message.text for message in shown):
                break
            shown = await say(api, "la 2")
        assert any("La prise de rendez-vous en ligne" in message.text for message in shown)
        shown = await say(api, "un peu")
        assert "En un mot, qu'est-ce qui manque" in shown[-1].text


async def test_whole_conversation_by_buttons_alone(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        shown = await say(api, "/start")
        shown = await press(api, "Où en suis-je ?")
        # The trade is the one thing that has no button at first: families of trades come when it is not known.
        shown = await press(api, "Je ne sais pas")
        for _ in range(25):
            if any(LAST_WORDS in message.text for message in shown):
                break
            asked = next(m for m in reversed(shown) if m.keyboard)
            titles = [b["text"] for row in asked.keyboard for b in row]
            if any(title == "C'est tout" for title in titles):
                edits = asked.edits
                tick = next(b for row in asked.keyboard for b in row if b["text"].startswith("☐"))
                api.press(CHAT, tick["callback_data"], asked.message_id)
                await until(lambda asked=asked, edits=edits: asked.edits > edits)  # type: ignore[misc]
                shown = await press(api, "C'est tout")
                continue
            wanted = [title for title in titles if title not in NEVER_PRESSED] or ["Passer"]
            shown = await press(api, wanted[0])
        assert any(LAST_WORDS in message.text for message in shown)


async def test_full_round_ends_with_a_picture_and_the_report_is_a_document(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with a_bot(api, tmp_path):
        await say(api, "plombier à Lille, 4 personnes")
        shown = await say(api, "tour complet")
        for _ in range(60):
            if any(LAST_WORDS in message.text for message in shown):
                break
            shown = await say(api, "la 1")
        photo = next(message for message in shown if message.method == "sendPhoto")
        assert photo.text.startswith("Votre bilan en image.")
        await press(api, "Garder ce plan")
        assert api.last(CHAT).method == "sendDocument"
        assert api.last(CHAT).text == "mon-plan.pdf"


async def test_shared_position_is_asked_back_as_nearby_communes(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        await say(api, "je suis fleuriste, on est deux")
        seen = len(api.chats[CHAT])
        api.send_other(CHAT, location={"latitude": 48.117, "longitude": -1.678})
        await quiet(api, seen)
        titles = [row[0]["text"] for row in api.last(CHAT).keyboard]
        assert titles[0] == "Rennes (35, Bretagne)"
        shown = await press(api, "Rennes (35, Bretagne)")
        assert "Dans quelle commune" not in shown[-1].text
        seen = len(api.chats[CHAT])
        api.send_other(CHAT, location={"latitude": 0.0, "longitude": -30.0})
        assert "Je n'ai pas bien saisi" in (await quiet(api, seen))[seen].text


async def test_contact_shared_from_the_phone_is_the_number_to_call_back(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with a_bot(api, tmp_path) as (assistant, _):
        await say(api, "boulanger à Vitré, 3 personnes")
        # Nobody asked for it yet: it is not kept, and answers no question.
        seen = len(api.chats[CHAT])
        api.share_contact(CHAT, "+33299000002")
        assert [m.text for m in (await quiet(api, seen))[seen:]] == [channel_module.CONTACT_NOT_ASKED]
        assert "99000002" not in str(await assistant.log.events_of("telegram", str(CHAT)))
        assert not any("téléphone" in message.text for message in await say(api, "/conseiller"))
        assert api.reply_keyboards == {}
        await press(api, "Être rappelé")
        ((button,), (give_up,)) = api.reply_keyboards[CHAT]
        assert button == {"text": "Envoyer mon numéro", "request_contact": True}
        assert give_up == {"text": "Finalement, non"}
        for others in (999, 0):
            seen = len(api.chats[CHAT])
            api.share_contact(CHAT, "+33299000009", user_id=others)
            assert "n'est pas le vôtre" in (await quiet(api, seen))[-1].text
        seen = len(api.chats[CHAT])
        api.share_contact(CHAT, "+33299000002")
        assert (await quiet(api, seen))[seen].text == "Je note le 02 99 00 00 02."
        assert api.reply_keyboards == {}
        await say(api, "mardi matin")
        noted = await assistant._store.database.read(lambda c: list_records(c, "call_back"))
        assert [one.data["phone"] for one in noted] == ["02 99 00 00 02"]


async def test_number_to_call_back_may_be_typed_and_no_contact_is_asked_for_elsewhere(
    api: FakeBotApi, tmp_path: Path
) -> None:
    async with a_bot(api, tmp_path) as (assistant, _):
        await say(api, "boulanger à Vitré, 3 personnes")
        await say(api, "/conseiller")
        await press(api, "Être rappelé")
        await say(api, "02 99 00 00 02")
        assert api.reply_keyboards == {}
        await press(api, "Quand vous voulez")
        noted = await assistant._store.database.read(lambda c: list_records(c, "call_back"))
        assert [one.data["phone"] for one in noted] == ["02 99 00 00 02"]
        markups = [str(a.get("reply_markup")) for m, a in api.calls if m == "sendMessage"]
        assert sum("request_contact" in markup for markup in markups) == 1


async def test_call_back_is_given_up_by_its_button(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path) as (assistant, _):
        await say(api, "boulanger à Vitré, 3 personnes")
        await say(api, "/conseiller")
        await press(api, "Être rappelé")
        shown = await say(api, "Finalement, non")  # as the button of a reply keyboard types it
        assert any(message.text == "D'accord, pas de rappel." for message in shown)
        assert api.reply_keyboards == {}
        assert await assistant._store.database.read(lambda c: list_records(c, "call_back")) == []


async def test_answer_is_corrected_by_editing_the_message(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path) as (assistant, _):
        await say(api, "boulanger à Vitré")
        answer = api.say(CHAT, "juste moi")
        await quiet(api, len(api.chats[CHAT]))
        seen = len(api.chats[CHAT])
        api.edit(CHAT, answer["message"]["message_id"], "nous sommes 3")
        assert "3 personnes" in (await quiet(api, seen))[seen].text
        slots = (await assistant.log.tracker_of("telegram", str(CHAT))).slots
        assert slots["effectif"]["min"] == 3


async def test_what_an_owner_writes_cannot_break_a_message(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path):
        shown = await say(api, "je suis _*[`boulanger](x) <b> à Vitré & on est 3 \\")
        assert any("boulanger" in message.text for message in shown)
        assert all("parse_mode" not in arguments for _, arguments in api.calls)


async def test_conversation_goes_on_in_the_browser_and_back(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path, public_url=None) as (assistant, settings):
        pass
    state = SimpleNamespace()
    async with a_bot(api, tmp_path, state=state) as (assistant, settings):
        channel = state.telegram
        channel._public_url = "https://exemple.fr"

        @asynccontextmanager
        async def same_assistant() -> AsyncIterator[Assistant]:
            yield assistant

        app = create_app(same_assistant, settings, host="127.0.0.1")
        app.state.assistant, app.state.telegram_name = assistant, "connecteur_bot"
        browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")

        await say(api, "boulanger à Vitré, 3 personnes, je veux être trouvé")
        shown = await say(api, "/ordinateur")
        link = re.search(r"https://exemple\.fr(/chat\?lien=\w+)", shown[-1].text)
        assert link is not None
        assert api.previewed == []
        fetched = await browser.get(link.group(1), headers={"User-Agent": "TelegramBot (like TwitterBot)"})
        assert fetched.status_code == 204
        page = await browser.get(link.group(1), follow_redirects=True)
        assert "boulanger à Vitré" in page.text
        assert "Question 1 sur" in page.text
        assert (
            await httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test").get(
                link.group(1)
            )
        ).status_code == 410

        proof = re.search(r'name="proof" value="(\w+)"', page.text)
        assert proof is not None
        back = await browser.post("/chat/telegram", data={"proof": proof.group(1)})
        token = re.fullmatch(r"https://t\.me/connecteur_bot\?start=(lien-\w+)", back.headers["location"])
        assert token is not None
        other = 78
        api.say(other, f"/start {token.group(1)}")
        deadline = time.monotonic() + 10
        while not any(message.keyboard for message in api.chats[other]):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.02)
        assert "Vous voilà ici" in api.chats[other][0].text
        stranger = 79
        api.say(stranger, f"/start {token.group(1)}")
        await until(lambda: api.chats[stranger])
        assert api.chats[stranger][0].text.startswith("Ce lien ne marche plus")
        assert await assistant.conversation_id("telegram", str(stranger)) is None
        # A second tap in the chat to which it led is no fault.
        seen = len(api.chats[other])
        api.say(other, f"/start {token.group(1)}")
        await until(lambda: len(api.chats[other]) > seen)
        assert "Vous voilà ici" in api.chats[other][seen].text
        await browser.aclose()


async def test_one_reminder_by_day_to_who_agreed_and_a_button_ends_it(
    api: FakeBotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel_module, "SWEEP_S", 0.05)
    monkeypatch.setattr(channel_module, "REMIND_S", 0.05)
    clock = Clock(TUESDAY_10H)
    async with a_bot(api, tmp_path, clock=clock):
        await say(api, "boulanger à Vitré, 3 personnes, je veux être trouvé")
        await say(api, "plus tard")
        shown = await press(api, "Me le rappeler")
        count = len(shown)
        clock.now += 3 * DAY + 12 * 3600  # Friday, 22:00
        await asyncio.sleep(0.5)
        assert len(api.chats[CHAT]) == count
        clock.now += 12 * 3600  # Saturday, 10:00
        await quiet(api, count)
        assert "Votre diagnostic est resté en cours" in api.last(CHAT).text
        count = len(api.chats[CHAT])
        clock.now += 4 * DAY
        await asyncio.sleep(0.5)
        assert len(api.chats[CHAT]) == count
        shown = await press(api, "Ne plus me le rappeler")
        assert "je ne vous le rappelle plus" in shown[count].text


async def test_link_of_a_chamber_into_a_known_conversation(api: FakeBotApi, tmp_path: Path) -> None:
    async with a_bot(api, tmp_path) as (assistant, _):
        store = assistant._store
        for name in ("bleue", "verte"):
            chamber = Chamber(f"cci-{name}", f"CCI {name.title()}", phone=f"02 00 00 00 0{len(name)}")
            await store.database.write(lambda c, chamber=chamber: save_chamber(c, chamber))
        # Without a chamber of his own he gets that of the link, at once.
        await say(api, "boulanger à Vitré, 3 personnes, je veux être trouvé")
        await say(api, "/conseiller")
        seen = len(api.chats[CHAT])
        shown = await say(api, "/start cci-bleue")
        assert "suivie par CCI Bleue" in shown[seen].text
        assert shown[-1].text.startswith("Rebonjour.")
        assert await requests_seen(assistant, "demo") == []
        assert await requests_seen(assistant, "cci-bleue") == ["handover"]
        assert any("02 00 00 00 05" in message.text for message in await say(api, "/conseiller"))
        # The same link again changes nothing, nor does that of a chamber that does not exist.
        for again in ("/start cci-bleue", "/start cci-rouge", "/start demo"):
            seen = len(api.chats[CHAT])
            assert [m.text.split()[0] for m in (await say(api, again))[seen:]] == ["Rebonjour."]
        # Of another chamber: he is asked, and stays unless he says yes.
        shown = await say(api, "/start cci-verte")
        assert [b["text"] for row in shown[-1].keyboard for b in row] == ["Oui, changer", "Non, rester"]
        old_yes = shown[-1].keyboard[0][0]["callback_data"], shown[-1].message_id
        shown = await press(api, "Non, rester")
        assert "Question" in shown[-1].text or "Revenons" in shown[-1].text
        assert await requests_seen(assistant, "cci-verte") == []
        await say(api, "/start cci-verte")
        shown = await press(api, "Oui, changer")
        assert await requests_seen(assistant, "cci-bleue") == []
        assert await requests_seen(assistant, "cci-verte") == ["handover", "handover"]
        chamber_now = await assistant.chamber_of("telegram", str(CHAT))
        assert chamber_now is not None and chamber_now.id == "cci-verte"
        slots = (await assistant.log.tracker_of("telegram", str(CHAT))).slots
        assert slots["lieu"]["insee"] == "35360"
        assert slots["chamber"]["name"] == "CCI Verte"
        # A press on the first question, once he is there: nothing moves.
        seen = len(shown)
        api.press(CHAT, *old_yes)
        await quiet(api, seen)
        assert await requests_seen(assistant, "cci-verte") == ["handover", "handover"]


async def requests_seen(assistant: Assistant, chamber: str) -> list[str]:
    """The kinds of the requests that the advisors of a chamber see."""
    return [one.kind for one in await advisors.list_requests(assistant._store, chamber)]
