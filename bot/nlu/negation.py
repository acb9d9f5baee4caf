"""Decides of each mention of a need whether the owner wants it, refuses it, or only names it.

The text is cut into clauses (punctuation, « mais », « par contre », « et » before a verb); a refusal reaches
from its cue to the end of its clause, or backwards when it follows (« Facebook, c'est fini »). spaCy's
analysis, where it is given, tells a verb after « et » or a comma from one more noun of the refused list.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from bot.nlu.needs import Mention
from bot.nlu.text import Normalised


class Stance(Enum):
    """What the owner makes of a need that he speaks of. NAMED: he does not say."""

    WANTED = "wanted"
    REFUSED = "refused"
    HAS = "has"
    NAMED = "named"


@dataclass(frozen=True, slots=True)
class Judged:
    """A mention and the stance on it."""

    mention: Mention
    stance: Stance


# All expressions are on the plain text of one clause: lower case, no accents, ' for every apostrophe.
_NOT = r"(?:pas|plus|jamais|point|guere|aucun(?:e)?)"
_FILLER = r"(?:[\w']+\s+){0,%d}?"

# not a refusal although « pas » is in it
_NOT_REFUSAL = re.compile(
    r"\brien contre\b|\bpas contre\b|\bpar contre\b|\bpas (?:seulement|que|qu'|uniquement|juste|simplement|mal de|encore de|encore|assez|sur|sure|facile|possible|"
    r"simple|grand chose|le choix|contre|loin|cher|chere|trop cher|non plus contre)\b"
    r"|\bpourquoi pas\b|\b(?:ce )?n'?est pas que je ne .{0,25}?\bpas\b|\bne (?:dis|dit|dirais|dirai) pas non\b|\bdis pas non\b|\bdirais pas non\b|\brefuse(?:rais)? pas\b"
    r"|\bpas (?:un|une) luxe\b|\bn'est[- ]ce pas\b|\bplus (?:de|d') (?:clients?|clientele|visibilite|monde|ventes|avis|"
    r"temps|commandes|reservations|abonnes|passage|notoriete)\b|\bsans (?:doute|arret|cesse|faute|commission|frais|"
    r"contact|fil|y passer|me ruiner|passer|perdre|trop|prise)\b|\b(?:ne )?peux (?:plus|pas) (?:me )?passer de\b"
    r"|\b(?:sais|sait|arrive|arrives|arrivons|arrivent|peux|peut|pouvons|comprends|comprend|connais|connait|"
    r"trouve|trouvent|marche|fonctionne|maitrise|maitrisons|savons|savent|repond|repondent|viennent|suffit|"
    r"ai pas le temps|a pas le temps|voit|voient|reconnait) (?:pas|plus|rien|jamais|guere)\b"
    r"|\bpas le temps\b|\bpas les moyens\b|\bpas d'argent\b|\bpas a (?:jour|la hauteur)\b"
)
_LACK = re.compile(
    r"\b(?:n'|n |ne )?(?:ai|a|avons|avez|ont|avait|avais|y a|disposons|dispose|possede|possedons) "
    r"(?:toujours |vraiment |meme |encore )?(?:pas|plus|aucun|aucune|jamais eu|ni)"
    r"(?: encore| toujours| vraiment)?(?: de| d'| du| un| une| la| le)?(?: \w+)?$"
)
_REFUSAL = re.compile(
    r"\b(?:ne |n'|n )?(?:veux|veut|voulons|voudrais|voulait|souhaite|souhaitons|desire|desirons|tiens|tenons|compte|"
    r"comptons|cherche|cherchons|aime|aimons|envisage|envisageons|prevois|prevoyons|prevu|vois|supporte|faut|"
    r"interesse|interessent|interesses|interessee|parle|parlez|parlons|propose|proposez|mettez|demande|attends|"
    r"ferai|ferons|fais|faisons|vais|allons|irai|va|prends|prendrai|prendrons|utilise|utiliserai|changer|change|"
    r"importe|concerne|crois|sers|convient|motive|branche|tente|plait|reve)"
    r"(?:[- ](?:moi|nous|vous))? (?:surtout |vraiment |absolument |toujours |meme |ni |donc )?"
    r"(?:pas|plus|jamais|point|aucun|aucune|rien)\b"
    r"|\bj?(?:veux|ve|vx) (?:pas|plus)\b|\bjveu[xt]? pas\b|\bj'?(?:en )?veu[xt] (?:pas|plus|surtout pas)\b"
    r"|\b(?:surtout|certainement|absolument|vraiment) pas\b|\bhors de question\b|\bpas question\b"
    r"|\bpas (?:besoin|envie|interesse|interessee|interesses|la peine|utile|necessaire|question|fan|convaincu|"
    r"convaincue|pour moi|pour nous|ma tasse|mon truc|concerne|concernee|client)\b|\bplus (?:besoin|envie)\b"
    r"|\b(?:aucun|aucune|nul) (?:besoin|envie|interet|utilite)\b|\bbesoin ni\b"
    r"|\brefus\w*\b|\bexclu\w*\b|\ballergique\b|\bpeu pour (?:moi|nous)\b|\bmarre (?:de|d'|des|du)\b|\bras le bol\b"
    r"|\bdeteste\w*\b|\bhorreur\b|(?<!par )\bcontre (?:le|la|les)\b|\bm'en (?:fous|fiche|passe|moque)\b"
    r"|\bnous en passons\b|\blaissez tomber\b|\blaisse tomber\b|\boubliez\b|\boublie (?:le|la|les)\b|\bevite[rz]?\b|\beviter\b"
    r"|\barrete[rz]?\b|\bstop\b|\bfini[es]? (?:le|la|les|avec|de)\b|\bnon (?:au|aux|a la|a l')\b"
    r"|\bsauf\b|\bexcepte\b|\bhormis\b|\ba part\b|\bau lieu d\w*\b|\bplutot qu\w*\b|\btout (?:sauf|mais pas)\b"
    r"|\bsans(?: avoir| passer| faire| mettre| creer| devoir| aucun| aucune)?\b|\bni\b|\bpas\b"
    r"|\bjamais (?:de|d'|un|une|sur)\b|\baucun(?:e)?\b|\bplus (?:de|d')\b"
)
# what comes after the thing: « X, non », « X c'est fini »
_REFUSED_AFTER = re.compile(
    r"^[ ,:;.!?]*(?:(?:alors|ca|c'|la|lui|franchement|vraiment|moi|nous|merci|mais|et|desole|pour (?:moi|nous)) ?,? ?)*"
    r"(?:non\b|nan\b|jamais\b|surtout pas\b|hors de question|pas question|pas pour (?:moi|nous)|tres peu|sans moi|"
    r"(?:c'?|ca )?(?:est|c'est) (?:fini|termine|mort|non|pas pour|pas mon|pas notre|hors|exclu|inutile|niet|pas la peine|"
    r"pas necessaire|pas utile|pas une priorite|pas ma priorite|pas prioritaire|pas le sujet|pas mon truc)|"
    r"(?:j'|je |on |nous )?(?:n'|ne )?(?:en |y |l'|les? )?(?:ai |a |avons )?(?:veux|veut|voulons|souhaite|tiens|crois|touche|"
    r"besoin|envie)\w* (?:pas|plus|jamais|surtout pas)|(?:j'|je |on |nous )?(?:n'|ne )?(?:en )?(?:ai|a|avons) (?:pas|plus|aucun) "
    r"(?:besoin|envie|l'utilite)|(?:ca |cela )?(?:ne )?(?:m'|nous |me )?interesse(?:nt)? (?:pas|plus)|"
    r"(?:ca |cela )?(?:ne )?(?:me |nous )?(?:sert|servent|serviront|servirait|dit|plait|parle|concerne)\w* (?:a )?(?:rien|pas)|"
    r"(?:on|je|nous) (?:oublie|oublions|laisse|arrete|refuse|deteste|s'en passe|m'en passe|m'en fous|m'en fiche|evite|"
    r"verra plus tard)|(?:j'|je )?(?:en )?(?:ai |a )?(?:marre|ras le bol|horreur)|bof\b|poubelle|niet\b|inutile|"
    r"(?:peut|peuvent) attendre|j'ai (?:deja )?donne|(?:on|je) (?:s'en|m'en) porte\w* (?:tres )?bien|plus tard\b|pas maintenant|pas pour l'instant|pas tout de suite)"
)
# « j'ai déjà X », « X, on l'a déjà », « content de X »
_HAS_BEFORE = re.compile(
    r"\bdeja\b(?! (?:essaye|tente|entendu|pense|vu|perdu))|\bce qu'il (?:me |nous )?faut (?:pour|en|cote|comme)\b|\bequipee?s? (?:pour|en|cote|d'un)\b|\bcontente?s? (?:de|d'|du|avec)\b|\bsatisfaite?s? (?:de|d'|du|des|avec)\b|\bsuffit\b"
    r"|\b(?:garde|gardons|conserve|conservons) (?:mon|ma|mes|notre|nos|le|la)\b"
)
_HAS_AFTER = re.compile(
    r"^[ ,:;.]*(?:[\w']+ ){0,5}?(?:(?:je |on |nous )?(?:l'|les |j'en |en )?(?:ai|a|avons) deja|deja (?:fait|en place|la|regle|"
    r"bon|ok|equipe)|deja pret\w*|(?:c'?est|est) (?:pret\w*|mon|ma|notre|un|une|le|la)\b(?= (?:comptable|notaire|fille|fils|femme|mari|gendre|neveu|niece|cousin|"
    r"cousine|beau|belle|prestataire|agence|associee?|secretaire|frere|soeur|expert|expert-comptable|patron|collegue|"
    r"gars|societe|boite|voisin|copain|ami))|ok\b|(?:marche|tourne|roule) (?:au poil|nickel)|(?:c'?est|est) (?:fait|regle|bon\b(?! marche)|ok\b|en place|deja|parfait|tres bien|gere)|ca (?:va|roule|marche|tourne|"
    r"me va|nous va|me suffit|suffit|baigne)\b(?! pas)|(?:me|nous) (?:suffi(?:t|sent)|va|vont|convien\w*)\b|(?:marche|fonctionne|tourne|roule)\w* "
    r"(?:tres |super |parfaitement |impec )?(?:bien|nickel|impec|parfaitement)|(?:tres |super )?(?:content|satisfait)\w*|"
    r"impec\w*|nickel|rien a (?:redire|changer|faire)|excellent\w*|parfait\w*|(?:je|on|nous) n'?y touche\w* pas|(?:j'ai|on a|nous avons) (?:deja )?(?:un|une|mon|ma|quelqu'un|le|la|notre)\b.{0,40}?\b(?:pour ca|qui s'en|qui gere|qui fait|s'en (?:charge|occupe))|s'en (?:charge|occupe)|sous controle|j'en suis (?:content|satisfait)\w*)"
)
_SPOILT = re.compile(
    r"\b(?:vieu[xt]\w*|vieilli\w*|vieillot\w*|ancien\w*|date\b|datent|moche|laid|nul\w*|lent\w*|rame\w*|bug\w*|plante\w*|"
    r"depasse\w*|obsolete\w*|casse\w*|abandon\w*|mal fait|pas a jour|plus a jour|ne marche|marche (?:pas|plus|mal)|"
    r"fonctionne (?:pas|plus|mal)|sert (?:a rien|pas)|vend (?:rien|pas)|rapporte (?:rien|pas)|personne|rien ne|"
    r"refaire|ameliorer|moderniser|changer|mettre a jour|remplacer|trop (?:cher|complique|vieux|lent|petit)|cher|galere|"
    r"complique|illisible|moyen|bof|pas terrible|pas top|manque|insuffisant|en panne|pirat\w+|ne suffit (?:pas|plus)|"
    r"suffit (?:pas|plus)|aide\w* a|pas visible|introuvable|s'affiche mal|au point mort|mort\b|vide|desert)"
)
_WANT = re.compile(
    r"\b(?:veux|veut|voulons|voudrais|voudrait|voudrions|aimerais|aimerait|aimerions|souhaite|souhaites|souhaitons|souhaiterais|"
    r"cherche|cherchons|recherche|recherchons|faudrait|faut|manque|besoin|envie|interesse|interessee|aidez|aide moi|aider|"
    r"preferes?|prefererais|preferons|plutot|comment|juste|seulement|uniquement|surtout|oui|priorite|pret a|prete a|"
    r"reve|jveux|jvoudrais|jcherche|besion|pourquoi pas|ok pour|d'accord pour|interesse par|volontiers)\b"
)
_STRONG_CUT = re.compile(
    r"[.!?;\n…:]|\s-\s|\bmais\b(?! pas\b)|\bpar contre\b|\ben revanche\b|\bsinon\b|\bcependant\b|\bpourtant\b|\bcar\b"
    r"|\bparce qu\w*\b|\bpar contr\b|\balors que\b|\btandis que\b"
)
# a comma or « et » opens a clause when a subject or a wish follows
_SOFT_CUT = re.compile(
    r"(?:,|\bet\b|\bpuis\b|\bdonc\b)\s*(?=(?:en fait |moi |nous |aussi |la |par contre |plutot |juste |seulement |ce qu )*"
    r"(?:je|j'|on|nous|il|ils|elle|ca|c'est|ce qu|aide|aidez|jveux|jvoudrais|jcherche|plutot|juste|seulement|uniquement|"
    r"oui|mes|mon|notre|nos|les clients|comment|pour)\b)|\bplutot\b(?! qu)|\bc'est (?=pour|de|d'|du|la|le|un)|(?<=\w) juste (?=\w)"
    r"|,\s*(?=(?:surtout |certainement |ni |pas |sans |sauf |a part |je ne |j'ai deja))"
)


# what nobody wants: to be rid of it is the need
_NUISANCE = re.compile(
    r"\b(?:paperasses?|papiers?|impayes?|lapins?|pirat\w*|hack\w*|virus|arnaques?|phishing|rancon\w*|appels|gaspillage|ruptures?|"
    r"fraudes?|spams?|commissions?|administratif|retards?|mauvais|faux|especes|cheques|booking|main|cahier|excel|"
    r"escroc\w*|vol\w{0,2}|pertes?|invendus|no show)\b"
)
_STARTS_WITH_NOT = re.compile(r"(?:pas|plus|jamais|aucune?)\b")
_WISH_VERB_LAST = re.compile(
    r"(?:veu[xt]?|voulons|voudrais|demand\w+|cherch\w+|souhait\w+|faut|besoin|envie|surtout|tiens)\s*$"
)
_TURNED_DOWN = re.compile(
    r"\b(?:veu[xt]?|voulons|souhait\w+|cherch\w+|envisag\w+|compt\w+|tiens|demand\w+|prevu|aime) (?:surtout |vraiment |"
    r"absolument )?(?:pas|plus|jamais)\b|\b(?:pas|plus|aucun|aucune) (?:besoin|envie|interet|question)\b|\bsurtout pas\b|"
    r"\bhors de question\b|\bplutot qu\w*\b|\bau lieu d\w*\b|\bsans\b|\brefus\w*\b|\barretez\b|\bstop\b|\bni\b|\bpas interess\w*\b"
)
_INSTEAD = re.compile(
    r"\b(?:plutot|mieux vaut|vaut mieux|prefer\w+)\b.{3,60}\bqu(?:e|') ?(?:d'|de |un |une |le |la |les |l'|des |du |faire |avoir )*$|"
    r"\bprefer\w+ .{3,40}\b(?:a|aux?) (?:la |l'|une? )?$"
)
_CONTRAST = re.compile(r"\W*(?:mais|par contre|en revanche|seulement|sauf que)\b")
_NONE_LEFT = re.compile(r"\b(?:aucune?|pas (?:de|d'|encore)|zero|toujours pas|jamais (?:eu|fait)|rien)\b")
_PROUD = re.compile(
    r"\b(?:s'en porte|m'en porte|m'en passe|s'en passe|nous en passons)\w*|\bmanquent? pas\b|\btres bien (?:comme ca|sans)\b|"
    r"\ben veu[xt]? pas\b|\bcompte pas\b|\bca me va\b|\btant mieux\b"
)
_POSSESSES = re.compile(
    r"\b(?:j'ai|jai|on a|il y a|avons|avez|possed\w+|utilis\w+|me sers d\w*|(?:on|je) prends?|prenons|accept\w+)\s+"
    r"(?:bien |aussi |un |une |mon |ma |mes |des |le |la |les |notre |nos |du |de la |\d+ |deja |toujours )*(?:\w+ (?:et|,) (?:un |une |des )?)?(?:\w+ (?:sur|en) )?$"
)
_GOOD = re.compile(
    r"[ ,]*(?:[\w']+ ){0,3}?(?:propre|nickel|tres bien|impec\w*|super|parfait\w*|recente?|neu[fv]e?|efficace|solide|qui (?:me |nous )?"
    r"(?:va|suffit|convient|marche|tourne|roule)|depuis (?:toujours|longtemps|des|\d+|deux|trois|cinq|dix)|ca (?:va|me va|suffit)|bien a jour|a jour)\b"
)
_OF_THE_SAME = re.compile(
    r"\W*(?:mais|par contre|sauf|cependant|pourtant|seulement|, ?(?:il|elle|mais)\b(?! (?:me|nous|m'|faut|faudrait|manque|y)))"
)
_NO_WISH = frozenset("comment aider faut besoin surtout manque veut interesse plutot".split())
_REFUSED_LATER = re.compile(
    r"\b(?:ne |n'|n )?(?:m'|nous |me |l')?(?:interesse|interessent|plait|sert|serviront|concerne|en veux?|en voulons|convient)\w* "
    r"(?:vraiment |absolument )?(?:pas|plus|rien|a rien)\b|\bj'en veux? (?:pas|plus)\b|\btres peu pour\b|\bc'est fini\b|"
    r"\bhors de question\b|\bpas question\b|\bsans moi\b|\bs'en porte\w* (?:tres )?bien\b|"
    r"\bpas besoin (?:d'aide|la[- ]dessus|de ce cote|pour ca)|\b(?:ai|a|avons) pas (?:du tout )?besoin\b(?! d'un| d'une| de)"
)


def judge(
    n: Normalised, mentions: Sequence[Mention], starts_clause: Callable[[int], bool] | None = None
) -> list[Judged]:
    """The stance on each mention.

    `starts_clause(i)` says of the token after an « et » or a comma that a verb of its own governs what follows.
    """
    if not mentions:
        return []
    clauses = _clauses(n, mentions, starts_clause)
    judged = []
    for mention in mentions:
        start, end = n.tokens[mention.start].start, n.tokens[mention.end - 1].end
        index = next(i for i, (a, b) in enumerate(clauses) if a <= start < b)
        judged.append(Judged(mention, _stance(n, mention, mentions, start, end, clauses, index)))
    return judged


_MAY_REFUSE = re.compile(
    r"\b(?:pas|plus|jamais|aucun\w*|sans|ni|non|nan|sauf|plutot|refus\w*|marre|fini|part|lieu|rien|deja|stop|"
    r"evit\w*|hors|hormis|laisse\w*|oubli\w*|detest\w*|exclu\w*)\b"
)


def may_refuse(n: Normalised) -> bool:
    """Whether any word of the text could refuse something; cheap, and often wrong on the safe side."""
    return _MAY_REFUSE.search(n.plain) is not None


def _clauses(
    n: Normalised, mentions: Sequence[Mention], starts_clause: Callable[[int], bool] | None
) -> list[tuple[int, int]]:
    inside = [(n.tokens[m.start].start, n.tokens[m.end - 1].end) for m in mentions]
    cuts = {0, len(n.plain)}
    for match in (*_STRONG_CUT.finditer(n.plain), *_SOFT_CUT.finditer(n.plain)):
        if not any(a < match.start() < b for a, b in inside):
            cuts.add(match.start())
    if starts_clause is not None:
        for i in range(1, len(n.tokens)):
            before = n.plain[n.tokens[i - 1].end : n.tokens[i].start]
            joined = n.tokens[i - 1].word in ("et", "puis") or "," in before
            if joined and starts_clause(i) and not any(a < n.tokens[i].start < b for a, b in inside):
                cuts.add(n.tokens[i].start)
    ordered = sorted(cuts)
    return list(zip(ordered, ordered[1:], strict=False)) or [(0, len(n.plain) + 1)]


def _stance(
    n: Normalised,
    mention: Mention,
    mentions: Sequence[Mention],
    start: int,
    end: int,
    clauses: Sequence[tuple[int, int]],
    index: int,
) -> Stance:
    first, last = clauses[index]
    before, after = n.plain[first:start], n.plain[end:last]
    said = n.plain[start:end]
    following = [n.tokens[m.start].start for m in mentions if n.tokens[m.start].start >= end]
    until_next = n.plain[end : following[0]] if following else n.plain[end:]
    is_nuisance = _NUISANCE.search(said) is not None
    refused_before = _is_refused_before(before)
    if not refused_before and not is_nuisance and _is_refused_after(until_next):
        return Stance.REFUSED
    if mention.strong:
        return _strong_stance(said, before, is_nuisance)
    lacking = _LACK.search(before.rstrip()) is not None
    if (lacking or (_CONTRAST.match(before) and _NONE_LEFT.search(before))) and not _PROUD.search(until_next):
        return Stance.WANTED
    has = bool(_HAS_BEFORE.search(before)) or bool(_HAS_AFTER.match(until_next[:90]))
    if _is_spoilt(n, after, clauses, index, following):
        return Stance.REFUSED if refused_before and not has else Stance.WANTED
    if refused_before:
        return Stance.WANTED if is_nuisance else Stance.REFUSED
    if has:
        return Stance.HAS
    if _POSSESSES.search(before) and not _WANT.search(before) and not _WANT.match(said):
        return Stance.HAS if _GOOD.match(until_next[:50]) else Stance.NAMED
    return Stance.WANTED


def _strong_stance(said: str, before: str, is_nuisance: bool) -> Stance:
    """A complaint holds its own « pas »: only a wish turned down before it takes it back."""
    if _STARTS_WITH_NOT.match(said):
        # « je ne demande pas d'argent » refuses, « il n'y a pas d'argent » complains
        return Stance.REFUSED if _WISH_VERB_LAST.search(before) else Stance.WANTED
    cues = list(_TURNED_DOWN.finditer(_without_false_refusals(before)))
    if not cues or is_nuisance:
        return Stance.WANTED
    return Stance.WANTED if _WANT.search(before, cues[-1].end()) else Stance.REFUSED


def _is_spoilt(
    n: Normalised, after: str, clauses: Sequence[tuple[int, int]], index: int, following: Sequence[int]
) -> bool:
    """Whether what is there is old, slow or useless, said of it in its clause or in a « mais… » behind."""
    if _SPOILT.search(after[: max(0, _first(following, clauses[index][1]) - clauses[index][1] + len(after))]):
        return True
    if index + 1 >= len(clauses):
        return False
    start, end = clauses[index + 1]
    text = n.plain[start : _first(following, end)]
    return bool(_OF_THE_SAME.match(text) and _SPOILT.search(text))


def _first(following: Sequence[int], end: int) -> int:
    return min([end, *following])


def _without_false_refusals(text: str) -> str:
    return _NOT_REFUSAL.sub(lambda match: "_" * len(match.group()), text)


def _is_refused_before(before: str) -> bool:
    """Whether a refusal stands before the mention, in its clause, with no wish in between."""
    if _INSTEAD.search(before):
        return True
    kept = _without_false_refusals(before)
    cues = list(_REFUSAL.finditer(kept))
    if not cues:
        return False
    wish = _WANT.search(kept, cues[-1].end())
    return wish is None or wish.group() in _NO_WISH


def _is_refused_after(until_next: str) -> bool:
    if _REFUSED_AFTER.match(until_next[:80]):
        return True
    return bool(_REFUSED_LATER.search(until_next[:70]) and not re.search(r"\bmais\b", until_next[:30]))
