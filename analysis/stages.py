"""The draws of a sample, read from columns of labels and checked once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.arrays import Bools, Floats, Ints, counts_by, sums_by
from analysis.errors import FpcError, LabelError, NestingError, NumberError, ShapeError, WeightError

Labels = npt.NDArray[Any]
NO_FRACTION_LEFT = 1e-7
"""a stratum with less than this share of its units outside the sample is a census, whatever rounding says"""


@dataclass(frozen=True, eq=False)
class Stage:
    """One draw.

    unit: (n,) dense number of each row's sampling unit, 0..units-1
    stratum: (units,) dense number of each unit's stratum, 0..strata-1; strata of later stages lie within a unit
        of the stage before
    sampled: (strata,) units drawn in the stratum, those without answers in a domain included
    population: (strata,) units the stratum has; infinite where no fpc was given (drawn with replacement)
    parent: (strata,) unit of the stage before, 0 at the first stage
    share: (strata,) product of the sampling fractions of the units above: what the stage's own variance counts
        for in the whole; 1 at the first stage
    unit_labels, stratum_labels: (units,), (strata,) as they were given; a later stage without strata has None
    """

    unit: Ints
    stratum: Ints
    sampled: Ints
    population: Floats
    parent: Ints
    share: Floats
    unit_labels: Labels
    stratum_labels: Labels | None

    @property
    def fraction(self) -> Floats:
        """(strata,) n/N, 0 where drawn with replacement."""
        fraction: Floats = self.sampled / self.population
        return fraction

    @property
    def factor(self) -> Floats:
        """(strata,) what multiplies a stratum's sum of squares: (1 - n/N) n/(n-1); for a single unit 1 - n/N."""
        several = np.where(self.sampled > 1, self.sampled / np.maximum(self.sampled - 1, 1), 1.0)
        factor: Floats = (1.0 - self.fraction) * several
        factor[1.0 - self.fraction < NO_FRACTION_LEFT] = 0.0
        return factor

    @property
    def lonely(self) -> Bools:
        """(strata,) drawn as one unit of several: no variance can be seen there."""
        lonely: Bools = (self.sampled == 1) & (1.0 - self.fraction >= NO_FRACTION_LEFT)
        return lonely


@dataclass(frozen=True, eq=False)
class Columns:
    """Everything that has one entry per row, of the right length.

    strata, weights: None where not given; sizes: fpc of the first stages, infinite where not known;
    fractions: they are fractions
    """

    n: int
    ids: list[Labels]
    strata: list[Labels | None]
    weights: Floats | None
    sizes: list[Floats]
    fractions: bool


def read_columns(
    ids: Sequence[npt.ArrayLike] | None, strata: Sequence[npt.ArrayLike | None] | None,
    weights: npt.ArrayLike | None, fpc: Sequence[npt.ArrayLike] | None,
) -> Columns:
    """The arguments of a design as arrays of one length. Raises ShapeError, LabelError, FpcError; rows count from 0."""
    lengths: dict[str, tuple[int, ...]] = {}
    for what, columns in (("ids", ids), ("strata", strata), ("fpc", fpc)):
        for at, column in enumerate([] if columns is None else columns):
            if column is not None or what != "strata":
                lengths[f"{what} of stage {at + 1}"] = np.shape(column)  # type: ignore[arg-type]  # None has shape ()
    if weights is not None:
        lengths["weights"] = np.shape(weights)
    n = next((shape[0] for shape in lengths.values() if len(shape) == 1), 0)
    if n == 0:
        raise ShapeError("a design needs rows: a list of arrays for ids, strata and fpc, one array per stage")
    for name, shape in lengths.items():
        if shape != (n,):
            raise ShapeError(f"{n} rows expected, {name} has {shape[0] if len(shape) == 1 else shape}")
    units = [np.arange(n)] if ids is None else [np.asarray(each) for each in ids]
    if not units:
        raise ShapeError("ids: a stage expected, found none; None says that every row is a unit")
    above = [None if each is None else np.asarray(each) for each in ([] if strata is None else strata)]
    sizes = [numbers(each, f"fpc of stage {at + 1}") for at, each in enumerate([] if fpc is None else fpc)]
    if len(above) > len(units) or len(sizes) > len(units):
        raise ShapeError(f"{len(units)} stages expected, strata has {len(above)} and fpc {len(sizes)}")
    for at, (unit, stratum) in enumerate(zip(units, above + [None] * len(units), strict=False)):
        for what, labels in (("unit", unit), ("stratum", stratum)):
            if labels is not None and (missing := _missing(labels)).size:
                raise LabelError(f"row {missing[0]} has no {what} label at stage {at + 1}")
    sizes = [np.where(np.isnan(size), np.inf, size) for size in sizes]
    w = None if weights is None else numbers(weights, "weights")
    return Columns(n, units, above + [None] * (len(units) - len(above)), w, sizes, _fractions(sizes))


def numbers(values: npt.ArrayLike, what: str) -> Floats:
    """The values as floating-point numbers. Raises NumberError."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise NumberError(f"{what}: numbers expected ({problem})") from None


def _missing(labels: Labels) -> Ints:
    """Rows without a label."""
    if labels.dtype.kind == "f":
        return np.flatnonzero(np.isnan(labels)).astype(np.int64)
    if labels.dtype.kind == "O":
        return np.flatnonzero([each is None or each != each for each in labels.tolist()]).astype(np.int64)
    return np.zeros(0, dtype=np.int64)


def _fractions(sizes: list[Floats]) -> bool:
    """Whether fpc are fractions: no value above 1 at any stage."""
    known = [size[size < np.inf] for size in sizes]
    everything = np.concatenate([*known, np.zeros(0)])
    if (everything <= 0).any():
        raise FpcError(f"fpc above 0 expected, found {everything[everything <= 0][0]:g}")
    if not (everything > 1).any():
        return len(everything) > 0
    for stage, size in enumerate(sizes):
        if (low := np.flatnonzero(size < 1)).size:
            raise FpcError(
                f"fpc: population sizes or fractions expected, not both; row {low[0]} has {size[low[0]]:g} "
                f"at stage {stage + 1}, others are above 1"
            )
    return False


def read_stages(columns: Columns, nest: bool) -> tuple[Stage, ...]:
    """The draws, first stage first. Raises NestingError, FpcError."""
    parent, share = np.zeros(columns.n, dtype=np.int64), np.ones(1)
    stages: list[Stage] = []
    for number, (ids, strata) in enumerate(zip(columns.ids, columns.strata, strict=True)):
        label, labels = _dense(ids)
        within, kinds = (np.zeros_like(parent), 1) if strata is None else _dense(strata)
        starts, stratum = _nested(parent, within, kinds)
        first, unit = _nested(stratum, label, labels)
        if not nest and len(first) > len((together := _nested(parent, label, labels))[0]):
            _refuse_nesting(number, ids, strata, unit, together[1])
        of_unit, above = stratum[first], parent[starts]
        names = None if strata is None else strata[starts]
        sampled = counts_by(of_unit, len(starts))
        if number < len(columns.sizes):
            population = _population(number, stratum, columns, sampled, names)
        else:
            population = sampled.astype(np.float64) if columns.sizes else np.full(len(starts), np.inf)
        stages.append(Stage(unit, of_unit, sampled, population, above, share[above], ids[first], names))
        share, parent = (share[above] * sampled / population)[of_unit], unit
    return tuple(stages)


def _dense(labels: Labels) -> tuple[Ints, int]:
    """Number of each row's label, how many labels."""
    plain = labels.astype(str) if labels.dtype.kind == "O" else labels
    found, number = np.unique(plain, return_inverse=True)
    return number.astype(np.int64).reshape(-1), len(found)


def _nested(above: Ints, within: Ints, kinds: int) -> tuple[Ints, Ints]:
    """The pairs (above, within): first row of each, and number of each row's pair."""
    _, first, number = np.unique(above * kinds + within, return_index=True, return_inverse=True)
    return first.astype(np.int64), number.astype(np.int64).reshape(-1)


def _refuse_nesting(stage: int, ids: Labels, strata: Labels | None, unit: Ints, together: Ints) -> None:
    assert strata is not None  # noqa: S101  # without strata no unit can lie in two
    low, high = np.full(together.max() + 1, len(unit)), np.full(together.max() + 1, -1)
    np.minimum.at(low, together, unit)
    np.maximum.at(high, together, unit)
    both = int(np.flatnonzero(low != high)[0])
    rows = [int(np.flatnonzero(unit == each)[0]) for each in (low[both], high[both])]
    raise NestingError(
        f"{'PSU' if stage == 0 else 'unit'} {ids[rows[0]]!s} occurs in the strata {strata[rows[0]]!s} and "
        f"{strata[rows[1]]!s} at stage {stage + 1}; nest=True expected where labels repeat across strata"
    )


def _population(stage: int, stratum: Ints, columns: Columns, sampled: Ints, names: Labels | None) -> Floats:
    """(strata,) population counts; checked to be constant within a stratum and no less than the sample."""
    size = columns.sizes[stage]
    low, high = np.full(len(sampled), np.inf), np.full(len(sampled), -np.inf)
    np.minimum.at(low, stratum, size)
    np.maximum.at(high, stratum, size)

    def where(wrong: Bools) -> str:
        at = int(np.flatnonzero(wrong)[0])
        more = f" (and in {int(wrong.sum()) - 1} more)" if wrong.sum() > 1 else ""
        name = "the only stratum" if names is None and stage == 0 else f"stratum {at if names is None else names[at]!s}"
        return f"stage {stage + 1}, {name}{more}"

    if (varied := low != high).any():
        at = int(np.flatnonzero(varied)[0])
        raise FpcError(f"{where(varied)}: one fpc expected, found {low[at]:g} and {high[at]:g}")
    population = low
    if columns.fractions:
        population = np.divide(sampled, low, out=np.full(len(low), np.inf), where=np.isfinite(low))
    if (small := population < sampled).any():
        at = int(np.flatnonzero(small)[0])
        raise FpcError(f"{where(small)}: fpc of at least the {sampled[at]} units sampled expected, found {low[at]:g}")
    return population


def collapsed(stage: Stage, collapse: Mapping[Any, Any]) -> Stage:
    """The first stage with some of its strata merged. Later stages keep the fractions of the strata as drawn."""
    if stage.stratum_labels is None:
        raise LabelError("collapse merges strata: strata of stage 1 expected, found none")
    names = stage.stratum_labels.tolist()
    if unknown := sorted(str(label) for label in set(collapse) - set(names)):
        raise LabelError(f"collapse: labels of strata expected, found {unknown[0]}")
    labels, merged = np.unique([str(collapse.get(name, name)) for name in names], return_inverse=True)
    number, count = merged.astype(np.int64), len(labels)
    stratum = number[stage.stratum]
    return replace(
        stage, stratum=stratum, sampled=counts_by(stratum, count),
        population=sums_by(number, stage.population, count), parent=np.zeros(count, dtype=np.int64),
        share=np.ones(count), stratum_labels=labels,
    )


def weights_of(stages: tuple[Stage, ...], counted: bool) -> Floats:
    """(n,) product over stages of population over sample; 1 without fpc."""
    weights = np.ones(len(stages[0].unit))
    if counted:
        for number, stage in enumerate(stages):
            if (unknown := np.flatnonzero(~np.isfinite(stage.population))).size:
                name = "" if stage.stratum_labels is None else f" of stratum {stage.stratum_labels[unknown[0]]!s}"
                raise WeightError(f"weights expected, because the fpc of stage {number + 1}{name} is not known")
            weights = weights * (stage.population / stage.sampled)[stage.stratum[stage.unit]]
    return weights
