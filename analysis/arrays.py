"""Types of arrays, and the two sums everything here is made of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]
Singles = npt.NDArray[np.float32]


def sums_by(group: Ints, values: Floats, groups: int) -> Floats:
    """(groups,) sum of the values of each group."""
    return np.asarray(np.bincount(group, values, minlength=groups), dtype=np.float64)


def counts_by(group: Ints, groups: int) -> Ints:
    """(groups,) how many entries each group has."""
    return np.asarray(np.bincount(group, minlength=groups), dtype=np.int64)
