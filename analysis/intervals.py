"""Intervals, and the verdict that is their dual. All functions work on arrays of any one shape.

A bound is NaN where there is no interval (no estimate, no degrees of freedom); callers turn it into a null.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import betaincinv, stdtrit

from analysis.arrays import Bools, Floats, Ints

Operator = Literal[">", ">="]
MET, NOT_MET, OPEN = 1, -1, 0
"""verdicts: the whole interval on the right side of the target, on the wrong side, or containing it"""
LARGEST_SIZE = 1e9
"""an effective sample size beyond it is cut here: the inverse of the beta function loses its way"""


def t_quantile(df: Floats, level: float) -> Floats:
    """Two-sided Student quantile; NaN where df < 1, normal where df is infinite."""
    usable = np.where(df >= 1, df, np.nan)
    quantile: Floats = stdtrit(np.minimum(usable, 1e10), 1 - (1 - level) / 2)
    return quantile


def t_interval(mean: Floats, se: Floats, df: Floats, level: float) -> tuple[Floats, Floats]:
    half = t_quantile(df, level) * se
    return mean - half, mean + half


def df_adjustment(n: Floats, df: Floats, level: float) -> Floats:
    """(t(n-1) / t(df))^2, at most 1: what few degrees of freedom cost in effective sample size.

    Source: Korn & Graubard (1998), Survey Methodology 24, 193-201. A single respondent has no t(n-1): 1.
    """
    adjusted = (t_quantile(n - 1, level) / t_quantile(df, level)) ** 2
    result: Floats = np.where(n > 1, np.minimum(adjusted, 1.0), 1.0)
    return result


def korn_graubard(share: Floats, effective_n: Floats, level: float) -> tuple[Floats, Floats]:
    """Exact binomial limits at an effective sample size, which need not be whole.

    share: 0 to 1. Source: Korn & Graubard (1998); Clopper & Pearson (1934).
    """
    tail = (1 - level) / 2
    size = np.minimum(effective_n, LARGEST_SIZE)
    hits, misses = share * size, (1 - share) * size
    low = np.where(hits > 0, betaincinv(hits, misses + 1, tail), 0.0 * hits)  # NaN stays NaN
    high = np.where(misses > 0, betaincinv(hits + 1, misses, 1 - tail), 1.0 + 0.0 * misses)
    # the inverse is found by iteration, which ends a little off at the edges
    return np.minimum(low, share), np.maximum(high, share)


def wilson(share: Floats, effective_n: Floats, df: Floats, level: float) -> tuple[Floats, Floats]:
    """Score limits at an effective sample size, with a t quantile.

    Source: Wilson (1927), Journal of the American Statistical Association 22, 209-212.
    """
    z = t_quantile(df, level)
    shrink = 1 + z**2 / effective_n
    middle = (share + z**2 / (2 * effective_n)) / shrink
    half = z * np.sqrt(share * (1 - share) / effective_n + z**2 / (4 * effective_n**2)) / shrink
    return np.clip(middle - half, 0, share), np.clip(middle + half, share, 1)


def logit(share: Floats, se: Floats, df: Floats, level: float) -> tuple[Floats, Floats]:
    """Limits on the log-odds scale; NaN at shares of 0 and 1."""
    inner = np.where((share > 0) & (share < 1), share, np.nan)
    middle = np.log(inner / (1 - inner))
    half = t_quantile(df, level) * se / (inner * (1 - inner))
    return 1 / (1 + np.exp(half - middle)), 1 / (1 + np.exp(-half - middle))


def verdict(low: Floats, high: Floats, target: Floats, strict: Bools) -> Ints:
    """MET, NOT_MET or OPEN for each interval.

    strict: the target says 'over' ('>'): met when low > target, not met when high <= target.
    Otherwise ('>='): met when low >= target, not met when high < target. NaN anywhere: OPEN.
    """
    met = np.where(strict, low > target, low >= target)
    missed = np.where(strict, high <= target, high < target)
    return np.where(met, MET, np.where(missed, NOT_MET, OPEN)).astype(np.int64)
