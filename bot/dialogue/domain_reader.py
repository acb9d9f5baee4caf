"""Reads domain files into a `Domain`, refusing what the real Rasa refuses, with file and line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NoReturn

from bot.dialogue.domain import DEFAULT_INTENTS, KNOWLEDGE_ACTION, Domain, Form
from bot.dialogue.slots import (
    BUILT_IN_SLOTS,
    KNOWLEDGE_SLOTS,
    MAPPING_TYPES,
    OTHER,
    REQUESTED_SLOT,
    SESSION_METADATA_SLOT,
    SLOT_TYPES,
    Condition,
    Slot,
    SlotMapping,
)
from bot.dialogue.yaml_source import MergedList, MergedMap, YamlFile, where
from bot.errors import ProjectFileError

LIST_KEYS = ("intents", "entities", "actions", "e2e_actions")
MAP_KEYS = ("slots", "responses", "forms")
KNOWN_KEYS = (*LIST_KEYS, *MAP_KEYS, "version", "session_config", "config")
CONTENT_KEYS = ("text", "image", "custom", "buttons", "quick_replies", "attachment", "elements")
VARIATION_KEYS = (*CONTENT_KEYS, "id", "button_type", "channel", "metadata", "condition")
FORM_KEYS = ("required_slots", "ignored_intents")


def refuse(sentence: str, node: Any = None, key: Any = None) -> NoReturn:
    """Raise the error of a project file at that node."""
    raise ProjectFileError(sentence, *where(node, key))


def read_domain(
    sources: Sequence[YamlFile | Mapping[str, Any]],
    retrieval_intents: Sequence[str] = (),
    strict_rasa: bool = True,
) -> Domain:
    """Merge and check the domain's parts.

    Raises:
        ProjectFileError: a part is not what a domain may hold.
    """
    raw = merge_sources(sources)
    entities = _entities(raw.get("entities") or ())
    intents = _intents(raw.get("intents") or (), entities)
    actions, wanting = _actions(raw.get("actions") or ())
    slots = _slots(raw.get("slots") or {}, entities, intents)
    for name in _built_in_slots(raw, actions):
        slots.setdefault(name, Slot(name, "text" if name == REQUESTED_SLOT else "any", influences=False))
    session = raw.get("session_config") or {}
    minutes, carry = _session(session)
    responses = _responses(raw.get("responses") or {})
    from_responses = {name[6:].split("/")[0] for name in responses if "/" in name}
    from_intents = {
        name.split("/")[0] for name in raw.get("intents") or () if isinstance(name, str) and "/" in name
    }
    return Domain(
        intents=intents,
        entities=entities,
        slots=slots,
        responses=responses,
        actions=actions,
        forms=_forms(raw.get("forms") or {}, slots),
        e2e_actions=frozenset(str(text) for text in raw.get("e2e_actions") or ()),
        retrieval_intents=frozenset({*retrieval_intents, *(from_responses & set(intents)), *from_intents}),
        actions_wanting_domain=wanting,
        session_minutes=minutes,
        carry_over_slots=carry,
        raw=raw,
        prints_unset_as_none=strict_rasa,
    )


def _built_in_slots(raw: Mapping[str, Any], actions: Sequence[str]) -> tuple[str, ...]:
    """The slots that every domain has, and those of a domain with forms or with the knowledge base's action."""
    forms = (REQUESTED_SLOT,) if raw.get("forms") else ()
    return (*forms, *(KNOWLEDGE_SLOTS if KNOWLEDGE_ACTION in actions else ()), SESSION_METADATA_SLOT)


def merge_sources(sources: Sequence[YamlFile | Mapping[str, Any]]) -> dict[str, Any]:
    """One mapping of all parts: lists without doubles, mappings joined.

    Of files the first one wins, as in Rasa; what a project derives from its content wins over its files.
    """
    merged: dict[str, Any] = {key: MergedList() for key in LIST_KEYS} | {key: MergedMap() for key in MAP_KEYS}
    for source in sources:
        data = source.data if isinstance(source, YamlFile) else source
        if data is None:
            continue
        if not isinstance(data, Mapping):
            file = source.path if isinstance(source, YamlFile) else None
            raise ProjectFileError(
                "Un domaine est une suite de clés (intents:, slots:, …), pas une liste.", file, 1
            )
        for key, value in data.items():
            if value is None:
                continue
            if key in LIST_KEYS:
                _merge_list(merged[key], value, data, key, is_file=isinstance(source, YamlFile))
            elif key in MAP_KEYS:
                if not isinstance(value, Mapping):
                    refuse(f"« {key} » doit contenir des noms suivis de deux-points.", data, key)
                _merge_map(merged, key, value, is_file=isinstance(source, YamlFile))
            elif key in ("session_config", "config"):
                if not isinstance(value, Mapping):
                    refuse(f"« {key} » doit contenir des réglages.", data, key)
                settings = merged[key] = MergedMap()
                for name, item in value.items():
                    settings[name] = item
                    settings.places[name] = value
            elif key == "version":
                check_version(data)
                merged[key] = value
    return merged


def check_version(data: Mapping[str, Any]) -> None:
    """Refuse a `version:` that Rasa 3.6 does: one that is not a text, or newer than it knows."""
    version = data.get("version")
    if version is None:
        return
    if not isinstance(version, str):
        refuse(f'« version » est un texte : écrivez version: "{version}".', data, "version")
    numbers = version.split(".")
    if all(number.isdecimal() for number in numbers) and [int(n) for n in numbers] > [3, 1]:
        refuse(
            f'« version: {version} » est plus récente que celle de Rasa 3.6 : écrivez "3.1".', data, "version"
        )


def _merge_map(merged: dict[str, Any], key: str, value: Mapping[Any, Any], is_file: bool) -> None:
    """Rasa's way with files: the first one wins, but the names of the last come first."""
    earlier: MergedMap = merged[key]
    if not is_file:
        for name, item in value.items():
            earlier[name] = item
            earlier.places[name] = value
        return
    joined = merged[key] = MergedMap()
    joined.update({**value, **earlier})
    joined.places.update({**dict.fromkeys(value, value), **earlier.places})


def _merge_list(into: MergedList, value: Any, data: Any, key: str, is_file: bool) -> None:
    if not isinstance(value, Sequence) or isinstance(value, str):
        refuse(f"« {key} » doit être une liste (une ligne « - nom » par élément).", data, key)
    seen: set[str] = set()
    for index, item in enumerate(value):
        if isinstance(item, Mapping):
            if len(item) != 1:
                refuse(
                    f"Dans « {key} », chaque élément est un nom, ou un seul nom suivi de ses réglages.",
                    value,
                    index,
                )
            name = str(next(iter(item)))
        elif isinstance(item, str):
            name = item
        elif isinstance(item, int | float):
            refuse(
                f"« {item} » sous « {key} » n'est pas un texte : mettez-le entre guillemets.", value, index
            )
        else:
            refuse(f"Un élément de « {key} » est vide : donnez-lui un nom ou retirez la ligne.", value, index)
        if name in seen:
            refuse(f"« {name} » est écrit deux fois dans « {key} » : gardez-en un.", value, index)
        seen.add(name)
        kept = item if isinstance(item, Mapping) else name
        known = [str(next(iter(other))) if isinstance(other, Mapping) else other for other in into]
        if name not in known:
            into.append(kept)
            into.places.append((value, index))
        elif isinstance(item, Mapping) and not is_file:
            into[known.index(name)] = item


# ------------------------------------------------------------------ intents and entities
def _entities(raw: Sequence[Any]) -> dict[str, frozenset[str]]:
    """Entity names with their `entity#role` and `entity#group` labels; None influence drops them later."""
    entities: dict[str, frozenset[str]] = {}
    for item in raw:
        if isinstance(item, Mapping):
            name, settings = next(iter(item.items()))
            if not settings:
                refuse(
                    f"L'entité « {name} » finit par deux-points mais n'a pas de réglage : retirez les deux-points.",
                    item,
                    name,
                )
            if not isinstance(settings, Mapping):
                refuse(f"Les réglages de l'entité « {name} » sont des clés (roles:, groups:).", item, name)
            labels = [str(name)] if settings.get("influence_conversation", True) else []
            for kind in ("roles", "groups"):
                values = settings.get(kind) or ()
                if isinstance(values, str) or not isinstance(values, Sequence):
                    refuse(f"« {kind} » de l'entité « {name} » doit être une liste.", settings, kind)
                labels += [f"{name}#{value}" for value in values] if labels else []
            entities[str(name)] = frozenset(labels)
        else:
            entities[str(item)] = frozenset((str(item),))
    return entities


def _intents(raw: Sequence[Any], entities: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str] | None]:
    everything = frozenset(label for labels in entities.values() for label in labels)
    intents: dict[str, frozenset[str] | None] = {}
    for item in raw:
        if not isinstance(item, Mapping):
            intents[str(item)] = everything
            continue
        name, settings = next(iter(item.items()))
        if not isinstance(settings, Mapping) or not settings:
            refuse(
                f"L'intention « {name} » finit par deux-points mais n'a pas de réglage : retirez les deux-points.",
                item,
                name,
            )
        used = settings.get("use_entities", True)
        ignored = settings.get("ignore_entities") or ()
        for key in ("use_entities", "ignore_entities"):
            value = settings.get(key)
            if value is not None and not isinstance(value, bool | list | tuple):
                refuse(f"« {key} » de l'intention « {name} » doit être une liste d'entités.", settings, key)
        wanted = set(everything) if used is True else _labels(used or (), entities)
        intents[str(name)] = frozenset(wanted - _labels(ignored, entities))
    for name in DEFAULT_INTENTS:
        intents.setdefault(name, everything)
    for name in list(intents):
        # the response selector's intents are predicted by their first half
        intents.setdefault(name.split("/")[0], everything)
    return intents


def _labels(names: Any, entities: Mapping[str, frozenset[str]]) -> set[str]:
    labels: set[str] = set()
    for name in names if isinstance(names, list | tuple) else ():
        labels |= {str(name), *entities.get(str(name), frozenset())}
    return labels


# ------------------------------------------------------------------ slots
def _slots(raw: Any, entities: Mapping[str, Any], intents: Mapping[str, Any]) -> dict[str, Slot]:
    slots: dict[str, Slot] = {}
    for name, settings in raw.items():
        slots[str(name)] = _slot(str(name), settings, raw, entities, intents)
    return slots


def _slot(
    name: str, settings: Any, raw: Any, entities: Mapping[str, Any], intents: Mapping[str, Any]
) -> Slot:
    if not isinstance(settings, Mapping):
        refuse(f"Le slot « {name} » doit avoir au moins « type: » et « mappings: ».", raw, name)
    kind = settings.get("type")
    if kind is None:
        refuse(f"Le slot « {name} » n'a pas de type. Types : {', '.join(SLOT_TYPES)}.", raw, name)
    if kind not in SLOT_TYPES and (not isinstance(kind, str) or "." not in kind):
        refuse(
            f"Le slot « {name} » a un type inconnu, « {kind} ». Types : {', '.join(SLOT_TYPES)}.",
            settings,
            "type",
        )
    influences = settings.get("influence_conversation", kind != "any")
    if not isinstance(influences, bool):
        refuse(
            f"« influence_conversation » du slot « {name} » vaut true ou false.",
            settings,
            "influence_conversation",
        )
    if kind == "any" and influences:
        refuse(
            f"Le slot « {name} » est de type any et ne peut pas influencer la conversation : "
            "retirez « influence_conversation: true » ou changez de type.",
            settings,
            "influence_conversation",
        )
    low, high = settings.get("min_value", 0.0), settings.get("max_value", 1.0)
    if kind == "float" and not _is_number(low):
        refuse(f"« min_value » du slot « {name} » n'est pas un nombre.", settings, "min_value")
    if kind == "float" and not _is_number(high):
        refuse(f"« max_value » du slot « {name} » n'est pas un nombre.", settings, "max_value")
    if kind == "float" and low >= high:
        refuse(
            f"« min_value » du slot « {name} » doit être plus petit que « max_value ».", settings, "min_value"
        )
    values = settings.get("values") or ()
    if kind == "categorical" and (not isinstance(values, list | tuple)):
        refuse(f"« values » du slot « {name} » doit être une liste.", settings, "values")
    initial = settings.get("initial_value")
    if isinstance(initial, date):
        refuse(
            f"« initial_value » du slot « {name} » est lue comme une date : mettez-la entre guillemets.",
            settings,
            "initial_value",
        )
    if kind == "float" and initial is not None and not _is_number(initial):
        refuse(f"« initial_value » du slot « {name} » n'est pas un nombre.", settings, "initial_value")
    if kind == "list" and initial is not None and not isinstance(initial, list):
        initial = [initial]
    if name in BUILT_IN_SLOTS and settings.get("mappings") is None:
        return Slot(name, str(kind), initial, influences)
    mappings = settings.get("mappings")
    if not isinstance(mappings, list | tuple) or not mappings:
        refuse(
            f"Le slot « {name} » n'a pas de « mappings: » : dites comment il se remplit (from_entity, from_intent, "
            "from_trigger_intent, from_text ou custom).",
            settings,
            "mappings",
        )
    lowered = tuple(str(value).lower() for value in values)
    return Slot(
        name=name,
        type=str(kind),
        initial_value=initial,
        influences=influences,
        mappings=tuple(_mapping(m, name, mappings, i, entities, intents) for i, m in enumerate(mappings)),
        values=(*lowered, *(() if OTHER in lowered else (OTHER,))) if kind == "categorical" else (),
        min_value=float(low) if kind == "float" else 0.0,
        max_value=float(high) if kind == "float" else 1.0,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _mapping(
    raw: Any, slot: str, parent: Any, index: int, entities: Mapping[str, Any], intents: Mapping[str, Any]
) -> SlotMapping:
    if not isinstance(raw, Mapping):
        refuse(f"Chaque « mapping » du slot « {slot} » commence par « type: ».", parent, index)
    kind = raw.get("type")
    if kind not in MAPPING_TYPES:
        refuse(
            f"Le slot « {slot} » a un « mapping » de type inconnu, « {kind} ». Types : {', '.join(MAPPING_TYPES)}.",
            parent,
            index,
        )
    needed = {"from_entity": "entity", "from_intent": "value", "from_trigger_intent": "value"}.get(kind)
    if needed and raw.get(needed) is None:
        refuse(f"Le « mapping » {kind} du slot « {slot} » doit dire « {needed}: ».", parent, index)
    for key in ("entity", "role", "group", "action"):
        if isinstance(raw.get(key), Mapping | list):
            refuse(f"« {key} » du slot « {slot} » est un seul nom.", raw, key)
    conditions = raw.get("conditions") or ()
    if not isinstance(conditions, list | tuple) or not all(isinstance(c, Mapping) for c in conditions):
        refuse(
            f"« conditions » du slot « {slot} » doit être une liste de « - active_loop: … ».",
            raw,
            "conditions",
        )
    for condition in conditions:
        for key in ("active_loop", "requested_slot"):
            if isinstance(condition.get(key), Mapping | list):
                refuse(f"« {key} » d'une condition du slot « {slot} » est un seul nom.", condition, key)
    wanted, unwanted = _names(raw.get("intent")), _names(raw.get("not_intent"))
    is_valid = True
    if kind == "from_entity" and raw["entity"] not in entities:
        is_valid = False  # Rasa skips such a mapping with a warning
    if kind == "from_intent" and wanted and not wanted <= set(intents):
        is_valid = False
    return SlotMapping(
        type=str(kind),
        raw=raw,
        entity=raw.get("entity"),
        role=raw.get("role"),
        group=raw.get("group"),
        value=raw.get("value"),
        intents=frozenset(wanted),
        not_intents=frozenset(unwanted),
        action=raw.get("action"),
        conditions=tuple(Condition(c.get("active_loop"), c.get("requested_slot")) for c in conditions),
        is_valid=is_valid,
    )


def _names(value: Any) -> set[str]:
    if value is None:
        return set()
    return {str(name) for name in value} if isinstance(value, list | tuple) else {str(value)}


# ------------------------------------------------------------------ responses, actions, forms, session
def _responses(raw: Any) -> dict[str, tuple[Mapping[str, Any], ...]]:
    responses: dict[str, tuple[Mapping[str, Any], ...]] = {}
    for name, variations in raw.items():
        if not isinstance(variations, list | tuple) or not variations:
            refuse(f"La réponse « {name} » doit être une liste de variantes (« - text: … »).", raw, name)
        for index, variation in enumerate(variations):
            if not isinstance(variation, Mapping):
                refuse(
                    f"Une variante de « {name} » doit commencer par « text: » (ou image:, custom:).",
                    variations,
                    index,
                )
            if not any(key in variation for key in CONTENT_KEYS):
                refuse(f"Une variante de « {name} » ne dit rien : ajoutez « text: ».", variations, index)
            _check_variation(str(name), variation)
        responses[str(name)] = tuple(variations)
    return responses


def _check_variation(name: str, variation: Mapping[str, Any]) -> None:
    for key in variation:
        if key not in VARIATION_KEYS:
            refuse(
                f"« {name} » a une clé inconnue, « {key} ». Clés : {', '.join(VARIATION_KEYS)}.",
                variation,
                key,
            )
    text = variation.get("text", "")
    if not isinstance(text, str):
        refuse(f"Le texte de « {name} » n'est pas un texte : mettez-le entre guillemets.", variation, "text")
    for key in ("buttons", "quick_replies"):
        buttons = variation.get(key) or ()
        if not isinstance(buttons, list | tuple):
            refuse(f"« {key} » de « {name} » doit être une liste.", variation, key)
        for button in buttons:
            if not isinstance(button, Mapping) or "title" not in button:
                refuse(f"Chaque bouton de « {name} » a un « title: » et un « payload: ».", variation, key)
    conditions = variation.get("condition")
    if conditions is None:
        return
    if not isinstance(conditions, list | tuple):
        refuse(f"« condition » de « {name} » doit être une liste.", variation, "condition")
    for condition in conditions:
        if not isinstance(condition, Mapping) or not {"type", "name", "value"} <= set(condition):
            refuse(f"Chaque condition de « {name} » dit type: slot, name: et value:.", variation, "condition")


def _actions(raw: Sequence[Any]) -> tuple[tuple[str, ...], frozenset[str]]:
    names: list[str] = []
    wanting: set[str] = set()
    for item in raw:
        if isinstance(item, Mapping):
            name, settings = next(iter(item.items()))
            if isinstance(settings, Mapping) and settings.get("send_domain"):
                wanting.add(str(name))
            names.append(str(name))
        else:
            names.append(str(item))
    return tuple(names), frozenset(wanting)


def _forms(raw: Any, slots: Mapping[str, Slot]) -> dict[str, Form]:
    forms: dict[str, Form] = {}
    for name, settings in raw.items():
        if not isinstance(settings, Mapping) or "required_slots" not in settings:
            refuse(
                f"Le formulaire « {name} » doit dire « required_slots: » (une liste, même vide).", raw, name
            )
        for key in settings:
            if key not in FORM_KEYS:
                refuse(
                    f"Le formulaire « {name} » a une clé inconnue, « {key} ». Clés : {', '.join(FORM_KEYS)}.",
                    settings,
                    key,
                )
        required = settings["required_slots"]
        if not isinstance(required, list | tuple):
            refuse(
                f"« required_slots » du formulaire « {name} » doit être une liste de slots "
                "(la forme de Rasa 2 avec des mappings n'est plus lue).",
                settings,
                "required_slots",
            )
        for index, slot in enumerate(required):
            if not isinstance(slot, str) or slot not in slots:
                refuse(
                    f"Le formulaire « {name} » demande le slot « {slot} », qui n'existe pas.", required, index
                )
        forms[str(name)] = Form(
            str(name), tuple(required), frozenset(_names(settings.get("ignored_intents")))
        )
    return forms


def _session(settings: Mapping[str, Any]) -> tuple[float, bool]:
    minutes = settings.get("session_expiration_time", 60)
    if not _is_number(minutes) or minutes < 0:
        refuse(
            "« session_expiration_time » est un nombre de minutes (0 : jamais).",
            settings,
            "session_expiration_time",
        )
    carry = settings.get("carry_over_slots_to_new_session", True)
    if not isinstance(carry, bool):
        refuse(
            "« carry_over_slots_to_new_session » vaut true ou false.",
            settings,
            "carry_over_slots_to_new_session",
        )
    return float(minutes), carry
