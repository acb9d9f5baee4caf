"""Whole turns through the assistant, on both engines, with the small project of `tests/fakes.py`."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from bot.assistant import Assistant
from bot.bootstrap import running_assistant
from bot.dialogue import Tracker
from bot.errors import ContentError, StoreUnavailableError
from bot.messages import BotMessage
from bot.settings import Settings
from bot.store import conversations, erasure, records
from bot.store.tables import metadata
from tests.fakes import WORDS, FakeClock, WordReader, says, small_project

Open = Callable[..., Any]


@pytest.fixture
def opened(database_url: str, tmp_path: Path) -> Open:
    """Open the assistant on this test's database; as often as one likes."""
    project = small_project(tmp_path / "project")

    @asynccontextmanager
    async def open_assistant(clock: Any = time.time, **settings: Any) -> AsyncIterator[Assistant]:
        all_settings = Settings(database_url=database_url, **settings)
        async with running_assistant(all_settings, project, clock=clock) as assistant:
            assistant._turns.reader = WordReader(WORDS)
            yield assistant

    return open_assistant


def texts(replies: list[BotMessage]) -> list[str]:
    return [reply.text for reply in replies]


def rows(assistant: Assistant, table: str) -> int:
    return assistant._store.database.read_now(
        lambda c: c.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
    )


async def talk(assistant: Assistant, *said: str, **more: Any) -> list[BotMessage]:
    replies: list[BotMessage] = []
    for one in said:
        replies = await assistant.handle(says(one, **more))
    return replies


# ------------------------------------------------------------------ a turn
async def test_form_is_filled_by_text_and_by_buttons(opened: Open) -> None:
    async with opened() as assistant:
        (asked,) = await talk(assistant, "diagnostic")
        assert asked.question is not None
        assert (asked.question.id, asked.progress.current, len(asked.buttons)) == ("site", 1, 3)
        assert texts(await talk(assistant, "nous avons une page")) == ["Combien de personnes ?"]
        done = await assistant.handle(says("Plusieurs", payload='/answer{"size": 2}'))
        assert texts(done) == ["C'est fini : network, 2."]


async def test_same_message_id_is_one_turn_with_the_same_replies(opened: Open) -> None:
    async with opened() as assistant:
        first = await assistant.handle(says("bonjour", message_id="m1"))
        events = rows(assistant, "events")
        assert await assistant.handle(says("bonjour", message_id="m1")) == first
        assert rows(assistant, "events") == events


async def test_same_message_id_at_once_is_one_turn(opened: Open) -> None:
    async with opened() as assistant:
        replies = await asyncio.gather(*(assistant.handle(says("lent", message_id="m1")) for _ in range(5)))
        assert all(reply == replies[0] for reply in replies)
        log = await assistant.log.events_of("rest", "owner")
        assert sum(event["event"] == "user" for event in log) == 1


async def test_same_message_id_of_another_sender_or_channel_is_another_message(opened: Open) -> None:
    async with opened() as assistant:
        await assistant.handle(says("bonjour", message_id="m1"))
        for more in ({"sender": "other"}, {"channel": "web"}):
            assert texts(await assistant.handle(says("bonjour", message_id="m1", **more))) == ["Bonjour."]
        assert rows(assistant, "conversations") == 3


async def test_crash_between_commit_and_send_leaves_the_replies_to_be_sent(opened: Open) -> None:
    async with opened() as assistant:
        committed = await talk(assistant, "plusieurs bulles")
        assert texts(committed) == ["Un.", "Deux."]
    async with opened() as assistant:
        assert await assistant.mailbox.unsent("rest", "owner") == committed
        await assistant.mailbox.mark_sent([committed[0].id, ""])
        assert texts(await assistant.mailbox.unsent("rest", "owner")) == ["Deux."]


async def test_conversation_goes_on_after_a_restart(opened: Open) -> None:
    async with opened() as assistant:
        await talk(assistant, "diagnostic", "nous avons une page")
    async with opened() as assistant:
        assert texts(await assistant.open("rest", "owner", None)) == ["Combien de personnes ?"]
        assert texts(await talk(assistant, "seul")) == ["C'est fini : network, 1."]


async def test_state_restored_from_the_log_is_the_live_state(opened: Open) -> None:
    async with opened() as assistant:
        for said in ("bonjour", "diagnostic", "une page", "casse", "plusieurs", "plusieurs bulles", "hein"):
            await talk(assistant, said)
            live = assistant._turns.trackers[str(await assistant.conversation_id("rest", "owner"))][1]
            log = await assistant.log.events_of("rest", "owner")
            replayed = Tracker.from_events(assistant.model, "owner", log)
            assert orjson.loads(orjson.dumps(live.current_state())) == orjson.loads(
                orjson.dumps(replayed.current_state())
            )


async def test_kept_state_and_log_give_the_same_turn_as_memory(opened: Open) -> None:
    said = ("diagnostic", "une page", "bonjour", "plusieurs")
    async with opened() as assistant:
        in_memory = [texts(await talk(assistant, one, sender="a")) for one in said]
        from_store = []
        for one in said:
            assistant._turns.trackers.clear()
            from_store.append(texts(await talk(assistant, one, sender="b")))
    assert from_store == in_memory


async def test_what_an_action_changes_in_place_is_no_change(opened: Open) -> None:
    async with opened() as assistant:
        await talk(assistant, "plusieurs bulles")
        state = await assistant.log.tracker_json("owner")
        assert (state["slots"]["site"], state["slots"]["size"]) == (None, 3)


# ------------------------------------------------------------------ side by side
async def test_slow_action_of_one_owner_holds_up_nobody_else(opened: Open) -> None:
    async with opened() as assistant:
        started = time.monotonic()
        done: dict[str, float] = {}

        async def owner(name: str, said: str) -> None:
            await talk(assistant, said, sender=name)
            done[name] = time.monotonic() - started

        await asyncio.gather(owner("slow", "lent"), *(owner(f"o{n}", "bonjour") for n in range(20)))
        assert max(seconds for name, seconds in done.items() if name != "slow") < done["slow"]


async def test_twenty_conversations_side_by_side_keep_their_own_order(opened: Open) -> None:
    async with opened() as assistant:

        async def owner(name: str) -> list[str]:
            said = ("diagnostic", "une page", "seul")
            replies = await asyncio.gather(*(assistant.handle(says(one, sender=name)) for one in said))
            return [text for reply in replies for text in texts(reply)]

        for said in await asyncio.gather(*(owner(f"o{n}") for n in range(20))):
            assert said == ["Avez-vous un site ?", "Combien de personnes ?", "C'est fini : network, 1."]


# ------------------------------------------------------------------ what goes wrong
async def test_action_that_raises_is_told_and_logged_with_the_turns_id(opened: Open) -> None:
    async with opened() as assistant:
        await talk(assistant, "diagnostic", "une page")
        with capture_logs() as logged:
            replies = await talk(assistant, "casse")
        reference = replies[-1].id.split("-")[0]
        assert reference[:8] in replies[-1].text
        assert any(line.get("failure_action") == "action_break" for line in logged)
        assert "secret words" not in json.dumps(logged)
        assert texts(await talk(assistant, "seul")) == ["C'est fini : network, 1."]


async def test_reader_that_fails_is_told_and_loses_nothing(opened: Open) -> None:
    async with opened() as assistant:
        await talk(assistant, "diagnostic", "une page")
        (sorry,) = await talk(assistant, "ça explose")
        assert "Désolé" in sorry.text
        log = await assistant.log.events_of("rest", "owner")
        assert any(event["event"] == "user" and event["text"] == "ça explose" for event in log)
        assert texts(await talk(assistant, "seul")) == ["C'est fini : network, 1."]


async def test_unknown_effect_is_an_error_that_is_told(opened: Open) -> None:
    async with opened() as assistant:
        with capture_logs() as logged:
            replies = await talk(assistant, "effet")
        assert texts(replies)[0] == "Fait."
        assert "Désolé" in replies[-1].text
        assert all(reply.custom is None for reply in replies)
        assert any(line["event"] == "effect_refused" for line in logged)


@pytest.mark.parametrize(
    "said",
    [
        "",
        "   ",
        "x" * 10_000,
        "🙂🙂",
        "\ud800 seul",
        "a\x00b",
        '/delete_all{"x":1}',
        "/answer{broken",
        "/" * 400,
    ],
)
async def test_odd_text_is_answered_and_stored(opened: Open, said: str) -> None:
    async with opened() as assistant:
        await assistant.handle(says(said, metadata={"note": "nul \x00 et \ud800"}))
        log = await assistant.log.events_of("rest", "owner")
        assert sum(event["event"] == "user" for event in log) == 1
        assert log[-1]["name"] == "action_listen"


async def test_only_the_beginning_of_a_long_text_is_read_but_all_is_kept(opened: Open) -> None:
    async with opened() as assistant:
        await talk(assistant, "x" * 9_990 + " bonjour")
        log = await assistant.log.events_of("rest", "owner")
        (user,) = [event for event in log if event["event"] == "user"]
        assert len(user["text"]) == 9_998
        assert user["parse_data"]["intent"]["name"] == "nlu_fallback"


async def test_database_that_goes_away_is_said_so_and_the_message_can_come_again(
    opened: Open, database_url: str
) -> None:
    async with opened() as assistant:
        await talk(assistant, "diagnostic", "une page")

        def break_it(connection: Any) -> None:
            connection.execute(text("ALTER TABLE outbox RENAME TO elsewhere"))

        def mend_it(connection: Any) -> None:
            connection.execute(text("ALTER TABLE elsewhere RENAME TO outbox"))

        assistant._store.database.write_now(break_it)
        before = rows(assistant, "events")
        with pytest.raises(Exception, match="La base"):
            await assistant.handle(says("seul", message_id="again"))
        assert rows(assistant, "events") == before
        assistant._store.database.write_now(mend_it)
        assert texts(await assistant.handle(says("seul", message_id="again"))) == ["C'est fini : network, 1."]


async def test_domain_action_that_nobody_wrote_is_said_at_the_start(opened: Open, tmp_path: Path) -> None:
    domain = tmp_path / "project" / "domain.yml"
    domain.write_text(domain.read_text().replace("action_ask_site,", "action_ask_site, action_nobody,"))
    with pytest.raises(ContentError, match="action_nobody"):
        async with opened():
            pass


async def test_closed_database_is_unavailable(opened: Open) -> None:
    async with opened() as assistant:
        assert await assistant.is_ready() is True
    assert await assistant.is_ready() is False
    with pytest.raises(StoreUnavailableError):
        await assistant.handle(says("bonjour"))


# ------------------------------------------------------------------ effects
async def test_call_back_is_kept_in_the_turns_own_commit_and_not_shown(opened: Open) -> None:
    async with opened() as assistant:
        assert texts(await talk(assistant, "rappel")) == ["Fait."]
        (record,) = await assistant._store.database.read(lambda c: records.list_records(c, "call_back"))
        assert record.data == {"phone": "0102030405", "when": "matin"}
        assert (record.chamber, record.state) == ("demo", "new")


async def test_effect_of_a_turn_that_was_not_committed_did_not_happen(opened: Open) -> None:
    async with opened() as assistant:
        await talk(assistant, "bonjour")
        store = assistant._store.database
        store.write_now(lambda c: c.execute(text("ALTER TABLE outbox RENAME TO elsewhere")))
        with pytest.raises(Exception, match="La base"):
            await talk(assistant, "rappel")
        assert rows(assistant, "records") == 0


async def test_person_asked_for_is_seen_in_the_conversations_status(opened: Open) -> None:
    async with opened() as assistant:
        await talk(assistant, "je veux quelqu'un")
        conversation_id = await assistant.conversation_id("rest", "owner")
        assert await assistant.status_of(conversation_id) == "human_wanted"
        assert texts(await talk(assistant, "bonjour")) == ["Bonjour."]


async def test_erasure_leaves_nothing_and_the_next_message_begins_anew(opened: Open) -> None:
    async with opened() as assistant:
        await talk(assistant, "diagnostic", "une page", "rappel", sender="marie")
        (gone,) = await assistant.handle(says("oublie-moi", sender="marie", message_id="forget"))
        assert gone.text == "Tout est effacé."
        await assistant.mailbox.mark_sent([gone.id])

        def everything(connection: Any) -> str:
            return "\n".join(
                str(tuple(row))
                for table in metadata.sorted_tables
                for row in connection.execute(select(table))
            )

        left = assistant._store.database.read_now(everything)
        for trace in ("marie", "network", "0102030405", "oublie"):
            assert trace not in left
        assert rows(assistant, "erasures") == 1
        # The same request delivered twice begins no new conversation.
        assert await assistant.handle(says("oublie-moi", sender="marie", message_id="forget")) == []
        assert rows(assistant, "conversations") == 0
        assert texts(await talk(assistant, "seul", sender="marie")) != ["C'est fini : network, 1."]


async def test_export_is_a_document_with_all_that_was_said(opened: Open) -> None:
    async with opened() as assistant:
        await talk(assistant, "diagnostic", "une page", "plusieurs", "rappel")
        replies = await talk(assistant, "export")
        assert replies[-1].document is not None
        data = json.loads(replies[-1].document.content)
        assert data["ce_que_vous_avez_dit"]["site"] == "network"
        assert {"une page", "export", "Avez-vous un site ?"} <= {one["texte"] for one in data["messages"]}
        assert [one["genre"] for one in data["demandes"]] == ["call_back"]


# ------------------------------------------------------------------ a person and the bot
async def test_bot_is_silent_while_a_person_has_the_conversation(opened: Open) -> None:
    async with opened() as assistant:
        await talk(assistant, "diagnostic", "une page")
        conversation_id = await assistant.conversation_id("rest", "owner")
        assert await assistant.take_over(conversation_id, "Claire") is True
        assert await talk(assistant, "bonjour", "seul") == []
        assert await assistant.say_as_person(conversation_id, "Je vous écoute.") is True
        assert texts(await assistant.mailbox.unsent("rest", "owner"))[-1] == "Claire : Je vous écoute."
        assert await assistant.hand_back(conversation_id) is True
        assert texts(await assistant.mailbox.unsent("rest", "owner"))[-1] == "Combien de personnes ?"
        assert texts(await talk(assistant, "seul")) == ["C'est fini : network, 1."]
        lines = await assistant.transcript("rest", "owner")
        assert [line.who for line in lines].count("person") == 1
        assert [line.text for line in lines if line.who == "owner"][2:4] == ["bonjour", "seul"]


async def test_nobody_speaks_or_hands_back_without_having_taken_over(opened: Open) -> None:
    async with opened() as assistant:
        await talk(assistant, "bonjour")
        conversation_id = await assistant.conversation_id("rest", "owner")
        assert await assistant.say_as_person(conversation_id, "Bonjour") is False
        assert await assistant.hand_back(conversation_id) is False
        assert await assistant.take_over("no such conversation", "Claire") is False


# ------------------------------------------------------------------ what is read of a conversation
async def test_transcript_shows_a_buttons_title_and_the_bubbles_ids(opened: Open) -> None:
    async with opened() as assistant:
        (asked,) = await talk(assistant, "diagnostic")
        await talk(assistant, '/answer{"site": "own"}')
        await assistant.handle(says("Seul", payload='/answer{"size": 1}'))
        lines = await assistant.transcript("rest", "owner")
        assert [line.text for line in lines if line.who == "owner"] == ["diagnostic", "Un site", "Seul"]
        assert lines[1].message == asked


async def test_tracker_of_the_rest_channel_reaches_no_other_channel(opened: Open) -> None:
    async with opened() as assistant:
        await talk(assistant, "diagnostic", "une page", channel="web", sender="w")
        assert await assistant.log.tracker_json("w") is None
        await talk(assistant, "diagnostic", "une page")
        state = await assistant.log.tracker_json("owner")
        assert (state["sender_id"], state["slots"]["site"]) == ("owner", "network")
        assert state["active_loop"]["name"] == "short_form"
        assert (await assistant.log.tracker_json("owner", "NONE"))["events"] is None


async def test_tracker_until_a_time_is_the_state_of_that_time(opened: Open) -> None:
    clock = FakeClock()
    async with opened(clock=clock) as assistant:
        await talk(assistant, "diagnostic")
        before = clock.now
        clock.advance(60)
        await talk(assistant, "une page")
        assert (await assistant.log.tracker_json("owner", until=before + 1))["slots"]["site"] is None
        assert (await assistant.log.tracker_json("owner"))["slots"]["site"] == "network"


async def test_edited_message_is_read_as_an_answer_to_its_own_question(opened: Open) -> None:
    async with opened() as assistant:
        await talk(assistant, "diagnostic")
        await assistant.handle(says("une page", message_id="m2"))
        await assistant.handle(says("un site", edits="m2"))
        assert assistant._turns.reader.questions[-1].id == "site"
        assert (await assistant.log.tracker_json("owner"))["slots"]["site"] == "own"


async def test_events_from_outside_make_a_conversation_with_its_session(opened: Open) -> None:
    async with opened() as assistant:
        await assistant.log.append_events("rest", "new", [{"event": "slot", "name": "site", "value": "own"}])
        assert (await assistant.log.tracker_json("new"))["slots"]["site"] == "own"
        assert texts(await talk(assistant, "diagnostic", sender="new")) == ["Combien de personnes ?"]


# ------------------------------------------------------------------ time
async def test_purge_while_open_makes_the_owner_a_new_one(opened: Open) -> None:
    clock = FakeClock()
    async with opened(clock=clock) as assistant:
        await talk(assistant, "diagnostic", "une page")
        clock.advance(400 * 86_400)
        await assistant._store.database.write(lambda c: erasure.purge(c, clock.now, 365))
        assert texts(await talk(assistant, "diagnostic")) == ["Avez-vous un site ?"]


async def test_reminder_is_due_once_with_consent_in_mid_question_only(opened: Open) -> None:
    clock = FakeClock()
    async with opened(clock=clock) as assistant:
        await talk(assistant, "diagnostic")
        database = assistant._store.database

        def due() -> int:
            return len(database.read_now(lambda c: conversations.due_reminders(c, clock.now, 3 * 86_400)))

        clock.advance(4 * 86_400)
        assert due() == 0
        database.write_now(lambda c: c.execute(text("UPDATE conversations SET reminder_consent = true")))
        assert due() == 1
        database.write_now(lambda c: c.execute(text(f"UPDATE conversations SET reminded_at = {clock.now}")))
        assert due() == 0


# ------------------------------------------------------------------ from one channel to another
async def test_link_carries_the_conversation_to_another_channel_once(opened: Open) -> None:
    clock = FakeClock()
    async with opened(clock=clock) as assistant:
        assert await assistant.link_token("telegram", "7") is None
        await talk(assistant, "diagnostic", "une page", channel="telegram", sender="7")
        await talk(assistant, "bonjour", channel="web", sender="w")
        token = await assistant.link_token("telegram", "7")
        assert await assistant.follow_link(token, "web", "w") is True
        assert await assistant.follow_link(token, "web", "thief") is False
        assert texts(await talk(assistant, "seul", channel="web", sender="w")) == ["C'est fini : network, 1."]
        late = await assistant.link_token("telegram", "7")
        clock.advance(3_601)
        assert await assistant.follow_link(late, "web", "x") is False
