"""The engine gives what a recursion over stages gives, whatever the design, the domain and the rule."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isnan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.arrays import Floats
from analysis.design import DesignError, LonelyPsuError, ShapeError, SurveyDesign
from analysis.estimate import estimate
from analysis.estimators import Linearised, mean, ratio, total
from analysis.variance import covariance, variance
from tests.analysis.plain_multistage import Rule, Unit
from tests.analysis.plain_multistage import variance as plain

RULES = [Rule(lonely, domain) for lonely in ("certainty", "remove", "adjust", "average") for domain in (False, True)]  # type: ignore[arg-type]  # mypy sees str


@dataclass(frozen=True)
class Sample:
    paths: list[tuple[tuple[int, int], ...]]
    population: list[tuple[float, ...]]
    kept: list[bool]
    influence: list[float]

    def design(self, rule: Rule) -> SurveyDesign:
        stages = range(len(self.paths[0]))
        return SurveyDesign(
            ids=[[path[stage][1] for path in self.paths] for stage in stages],
            strata=[[path[stage][0] for path in self.paths] for stage in stages],
            weights=np.ones(len(self.paths)), fpc=[[each[stage] for each in self.population] for stage in stages],
        ).with_lonely(rule.lonely_psu, domain_lonely=rule.domain_lonely)

    def linearised(self) -> Linearised:
        kept = np.array(self.kept)
        return Linearised(0.0, np.where(kept, self.influence, 0.0), kept)

    def units(self) -> list[Unit]:
        rows = zip(self.paths, self.population, self.kept, self.influence, strict=True)
        return [Unit(path, sizes, kept, moved if kept else 0.0) for path, sizes, kept, moved in rows]


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    stages = draw(st.integers(1, 3))
    step = st.tuples(st.integers(0, 1), st.integers(0, 2))
    paths = draw(st.lists(st.tuples(*[step] * stages), min_size=1, max_size=25))
    extra = draw(st.lists(st.sampled_from([0.0, 1.0, 7.0, inf]), min_size=40, max_size=40))
    sizes: dict[tuple[object, ...], float] = {}

    def population(path: tuple[tuple[int, int], ...], stage: int) -> float:
        """One size for each stratum of each unit above."""
        place = (*path[:stage], path[stage][0])
        drawn = {each[stage] for each in paths if (*each[:stage], each[stage][0]) == place}
        return sizes.setdefault((stage, *place), len(drawn) + extra[len(sizes) % len(extra)])

    n = len(paths)
    return Sample(
        paths, [tuple(population(path, stage) for stage in range(stages)) for path in paths],
        draw(st.lists(st.booleans(), min_size=n, max_size=n)),
        draw(st.lists(st.sampled_from([-3.0, -1.0, 0.0, 0.5, 2.0, 11.0]), min_size=n, max_size=n)),
    )


@settings(max_examples=300, deadline=None)
@given(samples(), st.sampled_from(RULES))
def test_the_engine_agrees_with_a_recursion_over_stages(sample: Sample, rule: Rule):
    expected = plain(sample.units(), rule)
    found = covariance([sample.linearised()], sample.design(rule))[0, 0]
    if isnan(expected):
        assert isnan(found)
    else:
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(samples(), st.sampled_from(RULES), st.integers(0, 2**32))
def test_covariances_are_those_of_sums(sample: Sample, rule: Rule, seed: int):
    """var(a + b) = var a + var b + 2 cov(a, b), all over the same rows."""
    design, first = sample.design(rule), sample.linearised()
    moved = np.where(first.answered, np.random.default_rng(seed).normal(size=len(design)), 0.0)
    second = Linearised(0.0, moved, first.answered)
    both = Linearised(0.0, first.influence + moved, first.answered)
    matrix = covariance([first, second, both], design)
    if isnan(matrix[0, 0]):
        assert np.isnan(matrix).all()
    else:
        scale = float(np.diag(matrix).max()) + 1.0
        assert matrix[2, 2] == pytest.approx(matrix[:2, :2].sum(), rel=1e-9, abs=1e-9 * scale)
        assert matrix == pytest.approx(matrix.T)


def test_by_hand_two_stages():
    # 2 of 4 hamlets, 2 of 5 people in each; a total of weight 5: hamlet totals 10 | 30, people 0 10 | 10 20
    design = SurveyDesign(
        ids=[["a", "a", "b", "b"], [1, 2, 1, 2]], fpc=[[4, 4, 4, 4], [5, 5, 5, 5]],
    )
    assert design.weights.tolist() == [5, 5, 5, 5]
    found = variance(total([0.0, 2.0, 2.0, 4.0], design), design)
    between = (1 - 2 / 4) * 2 / 1 * (10**2 + 10**2)
    within = 2 / 4 * 2 * ((1 - 2 / 5) * 2 / 1 * (5**2 + 5**2))
    assert found.value == pytest.approx(between + within)
    clusters = SurveyDesign(
        ids=[["a", "a", "b", "b"], [1, 2, 1, 2]], fpc=[[4, 4, 4, 4], [5, 5, 5, 5]], variance="ultimate_cluster",
    )
    assert variance(total([0.0, 2.0, 2.0, 4.0], clusters), clusters).value == pytest.approx(between)


def test_fractions_and_sizes_are_the_same_design():
    labels = {"ids": [["a", "a", "b", "b"], [1, 2, 1, 2]], "weights": np.ones(4)}
    sizes = SurveyDesign(**labels, fpc=[[4, 4, 4, 4], [5, 5, 8, 8]])
    fractions = SurveyDesign(**labels, fpc=[[0.5] * 4, [0.4, 0.4, 0.25, 0.25]])
    y = [0.0, 2.0, 2.0, 5.0]
    assert variance(total(y, fractions), fractions).value == pytest.approx(variance(total(y, sizes), sizes).value)


def test_stages_without_fpc_are_drawn_completely_and_without_any_fpc_the_first_counts_alone():
    labels = {"ids": [["a", "a", "b", "b"], [1, 2, 1, 2]], "weights": np.ones(4)}
    y = [0.0, 2.0, 2.0, 5.0]
    first = SurveyDesign(**labels, fpc=[[4, 4, 4, 4]])
    whole = SurveyDesign(**labels, fpc=[[4, 4, 4, 4], [2, 2, 2, 2]])
    assert variance(total(y, first), first).value == pytest.approx(variance(total(y, whole), whole).value)
    none = SurveyDesign(**labels)
    assert variance(total(y, none), none).value == pytest.approx(2 * (2.5**2 + 2.5**2))


LONELY = {"ids": [[1, 2, 3, 4, 5]], "strata": [["x", "x", "y", "y", "z"]], "weights": np.ones(5)}


@pytest.mark.parametrize("rule, expected", [
    ("certainty", 2 * (1 + 1) + 2 * (4 + 4)), ("remove", 2 * (1 + 1) + 2 * (4 + 4)),
    ("adjust", 2 * (1 + 1) + 2 * (4 + 4) + 9**2), ("average", (2 * (1 + 1) + 2 * (4 + 4)) * 3 / 2),
])
def test_by_hand_a_stratum_with_one_psu(rule: str, expected: float):
    design = SurveyDesign(**LONELY).with_lonely(rule)  # type: ignore[arg-type]  # mypy sees str
    assert variance(total([1.0, 3.0, 2.0, 6.0, 9.0], design), design).value == pytest.approx(expected)


def test_fail_names_the_stratum_the_stage_and_the_unit():
    with pytest.raises(LonelyPsuError, match=r"stratum z has a single unit at stage 1, 5;"):
        SurveyDesign(**LONELY, lonely_psu="fail")
    strict = SurveyDesign(**LONELY).with_lonely("fail")
    assert strict.degf == 2
    y = np.array([1.0, 3.0, 2.0, 6.0, 9.0])
    with pytest.raises(LonelyPsuError, match="stratum z"):
        variance(mean(y, strict), strict)
    part = strict.domain([True, True, True, True, False])
    assert variance(mean(y, part), part).value > 0  # the stratum has left the domain
    inner = SurveyDesign(
        ids=[["thôn 1", "thôn 1", "thôn 2"], ["A", "B", "C"]], strata=[["xã", "xã", "xã"]], fpc=[[9] * 3, [50] * 3],
    ).with_lonely("fail")
    with pytest.raises(LonelyPsuError, match=r"^PSU thôn 2 of stratum xã has a single unit at stage 2, C;"):
        variance(mean([1.0, 0.0, 1.0], inner), inner)


def test_a_rule_without_strata_to_average_gives_no_variance_and_says_so():
    two = SurveyDesign(ids=[[1, 2]], strata=[["x", "y"]]).with_lonely("average")
    found = estimate(mean([1.0, 3.0], two), two)
    assert isnan(found.se)
    assert found.interval is None
    assert "no_variance" in found.flags


def test_one_psu_has_no_standard_error():
    one = SurveyDesign(ids=[["thôn 1", "thôn 1"]])
    with pytest.raises(LonelyPsuError, match="PSU thôn 1"):
        estimate(mean([1.0, 0.0], one), one)
    census = SurveyDesign(ids=[["thôn 1", "thôn 1"]], fpc=[[1, 1]])
    found = estimate(mean([1.0, 0.0], census), census)
    assert (found.se, "zero_variance" in found.flags, "no_df" in found.flags) == (0, True, True)


def test_a_single_unit_of_a_domain_comes_under_the_rule_only_when_asked():
    design = SurveyDesign(ids=[[1, 2, 3, 4]], strata=[[1, 1, 2, 2]])
    part = design.domain([True, False, True, True])
    y = [4.0, 1.0, 1.0, 5.0]
    # stratum 1 has 4 and an absent unit: 2 * (2^2 + 2^2) around their mean, 2 * 4^2 around 0
    for rule, first in (("certainty", 16), ("adjust", 16)):
        plain_rule = part.with_lonely(rule)  # type: ignore[arg-type]  # mypy sees str
        assert variance(total(y, plain_rule), plain_rule).value == pytest.approx(first + 16)
    adjusted = part.with_lonely("adjust", domain_lonely=True)
    assert variance(total(y, adjusted), adjusted).value == pytest.approx(2 * 4**2 + 16)
    averaged = part.with_lonely("average", domain_lonely=True)
    assert variance(total(y, averaged), averaged).value == pytest.approx(16 * 2)


def test_rows_with_a_denominator_of_0_stay_in_the_domain():
    """They have no answer, but their unit was seen: a stratum is not left with a single unit by them."""
    design = SurveyDesign(ids=[[1, 2, 3, 4]], strata=[[1, 1, 2, 2]]).with_lonely("adjust", domain_lonely=True)
    top, bottom = [4.0, 0.0, 1.0, 5.0], [4.0, 0.0, 4.0, 5.0]
    kept = ratio(top, bottom, design)
    assert kept.n == 3
    left_out = ratio(top, [4.0, np.nan, 4.0, 5.0], design)
    assert kept.value == left_out.value
    assert variance(kept, design).value < variance(left_out, design).value


def test_residuals_of_a_calibration_take_the_place_of_the_influences():
    class Centred:
        """Post-stratification to one known total: what is left is around the weighted mean."""

        weights = np.full(4, 2.0)

        def residual(self, z: Floats) -> Floats:
            centred: Floats = z - z.mean(axis=0)
            return centred

    design = SurveyDesign(ids=[[1, 2, 3, 4]]).adjusted(Centred())
    found = total([1.0, 2.0, 3.0, 6.0], design)
    assert found.value == 24
    # around the mean of 6: 2 4 6 12 less 6
    assert variance(found, design).value == pytest.approx(4 / 3 * (16 + 4 + 0 + 36))
    count = total(np.ones(4), design)
    assert (count.value, variance(count, design).value) == (8, 0)


def test_estimates_of_another_design_are_refused():
    small, large = SurveyDesign(ids=[[1, 2]]), SurveyDesign(ids=[[1, 2, 3]])
    with pytest.raises(ShapeError):
        covariance([mean([1.0, 2.0], small)], large)
    with pytest.raises(DesignError):
        mean([1.0, 2.0], large)
    assert covariance([], small).shape == (0, 0)
