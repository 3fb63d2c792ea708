"""The audit trail as a file: CSV for other programs, XLSX for people. Both end with the head of the whole trail.

Whoever keeps the file keeps the head: `audit verify --mark` holds it against the trail later.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo

import xlsxwriter

from app.audit_words import said
from app.exports.csv import safe
from surveys.audit import Entry, Mark

COLUMNS = (
    "seq", "time", "actor", "action", "action_words", "subject", "province", "before", "after", "previous", "digest",
)
LONGEST_CELL = 32_000
"""characters of an XLSX cell; a longer value is cut there, and whole in the CSV"""


def _row(entry: Entry, zone: tzinfo) -> list[str]:
    time = datetime.fromtimestamp(entry.at, zone).isoformat()
    return [
        str(entry.seq), time, entry.actor, entry.action, said(entry.action), entry.subject, entry.province or "",
        entry.before or "", entry.after or "", entry.previous.hex(), entry.digest.hex(),
    ]


def _last(mark: Mark) -> list[str]:
    """The closing row: the head of the whole trail, whichever entries stand above it."""
    named = {"seq": str(mark[0]), "action": "head", "action_words": "Mốc cuối của nhật ký", "digest": mark[1].hex()}
    return [named.get(column, "") for column in COLUMNS]


def write_csv(entries: Iterable[Entry], mark: Mark, zone: tzinfo) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in (*(_row(entry, zone) for entry in entries), _last(mark)):
        writer.writerow([safe(cell) for cell in row])
    return text.getvalue().encode()


_HEADS = (
    "Số", "Thời điểm", "Người thực hiện", "Mã việc", "Việc", "Đối tượng", "Tỉnh", "Trước", "Sau", "Mã mục trước",
    "Mã mục này",
)
_WIDTHS = (7, 26, 22, 22, 34, 26, 8, 50, 50, 14, 14)


def write_xlsx(entries: Iterable[Entry], mark: Mark, zone: tzinfo) -> bytes:
    held = io.BytesIO()
    rows: Sequence[list[str]] = [*(_row(entry, zone) for entry in entries), _last(mark)]
    texts = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(held, {"in_memory": True, **texts}) as book:
        sheet, head = book.add_worksheet("Nhật ký"), book.add_format({"bold": True, "bg_color": "#E8EEF4", "border": 1})
        for at, (name, width) in enumerate(zip(_HEADS, _WIDTHS, strict=True)):
            sheet.set_column(at, at, width)
            sheet.write_string(0, at, name, head)
        for line, row in enumerate(rows, start=1):
            sheet.write_number(line, 0, int(row[0]))
            for at, cell in enumerate(row[1:], start=1):
                sheet.write_string(line, at, cell[:LONGEST_CELL])
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, len(rows), len(COLUMNS) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_footer("&C&P/&N")
    return held.getvalue()


FORMATS: Mapping[str, tuple[str, Callable[[Iterable[Entry], Mark, tzinfo], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", write_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", write_xlsx),
}
"""ending -> (media type, writer)"""
