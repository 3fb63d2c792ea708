"""Means, totals, ratios, variances, by domain; their covariances, limits and contrasts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf, nan
from typing import Protocol, TypeAlias, runtime_checkable

import numpy as np

from analysis.design import EmptyDomainError, SurveyDesign
from analysis.estimate import design_effect
from analysis.estimators import Linearised, contrast, gradient, mean, population_covariance, ratio, total
from analysis.intervals import t_interval
from analysis.variance import covariance
from tests.reference.calls.designs import Design, Engine, design_of
from tests.reference.evaluate import Arguments, Quoted, Scope, function, indicators, terms
from tests.reference.frames import (
    Bools,
    Column,
    Factor,
    Floats,
    Frame,
    Items,
    Matrix,
    Texts,
    Unsupported,
    Vector,
    factor_of,
)
from tests.reference.operators import Refusal
from tests.reference.parser import Formula, Name, Node, number_text, source


@dataclass(frozen=True, eq=False)
class Statistic:
    """k estimates.

    kind: 'stat', 'by', 'ratio', 'glm'
    covariance: (k, k); se: (k,) of each by itself, which a table of domains takes from each domain's own design
    parts: the estimates as the engine has them, None for one without value; None: not known together
    groups: of a table by domains, the label of each domain per grouping variable
    """

    kind: str
    names: tuple[str, ...]
    estimate: Floats
    covariance: Floats
    design: Design
    parts: tuple[Linearised | None, ...] | None = None
    deff: Floats | None = None
    groups: Mapping[str, list[object]] | None = None
    own_se: Floats | None = None

    @property
    def default_df(self) -> float:
        """Of confint."""
        return inf

    @property
    def se(self) -> Floats:
        return np.sqrt(np.diag(self.covariance)) if self.own_se is None else self.own_se

    def place(self, name: str) -> int:
        if name not in self.names:
            raise Refusal(f"no estimate {name}; found {list(self.names)[:8]}")
        return self.names.index(name)

    def part(self) -> Linearised | None:
        """The engine's first estimate, if it has one."""
        return self.parts[0] if self.parts else None


@dataclass(frozen=True, eq=False)
class Wanted:
    """What a statistic is asked to estimate in a domain.

    names: (k,); columns: each (n,)
    of: (columns, which estimate, domain) -> the engine's estimate
    uses: places of the columns that an estimate needs
    counts_missing: rows with a missing value stay rows of the design (R's svyvar counts them, but not with
        replicate weights)
    """

    kind: str
    names: tuple[str, ...]
    columns: tuple[Floats, ...]
    of: Callable[[Sequence[Floats], int, Engine], Linearised]
    uses: tuple[tuple[int, ...], ...]
    counts_missing: bool = False


def estimated(wanted: Wanted, design: Design, na_rm: bool, deff: str | None = None) -> Statistic:
    """R's svymean, svytotal, ...: with na.rm a row counts when no column is missing."""
    absent = np.column_stack([np.isnan(column) for column in wanted.columns])
    complete, columns = np.logical_not(absent.any(axis=1)), wanted.columns
    holes = set() if na_rm else set(np.flatnonzero(absent[design.kept].any(axis=0)).tolist())
    if na_rm and wanted.counts_missing and isinstance(design.engine, SurveyDesign):
        columns = tuple(np.where(complete, column, nan) for column in columns)
    elif na_rm:
        design = design.domain(complete)
    parts = tuple(
        None if holes & set(uses) else _or_none(wanted.of, columns, at, design.engine)
        for at, uses in enumerate(wanted.uses)
    )
    effects = None
    if deff is not None:
        effects = np.array([
            nan if part is None else _or_nan(design_effect(part, design.engine, replace=deff == "replace"))
            for part in parts
        ])
    estimates = np.array([nan if part is None else part.value for part in parts])
    return Statistic(wanted.kind, wanted.names, estimates, spread(parts, design), design, parts, effects)


def _or_none(
    of: Callable[[Sequence[Floats], int, Engine], Linearised], columns: Sequence[Floats], at: int, design: Engine
) -> Linearised | None:
    try:
        return of(columns, at, design)
    except EmptyDomainError:
        return None  # 0/0 in R


def _or_nan(value: float | None) -> float:
    return nan if value is None else value


def spread(parts: Sequence[Linearised | None], design: Design) -> Floats:
    """(k, k) covariance, NaN beside an estimate without value."""
    found = [at for at, part in enumerate(parts) if part is not None]
    whole = np.full((len(parts), len(parts)), nan)
    whole[np.ix_(found, found)] = covariance([part for part in parts if part is not None], design.engine)
    return whole


# ---------------------------------------------------------------- what is wanted


def columns_of(formula: Formula, design: Design) -> tuple[list[str], list[Floats]]:
    """Numbers as they are, categories one column per level."""
    names: list[str] = []
    columns: list[Floats] = []
    for node in terms(formula):
        found, values = indicators(node, design.column(node))
        names += found
        columns += list(values.T)
    if not names:
        raise Refusal("a formula without variables")
    return names, columns


def _plain(kind: str, verb: Callable[[Floats, Engine], Linearised]) -> Callable[[Arguments, Design], Wanted]:
    def want(given: Arguments, design: Design) -> Wanted:
        names, columns = columns_of(given.formula("x"), design)
        return Wanted(
            kind, tuple(names), tuple(columns), lambda values, at, domain: verb(values[at], domain),
            tuple((at,) for at in range(len(names))),
        )

    return want


def want_ratio(given: Arguments, design: Design) -> Wanted:
    """Every numerator over every denominator, numerators fastest."""
    above, below = list(terms(given.formula("numerator"))), list(terms(given.formula("denominator")))
    pairs = tuple((i, len(above) + j) for j in range(len(below)) for i in range(len(above)))
    names = tuple(f"{source(above[i])}/{source(below[j - len(above)])}" for i, j in pairs)
    columns = tuple(design.numbers(node) for node in (*above, *below))
    return Wanted(
        "ratio", names, columns,
        lambda values, at, domain: ratio(values[pairs[at][0]], values[pairs[at][1]], domain), pairs,
    )


def want_variance(given: Arguments, design: Design) -> Wanted:
    """Variances and covariances of all pairs of variables."""
    names, columns = columns_of(given.formula("x"), design)
    pairs = tuple((i, j) for j in range(len(columns)) for i in range(len(columns)))
    return Wanted(
        "stat", tuple(names) if len(names) == 1 else tuple(f"{names[i]}:{names[j]}" for i, j in pairs),
        tuple(columns),
        lambda values, at, domain: population_covariance(values[pairs[at][0]], values[pairs[at][1]], domain),
        pairs, counts_missing=True,
    )


want_mean, want_total = _plain("stat", mean), _plain("stat", total)
STATISTICS: dict[str, tuple[str, Callable[[Arguments, Design], Wanted]]] = {
    "svymean": ("x design na.rm deff influence ...", want_mean),
    "svytotal": ("x design na.rm deff influence ...", want_total),
    "svyratio": ("numerator denominator design na.rm covmat deff influence ...", want_ratio),
    "svyvar": ("x design na.rm ...", want_variance),
}
"""name -> parameters, and what it estimates"""


def deff_of(given: Arguments) -> str | None:
    """None, "without" replacement or "replace"."""
    if not given.has("deff"):
        return None
    value = given.value("deff")
    if isinstance(value, Texts):
        return given.text("deff", "")
    return "without" if given.flag("deff") else None


def _register(name: str, parameters: str, want: Callable[[Arguments, Design], Wanted]) -> None:
    @function(name, parameters)
    def call(given: Arguments) -> object:
        given.ignore("influence", "keep.var", "return.replicates")
        design = design_of(given, "design")
        found = estimated(want(given, design), design, given.flag("na.rm"), deff_of(given))
        if found.kind == "ratio" and not given.flag("covmat"):  # R then knows the variances only
            apart = np.eye(len(found.names), dtype=np.bool_)
            return replace(found, covariance=np.where(apart, found.covariance, nan))
        return found


for _name, (_parameters, _want) in STATISTICS.items():
    _register(_name, _parameters, _want)


# ---------------------------------------------------------------- by domain


@function(
    "svyby",
    "formula by design FUN ... deff keep.var keep.names verbose vartype drop.empty.groups covmat na.rm.by",
)
def svyby(given: Arguments) -> object:
    usual = {"keep.var": True, "drop.empty.groups": True, "na.rm.by": False}
    if given.has("vartype") or any(given.flag(name, value) != value for name, value in usual.items()):
        raise Unsupported("svyby: vartype, keep.var, drop.empty.groups, na.rm.by")
    verb = given.node("FUN")
    if not isinstance(verb, Name) or verb.name not in STATISTICS:
        raise Unsupported(f"svyby with {source(verb)}")
    parameters, want = STATISTICS[verb.name]
    names = parameters.split()
    inner = Arguments(verb.name, {names[0]: given.node("formula")}, (), given.scope)
    for name, node in given.rest:
        if name not in names:
            raise Unsupported(f"svyby: argument {name or source(node)}")
        inner.nodes[name] = node
    design = design_of(given, "design")
    wanted = want(inner, design)
    domains = _domains(given.formula("by"), design)
    kind = deff_of(given)
    found = [estimated(wanted, design.domain(rows), inner.flag("na.rm"), kind) for _, rows in domains]
    return _table(found, domains, design, given.flag("covmat"), list(terms(given.formula("by"))))


Domains: TypeAlias = list[tuple[tuple[object, ...], Bools]]


def _domains(formula: Formula, design: Design) -> Domains:
    """(labels, rows) of each domain that has a row with a weight; the first variable varies fastest."""
    nodes = list(terms(formula))
    variables = [_grouping(design.column(node)) for node in nodes]
    inside = design.kept & design.engine.rows & (design.engine.weights != 0)
    codes = np.column_stack([codes for codes, _ in variables])
    inside &= (codes >= 0).all(axis=1)
    present = np.unique(codes[inside][:, ::-1], axis=0)[:, ::-1]
    return [
        (
            tuple(labels[code] for code, (_, labels) in zip(found, variables, strict=True)),
            (codes == found).all(axis=1),
        )
        for found in present
    ]


def _grouping(values: Column) -> tuple[np.ndarray, list[object]]:
    """Codes in the order of the levels, and the label of each: a number stays one."""
    made = factor_of(values) if not isinstance(values, Factor) else values
    labels: list[object] = list(made.levels)
    if isinstance(values, Vector) and not values.logical:
        labels = np.unique(values.values[~np.isnan(values.values)]).tolist()
    return made.codes, labels


def _table(
    found: Sequence[Statistic], domains: Domains, design: Design, covmat: bool, by: Sequence[Node]
) -> Statistic:
    """One object of all domains, domain fastest within statistic."""
    statistics = found[0].names if found else ()
    order = [(at, each) for at in range(len(statistics)) for each in found]
    rows = [".".join(_label(label) for label in labels) for labels, _ in domains]
    names = rows if len(statistics) == 1 else [f"{row}:{name}" for name in statistics for row in rows]
    parts = tuple((each.parts or ())[at] for at, each in order)
    whole = spread(parts, design) if covmat else np.diag([each.covariance[at, at] for at, each in order])
    effects = [each.deff[at] for at, each in order if each.deff is not None]
    return Statistic(
        "by", tuple(names), np.array([each.estimate[at] for at, each in order]), whole, design,
        parts if covmat else None, np.array(effects) if effects else None,
        {source(node): [labels[at] for labels, _ in domains] for at, node in enumerate(by)},
        np.array([each.se[at] for at, each in order]),
    )


def _label(label: object) -> str:
    return number_text(label) if isinstance(label, float) else str(label)


# ---------------------------------------------------------------- what is asked of an object


@runtime_checkable
class Limited(Protocol):
    """An object that brings its own limits, (k, 2)."""

    @property
    def limits(self) -> Floats: ...


def statistic_of(given: Arguments, name: str) -> Statistic:
    value = given.value(name)
    if isinstance(value, Statistic):
        return value
    raise Unsupported(f"{given.call} of {type(value).__name__}")


@function("coef", "object ...")
def coef(given: Arguments) -> object:
    found = statistic_of(given, "object")
    return Vector(found.estimate, names=found.names)


@function("SE", "object ...")
def standard_error(given: Arguments) -> object:
    found = statistic_of(given, "object")
    return Vector(found.se, names=found.names)


@function("vcov", "object ...")
def vcov(given: Arguments) -> object:
    found = statistic_of(given, "object")
    return Matrix(found.covariance, found.names)


@function("deff", "object ...")
def deff(given: Arguments) -> object:
    found = statistic_of(given, "object")
    if found.deff is None:
        raise Refusal("deff was not asked for")
    return Vector(found.deff, names=found.names)


@function("confint", "object parm level df ...")
def confint(given: Arguments) -> object:
    if given.has("parm"):
        raise Unsupported("confint: parm")
    given.ignore()
    value = given.value("object")
    if isinstance(value, Limited):
        if given.has("level") or given.has("df"):
            raise Refusal("confint: level and df are those of the call that made the object")
        return Matrix(value.limits)
    found = statistic_of(given, "object")
    freedom = np.full(len(found.estimate), given.number("df", found.default_df))
    low, high = t_interval(found.estimate, found.se, freedom, given.number("level", 0.95))
    return Matrix(np.column_stack([low, high]), found.names)


@function("svycontrast", "stat contrasts add ...")
def svycontrast(given: Arguments) -> object:
    if given.flag("add"):
        raise Unsupported("svycontrast: add")
    given.ignore()
    found = statistic_of(given, "stat")
    asked = given.value("contrasts")
    several = asked if isinstance(asked, Items) else Items((asked,), ("contrast",))
    names = [name or f"contrast{at}" for at, name in enumerate(several.names, 1)]
    kinds = [_contrast(found, item, given.scope) for item in several]
    if found.parts is not None and None not in found.parts:
        parts = tuple(contrast([part for part in found.parts if part is not None], of) for of in kinds)
        values, whole = np.array([part.value for part in parts]), spread(parts, found.design)
        return Statistic("stat", tuple(names), values, whole, found.design, parts)
    # a table without covmat has no covariances between its domains: R then takes them for 0
    pairs = [_linear(of, found.estimate) for of in kinds]
    slopes = np.array([each for _, each in pairs])
    used = (slopes != 0).any(axis=0)
    whole = slopes[:, used] @ found.covariance[np.ix_(used, used)] @ slopes[:, used].T
    return Statistic("stat", tuple(names), np.array([value for value, _ in pairs]), whole, found.design)


Contrast: TypeAlias = "Floats | Callable[[Floats], float]"


def _contrast(found: Statistic, asked: object, scope: Scope) -> Contrast:
    if isinstance(asked, Vector):
        if asked.names is None:
            if len(asked) != len(found.names):
                raise Refusal(f"{len(found.names)} coefficients expected, found {len(asked)}")
            return asked.values
        coefficients = np.zeros(len(found.names))
        for name, value in zip(asked.names, asked.values, strict=True):
            coefficients[found.place(name)] = value
        return coefficients
    if isinstance(asked, Quoted):
        node = asked.node

        def value(at: Floats) -> float:
            columns = {name: Vector(at[[place]]) for place, name in enumerate(found.names)}
            result = scope.within(Frame(dict(columns), 1)).evaluate(node)
            if not isinstance(result, Vector) or len(result) != 1:
                raise Unsupported(f"contrast {source(node)}")
            return float(result.values[0])

        return value
    raise Unsupported(f"contrast by {type(asked).__name__}")


def _linear(of: Contrast, at: Floats) -> tuple[float, Floats]:
    """Value and slopes."""
    return (of(at), gradient(of, at)) if callable(of) else (float(of[of != 0] @ at[of != 0]), of)
