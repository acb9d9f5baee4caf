"""The log as people read it, and as Rasa's `GET /conversations/{id}/tracker` cuts it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.assistant import replies
from bot.dialogue import applied_indices, event_from_json
from bot.messages import BotMessage
from bot.store.outbox import bubble_id


@dataclass(frozen=True, slots=True)
class TranscriptLine:
    """One line of a conversation. `who` is owner, bot or person; `message` is the bubble, where it is one."""

    who: str
    text: str
    message: BotMessage | None
    timestamp: float
    first_name: str | None = None


def transcript_lines(
    spoken: Sequence[tuple[int, str, dict[str, Any]]], kept: Mapping[str, BotMessage]
) -> list[TranscriptLine]:
    """The lines of (seq, turn id, event) in order; a bubble has its outbox id: the n-th of its turn.

    What an effect added to a turn's replies (a document) is no event: it is found among the kept bubbles.
    """
    lines: list[TranscriptLine] = []
    position: dict[str, int] = {}
    titles: dict[str, str] = {}
    turn_ids = [turn_id for _, turn_id, _ in spoken]
    for index, (_, turn_id, event) in enumerate(spoken):
        when = event.get("timestamp") or 0.0
        if event["event"] == "user" and (event.get("metadata") or {}).get("is_external"):
            pass  # nobody wrote it
        elif event["event"] == "user":
            metadata = event.get("metadata") or {}
            text = event.get("text") or ""
            lines.append(
                TranscriptLine("owner", metadata.get("shown") or titles.get(text) or text, None, when)
            )
        elif event["event"] == "agent":
            first_name = str((event.get("data") or {}).get("first_name") or "")
            text = replies.person_says(first_name, event.get("text") or "")
            position[turn_id] = position.get(turn_id, 0) + 1
            lines.append(TranscriptLine("person", text, None, when, first_name))
        elif (bubble := replies.bubble(event)) is not None:
            number = position.get(turn_id, 0)
            position[turn_id] = number + 1
            id_ = bubble_id(turn_id, number)
            titles.update({button.payload: button.title for button in bubble.buttons})
            lines.append(TranscriptLine("bot", bubble.text, kept.get(id_, replace(bubble, id=id_)), when))
        if turn_ids[index + 1 : index + 2] != [turn_id]:
            number = position.get(turn_id, 0)
            while (added := kept.get(bubble_id(turn_id, number))) is not None:
                lines.append(TranscriptLine("bot", added.text, added, when))
                number += 1
    return lines


def events_in_scope(events: list[dict[str, Any]], include: str) -> list[dict[str, Any]]:
    """The events that Rasa's `include_events` names."""
    if include == "ALL":
        return events
    begin = max((i + 1 for i, event in enumerate(events) if event["event"] == "restart"), default=0)
    if include == "AFTER_RESTART":
        return events[begin:]
    known = [(event, read) for event in events if (read := event_from_json(event)) is not None]
    return [known[index][0] for index in applied_indices([read for _, read in known])]
