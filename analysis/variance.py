"""Variance of any estimate: sampling units within strata at every stage, or replicate weights.

One engine, two doors: `covariance` for estimates given row by row, `Clusters` for many domains whose PSU totals
are known already (see cells.py). What a stratum contributes is decided in `Clusters` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats, Ints, counts_by, sums_by
from analysis.design import LonelyPsu, LonelyPsuError, ShapeError, Stage, SurveyDesign
from analysis.estimators import Design, Linearised, kept_rows
from analysis.replicates import ReplicateDesign, ReplicateError

NOISE = 1e-12
"""a standard error below this share of the values' scale is rounding around an exact 0"""


@dataclass(frozen=True, eq=False)
class Clusters:
    """Which units of one stage have rows in which group: pairs (unit, group), a unit may stand in several.

    A group is what is estimated by itself: a domain, and at later stages the unit above.
    of: (pairs,) cell of each pair; a cell is a stratum seen through a group
    stratum, domain: (cells,) the group is called `domain`
    present: (cells,) pairs of the cell; the stratum's other units have a total of 0 in this group
    factor: (cells,) what multiplies the cell's sum of squares; NaN where the design's rule leaves no variance
    centred: (cells,) squares are taken around the mean of the stratum's units, else around 0
    """

    stage: Stage
    of: Ints
    stratum: Ints
    domain: Ints
    present: Ints
    domains: int
    factor: Floats
    centred: Bools

    @classmethod
    def build(
        cls, stage: Stage, psu: Ints, domain: Ints, domains: int,
        lonely_psu: LonelyPsu = "certainty", domain_lonely: bool = False,
    ) -> Clusters:
        """psu, domain: (pairs,). The rules for single units: see `SurveyDesign`."""
        strata = len(stage.sampled)
        keys, of = np.unique(domain * strata + stage.stratum[psu], return_inverse=True)
        stratum, group = keys % strata, keys // strata
        present = counts_by(of, len(keys))
        alone = stage.lonely[stratum]
        factor, centred = (stage.factor * stage.share)[stratum], np.ones(len(keys), dtype=np.bool_)
        if domain_lonely:
            alone = alone | ((present == 1) & (stage.sampled[stratum] > 1) & (stage.factor[stratum] > 0))
        if lonely_psu == "adjust":
            centred = ~alone
        if lonely_psu == "average":
            every = counts_by(group, domains)
            seen = counts_by(group[~alone], domains)
            scale = np.divide(every, seen, out=np.full(domains, np.nan), where=seen > 0)
            factor = np.where(alone & (seen[group] > 0), 0.0, factor * scale[group])
            factor[stage.share[stratum] == 0] = 0.0
        return cls(stage, of.astype(np.int64), stratum, group, present, domains, factor, centred)

    def _middle(self, totals: Floats) -> Floats:
        """(cells,) what the squares of a cell are taken around."""
        mean: Floats = np.where(self.centred, sums_by(self.of, totals, len(self.stratum)), 0.0)
        return mean / self.stage.sampled[self.stratum]

    def variance(self, totals: Floats) -> Floats:
        """(domains,) variance of the sum of all totals of each group.

        totals: (pairs,) linearised unit totals. For each stratum: factor times the sum of squares around the
        mean over all its units, those without rows in the group being 0. The squares are of centred totals,
        because sums of raw squares lose their digits when a share is near constant.
        Source: Särndal, Swensson & Wretman (1992), sec. 4.3, 4.5.
        """
        mean = self._middle(totals)
        squares = sums_by(self.of, (totals - mean[self.of]) ** 2, len(mean))
        squares += (self.stage.sampled[self.stratum] - self.present) * mean**2
        return sums_by(self.domain, self.factor * squares, self.domains)

    def covariance(self, totals: Floats) -> Floats:
        """(k, k) the same for k estimates at once, summed over all groups. totals: (pairs, k)."""
        means = np.column_stack([self._middle(column) for column in totals.T])
        root = np.sqrt(self.factor)
        there = (totals - means[self.of]) * root[self.of, None]
        absent = means * (root * np.sqrt(self.stage.sampled[self.stratum] - self.present))[:, None]
        product: Floats = there.T @ there + absent.T @ absent
        return product


@dataclass(frozen=True)
class Variance:
    """
    value: NaN where the rule 'average' has no stratum to average
    lonely: first-stage strata with a single unit, of those the estimate touches, by their number in the design
    later: the same happened at a later stage
    """

    value: float
    lonely: tuple[int, ...] = ()
    later: bool = False


def covariance(parts: Sequence[Linearised], design: Design) -> Floats:
    """(k, k) covariance matrix of k estimates on one design; its diagonal holds their variances.

    NaN where the rule for single units leaves none (see `SurveyDesign`).
    Raises LonelyPsuError, ShapeError; ReplicateError when fewer than two replicates have every estimate.
    Source: Särndal, Swensson & Wretman (1992), sec. 4.3-4.4, 5.5; Wolter (2007) for replicates; with the
    conventions of R's survey package.
    """
    if not parts:
        return np.zeros((0, 0))
    if isinstance(design, ReplicateDesign):
        return _from_replicates(parts, design)
    if strange := {len(part.influence) for part in parts} - {len(design)}:
        raise ShapeError(f"estimates of a design of {len(design)} rows expected, found one of {min(strange)} rows")
    influence = np.column_stack([part.influence for part in parts])
    for adjustment in design.adjustments:
        influence = adjustment.residual(influence)
    kept = np.ones(len(design), dtype=np.bool_)
    if not design.adjustments:  # a calibration ties every row to every estimate
        kept = np.logical_or.reduce([kept_rows(part) for part in parts])
    whole = np.zeros((len(parts), len(parts)))
    for number, stage in enumerate(design.counted_stages):
        units = len(stage.stratum)
        seen = np.flatnonzero(counts_by(stage.unit[kept], units))
        totals = np.column_stack([sums_by(stage.unit, column, units)[seen] for column in influence.T])
        whole += _clusters(design, number, seen).covariance(totals)
    return whole


def _clusters(design: SurveyDesign, number: int, units: Ints) -> Clusters:
    """The units of a stage that have rows, grouped by the unit above."""
    stage = design.counted_stages[number]
    stratum = stage.stratum[units]
    if design.lonely_psu == "fail":
        alone = np.unique(stratum[stage.lonely[stratum] & (stage.share[stratum] > 0)])
        if alone.size:
            raise LonelyPsuError(design.lonely_message(number, int(alone[0]), len(alone)))
    return Clusters.build(
        stage, units, stage.parent[stratum], int(stage.parent.max()) + 1, design.lonely_psu, design.domain_lonely
    )


def variance(estimate: Linearised, design: Design) -> Variance:
    """Variance of one estimate, with what its value does not say. Errors as for `covariance`.

    Strata are named by their dense number in the design.
    """
    value = float(covariance([estimate], design)[0, 0])
    if isinstance(design, ReplicateDesign):
        return Variance(value)
    first, *later = (_touched_alone(stage, estimate.answered) for stage in design.counted_stages)
    return Variance(value, tuple(first.tolist()), any(alone.size for alone in later))


def _touched_alone(stage: Stage, answered: Bools) -> Ints:
    """Strata with a single unit of several, of those with an answer."""
    touched = np.unique(stage.stratum[np.unique(stage.unit[answered])])
    return touched[stage.lonely[touched] & (stage.share[touched] > 0)]


def _from_replicates(parts: Sequence[Linearised], design: ReplicateDesign) -> Floats:
    """scale * sum of rscales (theta_r - c)(theta_r - c)', over the replicates that have every estimate."""
    columns = [_replicates_of(part) for part in parts]
    if strange := {len(column) for column in columns} - {design.replicates}:
        raise ShapeError(f"estimates of {design.replicates} replicates expected, found one of {min(strange)}")
    theta = np.column_stack(columns)
    there = np.isfinite(theta).all(axis=1)
    spread, theta = design.rscales[there], theta[there]
    if (spread > 0).sum() < 2:
        raise ReplicateError(f"a variance needs 2 replicates with an estimate; found {int((spread > 0).sum())}")
    centre = np.array([part.value for part in parts]) if design.mse else theta[spread > 0].mean(axis=0)
    moved = (theta - centre) * np.sqrt(spread)[:, None]
    product: Floats = design.scale * (moved.T @ moved)
    return product


def _replicates_of(part: Linearised) -> Floats:
    if part.replicates is None:
        raise ReplicateError("an estimate of a replicate design expected, found one of a survey design")
    return part.replicates
