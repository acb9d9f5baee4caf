"""Three tables that a person can read: firms, and what they must and must not be told.

The expectations of `tests/data/firms60.csv` were reasoned from the facts, line by line; the last column says why.
Those of `firms_blind.csv` and of `firms_edges.csv` (sizes, turnovers and ages at the thresholds, sectors at the edge
of an exclusion) are a second and a third author's, who had seen neither the other tables nor what the program answers.
"""

import csv
from datetime import date
from pathlib import Path

import pytest

from actions.advice import advise
from actions.catalogue import shipped
from actions.profile import Profile
from actions.territory import REGION_NAMES

DATA = Path(__file__).parents[2] / "data"
TODAY = date(2026, 11, 25)
TABLES = {
    name: list(csv.DictReader((DATA / name).read_text(encoding="utf-8").splitlines(), delimiter=";"))
    for name in ("firms60.csv", "firms_blind.csv", "firms_edges.csv")
}
ROWS = [row for rows in TABLES.values() for row in rows]


def profile_of(row):
    more = {}
    for pair in filter(None, row["more"].split(",")):
        key, value = pair.split("=")
        more[key] = float(value) if key.endswith(("_eur", "_years")) else value
    return {
        "naf": row["naf"],
        "insee": row["insee"],
        "headcount": int(row["headcount"]),
        "status": row["status"],
        "needs": words(row["needs"]),
        "refused": words(row["refused"]),
        **more,
    }


def words(cell):
    return [word for word in cell.split("|") if word]


@pytest.mark.parametrize("row", ROWS, ids=[row["firm"] for row in ROWS])
def test_a_firm_is_told_its_fund_its_aids_and_where_to_begin(row):
    advice = advise(profile_of(row), TODAY)

    assert advice["funds"] == words(row["funds"])
    listed = [aid["id"] for aid in advice["aids"]]
    assert [aid for aid in words(row["shown"]) if aid not in listed] == []
    assert [aid for aid in words(row["hidden"]) if aid in listed] == []
    first = advice["plan"][0]
    need, place, *small = row["first"].split(":")
    assert (first["need"], first["place"], first["small_step"]) == (need, place, small == ["small"])
    assert not {item["need"] for item in advice["plan"]} & set(words(row["refused"]))


def test_the_tables_know_every_aid_that_they_name():
    named = {aid for row in ROWS for aid in words(row["shown"]) + words(row["hidden"])}

    assert named <= set(shipped().aids.by_id)


@pytest.mark.parametrize("name", TABLES)
def test_all_regions_and_all_funds_occur_in_each_table(name):
    rows = TABLES[name]
    regions = {Profile.from_json(profile_of(row)).region for row in rows}
    funds = {fund for row in rows for fund in words(row["funds"])}

    assert len(rows) >= 50
    assert regions == set(REGION_NAMES)
    assert funds == set(shipped().funds.funds)
