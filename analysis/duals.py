"""Tests against a target as the duals of intervals: same effective size, same degrees of freedom, inverted.

All functions work on arrays of any one shape. A p-value is NaN where there is no interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincc, stdtr, stdtrit

from analysis.arrays import Floats
from analysis.intervals import LARGEST_SIZE, MANY, ShareEvidence, ShareMethod

TINY = 1e-300


@dataclass(frozen=True, eq=False)
class Tails:
    """One-sided p-values of a test against a target, dual to an interval: its lower limit at `level` is above
    the target just when greater < (1 - level) / 2, its upper limit below it just when less is.

    less: evidence that the truth is below the target; greater: above. NaN where there is no interval.
    """

    less: Floats
    greater: Floats

    @property
    def two_sided(self) -> Floats:
        """Twice the smaller tail, at most 1: the interval at `level` excludes the target when it is < 1 - level."""
        both: Floats = np.minimum(2 * np.minimum(self.less, self.greater), 1.0)
        return both


def share_test(seen: ShareEvidence, method: ShareMethod, target: Floats) -> Tails:
    """Test of a share against a target as the dual of `share_limits` of the same method.

    target: between 0 and 1, of the shape of the share.
    """
    p, df, goal = seen.share, seen.df, np.asarray(target, dtype=np.float64)
    inside = np.where((goal > 0) & (goal < 1), goal, np.nan)
    inner = np.where((p > 0) & (p < 1), p, np.nan)
    if method == "beta":
        return _beta_tails(p, seen.effective_n, goal, lambda tail: _t_ratio(tail, seen.rows - 1, df))
    if method == "likelihood":
        rows = np.where(seen.positive > 1, seen.positive, np.nan)
        fall = inner * np.log(inner / inside) + (1 - inner) * np.log((1 - inner) / (1 - inside))
        scale = seen.variance * rows / (2 * (rows - 1) * inner * (1 - inner))
        return _tails(np.sign(inner - inside) * np.sqrt(np.maximum(fall, 0)), np.sqrt(scale), df)
    if method == "mean":
        return t_test(p, np.sqrt(seen.variance), df, goal)
    if method == "wilson":
        return wilson_test(p, seen.effective_n, df, goal)
    if method == "asin":
        moved = np.arcsin(np.sqrt(inner)) - np.arcsin(np.sqrt(inside))
        return _tails(moved, np.sqrt(seen.variance) / (2 * np.sqrt(inner * (1 - inner))), df)
    moved = np.log(inner / (1 - inner)) - np.log(inside / (1 - inside))
    return _tails(moved, seen.logit_se if method == "logit" else np.sqrt(seen.variance) / (inner * (1 - inner)), df)


def t_test(mean: Floats, se: Floats, df: Floats, target: Floats) -> Tails:
    """Dual of `t_interval`."""
    return _tails(mean - target, se, df)


def wilson_test(share: Floats, effective_n: Floats, df: Floats, target: Floats) -> Tails:
    """Dual of `wilson`: the score test at the effective sample size. NaN for targets of 0 and 1."""
    inside = np.where((target > 0) & (target < 1), target, np.nan)
    return _tails(share - inside, np.sqrt(inside * (1 - inside) / effective_n), df)


def korn_graubard_test(share: Floats, effective_n: Floats, n: Floats, df: Floats, target: Floats) -> Tails:
    """Dual of `korn_graubard` at effective_n times `df_adjustment`, the product's interval of a share.

    effective_n: before that adjustment, which depends on the level.
    """

    def adjustment(tail: Floats) -> Floats:
        return np.where(n > 1, np.minimum(_t_ratio(tail, n - 1, df), 1.0), 1.0)

    usable = np.where(df >= 1, effective_n, np.nan)
    return _beta_tails(share, usable, np.asarray(target, dtype=np.float64), adjustment)


def _tails(moved: Floats, se: Floats, df: Floats) -> Tails:
    """Tails of moved / se; without variance the sign decides, and on the target itself nothing does (NaN)."""
    usable = np.minimum(np.where(df >= 1, df, np.nan), MANY)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = moved / se
    return Tails(stdtr(usable, t), stdtr(usable, -t))


def _t_ratio(tail: Floats, above: Floats, below: Floats) -> Floats:
    """(t_above / t_below)^2 of the quantiles at a one-sided tail."""
    first, second = (np.where(df >= 1, np.minimum(df, MANY), np.nan) for df in (above, below))
    with np.errstate(invalid="ignore"):
        ratio: Floats = (stdtrit(first, tail) / stdtrit(second, tail)) ** 2
    return ratio


def _beta_tails(share: Floats, size: Floats, target: Floats, adjustment: Callable[[Floats], Floats]) -> Tails:
    """The tail at which a limit of Korn & Graubard stands on the target.

    The effective size depends on the tail through `adjustment`, hence a search: the size shrinks with the tail,
    so the beta probability less the tail changes its sign once. Above 1/2 the adjustment stays what it is there.
    """

    def found(probability: Callable[[Floats], Floats]) -> Floats:
        def at(tail: Floats) -> Floats:
            return probability(np.minimum(size * adjustment(tail), LARGEST_SIZE))

        half = np.full(np.shape(share), 0.4999)  # Student's quantiles are 0 at 1/2, and imprecise just below
        at_half, low, high = at(half), np.full_like(half, np.log(1e-100)), np.log(half)
        for _ in range(80):
            middle = (low + high) / 2
            more = at(np.exp(middle)) > np.exp(middle)
            low, high = np.where(more, middle, low), np.where(more, high, middle)
        return np.where(at_half >= 0.5, at_half, np.where(np.isnan(at_half), np.nan, np.exp((low + high) / 2)))

    def up_to(m: Floats) -> Floats:
        hits, misses = share * m, (1 - share) * m
        inner: Floats = betainc(np.maximum(hits, TINY), misses + 1, target)
        return np.where(hits == 0, 1.0, inner)

    def beyond(m: Floats) -> Floats:
        hits, misses = share * m, (1 - share) * m
        inner: Floats = betaincc(hits + 1, np.maximum(misses, TINY), target)
        return np.where(misses == 0, 1.0, inner)

    return Tails(less=found(beyond), greater=found(up_to))
