"""The owner's report, read back from the PDF, the Markdown and the JSON."""

import io
import json
import time
from dataclasses import replace
from datetime import date

import pytest
from pypdf import PdfReader

from actions.flow import State
from actions.report import (
    ActionLine,
    AidLine,
    AxisLine,
    Letterhead,
    Report,
    day_words,
    letterhead_of,
    readable,
    to_json,
    to_markdown,
    to_pdf,
)
from actions.report_content import report_of
from actions.shipped_content import QUESTIONNAIRE

TODAY = date(2026, 11, 25)
CHAMBER = {
    "name": "CCI Bretagne",
    "colours": ["#ffd400"],
    "phone": "02 00 00 00 00",
    "hours": "de 9 h à 17 h",
}


def baker(porte="complet", **more):
    slots = {
        "porte": porte,
        "activite": {"naf": "10.71C", "metier": "boulanger"},
        "lieu": {"commune": "Rennes", "insee": "35238", "departement": "35", "region": "53"},
        "effectif": {"min": 5, "max": 5},
        "statut": "artisan",
        "besoins": ["visibilite_locale"],
        **more,
    }
    for number, question in enumerate(QUESTIONNAIRE.scored):
        slots.setdefault(question.id, question.choices[number % 4].id)
    return State(slots)


@pytest.fixture(scope="module")
def report():
    return report_of(baker(), TODAY, CHAMBER)


@pytest.fixture(scope="module")
def pdf(report):
    return PdfReader(io.BytesIO(to_pdf(report)))


def text_of(pdf):
    return " ".join(" ".join(page.extract_text() for page in pdf.pages).split())


def test_the_pdf_is_tagged_french_and_declares_pdf_ua(pdf):
    root = pdf.trailer["/Root"]

    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"].startswith("fr")
    assert "/StructTreeRoot" in root
    assert b"pdfuaid:part" in root["/Metadata"].get_data().replace(b" ", b"")
    assert pdf.metadata.title == "Votre bilan numérique"


def test_the_pdf_says_what_the_report_says_in_selectable_text(pdf, report):
    text = text_of(pdf)

    assert "CCI Bretagne" in text
    assert "02 00 00 00 00" in text
    assert "25 novembre 2026" in text
    assert report.firm in text
    for action in report.actions:
        assert action.title in text
    for axis in report.axes:
        assert axis.word in text


def test_the_picture_begins_with_the_best_axis_and_matches_the_scores(report):
    scores = {score.axis.name: score.value for score in baker().scores if score.value is not None}

    assert {axis.name: axis.value for axis in report.axes} == scores
    assert [axis.value for axis in report.axes] == sorted(scores.values(), reverse=True)
    assert report.best == f"Votre point fort : {report.axes[0].name}."


def test_the_short_round_has_a_plan_and_no_picture():
    short = report_of(baker(porte="express"), TODAY)

    assert short.axes == ()
    assert short.actions


def test_the_plan_is_that_of_the_chat(report):
    plan = baker().plan(TODAY)

    assert [action.title[3:].lower() for action in report.actions] == [
        QUESTIONNAIRE.needs[item.need].name.lower() for item in plan.items
    ]
    assert all(action.help for action in report.actions)


def test_nothing_personal_stands_in_it_that_was_not_given():
    nobody = report_of(State({}), TODAY)

    assert nobody.firm == "Votre entreprise"
    assert "Rennes" not in to_markdown(nobody)


def test_it_is_made_in_under_a_second(report):
    to_pdf(report)
    start = time.perf_counter()
    to_pdf(report)

    assert time.perf_counter() - start < 1


def test_however_long_it_is_it_keeps_to_two_pages():
    long = "Une phrase assez longue pour remplir la page sans rien dire. " * 5
    action = ActionLine("Une action", long, long, long, (long, long, long))
    page = "https://www.francenum.gouv.fr/aides-financieres/" + "un-bout-d-adresse-" * 12
    report = Report(
        firm="Boulangerie",
        day=TODAY,
        axes=(AxisLine("Gérer", 0, "À lancer"), AxisLine("Vendre", 100, "Solide")),
        actions=(action, action, action),
        quick=(long,) * 4,
        aids=(AidLine("Aide", (long, page)),) * 3,
        caution=long,
        later=long,
        figure=long,
    )

    pdf = PdfReader(io.BytesIO(to_pdf(report)))

    assert len(pdf.pages) <= 2
    assert text_of(pdf).count("Une action") == 3


def test_text_with_marks_of_the_template_is_printed_as_it_is():
    odd = 'Le "café" *étoile* #set _bas_ $prix$ <b>@moi\\ [crochet]'
    report = Report(firm=odd, day=TODAY, actions=(ActionLine(odd, odd, odd),))

    text = text_of(PdfReader(io.BytesIO(to_pdf(report))))

    for piece in ("*étoile*", "#set", "_bas_", "$prix$", "<b>@moi\\", "[crochet]"):
        assert piece in text


def test_markdown_and_json_say_the_same(report):
    markdown, data = to_markdown(report), json.loads(json.dumps(to_json(report)))

    assert [action["title"] for action in data["actions"]] == [action.title for action in report.actions]
    assert data["day"] == "2026-11-25"
    for action in report.actions:
        assert f"### {action.title}" in markdown
    for axis in report.axes:
        assert f"| {axis.name} | {axis.word} |" in markdown


def test_every_address_in_the_report_is_a_link_of_the_pdf(pdf, report):
    links = {
        annotation.get_object()["/A"]["/URI"]
        for page in pdf.pages
        for annotation in page.get("/Annots", ())
        if "/URI" in annotation.get_object().get("/A", {})
    }

    assert any(link.startswith("https://") for link in links)
    for aid in report.aids[:1]:
        for line in aid.lines:
            if line.startswith("https://"):
                assert line in links


@pytest.mark.parametrize("colour", ["#ffd400", "#ffffff", "#00ff00", "1f4e79", "rouge", ""])
def test_any_colour_of_a_chamber_can_be_read_on_white(colour):
    found = readable(colour)
    parts = [int(found[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    light = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert 1.05 / (light + 0.05) >= 4.5


def test_a_chamber_without_colours_takes_those_of_the_house():
    assert letterhead_of({"name": "CMA"}) == replace(Letterhead(), name="CMA")
    assert letterhead_of(None) == Letterhead()


def test_days_are_said_in_french():
    assert day_words(date(2027, 3, 1)) == "1er mars 2027"


def test_nobody_is_praised_for_what_is_not_there():
    worst = {
        question.id: min(question.choices, key=lambda choice: 9 if choice.score is None else choice.score).id
        for question in QUESTIONNAIRE.scored
    }
    nothing_yet = report_of(baker(**worst), TODAY, CHAMBER)

    assert nothing_yet.best == "Tout est à lancer : le premier geste compte déjà."


def test_an_address_is_given_once_and_a_question_to_check_ends_cleanly(report):
    for aid in report.aids:
        addresses = [word for line in aid.lines for word in line.split() if word.startswith("http")]
        assert len(addresses) == len(set(addresses))
        assert not any(" ." in line for line in aid.lines)


def test_a_figure_alone_does_not_open_a_second_page(report):
    one_page = replace(report, actions=report.actions[:1], aids=(), quick=(), later="", figure="")
    lines = next(
        count
        for count in range(1, 80)
        if len(PdfReader(io.BytesIO(to_pdf(replace(one_page, quick=("Une ligne.",) * count)))).pages) == 2
    )
    full = replace(one_page, quick=("Une ligne.",) * (lines - 1), figure="Un chiffre de l'enquête publique.")

    assert len(PdfReader(io.BytesIO(to_pdf(full))).pages) == 1
