"""Reads rules and stories into `Path`s: lists of events as if each had happened, alternatives written out.

A rule is a short path that begins with `...` (anything) unless it is for the start of a conversation. `or` makes one
path of each alternative; checkpoints join paths end to start.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.dialogue.domain import TWO_STAGE_FALLBACK, Domain
from bot.dialogue.domain_reader import check_version, refuse
from bot.dialogue.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from bot.dialogue.payload import parse_payload
from bot.dialogue.states import LISTEN, NOT_SET, SNIPPET
from bot.dialogue.yaml_source import YamlFile, where
from bot.errors import ProjectFileError

MAX_PATHS = 5000
"""Paths that stories joined by checkpoints and `or` may make together; beyond it a project is refused."""

_START = "STORY_START"
_ANNOTATION = re.compile(
    r"\[(?P<text>[^\]]+?)\](?:\((?P<entity>[^:)]+)(?::(?P<value>[^)]+))?\)|\{(?P<json>[^}]+)\})"
)


@dataclass(frozen=True, slots=True)
class Path:
    """One way through a rule or story. `unpredictable` are the indices of actions that nothing leads to."""

    name: str
    is_rule: bool
    events: tuple[Event, ...]
    unpredictable: frozenset[int]
    place: tuple[str | None, int | None] = (None, None)
    user_turns: int = 0


@dataclass(frozen=True, slots=True)
class _Segment:
    """A piece of a story between checkpoints."""

    name: str
    starts: tuple[tuple[str, tuple[tuple[str, Any], ...]], ...]
    events: tuple[Event, ...]
    ends: tuple[str, ...]
    place: tuple[str | None, int | None]
    is_rule: bool


@dataclass(slots=True)
class _Draft:
    name: str
    starts: list[tuple[str, tuple[tuple[str, Any], ...]]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    ended: tuple[_Segment, ...] = ()

    def fork(self, events: Sequence[Event]) -> _Draft:
        return _Draft(self.name, list(self.starts), [*self.events, *events])


def read_paths(files: Sequence[YamlFile | Mapping[str, Any]], domain: Domain) -> list[Path]:
    """All rules, then all stories.

    Raises:
        ProjectFileError: one of them is not what Rasa can train on.
    """
    rules: list[_Segment] = []
    stories: list[_Segment] = []
    for source in files:
        data = source.data if isinstance(source, YamlFile) else source
        if not isinstance(data, Mapping):
            continue
        check_version(data)
        for key, kind, into in (("rules", "rule", rules), ("stories", "story", stories)):
            items = data.get(key)
            if items is None:
                continue
            if not isinstance(items, Sequence) or isinstance(items, str):
                refuse(f"« {key} » doit être une liste (« - {kind}: nom »).", data, key)
            for index, item in enumerate(items):
                if not isinstance(item, Mapping) or kind not in item:
                    refuse(f"Chaque élément de « {key} » commence par « - {kind}: nom ».", items, index)
                into += _segments(item, kind, domain)
    return [*_join(rules, domain), *_join(stories, domain)]


def _segments(item: Mapping[str, Any], kind: str, domain: Domain) -> list[_Segment]:
    name = str(item[kind] or "")
    place = where(item, kind)
    _check_keys(item, name, kind)
    steps = item.get("steps")
    if not steps:
        refuse(f"« {name} » n'a pas d'étapes : ajoutez « steps: ».", item, kind)
    if not isinstance(steps, Sequence) or isinstance(steps, str):
        refuse(f"Les étapes de « {name} » doivent être une liste.", item, "steps")
    is_rule = kind == "rule"
    drafts = [_Draft(name)]
    if is_rule:
        drafts[0].events += _condition_events(item, name, domain)
        if not item.get("conversation_start"):
            drafts[0].events.append(ActionExecuted(name=SNIPPET))
    segments: list[_Segment] = []
    for index, step in enumerate(steps):
        if not isinstance(step, Mapping):
            refuse(
                f"Une étape de « {name} » n'est ni intent:, ni action:, ni slot_was_set:, ni active_loop:.",
                steps,
                index,
            )
        _check_step(step, name, is_rule)
        if "checkpoint" in step:
            drafts = _checkpoint(step, drafts, segments, place, is_rule)
            continue
        drafts = [
            draft.fork(events) for draft in drafts for events in _step(step, name, steps, index, domain)
        ]
    for draft in drafts:
        if is_rule and item.get("wait_for_user_input") is False:
            draft.events.append(ActionExecuted(name=SNIPPET))
        if draft.events:
            segments.append(_segment(draft, (), place, is_rule))
    return segments


def _check_keys(item: Mapping[str, Any], name: str, kind: str) -> None:
    """Rasa 3.6 shared/utils/schemas/stories.yml: a key that is none of these is a slip of the pen."""
    known: tuple[str, ...] = (kind, "metadata", "steps")
    if kind == "rule":
        known += ("condition", "conversation_start", "wait_for_user_input")
    for key in item:
        if key not in known:
            refuse(f"« {name} » a une clé inconnue, « {key} ». Clés : {', '.join(known)}.", item, key)
    for key in ("conversation_start", "wait_for_user_input"):
        if key in item and not isinstance(item[key], bool):
            refuse(f"« {key} » de « {name} » vaut true ou false.", item, key)


def _check_step(step: Mapping[str, Any], name: str, is_rule: bool) -> None:
    for key in ("bot", "checkpoint"):
        if is_rule and key in step:
            refuse(
                f"La règle « {name} » a une étape « {key} », que seules les histoires ont : "
                "écrivez une histoire (stories:) à la place.",
                step,
                key,
            )
    if "checkpoint" in step and not step["checkpoint"]:
        refuse(f"Un point de passage de « {name} » n'a pas de nom.", step, "checkpoint")
    kinds = [key for key in _KINDS_OF_STEPS if key in step]
    if len(kinds) > 1 and set(kinds) not in _KINDS_TOGETHER:
        refuse(
            f"Une étape de « {name} » en contient deux, {' et '.join(kinds)} : "
            "commencez chacune par un tiret.",
            step,
            kinds[1],
        )


_KINDS_OF_STEPS = ("intent", "user", "action", "bot", "or", "slot_was_set", "active_loop", "checkpoint")
_KINDS_TOGETHER = ({"intent", "user"}, {"checkpoint", "slot_was_set"})


def _condition_events(item: Mapping[str, Any], name: str, domain: Domain) -> list[Event]:
    events: list[Event] = []
    conditions = item.get("condition") or ()
    if not isinstance(conditions, list | tuple):
        refuse(f"« condition » de « {name} » doit être une liste.", item, "condition")
    for index, condition in enumerate(conditions):
        if not isinstance(condition, Mapping) or not ({"active_loop", "slot_was_set"} & set(condition)):
            refuse(f"Une condition de « {name} » est active_loop: ou slot_was_set:.", conditions, index)
        events += _step(condition, name, conditions, index, domain)[0]
    return events


def _segment(draft: _Draft, ends: tuple[str, ...], place: Any, is_rule: bool) -> _Segment:
    starts = tuple(draft.starts) or ((_START, ()),)
    return _Segment(draft.name, starts, tuple(draft.events), ends, place, is_rule)


def _checkpoint(
    step: Mapping[str, Any], drafts: list[_Draft], segments: list[_Segment], place: Any, is_rule: bool
) -> list[_Draft]:
    name = str(step["checkpoint"])
    slots: list[tuple[str, Any]] = []
    conditions = step.get("slot_was_set") or ()
    for slot in conditions if isinstance(conditions, list | tuple) else (None,):
        if not isinstance(slot, Mapping):
            refuse(
                f"Sous le point de passage « {name} », un slot s'écrit « - nom: valeur ».",
                step,
                "slot_was_set",
            )
        slots += slot.items()
    first = drafts[0]
    if any(draft.events for draft in drafts):
        ended = tuple(_segment(draft, (name,), place, is_rule) for draft in drafts)
        segments += ended
        return [
            _Draft(first.name, [(name, ())], ended=ended)
        ]  # in the middle slots are no condition (as in Rasa)
    segments += (replace(segment, ends=(name,)) for segment in first.ended)
    first.starts.append((name, () if first.ended else tuple(slots)))
    return drafts


# ------------------------------------------------------------------ one step
def _step(step: Mapping[str, Any], name: str, parent: Any, index: int, domain: Domain) -> list[list[Event]]:
    """The alternatives of a step, each a list of events."""
    if "or" in step:
        alternatives = step["or"]
        if not isinstance(alternatives, list | tuple) or not alternatives:
            refuse(f"« or » de « {name} » doit être une liste d'intentions ou de slots.", step, "or")
        found: list[list[Event]] = []
        for i, alternative in enumerate(alternatives):
            if not isinstance(alternative, Mapping) or not (
                {"intent", "user", "slot_was_set"} & set(alternative)
            ):
                refuse(
                    f"« or » de « {name} » ne peut contenir que intent: ou slot_was_set:.", alternatives, i
                )
            for events in _step(alternative, name, alternatives, i, domain):
                # each slot is an alternative of its own, those of one `slot_was_set` too (as in Rasa)
                found += [[event] for event in events]
        return found
    if "intent" in step or "user" in step:
        return [[_user(step, name)]]
    if "action" in step:
        action = step["action"]
        if not action:
            refuse(f"Une étape « action » de « {name} » n'a pas de nom.", step, "action")
        if not isinstance(action, str) or action not in domain.action_names:
            refuse(
                f"« {name} » emploie l'action « {action} », que le domaine ne connaît pas : "
                "ajoutez-la sous actions:, responses: ou forms:.",
                step,
                "action",
            )
        return [[ActionExecuted(name=str(action))]]
    if "bot" in step:
        return [[ActionExecuted(action_text=str(step["bot"] or "").strip())]]
    if "slot_was_set" in step:
        return [list(_slot_events(step, name, domain))]
    if "active_loop" in step:
        loop = step["active_loop"]
        is_known = isinstance(loop, str) and (loop in domain.action_names or loop == TWO_STAGE_FALLBACK)
        if loop is not None and not is_known:
            refuse(f"« {name} » parle du formulaire « {loop} », qui n'existe pas.", step, "active_loop")
        return [[ActiveLoop(name=loop)]]
    if set(step) <= {"metadata"}:
        return [[]]
    return refuse(
        f"Étape inconnue dans « {name} » : {', '.join(map(str, step))}. "
        "Étapes : intent, user, action, bot, or, slot_was_set, active_loop, checkpoint.",
        parent,
        index,
    )


def _slot_events(step: Mapping[str, Any], name: str, domain: Domain) -> Iterable[Event]:
    slots = step["slot_was_set"]
    if not isinstance(slots, list | tuple):
        refuse(
            f"« slot_was_set » de « {name} » doit être une liste (« - slot: valeur »).", step, "slot_was_set"
        )
    for index, slot in enumerate(slots):
        if isinstance(slot, Mapping):
            pairs = [(str(key), value) for key, value in slot.items()]
        elif isinstance(slot, str):
            if slot not in domain.slots:
                refuse(f"« {name} » emploie le slot « {slot} », qui n'existe pas.", slots, index)
            pairs = [(slot, domain.slots[slot].default_story_value)]
        else:
            refuse(f"« {name} » : un slot s'écrit « - nom » ou « - nom: valeur ».", slots, index)
        for key, value in pairs:
            if key not in domain.slots:
                refuse(f"« {name} » emploie le slot « {key} », qui n'existe pas.", slots, index)
            yield SlotSet(name=key, value=value)


def _user(step: Mapping[str, Any], name: str) -> Event:
    intent = step.get("intent")
    if "intent" in step:
        if not isinstance(intent, str) or not intent.strip():
            refuse(f"Une étape « intent » de « {name} » n'a pas de nom.", step, "intent")
        # of a retrieval intent (`faq/prices`) rules and stories know the first half
        intent = intent.strip().lstrip("/").split("/")[0]
    raw = step.get("entities") or ()
    if not isinstance(raw, list | tuple):
        refuse(f"« entities » de « {name} » doit être une liste.", step, "entities")
    entities = [_entity(entity) for entity in raw]
    text = None
    if "user" in step:
        said = str(step["user"] or "").strip()
        entities += [
            {"entity": m["entity"].strip(), "value": m["value"] or m["text"]}
            for m in _ANNOTATION.finditer(said)
            if m["entity"]
        ]
        text = _ANNOTATION.sub(lambda m: m["text"], said)
        if intent is not None and text.startswith("/"):
            entities = _payload_entities(text, intent, entities)
    if intent is not None:
        text = None  # with an intent the words are only there for the reader
    return UserUttered(
        text=text,
        parse_data={"intent": {"name": intent, "confidence": 1.0}, "entities": entities, "text": text},
    )


def _payload_entities(text: str, intent: str, entities: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = set(re.findall(r'"([^"]+)"\s*:', text))
    parsed = parse_payload(text, {intent}, names)
    return entities if parsed is None else parsed["entities"]


def _entity(raw: Any) -> dict[str, Any]:
    if not isinstance(raw, Mapping):
        return {"entity": str(raw), "value": ""}
    entity: dict[str, Any] = {}
    for key, value in raw.items():
        if key in ("role", "group"):
            entity[key] = value
        else:
            entity["entity"], entity["value"] = str(key), value
    return {key: value for key, value in entity.items() if value is not None}


# ------------------------------------------------------------------ joining pieces
def _join(segments: Sequence[_Segment], domain: Domain) -> list[Path]:
    """Walk the pieces from the start through their checkpoints; no path goes through one piece twice."""
    by_start: dict[str, list[int]] = {}
    for index, segment in enumerate(segments):
        for start, _ in segment.starts:
            by_start.setdefault(start, []).append(index)
    paths: list[Path] = []
    waiting: list[tuple[Path, str, frozenset[int]]] = []
    empty = Path("", False, (), frozenset())
    waiting.append((empty, _START, frozenset()))
    while waiting:
        path, start, used = waiting.pop(0)
        reached = [index for index in by_start.get(start, ()) if index not in used]
        if not reached and path.events:
            paths.append(path)  # an end that no story starts from
        for index in reached:
            segment = segments[index]
            conditions = next(slots for name, slots in segment.starts if name == start)
            if not _allows(path, conditions, domain):
                continue
            longer = _extend(path, segment, domain)
            if not segment.ends:
                paths.append(longer)
            for end in segment.ends:
                waiting.append((longer, end, used | {index}))
            if len(paths) + len(waiting) > MAX_PATHS:
                raise ProjectFileError(
                    f"Les points de passage et les « or » font plus de {MAX_PATHS} histoires : "
                    "écrivez des règles à leur place.",
                    *segment.place,
                )
    return paths


def _allows(path: Path, conditions: Sequence[tuple[str, Any]], domain: Domain) -> bool:
    values = dict(domain.initial_slots) if conditions else {}
    values.update((event.name, event.value) for event in path.events if isinstance(event, SlotSet))
    return all(values.get(name) == value for name, value in conditions)


def _extend(path: Path, segment: _Segment, domain: Domain) -> Path:
    events = list(path.events)
    unpredictable = set(path.unpredictable)
    user_turns = path.user_turns
    own_events = 0
    may_be_first = segment.starts[0][0] == _START
    for raw in segment.events:
        event = _null_means_unset(raw) if segment.is_rule else raw
        if isinstance(event, UserUttered):
            user_turns += 1
            may_be_first = False
            if not own_events or not _is_listen(events[-1]):
                events.append(ActionExecuted(name=LISTEN))
                own_events += 1
        elif isinstance(event, ActionExecuted) and may_be_first:
            unpredictable.add(len(events))
            may_be_first = False
        events.append(event)
        own_events += 1
        if isinstance(event, UserUttered):
            filled = _slots_of_entities(event, domain)
            events += map(_null_means_unset, filled) if segment.is_rule else filled
    if not segment.ends and not _is_listen(events[-1]):
        events.append(ActionExecuted(name=LISTEN))
    names = path.name.split(" > ") if path.name else []
    name = path.name if segment.name in names else " > ".join([*names, segment.name])
    return Path(name, segment.is_rule, tuple(events), frozenset(unpredictable), segment.place, user_turns)


def _slots_of_entities(said: UserUttered, domain: Domain) -> Iterable[Event]:
    """The slots that the entities of a step fill without its saying so, but for mappings of one form.

    Rasa 3.6 shared/core/domain.py:slots_for_entities, called when a story is made explicit; the domain's
    `store_entities_as_slots` has no say, as it is taken out of the domain before training.
    """
    for slot in domain.slots.values():
        values = [
            entity.get("value")
            for mapping in slot.mappings
            if mapping.type == "from_entity"
            and not (mapping.conditions and mapping.conditions[0].active_loop is not None)
            for entity in said.entities
            if (entity.get("entity"), entity.get("role"), entity.get("group"))
            == (mapping.entity, mapping.role, mapping.group)
        ]
        if values:
            yield SlotSet(name=slot.name, value=values if slot.type == "list" else values[-1])


def _null_means_unset(event: Event) -> Event:
    """In a rule `null` asks that a slot or loop be empty."""
    if isinstance(event, ActiveLoop) and event.name is None:
        return replace(event, name=NOT_SET)
    if isinstance(event, SlotSet) and event.value is None:
        return replace(event, value=NOT_SET)
    return event


def _is_listen(event: Event) -> bool:
    return isinstance(event, ActionExecuted) and event.name == LISTEN
