"""From what the components found to one reading: which intent stands, which needs count.

The guideline's order of intents: a precise request, a need, the firm, politeness. The needs follow from the
intent: the object of an aid or a training is one, the word that somebody wants explained is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set

from spacy.tokens import Doc

from bot.messages import Intent, Need, NluReading, Sector
from bot.nlu.negation import Judged, Stance
from bot.nlu.stance_model import NeedStance
from bot.nlu.text import Normalised

# of these, what is spoken of is no need of the firm
_ABOUT_SERVICE = frozenset(
    "explain_why explain_term what_use ask_privacy delete_data export_data complaint chitchat_bot out_of_scope help "
    "ask_progress ask_report back restart skip".split()
)
_IDLE = frozenset("chitchat_bot complaint out_of_scope delete_data export_data ask_privacy".split())
# Requests that are not made without one of these words: a message of the firm that only looks like one is none.
_CUES = {
    "what_use": re.compile(
        r"\b(?:ser[ts]|servir\w*|serv\w+|util\w+|interet|interess\w+|apport\w+|chang\w+|gagn\w+|vaut|rapport\w+|"
        r"besoin|convain\w+|a quoi bon|pourquoi|pour quoi|obligat?\w*|oblige\w*|rentable|avantage\w*|doute|benefi\w+|"
        r"necessaire|indispensable|en quoi|aide\w*|faut|sans|franchement|vraiment|gadget\w*|mode|plus)\b"
    ),
    "explain_term": re.compile(
        r"\b(?:quoi|veut dire|veulent dire|signifi\w+|defini\w+|expli\w+|kesako|kezako|qu'est|qu'es|comprend\w*|"
        r"compris|mot|terme|sens|c koi|entend\w*|appel\w+|ca veut|difference|connais|jargon|traduction)\b"
    ),
    "ask_aid": re.compile(
        r"\b(?:aide\w*|subvention\w*|financ\w+|prets?|primes?|rembours\w+|prise\w* en charge|pay\w+|paie\w*|cheques?|"
        r"credit\w*|bourses?|droits?|fonds|opco|fafcea|budget|combien|cout\w+|argent|eligib\w+|dispositif\w*|sous|"
        r"emprunt\w*|coup de pouce|reduction\w*|participation|pris en charge|bpi\w*|plafond|montant\w*|touch\w+|"
        r"dossier|demarche\w*|garantie\w*|avance\w*|cofinanc\w+|toucher|region\w*)\b"
    ),
    "ask_training": re.compile(
        r"\b(?:form\w+|apprend\w*|apprenti\w+|stage\w*|atelier\w*|cours|initi\w+|perfection\w*|tuto\w*|webinaire\w*|"
        r"session\w*|module\w*|montrer?|enseign\w+|coach\w*|accompagn\w+|mooc|certif\w+|cpf|monter en competence\w*)\b"
    ),
}
# « cours de maths à domicile » is a trade: to ask for a training one asks.
_ASKS = re.compile(
    r"\?|\b(?:cherch\w+|veu[xt]?|voul\w+|voudr\w+|aimer\w+|besoin|souhait\w+|quel\w*|comment|ou|existe\w*|y a|avez|"
    r"proposez|peu[xt]|possible|inscri\w+|me former|se former|nous former|apprendre|aide\w*|interesse\w*|faut|faudrait|"
    r"connai\w+|savez|combien|trouver|recherch\w+|conseill\w+|manque\w*|demand\w+|est ce|qui)\b"
)
# Without any of these, a message that names a trade and no need asks for nothing.
_WISH = re.compile(
    r"\?|\b(?:veu[xt]?|voul\w+|voudr\w+|aimer\w+|souhait\w+|cherch\w+|recherch\w+|besoin|faut|faudr\w+|manqu\w+|comment|"
    r"pas|plus|jamais|rien|trop|probleme\w*|souci\w*|galer\w*|marre|perd\w*|oubli\w+|pein\w+|difficile|complique\w*|"
    r"envie|aider?|aidez|mieux|perdus?|demand\w+|exig\w+|arriv\w+|peur|stop|sans|ni|non|surtout|juste)\b"
)
_REQUESTS = frozenset(
    "ask_aid ask_training ask_resource ask_skill_exchange ask_human ask_progress ask_report ask_privacy delete_data "
    "export_data explain_why explain_term what_use complaint chitchat_bot help restart".split()
)
_SURE_SENTENCE = 0.6
# Above it the model of the whole text is right 99 times in 100: cue words and single sentences know it less well.
_SURE_WHOLE = 0.9
_SURE_TRADE = 0.9
# « Je suis souffleur de rêves »: who is something presents himself, whatever the words that nobody taught.
_UNSURE = 0.3
_PRESENTS = re.compile(
    r"\W*(?:moi )?(?:je suis|on est|nous sommes|je tiens) "
    r"(?!pas\b|plus\b|la\b|d'|perdu|pret|sur\b|ok\b|desole|en\b)\w{4,} \w+"
)
# From which share on a need is wanted or refused; below both it is neither: what is perhaps refused is not
# proposed.
_WANTED, _REFUSED, _REFUSED_BY_RULES_TOO = 0.55, 0.65, 0.4
_WANTED_DESPITE_RULES, _WANTED_UNNAMED = 0.7, 0.6
_SURELY_ASKED = 0.9
# The object of a request counts (guideline): where the lexicon finds it wanted, half a doubt is no objection.
_OBJECT = 0.3
_HAS_OBJECT = frozenset(("ask_aid", "ask_training", "ask_resource"))
# « on voudrait exporter »: nothing stands between the wish and what is wished.
_WISHED = re.compile(
    r"\b(?:veu[xt]|voulons|voudr(?:ais|ait|ions)|aimer(?:ais|ait|ions)|souhait(?:e|ons|erais|erait)|faudrait|"
    r"cherch(?:e|ons)|juste) "
    r"(?:(?:aussi|bien|un|une|des|du|de|d'|le|la|les|me|m'|nous|avoir|faire|etre|mieux) ?)*$"
)
_NO_INTEREST = re.compile(r"\b(?:m|nous) ?'?interess\w+ (?:pas|plus|guere)\b")
_MARKS_ONLY = re.compile(r"[\s?!.,;:…\-_*()/]+")
_POLITE = frozenset("greet goodbye thanks affirm deny dont_know".split())
_ALWAYS = {"ask_aid": "financement", "ask_training": "formation", "ask_skill_exchange": "mutualisation"}


def decide(text: str, doc: Doc) -> NluReading:
    """The reading of one text from its analysed document."""
    n: Normalised = doc._.corrected
    sector: Sector | None = doc._.sector
    judged = tuple(one for one in doc._.needs if not _names_trade(n, one, sector))
    of_trade = {one.mention.key for one in doc._.needs} - {one.mention.key for one in judged}
    stances = {key: stance for key, stance in doc._.need_stances.items() if key not in of_trade}
    by_rules = {one.mention.key for one in judged if one.stance in (Stance.REFUSED, Stance.HAS)}
    by_rules -= {one.mention.key for one in judged if one.stance is Stance.WANTED}
    named = {one.mention.key for one in judged}
    wanted = {
        key: stance
        for key, stance in stances.items()
        if stance.wants
        >= (_WANTED_DESPITE_RULES if key in by_rules else _WANTED if key in named else _WANTED_UNNAMED)
    }
    refused = {
        key: stance
        for key, stance in stances.items()
        if stance.refuses >= (_REFUSED_BY_RULES_TOO if key in by_rules else _REFUSED) and key not in wanted
    }
    wished = _wished(n, judged, stances)
    for key in (*_objects(doc._.intents[0].name, judged, stances), *wished):
        wanted.setdefault(key, stances[key])
        refused.pop(key, None)
    asked = _asked_for(doc._.intents[0], judged)
    if asked in stances and asked not in refused:
        wanted.setdefault(asked, stances[asked])
    ranking = _ranking(doc._.intents, judged, wanted.keys(), refused.keys(), doc)
    is_guess = ranking[0].name == "ask_resource" and ranking[0].confidence < _SURE_SENTENCE
    if wished and (ranking[0].name == "describe_business" or is_guess):
        ranking = _lift(ranking, "express_need")
    intent = ranking[0]
    if sector is not None and intent.name in _IDLE and sector.confidence < _SURE_TRADE:
        sector = None  # « tu préfères le beurre doux ? » presents no dairy
    needs, negated_needs = _needs(n, intent.name, wanted, refused)
    return NluReading(
        text=text,
        intent=intent,
        ranking=ranking,
        sector=sector,
        place=None if _is_off_topic(intent) and sector is None and not _is_all(text, doc) else doc._.place,
        headcount=None if _is_departement(text, doc) else doc._.headcount,
        needs=needs,
        negated_needs=negated_needs,
    )


def _asked_for(first: Intent, judged: Sequence[Judged]) -> str | None:
    """The need that the first intent brings, where the lexicon finds it too.

    « formation Facebook pour ma vendeuse, boutique à Nîmes » asks for one, though it presents the firm as well.
    """
    key = _ALWAYS.get(first.name)
    named = any(one.mention.key == key and one.stance is Stance.WANTED for one in judged)
    return key if named and first.confidence >= _SURELY_ASKED else None


def _wished(n: Normalised, judged: Sequence[Judged], stances: Mapping[str, NeedStance]) -> tuple[str, ...]:
    """The needs that stand right behind a wish; not those that another mention in the text turns down."""
    unlike = {one.mention.key for one in judged if one.stance is not Stance.WANTED}
    return tuple(
        one.mention.key
        for one in judged
        if one.mention.key not in unlike
        and one.mention.key in stances
        and stances[one.mention.key].wants >= _OBJECT
        and _WISHED.search(n.plain[: n.tokens[one.mention.start].start][-60:])
    )


def _objects(intent: str, judged: Sequence[Judged], stances: Mapping[str, NeedStance]) -> tuple[str, ...]:
    """The needs that an aid, a training or a resource is asked for: « une aide pour le e-commerce ? »."""
    if intent not in _HAS_OBJECT:
        return ()
    named = dict.fromkeys(one.mention.key for one in judged if one.stance is Stance.WANTED)
    return tuple(
        key
        for key in named
        if key in stances and stances[key].wants >= _OBJECT and stances[key].refuses < _OBJECT
    )


def _is_all(text: str, doc: Doc) -> bool:
    """Whether nothing but a place is said: « 35400 ». « Un poème sur Bordeaux » tells no place of a firm."""
    span = None if doc._.place is None else doc._.place.span
    return span is not None and not (text[: span[0]] + text[span[1] :]).strip(" .,!")


def _is_off_topic(intent: Intent) -> bool:
    return intent.name == "out_of_scope" and intent.confidence >= 0.35


def _is_departement(text: str, doc: Doc) -> bool:
    """Whether what was taken for people is the number of the place's département: « Saint-Denis, 93 »."""
    people, place = doc._.headcount, doc._.place
    if people is None or place is None or people.span is None:
        return False
    said = text[people.span[0] : people.span[1]].strip(" .,()")
    return said.isdigit() and said == place.departement


def _ranking(
    given: Sequence[Intent], judged: Sequence[Judged], wanted: Set[str], refused: Set[str], doc: Doc
) -> tuple[Intent, ...]:
    """The model's ranking after the guideline's order; a changed place keeps the confidences a distribution."""
    ranking = list(given)
    # « c'est quoi pour moi ? » asks what a word means: of what use a thing is, is said in words of use.
    if ranking[0].confidence <= _SURE_WHOLE or ranking[0].name == "what_use":
        ranking = list(_without_cueless(given, doc))
        if ranking[0].name not in _REQUESTS and (asked := _request_of_a_sentence(doc)):
            return _lift(ranking, asked)
    if _MARKS_ONLY.fullmatch(doc._.corrected.plain):
        return _lift(ranking, "out_of_scope")
    top = ranking[0].name
    strong = any(one.mention.strong and one.mention.key in wanted for one in judged)
    if top in _ALWAYS and _ALWAYS[top] in refused:
        return _lift(ranking, "express_need")
    if top == "describe_business" and (strong or refused):
        return _lift(ranking, "express_need")
    if top == "express_need" and not wanted and not refused:
        names_only = bool(judged) and all(one.stance is Stance.NAMED for one in judged)
        if names_only or (doc._.sector is not None and not _WISH.search(doc._.corrected.plain)):
            return _lift(ranking, "describe_business")
    if top in ("deny", "affirm", "goodbye") and refused:
        return _lift(ranking, "express_need")
    if (
        top in _POLITE
        and doc._.sector is not None
        and doc._.sector.confidence >= 0.86
        and len(doc._.plain.tokens) >= 2
    ):
        return _lift(ranking, "describe_business")
    if ranking[0].confidence < _UNSURE and _PRESENTS.match(doc._.corrected.plain):
        return _lift(ranking, "describe_business")
    return tuple(ranking)


def _request_of_a_sentence(doc: Doc) -> str | None:
    """The request that one sentence makes by itself: by the guideline it comes before what the others say."""
    for part, (first, second) in doc._.parts:
        cues = _CUES.get(first.name)
        if (
            first.name in _REQUESTS
            and first.confidence >= _SURE_SENTENCE
            and first.confidence - second.confidence >= 0.2
            and (cues is None or cues.search(part.plain))
            and (first.name not in ("ask_aid", "ask_training") or _ASKS.search(part.plain))
        ):
            return str(first.name)
    return None


def _without_cueless(given: Sequence[Intent], doc: Doc) -> Sequence[Intent]:
    """The model's ranking, what lacks its cue words behind what has them."""
    top = given[0].name
    # « internet ça m'intéresse pas » asks for no use of it
    plain = doc._.corrected.plain if top != "what_use" else _NO_INTEREST.sub("", doc._.corrected.plain)
    lacks = top in _CUES and not _CUES[top].search(plain)
    if top in ("ask_training", "ask_aid") and doc._.sector is not None and not _ASKS.search(plain):
        lacks = True
    if not lacks:
        return given
    better = next(
        (one.name for one in given[1:] if one.name not in _CUES or _CUES[one.name].search(plain)), None
    )
    if top in ("ask_training", "ask_aid") and doc._.sector is not None:
        better = "describe_business"
    return given if better is None else _lift(given, better)


def _lift(ranking: Sequence[Intent], name: str) -> tuple[Intent, ...]:
    """The ranking with `name` first: it takes the confidence of the first on top of its own."""
    first = ranking[0]
    if first.name == name:
        return tuple(ranking)
    own = next((intent.confidence for intent in ranking if intent.name == name), 0.0)
    rest = [intent for intent in ranking[1:] if intent.name != name]
    lifted = Intent(name, round(min(1.0, own + first.confidence * 0.9), 4))
    return (
        lifted,
        *sorted([Intent(first.name, round(first.confidence * 0.1, 4)), *rest], key=lambda i: -i.confidence),
    )


def _names_trade(n: Normalised, judged: Judged, sector: Sector | None) -> bool:
    """Whether the words are those that the trade was read from (« je vends des sites »)."""
    if sector is None or judged.mention.strong or judged.stance is Stance.REFUSED:
        return False
    start = n.offsets[n.tokens[judged.mention.start].start]
    end = n.offsets[n.tokens[judged.mention.end - 1].end - 1] + 1
    return sector.span[0] <= start and end <= sector.span[1]


def _needs(
    n: Normalised, intent: str, wanted: Mapping[str, NeedStance], refused: Mapping[str, NeedStance]
) -> tuple[tuple[Need, ...], tuple[Need, ...]]:
    """The needs wanted and refused; the intent brings its own, or says that none is spoken of."""
    if intent in _ABOUT_SERVICE:
        return (), ()
    needs = _in_order(n, wanted)
    always = _ALWAYS.get(intent)
    if always is not None:
        needs.setdefault(always, Need(always, n.span(0, len(n.plain))))
    negated = _in_order(n, {key: stance for key, stance in refused.items() if key != always})
    return tuple(needs.values()), tuple(negated.values())


def _in_order(n: Normalised, stances: Mapping[str, NeedStance]) -> dict[str, Need]:
    """The needs by where they stand in the text."""
    ordered = sorted(stances.items(), key=lambda item: item[1].start)
    return {key: Need(key, n.span(stance.start, stance.end)) for key, stance in ordered}
