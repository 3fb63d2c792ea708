"""Regression under a design."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.special import expit, logit

from analysis.columns import CollinearError, Factor
from analysis.comparison import NoVarianceError
from analysis.design import DesignError, EmptyDomainError, ShapeError, SurveyDesign, WeightError
from analysis.estimate import estimate
from analysis.estimators import contrast, mean, ratio
from analysis.regression import SeparationError, linear, logistic
from analysis.replicates import ReplicateDesign
from analysis.variance import covariance

N = 90


def design(seed: int = 0) -> SurveyDesign:
    """Three strata of six PSUs of five rows."""
    row = np.arange(N)
    weights = np.random.default_rng(seed).uniform(1, 9, N)
    return SurveyDesign([row // 5], [row // 30], weights, [np.full(N, 20.0)])


def columns(seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(seed)
    x = {"age": rng.uniform(18, 80, N), "sex": rng.choice(["nam", "nu"], N), "field": rng.choice(["a", "b", "c"], N)}
    return rng.normal(x["age"] / 50 + (x["sex"] == "nu"), 1), x


def jackknife(of: SurveyDesign) -> ReplicateDesign:
    """Delete a PSU of a stratum, scale up the others."""
    stage = of.stages[0]
    factors = np.ones((len(of), len(stage.stratum)))
    for psu, stratum in enumerate(stage.stratum):
        n = stage.sampled[stratum]
        factors[stage.stratum[stage.unit] == stratum, psu] = n / (n - 1)
        factors[stage.unit == psu, psu] = 0
    scales = (stage.factor * ((stage.sampled - 1) / stage.sampled) ** 2)[stage.stratum]
    return ReplicateDesign(of.weights, factors, 1.0, scales, combined=False)


@given(st.integers(0, 10_000))
def test_a_domain_mean_is_a_ratio_and_a_regression(seed: int):
    d = design(seed)
    y, _ = columns(seed)
    inside = np.random.default_rng(seed).uniform(size=N) < 0.4
    through = d.domain(inside)
    own, pooled = estimate(mean(y, through), through), estimate(ratio(y * inside, inside, d), d)
    fit = linear(y, np.ones((N, 1)), through, names=["mean"])
    apart = linear(y, {"inside": inside}, d)  # the other way: everybody, and an indicator
    value = contrast(apart.coefficients, [1.0, 1.0])
    for got, se in (
        (pooled.value, pooled.se), (fit.value[0], fit.se[0]), (value.value, covariance([value], d)[0, 0] ** 0.5)
    ):
        assert (got, se) == (pytest.approx(own.value, rel=1e-9), pytest.approx(own.se, rel=1e-9))


def test_a_straight_line_through_four_points_by_hand():
    y, x = np.array([1.0, 2.0, 4.0, 5.0]), np.array([0.0, 1.0, 2.0, 3.0])
    plain = SurveyDesign(None, weights=np.full(4, 2.0))
    fit = linear(y, {"x": x}, plain)
    assert fit.value == pytest.approx([0.9, 1.4])
    residual = np.array([0.1, -0.3, 0.3, -0.1])
    # sandwich: influence of the slope is (x - 1.5) e / 5, times n/(n-1)
    assert fit.se[1] == pytest.approx(np.sqrt(4 / 3 * (((x - 1.5) * residual / 5) ** 2).sum()))
    assert fit.df_resid == 3 + 1 - 2


def test_the_estimating_equations_hold_and_coefficients_carry_r_names():
    y, x = columns(1)
    d = design()
    fit = logistic(y > 1.2, x, d)
    assert fit.names == ("(Intercept)", "age", "sexnu", "fieldb", "fieldc")
    assert fit.terms == {"age": (1,), "sex": (2,), "field": (3, 4)}
    X = np.column_stack([np.ones(N), x["age"], x["sex"] == "nu", x["field"] == "b", x["field"] == "c"])
    score = X.T @ (d.weights * ((y > 1.2) - expit(X @ fit.value)))
    assert score == pytest.approx(np.zeros(5), abs=1e-8 * d.weights.sum())
    assert fit.df_resid == 18 - 3 + 1 - 5


def test_a_saturated_logistic_regression_is_the_log_odds_of_the_domains():
    y, x = columns(2)
    d = design()
    sat = (y > 1.2).astype(float)
    fit = logistic(sat, {"field": x["field"]}, d)
    shares = [mean(sat, d.domain(x["field"] == level)) for level in "abc"]
    odds = [contrast([share], lambda p: float(logit(p[0]))) for share in shares]
    expected = [odds[0], contrast([odds[1], odds[0]], [1, -1]), contrast([odds[2], odds[0]], [1, -1])]
    assert fit.value == pytest.approx([each.value for each in expected], rel=1e-10)
    assert fit.covariance == pytest.approx(covariance(expected, d), rel=1e-7)


def test_units_of_x_and_of_weights_change_nothing_but_units():
    y, x = columns(3)
    d = design()
    known = logistic(y > 1.2, x, d)
    scaled = SurveyDesign([np.arange(N) // 5], [np.arange(N) // 30], 1e6 * d.weights, [np.full(N, 20.0)])
    other = logistic(y > 1.2, {**x, "age": x["age"] * 1e-9}, scaled)
    units = np.array([1, 1e9, 1, 1, 1])
    assert other.value == pytest.approx(known.value * units, rel=1e-8)
    assert other.se == pytest.approx(known.se * units, rel=1e-8)


def test_the_reference_level_can_be_chosen_and_the_fit_stays():
    y, x = columns(4)
    d = design()
    first = linear(y, {"field": x["field"]}, d)
    other = linear(y, {"field": Factor(x["field"], levels=["c", "a", "b"])}, d)
    assert other.names == ("(Intercept)", "fielda", "fieldb")
    assert other.value[0] == pytest.approx(first.value[0] + first.value[2])
    assert other.test("field").statistic == pytest.approx(first.test("field").statistic, rel=1e-9)
    with pytest.raises(DesignError, match="'c' found, one of"):
        linear(y, {"field": Factor(x["field"], levels=["a", "b"])}, d)


def test_a_term_of_one_coefficient_is_the_square_of_its_t():
    y, x = columns(5)
    fit = linear(y, x, design())
    assert fit.test("sex").statistic == pytest.approx(fit.t_test("sexnu").statistic ** 2, rel=1e-10)
    assert fit.test("sex").p_value == pytest.approx(fit.t_test("sexnu").p_two, rel=1e-8)
    assert fit.test("field").df == (2.0, float(fit.df_resid))


@pytest.mark.parametrize("regression", [linear, logistic])
def test_replicates_are_refits_under_their_weights(regression):
    y, x = columns(6)
    d = design()
    answers = (y > 1.2).astype(float)
    replicated = jackknife(d)
    fit = regression(answers, x, replicated)
    for r in (0, 7):
        alone = SurveyDesign(None, weights=replicated.replicate_weights[:, r])
        refit = regression(answers, x, alone).value
        assert [each.replicates[r] for each in fit.coefficients] == pytest.approx(refit, rel=1e-9)
    linearised = regression(answers, x, d)
    assert fit.value == pytest.approx(linearised.value, rel=1e-12)
    assert fit.se == pytest.approx(linearised.se, rel=0.35)  # two estimates of one thing
    assert fit.df_resid == linearised.df_resid  # the rank of the weights knows the strata


def test_a_replicate_without_an_estimate_is_left_out():
    # only the first PSU has the level "b": the jackknife replicate that drops it knows nothing of it
    psu = np.arange(N) // 5
    field = np.where((psu == 0) & (np.arange(N) % 2 == 0), "b", "a")
    fit = linear(np.arange(N) % 7, {"field": field}, jackknife(design()))
    found = fit.coefficient("fieldb").replicates
    assert found is not None
    assert np.flatnonzero(np.isnan(found)).tolist() == [0]
    assert np.isfinite(fit.se).all()


def test_rows_with_a_missing_value_act_as_outside_the_domain():
    y, x = columns(7)
    d = design()
    gone = np.random.default_rng(7).uniform(size=N) < 0.2
    holed = {**x, "field": np.where(gone, None, x["field"].astype(object))}
    found, inside = linear(y, holed, d), linear(y, x, d.domain(~gone))
    assert found.value == pytest.approx(inside.value, rel=1e-12)
    assert found.se == pytest.approx(inside.se, rel=1e-12)
    assert found.df_resid == inside.df_resid


def test_answers_predicted_perfectly_have_no_finite_odds():
    y, x = columns(8)
    d = design()
    apart = np.where(x["field"] == "c", 1.0, y > 1.2)  # everybody of c says yes
    with pytest.raises(SeparationError, match="predicts some answers perfectly"):
        logistic(apart, x, d)
    with pytest.raises(SeparationError):
        logistic(np.ones(N), {"age": x["age"]}, d)


@given(st.integers(0, 10_000))
@settings(max_examples=60, deadline=None)
def test_odds_are_refused_just_where_a_linear_program_separates_the_answers(seed: int):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 40))
    X = np.column_stack([np.ones(n), rng.integers(0, 2, n), rng.integers(0, 2, n), rng.normal(size=n)])
    y = (rng.uniform(size=n) < expit(X @ rng.normal(0, 1, 4))).astype(float)
    signed = (2 * y - 1)[:, None] * X
    # is there a direction along which no answer loses, and some gain?
    best = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(n), bounds=[(-1, 1)] * 4)
    weights = rng.lognormal(0, 2, n)
    try:
        logistic(y, X, SurveyDesign(None, weights=weights))
    except SeparationError:
        assert -best.fun > 1e-7
    except CollinearError:
        assert np.linalg.matrix_rank(X) < 4
    else:
        assert -best.fun < 1e-7


def test_without_a_variance_there_are_no_standard_errors_but_a_refusal():
    alone = SurveyDesign([np.arange(N) // 45], [np.arange(N) // 45], np.ones(N), lonely_psu="average")
    y, x = columns(11)
    fit = linear(y, {"age": x["age"]}, alone)
    assert np.isfinite(fit.value).all()
    with pytest.raises(NoVarianceError, match="no stratum has two PSUs"):
        _ = fit.se


def test_dependent_columns_are_named():
    y, x = columns(9)
    d = design()
    with pytest.raises(CollinearError, match="column twice is a combination of the columns before it"):
        linear(y, {"age": x["age"], "twice": 2 * x["age"] + 5}, d)
    with pytest.raises(CollinearError, match=r"column sex: two levels expected, found \['nam'\]"):
        linear(y, {"sex": x["sex"]}, d.domain(x["sex"] == "nam"))
    with pytest.raises(CollinearError, match="column zero is 0"):
        linear(y, {"zero": np.zeros(N)}, d)


def test_what_does_not_fit_is_refused_with_what_was_expected():
    y, x = columns(10)
    d = design()
    with pytest.raises(DesignError, match="y from 0 to 1 expected; row 0 has 4"):
        logistic(np.full(N, 4.0), x, d)
    with pytest.raises(ShapeError, match="column age: 90 values expected"):
        linear(y, {"age": [1.0, 2.0]}, d)
    with pytest.raises(EmptyDomainError, match="no row of the domain"):
        linear(np.full(N, np.nan), x, d)
    calibrated = d.with_weights(np.where(np.arange(N) == 2, -1.0, d.weights), negative=True)
    with pytest.raises(WeightError, match="row 2 has -1"):
        linear(y, x, calibrated)
    with pytest.raises(DesignError, match=r"no term 'height'; found \['age', 'sex', 'field'\]"):
        linear(y, x, d).test("height")
    few = SurveyDesign([np.arange(N) // 45], weights=np.ones(N))
    with pytest.raises(NoVarianceError, match="degrees of freedom"):
        linear(y, x, few).t_test("age")
