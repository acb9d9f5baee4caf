"""YAML as Rasa reads it (YAML 1.2, by ruamel.yaml), quickly where the file allows it."""

from __future__ import annotations

from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError


def compose(text: str) -> tuple[Any, Any]:
    """The root node of a text (None when it is empty) and the constructor of its values.

    libyaml is seven times as quick as ruamel's own parser, and stricter in places; what it refuses, ruamel's judges.

    Raises:
        YAMLError: it is no YAML.
    """
    try:
        yaml = YAML(typ="safe")
        return yaml.compose(text), yaml.constructor
    except YAMLError:
        yaml = YAML(typ="safe", pure=True)
        return yaml.compose(text), yaml.constructor
