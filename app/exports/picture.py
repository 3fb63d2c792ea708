"""The picture in a workbook: units as bars with their intervals."""

from __future__ import annotations

from dataclasses import dataclass

from xlsxwriter.chart import Chart
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.workbook import Workbook

ROW = 20
"""pixels of a row of the table beside the picture, at 15 points"""


@dataclass(frozen=True)
class Rows:
    """Rows of a sheet, counted from 0, the last one included."""

    sheet: str
    first: int
    last: int

    def cells(self, column: int) -> str:
        name = xl_col_to_name(column, True)
        return f"='{self.sheet}'!{name}${self.first + 1}:{name}${self.last + 1}"


def communes(book: Workbook, rows: Rows, *, names: int, shares: int, below: int, above: int, title: str) -> Chart:
    """Bars of the given columns; below, above: how far each interval reaches from its share.

    They are cells and not numbers of the picture's own, which LibreOffice would not draw.
    """
    chart = book.add_chart({"type": "bar"})
    chart.add_series({
        "name": "Chỉ số hài lòng chung", "categories": rows.cells(names), "values": rows.cells(shares), "gap": 60,
        "fill": {"color": "#9DB8CF"},
        "y_error_bars": {
            "type": "custom", "line": {"color": "#1F3A53"},
            "plus_values": rows.cells(above), "minus_values": rows.cells(below),
        },
    })
    chart.set_title({"name": title, "name_font": {"size": 12}})
    chart.set_x_axis({
        "min": 0, "max": 1, "num_format": "0%", "major_gridlines": {"visible": True, "line": {"color": "#D5DBE1"}},
    })
    chart.set_y_axis({"reverse": True, "num_font": {"size": 9}})
    chart.set_legend({"none": True})
    chart.set_size({"width": 640, "height": 120 + ROW * (rows.last - rows.first + 1)})
    return chart
