"""One way to new weights for both kinds of design: an adjustment for one, every replicate again for the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from analysis.arrays import Floats
from analysis.design import Adjustment, DesignError, ShapeError, SurveyDesign
from analysis.margins import CalibrationError
from analysis.replicates import ReplicateDesign

AnyDesign = TypeVar("AnyDesign", SurveyDesign, ReplicateDesign)


def reweight(design: AnyDesign, fit: Callable[[Floats], Floats], adjust: Callable[[Floats], Adjustment]) -> AnyDesign:
    """The design with fitted weights.

    fit: (n,) weights -> (n,) new weights; used for the full sample first, then for each replicate
    adjust: the same for the full sample, with what the variance needs
    """
    if isinstance(design, SurveyDesign):
        return design.adjusted(adjust(design.weights))
    return fit_replicates(design, fit)


def fit_replicates(design: ReplicateDesign, fit: Callable[[Floats], Floats]) -> ReplicateDesign:
    """Raises CalibrationError naming the replicate, counted from 1."""
    weights = fit(design.weights)
    replicates = np.empty_like(design.replicate_weights)
    for number in range(replicates.shape[1]):
        try:
            replicates[:, number] = fit(design.replicate_weights[:, number])
        except DesignError as problem:
            raise CalibrationError(f"replicate {number + 1}: {problem}") from None
    return design.with_weights(weights, replicates)


@dataclass(frozen=True)
class WeightReport:
    """What a calibration did to the weights of the domain's rows.

    total: sum of the final weights; smallest, largest: final weights
    ratio_smallest, ratio_largest: final over base weight, of rows with a base weight
    share_negative: share of rows with a final weight below 0
    share_at_lower, share_at_upper: share of rows whose ratio is the bound given; 0 without bounds
    design_effect: of unequal weights, 1 + squared coefficient of variation (Kish 1965, sec. 11.7); None when
        weights are negative, for which it means nothing
    """

    rows: int
    total: float
    smallest: float
    largest: float
    ratio_smallest: float
    ratio_largest: float
    share_negative: float
    share_at_lower: float
    share_at_upper: float
    design_effect: float | None


def weight_report(base: AnyDesign, final: AnyDesign, bounds: tuple[float, float] | None = None) -> WeightReport:
    """Compare the weights of a design before and after `calibrate`, `rake`, `post_stratify` or `trim_weights`.

    bounds: those given to `calibrate`. Raises ShapeError for designs of different samples; CalibrationError when
    no row has a base weight.
    """
    if len(base) != len(final):
        raise ShapeError(f"two designs of the same rows expected, found {len(base)} and {len(final)} rows")
    inside = final.rows & (base.weights != 0)
    if not inside.any():
        raise CalibrationError("rows with a base weight expected, found none")
    w, ratio = final.weights[inside], final.weights[inside] / base.weights[inside]
    low, high = bounds or (-np.inf, np.inf)
    negative = float(np.mean(w < 0))
    return WeightReport(
        rows=len(w), total=float(w.sum()), smallest=float(w.min()), largest=float(w.max()),
        ratio_smallest=float(ratio.min()), ratio_largest=float(ratio.max()), share_negative=negative,
        share_at_lower=float(np.mean(np.isclose(ratio, low, rtol=1e-9, atol=1e-12))),
        share_at_upper=float(np.mean(np.isclose(ratio, high, rtol=1e-9, atol=1e-12))),
        design_effect=None if negative else float(len(w) * (w @ w) / w.sum() ** 2),
    )
