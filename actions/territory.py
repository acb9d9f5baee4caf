"""Where a firm is: départements, their regions, and the intercommunalities that the catalogue names."""

from __future__ import annotations

REGION_NAMES: dict[str, str] = {
    "01": "Guadeloupe",
    "02": "Martinique",
    "03": "Guyane",
    "04": "La Réunion",
    "06": "Mayotte",
    "11": "Île-de-France",
    "24": "Centre-Val de Loire",
    "27": "Bourgogne-Franche-Comté",
    "28": "Normandie",
    "32": "Hauts-de-France",
    "44": "Grand Est",
    "52": "Pays de la Loire",
    "53": "Bretagne",
    "75": "Nouvelle-Aquitaine",
    "76": "Occitanie",
    "84": "Auvergne-Rhône-Alpes",
    "93": "Provence-Alpes-Côte d'Azur",
    "94": "Corse",
}

IN_REGION: dict[str, str] = {
    "01": "en Guadeloupe",
    "02": "en Martinique",
    "03": "en Guyane",
    "04": "à La Réunion",
    "06": "à Mayotte",
    "11": "en Île-de-France",
    "24": "dans le Centre-Val de Loire",
    "27": "en Bourgogne-Franche-Comté",
    "28": "en Normandie",
    "32": "dans les Hauts-de-France",
    "44": "dans le Grand Est",
    "52": "dans les Pays de la Loire",
    "53": "en Bretagne",
    "75": "en Nouvelle-Aquitaine",
    "76": "en Occitanie",
    "84": "en Auvergne-Rhône-Alpes",
    "93": "en Provence-Alpes-Côte d'Azur",
    "94": "en Corse",
}

_IN_DEPARTEMENT = """
01 dans l'Ain|02 dans l'Aisne|03 dans l'Allier|04 dans les Alpes-de-Haute-Provence|05 dans les Hautes-Alpes
06 dans les Alpes-Maritimes|07 en Ardèche|08 dans les Ardennes|09 en Ariège|10 dans l'Aube|11 dans l'Aude
12 en Aveyron|13 dans les Bouches-du-Rhône|14 dans le Calvados|15 dans le Cantal|16 en Charente
17 en Charente-Maritime|18 dans le Cher|19 en Corrèze|2A en Corse-du-Sud|2B en Haute-Corse|21 en Côte-d'Or
22 dans les Côtes-d'Armor|23 dans la Creuse|24 en Dordogne|25 dans le Doubs|26 dans la Drôme|27 dans l'Eure
28 en Eure-et-Loir|29 dans le Finistère|30 dans le Gard|31 en Haute-Garonne|32 dans le Gers|33 en Gironde
34 dans l'Hérault|35 en Ille-et-Vilaine|36 dans l'Indre|37 en Indre-et-Loire|38 en Isère|39 dans le Jura
40 dans les Landes|41 dans le Loir-et-Cher|42 dans la Loire|43 en Haute-Loire|44 en Loire-Atlantique
45 dans le Loiret|46 dans le Lot|47 dans le Lot-et-Garonne|48 en Lozère|49 dans le Maine-et-Loire
50 dans la Manche|51 dans la Marne|52 en Haute-Marne|53 en Mayenne|54 en Meurthe-et-Moselle|55 dans la Meuse
56 dans le Morbihan|57 en Moselle|58 dans la Nièvre|59 dans le Nord|60 dans l'Oise|61 dans l'Orne
62 dans le Pas-de-Calais|63 dans le Puy-de-Dôme|64 dans les Pyrénées-Atlantiques|65 dans les Hautes-Pyrénées
66 dans les Pyrénées-Orientales|67 dans le Bas-Rhin|68 dans le Haut-Rhin|69 dans le Rhône|70 en Haute-Saône
71 en Saône-et-Loire|72 dans la Sarthe|73 en Savoie|74 en Haute-Savoie|75 à Paris|76 en Seine-Maritime
77 en Seine-et-Marne|78 dans les Yvelines|79 dans les Deux-Sèvres|80 dans la Somme|81 dans le Tarn
82 dans le Tarn-et-Garonne|83 dans le Var|84 dans le Vaucluse|85 en Vendée|86 dans la Vienne
87 en Haute-Vienne|88 dans les Vosges|89 dans l'Yonne|90 dans le Territoire de Belfort|91 dans l'Essonne
92 dans les Hauts-de-Seine|93 en Seine-Saint-Denis|94 dans le Val-de-Marne|95 dans le Val-d'Oise
971 en Guadeloupe|972 en Martinique|973 en Guyane|974 à La Réunion|976 à Mayotte
"""

IN_DEPARTEMENT: dict[str, str] = dict(
    entry.split(" ", 1)[:2] for line in _IN_DEPARTEMENT.split("\n") for entry in line.split("|") if entry
)

_DEPARTEMENTS: dict[str, str] = {
    "01": "971",
    "02": "972",
    "03": "973",
    "04": "974",
    "06": "976",
    "11": "75 77 78 91 92 93 94 95",
    "24": "18 28 36 37 41 45",
    "27": "21 25 39 58 70 71 89 90",
    "28": "14 27 50 61 76",
    "32": "02 59 60 62 80",
    "44": "08 10 51 52 54 55 57 67 68 88",
    "52": "44 49 53 72 85",
    "53": "22 29 35 56",
    "75": "16 17 19 23 24 33 40 47 64 79 86 87",
    "76": "09 11 12 30 31 32 34 46 48 65 66 81 82",
    "84": "01 03 07 15 26 38 42 43 63 69 73 74",
    "93": "04 05 06 13 83 84",
    "94": "2A 2B",
}

REGION_OF: dict[str, str] = {dep: region for region, deps in _DEPARTEMENTS.items() for dep in deps.split()}
"""Département code → region code, for the 101 départements."""


def departement_of(insee: str) -> str:
    """The département of a commune's INSEE code (`97411` → `974`, `2A004` → `2A`)."""
    return insee[:3] if insee.startswith(("97", "98")) else insee[:2]
