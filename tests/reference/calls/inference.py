"""Tests, tables, regressions, multiplicity, small areas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import nan
from typing import Any, get_args

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr

from analysis.columns import Column as ModelColumn
from analysis.columns import Factor as ModelFactor
from analysis.comparison import (
    Adjustment,
    JointTest,
    TTest,
    adjust,
    contrast_test,
    t_test,
    target_test,
    target_test_logit,
    two_sample_t_test,
    wald_test,
)
from analysis.crosstab import Statistic as TableStatistic
from analysis.crosstab import association, crosstab
from analysis.regression import Regression, linear, logistic
from analysis.small_area import Method
from analysis.small_area import fay_herriot as small_area
from tests.reference.calls.designs import Design, design_of, frame_of, labels
from tests.reference.calls.statistics import Statistic, statistic_of
from tests.reference.evaluate import Arguments, Terms, function, inside, terms
from tests.reference.frames import (
    Bools,
    Column,
    Factor,
    Floats,
    Matrix,
    Texts,
    Unsupported,
    Vector,
    factor_of,
    missing,
)
from tests.reference.operators import Refusal
from tests.reference.parser import Call, Constant, Name, Node, Number, source


@dataclass(frozen=True, eq=False)
class Tested:
    """estimate, interval: of a t test."""

    statistic: float
    df: tuple[float, ...]
    p_value: float
    estimate: float | None = None
    interval: tuple[float, float] | None = None


def _of_t(found: TTest) -> Tested:
    return Tested(found.statistic, (found.df,), found.p_two, found.estimate, found.interval)


def _of_joint(found: JointTest) -> Tested:
    return Tested(found.statistic, found.df, found.p_value)


@function("svyttest", "formula design ...")
def svyttest(given: Arguments) -> object:
    given.ignore("na.rm")
    formula, design = given.formula("formula"), design_of(given, "design")
    if formula.left is None:
        raise Refusal("svyttest: y ~ group expected")
    y, group = design.numbers(formula.left), inside(formula.right)
    if group in (Number(0.0), Number(1.0)):
        remove = any(name == "na.rm" and node == Constant("TRUE") for name, node in given.rest)
        if not remove and np.isnan(y[design.kept]).any():
            return Tested(nan, (nan,), nan, nan, (nan, nan))
        return _of_t(t_test(y, design.engine))
    groups = design.column(group)
    if isinstance(groups, Vector):
        found = set(groups.values[design.kept & ~np.isnan(groups.values) & ~np.isnan(y)].tolist())
        if not (found <= {0.0, 1.0} or found <= {1.0, 2.0}):
            raise Refusal("svyttest: group must be binary")
    return _of_t(two_sample_t_test(y, _categories(groups), design.engine))


def _categories(values: Column) -> npt.NDArray[Any]:
    """(n,) numbers, or labels when their order is that of the levels, else the levels' codes; missing: NaN, None."""
    if isinstance(values, Vector):
        return values.values
    if isinstance(values, Texts) or list(values.levels) == sorted(values.levels):
        return labels(values, "")
    return np.where(values.codes < 0, nan, values.codes)


# ---------------------------------------------------------------- tables


@function("svychisq", "formula design statistic na.rm ...")
def svychisq(given: Arguments) -> object:
    given.ignore()
    design, two = design_of(given, "design"), terms(given.formula("formula"))
    if len(two) != 2:
        raise Refusal("svychisq: only tables of two variables")
    statistic = given.choice("statistic", "F", get_args(TableStatistic))
    row, column = (design.column(node) for node in two)
    if not given.flag("na.rm", True) and (missing(row) | missing(column))[design.kept].any():
        raise Unsupported("svychisq: na.rm = FALSE with missing values")
    return _of_joint(association(crosstab(_categories(row), _categories(column), design.engine), statistic))


@function("svytable", "formula design Ntotal round ...")
def svytable(given: Arguments) -> object:
    if given.has("Ntotal") or given.has("round"):
        raise Unsupported("svytable: Ntotal, round")
    given.ignore()
    design, nodes = design_of(given, "design"), list(terms(given.formula("formula")))
    if len(nodes) not in (1, 2):
        raise Unsupported(f"svytable of {len(nodes)} variables")
    columns = [design.column(node) for node in nodes]
    factors = [column if isinstance(column, Factor) else factor_of(column) for column in columns]
    codes = [np.where(made.codes < 0, nan, made.codes) for made in factors]
    found = crosstab(codes[0], codes[1] if len(codes) > 1 else np.zeros(len(codes[0])), design.engine)
    table = np.zeros((len(factors[0].levels), len(factors[1].levels) if len(factors) > 1 else 1))
    places = (np.array(found.rows, dtype=np.int64), np.array(found.columns, dtype=np.int64))
    table[np.ix_(*places)] = found.counts
    return Matrix(table, factors[1].levels if len(factors) > 1 else (source(nodes[0]),))


# ---------------------------------------------------------------- regression


@dataclass(frozen=True, eq=False)
class Model(Statistic):
    """A fitted regression. terms: label of a term -> places of its coefficients."""

    fit: Regression | None = None
    df_resid: int = 0
    terms: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def default_df(self) -> float:
        return self.df_resid


@function("svyglm", "formula design subset family start rescale ... deff influence")
def svyglm(given: Arguments) -> object:
    if given.has("subset") or given.has("start") or given.flag("deff") or given.flag("influence"):
        raise Unsupported("svyglm: subset, start, deff, influence")
    given.ignore("na.action")
    formula, design = given.formula("formula"), design_of(given, "design")
    if formula.left is None:
        raise Refusal("svyglm: y ~ x expected")
    right = terms(formula)
    family = _family(given.nodes.get("family"))
    y = _response(design.column(inside(formula.left)), family)
    columns = {source(node): design.column(node) for node in right}
    rows = design.kept & ~np.isnan(y)
    for column in columns.values():
        rows &= ~missing(column)
    regress = linear if family == "linear" else logistic
    if right.intercept:
        fit = regress(y, _predictors(columns, rows), design.engine)
        places = fit.terms
    else:
        matrix, labelled, places = _without_intercept(columns, rows)
        fit = regress(y, matrix, design.engine, names=labelled)
    names = tuple(_named_true(name, columns) for name in fit.names)
    fitted = Design(fit.design, design.frame, design.kept, design.scope)
    return Model(
        "glm", names, fit.value, fit.covariance, fitted, fit.coefficients, fit=fit, df_resid=fit.df_resid,
        terms=places,
    )


FAMILIES = {
    "gaussian": ("linear", "identity"), "binomial": ("logistic", "logit"), "quasibinomial": ("logistic", "logit")
}
"""R's family -> the regression, and the only link it has here"""


def _family(node: Node | None) -> str:
    """"linear" or "logistic"."""
    if node is None:
        return "linear"
    call = Call(node.name, ()) if isinstance(node, Name) else node
    if isinstance(call, Call) and call.function in FAMILIES:
        family, link = FAMILIES[call.function]
        if all(source(value).strip('"') == link for _, value in call.arguments):
            return family
    raise Unsupported(f"svyglm: family {source(node)}")


def _response(values: Column, family: str) -> Floats:
    if isinstance(values, Vector):
        return values.values
    if family == "linear":
        raise Refusal("svyglm: numbers expected on the left side")
    made = factor_of(values) if isinstance(values, Texts) else values
    return np.where(made.codes < 0, nan, made.codes > 0)


def _predictors(columns: dict[str, Column], rows: Bools) -> dict[str, ModelColumn]:
    """Numbers, and categories with those of their levels that occur in the rows."""
    made: dict[str, ModelColumn] = {}
    for name, column in columns.items():
        if isinstance(column, Vector):
            made[name] = column.values
            continue
        factor = factor_of(column) if isinstance(column, Texts) else column
        present = np.unique(factor.codes[rows & (factor.codes >= 0)])
        values = labels(factor, "")
        values[~rows] = None
        made[name] = ModelFactor(values, [factor.levels[code] for code in present])
    return made


def _without_intercept(
    columns: dict[str, Column], rows: Bools
) -> tuple[Floats, list[str], dict[str, tuple[int, ...]]]:
    """(n, p) matrix, names and terms: the first category then has a column for every level, as in R."""
    blocks: list[Floats] = []
    names: list[str] = []
    places: dict[str, tuple[int, ...]] = {}
    whole = False
    for name, column in columns.items():
        if isinstance(column, Vector):
            block, labelled = column.values[:, None], [name]
        else:
            factor = factor_of(column) if isinstance(column, Texts) else column
            present = np.unique(factor.codes[rows & (factor.codes >= 0)])[1 if whole else 0:]
            block = np.where(missing(factor)[:, None], nan, factor.codes[:, None] == present)
            labelled, whole = [f"{name}{factor.levels[code]}" for code in present], True
        places[name] = tuple(range(len(names), len(names) + len(labelled)))
        blocks.append(block)
        names += labelled
    return np.hstack(blocks), names, places


def _named_true(name: str, columns: dict[str, Column]) -> str:
    column = columns.get(name)
    return f"{name}TRUE" if isinstance(column, Vector) and column.logical else name


@function("regTermTest", "model test.terms null df method lrt.approximation")
def reg_term_test(given: Arguments) -> object:
    model = given.value("model")
    if not isinstance(model, Model) or model.fit is None:
        raise Unsupported("regTermTest of no svyglm")
    if given.text("method", "Wald") != "Wald" or given.has("null"):
        raise Unsupported("regTermTest: method, null")
    asked = [source(node) for node in terms(given.formula("test.terms"))]
    if unknown := [term for term in asked if term not in model.terms]:
        raise Refusal(f"no term {unknown[0]}")
    if len(asked) == 1 and asked[0] in model.fit.terms and not given.has("df"):
        return _of_joint(model.fit.test(asked[0]))
    places = [at for term in asked for at in model.terms[term]]
    parts = [model.fit.coefficients[at] for at in places]
    return _of_joint(wald_test(parts, model.fit.design, given.number("df", model.df_resid)))


# ---------------------------------------------------------------- helper functions


@function("target_test", "m target df")
def helper_target_test(given: Arguments) -> object:
    found, target, df = statistic_of(given, "m"), given.number("target", nan), given.number("df", nan)
    part = found.part()
    if part is None or not found.se[0] > 0:
        test: TTest | _TValue = _t_value(found, df, target)
    else:
        test = target_test(part, found.design.engine, target, df)
    return _values(t=test.statistic, df=df, p_two=test.p_two, p_less=test.p_less, p_greater=test.p_greater)


@function("target_test_logit", "m target df")
def helper_target_test_logit(given: Arguments) -> object:
    found, target, df = statistic_of(given, "m"), given.number("target", nan), given.number("df", nan)
    part = found.part()
    if part is None:
        raise Unsupported("target_test_logit of this object")
    test = target_test_logit(part, found.design.engine, target, df)
    return _values(t=test.statistic, df=df, p_two=test.p_two, p_less=test.p_less)


@function("contrast_test", "k df")
def helper_contrast_test(given: Arguments) -> object:
    found, df = statistic_of(given, "k"), given.number("df", nan)
    part = found.part()
    test = _t_value(found, df) if part is None or not found.se[0] > 0 else contrast_test(part, found.design.engine, df)
    return _values(t=test.statistic, df=df, p=test.p_two)


@dataclass(frozen=True)
class _TValue:
    """The helper functions' own formula where the engine has no test: for a contrast of a table of domains whose
    covariances were not asked for, and for a standard error of 0, where R's t is infinite or NA."""

    statistic: float
    df: float

    @property
    def p_two(self) -> float:
        return 2 * float(stdtr(self.df, -abs(self.statistic)))

    @property
    def p_less(self) -> float:
        return float(stdtr(self.df, self.statistic))

    @property
    def p_greater(self) -> float:
        return float(stdtr(self.df, -self.statistic))


def _t_value(found: Statistic, df: float, null: float = 0.0) -> _TValue:
    return _TValue(float((found.estimate[0] - null) / found.se[0]), df)


@function("vcov_of", "b domains")
def vcov_of(given: Arguments) -> object:
    found, places = _domains(given)
    return Matrix(found.covariance[np.ix_(places, places)], tuple(found.names[place] for place in places))


@function("naive_contrast_se", "b domains")
def naive_contrast_se(given: Arguments) -> object:
    found, places = _domains(given)
    return Vector(np.array([np.sqrt(np.diag(found.covariance)[places].sum())]))


def _domains(given: Arguments) -> tuple[Statistic, list[int]]:
    found, names = statistic_of(given, "b"), given.value("domains")
    if not isinstance(names, Texts):
        raise Unsupported(f"{given.call}: domains")
    return found, [found.place(str(name)) for name in names.values]


@function("weight_summary", "w")
def weight_summary(given: Arguments) -> object:
    w = given.vector("w").values
    return _values(sum=w.sum(), min=w.min(), max=w.max(), sumsq=(w**2).sum())


def _values(**values: float) -> Vector:
    return Vector(np.array(list(values.values()), dtype=np.float64), names=tuple(values))


@function("p.adjust", "p method n")
def p_adjust(given: Arguments) -> object:
    if given.has("n"):
        raise Unsupported("p.adjust: n")
    p, fdr = given.vector("p"), given.text("method", "holm") == "fdr"
    method: Adjustment = "BH" if fdr else given.choice("method", "holm", get_args(Adjustment))
    return Vector(adjust(p.values, method), names=p.names)


# ---------------------------------------------------------------- small areas


@function("fay_herriot", "formula vardir data method")
def fay_herriot(given: Arguments) -> object:
    frame = frame_of(given, "data")
    scope = given.scope.within(frame)
    formula, method = given.formula("formula"), given.choice("method", "REML", get_args(Method))
    if formula.left is None:
        raise Refusal("fay_herriot: y ~ x expected")
    y = _numbers(scope.column(formula.left, frame.rows))
    variances = _numbers(scope.column(_only(terms(given.formula("vardir"))), frame.rows))
    right = terms(formula)
    columns = {source(node): scope.column(node, frame.rows) for node in right}
    every = np.ones(frame.rows, dtype=np.bool_)
    if right.intercept:
        return small_area(y, variances, _predictors(columns, every), method)
    matrix, names, _ = _without_intercept(columns, every)
    return small_area(y, variances, matrix, method, names=names)


def _only(nodes: Terms) -> Node:
    if len(nodes) != 1:
        raise Refusal("one variable expected")
    return nodes.nodes[0]


def _numbers(values: Column) -> Floats:
    if not isinstance(values, Vector):
        raise Refusal("numbers expected")
    return values.values

