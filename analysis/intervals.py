"""Intervals, and the verdict that is their dual; p-values: `duals`. All functions work on arrays of any one shape.

A bound is NaN where there is no interval (no estimate, no degrees of freedom); callers turn it into a null.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import betaincinv, ndtri, stdtrit

from analysis.arrays import Bools, Floats, Ints
from analysis.errors import NumberError

Operator = Literal[">", ">="]
MET, NOT_MET, OPEN = 1, -1, 0
"""verdicts: the whole interval on the right side of the target, on the wrong side, or containing it"""
ShareMethod = Literal["beta", "logit", "xlogit", "likelihood", "asin", "mean", "wilson"]
"""R's names: 'beta' Korn & Graubard, 'mean' the plain t interval, 'logit' and 'xlogit' log-odds (they differ for
replicate weights only: 'logit' takes the variance of the replicates' own log-odds)"""
MANY = 1e10
"""degrees of freedom beyond which Student's distribution is the normal"""
LARGEST_SIZE = 1e9
"""an effective sample size beyond it is cut here: the inverse of the beta function loses its way"""


def checked_level(level: float) -> float:
    """The level, between 0 and 1. Raises NumberError, for 95 as well as for NaN."""
    if not 0 < level < 1:
        raise NumberError(f"a level between 0 and 1 expected, for instance 0.95; found {level:g}")
    return level


def t_quantile(df: Floats, level: float) -> Floats:
    """Two-sided Student quantile; NaN where df < 1, normal where df is infinite."""
    usable, tail = np.where(df >= 1, df, np.nan), 1 - (1 - level) / 2
    quantile: Floats = np.where(usable > MANY, ndtri(tail), stdtrit(np.minimum(usable, MANY), tail))
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
    z, effective_n = t_quantile(df, level), np.where(effective_n > 0, effective_n, np.nan)
    shrink = 1 + z**2 / effective_n
    middle = (share + z**2 / (2 * effective_n)) / shrink
    half = z * np.sqrt(share * (1 - share) / effective_n + z**2 / (4 * effective_n**2)) / shrink
    return np.clip(middle - half, 0, share), np.clip(middle + half, share, 1)


def logit(share: Floats, se: Floats, df: Floats, level: float) -> tuple[Floats, Floats]:
    """Limits on the log-odds scale; NaN at shares of 0 and 1."""
    inner = np.where((share > 0) & (share < 1), share, np.nan)
    return _logit(inner, se / (inner * (1 - inner)), df, level)


def _logit(inner: Floats, logit_se: Floats, df: Floats, level: float) -> tuple[Floats, Floats]:
    middle, half = np.log(inner / (1 - inner)), t_quantile(df, level) * logit_se
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(half - middle)), 1 / (1 + np.exp(-half - middle))


def asin(share: Floats, se: Floats, df: Floats, level: float) -> tuple[Floats, Floats]:
    """Limits on the scale of the arcsine of the square root, back-transformed by sin^2; NaN at shares of 0 and 1."""
    inner = np.where((share > 0) & (share < 1), share, np.nan)
    middle, half = np.arcsin(np.sqrt(inner)), t_quantile(df, level) * se / (2 * np.sqrt(inner * (1 - inner)))
    return np.sin(middle - half) ** 2, np.sin(middle + half) ** 2


def likelihood(share: Floats, variance: Floats, n: Floats, df: Floats, level: float) -> tuple[Floats, Floats]:
    """Limits where the binomial log likelihood, scaled by the design effect, has fallen by t^2/2.

    They are the two q with 2n KL(share, q) = t^2 v n^2 / ((n-1) share (1-share)), KL the Kullback-Leibler
    divergence of two binomial trials; NaN at shares of 0 and 1, and for fewer than two rows.
    n: rows of non-zero weight. Source: Rao & Scott (1984), Annals of Statistics 12, 46-60.
    """
    usable = (share > 0) & (share < 1) & (n > 1)
    p = np.where(usable, share, 0.5)
    rows = np.where(usable, n, 2.0)
    drop = t_quantile(df, level) ** 2 * variance * rows / (2 * (rows - 1) * p * (1 - p))
    drop = np.where(usable, drop, np.nan)

    def solve(outer: Floats) -> Floats:
        """Where the divergence reaches the drop, between the share and an end; by halving, as it is monotone."""
        near, far = p.copy(), outer
        for _ in range(80):
            middle = (near + far) / 2
            with np.errstate(divide="ignore"):
                reached = p * np.log(p / middle) + (1 - p) * np.log((1 - p) / (1 - middle)) >= drop
            near, far = np.where(reached, near, middle), np.where(reached, middle, far)
        return np.where(np.isnan(drop), np.nan, (near + far) / 2)

    return solve(np.zeros_like(p)), solve(np.ones_like(p))


@dataclass(frozen=True, eq=False)
class ShareEvidence:
    """What an interval of a share, or a test of it, is made of; arrays of one shape, or numbers.

    share: 0 to 1; variance: of the share; df: its degrees of freedom
    rows: 'beta' adjusts with it, zero weights included; positive: rows of non-zero weight, for 'likelihood'
    logit_variance: of the log-odds, for 'logit'; None: from `variance` by linearisation
    """

    share: Floats
    variance: Floats
    df: Floats
    rows: Floats
    positive: Floats
    logit_variance: Floats | None = None

    @property
    def effective_n(self) -> Floats:
        """share (1 - share) / variance, not truncated; NaN where that is 0 or without bound."""
        binomial = self.share * (1 - self.share)
        known = (binomial > 0) & (self.variance > 0)
        size: Floats = np.divide(binomial, self.variance, out=np.full(np.shape(binomial), np.nan), where=known)
        return size

    @property
    def logit_se(self) -> Floats:
        """Standard error on the log-odds scale; NaN at shares of 0 and 1."""
        if self.logit_variance is not None:
            known: Floats = np.sqrt(self.logit_variance)
            return known
        binomial = self.share * (1 - self.share)
        se: Floats = np.sqrt(self.variance) / np.where(binomial > 0, binomial, np.nan)
        return se


def share_limits(seen: ShareEvidence, method: ShareMethod, level: float) -> tuple[Floats, Floats]:
    """Limits of a share by any method, as R's svyciprop gives them; 'wilson' is that of `wilson`.

    Nothing is truncated: neither the effective size, nor 'mean' at 0 and 1. NaN where R gives none: without
    degrees of freedom; all but 'mean' at shares of 0 and 1; 'beta' and 'wilson' without variance.
    Source: Korn & Graubard (1999), Analysis of Health Surveys, sec. 2.4; R's survey package.
    """
    p, se, df = seen.share, np.sqrt(seen.variance), seen.df
    if method == "mean":
        return t_interval(p, se, df, level)
    if method == "asin":
        return asin(p, se, df, level)
    if method == "likelihood":
        return likelihood(p, seen.variance, seen.positive, df, level)
    if method == "wilson":
        return wilson(p, seen.effective_n, df, level)
    if method == "beta":
        adjusted = (t_quantile(seen.rows - 1, level) / t_quantile(df, level)) ** 2
        return korn_graubard(p, seen.effective_n * adjusted, level)
    if method == "logit":
        return _logit(np.where((p > 0) & (p < 1), p, np.nan), seen.logit_se, df, level)
    return logit(p, se, df, level)


def verdict(low: Floats, high: Floats, target: Floats, strict: Bools) -> Ints:
    """MET, NOT_MET or OPEN for each interval.

    strict: the target says 'over' ('>'): met when low > target, not met when high <= target.
    Otherwise ('>='): met when low >= target, not met when high < target. NaN anywhere: OPEN.
    """
    met = np.where(strict, low > target, low >= target)
    missed = np.where(strict, high <= target, high < target)
    return np.where(met, MET, np.where(missed, NOT_MET, OPEN)).astype(np.int64)
