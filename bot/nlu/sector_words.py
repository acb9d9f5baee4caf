"""Words as the sector lexicon compares them: stems, verb forms, and misspelled words led back to known ones.

A word of the text becomes one or two keys: its stem (no plural, masculine form) and, when it may be a form of a
known verb, that verb's infinitive followed by `+`. The lexicon's expressions are turned into the same keys.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache

import numpy as np
from rapidfuzz.distance import OSA

from bot.nlu.near_words import is_slip

# Suffix of a feminine form and what the masculine one ends with; the longest that fits is applied.
_FEMININE = (
    ("euses", "eur"), ("euse", "eur"), ("eure", "eur"), ("trice", "teur"), ("iere", "ier"),
    ("ienne", "ien"), ("enne", "en"),
    ("onne", "on"), ("elle", "el"), ("ive", "if"), ("gere", "ger"), ("chere", "cher"), ("ante", "ant"),
    ("iste", "iste"), ("icienne", "icien"), ("ere", "er"), ("ee", "e"), ("eresse", "eur"),
)  # fmt: skip
_KEPT = frozenset(
    "matiere biere lumiere poussiere cimetiere carriere frontiere pierre litiere theiere cafetiere terre guerre "
    "serre cuisine cours bois bras corps temps mais gaz prix noix voix croix jus riz nez velours parcours secours "
    "tapis lys avis devis permis souris tennis bus repas ananas cactus pneus chaussee musee lycee armee fee cree "
    "vitesse adresse presse pelle chapelle dentelle vaisselle poubelle ficelle echelle ruelle selle elle laine "
    "nous vous gens fils dos os anis jeans accueil mere pere frere misere colere critere galere hotelliere "
    "fourriere riviere croisiere laitiere etagere gouttiere tondeuse remorque chaudiere gravure fleur coeur soeur "
    "atelier acces proces succes essence dependante plante tente vente brocante detente rente attente "
    "sante cinquante soixante trente quarante personne couronne colonne tonne bonne bretonne antenne benne "
    "etrennes moyenne tisane cabane douane moto photo radio ouvre faire taire".split()
)
_IRREGULAR = {
    "yeux": "oeil", "travaux": "travail", "coiffe": "coiffe", "bijoux": "bijou", "chevaux": "cheval",
    "animaux": "animal", "journaux": "journal", "vitraux": "vitrail", "locaux": "local", "bocaux": "bocal",
    "metaux": "metal", "vegetaux": "vegetal", "cristaux": "cristal", "hopitaux": "hopital", "canaux": "canal",
    "materiaux": "materiau", "genoux": "genou", "choux": "chou", "feux": "feu", "jeux": "jeu", "lieux": "lieu",
    "pneux": "pneu", "poneys": "poney", "cuisto": "cuisinier", "maitresse": "maitre", "patronne": "patron",
    "copine": "copain", "oeufs": "oeuf", "boeufs": "boeuf", "hotesse": "hote",
}  # fmt: skip


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The word without plural, in the masculine where a regular ending tells it."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or word in _KEPT or word[0].isdigit():
        return word
    if word.endswith("eaux"):
        return word[:-1]
    if word.endswith("aux") and len(word) > 5:
        return word[:-3] + "al"
    if word.endswith(("s", "x")) and not word.endswith("ss"):
        word = word[:-1]
        if word in _KEPT or len(word) < 4:
            return word
    if len(word) >= 6:
        for feminine, masculine in _FEMININE:
            if word.endswith(feminine):
                return word[: -len(feminine)] + masculine
    return word


_ER_ENDINGS = ("e", "es", "ons", "ez", "ent", "er", "ant", "ais", "ait", "era", "erai")
_IRREGULAR_VERBS = {
    "faire": "fais fait faisons font faire faisant fesons faisait faites fai",
    "vendre": "vends vend vendons vendent vendre vendant vendait vendez",
    "revendre": "revends revend revendons revendent revendre",
    "produire": "produis produit produisons produisent produire",
    "traire": "trais trait trayons traient traire",
    "extraire": "extrais extrait extrayons extraient extraire",
    "fondre": "fonds fond fondons fondent fondre",
    "fendre": "fends fend fendons fendent fendre",
    "recoudre": "recouds recoud recousons recousent recoudre",
    "detruire": "detruis detruit detruisons detruisent detruire",
    "reduire": "reduis reduit reduisons reduisent reduire",
    "enduire": "enduis enduit enduisons enduisent enduire",
    "mettre": "mets met mettons mettent mettre",
    "remettre": "remets remet remettons remettent remettre",
    "refaire": "refais refait refaisons refont refaire",
    "broyer": "broie broyons broient broyer",
    "couvrir": "couvre couvrons couvrent couvrir",
    "convertir": "convertis convertit convertissons convertissent convertir",
    "sortir": "sors sort sortons sortent sortir",
    "construire": "construis construit construisons construisent construire",
    "conduire": "conduis conduit conduisons conduisent conduire",
    "traduire": "traduis traduit traduisons traduisent traduire",
    "cuire": "cuis cuit cuisons cuisent cuire",
    "tenir": "tiens tient tenons tiennent tenir tenait",
    "entretenir": "entretiens entretient entretenons entretiennent entretenir entretient",
    "peindre": "peins peint peignons peignent peindre",
    "teindre": "teins teint teignons teignent teindre",
    "coudre": "couds coud cousons cousent coudre",
    "moudre": "mouds moud moulons moudre",
    "tondre": "tonds tond tondons tondent tondre",
    "batir": "batis batit batissons batissent batir",
    "fournir": "fournis fournit fournissons fournissent fournir",
    "blanchir": "blanchis blanchit blanchissons blanchir",
    "polir": "polis polit polissons polissent polir",
    "investir": "investis investit investissons investir",
    "concevoir": "concois concoit concevons concoivent concevoir",
    "recevoir": "recois recoit recevons recoivent recevoir",
    "ecrire": "ecris ecrit ecrivons ecrivent ecrire",
    "accueillir": "accueille accueillons accueillent accueillir",
    "cueillir": "cueille cueillons cueillent cueillir",
    "repeindre": "repeins repeint repeignons repeindre",
    "etre": "suis sommes est etre",
    "servir": "sers sert servons servent servir",
    "torrefier": "torrefie torrefions torrefient torrefier",
    "abattre": "abats abat abattons abattent abattre",
    "transmettre": "transmets transmet transmettre",
    "nettoyer": "nettoie nettoies nettoyons nettoient nettoyer nettoi",
    "balayer": "balaie balaye balayons balayent balayer",
    "essayer": "essaie essayons",
    "lever": "leve levons levent lever",
    "elever": "eleve elevons elevent elever elevant",
    "acheter": "achete achetons achetent acheter",
    "ficeler": "ficele ficelons",
    "projeter": "projette projetons",
}


def verb_forms(infinitive: str) -> Iterator[str]:
    """The present, infinitive and participle forms of a verb, without accents."""
    if infinitive in _IRREGULAR_VERBS:
        yield from _IRREGULAR_VERBS[infinitive].split()
    elif infinitive.endswith("er"):
        root = infinitive[:-2]
        for ending in _ER_ENDINGS:
            yield root + ending
        if root.endswith("g"):
            yield root + "eons"
    elif infinitive.endswith("ir"):
        root = infinitive[:-1]
        yield from (root + "s", root + "t", root + "ssons", root + "ssent", infinitive)
    else:
        yield infinitive


_SOUNDS = (
    ("eau", "o"), ("au", "o"), ("ph", "f"), ("qu", "k"), ("gu", "g"), ("ge", "je"), ("gi", "ji"), ("ce", "se"),
    ("ci", "si"), ("sch", "ch"), ("ch", "#"), ("c", "k"), ("q", "k"), ("ai", "e"), ("ei", "e"), ("y", "i"),
    ("z", "s"), ("h", ""), ("em", "an"), ("en", "an"), ("am", "an"), ("w", "v"), ("x", "ks"), ("tion", "sion"),
    ("mb", "nb"), ("mp", "np"),
)  # fmt: skip


def sound(word: str) -> str:
    """A rough phonetic form: words that sound the same mostly share it."""
    for written, heard in _SOUNDS:
        word = word.replace(written, heard)
    out = [letter for i, letter in enumerate(word) if i == 0 or letter != word[i - 1]]
    return "".join(out).rstrip("esdtx")


_OTHERS = 3


class Spelling:
    """The known words, and the known word that a misspelled one most likely is.

    Two words one edit apart share a form with one letter less; those forms are kept as sorted 32-bit hashes, which
    costs six bytes a form instead of a string.
    """

    def __init__(self, targets: Iterable[str], known: Iterable[str], shortest: int = 5) -> None:
        """`targets` may be proposed, most frequent first; `known` words are right and left alone."""
        self._targets = [word for word in dict.fromkeys(targets) if len(word) >= shortest and word.isalpha()]
        self._known = set(known) | set(self._targets)
        hashes: list[int] = []
        owners: list[int] = []
        for number, word in enumerate(self._targets):
            for form in {word, *_deletions(word)}:
                hashes.append(zlib.crc32(form.encode()))
                owners.append(number)
        table = np.array(hashes, dtype=np.uint32)
        order = np.argsort(table, kind="stable")
        self._hashes = table[order]
        self._owners = np.array(owners, dtype=np.uint16)[order]
        self._by_sound: dict[str, str] = {}
        for word in self._targets:
            self._by_sound.setdefault(sound(word), word)
        self._shortest = shortest
        self._memory: dict[str, str | None] = {}

    def __contains__(self, word: str) -> bool:
        return word in self._known

    def others(self, word: str) -> tuple[str, ...]:
        """Further known words that a usual slip makes a misspelled one of, the most frequent first."""
        if word in self._known or len(word) < self._shortest or not word.isalpha() or len(word) > 25:
            return ()
        meant = self.correct(word)
        near = [self._targets[owner] for owner in sorted(self._near(word))]
        return tuple(one for one in near if one != meant and is_slip(word, one))[:_OTHERS]

    def correct(self, word: str) -> str | None:
        """The known word meant, None when there is none; a known word is itself."""
        if word in self._known:
            return word
        if len(word) < self._shortest or not word.isalpha() or len(word) > 25:
            return None
        if word not in self._memory:
            if len(self._memory) > 5000:
                self._memory.clear()
            found = self._search(word)
            for shorter in (word[:-1], stem(word)):
                # A plural or a feminine that is not in the vocabulary is two edits from the word that is.
                if found is None and len(shorter) >= self._shortest and shorter != word:
                    found = shorter if shorter in self._known else self._search(shorter)
            self._memory[word] = found
        return self._memory[word]

    def _near(self, word: str) -> set[int]:
        """Numbers of the targets at most one edit away."""
        forms = np.array([zlib.crc32(form.encode()) for form in (word, *_deletions(word))], dtype=np.uint32)
        left = np.searchsorted(self._hashes, forms, "left")
        right = np.searchsorted(self._hashes, forms, "right")
        owners = {
            owner
            for start, end in zip(left.tolist(), right.tolist(), strict=True)
            for owner in self._owners[start:end].tolist()
        }
        return {owner for owner in owners if OSA.distance(word, self._targets[owner], score_cutoff=1) <= 1}

    def _search(self, word: str) -> str | None:
        best: tuple[bool, bool, int] | None = None
        for owner in self._near(word):
            target = self._targets[owner]
            slip, same_start = is_slip(word, target), target[0] == word[0]
            # A usual slip, then the same first letter, then the likelier word.
            if (slip or same_start or len(word) >= 7) and (
                best is None or (not slip, not same_start, owner) < best
            ):
                best = not slip, not same_start, owner
        if best is not None:
            return self._targets[best[2]]
        heard = sound(word)
        alike = self._by_sound.get(heard) if len(heard) >= 5 else None
        return alike if alike is not None and OSA.distance(word, alike, score_cutoff=3) <= 3 else None


def _deletions(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]
