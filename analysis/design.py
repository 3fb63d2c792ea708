"""What was drawn: stages, strata, PSUs, population counts, weights. Validated once, then frozen.

PSU (primary sampling unit): what the first draw took, a hamlet for instance. Stratum: where a draw took place
independently of the others. fpc: number of PSUs the stratum has in the population.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.arrays import Bools, Floats, Ints, counts_by

LonelyPsu = Literal["certainty", "fail"]


class DesignError(Exception):
    """The design or what is asked of it has no estimate. A batch of domains gets flagged nulls instead."""


class ShapeError(DesignError):
    """Arrays of a design differ in length, or there is no row."""


class WeightError(DesignError):
    """Weights must be finite and not negative."""


class NestingError(DesignError):
    """A PSU label occurs in two strata although labels do not repeat across strata (nest=False)."""


class FpcError(DesignError):
    """Population counts differ within a stratum, or are smaller than what was sampled."""


class LonelyPsuError(DesignError):
    """A stratum has one PSU only, and the design says that this must not happen."""


class EmptyDomainError(DesignError):
    """Nobody in the domain answered."""


@dataclass(frozen=True, eq=False)
class Stage:
    """One draw.

    unit: (n,) dense number of each row's sampling unit, 0..units-1
    stratum: (units,) dense number of each unit's stratum, 0..strata-1
    sampled: (strata,) units drawn in the stratum, those without answers in a domain included
    population: (strata,) units the stratum has; infinite where no fpc was given (drawn with replacement)
    """

    unit: Ints
    stratum: Ints
    sampled: Ints
    population: Floats

    @property
    def factor(self) -> Floats:
        """(strata,) what multiplies a stratum's sum of squares: (1 - n/N) n/(n-1); 0 for a single unit."""
        several = np.maximum(self.sampled, 2)
        factor: Floats = (1.0 - self.sampled / self.population) * several / (several - 1)
        factor[self.sampled < 2] = 0.0
        return factor

    @property
    def lonely(self) -> Bools:
        """(strata,) drawn as one unit of several: no variance can be seen there."""
        lonely: Bools = (self.sampled == 1) & (self.population > 1)
        return lonely


@dataclass(frozen=True, eq=False, init=False)
class SurveyDesign:
    """A sample of n rows.

    weights: (n,) persons a row stands for
    stages: the draws, first stage first; the variance uses stage 1 (ultimate clusters)
    rows: (n,) rows of the domain; PSUs outside it keep counting in their strata
    lonely_psu: 'certainty': a stratum with one PSU contributes 0 and is reported; 'fail': DesignError
    """

    weights: Floats
    stages: tuple[Stage, ...]
    rows: Bools
    lonely_psu: LonelyPsu

    def __init__(
        self,
        ids: Sequence[npt.ArrayLike],
        strata: Sequence[npt.ArrayLike] | None = None,
        weights: npt.ArrayLike | None = None,
        fpc: Sequence[npt.ArrayLike] | None = None,
        *,
        nest: bool = True,
        lonely_psu: LonelyPsu = "certainty",
    ) -> None:
        """
        ids: for each stage the (n,) labels of its units; later stages are taken when they carry no fpc,
            because they then do not enter the variance
        strata: for each stage the (n,) labels of its strata; None: one stratum
        weights: (n,); None: 1
        fpc: for stage 1 the (n,) number of PSUs in the population, constant within a stratum; NaN: unknown
        nest: PSU labels repeat across strata
        Raises ShapeError, WeightError, NestingError, FpcError, LonelyPsuError.
        """
        labels = np.asarray(ids[0])
        n = len(labels)
        w = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
        stratum = np.zeros(n, dtype=np.int64) if not strata else np.asarray(strata[0])
        size = np.full(n, np.nan) if not fpc else np.asarray(fpc[0], dtype=np.float64)
        if n == 0 or any(part.shape != (n,) for part in (labels, w, stratum, size)):
            raise ShapeError("a design needs rows, and as many weights, strata and fpc as rows")
        if fpc is not None and len(fpc) > 1:
            raise DesignError("fpc of later stages: variances use the first stage only")
        if not (np.isfinite(w) & (w >= 0)).all():
            raise WeightError("weights must be finite and not negative")
        first = _first_stage(labels, stratum, size, nest)
        if lonely_psu == "fail" and first.lonely.any():
            raise LonelyPsuError(f"{int(first.lonely.sum())} strata with a single PSU")
        self._fill(w, (first,), np.ones(n, dtype=np.bool_), lonely_psu)

    def _fill(self, weights: Floats, stages: tuple[Stage, ...], rows: Bools, lonely_psu: LonelyPsu) -> None:
        fields = {"weights": weights, "stages": stages, "rows": rows, "lonely_psu": lonely_psu}
        for name, value in fields.items():
            object.__setattr__(self, name, value)  # frozen from here on

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def psu(self) -> Ints:
        """(n,) number of each row's PSU."""
        return self.stages[0].unit

    def domain(self, rows: npt.ArrayLike) -> SurveyDesign:
        """The same design looked at through some of its rows, (n,) booleans: never a smaller sample."""
        chosen = np.asarray(rows, dtype=np.bool_)
        if chosen.shape != self.rows.shape:
            raise ShapeError("a domain is a boolean per row")
        part = object.__new__(SurveyDesign)
        part._fill(self.weights, self.stages, self.rows & chosen, self.lonely_psu)
        return part

    def present(self, rows: Bools | None = None) -> tuple[int, int]:
        """(PSUs, strata) with a row of non-zero weight in the domain (and in `rows`)."""
        inside = self.rows & (self.weights > 0) if rows is None else self.rows & (self.weights > 0) & rows
        psus = np.unique(self.psu[inside])
        return len(psus), len(np.unique(self.stages[0].stratum[psus]))

    @property
    def degf(self) -> int:
        """PSUs minus strata, of those present in the domain with a non-zero weight."""
        psus, strata = self.present()
        return psus - strata


def _first_stage(
    labels: npt.NDArray[np.generic], strata: npt.NDArray[np.generic], size: Floats, nest: bool
) -> Stage:
    _, label = np.unique(labels, return_inverse=True)
    _, stratum = np.unique(strata, return_inverse=True)
    key, first, unit = np.unique(
        stratum.astype(np.int64) * (int(label.max()) + 1) + label, return_index=True, return_inverse=True
    )
    if not nest and len(key) > int(label.max()) + 1:
        raise NestingError("a PSU occurs in two strata; say nest=True where labels repeat across strata")
    of_unit = stratum[first].astype(np.int64)
    sampled = counts_by(of_unit, int(of_unit.max()) + 1)
    return Stage(unit.astype(np.int64), of_unit, sampled, _population(stratum, size, sampled))


def _population(stratum: Ints, size: Floats, sampled: Ints) -> Floats:
    """(strata,) population counts; checked to be constant within a stratum and no less than the sample."""
    filled = np.where(np.isnan(size), np.inf, size)
    low, high = np.full(len(sampled), np.inf), np.full(len(sampled), -np.inf)
    np.minimum.at(low, stratum, filled)
    np.maximum.at(high, stratum, filled)
    if (low != high).any():
        raise FpcError(f"fpc varies within {int((low != high).sum())} strata")
    if (small := low < sampled).any():
        raise FpcError(f"fpc is smaller than the number of sampled PSUs in {int(small.sum())} strata")
    return low
