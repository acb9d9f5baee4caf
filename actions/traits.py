"""What holds of a firm (sells products, works alone, wants more customers…): the traits that conditions speak of.

True, False, or None when nobody said: an unknown trait never closes a question.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .profile import Profile
from .questionnaire import DONT_KNOW, SKIPPED, Question, Questionnaire
from .trades import Trade, Trades

COMPUTED = ("solo", "equipe", "dix", "_metier_mixte", "_deja_connu_par_le_metier")
SETTLED_BY_TRADE = (
    *("boutique", "chez_client", "marche", "rdv", "produits", "complement", "stock", "devis", "b2c", "b2b"),
    *("heberge", "resto", "plateforme", "touristes", "exportable", "reglemente", "sensible", "caisse"),
    *("tva_particuliere", "association"),
)


def trade_of(profile: Profile, trades: Trades) -> Trade | None:
    """The firm's trade, or its family."""
    return trades.find(profile.trade, profile.naf, profile.family)


def traits_of(
    profile: Profile, answers: Mapping[str, Any], questionnaire: Questionnaire, trades: Trades
) -> dict[str, bool | None]:
    """The traits of this firm by its trade, corrected by what was answered."""
    trade = trade_of(profile, trades)
    traits: dict[str, bool | None] = {}
    if trade is not None and not trade.has_open_traits:
        for name in SETTLED_BY_TRADE:
            traits[name] = name in trade.traits
    traits["_metier_mixte"] = trade is not None and trade.is_mixed
    traits["_deja_connu_par_le_metier"] = trade is not None and bool(trade.traits & {"b2c", "b2b"})
    low, high = profile.headcount_min, profile.headcount_max
    traits["solo"] = None if low is None and high is None else high == 1
    traits["equipe"] = True if (low or 0) >= 2 else False if high is not None and high < 2 else None
    traits["dix"] = True if (low or 0) >= 10 else False if high is not None and high < 10 else None
    goals = chosen(answers.get("but"))
    for question in questionnaire.profile:
        answer = answers.get(question.id)
        if question.id == "but":
            for choice in question.choices:
                traits[choice.id] = choice.id in goals
        elif question.traits:
            _yes_or_no(traits, question, answer, bool(traits["_metier_mixte"]))
        elif question.type == "multi" and chosen(answer):
            picked = {one.trait for one in question.choices if one.id in chosen(answer)}
            for name in {one.trait for one in question.choices if one.trait}:
                traits[name] = name in picked
    for question in questionnaire.triggers:
        for choice in question.choices:
            traits[f"{question.id}={choice.id}"] = answers.get(question.id) == choice.id
    if profile.status == "association" or profile.legal_form == "ASSOCIATION":
        traits["association"] = True
    return traits


def _yes_or_no(traits: dict[str, bool | None], question: Question, answer: Any, is_open: bool) -> None:
    """« Vendez-vous des produits ? » gives or takes its traits; unanswered, they are unknown for a mixed trade."""
    if answer in ("oui", "non"):
        for name in question.traits:
            traits[name] = answer == "oui"
    elif is_open:
        for name in question.traits:
            traits[name] = None


def chosen(answer: Any) -> tuple[str, ...]:
    """The ids of the choices of an answer, one or several; nothing for « je ne sais pas » and a question passed."""
    if answer in (None, DONT_KNOW, SKIPPED):
        return ()
    if isinstance(answer, list | tuple):
        return tuple(str(one) for one in answer)
    return (str(answer),)
