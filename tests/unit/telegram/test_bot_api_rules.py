"""The fake Bot API refuses what the real one refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.bot_api_rules import problem

PNG = ("a.png", b"\x89PNG\r\n\x1a\n...")


def keyboard(**button: Any) -> str:
    return json.dumps({"inline_keyboard": [[button]]})


def message(**more: Any) -> dict[str, Any]:
    return {"chat_id": "7", "text": "Bonjour.", **more}


@pytest.mark.parametrize(
    ("method", "arguments", "why"),
    [
        ("sendMessage", {"text": "Bonjour."}, "chat_id is required"),
        ("sendMessage", message(colour="red"), "unknown parameter colour"),
        ("sendMessage", message(chat_id=[7]), "chat_id is no"),
        ("sendMessage", message(text=" \n"), "message text is empty"),
        ("sendMessage", message(text="x" * 4097), "too long"),
        ("sendMessage", message(text="\U0001f600" * 2049), "too long"),
        ("sendMessage", message(parse_mode="Html5"), "unsupported parse_mode"),
        ("sendMessage", message(text="le 3.", parse_mode="MarkdownV2"), "reserved"),
        ("sendMessage", message(text="un *mot", parse_mode="Markdown"), "can't parse entities"),
        ("sendMessage", message(text="<b>un", parse_mode="HTML"), "can't find end tag"),
        ("sendMessage", message(text="1 <2", parse_mode="HTML"), "unsupported start tag"),
        ("sendMessage", message(entities='[{"type": "bold", "offset": 5, "length": 9}]'), "entity"),
        ("sendMessage", message(entities='[{"type": "bold", "offset": 5}]'), "entities is no"),
        ("sendMessage", message(reply_markup="{"), "reply_markup is no"),
        ("sendMessage", message(reply_markup='{"inline_keyboard": [{}]}'), "reply_markup is no"),
        ("sendMessage", message(reply_markup=keyboard(text="Oui")), "exactly one"),
        (
            "sendMessage",
            message(reply_markup=keyboard(text="Oui", callback_data="a", url="b")),
            "exactly one",
        ),
        ("sendMessage", message(reply_markup=keyboard(text=" ", callback_data="a")), "non-empty"),
        ("sendMessage", message(reply_markup=keyboard(text="Oui", callback_data="")), "BUTTON_DATA_INVALID"),
        (
            "sendMessage",
            message(reply_markup=keyboard(text="O", callback_data="é" * 33)),
            "BUTTON_DATA_INVALID",
        ),
        ("sendMessage", message(reply_markup=keyboard(text="Oui", payload="a")), "reply_markup is no"),
        ("answerCallbackQuery", {"callback_query_id": "c", "text": "x" * 201}, "TOO_LONG"),
        ("sendChatAction", {"chat_id": 7, "action": "thinking"}, "action"),
        ("editMessageText", {"text": "Bonjour."}, "identifier"),
        ("setMyCommands", {"commands": '[{"command": "Aide", "description": "x"}]'}, "COMMAND_INVALID"),
        ("setMyCommands", {"commands": "[]", "language_code": "français"}, "language"),
        ("setWebhook", {"url": "http://exemple.fr"}, "HTTPS"),
        ("setWebhook", {"url": "https://exemple.fr", "secret_token": "é"}, "secret token"),
        ("setWebhook", {"url": "https://exemple.fr", "allowed_updates": '["messages"]'}, "update types"),
        ("sendPhoto", {"chat_id": 7, "photo": "no-file"}, "wrong file identifier"),
    ],
)
def test_call_that_the_real_one_refuses_is_refused(method: str, arguments: dict[str, Any], why: str) -> None:
    assert why in str(problem(method, arguments, {}))


def test_picture_must_be_one_and_its_caption_short() -> None:
    assert problem("sendPhoto", {"chat_id": 7}, {"photo": PNG}) is None
    assert problem("sendPhoto", {"chat_id": 7}, {"photo": ("a.png", b"<svg/>")}) == "IMAGE_PROCESS_FAILED"
    assert "non-empty" in str(problem("sendDocument", {"chat_id": 7}, {"document": ("a.pdf", b"")}))
    assert "caption" in str(problem("sendPhoto", {"chat_id": 7, "caption": "x" * 1025}, {"photo": PNG}))


@pytest.mark.parametrize(
    "arguments",
    [
        message(text="_*[`boulangerie_"),
        message(text="x" * 4096),
        message(text="C\\'est *bon*\\.", parse_mode="MarkdownV2"),
        message(text="<b>un</b> &lt; deux", parse_mode="HTML"),
        message(reply_markup=keyboard(text="Oui", callback_data="a" * 64)),
        message(link_preview_options='{"is_disabled": true}'),
    ],
)
def test_call_that_the_real_one_takes_is_taken(arguments: dict[str, Any]) -> None:
    assert problem("sendMessage", arguments, {}) is None
