"""Finds where a text speaks of a need: the lexicon `nlu_data/needs.yml`, in the words that owners use.

A mention is words of the text under one of the needs' keys; whether it is wanted or refused is decided in
`negation`. The file's own comment says how its lines are written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from bot.errors import ContentError
from bot.nlu.near_words import NearWords
from bot.nlu.text import Normalised, plain

KEYS = (
    "presence_web", "vente_en_ligne", "reservation_en_ligne", "visibilite_locale", "reseaux_sociaux",
    "gestion_facturation", "facture_electronique", "paiement", "stock_caisse", "relation_client",
    "cybersecurite", "donnees_rgpd", "cloud_outils", "equipement_connexion", "formation", "recrutement",
    "export", "annonces_legales", "mutualisation", "financement",
)  # fmt: skip
"""The needs' keys of the guideline, in its order."""

STRONG, WEAK, NOT = "phrases", "mots", "rien"
_SECTIONS = (WEAK, STRONG, NOT)
_GAP = 5
_STEM_CHARS = 5
# « partager un community manager »: what is shared, learnt or paid for is a need of its own
_HAVE_OBJECTS = frozenset(("mutualisation", "formation", "financement"))
# a longer stretch has gaps in it, and may hold another need within
_TIGHT = 6

# dropped from patterns, and skipped in texts between the words of a pattern
_SMALL = frozenset(
    "le la les l un une des de du d mon ma mes notre nos votre vos leur leurs ce cet cette ces au aux a en sur "
    "dans son sa ses par".split()
)
# skipped in texts, but a pattern may name them
_CLITICS = frozenset(
    "je j me m te t se s nous vous on il elle ils elles y n ne c ca est sont tres trop bien".split()
)
_SENTENCE_END = re.compile(r"[.!?;\n…]")


@dataclass(frozen=True, slots=True)
class Mention:
    """Tokens [start, end) of the text that speak of a need. `strong`: they say it by themselves."""

    key: str
    start: int
    end: int
    strong: bool


@dataclass(frozen=True, slots=True)
class _Pattern:
    key: str
    section: str
    elements: tuple[frozenset[str], ...]
    gaps: tuple[bool, ...]


class NeedLexicon:
    """The lexicon, ready to be looked for in texts."""

    def __init__(
        self, sections: Mapping[str, Mapping[str, Sequence[str]]], is_known_word: Callable[[str], bool]
    ) -> None:
        """`is_known_word` says of a word of six letters or more that it is right French, hence no typo."""
        self._is_known_word = is_known_word
        patterns = list(_patterns(sections))
        atoms = {atom for pattern in patterns for element in pattern.elements for atom in element}
        self._words = frozenset(atom for atom in atoms if not atom.endswith("*"))
        self._stems = frozenset(atom[:-1] for atom in atoms if atom.endswith("*"))
        self._stem_lengths = sorted({len(stem) for stem in self._stems})
        forgiving = [word for word in self._words if len(word) >= _STEM_CHARS]
        self._near_words = NearWords(forgiving, shortest=6)
        self._near_stems = NearWords([s for s in self._stems if len(s) >= _STEM_CHARS], shortest=_STEM_CHARS)
        self._by_first: dict[str, list[_Pattern]] = {}
        for pattern in patterns:
            for atom in pattern.elements[0]:
                self._by_first.setdefault(atom, []).append(pattern)
        self._atoms_of = lru_cache(maxsize=20000)(self._find_atoms)

    def mentions(self, n: Normalised) -> list[Mention]:
        """What the text speaks of, by place in the text; of mentions inside one another the longest stays."""
        words = [self._atoms_of(token.word) for token in n.tokens]
        sentence = _sentences(n)
        found: list[tuple[int, int, _Pattern]] = []
        for at, atoms in enumerate(words):
            for atom in atoms:
                for pattern in self._by_first.get(atom, ()):
                    end = self._match(pattern, 1, at + 1, words, n, sentence)
                    if end:
                        found.append((at, end, pattern))
        return _longest(found)

    def _match(
        self,
        pattern: _Pattern,
        element: int,
        at: int,
        words: Sequence[frozenset[str]],
        n: Normalised,
        sentence: Sequence[int],
    ) -> int:
        """Where the pattern ends when its elements from `element` on follow at `at`; 0 when they do not."""
        if element == len(pattern.elements):
            return at
        wanted = pattern.elements[element]
        left = _GAP if pattern.gaps[element] else 0
        small_left = 4
        while at < len(words) and sentence[at] == sentence[at - 1]:
            if not wanted.isdisjoint(words[at]):
                end = self._match(pattern, element + 1, at + 1, words, n, sentence)
                if end:
                    return end
            word = n.tokens[at].word
            if (word in _SMALL or word in _CLITICS) and small_left:
                small_left -= 1
            elif left:
                left -= 1
            else:
                return 0
            at += 1
        return 0

    def _find_atoms(self, word: str) -> frozenset[str]:
        atoms = {word} if word in self._words else set()
        for length in self._stem_lengths:
            if length <= len(word) and word[:length] in self._stems:
                atoms.add(word[:length] + "*")
        if word in self._words or len(word) < 6 or self._is_known_word(word):
            return frozenset(atoms)
        near = self._near_words.correct(word)
        if near is not None:
            return self._atoms_of(near)
        if atoms:
            return frozenset(atoms)
        # a mistake within the stem, or behind it: in a word of eight letters, only one is forgiven
        for length in reversed(self._stem_lengths):
            if length >= _STEM_CHARS:
                for head in (word[:length], word[: length + 1], word[: length - 1]):
                    stem = self._near_stems.correct(head) if len(head) >= _STEM_CHARS else None
                    if stem is not None and len(stem) == length:
                        return frozenset({stem + "*"})
        return frozenset()


def read_lexicon(path: Path) -> dict[str, dict[str, list[str]]]:
    """Read `needs.yml` into its lines by key and section.

    Raises:
        ContentError: the file cannot be read, or names an unknown need or section.
    """
    try:
        data = YAML(typ="safe").load(path)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else None
        raise ContentError(f"ce YAML ne se lit pas : {error.problem}.", str(path), line) from error
    except (YAMLError, OSError, UnicodeDecodeError) as error:
        raise ContentError(f"ce fichier ne se lit pas : {error}.", str(path)) from error
    needs: Any = data.get("besoins") if isinstance(data, dict) else None
    if not isinstance(needs, dict):
        raise ContentError("il manque la clé « besoins ».", str(path))
    lexicon: dict[str, dict[str, list[str]]] = {}
    for key, sections in needs.items():
        if key not in KEYS:
            raise ContentError(f"besoin inconnu « {key} ». Besoins : {', '.join(KEYS)}.", str(path))
        if not isinstance(sections, dict) or any(name not in _SECTIONS for name in sections):
            raise ContentError(f"« {key} » a des listes nommées {', '.join(_SECTIONS)}.", str(path))
        lexicon[key] = {name: [str(line) for line in lines or ()] for name, lines in sections.items()}
    return lexicon


def words_of(sections: Mapping[str, Mapping[str, Sequence[str]]]) -> frozenset[str]:
    """The words that a lexicon names in full."""
    atoms = {atom for p in _patterns(sections) for element in p.elements for atom in element}
    return frozenset(atom for atom in atoms if not atom.endswith("*"))


# ------------------------------------------------------------------ within
def _patterns(sections: Mapping[str, Mapping[str, Sequence[str]]]) -> Iterator[_Pattern]:
    for key, lines_of in sections.items():
        for section, lines in lines_of.items():
            for line in lines:
                yield from _compile(key, section, line)


def _compile(key: str, section: str, line: str) -> Iterator[_Pattern]:
    """The patterns of one line: an alternative of several words makes a pattern of its own."""
    sequences: list[list[tuple[frozenset[str], bool]]] = [[]]
    gap = False
    for raw in line.split():
        if raw == "..":
            gap = True
            continue
        kept = raw.startswith("^")
        single: set[str] = set()
        several: list[list[str]] = []
        for alternative in raw.lstrip("^").split("|"):
            starred = alternative.endswith("*")
            parts = re.findall(r"[^\W_]+", plain(alternative))
            if not parts:
                continue
            parts[-1] += "*" if starred else ""
            if len(parts) == 1:
                single.add(parts[0])
            else:
                several.append([part for part in parts if part not in _SMALL and part != "n"])
        if not kept and not several and single and single <= _SMALL:
            continue
        grown: list[list[tuple[frozenset[str], bool]]] = []
        for sequence in sequences:
            if single:
                grown.append([*sequence, (frozenset(single), gap)])
            for option in several:
                tail = [(frozenset({part}), gap and i == 0) for i, part in enumerate(option)]
                grown.append(sequence + tail)
        sequences = grown
        gap = False
    for sequence in sequences:
        if sequence:
            yield _Pattern(key, section, tuple(e for e, _ in sequence), tuple(g for _, g in sequence))


def _sentences(n: Normalised) -> list[int]:
    """Number of the sentence of each token."""
    numbers: list[int] = []
    current = 0
    last = 0
    for token in n.tokens:
        if _SENTENCE_END.search(n.plain, last, token.start):
            current += 1
        numbers.append(current)
        last = token.end
    return numbers


def _longest(found: list[tuple[int, int, _Pattern]]) -> list[Mention]:
    """Drop what lies inside something longer, then what is none of the need (`rien`)."""
    found.sort(
        key=lambda item: (item[0] - item[1], item[2].section != NOT, item[2].section != STRONG, item[0])
    )
    kept: list[tuple[int, int, _Pattern]] = []
    not_so = [(start, end, pattern.key) for start, end, pattern in found if pattern.section == NOT]
    for start, end, pattern in found:
        # « je cherche à prêter un développeur »: the words between tell that it is none of this need
        if pattern.section == WEAK and any(
            start < a and b < end and key == pattern.key for a, b, key in not_so
        ):
            continue
        inside = any(
            start >= a
            and end <= b
            and (
                other.key == pattern.key
                or (other.section != NOT and b - a <= _TIGHT and other.key not in _HAVE_OBJECTS)
            )
            for a, b, other in kept
        )
        if not inside:
            kept.append((start, end, pattern))
    mentions = [
        Mention(pattern.key, start, end, pattern.section == STRONG)
        for start, end, pattern in kept
        if pattern.section != NOT
    ]
    return sorted(mentions, key=lambda mention: (mention.start, mention.end))
