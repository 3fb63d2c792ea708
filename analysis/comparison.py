"""Comparisons: with a target, between domains, among many. Tests are of estimates, through the one variance engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import inf, isfinite, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, expit, fdtrc, logit, stdtr, stdtrit

from analysis.arrays import Floats
from analysis.columns import categories
from analysis.design import DesignError, EmptyDomainError, ShapeError
from analysis.estimators import Design, Linearised, contrast, mean
from analysis.variance import covariance

Df = Literal["svyttest", "usual"] | float
"""degrees of freedom of a t test: 'svyttest' as R survey 4.1-1 (degf of the design minus 1, also of one sample);
'usual': degf of the design; a number: that"""
Adjustment = Literal["BH", "BY", "holm", "hochberg", "hommel", "bonferroni", "none"]


class NoVarianceError(DesignError):
    """The estimate has a standard error of 0, or its design no degrees of freedom: nothing can be tested."""


@dataclass(frozen=True)
class TTest:
    """
    estimate, se, null, interval: in the units of the estimate; interval at `level`
    statistic: (estimate - null) / se on the scale tested, with df degrees of freedom (infinite: normal)
    p_two, p_less, p_greater: against the alternatives other than, below, above `null`
    """

    estimate: float
    se: float
    null: float
    statistic: float
    df: float
    p_two: float
    p_less: float
    p_greater: float
    interval: tuple[float, float]
    level: float


@dataclass(frozen=True)
class JointTest:
    """A test of several quantities at once.

    statistic: chi square or F; df: its degrees of freedom, one, two, or none where the tail is not of a family
    """

    statistic: float
    df: tuple[float, ...]
    p_value: float
    method: str


# one estimate


def t_test(
    y: npt.ArrayLike, design: Design, null: float = 0.0, *, df: Df = "svyttest", level: float = 0.95
) -> TTest:
    """Is the mean of y in the domain `null`?

    y: (n,) NaN marks a missing answer. The df are those of the domain, whoever answered.
    Raises EmptyDomainError, NoVarianceError. Source: Lohr (2022), Sampling, sec. 11.1; R survey's svyttest.
    """
    return contrast_test(mean(y, design), design, _df(df, design.degf), null=null, level=level)


def two_sample_t_test(
    y: npt.ArrayLike, group: npt.ArrayLike, design: Design, *, df: Df = "svyttest", level: float = 0.95
) -> TTest:
    """Do the two groups have the same mean of y? The estimate is the second group's mean minus the first's.

    group: (n,) labels or numbers with two values in the domain, taken in their order; None or NaN is missing.
    The groups may cut PSUs: their covariance is in the standard error. The df are those of the rows with both
    values. Raises DesignError where the groups are not two, NoVarianceError.
    Source: R survey's svyttest, the regression of y on the group.
    """
    values = np.asarray(y, dtype=np.float64)
    if values.shape != design.weights.shape:
        raise ShapeError(f"y: {len(design)} values expected, found an array of shape {values.shape}")
    both = design.rows & np.isfinite(values) & (design.weights != 0)
    levels, codes = categories(group, both)
    if len(levels) != 2:
        raise DesignError(f"two groups expected, found {len(levels)}: {list(levels)[:5]}")
    answered = design.domain(codes >= 0)
    found = difference(values, answered, codes == 1, codes == 0)
    return contrast_test(found, answered, _df(df, answered.degf), level=level)


def difference(y: npt.ArrayLike, design: Design, of: npt.ArrayLike, minus: npt.ArrayLike) -> Linearised:
    """Mean of y in one domain minus its mean in another, (n,) booleans each; covariance included."""
    return contrast([mean(y, design.domain(of)), mean(y, design.domain(minus))], [1.0, -1.0])


def contrast_test(
    found: Linearised, design: Design, df: float | None = None, *, null: float = 0.0, level: float = 0.95
) -> TTest:
    """Is this estimate, a contrast for instance, `null`?

    df: None: those of the design as passed. Raises NoVarianceError.
    """
    se = _se(found, design)
    freedom = float(design.degf if df is None else df)
    statistic, half = _statistic(found.value - null, se, freedom), _quantile(freedom, level) * se
    return TTest(
        found.value, se, null, statistic, freedom, *_tails(statistic, freedom),
        interval=(found.value - half, found.value + half), level=level,
    )


def target_test(
    found: Linearised, design: Design, target: float, df: float | None = None, *, level: float = 0.95
) -> TTest:
    """Is this mean or share below its target, or above? The dual of the plain t interval."""
    return contrast_test(found, design, df, null=target, level=level)


def target_test_logit(
    found: Linearised, design: Design, target: float, df: float | None = None, *, level: float = 0.95
) -> TTest:
    """The same on the log-odds scale, by the delta method: the dual of the 'xlogit' interval.

    found: a share. Raises NoVarianceError for shares of 0 and 1, whose log odds are infinite; DesignError for a
    target outside 0..1.
    """
    if not 0 < target < 1:
        raise DesignError(f"a target between 0 and 1 expected, found {target}")
    p, se = found.value, _se(found, design)
    if not 0 < p < 1:
        raise NoVarianceError(f"a share of {p:g} has no log odds; expected one between 0 and 1")
    freedom = float(design.degf if df is None else df)
    scaled = se / (p * (1 - p))
    statistic = _statistic(float(logit(p) - logit(target)), scaled, freedom)
    half = _quantile(freedom, level) * scaled
    limits = (float(expit(logit(p) - half)), float(expit(logit(p) + half)))
    return TTest(p, se, target, statistic, freedom, *_tails(statistic, freedom), interval=limits, level=level)


# several estimates


def wald_test(parts: Sequence[Linearised], design: Design, df: float | None = None) -> JointTest:
    """Are all these estimates 0? F = b'V^-1 b / k on k and df degrees of freedom.

    df: of the denominator; None: those of the design as passed.
    Raises NoVarianceError where their covariance matrix is singular.
    Source: Korn & Graubard (1990), American Statistician 44, 270-276.
    """
    values = np.array([part.value for part in parts])
    statistic = quadratic_form(values, covariance(parts, design)) / len(parts)
    freedom = float(design.degf if df is None else df)
    return JointTest(statistic, (float(len(parts)), freedom), f_tail(statistic, len(parts), freedom), "Wald")


def quadratic_form(values: Floats, V: Floats) -> float:
    """b'V^-1 b. Raises NoVarianceError where V is singular: as many PSUs as estimates are needed at least."""
    spread = np.sqrt(np.diag(V))
    if not (np.isfinite(spread) & (spread > 0)).all():
        raise NoVarianceError("no joint test: an estimate has no variance")
    correlation = V / np.outer(spread, spread)
    if np.linalg.eigvalsh(correlation)[0] < 1e-12:
        raise NoVarianceError(
            f"no joint test of {len(values)} estimates: their covariance matrix is singular; more PSUs, or fewer"
            " estimates expected"
        )
    scaled = values / spread
    return float(scaled @ np.linalg.solve(correlation, scaled))


@dataclass(frozen=True)
class Compared:
    """One pair of domains. test: of the first minus the second; None where there is none, `flag` says why.

    adjusted: its two-sided p after the adjustment over all pairs of the call; None without a test
    """

    first: object
    second: object
    test: TTest | None
    adjusted: float | None
    flag: str | None


def compare_domains(
    y: npt.ArrayLike,
    domains: npt.ArrayLike | Mapping[object, Linearised],
    design: Design,
    *,
    reference: object = None,
    adjust_by: Adjustment = "BH",
    df: float | None = None,
    level: float = 0.95,
) -> tuple[Compared, ...]:
    """Every domain's mean against every other's, or against one reference, as one family of tests.

    y: (n,) NaN marks a missing answer; not used where estimates are given
    domains: (n,) labels, or label -> estimate of any kind on this design
    df: None: those of the design. A pair without a test keeps its place with a flag: 'no_variance', 'empty'.
    """
    estimates: dict[object, Linearised | None] = {}
    if isinstance(domains, Mapping):
        estimates.update(domains)
    else:
        levels, codes = categories(domains, design.rows)
        for at, label in enumerate(levels):
            try:
                estimates[label] = mean(y, design.domain(codes == at))
            except EmptyDomainError:
                estimates[label] = None
    if reference is not None and reference not in estimates:
        raise DesignError(f"no domain {reference!r}; found {list(estimates)[:8]}")
    pairs = [(one, other) for one, other in combinations(estimates, 2) if reference is None]
    pairs += [(one, reference) for one in estimates if reference is not None and one != reference]
    tests: list[TTest | None] = []
    flags: list[str | None] = []
    for one, other in pairs:
        left, right = estimates[one], estimates[other]
        if left is None or right is None:
            tests.append(None)
            flags.append("empty")
            continue
        try:
            tests.append(contrast_test(contrast([left, right], [1.0, -1.0]), design, df, level=level))
            flags.append(None)
        except NoVarianceError:
            tests.append(None)
            flags.append("no_variance")
    adjusted = adjust([np.nan if test is None else test.p_two for test in tests], adjust_by)
    return tuple(
        Compared(one, other, test, None if test is None else float(p), flag)
        for (one, other), test, p, flag in zip(pairs, tests, adjusted, flags, strict=True)
    )


def adjust(p: npt.ArrayLike, method: Adjustment = "BH") -> Floats:
    """(k,) p values adjusted for being k tests of one family, as R's p.adjust.

    'BH', 'BY': false discovery rate, under independence and in general. 'holm', 'bonferroni': familywise, in
    general. 'hochberg', 'hommel': familywise, for independent or positively dependent tests. NaN stays NaN and
    is no test. Raises DesignError for a p outside 0..1.
    Source: Benjamini & Hochberg (1995), Journal of the Royal Statistical Society B 57, 289-300; Benjamini &
    Yekutieli (2001); Holm (1979); Hochberg (1988); Hommel (1988), Biometrika 75, 383-386; Wright (1992).
    """
    given = np.asarray(p, dtype=np.float64)
    there = ~np.isnan(given)
    tested = given[there]
    if given.ndim != 1 or (tested < 0).any() or (tested > 1).any():
        raise DesignError("adjust: a list of p values from 0 to 1 expected")
    adjusted = np.full(len(given), np.nan)
    if len(tested):
        adjusted[there] = _adjusted(tested, method)
    return adjusted


def _adjusted(p: Floats, method: Adjustment) -> Floats:
    k = len(p)
    if method == "none":
        return p
    if method == "bonferroni":
        return np.minimum(1.0, k * p)
    if method in ("BH", "BY"):
        from scipy.stats import false_discovery_control

        found: Floats = false_discovery_control(p, method=method.lower())
        return found
    order = np.argsort(p, kind="stable")
    up, left = p[order], np.arange(k, 0, -1)  # smallest first; tests not rejected yet
    if method == "holm":
        stepped = np.minimum(1.0, np.maximum.accumulate(left * up))
    elif method == "hochberg":
        stepped = np.minimum(1.0, np.minimum.accumulate((left * up)[::-1])[::-1])
    elif method == "hommel":
        stepped = _hommel(up)
    else:
        raise DesignError(f"adjust: BH, BY, holm, hochberg, hommel, bonferroni or none expected, found {method!r}")
    back = np.empty(k)
    back[order] = stepped
    return back


def _hommel(up: Floats) -> Floats:
    """Hommel's closed Simes test on sorted p values, by the algorithm of Wright (1992), Biometrics 48, 1005-1013."""
    k = len(up)
    adjusted = np.full(k, np.min(k * up / np.arange(1, k + 1)))
    for size in range(k - 1, 1, -1):
        few = k - size + 1  # the smallest p; the other size - 1 make up the rest of a subset of this size
        simes = np.min(size * up[few:] / np.arange(2, size + 1))
        bound = np.minimum(size * up, simes)
        bound[few:] = bound[few - 1]
        adjusted = np.maximum(adjusted, bound)
    return np.maximum(adjusted, up)


# tails


def f_tail(statistic: float, k: float, df: float) -> float:
    """P(F > statistic) on k and df degrees of freedom; chi square over k where df is infinite."""
    if not df > 0:
        raise NoVarianceError(f"no test: degrees of freedom above 0 expected, found {df:g}")
    return float(chdtrc(k, k * statistic) if df == inf else fdtrc(k, df, statistic))


def _df(convention: Df, degf: int) -> float:
    if convention == "svyttest":
        return float(degf - 1)
    if convention == "usual":
        return float(degf)
    if isinstance(convention, str):
        raise DesignError(f"df: 'svyttest', 'usual' or a number expected, found {convention!r}")
    return float(convention)


def _se(found: Linearised, design: Design) -> float:
    variance = float(covariance([found], design)[0, 0])
    return sqrt(variance) if variance >= 0 else np.nan


def _statistic(distance: float, se: float, df: float) -> float:
    if not isfinite(se):
        raise NoVarianceError("no test: no stratum has two PSUs, and lonely_psu='average' needs one")
    if not se > 0:
        raise NoVarianceError("no test: the estimate has a standard error of 0 (a census, one answer, or one PSU)")
    if not df > 0:
        raise NoVarianceError(f"no test: degrees of freedom above 0 expected, found {df:g}")
    return distance / se


def _quantile(df: float, level: float) -> float:
    if not 0 < level < 1:
        raise DesignError(f"a level between 0 and 1 expected, found {level}")
    return float(stdtrit(df, 1 - (1 - level) / 2))


def _tails(statistic: float, df: float) -> tuple[float, float, float]:
    """Two-sided, lower and upper tail of Student's distribution."""
    return 2 * float(stdtr(df, -abs(statistic))), float(stdtr(df, statistic)), float(stdtr(df, -statistic))
