"""Words that the reader of headcounts knows, and the form of a text in which it looks for them.

The form is plain text with one space between words, SMS spellings written out and one mistake forgiven in the
words
that are listed here; `Canonical.span` leads back to the plain text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.nlu.near_words import NearWords
from bot.nlu.numbers import NUMBER_WORDS
from bot.nlu.text import Normalised

_PEOPLE = """
salarie employe ouvrier apprenti alternant collaborateur collab collegue associe gars agent permanent
saisonnier interimaire
extra cdi cdd tete bonhomme bonhommes mec nana copain copine pote ami compagnon technicien vendeur serveur
cuisinier chauffeur
conducteur moniteur coiffeur secretaire assistant comptable poseur macon peintre plombier electricien mecano
mecanicien
carrossier preparateur veto asv infirmier medecin dentiste avocat negociateur formateur intervenant conseiller
teleconseiller
developpeur dev ingenieur consultant designer graphiste encadrant animateur prof professeur intermittent marin
matelot
couturier operateur boulanger patissier boucher libraire guide livreur commis plongeur receptionniste
jardinier paysagiste
praticien kine osteo therapeute pharmacien opticien estheticien artisan frere soeur cousin homme femme fille
garcon conjoint
cogerant gerant dirigeant patron chef manager cadre magasinier caissier menuisier charpentier couvreur soudeur
tourneur
fraiseur usineur chaudronnier tailleur monteur installateur depanneur plaquiste carreleur jointoyeur
terrassier manoeuvre
aide auxiliaire educateur enseignant traducteur redacteur commercial commerciaux architecte dessinateur
geometre juriste
clerc notaire huissier ambulancier brancardier taxi routier cariste manutentionnaire emballeur ramasseur
vendangeur
cueilleur tractoriste vacher berger palefrenier soigneur toiletteur masseur prothesiste orthophoniste
psychologue danseur
comedien musicien regisseur photographe journaliste editeur imprimeur relieur brodeur tapissier ebeniste
potier ceramiste
verrier bijoutier horloger cordonnier pizzaiolo barman barmaid sommelier traiteur fromager poissonnier
charcutier epicier
fleuriste pepiniere maraicher agriculteur viticulteur vigneron caviste brasseur distillateur informaticien
webmaster
analyste testeur hotesse hote steward gardien vigile nettoyeur laveur repasseur repasseuse teinturier
bagagiste
gouvernante master pigiste correcteur fixe temps couple fils neveu niece actif actionnaire
coach pro adjoint titulaire administratif gamin gamine permanente
mono skipper confrere consoeur plagiste
bucheron scieur elagueur grimpeur tondeur ferreur negociant courtier
artiste journaliste professionnelle gestionnaire pompiste maquettiste manipulateur encadrant responsable
""".split()
_IRREGULAR = {
    "collaboratrice": "collaborateur", "vendeuse": "vendeur", "serveuse": "serveur",
    "coiffeuse": "coiffeur", "pers": "personne",
    "personne": "personne", "persone": "personne", "personnes": "personne", "perso": "perso", "people": "personne",
    "animatrice": "animateur", "formatrice": "formateur", "monitrice": "moniteur", "conductrice": "conducteur",
    "operatrice": "operateur", "preparatrice": "preparateur", "couturieres": "couturier", "assistante": "assistant",
    "intervenante": "intervenant", "tetes": "tete", "salaries": "salarie", "employee": "employe",
    "teleconseillere": "conseiller",
    "mecs": "mec", "employés": "employe", "etp": "salarie", "staff": "staff", "payes": "salarie",
}  # fmt: skip
PEOPLE = frozenset(_PEOPLE) | frozenset(_IRREGULAR) | {"personne"}
"""Singular masculine forms of those who are counted after a number."""

NOT_COUNTED = frozenset(
    "librairie librairies pepiniere pepinieres champignonniere cressonniere safraniere "
    "pensionnaire pensionnaires client clients cliente clientes patient patients eleve eleves enfant enfants "
    "benevole benevoles "
    "stagiaire stagiaires "
    "traitant traitants visiteur visiteurs couvert couverts habitant habitants abonne abonnes follower "
    "followers convive "
    "convives fournisseur fournisseurs adherent adherents licencie licencies hotes voyageur voyageurs "
    "participant "
    "participants resident residents locataire locataires invite invites etudiant etudiants usager "
    "usagers membre membres "
    "ordinateur ordinateurs tracteur tracteurs moteur moteurs chantier chantiers papier papiers "
    "atelier ateliers quartier "
    "quartiers panier paniers fichier fichiers dossier dossiers courrier courriers cahier cahiers "
    "metier metiers sentier "
    "escalier secteur secteurs heure heures valeur valeurs couleur couleurs fleur fleurs biere bieres "
    "matiere matieres "
    "croisiere machine machines piste pistes liste listes restaurant restaurants etablissement premier "
    "premiers premiere dernier "
    "derniere entier entiere compteur aspirateur congelateur camion camions lits fournier janvier "
    "fevrier particulier "
    "particuliers vehicules utilitaire utilitaires panneaux devis sites site gites gite hangar cuisine "
    "cuisines "
    "annee annees mois jour jours semaine semaines euro euros client concurrent concurrents acheteur "
    "acheteurs millier "
    "milliers prospect prospects contact contacts lave mot pass interieur exterieur meilleur meilleurs "
    "plusieurs ailleurs "
    "escape chien chiens cheval chevaux poney poneys vache vaches brebis chevre chevres ruche ruches "
    "bien biens lien liens "
    "rien matin soutien entretien terrain terrains moyen ancien anciens quotidien sejour courant "
    "instant montant avant devant "
    "maintenant pendant suivant important restant logement abonnement agence agences apiste liste "
    "terrasse bureau bureaux "
    "magasin magasins boutique boutiques mariage mariages ferme point points roues etoiles etages "
    "niveaux plats menus pieces "
    "tables places chambres emplacements cours stages formations reference references article articles "
    "produit produits "
    "modele modeles facteur facteurs ascenseur ascenseurs porteur fauteuil fauteuils clavier tonnes "
    "hectares mobilier "
    "depanneuse depanneuses tondeuse tondeuses moissonneuse moissonneuses pelleteuse pelleteuses eolienne eoliennes "
    "imprimante imprimantes friteuse friteuses trayeuse trayeuses camionnette camionnettes chaudiere chaudieres "
    "immobilier immobiliers financier chevalier pierre premierement pixel telephone telephones".split()
)
"""Words after a number that are not people at work in the firm."""

_OCCUPATION = re.compile(r"[a-z]{3,}(?:eur|euse|ier|iere|iste|ien|ienne|rice|logue|aire|ant|ante)s?\Z")
KIN = (
    r"(?:femme|mari|epoux|epouse|conjointe?|compagne|compagnon|pere|mere|frere|soeur|fils|fille|"
    r"cousine?|gendre|neveu|niece|"
    r"oncle|tante|copain|copine|amie?|pote|associee?|apprentie?|alternante?|ouvriere?|salariee?|"
    r"employee?|secretaire|assistante?|"
    r"vendeuse|vendeur|collegue|beau frere|belle soeur|beau pere|belle mere|belle fille|beau fils|"
    r"partenaire|cherie?|homme|"
    r"binome|collaborateur|collaboratrice|serveuse|serveur|cuisinier|commis|aide|maman|papa|papy|mamie|"
    r"frangin|frangine|"
    r"saisonniere?|extra|technicien|comptable|chef|patron|patronne|pizzaiolo|livreur|mecano|moitie|gars|matelot|mousse|"
    r"epous|stagiaire)"
)
_SMS = {
    "chui": "je suis", "chuis": "je suis", "jsui": "je suis", "jsuis": "je suis", "jsuit": "je suis", "sui": "suis",
    "g": "j ai", "jai": "j ai", "ge": "j ai", "ke": "que", "ss": "sans", "tt": "tout", "tte": "toute", "ns": "nous",
    "ya": "il y a", "che": "j ai", "jtravaille": "je travaille", "jbosse": "je bosse", "jtaf": "je bosse", 
    "selement": "seulement", "emploies": "employes", "emploie": "emploie",
    "emploiyes": "employes", "salrie": "salarie", "salries": "salaries", "sallarie": "salarie", "sallaries": "salaries",
    "salaris": "salaries", "sec": "secretaire",
    "secr": "secretaire", "salari": "salarie", "aprenti": "apprenti", "aprentis": "apprentis", "aprantis": "apprentis",
    "apranti": "apprenti", "ouvrie": "ouvrier", "ouvries": "ouvriers", "persones": "personnes", "employer": "employes",
    "prs": "personnes", "persos": "personnes", "avc": "avec", "pr": "pour", "chuit": "je suis", "seulle": "seule",
    "bibi": "moi", "sal": "salaries", "tou": "tout", "seu": "seul", "fame": "femme", "frerre": "frere",
    "some": "sommes",
    "papa": "mon papa", "maman": "ma maman", "moua": "moi", "mwa": "moi", "moa": "moi",
}  # fmt: skip
_VOCABULARY = NearWords(
    {
        *(w for w in PEOPLE if len(w) >= 6),
        *(w + "s" for w in PEOPLE if len(w) >= 5 and not w.endswith("s")),
        *(
            "salariee salariees employee employees apprentie apprenties associee associees alternante "
            "ouvriere ouvrieres seule "
            "cabinet groupe equipes entreprises boutique compagne conjointe epouse soeur soeurs freres "
            "femme equipe effectif entreprise sommes hiver saison annee personnel "
            "benevole benevoles saisonniers decembre cueillette recolte pleine campagne "
            "entrepreneur entrepreneuse freelance travaille bosse tourne vendeuses coiffeuses monitrices"
        ).split(),
    },
    not_typos=(
        "salaire salaires salarial personnel personnelle personnels employeur employeurs emploi "
        "emplois associer associatif associative "
        "association agence agences ouvrir ouvert ouverte ouvre vendre apprendre apprend apprendrai "
        "sommes somme pommes "
        "patrons patronne client clients chefs chien chiens cadres carte cartes marin marins matin "
        "matins prof profs "
        "profil profils amis admis extras texte equipes equipement saisons sais aides aider aidez aide "
        "femmes ferme fermes "
        "fermer forme former formes gemmes temps tempes actifs actuel gardes garde gardien gerants "
        "garcons garer garages "
        "potier potiere poster poste postes porte portes freres freins frais treize seize servir "
        "service services serveurs "
        "heures leurs fleurs cousins coussin coussins cousine cuisine cuisines maison maisons raison "
        "macons marron "
        "poisson poissons traiteur traite traitement taxis taxes textes facteur facture factures "
        "secteur vecteur moteur "
        "moniteurs monter montre monture conduire conduite installer installation reparateur reparer "
        "preparer "
        "assistance assister commerce commercants commercant commercial commune communes commande "
        "commandes commun comme comment "
        "temoin moins mois collectif collecte college compte comptes comptabilite content contenu "
        "context conseil conseils "
        "livre livres livrer livraison livraisons hotels hotel hotes brasserie boulangerie patisserie "
        "boucherie epicerie "
        "menuiserie charpente carreau carrelage couverture couvert couverts soude peinture plomberie "
        "electricite "
        "mecanique carrosserie jardin jardins paysage therapie pharmacie optique esthetique artisanal "
        "artisanale artisanat "
        "photo photos photographie journal imprimer imprimerie tapis verre bijoux bijouterie "
        "horlogerie cordonnerie traite "
        "bosser tourner tournee tournees annees anime animer animation animaux formation formations "
        "intervention seules ecole "
        "architecture notaires guides guider guide cuisiner serrurier gestion dirige actives couples "
        "coupes coupe masse massage "
        "hommes homme gomme tomme nommes femmes filles billes villes ville fille famille freelances "
        "patisser tete terte tetes "
        "pates fetes bete betes dentaire dentiste dettes devant devis devrait dev clerc clercs garage "
        "copie copies copine courtage "
        "relier atelier cellier cavalier tablier pilier palier reparti parti partis partie parties "
        "avancer avance avocats "
        "restaurateur travailler travail travailles marche marches marque operation operations operer "
        "traduction redaction "
        "edition editer editions fraise fraises tournage soigner soins berger bergerie vache vaches "
        "vachers fixer fixes "
        "commissaire commissaires toilette toilettes vigne vignes vignoble vignobles brasseries "
        "manager manger menage".split()
    ),
    shortest=6,
)


def _feminine(word: str) -> tuple[str, ...]:
    for masculine, feminine in (
        ("teur", "trice"),
        ("eur", "euse"),
        ("ier", "iere"),
        ("ller", "llere"),
        ("ien", "ienne"),
    ):
        if word.endswith(masculine):
            return (word.removesuffix(masculine) + feminine,)
    return ()


SPELT = frozenset(
    {
        *(
            form
            for word in PEOPLE
            if len(word) >= 6
            for one in (word, *_feminine(word))
            for form in (one, one + "s")
            if not form.endswith("ss")
        ),
        *(word for word in NOT_COUNTED if len(word) >= 6),
        *(
            word for word in NUMBER_WORDS if len(word) >= 5 and "k" not in word
        ),  # « kinze » is near to « kiné »
        *"soeur soeurs frere freres femme conjoint conjointe epoux epouse associe associes associee associees".split(),
        *"hiver annee saison equipe agence atelier cabinet etude sommes travaille bosse tourne seule".split(),
        *"partage partager agenda planning dossiers fichiers prestataire charge occupe former recrute embauche".split(),
        *"cherche recherche cherchons recherchons trouver besoin cueillette vendanges recolte annees demarre".split(),
        *"permanent permanents saisonnier saisonniers apprentie salariee salariees employee employees".split(),
    }
)
"""Words that tell how many people work somewhere, for who corrects spelling."""


def is_person(word: str) -> bool:
    """Whether a word after a number says people who work there."""
    if word in NOT_COUNTED:
        return False
    for form in _singulars(word):
        if form in PEOPLE:
            return True
    return bool(_OCCUPATION.match(word))


def _singulars(word: str) -> tuple[str, ...]:
    bare = word[:-1] if word.endswith(("s", "x")) else word
    forms = [word, bare]
    if bare.endswith("e"):
        forms.append(bare[:-1])
    if bare.endswith("iere"):
        forms.append(bare[:-4] + "ier")
    if bare.endswith("ienne"):
        forms.append(bare[:-2])
    if bare.endswith("euse"):
        forms.append(bare[:-2] + "r")
    if bare.endswith("rice"):
        forms.append(bare[:-4] + "eur")
    return tuple(forms)


# Right behind a number (« 7 agnts ») even a short word is a misspelled one sooner than another thing.
_AFTER_NUMBER = NearWords(
    {form for word in PEOPLE for form in (word, word + "s") if len(form) >= 5 and not form.endswith("ss")},
    not_typos=NOT_COUNTED,
    shortest=5,
)


@dataclass(frozen=True, slots=True)
class Canonical:
    """The form in which headcounts are looked for; `pieces` are (start here, start there, end there)."""

    text: str
    pieces: tuple[tuple[int, int, int], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The plain characters that [start, end) of the form come from."""
        first = max((p for p in self.pieces if p[0] <= start), default=(0, 0, 0))
        last = max((p for p in self.pieces if p[0] < end), default=first)
        return first[1], max(last[2], first[1])


def _is_number(word: str) -> bool:
    return word.isdigit() or word in NUMBER_WORDS


def canonical(n: Normalised, typed: Normalised | None = None) -> Canonical:
    """Write a text as the patterns expect it; `typed` is the text before its spelling was corrected."""
    out: list[str] = []
    pieces: list[tuple[int, int, int]] = []
    length = 0
    previous_end = 0
    for token, first in zip(n.tokens, (typed or n).tokens, strict=True):
        between = n.plain[previous_end : token.start]
        digits = token.word[0].isdigit() and n.plain[max(0, previous_end - 1) : previous_end].isdigit()
        gap = between if digits and between in ("-", ",", ".", "/") else _gap(between)
        word = token.word
        if word in _SMS and not (word == "g" and n.plain[token.start - 1 : token.start].isdigit()):
            word = _SMS[word]
        elif len(word) >= 5 and word.isalpha() and word not in NOT_COUNTED and word not in NUMBER_WORDS:
            after_number = _is_number(out[-1] if out else "") and first.word != word
            # « 3 salares » are no salaries: behind a number, people are likelier than what is said more often
            people = _AFTER_NUMBER.correct(first.word) if after_number else None
            word = people or _VOCABULARY.correct(word) or word
        out.append(gap if length or gap.strip() else gap.lstrip())
        length += len(out[-1])
        pieces.append((length, token.start, token.end))
        out.append(word)
        length += len(word)
        previous_end = token.end
    out.append(_gap(n.plain[previous_end:]))
    return Canonical("".join(out), tuple(pieces))


def _gap(gap: str) -> str:
    """What stands between two words: nothing but a space, or a mark between spaces."""
    if gap in (" ", "'", "-", ""):
        return " " if gap else ""
    marks = re.sub(r"[^,.;:()+&/!?%€\n\-<>~*|=\"]", "", gap)
    mark = "," if '"' in marks and len(marks) == 1 else marks[:1] if marks else ""
    if mark == "-" and gap != "-":
        return " - "
    return f" {mark} " if mark and mark not in ",.;:!?" else f"{mark} " if mark else " "
