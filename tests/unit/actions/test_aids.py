"""Aids: thresholds, dates, amounts, and the words in which they are told."""

from datetime import date

import pytest

from actions.advice import advise, why
from actions.aid_amounts import amount_line
from actions.aids import aids_for, ask_sentence, last_check, nothing_known, recommend_aids, status_line
from actions.catalogue import shipped
from actions.catalogue.aid import RowError, read_aid, read_day
from actions.conditions import describe
from actions.plan_item import to_check
from actions.profile import Profile

TODAY = date(2026, 11, 25)
BAKER = {"naf": "10.71C", "insee": "35238", "headcount": 5, "status": "artisan", "needs": ["presence_web"]}


def aid_of(advice, aid_id):
    return next((aid for aid in advice["aids"] if aid["id"] == aid_id), None)


@pytest.mark.parametrize(
    ("headcount", "expected"),
    [(5, "met"), (6, "to check"), (7, "to check"), (8, "to check"), (9, "gone")],
)
def test_within_one_of_a_threshold_the_headcount_is_to_be_checked(headcount, expected):
    found = aid_of(advise({**BAKER, "headcount": headcount}, TODAY), "bre-pass-commerce-artisanat")

    seen = "gone" if found is None else "to check" if "headcount" in found["to_check"] else "met"
    assert seen == expected


def test_a_range_of_headcount_is_ruled_out_only_when_all_of_it_is():
    wide = advise({**BAKER, "headcount": {"min": 6, "max": 12}}, TODAY)
    above = advise({**BAKER, "headcount": {"min": 9, "max": 12}}, TODAY)

    assert "headcount" in aid_of(wide, "bre-pass-commerce-artisanat")["to_check"]
    assert aid_of(above, "bre-pass-commerce-artisanat") is None


def test_an_aid_of_unknown_status_is_possible_and_says_to_check_its_status():
    found = aid_of(
        advise({"insee": "59350", "needs": ["cybersecurite"]}, TODAY), "hdf-pass-cyber-investissement"
    )

    assert found["state"] == "possible"
    assert "status" in found["to_check"]


@pytest.mark.parametrize(("today", "is_stale"), [(date(2027, 1, 17), False), (date(2027, 1, 18), True)])
def test_an_open_aid_must_be_checked_again_180_days_after(today, is_stale):
    found = aid_of(advise(BAKER, today), "bre-pass-commerce-artisanat")  # checked on 2026-07-21

    assert ("status" in found["to_check"]) == is_stale


@pytest.mark.parametrize(
    ("spending", "line"),
    [
        (8_000, "30 % de 8 000 €, soit 2 400 €."),
        (30_000, "30 % de 25 000 € (plafond de dépenses : 25 000 €), soit 7 500 €."),
        (5_000, "Il faut dépenser au moins 6 000 € HT : 5 000 € n'y suffisent pas."),
    ],
)
def test_the_amount_is_computed_for_the_case_with_its_rule(spending, line):
    assert amount_line(shipped().aids.by_id["bre-pass-commerce-artisanat"], spending) == line


def test_a_rate_that_varies_gives_a_range():
    line = amount_line(shipped().aids.by_id["pdl-investissement-numerique"], 10_000)

    assert line == "De 30 % à 40 % de 10 000 €, soit de 3 000 € à 4 000 €."


def test_bands_steps_and_ceilings_are_computed():
    aids = shipped().aids.by_id

    assert "soit 750 €" in amount_line(aids["ara-mon-commerce-en-ligne"], 1_000)
    assert (
        amount_line(aids["idf-cheque-numerique"], 1_000)
        == "150 € par tranche de 300 €, pour 1 000 €, soit 450 €."
    )
    assert "ramenés au plafond de 5 000 €" in amount_line(
        read_aid({**ROW, "pays": {"rate_pct": 50, "max_eur": 5000}}, None, {}), 12_000
    )


def test_a_proposal_says_maybe_what_is_met_what_to_check_and_to_ask_before_signing():
    proposals = aids_for(Profile.from_json({**BAKER, "budget_eur": 8000}), None, TODAY, spending_eur=8000)
    aid = next(p for p in proposals if p.aid_id == "bre-pass-commerce-artisanat")

    assert aid.intro.startswith("Vous pourriez être concerné")
    assert any("5 personnes" in line for line in aid.met_lines)
    assert any("chiffre d'affaires" in line for line in aid.to_check_lines)
    assert aid.amount_line == "30 % de 8 000 €, soit 2 400 €."
    assert "avant de signer un devis" in aid.reminder
    assert "300 000 €" in aid.reminder
    assert all("vous avez droit" not in text.lower() for text in (aid.intro, *aid.met_lines))


def test_an_aid_without_an_official_page_gives_only_who_to_ask():
    aid = next(
        p
        for p in aids_for(Profile.from_json({"insee": "45234"}), "presence_web", TODAY)
        if p.aid_id == "cvl-cap-tn"
    )

    assert aid.page is None
    assert aid.contact.startswith("À qui demander : Conseillers-Entreprises")


def test_no_line_of_a_proposal_is_longer_than_a_bubble():
    for region in ("53", "32", "76", "84", "94", "02"):
        for aid in aids_for(Profile.from_json({"region": region}), None, TODAY, spending_eur=10_000):
            for text in (
                aid.intro,
                aid.amount_line,
                aid.contact,
                aid.reminder,
                *aid.met_lines,
                *aid.to_check_lines,
            ):
                assert len(text) <= 320, text


def test_where_the_region_has_nothing_open_it_is_said_with_the_person_to_ask():
    reunion = Profile.from_json({"insee": "97411", "needs": ["presence_web"]})
    bretagne = Profile.from_json(BAKER)

    said = nothing_known(reunion, aids_for(reunion, None, TODAY))
    assert said is not None
    assert "à La Réunion" in said
    assert "conseillers-entreprises.service-public.gouv.fr" in said
    assert nothing_known(bretagne, aids_for(bretagne, None, TODAY)) is None


def test_without_a_place_the_conversation_shows_national_aids_only():
    shown = aids_for(Profile.from_json({"needs": ["presence_web"]}), None, TODAY)

    assert shown
    assert all(shipped().aids.by_id[aid.aid_id].region is None for aid in shown)


def test_the_next_question_names_the_threshold_that_counts():
    profile = Profile.from_json({**BAKER, "needs": ["stock_caisse"], "budget_eur": 9000})
    found = recommend_aids(profile, shipped(), TODAY)

    assert (
        advise({**BAKER, "needs": ["stock_caisse"], "budget_eur": 9000}, TODAY)["ask_next"] == "turnover_eur"
    )
    assert ask_sentence("turnover_eur", found) == "Votre chiffre d'affaires dépasse-t-il 1 million d'euros ?"


def test_nothing_is_asked_when_no_answer_can_change_the_list():
    known = {**BAKER, "needs": ["visibilite_locale"]}

    assert advise(known, TODAY)["ask_next"] is None


def test_money_alone_leaves_open_what_it_is_for():
    advice = advise({"insee": "35238", "needs": ["financement"]}, TODAY)

    assert "needs" in aid_of(advice, "bre-pass-commerce-artisanat")["to_check"]
    assert "needs" not in aid_of(advice, "nat-pret-honneur")["to_check"]
    assert aid_of(advice, "nat-agefice") is None


def test_why_tells_each_condition_with_what_the_owner_said():
    told = why("bre-pass-commerce-artisanat", {**BAKER, "headcount": 12}, TODAY)

    assert "Non proposée : une condition au moins n'est pas remplie." in told
    assert "✗ 7 salariés au plus (vous avez dit 12 personnes) : non rempli" in told
    assert "? à demander : Vos clients sont-ils surtout des particuliers ?" in told
    assert "Page officielle : https://www.bretagne.bzh/" in told


def test_why_of_a_closed_aid_says_since_when():
    assert "fermée depuis le 24/10/2025" in why("idf-cheque-numerique", {"region": "11"}, TODAY)


def test_why_of_an_unknown_aid_names_those_that_look_like_it():
    told = why("bre-pass-commerce", {}, TODAY)

    assert "Aucune aide ne porte l'identifiant « bre-pass-commerce »." in told
    assert "bre-pass-commerce-artisanat" in told


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2026-07-21", date(2026, 7, 21), date(2026, 7, 21)),
        (None, None, None),
    ],
)
def test_a_date_known_to_the_month_or_year_is_read_with_care(written, first, last):
    assert read_day(written) == first
    assert read_day(written, last=True) == last


ROW = {
    "id": "essai",
    "name": "Essai",
    "operator": "Une Région",
    "kind": "grant",
    "line": "Une aide.",
    "needs": ["presence_web"],
    "pays": {"rate_pct": 50},
    "conditions": [],
    "status": "open",
    "contact": "conseillers-entreprises",
}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"status": "ouverte"}, "status « ouverte » inconnu"),
        ({"region": "99"}, "région « 99 »"),
        ({"checked": "hier"}, "n'est pas une date"),
        ({"conditions": [{"kind": "naf", "in": ["99.99Z"]}]}, "99.99Z"),
        ({"conditions": [{"kind": "place", "departements": ["2C"]}]}, "département « 2C »"),
        ({"conditions": [{"kind": "place", "epci": ["1"]}]}, "epci.yml"),
        ({"conditions": [{"kind": "taille", "max": 3}]}, "condition « taille » inconnue"),
        ({"conditions": [{"kind": "headcount", "min": 9, "max": 3}]}, "minimum dépasse"),
        ({"pays": {"rate_pct": 500}}, "entre 0 et 100"),
        ({"montant": 3}, "« montant »"),
    ],
)
def test_a_wrong_row_is_refused_with_a_sentence_that_says_what(change, sentence):
    with pytest.raises(RowError, match=sentence.replace("(", r"\(")):
        read_aid({**ROW, **change}, None, {})


def test_any_company_is_in_the_trade_register_whatever_its_trade():
    engineers = {"naf": "71.12B", "insee": "59350", "needs": ["cybersecurite"]}

    def is_listed(**more):
        return aid_of(advise({**engineers, **more}, TODAY), "hdf-pass-cyber-investissement") is not None

    assert is_listed() and is_listed(status="dirigeant_salarie")
    assert not is_listed(status="liberal")


@pytest.mark.parametrize(
    ("aid_id", "insee"), [("bfc-avance-tpe", "21231"), ("hdf-dacs", "59350")], ids=["bfc", "hdf"]
)
def test_an_aid_to_very_small_firms_leaves_out_the_larger_ones(aid_id, insee):
    workshop = {"naf": "25.62B", "insee": insee, "status": "artisan", "needs": ["equipement_connexion"]}

    assert aid_of(advise({**workshop, "headcount": 10}, TODAY), aid_id) is not None
    assert aid_of(advise({**workshop, "headcount": 11}, TODAY), aid_id) is None


def test_alone_no_training_of_a_team_is_proposed_but_that_of_a_head_paid_like_staff_is():
    alone = {"naf": "43.22A", "headcount": 1, "needs": ["formation"]}

    def is_listed(**more):
        return aid_of(advise({**alone, **more}, TODAY), "nat-opco") is not None

    assert not is_listed(status="artisan") and not is_listed(status="artisan", training_for="staff")
    assert not is_listed(training_for="staff")
    assert is_listed(status="dirigeant_salarie", training_for="head") and is_listed(training_for="head")


def test_what_may_not_exist_any_more_comes_after_all_that_is_known_open():
    for region in ("75", "44", "11", "93", "02", "24"):
        for need in ("presence_web", "cybersecurite", "cloud_outils", "financement"):
            found = recommend_aids(Profile.from_json({"region": region, "needs": [need]}), shipped(), TODAY)
            unsure = [one.aid.status == "unknown" for one in found]
            assert unsure == sorted(unsure), (region, need)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"kind": "headcount", "max": 249}, "249 salariés au plus"),
        ({"kind": "headcount", "min": 1}, "au moins 1 salarié"),
        ({"kind": "headcount", "min": 2, "max": 49}, "de 2 à 49 salariés"),
        ({"kind": "turnover", "max_eur": 2_500_000}, "2,5 millions d'euros de chiffre d'affaires au plus"),
        ({"kind": "age", "min_years": 3, "strict": True}, "plus de 3 ans d'existence"),
        ({"kind": "spending", "min_eur": 6000}, "au moins 6 000 € de dépense (HT)"),
    ],
)
def test_a_threshold_is_said_as_one_would_say_it(written, said):
    row = {**ROW, "conditions": [written]}
    condition = next(one for one in read_aid(row, None, {}).conditions if one.kind == written["kind"])

    assert describe(condition) == said


@pytest.mark.parametrize(
    ("naf", "ceiling"), [("10.71C", "(300 000 €"), ("01.13Z", "(50 000 €"), ("03.21Z", "(30 000 à 40 000 €")]
)
def test_farming_and_fishing_have_their_own_european_ceiling(naf, ceiling):
    firm = Profile.from_json({"naf": naf, "insee": "97302", "needs": ["mutualisation"]})

    assert (
        ceiling in next(p for p in aids_for(firm, None, TODAY) if p.aid_id == "guf-cheque-conseil").reminder
    )


def test_an_aid_that_starts_at_an_amount_says_so():
    aid = shipped().aids.by_id["cvl-cap-pme-pmi"]

    assert amount_line(aid).startswith("30 % de la dépense HT, de 10 000 € à 400 000 €")
    assert amount_line(aid, 20_000) == "30 % de 20 000 € feraient 6 000 € : l'aide ne commence qu'à 10 000 €."
    assert amount_line(aid, 40_000).endswith("soit 12 000 €.")


def test_where_not_all_that_is_to_be_checked_is_told_it_is_said_that_there_is_more():
    aid = next(
        p
        for p in aids_for(Profile.from_json(BAKER), None, TODAY)
        if p.aid_id == "bre-pass-commerce-artisanat"
    )

    assert to_check(aid, 2).endswith("; et d'autres points")
    assert "d'autres points" not in to_check(aid, len(aid.to_check_lines))


@pytest.mark.parametrize(
    ("written", "seen", "told"),
    [
        ("2024-03-07", "03/2024", "Vérifiée le 07/03/2024."),
        ("2024-03", "03/2024", "Vérifiée en 03/2024."),
        ("2024", "2024", "Vérifiée en 2024."),
    ],
)
def test_no_day_or_month_is_made_up_for_a_date_of_checking(written, seen, told):
    aid = read_aid({**ROW, "checked": written}, None, {})

    assert f"date de {seen})" in status_line(aid)
    assert last_check(aid) == told


def test_who_is_paid_by_his_company_has_one_and_is_not_asked_its_form():
    shop = {"naf": "47.71Z", "insee": "67482", "headcount": 3, "age_years": 5, "needs": ["presence_web"]}

    def asked(**more):
        found = advise({**shop, **more}, TODAY)
        return "legal_form" in aid_of(found, "ges-transformation-digitale")["to_check"]

    assert asked(status="commercant")
    assert not asked(status="dirigeant_salarie")
    assert aid_of(advise({**shop, "legal_form": "EI"}, TODAY), "ges-transformation-digitale") is None
