"""What the flow notes of its own doing, in the one slot `suivi`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MEMORY_SLOT = "suivi"
CONFIRMING = "confirmer"
"""Awaited while the owner is asked whether all is to be erased, or begun anew."""


@dataclass(slots=True)
class Memory:
    """What the flow did so far. Keys are kept short and in JSON, as a slot event is logged at each change.

    `asked`: questions put, in order. `tries`: answers not understood. `returned`: passed questions put again.
    `given_up`: questions left after answers that were not understood. `redo`: put this one first. `old`: answers given
    before a correction. `offers`: what the buttons of an open question stand for. `remarks`: what is still to be said
    in this turn (`turn` is the id of its message). `seen`: resources and figures shown. `ticked`: needs whose action is
    done. `picture`: the scores of the axes at the last visit. `order`: the needs of the plan in the owner's own order.
    `spoken`: the action of the plan that was spoken of last. `awaiting`: what is waited for before the open question
    is put. `attacked`: an attack was told, and the owner has not turned to something else by a button.
    """

    turn: str = ""
    remarks: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    tries: dict[str, int] = field(default_factory=dict)
    returned: list[str] = field(default_factory=list)
    given_up: list[str] = field(default_factory=list)
    redo: str | None = None
    old: dict[str, Any] = field(default_factory=dict)
    offers: dict[str, Any] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    announced: str | None = None
    heard: bool = False
    removed: dict[str, str] = field(default_factory=dict)
    last_removed: str | None = None
    done: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    ticked: list[str] = field(default_factory=list)
    picture: dict[str, int] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    awaiting: str | None = None
    spoken: str | None = None
    attacked: bool = False

    @classmethod
    def of(cls, slots: Mapping[str, Any]) -> Memory:
        """The memory kept in the slots."""
        kept = slots.get(MEMORY_SLOT)
        if not isinstance(kept, Mapping):
            return cls()
        known = {key: kept[key] for key in cls.__dataclass_fields__ if key in kept}
        return cls(**{key: _copied(value) for key, value in known.items()})

    def event(self) -> dict[str, Any]:
        """The slot event that keeps it; what is empty is left out."""
        kept = {key: _copied(value) for key in self.__dataclass_fields__ if (value := getattr(self, key))}
        return {"event": "slot", "timestamp": None, "name": MEMORY_SLOT, "value": kept}


def _copied(value: Any) -> Any:
    return list(value) if isinstance(value, list) else dict(value) if isinstance(value, dict) else value
