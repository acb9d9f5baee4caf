"""The assistant: the only door to language, dialogue, actions and store, the same for all channels."""

from bot.assistant.assistant import Assistant
from bot.assistant.transcript import TranscriptLine

__all__ = ["Assistant", "TranscriptLine"]
