"""Rasa's HTTP API over the conversations of the REST channel, behind a token or a JWT (404 when neither is set).

Routes, parameters and answers are those of Rasa 3.6 (`rasa/server.py`). What has no sense here (training and testing
over HTTP, loading another model) is not there. What an action says to such a call comes back in `messages`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jwt
import orjson
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

import bot
from bot.assistant import Assistant
from bot.dialogue import (
    Domain,
    SessionStarted,
    Tracker,
    UserUttered,
    event_from_json,
    external_message,
    log_message,
    predict_next,
    run_action,
    turn,
    write_test_stories,
)
from bot.messages import BotMessage
from bot.web.rest import CHANNEL, has_api_token, wire_messages

router = APIRouter()

EVENT_SCOPES = ("NONE", "APPLIED", "AFTER_RESTART", "ALL")


class RasaError(Exception):
    """A refusal in Rasa's words: an HTTP status, its reason, and a sentence."""

    def __init__(
        self, status: int, reason: str, message: str, *, parameter: str | None = None, where: str = "body"
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.details = {} if parameter is None else {"parameter": parameter, "in": where}


async def rasa_error(request: Request, error: Exception) -> Response:
    """The JSON that Rasa answers to a refused call."""
    assert isinstance(error, RasaError)  # noqa: S101 (registered for this class alone)
    content = {
        "version": bot.__version__,
        "status": "failure",
        "message": str(error),
        "reason": error.reason,
        "details": error.details,
        "help": None,
        "code": error.status,
    }
    return JSONResponse(content, status_code=error.status)


# ------------------------------------------------------------------ the server
@router.get("/version")
async def version() -> dict[str, str]:
    """This program's version, and that of the Rasa format which it reads."""
    return {"version": bot.__version__, "minimum_compatible_version": "3.0.0"}


@router.get("/status")
async def status(request: Request, token: str | None = None) -> dict[str, Any]:
    """Which project is served; nothing is ever trained behind this API."""
    require_access(request, token)
    return {"model_file": "", "model_id": bot.__version__, "num_active_training_jobs": 0}


@router.get("/domain")
async def domain(request: Request, token: str | None = None) -> Response:
    """The domain, as JSON or, when the caller accepts `application/x-yaml` alone, as YAML."""
    require_access(request, token)
    raw = _as_rasa_shows(_assistant(request).model.domain)
    accepted = request.headers.get("accept", "*/*")
    if "json" in accepted or "*/*" in accepted:
        return _json(raw)
    if accepted.endswith(("yml", "yaml")):
        from ruamel.yaml import YAML
        from ruamel.yaml.compat import StringIO

        text = StringIO()
        YAML().dump(orjson.loads(orjson.dumps(raw, default=str)), text)
        return Response(text.getvalue(), media_type="application/x-yaml")
    raise RasaError(406, "NotAcceptable", "Invalid Accept header: JSON or application/x-yaml.")


@router.post("/model/parse")
async def parse(request: Request, token: str | None = None) -> Response:
    """What is read in a text: intent, entities, ranking."""
    require_access(request, token)
    text = (await _body(request)).get("text")
    if not isinstance(text, str):
        raise RasaError(400, "BadRequest", "Body must contain 'text'.", parameter="text")
    return _json(_assistant(request).parse(text))


@router.post("/model/predict")
async def predict_for_events(
    request: Request, token: str | None = None, include_events: str = "AFTER_RESTART"
) -> Response:
    """The next action after a list of events that is nobody's conversation."""
    require_access(request, token)
    events = await _events(request)
    model = _assistant(request).model
    tracker = Tracker.from_events(model, "default", events)
    state = tracker.current_state(0)
    state["events"] = _in_scope(events, _scope(include_events))
    return _json({**_sorted_scores(predict_next(model, tracker)), "tracker": state})


def _as_rasa_shows(domain: Domain) -> dict[str, Any]:
    """The domain with what Rasa fills in (version, session) and its order of intents."""
    shown = {key: value for key, value in domain.raw.items() if value not in ([], {}, None)}
    intents = sorted(
        shown.get("intents") or (), key=lambda one: one if isinstance(one, str) else next(iter(one))
    )
    session = {
        "session_expiration_time": domain.session_minutes,
        "carry_over_slots_to_new_session": domain.carry_over_slots,
    }
    return {"version": "3.1", **shown, "intents": intents, "session_config": session}


# ------------------------------------------------------------------ one conversation
@router.get("/conversations/{sender}/tracker")
async def tracker(
    request: Request,
    sender: str,
    include_events: str = "AFTER_RESTART",
    until: float | None = None,
    token: str | None = None,
) -> Response:
    """Rasa's tracker JSON of a sender; to one that is not known it shows a session just begun and keeps nothing."""
    require_access(request, token, sender)
    return _json(await _state(_assistant(request), sender, include_events, until))


@router.post("/conversations/{sender}/tracker/events")
async def append_events(
    request: Request,
    sender: str,
    include_events: str = "AFTER_RESTART",
    execute_side_effects: bool = False,
    token: str | None = None,
) -> Response:
    """Add one event or several; bot events are sent only with `execute_side_effects`."""
    require_access(request, token, sender)
    _scope(include_events)
    events = await _events(request)
    assistant = _assistant(request)
    replies = await assistant.log.append_events(CHANNEL, sender, events, says=execute_side_effects)
    await assistant.mailbox.mark_sent(
        [reply.id for reply in replies]
    )  # this channel has nowhere to send them later
    return _json(await _state(assistant, sender, include_events))


@router.put("/conversations/{sender}/tracker/events")
async def replace_events(
    request: Request, sender: str, include_events: str = "AFTER_RESTART", token: str | None = None
) -> Response:
    """Put these events in the place of the conversation's own."""
    require_access(request, token, sender)
    _scope(include_events)
    await _assistant(request).log.replace_events(CHANNEL, sender, await _events(request))
    return _json(await _state(_assistant(request), sender, include_events))


@router.get("/conversations/{sender}/story")
async def story(
    request: Request,
    sender: str,
    until: float | None = None,
    all_sessions: bool = False,
    token: str | None = None,
) -> Response:
    """The conversation as a test story, ready for `tests/test_stories.yml`."""
    require_access(request, token, sender)
    await _require_known(_assistant(request), sender)
    state = await _state(_assistant(request), sender, "ALL", until)
    events = [event for data in state["events"] if (event := event_from_json(data)) is not None]
    sessions: list[list[Any]] = [[]]
    for event in events:
        if isinstance(event, SessionStarted):
            sessions.append([])
        sessions[-1].append(event)
    told = [part for part in sessions if any(isinstance(event, UserUttered) for event in part)]
    return Response(write_test_stories(sender, told[0 if all_sessions else -1 :]), media_type="text/plain")


@router.post("/conversations/{sender}/trigger_intent")
async def trigger_intent(
    request: Request, sender: str, include_events: str = "AFTER_RESTART", token: str | None = None
) -> Response:
    """Act as if the user had meant an intent (`name`, `entities`)."""
    require_access(request, token, sender)
    _scope(include_events)
    body = await _body(request)
    name, entities = body.get("name"), body.get("entities") or []
    assistant = _assistant(request)
    if not name:
        raise RasaError(
            400, "BadRequest", "Name of the intent not provided in request body.", parameter="name"
        )
    if name not in assistant.model.domain.intents:
        raise RasaError(404, "NotFound", f"The intent {name} does not exist in the domain.")

    def dialogue(tracker: Tracker, now: Callable[[], float], rng: random.Random) -> Any:
        message = external_message(name, entities, tracker.input_channel)
        return turn(assistant.model, tracker, message, now=now, rng=rng)

    return await _said(assistant, sender, await assistant.act(CHANNEL, sender, dialogue), include_events)


@router.post("/conversations/{sender}/execute")
async def execute(
    request: Request, sender: str, include_events: str = "AFTER_RESTART", token: str | None = None
) -> Response:
    """Run an action by its `name`, whatever the policies would do."""
    require_access(request, token, sender)
    _scope(include_events)
    body = await _body(request)
    name, policy, confidence = body.get("name"), body.get("policy"), body.get("confidence")
    assistant = _assistant(request)
    if not name:
        raise RasaError(
            400, "BadRequest", "Name of the action not provided in request body.", parameter="name"
        )
    if name not in assistant.model.domain.action_names:
        raise RasaError(404, "NotFound", f"The action {name} does not exist in the domain.")
    await _require_known(assistant, sender)

    def dialogue(tracker: Tracker, now: Callable[[], float], rng: random.Random) -> Any:
        return run_action(
            assistant.model, tracker, name, now=now, rng=rng, policy=policy, confidence=confidence
        )

    return await _said(assistant, sender, await assistant.act(CHANNEL, sender, dialogue), include_events)


@router.post("/conversations/{sender}/predict")
async def predict(request: Request, sender: str, token: str | None = None) -> Response:
    """The next action that the policies would take; nothing is run."""
    require_access(request, token, sender)
    assistant = _assistant(request)
    await _require_known(assistant, sender)
    now = await assistant.log.tracker_of(CHANNEL, sender)
    scores = _sorted_scores(predict_next(assistant.model, now))
    return _json({**scores, "tracker": await _state(assistant, sender, "AFTER_RESTART")})


@router.post("/conversations/{sender}/messages")
async def add_message(
    request: Request, sender: str, include_events: str = "AFTER_RESTART", token: str | None = None
) -> Response:
    """Log a message of the user (`text`, `sender: user`, `parse_data`) without acting on it."""
    require_access(request, token, sender)
    _scope(include_events)
    body = await _body(request)
    text, who, parsed = body.get("text"), body.get("sender"), body.get("parse_data")
    if not isinstance(text, str):
        raise RasaError(400, "BadRequest", "Body must contain 'text'.", parameter="text")
    if who != "user":
        raise RasaError(
            400,
            "BadRequest",
            "Currently, only user messages can be passed to this endpoint. "
            f"Messages of sender '{who}' cannot be handled.",
            parameter="sender",
        )
    if parsed is not None and not isinstance(parsed, dict):
        raise RasaError(400, "BadRequest", "'parse_data' must be an object.", parameter="parse_data")
    assistant = _assistant(request)
    message = UserUttered(text=text.strip(), parse_data=parsed or assistant.parse(text.strip()))

    def dialogue(tracker: Tracker, now: Callable[[], float], rng: random.Random) -> Any:
        return log_message(assistant.model, tracker, message, now=now, rng=rng)

    await assistant.act(CHANNEL, sender, dialogue)
    return _json(await _state(assistant, sender, include_events))


# ------------------------------------------------------------------ who may
def require_access(request: Request, token: str | None, sender: str | None = None) -> None:
    """Let pass a call with the API token, or with a JWT that may touch this conversation.

    A JWT (`Authorization: Bearer …`) holds `user: {username, role}`: an admin may do everything, a user only what
    concerns the conversation that bears his name.

    Raises:
        RasaError: 404 when the API is off, 401 without a valid token, 403 when it is not enough.
    """
    settings = request.app.state.settings
    if not settings.api_token and not settings.jwt_secret:
        raise RasaError(404, "NotFound", "the API is off: set CONNECTEUR_API_TOKEN or CONNECTEUR_JWT_SECRET")
    if has_api_token(request, token):
        return
    user = _jwt_user(request) if settings.jwt_secret else None
    if user is None:
        raise RasaError(401, "NotAuthenticated", "User is not authenticated.")
    is_own = user.get("role") == "user" and sender is not None and user.get("username") == sender
    if user.get("role") != "admin" and not is_own:
        raise RasaError(403, "NotAuthorized", "User has insufficient permissions.")


def _jwt_user(request: Request) -> Mapping[str, Any] | None:
    settings = request.app.state.settings
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    try:
        claims = jwt.decode(
            encoded, settings.jwt_secret, algorithms=[settings.jwt_method], options={"verify_aud": False}
        )
    except (jwt.InvalidTokenError, jwt.InvalidKeyError):
        return None
    user = claims.get("user")
    return user if isinstance(user, dict) else {}


# ------------------------------------------------------------------ in and out
def _assistant(request: Request) -> Assistant:
    assistant: Assistant = request.app.state.assistant
    return assistant


async def _require_known(assistant: Assistant, sender: str) -> None:
    if await assistant.conversation_id(CHANNEL, sender) is None:
        raise RasaError(404, "Not found", "Conversation ID not found.")


async def _read(request: Request) -> Any:
    try:
        return orjson.loads(await request.body())
    except orjson.JSONDecodeError as error:
        raise RasaError(400, "BadRequest", f"The request body is not JSON: {error}") from error


async def _body(request: Request) -> dict[str, Any]:
    body = await _read(request)
    if not isinstance(body, dict):
        raise RasaError(400, "BadRequest", "The request body must be a JSON object.")
    return body


async def _events(request: Request) -> list[dict[str, Any]]:
    """One event or a list of them; those of no known type are left out."""
    body = await _read(request)
    items = body if isinstance(body, list) else [body]
    events: list[dict[str, Any]] = []
    for item in items:
        try:
            known = event_from_json(item) is not None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RasaError(400, "BadRequest", f"An event cannot be read: {error!r}.") from error
        if known:
            events.append(item)
    if not events:
        raise RasaError(400, "BadRequest", "Couldn't extract a proper event from the request body.")
    return events


def _scope(include_events: str) -> str:
    scope = include_events.upper()
    if scope not in EVENT_SCOPES:
        raise RasaError(
            400,
            "BadRequest",
            f"Invalid parameter value for 'include_events'. Should be one of {', '.join(EVENT_SCOPES)}",
            parameter="include_events",
            where="query",
        )
    return scope


async def _state(
    assistant: Assistant, sender: str, include_events: str, until: float | None = None
) -> dict[str, Any]:
    scope = _scope(include_events)
    known = await assistant.log.tracker_json(sender, include_events=scope, until=until)
    if known is not None:
        return known
    begun = await assistant.log.tracker_of(CHANNEL, sender)
    state = begun.current_state()
    return {**state, "events": _in_scope(state["events"], scope)}


def _in_scope(events: Sequence[dict[str, Any]], scope: str) -> list[dict[str, Any]] | None:
    from bot.assistant.transcript import events_in_scope

    return None if scope == "NONE" else events_in_scope(list(events), scope)


def _sorted_scores(prediction: dict[str, Any]) -> dict[str, Any]:
    scores = sorted(prediction["scores"], key=lambda item: (-item["score"], item["action"]))
    return {**prediction, "scores": scores}


async def _said(
    assistant: Assistant, sender: str, replies: Sequence[BotMessage], include_events: str
) -> Response:
    """What was said, which thereby is sent, and the conversation after it."""
    messages = [wire for reply in replies for wire in wire_messages(reply, sender)]
    response = _json({"tracker": await _state(assistant, sender, include_events), "messages": messages})
    await assistant.mailbox.mark_sent([reply.id for reply in replies])
    return response


def _json(content: Any) -> Response:
    return Response(orjson.dumps(content, default=str), media_type="application/json")
