"""Estimators: each gives a value and how much every row moves it. Variance is someone else's work."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.arrays import Bools, Floats
from analysis.design import DesignError, EmptyDomainError, NumberError, ShapeError, SurveyDesign
from analysis.replicates import ReplicateDesign
from analysis.stages import numbers

Design = SurveyDesign | ReplicateDesign


@dataclass(frozen=True, eq=False)
class Linearised:
    """
    value: in the units of the estimated quantity
    influence: (n,) linearised values times weights, 0 outside the domain
    answered: (n,) rows that count
    replicates: (R,) the estimate under each replicate weight of a ReplicateDesign, NaN where there is none;
        None for a SurveyDesign
    kept: (n,) rows of the domain with a value, those with a denominator of 0 included; None: `answered`.
        Only the rules for strata left with a single unit look at them.
    """

    value: float
    influence: Floats
    answered: Bools
    replicates: Floats | None = None
    kept: Bools | None = None

    @property
    def n(self) -> int:
        """Rows that count, unweighted."""
        return int(self.answered.sum())


def mean(y: npt.ArrayLike, design: Design) -> Linearised:
    """Hajek weighted mean of y over respondents of the domain who answered.

    y: (n,) scores in points, or 0/1 for a share; NaN marks an item not answered.
    Raises ShapeError, and EmptyDomainError when nobody in the domain answered.
    Source: Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, sec. 5.7.
    """
    values = as_column(y, design)
    answered = np.isfinite(values)
    return ratio(np.where(answered, values, 0.0), np.where(answered, 1.0, np.nan), design)


def ratio(numerator: npt.ArrayLike, denominator: npt.ArrayLike, design: Design) -> Linearised:
    """Ratio of two weighted totals, for instance satisfied answers over valid answers of a factor.

    numerator, denominator: (n,) per row, both 0 where the row has no answer; NaN in either leaves the row out.
        A row counts when its denominator is not 0.
    Raises ShapeError, and EmptyDomainError when the denominator's total is 0.
    Source: Särndal, Swensson & Wretman (1992), sec. 5.6.
    """
    top, bottom = as_column(numerator, design), as_column(denominator, design)
    kept = design.rows & np.isfinite(top) & np.isfinite(bottom)
    top, bottom = np.where(kept, top, 0.0), np.where(kept, bottom, 0.0)
    w = design.weights
    below = float(w @ bottom)
    if below == 0:
        raise EmptyDomainError(
            f"answers with a weight expected, found {int((kept & (bottom != 0)).sum())} answers of total weight 0 "
            f"among the domain's {int(design.rows.sum())} rows"
        )
    value = float(w @ top) / below
    replicates = None
    if isinstance(design, ReplicateDesign):
        above, under = top @ design.replicate_weights, bottom @ design.replicate_weights
        replicates = np.divide(above, under, out=np.full(len(above), np.nan), where=under != 0)
    return Linearised(value, w * (top - value * bottom) / below, kept & (bottom != 0), replicates, kept)


def total(y: npt.ArrayLike, design: Design) -> Linearised:
    """Weighted total of y over the domain.

    y: (n,) NaN marks an item not answered, which adds nothing.
    Raises ShapeError, and EmptyDomainError when nobody in the domain answered.
    Source: Särndal, Swensson & Wretman (1992), sec. 2.8.
    """
    values = as_column(y, design)
    answered = np.isfinite(values) & design.rows
    if not answered.any():
        raise EmptyDomainError(f"answers expected, found none among the domain's {int(design.rows.sum())} rows")
    plain = np.where(answered, values, 0.0)
    replicates = plain @ design.replicate_weights if isinstance(design, ReplicateDesign) else None
    return Linearised(float(design.weights @ plain), design.weights * plain, answered, replicates)


def proportion(y: npt.ArrayLike, design: Design, of: Collection[float]) -> Linearised:
    """Share, 0 to 1, of the respondents who answered whose answer is one of `of`, for instance 4 and 5.

    y: (n,) answers; NaN marks an item not answered. Raises as `mean`.
    """
    return mean(_among(as_column(y, design), of), design)


def pooled_mean(items: npt.ArrayLike, design: Design, of: Collection[float] | None = None) -> Linearised:
    """Mean over all answers to some items, whoever gave them: who answered more items counts more.

    items: (items, n) scores, NaN where not answered; of: the share of these answers instead of the mean score.
    Raises as `ratio`. The other definition of a factor's figure is `person_mean`.
    """
    values = _rows(items, design, of)
    given = np.isfinite(values)
    return ratio(np.where(given, values, 0.0).sum(axis=0), given.sum(axis=0), design)


def person_mean(items: npt.ArrayLike, design: Design, of: Collection[float] | None = None) -> Linearised:
    """Mean over respondents of each one's own mean over the items answered: every respondent counts alike.

    items, of, errors: as for `pooled_mean`.
    """
    values = _rows(items, design, of)
    given = np.isfinite(values)
    count = given.sum(axis=0)
    sums = np.where(given, values, 0.0).sum(axis=0)
    return mean(np.divide(sums, count, out=np.full(len(count), np.nan), where=count > 0), design)


def population_variance(y: npt.ArrayLike, design: Design) -> Linearised:
    """Variance of y in the population: weighted mean of squares around the mean, times n/(n-1).

    y: (n,) NaN marks an item not answered; n counts the domain's rows of non-zero weight, answered or not. That
    the mean is estimated moves the figure in second order only and is left out of its influence. Both are R's
    svyvar.
    Raises as `mean`; DesignError for a single row.
    """
    return population_covariance(y, y, design)


def population_covariance(x: npt.ArrayLike, y: npt.ArrayLike, design: Design) -> Linearised:
    """Covariance of x and y in the population, over rows that have both; as `population_variance`."""
    first, second = as_column(x, design), as_column(y, design)
    both = np.isfinite(first) & np.isfinite(second)
    first, second = np.where(both, first, np.nan), np.where(both, second, np.nan)
    n = int((design.rows & (design.weights != 0)).sum())
    middle_x, middle_y = mean(first, design), mean(second, design)
    if n < 2:
        raise DesignError("a variance in the population needs 2 rows with a weight; found 1")
    correct = n / (n - 1)
    found = mean((first - middle_x.value) * (second - middle_y.value) * correct, design)
    if middle_x.replicates is None or middle_y.replicates is None or found.replicates is None:
        return found
    # each replicate is centred at its own means: E(xy) - E(x)E(y), from values centred at the full sample's
    moved = (middle_x.replicates - middle_x.value) * (middle_y.replicates - middle_y.value) * correct
    return Linearised(found.value, found.influence, found.answered, found.replicates - moved, found.kept)


def means(columns: npt.ArrayLike, design: Design, *, listwise: bool = False) -> list[Linearised]:
    """Means of many items at once, for `variance.covariance` or `contrast`.

    columns: (items, n) NaN marks an item not answered
    listwise: only rows that have every item count (R's na.rm=TRUE with several variables); else each item uses
        all of its own answers
    """
    values = np.atleast_2d(np.asarray(columns, dtype=np.float64))
    if listwise:
        design = design.domain(np.isfinite(values).all(axis=0))
    return [mean(column, design) for column in values]


def combine(parts: Sequence[Linearised], shares: npt.ArrayLike) -> Linearised:
    """Weighted mean of estimates on one design, for instance the mean of five factors.

    shares: (parts,) weights, scaled here to sum to 1. Influences add up, so covariances are in it.
    """
    scaled = np.asarray(shares, dtype=np.float64)
    return contrast(parts, scaled / scaled.sum())


def contrast(
    parts: Sequence[Linearised], of: npt.ArrayLike | Callable[[Floats], float]
) -> Linearised:
    """A linear or smooth function of estimates on one design, with their covariances in it.

    of: (parts,) coefficients, or a function of the (parts,) values whose gradient is taken numerically
        (central differences). For replicates the function is linearised too, as in R's svycontrast.
    Raises ShapeError; DesignError without estimates, or where the function has no finite value or slope.
    Source: Wolter (2007), Introduction to Variance Estimation, sec. 6.2 (Taylor series).
    """
    if not parts:
        raise DesignError("a contrast of at least one estimate expected")
    values = np.array([part.value for part in parts], dtype=np.float64)
    if callable(of):
        value, slopes = float(of(values)), gradient(of, values)
    else:
        slopes = np.asarray(of, dtype=np.float64)
        if slopes.shape != values.shape:
            raise ShapeError(f"{len(values)} coefficients expected, one per estimate; found {slopes.shape}")
        value = float(slopes @ values)
    if not (np.isfinite(value) and np.isfinite(slopes).all()):
        raise DesignError(f"a contrast needs a finite value and slope; found {value:g} with slopes {slopes}")
    used = [part.answered for part, slope in zip(parts, slopes, strict=True) if slope != 0]
    influence = np.sum([slope * part.influence for slope, part in zip(slopes, parts, strict=True)], axis=0)
    theta = [part.replicates - part.value for part in parts if part.replicates is not None]
    replicates = value + np.sum([slope * moved for slope, moved in zip(slopes, theta, strict=True)], axis=0) \
        if len(theta) == len(parts) else None
    return Linearised(
        value, influence, np.logical_or.reduce(used or [part.answered for part in parts]), replicates,
        np.logical_or.reduce([kept_rows(part) for part in parts]),
    )


def gradient(function: Callable[[Floats], float], at: Floats) -> Floats:
    """(k,) slopes of a smooth function, by central differences with one Richardson step: error about 1e-11."""
    slopes = np.empty(len(at))
    for place in range(len(at)):
        step = 1e-3 * max(abs(float(at[place])), 1e-3)

        def slope(width: float, place: int = place) -> float:
            up, down = at.copy(), at.copy()
            up[place] += width
            down[place] -= width
            return (float(function(up)) - float(function(down))) / float(up[place] - down[place])

        wide, middle, narrow = slope(step), slope(step / 2), slope(step / 4)
        finer, finest = (4 * middle - wide) / 3, (4 * narrow - middle) / 3
        slopes[place] = (16 * finest - finer) / 15
    return slopes


def kept_rows(part: Linearised) -> Bools:
    """(n,) see `Linearised.kept`."""
    return part.answered if part.kept is None else part.kept


def as_column(y: npt.ArrayLike, design: Design) -> Floats:
    """(n,) numbers, one per row, NaN where there is none. Raises NumberError, ShapeError."""
    values = numbers(y, "values")
    if values.shape != design.weights.shape:
        raise ShapeError(f"{len(design)} values expected, one per row of the design; found {values.shape}")
    return _finite(values)


def _finite(values: Floats) -> Floats:
    if (endless := np.isinf(values)).any():
        raise NumberError(f"finite values expected, or NaN where there is none; found {values[endless][0]}")
    return values


def _rows(items: npt.ArrayLike, design: Design, of: Collection[float] | None) -> Floats:
    values = _finite(numbers(items, "items"))
    if values.ndim != 2 or values.shape[1:] != design.weights.shape:
        raise ShapeError(f"items and {len(design)} values of each expected, found {values.shape}")
    return values if of is None else _among(values, of)


def _among(values: Floats, of: Collection[float]) -> Floats:
    """1 where the answer is one of `of`, 0 where it is another, NaN where there is none."""
    return np.where(np.isfinite(values), np.isin(values, list(of)), np.nan)
