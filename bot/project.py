"""A project: a folder of dialogue files, training data and actions, ours or a plain Rasa 3.x one.

The shipped project has `dialogues/`, `nlu_data/` and `actions/`; a plain Rasa project has `domain.yml` (or a folder
`domain/`), `data/`, `config.yml`, `actions/` or `actions.py`. What the program needs of a project beyond its actions
goes through the functions of `ProjectHooks`, which a project's `actions/__init__.py` may define, each optional.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import pkgutil
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import chdir, nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol, cast

from bot.errors import ContentError


class ProjectHooks(Protocol):
    """What a project's `actions/__init__.py` may offer; all of it optional.

    `domain()` is merged with the domain files. `check()` gives (file, line or None, sentence). `advise` and
    `why` take a profile as in `connecteur advise --jsonl`, `profile_remarks` tells what of it they leave alone.
    `case_sheet` is what an advisor reads of a conversation;
    `catalogue_health` what is stale or missing on a day. `match_skills` pairs notices (data of `skill_offer` and
    `skill_search`, with `id` and `side`), `loan_draft` writes their agreement (a PDF), `cohort_lines` sums a
    chamber up; `use_directory` is handed the approved connecteurs.
    """

    domain: Callable[[], dict[str, Any]] | None
    check: Callable[[], Sequence[tuple[str, int | None, str]]] | None
    advise: Callable[[Mapping[str, Any], date], dict[str, Any]] | None
    why: Callable[[str, Mapping[str, Any], date], str] | None
    profile_remarks: Callable[[Mapping[str, Any]], Sequence[str]] | None
    case_sheet: Callable[[Mapping[str, Any]], dict[str, Any]] | None
    match_skills: Callable[[Sequence[Mapping[str, Any]]], list[dict[str, Any]]] | None
    loan_draft: Callable[[Mapping[str, Any], Mapping[str, Mapping[str, Any]], Any], bytes] | None
    cohort_lines: Callable[[Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]], list[str]] | None
    use_directory: Callable[[Sequence[Mapping[str, Any]]], None] | None
    catalogue_health: Callable[[date], Sequence[tuple[str, int | None, str]]] | None


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
    # an exported project is Rasa's, though its actions keep their words in dialogues/
    ours = (folder / "dialogues" / "domain.yml").is_file() and not (folder / "domain.yml").is_file()
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
        config_file=config if config.exists() else None,
        actions_path=actions,
        is_plain_rasa=not ours,
        test_files=_yaml_files(folder / "tests" / "transcripts")
        if ours
        else _yaml_files(folder / "tests", folder / "e2e_tests"),
    )


def load_actions(project: Project) -> ModuleType | None:
    """Import the project's actions by path.

    The shipped project's modules get a name of their own, so that two projects never mix. Those of a plain Rasa
    project are `actions` and find each other by that name, as under Rasa's own action server; their folder is
    where they are imported (`InMemoryKnowledgeBase("data.json")`).

    Raises:
        ContentError: the module cannot be imported; the message names the file, the line and the error.
    """
    path = project.actions_path
    if path is None:
        return None
    if path in _LOADED:
        return _LOADED[path]
    name = "actions" if project.is_plain_rasa else _own_name(path)
    displaced = {key: sys.modules.pop(key) for key in _modules_named(name)}
    if project.is_plain_rasa and str(project.folder) not in sys.path:
        sys.path.append(str(project.folder))
    module = _new_module(name, path)
    sys.modules[name] = module
    try:
        with chdir(project.folder) if project.is_plain_rasa else nullcontext():
            if module.__spec__ is not None and module.__spec__.loader is not None:
                module.__spec__.loader.exec_module(module)
            if not hasattr(module, "ACTIONS"):
                for info in pkgutil.walk_packages(getattr(module, "__path__", ()), prefix=name + "."):
                    importlib.import_module(info.name)
    except (Exception, SystemExit) as error:
        for key in _modules_named(name):
            del sys.modules[key]
        sys.modules.update(displaced)
        raise _cannot_load(error, path) from error
    # Modules that such a project imports late are found by the name: the project that was loaded last has it.
    is_foreign = bool(displaced) and displaced.get(name) not in _LOADED.values()
    _LOADED[path] = module
    _PARTS[module] = tuple(sys.modules[key] for key in sorted(_modules_named(name)))
    if is_foreign:
        for key in _modules_named(name):
            del sys.modules[key]
        sys.modules.update(displaced)
    return module


def parts_of(module: ModuleType) -> tuple[ModuleType, ...]:
    """The project's actions module and all modules within it."""
    return _PARTS.get(module, (module,))


_LOADED: dict[Path, ModuleType] = {}
_PARTS: dict[ModuleType, tuple[ModuleType, ...]] = {}


def _own_name(path: Path) -> str:
    return "bot_project_" + hashlib.sha256(str(path).encode()).hexdigest()[:12]


def _modules_named(name: str) -> list[str]:
    return [key for key in sys.modules if key == name or key.startswith(name + ".")]


def _new_module(name: str, path: Path) -> ModuleType:
    """The module, not yet run; a folder without `__init__.py` is a package all the same."""
    is_bare_folder = path.parent.name == "actions" and path.name == "actions.py"
    if is_bare_folder:
        package = ModuleType(name)
        package.__path__ = [str(path.parent)]
        return package
    inside = [str(path.parent)] if path.name == "__init__.py" else None
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=inside)
    if spec is None or spec.loader is None:
        raise ContentError("Ces actions ne peuvent pas être chargées.", str(path))
    return importlib.util.module_from_spec(spec)


def _cannot_load(error: BaseException, path: Path) -> ContentError:
    if isinstance(error, ContentError):
        return error
    if type(error).__name__ == "ContentFileError":  # the shipped project's own, with file and line in it
        return ContentError(str(error))
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename.startswith(str(path.parent))]
    file, line = (frames[-1].filename, frames[-1].lineno) if frames else (str(path), None)
    if isinstance(error, SyntaxError) and error.filename:
        file, line = error.filename, error.lineno
    return ContentError(
        f"Les actions du projet ne se chargent pas : {type(error).__name__}: {error}", file, line
    )


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
