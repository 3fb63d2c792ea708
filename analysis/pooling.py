"""Intervals for domains too small, or too uniform, to show their own variance.

A domain whose answers are all alike has a variance of 0, and one of a few PSUs has a variance that is itself
mostly chance. There the design effect of the same measure in a larger domain takes over: n / DEFF is the
effective sample size. In simulations this rule covers at least 94.6 % of the time for nominal 95 %, where the
plain t interval falls to 22 %.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.domains import Estimates
from analysis.intervals import df_adjustment, korn_graubard, logit, t_interval, wilson

FEW_PSUS = 8
"""below: a domain's own variance is not used"""
POOL_PSUS = 20
"""a pool needs as many; else the whole sample is the pool"""

Method = Literal["korn_graubard", "wilson", "logit", "t"]


@dataclass(frozen=True, eq=False)
class Evidence:
    """What an interval is made of; arrays (measures, domains).

    effective_n: p(1-p)/variance for shares, not truncated; NaN for scores
    variance: for t and logit intervals
    df: degrees of freedom of that variance; NaN: none
    pooled: the design effect of a larger domain was used; unknown: none was to be had, it counts as 1
    """

    effective_n: Floats
    variance: Floats
    df: Floats
    pooled: Bools
    unknown: Bools

    def rows(self, measures: Ints) -> Evidence:
        """The rows of these measures."""
        return Evidence(*(getattr(self, field.name)[measures] for field in fields(self)))


def evidence(own: Estimates, pools: tuple[Estimates, ...], shares: Bools) -> Evidence:
    """Own variance where it can be trusted, else that of the first usable pool.

    own: (measures, domains); pools: candidates in order, of the same shape: each domain's column holds the
    estimates of its pool; all but the last need POOL_PSUS PSUs. shares: (measures,) False for mean scores.
    """
    share = shares[:, None]
    degenerate = (own.variance == 0) | (share & ((own.value <= 0) | (own.value >= 1)))
    nothing_larger = own.n_psu == pools[-1].n_psu
    trusted = ~degenerate & ((own.n_psu >= FEW_PSUS) | nothing_larger) & (own.df > 0)
    effect, spread, df = _pooled(pools, share)
    n = own.n_positive.astype(np.float64)
    unknown = ~trusted & np.isnan(effect)
    effect, df = np.where(np.isnan(effect), 1.0, effect), np.where(np.isnan(df), n - 1, df)
    binomial = own.value * (1 - own.value)
    with np.errstate(divide="ignore", invalid="ignore"):
        effective = np.where(trusted, binomial / own.variance, n / effect)
        borrowed = np.where(share, binomial / (n / effect), spread / n)
    own_simple = np.where(unknown & ~share, own.simple, borrowed)
    return Evidence(
        effective_n=np.where(share, effective, np.nan),
        variance=np.where(trusted, own.variance, own_simple),
        df=np.where(trusted, own.df, np.where(df > 0, df, np.nan)),
        pooled=~trusted & ~unknown & ~np.isnan(own.value),
        unknown=unknown & ~np.isnan(own.value),
    )


def _pooled(pools: tuple[Estimates, ...], share: Bools) -> tuple[Floats, Floats, Floats]:
    """Per domain: variance of its pool against binomial sampling of as many respondents; variance of one
    respondent's score with the design effect in it; df. NaN where no pool can be used.

    For one item the first is Kish's design effect. For pooled answers it is below 1 when a respondent's many
    answers carry more than one answer would.
    """
    shape = pools[0].value.shape
    effect, spread, df = (np.full(shape, np.nan) for _ in range(3))
    for place, pool in enumerate(pools):
        last = place == len(pools) - 1
        usable = np.isnan(spread) & (pool.variance > 0) & (pool.df > 0) & (pool.n_positive > 1)
        usable &= last | (pool.n_psu >= POOL_PSUS)
        usable &= ~share | ((pool.value > 0) & (pool.value < 1))
        n = pool.n_positive
        np.divide(pool.variance * (n - 1), pool.value * (1 - pool.value), out=effect, where=usable & share)
        np.multiply(pool.variance, n, out=spread, where=usable)
        df[usable] = pool.df[usable]
    effect = np.where(share, effect, np.where(np.isnan(spread), np.nan, 1.0))
    return effect, spread, df


def share_interval(
    own: Estimates, seen: Evidence, method: Method, level: float, *, single: bool
) -> tuple[Floats, Floats]:
    """Limits of shares.

    single: measures of one item. A respondent gives one answer at most, so the effective sample size is cut
        at n; of pooled answers it may rightly exceed n and is not cut.
    method: 'logit' and 't' have no limits at 0 and 1: Korn-Graubard's stand there.
    """
    p, n = own.value, own.n_positive.astype(np.float64)
    effective = np.minimum(seen.effective_n, n) if single else seen.effective_n
    low, high = korn_graubard(p, effective * df_adjustment(n, seen.df, level), level)
    if method == "korn_graubard":
        return low, high
    if method == "wilson":
        return wilson(p, effective, seen.df, level)
    se = np.sqrt(seen.variance)
    other = t_interval(p, se, seen.df, level) if method == "t" else logit(p, se, seen.df, level)
    inner = (p > 0) & (p < 1)
    return np.where(inner, np.maximum(other[0], 0), low), np.where(inner, np.minimum(other[1], 1), high)


def score_interval(
    own: Estimates, seen: Evidence, level: float, bounds: tuple[float, float]
) -> tuple[Floats, Floats]:
    """t limits of mean scores, cut at the ends of the scale; NaN where no variance is known."""
    se = np.sqrt(np.where(seen.variance > 0, seen.variance, np.nan))
    low, high = t_interval(own.value, se, seen.df, level)
    return np.maximum(low, bounds[0]), np.minimum(high, bounds[1])
