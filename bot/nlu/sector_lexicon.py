"""The sector lexicon: trades, shops, verbs and products in the words of the people who do them.

`nlu_data/sectors/lexicon_*.tsv` holds a class and its expressions a line, `products.tsv` what each product means
with what is done with it (make, sell, sell in gross, repair, rent, install). Both are written for people: an
expression may hold `{a|b}`; `~` marks another possible reading, `?` one that needs a clue around it, `+` a verb in
all its forms. Expressions are compared as sequences of stems without articles.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from bot.errors import ContentError
from bot.nlu.sector_words import Spelling, stem, verb_forms
from bot.nlu.text import plain

STOPS = frozenset(
    "de du des d le la les l un une et en a au aux sur pour par dans mes mon ma nos notre votre vos son sa ses leur "
    "leurs ce cette avec & n c s qu que y ou chez".split()
)
"""Words skipped on both sides."""

FILLERS = frozenset(
    "petit grand beau belle bel joli vieux vieil ancien nouveau nouvel jeune local familial tout quelque plein "
    "divers different aussi surtout principalement beaucoup bon super vrai simple indep independant traditionnel "
    "artisanal artisanaux bio biologique maison frais propre deux trois quatre cinq six genre notamment spec "
    "specialise principal plusieur ecologique moderne mobile sympa plus tres assez 2 3 4 5 toutes sortes type "
    "professionnel particulier exclusivement seulement uniquement essentiellement egalement encore haut gamme".split()
)
"""Words that may stand inside an expression without changing its trade."""

CONTEXT_WORDS = (
    "clients clientele surtout principalement uniquement internet marches emporter fournisseur fournisseurs cherche "
    "recherche besoin logiciel formation voudrais aimerais souhaite aide aides entreprise boutique magasin artisan "
    "independant entrepreneur concurrent concurrents comptable voisin neveu partager ancien ancienne place livrons "
    "prospects salaries personnes occasion ambulant comment facture factures vendre ligne reseaux sociaux site "
    "sommes personne suis avons tenons gerons fabriquons vendons gerant patron activite societe associe "
    "mettre metier savoir ecrire cliquer bonjour voila merci pirate rapport question questions reponse reponses "
    "donnees telephone numerique restart questionnaire conseiller personne diagnostic touche toucher moyen besoins"
)
"""Words that the context rules look for: their misspellings are to be found too."""

FRAMES = {
    "make": "fabriquer produire confectionner creer realiser faconner concevoir faire construire assembler elaborer "
    "sortir|fabricant fabrication producteur production fabrique atelier usine manufacture createur creation "
    "confection artisan conception constructeur",
    "grow": "cultiver elever planter recolter semer|culture cultivateur elevage eleveur exploitation ferme plantation",
    "retail": "vendre revendre|vente boutique magasin commerce commercant vendeur detaillant revendeur marchand "
    "echoppe enseigne showroom rayon shop depot",
    "gros": "importer fournir distribuer exporter|grossiste negoce negociant gros importateur import distributeur "
    "distribution importation demi-gros",
    "repair": "reparer depanner restaurer entretenir renover reviser retaper rafistoler|"
    "reparation reparateur depannage depanneur maintenance entretien restauration renovation",
    "rent": "louer|location loueur loc",
    "install": "installer poser monter|installation installateur pose poseur montage monteur",
}
"""What is done with a product: verbs, then nouns."""

FRAME_NOUNS = {
    "make": ("fabrication", "fabricant", "production", "producteur", "constructeur", "construction"),
    "grow": ("culture", "cultivateur", "producteur", "production", "elevage", "eleveur"),
    "retail": ("vente", "vendeur", "magasin", "boutique", "marchand"),
    "gros": ("grossiste", "negoce", "gros", "distribution", "importateur"),
    "repair": ("reparation", "reparateur", "entretien", "maintenance", "depannage", "restauration"),
    "rent": ("location", "loueur"),
    "install": ("pose", "poseur", "installation", "installateur"),
}
"""The nouns of expressions that say the same as a verb before the goods, or as a word behind them."""

_FRAME_NOUNS = frozenset(stem(noun) for spec in FRAMES.values() for noun in spec.split("|")[1].split())


@dataclass(frozen=True, slots=True)
class Entry:
    """The readings of an expression: classes with weights that sum to 1, and how far it may be trusted alone.

    A `thing` names goods that somebody makes, and neither who makes them nor how.
    """

    classes: tuple[tuple[str, float], ...]
    strength: float
    words: int
    product: int | None = None
    verb: bool = False
    thing: bool = False


@dataclass(frozen=True, slots=True)
class Product:
    """What a product means for each thing done with it."""

    columns: dict[str, str]
    market: str


@dataclass(slots=True)
class Lexicon:
    """Expressions by their stems joined with a space, and the vocabulary that they are made of."""

    entries: dict[str, Entry]
    prefixes: set[str]
    products: list[Product]
    frames: dict[str, str]
    verbs: dict[str, tuple[str, ...]]
    spelling: Spelling
    texts: list[tuple[str, str, float]] = field(default_factory=list)
    by_maker: dict[str, Product] = field(default_factory=dict)
    _keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _other_keys: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def keys(self, word: str) -> tuple[str, ...]:
        """What a word of the text may stand for in an expression."""
        found = self._keys.get(word)
        if found is None:
            if len(self._keys) >= _REMEMBERED_WORDS:
                self._keys.clear()
            found = self._keys[word] = (stem(word), *self.verbs.get(word, ()))
        return found

    def other_keys(self, word: str) -> tuple[str, ...]:
        """What else a misspelled word may stand for than the likeliest."""
        found = self._other_keys.get(word)
        if found is None:
            if len(self._other_keys) >= _REMEMBERED_WORDS:
                self._other_keys.clear()
            others = dict.fromkeys(key for other in self.spelling.others(word) for key in self.keys(other))
            found = self._other_keys[word] = tuple(others)
        return found


_OTHER_WEIGHT = 0.3
_BARE_GOODS = 0.4
"""« bouchons », « échelles »: the goods of an industry, one word, are often something else."""
_REMEMBERED_WORDS = 20_000
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "oe", "æ": "ae", "’": "'"})
_TRADE_ENDINGS = (
    "ier", "eur", "iste", "erie", "irie", "ien", "logue", "peute", "urier", "culture", "anger", "acher", "ticien",
    "acie", "ptere", "estre", "iatre", "graphe", "eron", "metre", "aitre", "opathe", "aticien", "ologie", "ographie",
    "isserand", "isserande",
)  # fmt: skip
_TRADES = frozenset(
    "kine taxi vtc bar gite camping pressing hotel snack kebab ehpad pharma salon garage restaurant auberge bistrot "
    "bistro cafe pub discotheque creche nounou avocat notaire huissier architecte medecin dentiste veterinaire "
    "berger vigneron boulange fournil bucheron macon platrier peintre potier forgeron maraicher agriculteur paysan "
    "gaec earl haras primeur buraliste tabac caviste brocante antiquaire friperie opticien bijoutier libraire "
    "disquaire fleuriste animalerie jardinerie epicerie superette supermarche hypermarche foodtruck pizzeria "
    "creperie brasserie traiteur cinema zoo casino bowling auto-ecole interim conciergerie spa hammam onglerie "
    "institut laverie cordonnerie barbier coiffure plomberie electricite maconnerie menuiserie charpente "
    "carrelage platrerie terrassement serrurerie metallerie ferronnerie chaudronnerie usinage decolletage tolerie "
    "plasturgie scierie imprimerie poterie tonnellerie ostreiculture conchyliculture apiculture viticulture "
    "maraichage elevage yourte vignoble domaine syndic immobilier promoteur paysagiste elagage ramonage "
    "deratisation toilettage tatouage voyance maquillage mediateur interprete comedien auteur ecrivain artiste "
    "clown orchestre cirque huitre escargot bergerie chevrier pisciculture pecheur ostreiculteur esn ssii "
    "audioprothesiste sophrologie naturopathie hypnose osteo orthophonie ambulancier psychologue micro-creche mam "
    "assmat babysitting yoga pilates crossfit fitness karting paintball accrobranche demenagement demenageur "
    "architecture expert-comptable geometre topographe graphiste webmaster designer styliste photographe videaste "
    "traducteur traduction pisciniste piscine couvreur couverture toiture zingueur facade facadier vitrier vitrail "
    "tapissier cuisiniste quincaillerie droguerie mercerie parfumerie armurerie chocolatier patissier charcutier "
    "boucher poissonnier fromager cremerie glacier confiserie torrefacteur distillerie cidrerie conserverie "
    "huilerie meunerie minoterie tissage filature broderie tannerie maroquinerie sellerie savonnerie ceramique "
    "lutherie horlogerie joaillerie orfevrerie coutellerie fonderie galvanisation pepiniere verger rucher "
    "horticulture ferme vergers oliveraie champagne cidre orthodontie radiologie podologie dermato ophtalmo gyneco "
    "ressourcerie recyclerie casse epaviste ferrailleur vidangeur foreur etancheite isolation ite frigoriste "
    "climatisation chauffagiste carrosserie concessionnaire mandataire station-service motoculture velociste "
    "grossiste mareyeur negociant negoce maquignon forain brocanteur ecommercant coursier transporteur routier "
    "batelier armateur transitaire affreteur commissionnaire hebergeur refuge bnb airbnb".split()
)
_BRACES = re.compile(r"\{([^{}]*)\}")
_WORD = re.compile(r"\+?[^\W_]+")


def load(folder: Path, *, known_words: Path | None = None, keeps_texts: bool = False) -> Lexicon:
    """Read the lexicon of a folder; `keeps_texts`: with its expressions as they are written, to learn from.

    Raises:
        ContentError: a line is not `class<TAB>expressions`, or names an unknown class.
    """
    codes = {line.split("\t")[0] for line in _lines(folder / "naf_rev2.tsv")}
    readings: dict[str, dict[str, float]] = defaultdict(dict)
    weak: dict[str, bool] = {}
    infinitives: set[str] = set()
    words: Counter[str] = Counter()
    texts: list[tuple[str, str, float]] = []
    for path in sorted(folder.glob("lexicon_*.tsv")):
        for number, line in enumerate(_plain_lines(path), 1):
            if not line.strip() or line.startswith("#"):
                continue
            code, _, rest = line.partition("\t")
            code = code.upper()
            if code not in codes or not rest:
                raise ContentError(
                    "attendu : une classe connue, une tabulation, des expressions.", str(path), number
                )
            for written in rest.split(";"):
                for form in _expand(written.strip()):
                    other = "~" in form
                    frail = "?" in form
                    form = form.replace("~", "").replace("?", "").strip()
                    if not form:
                        continue
                    text = form
                    found = _WORD.findall(text)
                    infinitives.update(word[1:] for word in found if word.startswith("+"))
                    words.update(word.lstrip("+") for word in found)
                    weight = _OTHER_WEIGHT if other else 1.0
                    texts.append((code, text.replace("+", ""), weight))
                    key = _key(found)
                    if key:
                        readings[key][code] = max(weight, readings[key].get(code, 0.0))
                        weak[key] = weak.get(key, True) and frail
    verbs: dict[str, tuple[str, ...]] = {}
    frames: dict[str, str] = {}
    for frame, spec in FRAMES.items():
        verb_part, noun_part = spec.split("|")
        infinitives.update(verb_part.split())
        frames.update({verb + "+": frame for verb in verb_part.split()})
        frames.update({stem(noun): frame for noun in noun_part.split()})
        words.update(noun_part.split())
    for infinitive in sorted(infinitives):
        for form in verb_forms(infinitive):
            if infinitive + "+" not in verbs.get(form, ()):
                verbs[form] = (*verbs.get(form, ()), infinitive + "+")
            words[form] += 0
    for form in " ".join(_lines(folder / "weak_words.txt")).split(";"):
        weak[_key(_WORD.findall(plain(form).rstrip("?")))] = True
    shared: dict[Entry, Entry] = {}  # of 54,000 entries most are alike
    entries = {
        key: shared.setdefault(made := _entry(key, classes, weak[key]), made)
        for key, classes in readings.items()
    }
    products = _products(folder / "products.tsv", entries, words, codes, texts)
    prefixes = {key[: match.start()] for key in entries for match in re.finditer(" ", key)}
    known = known_words or folder / "known_words.txt"
    common = set(_lines(known)) if known.is_file() else set()
    words.update({word: 1 for word in CONTEXT_WORDS.split()})
    everyday = folder / "everyday_words.txt"
    short = _lines(everyday) if everyday.is_file() else []
    short += [word for word, _count in words.most_common() if word not in STOPS]
    by_maker = {
        product.columns["make"]: product for product in reversed(products) if "make" in product.columns
    }
    return Lexicon(
        entries,
        prefixes,
        products,
        frames,
        verbs,
        Spelling(short, common | STOPS | FILLERS),
        texts if keeps_texts else [],
        by_maker,
    )


def _entry(key: str, classes: dict[str, float], frail: bool) -> Entry:
    total = sum(classes.values())
    ranked = [(code, weight / total) for code, weight in classes.items()]
    if len(ranked) > 1:
        ranked.sort(key=lambda item: -item[1])
    count = key.count(" ") + 1
    strength = 0.4 if frail or (ranked[0][0].startswith("47.91") and "+" in key) else 1.0
    if set(classes.values()) == {_OTHER_WEIGHT}:
        strength = min(strength, 0.6)
    if count == 1 and not _names_a_trade(key):
        strength = min(strength, 0.65)
    thing = ranked[0][0] < "33" and "+" not in key and not any(_says_trade(word) for word in key.split())
    if thing and count == 1 and ranked[0][0] >= "13":
        strength = min(strength, _BARE_GOODS)
    return Entry(tuple(ranked), strength, count, verb="+" in key, thing=thing)


@lru_cache(maxsize=50_000)
def _says_trade(word: str) -> bool:
    return _names_a_trade(word) or word in _FRAME_NOUNS


def _names_a_trade(key: str) -> bool:
    """Whether a single word is a trade or a shop, and not a mere thing."""
    return key.endswith(_TRADE_ENDINGS) or key in _TRADES


def _products(
    path: Path,
    entries: dict[str, Entry],
    words: Counter[str],
    codes: set[str],
    texts: list[tuple[str, str, float]],
) -> list[Product]:
    products: list[Product] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        names, _, rest = line.partition("\t")
        columns = dict(part.split("=", 1) for part in rest.split())
        market = columns.pop("market", "")
        if not columns or not set(columns.values()) <= codes:
            raise ContentError("attendu : produits, une tabulation, colonne=classe.", str(path), number)
        products.append(Product(columns, market))
        for name in names.split(";"):
            found = _WORD.findall(plain(name))
            words.update(found)
            key = _key(found)
            for column, code in columns.items():
                nouns = FRAMES[column].split("|")[1].split()
                texts.extend((code, f"{noun} {plain(name).strip()}", 0.7) for noun in nouns[:4])
            known = entries.get(key)
            if known is None:
                entries[key] = Entry((), 0.3, len(key.split()), product=len(products) - 1)
            else:
                entries[key] = replace(known, product=len(products) - 1)
    return products


def key_of(text: str) -> str:
    """The key of an expression without marks."""
    return _key(_WORD.findall(plain(text)))


def _key(words: list[str]) -> str:
    parts = [word[1:] + "+" if word.startswith("+") else stem(word) for word in words]
    return " ".join(part for part in parts if part not in STOPS)


def _expand(form: str) -> Iterator[str]:
    match = _BRACES.search(form)
    if match is None:
        yield form
        return
    for choice in match.group(1).split("|"):
        yield from _expand(form[: match.start()] + choice + form[match.end() :])


def _plain_lines(path: Path) -> list[str]:
    """The lines of a file in plain form; `plain` itself reads only as much as a message may hold."""
    decomposed = unicodedata.normalize("NFKD", path.read_text(encoding="utf-8").translate(_LIGATURES))
    return "".join(char for char in decomposed if not unicodedata.combining(char)).lower().splitlines()


def _lines(path: Path) -> list[str]:
    return [
        line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")
    ]
