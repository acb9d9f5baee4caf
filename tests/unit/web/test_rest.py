from __future__ import annotations

import pytest
from fastapi import HTTPException

from bot.messages import BotMessage, Button, Document
from bot.web.rest import read_user_message, wire_messages


def test_body_of_the_real_channel_is_read() -> None:
    message = read_user_message(
        {"sender": "u1", "message": "bonjour", "metadata": {"message_id": "a", "chamber": "x"}}
    )
    assert (message.channel, message.sender, message.text) == ("rest", "u1", "bonjour")
    assert (message.message_id, message.chamber) == ("a", "x")


def test_calls_without_message_id_are_two_messages() -> None:
    body = {"sender": "u1", "message": "bonjour"}
    assert read_user_message(body).message_id != read_user_message(body).message_id


@pytest.mark.parametrize(
    "body",
    [
        {"sender": 3, "message": "x"},
        {"message": None},
        {"sender": "", "message": "x"},
        {"message": "x", "metadata": 3},
    ],
)
def test_wrong_body_is_refused_with_the_key(body: dict[str, object]) -> None:
    with pytest.raises(HTTPException) as refused:
        read_user_message(body)
    assert refused.value.status_code == 400


def test_wire_messages_are_those_of_rasa() -> None:
    message = BotMessage("Combien ?", buttons=(Button("0", "/answer"),), image="https://example.org/a.png")
    assert wire_messages(message, "u1") == [
        {"recipient_id": "u1", "text": "Combien ?", "buttons": [{"title": "0", "payload": "/answer"}]},
        {"recipient_id": "u1", "image": "https://example.org/a.png"},
    ]
    assert [part["text"] for part in wire_messages(BotMessage("Un.\n\nDeux."), "u1")] == ["Un.", "Deux."]


def test_document_of_text_travels_as_an_attachment() -> None:
    (wire,) = wire_messages(BotMessage(document=Document("donnees.json", "application/json", b"{}")), "u1")
    assert wire["attachment"]["payload"] == {
        "name": "donnees.json",
        "media_type": "application/json",
        "text": "{}",
    }
