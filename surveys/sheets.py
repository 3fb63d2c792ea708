"""Tables that people bring as CSV files: bytes -> columns and rows, or a refusal that says where it broke."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from surveys.errors import Fault, ImportRefusal

Row = tuple[int, Sequence[str]]
"""line of the file (the header is line 1) and cells"""


_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Sheet:
    """A table of texts: its header and its rows, each with the line it begins on."""

    columns: tuple[str, ...]
    rows: Sequence[Row]


def read(content: bytes) -> Sheet:
    """The sheet in a comma-separated file, UTF-8 with or without byte order mark. Rows of blanks are skipped.

    Raises ImportRefusal: sheet_not_utf8, sheet_nul, sheet_empty, sheet_malformed.
    """
    rows = _rows(_text(content))
    try:
        _, header = next(rows)
        return Sheet(tuple(column.strip() for column in header), list(rows))
    except StopIteration:
        raise ImportRefusal("sheet_empty") from None


def day_of(text: str) -> date:
    """The day that people wrote, 31/12/2026 or 2026-12-31; raises ValueError."""
    if found := _DAY.fullmatch(text):
        return date(int(found[3]), int(found[2]), int(found[1]))
    if not _ISO_DAY.fullmatch(text):  # fromisoformat() also takes '20261231' and week dates
        raise ValueError(text)
    return date.fromisoformat(text)


def column_faults(columns: Sequence[str], required: Sequence[str], optional: Sequence[str]) -> list[Fault]:
    """What is wrong with a header: unknown, repeated and missing columns, each by its name."""
    known = {*required, *optional}
    faults = [
        Fault("column_unknown", 1, column[:40] or f"#{place}", {"known": ", ".join((*required, *optional))})
        for place, column in enumerate(columns, start=1) if column not in known
    ]
    faults += [Fault("column_repeated", 1, column) for column in required if columns.count(column) > 1]
    faults += [Fault("column_repeated", 1, column) for column in optional if columns.count(column) > 1]
    faults += [Fault("column_missing", 1, column) for column in required if column not in columns]
    if len(columns) == 1 and ";" in columns[0]:
        faults.insert(0, Fault("sheet_semicolons", 1))
    return faults


def _text(content: bytes) -> str:
    if 0 in content and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ImportRefusal("sheet_nul", line=content.count(b"\n", 0, content.index(0)) + 1)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = content.count(b"\n", 0, fault.start) + 1
        raise ImportRefusal("sheet_not_utf8", line=line) from fault


def _rows(text: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as fault:
            if "field limit" in str(fault):
                raise ImportRefusal("sheet_cell_too_large", line=line, most=csv.field_size_limit()) from fault
            raise ImportRefusal("sheet_malformed", line=line, reason=str(fault)) from fault
        if any(cell.strip() for cell in cells):
            yield line, cells
