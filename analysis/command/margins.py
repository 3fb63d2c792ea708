"""Population margins from a CSV (variable, level, total), and the calibrations they serve."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from analysis.columns import Factor
from analysis.command.faults import DataFault, UsageFault
from analysis.command.frame import Frame, Reader, known
from analysis.design import SurveyDesign
from analysis.replicates import ReplicateDesign

D = TypeVar("D", SurveyDesign, ReplicateDesign)
COLUMNS = ("variable", "level", "total")


@dataclass(frozen=True)
class Margins:
    """variables of each margin -> texts of its cell -> persons; a number's total has the cell ('',)"""

    path: str
    totals: Mapping[tuple[str, ...], Mapping[tuple[str, ...], float]]

    @property
    def variables(self) -> list[str]:
        return list(dict.fromkeys(name for names in self.totals for name in names))


def read(path: str) -> Margins:
    """Raises UsageFault, and DataFault with line and column."""
    reader = Reader(path, None, separator=None, missing=(), decimal=".")
    for name in COLUMNS:
        known(name, reader.names, f"margins {path}")
    frame = reader.read(COLUMNS)
    totals: dict[tuple[str, ...], dict[tuple[str, ...], float]] = {}
    persons = frame.numbers("total", missing=False)
    for row, (variable, level) in enumerate(zip(frame.cells["variable"], frame.cells["level"], strict=True)):
        names = tuple(part.strip() for part in str(variable).split(":"))
        cell = tuple(part.strip() for part in str(level).split(":")) if len(names) > 1 else (str(level).strip(),)
        if len(cell) != len(names):
            raise DataFault(
                f"{path}: {frame.fault(row, 'level', f'{len(names)} labels with a colon between them expected', level)}"
            )
        margin = totals.setdefault(names, {})
        if cell in margin:
            raise DataFault(f"{path}: {frame.fault(row, 'level', 'every level once expected', level)} again")
        margin[cell] = float(persons[row])
    return Margins(path, totals)


def calibrated(kind: str, margins: Margins, frame: Frame, design: D, asked: argparse.Namespace) -> D:
    """The design with weights that meet the margins. Raises CalibrationError, UsageFault."""
    from analysis.calibration import calibrate, post_stratify, rake  # here: it costs as much as all the rest

    crossed = {names if len(names) > 1 else names[0]: _cells(cells) for names, cells in margins.totals.items()}
    texts = {name: _texts(frame, name) for name in margins.variables}
    if kind == "rake":
        return rake(design, texts, crossed)
    if kind == "poststratify":
        if len(margins.totals) != 1:
            raise UsageFault(
                f"{margins.path}: one margin expected (sex, or sex:age), found {len(margins.totals)}; see rake"
            )
        ((names, cells),) = margins.totals.items()
        return post_stratify(design, {name: texts[name] for name in names}, _cells(cells))
    if mixed := [names for names in margins.totals if len(names) > 1]:
        raise UsageFault(f"{margins.path}: single variables expected for calibrate, found {':'.join(mixed[0])}")
    auxiliaries: dict[str, Any] = {}
    totals: dict[str, Any] = {}
    for (name,), cells in margins.totals.items():
        if set(cells) == {("",)}:
            totals[name] = cells[("",)]
            if name != "(Intercept)":
                auxiliaries[name] = frame.numbers(name, missing=False)
        else:
            auxiliaries[name], totals[name] = Factor(texts[name]), _cells(cells)
    return calibrate(design, auxiliaries, totals, method=asked.method, bounds=asked.bounds)


def _texts(frame: Frame, name: str) -> Any:
    """(n,) the column as the file has it, None where there is nothing."""
    if name == "(Intercept)":
        return np.full(len(frame), "", dtype=object)
    cells = zip(frame.absent(name), frame.cells[name], strict=True)
    return np.array([None if absent else str(cell).strip() for absent, cell in cells], dtype=object)


def _cells(cells: Mapping[tuple[str, ...], float]) -> dict[Any, float]:
    return {cell if len(cell) > 1 else cell[0]: total for cell, total in cells.items()}
