"""Workbooks that are small and would become huge: refused before anything is unpacked, or while it is read."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Mapping

import pytest
from openpyxl import Workbook

from surveys import workbooks
from surveys.errors import ImportRefusal

SHEET, STYLES, STRINGS = "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml"
SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
MIB = 1024 * 1024


def plain(rows: int = 1) -> bytes:
    held, book = io.BytesIO(), Workbook()
    book.active.append(["code", "name"])
    for number in range(rows):
        book.active.append([f"X{number}", f"Xã số {number}"])
    book.save(held)
    return held.getvalue()


def with_parts(parts: Mapping[str, str]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(plain())) as book, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in {*book.namelist(), *parts}:
            archive.writestr(name, parts.get(name) or book.read(name))
    return held.getvalue()


def sheet(inside: str, before: str = "") -> str:
    return f"{before}<worksheet {SPACE}><sheetData>{inside}</sheetData></worksheet>"


def loosely_packed(element: str, size: int) -> str:
    """Elements with something different in each, so that they pack no tighter than what is allowed."""
    chance = random.Random(7)
    return "".join(element.format(chance.randrange(10**9)) for _ in range(size // len(element)))


def styles(inside: str) -> str:
    return f"<styleSheet {SPACE}><cellXfs>{inside}</cellXfs></styleSheet>"


FORMAT, CELL = '<xf fontId="{}"/>', "<c><v>{}</v></c>"
BOMBS = {
    "formats packed tightly": {STYLES: styles("<xf/>" * (MIB // 6))},
    "formats packed loosely": {STYLES: styles(loosely_packed(FORMAT, 2 * MIB))},
    "texts packed tightly": {STRINGS: f"<sst {SPACE}>{'<si><t>a</t></si>' * (8 * MIB // 17)}</sst>"},
    "more than may be": {SHEET: sheet(f"<row>{loosely_packed(CELL, 21 * MIB)}</row>")},
    "more cells than are read": {SHEET: sheet("<c/>" * workbooks.TAGS + loosely_packed("<!--{}-->", MIB))},
    "more parts than may be": {f"xl/media/{number}.xml": "<a/>" for number in range(workbooks.PARTS + 1)},
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_that_becomes_huge_is_refused(name: str) -> None:
    with pytest.raises(ImportRefusal) as refused:
        workbooks.read_any(with_parts(BOMBS[name]))
    assert refused.value.code == "workbook_large"


@pytest.mark.parametrize("doctype, said", [
    ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
    ('<!DOCTYPE a [<!ENTITY a "' + "y" * 1000 + '"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>', "&c;"),
])
def test_entities_are_never_followed(doctype: str, said: str) -> None:
    inside = f'<row><c t="inlineStr"><is><t>{said}</t></is></c></row>'
    with pytest.raises(ImportRefusal) as refused:
        workbooks.read_any(with_parts({SHEET: sheet(inside, doctype)}))
    assert refused.value.code == "workbook_faulty"


def test_a_long_honest_table_is_read() -> None:
    assert len(workbooks.read_any(plain(20_000)).rows) == 20_000
