"""CSV files as people bring them: what is read, and what is refused in words that help."""

from __future__ import annotations

import pytest

from surveys.errors import ImportRefusal
from surveys.sheets import read


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter() -> None:
    sheet = read("\ufeffcode,name\r\nA,Xã Lệ Thủy\r\n".encode())
    assert sheet.columns == ("code", "name")
    assert sheet.rows == [(2, ["A", "Xã Lệ Thủy"])]


def test_rows_keep_the_line_they_begin_on() -> None:
    sheet = read(b'a,b\n1,"two\nlines"\n\n,\n3,4\n')
    assert [line for line, _ in sheet.rows] == [2, 6]


@pytest.mark.parametrize("content, code, line", [
    (b"", "sheet_empty", None),
    (b"\xef\xbb\xbf", "sheet_empty", None),
    (b"\n\n", "sheet_empty", None),
    ("code,name\nA,Xã\n".encode("utf-16"), "sheet_not_utf8", 1),
    ("code,name\nA,B\nC,Xã\n".encode("latin-1"), "sheet_not_utf8", 3),
    (b"code,name\nA,a\x00b\n", "sheet_nul", 2),
    (b"code,name\nA," + b"x" * 1_000_000 + b"\n", "sheet_cell_too_large", 2),
    (b'code,name\nA,"open\n', "sheet_malformed", 2),
    (b'code,name\nA,"x"y\n', "sheet_malformed", 2),
])
def test_what_is_no_csv_is_refused_with_the_line_where_it_breaks(content: bytes, code: str, line: int | None) -> None:
    with pytest.raises(ImportRefusal) as refused:
        read(content)
    assert refused.value.code == code
    assert refused.value.details.get("line") == line
