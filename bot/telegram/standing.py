"""In which message of a chat the buttons of a question stand, and what is ticked there.

It is kept in the store, in the state of the chat, so that any worker may take the next press. A question that is put
again stands in one message: its buttons above go, and the ticks come along.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

KEPT = 12
"""Questions kept for a chat: the newest ones."""

State = Mapping[str, Any]


def stands_in(state: State, question_id: str) -> int | None:
    """The message under which this question's buttons are; None when they are nowhere."""
    message_id, _ = _entry(state, question_id)
    return message_id


def ticked(state: State, question_id: str) -> list[str]:
    """The titles that are ticked in a list."""
    _, titles = _entry(state, question_id)
    return list(titles)


def put(state: State, question_id: str, message_id: int) -> dict[str, Any]:
    """The state once the buttons stand under this message; what was ticked stays so."""
    return _with(state, question_id, message_id, ticked(state, question_id))


def toggled(state: State, question_id: str, title: str) -> dict[str, Any]:
    """The state once a box was ticked, or its tick taken away."""
    before = ticked(state, question_id)
    after = [one for one in before if one != title] if title in before else [*before, title]
    return _with(state, question_id, stands_in(state, question_id), after)


def pressed(state: State, question_id: str, message_id: int | None) -> dict[str, Any]:
    """The state once the buttons under this message went."""
    where = stands_in(state, question_id)
    return _with(state, question_id, None if where == message_id else where, ticked(state, question_id))


def without_ticks(state: State, question_id: str) -> dict[str, Any]:
    """The state once the ticks of a list were given as an answer."""
    return _with(state, question_id, stands_in(state, question_id), ())


def _entry(state: State, question_id: str) -> tuple[int | None, Sequence[str]]:
    message_id, titles = (state.get("standing") or {}).get(question_id) or (None, ())
    return message_id, titles


def _with(state: State, question_id: str, message_id: int | None, titles: Sequence[str]) -> dict[str, Any]:
    others = {id_: entry for id_, entry in (state.get("standing") or {}).items() if id_ != question_id}
    kept = [*others.items(), (question_id, [message_id, list(titles)])][-KEPT:]
    return {**state, "standing": dict(kept)}
