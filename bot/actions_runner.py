"""Runs the custom actions that the dialogue asks for: in the process, or on a Rasa action server.

An action that raises, is late, or is nobody's is an `ActionResult` with an error: the turn goes on, the owner is told,
the log has it. Never silence, as in Rasa, and never an exception out of here.
"""

from __future__ import annotations

import asyncio
import inspect
import traceback
import zlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from types import ModuleType
from typing import Any, Protocol

import httpx
import orjson
from rasa_sdk import Action
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from bot.dialogue.calls import ActionResult, CallAction
from bot.dialogue.yaml_source import where
from bot.errors import ContentError
from bot.project import parts_of

RASA_VERSION = "3.6.21"
"""The version of the protocol that an action server is told."""
ASKS_FOR_DOMAIN = 449
"""What newer action servers answer when they were called without a domain and have none."""


class ActionsRunner(Protocol):
    """What runs actions."""

    async def run_action(self, call: CallAction) -> ActionResult:
        """Run one; a failure is in the result."""

    def registered_names(self) -> frozenset[str] | None:
        """The actions that there are; None when only the server knows."""

    async def close(self) -> None:
        """Let go of connections."""


class InProcessRunner:
    """rasa-sdk's `ActionExecutor` in this process.

    An action gets copies of slots and message: what it changes in place without an event would otherwise change
    the conversation behind the log's back. The domain is one object for all calls and is not to be changed.
    """

    def __init__(
        self,
        module: ModuleType | None,
        domain: Mapping[str, Any],
        *,
        timeout_s: float = 30.0,
        max_events: int | None = 200,
    ) -> None:
        self._executor = ActionExecutor()
        self._domain = dict(domain) or {"version": "3.1"}
        self._timeout_s = timeout_s
        self._max_events = max_events
        for action in _actions_in(module):
            run = action.run
            self._executor.register_function(
                action.name(), run if inspect.iscoroutinefunction(run) else _in_thread(run)
            )

    def registered_names(self) -> frozenset[str]:
        """The names of the registered actions."""
        return frozenset(self._executor.actions)

    async def run_action(self, call: CallAction) -> ActionResult:
        """Run one action; see `ActionsRunner`."""
        state = call.tracker.current_state(self._max_events)
        events = state.pop("events")
        payload = {
            "next_action": call.name,
            "sender_id": call.tracker.sender_id,
            "tracker": {**orjson.loads(orjson.dumps(state, default=str)), "events": events},
            "domain": self._domain,
            "version": RASA_VERSION,
        }
        try:
            async with asyncio.timeout(self._timeout_s):
                result = await self._executor.run(payload)
            if result is None:
                return ActionResult()
            # Whatever an action answers becomes plain JSON here, as over HTTP, and is the log's own from now on.
            answer = orjson.loads(
                orjson.dumps({"events": result.events, "responses": result.responses}, default=str)
            )
        except ActionExecutionRejection:
            return ActionResult(rejected=True)
        except ActionNotFoundException:
            return _failed(call, "nobody registered this action")
        except TimeoutError:
            return _failed(call, f"no answer within {self._timeout_s:g} s")
        except Exception as error:
            return _failed(call, f"{type(error).__name__} at {where_raised(error)}")
        return ActionResult(events=answer["events"], responses=answer["responses"])

    async def close(self) -> None:
        """Nothing is open."""


class HttpRunner:
    """A Rasa action server, in Python or not, by its webhook.

    Only a connection that could not be made is tried again: whatever arrived there may have run. Where the domain
    marks actions with `send_domain: true` these alone are sent it; a server that asks for it (449) gets it.
    """

    def __init__(
        self,
        endpoint: str,
        domain: Mapping[str, Any],
        *,
        timeout_s: float = 30.0,
        max_events: int | None = 200,
        deflate: bool = False,
        wanting_domain: frozenset[str] = frozenset(),
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._base = endpoint.rstrip("/").removesuffix("/webhook")
        self._domain = dict(domain)
        self._wanting_domain = wanting_domain
        self._max_events = max_events
        self._deflate = deflate
        self._timeout_s = timeout_s
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(timeout_s, connect=min(timeout_s, 5.0)), transport=transport
        )

    def registered_names(self) -> frozenset[str] | None:
        """What the server says it has; None when it is not up yet: its answer 404 says later what it lacks."""
        try:
            answer = httpx.get(f"{self._base}/actions", timeout=2.0)
            return frozenset(str(item["name"]) for item in answer.raise_for_status().json())
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return None

    async def run_action(self, call: CallAction) -> ActionResult:
        """Run one action; see `ActionsRunner`."""
        body = {
            "next_action": call.name,
            "sender_id": call.tracker.sender_id,
            "tracker": call.tracker.current_state(self._max_events),
            "version": RASA_VERSION,
        }
        is_sent = not self._wanting_domain or call.name in self._wanting_domain
        try:
            response = await self._post({**body, "domain": self._domain} if is_sent else body)
            if response.status_code == ASKS_FOR_DOMAIN and not is_sent:
                response = await self._post({**body, "domain": self._domain})
        except httpx.TimeoutException:
            return _failed(call, f"the action server did not answer within {self._timeout_s:g} s")
        except httpx.HTTPError as error:
            return _failed(call, f"the action server cannot be reached ({type(error).__name__})")
        if response.status_code == 400:
            return ActionResult(rejected=True)
        if response.status_code == 404:
            return _failed(call, "the action server does not know this action")
        if response.status_code != 200:
            return _failed(call, f"the action server answered {response.status_code}")
        return _read_answer(call, response.content)

    async def _post(self, body: Mapping[str, Any]) -> httpx.Response:
        content = orjson.dumps(body, default=str)
        headers = {"Content-Type": "application/json"}
        if self._deflate:
            content, headers = zlib.compress(content), {**headers, "Content-Encoding": "deflate"}
        url = f"{self._base}/webhook"
        try:
            return await self._client.post(url, content=content, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            await asyncio.sleep(0.2)
            return await self._client.post(url, content=content, headers=headers)

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()


def check_registered(runner: ActionsRunner, wanted: frozenset[str], listed: Any = ()) -> None:
    """Say at the start, not at midnight, that an action of the domain is nobody's.

    Args:
        runner: what runs the actions.
        wanted: those that must be there.
        listed: the domain's `actions:` as they are written, for file and line.

    Raises:
        ContentError: it names them.
    """
    registered = runner.registered_names()
    missing = sorted(wanted - registered) if registered is not None else []
    if missing:
        raise ContentError(
            f"Le domaine nomme des actions que personne n'a écrites : {', '.join(missing)}. "
            "Ajoutez leur classe dans actions/, ou retirez-les du domaine.",
            *where(listed, next((i for i, item in enumerate(listed) if _action_name(item) in missing), None)),
        )


def _action_name(item: Any) -> str:
    return str(next(iter(item))) if isinstance(item, Mapping) else str(item)


def where_raised(error: BaseException) -> str:
    """The last three places of a traceback. Not the error's own words: they may hold an owner's."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(f"{frame.filename}:{frame.lineno} {frame.name}" for frame in reversed(frames))


# ------------------------------------------------------------------ finding the classes
def _actions_in(module: ModuleType | None) -> list[Action]:
    """One instance of each action class of the project; an `ACTIONS` list in it says which, and their order.

    Never `register_package`: it ends the process when an import fails.
    """
    if module is None:
        return []
    listed = getattr(module, "ACTIONS", None)
    classes = list(listed) if listed is not None else list(_action_classes(module))
    actions: list[Action] = []
    for item in classes:
        try:
            action: Action = item() if inspect.isclass(item) else item
            action.name()
        except NotImplementedError:
            continue  # a class that others derive from
        except Exception as error:
            raise ContentError(
                f"L'action « {getattr(item, '__name__', item)} » ne peut pas être créée : "
                f"{type(error).__name__}: {error}",
                getattr(inspect.getmodule(item), "__file__", None),
            ) from error
        actions.append(action)
    return actions


def _action_classes(module: ModuleType) -> Iterator[type[Action]]:
    seen: set[type] = set()
    for one in parts_of(module):
        for value in list(vars(one).values()):
            if not (inspect.isclass(value) and issubclass(value, Action)) or value in seen:
                continue
            seen.add(value)
            if not value.__module__.startswith(("rasa_sdk.", "rasa.")) and not inspect.isabstract(value):
                yield value


def _in_thread(run: Callable[..., Any]) -> Callable[..., Awaitable[Any]]:
    """A plain function may take its time: it must not hold up the other conversations."""

    async def run_aside(dispatcher: Any, tracker: Any, domain: Any) -> Any:
        result = await asyncio.to_thread(run, dispatcher, tracker, domain)
        return await result if inspect.isawaitable(result) else result

    return run_aside


# ------------------------------------------------------------------ answers
def _failed(call: CallAction, error: str) -> ActionResult:
    return ActionResult(error=f"{call.name}: {error}")


def _read_answer(call: CallAction, content: bytes) -> ActionResult:
    try:
        answer = orjson.loads(content)
        events, responses = answer.get("events") or [], answer.get("responses") or []
    except (orjson.JSONDecodeError, AttributeError):
        return _failed(call, "the action server's answer is not a JSON object")
    if not all(isinstance(item, dict) for item in [*events, *responses]):
        return _failed(call, "the action server's answer holds something else than objects")
    return ActionResult(events=events, responses=responses)
