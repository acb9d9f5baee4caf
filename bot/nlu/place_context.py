"""What stands before and after a place's name, and what that makes of it: the firm's place, a customer's, none.

Word lists and patterns for the reader of places; all work on plain text (lower case, no accents).
"""

from __future__ import annotations

import re

from bot.nlu.spelling import long_words

BUSINESS = re.compile(
    r"\b(?:installee?s?|basee?s?|situee?s?|implantee?s?|ateliers?|boutiques?|magasins?|siege|locaux|"
    r"local|bureaux?|"
    r"bases?|labo|laboratoire|exploitation|ferme|entreprise|boite|societe|cabinet|salon|garage|"
    r"commerce|fournil|"
    r"depot|hangar|usine|etablissement|restau(?:rant)?|echoppe|officine|gite|camping|hotel|domaine|chai|"
    r"boulangerie|patisserie|boucherie|epicerie|pharmacie|menuiserie|librairie|brasserie|creperie|pizzeria|"
    r"suis|sommes|exerce|exercons|bosse|travaille|travaillons|produi[st]\w*|tiens|tenons|ouvert|ouvre|"
    r"gere|gerons|fabri\w+)\b"
)
CUSTOMER = re.compile(
    r"\b(?:(?:mon|ma|un|une) (?:cousine?|voisine?|copains?|copine|ami|amie|beau frere|belle soeur|confrere|collegue)|"
    r"(?:le|mon|notre|un) prestataire|cliente|hebergeur|jusqu ?'?a|clients?|clientele|clientes|"
    r"patients?|"
    r"expedi\w+|envoi\w*|envoy\w+|fournisseurs?|"
    r"concurr?en\w+|acheteurs?|"
    r"prospects?|viennent|se deplac\w+|"
    r"(?:je|j|on|nous|il|elle|qu[ei]|et|pour|de|a|ou|vous|mais) (?:l[ae]s? |vous |ne )?livr\w+|livrons|"
    r"livrais\w+ (?:a|sur|dans|jusqu\w*|vers|partout|en|de la|possible)|"
    r"on livre|vends? jusqu\w*|export\w+|chantiers (?:a|sur|dans|en|partout)|fourni[st]\w* (?:les?|"
    r"des?|un))\b"
)
ZONE = re.compile(
    r"\b(?:intervien\w*|interven\w+|deplace\w*|rayonn\w+|tournees?|secteurs?|toute? l[ae]|tout l[ea]?|"
    r"marches?|foires?|salons?|"
    r"vends?|vendons|distribu\w+|partout|livr\w+)\b"
)
HOME = re.compile(
    r"\b(?:j ?'? ?h?abite|habitons|habitant|habiter|(?:je|j|on|nous) ?vis|vivons|je loge|reside|"
    r"residons|mon domicile est|"
    r"ma (?:maison|residence) est|demeure|mes parents|ma famille|ma belle[- ]famille)\b"
)
ORIGIN = re.compile(
    r"\b(?:nee?s? (?:a|en|dans|au)|originaires? d\w*|natifs?|natives?|(?:je|j|on|nous) (?:viens|vient|"
    r"venons)|venue?s? d\w*|import\w+|"
    r"vient (?:de|du|des|d)|provien\w+|produits? d\w*|(?:mes|ses|nos|leurs|fait(?: des)?) etudes|diplom\w+|"
    r"lycee|fac|forme a|formee a|"
    r"arrivee?s? d\w*|"
    r"quitte|racines?|fournis? par|achet\w+|avant|auparavant|autrefois|anciennement|ancienne?|"
    r"j ?'?etais|je travaillais|"
    r"(?:ai|a|avons) (?:commence|debute)|commis|apprentissage|ai travaille|fabrique[es]* (?:en|a) l|"
    r"mari vient|grands?[- ]parents|vacances|vu un|commande a)\b"
)
NAMED = re.compile(
    r"(?:\b(?:chez|m|mr|mme|mlle|monsieur|madame|mademoiselle|famille|docteur|dr|maitre|m'appelle|"
    r"je m appelle|"
    r"prenomme|surnomme|marque|enseigne|operateur|abonne|abonnee|forfait|box|sim|reseau|fibre)[ .:]+)\Z"
)
STREET = re.compile(
    r"\b(?:rue|avenue|av|bd|bld|boulevard|place|quai|route|rte|chemin|impasse|allee|faubourg|porte|pont|gare|"
    r"aeroport|universite|tribunal|cour|bassin minier de|stade|traite|edit|tour|tours|jeux|festival|"
    r"journal|ligue|equipe|club|"
    r"bords?|val|bord|rives?|vins?)(?: de| d| du| des)?(?: la| le| les| l)? ?'?\Z"
)
ON_THE_SQUARE = re.compile(r"\bsur la (?:grande? )?place (?:de|d|du)(?: la| le| les| l)? ?'?\Z")
"""« Sur la place de Vitré »: it is there; « rue de Vitré » may be anywhere."""
SPECIALITY = re.compile(
    r"\b(?:jambons?|savons?|bries?|nougats?|couteaux?|moutardes?|tartes?|saucisses?|saucissons?|"
    r"andouilles?|andouillettes?|"
    r"galettes?|sels?|fleurs? de sel|champagnes?|vins?|poulets?|volailles?|chapons?|piments?|"
    r"calissons?|porcelaines?|"
    r"dentelles?|faiences?|roqueforts?|camemberts?|cantal|comtes?|bleus?|reblochons?|beurres?|"
    r"pruneaux?|melons?|"
    r"fraises?|noix|huitres?|moules|lentilles?|cremes?|betises|rillettes|quenelles?|toiles?|emaux|"
    r"tapisseries?|agneaux?|b(?:oe|o)eufs?|"
    r"rosette|coteaux|roses?|miels?|herbes|cidres?|tommes?|huiles?|olives?|citrons?|oignons?|ails?|"
    r"echalotes?|haricots?|"
    r"cocos?|artichauts?|choux?|choucroutes?|quiches?|kouign|macarons?|madeleines?|bergamotes?|dragees|"
    r"pates?|foie gras|"
    r"canards?|cassoulets?|bouillabaisse|brandade|bonbons?|biscuits?|sablés?|sables|cotes|mirabelles?|"
    r"marrons?|chataignes?|"
    r"truffes?|pralines?|coussins|berlingots?|fromages?|chevres?|race|races|vaches?|chevaux|cheval|"
    r"salaison|charcuterie|eaux?|"
    r"poteries?|gants?|bijoux|laines?|tissus?|bois|pierres?|ardoises?|marbres?|ocres?|armagnac|rhums?|"
    r"tourons?|canele?s?|"
    r"pommes?|poires?|peches?|abricots?|cerises?|asperges?|carottes?|endives?|salades?|riz|taureaux?|"
    r"santons?|crepes?|"
    r"sardines?|anchois|cuirs?|parfums?|lavandes?|tielles?|farcous|gaches?|brioches?|poule|poules|"
    r"cristal|verre|verrerie)"
    r"(?: (?!pres|proche|autour|loin|cote|coin|sur|dans|a|en|pour)\w+)?(?: (?:de|d|du|des))(?: la| le|"
    r" les| l)? ?'?\Z"
)
NEAR = re.compile(
    r"\b(?:pr[e]s|pret|proches?|proximite|pas (?:tres |trop |si )?loin|non loin|a cote|cote|"
    r"(?:aux )?alentours?|"
    r"(?:aux )?environs?|peripherie|banlieue|aux portes|du cote|coin|region|agglo|"
    r"agglomeration|couronne|voisine?s?|"
    r"a deux pas|deux pas|vallees?|\d+ ?(?:km|kms|kilometres?|bornes|min|minutes|mn)|(?:nord|sud|est|"
    r"ouest)(?= d)|sortie|hauteur|campagne|"
    r"(?:dans le )?pays|direction|entre|communaute de communes|limitrophe|limite|face)"
    r"(?: de| d| du| des| a| au)?(?: la| le| les| l)? ?'?\Z"
)
TOWARDS = re.compile(r"\b(?:vers|direction)(?: la| le| les| l)? ?'?\Z")
NOT_THERE = re.compile(
    r"\b(?:(?:ne|n|pas|plus|ni|jamais|sauf|hors|ailleurs qu\w*) (?:a|sur|de|en|dans|pres de)|"
    r"contrairement a|comme a|pas)(?: la| le| les| l)? ?'?\Z"
)
OFF_TOPIC = re.compile(
    r"\b(?:temps (?:fait|fera)|meteo|quel temps|quelle heure|capitale|match|president|maire de|recette|"
    r"billets? (?:de|d|pour)|"
    r"horaires? (?:du|de|des) (?:train|bus)|train pour|vol pour|itineraire|comment (?:aller|se rendre)|"
    r"que visiter|tour eiffel|"
    r"bon (?:resto|restaurant|hotel)|qui a gagne|habitants|combien de km|monument|pluie|pleut|neige|"
    r"(?:un|d) hotel (?:a|pour) |"
    r"un (?:resto|restaurant) (?:sympa|pas cher)|reserver un|psg|ol ou|chanson|appartement a louer|"
    r"louer un appart|acheter (?:une maison|un appart))\b"
)
FOREIGN = re.compile(
    r"\s*(?:,|\()?\s*(?:en |au |aux |a la )?(?:espagne|belgique|suisse|italie|allemagne|portugal|maroc|"
    r"algerie|tunisie|angleterre|"
    r"quebec|canada|luxembourg|senegal|royaume[- ]uni|pays[- ]bas|etats[- ]unis|usa|texas)\b"
)
CORRECTED = re.compile(r"\s*\?\s*(?:non|pas|plutot)\b")
AROUND = re.compile(
    r"\s*(?:,\s*)?(?:et|&|\+) (?:ses |les |aux |l |sa )?(?:alentours?|environs?|autour|region|"
    r"peripherie|agglo\w*|communes)\b"
)
CENTRE = re.compile(
    r"\s*[-, ]\s*(?:centre|sud|nord|est|ouest|ville|intra|plage|metropole|gare|hypercentre|port)\b"
)
UNIT = re.compile(
    r"\s*(?:%|€|°|euros?|ans?|annees?|mois|jours?|heures?|h\b|min|km|m2|m²|metres?|kg|tonnes?|"
    r"personnes?|pers\b|salaries?|employes?|ouvriers?|"
    r"clients?|chambres?|places?|couverts?|lits|machines?|ha\b|hectares?|vaches|ruches|brebis|chevres|"
    r"e\b|eme|er\b|k\b|"
    r"janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre|fois|h\d|"
    r"apprentis?|collegues?|"
    r"collaborateurs?|agents?|gars|conducteurs?|chauffeurs?|vehicules?|camions?|bureaux|appartements?|"
    r"gites?|factures?|devis|"
    r"commandes?|produits?|references?|articles?|metiers?|associes?|permanents?|saisonniers?|"
    r"[x/*+]\s?\d|[,.]\d)"
)
DEPARTEMENT_WORD = re.compile(
    r"\b(?:departement|dept|dep|dpt|dpmt)(?: (?:du|de la|de l|de|des|d|le|no|numero))? ?[n°']* ?\Z"
)
REGION_WORD = re.compile(r"\bregions?(?: (?:du|de la|de l|de|des|d))? ?'?\Z")
SHOP = frozenset(
    "boulangerie boulangeries patisserie garage menuiserie maison domaine chateau ets etablissements "
    "etablissement sarl sas "
    "sasu eurl sci entreprise societe cabinet salon hotel restaurant bar cafe pharmacie boucherie "
    "charcuterie librairie ferme "
    "gaec earl scea plomberie peinture transports ambulances taxi taxis institut optique traiteur "
    "camping atelier groupe "
    "maconnerie charpente couverture electricite carrosserie serrurerie fleuriste epicerie cave caves "
    "vignobles pepinieres "
    "jardinerie imprimerie pressing agence auberge brasserie creperie pizzeria chez freres fils et".split()
)
PREPOSITIONS = frozenset("a au aux sur de d du des dans en vers depuis pour ds sr par".split())
ARTICLES = frozenset(("la", "le", "les", "l"))


def last_role(window: str) -> str:
    """The role that the last telling word of a window gives to the place after it; empty when there is none."""
    best, role = -1, ""
    for name, pattern in (
        ("zone", ZONE),
        ("business", BUSINESS),
        ("customer", CUSTOMER),
        ("home", HOME),
        ("origin", ORIGIN),
    ):
        for match in pattern.finditer(window):
            if match.end() >= best:
                best, role = match.end(), name
    return role


LONG_WORDS = long_words((BUSINESS, CUSTOMER, ZONE, HOME, ORIGIN, SPECIALITY, NEAR, STREET, OFF_TOPIC)) | {
    "habite", "jhabite", "sainte",
}  # fmt: skip
"""The long words that a name's surroundings are read by, for who corrects spelling."""
