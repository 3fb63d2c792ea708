"""Designs given as replicate weights: the same estimates under many weights, whose spread is the variance."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt
from scipy.linalg import hadamard

from analysis.arrays import Bools, Floats, Ints, counts_by
from analysis.design import (
    DesignError,
    LonelyPsu,
    LonelyPsuError,
    ShapeError,
    Stage,
    SurveyDesign,
    WeightError,
    domain_rows,
)

Kind = Literal["JK1", "JKn", "BRR", "Fay", "subbootstrap", "bootstrap", "mrbbootstrap"]


class ReplicateError(DesignError):
    """Replicate weights, or their scales, do not fit each other, or cannot be made from the design."""


@dataclass(frozen=True, eq=False, init=False)
class ReplicateDesign:
    """A sample of n rows with R replicate weights.

    variance = scale * sum over r of rscales_r (theta_r - centre)^2; a replicate without estimate is left out.

    weights: (n,) persons a row stands for
    replicate_weights: (n, R) the whole weight of each row in each replicate
    scale, rscales: number and (R,)
    mse: the centre is the estimate of the full sample, else the mean of the replicates with rscales above 0
    rows: (n,) rows of the domain
    """

    weights: Floats
    replicate_weights: Floats
    scale: float
    rscales: Floats
    mse: bool
    rows: Bools

    def __init__(
        self,
        weights: npt.ArrayLike,
        replicate_weights: npt.ArrayLike,
        scale: float,
        rscales: npt.ArrayLike | None = None,
        *,
        mse: bool = False,
        combined: bool = True,
    ) -> None:
        """
        replicate_weights: (n, R) weights, or, with combined=False, factors that multiply `weights`
        rscales: (R,); None: 1
        Raises ShapeError, WeightError, ReplicateError.
        Source: Wolter (2007), Introduction to Variance Estimation, ch. 3-5; conventions of R's survey package.
        """
        w, given = np.asarray(weights, dtype=np.float64), np.asarray(replicate_weights, dtype=np.float64)
        if w.ndim != 1 or len(w) == 0:
            raise ShapeError("a design needs rows, with one weight each")
        if given.ndim != 2 or len(given) != len(w) or given.shape[1] < 2:
            raise ShapeError(f"replicate weights: {len(w)} rows and at least 2 columns expected, found {given.shape}")
        spread = np.ones(given.shape[1]) if rscales is None else np.asarray(rscales, dtype=np.float64)
        if spread.shape != (given.shape[1],):
            raise ShapeError(f"rscales: {given.shape[1]} expected, one per replicate; found {spread.shape}")
        if not (np.isfinite(spread) & (spread >= 0)).all() or not (np.isfinite(scale) and scale >= 0):
            raise ReplicateError("scale and rscales must be finite and not negative")
        for name, values in (("weights", w), ("replicate weights", given)):
            if not (np.isfinite(values) & (values >= 0)).all():
                row = int(np.argwhere(~(np.isfinite(values) & (values >= 0)))[0][0])
                raise WeightError(f"{name} must be finite and at least 0; row {row} has another")
        self._fill(
            weights=w, replicate_weights=given if combined else given * w[:, None], scale=float(scale),
            rscales=spread, mse=mse, rows=np.ones(len(w), dtype=np.bool_),
        )

    @classmethod
    def balanced(
        cls, weights: npt.ArrayLike, replicate_weights: npt.ArrayLike, *, rho: float = 0.0, mse: bool = False,
        combined: bool = True,
    ) -> ReplicateDesign:
        """Balanced half samples given as weights or factors (BRR), or Fay's form of them with rho above 0.

        Variance: the mean square over the R replicates, divided by (1 - rho)^2. Raises as the constructor.
        """
        given = np.asarray(replicate_weights, dtype=np.float64)
        if not 0 <= rho < 1 or given.ndim != 2:
            raise ReplicateError(f"a table and rho from 0 to below 1 expected, found {given.shape} and {rho:g}")
        return cls(weights, given, 1.0 / (max(given.shape[1], 1) * (1.0 - rho) ** 2), mse=mse, combined=combined)

    def _fill(self, **values: Any) -> None:
        for name, value in values.items():
            object.__setattr__(self, name, value)  # frozen from here on

    def _copy(self, **changes: Any) -> ReplicateDesign:
        copied = object.__new__(ReplicateDesign)
        copied._fill(**{field.name: getattr(self, field.name) for field in fields(self)} | changes)
        return copied

    def __len__(self) -> int:
        return len(self.weights)

    @property
    def replicates(self) -> int:
        return len(self.rscales)

    def domain(self, rows: npt.ArrayLike) -> ReplicateDesign:
        """The same design looked at through some of its rows, (n,) booleans."""
        part = self._copy(rows=self.rows & domain_rows(rows, len(self)))
        part.__dict__["_whole"] = self._whole
        return part

    def with_weights(self, weights: npt.ArrayLike, replicate_weights: npt.ArrayLike) -> ReplicateDesign:
        """The same replicates with other weights, (n,) and (n, R), for instance calibrated ones; those of a linear
        calibration may be negative. Raises ShapeError, WeightError.
        """
        w, given = np.asarray(weights, dtype=np.float64), np.asarray(replicate_weights, dtype=np.float64)
        for values, expected in ((w, self.weights.shape), (given, self.replicate_weights.shape)):
            if values.shape != expected:
                raise ShapeError(f"weights of shape {expected} expected, found {values.shape}")
            if not np.isfinite(values).all():
                row = int(np.argwhere(~np.isfinite(values))[0][0])
                raise WeightError(f"finite weights expected; row {row} has another")
        return self._copy(weights=w, replicate_weights=given)

    @cached_property
    def degf(self) -> int:
        """Rank of the domain's replicate weights, less 1."""
        return column_rank(self.replicate_weights[self.rows]) - 1

    @property
    def whole_degf(self) -> int:
        """The same of all rows."""
        return self._whole.degf

    @cached_property
    def _whole(self) -> ReplicateDesign:
        """The design of all rows, which knows its degrees of freedom once they were asked for."""
        return self


def column_rank(matrix: Floats, tolerance: float = 1e-5) -> int:
    """How many columns keep at least `tolerance` of their length after projection on the columns before them.

    This is the reference program's rule (a QR decomposition with limited pivoting); a rank by singular values
    may differ where columns are nearly dependent.
    """
    length = np.linalg.norm(matrix, axis=0)
    unit = matrix[:, length > 0] / length[length > 0]
    products = unit.T @ unit
    # rows of a Cholesky factor; what is left on the diagonal is the squared length after projection
    factor, rank = np.zeros_like(products), 0
    for column in range(len(products)):
        own = factor[:rank, column]
        left = float(products[column, column] - own @ own)
        if left >= tolerance**2:
            factor[rank] = (products[column] - own @ factor[:rank]) / np.sqrt(left)
            rank += 1
    return rank


def from_design(
    design: SurveyDesign, kind: Kind, *, replicates: int = 200, rng: np.random.Generator | None = None,
    rho: float = 0.3, mse: bool = False,
) -> ReplicateDesign:
    """Replicate weights for a design, from its first stage (mrbbootstrap: from every stage).

    kind: 'JK1': one PSU left out at a time, one stratum. 'JKn': the same within strata. 'BRR': half samples
        balanced by a Hadamard matrix, two PSUs in every stratum, fpc not used. 'Fay': the same, the other half
        keeps rho of its weight. 'subbootstrap': n-1 of the n PSUs of a stratum drawn again (Rao & Wu), rescaled
        for the fpc. 'bootstrap': n of n, or, with fpc, from the population rebuilt from copies (Canty & Davison);
        R scales it by the harmonic mean of the strata's sizes, which is approximate where they differ much.
        'mrbbootstrap': half of the units drawn at each stage and rescaled (Preston).
    replicates, rng: how many and the source of chance, for the bootstraps
    rho: 0 to less than 1, for 'Fay'
    mse: deviations are taken from the full-sample estimate
    Strata drawn completely have no replicate in a jackknife. Strata with a single PSU have none either under
    'certainty', 'remove' and, for jackknives, 'average', which raises the scale by PSUs over replicates; under
    'adjust' JKn leaves the whole stratum out.
    Raises LonelyPsuError under 'fail'; ReplicateError where the kind does not fit the design or its rule for single
    PSUs, and for calibrated designs: calibrate the replicates instead.
    Source: Wolter (2007), Introduction to Variance Estimation, ch. 3-5; Rao & Wu (1988), JASA 83, 231-241; Canty &
    Davison (1999), The Statistician 48, 379-391; Preston (2009), Survey Methodology 35, 227-234.
    """
    if kind not in get_args(Kind):
        raise ReplicateError(f"one of {', '.join(get_args(Kind))} expected, found {kind}")
    if design.adjustments:
        raise ReplicateError("make replicates of the design before its calibration, then calibrate them")
    first = design.stages[0]
    _check_lonely(design, first, kind)
    if kind in ("JK1", "JKn"):
        factors, scale, rscales = _jackknife(first, kind, design.lonely_psu)
    elif kind in ("BRR", "Fay"):
        factors, scale, rscales = _half_samples(design, rho if kind == "Fay" else 0.0)
    else:
        if rng is None or replicates < 2:
            raise ReplicateError(f"{kind}: rng (a numpy Generator) and at least 2 replicates expected")
        factors, scale, rscales = _bootstrap(design, kind, replicates, rng)
    of_rows = factors if kind == "mrbbootstrap" else factors[first.unit]
    made = ReplicateDesign(design.weights, of_rows, scale, rscales, mse=mse, combined=False)
    return made.domain(design.rows)


_Factors = tuple[Floats, float, Floats]
"""(units, R) or (n, R) factors of the weights, scale, (R,) rscales"""


def _check_lonely(design: SurveyDesign, first: Stage, kind: Kind) -> None:
    alone = np.flatnonzero(first.lonely)
    if alone.size and design.lonely_psu == "fail":
        raise LonelyPsuError(design.lonely_message(0, int(alone[0]), len(alone)))
    if alone.size and kind != "JKn" and design.lonely_psu not in ("certainty", "remove"):
        name = design.stratum_name(0, int(alone[0]))
        raise ReplicateError(
            f"{name} has a single PSU: lonely_psu 'certainty' or 'remove' expected for replicate weights, "
            f"found '{design.lonely_psu}'"
        )


def _jackknife(first: Stage, kind: Kind, lonely_psu: LonelyPsu) -> _Factors:
    """Each PSU left out once, the others of its stratum times n/(n-1); variance (1 - n/N)(n-1)/n sum of squares.

    'adjust': for a stratum with a single PSU, the other H - 1 of H strata times H/(H-1).
    """
    if kind == "JK1" and len(first.sampled) > 1:
        raise ReplicateError(f"JK1 is for one stratum, found {len(first.sampled)}; JKn expected")
    alone, strata = first.lonely, len(first.sampled)
    seen = (first.factor > 0) & (~alone | ((lonely_psu == "adjust") & (strata > 1)))
    left_out = np.flatnonzero(seen[first.stratum])
    if len(left_out) < 2:
        raise ReplicateError("a jackknife needs a stratum with at least 2 PSUs, not drawn completely")
    stratum = first.stratum[left_out]
    several = np.where(alone, strata, first.sampled)
    same = (first.stratum[:, None] == stratum) != alone[stratum]
    factors = np.where(same, (several / np.maximum(several - 1, 1))[stratum], 1.0)
    factors[left_out, np.arange(len(left_out))] = 0.0
    spread = ((1.0 - first.fraction) * (several - 1) / several)[stratum]
    if kind == "JK1":
        return factors, float(spread[0]), np.ones(len(left_out))
    scale = 1.0
    if lonely_psu == "average" and alone.any():
        scale = (len(left_out) + int(alone.sum())) / len(left_out)
    return factors, scale, spread


def _half_samples(design: SurveyDesign, rho: float) -> _Factors:
    if not 0 <= rho < 1:
        raise ReplicateError(f"rho of at least 0 and below 1 expected, found {rho:g}")
    first = design.stages[0]
    kept = np.flatnonzero(first.sampled > 1)  # certainty strata keep their weight
    if (wrong := kept[first.sampled[kept] != 2]).size:
        at = int(wrong[0])
        raise ReplicateError(f"BRR: 2 PSUs per stratum expected, {design.stratum_name(0, at)} has {first.sampled[at]}")
    order = 2
    while order < len(kept) + 1:
        order *= 2
    signs = hadamard(order)[:, 1:].astype(np.float64)  # every column is balanced: the first, of ones, is not
    place = np.full(len(first.sampled), -1)
    place[kept] = np.arange(len(kept))
    # the two PSUs of a stratum, in their order, take opposite signs
    order_in = np.lexsort((np.arange(len(first.stratum)), first.stratum))
    second = np.zeros(len(first.stratum), dtype=np.bool_)
    second[order_in[1:]] = first.stratum[order_in[1:]] == first.stratum[order_in[:-1]]
    chosen = signs[:, place[first.stratum]].T * np.where(second, -1.0, 1.0)[:, None]
    factors = np.where((place >= 0)[first.stratum][:, None], 1.0 + (1.0 - rho) * chosen, 1.0)
    return factors, 1.0 / (order * (1.0 - rho) ** 2), np.ones(order)


def _bootstrap(design: SurveyDesign, kind: Kind, replicates: int, rng: np.random.Generator) -> _Factors:
    first = design.stages[0]
    ones, scale = np.ones(replicates), 1.0 / (replicates - 1)
    if kind == "subbootstrap":
        draws = _drawn(first, np.maximum(first.sampled - 1, 0), replicates, rng)
        several = np.maximum(first.sampled, 2)
        size = (several / (several - 1))[first.stratum]
        shrink = np.sqrt(np.maximum(1.0 - first.fraction, 0.0))[first.stratum]
        shrink[first.sampled[first.stratum] < 2] = 0.0
        return 1.0 + shrink[:, None] * (size[:, None] * draws - 1.0), scale, ones
    if kind == "bootstrap":
        several = first.sampled[first.sampled > 1]
        if not several.size:
            raise ReplicateError("a bootstrap needs a stratum with at least 2 PSUs")
        typical = len(several) / float((1.0 / several).sum())
        return _canty_davison(first, replicates, rng), scale * typical / (typical - 1), ones
    return _halved(design, replicates, rng), 1.0, ones * scale


def _drawn(first: Stage, size: Ints, replicates: int, rng: np.random.Generator) -> Floats:
    """(units, R) how often each PSU is drawn when `size` of its stratum's are drawn with replacement."""
    order = np.argsort(first.stratum, kind="stable")
    start = np.concatenate([[0], np.cumsum(first.sampled)[:-1]])
    of_draw = np.repeat(np.arange(len(first.sampled)), size)
    drawn = np.empty((len(first.stratum), replicates))
    for number in range(replicates):
        chance = rng.random(len(of_draw))
        place = start[of_draw] + np.floor(chance * first.sampled[of_draw]).astype(np.int64)
        drawn[:, number] = counts_by(order[place], len(first.stratum))
    return drawn


def _canty_davison(first: Stage, replicates: int, rng: np.random.Generator) -> Floats:
    """(units, R) draws of n of a stratum's PSUs: with replacement, or from N copies of them without."""
    finite = np.isfinite(first.population) & (first.sampled > 1)
    drawn = _drawn(first, np.where(finite | (first.sampled < 2), 0, first.sampled), replicates, rng)
    drawn[first.sampled[first.stratum] < 2] = 1.0
    for stratum in np.flatnonzero(finite):
        units = np.flatnonzero(first.stratum == stratum)
        size = round(float(first.population[stratum]))
        for number in range(replicates):
            extra = rng.permutation(units)[: size % len(units)]
            population = np.concatenate([np.repeat(units, size // len(units)), extra])
            chosen = rng.choice(population, len(units), replace=False)
            drawn[units, number] = counts_by(chosen, len(first.stratum))[units]
    return drawn


def _halved(design: SurveyDesign, replicates: int, rng: np.random.Generator) -> Floats:
    """(n, R) Preston's factors: half the units of every stratum drawn at every stage.

    With n* of n units drawn, d their 0/1 indicators, f the product of the sampling fractions above, lambda =
    sqrt(n* f (1 - n/N) / (n - n*)), a stage adds lambda (n/n* d - 1) times the product over the stages above of
    sqrt(n/n*) d.
    """
    factors = np.ones((len(design), replicates))
    above = np.ones((len(design), replicates))
    for stage in design.counted_stages:
        half = stage.sampled // 2
        rest = np.maximum(stage.sampled - half, 1)
        shrink = np.sqrt(half * stage.share * np.maximum(1.0 - stage.fraction, 0.0) / rest)
        grown = np.divide(stage.sampled, half, out=np.ones(len(half)), where=half > 0)
        chosen = _without_replacement(stage, np.where(half > 0, half, stage.sampled), replicates, rng)
        of_row = stage.stratum[stage.unit]
        inside = chosen[stage.unit]
        factors += shrink[of_row][:, None] * above * (grown[of_row][:, None] * inside - 1.0)
        above *= np.sqrt(grown)[of_row][:, None] * inside
    return factors


def _without_replacement(stage: Stage, size: Ints, replicates: int, rng: np.random.Generator) -> Floats:
    """(units, R) 0/1: `size` of each stratum's units drawn."""
    start = np.concatenate([[0], np.cumsum(stage.sampled)[:-1]])
    chosen = np.empty((len(stage.stratum), replicates))
    for number in range(replicates):
        order = np.lexsort((rng.random(len(stage.stratum)), stage.stratum))
        place = np.empty(len(order), dtype=np.int64)
        place[order] = np.arange(len(order)) - start[stage.stratum[order]]
        chosen[:, number] = place < size[stage.stratum]
    return chosen
