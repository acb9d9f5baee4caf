"""Which needs stand in a text, and which the owner refuses or has already."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.nlu.needs import KEYS, NeedLexicon, read_lexicon
from bot.nlu.negation import Stance, judge
from bot.nlu.text import normalise

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def lexicon() -> NeedLexicon:
    return NeedLexicon(read_lexicon(ROOT / "nlu_data" / "needs.yml"), lambda word: False)


def stances(lexicon: NeedLexicon, text: str) -> dict[str, Stance]:
    n = normalise(text)
    return {one.mention.key: one.stance for one in judge(n, lexicon.mentions(n))}


def of(found: dict[str, Stance], *wanted: Stance) -> set[str]:
    return {key for key, stance in found.items() if stance in wanted}


REFUSED_OR_HAS = (Stance.REFUSED, Stance.HAS)


@pytest.mark.parametrize(
    ("text", "wanted", "refused"),
    [
        ("on me trouve pas sur google", {"visibilite_locale"}, set()),
        ("je perds un temps fou avec les factures", {"gestion_facturation"}, set()),
        ("personne connait la boutique", {"visibilite_locale"}, set()),
        ("mon site est vieux", {"presence_web"}, set()),
        ("je rate des appels quand je suis en cuisine", {"reservation_en_ligne"}, set()),
        ("je veux pas vendre en ligne mais être trouvé", {"visibilite_locale"}, {"vente_en_ligne"}),
        ("surtout pas de facebook", set(), {"reseaux_sociaux"}),
        (
            "ni site ni facebook, je veux un terminal de paiement",
            {"paiement"},
            {"presence_web", "reseaux_sociaux"},
        ),
        ("j'ai déjà un site", set(), {"presence_web"}),
        ("j'ai un site mais il est vieux", {"presence_web"}, set()),
        ("j'ai déjà un site mais il est vieux", {"presence_web"}, set()),
        ("plutôt une fiche google qu'une page facebook", {"visibilite_locale"}, {"reseaux_sociaux"}),
        ("à part le site, il me faut une caisse", {"stock_caisse"}, {"presence_web"}),
        ("facebook c'est fini", set(), {"reseaux_sociaux"}),
        ("je ne dis pas non à un site", {"presence_web"}, set()),
        ("pourquoi pas un site ?", {"presence_web"}, set()),
        ("pas seulement un site mais aussi la vente en ligne", {"presence_web", "vente_en_ligne"}, set()),
        ("pas besoin de refaire mon site", set(), {"presence_web"}),
        ("un site oui, une boutique en ligne non", {"presence_web"}, {"vente_en_ligne"}),
        ("ras le bol des impayés", {"gestion_facturation"}, set()),
        ("on a pas de fibre", {"equipement_connexion"}, set()),
        ("on a pas de site et on s'en porte très bien", set(), {"presence_web"}),
        ("la compta c'est mon comptable qui gère", set(), {"gestion_facturation"}),
        ("j'ai rien contre les réseaux sociaux", {"reseaux_sociaux"}, set()),
        ("une formation ? surtout pas", set(), {"formation"}),
    ],
)
def test_scope_of_a_refusal_goes_with_its_clause(
    lexicon: NeedLexicon, text: str, wanted: set[str], refused: set[str]
) -> None:
    found = stances(lexicon, text)
    assert (of(found, Stance.WANTED), of(found, *REFUSED_OR_HAS)) == (wanted, refused)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("je veu une bouttique en ligne", "vente_en_ligne"),
        ("gerer mes reservatoins", "reservation_en_ligne"),
        ("comptabilte", "gestion_facturation"),
    ],
)
def test_one_mistake_in_a_long_word_is_forgiven(lexicon: NeedLexicon, typed: str, meant: str) -> None:
    assert meant in stances(lexicon, typed)


def test_a_verb_after_and_opens_a_clause_of_its_own(lexicon: NeedLexicon) -> None:
    """Without spaCy the refusal reaches over « et » to the end; its analysis cuts it there."""
    n = normalise("pas de facebook et refaites mon site")
    mentions = lexicon.mentions(n)
    after_and = [token.word for token in n.tokens].index("refaites")
    alone = {one.mention.key: one.stance for one in judge(n, mentions)}
    analysed = {one.mention.key: one.stance for one in judge(n, mentions, lambda i: i == after_and)}
    assert alone["presence_web"] is Stance.REFUSED
    assert analysed == {"reseaux_sociaux": Stance.REFUSED, "presence_web": Stance.WANTED}


def test_electronic_invoice_is_not_invoicing(lexicon: NeedLexicon) -> None:
    assert set(stances(lexicon, "la facture électronique m'inquiète")) == {"facture_electronique"}


def test_mentions_lie_in_the_text_and_in_order(lexicon: NeedLexicon) -> None:
    n = normalise("un site, une caisse et un fichier clients, 🙂 pas de facebook")
    mentions = lexicon.mentions(n)
    assert [m.key for m in mentions] == ["presence_web", "stock_caisse", "relation_client", "reseaux_sociaux"]
    assert all(0 <= m.start < m.end <= len(n.tokens) for m in mentions)


def test_lexicon_knows_every_need_of_the_guideline() -> None:
    assert set(read_lexicon(ROOT / "nlu_data" / "needs.yml")) == set(KEYS)


def test_unknown_need_is_refused_with_its_file(tmp_path: Path) -> None:
    path = tmp_path / "needs.yml"
    path.write_text("besoins:\n  jardinage:\n    mots: [tondeuse]\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"needs\.yml.*jardinage"):
        read_lexicon(path)
