"""Distances between weights, and the Newton steps that find the nearest weights with given totals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import expit

from analysis.arrays import Floats
from analysis.auxiliaries import Model
from analysis.feasibility import least_misfit
from analysis.margins import CalibrationError

Method = Literal["linear", "raking", "logit"]
Curve = Callable[[Floats], Floats]
FAR = 20.0
"""population over sample from which raking starts from rescaled weights, as the reference program does"""
PATIENCE = 20
"""whole Newton steps without a new best before careful ones follow"""
EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, eq=False)
class Curves:
    """value: ratio of final to base weight as a function of the linear predictor u; slope: its derivative
    reference_slope: what the reference program takes for the derivative
    """

    value: Curve
    slope: Curve
    reference_slope: Curve


def curves(method: Method, lower: float, upper: float) -> Curves:
    """The functions of a method; 'linear' and 'raking' are cut off at the bounds.

    Source: Deville & Särndal (1992), table 1. For 'raking' the reference program takes the slope for 0 where that
    of 'linear' would be: this decides its steps, not where they lead.
    """

    def free(u: Floats) -> Floats:
        return ((u < upper - 1) & (u > lower - 1)).astype(np.float64)

    def exponential(u: Floats) -> Floats:
        with np.errstate(over="ignore"):
            return np.exp(u)

    def truncated(u: Floats) -> Floats:
        ratio = exponential(u)
        return np.where((ratio > lower) & (ratio < upper), ratio, 0.0)

    if method == "linear":
        return Curves(lambda u: np.clip(1.0 + u, lower, upper), free, free)
    if method == "raking":
        return Curves(
            lambda u: np.clip(exponential(u), lower, upper), truncated,
            lambda u: np.where(free(u) > 0, exponential(u), 0.0),
        )
    steep = (upper - lower) / ((upper - 1) * (1 - lower))
    start = np.log((1 - lower) / (upper - 1))

    def share(u: Floats) -> Floats:
        between: Floats = expit(steep * u + start)
        return between

    def slope(u: Floats) -> Floats:
        return steep * (upper - lower) * share(u) * (1 - share(u))

    return Curves(lambda u: lower + (upper - lower) * share(u), slope, slope)


@dataclass(frozen=True, eq=False)
class _Search:
    """The equations: w times value(x eta), summed over patterns with weights x, equals the totals.

    x: (m, p); w: (m,); totals: (p,). Their solution minimises a convex function of eta.
    """

    x: Floats
    w: Floats
    totals: Floats
    curves: Curves

    def misfit(self, eta: Floats) -> Floats:
        """(p,) what is still missing."""
        return self.totals - (self.w * self.curves.value(self.x @ eta)) @ self.x

    def leap(self, eta: Floats, left: int) -> tuple[Floats, int]:
        """The reference program's step: the whole Newton step, halved only where numbers overflow; and how many
        of the `left` steps it took."""
        slope = self.curves.reference_slope
        # the pseudo-inverse, because a whole level may lie at a bound for a while
        curvature = np.linalg.pinv(self.x.T @ (self.x * (self.w * slope(self.x @ eta))[:, None]), rcond=256 * EPSILON)
        change, used = curvature @ self.misfit(eta), 1
        while used < left and not self._finite(eta + change):
            change, used = change / 2, used + 1
        return eta + change, used

    def _finite(self, eta: Floats) -> bool:
        u = self.x @ eta
        return bool(np.isfinite(self.curves.value(u)).all() and np.isfinite(self.curves.reference_slope(u)).all())

    def walk(self, eta: Floats) -> Floats:
        """A step that always comes nearer: along Newton's direction, to where the convex function stops falling.

        Whole steps may go round in a circle between bounds although weights exist.
        """
        misfit = self.misfit(eta)
        curvature = self.x.T @ (self.x * (self.w * self.curves.slope(self.x @ eta))[:, None])
        ridge = 1e-10 * (np.trace(curvature) + float(self.w.sum()))
        direction = np.linalg.solve(curvature + ridge * np.eye(len(eta)), misfit)
        start, low, high = float(direction @ misfit), 0.0, np.inf
        length = 1.0
        for _ in range(100):
            fall = float(direction @ self.misfit(eta + length * direction))
            if abs(fall) <= 0.1 * start:
                break
            low, high = (length, high) if fall > 0 else (low, length)
            length = (low + high) / 2 if np.isfinite(high) else 2 * length
        return eta + length * direction


@dataclass(frozen=True, eq=False)
class Newton:
    """Newton's method for the multipliers of the totals, with the reference program's steps and stopping rule; where
    those steps get nowhere, careful ones follow (the reference program gives up)."""

    model: Model
    method: Method
    lower: float
    upper: float
    epsilon: float
    maxit: int

    def ratio(self, w: Floats) -> Floats:
        """(m,) ratio of final to base weight of each pattern. w: (m,) its base weights."""
        units = np.abs(self.model.patterns).max(axis=0)  # a column in millions would drown the others
        scale = self._rescaling(w)
        search = _Search(
            self.model.patterns / units, w * scale, self.model.totals / units,
            curves(self.method, self.lower, self.upper),
        )
        tolerance = self.epsilon * (1 + np.abs(self.model.totals)) / units
        eta = nearest = np.zeros(len(units))
        step, best, patience = 0, np.inf, PATIENCE
        while step < self.maxit:
            eta, used = search.leap(eta, self.maxit - step) if patience else (search.walk(eta), 1)
            step += used
            misfit = search.misfit(eta)
            if (np.abs(misfit) < tolerance).all():
                return search.curves.value(search.x @ eta) * scale
            far = float((np.abs(misfit) / tolerance).max())
            if far < best:
                best, nearest, patience = far, eta, min(patience, 1) * PATIENCE
            elif patience:
                patience -= 1
                if not patience:
                    eta = nearest
                    if contradiction := self._contradiction(w * scale):
                        raise CalibrationError(contradiction)
        raise CalibrationError(self._explanation(w * scale, misfit * units))

    def _rescaling(self, w: Floats) -> float:
        """Unbounded raking of weights that are far too small would start far off; a factor on all of them is no
        change of the problem. With bounds it would change what they mean."""
        if self.method == "logit" or self.lower > 0 or self.upper < np.inf:
            return 1.0
        sums = w @ self.model.patterns
        with np.errstate(divide="ignore", invalid="ignore"):
            share = self.model.totals / sums
        return float(share.mean()) if share.min() > FAR else 1.0

    def _contradiction(self, w: Floats) -> str | None:
        """Why no weights within the bounds have these totals, if that is so."""
        x, totals, names = self.model.patterns, self.model.totals, self.model.names
        low = max(0.0 if self.method == "raking" else -np.inf, self.lower)
        allowed = f"weights between {low:g} and {self.upper:g} times the base weights"
        with np.errstate(invalid="ignore"):
            ends = np.stack([np.where(x == 0, 0.0, x * low), np.where(x == 0, 0.0, x * self.upper)])
            least, most = w @ ends.min(axis=0), w @ ends.max(axis=0)
        for at, name in enumerate(names):
            if not least[at] <= totals[at] <= most[at]:
                return (
                    f"{name}: a total of {totals[at]:.10g} expected; {allowed} reach {least[at]:.10g} to "
                    f"{most[at]:.10g}"
                )
        nearest = least_misfit((x * w[:, None])[w > 0].T, totals, low, self.upper)
        if nearest is None or (np.abs(nearest) <= 1e-7 * (1 + np.abs(totals))).all():
            return None
        at = int(np.argmax(np.abs(nearest) / (1 + np.abs(totals))))
        return (
            f"no {allowed} reach all totals at once: {names[at]} expects {totals[at]:.10g}, "
            f"{totals[at] - nearest[at]:.10g} is the nearest found while the others are met"
        )

    def _explanation(self, w: Floats, misfit: Floats) -> str:
        if contradiction := self._contradiction(w):
            return contradiction
        totals, names = self.model.totals, self.model.names
        at = int(np.argmax(np.abs(misfit) / (1 + np.abs(totals))))
        return (
            f"the iteration did not arrive in {self.maxit} steps: {names[at]} expects {totals[at]:.10g}, found "
            f"{totals[at] - misfit[at]:.10g}; more steps, wider bounds or fewer auxiliaries are needed"
        )
