"""XLSX for people: one sheet per kind of measure, a picture of the communes, notes. Opens in Excel and LibreOffice.

Shares stand as percentages with the decimals of the index, rounded half up; the last sheet holds every record with
the names and the full precision of JSON and CSV.
Nothing is computed by the sheet: every cell is a text or a number.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from app.exports.fields import ordered
from app.exports.notes import notes
from app.exports.picture import Rows, communes
from app.result_words import LEVELS, SERIES, VERDICTS, Phrases, target_said
from surveys import targets
from surveys.captions import Captions
from surveys.disclosure import MONITORING
from surveys.indexes.rounding import round_half_up

Record = dict[str, Any]
_TEXTS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_LINE = 15
"""height of a line of text, points: rows are as high as their longest cell, which not every program works out"""
_A4 = 9
_CELL = {"valign": "top", "border": 1, "border_color": "#D5DBE1"}
_WORDS = {**_CELL, "align": "left", "text_wrap": True, "indent": 1}

MARKS = frozenset({"simulated", "training"})
"""flags of a whole wave: its mark stands on every sheet"""


@dataclass(frozen=True)
class _Column:
    head: str
    width: int
    look: str
    value: Callable[[Record], Any]


@dataclass(frozen=True)
class _Book:
    """What the sheets of one workbook share."""

    records: Sequence[Record]
    captions: Captions
    say: Phrases
    looks: Mapping[str, Format]


def write(records: Sequence[Record], captions: Captions) -> bytes:
    held = io.BytesIO()
    say = Phrases.of(captions)
    with xlsxwriter.Workbook(held, {"in_memory": True, **_TEXTS}) as book:
        book.set_properties({"title": captions.wave.title, "comments": say.mark})
        kept = _Book(records, captions, say, _looks(book, captions.index.rounding.digits))
        for name, belongs in _SHEETS.items():
            own = [record for record in records if belongs(record["measure"])]
            _table(book.add_worksheet(name), name, own, _columns(kept, name), kept)
        _communes(book, kept)
        _notes(book.add_worksheet("Ghi chú"), kept)
        _raw(book.add_worksheet(RAW), kept, records, captions)
    return held.getvalue()


RAW = "Dữ liệu"
_OVERALL, _MEANS = "Tổng hợp", "Điểm trung bình"
_LAST_PRINTED = "Được công bố"
"""what a statistician needs besides stands to its right, on the screen"""
_SHEETS: Mapping[str, Callable[[str], bool]] = {
    _OVERALL: lambda measure: measure == "overall",
    "Yếu tố": lambda measure: measure.startswith(("factor:", "part:")),
    "Tiêu chí": lambda measure: measure.startswith("item:"),
    _MEANS: lambda measure: measure.startswith("mean:"),
}


def _looks(book: Workbook, digits: int) -> dict[str, Format]:
    percent = f"0.{'0' * digits}%" if digits else "0%"
    looks: Mapping[str, Mapping[str, Any]] = {
        "head": {**_CELL, "bold": True, "text_wrap": True, "valign": "vcenter", "align": "center",
                 "bg_color": "#E8EEF4"},
        "title": {"bold": True, "font_size": 14}, "sub": {"italic": True, "font_color": "#444444"},
        "mark": {"bold": True, "font_color": "#B00020", "font_size": 12},
        "words": _WORDS, "subject": {**_WORDS, "bold": True}, "line": {**_WORDS, "text_wrap": False},
        "count": {**_CELL, "num_format": "#,##0"}, "percent": {**_CELL, "num_format": percent},
        "score": {**_CELL, "num_format": "0.00"},
    }
    return {name: book.add_format(dict(look)) for name, look in looks.items()}


def _columns(book: _Book, name: str) -> list[_Column]:
    say, captions, mean = book.say, book.captions, name == _MEANS
    figure = "score" if mean else "percent"
    what = [
        _Column("Mã", 16, "line", lambda r: r["measure"]),
        _Column("Nội dung", 42, "words", lambda r: captions.title(r["measure"])),
    ]
    against = [
        _Column("Mục tiêu", 13, "line", lambda r: _target(r, captions)),
        _Column("Kết luận", 25, "line", lambda r: _verdict(r, say)),
    ]
    return [
        _Column("Mã đơn vị", 17, "line", lambda r: r["unit"]),
        _Column("Đơn vị", 30, "words", lambda r: r["unit_name"]),
        _Column("Cấp", 20, "words", lambda r: say.word(LEVELS, r["level"])),
        _Column("Loại số liệu", 19, "line", lambda r: say.word(SERIES, r["series"])),
        *([] if name == _OVERALL else what),
        _Column("Số phiếu hợp lệ", 9, "count", lambda r: r["n"]),
        _Column("Điểm trung bình" if mean else "Tỷ lệ hài lòng", 10, figure, _rounded(book, "estimate", mean)),
        _Column("Sai số chuẩn", 9, figure, _rounded(book, "se", mean)),
        _Column(f"Khoảng tin cậy {say.level}: từ", 12, figure, _rounded(book, "ci_low", mean)),
        _Column(f"Khoảng tin cậy {say.level}: đến", 12, figure, _rounded(book, "ci_high", mean)),
        *([] if mean else against),
        _Column(_LAST_PRINTED, 10, "line", lambda r: "Có" if r["publishable"] else "Không"),
        _Column("Bậc tự do", 8, "count", lambda r: r["df"]),
        _Column("Hệ số thiết kế", 9, "score", lambda r: r["deff"]),
        _Column("Số đơn vị mẫu cấp một", 10, "count", lambda r: r["n_psu"]),
        # one line, or every row would be six high; that data are simulated stands on every sheet already
        _Column("Lưu ý", 90, "line", lambda r: say.flags(f for f in r["flags"] if f not in MARKS) or None),
    ]


def _rounded(book: _Book, name: str, mean: bool) -> Callable[[Record], float | None]:
    """A figure as the pages show it."""
    percent = book.captions.index.rounding.percent

    def value(record: Record) -> float | None:
        found = record[name]
        if found is None:
            return None
        return float(round_half_up(found, 2) if mean else percent(found).scaleb(-2))

    return value


def _target(record: Record, captions: Captions) -> str | None:
    """Monitoring figures are held against nothing, as on the pages."""
    goal = targets.goal(captions.wave, captions.index, record["measure"])
    return None if goal is None or record["series"] == MONITORING else target_said(goal)


def _verdict(record: Record, say: Phrases) -> str | None:
    verdict = record["verdict"]
    return None if verdict is None or record["series"] == MONITORING else say.word(VERDICTS, verdict)


def _top(sheet: Worksheet, name: str, book: _Book) -> int:
    """Banner, title and sub-title, and how the sheet is printed; the row that comes after."""
    captions, looks, row = book.captions, book.looks, 0
    if mark := book.say.mark:
        sheet.write_string(row, 0, mark, looks["mark"])
        sheet.set_header(f'&C&"Arial,Bold"&KB00020{mark}')
        row += 1
    sheet.set_row(row, 20)
    sheet.write_string(row, 0, f"{name} – {captions.wave.title}", looks["title"])
    said_day = f"{captions.index.title['vi']}. {captions.province}. Tính ngày {captions.day:%d/%m/%Y}."
    sheet.write_string(row + 1, 0, said_day, looks["sub"])
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(left=0.4, right=0.4)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&C&P/&N")
    return row + 3


def _table(sheet: Worksheet, name: str, records: Sequence[Record], columns: Sequence[_Column], book: _Book) -> int:
    """A heading and a row per record; the row of the heading."""
    head = _top(sheet, name, book)
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width)
        sheet.write_string(head, at, column.head, book.looks["head"])
    sheet.set_row(head, 4 * _LINE)
    for row, record in enumerate(records, start=head + 1):
        values = [column.value(record) for column in columns]
        sheet.set_row(row, _LINE * max(map(_lines, values, columns)))
        for at, (value, column) in enumerate(zip(values, columns, strict=True)):
            look = book.looks[column.look]
            if isinstance(value, str):
                sheet.write_string(row, at, value, look)
            elif value is None:
                sheet.write_blank(row, at, None, look)
            else:
                sheet.write_number(row, at, value, look)
    sheet.freeze_panes(head + 1, 2)
    sheet.autofilter(head, 0, head + max(len(records), 1), len(columns) - 1)
    sheet.repeat_rows(head)
    heads = [column.head for column in columns]
    if _LAST_PRINTED in heads:
        sheet.print_area(0, 0, head + max(len(records), 1), heads.index(_LAST_PRINTED))
    return head


def _lines(value: Any, column: _Column) -> int:
    """Lines that a text takes in its column, rather too many than too few: words are not cut."""
    wrapped = isinstance(value, str) and column.look != "line" and len(value) > column.width
    return -(-len(value) // (column.width - 3)) if wrapped else 1


_REACH = 17
"""column, right of the picture, of how far the intervals reach: the picture needs it, people do not"""


def _communes(book: Workbook, kept: _Book) -> None:
    """Communes as bars with their intervals, beside the table the picture is drawn from."""
    name = "Biểu đồ xã, phường"
    shown = [
        record for record in kept.records
        if record["measure"] == "overall" and record["series"] == "official" and record["level"] == "commune"
        and record["estimate"] is not None and record["ci_low"] is not None
    ]
    if not shown:
        return
    sheet = book.add_worksheet(name)
    estimate, low, high = (_rounded(kept, field, False) for field in ("estimate", "ci_low", "ci_high"))
    columns = [
        _Column("Đơn vị", 26, "words", lambda r: r["unit_name"]),
        _Column("Số phiếu hợp lệ", 10, "count", lambda r: r["n"]),
        _Column("Tỷ lệ hài lòng", 11, "percent", estimate),
        _Column(f"Khoảng tin cậy {kept.say.level}: từ", 12, "percent", low),
        _Column(f"Khoảng tin cậy {kept.say.level}: đến", 12, "percent", high),
    ]
    head = _table(sheet, name, shown, columns, kept)
    goal = targets.goal(kept.captions.wave, kept.captions.index, "overall")
    aim = f"; mục tiêu {target_said(goal)}" if goal else ""
    reach = [
        (at, field, [((value(record) or 0) - (estimate(record) or 0)) * sign for record in shown])
        for at, (field, value, sign) in enumerate([("đoạn dưới", low, -1), ("đoạn trên", high, 1)], start=_REACH)
    ]
    for at, field, values in reach:
        sheet.write_string(head, at, f"Khoảng tin cậy: {field}", kept.looks["head"])
        for row, value in enumerate(values, start=head + 1):
            sheet.write_number(row, at, value, kept.looks["percent"])
    chart = communes(
        book, Rows(name, head + 1, head + len(shown)), names=0, shares=2, below=_REACH, above=_REACH + 1,
        title=f"Chỉ số hài lòng chung và khoảng tin cậy {kept.say.level}{aim}",
    )
    sheet.insert_chart(head, len(columns), chart, {"description": "Bảng bên trái có cùng số liệu.", "x_offset": 20})
    sheet.set_portrait()
    sheet.fit_to_pages(1, 1)
    sheet.print_area(0, 0, head + len(shown) + 2, _REACH - 2)


def _raw(sheet: Worksheet, book: _Book, records: Sequence[Record], captions: Captions) -> None:
    """Every record with the names and the unrounded numbers of the JSON and CSV, for whoever computes on."""
    fields, rows = ordered(records, captions)
    at = _top(sheet, RAW, book)
    sheet.freeze_panes(at + 1, 0)
    sheet.set_column(0, len(fields) - 1, 14)
    for column, name in enumerate(fields):
        sheet.write_string(at, column, name)
    for line, row in enumerate(rows, start=at + 1):
        for column, name in enumerate(fields):
            value = row[name]
            if isinstance(value, bool):
                sheet.write_boolean(line, column, value)
            elif isinstance(value, int | float):
                sheet.write_number(line, column, value)
            elif value is not None:
                sheet.write_string(line, column, ",".join(value) if isinstance(value, list) else str(value))


def _notes(sheet: Worksheet, book: _Book) -> None:
    row = _top(sheet, "Ghi chú", book)
    subject, text = _Column("", 30, "subject", lambda _: None), _Column("", 110, "words", lambda _: None)
    for at, column in enumerate((subject, text)):
        sheet.set_column(at, at, column.width)
    for said in notes(book.records, book.captions):
        sheet.set_row(row, _LINE * max(map(_lines, said, (subject, text))))
        for at, (words, column) in enumerate(zip(said, (subject, text), strict=True)):
            sheet.write_string(row, at, words, book.looks[column.look])
        row += 1
