"""Intervals hold what they promise, and a verdict never contradicts the interval beside it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta, binom, t

from analysis.intervals import (
    MET,
    NOT_MET,
    OPEN,
    df_adjustment,
    korn_graubard,
    logit,
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
