"""What an aid pays, computed for a case with its rule shown: « 30 % de 2 400 €, soit 720 € »."""

from __future__ import annotations

from .catalogue.aid import Aid
from .conditions import euros


def amount_line(aid: Aid, spending_eur: float | None = None) -> str:
    """What the aid pays, computed for a spending before tax where its rule is in the catalogue."""
    pays = aid.pays
    if spending_eur is None or aid.kind not in ("grant", "voucher", "diagnostic"):
        return _rule(aid)
    if pays.base_min_eur is not None and spending_eur < pays.base_min_eur:
        return f"Il faut dépenser au moins {euros(pays.base_min_eur)} HT : {euros(spending_eur)} n'y suffisent pas."
    base = min(spending_eur, pays.base_max_eur) if pays.base_max_eur is not None else spending_eur
    capped = (
        f" (plafond de dépenses : {euros(pays.base_max_eur)})"
        if base < spending_eur and pays.base_max_eur
        else ""
    )
    if pays.step is not None:
        every, each = pays.step
        amount, rule = (
            (base // every) * each,
            f"{euros(each)} par tranche de {euros(every)}, pour {euros(base)}",
        )
    elif pays.bands:
        amount, rule = _banded(base, pays.bands), f"par tranches, pour {euros(base)}"
    elif pays.rate is not None and pays.rate < 1:
        low = pays.rate_from if pays.rate_from is not None else pays.rate
        amount, rule = base * pays.rate, f"{_percent(pays.rate)} de {euros(base)}"
        if low < pays.rate:
            least = _limit(base * low, aid)
            most = _limit(amount, aid)
            span = f"De {_percent(low)} à {_percent(pays.rate)} de {euros(base)}"
            return f"{span}{capped}, soit de {euros(least)} à {euros(most)}."
    else:
        return _rule(aid)
    if pays.min_eur is not None and amount < pays.min_eur:
        least = pays.min_eur
        return (
            f"{rule[:1].upper()}{rule[1:]} feraient {euros(amount)} : l'aide ne commence qu'à {euros(least)}."
        )
    limited = _limit(amount, aid)
    ceiling = f", ramenés au plafond de {euros(limited)}" if limited < amount else ""
    return f"{rule[:1].upper()}{rule[1:]}{capped}, soit {euros(amount)}{ceiling}."


def _limit(amount: float, aid: Aid) -> float:
    return min(amount, aid.pays.max_eur) if aid.pays.max_eur is not None else amount


def _banded(base: float, bands: tuple[tuple[float | None, float], ...]) -> float:
    amount, start = 0.0, 0.0
    for up_to, rate in bands:
        end = base if up_to is None else min(base, up_to)
        amount += max(0.0, end - start) * rate
        start = max(start, end)
    return amount


def _rule(aid: Aid) -> str:
    pays, parts = aid.pays, []
    if pays.rate is not None:
        low = pays.rate_from
        parts.append(
            "gratuit pour vous"
            if pays.rate == 1
            else f"{_percent(low)} à {_percent(pays.rate)}"
            if low is not None
            else f"{_percent(pays.rate)} de la dépense HT"
        )
    if pays.base_min_eur is not None:
        parts.append(f"à partir de {euros(pays.base_min_eur)} de dépenses")
    if pays.min_eur is not None and pays.max_eur is not None and pays.base_min_eur is None:
        parts.append(f"de {euros(pays.min_eur)} à {euros(pays.max_eur)}")
    elif pays.max_eur is not None:
        parts.append(f"{euros(pays.max_eur)} au plus")
    text = ", ".join(parts)
    if pays.note:
        text = f"{text} ; {pays.note}" if text else pays.note
    return text[:1].upper() + text[1:] + "." if text else ""


def _percent(rate: float) -> str:
    return f"{rate * 100:g} %"
