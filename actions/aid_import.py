"""Aids brought in from a CSV: one a line, with a report of what is wrong by line.

Columns (`;` or `,`): those of `COLUMNS`. Lists are separated by `|`. What the columns cannot say goes into
`questions`: each becomes a condition « à demander ».
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from .catalogue import FOLDER, aid_files, read_aids, read_epci, shipped
from .catalogue.aid import Aid, RowError, read_aid
from .catalogue_check import aid_problems, is_home_page
from .day import today_in_france
from .territory import REGION_NAMES

REQUIRED = ("id", "name", "operator", "kind", "line", "needs", "status")
COLUMNS = (
    *REQUIRED,
    *(
        "region",
        "departements",
        "epci",
        "min_headcount",
        "max_headcount",
        "max_turnover_eur",
        "min_age_years",
    ),
    *(
        "activities",
        "naf_in",
        "naf_out",
        "rate_pct",
        "min_eur",
        "max_eur",
        "base_min_eur",
        "base_max_eur",
        "note",
    ),
    *("end", "checked", "page", "contact", "source", "confidence", "questions"),
)
_NUMBERS = (
    *(
        "min_headcount",
        "max_headcount",
        "max_turnover_eur",
        "min_age_years",
        "rate_pct",
        "min_eur",
        "max_eur",
    ),
    *("base_min_eur", "base_max_eur"),
)


def import_aids_csv(
    file: Path, known_ids: Sequence[str] | None = None
) -> tuple[list[Aid], list[tuple[int, str]]]:
    """The aids of a CSV that can be used, and the errors as (line of the file, sentence).

    A line with an error brings nothing in; the others are kept. `known_ids` are those that may not come again; by
    default those of the catalogue.
    """
    pairs, errors = _import(file, known_ids)
    return [aid for aid, _ in pairs], errors


def add_to_catalogue(file: Path, folder: Path = FOLDER) -> tuple[int, list[tuple[int, str]], Path]:
    """Write the aids of a CSV beside those of the catalogue, in `aids/importees.yml`: (how many, errors, the file).

    What the file already holds stays. Nothing is written when no line can be used.
    """
    pairs, errors = _import(
        file, [aid.id for path in aid_files(folder) for aid in read_aids(path, read_epci(folder))]
    )
    target = folder / "aids" / "importees.yml"
    if pairs:
        yaml = YAML()
        yaml.width = 4096
        data: Any = yaml.load(target.read_text(encoding="utf-8")) if target.exists() else None
        data = data or {"aids": []}
        data["aids"] += [{key: value for key, value in row.items() if value is not None} for _, row in pairs]
        for row in data["aids"]:
            row.setdefault("page", None)
            row.setdefault("checked", None)
        stream = io.StringIO()
        yaml.dump(data, stream)
        target.write_text(stream.getvalue(), encoding="utf-8")
    return len(pairs), errors, target


def import_report(file: Path) -> tuple[str, bool]:
    """Bring the aids of a CSV into this catalogue: (what was done, line by line, in French; whether a line failed)."""
    count, errors, target = add_to_catalogue(file)
    lines = [f"{count} aide(s) ajoutée(s) dans {target}." if count else "Aucune aide ajoutée."]
    lines += [f"{file}:{line}: {sentence}" for line, sentence in errors]
    return "\n".join(lines), bool(errors)


def _import(
    file: Path, known_ids: Sequence[str] | None
) -> tuple[list[tuple[Aid, dict[str, Any]]], list[tuple[int, str]]]:
    rows, errors = read_rows(file)
    taken = set(shipped().aids.by_id if known_ids is None else known_ids)
    epci, networks, funds, today = read_epci(), shipped().networks, shipped().funds.funds, today_in_france()
    aids: list[tuple[Aid, dict[str, Any]]] = []
    for line, cells in rows:
        found = cell_problems(cells, taken)
        # The rest of the line is read without the cells that are no number: all that is wrong is said at once.
        kept = {
            name: cell for name, cell in cells.items() if name not in _NUMBERS or _as_number(cell) is not None
        }
        if all(name in cells for name in REQUIRED):
            row = yaml_row(kept)
            try:
                aid = read_aid(row, None, epci)
                # What `connecteur check` would refuse afterwards does not come in.
                found += aid_problems(aid, row, set(networks), set(funds), today)
            except RowError as error:
                found.append(str(error))
        if found:
            errors += [(line, sentence) for sentence in found]
            continue
        taken.add(aid.id)
        aids.append((aid, row))
    return aids, sorted(errors)


def cell_problems(cells: Mapping[str, str], taken: Collection[str]) -> list[str]:
    """What the cells of a line alone show to be wrong, one sentence each."""
    found = [f"il manque « {name} »." for name in REQUIRED if name not in cells]
    found += [
        f"{name} : « {cells[name]} » n'est pas un nombre."
        for name in _NUMBERS
        if name in cells and _as_number(cells[name]) is None
    ]
    if "page" in cells and is_home_page(cells["page"]):
        found.append(f"page « {cells['page']} » : une page d'accueil ; mettez la page exacte, ou rien.")
    if cells.get("id") in taken:
        found.append(f"l'identifiant « {cells['id']} » est déjà pris.")
    return found


def read_rows(file: Path) -> tuple[list[tuple[int, dict[str, str]]], list[tuple[int, str]]]:
    """The filled cells of each line with its number in the file, and what is wrong with the file itself."""
    try:
        data = file.read_bytes()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("cp1252")  # the plain « CSV » of a spreadsheet on Windows
    except UnicodeDecodeError:
        return [], [(1, "ce fichier ne se lit pas : enregistrez-le en « CSV UTF-8 ».")]
    except OSError as error:
        return [], [(1, f"ce fichier ne se lit pas ({error.strerror}).")]
    first = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if first.count(";") >= first.count(",") else ",")
    header = [name.strip() for name in reader.fieldnames or ()]
    errors = [(1, f"il manque la colonne « {name} ».") for name in REQUIRED if name not in header]
    errors += [(1, f"colonne « {name} » inconnue.") for name in header if name and name not in COLUMNS]
    if errors:
        return [], errors
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        for row in reader:
            if row.get(None):
                errors.append(
                    (reader.line_num, "il y a plus de cases que de colonnes : vérifiez les guillemets.")
                )
                continue
            cells = {
                key.strip(): value.strip() for key, value in row.items() if key and value and value.strip()
            }
            if cells:
                rows.append((reader.line_num, cells))
    except csv.Error as error:
        errors.append((reader.line_num, f"cette ligne ne se lit pas ({error})."))
    return rows, errors


def yaml_row(cells: Mapping[str, str]) -> dict[str, Any]:
    """The row of `aids/*.yml` that a line of the CSV says; `cell_problems` has found nothing missing."""
    numbers = {name: _as_number(cells[name]) for name in _NUMBERS if name in cells}
    conditions: list[dict[str, Any]] = []

    def add(kind: str, **values: Any) -> None:
        given = {key.rstrip("_"): value for key, value in values.items() if value not in (None, [])}
        if given:
            conditions.append({"kind": kind, **given})

    add("headcount", min=numbers.get("min_headcount"), max=numbers.get("max_headcount"))
    add("turnover", max_eur=numbers.get("max_turnover_eur"))
    add("age", min_years=numbers.get("min_age_years"))
    add("activity", in_=_list(cells.get("activities")))
    add("naf", in_=_list(cells.get("naf_in")), not_in=_list(cells.get("naf_out")))
    add("place", departements=_list(cells.get("departements")))
    add("place", epci=_list(cells.get("epci")))
    add("spending", min_eur=numbers.get("base_min_eur"))
    for question in _list(cells.get("questions")):
        add("ask", text=question)
    pays: dict[str, Any] = {
        name: numbers[name]
        for name in ("rate_pct", "min_eur", "max_eur", "base_min_eur", "base_max_eur")
        if name in numbers
    }
    if "note" in cells:
        pays["note"] = cells["note"]
    row: dict[str, Any] = {name: cells[name] for name in ("id", "name", "operator", "kind", "line", "status")}
    row["needs"] = _list(cells["needs"])
    row["pays"] = pays
    row["conditions"] = conditions
    row["contact"] = cells.get("contact", "conseillers-entreprises")
    for name in ("region", "end", "checked", "page", "source", "confidence"):
        row[name] = cells.get(name)
    for name in ("end", "checked"):
        # spreadsheets in French write 31/12/2027
        row[name] = row[name] and re.sub(r"^(\d\d)/(\d\d)/(\d{4})$", r"\3-\2-\1", row[name])
    if row["region"] is not None:
        codes = {name.casefold(): code for code, name in REGION_NAMES.items()}
        row["region"] = codes.get(row["region"].casefold(), row["region"].zfill(2))  # « 1 » was 01
    return row


def _list(cell: str | None) -> list[str]:
    return [part.strip() for part in (cell or "").split("|") if part.strip()]


def _as_number(cell: str) -> float | None:
    plain = (
        cell.replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace("€", "").replace(",", ".")
    )
    try:
        return float(plain)
    except ValueError:
        return None
