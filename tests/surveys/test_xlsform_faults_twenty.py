"""Whoever brings a faulty XLSForm is told sheet, row, column, what is wrong and how to mend it; never a traceback."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app import messages
from surveys.definition_files import faults_of
from surveys.errors import Fault
from surveys.questionnaires.load import shipped
from surveys.xlsform import reading, workbooks, writing

VI = "label::Tiếng Việt (vi)"
SURVEY = (
    ("type", "name", VI, "required", "relevant", "role", "max_length"),
    ("begin_group", "I", "Phần một"),
    ("note", "I_intro", "Xin đánh giá từng nội dung."),
    ("select_one muc_do", "q1", "Câu một", "yes", "", "scale"),
    ("select_multiple ly_do", "q2", "Vì sao?", "", "${q1} = '1' or ${q1} = '2'"),
    ("text", "q3", "Góp ý", "", "", "", "500"),
    ("end_group",),
)
CHOICES = (
    ("list_name", "name", VI),
    ("muc_do", "1", "Không hài lòng"),
    ("muc_do", "2", "Bình thường"),
    ("muc_do", "3", "Hài lòng"),
    ("ly_do", "1", "Chờ lâu"),
    ("ly_do", "2", "Đi lại nhiều"),
)
SETTINGS = (("form_title", "form_id", "kind"), ("Phiếu nhỏ", "phieu-nho", "counter"))
Sheets = dict[str, list[list[object]]]


def good() -> Sheets:
    return {
        name: [list(row) for row in rows]
        for name, rows in (("survey", SURVEY), ("choices", CHOICES), ("settings", SETTINGS))
    }


def workbook(sheets: Mapping[str, Sequence[Sequence[object]]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def changed(sheet: str, row: int, column: int, value: object) -> Callable[[], bytes]:
    """The good workbook with one cell changed; row and column from 1."""

    def make() -> bytes:
        sheets = good()
        cells = sheets[sheet][row - 1]
        cells += [None] * (column - len(cells))
        cells[column - 1] = value
        return workbook(sheets)

    return make


def with_rows(sheet: str, at: int, *rows: Sequence[object]) -> Callable[[], bytes]:
    """The good workbook with rows put in so that the first becomes row `at`."""

    def make() -> bytes:
        sheets = good()
        sheets[sheet][at - 1:at - 1] = [list(row) for row in rows]
        return workbook(sheets)

    return make


def without(sheet: str, *rows: int) -> Callable[[], bytes]:
    """The good workbook without these rows; without the sheet where none are named."""

    def make() -> bytes:
        sheets = good()
        for row in sorted(rows, reverse=True):
            del sheets[sheet][row - 1]
        if not rows:
            del sheets[sheet]
        return workbook(sheets)

    return make


def with_part(name: str, content: bytes, *, instead: bool = False) -> Callable[[], bytes]:
    """The good workbook with a part put into its archive, or in place of the one of that name."""

    def make() -> bytes:
        source, made = zipfile.ZipFile(io.BytesIO(workbook(good()))), io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            for part in source.namelist():
                if not (instead and part == name):
                    archive.writestr(part, source.read(part))
            archive.writestr(name, content)
        return made.getvalue()

    return make


def many_parts() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(200):
            archive.writestr(f"xl/part{number}.xml", "<a/>")
    return made.getvalue()


def zip_of_a_picture() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("picture.png", b"png")
    return made.getvalue()


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>'
)
FILE_READER = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>'
WHOLE = (None, None, None)
"""the file as a whole is at fault"""

Case = tuple[str, Callable[[], bytes], tuple[str | None, int | None, str | None]]

HOSTILE: tuple[Case, ...] = (
    ("xlsform_not_workbook", lambda: b"%PDF-1.7 not a workbook", WHOLE),
    ("xlsform_old_format", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), WHOLE),
    ("xlsform_no_workbook", zip_of_a_picture, WHOLE),
    ("xlsform_parts", many_parts, WHOLE),
    ("xlsform_expanded", with_part("xl/media/a.xml", b"<a>" + bytes(25 * 1024**2)), WHOLE),
    ("xlsform_ratio", with_part("xl/media/a.xml", b"<a>" + bytes(5 * 1024**2)), WHOLE),
    ("xlsform_macros", with_part("xl/vbaProject.bin", b"macro"), WHOLE),
    ("xlsform_document_type", with_part("xl/sharedStrings.xml", ENTITIES, instead=True), WHOLE),
    ("xlsform_document_type", with_part("xl/styles.xml", FILE_READER, instead=True), WHOLE),
    ("xlsform_document_type", with_part("xl/more.xml", '<!DOCTYPE x>'.encode("utf-16")), WHOLE),
    ("xlsform_broken", lambda: workbook(good())[:2000], WHOLE),
    ("xlsform_broken", with_part("xl/workbook.xml", b"<workbook", instead=True), WHOLE),
    ("xlsform_too_large", lambda: b"PK\x03\x04" + bytes(workbooks.MAX_BYTES), WHOLE),
)
MALFORMED: tuple[Case, ...] = (
    ("xlsform_sheet_missing", without("survey"), ("survey", None, None)),
    ("xlsform_sheet_missing", without("choices"), ("choices", None, None)),
    ("xlsform_sheet_missing", without("settings"), ("settings", None, None)),
    ("xlsform_sheet_empty", without("survey", 2, 3, 4, 5, 6, 7), ("survey", 1, None)),
    ("xlsform_settings_empty", without("settings", 2), ("settings", 1, "form_id")),
    ("xlsform_settings_rows", with_rows("settings", 3, ("Hai", "hai", "counter")), ("settings", 3, None)),
    ("xlsform_kind", changed("settings", 2, 3, None), ("settings", 2, "kind")),
    ("xlsform_column_missing", changed("survey", 1, 2, "appearance"), ("survey", 1, "name")),
    ("xlsform_column_unknown", changed("survey", 1, 6, "calculation"), ("survey", 1, "calculation")),
    ("xlsform_header_twice", changed("survey", 1, 6, "name"), ("survey", 1, "name")),
    ("xlsform_header_empty", changed("survey", 1, 6, None), ("survey", 4, "F")),
    ("xlsform_language", changed("survey", 1, 3, "label::Français (fr)"), ("survey", 1, "label::Français (fr)")),
    ("xlsform_type", changed("survey", 6, 1, "geopoint"), ("survey", 6, "type")),
    ("xlsform_type_missing", changed("survey", 6, 1, None), ("survey", 6, "type")),
    ("xlsform_list_missing", changed("survey", 4, 1, "select_one"), ("survey", 4, "type")),
    ("xlsform_list_unknown", changed("survey", 4, 1, "select_one thang"), ("survey", 4, "type")),
    ("xlsform_or_other", changed("survey", 4, 1, "select_one muc_do or_other"), ("survey", 4, "type")),
    ("xlsform_name_missing", changed("survey", 6, 2, None), ("survey", 6, "name")),
    ("xlsform_name_twice", changed("survey", 6, 2, "q1"), ("survey", 6, "name")),
    ("xlsform_label_missing", changed("survey", 4, 3, None), ("survey", 4, VI)),
    ("xlsform_label_reference", changed("survey", 6, 3, "Vì sao ${q1}?"), ("survey", 6, VI)),
    ("xlsform_flag", changed("survey", 4, 4, "maybe"), ("survey", 4, "required")),
    ("xlsform_length", changed("survey", 6, 7, "dài"), ("survey", 6, "max_length")),
    ("xlsform_role", changed("survey", 4, 6, "stars"), ("survey", 4, "role")),
    ("xlsform_relevant", changed("survey", 5, 5, "count(${q1}) > 2"), ("survey", 5, "relevant")),
    ("xlsform_relevant_two", changed("survey", 5, 5, "${q1} = '1' or ${q3} = '1'"), ("survey", 5, "relevant")),
    ("xlsform_group_relevant", changed("survey", 2, 5, "${q1} = '1'"), ("survey", 2, "relevant")),
    ("xlsform_group_nested", with_rows("survey", 4, ("begin_group", "II", "Phần")), ("survey", 4, "type")),
    ("xlsform_group_open", without("survey", 7), ("survey", 2, "type")),
    ("xlsform_group_end", with_rows("survey", 8, ("end_group",)), ("survey", 8, "type")),
    ("xlsform_group_empty", without("survey", 3, 4, 5, 6), ("survey", 2, "name")),
    ("xlsform_outside", with_rows("survey", 8, ("text", "q9", "Câu chín")), ("survey", 8, "name")),
    ("xlsform_note", with_rows("survey", 5, ("note", "n2", "Ghi chú")), ("survey", 5, "type")),
    ("xlsform_choice_unnamed", changed("choices", 3, 2, None), ("choices", 3, "name")),
    ("xlsform_choice_twice", changed("choices", 3, 2, "1"), ("choices", 3, "name")),
    ("xlsform_formula", changed("survey", 4, 3, "=A1&B1"), ("survey", 4, "C")),
    ("xlsform_cell", changed("survey", 4, 3, __import__("datetime").date(2026, 8, 1)), ("survey", 4, "C")),
    ("xlsform_cell_long", changed("survey", 4, 3, "dài " * 2000), ("survey", 4, "C")),
    ("xlsform_rows", with_rows("survey", 7, *[("note",)] * 2500), ("survey", 2002, None)),
    ("xlsform_columns", changed("survey", 4, 61, "xa"), ("survey", 1, None)),
    ("xlsform_sheet_unsupported",
     lambda: workbook(good() | {"external_choices": [["list_name", "name"], ["a", "b"]]}),
     ("external_choices", 1, None)),
    # what the check of definitions finds is said in the workbook's terms
    ("definition_id", changed("survey", 6, 2, "Câu 3"), ("survey", 6, "name")),
    ("definition_forbidden", changed("survey", 6, 3, "Xin ghi họ tên"), ("survey", 6, VI)),
    ("definition_option_code", changed("choices", 2, 2, "good"), ("choices", 2, "name")),
    ("definition_routing_code", changed("survey", 5, 5, "${q1} = '9'"), ("survey", 5, "relevant")),
    ("definition_id", changed("settings", 2, 2, "Phiếu nhỏ"), ("settings", 2, "form_id")),
    ("definition_value", changed("settings", 2, 3, "online"), ("settings", 2, "kind")),
    ("definition_number", changed("survey", 6, 7, "99999"), ("survey", 6, "max_length")),
    ("definition_text_too_long", changed("survey", 4, 3, "x" * 1500), ("survey", 4, VI)),
)


def faults(content: bytes) -> tuple[Fault, ...]:
    return faults_of(lambda: reading.questionnaire_toml(content, "phieu.xlsx"))


def place_of(fault: Fault) -> tuple[object, int | None, str | None]:
    return fault.details.get("sheet"), fault.row, fault.column


def test_the_good_workbook_is_read() -> None:
    from surveys.questionnaires.load import parse

    found = parse(reading.questionnaire_toml(workbook(good()), "phieu.xlsx").encode(), "phieu.toml")
    assert [(q.id, q.kind, q.required) for q in found.questions] == [
        ("q1", "scale", True), ("q2", "several", False), ("q3", "text", False),
    ]
    assert found.sections[0].intro == {"vi": "Xin đánh giá từng nội dung."}
    assert found.questions[1].shown_if is not None
    assert found.questions[1].shown_if.codes == {"1", "2"}


@pytest.mark.parametrize("case", range(len(MALFORMED)), ids=lambda place: f"{place}-{MALFORMED[place][0]}")
def test_every_malformed_workbook_is_told_its_own_fault_at_its_own_place(case: int) -> None:
    code, make, place = MALFORMED[case]
    found = [(fault.code, place_of(fault)) for fault in faults(make())]
    assert (code, place) in found, found


@pytest.mark.parametrize("case", range(len(HOSTILE)), ids=lambda place: f"{place}-{HOSTILE[place][0]}")
def test_a_hostile_workbook_is_refused_before_it_is_opened(case: int, monkeypatch: pytest.MonkeyPatch) -> None:
    code, make, _ = HOSTILE[case]
    content = make()
    if code != "xlsform_broken":  # a damaged workbook is found out by opening it
        monkeypatch.setattr(openpyxl, "load_workbook", pytest.fail)
    quickest = 1.0
    for _ in range(3):
        start = time.perf_counter()
        found = faults(content)
        quickest = min(quickest, time.perf_counter() - start)
    assert [fault.code for fault in found] == [code]
    assert quickest < 0.1


def test_every_sentence_says_place_and_remedy_and_no_two_are_the_same() -> None:
    assert len(MALFORMED) + len(HOSTILE) >= 20
    for language, remedy in (("vi", "Cách sửa: "), ("en", "To mend: ")):
        said = []
        for code, make, place in (*MALFORMED, *HOSTILE):
            fault = next(f for f in faults(make()) if f.code == code and (place == WHOLE or place_of(f) == place))
            sentence = messages.fault_sentence(fault, language)
            assert "phieu.xlsx" in sentence
            assert len(sentence.partition(remedy)[2]) > 10, sentence
            for part in place:
                assert part is None or str(part) in sentence, sentence
            said.append(sentence)
        # two files that declare document types, two that are damaged: told apart by the part they name
        assert len(set(said)) == len(said), sorted(s for s in said if said.count(s) > 1)


def test_many_faults_are_told_at_once() -> None:
    sheets = good()
    sheets["survey"][3][0], sheets["survey"][5][1], sheets["choices"][1][1] = "range", "", ""
    codes = {fault.code for fault in faults(workbook(sheets))}
    assert {"xlsform_type", "xlsform_name_missing", "xlsform_choice_unnamed"} <= codes


def test_what_changes_nothing_is_passed_over_and_told() -> None:
    sheets = good()
    sheets["survey"][0].append("appearance")
    sheets["survey"][3] += [""] * (7 - len(sheets["survey"][3])) + ["likert"]
    found = reading.converted(workbook(sheets), "phieu.xlsx").passed_over
    assert [(fault.code, fault.column) for fault in found] == [("xlsform_passed_over", "appearance")]
    assert "appearance" in messages.fault_sentence(found[0])


@settings(max_examples=500, deadline=None, database=None)
@given(content=st.binary(max_size=300).map(lambda content: b"PK\x03\x04" + content) | st.binary(max_size=300))
def test_any_bytes_are_refused_in_words(content: bytes) -> None:
    found = faults(content)
    assert found
    for fault in found:
        assert messages.fault_sentence(fault)


GOOD = writing.workbook(shipped()["counter-short"])


@settings(max_examples=400, deadline=None, database=None)
@given(damage=st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_a_good_workbook_damaged_anywhere_is_read_or_refused_in_words(damage: list[tuple[int, int]]) -> None:
    content = bytearray(GOOD)
    for place, byte in damage:
        content[place] = byte
    for fault in faults(bytes(content)):
        assert messages.fault_sentence(fault)


CELLS = st.one_of(
    st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(),
    st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20),
    st.sampled_from(["begin_group", "end_group", "text", "note", "select_one muc_do", "select_multiple x", "${q1}='1'",
                     "name", "type", "#REF!", "label::en", "selected(${q1}, '1')"]),
)


@settings(max_examples=100, deadline=None, database=None)
@given(changes=st.lists(
    st.tuples(st.sampled_from(["survey", "choices", "settings"]), st.integers(0, 6), st.integers(0, 7), CELLS),
    min_size=1, max_size=5,
))
def test_a_good_workbook_with_anything_in_any_cell_is_read_or_refused_in_words(
    changes: list[tuple[str, int, int, object]]
) -> None:
    sheets = good()
    for sheet, row, column, value in changes:
        if row < len(sheets[sheet]):
            cells = sheets[sheet][row]
            cells += [None] * (column + 1 - len(cells))
            cells[column] = value
    for fault in faults(workbook(sheets)):
        assert messages.fault_sentence(fault)
