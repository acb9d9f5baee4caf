"""`connecteur evaluate FILE`: how well the reading does on labelled lines, counted as the guideline says.

Reads a JSONL file in the form of the guideline (messages, and answers to open questions), and gives precision,
recall and F1 by field, confusions, a reliability table and the worst errors, as Markdown that a person reads.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from bot.errors import ContentError
from bot.messages import NluReading, Question
from bot.nlu import pipeline
from bot.nlu.jsonl import to_json
from bot.nlu.text import plain
from bot.nlu.typos import with_typos
from bot.project import Project

_SURE = 0.7
_SECTOR_MEASURES: tuple[str, ...] = ("section", "division", "class", "top three")
_SECTION_STARTS = (
    "01A 05B 10C 35D 36E 41F 45G 49H 55I 58J 64K 68L 69M 77N 84O 85P 86Q 90R 94S 97T 99U".split()
)
_WORST = 12

Row = Mapping[str, Any]


@dataclass(slots=True)
class Share:
    """So many right of so many."""

    right: int = 0
    total: int = 0

    def add(self, is_right: bool) -> None:
        """Count one more."""
        self.right += is_right
        self.total += 1

    @property
    def value(self) -> float:
        """The share, 0 when nothing was counted."""
        return self.right / self.total if self.total else 0.0

    def __str__(self) -> str:
        return f"{100 * self.value:.1f} % ({self.right}/{self.total})"


@dataclass(slots=True)
class Keys:
    """Sets of keys compared: true and false positives, false negatives."""

    hits: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, got: set[str], wanted: set[str], accepted: set[str]) -> None:
        """Count one message; accepted keys are neither required nor a fault."""
        self.hits += len(got & wanted)
        self.wrong += len(got - wanted - accepted)
        self.missed += len(wanted - got)

    @property
    def precision(self) -> float:
        """Right ones of those given."""
        return self.hits / (self.hits + self.wrong) if self.hits else 0.0

    @property
    def recall(self) -> float:
        """Given ones of those wanted."""
        return self.hits / (self.hits + self.missed) if self.hits else 0.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.hits / (2 * self.hits + self.wrong + self.missed) if self.hits else 0.0

    def __str__(self) -> str:
        return f"P {self.precision:.3f}  R {self.recall:.3f}  F1 {self.f1:.3f}"


@dataclass(slots=True)
class Figures:
    """All that was counted. `by_name` gives each figure the name under which the tests and the docs know it."""

    intents: dict[str, Keys] = field(default_factory=dict)
    intent: Share = field(default_factory=Share)
    confusions: Counter[tuple[str, str]] = field(default_factory=Counter)
    intent_bins: list[tuple[float, bool]] = field(default_factory=list)
    sector_bins: list[tuple[float, bool]] = field(default_factory=list)
    sector: dict[str, Share] = field(default_factory=lambda: {n: Share() for n in _SECTOR_MEASURES})
    sector_claimed: Share = field(default_factory=Share)
    place: Share = field(default_factory=Share)
    place_claimed: Share = field(default_factory=Share)
    headcount: Share = field(default_factory=Share)
    headcount_overlap: Share = field(default_factory=Share)
    headcount_claimed: Share = field(default_factory=Share)
    needs: Keys = field(default_factory=Keys)
    negated: Keys = field(default_factory=Keys)
    refused_as_wanted: Share = field(default_factory=Share)
    answers: dict[str, Share] = field(default_factory=dict)
    answers_wrong_and_sure: Share = field(default_factory=Share)
    errors: list[tuple[float, str]] = field(default_factory=list)

    @property
    def macro_f1(self) -> float:
        """Mean F1 of the intents that the file holds."""
        held = [keys.f1 for keys in self.intents.values() if keys.hits + keys.missed]
        return sum(held) / len(held) if held else 0.0

    def answer_share(self) -> Share:
        """Answers of every type together."""
        return Share(sum(s.right for s in self.answers.values()), sum(s.total for s in self.answers.values()))


def evaluate(
    file: Path,
    project: Project,
    perturbed: bool = False,
    without: Sequence[str] = (),
    seed: int = 11,
) -> str:
    """Read the file's lines with the project's pipeline and report in Markdown.

    `perturbed` takes the accents off and puts a typing mistake in each word of six letters or more; `without` leaves
    parts of the reading out (see `french.PARTS`).

    Raises:
        ContentError: the file cannot be read, or a line is no labelled message.
    """
    rows = read_rows(file)
    if perturbed:
        rng = random.Random(seed)
        rows = [{**row, "text": with_typos(_bare(str(row["text"])), rng)} for row in rows]
    figures = measure(rows, pipeline.load(project, without))
    title = f"# {file.name}: {len(rows)} lines"
    if perturbed:
        title += ", without accents, one mistake in each long word"
    if without:
        title += f", without {', '.join(without)}"
    return title + "\n\n" + report(figures)


def read_rows(file: Path) -> list[dict[str, Any]]:
    """The labelled lines of a file.

    Raises:
        ContentError: with file and line.
    """
    rows = []
    try:
        lines = Path(file).read_bytes().split(b"\n")
    except OSError as error:
        raise ContentError(f"ce fichier ne se lit pas : {error.strerror}.", str(file)) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise ContentError(f"ce n'est pas du JSON ({error}).", str(file), number) from error
        if not isinstance(row, dict) or "text" not in row or not ("intent" in row or "answer" in row):
            raise ContentError(
                "il faut un objet avec « text » et « intent » (ou « answer »).", str(file), number
            )
        rows.append(row)
    return rows


def measure(rows: Sequence[Row], reader: pipeline.Pipeline) -> Figures:
    """Count every field of every row."""
    questions = [Question.from_json(row["question"]) if row.get("question") else None for row in rows]
    readings = reader.read_batch((str(row["text"]), q) for row, q in zip(rows, questions, strict=True))
    figures = Figures()
    for row, question, reading in zip(rows, questions, readings, strict=True):
        if question is not None and "answer" in row:
            _count_answer(figures, row, question, reading)
        elif "intent" in row:
            _count_message(figures, row, reading)
    return figures


# ------------------------------------------------------------------ counting
def _count_message(figures: Figures, row: Row, reading: NluReading) -> None:
    read = to_json(row.get("id"), reading)
    _count_intent(figures, row, read)
    if "naf" in row:
        _count_sector(figures, row, read)
    if "place" in row:
        _count_place(figures, row, read)
    if "headcount" in row:
        _count_headcount(figures, row, read)
    if "needs" in row:
        wanted, refused = set(row["needs"]), set(row.get("negated_needs") or ())
        accepted = set(row.get("needs_ok") or ())
        got, got_refused = set(read["needs"]), set(read["negated_needs"])
        figures.needs.add(got, wanted, accepted)
        figures.negated.add(got_refused, refused, accepted)
        for key in refused:
            figures.refused_as_wanted.add(key in got)
        wrong = (got - wanted - accepted) | (wanted - got)
        wrong |= (got_refused - refused - accepted) | (refused - got_refused)
        if wrong:
            told = f"needs {_signed(got, wanted, accepted)} refused {_signed(got_refused, refused, accepted)}"
            figures.errors.append((0.5, f"{told}: {row['text']}"))


def _count_intent(figures: Figures, row: Row, read: Mapping[str, Any]) -> None:
    given, confidence = read["intent"]["name"], read["intent"]["confidence"]
    right = given == row["intent"] or given in (row.get("intent_ok") or ())
    figures.intent.add(right)
    figures.intent_bins.append((confidence, right))
    keys = figures.intents.setdefault(row["intent"], Keys())
    if right:
        keys.hits += 1
        return
    keys.missed += 1
    figures.intents.setdefault(given, Keys()).wrong += 1
    figures.confusions[row["intent"], given] += 1
    figures.errors.append(
        (confidence, f"intent {row['intent']} read as {given} ({confidence:.2f}): {row['text']}")
    )


def _count_sector(figures: Figures, row: Row, read: Mapping[str, Any]) -> None:
    sector = read["sector"]
    if row["naf"] is None:
        figures.sector_claimed.add(sector is not None)
        if sector is not None:
            error = f"sector {sector['naf']} where none is said ({sector['confidence']:.2f}): {row['text']}"
            figures.errors.append((sector["confidence"], error))
        return
    accepted = {row["naf"], *(row.get("naf_ok") or ())}
    if sector is None:
        for share in figures.sector.values():
            share.add(False)
        figures.errors.append((0.6, f"sector {row['naf']} not read: {row['text']}"))
        return
    naf = sector["naf"]
    right = naf in accepted
    firsts = [naf, *(other["naf"] for other in sector["alternatives"])][:3]
    figures.sector["class"].add(right)
    figures.sector["division"].add(naf[:2] in {one[:2] for one in accepted})
    figures.sector["section"].add(_section(naf) in {_section(one) for one in accepted})
    figures.sector["top three"].add(bool(accepted.intersection(firsts)))
    figures.sector_bins.append((sector["confidence"], right))
    if not right:
        error = f"sector {row['naf']} read as {naf} ({sector['confidence']:.2f}): {row['text']}"
        figures.errors.append((sector["confidence"], error))


def _count_place(figures: Figures, row: Row, read: Mapping[str, Any]) -> None:
    wanted, got = row["place"], read["place"]
    if wanted is None:
        figures.place_claimed.add(got is not None)
        if got is not None:
            figures.errors.append((0.8, f"place {_short(got)} where none is said: {row['text']}"))
        return
    accepted = set(wanted.get("insee_ok") or ())
    right = got is not None and (
        got["insee"] in accepted
        or all(got[name] == wanted.get(name) for name in ("insee", "departement", "region"))
        or (got["insee"] is not None and got["insee"] == wanted.get("insee"))
    )
    figures.place.add(right)
    if not right:
        figures.errors.append((0.8, f"place {_short(wanted)} read as {_short(got)}: {row['text']}"))


def _count_headcount(figures: Figures, row: Row, read: Mapping[str, Any]) -> None:
    wanted, got = row["headcount"], read["headcount"]
    if wanted is None:
        figures.headcount_claimed.add(got is not None)
        if got is not None:
            figures.errors.append((0.8, f"headcount {_range(got)} where none is said: {row['text']}"))
        return
    right = got is not None and (got["min"], got["max"]) == (wanted["min"], wanted["max"])
    figures.headcount.add(right)
    figures.headcount_overlap.add(got is not None and _overlap(got, wanted))
    if not right:
        figures.errors.append((0.8, f"headcount {_range(wanted)} read as {_range(got)}: {row['text']}"))


def _count_answer(figures: Figures, row: Row, question: Question, reading: NluReading) -> None:
    answer = reading.answer
    kind = answer.kind if answer is not None else "none"
    # the guideline's « digression » is our back and none together
    given = answer.value if answer is not None and kind == "value" else kind
    given = "digression" if given in ("back", "none") and kind != "value" else given
    accepted = [row["answer"], *(row.get("answer_ok") or ())]
    right = any(_same(given, one) for one in accepted)
    figures.answers.setdefault(question.type, Share()).add(right)
    sure = answer is not None and kind == "value" and answer.confidence >= _SURE
    figures.answers_wrong_and_sure.add(sure and not right)
    if not right:
        confidence = answer.confidence if answer is not None else 0.0
        told = f"answer {row['answer']!r} read as {given!r} ({confidence:.2f})"
        figures.errors.append((confidence, f"{told}: « {question.text} » {row['text']}"))


def _same(given: Any, wanted: Any) -> bool:
    if isinstance(given, bool) or isinstance(wanted, bool):
        return given is wanted
    if isinstance(given, list | tuple) and isinstance(wanted, list):
        return list(given) == wanted
    if isinstance(given, Mapping) and isinstance(wanted, Mapping):
        return (given.get("min"), given.get("max")) == (wanted.get("min"), wanted.get("max"))
    if isinstance(given, Mapping) and isinstance(wanted, int | float):
        return given.get("min") == wanted == given.get("max")
    if isinstance(wanted, Mapping) and isinstance(given, int | float):
        return wanted.get("min") == given == wanted.get("max")
    return bool(given == wanted)


def _overlap(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    low = max(a["min"] or 0, b["min"] or 0)
    high = min(a["max"] if a["max"] is not None else 10**9, b["max"] if b["max"] is not None else 10**9)
    return low <= high


# ------------------------------------------------------------------ the report
def report(figures: Figures) -> str:
    """The figures as Markdown."""
    parts = [_fields(figures), _intents(figures)]
    for title, bins in (("intent", figures.intent_bins), ("sector", figures.sector_bins)):
        if bins:
            parts.append(_reliability(title, bins))
    if figures.errors:
        worst = sorted(figures.errors, key=lambda error: -error[0])[:_WORST]
        parts.append("## Worst errors\n\n" + "\n".join(f"- {text[:240]}" for _, text in worst))
    return "\n\n".join(part for part in parts if part) + "\n"


def _fields(figures: Figures) -> str:
    lines = ["| field | figure |", "| --- | --- |"]

    def line(name: str, value: object, counted: int = 1) -> None:
        if counted:
            lines.append(f"| {name} | {value} |")

    line("intent, macro-F1", f"{figures.macro_f1:.3f}", figures.intent.total)
    line("intent, right", figures.intent, figures.intent.total)
    line(
        "intent, calibration error", f"{calibration_error(figures.intent_bins):.3f}", len(figures.intent_bins)
    )
    for name, share in figures.sector.items():
        line(f"sector, {name}", share, share.total)
    line("sector claimed where none is", figures.sector_claimed, figures.sector_claimed.total)
    line(
        "sector, calibration error", f"{calibration_error(figures.sector_bins):.3f}", len(figures.sector_bins)
    )
    line("place, right", figures.place, figures.place.total)
    line("place claimed where none is", figures.place_claimed, figures.place_claimed.total)
    line("headcount, right", figures.headcount, figures.headcount.total)
    line("headcount, overlapping", figures.headcount_overlap, figures.headcount_overlap.total)
    line("headcount claimed where none is", figures.headcount_claimed, figures.headcount_claimed.total)
    line("needs", figures.needs, figures.needs.hits + figures.needs.missed)
    line("negated needs", figures.negated, figures.negated.hits + figures.negated.missed)
    line("refused need listed as wanted", figures.refused_as_wanted, figures.refused_as_wanted.total)
    for name, share in sorted(figures.answers.items()):
        line(f"answer, {name}", share, share.total)
    line("answers, all", figures.answer_share(), figures.answer_share().total)
    line(
        f"wrong value with confidence ≥ {_SURE}",
        figures.answers_wrong_and_sure,
        figures.answers_wrong_and_sure.total,
    )
    return "\n".join(lines)


def _intents(figures: Figures) -> str:
    if not figures.intents:
        return ""
    lines = [
        "## Intents",
        "",
        "| intent | precision | recall | F1 | number |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name, keys in sorted(figures.intents.items(), key=lambda item: item[1].f1):
        number = keys.hits + keys.missed
        lines.append(f"| {name} | {keys.precision:.2f} | {keys.recall:.2f} | {keys.f1:.2f} | {number} |")
    if figures.confusions:
        lines += ["", "Confusions (labelled → read):", ""]
        lines += [f"- {a} → {b}: {count}" for (a, b), count in figures.confusions.most_common(_WORST)]
    return "\n".join(lines)


def _reliability(title: str, bins: Sequence[tuple[float, bool]]) -> str:
    lines = [
        f"## Reliability of the {title}",
        "",
        "| confidence | number | mean | right |",
        "| --- | --- | --- | --- |",
    ]
    for low, members in _binned(bins):
        mean = sum(confidence for confidence, _ in members) / len(members)
        right = sum(is_right for _, is_right in members) / len(members)
        lines.append(f"| {low:.1f}–{low + 0.1:.1f} | {len(members)} | {mean:.2f} | {right:.2f} |")
    lines.append(f"\nExpected calibration error: {calibration_error(bins):.3f}")
    return "\n".join(lines)


def calibration_error(bins: Sequence[tuple[float, bool]]) -> float:
    """Expected calibration error over ten bins of equal width."""
    error = 0.0
    for _, members in _binned(bins):
        mean = sum(confidence for confidence, _ in members) / len(members)
        right = sum(is_right for _, is_right in members) / len(members)
        error += abs(mean - right) * len(members) / len(bins)
    return error


def _binned(bins: Iterable[tuple[float, bool]]) -> list[tuple[float, list[tuple[float, bool]]]]:
    by_bin: dict[int, list[tuple[float, bool]]] = {}
    for confidence, right in bins:
        by_bin.setdefault(min(9, int(confidence * 10)), []).append((confidence, right))
    return [(number / 10, members) for number, members in sorted(by_bin.items())]


def _signed(got: set[str], wanted: set[str], accepted: set[str]) -> str:
    told = [f"+{key}" for key in sorted(got - wanted - accepted)] + [
        f"-{key}" for key in sorted(wanted - got)
    ]
    return " ".join(told) or "right"


def _section(naf: str) -> str:
    """The letter of a class (Insee's structure of NAF rev. 2)."""
    return max(start for start in _SECTION_STARTS if start[:2] <= naf[:2])[2]


def _bare(text: str) -> str:
    """Without accents, but as it was otherwise."""
    return "".join(plain(char) if char.isalpha() and not char.isascii() else char for char in text)


def _short(place: Mapping[str, Any] | None) -> str:
    if place is None:
        return "nothing"
    return str(place.get("insee") or place.get("departement") or place.get("region") or place.get("commune"))


def _range(count: Mapping[str, Any] | None) -> str:
    return "nothing" if count is None else f"{count['min']}–{count['max']}"
