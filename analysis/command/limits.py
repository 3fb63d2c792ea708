"""Limits, tests and flags of a whole table of estimates at once."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.command.inputs import Measure
from analysis.design import SurveyDesign, WeightError
from analysis.domains import Estimates
from analysis.duals import Tails, korn_graubard_test, share_test, t_test, wilson_test
from analysis.estimators import Design
from analysis.intervals import (
    ShareEvidence,
    ShareMethod,
    share_limits,
    t_interval,
    verdict,
)
from analysis.pooling import evidence, share_interval
from analysis.replicates import ReplicateDesign


@dataclass(frozen=True, eq=False)
class Limits:
    """Arrays (measures, domains). t: distance from the target over the standard error; marks: flag -> where"""

    low: Floats
    high: Floats
    df: Floats
    effective_n: Floats
    t: Floats
    less: Floats
    greater: Floats
    two_sided: Floats
    verdict: Ints
    marks: dict[str, Bools]

    def flags(self, at: tuple[int, int]) -> list[str]:
        return [flag for flag, where in self.marks.items() if where[at]]


def limits_of(
    asked: argparse.Namespace, measures: Sequence[Measure], own: Estimates, pools: tuple[Estimates, ...], design: Design
) -> Limits:
    """Shares get the interval asked for, everything else a t interval; a test is the dual of its interval."""
    shares = np.array([measure.share for measure in measures])
    df = _df(asked.df, own, design)
    se = np.sqrt(np.where(own.variance > 0, own.variance, 0.0 if _census(design) else np.nan))
    low, high = t_interval(own.value, se, df, asked.level)
    sign, goal = getattr(asked, "target", None) or (">", np.nan)
    target = np.full(own.value.shape, goal)
    tails = t_test(own.value, se, df, target)
    less, greater = tails.less, tails.greater
    with np.errstate(invalid="ignore", divide="ignore"):
        t = (own.value - target) / se
        effective = np.where((own.value > 0) & (own.value < 1), own.value * (1 - own.value) / own.variance, np.nan)
    marks = _marks(own)
    if shares.any():
        rows = np.flatnonzero(shares)
        method: ShareMethod | Literal["hybrid"] = getattr(asked, "ci", "mean")
        part = own.rows(rows)
        if method == "hybrid":
            near = tuple(pool.rows(rows) for pool in pools)
            found = _hybrid(asked, [measures[row] for row in rows.tolist()], part, near, target[rows], marks, rows)
            low[rows], high[rows], df[rows], effective[rows], less[rows], greater[rows] = found
        elif method != "mean":
            if method in ("logit", "likelihood") and (design.weights[design.rows] < 0).any():
                raise WeightError(f"--ci {method}: weights of at least 0 expected, found some below after calibration")
            tied = isinstance(design, SurveyDesign) and bool(design.adjustments)  # as `estimate.share_evidence`
            kept = np.full(own.n.shape, len(design)) if tied else own.n
            seen = ShareEvidence(
                part.value, part.variance, df[rows], kept[rows].astype(np.float64), part.n_positive.astype(np.float64)
            )
            low[rows], high[rows] = share_limits(seen, method, asked.level)
            if not np.isnan(goal):
                tested = share_test(seen, method, target[rows])
                less[rows], greater[rows] = tested.less, tested.greater
    marks["no_interval"] = ~np.isnan(own.value) & np.isnan(low)
    decided = verdict(low, high, target, np.full(target.shape, sign == ">"))
    both = Tails(less, greater).two_sided
    return Limits(low, high, df, effective, t, less, greater, both, decided, marks)


def _df(kind: str | float, own: Estimates, design: Design) -> Floats:
    if kind == "domain":
        return own.df.astype(np.float64)
    if kind == "inf":
        return np.full(own.df.shape, np.inf)
    return np.full(own.df.shape, float(_whole_df(design) if kind == "design" else kind))


def _whole_df(design: Design) -> int:
    if isinstance(design, ReplicateDesign):
        return design.whole_degf
    first = design.stages[0]
    return len(first.stratum) - len(first.sampled)


def _census(design: Design) -> bool:
    """Everybody was asked: a standard error of 0 is the truth. Else it only says that the answers do not differ."""
    return isinstance(design, SurveyDesign) and not any(stage.factor.any() for stage in design.counted_stages)


def _hybrid(
    asked: argparse.Namespace, measures: Sequence[Measure], own: Estimates, pools: tuple[Estimates, ...],
    target: Floats, marks: dict[str, Bools], rows: Ints,
) -> tuple[Floats, ...]:
    """low, high, df, effective n, p less, p greater of shares; and flags."""
    seen = evidence(own, pools, np.ones(len(measures), dtype=np.bool_))
    single = np.array([measure.single for measure in measures])
    n = own.n_positive.astype(np.float64)
    low, high, size = np.empty_like(n), np.empty_like(n), seen.effective_n.copy()
    less, greater = np.full_like(n, np.nan), np.full_like(n, np.nan)
    for kind in (True, False):
        at = np.flatnonzero(single == kind)
        part, of = own.rows(at), seen.rows(at)
        limits = share_interval(part, of, "korn_graubard" if kind else "wilson", asked.level, single=kind)
        low[at], high[at] = limits
        size[at] = np.minimum(of.effective_n, n[at]) if kind else of.effective_n
        if not np.isnan(target).all():
            if kind:
                tails = korn_graubard_test(part.value, size[at], n[at], of.df, target[at])
            else:
                tails = wilson_test(part.value, size[at], of.df, target[at])
            less[at], greater[at] = tails.less, tails.greater
    for flag, where in (("pooled_deff", seen.pooled), ("unknown_deff", seen.unknown)):
        marks[flag] = np.zeros((len(marks["degenerate"]), n.shape[1]), dtype=np.bool_)
        marks[flag][rows] = where
    return low, high, seen.df, size, less, greater


def _marks(own: Estimates) -> dict[str, Bools]:
    some = ~np.isnan(own.value)
    return {
        "no_answers": own.n == 0, "zero_weight": (own.n > 0) & ~some, "degenerate": some & (own.variance == 0),
        "no_variance": some & np.isnan(own.variance), "single_psu_stratum": some & own.lonely,
    }
