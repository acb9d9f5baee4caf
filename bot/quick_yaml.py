"""YAML as Rasa reads it (YAML 1.2, by ruamel.yaml), quickly where the file allows it."""

from __future__ import annotations

from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode

MAX_DEPTH = 100
"""Lists and tables within one another; a project has about ten."""
MAX_NODES = 1_000_000
"""Values that a file may hold, each use of an anchor counted."""


def compose(text: str) -> tuple[Any, Any]:
    """The root node of a text (None when it is empty) and the constructor of its values.

    libyaml is seven times as quick as ruamel's own parser, and stricter in places; what it refuses, ruamel's judges.

    Raises:
        YAMLError: it is no YAML, or would grow beyond measure (anchors within anchors, or within themselves).
    """
    try:
        root, constructor = _compose(text, pure=False)
    except YAMLError:
        root, constructor = _compose(text, pure=True)
    if root is not None:
        _measure(root, {}, 0)
    return root, constructor


def _compose(text: str, pure: bool) -> tuple[Any, Any]:
    yaml = YAML(typ="safe", pure=pure)
    try:
        return yaml.compose(text), yaml.constructor
    except RecursionError as error:
        raise YAMLError("trop de listes ou de tables les unes dans les autres") from error


def _measure(node: Any, known: dict[int, tuple[int, int] | None], depth: int) -> tuple[int, int]:
    """Number of values and height of a node; `known` has None for one that is not measured to its end."""
    if isinstance(node, ScalarNode):
        return 1, 0
    if id(node) in known:
        measured = known[id(node)]
        if measured is None:
            _refuse("une ancre (&) contient son propre renvoi (*)", node)
        return measured
    known[id(node)] = None
    size, height = 1, 0
    for child in (
        (part for pair in node.value for part in pair) if isinstance(node, MappingNode) else node.value
    ):
        if depth >= MAX_DEPTH:
            _refuse("trop de listes ou de tables les unes dans les autres", node)
        more, below = _measure(child, known, depth + 1)
        size += more
        height = max(height, below)
    if height >= MAX_DEPTH:
        _refuse("trop de listes ou de tables les unes dans les autres", node)
    if size > MAX_NODES:
        _refuse("les renvois (*) aux ancres (&) en font des millions de valeurs", node)
    known[id(node)] = size, height + 1
    return size, height + 1


def _refuse(problem: str, node: Any) -> NoReturn:
    raise MarkedYAMLError(problem=problem, problem_mark=node.start_mark)
