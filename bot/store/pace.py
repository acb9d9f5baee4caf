"""How fast all processes together may send: one row for each channel says from when on the next message may leave.

A process takes the turns of several messages at once. On PostgreSQL the time is the server's, so that the clocks of
machines need not agree.
"""

from __future__ import annotations

import time
from typing import Any

from sqlalchemy import Connection, Double, bindparam, case, cast, extract, func
from sqlalchemy.dialects import postgresql, sqlite

from bot.store.prepared import Prepared
from bot.store.tables import paces

HORIZON_S = 60.0
"""Nobody takes turns so far ahead: a time beyond it is that of a clock that was put back."""


def take_turns(connection: Connection, channel: str, count: int, gap_s: float) -> float:
    """Take the turns of `count` messages, `gap_s` apart; returns the seconds until the first."""
    values = {"of_channel": channel, "now": time.time(), "span": count * gap_s, "horizon": HORIZON_S}
    return max(0.0, float(_TAKE.run(connection, values).fetchall()[0][0]))


def _take(dialect: str) -> Any:
    module: Any = {"sqlite": sqlite, "postgresql": postgresql}[dialect]
    now: Any = bindparam("now", type_=Double)
    if dialect == "postgresql":
        now = cast(extract("epoch", func.statement_timestamp()), Double)
    span, horizon = bindparam("span", type_=Double), bindparam("horizon", type_=Double)
    known = paces.c.free_at
    first = case((known.between(now, now + horizon), known), else_=now)
    statement = module.insert(paces).values(channel=bindparam("of_channel"), free_at=now + span)
    return statement.on_conflict_do_update(
        index_elements=[paces.c.channel], set_={"free_at": first + span}
    ).returning(paces.c.free_at - span - now)


_TAKE = Prepared(_take)
