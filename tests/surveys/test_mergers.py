"""Mergers, splits, renamings: who ends, who begins, who follows whom; and what is refused."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from surveys.errors import Fault, NotFound, UnitRefusal
from surveys.mergers import CLOSE, PART, WHOLE, Plan, Successor
from surveys.store import units as store
from surveys.store.tables import AuditRow, WaveRow
from surveys.unit_changes import Line

DAY = date(2027, 6, 30)
NEXT = date(2027, 7, 1)
ROWS = [
    ("P", "Tỉnh Thử", "province", ""), ("A", "Xã An", "commune", "P"), ("B", "Xã Bình", "commune", "P"),
    ("C", "Xã Cam", "commune", "P"), ("TA", "Trung tâm xã An", "centre", "A"), ("QA", "Quầy số 1", "counter", "TA"),
    ("Q", "Tỉnh Khác", "province", ""), ("D", "Xã Đông", "commune", "Q"),
]


@pytest.fixture
def tree(session: Session) -> Session:
    store.import_units(session, [Line(row, *cells, "2025-07-01") for row, cells in enumerate(ROWS, start=2)])
    session.commit()
    return session


def plan(old: Sequence[str], *new: Successor, **more: object) -> Plan:
    links = {(code, place): WHOLE for code in old for place in range(len(new))}
    return Plan(**{"old": tuple(old), "last_day": DAY, "successors": new, "links": links, **more})  # type: ignore[arg-type]  # each test names real fields


def to(code: str, name: str = "Xã Mới", kind: str = "commune", parent: str = "P") -> Successor:
    return Successor(code, name, kind, parent)


def codes(session: Session, day: date) -> list[str]:
    return sorted(unit.code for unit in store.tree(session, day))


def faults(refusal: UnitRefusal) -> list[tuple[str, int | None, str | None]]:
    return [(fault.code, fault.row, fault.column) for fault in refusal.faults]


def test_a_merger_ends_the_old_units_begins_the_new_one_and_says_who_followed_whom(tree: Session) -> None:
    store.succeed(tree, plan("BC", to("N"), decree="Nghị quyết 1/2027"))
    assert codes(tree, DAY) == ["A", "B", "C", "D", "P", "Q", "QA", "TA"]
    assert codes(tree, NEXT) == ["A", "D", "N", "P", "Q", "QA", "TA"]
    before = store.succession(tree, "N", NEXT).predecessors
    assert [(step.unit.code, step.part, step.decree) for step in before] == [
        ("B", "whole", "Nghị quyết 1/2027"), ("C", "whole", "Nghị quyết 1/2027")]
    assert store.tree(tree, NEXT).unit("N").decree == "Nghị quyết 1/2027"


def test_a_split_gives_each_successor_a_part(tree: Session) -> None:
    store.succeed(tree, plan("B", to("B", "Xã Bình"), to("N"), links={("B", 0): PART, ("B", 1): PART}))
    after = store.succession(tree, "B", date(2025, 7, 1)).successors
    found = [(step.unit.code, step.unit.valid_from, step.part) for step in after]
    assert found == [("B", NEXT, "part"), ("N", NEXT, "part")]


def test_a_renaming_keeps_the_code_and_all_that_lies_below(tree: Session) -> None:
    store.succeed(tree, plan("A", to("A", "Phường An")))
    assert store.tree(tree, DAY).unit("A").name == "Xã An"
    after = store.tree(tree, NEXT)
    assert after.unit("A").name == "Phường An"
    assert after.full_name("QA") == "Quầy số 1, Trung tâm xã An, phường An, tỉnh Thử"


def test_units_below_end_with_theirs_unless_they_move(tree: Session) -> None:
    store.succeed(tree, plan("A", to("N"), below={"A": CLOSE}))
    assert codes(tree, NEXT) == ["B", "C", "D", "N", "P", "Q"]


def test_units_below_move_to_the_successor_and_take_their_own_with_them(tree: Session) -> None:
    store.succeed(tree, plan("AB", to("N"), below={"A": "N"}, decree="QĐ 2"))
    after = store.tree(tree, NEXT)
    assert [unit.code for unit in after.subtree("N")] == ["N", "TA", "QA"]
    (step,) = store.succession(tree, "TA", NEXT).predecessors
    assert (step.unit.valid_to, step.part) == (DAY, "whole")


def test_units_end_without_a_successor(tree: Session) -> None:
    store.succeed(tree, plan("C"))
    assert "C" not in store.tree(tree, NEXT)
    assert store.succession(tree, "C", date(2025, 7, 1)).successors == ()


@pytest.mark.parametrize("wrong, expected", [
    (plan(""), ("merger_empty", None, None)),
    (plan(["A", "Z"], to("N")), ("merger_not_in_force", 2, "code")),
    (plan("AB", to("N"), to("M"), links={("A", 0): WHOLE, ("A", 1): PART, ("B", 0): PART}),
     ("merger_whole_twice", 1, "part")),
    (plan("AB", to("N"), links={("A", 0): WHOLE}), ("merger_no_successor", 2, "part")),
    (plan("A", to("N"), to("M"), links={("A", 0): PART}), ("merger_follows_nobody", 3, "part")),
    (plan("A", to("N"), below={"A": "elsewhere"}), ("merger_below_nowhere", 1, "below")),
    (plan("A", to("N", name="")), ("unit_name_missing", 2, "name")),
    (plan("A", to("N", kind="village")), ("unit_kind_unknown", 2, "kind")),
    (plan("A", to("x y")), ("unit_code_malformed", 2, "code")),
    (plan("A", to("B")), ("unit_overlap", 2, "valid_from")),
    (plan("A", to("N", parent="nobody")), ("unit_parent_unknown", 2, "parent")),
    (plan("A", to("N"), last_day=date(2025, 6, 30)), ("merger_not_in_force", 1, "code")),
    (plan("A", to("N", parent="A")), ("unit_orphan", 2, "parent")),
])
def test_what_cannot_be_is_refused_at_its_place_and_nothing_is_stored(
    tree: Session, wrong: Plan, expected: tuple[str, int | None, str | None]
) -> None:
    before = store.print_of(tree)
    with pytest.raises(UnitRefusal) as raised:
        store.succeed(tree, wrong)
    assert expected in faults(raised.value)
    assert store.print_of(tree) == before


def test_a_province_ends_with_everything_below_it(tree: Session) -> None:
    store.succeed(tree, plan("P", to("N", kind="province", parent="")))
    assert codes(tree, NEXT) == ["D", "N", "Q"]


def test_a_successor_may_stand_below_another(tree: Session) -> None:
    store.succeed(tree, plan("A", to("N"), to("M", kind="centre", parent="N"), below={"A": "M"},
                             links={("A", 0): PART, ("A", 1): PART}))
    assert [unit.code for unit in store.tree(tree, NEXT).subtree("N")] == ["N", "M", "TA", "QA"]


def test_a_unit_that_ends_already_is_not_ended_again(tree: Session) -> None:
    store.succeed(tree, plan("C"))
    with pytest.raises(UnitRefusal) as raised:
        store.succeed(tree, plan("C", to("N"), last_day=date(2027, 5, 31)))
    assert faults(raised.value) == [("merger_ends_already", 1, "code")]


def test_a_merger_that_would_change_a_waves_tree_is_refused_and_names_the_wave(tree: Session) -> None:
    _wave(tree, "W1", "P", units_day=NEXT)
    with pytest.raises(UnitRefusal) as raised:
        store.succeed(tree, plan("B", to("N")))
    (fault,) = raised.value.faults
    assert (fault.code, fault.details["wave"]) == ("unit_in_wave", "W1")
    store.succeed(tree, plan("B", to("N"), last_day=NEXT))  # the day the wave keeps is untouched


def test_a_wave_keeps_its_tree_through_a_merger(tree: Session) -> None:
    wave = _wave(tree, "W1", "P", units_day=DAY)
    store.succeed(tree, plan("BC", to("N")))
    assert codes(tree, wave.units_day) == ["A", "B", "C", "D", "P", "Q", "QA", "TA"]


def _wave(session: Session, code: str, province: str, **changed: object) -> WaveRow:
    from surveys.store.tables import IndexRow, QuestionnaireRow

    session.add_all([
        QuestionnaireRow(id=1, name="f", content="c", instrument="i", document="{}", created=DAY),
        IndexRow(id=1, name="f", content="c", document="{}", created=DAY),
    ])
    session.flush()
    row = WaveRow(**{
        "code": code, "title": code, "province_code": province, "units_day": DAY, "questionnaire_id": 1, "index_id": 1,
        "official": "dossiers", "state": "open", "created": DAY, **changed,
    })
    session.add(row)
    session.flush()
    return row


# ---- whose units


@pytest.mark.parametrize("change", [
    plan("D", to("N", parent="Q")), plan("D", to("N", parent="P")), plan("A", to("N", parent="Q")),
    plan("A", to("N", kind="province", parent="")), plan("Q"),
])
def test_a_province_changes_no_unit_of_another(tree: Session, change: Plan) -> None:
    with pytest.raises(UnitRefusal) as raised:
        store.succeed(tree, change, frozenset({"P"}))
    assert "unit_foreign" in {fault.code for fault in raised.value.faults}
    store.preview_merger(tree, change, frozenset({None}))  # the whole installation's administrator may


def test_a_province_imports_only_its_own(tree: Session) -> None:
    rows = [Line(2, "E", "Xã E", "commune", "P", "2027-01-01"), Line(3, "F", "Xã F", "commune", "Q", "2027-01-01")]
    with pytest.raises(UnitRefusal) as raised:
        store.import_units(tree, rows, frozenset({"P"}))
    assert raised.value.faults == (Fault("unit_foreign", 3, "code", {"unit": "F"}),)
    assert len(store.import_units(tree, rows[:1], frozenset({"P"})).new) == 1


# ---- corrections


def test_a_mistyped_name_is_mended_in_every_tree_and_the_trail_keeps_both(tree: Session) -> None:
    store.tree(tree, DAY)
    tree.commit()
    first = date(2025, 7, 1)
    store.correct(tree, "A", first, " Xã  Ân ", "QĐ 1", "gõ thiếu dấu")
    tree.commit()
    with Session(tree.get_bind().engine) as reader:
        assert store.tree(reader, DAY).find("xa an")[0].code == "A"
        assert store.tree(reader, DAY).unit("A").name == "Xã Ân"
        entry = reader.scalars(select(AuditRow).where(AuditRow.action == "unit.corrected")).one()
    assert entry.subject == "unit:A"
    assert "Xã An" in (entry.before or "")
    assert all(word in (entry.after or "") for word in ("Xã Ân", "gõ thiếu dấu"))


@pytest.mark.parametrize("name, decree, reason, code", [
    ("Xã An", "", "lý do", "unit_correction_empty"), ("Xã Ân", "", "  ", "unit_correction_reason"),
    (" ", "", "lý do", "unit_correction_faulty"), ("Xã " + "Â" * 200, "", "lý do", "unit_correction_faulty"),
])
def test_a_correction_says_what_and_why(tree: Session, name: str, decree: str, reason: str, code: str) -> None:
    with pytest.raises(UnitRefusal) as raised:
        store.correct(tree, "A", date(2025, 7, 1), name, decree, reason)
    assert raised.value.code == code


def test_a_published_name_stands_and_its_decree_may_be_mended(tree: Session) -> None:
    _wave(tree, "W1", "P", state="published")
    first = date(2025, 7, 1)
    with pytest.raises(UnitRefusal) as raised:
        store.correct(tree, "A", first, "Xã Ân", "", "gõ sai")
    assert (raised.value.code, raised.value.details["wave"]) == ("unit_correction_published", "W1")
    assert store.correct(tree, "A", first, "Xã An", "QĐ 9", "thiếu văn bản").decree == "QĐ 9"
    assert store.correct(tree, "D", first, "Xã Đồng", "", "gõ sai").name == "Xã Đồng"  # in no published wave


def test_a_province_corrects_no_unit_of_another(tree: Session) -> None:
    with pytest.raises(NotFound):
        store.correct(tree, "D", date(2025, 7, 1), "Xã Đồng", "", "gõ sai", frozenset({"P"}))


# ---- two at once


def test_a_preview_holds_only_as_long_as_nobody_else_changes_units(tree: Session) -> None:
    seen = store.print_of(tree)
    store.correct(tree, "B", date(2025, 7, 1), "Xã Bính", "", "gõ sai")
    with pytest.raises(UnitRefusal) as raised:
        store.succeed(tree, plan("A", to("N")), expected=seen)
    assert raised.value.code == "units_moved_on"


def test_two_changes_at_once_run_one_after_the_other(app: Flask, tree: Session) -> None:
    """Both previews fit the same tree; only one of the changes may be carried out."""
    from app.db import transaction

    seen, told = store.print_of(tree), []
    tree.commit()
    barrier = threading.Barrier(2)

    def change(code: str) -> None:
        with app.app_context():
            barrier.wait()
            try:
                with transaction() as session:
                    store.succeed(session, plan("A", to(code)), expected=seen)
                told.append("done")
            except UnitRefusal as refusal:
                told.append(refusal.code)

    threads = [threading.Thread(target=change, args=(code,)) for code in ("N", "M")]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(told) == ["done", "units_moved_on"]


def test_the_trail_says_what_a_merger_did(tree: Session) -> None:
    store.succeed(tree, plan("BC", to("N"), decree="NQ 1"))
    entry = tree.scalars(select(AuditRow).where(AuditRow.action == "unit.succeeded")).one()
    assert all(word in (entry.after or "") for word in ("B>N whole", "C>N whole", "NQ 1", "2027-06-30"))
