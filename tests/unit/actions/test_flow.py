"""Which question comes next, and how many there are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.flow import State
from actions.memory import Memory
from actions.shipped_content import QUESTIONNAIRE, TRADES

FLORIST = {
    "activite": {"naf": "47.76Z", "metier": "fleuriste"},
    "lieu": {"insee": "13005"},
    "effectif": {"min": 2, "max": 2},
}


def an_owner(asked: list[str] | None = None, **slots: Any) -> State:
    return State(slots, Memory(asked=asked or []))


def test_short_version_has_eight_questions() -> None:
    assert an_owner(porte="express").progress == (1, 8)


def test_what_is_known_is_not_asked() -> None:
    state = an_owner(porte="express", **FLORIST)
    assert state.next_question == "but"
    assert an_owner(porte="express", besoins=["presence_web"], **FLORIST).next_question == "t_fiche"


def test_place_is_asked_when_the_trade_came_without_it() -> None:
    assert an_owner(porte="express", activite=FLORIST["activite"]).next_question == "lieu"


def test_short_goes_on_into_full_without_a_question_twice() -> None:
    answers = {"but": ["but_clients"], "t_fiche": "perimee", "v_commande": "non", "s_copie": "tout"}
    state = an_owner(list(answers), porte="complet", **FLORIST, **answers)
    left = [name for name in state.path if state.slots.get(name) is None]
    assert not set(left) & set(answers)


@pytest.mark.parametrize("trade", sorted(TRADES.trades))
def test_full_round_keeps_its_promises_for_every_trade(trade: str) -> None:
    naf = TRADES.trades[trade].naf[0]
    state = an_owner(porte="complet", activite={"naf": naf, "metier": trade}, but=["but_proteger"])
    scored = [QUESTIONNAIRE.questions[name] for name in state.path if QUESTIONNAIRE.questions[name].is_scored]
    assert 14 <= len(scored) <= 20
    per_axis = [sum(one.axis == axis.id for one in scored) for axis in QUESTIONNAIRE.axes]
    fitting = [
        sum(one.axis == axis.id and one.condition.holds(state.traits) for one in QUESTIONNAIRE.scored)
        for axis in QUESTIONNAIRE.axes
    ]
    assert all(count >= min(2, there) for count, there in zip(per_axis, fitting, strict=True))
    assert scored[0].axis != "proteger"
    assert scored[-1].axis == "cooperer"


def test_axis_of_the_goal_comes_first() -> None:
    state = an_owner(porte="complet", but=["but_temps"], **FLORIST)
    assert next(name for name in state.path if QUESTIONNAIRE.questions[name].is_scored).startswith("g_")


def test_questions_on_what_was_refused_are_not_put() -> None:
    state = an_owner(porte="complet", refus=["presence_web", "vente_en_ligne", "reseaux_sociaux"], **FLORIST)
    assert not {"t_site", "v_commande", "t_reseaux"} & set(state.path)


def test_two_zeros_in_a_row_end_the_axis_in_the_full_round() -> None:
    answers = {"but": ["but_clients"], "temps": "t1", "budget": "b1", "t_fiche": "non", "t_site": "non"}
    state = an_owner(list(answers), porte="complet", **FLORIST, **answers)
    assert state.next_question is not None
    assert not state.next_question.startswith("t_")


def test_passed_question_of_weight_three_comes_back_once_in_the_full_round_only() -> None:
    slots = {
        "porte": "express",
        "but": ["but_rien"],
        "t_fiche": "passe",
        "v_commande": "non",
        "g_facture_elec": "pret",
    }
    slots |= {"s_copie": "essayee", "c_conseil": "groupe", **FLORIST}
    asked = ["but", "t_fiche", "v_commande", "g_facture_elec", "s_copie", "c_conseil"]
    assert State(slots, Memory(asked=asked)).next_question is None
    full = {**slots, "porte": "complet", "temps": "t1", "budget": "b1"}
    for _ in range(40):
        due = State(full, Memory(asked=asked)).next_question
        if due is None or due == "t_fiche":
            break
        full[due] = "nsp"
    assert due == "t_fiche"
    assert State(full, Memory(asked=asked, returned=["t_fiche"])).next_question != "t_fiche"
    assert State(full, Memory(asked=asked, given_up=["t_fiche"])).next_question != "t_fiche"


def test_reopened_question_comes_before_all_others() -> None:
    state = State({"porte": "express", "but": ["but_temps"], **FLORIST}, Memory(redo="but"))
    assert state.next_question == "t_fiche"
    state = State({"porte": "express", **FLORIST, "t_fiche": "non"}, Memory(redo="but"))
    assert state.next_question == "but"


@given(
    trade=st.sampled_from(sorted(TRADES.trades)),
    door=st.sampled_from(["express", "complet", "besoin_precis"]),
    picks=st.lists(st.integers(0, 9), min_size=60, max_size=60),
)
def test_every_walk_ends_and_its_count_stays_true(trade: str, door: str, picks: list[int]) -> None:
    """No question twice (but a passed one); the number goes up by one, the total only for a reason the owner gave."""
    slots: dict[str, Any] = {"porte": door, "activite": {"naf": TRADES.trades[trade].naf[0], "metier": trade}}
    memory = Memory()
    put: list[str] = []
    promised, grows = 0, True
    for pick in picks:
        state = State(slots, memory)
        name = state.next_question
        if name is None:
            break
        current, total = state.progress
        assert current == len(put) + 1 <= total
        assert grows or total <= promised, (put, total, promised)
        promised = total
        question = QUESTIONNAIRE.questions[name]
        put.append(name)
        if slots.get(name) == "passe":
            memory.returned.append(name)
        values: list[Any] = [one.id for one in question.shown_choices(state.traits)] or [{"insee": "35238"}]
        values = [[one] for one in values] if question.type == "multi" else values
        if name == "effectif":
            values = [{"min": 1, "max": 1}, {"min": 6, "max": 9}]
        memory.asked = [*(one for one in memory.asked if one != name), name]
        slots[name] = [*values, "nsp", "passe"][pick % (len(values) + 2)]
        # What is passed comes back; a change of the firm has one more question; the goal opens those of a need.
        grows = slots[name] == "passe" or name in ("d_officiel", "but", "activite")
    else:
        raise AssertionError(f"still asking after {len(picks)} answers: {put}")
    assert all(put.count(name) <= (2 if name in memory.returned else 1) for name in put)
    scored = [
        name for name in slots if name in QUESTIONNAIRE.questions and QUESTIONNAIRE.questions[name].is_scored
    ]
    assert len(scored) <= 20
