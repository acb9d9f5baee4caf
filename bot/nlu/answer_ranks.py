"""Choices named by their place: « le 2 », « la deuxième », « C », « la dernière », « 1 et 3 », « les deux "
"»."""

from __future__ import annotations

import re

_ORDINALS = {
    "premier": 0, "premiere": 0, "1er": 0, "1ere": 0, "1re": 0, "deuxieme": 1, "second": 1, "seconde": 1,
    "troisieme": 2, "quatrieme": 3, "cinquieme": 4, "sixieme": 5, "septieme": 6,
    "huitieme": 7, "neuvieme": 8, "dixieme": 9,
    "prems": 0, "avant-derniere": -2, "avant-dernier": -2, "derniere": -1, "dernier": -1, "ultime": -1,
}  # fmt: skip
_WORDS = {
    "un": 1,
    "une": 1,
    "deux": 2,
    "trois": 3,
    "quatre": 4,
    "cinq": 5,
    "six": 6,
    "sept": 7,
    "huit": 8,
    "neuf": 9,
    "dix": 10,
}
_NAMING = (
    r"(?:(?:le|la|les|l'|choix|reponses?|option|proposition|numeros?|nombre|chiffre|n ?°|nº|no|num|lettre"
    r"|case"
    r"|ligne|#)\s*)"
)
_OPENING = (
    r"(?:(?:je (?:dirais|dirai|pense|choisis|prends|mets|vote|coche|crois)|on (?:dirait|va dire|prend)"
    r"|plutot|alors|euh|ben|bah|disons|"
    r"pour (?:moi|nous)|c'est|ce serait|ca serait|mettez|mets|moi|nous|va pour|oui|ok|donc)[\s,:]*)*"
)
_CLOSING = (
    r"(?:[\s,.!;:)]*(?:svp|stp|s'il vous plait|je (?:crois|pense|dirais)|merci|pour (?:moi|nous)|plutot"
    r"|a peu pres|sans hesiter|voila|"
    r"evidemment|hein|choix|reponse|option|proposition|de la liste|bien sur|a priori|quoi))*[\s,.!;:)]*"
)
_ORDINAL = (
    r"(?:" + "|".join(sorted(_ORDINALS, key=len, reverse=True)) + r"|\d{1,2} ?(?:eme|e|ieme|er|ere|nd|nde))"
)
_NUMBER = rf"(?:\d{{1,2}}|{'|'.join(_WORDS)})"
_ONE = rf"(?:{_NAMING}*(?:{_ORDINAL}|{_NUMBER}|[a-j])(?![\w']))"
_WHOLE = re.compile(
    rf"\s*{_OPENING}(?P<ranks>{_ONE}(?:\s*(?:,|et|&|\+|/|;|ou|-|\s)\s*(?:aussi )?{_ONE})*){_CLOSING}\Z"
)
_NAMED = re.compile(
    rf"\b(?:numero|n ?°|choix|reponse|option|proposition)\s*(?P<rank>\d{{1,2}}|[a-j])\b"
    rf"|\b(?:le|la|celle?|celui|les)\s+(?P<ordinal>{_ORDINAL})(?={_CLOSING}\Z|\s*[,;:.!]|\s+(?:choix|reponse"
    rf"|option|proposition|ligne|des (?:deux|trois|quatre)))"
)
_FIRSTS = re.compile(r"\bles (deux|trois|quatre|\d) (premiere?s?|derniere?s?)\b")
_EVERY = re.compile(
    rf"\s*{_OPENING}(?:toute?s )?les (deux|trois|quatre|cinq|six|[2-9])(?: mon capitaine)?{_CLOSING}\Z"
)
_MIDDLE = re.compile(r"\b(?:celle|celui|la|le|reponse|au)? ?(?:du milieu|milieu)\b")
_PIECE = re.compile(rf"{_ORDINAL}|{_NUMBER}|[a-j]")


def read_ranks(plain: str, count: int) -> list[int] | None:
    """The choices (from 0) that a text names by rank, letter or position, of `count`; None when it does "
    "not."""
    if every := _EVERY.match(plain):
        size = _WORDS.get(every[1]) or int(every[1])
        return list(range(count)) if size == count else None
    if whole := _WHOLE.match(plain):
        pieces = [_rank(piece, count) for piece in _split(whole["ranks"])]
        if pieces and all(piece is not None for piece in pieces):
            return sorted({piece for piece in pieces if piece is not None})
        return None
    if group := _FIRSTS.search(plain):
        size = _WORDS.get(group[1]) or int(group[1])
        if size > count:
            return None
        return list(range(size)) if group[2].startswith("prem") else list(range(count - size, count))
    if named := _NAMED.search(plain):
        rank = _rank(named["rank"] or named["ordinal"], count)
        return None if rank is None else [rank]
    if _MIDDLE.search(plain) and len(plain) < 40 and count % 2:
        return [count // 2]
    return None


def is_bare_number(plain: str) -> bool:
    """Whether the text is a number without a word that makes it a rank: « 2 », « trois »."""
    return re.fullmatch(rf"\s*{_OPENING}{_NUMBER}[\s.!]*", plain) is not None


def _split(ranks: str) -> list[str]:
    text = re.sub(_NAMING, " ", ranks)
    text = re.sub(r"\b(?:et|ou|aussi)\b|[,;&+/]", " ", text)
    return _PIECE.findall(text)


def _rank(piece: str, count: int) -> int | None:
    piece = piece.strip()
    if piece in _ORDINALS:
        index = _ORDINALS[piece]
        index = count + index if index < 0 else index
    elif piece in _WORDS:
        index = _WORDS[piece] - 1
    elif digits := re.match(r"\d+", piece):
        index = int(digits.group()) - 1
    else:
        index = ord(piece) - ord("a")
    return index if 0 <= index < count else None
