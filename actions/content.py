"""Reading of the content files in `dialogues/`, for the actions: once, at import."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError

DIALOGUES = Path(__file__).resolve().parent.parent / "dialogues"


class ContentFileError(Exception):
    """A content file cannot be used: says the file, the line and what to do."""

    def __init__(self, message: str, file: str, line: int | None = None) -> None:
        self.message, self.file, self.line = message, file, line
        where = file if line is None else f"{file}:{line}"
        super().__init__(f"{where}: {message}")


def read_yaml(name: str) -> dict[str, Any]:
    """The mapping written in `dialogues/<name>`.

    Raises:
        ContentFileError: no such file, not YAML, or not a mapping.
    """
    path = DIALOGUES / name
    shown = f"dialogues/{name}"
    try:
        loaded = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ContentFileError("ce fichier manque ; remettez-le à sa place.", shown) from error
    except UnicodeDecodeError as error:
        raise ContentFileError("ce fichier n'est pas en UTF-8 ; enregistrez-le en UTF-8.", shown) from error
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = None if mark is None else mark.line + 1
        raise ContentFileError(
            f"ce n'est pas du YAML lisible ({error.problem}). Vérifiez guillemets, deux-points et retraits.",
            shown,
            line,
        ) from error
    except ValueError as error:
        raise ContentFileError(NO_DATE, shown, line_of_no_date(path.read_text(encoding="utf-8"))) from error
    if not isinstance(loaded, dict):
        raise ContentFileError("on attend ici une liste de « clé: valeur ».", shown)
    return cast(dict[str, Any], loaded)


def line_of_no_date(text: str) -> int | None:
    """The line of the first date that no calendar has (« 2026-13-21 »): YAML reads it as a date, and fails."""
    for number, line in enumerate(text.splitlines(), start=1):
        for written in re.findall(r"(?<!\d)\d{4}-\d{1,2}-\d{1,2}(?!\d)", line):
            try:
                date(*(int(part) for part in written.split("-")))
            except ValueError:
                return number
    return None


NO_DATE = "cette date n'existe pas ; écrivez année-mois-jour, comme 2026-07-21."


@cache
def read_with_lines(name: str) -> Any:
    """The same, slower, each mapping and list knowing its lines (`.lc`): for `check` alone.

    Raises:
        ContentFileError: a date in it is none.
    """
    text = (DIALOGUES / name).read_text(encoding="utf-8")
    try:
        return YAML(typ="rt").load(text)
    except ValueError as error:
        raise ContentFileError(NO_DATE, f"dialogues/{name}", line_of_no_date(text)) from error
