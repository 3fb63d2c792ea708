"""Ratios and totals of many items for every domain of a partition, in one pass over the rows.

What `estimators.ratio` and `estimators.total` give for one domain after the other, for numbers of any kind. Where a
PSU table can be kept (`cells`), `domains.estimate_all` needs no rows at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import nan

import numpy as np
import numpy.typing as npt

from analysis.arrays import Bools, Floats, Ints, counts_by, sums_by
from analysis.design import DesignError, LonelyPsuError, ShapeError, SurveyDesign
from analysis.domains import Estimates
from analysis.estimate import degrees_of_freedom, simple_variance
from analysis.estimators import Design, Linearised, ratio, total
from analysis.variance import NOISE, Clusters, variance


@dataclass(frozen=True, eq=False)
class Partitioned:
    """estimates: arrays (items, domains), NaN and n = 0 where nobody answered; weight: (items, domains) sum of the
    weights of the rows that count."""

    estimates: Estimates
    weight: Floats


def ratios_by(
    numerator: npt.ArrayLike, denominator: npt.ArrayLike, of: npt.ArrayLike, domains: int, design: Design
) -> Partitioned:
    """The ratio of two weighted totals in every domain.

    numerator, denominator: (items, n) as for `estimators.ratio`; a mean has a denominator of 1
    of: (n,) domain 0..domains-1, -1: in none. Rows outside the design's own domain are in none either.
    A domain without answers, or whose rule for single PSUs leaves no variance, has NaN there; nothing is raised
    for it. Raises ShapeError.
    """
    above, below = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    return _partitioned(above, below, of, domains, design)


def totals_by(y: npt.ArrayLike, of: npt.ArrayLike, domains: int, design: Design) -> Partitioned:
    """The weighted total of y, (items, n), in every domain; otherwise as `ratios_by`."""
    return _partitioned(np.asarray(y, dtype=np.float64), None, of, domains, design)


def _partitioned(
    above: Floats, below: Floats | None, of: npt.ArrayLike, domains: int, design: Design
) -> Partitioned:
    place = np.asarray(of, dtype=np.int64)
    for name, values in (("numerator", above), ("denominator", above if below is None else below)):
        if values.ndim != 2 or values.shape[1:] != design.weights.shape:
            raise ShapeError(f"{name}: items and {len(design)} values of each expected, found {values.shape}")
    if place.shape != design.weights.shape or place.max(initial=-1) >= domains:
        raise ShapeError(f"a domain from -1 to {domains - 1} for each of {len(design)} rows expected")
    place = np.where(design.rows, place, -1)
    out = Partitioned(Estimates.blank(len(above), domains), np.zeros((len(above), domains)))
    if isinstance(design, SurveyDesign) and _at_once(design):
        stages = [_Pairs.build(design, number, place, domains) for number in range(len(design.counted_stages))]
        for at, top in enumerate(above):
            _Item(top, None if below is None else below[at], place, domains, design).write(out, at, stages)
    else:
        for at, top in enumerate(above):
            for domain in np.unique(place[place >= 0]).tolist():
                _write_one(out, at, domain, design.domain(place == domain), top, None if below is None else below[at])
    return out


def _at_once(design: SurveyDesign) -> bool:
    """Residuals of a calibration tie all rows together, and 'average' at later stages averages within units."""
    return not design.adjustments and not (design.lonely_psu == "average" and len(design.counted_stages) > 1)


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Which units of a stage have rows in which domain. inside: (m,) rows in some domain; pair: (m,)"""

    number: int
    inside: Ints
    pair: Ints
    unit: Ints
    domain: Ints

    @classmethod
    def build(cls, design: SurveyDesign, number: int, place: Ints, domains: int) -> _Pairs:
        stage = design.counted_stages[number]
        inside = np.flatnonzero(place >= 0)
        units = len(stage.stratum)
        keys, pair = np.unique(place[inside] * units + stage.unit[inside], return_inverse=True)
        return cls(number, inside, pair.astype(np.int64), keys % units, keys // units)


class _Item:
    """One item: its values, and what each row adds to the estimate of its domain."""

    def __init__(self, top: Floats, bottom: Floats | None, place: Ints, domains: int, design: SurveyDesign) -> None:
        base = np.ones(len(top)) if bottom is None else bottom
        self.kept = (place >= 0) & np.isfinite(top) & np.isfinite(base)
        self.counts = self.kept & (base != 0)
        self.design, self.domains, self.place = design, domains, np.where(self.kept, place, 0)
        above, below = np.where(self.kept, top, 0.0), np.where(self.kept, base, 0.0)
        w = np.where(self.kept, design.weights, 0.0)
        if bottom is None:
            self.value = sums_by(self.place, w * above, domains)
            self.value[counts_by(self.place[self.counts], domains) == 0] = nan
            self.moved = above
        else:
            whole = sums_by(self.place, w * below, domains)
            usable = whole != 0
            self.value = np.full(domains, nan)
            np.divide(sums_by(self.place, w * above, domains), whole, out=self.value, where=usable)
            residual = above - np.where(usable, self.value, 0.0)[self.place] * below
            self.moved = residual / np.where(usable, whole, 1.0)[self.place]
        self.influence = w * self.moved

    def write(self, out: Partitioned, at: int, stages: list[_Pairs]) -> None:
        found, weights = out.estimates, self.design.weights
        positive = self.counts & (weights != 0)
        n = counts_by(self.place[positive], self.domains)
        w, where = weights[positive], self.place[positive]
        whole, squares = sums_by(where, w, self.domains), sums_by(where, w**2, self.domains)
        found.value[at], found.n_positive[at] = self.value, n
        found.n[at] = counts_by(self.place[self.counts], self.domains)
        np.divide(n * squares, whole**2, out=found.kish[at], where=whole != 0)
        out.weight[at] = whole
        found.simple[at] = self._simple(w, where, self.moved[positive], whole, n)
        found.n_psu[at], found.df[at], found.lonely[at] = self._psus(stages[0], positive)
        spread = sum((self._variance(pairs) for pairs in stages), start=np.zeros(self.domains))
        noise = (NOISE * np.maximum(np.abs(self.value), 1.0)) ** 2
        spread[spread <= noise] = 0.0
        found.simple[at][~(found.simple[at] > noise)] = nan
        if self.design.lonely_psu == "fail":
            spread[found.lonely[at]] = nan
        if self.design.all_lonely:  # as `estimate.estimate` refuses it
            spread[:] = nan
        found.variance[at] = np.where(np.isnan(self.value), nan, spread)
        found.complete[at] = found.n[at] > 0

    def _simple(self, w: Floats, where: Ints, moved: Floats, whole: Floats, n: Ints) -> Floats:
        """As `estimate.simple_variance`."""
        middle = sums_by(where, w * moved, self.domains) / np.where(whole == 0, 1.0, whole)
        squares = sums_by(where, w * (moved - middle[where]) ** 2, self.domains)
        simple: Floats = np.where(n > 1, whole * squares / np.maximum(n - 1, 1), nan)
        return simple

    def _psus(self, pairs: _Pairs, positive: Bools) -> tuple[Ints, Ints, Bools]:
        stage = self.design.counted_stages[0]
        seen = counts_by(pairs.pair[positive[pairs.inside]], len(pairs.unit)) > 0
        stratum, domain = stage.stratum[pairs.unit[seen]], pairs.domain[seen]
        psus = counts_by(domain, self.domains)
        cells = np.unique(domain * len(stage.sampled) + stratum)
        alone = cells[stage.lonely[cells % len(stage.sampled)]]
        strata = counts_by(cells // len(stage.sampled), self.domains)
        return psus, psus - strata, counts_by(alone // len(stage.sampled), self.domains) > 0

    def _variance(self, pairs: _Pairs) -> Floats:
        stage, design = self.design.counted_stages[pairs.number], self.design
        present = counts_by(pairs.pair[self.kept[pairs.inside]], len(pairs.unit)) > 0
        totals = sums_by(pairs.pair, self.influence[pairs.inside], len(pairs.unit))
        clusters = Clusters.build(
            stage, pairs.unit[present], pairs.domain[present], self.domains, design.lonely_psu, design.domain_lonely
        )
        return clusters.variance(totals[present])


def _write_one(out: Partitioned, at: int, domain: int, design: Design, top: Floats, bottom: Floats | None) -> None:
    """One domain by the slow way, for designs whose rows hang together."""
    try:
        part = total(top, design) if bottom is None else ratio(top, bottom, design)
    except DesignError:
        return
    counted = part.answered & (design.weights != 0)
    w, found = design.weights[counted], out.estimates
    df, _, psus = degrees_of_freedom(part, design)
    found.value[at, domain], found.n[at, domain], found.n_positive[at, domain] = part.value, part.n, counted.sum()
    found.kish[at, domain] = counted.sum() * (w @ w) / w.sum() ** 2 if w.sum() else 1.0
    out.weight[at, domain] = w.sum()
    found.simple[at, domain] = simple_variance(part, design)
    found.n_psu[at, domain], found.df[at, domain] = psus or 0, df
    found.variance[at, domain], found.lonely[at, domain] = _spread(part, design)
    found.complete[at, domain] = True


def _spread(part: Linearised, design: Design) -> tuple[float, bool]:
    if isinstance(design, SurveyDesign) and design.all_lonely:
        return nan, True
    try:
        found = variance(part, design)
    except LonelyPsuError:
        return nan, True
    except DesignError:
        return nan, False
    noise = (NOISE * max(abs(part.value), 1.0)) ** 2
    return (0.0 if found.value <= noise else found.value), bool(found.lonely)
