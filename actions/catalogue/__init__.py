"""The catalogue: aids, resources, networks, funds, figures and formalities, read from the files of this folder.

`shipped()` reads it once. An advice is given on a `Catalogue`, which keeps its aids by region and by need so that
five thousand of them cost little.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from ..conditions import Condition
from ..content import ContentFileError
from ..funds import FundBook, read_funds
from .aid import AID_KINDS, Aid, RowError, read_aid
from .source import line_of, read_yaml

FOLDER = Path(__file__).parent

NEEDS = (
    *("presence_web", "vente_en_ligne", "reservation_en_ligne", "visibilite_locale", "reseaux_sociaux"),
    *("gestion_facturation", "facture_electronique", "paiement", "stock_caisse", "relation_client"),
    *("cybersecurite", "donnees_rgpd", "cloud_outils", "equipement_connexion", "formation", "recrutement"),
    *("export", "annonces_legales", "mutualisation", "financement"),
)


class OpenAid(NamedTuple):
    """An aid that is open on a day, whether its status must be checked then, and its conditions by number."""

    aid: Aid
    needs_check: bool
    condition_numbers: tuple[int, ...]


class AidIndex:
    """All aids in the order of kind and id, with every distinct condition once: `conditions`.

    Each condition is then judged once a profile, however many aids share it.
    """

    def __init__(self, aids: Iterable[Aid]) -> None:
        self.all = sorted(aids, key=lambda aid: (AID_KINDS.index(aid.kind), aid.id))
        self.by_id = {aid.id: aid for aid in self.all}
        self.conditions: list[Condition] = list(dict.fromkeys(c for aid in self.all for c in aid.conditions))
        self._number = {condition: number for number, condition in enumerate(self.conditions)}
        self._latest: tuple[date, OpenAids] | None = None

    def on(self, today: date) -> OpenAids:
        """The aids open on that day; the latest day asked for is kept."""
        if self._latest is None or self._latest[0] != today:
            opened = [
                OpenAid(aid, aid.needs_check(today), tuple(self._number[c] for c in aid.conditions))
                for aid in self.all
                if aid.is_open(today)
            ]
            self._latest = (today, OpenAids(opened))
        return self._latest[1]


class OpenAids:
    """The aids open on one day, by region and need."""

    def __init__(self, aids: Sequence[OpenAid]) -> None:
        self._all = aids
        self._by_region: dict[str | None, dict[str, list[int]]] = {}
        for place, one in enumerate(aids):
            by_need = self._by_region.setdefault(one.aid.region, {})
            for need in one.aid.needs:
                by_need.setdefault(need, []).append(place)

    def candidates(self, region: str | None, needs: Iterable[str]) -> Sequence[OpenAid]:
        """The aids that region and needs do not rule out, in order; no region or no need rules out nothing."""
        wanted = set(needs)
        if region is None and not wanted:
            return self._all
        found: set[int] = set()
        for one in self._by_region if region is None else (None, region):
            by_need = self._by_region.get(one, {})
            for need in wanted or by_need:
                found.update(by_need.get(need, ()))
        return [self._all[place] for place in sorted(found)]


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
