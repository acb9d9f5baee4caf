"""The way in by webhook: stored, acknowledged (200), then handled. On the same port as the rest."""

from __future__ import annotations

import hmac
from hashlib import sha256

import orjson
import structlog
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import Counter
from telegram import Bot

from bot.telegram.incoming import UPDATES

log = structlog.get_logger(__name__)

PATH = "/telegram/webhook"
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 (the header's name)
REFUSED = Counter("connecteur_telegram_refused_total", "Webhook calls with a wrong secret token")

router = APIRouter()


@router.post(PATH)
async def telegram_webhook(request: Request) -> Response:
    """Take one update. A wrong secret is refused, counted, and never logged."""
    channel = getattr(request.app.state, "telegram", None)
    secret = getattr(request.app.state, "telegram_secret", None)
    given = request.headers.get(SECRET_HEADER, "")
    if channel is None or not secret or not hmac.compare_digest(given.encode(), secret.encode()):
        REFUSED.inc()
        return JSONResponse(
            {"error": {"code": "forbidden", "message": "wrong secret token"}}, status_code=403
        )
    try:
        update = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        log.warning("telegram_malformed_update", error="not JSON")
        return Response(status_code=200)
    await channel.take(update)
    return Response(status_code=200)


def webhook_secret(secret_key: str | None, token: str) -> str:
    """The secret token of the webhook: derived, so that every worker knows it and it is not the bot's token."""
    return hmac.new((secret_key or token).encode(), b"telegram webhook", sha256).hexdigest()


async def register(bot: Bot, public_url: str, secret: str) -> None:
    """Tell Telegram where to send updates."""
    await bot.set_webhook(
        public_url.rstrip("/") + PATH,
        secret_token=secret,
        allowed_updates=list(UPDATES),
        max_connections=40,
    )
