"""Rasa's HTTP API over the conversations of the REST channel, behind the API token (404 when none is set)."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

import bot
from bot.web.rest import has_api_token

router = APIRouter()

EVENT_SCOPES = ("ALL", "APPLIED", "AFTER_RESTART", "NONE")


@router.get("/version")
async def version() -> dict[str, str]:
    """This program's version, and that of the Rasa format which it reads."""
    return {"version": bot.__version__, "minimum_compatible_version": "3.0.0"}


@router.get("/conversations/{sender}/tracker")
async def tracker(
    request: Request,
    sender: str,
    include_events: str = "AFTER_RESTART",
    until: float | None = None,
    token: str | None = None,
) -> Response:
    """Rasa's tracker JSON of a sender of the REST channel."""
    require_api_token(request, token)
    if include_events not in EVENT_SCOPES:
        raise HTTPException(400, f"include_events: one of {', '.join(EVENT_SCOPES)}")
    state: dict[str, Any] | None = await request.app.state.assistant.tracker_json(
        sender, include_events=include_events, until=until
    )
    if state is None:
        raise HTTPException(404, "no such conversation")
    return Response(orjson.dumps(state, default=str), media_type="application/json")


def require_api_token(request: Request, token: str | None) -> None:
    """Let pass a call with the API token.

    Raises:
        HTTPException: 404 when the deployment has no token (the API is off), 401 when it is wrong.
    """
    if not request.app.state.settings.api_token:
        raise HTTPException(404, "the API is off: set CONNECTEUR_API_TOKEN")
    if not has_api_token(request, token):
        raise HTTPException(401, "wrong or missing token")
