"""Raking: weights brought to several margins in turn until none of them moves any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.arrays import Bools, Floats, Ints, counts_by, sums_by
from analysis.feasibility import least_misfit
from analysis.margins import CalibrationError, Cells, Totals, classify, require_agreement
from analysis.reweighting import AnyDesign, reweight

PROJECTIONS = 10
"""rounds over the margins in the variance: the reference program's number, whatever the raking needed"""


@dataclass(frozen=True, eq=False)
class RakedMargins:
    """A raking as the variance sees it, on the table of all variables together.

    before, weights: (n,) weights before and after
    joint: (n,) cell of the table, -1 for rows without weights
    margins: for each margin the (table cells,) cell of the margin, the number of these, and the (table cells,)
        factor on the weights when this margin had been fitted for the last time
    """

    before: Floats
    weights: Floats
    joint: Ints
    margins: tuple[tuple[Ints, int, Floats], ...]

    def residual(self, z: Floats) -> Floats:
        """(n, k) after removing the cell means of z / weights margin by margin, ten times over.

        The reference program takes plain means of z / weights here, not weighted ones. Whatever is removed from a
        row is a number of its table cell times the weight before, so the rounds need only sums of that table.
        """
        live = self.joint >= 0
        joint, before = self.joint[live], self.before[live]
        rows = counts_by(joint, len(self.margins[0][0])).astype(np.float64)
        residual = z.copy()
        for column in range(z.shape[1]):
            sums = sums_by(joint, z[live, column] / before, len(rows))
            removed = np.zeros(len(rows))
            for _ in range(PROJECTIONS):
                for of, cells, factor in self.margins:
                    means = sums_by(of, (sums - rows * removed) / factor, cells) / sums_by(of, rows, cells)
                    removed = removed + factor * means[of]
            residual[live, column] -= before * removed[joint]
        return residual


def rake(
    design: AnyDesign, variables: Mapping[str, npt.ArrayLike], margins: Mapping[str | tuple[str, ...], Totals],
    *, maxit: int = 200, epsilon: float = 1e-10,
) -> AnyDesign:
    """The design with weights that reproduce every margin (iterative proportional fitting).

    variables: name -> (n,) labels
    margins: name of a variable, or tuple of names for a crossed margin -> totals as in `post_stratify`; they are
        fitted in this order
    maxit: sweeps over the margins. epsilon: stop when a sweep changes no cell of the table of all variables by
        more than this; below 1 it is a share of the sum of weights, else a number of persons
    A replicate design is raked in every replicate, with as many sweeps as the full sample and more where a
    replicate needs them.
    Raises CalibrationError: as `post_stratify`, for margins that disagree in total, and when the sweeps do not
    arrive (never the last one as if it had); ShapeError.
    Source: Deming & Stephan (1940), Ann. Math. Stat. 11, 427-444; stopping rule and variance of the reference
    program.
    Example: rake(design, {"sex": sex, "age": age}, {"sex": {"nam": 17542, "nu": 19781}, "age": {...}})
    """
    if maxit < 1 or not epsilon > 0:
        raise CalibrationError(f"at least one sweep and an epsilon above 0 expected, found {maxit} and {epsilon:g}")
    every = _cells(design, variables, margins)
    tolerance = epsilon * float(design.weights[design.rows].sum()) if epsilon < 1 else epsilon
    table = _Table.build(every)
    whole = table.rake(design.weights, tolerance, maxit, 1)

    def fit(before: Floats) -> Floats:
        return table.spread(before, table.rake(before, tolerance, maxit, whole.sweeps).steps[-1])

    def adjust(before: Floats) -> RakedMargins:
        return table.adjustment(before, whole.steps)

    return reweight(design, fit, adjust)


def _cells(
    design: AnyDesign, variables: Mapping[str, npt.ArrayLike], margins: Mapping[str | tuple[str, ...], Totals]
) -> list[Cells]:
    if not margins:
        raise CalibrationError("at least one margin expected, found none")
    every: list[Cells] = []
    for key, totals in margins.items():
        names = key if isinstance(key, tuple) else (key,)
        if unknown := [name for name in names if name not in variables]:
            raise CalibrationError(f"margin {key!r}: one of {list(variables)} expected, found {unknown[0]!r}")
        every.append(classify({name: variables[name] for name in names}, totals, design.rows, design.weights))
    require_agreement({f"margin {' x '.join(cells.names)}": float(cells.totals.sum()) for cells in every}, "margins")
    return every


@dataclass(frozen=True, eq=False)
class _Raked:
    """steps: per margin the (table cells,) factor on the weights after it was fitted in the last sweep."""

    steps: list[Floats]
    sweeps: int


@dataclass(frozen=True, eq=False)
class _Table:
    """The table of all variables together: within one of its cells every weight gets the same factor.

    margins: their cells; of: for each margin the margin's cell of each table cell
    inside: (n,) rows in the table; joint: table cell of each such row
    """

    margins: list[Cells]
    of: list[Ints]
    inside: Bools
    joint: Ints

    @classmethod
    def build(cls, margins: list[Cells]) -> _Table:
        inside = np.logical_and.reduce([cells.inside for cells in margins])
        joint = np.zeros(int(inside.sum()), dtype=np.int64)
        for cells in margins:
            _, joint = np.unique(joint * len(cells.totals) + cells.of[inside], return_inverse=True)
        _, first = np.unique(joint, return_index=True)
        return cls(margins, [cells.of[inside][first] for cells in margins], inside, joint)

    def spread(self, before: Floats, factor: Floats) -> Floats:
        """(n,) weights times the factor of their cell."""
        after = before.copy()
        after[self.inside] *= factor[self.joint]
        return after

    def adjustment(self, before: Floats, steps: list[Floats]) -> RakedMargins:
        """Rows without a weight, and table cells without such rows, do not enter the variance."""
        live = self.inside & (before != 0)
        seen, number = np.unique(self.joint[live[self.inside]], return_inverse=True)
        joint = np.full(len(before), -1, dtype=np.int64)
        joint[live] = number
        parts = zip(self.of, self.margins, steps, strict=True)
        margins = tuple((of[seen], len(cells.totals), factor[seen]) for of, cells, factor in parts)
        return RakedMargins(before, self.spread(before, steps[-1]), joint, margins)

    def rake(self, before: Floats, tolerance: float, maxit: int, at_least: int) -> _Raked:
        """tolerance: persons; at_least: sweeps. Raises CalibrationError."""
        start = sums_by(self.joint, before[self.inside], len(self.of[0]))
        factor, table, moved = np.ones(len(start)), start, np.inf
        for sweep in range(1, maxit + 1):
            steps = []
            for cells, of in zip(self.margins, self.of, strict=True):
                factor = factor * self._ratio(cells, of, start * factor)[of]
                steps.append(factor)
            moved, table = float(np.abs(table - start * factor).max()), start * factor
            if moved < tolerance and sweep >= at_least:
                self._require_arrival(start, table, tolerance)
                return _Raked(steps, sweep)
        raise CalibrationError(
            f"raking did not arrive in {maxit} sweeps: the last one still moved {moved:.3g} persons, less than "
            f"{tolerance:.3g} expected; {self._explain(start, table)}"
        )

    def _ratio(self, cells: Cells, of: Ints, table: Floats) -> Floats:
        found = sums_by(of, table, len(cells.totals))
        if (empty := np.flatnonzero(found <= 0)).size:
            cell = int(empty[0])
            raise CalibrationError(
                f"margin {cells.name(cell)}: {cells.totals[cell]:.10g} persons expected, found a sum of weights of "
                f"{found[cell]:.10g}; merge the cell with another"
            )
        return cells.totals / found

    def _misfits(self, table: Floats) -> list[Floats]:
        pairs = zip(self.margins, self.of, strict=True)
        return [sums_by(of, table, len(cells.totals)) - cells.totals for cells, of in pairs]

    def _require_arrival(self, start: Floats, table: Floats, tolerance: float) -> None:
        """Margins that contradict each other through empty cells make the sweeps go round in a circle: the table
        stands still from sweep to sweep and yet fits only the last margin."""
        far = max(float(np.abs(misfit).max()) for misfit in self._misfits(table)) > 10 * tolerance
        if far and (contradiction := self._contradiction(start)):
            raise CalibrationError(contradiction)

    def _contradiction(self, start: Floats) -> str | None:
        pairs = zip(self.margins, self.of, strict=True)
        matrix = np.vstack([of == np.arange(len(cells.totals))[:, None] for cells, of in pairs]).astype(np.float64)
        totals = np.concatenate([cells.totals for cells in self.margins])
        live = start > 0
        misfit = least_misfit(matrix[:, live], totals, 0.0, np.inf)
        if misfit is None or np.abs(misfit).max() <= 1e-7 * totals.max():
            return None
        names = [cells.name(cell) for cells in self.margins for cell in range(len(cells.totals))]
        at = int(np.abs(misfit).argmax())
        return (
            f"no weights fit all margins, because combinations of them have no row: {names[at]} expects "
            f"{totals[at]:.10g} persons, {totals[at] - misfit[at]:.10g} is the nearest found"
        )

    def _explain(self, start: Floats, table: Floats) -> str:
        if contradiction := self._contradiction(start):
            return contradiction
        misfits = self._misfits(table)
        margin = int(np.argmax([np.abs(misfit).max() for misfit in misfits]))
        cells, misfit = self.margins[margin], misfits[margin]
        cell = int(np.abs(misfit).argmax())
        return (
            f"margin {cells.name(cell)}: {cells.totals[cell]:.10g} persons expected, "
            f"{cells.totals[cell] + misfit[cell]:.10g} found"
        )
