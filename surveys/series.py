"""One series of a wave's answers (official, or monitoring) -> estimates and intervals for every unit and measure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.cells import Answers, accumulate
from analysis.domains import Estimates, estimate_all
from analysis.intervals import t_interval, verdict
from analysis.measures import Contrast, Mean, Measure, Ratio
from analysis.pooling import FEW_PSUS, Evidence, Method, evidence, score_interval, share_interval
from surveys import targets
from surveys import weights as weighting
from surveys.dataset import NOT_APPLICABLE_VALUE, VALUES, Dataset
from surveys.domains import Layout
from surveys.indexes.model import IndexDefinition, IntervalRule
from surveys.measures import PLACES, Measured
from surveys.units import UnitTree
from surveys.waves import Wave

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

METHODS: Mapping[str, Method] = {
    "korn_graubard_hybrid": "korn_graubard", "korn_graubard_pooled": "korn_graubard", "wilson": "wilson",
    "wilson_pooled": "wilson", "logit": "logit", "t": "t",
}
"""interval rule of an index definition -> method; 'hybrid' and 'pooled' differ in `single`"""
POPULATION, COUNT_MISSING, FPC_IGNORED = 1 << 8, 1 << 9, 1 << 10
"""circumstances of an answer, as bits above those of its basis (1 << basis)"""


@dataclass(frozen=True, eq=False)
class Frame:
    """What every series of one wave shares."""

    wave: Wave
    tree: UnitTree
    layout: Layout
    index: IndexDefinition
    measured: Measured
    response_rate: Mapping[str, float]
    """unit code -> slips that came back over slips given out, where any were"""

    @property
    def shares(self) -> Bools:
        """(measures,) False for mean scores."""
        return np.array([named.share for named in self.measured.named])

    @property
    def extremes(self) -> tuple[float, float]:
        """Lowest and highest points of the scale."""
        return min(self.index.scores.values()), max(self.index.scores.values())


@dataclass(frozen=True, eq=False)
class Series:
    """Arrays (measures, units); marks: (units,) bits of the answers of each unit and those below it."""

    own: Estimates
    seen: Evidence
    low: Floats
    high: Floats
    target: Floats
    verdict: Ints
    marks: Ints


def estimated(frame: Frame, data: Dataset, populations: Mapping[int, int]) -> Series:
    """The estimates of one series; without answers every value is NaN.

    populations: unit id -> dossiers of the period.
    """
    layout, named = frame.layout, frame.measured.named
    if not len(data):
        blank = Estimates.blank(len(named), len(layout.units))
        return _with_intervals(frame, blank, (blank,), np.zeros(len(layout.units), dtype=np.int64))
    weights = weighting.weights(data, frame.tree, populations)
    drawn = weighting.design(data, weights.value)
    places = _places(layout, data)
    place_of_item = _place_of_item(frame.measured, places)
    table = accumulate(drawn.design, _answers(frame, data), places, place_of_item, len(layout.units))
    found = estimate_all(table, layout.groupings, [one.measure for one in named])
    pools = found.of(layout.pool), found.of(np.full_like(layout.domain, layout.domain[0]))
    marks = (1 << data.basis) | np.where(weights.from_population, POPULATION, 0)
    marks |= np.where(weights.count_missing, COUNT_MISSING, 0) | np.where(drawn.fpc_ignored, FPC_IGNORED, 0)
    return _with_intervals(frame, found.of(layout.domain), pools, _marks(layout, places, marks))


def _places(layout: Layout, data: Dataset) -> list[Ints]:
    """Where each answer was received and, unless that is the same throughout, where it was handled."""
    received = layout.places(data.cells.received_at)[data.cell]
    handled = layout.places(data.cells.handled_by)[data.cell]
    return [received] if (received == handled).all() else [received, handled]


def _place_of_item(measured: Measured, places: list[Ints]) -> list[int]:
    return [0 if len(places) == 1 else PLACES.index(whom) for whom in measured.attribution]


@dataclass(frozen=True, eq=False)
class Differences:
    """What the shares under one index are above those under another, of the same answers.

    names: of the measures that both have; value, se, low, high: (measures, units), NaN where nothing can be said
    """

    names: tuple[str, ...]
    value: Floats
    se: Floats
    low: Floats
    high: Floats


def differences(frame: Frame, other: Frame, data: Dataset, populations: Mapping[int, int], level: float) -> Differences:
    """One estimate per difference: its variance knows that both figures come from the same answers.

    frame, other: of one wave, under two indexes. Where fewer than FEW_PSUS sampling units answered, the variance
    says little and there is no interval.
    """
    layout = frame.layout
    theirs = {one.name: one for one in other.measured.named if one.share}
    common = [(one, theirs[one.name]) for one in frame.measured.named if one.share and one.name in theirs]
    names = tuple(one.name for one, _ in common)
    if not len(data) or not common:
        blank = np.full((len(names), len(layout.units)), np.nan)
        return Differences(names, blank, blank, blank, blank)
    weights = weighting.weights(data, frame.tree, populations)
    places = _places(layout, data)
    of_item = _place_of_item(frame.measured, places) + _place_of_item(other.measured, places)
    both = _side_by_side(_answers(frame, data), _answers(other, data))
    table = accumulate(weighting.design(data, weights.value).design, both, places, of_item, len(layout.units))
    start = len(frame.measured.items)
    measures = [Measure("share", Contrast(one.of, _shifted(same.of, start))) for one, same in common]
    found = estimate_all(table, layout.groupings, measures).of(layout.domain)
    se = np.sqrt(np.where(found.n_psu >= FEW_PSUS, found.variance, np.nan))
    low, high = t_interval(found.value, se, found.df.astype(np.float64), level)
    return Differences(names, found.value, se, low, high)


def _side_by_side(one: Answers, other: Answers) -> Answers:
    """The items of both, those of the second with codes of their own, because they count differently."""
    above = len(one.satisfied) - 1
    moved = np.where(other.codes > 0, other.codes.astype(np.int64) + above, 0)
    return Answers(
        codes=np.concatenate([one.codes, moved.astype(np.uint8)]),
        satisfied=np.concatenate([one.satisfied, other.satisfied[1:]]),
        points=np.concatenate([one.points, other.points[1:]]),
    )


def _shifted(of: Ratio | Mean, by: int) -> Ratio | Mean:
    if isinstance(of, Ratio):
        return Ratio(tuple(item + by for item in of.items))
    return Mean(tuple(_shifted(part, by) for part in of.parts), of.weights)


def _answers(frame: Frame, data: Dataset) -> Answers:
    """Codes of the index's items: 0 for no valid answer, else the option; 'not my case' as the index says."""
    index = frame.index
    options = sorted({code for name in data.codebook for code in data.codebook[name].question.codes})
    codes = {code: place for place, code in enumerate(options, start=1)}
    translate = np.zeros(256, dtype=np.uint8)
    for code, place in codes.items():
        translate[VALUES[code]] = place
    if index.not_applicable == "not_satisfied":
        translate[NOT_APPLICABLE_VALUE] = len(options) + 1
    return Answers(
        codes=np.array([translate[data.columns[item]] for item in frame.measured.items]),
        satisfied=np.array([False, *(code in index.satisfied for code in options), False]),
        points=np.array([np.nan, *(index.scores.get(code, np.nan) for code in options), np.nan]),
    )


def _marks(layout: Layout, places: list[Ints], of_answer: Ints) -> Ints:
    own = np.zeros(len(layout.units), dtype=np.int64)
    for place in places:
        inside = place >= 0
        np.bitwise_or.at(own, place[inside], of_answer[inside])
    return layout.spread_up(own)


def _with_intervals(frame: Frame, own: Estimates, pools: tuple[Estimates, ...], marks: Ints) -> Series:
    shares, level = frame.shares, frame.index.interval.level
    seen = evidence(own, pools, shares)
    low, high = score_interval(own, seen, level, frame.extremes)
    for method, single, rows in _interval_rules(frame):
        limits = share_interval(own.rows(rows), seen.rows(rows), method, level, single=single)
        low[rows], high[rows] = limits
    target, strict = _targets(frame)
    found = verdict(low, high, target[:, None], strict[:, None])
    return Series(own, seen, low, high, target, found, marks)


def _interval_rules(frame: Frame) -> list[tuple[Method, bool, Ints]]:
    """(method, one answer per respondent, numbers of the measures) for shares of items and of pooled answers."""
    rule: IntervalRule = frame.index.interval
    named = frame.measured.named
    single = [at for at, one in enumerate(named) if one.share and one.measure.single]
    pooled = [at for at, one in enumerate(named) if one.share and not one.measure.single]
    return [
        (METHODS[rule.item], True, np.array(single, dtype=np.int64)),
        (METHODS[rule.pooled], False, np.array(pooled, dtype=np.int64)),
    ]


def _targets(frame: Frame) -> tuple[Floats, Bools]:
    """(measures,) target, NaN where there is none, and whether it is strict ('>')."""
    goals = [targets.goal(frame.wave, frame.index, one.name) for one in frame.measured.named]
    value = [np.nan if goal is None else goal.value for goal in goals]
    return np.array(value), np.array([goal is not None and goal.operator == ">" for goal in goals])
