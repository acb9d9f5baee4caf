"""The words of an answer: known expressions, groups of equivalent words, and what a negation reaches.

All expressions stand in `nlu_data/answers.yml`. They and the owner's words are led to roots (no plural, no verb
ending, « ne » left out, quick spellings written out, one typing mistake forgiven), so that « chais pas » and
« je ne sais pas » are one. Used by the readers of yes/no answers and of choices.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from bot.errors import ContentError
from bot.nlu.near_words import NearWords
from bot.nlu.sector_words import stem
from bot.nlu.text import Normalised, normalise, plain

GESTURES = ("dont_know", "dont_know_weak", "skip", "back", "explain_why", "digression")
POLARITIES = ("yes", "no", "not_yet", "exists")
IDIOM = "idiom"
"""Set phrases whose words mean nothing by themselves: the « tout » of « c'est tout »."""

STOP_WORDS = frozenset(
    "le la les l un une des du de d a au aux en et ou y ce c ca cela ces cet cette se s me m te t je j tu "
    "il elle on "
    "nous vous ils elles mon ma mes notre nos votre vos son sa ses leur leurs qui que qu quoi dont est ai "
    "as avons "
    "avez ont etre suis sommes etes sont fait fais faire va vais par pour avec dans sur chez sous si mais "
    "donc or "
    "car tres plus moins tout bien aussi alors euh ben bah eh ah oh hein voila quand comme meme deja encore "
    "la bon "
    "quelque chose toutes toute tous peu assez juste seulement surtout plutot plupart trop vraiment etait "
    "avais avait peut peux veux "
    "faut dit disons dirais crois pense enfin ici lui eux moi toi soi autre autres moyen vois voir voit cas "
    "tant apres puis pas "
    "jamais rien aucun aucune ni non oui sans".split()
)
_NEGATION = frozenset("pas jamais rien aucun aucune ni sans plus".split())
_NOT_NEGATED_BY = re.compile(
    r"\bpas (?:mal|seulement|que|uniquement|juste|de souci|de probleme)\b|\bpourquoi pas\b"
)
_BREAK = re.compile(r"[,;:.!?\n]|\bmais\b|\bsauf\b|\bpar contre\b|\bpuis\b|\bdonc\b")
_INTENSIFIERS = frozenset(
    "vraiment fichtre strictement absolument franchement plutot donc trop honnetement sincerement bien "
    "juste meme surtout "
    "toujours tellement du tout encore".split()
)
_ENDINGS = (
    "erions", "eraient", "erait", "erais", "aient", "ions", "ement", "ees", "ons", "ent", "ait", "ais",
    "ant", "er", "ez", "ee", "es", "e",
)  # fmt: skip
_EMOJI = {
    "👍": " oui ",
    "✅": " oui ",
    "👌": " oui ",
    "🙂": " ",
    "👎": " non ",
    "❌": " non ",
    "🤷": " je sais pas ",
}


@lru_cache(maxsize=20_000)
def root(word: str) -> str:
    """What is compared of a word: the same for its plural, feminine and the usual forms of a verb."""
    if len(word) < 5 or word.isdigit():
        return stem(word) if len(word) > 3 else word
    short = stem(word)
    for ending in _ENDINGS:
        if short.endswith(ending) and len(short) - len(ending) >= 4:
            return short[: -len(ending)]
    return short


@dataclass(frozen=True, slots=True)
class Word:
    """A word as compared, and the plain characters [start, end) that it comes from."""

    word: str
    root: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Match:
    """An expression of `section` (and `key` in it) found in words [first, last)."""

    section: str
    key: str
    first: int
    last: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of one text, what was found in them, and the words that a negation reaches."""

    n: Normalised
    words: tuple[Word, ...]
    matches: tuple[Match, ...]
    negated: frozenset[int]
    covered: frozenset[int]

    def of(self, section: str) -> list[Match]:
        """The expressions found of one section, in order."""
        return [match for match in self.matches if match.section == section]

    def has(self, section: str) -> bool:
        """Whether an expression of this section was found."""
        return any(match.section == section for match in self.matches)

    def is_negated(self, match: Match) -> bool:
        """Whether a negation outside the expression reaches it."""
        if any(self.words[i].word in _NEGATION for i in range(match.first, match.last)):
            return False
        return any(i in self.negated for i in range(match.first, match.last))


@dataclass(frozen=True, slots=True)
class _Phrase:
    roots: tuple[str, ...]
    words: tuple[str, ...]
    section: str
    key: str
    level: int = 0


@dataclass(slots=True)
class AnswerLexicon:
    """The expressions of `answers.yml`. `load` it once; reading keeps nothing."""

    wider: dict[str, frozenset[str]]
    _sms: dict[str, tuple[str, ...]]
    _by_first: dict[str, list[_Phrase]] = field(default_factory=dict)
    _near: NearWords = field(default_factory=lambda: NearWords(()))

    @classmethod
    def load(cls, path: Path) -> AnswerLexicon:
        """Read `answers.yml`.

        Raises:
            ContentError: the file cannot be read or lacks a section.
        """
        data = _read(path)
        wider = {str(k): frozenset(_listed(v)) for k, v in data["wider"].items()}
        lexicon = cls(wider, {str(k): tuple(plain(str(v)).split()) for k, v in data["sms"].items()})
        words: set[str] = set()
        for section in (*GESTURES, *POLARITIES, IDIOM):
            for line in data[section]:
                for expression in _listed(line):
                    lexicon._add(section, section, expression, words)
        for key, lines in data["groups"].items():
            for expression in _listed(lines):
                lexicon._add("group", str(key), expression, words)
        for scale, levels in data["scales"].items():
            for level, lines in levels.items():
                for expression in _listed(lines):
                    lexicon._add("scale", str(scale), expression, words, int(level))
        for number, pair in enumerate(data["substitutes"]):
            for section in ("asked", "instead"):
                for expression in _listed(pair[section]):
                    lexicon._add(section, str(number), expression, words)
        for phrases in lexicon._by_first.values():
            phrases.sort(key=lambda phrase: -len(phrase.roots))
        lexicon._near = NearWords(words, not_typos=_RIGHT_WORDS, shortest=5)
        return lexicon

    def read(self, n: Normalised, vocabulary: NearWords | None = None) -> Reading:
        """Find the expressions of a text; `vocabulary` holds the words of the choices, whose typos count "
        "too."""
        words = self._words(n, vocabulary)
        matches = self._matches(words)
        negated = _negated(n, words)
        covered = frozenset(i for match in matches for i in range(match.first, match.last))
        return Reading(n, tuple(words), tuple(matches), negated, covered)

    # -------------------------------------------------------------- within
    def _add(self, section: str, key: str, line: str, vocabulary: set[str], level: int = 0) -> None:
        words = self._words(normalise(line), None)
        if not words:
            return
        vocabulary.update(word.word for word in words if len(word.word) >= 5)
        phrase = _Phrase(tuple(w.root for w in words), tuple(w.word for w in words), section, key, level)
        same_start = self._by_first.setdefault(phrase.roots[0], [])
        if phrase not in same_start:
            same_start.append(phrase)

    def _words(self, n: Normalised, vocabulary: NearWords | None) -> list[Word]:
        found: list[Word] = []
        for token in n.tokens:
            if token.word in ("ne", "n"):
                continue
            for word in self._sms.get(token.word, (token.word,)):
                right = word
                if len(word) >= 5 and not word.isdigit() and word not in self._near:
                    in_choices = vocabulary.correct(word) if vocabulary is not None else None
                    right = in_choices or self._near.correct(word) or word
                found.append(Word(right, root(right), token.start, token.end))
        for emoji, meaning in _EMOJI.items():
            if emoji in n.text:
                found += [Word(w, root(w), len(n.plain), len(n.plain)) for w in meaning.split()]
        return found

    def _matches(self, words: list[Word]) -> list[Match]:
        found: list[Match] = []
        for i, word in enumerate(words):
            for phrase in self._by_first.get(word.root, ()):
                end = _end_of(phrase, words, i)
                if end:
                    found.append(Match(phrase.section, phrase.key, i, end, phrase.level))
        idioms = [m for m in found if m.section == IDIOM]
        return [
            m
            for m in found
            if not any(_hides(longer, m) for longer in found)
            and not any(m is not i and i.first <= m.first and m.last <= i.last for i in idioms)
        ]


def _end_of(phrase: _Phrase, words: list[Word], start: int) -> int:
    """Where an expression that begins at a word ends, or 0; « je sais vraiment pas » is « je sais pas » "
    "too."""
    exact = phrase.section in GESTURES  # « ils passent » does not skip: gestures are words as they stand
    expected = phrase.words if exact else phrase.roots
    loose = exact or phrase.section in POLARITIES
    at = start
    for k, wanted in enumerate(expected):
        if (
            k
            and loose
            and at + 1 < len(words)
            and words[at].word in _INTENSIFIERS
            and words[at].word != phrase.words[k]
        ):
            at += 1
        if at >= len(words) or (words[at].word if exact else words[at].root) != wanted:
            return 0
        at += 1
    return at


def _hides(longer: Match, short: Match) -> bool:
    """A longer expression takes the words of a shorter one of the same kind inside it (« pas à jour », « à "
    "jour »)."""
    if longer.last - longer.first <= short.last - short.first:
        return False
    if not (longer.first <= short.first and short.last <= longer.last):
        return False
    if longer.section == short.section:
        return short.section not in ("scale", "asked", "instead") or longer.key == short.key
    return longer.section in POLARITIES and short.section in POLARITIES


def _negated(n: Normalised, words: list[Word]) -> frozenset[int]:
    """The words that « pas », « sans », « aucun »… reach: those after up to a break, or the verb before."""
    kept = {m.start() for m in _NOT_NEGATED_BY.finditer(n.plain)}
    breaks = [m.start() for m in _BREAK.finditer(n.plain)]
    reached: set[int] = set()
    for i, word in enumerate(words):
        if word.word not in _NEGATION or any(start <= word.start <= start + 12 for start in kept):
            continue
        if word.word == "plus" and not _is_no_more(words, i):
            continue
        end = next((b for b in breaks if b > word.start), len(n.plain) + 1)
        after = [k for k in range(i + 1, min(i + 5, len(words))) if words[k].start < end]
        content = [k for k in after if words[k].word not in STOP_WORDS]
        reached.update(content[:3])
        following = words[i + 1].word if i + 1 in after else ""
        if word.word in ("pas", "jamais", "plus", "rien") and following not in ("de", "d", "un", "une"):
            start = max((b for b in breaks if b < word.start), default=-1)
            before = [k for k in range(max(0, i - 2), i) if words[k].start > start]
            reached.update(k for k in before if words[k].word not in STOP_WORDS)
    return frozenset(reached)


def _is_no_more(words: list[Word], i: int) -> bool:
    before = words[i - 1].word if i else ""
    return before in (
        "mais",
        "ai",
        "a",
        "avons",
        "ont",
        "est",
        "veux",
        "fait",
        "fais",
        "faisons",
        "utilise",
        "marche",
    )


_RIGHT_WORDS = frozenset(
    "comte conte autre autres notre votre reste vieux mieux lieux jours cours toute route doute goutte heure "
    "coupe temps tempe lundi mardi peine veine pleine mois moins moine porte forte sorte carte tarte quarte "
    "client clients chaine livre libre vitre titre".split()
)


def _listed(line: object) -> list[str]:
    """The expressions of a line, which commas separate."""
    return [piece.strip() for piece in str(line).split(",") if piece.strip()]


def _read(path: Path) -> Mapping[str, Any]:
    try:
        data = YAML(typ="safe").load(path)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else None
        raise ContentError(f"ce YAML ne se lit pas : {error.problem}.", str(path), line) from error
    except (YAMLError, OSError, UnicodeDecodeError) as error:
        raise ContentError(f"ce fichier ne se lit pas : {error}.", str(path)) from error
    wanted: Iterable[str] = (*GESTURES, *POLARITIES, IDIOM, "substitutes", "groups", "scales", "sms", "wider")
    if not isinstance(data, dict):
        raise ContentError("ce fichier est vide ou n'a pas de sections.", str(path))
    missing = [name for name in wanted if not data.get(name)]
    if missing:
        raise ContentError(f"il manque : {', '.join(missing)}.", str(path))
    return data
