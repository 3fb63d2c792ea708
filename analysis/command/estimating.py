"""The verbs that estimate: mean, total, proportion, ratio, quantile, test."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TextIO

import numpy as np

from analysis.arrays import Floats
from analysis.command import margins
from analysis.command.faults import UsageFault
from analysis.command.frame import Frame, known
from analysis.command.inputs import (
    Measure,
    System,
    conditions,
    design_columns,
    expand,
    open_table,
    satisfied,
    system,
    whole_design,
)
from analysis.command.limits import Limits, limits_of
from analysis.command.tables import Row, write
from analysis.design import DesignError, EmptyDomainError
from analysis.domains import Estimates
from analysis.estimators import Design
from analysis.partition import Partitioned, ratios_by, totals_by
from analysis.replicates import ReplicateDesign

WORDS = {1: "met", -1: "not met", 0: "not enough evidence"}


def run(asked: argparse.Namespace, out: TextIO) -> None:
    """Raises UsageFault, DataFault, DesignError."""
    reader = open_table(asked)
    task = _Task.plan(asked, reader.names)
    task.frame = reader.read(list(dict.fromkeys(task.columns)))
    task.design = whole_design(asked, task.frame)
    rows = list(_quantiles(task)) if asked.verb == "quantile" else \
        list(_differences(task)) if getattr(asked, "between", None) else list(_estimates(task))
    if asked.verb == "test":
        _adjust(rows, asked.adjust)
    write(rows, asked, out)


@dataclass
class _Task:
    asked: argparse.Namespace
    items: list[str]
    factors: dict[str, list[str]]
    columns: list[str]
    frame: Frame = field(init=False)
    design: Design = field(init=False)

    @classmethod
    def plan(cls, asked: argparse.Namespace, columns: Sequence[str]) -> _Task:
        """Which columns are needed; everything the options alone can get wrong is refused here."""
        _check(asked)
        named = [name for group in asked.items or () for name in group]
        items = expand(named, columns, "-y")
        factors: dict[str, list[str]] = {}
        for text in getattr(asked, "factor", ()):
            name, mark, of = text.partition("=")
            if not mark or not of:
                raise UsageFault(f"--factor: NAME=COLUMN,... expected, found {text!r}")
            factors[name] = expand([each.strip() for each in of.split(",")], columns, f"--factor {name}")
        if not items and not factors:
            raise UsageFault("-y: at least one column expected")
        needed = items + [name for group in factors.values() for name in group] + design_columns(asked, columns)
        needed += [known(name, columns, "--by") for group in asked.by for name in group]
        for option in ("over", "pool", "between"):
            if name := getattr(asked, option, None):
                needed.append(known(name, columns, f"--{option}"))
        if asked.replicate_weights:
            needed += expand(asked.replicate_weights, columns, "--replicate-weights")
        for kind in ("rake", "calibrate", "poststratify"):
            if path := getattr(asked, kind):
                needed += [known(name, columns, f"--{kind}") for name in margins.read(path).variables if name[0] != "("]
        return cls(asked, items, factors, needed)

    @property
    def systems(self) -> list[System]:
        """Systems of domains in the order asked for; the whole first, or alone."""
        rows = self.design.rows
        whole = System((), ((),), np.where(rows, 0, -1).astype(np.int64))
        if not self.asked.by:
            return [whole]
        found = [system(self.frame, names, rows) for names in self.asked.by]
        return [whole, *found] if self.asked.overall else found

    @property
    def single(self) -> bool:
        """One figure is asked for: what has no estimate is refused then, not listed."""
        return not self.asked.by and len(self.items) + len(self.factors) == 1


def _check(asked: argparse.Namespace) -> None:
    over = getattr(asked, "over", None)
    if asked.verb == "ratio" and over and (asked.satisfied or asked.factor):
        raise UsageFault("--over divides two columns, --satisfied and --factor pool answers: one of the two expected")
    if asked.verb == "test" and bool(asked.between) == bool(asked.target):
        raise UsageFault("test: either --target or --between expected")
    if asked.verb == "quantile" and asked.satisfied:
        raise UsageFault("--satisfied makes shares, which have no quantiles")
    if getattr(asked, "between", None) and asked.by:
        raise UsageFault("--between and --by: one of the two expected; --where chooses a domain")
    conditions(asked)


# ---------------------------------------------------------------- what is measured

def _measures(task: _Task) -> Iterable[Measure]:
    asked, frame, n = task.asked, task.frame, len(task.frame)
    if asked.verb == "ratio":
        yield from _ratios(task)
        return
    for name in task.items:
        if asked.satisfied or asked.verb == "proportion":
            shares = [(None, satisfied(frame, name, asked.satisfied))] if asked.satisfied else _shares(task, name)
            for label, hits in shares:
                below = None if asked.verb == "total" else np.ones(n)
                yield Measure(name, label, hits, below, asked.verb != "total", True)
        else:
            below = None if asked.verb == "total" else np.ones(n)
            yield Measure(name, None, frame.numbers(name), below, False, True)


def _shares(task: _Task, name: str) -> list[tuple[object, Floats]]:
    """The share of 1 in a column of 0 and 1; else of every label."""
    levels, codes = task.frame.levels(name, task.design.rows)
    if set(levels) <= {0, 1} and levels:
        return [(None, task.frame.numbers(name))]
    return [(label, np.where(codes < 0, np.nan, codes == at)) for at, label in enumerate(levels)]


def _ratios(task: _Task) -> Iterable[Measure]:
    asked, frame = task.asked, task.frame
    if asked.over:
        below = frame.numbers(asked.over)
        for name in task.items:
            yield Measure(f"{name}/{asked.over}", None, frame.numbers(name), below, False, False)
        return
    pooled = dict(task.factors)
    if task.items:
        first = [name for group in asked.items for name in group]
        pooled = {",".join(first): task.items, **pooled}
    for name, items in pooled.items():
        values = np.array([
            satisfied(frame, item, asked.satisfied) if asked.satisfied else frame.numbers(item) for item in items
        ])
        given = np.isfinite(values)
        above = np.where(given, values, 0.0).sum(axis=0)
        yield Measure(name, None, above, given.sum(axis=0).astype(np.float64), bool(asked.satisfied), len(items) == 1)


# ---------------------------------------------------------------- estimates

def _estimates(task: _Task) -> Iterable[Row]:
    measures = list(_measures(task))
    whole = _partitioned(measures, System((), ((),), np.zeros(len(task.frame), dtype=np.int64)), task.design)
    if task.single:
        _require_answers(measures, whole.estimates)
    for one in task.systems:
        found = whole if not one.names else _partitioned(measures, one, task.design)
        limits = limits_of(task.asked, measures, found.estimates, _pools(task, measures, one, whole), task.design)
        for domain, labels in enumerate(one.labels):
            for at, measure in enumerate(measures):
                yield _row(task, measure, dict(zip(one.names, labels, strict=True)), found, limits, (at, domain))


def _partitioned(measures: Sequence[Measure], one: System, design: Design) -> Partitioned:
    above = np.array([measure.above for measure in measures])
    if measures[0].below is None:
        return totals_by(above, one.of, len(one.labels), design)
    return ratios_by(above, np.array([measure.below for measure in measures]), one.of, len(one.labels), design)


def _require_answers(measures: Sequence[Measure], found: Estimates) -> None:
    for at, measure in enumerate(measures):
        if np.isnan(found.value[at, 0]):
            weightless = "" if not found.n[at, 0] else f" with a weight above 0 (of {int(found.n[at, 0])})"
            raise EmptyDomainError(f"{measure.name}: at least one answer{weightless} expected, found none")


def _pools(task: _Task, measures: Sequence[Measure], one: System, whole: Partitioned) -> tuple[Estimates, ...]:
    """For each domain of the system: the domain's larger neighbours, from the nearest to the whole."""
    widest = whole.estimates.of(np.zeros(len(one.labels), dtype=np.int64))
    name = getattr(task.asked, "pool", None)
    if name is None or not one.names:
        return (widest,)
    pool = system(task.frame, [name], task.design.rows)
    found = _partitioned(measures, pool, task.design).estimates
    of_domain = np.zeros(len(one.labels), dtype=np.int64)
    for domain in range(len(one.labels)):
        inside = pool.of[one.of == domain]
        numbers = np.unique(inside[inside >= 0])
        if len(numbers) != 1:
            raise UsageFault(
                f"--pool {name}: one label in each domain expected, found {len(numbers)} in "
                f"{', '.join(map(str, one.labels[domain]))}"
            )
        of_domain[domain] = numbers[0]
    return (found.of(of_domain), widest)


def _row(
    task: _Task, measure: Measure, domain: dict[str, object], found: Partitioned, limits: Limits, at: tuple[int, int]
) -> Row:
    own, asked = found.estimates, task.asked
    replicated = isinstance(task.design, ReplicateDesign)
    figures: dict[str, Any] = {"estimate": own.value[at], "se": np.sqrt(own.variance[at])}
    if asked.verb == "test":
        figures |= {"t": limits.t[at], "p": limits.two_sided[at]}
    figures |= {"ci_low": limits.low[at], "ci_high": limits.high[at], "df": limits.df[at]}
    if asked.deff:
        figures["deff"] = _deff(asked.deff, own, found.weight, at)
    figures |= {"n": int(own.n[at]), "n_psu": None if replicated else int(own.n_psu[at]), "weight": found.weight[at]}
    if measure.share:
        figures["n_eff"] = limits.effective_n[at]
    if getattr(asked, "target", None):
        known_limits = not np.isnan(limits.low[at])
        figures |= {
            "target": asked.target[1], "verdict": WORDS[int(limits.verdict[at])] if known_limits else None,
            "p_less": limits.less[at], "p_greater": limits.greater[at],
        }
    return Row(domain, measure.name, measure.label, figures, limits.flags(at), measure.share)


def _deff(kind: str, own: Estimates, weight: Floats, at: tuple[int, int]) -> float:
    simple, n, whole = float(own.simple[at]), int(own.n_positive[at]), float(weight[at])
    if kind == "without":
        simple *= 1 - n / whole if whole >= n else np.nan
    return float(own.variance[at]) / simple if simple > 0 else float("nan")


# ---------------------------------------------------------------- quantiles, differences

def _quantiles(task: _Task) -> Iterable[Row]:
    from analysis.quantiles import quantile

    asked, design = task.asked, task.design
    for one in task.systems:
        for domain, labels in enumerate(one.labels):
            where = dict(zip(one.names, labels, strict=True))
            part = design.domain(one.of == domain)
            for name in task.items:
                try:
                    y = task.frame.numbers(name)
                    found = quantile(y, part, asked.probabilities, rule=asked.rule, level=asked.level)
                except DesignError as fault:
                    if task.single:
                        raise EmptyDomainError(f"{name}: {fault}") from None
                    nothing: dict[str, Any] = dict.fromkeys(("estimate", "se", "ci_low", "ci_high", "df"), np.nan)
                    for p in asked.probabilities:
                        yield Row(where, name, p, {**nothing, "n": 0}, ["no_answers"], False)
                    continue
                for each in found:
                    flags = [] if each.low is not None and each.high is not None else ["no_interval"]
                    figures = {
                        "estimate": each.value, "se": each.se, "ci_low": each.low, "ci_high": each.high, "df": each.df,
                        "n": each.n,
                    }
                    yield Row(where, name, each.probability, figures, flags, False)


def _differences(task: _Task) -> Iterable[Row]:
    from analysis.comparison import compare_domains
    from analysis.estimators import ratio

    asked = task.asked
    groups = system(task.frame, [asked.between], task.design.rows)
    if len(groups.labels) < 2:
        raise UsageFault(f"--between {asked.between}: at least two groups expected, found {len(groups.labels)}")
    df = {"domain": None, "design": None, "inf": np.inf}.get(str(asked.df), asked.df)
    for measure in _measures(task):
        estimates: dict[object, Any] = {}
        for at, (label,) in enumerate(groups.labels):
            try:
                part = task.design.domain(groups.of == at)
                estimates[label] = ratio(measure.above, np.ones(len(part)), part)
            except EmptyDomainError:
                estimates[label] = None
        both = task.design.domain((groups.of >= 0) & np.isfinite(measure.above))
        for pair in compare_domains(measure.above, estimates, both, df=df, adjust_by="none", level=asked.level):
            labels: dict[str, object] = {asked.between: f"{pair.second} - {pair.first}"}
            names = ("estimate", "se", "t", "p", "ci_low", "ci_high", "df")
            figures: dict[str, Any] = dict.fromkeys(names, np.nan)
            if (test := pair.test) is not None:
                low, high = test.interval
                numbers = (-test.estimate, test.se, -test.statistic, test.p_two, -high, -low, test.df)
                figures = dict(zip(names, numbers, strict=True))
            yield Row(labels, measure.name, measure.label, figures, [pair.flag] if pair.flag else [], False)


def _adjust(rows: list[Row], method: str) -> None:
    """p values for as many tests as there are rows, after the column p."""
    if method == "none":
        return
    from analysis.comparison import adjust

    adjusted = adjust([np.nan if row.figures["p"] is None else row.figures["p"] for row in rows], method)  # type: ignore[arg-type]  # argparse has checked the name
    for row, p in zip(rows, adjusted.tolist(), strict=True):
        figures = {}
        for name, value in row.figures.items():
            figures[name] = value
            if name == "p":
                figures["p_adjusted"] = p
        row.figures.clear()
        row.figures.update(figures)
