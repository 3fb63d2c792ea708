"""Regression for survey data: coefficients of the population's model, with the design's standard errors.

The estimating equations are weighted; each coefficient is a `Linearised` like any other estimate, so contrasts,
joint tests, calibrated designs and replicate weights need nothing of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit, xlog1py, xlogy

from analysis.arrays import Bools, Floats
from analysis.columns import Column, check_rank, given_matrix, model_matrix
from analysis.comparison import JointTest, NoVarianceError, TTest, contrast_test, wald_test
from analysis.design import DesignError, EmptyDomainError, ShapeError, WeightError
from analysis.estimators import Design, Linearised
from analysis.replicates import ReplicateDesign
from analysis.variance import covariance

MOST_STEPS = 60
"""of Newton's method; it needs fewer than 10 unless the estimates are infinite"""
FLAT = 1e-10
"""information along a direction, against that of a linear regression, below which nothing can be estimated there;
logistic regression comes to it where answers are predicted perfectly"""


class SeparationError(DesignError):
    """A logistic regression without finite estimates: some combination of columns predicts answers perfectly."""


@dataclass(frozen=True, eq=False)
class Regression:
    """p coefficients.

    names: (p,); terms: name of each column given -> places of its coefficients
    coefficients: (p,) each with its influence, for `estimate`, `contrast`, `wald_test`
    design: the design through the rows that count (no missing value, non-zero weight)
    """

    family: Literal["linear", "logistic"]
    names: tuple[str, ...]
    terms: Mapping[str, tuple[int, ...]]
    coefficients: tuple[Linearised, ...]
    design: Design

    @property
    def value(self) -> Floats:
        """(p,) in units of y per unit of x; log odds for a logistic regression."""
        return np.array([each.value for each in self.coefficients])

    @cached_property
    def covariance(self) -> Floats:
        """(p, p)."""
        return covariance(self.coefficients, self.design)

    @property
    def se(self) -> Floats:
        """(p,) Raises NoVarianceError where the rule for single PSUs leaves no variance."""
        variances = np.diag(self.covariance)
        if np.isnan(variances).any():
            raise NoVarianceError("no standard errors: no stratum has two PSUs, and lonely_psu='average' needs one")
        return np.sqrt(variances)

    @property
    def df_resid(self) -> int:
        """Degrees of freedom of the design + 1 - p: of every test and interval."""
        return self.design.degf + 1 - len(self.names)

    def coefficient(self, name: str) -> Linearised:
        if name not in self.names:
            raise DesignError(f"no coefficient {name!r}; found {list(self.names)}")
        return self.coefficients[self.names.index(name)]

    def t_test(self, name: str, *, level: float = 0.95) -> TTest:
        """Is this coefficient 0? With its interval. Raises NoVarianceError where there are too few PSUs."""
        return contrast_test(self.coefficient(name), self.design, self.df_resid, level=level)

    def test(self, term: str) -> JointTest:
        """Are all coefficients of this term 0? Wald F on their number and df_resid.

        Raises DesignError for an unknown term, NoVarianceError. Source: R survey's regTermTest, method "Wald".
        """
        if term not in self.terms:
            raise DesignError(f"no term {term!r}; found {list(self.terms)}")
        return wald_test([self.coefficients[at] for at in self.terms[term]], self.design, self.df_resid)


def linear(
    y: npt.ArrayLike, x: Mapping[str, Column] | npt.ArrayLike, design: Design, *, names: Sequence[str] | None = None
) -> Regression:
    """Design-based linear regression of y on x.

    y: (n,) NaN is missing
    x: name -> (n,) numbers, or labels as treatment contrasts (see `columns.Factor`), to which an intercept is
        added; or a matrix (n, p) taken as it is, with the names of its columns. Rows with a missing value act as
        outside the domain.
    Raises EmptyDomainError, ShapeError, CollinearError, WeightError (negative weights).
    Source: Binder (1983), International Statistical Review 51, 279-292; Fuller (1975), Sankhya C 37, 117-132.
    """
    return _fit("linear", y, x, design, names)


def logistic(
    y: npt.ArrayLike, x: Mapping[str, Column] | npt.ArrayLike, design: Design, *, names: Sequence[str] | None = None
) -> Regression:
    """Design-based logistic regression: log odds of y on x.

    y: (n,) 0 or 1, or shares between; NaN is missing. x, errors: as `linear`; and SeparationError where no finite
    estimates exist. Source: Binder (1983); Lohr (2022), Sampling, sec. 11.6.
    """
    return _fit("logistic", y, x, design, names)


class _Solved(NamedTuple):
    """In the coordinates of an orthonormal basis. residual: (n,) y - fitted; information: (p, p)."""

    place: Floats
    residual: Floats
    information: Floats


Solver = Callable[[Floats, Floats, Floats, Floats | None], _Solved]


def _fit(
    family: Literal["linear", "logistic"], y: npt.ArrayLike, x: Mapping[str, Column] | npt.ArrayLike, design: Design,
    names: Sequence[str] | None,
) -> Regression:
    values = np.asarray(y, dtype=np.float64)
    if values.shape != design.weights.shape:
        raise ShapeError(f"y: {len(design)} values expected, found an array of shape {values.shape}")
    wanted = design.rows & np.isfinite(values) & (design.weights != 0)
    matrix = model_matrix(x, wanted) if isinstance(x, Mapping) else given_matrix(x, names, wanted)
    rows = matrix.rows
    _check(family, values, design.weights, rows)
    X, answers, w = matrix.values[rows], values[rows], design.weights[rows]
    check_rank(X * np.sqrt(w)[:, None], matrix.names)
    # an orthonormal basis of the weighted columns: well-conditioned whatever the units of x
    basis, root = np.linalg.qr(X * np.sqrt(w)[:, None])
    Z = basis / np.sqrt(w)[:, None]
    solver = _least_squares if family == "linear" else _newton
    try:
        solved = solver(Z, answers, w, None)
    except np.linalg.LinAlgError:
        raise SeparationError(
            f"no finite estimates: a combination of {list(matrix.names)} predicts some answers perfectly; fewer"
            " columns, or levels merged until every one has both answers, expected"
        ) from None
    back = np.linalg.inv(root)
    influence = (w * solved.residual)[:, None] * Z @ np.linalg.inv(solved.information) @ back.T
    whole = np.zeros((len(design), len(matrix.names)))
    whole[rows] = influence
    places: Floats | None = None
    if isinstance(design, ReplicateDesign):
        places = _replicated(solver, Z, answers, design.replicate_weights[rows], float(w.sum()), solved.place)
    coefficients = tuple(
        Linearised(float(value), whole[:, at], rows, None if places is None else places @ back[at])
        for at, value in enumerate(back @ solved.place)
    )
    return Regression(family, matrix.names, matrix.terms, coefficients, design.domain(rows))


def _check(family: str, y: Floats, weights: Floats, rows: Bools) -> None:
    if not rows.any():
        raise EmptyDomainError("no row of the domain has a value in y and in every column of the model")
    if (weights[rows] < 0).any():
        at = int(np.flatnonzero(rows & (weights < 0))[0])
        raise WeightError(f"regression: weights of at least 0 expected; row {at} has {weights[at]:g}")
    outside = rows & ((y < 0) | (y > 1))
    if family == "logistic" and outside.any():
        at = int(np.flatnonzero(outside)[0])
        raise DesignError(f"logistic regression: y from 0 to 1 expected; row {at} has {y[at]:g}")


def _least_squares(Z: Floats, y: Floats, w: Floats, start: Floats | None) -> _Solved:
    """Weighted normal equations."""
    information = (Z * w[:, None]).T @ Z
    place = _solve(information, Z.T @ (w * y))
    return _Solved(place, y - Z @ place, information)


def _solve(information: Floats, score: Floats) -> Floats:
    """Raises LinAlgError where the information is flat along some direction."""
    if not np.isfinite(information).all() or np.linalg.eigvalsh(information)[0] < FLAT:
        raise np.linalg.LinAlgError
    return np.asarray(np.linalg.solve(information, score), dtype=np.float64)


def _newton(Z: Floats, y: Floats, w: Floats, start: Floats | None) -> _Solved:
    """Maximum of the weighted log likelihood, by Newton's method with halved steps.

    Raises LinAlgError where it has no finite maximum. Convergence is asked of the predictor, not of the
    likelihood, which also settles when a coefficient runs away.
    """

    def likelihood(at: Floats) -> float:
        mu = expit(Z @ at)
        return float(w @ (xlogy(y, mu) + xlog1py(1 - y, -mu)))

    place: Floats = np.zeros(Z.shape[1]) if start is None else start
    reached = likelihood(place)
    settled = False
    for _ in range(MOST_STEPS):
        mu = expit(Z @ place)
        information = (Z * (w * mu * (1 - mu))[:, None]).T @ Z
        if settled:
            return _Solved(place, y - mu, information)
        step = _solve(information, Z.T @ (w * (y - mu)))
        furthest = float(np.abs(Z @ step).max())
        settled = furthest < 1e-8  # this step squares the error: the next point is exact
        enough = reached - 1e-9 * abs(reached)  # rounding is no descent
        while not likelihood(place + step) >= enough and furthest > 1e-8:
            step, furthest = 0.5 * step, 0.5 * furthest
        place = place + step
        reached = likelihood(place)
    raise np.linalg.LinAlgError


def _replicated(solver: Solver, Z: Floats, y: Floats, weights: Floats, total: float, start: Floats) -> Floats:
    """(R, p) the estimates under each replicate's weights, NaN where one has none: the engine leaves it out.

    total: of the full weights; replicates are scaled to it, which moves no estimate but makes `FLAT` one measure
    """
    places = np.full((weights.shape[1], Z.shape[1]), np.nan)
    for replicate, w in enumerate(weights.T):
        with suppress(np.linalg.LinAlgError), np.errstate(invalid="ignore", divide="ignore"):
            places[replicate] = solver(Z, y, w * (total / w.sum()), start).place
    return places
