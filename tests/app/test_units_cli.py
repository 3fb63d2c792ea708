"""`flask units …` as an operator meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskCliRunner

HEADER = "code,name,kind,parent,valid_from,valid_to,decree\n"
TREE = HEADER + (
    "P,Tỉnh Thử,province,,,,\n"
    "A,Xã An Thủy,commune,P,2025-07-01,,QĐ 1\n"
    "B,Xã Bình Hòa,commune,P,,2026-01-01,\n"
)
Write = Callable[[bytes | str], str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def made(content: bytes | str) -> str:
        path = tmp_path / "units.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    return made


def run(runner: FlaskCliRunner, *args: str) -> str:
    result = runner.invoke(args=["units", *args])
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(runner: FlaskCliRunner, *args: str) -> str:
    result = runner.invoke(args=["units", *args])
    assert result.exit_code == 1, result.output
    assert result.stdout == ""
    return result.stderr


def shown(runner: FlaskCliRunner, *args: str) -> Any:
    return json.loads(run(runner, *args, "--json"))


def test_an_import_says_what_it_did_and_the_units_are_listed(runner: FlaskCliRunner, write: Write) -> None:
    assert "3 mới, 0 ghi ngày hết hiệu lực, 0 không đổi" in run(runner, "import", write(TREE))
    assert shown(runner, "list", "--day", "2025-12-31") == [
        {"code": "P", "name": "Tỉnh Thử", "kind": "province", "parent": None, "valid_from": None,
         "valid_to": None, "decree": None},
        {"code": "A", "name": "Xã An Thủy", "kind": "commune", "parent": "P", "valid_from": "2025-07-01",
         "valid_to": None, "decree": "QĐ 1"},
        {"code": "B", "name": "Xã Bình Hòa", "kind": "commune", "parent": "P", "valid_from": None,
         "valid_to": "2026-01-01", "decree": None},
    ]
    assert "0 mới, 0 ghi ngày hết hiệu lực, 3 không đổi" in run(runner, "import", write(TREE))


def test_closing_is_an_import_too(runner: FlaskCliRunner, write: Write) -> None:
    run(runner, "import", write(TREE))
    closing = HEADER + "A,Xã An Thủy,commune,P,2025-07-01,2026-06-30,QĐ 1\n"
    assert "0 mới, 1 ghi ngày hết hiệu lực, 0 không đổi" in run(runner, "import", write(closing))


def test_a_byte_order_mark_does_not_hide_the_first_column(runner: FlaskCliRunner, write: Write) -> None:
    assert "3 mới" in run(runner, "import", write(b"\xef\xbb\xbf" + TREE.encode()))


def test_lists_are_narrowed_by_kind_parent_and_day(runner: FlaskCliRunner, write: Write) -> None:
    run(runner, "import", write(TREE))

    def codes(*args: str) -> list[str]:
        return [unit["code"] for unit in shown(runner, "list", *args)]

    assert codes("--day", "2020-01-01") == ["P", "B"]
    assert codes("--kind", "province", "--day", "2025-12-31") == ["P"]
    assert codes("--parent", "P", "--day", "2026-06-01") == ["A"]
    assert codes("--all") == ["A", "B", "P"]
    assert codes("--all", "--parent", "P", "--kind", "commune") == ["A", "B"]
    assert "Không có đơn vị mã X" in refused(runner, "list", "--parent", "X")


def test_a_table_is_printed_without_json(runner: FlaskCliRunner, write: Write) -> None:
    run(runner, "import", write(TREE))
    assert "A     Xã An Thủy   commune" in run(runner, "list", "--all")


@pytest.mark.parametrize("typed", [["an thuy"], ["AN", "THUỶ"], ["Xã", "An", "Thủy"]])
def test_find_does_not_mind_accents_tones_and_case(runner: FlaskCliRunner, write: Write, typed: list[str]) -> None:
    run(runner, "import", write(TREE))
    assert shown(runner, "find", *typed) == [{"code": "A", "kind": "commune", "name": "Xã An Thủy, tỉnh Thử"}]


def test_history_shows_what_a_code_meant_and_who_followed(runner: FlaskCliRunner) -> None:
    assert "3665 mới" in run(runner, "load-national")
    old, new = shown(runner, "history", "44")
    assert (old["name"], old["valid_from"], old["valid_to"]) == ("Tỉnh Quảng Bình", None, "2025-06-30")
    assert [step["name"] for step in old["successors"]] == ["Tỉnh Quảng Trị"]
    assert [(step["code"], step["part"]) for step in new["predecessors"]] == [("44", "whole"), ("45", "whole")]
    said = run(runner, "history", "19249")
    assert "19249  Xã Lệ Thủy  từ 2025-07-01 đến nay  (Quyết định 19/2025/QĐ-TTg)" in said
    assert "← 19264  Xã An Thủy  toàn bộ  (Nghị quyết 1680/NQ-UBTVQH15)" in said
    assert "Không có đơn vị mã nobody" in refused(runner, "history", "nobody")


def test_the_national_list_loads_again_without_change(runner: FlaskCliRunner) -> None:
    run(runner, "load-national")
    assert "0 mới, 0 ghi ngày hết hiệu lực, 3665 không đổi" in run(runner, "load-national")
    assert len(shown(runner, "list", "--kind", "province")) == 34
    assert len(shown(runner, "list", "--kind", "commune")) == 3321
    assert len(shown(runner, "list", "--parent", "44")) == 78


@pytest.mark.parametrize("content, said", [
    (b"", "Tệp không có dữ liệu"),
    (b"\xff\xfe\x00\x01", "không phải văn bản UTF-8"),
    ("code,name,kind,parent\nA,Xã,commune,\n".encode("utf-16"), "không phải văn bản UTF-8"),
    (b"code,name,kind,parent\nA,a\x00,commune,\n", "ký tự rỗng (NUL) ở dòng 2"),
    (b"code,name,kind,parent\nA," + b"x" * 1_000_000 + b",commune,\n", "Một ô ở dòng 2 dài quá"),
    (b'code,name,kind,parent\nA,"x,commune,\n', "sai định dạng ở dòng 2"),
    ("code,name,kind,parent,code\n", "dòng 1, cột code: cột ghi hai lần"),
    ("code,name,kind\n", "dòng 1, cột parent: thiếu cột bắt buộc"),
    ("code,name,kind,parent,màu\n", "dòng 1, cột màu: không có cột này"),
    ("code;name;kind;parent\n", "ngăn bằng dấu chấm phẩy"),
    ("code,name,kind,parent\nA,x\n", "dòng 2: có 2 ô, cần 4 ô"),
    (HEADER + "A,x,commune,B,,,\nB,x,commune,A,,,\n", "dòng 3, cột parent: các đơn vị là cấp trên của nhau"),
    (HEADER + "A,x,commune,B,,,\n", "dòng 2, cột parent: đơn vị cấp trên B không có"),
    (HEADER + "A,x,commune,,,,\nA,x,commune,,2025-01-01,,\n", "dòng 3, cột valid_from: mã A có hai khoảng"),
    (HEADER + "A,x,commune,,2025-13-01,,\n", "dòng 2, cột valid_from: 2025-13-01 không phải ngày"),
    (HEADER + "A b,x,commune,,,,\n", "dòng 2, cột code: mã A b không đúng"),
    (HEADER + "A,x,village,,,,\n", "dòng 2, cột kind: loại village không nhận"),
])
def test_a_bad_file_is_refused_in_words_and_nothing_is_stored(
    runner: FlaskCliRunner, write: Write, content: bytes | str, said: str
) -> None:
    assert said in refused(runner, "import", write(content))
    assert shown(runner, "list", "--all") == []


def test_one_bad_row_keeps_the_good_ones_out(runner: FlaskCliRunner, write: Write) -> None:
    told = refused(runner, "import", write(TREE + "C,Xã C,commune,nobody,,,\n"))
    assert "có 1 chỗ sai; không lưu dòng nào" in told
    assert "row 5, column parent" in told  # English second
    assert shown(runner, "list", "--all") == []


def test_a_stored_unit_is_not_rewritten(runner: FlaskCliRunner, write: Write) -> None:
    run(runner, "import", write(TREE))
    told = refused(runner, "import", write(HEADER + "P,Tỉnh Khác,province,,,,\n"))
    assert "dòng 2, cột name: đơn vị P đã lưu với giá trị 'Tỉnh Thử'" in told


def test_a_file_that_is_not_there_is_refused(runner: FlaskCliRunner, tmp_path: Path) -> None:
    assert "none.csv" in refused(runner, "import", str(tmp_path / "none.csv"))


@pytest.mark.parametrize("command", [[], ["import"], ["load-national"], ["list"], ["find"], ["history"]])
def test_every_command_explains_itself(runner: FlaskCliRunner, command: list[str]) -> None:
    assert "Usage" in run(runner, *command, "--help")
