"""The picture: what counts, what does not, and when nothing can be said."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from actions import questionnaire
from actions.scoring import AxisScore, best_first, score_axes, zeros_in_a_row

Q = questionnaire.load()


def scores(**answers: Any) -> dict[str, AxisScore]:
    return {one.axis.id: one for one in score_axes(answers, Q, {})}


def test_score_is_weighted_by_the_questions_that_were_put() -> None:
    # 3 × 2 + 2 × 1 of 3 × 3 + 2 × 3
    axis = scores(t_fiche="perimee", t_site="reseau")["trouver"]
    assert axis.value == round(100 * 8 / 15)
    assert axis.level is not None and axis.level.name == "Ça tourne"


def test_one_answer_tells_nothing() -> None:
    assert scores(t_fiche="a_jour")["trouver"].value is None


def test_passed_questions_of_more_than_half_the_weight_leave_no_score() -> None:
    assert scores(t_fiche="passe", t_avis="reponds", t_reseaux="parfois")["trouver"].value is None


def test_dont_know_is_no_bad_mark_but_is_to_be_checked() -> None:
    axis = scores(s_copie="nsp", s_code="partout", s_piege="toujours", s_secours="note")["proteger"]
    assert axis.value == 100
    assert axis.to_check == ("s_copie",)


def test_answer_that_does_not_concern_counts_nowhere() -> None:
    with_it = scores(t_fiche="perimee", t_site="non", t_reseaux="refuse")["trouver"]
    without = scores(t_fiche="perimee", t_site="non")["trouver"]
    assert with_it.value == without.value


def test_best_axis_comes_first() -> None:
    found = score_axes({"t_fiche": "non", "t_site": "non", "c_conseil": "groupe", "c_partage": "oui"}, Q, {})
    assert [one.axis.id for one in best_first(found)] == ["cooperer", "trouver"]


def test_two_zeros_in_a_row_are_counted_in_the_order_put() -> None:
    answers = {"t_fiche": "non", "t_site": "a_jour", "t_avis": "aucun", "t_reseaux": "jamais"}
    assert zeros_in_a_row("trouver", ["t_fiche", "t_site", "t_avis", "t_reseaux"], answers, Q, {}) == 2
    assert zeros_in_a_row("trouver", ["t_fiche", "t_avis", "t_site", "t_reseaux"], answers, Q, {}) == 2
    assert zeros_in_a_row("trouver", ["t_fiche", "t_site", "t_avis"], answers, Q, {}) == 1


@given(st.dictionaries(st.sampled_from([one.id for one in Q.scored]), st.integers(0, 4)), st.integers(0, 31))
def test_scores_stay_in_bounds_and_a_better_answer_never_lowers_one(
    values: dict[str, int], which: int
) -> None:
    def marks(level: dict[str, int]) -> dict[str, str]:
        chosen = {}
        for name, n in level.items():
            rated = sorted(
                (c for c in Q.questions[name].choices if c.score is not None), key=lambda c: c.score or 0
            )
            chosen[name] = rated[min(n, len(rated) - 1)].id
        return chosen

    before = {one.axis.id: one.value for one in score_axes(marks(values), Q, {})}
    assert all(value is None or 0 <= value <= 100 for value in before.values())
    names = sorted(values)
    if names:
        better = {**values, names[which % len(names)]: 4}
        after = {one.axis.id: one.value for one in score_axes(marks(better), Q, {})}
        assert all(before[axis] is None or (after[axis] or 0) >= (before[axis] or 0) for axis in before)
