"""Whatever stands in the place of a value of a project's files: it is taken, or refused with a sentence."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from bot.dialogue import check_model, load_model
from bot.errors import ProjectFileError

DOMAIN: dict[str, Any] = {
    "version": "3.1",
    "intents": ["greet", {"inform": {"use_entities": ["a"], "ignore_entities": ["b"]}}],
    "entities": ["a", {"b": {"roles": ["from"], "groups": ["1"], "influence_conversation": True}}],
    "slots": {
        "a": {"type": "text", "initial_value": None, "influence_conversation": False,
              "mappings": [{"type": "from_entity", "entity": "a", "role": "x", "not_intent": "greet",
                            "conditions": [{"active_loop": "f", "requested_slot": "a"}]}]},
        "b": {"type": "categorical", "values": ["u", "v"], "mappings": [{"type": "custom", "action": "action_x"}]},
        "c": {"type": "float", "min_value": 0, "max_value": 5,
              "mappings": [{"type": "from_intent", "intent": ["greet"], "value": 2}]},
    },
    "responses": {
        "utter_a": [{"text": "A", "channel": "rest", "buttons": [{"title": "T", "payload": "/greet"}],
                     "condition": [{"type": "slot", "name": "a", "value": "x"}]},
                    {"custom": {"k": ["{a}"]}}],
    },
    "actions": ["action_x", {"action_y": {"send_domain": True}}],
    "forms": {"f": {"required_slots": ["a"], "ignored_intents": ["greet"]}},
    "e2e_actions": ["Hello"],
    "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
}  # fmt: skip
DATA: dict[str, Any] = {
    "rules": [
        {"rule": "r", "condition": [{"active_loop": "f"}, {"slot_was_set": [{"b": "u"}, "c"]}],
         "conversation_start": False, "wait_for_user_input": False,
         "steps": [{"or": [{"intent": "greet"}, {"intent": "inform", "entities": [{"a": "x", "role": "y"}, "b"]}]},
                   {"action": "utter_a"}]},
    ],
    "stories": [
        {"story": "s", "steps": [{"checkpoint": "start", "slot_was_set": [{"b": "v"}]}, {"user": "hi [x](a)"},
                                 {"bot": "Hello"}, {"slot_was_set": [{"b": "v"}]}, {"action": "f"},
                                 {"active_loop": "f"}, {"checkpoint": "end"}]},
        {"story": "s2", "steps": [{"intent": "greet"}, {"action": "action_x"}, {"checkpoint": "start"}]},
    ],
}  # fmt: skip
CONFIG: dict[str, Any] = {
    "policies": [
        {"name": "MemoizationPolicy", "max_history": 3, "priority": 3},
        {"name": "TEDPolicy", "max_history": 5, "priority": 1},
        {"name": "RulePolicy", "core_fallback_threshold": 0.4, "enable_fallback_prediction": True,
         "core_fallback_action_name": "action_default_fallback", "restrict_rules": True},
    ],
}  # fmt: skip
ODD_VALUES: tuple[Any, ...] = (
    None,
    3,
    -1.5,
    True,
    "",
    "x",
    [],
    {},
    [None],
    [3],
    ["x"],
    {"x": None},
    {3: [4]},
    [[]],
)
ABSENT = object()


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value within."""
    if path:
        yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def changed(whole: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    other = copy.deepcopy(whole)
    node: Any = other
    for key in path[:-1]:
        node = node[key]
    if value is ABSENT:
        del node[path[-1]]
    else:
        node[path[-1]] = value
    return other


def test_every_odd_value_is_taken_or_refused_with_a_sentence() -> None:
    whole = {"domain": DOMAIN, "data": DATA, "config": CONFIG}
    load_model([DOMAIN], [DATA], CONFIG)
    refused = 0
    for path in places(whole):
        for value in (*ODD_VALUES, ABSENT):
            odd = changed(whole, path, value)
            try:
                load_model([odd.get("domain")], [odd.get("data")], odd.get("config"))  # type: ignore[list-item]
            except ProjectFileError as refusal:
                refused += 1
                assert len(str(refusal)) > 20
            except Exception as error:
                raise AssertionError(f"{path} = {value!r}: {error!r}") from error
            check_model([odd.get("domain")], [odd.get("data")], odd.get("config"))  # type: ignore[list-item]
    assert refused > 500
