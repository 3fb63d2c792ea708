"""Tables that people bring as Excel workbooks: the first sheet as texts, or a refusal.

What the archive would become is read from its table of contents before anything is unpacked: 150 KiB of packed
formats are a minute and gigabytes to the library that reads workbooks. zipfile gives out no more of a part than is
declared there.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime

from surveys import sheets
from surveys.errors import ImportRefusal
from surveys.sheets import Row, Sheet

LARGEST = 20 * 1024 * 1024
"""bytes of all parts, unpacked: a small file may unpack to any size"""
LARGEST_ASIDE = 1024 * 1024
"""bytes of a part of XML that holds no cells (formats, names): each of its elements becomes an object"""
PARTS = 200
RATIO, FREE_RATIO = 100, 64 * 1024
"""how tightly a part larger than so many bytes may be packed; tables that people fill in come to 20"""
TAGS = 1_500_000
"""of all parts with cells: a cell with a number comes to four, an empty one to a single one and costs as much"""
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
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if len(parts) > PARTS or sum(part.file_size for part in parts) > LARGEST or any(map(_swells, parts)):
                raise _large()
            if sum(archive.read(part).count(b"<") for part in parts if _has_cells(part)) > TAGS:
                raise _large()
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as fault:
        raise ImportRefusal("workbook_faulty") from fault


def _swells(part: zipfile.ZipInfo) -> bool:
    if part.file_size > FREE_RATIO and part.file_size > RATIO * max(part.compress_size, 1):
        return True
    picture = part.filename.lower().startswith("xl/media/")
    return part.file_size > LARGEST_ASIDE and not picture and not _has_cells(part)


def _has_cells(part: zipfile.ZipInfo) -> bool:
    return part.filename.lower().startswith(("xl/worksheets/", "xl/sharedstrings.xml"))


def _large() -> ImportRefusal:
    return ImportRefusal("workbook_large", most=LARGEST // (1024 * 1024))


def _rows(sheet: object) -> Iterator[tuple[int, list[str]]]:
    rows = sheet.iter_rows(values_only=True, max_col=WIDEST)  # type: ignore[attr-defined]  # a read-only worksheet
    for number, cells in enumerate(rows, start=1):
        if number > LONGEST:
            raise _large()
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
