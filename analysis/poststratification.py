"""Post-stratification: the weights of each cell of the population made to add up to its known size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.arrays import Floats, Ints, sums_by
from analysis.margins import CalibrationError, Cells, Totals, classify
from analysis.reweighting import AnyDesign, reweight


@dataclass(frozen=True, eq=False)
class PostStrata:
    """A post-stratification as the variance sees it.

    before, weights: (n,) weights before and after
    of: (n,) cell of each row, -1 outside
    cells: how many there are
    """

    before: Floats
    weights: Floats
    of: Ints
    cells: int

    def residual(self, z: Floats) -> Floats:
        """(n, k) less, in each cell, the mean of z / weights, weighted by the weights before.

        Source: Särndal, Swensson & Wretman (1992), sec. 7.6; the reference program's order.
        """
        live = (self.of >= 0) & (self.weights != 0)
        of, after, before = self.of[live], self.weights[live], self.before[live]
        size = sums_by(of, before, self.cells)
        residual = z.copy()
        for column in range(z.shape[1]):
            means = sums_by(of, before * z[live, column] / after, self.cells) / size
            residual[live, column] -= after * means[of]
        return residual


def post_stratify(design: AnyDesign, variables: Mapping[str, npt.ArrayLike], totals: Totals) -> AnyDesign:
    """The design with weights that add up to the population's size in every cell of the variables.

    variables: name -> (n,) labels (text, numbers or objects; None and NaN are missing)
    totals: label -> persons for one variable; tuple of labels, in the order of the variables -> persons for several
    A replicate design is post-stratified in every replicate; the variance of a SurveyDesign uses residuals from
    the cell means. Only the rows of the design's domain are touched.
    Raises CalibrationError (a cell without a row, a row without a cell, missing labels), ShapeError.
    Source: Holt & Smith (1979), JRSS A 142, 33-46.
    Example: post_stratify(design, {"sex": sex}, {"nam": 17542, "nu": 19781})
    """
    cells = classify(variables, totals, design.rows, design.weights)

    def adjust(before: Floats) -> PostStrata:
        return PostStrata(before, _fitted(before, cells), cells.of, len(cells.totals))

    return reweight(design, lambda before: _fitted(before, cells), adjust)


def _fitted(weights: Floats, cells: Cells) -> Floats:
    found = cells.sums(weights)
    if (empty := np.flatnonzero(found <= 0)).size:
        cell = int(empty[0])
        raise CalibrationError(
            f"{cells.name(cell)}: {cells.totals[cell]:.10g} persons expected, found a sum of weights of "
            f"{found[cell]:.10g}; merge the cell with another"
        )
    return np.where(cells.inside, weights * (cells.totals / found)[cells.of], weights)
