"""Liveness, readiness, and Prometheus figures (never personal data: channels and counts only)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

router = APIRouter()

TURNS = Counter("connecteur_turns_total", "Turns handled", ["channel"])
FAILED_TURNS = Counter("connecteur_failed_turns_total", "Turns that ended in an error of ours", ["channel"])
TURN_SECONDS = Histogram(
    "connecteur_turn_seconds",
    "Time of a turn, from the message to its committed replies",
    ["channel"],
    buckets=(0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.125, 0.25, 0.5, 1, 2, 5),
)


@contextmanager
def count_turn(channel: str) -> Iterator[None]:
    """Count and time one turn of a channel."""
    start = time.perf_counter()
    try:
        yield
    except Exception:
        FAILED_TURNS.labels(channel).inc()
        raise
    TURNS.labels(channel).inc()
    TURN_SECONDS.labels(channel).observe(time.perf_counter() - start)


@router.get("/healthz")
async def healthz() -> PlainTextResponse:
    """The process lives."""
    return PlainTextResponse("ok")


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """The assistant is loaded and its store answers."""
    assistant = request.app.state.assistant
    if assistant is None or not await assistant.is_ready():
        return JSONResponse({"ready": False}, status_code=503)
    return JSONResponse({"ready": True})


@router.get("/metrics")
async def metrics() -> Response:
    """Prometheus figures of this process."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
