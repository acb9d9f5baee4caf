"""Rasa's HTTP API on a plain Rasa project: same routes, parameters, answers and refusals."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from ruamel.yaml import YAML

from tests.integration.test_conformance_http import served, write_project

TOKEN = {"token": "secret"}
JWT_SECRET = "a secret of at least thirty-two bytes"
CASE: dict[str, Any] = {
    "domain": {
        "version": "3.1",
        "intents": ["greet", "order"],
        "entities": ["dish"],
        "slots": {"dish": {"type": "text", "mappings": [{"type": "from_entity", "entity": "dish"}]}},
        "responses": {
            "utter_greet": [{"text": "Hello."}],
            "utter_ask_dish": [{"text": "Which dish?"}],
            "utter_served": [{"text": "Here: {dish}."}],
        },
        "forms": {"order_form": {"required_slots": ["dish"]}},
    },
    "rules": [
        {"rule": "greet", "steps": [{"intent": "greet"}, {"action": "utter_greet"}]},
        {
            "rule": "order",
            "steps": [{"intent": "order"}, {"action": "order_form"}, {"active_loop": "order_form"}],
        },
        {
            "rule": "served",
            "condition": [{"active_loop": "order_form"}],
            "steps": [{"action": "order_form"}, {"active_loop": None}, {"action": "utter_served"}],
        },
    ],
    "nlu": [
        {"intent": "greet", "examples": "- hello\n- hi there\n- good morning\n"},
        {
            "intent": "order",
            "examples": "- I want [soup](dish)\n- I would like a [salad](dish)\n- bring me [fish](dish)\n",
        },
    ],
}


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with served(write_project(CASE, tmp_path / "project"), jwt_secret=JWT_SECRET) as opened:
        yield opened


async def say(client: httpx.AsyncClient, text: str, sender: str = "u") -> list[str]:
    answer = await client.post(
        "/webhooks/rest/webhook", params=TOKEN, json={"sender": sender, "message": text}
    )
    return [part["text"] for part in answer.json()]


async def call(
    client: httpx.AsyncClient, method: str, path: str, body: Any = None, **params: Any
) -> httpx.Response:
    return await client.request(method, path, params={**TOKEN, **params}, json=body)


def kinds(tracker: dict[str, Any]) -> list[str]:
    return [event["event"] for event in tracker["events"]]


async def test_tracker_of_an_unknown_sender_is_a_session_just_begun_and_nothing_is_kept(
    client: httpx.AsyncClient,
) -> None:
    state = (await call(client, "GET", "/conversations/nobody/tracker")).json()
    assert (state["sender_id"], kinds(state)) == ("nobody", ["action", "session_started", "action"])
    assert set(state) == {
        "sender_id", "slots", "latest_message", "latest_event_time", "followup_action", "paused", "events",
        "latest_input_channel", "active_loop", "latest_action", "latest_action_name",
    }  # fmt: skip
    assert await say(client, "/greet", "nobody") == ["Hello."]


async def test_scopes_of_events_are_those_of_rasa(client: httpx.AsyncClient) -> None:
    await say(client, "/greet")
    await say(client, "/restart")
    await say(client, "/greet")

    async def scope(name: str) -> Any:
        return (await call(client, "GET", "/conversations/u/tracker", include_events=name)).json()

    everything = kinds(await scope("ALL"))
    assert everything.count("user") == 3
    assert kinds(await scope("AFTER_RESTART")).count("user") == 1
    assert "session_started" not in kinds(await scope("applied"))
    assert (await scope("NONE"))["events"] is None
    refused = await call(client, "GET", "/conversations/u/tracker", include_events="SOME")
    assert (refused.status_code, refused.json()["reason"]) == (400, "BadRequest")


async def test_log_is_cut_after_any_event(client: httpx.AsyncClient) -> None:
    await say(client, "/greet")
    await say(client, '/order{"dish": "soup"}')
    events = (await call(client, "GET", "/conversations/u/tracker", include_events="ALL")).json()["events"]
    times = [event["timestamp"] for event in events]
    assert times == sorted(set(times))
    for number in (4, 8, len(events)):
        until = repr(times[number - 1])
        cut = await call(client, "GET", "/conversations/u/tracker", include_events="ALL", until=until)
        assert cut.json()["events"] == events[:number]


async def test_appended_events_change_the_state_and_are_not_sent(client: httpx.AsyncClient) -> None:
    await say(client, "/greet")
    state = (
        await call(
            client,
            "POST",
            "/conversations/u/tracker/events",
            [{"event": "slot", "name": "dish", "value": "soup"}, {"event": "bot", "text": "Psst."}],
        )
    ).json()
    assert state["slots"]["dish"] == "soup"
    assert state["events"][-1]["text"] == "Psst."
    one = await call(client, "POST", "/conversations/u/tracker/events", {"event": "pause"})
    assert one.json()["paused"] is True
    assert await say(client, "/greet") == []
    for wrong in ([], {"event": "nonsense"}, [{"event": "slot"}], "text"):
        refused = await call(client, "POST", "/conversations/u/tracker/events", wrong)
        assert refused.status_code == 400


async def test_replaced_events_are_the_whole_log(client: httpx.AsyncClient) -> None:
    await say(client, "/order")
    events = [
        {"event": "session_started"},
        {"event": "action", "name": "action_listen"},
        {"event": "slot", "name": "dish", "value": "fish"},
    ]
    state = (
        await call(client, "PUT", "/conversations/u/tracker/events", events, include_events="ALL")
    ).json()
    assert (kinds(state), state["slots"]["dish"]) == (["session_started", "action", "slot"], "fish")
    assert state["active_loop"] == {}
    assert await say(client, "/order") == ["Here: fish."]
    state = (await call(client, "GET", "/conversations/u/tracker", include_events="ALL")).json()
    assert kinds(state)[:4] == ["session_started", "action", "slot", "user"]


async def test_triggered_intent_is_acted_upon(client: httpx.AsyncClient) -> None:
    answer = await call(
        client, "POST", "/conversations/u/trigger_intent", {"name": "order", "entities": {"dish": "soup"}}
    )
    assert answer.json()["messages"] == [{"recipient_id": "u", "text": "Here: soup."}]
    user = next(event for event in answer.json()["tracker"]["events"] if event["event"] == "user")
    assert (user["text"], user["metadata"]["is_external"]) == ("EXTERNAL: order", True)
    unknown = await call(client, "POST", "/conversations/u/trigger_intent", {"name": "fly"})
    assert (unknown.status_code, unknown.json()["reason"]) == (404, "NotFound")
    assert (await call(client, "POST", "/conversations/u/trigger_intent", {})).status_code == 400


async def test_action_is_executed_by_name(client: httpx.AsyncClient) -> None:
    for method, path in (("GET", "story"), ("POST", "predict")):
        unknown = await call(client, method, f"/conversations/u/{path}")
        assert (unknown.status_code, unknown.json()["message"]) == (404, "Conversation ID not found.")
    unknown = await call(client, "POST", "/conversations/u/execute", {"name": "utter_greet"})
    assert (unknown.status_code, unknown.json()["message"]) == (404, "Conversation ID not found.")
    await say(client, "hello")
    answer = (
        await call(client, "POST", "/conversations/u/execute", {"name": "utter_greet", "policy": "me"})
    ).json()
    assert [message["text"] for message in answer["messages"]] == ["Hello."]
    done = [event for event in answer["tracker"]["events"] if event.get("name") == "utter_greet"]
    assert done[-1]["policy"] == "me"
    assert (await call(client, "POST", "/conversations/u/execute", {"name": "fly"})).status_code == 404


async def test_messages_are_logged_and_then_predicted_upon(client: httpx.AsyncClient) -> None:
    logged = (
        await call(client, "POST", "/conversations/u/messages", {"text": "/greet", "sender": "user"})
    ).json()
    assert logged["latest_message"]["intent"]["name"] == "greet"
    assert kinds(logged)[-1] == "user"
    foretold = (await call(client, "POST", "/conversations/u/predict")).json()
    assert (foretold["scores"][0], foretold["policy"]) == (
        {"action": "utter_greet", "score": 1.0},
        "RulePolicy",
    )
    assert foretold["tracker"]["latest_message"]["text"] == "/greet"
    other = await call(client, "POST", "/conversations/u/messages", {"text": "hi", "sender": "bot"})
    assert other.status_code == 400
    events = logged["events"]
    alone = (await call(client, "POST", "/model/predict", events)).json()
    assert alone["scores"] == foretold["scores"]


async def test_story_is_a_test_story_that_tells_the_conversation(client: httpx.AsyncClient) -> None:
    await say(client, "hello")
    await say(client, "bring me fish")
    answer = await call(client, "GET", "/conversations/u/story")
    assert answer.headers["content-type"].startswith("text/plain")
    (told,) = YAML(typ="safe", pure=True).load(answer.text)["stories"]
    assert told["story"] == "u"
    assert told["steps"][0] == {"intent": "greet", "user": "hello"}
    assert told["steps"][2] == {"intent": "order", "user": "bring me [fish](dish)"}
    assert told["steps"][-1] == {"action": "utter_served"}


async def test_text_is_parsed_without_a_conversation(client: httpx.AsyncClient) -> None:
    read = (await call(client, "POST", "/model/parse", {"text": "I want soup"})).json()
    assert (read["text"], read["intent"]["name"]) == ("I want soup", "order")
    assert [(e["entity"], e["value"]) for e in read["entities"]] == [("dish", "soup")]
    assert {one["name"] for one in read["intent_ranking"]} == {"greet", "order"}
    payload = (await call(client, "POST", "/model/parse", {"text": '/order{"dish": "fish"}'})).json()
    assert (payload["intent"]["name"], payload["entities"][0]["value"]) == ("order", "fish")
    assert (await call(client, "POST", "/model/parse", {})).status_code == 400


async def test_domain_status_and_version(client: httpx.AsyncClient) -> None:
    assert (await call(client, "GET", "/domain")).json()["forms"]["order_form"]["required_slots"] == ["dish"]
    headers = {"accept": "application/x-yaml"}
    as_yaml = await client.get("/domain", params=TOKEN, headers=headers)
    assert YAML(typ="safe", pure=True).load(as_yaml.text)["entities"] == ["dish"]
    assert (await client.get("/domain", params=TOKEN, headers={"accept": "text/csv"})).status_code == 406
    assert (await call(client, "GET", "/status")).json()["num_active_training_jobs"] == 0
    assert set((await client.get("/version")).json()) == {"version", "minimum_compatible_version"}


# ------------------------------------------------------------------ who may
def bearer(secret: str = JWT_SECRET, **user: str) -> dict[str, str]:
    return {"authorization": "Bearer " + jwt.encode({"user": user}, secret, algorithm="HS256")}


async def test_jwt_of_an_admin_reaches_everything_and_of_a_user_his_own(client: httpx.AsyncClient) -> None:
    async def status(path: str, headers: dict[str, str]) -> int:
        return (await client.get(path, headers=headers)).status_code

    tracker = "/conversations/anna/tracker"
    assert await status(tracker, bearer(username="root", role="admin")) == 200
    assert await status("/domain", bearer(username="root", role="admin")) == 200
    assert await status(tracker, bearer(username="anna", role="user")) == 200
    assert await status(tracker, bearer(username="bert", role="user")) == 403
    assert await status("/domain", bearer(username="anna", role="user")) == 403
    assert await status(tracker, bearer(username="anna", role="guest")) == 403
    assert (
        await status(tracker, bearer("another secret of thirty-two bytes", username="r", role="admin")) == 401
    )
    unsigned = {"authorization": "Bearer " + jwt.encode({"user": {"role": "admin"}}, None, algorithm="none")}
    assert await status(tracker, unsigned) == 401


async def test_without_or_with_a_wrong_token_nothing_is_shown(client: httpx.AsyncClient) -> None:
    for params in ({}, {"token": "wrong"}):
        refused = await client.get("/conversations/u/tracker", params=params)
        assert (refused.status_code, refused.json()["reason"]) == (401, "NotAuthenticated")


async def test_api_is_off_where_no_token_and_no_jwt_is_set(tmp_path: Path) -> None:
    async with served(write_project(CASE, tmp_path / "project"), api_token=None) as client:
        assert (await client.get("/conversations/u/tracker")).status_code == 404
        assert (await client.get("/version")).status_code == 200
