"""Estimators: each gives a value and how much every row moves it. Variance is someone else's work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.arrays import Bools, Floats
from analysis.design import DesignError, EmptyDomainError, SurveyDesign


@dataclass(frozen=True, eq=False)
class Linearised:
    """
    value: in the units of the estimated quantity
    influence: (n,) weighted linearised values, 0 outside the domain
    answered: (n,) rows that count
    """

    value: float
    influence: Floats
    answered: Bools

    @property
    def n(self) -> int:
        """Rows that count, unweighted."""
        return int(self.answered.sum())


def mean(y: npt.ArrayLike, design: SurveyDesign) -> Linearised:
    """Hajek weighted mean of y over respondents of the domain who answered.

    y: (n,) scores in points, or 0/1 for a share; NaN marks an item not answered.
    Raises EmptyDomainError when nobody in the domain answered.
    Source: Särndal, Swensson & Wretman (1992), Model Assisted Survey Sampling, sec. 5.7.
    """
    values = np.asarray(y, dtype=np.float64)
    answered = np.isfinite(values)
    return ratio(np.where(answered, values, 0.0), answered, design)


def ratio(numerator: npt.ArrayLike, denominator: npt.ArrayLike, design: SurveyDesign) -> Linearised:
    """Ratio of two weighted totals, for instance satisfied answers over valid answers of a factor.

    numerator, denominator: (n,) per row, both 0 where the row has no answer; a row counts when its
    denominator is not 0.
    Raises EmptyDomainError when the denominator's total is 0.
    Source: Särndal, Swensson & Wretman (1992), sec. 5.6.
    """
    top, bottom = np.asarray(numerator, dtype=np.float64), np.asarray(denominator, dtype=np.float64)
    if top.shape != design.weights.shape or bottom.shape != design.weights.shape:
        raise DesignError("an estimator needs a value per row of the design")
    w = np.where(design.rows, design.weights, 0.0)
    total_bottom = float(w @ bottom)
    if total_bottom == 0:
        raise EmptyDomainError("no answers in this domain")
    value = float(w @ top) / total_bottom
    return Linearised(value, w * (top - value * bottom) / total_bottom, design.rows & (bottom != 0))


def total(y: npt.ArrayLike, design: SurveyDesign) -> Linearised:
    """Weighted total of y over the domain.

    y: (n,) NaN marks an item not answered, which adds nothing.
    Source: Särndal, Swensson & Wretman (1992), sec. 2.8.
    """
    values = np.asarray(y, dtype=np.float64)
    answered = np.isfinite(values) & design.rows
    influence = np.where(answered, design.weights, 0.0) * np.where(answered, values, 0.0)
    return Linearised(float(influence.sum()), influence, answered)


def combine(parts: list[Linearised], shares: npt.ArrayLike) -> Linearised:
    """Weighted mean of estimates on one design, for instance the mean of five factors.

    shares: (parts,) weights, scaled here to sum to 1. Influences add up, so covariances are in it.
    """
    scaled = np.asarray(shares, dtype=np.float64)
    scaled = scaled / scaled.sum()
    value = float(scaled @ [part.value for part in parts])
    influence = np.sum([share * part.influence for share, part in zip(scaled, parts, strict=True)], axis=0)
    return Linearised(value, influence, np.logical_or.reduce([part.answered for part in parts]))
