"""The firm's activity, from the words of its owner to a class of NAF rév. 2.

Three voices: the code itself when it is typed, the lexicon (see `sector_lexicon`), and a small linear model for what
the lexicon does not know. What surrounds a trade decides whose it is (`sector_context`); the confidence is that of
the class being right, learnt on held-out messages (`sector_model`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.messages import Sector, SectorGuess, Span
from bot.nlu import sector_context as context
from bot.nlu import sector_lexicon, sector_mentions
from bot.nlu.sector_mentions import Mention, Reading
from bot.nlu.sector_model import SectorModel
from bot.nlu.text import Normalised, normalise

_APE = re.compile(r"\b(\d{2})[ .]?(\d{2})[ .]?([a-z])\b")
_APE_WORD = re.compile(r"\b(?:ape|naf|code|activite)\b")
_CLAIM = 0.42
_DOUBT = 0.35
"""The confidence is learnt on titles and lists of trades; in messages of owners a doubt came true a third as often."""
_SURE = 0.8
_WEAK = 0.5
"""Below it a word names a thing or a need as often as a trade."""
_GENERIC = frozenset(
    ("ferme", "exploitation agricole", "agriculteur", "elevage", "eleveur", "paysan", "grossiste", "negociant",
     "negoce", "import", "association", "centre", "artisan", "createur", "exploitant agricole")
)  # fmt: skip
"""Trades that say little when another follows."""

_TEACHES = "85.5"
"""« je voudrais une formation courte », « y a des cours d'informatique ? »: a wish, and seldom the trade."""

_IN_ANY_FIRM = frozenset(
    "secretaire comptable vendeur commercial apprenti assistant chauffeur livreur conducteur technicien ingenieur "
    "informaticien developpeur graphiste manutentionnaire agent ouvrier employe stagiaire formateur conseiller "
    "consultant expert photographe caissier magasinier cariste gardien gerant artisan associe client salarie "
    "mecanicien femme webmaster community juriste avocat notaire producteur fournisseur exploitant".split()
)
"""Trades that are found in firms of any trade."""
_AGENT_FOR = (
    ("46.2", "46.11Z"), ("46.3", "46.17B"), ("46.41", "46.16Z"), ("46.42", "46.16Z"), ("46.43", "46.15Z"),
    ("46.44", "46.15Z"), ("46.47", "46.15Z"), ("46.74", "46.15Z"), ("46.73", "46.13Z"), ("46.5", "46.14Z"),
    ("46.6", "46.14Z"), ("45.", "46.14Z"), ("46.71", "46.12B"), ("46.72", "46.12B"), ("46.75", "46.12B"),
    ("46.14", "46.14Z"), ("46.45", "46.18Z"), ("46.46", "46.18Z"), ("46.49", "46.18Z"), ("46.76", "46.18Z"),
)  # fmt: skip
"""The agents of the goods that a class deals in."""

_DETERMINERS = frozenset("les des mes nos vos ces une un ma mon la le petites petits grandes grands".split())
_PERSONS = tuple("eur ier iste ien logue peute anger oucher opathe ecin acon kine graphe xpert".split())
_FOOD_DIVISIONS = ("47.1", "47.2", "10.", "01.", "56.")
_TEXTILE = ("47.51", "47.71", "47.72", "14.", "13.", "15.")


@dataclass(frozen=True, slots=True)
class Features:
    """What the confidence is learnt from; also shown by the evaluation."""

    strength: float
    top: float
    owner: float
    agrees: float
    model_top: float
    none: float
    words: float
    corrected: float

    def claims(self) -> bool:
        """Whether a trade is surely said, even if which one is not sure."""
        if self.words and self.none < 0.02 and self.top >= 0.35 and 0.2 < self.strength < 0.4:
            return True
        return self.strength >= 0.9 and (self.none < 0.97 or self.owner > 0)

    def doubtful(self) -> bool:
        """A thing rather than a trade, in a text that does not present a firm."""
        if (
            self.words
            and self.strength < 0.5
            and not self.owner
            and (self.none > 0.02 or self.strength >= 0.4)
        ):
            return True
        return self.strength < 0.7 and not self.owner and self.none > 0.5

    def vector(self) -> tuple[float, ...]:
        """The features in the order of the learnt weights."""
        sure = self.strength >= 0.8
        return (
            self.strength, self.top, self.owner, self.agrees, self.model_top, self.none * sure,
            self.none * (not sure), self.words, self.corrected,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Judged:
    """A reading before its confidence: classes best first, where it stands, the second trade."""

    ranked: tuple[tuple[str, float], ...]
    first: int
    last: int
    other: str | None
    features: Features


class SectorReader:
    """Reads the activity of a firm in a message."""

    def __init__(
        self,
        lexicon: sector_lexicon.Lexicon,
        naf: dict[str, tuple[str, int, str]],
        model: SectorModel,
        *,
        uses_lexicon: bool = True,
    ):
        self._uses_lexicon = uses_lexicon
        self._lexicon = lexicon
        self._naf = naf
        self._model = model
        self._gross = {
            product.columns["retail"]: product.columns["gros"]
            for product in reversed(lexicon.products)
            if {"retail", "gros"} <= product.columns.keys() and product.columns["gros"].startswith("46.")
        }
        self._gross["47.24Z"] = "46.36Z"

    @classmethod
    def load(cls, folder: Path, without: Collection[str] = ()) -> SectorReader:
        """Load the files of `nlu_data/sectors`; `without` leaves out « lexicon » or « model », to measure its share.

        Raises:
            ContentError: a line of the lexicon cannot be read.
        """
        folder = folder if (folder / "naf_rev2.tsv").is_file() else folder / "sectors"
        naf = {}
        for line in (folder / "naf_rev2.tsv").read_text(encoding="utf-8").splitlines():
            if line and not line.startswith("#"):
                code, section, firms, label = line.split("\t")
                naf[code] = (section, int(firms), label)
        trained = folder / ("no model" if "model" in without else "model.npz")
        return cls(
            sector_lexicon.load(folder),
            naf,
            SectorModel.load(trained, sorted(naf)),
            uses_lexicon="lexicon" not in without,
        )

    def read(self, text: Normalised | str, *, taken: Sequence[Span] = ()) -> Sector | None:
        """The firm's sector, or None when the message says none.

        `taken` are spans of the original text that say something else (a place, a headcount).
        """
        normalised = normalise(text) if isinstance(text, str) else text
        typed = self._typed_code(normalised)
        if typed is not None:
            return typed
        reading = sector_mentions.correct(normalised, self._lexicon)
        judged = self.judge(normalised, taken, reading)
        if judged is None or judged.features.strength < _SURE:
            judged = self._staff(reading) or judged
        if judged is not None:
            confidence = self._model.confidence(judged.features.vector())
            if not judged.features.doubtful() and (confidence >= _CLAIM or judged.features.claims()):
                return self._sector(normalised, reading, judged, 1 - _DOUBT * (1 - confidence))
        return None

    def judge(
        self, normalised: Normalised, taken: Sequence[Span] = (), reading: Reading | None = None
    ) -> Judged | None:
        """The likeliest reading before its confidence; None when nothing in the text may be a trade."""
        reading = reading or sector_mentions.correct(normalised, self._lexicon)
        if not reading.words:
            return None
        mentions = sector_mentions.find(reading, self._lexicon) if self._uses_lexicon else []
        scopes = context.excluded(reading.text)
        served = context.served(reading.text)
        kept = [
            mention
            for mention in mentions
            if not _inside(reading, mention, scopes)
            and (mention.entry.product is not None or not _inside(reading, mention, served))
            and not context.is_proper_name(reading.text, reading.words[mention.first].at)
            and not self._is_no_trade(reading, mention)
            and not (
                _is_person(reading, mention)
                and context.is_theirs(reading.text, reading.words[mention.first].at)
            )
            and not context.is_place(
                reading.text, reading.words[mention.first].at, reading.words[mention.first].text
            )
            and not _taken(normalised, reading, mention, taken)
        ]
        want = context.wants(reading.text)
        scored = [(self._score(reading, mention, want), mention) for mention in kept]
        probabilities, none = self._model.read(_content(reading, scopes))
        if not scored:
            return self._from_model(reading, probabilities, none, bool(mentions))
        chosen, score = _main(reading, scored)
        other = _second(scored, chosen)
        classes = self._for_others(reading, kept) or self._in_context(reading, chosen, dict(chosen.classes))
        ranked = self._combine(classes, probabilities, chosen.strength)
        top = ranked[0][1]
        features = Features(
            strength=score,
            top=top,
            owner=float(self._owner(reading, chosen)),
            agrees=probabilities.get(ranked[0][0], 0.0),
            model_top=max(probabilities.values(), default=0.0),
            none=none,
            words=min(chosen.words, 3) / 3,
            corrected=float(any(word.corrected for word in reading.words[chosen.first : chosen.last])),
        )
        return Judged(ranked, chosen.first, chosen.last, other, features)

    def _is_no_trade(self, reading: Reading, mention: Mention) -> bool:
        """Whom the firm serves (« un logiciel pour pharmacies »), nouns that look like verbs (« les démarches »)."""
        if not mention.first:
            return False
        at = reading.words[mention.first].at
        before = reading.words[mention.first - 1].text
        if mention.entry.verb and mention.words == 1:
            further = reading.words[mention.first - 2].text if mention.first > 1 else ""
            return before in _DETERMINERS and further not in ("je", "on", "nous", "qui", "j")
        if before == "pour" and not mention.entry.thing and mention.entry.product is None:
            want = context.wants(reading.text)
            return (want is None or want > at) and not context.asks_use(reading.text)
        return False

    def _staff(self, reading: Reading) -> Judged | None:
        """The trade of those who work there, where the text names no other: « nous sommes 3 coiffeuses ».

        Not that of who works in any firm, a secretary or a salesman.
        """
        mentions = sector_mentions.find(reading, self._lexicon) if self._uses_lexicon else []
        for mention in mentions:
            before = reading.words[mention.first - 1].text if mention.first else ""
            word = reading.words[mention.first]
            if (
                context.is_number(before)
                and word.keys[0] not in _IN_ANY_FIRM
                and (mention.strength >= 0.8 or context.counts_himself(reading.text, word.at))
                and mention.entry.product is None
                and not context.is_lent(reading.text, word.at)
            ):
                probabilities, none = self._model.read(_content(reading, []))
                ranked = self._combine(dict(mention.classes), probabilities, mention.strength)
                features = Features(
                    max(mention.strength, _SURE), ranked[0][1], 1.0, probabilities.get(ranked[0][0], 0.0),
                    max(probabilities.values(), default=0.0), none, min(mention.words, 3) / 3, float(word.corrected),
                )  # fmt: skip
                return Judged(ranked, mention.first, mention.last, None, features)
        return None

    def _score(self, reading: Reading, mention: Mention, want: int | None) -> float:
        """How surely a mention is the author's trade, between 0 and about 1.3."""
        word = reading.words[mention.first]
        score = mention.strength
        owner = self._owner(reading, mention)
        signs = mention.first > 0 and _opens_clause(reading, mention)  # « …, fleuriste à Metz »
        opens = mention.first == 0 or signs
        if mention.strength < 0.8:
            if owner or opens:
                score += 0.35 if owner or mention.strength > 0.4 else 0.2
            if len(reading.words) <= 4 and mention.first == 0 and mention.strength > 0.4:
                score += 0.15
            if want is not None and want < word.at and not owner and not signs:
                score -= 0.3
        elif owner:
            score += 0.15
        if mention.entry.verb and not owner:
            score = score - 0.3 if mention.words > 1 else 0.2
        if want is not None and want < word.at and not signs:
            is_wish = mention.frame in ("retail", "make", "install", "repair") or mention.entry.verb
            is_wish = is_wish or (mention.classes[0][0].startswith(_TEACHES) and not owner)
            score -= 0.35 if is_wish else 0.05
        return score

    def _owner(self, reading: Reading, mention: Mention) -> bool:
        """Whether the author says it of himself, before the mention or with its own verb."""
        at = reading.words[mention.first].at
        said = reading.words[mention.first : mention.last]
        if mention.frame == "own" or (
            mention.frame and any(word.text in ("mon", "ma", "mes", "notre", "nos") for word in said)
        ):
            return True  # « vendre mes confitures »
        before = reading.words[mention.first - 1].text if mention.first else ""
        if before == "pour" and context.asks_use(reading.text):
            return True  # « à quoi ça sert pour élaguer ? »
        if context.owner_before(reading.text, at + 1):
            return True
        if mention.strength > 0.5 and context.is_his(reading.text, at):
            return True
        return (mention.entry.verb or bool(mention.frame)) and context.does_it(reading.text, at)

    def _in_context(self, reading: Reading, mention: Mention, classes: dict[str, float]) -> dict[str, float]:
        """Rules of the guideline: take-away, markets, the net only, second hand."""
        text = reading.text
        best = max(classes, key=lambda code: classes[code])
        if best == "56.10A" and context.takes_away(text):
            return {"56.10C": 0.8, "56.10A": 0.2}
        sold = best.startswith(("47.", "46.")) or mention.frame == "retail"
        made = best.startswith(("10.", "13.", "14.", "15.", "16.", "20.4", "23.", "32."))
        if context.in_gross(text) and best.startswith("47.") and self._gross_of(mention):
            return {self._gross_of(mention): 0.75, best: 0.25}
        shop = mention.words == 1 and mention.strength >= 0.9 and not mention.frame
        if context.sells_online_only(text, context.wants(text), is_shop=shop) and (
            sold or (made and mention.frame == "retail")
        ):
            if best.startswith("47.91"):
                return (
                    classes
                    if len(reading.words) < 3
                    else {**classes, "47.91B": classes.get("47.91B", 0) + 0.3}
                )
            return {"47.91B": 0.6, "47.91A": 0.25, best: 0.15}
        if context.sells_on_markets(text) and sold and not best.startswith(("47.8", "47.91")):
            market = self._market(best, mention)
            return {market: 0.75, best: 0.15, **({"47.81Z": 0.1} if market != "47.81Z" else {"47.89Z": 0.1})}
        if context.second_hand(text) and best.startswith("47.") and best != "47.79Z":
            return {"47.79Z": 0.75, best: 0.25}
        return classes

    def _for_others(self, reading: Reading, mentions: list[Mention]) -> dict[str, float] | None:
        """Who sells in others' names is told apart by the goods: « agent commercial en meubles », « VRP, bijoux »."""
        if not context.is_agent(reading.text):
            return None
        for mention in mentions:
            code = mention.classes[0][0]
            if code.startswith("46.1") and code != "46.19B":
                return None
        for mention in mentions:
            goods = self._gross_of(mention)
            kind = (
                next((agent for start, agent in _AGENT_FOR if goods.startswith(start)), None)
                if goods
                else None
            )
            if kind is not None:
                return {kind: 0.7, "46.19B": 0.2, goods: 0.1}
        return None

    def _gross_of(self, mention: Mention) -> str:
        """The class of dealers in gross of the goods that a mention names, or nothing."""
        if mention.entry.product is not None:
            return self._lexicon.products[mention.entry.product].columns.get("gros", "")
        code = mention.classes[0][0]
        return code if code.startswith("46.") else self._gross.get(code, "")

    def _market(self, code: str, mention: Mention) -> str:
        kind = (
            self._lexicon.products[mention.entry.product].market if mention.entry.product is not None else ""
        )
        if kind == "food" or code.startswith(_FOOD_DIVISIONS):
            return "47.81Z"
        return "47.82Z" if kind == "textile" or code.startswith(_TEXTILE) else "47.89Z"

    def _combine(
        self, classes: dict[str, float], probabilities: dict[str, float], strength: float
    ) -> tuple[tuple[str, float], ...]:
        """The lexicon's classes and the model's, the lexicon leading by its strength."""
        share = 0.9 if strength >= 0.8 else 0.7
        total = sum(weight * self._prior(code) for code, weight in classes.items())
        mixed = {code: share * weight * self._prior(code) / total for code, weight in classes.items()}
        for code, probability in sorted(probabilities.items(), key=lambda item: -item[1])[:6]:
            mixed[code] = mixed.get(code, 0.0) + (1 - share) * probability
        return tuple(sorted(mixed.items(), key=lambda item: -item[1]))

    def _prior(self, code: str) -> float:
        """A mild preference for common classes; farming is not counted in the source."""
        return math.pow((self._naf[code][1] or 3000) + 100, 0.12)

    def _from_model(
        self, reading: Reading, probabilities: dict[str, float], none: float, had_excluded: bool
    ) -> Judged | None:
        if not probabilities or had_excluded:
            return None
        ranked = tuple(sorted(probabilities.items(), key=lambda item: -item[1])[:6])
        owner = context.owner_before(reading.text, len(reading.text))
        features = Features(0.0, 0.0, float(owner), ranked[0][1], ranked[0][1], none, 0.0, 0.0)
        return Judged(ranked, 0, len(reading.words), None, features)

    def _typed_code(self, normalised: Normalised) -> Sector | None:
        for match in _APE.finditer(normalised.plain):
            naf = f"{match[1]}.{match[2]}{match[3].upper()}"
            if naf in self._naf:
                section, _firms, label = self._naf[naf]
                sure = bool(_APE_WORD.search(normalised.plain)) or "." in match[0] or " " not in match[0]
                confidence = 0.98 if sure else 0.85
                return Sector(naf, label, confidence, normalised.span(*match.span()), section)
        return None

    def _sector(self, normalised: Normalised, reading: Reading, judged: Judged, confidence: float) -> Sector:
        naf, _top = judged.ranked[0]
        section, _firms, label = self._naf[naf]
        span = normalised.span(reading.words[judged.first].start, reading.words[judged.last - 1].end)
        ranked = judged.ranked[1:4]
        rest = [pair for place, pair in enumerate(ranked) if place < 2 or pair[1] > 0.005]
        scale = (1 - confidence) / max(sum(weight for _code, weight in rest), 1e-9)
        alternatives = tuple(
            SectorGuess(code, self._naf[code][2], round(min(confidence, weight * scale), 3))
            for code, weight in rest
        )
        other = None
        if judged.other is not None and judged.other != naf:
            other = SectorGuess(judged.other, self._naf[judged.other][2], round(confidence * 0.8, 3))
        return Sector(naf, label, round(confidence, 3), span, section, alternatives, other)


def _inside(reading: Reading, mention: Mention, scopes: list[tuple[int, int]]) -> bool:
    first, last = reading.words[mention.first], reading.words[mention.last - 1]
    middle = (first.at + last.at + len(last.text)) / 2
    return any(start <= middle < end for start, end in scopes)


def _is_person(reading: Reading, mention: Mention) -> bool:
    """Whether a mention names who does a trade, and not his shop or his work."""
    return mention.words == 1 and reading.words[mention.first].keys[0].endswith(_PERSONS)


def _opens_clause(reading: Reading, mention: Mention) -> bool:
    """Whether the mention stands alone, or with its place, behind a comma: « …, transport à Bressuire »."""
    words = reading.words
    if words[mention.first - 1].text not in (",", "."):
        return False
    return mention.last == len(words) or words[mention.last].text in (
        ",",
        ".",
        "a",
        "au",
        "en",
        "sur",
        "dans",
        "pres",
    )


def _taken(normalised: Normalised, reading: Reading, mention: Mention, taken: Sequence[Span]) -> bool:
    if not taken:
        return False
    start, end = normalised.span(reading.words[mention.first].start, reading.words[mention.last - 1].end)
    return any(begin <= start and end <= stop for begin, stop in taken)


def _main(reading: Reading, scored: list[tuple[float, Mention]]) -> tuple[Mention, float]:
    """The first trade named that is sure enough, unless "surtout" stands before another."""
    highest = max(score for score, _mention in scored)
    enough = [
        (score, mention)
        for score, mention in scored
        if score >= min(0.75, highest) and score >= highest - 0.45
    ]
    mark = context.main_mark(reading.text)
    if mark is not None:
        after = [(score, mention) for score, mention in enough if reading.words[mention.first].at > mark]
        if after:
            enough = after
    score, mention = enough[0]
    # A vaguer trade gives way to a surer one that follows closely ("entreprise, atelier ... on usine").
    said = " ".join(word.keys[0] for word in reading.words[mention.first : mention.last])
    if said in _GENERIC:
        for later_score, later in scored:
            if later.first > mention.first and later_score >= 0.6 and later.first - mention.last <= 8:
                return later, max(score, later_score)
    for later_score, later in enough[1:]:
        if (
            mention.strength < _WEAK and later.strength >= 0.9
        ):  # « c'est les photos […] institut et onglerie »
            return later, later_score
        if later_score > score + 0.3 or (later.words > mention.words and mention.strength < 0.8):
            return later, later_score
    return mention, score


def _second(scored: list[tuple[float, Mention]], chosen: Mention) -> str | None:
    division = chosen.classes[0][0][:4]
    for score, mention in scored:
        if mention is not chosen and score >= 0.8 and mention.classes[0][0][:4] != division:
            return mention.classes[0][0]
    return None


def _content(reading: Reading, scopes: list[tuple[int, int]]) -> list[str]:
    """The words that the model reads: not punctuation, not what is said of somebody else."""
    return [
        word.keys[0]
        for word in reading.words
        if len(word.text) > 1 and not any(start <= word.at < end for start, end in scopes)
    ]
