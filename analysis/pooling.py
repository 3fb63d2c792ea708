"""Intervals for domains too small, or too uniform, to show their own variance.

A domain whose answers are all alike has a variance of 0, and one of a few PSUs has a variance that is itself
mostly chance. The design effect of the same measure in the larger domains around it knows more. So the design
effect of every interval is a weighted mean: the domain's own, that of the units of its kind, that of the whole
wave, each with the degrees of freedom it adds, up to BORROWED of them from outside:

    effect = (d effect_own + m1 effect_kind + m2 effect_wave) / (d + m1 + m2)

d = (PSUs - strata) / kish, because unequal weights leave less to see; m1 = what the kind has beyond d, m2 = what
the wave has beyond both. A commune of four PSUs lives on its kind, a province on itself, and no threshold lies
between them. A borrowed effect is first freed of its pool's unequal weights and given the domain's own, which
are known and need no estimating: effect_kind * kish_own / kish_kind (Gabler, Häder & Lahiri 1999). A degenerate
domain (variance 0, share 0 or 1) has d = 0. Where nothing is larger the domain's own variance and df stand as
they are.

The effective sample size is n / effect. The share of one item gets Korn-Graubard's interval at it, cut at n:
exact limits, because one answer per respondent leaves few values the share can take. Pooled answers (factor,
overall) take almost any value, n / effect may rightly exceed n, and Wilson's interval is enough.

Measured (`./hailong bench coverage`, seed 20260, pools of 30 communes; nominal 95 %; width in points):
    27 cells of one item (DEFF 1, 2 by clusters, 2 by weights; n 10, 30, 100; share 80, 85, 95 %), 21,000 communes each:
        this rule               covers 96.6 % at worst, mean width 34.5
        Wilson, same effect            91.3             30.3
        the true effect known          96.6             34.9 (Korn-Graubard), 91.3 and 30.4 (Wilson)
        Wald                           22.6             25.9
    48 cells of pooled answers (5 and 22 items; the three designs and one of 10 PSUs; n 30, 100), 9,000 communes each:
        this rule               covers 94.7 to 96.1 %, mean width 15.8, at most 1.016 times the oracle's
        Korn-Graubard, same effect     96.0 at worst    17.0
        cut at n respondents           95.8             18.3
        own variance and df, Wilson    82.8             16.7
    n = 10, pooled answers: 93.8 to 96.4 %.
Sources: weighting two variances by their df: Smyth (2004), Statistical Applications in Genetics and Molecular
Biology 3(1), 3, sec. 3; design effects carried from one domain to another: Kish (1965), sec. 8.2; Kish (1995),
Journal of Official Statistics 11, 55-77; Korn & Graubard (1998), Survey Methodology 24, 193-201; Gabler, Häder &
Lahiri (1999), Survey Methodology 25, 105-106.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.domains import Estimates
from analysis.intervals import df_adjustment, korn_graubard, logit, t_interval, wilson
from analysis.variance import NOISE

FEW_PSUS = 8
"""below: a domain's own variance says little, and its estimates are flagged"""
BORROWED = 200.0
"""degrees of freedom taken from larger domains at most. More would drown a large unit's own variance where design
effects differ from unit to unit; from fewer, intervals of skew measures (shares of 95 %) fall short."""

Method = Literal["korn_graubard", "wilson", "logit", "t"]


@dataclass(frozen=True, eq=False)
class Evidence:
    """What an interval is made of; arrays (measures, domains).

    effective_n: n / design effect for shares, not truncated; NaN for scores
    variance: for t and logit intervals
    df: degrees of freedom of that variance; NaN: none
    pooled: the design effect of a larger domain has a part in it; unknown: none was to be had, it counts as 1
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
    """Own variance and those of the pools, weighted by degrees of freedom; see the module's head.

    own: (measures, domains); pools: from the nearest to the widest, each holding the one before and of the same
    shape: each domain's column has the estimates of its pool. shares: (measures,) False for mean scores.
    """
    share = shares[:, None]
    n = own.n_positive.astype(np.float64)
    some = ~np.isnan(own.value)
    mixed = _mixed(own, pools, share)
    unknown = some & (mixed.df <= 0)
    spread = np.where(unknown, np.where(share, 1.0, own.simple * n), mixed.spread)
    df = np.where(unknown, n - 1, np.maximum(mixed.df, np.where(mixed.own > 0, own.df, 1)))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        effective = np.where(share, n / spread, np.nan)
        variance = np.where(share, own.value * (1 - own.value), 1.0) * spread / n
    return Evidence(
        effective_n=np.where(some, effective, np.nan), variance=np.where(some, variance, np.nan),
        df=np.where(some & (df > 0), df, np.nan),
        pooled=some & (mixed.df > mixed.own), unknown=unknown,
    )


@dataclass(frozen=True, eq=False)
class _Mixed:
    """(measures, domains): `spread` is n times the variance, in units of p(1-p) for shares; `own` and `df` are the
    weight of the domain's own spread and that of all spreads together."""

    spread: Floats
    own: Floats
    df: Floats


def _mixed(own: Estimates, pools: tuple[Estimates, ...], share: Bools) -> _Mixed:
    spread, own_df = _spread(own, share, of_pool=False)
    total, df, known = own_df * spread, own_df, own_df
    for pool in pools:
        theirs, seen = _spread(pool, share, of_pool=True)
        more = np.clip(seen - known, 0.0, BORROWED - (df - own_df))
        total = total + more * theirs * own.kish / pool.kish
        df, known = df + more, np.maximum(known, seen)
    mean = np.divide(total, df, out=np.full_like(total, np.nan), where=df > 0)
    return _Mixed(mean, own_df, df)


def _spread(found: Estimates, share: Bools, *, of_pool: bool) -> tuple[Floats, Floats]:
    """Variance times n (for shares over p(1-p)), and the degrees of freedom it is known with; 0 and 0 where the
    domain shows nothing.

    For one item of a share this is Kish's design effect. For pooled answers it is below 1 when a respondent's many
    answers carry more than one answer would. A pool's is against n - 1, as a design effect has it; a domain's own
    is such that n / effect = p(1-p) / variance.
    """
    n = found.n_positive.astype(np.float64)
    with np.errstate(invalid="ignore"):
        binomial = np.where(share, found.value * (1 - found.value), 1.0)
        shown = (found.variance > 0) & (found.df > 0) & (n > 1) & (binomial > NOISE)
    spread = np.zeros(found.value.shape)
    np.divide(found.variance * (n - share if of_pool else n), binomial, out=spread, where=shown)
    return spread, np.where(shown, found.df / found.kish, 0.0)


def share_interval(
    own: Estimates, seen: Evidence, method: Method, level: float, *, single: bool
) -> tuple[Floats, Floats]:
    """Limits of shares.

    single: measures of one item. A respondent gives one answer at most, so the effective sample size is cut
        at n; of pooled answers it may rightly exceed n and is not cut.
    method: where one has no limits (logit and t at 0 and 1; all but Korn-Graubard's without degrees of
        freedom), Korn-Graubard's stand.
    """
    p, n = own.value, own.n_positive.astype(np.float64)
    effective = np.minimum(seen.effective_n, n) if single else seen.effective_n
    exact = korn_graubard(p, effective * df_adjustment(n, seen.df, level), level)
    if method == "korn_graubard":
        return exact
    usable, se = ~np.isnan(seen.df), np.sqrt(seen.variance)
    if method == "wilson":
        low, high = wilson(p, effective, seen.df, level)
    else:
        low, high = t_interval(p, se, seen.df, level) if method == "t" else logit(p, se, seen.df, level)
        usable &= (p > 0) & (p < 1)
    return np.where(usable, np.maximum(low, 0), exact[0]), np.where(usable, np.minimum(high, 1), exact[1])


def score_interval(
    own: Estimates, seen: Evidence, level: float, bounds: tuple[float, float]
) -> tuple[Floats, Floats]:
    """t limits of mean scores, cut at the ends of the scale; NaN where no variance is known."""
    se = np.sqrt(np.where(seen.variance > 0, seen.variance, np.nan))
    low, high = t_interval(own.value, se, seen.df, level)
    return np.maximum(low, bounds[0]), np.minimum(high, bounds[1])
