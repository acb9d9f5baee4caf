"""The needs in the owner's words."""

from __future__ import annotations

from collections.abc import Iterable

NEED_WORDS: dict[str, str] = {
    "presence_web": "avoir une page à vous",
    "vente_en_ligne": "vendre en ligne",
    "reservation_en_ligne": "prendre des rendez-vous en ligne",
    "visibilite_locale": "être trouvé près de chez vous",
    "reseaux_sociaux": "les réseaux sociaux",
    "gestion_facturation": "devis et factures",
    "facture_electronique": "la facture électronique",
    "paiement": "se faire payer",
    "stock_caisse": "caisse et stock",
    "relation_client": "garder vos clients",
    "cybersecurite": "se protéger des pirates",
    "donnees_rgpd": "les données de vos clients",
    "cloud_outils": "partager fichiers et outils",
    "equipement_connexion": "matériel et connexion",
    "formation": "se former",
    "recrutement": "recruter",
    "export": "vendre à l'étranger",
    "annonces_legales": "les annonces légales",
    "mutualisation": "s'entraider entre entreprises",
    "financement": "trouver de l'argent",
}


def need_words(needs: Iterable[str]) -> str:
    """The needs, one after the other."""
    return ", ".join(NEED_WORDS.get(need, need) for need in needs)
