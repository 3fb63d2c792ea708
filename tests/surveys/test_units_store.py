"""The stored tree: imports, the cache of trees, the national list and its history."""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from surveys.errors import NotFound, UnitRefusal
from surveys.store import units as store
from surveys.store.tables import IndexRow, QuestionnaireRow, UnitRow, WaveRow
from surveys.unit_changes import Line
from surveys.units import TYPES, Kind, UnitTree

MERGER = date(2025, 7, 1)
DAY_BEFORE = date(2025, 6, 30)
NOW = date(2026, 11, 1)


def line(code: str, parent: str = "", **more: str) -> Line:
    return Line(**{"row": 2, "code": code, "name": f"Xã {code}", "kind": "commune", "parent": parent, **more})  # type: ignore[arg-type]  # texts but `row`


def other_session(session: Session) -> Session:
    return Session(session.get_bind().engine, info={"auditor": session.info["auditor"]})


@contextmanager
def counting(session: Session) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        said.append(statement)

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


# ---- imports and the cache

def test_imported_units_are_in_the_tree_at_once_and_for_others_after_the_commit(session: Session) -> None:
    store.import_units(session, [line("P")])
    assert "P" in store.tree(session, NOW)
    session.commit()
    with other_session(session) as reader:
        tree = store.tree(reader, NOW)
        assert tree.unit("P").id == reader.scalar(select(UnitRow.id))


def test_trees_follow_every_later_import_and_closing(session: Session) -> None:
    def tree() -> UnitTree:
        with other_session(session) as reader:
            return store.tree(reader, NOW)

    store.import_units(session, [line("P"), line("C", "P")])
    session.commit()
    assert len(tree()) == 2
    store.import_units(session, [line("D", "P")])
    session.commit()
    assert len(tree()) == 3
    store.import_units(session, [line("C", "P", valid_to="2026-01-01")])
    session.commit()
    assert "C" not in tree()


def test_units_that_were_rolled_back_are_in_nobodys_tree(session: Session) -> None:
    store.import_units(session, [line("A")])
    store.tree(session, NOW)
    session.rollback()
    with other_session(session) as writer:
        store.import_units(writer, [line("B")])  # the same count, the same row number
        writer.commit()
    with other_session(session) as reader:
        assert [unit.code for unit in store.tree(reader, NOW)] == ["B"]


def test_a_second_reader_of_the_same_day_reads_no_units(session: Session) -> None:
    store.import_units(session, [line("P")])
    session.commit()
    with other_session(session) as reader:
        first = store.tree(reader, NOW)
    with other_session(session) as reader, counting(session) as said:
        assert store.tree(reader, NOW) is first
    (query,) = [statement for statement in said if "FROM unit" in statement]
    assert "count(" in query  # only whether anything has changed


def test_the_store_keeps_only_a_few_days_in_memory(session: Session) -> None:
    store.import_units(session, [line("P")])
    session.commit()
    with other_session(session) as reader:
        first = store.tree(reader, date(2026, 1, 1))
        for month in range(1, 13):
            for day in (1, 10, 20):
                store.tree(reader, date(2025, month, day))
        assert store.tree(reader, date(2026, 1, 1)) is not first


def test_a_refused_file_leaves_the_store_as_it_was(session: Session) -> None:
    store.import_units(session, [line("P")])
    session.commit()
    with pytest.raises(UnitRefusal):
        store.import_units(session, [line("Q"), line("C", "nobody")])
    assert [unit.code for unit in store.units(session)] == ["P"]


def test_a_unit_cannot_be_closed_before_the_day_whose_tree_a_wave_keeps(session: Session) -> None:
    store.import_units(session, [line("P"), line("C", "P"), line("elsewhere")])
    wave_on(session, "P", date(2026, 6, 1))
    with pytest.raises(UnitRefusal) as refused:
        store.import_units(session, [line("C", "P", valid_to="2026-05-31")])
    (fault,) = refused.value.faults
    assert (fault.code, fault.row, fault.column, fault.details["wave"]) == ("unit_in_wave", 2, "valid_to", "W")
    assert store.import_units(session, [line("C", "P", valid_to="2026-06-01")]).closed
    assert store.import_units(session, [line("elsewhere", valid_to="2020-01-01")]).closed


def wave_on(session: Session, province: str, day: date) -> None:
    version = {"name": "n", "content": "c", "document": "{}", "created": day}
    session.add_all([QuestionnaireRow(id=1, instrument="i", **version), IndexRow(id=1, **version)])
    session.flush()
    session.add(WaveRow(
        code="W", title="W", province_code=province, units_day=day, questionnaire_id=1, index_id=1,
        official="sample", state="open", simulated=True, created=day,
    ))
    session.flush()


def test_the_search_key_is_stored_with_the_unit(session: Session) -> None:
    store.import_units(session, [line("P", name="Xã Lệ Thuỷ")])
    assert session.scalar(select(UnitRow.search)) == "xa le thuy"


# ---- the national list

@pytest.fixture
def national(session: Session) -> Session:
    store.load_national(session)
    session.commit()
    return session


def kinds(tree: UnitTree) -> dict[str, int]:
    return dict(Counter(unit.kind.value for unit in tree))


def types(tree: UnitTree, kind: Kind) -> dict[str, int]:
    return dict(Counter(
        next(word for word in TYPES if unit.name.startswith(f"{word} ")) for unit in tree if unit.kind is kind
    ))


@pytest.mark.parametrize("day, provinces, communes", [
    (MERGER, {"Tỉnh": 28, "Thành phố": 6}, {"Xã": 2621, "Phường": 687, "Đặc khu": 13}),
    (date(2026, 4, 29), {"Tỉnh": 28, "Thành phố": 6}, {"Xã": 2621, "Phường": 687, "Đặc khu": 13}),
    (date(2026, 4, 30), {"Tỉnh": 27, "Thành phố": 7}, {"Xã": 2611, "Phường": 697, "Đặc khu": 13}),
    (NOW, {"Tỉnh": 25, "Thành phố": 9}, {"Xã": 2599, "Phường": 709, "Đặc khu": 13}),
])
def test_the_country_has_34_provinces_and_3321_communes(
    national: Session, day: date, provinces: dict[str, int], communes: dict[str, int]
) -> None:
    tree = store.tree(national, day)
    assert kinds(tree) == {"nation": 1, "province": 34, "commune": 3321}
    assert types(tree, Kind.PROVINCE) == provinces
    assert types(tree, Kind.COMMUNE) == communes


def test_quang_tri_has_78_communes(national: Session) -> None:
    tree = store.tree(national, NOW)
    assert len(tree.children("44")) == len(tree.subtree("44")) - 1 == 78
    assert Counter(unit.name.split()[0] for unit in tree.children("44")) == {"Xã": 69, "Phường": 8, "Đặc": 1}


def test_code_44_changed_its_meaning_overnight(national: Session) -> None:
    before, after = store.tree(national, DAY_BEFORE), store.tree(national, MERGER)
    assert (before.unit("44").name, before.unit("45").name) == ("Tỉnh Quảng Bình", "Tỉnh Quảng Trị")
    assert after.unit("44").name == "Tỉnh Quảng Trị"
    assert "45" not in after
    assert before.unit("44").id != after.unit("44").id
    assert kinds(before) == {"nation": 1, "province": 2, "district": 18, "commune": 145 + 119}
    assert Counter(unit.kind for unit in before.subtree("44")) == {
        Kind.PROVINCE: 1, Kind.DISTRICT: 8, Kind.COMMUNE: 145}
    assert Counter(unit.kind for unit in before.subtree("45")) == {
        Kind.PROVINCE: 1, Kind.DISTRICT: 10, Kind.COMMUNE: 119}


def test_le_thuy_is_found_and_knows_the_six_it_was_made_of(national: Session) -> None:
    tree = store.tree(national, NOW)
    unit = tree.find("LE THUỶ")[0]
    assert (unit.code, tree.full_name("19249")) == ("19249", "Xã Lệ Thủy, tỉnh Quảng Trị")
    steps = store.succession(national, "19249", MERGER)
    assert [(step.unit.code, step.unit.name, step.part) for step in steps.predecessors] == [
        ("19249", "Thị trấn Kiến Giang", "whole"), ("19264", "Xã An Thủy", "whole"),
        ("19267", "Xã Phong Thủy", "whole"), ("19279", "Xã Lộc Thủy", "whole"),
        ("19285", "Xã Liên Thủy", "whole"), ("19300", "Xã Xuân Thủy", "whole"),
    ]
    assert steps.successors == ()


def test_the_old_code_19249_was_another_unit(national: Session) -> None:
    old, new = store.history(national, "19249")
    assert (old.name, old.valid_to, new.name) == ("Thị trấn Kiến Giang", DAY_BEFORE, "Xã Lệ Thủy")
    assert store.tree(national, DAY_BEFORE).full_name("19249") == (
        "Thị trấn Kiến Giang, huyện Lệ Thủy, tỉnh Quảng Bình")


def test_every_old_commune_has_a_successor_and_every_new_one_of_quang_tri_a_predecessor(national: Session) -> None:
    before, after = store.tree(national, DAY_BEFORE), store.tree(national, MERGER)
    for unit in before:
        if unit.kind is Kind.COMMUNE:
            steps = store.succession(national, unit.code, unit.valid_from).successors
            assert [step.unit.parent for step in steps] == ["44"], unit
            assert steps[0].decree == "Nghị quyết 1680/NQ-UBTVQH15"
    for unit in after.children("44"):
        assert store.succession(national, unit.code, MERGER).predecessors, unit
    assert {step.unit.name for step in store.succession(national, "44", MERGER).predecessors} == {
        "Tỉnh Quảng Bình", "Tỉnh Quảng Trị"}


def test_dong_nai_became_a_city_and_ten_of_its_communes_wards(national: Session) -> None:
    before, after = store.tree(national, date(2026, 4, 29)), store.tree(national, date(2026, 4, 30))
    assert (before.unit("75").name, after.unit("75").name) == ("Tỉnh Đồng Nai", "Thành phố Đồng Nai")
    changed = {unit.code for unit in after.children("75") if before.unit(unit.code).name != unit.name}
    assert changed == {
        "25270", "25357", "25363", "26116", "26170", "26248", "26326", "26368", "26425", "26485"}
    assert after.full_name("26368") == "Phường Long Thành, thành phố Đồng Nai"
    assert len(after.children("75")) == len(before.children("75")) == 95


def test_loading_the_national_list_again_changes_nothing(national: Session) -> None:
    merge = store.load_national(national)
    assert (merge.new, merge.closed, len(merge.unchanged)) == ((), (), len(store.units(national)))


def test_a_unit_closed_here_stays_closed_when_the_list_is_loaded_again(national: Session) -> None:
    unit = store.tree(national, NOW).unit("19249")
    store.import_units(national, [line(
        "19249", "44", name=unit.name, valid_from="2025-07-01", valid_to="2026-12-31", decree=unit.decree or "",
    )])
    store.load_national(national)
    assert store.history(national, "19249")[-1].valid_to == date(2026, 12, 31)


def test_units_of_a_province_hang_below_the_national_list(national: Session) -> None:
    store.import_units(national, [line("44-SNV", "44", kind="department", name="Sở Nội vụ")])
    assert store.tree(national, NOW).full_name("44-SNV") == "Sở Nội vụ, tỉnh Quảng Trị"


def test_an_unknown_code_has_no_history(session: Session) -> None:
    with pytest.raises(NotFound):
        store.history(session, "44")


def test_names_are_composed_with_official_tones_and_their_type_in_front() -> None:
    with store.NATIONAL.open(encoding="utf-8", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    old_tones = re.compile(r"(?<![qQ])(o[àáảãạèéẻẽẹ]|u[ỳýỷỹỵ])(?!\w)", re.IGNORECASE)
    for name in names:
        assert unicodedata.is_normalized("NFC", name)
        assert not old_tones.search(name), name
        assert "'" not in name
        assert name == "Việt Nam" or name.startswith(tuple(f"{word} " for word in TYPES)), name


def test_every_succession_row_points_at_units_of_the_list() -> None:
    with store.NATIONAL.open(encoding="utf-8", newline="") as file:
        known = {(row["code"], row["valid_from"]) for row in csv.DictReader(file)}
    with store.NATIONAL_SUCCESSION.open(encoding="utf-8", newline="") as file:
        steps = list(csv.DictReader(file))
    assert len(steps) == 264 + 3 + 25
    for step in steps:
        assert (step["old_code"], step["old_valid_from"]) in known
        assert (step["new_code"], step["new_valid_from"]) in known
        assert step["part"] in {"whole", "part"}
