"""Whatever is said: the state is what the log says, it survives storage, and a turn ends."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.dialogue import ActionResult, Model, Tracker
from tests.dialogue_talk import FORM_RULES, Talk, a_form_domain, a_model, gives, says

DOMAIN = a_form_domain(
    intents=["start", "inform", "faq", "stop", "affirm", "act", "nlu_fallback"],
    slots={
        "site": {
            "type": "bool",
            "mappings": [{"type": "from_intent", "intent": "affirm", "value": True}],
        },
        "words": {"type": "list", "mappings": [{"type": "from_entity", "entity": "a"}]},
        "said": {
            "type": "text",
            "influence_conversation": False,
            "mappings": [{"type": "from_text", "conditions": [{"active_loop": "f"}]}],
        },
    },
    actions=["act"],
    responses={"utter_with": [{"text": "Avec."}], "utter_back": [{"text": "Retour."}]},
)
RULES = [
    *FORM_RULES,
    {
        "rule": "stop",
        "condition": [{"active_loop": "f"}],
        "steps": [{"intent": "stop"}, {"action": "action_deactivate_loop"}, {"active_loop": None}],
    },
    {"rule": "act", "steps": [{"intent": "act"}, {"action": "act"}]},
    {
        "rule": "two stage",
        "steps": [
            {"intent": "nlu_fallback"},
            {"action": "action_two_stage_fallback"},
            {"active_loop": "action_two_stage_fallback"},
        ],
    },
]
STORIES = [
    {
        "story": "with a site",
        "steps": [{"intent": "affirm"}, {"slot_was_set": [{"site": True}]}, {"action": "utter_with"}],
    }
]
CONFIG = {"policies": [{"name": "AugmentedMemoizationPolicy", "max_history": 4}, {"name": "RulePolicy"}]}
MODEL = a_model(DOMAIN, RULES, STORIES, config=CONFIG)

PAYLOADS = st.sampled_from(
    [
        "/start",
        '/inform{"a": "x"}',
        '/inform{"b": "y"}',
        '/inform{"a": ["x", "z"], "b": null}',
        '/inform{"a": {"deep": [1]}}',
        "/faq",
        "/stop",
        "/affirm",
        "/act",
        "/restart",
        "/back",
        "/session_start",
        "/nlu_fallback",
        "/out_of_scope",
        "bonjour",
        "",
        "/",
        "/{",
        '/delete_all{"x":1}',
        "/start@9{}",
    ]
)
EVENTS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [
        {"event": "slot", "name": "a", "value": "set"},
        {"event": "slot", "name": "requested_slot", "value": None},
        {"event": "slot", "name": "requested_slot", "value": ["odd"]},
        {"event": "slot", "name": "nowhere", "value": 1},
        {"event": "followup", "name": "f"},
        {"event": "followup", "name": "act"},
        {"event": "followup", "name": "nowhere"},
        {"event": "active_loop", "name": None},
        {"event": "active_loop", "name": "f"},
        {"event": "rewind"},
        {"event": "undo"},
        {"event": "reset_slots"},
        {"event": "restart"},
        {"event": "session_started"},
        {"event": "action_execution_rejected", "name": "act"},
        {"event": "user", "text": "lui", "parse_data": {"intent": {"name": "faq"}, "entities": []}},
        {"event": "nonsense"},
    ]
)


def state_of(tracker: Tracker) -> Any:
    return json.loads(json.dumps(tracker.to_json()))


def restored(model: Model, tracker: Tracker) -> Tracker:
    return Tracker.from_json(model, state_of(tracker))


def as_first_version(state: Any) -> Any:
    """The same state as it was kept before: each policy state written out where it stands."""
    states = state.pop("states")
    state["records"] = [states[at] for at in state["records"]]
    if state["base"] is not None:
        fold, records = state["base"]
        state["base"] = [fold, [states[at] for at in records]]
    return {**state, "v": 1}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(PAYLOADS, st.lists(EVENTS, max_size=3)), max_size=14))
def test_state_is_the_fold_of_the_log_and_survives_storage(
    turns: list[tuple[str, list[dict[str, Any]]]],
) -> None:
    talk = Talk(MODEL)
    for text, events in turns:
        talk.actions["act"] = lambda tracker, events=events: ActionResult(events=events)
        talk.say(text)
        assert state_of(Tracker.from_events(MODEL, "u", talk.log)) == state_of(talk.tracker)
        assert state_of(restored(MODEL, talk.tracker)) == state_of(talk.tracker)
        kept_before = as_first_version(state_of(talk.tracker))
        assert state_of(Tracker.from_json(MODEL, kept_before)) == state_of(talk.tracker)
        assert restored(MODEL, talk.tracker).current_state() == json.loads(
            json.dumps(talk.tracker.current_state())
        )
        talk.tracker = restored(MODEL, talk.tracker)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(PAYLOADS, max_size=25))
def test_no_sequence_of_payloads_raises_or_goes_on_for_ever(texts: list[str]) -> None:
    talk = Talk(MODEL, {"act": gives({"event": "followup", "name": "act"})})
    for text in texts:
        before = talk.tracker.event_count
        talk.say(text)
        assert talk.tracker.event_count - before < 60


@settings(max_examples=40, deadline=None)
@given(st.lists(PAYLOADS, max_size=20))
def test_restart_leaves_no_slot_that_no_event_explains(texts: list[str]) -> None:
    talk = Talk(MODEL, {"act": says("fait")})
    for text in texts:
        talk.say(text)
    talk.say("/restart")
    values = {name: value for name, value in talk.tracker.slots.items() if value is not None}
    assert values == {}
    assert talk.tracker.active_loop is None


def test_state_stays_small_and_equal_to_the_log_in_a_long_conversation() -> None:
    talk = Talk(MODEL, {"act": gives({"event": "slot", "name": "a", "value": "v"})})
    words = [
        "/start",
        '/inform{"a": "1"}',
        "/faq",
        "bonjour",
        "/faq",
        '/inform{"b": "2"}',
        "/act",
        "/back",
        "/affirm",
    ]
    for number in range(900):
        talk.say(words[number % len(words)])
    assert talk.tracker.event_count > 5000
    assert state_of(Tracker.from_events(MODEL, "u", talk.log)) == state_of(talk.tracker)
    assert len(talk.tracker.applied) <= 240
    assert len(json.dumps(talk.tracker.to_json())) < 200_000
