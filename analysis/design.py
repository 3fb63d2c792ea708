"""What was drawn: stages, strata, sampling units, population counts, weights. Validated once, then frozen.

PSU (primary sampling unit): what the first draw took, a hamlet for instance; later draws took units within it.
Stratum: where a draw took place independently of the others. fpc: number of units a stratum (or, at later
stages, the unit above) has in the population, or the fraction of them that was drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from analysis.arrays import Bools, Floats, Ints, counts_by
from analysis.errors import (
    DesignError,
    EmptyDomainError,
    FpcError,
    LabelError,
    LonelyPsuError,
    NestingError,
    NumberError,
    ShapeError,
    WeightError,
)
from analysis.stages import Stage, collapsed, numbers, read_columns, read_stages, weights_of

__all__ = [
    "Adjustment", "DesignError", "EmptyDomainError", "FpcError", "LabelError", "LonelyPsu", "LonelyPsuError",
    "NestingError", "NumberError", "ShapeError", "Stage", "SurveyDesign", "VarianceForm", "WeightError", "domain_rows",
]

LonelyPsu = Literal["certainty", "fail", "adjust", "remove", "average"]
"""what a stratum drawn as one unit of several contributes to the variance: see `SurveyDesign`"""
VarianceForm = Literal["multistage", "ultimate_cluster"]


class Adjustment(Protocol):
    """What a calibration did to the weights; variances then come from residuals (see `calibration.py`)."""

    @property
    def weights(self) -> Floats:
        """(n,) final weights; a linear calibration may make some negative."""
        ...

    def residual(self, z: Floats) -> Floats:
        """(n, k) linearised values times weights (the columns are influences), less what the calibration
        variables explain of them, of the same shape and still times weights."""
        ...


@dataclass(frozen=True, eq=False, init=False)
class SurveyDesign:
    """A sample of n rows.

    weights: (n,) persons a row stands for
    stages: the draws, first stage first
    rows: (n,) rows of the domain; units outside it keep counting in their strata
    lonely_psu: what a stratum with a single unit (at any stage) contributes.
        'certainty', 'remove': 0. 'fail': LonelyPsuError. 'adjust': the square of its total, not centred.
        'average': the mean of the other strata's variances; without such strata there is no variance (NaN)
    domain_lonely: 'adjust' and 'average' apply also where a domain has one unit left of several
    variance: 'multistage': every stage that has an fpc above it; 'ultimate_cluster': the first stage only
    adjustments: calibrations, in their order
    """

    weights: Floats
    stages: tuple[Stage, ...]
    rows: Bools
    lonely_psu: LonelyPsu
    domain_lonely: bool
    variance: VarianceForm
    adjustments: tuple[Adjustment, ...]

    def __init__(
        self,
        ids: Sequence[npt.ArrayLike] | None,
        strata: Sequence[npt.ArrayLike | None] | None = None,
        weights: npt.ArrayLike | None = None,
        fpc: Sequence[npt.ArrayLike] | None = None,
        *,
        nest: bool = True,
        lonely_psu: LonelyPsu = "certainty",
        domain_lonely: bool = False,
        variance: VarianceForm = "multistage",
        collapse: Mapping[Any, Any] | None = None,
    ) -> None:
        """
        ids: for each stage the (n,) labels of its units, those of later stages within the unit above; None:
            every row is a unit
        strata: for each stage the (n,) labels of its strata, later ones within the unit above; None: one stratum
        weights: (n,); None: the product over stages of population over sample, or 1 without fpc
        fpc: for each stage the (n,) number of units in the population of the stratum, or, where no value is
            above 1, the fraction drawn. NaN or infinite: with replacement. Stages without an entry count as
            drawn completely when an earlier stage has one. Without any fpc the first stage counts as drawn
            with replacement, and later stages do not enter the variance.
        nest: unit labels repeat across strata
        collapse: label of a first-stage stratum -> label of the stratum it is merged into; others stay.
            Units stay what they were, population counts add up.
        Raises ShapeError, LabelError, WeightError, NestingError, FpcError, LonelyPsuError ('fail' is checked here
        for the whole sample, and again whenever a variance is asked for).
        Source of the multistage form: Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling,
        sec. 4.3-4.4; its options are those of the reference program, R's survey package.
        """
        columns = read_columns(ids, strata, weights, fpc)
        stages = read_stages(columns, nest)
        given = weights_of(stages, bool(columns.sizes)) if columns.weights is None else columns.weights
        _check_weights(given)
        if collapse:
            stages = (collapsed(stages[0], collapse), *stages[1:])
        self._fill(
            weights=given, stages=stages, rows=np.ones(columns.n, dtype=np.bool_), lonely_psu=lonely_psu,
            domain_lonely=domain_lonely, variance=variance, adjustments=(),
        )
        if lonely_psu == "fail":
            for number, stage in enumerate(self.counted_stages):
                if (alone := np.flatnonzero(stage.lonely & (stage.share > 0))).size:
                    raise LonelyPsuError(self.lonely_message(number, int(alone[0]), len(alone)))

    def _fill(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)  # frozen from here on

    def _copy(self, **changes: Any) -> SurveyDesign:
        copied = object.__new__(SurveyDesign)
        copied._fill(**{field.name: getattr(self, field.name) for field in fields(self)} | changes)
        return copied

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def psu(self) -> Ints:
        """(n,) number of each row's PSU."""
        return self.stages[0].unit

    @property
    def counted_stages(self) -> tuple[Stage, ...]:
        """The stages that enter the variance."""
        if self.variance == "ultimate_cluster":
            return self.stages[:1]
        return tuple(stage for number, stage in enumerate(self.stages) if number == 0 or stage.share.any())

    def domain(self, rows: npt.ArrayLike) -> SurveyDesign:
        """The same design looked at through some of its rows, (n,) booleans: never a smaller sample."""
        return self._copy(rows=self.rows & domain_rows(rows, len(self)))

    def with_weights(self, weights: npt.ArrayLike, *, negative: bool = False) -> SurveyDesign:
        """The same draw with other weights, (n,); calibrations already made stay in the variance.

        negative: negative weights are allowed. Raises ShapeError, WeightError.
        """
        other = numbers(weights, "weights")
        if other.shape != self.weights.shape:
            raise ShapeError(f"{len(self)} weights expected, one per row of the design; found {other.shape}")
        _check_weights(other, negative=negative)
        return self._copy(weights=other)

    def with_lonely(self, lonely_psu: LonelyPsu, *, domain_lonely: bool = False) -> SurveyDesign:
        """The same draw under another rule for single units; 'fail' then speaks when a variance is asked for."""
        return self._copy(lonely_psu=lonely_psu, domain_lonely=domain_lonely)

    def adjusted(self, adjustment: Adjustment) -> SurveyDesign:
        """The design after a calibration: its weights, and residuals in every variance."""
        weights = np.asarray(adjustment.weights, dtype=np.float64)
        if weights.shape != self.weights.shape:
            raise ShapeError(f"{len(self)} weights expected, one per row of the design; found {weights.shape}")
        _check_weights(weights, negative=True)
        return self._copy(weights=weights, adjustments=(*self.adjustments, adjustment))

    def present(self, rows: Bools | None = None) -> tuple[int, int]:
        """(PSUs, strata) with a row of non-zero weight in the domain (and in `rows`)."""
        inside = self.rows & (self.weights != 0)
        if rows is not None:
            inside &= rows
        seen = counts_by(self.psu[inside], len(self.stages[0].stratum)) > 0
        return int(seen.sum()), len(np.unique(self.stages[0].stratum[seen]))

    @property
    def degf(self) -> int:
        """PSUs minus strata, of those present in the domain with a non-zero weight."""
        psus, strata = self.present()
        return psus - strata

    @property
    def all_lonely(self) -> bool:
        """Every first-stage stratum is a single PSU of several and counts as 0: no variance could be seen."""
        return self.lonely_psu in ("certainty", "remove") and bool(self.stages[0].lonely.all())

    def stratum_name(self, stage: int, stratum: int) -> str:
        """'stratum X', at later stages 'unit Y of stratum X'. stage: 0 for the first of the counted stages."""
        at = self.counted_stages[stage]
        own = None if at.stratum_labels is None else f"stratum {at.stratum_labels[stratum]!s}"
        if stage == 0:
            return own or "the only stratum"
        above = self.unit_name(stage - 1, int(at.parent[stratum]))
        return above if own is None else f"{own} of {above}"

    def unit_name(self, stage: int, unit: int) -> str:
        at = self.counted_stages[stage]
        within = self.stratum_name(stage, int(at.stratum[unit]))
        name = f"{'PSU' if stage == 0 else 'unit'} {at.unit_labels[unit]!s}"
        return name if within == "the only stratum" else f"{name} of {within}"

    def lonely_message(self, stage: int, stratum: int, count: int) -> str:
        at = self.counted_stages[stage]
        unit = int(np.flatnonzero(at.stratum == stratum)[0])
        more = f" (and {count - 1} more such places)" if count > 1 else ""
        return (
            f"{self.stratum_name(stage, stratum)} has a single unit at stage {stage + 1}, "
            f"{at.unit_labels[unit]!s}; at least 2 expected, or lonely_psu other than 'fail'{more}"
        )


def domain_rows(rows: npt.ArrayLike, n: int) -> Bools:
    """(n,) booleans; 1 and 0 count as such, and a missing value (NaN, None) is out. Raises ShapeError, NumberError."""
    chosen = np.asarray(rows)
    if chosen.shape != (n,):
        raise ShapeError(f"a domain is a boolean per row: {n} expected, found {chosen.shape}")
    if chosen.dtype.kind == "b":
        return chosen
    inside = np.asarray(chosen == 1, dtype=np.bool_)
    missing = np.array([each is None or each != each for each in chosen.tolist()], dtype=np.bool_)
    if not (inside | np.asarray(chosen == 0, dtype=np.bool_) | missing).all():
        raise NumberError("a domain is a boolean per row; found other values than 0 and 1")
    return inside


def _check_weights(weights: Floats, *, negative: bool = False) -> None:
    wrong = ~np.isfinite(weights) if negative else ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        what = "finite weights" if negative else "finite weights of at least 0"
        raise WeightError(f"{what} expected; row {at} has {weights[at]:g} ({int(wrong.sum())} such rows)")
