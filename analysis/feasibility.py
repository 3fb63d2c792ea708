"""Whether any weights at all could do what a calibration asks for: used to explain a refusal."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog

from analysis.arrays import Floats


def least_misfit(columns: Floats, totals: Floats, low: Floats | float, high: Floats | float) -> Floats | None:
    """(p,) totals minus what the nearest allowed x reaches, nearest in the sum of relative distances.

    columns: (p, m) what one unit of each x adds to each total
    totals: (p,)
    low, high: (m,) or one number: bounds of x
    None when the linear program has no answer (then nothing is known).
    """
    p, m = columns.shape
    scale = 1.0 / np.maximum(np.abs(totals), 1.0)
    ranges = np.column_stack([np.broadcast_to(low, m), np.broadcast_to(high, m)])
    slack = np.tile([0.0, np.inf], (2 * p, 1))
    found = linprog(
        np.concatenate([np.zeros(m), np.ones(2 * p)]),
        A_eq=np.hstack([columns * scale[:, None], np.eye(p), -np.eye(p)]), b_eq=totals * scale,
        bounds=np.vstack([ranges, slack]), method="highs",
    )
    if found.status != 0:
        return None
    misfit: Floats = (found.x[m : m + p] - found.x[m + p :]) / scale
    return misfit
