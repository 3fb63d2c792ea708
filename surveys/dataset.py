"""A wave's answers as columns of small integers, with the codebook that says what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from sqlalchemy.orm import Session

from surveys.origin import Basis
from surveys.questionnaires.model import NOT_APPLICABLE, OPTION_CODES, SKIPPED, Questionnaire, Variable
from surveys.store import definitions, extract
from surveys.store.extract import Answered, Cell
from surveys.waves import Wave

Column = npt.NDArray[np.uint8]

SKIPPED_VALUE = 0
NOT_APPLICABLE_VALUE = len(OPTION_CODES) + 1
NOT_ASKED_VALUE = len(OPTION_CODES) + 2
"""the variable is not in the version that this answer was given under"""
VALUES: Mapping[str, int] = {
    SKIPPED: SKIPPED_VALUE,
    **{code: place for place, code in enumerate(OPTION_CODES, start=1)},
    NOT_APPLICABLE: NOT_APPLICABLE_VALUE,
}
"""stored character -> value in a column"""

_OF_CHARACTER = np.full(256, NOT_ASKED_VALUE, dtype=np.uint8)
for _character, _value in VALUES.items():
    _OF_CHARACTER[ord(_character)] = _value


@dataclass(frozen=True, eq=False)
class Cells:
    """Design cells as arrays of one length: whose answers, by which design."""

    received_at: npt.NDArray[np.int64]
    """unit ids"""
    handled_by: npt.NDArray[np.int64]
    basis: npt.NDArray[np.int64]
    stratum: Sequence[str]
    psu: Sequence[str]
    fpc: npt.NDArray[np.float64]
    """NaN: not given"""
    weight: npt.NDArray[np.float64]
    """NaN: its answers have no common weight"""

    def __len__(self) -> int:
        return len(self.basis)


@dataclass(frozen=True, eq=False)
class Dataset:
    """n answers, in no meaningful order.

    cell: (n,) place of the answer's design cell in `cells`
    weight: (n,) weight of the answer itself; NaN: that of its cell, if any
    columns: variable id -> (n,) values (see VALUES); variables of every version, by their id
    codebook: variable id -> the variable, of the newest version that has it
    """

    cells: Cells
    cell: npt.NDArray[np.int64]
    weight: npt.NDArray[np.float64]
    columns: Mapping[str, Column]
    codebook: Mapping[str, Variable]

    def __len__(self) -> int:
        return len(self.cell)

    @property
    def basis(self) -> npt.NDArray[np.int64]:
        """(n,) value of `Basis` of each answer."""
        return self.cells.basis[self.cell]

    def of_bases(self, bases: frozenset[Basis]) -> Dataset:
        """The answers of these bases."""
        rows = np.flatnonzero(np.isin(self.basis, [int(basis) for basis in bases]))
        if len(rows) == len(self):
            return self
        columns = {name: column[rows] for name, column in self.columns.items()}
        return Dataset(self.cells, self.cell[rows], self.weight[rows], columns, self.codebook)


def read(session: Session, wave: Wave, variables: Sequence[str]) -> Dataset:
    """The wave's answers to these variables; a variable that no version has is NOT_ASKED throughout."""
    versions = [
        (definitions.questionnaire(session, part.version), part) for part in extract.answers(session, wave)
    ]
    return assemble(extract.cells(session, wave), versions, variables)


def assemble(
    cells: Sequence[Cell], versions: Sequence[tuple[Questionnaire, Answered]], variables: Sequence[str]
) -> Dataset:
    """One dataset from the answers under several versions; a variable is the same variable by its id."""
    number = {cell.id: place for place, cell in enumerate(cells)}
    place_of = np.zeros(max(number, default=-1) + 1, dtype=np.int64)
    for id, place in number.items():
        place_of[id] = place
    parts = [part for _, part in versions]
    own = np.concatenate([part.weight for part in parts]) if parts else np.empty(0)
    ids = np.concatenate([part.cell for part in parts]) if parts else np.empty(0, dtype=np.int64)
    codebook = {
        variable.id: variable
        for questionnaire, _ in versions for variable in questionnaire.variables if variable.id in variables
    }
    columns = {name: _column(name, versions, len(ids)) for name in variables}
    return Dataset(_cells(cells), place_of[ids], own, columns, codebook)


def _column(name: str, versions: Sequence[tuple[Questionnaire, Answered]], rows: int) -> Column:
    column = np.full(rows, NOT_ASKED_VALUE, dtype=np.uint8)
    start = 0
    for questionnaire, part in versions:
        here = slice(start, start + len(part.cell))
        place = questionnaire.positions.get(name)
        if place is not None:
            column[here] = _OF_CHARACTER[part.characters[:, place]]
        start = here.stop
    return column


def _cells(cells: Sequence[Cell]) -> Cells:
    def whole(values: Sequence[int]) -> npt.NDArray[np.int64]:
        return np.array(values, dtype=np.int64)

    def real(values: Sequence[float | None]) -> npt.NDArray[np.float64]:
        return np.array(values, dtype=np.float64)  # None becomes NaN

    return Cells(
        received_at=whole([cell.received_at for cell in cells]),
        handled_by=whole([cell.handled_by for cell in cells]),
        basis=whole([cell.basis for cell in cells]),
        stratum=[cell.stratum for cell in cells], psu=[cell.psu for cell in cells],
        fpc=real([cell.fpc for cell in cells]), weight=real([cell.weight for cell in cells]),
    )
