"""The classes of NAF rev. 2 with the nature of the activity, and the short form in which content names them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

NATURES = ("artisanale", "commerciale", "liberale", "agricole")
_RANGE = re.compile(r"^(\d\d)-(\d\d)$")


@dataclass(frozen=True, slots=True)
class NafClass:
    """A class. `natures`: how such a firm may be registered, of the formality desk's categories."""

    code: str
    title: str
    natures: frozenset[str]


@cache
def classes() -> dict[str, NafClass]:
    """All classes by code."""
    table: dict[str, NafClass] = {}
    for line in (Path(__file__).parent / "catalogue" / "naf.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        code, natures, title = line.split("\t")
        table[code] = NafClass(code, title, frozenset(natures.split(",")) - {""})
    return table


def normalize(code: str | None) -> str | None:
    """`1071c`, `10.71 C` → `10.71C`; what cannot be a class stays as it is."""
    if not code:
        return None
    plain = re.sub(r"[\s.]", "", str(code)).upper()
    return f"{plain[:2]}.{plain[2:]}" if re.fullmatch(r"\d{4}[A-Z]", plain) else str(code).strip()


def natures_of(code: str | None) -> frozenset[str]:
    """Natures of a class; empty when it is unknown."""
    found = classes().get(code or "")
    return found.natures if found else frozenset()


def expand(parts: Iterable[str]) -> frozenset[str]:
    """The classes meant by prefixes (`47.2`, `56.10A`) and ranges of divisions (`10-33`).

    Raises:
        ValueError: a part names no class.
    """
    found: set[str] = set()
    for part in parts:
        text = str(part)
        if match := _RANGE.match(text):
            low, high = match.groups()
            some = {code for code in classes() if low <= code[:2] <= high}
        else:
            some = {code for code in classes() if code.startswith(text)}
        if not some:
            raise ValueError(f"« {text} » n'est ni une classe, ni un début de code NAF")
        found |= some
    return frozenset(found)
