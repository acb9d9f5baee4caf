"""A Bot API server that refuses what the real one refuses (tests/bot_api_rules.py says what it takes).

It runs in a thread with a real socket, so that python-telegram-bot and a server in another process talk to it as
to the real one. Owners are driven by `say`, `press`, `share_location`; faults are strewn in by `plan_fault`.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import threading
import time
from collections import Counter, defaultdict, deque
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tests.bot_api_rules import METHODS, problem

TOKEN = "123456:TEST-token"
_CALLER: ContextVar[str] = ContextVar("caller", default="")


@dataclass
class SentMessage:
    """A message that a chat shows now."""

    message_id: int
    chat_id: int
    text: str
    keyboard: list[list[dict[str, Any]]]
    method: str
    at: float
    caller: str = ""
    """Who sent it, where callers are told apart: see `FakeBotApi.url_of`."""
    edits: int = 0
    is_in_doubt: bool = False
    """Whether its sender cannot know that it arrived: the answer was an error, or found nobody."""


SILENCE = 0
LONGEST_SILENCE_S = 60.0
GONE_S = 0.01
"""That a caller is gone is read after his request, even if both came before: this long is left for it."""


@dataclass
class Fault:
    """What the next matching call meets: a status to answer with, before or after it took effect.

    The status `SILENCE` is none at all: the answer does not come before the caller is gone.
    """

    method: str
    status: int
    retry_after: int | None = None
    after_effect: bool = False
    chat_id: int | None = None


@dataclass
class FakeBotApi:
    """The server, and what its chats show."""

    per_second: float = 30.0
    per_chat_per_second: float = 1.0
    burst: int = 5
    """Messages that one chat may be sent at once, before they may only come at `per_chat_per_second`."""
    enforce_limits: bool = False
    port: int = 0
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    chats: dict[int, list[SentMessage]] = field(default_factory=lambda: defaultdict(list))
    reply_keyboards: dict[int, list[list[dict[str, Any]]]] = field(default_factory=dict)
    """The keyboard that a chat shows in the place of the phone's own."""
    answered_callbacks: list[str] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    revoked: bool = False
    webhook: dict[str, Any] | None = None
    commands: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    over_limit: int = 0
    """Sends that came faster than `per_second`."""
    over_chat_limit: int = 0
    """Sends that came faster than `per_chat_per_second` in their chat."""
    previewed: list[str] = field(default_factory=list)
    """Texts whose links Telegram's servers fetched, to show what stands there."""
    met: Counter[int] = field(default_factory=Counter)
    """How many of the planned faults were met, by status."""
    refused: list[tuple[str, str]] = field(default_factory=list)
    """(method, why) of each call that broke a rule of the Bot API: a good client's list stays empty."""

    def __post_init__(self) -> None:
        self._message_ids = itertools.count(100)
        self._update_ids = itertools.count(1)
        self._queue: deque[dict[str, Any]] = deque()
        self._sends: deque[float] = deque()
        self._chat_room: dict[int, tuple[float, float]] = {}
        self._open_callbacks: set[str] = set()
        self._known_chats: set[int] = set()
        self._lock = threading.Lock()
        self._server: uvicorn.Server | None = None
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._client = httpx.Client(timeout=60, limits=limits)

    # ------------------------------------------------------------------ running
    def __enter__(self) -> FakeBotApi:
        paths = ("/bot{token}/{method}", "/{caller}/bot{token}/{method}")
        app = Starlette(routes=[Route(path, self._call, methods=["GET", "POST"]) for path in paths])
        config = uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.should_exit = True
        self._thread.join(timeout=5)
        self._client.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def url_of(self, caller: str) -> str:
        """The address for one of several callers, who is then named in what he sent."""
        return f"{self.url}/{caller}"

    # ------------------------------------------------------------------ owners
    def say(self, chat_id: int, text: str, **more: Any) -> dict[str, Any]:
        return self._update(message=self._message(chat_id, text=text, **more))

    def send_other(self, chat_id: int, **content: Any) -> dict[str, Any]:
        return self._update(message=self._message(chat_id, **content))

    def share_contact(self, chat_id: int, phone: str, user_id: int | None = None) -> dict[str, Any]:
        """Send a contact: the owner's own unless another `user_id` is given (0: somebody who is not on Telegram)."""
        contact: dict[str, Any] = {"phone_number": phone, "first_name": "Léa"}
        if user_id != 0:
            contact["user_id"] = user_id or chat_id
        return self.send_other(chat_id, contact=contact)

    def edit(self, chat_id: int, message_id: int, text: str) -> dict[str, Any]:
        message = self._message(chat_id, text=text) | {
            "message_id": message_id,
            "edit_date": int(time.time()),
        }
        return self._update(edited_message=message)

    def press(self, chat_id: int, data: str, message_id: int) -> dict[str, Any]:
        shown = next((m for m in self.chats[chat_id] if m.message_id == message_id), None)
        message = self._message(chat_id, text=shown.text if shown else "") | {"message_id": message_id}
        if shown is not None and shown.keyboard:
            message["reply_markup"] = {"inline_keyboard": shown.keyboard}
        callback_id = f"cb{next(self._update_ids)}"
        self._open_callbacks.add(callback_id)
        query = {
            "id": callback_id,
            "from": {"id": chat_id, "is_bot": False, "first_name": "Owner"},
            "message": message,
            "chat_instance": str(chat_id),
            "data": data,
        }
        return self._update(callback_query=query)

    def membership(
        self, chat_id: int, status: str, chat_type: str = "private", before: str = "member"
    ) -> dict[str, Any]:
        user = {"id": 123456, "is_bot": True, "first_name": "Connecteur", "username": "connecteur_bot"}
        member: dict[str, Any] = {"user": user, "status": status}
        if status == "kicked":
            member["until_date"] = 0
        return self._update(
            my_chat_member={
                "chat": {"id": chat_id, "type": chat_type},
                "from": {"id": abs(chat_id), "is_bot": False, "first_name": "Owner"},
                "date": int(time.time()),
                "old_chat_member": {"user": user, "status": before},
                "new_chat_member": member,
            }
        )

    def post(self, chat_id: int, text: str) -> dict[str, Any]:
        """A post of a channel, of which the bot is an administrator: nobody is its author."""
        message = self._message(chat_id, text=text, chat_type="channel")
        del message["from"]
        return self._update(channel_post=message)

    def let_into(self, chat_id: int, chat_type: str, status: str) -> dict[str, Any]:
        """The bot becomes a member of a group, or an administrator of a channel."""
        self._known_chats.add(chat_id)
        return self.membership(chat_id, status, chat_type=chat_type, before="left")

    def texts(self, chat_id: int) -> list[str]:
        return [message.text for message in self.chats[chat_id]]

    def last(self, chat_id: int) -> SentMessage:
        return self.chats[chat_id][-1]

    def post_to_webhook(self, update: dict[str, Any], url: str | None = None) -> int:
        """Deliver one update as Telegram does, or to another worker at `url`; the status that came back."""
        assert self.webhook is not None
        headers = {"X-Telegram-Bot-Api-Secret-Token": str(self.webhook.get("secret_token") or "")}
        return self._client.post(url or self.webhook["url"], json=update, headers=headers).status_code

    def forget_callbacks(self) -> None:
        """Time passes: presses so far are too old to be answered."""
        self._open_callbacks.clear()

    def _message(self, chat_id: int, **content: Any) -> dict[str, Any]:
        self._known_chats.add(chat_id)
        return {
            "message_id": next(self._message_ids),
            "date": int(time.time()),
            "chat": {"id": chat_id, "type": content.pop("chat_type", "private")},
            "from": {"id": chat_id, "is_bot": False, "first_name": "Owner"},
            **content,
        }

    def _update(self, **content: Any) -> dict[str, Any]:
        update = {"update_id": next(self._update_ids), **content}
        if self.webhook is None:
            self._queue.append(update)
        return update

    # ------------------------------------------------------------------ calls
    async def _call(self, request: Request) -> Response:
        method = request.path_params["method"]
        _CALLER.set(request.path_params.get("caller", ""))
        if self.revoked or request.path_params["token"] != TOKEN:
            return _refuse(401, "Unauthorized")
        try:
            arguments, files = await _arguments(request)
        except ClientDisconnect:
            return _refuse(400, "Bad Request: the caller is gone")  # killed in mid-call
        if method not in METHODS:
            return _refuse(404, "Not Found: method not found")
        fault = self._take_fault(method, arguments)
        if fault is not None and not fault.after_effect:
            return await self._faulty(fault, request)
        if why := problem(method, arguments, files):
            return self._refuse_call(method, arguments, why)
        with self._lock:
            self.calls.append((method, arguments))
        answer = getattr(self, "_" + _snake(method))(arguments, files)
        if asyncio.iscoroutine(answer):
            answer = await answer
        if isinstance(answer, JSONResponse):
            return answer
        if fault is not None:
            self._doubt(method, answer)
            return await self._faulty(fault, request)
        await asyncio.sleep(GONE_S)
        if await request.is_disconnected():
            self._doubt(method, answer)
        # In ASCII, as the real one answers: half a character travels as `\\ud83d`.
        return Response(json.dumps({"ok": True, "result": answer}), media_type="application/json")

    def _take_fault(self, method: str, arguments: dict[str, Any]) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.method in (method, "*") and fault.chat_id in (None, _int(arguments.get("chat_id"))):
                    self.faults.remove(fault)
                    return fault
        return None

    def _doubt(self, method: str, answer: Any) -> None:
        """The caller does not hear that this took effect."""
        if method.startswith("send") and isinstance(answer, dict):
            chat = self.chats[answer["chat"]["id"]]
            next(shown for shown in chat if shown.message_id == answer["message_id"]).is_in_doubt = True

    async def _faulty(self, fault: Fault, request: Request) -> JSONResponse:
        self.met[fault.status] += 1
        if fault.status == SILENCE:
            until = time.monotonic() + LONGEST_SILENCE_S
            while not await request.is_disconnected() and time.monotonic() < until:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
            return _refuse(504, "Gateway Timeout")
        if fault.status == 429:
            return _refuse(429, "Too Many Requests", retry_after=fault.retry_after or 1)
        return _refuse(fault.status, "Internal Server Error" if fault.status >= 500 else "Bad Request")

    def _refuse_call(self, method: str, arguments: dict[str, Any], why: str) -> JSONResponse:
        self.refused.append((method, why))
        return _refuse(400, f"Bad Request: {why}")

    def _closed(self, chat_id: int) -> JSONResponse | None:
        """A bot may not write first, nor to whom has blocked it."""
        if chat_id in self.blocked:
            return _refuse(403, "Forbidden: bot was blocked by the user")
        if chat_id not in self._known_chats:
            return _refuse(400, "Bad Request: chat not found")
        return None

    def _limits(self, chat_id: int) -> JSONResponse | None:
        if closed := self._closed(chat_id):
            return closed
        if not self.enforce_limits:
            return None
        with self._lock:
            now = time.monotonic()
            while self._sends and now - self._sends[0] > 1:
                self._sends.popleft()
            if len(self._sends) >= self.per_second * 1.1:
                self.over_limit += 1
                return _refuse(429, "Too Many Requests: retry after 1", retry_after=1)
            room, since = self._chat_room.get(chat_id, (float(self.burst), now))
            room = min(self.burst, room + (now - since) * self.per_chat_per_second)
            if room < 1:
                self.over_chat_limit += 1
                self._chat_room[chat_id] = (room, now)
                return _refuse(429, "Too Many Requests: retry after 1", retry_after=1)
            self._chat_room[chat_id] = (room - 1, now)
            self._sends.append(now)
        return None

    def _get_me(self, arguments: Any, files: Any) -> dict[str, Any]:
        return {"id": 123456, "is_bot": True, "first_name": "Connecteur", "username": "connecteur_bot"}

    async def _get_updates(self, arguments: dict[str, Any], files: Any) -> Any:
        if self.webhook is not None:
            return _refuse(409, "Conflict: can't use getUpdates method while webhook is active")
        offset = int(arguments.get("offset") or 0)
        deadline = time.monotonic() + min(float(arguments.get("timeout") or 0), 1.0)
        while True:
            while self._queue and self._queue[0]["update_id"] < offset:
                self._queue.popleft()
            if self._queue or time.monotonic() >= deadline:
                return list(itertools.islice(self._queue, int(arguments.get("limit") or 100)))
            await asyncio.sleep(0.02)

    def _set_webhook(self, arguments: dict[str, Any], files: Any) -> bool:
        self.webhook = arguments
        return True

    def _delete_webhook(self, arguments: Any, files: Any) -> bool:
        self.webhook = None
        return True

    def _get_webhook_info(self, arguments: Any, files: Any) -> dict[str, Any]:
        url = (self.webhook or {}).get("url", "")
        return {"url": url, "has_custom_certificate": False, "pending_update_count": 0}

    def _set_my_commands(self, arguments: dict[str, Any], files: Any) -> bool:
        self.commands[str(arguments.get("language_code") or "")] = _json(arguments["commands"])
        return True

    def _send_chat_action(self, arguments: dict[str, Any], files: Any) -> Any:
        return self._closed(int(arguments["chat_id"])) or True

    def _answer_callback_query(self, arguments: dict[str, Any], files: Any) -> Any:
        callback_id = arguments["callback_query_id"]
        if callback_id not in self._open_callbacks:
            return _refuse(
                400, "Bad Request: query is too old and response timeout expired or query ID is invalid"
            )
        self._open_callbacks.discard(callback_id)  # once
        self.answered_callbacks.append(callback_id)
        return True

    def _send_message(self, arguments: dict[str, Any], files: Any) -> Any:
        self._preview(arguments)
        return self._show("sendMessage", arguments, str(arguments["text"]))

    def _send_photo(self, arguments: dict[str, Any], files: Any) -> Any:
        return self._show("sendPhoto", arguments, str(arguments.get("caption") or ""))

    def _send_document(self, arguments: dict[str, Any], files: dict[str, Any]) -> Any:
        name = files["document"][0] if "document" in files else str(arguments["document"])
        return self._show("sendDocument", arguments, name)

    def _show(self, method: str, arguments: dict[str, Any], text: str) -> Any:
        chat_id = int(arguments["chat_id"])
        if refused := self._limits(chat_id):
            return refused
        markup = _json(arguments.get("reply_markup") or "{}")
        if "keyboard" in markup:
            self.reply_keyboards[chat_id] = markup["keyboard"]
        elif markup.get("remove_keyboard"):
            self.reply_keyboards.pop(chat_id, None)
        keyboard = markup.get("inline_keyboard", [])
        id_, now = next(self._message_ids), time.monotonic()
        shown = SentMessage(id_, chat_id, text, keyboard, method, now, _CALLER.get())
        self.chats[chat_id].append(shown)
        return _wire(shown)

    def _preview(self, arguments: dict[str, Any]) -> None:
        options = _json(arguments.get("link_preview_options") or "{}")
        if re.search(r"https?://", str(arguments["text"])) and not options.get("is_disabled"):
            self.previewed.append(str(arguments["text"]))

    def _edit_message_text(self, arguments: dict[str, Any], files: Any) -> Any:
        self._preview(arguments)
        return self._edit(arguments, str(arguments["text"]))

    def _edit_message_caption(self, arguments: dict[str, Any], files: Any) -> Any:
        return self._edit(arguments, str(arguments.get("caption") or ""), of="sendPhoto")

    def _edit_message_reply_markup(self, arguments: dict[str, Any], files: Any) -> Any:
        return self._edit(arguments, None)

    def _edit(self, arguments: dict[str, Any], text: str | None, of: str = "sendMessage") -> Any:
        chat_id = int(arguments["chat_id"])
        if closed := self._closed(chat_id):
            return closed
        shown = next((m for m in self.chats[chat_id] if m.message_id == int(arguments["message_id"])), None)
        if shown is None:
            return _refuse(400, "Bad Request: message to edit not found")
        if text is not None and shown.method != of:
            what = "text" if of == "sendMessage" else "caption"
            return _refuse(400, f"Bad Request: there is no {what} in the message to edit")
        keyboard = _json(arguments.get("reply_markup") or "{}").get("inline_keyboard", [])
        if (text is None or text == shown.text) and keyboard == shown.keyboard:
            return _refuse(
                400,
                "Bad Request: message is not modified: specified new message content and reply markup are "
                "exactly the same as a current content and reply markup of the message",
            )
        shown.text = shown.text if text is None else text
        shown.keyboard, shown.edits = keyboard, shown.edits + 1
        return _wire(shown)


def _wire(shown: SentMessage) -> dict[str, Any]:
    return {
        "message_id": shown.message_id,
        "date": int(time.time()),
        "chat": {"id": shown.chat_id, "type": "private"},
        "text": shown.text,
    }


async def _arguments(request: Request) -> tuple[dict[str, Any], dict[str, tuple[str, bytes]]]:
    if "application/json" in request.headers.get("content-type", ""):
        return await request.json(), {}
    arguments: dict[str, Any] = dict(request.query_params)
    files: dict[str, tuple[str, bytes]] = {}
    async with request.form() as form:
        for key, value in form.multi_items():
            if isinstance(value, str):
                arguments[key] = value
            else:
                files[key] = (value.filename or "", await value.read())
    attached = {
        name: files[str(value).removeprefix("attach://")]
        for name, value in arguments.items()
        if str(value).startswith("attach://")
    }
    return {k: v for k, v in arguments.items() if k not in attached}, files | attached


def _refuse(status: int, description: str, retry_after: int | None = None) -> JSONResponse:
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if retry_after is not None:
        body["parameters"] = {"retry_after": retry_after}
    return JSONResponse(body, status_code=status)


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _int(value: Any) -> int | None:
    return None if value is None else int(value)


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() else c for c in name)
