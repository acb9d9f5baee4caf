"""Actions in the process and over HTTP; a real action server is in tests/integration."""

from __future__ import annotations

import asyncio
import random
import types
import zlib
from typing import Any

import httpx
import orjson
import pytest
from rasa_sdk import Action
from rasa_sdk.events import SlotSet
from rasa_sdk.interfaces import ActionExecutionRejection

from bot.actions_runner import HttpRunner, InProcessRunner, check_registered
from bot.dialogue import CallAction, Tracker, load_model
from bot.dialogue.yaml_source import parse_yaml
from bot.errors import ContentError

MODEL = load_model(
    [{"slots": {"x": {"type": "any", "mappings": [{"type": "custom"}], "influence_conversation": False}}}]
)


def call(name: str) -> CallAction:
    return CallAction(name, Tracker(MODEL.domain, "s"))


class Echo(Action):
    def name(self) -> str:
        return "action_echo"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        dispatcher.utter_message(text=f"{tracker.sender_id} {domain['version']}", question={"id": "q"})
        return [SlotSet("x", {1, 2} and [1])]


class Refuses(Action):
    def name(self) -> str:
        return "action_refuses"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        raise ActionExecutionRejection("action_refuses")


class Raises(Action):
    def name(self) -> str:
        return "action_raises"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        raise ValueError("what an owner said")


class Late(Action):
    def name(self) -> str:
        return "action_late"

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        await asyncio.sleep(5)
        return []


class Plain(Action):
    """A plain function that waits, as people write them."""

    def name(self) -> str:
        return "action_plain"

    def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Any:
        import time

        time.sleep(0.2)
        return []


def project(*classes: type[Action]) -> types.ModuleType:
    module = types.ModuleType("a_project_of_tests")
    module.ACTIONS = list(classes)  # type: ignore[attr-defined]
    return module


def runner(*classes: type[Action], timeout_s: float = 1.0) -> InProcessRunner:
    return InProcessRunner(project(*classes), {"version": "3.1"}, timeout_s=timeout_s)


# ------------------------------------------------------------------ in the process
async def test_action_is_given_state_and_domain_and_answers_events_and_responses() -> None:
    result = await runner(Echo).run_action(call("action_echo"))
    assert result.error is None
    assert result.responses[0]["text"] == "s 3.1"
    assert result.responses[0]["question"] == {"id": "q"}
    assert result.events[0]["value"] == [1]


async def test_rejection_is_no_failure() -> None:
    result = await runner(Refuses).run_action(call("action_refuses"))
    assert (result.rejected, result.error) == (True, None)


async def test_exception_is_an_error_with_its_place_and_without_its_words() -> None:
    result = await runner(Raises).run_action(call("action_raises"))
    assert result.error is not None
    assert "test_actions_runner.py" in result.error
    assert "owner said" not in result.error


async def test_late_and_unknown_actions_are_errors() -> None:
    late = await runner(Late, timeout_s=0.05).run_action(call("action_late"))
    assert "no answer within" in str(late.error)
    assert "nobody registered" in str((await runner().run_action(call("action_x"))).error)


async def test_plain_function_that_waits_does_not_stop_the_others() -> None:
    running = asyncio.create_task(runner(Plain).run_action(call("action_plain")))
    ticks = 0
    while not running.done():
        await asyncio.sleep(0.01)
        ticks += 1
    assert (await running).error is None
    assert ticks > 5


def test_actions_of_a_module_are_found_without_a_list() -> None:
    module = types.ModuleType("a_project_without_list")
    module.Echo, module.Action, module.number = Echo, Action, 3  # type: ignore[attr-defined]
    assert InProcessRunner(module, {}).registered_names() == {"action_echo"}


def test_action_that_cannot_be_made_is_a_content_error() -> None:
    class Broken(Echo):
        def __init__(self) -> None:
            raise OSError("no catalogue")

    with pytest.raises(ContentError, match="Broken"):
        runner(Broken)


def test_missing_action_is_named_at_the_start() -> None:
    check_registered(runner(Echo), frozenset({"action_echo"}))
    with pytest.raises(ContentError, match="action_nobody"):
        check_registered(runner(Echo), frozenset({"action_echo", "action_nobody"}))
    check_registered(HttpRunner("http://x", {}), frozenset({"action_nobody"}))


def test_missing_action_is_told_with_its_line_in_the_domain() -> None:
    listed = parse_yaml("- action_echo\n- action_nobody: {send_domain: true}\n", "domain.yml")
    with pytest.raises(ContentError) as caught:
        check_registered(runner(Echo), frozenset({"action_echo", "action_nobody"}), listed)
    assert (caught.value.file, caught.value.line) == ("domain.yml", 2)


# ------------------------------------------------------------------ over HTTP
def http_runner(answer: Any, **more: Any) -> HttpRunner:
    return HttpRunner(
        "http://actions:5055", {"version": "3.1"}, transport=httpx.MockTransport(answer), **more
    )


async def test_server_is_sent_rasas_call() -> None:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(
            200, json={"events": [{"event": "slot", "name": "x", "value": 1}], "responses": []}
        )

    result = await http_runner(answer, deflate=True).run_action(call("action_echo"))
    assert result.events == [{"event": "slot", "name": "x", "value": 1}]
    assert str(seen[0].url) == "http://actions:5055/webhook"
    assert seen[0].headers["content-encoding"] == "deflate"
    body = orjson.loads(zlib.decompress(seen[0].content))
    assert (body["next_action"], body["sender_id"], body["domain"]) == (
        "action_echo",
        "s",
        {"version": "3.1"},
    )
    assert {"slots", "events", "latest_message", "active_loop"} <= set(body["tracker"])


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (httpx.Response(404), "does not know"),
        (httpx.Response(500, text="boom"), "answered 500"),
        (httpx.Response(200, text="hello"), "not a JSON"),
        (httpx.Response(200, json={"events": ["x"]}), "something else than objects"),
    ],
)
async def test_server_that_answers_badly_is_an_error(response: httpx.Response, words: str) -> None:
    result = await http_runner(lambda request: response).run_action(call("action_echo"))
    assert words in str(result.error)


async def test_400_is_a_rejection() -> None:
    assert (await http_runner(lambda r: httpx.Response(400, json={})).run_action(call("a"))).rejected


async def test_connection_that_fails_is_tried_once_more_and_a_slow_answer_is_not() -> None:
    calls: list[str] = []

    def refuses_once(request: httpx.Request) -> httpx.Response:
        calls.append("x")
        if len(calls) == 1:
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json={})

    assert (await http_runner(refuses_once).run_action(call("a"))).error is None
    assert len(calls) == 2
    calls.clear()

    def times_out(request: httpx.Request) -> httpx.Response:
        calls.append("x")
        raise httpx.ReadTimeout("slow")

    assert "did not answer" in str((await http_runner(times_out).run_action(call("a"))).error)
    assert len(calls) == 1


async def test_domain_goes_to_those_who_want_it_and_to_a_server_that_asks() -> None:
    seen: list[tuple[str, bool]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = orjson.loads(request.content)
        seen.append((body["next_action"], "domain" in body))
        is_asking = body["next_action"] == "asks" and "domain" not in body
        return httpx.Response(449 if is_asking else 200, json={})

    runner = http_runner(answer, wanting_domain=frozenset({"wants"}))
    for name in ("wants", "other", "asks"):
        assert (await runner.run_action(call(name))).error is None
    assert seen == [("wants", True), ("other", False), ("asks", False), ("asks", True)]


async def test_action_in_the_process_adds_little_to_a_turn() -> None:
    """Far above the figure aimed at (0.3 ms): only something done anew at each call would be caught."""
    import time

    one = runner(Echo)
    tracker = Tracker.from_events(
        MODEL, "s", [{"event": "slot", "name": "x", "value": random.random(), "timestamp": 1.0}] * 200
    )
    await one.run_action(CallAction("action_echo", tracker))
    started = time.perf_counter()
    for _ in range(100):
        await one.run_action(CallAction("action_echo", tracker))
    assert (time.perf_counter() - started) / 100 < 0.005
