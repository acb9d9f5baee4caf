"""`connecteur test`: Rasa's test stories and the end-to-end format, run offline through the real assistant.

Two formats are read, as files of a project's `tests/` (or `e2e_tests/`):

* `test_cases:` of Rasa Pro's end-to-end tests: steps `user`, `bot` (exact text), `utter` (response name),
  `slot_was_set`, `slot_was_not_set`; fixtures set slots first. Two steps are ours: `bot_contains` (a part of a
  bubble's text) and `plan` (the needs of the plan's actions, in order).
* `stories:` of Rasa's `test_stories.yml`: what the user says (`user`, or the intent alone), the actions that follow.

Unlike Rasa's own `rasa test`, forms are not emulated: the actions really run, and bubbles are compared too.
"""

from __future__ import annotations

import difflib
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from ruamel.yaml import YAML, YAMLError

from bot.assistant import Assistant
from bot.errors import ContentError
from bot.messages import UserMessage

CHANNEL = "rest"
ANNOTATION = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\}|\[[^\]]*\])")


@dataclass(frozen=True, slots=True)
class DialogueTest:
    """One conversation to play: `steps` as in the file, `kind` end_to_end or story."""

    name: str
    file: Path
    line: int
    kind: str
    steps: tuple[Mapping[str, Any], ...]
    fixtures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a test: `problems` is empty when it passed; each is a readable diff."""

    test: DialogueTest
    problems: tuple[str, ...]


def read_tests(files: Iterable[Path]) -> list[DialogueTest]:
    """Collect the tests of some files; files that hold neither format are passed over.

    Raises:
        ContentError: a file is not YAML, or a test has no steps.
    """
    tests: list[DialogueTest] = []
    yaml = YAML(typ="rt")
    for file in files:
        try:
            content = yaml.load(file.read_text(encoding="utf-8"))
        except (YAMLError, UnicodeDecodeError) as error:
            line = getattr(getattr(error, "problem_mark", None), "line", None)
            raise ContentError(
                f"ce fichier n'est pas du YAML lisible : {getattr(error, 'problem', None) or error}",
                str(file),
                None if line is None else line + 1,
            ) from error
        if not isinstance(content, Mapping):
            continue
        fixtures = {name: slots for item in content.get("fixtures") or () for name, slots in item.items()}
        for item in content.get("test_cases") or ():
            chosen: dict[str, Any] = {}
            for name in item.get("fixtures") or ():
                for slot in fixtures.get(name) or ():
                    chosen.update(slot)
            tests.append(_test(item, "test_case", "end_to_end", file, chosen))
        for item in content.get("stories") or ():
            tests.append(_test(item, "story", "story", file, {}))
    return tests


def _test(item: Any, key: str, kind: str, file: Path, fixtures: Mapping[str, Any]) -> DialogueTest:
    line = int(getattr(getattr(item, "lc", None), "line", 0)) + 1
    if not isinstance(item, Mapping) or key not in item or not item.get("steps"):
        raise ContentError(f"un test doit avoir « {key} » et « steps ».", str(file), line)
    return DialogueTest(str(item[key]), file, line, kind, tuple(item["steps"]), fixtures)


async def run_test(assistant: Assistant, test: DialogueTest) -> Outcome:
    """Play one test as a new sender, and compare."""
    sender = f"test-{uuid.uuid4().hex[:12]}"
    if test.fixtures:
        events = [{"event": "slot", "name": name, "value": value} for name, value in test.fixtures.items()]
        await assistant.append_events(CHANNEL, sender, events)
    problems: list[str] = []
    for said, expected in _turns(test.steps):
        before = len(await assistant.events_of(CHANNEL, sender))
        await assistant.handle(
            UserMessage(CHANNEL, sender, uuid.uuid4().hex, _text_of(said), datetime.now(UTC), metadata={})
        )
        events = await assistant.events_of(CHANNEL, sender, after=before)
        compare = _compare_story if test.kind == "story" else _compare_end_to_end
        if found := compare(said, expected, events):
            problems.append(f"user: {_text_of(said)}\n" + "\n".join(found))
    return Outcome(test, tuple(problems))


def _turns(steps: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], list[Mapping[str, Any]]]]:
    turns: list[tuple[Mapping[str, Any], list[Mapping[str, Any]]]] = []
    for step in steps:
        if "user" in step or "intent" in step:
            turns.append((step, []))
        elif turns:
            turns[-1][1].append(step)
    return turns


def _text_of(step: Mapping[str, Any]) -> str:
    """What the user types: the text without its annotations, or the intent as a payload."""
    if "user" in step:
        return ANNOTATION.sub(r"\1", str(step["user"]).strip())
    entities: dict[str, Any] = {}
    for entity in step.get("entities") or ():
        if isinstance(entity, Mapping):
            entities.update({k: v for k, v in entity.items() if k not in ("role", "group")})
    return f"/{step['intent']}" + (orjson.dumps(entities).decode() if entities else "")


def _compare_end_to_end(
    said: Mapping[str, Any], expected: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]]
) -> list[str]:
    bubbles = [event for event in events if event["event"] == "bot"]
    slots: dict[str, Any] = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
    problems: list[str] = []
    position = 0
    for step in expected:
        for kind in ("bot", "bot_contains", "utter"):
            if kind not in step:
                continue
            wanted = str(step[kind]).strip()
            found = next((i for i in range(position, len(bubbles)) if _says(bubbles[i], kind, wanted)), None)
            if found is None:
                problems.append(_diff(f"{kind}: {wanted}", [_shown(bubble) for bubble in bubbles[position:]]))
            else:
                position = found + 1
        for name, value in _slot_items(step.get("slot_was_set")):
            if name not in slots or (value is not _ANY and slots[name] != value):
                problems.append(_diff(f"slot_was_set: {name}: {_json(value)}", [_json(slots)]))
        for name, value in _slot_items(step.get("slot_was_not_set")):
            if name in slots and (value is _ANY or slots[name] == value):
                problems.append(_diff(f"slot_was_not_set: {name}", [f"{name}: {_json(slots[name])}"]))
        if "plan" in step:
            plan = [action["need"] for action in slots.get("plan") or () if isinstance(action, Mapping)]
            if plan != list(step["plan"]):
                problems.append(_diff(f"plan: {list(step['plan'])}", [f"plan: {plan}"]))
    return problems


def _compare_story(
    said: Mapping[str, Any], expected: Sequence[Mapping[str, Any]], events: Sequence[Mapping[str, Any]]
) -> list[str]:
    problems: list[str] = []
    user = next((event for event in events if event["event"] == "user"), None)
    if "user" in said and "intent" in said and user is not None:
        read = ((user.get("parse_data") or {}).get("intent") or {}).get("name")
        if read != said["intent"]:
            problems.append(_diff(f"intent: {said['intent']}", [f"intent: {read}"]))
    kinds = {key for step in expected for key in step}
    wanted = [
        f"{key}: {step[key]}"
        for step in expected
        for key in ("action", "active_loop")
        if key in step and step[key] != "action_listen"
    ]
    got = []
    for event in events:
        if event["event"] == "action" and event.get("name") not in ("action_listen", "action_session_start"):
            got.append(f"action: {event['name']}")
        elif event["event"] == "active_loop" and "active_loop" in kinds:
            got.append(f"active_loop: {event['name']}")
    if wanted != got:
        problems.append(_diff("\n".join(wanted), got))
    return problems


_ANY = object()


def _slot_items(steps: Any) -> list[tuple[str, Any]]:
    items: list[tuple[str, Any]] = []
    for item in steps or ():
        if isinstance(item, Mapping):
            items += [(str(name), _plain(value)) for name, value in item.items()]
        else:
            items.append((str(item), _ANY))
    return items


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value


def _says(bubble: Mapping[str, Any], kind: str, wanted: str) -> bool:
    if kind == "utter":
        return (bubble.get("metadata") or {}).get("utter_action") == wanted
    text = str(bubble.get("text") or "").strip()
    return wanted in text if kind == "bot_contains" else text == wanted


def _shown(bubble: Mapping[str, Any]) -> str:
    name = (bubble.get("metadata") or {}).get("utter_action")
    return f"bot: {bubble.get('text')}" + (f"  ({name})" if name else "")


def _json(value: Any) -> str:
    return "(any)" if value is _ANY else orjson.dumps(value, default=str).decode()


def _diff(expected: str, actual: Sequence[str]) -> str:
    lines = difflib.unified_diff(expected.splitlines(), list(actual), "expected", "actual", lineterm="", n=1)
    return "\n".join("    " + line for line in lines if not line.startswith("@@"))
