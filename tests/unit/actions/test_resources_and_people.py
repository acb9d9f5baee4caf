"""Resources, people to call, figures and formalities."""

import pytest

from actions.catalogue import NEEDS, shipped
from actions.comparison import fact_for, figure_line
from actions.flow import State
from actions.glossary import duty_asked
from actions.network import (
    abroad_step_lines,
    formality_lines,
    people_for,
    people_for_abroad,
    person_for,
    pooling_steps,
)
from actions.plan_item import resource_beside
from actions.profile import Profile
from actions.resources import READY, resource_for, resource_line, thin_needs
from actions.territory import REGION_NAMES

BAKER = Profile.from_json({"naf": "10.71C", "insee": "35238", "headcount": 5, "status": "artisan"})


@pytest.mark.parametrize("need", NEEDS)
def test_every_need_has_a_ready_resource_first_and_a_second_one(need):
    first = resource_for(need, BAKER)
    assert first is not None
    second = resource_for(need, BAKER, {first.resource_id})

    assert first.kind in READY
    assert second is not None
    assert second.resource_id != first.resource_id


def test_no_need_is_thin():
    assert thin_needs(shipped(), NEEDS) == {}


def test_already_seen_brings_the_next_until_there_is_none():
    seen = []
    while (one := resource_for("paiement", BAKER, seen)) is not None:
        assert one.resource_id not in seen
        seen.append(one.resource_id)

    assert len(seen) >= 2


def test_too_complicated_brings_something_no_harder():
    rows = {row["id"]: row for row in shipped().resources}
    found = resource_for("gestion_facturation", BAKER, {"fn-erp"}, simpler_than="fn-erp")

    assert found is not None
    assert rows[found.resource_id]["effort"] <= rows["fn-erp"]["effort"]


def test_what_is_for_another_trade_or_for_advisors_is_never_shown():
    plumber = Profile.from_json({"naf": "43.22A", "headcount": 1})
    seen = []
    for need in NEEDS:
        while (one := resource_for(need, plumber, seen)) is not None:
            seen.append(one.resource_id)

    assert "fn-reseaux-boulangers" not in seen
    assert "fn-pourboire-cb" not in seen
    assert "fn-mallette-cyber" not in seen
    assert "fn-barometre-2026" not in seen


def test_a_trade_alone_is_enough_to_choose():
    seen = []
    while (one := resource_for("reseaux_sociaux", "boulanger", seen)) is not None:
        seen.append(one.resource_id)

    assert "fn-reseaux-boulangers" in seen


def test_a_resource_says_in_one_bubble_what_to_do_with_it_and_for_how_long():
    for need in NEEDS:
        one = resource_for(need, BAKER)
        assert one is not None
        assert "min" in resource_line(one) or " h" in resource_line(one)
        assert len(one.line) <= 160
        assert len(one.text or "") <= 320
        assert (one.page or one.text) in resource_line(one)


def test_what_has_no_page_of_its_own_says_who_to_ask():
    seen = []
    while (one := resource_for("export", BAKER, seen)) is not None:
        seen.append(one.resource_id)
        assert one.page or one.text or one.ask
        if one.resource_id == "tfe":
            assert resource_line(one).endswith("conseiller à l'international de votre région.")
    assert "tfe" in seen


# ------------------------------------------------------------------ people
@pytest.mark.parametrize("need", [*NEEDS, None])
@pytest.mark.parametrize("region", sorted(REGION_NAMES))
def test_there_is_always_somebody_and_the_call_back_service_as_a_way_out(region, need):
    people = people_for(Profile.from_json({"region": region}), need)

    assert people
    assert "conseillers-entreprises" in [person.network_id for person in people]
    for person in people:
        assert person.reach
        assert len(person.line) <= 320


def test_a_craftsman_is_sent_to_the_chamber_of_crafts_and_a_trader_to_the_other():
    trader = Profile.from_json({"naf": "47.11B", "status": "commercant", "region": "53"})

    assert person_for(BAKER, "presence_web").network_id == "cma"
    assert "3006" in person_for(BAKER, "presence_web").reach
    assert person_for(trader, "presence_web").network_id == "cci-les-aides"


def test_the_nearest_comes_first():
    savoie = Profile.from_json({"naf": "47.11B", "status": "commercant", "insee": "73065"})
    isere = Profile.from_json({"naf": "47.11B", "status": "commercant", "insee": "38185"})

    assert person_for(savoie, "presence_web").network_id == "cci-savoie"
    assert person_for(isere, "presence_web").network_id == "campus-numerique-ara"


def test_an_attack_goes_to_those_who_answer_attacks_in_the_region():
    assert person_for(BAKER, "cybersecurite", urgent=True).network_id == "breizh-cyber"
    lyon = Profile.from_json({"insee": "69123"})
    assert person_for(lyon, "cybersecurite", urgent=True).network_id == "17cyber"
    assert person_for(BAKER, "cybersecurite").network_id != "breizh-cyber"


def test_nobody_of_another_region_is_proposed():
    for region in REGION_NAMES:
        for need in NEEDS:
            for person in people_for(Profile.from_json({"region": region}), need):
                assert shipped().networks[person.network_id].get("region") in (None, region)


# ------------------------------------------------------------------ figures
def test_a_figure_has_its_year_and_source_and_prefers_the_sector():
    figure = fact_for(3, "43.22A", "presence_web")

    assert figure is not None
    assert figure.figure_id == "insee22_btp"
    assert figure.line.startswith("D'après l'Insee (2022) : ")


def test_a_figure_that_would_shame_is_said_only_to_who_is_ahead():
    ahead = fact_for(12, "62.01Z", "presence_web", is_behind=False)

    assert ahead is not None
    assert ahead.figure_id == "fn25_presence"
    assert fact_for(12, "62.01Z", "presence_web", is_behind=True) is None


def test_a_figure_of_larger_firms_is_not_said_to_a_craftsman_alone():
    assert fact_for(1, "43.22A", "cloud_outils", is_behind=True).figure_id == "fn25_ia_usage"


def test_where_no_figure_is_known_nothing_is_said():
    assert fact_for(3, "43.22A", "annonces_legales") is None


# ------------------------------------------------------------------ formalities
def test_e_invoicing_is_three_sentences_by_the_firms_case():
    micro = formality_lines("facture_electronique", Profile.from_json({"status": "micro_artisan"}))
    nurse = formality_lines("facture_electronique", Profile(), special_vat=True)
    baker = formality_lines("facture_electronique", BAKER)

    assert "micro-entreprise" in micro[0]
    assert "ne disent pas la même chose" in nurse[0]
    assert "1er septembre 2027" in baker[1]
    assert any(line.startswith("Page officielle : https://www.impots.gouv.fr/") for line in baker)


def test_a_firm_in_its_own_name_mostly_publishes_nothing():
    own = formality_lines("annonces_legales", Profile.from_json({"legal_form": "EI"}))
    company = formality_lines("annonces_legales", Profile.from_json({"legal_form": "SARL"}))

    assert "le plus souvent pas d'annonce" in own[0]
    assert "presque toujours" in company[0]


def test_going_abroad_ends_with_a_checklist_and_people():
    lines = abroad_step_lines(done={"pays", "tva"}, out={"livraison"})

    assert [line[0] for line in lines].count("☑") == 2
    assert [line[0] for line in lines].count("☐") == 5
    assert not any("livraison" in line for line in lines)
    assert all(len(line) <= 320 for line in lines)
    assert people_for_abroad(BAKER)[0].name == "Team France Export"


def test_each_way_of_pooling_names_who_helps():
    assert all(
        step.to_do.rstrip().endswith(("/", "/aides")) or "http" in step.to_do for step in pooling_steps()
    )


def test_a_figure_is_said_with_who_says_it_and_of_which_year():
    lines = [figure_line(row) for row in shipped().figures if row["year"]]

    assert "D'après le baromètre France Num (2026) : 41 % des dirigeants" in " ".join(lines)
    assert "D'après le baromètre France Num 2024 (chiffres de 2023) : " in " ".join(lines)
    assert not any(", repris" in line for line in lines)


def test_the_person_and_the_resource_of_an_action_are_two_ways_and_not_one_page():
    baker = State({"activite": {"naf": "10.71C"}, "lieu": {"insee": "35238"}, "besoins": ["mutualisation"]})
    person = person_for(baker.profile, "mutualisation")
    beside = resource_beside(person, baker, "mutualisation", ())

    assert beside is not None
    assert beside.page is None or beside.page not in person.reach


def test_who_asks_for_one_thing_to_share_is_told_that_one():
    assert [step.id for step in pooling_steps("un bureau a partager pres de chez moi")] == ["lieu"]
    assert [step.id for step in pooling_steps("on veut acheter a plusieurs")] == ["commandes"]
    assert len(pooling_steps("mutualiser")) == len(pooling_steps()) == 4


@pytest.mark.parametrize(
    ("text", "duty"),
    [
        ("La facturation électronique, je dois faire quoi ?", "facture_electronique"),
        ("mon logiciel de caisse doit-il être certifié ?", "caisse"),
        ("annonce légale : comment faire ?", "annonces_legales"),
        ("je voudrais préparer la facture électronique", None),
        ("tout est bloqué, que faire ?", None),
    ],
)
def test_a_duty_is_told_to_who_asks_about_one(text, duty):
    assert duty_asked(text) == duty
