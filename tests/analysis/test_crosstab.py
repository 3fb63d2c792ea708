"""Tables of two questions under a design."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.comparison import NoVarianceError, contrast_test
from analysis.crosstab import association, crosstab
from analysis.design import DesignError, EmptyDomainError, ShapeError, SurveyDesign
from analysis.estimate import estimate
from analysis.replicates import ReplicateDesign

STATISTICS = ("F", "Chisq", "Wald", "adjWald", "saddlepoint", "lincom")


def spread(table: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """One row per count of the table."""
    counts = np.array(table)
    i, j = np.indices(counts.shape)
    return np.repeat(i.ravel(), counts.ravel()), np.repeat(j.ravel(), counts.ravel())


def clustered(seed: int, n: int = 120) -> tuple[np.ndarray, np.ndarray, SurveyDesign]:
    rng = np.random.default_rng(seed)
    psu = np.arange(n) // 5
    a = rng.integers(0, 3, n)
    b = np.where(rng.uniform(size=n) < 0.3, psu % 2, rng.integers(0, 2, n))
    return a, b, SurveyDesign([psu], [psu // 8], rng.uniform(1, 4, n))


@given(st.lists(st.lists(st.integers(1, 9), min_size=3, max_size=3), min_size=2, max_size=4))
def test_on_a_simple_sample_it_is_pearsons_chi_square(counts: list[list[int]]):
    a, b = spread(counts)
    n = len(a)
    design = SurveyDesign(None, weights=np.full(n, 3.0))
    pearson = stats.chi2_contingency(counts, correction=False)
    found = association(crosstab(a, b, design), "Chisq")
    assert found.statistic == pytest.approx(pearson.statistic, rel=1e-9, abs=1e-12)
    assert found.df == (pearson.dof,)
    # every design effect is n/(n-1): the sample's own variance has n - 1 in it
    assert found.p_value == pytest.approx(stats.chi2.sf(pearson.statistic * (n - 1) / n, pearson.dof), rel=1e-8)


def test_f_on_a_simple_sample_has_the_degrees_of_freedom_of_rows_and_columns():
    a, b = spread([[12, 5, 9], [4, 11, 7]])
    found = association(crosstab(a, b, SurveyDesign(None, weights=np.ones(48))), "F")
    assert found.df == (pytest.approx(2), pytest.approx(2 * 47))
    assert found.statistic == pytest.approx(stats.chi2_contingency([[12, 5, 9], [4, 11, 7]]).statistic / 2 * 47 / 48)


def test_everybody_asked_twice_is_no_more_evidence():
    a, b = spread([[12, 5, 9], [4, 11, 7]])
    once = crosstab(a, b, SurveyDesign([np.arange(48)], weights=np.ones(48)))
    twice = crosstab(np.tile(a, 2), np.tile(b, 2), SurveyDesign([np.tile(np.arange(48), 2)], weights=np.ones(96)))
    for statistic in STATISTICS:
        assert association(twice, statistic).p_value == pytest.approx(association(once, statistic).p_value, rel=1e-6)
    assert association(twice, "Chisq").statistic == pytest.approx(2 * association(once, "Chisq").statistic)


@pytest.mark.parametrize("statistic", STATISTICS)
def test_neither_units_of_weight_nor_the_order_of_rows_nor_the_side_of_the_table_matter(statistic):
    a, b, design = clustered(1)
    known = association(crosstab(a, b, design), statistic)
    order = np.random.default_rng(0).permutation(120)
    psu = np.arange(120) // 5
    shuffled = SurveyDesign([psu[order]], [psu[order] // 8], 7 * design.weights[order])
    for other in (crosstab(a[order], b[order], shuffled), crosstab(b, a, design)):
        found = association(other, statistic)
        assert found.p_value == pytest.approx(known.p_value, rel=1e-6)
        assert found.statistic == pytest.approx(known.statistic, rel=1e-9)


def test_the_wald_test_of_two_by_two_is_a_squared_t():
    a, b, _ = clustered(2)
    n = 120  # in a simple sample N_11 - N_1. N_.1 / N is n times the covariance of two indicators
    plain = SurveyDesign(None, weights=np.ones(n))
    x, y = (a > 0).astype(float), b.astype(float)
    moved = (x - x.mean()) * (y - y.mean())
    t = moved.sum() / sqrt(n * moved.var(ddof=1))
    found = association(crosstab(a > 0, b, plain), "Wald")
    assert found.statistic == pytest.approx(t**2, rel=1e-9)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(t), n - 1), rel=1e-8)


def test_the_saddlepoint_tail_of_equal_design_effects_is_nearly_the_f_tail():
    a, b = spread([[30, 18, 22, 9], [14, 25, 20, 16]])
    table = crosstab(a, b, SurveyDesign(None, weights=np.ones(len(a))))
    exact, near = association(table, "F"), association(table, "saddlepoint")
    assert near.p_value == pytest.approx(exact.p_value, rel=0.02)
    assert near.df == ()


@pytest.mark.parametrize("statistic", ["F", "Chisq", "saddlepoint"])
def test_a_table_that_shows_nothing_has_p_one(statistic):
    a, b = spread([[6, 6], [6, 6]])
    assert association(crosstab(a, b, SurveyDesign(None, weights=np.ones(24))), statistic).p_value == pytest.approx(1)


def test_weighted_counts_and_shares_by_hand():
    design = SurveyDesign(None, weights=[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    table = crosstab(["y", "y", "n", "n", None, "y"], [1, 2, 1, 2, 1, np.nan], design)
    assert (table.rows, table.columns) == (("n", "y"), (1, 2))
    assert table.counts.tolist() == [[3, 4], [1, 2]]
    assert table.unweighted.tolist() == [[1, 1], [1, 1]]
    assert table.shares.tolist() == [[0.3, 0.4], [0.1, 0.2]]
    assert table.row_shares[1].tolist() == pytest.approx([1 / 3, 2 / 3])
    assert table.cell("y", 2, within="column").value == pytest.approx(2 / 6)
    assert estimate(table.cell("y", 2, within="row"), table.design).value == pytest.approx(2 / 3)
    with pytest.raises(DesignError, match="no row 'x' in the table"):
        table.cell("x", 2)


def test_a_missing_answer_acts_as_a_domain():
    a, b, design = clustered(3)
    gone = np.random.default_rng(3).uniform(size=120) < 0.2
    holed = np.where(gone, None, a.astype(object))
    found, inside = crosstab(holed, b, design), crosstab(a, b, design.domain(~gone))
    assert association(found, "F").statistic == pytest.approx(association(inside, "F").statistic, rel=1e-12)
    # Pearson's X counts every row of the design that was passed, as the reference program does
    ratio = association(found, "Chisq").statistic / association(inside, "Chisq").statistic
    assert ratio == pytest.approx(120 / (~gone).sum())


def test_replicate_weights_give_the_tests_of_the_jackknife():
    a, b = spread([[12, 5, 9], [4, 11, 7]])
    n = 48
    left_out = np.full((n, n), n / (n - 1.0))
    np.fill_diagonal(left_out, 0.0)
    jackknife = ReplicateDesign(np.ones(n), left_out, (n - 1) / n, combined=False)
    plain = SurveyDesign(None, weights=np.ones(n))
    for statistic in STATISTICS:
        # of shares the jackknife of a simple sample is the linearised variance itself
        ours, known = (association(crosstab(a, b, design), statistic) for design in (jackknife, plain))
        if statistic in ("F", "Chisq", "saddlepoint", "lincom"):
            assert ours.p_value == pytest.approx(known.p_value, rel=1e-3), statistic
        else:
            assert ours.p_value == pytest.approx(known.p_value, rel=1e-6), statistic


def test_what_cannot_be_tested_says_so():
    design = SurveyDesign(None, weights=np.ones(6))
    with pytest.raises(DesignError, match=r"two rows and two columns expected, found \(1, 2\)"):
        association(crosstab([1, 1, 1, 1, 1, 1], [0, 1, 0, 1, 0, 1], design))
    with pytest.raises(EmptyDomainError, match="answered both"):
        crosstab([1, 1, 1, None, None, None], [None, None, None, 1, 1, 1], design)
    with pytest.raises(ShapeError, match="6 labels expected"):
        crosstab([1, 2], [1, 2], design)
    with pytest.raises(DesignError, match="row 3 has no weight"):
        association(crosstab([1, 2, 1, 2, 3, 3], [0, 1, 1, 0, 0, 1], SurveyDesign(None, weights=[1, 1, 1, 1, 0, 0])))
    one = SurveyDesign([np.zeros(6)], weights=np.ones(6))
    with pytest.raises(NoVarianceError, match="0 degrees of freedom"):
        association(crosstab([1, 2, 1, 2, 1, 1], [0, 1, 1, 0, 0, 1], one))
    apart = SurveyDesign([[0, 0, 1, 1, 2, 2]], [[0, 0, 0, 0, 1, 1]], np.ones(6), lonely_psu="average")
    with pytest.raises(NoVarianceError, match="no stratum has two PSUs"):  # only the lonely stratum answered both
        association(crosstab([None, None, None, None, 0, 1], [0, 1, 0, 1, 1, 0], apart))
    census = SurveyDesign(None, weights=np.ones(6), fpc=[np.full(6, 6.0)])
    with pytest.raises(NoVarianceError, match="no sampling variance"):
        association(crosstab([1, 2, 1, 2, 1, 1], [0, 1, 1, 0, 0, 1], census))


def test_more_interactions_than_psus_have_no_wald_test():
    rng = np.random.default_rng(4)
    a, b = rng.integers(0, 4, 200), rng.integers(0, 4, 200)
    few = SurveyDesign([np.arange(200) // 40], weights=np.ones(200))
    with pytest.raises(NoVarianceError, match="singular"):
        association(crosstab(a, b, few), "Wald")
    assert 0 <= association(crosstab(a, b, few), "F").p_value <= 1


def test_cells_are_estimates_like_any_other():
    a, b, design = clustered(6)
    table = crosstab(a, b, design)
    assert contrast_test(table.cell(0, 1), table.design).estimate == pytest.approx(table.shares[0, 1])
