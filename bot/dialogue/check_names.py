"""What `connecteur check` says of names that nothing answers to; the real Rasa passes over them.

A finding is what can never work, a remark what may be meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bot.dialogue.contradictions import Finding
from bot.dialogue.domain import Domain
from bot.dialogue.events import ActionExecuted, SlotSet, UserUttered
from bot.dialogue.responses import TAG
from bot.dialogue.states import NOT_SET
from bot.dialogue.stories import Path
from bot.dialogue.yaml_source import YamlFile, where

MAPPING_KEYS = (
    "type",
    "entity",
    "role",
    "group",
    "value",
    "intent",
    "not_intent",
    "action",
    "conditions",
)
CONDITION_KEYS = ("active_loop", "requested_slot")


def findings(
    domain: Domain, paths: Sequence[Path], data: Sequence[YamlFile | Mapping[str, Any]]
) -> Iterator[Finding]:
    """What can never work."""
    yield from _mappings(domain)
    yield from _responses(domain, paths)
    yield from _checkpoints(data)


def remarks(domain: Domain, paths: Sequence[Path]) -> Iterator[Finding]:
    """What may be meant, but is likelier a slip of the pen."""
    yield from _twins(paths)
    yield from _forms_and_intents(domain)
    yield from _buttons(domain)
    yield from _odd_values(domain, paths)
    yield from _entities(domain, paths)


# ------------------------------------------------------------------ slots
def _mappings(domain: Domain) -> Iterator[Finding]:
    for slot in domain.slots.values():
        for mapping in slot.mappings:
            file, line = where(mapping.raw)
            for key in mapping.raw:
                if key not in MAPPING_KEYS:
                    yield (
                        *where(mapping.raw, key),
                        f"Le slot « {slot.name} » a un « mapping » avec une clé inconnue, « {key} ». "
                        f"Clés : {', '.join(MAPPING_KEYS)}.",
                    )
            if mapping.type == "from_entity" and mapping.entity not in domain.entities:
                yield (
                    file,
                    line,
                    f"Le slot « {slot.name} » se remplit de l'entité « {mapping.entity} », qui n'existe pas : "
                    "ajoutez-la sous entities:.",
                )
            for intent in sorted((mapping.intents | mapping.not_intents) - set(domain.intents)):
                yield (
                    file,
                    line,
                    f"Le slot « {slot.name} » parle de l'intention « {intent} », qui n'existe pas : "
                    "ajoutez-la sous intents:.",
                )
            yield from _conditions(slot.name, mapping.raw.get("conditions") or (), domain)


def _conditions(slot: str, conditions: Sequence[Mapping[str, Any]], domain: Domain) -> Iterator[Finding]:
    for condition in conditions:
        for key in condition:
            if key not in CONDITION_KEYS:
                yield (
                    *where(condition, key),
                    f"Une condition du slot « {slot} » a une clé inconnue, « {key} ». "
                    f"Clés : {', '.join(CONDITION_KEYS)}.",
                )
        loop, requested = condition.get("active_loop"), condition.get("requested_slot")
        if loop is not None and loop not in domain.forms and loop not in domain.action_names:
            yield (
                *where(condition, "active_loop"),
                f"Le slot « {slot} » attend le formulaire « {loop} », qui n'existe pas.",
            )
        if requested is not None and requested not in domain.slots:
            yield (
                *where(condition, "requested_slot"),
                f"Le slot « {slot} » attend que « {requested} » soit demandé, et ce slot n'existe pas.",
            )


# ------------------------------------------------------------------ responses
def _responses(domain: Domain, paths: Sequence[Path]) -> Iterator[Finding]:
    told = {event.name for path in paths for event in path.events if isinstance(event, ActionExecuted)}
    raw = domain.raw.get("responses")
    for name, variations in domain.responses.items():
        if not name.startswith("utter_") and name in told:
            yield (
                *where(raw, name),
                f"La réponse « {name} » ne sera pas dite : son nom doit commencer par « utter_ ».",
            )
        for variation in variations:
            for condition in variation.get("condition") or ():
                if str(condition["name"]) not in domain.slots:
                    yield (
                        *where(condition, "name"),
                        f"La réponse « {name} » dépend du slot « {condition['name']} », qui n'existe pas.",
                    )
    for intent in sorted(domain.retrieval_intents):
        said = f"utter_{intent}"
        if said in told and not any(name.startswith(f"{said}/") for name in domain.responses):
            path = next(
                p for p in paths for e in p.events if isinstance(e, ActionExecuted) and e.name == said
            )
            yield (
                *path.place,
                f"« {said} » n'a rien à dire : ajoutez sous responses: une réponse pour chaque intention "
                f"« {intent}/… » (« {said}/… »).",
            )


_GIVEN = re.compile(r"(\w+)\s*=(?!=)|[\"'](\w+)[\"']\s*:")


def unfilled(domain: Domain, source: str) -> Iterator[Finding]:
    """Names between braces that neither a slot nor an action fills: the owner would read the braces.

    Rasa leaves the whole text unfilled then. `source`: that of the actions, where they say `utter_message(name=…)`.
    """
    given = {one for pair in _GIVEN.findall(source) for one in pair if one}
    for name, variations in domain.responses.items():
        for variation in variations:
            for tag in dict.fromkeys(_tags(variation)):
                if tag not in domain.slots and tag not in given:
                    yield (
                        *where(variation, "text"),
                        f"La réponse « {name} » dit « {{{tag}}} », qu'aucun slot ni aucune action ne remplit : "
                        "elle serait lue avec ses accolades.",
                    )


def _tags(value: Any) -> Iterator[str]:
    """The names between single braces in the texts of a response; those of a payload are no names to fill."""
    if isinstance(value, str):
        bare = value.replace("{{", "").replace("}}", "")
        yield from (re.split(r"[.\[:!]", tag)[0] for tag in TAG.findall(bare))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key not in ("payload", "condition", "metadata", "custom"):
                yield from _tags(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tags(item)


_PAYLOAD_INTENT = re.compile(r"/([^\s{@}]+)")


def _buttons(domain: Domain) -> Iterator[Finding]:
    for name, variations in domain.responses.items():
        for variation in variations:
            for button in [*(variation.get("buttons") or ()), *(variation.get("quick_replies") or ())]:
                meant = _PAYLOAD_INTENT.match(str(button.get("payload") or ""))
                if meant is not None and meant[1] not in domain.intents:
                    yield (
                        *where(button, "payload"),
                        f"Un bouton de « {name} » dit l'intention « {meant[1]} », qui n'existe pas : "
                        "il sera lu comme un texte.",
                    )


# ------------------------------------------------------------------ forms, intents, stories
def _forms_and_intents(domain: Domain) -> Iterator[Finding]:
    raw_forms = domain.raw.get("forms") or {}
    for form in domain.forms.values():
        for intent in sorted(form.ignored_intents - set(domain.intents)):
            yield (
                *where(raw_forms.get(form.name), "ignored_intents"),
                f"Le formulaire « {form.name} » ignore l'intention « {intent} », qui n'existe pas.",
            )
    labels = {label for name, more in domain.entities.items() for label in (name, *more)}
    for item in domain.raw.get("intents") or ():
        if not isinstance(item, Mapping):
            continue
        name, settings = next(iter(item.items()))
        for key in ("use_entities", "ignore_entities"):
            for entity in settings.get(key) if isinstance(settings.get(key), list | tuple) else ():
                if str(entity) not in labels:
                    yield (
                        *where(settings, key),
                        f"L'intention « {name} » parle de l'entité « {entity} », qui n'existe pas.",
                    )


def _twins(paths: Sequence[Path]) -> Iterator[Finding]:
    """Two rules of the same steps: one of them is changed one day, and the other forgotten."""
    known: dict[str, Path] = {}
    for path in paths:
        if not path.is_rule:
            continue
        twin = known.setdefault(repr(path.events), path)
        if twin.place == path.place:  # the same rule, with another of its alternatives
            continue
        line = f", ligne {twin.place[1]}" if twin.place[1] is not None else ""
        yield (
            *path.place,
            f"La règle « {path.name} » dit la même chose que « {twin.name} »{line} : enlevez l'une des deux.",
        )


def _odd_values(domain: Domain, paths: Sequence[Path]) -> Iterator[Finding]:
    """Values that a slot's type does not have: all unknown ones of a categorical slot count as one and the same."""
    told: set[tuple[str, str]] = set()
    for path in paths:
        for event in path.events:
            if not isinstance(event, SlotSet) or event.value in (None, NOT_SET):
                continue
            slot, value = domain.slots[event.name], str(event.value)
            if (slot.name, value) in told:
                continue
            told.add((slot.name, value))
            kind = "La règle" if path.is_rule else "L'histoire"
            said = f"{kind} « {path.name} » donne au slot « {slot.name} » la valeur « {value} », "
            if slot.type == "categorical" and value.lower() not in slot.values:
                yield (
                    *path.place,
                    f"{said}qui n'est pas sous values: : elle compte comme toute autre valeur inconnue.",
                )
            elif slot.type in ("bool", "float") and slot.influences and slot.feature(event.value) is None:
                yield *path.place, f"{said}qui n'est pas du type {slot.type} : le slot compte comme vide."


def _entities(domain: Domain, paths: Sequence[Path]) -> Iterator[Finding]:
    told: set[str] = set()
    for path in paths:
        for event in path.events:
            for entity in event.entities if isinstance(event, UserUttered) else ():
                name = entity.get("entity")
                if name not in domain.entities and name not in told:
                    told.add(str(name))
                    kind = "La règle" if path.is_rule else "L'histoire"
                    yield (
                        *path.place,
                        f"{kind} « {path.name} » parle de l'entité « {name} », qui n'existe pas : "
                        "ajoutez-la sous entities:.",
                    )


def _checkpoints(data: Sequence[YamlFile | Mapping[str, Any]]) -> Iterator[Finding]:
    """Stories that begin where none ends."""
    begun: list[tuple[Any, str, str]] = []
    reached: set[str] = set()
    for step, is_first, story in _checkpoint_steps(data):
        if is_first:
            begun.append((step, str(step["checkpoint"]), story))
        else:
            reached.add(str(step["checkpoint"]))
    for step, name, story in begun:
        if name not in reached:
            yield (
                *where(step, "checkpoint"),
                f"L'histoire « {story} » part du point de passage « {name} », où aucune n'arrive : "
                "elle ne servira jamais.",
            )


def _checkpoint_steps(
    data: Iterable[YamlFile | Mapping[str, Any]],
) -> Iterator[tuple[Mapping[str, Any], bool, str]]:
    for source in data:
        content = source.data if isinstance(source, YamlFile) else source
        for story in (content.get("stories") or ()) if isinstance(content, Mapping) else ():
            is_first = True
            for step in story["steps"]:
                if "checkpoint" in step:
                    yield step, is_first, str(story["story"])
                else:
                    is_first = False
