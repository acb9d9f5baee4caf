"""Opening the database: its engine, its migrations, its threads, and what its refusals are called.

The statements are synchronous SQLAlchemy Core, run in threads of the store's own: one for SQLite, which has one
writer anyway, a few for PostgreSQL. An asynchronous driver would hop between threads once a statement
(aiosqlite: 0.1–0.5 ms each); this way it is once for the commit.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, Table, create_engine, event, exc, inspect, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import StaticPool

from bot.errors import StoreError, StoreUnavailableError, StoreVersionError

T = TypeVar("T")

BUSY_TIMEOUT_S = 10.0
"""How long a writer of SQLite waits for another process's commit, itself about a millisecond."""

POSTGRES_THREADS = 8
MOST_TOGETHER = 32
"""Writes that share one commit at most: what waited while the commit before was on its way to the disk."""
CLOSED = "La base est fermée : le programme s'arrête."
MIGRATIONS = Path(__file__).parent / "migrations"


def parse_url(url: str) -> URL:
    """The address with the driver that we use.

    Raises:
        StoreUnavailableError: it is no address, or of another engine than SQLite and PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise StoreUnavailableError(
            "L'adresse de la base n'est pas lisible. Exemples : sqlite:///connecteur.sqlite, "
            "postgresql://utilisateur@serveur/base."
        ) from error
    if parsed.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        return parsed.set(drivername="sqlite")
    raise StoreUnavailableError(
        f"Base « {parsed.drivername} » : seuls SQLite (sqlite:///fichier) et PostgreSQL (postgresql://…) conviennent."
    )


class Database:
    """An engine with its threads. `read` and `write` run a plain function of a connection.

    A write is one transaction, or on SQLite, whose one writer waits for the disk each time, one savepoint of a
    transaction that commits all the writes that wait; each is there as a whole or not at all either way.
    `durable=False` is for what may be lost with the machine's power but not
    with the process (that a reply was sent): it does not wait for the disk.
    """

    def __init__(self, url: str) -> None:
        self.url = parse_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        # A database in memory is one connection, which belongs to the store's thread.
        self._peeks_here = self.is_sqlite and not is_in_memory(self.url)
        self._engine = _sqlite_engine(self.url) if self.is_sqlite else _postgres_engine(self.url)
        self._writer = self._engine.execution_options(connecteur_writes=True)
        # SQLite reads outside of transactions; PostgreSQL needs one, and its reads are of one moment each.
        self._threads = ThreadPoolExecutor(
            1 if self.is_sqlite else POSTGRES_THREADS, thread_name_prefix="store"
        )
        self._waiting: deque[tuple[Callable[[Connection], Any], Future[Any]]] = deque()
        self._closed = threading.Event()
        self._peeker: Connection | None = None

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` where it changes nothing."""
        return await self._run(self.read_now, work)

    async def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """Run `work` in a transaction: all of it is committed, or nothing."""
        if not (self.is_sqlite and durable):
            return await self._run(self.write_now, work, durable)
        if self._closed.is_set():
            raise StoreUnavailableError(CLOSED)
        done: Future[T] = Future()
        self._waiting.append((work, done))
        self._threads.submit(self._write_waiting)
        return await asyncio.wrap_future(done)

    def _write_waiting(self) -> None:
        """Commit the writes that wait together; nothing when an earlier call took them all."""
        taken = [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_TOGETHER))]
        works = [(work, done) for work, done in taken if done.set_running_or_notify_cancel()]
        if not works:
            return
        results: list[Any] = []
        try:
            with self._writer.connect() as connection, connection.begin():
                for work, _ in works:
                    results.append(work(connection) if len(works) == 1 else _apart(connection, work))
        except Exception as error:
            results = [_Refused(error)] * len(works)
        for (_, done), result in zip(works, results, strict=True):
            if isinstance(result, _Refused):
                refused = result.error
                done.set_exception(
                    translated(refused, self.url) if isinstance(refused, exc.DBAPIError) else refused
                )
            else:
                done.set_result(result)

    async def peek(self, work: Callable[[Connection], T]) -> T:
        """`read` for a row or two. SQLite in WAL mode lets no reader wait: there it is done where it is asked for,
        since the way to another thread and back would take longer than the read."""
        if not self._peeks_here:
            return await self.read(work)
        if self._closed.is_set():
            raise StoreUnavailableError(CLOSED)
        try:
            if self._peeker is None:
                self._peeker = self._engine.connect()
            return work(self._peeker)
        except exc.DBAPIError as error:
            if self._peeker is not None:
                self._peeker.close()
            self._peeker = None
            raise translated(error, self.url) from error

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """`read` for who has no event loop (the command line, tests)."""
        try:
            with self._engine.connect() as connection:
                return work(connection)
        except exc.DBAPIError as error:
            raise translated(error, self.url) from error

    def snapshot_now(self, work: Callable[[Connection], T]) -> T:
        """Read several things as they were at one moment, while others write."""
        try:
            with self._engine.connect() as connection:
                if self.is_sqlite:
                    connection.exec_driver_sql("BEGIN")
                else:
                    connection = connection.execution_options(isolation_level="REPEATABLE READ")
                return work(connection)
        except exc.DBAPIError as error:
            raise translated(error, self.url) from error

    def write_now(self, work: Callable[[Connection], T], durable: bool = True) -> T:
        """`write` for who has no event loop."""
        try:
            with self._writer.connect() as connection:
                if durable:
                    with connection.begin():
                        return work(connection)
                return self._relaxed(connection, work)
        except exc.DBAPIError as error:
            raise translated(error, self.url) from error

    def _relaxed(self, connection: Connection, work: Callable[[Connection], T]) -> T:
        if not self.is_sqlite:
            with connection.begin():
                connection.execute(text("SET LOCAL synchronous_commit = off"))
                return work(connection)
        cursor: Any = connection.connection.driver_connection
        cursor.execute("PRAGMA synchronous = NORMAL")
        try:
            with connection.begin():
                return work(connection)
        finally:
            cursor.execute("PRAGMA synchronous = FULL")

    async def _run(self, call: Callable[..., T], *arguments: Any) -> T:
        if self._closed.is_set():
            raise StoreUnavailableError(CLOSED)
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, *arguments)

    def migrate(self) -> None:
        """Bring the tables to this program's version; two processes that start together do it once.

        Raises:
            StoreUnavailableError: the database cannot be opened or written.
            StoreVersionError: a newer program has been here.
        """
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        known = ScriptDirectory.from_config(config)
        try:
            if self._current_revision() == known.get_current_head():
                return
            with self._writer.connect() as connection, connection.begin():
                if not self.is_sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(720100)"))
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
        except CommandError as error:
            raise StoreVersionError(
                "Cette base a été écrite par une version plus récente de Connecteur. Mettez le programme à jour."
            ) from error
        except exc.DBAPIError as error:
            raise translated(error, self.url) from error

    def _current_revision(self) -> str | None:
        with self._engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()

    def close(self) -> None:
        """Finish what runs, then let go of every connection."""
        self._closed.set()
        self._threads.shutdown(wait=True)
        if self._peeker is not None:
            self._peeker.close()
        self._engine.dispose()


@dataclass(frozen=True, slots=True)
class _Refused:
    """A write that failed beside others, which stand."""

    error: Exception


def _apart(connection: Connection, work: Callable[[Connection], T]) -> T | _Refused:
    """One of several writes of a transaction: what it did is undone when it fails, and the others stand."""
    nested = connection.begin_nested()
    try:
        result = work(connection)
        nested.commit()
        return result
    except Exception as error:
        nested.rollback()  # where the whole transaction is gone this fails, and with it all of them
        return _Refused(error)


def is_in_memory(url: URL) -> bool:
    """Whether a SQLite address names no file."""
    return url.database in (None, "", ":memory:")


def _sqlite_engine(url: URL) -> Engine:
    in_memory = is_in_memory(url)
    if not in_memory and not Path(str(url.database)).parent.is_dir():
        raise StoreUnavailableError(
            f"Le dossier « {Path(str(url.database)).parent} » de la base n'existe pas."
        )
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_TIMEOUT_S, "check_same_thread": False},
        paramstyle="named",  # as `Prepared` hands its values over
        **({"poolclass": StaticPool} if in_memory else {}),
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        # The driver's own idea of transactions is switched off: we say BEGIN ourselves, below.
        connection.isolation_level = None
        cursor = connection.cursor()
        _switch_to_wal(cursor)
        for pragma in (
            "synchronous = FULL",
            "foreign_keys = ON",
            "cache_size = -8000",
            "wal_autocheckpoint = 4000",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A writer says so at once: a transaction that begins by reading can be refused at its first write.
        if connection.get_execution_options().get("connecteur_writes"):
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _switch_to_wal(cursor: Any) -> None:
    """SQLite's own waiting does not cover this switch: two processes that open a new file together meet here."""
    until = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)


def _postgres_engine(url: URL) -> Engine:
    return create_engine(
        url,
        pool_size=POSTGRES_THREADS,
        max_overflow=2,
        pool_pre_ping=True,
        connect_args={"connect_timeout": 5},
    )


def insert_ignoring(connection: Connection, table: Table) -> Any:
    """An INSERT that leaves a row alone which is there already."""
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(table).on_conflict_do_nothing()


def translated(error: exc.DBAPIError, url: URL) -> StoreError:
    """What the driver said, in words of who must act; never the statement's parameters, which are owners' texts."""
    said = str(error.orig)
    where = f"« {url.database} »" if url.get_backend_name() == "sqlite" else f"« {url.host or 'locale'} »"
    lowered = said.lower()
    if "full" in lowered or "no space" in lowered:
        return StoreUnavailableError(f"Le disque de la base {where} est plein : libérez de la place.")
    if "locked" in lowered or "busy" in lowered:
        return StoreUnavailableError(f"La base {where} est tenue par un autre programme.")
    if "readonly" in lowered or "read-only" in lowered:
        return StoreUnavailableError(
            f"La base {where} ne peut pas être écrite : vérifiez les droits du fichier."
        )
    if "not a database" in lowered or "malformed" in lowered:
        return StoreUnavailableError(f"Le fichier {where} n'est pas une base SQLite lisible.")
    if isinstance(error, exc.IntegrityError):
        return StoreError(
            f"La base {where} refuse ce qui contredit ce qu'elle a : {type(error.orig).__name__}."
        )
    first_line = said.splitlines()[0] if said else type(error.orig).__name__
    if isinstance(error, exc.OperationalError | exc.InterfaceError):
        return StoreUnavailableError(f"La base {where} ne répond pas ({first_line}).")
    return StoreError(f"La base {where} a refusé ({type(error.orig).__name__}).")
