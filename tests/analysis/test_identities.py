"""What must hold whatever the sample: identities between estimators, and refusals that are never silent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from analysis.calibration import calibrate, post_stratify, rake
from analysis.cells import Answers, accumulate
from analysis.comparison import t_test, two_sample_t_test
from analysis.design import DesignError, NestingError, SurveyDesign
from analysis.domains import Estimates, Grouping, estimate_all
from analysis.estimate import Estimate, estimate, proportion_interval
from analysis.estimators import Linearised, contrast, mean, pooled_mean, proportion, ratio, total
from analysis.intervals import verdict
from analysis.measures import Mean, Measure, Ratio
from analysis.partition import Partitioned, ratios_by, totals_by
from analysis.pooling import evidence, score_interval, share_interval
from analysis.quantiles import quantile
from analysis.regression import linear, logistic
from analysis.replicates import from_design
from analysis.variance import covariance

Floats = npt.NDArray[np.float64]
some = settings(max_examples=40, deadline=None)


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows in PSUs in strata, with two stages and their fpc."""

    stratum: npt.NDArray[np.int64]
    psu: npt.NDArray[np.int64]
    person: npt.NDArray[np.int64]
    weights: Floats
    fpc: list[Floats]
    y: Floats
    group: npt.NDArray[np.int64]

    def design(self, **changes: Any) -> SurveyDesign:
        given: dict[str, Any] = {
            "ids": [self.psu, self.person], "strata": [self.stratum], "weights": self.weights, "fpc": self.fpc,
            **changes,
        }
        return SurveyDesign(**given)

    def order(self, rows: npt.NDArray[np.int64]) -> Sample:
        kept = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "fpc"}
        return Sample(**{name: column[rows] for name, column in kept.items()}, fpc=[size[rows] for size in self.fpc])


@st.composite
def samples(draw: st.DrawFn, missing: bool = True) -> Sample:
    """1-3 strata of 2-4 PSUs of 1-4 persons; several PSUs, labels repeating across strata."""
    strata: list[int] = []
    psus: list[int] = []
    sizes: list[tuple[float, float]] = []
    for stratum in range(draw(st.integers(1, 3))):
        drawn = draw(st.integers(2, 4))
        population = drawn + draw(st.integers(0, 5))
        for psu in range(drawn):
            persons = draw(st.integers(1, 4))
            within = persons + draw(st.integers(0, 9))
            strata += [stratum] * persons
            psus += [psu] * persons
            sizes += [(population, within)] * persons
    n = len(strata)
    weights = draw(st.lists(st.floats(0.1, 100), min_size=n, max_size=n))
    answers = draw(st.lists(st.integers(0, 5) if missing else st.integers(1, 5), min_size=n, max_size=n))
    groups = draw(st.lists(st.integers(0, 2), min_size=n, max_size=n))
    y = np.array([np.nan if answer == 0 else float(answer) for answer in answers])
    fpc = [np.array(column, dtype=np.float64) for column in zip(*sizes, strict=True)]
    return Sample(np.array(strata), np.array(psus), np.arange(n), np.array(weights), fpc, y, np.array(groups))


def figures(found: Linearised, design: SurveyDesign) -> tuple[float, float]:
    got = estimate(found, design)
    return got.value, got.se


def close(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Standard errors of the same estimate by two ways; both sums are of values up to 5."""
    return bool(np.allclose(one, other, rtol=1e-9, atol=1e-9))


# ---------------------------------------------------------------- one estimate, several ways

@some
@given(samples())
def test_a_domains_mean_is_a_ratio_of_totals_is_a_regression_on_its_indicator(sample: Sample):
    design, inside = sample.design(), sample.group == 0
    answered = np.isfinite(sample.y)
    assume((inside & answered).any() and (~inside & answered).any())
    part = design.domain(inside)
    by_domain = figures(mean(sample.y, part), part)
    y = np.where(answered, sample.y, 0.0)
    by_ratio = figures(ratio(y * inside, (answered & inside).astype(float), design), design)
    counted = [total(y * inside, design), total((answered & inside).astype(float), design)]
    by_totals = figures(contrast(counted, lambda pair: float(pair[0] / pair[1])), design)
    model = linear(sample.y, np.column_stack([inside, ~inside]).astype(float), design, names=["in", "out"])
    assert close(by_domain, by_ratio)
    assert np.allclose(by_domain, by_totals, rtol=1e-6, atol=1e-6)  # its slopes are numerical
    assert close(by_domain, (float(model.value[0]), float(model.se[0])))


@some
@given(samples())
def test_the_difference_of_two_groups_is_the_slope_of_the_regression_on_their_indicator(sample: Sample):
    design, two = sample.design(), sample.group <= 1
    part = design.domain(two)
    answered = np.isfinite(sample.y) & two
    assume({0, 1} <= set(sample.group[answered].tolist()))
    test_design = part.domain(answered)
    assume(test_design.degf > 1)
    model = linear(sample.y, {"group": sample.group.astype(float)}, part)
    difference = contrast(
        [mean(sample.y, part.domain(sample.group == at)) for at in (0, 1)], [-1.0, 1.0],
    )
    slope = (float(model.value[1]), float(model.se[1]))
    assert close(figures(difference, part), slope)
    try:
        test = two_sample_t_test(sample.y, np.where(two, sample.group, np.nan), design)
    except DesignError:
        assert slope[1] < 1e-9  # no variance, no test
    else:
        assert close((test.estimate, test.se), slope)


@some
@given(samples(), st.floats(-3, 3))
def test_a_one_sample_test_is_the_mean_less_what_it_is_tested_against(sample: Sample, null: float):
    design = sample.design()
    assume(np.isfinite(sample.y).any())
    got = estimate(mean(sample.y, design), design)
    assume(got.se > 1e-6 and design.degf > 1)
    assert t_test(sample.y, design, null).statistic == pytest.approx((got.value - null) / got.se, rel=1e-9)


@some
@given(samples())
def test_the_log_odds_of_a_share_are_the_intercept_of_a_logistic_regression(sample: Sample):
    design = sample.design()
    hit = np.where(np.isfinite(sample.y), sample.y >= 4, np.nan)
    assume({0.0, 1.0} <= set(hit[np.isfinite(hit)].tolist()))
    share = proportion(sample.y, design, of=(4, 5))
    assume(0.01 < share.value < 0.99)  # slopes are numerical
    model = logistic(hit, np.ones((len(hit), 1)), design, names=["one"])
    odds = contrast([share], lambda value: float(np.log(value[0] / (1 - value[0]))))
    assert np.allclose((odds.value, estimate(odds, design).se), (model.value[0], model.se[0]), rtol=1e-6, atol=1e-8)


@some
@given(samples())
def test_domains_share_out_a_total(sample: Sample):
    design = sample.design()
    answered = np.isfinite(sample.y)
    parts = [
        total(sample.y, design.domain(sample.group == at)) for at in range(3) if (answered & (sample.group == at)).any()
    ]
    assume(parts)
    assert close(figures(contrast(parts, np.ones(len(parts))), design), figures(total(sample.y, design), design))


@some
@given(samples())
def test_pooled_answers_are_the_mean_of_items_weighted_by_how_many_answered_them(sample: Sample):
    items = np.array([sample.y, sample.y[::-1]])
    design = sample.design()
    answered = [np.isfinite(item) for item in items]
    assume(all(there.any() for there in answered))
    bases = [float(sample.weights @ there) for there in answered]
    values = [mean(item, design).value for item in items]
    assert pooled_mean(items, design).value == pytest.approx(np.average(values, weights=bases), rel=1e-9)


@some
@given(samples())
def test_a_variance_of_a_difference_holds_the_covariance(sample: Sample):
    design = sample.design()
    one, other = sample.y, np.where(np.isfinite(sample.y[::-1]), sample.y[::-1], np.nan)
    assume(np.isfinite(one).any() and np.isfinite(other).any())
    parts = [mean(one, design), mean(other, design)]
    V = covariance(parts, design)
    assert estimate(contrast(parts, [1.0, -1.0]), design).se ** 2 == pytest.approx(
        V[0, 0] + V[1, 1] - 2 * V[0, 1], rel=1e-9, abs=1e-12
    )


# ---------------------------------------------------------------- what must not matter

@some
@given(samples(), st.floats(1e-3, 1e3))
def test_weights_on_another_scale_leave_means_and_their_errors(sample: Sample, scale: float):
    assume(np.isfinite(sample.y).any())
    design, scaled = sample.design(), sample.design(weights=sample.weights * scale)
    assert close(figures(mean(sample.y, design), design), figures(mean(sample.y, scaled), scaled))
    one, other = figures(total(sample.y, design), design), figures(total(sample.y, scaled), scaled)
    assert np.allclose(np.array(one) * scale, other, rtol=1e-9)


@some
@given(samples(), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(sample: Sample, chance: Any):
    assume(np.isfinite(sample.y).any())
    rows = np.arange(len(sample.y))
    chance.shuffle(rows)
    mixed = sample.order(rows)
    for estimator in (mean, total):
        assert close(figures(estimator(sample.y, sample.design()), sample.design()),
                     figures(estimator(mixed.y, mixed.design()), mixed.design()))
    before, after = (one.design().domain(one.group == 1) for one in (sample, mixed))
    assert (before.degf, before.present()) == (after.degf, after.present())


@some
@given(samples())
def test_names_of_units_and_strata_do_not_matter(sample: Sample):
    assume(np.isfinite(sample.y).any())
    named = sample.design(
        ids=[np.array([f"thôn {psu}" for psu in sample.psu]), sample.person[::-1]],
        strata=[np.array(["xã" if stratum else "phường" for stratum in np.minimum(sample.stratum, 1)])]
        if sample.stratum.max() < 2 else [sample.stratum + 100],
    )
    assert close(figures(mean(sample.y, sample.design()), sample.design()), figures(mean(sample.y, named), named))


@some
@given(samples())
def test_labels_that_repeat_across_strata_are_the_same_as_labels_that_do_not(sample: Sample):
    assume(np.isfinite(sample.y).any())
    unique = sample.design(ids=[sample.stratum * 100 + sample.psu, sample.person], nest=False)
    nested = sample.design(nest=True)
    assert close(figures(mean(sample.y, nested), nested), figures(mean(sample.y, unique), unique))
    if sample.stratum.max() > 0:  # every stratum has a PSU 0
        with pytest.raises(NestingError, match="0"):
            sample.design(nest=False)


@some
@given(samples())
def test_a_census_has_no_error(sample: Sample):
    assume(np.isfinite(sample.y).any())
    sampled = [
        np.array([len(np.unique(sample.psu[sample.stratum == s])) for s in sample.stratum], dtype=float),
        np.array([((sample.stratum == s) & (sample.psu == p)).sum()
                  for s, p in zip(sample.stratum, sample.psu, strict=True)], dtype=float),
    ]
    for design in (sample.design(fpc=sampled), sample.design(fpc=[np.ones(len(sample.y))] * 2)):
        assert figures(mean(sample.y, design), design)[1] == 0
        assert figures(total(sample.y, design), design)[1] == 0


@some
@given(samples())
def test_more_of_the_population_in_the_sample_never_means_more_error(sample: Sample):
    assume(np.isfinite(sample.y).any())
    first, without = sample.design(ids=[sample.psu], fpc=sample.fpc[:1]), sample.design(fpc=None)
    assert figures(mean(sample.y, first), first)[1] <= figures(mean(sample.y, without), without)[1] * (1 + 1e-9) + 1e-12


@some
@given(samples())
def test_leaving_one_psu_out_at_a_time_gives_the_variance_of_a_total_exactly(sample: Sample):
    assume(np.isfinite(sample.y).any())
    design = sample.design(ids=[sample.psu], fpc=None)
    replicated = from_design(design, "JKn", mse=True)
    here, there = estimate(total(sample.y, design), design), estimate(total(sample.y, replicated), replicated)
    assert there.se == pytest.approx(here.se, rel=1e-6, abs=1e-6)


# ---------------------------------------------------------------- calibration

@some
@given(samples(missing=False), st.lists(st.floats(10, 1e4), min_size=3, max_size=3))
def test_post_stratified_totals_are_those_of_the_population_without_error(sample: Sample, sizes: list[float]):
    groups = np.unique(sample.group).tolist()
    persons = {at: sizes[at] for at in groups}
    design = post_stratify(sample.design(), {"group": sample.group}, persons)
    for at in groups:
        value, se = figures(total((sample.group == at).astype(float), design), design)
        assert value == pytest.approx(persons[at], rel=1e-9)
        assert se <= 1e-7 * sum(sizes)
    assert design.weights.sum() == pytest.approx(sum(persons.values()), rel=1e-9)


@some
@given(samples(missing=False))
def test_raked_and_calibrated_totals_meet_their_margins(sample: Sample):
    sex, age = sample.person % 2, sample.group
    table = {(s, a) for s, a in zip(sex.tolist(), age.tolist(), strict=True)}
    ages = len(np.unique(age))
    assume(ages > 1 and len(table) == 2 * ages)  # all cells have rows, so that every margin can be met
    w = sample.weights
    margins = {
        "sex": {s: float(w.sum()) * (0.4, 0.6)[s] for s in (0, 1)},
        "age": {a: float(w.sum()) / len(np.unique(age)) for a in np.unique(age).tolist()},
    }
    labels = {"sex": sex, "age": age}
    texts = {name: np.array([f"{name}{label}" for label in column]) for name, column in labels.items()}
    totals = {name: {f"{name}{at}": size for at, size in cells.items()} for name, cells in margins.items()}
    raked, calibrated = rake(sample.design(), labels, margins), calibrate(sample.design(), texts, totals)
    for name, cells in margins.items():
        for at, size in cells.items():
            for design in (raked, calibrated):
                value, se = figures(total((labels[name] == at).astype(float), design), design)
                assert value == pytest.approx(size, rel=1e-6)
                if design is calibrated:  # a raking's residuals are those of ten rounds, near 0 and not 0
                    assert se <= 1e-6 * w.sum()


# ---------------------------------------------------------------- partitions and the PSU table

def same(batch: Partitioned, at: int, domain: int, one: Estimate | None) -> None:
    found = batch.estimates
    if one is None:
        assert np.isnan(found.value[at, domain])
        return
    for name, wanted in (("value", one.value), ("df", one.df), ("n", one.n), ("n_psu", one.n_psu)):
        assert getattr(found, name)[at, domain] == pytest.approx(wanted, rel=1e-9, abs=1e-12), name
    assert np.sqrt(found.variance[at, domain]) == pytest.approx(one.se, rel=1e-9, abs=1e-9, nan_ok=True)
    if one.deff is not None and one.se > 1e-6 and not np.isnan(found.simple[at, domain]):
        assert found.variance[at, domain] / found.simple[at, domain] == pytest.approx(one.deff, rel=1e-9)


@some
@given(
    samples(), st.sampled_from(["certainty", "adjust", "average", "remove"]), st.booleans(),
    st.sampled_from(["two stages", "one stage", "raked", "replicates"]),
)
def test_a_partition_gives_what_one_domain_after_the_other_gives(
    sample: Sample, lonely: Any, domain_lonely: bool, kind: str
):
    """Strata of the first PSU of each are cut down to one, so that the rules for single PSUs speak."""
    assume(np.isfinite(sample.y).any())
    alone = sample.order(np.flatnonzero((sample.stratum > 0) | (sample.psu == 0)))
    assume(np.isfinite(alone.y).any())
    design: Any = alone.design(
        lonely_psu=lonely, domain_lonely=domain_lonely,
        **({} if kind == "two stages" else {"fpc": None, "ids": [alone.psu]}),
    )
    if kind == "raked":
        design = post_stratify(design, {"group": alone.group}, dict.fromkeys(np.unique(alone.group).tolist(), 50.0))
    if kind == "replicates":
        assume(lonely in ("certainty", "remove") and (alone.stratum > 0).any())
        design = from_design(design, "JKn")
    items = np.array([alone.y, np.where(alone.y == 3, np.nan, alone.y)])
    below = np.array([np.ones(len(alone.y)), alone.y % 2])
    of = np.where(alone.group == 2, -1, alone.group)
    ratios, totals = ratios_by(items, below, of, 3, design), totals_by(items, of, 3, design)
    for domain in range(3):
        part = design.domain(of == domain)
        for at in range(2):
            for batch, verb in (
                (ratios, lambda part, at=at: ratio(items[at], below[at], part)),
                (totals, lambda part, at=at: total(items[at], part)),
            ):
                try:
                    one = estimate(verb(part), part)
                except DesignError:
                    with pytest.raises(DesignError):
                        estimate(verb(part), part)
                    assert not batch.estimates.n_positive[at, domain] or np.isnan(batch.estimates.variance[at, domain])
                    continue
                expected = one if kind != "replicates" else replace(one, n_psu=0)
                same(batch, at, domain, expected)


def table_of(design: SurveyDesign, codes: Any, leaf: Any, leaves: int, measures: list[Measure]) -> Estimates:
    answers = Answers(codes, np.arange(6) >= 4, np.array([np.nan, 1, 2, 3, 4, 5]))
    table = accumulate(design, answers, [leaf], np.zeros(len(codes), dtype=int), leaves)
    groupings = [Grouping(np.arange(leaves), leaves), Grouping(np.zeros(leaves, dtype=int), 1)]
    return estimate_all(table, groupings, measures)


MEASURES = [
    Measure("share", Ratio((0,))), Measure("score", Ratio((0,))), Measure("share", Ratio((0, 1))),
    Measure("share", Mean((Ratio((0,)), Ratio((1,))), (1.0, 2.0))),
]


@some
@given(samples(), st.lists(st.sampled_from([0.0, 1.0, 2.0]), min_size=80, max_size=80))
def test_in_a_batch_whatever_has_no_estimate_is_a_null_that_says_why(sample: Sample, weights: list[float]):
    """Weights of 0, missing answers, empty units, single PSUs: what is NaN is counted as such."""
    w = np.array(weights[: len(sample.y)])
    design = sample.design(ids=[sample.psu], fpc=None, weights=w)
    first = np.nan_to_num(sample.y).astype(np.uint8)
    found = table_of(design, np.array([first, first[::-1]]), np.where(sample.group == 2, -1, sample.group), 4, MEASURES)
    empty = np.isnan(found.value)
    assert ((found.n_positive == 0) == empty).all()  # n and n_positive are the flags of an empty unit
    assert (np.isnan(found.variance) == empty).all()
    own, whole = found.of(np.arange(4)), found.of(np.full(4, 4))
    shares = np.array([True, False, True, True])
    seen = evidence(own, (whole,), shares)
    assert not (seen.pooled & np.isnan(own.value)).any()
    for rows, single in ((np.array([0]), True), (np.array([2, 3]), False)):
        low, high = share_interval(own.rows(rows), seen.rows(rows), "korn_graubard" if single else "wilson", 0.95,
                                   single=single)
        assert (np.isnan(low) == np.isnan(own.value[rows])).all()  # a share with answers always has an interval
        assert (np.isnan(high) == np.isnan(low)).all()
    low, high = score_interval(own.rows(np.array([1])), seen.rows(np.array([1])), 0.95, (1.0, 5.0))
    silent = np.isnan(low) & ~np.isnan(own.value[1]) & ~seen.unknown[1] & ~(seen.variance[1] == 0)
    assert not silent.any()  # a score without an interval says that nothing is known of its variance
    assert (verdict(low, high, np.full(low.shape, 3.0), np.ones(low.shape, dtype=bool))[np.isnan(low)] == 0).all()


# ---------------------------------------------------------------- refusals

def good(**changes: Any) -> SurveyDesign:
    """Two strata of two PSUs of two persons."""
    given: dict[str, Any] = {
        "ids": [np.repeat([1, 2, 3, 4], 2)], "strata": [np.repeat(["A", "B"], 4)], "weights": np.ones(8),
        "fpc": [np.repeat([10.0, 20.0], 4)], **changes,
    }
    return SurveyDesign(**given)


NAN = np.where(np.arange(8) == 3, np.nan, 1.0)
BAD_DESIGNS: dict[str, dict[str, Any]] = {
    "NaN weights": {"weights": NAN}, "infinite weights": {"weights": np.where(np.arange(8) == 3, np.inf, 1.0)},
    "negative weights": {"weights": np.where(np.arange(8) == 3, -1.0, 1.0)},
    "weights as text": {"weights": np.array(["a"] * 8)},
    "negative fpc": {"fpc": [np.repeat([-10.0, 20.0], 4)]}, "fpc of 0": {"fpc": [np.repeat([0.0, 20.0], 4)]},
    "more sampled than there are": {"fpc": [np.repeat([1.5, 20.0], 4)]},
    "fpc that varies in its stratum": {"fpc": [np.array([10, 10, 11, 11, 20, 20, 20, 20.0])]},
    "one PSU": {"ids": [np.zeros(8)], "strata": None, "fpc": None, "lonely_psu": "fail"},
    "a stratum of one PSU": {"ids": [np.repeat([1, 1, 3, 4], 2)], "lonely_psu": "fail"},
    "no rows": {"ids": [np.array([])], "strata": None, "weights": None, "fpc": None},
    "too few weights": {"weights": np.ones(7)}, "too few strata": {"strata": [np.ones(7)]},
    "too few fpc": {"fpc": [np.ones(9)]}, "a table of weights": {"weights": np.ones((8, 2))},
    "a PSU without a label": {"ids": [np.array([1, 1, None, 2, 3, 3, 4, 4], dtype=object)]},
    "a PSU in two strata": {"ids": [np.tile([1, 2], 4)], "nest": False},
    "more stages of fpc than of ids": {"fpc": [np.repeat([10.0, 20.0], 4)] * 2},
}


@pytest.mark.parametrize("wrong", BAD_DESIGNS.values(), ids=BAD_DESIGNS)
def test_a_design_that_cannot_be_is_refused(wrong: dict[str, Any]):
    with pytest.raises(DesignError):
        good(**wrong)


Y = np.array([1.0, 2, 3, 4, 5, 4, 3, 2])
EMPTY = np.full(8, np.nan)
BAD_CALLS: dict[str, Callable[[], object]] = {
    "all answers missing": lambda: mean(EMPTY, good()),
    "an empty domain": lambda: mean(Y, good().domain(np.zeros(8, dtype=bool))),
    "only answers without weight": lambda: mean(np.where(Y > 2, Y, np.nan), good(weights=(Y <= 2) * 1.0)),
    "too few answers": lambda: mean(Y[:7], good()), "too many answers": lambda: mean(np.ones(9), good()),
    "a domain of another length": lambda: good().domain(np.ones(7, dtype=bool)),
    "a total of nobody": lambda: total(EMPTY, good()),
    "a ratio over nothing": lambda: ratio(Y, np.zeros(8), good()),
    "a ratio of two lengths": lambda: ratio(Y, np.ones(7), good()),
    "quantiles of nobody": lambda: quantile(EMPTY, good()),
    "a quantile beyond 1": lambda: quantile(Y, good(), [1.5]),
    "pooled answers of nobody": lambda: pooled_mean(np.array([EMPTY, EMPTY]), good()),
    "one PSU in all": lambda: estimate(mean(Y, one_psu()), one_psu()),
    "an interval of no share": lambda: proportion_interval(mean(Y, good()), good()),
    "a test without variance": lambda: t_test(np.ones(8), good()),
    "a test of two groups that are one": lambda: two_sample_t_test(Y, np.ones(8), good()),
    "a test in an empty domain": lambda: t_test(EMPTY, good()),
    "a regression on nobody": lambda: linear(EMPTY, {"x": Y}, good()),
    "a regression of another length": lambda: linear(Y[:7], {"x": Y}, good()),
    "margins the sample has no rows for": lambda: post_stratify(good(), {"g": np.repeat(["a", "b"], 4)}, {"c": 10.0}),
    "margins of another length": lambda: post_stratify(good(), {"g": np.repeat(["a", "b"], 3)}, {"a": 5.0, "b": 5.0}),
    "a partition of another length": lambda: ratios_by([Y], [Y], np.zeros(7), 1, good()),
    "a domain beyond the partition": lambda: totals_by([Y], np.full(8, 2), 2, good()),
    "a contrast of another length": lambda: contrast([mean(Y, good())], [1.0, -1.0]),
}


def one_psu() -> SurveyDesign:
    return good(ids=[np.zeros(8)], strata=None, fpc=None, lonely_psu="certainty").with_lonely("fail")


@pytest.mark.parametrize("call", BAD_CALLS.values(), ids=BAD_CALLS)
def test_a_single_call_that_has_no_answer_is_refused(call: Callable[[], object]):
    with pytest.raises(DesignError):
        call()
