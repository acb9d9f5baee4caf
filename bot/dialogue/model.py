"""A project's dialogue, ready to be talked to: domain, rules, stories and settings, loaded and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.dialogue.contradictions import Problem, analyse, raise_first
from bot.dialogue.domain import Domain
from bot.dialogue.domain_reader import read_domain, refuse
from bot.dialogue.events import ActionExecuted
from bot.dialogue.extraction import Extractor
from bot.dialogue.memoization import (
    MEMOIZATION_PRIORITY,
    MemoizationPolicy,
    NearPolicy,
    near_examples,
    remember,
)
from bot.dialogue.rules import RulePolicy, build_rules
from bot.dialogue.stories import Path as StoryPath
from bot.dialogue.stories import read_paths
from bot.dialogue.yaml_source import YamlFile, read_yaml, read_yaml_files, short_name
from bot.errors import ProjectFileError
from bot.project import Project

AUTOMATIC_POLICIES: tuple[Mapping[str, Any], ...] = (
    {"name": "MemoizationPolicy"},
    {"name": "RulePolicy"},
    {"name": "TEDPolicy", "max_history": 5},
)
"""What Rasa takes when `config.yml` names no policies (but for UnexpecTEDIntentPolicy, which needs training)."""
KNOWN_POLICIES = (
    "RulePolicy",
    "MemoizationPolicy",
    "AugmentedMemoizationPolicy",
    "TEDPolicy",
    "UnexpecTEDIntentPolicy",
)
"""Those of Rasa 3.6. A project's own, named by its class path, is passed over: there is nothing to run it."""
NEAR_MAX_HISTORY = 8


@dataclass(frozen=True)
class Model:
    """Everything that a turn needs; made by `load_model`."""

    domain: Domain
    rules: RulePolicy | None
    stories: tuple[MemoizationPolicy | NearPolicy, ...]
    extractor: Extractor
    paths: tuple[StoryPath, ...]
    literal_texts: frozenset[str] = frozenset()


def load_model(
    domain: Sequence[YamlFile | Mapping[str, Any]],
    data: Sequence[YamlFile | Mapping[str, Any]] = (),
    config: Mapping[str, Any] | None = None,
    extra_domain: Mapping[str, Any] | None = None,
    *,
    strict_rasa: bool = True,
) -> Model:
    """Read, check and learn a project's dialogue.

    Args:
        domain: the domain's files (or mappings), joined.
        data: files with `rules:` and `stories:` (others are passed over).
        config: `config.yml`; without it the rules alone decide.
        extra_domain: the part of the domain that the project derives from its content.
        strict_rasa: an unset slot prints "None" in a response as in Rasa; otherwise nothing.

    Raises:
        ProjectFileError: something that the real Rasa refuses too; with file, line and what to do.
    """
    known = read_domain([*domain, *extra_sources(data, extra_domain)], retrieval_intents(data), strict_rasa)
    paths = read_paths(data, known)
    settings = policy_settings(config)
    rules, problems = learn_rules(settings, paths, known)
    raise_first(problems)
    return Model(
        domain=known,
        rules=rules,
        stories=tuple(_story_policies(settings, paths, known)),
        extractor=Extractor(known),
        paths=tuple(paths),
        literal_texts=known.e2e_actions | _literal_texts(paths),
    )


def learn_rules(
    settings: Sequence[Mapping[str, Any]], paths: Sequence[StoryPath], domain: Domain
) -> tuple[RulePolicy | None, list[Problem]]:
    """The rule policy of the settings, and what is wrong with the rules and stories.

    Raises:
        ProjectFileError: the policies cannot work with this domain.
    """
    chosen = next((policy for policy in settings if policy["name"] == "RulePolicy"), None)
    if chosen is None:
        if domain.forms:
            refuse(
                "Le domaine a des formulaires, mais config.yml n'a pas la politique RulePolicy : ajoutez-la.",
                settings[0] if settings else None,
            )
        return None, []
    fallback = chosen.get("core_fallback_action_name")
    if fallback and (not isinstance(fallback, str) or fallback not in domain.action_names):
        refuse(
            f"« core_fallback_action_name: {fallback} » : cette action n'est pas dans le domaine.",
            chosen,
            "core_fallback_action_name",
        )
    return analyse(build_rules(paths, domain, chosen), paths, domain, chosen)


def extra_sources(
    data: Sequence[YamlFile | Mapping[str, Any]], extra_domain: Mapping[str, Any] | None
) -> list[Mapping[str, Any]]:
    """What counts as domain beside its files: the derived part, and responses written with the NLU data."""
    extra: list[Mapping[str, Any]] = [extra_domain] if extra_domain else []
    for source in data:
        content = source.data if isinstance(source, YamlFile) else source
        if isinstance(content, Mapping) and content.get("responses"):
            extra.append({"responses": content["responses"]})
    return extra


def _literal_texts(paths: Sequence[StoryPath]) -> frozenset[str]:
    """Bot texts written out in stories (`bot:`), which are actions of their own."""
    return frozenset(
        event.action_text
        for path in paths
        for event in path.events
        if isinstance(event, ActionExecuted) and event.action_text
    )


def load_project_model(project: Project, extra_domain: Mapping[str, Any] | None = None) -> Model:
    """Load the dialogue of a project's folder.

    Raises:
        ProjectFileError: a file is not what the real Rasa would take.
    """
    return load_model(*project_sources(project), extra_domain, strict_rasa=project.is_plain_rasa)


def project_sources(
    project: Project,
) -> tuple[list[YamlFile], list[YamlFile | Mapping[str, Any]], Mapping[str, Any] | None]:
    """Domain, data and config of a project's folder, read.

    Raises:
        ProjectFileError: a file is not YAML.
    """
    config = None
    if project.config_file is not None:
        config = read_yaml(project.config_file, short_name(project.config_file, project.folder)).data or {}
    domain = read_yaml_files(project.domain_files, project.folder)
    data: list[YamlFile | Mapping[str, Any]] = []
    for path in project.data_files:
        text = _text(path)
        if text is None or _HAS_DIALOGUE.search(text):
            data.append(read_yaml(path, short_name(path, project.folder)))
        else:
            # NLU examples are many and slow to parse; of them only the retrieval intents matter here
            data.append({"nlu": [{"intent": name} for name in _RETRIEVAL_INTENT.findall(text)]})
    return domain, data, config


def files_without_data(project: Project) -> list[str]:
    """Files under `data/` of which nothing is read: none of Rasa's keys stands at their left margin."""
    texts = ((path, _text(path)) for path in project.data_files)
    return [
        short_name(path, project.folder)
        for path, text in texts
        if text and text.strip() and not _HAS_DATA.search(text)
    ]


_HAS_DATA = re.compile(r"^[{\"']?(nlu|rules|stories|responses)\b", re.MULTILINE)
_HAS_DIALOGUE = re.compile(r"^[{\"']?(rules|stories|responses)\b", re.MULTILINE)
_RETRIEVAL_INTENT = re.compile(r"^[ \t-]*intent:[ \t]*[\"']?([^\s\"'#]+/[^\s\"'#]+)", re.MULTILINE)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None  # the reader says what is wrong


def retrieval_intents(data: Sequence[YamlFile | Mapping[str, Any]]) -> list[str]:
    """The first halves of the intents like `faq/prices` in NLU data."""
    found: list[str] = []
    for source in data:
        content = source.data if isinstance(source, YamlFile) else source
        items = content.get("nlu") if isinstance(content, Mapping) else None
        for item in items if isinstance(items, list) else ():
            intent = item.get("intent") if isinstance(item, Mapping) else None
            if isinstance(intent, str) and "/" in intent:
                found.append(intent.split("/")[0])
    return found


def policy_settings(config: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The policies of `config.yml` with their settings; Rasa's own choice when it names none."""
    if config is None:
        return [{"name": "RulePolicy"}]
    if not isinstance(config, Mapping):
        raise ProjectFileError(
            "config.yml doit être une suite de clés (pipeline:, policies:, …).", "config.yml", 1
        )
    recipe = config.get("recipe")
    if recipe not in (None, "default.v1"):
        refuse(f"La recette « {recipe} » n'est pas connue : écrivez recipe: default.v1.", config, "recipe")
    policies = config.get("policies")
    if policies is None or policies == []:
        return list(AUTOMATIC_POLICIES)
    if not isinstance(policies, list | tuple) or not all(
        isinstance(p, Mapping) and p.get("name") for p in policies
    ):
        refuse("« policies » doit être une liste de « - name: … ».", config, "policies")
    for policy in policies:
        for key, kind in _POLICY_NUMBERS.items():
            value = policy.get(key)
            if key in policy and (isinstance(value, bool) or not isinstance(value, kind)):
                refuse(f"« {key} » de {policy['name']} doit être un nombre.", policy, key)
    named = [copy(policy) for policy in policies]  # a copy knows its file and line still
    for index, policy in enumerate(named):
        name = str(policy["name"])
        policy["name"] = name.rsplit(".", 1)[-1]
        if policy["name"] not in KNOWN_POLICIES and "." not in name:
            refuse(
                f"La politique « {name} » n'est pas de Rasa 3.6. Politiques : {', '.join(KNOWN_POLICIES)}.",
                policies,
                index,
            )
    return named


_POLICY_NUMBERS: Mapping[str, Any] = {
    "core_fallback_threshold": int | float,
    "priority": int,
    "max_history": int | None,
}


def _story_policies(
    settings: Sequence[Mapping[str, Any]], paths: Sequence[StoryPath], domain: Domain
) -> list[MemoizationPolicy | NearPolicy]:
    found: list[MemoizationPolicy | NearPolicy] = []
    if all(path.is_rule for path in paths):
        return found
    for policy in settings:
        name = policy["name"]
        max_history = policy.get("max_history")
        if name in ("MemoizationPolicy", "AugmentedMemoizationPolicy"):
            found.append(
                MemoizationPolicy(
                    lookup=remember(paths, domain, max_history),
                    max_history=max_history,
                    priority=int(policy.get("priority", MEMOIZATION_PRIORITY)),
                    is_augmented=name.startswith("Augmented"),
                    uses_nlu_confidence=bool(policy.get("use_nlu_confidence_as_score", False)),
                    name=name,
                )
            )
        elif name == "TEDPolicy":
            length = max_history or NEAR_MAX_HISTORY
            found.append(NearPolicy(near_examples(paths, domain, length), length))
    return found
