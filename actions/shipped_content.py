"""The questionnaire and the trades of this project, read at import."""

from __future__ import annotations

from . import questionnaire, trades

QUESTIONNAIRE = questionnaire.load()
TRADES = trades.load()
