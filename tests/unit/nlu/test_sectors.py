"""Sector reading: whose trade, which class, and when there is none. The sentences are not those of the lexicon."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.nlu import sector_lexicon
from bot.nlu.sectors import SectorReader

FOLDER = Path(__file__).resolve().parents[3] / "nlu_data" / "sectors"


@pytest.fixture(scope="module")
def reader() -> SectorReader:
    return SectorReader.load(FOLDER)


@pytest.mark.parametrize(
    ("text", "naf"),
    [
        ("Artisan boulanger depuis vingt ans, deux vendeuses", "10.71C"),
        ("ma femme coiffe à domicile dans le Lot", "96.02A"),
        ("SARL de plomberie-chauffage, six compagnons", "43.22A"),
        ("je répare des téléphones et des tablettes", "95.12Z"),
        ("on fait des pizzas à emporter le soir", "56.10C"),
        ("infirmière libérale, deux remplaçantes", "86.90D"),
        ("j'élève des brebis pour le lait", "01.45Z"),
        ("atelier d'usinage, tournage et fraisage pour l'aéronautique", "25.62B"),
        ("bureau d'études thermiques, on est quatre ingénieurs", "71.12B"),
        ("je promène les touristes en mer sur mon catamaran", "50.10Z"),
        ("magasin de chaussures pour enfants", "47.72A"),
        ("grossiste en fruits et légumes à Rungis", "46.31Z"),
        ("nous fabriquons des meubles en bois massif", "31.09B"),
        ("location de vélos électriques au bord du canal", "77.21Z"),
        ("moniteur de surf l'été", "85.51Z"),
    ],
)
def test_trade_is_read_to_its_class(reader: SectorReader, text: str, naf: str) -> None:
    sector = reader.read(text)
    assert sector is not None
    assert sector.naf == naf


@pytest.mark.parametrize(
    ("text", "naf"),
    [
        ("je vends des fromages sur les marchés", "47.81Z"),
        ("je vends des vêtements sur les marchés du Gard", "47.82Z"),
        ("je vends des bijoux uniquement en ligne", "47.91B"),
        ("restaurant italien, service à table", "56.10A"),
        ("meubles d'occasion, j'ai une boutique", "47.79Z"),
    ],
)
def test_way_of_selling_decides_the_class(reader: SectorReader, text: str, naf: str) -> None:
    sector = reader.read(text)
    assert sector is not None
    assert sector.naf == naf


@pytest.mark.parametrize(
    "text",
    [
        "",
        "bonjour",
        "je veux un site internet",
        "il me faut un logiciel de caisse",
        "je cherche un plombier pour mon local",
        "mon voisin est boulanger",
        "mes clients sont des restaurants",
        "quelles aides pour la facture électronique ?",
        "on est cinq",
        "une formation sur les réseaux sociaux",
        "je recrute un cuisinier",
        "🙂🙂🙂",
        "732 829 320 00074",
        "montrez-moi le projet d'accord",
        "Coment ca marche ici ?",
        "ou est mon diagnostic complte",
        "combien de questtions il reste",
        "je lève le rideau à six heures",
        "un atelier sur la facture électronique, vous en faites ?",
        "si un voisin est plombier, je veux son numéro",
        "notre graphiste a du temps libre, ça intéresse quelqu'un ?",
        "chacun a son fichier, c'est le bazar",
        "à quoi bon un site quand on a le bouche à oreille",
        "une aide pour avoir internet par satellite",
    ],
)
def test_no_sector_is_claimed_where_none_is_said(reader: SectorReader, text: str) -> None:
    assert reader.read(text) is None


@pytest.mark.parametrize(
    ("text", "naf"),
    [
        ("je veux qu'on me trouve quand on cherche un rempailleur dans le canton", "95.24Z"),
        ("à quoi ça me sert, internet, pour élaguer des arbres ?", "81.30Z"),
        ("il me faut des photos, c'est le droit de l'image que je connais mal. onglerie à Quimper", "96.02B"),
        ("trouver une comptable à mi-temps pour notre quincaillerie, impossible", "47.52A"),
        ("y a des cours de comptabilité le soir ? pressing à Guéret", "96.01B"),
        ("nous voudrions vendre nos terrines en Allemagne", "10.13B"),
        ("attirer plus de clients svp, cordonnerie à Dole", "95.23Z"),
        ("vendre mes foies gras par internet", "10.13A"),
        ("on fabrique du béton prêt à l'emploi", "23.63Z"),
    ],
)
def test_the_authors_trade_is_found_beside_his_wish(reader: SectorReader, text: str, naf: str) -> None:
    sector = reader.read(text)
    assert sector is not None
    assert sector.naf == naf


def test_main_trade_is_the_first_named_and_the_other_is_kept(reader: SectorReader) -> None:
    sector = reader.read("je suis menuisier et je tiens aussi un gîte")
    assert sector is not None and sector.other is not None
    assert (sector.naf, sector.other.naf) == ("43.32A", "55.20Z")


def test_surtout_makes_the_second_trade_the_main_one(reader: SectorReader) -> None:
    sector = reader.read("je tiens un gîte mais je suis surtout maraîcher")
    assert sector is not None
    assert sector.naf == "01.13Z"


def test_customers_trade_is_not_the_authors(reader: SectorReader) -> None:
    sector = reader.read("nous nettoyons des bureaux pour des avocats et des notaires")
    assert sector is not None
    assert sector.naf == "81.21Z"


@pytest.mark.parametrize("text", ["mon code APE est 4322A", "APE 43.22A", "naf 43.22 a"])
def test_typed_code_is_taken_as_it_is(reader: SectorReader, text: str) -> None:
    sector = reader.read(text)
    assert sector is not None
    assert (sector.naf, sector.section) == ("43.22A", "F")
    assert sector.confidence > 0.8


@pytest.mark.parametrize(
    ("typed", "naf"),
    [
        ("bouulangerie a Rennes", "10.71C"),
        ("coifeuse a dommicile", "96.02A"),
        ("electricein batiment", "43.21A"),
        ("boutic de vetemants", "47.71Z"),
    ],
)
def test_misspelled_trade_is_read(reader: SectorReader, typed: str, naf: str) -> None:
    sector = reader.read(typed)
    assert sector is not None
    assert sector.naf == naf


def test_span_is_in_characters_of_the_typed_text(reader: SectorReader) -> None:
    text = "😀 Salut, je suis Électricien à Brest"
    sector = reader.read(text)
    assert sector is not None
    assert text[slice(*sector.span)] == "Électricien"


def test_alternatives_are_other_classes_less_likely_than_the_first(reader: SectorReader) -> None:
    sector = reader.read("plombier chauffagiste")
    assert sector is not None
    assert 1 <= len(sector.alternatives) <= 3
    assert sector.naf not in {guess.naf for guess in sector.alternatives}
    assert all(guess.confidence <= sector.confidence for guess in sector.alternatives)


def test_a_place_already_read_is_not_a_trade(reader: SectorReader) -> None:
    text = "on est trois, charpentier"
    start = text.index("charpentier")
    assert reader.read(text) is not None
    assert reader.read(text, taken=[(start, len(text))]) is None


def test_long_text_is_read_in_bounded_time(reader: SectorReader) -> None:
    assert reader.read("je suis fleuriste. " + "bla bla de tout et de rien, " * 400) is not None


def test_broken_lexicon_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "naf_rev2.tsv").write_text("10.71C\tC\t1\tBoulangerie\n", encoding="utf-8")
    (tmp_path / "lexicon_10.tsv").write_text("10.71C\tboulanger\n99.99X\tlicorne\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"lexicon_10\.tsv:2"):
        sector_lexicon.load(tmp_path)


def test_lexicon_covers_the_classes_of_small_firms() -> None:
    lexicon = sector_lexicon.load(FOLDER)
    named = {code for entry in lexicon.entries.values() for code, _weight in entry.classes}
    assert len(lexicon.entries) >= 6000
    assert len(named) >= 600
