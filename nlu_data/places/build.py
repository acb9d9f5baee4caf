"""Builds the tables of this folder from the official lists of communes, départements and régions.

    npm pack @etalab/decoupage-administratif@6.0.0 && tar xzf etalab-decoupage-administratif-6.0.0.tgz
    npm pack an-array-of-french-words@2.0.0 && mkdir words && tar xzf an-array-of-french-words-2.0.0.tgz -C words
    python nlu_data/places/build.py package/data words/package/index.json commune_centres.tsv.gz

`commune_centres.tsv.gz` has the columns insee, latitude, longitude (La Poste's open list of postcodes). Sources and
licences: SOURCES.md. The hand-written tables (aliases, areas, demonyms, place_first) are read, never written.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rapidfuzz.distance import OSA

from bot.nlu.gazetteer import ABBREVIATED_FROM, FORGIVEN_FROM, bare_name, key_of, short_name

HERE = Path(__file__).parent
FORGIVEN_ALONE_FROM = 10_000  # inhabitants from which a misspelled name is recognised anywhere in a text


def main() -> None:
    """Read the three sources, write the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("decoupage", type=Path, help="folder data/ of @etalab/decoupage-administratif")
    parser.add_argument("words", type=Path, help="index.json of an-array-of-french-words")
    parser.add_argument("centres", type=Path, help="commune_centres.tsv.gz")
    options = parser.parse_args()

    communes = _read_json(options.decoupage / "communes.json")
    current = sorted((c for c in communes if c["type"] == "commune-actuelle"), key=lambda c: c["code"])
    centres = _read_centres(options.centres)
    inside = _codes_inside(communes)
    _write_gz("communes.tsv.gz", (_commune_row(c, centres, inside) for c in current))
    _write_gz("former.tsv.gz", _former_rows(communes, current))
    _write_plain(
        "departements.tsv", _divisions(_read_json(options.decoupage / "departements.json"), "region")
    )
    _write_plain("regions.tsv", _divisions(_read_json(options.decoupage / "regions.json")))
    words = {plain(word) for word in _read_json(options.words)}
    areas = {word for name in _area_names() for word in name.split() if len(word) >= 5}
    _write_gz("words.txt.gz", sorted(_words_like_communes(current, words) | _within(areas, words, 1) - areas))


def plain(name: str) -> str:
    """Lower case, no accents, words and numbers only."""
    decomposed = unicodedata.normalize("NFKD", name.lower().replace("œ", "oe").replace("æ", "ae"))
    return " ".join(re.findall(r"[a-z0-9]+", "".join(c for c in decomposed if not unicodedata.combining(c))))


def _read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _read_centres(path: Path) -> dict[str, tuple[float, float]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = csv.DictReader(lines, delimiter="\t")
        return {row["insee"]: (float(row["latitude"]), float(row["longitude"])) for row in rows}


def _codes_inside(communes: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Former communes and municipal districts of each commune, for those without a position of their own."""
    inside: dict[str, list[str]] = defaultdict(list)
    for commune in communes:
        parent = commune.get("chefLieu") or commune.get("commune")
        if parent:
            inside[parent].append(commune["code"])
    return inside


def _commune_row(
    commune: dict[str, Any], centres: dict[str, tuple[float, float]], inside: dict[str, list[str]]
) -> str:
    code = commune["code"]
    known = [centres[c] for c in ([code] if code in centres else inside[code]) if c in centres]
    latitude = f"{sum(lat for lat, _ in known) / len(known):.4f}" if known else ""
    longitude = f"{sum(lon for _, lon in known) / len(known):.4f}" if known else ""
    postcodes = " ".join(commune.get("codesPostaux", ()))
    return "\t".join(
        (code, commune["nom"], str(commune.get("population", 0)), latitude, longitude, postcodes)
    )


def _former_rows(communes: list[dict[str, Any]], current: list[dict[str, Any]]) -> Iterable[str]:
    names_now = {(c["code"], plain(c["nom"])) for c in current}
    rows = set()
    for commune in communes:
        parent = commune.get("chefLieu")
        if parent and (parent, plain(commune["nom"])) not in names_now:
            rows.add(f"{commune['nom']}\t{parent}")
    return sorted(rows)


def _divisions(divisions: list[dict[str, Any]], *columns: str) -> Iterable[str]:
    for division in sorted(divisions, key=lambda d: d["code"]):
        yield "\t".join((division["code"], *(division[column] for column in columns), division["nom"]))


def _area_names() -> Iterable[str]:
    for table, column in (("areas.tsv", 0), ("departements.tsv", 2), ("regions.tsv", 1)):
        for line in (HERE / table).read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                yield plain(line.split("\t")[column])


def _words_like_communes(communes: list[dict[str, Any]], words: set[str]) -> set[str]:
    """Right French words that are the name of a commune, or one or two mistakes away from that of a town."""
    population: dict[str, int] = defaultdict(int)
    for commune in communes:
        name, people = key_of(commune["nom"]), commune.get("population", 0)
        short = short_name(name) if people >= ABBREVIATED_FROM else None
        for key in {plain(commune["nom"]), name, bare_name(name), short or name}:
            population[key] = max(population[key], people)
    homonyms = set(population) & words
    near = {key for key, people in population.items() if people >= FORGIVEN_FROM and len(key) >= 5}
    far = {
        key
        for key, people in population.items()
        if people >= FORGIVEN_ALONE_FROM and len(key) >= 6 and " " not in key
    }
    return homonyms | _within(near, words, 1) | _within(far, {w for w in words if 5 <= len(w) <= 14}, 2)


def _within(targets: set[str], words: set[str], edits: int) -> set[str]:
    by_deletion: dict[str, set[str]] = defaultdict(set)
    for target in targets:
        for form in _forms(target, edits):
            by_deletion[form].add(target)
    return {
        word
        for word in words
        if len(word) >= 4
        and any(
            word != target and OSA.distance(word, target, score_cutoff=edits) <= edits
            for form in _forms(word, edits)
            for target in by_deletion.get(form, ())
        )
    }


def _forms(word: str, edits: int) -> set[str]:
    forms = {word}
    for _ in range(edits):
        forms |= {form[:i] + form[i + 1 :] for form in forms for i in range(len(form))}
    return forms


def _write_gz(name: str, rows: Iterable[str]) -> None:
    text = "\n".join(rows) + "\n"
    (HERE / name).write_bytes(gzip.compress(text.encode("utf-8"), compresslevel=9, mtime=0))


def _write_plain(name: str, rows: Iterable[str]) -> None:
    (HERE / name).write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
