"""Columns of a model: numbers as they are, categories as treatment contrasts, rows with a missing value left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.arrays import Bools, Floats, Ints
from analysis.design import DesignError, EmptyDomainError, ShapeError

INTERCEPT = "(Intercept)"


class CollinearError(DesignError):
    """A column of a model is a combination of the others, or constant where it must vary."""


@dataclass(frozen=True, eq=False)
class Factor:
    """A column of categories, whatever its values are.

    values: (n,) labels; None or NaN is missing
    levels: order of the labels, the first one is the reference; None: those that occur, sorted
    """

    values: npt.ArrayLike
    levels: Sequence[object] | None = None


Column = npt.ArrayLike | Factor


@dataclass(frozen=True, eq=False)
class ModelMatrix:
    """
    values: (n, p) one column per coefficient; 0 in rows that do not count
    names: (p,) '(Intercept)', the name of a number, or a factor's name followed by the level
    terms: name of each column given -> places of its coefficients
    rows: (n,) rows asked for that have no missing value
    """

    values: Floats
    names: tuple[str, ...]
    terms: Mapping[str, tuple[int, ...]]
    rows: Bools


def missing(values: npt.ArrayLike) -> Bools:
    """(n,) where there is no value: None or NaN."""
    array = np.asarray(values)
    if array.dtype.kind == "f":
        absent: Bools = np.isnan(array)
    elif array.dtype.kind == "O":  # None is no number, and NaN differs from itself
        absent = np.array([value is None or value != value for value in array.ravel()], dtype=np.bool_)
        absent = absent.reshape(array.shape)
    else:
        absent = np.zeros(array.shape, dtype=np.bool_)
    return absent


def categories(
    values: npt.ArrayLike, rows: Bools | None = None, levels: Sequence[object] | None = None
) -> tuple[tuple[object, ...], Ints]:
    """Levels, and the (n,) number of each row's level; -1 where the value is missing or the row is not asked for.

    levels: their order; None: those that occur in the rows, sorted by code point or size.
    Raises DesignError for a value that is none of the given levels.
    """
    array = np.asarray(values)
    if array.ndim != 1 or (rows is not None and rows.shape != array.shape):
        raise ShapeError(f"categories: one label per row expected, found an array of shape {array.shape}")
    there = ~missing(array) if rows is None else ~missing(array) & rows
    seen = array[there]
    if seen.dtype.kind == "O" and len({isinstance(value, str) for value in seen}) == 2:
        raise DesignError("categories: text and numbers are mixed")
    found, number = np.unique(seen.astype(str) if _is_text(seen) else seen, return_inverse=True)
    labels: tuple[object, ...] = tuple(found.tolist())
    codes = np.full(len(array), -1, dtype=np.int64)
    if levels is None:
        codes[there] = number
        return labels, codes
    place = {level: at for at, level in enumerate(levels)}
    if unknown := [label for label in labels if label not in place]:
        raise DesignError(f"categories: {unknown[0]!r} found, one of {list(levels)} expected")
    codes[there] = np.array([place[label] for label in labels], dtype=np.int64)[number]
    return tuple(levels), codes


def model_matrix(columns: Mapping[str, Column], rows: Bools, *, intercept: bool = True) -> ModelMatrix:
    """The matrix of a linear predictor.

    columns: name -> (n,) numbers or booleans, or labels (text, `Factor`), which give one indicator for each
        level but the first; levels are those that occur in the rows that count
    rows: (n,) rows wanted; those with a missing value in any column are left out
    Raises ShapeError, EmptyDomainError, and CollinearError for a factor with fewer than two levels.
    """
    size = len(rows)
    given = {name: column if isinstance(column, Factor) else np.asarray(column) for name, column in columns.items()}
    counted = rows.copy()
    for name, column in given.items():
        array = np.asarray(column.values) if isinstance(column, Factor) else column
        if array.shape != (size,):
            raise ShapeError(f"column {name}: {size} values expected, found an array of shape {array.shape}")
        counted &= ~missing(array)
    if not counted.any():
        raise EmptyDomainError("no row of the domain has a value in y and in every column of the model")
    blocks: list[Floats] = [counted.astype(np.float64)[:, None]] if intercept else []
    names = [INTERCEPT] if intercept else []
    terms: dict[str, tuple[int, ...]] = {}
    for name, column in given.items():
        block, labels = _block(name, column, counted)
        terms[name] = tuple(range(len(names), len(names) + len(labels)))
        blocks.append(block)
        names += labels
    values = np.hstack(blocks) if blocks else np.zeros((size, 0))
    if not np.isfinite(values).all():
        raise DesignError(f"a column of the model is infinite; finite numbers expected in {list(columns)}")
    return ModelMatrix(values, tuple(names), terms, counted)


def given_matrix(values: npt.ArrayLike, names: Sequence[str] | None, rows: Bools) -> ModelMatrix:
    """A matrix (n, p) taken as it is, intercept and all; each column is a term of its own."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or len(array) != len(rows):
        raise ShapeError(f"a matrix of {len(rows)} rows expected, found shape {array.shape}")
    labels = tuple(names) if names is not None else tuple(f"x{at + 1}" for at in range(array.shape[1]))
    if len(labels) != array.shape[1]:
        raise ShapeError(f"{array.shape[1]} names of columns expected, found {len(labels)}")
    counted = rows & ~np.isnan(array).any(axis=1)
    if not np.isfinite(array[counted]).all():
        raise DesignError("a column of the model is infinite; finite numbers expected")
    terms = {label: (at,) for at, label in enumerate(labels)}
    return ModelMatrix(np.where(counted[:, None], array, 0.0), labels, terms, counted)


def check_rank(values: Floats, names: Sequence[str]) -> None:
    """Refuse a matrix (n, p) whose columns are linearly dependent, naming the first one that adds nothing.

    Raises CollinearError. Columns are compared at equal length, so units do not matter.
    """
    length = np.sqrt((values**2).sum(axis=0))
    if (length == 0).any():
        name = names[int(np.flatnonzero(length == 0)[0])]
        raise CollinearError(f"column {name} is 0 in every row that counts; expected one that varies")
    scaled = np.linalg.qr(values / length, mode="r")
    short = np.flatnonzero(np.abs(np.diag(scaled)) < 1e-9)
    if len(short) or len(scaled) < values.shape[1]:
        name = names[int(short[0]) if len(short) else len(scaled)]
        raise CollinearError(f"column {name} is a combination of the columns before it; expected independent columns")


def _is_text(values: npt.NDArray[np.generic]) -> bool:
    return values.dtype.kind in "US" or (values.dtype.kind == "O" and len(values) > 0 and isinstance(values[0], str))


def _block(name: str, column: Factor | npt.NDArray[np.generic], rows: Bools) -> tuple[Floats, list[str]]:
    """(n, columns) of one term and their names."""
    if not isinstance(column, Factor) and not _is_text(column[rows]):
        try:
            numbers = np.where(rows, column, 0).astype(np.float64)
        except (TypeError, ValueError):
            raise DesignError(f"column {name}: numbers or text expected") from None
        return numbers[:, None], [name]
    values, order = (column.values, column.levels) if isinstance(column, Factor) else (column, None)
    levels, codes = categories(values, rows, order)
    if len(levels) < 2:
        raise CollinearError(f"column {name}: two levels expected, found {list(levels)}")
    indicators = (codes[:, None] == np.arange(1, len(levels))).astype(np.float64)
    return indicators, [f"{name}{_label(level)}" for level in levels[1:]]


def _label(level: object) -> str:
    """A level as text; a whole number read as a float is written as a whole number."""
    return f"{level:g}" if isinstance(level, float) else str(level)
