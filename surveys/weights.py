"""Which weight an answer has, and which design it was drawn by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.design import SurveyDesign
from surveys.dataset import Dataset
from surveys.units import UnitTree

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Weights:
    """
    value: (n,) persons (dossiers) each answer stands for
    from_population: (n,) no weight was given; the unit's count divided by its answers
    count_missing: (n,) no weight was given, and the wave counts dossiers, but not of this answer's unit
    """

    value: Floats
    from_population: Bools
    count_missing: Bools


def weights(data: Dataset, tree: UnitTree, populations: Mapping[int, int]) -> Weights:
    """The weights of one series of answers.

    The first of these that exists: the answer's own weight; its cell's; dossiers of the receiving unit over
    its answers without a given weight; 1. Given weights are never changed.
    populations: unit id -> dossiers of the period. A count belongs to the unit it is given for and to all
    units below that have none of their own.
    Where some units have counts and others have none, weights of 1 beside weights of hundreds would make the
    uncounted ones vanish: their answers get the mean weight of the counted ones, and say so.
    """
    value = np.where(np.isnan(data.weight), data.cells.weight[data.cell], data.weight)
    none = np.isnan(value)
    nobody = np.zeros(len(data), dtype=np.bool_)
    counts = {unit: size for unit, size in populations.items() if size > 0}
    if not counts or not none.any():
        value[none] = 1.0
        return Weights(value, nobody, nobody)
    counted_by = _counted_by(tree, counts, data.cells.received_at)[data.cell]
    counted = none & (counted_by >= 0)
    answers = np.bincount(counted_by[counted], minlength=1)
    sizes = np.array([counts.get(unit, 0) for unit in range(len(answers))], dtype=np.float64)
    value[counted] = sizes[counted_by[counted]] / answers[counted_by[counted]]
    missing = none & ~counted
    value[missing] = value[counted].mean() if counted.any() else 1.0
    return Weights(value, counted, missing)


def _counted_by(
    tree: UnitTree, counts: Mapping[int, int], units: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """For each unit id the id of the nearest unit above it, or itself, that has a count; -1: none."""
    nearest: dict[int, int] = {}
    for unit in np.unique(units).tolist():
        here = tree.by_id(unit)
        line = [here.id, *(above.id for above in tree.ancestors(here.code))]
        nearest[unit] = next((id for id in line if id is not None and id in counts), -1)
    return np.array([nearest[unit] for unit in units.tolist()], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Drawn:
    """design; fpc_ignored: (n,) the stratum's population counts contradict each other or the sample."""

    design: SurveyDesign
    fpc_ignored: Bools


def design(data: Dataset, weight: Floats) -> Drawn:
    """The design of one series of answers: PSUs within strata within bases.

    A cell without a PSU label: each of its answers is its own PSU. A cell without a stratum label belongs to
    the one stratum of its basis. An fpc that cannot be true (it varies within the stratum, is missing for a
    part of it, or is below the number of PSUs that answered) is not used: the variance errs on the large side.
    Raises DesignError for a series without answers.
    """
    cells, n = data.cells, len(data)
    stratum_of, psu_of = _labels(data)
    stratum = stratum_of[data.cell]
    named = psu_of[data.cell]
    psu = np.where(named >= 0, named, len(cells) + np.arange(n))
    first = np.unique(psu, return_index=True)[1]
    sampled = np.bincount(stratum[first], minlength=int(stratum_of.max(initial=-1)) + 1)
    fpc, ignored = cells.fpc.copy(), np.zeros(len(cells), dtype=np.bool_)
    answered = np.unique(data.cell)
    for number in np.unique(stratum_of[answered[~np.isnan(cells.fpc[answered])]]).tolist():
        own = answered[stratum_of[answered] == number]
        sizes = np.unique(cells.fpc[own])
        if len(sizes) > 1 or sizes[0] < sampled[number]:
            fpc[own], ignored[own] = np.nan, True
    drawn = SurveyDesign(ids=[psu], strata=[stratum], weights=weight, fpc=[fpc[data.cell]])
    return Drawn(drawn, ignored[data.cell])


def _labels(data: Dataset) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """(cells,) numbers of stratum and PSU; -1: the cell's answers are their own PSUs."""
    strata: dict[tuple[int, str], int] = {}
    psus: dict[tuple[int, str], int] = {}
    stratum_of, psu_of = [], []
    cells = data.cells
    for basis, stratum, psu in zip(cells.basis.tolist(), cells.stratum, cells.psu, strict=True):
        number = strata.setdefault((basis, stratum), len(strata))
        stratum_of.append(number)
        psu_of.append(psus.setdefault((number, psu), len(psus)) if psu else -1)
    return np.array(stratum_of, dtype=np.int64), np.array(psu_of, dtype=np.int64)
