"""Estimate: a figure that never stands without its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np

from analysis.design import SurveyDesign
from analysis.estimators import Linearised
from analysis.intervals import t_interval
from analysis.variance import variance


@dataclass(frozen=True)
class Estimate:
    """
    value, se: in the units of the estimated quantity
    df: PSUs minus strata present in the domain; design_df: those of the whole design
    interval: t interval at `level`; None where there are no degrees of freedom
    deff: variance against simple random sampling with replacement of as many rows; None where that is 0
    n: rows that count, unweighted; n_psu: PSUs with such a row
    flags: 'single_psu_stratum' where a stratum with one PSU contributed 0
    """

    value: float
    se: float
    df: int
    design_df: int
    interval: tuple[float, float] | None
    deff: float | None
    n: int
    n_psu: int
    flags: tuple[str, ...]


def estimate(linearised: Linearised, design: SurveyDesign, level: float = 0.95) -> Estimate:
    """The estimate with its design-based standard error.

    Source of deff: Kish (1965), Survey Sampling, sec. 8.2; same as R survey's deff = "replace".
    """
    found = variance(linearised, design)
    answered, w = linearised.answered, design.weights
    psus, strata = design.present(answered)
    se = sqrt(found.value)
    df = psus - strata
    low, high = t_interval(np.array(linearised.value), np.array(se), np.array(float(df)), level)
    counted = answered & (w > 0)
    rows = int(counted.sum())
    simple = nan
    if rows > 1:
        weights, moved = w[counted], linearised.influence[counted] / w[counted]
        moved = moved - weights @ moved / weights.sum()  # a total is not centred by itself
        simple = float(weights.sum() * (weights @ moved**2)) / (rows - 1)
    whole = design.stages[0]
    return Estimate(
        value=linearised.value, se=se, df=df, design_df=len(whole.stratum) - len(whole.sampled),
        interval=(float(low), float(high)) if df > 0 else None,
        deff=found.value / simple if simple > 0 else None,
        n=linearised.n, n_psu=len(np.unique(design.psu[answered])),
        flags=("single_psu_stratum",) if found.lonely else (),
    )
