"""Places: communes, départements, régions, areas, and what is none, as owners write them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import ContentError
from bot.messages import Place
from bot.nlu.gazetteer import Gazetteer
from bot.nlu.places import PlaceReader
from bot.nlu.text import normalise

FOLDER = Path(__file__).parents[3] / "nlu_data" / "places"
READER = PlaceReader.load(FOLDER)


def code(place: Place | None) -> str | None:
    """INSEE code, `dep:XX`, `reg:XX`, `?name` for an undecided homonym."""
    if place is None:
        return None
    if place.insee:
        return place.insee
    if place.commune:
        return f"?{place.commune}"
    return f"dep:{place.departement}" if place.departement else f"reg:{place.region}"


def read(text: str) -> str | None:
    return code(READER.read(normalise(text)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Crêperie à Rodez avec six salariés", "12202"),
        ("salon de coiffure poitiers centre", "86194"),
        ("resto sur Lille", "59350"),
        ("Chalon s/ Saône", "71076"),
        ("coiffeuse rochelle", "17300"),
        ("garage au mans", "72181"),
        ("plombier st etienne", "42218"),
        ("plombier à Sainté", "42218"),
        ("bdx", "33063"),
        ("fleuriste 35000 Rennes", "35238"),
        ("Lyon 3e", "69123"),
        ("Paris 11", "75056"),
        ("électriciens, Marseille 8ème", "13055"),
        ("fort de france", "97209"),
        ("Rennes et alentours", "35238"),
        ("électricien à Vienne", "38544"),
        ("chocolatier le havre", "76351"),
        ("fleuriste la baule", "44055"),
        ("étude de notaires à Rouen", "76540"),
        ("une friterie sur la place de Hazebrouck", "59295"),
    ],
)
def test_commune_is_found_however_written(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plombier dans le 35", "dep:35"),
        ("je suis dans le 9-3", "dep:93"),
        ("le neuf trois", "dep:93"),
        ("électricien dans la Vienne", "dep:86"),
        ("peintre dans les deux sevres", "dep:79"),
        ("château viticole en Gironde", "dep:33"),
        ("je suis à la Réunion", "dep:974"),
        ("camping, Pays basque", "dep:64"),
        ("fleuriste en Bretagne sud", "reg:53"),
        ("banlieue lyonnaise", "dep:69"),
        ("agriculteur en Beauce", "reg:24"),
        ("le Nord-Pas-de-Calais", "reg:32"),
        ("aide region normandie pour creer un site", "reg:28"),
        ("près de Vitré", "dep:35"),
        ("pas loin de nancy", "dep:54"),
    ],
)
def test_area_gives_departement_or_region(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "boulangerie Martin",
        "c'est nice votre truc",
        "je fais des tours de magie",
        "M. Lyon, plombier",
        "je vends du jambon de Bayonne",
        "savon de Marseille et brie de Meaux",
        "je suis abonné Orange",
        "ça a plus de sens",
        "mes clients viennent de Paris",
        "je livre à Lille",
        "j'habite à Rennes",
        "originaire de Bretagne",
        "la réunion de demain",
        "on a 35 ans",
        "comment vendre en Belgique",
        "il fait quel temps à Brest",
    ],
)
def test_what_is_not_the_firms_place_is_left_out(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("je livre à Lille mais l'atelier est à Roubaix", "59512"),
        ("j'habite Rennes mais ma boutique est à Vannes", "56260"),
        ("on vend à Paris mais nos bureaux sont à Lille", "59350"),
        ("en Polynésie ? non, en Nouvelle-Aquitaine", "reg:75"),
    ],
)
def test_place_of_the_firm_wins_over_other_places(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("épicerie à Saint-Denis 93", "93066"),
        ("Saint-Denis (974)", "97411"),
        ("Saint-Denis de La Réunion", "97411"),
    ],
)
def test_homonym_is_settled_by_departement(text: str, expected: str) -> None:
    assert read(text) == expected


def test_comparable_homonyms_are_left_open_with_alternatives() -> None:
    place = READER.read(normalise("épicerie à Saint-Denis"))
    assert place is not None
    assert (place.commune, place.insee, place.departement, place.region) == ("Saint-Denis", None, None, None)
    assert {"93066", "97411"} <= {other.insee for other in place.alternatives}


def test_dominant_homonym_is_meant_and_the_others_kept() -> None:
    place = READER.read(normalise("menuisier à Valence"))
    assert place is not None
    assert place.insee == "26362"
    assert "82186" in {other.insee for other in place.alternatives}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("cuisiniste qiumper", "29232"),
        ("chantier a saint nazarie", "44184"),
        ("vannier a Villaires-les-Roochers", "37271"),
        ("cuisines a Montpelleir", "34172"),
        ("artisan dans le finistrere", "dep:29"),
    ],
)
def test_one_mistake_a_word_is_forgiven(text: str, expected: str) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Vitré", "35360"),
        ("tours", "37261"),
        ("35", "dep:35"),
        ("35500", "35360"),
        ("la creuse", "dep:23"),
        ("dans le coin de Brive", "dep:19"),
        ("saint denis", "?Saint-Denis"),
        ("pourquoi", None),
        ("chez moi", None),
    ],
)
def test_bare_answer_needs_less_context(text: str, expected: str | None) -> None:
    assert code(READER.read_answer(normalise(text))) == expected


def test_span_is_in_the_original_text() -> None:
    text = "Cœur d’artisan — à Évry, 4 salariés"
    place = READER.read(normalise(text))
    assert place is not None
    assert text[slice(*place.span)] == "Évry"


@given(st.text(max_size=200))
def test_any_text_is_read_without_error_and_span_lies_in_it(text: str) -> None:
    place = READER.read(normalise(text))
    assert place is None or 0 <= place.span[0] <= place.span[1] <= len(text)


# ------------------------------------------------------------------ the gazetteer itself
def test_district_code_leads_to_its_city() -> None:
    commune = READER.gazetteer.commune("69388")
    assert commune is not None
    assert (commune.insee, commune.name, commune.departement, commune.region) == ("69123", "Lyon", "69", "84")


def test_nearest_commune_of_a_position() -> None:
    around = READER.around(48.117, -1.678)
    assert around is not None
    assert around.insee is None
    assert around.alternatives[0].commune == "Rennes"
    assert len(around.alternatives) == 3
    assert READER.around(0.0, -30.0) is None


def test_distance_between_communes() -> None:
    assert READER.gazetteer.distance_km("35238", "35360") == pytest.approx(36, abs=2)
    assert READER.gazetteer.distance_km("35238", "99999") is None


def test_names_and_region_of_divisions() -> None:
    gazetteer = READER.gazetteer
    assert (gazetteer.departement_name("2A"), gazetteer.region_name("53"), gazetteer.region_of("974")) == (
        "Corse-du-Sud",
        "Bretagne",
        "04",
    )


def test_missing_table_is_a_content_error(tmp_path: Path) -> None:
    with pytest.raises(ContentError):
        Gazetteer.load(tmp_path)
