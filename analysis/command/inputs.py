"""From options and a table to what is estimated: design, items, domains."""

from __future__ import annotations

import argparse
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.arrays import Bools, Floats, Ints
from analysis.command import margins
from analysis.command.faults import UsageFault
from analysis.command.frame import Frame, Reader, known
from analysis.design import SurveyDesign
from analysis.estimators import Design
from analysis.replicates import ReplicateDesign, from_design

CONDITION = re.compile(r"([^!=<>]+?)\s*(!=|>=|<=|=|>|<)\s*(.+)")
COMPARE: dict[str, Callable[[Floats, float], Bools]] = {
    ">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le,
}


@dataclass(frozen=True, eq=False)
class Measure:
    """One line of the table, for each domain.

    name: of the column, columns or factor; label: of the answer, for the shares of each label
    above, below: (n,) numerator and denominator; below None: a total
    share: between 0 and 1; single: at most one answer of each respondent
    """

    name: str
    label: object
    above: Floats
    below: Floats | None
    share: bool
    single: bool


@dataclass(frozen=True, eq=False)
class System:
    """A partition into domains. names: its columns; labels: (domains, columns); of: (n,) domain or -1"""

    names: tuple[str, ...]
    labels: tuple[tuple[object, ...], ...]
    of: Ints


def open_table(asked: argparse.Namespace) -> Reader:
    return Reader(
        asked.file, asked.source, separator=asked.separator, missing=asked.missing, decimal=asked.decimal
    )


def expand(names: Sequence[str], columns: Sequence[str], option: str) -> list[str]:
    """Names and ranges 'q1-q22' of columns in the table's order. Raises UsageFault."""
    found: list[str] = []
    for name in names:
        if name in columns or "-" not in name:
            found.append(known(name, columns, option))
            continue
        ends = [
            (name[:at], name[at + 1:]) for at, sign in enumerate(name)
            if sign == "-" and name[:at] in columns and name[at + 1:] in columns
        ]
        if not ends:
            known(name.partition("-")[0], columns, option)
            known(name.partition("-")[2], columns, option)
        first, last = (columns.index(end) for end in ends[0])
        if last < first:
            raise UsageFault(f"{option}: {ends[0][1]} stands before {ends[0][0]} in the table")
        found += columns[first : last + 1]
    if doubled := [name for at, name in enumerate(found) if name in found[:at]]:
        raise UsageFault(f"{option}: {doubled[0]} is named twice")
    return found


def conditions(asked: argparse.Namespace) -> list[tuple[str, str, str]]:
    """(column, sign, what stands right of it). Raises UsageFault."""
    found = []
    for text in asked.where:
        match = CONDITION.fullmatch(text)
        if match is None:
            raise UsageFault(f"--where: a condition like sex=nu or age>=18 expected, found {text!r}")
        found.append((match[1], match[2], match[3]))
    return found


def design_columns(asked: argparse.Namespace, columns: Sequence[str]) -> list[str]:
    """Every column the design and the domain need."""
    needed: list[str] = []
    for option in ("ids", "strata", "fpc"):
        needed += [known(name, columns, f"--{option}") for name in getattr(asked, option) or ()]
    if asked.weights:
        needed.append(known(asked.weights, columns, "--weights"))
    return needed + [known(name, columns, "--where") for name, _, _ in conditions(asked)]


def survey_design(asked: argparse.Namespace, frame: Frame) -> SurveyDesign:
    """The sample as it was drawn. Raises DataFault with line and column, and what SurveyDesign raises."""
    def labels(names: list[str] | None) -> list[object] | None:
        return None if names is None else [frame.labels(name, missing=False) for name in names]

    for option in ("strata", "fpc"):
        stages = len(asked.ids or [""])
        if len(getattr(asked, option) or ()) > stages:
            raise UsageFault(f"--{option}: at most {stages} columns expected, as --ids has; found more")
    ids = [np.arange(len(frame))] if asked.ids is None else labels(asked.ids)
    return SurveyDesign(
        ids, labels(asked.strata),  # type: ignore[arg-type]  # arrays of labels
        None if asked.weights is None else frame.numbers(asked.weights, missing=False, least=0),
        None if asked.fpc is None else [frame.numbers(name, missing=False) for name in asked.fpc],
        nest=asked.nest, lonely_psu=asked.lonely_psu, domain_lonely=asked.domain_lonely,
        variance="ultimate_cluster" if asked.ultimate_cluster else "multistage",
    )


def whole_design(asked: argparse.Namespace, frame: Frame) -> Design:
    """The design with its replicates and its calibration, seen through the domain of --where."""
    design: Design = survey_design(asked, frame)
    if asked.replicates and asked.replicate_weights:
        raise UsageFault("--replicates makes weights, --replicate-weights gives them: one of the two expected")
    if asked.replicate_weights:
        columns = expand(asked.replicate_weights, frame.names, "--replicate-weights")
        given = np.column_stack([frame.numbers(name, missing=False, least=0) for name in columns])
        design = ReplicateDesign(design.weights, given, asked.scale or 1 / len(columns), mse=asked.mse)
    elif asked.replicates and isinstance(design, SurveyDesign):
        rng = np.random.default_rng(asked.seed)
        design = from_design(design, asked.replicates, replicates=asked.count, rng=rng, mse=asked.mse)
    for kind in ("rake", "calibrate", "poststratify"):
        if path := getattr(asked, kind):
            wanted = margins.read(path)
            if isinstance(design, SurveyDesign):
                design = margins.calibrated(kind, wanted, frame, design, asked)
            else:
                design = margins.calibrated(kind, wanted, frame, design, asked)
    return design.domain(domain_rows(asked, frame)) if asked.where else design


def domain_rows(asked: argparse.Namespace, frame: Frame) -> Bools:
    rows = np.ones(len(frame), dtype=np.bool_)
    for name, sign, text in conditions(asked):
        if sign in COMPARE:
            try:
                value = float(text)
            except ValueError:
                raise UsageFault(f"--where: a number after {sign} expected, found {text!r}") from None
            with np.errstate(invalid="ignore"):
                rows &= COMPARE[sign](frame.numbers(name), value)
        else:
            cells = np.array([str(cell) for cell in frame.cells[name]])
            among = np.isin(cells, [part.strip() for part in text.split(",")])
            rows &= ~frame.absent(name) & (among if sign == "=" else ~among)
    return rows


def system(frame: Frame, names: Sequence[str], rows: Bools) -> System:
    """Domains of all combinations of labels that occur; rows with a missing label are in none."""
    levels, codes = zip(*(frame.levels(name, rows) for name in names), strict=True)
    together = np.column_stack(codes)
    there = (together >= 0).all(axis=1)
    found, of = np.unique(together[there], axis=0, return_inverse=True)
    place = np.full(len(frame), -1, dtype=np.int64)
    place[there] = of.reshape(-1)
    labels = tuple(tuple(level[code] for level, code in zip(levels, row, strict=True)) for row in found)
    return System(tuple(names), labels, place)


def satisfied(frame: Frame, name: str, codes: Sequence[str]) -> Floats:
    """(n,) 1 where the answer is one of the codes, 0 where it is another, NaN where there is none.

    Codes and column must be of a kind: all numbers, or texts. Raises UsageFault, DataFault.
    """
    try:
        wanted = [float(code) for code in codes]
    except ValueError:
        cells = np.array([str(cell) for cell in frame.cells[name]])
        if all(not isinstance(label, str) for label in frame.levels(name, ~frame.absent(name))[0]):
            raise UsageFault(f"--satisfied: numbers expected, as column {name} has, found {','.join(codes)}") from None
        return np.where(frame.absent(name), np.nan, np.isin(cells, list(codes)))
    values = frame.numbers(name)
    return np.where(np.isnan(values), np.nan, np.isin(values, wanted))
