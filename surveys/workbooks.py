"""Tables that people bring as Excel workbooks: the first sheet as texts, or a refusal."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from datetime import date, datetime

from surveys import sheets
from surveys.errors import ImportRefusal
from surveys.sheets import Row, Sheet

LARGEST = 64 * 1024 * 1024
"""bytes of all parts, unpacked: a small file may unpack to any size"""
PARTS = 1_000
WIDEST, LONGEST = 100, 200_000
"""columns and rows that are read"""


def read_any(content: bytes) -> Sheet:
    """A CSV file or the first sheet of an XLSX workbook, told apart by what they begin with."""
    return read(content) if content.startswith(b"PK\x03\x04") else sheets.read(content)


def read(content: bytes) -> Sheet:
    """The first sheet of a workbook; the first row is the header. Days come as 2025-07-01, whole numbers without
    decimals. Raises ImportRefusal: workbook_faulty, workbook_large, sheet_empty."""
    _measure(content)
    from openpyxl import load_workbook  # half a second: only where a workbook is read

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        found = list(_rows(book.worksheets[0]))
    except ImportRefusal:
        raise
    except Exception as fault:  # openpyxl raises what the broken part makes it raise
        raise ImportRefusal("workbook_faulty") from fault
    if not found:
        raise ImportRefusal("sheet_empty")
    header = tuple(cell.strip() for cell in found[0][1])
    while header and not header[-1]:
        header = header[:-1]
    width = len(header)
    rows: list[Row] = [(number, _fitted(cells, width)) for number, cells in found[1:]]
    return Sheet(header, rows)


def _measure(content: bytes) -> None:
    try:
        parts = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except zipfile.BadZipFile as fault:
        raise ImportRefusal("workbook_faulty") from fault
    if len(parts) > PARTS or sum(part.file_size for part in parts) > LARGEST:
        raise ImportRefusal("workbook_large", most=LARGEST // (1024 * 1024))


def _rows(sheet: object) -> Iterator[tuple[int, list[str]]]:
    rows = sheet.iter_rows(values_only=True, max_col=WIDEST)  # type: ignore[attr-defined]  # a read-only worksheet
    for number, cells in enumerate(rows, start=1):
        if number > LONGEST:
            raise ImportRefusal("workbook_large", most=LARGEST // (1024 * 1024))
        texts = [_text(cell) for cell in cells]
        if any(text.strip() for text in texts):
            yield number, texts


def _fitted(cells: list[str], width: int) -> list[str]:
    """A row as wide as the header; what stands beyond it is kept, so that it is refused."""
    kept = [*cells]
    while len(kept) > width and not kept[-1].strip():
        kept.pop()
    return kept + [""] * (width - len(kept))


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
