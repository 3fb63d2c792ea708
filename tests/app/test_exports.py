"""Files of scores: what programs read is exact, what people open is safe, and simulated data always say so."""

from __future__ import annotations

import csv
import io
import json
from typing import Any, get_args

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from app.exports import FORMATS, words
from app.exports.csv import safe
from app.exports.fields import WATERMARK
from surveys.captions import Captions
from surveys.indexes import load as index_files
from surveys.indexes.model import Aggregation
from surveys.origin import Basis
from surveys.score_fields import FLAGS as FLAG_NAMES
from surveys.units import Kind
from tests.surveys.score_frames import Answer, everywhere, frame, table, wave

FIELDS = [
    "unit", "unit_name", "level", "measure", "series", "bases", "n", "n_psu", "estimate", "se", "df", "ci_low",
    "ci_high", "deff", "target", "verdict", "flags", "publishable",
]
EVIL = '=HYPERLINK("http://x","y")'


def captions(**changes: Any) -> Captions:
    of = wave(**changes)
    titles = {"q1": {"vi": "Nơi ngồi chờ", "en": "Seats"}, "overall": {"vi": "Chỉ số hài lòng chung", "en": "Overall"}}
    return Captions(of, index_files.shipped()["sipas-transaction"], "Tỉnh Thử", of.created, titles)


def records(**changes: Any) -> list[dict[str, Any]]:
    answers = [Answer("X1", everywhere("4" if n % 3 else "2"), psu=f"{n}") for n in range(31)]
    listed = list(table(answers, frame(target=0.85, target_operator=">", **changes)).values())
    for record in listed:
        record["unit_name"] = EVIL if record["unit"] == "X2" else record["unit_name"]
    return listed


def workbook(**changes: Any) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"](records(**changes), captions(**changes))))


def test_json_is_a_list_of_records_with_exactly_the_fields_in_order():
    read = json.loads(FORMATS["json"](records(), captions()))
    assert all(list(record) == FIELDS for record in read)
    assert read == records()
    assert FORMATS["json"]([], captions()) == b"[]\n"


def test_json_has_no_nan():
    bad = {**records()[0], "estimate": float("nan")}
    with pytest.raises(ValueError, match="JSON"):
        FORMATS["json"]([bad], captions())


def test_csv_is_plain_utf8_and_reads_back():
    content = FORMATS["csv"](records(), captions())
    assert not content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))
    assert list(rows[0]) == FIELDS
    for row, record in zip(rows, records(), strict=True):
        assert (row["estimate"] == "") is (record["estimate"] is None)
        if record["estimate"] is not None:
            assert float(row["estimate"]) == record["estimate"]  # every digit
        assert row["flags"].split(";") == (record["flags"] or [""])
        assert row["publishable"] in {"true", "false"}


@pytest.mark.parametrize("text", [EVIL, "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"])
def test_texts_that_a_spreadsheet_would_run_are_kept_texts(text: str):
    assert safe(text) == f"'{text}"
    assert safe("Xã Lệ Thủy") == "Xã Lệ Thủy"


def test_no_name_becomes_a_formula():
    rows = csv.DictReader(io.StringIO(FORMATS["csv"](records(), captions()).decode(), newline=""))
    assert {row["unit_name"] for row in rows if row["unit"] == "X2"} == {f"'{EVIL}"}
    for sheet in workbook():
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
            assert cell.data_type in {"s", "n"}
            assert cell.hyperlink is None


def test_simulated_data_say_so_in_every_format():
    told = json.loads(FORMATS["json"](records(simulated=True), captions(simulated=True)))
    assert list(told[0]) == [*FIELDS, "watermark"]
    assert all(record["watermark"] == WATERMARK and "simulated" in record["flags"] for record in told)
    header, first = FORMATS["csv"](records(simulated=True), captions(simulated=True)).decode().splitlines()[:2]
    assert header.endswith(",watermark")
    assert WATERMARK in first
    for sheet in workbook(simulated=True):
        assert sheet["A1"].value == WATERMARK
        assert WATERMARK in sheet.oddHeader.center.text
    for sheet in workbook():
        assert sheet["A1"].value != WATERMARK


def test_the_workbook_has_a_sheet_for_each_kind_of_measure():
    book = workbook()
    assert book.sheetnames == [
        "Tổng hợp", "Yếu tố", "Tiêu chí", "Điểm trung bình", "Biểu đồ xã, phường", "Ghi chú",
    ]
    for name, rows in (("Tổng hợp", 6), ("Yếu tố", 6 * 5), ("Tiêu chí", 6 * 22), ("Điểm trung bình", 6 * 28)):
        sheet = book[name]
        head = [cell.value for cell in sheet[4]]
        assert sheet.freeze_panes == "C5"
        assert sheet.max_row - 4 == rows
        assert "Số phiếu hợp lệ" in head
        assert {"Khoảng tin cậy 95%: từ", "Khoảng tin cậy 95%: đến"} <= set(head)  # no figure without its interval


def test_percentages_are_rounded_half_up_to_two_decimals():
    record = {**records()[0], "estimate": 0.80425, "measure": "overall"}
    book = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"]([record], captions())))
    sheet = book["Tổng hợp"]
    at = [cell.value for cell in sheet[4]].index("Tỷ lệ hài lòng")
    cell = sheet[5][at]
    assert (cell.value, cell.number_format) == (0.8043, "0.00%")


def test_the_picture_of_the_communes_has_error_bars_and_its_numbers_beside_it():
    sheet = workbook()["Biểu đồ xã, phường"]
    (chart,) = sheet._charts
    bars = chart.series[0].errBars
    assert bars.plus.numRef.f == "'Biểu đồ xã, phường'!$G$5:$G$5"
    assert bars.minus.numRef.f == "'Biểu đồ xã, phường'!$F$5:$F$5"
    name, n, share, low, high, below, above = [cell.value for cell in sheet[5]]
    assert (name, n) == ("Xã Một", 31)
    assert (share - below, share + above) == pytest.approx((low, high))


def test_a_workbook_without_rows_still_opens():
    book = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"]([], captions())))
    assert "Ghi chú" in book.sheetnames


def test_the_notes_say_what_the_target_is_and_what_flags_mean():
    said = {str(row[0]): row[1] for row in workbook()["Ghi chú"].iter_rows(values_only=True) if row[0]}
    assert said["Mục tiêu"] == "Đợt khảo sát này không đặt mục tiêu." or "2025" in said["Mục tiêu"]
    assert said["Lưu ý: no_answers"] == "chưa có phiếu trả lời"
    strict = openpyxl.load_workbook(
        io.BytesIO(FORMATS["xlsx"](records(), captions(target=0.85, target_operator=">")))
    )
    told = {str(row[0]): row[1] for row in strict["Ghi chú"].iter_rows(values_only=True) if row[0]}
    assert told["Mục tiêu"] == "trên 85% cho mọi chỉ tiêu tỷ lệ."


def test_every_code_of_a_record_has_its_words():
    assert set(words.FLAGS) == set(FLAG_NAMES)
    assert set(words.LEVELS) == {kind.value for kind in Kind}
    assert set(words.BASES) == {basis.word for basis in Basis}
    assert set(words.AGGREGATIONS) == set(get_args(Aggregation))
    assert words.flags_said(["small_n", "few_psus"], 30).startswith("không tính riêng (dưới 30 phiếu); ")
