"""A file of units: which are taken, which are refused, and that every fault is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surveys.errors import UnitRefusal
from surveys.sheets import read
from surveys.unit_changes import Line, check, lines
from surveys.units import Kind, Unit, UnitTree


def rows(*given: dict[str, str]) -> list[Line]:
    return [
        Line(**{"row": row, "name": "x", "kind": "commune", **fields})  # type: ignore[arg-type]  # texts but `row`
        for row, fields in enumerate(given, start=2)
    ]


def row(code: str, parent: str = "", valid_from: str = "", valid_to: str = "", **more: str) -> dict[str, str]:
    return {"code": code, "parent": parent, "valid_from": valid_from, "valid_to": valid_to, **more}


def faults(existing: list[Unit], given: list[Line]) -> list[tuple[str, int | None, str | None]]:
    with pytest.raises(UnitRefusal) as refused:
        check(existing, given)
    assert refused.value.code == "units_faulty"
    assert refused.value.details["count"] == len(refused.value.faults)
    return [(fault.code, fault.row, fault.column) for fault in refused.value.faults]


def stored(*given: dict[str, str]) -> list[Unit]:
    return [replace(unit, id=id) for id, unit in enumerate(check([], rows(*given)).new, start=1)]


# ---- fields

@pytest.mark.parametrize("fields, fault", [
    (row(""), ("unit_code_malformed", 2, "code")),
    (row("a b"), ("unit_code_malformed", 2, "code")),
    (row("é"), ("unit_code_malformed", 2, "code")),
    (row("x" * 33), ("unit_code_malformed", 2, "code")),
    (row("a/b"), ("unit_code_malformed", 2, "code")),
    (row("A", parent="?"), ("unit_code_malformed", 2, "parent")),
    (row("A", name=""), ("unit_name_missing", 2, "name")),
    (row("A", name="  "), ("unit_name_missing", 2, "name")),
    (row("A", name="x" * 201), ("unit_text_long", 2, "name")),
    (row("A", name="a\x07b"), ("unit_text_unprintable", 2, "name")),
    (row("A", name="a\x00b"), ("unit_text_unprintable", 2, "name")),
    (row("A", decree="x" * 201), ("unit_text_long", 2, "decree")),
    (row("A", kind="xã"), ("unit_kind_unknown", 2, "kind")),
    (row("A", kind=""), ("unit_kind_unknown", 2, "kind")),
    (row("A", valid_from="01/07/2025"), ("day_malformed", 2, "valid_from")),
    (row("A", valid_from="20250701"), ("day_malformed", 2, "valid_from")),
    (row("A", valid_from="2025-02-30"), ("day_malformed", 2, "valid_from")),
    (row("A", valid_to="2025-7-1"), ("day_malformed", 2, "valid_to")),
    (row("A", valid_from="２０２５-07-01"), ("day_malformed", 2, "valid_from")),
    (row("A", valid_from="2025-07-02", valid_to="2025-07-01"), ("unit_dates_reversed", 2, "valid_to")),
])
def test_a_malformed_field_is_refused_by_row_and_column(fields: dict[str, str], fault: tuple[Any, ...]) -> None:
    assert faults([], rows(fields)) == [fault]


def test_every_fault_is_told_at_once_in_the_order_of_the_file() -> None:
    found = faults([], rows(row("?"), row("B", kind="?"), row("C", parent="nobody"), row("D", parent="D")))
    assert found == [
        ("unit_code_malformed", 2, "code"), ("unit_kind_unknown", 3, "kind"),
        ("unit_parent_unknown", 4, "parent"), ("unit_cycle", 5, "parent"),
    ]


def test_a_row_that_cannot_be_read_does_not_make_orphans_of_its_children() -> None:
    assert faults([], rows(row("P", kind="?"), row("C", parent="P"))) == [("unit_kind_unknown", 2, "kind")]


def test_names_are_stored_composed_and_without_stray_blanks() -> None:
    (unit,) = check([], rows(row(" A.1_b-2 ", name=" Xa\u0303  Lệ\u00a0Thủy "))).new
    assert (unit.code, unit.name) == ("A.1_b-2", "Xã Lệ Thủy")


def test_an_empty_first_day_is_before_our_records_and_an_empty_last_day_is_open() -> None:
    (unit,) = check([], rows(row("A"))).new
    assert (unit.valid_from, unit.valid_to, unit.parent, unit.decree) == (date.min, None, None, None)


# ---- several files add up

def test_the_same_file_again_changes_nothing() -> None:
    given = (row("P"), row("C", parent="P", valid_from="2025-07-01"))
    merge = check(stored(*given), rows(*given))
    assert (merge.new, merge.closed, len(merge.unchanged)) == ((), (), 2)


def test_a_later_file_hangs_units_under_stored_ones() -> None:
    merge = check(stored(row("P")), rows(row("C", parent="P")))
    assert [unit.code for unit in merge.new] == ["C"]


def test_an_open_unit_can_be_given_its_last_day_and_keeps_its_row() -> None:
    merge = check(stored(row("P", valid_from="2025-07-01")), rows(row("P", "", "2025-07-01", "2026-04-29")))
    assert [(unit.id, unit.valid_to) for unit in merge.closed] == [(1, date(2026, 4, 29))]
    assert merge.new == ()


@pytest.mark.parametrize("again, column", [
    ({"name": "y"}, "name"), ({"kind": "centre"}, "kind"), ({"parent": "R"}, "parent"), ({"decree": "d"}, "decree"),
])
def test_other_content_under_a_stored_identity_is_refused(again: dict[str, str], column: str) -> None:
    assert faults(stored(row("A"), row("R")), rows(row("A") | again)) == [("unit_changed", 2, column)]


def test_a_last_day_once_given_stands() -> None:
    before = stored(row("A", valid_to="2026-01-01"))
    assert faults(before, rows(row("A"))) == [("unit_changed", 2, "valid_to")]
    assert faults(before, rows(row("A", valid_to="2026-01-02"))) == [("unit_changed", 2, "valid_to")]


def test_one_identity_twice_in_a_file_is_refused() -> None:
    assert faults([], rows(row("A"), row("A"))) == [("unit_row_repeated", 3, "code")]


# ---- spans of one code

def test_a_code_may_change_its_meaning_from_one_day_to_the_next() -> None:
    merge = check([], rows(row("44", valid_to="2025-06-30"), row("44", valid_from="2025-07-01", name="other")))
    assert len(merge.new) == 2


@pytest.mark.parametrize("first, second", [
    (("", ""), ("2025-07-01", "")),
    (("", "2025-07-01"), ("2025-07-01", "")),
    (("2020-01-01", "2030-01-01"), ("2025-01-01", "2025-12-31")),
    (("2025-01-01", ""), ("2020-01-01", "2025-01-01")),
])
def test_spans_that_share_a_day_overlap(first: tuple[str, str], second: tuple[str, str]) -> None:
    found = faults([], rows(row("A", "", *first), row("A", "", *second)))
    assert [fault[0] for fault in found] == ["unit_overlap"]


def test_a_span_within_an_earlier_long_one_is_found_behind_others() -> None:
    given = rows(row("A", "", "2020-01-01", "2030-01-01"), row("A", "", "2021-01-01", "2021-12-31"),
                 row("A", "", "2029-01-01", ""))
    assert faults([], given) == [("unit_overlap", 3, "valid_from"), ("unit_overlap", 4, "valid_from")]


def test_overlap_with_a_stored_span_is_refused_naming_the_files_row() -> None:
    before = stored(row("A", "", "2025-01-01"))
    assert faults(before, rows(row("B"), row("A", "", "2024-01-01", "2025-06-30"))) == [
        ("unit_overlap", 3, "valid_from")]


# ---- parents

def test_the_parent_must_exist_somewhere() -> None:
    assert faults([], rows(row("C", parent="P"))) == [("unit_parent_unknown", 2, "parent")]


@pytest.mark.parametrize("parent, child", [
    (("2025-07-01", ""), ("2025-06-30", "")),  # first day
    (("", "2025-06-30"), ("", "2025-07-01")),  # last day
    (("", "2025-06-30"), ("", "")),  # an open child under a closed parent
    (("", "2025-06-30"), ("2025-07-01", "")),  # apart
    (("2025-07-01", ""), ("", "2025-06-30")),  # wholly before the parent's record
    (("2020-01-01", "2030-01-01"), ("2020-01-01", "")),
])
def test_a_child_outside_its_parents_span_is_an_orphan(parent: tuple[str, str], child: tuple[str, str]) -> None:
    found = faults([], rows(row("P", "", *parent), row("C", "P", *child)))
    assert found == [("unit_orphan", 3, "parent")]


@pytest.mark.parametrize("parent, child", [
    (("", ""), ("", "")),
    (("2025-07-01", ""), ("2025-07-01", "")),
    (("", "2025-06-30"), ("", "2025-06-30")),
    (("2025-07-01", "2025-07-31"), ("2025-07-01", "2025-07-31")),
    (("2025-07-01", ""), ("", "")),  # known as far back as the parent is
    (("2025-07-01", ""), ("", "2025-07-01")),
    (("", "9999-12-31"), ("", "9999-12-31")),
])
def test_a_child_within_its_parents_span_is_taken(parent: tuple[str, str], child: tuple[str, str]) -> None:
    assert len(check([], rows(row("P", "", *parent), row("C", "P", *child))).new) == 2


def test_several_dated_units_of_the_parent_cover_a_child_together() -> None:
    parents = (row("75", "", "2025-07-01", "2026-04-29"), row("75", "", "2026-04-30"))
    assert len(check([], rows(*parents, row("26068", "75", "2025-07-01"))).new) == 3


def test_a_day_between_the_parents_spans_makes_an_orphan() -> None:
    parents = (row("P", "", "2025-07-01", "2026-04-28"), row("P", "", "2026-04-30"))
    with pytest.raises(UnitRefusal) as refused:
        check([], rows(*parents, row("C", "P", "2025-07-01")))
    (fault,) = refused.value.faults
    assert (fault.code, fault.details["day"]) == ("unit_orphan", "2026-04-29")


def test_closing_a_parent_over_stored_children_is_refused_at_the_parents_row() -> None:
    before = stored(row("P"), row("C", "P"))
    assert faults(before, rows(row("P", valid_to="2026-04-29"))) == [("unit_left_alone", 2, "valid_to")]


def test_closing_a_parent_with_its_children_or_with_a_follower_is_taken() -> None:
    before = stored(row("P"), row("C", "P"))
    assert len(check(before, rows(row("P", valid_to="2026-04-29"), row("C", "P", "", "2026-04-29"))).closed) == 2
    assert len(check(before, rows(row("P", valid_to="2026-04-29"), row("P", "", "2026-04-30"))).closed) == 1


def test_several_roots_are_taken() -> None:
    assert len(check([], rows(row("A"), row("B"), row("C", kind="department"))).new) == 3


# ---- cycles

@pytest.mark.parametrize("length", [1, 2, 3, 40])
def test_a_cycle_of_any_length_is_refused_at_each_of_its_rows(length: int) -> None:
    ring = [row(f"U{i}", parent=f"U{(i + 1) % length}") for i in range(length)]
    found = faults([], rows(row("ok"), *ring, row("below", parent="U0")))
    assert found == [("unit_cycle", 3 + i, "parent") for i in range(length)]


def test_a_cycle_is_told_as_a_path() -> None:
    with pytest.raises(UnitRefusal) as refused:
        check([], rows(row("A", "B"), row("B", "A")))
    assert refused.value.faults[0].details["path"] == "A → B → A"


def test_a_cycle_that_holds_on_some_days_only_is_refused() -> None:
    given = rows(
        row("A", "", "", "2025-06-30"), row("A", "B", "2025-07-01"),
        row("B", "A", "", "2025-12-31"), row("B", "", "2026-01-01"),
    )
    assert faults([], given) == [("unit_cycle", 3, "parent"), ("unit_cycle", 4, "parent")]


def test_two_units_may_be_above_each_other_on_different_days() -> None:
    given = rows(
        row("A", "B", "", "2025-06-30"), row("A", "", "2025-07-01"),
        row("B", "", "", "2025-06-30"), row("B", "A", "2025-07-01"),
    )
    assert len(check([], given).new) == 4


def test_a_cycle_through_stored_units_is_refused() -> None:
    before = stored(row("R", "", "", "2025-12-31"), row("A", "R", "", "2025-12-31"))
    found = faults(before, rows(row("R", "A", "2026-01-01"), row("A", "R", "2026-01-01")))
    assert found == [("unit_cycle", 2, "parent"), ("unit_cycle", 3, "parent")]


# ---- any forest

FIRST = date(2020, 1, 1)


@st.composite
def forests(draw: st.DrawFn) -> list[Line]:
    """A random valid forest: every unit lives within its parent's life, and may change its row midway."""
    spans: list[tuple[int, int]] = []
    found: list[dict[str, str]] = []
    for number in range(draw(st.integers(1, 12))):
        above = draw(st.integers(-1, number - 1))
        first, last = spans[above] if above >= 0 else (0, 1_000)
        start = draw(st.integers(first, last))
        end = draw(st.integers(start, last))
        spans.append((start, end))
        cuts = sorted(draw(st.sets(st.integers(start, end), max_size=2)) - {start})
        for begin, stop in zip([start, *cuts], [*(cut - 1 for cut in cuts), end], strict=True):
            found.append(row(f"U{number}", f"U{above}" if above >= 0 else "", _day(begin), _day(stop)))
    return rows(*draw(st.permutations(found)))


def _day(number: int) -> str:
    return (FIRST + timedelta(days=number)).isoformat()


@given(forests(), st.integers(0, 1_000))
@settings(max_examples=150, deadline=None)
def test_a_valid_forest_is_taken_and_is_a_tree_on_every_day(forest: list[Line], number: int) -> None:
    merge = check([], forest)
    assert len(merge.new) == len(forest)
    assert len(check(merge.new, forest).unchanged) == len(forest)

    day = FIRST + timedelta(days=number)
    tree = UnitTree(day, merge.new)
    assert {unit.code for unit in tree} == {unit.code for unit in merge.new if unit.in_force(day)}
    seen: set[str] = set()
    for unit in tree:
        assert unit.parent is None or unit.parent in seen
        seen.add(unit.code)
        above = [unit.code, *(found.code for found in tree.ancestors(unit.code))]
        assert all(unit in tree.subtree(code) for code in above)
        assert len(tree.subtree(unit.code)) == 1 + sum(len(tree.subtree(c.code)) for c in tree.children(unit.code))


@given(forests(), st.data())
@settings(max_examples=150, deadline=None)
def test_a_forest_with_a_cycle_put_in_is_refused(forest: list[Line], data: st.DataObject) -> None:
    tree_units = check([], forest).new
    below = data.draw(st.sampled_from(tree_units))
    tree = UnitTree(below.valid_from, tree_units)
    root = [below, *tree.ancestors(below.code)][-1]
    broken = [
        replace(line, parent=below.code)
        if (line.code, line.valid_from) == (root.code, root.valid_from.isoformat()) else line
        for line in forest
    ]
    assert "unit_cycle" in {fault[0] for fault in faults([], broken)}


@given(forests(), st.data())
@settings(max_examples=150, deadline=None)
def test_a_forest_with_an_overlap_put_in_is_refused(forest: list[Line], data: st.DataObject) -> None:
    line = data.draw(st.sampled_from(forest))
    taken = {(other.code, other.valid_from) for other in forest}
    first, last = date.fromisoformat(line.valid_from), date.fromisoformat(line.valid_to)
    start = first + timedelta(days=data.draw(st.integers(-3, (last - first).days)))
    again = replace(line, row=999, valid_from=start.isoformat())
    expected = "unit_row_repeated" if (again.code, again.valid_from) in taken else "unit_overlap"
    assert expected in {fault[0] for fault in faults([], [*forest, again])}


# ---- the file's columns

def test_optional_columns_may_be_absent_and_stand_in_any_order() -> None:
    (line,) = lines(read("kind,code,parent,name\ncommune,A,,Xã A\n".encode()))
    assert line == Line(2, "A", "Xã A", "commune", "")


@pytest.mark.parametrize("header, fault", [
    ("code,name,kind", ("column_missing", 1, "parent")),
    ("code,name,kind,parent,colour", ("column_unknown", 1, "colour")),
    ("code,name,kind,parent,", ("column_unknown", 1, "#5")),
    ("code,name,kind,parent,code", ("column_repeated", 1, "code")),
    ("code,name,kind,parent,decree,decree", ("column_repeated", 1, "decree")),
])
def test_wrong_columns_are_refused_by_name(header: str, fault: tuple[str, int, str]) -> None:
    with pytest.raises(UnitRefusal) as refused:
        lines(read(f"{header}\n".encode()))
    assert [(f.code, f.row, f.column) for f in refused.value.faults] == [fault]


def test_ragged_rows_are_refused_with_their_line() -> None:
    with pytest.raises(UnitRefusal) as refused:
        lines(read(b"code,name,kind,parent\nA,x,commune,\n\nB,x\nC,x,commune,,\n"))
    assert [(f.code, f.row) for f in refused.value.faults] == [("row_ragged", 4), ("row_ragged", 5)]


def test_the_kinds_are_those_that_were_agreed() -> None:
    assert [kind.value for kind in Kind] == [
        "nation", "province", "district", "commune", "department", "centre", "counter", "other"]


@given(st.lists(st.builds(
    Line, row=st.integers(2, 9), code=st.sampled_from(["A", "B", "C", "?", ""]),
    name=st.sampled_from(["x", "", "\x00"]), kind=st.sampled_from(["commune", "nation", "?"]),
    parent=st.sampled_from(["", "A", "B", "C", "D"]),
    valid_from=st.sampled_from(["", "2025-07-01", "2026-01-01", "0001-01-01", "9999-12-31", "x"]),
    valid_to=st.sampled_from(["", "2025-06-30", "2025-12-31", "0001-01-01", "9999-12-31", "x"]),
), max_size=8))
@settings(max_examples=400, deadline=None)
def test_any_rows_are_either_a_tree_on_every_day_or_refused(given: list[Line]) -> None:
    try:
        merge = check([], given)
    except UnitRefusal as refused:
        named = [fault.row for fault in refused.faults]
        if not named or None in named:
            raise
        return
    for day in {unit.valid_from for unit in merge.new} | {unit.valid_to or date.max for unit in merge.new}:
        present = {unit.code: unit for unit in merge.new if unit.in_force(day)}
        assert len(present) == sum(unit.in_force(day) for unit in merge.new)  # one meaning per code and day
        tree = UnitTree(day, merge.new)
        for code in present:
            top: str | None = code
            for _ in merge.new:  # a cycle would outlast them
                top = present[top].parent if top in present else top
            if code in tree:
                assert top is None
            else:  # left out only where the parent's record begins later
                assert all(unit.valid_from > day for unit in merge.new if unit.code == top)
