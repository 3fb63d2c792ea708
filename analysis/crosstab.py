"""Weighted tables of two questions, and whether they depend on each other: the family of Rao and Scott.

Pearson's statistic of the weighted shares does not follow chi square, because clustering, strata and weights
change the variances of the cells. The tests here judge it by the design's own covariance of the cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, floor, log, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.linalg import eigh
from scipy.optimize import brentq
from scipy.special import chdtrc

from analysis.arrays import Bools, Floats, Ints, counts_by, sums_by
from analysis.columns import categories
from analysis.comparison import JointTest, NoVarianceError, f_tail, quadratic_form
from analysis.design import DesignError, EmptyDomainError, ShapeError, SurveyDesign
from analysis.estimators import Design, Linearised, ratio, total
from analysis.variance import covariance

Statistic = Literal["F", "Chisq", "Wald", "adjWald", "saddlepoint", "lincom"]


@dataclass(frozen=True, eq=False)
class Crosstab:
    """r rows by c columns.

    rows, columns: (r,), (c,) labels, sorted
    counts: (r, c) sums of weights of the rows of the sample that have both answers
    unweighted: (r, c) how many such rows; size: rows of the design, those with a missing answer included
    design: the design through the rows with both answers; df: PSUs minus strata of the design
    codes: (n,) number of each row's cell, row by row; -1 outside
    """

    rows: tuple[object, ...]
    columns: tuple[object, ...]
    counts: Floats
    unweighted: Ints
    size: int
    design: Design
    df: int
    codes: Ints

    @property
    def shares(self) -> Floats:
        """(r, c) shares of the whole."""
        shares: Floats = self.counts / self.counts.sum()
        return shares

    @property
    def row_shares(self) -> Floats:
        """(r, c) shares within each row of the table."""
        shares: Floats = self.counts / self.counts.sum(axis=1, keepdims=True)
        return shares

    def cell(self, row: object, column: object, within: Literal["all", "row", "column"] = "all") -> Linearised:
        """The share of one cell, of the whole table, of its row or of its column, for `estimate` or a contrast."""
        for what, label, labels in (("row", row, self.rows), ("column", column, self.columns)):
            if label not in labels:
                raise DesignError(f"no {what} {label!r} in the table; found {list(labels)}")
        i, j, width = self.rows.index(row), self.columns.index(column), len(self.columns)
        base = {
            "all": self.codes >= 0, "row": (self.codes >= 0) & (self.codes // width == i),
            "column": (self.codes >= 0) & (self.codes % width == j),
        }[within]
        return ratio(self.codes == i * width + j, base, self.design)


def crosstab(row: npt.ArrayLike, column: npt.ArrayLike, design: Design) -> Crosstab:
    """Weighted counts of two questions.

    row, column: (n,) labels or codes; None or NaN marks a missing answer, which acts as a domain does.
    Raises ShapeError, EmptyDomainError.
    """
    down, across = np.asarray(row), np.asarray(column)
    for what, labels in (("row", down), ("column", across)):
        if labels.shape != design.weights.shape:
            raise ShapeError(f"{what}: {len(design)} labels expected, found an array of shape {labels.shape}")
    # levels are those that occur, also where the other question has no answer
    row_labels, i = categories(down, design.rows)
    column_labels, j = categories(across, design.rows)
    both = (i >= 0) & (j >= 0)
    if not (both & (design.weights != 0)).any():
        raise EmptyDomainError("nobody in this domain answered both questions")
    cells = len(row_labels) * len(column_labels)
    codes = np.where(both, i * len(column_labels) + j, -1)
    shape = (len(row_labels), len(column_labels))
    counts = sums_by(codes[both], design.weights[both], cells).reshape(shape)
    unweighted = counts_by(codes[both], cells).reshape(shape)
    size, df = _size(design)
    return Crosstab(row_labels, column_labels, counts, unweighted, size, design.domain(both), df, codes)


def association(table: Crosstab, statistic: Statistic = "F") -> JointTest:
    """Do the rows and the columns of the table depend on each other?

    'F' (the default of choice): Pearson's X over the sum of the generalised design effects a_1..a_k, second-order
        corrected, on d0 and d0 (PSUs - strata) degrees of freedom. 'Chisq': X, judged first-order at X / mean a.
    'Wald': of N_ij - N_i. N_.j / N; unreliable where cells are many and PSUs few; 'adjWald' allows for that.
    'saddlepoint': X, with the tail of its weighted sum of chi squares; 'lincom': the same value here
    Raises DesignError for a table of one row or column, NoVarianceError without degrees of freedom or variance.
    Source: Rao & Scott (1984), Annals of Statistics 12, 46-60; Thomas & Rao (1987), Journal of the American
    Statistical Association 82, 630-636; Koch, Freeman & Freeman (1975), International Statistical Review 43.
    """
    if statistic not in ("F", "Chisq", "Wald", "adjWald", "saddlepoint", "lincom"):
        raise DesignError(f"statistic: F, Chisq, Wald, adjWald, saddlepoint or lincom expected, found {statistic!r}")
    if min(table.counts.shape) < 2:
        raise DesignError(f"two rows and two columns expected, found {table.counts.shape}")
    for what, labels, margin in (
        ("row", table.rows, table.counts.sum(axis=1)), ("column", table.columns, table.counts.sum(axis=0))
    ):
        if not (margin > 0).all():
            raise DesignError(f"{what} {labels[int(np.argmin(margin))]!r} has no weight; a weight above 0 expected")
    if table.df < 1:
        raise NoVarianceError(f"no test: more PSUs than strata expected, found {table.df} degrees of freedom")
    if statistic in ("Wald", "adjWald"):
        return _wald(table, adjusted=statistic == "adjWald")
    return _rao_scott(table, statistic)


def _size(design: Design) -> tuple[int, int]:
    """Rows and degrees of freedom that the tests count: all of the domain's, of whatever weight.

    A domain of a calibrated design keeps the other rows with weight 0, as in the reference program: they carry
    the residuals.
    """
    if not isinstance(design, SurveyDesign):
        return int(design.rows.sum()), design.degf
    inside: Bools = np.ones(len(design), dtype=np.bool_) if design.adjustments else design.rows
    psus = np.unique(design.psu[inside])
    return int(inside.sum()), len(psus) - len(np.unique(design.stages[0].stratum[psus]))


def _rao_scott(table: Crosstab, statistic: Statistic) -> JointTest:
    shares, k = table.shares, (len(table.rows) - 1) * (len(table.columns) - 1)
    expected = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    X = table.size * float(((shares - expected) ** 2 / expected).sum())
    a = _design_effects(table)
    if not a.sum() > 0:
        raise NoVarianceError("no test: the cells have no sampling variance")
    d0 = float(a.sum() ** 2 / (a**2).sum())
    corrected, ddf = X / float(a.sum()), d0 * table.df
    if statistic == "F":
        return JointTest(corrected, (d0, ddf), f_tail(corrected, d0, ddf), "Rao-Scott F")
    if statistic == "Chisq":
        return JointTest(X, (float(k),), float(chdtrc(k, X / a.mean())), "Rao-Scott chi square, first order")
    tail = _saddlepoint_tail(X, a, ddf)
    return JointTest(X, (), f_tail(corrected, d0, ddf) if tail is None else tail, "Pearson, saddlepoint tail")


def _design_effects(table: Crosstab) -> Floats:
    """(k,) generalised design effects: eigenvalues of the interactions' variance against simple sampling's.

    The interaction contrasts are orthogonal to rows and columns, so under independence only they move X.
    An empty cell takes no part. Source: Rao & Scott (1984), sec. 2.
    """
    p = table.shares.ravel()
    interactions = np.kron(_contrasts(len(table.rows)), _contrasts(len(table.columns)))
    inverse = np.divide(1.0, p, out=np.zeros_like(p), where=p != 0)
    cells = [ratio(table.codes == cell, table.codes >= 0, table.design) for cell in range(len(p))]
    scaled = inverse[:, None] * interactions
    V = covariance(cells, table.design)
    if not np.isfinite(V).all():
        raise NoVarianceError("no test: no stratum has two PSUs, and lonely_psu='average' needs one")
    design_based = scaled.T @ V @ scaled
    simple = interactions.T @ (inverse[:, None] / table.size * interactions)
    try:
        values: Floats = eigh((design_based + design_based.T) / 2, simple, eigvals_only=True)
    except np.linalg.LinAlgError:
        raise DesignError("too many empty cells: no interaction of rows and columns can be tested") from None
    return np.maximum(values, 0.0)  # a covariance has no negative ones but by rounding


def _contrasts(levels: int) -> Floats:
    """(levels, levels - 1) differences of each level but the first from the mean of all."""
    return np.eye(levels)[:, 1:] - 1 / levels


def _wald(table: Crosstab, *, adjusted: bool) -> JointTest:
    """Y = N_ij - N_i. N_.j / N outside the first row and column, zero under independence, by the delta method."""
    r, c = table.counts.shape
    N = table.counts.sum()
    down, across = table.counts.sum(axis=1) / N, table.counts.sum(axis=0) / N
    i, j = np.divmod(np.arange(r * c), c)
    derivative = (
        np.eye(r * c) - (i[:, None] == i) * across[j][:, None] - (j[:, None] == j) * down[i][:, None]
        + (down[i] * across[j])[:, None]
    )
    tested = (i > 0) & (j > 0)
    totals = [total((table.codes == cell).astype(np.float64), table.design) for cell in range(r * c)]
    V = derivative @ covariance(totals, table.design) @ derivative.T
    Y = table.counts - N * np.outer(down, across)
    k, nu = (r - 1) * (c - 1), table.df
    W = quadratic_form(Y.ravel()[tested], V[np.ix_(tested, tested)])
    if not adjusted:
        return JointTest(W / k, (float(k), float(nu)), f_tail(W / k, k, nu), "Wald")
    left = nu - k + 1
    if left < 1:
        raise NoVarianceError(f"no adjusted Wald test: {nu} degrees of freedom for {k} interactions")
    F = W * left / (k * nu)
    return JointTest(F, (float(k), float(left)), f_tail(F, k, left), "Wald, adjusted")


def _saddlepoint_tail(X: float, a: Floats, ddf: float) -> float | None:
    """P(sum a_j chi2_1 > X chi2_ddf / ddf); None near the mean, where the approximation is 0/0.

    Source: Kuonen (1999), Biometrika 86, 929-935, after Lugannani & Rice (1980).
    """
    if X <= 0:
        return 1.0
    many = floor(ddf + 1e-9)
    positive = a[a > 0]
    weights = np.append(positive, -X / ddf)
    times = np.append(np.ones(len(positive)), many)
    weights = weights / weights.max()

    def slope(z: float) -> float:
        return float((times * weights / (1 - 2 * z * weights)).sum())

    # K' rises from -infinity to infinity between its poles
    low, high = 0.5 / weights.min(), 0.5
    inner = 1e-5
    while slope(low * (1 - inner)) > 0 or slope(high * (1 - inner)) < 0:
        inner /= 10
        if inner < 1e-15:
            return 1.0 if slope(low * (1 - 1e-5)) > 0 else 0.0
    z = float(brentq(slope, low * (1 - inner), high * (1 - inner), xtol=1e-13))
    if abs(z) < 1e-4:
        return None
    K = -0.5 * float((times * np.log1p(-2 * z * weights)).sum())
    curvature = 2 * float((times * weights**2 / (1 - 2 * z * weights) ** 2).sum())
    w = float(np.sign(z)) * sqrt(max(-2 * K, 0.0))
    u = z * sqrt(curvature)
    return 0.5 * erfc((w + log(u / w) / w) / sqrt(2))
