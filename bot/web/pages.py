"""The few pages around the conversation: front page, privacy notice, accessibility statement."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from bot.web.chat import templates

router = APIRouter()


@router.get("/", response_class=HTMLResponse)
async def front_page(request: Request) -> Response:
    """The page of a chamber that leads to the conversation."""
    return templates.TemplateResponse(request, "front.html", {})


@router.get("/confidentialite", response_class=HTMLResponse)
async def privacy_page(request: Request) -> Response:
    """What is kept, for how long, who reads it, and how to have it erased."""
    days = request.app.state.settings.retention_days
    return templates.TemplateResponse(request, "privacy.html", {"retention_days": days})


@router.get("/accessibilite", response_class=HTMLResponse)
async def accessibility_page(request: Request) -> Response:
    """The accessibility statement: what was checked, what was not."""
    return templates.TemplateResponse(request, "accessibility.html", {})
