"""The catalogue's files: what check says, what is imported, what is stale."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from actions.aid_import import add_to_catalogue, import_aids_csv
from actions.catalogue import FOLDER, load, shipped
from actions.catalogue_check import check_catalogue
from actions.catalogue_health import catalogue_health
from actions.content import ContentFileError

TODAY = date(2026, 11, 25)


@pytest.fixture
def copy(tmp_path):
    folder = tmp_path / "actions" / "catalogue"
    shutil.copytree(FOLDER, folder)
    return folder


def change(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_shipped_catalogue_has_no_mistake():
    assert check_catalogue(TODAY) == []


def test_the_shipped_catalogue_is_complete():
    assert len(shipped().aids.all) == 75
    assert len(shipped().networks) == 57
    assert len(shipped().funds.funds) == 17
    assert len([row for row in shipped().resources if not row["id"].startswith("m-")]) == 84


@pytest.mark.parametrize(
    ("file", "old", "new", "sentence"),
    [
        (
            "aids/53-bretagne.yml",
            "needs: [presence_web,",
            "needs: [presence_wbe,",
            "besoin « presence_wbe » inconnu",
        ),
        ("aids/53-bretagne.yml", "id: bre-pass-commerce-artisanat", "id: idf-tpup", "déjà pris"),
        ("aids/53-bretagne.yml", "checked: 2026-07-21", "checked: 21 juillet", "n'est pas une date"),
        ("aids/53-bretagne.yml", "checked: 2026-07-21", "checked: 2026-13-21", "cette date n'existe pas"),
        ("aids/53-bretagne.yml", "  contact: conseillers-entreprises\n", "", "il manque « contact »"),
        ("aids/53-bretagne.yml", 'not_in: ["46"', 'not_in: ["00"', "« 00 »"),
        ("aids/53-bretagne.yml", 'line: "Paie', 'line: "Levier de digitalisation : paie', "prenez un mot"),
        ("aids/75-nouvelle-aquitaine.yml", "end: 2026-12-31", "end: 2026-10-31", "ouverte, mais finie"),
        ("aids/11-ile-de-france.yml", "end: 2025-10-24", "end: 2027-10-24", "fermée, mais sa fin"),
        ("aids/53-bretagne.yml", "base_max_eur: 25000", "base_max_eur: 2500", "pour la dépense, le minimum"),
        ("aids/53-bretagne.yml", "kind: headcount, max: 7", "kind: headcount, max: -7", "est négatif"),
        (
            "resources.yml",
            "needs: [visibilite_locale], kind: modele",
            "needs: [visible], kind: modele",
            "« visible »",
        ),
        ("networks.yml", 'region: "84", departement: "73"', 'region: "84", departement: "2C"', "« 2C »"),
        ("training_funds.yml", 'naf_hint: ["41"', 'naf_hint: ["4A"', "« 4A »"),
        ("networks.yml", 'phone: "3006"', 'site: "https://www.artisanat.fr/"', "page d'accueil"),
        ("aids/national.yml", "page: null", 'page: "https://www.adie.org"', "page d'accueil"),
        ("training_funds.yml", "site: null", 'site: "http://www.fifpl.fr/"', "page d'accueil"),
        ("resources.yml", 'line: "Cochez', 'line: "Voyez https://www.francenum.gouv.fr/. Cochez', "accueil"),
        ("resources.yml", "contact: team-france-export", "contact: team-france", "il faut une page"),
        ("tools.yml", "https://cyber.corsica/", "https://cyber.example/", "ne sert nulle part"),
        ("barometer.yml", "year: 2022", "year: null", "a une année"),
    ],
)
def test_a_mistake_is_found_with_its_file_and_line(copy, file, old, new, sentence):
    change(copy / file, old, new)

    problems = check_catalogue(TODAY, copy)

    assert any(
        name == f"actions/catalogue/{file}" and line is not None and sentence in text
        for name, line, text in problems
    ), problems


def test_a_broken_file_stops_the_start_with_its_line(copy):
    (copy / "aids" / "53-bretagne.yml").write_text("aids:\n- id: a\n  name: [\n", encoding="utf-8")

    with pytest.raises(ContentFileError, match=r"53-bretagne\.yml:\d+: ce n'est pas du YAML"):
        load(copy)
    assert any("53-bretagne.yml" in name for name, _, _ in check_catalogue(TODAY, copy))


def test_a_wrong_row_stops_the_start_with_its_line(copy):
    change(copy / "aids" / "53-bretagne.yml", "status: open", "status: oui")

    with pytest.raises(ContentFileError, match=r"53-bretagne\.yml:4: aide « bre-pass"):
        load(copy)


def test_a_need_with_one_resource_is_told(copy):
    lines = (copy / "resources.yml").read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if "reseaux_sociaux" not in line or "m-semaine-reseau" in line]
    (copy / "resources.yml").write_text("\n".join(kept), encoding="utf-8")

    assert any("« reseaux_sociaux » : 1 ressource" in text for _, _, text in check_catalogue(TODAY, copy))


def test_health_tells_what_ends_soon_and_what_is_stale_with_file_and_line():
    told = {sentence: (file, line) for file, line, sentence in catalogue_health(TODAY)}

    (brive,) = [one for one in told if "naq-brive" in one]
    assert "prend fin le 31/12/2026" in brive
    file, line = told[brive]
    assert file == "actions/catalogue/aids/75-nouvelle-aquitaine.yml"
    assert "naq-brive" in (FOLDER.parents[1] / file).read_text(encoding="utf-8").splitlines()[line - 1]
    assert any("ges-ia-primo » : vérifiée en 12/2025" in one for one in told)
    assert not any("formalité" in one for one in told)


def test_health_tells_a_year_later_what_has_ended_and_which_duties_to_read_again():
    told = [sentence for _, _, sentence in catalogue_health(date(2027, 12, 1))]

    assert any("naq-brive » : a pris fin" in one for one in told)
    assert any("formalité « facture_electronique »" in one for one in told)


# ------------------------------------------------------------------ import
HEADER = "id;name;operator;kind;line;needs;status;region;max_headcount;rate_pct;max_eur;checked;questions"


def test_good_lines_come_in_and_bad_ones_are_told_by_line(tmp_path):
    file = tmp_path / "aides.csv"
    file.write_text(
        "\n".join(
            [
                HEADER,
                "xx-essai;Essai;Ma ville;grant;Une aide.;presence_web|paiement;open;1;9;50;1 500;2026-11;D'ici ?",
                "xx-deux;Deux;Ma ville;grant;Une aide.;presence_web;ouverte;53;;;;;",
                "xx-trois;Trois;Ma ville;grant;Une aide.;presence_web;open;53;neuf;;;;",
                "xx-essai;Encore;Ma ville;grant;Une aide.;presence_web;open;53;;;;;",
                "nat-fisac;Pris;Ma ville;grant;Une aide.;presence_web;open;53;;;;;",
                "xx-six;Six;Ma ville;grant;Une aide.;voler;open;53;;;;;",
            ]
        ),
        encoding="utf-8-sig",
    )

    aids, errors = import_aids_csv(file)

    assert [aid.id for aid in aids] == ["xx-essai"]
    assert aids[0].region == "01"
    assert aids[0].pays.max_eur == 1500
    assert {condition.kind for condition in aids[0].conditions} == {"need", "place", "headcount", "ask"}
    assert [line for line, _ in errors] == [3, 4, 5, 6, 7]
    assert "« neuf » n'est pas un nombre" in errors[1][1]


def test_a_file_with_an_unknown_column_brings_nothing_in(tmp_path):
    file = tmp_path / "aides.csv"
    file.write_text(HEADER + ";couleur\n", encoding="utf-8")

    assert import_aids_csv(file) == ([], [(1, "colonne « couleur » inconnue.")])


def test_all_that_is_wrong_with_a_line_is_said_at_once(tmp_path):
    file = tmp_path / "aides.csv"
    file.write_text(
        "id,name,operator,kind,line,needs,status,max_headcount,rate_pct,page,contact\n"
        "x,Aide,Région,grant,Paie.,truc,open,neuf,beaucoup,https://www.bretagne.bzh/,personne\n",
        encoding="utf-8",
    )
    aids, errors = import_aids_csv(file, [])

    assert aids == []
    assert {line for line, _ in errors} == {2}
    said = " ".join(sentence for _, sentence in errors)
    for part in ("neuf", "beaucoup", "page d'accueil", "besoin « truc »", "contact « personne »"):
        assert part in said


def test_imported_aids_are_in_the_catalogue_and_pass_check(copy, tmp_path):
    file = tmp_path / "aides.csv"
    file.write_text(
        HEADER + "\nxx-essai;Essai;Ma ville;grant;Une aide.;presence_web;open;53;9;50;1500;2026-11;D'ici ?\n",
        encoding="utf-8",
    )

    home = "xx-accueil;Essai;Ma ville;grant;Une aide.;presence_web;open;53;9;50;1500;2026-11;https://www.exemple.fr/"
    bad = tmp_path / "accueil.csv"
    bad.write_text(HEADER.replace("questions", "page") + "\n" + home + "\n", encoding="utf-8")
    assert "page d'accueil" in add_to_catalogue(bad, copy)[1][0][1]

    assert add_to_catalogue(file, copy)[:2] == (1, [])
    assert add_to_catalogue(file, copy)[0] == 0
    assert check_catalogue(TODAY, copy) == []
    assert load(copy).aids.by_id["xx-essai"].region == "53"


def test_csv_as_a_french_spreadsheet_writes_it_comes_in(tmp_path: Path) -> None:
    file = tmp_path / "aides.csv"
    head = "id;name;operator;kind;line;needs;status;region;max_turnover_eur;end;checked"
    row = "vitre-cheque;Chèque vitrine;Vitré;grant;Une aide pour la page.;presence_web;open;Bretagne"
    file.write_bytes(f"{head}\n{row};1 000 000 €;31/12/2027;01/11/2026\n".encode("cp1252"))
    aids, errors = import_aids_csv(file, [])
    assert errors == []
    assert (aids[0].name, aids[0].region, str(aids[0].end)) == ("Chèque vitrine", "53", "2027-12-31")
