"""Small areas: what an area's few answers say, and what areas like it say, weighed by how sure each is.

Area model of Fay and Herriot: y_i = x_i'b + u_i + e_i, with var u_i = A the same everywhere and var e_i = D_i
known from the design (smoothed, so that an area whose answers are all alike is not taken for certain).
Source of every formula: Rao & Molina (2015), Small Area Estimation, chapter 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log, pi, sqrt
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from analysis.arrays import Floats
from analysis.columns import Column, check_rank, given_matrix, model_matrix
from analysis.design import DesignError, ShapeError

Method = Literal["REML", "ML", "FH"]
GRID = 200
"""places where the estimating equation of A is looked at: likelihoods may have several stationary points"""


class SmallAreaError(DesignError):
    """The areas do not support the model: too few, a variance that is none, or a missing value."""


@dataclass(frozen=True, eq=False)
class FayHerriot:
    """m areas, p coefficients; values in the units of y, variances in their square.

    sigma2_u: A, 0 when the estimating equation has no positive solution (`boundary`): the areas then differ no
        more than sampling explains, and every estimate is the regression's
    beta, beta_se: (p,); names: (p,)
    loglik_ml: log likelihood at the estimates (not the restricted one, so that methods compare); aic, bic
    gamma: (m,) weight of the direct estimate, A / (A + D)
    eblup: (m,) estimate of the area's mean; synthetic: (m,) the regression's part of it, x'b
    g1, g2, g3: (m,) parts of its mean squared error: of the area effect, of beta, of A
    mse: (m,) estimate of the mean squared error, second-order unbiased for the method
    """

    method: Method
    names: tuple[str, ...]
    sigma2_u: float
    beta: Floats
    beta_se: Floats
    beta_covariance: Floats
    loglik_ml: float
    aic: float
    bic: float
    gamma: Floats
    eblup: Floats
    synthetic: Floats
    g1: Floats
    g2: Floats
    g3: Floats
    mse: Floats

    @property
    def boundary(self) -> bool:
        return self.sigma2_u == 0

    def predict(self, x: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Areas without a sample: (k,) synthetic estimates x'b and their mean squared errors A + x'Qx.

        x: (k, p) with the columns of the fit, in the order of `names`.
        Raises ShapeError. Source: Rao & Molina (2015), sec. 6.1.1 and 6.2.1 with gamma = 0.
        """
        at = np.asarray(x, dtype=np.float64)
        if at.ndim != 2 or at.shape[1] != len(self.names):
            raise ShapeError(f"columns {list(self.names)} expected, found an array of shape {at.shape}")
        return at @ self.beta, self.sigma2_u + _quadratic(at, self.beta_covariance)


class _Fit(NamedTuple):
    """Generalised least squares at one value of A."""

    weight: Floats
    """(m,) W = 1 / (A + D)"""
    root: Floats
    """(p, p) R of the QR decomposition of sqrt(W) X: X'WX = R'R"""
    beta: Floats
    residual: Floats


def fay_herriot(
    y: npt.ArrayLike,
    variance: npt.ArrayLike,
    x: Mapping[str, Column] | npt.ArrayLike,
    method: Method = "REML",
    *,
    names: Sequence[str] | None = None,
) -> FayHerriot:
    """Empirical best linear unbiased predictors of area means.

    y: (m,) direct estimates; variance: (m,) their sampling variances D, known and above 0
    x: name -> (m,) column of an area's covariates, to which an intercept is added (text and `Factor` as
        treatment contrasts), or a matrix (m, p) taken as it is, with the names of its columns
    method: of A. 'REML' restricted likelihood, 'ML' likelihood, 'FH' the moment equation of Fay and Herriot
    Raises SmallAreaError (fewer than p + 1 areas, D not above 0, missing values), CollinearError, ShapeError.
    Where a likelihood has several maxima above 0, the highest is taken.
    Source: Fay & Herriot (1979), Journal of the American Statistical Association 74, 269-277;
    Rao & Molina (2015), sec. 6.1-6.2; Datta, Rao & Smith (2005), Biometrika 92, 183-196, for the mse of 'FH'.
    """
    if method not in ("REML", "ML", "FH"):
        raise DesignError(f"method: 'REML', 'ML' or 'FH' expected, found {method!r}")
    direct, D = np.asarray(y, dtype=np.float64), np.asarray(variance, dtype=np.float64)
    if direct.ndim != 1 or D.shape != direct.shape:
        raise ShapeError(f"a variance per area expected, found shapes {direct.shape} and {D.shape}")
    m = len(direct)
    every = np.ones(m, dtype=np.bool_)
    matrix = model_matrix(x, every) if isinstance(x, Mapping) else given_matrix(x, names, every)
    _check_areas(direct, D, matrix.rows)
    X, p = matrix.values, matrix.values.shape[1]
    if m <= p:
        raise SmallAreaError(f"more areas than coefficients expected, found {m} areas and {p} coefficients")
    check_rank(X, matrix.names)

    A = _solve(direct, D, X, method)
    fit = _gls(A, direct, D, X)
    W, r = fit.weight, fit.residual
    Q = _inverse(fit.root)
    gamma = A * W
    g1 = gamma * D
    g2 = (1 - gamma) ** 2 * _quadratic(X, Q)
    spread, bias = _moments_of_a(method, W, X, Q)
    g3 = D**2 * W**3 * spread
    loglik = -0.5 * float(np.sum(np.log(2 * pi * (A + D)) + r**2 * W))
    synthetic = X @ fit.beta
    return FayHerriot(
        method=method, names=matrix.names, sigma2_u=A, beta=fit.beta, beta_se=np.sqrt(np.diag(Q)), beta_covariance=Q,
        loglik_ml=loglik, aic=-2 * loglik + 2 * (p + 1), bic=-2 * loglik + log(m) * (p + 1), gamma=gamma,
        eblup=synthetic + gamma * r, synthetic=synthetic, g1=g1, g2=g2, g3=g3,
        mse=g1 + g2 + 2 * g3 - bias * (D * W) ** 2,
    )


def _check_areas(y: Floats, D: Floats, complete: npt.NDArray[np.bool_]) -> None:
    wrong = ~complete | ~np.isfinite(y)
    if wrong.any():
        raise SmallAreaError(
            f"area {int(np.flatnonzero(wrong)[0])} (counted from 0) misses its estimate or a covariate; an area"
            " without a sample is no part of the fit, see FayHerriot.predict"
        )
    bad = ~(np.isfinite(D) & (D > 0))
    if bad.any():
        first = int(np.flatnonzero(bad)[0])
        raise SmallAreaError(f"area {first} (counted from 0): a sampling variance above 0 expected, found {D[first]}")


def _gls(A: float, y: Floats, D: Floats, X: Floats) -> _Fit:
    W = 1 / (A + D)
    half = np.sqrt(W)
    q, root = np.linalg.qr(X * half[:, None])
    beta = np.linalg.solve(root, q.T @ (y * half))
    return _Fit(W, root, beta, y - X @ beta)


def _inverse(root: Floats) -> Floats:
    inverse = np.linalg.inv(root)
    product: Floats = inverse @ inverse.T
    return product


def _quadratic(X: Floats, Q: Floats) -> Floats:
    """(m,) x'Qx of each row."""
    form: Floats = ((X @ Q) * X).sum(axis=1)
    return form


def _moments_of_a(method: Method, W: Floats, X: Floats, Q: Floats) -> tuple[float, float]:
    """Asymptotic variance and bias of the estimate of A: Rao & Molina (2015), sec. 6.1.2, 6.2.1."""
    m, w1, w2 = len(W), float(W.sum()), float((W**2).sum())
    if method == "FH":
        return 2 * m / w1**2, 2 * (m * w2 - w1**2) / w1**3
    if method == "ML":
        return 2 / w2, -float(np.trace(Q @ ((X * (W**2)[:, None]).T @ X))) / w2
    return 2 / w2, 0.0


def _solve(y: Floats, D: Floats, X: Floats, method: Method) -> float:
    """The root A > 0 of the method's equation, or 0.

    Each equation is written so that it is positive below a maximum and negative above. Newton's steps may leap
    over a maximum or out of the range; here the whole range is looked at, and each change of sign bracketed.
    """
    spare: int = X.shape[0] - X.shape[1]

    def score(A: float) -> float:
        fit = _gls(A, y, D, X)
        W, squares = fit.weight, fit.weight * fit.residual**2
        if method == "FH":  # falls steadily in A: one root at most
            return float(squares.sum()) - spare
        if method == "ML":
            return float((W * squares).sum() - W.sum())
        scaled = X * W[:, None]  # tr P = sum W - tr (X'WX)^-1 X'W^2 X, and PPy = P W r with y'PPy = sum W^2 r^2
        return float((W * squares).sum() - W.sum() + np.sum(scaled @ _inverse(fit.root) * scaled))

    # least squares without weights bound the root: (m - p)(A + Dmin)^2 <= S (A + Dmax), S their residual sum
    plain = X @ np.linalg.lstsq(X, y, rcond=None)[0]
    mean_square = float(((y - plain) ** 2).sum()) / spare
    width = float(D.max() - D.min())
    top = (mean_square + sqrt(mean_square**2 + 4 * mean_square * width)) / 2
    if top <= 0:
        return 0.0
    places = np.concatenate([[0.0], np.geomspace(top * 1e-8, top * 1.01, GRID)])
    values = np.array([score(A) for A in places])
    falls = np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0))
    roots = [float(brentq(score, places[at], places[at + 1], xtol=1e-300, rtol=1e-14)) for at in falls]
    if not roots:
        return 0.0
    return max(roots, key=_likelihood(y, D, X, method))


def _likelihood(y: Floats, D: Floats, X: Floats, method: Method) -> Callable[[float], float]:
    """(Restricted) log likelihood of A, up to a constant."""

    def of(A: float) -> float:
        fit = _gls(A, y, D, X)
        full = float(np.log(fit.weight).sum() - (fit.weight * fit.residual**2).sum())
        return full if method == "ML" else full - 2 * float(np.log(np.abs(np.diag(fit.root))).sum())

    return of
