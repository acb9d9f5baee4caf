"""The Telegram channel: updates in, Bot API calls out. No dialogue state lives here: the store has it."""
