"""What is said of a message that cannot be read as it was meant."""

from datetime import UTC, datetime

import pytest

from bot.assistant.incoming import clean, oddity
from bot.messages import UserMessage


def a_message(text: str, payload: str | None = None) -> UserMessage:
    return clean(UserMessage("t", "s", "1", text, datetime.now(UTC), payload))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" \n\0", "empty"),
        ("mot " * 2500, "too_long"),
        ("caf\ufffd", "broken_characters"),
        ("🍞🥖😀", "no_words"),
        ("?!", "no_words"),
        ("boulanger à Rennes", None),
        ("5", None),
    ],
)
def test_odd_message_is_named_for_the_log(text: str, why: str | None) -> None:
    assert oddity(a_message(text)) == why


def test_pressed_button_is_no_odd_message() -> None:
    assert oddity(a_message("", "/answer")) is None
