"""The plan's rule, step by step (questionnaire.yml, `plan_d_action`)."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions import questionnaire, trades
from actions.plan import Plan, make_plan
from actions.profile import Profile

Q = questionnaire.load()
T = trades.load()
NEEDS = sorted(Q.needs)


def a_plan(answers: dict[str, Any] | None = None, removed: tuple[str, ...] = (), **profile: Any) -> Plan:
    return make_plan(Profile.from_json(profile), answers or {}, Q, T, removed=removed)


def needs_of(plan: Plan) -> list[str]:
    return [item.need for item in plan.items]


PLUMBER = {
    "but": ["but_temps"],
    "t_fiche": "non",
    "v_devis": "oublie",
    "g_factures": "papier",
    "g_facture_elec": "non",
    "s_copie": "tout",
}


def test_first_place_is_what_was_asked_for() -> None:
    plan = a_plan(PLUMBER, naf="43.22A", headcount=1)
    assert plan.items[0].need == "gestion_facturation"
    assert plan.items[0].place == "asked"
    assert plan.items[0].why_answer == "À la main, sur un carnet"


def test_second_place_is_the_most_urgent_alert_and_the_others_are_quick_fixes() -> None:
    plan = a_plan(PLUMBER, naf="43.22A", headcount=1)
    assert (plan.items[1].need, plan.items[1].place) == ("cybersecurite", "urgent")
    assert [fix.need for fix in plan.quick_fixes] == ["facture_electronique"]


def test_too_long_or_too_dear_stays_as_a_small_step_and_waits_for_later() -> None:
    plan = a_plan({**PLUMBER, "temps": "t0"}, naf="43.22A", effort_max=1, cost_max=0)
    assert plan.items[0].small_step
    assert "gestion_facturation" in plan.later


def test_third_place_is_on_another_axis_than_the_first_two() -> None:
    plan = a_plan(PLUMBER, naf="43.22A", headcount=1)
    axes = [Q.needs[need].axis for need in needs_of(plan)]
    assert len(axes) == len(set(axes)) == 3


def test_second_goal_takes_a_place_as_asked() -> None:
    answers = {
        "but": ["but_regle", "but_loin"],
        "g_facture_elec": "choisie",
        "c_loin": "voudrais",
        "s_copie": "essayee",
    }
    plan = a_plan(answers, naf="25.62B", headcount=14, cost_max=3, effort_max=3)
    assert [(item.need, item.place) for item in plan.items][:2] == [
        ("facture_electronique", "asked"),
        ("export", "asked"),
    ]


def test_prerequisite_mostly_to_be_done_comes_first_and_says_for_what() -> None:
    plan = a_plan(naf="47.76Z", needs=["vente_en_ligne", "presence_web"])
    assert plan.items[0].need == "presence_web"
    assert plan.items[0].before == "vente_en_ligne"
    assert "vente_en_ligne" in plan.later


def test_a_trade_gives_weight_to_its_strong_needs_and_a_family_does_not() -> None:
    asked = {"needs": ["presence_web", "gestion_facturation"]}

    workshop, potter = a_plan(naf="25.62B", **asked), a_plan(naf="23.41Z", **asked)

    assert needs_of(workshop)[0] == "presence_web"  # a trade of the file
    assert needs_of(potter)[0] == "gestion_facturation"  # only of a family that needs a page


def test_refused_prerequisite_is_not_proposed() -> None:
    plan = a_plan({"t_site": "non"}, needs=["vente_en_ligne"], refused=["presence_web"])
    assert plan.items[0].need == "vente_en_ligne"
    assert "presence_web" not in needs_of(plan)


def test_without_answers_the_dated_duty_is_urgent_then_security() -> None:
    assert [item.need for item in a_plan().items if item.place == "urgent"] == ["facture_electronique"]
    plan = a_plan(refused=["facture_electronique"])
    assert [item.need for item in plan.items if item.place == "urgent"] == ["cybersecurite"]
    plan = a_plan(refused=["facture_electronique", "cybersecurite"])
    assert [item.place for item in plan.items if item.place == "urgent"] == []


def test_dont_know_on_a_duty_opens_an_action_without_a_bad_mark() -> None:
    plan = a_plan({"s_copie": "nsp", "t_site": "a_jour"})
    assert [(item.need, item.place, item.why_answer) for item in plan.items] == [
        ("cybersecurite", "urgent", None)
    ]


def test_answer_that_does_not_concern_closes_its_need() -> None:
    plan = a_plan({"but": ["but_clients"], "v_commande": "inadapte"}, naf="47.76Z")
    assert "vente_en_ligne" not in needs_of(plan) + list(plan.later)


def test_goal_opens_no_need_whose_questions_do_not_suit_the_trade() -> None:
    plan = a_plan({"but": ["but_clients"], "t_fiche": "a_jour"}, naf="43.22A")
    assert "reservation_en_ligne" not in needs_of(plan) + list(plan.later)


def test_removed_action_goes_and_the_next_moves_up() -> None:
    before = needs_of(a_plan(PLUMBER, naf="43.22A"))
    after = needs_of(a_plan(PLUMBER, removed=(before[0],), naf="43.22A"))
    assert before[0] not in after
    assert len(after) == len(before)


def test_nothing_is_invented_for_a_firm_at_ease() -> None:
    best = {one.id: one.choices[0].id for one in Q.scored}
    assert a_plan(best, naf="47.61Z").items == ()


@pytest.mark.parametrize("budget, level", [(0, 0), (100, 1), (359, 1), (360, 2), (1000, 2), (1001, 3)])
def test_budget_gives_the_cost_level(budget: int, level: int) -> None:
    assert Profile.from_json({"budget_eur": budget}).cost_limit == level


@given(
    wanted=st.lists(st.sampled_from(NEEDS), unique=True, max_size=5),
    refused=st.lists(st.sampled_from(NEEDS), unique=True, max_size=5),
    naf=st.sampled_from([None, *sorted(T.by_naf)]),
    values=st.dictionaries(st.sampled_from([one.id for one in Q.scored]), st.integers(0, 5), max_size=12),
)
def test_plan_never_proposes_what_was_refused_nor_depends_on_order(
    wanted: list[str], refused: list[str], naf: str | None, values: dict[str, int]
) -> None:
    answers = {name: [*(c.id for c in Q.questions[name].choices), "nsp"][n % 5] for name, n in values.items()}
    plan = a_plan(answers, needs=wanted, refused=refused, naf=naf)
    shown = {*needs_of(plan), *plan.later, *(fix.need for fix in plan.quick_fixes)}
    assert not shown & set(refused)
    assert len(needs_of(plan)) == len(set(needs_of(plan))) <= 3
    turned = dict(reversed(answers.items()))
    assert a_plan(turned, needs=wanted[::-1], refused=refused[::-1], naf=naf) == plan


def test_every_pair_of_goals_gives_a_first_action() -> None:
    goals = [choice.id for choice in Q.questions["but"].choices if choice.needs]
    for pair in itertools.combinations(goals, 2):
        plan = a_plan({"but": list(pair), "t_site": "non", "s_copie": "tout"}, naf="47.76Z", headcount=2)
        assert plan.items[0].place == "asked", pair


def test_what_was_answered_of_a_goal_comes_before_what_is_only_supposed() -> None:
    plumber: dict[str, Any] = {"but": ["but_temps"], "g_factures": "modele", "v_devis": "deux_jours"}
    plan = a_plan(plumber, naf="43.22A", headcount=1)
    assert needs_of(plan)[0] == "gestion_facturation"
    # Where what was answered is in order, the rest of the goal keeps its full weight.
    in_order = a_plan({**plumber, "g_factures": "relie", "v_devis": "relance"}, naf="43.22A")
    assert needs_of(in_order)[0] == "cloud_outils"


def test_a_duty_has_its_own_first_step_in_the_plan_and_among_the_quick_fixes() -> None:
    bar = {"but": ["but_clients"], "g_caisse": "sans_papier", "s_copie": "tout", "t_fiche": "non"}
    plan = a_plan(bar, naf="56.30Z")
    assert "éditeur" in next(fix.text for fix in plan.quick_fixes if fix.need == "stock_caisse")
    urgent = a_plan({**bar, "s_copie": "essayee"}, naf="56.30Z")
    assert "éditeur" in next(item.first_step for item in urgent.items if item.need == "stock_caisse")
    by_hand = a_plan({**bar, "but": ["but_temps"], "g_caisse": "main", "s_copie": "essayee"}, naf="56.30Z")
    assert "éditeur" not in "".join(item.first_step for item in by_hand.items)
