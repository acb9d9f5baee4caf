"""`connecteur export rasa DIR`: the project as one that the real Rasa 3.6 trains and serves.

What is written: domain (with the part that derives from the questionnaire), rules and stories, training
examples, a config for Rasa's own pipeline, the actions with their content, and the endpoint of their server. What is
not carried over stands in the README of the exported folder.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from bot import project as projects
from bot.errors import ContentError
from bot.nlu import nlu_yaml
from bot.nlu.pipeline import FALLBACK
from bot.nlu.requests import read_requests
from bot.nlu.text import plain
from bot.project import Project

CONFIG = {
    "recipe": "default.v1",
    "language": "fr",
    "assistant_id": "connecteur",
    "pipeline": [
        {"name": "WhitespaceTokenizer"},
        {"name": "RegexFeaturizer"},
        {"name": "LexicalSyntacticFeaturizer"},
        {"name": "CountVectorsFeaturizer"},
        {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 2, "max_ngram": 4},
        {"name": "LogisticRegressionClassifier", "max_iter": 100, "solver": "lbfgs", "tol": 0.0001},
        {"name": "FallbackClassifier", "threshold": 0.4, "ambiguity_threshold": 0.05},
    ],
    "policies": [{"name": "MemoizationPolicy"}, {"name": "RulePolicy"}],
}

README = """# Projet Connecteur pour Rasa 3.6

    rasa train
    python -m rasa_sdk --actions actions        # in another terminal: Python 3.11 or newer, Connecteur installed
    rasa shell

The action server is a process of its own: it runs in Connecteur's environment, Rasa in its own (Python 3.10).

Carried over: domain with the part that derives from the questionnaire, forms, rules, responses, training examples,
actions and their content. Buttons answer every question as they do in Connecteur.

Not carried over:

- the reading of sector, place, headcount and needs in free text, and of an answer to the open question: Rasa's own
  pipeline does not have them; those questions are answered by buttons, or by the payload `/answer{...}`;
- effects outside the conversation (a call-back, an erasure, an export of one's data): they are asked for by a `custom`
  message with the single key `effect`, which Rasa sends to the channel as it is;
- commit before sending, one turn once, a person who takes the conversation over, the reminder, the chambers;
- a response's slot that is not set: Connecteur prints nothing, Rasa prints "None".
"""


def export_rasa(project: Project, folder: Path) -> str:
    """Write the project into an empty or new folder; returns one sentence for the terminal.

    Raises:
        ContentError: the folder holds something already.
    """
    folder = folder.resolve()
    if folder.exists() and any(folder.iterdir()):
        raise ContentError(f"« {folder} » n'est pas vide : choisissez un dossier neuf.")
    (folder / "data").mkdir(parents=True)
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 110
    yaml.sort_base_mapping_type_on_output = False

    domain: dict[str, Any] = {"version": "3.1"}
    for file in project.domain_files:
        _merge(domain, yaml.load(file.read_text(encoding="utf-8")) or {})
    derived = projects.hooks(project).domain
    if derived is not None:
        _merge(domain, derived())
    _declare_answers(domain)
    _write(yaml, folder / "domain.yml", domain)

    config = yaml.load(project.config_file.read_text(encoding="utf-8")) if project.config_file else {}
    _write(yaml, folder / "config.yml", CONFIG if not project.is_plain_rasa else config)
    _write(yaml, folder / "endpoints.yml", {"action_endpoint": {"url": "http://localhost:5055/webhook"}})
    _write(yaml, folder / "credentials.yml", {"rest": None})
    if project.is_plain_rasa:
        shutil.copytree(project.nlu_folder, folder / "data", dirs_exist_ok=True, ignore=_LEFT_OUT)
    else:
        for file in project.data_files:
            shutil.copy(file, folder / "data" / file.name)
        requests = read_requests(project.nlu_folder)
        requests.pop(FALLBACK, None)  # Rasa's FallbackClassifier says it; it is learnt from no example
        claimed = {
            plain(one.lstrip("=!+")): intent for intent, phrases in requests.items() for one in phrases
        }
        for file in nlu_yaml.nlu_files(project.nlu_folder):
            kept = _without_doubles(file.read_text(encoding="utf-8"), claimed)
            (folder / "data" / f"nlu_{file.name}").write_text(kept, encoding="utf-8")
        if requests:
            # What we know by its words, Rasa learns as examples.
            lines = ['version: "3.1"', "nlu:"]
            for intent, phrases in requests.items():
                lines += [
                    f"- intent: {intent}",
                    "  examples: |",
                    *(f"    - {one.lstrip('=!+')}" for one in phrases),
                ]
            (folder / "data" / "nlu_requests.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        # The actions read their questions and words beside them, as in our own layout.
        shutil.copytree(project.folder / "dialogues", folder / "dialogues", ignore=_LEFT_OUT)
    path = project.actions_path
    if path is not None and path.parent.name == "actions":
        shutil.copytree(path.parent, folder / "actions", ignore=_LEFT_OUT)
    elif path is not None:
        shutil.copy(path, folder / path.name)
    (folder / "README.md").write_text(README, encoding="utf-8")
    return f"Projet Rasa écrit dans {folder}. La suite est dans son README.md."


_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".model")


def _without_doubles(nlu: str, claimed: dict[str, str]) -> str:
    """NLU YAML without the examples that another intent has: of the same words, Rasa warns of a contradiction.

    `claimed` leads an example in plain form to its intent, and takes those of this text in.
    """
    kept: list[str] = []
    intent = ""
    for line in nlu.splitlines():
        if named := re.match(r"\s*- (?:intent|lookup|synonym|regex): *(\S+)", line):
            intent = named[1] if "intent:" in line else ""
        elif intent and (example := re.match(r"\s+- (?!text:)(.+)", line)):
            owner = claimed.setdefault(plain(example[1].strip()), intent)
            if owner != intent:
                continue
        kept.append(line)
    return "\n".join(kept) + "\n"


def _declare_answers(domain: dict[str, Any]) -> None:
    """Rasa refuses an entity that the domain does not name: every slot filled from one names it."""
    entities = {e if isinstance(e, str) else next(iter(e)) for e in domain.get("entities") or ()}
    for slot in (domain.get("slots") or {}).values():
        for mapping in slot.get("mappings") or ():
            entity = mapping.get("entity")
            if entity and entity not in entities:
                domain.setdefault("entities", []).append(entity)
                entities.add(entity)


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Rasa's own way of merging domain files: lists are joined without doubles, mappings are merged."""
    for key, value in more.items():
        if isinstance(value, Mapping):
            into.setdefault(key, {})
            into[key] = {**(into[key] or {}), **value}
        elif isinstance(value, list):
            known = into.setdefault(key, [])
            known += [item for item in value if item not in known]
        else:
            into[key] = value


def _write(yaml: YAML, path: Path, content: Any) -> None:
    with path.open("w", encoding="utf-8") as stream:
        yaml.dump(content, stream)
