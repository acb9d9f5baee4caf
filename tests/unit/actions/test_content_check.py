"""`connecteur check` of the conversation's files: each kind of mistake is told with its line and what to do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from actions import content, content_check, list_check, questionnaire, trades
from actions.content import ContentFileError

LONG = "mot " * 100
QUESTIONS = "questionnaire.yml"
TRADES = "trades.yml"


@pytest.fixture
def dialogues(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A copy of dialogues/ to break; what was read before is forgotten on both ends."""
    folder = tmp_path / "dialogues"
    shutil.copytree(content.DIALOGUES, folder)
    forget = (content.read_with_lines, questionnaire.load, trades.load)
    for module in (content, list_check):
        monkeypatch.setattr(module, "DIALOGUES", folder)
    for one in forget:
        one.cache_clear()
    yield folder
    for one in forget:
        one.cache_clear()


def broken(folder: Path, name: str, old: str, new: str) -> list[tuple[str, int | None, str]]:
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return list(content_check.check_content())


def test_shipped_content_has_no_problem() -> None:
    assert list(content_check.check_content()) == []


@pytest.mark.parametrize(
    "name, old, new, words",
    [
        (QUESTIONS, "Je note : {faits}.", "Je note : {fait}.", "« {fait} » n'est rempli par rien"),
        (QUESTIONS, "fait_le: 2026-11-24", "fait_le: 2026-11-34", "cette date n'existe pas"),
        (QUESTIONS, "    axe: trouver\n", "    axe: visibilite\n", "l'axe « visibilite », qui n'existe pas"),
        (QUESTIONS, "    besoin: presence_web\n", "    besoin: site\n", "le besoin « site » n'existe pas"),
        (QUESTIONS, "si: {tous: [stock]}", "si: {tous: [reserve]}", "le trait « reserve » n'existe pas"),
        (QUESTIONS, "si: {tous: [stock]}", "si: {tous: [stock], aucun: [stock]}", "ne peut jamais être vraie"),
        (QUESTIONS, "si: {tous: [stock]}", "si: {tous: [resto, devis, heberge]}", "à aucun métier"),
        (QUESTIONS, 'tous: ["d_officiel=oui"]', 'tous: ["d_officiel=bof"]', "ne propose pas"),
        (QUESTIONS, 'tous: ["d_officiel=oui"]', 'tous: ["d_rien=oui"]', "qui n'existe pas"),
        (QUESTIONS, "- id: t_site\n", "- id: t_fiche\n", "écrite deux fois"),
        (QUESTIONS, "id: a_jour, label", "id: non, label", "écrite deux fois"),
        (QUESTIONS, "tout est juste\", n: 3}", "tout est juste\", n: 4}", "doit aller de 0 à 3"),
        (QUESTIONS, "    poids: 3\n", "    poids: 7\n", "le poids doit être 1, 2 ou 3"),
        (QUESTIONS, "    poids: 3\n", "    poid: 3\n    poids: 3\n", "la clé « poid » n'existe pas"),
        (QUESTIONS, "{id: s_copie}", "{id: s_copies}", "« s_copies », qui n'est pas une question"),
        (QUESTIONS, "Pas de souci, on passe.", "C'est le cloud.", "n'est pas un mot d'artisan"),
        (QUESTIONS, "Pas de souci, on passe.", LONG, "coupez-la à 320"),
        (QUESTIONS, "apres: [presence_web, paiement]", "apres: [vitrine]", "vient après « vitrine »"),
        (QUESTIONS, "quand: apres_equiper", "quand: jamais", "quand doit être"),
        (TRADES, "forts: [visibilite_locale, stock_caisse]", "forts: [site]", "le besoin « site » n'existe pas"),
        (TRADES, '["43.21A"]', '["43.22A"]', "est déjà à « plombier »"),
        (TRADES, '["43.21A"]', '["4321A"]', "n'est pas un code NAF"),
        ("glossary.yml", "aliases: [nuage,", "aliases: [rgpd,", "« rgpd » est le mot du terme « rgpd »"),
        ("glossary.yml", "dire: \"rangé en ligne, à l'abri\", ", "", "n'a pas de « dire »"),
        ("responses/accueil.yml", "Avec plaisir.", LONG, "coupez à 320"),
        ("responses/accueil.yml", "Avec plaisir.", "Vive le digital.", "n'est pas un mot d'artisan"),
    ],
)  # fmt: skip
def test_mistake_is_told_where_it_stands(dialogues: Path, name: str, old: str, new: str, words: str) -> None:
    line = (dialogues / name).read_text(encoding="utf-8").split(old)[0].count("\n") + 1
    found = broken(dialogues, name, old, new)
    told = [one for one in found if words in one[2]]
    assert told, found
    assert told[0][0] == f"dialogues/{name}"
    assert told[0][1] is not None and abs(told[0][1] - line) <= 14


def test_file_that_is_no_yaml_is_told_with_its_line(dialogues: Path) -> None:
    found = broken(dialogues, "trades.yml", "metiers:\n", "metiers: [\n")
    assert len(found) == 1
    assert found[0][1] is not None


def test_reading_a_broken_file_names_it(dialogues: Path) -> None:
    (dialogues / "questionnaire.yml").write_text("portes: [", encoding="utf-8")
    with pytest.raises(ContentFileError, match=r"dialogues/questionnaire.yml:\d+: "):
        questionnaire.load()
    (dialogues / "questionnaire.yml").unlink()
    with pytest.raises(ContentFileError, match="ce fichier manque"):
        questionnaire.load()
