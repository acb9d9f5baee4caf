"""What `connecteur check` says about a project's dialogue: all at once, in milliseconds, nothing trained.

Findings are what the real Rasa refuses, and what it accepts though nothing can come of it: a rule that can never
apply, a condition that is not looked at. Remarks are what nothing uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from bot.dialogue import check_names
from bot.dialogue.contradictions import Finding, Problem
from bot.dialogue.domain import DEFAULT_INTENTS, Domain
from bot.dialogue.domain_reader import KNOWN_KEYS, read_domain
from bot.dialogue.events import ActionExecuted, ActiveLoop, Event, SlotSet, UserUttered
from bot.dialogue.model import (
    extra_sources,
    files_without_data,
    learn_rules,
    policy_settings,
    project_sources,
    retrieval_intents,
)
from bot.dialogue.rules import DEFAULT_INTENT_ACTIONS
from bot.dialogue.slots import REQUESTED_SLOT
from bot.dialogue.states import NOT_SET
from bot.dialogue.stories import Path, read_paths
from bot.dialogue.yaml_source import YamlFile, where
from bot.errors import ProjectFileError
from bot.project import Project

_SPOKEN_BY_THE_ENGINE = (
    "utter_default",
    "utter_restart",
    "utter_back",
    "utter_ask_rephrase",
    "utter_action_failed",
)


class Report(NamedTuple):
    """What is wrong with a project's dialogue, and what is merely not used."""

    findings: list[Finding]
    remarks: list[Finding]


def check_model(
    domain: Sequence[YamlFile | Mapping[str, Any]],
    data: Sequence[YamlFile | Mapping[str, Any]] = (),
    config: Mapping[str, Any] | None = None,
    extra_domain: Mapping[str, Any] | None = None,
    used_elsewhere: str = "",
) -> Report:
    """All that is wrong with a project's dialogue.

    Args:
        domain: as in `load_model`.
        data: as in `load_model`.
        config: as in `load_model`.
        extra_domain: as in `load_model`.
        used_elsewhere: text (the actions' source, say) in which a response's or intent's name counts as its use.
    """
    try:
        known = read_domain([*domain, *extra_sources(data, extra_domain)], retrieval_intents(data))
        paths = read_paths(data, known)
        _, problems = learn_rules(policy_settings(config), paths, known)
    except ProjectFileError as error:
        return Report([(error.file, error.line, error.message)], [])
    findings = [(*problem.path.place, problem.sentence) for problem in _once(problems)]
    findings += check_names.findings(known, paths, data)
    findings += _intents(known, paths)
    findings += _conditions(known, paths)
    unfilled = list(check_names.unfilled(known, used_elsewhere))
    remarks = [
        *_unknown_keys(domain),
        *check_names.remarks(known, paths),
        *_unused(known, paths, used_elsewhere),
    ]
    # Actions that run elsewhere, unseen, may fill what nothing fills here.
    is_seen = bool(used_elsewhere) or all(name.startswith("utter_") for name in known.user_actions)
    return Report([*findings, *unfilled], remarks) if is_seen else Report(findings, [*unfilled, *remarks])


def check_project(
    project: Project, extra_domain: Mapping[str, Any] | None = None, used_elsewhere: str = ""
) -> Report:
    """`check_model` for a project's folder."""
    try:
        domain, data, config = project_sources(project)
    except ProjectFileError as error:
        return Report([(error.file, error.line, error.message)], [])
    findings, remarks = check_model(domain, data, config, extra_domain, used_elsewhere)
    unread: list[Finding] = [
        (file, None, "Rien n'y est lu : il n'a aucune des clés nlu:, rules:, stories: et responses:.")
        for file in files_without_data(project)
    ]
    return Report(findings, [*unread, *remarks])


def _unknown_keys(domain: Sequence[YamlFile | Mapping[str, Any]]) -> Iterable[Finding]:
    for source in domain:
        data = source.data if isinstance(source, YamlFile) else source
        for key in data if isinstance(data, Mapping) else ():
            if key not in KNOWN_KEYS:
                yield (
                    *where(data, key),
                    f"La clé « {key} » n'est pas du domaine. Clés : {', '.join(KNOWN_KEYS)}.",
                )


def _once(problems: Iterable[Problem]) -> Iterable[Problem]:
    seen: set[str] = set()
    for problem in problems:
        if problem.sentence not in seen:
            seen.add(problem.sentence)
            yield problem


def _intents(domain: Domain, paths: Iterable[Path]) -> Iterable[Finding]:
    for path in paths:
        for event in path.events:
            if not isinstance(event, UserUttered) or event.intent_name is None:
                continue
            intent, kind = event.intent_name, "La règle" if path.is_rule else "L'histoire"
            file, line = path.place
            if intent not in domain.intents:
                yield (
                    file,
                    line,
                    (
                        f"{kind} « {path.name} » parle de l'intention « {intent} », qui n'existe pas : "
                        "ajoutez-la sous intents:."
                    ),
                )
            default = DEFAULT_INTENT_ACTIONS.get(intent)
            if path.is_rule and default is not None and default not in _actions(path):
                yield (
                    file,
                    line,
                    (
                        f"La règle « {path.name} » ne servira jamais : « {intent} » lance toujours {default}. "
                        "Écrivez cette action à vous sous actions: pour la remplacer."
                    ),
                )


def _conditions(domain: Domain, paths: Sequence[Path]) -> Iterable[Finding]:
    started = {name for path in paths for name in _actions(path)}
    for path in paths:
        file, line = path.place
        for event in _condition_events(path):
            if isinstance(event, SlotSet):
                if event.name != REQUESTED_SLOT and not domain.slots[event.name].influences:
                    yield (
                        file,
                        line,
                        (
                            f"La règle « {path.name} » a une condition sur « {event.name} », mais ce slot a "
                            "« influence_conversation: false » : la condition n'est pas regardée. Mettez true."
                        ),
                    )
                elif event.value == NOT_SET and domain.slots[event.name].type == "list":
                    yield (
                        file,
                        line,
                        f"La règle « {path.name} » veut « {event.name}: null », mais d'un slot de type list cela "
                        "demande, comme sous Rasa, qu'il soit rempli : prenez un slot bool.",
                    )
            elif isinstance(event, ActiveLoop) and event.name in domain.forms and event.name not in started:
                yield (
                    file,
                    line,
                    (
                        f"La règle « {path.name} » attend le formulaire « {event.name} », qu'aucune règle "
                        "ni histoire ne lance."
                    ),
                )


def _condition_events(path: Path) -> Iterable[Event]:
    """What comes before a rule's own steps."""
    for event in path.events if path.is_rule else ():
        if isinstance(event, UserUttered | ActionExecuted):
            return
        yield event


def _unused(domain: Domain, paths: Sequence[Path], used_elsewhere: str) -> Iterable[Finding]:
    actions = {name for path in paths for name in _actions(path)}
    intents = {e.intent_name for path in paths for e in path.events if isinstance(e, UserUttered)}
    by_mappings = {
        name
        for slot in domain.slots.values()
        for mapping in slot.mappings
        for name in (mapping.intents | mapping.not_intents)
    }
    ignored = {name for form in domain.forms.values() for name in form.ignored_intents}
    for form in domain.forms.values():
        if form.name not in actions and form.name not in used_elsewhere:
            file, line = where(domain.raw.get("forms"), form.name)
            yield (
                file,
                line,
                f"Le formulaire « {form.name} » n'est lancé par aucune règle : retirez-le ou lancez-le.",
            )
    raw_intents = domain.raw.get("intents") or []
    for index, item in enumerate(raw_intents):
        name = str(next(iter(item))) if isinstance(item, Mapping) else str(item)
        used = name in intents | by_mappings | ignored | set(DEFAULT_INTENTS) | domain.retrieval_intents
        if not used and name.split("/")[0] not in intents and name not in used_elsewhere:
            file, line = where(raw_intents, index)
            yield (
                file,
                line,
                f"L'intention « {name} » ne sert à aucune règle, histoire ni slot : retirez-la ou servez-vous-en.",
            )
    for name in domain.responses:
        if not _is_spoken(name, domain, actions) and not _is_named(name, used_elsewhere):
            file, line = where(domain.raw.get("responses"), name)
            yield file, line, f"La réponse « {name} » n'est dite nulle part : retirez-la."


_MADE_NAME = re.compile(r"(utter_\w*)\{")


def _is_named(response: str, source: str) -> bool:
    """Whether the actions' source names a response, or makes names that begin like it (`f"utter_bad_{slot}"`)."""
    return response in source or any(response.startswith(start) for start in _MADE_NAME.findall(source))


def _is_spoken(name: str, domain: Domain, actions: set[str]) -> bool:
    if name in actions or name in _SPOKEN_BY_THE_ENGINE or "/" in name:
        return True
    if not name.startswith("utter_ask_"):
        return False
    asked = name[len("utter_ask_") :]
    return any(asked in (slot, f"{form}_{slot}") for form in domain.forms for slot in domain.slots)


def _actions(path: Path) -> set[str]:
    return {event.name for event in path.events if isinstance(event, ActionExecuted) and event.name}
