"""One way to read a day: what is right in one file is right in every other."""

from __future__ import annotations

from datetime import date

import pytest

from surveys import account_lists
from surveys.access import Role
from surveys.days import iso_day, typed_day
from surveys.definitions import Reader
from surveys.sheets import Sheet

NO_DAYS = ("", "20260731", "2026-W31-5", "2026-7-31", "2026-02-30", " 2026-07-31", "2026-07-31T00:00", "２０２６-07-31")


@pytest.mark.parametrize("text", NO_DAYS)
def test_only_the_plain_form_is_a_day(text: str):
    with pytest.raises(ValueError):  # noqa: PT011  # any: the caller says what is wrong
        iso_day(text)
    with pytest.raises(ValueError):  # noqa: PT011  # any: the caller says what is wrong
        typed_day(text)


def test_people_may_write_a_day_as_they_say_it():
    assert iso_day("2026-07-31") == typed_day("2026-07-31") == typed_day("31/7/2026") == date(2026, 7, 31)
    for text in ("31/12/26", "12/31/2026", "31/12", "1/1/20260"):
        with pytest.raises(ValueError):  # noqa: PT011  # any: the caller says what is wrong
            typed_day(text)


@pytest.mark.parametrize("text", ["31/12/26", "20261231"])
def test_a_list_of_accounts_refuses_a_day_that_would_never_come(text: str):
    columns = ("name", "display", "role", "unit", "valid_to")
    found = account_lists.accounts(Sheet(columns, [(2, ["lan", "Lan", Role.OBSERVER.value, "44", text])]), {})
    assert [(fault.code, fault.row, fault.column) for fault in found.faults] == [("day_unreadable", 2, "valid_to")]


def test_a_definition_takes_the_same_days():
    reader = Reader("x.toml")
    top = reader.toml(b'one = 2026-07-31\ntwo = "2026-07-31"\nthree = "20260731"\n')
    assert (top.day("one"), top.day("two"), top.day("three")) == (date(2026, 7, 31), date(2026, 7, 31), None)
    assert len(reader.faults) == 1
