"""Files of scores: what programs read is exact, what people open is safe, and simulated data always say so."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import openpyxl
import pytest
from openpyxl.workbook import Workbook

from app import result_words as words
from app.exports import FORMATS
from app.exports.csv import safe
from app.wording import WORDS
from surveys.captions import Captions
from surveys.indexes import load as index_files
from surveys.indexes.model import Aggregation, IndexDefinition
from surveys.origin import Basis
from surveys.reading import Shown
from surveys.score_fields import FLAGS as FLAG_NAMES
from surveys.units import Kind
from surveys.waves import State
from tests.surveys.score_frames import Answer, everywhere, frame, table, wave

FIELDS = [
    "unit", "unit_name", "level", "measure", "series", "bases", "n", "n_psu", "estimate", "se", "df", "ci_low",
    "ci_high", "deff", "target", "verdict", "flags", "publishable",
]
EVIL = '=HYPERLINK("http://x","y")'

WATERMARK = WORDS["watermark"][0]


def captions(index: IndexDefinition | None = None, **changes: Any) -> Captions:
    of = wave(**changes)
    titles = {"q1": {"vi": "Nơi ngồi chờ", "en": "Seats"}, "overall": {"vi": "Chỉ số hài lòng chung", "en": "Overall"}}
    satisfied = ({"vi": "Hài lòng"}, {"vi": "Rất hài lòng"})
    return Captions(of, index or index_files.shipped()["sipas-transaction"], "Tỉnh Thử", of.created, titles, satisfied)


def records(**changes: Any) -> list[dict[str, Any]]:
    answers = [Answer("X1", everywhere("4" if n % 3 else "2"), psu=f"{n}") for n in range(31)]
    listed = list(table(answers, frame(**{"target": 0.85, "target_operator": ">", **changes})).values())
    for record in listed:
        record["unit_name"] = EVIL if record["unit"] == "X2" else record["unit_name"]
    return listed


def workbook(index: IndexDefinition | None = None, **changes: Any) -> Workbook:
    """Of a published wave, unless the changes say otherwise."""
    changes = {"state": State.PUBLISHED, **changes}
    return openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"](records(**changes), captions(index, **changes))))


def notes(book: Workbook) -> dict[str, Any]:
    return {str(row[0]): row[1] for row in book["Ghi chú"].iter_rows(values_only=True) if row[0]}


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


@pytest.mark.parametrize("text", [
    EVIL, "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1+1", "\u00a0@SUM(A1)", "\uff1d1+1", "\uff20SUM(A1)",
])
def test_texts_that_a_spreadsheet_would_run_are_kept_texts(text: str):
    assert safe(text) == f"'{text}"
    assert safe("Xã Lệ Thủy") == "Xã Lệ Thủy"


def test_no_name_becomes_a_formula():
    rows = csv.DictReader(io.StringIO(FORMATS["csv"](records(), captions()).decode(), newline=""))
    assert {row["unit_name"] for row in rows if row["unit"] == "X2"} == {f"'{EVIL}"}
    for sheet in workbook():
        for cell in (cell for row in sheet.iter_rows() for cell in row if cell.value is not None):
            assert cell.data_type in {"s", "n", "b"}
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


@pytest.mark.parametrize("state", [*State])
def test_real_figures_are_a_draft_on_every_sheet_until_they_are_published(state: State):
    issued = state in {State.PUBLISHED, State.CORRECTED}
    for sheet in workbook(state=state):
        assert (sheet["A1"].value == "DỰ THẢO") is not issued
        assert ("DỰ THẢO" in (sheet.oddHeader.center.text or "")) is not issued
    for fmt in ("json", "csv"):  # their fields are fixed
        assert "DỰ THẢO" not in FORMATS[fmt](records(state=state), captions(state=state)).decode()


def test_the_workbook_has_a_sheet_for_each_kind_of_measure():
    book = workbook()
    assert book.sheetnames == [
        "Tổng hợp", "Yếu tố", "Tiêu chí", "Điểm trung bình", "Biểu đồ xã, phường", "Ghi chú", "Dữ liệu",
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
    book = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"]([record], captions(state=State.PUBLISHED))))
    sheet = book["Tổng hợp"]
    at = [cell.value for cell in sheet[4]].index("Tỷ lệ hài lòng")
    cell = sheet[5][at]
    assert (cell.value, cell.number_format) == (0.8043, "0.00%")


def test_the_picture_of_the_communes_has_error_bars_and_its_numbers_beside_it():
    sheet = workbook(target=0.85, target_operator=">")["Biểu đồ xã, phường"]
    (chart,) = sheet._charts
    bars = chart.series[0].errBars
    assert bars.plus.numRef.f == "'Biểu đồ xã, phường'!$S$5:$S$5"
    assert bars.minus.numRef.f == "'Biểu đồ xã, phường'!$R$5:$R$5"
    name, n, share, low, high = [cell.value for cell in sheet[5][:5]]
    assert (name, n) == ("Xã Một", 31)
    assert (share - sheet["R5"].value, share + sheet["S5"].value) == pytest.approx((low, high))
    title = "".join(run.t for part in chart.title.tx.rich.p for run in part.r)
    assert title == "Chỉ số hài lòng chung và khoảng tin cậy 95%; mục tiêu trên 85%"


def test_level_decimals_and_satisfied_answers_are_the_definitions():
    of = index_files.shipped()["sipas-transaction"]
    other = replace(of, interval=replace(of.interval, level=0.975), rounding=replace(of.rounding, digits=1))
    book = workbook(other)
    head = [cell.value for cell in book["Tổng hợp"][4]]
    assert {"Khoảng tin cậy 97,5%: từ", "Khoảng tin cậy 97,5%: đến"} <= set(head)
    cell = book["Tổng hợp"][5][head.index("Tỷ lệ hài lòng")]
    assert (cell.value, cell.number_format) == (0.645, "0.0%")  # 20 of 31
    told = notes(book)
    assert told["Khoảng tin cậy"].startswith("Khoảng tin cậy 97,5%.")
    assert "1 chữ số thập phân" in told["Làm tròn"]
    assert "“Hài lòng” và “Rất hài lòng”" in told["Hài lòng"]
    assert not [text for text in told.values() if "95%" in str(text)]


def test_monitoring_figures_are_held_against_nothing():
    monitoring = {**records()[0], "measure": "overall", "series": "monitoring", "flags": ["monitoring"]}
    of = captions(state=State.PUBLISHED, target=0.85, target_operator=">")
    sheet = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"]([monitoring], of)))["Tổng hợp"]
    row = dict(zip([cell.value for cell in sheet[4]], [cell.value for cell in sheet[5]], strict=True))
    assert (row["Loại số liệu"], row["Mục tiêu"], row["Kết luận"]) == ("Số liệu theo dõi", None, None)
    assert row["Lưu ý"] == "Chỉ để theo dõi, không công bố"


def test_a_workbook_without_rows_still_opens():
    book = openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"]([], captions())))
    assert "Ghi chú" in book.sheetnames


def test_the_notes_say_what_the_target_is_and_what_flags_mean():
    assert notes(workbook())["Mục tiêu"] == "Đợt khảo sát này không đặt mục tiêu."
    assert notes(workbook())["Lưu ý: no_answers"] == "Chưa có phiếu"
    assert notes(workbook(target=0.85, target_operator=">"))["Mục tiêu"] == "Mọi chỉ tiêu tỷ lệ: trên 85%."
    dated = notes(workbook(opens=date(2025, 7, 1)))  # the index's own, of the wave's day
    assert dated["Mục tiêu"] == "Chỉ số hài lòng chung: 95% trở lên (01/01/2025 – 31/12/2025)."


@pytest.mark.parametrize("official, bracket", [
    (frozenset({Basis.OPEN}), "mẫu tự nguyện"), (frozenset({Basis.SAMPLE}), "chỉ để theo dõi"),
])
def test_the_shared_code_is_voluntary_or_only_watched(official: frozenset[Basis], bracket: str):
    of = captions(official=official)
    listed = [{**record, "bases": ["open"]} for record in records()]
    told = notes(openpyxl.load_workbook(io.BytesIO(FORMATS["xlsx"](listed, of))))
    assert told["Số liệu chính thức"] == f"Nguồn trả lời: Mã QR dùng chung ({bracket})."


def test_every_code_of_a_record_has_its_words():
    assert set(words.FLAGS) == set(FLAG_NAMES)
    assert set(words.LEVELS) == {kind.value for kind in Kind}
    assert set(words.BASES) == {basis.word for basis in Basis}
    assert set(words.AGGREGATIONS) == set(get_args(Aggregation))
    assert set(words.STATES) == {*State}
    assert set(words.REASONS) == set(Shown) - {Shown.YES}
    assert set(words.FORMATS) == set(FORMATS)
    say = words.Phrases.of(captions())
    assert say.flags(["small_n", "few_psus"]) == "Không tính riêng (dưới 30 phiếu); dưới 8 đơn vị mẫu cấp một"


def test_the_last_sheet_holds_every_record_unrounded():
    sheet = workbook()["Dữ liệu"]
    lines = [list(row) for row in sheet.iter_rows(values_only=True)]
    head = next(at for at, line in enumerate(lines) if line[0] == "unit")
    stored = json.loads(FORMATS["json"](records(), captions()))
    assert len(lines) - head - 1 == len(stored)
    for line, record in zip(lines[head + 1 :], stored, strict=True):
        for name, value in zip(lines[head], line, strict=False):
            if isinstance(record.get(name), float):
                assert value == pytest.approx(record[name], abs=1e-14)
            elif isinstance(record.get(name), int | bool):
                assert value == record[name]
