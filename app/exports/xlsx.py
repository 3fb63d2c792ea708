"""XLSX for people: one sheet per kind of measure, a picture of the communes, notes. Opens in Excel and LibreOffice.

Shares stand as percentages with two decimals, rounded half up; full precision is in JSON and CSV.
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

from app.exports.fields import WATERMARK
from app.exports.notes import notes
from app.exports.words import LEVELS, SERIES, VERDICTS, flags_said, said
from surveys.captions import Captions

Record = dict[str, Any]
_TEXTS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_LOOKS: Mapping[str, Mapping[str, Any]] = {
    "head": {"bold": True, "text_wrap": True, "valign": "vcenter", "align": "center", "border": 1,
             "bg_color": "#E8EEF4"},
    "title": {"bold": True, "font_size": 14},
    "sub": {"italic": True, "font_color": "#444444"},
    "mark": {"bold": True, "font_color": "#B00020", "font_size": 12},
    "text": {"valign": "top"}, "wrap": {"valign": "top", "text_wrap": True},
    "count": {"num_format": "#,##0", "valign": "top"}, "percent": {"num_format": "0.00%", "valign": "top"},
    "score": {"num_format": "0.00", "valign": "top"}, "effect": {"num_format": "0.00", "valign": "top"},
}


@dataclass(frozen=True)
class _Column:
    head: str
    width: int
    look: str
    value: Callable[[Record], Any]


def write(records: Sequence[Record], captions: Captions) -> bytes:
    held = io.BytesIO()
    with xlsxwriter.Workbook(held, {"in_memory": True, **_TEXTS}) as book:
        book.set_properties({"title": captions.wave.title, "comments": _mark(captions)})
        looks = {name: book.add_format(dict(look)) for name, look in _LOOKS.items()}
        for name, belongs in _SHEETS.items():
            own = [record for record in records if belongs(record["measure"])]
            mean = name == "Điểm trung bình"
            _table(book.add_worksheet(name), name, own, _columns(captions, mean=mean), captions, looks)
        _picture(book, records, captions, looks)
        _notes(book.add_worksheet("Ghi chú"), records, captions, looks)
    return held.getvalue()


_SHEETS: Mapping[str, Callable[[str], bool]] = {
    "Tổng hợp": lambda measure: measure == "overall",
    "Yếu tố": lambda measure: measure.startswith(("factor:", "part:")),
    "Tiêu chí": lambda measure: measure.startswith("item:"),
    "Điểm trung bình": lambda measure: measure.startswith("mean:"),
}


def _columns(captions: Captions, *, mean: bool) -> list[_Column]:
    level = f"{captions.index.interval.level * 100:g}%"
    figure = "score" if mean else "percent"
    digits = captions.index.rounding

    def rounded(name: str) -> Callable[[Record], float | None]:
        def value(record: Record) -> float | None:
            found = record[name]
            if found is None or mean:
                return None if found is None else float(found)
            return float(digits.percent(found).scaleb(-2))

        return value

    columns = [
        _Column("Mã đơn vị", 12, "text", lambda r: r["unit"]),
        _Column("Đơn vị", 32, "text", lambda r: r["unit_name"]),
        _Column("Cấp", 20, "text", lambda r: said(LEVELS, r["level"])),
        _Column("Loại số liệu", 19, "text", lambda r: said(SERIES, r["series"])),
        _Column("Mã", 14, "text", lambda r: r["measure"]),
        _Column("Nội dung", 46, "wrap", lambda r: captions.title(r["measure"])),
        _Column("Số phiếu hợp lệ", 10, "count", lambda r: r["n"]),
        _Column("Điểm trung bình" if mean else "Tỷ lệ hài lòng", 12, figure, rounded("estimate")),
        _Column("Sai số chuẩn", 10, figure, rounded("se")),
        _Column(f"Khoảng tin cậy {level}: từ", 13, figure, rounded("ci_low")),
        _Column(f"Khoảng tin cậy {level}: đến", 13, figure, rounded("ci_high")),
        _Column("Bậc tự do", 8, "count", lambda r: r["df"]),
        _Column("Hệ số thiết kế", 9, "effect", lambda r: r["deff"]),
        _Column("Số đơn vị mẫu cấp một", 10, "count", lambda r: r["n_psu"]),
    ]
    if not mean:
        columns += [
            _Column("Mục tiêu", 10, figure, lambda r: r["target"]),
            _Column("Kết luận", 24, "text", lambda r: said(VERDICTS, r["verdict"]) if r["verdict"] else None),
        ]
    return [
        *columns,
        _Column("Được công bố", 10, "text", lambda r: "Có" if r["publishable"] else "Không"),
        _Column("Lưu ý", 60, "wrap", lambda r: flags_said(r["flags"], captions.index.minimum_n) or None),
    ]


def _mark(captions: Captions) -> str:
    return WATERMARK if captions.wave.simulated else ""


def _top(sheet: Worksheet, name: str, captions: Captions, looks: Mapping[str, Format]) -> int:
    """Banner, title and sub-title; the row that comes after."""
    row = 0
    if mark := _mark(captions):
        sheet.write_string(row, 0, mark, looks["mark"])
        sheet.set_header(f'&C&"Arial,Bold"&KB00020{mark}')
        row += 1
    sheet.write_string(row, 0, f"{name} – {captions.wave.title}", looks["title"])
    said_day = f"{captions.index.title['vi']}. {captions.province}. Tính ngày {captions.day:%d/%m/%Y}."
    sheet.write_string(row + 1, 0, said_day, looks["sub"])
    return row + 3


def _table(
    sheet: Worksheet, name: str, records: Sequence[Record], columns: Sequence[_Column], captions: Captions,
    looks: Mapping[str, Format],
) -> int:
    """A heading and a row per record; the row of the heading."""
    head = _top(sheet, name, captions, looks)
    for at, column in enumerate(columns):
        sheet.set_column(at, at, column.width)
        sheet.write_string(head, at, column.head, looks["head"])
    sheet.set_row(head, 48)
    for row, record in enumerate(records, start=head + 1):
        for at, column in enumerate(columns):
            value = column.value(record)
            if isinstance(value, str):
                sheet.write_string(row, at, value, looks[column.look])
            elif value is not None:
                sheet.write_number(row, at, value, looks[column.look])
    sheet.freeze_panes(head + 1, 2)
    sheet.autofilter(head, 0, head + max(len(records), 1), len(columns) - 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(head)
    return head


def _picture(book: Workbook, records: Sequence[Record], captions: Captions, looks: Mapping[str, Format]) -> None:
    """Communes as bars with their intervals, beside the table the picture is drawn from."""
    name = "Biểu đồ xã, phường"
    shown = [
        record for record in records
        if record["measure"] == "overall" and record["series"] == "official" and record["level"] == "commune"
        and record["estimate"] is not None and record["ci_low"] is not None
    ]
    if not shown:
        return
    sheet = book.add_worksheet(name)
    columns = [
        _Column("Đơn vị", 32, "text", lambda r: r["unit_name"]),
        _Column("Số phiếu hợp lệ", 10, "count", lambda r: r["n"]),
        _Column("Tỷ lệ hài lòng", 12, "percent", lambda r: r["estimate"]),
        _Column("Khoảng tin cậy: từ", 12, "percent", lambda r: r["ci_low"]),
        _Column("Khoảng tin cậy: đến", 12, "percent", lambda r: r["ci_high"]),
        _Column("Đoạn dưới", 9, "percent", lambda r: r["estimate"] - r["ci_low"]),
        _Column("Đoạn trên", 9, "percent", lambda r: r["ci_high"] - r["estimate"]),
    ]
    head = _table(sheet, name, shown, columns, captions, looks)
    first, last = head + 1, head + len(shown)

    def cells(column: int) -> str:
        return f"='{name}'!${chr(65 + column)}${first + 1}:${chr(65 + column)}${last + 1}"

    chart = book.add_chart({"type": "bar"})
    chart.add_series({
        "name": "Chỉ số hài lòng chung", "categories": cells(0), "values": cells(2), "gap": 60,
        "fill": {"color": "#9DB8CF"},
        "y_error_bars": {"type": "custom", "plus_values": cells(6), "minus_values": cells(5),
                         "line": {"color": "#1F3A53"}},
    })
    target = shown[0]["target"]
    aim = "" if target is None else f"; mục tiêu {target * 100:g}%".replace(".", ",")
    level = f"{captions.index.interval.level * 100:g}%"
    chart.set_title({"name": f"Chỉ số hài lòng chung và khoảng tin cậy {level}{aim}", "name_font": {"size": 12}})
    chart.set_x_axis({"min": 0, "max": 1, "num_format": "0%", "major_gridlines": {"visible": True}})
    chart.set_y_axis({"reverse": True, "num_font": {"size": 9}})
    chart.set_legend({"none": True})
    chart.set_size({"width": 900, "height": 120 + 18 * len(shown)})
    sheet.insert_chart(head, len(columns) + 1, chart, {"description": "Bảng bên trái có cùng số liệu."})


def _notes(
    sheet: Worksheet, records: Sequence[Record], captions: Captions, looks: Mapping[str, Format]
) -> None:
    row = _top(sheet, "Ghi chú", captions, looks)
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, 1, 110)
    for subject, text in notes(records, captions):
        sheet.write_string(row, 0, subject, looks["wrap"])
        sheet.write_string(row, 1, text, looks["wrap"])
        row += 1
