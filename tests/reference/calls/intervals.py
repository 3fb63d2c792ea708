"""Intervals of shares, quantiles, and the table of domains made of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import nan
from typing import Any, get_args

import numpy as np

from analysis.comparison import NoVarianceError, target_test
from analysis.design import DesignError, EmptyDomainError, SurveyDesign
from analysis.estimate import share_evidence
from analysis.estimators import Linearised, mean
from analysis.intervals import ShareMethod, korn_graubard, share_limits, wilson
from analysis.quantiles import Quantile, Rule, quantile
from analysis.replicates import ReplicateDesign
from tests.reference.calls.designs import Design, design_of
from tests.reference.calls.statistics import spread, statistic_of
from tests.reference.evaluate import Arguments, function, inside, terms
from tests.reference.frames import Bools, Floats, Unsupported, Vector, missing, texts_of
from tests.reference.operators import Refusal
from tests.reference.parser import Name, Node, number_text, source

SHARES: tuple[ShareMethod, ...] = ("logit", "likelihood", "asin", "beta", "mean", "xlogit")
"""svyciprop's methods"""


@dataclass(frozen=True, eq=False)
class Proportion:
    estimate: float
    se: float
    interval: tuple[float, float]

    @property
    def limits(self) -> Floats:
        return np.array([self.interval])


@function("svyciprop", "formula design method level df ...")
def svyciprop(given: Arguments) -> object:
    given.ignore("na.rm")
    design, method = design_of(given, "design"), given.choice("method", "logit", SHARES)
    values = design.numbers(_only(given))
    holes = np.isnan(values[design.kept]).any() and not _rest_flag(given, "na.rm")
    if holes and method not in ("logit", "likelihood"):
        return Proportion(nan, nan, (nan, nan))
    df = given.number("df", design.engine.degf)
    share = mean(values, design.engine)
    # the limits of a regression's intercept leave missing answers out, the mean beside them does not
    se = nan if holes else float(np.sqrt(spread([share], design)[0, 0]))
    return Proportion(share.value, se, _limits(share, design, method, given.number("level", 0.95), df))


def _limits(share: Linearised, design: Design, method: ShareMethod, level: float, df: float) -> tuple[float, float]:
    """R takes df and rows of the design as passed, those without an answer counted."""
    if method == "beta":
        df = design.engine.degf  # whatever was asked for
    if method == "likelihood" and not df > 0:
        raise Refusal("likelihood: degrees of freedom above 0 expected, found 0")  # where the others give NA
    seen = replace(
        share_evidence(share, design.engine, method), df=np.array(float(df)),
        rows=np.array(float(design.kept.sum())),
    )
    low, high = share_limits(seen, method, level)
    return float(low), float(high)


def _only(given: Arguments) -> Node:
    nodes = terms(given.formula("formula"))
    if len(nodes) != 1:
        raise Refusal(f"{given.call}: one variable expected")
    return inside(nodes.nodes[0])


def _rest_flag(given: Arguments, name: str) -> bool:
    """An argument handed on by '...'."""
    for other, node in given.rest:
        if other == name:
            value = given.scope.evaluate(node)
            return isinstance(value, Vector) and bool(value.values[0] == 1)
    return False


@function("wilson_eff", "m level df")
def wilson_eff(given: Arguments) -> object:
    found = statistic_of(given, "m")
    low, high = _wilson(
        float(found.estimate[0]), float(found.covariance[0, 0]), given.number("level", nan), given.number("df", nan)
    )
    return Vector(np.array([low, high]))


def _wilson(share: float, variance: float, level: float, df: float) -> tuple[float, float]:
    if not variance > 0:
        return nan, nan
    size = np.array(share * (1 - share) / variance)
    low, high = wilson(np.array(share), size, np.array(df), level)
    return float(low), float(high)


# ---------------------------------------------------------------- quantiles


@dataclass(frozen=True, eq=False)
class Quantiles:
    """variable -> its quantiles, as the expected results have them."""

    table: Mapping[str, Mapping[str, list[Any]]]

    @property
    def limits(self) -> Floats:
        pairs = [pair for each in self.table.values() for pair in zip(each["ci_low"], each["ci_high"], strict=True)]
        return np.array(pairs, dtype=np.float64)  # None becomes NaN


@function("svyquantile", "x design quantiles alpha interval.type na.rm ci se qrule df ...")
def svyquantile(given: Arguments) -> object:
    given.ignore("keep.var", "return.replicates")
    design = design_of(given, "design")
    rule = given.choice("qrule", "math", get_args(Rule))
    given.choice("interval.type", "mean", ("mean",))
    if given.has("df"):
        raise Unsupported("svyquantile: df")
    nodes = list(terms(given.formula("x")))
    columns = [design.numbers(node) for node in nodes]
    absent = np.column_stack([np.isnan(column) for column in columns])
    if not given.flag("na.rm") and isinstance(design.engine, ReplicateDesign) and absent[design.kept].any():
        raise Refusal("svyquantile: missing values in object")
    if given.flag("na.rm"):
        design, absent = design.domain(np.logical_not(absent.any(axis=1))), np.zeros_like(absent)
    asked = given.vector("quantiles").values
    level = 1 - given.number("alpha", 0.05)
    table: dict[str, dict[str, list[Any]]] = {}
    for at, (node, column) in enumerate(zip(nodes, columns, strict=True)):
        found: list[Quantile | None] = [None] * len(asked)
        if not absent[design.kept, at].any():
            found = list(quantile(column, design.engine, asked.tolist(), rule=rule, level=level))
        table[source(node)] = {
            "quantile": [number_text(p) for p in asked], "value": [each and each.value for each in found],
            "ci_low": [each and each.low for each in found], "ci_high": [each and each.high for each in found],
            "se": [each and each.se for each in found],
        }
    return Quantiles(table)


# ---------------------------------------------------------------- the table of domains


@dataclass(frozen=True, eq=False)
class DomainTable:
    rows: tuple[dict[str, Any], ...]


@function("domain_table", "D by variable level target")
def domain_table(given: Arguments) -> object:
    design = design_of(given, "D")
    by = texts_of(design.column(Name(given.text("by", ""))))
    labels = np.array([label if label is not None else "" for label in by])
    there = design.kept & np.array([label is not None for label in by])
    answer = design.column(Name(given.text("variable", "")))
    if not isinstance(answer, Vector):
        raise Refusal("domain_table: a variable of numbers expected")
    level, target = given.number("level", nan), given.number("target", nan)
    rows = []
    for label in sorted(set(labels[there])):
        keep = there & (labels == label) & ~missing(answer)
        rows.append({"domain": str(label), **_row(answer.values, design, keep, level, target)})
    return DomainTable(tuple(rows))


def _row(y: Floats, whole: Design, keep: Bools, level: float, target: float) -> dict[str, Any]:
    part = whole.domain(keep)
    n = int(part.kept.sum())
    if n == 0:
        return {"n": 0}
    row: dict[str, Any] = {"n": n, "degf_domain": part.engine.degf}
    if isinstance(part.engine, SurveyDesign):
        row["n_psu"] = len(np.unique(part.engine.psu[part.kept]))
    try:
        share = mean(y, part.engine)
    except EmptyDomainError:  # rows without weight
        return row | {"estimate": nan, "se": nan}
    variance, degf = float(spread([share], part)[0, 0]), whole.engine.degf
    row |= {
        "estimate": share.value, "se": float(np.sqrt(variance)), "total_w": part.engine.weights[keep].sum(),
        "degf_design": degf,
    }
    row |= _against(share, part, target, degf)
    hits = np.where(y == 1, 1.0, np.where(np.isnan(y), nan, 0.0))
    for method in SHARES:
        try:
            row[f"ci_{method}"] = _limits(mean(hits, part.engine), part, method, level, part.engine.degf)
        except DesignError as why:
            row[f"ci_{method}"] = f"error: {why}"
    if variance > 0 and share.value * (1 - share.value) > 0:
        row["ci_wilson_neff"] = _wilson(share.value, variance, level, degf)
    exact = korn_graubard(np.array(y[keep].sum() / n), np.array(float(n)), level)
    return row | {"clopper_pearson_unweighted": [float(limit) for limit in exact]}


def _against(share: Linearised, part: Design, target: float, degf: int) -> dict[str, float]:
    """Test of the share against the target, on the df of the whole design."""
    try:
        test = target_test(share, part.engine, target, degf)
    except NoVarianceError:
        return {"t_vs_target": nan, "p_lower_t_design_df": nan, "p_two_sided_t_design_df": nan}
    return {
        "t_vs_target": test.statistic, "p_lower_t_design_df": test.p_less, "p_two_sided_t_design_df": test.p_two
    }
