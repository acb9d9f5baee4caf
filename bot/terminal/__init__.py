"""`connecteur chat`: the same assistant in a terminal, or line by line from standard input."""

from bot.terminal.chat import run_chat

__all__ = ["run_chat"]
