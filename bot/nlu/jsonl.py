"""`connecteur parse --jsonl`: JSON lines in, readings as JSON lines out, in the form that design.md fixes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import orjson

from bot.errors import ConnecteurError
from bot.messages import NluReading, Question
from bot.nlu import pipeline
from bot.project import Project

_CHUNK = 1 << 16


def parse_jsonl(stdin: BinaryIO, stdout: BinaryIO, project: Project) -> None:
    """Read every line of `stdin` and write its reading, in the order of the lines.

    Raises:
        ConnecteurError: a line is not a JSON object with a `text`; names the line.
    """
    reader = pipeline.load(project)
    for batch in _batches(stdin):
        items = [_item(raw, number) for number, raw in batch]
        readings = reader.read_batch((str(item.get("text") or ""), _question(item)) for item in items)
        for item, reading in zip(items, readings, strict=True):
            stdout.write(orjson.dumps(to_json(item.get("id"), reading)) + b"\n")
        stdout.flush()


def to_json(message_id: Any, reading: NluReading) -> dict[str, Any]:
    """One reading as the object that `parse` writes."""
    intent = next(
        (i for i in (reading.intent, *reading.ranking) if i.name != pipeline.FALLBACK), reading.intent
    )
    result: dict[str, Any] = {
        "id": message_id,
        "intent": {"name": intent.name, "confidence": intent.confidence},
        "sector": _sector(reading),
        "place": _place(reading),
        "headcount": None,
        "needs": _keys(reading.needs),
        "negated_needs": _keys(reading.negated_needs),
    }
    if reading.headcount is not None:
        count = reading.headcount
        result["headcount"] = {"min": count.min, "max": count.max, "span": list(count.span)}
    if reading.needs or reading.negated_needs:
        result["need_spans"] = {
            need.key: list(need.span) for need in (*reading.needs, *reading.negated_needs)
        }
    if reading.entities:
        result["entities"] = [entity.to_json() for entity in reading.entities]
    if reading.answer is not None:
        result["answer"] = {
            "kind": reading.answer.kind,
            "value": reading.answer.value,
            "confidence": round(reading.answer.confidence, 4),
        }
    return result


# ------------------------------------------------------------------ within
def _batches(stdin: BinaryIO) -> Iterator[list[tuple[int, bytes]]]:
    """Numbered lines as they come: all that is there, so that a caller who waits for an answer gets it."""
    number = 0
    rest = b""
    read = getattr(stdin, "read1", stdin.read)
    while chunk := read(_CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        batch = [(number + i, line) for i, line in enumerate(lines, start=1) if line.strip()]
        number += len(lines)
        if batch:
            yield batch
    if rest.strip():
        yield [(number + 1, rest)]


def _sector(reading: NluReading) -> dict[str, Any] | None:
    sector = reading.sector
    if sector is None:
        return None
    return {
        "naf": sector.naf,
        "division": sector.division,
        "section": sector.section,
        "label": sector.label,
        "confidence": round(sector.confidence, 4),
        "span": list(sector.span),
        "code_system": sector.code_system,
        "alternatives": [
            {"naf": other.naf, "label": other.label, "confidence": round(other.confidence, 4)}
            for other in sector.alternatives
        ],
    }


def _place(reading: NluReading) -> dict[str, Any] | None:
    place = reading.place
    if place is None:
        return None
    return {
        "commune": place.commune,
        "insee": place.insee,
        "departement": place.departement,
        "region": place.region,
        "span": list(place.span),
    }


def _keys(needs: Iterable[Any]) -> list[str]:
    return [need.key for need in needs]


def _item(raw: bytes, number: int) -> Mapping[str, Any]:
    try:
        item = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ConnecteurError(f"ligne {number} : ce n'est pas du JSON ({error}).") from error
    if not isinstance(item, dict):
        raise ConnecteurError(f"ligne {number} : il faut un objet JSON avec la clé « text ».")
    return item


def _question(item: Mapping[str, Any]) -> Question | None:
    question = item.get("question")
    return Question.from_json(question) if isinstance(question, dict) else None
