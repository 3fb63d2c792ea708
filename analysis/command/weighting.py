"""The verbs that make weights: the table again, with a new column."""

from __future__ import annotations

import argparse
import csv
import sys
from typing import TextIO

from analysis.calibration import trim_weights, weight_report
from analysis.command import margins
from analysis.command.faults import UsageFault
from analysis.command.frame import known
from analysis.command.inputs import design_columns, domain_rows, open_table, survey_design


def run(asked: argparse.Namespace, out: TextIO) -> None:
    """Raises UsageFault, DataFault, DesignError (CalibrationError among them)."""
    wanted = margins.read(asked.margins)
    reader = open_table(asked)
    design_columns(asked, reader.names)
    for name in wanted.variables:
        if name != "(Intercept)":
            known(name, reader.names, f"margins {wanted.path}")
    if asked.name in reader.names:
        raise UsageFault(f"--name: a name that is no column yet expected, found {asked.name}")
    frame = reader.read(reader.names)
    base = survey_design(asked, frame)
    base = base.domain(domain_rows(asked, frame)) if asked.where else base
    design = margins.calibrated(asked.verb, wanted, frame, base, asked)
    if asked.trim:
        design = trim_weights(design, lower=asked.trim[0], upper=asked.trim[1])
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*frame.names, asked.name])
    columns = [frame.cells[name] for name in frame.names]
    for row, weight in enumerate(design.weights.tolist()):
        writer.writerow([*(column[row] for column in columns), repr(weight)])
    report = weight_report(base, design)
    effect = report.design_effect
    unequal = "" if effect is None else f"; unequal weights multiply variances by {effect:.3g}"
    negative = f"; {report.share_negative:.2%} of the rows below 0" if report.share_negative else ""
    print(
        f"{report.rows} rows, weights {report.smallest:.6g} to {report.largest:.6g}, sum {report.total:.10g}; "
        f"{report.ratio_smallest:.4g} to {report.ratio_largest:.4g} times the weights before{unequal}{negative}",
        file=sys.stderr,
    )
