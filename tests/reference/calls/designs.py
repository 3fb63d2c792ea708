"""svydesign, subset, calibrations, replicate weights: R's designs to those of `analysis`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from analysis import calibration
from analysis.design import LonelyPsu, SurveyDesign
from analysis.replicates import Kind, ReplicateDesign, from_design
from tests.reference.evaluate import Arguments, FormulaValue, Scope, function, inside, terms
from tests.reference.frames import (
    Bools,
    Column,
    Factor,
    Floats,
    Frame,
    Items,
    Matrix,
    Unsupported,
    Vector,
    View,
    missing,
    texts_of,
)
from tests.reference.operators import Refusal, flags
from tests.reference.parser import Formula, Name, Node, source

Engine = SurveyDesign | ReplicateDesign
Labels = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Design:
    """A design of `analysis` and the data frame its formulas look into.

    kept: (n,) rows that R's object still has: a subset drops rows, but of a calibrated design it keeps them,
        with weight 0
    """

    engine: Engine
    frame: Frame
    kept: Bools
    scope: Scope

    @property
    def calibrated(self) -> bool:
        return isinstance(self.engine, SurveyDesign) and len(self.engine.adjustments) > 0

    @cached_property
    def _view(self) -> View:
        return View(self.frame, self.kept)

    def column(self, node: Node) -> Column:
        """(n,) an expression over the data frame's columns as R's object has them, missing in rows it dropped."""
        if self.kept.all():
            return self.scope.within(self.frame).column(node, self.frame.rows)
        return self._view.whole(self.scope.within(self._view).column(node, self._view.rows))

    def numbers(self, node: Node) -> Floats:
        """(n,) numbers; TRUE is 1, FALSE 0."""
        value = self.column(node)
        if not isinstance(value, Vector):
            raise Refusal(f"{source(node)}: numbers expected, found categories")
        return value.values

    def domain(self, rows: Bools) -> Design:
        """Through some of the rows, as R's design[rows, ]."""
        return replace(
            self, engine=self.engine.domain(rows), kept=self.kept if self.calibrated else self.kept & rows
        )


def lonely_psu(options: Mapping[str, object]) -> LonelyPsu:
    rules: tuple[LonelyPsu, ...] = get_args(LonelyPsu)
    for rule in rules:
        if rule == options["survey.lonely.psu"]:
            return rule
    raise Unsupported(f"survey.lonely.psu {options['survey.lonely.psu']}")


def design_of(given: Arguments, name: str) -> Design:
    value = given.value(name)
    if isinstance(value, Design):
        return value
    raise Unsupported(f"{given.call}: {name} is no design but {type(value).__name__}")


def frame_of(given: Arguments, name: str) -> Frame:
    value = given.value(name)
    if isinstance(value, Frame):
        return value
    raise Unsupported(f"{given.call}: {name} is no data frame")


def labels(values: Column, what: str) -> Labels:
    """(n,) texts; a missing one is None."""
    made = np.empty(len(values), dtype=object)
    made[:] = texts_of(values)
    if not what:
        return made
    if missing(values).any():
        raise Refusal(f"missing values in {what}")
    return made.astype(str)


def _stages(given: Arguments, name: str, frame: Frame) -> list[tuple[Node, Column]]:
    """The columns of ~a + b; none for ~1 and ~0."""
    if not given.has(name):
        return []
    value = given.value(name)
    if isinstance(value, FormulaValue):
        scope = given.scope.within(frame)
        return [(node, scope.column(node, frame.rows)) for node in terms(value.formula)]
    if isinstance(value, (Vector, Factor)) and len(value) == frame.rows:
        return [(Name(name), value)]
    raise Unsupported(f"{given.call}: {name} is no formula")


@function("svydesign", "ids probs strata variables fpc data nest check.strata weights pps variance ...")
def svydesign(given: Arguments) -> object:
    if given.has("pps") or given.has("variables") or given.has("variance"):
        raise Unsupported("svydesign: pps, variables, variance")
    given.ignore()
    frame = frame_of(given, "data")
    weights = [_floats(node, column) for node, column in _stages(given, "weights", frame)]
    if given.has("probs"):
        chances = [_floats(node, column) for node, column in _stages(given, "probs", frame)]
        weights = [1 / np.prod(chances, axis=0)]
    units = [labels(column, "id") for _, column in _stages(given, "ids", frame)]
    strata = [labels(column, "strata") for _, column in _stages(given, "strata", frame)]
    sizes = [_floats(node, column) for node, column in _stages(given, "fpc", frame)]
    if any(np.isnan(size).any() for size in sizes):
        raise Refusal("missing values in fpc")
    options = given.scope.names.options
    drawn = SurveyDesign(
        ids=units or None, strata=strata or None, weights=np.prod(weights, axis=0) if weights else None,
        fpc=sizes or None, nest=given.flag("nest"),
    )
    engine = drawn.with_lonely(lonely_psu(options), domain_lonely=bool(options["survey.adjust.domain.lonely"]))
    return Design(engine, frame, np.ones(frame.rows, dtype=np.bool_), given.scope)


def _floats(node: Node, column: Column) -> Floats:
    if not isinstance(column, Vector):
        raise Refusal(f"{source(node)}: numbers expected")
    return column.values


@function("subset", "x subset ...")
def subset(given: Arguments) -> object:
    given.ignore()
    design = design_of(given, "x")
    condition = flags(design.column(given.node("subset")))
    return design.domain(condition == 1)


# ---------------------------------------------------------------- calibration


def _reweighted(design: Design, adjust: Callable[[Any], Engine]) -> Design:
    """adjust gives back a design of the kind it got."""
    return replace(design, engine=adjust(design.engine))


def _variables(design: Design, formulas: Sequence[Formula]) -> dict[str, Labels]:
    return {source(node): labels(design.column(node), "") for formula in formulas for node in terms(formula)}


def _totals(table: object, names: Sequence[str]) -> dict[Any, float]:
    """Label, or tuple of labels, -> Freq."""
    if not isinstance(table, Frame):
        raise Unsupported("a population that is no data frame")
    columns = [name for name in table.columns if name != "Freq"]
    if set(columns) != set(names) or "Freq" not in table:
        raise Refusal(f"a population table of {list(names)} and Freq expected, found {list(table.columns)}")
    counts = table["Freq"]
    if not isinstance(counts, Vector):
        raise Refusal("Freq: numbers expected")
    keys = list(zip(*(texts_of(table[name]) for name in names), strict=True))
    if len(set(keys)) != len(keys):
        raise Refusal("a population table has the same cell twice")
    return {
        key if len(names) > 1 else key[0]: float(count) for key, count in zip(keys, counts.values, strict=True)
    }


@function("postStratify", "design strata population partial ...")
def post_stratify(given: Arguments) -> object:
    if given.flag("partial"):
        raise Unsupported("postStratify: partial")
    given.ignore("compress")
    design = design_of(given, "design")
    variables = _variables(design, [given.formula("strata")])
    totals = _totals(given.value("population"), list(variables))
    return _reweighted(design, lambda engine: calibration.post_stratify(engine, variables, totals))


@function("rake", "design sample.margins population.margins control compress")
def rake(given: Arguments) -> object:
    design = design_of(given, "design")
    margins, tables = given.value("sample.margins"), given.value("population.margins")
    if not isinstance(margins, Items) or not isinstance(tables, Items):
        raise Unsupported("rake: margins that are no list")
    formulas = [item.formula for item in margins if isinstance(item, FormulaValue)]
    if len(formulas) != len(margins.items) or len(formulas) != len(tables.items):
        raise Refusal("rake: as many population tables as formulas expected")
    control = _named(given.value("control")) if given.has("control") else {}
    if set(control) - {"maxit", "epsilon", "verbose"}:
        raise Unsupported(f"rake: control {sorted(control)}")
    wanted: dict[Any, dict[Any, float]] = {}
    for formula, table in zip(formulas, tables, strict=True):
        names = tuple(source(node) for node in terms(formula))
        wanted[names if len(names) > 1 else names[0]] = _totals(table, names)
    return _reweighted(design, lambda engine: calibration.rake(
        engine, _variables(design, formulas), wanted, maxit=int(control.get("maxit", 10)),
        epsilon=control.get("epsilon", 1.0),
    ))


def _named(value: object) -> dict[str, float]:
    """list(a = 1, b = 2)."""
    if not isinstance(value, Items):
        raise Unsupported("control that is no list")
    made = {}
    for name, item in zip(value.names, value.items, strict=True):
        if not isinstance(item, Vector) or len(item) != 1 or name is None:
            raise Unsupported("control that is no list of numbers")
        made[name] = float(item.values[0])
    return made


@function("calibrate", "design formula population ... bounds calfun maxit epsilon verbose force")
def calibrate(given: Arguments) -> object:
    given.ignore()
    if given.flag("force"):
        raise Unsupported("calibrate: force")
    design = design_of(given, "design")
    right = terms(given.formula("formula"))
    if not right.intercept:
        raise Unsupported("calibrate: a formula without intercept")
    totals = given.value("population")
    if not isinstance(totals, Vector) or totals.names is None:
        raise Unsupported("calibrate: a population that is no named vector")
    wanted = dict(zip(totals.names, totals.values.tolist(), strict=True))
    return _reweighted(design, lambda engine: calibration.calibrate(
        engine, {source(node): _calibrating(design.column(node)) for node in right}, wanted,
        method=given.choice("calfun", "linear", ("linear", "raking", "logit")), bounds=_bounds(given),
        epsilon=given.number("epsilon", 1e-7), maxit=int(given.number("maxit", 50)),
    ))


def _calibrating(column: Column) -> npt.NDArray[Any]:
    if isinstance(column, Vector) and not column.logical:
        return column.values
    return labels(column, "")


def _bounds(given: Arguments) -> tuple[float, float] | None:
    if not given.has("bounds"):
        return None
    limits = given.vector("bounds").values
    if len(limits) != 2:
        raise Unsupported("calibrate: bounds that are not two numbers")
    low, high = float(limits[0]), float(limits[1])
    return None if low == -np.inf and high == np.inf else (low, high)


@function("trimWeights", "design upper lower ... strict")
def trim_weights(given: Arguments) -> object:
    given.ignore()
    design = design_of(given, "design")
    return _reweighted(design, lambda engine: calibration.trim_weights(
        engine, upper=given.number("upper", np.inf), lower=given.number("lower", -np.inf),
        strict=given.flag("strict"),
    ))


# ---------------------------------------------------------------- replicate weights


@function(
    "svrepdesign",
    "variables repweights weights data degf ... type combined.weights rho bootstrap.average scale rscales fpc"
    " fpctype mse",
)
def svrepdesign(given: Arguments) -> object:
    if any(given.has(name) for name in ("variables", "degf", "bootstrap.average", "fpc", "fpctype")):
        raise Unsupported("svrepdesign: variables, degf, bootstrap.average, fpc")
    given.ignore()
    frame = frame_of(given, "data")
    factors = given.value("repweights")
    if not isinstance(factors, Matrix):
        raise Unsupported("svrepdesign: repweights that are no matrix")
    weights = [_floats(node, column) for node, column in _stages(given, "weights", frame)]
    if len(weights) != 1:
        raise Refusal("svrepdesign: weights are missing")
    scale, rscales = _scales(given, factors.values.shape[1])
    engine = ReplicateDesign(
        weights[0], factors.values, scale, rscales, mse=given.flag("mse"),
        combined=given.flag("combined.weights", True),
    )
    return Design(engine, frame, np.ones(frame.rows, dtype=np.bool_), given.scope)


def _scales(given: Arguments, count: int) -> tuple[float, Floats]:
    kind = given.text("type", "")
    rscales = given.vector("rscales").values if given.has("rscales") else np.ones(count)
    if len(rscales) == 1:
        rscales = np.resize(rscales, count)
    if kind == "BRR":
        return 1 / count, np.ones(count)
    if kind == "Fay":
        return 1 / (count * (1 - given.number("rho", 0.0)) ** 2), np.ones(count)
    if kind in ("JK1", "JKn", "other", "bootstrap"):
        if not given.has("scale") and kind != "JKn":
            raise Refusal(f"svrepdesign: scale is missing for type {kind}")
        return given.number("scale", 1.0), rscales
    raise Unsupported(f"svrepdesign: type {kind}")


KINDS: tuple[Kind, ...] = ("JK1", "JKn", "BRR", "Fay")
"""of which no chance is part; variances by half samples may depend on the Hadamard matrix"""


@function("as.svrepdesign", "design type fay.rho fpc fpctype ... compress mse")
def as_svrepdesign(given: Arguments) -> object:
    if given.has("fpc") or given.has("fpctype"):
        raise Unsupported("as.svrepdesign: fpc")
    given.ignore()
    design = design_of(given, "design")
    if not isinstance(design.engine, SurveyDesign):
        raise Refusal("as.svrepdesign: a design that is none of replicates expected")
    stratified = design.engine.stages[0].stratum_labels is not None
    kind: Kind = "JKn" if stratified else "JK1"
    if given.text("type", "auto") != "auto":
        kind = given.choice("type", "auto", KINDS)
    if stratified == (kind == "JK1"):
        raise Refusal(f"as.svrepdesign: {kind} of a design {'with' if stratified else 'without'} strata")
    engine = from_design(design.engine, kind, rho=given.number("fay.rho", 0.0), mse=given.flag("mse"))
    return replace(design, engine=engine)


# ---------------------------------------------------------------- what a design is


@function("degf", "design ...")
def degf(given: Arguments) -> object:
    return Vector(np.array([float(design_of(given, "design").engine.degf)]))


@function("nrow", "x")
def rows(given: Arguments) -> object:
    value = given.value("x")
    if isinstance(value, Design):
        return Vector(np.array([float(value.kept.sum())]))
    if isinstance(value, Frame):
        return Vector(np.array([float(value.rows)]))
    if isinstance(value, Matrix):
        return Vector(np.array([float(len(value.values))]))
    raise Unsupported(f"nrow of {type(value).__name__}")


@function("weights", "object type ...")
def weights(given: Arguments) -> object:
    design = design_of(given, "object")
    engine, known = design.engine, ("sampling", "analysis")
    if isinstance(engine, ReplicateDesign) and given.choice("type", "replication", known) == "analysis":
        return Matrix(engine.replicate_weights[design.kept])
    return Vector(np.where(design.engine.rows, design.engine.weights, 0.0)[design.kept])


def condition(node: Node, design: Design) -> Floats:
    """(n,) 1, 0 or NaN of I(condition), of a logical column or of a column of 0 and 1."""
    return design.numbers(inside(node))
