"""Variance of any linearised estimate: PSUs within strata, with fpc, domains keeping the whole design.

One engine, two doors: `variance` for one estimate given row by row, `Clusters` for many domains whose PSU
totals are known already (see cells.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.arrays import Floats, Ints, counts_by, sums_by
from analysis.design import Stage, SurveyDesign
from analysis.estimators import Linearised

NOISE = 1e-12
"""a standard error below this share of the values' scale is rounding around an exact 0"""


@dataclass(frozen=True, eq=False)
class Clusters:
    """Which PSUs have rows in which domain: pairs (PSU, domain), a PSU may stand in several domains.

    of: (pairs,) cell of each pair; a cell is a stratum seen through a domain
    stratum, domain: (cells,)
    present: (cells,) pairs of the cell; the stratum's other PSUs have a total of 0 in this domain
    """

    stage: Stage
    of: Ints
    stratum: Ints
    domain: Ints
    present: Ints
    domains: int

    @classmethod
    def build(cls, stage: Stage, psu: Ints, domain: Ints, domains: int) -> Clusters:
        """psu, domain: (pairs,)."""
        strata = len(stage.sampled)
        keys, of = np.unique(domain * strata + stage.stratum[psu], return_inverse=True)
        present = counts_by(of, len(keys))
        return cls(stage, of.astype(np.int64), keys % strata, keys // strata, present, domains)

    def variance(self, totals: Floats) -> Floats:
        """(domains,) variance of the sum of all PSU totals of each domain.

        totals: (pairs,) linearised PSU totals. For each stratum: factor times the sum of squares around the
        mean over all its PSUs, those without rows in the domain being 0. The squares are of centred totals,
        because sums of raw squares lose their digits when a share is near constant.
        Source: Särndal, Swensson & Wretman (1992), sec. 4.3, 4.5.
        """
        sampled = self.stage.sampled[self.stratum]
        mean = sums_by(self.of, totals, len(sampled)) / sampled
        squares = sums_by(self.of, (totals - mean[self.of]) ** 2, len(sampled))
        squares += (sampled - self.present) * mean**2
        return sums_by(self.domain, self.stage.factor[self.stratum] * squares, self.domains)


@dataclass(frozen=True)
class Variance:
    """value; lonely: strata with a single PSU that the domain touches and that contributed 0."""

    value: float
    lonely: tuple[int, ...]


def variance(estimate: Linearised, design: SurveyDesign) -> Variance:
    """Variance of one estimate. Strata are named by their dense number in the design."""
    stage = design.stages[0]
    totals = sums_by(stage.unit, estimate.influence, len(stage.stratum))
    psus = np.arange(len(stage.stratum))
    clusters = Clusters.build(stage, psus, np.zeros_like(psus), 1)
    touched = np.unique(stage.stratum[np.unique(stage.unit[estimate.answered])])
    lonely = tuple(int(stratum) for stratum in touched[stage.lonely[touched]])
    return Variance(float(clusters.variance(totals)[0]), lonely)
