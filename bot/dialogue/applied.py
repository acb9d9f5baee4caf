"""Which events of a log count: Rasa's applied events (semantics §4, §10).

A restart or a new session cuts what was before, an undoing event takes back a turn or an action, and a form that
goes on after an answer is one run of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.dialogue.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    Event,
    Restarted,
    SessionStarted,
    UserFeaturization,
    UserUtteranceReverted,
    UserUttered,
)


def applied_indices(events: Sequence[Event]) -> list[int]:
    """The positions of the events that count, oldest first."""
    loops = {event.name for event in events if isinstance(event, ActiveLoop) and event.name}
    kept: list[int] = []
    for index, event in enumerate(events):
        if isinstance(event, Restarted | SessionStarted):
            kept = []
        elif isinstance(event, ActionReverted | UserUtteranceReverted):
            if isinstance(event, UserUtteranceReverted):
                _drop_till(events, kept, UserUttered)
            _drop_till(events, kept, ActionExecuted)
        elif (
            isinstance(event, ActionExecuted)
            and event.name in loops
            and continues_loop(event.name, (events[i] for i in reversed(kept)))
        ):
            _collapse(events, kept, event.name)
        else:
            kept.append(index)
    return kept


def continues_loop(loop: str, newest_first: Iterable[Event]) -> bool:
    """Whether a run of the loop now follows another one with nothing but answers between them."""
    next_action: str | None = None
    for event in newest_first:
        kind = type(event)
        if kind is ActiveLoop:
            if event.name is None:  # type: ignore[attr-defined]
                return False
        elif kind is ActionExecutionRejected:
            if event.name == loop:  # type: ignore[attr-defined]
                return False
        elif kind is UserUttered:
            if next_action is not None and next_action != loop:
                return False
        elif kind is ActionExecuted:
            if event.name == loop:  # type: ignore[attr-defined]
                return True
            next_action = event.name  # type: ignore[attr-defined]
    return False


def _drop_till(events: Sequence[Event], kept: list[int], kind: type[Event]) -> None:
    while kept:
        if isinstance(events[kept.pop()], kind):
            return


def _collapse(events: Sequence[Event], kept: list[int], loop: str) -> None:
    """Take out the answer and the actions since the loop's last run."""
    position = len(kept) - 1
    while position >= 0:
        event = events[kept[position]]
        if isinstance(event, ActionExecuted) and event.name == loop:
            return
        if isinstance(event, ActionExecuted | UserUttered | UserFeaturization):
            del kept[position]
        position -= 1
