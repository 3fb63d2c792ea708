"""Tests of means, contrasts and many hypotheses at once."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.comparison import (
    NoVarianceError,
    adjust,
    compare_domains,
    contrast_test,
    difference,
    t_test,
    target_test,
    target_test_logit,
    two_sample_t_test,
    wald_test,
)
from analysis.design import DesignError, ShapeError, SurveyDesign
from analysis.estimators import mean
from analysis.regression import linear
from analysis.variance import covariance

Y = np.array([1.0, 2.0, 3.0, 4.0, 6.0])


def simple(n: int) -> SurveyDesign:
    """Every row a unit, drawn with replacement."""
    return SurveyDesign(None, weights=np.ones(n))


def clustered(seed: int, n: int = 60) -> SurveyDesign:
    """Three strata of four PSUs of five rows, weights that vary inside PSUs."""
    rng = np.random.default_rng(seed)
    row = np.arange(n)
    return SurveyDesign([row // 5], [row // 20], rng.uniform(1, 9, n), [np.full(n, 11.0)])


def test_on_a_simple_sample_the_tests_are_the_textbook_ones():
    one = t_test(Y, simple(5), 2.0, df="usual")
    known = stats.ttest_1samp(Y, 2.0)  # t = 1.2 / sqrt(3.7 / 5) on 4
    assert one.statistic == pytest.approx(1.2 / sqrt(3.7 / 5), rel=1e-12)
    assert (one.p_two, one.df) == (pytest.approx(known.pvalue, rel=1e-12), 4)
    assert one.interval == pytest.approx(known.confidence_interval(0.95), rel=1e-12)
    assert one.p_less + one.p_greater == pytest.approx(1, rel=1e-15)


def test_both_conventions_of_degrees_of_freedom_and_any_number():
    assert [t_test(Y, simple(5), df=df).df for df in ("svyttest", "usual", 7.5)] == [3, 4, 7.5]
    group = ["a", "a", "b", "b", "b"]
    assert [two_sample_t_test(Y, group, simple(5), df=df).df for df in ("svyttest", "usual")] == [3, 4]


def test_with_known_variance_the_test_is_normal():
    assert contrast_test(mean(Y, simple(5)), simple(5), np.inf, null=3.2 + 1.959963984540054 * sqrt(0.74)).p_two == (
        pytest.approx(0.05, rel=1e-12)
    )


@given(st.integers(0, 10_000))
def test_the_two_sample_test_is_the_regression_on_the_group(seed: int):
    rng = np.random.default_rng(seed)
    design = clustered(seed)
    group = rng.integers(0, 2, 60).astype(float)
    y = np.where(rng.uniform(size=60) < 0.1, np.nan, rng.normal(group, 1))
    test = two_sample_t_test(y, group, design)
    fit = linear(y, {"group": group}, design)
    assert test.estimate == pytest.approx(fit.value[1], rel=1e-9, abs=1e-12)
    assert test.se == pytest.approx(fit.se[1], rel=1e-9)
    assert test.df == fit.df_resid
    assert test.p_two == pytest.approx(fit.t_test("group").p_two, rel=1e-9)


def test_groups_that_share_psus_are_not_taken_for_independent():
    # every PSU has one row of each group, and the second is always 1 above the first: no variance is left
    y, psu = np.array([1.0, 2.0, 5.0, 6.0, 9.0, 10.0]), np.repeat([0, 1, 2], 2)
    design = SurveyDesign([psu], weights=np.ones(6))
    second = np.tile([False, True], 3)
    found = difference(y, design, second, ~second)
    assert found.value == pytest.approx(1)
    assert covariance([found], design)[0, 0] == pytest.approx(0, abs=1e-25)
    apart = [covariance([mean(y, design.domain(part))], design)[0, 0] for part in (second, ~second)]
    assert sum(apart) == pytest.approx(2 * 16 / 3)


def test_missing_answers_and_groups_leave_both_groups():
    y = [1.0, 2.0, np.nan, 4.0, 6.0, 8.0]
    test = two_sample_t_test(y, ["a", "a", "a", "b", None, "b"], simple(6), df="usual")
    assert (test.estimate, test.df) == (pytest.approx(4.5), 3)


def test_two_groups_are_expected():
    with pytest.raises(DesignError, match=r"two groups expected, found 3: \['a', 'b', 'c'\]"):
        two_sample_t_test(Y, ["a", "b", "c", "a", "b"], simple(5))
    with pytest.raises(ShapeError, match="5 values expected"):
        two_sample_t_test(Y[:4], ["a", "b", "c", "a", "b"], simple(5))


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_target_tests_are_the_duals_of_their_intervals(level: float):
    design = clustered(3)
    share = mean(np.arange(60) % 3 > 0, design)
    for test in (target_test, target_test_logit):
        low, high = test(share, design, 0.5, level=level).interval
        assert test(share, design, low).p_greater == pytest.approx((1 - level) / 2, rel=1e-8)
        assert test(share, design, high).p_less == pytest.approx((1 - level) / 2, rel=1e-8)


def test_a_census_and_a_share_of_one_have_no_test():
    census = SurveyDesign(None, weights=np.ones(5), fpc=[np.full(5, 5.0)])
    with pytest.raises(NoVarianceError, match="standard error of 0"):
        t_test(Y, census)
    with pytest.raises(NoVarianceError, match="log odds"):
        target_test_logit(mean(np.ones(5), simple(5)), simple(5), 0.85)
    with pytest.raises(DesignError, match="target between 0 and 1 expected, found 85"):
        target_test_logit(mean([0, 1, 1, 1, 1], simple(5)), simple(5), 85)


def test_one_degree_of_freedom_less_than_one_is_refused():
    two = SurveyDesign(None, weights=np.ones(2))
    with pytest.raises(NoVarianceError, match="degrees of freedom above 0 expected, found 0"):
        t_test([1.0, 2.0], two)


def test_a_joint_test_of_one_estimate_is_the_square_of_its_t():
    design = clustered(5)
    found = mean(np.random.default_rng(5).normal(0.3, 1, 60), design)
    joint, single = wald_test([found], design), contrast_test(found, design)
    assert joint.statistic == pytest.approx(single.statistic**2, rel=1e-12)
    assert joint.p_value == pytest.approx(single.p_two, rel=1e-10)


def test_a_joint_test_of_dependent_estimates_is_refused():
    design = clustered(5)
    found = mean(np.random.default_rng(5).normal(size=60), design)
    with pytest.raises(NoVarianceError, match="singular"):
        wald_test([found, found], design)


def test_all_pairs_of_domains_as_one_family():
    design = clustered(8)
    y = np.random.default_rng(8).normal(size=60)
    labels = np.array(["x", "y", "z", None, "w"] * 12, dtype=object)
    pairs = compare_domains(y, labels, design, adjust_by="bonferroni")
    assert [(pair.first, pair.second) for pair in pairs] == [
        ("w", "x"), ("w", "y"), ("w", "z"), ("x", "y"), ("x", "z"), ("y", "z"),
    ]
    for pair in pairs:
        assert pair.test is not None
        found = difference(y, design, labels == pair.first, labels == pair.second)
        assert pair.test.se == pytest.approx(contrast_test(found, design).se)
        assert pair.adjusted == pytest.approx(min(1, 6 * pair.test.p_two))
    against = compare_domains(y, labels, design, reference="y")
    assert [(pair.first, pair.second) for pair in against] == [("w", "y"), ("x", "y"), ("z", "y")]


def test_a_domain_without_answers_or_variance_is_flagged_and_the_others_stand():
    design = simple(8)
    y = np.array([1.0, 1, 0, 1, 0, 1, np.nan, np.nan])
    labels = ["a", "a", "b", "b", "b", "b", "c", "c"]
    pairs = {(pair.first, pair.second): pair for pair in compare_domains(y, labels, design)}
    assert pairs["a", "b"].test is not None
    assert pairs["a", "b"].adjusted == pytest.approx(pairs["a", "b"].test.p_two)  # a family of one
    assert (pairs["a", "c"].test, pairs["a", "c"].adjusted, pairs["a", "c"].flag) == (None, None, "empty")
    same = compare_domains([1.0, 1, 1, 1, 0, 1, 1, 1], ["a", "a", "b", "b", "c", "c", "c", "c"], design)
    assert [pair.flag for pair in same] == ["no_variance", None, None]


def test_adjusted_p_values_small_enough_to_check_by_hand():
    p = [0.04, 0.01, 0.03, 0.02]
    expected = {
        "none": p, "bonferroni": [0.16, 0.04, 0.12, 0.08], "holm": [0.06, 0.04, 0.06, 0.06],
        "hochberg": [0.04, 0.04, 0.04, 0.04], "BH": [0.04, 0.04, 0.04, 0.04],
        "BY": [1 / 12, 1 / 12, 1 / 12, 1 / 12], "hommel": [0.04, 0.04, 0.04, 0.04],
    }
    for method, wanted in expected.items():
        assert adjust(p, method) == pytest.approx(wanted), method


@given(st.lists(st.floats(0, 1), min_size=1, max_size=7))
def test_hommel_is_the_closed_simes_test(p: list[float]):
    """A hypothesis falls when every set of hypotheses that contains it falls by Simes' test."""
    k = len(p)
    subsets = [[at for at in range(k) if bits >> at & 1] for bits in range(1, 2**k)]
    simes = [min(len(one) * each / rank for rank, each in enumerate(sorted(p[at] for at in one), 1)) for one in subsets]
    closed = [max(value for one, value in zip(subsets, simes, strict=True) if at in one) for at in range(k)]
    ours = adjust(p, "hommel")
    assert ours == pytest.approx(closed, rel=1e-12, abs=1e-300)
    assert (ours <= adjust(p, "hochberg") + 1e-15).all()
    assert (adjust(p, "hochberg") <= adjust(p, "holm") + 1e-15).all()


def test_a_missing_p_is_no_test():
    assert adjust([0.01, np.nan, 0.04], "bonferroni") == pytest.approx([0.02, np.nan, 0.08], nan_ok=True)
    assert len(adjust([], "BH")) == 0
    for wrong in ([1.2], [-0.1]):
        with pytest.raises(DesignError, match="0 to 1 expected"):
            adjust(wrong)
