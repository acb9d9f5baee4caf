"""Rasa's REST channel, as it is: `POST /webhooks/rest/webhook`.

It authenticates nobody, so without a token it answers on a loopback address only (design, "Addresses").
"""

from __future__ import annotations

import hmac
import uuid
from datetime import UTC, datetime
from typing import Any

import orjson
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response, StreamingResponse

from bot.assistant.replies import rest_parts
from bot.messages import BotMessage, Document, UserMessage
from bot.web.health import count_turn

CHANNEL = "rest"
PATH = "/webhooks/rest/webhook"
LOOPBACK_CLIENTS = ("127.0.0.1", "::1")
LOOPBACK_HOSTS = ("127.0.0.1", "[::1]", "localhost")

router = APIRouter()


@router.get("/webhooks/rest/")
async def rest_status() -> dict[str, str]:
    """Rasa's liveness answer of the channel."""
    return {"status": "ok"}


async def rest_webhook(request: Request) -> Response:
    """Handle one message: `{"sender", "message", "metadata"?}` in, a list of bot messages out.

    `metadata.message_id`, where given, makes a repeated call one message; `metadata.chamber` names the chamber;
    `?stream=true` gives a message a line. The path is `PATH`.
    """
    query = request.query_params
    require_local_or_token(request, query.get("token"))
    body = await read_json_object(request)
    message = read_user_message(body)
    with count_turn(CHANNEL):
        replies = await request.app.state.assistant.handle(message, is_pulled=True)
    wire = [part for reply in replies for part in wire_messages(reply, message.sender)]
    if query.get("stream", "").lower() not in ("true", "1"):
        return Response(orjson.dumps(wire), media_type="application/json")
    lines = (orjson.dumps(part) + b"\n" for part in wire)
    return StreamingResponse(lines, media_type="text/plain")


def read_user_message(body: dict[str, Any]) -> UserMessage:
    """Turn the JSON body into a message.

    Raises:
        HTTPException: 400 with the key that is wrong.
    """
    sender = body.get("sender", "default")
    text = body.get("message")
    metadata = body.get("metadata") or {}
    if not isinstance(sender, str) or not 1 <= len(sender) <= 200:
        raise HTTPException(400, "sender: a text of 1 to 200 characters is expected")
    if not isinstance(text, str):
        raise HTTPException(400, "message: a text is expected")
    if not isinstance(metadata, dict):
        raise HTTPException(400, "metadata: an object is expected")
    message_id = metadata.get("message_id")
    chamber = metadata.get("chamber")
    return UserMessage(
        channel=CHANNEL,
        sender=sender,
        message_id=str(message_id)[:200] if message_id not in (None, "") else uuid.uuid4().hex,
        text=text,
        sent_at=datetime.now(UTC),
        chamber=chamber[:100] if isinstance(chamber, str) else None,
        metadata=metadata,
    )


def wire_messages(message: BotMessage, recipient: str) -> list[dict[str, Any]]:
    """A bot message as Rasa's REST channel writes it."""
    parts = rest_parts(message)
    if message.document is not None and message.attachment is None:
        parts.append({"attachment": {"type": "file", "payload": _file(message.document)}})
    return [{"recipient_id": recipient, **part} for part in parts]


def _file(document: Document) -> dict[str, Any]:
    is_text = document.media_type.startswith(("text/", "application/json"))
    text = document.content.decode("utf-8", "replace") if is_text else None
    return {"name": document.filename, "media_type": document.media_type, "text": text}


async def read_json_object(request: Request) -> dict[str, Any]:
    """The request's body as a JSON object.

    Raises:
        HTTPException: 400 when it is not UTF-8 JSON, or not an object.
    """
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise HTTPException(400, "the body must be a JSON object")
    return body


def require_local_or_token(request: Request, token: str | None) -> None:
    """Let pass a direct call from this machine to a server bound to loopback, or one with the API token.

    The Host header must name this machine, so that a web page elsewhere cannot reach the channel through an
    owner's own browser; a proxy's header means that the caller is not local.

    Raises:
        HTTPException: 401.
    """
    host = request.headers.get("host", "").rsplit(":", 1)[0] if request.headers.get("host") else ""
    is_local = (
        request.app.state.bound_to_loopback
        and request.client is not None
        and request.client.host in LOOPBACK_CLIENTS
        and host in LOOPBACK_HOSTS
        and "x-forwarded-for" not in request.headers
        and "forwarded" not in request.headers
    )
    if not is_local and not has_api_token(request, token):
        raise HTTPException(
            401, "this address wants the API token (CONNECTEUR_API_TOKEN), as ?token= or bearer"
        )


def has_api_token(request: Request, token: str | None) -> bool:
    """Whether the request carries the API token (compared in constant time)."""
    expected = request.app.state.settings.api_token
    header = request.headers.get("authorization", "")
    given = token or (header[7:] if header.lower().startswith("bearer ") else "")
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())
