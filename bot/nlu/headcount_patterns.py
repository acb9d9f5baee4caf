"""How owners say how many they are: the patterns of the reader of headcounts.

All are tried on the form that `headcount_words.canonical` writes: plain words with one space between them.
"""

from __future__ import annotations

import re

from bot.nlu.headcount_words import KIN
from bot.nlu.spelling import long_words

SUBJECT = re.compile(
    r"(?:\b(?:on (?:est|etait|sera|tourne|bosse|travaille|fonctionne|reste|serait|s y met|compte|"
    r"va etre|fait tourner)|"
    r"on e|onest|(?:nous |ns |nous n )?sommes|nous somme|c est|ils sont|elles sont|effectif|effectifs|"
    r"effectif total|total|"
    r"on est (?:plus|passes?|actuellement|que|toujours|en moyenne)|sommes (?:actuellement|que|environ)|"
    r"en tout|au total|"
    r"moi compris\w* ca fait|en tout ca fait|ca fait en tout|ca nous fait|"
    r"nous restons|nous travaillons|nous bossons|(?:sommes|est|reste)s? plus (?:que|qu)|(?<=, )plus (?:que|qu)))"
    r"(?: (?:actuellement|environ|que|toujours|maintenant|en tout|encore|deja|desormais|que|seulement|"
    r"juste|bien|tous les|toutes les|les|"
    r"de|une equipe de|un groupe de))?(?: ?:)? ?(?:a )?\Z"
)
TEAM = re.compile(
    r"\b(?:equipe|effectif|cabinet|etude|agence|labo|laboratoire|boite|structure|entreprise|societe|"
    r"tpe|pme|groupe|brigade|"
    r"collectif|studio|association|asso|garage|boutique|salon|resto|restaurant|atelier|bureau|office|"
    r"commerce|duo|trio|staff|"
    r"gaec|scop|cooperative|coop|sarl|compagnie|troupe|famille|fratrie|maison|ferme|exploitation|"
    r"magasin)(?: \w+)? (?:de|d|a) (?:une )?\Z"
)
AT = re.compile(r"(?:\A|[,;(.:] |\b(?:travaill\w+|bosse|bossons|tourne|tournons|tenue? |tient|tenons|"
r"gere|gerons|fait ca|exploite\w*|sommes|gaec|"
                 r"on est|demarr\w+|commenc\w+|debut\w+|boss\w+|cogere\w*|vivons|monte\w*|lance\w*|ouvert|"
                 r"reprise?) )a \Z")  # fmt: skip
AFTER_TOTAL = re.compile(
    r" (?:dans (?:l|la|le|notre|mon) ?(?:equipe|boite|entreprise|societe|affaire|structure|atelier|"
    r"cabinet|magasin|boutique|salon)|"
    r"en tout|au total|a bord|chez nous|sur place|a l effectif|d effectif|avec moi|dont moi|"
    r"moi compris\w*|moi inclus\w*|y compris moi|en comptant|avec (?:les|mes|nos) apprenti\w*)\b"
)
POST = re.compile(
    r" (?:en (?:cuisine|salle|vente|boutique|production|cdi|cdd|insertion|atelier|interim|alternance|"
    r"apprentissage|magasin|caisse|"
    r"bureau|livraison|magasin)|au (?:bureau|magasin|fournil|service|comptoir|labo|champ|total)|"
    r"a (?:l atelier|l accueil|la ferme|"
    r"la caisse|la production|la vente|la boutique|temps plein|plein temps|mi temps|temps partiel|"
    r"la plonge|la cave|la vigne|l annee)|"
    r"sur (?:les|le) (?:chantiers?|route|terrain)|dans les (?:bureaux|champs|vignes)|temps plein|"
    r"mi temps|temps partiel)\b"
)
ADJECTIVES = re.compile(
    r" (?:bons?|bonnes?|jeunes?|petits?|petites?|autres?|super|vieux|vrais?|nouveaux?|nouvelles?|"
    r"anciens?|gros|seules?|seuls?|"
    r"excellente?s?|fideles?|aides?|chefs?|maitres?|femmes? de|hommes? de|game|agents? de|ouvriers?|"
    r"equivalents?|assistante?s?|aide)\b"
)
ASKED = re.compile(
    r"\b(?:recrut\w+|embauch\w+|(?:re)?cherch\w+|trouver|besoin d\w*|manqu\w+(?: de| d)?|pret(?:er|erais|"
    r"erait|e|ons) |partag\w+|emprunt\w+|accueill\w*|recev\w+|"
    r"recoi\w+|heberg\w+|loge\w*|capacite|groupes? de|gites? (?:de|pour)|salles? de|tables? de|"
    r"repas (?:de|pour)|former|remplac\w+|"
    r"licenci\w+|perdu|je suis une?|sous trait\w+|travaille avec des?)(?: \w+){0,3} \Z"
)
NOT_PEOPLE_AFTER = re.compile(
    r" (?:agee?s?|handicap\w*|par (?:jour|semaine|mois|an|service|table|session|groupe|chambre)|"
    r"maximum par|viennent|attendu\w*|"
    r"qui (?:viennent|achetent|commandent)|dans la rue|physiques?|morales?|couvert\w*|a table|assises?|"
    r"debout|en formation|"
    r"ages|interesse\w*|inscrit\w*|seules)\b"
)
UNIT = re.compile(
    r" ?(?:%|€|eur|ans?\b|annees?|mois\b|jours?|heures?|h\b|min|km|m2|metres?|kg|tonnes?|ha\b|"
    r"hectares?|fois|roues|etoiles|e\b|eme|er\b|"
    r"euros?|k\b|ch\b|cv\b|m\b|litres?|[./:]\d|h\d|etages?|pas\b|portes?)"
)
LOW_SEASON = re.compile(
    r"\b(?:(?:a la |en )?(?:saison morte|morte saison)|hors (?:saison|campagne|recolte|coupe)|basse saison|"
    r"a l annee|toute l annee|le reste de l annee|"
    r"reste du temps|"
    r"en temps normal|normalement|"
    r"d habitude|permanents?|fixes?|en semaine|hors ete|hors vacances|au minimum|en periode calme|creuse)\b"
)
HIGH_SEASON = re.compile(
    r"\b(?:a la (?:cueillette|recolte|vendange|coupe)|en pleine (?:coupe|recolte|campagne|cueillette)|l ete|"
    r"en ete|cet ete|haute saison|pleine saison|en saison|la saison|pendant la saison|"
    r"au printemps|en automne|a l automne|a noel|aux fetes|(?:au moment|en periode) (?:des|de) fetes|"
    r"(?:pour|pendant|avant) les fetes|vendanges?|recoltes?|cueillette|le week end|les week ends|en juillet|en aout|"
    r"juillet aout|l hiver|en hiver|saisonniers?|"
    r"moisson|moissons|au plus fort|en pointe|pics?|gros coup|rush|soldes|en decembre|au maximum|"
    r"pendant les vacances|aux vacances|de (?:mars|avril|mai|juin|juillet) a (?:juin|juillet|aout|septembre|"
    r"octobre|novembre))\b"
)
SEASON_BEFORE = re.compile(r"\b(?:l |en )(hiver|ete)(?: ,)?(?: (?:on|nous) (?:est|sommes))?(?: a)? \Z")
"""A season told before its number: « l'été 4 », « l'hiver on est 2 »."""
TRAINED = re.compile(r"\b(?:former|forme|formation)\b")
SOLO = [
    re.compile(pattern)
    for pattern in (
        r"\b(?:tout|toute) seule?\b",
        r"\ben micro\b(?! ?(?:onde|creche|entreprise))",
        r"\bbenevoles? (?:et|\+|plus) moi\b",
        r"(?<!\bun )(?<!\bune )(?<!\ble )(?<!\bla )(?<!\bdu )(?<!\bmon )(?<!\bma )(?<!\bnotre )(?<!\bpar )"
        r"\bseule?\b(?! (?:le|"
        r"la|les|l(?! (?:hiver|ete)\b)|un|une|probleme|souci|chose|truc|ce|mon|ma|mes|hic|bemol))",
        r"\b(?:auto|micro) ?entrepren\w+\b|\bautoentrep\w*|\bauto entrep\w*|\bauto e\b|"
        r"\bmicro ?entreprise\b|\bautoentreprise\b",
        r"\b(?:free ?lances?|freelanceuse|solo|solopreneure?|unipersonnelle)\b",
        r"\b(?<!\bsuis )(?:sans|pas d?e?|pas(?: une?)?(?: seule?)?|aucune?|zero|0|ni|n ai pas d|pas encore d|"
        r"ni) (?:de |"
        r"d )?(?:autre )?(?:salariee?s?|employee?s?|personnel|collaborateurs?|equipe|ouvriers?|"
        r"salarie ni)\b(?! (?:quali|form|a |qui))",
        r"\b(?:personne (?:avec|d autre|pour m aider|a part|sauf|en dehors)|(?:il n y a |y a |qu|que|"
        r"juste|rien que|seulement|uniquement) ?(?:que )?moi(?: tou\w*| seule?| dans| en|"
        r" et c est tout|\b)(?! (?:et|qui|je|j))|moi (?:tout |toute )?seule?|"
        r"moi uniquement|moi et moi|un seul (?:chauffeur|salarie|artisan|ouvrier|conducteur|gars)(?: ,)? moi|"
        r"je suis (?:le |la )?seule?|une seule personne|1 seule personne|"
        r"un seul homme|1 personne|1 pers|moi meme uniquement)\b",
    )
]
SOLO_ELSEWHERE = re.compile(
    r"\b(?:arriv\w*|sens|sent|face|compren\w*|comprend\w*|perd\w*|perdu\w*|debrouill\w*|appren\w*|apprend\w*|creer|"
    r"cree|sors|essay\w*|site|"
    r"compta|ordi\w*|internet|logiciel|marche|se (?:fait|met|lance)|fais (?:ma|mes|tout|ca|mon|les)|"
    r"faire|saurai\w*|peux|peut|pourrai\w*|veux|laiss\w*|"
    r"clientes?|clients?|remplir|relanc\w*|envo[iy]\w*|informatique|facebook|publi\w*|savoir|deman\w+|change|rempl\w+|gestion|"
    r"reserv\w+|a lui|"
    r"le faire|numerique|formulaire|questionnaire)\b"
)
ANOTHER_MATTER = re.compile(r"[,.;!?\n]| (?:et|mais) | (?=(?:je|j|jveux?|veux|on|nous) )")
HELPER_AFTER = re.compile(
    r" ?(?:[,.;:!?)+&/]|\Z)| (?:et|plus|en|dans|a (?:domicile|mi temps|temps)|menager\w*|soignant\w*|familia\w*|"
    r"de cuisine|comptables?|cuisini\w+|macons?)\b"
)
"""Behind « une aide » who helps, not what is asked for: « une aide pour mon site »."""
SOLO_PLURAL = re.compile(r"\b(?:auto|micro) ?entrepren\w+s\b|\bfreelances\b")
OWNER = re.compile(
    r"(?:\b(?:et|plus|avec|ainsi que|que|puis) moi\b(?! (?:j|je|qui|aussi|c)\b)|(?:\+|&|,|"
    r"/) ?(?:et )?moi(?: meme)?(?= ?(?:\Z|[,.;:!?)+]| et| en | a | au | sur | (?:la|le) (?:directri|patronn?|"
    r"geran|chef|boss|dirigean)))|\bmoi (?:meme )?(?:et|"
    r"plus|avec|ainsi que|\+|&)|\bmoi ?(?:\+|&|,)|\bmoi (?=mon |ma |mes )|"
    r"(?:\A|[,(] ?|\b(?:le|la) )(?:patronn?e?|geran\w+|dirigean\w+|chef|boss)s? (?:et|plus|\+|"
    r"avec) (?:un|une|mes|ses|[a-z]+|\d+)\b|"
    r"\b(?:patronn?e?|geran\w+) [a-z]+ (?:\+|et|plus|avec) \d|\b(?:et|plus|\+|avec) ma pomme\b|"
    r"\bmoi je (?:gere|dirige|pilote|tiens la boutique|suis (?:le|la) (?:patron|gerant|chef)\w*)\b|"
    r"\b(?:et|plus|\+|avec) (?:le |la )(?:patronn?e?|geran\w+|dirigean\w+|chef|boss|chef d entreprise)\b)"
)
PAST = re.compile(r"\b(?:etions|etait|etaient|avions|avant|autrefois|a l epoque)(?: \w+){0,2} \Z")
"""Before people who work there no more, where the text goes on to say how many are left."""
WITHIN = re.compile(
    r"\b(?:dont|moi compris\w*|moi inclus\w*|y compris|compris moi|inclus|avec moi|en me comptant)\b"
)
JE = re.compile(r"\b(?:je|j|mon|ma|mes|moi)\b")
KIN_WORKS = re.compile(
    r" (?:qui )?(?:\w+ ){0,1}?(?:m aide\w*|nous aide\w*|aide\w*|travaille\w*|bosse\w*|conduit|cuisine|sert|"
    r"livre|est avec|"
    r"est (?:salarie|associe|a mi|a la|en cuisine|au|aussi|dans)\w*|s occupe|tient|"
    r"gere(?! (?:ca|tout ca|cela|les reseaux|le site|la page|mon|ma|mes|tres|bien))|fait (?:la|les|le)|"
    r"me (?:donne|file)|vient m aider|me seconde|m assiste|participe|"
    r"en (?:cuisine|salle|caisse)|a l (?:accueil|atelier)|au (?:service|comptoir|fournil|magasin)|"
    r"a la (?:vente|compta|caisse|boutique))"
)
KIN_GROUP = re.compile(
    rf"\b(?P<of>mon|ma|son|notre) (?:petite? |grande? |jeune |ex |futur |propre |seule? )?(?P<kin>{KIN})\b"
)
# « 4 compagnons + la secrétaire »
KIN_ADDED = re.compile(
    r"(?:(?<=\+ )|(?<=\bet )|(?<=, )|(?<=\bplus ))(?P<of>la|le|l|une?) "
    r"(?P<kin>secretaire|comptable|serveuse|vendeuse|commis|cuisinier|apprentie?|assistante?|livreur|mecano|"
    r"ouvriere?|employee?|salariee?|associee?|vendeur|serveur)\b"
)
# « un skipper et moi »: whatever he is called, he works there
KIN_WITH_ME = re.compile(r"\b(?P<of>une?) (?P<kin>[a-z]{4,})(?= et moi\b(?! (?:j|je|qui|c|aussi|ca)\b))")
# « deux équipes de trois »
TIMES = re.compile(r"\b(\w+) (?:equipes|binomes|brigades|groupes) de \Z")
SEASON_AFTER = re.compile(r" (?:a l |en |l |au |a la )*(hiver|ete|automne|printemps)\b")
# what is shared with somebody, or sent to him, counts nobody
SHARED_WITH = re.compile(
    r"\b(?:partag\w+|envo\w+|montr\w+|echang\w+|synchro\w+|discut\w+|communi\w+|agenda|planning|dossiers?|"
    r"fichiers?)\b"
    r"[^.;!?]{0,40}\bavec \Z"
)
KIN_MANY = re.compile(r"\b(?:mes|nos|les|ses) (?P<kin>parents|beaux parents|grands parents)\b")
MORE = re.compile(r"\s?(?:,)? ?(?:plus|\+|et|ainsi que|&|avec) (?:d )?(?:parfois |aussi |encore |meme )?\Z")
ESTABLISHMENT = re.compile(
    r"\b(?:creperie|garage|salon|hotel|restaurant|resto|entreprise|boulangerie|patisserie|boucherie|"
    r"charcuterie|pizzeria|bar|cafe|"
    r"pharmacie|magasin|boutique|atelier|usine|societe|sarl|eurl|sas|cabinet|agence|epicerie|librairie|"
    r"camping|gite|ferme|exploitation|"
    r"menuiserie|plomberie|maconnerie|imprimerie|pressing|association|asso|creche|ecole|auto ecole|"
    r"centre|clinique|labo|laboratoire|"
    r"brasserie|cave|domaine|entrepot|studio|scierie|carrosserie|institut|chateau|maison|conserverie|"
    r"fromagerie|supermarche)\b"
)
OUTSIDERS = frozenset(
    "personne personnes prestataire conseiller conseillere comptable informaticien consultant "
    "dirigeant patron gerant client chef "
    "technicien expert ami amie pote copain avocat notaire commercial webmaster couple artisan homme "
    "femme fille".split()
)
SMALL_WORDS = frozenset(
    "dans sur avec chez pour depuis mais dont plus et en au aux a ici la le les toute tout tous toutes "
    "selon suivant aujourd "
    "actuellement maintenant environ seulement parfois quand car donc puis sans pas moi ma mon mes "
    "notre nos bientot "
    "hors entre vers pres bases basees base installes que qui on nous il je de du des d l y ce cette "
    "dedans max maximum "
    "chefs grand ou si alors franchement basé implantes repartis deja hiver ete".split()
)

LONG_WORDS = long_words(
    pattern for pattern in (*SOLO, *list(globals().values())) if isinstance(pattern, re.Pattern)
)
"""The long words in all of them, for who corrects spelling."""


def find_solo(text: str, *, answer: bool) -> tuple[int, int] | None:
    """Where the text says that the owner works alone."""
    for pattern in SOLO:
        for match in pattern.finditer(text):
            if SOLO_PLURAL.match(text, match.start()):
                continue
            if match[0].endswith(("seul", "seule")) and not answer:
                segment_start = max(
                    text.rfind(mark, 0, match.start()) for mark in (",", ".", ";", "!", "?", "(", ":", "\n")
                )
                # « seul à Brest et internet… », « seule à Lyon je veux… »: what comes after is another matter
                tail = ANOTHER_MATTER.split(text[match.end() : match.end() + 25])[0]
                segment = text[segment_start + 1 : match.end()] + tail
                if SOLO_ELSEWHERE.search(segment) and not re.search(
                    r"\b(?:travaille|bosse|exerce|suis) (?:tout |toute )?seule?\b", segment
                ):
                    continue
            return match.span()
    return None
