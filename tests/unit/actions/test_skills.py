"""Sharing digital skills: matches, consent, cost, the draft and the label."""

import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from actions.loan_agreement import Party, Terms, draft_agreement, to_markdown, to_pdf
from actions.skill_loan import days_meant, loan_matter, monthly_cost_meant
from actions.skills import (
    STEPS,
    Consent,
    Notice,
    Side,
    Stage,
    cohort_view,
    cost_lines,
    distance_km,
    find_matches,
    loan_cost,
    missing_steps,
)


def offer(firm="a", **more):
    return Notice(
        **{
            "firm_id": firm,
            "side": Side.OFFER,
            "skill": "presence_web",
            "days_a_month": 3,
            "insee": "35238",
            **more,
        }
    )


def search(firm="b", **more):
    return Notice(
        **{
            "firm_id": firm,
            "side": Side.SEARCH,
            "skill": "presence_web",
            "days_a_month": 2,
            "insee": "35360",
            **more,
        }
    )


def test_a_neighbour_with_the_skill_is_found_with_the_days_that_both_can_do():
    [match] = find_matches([offer(), search()])

    assert match.days_a_month == 2
    assert 25 < match.distance_km < 45  # Rennes – Vitré
    assert "km" in match.line


def test_too_far_for_either_is_no_match_unless_both_work_at_a_distance():
    far = search(insee="13055")

    assert find_matches([offer(), far]) == []
    assert find_matches([offer(reach_km=2000), far]) == []
    [match] = find_matches([offer(at_distance=True), search(insee="13055", at_distance=True)])
    assert match.distance_km is None
    assert "à distance" in match.line


def test_the_same_trade_comes_before_the_nearest():
    near, same = offer("near", naf="62.01Z", insee="35360"), offer("same", naf="10.71C")

    matches = find_matches([near, same, search(naf="10.71D")])

    assert [match.offer.firm_id for match in matches] == ["same", "near"]


def test_a_firm_is_not_matched_with_itself_nor_for_another_skill():
    assert find_matches([offer("a"), search("a")]) == []
    assert find_matches([offer(skill="export"), search()]) == []


@pytest.mark.parametrize("wrong", [offer(skill="cuisine"), search(days_a_month=0)])
def test_a_notice_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError):
        find_matches([wrong])


@given(
    st.sampled_from(["35238", "13055", "75056", "2A004", "97411"]),
    st.sampled_from(["35238", "69123", "29019"]),
)
def test_distance_is_the_same_both_ways_and_nothing_to_oneself(one, other):
    assert distance_km(one, other) == pytest.approx(distance_km(other, one))
    assert distance_km(one, one) == pytest.approx(0)


@pytest.mark.parametrize(
    ("consent", "stage", "may_name"),
    [
        (Consent(), Stage.PROPOSED, False),
        (Consent(offer_says=True), Stage.ONE_SAID_YES, False),
        (Consent(offer_says=True, search_says=True), Stage.AGREED, True),
        (Consent(True, True, True), Stage.CONFIRMED, True),
        (Consent(True, False), Stage.REFUSED, False),
        (Consent(True, True, False), Stage.REFUSED, False),
        (Consent(advisor_says=True), Stage.PROPOSED, False),
    ],
)
def test_names_are_given_only_when_both_agreed(consent, stage, may_name):
    assert (consent.stage, consent.may_name) == (stage, may_name)


def test_a_loan_is_billed_at_cost_and_no_public_money_is_promised():
    cost = loan_cost(2167, 650.1, 2, 40)

    assert cost.borrower_pays == pytest.approx(200 + 60 + 40)
    assert any("aucune connue" in line for line in cost_lines(cost))


@pytest.mark.parametrize("days", [0, -1, 30])
def test_days_that_a_month_has_not_are_refused(days):
    with pytest.raises(ValueError):
        loan_cost(2000, 600, days)


def test_the_draft_says_that_it_is_one_and_leaves_blanks():
    terms = Terms("cybersecurite", 2, loan_cost(2167, 650.1, 2), date(2027, 1, 4), 6)
    text = to_markdown(draft_agreement(Party("Fournil SARL", "123"), Party(), terms))

    assert text.startswith("# PROJET")
    assert "à faire vérifier" in text
    assert "L8241-2" in text
    assert "Fournil SARL, SIRET 123" in text
    assert "……" in text
    assert "6 mois à partir du 04/01/2027, 2 jours par mois" in text
    assert "au plus, 260 € par mois" in text
    assert "Aide publique : aucune connue" in text


def test_a_draft_of_which_nothing_is_known_is_all_blanks_and_names_no_price():
    text = to_markdown(draft_agreement(Party(), Party(), Terms()))

    assert "€" not in text.replace("…… par mois", "")
    assert "mois à partir du ……" in text
    assert "Ce que chacun paie" not in text


def test_the_draft_is_one_tagged_french_page():
    pdf = PdfReader(
        io.BytesIO(to_pdf(draft_agreement(Party(), Party(), Terms(cost=loan_cost(2167, 650, 2)))))
    )

    assert pdf.trailer["/Root"]["/Lang"].startswith("fr")
    assert "/StructTreeRoot" in pdf.trailer["/Root"]
    assert len(pdf.pages) == 1
    assert "Projet à faire vérifier" in pdf.pages[0].extract_text()


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("combien ça coûterait de prêter un salarié ?", "action_loan_cost"),
        ("qui paie le salarié prêté ?", "action_loan_cost"),
        ("montrez le projet d'accord", "action_loan_agreement"),
        ("il y a un contrat à signer pour prêter quelqu'un ?", "action_loan_agreement"),
        ("je peux prêter ma comptable 2 jours", None),
        ("combien de jours faut-il prêter quelqu'un ?", None),
    ],
)
def test_a_sentence_on_a_loan_asks_for_its_cost_or_its_paper(text, action):
    assert loan_matter(text) == action


@pytest.mark.parametrize(
    ("said", "cost"), [(2800, 2800), ({"min": 2000, "max": 3000}, 2500), (15, None), (38_000, None)]
)
def test_an_hours_pay_or_a_years_is_no_monthly_cost(said, cost):
    assert monthly_cost_meant(said) == cost


@pytest.mark.parametrize(
    ("value", "text", "days"),
    [
        (0.33, "une journée", 1),
        (0.17, "Une demi-journée", 0.5),
        (2.5, "2 jours et demi", 2.5),
        (4, "un jour par semaine", 4),
        (2, "deux", 2),
        (30, "trente jours", None),
        ({"min": 2, "max": 3}, "deux ou trois", 2.5),
    ],
)
def test_days_lent_are_days_of_work(value, text, days):
    assert days_meant(value, text) == days


def test_the_label_is_earned_by_named_steps():
    assert missing_steps(STEPS) == ()
    assert missing_steps({"bilan"}) == tuple(list(STEPS.values())[1:])


def test_the_cohort_counts_firms_steps_and_matches():
    view = cohort_view({"a": STEPS, "b": ["bilan"]}, [Consent(True, True), Consent()])

    assert view.firms == 2
    assert view.labelled == 1
    assert view.steps["bilan"] == 2
    assert view.matches["agreed"] == 1
    assert "sur 150" in view.line
