from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import UserMessage
from bot.telegram.incoming import (
    Blocked,
    Contact,
    MalformedUpdateError,
    NotPrivate,
    Press,
    Unreadable,
    read_update,
)


def an_update(chat_type: str = "private", **content: Any) -> dict[str, Any]:
    message = {"message_id": 5, "date": 1_700_000_000, "chat": {"id": 42, "type": chat_type}, **content}
    return {"update_id": 9, "message": message}


def test_text_becomes_a_message_of_its_chat() -> None:
    message = read_update(an_update(text="plombier à Brest"))
    assert isinstance(message, UserMessage)
    assert (message.channel, message.sender, message.message_id, message.text) == (
        "telegram",
        "42",
        "m5",
        "plombier à Brest",
    )


def test_start_with_a_deep_link_sets_the_chamber() -> None:
    message = read_update(an_update(text="/start cci-bretagne"))
    assert isinstance(message, UserMessage)
    assert message.chamber == "cci-bretagne"


def test_start_with_a_hostile_argument_sets_no_chamber() -> None:
    message = read_update(an_update(text="/start '; drop table"))
    assert isinstance(message, UserMessage)
    assert message.chamber is None


def test_command_says_its_intent() -> None:
    message = read_update(an_update(text="/supprimer"))
    assert isinstance(message, UserMessage)
    assert message.payload == "/delete_data"


def test_edited_message_names_what_it_corrects() -> None:
    update = an_update(text="à Vitré")
    update["edited_message"] = {**update.pop("message"), "edit_date": 1_700_000_100}
    message = read_update(update)
    assert isinstance(message, UserMessage)
    assert message.edits == "m5"
    assert message.message_id != "m5"


def test_location_is_a_position() -> None:
    message = read_update(an_update(location={"latitude": 48.1, "longitude": -1.6}))
    assert isinstance(message, UserMessage)
    assert message.location == (48.1, -1.6)


def test_live_position_that_moves_is_no_correction() -> None:
    update = an_update(
        location={"latitude": 48.1, "longitude": -1.6, "live_period": 900}, edit_date=1_700_000_060
    )
    assert read_update({"update_id": 10, "edited_message": update["message"]}) is None


def test_only_the_senders_own_contact_is_taken() -> None:
    owner, number = {"id": 42, "is_bot": False, "first_name": "Léa"}, "+33299000002"
    own = read_update(an_update(**{"from": owner, "contact": {"phone_number": number, "user_id": 42}}))
    assert isinstance(own, Contact)
    assert own.number is not None
    assert own.number.text == own.mention.text == number
    for contact in ({"phone_number": number, "user_id": 43}, {"phone_number": number}):
        others = read_update(an_update(**{"from": owner, "contact": contact}))
        assert isinstance(others, Contact)
        assert others.number is None
        assert number not in others.mention.text


@pytest.mark.parametrize("kind", ["voice", "photo", "sticker", "document", "poll"])
def test_what_cannot_be_read_is_named(kind: str) -> None:
    incoming = read_update(an_update(**{kind: {}}))
    assert isinstance(incoming, Unreadable)


@pytest.mark.parametrize(
    ("said", "is_addressed"),
    [
        ({"text": "/start"}, True),
        ({"text": "/start@Connecteur_bot cci"}, True),
        ({"text": "/start@un_autre_bot"}, False),
        ({"text": "bonjour @connecteur_bot"}, True),
        ({"text": "écrivez à contact@exemple.fr"}, False),
        ({"text": "salut tous"}, False),
        ({"text": "oui", "reply_to_message": {"from": {"username": "connecteur_bot"}}}, True),
        ({"text": "oui", "reply_to_message": {"from": {"username": "lea"}}}, False),
        ({"photo": []}, False),
    ],
)
def test_in_a_group_only_who_speaks_to_the_bot_is_answered(said: dict[str, Any], is_addressed: bool) -> None:
    for kind in ("group", "supergroup"):
        update = an_update(kind, **said)
        assert read_update(update, "connecteur_bot") == NotPrivate(42, is_addressed=is_addressed)
        assert read_update({"update_id": 3, "edited_message": update["message"]}) is None
    post = {"update_id": 4, "channel_post": an_update("channel", **said)["message"]}
    assert read_update(post, "connecteur_bot") == NotPrivate(42, is_addressed=is_addressed)


def test_press_and_block_are_told_apart() -> None:
    press = read_update({"update_id": 1, "callback_query": {"id": "c", "from": {"id": 42}, "data": "bx.0"}})
    assert isinstance(press, Press)
    assert press.button_id == "bx.0"
    member = {"chat": {"id": 42, "type": "private"}, "new_chat_member": {"status": "kicked"}}
    assert read_update({"update_id": 2, "my_chat_member": member}) == Blocked(42, is_blocked=True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(["message", "edited_message", "callback_query", "my_chat_member", "channel_post"]), JSON
)
def test_any_json_is_read_or_refused(key: str, content: Any) -> None:
    with contextlib.suppress(MalformedUpdateError):
        read_update({"update_id": 3, key: content})
