"""Who pays for training."""

from datetime import date

import pytest

from actions.advice import advise
from actions.catalogue import shipped
from actions.funds import funds_for
from actions.profile import Profile

TODAY = date(2026, 11, 25)


def ids(**data):
    return shipped().funds.paying(Profile.from_json(data))


@pytest.mark.parametrize(
    ("naf", "fund"),
    [
        ("46.73A", "constructys"),
        ("46.39B", "akto"),
        ("47.22Z", "opcoep"),
        ("47.29Z", "opcommerce"),
        ("81.30Z", "ocapiat"),
        ("81.22Z", "akto"),
        ("74.20Z", "opcommerce"),
        ("47.61Z", "opcoep"),
        ("68.31Z", "opcoep"),
        ("85.53Z", "opcomobilites"),
        ("86.10Z", "opcosante"),
        ("69.20Z", "atlas"),
        ("69.10Z", "opcoep"),
        ("93.11Z", "afdas"),
        ("47.52A", "akto"),
        ("47.52B", "opcommerce"),
        ("58.29C", "atlas"),
        ("79.12Z", "opcomobilites"),
    ],
)
def test_the_staffs_fund_is_that_of_the_longest_hint_and_of_the_corrections(naf, fund):
    assert ids(naf=naf, headcount=5, status="commercant", training_for="staff") == (fund,)


@pytest.mark.parametrize("status", ["artisan", "micro_artisan"])
def test_a_craftsman_is_paid_by_the_fafcea(status):
    assert ids(status=status, training_for="head") == ("fafcea",)


def test_a_head_paid_like_an_employee_is_never_sent_to_the_agefice_or_the_fafcea():
    assert ids(naf="10.71C", status="dirigeant_salarie", headcount=4) == ("opcoep",)
    assert ids(naf="47.11B", status="dirigeant_salarie", headcount=1, training_for="head") == ("opcommerce",)


def test_a_craft_and_a_trade_at_once_go_to_the_fafcea():
    assert ids(naf="96.02A", status="commercant", training_for="head") == ("fafcea",)
    assert ids(naf="56.10A", status="commercant", training_for="head") == ("agefice",)


def test_without_a_status_the_activity_tells_the_fund_or_leaves_several():
    assert ids(naf="43.22A", training_for="head") == ("fafcea",)
    assert ids(naf="62.01Z", training_for="head") == ("agefice", "fifpl")
    assert ids(naf="86.21Z", training_for="head") == ("fafpm",)


def test_alone_there_is_no_fund_to_ask_for_a_team():
    assert ids(naf="96.02A", status="artisan", headcount=1, training_for="staff") == ()
    assert "seul" in funds_for(Profile.from_json({"headcount": 1, "training_for": "staff"}))[0]


def test_home_help_depends_on_being_an_association():
    assert ids(naf="88.10A", status="association", headcount=9, training_for="staff") == ("uniformation",)
    assert ids(naf="88.10A", status="commercant", headcount=9, training_for="staff") == ("opcoep",)
    assert set(ids(naf="88.10A", headcount=9, training_for="staff")) == {"uniformation", "opcoep"}


def test_what_is_said_always_asks_to_verify_and_fits_in_a_bubble():
    for naf in ("10.71C", "56.10A", "62.01Z", "01.13Z", "86.21Z", "90.03A"):
        for status in (
            "artisan",
            "commercant",
            "liberal",
            "agriculteur",
            "dirigeant_salarie",
            "micro_liberal",
            None,
        ):
            lines = funds_for(Profile.from_json({"naf": naf, "status": status, "headcount": 60}))
            assert any("vérifi" in line or "dites-moi" in line for line in lines)
            assert all(len(line) <= 320 for line in lines)


def test_from_fifty_employees_on_the_plan_is_no_longer_paid():
    lines = funds_for(Profile.from_json({"naf": "20.42Z", "headcount": 60, "training_for": "staff"}))

    assert any("ne paie plus le plan" in line for line in lines)


def test_a_large_workshop_of_a_trader_is_industry_and_not_a_craft():
    assert ids(naf="25.62B", status="commercant", headcount=9, training_for="head") == ("fafcea",)
    assert ids(naf="25.62B", status="commercant", headcount=40, training_for="head") == ("agefice",)


def test_an_oyster_farmer_is_paid_by_the_fund_of_fishing_for_himself_and_for_his_staff():
    assert ids(naf="03.21Z", status="agriculteur", training_for="head") == ("ocapiat",)
    assert ids(naf="03.21Z", status="agriculteur", headcount=4) == ("ocapiat",)
    told = funds_for(Profile.from_json({"naf": "03.21Z", "status": "agriculteur", "training_for": "head"}))
    assert told[0].startswith("Pour vous former, le fonds serait Ocapiat")


def test_the_paid_head_of_an_association_is_trained_by_the_fund_of_the_staff():
    assert ids(naf="88.91A", status="association", headcount=9, training_for="head") == ("uniformation",)

    told = funds_for(Profile.from_json({"naf": "88.91A", "status": "association", "training_for": "head"}))
    assert "Dans une association, il faut que vous touchiez un salaire" in told[-1]


def test_a_gardener_of_unsaid_status_may_be_insured_as_a_farmer_and_is_told_what_decides():
    assert set(ids(naf="81.30Z", training_for="head")) == {"fafcea", "agefice", "vivea"}
    assert ids(naf="81.30Z", status="agriculteur", training_for="head") == ("vivea",)

    def is_told(**data):
        return any("à la MSA" in line for line in funds_for(Profile.from_json({"naf": "81.30Z", **data})))

    assert is_told() and is_told(status="artisan")
    assert not is_told(status="agriculteur") and not is_told(status="artisan", training_for="staff")


def test_where_the_trade_hints_at_no_fund_of_the_staff_the_agreement_is_named_and_nothing_asked_again():
    told = funds_for(Profile.from_json({"naf": "77.39Z", "headcount": 5, "training_for": "staff"}))

    assert len(told) == 1 and "convention collective" in told[0] and "vérifier avec votre SIRET" in told[0]


@pytest.mark.parametrize(
    ("naf", "fund"),
    [("86.90A", "opcomobilites"), ("47.30Z", "opcomobilites"), ("68.20A", "opcoep"), ("66.21Z", "atlas")],
)
def test_branches_that_hold_more_than_their_division(naf, fund):
    assert ids(naf=naf, headcount=5, status="commercant", training_for="staff") == (fund,)


@pytest.mark.parametrize(
    ("naf", "fund", "other"), [("46.39B", "AKTO", "2216"), ("74.20Z", "L'Opcommerce", "Afdas")]
)
def test_where_two_branches_share_a_class_the_other_is_named_too(naf, fund, other):
    told = funds_for(Profile.from_json({"naf": naf, "headcount": 5, "training_for": "staff"}))

    assert fund in told[0] and other in told[1]
    of_head = funds_for(Profile.from_json({"naf": naf, "status": "commercant", "training_for": "head"}))
    assert not any(other in line for line in of_head)


def test_while_several_funds_are_left_each_is_told_with_the_status_that_it_hangs_on():
    told = funds_for(Profile.from_json({"naf": "62.01Z", "training_for": "head"}))

    assert told[0].startswith("Pour vous former, si vous êtes commerçant, le fonds serait AGEFICE")
    assert told[1].startswith("Pour vous former, si vous êtes en libéral, le fonds serait FIF PL")
    assert funds_for(Profile.from_json({"naf": "43.22A", "training_for": "head"}))[0].startswith(
        "Pour vous former, le fonds serait FAFCEA"
    )


def test_a_head_of_unsaid_status_is_told_of_the_fund_that_trains_him_if_his_company_pays_him():
    def told(**data):
        return [line for line in funds_for(Profile.from_json(data)) if "président de SAS" in line]

    assert "Constructys" in told(naf="43.22A", training_for="head")[0]
    assert "convention collective" in told(naf="77.39Z", training_for="head")[0]
    assert not told(naf="43.22A", status="artisan") and not told(
        naf="43.22A", training_for="staff", headcount=4
    )


@pytest.mark.parametrize("status", [None, "artisan", "commercant"])
def test_the_president_of_a_company_is_never_sent_to_the_agefice_or_the_fafcea(status):
    plumber = {"naf": "43.22A", "status": status, "training_for": "head"}

    assert ids(**plumber, legal_form="SASU") == ("constructys",)
    assert ids(**plumber, legal_form="EURL") == ("fafcea",)
    told = funds_for(Profile.from_json({**plumber, "legal_form": "SASU"}))
    assert told[0].startswith("Pour vous former, ce serait Constructys")
    assert "salaire" in told[1] and len(told) == 2
    listed = {
        aid["id"] for aid in advise({**plumber, "legal_form": "SAS", "needs": ["formation"]}, TODAY)["aids"]
    }
    assert not listed & {"nat-fafcea", "nat-agefice"}
