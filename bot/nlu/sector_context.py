"""What stands around a trade: is it the author's own, somebody else's, or only a need?

All patterns run on the corrected plain words of the message, joined by single spaces, with `,` and `.` standing
for the punctuation; a match excludes the words from it to the end of its clause, or up to the group `end`.
"""

from __future__ import annotations

import re

# Somebody else's trade, or the trade of a helper that the owner looks for. The scope ends with the clause.
_SOMEBODY = (
    "neveu|niece|cousin|cousine|voisin|voisine|ami|amie|copain|copine|pote|beau frere|belle soeur|gendre|gamin|"
    "collegue|confrere|concurrent|concurrents|fils|fille|frere|soeur|pere|mere|oncle|tante|gars|stagiaire|"
    "parents|beau pere|beau fils|banquier|comptable|juriste|avocate|expert comptable|assureur|notaire|avocat|"
    "imprimeur|proprietaire|infogerant|informaticien|"
    "locataire|medecin|cabinet comptable|cabinet d ?expertise|fournisseur|fournisseurs|prestataire|transporteur"
)
# « un comptable pour ma boulangerie », « les collaborateurs de mon cabinet »: from there on it is the author's again
_CLAUSE = (
    r"(?:(?! (?:mais|donc|je|j|nous|on|moi|(?:pour|de|dans|a) (?:mon|ma|notre)(?! (?:client|fils|fille|mari|femme))) )"
    r"[^.,])*"
)
_EXCLUDED = tuple(
    re.compile(pattern.replace("[^.,]*", _CLAUSE))
    for pattern in (
        r"\b(?:mes|nos|ma|notre|mon|de|des|comme|principaux|gros|les|pour|a des|aux|deux|trois|a mes) (?:clients?|"
        r"clientes|clientele|acheteurs|prospects|donneurs d ordres?)\b(?! (?:stp|svp|merci)\b)[^.]*",
        r"\bclient(?:s|es|ele)? (?:est|sont|c est|ce sont|de|:|:|tels que|comme|chez)\b[^.,]*",
        r"\bclient(?:s|es|ele)? , [^.]*",
        rf"\b(?:mon|ma|mes|notre|nos|son|un|une|le|la|du|de l) (?:{_SOMEBODY}) (?!et moi|et mes|m aide|travaille avec|"
        r"nous aide|on )[^.,]*",
        rf"\bchez (?:mon|ma|mes|le|la|un|une) (?:{_SOMEBODY})\b[^.,]*",
        r"\b(?:(?:je|on|nous) (?:\w+ )?)?(?:cherche|cherchons|recherche|recherchons|recrute|recrutons|embauche|"
        r"embaucher|recruter|trouver|chercher|connaissez|connaissez vous|recommander|conseiller|manque)(?: \w+)? "
        r"(?:vous )?(?:un|une|des|d|deux|trois|de|quelqu|bon|bonne|plusieurs|1|2|3|le|les|mon|ma|l)\b[^.,]*",
        r"\b(?:besoin|envie|marre|passer par|appel a|faire appel|remplacer|virer|payer) (?:d |de |a |au |aux |par )?"
        r"(?:un|une|l|le|la|mon|des|plusieurs|quelques)? ?(?!ma |mon )[^.,]*",
        r"\b(?:livre|livrons|livrer|fournis|fournissons|fournit|approvisionne|approvisionnons|equipe|demarche|"
        r"travaille|travaillons|bosse|sous traite|sous traitant|vends?|vendons|vend|vendre|exporter|loue|revends?|"
        r"distribue|"
        r"distribuons|intervenons|interviens|intervient|"
        r"livraison|vente|fournisseur|nettoie|nettoyons|intervention|pose|installe|dessine|conseille|forme) "
        r"(?:\w+ ){0,4}?(?P<scope>(?:aux|pour (?:les|des|le|la|un|une|l)|chez (?:les|des|un|une)|dans les|a des|a d "
        r"|a l|au|avec des|avec les)\b[^.,]*)",
        r"\b(?P<scope>(?:pour|aupres|destination|destine|destinee|destines|specialises? pour) (?:les|des|aux|de|d|aux "
        r"autres) (?!particuliers|pros|professionnels|entreprises)[^.,]*)",
        r"\b(?:ancien|ancienne|ex|avant j etais|j etais|etait|etaient|ancienne|autrefois|reconverti de|issu|issue|"
        r"reconversion|apres avoir ete|a la retraite) [^.,]*",
        r"\b(?:a cote|en face|pres|derriere|devant|au dessus|voisin|voisine|a deux pas|en dessous) (?:de|du|d|des)"
        r" [^.,]*",
        r"\b(?:partenaire|partenaires|partenariat|concurrence|concurrents?|fournisseurs?)(?: \w+)? (?:sont|est|c est"
        r"|:|,|avec|de|d|des|du)[^.]*",
        r"\b(?:mon|ma|mes) (?:agence|webmaster|developpeur|informaticien|graphiste|community manager|hebergeur|"
        r"banque|imprimeur|prestataire|comptable|expert comptable|assurance|mutuelle|caisse|site|blog|page|boutique en"
        r" ligne|fichier|facture|compta|comptabilite|publicite|communication|reseau|ordinateur|telephone|logiciel|"
        r"secretaire|secretariat|standard|bureau|serveur|vitrine)\b[^.,]*",
        r"\b(?:d accord avec|demander a|demande a|dit|conseille|appeler|voir avec|parler a|parler avec|confie a|"
        r"rendez vous avec|rdv avec|contacter|joindre|salon de (?:l |la |du )) ?(?:un|une|le|la|l|mon|ma|votre) [^.,]*",
        r"\b(?:comme|chez|mieux que|contrairement a|a la place) (?:un|une|le|la|l|les|mon|ma) (?!je)[^.,]*",
        r"\b(?:partage|partager|partageons|prete|preter|preterais|pret(?! a (?:porter|taux|l emploi)| immobilier)|troc|"
        r"echange|echanger|mutualiser|mutualise|troquer|troquerais|se payer|se mettre a|emprunter) [^.]*",
        r"\b(?:auto|micro) entrepr\w+",
        r"\b(?:faut|faudrait) (?:un|une) (?P<scope>\w+)",
        r"\b(?:une|la|des|votre|quelques|avoir) (?:liste|annuaire|contacts?|adresses?|coordonnees|devis|"
        r"noms?) (?:de|d|des) [^.,]*",
        r"\b(?:site|guide|aides?|logiciel|appli|application|tuto|regles) (?:\w+ )?pour (?P<scope>(?:vendre|"
        r"revendre|exporter|faire|"
        r"fabriquer|livrer) (?:des|de la|du|d|un|une|en)\b[^.,]*)",
        r"\b(?:dans (?:un|le|quel)|au|quel|de|,) (?P<scope>journal(?: habilite| officiel| local| legal)?)\b",
        r"\b(?P<scope>journ(?:al|aux) (?:habilites?|officiels?|leg(?:al|aux)|d annonces))\b",
        r"\bbouche a oreilles?\b",
        r"\bc est (?:vite |vraiment |toujours )?(?:le|un|du) (?:gros |grand |vrai )?bazar\b",
        r"\bfactur\w+ (?P<scope>electroniques?)\b",
        r"\bavoir (?P<scope>(?:internet|la fibre|une connexion|du reseau)\b[^.,]*)",
        r"\b(?:boutique|site|logiciel|appli|application|ordi|ordinateur|pc|caisse|prestashop|wordpress|ca|qui|"
        r"il|elle|tout) "
        r"(?P<scope>plantent?)\b",
        r"\b(?:dans la|en|a la) (?P<scope>pepiniere)\b",
        r"\b(?P<scope>pepiniere)(?= d entreprises?\b| de start)",
        r"\bdemenag\w+ (?:le siege|mon|ma|mes|notre|nos|bientot|l atelier|la boutique|le bureau)\b[^.,]*",
        r"\bmode (?:maintenance|admin|avion|debug|sombre|emploi|d emploi)\b",
        r"\b(?:mon|ma|l|nos|mes) (?P<scope>(?:ordi|ordinateur|pc|imprimante|telephone|portable)s?) (?:a|ont|est|"
        r"crame|plante|rame|lache)\b",
        r"\b(?:cartes?|tickets?|titres?) (?:resto|restos|restaurants?)\b",
        r"(?:^|[.,] )(?P<scope>(?:[^\W\d]+ ){1,4})[.,]? ?non [.,]? ?(?:plutot|juste|moi|de|pas|mais|service|"
        r"c est|sci|on|je)\b",
        r"\b(?:un|une) \w+ (?:a mi temps|a temps partage|a partager)\b[^.,]*",
        r"\b(?:ma|mon|notre|nos) \w+ (?:a|est|serait|ont|qui) (?:\w+ ){0,2}(?:disponible|dispo|maitrise|jours?|heures?|"
        r"libre)\b[^.]*",
        r"\b(?:pas question|aucune|aucun|arrete la|arrete le|plus de|pas de|pas d|jamais de|ni) [^.,]*",
        r"\b(?:loyer|bail|taxe|impot|proprietaire|gerer|regler|payer) [^.,]*",
        r"\b(?:boites?|cartons?) a \w+",
        r"\b(?:leve|baisse|releve|tire)r? (?:le|mon) rideau\b",
        r"\b(?:ateliers?|stages?|cours|conferences?) sur [^.,]*",
        r"\bcession de (?:mon|ma|notre) [^.,]*",
        r"\b(?:publier|parution|annonces? legales?|cession|ceder) (?:(?!ma |mon |notre )[^.])*",
        r"^(?:(?:une?|le|la|l|quel|quelle) )?"
        r"(?:appli|application|logiciel|outil|modele|tuto|site)\b(?:(?!pour )[^.,])*",
        r"\bcombien (?:ca coute )?pour [^.,]*",
        r"\b(?:ai|attends|recois) une livraison\b",
        r"\b(?:carnet|cahier|classeur|agenda|tableau|feuilles?|papier) (?:a |de |d )?\w+",
    )
)

_SERVED = re.compile(
    r"\b(?:livre|livrons|livrer|fournis|fournissons|fournit|approvisionne|approvisionnons|sous traitant|"
    r"fournisseur|fournisseurs|depanne) (?P<scope>(?:des|les|de|d|pour|aux)\b[^.,]*)"
)
"""After these words stand goods (the author's trade) or those who receive them (not his)."""

_WANT = re.compile(
    r"\b(?:veux|voudrais|voudrait|voulons|veut|aimerais|aimerait|aimerions|souhaite|souhaitons|souhaiterais|besoin|"
    r"cherche|cherchons|recherche|envie|faudrait|faut|comment|pouvez vous|peut on|puis je|existe|aide|aides|"
    r"subvention|subventions|formation|formations|apprendre|pourquoi|logiciel|logiciels|appli|application|outil|"
    r"outils|modele|guide|tuto|financement|finance|financer|paie|"
    r"gratuit|ameliorer|mettre en place|passer|creer|avoir|obtenir|"
    r"jveux|jvoudrais|recoit|supprimer|effacer|(?:y a|a) (?:t il )?(?:des|un|une) (?:cours|stages?|ateliers?))\b"
)
_OWNER = re.compile(
    r"(?:\b(?:je|j|nous|on) (?:suis|sommes|est|tiens|tient|tenons|gere|gerons|dirige|dirigeons|exploite|exploitons|"
    r"fais|fait|faisons|ai|a|avons|vends|vend|vendons|fabrique|fabriquons|travaille|travaillons|propose|proposons|"
    r"exerce|monte|lance|ouvre|viens|cree|produis|produisons|loue|louons|repare|reparons|installe|installons|pose|"
    r"posons|m occupe|bosse|cultive|cultivons|eleve|elevons)\b|\bc est (?:un|une|du|de la|mon|ma|notre)\b"
    r"|\b(?:patron|patronne|gerant|gerante|dirigeant|"
    r"dirigeante|exploitant|exploitante|proprietaire|associe|a mon compte|installe|installee|independant|"
    r"independante|auto entrepreneur|auto entrepreneuse|micro entrepreneur|micro entreprise|freelance|artisan|"
    r"artisane|sarl|eurl|sas|sasu|ei|gaec|earl|scop|entreprise|boite|societe|activite|metier|boutique|magasin|"
    r"atelier|cabinet|salon|ma femme|mon mari|mon conjoint|ma conjointe|mon compagnon|ma compagne|secteur|"
    r"profession|jsuis|chui|jtiens|jfais|jvends|jai)\b)"
)
_SUBJECT = re.compile(
    r"\b(?:je|j|on|nous|femme|mari|compagnon|compagne|conjoint|conjointe|epouse|entreprise|boite|societe|et|puis)"
    r"(?: (?:les|la|le|l|y|en|vous|me|m|aussi|surtout|principalement))? $"
)
_POSSESSIVE = re.compile(r"\b(?:mon|ma|notre|nos)(?: \w+)? $")
_USE = re.compile(
    r"\b(?:a quoi|sert|servir\w*|interet|utile|rapporte|apporte|gagner?|vaut le coup|ca marche)\b.* pour "
)
# « juste être trouvé quand on cherche un rémouleur »: the author is one
_SOUGHT = re.compile(
    r"\b(?:quand|lorsqu|des qu|si|chaque fois qu) (?:on |un \w+ (?:\w+ ){0,3}|les gens |quelqu un )?$"
)
_COUNTED = re.compile(r"\b(?:on est|nous sommes|on etait|sommes) (?:\w+ )?\w+ $")
_MAIN = re.compile(
    r"\b(?:surtout|principalement|essentiellement|avant tout|d abord|majoritairement|"
    r"(?:enfin|ou|non) plutot|bref)\b"
)
_MARKET = re.compile(
    r"\b(?:sur (?:le|les|des|mes|nos|plusieurs|deux|trois) marches?|(?:fais|fait|faisons|font|faire|tourne sur|"
    r"vends sur|vend sur) (?:le|les|des|mes|nos|deux|trois|quatre) marches?|marches de|"
    r"forain|foraine|ambulant|ambulante|(?<!derriere l )etal|"
    r"camion magasin|place de marche couverte|foires et|sur marches?|commercant de marche|non sedentaire|"
    r"au marche|halles)\b"
)
_ONLINE = re.compile(
    r"\b(?:(?:uniquement|seulement|exclusivement|que|100|entierement|tout|rien que|boutique|"
    r"boutique 100|magasin|vente|vendus|vendues) (?:en ligne|internet|sur internet|par "
    r"internet|sur le net|sur le web|via internet|via mon site|sur mon site|par correspondance|a distance|pour cent en "
    r"ligne)|pas de (?:boutique|magasin|local|point de vente)(?: physique)?|sans (?:boutique|magasin|local)|"
    r"e commerce|ecommerce|e commercant|e shop|eshop|dropshipping|"
    r"vente en ligne (?:de|d)|vente (?:sur|par) internet (?:de|d)|boutique en ligne (?:de|d|specialisee)|site (?:de "
    r"vente|marchand|e commerce) (?:de|d)|vendeur (?:sur )?(?:amazon|etsy|ebay|vinted)|sur etsy|sur ebay|sur vinted|"
    r"sur amazon|par correspondance|(?:je |j |on |nous )(?:re)?vend\w*(?: \w+){1,6} (?:en ligne|sur internet|sur le "
    r"net)|boutique etsy|site de vente en ligne (?:de|d))\b"
)
_ONLINE_ONLY = re.compile(
    r"\b(?:uniquement|seulement|exclusivement|que|100|entierement|rien que) (?:sur |par |en )?(?:le )?(?:net|"
    r"internet|ligne|web)\b"
    r"|\b(?:sans|pas de) (?:boutique|magasin|local|point de vente)\b|\be commerc"
)
_TAKEAWAY = re.compile(r"\b(?:emporter|food truck|foodtruck|camion|rapide|livraison|livrons|livre|drive)\b")
_ON_SITE = re.compile(r"\b(?:sur place|couverts|service a table|salle|terrasse|en salle)\b")
_SECOND_HAND = re.compile(r"\b(?:occasion|occas|seconde main|deuxieme main|vintage|2nde main)\b")
_GEOGRAPHY = frozenset(
    "cognac champagne roquefort camembert laguiole cantal beaufort salers aubrac limousin limousine comte vichy "
    "calvados charolais charolaise marmande armagnac chablis sancerre bordeaux beaujolais savoie "
    "sologne landes camargue".split()
)
_IN_PLACE = re.compile(r"\b(?:a|en|sur|vers|de|dans (?:le|la|les)|pays de) $")
_PERSON = re.compile(
    r"\b(?:(?:m|mr|mme|monsieur|madame|mlle|maitre|dr|famille|m appelle|appelle|nom est|tonton|tata|tatie|"
    r"avenue) ?\.?|(?:rue|place|avenue|boulevard|impasse|quai|quartier|lieu dit|chemin)(?: (?:de la|de l|des|du|de))?|"
    r"enseigne (?:,|le|la|l|au|aux|chez|s appelle)(?: (?:le|la|l|au|aux))?) $"
)
_GROSS = re.compile(
    r"\b(?:en gros|de gros|demi gros|grossiste|grossistes|aux (?:revendeurs|detaillants|magasins|grandes surfaces|"
    r"distributeurs))\b"
)
_AGENT = re.compile(
    r"\b(?:agent(?:e|s)? (?:commercial|commerciale|commerciaux|co|pour (?:des|plusieurs|les) marques)|"
    r"(?<!pour )(?<!des )(?<!les )vrp|multicartes?|"
    r"multi cartes?|representant|representante|representants|(?:je |j|nous |on )represente|a la commission|rsac|"
    r"courtiers? en)\b"
)
_THEIRS = re.compile(
    r"(?<!suis )(?<!est )\b(?:le|la|l|les|mon|ma) (?P<trade>\w+) (?:a|est|m|me|nous|vient|veut|dit|propose|"
    r"demande|passe|"
    r"part|refait|facture|prend|arrive|etait|ont|sont|vous|lui|n|ne|d en face|du coin|du village|en bas|en a|"
    r"d a cote)\b"
)
_ONCE = re.compile(
    r"\b(?:(?:ai|a|avons|avec) deja|j ai ete|j etais|etait|etaient|anciens?|anciennes?|d anciens|ex|fini d etre|"
    r"plus|pas|jamais(?: ete)?)"
    r"(?: (?:un|une|le|la|de|des))? $"
)


_NUMBERS = frozenset("deux trois quatre cinq six sept huit neuf dix douze quinze vingt mes nos".split())
_LENT = re.compile(
    r"\b(?:partag\w+|pret(?:e|er|ons)|echang\w+|mutualis\w+|emprunt\w+|clients?|fournis\w+|voisins?|concurrents?|"
    r"livr\w+|vend\w*|pour|chez|avec (?:des|les)|aupres)\b[^.,]*$"
)


def asks_use(text: str) -> bool:
    """Whether it is asked of what use a thing is: « pour un plombier » is the author's trade then."""
    return _USE.search(text) is not None


def excluded(text: str) -> list[tuple[int, int]]:
    """Parts of the corrected text that speak of somebody else's trade."""
    found: list[tuple[int, int]] = []
    asks = asks_use(text)
    for pattern in _EXCLUDED:
        for match in pattern.finditer(text):
            start, end = match.span("scope") if "scope" in pattern.groupindex else match.span()
            is_use = asks and text.startswith("pour ", start)
            is_sought = _SOUGHT.search(text[:start]) and "cherche" in text[start:end]
            if not is_use and not is_sought:
                found.append((start, end))
    return found


def served(text: str) -> list[tuple[int, int]]:
    """Parts of the text that name whom the author serves, unless they name goods."""
    return [match.span("scope") for match in _SERVED.finditer(text)]


def wants(text: str) -> int | None:
    """Where the first word of a wish or a question stands, None when there is none."""
    match = _WANT.search(text)
    return match.start() if match else None


def owner_before(text: str, position: int) -> bool:
    """Whether the author presents himself in the clause that leads to a position."""
    return _OWNER.search(text[max(text.rfind(" . ", 0, position), 0) : position]) is not None


def does_it(text: str, position: int) -> bool:
    """Whether the author or his partner is the subject of the verb at a position ("je pose", "ma femme coiffe")."""
    return _SUBJECT.search(text[max(0, position - 40) : position]) is not None


def is_his(text: str, position: int) -> bool:
    """Whether the thing at a position is the author's ("ma boulangerie", "notre petit garage")."""
    return _POSSESSIVE.search(text[max(0, position - 20) : position]) is not None


def counts_himself(text: str, position: int) -> bool:
    """Whether the word at a position is what the author and his own are so many of (« on est trois médecins »)."""
    return _COUNTED.search(text[max(0, position - 30) : position]) is not None


def is_proper_name(text: str, position: int) -> bool:
    """Whether the word at a position is somebody's name ("monsieur Boulanger")."""
    return _PERSON.search(text[max(0, position - 20) : position]) is not None


def is_place(text: str, position: int, word: str) -> bool:
    """Whether a product's name stands where a place does ("à Cognac", "en Champagne", "dans le Cantal")."""
    before = text[max(0, position - 9) : position]
    return word in _GEOGRAPHY and _IN_PLACE.search(before) is not None


def main_mark(text: str) -> int | None:
    """Where "surtout" or the like stands."""
    match = _MAIN.search(text)
    return match.start() if match else None


def sells_on_markets(text: str) -> bool:
    """Whether the author sells on markets."""
    return _MARKET.search(text) is not None


def sells_online_only(text: str, wanted_from: int | None = None, *, is_shop: bool = False) -> bool:
    """Whether the firm's shop is only on the net; what stands behind `wanted_from` is only wished for.

    Who calls himself by a shop (`is_shop`: « caviste ») says so in plain words.
    """
    match = (_ONLINE_ONLY if is_shop else _ONLINE).search(text)
    return match is not None and (wanted_from is None or match.start() < wanted_from)


def takes_away(text: str) -> bool:
    """Whether meals are to take away and not served at a table."""
    return _TAKEAWAY.search(text) is not None and _ON_SITE.search(text) is None


def is_number(word: str) -> bool:
    """Whether a word counts several people: « 3 coiffeuses », « deux maçons », « nos caristes »."""
    return (word.isdigit() and 0 < int(word) < 500) or word in _NUMBERS


def is_lent(text: str, position: int) -> bool:
    """Whether who stands at a position is lent, shared, or a customer."""
    return _LENT.search(text[max(0, position - 60) : position]) is not None


def in_gross(text: str) -> bool:
    """Whether the goods go to dealers and not to households."""
    return _GROSS.search(text) is not None


def is_agent(text: str) -> bool:
    """Whether the author sells in others' names, for a commission."""
    return _AGENT.search(text) is not None


def is_theirs(text: str, position: int) -> bool:
    """Whether the person at a position is somebody who acts or lives near: « le plombier est passé »."""
    before = text[max(0, position - 12) : position]
    match = _THEIRS.search(text, max(0, position - 12))
    while match is not None and match.start("trade") < position:
        match = _THEIRS.search(text, match.start() + 1)
    if (match is not None and match.start("trade") == position) or before.endswith((" mon ", " ma ")):
        return True
    return before in ("mon ", "ma ") or _ONCE.search(before) is not None


def second_hand(text: str) -> bool:
    """Whether the goods have been used."""
    return _SECOND_HAND.search(text) is not None
