"""An interval's design effect comes from the domain, its kind and the wave, each by its degrees of freedom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.cells import Answers, accumulate
from analysis.design import SurveyDesign
from analysis.domains import Estimates, Grouping, estimate_all
from analysis.intervals import df_adjustment, korn_graubard, wilson
from analysis.measures import Measure, Ratio
from analysis.pooling import BORROWED, Evidence, evidence, score_interval, share_interval

SHARE, SCORE = np.array([True]), np.array([False])


def figures(**changes: float) -> Estimates:
    """One measure of one domain: 60 answers in 12 PSUs, half satisfied, design effect 2."""
    given = {"value": 0.5, "variance": 2 * 0.25 / 60, "simple": 0.25 / 59, "n": 60, "n_positive": 60, "kish": 1.0,
             "n_psu": 12, "df": 11, "lonely": False, "complete": True, **changes}
    kinds = {"n": np.int64, "n_positive": np.int64, "n_psu": np.int64, "df": np.int64, "lonely": np.bool_,
             "complete": np.bool_}
    return Estimates(**{name: np.array([[value]], dtype=kinds.get(name, np.float64)) for name, value in given.items()})


POOL = figures(value=0.8, variance=3 * 0.16 / 599, simple=0.16 / 599, n=600, n_positive=600, n_psu=40, df=38)
WAVE = figures(value=0.7, variance=5 * 0.21 / 1999, simple=0.21 / 1999, n=2000, n_positive=2000, n_psu=100, df=90)


def seen(own: Estimates, *pools: Estimates, shares: np.ndarray = SHARE) -> Evidence:
    return evidence(own, pools or (POOL, WAVE), shares)


def effect(found: Evidence) -> float:
    return 60 / float(found.effective_n[0, 0])


def test_own_effect_and_those_around_weigh_by_the_degrees_of_freedom_they_add():
    found = seen(figures())  # 11 of its own, 27 more of its kind, 52 more of the wave
    assert effect(found) == pytest.approx((11 * 2 + 27 * 3 + 52 * 5) / 90)
    assert found.df == 90
    assert found.pooled


def test_no_more_is_borrowed_than_the_limit_and_the_nearest_comes_first():
    near, far = replace(POOL, df=np.array([[171]])), replace(WAVE, df=np.array([[900]]))
    found = seen(figures(), near, far)
    assert effect(found) == pytest.approx((11 * 2 + 160 * 3 + (BORROWED - 160) * 5) / (11 + BORROWED))
    assert found.df == 11 + BORROWED


@pytest.mark.parametrize("changes", [
    {"df": 0}, {"variance": 0.0}, {"value": 1.0, "variance": 0.0}, {"value": 0.0, "variance": 0.0},
    {"n": 1, "n_positive": 1, "n_psu": 1, "df": 0, "variance": 0.0},
])
def test_a_domain_that_shows_no_variance_lives_on_what_it_borrows(changes: dict[str, float]):
    own = figures(**changes)
    found = seen(own)
    assert found.effective_n == pytest.approx(own.n / ((38 * 3 + 52 * 5) / 90))
    assert found.df == 90


@pytest.mark.parametrize("pool", [{"value": 1.0, "variance": 0.0}, {"variance": 0.0}, {"df": 0}, {"value": np.nan}])
def test_a_pool_that_shows_nothing_leaves_its_place_to_the_wave(pool: dict[str, float]):
    unfit = replace(POOL, **{name: np.array([[value]]) for name, value in pool.items()})
    found = seen(figures(), unfit, WAVE)
    assert effect(found) == pytest.approx((11 * 2 + 79 * 5) / 90)


def test_the_whole_wave_has_nothing_to_borrow_from():
    found = seen(WAVE, WAVE, WAVE)
    assert not found.pooled
    assert found.df == 90
    assert found.effective_n == pytest.approx(0.21 / WAVE.variance)


def test_a_borrowed_effect_leaves_its_pools_weights_behind_and_takes_the_domains_own():
    even = figures(variance=0.0)  # nothing of its own
    pool = replace(POOL, kish=np.array([[1.5]]))  # design effect 3, half of it from unequal weights
    assert effect(seen(even, pool)) == pytest.approx(2)
    uneven = replace(even, kish=np.array([[1.2]]))
    assert effect(seen(uneven, pool)) == pytest.approx(2 * 1.2)


def test_unequal_weights_leave_fewer_degrees_of_freedom_to_weigh_with():
    found = seen(replace(figures(), kish=np.array([[2.0]])), replace(POOL, kish=np.array([[2.0]])))
    assert effect(found) == pytest.approx((5.5 * 2 + (19 - 5.5) * 3) / 19)


def test_where_nothing_is_larger_own_degrees_of_freedom_stand_whatever_the_weights():
    alone = figures(n_psu=5, df=4, kish=1.7)
    assert seen(alone, alone).df == 4


def test_without_any_usable_pool_the_design_effect_counts_as_one_and_is_said():
    uniform = figures(value=1.0, variance=0.0)
    found = seen(uniform, uniform, uniform)
    assert (bool(found.unknown), bool(found.pooled)) == (True, False)
    low, high = share_interval(uniform, found, "korn_graubard", 0.95, single=True)
    assert (low, high) == (pytest.approx(0.025 ** (1 / 60)), 1.0)


def test_a_lone_respondent_without_any_pool_still_has_an_interval():
    one = figures(value=1.0, variance=0.0, simple=np.nan, n=1, n_positive=1, n_psu=1, df=0)
    found = seen(one, one)
    for method in ("korn_graubard", "wilson", "logit", "t"):
        assert share_interval(one, found, method, 0.95, single=False) == (pytest.approx(0.025), 1.0)  # type: ignore[arg-type]  # mypy sees str


def test_no_estimate_borrows_nothing():
    found = seen(figures(value=np.nan, variance=np.nan, n=0, n_positive=0, n_psu=0, df=0))
    assert not found.pooled
    assert not found.unknown


def test_only_an_items_effective_size_is_cut_at_its_respondents():
    precise = figures(variance=0.5 * 0.25 / 60)
    item = share_interval(precise, seen(precise, precise), "korn_graubard", 0.95, single=True)
    pooled = share_interval(precise, seen(precise, precise), "wilson", 0.95, single=False)
    cost = df_adjustment(np.array([[60.0]]), np.array([[11.0]]), 0.95)
    assert item == korn_graubard(precise.value, 60 * cost, 0.95)
    assert pooled == wilson(precise.value, np.array([[120.0]]), np.array([[11.0]]), 0.95)


@pytest.mark.parametrize("method", ["wilson", "logit", "t"])
@pytest.mark.parametrize("changes", [{}, {"n_psu": 3}, {"value": 1.0, "variance": 0.0}, {"value": 0.97}])
def test_other_methods_stay_within_0_and_1_and_hold_the_share(method: str, changes: dict[str, float]):
    own = figures(**changes)
    low, high = share_interval(own, seen(own), method, 0.95, single=True)  # type: ignore[arg-type]  # mypy sees str
    assert 0 <= low <= own.value <= high <= 1
    assert high - low > 0.01


def test_mean_scores_borrow_the_variance_of_a_respondent():
    own = figures(value=4.0, variance=0.0, simple=0.0, n_psu=1, df=0)
    pool = figures(value=3.9, variance=0.02, simple=0.01, n=600, n_positive=600, n_psu=40, df=38)
    found = seen(own, pool, pool, shares=SCORE)
    assert found.variance == pytest.approx(0.02 * 600 / 60)
    assert (found.df, bool(found.pooled)) == (38, True)
    low, high = score_interval(own, found, 0.95, (1.0, 5.0))
    assert 1 < low < 4 < high <= 5
    assert np.isnan(found.effective_n)


def test_mean_scores_weigh_variances_of_a_respondent_as_shares_do():
    own = figures(value=4.0, variance=0.03, simple=0.01)
    pool = figures(value=3.9, variance=0.002, simple=0.001, n=600, n_positive=600, n_psu=40, df=33, kish=1.5)
    found = seen(own, pool, shares=SCORE)
    assert found.variance == pytest.approx((11 * 0.03 * 60 + 11 * 0.002 * 600 / 1.5) / 22 / 60)
    assert found.df == 22


@given(
    st.floats(0, 1), st.integers(1, 60), st.integers(0, 30), st.floats(0, 0.02), st.floats(1, 4), st.floats(0.5, 0.99),
    st.booleans(), st.sampled_from(["korn_graubard", "wilson", "logit", "t"]),
)
def test_every_share_has_an_interval_that_holds_it(
    value: float, n: int, df: int, variance: float, kish: float, level: float, single: bool, method: str
):
    own = figures(value=value, n=n, n_positive=n, df=df, n_psu=df + 1, variance=variance, kish=kish)
    for pools in ((own,), (POOL, WAVE)):
        limits = share_interval(own, seen(own, *pools), method, level, single=single)  # type: ignore[arg-type]  # mypy sees str
        assert 0 <= limits[0] <= value + 1e-12
        assert value - 1e-12 <= limits[1] <= 1


def test_unequal_weights_are_counted_by_domain_for_items_and_for_pooled_answers():
    weights, place = np.array([1.0, 3.0, 2.0, 2.0, 0.0]), np.array([0, 0, 1, 1, 1])
    answers = Answers(np.array([[1, 2, 1, 2, 1], [1, 2, 1, 0, 1]], dtype=np.uint8), np.arange(3) == 2, np.arange(3.0))
    design = SurveyDesign([np.arange(5)], weights=weights)
    table = accumulate(design, answers, [place], np.zeros(2, dtype=int), 3)
    groupings = [Grouping(np.array([0, 1, 2]), 3), Grouping(np.zeros(3, dtype=int), 1)]
    found = estimate_all(table, groupings, [Measure("share", Ratio((0,))), Measure("share", Ratio((0, 1)))])
    for row in found.kish:
        assert row == pytest.approx([2 * 10 / 16, 1, 1, 4 * 18 / 64])  # the third place is empty
