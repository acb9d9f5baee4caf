"""What the soak relies on: the fake Bot API server knows which of its answers found nobody."""

from __future__ import annotations

import json
import socket
import time

from tests.fake_bot_api import TOKEN, FakeBotApi

CHAT = 5


def test_send_whose_caller_did_not_wait_for_the_answer_is_in_doubt() -> None:
    with FakeBotApi() as api:
        api.say(CHAT, "bonjour")
        for number in range(20):
            body = json.dumps({"chat_id": CHAT, "text": f"Phrase {number}."}).encode()
            head = (
                f"POST /killed/bot{TOKEN}/sendMessage HTTP/1.1\r\nHost: localhost\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            with socket.create_connection(("127.0.0.1", api.port)) as caller:
                caller.sendall(head.encode() + body)
        deadline = time.monotonic() + 10
        while sum(shown.is_in_doubt for shown in api.chats[CHAT]) < 20:
            assert time.monotonic() < deadline, f"not in doubt: {api.chats[CHAT]}"
            time.sleep(0.02)
        assert {shown.caller for shown in api.chats[CHAT]} == {"killed"}
