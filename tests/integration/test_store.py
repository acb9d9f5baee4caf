"""The store alone, on both engines."""

from __future__ import annotations

import asyncio
import itertools
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text

from bot.errors import StoreError, StoreUnavailableError, StoreVersionError
from bot.messages import BotMessage, Button, Document, Progress, Question
from bot.store import Store, Turn, conversations, erasure, outbox, pace, records
from bot.store.conversations import Chamber
from bot.store.copying import copy_store
from bot.store.database import POSTGRES_THREADS
from bot.store.tables import metadata

NOW = 1_800_000_000.0
SLOT = {"event": "slot", "name": "x", "value": 1, "timestamp": NOW}


@pytest.fixture
def store(database_url: str) -> Any:
    opened = Store(database_url)
    opened.migrate()
    yield opened
    opened.close()


async def commit(store: Store, number: int = 0, sender: str = "owner", **more: Any) -> list[BotMessage]:
    async with store.conversation("rest", sender) as work:
        return await work.commit(
            Turn(
                id=f"turn{len(sender)}{number}",
                address=("rest", sender),
                now=NOW,
                events=[SLOT, SLOT],
                tracker="{}",
                messages=[BotMessage("un"), BotMessage("deux")],
                message_key=f"key{len(sender)}{number}",
                **more,
            )
        )


def rows(store: Store, table: str) -> int:
    return store.database.read_now(lambda c: c.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


# ------------------------------------------------------------------ migrations
def test_migration_from_empty_makes_the_tables_of_the_code(store: Store) -> None:
    def differences(connection: Any) -> list[Any]:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    assert store.database.read_now(differences) == []


def test_migration_twice_changes_nothing(store: Store) -> None:
    store.migrate()
    assert [chamber.id for chamber in store.database.read_now(conversations.list_chambers)] == ["demo"]


def test_database_of_a_newer_program_is_refused(store: Store) -> None:
    store.database.write_now(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(StoreVersionError, match="plus récente"):
        store.migrate()


async def test_migrations_of_two_that_start_together_are_made_once(database_url: str) -> None:
    stores = [Store(database_url), Store(database_url)]
    try:
        await asyncio.gather(*(asyncio.to_thread(store.migrate) for store in stores))
        assert [c.id for c in stores[0].database.read_now(conversations.list_chambers)] == ["demo"]
    finally:
        for store in stores:
            store.close()


# ------------------------------------------------------------------ a database that does not serve
@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:////no/such/folder/x.sqlite", "dossier"),
        ("mysql://somewhere/x", "PostgreSQL"),
        ("no address", "adresse"),
        ("postgresql://nobody@127.0.0.1:1/nothing", "ne répond pas"),
    ],
)
def test_database_that_cannot_be_opened_is_one_clear_sentence(url: str, words: str) -> None:
    with pytest.raises(StoreUnavailableError, match=words):
        store = Store(url)
        try:
            store.migrate()
        finally:
            store.close()


def test_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite"
    file.write_bytes(b"This is a letter to my aunt, not a database." * 100)
    store = Store(f"sqlite:///{file}")
    with pytest.raises(StoreUnavailableError, match="n'est pas une base"):
        store.migrate()
    store.close()


async def test_full_disk_writes_nothing_of_the_turn(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path / 'x.sqlite'}")
    store.migrate()
    await commit(store, 0)

    def fill(connection: Any) -> None:
        raw: sqlite3.Connection = connection.connection.driver_connection
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
        raw.execute(f"PRAGMA max_page_count = {pages}")

    await store.database.read(fill)
    with pytest.raises(StoreUnavailableError, match="plein"):
        await commit(store, 1, changes={"person": "x" * 200_000})
    assert rows(store, "events") == 2
    assert rows(store, "inbox") == 1
    assert rows(store, "outbox") == 2
    store.close()


# ------------------------------------------------------------------ one commit
async def test_failing_effect_undoes_the_whole_turn(store: Store) -> None:
    def broken(connection: Any, turn: Turn, row: Any) -> list[BotMessage]:
        records.add_record(connection, "call_back", "demo", row.id, {}, NOW)
        raise StoreError("no")

    with pytest.raises(StoreError):
        await commit(store, effects=[broken])
    assert [rows(store, table) for table in ("events", "outbox", "inbox", "records")] == [0, 0, 0, 0]


async def test_writes_that_wait_together_stand_or_fall_each_by_itself(store: Store) -> None:
    def writes(number: int) -> Any:
        def write(connection: Any) -> int:
            values = {"channel": f"c{number}", "free_at": float(number)}
            connection.execute(
                text("INSERT INTO paces (channel, free_at) VALUES (:channel, :free_at)"), values
            )
            if number % 3 == 1:
                raise ValueError(number)
            if number % 3 == 2:  # the database's own refusal: the row is there already
                connection.execute(
                    text("INSERT INTO paces (channel, free_at) VALUES (:channel, :free_at)"), values
                )
            return number

        return write

    done = await asyncio.gather(
        *(store.database.write(writes(number)) for number in range(60)), return_exceptions=True
    )
    assert [one for one in done if isinstance(one, int)] == list(range(0, 60, 3))
    assert sum(isinstance(one, ValueError) for one in done) == 20
    assert sum(isinstance(one, StoreError) for one in done) == 20
    kept = store.database.read_now(lambda c: c.execute(text("SELECT channel FROM paces")).scalars().all())
    assert set(kept) == {f"c{number}" for number in range(0, 60, 3)}


async def test_write_given_up_before_its_turn_is_not_done(store: Store) -> None:
    gate = threading.Event()

    def slow(connection: Any) -> None:
        gate.wait(10)

    def late(connection: Any) -> None:
        connection.execute(text("INSERT INTO paces (channel, free_at) VALUES ('late', 1)"))

    threads = 1 if store.database.is_sqlite else POSTGRES_THREADS
    busy = [asyncio.create_task(store.database.write(slow)) for _ in range(threads)]
    await asyncio.sleep(0.05)
    given_up = asyncio.create_task(store.database.write(late))
    await asyncio.sleep(0.01)
    given_up.cancel()
    await asyncio.sleep(0.01)
    gate.set()
    await asyncio.gather(*busy, given_up, return_exceptions=True)
    assert rows(store, "paces") == 0


async def test_commit_on_a_version_that_is_gone_is_refused(store: Store) -> None:
    """The last guard, should the lock between processes have been lost."""
    async with store.conversation("rest", "owner") as work:
        store.database.write_now(lambda c: c.execute(text("UPDATE conversations SET version = version + 1")))
        with pytest.raises(StoreUnavailableError, match="repris"):
            await work.commit(Turn(id="t", address=("rest", "owner"), now=NOW, events=[SLOT]))
    assert rows(store, "events") == 0


async def test_events_are_numbered_in_order_across_turns(store: Store) -> None:
    for number in range(3):
        await commit(store, number)
    async with store.conversation("rest", "owner") as work:
        logged = store.database.read_now(lambda c: conversations.list_events(c, work.row.id))
        assert [seq for seq, _, _ in logged] == [0, 1, 2, 3, 4, 5]
        assert work.row.next_seq == 6


async def test_unknown_chamber_is_demo_and_known_one_is_kept_from_the_first_message(store: Store) -> None:
    store.database.write_now(lambda c: conversations.save_chamber(c, Chamber("cci-bretagne", "CCI Bretagne")))
    async with store.conversation("rest", "a", "nowhere") as work:
        assert work.row.chamber == "demo"
    async with store.conversation("rest", "b", "cci-bretagne") as work:
        assert work.row.chamber == "cci-bretagne"
    async with store.conversation("rest", "b", "demo") as work:
        assert work.row.chamber == "cci-bretagne"


def test_chamber_is_changed_in_place(store: Store) -> None:
    chamber = Chamber("cma", "CMA", ("35",), ("https://a.fr",), (("main", "#123456"),), None, "01", "9 h", 30)
    store.database.write_now(lambda c: conversations.save_chamber(c, Chamber("cma", "Autre")))
    store.database.write_now(lambda c: conversations.save_chamber(c, chamber))
    assert store.database.read_now(lambda c: conversations.get_chamber(c, "cma")) == chamber


# ------------------------------------------------------------------ outbox
async def test_unsent_replies_are_found_after_reopening_and_gone_once_marked(
    store: Store, database_url: str
) -> None:
    sent = await commit(store, 0)
    again = Store(database_url)
    try:
        waiting = again.database.read_now(lambda c: outbox.unsent(c, "rest", "owner"))
        assert waiting == sent
        assert again.database.read_now(lambda c: outbox.senders_with_work(c, "rest", NOW + 60)) == ["owner"]
        await again.database.write(lambda c: outbox.mark_sent(c, [sent[0].id], NOW), durable=False)
        assert again.database.read_now(lambda c: outbox.unsent(c, "rest", "owner")) == sent[1:]
    finally:
        again.close()


async def test_bubble_is_the_same_after_the_outbox(store: Store) -> None:
    bubble = BotMessage(
        text="Avez-vous un site ?",
        buttons=(Button("Oui", '/answer{"t_site": true}'),),
        image="data:image/png;base64,AA==",
        image_alt="un dessin",
        document=Document("x.pdf", "application/pdf", b"\x00\xff"),
        progress=Progress(4, 12),
        question=Question("t_site", "yes_no", "Un site ?", ("Oui", "Non"), (True, False)),
        custom={"a": [1]},
        attachment={"type": "file"},
    )
    async with store.conversation("rest", "owner") as work:
        await work.commit(Turn(id="t", address=("rest", "owner"), now=NOW, messages=[bubble]))
    (kept,) = store.database.read_now(lambda c: outbox.of_turn(c, "t"))
    assert kept == BotMessage(**{**{n: getattr(bubble, n) for n in bubble.__slots__}, "id": "t-0"})


async def test_blocked_owner_is_sent_nothing_more(store: Store) -> None:
    await commit(store, 0)
    store.database.write_now(lambda c: conversations.set_blocked(c, "rest", "owner", True))
    assert store.database.read_now(lambda c: outbox.unsent(c, "rest", "owner")) == []
    assert store.database.read_now(lambda c: outbox.senders_with_work(c, "rest", NOW + 60)) == []


# ------------------------------------------------------------------ taking before handling
def test_what_a_channel_delivered_is_taken_once_and_kept_until_done(store: Store) -> None:
    def take(key: str, item: dict[str, Any]) -> bool:
        return store.database.write_now(lambda c: outbox.take(c, "telegram", "7", key, key, item, NOW))

    assert [take("u1", {"a": 1}), take("u2", {"b": 2}), take("u1", {"a": 1})] == [True, True, False]
    assert store.database.read_now(lambda c: outbox.taken(c, "telegram", "7")) == [
        ("u1", {"a": 1}),
        ("u2", {"b": 2}),
    ]
    assert store.database.read_now(lambda c: outbox.senders_with_work(c, "telegram", NOW)) == ["7"]
    store.database.write_now(lambda c: outbox.taken_done(c, "u1"))
    assert store.database.read_now(lambda c: outbox.taken(c, "telegram", "7")) == [("u2", {"b": 2})]
    assert take("u1", {"a": 1}) is False


# ------------------------------------------------------------------ tokens
def test_token_of_a_link_serves_once_and_not_after_its_time(store: Store) -> None:
    def make(expires_at: float | None) -> str:
        return store.database.write_now(
            lambda c: conversations.new_token(c, "link", "conv", {"to": "web"}, expires_at)
        )

    def use(token: str, kind: str = "link") -> Any:
        return store.database.write_now(lambda c: conversations.use_token(c, kind, token, NOW))

    token = make(NOW + 10)
    assert use(token, "button") is None
    assert use(token) == ("conv", {"to": "web"})
    assert use(token) is None
    assert use(make(NOW - 1)) is None


# ------------------------------------------------------------------ forgetting
async def test_erasure_leaves_nothing_of_the_owner_but_a_count(store: Store) -> None:
    await commit(store, 0, "marie")
    await commit(store, 0, "someone-else")
    async with store.conversation("rest", "marie") as work:
        conversation_id = work.row.id

        def fill(connection: Any) -> None:
            records.add_record(connection, "call_back", "demo", conversation_id, {"phone": "0601"}, NOW)
            conversations.new_token(connection, "link", conversation_id, {})

        store.database.write_now(fill)
        assert store.database.write_now(lambda c: erasure.erase(c, conversation_id, NOW)) is True
        assert store.database.write_now(lambda c: erasure.erase(c, conversation_id, NOW)) is False

    def everything(connection: Any) -> str:
        return "\n".join(
            str(tuple(row)) for table in metadata.sorted_tables for row in connection.execute(select(table))
        )

    left = store.database.read_now(everything)
    assert "marie" not in left
    assert conversation_id not in left
    assert "0601" not in left
    assert "someone-else" in left
    assert rows(store, "erasures") == 1


async def test_purge_erases_past_the_chambers_own_retention_only(store: Store) -> None:
    day = 86_400.0
    store.database.write_now(
        lambda c: conversations.save_chamber(c, Chamber("short", "Courte", retention_days=30))
    )
    for sender, chamber, age in (
        ("a", "short", 31),
        ("b", "short", 29),
        ("c", "demo", 31),
        ("d", "demo", 366),
    ):
        async with store.conversation("rest", sender, chamber) as work:
            await work.commit(
                Turn(
                    id=sender,
                    address=("rest", sender),
                    now=NOW,
                    events=[SLOT],
                    changes={"last_message_at": NOW - age * day},
                )
            )
    assert store.database.write_now(lambda c: erasure.purge(c, NOW, 365)) == 2
    left = store.database.read_now(
        lambda c: [s for s in "abcd" if conversations.find_by_address(c, "rest", s) is not None]
    )
    assert left == ["b", "c"]


# ------------------------------------------------------------------ locks
async def test_lock_is_held_by_one_of_two_stores_and_passed_on(database_url: str) -> None:
    """Two stores are two processes as far as the locks know."""
    first, second = Store(database_url), Store(database_url)
    order: list[str] = []

    async def late() -> None:
        async with second.locks.held("x"):
            order.append("second")

    try:
        async with first.locks.held("x"):
            task = asyncio.create_task(late())
            await asyncio.sleep(0.1)
            order.append("first")
        await asyncio.wait_for(task, 5)
        assert order == ["first", "second"]
    finally:
        first.close()
        second.close()


async def test_tasks_of_one_process_get_the_lock_in_the_order_of_asking(database_url: str) -> None:
    store = Store(database_url)
    order: list[int] = []

    async def one(number: int) -> None:
        async with store.locks.held("x"):
            await asyncio.sleep(0.001)
            order.append(number)

    try:
        await asyncio.gather(*(one(number) for number in range(20)))
        assert order == list(range(20))
    finally:
        store.close()


# ------------------------------------------------------------------ moving
async def test_store_moves_to_the_other_engine_whole_and_goes_on(store: Store, tmp_path: Path) -> None:
    """SQLite to SQLite is a backup, PostgreSQL to SQLite a move; the copy is then written to like any other."""
    for number in range(3):
        await commit(store, number)
    target = Store(f"sqlite:///{tmp_path / 'copy.sqlite'}")
    target.migrate()
    try:
        counts = copy_store(store.database, target.database)
        assert (counts["events"], counts["outbox"], counts["inbox"], counts["conversations"]) == (6, 6, 3, 1)
        await commit(target, 3)
        assert (rows(target, "events"), rows(store, "events")) == (8, 6)
        with pytest.raises(StoreError, match="déjà"):
            copy_store(store.database, target.database)
    finally:
        target.close()


async def test_store_moves_into_this_engine_and_its_counters_go_on(store: Store, tmp_path: Path) -> None:
    source = Store(f"sqlite:///{tmp_path / 'source.sqlite'}")
    source.migrate()
    try:
        for number in range(3):
            await commit(source, number)
        copy_store(source.database, store.database)
        await commit(store, 3)
        assert (rows(store, "events"), rows(store, "inbox")) == (8, 4)
    finally:
        source.close()


# ------------------------------------------------------------------ the pace of all processes
async def test_two_processes_share_the_turns_of_a_channel(database_url: str) -> None:
    stores = [Store(database_url), Store(database_url)]
    try:
        stores[0].migrate()
        firsts: list[float] = []
        began = time.monotonic()
        for number in range(6):
            wait = await stores[number % 2].database.write(
                lambda c: pace.take_turns(c, "telegram", 5, 0.2), durable=False
            )
            firsts.append(time.monotonic() - began + wait)
        # Five turns of a fifth of a second each: a batch begins a second after the one before, whoever took it.
        gaps = [after - before for before, after in itertools.pairwise(firsts)]
        assert all(0.9 < gap < 1.2 for gap in gaps), gaps
        other = await stores[1].database.write(lambda c: pace.take_turns(c, "other", 1, 0.2))
        assert other == 0.0
        # A clock that was put back holds nobody up.
        await stores[0].database.write(lambda c: c.execute(text("UPDATE paces SET free_at = free_at + 3600")))
        assert await stores[1].database.write(lambda c: pace.take_turns(c, "telegram", 1, 0.2)) == 0.0
    finally:
        for store in stores:
            store.close()
