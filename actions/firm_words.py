"""Facts on the firm: the values of their slots, and the words in which they are said back."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .flow import State
from .shipped_content import QUESTIONNAIRE, TRADES
from .territory import IN_DEPARTEMENT, IN_REGION

SAID_LEAST, SAID_MOST = 3, 40
STEM = 5
"""Letters in which a trade and its feminine are the same."""


def sector_value(naf: str, label: Any, said: str = "") -> dict[str, Any]:
    """The slot `activite` for an activity code: with the trade or the family that it belongs to.

    `said` are the owner's own words: they are said back where the code has only its official title.
    """
    trade = TRADES.find(naf=naf)
    title = plain_title(str(label)) if label else trade.name if trade is not None else naf
    value: dict[str, Any] = {"naf": naf, "label": title}
    if trade is not None:
        value["famille" if trade.is_family else "metier"] = trade.id
        if naf in trade.naf:
            value["label"] = own_part(trade.name, said)
            return value
    if SAID_LEAST <= len(said.strip()) <= SAID_MOST:
        value["dit"] = said.strip()
    return value


_OFFICIALESE = re.compile(r" en magasin spécialisé\b|,? n\.c\.a\.$|,? non classée?s? ailleurs$")


def plain_title(title: str) -> str:
    """The title of an activity code without its officialese."""
    return _OFFICIALESE.sub("", title)


def own_part(name: str, said: str) -> str:
    """« infirmière », of « Kinésithérapeute, infirmier libéral »: the trade that was said, where the first was not."""
    parts = name.split(", ")
    words = [plain(word)[:STEM] for word in re.findall(r"\w+", said)]
    named = [part for part in parts if any(len(w) == STEM and w in plain(part) for w in words)]
    if not named or parts[0] in named:
        return name
    return named[0][:1].upper() + named[0][1:]


def trade_key(naf: str) -> str:
    """What two codes of one trade have in common."""
    trade = TRADES.find(naf=naf)
    return naf[:2] if trade is None or trade.is_family else trade.id


def place_value(read: Mapping[str, Any]) -> dict[str, Any]:
    """The slot `lieu` for a place that was read."""
    return {key: read[key] for key in ("commune", "insee", "departement", "region") if read.get(key)}


def headcount_value(raw: Any) -> dict[str, Any] | None:
    """The slot `effectif`: {"min", "max"} of a button, a number or a range."""
    question = QUESTIONNAIRE.questions["effectif"]
    choice = question.choice(raw)
    if choice is not None:
        return {"min": choice.low, "max": choice.high}
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int | float) and 1 <= raw < 100_000:
        return {"min": int(raw), "max": int(raw)}
    if isinstance(raw, Mapping) and (raw.get("min") is not None or raw.get("max") is not None):
        return {"min": raw.get("min"), "max": raw.get("max")}
    return None


def fact_words(state: State, name: str) -> str:
    """A fact on the firm in words, for saying it back."""
    if name == "activite":
        value = state.slots.get("activite") or {}
        if not isinstance(value, Mapping):
            return ""
        return f"« {value['dit']} »" if value.get("dit") else str(value.get("label") or "").lower()
    if name == "lieu":
        return place_words(state.slots.get("lieu"))
    if name == "effectif":
        return people_words(state.slots.get("effectif"))
    wishes = [QUESTIONNAIRE.needs[key].wish for key in state.profile.needs if key in QUESTIONNAIRE.needs]
    refusals = [QUESTIONNAIRE.needs[key].name for key in state.profile.refused if key in QUESTIONNAIRE.needs]
    parts = [QUESTIONNAIRE.say("voulez", liste=", ".join(wishes[:3]))] if wishes else []
    parts += [QUESTIONNAIRE.say("refusez", liste=", ".join(refusals[:3]))] if refusals else []
    return " ; ".join(parts)


def place_words(place: Any) -> str:
    """« à Rennes », « en Ille-et-Vilaine », « en Bretagne »."""
    if not isinstance(place, Mapping):
        return ""
    if place.get("commune"):
        name = str(place["commune"])
        if name.startswith("Le "):
            return f"au {name[3:]}"
        return f"aux {name[4:]}" if name.startswith("Les ") else f"à {name}"
    if place.get("departement"):
        return IN_DEPARTEMENT.get(str(place["departement"]), "")
    return IN_REGION.get(str(place.get("region")), "")


def people_words(size: Any) -> str:
    """« seul », « 5 personnes », « 2 à 5 personnes »."""
    if not isinstance(size, Mapping):
        return ""
    low, high = size.get("min"), size.get("max")
    if low == high == 1:
        return QUESTIONNAIRE.say("seul")
    if low == high:
        return QUESTIONNAIRE.say("personnes", nombre=low)
    if low is None:
        return QUESTIONNAIRE.say("personnes_au_plus", nombre=high)
    if high is None:
        return QUESTIONNAIRE.say("personnes_au_moins", nombre=low)
    return QUESTIONNAIRE.say("personnes_entre", de=low, a=high)


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """Lower case, without accents, with straight apostrophes."""
    folded = unicodedata.normalize("NFKD", text.lower().replace("’", "'"))
    return "".join(char for char in folded if not unicodedata.combining(char)).strip()


_AMOUNT = re.compile(r"(?<![\d.,])(\d{1,3}(?:[ .]\d{3})+|\d+)(?:,\d+)? ?(k ?)?(?:€|euros?\b)")
_NO_SPENDING = re.compile(
    r"\b(?:chiffre|(?:mon|notre|le|de|en) ca|ca annuel|gagne|par an|par mois|salaire|loyer)\b"
)


def spending_said(text: str) -> float | None:
    """« J'ai un devis de 8 000 € »: what the owner would spend; None for a turnover, or for no amount."""
    words = plain(text)
    found = _AMOUNT.search(words)
    if found is None or _NO_SPENDING.search(words):
        return None
    return float(re.sub(r"\D", "", found[1])) * (1000 if found[2] else 1)
