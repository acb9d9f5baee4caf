"""The asking of a slot in a form that is not the diagnosis: what the forms of a loan and of the network share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from .speech import Button, ask_beside


class AskSlot(Action, ABC):  # type: ignore[misc]
    """Puts one question of a form. `kind` and `choices` are those of `speech.ask_beside`."""

    form: ClassVar[str]
    slot: ClassVar[str]
    kind: ClassVar[str] = "text"
    choices: ClassVar[Mapping[str, str] | None] = None

    def name(self) -> str:
        """Rasa's name for the asking of this slot."""
        return f"action_ask_{self.form}_{self.slot}"

    @abstractmethod
    def words(self, slots: Mapping[str, Any]) -> str:
        """The question, for what is known."""

    def buttons(self) -> Sequence[Button]:
        """What can be tapped; anything else can be written."""
        return ()

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]
    ) -> list[dict[str, Any]]:
        """Ask."""
        ask_beside(dispatcher, self.slot, self.kind, self.words(tracker.slots), self.choices, self.buttons())
        return []
