"""Quantiles of weighted answers, with Woodruff's interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt

from analysis.arrays import Floats
from analysis.design import DesignError, EmptyDomainError, WeightError
from analysis.estimate import degrees_of_freedom
from analysis.estimators import Design, as_column, mean
from analysis.intervals import checked_level, t_quantile
from analysis.variance import variance

Rule = Literal["math", "school", "hf7"]


@dataclass(frozen=True)
class Quantile:
    """
    probability: 0 to 1; value: in the units of y
    low, high: limits at the level asked for; None where the limit lies outside the answers' probabilities 0 to 1,
        or there are no degrees of freedom
    se: (high - low) / (2 t), None without both limits
    df: PSUs minus strata of the rows that count; n: rows that count
    """

    probability: float
    value: float
    low: float | None
    high: float | None
    se: float | None
    df: int
    n: int


def quantile(
    y: npt.ArrayLike, design: Design, probabilities: Sequence[float] = (0.5,), *, rule: Rule = "math",
    level: float = 0.95,
) -> list[Quantile]:
    """Weighted quantiles of y over respondents of the domain who answered.

    y: (n,) NaN marks an item not answered; rows of weight 0 are left out.
    rule: with C the weight cumulated in order of y and W its sum, 'math': the smallest y with C >= pW; 'school':
        the same, but halfway to the next y where C = pW; 'hf7': linear between the y_i at C_(i-1) / C_(n-1)
        (definition 7 of Hyndman & Fan).
    The t interval of the share of answers up to the quantile is inverted by the same rule. (It stands around that
    share, which is p only up to the jumps of the answers' distribution.)
    Raises ShapeError, EmptyDomainError; WeightError for negative weights; DesignError for probabilities outside
    0 to 1; as `variance.covariance`.
    Source: Woodruff (1952), Journal of the American Statistical Association 47, 635-646; Hyndman & Fan (1996),
    American Statistician 50, 361-365; conventions of R's svyquantile.
    """
    values = as_column(y, design)
    if wrong := [p for p in probabilities if not 0 <= p <= 1]:
        raise DesignError(f"probabilities between 0 and 1 expected, found {wrong[0]:g}")
    counted = design.rows & np.isfinite(values) & (design.weights != 0)
    if not counted.any():
        raise EmptyDomainError(
            f"answers with a weight expected, found none among the domain's {int(design.rows.sum())} rows"
        )
    if (design.weights[counted] < 0).any():
        raise WeightError(f"quantiles need weights of at least 0, found {design.weights[counted].min():g}")
    order = np.flatnonzero(counted)[np.argsort(values[counted], kind="stable")]
    ordered, weights = values[order], design.weights[order]
    found = []
    for probability in probabilities:
        value = invert(ordered, weights, probability, rule)
        below = mean(np.where(np.isfinite(values), values <= value, np.nan), design)
        df = degrees_of_freedom(below, design)[0]
        t = float(t_quantile(np.array(float(df)), checked_level(level)))
        half = t * sqrt(variance(below, design).value)
        low, high = (_limit(ordered, weights, end, rule) for end in (below.value - half, below.value + half))
        se = None if low is None or high is None else (high - low) / (2 * t)
        found.append(Quantile(probability, value, low, high, se, df, below.n))
    return found


def invert(ordered: Floats, weights: Floats, probability: float, rule: Rule) -> float:
    """The quantile of answers in their order, with positive weights. See `quantile` for the rules."""
    cumulated, last = _cumulated(weights), len(ordered) - 1
    if rule == "hf7":
        if last == 0:
            return float(ordered[0])
        return float(np.interp(probability, np.concatenate([[0.0], cumulated[:-1]]) / cumulated[-2], ordered))
    whole = cumulated[-1]
    at = int(np.searchsorted(cumulated, probability * whole, side="right")) - 1
    if at < 0:
        return float(ordered[0])
    tie, following = probability - cumulated[at] / whole == 0, min(at + 1, last)
    if rule == "school" and tie:
        return float((ordered[at] + ordered[following]) / 2)
    return float(ordered[at if tie else following])


def _cumulated(weights: Floats) -> Floats:
    """Sums in extended precision, rounded once: whether C = pW then comes out as in the reference program."""
    return np.cumsum(weights.astype(np.longdouble)).astype(np.float64)


def _limit(ordered: Floats, weights: Floats, probability: float, rule: Rule) -> float | None:
    if isnan(probability) or not 0 <= probability <= 1:
        return None
    if rule != "hf7" and len(ordered) > 1 and probability * _cumulated(weights)[-1] < weights[0]:
        # the reference program steps to the second answer for a limit below the first one's weight
        return float(ordered[1])
    return invert(ordered, weights, probability, rule)
