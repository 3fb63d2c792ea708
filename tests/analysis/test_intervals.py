"""Intervals hold what they promise, and a verdict never contradicts the interval beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binom, t

from analysis.design import DesignError, NumberError, SurveyDesign, WeightError
from analysis.duals import korn_graubard_test, share_test
from analysis.estimate import estimate, proportion_interval, proportion_test
from analysis.estimators import mean
from analysis.intervals import (
    MET,
    NOT_MET,
    OPEN,
    ShareEvidence,
    ShareMethod,
    df_adjustment,
    korn_graubard,
    likelihood,
    logit,
    share_limits,
    t_interval,
    t_quantile,
    verdict,
    wilson,
)

shares = st.floats(0, 1)
sizes = st.floats(0.2, 5000)


def array(value: float) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.array(value, dtype=np.float64)


@given(st.integers(0, 40), st.integers(1, 40))
def test_whole_samples_give_the_exact_binomial_limits(hits: int, misses: int):
    n = hits + misses
    low, high = korn_graubard(array(hits / n), array(n), 0.95)
    if hits:
        assert low == pytest.approx(beta.ppf(0.025, hits, misses + 1), rel=1e-8)
        assert binom.sf(hits - 1, n, float(low)) == pytest.approx(0.025, rel=1e-6)
    else:
        assert low == 0
    assert high == pytest.approx(beta.ppf(0.975, hits + 1, misses), rel=1e-8)


@given(shares, sizes)
def test_exact_limits_hold_the_share_and_stay_within_0_and_1(share: float, size: float):
    low, high = korn_graubard(array(share), array(size), 0.95)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1


def test_nothing_known_is_no_interval():
    nothing = array(np.nan)
    for limits in (
        korn_graubard(nothing, array(10), 0.95), korn_graubard(array(0.5), nothing, 0.95),
        t_interval(array(3.0), array(1.0), array(0), 0.95), logit(array(1.0), array(0.0), array(5), 0.95),
        wilson(array(0.5), array(10), nothing, 0.95),
    ):
        assert np.isnan(limits).all()


def test_student_quantiles():
    df = np.array([1.0, 5.0, 62.0, np.inf])
    assert t_quantile(df, 0.9) == pytest.approx(t.ppf(0.95, df), rel=1e-8)
    assert np.isnan(t_quantile(array(0.0), 0.95))


def test_few_degrees_of_freedom_cost_effective_sample_size():
    n = np.array([30.0, 30.0, 1.0, 5.0])
    adjusted = df_adjustment(n, np.array([29.0, 2.0, 7.0, 400.0]), 0.95)
    assert adjusted[0] == 1
    assert adjusted[1] == pytest.approx((t.ppf(0.975, 29) / t.ppf(0.975, 2)) ** 2)
    assert (adjusted[2], adjusted[3]) == (1, 1)  # never more than was sampled


@given(shares, shares, shares, st.booleans())
def test_a_verdict_is_the_dual_of_its_interval(a: float, b: float, target: float, strict: bool):
    low, high = min(a, b), max(a, b)
    found = int(verdict(array(low), array(high), array(target), np.array(strict)))
    assert (found == OPEN) == (low <= target < high if strict else low < target <= high)
    if found == MET:
        assert low > target or (not strict and low == target)
    if found == NOT_MET:
        assert high < target or (strict and high == target)


@pytest.mark.parametrize("low, high, strict, expected", [
    (0.85, 0.9, True, OPEN), (0.85, 0.9, False, MET), (0.8, 0.85, True, NOT_MET), (0.8, 0.85, False, OPEN),
    (0.8, 0.9, True, OPEN), (0.86, 0.9, True, MET), (0.7, 0.84, False, NOT_MET), (np.nan, np.nan, True, OPEN),
])
def test_over_85_is_strict_and_85_or_more_is_not(low: float, high: float, strict: bool, expected: int):
    assert verdict(array(low), array(high), array(0.85), np.array(strict)) == expected


METHODS: tuple[ShareMethod, ...] = ("beta", "logit", "xlogit", "likelihood", "asin", "mean", "wilson")


def evidence(share: float, se: float, df: float = 11, rows: float = 60) -> ShareEvidence:
    return ShareEvidence(array(share), array(se**2), array(df), array(rows), array(rows))


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=40, deadline=None)
@given(share=st.floats(0.02, 0.98), effect=st.floats(0.3, 6), df=st.integers(1, 59), level=st.floats(0.5, 0.999))
def test_a_test_is_the_dual_of_its_interval(method: ShareMethod, share: float, effect: float, df: int, level: float):
    """A target on a limit has the p-value 1 - level; outside it less, inside more."""
    seen = evidence(share, (effect * share * (1 - share) / 60) ** 0.5, df)
    low, high = (float(limit) for limit in share_limits(seen, method, level))
    if not 1e-6 < low < share < high < 1 - 1e-6:
        return  # a limit beyond 0 or 1, or at the end of its scale, is no target
    middle, half = np.arcsin(np.sqrt(share)), t_quantile(seen.df, level) * (effect / 60) ** 0.5 / 2
    if method == "asin" and not half < middle < np.pi / 2 - half:
        return  # folded back at 0 or 1 by the sine
    for limit in (low, high):
        assert share_test(seen, method, array(limit)).two_sided == pytest.approx(1 - level, rel=1e-5)
    assert share_test(seen, method, array(low)).greater == pytest.approx((1 - level) / 2, rel=1e-5)
    assert share_test(seen, method, array(high)).less == pytest.approx((1 - level) / 2, rel=1e-5)
    assert share_test(seen, method, array(low - 0.3 * low)).two_sided < 1 - level
    assert share_test(seen, method, array((low + share) / 2)).two_sided > 1 - level


@settings(deadline=None)
@given(hits=st.integers(0, 30), misses=st.integers(0, 30), target=st.floats(0.01, 0.99))
def test_whole_samples_give_the_exact_binomial_test(hits: int, misses: int, target: float):
    n = hits + misses
    if n < 2:
        return
    tails = korn_graubard_test(array(hits / n), array(n), array(n), array(n - 1), array(target))
    assert tails.greater == pytest.approx(binom.sf(hits - 1, n, target), rel=1e-6, abs=1e-90)
    assert tails.less == pytest.approx(binom.cdf(hits, n, target), rel=1e-6, abs=1e-90)


@settings(deadline=None)
@given(share=st.floats(0.05, 1), size=st.floats(3, 400), df=st.integers(1, 100), level=st.floats(0.6, 0.999))
def test_the_products_test_is_the_dual_of_its_interval(share: float, size: float, df: int, level: float):
    n = 400.0
    adjusted = size * df_adjustment(array(n), array(df), level)
    low, _ = korn_graubard(array(share), adjusted, level)
    if low < 1e-6:
        return
    tails = korn_graubard_test(array(share), array(size), array(n), array(df), low)
    assert tails.greater == pytest.approx((1 - level) / 2, rel=1e-5)


def test_tests_work_on_arrays_of_domains():
    shares = np.array([0.5, 0.9, np.nan, 1.0])
    n = np.full(4, 20.0)
    seen = ShareEvidence(shares, np.array([0.01, 0.001, 0.01, 0.0]), np.array([5.0, 0.0, 5.0, 5.0]), n, n)
    for method in METHODS:
        tails = share_test(seen, method, np.full(4, 0.6))
        assert np.isfinite(tails.less).tolist()[:3] == [True, False, False]
        low, high = share_limits(seen, method, 0.95)
        assert np.isfinite([low, high]).all(axis=0).tolist() == [True, False, False, method == "mean"]


def test_likelihood_limits_solve_their_equation():
    # simple random sampling of 101: the scaled drop of twice the log likelihood is t^2
    low, high = likelihood(array(0.3), array(0.3 * 0.7 / 100), array(101), array(100), 0.95)
    for q in (low, high):
        fall = 2 * 101 * (0.3 * np.log(0.3 / q) + 0.7 * np.log(0.7 / (1 - q)))
        assert fall == pytest.approx(t.ppf(0.975, 100) ** 2 * 0.3 * 0.7 / 100 * 101**2 / (100 * 0.3 * 0.7), rel=1e-9)


SIMPLE = SurveyDesign(ids=[np.arange(20)])
HITS = (np.arange(20) < 14).astype(float)


@pytest.mark.parametrize("method", METHODS)
def test_intervals_of_a_design_hold_the_share(method: ShareMethod):
    found = proportion_interval(mean(HITS, SIMPLE), SIMPLE, method)
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0.7 < found.high
    assert (found.df, found.effective_n) == (19, pytest.approx(19))
    tails = proportion_test(mean(HITS, SIMPLE), SIMPLE, found.low, method)
    assert tails.greater == pytest.approx(0.025, rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_alike_answers_and_single_psus_have_the_reference_programs_nulls(method: ShareMethod):
    alike = proportion_interval(mean(np.ones(20), SIMPLE), SIMPLE, method)
    assert (alike.low, alike.high) == ((1, 1) if method == "mean" else (None, None))
    one = SIMPLE.domain(np.arange(20) == 3)
    alone = proportion_interval(mean(HITS, one), one, method)
    assert (alone.low, alone.high, alone.df) == (None, None, 0)


def test_what_is_no_share_or_has_negative_weights_is_refused():
    with pytest.raises(DesignError, match="found 14"):
        proportion_interval(mean(HITS * 20, SIMPLE), SIMPLE)
    negative = SIMPLE.with_weights(np.where(np.arange(20) == 0, -0.5, 1.0), negative=True)
    for method in ("logit", "likelihood"):
        with pytest.raises(WeightError):
            proportion_interval(mean(HITS, negative), negative, method)
    assert proportion_interval(mean(HITS, negative), negative, "xlogit").low is not None


def test_a_level_or_target_in_percent_is_refused():
    share = mean(HITS, SIMPLE)
    for level in (95, 0, 1, float("nan")):
        with pytest.raises(NumberError, match="between 0 and 1"):
            proportion_interval(share, SIMPLE, level=level)
        with pytest.raises(NumberError, match="between 0 and 1"):
            estimate(share, SIMPLE, level)
    with pytest.raises(NumberError, match="found 85"):
        proportion_test(share, SIMPLE, 85)
