"""Auxiliary variables of a calibration: the columns of its model, and the population totals that belong to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats, Ints, sums_by
from analysis.columns import (
    INTERCEPT,
    CollinearError,
    Column,
    Factor,
    ModelMatrix,
    categories,
    check_rank,
    model_matrix,
)
from analysis.design import DesignError
from analysis.margins import (
    AGREE,
    CalibrationError,
    Totals,
    classify,
    number_of,
    require_agreement,
    require_complete,
)


@dataclass(frozen=True, eq=False)
class Model:
    """Auxiliaries by pattern: rows with the same values get the same ratio of final to base weight.

    names: (p,) columns; patterns: (m, p) their values; pattern: (n,) pattern of each row, -1 outside the domain
    totals: (p,) of the population
    """

    names: tuple[str, ...]
    patterns: Floats
    pattern: Ints
    totals: Floats

    def gathered(self, weights: Floats) -> Floats:
        """(m,) sum of weights of each pattern. Refuses what cannot be calibrated."""
        inside = self.pattern >= 0
        w = sums_by(self.pattern[inside], weights[inside], len(self.patterns))
        for at, name in enumerate(self.names):
            if self.totals[at] != 0 and not (self.patterns[w != 0, at] != 0).any():
                raise CalibrationError(
                    f"{name}: a total of {self.totals[at]:.10g} expected, found no row with a weight and a value "
                    "other than 0; merge the level with another"
                )
        try:
            check_rank(self.patterns * np.sqrt(np.maximum(w, 0.0))[:, None], self.names)
        except CollinearError as problem:
            raise CalibrationError(f"auxiliaries: {problem}") from None
        return w

    def spread(self, before: Floats, ratio: Floats) -> Floats:
        return np.where(self.pattern >= 0, before * ratio[self.pattern], before)

    def linear(self, w: Floats) -> Floats:
        """(m,) ratio of the generalised regression estimator, in closed form, whatever the columns' units."""
        scale = np.abs(self.patterns).max(axis=0)
        x, totals = self.patterns / scale, self.totals / scale
        gram = x.T @ (x * w[:, None])
        ratio: Floats = np.ones(len(x))
        for _ in range(2):  # the second time takes back the rounding of the first
            ratio = ratio + x @ np.linalg.solve(gram, totals - (w * ratio) @ x)
        return ratio


def build_model(
    rows: Bools, weights: Floats, auxiliaries: Mapping[str, Column], totals: Mapping[str, float | Totals]
) -> Model:
    """Auxiliaries and totals, checked against each other in the rows of the domain. Raises CalibrationError."""
    for name, column in auxiliaries.items():
        require_complete(name, _factor(column).values, rows)
    by_level = [name for name, total in totals.items() if isinstance(total, Mapping) and name in auxiliaries]
    auxiliaries = {name: _factor(column) if name in by_level else column for name, column in auxiliaries.items()}
    of, first = _patterns(auxiliaries, rows)
    distinct = {name: _at(column, first) for name, column in auxiliaries.items()}
    try:
        matrix = model_matrix(distinct, np.ones(len(first), dtype=np.bool_))
    except DesignError as problem:
        raise CalibrationError(f"auxiliaries: {problem}") from None
    if any(isinstance(total, Mapping) for total in totals.values()):
        totals = _contrasts(rows, weights, auxiliaries, totals, matrix)
    wanted = _wanted(matrix.names, totals)
    _require_levels(matrix, wanted)
    kept = (matrix.values != 0).any(axis=0) | (wanted != 0)  # else nobody in the sample, nobody in the population
    names = tuple(name for name, keep in zip(matrix.names, kept, strict=True) if keep)
    return Model(names, matrix.values[:, kept], of, wanted[kept])


def _patterns(auxiliaries: Mapping[str, Column], rows: Bools) -> tuple[Ints, Ints]:
    """(n,) number of each row's combination of values, -1 outside the domain, and a row of each combination."""
    number = np.zeros(int(rows.sum()), dtype=np.int64)
    for name, column in auxiliaries.items():
        try:
            levels, codes = categories(_factor(column).values, rows)
        except DesignError as problem:
            raise CalibrationError(f"auxiliary {name}: {problem}") from None
        _, number = np.unique(number * max(len(levels), 1) + codes[rows], return_inverse=True)
    _, first = np.unique(number, return_index=True)
    of = np.full(len(rows), -1, dtype=np.int64)
    of[rows] = number
    return of, np.flatnonzero(rows)[first]


def _at(column: Column, rows: Ints) -> Column:
    if isinstance(column, Factor):
        return Factor(np.asarray(column.values)[rows], column.levels)
    return np.asarray(column)[rows]


def _factor(column: Column) -> Factor:
    return column if isinstance(column, Factor) else Factor(column)


def _wanted(names: tuple[str, ...], totals: Mapping[str, float | Totals]) -> Floats:
    """(p,) totals in the order of the columns."""
    for name in totals:
        if name not in names:
            raise CalibrationError(f"total of {name!r}: one of the columns {list(names)} expected; no row has this one")
    for name in names:
        if name not in totals:
            raise CalibrationError(f"a total of {name!r} expected, found totals of {list(totals)} only")
    return np.array([number_of(name, totals[name]) for name in names])


def _require_levels(matrix: ModelMatrix, wanted: Floats) -> None:
    """A variable's levels hold no fewer than 0 persons and together no more than everybody."""
    for name, places in matrix.terms.items():
        if not places or matrix.names[places[0]] == name:  # a number
            continue
        for at in places:
            if wanted[at] < 0:
                raise CalibrationError(f"{matrix.names[at]}: a number of persons expected, found {wanted[at]:.10g}")
        levels = float(wanted[list(places)].sum())
        if levels - wanted[0] > AGREE * abs(wanted[0]):
            raise CalibrationError(
                f"variable {name}: levels that sum to at most {INTERCEPT}, {wanted[0]:.12g}, expected; found "
                f"{levels:.12g} without the first level"
            )


def _contrasts(
    rows: Bools, weights: Floats, auxiliaries: Mapping[str, Column], totals: Mapping[str, float | Totals],
    matrix: ModelMatrix,
) -> dict[str, float | Totals]:
    """Totals by variable and level as totals of the model's columns."""
    flat: dict[str, float | Totals] = {}
    sums: dict[str, float] = {}
    for name, total in totals.items():
        if not isinstance(total, Mapping):
            flat[name] = total
            continue
        if name not in auxiliaries:
            raise CalibrationError(f"totals of {name!r}: one of the auxiliaries {list(auxiliaries)} expected")
        cells = classify({name: _factor(auxiliaries[name]).values}, total, rows, weights)
        sums[f"variable {name}"] = float(cells.totals.sum())
        columns = [matrix.names[at] for at in matrix.terms[name]]
        flat |= dict.fromkeys(columns, 0.0)
        for (level,), persons in zip(cells.labels, cells.totals.tolist(), strict=True):
            if f"{name}{level}" in columns:  # not the reference level, which follows from the number of persons
                flat[f"{name}{level}"] = persons
    if INTERCEPT in flat:
        sums[INTERCEPT] = number_of(INTERCEPT, flat[INTERCEPT])
    require_agreement(sums, "totals")
    return {INTERCEPT: next(iter(sums.values()))} | flat
