"""A workbook of unknown origin as sheets of texts, refused before parsing where it could do harm.

The table of contents of the archive is looked at first: how many parts, how large they would become, how tightly
they are packed, whether there is a program among them. Parts are then searched for document types, which could
name files of this machine or grow without end. Only what passes is given to the library that reads workbooks.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from surveys.definitions import Reader

MAX_BYTES = 2 * 1024 * 1024
MAX_PARTS = 100
MAX_EXPANDED = 20 * 1024 * 1024
MAX_RATIO = 100
FREE_RATIO = 64 * 1024
"""a part that expands to less than this may be packed as tightly as it likes"""
MAX_ROWS = 2000
MAX_COLUMNS = 60
MAX_CELL = 5000

_LOOKED_AT = 20_000
"""rows of a sheet that are looked at: empty ones with a colour come by the thousand"""
_OLD_FORMAT = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_DOCUMENT_TYPES = re.compile(
    b"|".join(
        re.escape(word.encode(coding))
        for word in ("<!DOCTYPE", "<!ENTITY") for coding in ("ascii", "utf-16-le", "utf-16-be")
    )
)
_ROW_NUMBER = re.compile(rb'<(?:\w+:)?row\b[^>]{0,200}?\sr="(\d{1,9})"')


@dataclass(frozen=True)
class Row:
    """A row with something in it."""

    number: int
    """as the spreadsheet shows it, from 1"""
    cells: Sequence[str]
    """'' where a cell is empty"""


@dataclass(frozen=True)
class Sheet:
    """A sheet as texts."""

    name: str
    columns: tuple[str, ...]
    """of the first row with anything in it; '' for a column without a header"""
    first: int
    """number of that row"""
    rows: tuple[Row, ...]
    """rows below it that are not empty"""


def sheets(reader: Reader, content: bytes, wanted: Sequence[str]) -> dict[str, Sheet]:
    """Name (small letters) -> sheet, of the wanted ones that are there. Faults are noted in the reader.

    Cells that are no plain text, number or yes/no (formulas, days, errors) are faults, and read as ''.
    """
    if (refused := _refusal(content)) is not None:
        reader.fault(refused[0], "", **refused[1])
        return {}
    try:
        return dict(_read(reader, content, wanted))
    except Exception as problem:  # whatever the library makes of a broken file, its user gets a sentence
        reader.fault("xlsform_broken", "", problem=f"{type(problem).__name__}: {problem}"[:120])
        return {}


def _refusal(content: bytes) -> tuple[str, dict[str, object]] | None:
    """Why the workbook is not opened at all: code and details; or None."""
    if len(content) > MAX_BYTES:
        return "xlsform_too_large", {"bytes": len(content), "most": MAX_BYTES}
    if content.startswith(_OLD_FORMAT):
        return "xlsform_old_format", {}
    if not content.startswith(b"PK"):
        return "xlsform_not_workbook", {"found": content[:4].hex(" ") or "∅"}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _directory(archive.infolist()) or _parts(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError, RuntimeError):
        return "xlsform_broken", {"problem": "zip"}


def _directory(parts: list[zipfile.ZipInfo]) -> tuple[str, dict[str, object]] | None:
    if len(parts) > MAX_PARTS:
        return "xlsform_parts", {"found": len(parts), "most": MAX_PARTS}
    if (expanded := sum(part.file_size for part in parts)) > MAX_EXPANDED:
        return "xlsform_expanded", {"found": expanded // 1024**2, "most": MAX_EXPANDED // 1024**2}
    for part in parts:
        if part.file_size > FREE_RATIO and part.file_size > MAX_RATIO * max(part.compress_size, 1):
            return "xlsform_ratio", {"part": part.filename[:80]}
        if part.flag_bits & 1:
            return "xlsform_old_format", {}
    names = [part.filename for part in parts]
    if any(word in name.lower() for name in names for word in ("vbaproject", "vbadata", "macrosheets/")):
        return "xlsform_macros", {}
    if len(set(names)) < len(names):
        return "xlsform_broken", {"problem": "zip"}
    if "[Content_Types].xml" not in names or not any(name.endswith("workbook.xml") for name in names):
        return "xlsform_no_workbook", {"found": ", ".join(names)[:80] or "∅"}
    return None


def _parts(archive: zipfile.ZipFile) -> tuple[str, dict[str, object]] | None:
    for part in archive.infolist():
        if not part.filename.lower().endswith((".xml", ".rels", ".vml")):
            continue
        text = archive.read(part)
        if found := _DOCUMENT_TYPES.search(text):
            return "xlsform_document_type", {"part": part.filename[:80], "found": found[0].replace(b"\0", b"").decode()}
        if "worksheets/" in part.filename:
            last = max((int(number) for number in _ROW_NUMBER.findall(text)), default=0)
            if last > _LOOKED_AT:
                return "xlsform_rows", {"sheet": part.filename[:80], "found": last, "most": MAX_ROWS}
    return None


def _read(reader: Reader, content: bytes, wanted: Sequence[str]) -> Iterator[tuple[str, Sheet]]:
    import openpyxl  # half a second: only where a workbook is read

    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    try:
        for name in book.sheetnames:
            plain = name.strip().lower()
            if plain in wanted:
                sheet = book[name]
                if not hasattr(sheet, "iter_rows"):  # a sheet that is all chart
                    continue
                yield plain, _sheet(reader, plain, sheet)
    finally:
        book.close()


def _sheet(reader: Reader, name: str, sheet: Any) -> Sheet:
    sheet.reset_dimensions()
    rows: list[Row] = []
    for number, cells in enumerate(sheet.iter_rows(max_row=_LOOKED_AT, max_col=MAX_COLUMNS + 1), start=1):
        texts = [_text(reader, name, number, place, cell) for place, cell in enumerate(cells)]
        if any(texts):
            rows.append(Row(number, texts))
        if len(rows) > MAX_ROWS + 1:
            reader.row_fault("xlsform_rows", number, "", sheet=name, found=number, most=MAX_ROWS)
            break
    if not rows:
        return Sheet(name, (), 1, ())
    head = rows[0]
    if any(len(row.cells) > MAX_COLUMNS and row.cells[MAX_COLUMNS] for row in rows):
        reader.row_fault("xlsform_columns", head.number, "", sheet=name, most=MAX_COLUMNS)
    return Sheet(name, tuple(head.cells), head.number, tuple(rows[1:]))


def letter(place: int) -> str:
    """'A' for 0, 'AB' for 27: as the spreadsheet names its columns."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def _text(reader: Reader, sheet: str, row: int, place: int, cell: Any) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f" or not isinstance(value, str | int | float | bool):
        code = "xlsform_formula" if cell.data_type == "f" else "xlsform_cell"
        reader.row_fault(code, row, letter(place), sheet=sheet, found=str(value)[:60])
        return ""
    if cell.data_type == "e":
        reader.row_fault("xlsform_cell", row, letter(place), sheet=sheet, found=str(value)[:60])
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        value = int(value)
    text = str(value).strip()
    if len(text) > MAX_CELL:
        reader.row_fault("xlsform_cell_long", row, letter(place), sheet=sheet, most=MAX_CELL, length=len(text))
        return text[:MAX_CELL]
    return text.encode("utf-8", "replace").decode()
