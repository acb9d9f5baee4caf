"""Counting by the guideline: accepted values, overlaps, refused needs listed as wanted, calibration."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.messages import Answer, Headcount, Intent, Need, NluReading, Place, Sector
from bot.nlu.evaluate import calibration_error, measure, read_rows, report


class Reads:
    """A reader that gives the same reading for every text."""

    def __init__(self, **facts) -> None:
        self.facts = facts

    def read(self, text, question=None):
        return NluReading(**{"text": text, "intent": Intent("express_need", 0.9), **self.facts})

    def read_batch(self, items):
        return [self.read(text, question) for text, question in items]


ROW = {
    "text": "t", "intent": "express_need", "intent_ok": [], "naf": None, "naf_ok": [], "place": None,
    "headcount": None, "needs": [], "needs_ok": [], "negated_needs": [],
}  # fmt: skip


def test_accepted_intent_and_class_are_right() -> None:
    sector = Sector("56.10C", "Restauration rapide", 0.8, (0, 1), "I")
    row = {**ROW, "intent": "ask_aid", "intent_ok": ["express_need"], "naf": "56.10A", "naf_ok": ["56.10C"]}
    figures = measure([row], Reads(sector=sector))
    assert (figures.intent.value, figures.sector["class"].value, figures.macro_f1) == (1.0, 1.0, 1.0)


def test_sector_claimed_where_none_is_said_is_counted() -> None:
    sector = Sector("56.10C", "Restauration rapide", 0.8, (0, 1), "I")
    assert measure([ROW, ROW], Reads(sector=sector)).sector_claimed.right == 2


def test_need_neither_wanted_nor_accepted_is_a_fault() -> None:
    reads = Reads(needs=(Need("export", (0, 1)), Need("paiement", (0, 1))))
    figures = measure([{**ROW, "needs": ["paiement"], "needs_ok": ["export"]}], reads)
    assert (figures.needs.precision, figures.needs.recall) == (1.0, 1.0)
    figures = measure([{**ROW, "needs": ["paiement"], "negated_needs": ["export"]}], reads)
    assert (figures.needs.precision, figures.refused_as_wanted.value) == (0.5, 1.0)


def test_district_is_accepted_for_its_city() -> None:
    wanted = {"commune": "Lyon", "insee": "69123", "departement": "69", "region": "84", "insee_ok": ["69388"]}
    right = Reads(place=Place("Lyon 8e", "69388", "69", "84", (0, 1)))
    wrong = Reads(place=Place(None, None, "69", "84", (0, 1)))
    assert measure([{**ROW, "place": wanted}], right).place.right == 1
    assert measure([{**ROW, "place": wanted}], wrong).place.right == 0


def test_overlapping_headcount_is_counted_apart() -> None:
    figures = measure(
        [{**ROW, "headcount": {"min": 8, "max": 12}}], Reads(headcount=Headcount(10, None, (0, 1)))
    )
    assert (figures.headcount.right, figures.headcount_overlap.right) == (0, 1)


def test_back_and_none_are_the_guidelines_digression() -> None:
    question = {"type": "yes_no", "text": "Un site ?", "choices": []}
    rows = [
        {"text": "t", "question": question, "answer": "digression"},
        {"text": "t", "question": question, "answer": False},
    ]
    figures = measure(rows, Reads(answer=Answer("back", None, 0.9)))
    assert (figures.answers["yes_no"].right, figures.answers["yes_no"].total) == (1, 2)


def test_wrong_value_given_surely_is_counted() -> None:
    row = {
        "text": "t",
        "question": {"type": "number", "text": "Combien ?", "choices": []},
        "answer": {"min": 1, "max": 2},
    }
    assert measure([row], Reads(answer=Answer("value", 7, 0.9))).answers_wrong_and_sure.right == 1
    assert measure([row], Reads(answer=Answer("value", 7, 0.6))).answers_wrong_and_sure.right == 0


def test_true_is_not_the_number_one() -> None:
    row = {"text": "t", "question": {"type": "choice", "text": "?", "choices": ["a", "b"]}, "answer": 1}
    assert measure([row], Reads(answer=Answer("value", True, 0.5))).answers["choice"].right == 0


def test_calibration_error_is_the_distance_of_confidence_and_share() -> None:
    assert calibration_error([(0.75, True), (0.75, True), (0.75, False), (0.75, True)]) == pytest.approx(0)
    assert calibration_error([(0.95, False)]) == pytest.approx(0.95)


def test_report_names_the_confusion_and_the_worst_error() -> None:
    text = report(measure([{**ROW, "intent": "greet", "text": "bonjour vous"}], Reads()))
    assert "greet → express_need: 1" in text
    assert "bonjour vous" in text


def test_line_without_a_label_is_refused_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "labelled.jsonl"
    path.write_text('{"text": "a", "intent": "greet"}\n{"text": "b"}\n', encoding="utf-8")
    with pytest.raises(ContentError, match=r"labelled\.jsonl:2"):
        read_rows(path)
