"""Simulated communes whose truth is known: what an interval is tried on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from analysis.cells import Answers, accumulate
from analysis.design import SurveyDesign
from analysis.domains import Estimates, Grouping, estimate_all
from analysis.measures import Measure, Ratio

Floats = npt.NDArray[np.float64]
Design = Literal["deff 1", "deff 2 clusters", "deff 2 weights", "deff 2, 10 PSUs"]
MISSING = 0.05
"""share of a respondent's answers that are skipped, of questionnaires with several items"""
CORRELATION = 0.4
"""of two answers of one respondent"""


@dataclass(frozen=True)
class Cell:
    """One commune's sample: n respondents, `share` of them satisfied in truth.

    uneven: design effects differ from commune to commune, between 0.3 and 1.7 of what is beyond 1
    apart: weights differ between communes too (lognormal, cv 1)
    """

    design: Design
    n: int
    share: float
    uneven: bool = False
    apart: bool = False

    @property
    def size(self) -> int:
        """Respondents per PSU. With an intraclass correlation of 1/(size - 1) the design effect is 2."""
        return {"deff 2 clusters": 2 if self.n == 10 else 5, "deff 2, 10 PSUs": self.n // 10}.get(self.design, 1)

    @property
    def psus(self) -> int:
        return self.n // self.size


@dataclass(frozen=True)
class Drawn:
    """Estimates (measures, communes), and those of each commune's pool in the same shape."""

    own: Estimates
    pool: Estimates


def draw(cell: Cell, items: int, blocks: tuple[int, ...], pools: int, communes: int, rng: Any) -> Drawn:
    """`pools` provinces of `communes` communes each; the measures are the first `block` items pooled, by block.

    A PSU's own share is a beta variable around the truth, a respondent's around that of the PSU, so that answers
    of one respondent and of one PSU are correlated as said and the truth is the mean of all. Weights of the third
    design are lognormal with 1 + cv^2 = 2 and have nothing to do with the answers.
    """
    every = pools * communes
    factor = np.tile(np.linspace(0.3, 1.7, communes), pools) if cell.uneven else np.ones(every)
    of_respondent = (1 + (items - 1) * CORRELATION) / items  # variance of the respondent's own share, over p(1-p)
    within = CORRELATION if items > 1 else 0.0
    between = np.zeros(every)
    if cell.size > 1:
        between = np.minimum(factor / (cell.size - 1) * of_respondent, 0.95 * within if items > 1 else 1.0)
    psu = np.repeat(np.arange(every), cell.psus)
    of_psu = _around(np.full(len(psu), cell.share), between[psu], rng)
    person = np.repeat(np.arange(len(psu)), cell.size)
    rest = np.maximum(within - between, 0) / (1 - np.minimum(between, 0.999))
    satisfied = _around(of_psu[person], rest[psu[person]], rng)
    codes = np.empty((items, len(person)), dtype=np.uint8)
    for item in range(items):
        codes[item] = (rng.random(len(person), dtype=np.float32) < satisfied) + 1
        if items > 1:
            codes[item][rng.random(len(person), dtype=np.float32) < MISSING] = 0
    commune = psu[person]
    weights = np.ones(len(person))
    if cell.design == "deff 2 weights":
        weights = np.exp(rng.standard_normal(len(person)) * np.sqrt(np.log1p(factor))[commune])
    if cell.apart:
        weights *= rng.lognormal(0, np.sqrt(np.log(2)), every)[commune]
    return _estimated(SurveyDesign([person], [commune], weights), codes, commune, blocks, pools, communes)


def _around(mean: Floats, correlation: Floats, rng: Any) -> Floats:
    """Beta variables with these means and the variance correlation * mean * (1 - mean)."""
    values = mean.copy()
    whole = correlation >= 1
    values[whole] = rng.random(int(whole.sum())) < mean[whole]
    some = (correlation > 0) & ~whole
    size = (1 - correlation[some]) / correlation[some]
    inside = np.clip(mean[some], 1e-9, 1 - 1e-9)
    values[some] = rng.beta(inside * size, (1 - inside) * size)
    return values


def _estimated(
    design: SurveyDesign, codes: Any, commune: Any, blocks: tuple[int, ...], pools: int, communes: int
) -> Drawn:
    every = pools * communes
    answers = Answers(codes, np.array([False, False, True]), np.arange(3.0))
    table = accumulate(design, answers, [commune], np.zeros(len(codes), dtype=np.int64), every)
    of_pool = np.repeat(np.arange(pools), communes)
    measures = [Measure("share", Ratio(tuple(range(block)))) for block in blocks]
    found = estimate_all(table, [Grouping(np.arange(every), every), Grouping(of_pool, pools)], measures)
    return Drawn(found.of(np.arange(every)), found.of(every + of_pool))
