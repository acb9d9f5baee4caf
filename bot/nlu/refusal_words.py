"""The words of wish and refusal that `negation` goes by, as expressions on the plain form of a text.

Lower case, no accents, one kind of apostrophe. Each says in its comment what it stands for.
"""

from __future__ import annotations

import re

from bot.nlu.spelling import long_words

# not a refusal although « pas » is in it
NOT_REFUSAL = re.compile(
    r"\brien contre\b|\bpas contre\b|\bpar contre\b|\bpas (?:seulement|que|qu'|uniquement|juste|"
    r"simplement|mal de|encore de|encore|assez|sur|sure|facile|possible|"
    r"simple|grand chose|le choix|contre|loin|cher|chere|trop cher|non plus contre)\b"
    r"|\bpourquoi pas\b|\b(?:ce )?n'?est pas que je ne .{0,25}?\bpas\b|\bne (?:dis|dit|dirais|"
    r"dirai) pas non\b|\bdis pas non\b|\bdirais pas non\b|\brefuse(?:rais)? pas\b"
    r"|\bpas (?:un|une) luxe\b|\bn'est[- ]ce pas\b|\bplus (?:de |d')(?:clients?|clientele|visibilite|"
    r"monde|ventes|avis|"
    r"temps|commandes|reservations|abonnes|passage|notoriete)\b|\bsans (?:doute|arret|cesse|faute|"
    r"commission|frais|"
    r"contact|fil|y passer|me ruiner|perdre|trop|prise)\b|\b(?:ne )?peux (?:plus|"
    r"pas) (?:me )?passer de\b"
    r"|\b(?:sais|sait|arrive|arrives|arrivons|arrivent|peux|peut|pouvons|comprends|comprend|connais|connait|"
    r"trouve|trouvent|marche|fonctionne|maitrise|maitrisons|savons|savent|repond|repondent|viennent|suffit|"
    r"ai pas le temps|a pas le temps|voit|voient|reconnait) (?:pas|plus|rien|jamais|guere)\b"
    r"|\bpas le temps\b|\bpas les moyens\b|\bpas d'argent\b|\bpas a (?:jour|la hauteur)\b"
)

# « je n'ai pas de … »: what is lacking is needed; right before the thing
LACK = re.compile(
    r"\b(?:n'|n |ne )?(?:ai|a|avons|avez|ont|avait|avais|y a|disposons|dispose|possede|possedons) "
    r"(?:toujours |vraiment |meme |encore )?(?:pas|plus|aucun|aucune|jamais eu|ni)"
    r"(?: encore| toujours| vraiment)?(?: de| d'| du| un| une| la| le)?(?: \w+)?$"
)

# what turns down the things behind it, in its clause
REFUSAL = re.compile(
    r"\b(?:ne |n'|n )?(?:veux|veut|voulons|voudrais|voulait|souhaite|souhaitons|desire|desirons|tiens|"
    r"tenons|compte|"
    r"comptons|cherche|cherchons|aime|aimons|envisage|envisageons|prevois|prevoyons|prevu|vois|supporte|faut|"
    r"interesse|interessent|interesses|interessee|parle|parlez|parlons|propose|proposez|mettez|demande|"
    r"attends|"
    r"ferai|ferons|fais|faisons|vais|allons|irai|va|prends|prendrai|prendrons|utilise|utiliserai|changer|"
    r"change|"
    r"importe|concerne|crois|sers|convient|motive|branche|tente|plait|reve)"
    r"(?:[- ](?:moi|nous|vous))? (?:surtout |vraiment |absolument |toujours |meme |ni |donc )?"
    r"(?:pas|plus|jamais|point|aucun|aucune|rien)\b"
    r"|\bj?(?:veux|ve|vx) (?:pas|plus)\b|\bjveu[xt]? pas\b|\bj'?(?:en )?veu[xt] (?:pas|plus|surtout pas)\b"
    r"|\b(?:surtout|certainement|absolument|vraiment) pas\b|\bhors de question\b|\bpas question\b"
    r"|\bpas (?:besoin|envie|interesse|interessee|interesses|la peine|utile|necessaire|question|fan|"
    r"convaincu|"
    r"convaincue|pour moi|pour nous|ma tasse|mon truc|concerne|concernee|client)\b|\bplus (?:besoin|envie)\b"
    r"|\b(?:aucun|aucune|nul) (?:besoin|envie|interet|utilite)\b|\bbesoin ni\b|\bbesoin de rien\b"
    r"|\brefus\w*\b|\bexclu\w*\b|\ballergique\b|\bpeu pour (?:moi|nous)\b|\bmarre (?:de|d'|des|du)\b|"
    r"\bras le bol\b"
    r"|\bdeteste\w*\b|\bhorreur\b|(?<!par )\bcontre (?:le|la|les)\b|\bm'en (?:fous|fiche|passe|moque)\b"
    r"|\bnous en passons\b|\blaissez tomber\b|\blaisse tomber\b|"
    r"\b(?:lacher|quitter|abandonner)\b|\boubliez\b|\boublie (?:le|la|les)\b|"
    r"\bevite[rz]?\b|\beviter\b"
    r"|\barrete[rz]?\b|\bstop\b|\bfini[es]? (?:le|la|les|avec|de)\b|\bnon (?:au|aux|a la|a l')\b"
    r"|\bsauf\b|\bexcepte\b|\bhormis\b|\ba part\b|\bau lieu d\w*\b|\bplutot qu\w*\b|\btout (?:sauf|"
    r"mais pas)\b"
    r"|\bsans(?: avoir| passer| faire| mettre| creer| devoir| aucun| aucune)?\b|\bni\b|\bpas\b"
    r"|\b(?:ne |n')\w+ personne\b|(?:^|[.,;:!?] )(?:plus )?jamais (?:je|j'|on|nous)\b"
    r"|\bjamais (?:de|d'|un|une|sur)\b|\baucun(?:e)?\b|\bplus (?:de|d')\b"
)

# what comes after the thing: « X, non », « X c'est fini »
REFUSED_AFTER = re.compile(
    r"^[ ,:;.!?]*(?:(?:alors|ca|c'|la|lui|franchement|vraiment|moi|nous|merci|mais|et|desole|pour (?:moi|"
    r"nous)) ?,? ?)*"
    r"(?:non\b|nan\b|jamais\b|(?:surtout|surement|certainement|absolument) pas\b|hors de question|pas question|"
    r"pas pour (?:moi|nous)|tres peu|"
    r"sans moi|"
    r"(?:c'?|ca )?(?:est|c'est) (?:fini|termine|mort|non|pas pour|pas mon|pas notre|hors|exclu|inutile|"
    r"niet|pas la peine|"
    r"pas necessaire|pas utile|pas une priorite|pas ma priorite|pas prioritaire|pas le sujet|pas mon truc)|"
    r"(?:j'|je |on |nous )?(?:n'|ne )?(?:en |y |l'|les? )?(?:ai |a |avons )?(?:veux|veut|voulons|souhaite|"
    r"tiens|crois|touche|"
    r"besoin|envie)\w* (?:pas|plus|jamais|surtout pas)|(?:j'|je |on |nous )?(?:n'|ne )?(?:en )?(?:ai|a|"
    r"avons) (?:pas|plus|aucun) "
    r"(?:besoin|envie|l'utilite)|(?:ca |cela )?(?:ne )?(?:m'|nous |me )?interesse(?:nt)? (?:pas|plus)|"
    r"(?:ca |cela )?(?:ne )?(?:me |nous )?(?:sert|servent|serviront|servirait|dit|plait|parle|"
    r"concerne)\w* (?:a )?(?:rien|pas)|"
    r"(?:on|je|nous) (?:oublie|oublions|laisse|arrete|refuse|deteste|s'en passe|m'en passe|m'en fous|"
    r"m'en fiche|evite|"
    r"verra plus tard)|(?:j'|je )?(?:en )?(?:ai |a )?(?:marre|ras le bol|horreur)|bof\b|poubelle|niet\b|"
    r"inutile|"
    r"(?:peut|peuvent) attendre|j'ai (?:deja )?donne|(?:on|je) (?:s'en|m'en) porte\w* (?:tres )?bien|"
    r"plus tard\b|pas maintenant|pas pour l'instant|pas tout de suite)"
)

# turns down the thing that comes next
OF_THE_NEXT = re.compile(
    r"(?:,|;|\bmais\b|\bet\b)?\s*(?:\b(?:surtout|certainement|absolument|vraiment|par contre|moi|je|on|nous|j') ?)*"
    r"(?:\w+ )?\b(?:pas|ni|sans|jamais|plutot que|au lieu)\b(?: (?:de|d'|du|des|la|le|les|l'|un|une|sur|a|au|"
    r"besoin|question)| )*$"
)

# « j'ai déjà X », « X, on l'a déjà », « content de X »
HAS_BEFORE = re.compile(
    r"\bdeja\b(?! (?:essaye|tente|entendu|pense|vu|perdu))|\bce qu'il (?:me |nous )?faut (?:pour|en|cote|"
    r"comme)\b|\bequipee?s? (?:pour|en|cote|d'un)\b|\bcontente?s? (?:de|d'|du|avec)\b|"
    r"\bsatisfaite?s? (?:de|d'|du|des|avec)\b|\bsuffit\b|\btout (?:marche|roule|va|tourne|est ok|est bon) "
    r"(?:tres |super )?(?:bien )?(?:niveau|cote|pour|avec|sur)\b"
    r"|\b(?:garde|gardons|conserve|conservons) (?:mon|ma|mes|notre|nos|le|la)\b"
)

# « …, on l'a déjà », « … c'est ma fille qui gère », « … ok »
HAS_AFTER = re.compile(
    r"^[ ,:;.]*(?:[\w']+ ){0,5}?(?:(?:je |on |nous )?(?:l'|les |j'en |en )?(?:ai|a|avons) deja|(?:je|on|"
    r"nous) (?:l'|les |en )(?:ai|a|avons)\b|"
    r"(?:est|sont) (?:bien |toujours |deja )?a jour\b|dont (?:on|je|nous) (?:suis|est|sommes) (?:tres |"
    r"bien )?(?:fier|content|"
    r"satisf)\w*|qui (?:tourne|marche|roule|suffit|me va|nous va)\b|"
    r"existent? deja\b|(?:marche|tourne|roule)(?:nt)? (?:fort|bien|tres bien|du tonnerre|nickel)\b|"
    r"deja (?:fait|en place|la|regle|"
    r"bon|ok|equipe)|deja pret\w*|(?:c'?est|est) (?:pret\w*|mon|ma|notre|un|une|le|la)\b(?= (?:comptable|"
    r"cabinet|bureau|"
    r"notaire|fille|fils|femme|mari|gendre|neveu|niece|cousin|"
    r"cousine|beau|belle|prestataire|agence|associee?|secretaire|frere|soeur|expert|expert-comptable|"
    r"patron|collegue|"
    r"gars|societe|boite|voisin|copain|ami))|ok\b|(?:marche|tourne|roule) (?:au poil|nickel)|(?:c'?est|"
    r"est) (?:fait|regle|bon\b(?! marche)|ok\b|en place|deja|parfait|tres bien|gere)|ca (?:va|roule|"
    r"marche|tourne|"
    r"me va|nous va|me suffit|suffit|baigne)\b(?! pas)|(?:me|nous) (?:suffi(?:t|sent)|va|vont|"
    r"convien\w*)\b|(?:marche|fonctionne|tourne|roule)\w* "
    r"(?:tres |super |parfaitement |impec )?(?:bien|nickel|impec|parfaitement)|(?:tres |"
    r"super )?(?:content|satisfait)\w*|"
    r"(?:et (?:la|le|les) \w+,? )?(?:je|on|nous) (?:suis|est|sommes) (?:bien |tres |deja |tous )*(?:equip|"
    r"content|satisf|servi|au point)\w*|"
    r"impec\w*|nickel|rien a (?:redire|changer|faire)|excellent\w*|parfait\w*|(?:je|on|"
    r"nous) n'?y touche\w* pas|(?:j'ai|on a|nous avons) (?:deja )?(?:un|une|mon|ma|quelqu'un|le|la|"
    r"notre)\b.{0,40}?\b(?:pour ca|qui s'en|qui gere|qui fait|s'en (?:charge|occupe))|s'en (?:charge|"
    r"occupe)|sous controle|j'en suis (?:content|satisfait)\w*)"
)

# what is there, but not good enough: a need in spite of « j'ai déjà »
SPOILT = re.compile(
    r"\b(?:vieu[xt]\w*|vieilli\w*|vieillot\w*|ancien\w*|date\b|datent|moche|laid|nul\w*|lent\w*|rame\w*|"
    r"bug\w*|plante\w*|"
    r"depasse\w*|obsolete\w*|casse\w*|abandon\w*|mal fait|pas a jour|plus a jour|ne marche|marche (?:pas|"
    r"plus|mal)|"
    r"fonctionne (?:pas|plus|mal)|sert (?:a rien|pas)|vend (?:rien|pas)|rapporte (?:rien|pas)|personne|"
    r"rien ne|"
    r"refaire|ameliorer|moderniser|changer|mettre a jour|remplacer|trop (?:cher|complique|vieux|lent|"
    r"petit)|cher|galere|"
    r"complique|illisible|moyen|bof|pas terrible|pas top|manque|insuffisant|en panne|pirat\w+|"
    r"ne suffit (?:pas|plus)|"
    r"suffit (?:pas|plus)|aide\w* a|pas visible|introuvable|s'affiche mal|au point mort|mort\b|vide|desert)"
)

# a wish: ends the reach of a refusal before it
WANT = re.compile(
    r"\b(?:veux|veut|voulons|voudrais|voudrait|voudrions|aimerais|aimerait|aimerions|souhaite|souhaites|"
    r"souhaitons|souhaiterais|"
    r"cherche|cherchons|recherche|recherchons|faudrait|faut|manque|besoin|envie|interesse|interessee|"
    r"aidez|aide moi|aider|"
    r"preferes?|prefererais|preferons|plutot|comment|juste|seulement|uniquement|surtout|oui|priorite|"
    r"pret a|prete a|"
    r"reve|jveux|jvoudrais|jcherche|pourquoi pas|ok pour|d'accord pour|interesse par|volontiers)\b"
)

# ends a clause
STRONG_CUT = re.compile(
    r"[.!?;\n…:]|\s-\s|\bmais\b(?! pas\b)|\bpar contre\b|\ben revanche\b|\bsinon\b|\bcependant\b|"
    r"\bpourtant\b|\bcar\b"
    r"|\bparce qu\w*\b|\bpar contr\b|\balors que\b|\btandis que\b"
)

# a comma or « et » opens a clause when a subject or a wish follows
SOFT_CUT = re.compile(
    r"(?:,|\bet\b|\bpuis\b|\bdonc\b)\s*(?=(?:en fait |moi |nous |aussi |la |par contre |plutot |juste |"
    r"seulement |ce qu )*"
    r"(?:je|j'|on|nous|il|ils|elle|ca|c'est|ce qu|aide|aidez|jveux|jvoudrais|jcherche|plutot|juste|"
    r"seulement|uniquement|"
    r"oui|mes|mon|notre|nos|les clients|comment|pour|faut|faudrait|reste)\b)|\bplutot\b(?! qu)|\bc'est (?=pour|"
    r"de|d'|du|la|le|"
    r"un)|(?<=\w) juste (?=\w)"
    r"|,\s*(?=(?:surtout |certainement |ni |pas |sans |sauf |a part |je ne |j'ai deja))"
)

# what nobody wants: to be rid of it is the need
NUISANCE = re.compile(
    r"\b(?:paperasses?|papiers?|impayes?|lapins?|pirat\w*|hack\w*|virus|arnaques?|phishing|rancon\w*|"
    r"appels|gaspillage|ruptures?|"
    r"fraudes?|spams?|commissions?|administratif|retards?|mauvais|faux|especes|cheques|booking|main|"
    r"cahier|excel|"
    r"escroc\w*|vol\w{0,2}|pertes?|invendus|no show|courir|dependre)\b"
)

# a complaint that begins with its « pas »
STARTS_WITH_NOT = re.compile(r"(?:pas|plus|jamais|aucune?|rien)\b")

# a verb of wish right before it
WISH_VERB_LAST = re.compile(
    r"(?:veu[xt]?|voulons|voudrais|demand\w+|cherch\w+|souhait\w+|faut|besoin|envie|surtout|tiens)\s*$"
)

# takes back even a complaint: « pas besoin de refaire mon site »
TURNED_DOWN = re.compile(
    r"\b(?:veu[xt]?|voulons|souhait\w+|cherch\w+|envisag\w+|compt\w+|tiens|demand\w+|prevu|"
    r"aime) (?:surtout |vraiment |"
    r"absolument )?(?:pas|plus|jamais)\b|\b(?:pas|plus|aucun|aucune) (?:besoin|envie|interet|question)\b|"
    r"\bsurtout pas\b|"
    r"\bhors de question\b|\bplutot qu\w*\b|\bau lieu d\w*\b|\bsans\b|\brefus\w*\b|\barretez\b|\bstop\b|"
    r"\bni\b|\bpas interess\w*\b"
)

# « plutôt un site que … », « je préfère … à … »; right before the thing
INSTEAD = re.compile(
    r"\b(?:plutot|mieux vaut|vaut mieux|prefer\w+)\b.{3,60}\bqu(?:e|') ?(?:d'|de |un |une |le |la |les |"
    r"l'|des |du |faire |avoir )*$|"
    r"\bprefer\w+ .{3,40}\b(?:a|aux?) (?:la |l'|une? )?$"
)

# a clause against the one before
CONTRAST = re.compile(r"\W*(?:mais|par contre|en revanche|seulement|sauf que)\b")

# in such a clause, « aucune vente en ligne » is a lack
NONE_LEFT = re.compile(r"\b(?:aucune?|pas (?:de|d'|encore)|zero|toujours pas|jamais (?:eu|fait)|rien)\b")

# « on n'en a pas, et on s'en porte bien »
PROUD = re.compile(
    r"\b(?:s'en porte|m'en porte|m'en passe|s'en passe|nous en passons)\w*|\bmanquent? pas\b|"
    r"\btres bien (?:comme ca|sans)\b|"
    r"\ben veu[xt]? pas\b|\bcompte pas\b|\bca me va\b|\btant mieux\b"
)

# only says that the thing is there
POSSESSES = re.compile(
    r"\b(?:j'ai|jai|on a|il y a|avons|avez|possed\w+|utilis\w+|me sers d\w*|(?:on|je) prends?|prenons|"
    r"accept\w+)\s+"
    r"(?:bien |aussi |un |une |mon |ma |mes |des |le |la |les |notre |nos |du |de la |\d+ |deja |"
    r"toujours )*(?:\w+ (?:et|,) (?:un |une |des )?)?(?:\w+ (?:sur|en) )?$"
)

# what the firm does for others: names the trade
TRADE_VERB = re.compile(
    r"\b(?:je|j'|on|nous) ?(?:vend\w*|cree\w*|fabriqu\w+|install\w+|repar\w+|depann\w+|nettoi\w+|nettoy\w+|"
    r"develop\w+|concoi\w+|concev\w+|realis\w+|"
    r"fais|fait|faisons|lou(?:e|ons)|edit(?:e|ons)|form(?:e|ons)|propos(?:e|ons)|enseign\w+|donn(?:e|ons)|distribu\w+)"
    r"(?: aussi| surtout| principalement| uniquement)? "
    r"(?:des|du|de la|de l'|de|d'|un service de|aux|les|le|la)(?: \w+ (?:et|de) )? ?$"
    r"|\b(?:reparation|depannage|vente|fabrication|installation|creation|location|pose|entretien|maintenance|"
    r"conception) "
    r"(?:et \w+ )?(?:de |d'|des |en )(?:\w+ (?:et|,) (?:de |d')?)?$"
)
GOOD = re.compile(
    r"[ ,]*(?:[\w']+ ){0,3}?(?:propre|nickel|tres bien|impec\w*|super|parfait\w*|recente?|neu[fv]e?|"
    r"efficace|solide|qui (?:me |nous )?"
    r"(?:va|suffit|convient|marche|tourne|roule)|depuis (?:toujours|longtemps|des|\d+|deux|trois|cinq|"
    r"dix)|ca (?:va|me va|suffit)|bien a jour|a jour)\b"
)

# a clause that goes on about the same thing
OF_THE_SAME = re.compile(
    r"\W*(?:mais|par contre|sauf|cependant|pourtant|seulement|, ?(?:il|elle|mais)\b(?! (?:me|nous|m'|faut|"
    r"faudrait|manque|y)))"
)

# words of WANT that do not end a refusal
NO_WISH = frozenset("comment aider faut besoin surtout manque veut interesse plutot".split())

# further behind the thing: « … ça ne m'intéresse pas »
REFUSED_LATER = re.compile(
    r"\b(?:ne |n'|n )?(?:m'|nous |me |l')?(?:interesse|interessent|plait|sert|serviront|concerne|en veux?|"
    r"en voulons|convient)\w* "
    r"(?:vraiment |absolument )?(?:pas|plus|rien|a rien)\b|\bj'en veux? (?:pas|plus)\b|\btres peu pour\b|"
    r"\bc'est fini\b|"
    r"\bhors de question\b|\bpas question\b|\bsans moi\b|\bs'en porte\w* (?:tres )?bien\b|"
    r"\bpas besoin (?:d'aide|la[- ]dessus|de ce cote|pour ca)|\b(?:ai|a|"
    r"avons) pas (?:du tout )?besoin\b(?! d'un| d'une| de)"
)

# without any of these no REFUSAL matches; spares its long expression most texts
MAY_REFUSE = re.compile(
    r"pas|plus|jamais|point|aucun|nul|rien|sans|\bni\b|sauf|refus|exclu|marre|bol|detest|horreur|contre|fous|fiche|moque|laiss|"
    r"oubli|evit|arret|stop|fini|\bnon\b|part|lieu|plutot|hormis|excepte|allergique|peu pour|personne|"
    r"lacher|quitter|abandonn"
)
# between two nouns of one refusal, or before a clause of its own
JOINED = re.compile(r"\b(?:et|puis)\b|,")

LONG_WORDS = long_words(pattern for pattern in list(globals().values()) if isinstance(pattern, re.Pattern))
"""The long words in all of them, for who corrects spelling."""
