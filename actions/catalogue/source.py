"""YAML of the catalogue: read quickly for use, or with the line of every row for messages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

from ..content import NO_DATE, ContentFileError, line_of_no_date


def read_yaml(path: Path, with_lines: bool = False) -> Mapping[str, Any]:
    """The mapping in a file. With lines, rows are ruamel's, see `line_of`.

    Raises:
        ContentFileError: it cannot be read, is not YAML, or is not a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
        data = YAML(typ="rt").load(text) if with_lines else _quickly(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ContentFileError(f"ce fichier ne se lit pas ({error}).", str(path)) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else None
        raise ContentFileError(f"ce n'est pas du YAML lisible : {error.problem}.", str(path), line) from error
    except ValueError as error:
        raise ContentFileError(NO_DATE, str(path), line_of_no_date(text)) from error
    if not isinstance(data, Mapping):
        raise ContentFileError("on attend des lignes « nom: valeur ».", str(path), 1)
    return data


def _quickly(text: str) -> Any:
    """By libyaml; what it refuses, ruamel's own parser judges, which knows more of YAML 1.2."""
    try:
        return YAML(typ="safe").load(text)
    except MarkedYAMLError:
        return YAML(typ="safe", pure=True).load(text)


def line_of(row: Any) -> int | None:
    """The line of a row read with lines (from 1), or None."""
    place = getattr(row, "lc", None)
    return None if place is None or place.line is None else int(place.line) + 1
