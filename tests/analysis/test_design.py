"""A design is checked once; what it then says about PSUs, strata and domains is always true."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.design import (
    DesignError,
    FpcError,
    LabelError,
    LonelyPsuError,
    NestingError,
    NumberError,
    ShapeError,
    SurveyDesign,
    WeightError,
)
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


def test_a_psu_in_two_strata_is_named_with_both():
    with pytest.raises(NestingError, match=r"PSU a occurs in the strata 1 and 2 at stage 1"):
        SurveyDesign(ids=[["a", "b", "a", "b"]], strata=[[1, 1, 2, 2]], nest=False)


def test_labels_of_later_stages_lie_within_the_unit_above():
    design = SurveyDesign(ids=[["a", "a", "b", "b"], [1, 2, 1, 2]])
    assert [len(stage.stratum) for stage in design.stages] == [2, 4]
    assert design.stages[1].sampled.tolist() == [2, 2]


def test_strata_of_later_stages_may_be_left_out():
    labels = [["a", "a", "a", "b", "b"], [1, 2, 3, 1, 2]]
    with_strata = SurveyDesign(ids=labels, strata=[[1] * 5, ["m", "m", "f", "m", "f"]])
    assert with_strata.stages[1].sampled.tolist() == [1, 2, 1, 1]  # f before m, within a and then b
    without = SurveyDesign(ids=labels, strata=[[1] * 5, None])
    assert without.stages[1].sampled.tolist() == [3, 2]


@pytest.mark.parametrize("fpc, message", [
    ([[5, 6, 9, 9]], r"stage 1, stratum 1: one fpc expected, found 5 and 6"),
    ([[1, 1, 9, 9]], r"stage 1, stratum 1: fpc of at least the 2 units sampled expected, found 1"),
    ([[-5, -5, 9, 9]], r"fpc above 0 expected, found -5"),
    ([[0, 0, 9, 9]], r"fpc above 0 expected, found 0"),
    ([[0.5, 0.5, 9, 9]], r"sizes or fractions expected, not both; row 0 has 0.5 at stage 1"),
    ([[-np.inf, -np.inf, 9, 9]], r"fpc above 0 expected, found -inf"),
])
def test_a_refused_population_count_says_where_and_what(fpc: list[list[float]], message: str):
    with pytest.raises(FpcError, match=message):
        SurveyDesign(**FOUR, weights=np.ones(4), fpc=fpc)


def test_weights_follow_from_the_population_counts():
    stages = {"ids": [["a", "a", "b", "c"], [1, 2, 1, 1]], "strata": [[1, 1, 1, 2]]}
    design = SurveyDesign(**stages, fpc=[[6, 6, 6, 4], [10, 10, 7, 5]])
    # stratum 1: 2 of 6 PSUs, in a 2 of 10, in b 1 of 7; stratum 2: 1 of 4, 1 of 5
    assert design.weights.tolist() == [3 * 5, 3 * 5, 3 * 7, 4 * 5]
    fractions = SurveyDesign(**stages, fpc=[[1 / 3, 1 / 3, 1 / 3, 0.25], [0.2, 0.2, 1 / 7, 0.2]])
    assert fractions.weights == pytest.approx(design.weights)
    with pytest.raises(WeightError, match="stage 1 of stratum 2"):
        SurveyDesign(**stages, fpc=[[6, 6, 6, np.nan], [10, 10, 7, 5]])


def test_a_missing_label_is_refused_and_never_a_unit_of_its_own():
    with pytest.raises(LabelError, match="row 2 has no unit label at stage 1"):
        SurveyDesign(ids=[["a", "b", None]])
    with pytest.raises(LabelError, match="row 0 has no stratum label at stage 1"):
        SurveyDesign(ids=[["a", "b"]], strata=[[np.nan, 1.0]])


def test_a_refused_weight_or_length_says_which():
    with pytest.raises(WeightError, match=r"row 2 has -1 \(1 such rows\)"):
        SurveyDesign(**FOUR, weights=[1, 1, -1, 0])
    with pytest.raises(ShapeError, match=r"4 rows expected, fpc of stage 2 has 3"):
        SurveyDesign(ids=[list("abcd"), list("abcd")], fpc=[[9] * 4, [9] * 3])
    with pytest.raises(ShapeError, match=r"1 stages expected, strata has 2"):
        SurveyDesign(ids=[list("abcd")], strata=[list("xxyy"), list("xxyy")])


def test_every_row_is_a_unit_when_none_are_named():
    assert SurveyDesign(ids=None, strata=[[1, 1, 2, 2]]).degf == 2


def test_collapsed_strata_keep_their_units_and_add_up_their_populations():
    labels = {"ids": [["a", "b", "a", "c", "d"]], "strata": [["x", "x", "y", "z", "z"]], "weights": np.ones(5)}
    design = SurveyDesign(**labels, fpc=[[8, 8, 5, 9, 9]], collapse={"y": "x"})
    first = design.stages[0]
    assert (first.sampled.tolist(), first.population.tolist()) == ([3, 2], [13, 9])
    assert design.degf == 3
    assert SurveyDesign(**labels, fpc=[[8, 8, 5, 9, 9]], collapse={}).degf == 2
    with pytest.raises(LabelError, match="found w"):
        SurveyDesign(**labels, collapse={"w": "x"})


def test_collapsing_changes_no_weight():
    labels = {"ids": [["a", "b", "c"]], "strata": [["x", "x", "y"]], "fpc": [[8, 8, 5]]}
    assert SurveyDesign(**labels, collapse={"y": "x"}).weights.tolist() == [4, 4, 5]


def test_other_weights_keep_the_draw():
    design = SurveyDesign(**FOUR).domain([True, True, True, False])
    other = design.with_weights([1, 2, 3, 4])
    assert other.weights.tolist() == [1, 2, 3, 4]
    assert (other.degf, other.rows.tolist()) == (design.degf, design.rows.tolist())
    with pytest.raises(WeightError):
        design.with_weights([1, 2, 3, -4])
    assert design.with_weights([1, 2, 3, -4], negative=True).weights[3] == -4
    with pytest.raises(WeightError):
        design.with_weights([1, 2, np.nan, 4], negative=True)
    with pytest.raises(ShapeError):
        design.with_weights([1, 2])


def test_a_design_is_frozen():
    design = SurveyDesign(**FOUR)
    with pytest.raises(AttributeError):
        design.weights = np.ones(4)  # type: ignore[misc]  # that it fails is the point
    assert issubclass(FpcError, DesignError)


def test_a_missing_condition_is_outside_the_domain():
    design = SurveyDesign(**FOUR)
    assert design.domain([1.0, np.nan, 0.0, 1.0]).rows.tolist() == [True, False, False, True]
    assert design.domain([True, None, False, True]).rows.tolist() == [True, False, False, True]
    with pytest.raises(NumberError):
        design.domain([2, 1, 0, 0])


def test_text_in_the_place_of_numbers_is_refused():
    with pytest.raises(NumberError, match="weights: numbers expected"):
        SurveyDesign(**FOUR, weights=["1", "2", "three", "4"])
    with pytest.raises(NumberError, match="fpc of stage 1"):
        SurveyDesign(**FOUR, fpc=[["many"] * 4])
    with pytest.raises(ShapeError):
        SurveyDesign(**FOUR, fpc=[None])  # type: ignore[list-item]  # that it is refused is the point
