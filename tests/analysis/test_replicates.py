"""Replicate weights give the variances of the designs they were made from."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.design import DesignError, LonelyPsuError, ShapeError, SurveyDesign, WeightError
from analysis.estimate import estimate
from analysis.estimators import contrast, mean, population_variance, ratio, total
from analysis.replicates import Kind, ReplicateDesign, ReplicateError, column_rank, from_design
from analysis.variance import covariance, variance

RNG = np.random.default_rng(11)
STRATUM = np.repeat(np.arange(5), 8)
PSU = np.repeat(np.arange(20), 2)
"""two rows a PSU, four PSUs a stratum"""
PAIRS = SurveyDesign(ids=[np.repeat(np.arange(10), 4)], strata=[STRATUM], weights=RNG.uniform(1, 4, 40))
FOURS = SurveyDesign(ids=[PSU], strata=[STRATUM], weights=RNG.uniform(1, 4, 40), fpc=[np.repeat([8, 16, 4, 9, 40], 8)])
Y = RNG.normal(3, 1, 40)


def se2(y: object, design: SurveyDesign | ReplicateDesign) -> float:
    return variance(total(y, design), design).value  # type: ignore[arg-type]  # arrays


def test_a_jackknife_of_two_by_hand():
    design = SurveyDesign(ids=[[1, 2]], weights=[3, 5])
    jack = from_design(design, "JK1")
    assert jack.replicate_weights.tolist() == [[0, 6], [10, 0]]
    assert (jack.scale, jack.degf) == (0.5, 1)
    # totals 10 and 6 under the replicates, around 8: (4 + 4)/2
    assert se2([1.0, 1.0], jack) == pytest.approx(4)


def test_the_jackknife_of_a_total_is_its_linearised_variance():
    jack = from_design(FOURS, "JKn")
    assert se2(Y, jack) == pytest.approx(se2(Y, FOURS), rel=1e-12)
    part = np.arange(40) % 3 == 0
    assert se2(Y, jack.domain(part)) == pytest.approx(se2(Y, FOURS.domain(part)), rel=1e-12)
    # 16 PSUs minus 4 strata, because those of a stratum add up to a multiple of all weights; the census has none
    assert (jack.replicate_weights.shape, jack.degf) == ((40, 16), 12)


@pytest.mark.parametrize("kind", ["BRR", "Fay"])
def test_balanced_half_samples_give_the_variance_of_a_total_exactly(kind: Kind):
    half = from_design(PAIRS, kind, rho=0.4)
    assert se2(Y, half) == pytest.approx(se2(Y, PAIRS), rel=1e-12)
    assert half.degf == 5
    # balanced: the mean over the replicates is the estimate itself
    assert np.mean(total(Y, half).replicates) == pytest.approx(total(Y, half).value)


@pytest.mark.parametrize("kind", ["subbootstrap", "bootstrap", "mrbbootstrap"])
def test_bootstraps_come_close_to_the_linearised_variance(kind: Kind):
    design = SurveyDesign(ids=[PSU], strata=[STRATUM], weights=np.ones(40), fpc=[np.full(40, 400)])
    boot = from_design(design, kind, replicates=3000, rng=np.random.default_rng(5))
    assert se2(Y, boot) == pytest.approx(se2(Y, design), rel=0.08)
    again = from_design(design, kind, replicates=3000, rng=np.random.default_rng(5))
    assert (again.replicate_weights == boot.replicate_weights).all()


def test_the_multistage_bootstrap_sees_the_later_stages():
    rng = np.random.default_rng(6)
    psu, person = np.repeat(np.arange(30), 6), np.tile(np.arange(6), 30)
    design = SurveyDesign(ids=[psu, person], fpc=[np.full(180, 40), np.full(180, 12)])
    y = rng.normal(size=180)
    both, first = se2(y, design), se2(y, SurveyDesign(ids=[psu], weights=design.weights, fpc=[np.full(180, 40)]))
    boot = from_design(design, "mrbbootstrap", replicates=4000, rng=rng)
    assert first < 0.8 * both
    assert se2(y, boot) == pytest.approx(both, rel=0.08)


def test_the_first_stage_bootstraps_know_the_population_count():
    """Half of the PSUs were drawn: half of the variance is left."""
    labels = {"ids": [PSU], "strata": [STRATUM], "weights": np.ones(40)}
    half = SurveyDesign(**labels, fpc=[np.full(40, 8)])
    boot = from_design(half, "subbootstrap", replicates=3000, rng=np.random.default_rng(7))
    assert se2(Y, boot) == pytest.approx(se2(Y, SurveyDesign(**labels)) / 2, rel=0.08)


def test_factors_and_weights_are_the_same_replicates():
    jack = from_design(FOURS, "JKn")
    factors = jack.replicate_weights / FOURS.weights[:, None]
    same = ReplicateDesign(FOURS.weights, factors, 1.0, jack.rscales, combined=False)
    assert se2(Y, same) == pytest.approx(se2(Y, jack), rel=1e-12)


def test_deviations_are_from_the_mean_of_the_replicates_or_from_the_estimate():
    weights = np.array([[2.0, 1.0], [1.0, 4.0]])
    around_mean = ReplicateDesign([1, 1], weights, 1.0)
    around_estimate = ReplicateDesign([1, 1], weights, 1.0, mse=True)
    # totals of ones: 2 | 3 and 5
    assert (se2([1.0, 1.0], around_mean), se2([1.0, 1.0], around_estimate)) == (2, 1 + 9)


def test_a_replicate_of_scale_0_is_no_part_of_the_mean():
    weights = np.array([[2.0, 1.0, 50.0], [1.0, 4.0, 50.0]])
    assert se2([1.0, 1.0], ReplicateDesign([1, 1], weights, 1.0, [1, 1, 0])) == 2


def test_a_replicate_without_estimate_is_left_out_with_its_scale():
    weights = np.array([[1.0, 2.0, 0.0], [1.0, 2.0, 1.0], [3.0, 1.0, 1.0]])
    design = ReplicateDesign([1, 1, 1], weights, 0.5)
    first = design.domain([True, False, False])
    found = mean([5.0, 1.0, 1.0], first)
    assert np.isnan(found.replicates).tolist() == [False, False, True]
    assert variance(found, first).value == 0
    assert np.isfinite(covariance([found, mean([5.0, 1.0, 2.0], design)], design)).all()
    nearly = ReplicateDesign([1, 1], [[1.0, 0.0], [1.0, 1.0]], 1.0).domain([True, False])
    with pytest.raises(ReplicateError, match="found 1"):
        variance(mean([1.0, 2.0], nearly), nearly)


def test_the_verbs_are_those_of_a_survey_design():
    jack = from_design(FOURS, "JKn")
    parts = [mean(Y, jack), mean(Y**2, jack), ratio(Y, Y**2, jack)]
    matrix = covariance(parts, jack)
    difference = contrast(parts[:2], [1, -1])
    assert variance(difference, jack).value == pytest.approx(matrix[0, 0] + matrix[1, 1] - 2 * matrix[0, 1])
    linear = variance(mean(Y, FOURS), FOURS).value
    assert matrix[0, 0] == pytest.approx(linear, rel=0.02)
    found = estimate(mean(Y, jack), jack)
    assert (found.df, found.design_df, found.n_psu, found.n) == (12, 12, None, 40)
    spread = population_variance(Y, jack)
    assert variance(spread, jack).value == pytest.approx(variance(population_variance(Y, FOURS), FOURS).value, rel=0.1)


def test_a_replicated_variance_is_centred_in_every_replicate():
    jack = from_design(FOURS, "JKn")
    found = population_variance(Y, jack)
    w = jack.replicate_weights[:, 3]
    middle = w @ Y / w.sum()
    assert found.replicates[3] == pytest.approx(w @ (Y - middle) ** 2 / w.sum() * 40 / 39)


def test_the_rank_counts_columns_that_are_not_made_of_others():
    matrix = np.array([[1.0, 2.0, 0.0, 1.0, 0.0], [0.0, 0.0, 1.0, 1.0, 0.0], [0.0, 0.0, 0.0, 1e-7, 0.0]])
    assert column_rank(matrix) == 2
    assert column_rank(np.eye(4)) == 4


def test_strata_with_one_psu_have_no_replicate_or_are_refused():
    labels = {"ids": [[1, 2, 3]], "strata": [["x", "x", "y"]]}
    jack = from_design(SurveyDesign(**labels), "JKn")
    assert jack.replicate_weights.shape == (3, 2)
    assert (jack.replicate_weights[2] == 1).all()
    with pytest.raises(LonelyPsuError, match="stratum y"):
        from_design(SurveyDesign(**labels).with_lonely("fail"), "JKn")
    with pytest.raises(ReplicateError, match="'adjust'"):
        from_design(SurveyDesign(**labels).with_lonely("adjust"), "subbootstrap", rng=np.random.default_rng(1))
    averaged = from_design(SurveyDesign(**labels).with_lonely("average"), "JKn")
    assert se2([1.0, 3.0, 9.0], averaged) == pytest.approx(3 / 2 * se2([1.0, 3.0, 9.0], jack))
    adjusted = from_design(SurveyDesign(**labels).with_lonely("adjust"), "JKn")
    assert adjusted.replicate_weights[:, 2].tolist() == [2, 2, 0]
    assert adjusted.rscales.tolist() == [0.5, 0.5, 0.5]


@pytest.mark.parametrize("kind, message", [
    ("JK1", "JKn expected"), ("BRR", "2 PSUs per stratum expected"), ("subbootstrap", "rng"), ("other", "JK1, JKn"),
])
def test_a_kind_that_does_not_fit_the_design_is_refused(kind: Kind, message: str):
    with pytest.raises(ReplicateError, match=message):
        from_design(FOURS, kind)


def test_replicates_that_do_not_fit_their_weights_are_refused():
    for weights, replicates, error in (
        ([1, 1], [[1.0, 1.0]], ShapeError), ([1, 1], [[1.0], [1.0]], ShapeError),
        ([1, 1], [[1.0, np.nan], [1.0, 1.0]], WeightError), ([-1, 1], [[1.0, 1.0], [1.0, 1.0]], WeightError),
    ):
        with pytest.raises(error):
            ReplicateDesign(weights, replicates, 1.0)
    with pytest.raises(ReplicateError):
        ReplicateDesign([1, 1], np.ones((2, 2)), -1.0)
    with pytest.raises(ShapeError):
        ReplicateDesign([1, 1], np.ones((2, 2)), 1.0, [1, 1, 1])
    with pytest.raises(DesignError):
        covariance([mean(Y, FOURS)], from_design(FOURS, "JKn"))


def test_given_half_samples_are_scaled_by_their_number_and_rho():
    factors = np.array([[2.0, 0.0], [0.0, 2.0]])
    assert se2([1.0, 3.0], ReplicateDesign.balanced([1, 1], factors, combined=False)) == 4
    fay = np.array([[1.7, 0.3], [0.3, 1.7]])
    assert se2([1.0, 3.0], ReplicateDesign.balanced([1, 1], fay, rho=0.3, combined=False)) == pytest.approx(4)
    with pytest.raises(ReplicateError):
        ReplicateDesign.balanced([1, 1], fay, rho=1.0)
