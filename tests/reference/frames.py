"""Values of the expressions, and csv files as columns: numbers, factors with levels in code point order, NA.

NA is NaN among numbers, None among texts and -1 among the codes of a factor.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from tests.reference.parser import number_text

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]
NUMBER = re.compile(r"\s*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|Inf|NaN)\s*")


class Unsupported(Exception):
    """Something that the runner does not know."""


@dataclass(frozen=True, eq=False)
class Vector:
    """Numbers (n,); with logical, of TRUE and FALSE. names: as c() gives them."""

    values: Floats
    logical: bool = False
    names: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: npt.NDArray[np.int64]) -> Vector:
        return Vector(self.values[rows], self.logical)


@dataclass(frozen=True, eq=False)
class Texts:
    values: tuple[str | None, ...]
    names: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: npt.NDArray[np.int64]) -> Texts:
        return Texts(tuple(self.values[row] for row in rows))


@dataclass(frozen=True, eq=False)
class Factor:
    """codes: (n,) place in levels, -1 where missing."""

    codes: npt.NDArray[np.int64]
    levels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.codes)

    def take(self, rows: npt.NDArray[np.int64]) -> Factor:
        return Factor(self.codes[rows], self.levels)

    @property
    def texts(self) -> Texts:
        return Texts(tuple(self.levels[code] if code >= 0 else None for code in self.codes))


@dataclass(frozen=True, eq=False)
class Matrix:
    """(n, k) numbers."""

    values: Floats
    names: tuple[str, ...] = ()
    logical: bool = False


Column: TypeAlias = Vector | Texts | Factor


@dataclass(frozen=True, eq=False)
class Frame:
    """Columns of one length; broken: columns that could not be made, with the reason."""

    columns: dict[str, Column]
    rows: int
    broken: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Column:
        if name in self.broken:
            raise Unsupported(f"column {name}: {self.broken[name]}")
        return self.columns[name]

    def __contains__(self, name: str) -> bool:
        return name in self.columns or name in self.broken


class View:
    """Some rows of a frame, taken column by column when asked for."""

    def __init__(self, frame: Frame, rows: Bools) -> None:
        self._frame = frame
        self._places = np.flatnonzero(rows)
        self._taken: dict[str, Column] = {}
        self.rows = len(self._places)

    def __getitem__(self, name: str) -> Column:
        if name not in self._taken:
            self._taken[name] = self._frame[name].take(self._places)
        return self._taken[name]

    def __contains__(self, name: str) -> bool:
        return name in self._frame

    def whole(self, part: Column) -> Column:
        """A column of these rows as one of all rows, missing elsewhere."""
        size = self._frame.rows
        if isinstance(part, Vector):
            numbers = np.full(size, np.nan)
            numbers[self._places] = part.values
            return Vector(numbers, part.logical)
        if isinstance(part, Factor):
            codes = np.full(size, -1, dtype=np.int64)
            codes[self._places] = part.codes
            return Factor(codes, part.levels)
        texts: list[str | None] = [None] * size
        for place, text in zip(self._places.tolist(), part.values, strict=True):
            texts[place] = text
        return Texts(tuple(texts))


@dataclass(frozen=True, eq=False)
class Items:
    """A list: its items, with their names where they have any."""

    items: tuple[object, ...]
    names: tuple[str | None, ...]

    def __iter__(self) -> Iterator[object]:
        return iter(self.items)


def column(fields: Sequence[str]) -> Column:
    """A csv column: numbers when all that is not empty is a number, else a factor."""
    if all(NUMBER.fullmatch(text) for text in fields if text != ""):
        return Vector(np.array([float(text) if text != "" else np.nan for text in fields]))
    return factor_of(Texts(tuple(text if text != "" else None for text in fields)))


def read(path: Path) -> Frame:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    rows = [row for row in rows if row or len(header) == 1]
    for number, row in enumerate(rows, 2):
        if len(row) != len(header):
            raise ValueError(f"{path.name}, line {number}: {len(header)} fields expected, {len(row)} found")
    columns = zip(*rows, strict=True) if rows else ([] for _ in header)
    return Frame({name: column(values) for name, values in zip(header, columns, strict=True)}, len(rows))


def matrix_of(frame: Frame, first: str, last: str) -> Matrix:
    """The columns from first to last."""
    names = list(frame.columns)
    chosen = names[names.index(first): names.index(last) + 1]
    parts = [part for part in (frame.columns[name] for name in chosen) if isinstance(part, Vector)]
    if len(parts) < len(chosen):
        raise Unsupported(f"a matrix of texts ({first} to {last})")
    return Matrix(np.column_stack([part.values for part in parts]), tuple(chosen))


def factor_of(values: Column, levels: Sequence[str] | None = None) -> Factor:
    """A column as a factor: levels of numbers by size, of texts by code point."""
    if isinstance(values, Factor):
        if levels is None:
            present = sorted(set(values.codes[values.codes >= 0].tolist()))
            levels = [values.levels[code] for code in present]
        values = values.texts
    if isinstance(values, Vector):
        if levels is None:
            found = np.unique(values.values[~np.isnan(values.values)])
            levels = [label(number, values.logical) for number in found]
        texts: tuple[str | None, ...] = labels(values)
    else:
        texts = values.values
        if levels is None:
            levels = sorted({text for text in texts if text is not None})
    place = {level: code for code, level in reversed(list(enumerate(levels)))}
    codes = np.array([place.get(text, -1) if text is not None else -1 for text in texts], dtype=np.int64)
    return Factor(codes, tuple(levels))


def label(number: float, logical: bool = False) -> str:
    return ("TRUE" if number else "FALSE") if logical else number_text(float(number))


def labels(values: Vector) -> tuple[str | None, ...]:
    known: dict[float, str] = {}
    texts: list[str | None] = []
    for number in values.values.tolist():
        if number != number:
            texts.append(None)
            continue
        if number not in known:
            known[number] = label(number, values.logical)
        texts.append(known[number])
    return tuple(texts)


def texts_of(values: Column) -> tuple[str | None, ...]:
    """Each value as a text."""
    if isinstance(values, Vector):
        return labels(values)
    return (values.texts if isinstance(values, Factor) else values).values


def missing(values: Column) -> Bools:
    """(n,) where the value is NA."""
    if isinstance(values, Vector):
        return np.isnan(values.values)
    if isinstance(values, Factor):
        return values.codes < 0
    return np.array([text is None for text in values.values], dtype=np.bool_)
