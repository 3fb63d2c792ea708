"""Calibration: weights as near to the design's as possible whose weighted totals are those of the population.

All of it is found here: `calibrate` (this file), `post_stratify`, `rake`, `trim_weights`, `weight_report`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Floats, Ints, sums_by
from analysis.auxiliaries import Model, build_model
from analysis.columns import Column
from analysis.distances import Method, Newton
from analysis.margins import CalibrationError, Totals
from analysis.poststratification import post_stratify
from analysis.raking import rake
from analysis.reweighting import AnyDesign, WeightReport, reweight, weight_report
from analysis.trimming import trim_weights

__all__ = [
    "CalibrationError", "WeightReport", "calibrate", "post_stratify", "rake", "trim_weights", "weight_report",
]

Bounds = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Regression:
    """A calibration as the variance sees it.

    before, weights: (n,) weights before and after
    pattern: (n,) number of each row's combination of auxiliary values, -1 for rows without weights
    root: (m,) root of the sum of the weights before, by pattern
    basis: (m, p) orthonormal basis of the auxiliaries of the patterns times `root`
    """

    before: Floats
    weights: Floats
    pattern: Ints
    root: Floats
    basis: Floats

    def residual(self, z: Floats) -> Floats:
        """(n, k) residuals of z / weights in the regression on the auxiliaries with the weights *before*, times
        the weights after.

        Rows with the same auxiliaries have the same fitted value, so it is found from sums by pattern.
        Source: Deville & Särndal (1992), JASA 87, eq. 3.4; the reference program's order.
        """
        live = self.pattern >= 0
        of, final = self.pattern[live], self.weights[live]
        share = self.before[live] / final
        residual = z.copy()
        for column in range(z.shape[1]):
            mean = sums_by(of, share * z[live, column], len(self.root)) / self.root
            fitted = self.basis @ (self.basis.T @ mean) / self.root
            residual[live, column] -= final * fitted[of]
        return residual


def calibrate(
    design: AnyDesign, auxiliaries: Mapping[str, Column], totals: Mapping[str, float | Totals], *,
    method: Method = "linear", bounds: Bounds | None = None, epsilon: float = 1e-7, maxit: int = 50,
    allow_negative: bool = True,
) -> AnyDesign:
    """The design with weights whose totals of the auxiliaries are those of the population.

    auxiliaries: name -> (n,) numbers, or labels (text, or `Factor` for labels that are numbers)
    totals: either for each category variable its cells, for each number its total:
            {"sex": {"nam": 17542, "nu": 19781}, "income": 3914069}
        or for each column of the model matrix with treatment contrasts (the first level is left out):
            {"(Intercept)": 37323, "sexnu": 19781, "income": 3914069}
        Without a category variable the first form needs "(Intercept)", the number of persons, too.
    method: distance between final and base weight. 'linear': generalised regression (GREG); 'raking': never
        negative; 'logit': needs bounds, and comes near them without touching
    bounds: smallest and largest ratio of final to base weight
    epsilon: relative misfit of every total at which the iteration stops, |misfit| < epsilon (1 + |total|)
    maxit: Newton steps; unbounded 'linear' needs none. Where the reference program's whole steps come no nearer for
        20 steps, it is checked whether such weights exist at all, and careful steps follow if they do
    allow_negative: False refuses final weights below 0, which 'linear' may give; see `weight_report`
    A replicate design is calibrated in every replicate; the variance of a SurveyDesign uses regression residuals.
    Raises CalibrationError: missing values, unknown levels, levels without rows, totals that disagree, collinear
    auxiliaries, bounds that no weights satisfy, no arrival within maxit (never the last step as if it had).
    Source: Deville & Särndal (1992), JASA 87, 376-382; iteration and stopping rule of the reference program.
    Example: calibrate(design, {"sex": sex, "age": age}, totals, method="raking", bounds=(0.5, 2))
    """
    lower, upper = _bounds(method, bounds)
    if maxit < 1 or not epsilon > 0:
        raise CalibrationError(f"at least one step and an epsilon above 0 expected, found {maxit} and {epsilon:g}")
    if negative := int((design.weights[design.rows] < 0).sum()):
        raise CalibrationError(f"base weights of at least 0 expected, found {negative} below")
    model = build_model(design.rows, design.weights, auxiliaries, totals)
    if method == "linear" and lower == -np.inf and upper == np.inf:
        ratio: Callable[[Floats], Floats] = model.linear
    else:
        ratio = Newton(model, method, lower, upper, epsilon, maxit).ratio

    def fit(before: Floats) -> Floats:
        after = model.spread(before, ratio(model.gathered(before)))
        if not allow_negative and (after[design.rows] < 0).any():
            raise CalibrationError(
                f"final weights of at least 0 expected, found {int((after[design.rows] < 0).sum())} below, the "
                f"smallest {after[design.rows].min():.10g}; method 'raking', or bounds, keep them positive"
            )
        return after

    return reweight(design, fit, lambda before: _regression(model, before, fit(before)))


def _bounds(method: Method, bounds: Bounds | None) -> Bounds:
    if method not in ("linear", "raking", "logit"):
        raise CalibrationError(f"method 'linear', 'raking' or 'logit' expected, found {method!r}")
    if bounds is None:
        bounds = (-np.inf, np.inf)
    lower, upper = float(bounds[0]), float(bounds[1])
    if not lower < 1 < upper:
        raise CalibrationError(
            f"bounds on final over base weight on both sides of 1 expected, found {lower:g} to {upper:g}"
        )
    if method == "logit" and not (np.isfinite(lower) and np.isfinite(upper)):
        raise CalibrationError(f"method 'logit': two finite bounds expected, found {lower:g} to {upper:g}")
    return lower, upper


def _regression(model: Model, before: Floats, after: Floats) -> Regression:
    live = (model.pattern >= 0) & (before != 0) & (after != 0)
    seen, number = np.unique(model.pattern[live], return_inverse=True)
    pattern = np.full(len(before), -1, dtype=np.int64)
    pattern[live] = number
    root = np.sqrt(sums_by(pattern[live], before[live], len(seen)))
    basis, _ = np.linalg.qr(model.patterns[seen] * root[:, None])
    return Regression(before, after, pattern, root, basis)
