"""Runs the Telegram channel beside the HTTP server: webhook with a public address, polling without one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from telegram import Bot
from telegram.error import InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot.assistant import Assistant
from bot.settings import Settings
from bot.telegram.channel import TelegramChannel
from bot.telegram.polling import poll
from bot.telegram.sender import TOKEN_REFUSED, longer, pause_after
from bot.telegram.webhook import register, webhook_secret

log = structlog.get_logger(__name__)


@asynccontextmanager
async def running_telegram(assistant: Assistant, settings: Settings, state: Any) -> AsyncIterator[None]:
    """Run the channel while the server runs; `state` is the web application's, where the webhook finds it.

    Telegram out of reach, or a token refused, is a line in the log: the rest of the server lives.
    """
    token = settings.telegram_token or ""
    polling = HTTPXRequest(connection_pool_size=2)
    bot = Bot(
        token,
        base_url=f"{settings.telegram_api.rstrip('/')}/bot",
        request=HTTPXRequest(
            connection_pool_size=64, read_timeout=settings.telegram_timeout_s, pool_timeout=60.0
        ),
        get_updates_request=polling,
    )
    channel = TelegramChannel(assistant, bot, rate=settings.telegram_rate, public_url=settings.public_url)
    secret = webhook_secret(settings.secret_key, token)
    state.telegram, state.telegram_secret = channel, secret
    runner = asyncio.create_task(_run(bot, polling, channel, settings, secret, state))
    try:
        yield
    finally:
        runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)
        await channel.stop()
        state.telegram = None
        await bot.shutdown()


async def _run(
    bot: Bot, polling: HTTPXRequest, channel: TelegramChannel, settings: Settings, secret: str, state: Any
) -> None:
    pause = 1.0
    while True:
        try:
            await bot.initialize()
            state.telegram_name = bot.username
            if settings.public_url:
                await register(bot, settings.public_url, secret)
            break
        except InvalidToken:
            log.error("telegram_token_refused", cure=TOKEN_REFUSED)
            return
        except TelegramError as error:
            log.warning("telegram_not_reached", error=type(error).__name__, pause_s=pause)
            await asyncio.sleep(pause_after(error, pause))
            pause = longer(pause)
    channel.start()
    log.info("telegram_running", way="webhook" if settings.public_url else "polling")
    if not settings.public_url:
        await poll(bot, polling, channel)
