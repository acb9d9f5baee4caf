"""The owner's report: the same figures and words as in the chat, as PDF (tagged, two pages at most), Markdown and JSON.

`to_pdf`, `to_markdown` and `to_json` write what `report_content.report_of` gathered. No network, no system font.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import typst

TEMPLATE = Path(__file__).with_name("report.typ")
PICTURE = TEMPLATE.with_name("picture.typ")
PICTURE_PPI = 180.0
MOST_PAGES = 2
_MONTHS = (
    *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre"),
    *("novembre", "décembre"),
)
LABELS = {
    "picture": "Où vous en êtes",
    "axis": "Sujet",
    "bar": "Niveau",
    "word": "En un mot",
    "plan": "Par où commencer",
    "first_step": "Aujourd'hui :",
    "whole": "Ensuite :",
    "quick": "À régler vite, dix minutes chacune",
    "aids": "Aides à demander",
    "later": "Pour plus tard",
    "figure": "Et les autres ?",
}


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Whose report it is. `colour` is `#rrggbb`; one too pale to be read on white is darkened."""

    name: str = "Connecteur"
    colour: str = "#1f4e79"
    phone: str = ""
    hours: str = ""


@dataclass(frozen=True, slots=True)
class AxisLine:
    """A bar of the picture: `value` from 0 to 100, shown as a word."""

    name: str
    value: int
    word: str

    @property
    def alt(self) -> str:
        """The bar in words, for who cannot see it."""
        return f"{self.name} : {self.word}"


@dataclass(frozen=True, slots=True)
class ActionLine:
    """An action of the plan, with what and who helps."""

    title: str
    why: str
    first_step: str
    whole: str = ""
    help: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AidLine:
    """An aid, each line a sentence."""

    name: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All that is written, in French, in the order of the page."""

    firm: str
    day: date
    letterhead: Letterhead = field(default_factory=Letterhead)
    title: str = "Votre bilan numérique"
    best: str = ""
    axes: tuple[AxisLine, ...] = ()
    actions: tuple[ActionLine, ...] = ()
    nothing: str = ""
    quick: tuple[str, ...] = ()
    aids: tuple[AidLine, ...] = ()
    caution: str = ""
    later: str = ""
    figure: str = ""


def to_json(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    data = asdict(report)
    data["day"] = report.day.isoformat()
    return data


def to_markdown(report: Report) -> str:
    """The report as Markdown, to be read anywhere or copied into a letter."""
    head = report.letterhead
    reach = " · ".join(part for part in (head.name, head.phone, head.hours) if part)
    lines = [f"# {report.title}", "", report.firm, "", f"{reach} · {day_words(report.day)}"]
    if report.axes:
        lines += ["", f"## {LABELS['picture']}", "", *([report.best, ""] if report.best else [])]
        lines += [f"| {LABELS['axis']} | {LABELS['word']} |", "| --- | --- |"]
        lines += [f"| {axis.name} | {axis.word} |" for axis in report.axes]
    lines += ["", f"## {LABELS['plan']}", ""]
    if not report.actions:
        lines += [report.nothing, ""]
    for action in report.actions:
        lines += [
            f"### {action.title}",
            "",
            action.why,
            "",
            f"**{LABELS['first_step']}** {action.first_step}",
            "",
        ]
        if action.whole:
            lines += [f"**{LABELS['whole']}** {action.whole}", ""]
        lines += [*(f"- {text}" for text in action.help), ""]
    if report.quick:
        lines += [f"## {LABELS['quick']}", "", *(f"- {text}" for text in report.quick), ""]
    if report.aids:
        lines += [f"## {LABELS['aids']}", ""]
        for aid in report.aids:
            lines += [f"### {aid.name}", "", " ".join(aid.lines), ""]
        lines += [report.caution, ""]
    for key, text in (("later", report.later), ("figure", report.figure)):
        if text:
            lines += [f"## {LABELS[key]}", "", text, ""]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def to_pdf(report: Report) -> bytes:
    """The report as a tagged PDF (PDF/UA-1) of at most two pages.

    What does not fit is left out from the least useful on: the figure, what is for later, aids after the first, the
    quick checks after the second, then what helps with the last actions. A figure is not worth a page of its own.
    """
    one = report
    if report.figure:
        bare = replace(report, figure="")
        if _pages(_compile(bare)) < _pages(_compile(report)):
            one = bare
    for shorter in (None, *_SHORTER):
        one = one if shorter is None else shorter(one)
        pdf = _compile(one)
        if _pages(pdf) <= MOST_PAGES:
            return pdf
    return pdf


def day_words(day: date) -> str:
    """`25 novembre 2026`, `1er mars 2027`."""
    number = "1er" if day.day == 1 else str(day.day)
    return f"{number} {_MONTHS[day.month - 1]} {day.year}"


_SHORTER = (
    lambda r: replace(r, figure=""),
    lambda r: replace(r, later=""),
    lambda r: replace(r, aids=r.aids[:1]),
    lambda r: replace(r, quick=r.quick[:2]),
    lambda r: replace(r, actions=tuple(replace(a, help=a.help[:2]) for a in r.actions)),
    lambda r: replace(r, aids=(), actions=tuple(replace(a, help=a.help[:1]) for a in r.actions)),
)


def to_picture(report: Report) -> bytes:
    """The picture of the axes as a PNG image that is read on a phone."""
    data = json.dumps(_typst_data(report), ensure_ascii=False)
    image = typst.compile(
        str(PICTURE), format="png", ppi=PICTURE_PPI, sys_inputs={"report": data}, ignore_system_fonts=True
    )
    return bytes(image[0] if isinstance(image, list) else image)


def _typst_data(report: Report) -> dict[str, Any]:
    data: dict[str, Any] = to_json(report)
    data["day"] = day_words(report.day)
    data["labels"] = LABELS
    data["chamber"] = {**data.pop("letterhead"), "colour": readable(report.letterhead.colour)}
    data["axes"] = [{**asdict(axis), "alt": axis.alt} for axis in report.axes]
    return data


def _compile(report: Report) -> bytes:
    return tagged_pdf(TEMPLATE, "report", _typst_data(report))


def tagged_pdf(template: Path, name: str, data: Mapping[str, Any]) -> bytes:
    """What a typst template makes of data, under a name, as a tagged PDF (PDF/UA-1). No network, no system font."""
    pdf = typst.compile(
        str(template),
        format="pdf",
        sys_inputs={name: json.dumps(data, ensure_ascii=False)},
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
    )
    return bytes(pdf)


def _pages(pdf: bytes) -> int:
    counts = [int(found) for found in re.findall(rb"/Type\s*/Pages\b[^>]*?/Count\s+(\d+)", pdf)]
    counts += [int(found) for found in re.findall(rb"/Count\s+(\d+)[^>]*?/Type\s*/Pages\b", pdf)]
    return max(counts, default=1)


def readable(colour: str) -> str:
    """The colour as `#rrggbb`, darkened until it reads on white (contrast 4.5); the house's when it is none."""
    match = re.fullmatch(r"#?([0-9a-fA-F]{6})", colour.strip())
    if match is None:
        return Letterhead().colour
    parts = [int(match[1][i : i + 2], 16) for i in (0, 2, 4)]
    while 1.05 / (_luminance(parts) + 0.05) < 4.5:
        parts = [int(part * 0.92) for part in parts]
    return "#" + "".join(f"{part:02x}" for part in parts)


def _luminance(parts: list[int]) -> float:
    linear = [c / 12.92 if (c := part / 255) <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def letterhead_of(chamber: Mapping[str, Any] | None) -> Letterhead:
    """The letterhead of a chamber's row (`name`, `colours`, `phone`, `hours`); that of the house without one."""
    row = chamber or {}
    colours = row.get("colours") or row.get("colour") or ""
    if isinstance(colours, Mapping):
        colours = next(iter(colours.values()), "")
    elif isinstance(colours, (list, tuple)):
        colours = colours[0] if colours else ""
    return Letterhead(
        name=str(row.get("name") or Letterhead().name),
        colour=str(colours or Letterhead().colour),
        phone=str(row.get("phone") or ""),
        hours=str(row.get("hours") or ""),
    )
