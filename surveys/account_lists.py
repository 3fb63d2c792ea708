"""A list of accounts to be made, as people bring it: CSV or .xlsx -> new accounts, faults named by row and column.

Columns: name, display, workplace, role, unit, valid_from, valid_to. Several rows with one name are several roles of
one person. Roles may be written as codes or as they are called.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from surveys import sheets, workbooks
from surveys.access import Grant, Role
from surveys.accounts import NewAccount
from surveys.days import typed_day
from surveys.errors import Fault, ImportRefusal
from surveys.sheets import Sheet
from surveys.store.accounts import normal
from surveys.units import fold

REQUIRED = ("name", "display", "role")
OPTIONAL = ("workplace", "unit", "valid_from", "valid_to")
MOST = 2000
"""rows"""


@dataclass(frozen=True)
class Accounts:
    """What a list asks for."""

    rows: tuple[tuple[int, NewAccount], ...]
    """(first row that names it, the account)"""
    faults: tuple[Fault, ...]


def read(content: bytes) -> Sheet:
    """The table in a CSV file or the first sheet of a workbook; raises ImportRefusal."""
    sheet = workbooks.read_any(content)
    if not sheet.rows:
        raise ImportRefusal("account_list_empty")
    if len(sheet.rows) > MOST:
        raise ImportRefusal("account_list_long", most=MOST)
    return sheet


def translated(sheet: Sheet, column_words: Mapping[str, str]) -> Sheet:
    """The same table under our names of its columns; column_words: what people call a column -> its name."""
    names = {fold(word): name for word, name in column_words.items()}
    return Sheet(tuple(names.get(fold(column), column) for column in sheet.columns), sheet.rows)


def accounts(sheet: Sheet, role_words: Mapping[str, str]) -> Accounts:
    """The accounts of a list and every fault of its form; whether units exist is `accounts.list_faults`' business.

    role_words: what roles are called -> their codes, for lists that people write by hand.
    """
    if faults := sheets.column_faults(sheet.columns, REQUIRED, OPTIONAL):
        return Accounts((), tuple(faults))
    words = {fold(word): code for word, code in role_words.items()} | {fold(role.value): role.value for role in Role}
    found: dict[str, tuple[int, NewAccount]] = {}
    faults = []
    for row, cells in sheet.rows:
        if len(cells) != len(sheet.columns):
            faults.append(Fault("row_ragged", row, None, {"found": len(cells), "expected": len(sheet.columns)}))
            continue
        given = dict(zip(sheet.columns, (cell.strip() for cell in cells), strict=True))
        role = words.get(fold(given["role"]))
        if role is None:
            code = "account_role_unknown" if given["role"] else "account_role_missing"
            faults.append(Fault(code, row, "role", {"role": given["role"][:40]}))
        first, last = (_day(given.get(column, ""), row, column, faults) for column in ("valid_from", "valid_to"))
        held = (Grant(Role(role), given.get("unit") or None, first, last),) if role else ()
        name = normal(given["name"])
        new = NewAccount(given["name"], given["display"], given.get("workplace") or None, held)
        if name in found:
            line, before = found[name]
            if (before.display, before.workplace) != (new.display, new.workplace):
                faults.append(Fault("account_display_differs", row, "name", {"name": name[:64], "first": line}))
            found[name] = line, NewAccount(before.name, before.display, before.workplace, (*before.held, *held))
        else:
            found[name] = row, new
    return Accounts(tuple(found.values()), tuple(faults))


def _day(text: str, row: int, column: str, faults: list[Fault]) -> date | None:
    if not text:
        return None
    try:
        return typed_day(text)
    except ValueError:
        faults.append(Fault("day_unreadable", row, column, {"value": text[:20]}))
        return None


def as_csv(sheet: Sheet) -> str:
    """The same table as text, for the page that shows it before it is carried out."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(sheet.columns)
    writer.writerows(cells for _, cells in sheet.rows)
    return out.getvalue()
