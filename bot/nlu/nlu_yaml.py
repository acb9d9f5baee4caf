"""Reads Rasa's NLU YAML: intents with annotated examples, synonyms, regular expressions, lookup tables.

Both forms of annotation are read, `[Rennes](ville:rennes)` and `[Rennes]{"entity": "ville", "role": "depart"}`,
and several entities on one span. What the real Rasa would refuse is refused with file, line and a sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from bot.errors import ProjectFileError
from bot.messages import Entity
from bot.quick_yaml import compose

# Rasa 3.6 shared/nlu/training_data/entities_parser.py
_ANNOTATION = re.compile(
    r"\[(?P<text>[^\]]+?)\](?:\((?P<entity>[^:)]+?)(?::(?P<value>[^)]+))?\)"
    r"|(?P<dict>\{[^}]+?\})|\[(?P<dicts>\s*\{[^}]+?\}(?:\s*,\s*\{[^}]+?\})*\s*)\])"
)
_KINDS = ("intent", "synonym", "regex", "lookup")


@dataclass(frozen=True, slots=True)
class Example:
    """One training example: text without annotations, what it says, and where it stands."""

    text: str
    intent: str
    entities: tuple[Entity, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class TrainingData:
    """All of a project's NLU data. `synonyms` leads a lower-case surface to its value."""

    examples: tuple[Example, ...] = ()
    synonyms: Mapping[str, str] = field(default_factory=dict)
    regexes: tuple[tuple[str, str], ...] = ()
    lookups: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def intents(self) -> tuple[str, ...]:
        """Names of the intents that have examples, sorted."""
        return tuple(sorted({example.intent for example in self.examples}))


def nlu_files(folder: Path) -> tuple[Path, ...]:
    """The files under a folder that have an `nlu:` key at the left margin."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yml", ".yaml") and path.is_file():
            try:
                text = path.read_text(encoding="utf-8")
            except UnicodeDecodeError as error:
                raise ProjectFileError("ce fichier n'est pas en UTF-8.", str(path)) from error
            if re.search(r"^nlu\s*:", text, re.MULTILINE):
                found.append(path)
    return tuple(found)


def read_files(paths: Iterable[Path]) -> TrainingData:
    """Read the NLU part of files of a project.

    Raises:
        ProjectFileError: the YAML cannot be read, or an item is not one of Rasa's.
    """
    examples: list[Example] = []
    synonyms: dict[str, str] = {}
    regexes: list[tuple[str, str]] = []
    lookups: dict[str, list[str]] = {}
    for path in paths:
        for item in _items(path):
            if item.kind == "intent":
                for text, metadata, line in item.examples:
                    example = _example(text, item.name, {**item.metadata, **metadata}, str(path), line)
                    examples.append(example)
                    for entity in example.entities:
                        surface = example.text[entity.start : entity.end].lower()
                        if isinstance(entity.value, str) and entity.value.lower() != surface:
                            synonyms.setdefault(surface, entity.value)
            elif item.kind == "synonym":
                synonyms.update({text.lower(): item.name for text, _, _ in item.examples})
            elif item.kind == "regex":
                for text, _, line in item.examples:
                    try:
                        re.compile(text)
                    except re.error as error:
                        raise ProjectFileError(
                            f"l'expression « {text} » ne se lit pas : {error}.", str(path), line
                        ) from error
                    regexes.append((item.name, text))
            else:
                lookups.setdefault(item.name, []).extend(text for text, _, _ in item.examples)
    return TrainingData(
        tuple(examples), synonyms, tuple(regexes), {name: tuple(words) for name, words in lookups.items()}
    )


def parse_annotated(text: str) -> tuple[str, tuple[Entity, ...]]:
    """Take the annotations out of an example: its bare text, and the entities with their characters.

    Raises:
        ValueError: an annotation is not JSON, or names no entity.
    """
    bare = ""
    entities: list[Entity] = []
    last = 0
    for match in _ANNOTATION.finditer(text):
        bare += text[last : match.start()]
        start = len(bare)
        surface = match["text"]
        bare += surface
        last = match.end()
        for attributes in _attributes(match):
            if not attributes.get("entity"):
                raise ValueError("l'annotation ne nomme pas d'entité")
            entities.append(
                Entity(
                    entity=str(attributes["entity"]).strip(),
                    value=str(attributes.get("value") or surface),
                    start=start,
                    end=start + len(surface),
                    role=attributes.get("role"),
                    group=attributes.get("group"),
                )
            )
    return bare + text[last:], tuple(entities)


def unknown_names(
    data: TrainingData, intents: Container[str], entities: Container[str]
) -> Iterator[tuple[str, int, str]]:
    """(file, line, sentence) of each intent and entity of the examples that a domain lacks, where it stands first."""
    told: set[str] = set()
    for example in data.examples:
        names = [("intention", example.intent, "intents:", intents)]
        names += [("entité", entity.entity, "entities:", entities) for entity in example.entities]
        for kind, name, key, known in names:
            if name not in known and name.split("/")[0] not in known and f"{kind} {name}" not in told:
                told.add(f"{kind} {name}")
                sentence = f"L'{kind} « {name} » n'est pas dans le domaine : ajoutez-la sous {key}"
                yield example.file, example.line, sentence


def odd_examples(data: TrainingData) -> Iterator[tuple[str, int, str]]:
    """(file, line, sentence) of each text that two intents claim, and of each annotation left open."""
    intents: dict[str, str] = {}
    for example in data.examples:
        first = intents.setdefault(example.text.casefold(), example.intent)
        if first != example.intent:
            sentence = (
                f"« {example.text} » est un exemple de « {example.intent} » et de « {first} » : gardez-en un."
            )
            yield example.file, example.line, sentence
        if _LEFT_OPEN.search(example.text):
            yield example.file, example.line, f"« {example.text} » : une annotation n'est pas fermée."


_LEFT_OPEN = re.compile(r"\[[^\]]+\](\(|\{\s*[\"'])")


# ------------------------------------------------------------------ within
@dataclass(frozen=True, slots=True)
class _Item:
    kind: str
    name: str
    metadata: Mapping[str, Any]
    examples: tuple[tuple[str, Mapping[str, Any], int], ...]


def _attributes(match: re.Match[str]) -> list[dict[str, Any]]:
    if match["entity"]:
        return [{"entity": match["entity"], "value": match["value"]}]
    raw = match["dict"] or "[" + match["dicts"] + "]"
    try:
        found = json.loads(raw)
    except json.JSONDecodeError as error:
        raise ValueError(f"l'annotation {raw} n'est pas du JSON") from error
    return found if isinstance(found, list) else [found]


def _example(text: str, intent: str, metadata: Mapping[str, Any], file: str, line: int) -> Example:
    try:
        bare, entities = parse_annotated(text)
    except ValueError as error:
        raise ProjectFileError(f"« {text} » : {error}.", file, line) from error
    return Example(bare, intent, entities, metadata, file, line)


def _items(path: Path) -> Iterator[_Item]:
    file = str(path)
    try:
        root, _ = compose(path.read_text(encoding="utf-8-sig"))
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else None
        raise ProjectFileError(f"ce YAML ne se lit pas : {error.problem}.", file, line) from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise ProjectFileError(f"ce YAML ne se lit pas : {error}.", file) from error
    if root is None:
        return
    if not isinstance(root, MappingNode):
        raise ProjectFileError("ce fichier doit être une table avec la clé « nlu ».", file, 1)
    nlu = _value_of(root, "nlu")
    if nlu is None:
        return
    if not isinstance(nlu, SequenceNode):
        raise ProjectFileError("« nlu » doit être une liste.", file, _line(nlu))
    for node in nlu.value:
        yield _item(node, file)


def _item(node: Node, file: str) -> _Item:
    line = _line(node)
    if not isinstance(node, MappingNode):
        raise ProjectFileError("chaque élément de « nlu » est une table.", file, line)
    kinds = [key.value for key, _ in node.value if key.value in _KINDS]
    if len(kinds) != 1:
        raise ProjectFileError(
            "cet élément doit avoir une seule des clés intent, synonym, regex, lookup.", file, line
        )
    kind = kinds[0]
    name_node = _value_of(node, kind)
    if not isinstance(name_node, ScalarNode) or not str(name_node.value).strip():
        raise ProjectFileError(f"« {kind} » n'a pas de nom.", file, line)
    examples_node = _value_of(node, "examples")
    if examples_node is None:
        raise ProjectFileError(f"« {name_node.value} » n'a pas d'exemples (clé « examples »).", file, line)
    metadata = _plain(_value_of(node, "metadata"))
    return _Item(
        kind,
        str(name_node.value).strip(),
        metadata if isinstance(metadata, dict) else {},
        tuple(_examples(examples_node, file)),
    )


def _examples(node: Node, file: str) -> Iterator[tuple[str, Mapping[str, Any], int]]:
    if isinstance(node, ScalarNode):
        # a block scalar's text begins on the line after its `|`
        first = _line(node) + (1 if node.style in ("|", ">") else 0)
        for number, raw in enumerate(str(node.value).split("\n")):
            stripped = raw.strip()
            if stripped.startswith("- ") and stripped[2:].strip():
                yield stripped[2:].strip(), {}, first + number
            elif stripped.startswith("-") and stripped.strip("- "):
                yield stripped[1:].strip(), {}, first + number
            elif stripped and not stripped.startswith(("-", "#")):
                raise ProjectFileError(
                    f"un exemple commence par « - » : « {stripped} ».", file, first + number
                )
        return
    if not isinstance(node, SequenceNode):
        raise ProjectFileError("« examples » est un bloc de lignes « - … » ou une liste.", file, _line(node))
    for child in node.value:
        if isinstance(child, ScalarNode):
            yield str(child.value).strip(), {}, _line(child)
            continue
        text = _value_of(child, "text") if isinstance(child, MappingNode) else None
        if not isinstance(text, ScalarNode):
            raise ProjectFileError("cet exemple n'a pas de clé « text ».", file, _line(child))
        metadata = _plain(_value_of(child, "metadata"))
        for part in str(text.value).split("\n"):
            bare = part.strip()
            bare = bare[2:].strip() if bare.startswith("- ") else bare
            if bare:
                yield bare, metadata if isinstance(metadata, dict) else {}, _line(child)


def _value_of(node: Node, key: str) -> Node | None:
    if isinstance(node, MappingNode):
        for key_node, value_node in node.value:
            if key_node.value == key:
                return value_node
    return None


def _plain(node: Node | None) -> Any:
    if isinstance(node, MappingNode):
        return {str(key.value): _plain(value) for key, value in node.value}
    if isinstance(node, SequenceNode):
        return [_plain(child) for child in node.value]
    return None if node is None else node.value


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1
