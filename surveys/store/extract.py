"""A wave's answers as arrays. Reading is the price of a score, not the statistics: strings are joined and
read as bytes, a million responses in about a second.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from sqlalchemy import func, literal, null, select
from sqlalchemy.orm import Session

from surveys.store.tables import CellRow, ResponseRow
from surveys.waves import Wave

CHUNK = 20_000
"""rows read at a time"""

Characters = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Answered:
    """Responses to one version of a questionnaire, in no meaningful order.

    version: questionnaire.id; cell: (n,) cell.id; weight: (n,) own weight, NaN: the cell's
    characters: (n, variables) ASCII codes in the codebook's order
    """

    version: int
    cell: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float64]
    characters: Characters


@dataclass(frozen=True)
class Cell:
    id: int
    received_at: int
    handled_by: int
    basis: int
    stratum: str
    psu: str
    fpc: float | None
    weight: float | None


def cells(session: Session, wave: Wave) -> list[Cell]:
    """Every design cell of the wave, by id."""
    columns = (
        CellRow.id, CellRow.received_at, CellRow.handled_by, CellRow.basis, CellRow.stratum, CellRow.psu,
        CellRow.fpc, CellRow.weight,
    )
    rows = session.execute(
        select(*columns)
        .where(CellRow.province_code == wave.province_code, CellRow.wave_id == wave.id)
        .order_by(CellRow.id)
    )
    return [Cell(*row) for row in rows]


def answers(session: Session, wave: Wave) -> list[Answered]:
    """Every response of the wave, one part per version of its questionnaire.

    Responses of one cell and version are alike but for their answers and have no order worth keeping, so the
    database joins their strings itself: a row per cell comes out, not a row per response.
    """
    of_wave = (ResponseRow.province_code == wave.province_code, ResponseRow.wave_id == wave.id)
    by_cell = (
        select(
            ResponseRow.version, ResponseRow.cell, func.count(), null(),
            func.aggregate_strings(ResponseRow.answers, ""),
        )
        .where(*of_wave, ResponseRow.weight.is_(None))
        .group_by(ResponseRow.version, ResponseRow.cell)
    )
    one_by_one = (
        select(ResponseRow.version, ResponseRow.cell, literal(1), ResponseRow.weight, ResponseRow.answers)
        .where(*of_wave, ResponseRow.weight.is_not(None))
    )
    read: dict[int, list[_Bundle]] = defaultdict(list)
    for statement in (by_cell, one_by_one):
        rows = session.execute(statement, execution_options={"yield_per": CHUNK})
        for version, cell, responses, weight, characters in rows:
            read[version].append(_Bundle(cell, responses, weight, characters))
    return [_answered(version, read[version]) for version in sorted(read)]


class _Bundle(NamedTuple):
    cell: int
    responses: int
    weight: float | None
    characters: str


def _answered(version: int, bundles: list[_Bundle]) -> Answered:
    cell, responses, weight, characters = zip(*bundles, strict=True)
    times = np.array(responses)
    joined = np.frombuffer("".join(characters).encode("ascii"), dtype=np.uint8)
    return Answered(
        version,
        np.repeat(np.array(cell, dtype=np.int64), times),
        np.repeat(np.array(weight, dtype=np.float64), times),
        joined.reshape(int(times.sum()), -1),
    )
