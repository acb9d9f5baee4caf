"""The catalogue: aids, resources, networks, funds, figures and formalities, read from the files of this folder.

`shipped()` reads it once. An advice is given on a `Catalogue`, which keeps its aids by region and by need so that
five thousand of them cost little.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from ..conditions import Condition
from ..content import ContentFileError
from ..funds import FundBook, read_funds
from .aid import Aid, RowError, read_aid
from .source import line_of, read_yaml

FOLDER = Path(__file__).parent

NEEDS = (
    *("presence_web", "vente_en_ligne", "reservation_en_ligne", "visibilite_locale", "reseaux_sociaux"),
    *("gestion_facturation", "facture_electronique", "paiement", "stock_caisse", "relation_client"),
    *("cybersecurite", "donnees_rgpd", "cloud_outils", "equipement_connexion", "formation", "recrutement"),
    *("export", "annonces_legales", "mutualisation", "financement"),
)


@dataclass(frozen=True, slots=True)
class IndexedAid:
    """An aid with the numbers of its conditions in `AidIndex.conditions` (each distinct one once)."""

    aid: Aid
    condition_numbers: tuple[int, ...]


class AidIndex:
    """Aids by region, and every distinct condition once, so that each is judged once a profile."""

    def __init__(self, aids: Iterable[Aid]) -> None:
        self.by_id: dict[str, Aid] = {}
        self.conditions: list[Condition] = []
        self.all: list[IndexedAid] = []
        self._by_region: dict[str | None, dict[str, list[IndexedAid]]] = {}
        numbers: dict[Condition, int] = {}
        for aid in aids:
            self.by_id[aid.id] = aid
            for condition in aid.conditions:
                if condition not in numbers:
                    numbers[condition] = len(self.conditions)
                    self.conditions.append(condition)
            entry = IndexedAid(aid, tuple(numbers[c] for c in aid.conditions))
            self.all.append(entry)
            by_need = self._by_region.setdefault(aid.region, {})
            for need in aid.needs:
                by_need.setdefault(need, []).append(entry)

    def candidates(self, region: str | None, needs: Iterable[str]) -> list[IndexedAid]:
        """The aids that region and needs do not rule out; no region or no need rules out nothing."""
        wanted = set(needs)
        if region is None and not wanted:
            return self.all
        regions = list(self._by_region) if region is None else [None, region]
        found: dict[str, IndexedAid] = {}
        for one in regions:
            by_need = self._by_region.get(one, {})
            for need in wanted or by_need:
                for entry in by_need.get(need, ()):
                    found[entry.aid.id] = entry
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All that advice is made of. The rows of the last four are as in their files."""

    aids: AidIndex
    funds: FundBook
    networks: Mapping[str, Mapping[str, Any]]
    resources: tuple[Mapping[str, Any], ...]
    figures: tuple[Mapping[str, Any], ...]
    formalities: Mapping[str, Any]


def aid_files(folder: Path = FOLDER) -> list[Path]:
    """The files of aids, sorted."""
    return sorted((folder / "aids").glob("*.yml"))


def read_epci(folder: Path = FOLDER) -> dict[str, frozenset[str]]:
    """Communes of the intercommunalities that conditions name."""
    data = read_yaml(folder / "epci.yml")
    return {str(row["code"]): frozenset(map(str, row["communes"])) for row in data["epci"]}


def read_aids(path: Path, epci: Mapping[str, frozenset[str]]) -> list[Aid]:
    """The aids of one file.

    Raises:
        ContentFileError: a row cannot be read; with its line.
    """
    data = read_yaml(path)
    aids: list[Aid] = []
    for number, row in enumerate(data.get("aids") or ()):
        try:
            aids.append(read_aid(row, data.get("region"), epci))
        except RowError as error:
            line = line_of(read_yaml(path, with_lines=True)["aids"][number])
            raise ContentFileError(f"aide « {row.get('id', '?')} » : {error}", str(path), line) from error
    return aids


def load(folder: Path = FOLDER) -> Catalogue:
    """Read a catalogue.

    Raises:
        ContentFileError: a file is missing or wrong; with file and line.
    """
    epci = read_epci(folder)
    aids = [aid for path in aid_files(folder) for aid in read_aids(path, epci)]
    return Catalogue(
        aids=AidIndex(aids),
        funds=read_funds(read_yaml(folder / "training_funds.yml")),
        networks={str(row["id"]): row for row in read_yaml(folder / "networks.yml")["networks"]},
        resources=tuple(read_yaml(folder / "resources.yml")["resources"]),
        figures=tuple(read_yaml(folder / "barometer.yml")["figures"]),
        formalities=read_yaml(folder / "formalities.yml"),
    )


@cache
def shipped() -> Catalogue:
    """The catalogue of this project, read once."""
    return load()
