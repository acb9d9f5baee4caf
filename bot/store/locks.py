"""One conversation, one handler: the locks between tasks of a process and between processes on one database.

A lock lives as long as its process: the kernel (SQLite) or the server (PostgreSQL) lets it go when the holder is
killed, so nothing waits for a lease to run out, and no holder can outlive its lease. Should a lock ever be
lost all the same (the connection to PostgreSQL broke), the commit finds another version of the conversation and is
refused: see `unit_of_work.py`.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import struct
import sys
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, Engine, create_engine, exc, text
from sqlalchemy.engine import URL
from sqlalchemy.pool import NullPool

from bot.errors import StoreUnavailableError
from bot.store.database import is_in_memory, translated

WAIT_LIMIT_S = 120.0
"""Longer than any turn: an action ends after `action_timeout_s`, and at most ten run in a turn."""

FIRST_PAUSE_S = 0.002
LONGEST_PAUSE_S = 0.03


class ProcessLock(Protocol):
    """Locks between processes, by number. Not between tasks: `ConversationLocks` sees to these."""

    async def try_take(self, number: int) -> bool:
        """Take the lock, or say at once that another process has it."""

    async def release(self, number: int) -> None:
        """Let it go."""

    def close(self) -> None:
        """Let all go."""


class NoProcessLock:
    """For a database in memory, which no other process sees."""

    async def try_take(self, number: int) -> bool:
        """Nobody else is there."""
        return True

    async def release(self, number: int) -> None:
        """Nothing was taken."""

    def close(self) -> None:
        """Nothing is open."""


class FileLock:
    """Locks on single bytes of a file beside the SQLite database; the file itself stays empty.

    SQLite is for one machine, so the kernel's locks reach every process that may open the database.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    async def try_take(self, number: int) -> bool:
        """Take one byte of the file."""
        try:
            self._set(fcntl.F_WRLCK, number)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                return False
            raise
        return True

    async def release(self, number: int) -> None:
        """Give the byte back."""
        self._set(fcntl.F_UNLCK, number)

    def _set(self, kind: int, number: int) -> None:
        start = number & 0x3FFFFFFFFFFFFFFF
        if sys.platform == "linux":
            # Locks of the open file, not of the process: closing another handle on it does not drop them.
            fcntl.fcntl(
                self._file, fcntl.F_OFD_SETLK, struct.pack("@hhqqi0q", kind, os.SEEK_SET, start, 1, 0)
            )
        else:
            how = fcntl.LOCK_UN if kind == fcntl.F_UNLCK else fcntl.LOCK_EX | fcntl.LOCK_NB
            fcntl.lockf(self._file, how, 1, start)

    def close(self) -> None:
        """Closing the file gives all its locks back."""
        os.close(self._file)


class AdvisoryLock:
    """PostgreSQL's advisory locks, all on one connection: a conversation in a slow action holds no other."""

    def __init__(self, url: URL) -> None:
        self._url = url
        self._engine: Engine = create_engine(
            url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 5}
        )
        self._connection: Connection | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store-locks")

    async def try_take(self, number: int) -> bool:
        """`pg_try_advisory_lock`."""
        return await self._call("SELECT pg_try_advisory_lock(:number)", number)

    async def release(self, number: int) -> None:
        """`pg_advisory_unlock`; a connection that broke has already let go."""
        try:
            await self._call("SELECT pg_advisory_unlock(:number)", number)
        except StoreUnavailableError:
            return

    async def _call(self, statement: str, number: int) -> bool:
        return await asyncio.get_running_loop().run_in_executor(
            self._thread, self._call_now, statement, number
        )

    def _call_now(self, statement: str, number: int) -> bool:
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            return bool(self._connection.execute(text(statement), {"number": number}).scalar())
        except exc.DBAPIError as error:
            if self._connection is not None:
                self._connection.invalidate()
                self._connection.close()
            self._connection = None
            raise translated(error, self._url) from error

    def close(self) -> None:
        """End the connection, and with it every lock."""
        self._thread.shutdown(wait=True)
        if self._connection is not None:
            self._connection.close()
        self._engine.dispose()


def process_lock(url: URL) -> ProcessLock:
    """The lock that fits the database.

    Raises:
        StoreUnavailableError: the lock file cannot be made beside the database.
    """
    if url.get_backend_name() != "sqlite":
        return AdvisoryLock(url)
    if is_in_memory(url):
        return NoProcessLock()
    path = Path(f"{url.database}-lock")
    try:
        return FileLock(path)
    except OSError as error:
        raise StoreUnavailableError(
            f"Le fichier « {path} » ne peut pas être ouvert ({error.strerror})."
        ) from error


class ConversationLocks:
    """Locks by name: first between the tasks of this process, in the order of asking, then between processes."""

    def __init__(self, between_processes: ProcessLock) -> None:
        self._between_processes = between_processes
        self._local: dict[str, tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def in_turn(self, name: str) -> AsyncIterator[None]:
        """Wait for those of this process who asked before."""
        lock, waiting = self._local.get(name, (asyncio.Lock(), 0))
        self._local[name] = (lock, waiting + 1)
        try:
            async with lock:
                yield
        finally:
            lock, waiting = self._local[name]
            if waiting == 1:
                del self._local[name]
            else:
                self._local[name] = (lock, waiting - 1)

    @asynccontextmanager
    async def held_if_free(self, name: str) -> AsyncIterator[bool]:
        """Hold the lock alone, unless another process has it: then False, at once."""
        number = _number(name)
        async with self.in_turn(name):
            is_held = await self._between_processes.try_take(number)
            try:
                yield is_held
            finally:
                if is_held:
                    await self._between_processes.release(number)

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[None]:
        """Hold the lock alone among all tasks and processes.

        Raises:
            StoreUnavailableError: another process kept it for longer than any turn lasts.
        """
        number = _number(name)
        async with self.in_turn(name):
            until = time.monotonic() + WAIT_LIMIT_S
            pause = FIRST_PAUSE_S
            while not await self._between_processes.try_take(number):
                if time.monotonic() > until:
                    raise StoreUnavailableError("Cette conversation est tenue par un autre processus.")
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, LONGEST_PAUSE_S)
            try:
                yield
            finally:
                await self._between_processes.release(number)

    def close(self) -> None:
        """Let go of everything."""
        self._between_processes.close()


def _number(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)
