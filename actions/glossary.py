"""The words that owners may ask about: the only reader of `dialogues/glossary.yml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from .content import ContentFileError, read_yaml
from .firm_words import plain

FILE = "glossary.yml"


@dataclass(frozen=True, slots=True)
class Term:
    """A word, what to say instead, its meaning and an example; the formality that it is about, if any."""

    id: str
    word: str
    names: tuple[str, ...]
    say: str
    meaning: str
    example: str
    formality: str | None = None


@cache
def load() -> tuple[Term, ...]:
    """The terms of this project, read once.

    Raises:
        ContentFileError: the file has not the expected form.
    """
    try:
        return tuple(_term(item) for item in read_yaml(FILE)["termes"])
    except KeyError as error:
        raise ContentFileError(f"il manque la clé « {error.args[0]} ».", f"dialogues/{FILE}") from error
    except (TypeError, AttributeError) as error:
        raise ContentFileError(
            f"une partie n'a pas la forme attendue ({error}).", f"dialogues/{FILE}"
        ) from error


def _term(item: Mapping[str, Any]) -> Term:
    names = [item["mot"], *(part for part in re.split(r"[,()]| ou ", item["mot"])), *item.get("aliases", ())]
    shaped = {re.sub(r"^(?:le|la|les|l'|un|une)\s*", "", plain(str(name))) for name in names}
    return Term(
        item["id"],
        item["mot"],
        tuple(sorted(filter(None, shaped), key=len, reverse=True)),
        item["dire"],
        item["sens"],
        item["exemple"],
        item.get("formalite"),
    )


def find_term(text: str) -> Term | None:
    """The term that a text asks about: the longest name found in it, the last one where several are."""
    folded = plain(text)
    best: tuple[int, int, Term] | None = None
    for term in load():
        for name in term.names:
            # « factures électroniques »: each word may be in the plural, but « pas » is no « PA »
            words = r"\s".join(re.escape(one) + ("s?" if len(one) > 3 else "") for one in name.split())
            match = re.search(rf"(?<!\w){words}(?!\w)", folded)
            if match is not None and (best is None or (len(name), match.start()) > best[:2]):
                best = (len(name), match.start(), term)
                break
    return None if best is None else best[2]


# « Je dois faire quoi, et pour quand ? », « ça me concerne ? »
ASKS_DUTY = re.compile(
    r"\b(?:faire quoi|que (?:dois|faut|faire)|qu'est-ce que je dois|quoi faire"
    r"|comment (?:faire|on fait|je fais|publier)"
    r"|concern\w+|obligat\w+|oblige\w*|pour quand|c'est quand|a partir de quand|certifie\w*|aux normes"
    r"|qu'est-ce (?:qu'il|que ca|qui) (?:faut|change)|ca change quoi)\b"
)


def duty_asked(text: str) -> str | None:
    """The formality that a text asks about (« facture électronique : que faire ? »); None where it asks nothing."""
    if not ASKS_DUTY.search(plain(text)):
        return None
    term = find_term(text)
    return None if term is None else term.formality


load()
