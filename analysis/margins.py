"""What is known of the population, laid beside the sample: cells of one or several variables and their totals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.arrays import Bools, Floats, Ints, counts_by, sums_by
from analysis.columns import categories, missing
from analysis.design import DesignError

AGREE = 1e-9
"""relative difference up to which two totals of the same population are the same number"""


class CalibrationError(DesignError):
    """The weights cannot be brought to the totals, or the totals do not fit the sample."""


Totals = Mapping[Any, float]
"""label of a cell -> population total; with several variables the label is the tuple of their labels in order"""


@dataclass(frozen=True, eq=False)
class Cells:
    """
    names: the variables
    labels: (cells,) the labels of each cell, one per variable
    of: (n,) cell of each row; -1 outside the domain, and where neither sample nor population has anything
    totals: (cells,) persons in the population
    """

    names: tuple[str, ...]
    labels: tuple[tuple[object, ...], ...]
    of: Ints
    totals: Floats

    @property
    def inside(self) -> Bools:
        """(n,) rows that lie in a cell."""
        inside: Bools = self.of >= 0
        return inside

    def sums(self, weights: Floats) -> Floats:
        """(cells,) weighted count of each cell."""
        inside = self.inside
        return sums_by(self.of[inside], weights[inside], len(self.totals))

    def name(self, cell: int) -> str:
        """'sex = nam, age = 18-29'."""
        return cell_name(self.names, self.labels[cell])


def cell_name(names: tuple[str, ...], labels: tuple[object, ...]) -> str:
    return ", ".join(f"{name} = {label}" for name, label in zip(names, labels, strict=True))


def classify(variables: Mapping[str, npt.ArrayLike], totals: Totals, rows: Bools, weights: Floats) -> Cells:
    """Which cell each row lies in, with the cell's population total.

    variables: name -> (n,) labels
    totals: see `Totals`; an absent cell counts 0
    rows: (n,) the domain that is calibrated
    weights: (n,) present weights, which say what the sample has in a cell
    Raises CalibrationError for missing labels, cells of the sample without a total, cells of the population
    without a sample, totals that are no numbers of persons; ShapeError.
    """
    names = tuple(variables)
    levels, codes = zip(*(_coded(name, labels, rows) for name, labels in variables.items()), strict=True)
    key = np.zeros(len(rows), dtype=np.int64)
    for found, code in zip(levels, codes, strict=True):
        key = key * max(len(found), 1) + np.maximum(code, 0)
    _, first, number = np.unique(key[rows], return_index=True, return_inverse=True)
    of = np.full(len(rows), -1, dtype=np.int64)
    of[rows] = number
    at = np.flatnonzero(rows)[first]
    labels = [tuple(found[code[row]] for found, code in zip(levels, codes, strict=True)) for row in at]
    wanted = _by_label(names, totals)
    _refuse_unsampled(names, wanted, set(labels))
    persons = np.array([wanted.get(label, 0.0) for label in labels])
    weighted, counts = sums_by(number, weights[rows], len(labels)), counts_by(number, len(labels))
    for cell, label in enumerate(labels):
        if persons[cell] == 0 and weighted[cell] != 0:
            raise CalibrationError(
                f"{cell_name(names, label)}: a population total above 0 expected, because the sample has "
                f"{counts[cell]} rows there; found {'0' if label in wanted else 'none'}"
            )
        if persons[cell] > 0 and weighted[cell] <= 0:
            raise CalibrationError(
                f"{cell_name(names, label)}: {persons[cell]:.10g} persons expected, found {counts[cell]} rows with a "
                f"sum of weights of {weighted[cell]:.10g}; merge the cell with another"
            )
    kept = persons > 0
    renumbered = np.where(kept, np.cumsum(kept) - 1, -1)
    of[rows] = renumbered[number]
    return Cells(names, tuple(label for label, keep in zip(labels, kept, strict=True) if keep), of, persons[kept])


def number_of(name: str, total: object) -> float:
    """A total as a finite number. Raises CalibrationError."""
    try:
        number = float(total)  # type: ignore[arg-type]  # what is no number is refused here
    except (TypeError, ValueError):
        number = np.nan
    if not np.isfinite(number):
        raise CalibrationError(f"{name}: a finite number expected, found {total!r}")
    return number


def require_agreement(sums: Mapping[str, float], what: str) -> None:
    """Refuse totals of the same population that differ: margin -> its sum."""
    reference, persons = next(iter(sums.items()))
    for name, other in sums.items():
        if abs(other - persons) > AGREE * max(abs(other), abs(persons)):
            raise CalibrationError(
                f"{what} disagree: {reference} sums to {persons:.12g}, {name} to {other:.12g}; "
                "the same population expected"
            )


def require_complete(name: str, values: npt.ArrayLike, rows: Bools) -> None:
    """Refuse a variable that is missing for a row of the domain, or has not one value per row."""
    array = np.asarray(values)
    if array.shape != rows.shape:
        raise CalibrationError(f"variable {name}: {len(rows)} values expected, found an array of shape {array.shape}")
    if (absent := np.flatnonzero(missing(array) & rows)).size:
        raise CalibrationError(
            f"variable {name}: a value in every row expected, missing in {len(absent)} rows, the first is row "
            f"{absent[0]}"
        )


def _coded(name: str, labels: npt.ArrayLike, rows: Bools) -> tuple[tuple[object, ...], Ints]:
    require_complete(name, labels, rows)
    try:
        return categories(labels, rows)
    except DesignError as problem:
        raise CalibrationError(f"variable {name}: {problem}") from None


def _by_label(names: tuple[str, ...], totals: Totals) -> dict[tuple[object, ...], float]:
    wanted: dict[tuple[object, ...], float] = {}
    for key, total in totals.items():
        label = key if isinstance(key, tuple) else (key,)
        if len(label) != len(names):
            raise CalibrationError(
                f"population cell {key!r}: {len(names)} labels expected, one for each of {', '.join(names)}"
            )
        persons = number_of(cell_name(names, label), total)
        if persons < 0:
            raise CalibrationError(f"{cell_name(names, label)}: a number of persons expected, found {persons:g}")
        wanted[label] = persons
    return wanted


def _refuse_unsampled(
    names: tuple[str, ...], wanted: dict[tuple[object, ...], float], sampled: set[tuple[object, ...]]
) -> None:
    for label, persons in wanted.items():
        if persons == 0 or label in sampled:
            continue
        for at, name in enumerate(names):
            known = {other[at] for other in sampled}
            if label[at] not in known:
                raise CalibrationError(
                    f"{cell_name(names, label)}: {persons:.10g} persons expected, found no row with {name} = "
                    f"{label[at]}; the sample has {', '.join(map(str, sorted(known, key=str)))}"
                )
        raise CalibrationError(
            f"{cell_name(names, label)}: {persons:.10g} persons expected, found no row; merge the cell with another"
        )
