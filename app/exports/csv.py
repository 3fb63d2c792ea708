"""CSV for other programs: UTF-8 without byte order mark, comma, header, CRLF (RFC 4180), decimal points.

Without a mark because most programs would read it as a part of the first column's name; people who want to open a
table in a spreadsheet take the XLSX. Lists are joined by ';', nothing is an empty field.
A text that a spreadsheet would take for a formula gets an apostrophe in front (OWASP, CSV injection).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from app.exports.fields import ordered
from surveys.captions import Captions

FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")  # full width counts too


def write(records: Sequence[dict[str, Any]], captions: Captions) -> bytes:
    fields, rows = ordered(records, captions)
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(fields)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in fields])
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return safe(";".join(value) if isinstance(value, list) else str(value))


def safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS) else text
