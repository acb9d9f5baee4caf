"""What one message tells of the firm: its activity, its place, its people, its wishes and refusals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .firm_words import headcount_value, place_value, plain, sector_value, trade_key
from .heard import ASIDES, PUT_OFF, REFUSING, WISHING, Heard
from .questionnaire import DONT_KNOW, SKIPPED
from .shipped_content import QUESTIONNAIRE, TRADES
from .territory import REGION_OF, departement_of

CONFIDENT = 0.8
GOAL = "but"
GOAL_INTENTS = ("express_need", "answer", "nlu_fallback", "describe_business")
ONE_EMPLOYEE = re.compile(
    r"\b(?:une?|1) (?:seule? )?(?:employee?|salariee?|apprentie?|vendeuse|vendeur|assistante?)\b"
)
STATUSES = {
    "dirigeant_salarie": re.compile(r"\b(?:gerante?|dirigeante?|presidente?)s? salariee?s?\b"),
    "artisan": re.compile(r"\b(?:je suis |comme )?artisane?\b(?! d'art)"),
    "micro": re.compile(r"\b(?:auto|micro)[- ]?entrepr\w+|\ben (?:auto|micro)\b(?! ?-?ondes?\b)"),
    "liberal": re.compile(r"\b(?:en |profession )?liberale?\b"),
    "association": re.compile(r"\b(?:notre|une) association\b(?! de commerc)|\bassociati(?:f|ve)\b"),
}
FORMS = {"SARL": re.compile(r"\b(?:sarl|eurl)\b"), "SAS": re.compile(r"\bsasu?\b(?! d)")}
# « Mon déménagement » is a change of the firm, and no trade.
OWN_CHANGE = re.compile(r"\b(?:mon|notre|un|le|d'un|apres|du) demenagement\b")
NOW = re.compile(r"\b(?:maintenant|desormais|a present|depuis peu|plus que|embauche|recrute)\b")
PRESENTS = re.compile(
    r"\b(?:je suis|j'etais|on est|nous sommes|je (?:fais|tiens|gere|fabrique|vends)|on (?:fait|tient|vend)"
    r"|metier|activite)\b"
)
# « On a mis une annonce sur un site »: what is already there.
ALREADY = re.compile(
    r"^(?:oui|non|ben|bah|bon|en fait|,| )*\b(?:on a|j'ai|nous avons) (?:deja |aussi |juste )?(?:mis|une?|utilise)\b"
    r"(?! (?:probleme|souci|pb|besoin|peu de mal))"
)
TORN = 0.32
"""A trade less sure is asked back; so is one whose doubt, with the next trade's own share, comes to this."""


def take_facts(heard: Heard) -> list[str]:
    """Set the slots of the facts that the message tells; their names."""
    learnt = [
        name
        for name, take in (
            ("activite", _sector),
            ("lieu", _place),
            ("effectif", _headcount),
            ("besoins", _needs),
        )
        if take(heard)
    ]
    _status(heard)
    corrected = (
        heard.is_correcting
        and heard.open is not None
        and any(
            (name in learnt or name in heard.changes) and heard.before.slots.get(name) is not None
            for name in ("activite", "lieu", "effectif")
        )
    )
    if corrected and heard.open is not None and heard.open.id not in learnt:
        # « Non, à Vitré » corrects the place; its « non » answers nothing.
        heard.entities = [one for one in heard.entities if one.get("entity") != heard.open.id]
    return learnt


def _may_replace(heard: Heard, name: str) -> bool:
    """A known fact is replaced when its own question is open or its button is pressed (an old keyboard's too), on a
    correction, or when the firm is told again."""
    if heard.before.slots.get(name) in (None, DONT_KNOW, SKIPPED) or (
        heard.is_button and heard.entity(name) is not None
    ):
        return True
    if heard.open is not None and heard.open.id == name:
        return True
    told_again = heard.intent == "describe_business" and heard.open is None and not heard.is_in_other_form
    return heard.is_correcting or told_again


def _sector(heard: Heard) -> bool:
    if (
        heard.entity("lieu") is not None
        and heard.entity("activite") is None
        and not heard.is_apart("sector", "place")
    ):
        return False  # « Vitré » is the place that was asked for, not a cleaner of windows
    own, read = heard.entity("activite"), heard.entity("sector")
    value: dict[str, Any] | None = None
    if isinstance(own, str) and own.startswith("famille:"):
        family = TRADES.families.get(own.removeprefix("famille:"))
        value = None if family is None else {"famille": family.id, "label": family.name}
    elif isinstance(own, str) and own:
        label = read.get("label") if isinstance(read, Mapping) and read.get("naf") == own else None
        value = sector_value(own, label or heard.offered("activite", "naf", own, "label"))
    if value is None and isinstance(read, Mapping) and read.get("naf"):
        if heard.intent == "what_use" and heard.before.slots.get("activite") is not None:
            return False
        if "demenagement" in plain(heard.words_of("sector")) and OWN_CHANGE.search(heard.plain):
            return False
        value = _sector_read(heard, read)
    if value is None or not _may_replace(heard, "activite") or _speaks_of_tools(heard):
        return False
    heard.memory.offers.pop("activite", None)
    return heard.set("activite", value)


def _speaks_of_tools(heard: Heard) -> bool:
    """« J'ai une appli en fait pour les rdv », beside a question: a need is spoken of, and no other trade told."""
    is_beside = heard.open is not None and heard.open.id != "activite" and not heard.is_button
    is_known = heard.before.slots.get("activite") not in (None, DONT_KNOW, SKIPPED)
    return is_beside and is_known and heard.entity("need") is not None and not PRESENTS.search(heard.plain)


def _sector_read(heard: Heard, read: Mapping[str, Any]) -> dict[str, Any] | None:
    """The sector read in the text; where two trades are as likely, they become buttons."""
    naf, confidence = str(read["naf"]), float(read.get("confidence") or 0.0)
    others = [one for one in read.get("alternatives") or () if one.get("naf")]
    rival = next((one for one in others if trade_key(one["naf"]) != trade_key(naf)), None)
    is_torn = rival is not None and 1 - confidence + float(rival.get("confidence") or 0.0) > TORN
    if (is_torn or confidence < CONFIDENT) and others and heard.before.slots.get("activite") is None:
        offers = {trade_key(naf): {"naf": naf, "label": read.get("label")}}
        for one in others[:3]:
            offers.setdefault(trade_key(one["naf"]), {"naf": one["naf"], "label": one.get("label")})
        if len(offers) > 1:
            heard.has_new_offers = True
            heard.memory.offers["activite"] = list(offers.values())
            return None
    said = (
        heard.words_of("sector") if heard.is_apart("sector", "place") or not heard.words_of("place") else ""
    )
    return sector_value(naf, read.get("label"), said)


def _status(heard: Heard) -> None:
    """« Infirmière libérale », « en auto-entreprise », « SARL » with the trade: what the owner is need not be asked."""
    if heard.is_button or "activite" not in heard.changes:
        return
    for form, words in FORMS.items():
        if words.search(heard.plain) and heard.before.slots.get("forme") is None:
            heard.changes["forme"] = form
    if heard.before.slots.get("statut") is not None:
        return
    for status, words in STATUSES.items():
        if words.search(heard.plain):
            heard.changes["statut"] = status
            return


def _place(heard: Heard) -> bool:
    own, read = heard.entity("lieu"), heard.entity("place")
    value: dict[str, Any] | None = None
    if isinstance(own, str) and own:
        value = _place_of_code(heard, own, read if isinstance(read, Mapping) else {})
    elif isinstance(own, Mapping):
        value = place_value(own)
    elif isinstance(read, Mapping):
        offered = _offered_places(heard, read)
        if len(offered) == 1:
            value = offered[0]
        elif read.get("alternatives") and not read.get("insee"):
            if _may_replace(heard, "lieu"):
                heard.has_new_offers = True
                heard.memory.offers["lieu"] = [place_value(one) for one in read["alternatives"][:5]]
                if heard.before.slots.get("lieu") is not None:
                    heard.changes["lieu"] = None
            return False
        elif any(read.get(key) for key in ("insee", "departement", "region")):
            value = place_value(read)
    if value is None or not _may_replace(heard, "lieu"):
        return False
    heard.is_homonym = heard.memory.offers.pop("lieu", None) is not None
    return heard.set("lieu", value)


def _offered_places(heard: Heard, read: Mapping[str, Any]) -> list[dict[str, Any]]:
    """« Celui de la région parisienne »: those of the places offered that lie in the one that was read."""
    if heard.open is None or heard.open.id != "lieu" or read.get("insee"):
        return []
    key = "departement" if read.get("departement") else "region"
    offers = heard.memory.offers.get("lieu") or ()
    return [dict(one) for one in offers if read.get(key) and one.get(key) == read.get(key)]


def _place_of_code(heard: Heard, code: str, read: Mapping[str, Any]) -> dict[str, Any] | None:
    within = {"departement": code[4:]} if code.startswith("dep:") else {"region": code[4:]}
    offers = _offered_places(heard, within) if code.startswith(("dep:", "reg:")) else []
    if len(offers) == 1:
        return offers[0]
    if code.startswith("dep:"):
        departement = code.removeprefix("dep:")
        found: dict[str, Any] = {"departement": departement, "region": REGION_OF.get(departement)}
        return found if found["region"] else None
    if code.startswith("reg:"):
        return {"region": code.removeprefix("reg:")}
    offered = next((one for one in heard.memory.offers.get("lieu") or () if one.get("insee") == code), None)
    if offered is not None:
        return dict(offered)
    if read.get("insee") == code:
        return place_value(read)
    if not re.fullmatch(r"\d[\dAB]\d{3}", code):
        return None
    departement = departement_of(code)
    return {"insee": code, "departement": departement, "region": REGION_OF.get(departement)}


def is_goal(heard: Heard) -> bool:
    """Whether the message answers the question of the goal in the owner's own words; a request is none."""
    is_open = heard.open is not None and heard.open.id == GOAL and not heard.is_button
    return is_open and heard.intent in GOAL_INTENTS and heard.memory.awaiting != "urgence"


def _headcount(heard: Heard) -> bool:
    value = headcount_value(heard.entity("effectif")) or headcount_value(heard.entity("headcount"))
    if value == {"min": 1, "max": 1} and ONE_EMPLOYEE.search(heard.plain):
        value = {"min": 2, "max": 2}  # who has one employee does not work alone
    # « On est deux maintenant » needs no « non » before it.
    is_news = bool(NOW.search(heard.plain)) and heard.entity("headcount") is not None
    return value is not None and (is_news or _may_replace(heard, "effectif")) and heard.set("effectif", value)


def _needs(heard: Heard) -> bool:
    if heard.is_in_other_form:
        return False  # what a lent employee or a volunteer can do is not what this firm wants
    if heard.intent == "not_this_reason":
        return False  # « trop cher » tells why an action was taken away, and wishes for nothing
    if heard.before.slots.get("plan") and PUT_OFF.search(heard.plain):
        return False  # « les devis, plus tard » puts an action off, and refuses nothing
    wanted = [str(one["value"]) for one in heard.entities if one.get("entity") in ("need", "besoins")]
    refused = [str(one["value"]) for one in heard.entities if one.get("entity") in ("negated_need", "refus")]
    if heard.intent == "pooling":
        wanted = [
            key for key in wanted if key == "mutualisation"
        ]  # what is bought together is no wish to sell
    known = QUESTIONNAIRE.needs
    needs, no = list(heard.before.slots.get("besoins") or ()), list(heard.before.slots.get("refus") or ())
    old = (list(needs), list(no))
    if heard.open is not None and not heard.is_button:
        # Beside a question, only what is clearly a wish or a refusal counts: « pas de site » is an answer.
        is_answer = any(one.get("entity") == heard.open.id for one in heard.entities)
        is_there = bool(ALREADY.search(heard.plain)) and not WISHING.search(heard.plain)
        is_wish = is_goal(heard) or (heard.intent == "express_need" and not is_answer and not is_there)
        wanted = wanted if is_wish else []
        refused = refused if is_goal(heard) or REFUSING.search(heard.plain) else []
    has_plan_or_way = heard.is_in_form or bool(heard.before.slots.get("plan"))
    for key in refused:
        if key in known and key not in no:
            no.append(key)
        needs = [one for one in needs if one != key]
    for key in wanted:
        # Asking for information on aids or trainings is no wish for one more action in the plan.
        if key in known and key not in needs and not (heard.intent in ASIDES and has_plan_or_way):
            needs.append(key)
        no = [one for one in no if one != key]
    if (needs, no) == old:
        return False
    heard.changes["besoins"], heard.changes["refus"] = needs or None, no or None
    return True
