"""A design is checked once; what it then says about PSUs, strata and domains is always true."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.design import FpcError, LonelyPsuError, NestingError, ShapeError, SurveyDesign, WeightError
from analysis.estimate import estimate
from analysis.estimators import mean

FOUR = {"ids": [["a", "b", "c", "d"]], "strata": [[1, 1, 2, 2]]}


def test_psu_labels_repeat_across_strata_unless_said_otherwise():
    repeated = {"ids": [["a", "b", "a", "b"]], "strata": [[1, 1, 2, 2]]}
    assert len(SurveyDesign(**repeated).stages[0].stratum) == 4
    with pytest.raises(NestingError):
        SurveyDesign(**repeated, nest=False)
    assert len(SurveyDesign(**FOUR, nest=False).stages[0].stratum) == 4


@pytest.mark.parametrize("weights", [[1, 1, 1, -1], [1, 1, 1, np.nan], [1, 1, 1, np.inf]])
def test_weights_are_finite_and_not_negative(weights: list[float]):
    with pytest.raises(WeightError):
        SurveyDesign(**FOUR, weights=weights)


def test_arrays_of_different_length_are_refused():
    with pytest.raises(ShapeError):
        SurveyDesign(**FOUR, weights=[1, 1])
    with pytest.raises(ShapeError):
        SurveyDesign(ids=[[]])
    with pytest.raises(ShapeError):
        SurveyDesign(**FOUR).domain([True])


@pytest.mark.parametrize("fpc", [[5, 6, 9, 9], [1, 1, 9, 9], [5, np.nan, 9, 9]])
def test_population_counts_are_one_per_stratum_and_no_less_than_the_sample(fpc: list[float]):
    with pytest.raises(FpcError):
        SurveyDesign(**FOUR, fpc=[fpc])


def test_a_lonely_psu_fails_only_where_the_design_says_so():
    lonely = {"ids": [["a", "b", "c"]], "strata": [[1, 1, 2]]}
    with pytest.raises(LonelyPsuError):
        SurveyDesign(**lonely, lonely_psu="fail")
    SurveyDesign(**lonely, fpc=[[9, 9, 1]], lonely_psu="fail")  # the only PSU there is: nothing is unknown


def test_domain_mean_keeps_every_psu_of_the_design():
    whole = SurveyDesign(ids=[np.arange(4)], weights=np.ones(4))
    found = estimate(mean([1.0, 3.0, 4.0, 9.0], whole.domain([True, True, False, False])), whole)
    # residuals -1 and 1 over a total weight of 2; four PSUs were drawn, two of them are 0 here
    assert found.se**2 == pytest.approx(4 / 3 * (0.25 + 0.25))
    assert (found.n, found.n_psu, found.df, found.design_df) == (2, 2, 1, 3)


def test_degrees_of_freedom_leave_out_psus_without_weight():
    design = SurveyDesign(**FOUR, weights=[1, 0, 1, 1])
    assert design.degf == 1
    assert design.domain([True, True, True, False]).degf == 0
