"""Identities that hold for every estimate, and cases small enough to check by hand."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.design import DesignError, EmptyDomainError, SurveyDesign
from analysis.estimate import estimate
from analysis.estimators import combine, mean, ratio, total

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
