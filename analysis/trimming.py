"""Trimming: weights outside two limits are set to the limit, and what was cut off is given to the others."""

from __future__ import annotations

import numpy as np

from analysis.arrays import Bools, Floats
from analysis.design import SurveyDesign
from analysis.margins import CalibrationError
from analysis.reweighting import AnyDesign, fit_replicates

PASSES = 10_000
"""more than any feasible trimming has needed; the law does not say that it ends"""


def trim_weights(
    design: AnyDesign, *, upper: float = np.inf, lower: float = -np.inf, strict: bool = True
) -> AnyDesign:
    """The design with weights within limits and the same sum of weights.

    upper, lower: persons a row stands for. Weights outside are set to the limit; the total removed is added in
        equal parts to the weights that were inside.
    strict: repeated until no weight is outside; False: once, which may leave weights outside
    In a replicate every row with a weight is trimmed to the same limits; rows that the replicate leaves out stay
    out. Variances do not see the trimming; earlier calibrations stay in them, but their totals are no longer met.
    Raises CalibrationError when the limits cannot hold: all weights outside, or no weights within the limits have
    that sum.
    Source: Potter (1990), Proc. ASA Survey Research Methods, 225-230; the reference program's redistribution.
    Example: trim_weights(design, upper=5 * np.median(design.weights))
    """
    if not lower < upper:
        raise CalibrationError(f"a lower limit below the upper one expected, found {lower:g} and {upper:g}")
    if isinstance(design, SurveyDesign):
        return design.with_weights(_trimmed(design.weights, design.rows, lower, upper, strict), negative=True)
    sampled = design.rows & (design.weights != 0)
    return fit_replicates(
        design, lambda weights: _trimmed(weights, design.rows & ~((weights == 0) & sampled), lower, upper, strict)
    )


def _trimmed(weights: Floats, rows: Bools, lower: float, upper: float, strict: bool) -> Floats:
    w = weights[rows]
    outside = (w < lower) | (w > upper)
    if strict and outside.any() and not len(w) * lower <= w.sum() <= len(w) * upper:
        raise CalibrationError(
            f"limits that allow a sum of weights of {w.sum():.10g} in {len(w)} rows expected (a mean of "
            f"{w.mean():.10g}); found {lower:g} to {upper:g}"
        )
    passes = 0
    while outside.any() and passes < (PASSES if strict else 1):
        if outside.all():
            raise CalibrationError(f"some weights within {lower:g} to {upper:g} expected, found all {len(w)} outside")
        clipped = np.clip(w, lower, upper)
        w = np.where(outside, clipped, w + (w - clipped).sum() / (~outside).sum())
        outside = (w < lower) | (w > upper)
        passes += 1
    if strict and outside.any():
        raise CalibrationError(
            f"weights within {lower:g} to {upper:g} expected, {int(outside.sum())} of {len(w)} are outside after "
            f"{PASSES} passes; wider limits are needed"
        )
    trimmed = weights.copy()
    trimmed[rows] = w
    return trimmed
