"""Finds in a text the expressions of the sector lexicon, and products with what is done with them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from bot.nlu.sector_lexicon import FILLERS, FRAME_NOUNS, STOPS, Entry, Lexicon
from bot.nlu.sector_words import stem
from bot.nlu.text import Normalised

_SMS = {"chais": "sais", "jsuis": "suis", "chui": "suis", "chuis": "suis", "jfais": "fais", "jvends": "vends",
        "jvend": "vends",
        "jrepare": "repare", "jtiens": "tiens", "jai": "ai", "jloue": "loue", "jfabrique": "fabrique",
        "jpose": "pose", "jcoiffe": "coiffe", "bat": "batiment", "bati": "batiment", "entrep": "entreprise",
        "otel": "hotel", "resto": "restaurant", "restau": "restaurant", "koiffeur": "coiffeur",
        "telfon": "telephone", "tel": "telephone", "tels": "telephone", "portabl": "portable", "pti": "petit",
        "resau": "reseau", "bouf": "repas", "velos": "velo", "vete": "vetement", "asso": "association",
        "ptite": "petite", "zik": "musique", "moto": "moto", "agence": "agence", "tps": "temps",
        "magaz": "magasin", "mag": "magasin", "coif": "coiffure", "plomberi": "plomberie"}  # fmt: skip
_LIGHT_VERBS = frozenset(("faire+", "donner+", "tenir+", "organiser+", "proposer+"))
_MAX_GAP = 4
_FRAME_REACH = 7
_FRAME_BEHIND = 12
_OWN_GOODS = 0.75
_CRAFTS = ("01.", "03.", "10.", "11.", "14.", "15.", "20.4", "23.13", "23.41", "25.71", "31.", "32.")
"""What owners call « mes … » when they make it."""
_GROSS = frozenset(("gros", "grossiste", "grossistes"))
_SHOPS = frozenset(("boutique", "magasin", "detail"))
_WORKS = frozenset(
    "usine manufacture ouvriers ouvrieres operateurs operatrices monteurs monteuses soudeurs mouleurs".split()
)
_HAND_MADE = frozenset(("main", "maison", "mains"))
_SUBJECTS = frozenset("on je nous les le la".split())
_WISHES = frozenset(
    "veux voudrais voudrait voulons veut aimerais aimerait souhaite souhaitons besoin cherche cherchons faudrait faut "
    "comment logiciel site mais".split()
)
"""Behind these words is wished, and not done."""
_PARTITIVES = frozenset("des du de d".split())
_AFTER_CLAUSE = frozenset(", . a au aux en pour sur avec sans dans et ou je on nous livre".split())
_BUYERS = frozenset(
    "pros pro professionnels professionnel restos resto restaurants restaurant restaurateurs boulangers boulangeries "
    "patissiers macons peintres plombiers electriciens garages garagistes revendeurs commercants commerces magasins "
    "entreprises usines bars cafes bistrots dentistes coiffeurs coiffeuses artisans industriels industrie "
    "collectivites cantines hotels bureaux cremiers chr carreleurs menuisiers fleuristes pharmacies agriculteurs "
    "eleveurs detaillants grossistes epiceries bouchers traiteurs couturieres ateliers cavistes opticiens".split()
)
"""« tuyaux pour plombiers »: who buys them deals in them, and so does the author."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the text with its spelling corrected; `at` is its place in the joined corrected text."""

    text: str
    start: int
    end: int
    at: int
    keys: tuple[str, ...]
    corrected: bool
    others: tuple[str, ...] = ()
    """Keys of what else a misspelled word may be; they count in an expression of several words only."""


@dataclass(frozen=True, slots=True)
class Mention:
    """An expression found: words [first, last), the classes that it may mean, and how sure it is alone."""

    first: int
    last: int
    entry: Entry
    classes: tuple[tuple[str, float], ...]
    strength: float
    frame: str = ""
    words: int = 1
    light: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """The corrected text as words, and joined with `,` and `.` for punctuation."""

    words: tuple[Word, ...]
    text: str


_HARD = re.compile(r"[.!?;\n]")
_SOFT = re.compile(r"[,:()/|+–-]")


def correct(normalised: Normalised, lexicon: Lexicon) -> Reading:
    """The words of a text as the lexicon knows them."""
    words: list[Word] = []
    pieces: list[str] = []
    at = 0
    last_end = 0
    for token in normalised.tokens:
        between = normalised.plain[last_end : token.start]
        mark = (
            "." if _HARD.search(between) else "," if words and _SOFT.search(between.replace("-", "")) else ""
        )
        if mark:
            words.append(Word(mark, last_end, token.start, at, (mark,), False))
            pieces.append(mark)
            at += 2
        word = token.word
        fixed = _SMS.get(word, word)
        known = word in lexicon.spelling or word in lexicon.verbs or stem(word) in lexicon.spelling
        if fixed == word and not known:
            fixed = lexicon.spelling.correct(word) or _without_pronoun(word, lexicon)
        if word[0] == "j" and fixed == word[1:] and fixed in lexicon.verbs:
            # « jcoule »: « je coule »
            words.append(Word("je", token.start, token.start + 1, at, ("je",), False))
            pieces.append("je")
            at += 3
        # « en fait », « au fait » do nothing
        in_fact = word == "fait" and bool(words) and words[-1].text in ("en", "au")
        keys = (word,) if in_fact else lexicon.keys(fixed)
        corrected = fixed != word and word not in _SMS
        others = lexicon.other_keys(word) if corrected else ()
        words.append(Word(fixed, token.start, token.end, at, keys, corrected, others))
        pieces.append(fixed)
        at += len(fixed) + 1
        last_end = token.end
    return Reading(tuple(words), " ".join(pieces))


def _without_pronoun(word: str, lexicon: Lexicon) -> str:
    """ "jrepare" and "lboulanger" without their elided word."""
    if len(word) > 4 and word[0] in "jld" and (word[1:] in lexicon.verbs or word[1:] in lexicon.spelling):
        return word[1:]
    return word


def find(reading: Reading, lexicon: Lexicon) -> list[Mention]:
    """The expressions of a text, in order; none overlaps another, the longest win."""
    words = reading.words
    frames = [next((lexicon.frames[key] for key in word.keys if key in lexicon.frames), "") for word in words]
    for position, word in enumerate(words):
        # « on sort des jumelles », but « on s'en sort »
        if "sortir+" in word.keys and _text(words, position + 1) not in _PARTITIVES:
            frames[position] = ""
    behind = _said_behind(words, frames)
    found: list[Mention] = []
    for first in range(len(words)):
        best = _longest(words, first, lexicon, frames[first], behind[first])
        if best is not None:
            last, entry, count = best
            found.append(_mention(words, frames, behind, first, last, entry, count, lexicon))
    found = [mention for mention in found if mention.classes]
    found.sort(key=lambda m: (m.light - m.words, -m.strength, m.first))
    kept: list[Mention] = []
    taken = bytearray(len(words))
    for mention in found:
        if not any(taken[mention.first : mention.last]):
            taken[mention.first : mention.last] = b"\1" * (mention.last - mention.first)
            kept.append(mention)
    kept.sort(key=lambda m: m.first)
    return kept


def _text(words: tuple[Word, ...], position: int) -> str:
    return words[position].text if 0 <= position < len(words) else "."


def _said_behind(words: tuple[Word, ...], frames: list[str]) -> list[str]:
    """For each word, what a word behind it in its sentence says is done with the goods before that word.

    « jouets en bois, fabricant », « pelles à louer », « vélos, je les répare », « verres pour restos ».
    """
    behind = [""] * len(words)
    for position in range(1, len(words)):
        frame = _frame_said_last(words, frames, position)
        if not frame:
            continue
        goods = range(position - 1, max(-1, position - 1 - _FRAME_REACH), -1)
        stop = next((at for at in goods if words[at].text == "." or frames[at]), -1)
        if words[position].text in _BUYERS and stop >= 0 and frames[stop] not in ("", "retail"):
            continue  # « on fabrique des fours pour boulangers »
        for at in range(stop + 1, position):
            behind[at] = behind[at] or frame
    return behind


def _frame_said_last(words: tuple[Word, ...], frames: list[str], position: int) -> str:
    """What is done with the goods named before a word, when this word says it."""
    word, before = words[position], _text(words, position - 1)
    if word.text in _BUYERS:
        at = position - 1
        while _text(words, at) in ("les", "des", "mes"):
            at -= 1
        return "gros" if _text(words, at) in ("pour", "aux") or before == "aux" else ""
    frame = frames[position]
    if not frame or frame == "install" or "faire+" in word.keys:
        return ""
    spoken = any(key.endswith("+") for key in word.keys)
    if before in ("les", "la", "le") and spoken:
        return frame if _text(words, position - 2) in ("je", "on", "nous") else ""
    if _text(words, position + 1) not in _AFTER_CLAUSE:
        return ""
    if before in ("je", "on", "nous") and spoken:
        return frame if _text(words, position - 2) == "," else ""
    if frame == "rent" and before in ("a", "en", ","):
        return frame
    return frame if before in (",", "en", "au") and not (spoken and before != ",") else ""


def _longest(
    words: tuple[Word, ...], first: int, lexicon: Lexicon, frame: str = "", behind: str = ""
) -> tuple[int, Entry, int] | None:
    """The longest expression that starts at a word.

    What is done may be said by its verb (`frame`: « on produit du riz » is a production of it) or `behind` the goods.
    """
    if words[first].text in STOPS or len(words[first].text) < 2:
        return None
    best: tuple[int, Entry, int] | None = None
    starts = (*words[first].keys, *words[first].others)
    ways: list[tuple[str, int, int, int]] = [(key, first + 1, 0, 1) for key in starts]
    entries, prefixes = lexicon.entries, lexicon.prefixes
    if behind and not frame:
        said = (f"{noun} {key}" for noun in FRAME_NOUNS[behind] for key in words[first].keys)
        ways += [(key, first + 1, 0, 2) for key in said if key in entries or key in prefixes]
    if (
        frame
        and words[first].text != "restaurant"
        and any(key in lexicon.frames for key in words[first].keys if key.endswith("+"))
    ):
        said_by_verb = _by_verb(words, first, lexicon, frame)
        if said_by_verb is not None:
            best = said_by_verb
    while ways:
        key, position, gap, count = ways.pop()
        entry = entries.get(key)
        alone = count == 1 and key not in words[first].keys
        if entry is not None and gap == 0 and not alone and (best is None or count > best[2]):
            best = position, entry, count
        if key not in prefixes or position >= len(words) or gap > _MAX_GAP:
            continue
        word = words[position]
        if word.text == ".":
            continue
        for option in (*word.keys, *word.others):
            longer = f"{key} {option}"
            if longer in entries or longer in prefixes:
                ways.append((longer, position + 1, 0, count + 1))
        if word.text == "," or word.text in STOPS or not FILLERS.isdisjoint(word.keys):
            ways.append((key, position + 1, gap + 1, count))
    return best


def _by_verb(
    words: tuple[Word, ...], first: int, lexicon: Lexicon, frame: str
) -> tuple[int, Entry, int] | None:
    """The longest expression of a noun (« production de riz ») that a verb says (« je produis du riz »)."""
    if not _LIGHT_VERBS.isdisjoint(words[first].keys):
        return None
    nouns = (*FRAME_NOUNS[frame], "culture", "elevage") if frame == "make" else FRAME_NOUNS[frame]
    end = next((at for at in range(first, len(words)) if words[at].text in (",", ".")), len(words))
    found: list[tuple[int, Entry, int]] = []
    for noun in nouns:
        said = Word(noun, words[first].start, words[first].end, words[first].at, (noun,), False)
        best = _longest((*words[:first], said, *words[first + 1 : end]), first, lexicon)
        if best is not None and best[2] > 1:
            found.append(best)
    if not found:
        return None
    last, entry, count = max(found, key=lambda one: (one[2], one[1].strength))
    return last, replace(entry, verb=True, thing=False), count


def _mention(
    words: tuple[Word, ...],
    frames: list[str],
    behind: list[str],
    first: int,
    last: int,
    entry: Entry,
    count: int,
    lexicon: Lexicon,
) -> Mention:
    """The mention of an entry, read with what is done with it when it is a product."""
    if entry.product is not None:
        product = lexicon.products[entry.product]
        frame, start = _frame(words, frames, first, last)
        if not frame and not product.columns.get("make", "").startswith(("58.", "62.")):
            frame = behind[last - 1]
        if frame == "retail" and product.market == "food" and _is_own(words, first, also=("mon", "ma")):
            frame = "make"
        column = product.columns.get("make" if frame == "grow" else frame)
        if column is not None and not (frame == "make" and entry.classes and _says_do(words[start])):
            strength = 0.6 if _says_do(words[start]) else 0.9
            if _says_do(words[start]) and not entry.classes:
                strength = 0.5
            others = [
                code
                for name, code in product.columns.items()
                if code != column and name in ("make", "retail")
            ]
            classes = ((column, 0.8), *((code, 0.2 / len(others)) for code in others))
            return Mention(min(first, start), last, entry, classes, strength, frame, count + (strength > 0.8))
        if (
            "make" in product.columns
            and product.market in ("food", "textile", "other")
            and _is_own(words, first)
        ):
            # « mes bougies plaisent aux Suédoises »
            return Mention(first, last, entry, ((product.columns["make"], 1.0),), _OWN_GOODS, "own", count)
        if not entry.classes:
            codes = [product.columns[name] for name in ("retail", "make") if name in product.columns]
            classes = tuple((code, 1 / len(codes)) for code in dict.fromkeys(codes))
            return Mention(first, last, entry, classes, 0.25, "", count)
    elif entry.thing:
        # « je vends du comté » is a shop's, « notre comté » and « du comté » alone a dairy's.
        frame, start = _frame(words, frames, first, last)
        frame = frame or behind[last - 1]
        dealt = lexicon.by_maker.get(entry.classes[0][0])
        column = dealt.columns.get(frame) if dealt is not None and frame in ("retail", "gros") else None
        if column is not None and (start < first or behind[last - 1]) and not _is_own(words, first):
            classes = ((column, 0.8), (entry.classes[0][0], 0.2))
            return Mention(start, last, entry, classes, 0.9, frame, count + 1)
        if _is_own(words, first) and entry.classes[0][0].startswith(_CRAFTS):
            return Mention(first, last, entry, entry.classes, max(_OWN_GOODS, entry.strength), "own", count)
    elif entry.classes[0][0].startswith("47.") and (maker := _maker_of_own(words, first, last, lexicon)):
        classes = ((maker, 0.8), (entry.classes[0][0], 0.2))
        return Mention(first, last, entry, classes, entry.strength, "own", count)
    # "faire" adds little: "extensions de cils" is more than "faire des extensions".
    light = 0.5 if not _LIGHT_VERBS.isdisjoint(words[first].keys) else 0.0
    return Mention(first, last, entry, entry.classes, entry.strength, "", count, light)


def _is_own(words: tuple[Word, ...], first: int, also: Collection[str] = ()) -> bool:
    """Whether the goods are called the author's: « vendre notre cidre »."""
    owned = ("mes", "nos", "notre", *also)
    return any(word.text in owned for word in words[max(0, first - 2) : first])


def _maker_of_own(words: tuple[Word, ...], first: int, last: int, lexicon: Lexicon) -> str:
    """The class of who makes the goods that a shop's words call the author's: « une boutique pour mes savons »."""
    for position in range(first + 1, last):
        best = _longest(words, position, lexicon) if _is_own(words, position) else None
        if best is None or best[1].product is None:
            continue
        product = lexicon.products[best[1].product]
        if "make" in product.columns and product.market in ("food", "other"):
            return product.columns["make"]
    return ""


def _says_do(word: Word) -> bool:
    return "faire+" in word.keys or "concevoir+" in word.keys or "atelier" in word.keys


def _frame(words: tuple[Word, ...], frames: list[str], first: int, last: int) -> tuple[str, int]:
    """What is done with a product: the nearest word before it that says so, else just after."""
    for position in range(first - 1, max(-1, first - 1 - _FRAME_REACH), -1):
        if words[position].text == ".":
            break
        if frames[position]:
            return frames[position], position
    return _frame_behind(words, frames, first, last)


def _frame_behind(words: tuple[Word, ...], frames: list[str], first: int, last: int) -> tuple[str, int]:
    """What is said to be done with a product behind it: « …, fabriqués chez nous », « … en gros », « …, usine »."""
    for position in range(last, min(len(words), last + _FRAME_BEHIND)):
        word = words[position]
        if word.text == "." or word.text in _WISHES:
            break
        if word.text in _GROSS:
            return "gros", first
        if word.text in _SHOPS and position < last + 5:
            return "retail", first
        if word.text in _WORKS or word.text.startswith("fabriqu"):
            return "make", first
        if word.text in _HAND_MADE and words[position - 1].text in (
            "fait",
            "faits",
            "faite",
            "faites",
            "tout",
        ):
            return "make", first
        if frames[position] in ("make", "gros", "repair", "rent") and not _says_do(word):
            spoken = any(key.endswith("+") for key in word.keys) and words[position - 1].text in _SUBJECTS
            if spoken or (frames[position] == "repair" and position < last + 6):
                return frames[position], first
    return "", first
