"""Reading YAML files so that every mapping and list knows its file and line.

The only file of the engine that touches the disk; the rest is given `YamlFile`s or plain mappings.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.errors import ProjectFileError


class YamlMap(dict[Any, Any]):
    """A mapping that knows its file, its line and the line of each key."""

    __slots__ = ("file", "line", "lines")

    def __init__(self, file: str, line: int) -> None:
        super().__init__()
        self.file = file
        self.line = line
        self.lines: dict[Any, int] = {}


class YamlList(list[Any]):
    """A list that knows its file, its line and the line of each item."""

    __slots__ = ("file", "line", "lines")

    def __init__(self, file: str, line: int) -> None:
        super().__init__()
        self.file = file
        self.line = line
        self.lines: list[int] = []


class MergedMap(dict[Any, Any]):
    """Keys from several files; `places` says in which mapping each one is written."""

    __slots__ = ("places",)

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[Any, Any] = {}


class MergedList(list[Any]):
    """Items from several files; `places` says in which list, and where in it, each one is written."""

    __slots__ = ("places",)

    def __init__(self) -> None:
        super().__init__()
        self.places: list[tuple[Any, int]] = []


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A file that was read. `data` is None for an empty one."""

    path: str
    data: Any


def where(node: Any, key: Any = None) -> tuple[str | None, int | None]:
    """File and line of a node, or of one of its keys or items; (None, None) for plain data."""
    if isinstance(node, MergedMap):
        return where(node.places.get(key), key)
    if isinstance(node, MergedList):
        return where(*node.places[key]) if isinstance(key, int) and key < len(node.places) else (None, None)
    file = getattr(node, "file", None)
    if file is None:
        return None, None
    line: int = node.line
    if isinstance(node, YamlMap):
        line = node.lines.get(key, line)
    elif isinstance(node, YamlList) and isinstance(key, int) and key < len(node.lines):
        line = node.lines[key]
    return file, line


def read_yaml(path: Path, name: str | None = None) -> YamlFile:
    """Read a file.

    Args:
        path: where it is.
        name: how messages call it (its path relative to the project).

    Raises:
        ProjectFileError: it cannot be read or is not YAML; with the line.
    """
    name = name or str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ProjectFileError("Ce fichier n'est pas en UTF-8 : enregistrez-le en UTF-8.", name) from error
    except OSError as error:
        raise ProjectFileError(f"Ce fichier ne peut pas être lu ({error.strerror}).", name) from error
    return YamlFile(name, parse_yaml(text, name))


def read_yaml_files(paths: Sequence[Path], root: Path | None = None) -> list[YamlFile]:
    """Read several files, named relative to `root` in messages."""
    return [read_yaml(path, short_name(path, root)) for path in paths]


def short_name(path: Path, root: Path | None) -> str:
    """How messages call a file."""
    if root is not None and path.is_relative_to(root):
        return str(path.relative_to(root))
    return str(path)


def parse_yaml(text: str, name: str) -> Any:
    """Parse a YAML text; `name` is the file's name in messages.

    Raises:
        ProjectFileError: it is not YAML.
    """
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    from bot.quick_yaml import compose

    try:
        node, constructor = compose(text)
        return None if node is None else _build(node, constructor, name)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = (error.problem or error.context or "").strip()
        line = None if mark is None else mark.line + 1
        raise ProjectFileError(
            f"Ce YAML ne se lit pas ({problem}) : vérifiez la ligne.", name, line
        ) from error
    except (YAMLError, ValueError) as error:
        raise ProjectFileError(f"Ce YAML ne se lit pas ({error}).", name) from error


def _build(node: Any, constructor: Any, name: str) -> Any:
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    line = node.start_mark.line + 1
    if isinstance(node, MappingNode):
        constructor.flatten_mapping(node)
        mapping = YamlMap(name, line)
        for key_node, value_node in node.value:
            key = _build(key_node, constructor, name)
            key_line = key_node.start_mark.line + 1
            if isinstance(key, Mapping | list):
                raise ProjectFileError(
                    "Une clé doit être un mot, pas une liste ni un tableau.", name, key_line
                )
            if key in mapping:
                raise ProjectFileError(
                    f"La clé « {key} » est écrite deux fois : gardez-en une.", name, key_line
                )
            mapping[key] = _build(value_node, constructor, name)
            mapping.lines[key] = key_line
        return mapping
    if isinstance(node, SequenceNode):
        items = YamlList(name, line)
        for item in node.value:
            items.append(_build(item, constructor, name))
            items.lines.append(item.start_mark.line + 1)
        return items
    if not node.style and _VARIABLE.search(node.value):
        return _with_variables(node.value, name, line)
    return constructor.construct_object(node)


_VARIABLE = re.compile(r"\$\{.*\}")


def _with_variables(text: str, name: str, line: int) -> str:
    """A text without quotes that says `${NAME}`: the environment's value, as under Rasa."""
    filled = os.path.expandvars(text)
    if missing := [word for word in filled.split() if word.startswith("$") and word in text]:
        raise ProjectFileError(
            f"La variable d'environnement {missing[0]} n'est pas définie : définissez-la, ou mettez le texte "
            "entre guillemets.",
            name,
            line,
        )
    return filled
