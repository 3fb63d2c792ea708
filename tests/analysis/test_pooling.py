"""Small and uniform domains borrow a design effect; others keep their own variance."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from analysis.cells import Answers, accumulate
from analysis.design import SurveyDesign
from analysis.domains import Estimates, Grouping, estimate_all
from analysis.intervals import df_adjustment, korn_graubard
from analysis.measures import Measure, Ratio
from analysis.pooling import Evidence, evidence, score_interval, share_interval

SHARE, SCORE = np.array([True]), np.array([False])


def figures(**changes: float) -> Estimates:
    """One measure of one domain: 60 answers in 12 PSUs, half satisfied, design effect 2."""
    given = {"value": 0.5, "variance": 2 * 0.25 / 59, "simple": 0.25 / 59, "n": 60, "n_positive": 60, "n_psu": 12,
             "df": 11, "lonely": False, "complete": True, **changes}
    kinds = {"n": np.int64, "n_positive": np.int64, "n_psu": np.int64, "df": np.int64, "lonely": np.bool_,
             "complete": np.bool_}
    return Estimates(**{name: np.array([[value]], dtype=kinds.get(name, np.float64)) for name, value in given.items()})


POOL = figures(value=0.8, variance=3 * 0.16 / 599, simple=0.16 / 599, n=600, n_positive=600, n_psu=40, df=38)
WAVE = figures(value=0.7, variance=5 * 0.21 / 1999, simple=0.21 / 1999, n=2000, n_positive=2000, n_psu=100, df=90)


def seen(own: Estimates, *pools: Estimates, shares: np.ndarray = SHARE) -> Evidence:
    return evidence(own, pools or (POOL, WAVE), shares)


def test_a_domain_of_enough_psus_keeps_its_own_variance():
    found = seen(figures())
    assert not found.pooled
    assert found.df == 11
    assert found.effective_n == pytest.approx(59 / 2)


@pytest.mark.parametrize("changes", [
    {"n_psu": 7}, {"df": 0}, {"variance": 0.0}, {"value": 1.0, "variance": 0.0}, {"value": 0.0, "variance": 0.0},
])
def test_few_psus_or_uniform_answers_borrow_from_units_of_their_kind(changes: dict[str, float]):
    found = seen(figures(**changes))
    assert found.pooled
    assert found.df == 38
    assert found.effective_n == pytest.approx(60 / 3)


@pytest.mark.parametrize("pool", [
    {"n_psu": 19}, {"value": 1.0, "variance": 0.0}, {"variance": 0.0}, {"df": 0}, {"value": np.nan},
])
def test_a_pool_that_shows_nothing_gives_way_to_the_whole_wave(pool: dict[str, float]):
    unfit = replace(POOL, **{name: np.array([[value]]) for name, value in pool.items()})
    found = seen(figures(n_psu=3), unfit, WAVE)
    assert found.pooled
    assert found.effective_n == pytest.approx(60 / 5)


def test_the_whole_wave_has_nothing_to_borrow_from():
    found = seen(figures(n_psu=5, df=4), figures(n_psu=5, df=4))
    assert not found.pooled
    assert found.df == 4


def test_without_any_usable_pool_the_design_effect_counts_as_one_and_is_said():
    uniform = figures(value=1.0, variance=0.0)
    found = seen(uniform, uniform, uniform)
    assert (bool(found.unknown), bool(found.pooled)) == (True, False)
    low, high = share_interval(uniform, found, "korn_graubard", 0.95, single=True)
    assert (low, high) == (pytest.approx(0.025 ** (1 / 60)), 1.0)


def test_no_estimate_borrows_nothing():
    found = seen(figures(value=np.nan, variance=np.nan, n=0, n_positive=0, n_psu=0, df=0))
    assert not found.pooled
    assert not found.unknown


def test_only_an_items_effective_size_is_cut_at_its_respondents():
    precise = figures(variance=0.5 * 0.25 / 59)
    item = share_interval(precise, seen(precise), "korn_graubard", 0.95, single=True)
    pooled = share_interval(precise, seen(precise), "korn_graubard", 0.95, single=False)
    cost = df_adjustment(np.array([[60.0]]), np.array([[11.0]]), 0.95)
    assert item == korn_graubard(precise.value, 60 * cost, 0.95)
    assert pooled == korn_graubard(precise.value, 118 * cost, 0.95)


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
    low, high = score_interval(own, found, 0.95, (1.0, 5.0))
    assert 1 < low < 4 < high <= 5
    assert np.isnan(found.effective_n)


@pytest.mark.parametrize("truth, psu_size", [(0.8, 2), (0.95, 2), (0.85, 5), (0.95, 5)])
def test_small_communes_are_covered_as_often_as_promised(truth: float, psu_size: int):
    """1,500 communes of 10 answers each, design effect about 2: at least 94.5 % of their intervals hold the truth."""
    rng = np.random.default_rng(20260)
    communes, n = 1_500, 10
    psus = communes * n // psu_size
    correlation = 1 / (psu_size - 1)
    alike = rng.random(psus) < correlation**0.5
    drawn = np.where(alike[:, None], (rng.random(psus) < truth)[:, None], rng.random((psus, psu_size)) < truth)
    commune = np.repeat(np.arange(communes), n)
    design = SurveyDesign(ids=[np.repeat(np.arange(psus), psu_size)], strata=[commune])
    answers = Answers(drawn.reshape(1, -1).astype(np.uint8) + 1, np.array([False, False, True]), np.arange(3.0))
    table = accumulate(design, answers, [commune], [0], communes)
    groups = [Grouping(np.arange(communes), communes), Grouping(np.zeros(communes, dtype=np.int64), 1)]
    found = estimate_all(table, groups, [Measure("share", Ratio((0,)))])
    own, pool = found.of(np.arange(communes)), found.of(np.full(communes, communes))
    low, high = share_interval(own, evidence(own, (pool,), SHARE), "korn_graubard", 0.95, single=True)
    assert np.mean((low <= truth) & (truth <= high)) >= 0.945
