"""Which day it is for an owner: aids open and close by the day in Paris."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def today_in_france() -> date:
    """The day in Paris."""
    return datetime.now(PARIS).date()
