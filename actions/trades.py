"""The trades as frozen data: the only reader of `dialogues/trades.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from .content import ContentFileError, read_yaml

FILE = "trades.yml"


@dataclass(frozen=True, slots=True)
class Trade:
    """A trade, or a family of trades (`is_family`): what it is usually like and what tools are good for in it.

    `has_open_traits`: nothing is known of the firm, so every question may be asked.
    """

    id: str
    name: str
    traits: frozenset[str]
    is_mixed: bool
    strong_needs: tuple[str, ...]
    uses: tuple[str, ...]
    mistake: str = ""
    naf: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    is_family: bool = False
    has_open_traits: bool = False


@dataclass(frozen=True, slots=True)
class Trades:
    """All of them, by id and by activity code."""

    trades: Mapping[str, Trade]
    families: Mapping[str, Trade]
    by_naf: Mapping[str, str]
    by_class: Mapping[str, str]
    by_division: Mapping[str, str]

    def find(
        self, trade: str | None = None, naf: str | None = None, family: str | None = None
    ) -> Trade | None:
        """The trade of that id, else of that code (its class at least), else the family; None when all are unknown."""
        if trade is not None and trade in self.trades:
            return self.trades[trade]
        if naf:
            known = self.by_naf.get(naf) or self.by_class.get(naf[:5])
            if known is not None:
                return self.trades[known]
        if family is None and naf:
            family = self.by_division.get(naf[:2], "autre")
        return self.families.get(family or "")


@cache
def load() -> Trades:
    """The trades of this project, read once.

    Raises:
        ContentFileError: the file has not the expected form.
    """
    data = read_yaml(FILE)
    try:
        trades = {item["id"]: _trade(item) for item in data["metiers"]}
        families = {item["id"]: _trade(item, is_family=True) for item in data["familles"]}
        by_naf: dict[str, str] = {}
        by_class: dict[str, str] = {}
        for trade in trades.values():
            for naf in trade.naf:
                by_naf.setdefault(naf, trade.id)
                by_class.setdefault(naf[:5], trade.id)
        by_division = {division: item["id"] for item in data["familles"] for division in item["divisions"]}
    except KeyError as error:
        raise ContentFileError(f"il manque la clé « {error.args[0]} ».", f"dialogues/{FILE}") from error
    except (TypeError, AttributeError) as error:
        raise ContentFileError(
            f"une partie n'a pas la forme attendue ({error}).", f"dialogues/{FILE}"
        ) from error
    return Trades(trades, families, by_naf, by_class, by_division)


def _trade(item: Mapping[str, Any], is_family: bool = False) -> Trade:
    return Trade(
        id=item["id"],
        name=item["nom"],
        traits=frozenset(item["traits"]),
        is_mixed=bool(item.get("mixte")),
        strong_needs=tuple(item["besoins_forts"]),
        uses=tuple(item["usages"]),
        mistake=str(item.get("erreur") or ""),
        naf=tuple(item.get("naf") or ()),
        words=tuple(item.get("mots") or ()),
        is_family=is_family,
        has_open_traits=bool(item.get("traits_inconnus")),
    )
