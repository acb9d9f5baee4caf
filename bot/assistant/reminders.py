"""Rasa's reminders: at a time, act as if the user had meant an intent. They wait in the process that took them.

Whether one still holds is asked of the log when it is due: it was not cancelled, and, where the user's own words are
to kill it, nothing was said since. As in Rasa, those that wait are lost when the process ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import structlog

from bot.dialogue import Event, ReminderScheduled

log = structlog.get_logger(__name__)

Remind = Callable[[str, ReminderScheduled], Awaitable[None]]


class Reminders:
    """Those that wait; `remind(conversation id, reminder)` is called when one is due."""

    def __init__(self, remind: Remind) -> None:
        self._remind = remind
        self._tasks: set[asyncio.Task[None]] = set()

    def note(self, conversation_id: str, events: Iterable[Event], now: float) -> None:
        """Let the reminders among a turn's new events wait for their time."""
        for event in events:
            if isinstance(event, ReminderScheduled) and (due := due_time(event)) is not None:
                task = asyncio.create_task(self._wait(conversation_id, event, due - now))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    async def _wait(self, conversation_id: str, event: ReminderScheduled, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
        try:
            await self._remind(conversation_id, event)
        except Exception as error:
            log.error("reminder_failed", conversation=conversation_id, error=type(error).__name__)

    async def close(self) -> None:
        """Forget those that wait."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def due_time(event: ReminderScheduled) -> float | None:
    """When it is due, in seconds since 1970; None when its time cannot be read."""
    try:
        return datetime.fromisoformat(str(event.date_time)).timestamp()
    except (ValueError, OverflowError):
        log.warning("reminder_without_time", name=event.name)
        return None


def still_holds(event: ReminderScheduled, logged: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the newest events of the log leave the reminder standing."""
    wanted = event.to_json()
    for index in range(len(logged) - 1, -1, -1):
        found = logged[index]
        if found["event"] == "reminder" and found.get("timestamp") == event.timestamp:
            after = logged[index + 1 :]
            break
    else:
        return False
    for later in after:
        if later["event"] in ("restart", "session_started"):
            return False
        if later["event"] == "cancel_reminder" and _matches(later, wanted):
            return False
        is_external = (later.get("metadata") or {}).get("is_external")
        if later["event"] == "user" and later.get("text") and event.kill_on_user_msg and not is_external:
            return False
    return True


def _matches(cancelled: Mapping[str, Any], reminder: Mapping[str, Any]) -> bool:
    """A cancelling event takes the reminders of its name, intent and entities, as far as it gives them."""
    keys = ("name", "intent", "entities")
    return all(not cancelled.get(key) or cancelled[key] == reminder.get(key) for key in keys)
