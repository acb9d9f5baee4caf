"""The HTTP side of the program: one FastAPI application on one port.

`create_app` is called by `bot.bootstrap`; it is given what makes the assistant and knows nothing behind it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import cast

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import bot
from bot.assistant import Assistant
from bot.errors import StoreUnavailableError
from bot.settings import Settings
from bot.web import chat, health, pages, rasa_api, rest

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 1_000_000
"""A message of 10,000 characters is 40 kB at most; nothing that we take is near this."""

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def create_app(
    make_assistant: Callable[[], AbstractAsyncContextManager[Assistant]], settings: Settings, *, host: str
) -> FastAPI:
    """Build the application. `host` is the address it will be bound to: it decides who needs the API token."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with make_assistant() as assistant:
            app.state.assistant = assistant
            yield
            app.state.assistant = None

    app = FastAPI(
        title="Connecteur", version=bot.__version__, lifespan=lifespan, docs_url=None, redoc_url=None
    )
    app.state.settings = settings
    app.state.assistant = None
    app.state.telegram_name = None
    app.state.bound_to_loopback = host in ("127.0.0.1", "::1", "localhost")
    # The one address under load: a plain route, met before FastAPI looks through its routers.
    app.add_route(rest.PATH, rest.rest_webhook, methods=["POST"])
    for router in (health.router, rest.router, rasa_api.router, chat.router, pages.router):
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
    app.add_middleware(_Guard)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(rasa_api.RasaError, rasa_api.rasa_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(StoreUnavailableError, _store_unavailable)
    return app


class _Guard:
    """Around every request: a limit to its size, a word for what failed, headers of security.

    Plain ASGI: Starlette's `BaseHTTPMiddleware` would cost a task and two queues a request.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_guarded(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        request = Request(scope)
        length = request.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            refusal = error_answer(request, 413, "too_large", "Ce message est trop long.")
            await refusal(scope, receive, send_guarded)
            return
        try:
            await self._app(scope, receive, send_guarded)
        except Exception as error:
            if has_begun:
                raise
            if isinstance(error, StoreUnavailableError):
                answer = await _store_unavailable(request, error)
            else:
                log.exception("request_failed", path=request.url.path)
                answer = error_answer(
                    request, 500, "internal", "Une erreur est survenue de notre côté. Rien n'est perdu."
                )
            await answer(scope, receive, send_guarded)


def error_response(status: int, code: str, message: str) -> JSONResponse:
    """The one shape of an error over HTTP."""
    return JSONResponse({"error": {"code": code, "message": message}}, status_code=status)


ERROR_TITLES = {404: "Cette page n'existe pas", 413: "C'est trop long", 503: "Un instant"}
NOT_FOUND = "L'adresse est peut-être mal recopiée, ou la page a changé de place."


def error_answer(request: Request, status: int, code: str, message: str) -> Response:
    """An error for whoever asked: a page for a browser, the JSON shape for a program."""
    if "text/html" not in request.headers.get("accept", ""):
        return error_response(status, code, message)
    title = ERROR_TITLES.get(status, "Cela n'a pas marché")
    page = chat.templates.get_template("error.html").render(request=request, title=title, message=message)
    return HTMLResponse(page, status_code=status)


async def _http_error(request: Request, error: Exception) -> Response:
    http_error = cast(HTTPException, error)
    status, detail = http_error.status_code, str(http_error.detail)
    if detail == HTTPStatus(status).phrase and "text/html" in request.headers.get("accept", ""):
        # The framework's own words, in English: said to a browser in French.
        detail = NOT_FOUND if status == HTTPStatus.NOT_FOUND else "Cette adresse ne s'ouvre pas ainsi."
    return error_answer(request, status, f"http_{status}", detail)


async def _invalid_request(request: Request, error: Exception) -> Response:
    first = cast(RequestValidationError, error).errors()[0]
    where = ".".join(str(part) for part in first.get("loc", ()) if part != "body")
    return error_response(400, "invalid_request", f"{where or 'body'}: {first.get('msg', 'invalid')}")


async def _store_unavailable(request: Request, error: Exception) -> Response:
    log.error("store_unavailable", error=str(error))
    return error_answer(
        request,
        503,
        "store_unavailable",
        "Le service ne peut pas enregistrer en ce moment. Réessayez dans un instant.",
    )
