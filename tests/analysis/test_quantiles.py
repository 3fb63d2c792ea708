"""Quantiles by hand, and what they refuse."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.design import DesignError, EmptyDomainError, ShapeError, SurveyDesign, WeightError
from analysis.quantiles import Rule, quantile
from analysis.replicates import from_design

SIX = SurveyDesign(ids=[np.arange(6)], weights=[1, 1, 2, 1, 1, 2])
Y = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]
"""cumulated weights 1 2 4 5 6 8"""


@pytest.mark.parametrize("rule, probability, expected", [
    ("math", 0.5, 30.0), ("math", 0.51, 40.0), ("math", 0.0, 10.0), ("math", 1.0, 60.0), ("math", 0.05, 10.0),
    ("school", 0.5, 35.0), ("school", 0.51, 40.0), ("school", 1.0, 60.0),
    ("hf7", 0.0, 10.0), ("hf7", 1.0, 60.0), ("hf7", 0.5, 35.0),  # at 0 1 2 4 5 6 sixths: 3 sixths is between 30 and 40
])
def test_quantiles_by_hand(rule: Rule, probability: float, expected: float):
    (found,) = quantile(Y, SIX, [probability], rule=rule)
    assert found.value == pytest.approx(expected)


def test_a_tie_survives_weights_that_no_double_holds():
    for weight in (0.1, 30.97, 44.21):
        same = SurveyDesign(ids=[np.arange(200)], weights=np.full(200, weight))
        (found,) = quantile(np.arange(200.0), same, [0.5], rule="school")
        assert found.value == 99.5  # added up in double precision, 100 times the weight is not half of 200 times


def test_rows_of_weight_0_and_missing_answers_are_left_out():
    more = SurveyDesign(ids=[np.arange(8)], weights=[1, 1, 2, 1, 1, 2, 0, 5])
    (found,) = quantile([*Y, 0.0, np.nan], more, [0.5])
    (same,) = quantile(Y, SIX, [0.5])
    assert (found.value, found.n) == (same.value, 7)


def test_the_order_of_rows_changes_nothing():
    order = np.array([3, 0, 5, 1, 4, 2])
    turned = SurveyDesign(ids=[order], weights=SIX.weights[order])
    assert quantile(np.array(Y)[order], turned, [0.25, 0.5, 0.75]) == quantile(Y, SIX, [0.25, 0.5, 0.75])


def test_limits_hold_the_quantile_and_are_absent_beyond_the_answers():
    rng = np.random.default_rng(3)
    y = rng.normal(size=400)
    design = SurveyDesign(ids=[np.arange(400)])
    low, middle, high = quantile(y, design, [0.001, 0.5, 0.999], rule="hf7")
    assert middle.low is not None
    assert middle.high is not None
    assert middle.low < middle.value < middle.high
    # about 1.25 times the standard error of the mean, for a normal distribution
    assert middle.se == pytest.approx(1.2533 / 20, rel=0.25)
    assert (low.low, high.high, low.se, high.se) == (None, None, None, None)


def test_replicates_give_an_interval_too():
    rng = np.random.default_rng(4)
    y = rng.normal(size=60)
    design = SurveyDesign(ids=[np.arange(60)])
    (plain,), (replicated,) = quantile(y, design), quantile(y, from_design(design, "JK1"))
    assert replicated.value == plain.value
    assert replicated.se == pytest.approx(plain.se, rel=1e-9)


def test_what_has_no_quantile_is_refused():
    with pytest.raises(EmptyDomainError):
        quantile(np.full(6, np.nan), SIX)
    with pytest.raises(DesignError, match=r"between 0 and 1 expected, found 1\.5"):
        quantile(Y, SIX, [1.5])
    with pytest.raises(ShapeError):
        quantile([1.0], SIX)
    with pytest.raises(WeightError):
        quantile(Y, SIX.with_weights([1, 1, 1, 1, 1, -1], negative=True))


def test_a_domain_of_one_psu_has_a_quantile_without_interval():
    (found,) = quantile(Y, SIX.domain([False, False, True, False, False, False]))
    assert (found.value, found.low, found.high, found.df) == (30, None, None, 0)
