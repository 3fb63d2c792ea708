"""A table as it was read: CSV or Parquet, columns turned into numbers or labels when somebody asks for them."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from analysis.arrays import Bools, Floats
from analysis.columns import categories
from analysis.command.faults import DataFault, UsageFault

Labels = npt.NDArray[Any]

MISSING = ("", "NA", "NaN", "nan")
PARQUET = b"PAR1"


@dataclass(frozen=True, eq=False)
class Frame:
    """
    names: the columns, in the table's order
    cells: column -> (n,) texts or numbers as they were read; only the columns that were asked for
    lines: (n,) line of the file a row stands on (the header is line 1), or its number in a Parquet table
    missing: texts that count as no value; decimal: the sign before the decimals
    """

    names: tuple[str, ...]
    cells: dict[str, Sequence[Any]]
    lines: Sequence[int]
    missing: frozenset[str]
    decimal: str = "."

    def __len__(self) -> int:
        return len(self.lines)

    def absent(self, name: str) -> Bools:
        """(n,) where the column has no value."""
        return np.array([_absent(cell, self.missing) for cell in self.cells[name]], dtype=np.bool_)

    def numbers(self, name: str, *, missing: bool = True, least: float | None = None) -> Floats:
        """(n,) the column as numbers, NaN where there is no value.

        missing: such are allowed; least: smallest number allowed. Raises DataFault with line and column.
        """
        values = self._plain(name)
        if values is None:
            values = np.array([self._one(row, name) for row in range(len(self))])
        wrong = np.isinf(values)
        expected = "a finite number expected"
        if least is not None and not wrong.any():
            wrong, expected = values < least, f"a number of at least {least:g} expected"
        if not missing and not wrong.any():
            wrong, expected = np.isnan(values), "a number expected"
        if wrong.any():
            row = int(np.argmax(wrong))
            raise self.fault(row, name, expected, self.cells[name][row])
        return values

    def _one(self, row: int, name: str) -> float:
        cell = self.cells[name][row]
        if _absent(cell, self.missing):
            return np.nan
        try:
            return float(cell.replace(self.decimal, ".") if isinstance(cell, str) else cell)
        except (TypeError, ValueError):
            raise self.fault(row, name, "a number expected", cell) from None

    def _plain(self, name: str) -> Floats | None:
        """The column as numbers, all at once; None where some value is no number, or has another decimal sign."""
        if self.decimal != ".":
            return None
        cells = ["nan" if _absent(cell, self.missing) else cell for cell in self.cells[name]]
        try:
            return np.array(cells).astype(np.float64)
        except (TypeError, ValueError):
            return None

    def labels(self, name: str, *, missing: bool = True) -> Labels:
        """(n,) the column as labels: numbers when every value is one, else texts; None where there is none.

        missing: such are allowed. Raises DataFault with line and column.
        """
        absent = self.absent(name)
        if not missing and absent.any():
            raise self.fault(int(np.argmax(absent)), name, "a label expected", "")
        texts = np.array(self.cells[name], dtype=object)
        texts[absent] = None
        there = texts[~absent]
        if len(there) and all(isinstance(cell, str) for cell in there):
            there = np.array([_number(cell) for cell in there], dtype=object)
            if not any(isinstance(cell, str) for cell in there):
                texts[~absent] = there
        return texts if absent.any() else np.array(texts.tolist())

    def levels(self, name: str, rows: Bools) -> tuple[tuple[object, ...], Any]:
        """The column's labels among these rows, sorted, and the (n,) number of each row's label or -1."""
        return categories(self.labels(name), rows)

    def fault(self, row: int, name: str, expected: str, found: object) -> DataFault:
        shown = "nothing" if found is None or found == "" else f"{found!r}"
        return DataFault(f"row {self.lines[row]}, column {name}: {expected}, found {shown}")


def _absent(cell: Any, missing: frozenset[str]) -> bool:
    if isinstance(cell, str):
        return cell in missing
    return cell is None or cell != cell  # NaN


def _number(cell: str) -> str | int | float:
    """The number that is written so and not otherwise ('01' and '1.50' are labels), else the text."""
    try:
        number = float(cell)
    except ValueError:
        return cell
    if cell == f"{number:.0f}":
        return int(number)
    return number if cell == repr(number) and abs(number) != float("inf") else cell


def known(name: str, names: Sequence[str], option: str) -> str:
    """The name, if the table has such a column. Raises UsageFault."""
    if name in names:
        return name
    near = [other for other in names if other.casefold() == name.casefold()]
    more = f"; did you mean {near[0]}?" if near else ""
    shown = ", ".join(names[:20]) + (", ..." if len(names) > 20 else "")
    raise UsageFault(f"{option}: no column {name}{more or f'; the columns are {shown}'}")


class Reader:
    """An opened table: its columns are known, its rows are read once it is known which columns are needed."""

    def __init__(
        self, path: str, source: BinaryIO | None, *, separator: str | None, missing: Iterable[str], decimal: str
    ) -> None:
        """Raises UsageFault where the file cannot be read, or its header is none."""
        self.missing, self.decimal, self.path = frozenset((*MISSING, *missing)), decimal, path
        self.content = _content(path, source)
        self._table: Any = None
        if self.content[:4] == PARQUET:
            self._table = _parquet(self.content)
            self.names = tuple(str(name) for name in self._table.column_names)
            return
        try:
            text = self.content.decode("utf-8-sig")
        except UnicodeDecodeError as wrong:
            raise UsageFault(f"{path}: UTF-8 text or Parquet expected, byte {wrong.start} is neither") from None
        head = text[: text.find("\n")] if "\n" in text else text
        self.separator = separator or max(",;\t", key=head.count)
        self._rows = csv.reader(io.StringIO(text, newline=""), delimiter=self.separator)
        self.names = tuple(name.strip() for name in next(self._rows, []))
        if not any(self.names):
            raise UsageFault(f"{path}: a header with column names expected, found an empty file")
        if doubled := sorted({name for name in self.names if self.names.count(name) > 1}):
            raise UsageFault(f"{path}: every column name once expected, found {doubled[0]!r} more than once")

    def read(self, columns: Sequence[str]) -> Frame:
        """These columns. Raises DataFault for lines with too many or too few fields, and for a table without rows."""
        if self._table is not None:
            cells = {name: self._table.column(name).to_pylist() for name in columns}
            return self._frame(cells, range(1, self._table.num_rows + 1))
        places = [self.names.index(name) for name in columns]
        lists: list[list[Any]] = [[] for _ in places]
        lines: list[int] = []
        width = len(self.names)
        try:
            for row in self._rows:
                if not row:
                    continue
                if len(row) != width:
                    raise DataFault(
                        f"row {self._rows.line_num}: {width} fields expected, as in the header, found {len(row)}"
                    )
                lines.append(self._rows.line_num)
                for place, values in zip(places, lists, strict=True):
                    values.append(row[place])
        except csv.Error as wrong:
            raise DataFault(f"row {self._rows.line_num}: {wrong}") from None
        return self._frame(dict(zip(columns, lists, strict=True)), lines)

    def _frame(self, cells: dict[str, Sequence[Any]], lines: Sequence[int]) -> Frame:
        if not len(lines):
            raise DataFault(f"{self.path}: rows expected after the header, found none")
        return Frame(self.names, cells, lines, self.missing, self.decimal)


def _content(path: str, source: BinaryIO | None) -> bytes:
    if path == "-":
        if source is None and sys.stdin.isatty():
            raise UsageFault("a file, or a table on standard input, expected")
        return (sys.stdin.buffer if source is None else source).read()
    try:
        return Path(path).read_bytes()
    except OSError as wrong:
        raise UsageFault(f"{path}: {wrong.strerror or wrong}") from None


def _parquet(content: bytes) -> Any:
    try:
        from pyarrow import parquet
    except ImportError:
        raise UsageFault("a Parquet table needs the package pyarrow, which is not installed; or give CSV") from None
    return parquet.read_table(io.BytesIO(content))
