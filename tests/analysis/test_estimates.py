"""Identities that hold for every estimate, and cases small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.design import DesignError, EmptyDomainError, NumberError, SurveyDesign
from analysis.estimate import design_effect, estimate
from analysis.estimators import (
    combine,
    contrast,
    gradient,
    mean,
    means,
    person_mean,
    pooled_mean,
    population_covariance,
    population_variance,
    proportion,
    ratio,
    total,
)
from analysis.variance import covariance, variance

RNG = np.random.default_rng(7)
N = 60
Y = np.where(RNG.random(N) < 0.1, np.nan, RNG.integers(1, 6, N).astype(float))
STRATUM = RNG.integers(0, 4, N)
PSU = RNG.integers(0, 6, N)
WEIGHT = RNG.uniform(0.5, 9, N)


def design(**changes: object) -> SurveyDesign:
    return SurveyDesign(**{"ids": [PSU], "strata": [STRATUM], "weights": WEIGHT, **changes})  # type: ignore[arg-type]  # tests vary them


def test_by_hand_a_stratified_total():
    # totals of the PSUs 2 and 4 | 10 and 10: 2/1 * ((2-3)^2 + (4-3)^2) + 0 = 4
    by_hand = SurveyDesign(ids=[[1, 2, 3, 4]], strata=[[1, 1, 2, 2]], weights=[2, 2, 5, 5])
    found = estimate(total([1.0, 2.0, 2.0, 2.0], by_hand), by_hand)
    assert (found.value, found.se, found.df) == (26.0, 2.0, 2)


def test_a_domain_mean_is_a_ratio_of_domain_totals():
    part = design().domain(STRATUM < 3)
    answered = np.isfinite(Y)
    above, below = np.where(answered & (STRATUM < 3), Y, 0.0), (answered & (STRATUM < 3)).astype(float)
    as_ratio, as_mean = estimate(ratio(above, below, design()), design()), estimate(mean(Y, part), part)
    assert as_mean.value == pytest.approx(as_ratio.value, rel=1e-14)
    assert as_mean.se == pytest.approx(as_ratio.se, rel=1e-14)


def test_the_scale_of_the_weights_changes_nothing_but_totals():
    once, scaled = design(), design(weights=WEIGHT * 1000)
    a, b = estimate(mean(Y, once), once), estimate(mean(Y, scaled), scaled)
    assert (b.value, b.se, b.deff) == pytest.approx((a.value, a.se, a.deff), rel=1e-12)
    assert estimate(total(Y, scaled), scaled).se == pytest.approx(1000 * estimate(total(Y, once), once).se)


def test_the_order_of_rows_and_the_labels_change_nothing():
    order = RNG.permutation(N)
    shuffled = design(
        ids=[[f"psu {label}" for label in PSU[order]]], strata=[STRATUM[order] * -7], weights=WEIGHT[order]
    )
    a, b = estimate(mean(Y, design()), design()), estimate(mean(Y[order], shuffled), shuffled)
    assert (b.value, b.se, b.deff) == pytest.approx((a.value, a.se, a.deff), rel=1e-12)
    assert (b.n, b.n_psu, b.df) == (a.n, a.n_psu, a.df)


def test_a_census_of_psus_has_no_sampling_error():
    sampled = {s: len(set(PSU[s == STRATUM])) for s in set(STRATUM.tolist())}
    census = design(fpc=[[sampled[s] for s in STRATUM.tolist()]])
    assert estimate(mean(Y, census), census).se == 0
    half = design(fpc=[[2 * sampled[s] for s in STRATUM.tolist()]])
    assert estimate(mean(Y, half), half).se == pytest.approx(estimate(mean(Y, design()), design()).se / 2**0.5)


def test_a_stratum_with_one_psu_contributes_nothing_and_is_reported():
    lonely = SurveyDesign(ids=[[1, 2, 3]], strata=[[1, 1, 2]])
    found = estimate(mean([1.0, 2.0, 9.0], lonely), lonely)
    # the mean is 4; influences -1 and -2/3 in the first stratum, 5/3 alone in the second
    assert found.se**2 == pytest.approx(2 * ((1 / 6) ** 2 + (1 / 6) ** 2))
    assert found.flags == ("single_psu_stratum",)
    assert estimate(mean([1.0, 2.0, np.nan], lonely), lonely).flags == ()


def test_simple_random_sampling_has_a_design_effect_of_one():
    simple = SurveyDesign(ids=[np.arange(N)])
    assert estimate(mean(Y, simple), simple).deff == pytest.approx(1, rel=0.02)
    assert estimate(mean(np.nan_to_num(Y, nan=3.0), simple), simple).deff == pytest.approx(1, rel=1e-12)


def test_a_mean_of_means_knows_their_covariance():
    first, second = mean(Y, design()), mean(6 - Y, design())
    opposite = estimate(combine([first, second], [1, 1]), design())
    assert opposite.value == pytest.approx(3)
    assert opposite.se == pytest.approx(0, abs=1e-12)


def test_an_empty_domain_has_no_mean():
    nobody = design().domain(np.zeros(N, dtype=bool))
    with pytest.raises(EmptyDomainError):
        mean(Y, nobody)
    with pytest.raises(DesignError):
        ratio([1.0], [1.0], design())
    with pytest.raises(EmptyDomainError, match="found none among the domain's 0 rows"):
        total(Y, nobody)
    with pytest.raises(EmptyDomainError):
        mean(np.full(N, np.nan), design())
    with pytest.raises(EmptyDomainError, match="total weight 0"):
        mean([1.0, 2.0], SurveyDesign(ids=[[1, 2]], weights=[0, 0]))


def test_two_figures_of_a_factor_by_hand():
    # one person answered both items (yes, no), one only the first (yes): 2 of 3 answers, (1/2 + 1)/2 of persons
    two = SurveyDesign(ids=[[1, 2, 3]])
    items = [[5.0, 4.0, np.nan], [1.0, np.nan, np.nan]]
    assert pooled_mean(items, two, of=(4, 5)).value == pytest.approx(2 / 3)
    assert person_mean(items, two, of=(4, 5)).value == pytest.approx(3 / 4)
    assert (pooled_mean(items, two).value, person_mean(items, two).value) == (pytest.approx(10 / 3), 3.5)
    assert person_mean(items, two).n == 2


def test_a_proportion_is_the_mean_of_zeros_and_ones():
    found, same = proportion(Y, design(), of=(4, 5)), mean(np.where(np.isfinite(Y), Y >= 4, np.nan), design())
    assert found.value == same.value
    assert variance(found, design()).value == variance(same, design()).value


def test_population_variance_by_hand():
    # weights 1 1 2, values 1 3 4: mean 3, mean square around it (4 + 0 + 2)/4, times 3/2
    by_hand = SurveyDesign(ids=[[1, 2, 3]], weights=[1, 1, 2])
    assert population_variance([1.0, 3.0, 4.0], by_hand).value == pytest.approx(6 / 4 * 3 / 2)
    assert population_covariance([1.0, 3.0, 4.0], [2.0, 0.0, -1.0], by_hand).value == pytest.approx(-6 / 4 * 3 / 2)
    with pytest.raises(DesignError):
        population_variance([1.0], SurveyDesign(ids=[[1]]))


def test_the_items_of_one_sample_have_covariances():
    items = np.array([Y, 6 - Y, np.where(np.arange(N) % 7 == 0, np.nan, Y)])
    parts = means(items, design())
    matrix = covariance(parts, design())
    assert matrix[0, 1] == pytest.approx(-matrix[0, 0], rel=1e-12)
    assert [parts[at].n for at in range(3)] == [int(np.isfinite(item).sum()) for item in items]
    assert {part.n for part in means(items, design(), listwise=True)} == {int(np.isfinite(items).all(axis=0).sum())}
    difference = contrast([parts[0], parts[2]], [1, -1])
    assert variance(difference, design()).value == pytest.approx(matrix[0, 0] + matrix[2, 2] - 2 * matrix[0, 2])


def test_a_ratio_of_means_is_a_function_of_them():
    first = total(np.nan_to_num(Y), design())
    second = total(np.isfinite(Y).astype(float), design())
    as_function, as_mean = contrast([first, second], lambda t: float(t[0] / t[1])), mean(Y, design())
    assert as_function.value == pytest.approx(as_mean.value, rel=1e-14)
    assert variance(as_function, design()).value == pytest.approx(variance(as_mean, design()).value, rel=1e-9)


def test_slopes_are_exact_to_ten_digits():
    at = np.array([0.3, 2.0, 500.0])
    slopes = gradient(lambda x: float(np.exp(x[0]) * x[1] ** 3 + np.log(x[2])), at)
    assert slopes == pytest.approx([np.exp(0.3) * 8, np.exp(0.3) * 12, 1 / 500], rel=1e-10)
    assert gradient(lambda x: float(3 * x[0]), np.array([0.0])) == pytest.approx([3.0])


def test_contrasts_that_cannot_be_are_refused():
    part = mean(Y, design())
    for coefficients in ([1.0], [1.0, 2.0, 3.0]):
        with pytest.raises(DesignError):
            contrast([part, part], coefficients)
    with pytest.raises(DesignError):
        contrast([part], lambda x: float("nan"))
    with pytest.raises(DesignError):
        contrast([], [])


def test_both_conventions_of_the_design_effect():
    simple = SurveyDesign(ids=None, fpc=[np.full(N, 4 * N)])  # simple random sampling of a quarter
    scores = np.nan_to_num(Y, nan=3.0)
    assert design_effect(mean(scores, simple), simple) == pytest.approx(1, rel=1e-12)
    assert design_effect(mean(scores, simple), simple, replace=True) == pytest.approx(3 / 4, rel=1e-12)
    assert design_effect(total(scores, simple), simple) == pytest.approx(1, rel=1e-12)
    too_light = SurveyDesign(ids=None, weights=np.full(N, 0.5))
    assert design_effect(mean(scores, too_light), too_light) is None
    alike = mean(np.ones(N), simple)
    assert design_effect(alike, simple) is None
    assert "zero_variance" in estimate(alike, simple).flags


def test_an_infinite_answer_is_no_answer_and_no_missing_one():
    with pytest.raises(NumberError):
        mean(np.where(np.arange(N) == 3, np.inf, Y), design())
    with pytest.raises(NumberError):
        pooled_mean([np.where(np.arange(N) == 3, np.inf, Y)], design())
