"""The store: conversations, their log and state, what came in and what goes out, on SQLite or PostgreSQL."""

from bot.store.unit_of_work import (
    ConversationRow,
    HandledBeforeErasure,
    Store,
    Turn,
    TurnEffect,
    Work,
    message_key,
)

__all__ = ["ConversationRow", "HandledBeforeErasure", "Store", "Turn", "TurnEffect", "Work", "message_key"]
