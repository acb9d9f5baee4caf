"""Moving between stores, and backing up: every row of one snapshot, proved by counts and checksums.

Runs beside a working server: the source is read in one transaction, which sees one moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text

from bot.errors import StoreError
from bot.store.database import Database
from bot.store.tables import chambers, conversations, metadata

CHUNK = 500


def copy_store(source: Database, target: Database) -> dict[str, int]:
    """Copy everything into an empty store of the same version; returns how many rows each table has.

    Raises:
        StoreError: the target holds conversations already, or what arrived is not what was sent.
    """

    def copy(into: Connection) -> dict[str, int]:
        if into.execute(select(func.count()).select_from(conversations)).scalar_one():
            raise StoreError("La base d'arrivée contient déjà des conversations : choisissez-en une vide.")
        into.execute(chambers.delete())
        return source.snapshot_now(lambda connection: _copy_tables(connection, into))

    return target.write_now(copy)


def _copy_tables(source: Connection, into: Connection) -> dict[str, int]:
    counts: dict[str, int] = {}
    for table in metadata.sorted_tables:
        sent = 0
        for rows in _chunks(source, table):
            into.execute(insert(table), rows)
            sent = (sent + _checksum(rows)) % 2**256
            counts[table.name] = counts.get(table.name, 0) + len(rows)
        arrived = sum(_checksum(rows) for rows in _chunks(into, table)) % 2**256
        if sent != arrived:
            raise StoreError(f"La table « {table.name} » n'est pas arrivée entière : rien n'a été gardé.")
        counts.setdefault(table.name, 0)
        counter = table.autoincrement_column
        if counter is not None and into.dialect.name == "postgresql":
            # The counter goes on behind the highest row, not at one.
            into.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', '{counter.name}'), "  # noqa: S608 (our own names)
                    f"(SELECT coalesce(max({counter.name}), 0) + 1 FROM {table.name}), false)"
                )
            )
    return counts


def _chunks(connection: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    result = connection.execute(select(table), execution_options={"yield_per": CHUNK})
    for rows in result.mappings().partitions(CHUNK):
        yield [dict(row) for row in rows]


def _checksum(rows: list[dict[str, Any]]) -> int:
    """The same whatever the order of the rows: engines sort texts differently."""
    return sum(
        int.from_bytes(sha256(repr(sorted(row.items())).encode("utf-8", "surrogatepass")).digest(), "big")
        for row in rows
    )
