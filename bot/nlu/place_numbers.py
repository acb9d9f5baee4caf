"""Places said by a number: postcodes, départements ("le 35", "9-3", "neuf trois"), districts of the three cities."""

from __future__ import annotations

import re

from bot.nlu import place_context as context
from bot.nlu.gazetteer import Gazetteer, key_of
from bot.nlu.numbers import UNITS
from bot.nlu.place_words import SURE, Mention, Words

_DISTRICTS = {"paris": 20, "lyon": 9, "marseille": 16}
_ORDINAL = re.compile(r"(\d{1,2})(?:e|er|eme|ieme|em|ere|me|nd|th)?\Z")
_IN_THE = re.compile(
    r"\b(?:dans|sur|ds|en|vers|pour|tout|depuis|cote|secteur|zone|suis du|viens du|sommes du)(?: (?:le|la))? \Z"
)
# « 02 99 00 00 00 »: the first two digits of a telephone number are no département.
_IN_A_NUMBER = re.compile(r"[ .-]?\d{2}(?:[ .-]?\d{2}){2}\b")
_SPOKEN_DIGITS = {word: value for word, value in UNITS.items() if value <= 9}


class NumberFinder:
    """Reads the number at a token; made once with a gazetteer."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self.gazetteer = gazetteer

    def find(self, words: Words, i: int, found: list[Mention], bare: bool) -> Mention | None:
        """The place that the number at token i says; a district is added to the city before it."""
        word = words.words[i]
        if not word[0].isdigit():
            return self._spoken(words, i, bare) if word in _SPOKEN_DIGITS else None
        previous = found[-1] if found and found[-1].last == i and found[-1].rows else None
        if previous is not None and self._is_district(words, previous, i):
            previous.last, previous.end = i + 1, words.n.tokens[i].end
            if i + 1 < len(words) and words.words[i + 1].startswith("arr"):
                previous.last, previous.end = i + 2, words.n.tokens[i + 1].end
            return None
        if len(word) == 5 and word.isdigit():
            return self._postcode(words, i, bare)
        if len(word) == 2 and i + 1 < len(words) and re.match(r"\d{3}\Z", words.words[i + 1]):
            rows = self.gazetteer.postcodes.get(word + words.words[i + 1], ())
            names = " ".join(words.words[i + 2 : i + 6])
            if rows and (bare or any(names.startswith(key_of(self.gazetteer.names[row])) for row in rows)):
                return words.mention(i, i + 2, 4.0, rows=rows)
        return self._departement_number(words, i, previous, bare)

    def _is_district(self, words: Words, town: Mention, i: int) -> bool:
        most = _DISTRICTS.get(words.words[town.first])
        if most is None or town.last - town.first != 1 or len(words.gap(i)) > 3:
            return False
        match = _ORDINAL.match(words.words[i])
        if match is None or not 1 <= int(match[1]) <= most:
            return False
        return not (match[0].isdigit() and context.UNIT.match(words.after(i + 1)))

    def _postcode(self, words: Words, i: int, bare: bool) -> Mention | None:
        code = words.words[i]
        if context.UNIT.match(words.after(i + 1)) and not re.match(r"\s?e\b", words.after(i + 1)):
            return None
        if re.search(r"\d\s?\Z", words.before(i)) or re.match(r"\s?\d", words.after(i + 1)):
            return None  # a part of a telephone number or a SIRET
        rows = self.gazetteer.postcodes.get(code)
        if rows:
            return words.mention(i, i + 1, 3.5, rows=rows)
        departement = code[:3] if code.startswith(("97", "98")) else code[:2]
        if self.gazetteer.region_of(departement) and (
            bare or re.search(r"\b(?:cp|code postal)\W*\Z", words.before(i))
        ):
            return words.mention(i, i + 1, 3.0, code=f"dep:{departement}")
        return None

    def _departement_number(self, words: Words, i: int, town: Mention | None, bare: bool) -> Mention | None:
        word, last = words.words[i], i + 1
        before, after = words.before(i), words.after(i + 1)
        if (
            len(word) == 1
            and i + 1 < len(words)
            and re.match(r"\d\Z", words.words[i + 1])
            and words.gap(i + 1) in ("-", " ", ".", "")
        ):
            word, last = word + words.words[i + 1], i + 2  # "le 9-3"
            after = words.after(last)
            if not (_IN_THE.search(before) or re.search(r"\b(?:le|du)\s\Z", before) or bare):
                return None
        elif (
            word == "2" and i + 1 < len(words) and words.words[i + 1] in ("a", "b") and words.gap(i + 1) == ""
        ):
            word, last = word + words.words[i + 1], i + 2
            after = words.after(last)
        code = word.upper()
        if (
            bare
            and len(code) == 1
            and re.fullmatch(r"(?:dans |sur |en )?(?:le |du )?\d", words.plain.strip(" .!"))
        ):
            code = "0" + code
        region = self.gazetteer.region_of(code) if len(code) >= 2 else None
        if region is None or context.UNIT.match(after) or _IN_A_NUMBER.match(after):
            return None
        score = 0.0
        parenthesised = words.gap(i).endswith("(") and after.startswith(")")
        if code in ("2A", "2B"):
            score = 3.0
        elif context.DEPARTEMENT_WORD.search(before):
            score = 4.0
        elif re.search(r"\b(?:dans|ds|sur|en|vers) (?:tout )?le \Z", before):
            score = 3.5
        elif parenthesised or (bare and not re.search(r"\d", words.before(i))):
            score = 3.0
        elif town is not None and (len(words.gap(i)) <= 3):
            score = 2.6 if any(self.gazetteer.departement_of(row) == code for row in town.rows) else 0.5
        elif re.search(r"\b(?:le|du)\s\Z", before) and (words.breaks(last) or (i > 0 and len(code) == 3)):
            score = 2.2
        elif re.search(r"\bdu \Z", before) and len(code) >= 2:
            score = 2.0
        elif last == len(words) and "," in words.gap(i) and (code[0] == "0" or code >= "20"):
            score = 2.1
        elif words.breaks(last) and last == len(words) and re.search(r"[a-z]\s\Z|,\s*\Z", before):
            # "coiffeuse 35": a trade and a number, and nothing else
            lonely = len(words) <= 5 and not re.search(r"\d", before) and re.search(r"[a-z]{5}\s\Z", before)
            counted = re.search(r"\b(?:sommes|environ|numero|choix|option|reponse)\s\Z", before)
            score = 2.1 if lonely and not counted else 0.0
        return words.mention(i, last, score, code=f"dep:{code}") if score >= SURE else None

    def _spoken(self, words: Words, i: int, bare: bool) -> Mention | None:
        """ "le neuf-trois", "dans le neuf quatre"."""
        if i + 1 >= len(words) or words.words[i + 1] not in _SPOKEN_DIGITS:
            return None
        code = f"{_SPOKEN_DIGITS[words.words[i]]}{_SPOKEN_DIGITS[words.words[i + 1]]}"
        if not self.gazetteer.region_of(code) or context.UNIT.match(words.after(i + 2)):
            return None
        if re.search(r"\b(?:le|du)\s\Z", words.before(i)) or bare:
            return words.mention(i, i + 2, 3.0, code=f"dep:{code}")
        return None
