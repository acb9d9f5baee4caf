"""Statements of the hot path, compiled once.

SQLAlchemy works out each parameter of each execution anew, which for a turn's dozen of rows costs more than SQLite's
own work. A prepared statement goes to the driver as text with named parameters (with SQLite straight to it: what
SQLAlchemy notes of an execution costs as much as the execution); results come as the driver gives them (SQLite: 0 and 1
for a boolean).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ClauseElement, Connection, exc
from sqlalchemy.engine import Dialect


class Prepared:
    """A statement, or what makes it for a database's dialect by the dialect's name."""

    def __init__(
        self, statement: ClauseElement | Callable[[str], ClauseElement], columns: Sequence[str] | None = None
    ) -> None:
        """`columns`: those of an INSERT whose values are not named in it."""
        self._statement = statement
        self._columns = columns
        self._texts: dict[str, str] = {}

    def run(self, connection: Connection, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> Any:
        """Execute it with one set of values, or with each of several; what comes has `fetchall` and `rowcount`.

        Read all of it: a row left unread would hold SQLite's view of the database as it is now.

        Raises:
            DBAPIError: the database refused.
        """
        text = self._texts.get(connection.dialect.name) or self._compile(connection.dialect)
        if connection.dialect.name != "sqlite":
            return connection.exec_driver_sql(text, values)
        driver: Any = connection.connection.driver_connection
        try:
            return (
                driver.execute(text, values)
                if isinstance(values, Mapping)
                else driver.executemany(text, values)
            )
        except sqlite3.Error as error:
            raise exc.DBAPIError.instance(text, None, error, sqlite3.Error) from error

    def _compile(self, dialect: Dialect) -> str:
        made = self._statement(dialect.name) if callable(self._statement) else self._statement
        compiled = made.compile(dialect=dialect, column_keys=self._columns)
        return self._texts.setdefault(dialect.name, str(compiled))
