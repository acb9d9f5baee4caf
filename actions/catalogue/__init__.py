"""The catalogue: aids, resources, networks, funds, figures and formalities, read from the files of this folder.

`shipped()` reads it once. An advice is given on a `Catalogue`, which keeps its aids by region and by need so that
five thousand of them cost little.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, reduce
from operator import or_
from pathlib import Path
from typing import Any

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


class AidIndex:
    """All aids in the order of kind and id, and which of them are open on a day."""

    def __init__(self, aids: Iterable[Aid]) -> None:
        self.all = sorted(aids, key=lambda aid: (AID_KINDS.index(aid.kind), aid.id))
        self.by_id = {aid.id: aid for aid in self.all}
        self._latest: tuple[date, OpenAids] | None = None

    def on(self, today: date) -> OpenAids:
        """The aids open on that day; the latest day asked for is kept."""
        if self._latest is None or self._latest[0] != today:
            self._latest = (today, OpenAids([aid for aid in self.all if aid.is_open(today)], today))
        return self._latest[1]


AidSet = int
"""A set of the aids open on a day as one whole number: bit n stands for the aid of place n.

Sets of thousands are then joined and met in one step each.
"""


def members(aids: AidSet) -> Iterator[int]:
    """The places of a set, falling: what is left of the number is shorter each time."""
    while aids:
        place = aids.bit_length() - 1
        yield place
        aids ^= 1 << place


class OpenAids:
    """The aids open on one day: with what, and for whom, they are."""

    def __init__(self, aids: Sequence[Aid], today: date) -> None:
        self.aids = aids
        asked = [
            tuple(f"ask: {condition.words}" for condition in aid.conditions if condition.kind == "ask")
            for aid in aids
        ]
        self.questions = list(dict.fromkeys(asked))
        """What no fact can answer: the distinct lists of questions, and the number of each aid's list."""
        number_of = {questions: number for number, questions in enumerate(self.questions)}
        self.questions_of = [number_of[questions] for questions in asked]
        self.conditions: dict[str, dict[Condition, AidSet]] = {}
        """By kind, every distinct condition (but for questions) once, with the aids that have it."""
        self.of_kind: dict[str, AidSet] = {}
        self.of_region: dict[str | None, AidSet] = {}
        self.of_need: dict[str, AidSet] = {}
        self.to_check: AidSet = 0
        """Those whose status must be checked."""
        self.hearsay: AidSet = 0
        """Those of which no source says that they are open."""
        self.with_questions: AidSet = 0
        for place, aid in enumerate(aids):
            self._add(aid, 1 << place, aid.needs_check(today), bool(asked[place]))

    def _add(self, aid: Aid, bit: AidSet, needs_check: bool, has_questions: bool) -> None:
        self.to_check |= bit * needs_check
        self.hearsay |= bit * (aid.status == "unknown")
        self.with_questions |= bit * has_questions
        self.of_region[aid.region] = self.of_region.get(aid.region, 0) | bit
        for need in aid.needs:
            self.of_need[need] = self.of_need.get(need, 0) | bit
        for condition in aid.conditions:
            if condition.kind != "ask":
                same_kind = self.conditions.setdefault(condition.kind, {})
                same_kind[condition] = same_kind.get(condition, 0) | bit
                self.of_kind[condition.kind] = self.of_kind.get(condition.kind, 0) | bit

    def candidates(self, region: str | None, needs: Sequence[str]) -> AidSet:
        """The aids that region and needs do not rule out; no region or no need rules out nothing."""
        found: AidSet = (1 << len(self.aids)) - 1
        if region is not None:
            found &= self.of_region.get(None, 0) | self.of_region.get(region, 0)
        if needs:
            found &= reduce(or_, (self.of_need.get(need, 0) for need in needs))
        return found


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
