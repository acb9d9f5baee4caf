"""The communes, départements and régions of France, in structures small enough to load in each process.

A commune is a number: its row in the table sorted by INSEE code; columns are lists and arrays, names lead to one
row or to a tuple of rows, most populated first. Keys of names are plain words with saint as `st`, sainte as `ste`.
The tables and their script are in the project's `nlu_data/places/`.
"""

from __future__ import annotations

import gzip
import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.errors import ContentError
from bot.nlu.near_words import is_slip

_SAINTS = {"saint": "st", "sainte": "ste", "saints": "sts", "saintes": "stes"}
_SAINTS_IN_FULL = {short: full for full, short in _SAINTS.items()}
_ARTICLES = ("la ", "le ", "les ", "l ", "los ")
_LINKS = frozenset("sur en de du des la le les lez l d sous et aux au a st ste devant pres".split())
_PLAIN = str.maketrans(
    {
        **dict(zip("àâäáãçéèêëîïíìôöóòùûüúÿñ", "aaaaaceeeeiiiioooouuuuyn", strict=True)),
        **dict.fromkeys("-'’/()., ", " "),
        "œ": "oe",
        "æ": "ae",
    }
)
KM_A_DEGREE = 111.2
FARTHEST_KM = 60.0
MOST_REMEMBERED = 8192
"""Words whose similar names are remembered: owners use the same words again and again."""
_BothWays = tuple[list[str], list[str]]  # names sorted, and sorted when read from their end
FORGIVEN_FROM = 1_500
"""Inhabitants from which a misspelled name of one word is looked for."""
CAPITAL_FORGIVEN_FROM = 200
"""The same where it has a capital letter, so that it is no ordinary word."""
MENDED_FROM = 300
"""The same for a name of several words with its spaces or hyphens gone astray."""
ABBREVIATED_FROM = 5_000
"""Inhabitants from which the first part of a name stands for it ("Brive")."""


@dataclass(frozen=True, slots=True)
class Commune:
    """A commune as `Gazetteer.commune` shows it; the position is None where no open list has one."""

    insee: str
    name: str
    departement: str
    region: str
    population: int
    lat: float | None
    lon: float | None


def key_of(name: str) -> str:
    """The form under which a name is looked up: "Saint-Denis d'Oléron" → "st denis d oleron"."""
    return " ".join(_SAINTS.get(word, word) for word in name.lower().translate(_PLAIN).split())


class Gazetteer:
    """All places that the program knows. `load` it once; reading needs no lock."""

    def __init__(self) -> None:
        self.insee: list[str] = []
        self.names: list[str] = []
        self.population = array("I")
        self.postcodes: dict[str, tuple[int, ...]] = {}
        self.by_key: dict[str, int | tuple[int, ...]] = {}
        self.by_bare: dict[str, tuple[int, ...]] = {}
        self.by_short: dict[str, tuple[int, ...]] = {}
        self.areas: dict[str, str] = {}
        self.demonyms: dict[str, str] = {}
        self.words: frozenset[str] = frozenset()
        self.place_first: frozenset[str] = frozenset()
        self.longest: dict[str, int] = {}
        self._departements: dict[str, tuple[str, str]] = {}
        self._regions: dict[str, str] = {}
        self.spoken: set[str] = set()
        self.all_but_one_word: set[str] = set()
        self._former: set[str] = set()
        self.similar = lru_cache(MOST_REMEMBERED)(self._similar)
        self._letters_in = lru_cache(None)(self._letters_of)
        self.similar_words = lru_cache(MOST_REMEMBERED)(self._similar_words)
        self.is_like_word = lru_cache(MOST_REMEMBERED)(self._is_like_word)
        self.is_slip_of_word = lru_cache(MOST_REMEMBERED)(self._is_slip_of_word)
        self.similar_run_together = lru_cache(MOST_REMEMBERED)(self._similar_run_together)
        self._run_together: dict[str, str] = {}
        self._run_together_sorted: _BothWays = ([], [])
        self._forgiven: _BothWays = ([], [])
        self._words_sorted: _BothWays = ([], [])
        self._name_words: _BothWays = ([], [])
        self._positions: np.ndarray[tuple[int, int], np.dtype[np.float32]] = np.empty((0, 2), np.float32)

    @classmethod
    def load(cls, folder: Path) -> Gazetteer:
        """Read the tables of a project's `nlu_data/places/`.

        Raises:
            ContentError: a table is missing or malformed.
        """
        gazetteer = cls()
        try:
            gazetteer._read_divisions(folder)
            gazetteer._read_words(folder)
            gazetteer._read_communes(folder)
            gazetteer._read_names(folder)
        except OSError as error:
            raise ContentError(
                "table des lieux illisible ou absente", str(error.filename or folder)
            ) from error
        except (ValueError, KeyError, IndexError) as error:
            raise ContentError(f"table des lieux mal formée : {error}", str(folder)) from error
        return gazetteer

    # ------------------------------------------------------------------ what others ask
    def commune(self, insee: str) -> Commune | None:
        """The commune of an INSEE code; that of Paris, Lyon or Marseille for their districts' codes."""
        row = self.row(insee)
        if row is None:
            return None
        lat, lon = (float(x) for x in self._positions[row])
        departement = self.departement_of(row)
        known = not math.isnan(lat)
        return Commune(
            insee=self.insee[row],
            name=self.names[row],
            departement=departement,
            region=self.region_of(departement) or "",
            population=self.population[row],
            lat=lat if known else None,
            lon=lon if known else None,
        )

    def nearest_few(self, lat: float, lon: float, most: int) -> list[Commune]:
        """The communes whose centres are nearest to a position (degrees), none beyond 60 km."""
        shrink = math.cos(math.radians(lat))
        delta = self._positions - np.array([lat, lon], np.float32)
        degrees = np.hypot(delta[:, 0], delta[:, 1] * shrink)
        order = np.argsort(np.where(np.isnan(degrees), np.inf, degrees))[:most]
        near = [self.insee[int(row)] for row in order if degrees[row] * KM_A_DEGREE <= FARTHEST_KM]
        return [commune for insee in near if (commune := self.commune(insee)) is not None]

    def distance_km(self, insee_a: str, insee_b: str) -> float | None:
        """Kilometres between two communes' centres as the crow flies; None when a position is unknown."""
        a, b = self.commune(insee_a), self.commune(insee_b)
        if a is None or b is None or a.lat is None or a.lon is None or b.lat is None or b.lon is None:
            return None
        lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
        half = (
            math.sin((lat_b - lat_a) / 2) ** 2
            + math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
        )
        return 2 * 6371.0 * math.asin(math.sqrt(half))

    def departement_name(self, code: str) -> str | None:
        """ "35" → "Ille-et-Vilaine"."""
        found = self._departements.get(code)
        return found[1] if found else None

    def region_name(self, code: str) -> str | None:
        """ "53" → "Bretagne"."""
        return self._regions.get(code)

    def region_of(self, departement: str) -> str | None:
        """Code of the région of a département."""
        found = self._departements.get(departement)
        return found[0] if found else None

    def departements(self) -> dict[str, str]:
        """Codes and names of all départements and overseas territories."""
        return {code: name for code, (_, name) in self._departements.items()}

    def regions(self) -> dict[str, str]:
        """Codes and names of all régions."""
        return dict(self._regions)

    # ------------------------------------------------------------------ rows, for the reader
    def row(self, insee: str) -> int | None:
        """The row of a commune (of the town, for a municipal district)."""
        for town, districts in (("75056", "751"), ("69123", "6938"), ("13055", "132")):
            if insee.startswith(districts) and insee[3:].isdigit():
                insee = town
        row = bisect_left(self.insee, insee)
        return row if row < len(self.insee) and self.insee[row] == insee else None

    def departement_of(self, row: int) -> str:
        """Code of the département of a row."""
        code = self.insee[row]
        return code[:3] if code.startswith(("97", "98")) else code[:2]

    def rows(self, key: str) -> tuple[int, ...]:
        """Rows of the communes whose full name has this key, most populated first."""
        found = self.by_key.get(key, ())
        return (found,) if isinstance(found, int) else found

    def is_name(self, key: str) -> bool:
        """Whether `candidates` knows the key."""
        return key in self.by_key or key in self.by_bare or key in self.by_short

    def candidates(self, key: str) -> tuple[int, ...]:
        """Rows that a full, article-less or shortened name may mean; a much larger town called so first."""
        rows = self.rows(key) or self.by_bare.get(key, ())
        short = self.by_short.get(key, ())
        least = 30_000 if rows and key.startswith(("st ", "ste ")) else 0  # so many saints
        if short and (not rows or self.population[short[0]] >= max(least, 3 * self.population[rows[0]])):
            return (*short, *(row for row in rows if row not in short))
        return rows

    def _similar(self, key: str, edits: int) -> tuple[str, ...]:
        """Keys of towns so many edits away, the most populated first. One half of the name is taken to be right."""
        found = _similar(key, self._forgiven, edits)
        return tuple(
            sorted(
                found,
                key=lambda name: (OSA.distance(name, key), not is_slip(key, name), -self._people(name)),
            )
        )

    def _is_like_word(self, word: str) -> bool:
        """Whether a right French word that looks like a place's name is at most one edit away."""
        return word in self.words or bool(_similar(word, self._words_sorted, 1))

    def _is_slip_of_word(self, word: str) -> bool:
        """The same, by one of the usual slips."""
        near = _similar(word, self._words_sorted, 1) if word not in self.words else {word}
        return any(right == word or is_slip(word, right) for right in near)

    def _is_odd(self, word: str) -> bool:
        """Whether a word is none but a place's."""
        return len(word) >= 5 and word not in self.words

    def _people(self, key: str) -> int:
        return max((self.population[row] for row in self.candidates(key)), default=0)

    def _similar_words(self, word: str) -> tuple[str, ...]:
        """Words of the names of communes at most one edit away."""
        return tuple(sorted(_similar(word, self._name_words, 1)))

    def similar_in(self, departement: str, letters: str) -> tuple[int, ...]:
        """Rows of the communes of a département whose names, run together, are one mistake away; two in a long one."""
        names = self._letters_in(departement)
        edits = 2 if len(letters) >= 11 else 1
        near = process.extract(
            letters, names, scorer=OSA.distance, processor=None, score_cutoff=edits, limit=None
        )
        ordered = sorted(near, key=lambda found: (found[1], -self.population[found[2]]))
        return tuple(row for _, _, row in ordered)

    def _letters_of(self, departement: str) -> dict[int, str]:
        first, last = bisect_left(self.insee, departement), bisect_left(self.insee, departement + "\uffff")
        return {row: run_together(bare_name(key_of(self.names[row]))) for row in range(first, last)}

    def _similar_run_together(self, letters: str) -> tuple[str, ...]:
        """Keys of names of several words whose letters are these, but for one mistake, two in a long name.

        Spaces, hyphens and apostrophes do not count: "pontlabbe", "sainbrieuc", "fortddefrance".
        """
        if letters in self._run_together:
            return (self._run_together[letters],)
        found = _similar(letters, self._run_together_sorted, 2 if len(letters) >= 13 else 1)
        near = sorted(
            found, key=lambda name: (OSA.distance(name, letters), -self._people(self._run_together[name]))
        )
        return tuple(self._run_together[name] for name in near)

    # ------------------------------------------------------------------ loading
    def _read_divisions(self, folder: Path) -> None:
        for code, region, name in _table(folder / "departements.tsv"):
            self._departements[code] = (region, name)
            self.areas[bare_name(key_of(name))] = f"dep:{code}"
        for code, name in _table(folder / "regions.tsv"):
            self._regions[code] = name
            if bare_name(key_of(name)) not in self.areas:
                self.areas[bare_name(key_of(name))] = f"reg:{code}"
        for name, code in _table(folder / "areas.tsv"):
            self.areas.setdefault(key_of(name), code)
        for adjective, departement in _table(folder / "demonyms.tsv"):
            self.demonyms[adjective] = departement

    def _read_communes(self, folder: Path) -> None:
        postcodes: dict[str, list[int]] = {}
        positions: list[tuple[float, float]] = []
        keys: dict[str, list[int]] = {}
        for row, (insee, name, people, lat, lon, codes) in enumerate(_table(folder / "communes.tsv.gz")):
            self.insee.append(insee)
            self.names.append(name)
            self.population.append(int(people))
            positions.append((float(lat), float(lon)) if lat else (math.nan, math.nan))
            for code in codes.split():
                postcodes.setdefault(code, []).append(row)
            keys.setdefault(key_of(name), []).append(row)
        self._positions = np.array(positions, np.float32)
        by_people = self.population.__getitem__
        self.postcodes = {
            code: tuple(sorted(rows, key=by_people, reverse=True)) for code, rows in postcodes.items()
        }
        bare: dict[str, list[int]] = {}
        short: dict[str, list[int]] = {}
        for key, rows in keys.items():
            for row in rows:
                if self.population[row] >= ABBREVIATED_FROM and (head := short_name(key)):
                    short.setdefault(head, []).append(row)
        for head, rows in _heads(keys).items():
            if len(rows) == 1 and head not in keys and (head.count(" ") > 1 or self._is_odd(head.split()[1])):
                short.setdefault(head, []).extend(rows)
        for name, insee in _table(folder / "former.tsv.gz"):
            former = self.row(insee)
            if former is not None and key_of(name) not in keys:
                keys[key_of(name)] = [former]
                self._former.add(key_of(name))
        for key, rows in keys.items():
            ordered = tuple(sorted(rows, key=by_people, reverse=True))
            self.by_key[key] = ordered if len(ordered) > 1 else ordered[0]
            without = bare_name(key)
            if without != key:
                bare.setdefault(without, []).extend(ordered)
        self.by_bare = {key: tuple(sorted(rows, key=by_people, reverse=True)) for key, rows in bare.items()}
        self.by_short = {key: tuple(sorted(rows, key=by_people, reverse=True)) for key, rows in short.items()}

    def _read_words(self, folder: Path) -> None:
        packed = (folder / "words.txt.gz").read_bytes()
        self.words = frozenset(gzip.decompress(packed).decode("utf-8").split("\n"))

    def _read_names(self, folder: Path) -> None:
        self.place_first = frozenset(name for (name,) in _table(folder / "place_first.txt"))
        spoken: set[str] = set()
        for name, codes in _table(folder / "aliases.tsv"):
            rows = [row for code in codes.split() if (row := self.row(code)) is not None]
            if len(rows) != len(codes.split()):
                raise ValueError(f"aliases.tsv : code inconnu pour « {name} »")
            # What a person wrote comes before the small communes of that very name.
            key = key_of(name)
            if key not in self.by_key and key not in self.by_short and len(key) < 7:
                spoken.add(key)
            self.spoken.add(key)
            known = (*rows, *(row for row in self.rows(key) if row not in rows))
            self.by_key[key] = known if len(known) > 1 else known[0]
        ordinary = [
            h for h in self.by_short if h in self.words and h not in self.place_first and h not in self.by_key
        ]
        for head in ordinary:
            del self.by_short[head]
        for key in self._all_keys():
            first, _, rest = key.partition(" ")
            length = 1 + key.count(" ") if rest else 1
            if length > self.longest.get(first, 0):
                self.longest[first] = length
        unforgiven = {key for key in self._former if key not in self.by_short} | spoken
        unforgiven |= {bare for key in self._former if (bare := bare_name(key)) not in self.by_key}
        forgiven = {
            key
            for key in (*self.by_key, *self.by_bare, *self.by_short)
            if len(bare_name(key)) >= 5
            and key not in unforgiven
            and self._people(key) >= CAPITAL_FORGIVEN_FROM
        }
        self._forgiven = _both_ways(forgiven)
        self._words_sorted = _both_ways(w for w in self.words if self._people(w) < 5_000)
        self._name_words = _both_ways(
            {w for key in self.by_key if " " in key for w in key.split() if len(w) >= 5}
        )
        for key in self._all_keys():
            if key.count(" ") > 1 and self._people(key) >= 10_000:
                self.all_but_one_word |= {key.partition(" ")[2], key.rpartition(" ")[0]}
        several = (key for key in self._all_keys() if " " in key and self._is_worth_mending(key))
        for key in sorted(several, key=self._people):
            self._run_together[run_together(key)] = key
        self._run_together_sorted = _both_ways(name for name in self._run_together if len(name) >= 7)

    def _is_worth_mending(self, key: str) -> bool:
        return key in self.areas or self._people(key) >= MENDED_FROM

    def _all_keys(self) -> Iterator[str]:
        yield from self.by_key
        yield from self.by_bare
        yield from self.by_short
        yield from self.areas


def area_words(folder: Path) -> set[str]:
    """The long words that names of départements, régions and areas are made of, and what their people are called."""
    names = [name for _, _, name in _table(folder / "departements.tsv")]
    names += [name for _, name in _table(folder / "regions.tsv")]
    names += [name for name, _ in _table(folder / "areas.tsv")]
    names += [adjective for adjective, _ in _table(folder / "demonyms.tsv")]
    return {word for name in names for word in key_of(name).split() if len(word) >= 6}


def _table(path: Path) -> Iterable[list[str]]:
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    for line in text.split("\n"):
        if line and line[0] != "#":
            yield line.split("\t")


def _heads(keys: Mapping[str, list[int]]) -> dict[str, list[int]]:
    """The first words of longer names, by which people call them: "port en bessin", "font romeu"."""
    heads: dict[str, list[int]] = {}
    for key, rows in keys.items():
        words = key.split()
        for end in range(2, len(words)):
            if words[end - 1] not in _LINKS and words[end] not in _LINKS:
                heads.setdefault(" ".join(words[:end]), []).extend(rows)
    return heads


def _both_ways(names: Iterable[str]) -> _BothWays:
    kept = list(names)
    return sorted(kept), sorted(name[::-1] for name in kept)


def _similar(key: str, names: _BothWays, edits: int) -> set[str]:
    found: set[str] = set()
    half = max(2, len(key) // 2 - 1)  # two swapped letters in the middle leave as much right
    for backwards, look in ((0, key), (1, key[::-1])):
        prefix = look[:half]
        at = bisect_left(names[backwards], prefix)
        end = bisect_left(names[backwards], prefix + "\uffff", lo=at)
        near = process.extract(
            look,
            names[backwards][at:end],
            scorer=OSA.distance,
            processor=None,
            score_cutoff=edits,
            limit=None,
        )
        found.update(name[::-1] if backwards else name for name, _, _ in near)
    return found


def run_together(key: str) -> str:
    """The letters of a key, saints in full: "st lo" → "saintlo"."""
    return "".join(_SAINTS_IN_FULL.get(word, word) for word in key.split())


def bare_name(key: str) -> str:
    """A key without its article."""
    for article in _ARTICLES:
        if key.startswith(article):
            return key[len(article) :]
    return key


def short_name(key: str) -> str | None:
    """The first part of a long name, by which people call the town: "brive la gaillarde" → "brive"."""
    words = key.split()
    start = 1 if words[0] in ("la", "le", "les", "l") else 0
    end = start + (2 if words[start] in ("st", "ste", "pont", "port", "mont", "bourg", "val", "bois") else 1)
    if end >= len(words) or len(words) - start < 2:
        return None
    while end < len(words) and words[end] not in _LINKS and len(words[end]) < 3:
        end += 1
    head = " ".join(words[start:end])
    if len(head) < 4 or words[end - 1] in _LINKS:
        return None
    return head
