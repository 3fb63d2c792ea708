"""Estimate: a figure that never stands without its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isnan, nan, sqrt

import numpy as np

from analysis.design import DesignError, LonelyPsuError, NumberError, SurveyDesign, WeightError
from analysis.duals import Tails, share_test
from analysis.estimators import Design, Linearised, kept_rows
from analysis.intervals import ShareEvidence, ShareMethod, checked_level, share_limits, t_interval
from analysis.replicates import ReplicateDesign
from analysis.variance import NOISE, Variance, variance


@dataclass(frozen=True)
class Estimate:
    """
    value, se: in the units of the estimated quantity; se is NaN, and flagged, where the design's rule for single
        units leaves no variance
    df: PSUs minus strata present in the domain, or the rank of its replicate weights less 1; design_df: those
        of the whole design
    interval: t interval at `level`; None where there are no degrees of freedom or no variance
    deff: variance against simple random sampling with replacement of as many rows; None where that is 0
    n: rows that count, unweighted; n_psu: PSUs with such a row, None where the design does not know its PSUs
    flags: 'single_psu_stratum' where a stratum with one PSU came under the rule for them, 'single_unit_within'
        where that happened at a later stage, 'no_variance' where nothing was left to see a variance from,
        'zero_variance' where it is 0 (all answers alike, one answer, a census), 'no_df' where no degrees of freedom
    """

    value: float
    se: float
    df: int
    design_df: int
    interval: tuple[float, float] | None
    deff: float | None
    n: int
    n_psu: int | None
    flags: tuple[str, ...]


def estimate(linearised: Linearised, design: Design, level: float = 0.95) -> Estimate:
    """The estimate with its design-based standard error.

    Raises as `variance.covariance`, and LonelyPsuError where 'certainty' or 'remove' would leave nothing of the
    whole first stage: every stratum is a single PSU of several.
    Source of deff: Kish (1965), Survey Sampling, sec. 8.2; same as R survey's deff = "replace", see
    `design_effect` for the other convention.
    """
    _require_a_pair(design)
    found = variance(linearised, design)
    se = sqrt(found.value) if found.value >= 0 else nan
    df, design_df, psus = degrees_of_freedom(linearised, design)
    low, high = t_interval(np.array(linearised.value), np.array(se), np.array(float(df)), checked_level(level))
    simple = simple_variance(linearised, design)
    return Estimate(
        value=linearised.value, se=se, df=df, design_df=design_df,
        interval=(float(low), float(high)) if df > 0 and not isnan(se) else None,
        deff=found.value / simple if simple > 0 and not isnan(se) else None,
        n=linearised.n, n_psu=psus, flags=_flags(found, linearised.value, df),
    )


def _require_a_pair(design: Design) -> None:
    if isinstance(design, SurveyDesign) and design.all_lonely:
        raise LonelyPsuError(
            f"a stratum with at least 2 PSUs expected; found {len(design.stages[0].lonely)} with a single one, the "
            f"first is {design.unit_name(0, 0)}"
        )


def degrees_of_freedom(linearised: Linearised, design: Design) -> tuple[int, int, int | None]:
    """df of the rows that count, df of the whole design, and PSUs with a row that counts."""
    answered = linearised.answered
    if isinstance(design, ReplicateDesign):
        return design.domain(answered).degf, design.whole_degf, None
    psus, strata = design.present(answered)
    whole = design.stages[0]
    return psus - strata, len(whole.stratum) - len(whole.sampled), len(np.unique(design.psu[answered]))


def simple_variance(linearised: Linearised, design: Design, *, replace: bool = True) -> float:
    """Variance the estimate would have under simple random sampling of as many rows; NaN where unknown.

    replace: with replacement; else without, from a population of the sum of weights, which has no meaning when
    the weights add up to less than the rows. n counts rows of non-zero weight.
    """
    counted = linearised.answered & (design.weights != 0)
    n, w = int(counted.sum()), design.weights[counted]
    whole = float(w.sum())
    if n < 2 or (whole < n and not replace):
        return nan
    moved = linearised.influence[counted] / w
    moved = moved - w @ moved / whole  # a total is not centred by itself
    simple = whole * float(w @ moved**2) / (n - 1)
    return simple if replace else simple * (1 - n / whole)


def design_effect(linearised: Linearised, design: Design, *, replace: bool = False) -> float | None:
    """Variance over that of simple random sampling; None where the latter is 0 or unknown.

    replace: the comparison is with replacement (Kish's deft squared; R's deff = "replace"); else without
    (R's deff = TRUE), see `simple_variance`.
    """
    simple = simple_variance(linearised, design, replace=replace)
    found = variance(linearised, design).value
    return found / simple if simple > 0 and not isnan(found) else None


@dataclass(frozen=True)
class ShareInterval:
    """
    value, se: 0 to 1; df: degrees of freedom used; effective_n: value (1 - value) / se^2
    low, high: limits at `level`; None where the method has none: no degrees of freedom, a value of 0 or 1 (but
        for 'mean'), no variance ('beta', 'wilson'). In small domains see `pooling` for limits that always exist.
    """

    value: float
    se: float
    df: int
    low: float | None
    high: float | None
    effective_n: float | None
    method: ShareMethod
    level: float


def proportion_interval(
    share: Linearised, design: Design, method: ShareMethod = "beta", level: float = 0.95
) -> ShareInterval:
    """Interval of a share by one of the reference program's methods, exactly as it gives them.

    share: a mean of zeros and ones, or a ratio of counts, between 0 and 1
    Raises as `variance.covariance`; NumberError for a level outside 0 to 1; WeightError for 'logit' and 'likelihood'
    with a negative weight (after a linear calibration); DesignError when the value is not a share.
    Source: Korn & Graubard (1999), Analysis of Health Surveys, sec. 2.4; R's svyciprop.
    """
    seen = share_evidence(share, design, method)
    low, high = (float(limit) for limit in share_limits(seen, method, checked_level(level)))
    size = float(seen.effective_n)
    return ShareInterval(
        value=share.value, se=sqrt(float(seen.variance)), df=int(seen.df), low=None if isnan(low) else low,
        high=None if isnan(high) else high, effective_n=None if isnan(size) else size, method=method, level=level,
    )


def proportion_test(share: Linearised, design: Design, target: float, method: ShareMethod = "beta") -> Tails:
    """Test of a share against a target, the dual of `proportion_interval`; NaN where that has no limits.

    target: between 0 and 1. Raises as `proportion_interval`, and NumberError for another target.
    """
    if not 0 < target < 1:
        raise NumberError(f"a target between 0 and 1 expected, found {target:g}")
    return share_test(share_evidence(share, design, method), method, np.array(target))


def share_evidence(share: Linearised, design: Design, method: ShareMethod = "beta") -> ShareEvidence:
    """What `share_limits` and `share_test` need, df that of the domain. Raises as `proportion_interval`."""
    if not -1e-12 <= share.value <= 1 + 1e-12:
        raise DesignError(f"a share between 0 and 1 expected, found {share.value:g}")
    weights = design.weights[share.answered]
    if method in ("logit", "likelihood") and (weights < 0).any():
        raise WeightError(f"weights of at least 0 expected for {method}, found {weights.min():g}")
    logit_variance = None
    if method == "logit" and share.replicates is not None:
        logit_variance = np.array(variance(_log_odds(share), design).value) if 0 < share.value < 1 else np.array(nan)
    # a calibration ties every row to the domain: the reference program then counts them all
    rows = int(kept_rows(share).sum()) if isinstance(design, ReplicateDesign) or not design.adjustments else len(design)
    numbers = (share.value, variance(share, design).value, degrees_of_freedom(share, design)[0], rows)
    value, found, df, kept = (np.array(float(number)) for number in numbers)
    return ShareEvidence(value, found, df, kept, np.array(float((weights != 0).sum())), logit_variance)


def _log_odds(share: Linearised) -> Linearised:
    """The log-odds of every replicate's share; those at 0 and 1 have none and are left out."""
    theta = np.asarray(share.replicates)
    inside = (theta > 0) & (theta < 1)
    moved = np.log(np.where(inside, theta, 0.5) / np.where(inside, 1 - theta, 0.5))
    value = float(np.log(share.value / (1 - share.value)))
    return replace(share, value=value, replicates=np.where(inside, moved, nan))


def _flags(found: Variance, value: float, df: int) -> tuple[str, ...]:
    flags = {
        "single_psu_stratum": bool(found.lonely), "single_unit_within": found.later, "no_variance": isnan(found.value),
        "zero_variance": found.value <= (NOISE * max(abs(value), 1.0)) ** 2, "no_df": df <= 0,
    }
    return tuple(name for name, holds in flags.items() if holds)
