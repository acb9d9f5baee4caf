"""What the engine asks of the outside, and what it is told: the two ends of the generator's `yield`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.dialogue.tracker import Tracker


@dataclass(frozen=True, slots=True)
class CallAction:
    """Please run the custom action `name` on this state (`tracker.current_state(…)` is its wire form)."""

    name: str
    tracker: Tracker


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What an action server answers: events and responses in wire form.

    `rejected`: the action refused to run (`ActionExecutionRejection`). `error`: it raised, was not found or its
    server is down; a sentence for the log.
    """

    events: Sequence[Mapping[str, Any]] = ()
    responses: Sequence[Mapping[str, Any]] = ()
    rejected: bool = False
    error: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)


class Rejected(Exception):
    """An action will not run now; another may be tried. Never leaves the engine."""


class Failed(Exception):
    """An action could not be run. Never leaves the engine."""

    def __init__(self, name: str, error: str) -> None:
        super().__init__(error)
        self.name = name
        self.error = error
