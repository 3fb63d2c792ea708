"""Small areas by the model of Fay and Herriot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.columns import CollinearError, Factor
from analysis.design import DesignError, ShapeError
from analysis.small_area import SmallAreaError, fay_herriot

METHODS = ("REML", "ML", "FH")


def areas(seed: int, m: int = 30, spread: float = 1.0) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    D, x = rng.uniform(0.2, 2, m), rng.normal(size=m)
    return 1 + 2 * x + rng.normal(0, spread, m) + rng.normal(0, np.sqrt(D)), D, {"x": x}


@pytest.mark.parametrize("method, divisor", [("REML", 4), ("ML", 5), ("FH", 4)])
def test_equal_sampling_variances_have_a_closed_form(method, divisor):
    y = np.array([1.0, 3.0, 4.0, 7.0, 10.0])  # mean 5, squares sum to 50
    fit = fay_herriot(y, np.full(5, 2.0), np.ones((5, 1)), method)
    A = 50 / divisor - 2
    assert fit.sigma2_u == pytest.approx(A, rel=1e-12)
    assert (fit.beta, fit.beta_se) == (pytest.approx([5]), pytest.approx([np.sqrt((A + 2) / 5)]))
    gamma = A / (A + 2)
    assert fit.eblup == pytest.approx(5 + gamma * (y - 5), rel=1e-12)
    assert fit.g1 == pytest.approx(np.full(5, gamma * 2))
    assert fit.g2 == pytest.approx(np.full(5, (1 - gamma) ** 2 * (A + 2) / 5))


@pytest.mark.parametrize("method", METHODS)
def test_areas_without_sampling_error_keep_their_direct_estimates(method):
    y, D, x = areas(1)
    fit = fay_herriot(y, D * 1e-10, x, method)
    assert fit.eblup == pytest.approx(y, abs=1e-8)
    assert fit.mse == pytest.approx(D * 1e-10, rel=1e-6)


@pytest.mark.parametrize("method", METHODS)
def test_areas_that_differ_no_more_than_sampling_explains_get_the_regression(method):
    y, D, x = areas(2, spread=0)
    fit = fay_herriot(y, D * 4, x, method)
    assert fit.boundary
    assert fit.sigma2_u == 0
    assert fit.eblup.tolist() == fit.synthetic.tolist()
    assert (fit.gamma == 0).all()
    assert (fit.mse > 0).all()


@given(st.integers(0, 10_000), st.sampled_from(METHODS), st.sampled_from([0.0, 0.3, 2.0]))
@settings(deadline=None, max_examples=40)
def test_every_estimate_lies_between_the_direct_and_the_synthetic_one(seed, method, spread):
    y, D, x = areas(seed, 12, spread)
    fit = fay_herriot(y, D, x, method)
    low, high = np.minimum(y, fit.synthetic), np.maximum(y, fit.synthetic)
    assert ((fit.eblup >= low - 1e-12) & (fit.eblup <= high + 1e-12)).all()
    assert fit.sigma2_u >= 0


@given(st.integers(0, 10_000), st.sampled_from(["REML", "ML"]))
@settings(deadline=None, max_examples=40)
def test_no_other_value_of_the_area_variance_is_likelier(seed, method):
    y, D, x = areas(seed, 12, 0.7)
    fit = fay_herriot(y, D, x, method)
    X = np.column_stack([np.ones(12), x["x"]])

    def likelihood(A: float) -> float:  # by determinants, as in the textbook
        V = np.diag(A + D)
        information = X.T @ np.linalg.solve(V, X)
        beta = np.linalg.solve(information, X.T @ np.linalg.solve(V, y))
        r = y - X @ beta
        full = -np.linalg.slogdet(V)[1] - r @ np.linalg.solve(V, r)
        return float(full if method == "ML" else full - np.linalg.slogdet(information)[1])

    best = likelihood(fit.sigma2_u)
    assert all(likelihood(A) <= best + 1e-9 for A in np.geomspace(1e-6, 50, 60))


@pytest.mark.parametrize("method", METHODS)
def test_units_order_and_shift_of_y_do_not_matter(method):
    y, D, x = areas(3)
    known = fay_herriot(y, D, x, method)
    order = np.random.default_rng(0).permutation(30)
    other = fay_herriot(100 * y[order] + 7, 1e4 * D[order], {"x": x["x"][order]}, method)
    assert other.sigma2_u == pytest.approx(1e4 * known.sigma2_u, rel=1e-9)
    assert other.eblup == pytest.approx(100 * known.eblup[order] + 7, rel=1e-9)
    assert other.mse == pytest.approx(1e4 * known.mse[order], rel=1e-9)


def test_one_wild_area_and_variances_of_many_sizes_do_not_lose_the_root():
    y, D, x = areas(4, 60)
    D = D * np.geomspace(1e-6, 1e6, 60)
    y[10] += 1e4
    for method in METHODS:
        fit = fay_herriot(y, D, x, method)
        assert np.isfinite(fit.mse).all()
        W = 1 / (fit.sigma2_u + D)
        r = y - fit.synthetic
        equation = {"FH": W @ r**2 - 58, "ML": W**2 @ r**2 - W.sum()}.get(method, 0.0)
        assert equation == pytest.approx(0, abs=1e-6 * max(58, W.sum()))


def test_a_matrix_or_named_columns_are_the_same_model():
    y, D, x = areas(5)
    group = np.repeat([1, 2, 3], 10)
    named = fay_herriot(y, D, {"x": x["x"], "group": Factor(group)})
    matrix = np.column_stack([np.ones(30), x["x"], group == 2, group == 3])
    given_matrix = fay_herriot(y, D, matrix, names=["one", "x", "g2", "g3"])
    assert named.names == ("(Intercept)", "x", "group2", "group3")
    assert given_matrix.names == ("one", "x", "g2", "g3")
    assert named.eblup == pytest.approx(given_matrix.eblup, rel=1e-12)


def test_an_area_without_a_sample_gets_the_regression_and_its_error():
    y, D, x = areas(6)
    fit = fay_herriot(y, D, x)
    value, mse = fit.predict([[1.0, 0.5]])
    assert value == pytest.approx([fit.beta[0] + fit.beta[1] / 2])
    assert mse[0] == pytest.approx(fit.sigma2_u + np.array([1, 0.5]) @ fit.beta_covariance @ np.array([1, 0.5]))
    assert mse[0] > fit.mse.max() / 2
    with pytest.raises(ShapeError, match="columns"):
        fit.predict([[1.0]])


def test_more_areas_than_coefficients_are_expected():
    with pytest.raises(SmallAreaError, match="found 2 areas and 2 coefficients"):
        fay_herriot([1.0, 2.0], [1.0, 1.0], {"x": [0.0, 1.0]})


@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_a_sampling_variance_that_is_none_names_the_area(wrong):
    y, D, x = areas(7)
    D[4] = wrong
    with pytest.raises(SmallAreaError, match=f"area 4 .*above 0 expected, found {wrong}"):
        fay_herriot(y, D, x)


def test_a_missing_estimate_or_covariate_names_the_area():
    y, D, x = areas(8)
    y[3] = np.nan
    with pytest.raises(SmallAreaError, match="area 3 "):
        fay_herriot(y, D, x)
    y[3], x["x"][9] = 1.0, np.nan
    with pytest.raises(SmallAreaError, match="area 9 "):
        fay_herriot(y, D, x)


def test_dependent_columns_and_unknown_methods_are_refused():
    y, D, x = areas(9)
    with pytest.raises(CollinearError, match="column y is a combination"):
        fay_herriot(y, D, {"x": x["x"], "y": 3 - x["x"]})
    with pytest.raises(DesignError, match="'REML', 'ML' or 'FH' expected"):
        fay_herriot(y, D, x, "reml")  # type: ignore[arg-type]
    with pytest.raises(ShapeError, match="a variance per area"):
        fay_herriot(y, D[:4], x)
