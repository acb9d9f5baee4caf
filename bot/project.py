"""A project: a folder of dialogue files, training data and actions, ours or a plain Rasa 3.x one.

The shipped project has `dialogues/`, `nlu_data/` and `actions/`; a plain Rasa project has `domain.yml` (or a folder
`domain/`), `data/`, `config.yml`, `actions/` or `actions.py`. What the program needs of a project beyond its actions
goes through the functions of `ProjectHooks`, which a project's `actions/__init__.py` may define, each optional.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast

from bot.errors import ContentError


class ProjectHooks(Protocol):
    """What a project's `actions/__init__.py` may offer; all of it optional.

    `domain()` is merged with the domain files. `check()` gives (file, line or None, sentence). `advise` and
    `why` take a profile as in `connecteur advise --jsonl`. `case_sheet` is what an advisor reads of a conversation;
    `catalogue_health` what is stale or missing on a day.
    """

    domain: Callable[[], dict[str, Any]] | None
    check: Callable[[], Sequence[tuple[str, int | None, str]]] | None
    advise: Callable[[Mapping[str, Any], date], dict[str, Any]] | None
    why: Callable[[str, Mapping[str, Any], date], str] | None
    case_sheet: Callable[[Mapping[str, Any]], dict[str, Any]] | None
    catalogue_health: Callable[[date], Sequence[str]] | None


@dataclass(frozen=True, slots=True)
class Project:
    """Where a project's files are. `is_plain_rasa`: it has none of our folders."""

    folder: Path
    domain_files: tuple[Path, ...]
    data_files: tuple[Path, ...]
    nlu_folder: Path
    config_file: Path | None
    actions_path: Path | None
    is_plain_rasa: bool
    test_files: tuple[Path, ...] = field(default=())


def default_folder() -> Path:
    """The shipped project: inside the installed package, or the repository itself when editable."""
    package = Path(__file__).resolve().parent
    shipped = package / "_project"
    return shipped if shipped.is_dir() else package.parent


def find(folder: Path | None = None) -> Project:
    """List a project's files.

    Raises:
        ContentError: the folder does not exist or holds no domain.
    """
    folder = (folder or default_folder()).resolve()
    if not folder.is_dir():
        raise ContentError(f"Le dossier de projet « {folder} » n'existe pas.")
    ours = (folder / "dialogues").is_dir()
    if ours:
        dialogues = folder / "dialogues"
        domain_files = _yaml_files(dialogues / "domain.yml", dialogues / "responses")
        data_files = _yaml_files(dialogues / "rules.yml", dialogues / "rules", dialogues / "stories.yml")
        nlu_folder = folder / "nlu_data"
        config = dialogues / "config.yml"
    else:
        domain_files = _yaml_files(folder / "domain.yml", folder / "domain")
        data_files = _yaml_files(folder / "data")
        nlu_folder = folder / "data"
        config = folder / "config.yml"
    if not domain_files:
        raise ContentError(
            f"« {folder} » n'est pas un projet : il n'y a ni dialogues/domain.yml, ni domain.yml, ni domain/."
        )
    actions = next(
        (p for p in (folder / "actions" / "__init__.py", folder / "actions.py") if p.is_file()), None
    )
    if actions is None and (folder / "actions" / "actions.py").is_file():
        actions = folder / "actions" / "actions.py"
    return Project(
        folder=folder,
        domain_files=domain_files,
        data_files=data_files,
        nlu_folder=nlu_folder,
        config_file=config if config.is_file() else None,
        actions_path=actions,
        is_plain_rasa=not ours,
        test_files=_yaml_files(folder / "tests" / "transcripts")
        if ours
        else _yaml_files(folder / "tests", folder / "e2e_tests"),
    )


def load_actions(project: Project) -> ModuleType | None:
    """Import the project's actions by path, under a name of their own, so that two projects never mix.

    Raises:
        ContentError: the module cannot be imported; the message names the file, the line and the error.
    """
    path = project.actions_path
    if path is None:
        return None
    name = "bot_project_" + hashlib.sha256(str(path).encode()).hexdigest()[:12]
    if name in sys.modules:
        return sys.modules[name]
    is_package = path.name == "__init__.py"
    spec = importlib.util.spec_from_file_location(
        name, path, submodule_search_locations=[str(path.parent)] if is_package else None
    )
    if spec is None or spec.loader is None:
        raise ContentError("Ces actions ne peuvent pas être chargées.", str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except ContentError:
        sys.modules.pop(name, None)
        raise
    except Exception as error:
        for loaded in [key for key in sys.modules if key == name or key.startswith(name + ".")]:
            sys.modules.pop(loaded, None)
        if type(error).__name__ == "ContentFileError":  # the shipped project's own, with file and line in it
            raise ContentError(str(error)) from error
        raise ContentError(
            f"Les actions du projet ne se chargent pas : {type(error).__name__}: {error}", str(path)
        ) from error
    return module


def hooks(project: Project) -> ProjectHooks:
    """The project's hooks; those that it lacks are None."""
    module = load_actions(project)

    class _Hooks:
        def __getattr__(self, name: str) -> Any:
            return getattr(module, name, None) if module is not None else None

    return cast(ProjectHooks, _Hooks())


def _yaml_files(*paths: Path) -> tuple[Path, ...]:
    found: list[Path] = []
    for path in paths:
        if path.is_file():
            found.append(path)
        elif path.is_dir():
            found += sorted(p for p in path.rglob("*") if p.suffix in (".yml", ".yaml") and p.is_file())
    return tuple(found)
