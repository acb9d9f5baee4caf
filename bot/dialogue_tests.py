"""`connecteur test`: Rasa's test stories and the end-to-end format, run offline through the real assistant.

Two formats are read, as files of a project's `tests/` (or `e2e_tests/`):

* `test_cases:` of Rasa Pro's end-to-end tests: steps `user`, `bot` (exact text), `utter` (response name),
  `slot_was_set`, `slot_was_not_set`; `fixtures` set slots first, `metadata` goes with messages. Steps before the
  first `user` are what the bot says of itself. Two steps are ours: `bot_contains` (a part of a bubble's text) and
  `plan` (the needs of the plan's actions, in order).
* `stories:` of Rasa's `test_stories.yml`: what the user says (`user`, or the intent alone), the actions that follow.
  Slots set before the first message are given; those after it must look to the policies as the story says.

Unlike Rasa's own `rasa test`, forms are not emulated: the actions really run, and bubbles are compared too.
"""

from __future__ import annotations

import difflib
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from ruamel.yaml import YAML, YAMLError

from bot.assistant import Assistant
from bot.dialogue import Domain
from bot.errors import ContentError
from bot.messages import UserMessage
from bot.quick_yaml import compose

CHANNEL = "rest"
ANNOTATION = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\}|\[[^\]]*\])")


STEP_KEYS = {
    "end_to_end": ("user", "bot", "bot_contains", "utter", "slot_was_set", "slot_was_not_set", "plan"),
    "story": ("user", "intent", "action", "bot", "slot_was_set", "active_loop"),
}
BESIDE_KEYS = frozenset(("entities", "metadata"))
"""Keys that say more of a step and are none by themselves."""


@dataclass(frozen=True, slots=True)
class DialogueTest:
    """One conversation to play: `steps` as in the file, `kind` end_to_end or story, `fixtures` slots set first."""

    name: str
    file: Path
    line: int
    kind: str
    steps: tuple[Mapping[str, Any], ...]
    fixtures: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a test: `problems` is empty when it passed; each is a readable diff."""

    test: DialogueTest
    problems: tuple[str, ...]


# ------------------------------------------------------------------ reading
def read_tests(files: Iterable[Path]) -> list[DialogueTest]:
    """Collect the tests of some files; files that hold neither format are passed over.

    Raises:
        ContentError: a file is not YAML, a test has no steps, a step or fixture is unknown.
    """
    tests: list[DialogueTest] = []
    for file in files:
        content = _read(file)
        if not isinstance(content, Mapping):
            continue
        fixtures = _named(_list(content, "fixtures", file))
        metadata = {name: _plain(values) for name, values in _named(_list(content, "metadata", file)).items()}
        for name, values in metadata.items():
            if not isinstance(values, Mapping):
                line = int(content.lc.key("metadata")[0]) + 1  # type: ignore[attr-defined]
                raise ContentError(
                    f"les métadonnées « {name} » sont des clés et leurs valeurs.", str(file), line
                )
        for item in _list(content, "test_cases", file):
            test = _test(item, "test_case", "end_to_end", file)
            chosen: dict[str, Any] = {}
            for name in _list(item, "fixtures", file):
                if not isinstance(name, str) or name not in fixtures:
                    raise ContentError(f"la fixture « {name} » n'est pas définie.", str(file), test.line)
                chosen.update(pair for pair in _slot_items(fixtures[name]) if pair[1] is not _ANY)
            if (name := item.get("metadata")) is not None and str(name) not in metadata:
                raise ContentError(f"les métadonnées « {name} » ne sont pas définies.", str(file), test.line)
            general = metadata.get(str(item.get("metadata")), {})
            tests.append(replace(test, fixtures=chosen, metadata={**metadata, "": general}))
        for item in _list(content, "stories", file):
            tests.append(_test(item, "story", "story", file))
    return tests


def _read(file: Path) -> Any:
    try:
        text = file.read_text(encoding="utf-8")
        compose(text)  # refuses what would grow beyond measure
        return YAML(typ="rt").load(text)
    except UnicodeDecodeError as error:
        raise ContentError("ce fichier n'est pas en UTF-8 : enregistrez-le en UTF-8.", str(file)) from error
    except (YAMLError, OSError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        raise ContentError(
            f"ce fichier n'est pas du YAML lisible : {getattr(error, 'problem', None) or error}",
            str(file),
            None if line is None else line + 1,
        ) from error


def _list(content: Mapping[str, Any], key: str, file: Path) -> list[Any]:
    value = content.get(key)
    if value is not None and not isinstance(value, list):
        raise ContentError(f"« {key} » doit être une liste.", str(file), int(content.lc.key(key)[0]) + 1)  # type: ignore[attr-defined]
    return value or []


def _named(items: Sequence[Any]) -> dict[str, Any]:
    """`- name: content` items by their name."""
    return {str(name): value for item in items if isinstance(item, Mapping) for name, value in item.items()}


def _test(item: Any, key: str, kind: str, file: Path) -> DialogueTest:
    line = int(getattr(getattr(item, "lc", None), "line", 0)) + 1
    if not isinstance(item, Mapping) or key not in item or not isinstance(item.get("steps"), list):
        raise ContentError(f"un test doit avoir « {key} » et « steps ».", str(file), line)
    known = STEP_KEYS[kind]
    for number, step in enumerate(item["steps"]):
        keys = set(step) if isinstance(step, Mapping) else set()
        if not keys & set(known) or keys - {*known, *BESIDE_KEYS}:
            where = int(item["steps"].lc.item(number)[0]) + 1
            raise ContentError(
                f"étape inconnue : {', '.join(map(str, keys)) or step}. Étapes : {', '.join(known)}.",
                str(file),
                where,
            )
        where = int(item["steps"].lc.item(number)[0]) + 1
        for name in ("slot_was_set", "slot_was_not_set", "entities", "plan"):
            if name in keys and not isinstance(step[name], list):
                raise ContentError(f"« {name} » doit être une liste.", str(file), where)
        for name in ("user", "intent", "action", "bot", "bot_contains", "utter"):
            if name in keys and step[name] is None:
                raise ContentError(f"« {name} » est vide : dites ce qui est attendu.", str(file), where)
    return DialogueTest(str(item[key]), file, line, kind, tuple(item["steps"]))


# ------------------------------------------------------------------ playing
async def run_test(assistant: Assistant, test: DialogueTest) -> Outcome:
    """Play one test as a new sender, and compare."""
    sender = f"test-{uuid.uuid4().hex[:12]}"
    opening, turns = _turns(test.steps)
    given = dict(test.fixtures)
    if test.kind == "story":
        for step in opening:
            given.update(
                (name, value) for name, value in _slot_items(step.get("slot_was_set")) if value is not _ANY
            )
    if given:
        events = [{"event": "slot", "name": name, "value": value} for name, value in given.items()]
        await assistant.log.append_events(CHANNEL, sender, events)
    problems: list[str] = []
    if test.kind == "end_to_end" and opening:
        await assistant.open(CHANNEL, sender, None)
        events = await assistant.log.events_of(CHANNEL, sender)
        if found := _compare_end_to_end(opening, events, {}):
            problems.append("(début)\n" + "\n".join(found))
    for said, expected in turns:
        before = len(await assistant.log.events_of(CHANNEL, sender))
        metadata = {**test.metadata.get("", {}), **test.metadata.get(str(said.get("metadata")), {})}
        text = _text_of(said)
        await assistant.handle(
            UserMessage(CHANNEL, sender, uuid.uuid4().hex, text, datetime.now(UTC), metadata=metadata)
        )
        events = await assistant.log.events_of(CHANNEL, sender, after=before)
        slots = (await assistant.log.tracker_of(CHANNEL, sender)).slots
        found = (
            _compare_story(said, expected, events, slots, assistant.model.domain)
            if test.kind == "story"
            else _compare_end_to_end(expected, events, slots)
        )
        if found:
            problems.append(f"user: {text}\n" + "\n".join(found))
    return Outcome(test, tuple(problems))


Steps = list[Mapping[str, Any]]


def _turns(steps: Sequence[Mapping[str, Any]]) -> tuple[Steps, list[tuple[Mapping[str, Any], Steps]]]:
    """What comes before the first message, then each message with what is expected after it."""
    opening: Steps = []
    turns: list[tuple[Mapping[str, Any], Steps]] = []
    for step in steps:
        if "user" in step or "intent" in step:
            turns.append((step, []))
        else:
            (turns[-1][1] if turns else opening).append(step)
    return opening, turns


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
    expected: Sequence[Mapping[str, Any]],
    events: Sequence[Mapping[str, Any]],
    now: Mapping[str, Any],
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
                actual = f"slot_was_set: {name}: {_json(slots[name])}" if name in slots else _json(slots)
                problems.append(_diff(f"slot_was_set: {name}: {_json(value)}", [actual]))
        for name, value in _slot_items(step.get("slot_was_not_set")):
            if name in slots and (value is _ANY or slots[name] == value):
                problems.append(_diff(f"slot_was_not_set: {name}", [f"{name}: {_json(slots[name])}"]))
        if "plan" in step:
            plan = [action["need"] for action in now.get("plan") or () if isinstance(action, Mapping)]
            if plan != list(step["plan"]):
                problems.append(_diff(f"plan: {list(step['plan'])}", [f"plan: {plan}"]))
    return problems


def _compare_story(
    said: Mapping[str, Any],
    expected: Sequence[Mapping[str, Any]],
    events: Sequence[Mapping[str, Any]],
    slots: Mapping[str, Any],
    domain: Domain,
) -> list[str]:
    problems: list[str] = []
    user = next((event for event in events if event["event"] == "user"), None)
    if "user" in said and "intent" in said and user is not None:
        intent = (user.get("parse_data") or {}).get("intent") or {}
        read = intent.get("full_retrieval_intent") if "/" in str(said["intent"]) else intent.get("name")
        if read != said["intent"]:
            problems.append(_diff(f"intent: {said['intent']}", [f"intent: {read}"]))
    kinds = {key for step in expected for key in step}
    wanted = [
        f"{key}: {step[key]}"
        for step in expected
        for key in ("action", "bot", "active_loop")
        if key in step and step[key] != "action_listen"
    ]
    got = []
    for event in events:
        if event["event"] == "action" and event.get("name") not in ("action_listen", "action_session_start"):
            got.append(f"action: {event['name']}" if event["name"] else f"bot: {event['action_text']}")
        elif event["event"] == "active_loop" and "active_loop" in kinds:
            got.append(f"active_loop: {event['name']}")
    if wanted != got:
        problems.append(_diff("\n".join(wanted), got))
    for step in expected:
        for name, value in _slot_items(step.get("slot_was_set")):
            slot = domain.slots.get(name)
            if slot is None:
                problems.append(_diff(f"slot_was_set: {name}", ["(ce slot n'existe pas)"]))
                continue
            value = slot.default_story_value if value is _ANY else value
            if slot.influences and slot.feature(value) != slot.feature(slots.get(name)):
                actual = f"slot_was_set: {name}: {_json(slots.get(name))}"
                problems.append(_diff(f"slot_was_set: {name}: {_json(value)}", [actual]))
    return problems


_ANY = object()


def _slot_items(steps: Any) -> list[tuple[str, Any]]:
    items: list[tuple[str, Any]] = []
    for item in steps if isinstance(steps, list) else ():
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
